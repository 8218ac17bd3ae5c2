//! The changes that an editor has noted.

use super::super::Header;
use super::super::code::OptionCode;
use super::super::walk::RawOption;
use super::{EditError, MAX_EDITS};

/// How far from the packet's first byte `retain` can remove an option.
const REACH: usize = 4096;
const WORDS: usize = REACH / 64;

/// The pass sees option 52 and option 82 in any case.
const MARKED_AT_FIRST: [bool; 256] = {
    let mut marked = [false; 256];
    marked[52] = true;
    marked[82] = true;
    marked
};

/// All changes that one pass is to make.
pub(super) struct Script<'v> {
    slots: [Edit<'v>; MAX_EDITS],
    /// INVARIANT: at most `MAX_EDITS`.
    count: usize,
    /// Whether a code needs a closer look; more may be marked than need it.
    marked: [bool; 256],
    dropped: Option<[u64; WORDS]>,
    error: Option<EditError>,
    /// The new header; its `sname` and `file` count only if they have been set.
    pub(super) header: Option<Header>,
    pub(super) sname_set: bool,
    pub(super) file_set: bool,
    pub(super) limit: usize,
    pub(super) pad_to: usize,
}

/// One change of one option.
#[derive(Clone, Copy)]
pub(super) struct Edit<'v> {
    pub(super) code: OptionCode,
    pub(super) change: Change<'v>,
}

#[derive(Clone, Copy)]
pub(super) enum Change<'v> {
    Remove,
    Set(&'v [u8]),
    Append(&'v [u8]),
    SetInside(u8, &'v [u8]),
    RemoveInside(u8),
}

/// What the edits of one code come to.
#[derive(Clone, Copy)]
pub(super) struct Decision<'v> {
    /// Position of the first of them in the script.
    pub(super) index: u8,
    pub(super) code: OptionCode,
    pub(super) base: Base<'v>,
    /// Whether sub-options are changed in the base.
    pub(super) inside: bool,
}

/// What the new value of an option is made from.
#[derive(Clone, Copy)]
pub(super) enum Base<'v> {
    Original,
    Set(&'v [u8]),
    Nothing,
}

impl<'v> Script<'v> {
    #[inline]
    pub(super) const fn new() -> Self {
        const NOTHING: Edit<'static> = Edit {
            code: OptionCode::PAD,
            change: Change::Remove,
        };
        Self {
            slots: [NOTHING; MAX_EDITS],
            count: 0,
            marked: MARKED_AT_FIRST,
            dropped: None,
            error: None,
            header: None,
            sname_set: false,
            file_set: false,
            limit: usize::MAX,
            pad_to: 0,
        }
    }

    /// Forgets all changes. Marks may stay: they only ask for a closer look.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.dropped = None;
        self.error = None;
        self.header = None;
        self.sname_set = false;
        self.file_set = false;
    }

    /// Keeps the first error.
    #[cold]
    pub(super) fn fail(&mut self, error: EditError) {
        self.error.get_or_insert(error);
    }

    #[inline]
    pub(super) fn error(&self) -> Option<EditError> {
        self.error
    }

    #[inline]
    pub(super) fn edits(&self) -> &[Edit<'v>] {
        self.slots.get(..self.count).unwrap_or_default()
    }

    /// Tells whether options of this code may be changed.
    #[inline]
    pub(super) fn is_marked(&self, code: OptionCode) -> bool {
        self.marked.get(usize::from(code.code())).copied().unwrap_or(true)
    }

    /// Notes a change in place of all earlier ones of that code.
    #[inline]
    pub(super) fn replace(&mut self, code: OptionCode, change: Change<'v>) {
        if self.is_marked(code) {
            self.forget(|edit| edit.code == code);
        }
        self.add(code, change);
    }

    /// Notes a change of a sub-option in place of the earlier one of that sub-option.
    pub(super) fn replace_inside(&mut self, code: OptionCode, suboption: u8, value: Option<&'v [u8]>) {
        let length = value.unwrap_or_default().len();
        if !matches!(code, OptionCode::VENDOR | OptionCode::RELAY) {
            return self.fail(EditError::NoSuboptions { code });
        }
        if code == OptionCode::VENDOR && matches!(suboption, 0 | 255) {
            return self.fail(EditError::ReservedSuboption { code, suboption });
        }
        if length > 255 {
            return self.fail(EditError::SuboptionTooLong {
                code,
                suboption,
                length,
            });
        }
        self.forget(|edit| edit.code == code && edit.change.inside() == Some(suboption));
        self.add(
            code,
            match value {
                Some(value) => Change::SetInside(suboption, value),
                None => Change::RemoveInside(suboption),
            },
        );
    }

    /// Notes one more change.
    #[inline]
    pub(super) fn add(&mut self, code: OptionCode, change: Change<'v>) {
        if matches!(code, OptionCode::PAD | OptionCode::END | OptionCode::OVERLOAD) {
            return self.fail(EditError::ReservedCode { code });
        }
        let Some(slot) = self.slots.get_mut(self.count) else {
            return self.fail(EditError::TooManyEdits);
        };
        *slot = Edit { code, change };
        self.count = self.count.saturating_add(1);
        if let Some(mark) = self.marked.get_mut(usize::from(code.code())) {
            *mark = true;
        }
    }

    /// Notes that one fragment goes.
    pub(super) fn drop_one(&mut self, option: &RawOption<'_>) {
        let words = self.dropped.get_or_insert([0; WORDS]);
        let Some(word) = words.get_mut(option.offset / 64) else {
            return self.fail(EditError::NoRoom {
                needed: option.offset,
                available: REACH,
            });
        };
        *word |= bit(option.offset);
        if let Some(mark) = self.marked.get_mut(usize::from(option.code.code())) {
            *mark = true;
        }
    }

    /// Tells whether the fragment goes by itself.
    pub(super) fn drops(&self, option: &RawOption<'_>) -> bool {
        let word = self.dropped.as_ref().and_then(|words| words.get(option.offset / 64));
        word.is_some_and(|word| word & bit(option.offset) != 0)
    }

    /// Returns what is decided about the fragments of `code`, if any edit but an addition names it.
    pub(super) fn decision(&self, code: OptionCode) -> Option<Decision<'v>> {
        let mut decision: Option<Decision<'v>> = None;
        for (index, edit) in (0..).zip(self.edits()) {
            if edit.code != code || matches!(edit.change, Change::Append(_)) {
                continue;
            }
            let decision = decision.get_or_insert(Decision {
                index,
                code,
                base: Base::Original,
                inside: false,
            });
            match edit.change {
                Change::Remove => decision.base = Base::Nothing,
                Change::Set(value) => decision.base = Base::Set(value),
                Change::SetInside(..) | Change::RemoveInside(_) => decision.inside = true,
                Change::Append(_) => {}
            }
        }
        decision
    }

    #[cold]
    fn forget(&mut self, goes: impl Fn(&Edit<'v>) -> bool) {
        let mut kept = 0_usize;
        for read in 0..self.count {
            let Some(edit) = self.slots.get(read).copied() else {
                break;
            };
            if !goes(&edit) {
                if let Some(slot) = self.slots.get_mut(kept) {
                    *slot = edit;
                }
                kept = kept.saturating_add(1);
            }
        }
        self.count = kept;
    }
}

impl Change<'_> {
    /// Returns the sub-option that is changed.
    pub(super) const fn inside(self) -> Option<u8> {
        match self {
            Self::SetInside(suboption, _) | Self::RemoveInside(suboption) => Some(suboption),
            Self::Remove | Self::Set(_) | Self::Append(_) => None,
        }
    }
}

fn bit(offset: usize) -> u64 {
    1 << (offset % 64)
}
