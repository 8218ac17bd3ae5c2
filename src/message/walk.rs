//! The framing of options: one pass over the bytes, in wire order, over the fields that hold options.

use core::fmt;
use core::ops::Range;

use super::code::{OptionCode, Overload};
use super::header::{FILE, SNAME};

/// The field of a message in which an option stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    /// The options field, from offset 240 to the end of the packet.
    Options,
    /// The `file` field, offsets 108 to 235, when option 52 says so.
    File,
    /// The `sname` field, offsets 44 to 107, when option 52 says so.
    Sname,
}

/// One option as it stands on the wire: a fragment, if its code occurs more than once (RFC 3396).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawOption<'a> {
    /// The code; never [`OptionCode::PAD`] or [`OptionCode::END`].
    pub code: OptionCode,
    /// The field in which the option stands.
    pub area: Area,
    /// Offset of the code octet, in bytes from the packet's first byte.
    pub offset: usize,
    /// The octets behind the length octet, 0 to 255.
    pub value: &'a [u8],
}

impl RawOption<'_> {
    /// Returns the offset of the first octet of the value, in bytes from the packet's first byte.
    #[inline]
    #[must_use]
    pub const fn value_offset(&self) -> usize {
        self.offset.saturating_add(2)
    }

    /// Tells whether this is option 52 where it counts.
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
/// PADs are passed over, an END ends its field, and a field without END ends with its last octet. Yields what stands
/// before the first fault, then the fault, then nothing more. Option 52 inside `file` or `sname` means nothing, and when
/// its value is invalid neither field is read ([`Message::overload`](super::Message::overload) tells).
#[derive(Clone)]
pub struct Options<'a>(Walk<'a>);

/// Where a walk over the options stands.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    packet: &'a [u8],
    /// What is left of the area; a part of `packet`, even when it is empty.
    rest: &'a [u8],
    area: Area,
    overload: OverloadSoFar,
}

/// All that a walk knows beside how far it is in its area; `None` for one that has ended.
#[derive(Clone, Copy)]
pub(super) struct Place(Option<(Area, OverloadSoFar)>);

/// What the fragments of option 52 in the options field say so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OverloadSoFar {
    Absent,
    Fields(Overload),
    Invalid,
}

/// What one step of a walk meets; the walk stays where the area ends or the fault is.
pub(super) enum Step<'a> {
    Option(RawOption<'a>),
    /// The end of the area, with the offset of its END octet if it has one.
    AreaEnd(Option<usize>),
    Fault(OptionError),
}

/// Has 0 for the codes of ordinary options, and not for PAD, END and option 52, which need a closer look.
pub(super) static NEEDS_A_STEP: [u8; 256] = {
    let mut stops = [0; 256];
    let [pad, .., end] = &mut stops;
    (*pad, *end) = (u8::MAX, u8::MAX);
    if let Some((_, [overload, ..])) = stops.split_at_mut_checked(52) {
        *overload = u8::MAX;
    }
    stops
};

impl Place {
    /// The place of a walk that has ended.
    pub(super) const NOWHERE: Self = Self(None);
}

impl<'a> Walk<'a> {
    /// Walks the options of `packet`, whose options field starts at `start`.
    #[inline]
    pub(super) fn new(packet: &'a [u8], start: usize) -> Self {
        Self {
            packet,
            rest: packet.get(start..).unwrap_or_default(),
            area: Area::Options,
            overload: OverloadSoFar::Absent,
        }
    }

    fn in_range(packet: &'a [u8], range: Range<usize>, area: Area, overload: OverloadSoFar) -> Self {
        Self {
            packet,
            rest: packet.get(range).unwrap_or_default(),
            area,
            overload,
        }
    }

    /// A walk that has ended.
    #[inline]
    pub(super) const fn ended() -> Self {
        Self {
            packet: &[],
            rest: &[],
            area: Area::Sname,
            overload: OverloadSoFar::Absent,
        }
    }

    /// Goes on with a walk over `packet` that was at `place`, at the octet of this offset.
    pub(super) fn resume(packet: &'a [u8], offset: usize, place: Place) -> Self {
        let Place(Some((area, overload))) = place else {
            return Self::ended();
        };
        let end = match area {
            Area::Options => packet.len(),
            Area::File => FILE.end,
            Area::Sname => SNAME.end,
        };
        Self::in_range(packet, offset..end, area, overload)
    }

    /// Returns what [`resume`](Self::resume) needs beside the offset.
    #[inline]
    pub(super) const fn place(&self) -> Place {
        Place(Some((self.area, self.overload)))
    }

    /// Returns the packet that is walked over.
    #[inline]
    pub(super) const fn packet(&self) -> &'a [u8] {
        self.packet
    }

    /// Ends the walk with the options field, if it has not left that yet.
    #[inline]
    pub(super) const fn within_options_field(self) -> Self {
        match self.area {
            // An invalid option 52 names no field, whatever follows.
            Area::Options => Self {
                overload: OverloadSoFar::Invalid,
                ..self
            },
            Area::File | Area::Sname => Self::ended(),
        }
    }

    /// Offset of the next octet to be read, from the packet's first byte.
    #[inline]
    pub(super) fn offset(&self) -> usize {
        self.rest.as_ptr().addr().wrapping_sub(self.packet.as_ptr().addr())
    }

    /// Walks the rest of the area, and returns the offset of its END octet: `None` when there is none before the
    /// area's end or the first fault.
    pub(super) fn end_of_area(mut self) -> Option<usize> {
        loop {
            match self.step() {
                Step::Option(_) => {}
                Step::AreaEnd(end) => return end,
                Step::Fault(_) => return None,
            }
        }
    }

    /// Passes over options whose code has a 0 in `stops`, which has other values for PAD, END and option 52; stops at an
    /// octet that needs a [`step`](Self::step). Returns whether there was such an option.
    #[inline]
    pub(super) fn pass_over(&mut self, stops: &[u8; 256]) -> bool {
        let mut rest = self.rest;
        while let [code, length, behind @ ..] = rest {
            match (stops.get(usize::from(*code)), behind.get(usize::from(*length)..)) {
                (Some(0), Some(behind)) => rest = behind,
                _ => break,
            }
        }
        let moved = rest.len() < self.rest.len();
        self.rest = rest;
        moved
    }

    /// Takes the next option, if that is what stands next, and its code is none of [`NEEDS_A_STEP`].
    #[inline]
    fn take_option(&mut self) -> Option<RawOption<'a>> {
        let [code, length, behind @ ..] = self.rest else {
            return None;
        };
        if NEEDS_A_STEP.get(usize::from(*code)) != Some(&0) {
            return None;
        }
        let (value, rest) = behind.split_at_checked(usize::from(*length))?;
        let option = self.option(*code, value);
        self.rest = rest;
        Some(option)
    }

    /// The option that stands next.
    #[inline]
    fn option(&self, code: u8, value: &'a [u8]) -> RawOption<'a> {
        RawOption {
            code: OptionCode::from_code(code),
            area: self.area,
            offset: self.offset(),
            value,
        }
    }

    /// Tells whether the walk is at the end of the only area. It says no where a closer look is needed.
    #[inline]
    fn is_at_end(&self) -> bool {
        let nothing_left = match self.rest {
            [] => true,
            [code, ..] => *code == OptionCode::END.code(),
        };
        nothing_left && self.overload == OverloadSoFar::Absent
    }

    /// Takes what [`take_option`](Self::take_option) leaves: a run of PADs, and then nothing is returned; option 52; or
    /// what ends the area. By value, so that a walk that is in registers need not leave them.
    #[cold]
    #[inline(never)]
    fn take_other(mut self) -> (Self, Option<Step<'a>>) {
        let offset = self.offset();
        let step = match self.rest {
            [] => Step::AreaEnd(None),
            [0, ..] => {
                while let [0, behind @ ..] = self.rest {
                    self.rest = behind;
                }
                return (self, None);
            }
            [255, ..] => Step::AreaEnd(Some(offset)),
            [code] => Step::Fault(OptionError {
                code: OptionCode::from_code(*code),
                offset,
                kind: OptionErrorKind::NoLength,
            }),
            [code, length, behind @ ..] => match behind.split_at_checked(usize::from(*length)) {
                Some((value, rest)) => {
                    let option = self.option(*code, value);
                    self.rest = rest;
                    self.overload = self.overload.with(self.area, value);
                    Step::Option(option)
                }
                None => Step::Fault(OptionError {
                    code: OptionCode::from_code(*code),
                    offset,
                    kind: OptionErrorKind::Truncated {
                        needed: usize::from(*length),
                        have: behind.len(),
                    },
                }),
            },
        };
        (self, Some(step))
    }

    #[inline]
    pub(super) fn step(&mut self) -> Step<'a> {
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
        let OverloadSoFar::Fields(fields) = self.overload else {
            return None;
        };
        let (area, range) = match self.area {
            Area::Options if fields.contains(Overload::FILE) => (Area::File, FILE),
            Area::Options | Area::File if fields.contains(Overload::SNAME) => (Area::Sname, SNAME),
            _ => return None,
        };
        Some(Self::in_range(self.packet, range, area, self.overload))
    }
}

impl OverloadSoFar {
    /// Takes one fragment of option 52 into account: joined, its value is one octet, 1 to 3.
    fn with(self, area: Area, fragment: &[u8]) -> Self {
        match (area, self, fragment) {
            (Area::Options, _, []) | (Area::File | Area::Sname, ..) => self,
            (Area::Options, Self::Absent, [fields]) => match Overload::from_bits(*fields) {
                Some(fields) if !fields.is_empty() => Self::Fields(fields),
                _ => Self::Invalid,
            },
            (Area::Options, ..) => Self::Invalid,
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
        } = self;
        write!(f, "option {code} in {area:?} at {offset}: {value:02x?}")
    }
}
