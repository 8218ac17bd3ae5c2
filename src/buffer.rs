//! One packet as the server holds it: 4096 bytes and a size that always agree.

use core::fmt;

/// How many bytes the server's packet buffer has, and so how long a packet can be ("a buffer 4 KB in size").
pub const PACKET_CAPACITY: usize = 4096;

/// A packet of at most [`PACKET_CAPACITY`] bytes, in a buffer of its own.
///
/// The size never exceeds the capacity. Bytes behind the size are kept from earlier packets and are never shown.
///
/// ```
/// use dhcp_callout::{PACKET_CAPACITY, PacketBuffer};
///
/// let mut buffer = PacketBuffer::from_bytes(b"a packet")?;
/// assert_eq!(buffer.as_bytes(), b"a packet");
///
/// let error = buffer.copy_from(&[0; PACKET_CAPACITY + 1]).unwrap_err();
/// assert_eq!(error.to_string(), "packet of 4097 bytes in a buffer of 4096");
/// assert_eq!(buffer.as_bytes(), b"a packet");
/// # Ok::<(), dhcp_callout::PacketTooLong>(())
/// ```
#[derive(Clone)]
#[repr(C)]
pub struct PacketBuffer {
    bytes: [u8; PACKET_CAPACITY],
    /// INVARIANT: at most `PACKET_CAPACITY`.
    size: usize,
}

const _: () = assert!(core::mem::offset_of!(PacketBuffer, bytes) == 0);

/// A packet that does not fit into [`PACKET_CAPACITY`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("packet of {size} bytes in a buffer of {capacity}")]
#[non_exhaustive]
pub struct PacketTooLong {
    /// Length of the packet in bytes.
    pub size: usize,
    /// Length of the buffer in bytes.
    pub capacity: usize,
}

impl PacketBuffer {
    /// Makes a buffer that holds the empty packet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; PACKET_CAPACITY],
            size: 0,
        }
    }

    /// Returns where the [`PACKET_CAPACITY`] bytes of a buffer begin, without a look at it.
    pub(crate) const fn first_byte(buffer: *mut Self) -> *mut u8 {
        buffer.cast()
    }

    /// Makes a buffer that holds a copy of `packet`.
    ///
    /// # Errors
    /// [`PacketTooLong`] if `packet` is longer than [`PACKET_CAPACITY`].
    pub fn from_bytes(packet: &[u8]) -> Result<Self, PacketTooLong> {
        let mut buffer = Self::new();
        buffer.copy_from(packet)?;
        Ok(buffer)
    }

    /// Replaces the packet by a copy of `packet`.
    ///
    /// # Errors
    /// [`PacketTooLong`] if `packet` is longer than [`PACKET_CAPACITY`]; the buffer is unchanged then.
    pub fn copy_from(&mut self, packet: &[u8]) -> Result<(), PacketTooLong> {
        let too_long = PacketTooLong {
            size: packet.len(),
            capacity: PACKET_CAPACITY,
        };
        self.bytes
            .get_mut(..packet.len())
            .ok_or(too_long)?
            .copy_from_slice(packet);
        self.size = packet.len();
        Ok(())
    }

    /// Returns the packet.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }

    /// Returns the packet for writing; its size stays.
    #[inline]
    #[must_use]
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.size).unwrap_or_default()
    }

    /// Returns the size of the packet in bytes, at most [`PACKET_CAPACITY`].
    #[inline]
    #[must_use]
    #[doc(alias = "PacketSize")]
    pub const fn size(&self) -> usize {
        self.size
    }
}

impl Default for PacketBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl TryFrom<&[u8]> for PacketBuffer {
    type Error = PacketTooLong;

    fn try_from(packet: &[u8]) -> Result<Self, Self::Error> {
        Self::from_bytes(packet)
    }
}

impl AsRef<[u8]> for PacketBuffer {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for PacketBuffer {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PacketBuffer {}

impl fmt::Debug for PacketBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketBuffer")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
