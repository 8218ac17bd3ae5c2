//! The memory that hooks get pointers to: guard zones around each piece, and poison in it when the call has ended.
//!
//! It belongs to the server and not to the call, so that a callout which keeps a pointer reads poison, not freed
//! memory.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::buffer::PACKET_CAPACITY;
use crate::hook::{read_bytes, read_pointer, write_bytes, write_pointer};

/// What is in memory that no hook may use.
const POISON: u8 = 0xDD;
const OTHER_POISON: u8 = 0x22;
const WORD: usize = size_of::<usize>();
/// How many bytes around each piece must stay as they are if it is not exact; a multiple of 16, to which pieces are
/// aligned.
const GUARD: usize = 64;
/// How many bytes a call has: for a packet, its variables, and the guard zones.
const SLOT: usize = 6144;
/// How many pieces most calls have at most.
const PIECES: usize = 8;
/// What is in memory when its call has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remains {
    /// Poison.
    Poison,
    /// Other poison.
    OtherPoison,
    /// What the call has left there, until another call gets the memory; and where there was nothing, the other poison.
    Contents,
}

impl Remains {
    /// Returns the poison of a slot.
    const fn poison(self) -> &'static [u8; SLOT] {
        static POISONS: [[u8; SLOT]; 2] = [[POISON; SLOT], [OTHER_POISON; SLOT]];
        let [usual, other] = &POISONS;
        match self {
            Self::Poison => usual,
            Self::OtherPoison | Self::Contents => other,
        }
    }

    /// Returns what is to be in memory to see whether something follows what is there now.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Poison => Self::OtherPoison,
            Self::OtherPoison | Self::Contents => Self::Poison,
        }
    }

    /// Returns whether there is this poison in `packet`, so much of it that it is not there by chance.
    pub(super) fn is_in(self, packet: &[u8]) -> bool {
        let [poison, ..] = *self.poison();
        packet.contains(&poison) && packet.windows(4).any(|bytes| bytes == [poison; 4])
    }
}

/// Memory in slots of one call each.
#[derive(Debug)]
pub(super) struct Arena {
    slots: Box<[MemorySlot]>,
    /// Slots are taken in turn, so that what was kept of the last call is poison during the next.
    next: AtomicUsize,
    remains: Remains,
}

/// Memory for one call.
#[derive(Debug)]
struct MemorySlot {
    is_taken: AtomicBool,
    /// Whether no further call gets it.
    is_spent: AtomicBool,
    /// INVARIANT: poison if the slot is not taken, unless a hook wrote after its call.
    words: [AtomicUsize; SLOT / WORD],
}

/// The memory of one call: poison again when it is dropped.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    arena: &'a Arena,
    /// `None` if each piece is an allocation of its own.
    slot: Option<&'a MemorySlot>,
    /// How many bytes around each piece must stay as they are.
    guard: usize,
    /// Where the last piece in the slot ends.
    used: usize,
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    /// Where it is in the slot, or in its block.
    range: Range<usize>,
    /// An allocation of its own.
    block: Option<Vec<u8>>,
}

/// A piece by its number, and where a hook finds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacedPiece {
    number: usize,
    pub(super) pointer: *mut u8,
}

/// Returns for how many bytes a claimed size may be believed.
pub(super) fn readable(claim: Option<u32>) -> usize {
    let claim = claim.and_then(|claim| usize::try_from(claim).ok());
    claim.filter(|claim| *claim <= PACKET_CAPACITY).unwrap_or(0)
}

/// Returns whether an address in memory for calls is in that of the call which has it from `start` on, or so near that
/// it is in no other packet.
pub(super) const fn is_near(start: usize, address: usize) -> bool {
    address < start.saturating_add(SLOT) && start < address.saturating_add(PACKET_CAPACITY)
}

/// Returns where two slices of one length differ, from the first byte to the last.
fn difference(one: &[u8], other: &[u8]) -> Option<Range<usize>> {
    if one == other {
        return None;
    }
    let length = one.len();
    let start = longest(length, |end| one.get(..end) == other.get(..end));
    let after = longest(length, |bytes| {
        let start = length.saturating_sub(bytes);
        one.get(start..) == other.get(start..)
    });
    Some(start..length.saturating_sub(after))
}

/// Returns the largest number up to `most` for which something is true that is true for all smaller ones.
fn longest(most: usize, is_so: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = high.saturating_sub(high.saturating_sub(low) / 2);
        if is_so(middle) {
            low = middle;
        } else {
            high = middle.saturating_sub(1);
        }
    }
    low
}

impl Arena {
    /// Creates memory for so many calls at once; if there are more, theirs is gone when they have ended.
    pub(super) fn new(slots: usize, remains: Remains) -> Self {
        Self {
            slots: (0..slots).map(|_| MemorySlot::new(remains)).collect(),
            next: AtomicUsize::new(0),
            remains,
        }
    }

    /// Returns memory for one call; if it is `exact`, each piece is an allocation of its own, without guard zones, so
    /// that a sanitizer sees each byte too many.
    pub(super) fn memory(&self, exact: bool) -> Memory<'_> {
        let mut tries = self.slots.iter().filter(|_| !exact);
        let slot = tries.find_map(|_| {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let slot = self.slots.get(turn.checked_rem(self.slots.len())?)?;
            (!slot.is_spent.load(Ordering::Relaxed) && slot.take()).then_some(slot)
        });
        if let Some(slot) = slot.filter(|_| self.remains == Remains::Contents) {
            slot.write(0, self.remains.poison());
        }
        Memory {
            arena: self,
            slot,
            guard: if exact { 0 } else { GUARD },
            used: 0,
            pieces: Vec::with_capacity(PIECES),
        }
    }

    /// Returns what is in memory when its call has ended.
    pub(super) const fn remains(&self) -> Remains {
        self.remains
    }

    /// Returns whether there is memory for calls at this address.
    pub(super) fn has(&self, address: usize) -> bool {
        self.rest(address) > 0
    }

    /// Returns how many bytes of memory for calls there are from this address on.
    fn rest(&self, address: usize) -> usize {
        let offset = address.checked_sub(self.slots.as_ptr().addr());
        offset.map_or(0, |offset| size_of_val(&*self.slots).saturating_sub(offset))
    }

    /// Returns whether memory was written that no call has, and makes it poison again.
    pub(super) fn was_written_late(&self) -> bool {
        let poison = self.remains.poison();
        let mut was_written = false;
        // Nothing leads to the others yet: what was written too far reaches the next at most.
        let known = self.next.load(Ordering::Relaxed).saturating_add(1);
        for slot in self.slots.iter().take(known).filter(|slot| slot.take()) {
            if self.remains != Remains::Contents && slot.bytes() != poison {
                was_written = true;
                slot.write(0, poison);
            }
            slot.release();
        }
        was_written
    }
}

impl MemorySlot {
    fn new(remains: Remains) -> Self {
        let [poison, ..] = *remains.poison();
        Self {
            is_taken: AtomicBool::new(false),
            is_spent: AtomicBool::new(false),
            words: [(); SLOT / WORD].map(|()| AtomicUsize::new(usize::from_ne_bytes([poison; WORD]))),
        }
    }

    /// Takes the slot, if it is free; returns whether it was.
    fn take(&self) -> bool {
        !self.is_taken.swap(true, Ordering::Acquire)
    }

    fn release(&self) {
        self.is_taken.store(false, Ordering::Release);
    }

    fn start(&self) -> *mut u8 {
        self.words.as_ptr().cast::<u8>().cast_mut()
    }

    /// Returns what is in the slot. That a callout writes there after its call, from a thread of its own at this very
    /// moment, is its fault.
    fn bytes(&self) -> &[u8] {
        let start = self.start();
        // SAFETY: the slot has so many bytes, and only who has taken it reads and writes them, one after the other.
        unsafe { read_bytes(start, SLOT) }
    }

    /// Writes `bytes` from the byte `start` on, as far as the slot reaches.
    fn write(&self, start: usize, bytes: &[u8]) {
        let most = SLOT.saturating_sub(start).min(bytes.len());
        let (bytes, _) = bytes.split_at_checked(most).unwrap_or_default();
        let start = self.start().wrapping_add(start);
        // SAFETY: the slot has so many bytes, and who has taken it uses it alone.
        unsafe { write_bytes(start, bytes) };
    }
}

impl Memory<'_> {
    /// Sees to it that the memory is no later call's, so that what was kept of this one shows as long as the server is
    /// there.
    pub(super) fn spend(&self) {
        if let Some(slot) = self.slot {
            slot.is_spent.store(true, Ordering::Relaxed);
        }
    }

    /// Copies `bytes` into a piece of memory that is `capacity` bytes long at least, `offset` bytes from an aligned
    /// address.
    pub(super) fn place(&mut self, bytes: &[u8], capacity: usize, offset: usize) -> PlacedPiece {
        let length = capacity.max(bytes.len());
        let start = self
            .used
            .next_multiple_of(16)
            .saturating_add(self.guard)
            .saturating_add(offset);
        let end = start.saturating_add(length);
        let (range, pointer, block) = if let Some(slot) = self.slot.filter(|_| end.saturating_add(GUARD) <= SLOT) {
            slot.write(start, bytes);
            self.used = end;
            (start..end, slot.start().wrapping_add(start), None)
        } else {
            let [poison, ..] = *self.arena.remains.poison();
            let start = offset.saturating_add(self.guard);
            let end = start.saturating_add(length);
            let mut block = Vec::with_capacity(end.saturating_add(self.guard));
            block.resize(start, poison);
            block.extend_from_slice(bytes);
            block.resize(end.saturating_add(self.guard), poison);
            (start..end, block.as_mut_ptr().wrapping_add(start), Some(block))
        };
        let number = self.pieces.len();
        self.pieces.push(Piece { range, block });
        PlacedPiece { number, pointer }
    }

    /// Returns the first `length` bytes of a piece into which `bytes` were put, or all if there are fewer, as a hook
    /// finds them.
    pub(super) fn before(&self, place: PlacedPiece, bytes: &[u8], length: usize) -> Vec<u8> {
        let length = length.min(self.bytes(place).len());
        let mut before = bytes.get(..length).unwrap_or(bytes).to_vec();
        let [poison, ..] = *self.arena.remains.poison();
        before.resize(length, poison);
        before
    }

    /// Returns what is in a piece now.
    pub(super) fn bytes(&self, place: PlacedPiece) -> &[u8] {
        let piece = self.pieces.get(place.number);
        let bytes = piece.and_then(|Piece { range, block }| {
            let all = block.as_deref().or(self.slot.map(MemorySlot::bytes))?;
            all.get(range.clone())
        });
        bytes.unwrap_or_default()
    }

    /// Returns what is in a piece of `N` bytes now.
    pub(super) fn array<const N: usize>(&self, place: PlacedPiece) -> [u8; N] {
        self.bytes(place).first_chunk().copied().unwrap_or([POISON; N])
    }

    /// Puts a pointer into a piece, so many bytes after its start: not as bytes, which would be none to follow.
    pub(super) fn point(&self, place: Option<PlacedPiece>, offset: usize, pointer: *mut u8) {
        let end = offset.saturating_add(size_of::<*mut u8>());
        if let Some(place) = place.filter(|place| end <= self.bytes(*place).len()) {
            let variable = place.pointer.wrapping_add(offset).cast();
            // SAFETY: it is within the piece, which the call alone uses.
            unsafe { write_pointer(variable, pointer) };
        }
    }

    /// Returns the exposed address of the pointer in a piece; 0 if that is no piece of a pointer.
    pub(super) fn address(&self, place: PlacedPiece) -> usize {
        let is_whole = self.bytes(place).len() >= size_of::<*mut u8>();
        let variable = place.pointer.cast();
        // SAFETY: it is within the piece, which the call alone uses.
        let pointer = is_whole.then(|| unsafe { read_pointer(variable) });
        pointer.map_or(0, <*mut u8>::expose_provenance)
    }

    /// Returns which bytes of a piece into which `before` was put have changed, from the first to the last.
    pub(super) fn written(&self, place: PlacedPiece, before: &[u8]) -> Option<Range<usize>> {
        let (now, rest) = self.bytes(place).split_at_checked(before.len())?;
        let in_rest = difference(self.arena.remains.poison().get(..rest.len())?, rest)
            .map(|Range { start, end }| start.saturating_add(before.len())..end.saturating_add(before.len()));
        match (difference(before, now), in_rest) {
            (Some(first), Some(last)) => Some(first.start..last.end),
            (first, last) => first.or(last),
        }
    }

    /// Returns the address of the memory for calls that this call has, if it is not one of blocks.
    pub(super) fn start(&self) -> Option<usize> {
        self.slot.map(|slot| slot.start().addr())
    }

    /// Returns whether so many bytes from this address on begin in memory for calls, and end after it.
    pub(super) fn is_cut(&self, address: usize, size: u32) -> bool {
        let rest = self.arena.rest(address);
        rest > 0 && usize::try_from(size).map_or(true, |size| rest < size)
    }

    /// Returns whether memory of an earlier call was written since the call before this one.
    pub(super) fn was_written_late(&self) -> bool {
        self.arena.was_written_late()
    }

    /// Returns whether something was written in a guard zone.
    pub(super) fn has_stray_write(&self) -> bool {
        let poison = self.arena.remains.poison();
        let is_poison = |bytes: Option<&[u8]>| bytes.is_none_or(|bytes| poison.starts_with(bytes));
        let is_guarded = |Piece { range, block }: &Piece| {
            let block = block.as_deref();
            is_poison(block.and_then(|block| block.get(..range.start)))
                && is_poison(block.and_then(|block| block.get(range.end..)))
        };
        let in_slot = self.pieces.iter().filter(|piece| piece.block.is_none());
        let starts = in_slot.clone().map(|piece| piece.range.start).chain([SLOT]);
        let mut zones = [0].into_iter().chain(in_slot.map(|piece| piece.range.end)).zip(starts);
        let bytes = self.slot.map(MemorySlot::bytes);
        !(self.pieces.iter().all(is_guarded)
            && zones.all(|(end, start)| is_poison(bytes.and_then(|bytes| bytes.get(end..start)))))
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        let [poison, ..] = *self.arena.remains.poison();
        for block in self.pieces.iter_mut().filter_map(|piece| piece.block.as_mut()) {
            block.fill(poison);
        }
        if let Some(slot) = self.slot {
            if self.arena.remains != Remains::Contents {
                slot.write(0, self.arena.remains.poison());
            }
            slot.release();
        }
    }
}
