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
        self.copy_header();
        let named = self.message.overload().ok().flatten();
        let before = named.unwrap_or(Overload::empty());
        let mut after = before;
        let script = self.script;
        if before.contains(Overload::FILE) && !self.field::<128>(Area::File, FILE.start, script.sets_file)? {
            after.remove(Overload::FILE);
        }
        if before.contains(Overload::SNAME) && !self.field::<64>(Area::Sname, SNAME.start, script.sets_sname)? {
            after.remove(Overload::SNAME);
        }
        Ok(Some(after).filter(|after| *after != before))
    }

    /// Edits the options in `area`, which has `N` bytes from `start`, in the header that `out` begins with; returns
    /// whether option 52 names the field still.
    fn field<const N: usize>(&mut self, area: Area, start: usize, is_set: bool) -> Result<bool, EditError> {
        let mut bytes = [0; N];
        if !self.script.frees_fields {
            let (holds_options, is_changed) = self.edit_field(area, start, &mut bytes)?;
            if is_set && holds_options {
                return Err(EditError::FieldHoldsOptions { area });
            }
            if !is_set && !is_changed {
                return Ok(true); // As it was, to the last byte, even if it holds no option.
            }
            if holds_options {
                self.out.overwrite(start, &bytes);
                return Ok(true);
            }
        }
        if !is_set {
            self.out.overwrite(start, &bytes);
        }
        Ok(false)
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
            let action = self.action(&option);
            debug_assert!(
                packet.get(run..copied_until(&option, action)).is_some(),
                "the options of an area follow each other"
            );
            out.put(packet.get(run..copied_until(&option, action)).unwrap_or_default());
            run = option.end();
            match action {
                Action::Keep => holds_options = true,
                Action::Drop => {}
                Action::Replace(bit, value) => {
                    let with_it = option_size(value.len()).saturating_add(used);
                    if with_it < capacity {
                        out.put_option(option.code, value);
                        used = with_it;
                        holds_options = true;
                    } else {
                        self.placed.move_out(bit);
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
        let placed = self.placed;
        let mut bytes = 0;
        let mut run = start;
        for option in self.message.options() {
            let option = option?;
            if option.area == area {
                let action = self.action(&option);
                bytes = copied_until(&option, action).saturating_sub(run).saturating_add(bytes);
                run = option.end();
            }
        }
        self.placed = placed;
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
            match self.action(&option) {
                Action::Keep => self.put_new(option.code, option.value),
                Action::Drop => {}
                Action::Replace(_, value) => self.put_new(option.code, value),
            }
        }
        Ok(())
    }
}

/// Returns the offset up to which the bytes before an option, and the option if it is kept, are copied.
fn copied_until(option: &RawOption<'_>, action: Action<'_>) -> usize {
    match action {
        Action::Keep => option.end(),
        Action::Drop | Action::Replace(..) => option.offset,
    }
}
