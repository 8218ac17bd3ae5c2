//! The argument of `DhcpHandleOptionsHook`: what the server parsed from a packet.

use core::ffi::c_void;

use super::accessors::{packet_accessors, packet_context};
use super::check::{HookError, checked_length, not_null};
use super::packet::PacketBytes;
use crate::ffi::{Boolean, HandleOptionsArguments, ServerOptions};

/// What the server parsed from a packet: `DhcpHandleOptionsHook` (`LPDHCP_HANDLE_OPTIONS`).
///
/// Valid during the call only; [`to_owned`](Self::to_owned) copies it. A field is `None` where its pointer is NULL.
#[derive(Debug)]
pub struct ParsedOptions<'a> {
    packet: PacketBytes<'a>,
    pkt_context: *mut c_void,
    fields: Parsed<&'a [u8]>,
}

packet_accessors!(ParsedOptions);
packet_context!(ParsedOptions);

/// A DWORD that the server parsed from a packet, as its four bytes in memory.
///
/// Whether they are in network or in host byte order is not documented, so the choice is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dword(pub [u8; 4]);

impl Dword {
    /// Reads the bytes as a number in network byte order, as in a packet.
    #[must_use]
    pub const fn from_network_order(self) -> u32 {
        u32::from_be_bytes(self.0)
    }

    /// Reads the bytes as a number in the byte order of the machine.
    #[must_use]
    pub const fn from_host_order(self) -> u32 {
        u32::from_ne_bytes(self.0)
    }
}

/// The fields of `DHCP_SERVER_OPTIONS`, with `S` for those of any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parsed<S> {
    message_type: Option<u8>,
    subnet_mask: Option<Dword>,
    requested_address: Option<Dword>,
    request_lease_time: Option<Dword>,
    overlay_fields: Option<u8>,
    router_address: Option<Dword>,
    server: Option<Dword>,
    parameter_request_list: Option<S>,
    machine_name: Option<S>,
    client_hardware_address_type: u8,
    client_hardware_address: Option<S>,
    class_identifier: Option<S>,
    vendor_class: Option<S>,
    dns_flags: u32,
    dns_name: Option<S>,
    ds_domain_name_requested: Boolean,
    ds_domain_name: Option<S>,
    scope_id: Option<Dword>,
}

impl ParsedOptions<'_> {
    /// Creates the safe argument from those of the C prototype.
    ///
    /// # Safety
    /// During the lifetime of the value, of the fields of `raw`:
    /// - `packet` is NULL or points at `packet_size` bytes that can be read, and that nobody writes, if `packet_size`
    ///   is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY);
    /// - `server_options` is NULL or can be read, aligned or not;
    /// - each pointer in it is NULL or points at what it names, aligned or not: one `BYTE`, one `DWORD`, or as many
    ///   bytes as the length beside it says, if that is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY); all can be
    ///   read, and nobody writes them.
    ///
    /// # Errors
    /// - [`HookError::Null`] if `packet` or `server_options` is NULL;
    /// - [`HookError::TooLong`] if `packet_size`, or the length of a field, is over
    ///   [`PACKET_CAPACITY`](crate::PACKET_CAPACITY): no part of a packet is longer than a packet.
    #[inline]
    pub unsafe fn from_raw(raw: HandleOptionsArguments) -> Result<Self, HookError> {
        // SAFETY: the caller promises of the packet what is asked here.
        let packet = unsafe { PacketBytes::from_raw(raw.packet, "Packet", raw.packet_size) }?;
        let server_options = not_null(raw.server_options, "ServerOptions")?;
        // SAFETY: not NULL, so the caller promises that it can be read; alignment does not matter to this read, and any
        // bytes make a `ServerOptions`.
        let options = unsafe { server_options.read_unaligned() };
        // SAFETY: the caller promises of the pointers what is asked here.
        let fields = unsafe { Parsed::from_raw(&options) }?;
        Ok(Self {
            packet,
            pkt_context: raw.pkt_context,
            fields,
        })
    }

    /// Copies all fields, so that they outlive the call.
    ///
    /// # Errors
    /// [`HookError::TooLong`] if a field is longer than an [`OwnedField`] can hold: 255 bytes.
    pub fn to_owned(&self) -> Result<OwnedOptions, HookError> {
        Ok(OwnedOptions {
            fields: self.fields.to_owned()?,
        })
    }
}

impl<'a> Parsed<&'a [u8]> {
    /// Follows every pointer of `options`.
    ///
    /// # Safety
    /// As [`ParsedOptions::from_raw`] of the pointers in `server_options`, for `'a`.
    unsafe fn from_raw(options: &ServerOptions) -> Result<Self, HookError> {
        // SAFETY: the caller promises that the pointer is NULL or can be read.
        let byte = |pointer: *mut u8| unsafe { pointer.as_ref() }.copied();
        let dword = |pointer: *mut u32| {
            // SAFETY: the caller promises that the pointer is NULL or to four bytes that can be read.
            unsafe { pointer.cast::<[u8; 4]>().as_ref() }.copied().map(Dword)
        };
        let bytes = |pointer: *mut u8, length: u32, name: &'static str| -> Result<Option<&'a [u8]>, HookError> {
            if pointer.is_null() {
                return Ok(None);
            }
            let length = checked_length(length, name)?;
            // SAFETY: not NULL, and the caller promises that so many bytes can be read, and that nobody writes them.
            Ok(Some(unsafe { core::slice::from_raw_parts(pointer, length) }))
        };
        let o = options;
        Ok(Self {
            message_type: byte(o.message_type),
            subnet_mask: dword(o.subnet_mask),
            requested_address: dword(o.requested_address),
            request_lease_time: dword(o.request_lease_time),
            overlay_fields: byte(o.overlay_fields),
            router_address: dword(o.router_address),
            server: dword(o.server),
            parameter_request_list: bytes(
                o.parameter_request_list,
                o.parameter_request_list_length,
                "ParameterRequestListLength",
            )?,
            machine_name: bytes(o.machine_name, o.machine_name_length, "MachineNameLength")?,
            client_hardware_address_type: o.client_hardware_address_type,
            client_hardware_address: bytes(
                o.client_hardware_address,
                o.client_hardware_address_length.into(),
                "ClientHardwareAddressLength",
            )?,
            class_identifier: bytes(o.class_identifier, o.class_identifier_length, "ClassIdentifierLength")?,
            vendor_class: bytes(o.vendor_class, o.vendor_class_length, "VendorClassLength")?,
            dns_flags: o.dns_flags,
            dns_name: bytes(o.dns_name, o.dns_name_length, "DNSNameLength")?,
            ds_domain_name_requested: o.ds_domain_name_requested,
            ds_domain_name: bytes(o.ds_domain_name, o.ds_domain_name_len, "DSDomainNameLen")?,
            scope_id: dword(o.scope_id),
        })
    }

    fn to_owned(self) -> Result<Parsed<OwnedField>, HookError> {
        let own = |field: Option<&[u8]>, name| field.map(|bytes| OwnedField::new(bytes, name)).transpose();
        Ok(Parsed {
            message_type: self.message_type,
            subnet_mask: self.subnet_mask,
            requested_address: self.requested_address,
            request_lease_time: self.request_lease_time,
            overlay_fields: self.overlay_fields,
            router_address: self.router_address,
            server: self.server,
            parameter_request_list: own(self.parameter_request_list, "ParameterRequestListLength")?,
            machine_name: own(self.machine_name, "MachineNameLength")?,
            client_hardware_address_type: self.client_hardware_address_type,
            client_hardware_address: own(self.client_hardware_address, "ClientHardwareAddressLength")?,
            class_identifier: own(self.class_identifier, "ClassIdentifierLength")?,
            vendor_class: own(self.vendor_class, "VendorClassLength")?,
            dns_flags: self.dns_flags,
            dns_name: own(self.dns_name, "DNSNameLength")?,
            ds_domain_name_requested: self.ds_domain_name_requested,
            ds_domain_name: own(self.ds_domain_name, "DSDomainNameLen")?,
            scope_id: self.scope_id,
        })
    }
}

/// A copy of [`ParsedOptions`] in a plain value of fixed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnedOptions {
    fields: Parsed<OwnedField>,
}

/// A copy of a field of any length, up to 255 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OwnedField {
    length: u8,
    /// INVARIANT: zero after `length`.
    bytes: [u8; 255],
}

impl OwnedField {
    fn new(field: &[u8], parameter: &'static str) -> Result<Self, HookError> {
        let size = u32::try_from(field.len()).unwrap_or(u32::MAX);
        let too_long = HookError::TooLong { parameter, size };
        let length = u8::try_from(field.len()).map_err(|_| too_long)?;
        let mut bytes = [0; 255];
        bytes.get_mut(..field.len()).ok_or(too_long)?.copy_from_slice(field);
        Ok(Self { length, bytes })
    }

    /// Returns the bytes of the field.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl AsRef<[u8]> for OwnedField {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl core::fmt::Debug for OwnedField {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self.as_slice(), f)
    }
}

/// The same reads for the fields as they came and for their copy.
macro_rules! fields {
    ($($(#[$attribute:meta])* $field:ident: $alias:literal $kind:tt;)+) => {
        impl<'a> ParsedOptions<'a> {
            $(fields!(@read [&'a [u8]] $(#[$attribute])* $field $alias $kind);)+
        }

        impl OwnedOptions {
            $(fields!(@copy $(#[$attribute])* $field $alias $kind);)+
        }
    };
    (@read [$slice:ty] $(#[$attribute:meta])* $field:ident $alias:literal bytes) => {
        $(#[$attribute])*
        #[must_use]
        #[doc(alias = $alias)]
        pub const fn $field(&self) -> Option<$slice> {
            self.fields.$field
        }
    };
    (@read [$slice:ty] $(#[$attribute:meta])* $field:ident $alias:literal ($kind:ty)) => {
        $(#[$attribute])*
        #[must_use]
        #[doc(alias = $alias)]
        pub const fn $field(&self) -> $kind {
            self.fields.$field
        }
    };
    (@copy $(#[$attribute:meta])* $field:ident $alias:literal bytes) => {
        $(#[$attribute])*
        #[must_use]
        #[doc(alias = $alias)]
        pub fn $field(&self) -> Option<&[u8]> {
            self.fields.$field.as_ref().map(OwnedField::as_slice)
        }
    };
    (@copy $(#[$attribute:meta])* $field:ident $alias:literal ($kind:ty)) => {
        fields!(@read [()] $(#[$attribute])* $field $alias ($kind));
    };
}

fields! {
    /// Returns the DHCP message type (option 53).
    message_type: "MessageType" (Option<u8>);
    /// Returns the subnet mask (option 1).
    subnet_mask: "SubnetMask" (Option<Dword>);
    /// Returns the address that the client asks for (option 50).
    requested_address: "RequestedAddress" (Option<Dword>);
    /// Returns the lease time that the client asks for, in seconds (option 51).
    request_lease_time: "RequestLeaseTime" (Option<Dword>);
    /// Returns which fields hold options (option 52).
    overlay_fields: "OverlayFields" (Option<u8>);
    /// Returns the address of a router (option 3).
    router_address: "RouterAddress" (Option<Dword>);
    /// Returns the address of the server that the client has chosen (option 54).
    server: "Server" (Option<Dword>);
    /// Returns the codes of the options that the client asks for (option 55).
    parameter_request_list: "ParameterRequestList" bytes;
    /// Returns the name of the client's machine; it need not be text, nor end in NUL.
    machine_name: "MachineName" bytes;
    /// Returns the type of the client's hardware address.
    client_hardware_address_type: "ClientHardwareAddressType" (u8);
    /// Returns the client's hardware address.
    client_hardware_address: "ClientHardwareAddress" bytes;
    /// Returns the vendor class identifier (option 60); it need not be text, nor end in NUL.
    class_identifier: "ClassIdentifier" bytes;
    /// Returns the vendor class.
    vendor_class: "VendorClass" bytes;
    /// Returns the flags for dynamic updates of the DNS.
    dns_flags: "DNSFlags" (u32);
    /// Returns the name for dynamic updates of the DNS.
    dns_name: "DNSName" bytes;
    /// Returns whether the client asks for the name of the directory service's domain; it can be any byte.
    ds_domain_name_requested: "DSDomainNameRequested" (Boolean);
    /// Returns the name of the directory service's domain; it need not be text, nor end in NUL.
    ds_domain_name: "DSDomainName" bytes;
    /// Returns the identifier of the scope.
    scope_id: "ScopeId" (Option<Dword>);
}
