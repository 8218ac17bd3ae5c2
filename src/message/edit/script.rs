//! The changes that an editor has noted.

use super::super::Message;
use super::super::code::OptionCode;
use super::super::option;
use super::super::walk::RawOption;
use super::error::{EditError, MAX_EDITS};

/// The longest packet that an edit makes: [`PACKET_CAPACITY`](crate::PACKET_CAPACITY), which says why.
pub(crate) const CAPACITY: usize = 4096;

pub(super) const RELAY: OptionCode = option::RELAY_AGENT_INFORMATION.code();

/// How far from the packet's first byte `retain` can remove an option.
const MAX_RETAIN_OFFSET: usize = CAPACITY;

/// The form in which a value of more than 255 bytes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum LongForm {
    /// As several options of its code ([RFC 3396](https://www.rfc-editor.org/rfc/rfc3396)).
    #[default]
    Repeated,
    /// As one option of its code and options 250 directly after it, as Microsoft's clients and servers write it
    /// (\[MS-DHCPE\] section 2.2.9).
    Continued,
}

impl LongForm {
    /// Returns the form that the client reads that sent `request`: [`Continued`](Self::Continued) if its vendor class
    /// (60) begins with `MSFT`.
    #[must_use]
    pub fn for_client(request: Message<'_>) -> Self {
        match request.value(option::CLASS_ID) {
            Ok(Some(class)) if class.starts_with(option::microsoft::CLASS_ID_PREFIX) => Self::Continued,
            _ => Self::Repeated,
        }
    }
}

/// All changes that one pass is to make.
pub(super) struct Script<'v> {
    /// INVARIANT: the first `count` are there, and no others.
    edits: [Option<Edit<'v>>; MAX_EDITS],
    count: usize,
    /// The edits that remove: one bit for each, by its position.
    removals: u16,
    /// The edits of options of relay agents, likewise.
    pub(super) of_relay: u16,
    pub(super) marks: Marks,
    /// One bit for each offset at which an option is not retained.
    dropped: Option<[u64; MAX_RETAIN_OFFSET / 64]>,
    /// The first error.
    pub(super) error: Option<EditError>,
    pub(super) sets_file: bool,
    pub(super) sets_sname: bool,
    /// Whether the options in `file` and `sname` move to the options field.
    pub(super) frees_fields: bool,
    pub(super) long_form: LongForm,
    pub(super) limit: usize,
    pub(super) pad_to: usize,
    /// How many bytes of the new packet are in the block already: 0, or the header.
    pub(super) copied: usize,
}

/// One change of one option.
#[derive(Clone, Copy)]
pub(super) struct Edit<'v> {
    pub(super) code: OptionCode,
    pub(super) change: Change,
    /// How many bytes before the end of the editor's block the value begins that is set or appended; 0 if it is `given`.
    pub(super) from_end: u16,
    /// Bytes of the value in the block.
    pub(super) len: u16,
    pub(super) given: &'v [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Remove,
    Set,
    Append,
}

/// The codes at which a pass has to look: those of the edits, PAD, END, and options 52 and 82.
///
/// One bit for each, by the low six bits of the code, so that others of the same bit are looked at too. A pass asks
/// this for each option, and it fits into a register.
#[derive(Clone, Copy)]
pub(super) struct Marks(u64);

impl Marks {
    const fn new() -> Self {
        Self(
            Self::bit(OptionCode::PAD)
                | Self::bit(OptionCode::END)
                | Self::bit(OptionCode::OVERLOAD)
                | Self::bit(RELAY),
        )
    }

    #[inline]
    const fn bit(code: OptionCode) -> u64 {
        1 << (code.code() & 63)
    }

    #[inline]
    const fn add(&mut self, code: OptionCode) {
        self.0 |= Self::bit(code);
    }

    #[inline]
    pub(super) const fn may_have(self, code: OptionCode) -> bool {
        self.0 & Self::bit(code) != 0
    }
}

impl<'v> Edit<'v> {
    /// Creates a change to a value that outlives the editor.
    #[inline]
    pub(super) const fn new(code: OptionCode, change: Change, given: &'v [u8]) -> Self {
        Self {
            code,
            change,
            from_end: 0,
            len: 0,
            given,
        }
    }
}

impl<'v> Script<'v> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            edits: [None; MAX_EDITS],
            count: 0,
            removals: 0,
            of_relay: 0,
            marks: Marks::new(),
            dropped: None,
            error: None,
            sets_file: false,
            sets_sname: false,
            frees_fields: false,
            long_form: LongForm::Repeated,
            limit: CAPACITY,
            pad_to: 0,
            copied: 0,
        }
    }

    /// Keeps the first error.
    #[cold]
    pub(super) fn fail(&mut self, error: EditError) {
        self.error.get_or_insert(error);
    }

    /// Returns the edits that set or append a value: one bit for each, by its position.
    #[inline]
    pub(super) fn with_value(&self) -> u16 {
        let all = 1_u32.wrapping_shl(self.count as u32).wrapping_sub(1);
        all as u16 & !self.removals
    }

    /// Returns the change at `index`.
    #[inline]
    pub(super) fn at(&self, index: u32) -> Option<&Edit<'v>> {
        self.edits.get(index as usize)?.as_ref()
    }

    /// Returns the changes of options in the order of the calls.
    #[inline]
    pub(super) fn edits(&self) -> impl Iterator<Item = &Edit<'v>> {
        self.edits.get(..self.count).unwrap_or_default().iter().flatten()
    }

    /// Returns the change that decides about the fragments of `code`, and the bit of its position.
    #[inline]
    pub(super) fn decider(&self, code: OptionCode) -> Option<(u16, &Edit<'v>)> {
        let mut index = 0;
        while let Some(edit) = self.at(index) {
            if edit.code == code && edit.change != Change::Append {
                return Some((1_u16.wrapping_shl(index), edit));
            }
            index += 1;
        }
        None
    }

    /// Notes a change in place of all earlier ones of that code.
    #[inline]
    pub(super) fn replace(&mut self, edit: Edit<'v>) {
        if self.marks.may_have(edit.code) {
            self.forget(edit.code);
        }
        self.add(edit);
    }

    /// Notes one more change.
    #[inline]
    pub(super) fn add(&mut self, edit: Edit<'v>) {
        if self.marks.may_have(edit.code) && !self.admits(edit.code) {
            return;
        }
        let index = self.count;
        let Some(slot) = self.edits.get_mut(index) else {
            return self.fail(EditError::TooManyEdits);
        };
        *slot = Some(edit);
        self.count = index + 1;
        self.removals |= u16::from(edit.change == Change::Remove).wrapping_shl(index as u32);
        self.marks.add(edit.code);
    }

    /// Returns whether the next edit can be one of `code`, and notes what is special about it. Special codes are marked
    /// from the start.
    #[cold]
    fn admits(&mut self, code: OptionCode) -> bool {
        if matches!(code, OptionCode::PAD | OptionCode::END | OptionCode::OVERLOAD) {
            self.fail(EditError::ReservedCode { code });
            return false;
        }
        if code == RELAY {
            self.of_relay |= 1_u16.wrapping_shl(self.count as u32);
        }
        true
    }

    /// Forgets the changes of `code`.
    #[cold]
    fn forget(&mut self, code: OptionCode) {
        let edits = core::mem::replace(&mut self.edits, [None; MAX_EDITS]);
        (self.count, self.removals, self.of_relay) = (0, 0, 0);
        for edit in edits.into_iter().flatten().filter(|edit| edit.code != code) {
            self.add(edit);
        }
    }

    /// Notes that one fragment goes.
    pub(super) fn drop_one(&mut self, option: &RawOption<'_>) {
        let words = self.dropped.get_or_insert([0; MAX_RETAIN_OFFSET / 64]);
        let Some(word) = words.get_mut(option.offset / 64) else {
            return self.fail(EditError::NoRoom {
                needed: option.offset,
                available: MAX_RETAIN_OFFSET,
            });
        };
        *word |= 1 << (option.offset % 64);
        self.marks.add(option.code);
    }

    /// Returns whether an edit names `code`, or a fragment of it may be dropped or moved.
    #[cold]
    pub(super) fn may_move(&self, code: OptionCode) -> bool {
        self.frees_fields || self.dropped.is_some() || self.edits().any(|edit| edit.code == code)
    }

    /// Notes that the options in `file` and `sname` move to the options field.
    pub(super) fn free_fields(&mut self) {
        self.frees_fields = true;
        self.marks.add(OptionCode::CONTINUATION); // Which may be there.
    }

    /// Returns whether the fragment goes by itself.
    pub(super) fn drops(&self, offset: usize) -> bool {
        let word = self.dropped.as_ref().and_then(|words| words.get(offset / 64));
        word.is_some_and(|word| word >> (offset % 64) & 1 != 0)
    }
}
