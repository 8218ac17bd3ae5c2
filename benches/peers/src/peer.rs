//! What keeps the state of packets: the table of the crate, and what a user would take instead.

use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::ptr::without_provenance_mut;
use std::sync::Mutex;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize};

use dashmap::DashMap;
use dhcp_callout::table::{Context, PacketTable, Progress};
use dhcp_callout::{DropReason, Notice, Outcome};
use sharded_slab::Slab as ShardedSlab;
use slab::Slab;

pub type State = [u64; 3];

/// The hasher that maps have by default, but with the same keys on every run, so that a map takes as many instructions.
type Hashers = BuildHasherDefault<DefaultHasher>;

/// Keeps the states of packets between the hooks of a server that carries one number for each.
pub trait Peer: Sync + Sized {
    const NAME: &'static str;
    /// Whether the context of a packet that is gone does no harm.
    const CHECKS: bool = true;

    fn new() -> Box<Self>;

    fn admit(&self, state: State) -> usize;

    /// Returns the first word of the state.
    fn get(&self, context: usize) -> Option<u64>;

    /// Notes why the packet was dropped.
    fn dropped(&self, context: usize, code: u32);

    /// Notes that the packet was processed, and returns what [`consume`] makes of its state and the reason.
    fn processed(&self, context: usize) -> Option<u64>;
}

/// The state of a packet and the first reason for which it was dropped, where the peer keeps no stage itself.
struct Entry {
    reason: AtomicU32,
    state: State,
}

/// Uses the state that was handed back, in the order of its words, and why the packet was dropped; 0 if it was not.
#[inline]
pub fn consume(state: State, reason: u32) -> u64 {
    state
        .iter()
        .fold(u64::from(reason), |all, word| all.rotate_left(16) ^ word)
}

impl Entry {
    fn new(state: State) -> Self {
        Self {
            reason: AtomicU32::new(0),
            state,
        }
    }

    fn consume(self) -> u64 {
        consume(self.state, self.reason.into_inner())
    }
}

/// The empty loop.
pub struct Nothing;

impl Peer for Nothing {
    const NAME: &'static str = "nothing";

    fn new() -> Box<Self> {
        Box::new(Self)
    }

    fn admit(&self, state: State) -> usize {
        state[0] as usize
    }

    fn get(&self, context: usize) -> Option<u64> {
        Some(context as u64)
    }

    fn dropped(&self, context: usize, code: u32) {
        std::hint::black_box((context, code));
    }

    fn processed(&self, context: usize) -> Option<u64> {
        Some(context as u64)
    }
}

/// The least for which contexts are checked and states lent: a slot is found by probing, and what it holds is in one
/// word. It does not know how many packets it holds, counts nothing, never gives one up, and a nearly full one is slow.
pub struct Probed<const N: usize> {
    next: AtomicUsize,
    slots: [Probe; N],
}

/// The word: how many have the state on loan, [`LIVE`](Self::LIVE), from bit 16 the reason, from bit 32 how often the
/// slot was used.
struct Probe {
    word: AtomicU64,
    state: UnsafeCell<State>,
}

// SAFETY: the word says who has the state.
unsafe impl Sync for Probe {}

impl Probe {
    /// That the slot has a packet; if not, and the lowest bit is set, a thread is about to put one in or take it out.
    const LIVE: u64 = 1 << 8;

    /// Returns the word if the slot has the packet of that context.
    #[inline]
    fn live(&self, context: usize) -> Option<u64> {
        let word = self.word.load(Acquire);
        (word & Self::LIVE != 0 && word >> 32 == context as u64 >> 16).then_some(word)
    }

    /// Replaces a word that is still there.
    #[inline]
    fn replace(&self, from: u64, to: u64) -> bool {
        self.word.compare_exchange(from, to, AcqRel, Relaxed).is_ok()
    }
}

impl<const N: usize> Probed<N> {
    #[inline]
    fn probe(&self, context: usize) -> &Probe {
        &self.slots[context % N]
    }
}

impl<const N: usize> Peer for Probed<N> {
    const NAME: &'static str = "floor";

    fn new() -> Box<Self> {
        Box::new(Self {
            next: AtomicUsize::new(0),
            slots: [const {
                Probe {
                    word: AtomicU64::new(1 << 32),
                    state: UnsafeCell::new([0; 3]),
                }
            }; N],
        })
    }

    #[inline]
    fn admit(&self, state: State) -> usize {
        let next = self.next.load(Relaxed);
        for number in next..next + N {
            let probe = self.probe(number);
            let word = probe.word.load(Relaxed);
            if word as u32 == 0 && probe.replace(word, word | 1) {
                // SAFETY: whoever sets the bit has the slot.
                unsafe { probe.state.get().write(state) };
                probe.word.store(word | Probe::LIVE, Release);
                self.next.store(number + 1, Relaxed);
                return (word >> 32 << 16) as usize | (number % N);
            }
        }
        0
    }

    #[inline]
    fn get(&self, context: usize) -> Option<u64> {
        let probe = self.probe(context);
        let word = probe.live(context)?;
        if !probe.replace(word, word + 1) {
            return None;
        }
        // SAFETY: nobody takes a state out that is lent.
        let first = unsafe { (*probe.state.get())[0] };
        probe.word.fetch_sub(1, Release);
        Some(first)
    }

    #[inline]
    fn dropped(&self, context: usize, code: u32) {
        let probe = self.probe(context);
        if let Some(word) = probe.live(context) {
            probe.replace(word, word | u64::from(code) << 16);
        }
    }

    #[inline]
    fn processed(&self, context: usize) -> Option<u64> {
        let probe = self.probe(context);
        let word = probe.live(context)?;
        if word as u8 != 0 || !probe.replace(word, 1) {
            return None;
        }
        // SAFETY: nobody had it on loan, and whoever takes the packet away has the slot.
        let state = unsafe { probe.state.get().read() };
        probe.word.store(((word >> 32) + 1) << 32, Release);
        Some(consume(state, word as u32 >> 16))
    }
}

fn table<const N: usize>() -> Box<PacketTable<State, N>> {
    // Too large for the stack of a thread, perhaps; a user has a `static`.
    let table: Box<std::mem::MaybeUninit<PacketTable<State, N>>> = Box::new_uninit();
    let pointer = Box::into_raw(table).cast::<PacketTable<State, N>>();
    // SAFETY: the memory is the table's, and is written before it is used.
    unsafe {
        pointer.write(PacketTable::new());
        Box::from_raw(pointer)
    }
}

impl<const N: usize> Peer for PacketTable<State, N> {
    const NAME: &'static str = "PacketTable";

    fn new() -> Box<Self> {
        table()
    }

    #[inline]
    fn admit(&self, state: State) -> usize {
        PacketTable::admit(self, state).map_or(0, |admitted| admitted.context.as_raw().addr())
    }

    #[inline]
    fn get(&self, context: usize) -> Option<u64> {
        let context = Context::from_raw(without_provenance_mut(context))?;
        PacketTable::get(self, context).ok().map(|state| state[0])
    }

    #[inline]
    fn dropped(&self, context: usize, code: u32) {
        if let Some(context) = Context::from_raw(without_provenance_mut(context))
            && let Some(reason) = DropReason::from_code(code)
        {
            let _ = PacketTable::notify(self, context, Notice::Dropped(reason));
        }
    }

    #[inline]
    fn processed(&self, context: usize) -> Option<u64> {
        let context = Context::from_raw(without_provenance_mut(context))?;
        match PacketTable::notify(self, context, Notice::Processed) {
            Ok(Progress::Done { outcome, state }) => {
                let reason = match outcome {
                    Outcome::Dropped(reason) => reason.code(),
                    Outcome::Processed => 0,
                };
                Some(consume(state, reason))
            }
            _ => None,
        }
    }
}

/// `Box::into_raw`, and back without any check: a repeated or foreign context is undefined behaviour.
pub struct Boxed;

impl Peer for Boxed {
    const NAME: &'static str = "Box::into_raw, unchecked";
    const CHECKS: bool = false;

    fn new() -> Box<Self> {
        Box::new(Self)
    }

    #[inline]
    fn admit(&self, state: State) -> usize {
        Box::into_raw(Box::new(Entry::new(state))).expose_provenance()
    }

    #[inline]
    fn get(&self, context: usize) -> Option<u64> {
        let entry: *const Entry = std::ptr::with_exposed_provenance(context);
        // SAFETY: the loop of the bench gives back what it was given, until it is processed.
        Some(unsafe { (*entry).state[0] })
    }

    #[inline]
    fn dropped(&self, context: usize, code: u32) {
        let entry: *const Entry = std::ptr::with_exposed_provenance(context);
        // SAFETY: as for `get`.
        unsafe { (*entry).reason.store(code, Relaxed) }
    }

    #[inline]
    fn processed(&self, context: usize) -> Option<u64> {
        let entry: *mut Entry = std::ptr::with_exposed_provenance_mut(context);
        // SAFETY: as for `get`, and processed once.
        Some(unsafe { Box::from_raw(entry) }.consume())
    }
}

/// What one would write first: right as long as nobody hands a number in twice.
#[derive(Default)]
pub struct LockedSlab(Mutex<Slab<Entry>>);

impl Peer for LockedSlab {
    const NAME: &'static str = "Mutex<Slab>";

    fn new() -> Box<Self> {
        Box::default()
    }

    #[inline]
    fn admit(&self, state: State) -> usize {
        self.0.lock().unwrap().insert(Entry::new(state)) + 1
    }

    #[inline]
    fn get(&self, context: usize) -> Option<u64> {
        self.0.lock().unwrap().get(context - 1).map(|entry| entry.state[0])
    }

    #[inline]
    fn dropped(&self, context: usize, code: u32) {
        if let Some(entry) = self.0.lock().unwrap().get_mut(context - 1) {
            *entry.reason.get_mut() = code;
        }
    }

    #[inline]
    fn processed(&self, context: usize) -> Option<u64> {
        let entry = self.0.lock().unwrap().try_remove(context - 1);
        entry.map(Entry::consume)
    }
}

#[derive(Default)]
pub struct LockedMap {
    next: AtomicUsize,
    packets: Mutex<HashMap<usize, Entry, Hashers>>,
}

impl Peer for LockedMap {
    const NAME: &'static str = "Mutex<HashMap>";

    fn new() -> Box<Self> {
        Box::default()
    }

    #[inline]
    fn admit(&self, state: State) -> usize {
        let context = self.next.fetch_add(1, Relaxed) + 1;
        self.packets.lock().unwrap().insert(context, Entry::new(state));
        context
    }

    #[inline]
    fn get(&self, context: usize) -> Option<u64> {
        self.packets.lock().unwrap().get(&context).map(|entry| entry.state[0])
    }

    #[inline]
    fn dropped(&self, context: usize, code: u32) {
        if let Some(entry) = self.packets.lock().unwrap().get_mut(&context) {
            *entry.reason.get_mut() = code;
        }
    }

    #[inline]
    fn processed(&self, context: usize) -> Option<u64> {
        self.packets.lock().unwrap().remove(&context).map(Entry::consume)
    }
}

#[derive(Default)]
pub struct Dash {
    next: AtomicUsize,
    packets: DashMap<usize, Entry, Hashers>,
}

impl Peer for Dash {
    const NAME: &'static str = "dashmap";

    fn new() -> Box<Self> {
        Box::default()
    }

    #[inline]
    fn admit(&self, state: State) -> usize {
        let context = self.next.fetch_add(1, Relaxed) + 1;
        self.packets.insert(context, Entry::new(state));
        context
    }

    #[inline]
    fn get(&self, context: usize) -> Option<u64> {
        self.packets.get(&context).map(|entry| entry.state[0])
    }

    #[inline]
    fn dropped(&self, context: usize, code: u32) {
        if let Some(entry) = self.packets.get(&context) {
            entry.reason.store(code, Relaxed);
        }
    }

    #[inline]
    fn processed(&self, context: usize) -> Option<u64> {
        self.packets.remove(&context).map(|(_, entry)| entry.consume())
    }
}

pub struct Sharded(ShardedSlab<Entry>);

impl Peer for Sharded {
    const NAME: &'static str = "sharded-slab";

    fn new() -> Box<Self> {
        Box::new(Self(ShardedSlab::new()))
    }

    #[inline]
    fn admit(&self, state: State) -> usize {
        self.0.insert(Entry::new(state)).unwrap()
    }

    #[inline]
    fn get(&self, context: usize) -> Option<u64> {
        self.0.get(context).map(|entry| entry.state[0])
    }

    #[inline]
    fn dropped(&self, context: usize, code: u32) {
        if let Some(entry) = self.0.get(context) {
            entry.reason.store(code, Relaxed);
        }
    }

    #[inline]
    fn processed(&self, context: usize) -> Option<u64> {
        self.0.take(context).map(Entry::consume)
    }
}
