//! The memory that hooks get pointers to: guard zones around each piece, and poison in it when the call has ended.
//!
//! It belongs to the server and not to the call, so that a callout which keeps a pointer reads poison, not freed memory.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::buffer::PACKET_CAPACITY;

/// What is in memory that no hook may use.
pub(super) const POISON: u8 = 0xDD;
const WORD: usize = size_of::<usize>();
const POISONED: usize = usize::from_ne_bytes([POISON; WORD]);
/// How many bytes around each piece must stay as they are; a multiple of 16, to which pieces are aligned.
const GUARD: usize = 64;
/// How many calls can be under way at once before memory is taken from the heap.
const SLOTS: usize = 16;
/// A packet, its variables, and a guard zone for each.
const SLOT_WORDS: usize = 6144 / WORD;

/// The memory of a server, in slots of one call each.
#[derive(Debug)]
pub(super) struct Arena {
    slots: Box<[Slot]>,
    /// Slots are taken in turn, so that what was kept of the last call is poison during the next.
    next: AtomicUsize,
}

#[derive(Debug)]
struct Slot {
    is_taken: AtomicBool,
    /// INVARIANT: poison while the slot is not taken, unless a hook wrote after its call.
    words: Box<[AtomicUsize]>,
}

/// The memory of one call.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    /// `None` for memory from the heap.
    slot: Option<&'a Slot>,
    /// Where the last piece in the slot ends.
    used: usize,
    pieces: Vec<Piece>,
    was_written_late: bool,
}

/// A piece of memory by its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct PieceId(usize);

#[derive(Debug)]
enum Piece {
    InSlot {
        start: usize,
        length: usize,
    },
    /// An allocation of its own, without guard zones, so that a sanitizer sees each byte too many.
    Own {
        block: Vec<u8>,
        offset: usize,
    },
}

/// Returns for how many bytes a claimed size may be believed.
pub(super) fn readable(claim: Option<u32>) -> usize {
    let claim = claim.and_then(|claim| usize::try_from(claim).ok());
    claim.filter(|claim| *claim <= PACKET_CAPACITY).unwrap_or(0)
}

impl Arena {
    pub(super) fn new() -> Self {
        let slot = || Slot {
            is_taken: AtomicBool::new(false),
            words: (0..SLOT_WORDS).map(|_| AtomicUsize::new(POISONED)).collect(),
        };
        Self {
            slots: (0..SLOTS).map(|_| slot()).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// Returns memory for one call; if it is `exact`, each piece is an allocation of its own.
    pub(super) fn memory(&self, exact: bool) -> Memory<'_> {
        let slot = if exact { None } else { self.take_slot() };
        Memory {
            slot,
            used: 0,
            pieces: Vec::new(),
            was_written_late: slot.is_some_and(Slot::poison),
        }
    }

    fn take_slot(&self) -> Option<&Slot> {
        (0..SLOTS).find_map(|_| {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % SLOTS;
            let slot = self.slots.get(turn)?;
            let taken = slot
                .is_taken
                .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
            taken.is_ok().then_some(slot)
        })
    }
}

impl Slot {
    /// Writes poison wherever there is none, and returns whether there was such a place.
    fn poison(&self) -> bool {
        let mut was_written = false;
        for word in &self.words {
            if word.load(Ordering::Relaxed) != POISONED {
                word.store(POISONED, Ordering::Relaxed);
                was_written = true;
            }
        }
        was_written
    }

    fn pointer(&self) -> *mut u8 {
        self.words.as_ptr().cast::<u8>().cast_mut()
    }

    /// Returns the words from the byte `start` to the byte `end`, each with the range of its bytes that is meant.
    fn words(&self, start: usize, end: usize) -> impl Iterator<Item = (&AtomicUsize, core::ops::Range<usize>)> {
        let first = start / WORD;
        let words = self.words.get(first..end.div_ceil(WORD)).unwrap_or_default();
        words.iter().zip(first..).map(move |(word, number)| {
            let begin = number.saturating_mul(WORD);
            let from = start.saturating_sub(begin);
            (word, from..end.saturating_sub(begin).min(WORD))
        })
    }

    fn write(&self, start: usize, bytes: &[u8]) {
        let mut rest = bytes;
        for (word, range) in self.words(start, start.saturating_add(bytes.len())) {
            let mut new = word.load(Ordering::Relaxed).to_ne_bytes();
            let part = new.get_mut(range).unwrap_or_default();
            if let Some((bytes, after)) = rest.split_at_checked(part.len()) {
                part.copy_from_slice(bytes);
                rest = after;
            }
            word.store(usize::from_ne_bytes(new), Ordering::Relaxed);
        }
    }

    fn read(&self, start: usize, length: usize) -> Vec<u8> {
        let (skipped, end) = (start % WORD, start.saturating_add(length));
        let words = self.words.get(start / WORD..end.div_ceil(WORD)).unwrap_or_default();
        let mut bytes = Vec::with_capacity(words.len().saturating_mul(WORD));
        for word in words {
            bytes.extend_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
        }
        bytes.truncate(skipped.saturating_add(length));
        bytes.drain(..skipped.min(bytes.len()));
        bytes
    }

    /// Returns the first byte from `start` to `end` that is no poison.
    fn find_write(&self, start: usize, end: usize) -> Option<usize> {
        let mut words = self.words(start, end).zip(start / WORD..);
        words.find_map(|((word, range), number)| {
            let word = word.load(Ordering::Relaxed);
            if word == POISONED {
                return None;
            }
            let mut bytes = word.to_ne_bytes().into_iter().zip(0..WORD);
            let (_, at) = bytes.find(|(byte, at)| *byte != POISON && range.contains(at))?;
            Some(number.saturating_mul(WORD).saturating_add(at))
        })
    }
}

impl Memory<'_> {
    /// Returns whether memory of an earlier call was written after that call.
    pub(super) const fn was_written_late(&self) -> bool {
        self.was_written_late
    }

    /// Copies `bytes` into a piece of memory that is `capacity` bytes long at least, `offset` bytes from an aligned
    /// address.
    pub(super) fn place(&mut self, bytes: &[u8], capacity: usize, offset: usize) -> PieceId {
        let length = capacity.max(bytes.len());
        let start = self
            .used
            .next_multiple_of(16)
            .saturating_add(GUARD)
            .saturating_add(offset);
        let used = start.saturating_add(length);
        let piece = match self.slot {
            Some(slot) if used.saturating_add(GUARD) <= SLOT_WORDS.saturating_mul(WORD) => {
                slot.write(start, bytes);
                self.used = used;
                Piece::InSlot { start, length }
            }
            _ => {
                let mut block = vec![POISON; offset.saturating_add(length)];
                if let Some(place) = block.get_mut(offset..).and_then(|place| place.get_mut(..bytes.len())) {
                    place.copy_from_slice(bytes);
                }
                Piece::Own { block, offset }
            }
        };
        let id = PieceId(self.pieces.len());
        self.pieces.push(piece);
        id
    }

    /// Returns where a piece starts.
    pub(super) fn pointer(&mut self, PieceId(id): PieceId) -> *mut u8 {
        match (self.pieces.get_mut(id), self.slot) {
            (Some(Piece::InSlot { start, .. }), Some(slot)) => slot.pointer().wrapping_add(*start),
            (Some(Piece::Own { block, offset }), _) => block.as_mut_ptr().wrapping_add(*offset),
            _ => core::ptr::null_mut(),
        }
    }

    /// Returns what is in a piece now.
    pub(super) fn bytes(&self, PieceId(id): PieceId) -> Vec<u8> {
        match (self.pieces.get(id), self.slot) {
            (Some(Piece::InSlot { start, length }), Some(slot)) => slot.read(*start, *length),
            (Some(Piece::Own { block, offset }), _) => block.get(*offset..).unwrap_or_default().to_vec(),
            _ => Vec::new(),
        }
    }

    /// Returns what is in a piece of `N` bytes now.
    pub(super) fn array<const N: usize>(&self, id: PieceId) -> [u8; N] {
        self.bytes(id).first_chunk().copied().unwrap_or([POISON; N])
    }

    /// Returns the first byte that was written in a guard zone, counted from the start of the slot.
    pub(super) fn stray_write(&self) -> Option<usize> {
        let slot = self.slot?;
        let pieces = self.pieces.iter().filter_map(|piece| match piece {
            Piece::InSlot { start, length } => Some((*start, start.saturating_add(*length))),
            Piece::Own { .. } => None,
        });
        let mut last = 0;
        for (start, end) in pieces {
            if let Some(written) = slot.find_write(last, start) {
                return Some(written);
            }
            last = end;
        }
        slot.find_write(last, SLOT_WORDS.saturating_mul(WORD))
    }

    /// Returns where a piece starts, counted from the start of the slot.
    pub(super) fn offset(&self, PieceId(id): PieceId) -> Option<usize> {
        match self.pieces.get(id)? {
            Piece::InSlot { start, .. } => Some(*start),
            Piece::Own { .. } => None,
        }
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        for piece in &mut self.pieces {
            if let Piece::Own { block, .. } = piece {
                block.fill(POISON);
            }
        }
        if let Some(slot) = self.slot {
            slot.poison();
            slot.is_taken.store(false, Ordering::Release);
        }
    }
}
