//! A server that calls a callout table, for tests and demonstrations on any machine (feature `simulate`).
//!
//! [`Server`] holds a [`CalloutTable`] and calls its hooks through the raw function pointers, with the arguments and in
//! the order that the documentation of Microsoft's server gives. [`Server::replay`] takes the packets of a capture and
//! plays the server's part in them; [`Server::receive`] and the other single steps leave the order to the caller, legal
//! or not.
//!
//! Where the documentation is silent both possibilities can be had: see [`RefusalPolicy`].
#![expect(unsafe_code, reason = "this module calls `extern` hooks")]

mod replay;
mod test_packet;

pub use replay::{Call, Datagram, Lifecycle};
pub use test_packet::TestPacket;

extern crate alloc;

use alloc::vec;
use alloc::vec::Vec;
use core::ffi::c_void;
use core::net::Ipv4Addr;
use core::ptr::null_mut;

use crate::buffer::{PACKET_CAPACITY, PacketTooLong};
use crate::control::{AddressGrant, AddressProblem, ClientType, SendCode, ServiceControl};
use crate::ffi::{
    self, Bool, CalloutTable, ControlArguments, DropSendArguments, EntryPoint, GiveAddressArguments, NewPktArguments,
    ProbArguments,
};
use crate::hook::{HookError, read_packet};
use crate::lifecycle::Notice;

/// A DHCP server as a callout DLL sees it.
#[derive(Debug)]
pub struct Server {
    /// INVARIANT: each hook can be called as its prototype says.
    table: CalloutTable,
    address: Ipv4Addr,
    refusal_policy: RefusalPolicy,
}

/// What the server does with a packet that `DhcpNewPktHook` refused; the documentation does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefusalPolicy {
    /// It forgets the packet without another call.
    #[default]
    Unreported,
    /// It reports the packet to `DhcpPktDropHook`, as dropped and then as processed.
    Reported,
}

/// An entry point that did not accept version 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} returned {status:#x}", name = "DhcpServerCalloutEntry")]
#[non_exhaustive]
pub struct EntryRefused {
    /// What the entry point returned.
    pub status: u32,
}

/// A packet in the server's hands: a buffer of 4096 bytes, and what the callout made of it.
///
/// Dropping it makes no call: the server forgets the packet without a word.
#[derive(Debug)]
pub struct PacketInFlight {
    packet: ServerPacket,
    context: *mut c_void,
    process_it: Bool,
}

/// A packet as it is passed to hooks that may point elsewhere.
///
/// What a hook puts in the place of the packet is copied when the hook returns: it stays only until somebody reports the
/// packet, or another one by the same context, as processed.
#[derive(Debug)]
struct ServerPacket {
    /// The server's own buffer, of [`PACKET_CAPACITY`] bytes.
    buffer: Vec<u8>,
    /// The start of the buffer, or what a hook has left that is no packet.
    pointer: *mut u8,
    size: u32,
    /// What is wrong with the two.
    fault: Option<HookError>,
}

impl Server {
    /// Creates a server that calls the hooks of `table`.
    ///
    /// # Safety
    /// - Each hook of `table` can be called with arguments as its prototype in [`ffi`] says, from any thread, as long
    ///   as the server lives: in any order and any number of times, also after a packet was reported as processed, and
    ///   with whatever context.
    #[must_use]
    pub const unsafe fn new(table: CalloutTable) -> Self {
        Self {
            table,
            address: Ipv4Addr::new(192, 0, 2, 1),
            refusal_policy: RefusalPolicy::Unreported,
        }
    }

    /// Asks `entry` for its table as the server does when it loads a DLL, with no further DLL in the chain.
    ///
    /// # Safety
    /// - `entry` can be called as its prototype says, and the hooks that it puts into the table as [`new`](Self::new)
    ///   says.
    ///
    /// # Errors
    /// [`EntryRefused`] if the entry point returns anything but 0.
    pub unsafe fn load(entry: EntryPoint) -> Result<Self, EntryRefused> {
        let mut table = CalloutTable::EMPTY;
        let mut chain_dlls = [0_u16; 2];
        // SAFETY: the caller promises that `entry` can be called; the list is an empty `REG_MULTI_SZ`, and the table
        // can be written.
        let status = unsafe { entry(chain_dlls.as_mut_ptr(), ffi::CALLOUT_VERSION, &raw mut table) };
        match status {
            // SAFETY: the caller promises that the hooks can be called.
            ffi::ERROR_SUCCESS => Ok(unsafe { Self::new(table) }),
            status => Err(EntryRefused { status }),
        }
    }

    /// Sets the address of the socket on which all packets are received; 192.0.2.1 at first.
    #[must_use]
    pub const fn at(mut self, address: Ipv4Addr) -> Self {
        self.address = address;
        self
    }

    /// Sets what is done with a packet that the callout refused; [`RefusalPolicy::Unreported`] at first.
    #[must_use]
    pub const fn refusal_policy(mut self, refusal_policy: RefusalPolicy) -> Self {
        self.refusal_policy = refusal_policy;
        self
    }

    /// Returns the table whose hooks the server calls.
    #[must_use]
    pub const fn table(&self) -> &CalloutTable {
        &self.table
    }

    /// Reports that the service was started, stopped, paused or continued.
    pub fn control(&self, code: ServiceControl) {
        if let Some(hook) = self.table.dhcp_control_hook {
            let call = ControlArguments {
                control_code: code.code(),
                reserved: null_mut(),
            };
            // SAFETY: the hooks can be called.
            let _ = unsafe { call.pass_to(hook) };
        }
    }

    /// Receives a packet, and offers it to `DhcpNewPktHook`.
    ///
    /// # Errors
    /// [`PacketTooLong`] if the packet does not fit into the server's buffer.
    pub fn receive(&self, packet: &[u8]) -> Result<PacketInFlight, PacketTooLong> {
        let packet = ServerPacket::new(packet)?;
        let mut in_flight = PacketInFlight {
            packet,
            context: null_mut(),
            process_it: Bool::TRUE,
        };
        if let Some(hook) = self.table.dhcp_new_pkt_hook {
            let call = NewPktArguments {
                packet: &raw mut in_flight.packet.pointer,
                packet_size: &raw mut in_flight.packet.size,
                ip_address: self.address.to_bits(),
                reserved: null_mut(),
                pkt_context: &raw mut in_flight.context,
                process_it: &raw mut in_flight.process_it,
            };
            // SAFETY: the hooks can be called; the pointers are to the packet's own variables, and to 4096 bytes.
            let _ = unsafe { call.pass_to(hook) };
            in_flight.packet.take_in();
        }
        Ok(in_flight)
    }

    /// Reports that a packet was dropped, or that it was processed completely.
    pub fn notify(&self, in_flight: &mut PacketInFlight, notice: Notice) {
        let PacketInFlight { packet, context, .. } = in_flight;
        self.call_drop_send(self.table.dhcp_pkt_drop_hook, packet, notice.code(), *context);
    }

    /// Offers `reply`, the response to a packet, to `DhcpPktSendHook`, and passes what is then to be sent to `sent`.
    ///
    /// # Errors
    /// [`PacketTooLong`] if the reply does not fit into the server's buffer.
    pub fn send<R>(
        &self,
        in_flight: &PacketInFlight,
        reply: &[u8],
        sent: impl FnOnce(Result<&[u8], HookError>) -> R,
    ) -> Result<R, PacketTooLong> {
        let mut packet = ServerPacket::new(reply)?;
        let code = SendCode::SEND_PACKET.code();
        self.call_drop_send(self.table.dhcp_pkt_send_hook, &mut packet, code, in_flight.context);
        Ok(sent(packet.bytes()))
    }

    /// Reports that the server acknowledges `address` to the client for `lease_time` seconds.
    pub fn offer_address(&self, in_flight: &PacketInFlight, grant: AddressGrant, address: Ipv4Addr, lease_time: u32) {
        let PacketInFlight { packet, context, .. } = in_flight;
        if let Some(hook) = self.table.dhcp_address_offer_hook {
            let call = GiveAddressArguments {
                packet: packet.pointer,
                packet_size: packet.size,
                control_code: grant.code(),
                ip_address: self.address.to_bits(),
                alt_address: address.to_bits(),
                addr_type: ClientType::DHCP.code(),
                lease_time,
                reserved: null_mut(),
                pkt_context: *context,
            };
            // SAFETY: the hooks can be called; the pointer is to `size` bytes.
            let _ = unsafe { call.pass_to(hook) };
        }
    }

    /// Reports that `address` is not, or no longer, in use.
    pub fn delete_address(&self, in_flight: &PacketInFlight, problem: AddressProblem, address: Ipv4Addr) {
        let PacketInFlight { packet, context, .. } = in_flight;
        if let Some(hook) = self.table.dhcp_address_del_hook {
            let call = ProbArguments {
                packet: packet.pointer,
                packet_size: packet.size,
                control_code: problem.code(),
                ip_address: self.address.to_bits(),
                alt_address: address.to_bits(),
                reserved: null_mut(),
                pkt_context: *context,
            };
            // SAFETY: the hooks can be called; the pointer is to `size` bytes.
            let _ = unsafe { call.pass_to(hook) };
        }
    }

    fn call_drop_send(&self, hook: Option<ffi::DropSend>, packet: &mut ServerPacket, code: u32, context: *mut c_void) {
        if let Some(hook) = hook {
            let call = DropSendArguments {
                packet: &raw mut packet.pointer,
                packet_size: &raw mut packet.size,
                control_code: code,
                ip_address: self.address.to_bits(),
                reserved: null_mut(),
                pkt_context: context,
            };
            // SAFETY: the hooks can be called; the pointers are to the packet's own variables, and to 4096 bytes.
            let _ = unsafe { call.pass_to(hook) };
            packet.take_in();
        }
    }
}

impl PacketInFlight {
    /// Returns the packet as it is now: the server's, or what `DhcpNewPktHook` put in its place, copied when the hook
    /// returned.
    ///
    /// # Errors
    /// [`HookError`] if a hook left a NULL pointer or a size over the capacity.
    pub fn bytes(&self) -> Result<&[u8], HookError> {
        self.packet.bytes()
    }

    /// Returns whether the callout wants the packet processed.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.process_it != Bool::FALSE
    }

    /// Returns what the callout set as the context of the packet; NULL at first.
    #[must_use]
    pub const fn context(&self) -> *mut c_void {
        self.context
    }

    /// Sets the context that the next hooks get, as a server that mixes them up would.
    pub const fn set_context(&mut self, context: *mut c_void) {
        self.context = context;
    }
}

impl ServerPacket {
    fn new(packet: &[u8]) -> Result<Self, PacketTooLong> {
        let too_long = PacketTooLong {
            size: packet.len(),
            capacity: PACKET_CAPACITY,
        };
        let size = u32::try_from(packet.len()).map_err(|_| too_long)?;
        let mut buffer = buffer_of(packet).ok_or(too_long)?;
        let pointer = buffer.as_mut_ptr();
        Ok(Self {
            buffer,
            pointer,
            size,
            fault: None,
        })
    }

    /// Copies what a hook has put in the place of the packet into a buffer of the server's own.
    fn take_in(&mut self) {
        // SAFETY: the pointer is to the server's buffer, or the hook that has just returned put it there, and promises
        // that the packet stays until it is processed.
        match unsafe { read_packet(self.pointer, self.size) } {
            Ok(packet) => {
                if self.pointer.cast_const() != self.buffer.as_ptr() {
                    let copy = buffer_of(packet);
                    debug_assert!(copy.is_some(), "a packet that can be read fits into the buffer");
                    self.buffer = copy.unwrap_or_default();
                    self.pointer = self.buffer.as_mut_ptr();
                }
                self.fault = None;
            }
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn bytes(&self) -> Result<&[u8], HookError> {
        match self.fault {
            // SAFETY: without a fault the pointer is to the server's own buffer, and the size not beyond it.
            None => unsafe { read_packet(self.pointer, self.size) },
            Some(fault) => Err(fault),
        }
    }
}

/// Creates a server's buffer with `packet` at its start; `None` if that is too long.
fn buffer_of(packet: &[u8]) -> Option<Vec<u8>> {
    let mut buffer = vec![0; PACKET_CAPACITY];
    buffer.get_mut(..packet.len())?.copy_from_slice(packet);
    Some(buffer)
}
