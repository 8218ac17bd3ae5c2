//! The pass that makes any changes: from the bytes of one packet into those of the next.
//!
//! What becomes of each option is decided first, and stays decided. So the options can be gone through as often as it
//! takes to know where the new ones go, and what there is room for.

use core::ops::Range;

use zerocopy::IntoBytes;

use super::super::code::{OptionCode, Overload};
use super::super::codec::Encoder;
use super::super::walk::{Area, LONGEST, Options, RawOption, Walk};
use super::super::{FILE, HEADER_LENGTH, MAGIC_COOKIE, Message, OPTIONS_OFFSET, SNAME};
use super::error::{EditError, MAX_EDITS};
use super::script::{Change, Edit, LongForm, RELAY, Script};

/// The fields that may hold options: their names in option 52, and where they are.
const FIELDS: [(Overload, Area, Range<usize>); 2] = [
    (Overload::FILE, Area::File, FILE),
    (Overload::SNAME, Area::Sname, SNAME),
];

/// What is decided about one packet.
pub(super) struct Pass<'p> {
    message: Message<'p>,
    script: &'p Script<'p>,
    /// The values of the script: the end of the editor's block.
    values: &'p [u8],
    /// For each code, the place in the script of the edit that decides about its options; `u8::MAX` if there is none.
    deciders: [u8; 256],
    /// For each edit of the script, where its value goes.
    placements: [Placement; MAX_EDITS],
    /// The fields that option 52 names.
    before: Overload,
    /// What it has to name, if that changes.
    overload: Option<Overload>,
    /// Offset in the message of the option before which new ones go; `None` if they go after the last.
    relay: Option<usize>,
}

/// Where the value of an edit goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Placement {
    /// Where new options go; all fragments that there are go away.
    New,
    /// It is there already: all fragments stay.
    Kept,
    /// In the place of the fragment at this offset; the others go away.
    At { offset: usize, form: LongForm },
}

/// The option that an edit sets, as far as it has been read.
#[derive(Clone, Copy, Default)]
struct Present<'p> {
    /// Offset of the first fragment.
    first: Option<usize>,
    /// The form of its value, if that is long.
    form: Option<LongForm>,
    has_bytes: bool,
    /// What is still to come if the value is the one that is set; `None` if it is not.
    unread: Option<&'p [u8]>,
}

impl Present<'_> {
    /// Reads the next fragment.
    fn add(&mut self, message: Message<'_>, fragment: &RawOption<'_>) {
        let is_first = self.first.is_none();
        self.first.get_or_insert(fragment.offset);
        let is_continued = fragment.value.len() == LONGEST
            && message.as_bytes().get(fragment.end()) == Some(&OptionCode::CONTINUATION.code());
        if is_first && is_continued {
            self.form = Some(LongForm::Continued);
        } else if self.has_bytes && !fragment.value.is_empty() {
            self.form.get_or_insert(LongForm::Repeated);
        }
        self.has_bytes |= !fragment.value.is_empty();
        self.unread = self.unread.and_then(|unread| unread.strip_prefix(fragment.value));
    }
}

/// What becomes of one fragment.
#[derive(Clone, Copy)]
enum Action<'p> {
    Keep,
    Drop,
    /// The new value takes its place, in this form if it is long.
    Replace(&'p [u8], LongForm),
}

/// Writes what `message` becomes by the changes of `script` to `target`, which begins with the new header if that
/// changes; returns how many bytes it needs. `values` is the end of the editor's block.
///
/// If that is more than there is room for, nothing that has been written means anything.
pub(super) fn build<'p>(
    message: Message<'p>,
    script: &'p Script<'p>,
    values: &'p [u8],
    target: &mut [u8],
) -> Result<usize, EditError> {
    let mut pass = Pass {
        message,
        script,
        values,
        deciders: [u8::MAX; 256],
        placements: [Placement::New; MAX_EDITS],
        before: Overload::NONE,
        overload: None,
        relay: None,
    };
    for (edit, index) in script.edits().zip(0..u8::MAX) {
        if let (Some(decider), false) = (
            pass.deciders.get_mut(usize::from(edit.code.code())),
            edit.change == Change::Append,
        ) {
            *decider = index;
        }
    }
    let has_relay = pass.place()?;
    let mut out = Encoder::new(target);
    if script.copied == 0 {
        out.put(message.header.as_bytes());
    }
    out.len = HEADER_LENGTH;
    pass.edit_fields(&mut out)?;
    if has_relay {
        pass.find_relay();
    }
    pass.write(&mut out)?;
    Ok(out.len)
}

impl<'p> Pass<'p> {
    /// Decides where the values that are set go, if there is room for them, in one walk for all; returns whether there
    /// are options of relay agents.
    fn place(&mut self) -> Result<bool, EditError> {
        let mut present = [Present::default(); MAX_EDITS];
        for (edit, present) in self.script.edits().zip(&mut present) {
            present.unread = Some(edit.value(self.values));
        }
        let mut set = None;
        let mut has_relay = false;
        let mut options = self.message.options();
        for option in options.by_ref() {
            let option = option?;
            has_relay |= option.code == RELAY;
            if !option.continues {
                set = self.decider(option.code).filter(|(_, edit)| edit.change == Change::Set);
            }
            if let Some(present) = set.and_then(|(index, _)| present.get_mut(index)) {
                present.add(self.message, &option);
            }
        }
        for (present, placement) in present.iter().zip(&mut self.placements) {
            *placement = match *present {
                Present { first: None, .. } => Placement::New,
                Present { unread: Some([]), .. } => Placement::Kept,
                Present {
                    first: Some(offset),
                    form,
                    ..
                } => Placement::At {
                    offset,
                    form: form.unwrap_or(self.script.long_form),
                },
            };
        }
        self.before = Overload::from_code(options.0.overload() & Overload::BOTH.code());
        Ok(has_relay)
    }

    /// Decides about an option, other than a 250 that continues one.
    fn action(&self, option: &RawOption<'_>) -> Action<'p> {
        if option.is_overload() {
            return match self.overload {
                Some(Overload::NONE) => Action::Drop,
                Some(fields) if !option.value.is_empty() => Action::Replace(value_of(fields), LongForm::Repeated),
                _ => Action::Keep,
            };
        }
        let Some((index, edit)) = self.decider(option.code) else {
            return if self.script.drops(option.offset) {
                Action::Drop
            } else {
                Action::Keep
            };
        };
        match self.placements.get(index) {
            Some(Placement::Kept) => Action::Keep,
            Some(Placement::At { offset, form }) if *offset == option.offset => {
                Action::Replace(edit.value(self.values), *form)
            }
            _ => Action::Drop,
        }
    }

    /// Returns the edit that decides about the options `code`, and its place in the script.
    fn decider(&self, code: OptionCode) -> Option<(usize, &'p Edit<'p>)> {
        let index = usize::from(*self.deciders.get(usize::from(code.code()))?);
        Some((index, self.script.edit(index)?))
    }

    /// Returns the options of `area`; after those of the options field come the others.
    fn options_of(&self, area: Area) -> Options<'p> {
        Options(Walk::of(self.message.as_bytes(), area))
    }

    /// Returns the options of `area`, each with what becomes of it.
    fn actions(&self, area: Area) -> impl Iterator<Item = (RawOption<'p>, Action<'p>)> {
        let options = self.options_of(area).map_while(Result::ok);
        let mut last = Action::Keep;
        options
            .take_while(move |option| option.area == area)
            .map(move |option| {
                last = match last {
                    _ if !option.continues => self.action(&option),
                    Action::Keep => Action::Keep,
                    Action::Drop | Action::Replace(..) => Action::Drop,
                };
                (option, last)
            })
    }

    /// Edits the fields that option 52 names, in the header that `out` begins with.
    fn edit_fields(&mut self, out: &mut Encoder<'_>) -> Result<(), EditError> {
        let mut after = Overload::NONE;
        for (named, area, range) in FIELDS {
            if self.before.contains(named) && self.edit_field(named, area, range, out)? {
                after = after.with(named);
            }
        }
        self.overload = Some(after).filter(|after| *after != self.before);
        Ok(())
    }

    /// Edits the options in `area`, a field with these bytes; returns whether option 52 still names it.
    fn edit_field(
        &mut self,
        named: Overload,
        area: Area,
        range: Range<usize>,
        out: &mut Encoder<'_>,
    ) -> Result<bool, EditError> {
        let is_given = self.script.given_fields.contains(named);
        let mut field = [0; FILE.end - FILE.start];
        debug_assert!(range.len() <= field.len(), "`file` is the longest field");
        let field = field.get_mut(..range.len()).unwrap_or_default();
        let mut holds_options = false;
        if !self.script.frees_fields {
            self.fit(area, range.clone());
            holds_options = self.actions(area).any(|(_, action)| !matches!(action, Action::Drop));
            if is_given && holds_options {
                return Err(EditError::FieldHoldsOptions { area });
            }
            let mut options = Encoder::new(field);
            let last_end = self.write_area(area, range.start, &mut options);
            if !is_given && options.is_written(self.message.as_bytes().get(range.start..last_end)) {
                return Ok(true); // As it was, to the last byte, even if it holds no option.
            }
            if holds_options {
                options.put(&[OptionCode::END.code()]);
            } else {
                field.fill(0);
            }
        }
        if !is_given {
            out.overwrite(range.start, field);
        }
        Ok(holds_options)
    }

    /// Has the new values that a field has no room for go where new options go. What stays comes first; new values get
    /// the room that it leaves.
    fn fit(&mut self, area: Area, range: Range<usize>) {
        let mut run = range.start;
        let mut used = 0_usize;
        for (option, action) in self.actions(area) {
            let end = match action {
                Action::Keep => option.end(),
                Action::Drop | Action::Replace(..) => option.offset,
            };
            used = used.saturating_add(end.saturating_sub(run));
            run = option.end();
        }
        for option in self.options_of(area).map_while(Result::ok) {
            if let Action::Replace(value, _) = self.action(&option) {
                let with_it = value.len().saturating_add(used).saturating_add(2);
                if with_it < range.len() {
                    used = with_it;
                    continue;
                }
                for placement in &mut self.placements {
                    if matches!(*placement, Placement::At { offset, .. } if offset == option.offset) {
                        *placement = Placement::New;
                    }
                }
            }
        }
    }

    /// Finds the options of relay agents that nothing else follows.
    fn find_relay(&mut self) {
        let mut relay = None;
        for (option, action) in self.actions(Area::Options) {
            relay = match action {
                _ if option.continues => relay,
                Action::Drop => relay,
                _ if option.code == RELAY => relay.or(Some(option.offset)),
                _ => None,
            };
        }
        self.relay = relay;
    }

    /// Writes what follows the header.
    fn write(&self, out: &mut Encoder<'_>) -> Result<(), EditError> {
        let source = self.message.as_bytes();
        let has_cookie = self.message.has_cookie();
        let after_header = source.get(HEADER_LENGTH..).unwrap_or_default();
        if !has_cookie {
            if self.script.edits().all(|edit| edit.change == Change::Remove) {
                out.put(after_header);
                out.fill_to(self.script.pad_to);
                return Ok(());
            }
            if after_header.iter().any(|byte| *byte != 0) {
                return Err(EditError::VendorArea);
            }
        }
        out.put(&MAGIC_COOKIE);
        let last_end = self.write_area(Area::Options, OPTIONS_OFFSET, out);
        if self.relay.is_none() {
            self.append(false, out);
        }
        self.append(true, out);
        let stays = has_cookie && out.len == last_end && source.len() <= self.script.limit;
        if stays && (self.message.end_offset().is_some() || out.is_written(source.get(..last_end))) {
            debug_assert!(last_end <= source.len(), "the options are in the packet");
            out.put(source.get(last_end..).unwrap_or_default());
            out.fill_to(self.script.pad_to);
        } else {
            out.put(&[OptionCode::END.code()]);
            // Bytes after END were there to fill the packet.
            let was_filled = source.len().wrapping_sub(last_end) > 1;
            let size = if was_filled {
                source.len().min(self.script.limit)
            } else {
                0
            };
            out.fill_to(size.max(self.script.pad_to));
        }
        Ok(())
    }

    /// Writes the options of `area`, which begins at `start`, with the PADs before them; returns where the last one
    /// ended.
    fn write_area(&self, area: Area, start: usize, out: &mut Encoder<'_>) -> usize {
        let mut run = start;
        for (option, action) in self.actions(area) {
            let pads = self.message.as_bytes().get(run..option.offset);
            debug_assert!(pads.is_some(), "the options of an area follow each other");
            out.put(pads.unwrap_or_default());
            run = option.end();
            if self.relay == Some(option.offset) {
                self.append(false, out);
            }
            match action {
                Action::Drop => {}
                Action::Keep if option.continues => out.put_option(option.code, option.value),
                Action::Keep => out.put_apart(option.code, option.value, LongForm::Repeated),
                Action::Replace(value, form) => out.put_apart(option.code, value, form),
            }
        }
        run
    }

    /// Writes the options that are new in the options field: those of relay agents, or all others.
    fn append(&self, relay: bool, out: &mut Encoder<'_>) {
        let form = self.script.long_form;
        if self.script.frees_fields {
            let fields = FIELDS.into_iter().filter(|(named, ..)| self.before.contains(*named));
            for (option, action) in fields.flat_map(|(_, area, _)| self.actions(area)) {
                let value = match action {
                    // Option 52 means nothing there, and would in the options field.
                    _ if option.is_stray_overload() || (option.code == RELAY) != relay => continue,
                    Action::Drop => continue,
                    Action::Keep => option.value,
                    Action::Replace(value, _) => value,
                };
                out.put_apart(option.code, value, form);
            }
        }
        for (edit, placement) in self.script.edits().zip(&self.placements) {
            let is_new = *placement == Placement::New && edit.change != Change::Remove;
            if is_new && (edit.code == RELAY) == relay {
                out.put_apart(edit.code, edit.value(self.values), form);
            }
        }
    }
}

/// Returns the value of an option 52 that names these fields.
fn value_of(fields: Overload) -> &'static [u8] {
    match fields {
        Overload::FILE => const { &[Overload::FILE.code()] },
        Overload::SNAME => const { &[Overload::SNAME.code()] },
        _ => const { &[Overload::BOTH.code()] },
    }
}
