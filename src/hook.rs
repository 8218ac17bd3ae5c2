//! Where pointers end: one safe argument type per hook, made from the raw arguments by one `unsafe fn` each.
//!
//! `from_raw` takes exactly the parameters of the C prototype. It checks what can be checked (NULL, sizes against
//! [`PACKET_CAPACITY`], the family of the control code) before any slice is made, and what cannot be checked is its
//! safety contract. Pointers need not be aligned. Addresses arrive in host byte order and leave as
//! [`Ipv4Addr`](core::net::Ipv4Addr).
//!
//! | hook | type |
//! | --- | --- |
//! | `DhcpControlHook` | [`ControlEvent`] |
//! | `DhcpNewPktHook` | [`NewPacket`] |
//! | `DhcpPktDropHook` | [`DroppedPacket`] |
//! | `DhcpPktSendHook` | [`SendPacket`] |
//! | `DhcpAddressDelHook` | [`AddressDeleted`] |
//! | `DhcpAddressOfferHook` | [`AddressOffered`] |
//! | `DhcpHandleOptionsHook` | [`ParsedOptions`] |
//! | `DhcpDeleteClientHook` | [`ClientDeleted`] |
#![expect(unsafe_code, reason = "this room turns the server's pointers into references")]

mod address;
mod drop_send;
mod entry;
mod new_packet;
mod packet;
mod parsed_options;
mod service;

pub use address::{AddressDeleted, AddressOffered};
pub use drop_send::{DroppedPacket, SendPacket};
pub(crate) use entry::{read_list, write_table};
pub use new_packet::NewPacket;
pub use packet::ReplaceError;
pub(crate) use packet::put_back;
#[cfg(feature = "simulate")]
pub(crate) use packet::read_packet;
pub use parsed_options::{Dword, OwnedField, OwnedOptions, ParsedOptions};
pub use service::{ClientDeleted, ControlEvent};

use core::ptr::NonNull;

use crate::buffer::PACKET_CAPACITY;

/// Raw arguments that a hook cannot work with; nothing was changed but what [`NewPacket::from_raw`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// A pointer that the hook needs is NULL.
    #[error("{parameter} is NULL")]
    Null {
        /// The parameter, as the SDK names it; `*Packet` for the pointer that `Packet` points at.
        parameter: &'static str,
    },
    /// A packet, or a part of one, is longer than the server's buffer.
    #[error("{parameter} is {size}, the buffer has {PACKET_CAPACITY} bytes")]
    TooLong {
        /// The parameter or field that gives the size, as the SDK names it.
        parameter: &'static str,
        /// The size that the server gave, in bytes.
        size: u32,
    },
    /// The control code belongs to another hook.
    #[error("ControlCode {code:#010x} is not of the family {family:#x}")]
    ForeignCode {
        /// The code that the server gave.
        code: u32,
        /// The upper four bits that the codes of this hook have.
        family: u32,
    },
}

/// The upper four bits of a control code: they tell which hook it is for.
#[derive(Clone, Copy)]
pub(crate) struct Family(u32);

impl Family {
    /// `DhcpControlHook` and `DhcpPktDropHook`.
    pub(crate) const CONTROL_OR_DROP: Self = Self(0x0);
    /// `DhcpPktSendHook`.
    const SEND: Self = Self(0x1);
    /// `DhcpAddressDelHook`.
    const PROBLEM: Self = Self(0x2);
    /// `DhcpAddressOfferHook`.
    const GIVE: Self = Self(0x3);

    /// Checks that `code` is one that the hook of this family can be given.
    pub(crate) const fn check(self, code: u32) -> Result<(), HookError> {
        let Self(family) = self;
        if code >> 28 == family {
            Ok(())
        } else {
            Err(HookError::ForeignCode { code, family })
        }
    }
}

/// Checks a pointer parameter for NULL.
fn not_null<T>(pointer: *mut T, parameter: &'static str) -> Result<NonNull<T>, HookError> {
    NonNull::new(pointer).ok_or(HookError::Null { parameter })
}

/// Checks a size that the server gave against the capacity of a packet buffer.
fn checked_length(size: u32, parameter: &'static str) -> Result<usize, HookError> {
    match usize::try_from(size) {
        Ok(length) if length <= PACKET_CAPACITY => Ok(length),
        _ => Err(HookError::TooLong { parameter, size }),
    }
}

/// Reads that every argument with a packet offers.
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
            /// [`ParseError`](crate::message::ParseError) if the packet is too short for a message.
            #[inline]
            pub fn message(&self) -> Result<crate::message::Message<'_>, crate::message::ParseError> {
                crate::message::Message::parse(self.bytes())
            }
        }
    };
}

/// The way in which a hook points the server at other bytes; `$life` is whose life keeps them.
macro_rules! packet_replacement {
    ($Type:ident, $life:literal) => {
        impl<'a> $Type<'a> {
            /// Lets [`replace`](Self::replace) take buffers from `pool`.
            #[must_use]
            pub const fn with_buffers<const M: usize>(mut self, pool: &'a $crate::table::BufferPool<M>) -> Self {
                self.packet.set_pool(pool);
                self
            }

            /// Copies the bytes into a buffer, and lets `edit` alter them there; the server gets the altered ones.
            ///
            #[doc = concat!(
                "The pointers are swapped when the hook returns, and the buffer stays until the server reports ", $life,
                " as processed. A second replacement starts from the first."
            )]
            ///
            /// # Errors
            /// The bytes stay as they were, with
            /// - [`ReplaceError::Edit`](super::ReplaceError::Edit) if `edit` fails;
            /// - [`ReplaceError::Exhausted`](super::ReplaceError::Exhausted) if all buffers are in use;
            #[doc = concat!(
                "- [`ReplaceError::NotTracked`](super::ReplaceError::NotTracked) if nobody would keep the buffer: ", $life,
                " is not tracked, or [`with_buffers`](Self::with_buffers) was not called."
            )]
            pub fn replace<T, E>(
                &mut self,
                edit: impl FnOnce(&mut $crate::buffer::PacketBuffer) -> Result<T, E>,
            ) -> Result<T, super::ReplaceError<E>> {
                self.packet.replace(edit)
            }

            /// Takes the replacement, if there is one, to be kept by [`commit`](Self::commit).
            #[must_use]
            pub const fn take_replacement(&mut self) -> Option<$crate::table::PooledBuffer<'a>> {
                self.packet.take_replacement()
            }

            /// Points the server at `replacement`, which `keeper` keeps from now on.
            ///
            /// # Safety
            #[doc = concat!("- `keeper` is not dropped before the server has finished with ", $life, ".")]
            pub unsafe fn commit(
                &mut self,
                replacement: $crate::table::PooledBuffer<'a>,
                keeper: &$crate::table::Replacements<'a>,
            ) {
                // SAFETY: the caller promises the same.
                unsafe { self.packet.commit(replacement, keeper) };
            }

            /// Returns the server's own bytes for writing in place, which its documentation does not recommend: use
            /// [`replace`](Self::replace).
            ///
            /// # Safety
            /// - Nobody else reads or writes them during the borrow; whether the server calls other hooks for the same
            ///   packet meanwhile is not documented.
            pub unsafe fn as_server_buffer_mut(&mut self) -> &mut [u8] {
                // SAFETY: the caller promises the same.
                unsafe { self.packet.server_bytes_mut() }
            }
        }
    };
}

/// What the hooks about a packet in flight know of it.
macro_rules! packet_origin {
    ($Type:ident) => {
        impl $Type<'_> {
            /// Returns the address of the server's socket on which the packet was received.
            #[inline]
            #[must_use]
            #[doc(alias = "IpAddress")]
            pub const fn received_on(&self) -> core::net::Ipv4Addr {
                core::net::Ipv4Addr::from_bits(self.ip_address)
            }
        }

        packet_context!($Type);
    };
}

/// The context that came with a hook.
macro_rules! packet_context {
    ($Type:ident) => {
        impl $Type<'_> {
            /// Returns the context as one that a [`PacketTable`](crate::PacketTable) can check; `None` for NULL.
            #[inline]
            #[must_use]
            pub fn context(&self) -> Option<crate::table::Context> {
                crate::table::Context::from_raw(self.pkt_context)
            }

            /// Returns the context as it came; anything can stand here.
            #[inline]
            #[must_use]
            #[doc(alias = "PktContext")]
            pub const fn raw_context(&self) -> *mut core::ffi::c_void {
                self.pkt_context
            }
        }
    };
}

use {packet_accessors, packet_context, packet_origin, packet_replacement};
