//! The arguments of `DhcpPktDropHook` and `DhcpPktSendHook`, which share a prototype.

use core::ffi::c_void;

use super::packet::{PacketArgument, PacketBytes};
use super::{Family, HookError, packet_accessors, packet_context, packet_origin, packet_replacement};
use crate::control::SendCode;
use crate::lifecycle::Notice;

/// A packet that was dropped, or that was processed completely: `DhcpPktDropHook` (`LPDHCP_DROP_SEND`).
#[derive(Debug)]
pub struct DroppedPacket<'a> {
    packet: PacketBytes<'a>,
    ip_address: u32,
    notice: Notice,
    pkt_context: *mut c_void,
}

packet_accessors!(DroppedPacket);
packet_origin!(DroppedPacket);

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
        Family::CONTROL_OR_DROP.check(control_code)?;
        // SAFETY: the caller promises of the two pointers what is asked here.
        let packet = unsafe { PacketArgument::from_raw(packet, packet_size) }?.original();
        Ok(Self {
            packet,
            ip_address,
            notice: Notice::from_code(control_code),
            pkt_context,
        })
    }

    /// Returns what the server reports: a drop with its reason, or completion.
    #[inline]
    #[must_use]
    #[doc(alias = "ControlCode")]
    pub const fn notice(&self) -> Notice {
        self.notice
    }
}

/// A response that the server is about to send: `DhcpPktSendHook` (`LPDHCP_DROP_SEND`).
#[derive(Debug)]
pub struct SendPacket<'a> {
    packet: PacketArgument<'a>,
    ip_address: u32,
    code: SendCode,
    pkt_context: *mut c_void,
}

packet_accessors!(SendPacket);
packet_origin!(SendPacket);
packet_replacement!(SendPacket, "the packet that is answered");

impl SendPacket<'_> {
    /// Makes the safe argument from those of the C prototype.
    ///
    /// # Safety
    /// As for [`DroppedPacket::from_raw`].
    ///
    /// # Errors
    /// As for [`DroppedPacket::from_raw`].
    pub unsafe fn from_raw(
        packet: *mut *mut u8,
        packet_size: *mut u32,
        control_code: u32,
        ip_address: u32,
        _reserved: *mut c_void,
        pkt_context: *mut c_void,
    ) -> Result<Self, HookError> {
        Family::SEND.check(control_code)?;
        // SAFETY: the caller promises of the two pointers what is asked here.
        let packet = unsafe { PacketArgument::from_raw(packet, packet_size) }?;
        Ok(Self {
            packet,
            ip_address,
            code: SendCode::from_code(control_code),
            pkt_context,
        })
    }

    /// Returns what is about to be sent; [`SendCode::SEND_PACKET`] is the only documented code.
    #[inline]
    #[must_use]
    #[doc(alias = "ControlCode")]
    pub const fn code(&self) -> SendCode {
        self.code
    }
}
