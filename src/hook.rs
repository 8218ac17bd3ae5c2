//! Where pointers end: one safe argument type per hook, made from the raw arguments by one `unsafe fn` each.
//!
//! `from_raw` takes the arguments of the C prototype as [`ffi`](crate::ffi) declares them. It checks what can be
//! checked (NULL, sizes against [`PACKET_CAPACITY`](crate::PACKET_CAPACITY), the family of the control code) before any
//! slice is made, and what cannot be checked is its safety contract. Pointers need not be aligned. Addresses arrive in
//! host byte order and leave as [`Ipv4Addr`](core::net::Ipv4Addr).
//!
//! | hook | raw arguments | type |
//! | --- | --- | --- |
//! | `DhcpControlHook` | [`ControlArguments`](crate::ffi::ControlArguments) | [`ControlEvent`] |
//! | `DhcpNewPktHook` | [`NewPktArguments`](crate::ffi::NewPktArguments) | [`NewPacket`] |
//! | `DhcpPktDropHook` | [`DropSendArguments`](crate::ffi::DropSendArguments) | [`PacketNotice`] |
//! | `DhcpPktSendHook` | [`DropSendArguments`](crate::ffi::DropSendArguments) | [`SendPacket`] |
//! | `DhcpAddressDelHook` | [`ProbArguments`](crate::ffi::ProbArguments) | [`AddressDeleted`] |
//! | `DhcpAddressOfferHook` | [`GiveAddressArguments`](crate::ffi::GiveAddressArguments) | [`AddressOffered`] |
//! | `DhcpHandleOptionsHook` | [`HandleOptionsArguments`](crate::ffi::HandleOptionsArguments) | [`ParsedOptions`] |
//! | `DhcpDeleteClientHook` | [`DeleteClientArguments`](crate::ffi::DeleteClientArguments) | [`ClientDeleted`] |
//!
//! The entry point has [`ChainDlls`], the list of DLLs that the server leaves to the one that it loads.
#![expect(unsafe_code, reason = "this module turns the server's pointers into references")]

mod accessors;
mod address;
mod argument;
mod diagnostic;
mod dlls;
mod drop_send;
mod new_packet;
mod note;
mod packet;
mod parsed_options;
mod raw;
mod service;

pub use address::{AddressDeleted, AddressOffered};
pub(crate) use argument::argument_of;
#[doc(hidden)]
pub use argument::{Argument, Handle, Keep};
pub use diagnostic::{Diagnostic, LeftOut};
#[cfg(feature = "simulate")]
pub(crate) use dlls::read_table;
pub use dlls::{ChainDlls, DllPath, LONGEST_LIST, UnterminatedPath};
pub(crate) use dlls::{read_list, write_table};
pub use drop_send::{PacketNotice, SendPacket};
pub use new_packet::NewPacket;
pub(crate) use note::note_drop;
pub use packet::ReplaceError;
pub(crate) use packet::{Buffers, PacketArgument, PacketPair, check_packet, read_packet, size_of_packet};
#[cfg(feature = "simulate")]
pub(crate) use packet::{TEST_SOCKET, TestVariables, read_bytes, read_pointer, write_bytes, write_pointer};
pub use parsed_options::{Dword, ParsedOptions};
pub use raw::HookError;
pub use service::{ClientDeleted, ControlEvent};
