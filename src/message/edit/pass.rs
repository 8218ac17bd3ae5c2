//! The pass that makes all changes: from the bytes of one packet into those of the next.

use super::super::code::{OptionCode, Overload};
use super::super::codec::Encoder;
use super::super::walk::{Area, RawOption};
use super::super::{HEADER_LENGTH, MAGIC_COOKIE, Message, OPTIONS_OFFSET};
use super::care::{Care, ends_full, is_full};
use super::error::EditError;
use super::script::{Change, Edit, LongForm, RELAY, Script};

/// One pass over the options in wire order.
pub(super) struct Pass<'p> {
    pub(super) message: Message<'p>,
    pub(super) script: &'p Script<'p>,
    /// The end of the editor's block, with the encoded values.
    values: &'p [u8],
    pub(super) out: Encoder<'p>,
    pub(super) placed: Placed,
    /// Offset in the message of the first byte that is not copied yet.
    run: usize,
    /// Where the options of relay agents begin in `out` that nothing else follows so far.
    relay_start: Option<usize>,
    /// Whether there is an option 52 in the options field.
    has_overload: bool,
    /// What option 52 has to name, if that is known to change.
    overload: Option<Overload>,
    pub(super) care: Care,
}

/// What has become of the changes so far: one bit for each, by its position in the script.
#[derive(Clone, Copy, Default)]
pub(super) struct Placed {
    /// The first fragment has been met.
    met: u16,
    /// The value was already as it is to be; all fragments stay.
    kept: u16,
    /// The value did not fit where the first fragment was.
    moved: u16,
}

/// What becomes of one fragment.
#[derive(Clone, Copy)]
pub(super) enum Action<'p> {
    Keep,
    Drop,
    /// The new value, of the change with this bit, takes its place.
    Replace(u16, &'p [u8]),
}

impl Placed {
    /// Notes that the new value did not fit where the first fragment was.
    pub(super) fn move_out(&mut self, bit: u16) {
        self.moved |= bit;
    }
}

impl<'p> Pass<'p> {
    /// Prepares the pass that writes what `message` becomes by the changes of `script` to `target`, which begins with
    /// the new header if that changes; `values` is the end of the editor's block.
    #[inline]
    pub(super) fn new(
        message: Message<'p>,
        script: &'p Script<'p>,
        values: &'p [u8],
        target: &'p mut [u8],
        care: Care,
    ) -> Self {
        Self {
            message,
            script,
            values,
            out: Encoder::after(target, script.copied),
            placed: Placed::default(),
            run: script.copied,
            relay_start: None,
            has_overload: false,
            overload: None,
            care,
        }
    }

    /// Builds the packet; returns how many bytes it needs.
    ///
    /// If that is more than there is room for, nothing that has been written means anything.
    #[inline]
    pub(super) fn build(&mut self) -> Result<usize, EditError> {
        if !self.message.has_cookie() {
            return self.without_options();
        }
        let (last_end, has_end) = if self.care.is_taken() {
            self.options_with_care()?
        } else {
            self.options()?
        };
        if self.has_overload {
            return self.build_overloaded(last_end, has_end);
        }
        self.close(last_end, has_end)
    }

    /// Builds a packet with an option 52, which the pass over the options field has kept.
    #[cold]
    fn build_overloaded(&mut self, last_end: usize, has_end: bool) -> Result<usize, EditError> {
        if let Some(fields) = self.overloaded_fields()? {
            // Once more, now that it is known what 52 has to name.
            self.overload = Some(fields);
            self.out.truncate(self.script.copied);
            self.run = self.script.copied;
            self.placed = Placed::default();
            self.relay_start = None;
            if self.care.is_taken() {
                self.care = Care::taken();
                self.options_with_care()?;
            } else {
                self.options()?;
            }
            self.overloaded_fields()?;
        }
        self.close(last_end, has_end)
    }

    /// Goes through the options field; returns where its last option ends, and whether an END follows.
    #[inline]
    fn options(&mut self) -> Result<(usize, bool), EditError> {
        let source = self.message.as_bytes();
        let marks = self.script.marks;
        // Of 32 bits, so that their sums prove that bytes are there.
        let mut at = OPTIONS_OFFSET as u32;
        let mut looked_at = at;
        let mut last_end = OPTIONS_OFFSET;
        let codes = source.split_last().map_or(source, |(_, codes)| codes);
        while let Some(code) = codes.get(at as usize) {
            let Some(length) = source.get(at as usize + 1) else {
                break;
            };
            let end = at.wrapping_add(2 + u32::from(*length));
            if !marks.may_have(OptionCode::from_code(*code)) {
                at = end;
                continue;
            }
            if at != looked_at {
                last_end = at as usize;
                self.relay_start = None;
            }
            match *code {
                0 => at = at.wrapping_add(1),
                255 => return Ok((last_end, true)),
                code => {
                    let offset = at as usize;
                    let Some(value) = source.get(offset + 2..end as usize) else {
                        return Err(self.fault());
                    };
                    let option = RawOption {
                        code: OptionCode::from_code(code),
                        area: Area::Options,
                        offset,
                        value,
                        continues: false,
                    };
                    at = if value.len() < 255 {
                        end
                    } else {
                        self.end_of_continuations(end)?
                    };
                    last_end = at as usize;
                    self.visit(&option, last_end);
                }
            }
            looked_at = at;
        }
        if at != looked_at {
            last_end = at as usize;
            self.relay_start = None;
        }
        match source.get(at as usize..) {
            Some([] | [0]) => Ok((last_end, false)),
            Some([255]) => Ok((last_end, true)),
            _ => Err(self.fault()),
        }
    }

    /// Goes through the options field as [`options`](Self::options) does, but looks at each option, and keeps options 250
    /// apart from those that they would continue.
    #[cold]
    fn options_with_care(&mut self) -> Result<(usize, bool), EditError> {
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
        let start = self.place_of(option.offset);
        if self.relay_start.is_none() {
            self.care.note_relay(start); // If it is one.
        }
        if self.care.must_part(option.code, start) {
            self.copy_until(option.offset);
            self.out.put(&[OptionCode::PAD.code()]);
        }
        self.act(option, end, action);
        if is_full {
            self.care.note_full(self.place_of(end));
        }
    }

    /// Returns where the 250s end that continue an option of 255 bytes, which ends at `end`.
    #[cold]
    fn end_of_continuations(&self, mut end: u32) -> Result<u32, EditError> {
        let source = self.message.as_bytes();
        while let (Some(250), Some(length)) = (source.get(end as usize), source.get(end as usize + 1)) {
            end = end.wrapping_add(2 + u32::from(*length));
            if end as usize > source.len() {
                return Err(self.fault());
            }
            if *length < 255 {
                break;
            }
        }
        Ok(end)
    }

    /// Returns the fault that the options of the message have.
    #[cold]
    fn fault(&self) -> EditError {
        let fault = self.message.options().find_map(Result::err);
        debug_assert!(fault.is_some(), "the walk over the options meets the same fault");
        fault.map_or(EditError::VendorArea, EditError::Options)
    }

    /// Does what the script says about an option of the options field, which ends at `end`.
    #[inline]
    fn visit(&mut self, option: &RawOption<'_>, end: usize) {
        let action = self.action_in_options(option);
        self.act(option, end, action);
    }

    /// Decides about the next fragment of any option of the options field.
    #[inline]
    fn action_in_options(&mut self, option: &RawOption<'_>) -> Action<'p> {
        if option.code == OptionCode::OVERLOAD {
            self.action_of_overload(option.value)
        } else {
            self.action(option)
        }
    }

    /// Does what has been decided about an option of the options field, which ends at `end`.
    #[inline]
    fn act(&mut self, option: &RawOption<'_>, end: usize, action: Action<'p>) {
        let replacement = match action {
            Action::Keep => None,
            Action::Drop => {
                self.note_follower(end);
                return self.skip(option.offset, end);
            }
            Action::Replace(_, value) => {
                self.skip(option.offset, end);
                Some(value)
            }
        };
        if option.code == RELAY {
            let start = self.place_of(option.offset);
            self.relay_start.get_or_insert(start);
        } else {
            self.relay_start = None;
        }
        match replacement {
            Some(value) if value.len() >= 255 => self.replace_long(option.code, option.end(), end, value),
            Some(value) => self.out.put_option(option.code, value),
            None => {}
        }
    }

    #[cold]
    fn replace_long(&mut self, code: OptionCode, end_of_first: usize, end: usize, value: &[u8]) {
        self.note_follower(end);
        let form = self.form_of(code, end_of_first, end);
        self.out.put_long(code, value, form);
    }

    /// Notes when an option 250 of its own follows, which begins at `end`: what is before it changes.
    #[inline]
    fn note_follower(&mut self, end: usize) {
        if self.message.as_bytes().get(end) == Some(&OptionCode::CONTINUATION.code()) {
            self.care.need();
        }
    }

    /// Returns the form of the value whose first fragment is `first`, which ends at `end` with its continuations; the
    /// author's choice if it is not long.
    #[cold]
    fn form_of(&self, code: OptionCode, end_of_first: usize, end: usize) -> LongForm {
        match self.message.value(code) {
            _ if end != end_of_first => LongForm::Continued,
            Ok(Some(value)) if value.as_slice().is_none() => LongForm::Repeated,
            _ => self.script.long_form,
        }
    }

    /// Decides about the next fragment of option 52 in the options field.
    #[cold]
    fn action_of_overload(&mut self, fragment: &[u8]) -> Action<'p> {
        self.has_overload = true;
        match self.overload {
            Some(fields) if fields.is_empty() => Action::Drop,
            Some(fields) if !fragment.is_empty() => Action::Replace(0, value_of(fields)),
            _ => Action::Keep,
        }
    }

    /// Decides about the next fragment of any other option.
    #[inline]
    pub(super) fn action(&mut self, option: &RawOption<'_>) -> Action<'p> {
        let Some((bit, edit)) = self.script.decider(option.code) else {
            return if self.script.drops(option.offset) {
                Action::Drop
            } else {
                Action::Keep
            };
        };
        if self.placed.met & bit != 0 {
            return if self.placed.kept & bit != 0 {
                Action::Keep
            } else {
                Action::Drop
            };
        }
        self.placed.met |= bit;
        if edit.change == Change::Remove {
            return Action::Drop;
        }
        let value = self.value(edit);
        if self.is_now(option, value) {
            self.placed.kept |= bit;
            return Action::Keep;
        }
        Action::Replace(bit, value)
    }

    /// Returns the value that a change sets or appends.
    #[inline]
    fn value(&self, edit: &Edit<'p>) -> &'p [u8] {
        if edit.from_end == 0 {
            edit.given
        } else {
            self.encoded_value(edit)
        }
    }

    fn encoded_value(&self, edit: &Edit<'_>) -> &'p [u8] {
        let start = self.values.len().wrapping_sub(edit.from_end.into());
        let value = self
            .values
            .get(start..)
            .and_then(|values| values.get(..edit.len.into()));
        debug_assert!(value.is_some(), "an encoded value is where it was noted");
        value.unwrap_or_default()
    }

    /// Returns whether `value` is what the option of which `first` is the first fragment is already.
    #[inline]
    fn is_now(&self, first: &RawOption<'_>, value: &[u8]) -> bool {
        match first.value.split_last() {
            Some((last, front)) if value.get(front.len()) != Some(last) => false,
            _ => self.joins_to(first.code, first.value, value),
        }
    }

    #[cold]
    fn joins_to(&self, code: OptionCode, first: &[u8], value: &[u8]) -> bool {
        value.starts_with(first) && matches!(self.message.value(code), Ok(Some(now)) if now == *value)
    }

    /// Copies what is not copied yet, up to `offset`.
    #[inline]
    fn copy_until(&mut self, offset: usize) {
        let run = self.message.as_bytes().get(self.run..offset);
        debug_assert!(run.is_some(), "offsets are met in their order, within the message");
        if let Some(run) = run {
            self.out.put(run);
        }
        self.run = offset;
    }

    /// Returns where in the new packet the byte at `offset` comes, which is not copied yet.
    #[inline]
    fn place_of(&self, offset: usize) -> usize {
        self.out.size().wrapping_add(offset.saturating_sub(self.run))
    }

    /// Copies the header, if nothing has been copied yet.
    pub(super) fn copy_header(&mut self) {
        if self.run < HEADER_LENGTH {
            self.copy_until(HEADER_LENGTH);
        }
    }

    /// Copies what is before `from`, and passes over what is before `to`.
    #[inline]
    fn skip(&mut self, from: usize, to: usize) {
        self.copy_until(from);
        self.run = to;
    }

    /// Writes what goes after the last option, which ends at `last_end`; returns the size of the packet.
    #[inline]
    fn close(&mut self, last_end: usize, has_end: bool) -> Result<usize, EditError> {
        self.copy_until(last_end);
        self.append()?;
        let source = self.message.as_bytes();
        let stays = self.out.size() == last_end && source.len() <= self.script.limit;
        if stays && (has_end || self.out.is_written(source.get(..last_end))) {
            self.copy_until(source.len());
            self.out.fill_to(self.script.pad_to);
        } else {
            // Bytes after END were there to fill the packet.
            self.end(source.len().wrapping_sub(last_end) > 1);
        }
        Ok(self.out.size())
    }

    /// Writes END, and fills the packet as asked, and up to the size that the message has if it `was_filled`.
    #[inline]
    fn end(&mut self, was_filled: bool) {
        self.out.put(&[OptionCode::END.code()]);
        let size = if was_filled {
            self.message.as_bytes().len().min(self.script.limit)
        } else {
            0
        };
        self.out.fill_to(size.max(self.script.pad_to));
    }

    /// Writes the options that are new in the options field: before the options of relay agents that come last, but
    /// for further ones of relay agents.
    #[inline]
    fn append(&mut self) -> Result<(), EditError> {
        let waiting = self.waiting();
        if self.script.frees_fields || self.relay_start.is_some() || waiting & self.script.of_relay != 0 {
            return self.append_around_relay();
        }
        self.append_new(waiting);
        Ok(())
    }

    /// Returns the changes whose values have no place yet.
    #[inline]
    fn waiting(&self) -> u16 {
        self.script.with_value() & !self.placed.met | self.placed.moved
    }

    #[cold]
    fn append_around_relay(&mut self) -> Result<(), EditError> {
        let end = self.out.size();
        if self.relay_start.is_some() {
            self.care.before_relay(end);
        }
        if self.script.frees_fields {
            self.append_of_fields(false)?;
        }
        self.append_new(self.waiting() & !self.script.of_relay);
        if let Some(start) = self.relay_start {
            self.out.move_to_end(start, end);
        }
        if self.script.frees_fields {
            self.append_of_fields(true)?;
        }
        self.append_new(self.waiting() & self.script.of_relay);
        Ok(())
    }

    /// Writes the options that the changes with these bits set or add.
    #[inline]
    fn append_new(&mut self, mut bits: u16) {
        while bits != 0 {
            if let Some(edit) = self.script.at(bits.trailing_zeros()) {
                self.put_new(edit.code, self.value(edit));
            }
            bits &= bits.wrapping_sub(1);
        }
    }

    /// Writes an option whose value is not in the options field yet.
    #[inline]
    pub(super) fn put_new(&mut self, code: OptionCode, value: &[u8]) {
        if value.len() > 255 || self.care.is_taken() {
            self.put_with_care(code, value);
        } else {
            self.out.put_option(code, value);
        }
    }

    /// Writes a new option that is long, or may have to be kept apart from the one before it.
    #[cold]
    fn put_with_care(&mut self, code: OptionCode, value: &[u8]) {
        if self.care.must_part(code, self.out.size()) {
            self.out.put(&[OptionCode::PAD.code()]);
        }
        self.out.put_long(code, value, self.script.long_form);
        if ends_full(value) {
            self.care.note_full(self.out.size());
        }
    }

    /// Writes a message that has no magic cookie: with one if there are new options, else as it is.
    #[cold]
    fn without_options(&mut self) -> Result<usize, EditError> {
        let source = self.message.as_bytes();
        self.copy_until(HEADER_LENGTH);
        self.out.put(&MAGIC_COOKIE);
        self.append()?;
        if self.out.size() == OPTIONS_OFFSET {
            self.out.truncate(HEADER_LENGTH);
            self.copy_until(source.len());
            self.out.fill_to(self.script.pad_to);
        } else if source.iter().skip(HEADER_LENGTH).any(|byte| *byte != 0) {
            return Err(EditError::VendorArea);
        } else {
            self.end(true);
        }
        Ok(self.out.size())
    }
}

/// Returns the value of an option 52 that names these fields.
fn value_of(fields: Overload) -> &'static [u8] {
    match fields.bits() {
        1 => &[1],
        2 => &[2],
        _ => &[3],
    }
}
