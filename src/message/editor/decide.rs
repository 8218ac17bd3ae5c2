//! What becomes of each fragment, and what takes the place of those that go.

use super::super::code::OptionCode;
use super::super::value::Value;
use super::super::walk::RawOption;
use super::super::{Message, OptionError};
use super::EditError;
use super::script::{Base, Decision, Script};
use super::suboption::{Summary, compose};
use super::writer::{Splitter, Writer, option_size};

/// Judges the fragments of a message by a script.
pub(super) struct Judge<'p, 'v> {
    pub(super) message: Message<'p>,
    pub(super) script: &'p Script<'v>,
}

/// Which edits have met the first fragment of their option: one bit for each, by position in the script.
#[derive(Clone, Copy, Default)]
pub(super) struct Settled {
    /// The new value has its place, or there is none; other fragments go.
    pub(super) done: u16,
    /// The value was already as it is to be; all fragments stay.
    pub(super) kept: u16,
}

impl Settled {
    /// Tells whether the edit needs no place any more.
    #[inline]
    pub(super) fn has(self, index: u8) -> bool {
        (self.done | self.kept) & bit(index) != 0
    }
}

/// Returns the bit that stands for the edit at `index`.
#[inline]
pub(super) fn bit(index: u8) -> u16 {
    1_u16.wrapping_shl(index.into())
}

/// Tells whether `value` may begin with `start`, by a glance at one octet.
#[inline]
pub(super) fn may_begin(value: &[u8], start: &[u8]) -> bool {
    match start.split_last() {
        Some((last, front)) => value.get(front.len()) == Some(last),
        None => true,
    }
}

/// What becomes of one fragment.
#[derive(Clone, Copy)]
pub(super) enum Fate<'v> {
    Keep,
    Drop,
    /// The new value takes its place.
    Replace(Decision<'v>),
}

impl<'v> Judge<'_, 'v> {
    /// Decides about the next fragment of a marked code.
    pub(super) fn fate(&self, option: &RawOption<'_>, settled: &mut Settled) -> Result<Fate<'v>, EditError> {
        let Some(decision) = self.script.decision(option.code) else {
            return Ok(if self.script.drops(option) {
                Fate::Drop
            } else {
                Fate::Keep
            });
        };
        let bit = bit(decision.index);
        if settled.kept & bit != 0 {
            return Ok(Fate::Keep);
        }
        if settled.done & bit != 0 {
            return Ok(Fate::Drop);
        }
        let fate = self.first_fate(option, decision)?;
        match fate {
            Fate::Keep => settled.kept |= bit,
            Fate::Drop | Fate::Replace(_) => settled.done |= bit,
        }
        Ok(fate)
    }

    /// Decides about the first fragment of a code: whether the value changes at all, and whether one is left.
    fn first_fate(&self, first: &RawOption<'_>, decision: Decision<'v>) -> Result<Fate<'v>, EditError> {
        if decision.inside {
            let summary = self.compose(&decision, |_| {})?;
            return Ok(match (decision.base, summary) {
                (Base::Original, Summary { changed: false, .. }) => Fate::Keep,
                (_, Summary { length: 0, .. }) => Fate::Drop,
                _ => Fate::Replace(decision),
            });
        }
        Ok(match decision.base {
            Base::Set(value) if value.starts_with(first.value) && self.is_now(first.code, value)? => Fate::Keep,
            Base::Set(_) => Fate::Replace(decision),
            Base::Nothing => Fate::Drop,
            Base::Original => Fate::Keep,
        })
    }

    /// Tells whether `value` is what the option is already, over all its fragments.
    #[cold]
    fn is_now(&self, code: OptionCode, value: &[u8]) -> Result<bool, OptionError> {
        Ok(self.message.value(code)?.is_some_and(|now| now == *value))
    }

    /// Writes the new value, if there is one.
    #[inline]
    pub(super) fn put(&self, decision: &Decision<'v>, out: &mut Writer<'_>) -> Result<(), EditError> {
        match decision.base {
            _ if decision.inside => {
                let length = self.compose(decision, |_| {})?.length;
                let mut splitter = Splitter::new(out, decision.code, length);
                self.compose(decision, |octets| splitter.put(octets))?;
            }
            Base::Set(value) => out.put_option(decision.code, value),
            Base::Original | Base::Nothing => {}
        }
        Ok(())
    }

    /// Returns how many bytes [`put`](Self::put) writes.
    pub(super) fn size(&self, decision: &Decision<'v>) -> Result<usize, EditError> {
        Ok(match decision.base {
            _ if decision.inside => match self.compose(decision, |_| {})?.length {
                0 => 0,
                length => option_size(length),
            },
            Base::Set(value) => option_size(value.len()),
            Base::Original | Base::Nothing => 0,
        })
    }

    fn compose(&self, decision: &Decision<'v>, put: impl FnMut(&[u8])) -> Result<Summary, EditError> {
        let base = match decision.base {
            Base::Original => self.message.value(decision.code)?,
            Base::Set(value) => Some(Value::from_slice(decision.code, value)),
            Base::Nothing => None,
        };
        compose(decision.code, base, self.script, put)
    }
}
