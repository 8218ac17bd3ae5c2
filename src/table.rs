//! The state of every packet in flight: kept without locks or heap, handed back exactly once.
//!
//! The server carries one opaque pointer for a packet, from `DhcpNewPktHook` to the last `DhcpPktDropHook`, and calls
//! from any thread. [`PacketTable`] puts a [`Context`] there that can be checked: the number of a slot in the table,
//! the generation of that slot, and a number of the table. Whatever comes back, NULL, stale, repeated or made up, is an
//! error value.
//!
//! ```
//! use dhcp_callout::table::{Context, PacketTable, Progress};
//! use dhcp_callout::{DropReason, Notice, Outcome};
//!
//! /// The hardware addresses of the packets in flight.
//! static PACKETS: PacketTable<[u8; 6], 4096> = PacketTable::new();
//!
//! // DhcpNewPktHook
//! let admitted = PACKETS.admit([2, 0, 0, 0, 0, 1])?;
//! assert_eq!(admitted.lost, None);
//! let raw = admitted.context.as_raw();
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
//! Each state is handed back once:
//!
//! 1. by [`notify`](PacketTable::notify), if that makes the packet [`Stage::Done`] and nobody borrows it:
//!    [`Progress::Done`];
//! 2. otherwise ([`Progress::Deferred`]) to the last borrower, by [`Borrowed::release`];
//! 3. a guard that is dropped without `release` abandons the state in its slot, and [`reap`](PacketTable::reap),
//!    [`drain`](PacketTable::drain), [`evict_before`](PacketTable::evict_before) or an
//!    [admission](Admitted::lost) hands it back;
//! 4. a packet that the server never reports is given up by `drain`, by `evict_before`, or by an admission when room is
//!    short;
//! 5. dropping the table drops what is left in it.
//!
//! A guard that is leaked ([`mem::forget`](core::mem::forget)) keeps its slot occupied until the table is dropped, and
//! harms nothing else.
//!
//! # Packets that the server never reports
//!
//! They would fill the table in time. The table's clock counts the admissions that were asked for
//! ([`now`](PacketTable::now)), and each hook about a packet makes it young: admission, `get`, a drop, also one that is
//! refused as repeated. An admission gives a packet up only if less than a quarter of the slots is vacant at that
//! moment, and the packet has not been heard of during the table's [patience](PacketTable::set_patience); the admission
//! gets its slot, and hands its state back. A packet that is borrowed is passed over. The contexts of packets given up
//! are stale at once.
//!
//! Admissions look at the packets in turn, at each once in `3 N + 96` admissions at least. A look finds that a packet
//! was heard of since the last one, and notes the time; so the table takes one that hooks have been about for old at
//! the latest when it has not been heard of for its patience and `6 N + 192` admissions more. From then on it is given
//! up before an admission fails for want of room; unless those that this admission tries, the old ones of 16 slots or
//! twice as many, have all been heard of since they were looked at, or other threads try them at the same moment: then
//! the next admission tries others.
//!
//! # What becomes of a wrong context
//!
//! A context is refused unless its slot exists, the slot holds a packet in flight, the generation is the slot's, and
//! the tag is the table's. The generation has 20 bits and goes up by one whenever a slot becomes vacant. A context is
//! therefore mistaken for another packet's only
//! - if it comes back after its slot has been used a multiple of 2<sup>20</sup> times more. Vacant slots are used in
//!   turn: of `V` that stay vacant or come and go, each is used once in `V` packets, so that it takes `V` times
//!   2<sup>20</sup> packets. Of 4096 slots a quarter at least takes part, unless more than three quarters hold packets
//!   that hooks are about, or that are silent for less than the [patience](PacketTable::set_patience): then 1024 times
//!   2<sup>20</sup> packets are 3 hours at 100,000 a second;
//! - if it is made up, and right in all bits: on 64-bit pointers, with 4096 slots, one in 2<sup>51</sup> of the numbers
//!   with the highest bit set, for a given slot and its packet; in 2<sup>47</sup> with 65,536.
//!
//! The tag has what a 64-bit context has left, 27 bits at least: tables of one module never accept each other's
//! contexts, unless the module creates over four million. On 32-bit pointers there is no room for it. There the context
//! holds the lower bits of the generation that the number of the slot leaves room for, 19 for 4096 slots and never
//! fewer than 15, which are scattered by a number of the table; two tables accept each other's contexts for one in
//! 2<sup>15</sup> to 2<sup>20</sup> differences of their generations. A mistaken context is a wrong packet's state, and
//! never memory that is not the table's.
//!
//! # How it works
//!
//! Each slot has one 64-bit atomic word that holds generation, [`Stage`], drop reason and number of borrowers. A notice
//! is [`Stage::advance`] applied to that word by compare-and-swap, so that the table is the pure machine and nothing
//! else. No operation waits for another thread: a change is tried again only if another thread has changed the same
//! packet, or taken the same slot, meanwhile. Nothing is allocated, and no system call made.
//!
//! - An index has a bit for each slot that is vacant, and a bit for each 64 of these; whoever clears the bit of a slot
//!   has the slot, and sets it again when the packet has ended. An admission takes the next one, in turn: one look at
//!   the index if there is one among the same 64, and a few if not, however full the table is.
//! - Another index of the kind has the slots whose packets were old when they were looked at, or abandoned. A look is
//!   at up to 32 slots; an admission has one at most, and tries to give up those that are noted of 16 slots in a row,
//!   twice at most.
//! - There is no list, and so no ABA problem of one. A word that was read, and swapped when equal, describes the slot
//!   truly whatever happened between: the word says all.
//! - That a packet was heard of is a bit of its word, set by the change that the hook makes anyway. A look that finds
//!   the bit clears it and notes the time; a packet is given up by a swap of a word without the bit, so that one that
//!   is heard of at that moment stays.
//! - One counter has the admissions, which are the clock, and the slots that are taken.
//!
//! Orderings: who fills a slot publishes it with `Release`, and who borrows or empties it swaps the word with
//! `Acquire`; a borrower returns with `Release`, which the swap of whoever empties the slot acquires, since every
//! change between the two is a read-modify-write; an emptied slot goes back to the index with `Release`, for the
//! `Acquire` of whoever takes it out next. The counters are relaxed.
//!
//! 64-bit atomics are needed; every Windows target has them, 32-bit x86 included.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::inline_always,
    reason = "words and bits; that nothing overflows is proven by linking, with overflow checks"
)]

mod context;
mod entry;
mod index;
pub(crate) mod once;
mod pool;
mod slot;
pub(crate) mod sync;
mod tally;
mod word;

use core::fmt;
use core::panic::RefUnwindSafe;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

pub use self::context::Context;
#[cfg(not(loom))]
pub(crate) use self::entry::Entry;
pub(crate) use self::pool::TakeBuffer;
pub use self::pool::{BufferPool, PoolExhausted, PooledBuffer, Replacements};
pub use self::slot::{Borrowed, Finished};
pub use self::tally::{PacketTally, TallySnapshot};

use self::context::{Layout, MAX_SLOTS, Tag};
use self::index::{Asked, SLOTS_PER_WORD};
use self::slot::{Eviction, Held, Place, Slots, Vacant};
use self::sync::const_fn;
use self::word::{Live, Word};
use crate::control::DropReason;
use crate::lifecycle::{Notice, Outcome, Stage, Violation};

/// What a `static` with a table in its field `packets` says of it.
macro_rules! packets_in_flight {
    () => {
        /// Returns what has been counted so far.
        #[must_use]
        pub fn tally(&self) -> $crate::table::TallySnapshot {
            self.packets.tally()
        }

        /// Returns how many packets are in flight.
        #[must_use]
        pub fn in_flight(&self) -> usize {
            self.packets.len()
        }

        /// Returns what the clock of the table shows: how many packets were to be tracked so far.
        #[must_use]
        pub fn now(&self) -> u64 {
            self.packets.now()
        }

        /// Sets how long a packet may be silent before the table gives it up when it needs room, by that clock: see
        /// [`PacketTable::set_patience`](crate::table::PacketTable::set_patience).
        pub fn set_patience(&self, admissions: u64) {
            self.packets.set_patience(admissions);
        }
    };
}
pub(crate) use packets_in_flight;

/// At how many slots a look in turn looks: half of those that an admission enters at a time.
const LOOKS: usize = SLOTS_PER_WORD / 2;

/// Keeps the state of up to `N` packets in flight, from admission until the server has reported them as processed.
///
/// `N` is at most 65,536; more does not compile:
///
/// ```compile_fail,E0080
/// static PACKETS: dhcp_callout::table::PacketTable<u8, 65_537> = dhcp_callout::table::PacketTable::new();
/// ```
///
/// All operations take `&self`, from any thread; none waits for another
/// thread. A table of type `PacketTable<T, N>` takes for each slot 16 bytes and a `T` (rounded up to the alignment of
/// `T`, at least 8), and 17 KB beside; as a `static` it lies in zeroed memory, and nothing is set up at start.
///
/// The [module](self) says who gets a state back, when a packet is given up, and what becomes of a wrong context.
#[repr(C)]
pub struct PacketTable<T, const N: usize> {
    slots: Slots<T, N>,
    tally: PacketTally,
    tag: Tag,
    /// How long a packet must not have been heard of, by the table's clock; 0 for the default.
    patience: AtomicU64,
    /// What was last heard of before that is silent for long enough, by the table's clock.
    old_before: AtomicU64,
}

/// A packet whose state is kept from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Admitted<T> {
    /// What the server is to carry for the packet.
    pub context: Context,
    /// Another packet that is no longer kept, and whose slot the admitted one got: given up, since the server has not
    /// reported it for long; or at [`Stage::Done`], abandoned by a guard that was dropped.
    pub lost: Option<Finished<T>>,
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
    /// The packet is done, and borrowed; its last borrower gets the state from [`Borrowed::release`]. If that is an
    /// admission that looks at its age at this moment, it returns the state as [`Admitted::lost`].
    Deferred(Outcome),
}

/// The table is full; holds the state that was not admitted.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("packet table full, and no packet in it silent for long enough to be given up")]
pub struct Full<T>(pub T);

/// A context that names no packet in flight, or one that cannot be borrowed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The table has never given out such a context: its tag is not the table's, or there is no such slot.
    #[error("context {0} is not one of this table")]
    Invalid(Context),
    /// The packet has been processed or given up since.
    #[error("context {0} is stale: its packet has been processed or given up")]
    Stale(Context),
    /// The packet has as many borrowers as can be counted, 255.
    #[error("packet of context {0} has 255 borrowers, and cannot have more")]
    TooManyBorrows(Context),
}

/// A notice that changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// The notice does not fit the stage of its packet.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The context names no packet in flight, or one that cannot be borrowed now.
    #[error(transparent)]
    Context(#[from] ContextError),
}

impl<T, const N: usize> PacketTable<T, N> {
    const_fn! {
        /// Creates an empty table.
        #[must_use]
        pub fn new() -> Self {
            const { assert!(N <= MAX_SLOTS, "a Host, a Chain or a PacketTable has at most 65536 slots: Host<Callout, 65536>") };
            Self {
                slots: Slots::new(),
                tally: PacketTally::new(),
                tag: Tag::new(),
                patience: AtomicU64::new(0),
                old_before: AtomicU64::new(0),
            }
        }
    }

    /// Takes the state of a packet into keeping, until [`notify`](Self::notify) hands it back.
    ///
    /// When room is short, the state of a packet that the server has not reported for long may be handed back instead:
    /// [`Admitted::lost`], as the [module](self#packets-that-the-server-never-reports) says.
    ///
    /// # Errors
    /// [`Full`] with the state if there is no vacant slot, and no packet that was old when it was last looked at. It
    /// can also come although a slot is vacant, or a packet old, if all such slots are among the same 64 (of each 64
    /// that follow one another), and a thread was interrupted at the one instruction between its change of these slots
    /// and of the bit that says that there is one.
    #[inline]
    pub fn admit(&self, state: T) -> Result<Admitted<T>, Full<T>> {
        let asked = self.slots.index().ask();
        if !Self::is_short(asked.taken()) {
            if let Some(vacant) = self.slots.claim_near() {
                // Chosen by the admission that first entered a word.
                let context = Self::fill(self.tag.layout(), vacant, state, asked);
                return Ok(Admitted { context, lost: None });
            }
        }
        self.admit_and_look(state, asked)
    }

    /// Lends the state of a packet in flight.
    ///
    /// Any number of threads can borrow the same packet, up to 255 at once. The packet can finish meanwhile; then the
    /// last borrower gets its state from [`Borrowed::release`].
    ///
    /// # Errors
    /// - [`ContextError::Invalid`] for a context that this table has never given out;
    /// - [`ContextError::Stale`] if the packet is done or given up;
    /// - [`ContextError::TooManyBorrows`] if it is borrowed 255 times.
    #[inline]
    pub fn get(&self, context: Context) -> Result<Borrowed<'_, T>, ContextError> {
        self.change(
            context,
            |place, live| {
                if live.has_all_borrowers() {
                    return Err(Some(Refusal::TooManyBorrows));
                }
                place.borrow(live).map_err(|_| None)
            },
            move |refusal| self.refuse(context, refusal),
        )
    }

    /// Reports to the packet what the server reported, and hands its state back when that was the end.
    ///
    /// # Errors
    /// Nothing has changed then, except that the error was counted.
    /// - [`NotifyError::Violation`] if the notice does not fit the stage of the packet, as [`Stage::advance`] says;
    ///   [`Violation::AfterDone`] only while the state is still in its slot, borrowed or abandoned;
    /// - [`NotifyError::Context`] with [`ContextError::Stale`] if the packet is done or given up;
    /// - [`NotifyError::Context`] with [`ContextError::Invalid`] for a context that this table has never given out.
    // Where it is called, the notice is mostly known.
    #[inline(always)]
    pub fn notify(&self, context: Context, notice: Notice) -> Result<Progress<T>, NotifyError> {
        self.change(
            context,
            move |place, live| {
                // Not of `live.stage()`: the two stages apart make better code.
                let next = match live.dropped() {
                    None => Stage::InFlight.advance(notice),
                    Some(reason) => Stage::Dropped(reason).advance(notice),
                };
                let next = next.map_err(|violation| Some(Refusal::Violation(violation)))?;
                self.advance(place, live, next).map_err(|_| None)
            },
            move |refusal| self.refuse_notice(context, refusal),
        )
    }

    /// Reports a drop to the packet, and lends its state: [`notify`](Self::notify) and [`get`](Self::get) in one.
    ///
    /// # Errors
    /// - [`NotifyError::Context`] with [`ContextError::TooManyBorrows`] if the packet is borrowed 255 times: nothing
    ///   has changed, and `notify` can report the drop;
    /// - otherwise as for [`notify`](Self::notify).
    #[inline]
    pub fn note_drop(&self, context: Context, reason: DropReason) -> Result<Borrowed<'_, T>, NotifyError> {
        let borrowed = self.change(
            context,
            move |place, live| {
                let next = live.stage().advance(Notice::Dropped(reason));
                let next = next.map_err(|violation| Some(Refusal::Violation(violation)))?;
                if live.has_all_borrowers() {
                    return Err(Some(Refusal::TooManyBorrows));
                }
                place.advance_and_borrow(live, next).map_err(|_| None)
            },
            move |refusal| self.refuse_notice(context, refusal),
        )?;
        self.tally.count_drop(reason);
        Ok(borrowed)
    }

    /// Returns how far the packet has come: also [`Stage::Done`], as long as its state is still in its slot.
    ///
    /// # Errors
    /// - [`ContextError::Invalid`] for a context that this table has never given out;
    /// - [`ContextError::Stale`] if the packet is done and its state handed back, or given up.
    #[inline]
    pub fn stage(&self, context: Context) -> Result<Stage, ContextError> {
        let layout = self.tag.layout::<N>();
        let place = self.slots.place(Layout::<N>::slot(context));
        let word = place.map_or(Word::UNUSED, |place| place.word());
        if let Some(live) = layout.live(context, word) {
            return Ok(live.stage());
        }
        match layout.outcome(context, word) {
            Some(outcome) => Ok(Stage::Done(outcome)),
            None => Err(self.refuse(context, Refusal::Gone)),
        }
    }

    /// Returns what the table's clock shows: how many admissions have been asked for, granted or not.
    #[inline]
    #[must_use]
    pub fn now(&self) -> u64 {
        self.slots.index().now()
    }

    /// Sets how many admissions must have been asked for since a packet was last heard of before an admission gives it
    /// up; by default the greater of 16 times the capacity and 65,536.
    ///
    /// 0 sets the default again; with [`u64::MAX`] no packet is given up by an admission.
    pub fn set_patience(&self, admissions: u64) {
        self.patience.store(admissions, Relaxed);
    }

    /// Gives up the packets that were last heard of before the table's clock showed `tick`, and hands their states to
    /// `f`.
    ///
    /// For packets that the server never reports as processed, and an author with a clock: note [`now`](Self::now) and
    /// one more every minute, say, and pass what was noted ten minutes ago. One more, since the packet that was
    /// admitted last was admitted when the clock showed what it shows; it would stay as long as no other comes.
    ///
    /// A packet that is borrowed at this moment stays. One that was heard of since the table last looked at it counts
    /// as heard of at this call. Abandoned packets are handed over as [`reap`](Self::reap) does. Looks at every slot
    /// once.
    pub fn evict_before(&self, tick: u64, f: impl FnMut(Finished<T>)) {
        // What is heard of after `let_go` is not old, though the clock may show the same.
        let now = || self.now().max(self.old_before.load(Relaxed));
        self.sweep(|place| place.evict_before(tick, now), f);
    }

    /// Lets admissions give up all packets that are in flight now, and not heard of again, when room is short, unless
    /// the patience is [`u64::MAX`]. Looks at every slot once, and notes each packet, for the next admissions.
    ///
    /// Abandoned packets are handed over as [`reap`](Self::reap) does.
    pub(crate) fn let_go(&self, f: impl FnMut(Finished<T>)) {
        let now = self.now();
        self.old_before.store(now + 1, Relaxed);
        self.sweep(|place| place.let_go(now), f);
    }

    /// Gives up all packets, and hands their states to `f`; for the stop of the service.
    ///
    /// One that is borrowed at this moment goes to its last borrower. Packets that other threads admit meanwhile may
    /// stay.
    pub fn drain(&self, f: impl FnMut(Finished<T>)) {
        self.sweep(Place::evict, f);
    }

    /// Hands the abandoned packets to `f`: those that finished while they were borrowed, and whose last guard was
    /// dropped without [`Borrowed::release`].
    ///
    /// Costs one load for each 64 slots, and a look at each packet that is abandoned, or was old when it was last
    /// looked at.
    pub fn reap(&self, mut f: impl FnMut(Finished<T>)) {
        let index = self.slots.index();
        for place in index.reclaimable(N).filter_map(|number| self.slots.place(number)) {
            if place.word().is_abandoned() {
                // First, so that the next one that is abandoned in the slot is noted.
                index.forget_reclaimable(place.number());
                if let Some(held) = place.reclaim() {
                    f(held.finish());
                }
            }
        }
    }

    /// Returns how many packets are in flight: admitted, and neither done nor given up.
    ///
    /// Exact when no other thread uses the table. Looks at every slot.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots
            .places()
            .filter(|place| place.word().live().is_some())
            .fold(0_usize, |count, _| count.saturating_add(1))
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
        let in_flight = self.len() as u64;
        self.tally.snapshot_with(self.now(), in_flight)
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

/// What admission does.
impl<T, const N: usize> PacketTable<T, N> {
    const DEFAULT_PATIENCE: u64 = if N > 4096 { 16 * N as u64 } else { 65_536 };

    /// Returns whether less than a quarter of the slots is vacant.
    #[inline]
    const fn is_short(taken: usize) -> bool {
        4 * taken > 3 * N
    }

    #[inline]
    fn fill(layout: Layout<N>, vacant: Vacant<'_, T>, state: T, asked: Asked) -> Context {
        let number = vacant.number();
        layout.context(number, vacant.fill(state, asked))
    }

    /// Looks at some slots in turn, and if room is short gives an old packet up before a vacant slot is taken.
    #[cold]
    #[inline(never)]
    fn admit_and_look(&self, state: T, asked: Asked) -> Result<Admitted<T>, Full<T>> {
        let layout = self.tag.chosen::<N>();
        let now = asked.now();
        let is_short = Self::is_short(asked.taken());
        let patience = match self.patience.load(Relaxed) {
            0 => Self::DEFAULT_PATIENCE,
            set => set,
        };
        let tick = match patience {
            u64::MAX => 0,
            _ => now.saturating_sub(patience).max(self.old_before.load(Relaxed)),
        };
        let index = self.slots.index();
        // Whatever admissions come in between: those that need not come here are as many in a row as a word has slots.
        let is_due = !is_short || index.since_turn(now) >= LOOKS as u64;
        let mut old = None;
        if is_due {
            old = self.look(tick, now);
        }
        if is_short {
            old = old.or_else(|| self.give_up_one(tick));
        }
        if let Some(old) = old {
            return Ok(self.take_over(layout, old, state, asked));
        }
        if let Some(vacant) = self.slots.claim() {
            let context = Self::fill(layout, vacant, state, asked);
            return Ok(Admitted { context, lost: None });
        }
        if !is_due {
            if let Some(old) = self.look(tick, now).or_else(|| self.give_up_one(tick)) {
                return Ok(self.take_over(layout, old, state, asked));
            }
        }
        index.count_left();
        self.tally.count_full();
        Err(Full(state))
    }

    /// Looks at the ages of the packets in the next slots, in turn, or as far as one that finishes during that.
    fn look(&self, tick: u64, now: u64) -> Option<Held<'_, T>> {
        let index = self.slots.index();
        let first = index.next_turn(now) % N.div_ceil(LOOKS).max(1) * LOOKS;
        let mut taken = index.taken(first, LOOKS);
        while taken != 0 {
            let place = self.slots.place(first + taken.trailing_zeros() as usize)?;
            let finished = place.look(tick, || self.now());
            if finished.is_some() {
                return finished;
            }
            taken &= taken - 1;
        }
        None
    }

    /// Takes one of the next packets that are noted as old or abandoned, if it was last heard of before `tick`.
    fn give_up_one(&self, tick: u64) -> Option<Held<'_, T>> {
        let index = self.slots.index();
        let (first, mut noted) = index.take_reclaimable(N)?;
        while noted != 0 {
            // No overflow: `first` is less than `N`.
            let place = self.slots.place(first.wrapping_add(noted.trailing_zeros() as usize))?;
            noted &= noted - 1;
            let held = match place.evict_unheard(tick) {
                Eviction::Evicted(held) => {
                    self.tally.count_evicted();
                    held
                }
                Eviction::Abandoned(held) => held,
                Eviction::Nothing | Eviction::Deferred => continue,
            };
            if noted != 0 {
                index.note_reclaimable(first, noted);
            }
            return Some(held);
        }
        None
    }

    /// Admits a packet in the place of another one.
    fn take_over(&self, layout: Layout<N>, old: Held<'_, T>, state: T, asked: Asked) -> Admitted<T> {
        let (lost, vacant) = old.finish_and_stay();
        self.slots.index().count_left();
        let context = Self::fill(layout, vacant, state, asked);
        Admitted {
            context,
            lost: Some(lost),
        }
    }
}

/// What the other operations share; refusals are out of their way.
impl<T, const N: usize> PacketTable<T, N> {
    /// Changes the packet in flight that the context names, or refuses. `change` tries it, and returns `None` as error
    /// if the word has changed meanwhile; `refuse` counts a refusal, and says it to the caller.
    #[inline(always)]
    fn change<'t, R, E>(
        &'t self,
        context: Context,
        change: impl Fn(Place<'t, T>, Live) -> Result<R, Option<Refusal>>,
        refuse: impl Fn(Refusal) -> E,
    ) -> Result<R, E> {
        if let Some(place) = self.slots.place(Layout::<N>::slot(context)) {
            if let Some(live) = self.tag.layout::<N>().live(context, place.word()) {
                if let Ok(changed) = change(place, live) {
                    return Ok(changed);
                }
            }
        }
        // Taken apart, so that what changed above need not be in memory.
        let changed = self.change_again(context, change, refuse)?;
        Ok(changed)
    }

    /// Tries until nobody comes between: somebody gets on with this packet each time.
    #[cold]
    #[inline(never)]
    fn change_again<'t, R, E>(
        &'t self,
        context: Context,
        change: impl Fn(Place<'t, T>, Live) -> Result<R, Option<Refusal>>,
        refuse: impl Fn(Refusal) -> E,
    ) -> Result<R, E> {
        let layout = self.tag.layout::<N>();
        let refusal = loop {
            let Some(place) = self.slots.place(Layout::<N>::slot(context)) else {
                break Refusal::Gone;
            };
            let word = place.word();
            let Some(live) = layout.live(context, word) else {
                break match layout.outcome(context, word) {
                    Some(_) => Refusal::Violation(Violation::AfterDone),
                    None => Refusal::Gone,
                };
            };
            match change(place, live) {
                Ok(changed) => return Ok(changed),
                // The packet is heard of all the same.
                Err(Some(refusal)) if place.hear(live).is_ok() => break refusal,
                Err(_) => {}
            }
        };
        Err(refuse(refusal))
    }

    /// Moves the packet to the stage; an error if its word has changed meanwhile.
    #[inline(always)]
    fn advance(&self, place: Place<'_, T>, live: Live, next: Stage) -> Result<Progress<T>, Word> {
        match next {
            Stage::Done(outcome) if !live.is_borrowed() => {
                let state = place.hold(live)?.take();
                Ok(Progress::Done { outcome, state })
            }
            Stage::Done(outcome) => {
                place.advance(live, next)?;
                Ok(Progress::Deferred(outcome))
            }
            Stage::Dropped(reason) => {
                place.advance(live, next)?;
                self.tally.count_drop(reason);
                Ok(Progress::Dropped(reason))
            }
            Stage::InFlight => {
                debug_assert!(false, "no notice leads back to here");
                Err(live.word())
            }
        }
    }

    fn sweep<'t>(&'t self, evict: impl Fn(Place<'t, T>) -> Eviction<'t, T>, mut f: impl FnMut(Finished<T>)) {
        for place in self.slots.places() {
            match evict(place) {
                Eviction::Nothing => {}
                Eviction::Deferred => self.tally.count_evicted(),
                Eviction::Abandoned(held) => f(held.finish()),
                Eviction::Evicted(held) => {
                    let finished = held.finish();
                    self.tally.count_evicted();
                    f(finished);
                }
            }
        }
    }

    #[cold]
    fn refuse_notice(&self, context: Context, refusal: Refusal) -> NotifyError {
        if let Refusal::Violation(violation) = refusal {
            self.tally.count_violation(violation);
            violation.into()
        } else {
            self.refuse(context, refusal).into()
        }
    }

    #[cold]
    fn refuse(&self, context: Context, refusal: Refusal) -> ContextError {
        if let Refusal::TooManyBorrows = refusal {
            return ContextError::TooManyBorrows(context);
        }
        self.tally.count_stale();
        if self.tag.layout::<N>().is_possible(context) {
            ContextError::Stale(context)
        } else {
            ContextError::Invalid(context)
        }
    }
}

/// Why a packet is not changed.
#[derive(Clone, Copy)]
enum Refusal {
    /// There is no such packet in flight.
    Gone,
    Violation(Violation),
    TooManyBorrows,
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// What is noted of the others stays, and that of its own would cost a look each time.
    #[test]
    fn to_reap_a_packet_forgets_the_note_of_its_slot_alone() {
        let table = PacketTable::<u8, 4>::new();
        let [live, abandoned] = [7, 8].map(|state| table.admit(state).unwrap().context);
        let borrowed = table.get(abandoned).unwrap();
        let progress = table.notify(abandoned, Notice::Processed).unwrap();
        assert!(matches!(progress, Progress::Deferred(_)), "{progress:?}");
        drop(borrowed);
        let (index, number) = (table.slots.index(), Layout::<4>::slot(live));
        index.note_reclaimable(number, 1);
        let mut reaped = None;
        table.reap(|finished| reaped = Some(finished.state));
        assert_eq!(reaped, Some(8));
        assert!(index.reclaimable(4).eq([number]));
    }

    /// All that are in flight may be given up from then on; which of them first, their ages say as before.
    #[test]
    fn what_is_let_go_is_no_younger() {
        let table = PacketTable::<u8, 4>::new();
        let admit = |state| table.admit(state).unwrap().lost.map(|lost| lost.state);
        assert_eq!(admit(7), None);
        let tick = table.now() + 1;
        assert_eq!(admit(8), None);
        table.let_go(|finished| panic!("{finished:?}"));
        let mut given_up = None;
        table.evict_before(tick, |finished| given_up = Some(finished.state));
        assert_eq!(given_up, Some(7));
        // Once room is short, also the packet that was admitted last before.
        assert_eq!([9, 10, 11, 12].map(admit), [None, None, None, Some(8)]);
        // But not by an admission if there is to be no end to the patience.
        table.set_patience(u64::MAX);
        table.let_go(|finished| panic!("{finished:?}"));
        assert!(table.admit(13).is_err());
    }
}
