//! The pointers with which the server hands over a packet, and which it reads back.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::check::{HookError, checked_length, not_null};
use crate::buffer::{PACKET_CAPACITY, PacketBuffer, PacketTooLong};
use crate::table::{PoolExhausted, PooledBuffer, Replacements, TakeBuffer};

/// Returns the slice of a packet from its pointer and size.
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
    /// - `start`, if not NULL, points at `size` bytes that can be read, and that nobody writes, during the lifetime of the
    ///   value, if `size` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    #[inline]
    pub(super) unsafe fn from_raw(start: *mut u8, parameter: &'static str, size: u32) -> Result<Self, HookError> {
        let start = not_null(start, parameter)?;
        let length = checked_length(size, "PacketSize")?;
        Ok(Self {
            start,
            length,
            lifetime: PhantomData,
        })
    }

    /// Returns pointer and size as the server counts it.
    pub(super) fn start_and_size(self) -> (*mut u8, u32) {
        (self.start.as_ptr(), size_of_packet(self.length))
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the invariant holds while `self` is borrowed, and `length` is at most the capacity of a packet.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

/// Checks that a pointer and a size can be those of a packet; reads nothing.
pub(crate) fn check_packet(start: *mut u8, size: u32) -> Result<(), HookError> {
    not_null(start, "*Packet")?;
    checked_length(size, "PacketSize").map(drop)
}

/// The server's variables for a packet, `LPBYTE *Packet` and `DWORD *PacketSize`: `[in, out]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketPair<'a> {
    /// INVARIANT: for reading and writing during `'a`, though perhaps not aligned; nobody else does so.
    packet: NonNull<*mut u8>,
    /// INVARIANT: as `packet`.
    size: NonNull<u32>,
    lifetime: PhantomData<&'a mut u8>,
}

impl PacketPair<'_> {
    /// Checks both pointers for NULL.
    ///
    /// # Safety
    /// - `packet` and `size` are each NULL or can be read and written during the lifetime of the value, and nobody else
    ///   does so.
    #[inline]
    unsafe fn from_raw(packet: *mut *mut u8, size: *mut u32) -> Result<Self, HookError> {
        Ok(Self {
            packet: not_null(packet, "Packet")?,
            size: not_null(size, "PacketSize")?,
            lifetime: PhantomData,
        })
    }

    /// Returns what the variables say.
    #[inline]
    pub(crate) fn get(self) -> (*mut u8, u32) {
        // SAFETY: it can be read, says the invariant; alignment does not matter to this read.
        let start = unsafe { self.packet.read_unaligned() };
        // SAFETY: as above.
        (start, unsafe { self.size.read_unaligned() })
    }

    /// Points the server elsewhere.
    #[inline]
    pub(crate) fn set(self, (start, size): (*mut u8, u32)) {
        // SAFETY: it can be written, says the invariant; alignment does not matter to this write.
        unsafe { self.packet.write_unaligned(start) };
        // SAFETY: as above.
        unsafe { self.size.write_unaligned(size) };
    }
}

/// The packet of a hook that may point the server at another.
pub(super) struct PacketArgument<'a> {
    pair: PacketPair<'a>,
    /// What the server's variables said when the hook was called.
    original: PacketBytes<'a>,
    /// Where buffers come from, if there is anyone to hold them.
    pool: Option<&'a dyn TakeBuffer>,
    /// What the server is to get instead, as soon as someone holds it.
    replacement: Option<PooledBuffer<'a>>,
}

/// A packet that was not replaced; it is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError<E> {
    /// The packet is not tracked, so that nobody would hold the new one until the server has finished with it:
    /// `new_packet` did not return `Decision::Track`, or the table was full.
    #[error("nobody holds buffers for this packet: it is not tracked")]
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
    #[inline]
    pub(super) unsafe fn from_raw(packet: *mut *mut u8, size: *mut u32) -> Result<Self, HookError> {
        // SAFETY: the caller promises the same.
        let pair = unsafe { PacketPair::from_raw(packet, size) }?;
        let (start, length) = pair.get();
        // SAFETY: these are `*packet` and `*size`, of which the caller promises what is asked.
        let original = unsafe { PacketBytes::from_raw(start, "*Packet", length) }?;
        Ok(Self {
            pair,
            original,
            pool: None,
            replacement: None,
        })
    }

    /// Returns the packet as it will be, if the replacement is installed.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.replacement {
            Some(buffer) => buffer.as_bytes(),
            None => self.original.bytes(),
        }
    }

    /// Returns the packet as the server handed it over.
    #[inline]
    pub(super) const fn original(&self) -> PacketBytes<'a> {
        self.original
    }

    /// Returns the server's variables.
    #[inline]
    pub(super) const fn pair(&self) -> PacketPair<'a> {
        self.pair
    }

    /// Lets replacements come from `pool`.
    #[inline]
    pub(super) const fn set_pool(&mut self, pool: &'a dyn TakeBuffer) {
        self.pool = Some(pool);
    }

    /// Copies the packet into a buffer, and lets `edit` alter it; an error of `edit` leaves everything as it was.
    pub(super) fn replace<T, E>(
        &mut self,
        edit: impl FnOnce(&mut PacketBuffer) -> Result<T, E>,
    ) -> Result<T, ReplaceError<E>> {
        let mut buffer = self.take_buffer()?;
        let copied = buffer.copy_from(self.bytes());
        debug_assert!(copied.is_ok(), "a packet is never longer than a buffer");
        let edited = edit(&mut buffer).map_err(ReplaceError::Edit)?;
        self.replacement = Some(buffer);
        Ok(edited)
    }

    /// Copies `bytes` into a buffer for the server.
    pub(super) fn replace_with(&mut self, bytes: &[u8]) -> Result<(), ReplaceError<PacketTooLong>> {
        let mut buffer = self.take_buffer()?;
        buffer.copy_from(bytes).map_err(ReplaceError::Edit)?;
        self.replacement = Some(buffer);
        Ok(())
    }

    fn take_buffer<E>(&self) -> Result<PooledBuffer<'a>, ReplaceError<E>> {
        let pool = self.pool.ok_or(ReplaceError::NotTracked)?;
        Ok(pool.take_buffer()?)
    }

    /// Takes the replacement, if there is one; without it the server keeps its own packet.
    #[inline]
    pub(super) const fn take_replacement(&mut self) -> Option<PooledBuffer<'a>> {
        self.replacement.take()
    }

    /// Points the server at `replacement`, which `holder` holds from now on.
    ///
    /// # Safety
    /// - `holder` is not dropped before the server has finished with the packet.
    pub(super) unsafe fn install(&mut self, replacement: PooledBuffer<'a>, holder: &Replacements<'a>) {
        let size = size_of_packet(replacement.size());
        let start = holder.hold_for_server(replacement);
        self.pair.set((start.as_ptr(), size));
    }

    /// Points the server at its own packet again.
    pub(super) fn put_back(&mut self) {
        self.pair.set(self.original.start_and_size());
    }
}

/// Returns the size of a packet as the server counts it.
fn size_of_packet(length: usize) -> u32 {
    debug_assert!(length <= PACKET_CAPACITY, "a packet of {length} bytes");
    u32::try_from(length).unwrap_or_default()
}

impl fmt::Debug for PacketArgument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketArgument")
            .field("size", &self.original.length)
            .field("replacement", &self.replacement)
            .finish_non_exhaustive()
    }
}
