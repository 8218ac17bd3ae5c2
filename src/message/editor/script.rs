//! The changes that an editor has noted.

use super::super::Header;
use super::super::code::OptionCode;
use super::super::option;
use super::super::walk::{RawOption, SPECIAL_CODES};
use super::{EditError, MAX_EDITS};

/// How far from the packet's first byte `retain` can remove an option.
const REACH: usize = 4096;
const WORDS: usize = REACH / 64;

/// Marks a code that needs a closer look.
const LOOK: u8 = u8::MAX;

/// Returns the marks of a script without edits: the pass has to see PAD, END, option 52 and option 82 in any case.
#[inline]
const fn first_marks() -> [u8; 256] {
    let mut marks = SPECIAL_CODES;
    if let Some((_, [relay, ..])) = marks.split_at_mut_checked(82) {
        *relay = LOOK;
    }
    marks
}

/// All changes that one pass is to make.
pub(super) struct Script<'v> {
    // The parts of each edit stand in arrays of their own, since a script is made for each packet, and these cost the
    // least to make.
    codes: [OptionCode; MAX_EDITS],
    kinds: [Kind; MAX_EDITS],
    suboptions: [u8; MAX_EDITS],
    values: [Option<&'v [u8]>; MAX_EDITS],
    /// INVARIANT: at most `MAX_EDITS`.
    count: u8,
    /// INVARIANT: only if all edits set values, one for each code, and each edited code is marked with its number, or
    /// [`LOOK`] if a fragment of it goes.
    plain: bool,
    /// What is known of each code: 0 if nothing changes it, [`LOOK`], or a number that is one more than the index of
    /// the one edit that names it. More may be marked than need it.
    marks: [u8; 256],
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Remove,
    Set,
    Append,
    SetInside,
    RemoveInside,
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
        Self {
            codes: [OptionCode::PAD; MAX_EDITS],
            kinds: [Kind::Remove; MAX_EDITS],
            suboptions: [0; MAX_EDITS],
            values: [None; MAX_EDITS],
            count: 0,
            plain: true,
            marks: first_marks(),
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
        self.plain &= self.count == 0;
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
        self.plain = false;
        self.error.get_or_insert(error);
    }

    #[inline]
    pub(super) fn error(&self) -> Option<EditError> {
        self.error
    }

    #[inline]
    pub(super) fn edits(&self) -> impl Iterator<Item = Edit<'v>> {
        let parts = self
            .codes
            .iter()
            .zip(&self.kinds)
            .zip(&self.suboptions)
            .zip(&self.values);
        parts
            .take(self.len())
            .map(|(((code, kind), suboption), value)| (code, kind, suboption, value.unwrap_or_default()))
            .map(|(code, kind, suboption, value)| Edit {
                code: *code,
                change: match kind {
                    Kind::Remove => Change::Remove,
                    Kind::Set => Change::Set(value),
                    Kind::Append => Change::Append(value),
                    Kind::SetInside => Change::SetInside(*suboption, value),
                    Kind::RemoveInside => Change::RemoveInside(*suboption),
                },
            })
    }

    /// Tells whether there is nothing but values to be set, so that [`by_mark`](Self::by_mark) and [`at`](Self::at)
    /// have them all.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.plain && self.header.is_none()
    }

    /// Returns the index and the new value of the edit whose code has this mark, of a plain script.
    #[inline]
    pub(super) fn by_mark(&self, mark: u8) -> Option<(u8, &'v [u8])> {
        let index = mark.wrapping_sub(1);
        Some((index, self.values.get(usize::from(index)).copied().flatten()?))
    }

    /// Returns one bit for each edit.
    #[inline]
    pub(super) fn indices(&self) -> u32 {
        1_u32.wrapping_shl(self.count.into()).wrapping_sub(1)
    }

    /// Returns the code and the new value of the edit at `index`, of a plain script.
    #[inline]
    pub(super) fn at(&self, index: u32) -> Option<(OptionCode, &'v [u8])> {
        let slot = usize::try_from(index).ok()?;
        Some((*self.codes.get(slot)?, self.values.get(slot).copied().flatten()?))
    }

    /// Returns how many edits there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.count.into()
    }

    /// Returns for each code whether a closer look is needed: 0 if not.
    #[inline]
    pub(super) fn marks(&self) -> &[u8; 256] {
        &self.marks
    }

    /// Tells whether options of this code may be changed.
    #[inline]
    pub(super) fn is_marked(&self, code: OptionCode) -> bool {
        self.marks.get(usize::from(code.code())) != Some(&0)
    }

    #[inline]
    fn mark(&mut self, code: OptionCode, as_what: u8) {
        if let Some(mark) = self.marks.get_mut(usize::from(code.code())) {
            *mark = as_what;
        }
    }

    /// Returns the new value of an option that is set by the one edit that names it, and the index of that.
    #[inline]
    pub(super) fn plainly_set(&self, code: OptionCode) -> Option<(u8, &'v [u8])> {
        let index = self.marks.get(usize::from(code.code()))?.checked_sub(1)?;
        let slot = usize::from(index);
        // A mark may be of a script that has been cleared.
        let holds =
            index < self.count && self.codes.get(slot) == Some(&code) && self.kinds.get(slot) == Some(&Kind::Set);
        Some((index, self.values.get(slot).copied().flatten().filter(|_| holds)?))
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
        if !(code == option::VENDOR_SPECIFIC.code() || code == option::RELAY_AGENT_INFORMATION.code()) {
            return self.fail(EditError::NoSuboptions { code });
        }
        if code == option::VENDOR_SPECIFIC.code() && matches!(suboption, 0 | 255) {
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
        let (kind, suboption, value): (_, _, &[u8]) = match change {
            Change::Remove => (Kind::Remove, 0, &[]),
            Change::Set(value) => (Kind::Set, 0, value),
            Change::Append(value) => (Kind::Append, 0, value),
            Change::SetInside(suboption, value) => (Kind::SetInside, suboption, value),
            Change::RemoveInside(suboption) => (Kind::RemoveInside, suboption, &[]),
        };
        let slot = self.len();
        let (Some(code_slot), Some(kind_slot), Some(suboption_slot), Some(value_slot)) = (
            self.codes.get_mut(slot),
            self.kinds.get_mut(slot),
            self.suboptions.get_mut(slot),
            self.values.get_mut(slot),
        ) else {
            return self.fail(EditError::TooManyEdits);
        };
        (*code_slot, *kind_slot, *suboption_slot, *value_slot) = (code, kind, suboption, Some(value));
        let alone = kind == Kind::Set && !self.is_marked(code);
        self.count = self.count.wrapping_add(1); // There was a slot.
        self.plain &= alone;
        self.mark(code, if alone { self.count } else { LOOK });
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
        self.mark(option.code, LOOK);
    }

    /// Tells whether the fragment goes by itself.
    pub(super) fn drops(&self, option: &RawOption<'_>) -> bool {
        let word = self.dropped.as_ref().and_then(|words| words.get(option.offset / 64));
        word.is_some_and(|word| word & bit(option.offset) != 0)
    }

    /// Returns what is decided about the fragments of `code`, if any edit but an addition names it.
    pub(super) fn decision(&self, code: OptionCode) -> Option<Decision<'v>> {
        let mut decision: Option<Decision<'v>> = None;
        for (index, edit) in (0..=u8::MAX).zip(self.edits()) {
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
        self.plain = false;
        let mut before = Self::new();
        (before.codes, before.kinds) = (self.codes, self.kinds);
        (before.suboptions, before.values, before.count) = (self.suboptions, self.values, self.count);
        self.count = 0;
        for edit in before.edits() {
            if !goes(&edit) {
                self.add(edit.code, edit.change);
            }
            // Indices change.
            self.mark(edit.code, LOOK);
        }
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
