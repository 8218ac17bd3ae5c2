//! What keeps the state of packets: the table of the crate, and what a user would take instead.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::ptr::without_provenance_mut;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use dashmap::DashMap;
use dhcp_callout::table::{Context, PacketTable, Progress};
use dhcp_callout::{DropReason, Notice};
use sharded_slab::Slab as ShardedSlab;
use slab::Slab;

pub type State = [u64; 3];

/// The hasher that maps have by default, but with the same keys on every run, so that a map takes as many instructions.
type Hashers = BuildHasherDefault<DefaultHasher>;

/// Keeps the states of packets between the hooks of a server that carries one number for each.
pub trait Peer: Sync + Sized {
    const NAME: &'static str;

    fn new() -> Box<Self>;

    fn admit(&self, state: State) -> usize;

    /// Returns the first word of the state.
    fn get(&self, context: usize) -> Option<u64>;

    /// Notes why the packet was dropped.
    fn dropped(&self, context: usize, code: u32);

    /// Notes that the packet was processed, and returns what comes of its state.
    fn processed(&self, context: usize) -> Option<u64>;
}

/// The state of a packet and the first reason for which it was dropped, where the peer keeps no stage itself.
struct Entry {
    reason: AtomicU32,
    state: State,
}

/// Uses the state that was handed back.
fn consume(state: State) -> u64 {
    state.iter().fold(0, |all, word| all ^ word)
}

impl Entry {
    fn new(state: State) -> Self {
        Self {
            reason: AtomicU32::new(0),
            state,
        }
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
            Ok(Progress::Done { state, .. }) => Some(consume(state)),
            _ => None,
        }
    }
}

/// `Box::into_raw`, and back without any check: a repeated or foreign context is undefined behaviour.
pub struct Boxed;

impl Peer for Boxed {
    const NAME: &'static str = "Box::into_raw, unchecked";

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
        Some(consume(unsafe { Box::from_raw(entry) }.state))
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

    fn admit(&self, state: State) -> usize {
        self.0.lock().unwrap().insert(Entry::new(state)) + 1
    }

    fn get(&self, context: usize) -> Option<u64> {
        self.0.lock().unwrap().get(context - 1).map(|entry| entry.state[0])
    }

    fn dropped(&self, context: usize, code: u32) {
        if let Some(entry) = self.0.lock().unwrap().get_mut(context - 1) {
            *entry.reason.get_mut() = code;
        }
    }

    fn processed(&self, context: usize) -> Option<u64> {
        let entry = self.0.lock().unwrap().try_remove(context - 1);
        entry.map(|entry| consume(entry.state))
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

    fn admit(&self, state: State) -> usize {
        let context = self.next.fetch_add(1, Relaxed) + 1;
        self.packets.lock().unwrap().insert(context, Entry::new(state));
        context
    }

    fn get(&self, context: usize) -> Option<u64> {
        self.packets.lock().unwrap().get(&context).map(|entry| entry.state[0])
    }

    fn dropped(&self, context: usize, code: u32) {
        if let Some(entry) = self.packets.lock().unwrap().get_mut(&context) {
            *entry.reason.get_mut() = code;
        }
    }

    fn processed(&self, context: usize) -> Option<u64> {
        self.packets
            .lock()
            .unwrap()
            .remove(&context)
            .map(|entry| consume(entry.state))
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

    fn admit(&self, state: State) -> usize {
        let context = self.next.fetch_add(1, Relaxed) + 1;
        self.packets.insert(context, Entry::new(state));
        context
    }

    fn get(&self, context: usize) -> Option<u64> {
        self.packets.get(&context).map(|entry| entry.state[0])
    }

    fn dropped(&self, context: usize, code: u32) {
        if let Some(entry) = self.packets.get(&context) {
            entry.reason.store(code, Relaxed);
        }
    }

    fn processed(&self, context: usize) -> Option<u64> {
        self.packets.remove(&context).map(|(_, entry)| consume(entry.state))
    }
}

pub struct Sharded(ShardedSlab<Entry>);

impl Peer for Sharded {
    const NAME: &'static str = "sharded-slab";

    fn new() -> Box<Self> {
        Box::new(Self(ShardedSlab::new()))
    }

    fn admit(&self, state: State) -> usize {
        self.0.insert(Entry::new(state)).unwrap()
    }

    fn get(&self, context: usize) -> Option<u64> {
        self.0.get(context).map(|entry| entry.state[0])
    }

    fn dropped(&self, context: usize, code: u32) {
        if let Some(entry) = self.0.get(context) {
            entry.reason.store(code, Relaxed);
        }
    }

    fn processed(&self, context: usize) -> Option<u64> {
        self.0.take(context).map(|entry| consume(entry.state))
    }
}
