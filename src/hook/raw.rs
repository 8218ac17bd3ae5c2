//! What the raw arguments of all hooks are checked for.

use core::ptr::NonNull;

use crate::buffer::PACKET_CAPACITY;

/// Raw arguments that a hook cannot work with; nothing was changed but what
/// [`NewPacket::from_raw`](super::NewPacket::from_raw) says.
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
    /// The context of the packet is refused, and it is in one of the callout's own buffers. That is taken back from a
    /// packet that is over, and another may be in it by now; a packet that was [lost](crate::Callout::packet_lost), has
    /// 255 borrowers or comes with a wrong context is in it still, but is not told apart.
    #[error("context refused, and the packet is in a buffer of the callout's, where another may be by now")]
    TakenBack,
    /// The list of DLLs, `ChainDlls`, is at an odd address.
    #[error("list of DLLs is at an odd address, and was not read")]
    UnalignedList,
    /// The list of DLLs, `ChainDlls`, does not end within the UTF-16 units that are read.
    #[error("list of DLLs does not end within {units} UTF-16 units, and the rest was not read")]
    EndlessList {
        /// How many units were read.
        units: usize,
    },
    /// The server offers a version of the callout API that this crate does not know.
    #[error("version {version} of the callout API is not supported, only 0 is")]
    Version {
        /// The version that the server gave.
        version: u32,
    },
    /// The control code belongs to another hook.
    #[error("ControlCode {code:#010x} is of another hook: those of this one have {family:#x} in their upper four bits")]
    ForeignCode {
        /// The code that the server gave.
        code: u32,
        /// The upper four bits that the codes of this hook have.
        family: u32,
    },
}

/// The upper four bits of a control code: they say which hook it is for.
#[derive(Clone, Copy)]
pub(super) struct Family(u32);

impl Family {
    /// `DhcpControlHook`.
    pub(super) const CONTROL: Self = Self(0x0);
    /// `DhcpPktSendHook`.
    pub(super) const SEND: Self = Self(0x1);
    /// `DhcpAddressDelHook`.
    pub(super) const PROBLEM: Self = Self(0x2);
    /// `DhcpAddressOfferHook`.
    pub(super) const GIVE: Self = Self(0x3);

    /// Checks that `code` is one that the hook of this family can be given.
    pub(super) const fn check(self, code: u32) -> Result<(), HookError> {
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
pub(super) fn not_null<T>(pointer: *mut T, parameter: &'static str) -> Result<NonNull<T>, HookError> {
    NonNull::new(pointer).ok_or(HookError::Null { parameter })
}

/// Checks a size that the server gave against the capacity of a packet buffer.
#[inline]
pub(super) fn checked_length(size: u32, parameter: &'static str) -> Result<usize, HookError> {
    match usize::try_from(size) {
        Ok(length) if length <= PACKET_CAPACITY => Ok(length),
        _ => Err(HookError::TooLong { parameter, size }),
    }
}
