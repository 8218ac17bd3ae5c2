//! What is in `*PktContext`: table, generation and slot, in the size of a pointer.

use core::ffi::c_void;
use core::fmt;
use core::num::NonZeroUsize;
use core::ptr;
use core::sync::atomic::AtomicUsize as Counter;
use core::sync::atomic::Ordering::Relaxed;

use crate::lifecycle::{Outcome, Stage};

use super::sync::{AtomicUsize, const_fn};
use super::word::{GENERATION_BITS, Live, Word};

/// Names one packet in a [`PacketTable`](super::PacketTable): what a hook puts into `*PktContext`, and gets back.
///
/// A context is a number in the size of a pointer, never zero, and points to nothing: reading it needs no trust in the
/// server. From the lowest bit up it holds the number of the slot (as many bits as the capacity of the table needs),
/// the generation of the slot (20 bits, or what a 32-bit pointer has left), and the number of the table in the bits
/// that are left on 64-bit pointers. The highest bit is set, so that a pointer of another DLL is refused.
///
/// ```
/// use core::ptr;
/// use dhcp_callout::table::{Context, PacketTable};
///
/// static PACKETS: PacketTable<u32, 64> = PacketTable::new();
/// let context = PACKETS.admit(7)?.context;
///
/// let raw = context.as_raw();                 // into *PktContext
/// assert_eq!(Context::from_raw(raw), Some(context));
/// assert_eq!(Context::from_raw(ptr::null_mut()), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
#[doc(alias = "PktContext")]
pub struct Context(NonZeroUsize);

const _: () = assert!(size_of::<Context>() == size_of::<*mut c_void>());
const _: () = assert!(size_of::<Option<Context>>() == size_of::<*mut c_void>());

/// The bit that every context of a table has.
const HIGHEST: usize = 1 << (usize::BITS - 1);

impl Context {
    /// A context that every table refuses, as [`ContextError::Invalid`](super::ContextError::Invalid).
    ///
    /// For a hook that cannot keep a packet, and must know that later: NULL is what a packet has that no hook has seen.
    pub const UNTRACKED: Self = match NonZeroUsize::new(HIGHEST.wrapping_sub(1)) {
        Some(number) => Self(number),
        None => Self(NonZeroUsize::MIN),
    };

    /// Returns a number that no table gives out, for a context that one does; and that context for the number.
    pub(crate) fn turned(raw: *mut c_void) -> *mut c_void {
        ptr::without_provenance_mut(raw.addr() ^ HIGHEST)
    }

    /// Takes a context as the server hands it back; `None` for NULL.
    ///
    /// Any other pointer is accepted here, and checked by the table.
    #[inline]
    #[must_use]
    pub fn from_raw(raw: *mut c_void) -> Option<Self> {
        NonZeroUsize::new(raw.addr()).map(Self)
    }

    /// Returns the context as the server keeps it; never NULL, and not to be dereferenced.
    #[inline]
    #[must_use]
    pub const fn as_raw(self) -> *mut c_void {
        ptr::without_provenance_mut(self.0.get())
    }
}

/// The number, in hexadecimal.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({:#x})", self.0)
    }
}

/// What distinguishes the contexts of one table from those of all others; chosen when the table is first used.
#[derive(Debug)]
pub(super) struct Tag(
    /// 0 until it is chosen, and never after.
    AtomicUsize,
);

/// How many tags have been chosen in this module.
static TAGS: Counter = Counter::new(0);

/// How many bits of a generation a context holds at least.
const MIN_GENERATION_BITS: u32 = 15;

/// The largest capacity of a table; with it the number of a slot takes 16 bits.
pub(super) const MAX_SLOTS: usize = 1 << 16;

/// How the contexts of a table with `N` slots are laid out, under the tag of the table.
#[derive(Clone, Copy)]
pub(super) struct Layout<const N: usize>(usize);

impl Tag {
    const_fn! {
        pub(super) fn new() -> Self {
            Self(AtomicUsize::new(0))
        }
    }

    /// Returns the layout of the table's contexts; those of a table that was never used fit no context.
    #[inline]
    pub(super) fn layout<const N: usize>(&self) -> Layout<N> {
        Layout(self.0.load(Relaxed))
    }

    /// Returns the same, after choosing the tag if it has not been chosen.
    pub(super) fn chosen<const N: usize>(&self) -> Layout<N> {
        let layout = self.layout();
        if layout.is_chosen() { layout } else { self.choose() }
    }

    fn choose<const N: usize>(&self) -> Layout<N> {
        // Modules start at different numbers.
        let first = ptr::from_ref(&TAGS).addr() / size_of::<[u64; 2]>();
        let number = first.wrapping_add(TAGS.fetch_add(1, Relaxed));
        // All bits above the number of the slot but the highest are tagged. What is above the generation, on 64-bit
        // pointers, differs between tables; on 32-bit pointers the generations of tables are scattered.
        let tag = HIGHEST | scatter(number) & !Layout::<N>::SLOT;
        match self.0.compare_exchange(0, tag, Relaxed, Relaxed) {
            Ok(_) => Layout(tag),
            Err(tag) => Layout(tag),
        }
    }
}

impl<const N: usize> Layout<N> {
    const SLOT_BITS: u32 = slot_bits(N);
    const SLOT: usize = (1 << Self::SLOT_BITS) - 1;
    /// The part of a generation that fits into a context.
    const GENERATION: u32 = {
        let bits = generation_bits(N, usize::BITS);
        assert!(bits >= MIN_GENERATION_BITS, "a context has no room for a generation");
        (1 << bits) - 1
    };

    /// Returns whether the table has been used.
    #[inline]
    pub(super) const fn is_chosen(self) -> bool {
        self.0 != 0
    }

    /// Returns the context of the packet in this slot of a table that has been used.
    #[inline]
    pub(super) fn context(self, slot: usize, word: Word) -> Context {
        debug_assert!(self.is_chosen(), "the table was never used");
        let generation = (word.generation() & Self::GENERATION) as usize;
        // The tag has the highest bit, and nothing else has.
        match NonZeroUsize::new(self.0 ^ (generation << Self::SLOT_BITS | slot)) {
            Some(number) => Context(number),
            None => never(),
        }
    }

    /// Returns the number of the slot, which need not exist.
    #[inline]
    pub(super) const fn slot(context: Context) -> usize {
        // The tag has no bit there.
        context.0.get() & Self::SLOT
    }

    /// Returns the word of the context's slot if the context names its packet, and that is live.
    #[inline]
    pub(super) const fn live(self, context: Context, word: Word) -> Option<Live> {
        word.live_of(self.generation(context), Self::GENERATION)
    }

    /// Returns how the packet ended that the context names, if it is done, and its state still in its slot.
    pub(super) fn outcome(self, context: Context, word: Word) -> Option<Outcome> {
        let generation = word.generation() & Self::GENERATION;
        match word.stage() {
            Stage::Done(outcome) if u64::from(generation) == self.generation(context) => Some(outcome),
            _ => None,
        }
    }

    /// Returns whether the table could have given this context out.
    pub(super) const fn is_possible(self, context: Context) -> bool {
        self.is_chosen() && Self::slot(context) < N && self.generation(context) <= Self::GENERATION as u64
    }

    /// Returns the generation, and above it what a context of this table does not have.
    #[inline]
    const fn generation(self, context: Context) -> u64 {
        // The number of the slot has one bit at least, so that 63 are left at most.
        ((context.0.get() ^ self.0) >> Self::SLOT_BITS) as u64
    }
}

/// Returns how many bits a context has for the number of the slot; one at least.
const fn slot_bits(slots: usize) -> u32 {
    match usize::BITS - slots.saturating_sub(1).leading_zeros() {
        0 => 1,
        bits => bits,
    }
}

/// Returns how many bits of a generation a context holds, beside the number of the slot and the highest bit.
const fn generation_bits(slots: usize, pointer_bits: u32) -> u32 {
    let bits = pointer_bits.saturating_sub(slot_bits(slots) + 1);
    if bits < GENERATION_BITS { bits } else { GENERATION_BITS }
}

/// Out of the way of what happens.
#[cold]
const fn never() -> Context {
    debug_assert!(false, "the tag has the highest bit");
    Context::UNTRACKED
}

/// Scatters numbers over all bits but the highest: near ones become distant ones.
const fn scatter(number: usize) -> usize {
    // The upper bits of a product with 2^64 divided by the golden ratio.
    ((number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS + 1 - usize::BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DropReason;

    fn live(generation: u32) -> Word {
        let mut word = Word::UNUSED;
        for _ in 0..generation {
            word = word.emptied();
        }
        word.filled()
    }

    #[test]
    fn counts_the_bits_of_a_slot_number() {
        for (slots, bits) in [
            (0, 1),
            (1, 1),
            (2, 1),
            (3, 2),
            (4, 2),
            (5, 3),
            (4096, 12),
            (4097, 13),
            (65536, 16),
        ] {
            assert_eq!(slot_bits(slots), bits, "{slots} slots");
        }
    }

    #[test]
    fn shortens_the_generation_for_narrow_pointers() {
        assert_eq!(generation_bits(4096, 64), 20);
        assert_eq!(generation_bits(MAX_SLOTS, 64), 20);
        assert_eq!(generation_bits(64, 32), 20);
        assert_eq!(generation_bits(2048, 32), 20);
        assert_eq!(generation_bits(4096, 32), 19);
        assert_eq!(generation_bits(MAX_SLOTS, 32), MIN_GENERATION_BITS);
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let layout = Tag::new().choose::<1000>();
        for slot in [0, 1, 999] {
            for generation in [0, 1, 2, 1000, (1 << GENERATION_BITS) - 1] {
                let word = live(generation);
                let context = layout.context(slot, word);
                assert_eq!(Layout::<1000>::slot(context), slot);
                assert!(layout.live(context, word).is_some());
                assert!(layout.is_possible(context));
                assert_eq!(layout.outcome(context, word), None);
                assert!(layout.live(context, word.emptied().filled()).is_none());
                assert!(layout.live(context, word.emptied()).is_none());
                for (stage, outcome) in [
                    (Stage::Dropped(DropReason::TIMEOUT), None),
                    (Stage::Done(Outcome::Processed), Some(Outcome::Processed)),
                ] {
                    let word = word.live().unwrap().at_stage(stage);
                    assert_eq!(layout.outcome(context, word), outcome);
                    assert_eq!(layout.outcome(context, word.emptied()), None);
                }
                let evicted = word.live().unwrap().evicted();
                assert!(layout.live(context, evicted).is_none());
                assert_eq!(layout.outcome(context, evicted), None);
            }
        }
    }

    #[test]
    fn refuses_every_bit_that_is_not_its_own() {
        let layout = Tag::new().choose::<1000>();
        let word = live(3);
        let done = word.live().unwrap().at_stage(Stage::Done(Outcome::Processed));
        let context = layout.context(5, word);
        for bit in 10 + GENERATION_BITS..usize::BITS {
            let Some(number) = NonZeroUsize::new(context.0.get() ^ 1 << bit) else {
                continue;
            };
            let invalid = Context(number);
            assert!(layout.live(invalid, word).is_none(), "bit {bit}");
            assert_eq!(layout.outcome(invalid, done), None, "bit {bit}");
            assert!(!layout.is_possible(invalid), "bit {bit}");
        }
    }

    #[test]
    fn refuses_every_slot_that_the_table_does_not_have() {
        let layout = Tag::new().choose::<1000>();
        assert!(layout.is_possible(layout.context(999, live(3))));
        for slot in 1000..1024 {
            assert!(!layout.is_possible(layout.context(slot, live(3))), "slot {slot}");
        }
    }

    #[test]
    fn untracked_is_never_possible() {
        for layout in [Tag::new().layout::<1000>(), Tag::new().choose()] {
            assert!(!layout.is_possible(Context::UNTRACKED));
            assert!(layout.live(Context::UNTRACKED, live(0)).is_none());
        }
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn tags_of_near_numbers_differ_above_the_generation() {
        // By how much two tags differ depends on the difference of their numbers alone, but for a borrow; where that is
        // more than a generation in both directions, they differ above it.
        let slot_bits = Layout::<MAX_SLOTS>::SLOT_BITS;
        let most = (HIGHEST >> slot_bits) - (2 << GENERATION_BITS);
        for difference in 1..1 << 22 {
            let distance = scatter(difference) >> slot_bits;
            assert!(
                (2 << GENERATION_BITS..most).contains(&distance),
                "{difference} tables apart"
            );
        }
    }
}
