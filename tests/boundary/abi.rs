//! Proves that `ffi` has the ABI of the SDK: every size, offset and constant equals that of `windows-sys`, whose
//! bindings are generated from Microsoft's own metadata. The compiler compares layouts and signatures, so that it needs
//! no machine to run on: `tests/no_std` builds this file for 32-bit Windows.
#![cfg_attr(not(test), no_std)]

use core::ffi::c_void;
use core::mem::{align_of, offset_of, size_of};

use dhcp_callout::ffi;
use windows_sys::Win32::NetworkManagement::Dhcp as sdk;
use windows_sys::core::BOOL;

macro_rules! same_layout {
    ($ours:ty, $theirs:ty { $($our_field:ident = $their_field:ident),+ $(,)? }) => {
        const _: () = {
            assert!(size_of::<$ours>() == size_of::<$theirs>(), concat!("size of ", stringify!($theirs)));
            assert!(align_of::<$ours>() == align_of::<$theirs>(), concat!("alignment of ", stringify!($theirs)));
            $(assert!(
                offset_of!($ours, $our_field) == offset_of!($theirs, $their_field),
                concat!("offset of ", stringify!($their_field))
            );)+
        };
        // Both patterns are complete, so that a field without a counterpart breaks the build.
        const _: fn($ours, $theirs) = |ours, theirs| {
            type Ours = $ours;
            type Theirs = $theirs;
            let Ours { $($our_field: _),+ } = ours;
            let Theirs { $($their_field: _),+ } = theirs;
        };
    };
}

same_layout!(ffi::CalloutTable, sdk::DHCP_CALLOUT_TABLE {
    dhcp_control_hook = DhcpControlHook,
    dhcp_new_pkt_hook = DhcpNewPktHook,
    dhcp_pkt_drop_hook = DhcpPktDropHook,
    dhcp_pkt_send_hook = DhcpPktSendHook,
    dhcp_address_del_hook = DhcpAddressDelHook,
    dhcp_address_offer_hook = DhcpAddressOfferHook,
    dhcp_handle_options_hook = DhcpHandleOptionsHook,
    dhcp_delete_client_hook = DhcpDeleteClientHook,
    dhcp_extension_hook = DhcpExtensionHook,
    dhcp_reserved_hook = DhcpReservedHook,
});

same_layout!(ffi::ServerOptions, sdk::DHCP_SERVER_OPTIONS {
    message_type = MessageType,
    subnet_mask = SubnetMask,
    requested_address = RequestedAddress,
    request_lease_time = RequestLeaseTime,
    overlay_fields = OverlayFields,
    router_address = RouterAddress,
    server = Server,
    parameter_request_list = ParameterRequestList,
    parameter_request_list_length = ParameterRequestListLength,
    machine_name = MachineName,
    machine_name_length = MachineNameLength,
    client_hardware_address_type = ClientHardwareAddressType,
    client_hardware_address_length = ClientHardwareAddressLength,
    client_hardware_address = ClientHardwareAddress,
    class_identifier = ClassIdentifier,
    class_identifier_length = ClassIdentifierLength,
    vendor_class = VendorClass,
    vendor_class_length = VendorClassLength,
    dns_flags = DNSFlags,
    dns_name_length = DNSNameLength,
    dns_name = DNSName,
    ds_domain_name_requested = DSDomainNameRequested,
    ds_domain_name = DSDomainName,
    ds_domain_name_len = DSDomainNameLen,
    scope_id = ScopeId,
});

// The compiler compares the signatures: each of our types must coerce to the one of the SDK.
const _: fn(ffi::Control) -> sdk::LPDHCP_CONTROL = |hook| Some(hook);
const _: fn(ffi::DropSend) -> sdk::LPDHCP_DROP_SEND = |hook| Some(hook);
const _: fn(ffi::Prob) -> sdk::LPDHCP_PROB = |hook| Some(hook);
const _: fn(ffi::GiveAddress) -> sdk::LPDHCP_GIVE_ADDRESS = |hook| Some(hook);
const _: fn(ffi::DeleteClient) -> sdk::LPDHCP_DELETE_CLIENT = |hook| Some(hook);

// Where a type of ours is another than the SDK's, of the same layout, both are made from one signature.
type NewPkt<ProcessIt> =
    unsafe extern "system" fn(*mut *mut u8, *mut u32, u32, *mut c_void, *mut *mut c_void, *mut ProcessIt) -> u32;
const _: fn(ffi::NewPkt) -> NewPkt<ffi::Bool> = |hook| hook;
const _: fn(NewPkt<BOOL>) -> sdk::LPDHCP_NEWPKT = |hook| Some(hook);
const _: fn(ffi::Bool) -> BOOL = |ffi::Bool(number)| number;

type HandleOptions<Options> = unsafe extern "system" fn(*mut u8, u32, *mut c_void, *mut c_void, *mut Options) -> u32;
const _: fn(ffi::HandleOptions) -> HandleOptions<ffi::ServerOptions> = |hook| hook;
const _: fn(HandleOptions<sdk::DHCP_SERVER_OPTIONS>) -> sdk::LPDHCP_HANDLE_OPTIONS = |hook| Some(hook);

// `LPWSTR` in the header, of which the metadata makes a pointer to what is not changed.
type EntryPoint<List, Table> = unsafe extern "system" fn(List, u32, *mut Table) -> u32;
const _: fn(ffi::EntryPoint) -> EntryPoint<*mut u16, ffi::CalloutTable> = |entry| entry;
const _: fn(EntryPoint<*const u16, sdk::DHCP_CALLOUT_TABLE>) -> sdk::LPDHCP_ENTRY_POINT_FUNC = |entry| Some(entry);

#[cfg(test)]
mod tests {
    use dhcp_callout::control::{
        AddressGrant, AddressProblem, ClientType, DropReason, PACKET_PROCESSED, SendCode, ServiceControl,
    };

    use super::{ffi, sdk};

    macro_rules! same_codes {
        ($($code:expr => $NAME:ident,)+) => {
            $(assert_eq!(($code.code(), $code.name()), (sdk::$NAME, Some(stringify!($NAME))));)+
        };
    }

    #[test]
    fn control_codes_are_those_of_the_sdk() {
        same_codes!(
            ServiceControl::START => DHCP_CONTROL_START,
            ServiceControl::STOP => DHCP_CONTROL_STOP,
            ServiceControl::PAUSE => DHCP_CONTROL_PAUSE,
            ServiceControl::CONTINUE => DHCP_CONTROL_CONTINUE,
            DropReason::DUPLICATE => DHCP_DROP_DUPLICATE,
            DropReason::NOMEM => DHCP_DROP_NOMEM,
            DropReason::INTERNAL_ERROR => DHCP_DROP_INTERNAL_ERROR,
            DropReason::TIMEOUT => DHCP_DROP_TIMEOUT,
            DropReason::UNAUTH => DHCP_DROP_UNAUTH,
            DropReason::PAUSED => DHCP_DROP_PAUSED,
            DropReason::NO_SUBNETS => DHCP_DROP_NO_SUBNETS,
            DropReason::INVALID => DHCP_DROP_INVALID,
            DropReason::WRONG_SERVER => DHCP_DROP_WRONG_SERVER,
            DropReason::NOADDRESS => DHCP_DROP_NOADDRESS,
            DropReason::GEN_FAILURE => DHCP_DROP_GEN_FAILURE,
            SendCode::SEND_PACKET => DHCP_SEND_PACKET,
            AddressProblem::CONFLICT => DHCP_PROB_CONFLICT,
            AddressProblem::DECLINE => DHCP_PROB_DECLINE,
            AddressProblem::RELEASE => DHCP_PROB_RELEASE,
            AddressProblem::NACKED => DHCP_PROB_NACKED,
            AddressGrant::NEW => DHCP_GIVE_ADDRESS_NEW,
            AddressGrant::OLD => DHCP_GIVE_ADDRESS_OLD,
            ClientType::BOOTP => DHCP_CLIENT_BOOTP,
            ClientType::DHCP => DHCP_CLIENT_DHCP,
        );
        assert_eq!(PACKET_PROCESSED, sdk::DHCP_DROP_PROCESSED);
    }

    #[test]
    fn names_are_those_of_the_sdk() {
        assert_eq!(ffi::CALLOUT_ENTRY_POINT, narrow(sdk::DHCP_CALLOUT_ENTRY_POINT));
        assert_eq!(ffi::CALLOUT_LIST_KEY, wide(sdk::DHCP_CALLOUT_LIST_KEY));
        assert_eq!(ffi::CALLOUT_LIST_VALUE, wide(sdk::DHCP_CALLOUT_LIST_VALUE));
    }

    #[expect(unsafe_code, reason = "windows-sys hands out its names as pointers")]
    fn narrow(name: *const u8) -> &'static core::ffi::CStr {
        // SAFETY: only called with what `s!` of windows-sys makes: a static text that ends in NUL.
        unsafe { core::ffi::CStr::from_ptr(name.cast()) }
    }

    #[expect(unsafe_code, reason = "windows-sys hands out its names as pointers")]
    fn wide(name: *const u16) -> String {
        let mut units = Vec::new();
        let mut next = name;
        loop {
            // SAFETY: only called with what `w!` of windows-sys makes: static UTF-16 that ends in NUL, and the loop
            // stops there.
            let unit = unsafe { next.read() };
            if unit == 0 {
                return String::from_utf16_lossy(&units);
            }
            units.push(unit);
            next = next.wrapping_add(1);
        }
    }
}
