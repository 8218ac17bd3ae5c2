//! The pass that makes all changes: from the bytes of one packet into those of the next.

use zerocopy::IntoBytes;

use super::super::code::{OptionCode, Overload};
use super::super::option;
use super::super::walk::{Area, RawOption, Step, Walk};
use super::super::{FILE, HEADER_LENGTH, MAGIC_COOKIE, Message, OPTIONS_OFFSET, SNAME};
use super::EditError;
use super::decide::{Fate, Judge, Settled, bit, may_begin};
use super::overload::Plan;
use super::plain;
use super::script::{Change, Edit, Script};
use super::writer::Writer;

/// Builds the packet that `source` becomes by the changes of `script`, at the start of `target`; returns its size.
///
/// Nothing of `target` means anything after an error.
#[inline]
pub(super) fn build(source: &[u8], script: &Script<'_>, target: &mut [u8]) -> Result<usize, EditError> {
    if let Some(size) = plain::build(source, script, target) {
        return Ok(size);
    }
    build_all(source, script, target)
}

/// Builds any packet by any changes.
fn build_all(source: &[u8], script: &Script<'_>, target: &mut [u8]) -> Result<usize, EditError> {
    let message = Message::parse(source)?;
    if let Some(error) = script.error() {
        return Err(error);
    }
    let limit = script.limit.min(target.len());
    let target = target.get_mut(..limit).unwrap_or_default();
    let pass = Pass::new(message, script, &mut *target);
    if !message.has_cookie() {
        return pass.without_options();
    }
    match pass.options()? {
        Outcome::Built(size) => Ok(size),
        Outcome::Overloaded(fields) => build_overloaded(message, script, target, fields),
    }
}

/// Builds a packet whose options stand in several fields: where each value goes is planned first.
#[cold]
fn build_overloaded(
    message: Message<'_>,
    script: &Script<'_>,
    target: &mut [u8],
    fields: Overload,
) -> Result<usize, EditError> {
    let mut pass = Pass::new(message, script, target);
    pass.copy_until(OPTIONS_OFFSET);
    let (plan, settled) = Plan::make(&pass.judge, fields, &mut pass.out)?;
    pass.plan = Some(plan);
    pass.settled = settled;
    match pass.options()? {
        Outcome::Built(size) => Ok(size),
        // Not with a plan.
        Outcome::Overloaded(_) => Err(EditError::FieldHoldsOptions { area: Area::File }),
    }
}

/// How a pass ends.
enum Outcome {
    Built(usize),
    /// The message has options in these fields as well, so that the pass has to be planned.
    Overloaded(Overload),
}

/// One pass over the options field.
struct Pass<'p, 'v, 't> {
    judge: Judge<'p, 'v>,
    out: Writer<'t>,
    /// Offset in the packet of the first byte that is not copied yet.
    run: usize,
    settled: Settled,
    plan: Option<Plan>,
    /// Whether the new options have been written.
    appended: bool,
    /// The relay agent's options in front of this offset are not the last ones.
    not_last_before: usize,
}

impl<'p, 'v, 't> Pass<'p, 'v, 't> {
    #[inline]
    fn new(message: Message<'p>, script: &'p Script<'v>, target: &'t mut [u8]) -> Self {
        Self {
            judge: Judge { message, script },
            out: Writer::new(target),
            run: 0,
            settled: Settled::default(),
            plan: None,
            appended: false,
            not_last_before: 0,
        }
    }

    /// Goes through the options field.
    #[inline]
    fn options(mut self) -> Result<Outcome, EditError> {
        let mut walk = self.judge.message.walk().within_options_field();
        let mut last_end = OPTIONS_OFFSET;
        loop {
            if walk.pass_over(self.judge.script.marks()) {
                last_end = walk.offset();
            }
            match walk.step() {
                Step::Option(option) => {
                    last_end = walk.offset();
                    if !self.replace_plainly(&option, last_end) && self.judge.script.is_marked(option.code) {
                        if let Some(fields) = self.meet(&option, walk)? {
                            return Ok(Outcome::Overloaded(fields));
                        }
                    }
                }
                Step::AreaEnd(end) => return self.close(last_end, end.is_some()).map(Outcome::Built),
                Step::Fault(fault) => return Err(fault.into()),
            }
        }
    }

    /// Puts a new value in place of the first fragment of its option; false, and nothing done, if more has to be known.
    #[inline]
    fn replace_plainly(&mut self, option: &RawOption<'_>, behind: usize) -> bool {
        let Some((index, value)) = self.judge.script.plainly_set(option.code) else {
            return false;
        };
        if self.settled.has(index) || may_begin(value, option.value) {
            return false;
        }
        self.settled.done |= bit(index);
        let run = self.judge.message.as_bytes().get(self.run..option.offset);
        self.out.put_before_option(run.unwrap_or_default(), option.code, value);
        self.run = behind;
        true
    }

    /// Does what the script says about a marked option; `walk` stands behind it.
    fn meet(&mut self, option: &RawOption<'_>, walk: Walk<'_>) -> Result<Option<Overload>, EditError> {
        if option.is_overload() {
            return self.meet_overload(option, walk.offset());
        }
        let fate = self.judge.fate(option, &mut self.settled)?;
        if option.code == option::RELAY_AGENT_INFORMATION.code()
            && !matches!(fate, Fate::Drop)
            && self.is_last_part(option, walk)?
        {
            self.copy_until(option.offset);
            self.append()?;
            self.appended = true;
        }
        match fate {
            Fate::Keep => {}
            Fate::Drop => self.skip(option.offset, walk.offset()),
            Fate::Replace(decision) => {
                self.skip(option.offset, walk.offset());
                self.judge.put(&decision, &mut self.out)?;
            }
        }
        Ok(None)
    }

    /// Keeps option 52 in step with the fields that hold options after the edit.
    #[cold]
    fn meet_overload(&mut self, option: &RawOption<'_>, behind: usize) -> Result<Option<Overload>, EditError> {
        let Some(plan) = self.plan else {
            let fields = self.judge.message.walk().overloaded_fields()?;
            if !fields.is_empty() {
                return Ok(Some(fields));
            }
            self.plan = Some(Plan::default());
            return Ok(None);
        };
        if plan.drops_overload() {
            self.skip(option.offset, behind);
        } else if plan.after != plan.before && !option.value.is_empty() {
            self.skip(option.value_offset(), behind);
            self.out.put(&[plan.after.bits()]);
        }
        Ok(None)
    }

    /// Tells whether all that follows a relay agent's option is of the same kind, so that new options go before it.
    fn is_last_part(&mut self, option: &RawOption<'_>, mut behind: Walk<'_>) -> Result<bool, EditError> {
        if self.appended || option.offset < self.not_last_before {
            return Ok(false);
        }
        let mut settled = self.settled;
        loop {
            match behind.step() {
                Step::Option(next) if next.code == option::RELAY_AGENT_INFORMATION.code() => {}
                Step::Option(next) => {
                    let goes = if next.is_overload() {
                        self.plan.is_some_and(Plan::drops_overload)
                    } else {
                        self.judge.script.is_marked(next.code)
                            && matches!(self.judge.fate(&next, &mut settled)?, Fate::Drop)
                    };
                    if !goes {
                        self.not_last_before = next.offset;
                        return Ok(false);
                    }
                }
                Step::AreaEnd(_) => return Ok(true),
                Step::Fault(fault) => return Err(fault.into()),
            }
        }
    }

    /// Writes the options that have no place yet, but for those of relay agents; returns whether there are such.
    #[inline]
    fn append(&mut self) -> Result<bool, EditError> {
        let mut relay = false;
        for (index, edit) in (0..=u8::MAX).zip(self.judge.script.edits()) {
            match edit.change {
                _ if edit.code == option::RELAY_AGENT_INFORMATION.code() => relay = true,
                Change::Set(_) if self.settled.has(index) => {}
                Change::Set(value) if self.judge.script.plainly_set(edit.code).is_some() => {
                    self.out.put_option(edit.code, value);
                }
                _ => self.append_one(index, &edit)?,
            }
        }
        Ok(relay)
    }

    /// Writes the options of relay agents that have no place yet.
    #[cold]
    fn append_relay(&mut self) -> Result<(), EditError> {
        for (index, edit) in (0..=u8::MAX).zip(self.judge.script.edits()) {
            if edit.code == option::RELAY_AGENT_INFORMATION.code() {
                self.append_one(index, &edit)?;
            }
        }
        Ok(())
    }

    /// Writes the option that an edit adds, or sets, if it has no place yet.
    fn append_one(&mut self, index: u8, edit: &Edit<'_>) -> Result<(), EditError> {
        match edit.change {
            Change::Append(value) => self.out.put_option(edit.code, value),
            _ if self.settled.has(index) => {}
            _ => self.append_decided(edit.code, index)?,
        }
        Ok(())
    }

    /// Writes the value that is decided for `code`, if `index` is the edit that stands for it.
    fn append_decided(&mut self, code: OptionCode, index: u8) -> Result<(), EditError> {
        match self.judge.script.decision(code) {
            Some(decision) if decision.index == index => self.judge.put(&decision, &mut self.out),
            _ => Ok(()),
        }
    }

    /// Copies what is not copied yet, up to `offset`.
    #[inline]
    fn copy_until(&mut self, offset: usize) {
        let run = self.judge.message.as_bytes().get(self.run..offset);
        self.out.put(run.unwrap_or_default());
        self.run = offset;
    }

    /// Copies what stands in front of `from`, and passes over what stands in front of `to`.
    #[inline]
    fn skip(&mut self, from: usize, to: usize) {
        self.copy_until(from);
        self.run = to;
    }

    /// Writes what goes behind the last option, which ends at `last_end`; returns the size of the packet.
    #[inline]
    fn close(mut self, last_end: usize, has_end: bool) -> Result<usize, EditError> {
        self.copy_until(last_end);
        if self.appended || self.append()? {
            self.append_relay()?;
        }
        self.patch_header()?;

        let source = self.judge.message.as_bytes();
        let stays = self.out.len() == last_end && source.len() <= self.out.available();
        if stays && (has_end || self.out.written() == source.get(..last_end)) {
            self.copy_until(source.len());
        } else {
            self.out.put(&[OptionCode::END.code()]);
            // Bytes behind END were there to fill the packet.
            if source.len().wrapping_sub(last_end) > 1 {
                self.out.fill_to(source.len().min(self.out.available()));
            }
        }
        self.finish()
    }

    /// Writes a message that has no magic cookie: with one if there are new options, else as it is.
    #[cold]
    fn without_options(mut self) -> Result<usize, EditError> {
        let source = self.judge.message.as_bytes();
        self.copy_until(HEADER_LENGTH);
        self.out.put(&MAGIC_COOKIE);
        if self.append()? {
            self.append_relay()?;
        }
        if self.out.len() == OPTIONS_OFFSET {
            self.out.truncate(HEADER_LENGTH);
            self.copy_until(source.len());
        } else if source.iter().skip(HEADER_LENGTH).any(|octet| *octet != 0) {
            return Err(EditError::VendorArea);
        } else {
            self.out.put(&[OptionCode::END.code()]);
            self.out.fill_to(source.len().min(self.out.available()));
        }
        self.patch_header()?;
        self.finish()
    }

    /// Writes the new header over the copied one.
    #[inline]
    fn patch_header(&mut self) -> Result<(), EditError> {
        match &self.judge.script.header {
            None => Ok(()),
            Some(_) => self.write_header(),
        }
    }

    fn write_header(&mut self) -> Result<(), EditError> {
        let script = self.judge.script;
        let Some(header) = &script.header else {
            return Ok(());
        };
        let holding = self.plan.map_or(Overload::empty(), |plan| plan.after);
        let octets = header.as_bytes();
        self.out.overwrite(0, octets.get(..SNAME.start).unwrap_or_default());
        if script.sname_set {
            if holding.contains(Overload::SNAME) {
                return Err(EditError::FieldHoldsOptions { area: Area::Sname });
            }
            self.out.overwrite(SNAME.start, &header.sname);
        }
        if script.file_set {
            if holding.contains(Overload::FILE) {
                return Err(EditError::FieldHoldsOptions { area: Area::File });
            }
            self.out.overwrite(FILE.start, &header.file);
        }
        Ok(())
    }

    /// Fills the packet as asked, and checks that all of it was written.
    #[inline]
    fn finish(mut self) -> Result<usize, EditError> {
        self.out.fill_to(self.judge.script.pad_to);
        self.out.size()
    }
}
