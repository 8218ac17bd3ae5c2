//! What stands in `*PktContext`: slot and generation, in the size of a pointer.

use core::ffi::c_void;
use core::fmt;
use core::num::NonZeroUsize;
use core::ptr;

use super::widen;
use super::word::{GENERATION_BITS, Live, Word};

/// Names one packet in a [`PacketTable`](super::PacketTable): what a hook puts into `*PktContext`, and gets back.
///
/// A context is a number in the size of a pointer, never zero, and points to nothing: reading it needs no trust in the
/// server. It is one more than a number that holds, from the lowest bit up, the number of the slot (as many bits as the
/// capacity of the table needs) and the generation of the slot (20 bits, or what a 32-bit pointer has left but for its
/// highest bit). All other bits are zero, so that nearly every number that is no context, such as a pointer of another
/// DLL, is refused.
///
/// ```
/// use core::ptr;
/// use dhcp_callout::{Context, PacketTable};
///
/// static PACKETS: PacketTable<u32, 64> = PacketTable::new();
/// let context = PACKETS.admit(7)?;
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

impl Context {
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

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({:#x})", self.0)
    }
}

/// How many bits of a generation a context holds at least.
const MIN_GENERATION_BITS: u32 = 15;

/// How the contexts of a table with `N` slots are laid out.
pub(super) struct Layout<const N: usize>;

impl<const N: usize> Layout<N> {
    const SLOT_BITS: u32 = slot_bits(N);
    const SLOT: usize = (1_usize << Self::SLOT_BITS).wrapping_sub(1);
    /// The part of a generation that fits into a context.
    const GENERATION: u32 = {
        let bits = generation_bits(N, usize::BITS);
        assert!(
            bits >= MIN_GENERATION_BITS,
            "too many slots: a context must have room for a generation of 15 bits"
        );
        (1_u32 << bits).wrapping_sub(1)
    };

    /// Makes the context of the packet in this slot.
    #[inline]
    pub(super) fn context(slot: usize, word: Word) -> Context {
        let number = narrow(word.generation() & Self::GENERATION) << Self::SLOT_BITS | slot;
        // The highest bit of the number is clear, so that one more is not zero.
        Context(NonZeroUsize::new(number.wrapping_add(1)).unwrap_or(NonZeroUsize::MIN))
    }

    /// Returns the number of the slot, which need not exist.
    #[inline]
    pub(super) const fn slot(context: Context) -> usize {
        Self::number(context) & Self::SLOT
    }

    /// Returns the word of the context's slot if the context names its packet, and that is live.
    #[inline]
    pub(super) fn live(context: Context, word: Word) -> Option<Live> {
        // The slot has one bit at least, so that the generation has 63 at most.
        word.live_of(widen(Self::generation(context)), Self::GENERATION)
    }

    /// Returns whether the context names the packet of this word of its slot, and that is finished.
    pub(super) fn is_finished(context: Context, word: Word) -> bool {
        let generation = u64::from(word.generation() & Self::GENERATION);
        word.is_finished() && generation == widen(Self::generation(context))
    }

    /// Returns whether some table with `N` slots could have made the context.
    pub(super) fn is_possible(context: Context) -> bool {
        Self::slot(context) < N && widen(Self::generation(context)) <= u64::from(Self::GENERATION)
    }

    /// Returns the generation, and whatever a forged context has above it.
    #[inline]
    const fn generation(context: Context) -> usize {
        Self::number(context) >> Self::SLOT_BITS
    }

    #[inline]
    const fn number(context: Context) -> usize {
        context.0.get().wrapping_sub(1)
    }
}

/// Returns how many bits a context has for the number of the slot; one at least.
const fn slot_bits(slots: usize) -> u32 {
    match usize::BITS.saturating_sub(slots.saturating_sub(1).leading_zeros()) {
        0 => 1,
        bits => bits,
    }
}

/// Returns how many bits of a generation a context holds beside the number of the slot, and a highest bit that is
/// clear.
const fn generation_bits(slots: usize, pointer_bits: u32) -> u32 {
    let bits = pointer_bits.saturating_sub(slot_bits(slots)).saturating_sub(1);
    if bits < GENERATION_BITS { bits } else { GENERATION_BITS }
}

/// Converts a generation; `usize` has at least 32 bits.
#[inline]
fn narrow(generation: u32) -> usize {
    usize::try_from(generation).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(generation: u32) -> Word {
        let mut word = Word::seeded(0);
        for _ in 0..generation {
            word = word.claimed().emptied();
        }
        word.claimed().filled()
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
        assert_eq!(generation_bits(1 << 40, 64), 20);
        assert_eq!(generation_bits(64, 32), 20);
        assert_eq!(generation_bits(2048, 32), 20);
        assert_eq!(generation_bits(4096, 32), 19);
        assert_eq!(generation_bits(65536, 32), MIN_GENERATION_BITS);
        assert!(generation_bits(65537, 32) < MIN_GENERATION_BITS);
    }

    #[test]
    fn reads_back_what_it_wrote() {
        for slot in [0, 1, 999] {
            for generation in [0, 1, 2, 1000, (1 << GENERATION_BITS) - 1] {
                let word = live(generation);
                let context = Layout::<1000>::context(slot, word);
                assert_eq!(Layout::<1000>::slot(context), slot);
                assert!(Layout::<1000>::live(context, word).is_some());
                assert!(Layout::<1000>::is_possible(context));
                assert!(!Layout::<1000>::is_finished(context, word));
                let next = word.claimed().emptied().claimed().filled();
                assert!(Layout::<1000>::live(context, next).is_none());
                assert!(Layout::<1000>::live(context, word.claimed()).is_none());
                let evicted = word.live().unwrap().evicted();
                assert!(Layout::<1000>::live(context, evicted).is_none());
                assert!(Layout::<1000>::is_finished(context, evicted));
            }
        }
    }

    #[test]
    fn refuses_every_bit_that_is_never_set() {
        let word = live(3);
        let context = Layout::<1000>::context(5, word);
        for bit in 10 + GENERATION_BITS..usize::BITS {
            let forged = Context(context.0 | 1 << bit);
            assert!(Layout::<1000>::live(forged, word).is_none(), "bit {bit}");
            let evicted = word.live().unwrap().evicted();
            assert!(!Layout::<1000>::is_finished(forged, evicted), "bit {bit}");
            assert!(!Layout::<1000>::is_possible(forged), "bit {bit}");
        }
    }
}
