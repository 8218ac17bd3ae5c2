//! The framing of options: one pass over the bytes, in wire order, over the fields that hold options.
//!
//! This is the code that runs once for each option of each packet, so it is written by its machine code: one slice that
//! ends with the field, and an index of 32 bits into it, whose sums cannot overflow. What an ordinary packet does not
//! have (PADs, option 52, 250s, faults) is cold.

#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "an index is at most `MAX_LENGTH`, so that the sums fit; the link proof finds no overflow check"
)]

use core::fmt;
use core::ops::Range;

use super::code::{OptionCode, Overload};
use super::header::{FILE, HEADER_LENGTH, MAGIC_COOKIE, OPTIONS_OFFSET, SNAME};

/// A field of a message that holds options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    /// The options field, from offset 240 to the end of the packet.
    Options,
    /// The `file` field, offsets 108 to 235, when option 52 says so.
    File,
    /// The `sname` field, offsets 44 to 107, when option 52 says so.
    Sname,
}

/// One option as it is on the wire: a fragment, if its code occurs more than once (RFC 3396).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawOption<'a> {
    /// The code; never [`OptionCode::PAD`] or [`OptionCode::END`].
    pub code: OptionCode,
    /// The field that holds the option.
    pub area: Area,
    /// Offset of the code byte, in bytes from the packet's first byte.
    pub offset: usize,
    /// The bytes after the length byte, 0 to 255.
    pub value: &'a [u8],
    /// Whether this is a 250 that continues the value of the option before it, as Microsoft's clients and servers write
    /// values of more than 255 bytes ([MS-DHCPE] section 2.2.9).
    ///
    /// That is so directly after an option, or such a 250, of exactly 255 bytes in the same field. Any other 250 is an
    /// option of its own.
    pub continues: bool,
}

impl RawOption<'_> {
    /// Returns the offset of the first byte of the value, in bytes from the packet's first byte.
    #[inline]
    #[must_use]
    pub const fn value_offset(&self) -> usize {
        self.offset.saturating_add(2)
    }

    /// Returns the offset of the first byte after the value.
    #[inline]
    pub(super) const fn end(&self) -> usize {
        self.value_offset().saturating_add(self.value.len())
    }

    /// Returns whether this is option 52 where it counts.
    #[inline]
    pub(super) fn is_overload(&self) -> bool {
        self.code == OptionCode::OVERLOAD && self.area == Area::Options
    }
}

/// A fault in the framing of the options; what is before it has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("option {code} at offset {offset}: {kind}")]
pub struct OptionError {
    code: OptionCode,
    offset: usize,
    kind: OptionErrorKind,
}

/// What is wrong with the framing of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum OptionErrorKind {
    /// The code is the last byte of its field, so that it has no length.
    #[error("no length byte before the end of the field")]
    NoLength,
    /// The value runs past the end of its field.
    #[error("{needed} bytes needed, {have} left in the field")]
    Truncated {
        /// Bytes that the length byte asks for.
        needed: usize,
        /// Bytes that the field has after the length byte.
        have: usize,
    },
}

impl OptionError {
    /// Returns the code of the option.
    #[inline]
    #[must_use]
    pub const fn code(&self) -> OptionCode {
        self.code
    }

    /// Returns the offset of the code byte, in bytes from the packet's first byte.
    #[inline]
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns what is wrong.
    #[inline]
    #[must_use]
    pub const fn kind(&self) -> OptionErrorKind {
        self.kind
    }
}

/// The options of a message in wire order: those of the options field, then of `file`, then of `sname` as option 52 says.
///
/// PADs are passed over, an END ends its field, and a field without END ends with its last byte. Yields what is before
/// the first fault, then the fault, then nothing more. Option 52 inside `file` or `sname` means nothing, and when its
/// value is invalid neither field is read ([`Message::overload`](super::Message::overload) tells).
#[derive(Clone)]
pub struct Options<'a>(Walk<'a>);

/// The longest part of a packet that is walked, in bytes; a datagram has 65,535 at most.
const MAX_LENGTH: usize = i32::MAX as usize;

/// A walk over the options.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    /// The packet up to the end of the area. INVARIANT: at most [`MAX_LENGTH`] bytes.
    bytes: &'a [u8],
    /// Offset of the next byte to be read. INVARIANT: at most the length of `bytes`, unless they are empty.
    at: u32,
    /// An offset at which an option or PAD begins, or the area ends. INVARIANT: at most `at`, and no 250 there continues
    /// an option before it.
    boundary: u32,
    area: Area,
    overload: OverloadSoFar,
}

/// All that a walk knows besides its offset, so that it can be resumed.
#[derive(Clone, Copy)]
pub(super) struct ResumePoint {
    area: Area,
    overload: OverloadSoFar,
}

/// What the fragments of option 52 in the options field say so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OverloadSoFar {
    Absent,
    File,
    Sname,
    FileAndSname,
    Invalid,
}

/// What one step of a walk meets; the walk stays where the area ends or the fault is.
enum Step<'a> {
    Option(RawOption<'a>),
    /// The end of the area, with the offset of its END byte if it has one.
    AreaEnd(Option<usize>),
    Fault(OptionError),
}

/// Codes that are not only options: PAD, END, and option 52, which says where more options are.
static SPECIAL_CODES: [u8; 256] = table_of([0, 52, 255, 255], u8::MAX);

/// Those, and 250, which may continue another option.
static SPECIAL_IN_DETAIL: [u8; 256] = table_of([0, 52, 250, 255], u8::MAX);

/// Those, and option 53.
static SPECIAL_OR_MESSAGE_TYPE: [u8; 256] = table_of([0, 52, 53, 255], u8::MAX);

/// Returns a table that has `mark` for these codes.
const fn table_of(codes: [u8; 4], mark: u8) -> [u8; 256] {
    let mut table = [0; 256];
    let mut rest: &[u8] = &codes;
    while let [code, others @ ..] = rest {
        if let Some((_, [place, ..])) = table.split_at_mut_checked(*code as usize) {
            *place = mark;
        }
        rest = others;
    }
    table
}

/// Returns the part of a packet that is walked.
#[inline]
fn walkable(packet: &[u8]) -> &[u8] {
    #[cold]
    fn shorten(packet: &[u8]) -> &[u8] {
        packet.get(..MAX_LENGTH).unwrap_or_default()
    }

    if packet.len() > MAX_LENGTH {
        shorten(packet)
    } else {
        packet
    }
}

impl<'a> Walk<'a> {
    /// Walks the options of `packet`, whose options field begins at `start`.
    #[inline]
    pub(super) fn new(packet: &'a [u8], start: usize) -> Self {
        Self {
            bytes: walkable(packet),
            at: start as u32,
            boundary: start as u32,
            area: Area::Options,
            overload: OverloadSoFar::Absent,
        }
    }

    /// Walks the options of `packet`: none without the magic cookie.
    #[inline]
    pub(super) fn over(packet: &'a [u8]) -> Self {
        let has_cookie = packet.get(HEADER_LENGTH..OPTIONS_OFFSET) == Some(&MAGIC_COOKIE);
        Self::new(if has_cookie { packet } else { &[] }, OPTIONS_OFFSET)
    }

    /// Walks the fields of `packet` in which fragments of `code` count.
    #[inline]
    pub(super) fn over_fields_of(packet: &'a [u8], code: OptionCode) -> Self {
        let mut walk = Self::over(packet);
        if code == OptionCode::OVERLOAD {
            // An invalid option 52 names no field, whatever follows.
            walk.overload = OverloadSoFar::Invalid;
        }
        walk
    }

    /// Walks the options from the beginning of `area`, which is `file` or `sname`.
    fn in_area(packet: &'a [u8], area: Area, overload: OverloadSoFar) -> Self {
        let Range { start, end } = match area {
            Area::Sname => SNAME,
            Area::File | Area::Options => FILE,
        };
        Self::resume(
            packet.get(..end).unwrap_or_default(),
            start,
            ResumePoint { area, overload },
        )
    }

    /// A walk that has ended.
    #[inline]
    pub(super) const fn ended() -> Self {
        Self {
            bytes: &[],
            at: 0,
            boundary: 0,
            area: Area::Sname,
            overload: OverloadSoFar::Absent,
        }
    }

    /// Goes on with a walk from `offset` of `bytes`, which end with the area.
    #[inline]
    pub(super) fn resume(bytes: &'a [u8], offset: usize, point: ResumePoint) -> Self {
        debug_assert!(offset <= bytes.len(), "a walk is resumed where it was");
        let bytes = walkable(bytes);
        let at = offset.min(bytes.len()) as u32;
        Self {
            bytes,
            at,
            boundary: at,
            area: point.area,
            overload: point.overload,
        }
    }

    /// Returns what [`resume`](Self::resume) needs besides bytes and offset.
    #[inline]
    pub(super) const fn resume_point(&self) -> ResumePoint {
        ResumePoint {
            area: self.area,
            overload: self.overload,
        }
    }

    /// Returns the packet up to the end of the area.
    #[inline]
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the offset of the next byte to be read, from the packet's first byte.
    #[inline]
    pub(super) const fn offset(&self) -> usize {
        self.at as usize
    }

    /// Walks the rest of the area, and returns the offset of its END byte: `None` when there is none before the area's
    /// end or the first fault.
    pub(super) fn end_of_area(mut self) -> Option<usize> {
        loop {
            match self.step() {
                Step::Option(_) => {}
                Step::AreaEnd(end) => return end,
                Step::Fault(_) => return None,
            }
        }
    }

    /// Passes over options whose code has a 0 in `stops`, which has other values for PAD, END and option 52; stops at a
    /// byte that needs a [`step`](Self::step). Returns whether there was such an option.
    #[inline]
    pub(super) fn pass_over(&mut self, stops: &[u8; 256]) -> bool {
        let start = self.at;
        let (mut at, mut last) = (start, start);
        // The second byte first: that it is there proves the first.
        while let (Some(length), Some(code)) = (self.bytes.get(at as usize + 1), self.bytes.get(at as usize)) {
            if stops.get(*code as usize) != Some(&0) {
                break;
            }
            last = at;
            at = (at as usize + 2 + *length as usize) as u32;
        }
        // The last option may run past the end; whoever looks next finds that out.
        self.at = if at as usize > self.bytes.len() { last } else { at };
        self.at > start
    }

    /// Returns the value of option 53 if that is the first option, has one byte, and is the only one up to an END;
    /// `None` if a closer look is needed.
    #[inline]
    pub(super) fn lone_message_type(self) -> Option<u8> {
        let start = self.at as usize;
        let [53, 1, value] = *self.bytes.get(start..start + 3)? else {
            return None;
        };
        let mut at = (start + 3) as u32;
        loop {
            // The byte after an END is asked for as well; a packet that has none is for the closer look.
            let (length, code) = (self.bytes.get(at as usize + 1)?, self.bytes.get(at as usize)?);
            if SPECIAL_OR_MESSAGE_TYPE.get(*code as usize) != Some(&0) {
                return (*code == OptionCode::END.code()).then_some(value);
            }
            at = (at as usize + 2 + *length as usize) as u32;
        }
    }

    /// Walks to the next option of `code` and takes it: not a 250 that continues another option.
    #[inline]
    pub(super) fn find(&mut self, code: OptionCode) -> Option<Result<RawOption<'a>, OptionError>> {
        loop {
            if let Some(option) = self.scan(code) {
                return Some(Ok(option));
            }
            if self.is_at_end() {
                return None;
            }
            let (walk, item) = self.go_on()?;
            *self = walk;
            match item {
                Some(Ok(option)) if option.code != code || option.continues => {}
                Some(item) => return Some(item),
                None => {}
            }
        }
    }

    /// Passes over ordinary options, and takes the next of `code`; stops at anything else.
    #[inline]
    fn scan(&mut self, code: OptionCode) -> Option<RawOption<'a>> {
        let (mut at, mut last) = (self.at, self.at);
        while let (Some(length), Some(next)) = (self.bytes.get(at as usize + 1), self.bytes.get(at as usize)) {
            let end = at as usize + 2 + *length as usize;
            if *next == code.code() && SPECIAL_IN_DETAIL.get(code.code() as usize) == Some(&0) {
                self.at = at;
                let value = self.bytes.get(at as usize + 2..end)?;
                self.at = end as u32;
                return Some(self.option(at, *next, value));
            }
            if *next == code.code() || SPECIAL_CODES.get(*next as usize) != Some(&0) {
                self.at = at;
                return None;
            }
            last = at;
            at = end as u32;
        }
        // The last option may run past the end; whoever looks next finds that out.
        self.at = if at as usize > self.bytes.len() { last } else { at };
        None
    }

    /// Takes the next piece of the value of `code`: the 250 that continues the option taken last, if that had 255 bytes
    /// (`full`), or else the next option of that code. `None` at the end, and at a fault.
    #[inline]
    pub(super) fn next_piece(&mut self, code: OptionCode, full: bool) -> Option<&'a [u8]> {
        let continued = full && self.bytes.get(self.at as usize) == Some(&OptionCode::CONTINUATION.code());
        match continued.then(|| self.take_continuation()).flatten() {
            Some(piece) => Some(piece),
            None => self.find(code)?.ok().map(|option| option.value),
        }
    }

    /// Takes the 250 that directly follows, if there is one.
    #[cold]
    pub(super) fn take_continuation(&mut self) -> Option<&'a [u8]> {
        let [code, length, after @ ..] = self.bytes.get(self.at as usize..)? else {
            return None;
        };
        if *code != OptionCode::CONTINUATION.code() {
            return None;
        }
        let piece = after.get(..usize::from(*length))?;
        self.pass(2 + piece.len());
        Some(piece)
    }

    /// Passes over some bytes.
    #[inline]
    const fn pass(&mut self, bytes: usize) {
        self.at = (self.at as usize + bytes) as u32;
    }

    /// Returns whether the option before, which ends at `at`, has exactly 255 bytes, so that a 250 there continues it.
    ///
    /// Walks again from the last boundary that is known, but only if the byte where the length would be says so; each
    /// byte is walked over again once at most.
    #[cold]
    fn follows_a_full_option(&mut self) -> bool {
        const FULL: u32 = 2 + u8::MAX as u32;

        let Some(start) = self.at.checked_sub(FULL) else {
            return false;
        };
        if self.bytes.get(start as usize + 1) != Some(&u8::MAX) {
            return false;
        }
        let mut again = Self {
            at: self.boundary,
            ..*self
        };
        while again.at < start {
            match again.bytes.get(again.at as usize..) {
                Some([0, ..]) => again.pass(1),
                Some([_, length, ..]) => again.pass(2 + usize::from(*length)),
                _ => break,
            }
        }
        debug_assert!(again.at <= self.at, "the walk was there before");
        self.boundary = again.at.min(self.at);
        self.boundary == start && self.bytes.get(start as usize) != Some(&OptionCode::PAD.code())
    }

    /// Takes the next option, if that is what is next, and its code is none of [`SPECIAL_IN_DETAIL`].
    #[inline]
    pub(super) fn take_option(&mut self) -> Option<RawOption<'a>> {
        loop {
            let at = self.at;
            let (length, code) = (self.bytes.get(at as usize + 1)?, self.bytes.get(at as usize)?);
            if SPECIAL_IN_DETAIL.get(*code as usize) == Some(&0) {
                let end = at as usize + 2 + *length as usize;
                let value = self.bytes.get(at as usize + 2..end)?;
                self.at = end as u32;
                return Some(self.option(at, *code, value));
            }
            if *code != OptionCode::PAD.code() {
                return None;
            }
            self.pass(1);
        }
    }

    /// The option at `offset`.
    #[inline]
    const fn option(&self, offset: u32, code: u8, value: &'a [u8]) -> RawOption<'a> {
        RawOption {
            code: OptionCode::from_code(code),
            area: self.area,
            offset: offset as usize,
            value,
            continues: false,
        }
    }

    /// Returns whether the walk is at the end of the only area. False negatives are allowed; the slow path decides.
    #[inline]
    pub(super) fn is_at_end(&self) -> bool {
        if !matches!(self.overload, OverloadSoFar::Absent) {
            return false;
        }
        match self.bytes.get(self.at as usize) {
            None => true,
            Some(code) => *code == OptionCode::END.code(),
        }
    }

    /// Takes what [`take_option`](Self::take_option) leaves: a run of PADs, and then nothing is returned; option 52 or
    /// 250; or what ends the area. By value, so that a walk that is in registers need not leave them.
    #[cold]
    #[inline(never)]
    fn take_other(mut self) -> (Self, Option<Step<'a>>) {
        let offset = self.at as usize;
        let step = match self.bytes.get(offset..).unwrap_or_default() {
            [] => Step::AreaEnd(None),
            [0, ..] => {
                while self.bytes.get(self.at as usize) == Some(&0) {
                    self.pass(1);
                }
                return (self, None);
            }
            [255, ..] => Step::AreaEnd(Some(offset)),
            [code] => Step::Fault(OptionError {
                code: OptionCode::from_code(*code),
                offset,
                kind: OptionErrorKind::NoLength,
            }),
            [code, length, after @ ..] => match after.get(..usize::from(*length)) {
                Some(value) => {
                    let mut option = self.option(self.at, *code, value);
                    option.continues = option.code == OptionCode::CONTINUATION && self.follows_a_full_option();
                    if option.is_overload() {
                        self.overload = self.overload.with(value);
                    }
                    self.pass(2 + value.len());
                    Step::Option(option)
                }
                None => Step::Fault(OptionError {
                    code: OptionCode::from_code(*code),
                    offset,
                    kind: OptionErrorKind::Truncated {
                        needed: usize::from(*length),
                        have: after.len(),
                    },
                }),
            },
        };
        (self, Some(step))
    }

    #[inline]
    fn step(&mut self) -> Step<'a> {
        loop {
            if let Some(option) = self.take_option() {
                return Step::Option(option);
            }
            let (walk, step) = self.take_other();
            *self = walk;
            if let Some(step) = step {
                return step;
            }
        }
    }

    /// Returns the next option or the fault that ends the walk; nothing more after that.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Result<RawOption<'a>, OptionError>> {
        loop {
            if let Some(option) = self.take_option() {
                return Some(Ok(option));
            }
            if self.is_at_end() {
                return None;
            }
            let (walk, item) = self.go_on()?;
            *self = walk;
            if item.is_some() {
                return item;
            }
        }
    }

    /// Goes on where [`take_option`](Self::take_option) does not; `None` at the end of the last field. After a fault the
    /// walk has ended.
    #[cold]
    #[inline(never)]
    fn go_on(self) -> Option<(Self, Option<Result<RawOption<'a>, OptionError>>)> {
        match self.take_other() {
            (walk, None) => Some((walk, None)),
            (walk, Some(Step::Option(option))) => Some((walk, Some(Ok(option)))),
            (walk, Some(Step::AreaEnd(_))) => Some((walk.next_area()?, None)),
            (_, Some(Step::Fault(fault))) => Some((Self::ended(), Some(Err(fault)))),
        }
    }

    /// Goes on to the next field that holds options; `None` if there is none.
    fn next_area(self) -> Option<Self> {
        let fields = self.overload.fields();
        let area = match self.area {
            Area::Options if fields.contains(Overload::FILE) => Area::File,
            Area::Options | Area::File if fields.contains(Overload::SNAME) => Area::Sname,
            _ => return None,
        };
        Some(Self::in_area(self.bytes, area, self.overload))
    }
}

impl OverloadSoFar {
    /// Takes one fragment of option 52 into account: joined, its value is one byte, 1 to 3.
    const fn with(self, fragment: &[u8]) -> Self {
        match (self, fragment) {
            (_, []) => self,
            (Self::Absent, [1]) => Self::File,
            (Self::Absent, [2]) => Self::Sname,
            (Self::Absent, [3]) => Self::FileAndSname,
            _ => Self::Invalid,
        }
    }

    /// Returns the fields that hold options.
    const fn fields(self) -> Overload {
        match self {
            Self::Absent | Self::Invalid => Overload::empty(),
            Self::File => Overload::FILE,
            Self::Sname => Overload::SNAME,
            Self::FileAndSname => Overload::all(),
        }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<RawOption<'a>, OptionError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl core::iter::FusedIterator for Options<'_> {}

impl<'a> From<Walk<'a>> for Options<'a> {
    #[inline]
    fn from(walk: Walk<'a>) -> Self {
        Self(walk)
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("area", &self.0.area)
            .field("offset", &self.0.offset())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RawOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            area,
            offset,
            value,
            continues,
        } = self;
        let continued = if *continues { " (continued)" } else { "" };
        write!(f, "option {code}{continued} in {area:?} at {offset}: {value:02x?}")
    }
}
