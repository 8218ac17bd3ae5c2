//! The arguments of `DhcpPktDropHook` and `DhcpPktSendHook`, which share a prototype.

use core::ffi::c_void;
use core::net::Ipv4Addr;

use super::accessors::{packet_accessors, packet_context, packet_origin, packet_replacement};
use super::packet::{PacketArgument, PacketBytes, PacketPair, check_packet};
use super::raw::{Family, HookError};
use crate::control::SendCode;
use crate::ffi::DropSendArguments;
use crate::lifecycle::Notice;
use crate::message::{Message, ParseError};

/// What the server reports of a packet: `DhcpPktDropHook` (`LPDHCP_DROP_SEND`).
///
/// The packet was dropped, or has been processed completely. The notice counts whatever the pointers to the packet are.
#[derive(Debug)]
pub struct PacketNotice<'a> {
    packet: Result<PacketBytes<'a>, HookError>,
    /// The server's variables, read again only when a report is late: what few need is not computed for all.
    pair: Option<PacketPair<'a>>,
    ip_address: Ipv4Addr,
    notice: Notice,
    pkt_context: *mut c_void,
}

packet_origin!(PacketNotice);
packet_context!(PacketNotice);

impl PacketNotice<'_> {
    /// Creates the safe argument from those of the C prototype. Every control code is a notice, known or not.
    ///
    /// # Safety
    /// During the lifetime of the value, of the fields of `raw`:
    /// - `packet` and `packet_size` are each NULL or can be read and written, and nobody else does so;
    /// - `*packet` is NULL or points at `*packet_size` bytes that can be read, and that nobody writes, if
    ///   `*packet_size` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    #[inline]
    #[must_use]
    pub unsafe fn from_raw(raw: DropSendArguments) -> Self {
        // SAFETY: the caller promises of the two pointers what is asked here.
        let packet = unsafe { PacketArgument::from_raw(raw.packet, raw.packet_size) };
        // SAFETY: as above.
        let pair = unsafe { PacketPair::from_raw(raw.packet, raw.packet_size) };
        Self {
            packet: packet.map(|packet| packet.original()),
            pair: pair.ok(),
            ip_address: Ipv4Addr::from_bits(raw.ip_address),
            notice: Notice::from_code(raw.control_code),
            pkt_context: raw.pkt_context,
        }
    }

    /// Returns what the server reports: a drop with its reason, or completion.
    #[inline]
    #[must_use]
    #[doc(alias = "ControlCode")]
    pub const fn notice(&self) -> Notice {
        self.notice
    }

    /// Returns the bytes of the packet, at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    ///
    /// # Errors
    /// - [`HookError::Null`] if `Packet`, `PacketSize` or `*Packet` is NULL;
    /// - [`HookError::TooLong`] if `*PacketSize` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY);
    /// - [`HookError::TakenBack`] if its context is refused, and it is in a buffer of the callout's.
    #[inline]
    pub fn bytes(&self) -> Result<&[u8], HookError> {
        match &self.packet {
            Ok(packet) => Ok(packet.bytes()),
            Err(error) => Err(*error),
        }
    }

    /// Returns why there are no bytes, and reads none: those of a late report can be gone.
    #[inline]
    pub(crate) fn error(&self) -> Option<HookError> {
        self.packet.err()
    }

    /// Returns the notice without its bytes, which are those of another packet by now, perhaps.
    #[inline]
    pub(crate) const fn taken_back(&self) -> Self {
        Self {
            packet: Err(HookError::TakenBack),
            ..*self
        }
    }

    /// Returns where the packet is by the server's variables: NULL without [`bytes`](Self::bytes).
    #[inline]
    pub(crate) fn start(&self) -> *const u8 {
        let pair = self.pair.map(PacketPair::get);
        let valid = pair.filter(|(start, size)| check_packet(*start, *size).is_ok());
        valid.map_or(core::ptr::null(), |(start, _)| start.cast_const())
    }

    /// Returns where the packet is, and its size: NULL and 0 without [`bytes`](Self::bytes).
    #[inline]
    pub(crate) fn start_and_size(&self) -> (*mut u8, u32) {
        self.packet
            .map_or((core::ptr::null_mut(), 0), PacketBytes::start_and_size)
    }

    /// Reads the packet as a DHCP message, in place; without [`bytes`](Self::bytes) it is one of 0 bytes.
    ///
    /// # Errors
    /// [`ParseError`] if the packet is too short for a message.
    #[inline]
    pub fn message(&self) -> Result<Message<'_>, ParseError> {
        Message::parse(self.bytes().unwrap_or_default())
    }
}

/// A reply that the server is about to send: `DhcpPktSendHook` (`LPDHCP_DROP_SEND`).
#[derive(Debug)]
pub struct SendPacket<'a> {
    packet: PacketArgument<'a>,
    ip_address: Ipv4Addr,
    code: SendCode,
    pkt_context: *mut c_void,
}

packet_accessors!(SendPacket);
packet_origin!(SendPacket);
packet_context!(SendPacket);
packet_replacement!(
    SendPacket,
    "the packet that is answered",
    "it must have a place in the table, as one that is tracked or was replaced has.",
    "the packet that is answered has no place in the table, or "
);

impl SendPacket<'_> {
    /// Creates the safe argument from those of the C prototype.
    ///
    /// # Safety
    /// As for [`PacketNotice::from_raw`].
    ///
    /// # Errors
    /// - [`HookError::ForeignCode`] if `control_code` is of another hook's family;
    /// - [`HookError::Null`] if `packet`, `packet_size` or `*packet` is NULL;
    /// - [`HookError::TooLong`] if `*packet_size` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    #[inline]
    pub unsafe fn from_raw(raw: DropSendArguments) -> Result<Self, HookError> {
        Family::SEND.check(raw.control_code)?;
        // SAFETY: the caller promises of the two pointers what is asked here.
        let packet = unsafe { PacketArgument::from_raw(raw.packet, raw.packet_size) }?;
        Ok(Self {
            packet,
            ip_address: Ipv4Addr::from_bits(raw.ip_address),
            code: SendCode::from_code(raw.control_code),
            pkt_context: raw.pkt_context,
        })
    }

    /// Returns where the packet is, without reading it.
    #[inline]
    pub(crate) fn start(&self) -> *const u8 {
        self.packet.original().start_and_size().0
    }

    /// Returns what is about to be sent; [`SendCode::SEND_PACKET`] is the only documented code.
    #[inline]
    #[must_use]
    #[doc(alias = "ControlCode")]
    pub const fn code(&self) -> SendCode {
        self.code
    }
}

#[cfg(feature = "simulate")]
impl<'a> PacketNotice<'a> {
    /// Creates the argument for the test of a method.
    pub(crate) fn of_test(notice: Notice, variables: &'a mut super::packet::TestVariables) -> Self {
        let packet = PacketArgument::of_test(&mut variables.packet, &mut variables.packet_size, &mut variables.block);
        Self {
            packet: Ok(packet.original()),
            // No host looks at it.
            pair: None,
            ip_address: super::packet::TEST_SOCKET,
            notice,
            pkt_context: variables.pkt_context,
        }
    }
}

#[cfg(feature = "simulate")]
impl<'a> SendPacket<'a> {
    /// Creates the argument for the test of a method.
    pub(crate) fn of_test(variables: &'a mut super::packet::TestVariables) -> Self {
        Self {
            packet: PacketArgument::of_test(&mut variables.packet, &mut variables.packet_size, &mut variables.block),
            ip_address: super::packet::TEST_SOCKET,
            code: SendCode::SEND_PACKET,
            pkt_context: variables.pkt_context,
        }
    }
}
