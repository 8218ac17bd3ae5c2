//! Buffers for packets that a hook replaces, and who owns them.
#![expect(
    unsafe_code,
    reason = "a buffer is lent to one owner at a time, and its bytes to the server"
)]

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::panic::RefUnwindSafe;
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::sync::{AtomicBool, AtomicPtr, TrackedCell, WriteAccess, array_of, const_fn};
use crate::buffer::PacketBuffer;

/// Up to `M` packet buffers that hooks take and give back, without locks or heap.
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
/// static PACKETS: PacketTable<Replacements<'static>, 256> = PacketTable::new();
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
    buffers: [Bytes; M],
}

/// Who has a buffer; kept apart from the bytes, so that a search reads few cache lines.
#[derive(Debug)]
struct Link {
    /// INVARIANT: while it is set, one [`PooledBuffer`] or one [`Replacements`] owns the buffer.
    taken: AtomicBool,
    /// The buffer that the same packet was given before.
    before: AtomicPtr<Link>,
}

#[derive(Debug)]
struct Bytes(TrackedCell<PacketBuffer>);

// SAFETY: the buffer is used only by the owner of its link, of whom there is one.
unsafe impl Sync for Bytes {}

/// All buffers of the pool are taken: by packets in flight, or by packets that were replaced and then given up, which keep
/// theirs for ever.
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
            Self {
                links: array_of!(Link::new(), M),
                cursor: AtomicUsize::new(0),
                buffers: array_of!(Bytes(TrackedCell::new(PacketBuffer::new())), M),
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
        let all = || self.links.iter().zip(&self.buffers);
        let mut owned = all()
            .skip(start)
            .chain(all().take(start))
            .filter(|(link, _)| link.take());
        let (link, Bytes(cell)) = owned.next().ok_or(exhausted)?;
        let mut buffer = PooledBuffer {
            link,
            cell: Shared(cell),
            writing: WriteAccess::of(cell),
        };
        // Never expose a previous packet's bytes.
        let cleared = buffer.copy_from(&[]);
        debug_assert!(cleared.is_ok(), "the empty packet fits");
        Ok(buffer)
    }

    /// Returns how many buffers are taken; right for some moment not long ago if other threads take or return some.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.links.iter().filter(|link| link.taken.load(Relaxed)).count()
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
                before: AtomicPtr::new(ptr::null_mut()),
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
    link: &'p Link,
    cell: Shared<'p>,
    writing: WriteAccess,
}

/// A borrowed cell that can go to another thread with its owner.
#[derive(Clone, Copy)]
struct Shared<'p>(&'p TrackedCell<PacketBuffer>);

// SAFETY: the buffer is used only by the owner of its link, and a `PacketBuffer` can go to another thread.
unsafe impl Send for Shared<'_> {}
// SAFETY: through a shared owner the buffer is only read, and a `PacketBuffer` can be read from any thread.
unsafe impl Sync for Shared<'_> {}

impl Deref for PooledBuffer<'_> {
    type Target = PacketBuffer;

    #[inline]
    fn deref(&self) -> &PacketBuffer {
        // SAFETY:
        // - the cell holds a buffer, always;
        // - nobody writes it: this value owns it, and is borrowed.
        unsafe { &*self.cell.0.pointer() }
    }
}

impl DerefMut for PooledBuffer<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut PacketBuffer {
        // SAFETY:
        // - the cell holds a buffer, always;
        // - nobody else uses it: this value owns it, and is borrowed mutably.
        unsafe { &mut *self.cell.0.pointer() }
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

/// The buffers that one packet has been given: the server may use them until this value is dropped.
///
/// Part of the state that a [`PacketTable`](super::PacketTable) keeps, so that the buffers return to their pool when the
/// state that was handed back at the packet's end is dropped. A packet that is replaced again gets another buffer; the
/// one before stays as it is, since the server may still read it. So it may for a packet that was given up: whoever gets
/// the list back with any other stage than [`Stage::Done`](crate::Stage::Done) forgets it ([`mem::forget`](core::mem::forget)).
///
/// The pool outlives the list:
///
/// ```compile_fail,E0597
/// use dhcp_callout::table::{BufferPool, Replacements};
///
/// let list: Replacements<'static> = Replacements::new();
/// let pool = BufferPool::<1>::new();
/// list.hold_for_server(pool.take().unwrap());
/// ```
pub struct Replacements<'p> {
    /// INVARIANT: null, or a link of a pool borrowed for `'p`, whose buffer belongs to this value; so does that of each
    /// link reached from there by `before`.
    last: AtomicPtr<Link>,
    /// Invariant in `'p`: a list that may outlive `'p` must not pass for one that does not, or it would take buffers of a
    /// pool that ends before it.
    pool: PhantomData<fn(&'p Link) -> &'p Link>,
}

impl<'p> Replacements<'p> {
    const_fn! {
        /// Creates the list of a packet that has not been replaced.
        #[must_use]
        pub fn new() -> Self {
            Self {
                last: AtomicPtr::new(ptr::null_mut()),
                pool: PhantomData,
            }
        }
    }

    /// Holds the buffer for the server, and returns where its [`PACKET_CAPACITY`](crate::PACKET_CAPACITY) bytes begin.
    ///
    /// The pointer is valid for reads and writes of all 4096 bytes until this value is dropped; nothing in this crate
    /// reads or writes them meanwhile. Can be called from several threads at once.
    #[doc(alias = "Packet")]
    pub fn hold_for_server(&self, buffer: PooledBuffer<'p>) -> NonNull<u8> {
        let mut buffer = ManuallyDrop::new(buffer);
        let first_byte = NonNull::from(buffer.block_mut()).cast();
        buffer.writing.end();
        let link: *const Link = buffer.link;
        let mut last = self.last.load(Relaxed);
        loop {
            buffer.link.before.store(last, Relaxed);
            // Links are only ever added while the list is shared, so that an equal pointer is the same list. `Release`:
            // for the thread that drops the list, in case it learns of this buffer by the pointer alone.
            match self.last.compare_exchange_weak(last, link.cast_mut(), Release, Relaxed) {
                Ok(_) => break,
                Err(now) => last = now,
            }
        }
        first_byte
    }

    /// Returns whether the packet has never been replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.load(Relaxed).is_null()
    }
}

impl Default for Replacements<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl Replacements<'_> {
    /// Gives the buffers back, from that of `next` on.
    #[cold]
    fn give_back(mut next: *mut Link) {
        // SAFETY: null, or a link that is valid for `'p`, says the invariant; links are never written but as atomics.
        while let Some(link) = unsafe { next.as_ref() } {
            // Before the link is given back, after which it can come into another list.
            next = link.before.load(Relaxed);
            link.give_back();
        }
    }
}

impl Drop for Replacements<'_> {
    #[inline]
    fn drop(&mut self) {
        let last = self.last.load(Acquire);
        if !last.is_null() {
            Self::give_back(last);
        }
    }
}

impl fmt::Debug for Replacements<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replacements")
            .field("is_empty", &self.is_empty())
            .finish_non_exhaustive()
    }
}
