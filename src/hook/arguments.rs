//! The arguments of the hooks that carry a packet which may be altered, and of `DhcpPktDropHook`.

use core::ffi::c_void;
use core::net::Ipv4Addr;
use core::ptr::NonNull;

use super::packet::{PacketArgument, not_null};
use super::{HookError, check_family};
use crate::control::SendCode;
use crate::ffi::Bool;
use crate::lifecycle::Notice;
use crate::message::{Message, ParseError};

/// Family of the codes of `DhcpPktDropHook`.
const DROP_FAMILY: u32 = 0x0;
/// Family of the codes of `DhcpPktSendHook`.
const SEND_FAMILY: u32 = 0x1;

/// Reads that every packet of a hook offers.
macro_rules! packet_accessors {
    ($Type:ident) => {
        impl $Type<'_> {
            /// Returns the bytes of the packet, at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
            #[inline]
            #[must_use]
            pub fn bytes(&self) -> &[u8] {
                self.packet.bytes()
            }

            /// Reads the packet as a DHCP message, in place.
            ///
            /// # Errors
            /// [`ParseError`] if the packet is too short for a message.
            #[inline]
            pub fn message(&self) -> Result<Message<'_>, ParseError> {
                Message::parse(self.bytes())
            }

            /// Returns the address of the server's socket on which the packet was received.
            #[inline]
            #[must_use]
            #[doc(alias = "IpAddress")]
            pub const fn received_on(&self) -> Ipv4Addr {
                self.received_on
            }
        }
    };
}

/// A packet that was received, and that the server is about to process: `DhcpNewPktHook` (`LPDHCP_NEWPKT`).
#[derive(Debug)]
pub struct NewPacket<'a> {
    packet: PacketArgument<'a>,
    received_on: Ipv4Addr,
    /// INVARIANT: for reading and writing during `'a`, though perhaps not aligned.
    context: NonNull<*mut c_void>,
    /// INVARIANT: as `context`.
    process_it: NonNull<Bool>,
}

packet_accessors!(NewPacket);

impl NewPacket<'_> {
    /// Makes the safe argument from those of the C prototype, and sets `*ProcessIt` to TRUE.
    ///
    /// `ProcessIt` is an `[out]` parameter: the server tells nothing with it. It is set to TRUE even when an error is
    /// returned, if it can be, so that a check that fails never costs a packet.
    ///
    /// # Safety
    /// During the lifetime of the value:
    /// - `packet`, `packet_size`, `pkt_context` and `process_it` are each NULL or can be read and written, and nobody
    ///   else does so;
    /// - `*packet` is NULL or points at `*packet_size` bytes that can be read, and that nobody writes, if
    ///   `*packet_size` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    ///
    /// # Errors
    /// - [`HookError::Null`] if one of these pointers, or `*packet`, is NULL;
    /// - [`HookError::TooLong`] if `*packet_size` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    pub unsafe fn from_raw(
        packet: *mut *mut u8,
        packet_size: *mut u32,
        ip_address: u32,
        _reserved: *mut c_void,
        pkt_context: *mut *mut c_void,
        process_it: *mut Bool,
    ) -> Result<Self, HookError> {
        let process_it = not_null(process_it, "ProcessIt")?;
        // SAFETY: not NULL, so the caller promises that it can be written; alignment does not matter to this write.
        unsafe { process_it.write_unaligned(Bool::TRUE) };
        // SAFETY: the caller promises of the two pointers what is asked here.
        let packet = unsafe { PacketArgument::from_raw(packet, packet_size) }?;
        let context = not_null(pkt_context, "PktContext")?;
        Ok(Self {
            packet,
            received_on: Ipv4Addr::from_bits(ip_address),
            context,
            process_it,
        })
    }

    /// Makes the server drop the packet: `*ProcessIt` becomes FALSE.
    ///
    /// Whether the server then reports the packet to `DhcpPktDropHook` is not documented.
    #[doc(alias = "ProcessIt")]
    pub fn refuse(&mut self) {
        // SAFETY: `process_it` can be written during the lifetime of `self`, aligned or not.
        unsafe { self.process_it.write_unaligned(Bool::FALSE) };
    }

    /// Sets what the server passes to the later hooks of this packet; it never looks at it.
    #[doc(alias = "PktContext")]
    #[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the pointer is stored, never followed")]
    pub fn set_raw_context(&mut self, context: *mut c_void) {
        // SAFETY: `context` can be written during the lifetime of `self`, aligned or not.
        unsafe { self.context.write_unaligned(context) };
    }
}

/// A packet that was dropped, or that was processed completely: `DhcpPktDropHook` (`LPDHCP_DROP_SEND`).
#[derive(Debug)]
pub struct DroppedPacket<'a> {
    packet: PacketArgument<'a>,
    received_on: Ipv4Addr,
    notice: Notice,
    context: *mut c_void,
}

packet_accessors!(DroppedPacket);

impl DroppedPacket<'_> {
    /// Makes the safe argument from those of the C prototype.
    ///
    /// # Safety
    /// During the lifetime of the value:
    /// - `packet` and `packet_size` are each NULL or can be read and written, and nobody else does so;
    /// - `*packet` is NULL or points at `*packet_size` bytes that can be read, and that nobody writes, if
    ///   `*packet_size` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    ///
    /// # Errors
    /// - [`HookError::ForeignCode`] if `control_code` is of another hook's family;
    /// - [`HookError::Null`] if `packet`, `packet_size` or `*packet` is NULL;
    /// - [`HookError::TooLong`] if `*packet_size` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    pub unsafe fn from_raw(
        packet: *mut *mut u8,
        packet_size: *mut u32,
        control_code: u32,
        ip_address: u32,
        _reserved: *mut c_void,
        pkt_context: *mut c_void,
    ) -> Result<Self, HookError> {
        check_family(control_code, DROP_FAMILY)?;
        // SAFETY: the caller promises of the two pointers what is asked here.
        let packet = unsafe { PacketArgument::from_raw(packet, packet_size) }?;
        let notice = Notice::from_code(control_code);
        Ok(Self {
            packet,
            received_on: Ipv4Addr::from_bits(ip_address),
            notice,
            context: pkt_context,
        })
    }

    /// Returns what the server reports: a drop with its reason, or completion.
    #[inline]
    #[must_use]
    #[doc(alias = "ControlCode")]
    pub const fn notice(&self) -> Notice {
        self.notice
    }

    /// Returns what was set as the packet's context; anything can stand here, NULL among it.
    #[inline]
    #[must_use]
    #[doc(alias = "PktContext")]
    pub const fn raw_context(&self) -> *mut c_void {
        self.context
    }
}

/// A response that the server is about to send: `DhcpPktSendHook` (`LPDHCP_DROP_SEND`).
#[derive(Debug)]
pub struct SendPacket<'a> {
    packet: PacketArgument<'a>,
    received_on: Ipv4Addr,
    code: SendCode,
    context: *mut c_void,
}

packet_accessors!(SendPacket);

impl SendPacket<'_> {
    /// Makes the safe argument from those of the C prototype.
    ///
    /// # Safety
    /// During the lifetime of the value:
    /// - `packet` and `packet_size` are each NULL or can be read and written, and nobody else does so;
    /// - `*packet` is NULL or points at `*packet_size` bytes that can be read, and that nobody writes, if
    ///   `*packet_size` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    ///
    /// # Errors
    /// - [`HookError::ForeignCode`] if `control_code` is of another hook's family;
    /// - [`HookError::Null`] if `packet`, `packet_size` or `*packet` is NULL;
    /// - [`HookError::TooLong`] if `*packet_size` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    pub unsafe fn from_raw(
        packet: *mut *mut u8,
        packet_size: *mut u32,
        control_code: u32,
        ip_address: u32,
        _reserved: *mut c_void,
        pkt_context: *mut c_void,
    ) -> Result<Self, HookError> {
        check_family(control_code, SEND_FAMILY)?;
        // SAFETY: the caller promises of the two pointers what is asked here.
        let packet = unsafe { PacketArgument::from_raw(packet, packet_size) }?;
        let code = SendCode::from_code(control_code);
        Ok(Self {
            packet,
            received_on: Ipv4Addr::from_bits(ip_address),
            code,
            context: pkt_context,
        })
    }

    /// Returns what is about to be sent; [`SendCode::SEND_PACKET`] is the only documented code.
    #[inline]
    #[must_use]
    #[doc(alias = "ControlCode")]
    pub const fn code(&self) -> SendCode {
        self.code
    }

    /// Returns what was set as the packet's context; anything can stand here, NULL among it.
    #[inline]
    #[must_use]
    #[doc(alias = "PktContext")]
    pub const fn raw_context(&self) -> *mut c_void {
        self.context
    }
}
