//! What stands in `*PktContext`: slot and generation, in the size of a pointer.

use core::ffi::c_void;
use core::fmt;
use core::num::NonZeroUsize;
use core::ptr;

use super::widen;
use super::word::TAG_BITS;

/// Names one packet in a [`PacketTable`](super::PacketTable): what a hook puts into `*PktContext`, and gets back.
///
/// A context is a number in the size of a pointer, never zero, and points to nothing: reading it needs no trust in the
/// server. From the lowest bit up it holds the number of the slot (as many bits as the capacity of the table needs), a
/// bit that is always set, and the generation of the slot (20 bits, or what a 32-bit pointer has left). All other bits
/// are zero, so that nearly every number that is no context, such as a pointer of another DLL, is refused.
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

/// How many bits of a tag a context holds at least.
const MIN_TAG_BITS: u32 = 16;

/// How the contexts of a table with `N` slots are laid out.
pub(super) struct Layout<const N: usize>;

impl<const N: usize> Layout<N> {
    const SLOT_BITS: u32 = slot_bits(N);
    const SLOT: usize = (1_usize << Self::SLOT_BITS).wrapping_sub(1);
    /// The part of a word's tag that fits into a context.
    const TAG: u32 = {
        let bits = tag_bits(N, usize::BITS);
        assert!(
            bits >= MIN_TAG_BITS,
            "too many slots: a context must have room for a generation of 15 bits"
        );
        (1_u32 << bits).wrapping_sub(1)
    };
    /// The bit that every context has.
    const LIVE: NonZeroUsize = match NonZeroUsize::new(1 << Self::SLOT_BITS) {
        Some(live) => live,
        None => NonZeroUsize::MIN,
    };

    /// Makes the context of the live packet with this tag in this slot.
    #[inline]
    pub(super) fn context(slot: usize, tag: u32) -> Context {
        Context(Self::LIVE | narrow(tag & Self::TAG) << Self::SLOT_BITS | slot)
    }

    /// Returns the number of the slot, which need not exist.
    #[inline]
    pub(super) const fn slot(context: Context) -> usize {
        context.0.get() & Self::SLOT
    }

    /// Returns whether the context has this tag, and no other bit; the tag of a word that is not live can be forged.
    #[inline]
    pub(super) fn is_tagged(context: Context, tag: u32) -> bool {
        u64::from(tag & Self::TAG) == widen(context.0.get() >> Self::SLOT_BITS)
    }

    /// Returns whether some table with `N` slots could have made the context.
    pub(super) fn is_possible(context: Context) -> bool {
        let tag = context.0.get() >> Self::SLOT_BITS;
        Self::slot(context) < N && tag & 1 == 1 && widen(tag) <= u64::from(Self::TAG)
    }
}

/// Returns how many bits the number of a slot needs.
const fn slot_bits(slots: usize) -> u32 {
    usize::BITS.saturating_sub(slots.saturating_sub(1).leading_zeros())
}

/// Returns how many bits of a tag a context holds beside the number of the slot.
const fn tag_bits(slots: usize, pointer_bits: u32) -> u32 {
    let bits = pointer_bits.saturating_sub(slot_bits(slots));
    if bits < TAG_BITS { bits } else { TAG_BITS }
}

/// Converts a tag; `usize` has at least 32 bits.
#[inline]
fn narrow(tag: u32) -> usize {
    usize::try_from(tag).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_bits_of_a_slot_number() {
        for (slots, bits) in [
            (0, 0),
            (1, 0),
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
        assert_eq!(tag_bits(4096, 64), 21);
        assert_eq!(tag_bits(1 << 40, 64), 21);
        assert_eq!(tag_bits(64, 32), 21);
        assert_eq!(tag_bits(2048, 32), 21);
        assert_eq!(tag_bits(4096, 32), 20);
        assert_eq!(tag_bits(65536, 32), MIN_TAG_BITS);
        assert!(tag_bits(65537, 32) < MIN_TAG_BITS);
    }

    #[test]
    fn reads_back_what_it_wrote() {
        for slot in [0, 1, 999] {
            for tag in [1, 3, (1 << TAG_BITS) - 1] {
                let context = Layout::<1000>::context(slot, tag);
                assert_eq!(Layout::<1000>::slot(context), slot);
                assert!(Layout::<1000>::is_tagged(context, tag));
                assert!(Layout::<1000>::is_possible(context));
                assert!(!Layout::<1000>::is_tagged(context, tag ^ 2));
            }
        }
    }

    #[test]
    fn refuses_every_bit_that_is_never_set() {
        let context = Layout::<1000>::context(5, 3);
        for bit in 31..usize::BITS {
            let forged = Context(context.0 | 1 << bit);
            assert!(!Layout::<1000>::is_tagged(forged, 3), "bit {bit}");
            assert!(!Layout::<1000>::is_possible(forged), "bit {bit}");
        }
    }
}
