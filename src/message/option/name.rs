//! Domain names in wire format (RFC 1035 section 3.1), compressed (section 4.1.4) or not.

use core::fmt::{self, Write as _};
use core::iter::FusedIterator;

use super::sequence::write_list;
use crate::message::code::OptionCode;
use crate::message::codec::{Encode, Encoder, Expected, Format, ValueError, ValueErrorKind};
use crate::message::value::Value;

/// Bytes that a name may have on the wire, length bytes and root included (RFC 1035 section 3.1).
const MAX_NAME_LENGTH: usize = 255;

/// Pointers that one name may follow: it has at most 127 labels, and nobody needs more than one pointer before each.
const MAX_POINTERS: u8 = 127;

/// Steps over the options of the packet that the pointers of one value may cost, for each byte and each option there
/// is to be read.
const MAX_STEPS_EACH: usize = 64;

/// A domain name in wire format, read in place.
///
/// `Display` prints it dotted: with a dot at the end if it is absolute (`example.com.`; the root is `.`), without one
/// if it is partial. A dot, a quote or a backslash inside a label is printed after a backslash, and every byte that
/// is not printable ASCII as a backslash and three decimal digits (RFC 4343 section 2.1).
///
/// As an option by itself (137, 147, 213) a name is absolute and has no pointers. Decoding gives
/// - [`Length`](ValueErrorKind::Length) for an empty value, and for bytes after the name;
/// - [`Truncated`](ValueErrorKind::Truncated) for a label that runs past the end, and for a name without its root;
/// - [`Label`](ValueErrorKind::Label) for a label byte from 64 to 191, and for a name of more than 255 bytes;
/// - [`Pointer`](ValueErrorKind::Pointer) for a label byte from 192.
#[derive(Clone, Copy)]
pub struct DomainName<'a> {
    /// What pointers count from; the name does not read past its end.
    base: Value<'a>,
    /// The tail of `base` that begins with the name.
    start: Value<'a>,
    pointers: Pointers,
    end: End,
}

/// Whether a name may be compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pointers {
    Followed,
    Refused,
}

/// How a name ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With the root label.
    Root,
    /// With the value.
    Open,
}

impl<'a> DomainName<'a> {
    /// Reads one uncompressed name from the front of `value`, and returns it and what comes after it. With the end of
    /// `value` the name may end without a root.
    fn partial(value: Value<'a>) -> Result<(Self, Value<'a>), ValueError> {
        let (end, after) = LabelWalk::new(value, value, Pointers::Refused).finish(&mut WorkBudget::unlimited())?;
        let name = Self {
            base: value,
            start: value,
            pointers: Pointers::Refused,
            end,
        };
        Ok((name, after))
    }

    /// Reads the name that is all of `value`, absolute or partial.
    pub(super) fn whole(value: Value<'a>) -> Result<Self, ValueError> {
        let (name, after) = Self::partial(value)?;
        if after.is_empty() {
            Ok(name)
        } else {
            Err(value.bad_length(Expected::Exactly(value.len().saturating_sub(after.len()))))
        }
    }

    /// Returns the labels from left to right, without the root: 1 to 63 bytes each, at most 127.
    #[must_use]
    pub fn labels(&self) -> Labels<'a> {
        Labels {
            walk: LabelWalk::new(self.base, self.start, self.pointers),
        }
    }

    /// Returns whether the name is absolute: ended by the root label.
    #[must_use]
    pub const fn is_absolute(&self) -> bool {
        matches!(self.end, End::Root)
    }
}

impl Format for DomainName<'_> {
    type Value<'a> = DomainName<'a>;

    fn decode(value: Value<'_>) -> Result<DomainName<'_>, ValueError> {
        if value.is_empty() {
            return Err(value.bad_length(Expected::AtLeast(1)));
        }
        let name = DomainName::whole(value)?;
        if name.is_absolute() {
            return Ok(name);
        }
        let mut end = value;
        end.advance(value.len());
        Err(end.truncated(1))
    }
}

/// Names are written without compression.
impl Encode<DomainName<'static>> for DomainName<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_labels(self.labels());
        out.put(&[0]);
    }
}

/// Dotted text, with or without the last dot; labels are 1 to 63 bytes, taken as they are.
impl Encode<DomainName<'static>> for str {
    fn encode(&self, out: &mut Encoder<'_>) {
        let name = self.strip_suffix('.').unwrap_or(self);
        if !name.is_empty() || self.is_empty() {
            let code = OptionCode::PAD;
            out.put_labels(name.split('.').map(|label| Value::from_slice(code, label.as_bytes())));
        }
        out.put(&[0]);
    }
}

/// Names are equal when their labels are, without regard to the case of ASCII letters (RFC 4343), and both end alike.
impl PartialEq for DomainName<'_> {
    fn eq(&self, other: &Self) -> bool {
        let same = |label: Value<'_>, other: Value<'_>| {
            let mut pairs = label.bytes().zip(other.bytes());
            label.len() == other.len() && pairs.all(|(byte, other)| byte.eq_ignore_ascii_case(&other))
        };
        let mut others = other.labels();
        self.labels()
            .all(|label| others.next().is_some_and(|other| same(label, other)))
            && others.next().is_none()
            && self.is_absolute() == other.is_absolute()
    }
}

impl Eq for DomainName<'_> {}

impl fmt::Display for DomainName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for label in self.labels() {
            f.write_str(separator)?;
            for byte in label.bytes() {
                match byte {
                    b'.' | b'"' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                    b'!'..=b'~' => f.write_char(char::from(byte))?,
                    _ => write!(f, "\\{byte:03}")?,
                }
            }
            separator = ".";
        }
        if self.is_absolute() { f.write_str(".") } else { Ok(()) }
    }
}

impl fmt::Debug for DomainName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// The labels of a [`DomainName`].
#[derive(Clone)]
pub struct Labels<'a> {
    walk: LabelWalk<'a>,
}

impl<'a> Iterator for Labels<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let step = self.walk.step(&mut WorkBudget::unlimited());
        debug_assert!(step.is_ok(), "the name has been checked");
        match step {
            Ok(LabelStep::Label(length)) => self.walk.rest.take_value(length).ok(),
            Ok(LabelStep::End(_)) | Err(_) => None,
        }
    }
}

impl FusedIterator for Labels<'_> {}

impl fmt::Debug for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// Domain names end to end, one or more, as options 119 (RFC 3397), 88 and 141 have them.
///
/// A name may end with a pointer to an earlier place in the value, counted in bytes from the value's start after its
/// fragments have been joined (RFC 1035 section 4.1.4). A pointer has to lead to a place before the one where its own
/// run of labels began, so that every name ends; and a name may follow 127 of them, so that a value takes time linear
/// in its length. Options 88 and 141 need no pointers, but are read the same.
///
/// To follow a pointer in a value of several fragments, its options are walked anew. When that would take more than 64
/// steps for each byte of the value and each option after its first fragment, decoding stops. Lists that are split as
/// RFC 3396 has it, into parts of 255 bytes, are far from that; it takes hundreds of pointers in fragments of a few
/// bytes.
///
/// Decoding gives
/// - [`Length`](ValueErrorKind::Length) for an empty value;
/// - [`Truncated`](ValueErrorKind::Truncated) for a label or pointer that runs past the end, and for a name without its
///   root;
/// - [`Label`](ValueErrorKind::Label) for a label byte from 64 to 191, and for a name of more than 255 bytes;
/// - [`Pointer`](ValueErrorKind::Pointer) for a pointer that does not lead back, and for the 128th pointer of a name;
/// - [`Scattered`](ValueErrorKind::Scattered) for too many pointers over too many fragments.
///
/// ```
/// use dhcp_callout::message::{Value, option};
///
/// let value = Value::from_slice(option::DOMAIN_SEARCH.code(), b"\x07example\x03com\0\x03www\xc0\0");
/// let names = option::DOMAIN_SEARCH.decode(value)?;
/// assert_eq!(names.to_string(), "example.com., www.example.com.");
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
#[derive(Clone, Copy)]
pub struct DomainList<'a> {
    /// What pointers count from.
    base: Value<'a>,
    /// The tail of `base` that holds the names.
    names: Value<'a>,
}

impl<'a> DomainList<'a> {
    /// Reads the names in `names`, a tail of `base` that is not empty; pointers count from the start of `base`.
    pub(super) fn within(base: Value<'a>, names: Value<'a>) -> Result<Self, ValueError> {
        let list = Self { base, names };
        let mut budget = WorkBudget::of(&base);
        let mut rest = names;
        loop {
            let (end, after) = LabelWalk::new(base, rest, Pointers::Followed).finish(&mut budget)?;
            if end == End::Open {
                return Err(after.truncated(1));
            }
            if after.is_empty() {
                return Ok(list);
            }
            rest = after;
        }
    }

    /// Returns the bytes of the names, compressed as they are.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.names
    }

    /// Returns the names in wire order.
    #[must_use]
    pub const fn iter(&self) -> DomainNames<'a> {
        DomainNames {
            list: *self,
            rest: self.names,
        }
    }

    const fn name_at(&self, start: Value<'a>) -> DomainName<'a> {
        DomainName {
            base: self.base,
            start,
            pointers: Pointers::Followed,
            end: End::Root,
        }
    }
}

impl Format for DomainList<'_> {
    type Value<'a> = DomainList<'a>;

    fn decode(value: Value<'_>) -> Result<DomainList<'_>, ValueError> {
        if value.is_empty() {
            return Err(value.bad_length(Expected::AtLeast(1)));
        }
        DomainList::within(value, value)
    }
}

/// Names are written without compression.
impl Encode<DomainList<'static>> for DomainList<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        for name in self {
            name.encode(out);
        }
    }
}

impl<S: Encode<DomainName<'static>>> Encode<DomainList<'static>> for [S] {
    fn encode(&self, out: &mut Encoder<'_>) {
        for name in self {
            name.encode(out);
        }
    }
}

impl<S: Encode<DomainName<'static>>, const N: usize> Encode<DomainList<'static>> for [S; N] {
    fn encode(&self, out: &mut Encoder<'_>) {
        Encode::<DomainList<'static>>::encode(self.as_slice(), out);
    }
}

/// Lists are equal when their names are, however they are compressed.
impl PartialEq for DomainList<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for DomainList<'_> {}

impl<'a> IntoIterator for &DomainList<'a> {
    type Item = DomainName<'a>;
    type IntoIter = DomainNames<'a>;

    fn into_iter(self) -> DomainNames<'a> {
        self.iter()
    }
}

/// The names, with commas between them.
impl fmt::Display for DomainList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, self.iter(), |name, f| name.fmt(f))
    }
}

impl fmt::Debug for DomainList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// The names of a [`DomainList`] in wire order.
#[derive(Clone, Debug)]
pub struct DomainNames<'a> {
    list: DomainList<'a>,
    rest: Value<'a>,
}

impl<'a> Iterator for DomainNames<'a> {
    type Item = DomainName<'a>;

    fn next(&mut self) -> Option<DomainName<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let name = self.list.name_at(self.rest);
        skip_in_place(&mut self.rest);
        Some(name)
    }
}

impl FusedIterator for DomainNames<'_> {}

/// Where the labels of a name are being read.
#[derive(Clone)]
struct LabelWalk<'a> {
    base: Value<'a>,
    /// The tail of `base` from the next length byte on.
    rest: Value<'a>,
    /// Where the run of labels began that is being read; pointers must lead before it.
    run: usize,
    /// What comes after the first pointer.
    after: Option<Value<'a>>,
    /// Bytes that the name may still have.
    room: usize,
    pointers_left: u8,
    pointers: Pointers,
}

enum LabelStep {
    /// A label of so many bytes.
    Label(usize),
    End(End),
}

impl<'a> LabelWalk<'a> {
    /// Begins with `start`, a tail of `base`.
    fn new(base: Value<'a>, start: Value<'a>, pointers: Pointers) -> Self {
        Self {
            base,
            rest: start,
            run: base.len().saturating_sub(start.len()),
            after: None,
            room: MAX_NAME_LENGTH,
            pointers_left: MAX_POINTERS,
            pointers,
        }
    }

    /// Reads the name to its end, and returns what comes after it where it began.
    fn finish(mut self, budget: &mut WorkBudget) -> Result<(End, Value<'a>), ValueError> {
        loop {
            match self.step(budget)? {
                LabelStep::Label(length) => self.rest.advance(length),
                LabelStep::End(end) => return Ok((end, self.after.unwrap_or(self.rest))),
            };
        }
    }

    /// Reads the next length byte, over pointers if need be. After a label's the caller has to pass over as many
    /// bytes, which are there. After the end, and after an error, steps give the same again.
    fn step(&mut self, budget: &mut WorkBudget) -> Result<LabelStep, ValueError> {
        loop {
            let Some(byte) = self.rest.peek() else {
                return Ok(LabelStep::End(End::Open));
            };
            match byte {
                0 => {
                    if self.after.is_none() {
                        let mut after = self.rest;
                        after.advance(1);
                        self.after = Some(after);
                    }
                    return Ok(LabelStep::End(End::Root));
                }
                1..=63 => {
                    let length = usize::from(byte);
                    // The length byte, the label, and in the end the root.
                    let room = self.room.checked_sub(length.saturating_add(1)).filter(|room| *room > 0);
                    if self.rest.len() <= length {
                        let mut label = self.rest;
                        label.advance(1);
                        return Err(label.truncated(length));
                    }
                    self.room = room.ok_or_else(|| self.bad_label(byte))?;
                    self.rest.advance(1);
                    return Ok(LabelStep::Label(length));
                }
                64..=191 => return Err(self.bad_label(byte)),
                192.. => self.follow(budget)?,
            }
        }
    }

    /// Goes where the pointer at `rest` leads.
    fn follow(&mut self, budget: &mut WorkBudget) -> Result<(), ValueError> {
        let ([high, low], after) = self.rest.split_first_chunk().ok_or_else(|| self.rest.truncated(2))?;
        let target = u16::from_be_bytes([high & 0x3f, low]);
        let bad_pointer = self.rest.error(ValueErrorKind::Pointer { target });
        let position = usize::from(target);
        if self.pointers == Pointers::Refused || position >= self.run {
            return Err(bad_pointer);
        }
        self.pointers_left = self.pointers_left.checked_sub(1).ok_or(bad_pointer)?;
        budget.spend(&self.base, position, &self.rest)?;
        let mut run = self.base;
        if !run.advance(position) {
            return Err(bad_pointer);
        }
        if self.after.is_none() {
            self.after = Some(after);
        }
        self.run = position;
        self.rest = run;
        Ok(())
    }

    #[cold]
    fn bad_label(&self, byte: u8) -> ValueError {
        self.rest.error(ValueErrorKind::Label { byte })
    }
}

/// Passes over a name in place, without following a pointer.
fn skip_in_place(rest: &mut Value<'_>) {
    while let Some(byte) = rest.peek() {
        let (length, last) = match byte {
            0 => (1, true),
            1..=63 => (usize::from(byte).saturating_add(1), false),
            64.. => (2, true),
        };
        if !rest.advance(length) || last {
            return;
        }
    }
}

/// What following pointers over several fragments may still cost.
struct WorkBudget {
    /// Steps of one walk over the options after the first fragment, which no pointer exceeds.
    price: usize,
    left: usize,
}

impl WorkBudget {
    /// No limit: for names that have been checked, or have no pointers.
    const fn unlimited() -> Self {
        Self { price: 0, left: 0 }
    }

    /// The limit for all names of a value.
    fn of(base: &Value<'_>) -> Self {
        let price = base.steps_after_head();
        Self {
            price,
            left: base.len().saturating_add(price).saturating_mul(MAX_STEPS_EACH),
        }
    }

    fn spend(&mut self, base: &Value<'_>, position: usize, pointer: &Value<'_>) -> Result<(), ValueError> {
        if position < base.head_len() {
            return Ok(());
        }
        let left = self.left.checked_sub(self.price);
        self.left = left.ok_or_else(|| pointer.error(ValueErrorKind::Scattered))?;
        Ok(())
    }
}
