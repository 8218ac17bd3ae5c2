//! Where pointers end: one safe argument type per hook, made from the raw arguments by one `unsafe fn` each.
//!
//! `from_raw` takes exactly the parameters of the C prototype. It checks what can be checked (NULL, the size against
//! [`PACKET_CAPACITY`], the family of the control code) before any slice is made, and what cannot be checked is its
//! safety contract. Addresses arrive in host byte order and leave as [`Ipv4Addr`](core::net::Ipv4Addr).
//!
//! | hook | type |
//! | --- | --- |
//! | `DhcpNewPktHook` | [`NewPacket`] |
//! | `DhcpPktDropHook` | [`DroppedPacket`] |
//! | `DhcpPktSendHook` | [`SendPacket`] |
#![expect(unsafe_code, reason = "this room turns the server's pointers into references")]

mod arguments;
mod packet;

pub use arguments::{DroppedPacket, NewPacket, SendPacket};
#[cfg(feature = "simulate")]
pub(crate) use packet::read_packet;

use crate::buffer::PACKET_CAPACITY;

/// Raw arguments that a hook cannot work with; nothing was read or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// A pointer that the hook needs is NULL.
    #[error("{parameter} is NULL")]
    Null {
        /// The parameter, as the SDK names it; `*Packet` for the pointer that `Packet` points at.
        parameter: &'static str,
    },
    /// The packet is longer than the server's buffer.
    #[error("PacketSize is {size}, the buffer has {PACKET_CAPACITY} bytes")]
    TooLong {
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

/// Checks that `code` is one that the hook of `family` can be given: the upper four bits tell the families apart.
const fn check_family(code: u32, family: u32) -> Result<(), HookError> {
    if code >> 28 == family {
        Ok(())
    } else {
        Err(HookError::ForeignCode { code, family })
    }
}
