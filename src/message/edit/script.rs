//! The changes that an editor has noted.

use super::super::code::OptionCode;
use super::super::option;
use super::super::walk::RawOption;
use super::error::{EditError, MAX_EDITS};

/// The longest packet that an edit makes: [`PACKET_CAPACITY`](crate::PACKET_CAPACITY), which says why.
pub(crate) const CAPACITY: usize = 4096;

pub(super) const RELAY: OptionCode = option::RELAY_AGENT_INFORMATION.code();

/// How far from the packet's first byte `retain` can remove an option.
const MAX_RETAIN_OFFSET: usize = CAPACITY;

/// All changes that one pass is to make.
pub(super) struct Script<'v> {
    /// INVARIANT: the first `count` are there, and no others.
    edits: [Option<Edit<'v>>; MAX_EDITS],
    count: usize,
    /// The edits that set or append a value: one bit for each, by its position.
    pub(super) with_value: u16,
    /// The edits of options of relay agents, likewise.
    pub(super) of_relay: u16,
    marks: Marks,
    /// One bit for each offset at which an option is not retained.
    dropped: Option<[u64; MAX_RETAIN_OFFSET / 64]>,
    /// The first error.
    pub(super) error: Option<EditError>,
    pub(super) sets_file: bool,
    pub(super) sets_sname: bool,
    /// Whether the options in `file` and `sname` move to the options field.
    pub(super) frees_fields: bool,
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
    /// The value that is set or appended.
    pub(super) value: Noted<'v>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Remove,
    Set,
    Append,
}

/// A value that has been noted.
#[derive(Clone, Copy)]
pub(super) enum Noted<'v> {
    Given(&'v [u8]),
    /// A value encoded in the editor's block, so many bytes before its end.
    Encoded {
        from_end: u16,
        len: u16,
    },
}

/// The codes at which a pass has to look: those of the edits, PAD, END, and options 52 and 82.
///
/// One bit for each, by the low six bits of the code, so that others of the same bit are looked at in vain. A pass asks
/// this for each option, and it fits into a register.
#[derive(Clone, Copy)]
struct Marks(u64);

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
    const fn may_have(self, code: OptionCode) -> bool {
        self.0 & Self::bit(code) != 0
    }
}

impl<'v> Script<'v> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            edits: [None; MAX_EDITS],
            count: 0,
            with_value: 0,
            of_relay: 0,
            marks: Marks::new(),
            dropped: None,
            error: None,
            sets_file: false,
            sets_sname: false,
            frees_fields: false,
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
        let mut bit = 1_u16;
        for edit in self.edits() {
            if edit.code == code && edit.change != Change::Append {
                return Some((bit, edit));
            }
            bit = bit.wrapping_shl(1);
        }
        None
    }

    /// Passes over the options from offset `at` of `packet` of which no change can have anything to say; returns the
    /// offset of the first byte that has to be looked at.
    #[inline]
    pub(super) fn pass_over(&self, packet: &[u8], at: u32) -> u32 {
        let marks = self.marks;
        let (mut at, mut before) = (at, at);
        // Of 32 bits, so that the sum proves that both bytes are there.
        while let (Some(length), Some(code)) = (packet.get(at as usize + 1), packet.get(at as usize)) {
            if marks.may_have(OptionCode::from_code(*code)) {
                return at;
            }
            before = at;
            at = at.wrapping_add(2 + u32::from(*length));
        }
        // The last option may have run past the end.
        if at as usize > packet.len() { before } else { at }
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
        // Those that cannot be edited are marked from the start, as are the relay agents'.
        if self.marks.may_have(edit.code) && self.is_special(edit.code) {
            return;
        }
        let Some(slot) = self.edits.get_mut(self.count) else {
            return self.fail(EditError::TooManyEdits);
        };
        self.with_value |= u16::from(edit.change != Change::Remove).wrapping_shl(self.count as u32);
        *slot = Some(edit);
        self.count += 1;
        self.marks.add(edit.code);
    }

    /// Notes what is special about the code of the next edit; returns whether it cannot be edited.
    #[cold]
    fn is_special(&mut self, code: OptionCode) -> bool {
        let reserved = matches!(code, OptionCode::PAD | OptionCode::END | OptionCode::OVERLOAD);
        if reserved {
            self.fail(EditError::ReservedCode { code });
        } else if code == RELAY {
            self.of_relay |= 1_u16.wrapping_shl(self.count as u32);
        }
        reserved
    }

    /// Forgets the changes of `code`.
    #[cold]
    fn forget(&mut self, code: OptionCode) {
        let edits = core::mem::replace(&mut self.edits, [None; MAX_EDITS]);
        (self.count, self.with_value, self.of_relay) = (0, 0, 0);
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

    /// Returns whether the fragment goes by itself.
    pub(super) fn drops(&self, option: &RawOption<'_>) -> bool {
        let word = self.dropped.as_ref().and_then(|words| words.get(option.offset / 64));
        word.is_some_and(|word| word >> (option.offset % 64) & 1 != 0)
    }
}
