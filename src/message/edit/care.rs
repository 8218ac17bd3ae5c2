//! The care that options 250 need: one that is an option of its own must not come directly after an option of 255 bytes,
//! which it would continue. A PAD keeps the two apart.
//!
//! An ordinary edit has nothing to do with that: the pass over it only notices when what it changes comes directly before
//! a 250, and then the packet is built once more, with care.

use super::super::code::OptionCode;
use super::super::walk::{Area, RawOption};
use super::error::EditError;
use super::pass::{Action, Pass};
use super::{OPTIONS_OFFSET, Script};

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
    /// The care that the changes themselves need.
    #[inline]
    pub(super) fn of(script: &Script<'_>) -> Self {
        if script.marks.may_have(OptionCode::CONTINUATION) && script.may_move(OptionCode::CONTINUATION) {
            Self::taken()
        } else {
            Self::Free
        }
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
    pub(super) fn is_needed(&mut self) {
        if !self.is_taken() {
            *self = Self::Needed;
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

impl Pass<'_> {
    /// Goes through the options field as [`options`](Self::options) does, and looks at each option.
    #[cold]
    pub(super) fn options_with_care(&mut self) -> Result<(usize, bool), EditError> {
        let message = self.message;
        let mut last_end = OPTIONS_OFFSET;
        let mut options = message.options();
        let mut next = options.next().transpose()?;
        while let Some(option) = next.filter(|option| option.area == Area::Options) {
            last_end = option.end();
            next = options.next().transpose()?;
            while let Some(piece) = next.filter(|piece| piece.continues) {
                last_end = piece.end();
                next = options.next().transpose()?;
            }
            self.visit_with_care(&option, last_end);
        }
        Ok((last_end, message.end_offset().is_some()))
    }

    fn visit_with_care(&mut self, option: &RawOption<'_>, end: usize) {
        let action = self.action_in_options(option);
        let is_full = match action {
            Action::Drop => return self.act(option, end, action),
            Action::Keep => is_full(end.saturating_sub(option.offset)),
            Action::Replace(_, value) => ends_full(value),
        };
        let had_relay = self.relay_start.is_some();
        let start = self.place_of(option.offset);
        if self.must_be_apart(option.code, start) {
            self.copy_until(option.offset);
            self.out.put(&[OptionCode::PAD.code()]);
        }
        self.act(option, end, action);
        let new_end = self.place_of(end);
        if let Care::Taken {
            full_end,
            full_before_relay,
        } = &mut self.care
        {
            if !had_relay {
                *full_before_relay = *full_end == start;
            }
            if is_full {
                *full_end = new_end;
            }
        }
    }

    /// Writes a new option, apart from an option of 255 bytes if it is a 250; or one that is long.
    #[cold]
    pub(super) fn put_with_care(&mut self, code: OptionCode, value: &[u8]) {
        if self.must_be_apart(code, self.out.size()) {
            self.out.put(&[OptionCode::PAD.code()]);
        }
        self.out.put_long(code, value, self.script.long_form);
        if let Care::Taken { full_end, .. } = &mut self.care
            && ends_full(value)
        {
            *full_end = self.out.size();
        }
    }

    /// Returns whether an option of `code` that is written at `start` would continue the one before it.
    fn must_be_apart(&self, code: OptionCode, start: usize) -> bool {
        let follows_full = matches!(self.care, Care::Taken { full_end, .. } if full_end == start);
        follows_full && code == OptionCode::CONTINUATION
    }
}

/// Returns whether an option with its continuations, of `size` bytes in all, ends with 255 bytes of value.
const fn is_full(size: usize) -> bool {
    size % 257 == 0
}

/// Returns whether the last option of a value that is written has 255 bytes.
const fn ends_full(value: &[u8]) -> bool {
    !value.is_empty() && value.len() % 255 == 0
}
