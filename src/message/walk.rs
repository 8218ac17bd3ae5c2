//! The framing of options: one pass over the bytes, in wire order, over the fields that hold options.
//!
//! This is the code that runs once for each option of each packet. What an ordinary packet does not have (option 52, 250s,
//! faults) is cold.

#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::inline_always,
    reason = "an index is at most `MAX_LENGTH`, so that the sums fit; the link proof finds no overflow check. What is \
              always inlined loses its registers otherwise"
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
        self.offset.wrapping_add(2) // There are two bytes.
    }

    /// Returns the offset of the first byte after the value.
    #[inline]
    pub(super) const fn end(&self) -> usize {
        self.value_offset().wrapping_add(self.value.len())
    }

    /// Returns whether this is option 52 where it counts.
    #[inline]
    pub(super) fn is_overload(&self) -> bool {
        self.code == OptionCode::OVERLOAD && self.area == Area::Options
    }

    /// Returns whether this is option 52 where it means nothing.
    pub(super) fn is_stray_overload(&self) -> bool {
        self.code == OptionCode::OVERLOAD && self.area != Area::Options
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

/// The longest packet that is walked, in bytes, so that an index has 32 bits and its sums need no checks; a datagram has
/// 65,535 at most.
const MAX_LENGTH: usize = i32::MAX as usize;

/// A walk over the options.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    /// The packet up to the end of the area. INVARIANT: at most [`MAX_LENGTH`] bytes.
    packet: &'a [u8],
    /// Offset of the next byte to be read. INVARIANT: at most the length of `packet`, unless that is 0.
    at: u32,
    /// An offset at which an option or PAD begins. INVARIANT: at most `at`, and no 250 there continues an option before
    /// it.
    boundary: u32,
    area: Area,
    /// The fields that option 52 has named so far.
    fields: Overload,
    seen: OverloadSeen,
}

/// What has been seen of option 52 in the options field: joined, its value has to be one byte.
#[derive(Clone, Copy)]
enum OverloadSeen {
    Nothing,
    OneByte,
    /// Whatever follows changes nothing.
    Enough,
}

/// What there is where no ordinary option is.
enum Special<'a> {
    Option(RawOption<'a>),
    /// The end of the area, with the offset of its END byte if it has one.
    AreaEnd(Option<usize>),
    Fault(OptionError),
}

/// For each code, whether it is not only an option: PAD, END, and option 52, which says where more options are.
static SPECIAL_CODES: [bool; 256] = table_of(&[0, 52, 255]);

/// Those, and 250, which may continue another option.
static SPECIAL_IN_DETAIL: [bool; 256] = table_of(&[0, 52, 250, 255]);

/// Those of [`SPECIAL_CODES`], and option 53.
static SPECIAL_OR_MESSAGE_TYPE: [bool; 256] = table_of(&[0, 52, 53, 255]);

/// Returns a table that is true for these codes.
const fn table_of(mut codes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    while let [code, others @ ..] = codes {
        if let Some((_, [place, ..])) = table.split_at_mut_checked(*code as usize) {
            *place = true;
        }
        codes = others;
    }
    table
}

/// Looks up a code; a table of 256 has them all.
#[inline]
fn is_in(table: &[bool; 256], code: u8) -> bool {
    table.get(usize::from(code)) == Some(&true)
}

impl<'a> Walk<'a> {
    /// Walks the options of `packet`: none without the magic cookie.
    #[inline]
    pub(super) fn over(packet: &'a [u8]) -> Self {
        let has_cookie = packet.get(HEADER_LENGTH..OPTIONS_OFFSET) == Some(&MAGIC_COOKIE);
        let packet = if has_cookie { packet } else { &[] };
        Self {
            seen: OverloadSeen::Nothing,
            ..Self::resume(packet, OPTIONS_OFFSET, Area::Options, Overload::empty())
        }
    }

    /// Walks `packet`, which ends with the area, from `offset` on.
    #[inline]
    fn resume(packet: &'a [u8], offset: usize, area: Area, fields: Overload) -> Self {
        let packet = if packet.len() > MAX_LENGTH {
            shortened(packet)
        } else {
            packet
        };
        Self {
            packet,
            at: offset as u32,
            boundary: offset as u32,
            area,
            fields,
            seen: OverloadSeen::Enough,
        }
    }

    /// Walks `packet` from `offset` on, where the walk before found out which fields hold options.
    #[inline]
    pub(super) fn again(packet: &'a [u8], offset: usize, fields: Overload) -> Self {
        let (area, end) = match offset {
            OPTIONS_OFFSET.. => (Area::Options, packet.len()),
            _ if offset > FILE.start => (Area::File, FILE.end),
            _ => (Area::Sname, SNAME.end),
        };
        Self::resume(packet.get(..end).unwrap_or(packet), offset, area, fields)
    }

    /// Returns which fields hold options, as far as the walk knows.
    #[inline]
    pub(super) const fn fields(&self) -> Overload {
        self.fields
    }

    /// Returns the offset of the next byte to be read, from the packet's first byte.
    #[inline]
    const fn offset(&self) -> usize {
        self.at as usize
    }

    /// Returns what is still to be read.
    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.packet.get(self.offset()..).unwrap_or_default()
    }

    /// Passes over some bytes, which are there.
    #[inline]
    const fn pass(&mut self, bytes: usize) {
        self.at = self.offset().wrapping_add(bytes) as u32;
    }

    /// Returns the next option or the fault that ends the walk; nothing more after that.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Result<RawOption<'a>, OptionError>> {
        loop {
            if let Some((code, length)) = self.peek() {
                if !is_in(&SPECIAL_IN_DETAIL, code) {
                    if let Some(option) = self.take(code, length) {
                        return Some(Ok(option));
                    }
                } else if code == OptionCode::PAD.code() {
                    self.pass(1);
                    continue;
                }
            }
            if self.is_at_end() {
                return None;
            }
            // By value, so that a walk that is in registers need not leave them.
            let (walk, item) = self.go_on()?;
            *self = walk;
            if item.is_some() {
                return item;
            }
        }
    }

    /// Takes the next option if its code is none of [`SPECIAL_IN_DETAIL`].
    #[inline(always)]
    pub(super) fn take_option(&mut self) -> Option<RawOption<'a>> {
        let (code, length) = self.peek()?;
        if is_in(&SPECIAL_IN_DETAIL, code) {
            return None;
        }
        self.take(code, length)
    }

    /// Returns the next code and length.
    #[inline]
    fn peek(&self) -> Option<(u8, u8)> {
        // The second byte first: that it is there proves the first.
        let length = *self.packet.get(self.offset() + 1)?;
        Some((*self.packet.get(self.offset())?, length))
    }

    /// Takes the option of this code and length, if it does not run past the end.
    #[inline]
    fn take(&mut self, code: u8, length: u8) -> Option<RawOption<'a>> {
        let end = self.offset() + 2 + usize::from(length);
        let option = self.option(code, self.packet.get(self.offset() + 2..end)?);
        self.at = end as u32;
        Some(option)
    }

    /// The option that begins here.
    #[inline]
    const fn option(&self, code: u8, value: &'a [u8]) -> RawOption<'a> {
        RawOption {
            code: OptionCode::from_code(code),
            area: self.area,
            offset: self.offset(),
            value,
            continues: false,
        }
    }

    /// Returns whether the walk is at the end of the only area. False negatives are allowed; the slow path decides.
    #[inline]
    pub(super) fn is_at_end(&self) -> bool {
        self.fields.is_empty()
            && self
                .packet
                .get(self.offset())
                .is_none_or(|code| *code == OptionCode::END.code())
    }

    /// Goes on where [`take_option`](Self::take_option) does not; `None` at the end of the last field. After a fault the
    /// walk has ended.
    #[cold]
    #[inline(never)]
    pub(super) fn go_on(mut self) -> Option<(Self, Option<Result<RawOption<'a>, OptionError>>)> {
        let item = match self.take_special() {
            Special::Option(option) => Some(Ok(option)),
            Special::AreaEnd(_) => {
                self = self.next_area()?;
                None
            }
            Special::Fault(fault) => {
                self = Self::resume(&[], 0, Area::Sname, self.fields);
                Some(Err(fault))
            }
        };
        Some((self, item))
    }

    /// Takes what [`take_option`](Self::take_option) leaves; stays at what ends the area.
    fn take_special(&mut self) -> Special<'a> {
        while self.packet.get(self.offset()) == Some(&OptionCode::PAD.code()) {
            self.pass(1);
        }
        let (code, kind) = match *self.rest() {
            [] => return Special::AreaEnd(None),
            [255, ..] => return Special::AreaEnd(Some(self.offset())),
            [code] => (code, OptionErrorKind::NoLength),
            [code, length, ref after @ ..] => match after.get(..usize::from(length)) {
                Some(value) => {
                    let mut option = self.option(code, value);
                    option.continues = option.code == OptionCode::CONTINUATION && self.follows_a_full_option();
                    if option.is_overload() {
                        self.note_overload(value);
                    }
                    self.pass(2 + usize::from(length));
                    return Special::Option(option);
                }
                None => (
                    code,
                    OptionErrorKind::Truncated {
                        needed: usize::from(length),
                        have: after.len(),
                    },
                ),
            },
        };
        Special::Fault(OptionError {
            code: OptionCode::from_code(code),
            offset: self.offset(),
            kind,
        })
    }

    /// Returns whether the option before, which ends here, has exactly 255 bytes, so that a 250 here continues it.
    ///
    /// Walks again from the last boundary that is known; each byte is walked over again once at most.
    fn follows_a_full_option(&mut self) -> bool {
        // A look at the byte where the length would be spares most walks.
        let length = self
            .offset()
            .checked_sub(1 + 255)
            .and_then(|offset| self.packet.get(offset));
        if length != Some(&255) {
            return false;
        }
        let mut is_full = false;
        let here = self.rest().len();
        let mut again = self.packet.get(self.boundary as usize..).unwrap_or_default();
        while again.len() > here {
            let (length, after) = match again {
                [0, after @ ..] => (0, after),
                [_, length, after @ ..] => (*length, after),
                _ => break,
            };
            is_full = length == u8::MAX;
            again = after.get(usize::from(length)..).unwrap_or_default();
        }
        debug_assert!(again.len() == here, "the walk was there before");
        self.boundary = self.at;
        is_full
    }

    /// Takes one fragment of option 52 into account.
    fn note_overload(&mut self, fragment: &[u8]) {
        (self.fields, self.seen) = match (self.seen, fragment) {
            (_, []) | (OverloadSeen::Enough, _) => return,
            (OverloadSeen::Nothing, [bits @ 1..=3]) => (Overload::from_bits_truncate(*bits), OverloadSeen::OneByte),
            _ => (Overload::empty(), OverloadSeen::Enough),
        };
    }

    /// Goes on to the next field that holds options; `None` if there is none.
    fn next_area(self) -> Option<Self> {
        let fields = self.fields;
        let (area, Range { start, end }) = match self.area {
            Area::Options if fields.contains(Overload::FILE) => (Area::File, FILE),
            Area::Options | Area::File if fields.contains(Overload::SNAME) => (Area::Sname, SNAME),
            _ => return None,
        };
        Some(Self::resume(self.packet.get(..end)?, start, area, fields))
    }

    /// Passes over options as long as `is_passed` says so of their codes, which it must not of PAD, END and option 52.
    #[inline(always)]
    pub(super) fn pass_while(&mut self, is_passed: impl Fn(u8) -> bool) {
        self.stop_at(pass_while(self.packet, self.offset(), is_passed));
    }

    /// Passes over options like [`pass_while`](Self::pass_while), and has `take` note the others: the code, the offset of
    /// the value and its length. Stays before what needs a closer look, and before an option that a 250 continues.
    #[inline(always)]
    pub(super) fn take_while(&mut self, is_passed: impl Fn(u8) -> bool, mut take: impl FnMut(u8, usize, u8)) {
        let (codes, lengths) = codes_and_lengths(self.packet);
        let mut at = self.offset();
        while let (Some(code), Some(length)) = (codes.get(at), lengths.get(at)) {
            let value = at.wrapping_add(2);
            let end = value.wrapping_add(usize::from(*length));
            if !is_passed(*code) {
                let is_continued = *length == u8::MAX && self.packet.get(end) == Some(&OptionCode::CONTINUATION.code());
                if is_continued || end > self.packet.len() || is_in(&SPECIAL_IN_DETAIL, *code) {
                    break;
                }
                take(*code, value, *length);
            }
            at = end;
        }
        self.stop_at(at);
    }

    /// Stops at `at`, or before the last option if that runs past the end.
    #[inline(always)]
    fn stop_at(&mut self, mut at: usize) {
        if at > self.packet.len() {
            at = self.packet.len().wrapping_sub(last_option(self.rest()).len());
        }
        self.at = at as u32;
    }

    /// Walks to the next option of `code` and takes it: not a 250 that continues another option.
    #[inline(always)]
    pub(super) fn find(&mut self, code: OptionCode) -> Option<Result<RawOption<'a>, OptionError>> {
        loop {
            self.pass_while(|other| is_other(code, other));
            if let Some(option) = self.take_option() {
                return Some(Ok(option));
            }
            if self.is_at_end() {
                return None;
            }
            let (walk, item) = self.go_on()?;
            *self = walk;
            match item {
                Some(Ok(option)) if option.code != code || option.continues || option.is_stray_overload() => {}
                Some(item) => return Some(item),
                None => {}
            }
        }
    }

    /// Takes the next piece of the value of `code`: the 250 that continues the option taken last, if that had 255 bytes
    /// (`full`), or else the next option of that code before a fault.
    #[inline(always)]
    pub(super) fn next_piece(&mut self, code: OptionCode, full: bool) -> Option<&'a [u8]> {
        if full {
            if let Some((_, piece)) = self.take_continuation() {
                return Some(piece);
            }
        }
        Some(self.find(code)?.ok()?.value)
    }

    /// Takes the 250 that directly follows, if there is one; returns the offset of its value and the value.
    #[inline]
    pub(super) fn take_continuation(&mut self) -> Option<(usize, &'a [u8])> {
        let (250, length) = self.peek()? else {
            return None;
        };
        let option = self.take(250, length)?;
        Some((option.value_offset(), option.value))
    }

    /// Walks the rest of the area, and returns the offset of its END byte: `None` when there is none before the area's
    /// end or the first fault.
    pub(super) fn end_of_area(mut self) -> Option<usize> {
        loop {
            self.pass_while(|code| !is_in(&SPECIAL_CODES, code));
            match self.take_special() {
                Special::Option(_) => {}
                Special::AreaEnd(end) => return end,
                Special::Fault(_) => return None,
            }
        }
    }
}

/// Returns whether an option of the code `other` is neither one of `code` nor special.
#[inline]
pub(super) fn is_other(code: OptionCode, other: u8) -> bool {
    other != code.code() && !is_in(&SPECIAL_CODES, other)
}

/// Returns the value of option 53 of `packet` if that is the first option, has one byte, and is the only one up to an
/// END; `None` if a closer look is needed.
#[inline]
pub(super) fn lone_message_type(packet: &[u8]) -> Option<u8> {
    let (header, options) = packet.split_at_checked(OPTIONS_OFFSET)?;
    let [53, 1, value, others @ ..] = options else {
        return None;
    };
    let end = pass_while(others, 0, |code| !is_in(&SPECIAL_OR_MESSAGE_TYPE, code));
    let is_lone = header.ends_with(&MAGIC_COOKIE) && others.get(end) == Some(&OptionCode::END.code());
    is_lone.then_some(*value)
}

/// Passes over options as long as `is_passed` says so of their codes; returns where that ends, which is after the end of
/// `bytes` if the last option is.
#[inline]
pub(super) fn pass_while(bytes: &[u8], mut at: usize, is_passed: impl Fn(u8) -> bool) -> usize {
    let (codes, lengths) = codes_and_lengths(bytes);
    while let (Some(code), Some(length)) = (codes.get(at), lengths.get(at)) {
        if !is_passed(*code) {
            break;
        }
        at = at.wrapping_add(usize::from(*length) + 2);
    }
    at
}

/// Returns the bytes in which codes are looked up, and those for lengths at the same indices. They are of the same length,
/// so that where there is a code there is a length too.
#[inline(always)]
fn codes_and_lengths(bytes: &[u8]) -> (&[u8], &[u8]) {
    let codes = bytes.split_last().map_or(bytes, |(_, codes)| codes);
    let lengths = bytes.split_first().map_or(bytes, |(_, lengths)| lengths);
    (codes, lengths)
}

/// Returns the part of a packet that is walked.
#[cold]
fn shortened(packet: &[u8]) -> &[u8] {
    packet.get(..MAX_LENGTH).unwrap_or_default()
}

/// Returns the end of `options` from the last option on, which runs past it.
#[cold]
#[inline(never)]
fn last_option(mut options: &[u8]) -> &[u8] {
    while let [_, length, after @ ..] = options {
        match after.get(usize::from(*length)..) {
            Some(rest) => options = rest,
            None => break,
        }
    }
    options
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
