//! The memory that hooks get pointers to: guard zones around each piece, and poison in it when the call has ended.
//!
//! It belongs to the server and not to the call, so that a callout which keeps a pointer reads poison, not freed memory.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::buffer::PACKET_CAPACITY;
use crate::hook::{read_bytes, write_bytes};

/// What is in memory that no hook may use.
pub(super) const POISON: u8 = 0xDD;
const WORD: usize = size_of::<usize>();
/// How many bytes around each piece must stay as they are if it is not exact; a multiple of 16, to which pieces are aligned.
const GUARD: usize = 64;
/// How many bytes a call has: for a packet, its variables, and the guard zones.
const SLOT: usize = 6144;
/// How many pieces most calls have at most.
const PIECES: usize = 8;
/// How many bytes most calls put into them.
const CONTENTS: usize = 640;
/// What is in memory when its call has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remains {
    /// Poison.
    Poison,
    /// What the call has left there, until another call gets the memory; and where there was nothing, other poison.
    Contents,
}

impl Remains {
    /// Returns the poison of a slot.
    const fn poison(self) -> &'static [u8; SLOT] {
        static POISONS: [[u8; SLOT]; 2] = [[POISON; SLOT], [0x22; SLOT]];
        let [usual, other] = &POISONS;
        match self {
            Self::Poison => usual,
            Self::Contents => other,
        }
    }
}

/// Memory in slots of one call each.
#[derive(Debug)]
pub(super) struct Arena {
    are_taken: Box<[AtomicBool]>,
    /// INVARIANT: poison in each slot that is not taken, unless a hook wrote after its call.
    words: Box<[AtomicUsize]>,
    /// Slots are taken in turn, so that what was kept of the last call is poison during the next.
    next: AtomicUsize,
    remains: Remains,
}

/// A slot that is taken.
#[derive(Clone, Copy, Debug)]
struct Slot<'a> {
    is_taken: &'a AtomicBool,
    words: &'a [AtomicUsize],
}

/// The memory of one call: poison again when it is dropped.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    arena: &'a Arena,
    /// `None` if each piece is an allocation of its own.
    slot: Option<Slot<'a>>,
    /// How many bytes around each piece must stay as they are.
    guard: usize,
    /// Where the last piece in the slot ends.
    used: usize,
    pieces: Vec<Piece>,
    /// What was put into the pieces, one after the other.
    contents: Vec<u8>,
}

#[derive(Debug)]
struct Piece {
    /// Where it is in the slot, or in its block.
    range: Range<usize>,
    /// Where in `contents` that is what was put there; poison fills the rest of the piece.
    content: Range<usize>,
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

/// How many bytes are compared at once.
const CHUNK: usize = 256;

/// Returns where two slices of one length differ, from the first byte to the last.
fn difference(one: &[u8], other: &[u8]) -> Option<Range<usize>> {
    if one == other {
        return None;
    }
    // Most is alike, and slices are compared faster than bytes.
    let pairs = || one.chunks(CHUNK).zip(other.chunks(CHUNK));
    let first = pairs().position(|(one, other)| one != other)?.saturating_mul(CHUNK);
    let last = pairs().rposition(|(one, other)| one != other)?.saturating_add(1);
    let (one, other) = (one.get(first..)?, other.get(first..)?);
    let within = last.saturating_mul(CHUNK).saturating_sub(first);
    let bytes = || one.iter().zip(other).take(within.min(one.len()));
    let start = bytes().position(|(one, other)| one != other)?;
    let end = bytes().rposition(|(one, other)| one != other)?;
    Some(first.saturating_add(start)..first.saturating_add(end).saturating_add(1))
}

impl Arena {
    /// Creates memory for so many calls at once; if there are more, theirs is gone when they have ended.
    pub(super) fn new(slots: usize, remains: Remains) -> Self {
        let [poison, ..] = *remains.poison();
        let word = || AtomicUsize::new(usize::from_ne_bytes([poison; WORD]));
        let words = slots.saturating_mul(SLOT / WORD);
        Self {
            are_taken: (0..slots).map(|_| AtomicBool::new(false)).collect(),
            words: (0..words).map(|_| word()).collect(),
            next: AtomicUsize::new(0),
            remains,
        }
    }

    /// Returns memory for one call; if it is `exact`, each piece is an allocation of its own, without guard zones, so that a
    /// sanitizer sees each byte too many.
    pub(super) fn memory(&self, exact: bool) -> Memory<'_> {
        let mut all = self.are_taken.iter().filter(|_| !exact);
        let slot = all.find_map(|_| {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            self.take_slot(turn.checked_rem(self.are_taken.len())?)
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
            contents: Vec::with_capacity(CONTENTS),
        }
    }

    /// Takes the slot of this number, if it is free.
    fn take_slot(&self, number: usize) -> Option<Slot<'_>> {
        let is_taken = self.are_taken.get(number)?;
        let words = self.words.chunks_exact(SLOT / WORD).nth(number)?;
        (!is_taken.swap(true, Ordering::Acquire)).then_some(Slot { is_taken, words })
    }

    /// Returns whether memory was written that no call has, and makes it poison again.
    pub(super) fn was_written_late(&self) -> bool {
        let poison = self.remains.poison();
        let mut was_written = false;
        let numbers = 0..self.are_taken.len();
        for slot in numbers.filter_map(|number| self.take_slot(number)) {
            if self.remains == Remains::Poison && slot.bytes() != poison {
                was_written = true;
                slot.write(0, poison);
            }
            slot.release();
        }
        was_written
    }
}

impl Slot<'_> {
    fn release(&self) {
        self.is_taken.store(false, Ordering::Release);
    }

    fn start(&self) -> *mut u8 {
        self.words.as_ptr().cast::<u8>().cast_mut()
    }

    /// Returns what is in the slot. That a callout writes there after its call, from a thread of its own at this very moment,
    /// is its fault.
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
        let (number, content) = (self.pieces.len(), self.contents.len());
        self.contents.extend_from_slice(bytes);
        let content = content..self.contents.len();
        self.pieces.push(Piece { range, content, block });
        PlacedPiece { number, pointer }
    }

    /// Returns what was put into a piece, and what is in it now.
    fn contents(&self, place: PlacedPiece) -> Option<(&[u8], &[u8])> {
        let Piece { range, content, block } = self.pieces.get(place.number)?;
        let all = match (block, &self.slot) {
            (Some(block), _) => block,
            (None, slot) => slot.as_ref()?.bytes(),
        };
        Some((self.contents.get(content.clone())?, all.get(range.clone())?))
    }

    /// Returns the first `length` bytes of a piece as a hook finds them, or all if there are fewer.
    pub(super) fn before(&self, place: PlacedPiece, length: usize) -> Vec<u8> {
        let (before, now) = self.contents(place).unwrap_or_default();
        let length = length.min(now.len());
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(before.get(..length).unwrap_or(before));
        let [poison, ..] = *self.arena.remains.poison();
        bytes.resize(length, poison);
        bytes
    }

    /// Returns what is in a piece now.
    pub(super) fn bytes(&self, place: PlacedPiece) -> &[u8] {
        self.contents(place).unwrap_or_default().1
    }

    /// Returns what is in a piece of `N` bytes now.
    pub(super) fn array<const N: usize>(&self, place: PlacedPiece) -> [u8; N] {
        self.bytes(place).first_chunk().copied().unwrap_or([POISON; N])
    }

    /// Returns which bytes of a piece have changed, from the first to the last.
    pub(super) fn written(&self, place: PlacedPiece) -> Option<Range<usize>> {
        let (before, now) = self.contents(place)?;
        let (now, rest) = now.split_at_checked(before.len())?;
        let in_rest = difference(self.arena.remains.poison().get(..rest.len())?, rest)
            .map(|Range { start, end }| start.saturating_add(before.len())..end.saturating_add(before.len()));
        match (difference(before, now), in_rest) {
            (Some(first), Some(last)) => Some(first.start..last.end),
            (first, last) => first.or(last),
        }
    }

    /// Returns whether memory of an earlier call was written since the call before this one.
    pub(super) fn was_written_late(&self) -> bool {
        self.arena.was_written_late()
    }

    /// Returns whether something was written in a guard zone.
    pub(super) fn has_stray_write(&self) -> bool {
        let poison = self.arena.remains.poison();
        let is_poison = |bytes: Option<&[u8]>| bytes.is_none_or(|bytes| poison.starts_with(bytes));
        let is_guarded = |Piece { range, block, .. }: &Piece| {
            let block = block.as_deref();
            is_poison(block.and_then(|block| block.get(..range.start)))
                && is_poison(block.and_then(|block| block.get(range.end..)))
        };
        let in_slot = self.pieces.iter().filter(|piece| piece.block.is_none());
        let starts = in_slot.clone().map(|piece| piece.range.start).chain([SLOT]);
        let mut zones = [0].into_iter().chain(in_slot.map(|piece| piece.range.end)).zip(starts);
        let bytes = self.slot.as_ref().map(Slot::bytes);
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
            if self.arena.remains == Remains::Poison {
                slot.write(0, self.arena.remains.poison());
            }
            slot.release();
        }
    }
}
