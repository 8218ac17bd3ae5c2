//! The pass that makes all changes: from the bytes of one packet into those of the next.
//!
//! The packet is copied as a whole first. Where no change has moved what follows, an option is then in its place, and
//! only what changes is written over.

use super::super::code::{OptionCode, Overload};
use super::super::codec::Encoder;
use super::super::{HEADER_LENGTH, MAGIC_COOKIE, Message, OPTIONS_OFFSET};
use super::error::{EditError, MAX_EDITS};
use super::script::{Change, Edit, LongForm, Marks, RELAY, Script};

/// One pass over the options in wire order.
pub(super) struct Pass<'p> {
    pub(super) message: Message<'p>,
    pub(super) script: &'p Script<'p>,
    /// The values of the script: the end of the editor's block.
    values: &'p [u8],
    /// INVARIANT: the bytes of the target after those that were written are the message's at the same offsets.
    pub(super) out: Encoder<'p>,
    /// Offset in the message of the first byte that has not been copied or passed over.
    run: usize,
    pub(super) states: [State; MAX_EDITS],
    /// The options of relay agents that nothing else follows so far.
    relay: Option<Relay>,
    /// Whether there is an option 52 in the options field.
    has_overload: bool,
    /// What option 52 has to name, if that is known to change.
    overload: Option<Overload>,
    /// The codes at which to look.
    marks: Marks,
    /// Where an option of 255 bytes, which a 250 would continue, ends in `out`; perhaps not the last.
    full_end: usize,
    /// An offset in the message at which an option or PAD begins.
    boundary: usize,
}

/// What has become of one edit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No fragment has been met.
    Waiting,
    /// The value took the place of the first fragment, or the option is removed; the other fragments go.
    Done,
    /// The value was already as it is to be; all fragments stay.
    Kept,
    /// The value did not fit where the first fragment was; it is new then, and the other fragments go.
    Moved,
}

/// What becomes of one fragment.
#[derive(Clone, Copy)]
pub(super) enum Action<'p> {
    Keep,
    Drop,
    /// The new value takes its place.
    Replace(&'p [u8]),
}

/// Where the options of relay agents begin in `out`.
#[derive(Clone, Copy)]
struct Relay {
    start: usize,
    /// Whether the option before has 255 bytes.
    follows_full: bool,
}

impl<'p> Pass<'p> {
    /// Prepares the pass that writes what `message` becomes by the changes of `script` to `target`, which begins with
    /// the new header if that changes; `values` is the end of the editor's block.
    #[inline]
    pub(super) fn new(message: Message<'p>, script: &'p Script<'p>, values: &'p [u8], target: &'p mut [u8]) -> Self {
        Self {
            message,
            script,
            values,
            out: Encoder::new(target),
            run: 0,
            states: [State::Waiting; MAX_EDITS],
            relay: None,
            has_overload: false,
            overload: None,
            marks: script.marks,
            full_end: 0,
            boundary: OPTIONS_OFFSET,
        }
    }

    /// Builds the packet; returns how many bytes it needs.
    ///
    /// If that is more than there is room for, nothing that has been written means anything.
    #[inline]
    pub(super) fn build(&mut self) -> Result<usize, EditError> {
        self.begin();
        if !self.message.has_cookie() {
            return self.without_options();
        }
        let (last_end, has_end) = self.options()?;
        if self.has_overload {
            return self.build_overloaded(last_end, has_end);
        }
        self.close(last_end, has_end)
    }

    /// Copies the message.
    #[inline]
    fn begin(&mut self) {
        let source = self.message.as_bytes();
        let copied = self.script.copied;
        let end = source.len().min(self.out.target.len());
        if let (Some(place), Some(bytes)) = (self.out.target.get_mut(copied..end), source.get(copied..end)) {
            place.copy_from_slice(bytes);
        }
        (self.out.len, self.run) = (HEADER_LENGTH, HEADER_LENGTH);
    }

    /// Builds a packet with an option 52, which the pass over the options field has kept.
    #[cold]
    fn build_overloaded(&mut self, last_end: usize, has_end: bool) -> Result<usize, EditError> {
        if let Some(fields) = self.overloaded_fields()? {
            // Once more, now that it is known what 52 has to name.
            self.overload = Some(fields);
            self.states = [State::Waiting; MAX_EDITS];
            (self.relay, self.full_end, self.boundary) = (None, 0, OPTIONS_OFFSET);
            self.begin();
            self.options()?;
            self.overloaded_fields()?;
        }
        self.close(last_end, has_end)
    }

    /// Goes through the options field; returns where its last option ends, and whether an END follows.
    #[inline]
    fn options(&mut self) -> Result<(usize, bool), EditError> {
        let source = self.message.as_bytes();
        let mut marks = self.marks;
        let mut at = OPTIONS_OFFSET;
        let mut looked_at = at;
        let mut last_end = at;
        let codes = source.split_last().map_or(source, |(_, codes)| codes);
        while let (Some(code), Some(length)) = (codes.get(at), source.get(at.wrapping_add(1))) {
            let mut end = end_of_option(at, *length);
            if !marks.may_have(OptionCode::from_code(*code)) {
                at = end;
                continue;
            }
            if at != looked_at {
                last_end = at;
                self.relay = None;
            }
            match *code {
                0 => at = end_of_pads(source, at),
                255 => return Ok((last_end, true)),
                code => {
                    let Some(value) = source.get(at.wrapping_add(2)..end) else {
                        return Err(self.fault());
                    };
                    if *length == 255 {
                        end = self.end_of_continuations(end)?;
                    }
                    self.visit(OptionCode::from_code(code), at, value, end);
                    marks = self.marks;
                    (at, last_end) = (end, end);
                }
            }
            looked_at = at;
        }
        if at != looked_at {
            last_end = at;
            self.relay = None;
        }
        match source.get(at..) {
            Some([] | [0]) => Ok((last_end, false)),
            Some([255]) => Ok((last_end, true)),
            _ => Err(self.fault()),
        }
    }

    /// Returns where the 250s end that continue an option of 255 bytes, which ends at `end`.
    #[cold]
    fn end_of_continuations(&self, mut end: usize) -> Result<usize, EditError> {
        let source = self.message.as_bytes();
        while let (Some(250), Some(length)) = (source.get(end), source.get(end.wrapping_add(1))) {
            end = end_of_option(end, *length);
            if end > source.len() {
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

    /// Does what the script says about the option `code` of the options field, which begins at `offset`, and ends at `end`
    /// with its continuations.
    #[inline]
    fn visit(&mut self, code: OptionCode, offset: usize, value: &[u8], end: usize) {
        match code {
            OptionCode::OVERLOAD => self.visit_overload(offset, value, end),
            OptionCode::CONTINUATION => self.visit_continuation(offset, value, end),
            RELAY => self.visit_relay(offset, value, end),
            _ => {
                let action = self.action(code, offset, value);
                self.act(code, offset, end, action);
            }
        }
    }

    #[cold]
    fn visit_overload(&mut self, offset: usize, value: &[u8], end: usize) {
        self.has_overload = true;
        let action = match self.overload {
            Some(fields) if fields.is_empty() => Action::Drop,
            Some(fields) if !value.is_empty() => Action::Replace(value_of(fields)),
            _ => Action::Keep,
        };
        self.act(OptionCode::OVERLOAD, offset, end, action);
    }

    /// An option 250 of its own must not come directly after 255 bytes: a PAD keeps it apart.
    #[cold]
    fn visit_continuation(&mut self, offset: usize, value: &[u8], end: usize) {
        let follows_change = self.run == offset;
        let follows_full = self.copy_noting_full(offset);
        if follows_full && !follows_change {
            return; // It continues an option that is kept.
        }
        let action = self.action(OptionCode::CONTINUATION, offset, value);
        if follows_full && !matches!(action, Action::Drop) {
            self.out.put(&[OptionCode::PAD.code()]);
        }
        self.act(OptionCode::CONTINUATION, offset, end, action);
    }

    #[cold]
    fn visit_relay(&mut self, offset: usize, value: &[u8], end: usize) {
        let before = self.relay;
        let follows_full = self.copy_noting_full(offset);
        let start = self.out.len;
        let action = self.action(RELAY, offset, value);
        self.act(RELAY, offset, end, action);
        self.relay = match action {
            Action::Drop => before,
            _ => before.or(Some(Relay { start, follows_full })),
        };
    }

    /// Does what has been decided about an option of the options field, which ends at `end`.
    #[inline]
    fn act(&mut self, code: OptionCode, offset: usize, end: usize, action: Action<'p>) {
        match action {
            Action::Keep => self.relay = None,
            Action::Drop => self.drop_option(offset, end),
            Action::Replace(value) => {
                self.relay = None;
                let start = offset.wrapping_add(2);
                if self.run == self.out.len && start.wrapping_add(value.len()) == end {
                    self.out.overwrite(start, value); // Of the same length, where it is.
                } else {
                    self.replace(code, offset, end, value);
                }
            }
        }
    }

    #[inline(never)]
    fn drop_option(&mut self, offset: usize, end: usize) {
        self.copy_noting_full(offset);
        self.pass_over(end);
    }

    #[inline(never)]
    fn replace(&mut self, code: OptionCode, offset: usize, end: usize, value: &[u8]) {
        self.copy_until(offset);
        self.pass_over(end);
        if value.len() < 255 {
            self.out.put_option(code, value);
        } else {
            self.put_long(code, value, self.form_of(code, offset, end));
        }
    }

    /// Returns the form of the value of which the first fragment is at `offset`, and ends at `end` with its
    /// continuations; the author's choice if it is not long.
    #[cold]
    fn form_of(&self, code: OptionCode, offset: usize, end: usize) -> LongForm {
        match self.message.value(code) {
            _ if end.wrapping_sub(offset) > 257 => LongForm::Continued,
            Ok(Some(value)) if value.as_slice().is_none() => LongForm::Repeated,
            _ => self.script.long_form,
        }
    }

    /// Decides about the next fragment of any option but 52 in the options field.
    #[inline]
    pub(super) fn action(&mut self, code: OptionCode, offset: usize, fragment: &[u8]) -> Action<'p> {
        let mut edits = self.script.edits().zip(&mut self.states);
        let decides = |(edit, _): &(&Edit<'_>, _)| edit.code == code && edit.change != Change::Append;
        let Some((edit, state)) = edits.find(decides) else {
            return self.action_without_edit(offset);
        };
        if edit.change == Change::Remove {
            return Action::Drop;
        }
        if *state != State::Waiting {
            return if *state == State::Kept {
                Action::Keep
            } else {
                Action::Drop
            };
        }
        *state = State::Done;
        let value = edit.value(self.values);
        if is_now(self.message, code, fragment, value) {
            *state = State::Kept;
            return Action::Keep;
        }
        Action::Replace(value)
    }

    #[cold]
    fn action_without_edit(&self, offset: usize) -> Action<'p> {
        if self.script.drops(offset) {
            Action::Drop
        } else {
            Action::Keep
        }
    }

    /// Notes that the new value of `code` does not fit where its first fragment was.
    pub(super) fn move_out(&mut self, code: OptionCode) {
        for (edit, state) in self.script.edits().zip(&mut self.states) {
            if edit.code == code && edit.change == Change::Set {
                *state = State::Moved;
            }
        }
    }

    /// Passes over the bytes of the message up to `end`. An option 250 that is there will be looked at: it would continue
    /// what comes before it now, if that has 255 bytes.
    #[inline]
    fn pass_over(&mut self, end: usize) {
        self.run = end;
        if self.message.as_bytes().get(end) == Some(&OptionCode::CONTINUATION.code()) {
            self.marks.add(OptionCode::CONTINUATION);
        }
    }

    /// Takes over the bytes of the message up to `offset`: they are in their place, or are copied there.
    #[inline]
    fn copy_until(&mut self, offset: usize) {
        debug_assert!(self.run <= offset, "offsets are met in their order");
        if self.run == self.out.len {
            self.out.len = offset;
        } else {
            self.copy_moved(offset);
        }
        self.run = offset;
    }

    fn copy_moved(&mut self, offset: usize) {
        let run = self.message.as_bytes().get(self.run..offset);
        debug_assert!(run.is_some(), "what is copied is in the message");
        self.out.put(run.unwrap_or_default());
    }

    /// Takes over the bytes up to `offset`, where an option begins or the last one ends; returns whether an option of
    /// 255 bytes is last then.
    #[inline]
    fn copy_noting_full(&mut self, offset: usize) -> bool {
        if self.run != offset {
            self.copy_until(offset);
            // The byte where the length would be rules out most.
            if self.message.as_bytes().get(offset.wrapping_sub(256)) == Some(&255) && self.is_full_before(offset) {
                self.full_end = self.out.len;
            }
        }
        self.full_end == self.out.len
    }

    /// Returns whether an option of 255 bytes ends at `end` in the options field. The offsets of the calls do not
    /// decrease, so that all of them take time linear in the size of the packet.
    #[cold]
    fn is_full_before(&mut self, end: usize) -> bool {
        let source = self.message.as_bytes();
        let start = end.saturating_sub(257);
        while self.boundary < start {
            match source.get(self.boundary..) {
                Some([0, ..]) => self.boundary = self.boundary.wrapping_add(1),
                Some([_, length, ..]) => self.boundary = end_of_option(self.boundary, *length),
                _ => break,
            }
        }
        self.boundary == start && source.get(start) != Some(&OptionCode::PAD.code())
    }

    /// Writes what goes after the last option, which ends at `last_end`; returns the size of the packet.
    #[inline]
    fn close(&mut self, last_end: usize, has_end: bool) -> Result<usize, EditError> {
        self.copy_noting_full(last_end);
        self.append()?;
        let source = self.message.as_bytes();
        let stays = self.out.len == last_end && source.len() <= self.script.limit;
        if stays && (has_end || self.out.is_written(source.get(..last_end))) {
            self.copy_until(source.len());
            self.out.fill_to(self.script.pad_to);
        } else {
            // Bytes after END were there to fill the packet.
            self.end(source.len().wrapping_sub(last_end) > 1);
        }
        Ok(self.out.len)
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
        let end = self.out.len;
        if let Some(relay) = self.relay {
            self.full_end = if relay.follows_full { end } else { 0 };
        }
        if self.script.frees_fields {
            self.append_of_fields(false)?;
        }
        self.append_new(false);
        if let Some(relay) = self.relay {
            self.out.move_to_end(relay.start, end);
        }
        if self.script.frees_fields {
            self.append_of_fields(true)?;
        }
        if self.script.has_relay {
            self.append_relay();
        }
        Ok(())
    }

    /// Writes the options of edits whose values have no place yet: those of relay agents, or all others.
    #[inline]
    fn append_new(&mut self, of_relay: bool) {
        let script = self.script;
        for (edit, state) in script.edits().zip(self.states) {
            let is_new = matches!(state, State::Waiting | State::Moved) && edit.change != Change::Remove;
            if is_new && (edit.code == RELAY) == of_relay {
                self.put_new(edit.code, edit.value(self.values));
            }
        }
    }

    #[cold]
    fn append_relay(&mut self) {
        self.append_new(true);
    }

    /// Writes an option whose value is not in the options field yet.
    #[inline]
    pub(super) fn put_new(&mut self, code: OptionCode, value: &[u8]) {
        if code == OptionCode::CONTINUATION && self.full_end == self.out.len {
            self.out.put(&[OptionCode::PAD.code()]);
        }
        if value.len() < 255 {
            self.out.put_option(code, value);
        } else {
            self.put_long(code, value, self.script.long_form);
        }
    }

    /// Writes an option whose value fills one option at least.
    #[cold]
    fn put_long(&mut self, code: OptionCode, value: &[u8], form: LongForm) {
        self.out.put_long(code, value, form);
        if value.len() % 255 == 0 {
            self.full_end = self.out.len;
        }
    }

    /// Writes a message that has no magic cookie: with one if there are new options, else as it is.
    #[cold]
    fn without_options(&mut self) -> Result<usize, EditError> {
        let source = self.message.as_bytes();
        if self.script.edits().all(|edit| edit.change == Change::Remove) {
            self.copy_until(source.len());
            self.out.fill_to(self.script.pad_to);
        } else if source.iter().skip(HEADER_LENGTH).any(|byte| *byte != 0) {
            return Err(EditError::VendorArea);
        } else {
            self.out.put(&MAGIC_COOKIE);
            self.append()?;
            self.end(true);
        }
        Ok(self.out.len)
    }
}

/// Returns whether `value` is what the option of which `first` is the first fragment is already.
#[inline]
fn is_now(message: Message<'_>, code: OptionCode, first: &[u8], value: &[u8]) -> bool {
    match first.split_last() {
        Some((last, front)) if value.get(front.len()) != Some(last) => false,
        _ => joins_to(message, code, first, value),
    }
}

#[cold]
fn joins_to(message: Message<'_>, code: OptionCode, first: &[u8], value: &[u8]) -> bool {
    value.starts_with(first) && matches!(message.value(code), Ok(Some(now)) if now == *value)
}

/// Returns where the option at `offset` ends, whose value has `length` bytes.
#[inline]
fn end_of_option(offset: usize, length: u8) -> usize {
    offset.wrapping_add(2).wrapping_add(length.into())
}

/// Returns where the PADs end of which one is at `at`.
#[inline]
fn end_of_pads(source: &[u8], mut at: usize) -> usize {
    while source.get(at) == Some(&0) {
        at += 1;
    }
    at
}

/// Returns the value of an option 52 that names these fields.
fn value_of(fields: Overload) -> &'static [u8] {
    match fields.bits() {
        1 => &[1],
        2 => &[2],
        _ => &[3],
    }
}
