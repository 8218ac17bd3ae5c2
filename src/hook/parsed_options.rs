//! The argument of `DhcpHandleOptionsHook`: what the server parsed from a packet.

use core::ffi::c_void;
use core::fmt;
use core::mem::discriminant;
use core::ptr::NonNull;

use super::accessors::{packet_accessors, packet_context, packet_start};
use super::packet::PacketBytes;
use super::raw::{HookError, checked_length, not_null};
use crate::ffi::{Boolean, HandleOptionsArguments, ServerOptions};

/// What the server parsed from a packet: `DhcpHandleOptionsHook` (`LPDHCP_HANDLE_OPTIONS`).
///
/// Valid during the call only: copy what is needed later. A field is `None` where its pointer is NULL.
///
/// The SDK has the parameter as `[in, out]`: a callout can change what the pointers to a `BYTE` or a `DWORD` lead to,
/// each by the method that begins with `set_`. The change is made at once, where the server has the value; if that is
/// within the packet, [`bytes`](Self::bytes) shows it too. What the server does with it is not documented.
pub struct ParsedOptions<'a> {
    packet: PacketBytes<'a>,
    pkt_context: *mut c_void,
    /// INVARIANT: each pointer is NULL or, during `'a` and though perhaps not aligned, for reading and writing one
    /// `BYTE` or `DWORD`, or for reading as many bytes as the length beside it says, which is at most
    /// [`PACKET_CAPACITY`](crate::PACKET_CAPACITY); nobody else writes them. Two of them may overlap, or be within the
    /// packet: a reference to what they lead to must not outlive a borrow of `self`.
    options: ServerOptions,
    /// What was changed, in the order of the first changes: where it is, and what was there just before.
    ///
    /// INVARIANT: such a value can be written there during `'a`; nobody else does so.
    before: [Option<(NonNull<u8>, Value)>; CHANGEABLE],
}

/// Reads nothing of what the server parsed: the author has not asked for it.
impl fmt::Debug for ParsedOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedOptions")
            .field("packet", &self.packet)
            .field("pkt_context", &self.pkt_context)
            .finish_non_exhaustive()
    }
}

packet_accessors!(ParsedOptions);
packet_context!(ParsedOptions);
packet_start!(ParsedOptions);

/// A DWORD that the server parsed from a packet, as its four bytes in memory.
///
/// Whether they are in network or in host byte order is not documented, so the choice is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
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

/// A value that can be changed.
#[derive(Clone, Copy, Debug)]
enum Value {
    Byte(u8),
    Dword(Dword),
}

impl From<u8> for Value {
    fn from(byte: u8) -> Self {
        Self::Byte(byte)
    }
}

impl From<Dword> for Value {
    fn from(dword: Dword) -> Self {
        Self::Dword(dword)
    }
}

impl ParsedOptions<'_> {
    /// Creates the safe argument from those of the C prototype.
    ///
    /// # Safety
    /// During the lifetime of the value, of the fields of `raw`:
    /// - `packet` is NULL or points at `packet_size` bytes that can be read, and that nobody else writes, if
    ///   `packet_size` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY);
    /// - `server_options` is NULL or can be read, aligned or not;
    /// - each pointer in it is NULL or points at what it names, aligned or not, which nobody else writes: one `BYTE` or
    ///   one `DWORD` that can be read and written, or as many bytes that can be read as the length beside it says, if
    ///   that is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    ///
    /// # Errors
    /// - [`HookError::Null`] if `packet` or `server_options` is NULL;
    /// - [`HookError::TooLong`] if `packet_size`, or the length of a field that is there, is over
    ///   [`PACKET_CAPACITY`](crate::PACKET_CAPACITY): no part of a packet is longer than a packet.
    #[inline]
    pub unsafe fn from_raw(raw: HandleOptionsArguments) -> Result<Self, HookError> {
        // SAFETY: the caller promises of the packet what is asked here.
        let packet = unsafe { PacketBytes::from_raw(raw.packet, "Packet", raw.packet_size) }?;
        let server_options = not_null(raw.server_options, "ServerOptions")?;
        // SAFETY: not NULL, so the caller promises that it can be read; alignment does not matter to this read, and any
        // bytes make a `ServerOptions`.
        let options = unsafe { server_options.read_unaligned() };
        check_lengths(&options)?;
        Ok(Self {
            packet,
            pkt_context: raw.pkt_context,
            options,
            before: [None; CHANGEABLE],
        })
    }
}

/// Defines what there is of each field: how it is read, changed and checked.
///
/// The fields are of three kinds: pointers to one `BYTE` or `DWORD`, pointers to bytes with a length, and plain
/// numbers.
macro_rules! fields {
    (
        $($(#[doc = $doc:literal])+ $field:ident, $set:ident: $Type:ty, $name:literal;)+
        lengths: $($(#[doc = $bytes_doc:literal])+ $bytes:ident, $bytes_name:literal, $length:ident, $length_name:literal;)+
        numbers: $($(#[doc = $number_doc:literal])+ $number:ident: $Number:ty, $number_name:literal;)+
    ) => {
        impl ParsedOptions<'_> {
            $(
                $(#[doc = $doc])+
                #[must_use]
                #[doc(alias = $name)]
                pub fn $field(&self) -> Option<$Type> {
                    let pointer = NonNull::new(self.options.$field.cast::<$Type>())?;
                    // SAFETY: not NULL, so the invariant says that it can be read; the type is aligned anywhere.
                    Some(unsafe { pointer.read() })
                }

                #[doc = concat!("Changes [`", stringify!($field), "`](Self::", stringify!($field), ") where the server has it.")]
                ///
                /// # Errors
                /// [`HookError::Null`] if the server passed none.
                pub fn $set(&mut self, value: $Type) -> Result<(), HookError> {
                    let pointer = not_null(self.options.$field.cast::<$Type>(), $name)?;
                    // SAFETY: not NULL, so the invariant says that it can be read; the type is aligned anywhere.
                    self.note_before(pointer.cast(), unsafe { pointer.read() }.into());
                    // SAFETY:
                    // - not NULL, so the invariant says that it can be written; the type is aligned anywhere;
                    // - no reference to the bytes is left, since `self` is borrowed mutably.
                    unsafe { pointer.write(value) };
                    Ok(())
                }
            )+

            $(
                $(#[doc = $bytes_doc])+
                #[must_use]
                #[doc(alias = $bytes_name)]
                pub fn $bytes(&self) -> Option<&[u8]> {
                    let start = NonNull::new(self.options.$bytes)?;
                    let length = checked_length(self.options.$length.into(), $length_name).ok()?;
                    // SAFETY: not NULL, so the invariant says that so many bytes can be read, and `self`, without which
                    // nobody writes them, is borrowed as long as the slice.
                    Some(unsafe { core::slice::from_raw_parts(start.as_ptr(), length) })
                }
            )+

            $(
                $(#[doc = $number_doc])+
                #[must_use]
                #[doc(alias = $number_name)]
                pub const fn $number(&self) -> $Number {
                    self.options.$number
                }
            )+

        }

        /// How many fields can be changed.
        const CHANGEABLE: usize = [$($name),+].len();

        /// Checks the length of each field that is there.
        fn check_lengths(options: &ServerOptions) -> Result<(), HookError> {
            $(
                if !options.$bytes.is_null() {
                    checked_length(options.$length.into(), $length_name)?;
                }
            )+
            Ok(())
        }
    };
}

impl ParsedOptions<'_> {
    /// Notes what a value is before its first change.
    #[inline(never)]
    fn note_before(&mut self, place: NonNull<u8>, value: Value) {
        let same =
            |(noted, before): (NonNull<u8>, Value)| noted == place && discriminant(&before) == discriminant(&value);
        let note = self.before.iter_mut().find(|note| note.is_none_or(same));
        debug_assert!(note.is_some(), "there is a note for each field");
        if let Some(note) = note {
            note.get_or_insert((place, value));
        }
    }

    /// Changes all fields back to what they were: the last first, since they may overlap.
    pub(crate) fn put_back(&mut self) {
        for (place, before) in self.before.iter().rev().flatten() {
            match before {
                // SAFETY:
                // - a byte can be written there, says the invariant of the field;
                // - no reference to it is left, since `self` is borrowed mutably.
                Value::Byte(byte) => unsafe { place.write(*byte) },
                // SAFETY: as above, and the type is aligned anywhere.
                Value::Dword(dword) => unsafe { place.cast().write(*dword) },
            }
        }
    }
}

fields! {
    /// Returns the DHCP message type (option 53).
    message_type, set_message_type: u8, "MessageType";
    /// Returns the subnet mask (option 1).
    subnet_mask, set_subnet_mask: Dword, "SubnetMask";
    /// Returns the address that the client asks for (option 50).
    requested_address, set_requested_address: Dword, "RequestedAddress";
    /// Returns the lease time that the client asks for, in seconds (option 51).
    request_lease_time, set_request_lease_time: Dword, "RequestLeaseTime";
    /// Returns which fields hold options (option 52).
    overlay_fields, set_overlay_fields: u8, "OverlayFields";
    /// Returns the address of a router (option 3).
    router_address, set_router_address: Dword, "RouterAddress";
    /// Returns the address of the server that the client has chosen (option 54).
    server, set_server: Dword, "Server";
    /// Returns the identifier of the scope.
    scope_id, set_scope_id: Dword, "ScopeId";

    lengths:
    /// Returns the codes of the options that the client asks for (option 55).
    parameter_request_list, "ParameterRequestList", parameter_request_list_length, "ParameterRequestListLength";
    /// Returns the name of the client's machine; it need not be text, nor end in NUL.
    machine_name, "MachineName", machine_name_length, "MachineNameLength";
    /// Returns the client's hardware address.
    client_hardware_address, "ClientHardwareAddress", client_hardware_address_length, "ClientHardwareAddressLength";
    /// Returns the vendor class identifier (option 60); it need not be text, nor end in NUL.
    class_identifier, "ClassIdentifier", class_identifier_length, "ClassIdentifierLength";
    /// Returns the vendor class.
    vendor_class, "VendorClass", vendor_class_length, "VendorClassLength";
    /// Returns the name for dynamic updates of the DNS.
    dns_name, "DNSName", dns_name_length, "DNSNameLength";
    /// Returns the name of the directory service's domain; it need not be text, nor end in NUL.
    ds_domain_name, "DSDomainName", ds_domain_name_len, "DSDomainNameLen";

    numbers:
    /// Returns the type of the client's hardware address.
    client_hardware_address_type: u8, "ClientHardwareAddressType";
    /// Returns the flags for dynamic updates of the DNS.
    dns_flags: u32, "DNSFlags";
    /// Returns whether the client asks for the name of the directory service's domain; it can be any byte.
    ds_domain_name_requested: Boolean, "DSDomainNameRequested";
}
