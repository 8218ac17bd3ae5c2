//! The framing of options: one pass over the bytes, in wire order, over the fields that hold options.

use core::fmt;

use super::code::{OptionCode, Overload};

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

/// A fault in the framing of the options; what stands before it has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// A code is the last octet of its field, so that it has no length.
    #[error("option {code} at offset {offset}: no length octet before the end of the field")]
    NoLength {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the code octet, in bytes from the packet's first byte.
        offset: usize,
    },
    /// A value runs past the end of its field.
    #[error("option {code} at offset {offset}: {needed} octets needed, {have} left in the field")]
    Truncated {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the code octet, in bytes from the packet's first byte.
        offset: usize,
        /// Octets that the length octet asks for.
        needed: usize,
        /// Octets that the field has behind the length octet.
        have: usize,
    },
}

/// The options of a message in wire order: those of the options field, then of `file`, then of `sname` as option 52 says.
///
/// PADs are passed over, an END ends its field, and a field without END ends with its last octet. Yields what stands
/// before the first fault, then the fault, then nothing more. Option 52 inside `file` or `sname` means nothing, as RFC
/// 3396 section 5 demands, and when its value is invalid neither field is read.
#[derive(Clone)]
pub struct Options<'a>(Walk<'a>);

/// Where a walk over the options stands.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    packet: &'a [u8],
    /// What is left of the area.
    rest: &'a [u8],
    /// Offset of the area's end, from the packet's first byte.
    end: usize,
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

/// For [`Walk::pass_over`]: the codes that need a step of their own whatever is looked for.
pub(super) const NEEDS_A_STEP: [u8; 256] = {
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
        let rest = packet.get(start..).unwrap_or_default();
        Self {
            packet,
            rest,
            end: packet.len(),
            area: Area::Options,
            overload: OverloadSoFar::Absent,
        }
    }

    /// Walks the options in the one field `area` of `packet`: `file` or `sname`.
    pub(super) fn in_field(packet: &'a [u8], area: Area) -> Self {
        let range = match area {
            Area::Sname => super::SNAME,
            Area::File | Area::Options => super::FILE,
        };
        Self {
            packet,
            end: range.end,
            rest: packet.get(range).unwrap_or_default(),
            area,
            overload: OverloadSoFar::Invalid,
        }
    }

    /// Walks the rest of the options field, and returns the fields that option 52 names: none if it is invalid.
    pub(super) fn overloaded_fields(mut self) -> Result<Overload, OptionError> {
        loop {
            match (self.step(), self.overload) {
                (Step::Option(_), _) => {}
                (Step::Fault(fault), _) => return Err(fault),
                (Step::AreaEnd(_), OverloadSoFar::Fields(fields)) => return Ok(fields),
                (Step::AreaEnd(_), _) => return Ok(Overload::empty()),
            }
        }
    }

    /// A walk that has ended.
    #[inline]
    pub(super) const fn ended() -> Self {
        Self {
            packet: &[],
            rest: &[],
            end: 0,
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
            Area::File => super::FILE.end,
            Area::Sname => super::SNAME.end,
        };
        let rest = packet.get(offset..end).unwrap_or_default();
        Self {
            packet,
            rest,
            end,
            area,
            overload,
        }
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
        self.end.wrapping_sub(self.rest.len())
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

    #[inline]
    pub(super) fn step(&mut self) -> Step<'a> {
        loop {
            let Some((&code, behind_code)) = self.rest.split_first() else {
                return Step::AreaEnd(None);
            };
            let offset = self.offset();
            let code = OptionCode::from_code(code);
            if code == OptionCode::PAD {
                self.rest = behind_code;
                continue;
            }
            if code == OptionCode::END {
                return Step::AreaEnd(Some(offset));
            }
            let Some((&length, behind_length)) = behind_code.split_first() else {
                return Step::Fault(OptionError::NoLength { code, offset });
            };
            let needed = usize::from(length);
            let Some((value, behind_value)) = behind_length.split_at_checked(needed) else {
                return Step::Fault(OptionError::Truncated {
                    code,
                    offset,
                    needed,
                    have: behind_length.len(),
                });
            };
            self.rest = behind_value;
            if code == OptionCode::OVERLOAD {
                self.note_overload(value);
            }
            return Step::Option(RawOption {
                code,
                area: self.area,
                offset,
                value,
            });
        }
    }

    /// Takes one fragment of option 52 into account: joined, its value is one octet, 1 to 3.
    #[cold]
    fn note_overload(&mut self, fragment: &[u8]) {
        self.overload = match (self.area, self.overload, fragment) {
            (Area::Options, _, []) | (Area::File | Area::Sname, ..) => self.overload,
            (Area::Options, OverloadSoFar::Absent, [fields]) => match Overload::from_bits(*fields) {
                Some(fields) if !fields.is_empty() => OverloadSoFar::Fields(fields),
                _ => OverloadSoFar::Invalid,
            },
            (Area::Options, ..) => OverloadSoFar::Invalid,
        };
    }

    /// Returns the next option or the fault that ends the walk; nothing more after that.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Result<RawOption<'a>, OptionError>> {
        loop {
            match self.step() {
                Step::Option(option) => return Some(Ok(option)),
                Step::AreaEnd(_) if self.next_area() => {}
                Step::AreaEnd(_) => return None,
                Step::Fault(fault) => {
                    *self = Self::ended();
                    return Some(Err(fault));
                }
            }
        }
    }

    /// Goes on to the next field that holds options; false if there is none.
    #[cold]
    fn next_area(&mut self) -> bool {
        let OverloadSoFar::Fields(fields) = self.overload else {
            self.rest = &[];
            return false;
        };
        let (area, range) = match self.area {
            Area::Options if fields.contains(Overload::FILE) => (Area::File, super::FILE),
            Area::Options | Area::File if fields.contains(Overload::SNAME) => (Area::Sname, super::SNAME),
            _ => {
                self.rest = &[];
                return false;
            }
        };
        self.area = area;
        self.end = range.end;
        self.rest = self.packet.get(range).unwrap_or_default();
        true
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
