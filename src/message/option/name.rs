//! Domain names in wire format (RFC 1035 section 3.1), compressed (section 4.1.4) or not.

use core::fmt::{self, Write as _};
use core::iter;

use super::sequence::encode_slices;
use crate::message::code::OptionCode;
use crate::message::codec::{Encode, Encoder, Expected, Format, ValueError, ValueErrorKind};
use crate::message::header::CAPACITY;
use crate::message::value::{Value, pieces_agree};

/// Bytes that a name may have on the wire, length bytes and root included (RFC 1035 section 3.1).
const MAX_NAME_LENGTH: usize = 255;

/// Bytes of a value that can be part of a name, or of the label with which it is too long.
const MAX_NAME_FRONT: usize = MAX_NAME_LENGTH + 64;

/// Pointers that one name may follow: it has at most 127 labels, and nobody needs more than one pointer before each.
const MAX_POINTERS: u8 = 127;

/// Bytes that the names of a list may have, written out, for each byte of its value.
const MAX_EXPANSION: usize = 32;

/// As how many bytes a pointer counts.
const POINTER_WEIGHT: usize = 32;

/// Bytes of names after which a list is not printed any further.
const MAX_PRINTED_LENGTH: usize = 1024;

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
    /// What pointers count from.
    base: Value<'a>,
    /// The tail of `base` that begins with the name. INVARIANT: [`check_name`] has found the name to be in order.
    start: Value<'a>,
    is_absolute: bool,
}

impl<'a> DomainName<'a> {
    /// Reads the name that is all of `value`, absolute or partial.
    pub(super) fn whole(value: Value<'a>) -> Result<Self, ValueError> {
        // A longer name is too long before that.
        let (front, _) = value.split_at(MAX_NAME_FRONT).unwrap_or((value, value));
        let checked = check::<MAX_NAME_FRONT, _>(front, |bytes| check_name(bytes, 0, 0, &mut { usize::MAX }))?;
        if checked.end < value.len() {
            return Err(value.bad_length(Expected::Exactly(checked.end)));
        }
        Ok(Self {
            base: value,
            start: value,
            is_absolute: checked.is_absolute,
        })
    }

    /// Returns the labels from left to right, without the root: 1 to 63 bytes each, at most 127.
    pub fn labels(&self) -> impl Iterator<Item = Value<'a>> + Clone + use<'a> {
        Labels {
            base: self.base,
            rest: self.start,
            tails: None,
        }
    }

    /// Returns whether the name is absolute: ended by the root label.
    #[must_use]
    pub const fn is_absolute(&self) -> bool {
        self.is_absolute
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
struct Labels<'a> {
    base: Value<'a>,
    /// The tail of `base` from the next length byte on.
    rest: Value<'a>,
    /// The tails of `base` at equal distances, once a pointer leads into another fragment than the first.
    tails: Option<[Value<'a>; 8]>,
}

impl<'a> Labels<'a> {
    /// Returns the tail of `base` that the pointer at `rest` leads to.
    #[allow(clippy::arithmetic_side_effects, reason = "the distance is not 0")]
    fn follow(&mut self) -> Option<Value<'a>> {
        let (pointer, _) = self.rest.split_first_chunk()?;
        let mut position = usize::from(target_of(pointer));
        if position >= self.base.len().saturating_sub(self.rest.len()) {
            return None;
        }
        let mut tail = self.base;
        if position >= tail.head().len() {
            let distance = tail.len() / 8 + 1;
            let tails = self.tails.get_or_insert_with(|| {
                core::array::from_fn(|index| {
                    tail.advance(if index == 0 { 0 } else { distance });
                    tail
                })
            });
            tail = *tails.get(position / distance)?;
            position %= distance;
        }
        tail.advance(position).then_some(tail)
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        loop {
            match self.rest.peek()? {
                0 => return None,
                length @ 1..=63 => {
                    self.rest.advance(1);
                    return self.rest.take_value(usize::from(length)).ok();
                }
                _ => {
                    let target = self.follow();
                    debug_assert!(target.is_some(), "the name has been checked");
                    self.rest = target?;
                }
            }
        }
    }
}

/// Domain names end to end, one or more, as options 119 (RFC 3397), 88 and 141 have them.
///
/// A name may end with a pointer to an earlier place in the value, counted in bytes from the value's start after its
/// fragments have been joined (RFC 1035 section 4.1.4). A pointer has to lead to a place before the one where its own
/// run of labels began, so that every name ends; and a name may follow 127 of them. Options 88 and 141 need no
/// pointers, but are read the same.
///
/// So that a packet of pointers costs no more than others, the names of a list may have 32 bytes, written out without
/// pointers, for each byte of the value, where each pointer counts as 32 more.
///
/// `Display` stops after the name with which 1024 bytes of names are reached, and says how many follow.
///
/// Decoding gives
/// - [`Length`](ValueErrorKind::Length) for an empty value;
/// - [`Truncated`](ValueErrorKind::Truncated) for a label or pointer that runs past the end, and for a name without its
///   root;
/// - [`Label`](ValueErrorKind::Label) for a label byte from 64 to 191, and for a name of more than 255 bytes;
/// - [`Pointer`](ValueErrorKind::Pointer) for a pointer that does not lead back, and for the 128th pointer of a name;
/// - [`Expansion`](ValueErrorKind::Expansion) at the name with which a list is too long, written out;
/// - [`Length`](ValueErrorKind::Length) also for a value of more than 4096 bytes in several fragments.
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
        check::<CAPACITY, _>(base, |bytes| {
            let mut budget = bytes.len().saturating_mul(MAX_EXPANSION);
            let mut at = base.len().saturating_sub(names.len());
            while at < bytes.len() {
                let name = check_name(bytes, at, MAX_POINTERS, &mut budget)?;
                if !name.is_absolute {
                    return Err((bytes.len(), ValueErrorKind::Truncated { needed: 1, have: 0 }));
                }
                at = name.end;
            }
            Ok(Self { base, names })
        })
    }

    /// Returns the list in one piece, copied to `buffer` if need be, so that pointers are cheap to follow.
    fn in_one_piece<'b>(&self, buffer: &'b mut [u8; CAPACITY]) -> DomainList<'b>
    where
        'a: 'b,
    {
        let base = self.base.in_one_piece(buffer);
        let mut names = base;
        names.advance(base.len().saturating_sub(self.names.len()));
        DomainList { base, names }
    }

    /// Returns the bytes of the names without compression, of a list that is in one piece.
    fn written_out(&self) -> WrittenOut<'a> {
        let (bytes, run) = (self.base.head(), self.base.len().saturating_sub(self.names.len()));
        debug_assert!(bytes.len() == self.base.len(), "the list is in one piece");
        WrittenOut { bytes, run, next: None }
    }

    /// Returns the bytes of the names, compressed as they are.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.names
    }

    /// Returns the names in wire order.
    pub fn iter(&self) -> impl Iterator<Item = DomainName<'a>> + use<'a> {
        let Self { base, names: mut rest } = *self;
        iter::from_fn(move || {
            let start = rest;
            skip_in_place(&mut rest);
            (!start.is_empty()).then_some(DomainName {
                base,
                start,
                is_absolute: true,
            })
        })
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
        for run in self.in_one_piece(&mut [0; CAPACITY]).written_out() {
            out.put(run);
        }
    }
}

encode_slices! {
    [] DomainList<'static>: DomainName<'static>;
}

/// A list of one.
impl Encode<DomainList<'static>> for str {
    fn encode(&self, out: &mut Encoder<'_>) {
        Encode::<DomainName<'static>>::encode(self, out);
    }
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    DomainName<'_> => super::name::labels_of_name().prop_map(|labels| [&labels[..], &[0]].concat());
    DomainList<'_> => super::name::names_after(0);
}

/// Lists are equal when their names are, however they are compressed.
impl PartialEq for DomainList<'_> {
    fn eq(&self, other: &Self) -> bool {
        // Mostly so. Names take longer than bytes: what is compressed is compared written out.
        if self.names.len() == other.names.len() && self.base == other.base {
            return true;
        }
        let (mut buffer, mut other_buffer) = ([0; CAPACITY], [0; CAPACITY]);
        let (list, other) = (self.in_one_piece(&mut buffer), other.in_one_piece(&mut other_buffer));
        // No length byte is a letter.
        pieces_agree(list.written_out(), other.written_out(), <[u8]>::eq_ignore_ascii_case)
    }
}

impl Eq for DomainList<'_> {}

/// The names, with commas between them, and how many more there are.
impl fmt::Display for DomainList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; CAPACITY];
        let mut names = self.in_one_piece(&mut buffer).iter();
        let (mut separator, mut printed) = ("", 0);
        while let Some(name) = names.next() {
            if printed >= MAX_PRINTED_LENGTH {
                return write!(
                    f,
                    ", and {} more",
                    names.fold(1_usize, |count, _| count.saturating_add(1))
                );
            }
            write!(f, "{separator}{name}")?;
            separator = ", ";
            printed = name.labels().fold(printed, |sum: usize, label| {
                sum.saturating_add(1).saturating_add(label.len())
            });
            printed = printed.saturating_add(1); // The root.
        }
        Ok(())
    }
}

impl fmt::Debug for DomainList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

/// The names of a list as they are without pointers: a run of labels at a time, the last of a name with its root.
struct WrittenOut<'a> {
    bytes: &'a [u8],
    /// Where the next run begins.
    run: usize,
    /// Where the next name begins, if a pointer has led elsewhere.
    next: Option<usize>,
}

impl<'a> Iterator for WrittenOut<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.run;
        let mut end = end_of_run(self.bytes, start);
        match self.bytes.get(end..)? {
            [0, ..] => {
                end = end.wrapping_add(1);
                self.run = self.next.take().unwrap_or(end);
            }
            [high, low, ..] => {
                self.next.get_or_insert(end.wrapping_add(2));
                self.run = usize::from(target_of([*high, *low]));
            }
            _ => return None,
        }
        self.bytes.get(start..end)
    }
}

/// Returns where the run of labels ends that begins at `at`; this may be after the end of `bytes`.
#[inline]
fn end_of_run(bytes: &[u8], mut at: usize) -> usize {
    while let Some(length @ 1..=63) = bytes.get(at) {
        at = at.wrapping_add(1 + usize::from(*length));
    }
    at
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

/// Returns where a pointer leads.
const fn target_of([high, low]: [u8; 2]) -> u16 {
    u16::from_be_bytes([high & 0x3f, low])
}

/// A name that is in order.
struct CheckedName {
    /// Where it ends at the place where it began.
    end: usize,
    is_absolute: bool,
}

/// What is wrong, and at which byte of the value.
type Fault = (usize, ValueErrorKind);

/// Checks the bytes of `value` in one piece, of which it has at most `N` if it is in several.
fn check<const N: usize, T>(value: Value<'_>, checks: impl Fn(&[u8]) -> Result<T, Fault>) -> Result<T, ValueError> {
    #[cold]
    fn copied<const N: usize, T>(value: Value<'_>, checks: impl Fn(&[u8]) -> Result<T, Fault>) -> Result<T, Fault> {
        match value.copy_to(&mut [0; N]) {
            Ok(bytes) => checks(bytes),
            Err(error) => Err((
                0,
                ValueErrorKind::Length {
                    length: error.needed,
                    expected: Expected::AtMost(error.have),
                },
            )),
        }
    }

    let checked = match value.as_slice() {
        Some(bytes) => checks(bytes),
        None => copied::<N, T>(value, checks),
    };
    checked.map_err(|(position, kind)| {
        let mut place = value;
        place.advance(position);
        place.error(kind)
    })
}

/// Checks the name that begins at `start`, which may follow some pointers and cost as many bytes as the `budget` has.
fn check_name(bytes: &[u8], start: usize, mut pointers: u8, budget: &mut usize) -> Result<CheckedName, Fault> {
    // Where the run of labels began that is being read; pointers must lead before it.
    let mut run = start;
    let mut room = MAX_NAME_LENGTH - 1; // The root.
    let mut end = None;
    loop {
        // All labels of the run at once. This loop is what reading a hostile list costs.
        let at = end_of_run(bytes, run);
        let length = at.wrapping_sub(run);
        room = match room.checked_sub(length) {
            Some(room) if at <= bytes.len() => room,
            _ => return Err(bad_label(bytes, run, room)),
        };
        let too_long = (start, ValueErrorKind::Expansion);
        *budget = budget.checked_sub(length).ok_or(too_long)?;
        let (is_absolute, length) = match bytes.get(at..).unwrap_or_default() {
            [] => (false, 0),
            [0, ..] => (true, 1),
            [byte @ ..=191, ..] => return Err((at, ValueErrorKind::Label { byte: *byte })),
            [_] => return Err((at, ValueErrorKind::Truncated { needed: 2, have: 1 })),
            [high, low, ..] => {
                let target = target_of([*high, *low]);
                if usize::from(target) >= run || pointers == 0 {
                    return Err((at, ValueErrorKind::Pointer { target }));
                }
                *budget = budget.checked_sub(POINTER_WEIGHT).ok_or(too_long)?;
                pointers = pointers.wrapping_sub(1);
                end.get_or_insert(at.wrapping_add(2));
                run = usize::from(target);
                continue;
            }
        };
        let end = end.unwrap_or(at.wrapping_add(length));
        return Ok(CheckedName { end, is_absolute });
    }
}

/// Finds the first label from `at` on that runs past the end, or for which a name has no more `room`.
#[cold]
fn bad_label(bytes: &[u8], mut at: usize, mut room: usize) -> Fault {
    while let Some(byte) = bytes.get(at) {
        let needed = usize::from(*byte);
        let have = bytes.len().wrapping_sub(at).wrapping_sub(1);
        if needed > have {
            return (at.wrapping_add(1), ValueErrorKind::Truncated { needed, have });
        }
        room = match room.checked_sub(needed + 1) {
            Some(room) => room,
            None => return (at, ValueErrorKind::Label { byte: *byte }),
        };
        at = at.wrapping_add(1 + needed);
    }
    debug_assert!(false, "one of the labels is bad");
    (at, ValueErrorKind::Label { byte: 0 })
}

#[cfg(feature = "proptest")]
pub(super) use generated::{labels_of_name, names_after};

/// Names as strategies for property tests.
#[cfg(feature = "proptest")]
mod generated {
    use std::vec::Vec;

    use proptest::collection::vec as vec_of;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::MAX_NAME_LENGTH;
    use crate::message::readable::counted;

    /// The labels of a name, and whether a pointer to an earlier name ends it.
    type Name = (Vec<Vec<u8>>, Option<Index>);

    /// Yields up to three labels, so that a name has at most 193 bytes with its root.
    fn labels() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let letter = prop_oneof![9 => select(&b"abcdefghijklmnopqrstuvwxyz0123456789-_"[..]), 1 => any::<u8>()];
        let label = prop_oneof![9 => vec_of(letter.clone(), 1..9), 1 => vec_of(letter, 1..=63)];
        vec_of(label, 0..4)
    }

    /// Yields one name without pointers and root.
    pub(in crate::message::option) fn labels_of_name() -> BoxedStrategy<Vec<u8>> {
        labels()
            .prop_map(|labels| labels.into_iter().flat_map(counted).collect())
            .boxed()
    }

    /// Yields one to eight names, some ended by a pointer; there are `before` bytes from the place that pointers count
    /// from to the first of them.
    pub(in crate::message::option) fn names_after(before: usize) -> BoxedStrategy<Vec<u8>> {
        let name = (labels(), option::of(any::<Index>()));
        vec_of(name, 1..=8)
            .prop_map(move |names| compress(before, names))
            .boxed()
    }

    fn compress(before: usize, names: Vec<Name>) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Where a pointer may lead, and how many bytes a name has from there.
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (labels, pointer) in names {
            let own: usize = labels.iter().map(|label| label.len().saturating_add(1)).sum();
            let target = pointer
                .and_then(|at| places.get(at.index(places.len().max(1))).copied())
                .filter(|(_, length)| own.saturating_add(*length) <= MAX_NAME_LENGTH);
            let mut length = own.saturating_add(target.map_or(1, |(_, length)| length));
            for label in labels {
                places.push((bytes.len().saturating_add(before), length));
                length = length.saturating_sub(label.len().saturating_add(1));
                bytes.extend(counted(label));
            }
            places.push((bytes.len().saturating_add(before), length));
            match target.and_then(|(position, _)| u16::try_from(position).ok()) {
                Some(position) => bytes.extend((position | 0xc000).to_be_bytes()),
                None => bytes.push(0),
            }
        }
        bytes
    }
}
