//! The arguments of `DhcpAddressDelHook` and `DhcpAddressOfferHook`.

use core::ffi::c_void;
use core::net::Ipv4Addr;

use super::accessors::{packet_accessors, packet_context, packet_origin, packet_start};
use super::packet::PacketBytes;
use super::raw::{Family, HookError};
use crate::control::{AddressGrant, AddressProblem, ClientType};
use crate::ffi::{GiveAddressArguments, ProbArguments};

/// An address that is not, or no longer, in use: `DhcpAddressDelHook` (`LPDHCP_PROB`).
#[derive(Debug)]
pub struct AddressDeleted<'a> {
    packet: PacketBytes<'a>,
    ip_address: Ipv4Addr,
    problem: AddressProblem,
    alt_address: Ipv4Addr,
    pkt_context: *mut c_void,
}

packet_accessors!(AddressDeleted);
packet_origin!(AddressDeleted);
packet_context!(AddressDeleted);
packet_start!(AddressDeleted);

impl AddressDeleted<'_> {
    /// Creates the safe argument from those of the C prototype.
    ///
    /// # Safety
    /// During the lifetime of the value, of the fields of `raw`:
    /// - `packet` is NULL or points at `packet_size` bytes that can be read, and that nobody writes, if `packet_size`
    ///   is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    ///
    /// # Errors
    /// - [`HookError::ForeignCode`] if `control_code` is of another hook's family;
    /// - [`HookError::Null`] if `packet` is NULL;
    /// - [`HookError::TooLong`] if `packet_size` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    #[inline]
    pub unsafe fn from_raw(raw: ProbArguments) -> Result<Self, HookError> {
        Family::PROBLEM.check(raw.control_code)?;
        // SAFETY: the caller promises of the packet what is asked here.
        let packet = unsafe { PacketBytes::from_raw(raw.packet, "Packet", raw.packet_size) }?;
        Ok(Self {
            packet,
            ip_address: Ipv4Addr::from_bits(raw.ip_address),
            problem: AddressProblem::from_code(raw.control_code),
            alt_address: Ipv4Addr::from_bits(raw.alt_address),
            pkt_context: raw.pkt_context,
        })
    }

    /// Returns what became of the address.
    #[inline]
    #[must_use]
    #[doc(alias = "ControlCode")]
    pub const fn problem(&self) -> AddressProblem {
        self.problem
    }

    /// Returns the address that this is about.
    #[inline]
    #[must_use]
    #[doc(alias = "AltAddress")]
    pub const fn address(&self) -> Ipv4Addr {
        self.alt_address
    }
}

/// An address that the server is about to acknowledge to a client: `DhcpAddressOfferHook` (`LPDHCP_GIVE_ADDRESS`).
#[derive(Debug)]
pub struct AddressOffered<'a> {
    packet: PacketBytes<'a>,
    ip_address: Ipv4Addr,
    grant: AddressGrant,
    alt_address: Ipv4Addr,
    addr_type: ClientType,
    lease_time: u32,
    pkt_context: *mut c_void,
}

packet_accessors!(AddressOffered);
packet_origin!(AddressOffered);
packet_context!(AddressOffered);
packet_start!(AddressOffered);

impl AddressOffered<'_> {
    /// Creates the safe argument from those of the C prototype.
    ///
    /// # Safety
    /// As for [`AddressDeleted::from_raw`].
    ///
    /// # Errors
    /// As for [`AddressDeleted::from_raw`].
    #[inline]
    pub unsafe fn from_raw(raw: GiveAddressArguments) -> Result<Self, HookError> {
        Family::GIVE.check(raw.control_code)?;
        // SAFETY: the caller promises of the packet what is asked here.
        let packet = unsafe { PacketBytes::from_raw(raw.packet, "Packet", raw.packet_size) }?;
        Ok(Self {
            packet,
            ip_address: Ipv4Addr::from_bits(raw.ip_address),
            grant: AddressGrant::from_code(raw.control_code),
            alt_address: Ipv4Addr::from_bits(raw.alt_address),
            addr_type: ClientType::from_code(raw.addr_type),
            lease_time: raw.lease_time,
            pkt_context: raw.pkt_context,
        })
    }

    /// Returns whether the lease is a new one or a renewal.
    #[inline]
    #[must_use]
    #[doc(alias = "ControlCode")]
    pub const fn grant(&self) -> AddressGrant {
        self.grant
    }

    /// Returns the address that the client gets.
    #[inline]
    #[must_use]
    #[doc(alias = "AltAddress")]
    pub const fn address(&self) -> Ipv4Addr {
        self.alt_address
    }

    /// Returns by which protocol the client asked.
    #[inline]
    #[must_use]
    #[doc(alias = "AddrType")]
    pub const fn client_type(&self) -> ClientType {
        self.addr_type
    }

    /// Returns the length of the lease in seconds.
    #[inline]
    #[must_use]
    #[doc(alias = "LeaseTime")]
    pub const fn lease_time(&self) -> u32 {
        self.lease_time
    }
}
