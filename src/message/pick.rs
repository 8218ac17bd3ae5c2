//! Several options found in one pass.

use core::fmt;

use super::code::OptionCode;
use super::value::Value;
use super::walk::{FULL, OptionError, PASSED, SPECIAL, Walk};
use crate::codes::debug_list;

/// What [`Message::pick`](super::Message::pick) has found.
#[derive(Clone, Copy)]
pub struct Picked<'a, const K: usize> {
    packet: &'a [u8],
    codes: [OptionCode; K],
    found: [Found<'a>; K],
    overload: u8,
    fault: Option<OptionError>,
}

impl<'a, const K: usize> Picked<'a, K> {
    #[inline]
    pub(super) fn of(packet: &'a [u8], codes: [OptionCode; K]) -> Self {
        const { assert!(K < 255, "there are fewer codes") };
        let mut picked = Self {
            packet,
            codes,
            found: [Found::default(); K],
            overload: 0,
            fault: None,
        };
        (picked.overload, picked.fault) = search(packet, &picked.codes, &mut picked.found);
        picked
    }

    /// Returns the value of the option that was asked for at `index`, counted from 0; `None` if it was not met.
    #[inline]
    #[must_use]
    pub fn value(&self, index: usize) -> Option<Value<'a>> {
        self.found
            .get(index)?
            .value(self.packet, *self.codes.get(index)?, self.overload)
    }

    /// Returns the value of each option, in the order of asking; `None` for one that was not met.
    #[inline]
    #[must_use]
    pub fn values(&self) -> [Option<Value<'a>>; K] {
        core::array::from_fn(|index| self.value(index))
    }

    /// Returns the fault that ended the walk: options that were not met before it cannot be called absent.
    #[inline]
    #[must_use]
    pub const fn fault(&self) -> Option<OptionError> {
        self.fault
    }
}

/// What was asked for, each code once with its value, and then the fault.
impl<const K: usize> fmt::Debug for Picked<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.codes.iter().zip(self.values()).enumerate();
        let is_first = |index, code| self.codes.iter().position(|other| other == code) == Some(index);
        let each_once = items.filter(|(index, (code, _))| is_first(*index, *code));
        debug_list(f, each_once.map(|(_, item)| item))?;
        match self.fault {
            Some(fault) => write!(f, ", {fault:?}"),
            None => Ok(()),
        }
    }
}

/// What a walk has found of a value.
#[derive(Clone, Copy, Default)]
pub(super) struct Found<'a> {
    /// The first piece that is not empty, or the last one; `None` before there is one.
    head: Option<&'a [u8]>,
    /// Bytes of the pieces after that.
    more: usize,
}

impl<'a> Found<'a> {
    /// Notes another piece.
    const fn add(&mut self, piece: &'a [u8]) {
        match self.head {
            None | Some([]) => self.head = Some(piece),
            Some(_) => self.more = self.more.wrapping_add(piece.len()), // Less than the packet has.
        }
    }

    /// Returns the value of `code` that has been found in `packet`, whose option 52 says `overload`.
    #[inline]
    pub(super) fn value(&self, packet: &'a [u8], code: OptionCode, overload: u8) -> Option<Value<'a>> {
        let head = self.head?;
        let len = head.len().wrapping_add(self.more);
        Some(Value::new(packet, code, head, len, overload))
    }
}

/// The place of a code that needs a closer look. One that was not asked for is [`PASSED`].
const LOOKED_AT: u8 = PASSED - 1;

/// Notes in `places` for each code its first place in `codes`; returns whether one of them is there twice.
#[allow(clippy::inline_always, reason = "the table is a constant where the codes are")]
#[inline(always)]
fn note_places<const K: usize>(codes: &[OptionCode; K], places: &mut [u8; 256]) -> bool {
    let mut is_repeated = false;
    for (code, index) in codes.iter().zip(0..LOOKED_AT) {
        match places.get_mut(usize::from(code.code())) {
            Some(place @ &mut PASSED) => *place = index,
            _ => is_repeated = true,
        }
    }
    is_repeated
}

/// Notes in `places` that a code needs a closer look.
#[inline]
fn look_at(places: &mut [u8; 256], code: OptionCode) {
    if let Some(place) = places.get_mut(usize::from(code.code())) {
        *place = LOOKED_AT;
    }
}

/// Does what [`note_places`] does, for what an ordinary packet does not have.
#[cold]
#[inline(never)]
fn places_again<const K: usize>(codes: &[OptionCode; K]) -> [u8; 256] {
    let mut places = [PASSED; 256];
    note_places(codes, &mut places);
    places
}

/// Walks over a packet, and notes in `found` where the values of `codes` are, at the first place of each code; returns
/// what option 52 says, and the fault that ended the walk.
#[allow(clippy::inline_always, reason = "the table is a constant where the codes are")]
#[inline(always)]
pub(super) fn search<'a, const K: usize>(
    packet: &'a [u8],
    codes: &[OptionCode; K],
    found: &mut [Found<'a>; K],
) -> (u8, Option<OptionError>) {
    let mut places = [PASSED; 256];
    let is_repeated = note_places(codes, &mut places);
    for code in SPECIAL {
        look_at(&mut places, code);
    }

    let mut walk = Walk::over(packet);
    let mut fault = None;
    let mut all_places = None;
    // The end and the place of the last option that was looked at.
    let mut last = None;
    loop {
        // Of each value the first piece; the others are looked at.
        walk.take_while(&mut places, |place, value| match found.get_mut(usize::from(*place)) {
            Some(found) => {
                found.head = Some(value);
                *place = LOOKED_AT;
                true
            }
            None => false,
        });
        if walk.is_at_end() {
            break;
        }
        match walk.slow_next() {
            None => break,
            Some(Ok(option)) => {
                let all_places = all_places.get_or_insert_with(|| places_again(codes));
                let place_of = |code: u8| all_places.get(usize::from(code)).copied().unwrap_or(PASSED);
                let place = match (option.continues, last) {
                    (true, Some((end, place))) if option.offset == end => place,
                    // What it continues was not looked at.
                    (true, _) => packet
                        .get(option.offset.wrapping_sub(FULL))
                        .map_or(PASSED, |code| place_of(*code)),
                    (false, _) if option.is_stray_overload() => PASSED,
                    (false, _) => place_of(option.code.code()),
                };
                if let Some(found) = found.get_mut(usize::from(place)) {
                    found.add(option.value);
                    look_at(&mut places, option.code);
                }
                last = Some((option.end(), place));
            }
            Some(Err(error)) => fault = Some(error),
        }
    }
    if is_repeated {
        for (index, code) in codes.iter().enumerate() {
            let first = codes.iter().position(|other| other == code);
            let first = first.and_then(|first| found.get(first)).copied();
            if let (Some(first), Some(place)) = (first, found.get_mut(index)) {
                *place = first;
            }
        }
    }
    (walk.overload(), fault)
}
