//! The argument of `DhcpNewPktHook`.

use core::ffi::c_void;
use core::net::Ipv4Addr;
use core::ptr::NonNull;

use super::packet::{PacketArgument, ServerPacket};
use super::{HookError, ReplaceError, not_null, packet_accessors};
use crate::buffer::PacketBuffer;
use crate::ffi::Bool;
use crate::table::{BufferPool, Context, PooledBuffer, Replacements};

/// A packet that was received, and that the server is about to process: `DhcpNewPktHook` (`LPDHCP_NEWPKT`).
#[derive(Debug)]
pub struct NewPacket<'a> {
    packet: PacketArgument<'a>,
    ip_address: u32,
    /// INVARIANT: for reading and writing during `'a`, though perhaps not aligned; nobody else does so.
    pkt_context: NonNull<*mut c_void>,
    /// INVARIANT: as `pkt_context`.
    process_it: NonNull<Bool>,
}

packet_accessors!(NewPacket);

impl<'a> NewPacket<'a> {
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
        let pkt_context = not_null(pkt_context, "PktContext")?;
        Ok(Self {
            packet,
            ip_address,
            pkt_context,
            process_it,
        })
    }

    /// Returns the address of the server's socket on which the packet was received.
    #[inline]
    #[must_use]
    #[doc(alias = "IpAddress")]
    pub const fn received_on(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.ip_address)
    }

    /// Tells the server whether to process the packet or to drop it; at first it is to be processed.
    ///
    /// Whether the server reports a packet that it drops for this to `DhcpPktDropHook` is not documented.
    #[doc(alias = "ProcessIt")]
    pub fn set_process_it(&mut self, process_it: bool) {
        let process_it = if process_it { Bool::TRUE } else { Bool::FALSE };
        // SAFETY: `process_it` can be written during the lifetime of `self`, aligned or not.
        unsafe { self.process_it.write_unaligned(process_it) };
    }

    /// Sets the context that the server passes to the later hooks of this packet; NULL for `None`.
    #[doc(alias = "PktContext")]
    pub fn set_context(&mut self, context: Option<Context>) {
        self.set_raw_context(context.map_or(core::ptr::null_mut(), Context::as_raw));
    }

    /// Sets what the server passes to the later hooks of this packet; it never looks at it.
    #[doc(alias = "PktContext")]
    #[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the pointer is stored, never followed")]
    pub fn set_raw_context(&mut self, context: *mut c_void) {
        // SAFETY: `pkt_context` can be written during the lifetime of `self`, aligned or not.
        unsafe { self.pkt_context.write_unaligned(context) };
    }

    /// Returns the server's packet, to be given back if another takes its place.
    pub(crate) fn server_packet(&self) -> ServerPacket {
        self.packet.server_packet()
    }

    /// Lets [`replace`](Self::replace) take buffers from `pool`.
    #[must_use]
    pub const fn with_buffers<const M: usize>(mut self, pool: &'a BufferPool<M>) -> Self {
        self.packet.set_pool(pool);
        self
    }

    /// Copies the packet into a buffer, and lets `edit` alter it there; the server gets the altered one to process.
    ///
    /// The pointers are swapped when the hook returns, and the buffer stays until the server reports the packet as
    /// processed. A second replacement starts from the first.
    ///
    /// # Errors
    /// The packet stays as it was, with
    /// - [`ReplaceError::Edit`] if `edit` fails;
    /// - [`ReplaceError::Exhausted`] if all buffers are in use;
    /// - [`ReplaceError::NotTracked`] without [`with_buffers`](Self::with_buffers).
    pub fn replace<T, E>(
        &mut self,
        edit: impl FnOnce(&mut PacketBuffer) -> Result<T, E>,
    ) -> Result<T, ReplaceError<E>> {
        self.packet.replace(edit)
    }

    /// Takes the replacement, if there is one, to be kept by [`commit`](Self::commit).
    #[must_use]
    pub const fn take_replacement(&mut self) -> Option<PooledBuffer<'a>> {
        self.packet.take_replacement()
    }

    /// Points the server at `replacement`, which `keeper` keeps from now on.
    ///
    /// # Safety
    /// - `keeper` is not dropped before the server has finished with the packet.
    pub unsafe fn commit(&mut self, replacement: PooledBuffer<'a>, keeper: &Replacements<'a>) {
        // SAFETY: the caller promises the same.
        unsafe { self.packet.commit(replacement, keeper) };
    }

    /// Returns the server's own packet for writing in place, which its documentation does not recommend: use
    /// [`replace`](Self::replace).
    ///
    /// # Safety
    /// - Nobody else reads or writes the packet during the borrow; whether the server calls other hooks for the same
    ///   packet meanwhile is not documented.
    pub unsafe fn as_server_buffer_mut(&mut self) -> &mut [u8] {
        // SAFETY: the caller promises the same.
        unsafe { self.packet.server_bytes_mut() }
    }
}
