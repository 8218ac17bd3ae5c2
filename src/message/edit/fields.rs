//! The options in `file` and `sname`: they are edited where they are, or move to the options field.

use super::super::code::{OptionCode, Overload};
use super::super::codec::Encoder;
use super::super::walk::{Area, RawOption};
use super::super::{FILE, SNAME};
use super::error::EditError;
use super::pass::{Action, Pass};
use super::script::RELAY;
use super::write::option_size;

impl Pass<'_> {
    /// Edits the fields that option 52 names, after the options field has been gone through; returns what 52 has to
    /// name then, if that changes.
    #[cold]
    pub(super) fn overloaded_fields(&mut self) -> Result<Option<Overload>, EditError> {
        let named = self.message.overload().ok().flatten();
        let before = named.unwrap_or(Overload::empty());
        let file = self.field::<128>(before & Overload::FILE, Area::File, FILE.start)?;
        let after = file | self.field::<64>(before & Overload::SNAME, Area::Sname, SNAME.start)?;
        Ok(Some(after).filter(|after| *after != before))
    }

    /// Edits the options in `area`, which has `N` bytes from `start`, in the header that `out` begins with, if that is what
    /// `named` names; returns what option 52 names of it still.
    fn field<const N: usize>(&mut self, named: Overload, area: Area, start: usize) -> Result<Overload, EditError> {
        if named.is_empty() {
            return Ok(named);
        }
        let is_given = self.script.given_fields.contains(named);
        let mut bytes = [0; N];
        let mut after = Overload::empty();
        if !self.script.frees_fields {
            let (holds_options, is_changed) = self.edit_field(area, start, &mut bytes)?;
            if is_given && holds_options {
                return Err(EditError::FieldHoldsOptions { area });
            }
            if !is_given && !is_changed {
                return Ok(named); // As it was, to the last byte, even if it holds no option.
            }
            if holds_options {
                after = named;
            }
        }
        if !is_given {
            self.out.overwrite(start, &bytes);
        }
        Ok(after)
    }

    /// Writes the options that `area` holds after the edit into `field`, which is filled with zeros; returns whether
    /// there are any, and whether they differ from those before.
    fn edit_field(&mut self, area: Area, start: usize, field: &mut [u8]) -> Result<(bool, bool), EditError> {
        let packet = self.message.as_bytes();
        let capacity = field.len();
        // What stays comes first; new values get the room that it leaves.
        let mut used = self.bytes_that_stay(area, start)?;
        let mut out = Encoder::new(field);
        let mut holds_options = false;
        let mut run = start;
        for option in self.message.options() {
            let option = option?;
            if option.area != area {
                continue;
            }
            let action = self.action(option.code, option.offset, option.value);
            debug_assert!(
                packet.get(run..copied_until(&option, action)).is_some(),
                "the options of an area follow each other"
            );
            out.put(packet.get(run..copied_until(&option, action)).unwrap_or_default());
            run = option.end();
            match action {
                Action::Keep => holds_options = true,
                Action::Drop => {}
                Action::Replace(value) => {
                    let with_it = option_size(value.len()).saturating_add(used);
                    if with_it < capacity {
                        out.put_option(option.code, value);
                        used = with_it;
                        holds_options = true;
                    } else {
                        self.move_out(option.code);
                    }
                }
            }
        }
        let is_changed = !out.is_written(packet.get(start..run));
        if holds_options {
            out.put(&[OptionCode::END.code()]);
        }
        Ok((holds_options, is_changed))
    }

    /// Returns how many bytes of a field stay, from its start to its last option.
    fn bytes_that_stay(&mut self, area: Area, start: usize) -> Result<usize, EditError> {
        let states = self.states;
        let mut bytes = 0;
        let mut run = start;
        for option in self.message.options() {
            let option = option?;
            if option.area == area {
                let action = self.action(option.code, option.offset, option.value);
                bytes = copied_until(&option, action).saturating_sub(run).saturating_add(bytes);
                run = option.end();
            }
        }
        self.states = states;
        Ok(bytes)
    }

    /// Writes the options of `file` and `sname` where new options go: those of relay agents, or all others.
    #[cold]
    pub(super) fn append_of_fields(&mut self, relay: bool) -> Result<(), EditError> {
        for option in self.message.options() {
            let option = option?;
            // Option 52 means nothing there, and would in the options field.
            let stays = option.area == Area::Options || option.code == OptionCode::OVERLOAD;
            if stays || (option.code == RELAY) != relay {
                continue;
            }
            match self.action(option.code, option.offset, option.value) {
                Action::Keep => self.put_new(option.code, option.value),
                Action::Drop => {}
                Action::Replace(value) => self.put_new(option.code, value),
            }
        }
        Ok(())
    }
}

/// Returns the offset up to which the bytes before an option, and the option if it is kept, are copied.
fn copied_until(option: &RawOption<'_>, action: Action<'_>) -> usize {
    match action {
        Action::Keep => option.end(),
        Action::Drop | Action::Replace(_) => option.offset,
    }
}
