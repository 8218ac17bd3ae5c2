//! Several options found in one pass.

use core::fmt;

use super::code::OptionCode;
use super::value::Value;
use super::walk::{OptionError, PASSED, SPECIAL, Walk};
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
        (picked.overload, picked.fault) = search(packet, codes, &mut picked.found);
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

/// What was asked for, each with its value, and then the fault.
impl<const K: usize> fmt::Debug for Picked<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_list(f, self.codes.iter().zip(self.values()))?;
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

/// The place of a code that needs a closer look.
const LOOKED_AT: u8 = PASSED - 1;

/// Walks over a packet, and notes in `found` where the values of `codes` are, at the first place of each code; returns
/// what option 52 says, and the fault that ended the walk.
#[allow(clippy::inline_always, reason = "the table is a constant where the codes are")]
#[inline(always)]
pub(super) fn search<'a, const K: usize>(
    packet: &'a [u8],
    codes: [OptionCode; K],
    found: &mut [Found<'a>; K],
) -> (u8, Option<OptionError>) {
    let mut places = [PASSED; 256];
    let first_of = |code| codes.iter().position(|other| *other == code);
    let mut is_repeated = false;
    let mut set = |code: OptionCode, place| match places.get_mut(usize::from(code.code())) {
        Some(entry) if *entry == PASSED => *entry = place,
        Some(entry) => is_repeated |= *entry != LOOKED_AT || first_of(code) != Some(place.into()),
        None => {}
    };
    for code in SPECIAL {
        set(code, LOOKED_AT);
    }
    for (code, place) in codes.into_iter().zip(0..LOOKED_AT) {
        set(code, place);
    }

    let mut walk = Walk::over(packet);
    let mut fault = None;
    // The place and the end of the option that a 250 may continue.
    let (mut last, mut end) = (None, 0);
    loop {
        // Of each code the first piece; whatever follows is looked at.
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
                let place = match option.code {
                    _ if option.continues => last.filter(|_| option.offset == end),
                    _ if option.is_stray_overload() => None,
                    code => first_of(code),
                };
                if let Some(found) = place.and_then(|place| found.get_mut(place)) {
                    found.add(option.value);
                    if let Some(place) = places.get_mut(usize::from(option.code.code())) {
                        *place = LOOKED_AT;
                    }
                }
                (last, end) = (place, option.end());
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
