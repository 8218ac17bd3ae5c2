//! The care that options 250 need: one that is an option of its own must not come directly after an option of 255 bytes,
//! which it would continue. A PAD keeps the two apart.
//!
//! An ordinary edit has nothing to do with that: the pass over it only notices when what it changes comes directly before
//! a 250, and then the packet is built once more, with care.

use super::super::code::OptionCode;
use super::script::Script;

/// What a pass does about options 250.
#[derive(Clone, Copy)]
pub(super) enum Care {
    /// Nothing.
    Free,
    /// Nothing, but it should have.
    Needed,
    Taken {
        /// Where the last option of 255 bytes, or its last continuation of so many, ends in the new packet.
        full_end: usize,
        /// Whether that is where the options of relay agents begin.
        full_before_relay: bool,
    },
}

impl Care {
    /// Returns whether the changes need care, whatever the packet is.
    #[inline]
    pub(super) fn is_needed_by(script: &Script<'_>) -> bool {
        script.marks.may_have(OptionCode::CONTINUATION) && script.may_move(OptionCode::CONTINUATION)
    }

    pub(super) const fn taken() -> Self {
        Self::Taken {
            full_end: 0,
            full_before_relay: false,
        }
    }

    #[inline]
    pub(super) const fn is_taken(self) -> bool {
        matches!(self, Self::Taken { .. })
    }

    /// Notes that the pass should take care.
    #[cold]
    pub(super) fn need(&mut self) {
        if !self.is_taken() {
            *self = Self::Needed;
        }
    }

    /// Returns whether an option of `code` that is written at `start` would continue the one before it.
    pub(super) fn must_part(self, code: OptionCode, start: usize) -> bool {
        let follows_full = matches!(self, Self::Taken { full_end, .. } if full_end == start);
        follows_full && code == OptionCode::CONTINUATION
    }

    /// Notes that what is before `end` ends with 255 bytes of value.
    pub(super) fn note_full(&mut self, end: usize) {
        if let Self::Taken { full_end, .. } = self {
            *full_end = end;
        }
    }

    /// Notes that the options of relay agents begin at `start`.
    pub(super) fn note_relay(&mut self, start: usize) {
        if let Self::Taken {
            full_end,
            full_before_relay,
        } = self
        {
            *full_before_relay = *full_end == start;
        }
    }

    /// Notes that what is written next, at `end`, will go before the options of relay agents.
    pub(super) fn before_relay(&mut self, end: usize) {
        if let Self::Taken {
            full_end,
            full_before_relay,
        } = self
        {
            *full_end = if *full_before_relay { end } else { 0 };
        }
    }
}

/// Returns whether an option with its continuations, of `size` bytes in all, ends with 255 bytes of value.
pub(super) const fn is_full(size: usize) -> bool {
    size % 257 == 0
}

/// Returns whether the last option of a value that is written has 255 bytes.
pub(super) const fn ends_full(value: &[u8]) -> bool {
    !value.is_empty() && value.len() % 255 == 0
}
