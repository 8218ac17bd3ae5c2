//! The framing of options: one pass over the bytes, in wire order, over the fields that hold options.
//!
//! This is the code that runs once for each option of each packet. What an ordinary packet does not have (option 52,
//! 250s, faults) is cold.

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
use super::header::{FILE, MAGIC_COOKIE, OPTIONS_OFFSET, SNAME, has_cookie};
use crate::codes::debug_list;

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

/// Prints the field's name in RFC 2131: `options`, `file` or `sname`.
impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Options => "options",
            Self::File => "file",
            Self::Sname => "sname",
        })
    }
}

/// One option as it is on the wire: a fragment, if its code occurs more than once (RFC 3396).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// Returns whether this is a piece of the value of `code`, of which another piece ends at `end`.
    #[inline]
    fn is_piece_of(&self, code: OptionCode, end: usize) -> bool {
        if self.continues {
            self.offset == end
        } else {
            self.code == code && !self.is_stray_overload()
        }
    }

    /// Returns whether this is option 52 where it means nothing.
    pub(super) fn is_stray_overload(&self) -> bool {
        self.code == OptionCode::OVERLOAD && self.area != Area::Options
    }
}

/// Defines an error of an option: which option, where, and what is wrong.
macro_rules! option_error {
    ($(#[$attribute:meta])* $Error:ident: $Kind:ident, $(#[$offset:meta])*) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[error("option {code} at offset {offset}: {kind}")]
        pub struct $Error {
            code: OptionCode,
            offset: usize,
            kind: $Kind,
        }

        impl $Error {
            /// Returns the code of the option, not that of a sub-option in it.
            #[inline]
            #[must_use]
            pub const fn code(&self) -> OptionCode {
                self.code
            }

            $(#[$offset])*
            #[inline]
            #[must_use]
            pub const fn offset(&self) -> usize {
                self.offset
            }

            /// Returns what is wrong.
            #[inline]
            #[must_use]
            pub const fn kind(&self) -> $Kind {
                self.kind
            }
        }
    };
}

pub(super) use option_error;

option_error! {
    /// A fault in the framing of the options; what is before it has been read.
    OptionError: OptionErrorKind,
    /// Returns the offset of the code byte, in bytes from the packet's first byte.
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

/// The options of a message in wire order: those of the options field, then of `file`, then of `sname` as option 52
/// says.
///
/// PADs are passed over, an END ends its field, and a field without END ends with its last byte. Yields what is before
/// the first fault, then the fault, then nothing more. Option 52 inside `file` or `sname` means nothing, and when its
/// value is invalid neither field is read ([`Message::overload`](super::Message::overload) tells).
#[derive(Clone)]
pub struct Options<'a>(pub(super) Walk<'a>);

/// The longest packet that is walked, in bytes, so that an index has 32 bits; a datagram has 65,535 at most.
const MAX_LENGTH: usize = 1 << 30;

/// A walk over the options.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    /// The packet. INVARIANT: at most [`MAX_LENGTH`] bytes.
    packet: &'a [u8],
    /// Offset of the next byte to be read in the options field; past the packet's end if the last option runs past it. In
    /// another field that of the packet's end, so that what is not cold has nothing to read.
    at: usize,
    /// An offset at which an option or PAD begins. INVARIANT: at most that of the next byte, and no 250 there continues
    /// an option before it.
    boundary: usize,
    aside: Aside,
}

/// What a walk knows of the fields `file` and `sname`. It has no padding, and fits into a register.
#[derive(Clone, Copy)]
struct Aside {
    /// Offset of the next byte to be read there.
    offset: u16,
    /// Where the field ends; 0 in the options field.
    end: u16,
    /// What option 52 of the options field has said so far: the bits of the fields that hold options, and [`SETTLED`].
    overload: u32,
}

/// Most bytes that one option holds of a value, since its length is a byte (RFC 2132 section 2). A 250 directly after
/// one of so many continues it.
pub(super) const LONGEST: usize = 255;

/// Bytes of an option that a 250 may continue, with its code and length.
pub(super) const FULL: usize = 2 + LONGEST;

/// Whatever follows of option 52 changes nothing: joined, its value has to be one byte.
const SETTLED: u32 = 4;

/// What is not only an option: PAD, END, option 52, which says where more options are, and 250, which may continue
/// another option.
pub(super) const SPECIAL: [OptionCode; 4] = [
    OptionCode::PAD,
    OptionCode::END,
    OptionCode::OVERLOAD,
    OptionCode::CONTINUATION,
];

/// What a table says of the codes that are passed over.
pub(super) const PASSED: u8 = u8::MAX;

/// For each code, whether it is [`SPECIAL`].
static SPECIAL_CODES: [bool; 256] = table_of(&SPECIAL);

/// PAD, END, option 52, and option 53.
static SPECIAL_OR_MESSAGE_TYPE: [bool; 256] = table_of(&[
    OptionCode::PAD,
    OptionCode::END,
    OptionCode::OVERLOAD,
    OptionCode::MESSAGE_TYPE,
]);

/// Returns a table that is true for these codes.
const fn table_of(mut codes: &[OptionCode]) -> [bool; 256] {
    let mut table = [false; 256];
    while let [code, others @ ..] = codes {
        if let Some((_, [place, ..])) = table.split_at_mut_checked(code.code() as usize) {
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
        Self::starting(if has_cookie(packet) { packet } else { &[] }, OPTIONS_OFFSET, 0)
    }

    /// Walks `area` of a packet that has options in it; after the options field come the others.
    pub(super) fn of(packet: &'a [u8], area: Area) -> Self {
        let (field, overload) = match area {
            Area::Options => return Self::over(packet),
            Area::File => (FILE, Overload::FILE),
            Area::Sname => (SNAME, Overload::SNAME),
        };
        let mut walk = Self::starting(packet, packet.len(), SETTLED | u32::from(overload.code()));
        walk.enter(field);
        walk
    }

    /// Walks the options field of `packet` from `offset` on.
    #[inline]
    fn starting(packet: &'a [u8], offset: usize, overload: u32) -> Self {
        Self {
            packet: if packet.len() > MAX_LENGTH {
                shortened(packet)
            } else {
                packet
            },
            at: offset,
            boundary: offset,
            aside: Aside {
                offset: 0,
                end: 0,
                overload,
            },
        }
    }

    /// Walks `packet` from `offset` on, where the walk before found `overload`; `full` is whether the option that ends
    /// there has 255 bytes.
    #[inline]
    pub(super) fn again(packet: &'a [u8], offset: usize, full: bool, overload: u8) -> Self {
        let mut walk = Self::starting(packet, offset, SETTLED | u32::from(overload));
        if offset < OPTIONS_OFFSET {
            let end = if offset > FILE.start { FILE.end } else { SNAME.end };
            walk.at = packet.len();
            walk.enter(offset..end);
        }
        if full {
            walk.boundary = offset.saturating_sub(FULL);
        }
        walk
    }

    /// Returns what option 52 has said, for [`again`](Self::again).
    #[inline]
    pub(super) const fn overload(&self) -> u8 {
        self.aside.overload as u8
    }

    /// Returns the area that is walked.
    #[inline]
    const fn area(&self) -> Area {
        match self.aside.end as usize {
            0 => Area::Options,
            end if end == SNAME.end => Area::Sname,
            _ => Area::File,
        }
    }

    /// Returns the packet up to the end of the area.
    #[inline]
    fn bytes(&self) -> &'a [u8] {
        match usize::from(self.aside.end) {
            0 => self.packet,
            // A value can be in no packet: its bytes are walked as if they were one, and can be shorter than a header.
            end => self.packet.get(..end).unwrap_or_default(),
        }
    }

    /// Returns the offset of the next byte to be read, from the packet's first byte.
    #[inline]
    const fn offset(&self) -> usize {
        match self.aside.end {
            0 => self.at,
            _ => self.aside.offset as usize,
        }
    }

    /// Returns what is still to be read.
    #[inline]
    fn rest(&self) -> &'a [u8] {
        let bytes = self.bytes();
        let rest = bytes.get(self.offset()..);
        debug_assert!(rest.is_some() || bytes.is_empty(), "the walk is in the area");
        rest.unwrap_or_default()
    }

    /// Goes on at `offset`, which is in the area or its end.
    const fn go_to(&mut self, offset: usize) {
        match self.aside.end {
            0 => self.at = offset,
            _ => self.aside.offset = offset as u16,
        }
    }

    /// Returns the next option or the fault that ends the walk; nothing more after that.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Result<RawOption<'a>, OptionError>> {
        loop {
            if let Some((code, length)) = self.peek() {
                if !is_in(&SPECIAL_CODES, code) {
                    if let Some(option) = self.take(code, length) {
                        return Some(Ok(option));
                    }
                } else if code == OptionCode::PAD.code() {
                    self.at += 1;
                    continue;
                }
            }
            if self.is_at_end() {
                return None;
            }
            return self.slow_next();
        }
    }

    /// Returns the next code and length.
    #[inline]
    fn peek(&self) -> Option<(u8, u8)> {
        let (codes, lengths) = codes_and_lengths(self.packet)?;
        Some((*codes.get(self.at)?, *lengths.get(self.at)?))
    }

    /// Takes the option of this code and length, if it does not run past the end.
    #[inline]
    fn take(&mut self, code: u8, length: u8) -> Option<RawOption<'a>> {
        let offset = self.at;
        let value = value_range(offset, length);
        self.at = value.end;
        Some(RawOption {
            code: OptionCode::from_code(code),
            area: Area::Options,
            offset,
            value: self.packet.get(value)?,
            continues: false,
        })
    }

    /// Returns whether the walk is at the end of the only area. False negatives are allowed; the slow path decides.
    #[inline]
    pub(super) fn is_at_end(&self) -> bool {
        self.overload() & Overload::BOTH.code() == 0
            && match self.packet.get(self.at) {
                Some(code) => *code == OptionCode::END.code(),
                None => self.at == self.packet.len(),
            }
    }

    /// Does what [`next`](Self::next) does, for all that an ordinary packet does not have.
    #[inline]
    pub(super) fn slow_next(&mut self) -> Option<Result<RawOption<'a>, OptionError>> {
        let item;
        (self.at, self.boundary, self.aside, item) = slow_next(self.packet, self.at, self.boundary, self.aside);
        item
    }

    /// Goes back to the last option if that runs past the end.
    fn go_back(&mut self) {
        if self.at > self.packet.len() {
            let options = self.packet.get(self.boundary..).unwrap_or_default();
            self.at = self.packet.len().wrapping_sub(last_option(options).len());
        }
    }

    /// Takes the next option or fault of any field.
    #[inline(always)]
    fn next_of_any(&mut self) -> Option<Result<RawOption<'a>, OptionError>> {
        loop {
            match self.take_any() {
                Ok(Some(option)) => return Some(Ok(option)),
                Ok(None) if self.enter_next() => {}
                Ok(None) => return None,
                Err(fault) => {
                    // Nothing follows there.
                    self.enter(SNAME.end..SNAME.end);
                    return Some(Err(fault));
                }
            }
        }
    }

    /// Takes the next option, whatever it is; stays at what ends the area.
    #[inline(always)]
    fn take_any(&mut self) -> Result<Option<RawOption<'a>>, OptionError> {
        let bytes = self.bytes();
        let mut offset = self.offset();
        while bytes.get(offset) == Some(&OptionCode::PAD.code()) {
            offset += 1;
        }
        self.go_to(offset);
        let (code, after) = match *bytes.get(offset..).unwrap_or_default() {
            [] | [255, ..] => return Ok(None),
            [code, ref after @ ..] => (code, after),
        };
        let kind = match *after {
            [] => OptionErrorKind::NoLength,
            [length, ref after @ ..] => match after.get(..usize::from(length)) {
                Some(value) => {
                    let mut option = RawOption {
                        code: OptionCode::from_code(code),
                        area: self.area(),
                        offset,
                        value,
                        continues: false,
                    };
                    option.continues = option.code == OptionCode::CONTINUATION && self.follows_a_full_option();
                    if option.is_overload() {
                        self.note_overload(value);
                    }
                    self.go_to(option.end());
                    if length != u8::MAX {
                        self.boundary = option.end();
                    }
                    return Ok(Some(option));
                }
                None => OptionErrorKind::Truncated {
                    needed: usize::from(length),
                    have: after.len(),
                },
            },
        };
        Err(OptionError {
            code: OptionCode::from_code(code),
            offset,
            kind,
        })
    }

    /// Returns whether the option before, which ends here, has exactly 255 bytes, so that a 250 here continues it.
    ///
    /// Walks again from the last boundary that is known; each byte is walked over again once at most.
    fn follows_a_full_option(&mut self) -> bool {
        if self.follows_no_full_option(self.offset()) {
            return false;
        }
        let mut is_full = false;
        let here = self.rest().len();
        let mut again = self.bytes().get(self.boundary..).unwrap_or_default();
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
        self.boundary = self.offset();
        is_full
    }

    /// Returns whether the option that ends at `at` is known not to have 255 bytes. A look at the byte where its length
    /// would be spares most walks.
    #[inline]
    fn follows_no_full_option(&self, at: usize) -> bool {
        let length = at.checked_sub(FULL - 1).and_then(|offset| self.packet.get(offset));
        length != Some(&u8::MAX) || self.boundary == at
    }

    /// Takes one fragment of option 52 into account.
    const fn note_overload(&mut self, fragment: &[u8]) {
        self.aside.overload = match (self.aside.overload, fragment) {
            (_, []) | (SETTLED.., _) => return,
            (0, [fields @ 1..=3]) => *fields as u32,
            _ => SETTLED,
        };
    }

    /// Goes on to the next field that holds options; false if there is none.
    fn enter_next(&mut self) -> bool {
        let field = match self.area() {
            Area::Options if self.overload() & Overload::FILE.code() > 0 => FILE,
            Area::Options | Area::File if self.overload() & Overload::SNAME.code() > 0 => SNAME,
            _ => return false,
        };
        self.enter(field);
        true
    }

    /// Goes on in `field`, which is not that of the options.
    fn enter(&mut self, field: Range<usize>) {
        self.at = self.packet.len();
        self.boundary = field.start;
        self.aside.offset = field.start as u16;
        self.aside.end = field.end as u16;
    }

    /// Passes over the options whose entry in `table` is [`PASSED`], and has `take` note the others: the entry and the
    /// value. Stays before an option that `take` says no to.
    #[inline(always)]
    pub(super) fn take_while(&mut self, table: &mut [u8; 256], mut take: impl FnMut(&mut u8, &'a [u8]) -> bool) {
        let Some((codes, lengths)) = codes_and_lengths(self.packet) else {
            return;
        };
        let mut at = self.at;
        while let (Some(code), Some(length)) = (codes.get(at), lengths.get(at)) {
            let end = at.wrapping_add(usize::from(*length) + 2);
            match table.get_mut(usize::from(*code)) {
                None | Some(&mut PASSED) => {}
                Some(entry) => match self.packet.get(value_range(at, *length)) {
                    Some(value) if take(entry, value) => {}
                    _ => break,
                },
            }
            at = end;
        }
        self.at = at;
    }

    /// Takes the next option of `code`, unless something special is before it; with `RARE`, a PAD and an option 52 that
    /// changes nothing are not special.
    #[inline(always)]
    fn take_next<const RARE: bool>(&mut self, code: OptionCode) -> Option<RawOption<'a>> {
        let (codes, lengths) = codes_and_lengths(self.packet)?;
        let mut at = self.at;
        while let (Some(other), Some(length)) = (codes.get(at), lengths.get(at)) {
            if is_in(&SPECIAL_CODES, *other)
                && (*other != OptionCode::CONTINUATION.code() || !self.follows_no_full_option(at))
            {
                match OptionCode::from_code(*other) {
                    OptionCode::PAD if RARE => {
                        at = at.wrapping_add(1);
                        continue;
                    }
                    OptionCode::OVERLOAD if RARE && self.aside.overload >= SETTLED => {}
                    _ => break,
                }
            }
            if *other == code.code() {
                self.at = at;
                return self.take(*other, *length);
            }
            at = at.wrapping_add(usize::from(*length) + 2);
        }
        self.at = at;
        None
    }

    /// Walks to the next piece of the value of `code`, and takes it: an option of that code, or the 250 that continues
    /// the option which ends where the walk is.
    #[inline(always)]
    pub(super) fn find(&mut self, code: OptionCode) -> Option<Result<RawOption<'a>, OptionError>> {
        let start = self.at;
        if let Some(option) = self.take_next::<false>(code) {
            return Some(Ok(option));
        }
        if self.is_at_end() {
            return None;
        }
        let item;
        (self.at, self.boundary, self.aside, item) =
            slow_find(self.packet, self.at, self.boundary, self.aside, code, start);
        item
    }

    /// Does what [`find`](Self::find) does, which began at `start` and has something special before it.
    fn find_anywhere(&mut self, code: OptionCode, start: usize) -> Option<Result<RawOption<'a>, OptionError>> {
        let start = if self.area() == Area::Options {
            start
        } else {
            self.offset()
        };
        loop {
            if let Some(option) = self.take_next::<true>(code) {
                // So that the next piece may be one that need not be looked for here.
                while self.packet.get(self.at) == Some(&OptionCode::PAD.code()) {
                    self.at += 1;
                }
                return Some(Ok(option));
            }
            self.go_back();
            match self.next_of_any()? {
                Ok(option) if !option.is_piece_of(code, start) => {}
                item => return Some(item),
            }
        }
    }

    /// Walks the rest of the area, and returns the offset of its END byte: `None` when there is none before the area's
    /// end or the first fault.
    pub(super) fn end_of_area(mut self) -> Option<usize> {
        while self.take_any().ok()?.is_some() {}
        let is_end = self.bytes().get(self.offset()) == Some(&OptionCode::END.code());
        is_end.then(|| self.offset())
    }
}

/// Where a walk is, and what it has found. The packet stays the same.
type Moved<'a> = (usize, usize, Aside, Option<Result<RawOption<'a>, OptionError>>);

/// Does what [`Walk::next`] does, for all that an ordinary packet does not have. By value, so that a walk that is in
/// registers need not leave them.
#[cold]
#[inline(never)]
fn slow_next(packet: &[u8], at: usize, boundary: usize, aside: Aside) -> Moved<'_> {
    let mut walk = Walk {
        packet,
        at,
        boundary,
        aside,
    };
    walk.go_back();
    let item = walk.next_of_any();
    (walk.at, walk.boundary, walk.aside, item)
}

/// Does what [`Walk::find`] does, for all that an ordinary packet does not have.
#[cold]
#[inline(never)]
fn slow_find(packet: &[u8], at: usize, boundary: usize, aside: Aside, code: OptionCode, start: usize) -> Moved<'_> {
    let mut walk = Walk {
        packet,
        at,
        boundary,
        aside,
    };
    let item = walk.find_anywhere(code, start);
    (walk.at, walk.boundary, walk.aside, item)
}

/// Returns the value of option 53 of `packet` if that is the first option, has one byte, and is the only one up to an
/// END; `None` if a closer look is needed.
#[inline]
pub(super) fn lone_message_type(packet: &[u8]) -> Option<u8> {
    const SECOND: usize = OPTIONS_OFFSET + 3;
    let (front, _) = packet.split_first_chunk::<SECOND>()?;
    let (front, [head @ .., value]) = front.split_last_chunk::<3>()?;
    if *head != [OptionCode::MESSAGE_TYPE.code(), 1] || !front.ends_with(&MAGIC_COOKIE) {
        return None;
    }
    let end = pass_while(packet, SECOND, |code| !is_in(&SPECIAL_OR_MESSAGE_TYPE, code));
    (packet.get(end) == Some(&OptionCode::END.code())).then_some(*value)
}

/// Passes over options as long as `is_passed` says so of their codes; returns where that ends, which is after the end
/// of `bytes` if the last option is.
#[inline]
pub(super) fn pass_while(bytes: &[u8], mut at: usize, is_passed: impl Fn(u8) -> bool) -> usize {
    let (codes, lengths) = codes_and_lengths(bytes).unwrap_or_default();
    while let (Some(code), Some(length)) = (codes.get(at), lengths.get(at)) {
        if !is_passed(*code) {
            break;
        }
        at = at.wrapping_add(usize::from(*length) + 2);
    }
    at
}

/// Returns where the value of so many bytes is of the option at `offset`.
#[inline(always)]
fn value_range(offset: usize, length: u8) -> Range<usize> {
    // With 32 bits it is plain that the sums do not overflow, which would be looked at for each option.
    let start = (offset & 0xffff_ffff) + 2;
    start..start + usize::from(length)
}

/// Returns the bytes in which codes are looked up, and those for lengths at the same indices. They are of the same
/// length, so that where there is a code there is a length too.
#[inline(always)]
fn codes_and_lengths(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    Some((bytes.split_last()?.1, bytes.split_first()?.1))
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
    while let [code, after @ ..] = options {
        options = match after {
            _ if *code == OptionCode::PAD.code() => after,
            [length, value @ ..] => match value.get(usize::from(*length)..) {
                Some(rest) => rest,
                None => break,
            },
            [] => break,
        };
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

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_list(f, self.clone())
    }
}
