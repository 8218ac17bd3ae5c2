//! What is on the wire: views of a DHCP message that read in place.
//!
//! [`Message::parse`] checks one thing, the length of the fixed header; every other reading says by its own result what
//! is wrong with its own bytes, so that one bad option never hides another. Nothing here allocates. What is
//! printed is copied on the stack, and so are domain names in several fragments; nothing else is. All offsets are in
//! bytes from the packet's first byte; fields of several bytes are in network byte order on the wire and native in
//! Rust.
//!
//! The layout is that of RFC 2131 section 2:
//!
//! | offset | width | field | | offset | width | field |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | 0 | 1 | `op` | | 16 | 4 | `yiaddr` |
//! | 1 | 1 | `htype` | | 20 | 4 | `siaddr` |
//! | 2 | 1 | `hlen` | | 24 | 4 | `giaddr` |
//! | 3 | 1 | `hops` | | 28 | 16 | `chaddr` |
//! | 4 | 4 | `xid` | | 44 | 64 | `sname` |
//! | 8 | 2 | `secs` | | 108 | 128 | `file` |
//! | 10 | 2 | `flags` | | 236 | 4 | magic cookie |
//! | 12 | 4 | `ciaddr` | | 240 | | `options` |

mod code;
mod codec;
mod edit;
mod header;
pub mod option;
mod pick;
mod print;
#[cfg(feature = "proptest")]
pub(crate) mod readable;
mod suboptions;
mod value;
mod walk;

pub use code::{Flags, HardwareType, MessageType, OpCode, OptionCode, Overload};
pub use codec::{Encode, Encoder, Expected, FixedSize, Format, Key, OptionKey, ValueError, ValueErrorKind};
pub use edit::{EditError, Editor, LongForm, MAX_EDITS};
pub use header::{HEADER_LENGTH, MAGIC_COOKIE};
pub use option::values::*;
pub use pick::Picked;
pub use suboptions::SuboptionChanges;
pub use value::{CopyError, Fragments, Value};
pub use walk::{Area, OptionError, OptionErrorKind, Options, RawOption};

pub(crate) use edit::{edit, reply, request};
pub(crate) use header::{CAPACITY, FILE, MIN_LENGTH, SNAME};
use header::{Header, OPTIONS_OFFSET};
use walk::{Walk, lone_message_type};

use core::fmt;
use core::net::Ipv4Addr;

use zerocopy::FromBytes;

/// A DHCP or BOOTP message, read in place.
///
/// ```
/// use dhcp_callout::{Message, message::MessageType};
///
/// let mut packet = [0; 243];
/// packet[0] = 1;
/// packet[4..8].copy_from_slice(&0x3903_f326_u32.to_be_bytes());
/// packet[236..].copy_from_slice(&[99, 130, 83, 99, 12, 1, b'h']);
///
/// let message = Message::parse(&packet)?;
/// assert_eq!(message.xid(), 0x3903_f326);
/// let host_name = message.options().next().ok_or("one option")??;
/// assert_eq!((host_name.offset, host_name.value), (240, &b"h"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Message<'a> {
    header: &'a Header,
    packet: &'a [u8],
}

/// A packet that is no DHCP or BOOTP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The packet ends inside the fixed header.
    #[error("packet of {have} bytes, the header needs {needed}")]
    TruncatedHeader {
        /// Bytes that the header needs: [`HEADER_LENGTH`].
        needed: usize,
        /// Bytes that the packet has.
        have: usize,
    },
}

/// An `hlen` that is longer than the field it measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("hlen at offset 2 is {hlen}, the chaddr field has 16 bytes")]
#[non_exhaustive]
pub struct ChaddrError {
    /// The `hlen` field.
    pub hlen: u8,
}

impl<'a> Message<'a> {
    /// Reads `packet` as a message; only the length of the fixed header is checked.
    ///
    /// A packet may have any length from [`HEADER_LENGTH`] up. One without the magic cookie is a BOOTP message without
    /// options. Options are read in the first 2<sup>30</sup> bytes alone, as if the packet ended there: of a longer one
    /// an edit keeps none that is behind them.
    ///
    /// # Errors
    /// [`ParseError::TruncatedHeader`] for a packet of less than [`HEADER_LENGTH`] bytes.
    #[inline]
    pub fn parse(packet: &'a [u8]) -> Result<Self, ParseError> {
        match Header::ref_from_prefix(packet) {
            Ok((header, _)) => Ok(Self { header, packet }),
            Err(_) => Err(ParseError::TruncatedHeader {
                needed: HEADER_LENGTH,
                have: packet.len(),
            }),
        }
    }

    /// Returns all bytes of the packet.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.packet
    }

    /// Returns the client's hardware address: the first `hlen` bytes of the field at offset 28.
    ///
    /// # Errors
    /// [`ChaddrError`] if `hlen` is over 16.
    #[inline]
    pub fn chaddr(self) -> Result<&'a [u8], ChaddrError> {
        let hlen = self.header.hlen;
        self.header.chaddr.get(..usize::from(hlen)).ok_or(ChaddrError { hlen })
    }

    /// Returns the client's MAC address, if its hardware is Ethernet (`htype` 1) and the address has 6 bytes.
    #[inline]
    #[must_use]
    pub fn mac(self) -> Option<[u8; 6]> {
        match (self.htype(), self.header.hlen, self.header.chaddr.first_chunk()) {
            (HardwareType::ETHERNET, 6, Some(mac)) => Some(*mac),
            _ => None,
        }
    }

    /// Returns whether the magic cookie is at offset 236, so that options follow.
    #[inline]
    #[must_use]
    pub fn has_cookie(self) -> bool {
        header::has_cookie(self.packet)
    }

    /// Walks the options in wire order; none in a packet without the magic cookie.
    #[inline]
    #[must_use]
    pub fn options(self) -> Options<'a> {
        Options(Walk::over(self.packet))
    }

    /// Finds all fragments of the option `code`, over all fields that hold options, and returns them as one value.
    ///
    /// Fragments of [`Overload`] (52) count in the options field only. Some servers repeat an option instead of
    /// splitting its value; RFC 3396 has the parts joined all the same, and [`options`](Self::options) shows each.
    /// Option 250 directly after an option of 255 bytes continues it ([MS-DHCPE] section 2.2.9); asked for by its own
    /// code, only the others are found. Linear in the packet; what is before a fault is returned without it.
    ///
    /// # Errors
    /// [`OptionError`] if the walk meets a fault before it meets the option, so that it cannot be called absent.
    #[inline]
    pub fn value(self, code: impl Into<OptionCode>) -> Result<Option<Value<'a>>, OptionError> {
        Value::find(self.packet, code.into())
    }

    /// Finds the fragments of the option `code`, without a look at the rest of the packet before they are asked for.
    ///
    /// This spares the second walk that a [`value`](Self::value) makes to its fragments, and to copy it. A fault after
    /// the first fragment ends them in silence, as it does a value; a value that is empty has none.
    ///
    /// ```
    /// use dhcp_callout::message::option;
    /// # use dhcp_callout::Message;
    /// # let packet = [&[0; 236][..], &[99, 130, 83, 99, 43, 2, 1, 2, 53, 1, 1, 43, 1, 3, 255]].concat();
    /// # let message = Message::parse(&packet)?;
    /// let mut buffer = [0; 600];
    /// let fragments = message.fragments(option::VENDOR_SPECIFIC)?.ok_or("present")?;
    /// assert_eq!(fragments.copy_to(&mut buffer)?, [1, 2, 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    #[inline]
    pub fn fragments(self, code: impl Into<OptionCode>) -> Result<Option<Fragments<'a>>, OptionError> {
        Fragments::find(self.packet, code.into())
    }

    /// Reads the option that `key` names: the value of all its fragments, joined.
    ///
    /// ```
    /// use dhcp_callout::{Message, message::option};
    ///
    /// let mut packet = vec![0; 236];
    /// packet.extend([99, 130, 83, 99]);
    /// packet.extend(b"\x3c\x05rogue\x36\x03\xc0\x00\x02");
    ///
    /// let message = Message::parse(&packet)?;
    /// assert!(message.get(option::CLASS_ID)?.is_some_and(|class| class.starts_with(b"rogue")));
    /// assert_eq!(message.get(option::HOST_NAME)?, None);
    /// let error = message.get(option::SERVER_ID).expect_err("three bytes are no address");
    /// assert_eq!(error.to_string(), "option 54 at offset 249: value of 3 bytes, expected 4");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// - [`ValueErrorKind::Option`] if the walk meets a fault before it meets the option, so that it cannot be called
    ///   absent;
    /// - what the [format](Format::decode) says, if the value does not follow the layout.
    #[inline]
    pub fn get<F: Format>(self, key: impl OptionKey<F>) -> Result<Option<F::Value<'a>>, ValueError> {
        self.value(key)?.map(F::decode).transpose()
    }

    /// Returns the value that `key` names if the option is there and legible: [`get`](Self::get) without its errors.
    ///
    /// An option that is absent and one that cannot be read are the same here; `get` tells them apart.
    ///
    /// ```
    /// # use dhcp_callout::{Message, message::option};
    /// # let packet = [&[0; 236][..], &[99, 130, 83, 99], b"\x3c\x05rogue\x36\x03\xc0\x00\x02"].concat();
    /// # let message = Message::parse(&packet)?;
    /// assert!(message.find(option::CLASS_ID).is_some_and(|class| class.starts_with(b"rogue")));
    /// assert_eq!(message.find(option::HOST_NAME), None); // absent
    /// assert_eq!(message.find(option::SERVER_ID), None); // three bytes are no address
    /// # Ok::<(), dhcp_callout::message::ParseError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn find<F: Format>(self, key: impl OptionKey<F>) -> Option<F::Value<'a>> {
        self.get(key).ok().flatten()
    }

    /// Reads the first instance of the option that `key` names, and looks no further.
    ///
    /// This saves the walk over the rest of the packet. It differs from [`get`](Self::get) only when the option occurs
    /// again later in the packet, which is an error of the sender: a value of the right size needs one instance, so the
    /// instances joined are too long, and `get` says so. Here the first counts if it has the right size by itself:
    /// never a part of a value that `get` would read.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[inline]
    pub fn first<F: FixedSize>(self, key: impl OptionKey<F>) -> Result<Option<F::Value<'a>>, ValueError> {
        // Most often the first option is the one asked for: the message type.
        let code = key.into();
        match self.leading::<F>(code).map(F::decode) {
            Some(Ok(read)) => Ok(Some(read)),
            _ => first_anywhere::<F>(self.packet, code),
        }
    }

    /// Returns the bytes of the first option if it has this code and this size, as a value that does not know its
    /// place.
    #[inline]
    fn leading<F: FixedSize>(self, code: OptionCode) -> Option<Value<'a>> {
        let options = self
            .packet
            .get(..OPTIONS_OFFSET.saturating_add(2).saturating_add(F::SIZE.into()))?;
        let (head, value) = options.get(OPTIONS_OFFSET..)?.split_first_chunk()?;
        let is_first = *head == [code.code(), F::SIZE] && self.has_cookie();
        let has_value = !matches!(code, OptionCode::PAD | OptionCode::END);
        (is_first && has_value).then_some(Value::from_slice(code, value))
    }

    /// Finds several options in one pass, and returns the value of each at the place of its code in `codes`.
    ///
    /// The codes are [`OptionCode`]s, bytes or [`Key`]s of one type. Gives what [`value`](Self::value) gives for each
    /// code, at less than the cost of two of them. A code asked for twice is answered twice.
    ///
    /// ```
    /// use dhcp_callout::message::option;
    /// # use dhcp_callout::Message;
    /// # let packet = [&[0; 236][..], &[99, 130, 83, 99, 53, 1, 1, 50, 4, 192, 0, 2, 7, 255]].concat();
    /// # let message = Message::parse(&packet)?;
    /// let picked = message.pick([option::REQUESTED_ADDRESS.code(), option::HOST_NAME.code()]);
    /// let [Some(requested), None] = picked.values() else { panic!("{picked:?}") };
    /// assert_eq!(option::REQUESTED_ADDRESS.decode(requested)?.octets(), [192, 0, 2, 7]);
    /// assert_eq!(picked.fault(), None); // so the host name is absent
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn pick<const K: usize>(self, codes: [impl Into<OptionCode>; K]) -> Picked<'a, K> {
        Picked::of(self.packet, codes.map(Into::into))
    }

    /// Returns the value of option 53 if it has exactly one byte, whatever that is.
    ///
    /// A second instance later in the packet would make the value longer, so that the whole packet is looked at;
    /// [`first`](Self::first) does not.
    #[inline]
    #[must_use]
    pub fn message_type(self) -> Option<MessageType> {
        match lone_message_type(self.packet) {
            Some(code) => Some(MessageType::from_code(code)),
            None => joined_message_type(self.packet),
        }
    }

    /// Returns which fields hold options beside the options field: the value of option 52.
    ///
    /// # Errors
    /// - [`ValueErrorKind::Option`] if the walk meets a fault before it meets option 52;
    /// - [`ValueErrorKind::Length`] if the joined value has not just one byte;
    /// - [`ValueErrorKind::Value`] if that is not 1, 2 or 3; no field is read as options then.
    #[inline]
    pub fn overload(self) -> Result<Option<Overload>, ValueError> {
        self.get(option::OVERLOAD)
    }

    /// Returns the offset of the END byte of the options field, or `None` when there is none before the packet's end
    /// or the first fault.
    #[must_use]
    pub fn end_offset(self) -> Option<usize> {
        Walk::over(self.packet).end_of_area()
    }
}

/// What [`Message::first`] does when the first option is another one, or is not in order. These two take the packet, so
/// that a message need not leave its registers for them.
#[cold]
#[inline(never)]
fn first_anywhere<F: FixedSize>(packet: &[u8], code: OptionCode) -> Result<Option<F::Value<'_>>, ValueError> {
    let mut walk = Walk::over(packet);
    match walk.find(code).transpose()? {
        Some(option) => F::decode(Value::at(packet, option)).map(Some),
        None => Ok(None),
    }
}

/// What [`Message::message_type`] does unless option 53 comes first and alone.
#[cold]
#[inline(never)]
fn joined_message_type(packet: &[u8]) -> Option<MessageType> {
    let [code] = Value::find(packet, option::MESSAGE_TYPE.code()).ok()??.to_array()?;
    Some(MessageType::from_code(code))
}

/// Defines the readings of the fixed fields.
macro_rules! fields {
    ($($(#[$attribute:meta])* $name:ident: $Type:ty = |$header:ident| $read:expr;)+) => {
        /// The fields of the fixed header, whose offsets are counted from the packet's first byte.
        impl<'a> Message<'a> {
            $(
                $(#[$attribute])*
                #[inline]
                #[must_use]
                pub fn $name(self) -> $Type {
                    let $header = self.header;
                    $read
                }
            )+
        }
    };
}

fields! {
    /// Returns which way the message goes (offset 0). Values other than 1 and 2 are kept.
    op: OpCode = |header| OpCode::from_code(header.op);
    /// Returns the hardware address type (offset 1).
    htype: HardwareType = |header| HardwareType::from_code(header.htype);
    /// Returns the length of the hardware address in bytes (offset 2), as the packet says it; see
    /// [`chaddr`](Self::chaddr).
    hlen: u8 = |header| header.hlen;
    /// Returns how many relay agents the message came through (offset 3).
    hops: u8 = |header| header.hops;
    /// Returns the transaction ID (offset 4).
    xid: u32 = |header| header.xid.get();
    /// Returns the seconds since the client began (offset 8).
    secs: u16 = |header| header.secs.get();
    /// Returns the flags (offset 10), with all bits as they came.
    flags: Flags = |header| Flags::from_bits_retain(header.flags.get());
    /// Returns the client's own address, when it has one that it can answer for (offset 12).
    ciaddr: Ipv4Addr = |header| header.ciaddr.into();
    /// Returns the address that the server gives, "your" address (offset 16).
    yiaddr: Ipv4Addr = |header| header.yiaddr.into();
    /// Returns the address of the next server to use in bootstrap (offset 20).
    siaddr: Ipv4Addr = |header| header.siaddr.into();
    /// Returns the address of the relay agent (offset 24).
    giaddr: Ipv4Addr = |header| header.giaddr.into();
    /// Returns all 16 bytes of the hardware address field (offset 28).
    chaddr_field: &'a [u8; 16] = |header| &header.chaddr;
    /// Returns all 64 bytes of the server name field (offset 44), which may hold options.
    sname: &'a [u8; 64] = |header| &header.sname;
    /// Returns all 128 bytes of the boot file name field (offset 108), which may hold options.
    file: &'a [u8; 128] = |header| &header.file;
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("op", &self.op())
            .field("xid", &format_args!("{:#010x}", self.xid()))
            .field("size", &self.packet.len())
            .finish_non_exhaustive()
    }
}
