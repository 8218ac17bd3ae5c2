//! Which slots are vacant, and which are worth a look, so that an admission need not look at each.

use core::num::NonZeroU64;
use core::sync::atomic::AtomicU64 as Counter;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::context::MAX_SLOTS;
use super::sync::{AtomicU64, AtomicUsize, array_of, const_fn};

/// How many slots a word of a set stands for.
pub(super) const SLOTS_PER_WORD: usize = if cfg!(loom) { 2 } else { 64 };
/// Of how many slots in a row those that are noted as old are tried together.
const TRIES: usize = if cfg!(loom) { 1 } else { 16 };
const WORDS: usize = if cfg!(loom) { 2 } else { MAX_SLOTS / SLOTS_PER_WORD };
const WORDS_PER_HINT: usize = 64;
const HINTS: usize = WORDS.div_ceil(WORDS_PER_HINT);
const ALL_OF_A_WORD: u64 = u64::MAX >> (64 - SLOTS_PER_WORD);

/// What admissions know of the slots.
///
/// On cache lines of its own; processors fetch lines of 64 bytes in pairs.
#[repr(align(128))]
pub(super) struct Index {
    /// How many slots are taken, in the lowest [`TAKEN_BITS`]; above, how many admissions have been asked for:
    /// 2<sup>47</sup> are enough for 44 years of 100,000 a second.
    counts: Counter,
    /// The slot that was taken last, its place in its word counted from the end of the word: at first the last of one.
    last: AtomicUsize,
    /// How often slots have been looked at, some at a time.
    turns: Counter,
    /// How many admissions had been asked for when that was last done.
    looked: Counter,
    /// The slots that nobody has. Whoever takes one out of the set has the slot.
    vacant: Set<true>,
    /// The slots whose packet was old when it was last looked at, or abandoned.
    reclaimable: Set<false>,
}

/// Enough for the largest table, and each thread with an admission that will be refused.
const TAKEN_BITS: u32 = 17;

/// What the counts were when an admission was asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked(pub(super) u64);

impl Asked {
    /// What they were at least when the clock came to show this, and at most before; for a time that no clock shows, what
    /// they were at least at the last one.
    #[inline]
    pub(super) const fn at(now: u64) -> Self {
        const MOST: u64 = u64::MAX >> TAKEN_BITS;
        let before = now.saturating_sub(1);
        Self(if before < MOST { before } else { MOST } << TAKEN_BITS)
    }

    /// Returns how many admissions there had been, with this one: what the clock shows from then on.
    #[inline]
    pub(super) const fn now(self) -> u64 {
        (self.0 >> TAKEN_BITS).wrapping_add(1)
    }

    /// Returns how many slots were taken.
    #[inline]
    pub(super) const fn taken(self) -> usize {
        (self.0 & ((1 << TAKEN_BITS) - 1)) as usize
    }
}

impl Index {
    const_fn! {
        pub(super) fn new() -> Self {
            Self {
                counts: Counter::new(0),
                last: AtomicUsize::new(0),
                turns: Counter::new(0),
                looked: Counter::new(0),
                vacant: Set::new(),
                reclaimable: Set::new(),
            }
        }
    }

    /// Counts an admission that is asked for, and a slot as taken.
    #[inline]
    pub(super) fn ask(&self) -> Asked {
        Asked(self.counts.fetch_add(1 << TAKEN_BITS | 1, Relaxed))
    }

    /// Counts a slot as not taken, or not taken a second time.
    #[inline]
    pub(super) fn count_left(&self) {
        self.counts.fetch_sub(1, Relaxed);
    }

    /// Returns how many admissions have been asked for.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        self.counts.load(Relaxed) >> TAKEN_BITS
    }

    /// Takes the next vacant slot, in turn, of a table of so many, if it is of the word that the last admission was in,
    /// and no other thread changes that word.
    #[inline]
    pub(super) fn take_near(&self, slots: usize) -> Option<usize> {
        // It is less anyway; this is the shortest way to be sure of it.
        let last = self.last.load(Acquire) % slots.next_power_of_two().max(SLOTS_PER_WORD);
        let (index, passed) = (last / SLOTS_PER_WORD, ALL_OF_A_WORD >> (last % SLOTS_PER_WORD));
        let word = self.vacant.words.get(index)?;
        let taken = word.load(Relaxed);
        // Sets the lowest bit that is not set, and clears those below it.
        let with_next = NonZeroU64::new((taken | passed | !ALL_OF_A_WORD).wrapping_add(1))?;
        let number = index * SLOTS_PER_WORD + with_next.trailing_zeros() as usize;
        if number >= slots {
            return None;
        }
        // `Acquire`: as in `Set::remove`.
        word.compare_exchange(taken, taken | with_next.get(), Acquire, Relaxed)
            .ok()?;
        self.go_on_after(number);
        Some(number)
    }

    /// Takes the next vacant slot, in turn, of a table of so many.
    #[inline]
    pub(super) fn take_vacant(&self, slots: usize) -> Option<usize> {
        loop {
            let from = self.next();
            // That of the slot which was taken last, maybe as the last of its word.
            self.vacant
                .note_if_empty(from.wrapping_sub(1) % MAX_SLOTS / SLOTS_PER_WORD);
            let number = self.vacant.find(from, slots)?;
            if self.vacant.remove(number) {
                self.go_on_after(number);
                return Some(number);
            }
        }
    }

    #[inline]
    fn go_on_after(&self, number: usize) {
        // `Release`: whoever goes on there knows the tag of the table.
        self.last.store(number ^ (SLOTS_PER_WORD - 1), Release);
    }

    #[inline]
    fn next(&self) -> usize {
        (self.last.load(Acquire) ^ (SLOTS_PER_WORD - 1)).wrapping_add(1) % MAX_SLOTS
    }

    /// Returns how often this was asked before; `now` is what [`since_turn`](Self::since_turn) counts from.
    pub(super) fn next_turn(&self, now: u64) -> usize {
        self.looked.store(now, Relaxed);
        self.turns.fetch_add(1, Relaxed) as usize
    }

    /// Returns how many admissions have been asked for since the last turn.
    #[inline]
    pub(super) fn since_turn(&self, now: u64) -> u64 {
        now.saturating_sub(self.looked.load(Relaxed))
    }

    /// Returns which of so many slots are taken, from the first on, a bit for each; of a word if there are more.
    #[inline]
    pub(super) fn taken(&self, first: usize, slots: usize) -> u64 {
        let vacant = self.vacant.members(first / SLOTS_PER_WORD) >> (first % SLOTS_PER_WORD);
        !vacant & u64::MAX >> (64 - slots)
    }

    /// Leaves a slot that was taken to others.
    #[inline]
    pub(super) fn leave(&self, number: usize) {
        self.vacant.insert(number, 1);
        self.count_left();
    }

    /// Notes that some slots hold packets that are old, or abandoned: for each a bit, of which the lowest is that of
    /// the slot `first`.
    pub(super) fn note_reclaimable(&self, first: usize, slots: u64) {
        self.reclaimable.insert(first, slots);
    }

    /// Returns slots for which that was noted, and forgets the notes: the number of the first of [`TRIES`], and a bit
    /// for each of these.
    #[inline]
    pub(super) fn take_reclaimable(&self, slots: usize) -> Option<(usize, u64)> {
        if self.reclaimable.is_empty(slots) {
            return None;
        }
        let number = self.reclaimable.find(self.next(), slots)?;
        let first = number / TRIES * TRIES;
        let (index, shift) = (first / SLOTS_PER_WORD, first % SLOTS_PER_WORD);
        let slots = u64::MAX >> (64 - TRIES) << shift;
        // `Acquire`: as in `Set::remove`.
        let noted = self.reclaimable.words.get(index)?.fetch_and(!slots, Acquire) & slots;
        self.reclaimable.note_if_empty(index);
        Some((first, noted >> shift))
    }

    /// Forgets that a slot holds a packet that is old, or abandoned.
    pub(super) fn forget_reclaimable(&self, number: usize) {
        self.reclaimable.remove(number);
        self.reclaimable.note_if_empty(number / SLOTS_PER_WORD);
    }

    /// Returns the slots for which that was noted.
    pub(super) fn reclaimable(&self, slots: usize) -> impl Iterator<Item = usize> {
        (0..slots).step_by(SLOTS_PER_WORD).flat_map(move |first| {
            let members = self.reclaimable.members(first / SLOTS_PER_WORD);
            // Nothing is added, where the compiler would not see that it does not overflow.
            let numbers = (first..slots).take(SLOTS_PER_WORD);
            numbers.filter(move |number| members >> (number % SLOTS_PER_WORD) & 1 != 0)
        })
    }
}

/// A set of slots, which is all zeros when it is new: then it has `ALL` slots, or none.
struct Set<const ALL: bool> {
    /// A bit for each slot.
    words: [AtomicU64; WORDS],
    /// A bit for each word: whether it has a slot. A hint, and wrong for the moment that a thread needs to set it
    /// right.
    hints: [AtomicU64; HINTS],
}

impl<const ALL: bool> Set<ALL> {
    const_fn! {
        fn new() -> Self {
            Self {
                words: array_of!(AtomicU64::new(0), WORDS),
                hints: array_of!(AtomicU64::new(0), HINTS),
            }
        }
    }

    /// Returns whether there is no slot in the set, of so many.
    #[inline]
    fn is_empty(&self, slots: usize) -> bool {
        let hints = self.hints.iter().take(slots.div_ceil(SLOTS_PER_WORD * WORDS_PER_HINT));
        hints.fold(0, |all, hint| all | hint.load(Relaxed)) == 0
    }

    /// Returns the slots of a word.
    #[inline]
    fn members(&self, word: usize) -> u64 {
        let members = self.words.get(word).map(|word| present::<ALL>(word.load(Relaxed)));
        members.unwrap_or(0) & ALL_OF_A_WORD
    }

    /// Puts slots of a word into the set, a bit for each from the first on; if `ALL`, none may be there.
    #[inline]
    fn insert(&self, first: usize, slots: u64) {
        let (index, bits) = (first / SLOTS_PER_WORD, slots << (first % SLOTS_PER_WORD));
        if let Some(word) = self.words.get(index) {
            // `Release`: for whoever takes the slot out of the set.
            let before = if ALL {
                // The bits are set, and this is the shortest way to clear them, and to learn what the word was.
                word.fetch_add(bits.wrapping_neg(), Release)
            } else {
                word.fetch_or(bits, Release)
            };
            if present::<ALL>(before) & ALL_OF_A_WORD == 0 {
                self.set_hint(index, true);
            }
        }
    }

    /// Takes a slot out of the set; returns whether it was there. Whoever does so, or the next who does, sets the hint
    /// right: [`note_if_empty`](Self::note_if_empty).
    #[inline]
    fn remove(&self, number: usize) -> bool {
        let (index, bit) = (number / SLOTS_PER_WORD, 1_u64 << (number % SLOTS_PER_WORD));
        let Some(word) = self.words.get(index) else {
            return false;
        };
        // `Acquire`: what the thread that put the slot into the set did with it is over.
        if ALL {
            word.fetch_or(bit, Acquire) & bit == 0
        } else {
            word.fetch_and(!bit, Acquire) & bit != 0
        }
    }

    /// Returns the next slot of the set, from that number to the end of its word.
    #[inline]
    fn find_near(&self, from: usize, slots: usize) -> Option<usize> {
        let members = self.members(from / SLOTS_PER_WORD) >> (from % SLOTS_PER_WORD);
        let number = from + NonZeroU64::new(members)?.trailing_zeros() as usize;
        (number < slots).then_some(number)
    }

    /// Returns the next slot of the set, from that number on, and then from the first; of so many slots.
    fn find(&self, from: usize, slots: usize) -> Option<usize> {
        let near = self.find_near(from, slots);
        near.or_else(|| self.find_from_word(from / SLOTS_PER_WORD + 1, slots))
    }

    fn find_from_word(&self, from: usize, slots: usize) -> Option<usize> {
        let words = slots.div_ceil(SLOTS_PER_WORD);
        let hints = words.div_ceil(WORDS_PER_HINT);
        let from = if from < words { from } else { 0 };
        let (mut index, mut mask) = (from / WORDS_PER_HINT, u64::MAX << (from % WORDS_PER_HINT));
        // The hint with which it begins comes last once more, for the words before.
        for _ in 0..=hints {
            let mut hint = present::<ALL>(self.hints.get(index)?.load(Relaxed)) & mask;
            while hint != 0 {
                let word = index * WORDS_PER_HINT + hint.trailing_zeros() as usize;
                if word >= words {
                    break;
                }
                let members = self.members(word);
                let number = word * SLOTS_PER_WORD + members.trailing_zeros() as usize;
                if members != 0 && number < slots {
                    return Some(number);
                }
                self.note_if_empty(word);
                hint &= hint - 1;
            }
            mask = u64::MAX;
            index = if index + 1 < hints { index + 1 } else { 0 };
        }
        None
    }

    /// Sets the hint of a word right that has no slot.
    fn note_if_empty(&self, word: usize) {
        if self.members(word) == 0 {
            self.set_hint(word, false);
            // There may be one again, and its thread have set the hint before.
            if self.members(word) != 0 {
                self.set_hint(word, true);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn set_hint(&self, word: usize, has_slot: bool) {
        let bit = 1 << (word % WORDS_PER_HINT);
        if let Some(hint) = self.hints.get(word / WORDS_PER_HINT) {
            // `AcqRel`: a thread whose change comes after another's sees what that one did to the word.
            if has_slot == ALL {
                hint.fetch_and(!bit, AcqRel);
            } else {
                hint.fetch_or(bit, AcqRel);
            }
        }
    }
}

/// Returns which bits stand for what is in the set.
#[inline]
const fn present<const ALL: bool>(bits: u64) -> u64 {
    if ALL { !bits } else { bits }
}

#[cfg(all(test, not(loom)))]
mod model;
