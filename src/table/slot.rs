//! The slots of a table: for each the word that says everything, and the state that it guards.
#![expect(
    unsafe_code,
    reason = "a state is written, lent and moved out as the word of its slot says"
)]

use core::fmt;
use core::mem::{self, ManuallyDrop, MaybeUninit};
use core::ops::Deref;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::index::{Asked, Index};
use super::sync::{AtomicU64, ReadAccess, TrackedCell, WriteAccess, array_of, const_fn};
use super::word::{Live, Word};
use crate::lifecycle::Stage;

/// Room for `N` states, and which of it is vacant. The slots are at offset 0, which is one addition less for each use.
#[repr(C)]
pub(super) struct Slots<T, const N: usize> {
    slots: [Slot<T>; N],
    index: Index,
}

/// Room for one packet's state.
struct Slot<T> {
    /// INVARIANT: while it is occupied, `state` is initialised, and each counted borrower may read it. While it is not,
    /// one thread uses `state`: the one that has the [`Vacant`] or [`Held`] of the slot; or none, and the slot is in
    /// the index as vacant.
    word: AtomicU64,
    /// When the packet was admitted, or a look found that it had been heard of: an [`Asked`].
    tick: AtomicU64,
    state: TrackedCell<MaybeUninit<T>>,
}

const _: () = assert!(size_of::<AtomicU64>() == size_of::<Word>() || cfg!(loom));
const _: () = assert!(size_of::<Slot<u64>>() == 24 || cfg!(loom));

// SAFETY: through a shared slot, a thread can
// - read the state while others do, as `&T`: `T` is `Sync`;
// - put a state in that another thread moves out: `T` is `Send`;
// and the invariant of `word` keeps all else apart.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

/// A slot of a table.
pub(super) struct Place<'t, T> {
    slot: &'t Slot<T>,
    number: usize,
    index: &'t Index,
}

/// A slot without a packet that this thread alone may fill.
#[must_use]
pub(super) struct Vacant<'t, T> {
    place: Place<'t, T>,
    /// The word that the slot has while it is vacant.
    word: Word,
    writing: WriteAccess,
}

/// A slot whose packet this thread has ended, and whose state it alone may move out.
#[must_use]
pub(super) struct Held<'t, T> {
    place: Place<'t, T>,
    /// What the word was before.
    ended: Word,
    writing: WriteAccess,
}

/// What became of the wish to give a packet up.
pub(super) enum Eviction<'t, T> {
    /// There is no packet, or one that is young or borrowed.
    Nothing,
    /// The packet was given up.
    Evicted(Held<'t, T>),
    /// The packet was given up, and waits for its last borrower.
    Deferred,
    /// The packet had finished before, and its state was left in the slot.
    Abandoned(Held<'t, T>),
}

impl<T, const N: usize> Slots<T, N> {
    const_fn! {
        pub(super) fn new() -> Self {
            Self {
                slots: array_of!(Slot::new(), N),
                index: Index::new(),
            }
        }
    }

    #[inline]
    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// Returns the slot with this number, if there is one.
    #[inline]
    pub(super) fn place(&self, number: usize) -> Option<Place<'_, T>> {
        Some(Place {
            slot: self.slots.get(number)?,
            number,
            index: &self.index,
        })
    }

    /// Returns all slots.
    pub(super) fn places(&self) -> impl Iterator<Item = Place<'_, T>> {
        (0..N).filter_map(|number| self.place(number))
    }

    /// Claims the next vacant slot, in turn.
    pub(super) fn claim(&self) -> Option<Vacant<'_, T>> {
        self.claimed(self.index.take_vacant(N)?)
    }

    /// Claims the next vacant slot, in turn, if that is quickly done.
    #[inline]
    pub(super) fn claim_near(&self) -> Option<Vacant<'_, T>> {
        self.claimed(self.index.take_near(N)?)
    }

    #[inline]
    fn claimed(&self, number: usize) -> Option<Vacant<'_, T>> {
        let place = self.place(number)?;
        Some(Vacant {
            place,
            word: place.word(),
            writing: WriteAccess::of(&place.slot.state),
        })
    }
}

impl<T> Slot<T> {
    const_fn! {
        fn new() -> Self {
            Self {
                word: AtomicU64::new(Word::UNUSED.bits()),
                tick: AtomicU64::new(0),
                state: TrackedCell::new(MaybeUninit::uninit()),
            }
        }
    }

    /// Returns the word as some thread left it not long ago.
    #[inline]
    fn word(&self) -> Word {
        Word::from_bits(self.word.load(Relaxed))
    }

    /// Returns whether it was before the table's clock showed `tick` that the packet was admitted, or a look found that it
    /// had been heard of.
    #[inline]
    fn is_before(&self, tick: u64) -> bool {
        self.tick.load(Relaxed) < Asked::at(tick).0
    }

    /// Replaces the word, if it is still `from`; otherwise returns what it is.
    ///
    /// `Acquire`: what the thread that filled the slot wrote, and what borrowers did until they returned the state, has
    /// happened before. `Release`: whoever loads the word with `Acquire` reads no tick of an earlier packet.
    #[inline]
    fn replace(&self, from: Word, to: Word) -> Result<(), Word> {
        match self.word.compare_exchange(from.bits(), to.bits(), AcqRel, Acquire) {
            Ok(_) => Ok(()),
            Err(now) => Err(Word::from_bits(now)),
        }
    }

    /// Ends a borrow, and returns the word as it was before.
    #[inline]
    fn end_borrow(&self) -> Word {
        // `Release`: whoever moves the state out does so after the last read.
        Word::from_bits(self.word.fetch_sub(Word::ONE_BORROWER, Release))
    }
}

impl<T> Slot<T> {
    /// Takes the finished packet whose last borrower has returned it, if nobody else has; `before` is its word before
    /// that. Not of a [`Place`], which would have to be in memory for the call.
    #[cold]
    #[inline(never)]
    fn finish(&self, number: usize, index: &Index, before: Word) -> Option<Finished<T>> {
        let slot = self;
        let place = Place { slot, number, index };
        place.empty(before.returned()).ok().map(Held::finish)
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        // Guards that were leaked are counted still, but none exists: each would borrow this slot.
        if mem::needs_drop::<T>() && self.word().is_occupied() {
            let _writing = WriteAccess::of(&self.state);
            // SAFETY:
            // - the slot is occupied, so that the state is initialised;
            // - the slot is borrowed mutably, so that nobody else uses the state, now or later.
            unsafe { self.state.pointer().cast::<T>().drop_in_place() }
        }
    }
}

impl<T> Clone for Place<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Place<'_, T> {}

impl<'t, T> Place<'t, T> {
    /// Returns the word as some thread left it not long ago.
    #[inline]
    pub(super) fn word(&self) -> Word {
        self.slot.word()
    }

    #[inline]
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Moves a packet to a stage at which it can stay in its slot, if the word still is `from`.
    #[inline]
    pub(super) fn advance(&self, from: Live, to: Stage) -> Result<(), Word> {
        self.slot.replace(from.word(), from.at_stage(to))
    }

    /// Ends a packet that nobody borrows, if the word still is `from`.
    #[inline]
    pub(super) fn hold(self, from: Live) -> Result<Held<'t, T>, Word> {
        debug_assert!(!from.is_borrowed(), "the state is lent");
        self.empty(from.word())
    }

    /// Takes a finished packet that nobody borrows, if there is one.
    pub(super) fn reclaim(self) -> Option<Held<'t, T>> {
        let mut word = self.word();
        while word.is_abandoned() {
            match self.empty(word) {
                Ok(held) => return Some(held),
                Err(now) => word = now,
            }
        }
        None
    }

    /// Claims the slot from a packet that nobody borrows, if the word still is `from`.
    #[inline]
    fn empty(self, from: Word) -> Result<Held<'t, T>, Word> {
        self.slot.replace(from, from.emptied())?;
        Ok(Held {
            place: self,
            ended: from,
            writing: WriteAccess::of(&self.slot.state),
        })
    }

    /// Has a packet count as heard of, if the word still is `from`.
    pub(super) fn hear(&self, from: Live) -> Result<(), Word> {
        self.slot.replace(from.word(), from.heard())
    }

    /// Lends the state of a packet that can have one more borrower, if the word still is `from`.
    #[inline]
    pub(super) fn borrow(self, from: Live) -> Result<Borrowed<'t, T>, Word> {
        self.lend(from, from.borrowed().word())
    }

    /// Moves a packet to a stage, and lends its state, both at once; else as [`borrow`](Self::borrow).
    #[inline]
    pub(super) fn advance_and_borrow(self, from: Live, to: Stage) -> Result<Borrowed<'t, T>, Word> {
        self.lend(from, from.borrowed().at_stage(to))
    }

    #[inline]
    fn lend(self, from: Live, borrowed: Word) -> Result<Borrowed<'t, T>, Word> {
        self.slot.replace(from.word(), borrowed)?;
        Ok(Borrowed {
            reading: ReadAccess::of(&self.slot.state),
            place: self,
        })
    }

    /// Gives up the packet, also if it is borrowed.
    pub(super) fn evict(self) -> Eviction<'t, T> {
        self.evict_if(|live| {
            if live.is_borrowed() {
                self.slot
                    .replace(live.word(), live.evicted())
                    .map(|()| Eviction::Deferred)
            } else {
                self.hold(live).map(Eviction::Evicted)
            }
        })
    }

    /// Notes the slot if its packet was last heard of before `tick`, and the time if it was heard of since the last
    /// look; returns the packet if it finished during that.
    pub(super) fn look(self, tick: u64, now: impl Fn() -> u64) -> Option<Held<'t, T>> {
        let word = self.word_and_tick();
        if !word.is_silent() {
            let heard = word.live().filter(|live| !live.is_borrowed())?;
            return self.refresh(heard, now).ok().flatten();
        }
        if self.slot.is_before(tick) {
            self.index.note_reclaimable(self.number, 1);
        }
        None
    }

    /// Has a packet count as last heard of at `now`, if it is not silent for longer, and notes the slot as that of an
    /// old one.
    pub(super) fn let_go(self, now: u64) -> Eviction<'t, T> {
        self.evict_if(|live| {
            self.index.note_reclaimable(self.number, 1);
            if live.is_borrowed() || !live.is_heard() && self.slot.is_before(now.saturating_add(1)) {
                return Ok(Eviction::Nothing);
            }
            let finished = self.refresh(live, || now)?;
            Ok(finished.map_or(Eviction::Nothing, Eviction::Abandoned))
        })
    }

    /// Gives up the packet if it was not heard of since the last look, and before that last before `tick`; one that is
    /// borrowed stays.
    pub(super) fn evict_unheard(self, tick: u64) -> Eviction<'t, T> {
        self.evict_if(|live| {
            if live.is_borrowed() || live.is_heard() || !self.slot.is_before(tick) {
                Ok(Eviction::Nothing)
            } else {
                self.hold_if_old(live, tick)
            }
        })
    }

    /// Gives up the packet if it was last heard of before `tick`; one that is borrowed stays.
    ///
    /// That it has been heard of is noted in the word, without a time: this look finds it, and has it count as heard of
    /// `now`.
    pub(super) fn evict_before(self, tick: u64, now: impl Fn() -> u64) -> Eviction<'t, T> {
        self.evict_if(|live| {
            if live.is_borrowed() || !live.is_heard() {
                return Ok(self.evict_unheard(tick));
            }
            let finished = self.refresh(live, &now)?;
            Ok(finished.map_or(Eviction::Nothing, Eviction::Abandoned))
        })
    }

    /// Gives up a packet that nobody borrows and that is not heard of, if the word still is `from`, and it is old
    /// still.
    ///
    /// It is borrowed for that time, as by [`refresh`](Self::refresh): others may have heard of the packet, and looked,
    /// and left the word as it was, but with another tick.
    fn hold_if_old(self, from: Live, tick: u64) -> Result<Eviction<'t, T>, Word> {
        let looking = from.borrowed_to_look();
        self.slot.replace(from.word(), looking)?;
        if self.slot.is_before(tick) {
            if let Ok(held) = self.empty(looking) {
                return Ok(Eviction::Evicted(held));
            }
        }
        Ok(self.end_look().map_or(Eviction::Nothing, Eviction::Abandoned))
    }

    /// Has a packet that nobody borrows count as heard of now, if the word still is `from`; returns the packet if it
    /// finished meanwhile.
    ///
    /// It is borrowed for that time, so that nobody takes its tick for its age.
    fn refresh(self, from: Live, now: impl Fn() -> u64) -> Result<Option<Held<'t, T>>, Word> {
        self.slot.replace(from.word(), from.borrowed_to_look())?;
        self.slot.tick.store(Asked::at(now()).0, Relaxed);
        Ok(self.end_look())
    }

    /// Ends the borrow of a look, and returns the packet if it finished meanwhile, and nobody else borrows it.
    fn end_look(self) -> Option<Held<'t, T>> {
        let before = self.slot.end_borrow();
        if before.is_with_last_borrower() {
            self.empty(before.returned()).ok()
        } else {
            None
        }
    }

    /// Returns the word, whose tick can be read next.
    fn word_and_tick(&self) -> Word {
        // `Acquire`, also where `replace` fails: the tick read next is not older than the word.
        Word::from_bits(self.slot.word.load(Acquire))
    }

    /// Takes the packet if it was abandoned, and otherwise does with it what `evict` says, until nobody comes between.
    fn evict_if(self, evict: impl Fn(Live) -> Result<Eviction<'t, T>, Word>) -> Eviction<'t, T> {
        let mut word = self.word_and_tick();
        loop {
            let tried = match word.live() {
                Some(live) => evict(live),
                None if word.is_abandoned() => self.empty(word).map(Eviction::Abandoned),
                None => return Eviction::Nothing,
            };
            match tried {
                Ok(eviction) => return eviction,
                Err(now) => word = now,
            }
        }
    }
}

impl<T> Vacant<'_, T> {
    #[inline]
    pub(super) fn number(&self) -> usize {
        self.place.number
    }

    /// Puts a state into the slot, and returns the word that it has from now on.
    #[inline]
    pub(super) fn fill(self, state: T, asked: Asked) -> Word {
        let Self {
            place: Place { slot, .. },
            word,
            mut writing,
        } = self;
        slot.tick.store(asked.0, Relaxed);
        // SAFETY:
        // - the cell is valid for writes and aligned: it is a field of a slot that is borrowed;
        // - nobody else uses it: the slot is neither occupied nor in the index, and this value, of which there is one,
        //   is used up here.
        unsafe { slot.state.pointer().cast::<T>().write(state) }
        writing.end();
        let filled = word.filled();
        // `Release`: whoever sees the packet live sees its state.
        slot.word.store(filled.bits(), Release);
        filled
    }

    /// Leaves the slot to others.
    #[inline]
    fn leave(self) {
        let Self { place, mut writing, .. } = self;
        writing.end();
        place.index.leave(place.number);
    }
}

impl<'t, T> Held<'t, T> {
    /// Moves the state out of a packet that was reported as processed; others may take the slot from now on.
    #[inline]
    pub(super) fn take(self) -> T {
        let (state, vacant) = self.move_out();
        vacant.leave();
        state
    }

    /// Moves the packet out, at the stage that it had; others may take the slot from now on.
    pub(super) fn finish(self) -> Finished<T> {
        let (finished, vacant) = self.finish_and_stay();
        vacant.leave();
        finished
    }

    /// Moves the packet out, at the stage that it had, and keeps the slot.
    pub(super) fn finish_and_stay(self) -> (Finished<T>, Vacant<'t, T>) {
        let ended = self.ended;
        let (state, vacant) = self.move_out();
        let finished = Finished {
            stage: ended.stage(),
            state,
        };
        (finished, vacant)
    }

    /// Moves the state out.
    #[inline]
    fn move_out(self) -> (T, Vacant<'t, T>) {
        let Self { place, ended, writing } = self;
        // SAFETY:
        // - the state is initialised: the slot was occupied until this value was created, of which there is one, and it
        //   is used up here;
        // - nobody else uses it: there was no borrower, and a slot that is not occupied gets none.
        let state = unsafe { place.slot.state.pointer().cast::<T>().read() };
        let word = ended.emptied();
        (state, Vacant { place, word, writing })
    }
}

/// A packet that is no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Finished<T> {
    /// How far the packet came: [`Stage::Done`], or another stage if it was given up.
    pub stage: Stage,
    /// What [`PacketTable::admit`](super::PacketTable::admit) was given.
    pub state: T,
}

/// The state of a packet in flight, lent by [`PacketTable::get`](super::PacketTable::get).
///
/// Reads as `&T`. The packet can be reported as processed, or be given up, while it is borrowed: the state then stays
/// until the last borrower has gone. Give the guard back with [`release`](Self::release) to receive the state in that
/// case; a guard that is only dropped leaves it in the table, for [`PacketTable::reap`](super::PacketTable::reap).
#[must_use = "the state is borrowed while this value exists"]
pub struct Borrowed<'t, T> {
    place: Place<'t, T>,
    /// INVARIANT: begun when the borrow was counted; ended before it is given back.
    reading: ReadAccess,
}

impl<T> Borrowed<'_, T> {
    /// Returns how far the packet has come by now; a packet that was given up stays where it was.
    #[inline]
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.place.word().stage()
    }

    /// Ends the borrow, and returns the packet if it finished meanwhile and this was its last borrower.
    ///
    /// `None` means that the packet is still in flight, or that somebody else has, or will get, its state: another
    /// borrower, or an operation of the table that hands states back and ran at this moment.
    #[inline]
    #[must_use = "the state of a packet that finished meanwhile is handed back here"]
    pub fn release(self) -> Option<Finished<T>> {
        self.release_and_tell().1
    }

    /// Does the same, and returns too whether the packet had finished, whoever gets its state.
    #[inline]
    pub(crate) fn release_and_tell(self) -> (bool, Option<Finished<T>>) {
        let mut this = ManuallyDrop::new(self);
        this.reading.end();
        let place = this.place;
        let before = place.slot.end_borrow();
        let finished = if before.is_with_last_borrower() {
            place.slot.finish(place.number, place.index, before)
        } else {
            None
        };
        (before.is_finished(), finished)
    }
}

impl<T> Deref for Borrowed<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY:
        // - the state is initialised, and stays: the word was live when this borrow was counted, and a slot with a
        //   borrower is not emptied;
        // - nobody writes it meanwhile: only a slot that is not occupied is written to;
        // - it is valid as long as the slot, which is borrowed.
        unsafe { &*self.place.slot.state.pointer().cast::<T>() }
    }
}

impl<T> Drop for Borrowed<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.reading.end();
        if self.place.slot.end_borrow().is_with_last_borrower() {
            self.place.index.note_reclaimable(self.place.number, 1);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Borrowed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Borrowed")
            .field("stage", &self.stage())
            .field("state", &**self)
            .finish()
    }
}
