//! The argument of `DhcpNewPktHook`.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::net::Ipv4Addr;
use core::ptr::NonNull;

use super::accessors::{packet_accessors, packet_origin, packet_replacement};
use super::packet::PacketArgument;
use super::raw::{HookError, not_null};
use crate::ffi::{Bool, NewPktArguments};
use crate::table::Context;

/// A packet that was received, and that the server is about to process: `DhcpNewPktHook` (`LPDHCP_NEWPKT`).
#[derive(Debug)]
pub struct NewPacket<'a> {
    packet: PacketArgument<'a>,
    ip_address: Ipv4Addr,
    pkt_context: ContextVariable<'a>,
    /// INVARIANT: for reading and writing during `'a`, though perhaps not aligned; nobody else does so.
    process_it: NonNull<Bool>,
}

/// The server's variable for the context of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContextVariable<'a> {
    /// INVARIANT: for reading and writing during `'a`, though perhaps not aligned; nobody else does so.
    variable: NonNull<*mut c_void>,
    lifetime: PhantomData<&'a mut *mut c_void>,
}

impl ContextVariable<'_> {
    /// Sets it to any pointer, which is never followed.
    #[inline]
    pub(crate) fn set(self, context: *mut c_void) {
        // SAFETY: it can be written, says the invariant; alignment does not matter to this write.
        unsafe { self.variable.write_unaligned(context) };
    }
}

packet_accessors!(NewPacket);
packet_origin!(NewPacket);
packet_replacement!(
    NewPacket,
    "the packet",
    "it has a place in the table until then, even after [`Decision::Pass`](crate::Decision::Pass). If the table is full, \
     the server keeps its own packet, which is a [`Diagnostic::NotTracked`](crate::Diagnostic::NotTracked).",
    ""
);

impl NewPacket<'_> {
    /// Creates the safe argument from those of the C prototype, and sets `*ProcessIt` to TRUE.
    ///
    /// `ProcessIt` is an `[out]` parameter: the server tells nothing with it. It is set to TRUE even when an error is
    /// returned, if it can be, so that a check that fails never costs a packet. For an error `*PktContext` is set to
    /// NULL, if it can be: whatever it was would come back as the context of this packet, and might be another's.
    ///
    /// # Safety
    /// During the lifetime of the value, of the fields of `raw`:
    /// - `packet`, `packet_size`, `pkt_context` and `process_it` are each NULL or can be read and written, and nobody
    ///   else does so;
    /// - `*packet` is NULL or points at `*packet_size` bytes that can be read, and that nobody writes, if
    ///   `*packet_size` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    ///
    /// # Errors
    /// - [`HookError::Null`] if one of these pointers, or `*packet`, is NULL;
    /// - [`HookError::TooLong`] if `*packet_size` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    #[inline]
    pub unsafe fn from_raw(raw: NewPktArguments) -> Result<Self, HookError> {
        let process_it = not_null(raw.process_it, "ProcessIt");
        if let Ok(process_it) = process_it {
            // SAFETY: not NULL, so the caller promises that it can be written; alignment does not matter to this write.
            unsafe { process_it.write_unaligned(Bool::TRUE) };
        }
        // SAFETY: the caller promises of the two pointers what is asked here.
        let packet = unsafe { PacketArgument::from_raw(raw.packet, raw.packet_size) };
        match (process_it, packet, not_null(raw.pkt_context, "PktContext")) {
            (Ok(process_it), Ok(packet), Ok(pkt_context)) => Ok(Self {
                packet,
                ip_address: Ipv4Addr::from_bits(raw.ip_address),
                pkt_context: ContextVariable {
                    variable: pkt_context,
                    lifetime: PhantomData,
                },
                process_it,
            }),
            (process_it, packet, pkt_context) => {
                if let Ok(pkt_context) = pkt_context {
                    // SAFETY: as of `process_it`.
                    unsafe { pkt_context.write_unaligned(core::ptr::null_mut()) };
                }
                let error = process_it.err().or(packet.err()).or(pkt_context.err());
                debug_assert!(error.is_some(), "one of the three is an error");
                Err(error.unwrap_or(HookError::Null { parameter: "Packet" }))
            }
        }
    }

    /// Moves the value out, with what the packet was altered to.
    #[inline]
    pub(crate) const fn take(&mut self) -> Self {
        Self {
            packet: self.packet.take(),
            ip_address: self.ip_address,
            pkt_context: self.pkt_context,
            process_it: self.process_it,
        }
    }

    /// Sets whether the server is to process the packet or to drop it; at first it is to be processed.
    ///
    /// Whether the server reports a packet that it drops for this to `DhcpPktDropHook` is not documented.
    #[inline]
    #[doc(alias = "ProcessIt")]
    pub fn set_process_it(&mut self, process_it: bool) {
        let process_it = if process_it { Bool::TRUE } else { Bool::FALSE };
        // SAFETY: `process_it` can be written during the lifetime of `self`, aligned or not.
        unsafe { self.process_it.write_unaligned(process_it) };
    }

    /// Sets the context that the server passes to the later hooks of this packet; NULL for `None`.
    #[inline]
    #[doc(alias = "PktContext")]
    pub fn set_context(&mut self, context: Option<Context>) {
        self.set_raw_context(context.map_or(core::ptr::null_mut(), Context::as_raw));
    }

    /// Sets what the server passes to the later hooks of this packet; it never looks at it.
    #[inline]
    #[doc(alias = "PktContext")]
    pub fn set_raw_context(&mut self, context: *mut c_void) {
        self.pkt_context.set(context);
    }
}

impl<'a> NewPacket<'a> {
    /// Gives up all but the variable for the context; without what the packet was altered to, if it was.
    #[inline]
    pub(crate) const fn into_context_variable(self) -> ContextVariable<'a> {
        let variable = self.pkt_context;
        core::mem::forget(self);
        variable
    }
}

#[cfg(feature = "simulate")]
impl<'a> NewPacket<'a> {
    /// Creates the argument for the test of a method.
    pub(crate) fn of_test(variables: &'a mut super::packet::TestVariables) -> Self {
        variables.process_it = Bool::TRUE;
        Self {
            packet: PacketArgument::of_test(&mut variables.packet, &mut variables.packet_size, &mut variables.block),
            ip_address: super::packet::TEST_SOCKET,
            pkt_context: ContextVariable {
                variable: NonNull::from(&mut variables.pkt_context),
                lifetime: PhantomData,
            },
            process_it: NonNull::from(&mut variables.process_it),
        }
    }
}
