//! Where pointers end: one safe argument type per hook, made from the raw arguments by one `unsafe fn` each.
//!
//! `from_raw` takes the arguments of the C prototype as [`ffi`](crate::ffi) declares them. It checks what can be checked
//! (NULL, sizes against [`PACKET_CAPACITY`], the family of the control code) before any slice is made, and what cannot
//! be checked is its safety contract. Pointers need not be aligned. Addresses arrive in host byte order and leave as
//! [`Ipv4Addr`](core::net::Ipv4Addr).
//!
//! | hook | raw arguments | type |
//! | --- | --- | --- |
//! | `DhcpControlHook` | [`ControlArguments`](ffi::ControlArguments) | [`ControlEvent`] |
//! | `DhcpNewPktHook` | [`NewPktArguments`](ffi::NewPktArguments) | [`NewPacket`] |
//! | `DhcpPktDropHook` | [`DropSendArguments`](ffi::DropSendArguments) | [`PacketNotice`] |
//! | `DhcpPktSendHook` | [`DropSendArguments`](ffi::DropSendArguments) | [`SendPacket`] |
//! | `DhcpAddressDelHook` | [`ProbArguments`](ffi::ProbArguments) | [`AddressDeleted`] |
//! | `DhcpAddressOfferHook` | [`GiveAddressArguments`](ffi::GiveAddressArguments) | [`AddressOffered`] |
//! | `DhcpHandleOptionsHook` | [`HandleOptionsArguments`](ffi::HandleOptionsArguments) | [`ParsedOptions`] |
//! | `DhcpDeleteClientHook` | [`DeleteClientArguments`](ffi::DeleteClientArguments) | [`ClientDeleted`] |
//!
//! The entry point has [`ChainDlls`], the list of DLLs that the server leaves to the one that it loads.
#![expect(unsafe_code, reason = "this module turns the server's pointers into references")]

mod address;
mod diagnostic;
mod dlls;
mod drop_send;
mod new_packet;
mod packet;
mod parsed_options;
mod service;

pub use address::{AddressDeleted, AddressOffered};
pub use diagnostic::{Diagnostic, LeftOut};
pub use dlls::{ChainDlls, DllPath, LONGEST_LIST, UnterminatedPath};
pub(crate) use dlls::{read_list, write_table};
pub use drop_send::{PacketNotice, SendPacket};
pub use new_packet::NewPacket;
pub use packet::ReplaceError;
#[cfg(feature = "simulate")]
pub(crate) use packet::read_packet;
pub(crate) use packet::{PacketPair, check_packet};
pub use parsed_options::{Dword, OwnedField, OwnedOptions, ParsedOptions};
pub use service::{ClientDeleted, ControlEvent};

use core::ptr::NonNull;

use crate::buffer::PACKET_CAPACITY;
use crate::ffi;

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

/// The upper four bits of a control code: they say which hook it is for.
#[derive(Clone, Copy)]
struct Family(u32);

impl Family {
    /// `DhcpControlHook`.
    const CONTROL: Self = Self(0x0);
    /// `DhcpPktSendHook`.
    const SEND: Self = Self(0x1);
    /// `DhcpAddressDelHook`.
    const PROBLEM: Self = Self(0x2);
    /// `DhcpAddressOfferHook`.
    const GIVE: Self = Self(0x3);

    /// Checks that `code` is one that the hook of this family can be given.
    const fn check(self, code: u32) -> Result<(), HookError> {
        let Self(family) = self;
        if code >> 28 == family {
            Ok(())
        } else {
            Err(HookError::ForeignCode { code, family })
        }
    }
}

/// Checks a pointer parameter for NULL.
#[inline]
fn not_null<T>(pointer: *mut T, parameter: &'static str) -> Result<NonNull<T>, HookError> {
    NonNull::new(pointer).ok_or(HookError::Null { parameter })
}

/// Checks a size that the server gave against the capacity of a packet buffer.
#[inline]
fn checked_length(size: u32, parameter: &'static str) -> Result<usize, HookError> {
    match usize::try_from(size) {
        Ok(length) if length <= PACKET_CAPACITY => Ok(length),
        _ => Err(HookError::TooLong { parameter, size }),
    }
}

/// The safe argument of a hook, for code that treats all hooks alike.
#[doc(hidden)]
pub trait Argument: Sized {
    /// The arguments of the C prototype.
    type Raw: Copy;
    /// The hook's type.
    type Hook: Copy;
    /// The hook, as the SDK names it.
    const HOOK: &'static str;

    /// Checks the arguments, as the inherent `from_raw` of the type does.
    ///
    /// # Safety
    /// As for that function.
    unsafe fn check(raw: Self::Raw) -> Result<Self, HookError>;

    /// Returns the hook of this argument from a table.
    fn hook_of(table: &ffi::CalloutTable) -> Option<Self::Hook>;

    /// Calls the hook.
    ///
    /// # Safety
    /// - `hook` can be called with these arguments.
    unsafe fn pass(raw: Self::Raw, hook: Self::Hook) -> u32;
}

/// Who is told of what a hook must not do itself.
#[doc(hidden)]
pub type Report = fn(Diagnostic<'_>);

/// What is called by a hook: a host, or a chain.
#[doc(hidden)]
pub trait Handle<A: Argument>: Sync {
    /// Handles a call of the hook, and returns what the hook returns.
    ///
    /// # Safety
    /// - `argument` was made from `raw`, of which the promises of `A::check` hold during the call.
    unsafe fn handle(&'static self, argument: A, raw: A::Raw, report: Report) -> u32;
}

/// What a `from_raw` returns, whether or not it can fail.
trait Checked<A> {
    fn checked(self) -> Result<A, HookError>;
}

impl<A: Argument> Checked<A> for A {
    #[inline]
    fn checked(self) -> Result<A, HookError> {
        Ok(self)
    }
}

impl<A: Argument> Checked<A> for Result<A, HookError> {
    #[inline]
    fn checked(self) -> Self {
        self
    }
}

macro_rules! arguments {
    ($(
        $(#[$attribute:meta])*
        $Prototype:ident($Arguments:ident $parameters:tt) = $($hook:ident: $field:ident $name:literal ($Argument:ty)),+;
    )+) => {
        $($(
            impl Argument for $Argument {
                type Raw = ffi::$Arguments;
                type Hook = ffi::$Prototype;
                const HOOK: &'static str = $name;

                #[inline]
                unsafe fn check(raw: Self::Raw) -> Result<Self, HookError> {
                    // SAFETY: the caller promises the same.
                    unsafe { Self::from_raw(raw) }.checked()
                }

                #[inline]
                fn hook_of(table: &ffi::CalloutTable) -> Option<Self::Hook> {
                    table.$field
                }

                #[inline]
                unsafe fn pass(raw: Self::Raw, hook: Self::Hook) -> u32 {
                    // SAFETY: the caller promises the same.
                    unsafe { raw.pass_to(hook) }
                }
            }
        )+)+
    };
}

ffi::prototypes!(arguments);

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

/// The ways in which a hook gives the server other bytes; `$packet` is the packet whose end returns the buffer.
macro_rules! packet_replacement {
    ($Type:ident, $packet:literal) => {
        impl<'a> $Type<'a> {
            /// Lets [`replace`](Self::replace) take buffers from `pool`.
            #[inline]
            #[must_use]
            pub const fn with_buffers<const M: usize>(mut self, pool: &'a $crate::table::BufferPool<M>) -> Self {
                self.packet.set_pool(pool);
                self
            }

            /// Copies the bytes into a buffer, and lets `edit` alter them there; the server gets the altered ones.
            ///
            #[doc = concat!(
                "The pointers are swapped when the hook returns, and the buffer stays until the server reports ", $packet,
                " as processed. A second replacement starts from the first."
            )]
            ///
            /// # Errors
            /// The bytes stay as they were, with
            /// - [`ReplaceError::Edit`](super::ReplaceError::Edit) if `edit` fails;
            /// - [`ReplaceError::Exhausted`](super::ReplaceError::Exhausted) if all buffers are in use;
            #[doc = concat!(
                "- [`ReplaceError::NotTracked`](super::ReplaceError::NotTracked) if nobody would hold the buffer: ", $packet,
                " is not tracked, or [`with_buffers`](Self::with_buffers) was not called."
            )]
            pub fn replace<T, E>(
                &mut self,
                edit: impl FnOnce(&mut $crate::buffer::PacketBuffer) -> Result<T, E>,
            ) -> Result<T, super::ReplaceError<E>> {
                self.packet.replace(edit)
            }

            /// Lets the server have `bytes` instead, whatever the packet is now.
            ///
            /// # Errors
            /// As for [`replace`](Self::replace); [`ReplaceError::Edit`](super::ReplaceError::Edit) if `bytes` is longer
            /// than [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
            pub fn replace_with(
                &mut self,
                bytes: &[u8],
            ) -> Result<(), super::ReplaceError<$crate::buffer::PacketTooLong>> {
                self.packet.replace_with(bytes)
            }

            /// Takes the replacement, if there is one, to be put in place by [`install`](Self::install).
            #[inline]
            #[must_use]
            pub const fn take_replacement(&mut self) -> Option<$crate::table::PooledBuffer<'a>> {
                self.packet.take_replacement()
            }

            /// Points the server at `replacement`, which `holder` holds from now on.
            ///
            /// # Safety
            #[doc = concat!("- `holder` is not dropped before the server has finished with ", $packet, ".")]
            pub unsafe fn install(
                &mut self,
                replacement: $crate::table::PooledBuffer<'a>,
                holder: &$crate::table::Replacements<'a>,
            ) {
                // SAFETY: the caller promises the same.
                unsafe { self.packet.install(replacement, holder) };
            }

            /// Points the server at its own packet again.
            pub fn put_back(&mut self) {
                self.packet.put_back();
            }

            /// Returns the server's variables for the packet.
            #[inline]
            pub(crate) const fn pair(&self) -> super::PacketPair<'a> {
                self.packet.pair()
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

            /// Returns the context as it came; it can be any pointer.
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
