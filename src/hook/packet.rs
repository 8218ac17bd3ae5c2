//! The pointers with which the server hands over a packet, and which it reads back.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::{HookError, checked_length, not_null};
use crate::buffer::PacketBuffer;
use crate::table::{PoolExhausted, PooledBuffer, Replacements, TakeBuffer};

/// Makes the slice of a packet from its pointer and size.
///
/// # Safety
/// - `packet`, if not NULL, points at `size` bytes that can be read, and that nobody writes, during `'a`, if `size` is
///   at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
///
/// # Errors
/// - [`HookError::Null`] if `packet` is NULL;
/// - [`HookError::TooLong`] if `size` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
#[cfg(feature = "simulate")]
pub(crate) unsafe fn read_packet<'a>(packet: *mut u8, size: u32) -> Result<&'a [u8], HookError> {
    // SAFETY: the caller promises the same.
    let packet = unsafe { PacketBytes::from_raw(packet, "Packet", size) }?;
    // SAFETY: the caller promises that the bytes can be read, and that nobody writes them, during `'a`.
    Ok(unsafe { core::slice::from_raw_parts(packet.start.as_ptr(), packet.length) })
}

/// Where a packet is, and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketBytes<'a> {
    /// INVARIANT: for reading `length` bytes during `'a`, while nobody writes them.
    start: NonNull<u8>,
    length: usize,
    lifetime: PhantomData<&'a [u8]>,
}

impl PacketBytes<'_> {
    /// Checks pointer and size; `parameter` is the pointer's name in errors.
    ///
    /// # Safety
    /// As [`read_packet`], for the lifetime of the value.
    pub(super) unsafe fn from_raw(start: *mut u8, parameter: &'static str, size: u32) -> Result<Self, HookError> {
        let start = not_null(start, parameter)?;
        let length = checked_length(size, "PacketSize")?;
        Ok(Self {
            start,
            length,
            lifetime: PhantomData,
        })
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the invariant holds while `self` is borrowed, and `length` is at most the capacity of a packet.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

/// Points the server at its own packet again.
///
/// # Safety
/// - `packet` and `size` can be written, aligned or not.
pub(crate) unsafe fn put_back(packet: *mut *mut u8, size: *mut u32, original: PacketBytes<'_>) {
    // The size of a packet is at most 4096.
    let length = u32::try_from(original.length).unwrap_or_default();
    // SAFETY: the caller promises that it can be written; alignment does not matter to this write.
    unsafe { packet.write_unaligned(original.start.as_ptr()) };
    // SAFETY: as above.
    unsafe { size.write_unaligned(length) };
}

/// The packet of a hook that may point the server at another: `LPBYTE *Packet` and `DWORD *PacketSize`, `[in, out]`.
pub(super) struct PacketArgument<'a> {
    /// INVARIANT: for reading and writing during `'a`, though perhaps not aligned; nobody else does so.
    packet: NonNull<*mut u8>,
    /// INVARIANT: as `packet`.
    size: NonNull<u32>,
    /// What the two said when the hook was called.
    original: PacketBytes<'a>,
    /// Where buffers come from, if there is anyone to keep them.
    pool: Option<&'a dyn TakeBuffer>,
    /// What the server is to get instead, as soon as someone keeps it.
    replacement: Option<PooledBuffer<'a>>,
}

/// A packet that was not replaced; it is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError<E> {
    /// The packet is not tracked, so that nobody would keep the new one until the server has finished with it:
    /// `new_packet` did not return `Decision::Track`, or the table was full.
    #[error("nobody keeps buffers for this packet: it is not tracked")]
    NotTracked,
    /// All buffers are in use.
    #[error(transparent)]
    Exhausted(#[from] PoolExhausted),
    /// The caller's edit failed, with this error.
    #[error(transparent)]
    Edit(E),
}

impl<'a> PacketArgument<'a> {
    /// Checks both pointers, and reads where the packet is.
    ///
    /// # Safety
    /// - `packet` and `size` are each NULL or can be read and written during `'a`, and nobody else does so;
    /// - `*packet` is NULL or points at `*size` bytes that can be read, and that nobody writes, during `'a`, if `*size`
    ///   is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    pub(super) unsafe fn from_raw(packet: *mut *mut u8, size: *mut u32) -> Result<Self, HookError> {
        let packet = not_null(packet, "Packet")?;
        let size = not_null(size, "PacketSize")?;
        // SAFETY: not NULL, so the caller promises that it can be read; alignment does not matter to this read.
        let start = unsafe { packet.read_unaligned() };
        // SAFETY: as above.
        let length = unsafe { size.read_unaligned() };
        // SAFETY: these are `*packet` and `*size`, of which the caller promises what is asked.
        let original = unsafe { PacketBytes::from_raw(start, "*Packet", length) }?;
        Ok(Self {
            packet,
            size,
            original,
            pool: None,
            replacement: None,
        })
    }

    /// Returns the packet as it will be, if the replacement is committed.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.replacement {
            Some(buffer) => buffer.as_bytes(),
            None => self.original.bytes(),
        }
    }

    /// Returns the packet as the server handed it over.
    pub(super) const fn original(&self) -> PacketBytes<'a> {
        self.original
    }

    /// Lets replacements come from `pool`.
    pub(super) const fn set_pool(&mut self, pool: &'a dyn TakeBuffer) {
        self.pool = Some(pool);
    }

    /// Copies the packet into a buffer, and lets `edit` alter it; an error of `edit` leaves everything as it was.
    pub(super) fn replace<T, E>(
        &mut self,
        edit: impl FnOnce(&mut PacketBuffer) -> Result<T, E>,
    ) -> Result<T, ReplaceError<E>> {
        let pool = self.pool.ok_or(ReplaceError::NotTracked)?;
        let mut buffer = pool.take_buffer()?;
        // A packet is never longer than a buffer.
        buffer.copy_from(self.bytes()).unwrap_or_default();
        let edited = edit(&mut buffer).map_err(ReplaceError::Edit)?;
        self.replacement = Some(buffer);
        Ok(edited)
    }

    /// Takes the replacement, if there is one; without it the server gets its own packet back.
    pub(super) const fn take_replacement(&mut self) -> Option<PooledBuffer<'a>> {
        self.replacement.take()
    }

    /// Points the server at `replacement`, which `keeper` keeps from now on.
    ///
    /// # Safety
    /// - `keeper` is not dropped before the server has finished with the packet.
    pub(super) unsafe fn commit(&mut self, replacement: PooledBuffer<'a>, keeper: &Replacements<'a>) {
        // The size of a packet is at most 4096.
        let size = u32::try_from(replacement.size()).unwrap_or_default();
        let start = keeper.hold_for_server(replacement);
        // SAFETY: the pointer can be written during `'a`; alignment does not matter to this write.
        unsafe { self.packet.write_unaligned(start.as_ptr()) };
        // SAFETY: as above.
        unsafe { self.size.write_unaligned(size) };
    }

    /// Returns the server's own bytes for writing.
    ///
    /// # Safety
    /// - Nobody else reads or writes the packet during the borrow.
    pub(super) unsafe fn server_bytes_mut(&mut self) -> &mut [u8] {
        let PacketBytes { start, length, .. } = self.original;
        // SAFETY:
        // - `length` bytes can be read during `'a`, and the server hands its packets over for reading and writing;
        // - nobody else has a part in them, the caller promises, nor has `self` a reference to them.
        unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), length) }
    }
}

impl fmt::Debug for PacketArgument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketArgument")
            .field("size", &self.original.length)
            .field("replacement", &self.replacement)
            .finish_non_exhaustive()
    }
}
