//! One packet as the server holds it: 4096 bytes and a size that always agree.

use core::fmt;

use crate::message::{self, Draft, EditError, Editor, Message, MessageType, VALUES_CAPACITY};

/// How many bytes the server's packet buffer has, and so how long a packet can be ("a buffer 4 KB in size").
pub const PACKET_CAPACITY: usize = 4096;

/// A packet of at most [`PACKET_CAPACITY`] bytes, in a buffer of its own.
///
/// The size never exceeds the capacity. Bytes behind the size are kept from earlier packets and are never shown. An
/// [edit](Self::edit) builds the next packet in a second block of [`PACKET_CAPACITY`] bytes, and makes it the packet
/// only when it is complete.
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
pub struct PacketBuffer {
    first: [u8; PACKET_CAPACITY],
    second: [u8; PACKET_CAPACITY],
    /// Where an edit encodes typed values.
    values: [u8; VALUES_CAPACITY],
    /// Whether the packet stands in `second`.
    in_second: bool,
    /// INVARIANT: at most `PACKET_CAPACITY`.
    size: usize,
}

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
            first: [0; PACKET_CAPACITY],
            second: [0; PACKET_CAPACITY],
            values: [0; VALUES_CAPACITY],
            in_second: false,
            size: 0,
        }
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
        self.block_mut()
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
        self.block().get(..self.size).unwrap_or_default()
    }

    /// Returns the packet for writing; its size stays.
    #[inline]
    #[must_use]
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        let size = self.size;
        self.block_mut().get_mut(..size).unwrap_or_default()
    }

    /// Returns the size of the packet in bytes, at most [`PACKET_CAPACITY`].
    #[inline]
    #[must_use]
    #[doc(alias = "PacketSize")]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Makes a client's request: `op`, `xid`, an Ethernet address, the type of the message, and 300 bytes in all, as
    /// BOOTP needs them.
    ///
    /// An [edit](Self::edit) adds to it; [`Editor::htype`] is for hardware other than Ethernet.
    ///
    /// # Errors
    /// [`EditError::ChaddrTooLong`] if `chaddr` has more than 16 octets.
    pub fn request(message_type: MessageType, xid: u32, chaddr: &[u8]) -> Result<Self, EditError> {
        let mut buffer = Self::new();
        buffer.size = message::request(message_type, xid, chaddr, &mut buffer.first)?;
        Ok(buffer)
    }

    /// Makes a reply to `request` that echoes what a reply has to, for an [edit](Self::edit) to complete.
    ///
    /// These are `htype`, `hlen`, `xid`, `flags`, `giaddr` and `chaddr` ([RFC 2131 section 4.3.1], table 3); the client
    /// identifier (61), if there is one ([RFC 6842]); and as the last option Relay Agent Information (82), byte for
    /// byte with its splits ([RFC 3046 section 2.2]). The message has no type yet, and 300 bytes, or more if these need
    /// more. A BOOTP request without the magic cookie is replied to without one.
    ///
    /// # Errors
    /// - [`EditError::Options`] if the options of `request` are malformed.
    /// - [`EditError::NoRoom`] if what is to be echoed is longer than a packet can be.
    ///
    /// [RFC 2131 section 4.3.1]: https://www.rfc-editor.org/rfc/rfc2131#section-4.3.1
    /// [RFC 3046 section 2.2]: https://www.rfc-editor.org/rfc/rfc3046#section-2.2
    /// [RFC 6842]: https://www.rfc-editor.org/rfc/rfc6842
    pub fn reply_to(request: &Message<'_>) -> Result<Self, EditError> {
        let mut buffer = Self::new();
        buffer.size = message::reply(*request, &mut buffer.first)?;
        Ok(buffer)
    }

    /// Begins to edit the packet.
    #[inline]
    pub fn edit<'v>(&mut self) -> Editor<'_, 'v> {
        Editor::new(self.draft(None))
    }

    /// Begins to edit `message`; the result becomes the packet of this buffer.
    ///
    /// The message is copied once, while the edit is made, and not before. Until then, and if the edit fails, the
    /// buffer keeps its packet.
    #[inline]
    pub fn edit_from<'b, 'v>(&'b mut self, message: Message<'b>) -> Editor<'b, 'v> {
        Editor::new(self.draft(Some(message.as_bytes())))
    }

    /// Returns the bytes that the packet is at the start of.
    #[inline]
    const fn block(&self) -> &[u8; PACKET_CAPACITY] {
        if self.in_second { &self.second } else { &self.first }
    }

    /// Returns the bytes that the packet is at the start of, for writing.
    #[inline]
    pub(crate) const fn block_mut(&mut self) -> &mut [u8; PACKET_CAPACITY] {
        if self.in_second {
            &mut self.second
        } else {
            &mut self.first
        }
    }

    #[inline]
    fn draft<'b>(&'b mut self, foreign: Option<&'b [u8]>) -> Draft<'b> {
        let (current, spare) = if self.in_second {
            (&mut self.second, &mut self.first)
        } else {
            (&mut self.first, &mut self.second)
        };
        Draft {
            foreign,
            current,
            spare,
            values: &mut self.values,
            size: &mut self.size,
            second: &mut self.in_second,
        }
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
