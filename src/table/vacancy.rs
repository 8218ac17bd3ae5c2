//! Which slot an admission gets: the next vacant one, in turn.
//!
//! The slots are in groups. An admission goes on where the one before it stopped, to the end of that group; then it enters
//! the next group of which a slot has become vacant since it was last entered. So a slot that became vacant waits until all
//! others had their turn, and a full group costs one look, not one for each slot.
//!
//! All of this is a hint: a slot is taken by a change of its word. If threads meet, two may look at the same slots, and a
//! group can pass for full although one of its slots has just become vacant: until another does, or an admission that
//! finds nothing else looks there.

use core::fmt;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool as Hint, AtomicU64, AtomicUsize};

use super::sync::{AtomicBool, array_of, const_fn};

/// How many groups the slots of a table have at most.
const MAX_GROUPS: usize = if cfg!(loom) { 2 } else { 256 };
/// How many slots a group has at least.
const MIN_GROUP: usize = if cfg!(loom) { 2 } else { 16 };

/// Returns how many slots a group has in a table of so many.
pub(super) const fn group_size(slots: usize) -> usize {
    let size = slots.div_ceil(MAX_GROUPS).next_power_of_two();
    if size < MIN_GROUP { MIN_GROUP } else { size }
}

/// Where the next admission looks, and what it knows of the groups.
///
/// On cache lines of its own; processors fetch lines of 64 bytes in pairs.
#[repr(align(128))]
pub(super) struct Vacancies {
    /// How many admissions have been asked for.
    clock: AtomicU64,
    /// The slot that the next admission looks at; if it is the first of a group, that has not been entered.
    next: AtomicUsize,
    /// What the clock showed when the first group was last entered or passed.
    round_began: AtomicU64,
    /// Whether the round before found less than a quarter of the slots vacant.
    was_short: Hint,
    groups: [Group; MAX_GROUPS],
}

/// What is known of a group of slots.
pub(super) struct Group {
    /// Whether none of its slots has become vacant since an admission last entered it.
    is_full: Hint,
    /// Whether a guard has left a finished packet in a slot since that was last looked for.
    has_abandoned: AtomicBool,
}

impl Vacancies {
    const_fn! {
        pub(super) fn new() -> Self {
            Self {
                clock: AtomicU64::new(0),
                next: AtomicUsize::new(0),
                round_began: AtomicU64::new(0),
                was_short: Hint::new(false),
                groups: array_of!(Group::new(), MAX_GROUPS),
            }
        }
    }

    /// Counts an admission that is asked for; returns how many there have been, with it.
    #[inline]
    pub(super) fn ask(&self) -> u64 {
        self.clock.fetch_add(1, Relaxed).wrapping_add(1)
    }

    /// Returns how many admissions have been asked for.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        self.clock.load(Relaxed)
    }

    #[inline]
    pub(super) fn next(&self) -> usize {
        self.next.load(Relaxed)
    }

    #[inline]
    pub(super) fn go_on_at(&self, slot: usize) {
        self.next.store(slot, Relaxed);
    }

    #[inline]
    pub(super) fn group(&self, index: usize) -> Option<&Group> {
        self.groups.get(index)
    }

    /// Notes that a round through `slots` slots has ended at `now`.
    pub(super) fn end_round(&self, now: u64, slots: usize) {
        self.was_short.store(self.is_round_short(now, slots), Relaxed);
        self.round_began.store(now, Relaxed);
    }

    /// Returns whether less than a quarter of the slots was found vacant in the last round, and in this one so far.
    #[inline]
    pub(super) fn is_short(&self, now: u64, slots: usize) -> bool {
        self.was_short.load(Relaxed) && self.is_round_short(now, slots)
    }

    fn is_round_short(&self, now: u64, slots: usize) -> bool {
        now.saturating_sub(self.round_began.load(Relaxed)) < (slots / 4) as u64
    }
}

impl Group {
    const_fn! {
        fn new() -> Self {
            Self {
                is_full: Hint::new(false),
                has_abandoned: AtomicBool::new(false),
            }
        }
    }

    /// Begins to look for a vacant slot, unless none has become vacant since the last time.
    #[inline]
    pub(super) fn enter(&self) -> bool {
        let is_worth_it = !self.is_full.load(Relaxed);
        if is_worth_it {
            self.is_full.store(true, Relaxed);
        }
        is_worth_it
    }

    /// Notes that a slot has become vacant.
    #[inline]
    pub(super) fn note_vacant(&self) {
        // Looked at first: mostly it is known, and the line stays with all who read it.
        if self.is_full.load(Relaxed) {
            self.is_full.store(false, Relaxed);
        }
    }

    /// Notes that a finished packet was left in its slot.
    pub(super) fn note_abandoned(&self) {
        // After the state was left there: who finds the mark finds the state. A swap, not a store: whoever swaps the mark
        // away then finds the states of all guards that set it, not only that of the last.
        self.has_abandoned.swap(true, Release);
    }

    /// Returns whether a finished packet was left in its slot since the last call.
    pub(super) fn take_abandoned(&self) -> bool {
        self.has_abandoned.load(Relaxed) && self.has_abandoned.swap(false, Acquire)
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}
