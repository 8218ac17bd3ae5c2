//! One packet as the server holds it: 4096 bytes and a size that always agree.

use core::fmt;

use crate::message::{self, EditError, Editor, Message, MessageType, ParseError};

/// How many bytes the server's packet buffer has, and so how long a packet can be ("a buffer 4 KB in size").
pub const PACKET_CAPACITY: usize = message::CAPACITY;

/// A packet of at most [`PACKET_CAPACITY`] bytes, in a buffer of its own.
///
/// The size never exceeds the capacity. Bytes after the size are kept from earlier packets and are never shown.
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
    block: [u8; PACKET_CAPACITY],
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

impl PacketTooLong {
    pub(crate) const fn of(packet: &[u8]) -> Self {
        Self {
            size: packet.len(),
            capacity: PACKET_CAPACITY,
        }
    }
}

impl PacketBuffer {
    /// Creates a buffer that holds the empty packet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            block: [0; PACKET_CAPACITY],
            size: 0,
        }
    }

    /// Creates a buffer that holds a copy of `packet`.
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
        let place = self.block.get_mut(..packet.len()).ok_or(PacketTooLong::of(packet))?;
        place.copy_from_slice(packet);
        self.size = packet.len();
        Ok(())
    }

    /// Replaces the packet by the empty one.
    #[inline]
    pub const fn clear(&mut self) {
        self.size = 0;
    }

    /// Returns the packet.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        debug_assert!(self.size <= PACKET_CAPACITY, "the packet is in its block");
        self.block.get(..self.size).unwrap_or_default()
    }

    /// Reads the packet as a DHCP message, in place.
    ///
    /// # Errors
    /// [`ParseError`] if the packet is too short for a message.
    #[inline]
    pub fn message(&self) -> Result<Message<'_>, ParseError> {
        Message::parse(self.as_bytes())
    }

    /// Returns the packet for writing; its size stays.
    #[inline]
    #[must_use]
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        debug_assert!(self.size <= PACKET_CAPACITY, "the packet is in its block");
        self.block.get_mut(..self.size).unwrap_or_default()
    }

    /// Returns the size of the packet in bytes, at most [`PACKET_CAPACITY`].
    #[inline]
    #[must_use]
    #[doc(alias = "PacketSize")]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Creates a client's request: `op`, `xid`, an Ethernet address, the type of the message, and 300 bytes in all, as
    /// BOOTP needs them.
    ///
    /// An [edit](Self::edit) adds to it; [`Editor::htype`] is for hardware other than Ethernet.
    ///
    /// # Errors
    /// [`EditError::FieldTooLong`] if `chaddr` has more than 16 bytes.
    pub fn request(message_type: MessageType, xid: u32, chaddr: &[u8]) -> Result<Self, EditError> {
        let mut buffer = Self::new();
        buffer.size = message::request(message_type, xid, chaddr, &mut buffer.block)?;
        Ok(buffer)
    }

    /// Creates a reply to `request` that echoes what a reply has to, for an [edit](Self::edit) to complete.
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
        buffer.size = message::reply(*request, &mut buffer.block)?;
        Ok(buffer)
    }

    /// Applies the changes that `edit` notes, all or none; returns the new size of the packet in bytes.
    ///
    /// Takes time linear in the size of the packet.
    ///
    /// # Errors
    /// The first error that noting or making the changes met; the packet is as it was then. [`EditError`] tells which
    /// input gives which.
    #[inline]
    pub fn edit<'v>(&mut self, edit: impl FnOnce(&mut Editor<'_, 'v>)) -> Result<usize, EditError> {
        let mut block = [0; PACKET_CAPACITY];
        let size = message::edit(self.as_bytes(), &mut block, edit)?;
        self.take(&block, size);
        Ok(size)
    }

    /// Applies the changes that `edit` notes in a copy of `message`, which becomes the packet of this buffer; returns
    /// its size in bytes.
    ///
    /// The message is copied once, while the changes are made, if the buffer holds the empty packet; else twice, since
    /// it keeps its packet if the edit fails.
    ///
    /// # Errors
    /// As [`edit`](Self::edit).
    #[inline]
    pub fn edit_from<'v>(
        &mut self,
        message: Message<'_>,
        edit: impl FnOnce(&mut Editor<'_, 'v>),
    ) -> Result<usize, EditError> {
        let mut aside = if self.size == 0 {
            None
        } else {
            Some([0; PACKET_CAPACITY])
        };
        let block = aside.as_mut().unwrap_or(&mut self.block);
        let size = message::edit(message.as_bytes(), block, edit)?;
        match &aside {
            Some(block) => self.take(block, size),
            None => self.size = size,
        }
        Ok(size)
    }

    /// Takes over a packet that has been edited elsewhere.
    fn take(&mut self, block: &[u8; PACKET_CAPACITY], size: usize) {
        debug_assert!(size <= PACKET_CAPACITY, "an edit gives no more than a packet holds");
        if let (Some(place), Some(packet)) = (self.block.get_mut(..size), block.get(..size)) {
            place.copy_from_slice(packet);
            self.size = size;
        }
    }

    /// Returns all bytes of the buffer, of which the first are the packet, for writing.
    #[inline]
    pub(crate) const fn block_mut(&mut self) -> &mut [u8; PACKET_CAPACITY] {
        &mut self.block
    }
}

impl Default for PacketBuffer {
    fn default() -> Self {
        Self::new()
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
