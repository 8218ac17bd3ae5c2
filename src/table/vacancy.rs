//! Which slots are vacant: one bit for each, so that one look tells of 64 slots.

use core::fmt;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::sync::{AtomicU64, array_of, const_fn};

/// How many slots a word tells of.
const WORD: usize = 64;

/// The vacant slots of a table with `N` slots.
pub(super) struct Vacancies<const N: usize> {
    /// Where the next search begins; only a hint.
    cursor: AtomicUsize,
    /// A bit for each slot, set while it is taken. An array cannot have `N / 64` elements, so most are never touched.
    words: [AtomicU64; N],
}

/// The bit of one slot.
#[derive(Clone, Copy)]
pub(super) struct Bit<'t> {
    word: &'t AtomicU64,
    slot: usize,
}

impl<const N: usize> Vacancies<N> {
    const WORDS: usize = N.div_ceil(WORD);

    const_fn! {
        pub(super) fn new() -> Self {
            Self {
                cursor: AtomicUsize::new(0),
                words: array_of!(AtomicU64::new(0), N),
            }
        }
    }

    /// Takes the next vacant slot after the one taken last, and returns its number; `None` if each word was seen without
    /// a vacant slot.
    #[inline]
    pub(super) fn take(&self) -> Option<usize> {
        let start = self.cursor.load(Relaxed);
        let (word, from) = (start / WORD, u64::MAX << (start % WORD));
        match self.take_in(word, from) {
            Some(slot) => Some(self.taken(slot)),
            None => self.take_after(word),
        }
    }

    /// Takes a vacant slot of the words after this one, of those before, or of this one.
    #[cold]
    fn take_after(&self, word: usize) -> Option<usize> {
        let after = word.wrapping_add(1)..Self::WORDS;
        let up_to = 0..word.wrapping_add(1).min(Self::WORDS);
        let slot = after.chain(up_to).find_map(|word| self.take_in(word, u64::MAX))?;
        Some(self.taken(slot))
    }

    /// Has the next search begin after this slot, so that all slots are used in turn.
    #[inline]
    fn taken(&self, slot: usize) -> usize {
        self.cursor.store(slot.wrapping_add(1), Relaxed);
        slot
    }

    /// Takes the first vacant slot of the word among those whose bits are set in `among`.
    #[inline]
    fn take_in(&self, word: usize, among: u64) -> Option<usize> {
        let taken = self.words().get(word)?;
        let among = if word == Self::WORDS.wrapping_sub(1) {
            among & Self::IN_LAST_WORD
        } else {
            among
        };
        // Relaxed: a vacancy is only tried, by the change below.
        let mut seen = taken.load(Relaxed);
        loop {
            let vacant = !seen & among;
            if vacant == 0 {
                return None;
            }
            let bit = vacant.trailing_zeros();
            let mask = 1 << bit;
            // `Acquire`: what the thread that emptied the slot did with it is over.
            if taken.fetch_or(mask, Acquire) & mask == 0 {
                return Some((word * WORD) | bit as usize);
            }
            seen = taken.load(Relaxed);
        }
    }

    /// Returns the bit of a slot, which need not exist.
    #[inline]
    pub(super) fn bit(&self, slot: usize) -> Option<Bit<'_>> {
        let word = self.words().get(slot / WORD)?;
        Some(Bit { word, slot })
    }

    #[inline]
    fn words(&self) -> &[AtomicU64] {
        self.words.get(..Self::WORDS).unwrap_or_default()
    }

    /// The bits of the slots that the last word tells of.
    const IN_LAST_WORD: u64 = u64::MAX >> (Self::WORDS * WORD - N);
}

impl Bit<'_> {
    /// Lets the slot be taken again.
    #[inline]
    pub(super) fn clear(self) {
        let mask = 1 << (self.slot % WORD);
        // `Release`: for whoever takes the slot next.
        let before = self.word.fetch_and(!mask, Release);
        debug_assert!(before & mask != 0, "the slot was vacant");
    }
}

impl<const N: usize> fmt::Debug for Vacancies<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vacancies").finish_non_exhaustive()
    }
}
