//! The arguments of the hooks that carry no packet: `DhcpControlHook` and `DhcpDeleteClientHook`.

use core::net::Ipv4Addr;

use super::raw::{Family, HookError, checked_length, not_null};
use crate::control::ServiceControl;
use crate::ffi::{ControlArguments, DeleteClientArguments};

/// The service was started, stopped, paused or continued: `DhcpControlHook` (`LPDHCP_CONTROL`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlEvent {
    code: ServiceControl,
}

impl ControlEvent {
    /// Creates the safe argument from those of the C prototype. This one has no pointer that is followed, and is
    /// `unsafe` only so that all of them are called alike.
    ///
    /// # Safety
    /// No promise is asked.
    ///
    /// # Errors
    /// [`HookError::ForeignCode`] if `control_code` is of another hook's family.
    #[inline]
    pub unsafe fn from_raw(raw: ControlArguments) -> Result<Self, HookError> {
        Family::CONTROL.check(raw.control_code)?;
        Ok(Self {
            code: ServiceControl::from_code(raw.control_code),
        })
    }

    /// Returns what happened to the service.
    #[inline]
    #[must_use]
    #[doc(alias = "ControlCode")]
    pub const fn code(&self) -> ServiceControl {
        self.code
    }
}

/// A client lease that is about to be deleted: `DhcpDeleteClientHook` (`LPDHCP_DELETE_CLIENT`).
#[derive(Clone, Copy, Debug)]
pub struct ClientDeleted<'a> {
    ip_address: Ipv4Addr,
    hw_address: &'a [u8],
}

impl<'a> ClientDeleted<'a> {
    /// Creates the safe argument from those of the C prototype; `client_type` is reserved and not kept.
    ///
    /// # Safety
    /// During the lifetime of the value, of the fields of `raw`:
    /// - `hw_address` is NULL or points at `hw_address_length` bytes that can be read, and that nobody writes, if
    ///   `hw_address_length` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    ///
    /// # Errors
    /// - [`HookError::Null`] if `hw_address` is NULL, but `hw_address_length` is not 0;
    /// - [`HookError::TooLong`] if `hw_address_length` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    #[inline]
    pub unsafe fn from_raw(raw: DeleteClientArguments) -> Result<Self, HookError> {
        let ip_address = Ipv4Addr::from_bits(raw.ip_address);
        let length = checked_length(raw.hw_address_length, "HwAddressLength")?;
        if length == 0 {
            return Ok(Self {
                ip_address,
                hw_address: &[],
            });
        }
        let start = not_null(raw.hw_address, "HwAddress")?;
        // SAFETY: not NULL, and the caller promises that so many bytes can be read, and that nobody writes them.
        let hw_address: &'a [u8] = unsafe { core::slice::from_raw_parts(start.as_ptr(), length) };
        Ok(Self { ip_address, hw_address })
    }

    /// Returns the address of the client.
    #[inline]
    #[must_use]
    #[doc(alias = "IpAddress")]
    pub const fn address(&self) -> Ipv4Addr {
        self.ip_address
    }

    /// Returns the hardware address of the client.
    #[inline]
    #[must_use]
    #[doc(alias = "HwAddress")]
    pub const fn hardware_address(&self) -> &[u8] {
        self.hw_address
    }
}
