//! One place of a table: the word that says everything, and the state that it guards.
#![expect(unsafe_code, reason = "the state is written, lent and moved out as the word says")]

use core::fmt;
use core::mem::{self, ManuallyDrop, MaybeUninit};
use core::ops::Deref;
use core::ptr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::word::{Live, Word};
use super::{Finished, Stage, widen};
use crate::sync::{AtomicBool, AtomicU64, Place, Reading, Writing, const_fn};

/// Room for one packet's state.
pub(super) struct Slot<T> {
    /// INVARIANT: while it [is occupied](Word::is_occupied), `state` is initialised; while it is claimed, one
    /// [`Vacant`] or [`Held`] exists, and nobody else touches `state`; each counted borrower may read `state`.
    word: AtomicU64,
    /// When the packet was admitted, by the caller's clock.
    tick: AtomicU64,
    state: Place<MaybeUninit<T>>,
}

const _: () = assert!(size_of::<AtomicU64>() == size_of::<Word>() || cfg!(loom));
const _: () = assert!(size_of::<Slot<u64>>() == 24 || cfg!(loom));

// SAFETY: through a shared slot, a thread can
// - read the state while others do, as `&T`: `T` is `Sync`;
// - put a state in that another thread moves out: `T` is `Send`;
// and the invariant of `word` keeps all else apart.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

/// A vacant slot that this thread alone may fill.
#[must_use]
pub(super) struct Vacant<'t, T> {
    slot: &'t Slot<T>,
    claimed: Word,
    writing: Writing,
}

/// An occupied slot that this thread alone may empty.
#[must_use]
pub(super) struct Held<'t, T> {
    slot: &'t Slot<T>,
    /// What the word was before it was claimed.
    word: Word,
    writing: Writing,
}

/// What became of the wish to evict a packet.
pub(super) enum Eviction<'t, T> {
    /// There was nothing to evict.
    Nothing,
    /// The packet had finished before, and was waiting here.
    Parked(Held<'t, T>),
    /// The packet was evicted.
    Evicted(Held<'t, T>),
    /// The packet was evicted, and waits for its last borrower.
    Deferred,
}

impl<T> Slot<T> {
    const_fn! {
        pub(super) fn new() -> Self {
            Self {
                word: AtomicU64::new(Word::UNUSED.bits()),
                tick: AtomicU64::new(0),
                state: Place::new(MaybeUninit::uninit()),
            }
        }
    }

    /// Returns the word as some thread left it not long ago.
    #[inline]
    pub(super) fn word(&self) -> Word {
        Word::from_bits(self.word.load(Relaxed))
    }

    /// Replaces the word, if it is still `from`; otherwise returns what it is.
    ///
    /// `Acquire`: what the thread that filled the slot wrote, and what borrowers did until they returned the state, has
    /// happened before. `Release` is for [`evict`](Self::evict) alone, and costs nothing where it is not needed.
    #[inline]
    fn replace(&self, from: Word, to: Word) -> Result<(), Word> {
        match self.word.compare_exchange(from.bits(), to.bits(), AcqRel, Acquire) {
            Ok(_) => Ok(()),
            Err(now) => Err(Word::from_bits(now)),
        }
    }

    /// Moves a packet to a stage at which it can stay in its slot, if the word still is `from`.
    #[inline]
    pub(super) fn advance(&self, from: Live, to: Stage) -> Result<(), Word> {
        self.replace(from.word(), from.at_stage(to))
    }

    /// Takes the slot for filling if its word is vacant, and still is `from`.
    #[inline]
    pub(super) fn claim(&self, from: Word) -> Option<Vacant<'_, T>> {
        let from_generation = if from == Word::UNUSED { self.first() } else { from };
        let claimed = from_generation.claimed();
        if !from.is_vacant() || self.replace(from, claimed).is_err() {
            return None;
        }
        Some(Vacant {
            slot: self,
            claimed,
            writing: Writing::of(&self.state),
        })
    }

    /// Returns the vacant word with the first generation of this slot: by its address, so that tables differ.
    #[cold]
    fn first(&self) -> Word {
        Word::seeded(widen(ptr::from_ref(self).addr()))
    }

    /// Takes the slot for emptying if nobody borrows its packet, and the word still is `from`.
    #[inline]
    pub(super) fn hold(&self, from: Live) -> Result<Held<'_, T>, Word> {
        if from.is_borrowed() {
            return Err(from.word());
        }
        self.hold_occupied(from.word())
    }

    /// Takes the slot for emptying if its packet has finished, nobody borrows it, and the word still is `from`.
    #[inline]
    fn hold_parked(&self, from: Word) -> Result<Held<'_, T>, Word> {
        if !from.is_parked() {
            return Err(from);
        }
        self.hold_occupied(from)
    }

    /// Takes the slot for emptying if the word still is `from`, which is occupied, and not borrowed.
    #[inline]
    fn hold_occupied(&self, from: Word) -> Result<Held<'_, T>, Word> {
        self.replace(from, from.claimed())?;
        Ok(Held {
            slot: self,
            word: from,
            writing: Writing::of(&self.state),
        })
    }

    /// Borrows the state of the packet if it is not crowded, and the word still is `from`.
    #[inline]
    pub(super) fn lend<'t>(&'t self, from: Live, parked: &'t AtomicBool) -> Result<Borrowed<'t, T>, Word> {
        if from.is_crowded() {
            return Err(from.word());
        }
        self.replace(from.word(), from.borrowed())?;
        Ok(Borrowed {
            slot: self,
            parked,
            reading: Reading::of(&self.state),
        })
    }

    /// Gives up a packet that was admitted before the tick, or in any case if there is none.
    pub(super) fn evict(&self, before: Option<u64>) -> Eviction<'_, T> {
        // `Acquire`, also where `replace` fails: the tick read next is not older than the word. `Release` in `replace`:
        // it is not younger either, since the next packet comes into the slot after that.
        let mut word = Word::from_bits(self.word.load(Acquire));
        loop {
            let is_due = || before.is_none_or(|before| self.tick.load(Relaxed) < before);
            let tried = match word.live() {
                None if word.is_parked() => self.hold_parked(word).map(Eviction::Parked),
                Some(live) if is_due() && live.is_borrowed() => {
                    self.replace(word, live.evicted()).map(|()| Eviction::Deferred)
                }
                Some(live) if is_due() => self.hold(live).map(Eviction::Evicted),
                _ => return Eviction::Nothing,
            };
            match tried {
                Ok(eviction) => return eviction,
                Err(now) => word = now,
            }
        }
    }

    /// Takes the slot for emptying if its packet has finished and nobody borrows it.
    pub(super) fn unpark(&self) -> Option<Held<'_, T>> {
        let mut word = self.word();
        while word.is_parked() {
            match self.hold_parked(word) {
                Ok(held) => return Some(held),
                Err(now) => word = now,
            }
        }
        None
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        // Guards that were leaked are counted still, but none exists: each would borrow this slot.
        if mem::needs_drop::<T>() && self.word().is_occupied() {
            let _writing = Writing::of(&self.state);
            // SAFETY:
            // - the word is occupied, so that the state is initialised;
            // - the slot is borrowed mutably, so that nobody else uses the state, now or later.
            unsafe { self.state.pointer().cast::<T>().drop_in_place() }
        }
    }
}

impl<T> Vacant<'_, T> {
    /// Puts the state into the slot, and returns the word that it has from now on.
    #[inline]
    pub(super) fn fill(self, state: T, tick: u64) -> Word {
        let Self {
            slot,
            claimed,
            mut writing,
        } = self;
        slot.tick.store(tick, Relaxed);
        // SAFETY:
        // - the place is valid for writes and aligned: it is a field of a slot that is borrowed;
        // - nobody else uses it: the word is claimed, and this value, of which there is one, is used up here.
        unsafe { slot.state.pointer().cast::<T>().write(state) }
        writing.end();
        let filled = claimed.filled();
        // `Release`: whoever sees the packet live sees its state.
        slot.word.store(filled.bits(), Release);
        filled
    }
}

impl<T> Held<'_, T> {
    /// Moves the packet out of the slot, which is vacant from now on, at the stage that it had.
    #[inline]
    pub(super) fn finish(self) -> Finished<T> {
        Finished {
            stage: self.word.stage(),
            state: self.take(),
        }
    }

    /// Moves the state out of the slot, which is vacant from now on.
    #[inline]
    pub(super) fn take(self) -> T {
        let Self {
            slot,
            word,
            mut writing,
        } = self;
        // SAFETY:
        // - the state is initialised: the word was occupied when it was claimed, and this value, of which there is one,
        //   is used up here, so that the state is moved out once;
        // - nobody else uses it: there was no borrower, and a claimed word gets none.
        let state = unsafe { slot.state.pointer().cast::<T>().read() };
        writing.end();
        // `Release`: whoever fills the slot next does so after the read.
        slot.word.store(word.claimed().emptied().bits(), Release);
        state
    }
}

/// The state of a packet in flight, lent by [`PacketTable::get`](super::PacketTable::get).
///
/// Reads as `&T`. The packet can be reported as processed, or be evicted, while it is borrowed: the state then stays
/// until the last borrower has gone. Give the guard back with [`release`](Self::release) to receive the state in that
/// case; a guard that is only dropped leaves it in the table, for [`PacketTable::reap`](super::PacketTable::reap).
#[must_use = "the state is borrowed while this value lives"]
pub struct Borrowed<'t, T> {
    slot: &'t Slot<T>,
    parked: &'t AtomicBool,
    /// INVARIANT: made when the borrow was counted; ended before it is returned.
    reading: Reading,
}

impl<T> Borrowed<'_, T> {
    /// Returns how far the packet has come by now; an evicted packet stays where it was.
    #[inline]
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.slot.word().stage()
    }

    /// Ends the borrow, and returns the packet if it finished meanwhile and this was its last borrower.
    ///
    /// `None` means that the packet is still in flight, or that somebody else has, or will get, its state: another
    /// borrower, or a `reap`, `drain` or `evict_before` that ran at this moment.
    #[inline]
    #[must_use = "the state of a packet that finished meanwhile is handed back here"]
    pub fn release(self) -> Option<Finished<T>> {
        let mut this = ManuallyDrop::new(self);
        let before = this.end();
        if before.parks() {
            this.slot.hold_parked(before.returned()).ok().map(Held::finish)
        } else {
            None
        }
    }

    /// Returns the borrow, and the word as it was before.
    #[inline]
    fn end(&mut self) -> Word {
        self.reading.end();
        // `Release`: whoever moves the state out does so after the last read.
        Word::from_bits(self.slot.word.fetch_sub(Word::ONE_BORROWER, Release))
    }
}

impl<T> Deref for Borrowed<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY:
        // - the state is initialised, and stays: the word was live when this borrow was counted, and an occupied slot
        //   with a borrower is not emptied;
        // - nobody writes it meanwhile: only a claimed slot is written to;
        // - it is valid as long as the slot, which is borrowed.
        unsafe { &*self.slot.state.pointer().cast::<T>() }
    }
}

impl<T> Drop for Borrowed<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.end().parks() {
            // After the state was left in the slot: who finds the mark finds the state.
            self.parked.store(true, Release);
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
