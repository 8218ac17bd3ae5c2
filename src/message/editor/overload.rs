//! The options in `file` and `sname`: they are edited where they stand, before the options field is built.

use super::super::code::{OptionCode, Overload};
use super::super::walk::{Area, Step, Walk};
use super::super::{FILE, SNAME};
use super::EditError;
use super::decide::{Fate, Judge, Settled, bit};
use super::writer::Writer;

/// Which fields hold options, before and after the edit.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) before: Overload,
    pub(super) after: Overload,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            before: Overload::empty(),
            after: Overload::empty(),
        }
    }
}

impl Plan {
    /// Tells whether option 52 goes because no field needs it any more.
    pub(super) fn drops_overload(self) -> bool {
        self.after.is_empty() && !self.before.is_empty()
    }

    /// Edits the options in `fields`, in the copy of the header that `out` begins with.
    ///
    /// Returns the plan, and the edits that need no place in the options field any more.
    pub(super) fn make(
        judge: &Judge<'_, '_>,
        fields: Overload,
        out: &mut Writer<'_>,
    ) -> Result<(Self, Settled), EditError> {
        // Edits whose first fragment stands in the options field have their place there.
        let mut settled = Settled::default();
        let mut walk = judge.message.walk().within_options_field();
        while let Some(option) = walk.next() {
            let option = option?;
            if judge.script.is_marked(option.code) && !option.is_overload() {
                judge.fate(&option, &mut settled)?;
            }
        }
        let in_options = settled.done | settled.kept;

        let mut field = Field {
            judge,
            settled,
            moved: 0,
        };
        let mut after = fields;
        if fields.contains(Overload::FILE) && !field.edit::<128>(Area::File, out)? {
            after.remove(Overload::FILE);
        }
        if fields.contains(Overload::SNAME) && !field.edit::<64>(Area::Sname, out)? {
            after.remove(Overload::SNAME);
        }
        let plan = Self { before: fields, after };
        let settled = Settled {
            done: field.settled.done & !in_options & !field.moved,
            kept: field.settled.kept & !in_options,
        };
        Ok((plan, settled))
    }
}

/// Edits one field after the other.
struct Field<'j, 'p, 'v> {
    judge: &'j Judge<'p, 'v>,
    settled: Settled,
    /// Edits whose value does not fit where it stood, and so goes to the options field.
    moved: u16,
}

impl Field<'_, '_, '_> {
    /// Edits the options in `area`, which has `N` octets; returns whether it still holds options.
    fn edit<const N: usize>(&mut self, area: Area, out: &mut Writer<'_>) -> Result<bool, EditError> {
        let start = match area {
            Area::Sname => SNAME.start,
            Area::File | Area::Options => FILE.start,
        };
        let packet = self.judge.message.as_bytes();
        let mut used = self.kept_octets(Walk::in_field(packet, area), start)?;

        let mut octets = [0; N];
        let mut field = Writer::new(&mut octets);
        let mut options = 0_usize;
        let mut run = start;
        let mut walk = Walk::in_field(packet, area);
        while let Step::Option(option) = walk.step() {
            let fate = if self.judge.script.is_marked(option.code) {
                self.judge.fate(&option, &mut self.settled)?
            } else {
                Fate::Keep
            };
            let copied = match fate {
                Fate::Keep => walk.offset(),
                Fate::Drop | Fate::Replace(_) => option.offset,
            };
            field.put(packet.get(run..copied).unwrap_or_default());
            run = walk.offset();
            match fate {
                Fate::Keep => options = options.saturating_add(1),
                Fate::Drop => {}
                Fate::Replace(decision) => {
                    let with_it = used.saturating_add(self.judge.size(&decision)?);
                    if with_it < N {
                        self.judge.put(&decision, &mut field)?;
                        used = with_it;
                        options = options.saturating_add(1);
                    } else {
                        self.moved |= bit(decision.index);
                    }
                }
            }
        }
        if field.written() == packet.get(start..run) {
            return Ok(true); // As it was, to the last octet.
        }
        if options > 0 {
            field.put(&[OptionCode::END.code()]);
        }
        out.overwrite(start, &octets);
        Ok(options > 0)
    }

    /// Returns how many octets of a field stay, from its start to its last option.
    fn kept_octets(&self, mut walk: Walk<'_>, start: usize) -> Result<usize, EditError> {
        let mut settled = self.settled;
        let mut kept = 0_usize;
        let mut run = start;
        loop {
            match walk.step() {
                Step::Option(option) => {
                    let stays = !self.judge.script.is_marked(option.code)
                        || matches!(self.judge.fate(&option, &mut settled)?, Fate::Keep);
                    let copied = if stays { walk.offset() } else { option.offset };
                    kept = kept.saturating_add(copied.saturating_sub(run));
                    run = walk.offset();
                }
                Step::AreaEnd(_) => return Ok(kept),
                Step::Fault(fault) => return Err(fault.into()),
            }
        }
    }
}
