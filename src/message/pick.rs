//! Several options found in one pass.

use super::code::{OptionCode, Overload};
use super::value::{Found, Value, search};
use super::walk::OptionError;

/// What [`Message::pick`](super::Message::pick) has found.
#[derive(Clone, Copy, Debug)]
pub struct Picked<'a, const K: usize> {
    packet: &'a [u8],
    codes: [OptionCode; K],
    found: [Found; K],
    fields: Overload,
    fault: Option<OptionError>,
}

impl<'a, const K: usize> Picked<'a, K> {
    #[inline]
    pub(super) fn of(packet: &'a [u8], codes: [OptionCode; K]) -> Self {
        const { assert!(K < 255, "there are fewer codes") };
        let mut slots = Slots::default();
        slots.ask_for(codes);
        let mut found = [Found::default(); K];
        let (fields, fault) = slots.search(packet, &mut found);
        if slots.has_repeated {
            for (index, code) in codes.into_iter().enumerate() {
                let first = slots.find(&mut found, code).map(|first| *first);
                if let (Some(place), Some(first)) = (found.get_mut(index), first) {
                    *place = first;
                }
            }
        }
        Self {
            packet,
            codes,
            found,
            fields,
            fault,
        }
    }

    /// Returns the value of the option that was asked for at `index`, counted from 0; `None` if it was not met.
    #[inline]
    #[must_use]
    pub fn value(&self, index: usize) -> Option<Value<'a>> {
        let found = self.found.get(index)?;
        found.value(self.packet, *self.codes.get(index)?, self.fields)
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

/// For each code where in a list of codes it was first asked for, or else [`PASSED`] or [`LOOKED_AT`].
pub(super) struct Slots {
    of_codes: [u8; 256],
    has_repeated: bool,
}

/// A code that was not asked for.
const PASSED: u8 = u8::MAX;
/// One that the walk must look at nevertheless.
const LOOKED_AT: u8 = PASSED - 1;

impl Default for Slots {
    #[inline]
    fn default() -> Self {
        Self {
            of_codes: [PASSED; 256],
            has_repeated: false,
        }
    }
}

impl Slots {
    /// Gives each of the codes its place.
    #[inline]
    pub(super) fn ask_for(&mut self, codes: impl IntoIterator<Item = OptionCode>) {
        for (code, slot) in codes.into_iter().zip(0..LOOKED_AT) {
            self.has_repeated |= !self.set(code, slot);
        }
        for code in [OptionCode::PAD, OptionCode::END, OptionCode::OVERLOAD] {
            self.set(code, LOOKED_AT);
        }
    }

    /// Gives a code its place, unless it has one.
    #[inline]
    fn set(&mut self, code: OptionCode, slot: u8) -> bool {
        let place = self.of_codes.get_mut(usize::from(code.code()));
        let free = place.filter(|place| **place == PASSED);
        free.map(|place| *place = slot).is_some()
    }

    #[inline]
    fn get(&self, code: u8) -> u8 {
        self.of_codes.get(usize::from(code)).copied().unwrap_or(PASSED)
    }

    /// Returns what has been found of a code.
    #[inline]
    pub(super) fn find<'f>(&self, found: &'f mut [Found], code: OptionCode) -> Option<&'f mut Found> {
        found.get_mut(usize::from(self.get(code.code())))
    }

    /// Walks over a packet, and notes in `found` where the values are; returns the fields that hold options, and the
    /// fault that ended the walk.
    #[inline]
    pub(super) fn search(&self, packet: &[u8], found: &mut [Found]) -> (Overload, Option<OptionError>) {
        search(
            packet,
            found,
            |code| self.get(code) == PASSED,
            |code| self.get(code).into(),
        )
    }
}
