//! Buffers for packets that a hook replaces, and who owns them.
#![expect(
    unsafe_code,
    reason = "a buffer is lent to one owner at a time, and its bytes to the server"
)]

use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::panic::RefUnwindSafe;
use core::ptr::NonNull;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::sync::{AtomicBool, AtomicU16, TrackedCell, WriteAccess, array_of, const_fn};
use crate::buffer::PacketBuffer;

/// `M` packet buffers, 4096 at most, that hooks take and give back, without locks or heap.
///
/// A hook that replaces a packet takes a buffer, writes the packet into it, and gives it to the packet's
/// [`Replacements`], which holds it for as long as the server may use it. A pool takes 4.1 KB for each buffer; as a
/// `static` it lies in zeroed memory. There is no free list: [`take`](Self::take) looks for a free buffer after the one
/// where the last search began, at each once at most.
///
/// ```
/// use dhcp_callout::table::{BufferPool, PacketTable, Replacements};
///
/// static BUFFERS: BufferPool<32> = BufferPool::new();
/// static PACKETS: PacketTable<Replacements, 256> = PacketTable::new();
///
/// let context = PACKETS.admit(Replacements::new())?.context;
///
/// let mut buffer = BUFFERS.take()?;
/// buffer.copy_from(b"another packet")?;
/// let size = buffer.size();                                   // into *PacketSize
/// let packet = PACKETS.get(context)?.hold_for_server(buffer); // into *Packet
/// # let _ = (size, packet);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BufferPool<const M: usize> {
    links: [Link; M],
    /// Where the next search begins.
    cursor: AtomicUsize,
    buffers: [BufferCell; M],
}

/// Who has a buffer; kept apart from the bytes, so that a search reads few cache lines.
#[derive(Debug)]
struct Link {
    /// INVARIANT: while it is set, one [`PooledBuffer`] or one [`Replacements`] owns the buffer.
    taken: AtomicBool,
    /// The buffer that the same packet was given before, as in [`Replacements`].
    before: AtomicU16,
}

#[derive(Debug)]
struct BufferCell(TrackedCell<PacketBuffer>);

// SAFETY:
// - the buffer is written only by the owner of its link, of whom there is one; a `PacketBuffer` can go to another
//   thread;
// - through a shared owner it is only read, and a `PacketBuffer` can be read from any thread.
unsafe impl Sync for BufferCell {}

/// All buffers of the pool are taken: by packets in flight, or by packets that were replaced and then given up, which
/// keep theirs for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("all {buffers} packet buffers are taken: `BUFFERS` says how many there are")]
#[non_exhaustive]
pub struct PoolExhausted {
    /// How many buffers the pool has.
    pub buffers: usize,
}

impl<const M: usize> BufferPool<M> {
    const_fn! {
        /// Creates a pool with all buffers in it.
        #[must_use]
        pub fn new() -> Self {
            const { assert!(M <= 4096, "a Host or a BufferPool has at most 4096 buffers: Host<Callout, 1024, 4096>") };
            Self {
                links: array_of!(Link::new(), M),
                cursor: AtomicUsize::new(0),
                buffers: array_of!(BufferCell(TrackedCell::new(PacketBuffer::new())), M),
            }
        }
    }

    /// Takes a buffer that holds the empty packet.
    ///
    /// # Errors
    /// [`PoolExhausted`] if all buffers are taken.
    pub fn take(&self) -> Result<PooledBuffer<'_>, PoolExhausted> {
        let exhausted = PoolExhausted { buffers: M };
        let start = self.cursor.fetch_add(1, Relaxed).checked_rem(M).ok_or(exhausted)?;
        let mut all = (start..M)
            .chain(0..start)
            .filter_map(|index| Some((index, self.links.get(index)?, self.buffers.get(index)?)));
        let (index, link, bytes) = all.find(|(_, link, _)| link.take()).ok_or(exhausted)?;
        let mut buffer = PooledBuffer {
            number: (index + 1) as u16,
            link,
            bytes,
            writing: WriteAccess::of(&bytes.0),
        };
        // Never expose a previous packet's bytes.
        let cleared = buffer.copy_from(&[]);
        debug_assert!(cleared.is_ok(), "the empty packet fits");
        Ok(buffer)
    }

    /// Returns whether this is an address in a buffer of the pool.
    #[inline]
    pub(crate) fn contains(&self, address: *const u8) -> bool {
        address.addr().wrapping_sub(self.buffers.as_ptr().addr()) < size_of_val(&self.buffers)
    }

    /// Takes the buffers back that a packet was given.
    ///
    /// # Safety
    /// - They are of this pool, all of them.
    /// - The server has finished with the packet: nobody uses a pointer that
    ///   [`hold_for_server`](Replacements::hold_for_server) returned for them.
    #[inline]
    pub unsafe fn give_back(&self, replacements: Replacements) {
        let Replacements { last } = replacements;
        // What was done with the list has happened before it was passed by value.
        let number = last.load(Relaxed) & !MARK;
        if number != 0 {
            self.give_back_from(number);
        }
    }

    /// Takes back the buffer of that number, and those that its packet was given before.
    #[cold]
    fn give_back_from(&self, mut number: u16) {
        while let Some(link) = usize::from(number)
            .checked_sub(1)
            .and_then(|index| self.links.get(index))
        {
            // Before the link is given back, after which it can come into another list.
            number = link.before.load(Relaxed);
            link.give_back();
        }
    }

    /// Returns how many buffers are taken; right for some moment not long ago if other threads take or return some.
    #[must_use]
    pub fn taken(&self) -> usize {
        let taken = self.links.iter().filter(|link| link.taken.load(Relaxed));
        taken.fold(0_usize, |count, _| count.saturating_add(1))
    }
}

/// A pool of any size.
pub(crate) trait TakeBuffer: Sync {
    /// As [`BufferPool::take`].
    fn take_buffer(&self) -> Result<PooledBuffer<'_>, PoolExhausted>;
}

impl<const M: usize> TakeBuffer for BufferPool<M> {
    fn take_buffer(&self) -> Result<PooledBuffer<'_>, PoolExhausted> {
        self.take()
    }
}

/// A panic of the caller's code leaves a pool as good as before.
impl<const M: usize> RefUnwindSafe for BufferPool<M> {}

impl<const M: usize> Default for BufferPool<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl Link {
    const_fn! {
        fn new() -> Self {
            Self {
                taken: AtomicBool::new(false),
                before: AtomicU16::new(0),
            }
        }
    }

    /// Has the caller own the buffer if nobody does; returns whether it does now.
    fn take(&self) -> bool {
        // `Acquire`: what the owner before did with the buffer is over.
        self.taken.compare_exchange(false, true, Acquire, Relaxed).is_ok()
    }

    /// Ends the caller's ownership.
    fn give_back(&self) {
        // `Release`: for the next owner's `Acquire`.
        self.taken.store(false, Release);
    }
}

/// A packet buffer that is taken from a [`BufferPool`], and returns to it when dropped.
///
/// Reads and writes as a [`PacketBuffer`].
pub struct PooledBuffer<'p> {
    /// As in [`Replacements`].
    number: u16,
    link: &'p Link,
    bytes: &'p BufferCell,
    writing: WriteAccess,
}

impl Deref for PooledBuffer<'_> {
    type Target = PacketBuffer;

    #[inline]
    fn deref(&self) -> &PacketBuffer {
        // SAFETY:
        // - the cell holds a buffer, always;
        // - nobody writes it: this value owns it, and is borrowed.
        unsafe { &*self.bytes.0.pointer() }
    }
}

impl DerefMut for PooledBuffer<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut PacketBuffer {
        // SAFETY:
        // - the cell holds a buffer, always;
        // - nobody else uses it: this value owns it, and is borrowed mutably.
        unsafe { &mut *self.bytes.0.pointer() }
    }
}

impl Drop for PooledBuffer<'_> {
    fn drop(&mut self) {
        self.writing.end();
        self.link.give_back();
    }
}

impl fmt::Debug for PooledBuffer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PooledBuffer").field(&**self).finish()
    }
}

/// The buffers that one packet has been given: the server may use them until they are
/// [given back](BufferPool::give_back).
///
/// Part of the state that a [`PacketTable`](super::PacketTable) keeps; takes two bytes. A packet that is replaced again
/// gets another buffer; the one before stays as it is, since the server may still read it. So it may for a packet that
/// was given up: the buffers of a list that is only dropped stay taken for ever.
#[derive(Default)]
pub struct Replacements {
    /// INVARIANT: beside the [`MARK`], 0, or one more than the index of a link whose buffer belongs to this value; so
    /// does that of each link reached from there by `before`.
    last: AtomicU16,
}

/// What an [`Entry`](super::Entry) has to say beside, from the creation of its list on.
const MARK: u16 = 1 << 15;

impl Replacements {
    const_fn! {
        /// Creates the list of a packet that has not been replaced.
        #[must_use]
        pub fn new() -> Self {
            Self { last: AtomicU16::new(0) }
        }
    }

    #[inline]
    pub(super) fn marked(is_marked: bool) -> Self {
        let mark = if is_marked { MARK } else { 0 };
        Self {
            last: AtomicU16::new(mark),
        }
    }

    #[inline]
    pub(super) fn is_marked(&self) -> bool {
        self.last.load(Relaxed) & MARK != 0
    }

    /// Holds the buffer for the server, and returns where its [`PACKET_CAPACITY`](crate::PACKET_CAPACITY) bytes begin.
    ///
    /// The pointer is valid for reads and writes of all 4096 bytes until the list is [given
    /// back](BufferPool::give_back), and as long as the pool; nothing in this crate reads or writes them meanwhile. Can
    /// be called from several threads at once.
    #[doc(alias = "Packet")]
    pub fn hold_for_server(&self, buffer: PooledBuffer<'_>) -> NonNull<u8> {
        let mut buffer = ManuallyDrop::new(buffer);
        let first_byte = NonNull::from(buffer.block_mut()).cast();
        buffer.writing.end();
        // Links are only ever added while the list is shared, so that an equal number is the same list.
        let held = self.last.fetch_update(Relaxed, Relaxed, |last| {
            buffer.link.before.store(last & !MARK, Relaxed);
            Some(last & MARK | buffer.number)
        });
        debug_assert!(held.is_ok(), "a buffer can always be added");
        first_byte
    }

    /// Returns whether the packet has never been replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.load(Relaxed) & !MARK == 0
    }
}

impl fmt::Debug for Replacements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replacements")
            .field("is_empty", &self.is_empty())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::BufferPool;

    #[test]
    fn contains_its_bytes_and_no_other() {
        let pool = BufferPool::<2>::new();
        let bytes = pool.buffers.as_ptr_range();
        let (first, end) = (bytes.start.cast::<u8>(), bytes.end.cast::<u8>());
        let found = [first.wrapping_sub(1), first, end.wrapping_sub(1), end].map(|address| pool.contains(address));
        assert_eq!(found, [false, true, true, false]);
    }
}
