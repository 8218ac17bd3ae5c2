//! The two pointers with which the server hands over a packet, and which it reads back.

use core::ptr::NonNull;

use super::HookError;
use crate::buffer::PACKET_CAPACITY;

/// Makes the slice of a packet from its pointer and size.
///
/// # Safety
/// - `packet`, if not NULL, points at `size` bytes that can be read, and that nobody writes, during `'a`, if `size` is
///   at most [`PACKET_CAPACITY`].
///
/// # Errors
/// - [`HookError::Null`] if `packet` is NULL;
/// - [`HookError::TooLong`] if `size` is over [`PACKET_CAPACITY`].
pub(crate) unsafe fn read_packet<'a>(packet: *const u8, size: u32) -> Result<&'a [u8], HookError> {
    if packet.is_null() {
        return Err(HookError::Null { parameter: "*Packet" });
    }
    let length = packet_length(size)?;
    // SAFETY: `packet` is not NULL, and `length` is `size`, at most the capacity; the caller promises the rest.
    Ok(unsafe { core::slice::from_raw_parts(packet, length) })
}

fn packet_length(size: u32) -> Result<usize, HookError> {
    match usize::try_from(size) {
        Ok(length) if length <= PACKET_CAPACITY => Ok(length),
        _ => Err(HookError::TooLong { size }),
    }
}

/// Checks a pointer parameter for NULL.
///
/// # Errors
/// [`HookError::Null`] with `parameter` if it is NULL.
pub(super) fn not_null<T>(pointer: *mut T, parameter: &'static str) -> Result<NonNull<T>, HookError> {
    NonNull::new(pointer).ok_or(HookError::Null { parameter })
}

/// The packet of a hook that may alter it: `LPBYTE *Packet` and `DWORD *PacketSize`, both `[in, out]`.
#[derive(Debug)]
#[expect(dead_code, reason = "the two pointers are kept for replacing the packet")]
pub(super) struct PacketArgument<'a> {
    /// INVARIANT: for reading and writing during `'a`, though perhaps not aligned.
    packet: NonNull<*mut u8>,
    /// INVARIANT: as `packet`.
    size: NonNull<u32>,
    /// What the two said when the hook was called.
    bytes: &'a [u8],
}

impl<'a> PacketArgument<'a> {
    /// Checks both pointers, and reads where the packet is.
    ///
    /// # Safety
    /// - `packet` and `size` are each NULL or can be read and written during `'a`, and nobody else does so;
    /// - `*packet` is NULL or points at `*size` bytes that can be read, and that nobody writes, during `'a`, if `*size`
    ///   is at most [`PACKET_CAPACITY`].
    pub(super) unsafe fn from_raw(packet: *mut *mut u8, size: *mut u32) -> Result<Self, HookError> {
        let packet = not_null(packet, "Packet")?;
        let size = not_null(size, "PacketSize")?;
        // SAFETY: not NULL, so the caller promises that it can be read; alignment does not matter to this read.
        let start = unsafe { packet.read_unaligned() };
        // SAFETY: as above.
        let length = unsafe { size.read_unaligned() };
        // SAFETY: these are `*packet` and `*size`, of which the caller promises what `read_packet` asks.
        let bytes = unsafe { read_packet(start, length) }?;
        Ok(Self { packet, size, bytes })
    }

    /// Returns the packet as the server handed it over.
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}
