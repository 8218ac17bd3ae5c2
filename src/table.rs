//! The state of every packet in flight: kept without locks or heap, handed back exactly once.
//!
//! The server carries one opaque pointer for a packet, from `DhcpNewPktHook` to the last `DhcpPktDropHook`, and calls
//! from any thread. [`PacketTable`] makes of that pointer a [`Context`] that can be checked: a number of a slot in the
//! table, and the generation of that slot. Whatever comes back, NULL, stale, repeated or made up, is an error value.
//!
//! ```
//! use dhcp_callout::{Context, DropReason, Notice, Outcome, PacketTable, Progress};
//!
//! /// The hardware addresses of the packets in flight.
//! static PACKETS: PacketTable<[u8; 6], 4096> = PacketTable::new();
//!
//! // DhcpNewPktHook
//! let raw = PACKETS.admit([2, 0, 0, 0, 0, 1])?.as_raw();
//!
//! // Any later hook of this packet
//! let context = Context::from_raw(raw).ok_or("no context")?;
//! assert_eq!(PACKETS.get(context)?[5], 1);
//!
//! // DhcpPktDropHook, twice for a packet that the server drops
//! let dropped = PACKETS.notify(context, Notice::from_code(0xA))?;
//! assert_eq!(dropped, Progress::Dropped(DropReason::NOADDRESS));
//! let done = PACKETS.notify(context, Notice::from_code(0xB))?;
//! let outcome = Outcome::Dropped(DropReason::NOADDRESS);
//! assert_eq!(done, Progress::Done { outcome, state: [2, 0, 0, 0, 0, 1] });
//!
//! // From now on the context is refused.
//! assert!(PACKETS.get(context).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Who gets the state back
//!
//! Each state is handed back once, to whom the packet's slot then belongs alone:
//!
//! 1. [`notify`](PacketTable::notify) that makes the packet [`Stage::Done`], if nobody borrows it: [`Progress::Done`];
//! 2. otherwise ([`Progress::Deferred`]) the last borrower, by [`Borrowed::release`];
//! 3. a guard that is dropped without `release` leaves the state in its slot, marked, and the next
//!    [`reap`](PacketTable::reap) hands it back; so do [`drain`](PacketTable::drain) and
//!    [`evict_before`](PacketTable::evict_before), which also give up packets that are not done;
//! 4. dropping the table drops what is left in it.
//!
//! A guard that is leaked ([`mem::forget`](core::mem::forget)) keeps its slot occupied until the table is dropped, and
//! harms nothing else.
//!
//! # What a wrong context meets
//!
//! A context is refused unless its slot exists, the slot holds a packet in flight, the generation is the slot's, and
//! all other bits are zero. The generation has 20 bits and goes up by one whenever a slot becomes vacant. A context is
//! therefore mistaken for another packet's only
//! - if it comes back after its slot has been used a multiple of 2<sup>20</sup> times more: admission goes through all
//!   slots in turn, so that this takes 2<sup>20</sup> times the capacity in packets if there is room;
//! - if it is made up, and happens to have the generation of a packet in flight: one in 2<sup>20</sup> for a number
//!   that is right in all other bits;
//! - if it belongs to *another table* that has, in the slot of the same number, the same generation: one in
//!   2<sup>20</sup>, since a slot's first generation depends on its address.
//!
//! On 32-bit pointers the context holds the lower bits of the generation that the number of the slot leaves room for:
//! 19 for 4096 slots, and never fewer than 15, which limits the capacity to 65 536 there; more does not compile. A
//! mistaken context is a wrong packet's state, and never memory that is not the table's.
//!
//! # How it works
//!
//! Each slot has one 64-bit atomic word that holds generation, [`Stage`], drop reason and number of borrowers. A notice
//! is [`Stage::advance`] applied to that word by compare-and-swap, so that the table is the pure machine and nothing
//! else. No operation waits for another thread: a compare-and-swap is repeated only if another thread has changed the
//! same packet meanwhile, and admission passes on to the next slot instead. Nothing is allocated, and no system call
//! made.
//!
//! - There is no free list, and so no ABA problem of one: admission looks for a vacant slot from where the last search
//!   ended, once at each slot at most. That is one look for packets that end in the order in which they came, a few for
//!   others if the table has twice the room that is needed, and many if it is nearly full. A full table is known by two
//!   counters, without a look.
//! - A word that was read, and swapped when equal, describes the slot truly whatever happened between: the word says
//!   all.
//!
//! Orderings: who fills a slot publishes it with `Release`, and who borrows or empties it swaps the word with
//! `Acquire`; a borrower returns with `Release`, which the swap of whoever empties the slot acquires, since every
//! change between the two is a read-modify-write; the emptied word is stored with `Release`, for the swap of whoever
//! fills the slot next. The counters are relaxed, except that an end counted is never seen before its admission.
//!
//! 64-bit atomics are needed; every Windows target has them, 32-bit x86 included.

mod context;
mod pool;
mod slot;
mod tally;
mod word;

use core::fmt;
use core::panic::RefUnwindSafe;

pub use self::context::Context;
pub(crate) use self::pool::TakeBuffer;
pub use self::pool::{BufferPool, PoolExhausted, PooledBuffer, Replacements};
pub use self::slot::Borrowed;
pub use self::tally::{PacketTally, TallySnapshot};

use self::context::Layout;
use self::slot::{Eviction, Slot, Vacant};
use self::word::{Live, MAX_BORROWERS};
use crate::control::DropReason;
use crate::lifecycle::{Notice, Outcome, Stage, Violation};
use crate::sync::{AtomicBool, Ordering, array_of, const_fn};

/// Keeps the state of up to `N` packets in flight, from admission until the server has reported them as processed.
///
/// All operations take `&self`, from any thread; none waits for another thread. A table of type `PacketTable<T, N>`
/// takes 16 bytes and a `T` for each slot (rounded up to the alignment of `T`, at least 8) and less than 1 KB beside;
/// as a `static` it lies in zeroed memory, and nothing is set up at start.
///
/// The [module](self) tells who gets a state back, and what a wrong context meets.
pub struct PacketTable<T, const N: usize> {
    tally: PacketTally,
    /// Whether a guard has left a finished packet in its slot since the last look.
    parked: AtomicBool,
    slots: [Slot<T>; N],
}

/// A packet that is no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Finished<T> {
    /// How far the packet came: [`Stage::Done`], or another stage if it was evicted or drained.
    pub stage: Stage,
    /// What [`PacketTable::admit`] was given.
    pub state: T,
}

/// What a notice led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Progress<T> {
    /// The packet is now [`Stage::Dropped`] for this reason; its state stays until it is reported as processed.
    Dropped(DropReason),
    /// The packet is done, and this is its state.
    Done {
        /// How the packet ended.
        outcome: Outcome,
        /// What [`PacketTable::admit`] was given.
        state: T,
    },
    /// The packet is done, and borrowed; its last borrower gets the state from [`Borrowed::release`].
    Deferred(Outcome),
}

/// The table is full; holds the state that was not admitted.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("packet table full")]
pub struct Full<T>(pub T);

/// A context that names no packet in flight, or one that cannot be borrowed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// No table of this capacity makes such a context: a bit is set or clear that never is, or there is no such slot.
    #[error("context {0:?} is not one of this table")]
    Forged(Context),
    /// The packet has been processed or evicted since, or is another table's.
    #[error("context {0:?} is stale")]
    Stale(Context),
    /// The packet has as many borrowers as can be counted; only from [`PacketTable::get`].
    #[error("packet of context {context:?} borrowed {borrowers} times")]
    Crowded {
        /// The context.
        context: Context,
        /// How many borrowers there are.
        borrowers: u64,
    },
}

/// A notice that changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// The notice does not fit the stage of its packet.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The context names no packet in flight.
    #[error(transparent)]
    Context(#[from] ContextError),
}

impl<T, const N: usize> PacketTable<T, N> {
    const_fn! {
        /// Makes an empty table.
        #[must_use]
        pub fn new() -> Self {
            Self {
                tally: PacketTally::new(),
                parked: AtomicBool::new(false),
                slots: array_of!(Slot::new(), N),
            }
        }
    }

    /// Takes the state of a packet into keeping, until [`notify`](Self::notify) hands it back.
    ///
    /// A packet that is admitted without a tick has no age: [`evict_before`](Self::evict_before) leaves it alone.
    ///
    /// # Errors
    /// [`Full`] with the state if the table holds as many packets as it can. Two counters tell that at once, unless
    /// packets that are done still are borrowed. It can also come if the last slot becomes vacant at this very moment.
    #[inline]
    pub fn admit(&self, state: T) -> Result<Context, Full<T>> {
        self.admit_at(state, u64::MAX)
    }

    /// Takes the state of a packet into keeping, with the time by the caller's clock.
    ///
    /// The tick counts whatever the caller likes, such as milliseconds since start, upwards.
    ///
    /// # Errors
    /// [`Full`], as for [`admit`](Self::admit).
    #[inline]
    pub fn admit_at(&self, state: T, tick: u64) -> Result<Context, Full<T>> {
        if self.tally.has_in_flight(Self::CAPACITY) {
            self.refuse_admission();
            return Err(Full(state));
        }
        let start = Self::slot_of(self.tally.next_place());
        let first = self.slots.get(start).and_then(|slot| slot.claim(slot.word()));
        if let Some(vacant) = first {
            return Ok(Layout::<N>::context(start, vacant.fill(state, tick)));
        }
        match self.claim_behind(start) {
            Some((index, vacant)) => Ok(Layout::<N>::context(index, vacant.fill(state, tick))),
            None => Err(Full(state)),
        }
    }

    /// Lends the state of a packet in flight.
    ///
    /// Any number of threads can borrow the same packet, up to 255 at once. The packet can finish meanwhile; then the
    /// last borrower gets its state from [`Borrowed::release`].
    ///
    /// # Errors
    /// - [`ContextError::Forged`] for a context that no table of this capacity makes;
    /// - [`ContextError::Stale`] if the packet is done or evicted, or another table's;
    /// - [`ContextError::Crowded`] if it is borrowed 255 times.
    #[inline]
    pub fn get(&self, context: Context) -> Result<Borrowed<'_, T>, ContextError> {
        let slot = self.slot(context)?;
        let lent = Layout::<N>::live(context, slot.word()).map(|live| slot.lend(live, &self.parked));
        match lent {
            Some(Ok(borrowed)) => Ok(borrowed),
            _ => self.get_again(slot, context),
        }
    }

    /// Reports to the packet what the server reported, and hands its state back when that was the end.
    ///
    /// # Errors
    /// Nothing has changed then, except that the error was counted.
    /// - [`NotifyError::Violation`] if the notice does not fit the stage of the packet, as [`Stage::advance`] says;
    ///   [`Violation::AfterDone`] only while the state is still in its slot, borrowed or left there by a guard;
    /// - [`NotifyError::Context`] with [`ContextError::Stale`] if the packet is done or evicted, or another table's;
    /// - [`NotifyError::Context`] with [`ContextError::Forged`] for a context that no table of this capacity makes.
    #[inline]
    pub fn notify(&self, context: Context, notice: Notice) -> Result<Progress<T>, NotifyError> {
        let slot = self.slot(context)?;
        let advanced = Layout::<N>::live(context, slot.word()).and_then(|live| self.advance(slot, live, notice));
        match advanced {
            Some(progress) => Ok(progress),
            None => self.notify_again(slot, context, notice),
        }
    }

    /// Returns how far the packet has come: also [`Stage::Done`], as long as its state is still in its slot.
    ///
    /// # Errors
    /// - [`ContextError::Forged`] for a context that no table of this capacity makes;
    /// - [`ContextError::Stale`] if the packet is done and its state handed back, or evicted, or another table's.
    #[inline]
    pub fn stage(&self, context: Context) -> Result<Stage, ContextError> {
        let word = self.slot(context)?.word();
        if let Some(live) = Layout::<N>::live(context, word) {
            return Ok(live.stage());
        }
        match word.stage() {
            done @ Stage::Done(_) if Layout::<N>::is_finished(context, word) => Ok(done),
            _ => Err(self.refuse_context(context)),
        }
    }

    /// Gives up the packets that were admitted before `tick`, and hands their states to `f`.
    ///
    /// For packets that the server never reports as processed. One that is borrowed at this moment goes to its last
    /// borrower; contexts of evicted packets are stale at once. Packets that are done, and were left by a guard, are
    /// handed over as [`reap`](Self::reap) does. Looks at every slot once.
    pub fn evict_before(&self, tick: u64, f: impl FnMut(Finished<T>)) {
        self.evict(Some(tick), f);
    }

    /// Gives up all packets, and hands their states to `f`; for the stop of the service.
    ///
    /// One that is borrowed at this moment goes to its last borrower. Packets that other threads admit meanwhile may
    /// stay.
    pub fn drain(&self, f: impl FnMut(Finished<T>)) {
        self.evict(None, f);
    }

    /// Hands the packets to `f` that finished while they were borrowed, and whose last guard was dropped without
    /// [`Borrowed::release`].
    ///
    /// Costs one load when there is none, and a look at every slot otherwise.
    pub fn reap(&self, mut f: impl FnMut(Finished<T>)) {
        if !self.parked.load(Ordering::Relaxed) || !self.parked.swap(false, Ordering::Acquire) {
            return;
        }
        let unfinished = Mark(&self.parked);
        for held in self.slots.iter().filter_map(Slot::unpark) {
            f(held.finish());
        }
        core::mem::forget(unfinished);
    }

    /// Returns how many packets are in flight: admitted, and neither done nor evicted.
    ///
    /// Exact when no other thread uses the table, and otherwise right for some moment not long ago.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.tally.in_flight()).unwrap_or(usize::MAX).min(N)
    }

    /// Returns whether no packet is in flight.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many packets the table can hold, `N`.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        N
    }

    /// Returns what has been counted so far.
    #[must_use]
    pub fn tally(&self) -> TallySnapshot {
        self.tally.snapshot()
    }
}

/// A panic of the caller's code leaves a table as good as before: none runs between two halves of a change.
impl<T: RefUnwindSafe, const N: usize> RefUnwindSafe for PacketTable<T, N> {}

impl<T, const N: usize> Default for PacketTable<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize> fmt::Debug for PacketTable<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketTable")
            .field("capacity", &N)
            .field("tally", &self.tally())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Full").finish_non_exhaustive()
    }
}

/// What the operations share; refusals are out of their way.
impl<T, const N: usize> PacketTable<T, N> {
    const CAPACITY: u64 = widen(N);

    /// Returns the slot at this place on the way round all slots.
    #[inline]
    fn slot_of(place: u64) -> usize {
        usize::try_from(place.checked_rem(Self::CAPACITY).unwrap_or(0)).unwrap_or(0)
    }

    /// Claims the next vacant slot behind `start`; each slot is looked at once.
    #[cold]
    fn claim_behind(&self, start: usize) -> Option<(usize, Vacant<'_, T>)> {
        let (before, behind) = self.slots.split_at_checked(start).unwrap_or_default();
        let way_round = behind.iter().chain(before);
        // Up to a bound, though never there: counting without one has an overflow that panics.
        let claimed = (0..=u64::MAX)
            .zip(way_round)
            .find_map(|(passed, slot)| Some((passed, slot.claim(slot.word())?)));
        let Some((passed, vacant)) = claimed else {
            self.tally.uncount_admitted();
            self.refuse_admission();
            return None;
        };
        // The next search begins behind this slot: else it would pass all those again that this one did.
        self.tally.pass(passed);
        Some((Self::slot_of(passed.wrapping_add(widen(start))), vacant))
    }

    #[inline]
    fn slot(&self, context: Context) -> Result<&Slot<T>, ContextError> {
        match self.slots.get(Layout::<N>::slot(context)) {
            Some(slot) => Ok(slot),
            None => Err(self.refuse_context(context)),
        }
    }

    /// Tries to borrow until nobody comes between, or refuses: somebody gets on with this packet each time.
    #[cold]
    fn get_again<'t>(&'t self, slot: &'t Slot<T>, context: Context) -> Result<Borrowed<'t, T>, ContextError> {
        loop {
            match Layout::<N>::live(context, slot.word()) {
                None => return Err(self.refuse_context(context)),
                Some(live) if live.is_crowded() => {
                    let borrowers = MAX_BORROWERS;
                    return Err(ContextError::Crowded { context, borrowers });
                }
                Some(live) => {
                    if let Ok(borrowed) = slot.lend(live, &self.parked) {
                        return Ok(borrowed);
                    }
                }
            }
        }
    }

    /// Advances the packet by the notice; `None` if that does not fit its stage, or if its word has changed meanwhile.
    #[inline]
    fn advance(&self, slot: &Slot<T>, live: Live, notice: Notice) -> Option<Progress<T>> {
        let next = match live.dropped() {
            None => Stage::InFlight.advance(notice),
            Some(reason) => Stage::Dropped(reason).advance(notice),
        };
        match next.ok()? {
            Stage::Done(outcome) if !live.is_borrowed() => {
                let state = slot.hold(live).ok()?.take();
                self.tally.count_done();
                Some(Progress::Done { outcome, state })
            }
            next @ Stage::Done(outcome) => {
                slot.advance(live, next).ok()?;
                self.tally.count_done();
                Some(Progress::Deferred(outcome))
            }
            next @ Stage::Dropped(reason) => {
                slot.advance(live, next).ok()?;
                self.tally.count(reason);
                Some(Progress::Dropped(reason))
            }
            // No notice leads here.
            Stage::InFlight => None,
        }
    }

    /// Tries to advance until nobody comes between, or refuses: somebody gets on with this packet each time.
    #[cold]
    fn notify_again(&self, slot: &Slot<T>, context: Context, notice: Notice) -> Result<Progress<T>, NotifyError> {
        loop {
            let word = slot.word();
            let stage = match (Layout::<N>::live(context, word), word.stage()) {
                (Some(live), _) => {
                    if let Some(progress) = self.advance(slot, live, notice) {
                        return Ok(progress);
                    }
                    live.stage()
                }
                (None, done @ Stage::Done(_)) if Layout::<N>::is_finished(context, word) => done,
                (None, _) => return Err(self.refuse_context(context).into()),
            };
            if let Err(violation) = stage.advance(notice) {
                self.tally.count_violation(violation);
                return Err(violation.into());
            }
        }
    }

    fn evict(&self, before: Option<u64>, mut f: impl FnMut(Finished<T>)) {
        for slot in &self.slots {
            match slot.evict(before) {
                Eviction::Nothing => {}
                Eviction::Deferred => self.tally.count_evicted(),
                Eviction::Parked(held) => f(held.finish()),
                Eviction::Evicted(held) => {
                    let finished = held.finish();
                    self.tally.count_evicted();
                    f(finished);
                }
            }
        }
    }

    #[cold]
    fn refuse_admission(&self) {
        self.tally.count_full();
    }

    #[cold]
    fn refuse_context(&self, context: Context) -> ContextError {
        self.tally.count_stale();
        if Layout::<N>::is_possible(context) {
            ContextError::Stale(context)
        } else {
            ContextError::Forged(context)
        }
    }
}

/// Widens; `usize` has at most 64 bits, and `From` is not const.
#[inline]
const fn widen(number: usize) -> u64 {
    let mut bytes = [0; 8];
    if let Some((low, _)) = bytes.split_first_chunk_mut() {
        *low = number.to_le_bytes();
    }
    u64::from_le_bytes(bytes)
}

/// Sets the mark when it is dropped: there may be finished packets left in their slots.
struct Mark<'t>(&'t AtomicBool);

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
