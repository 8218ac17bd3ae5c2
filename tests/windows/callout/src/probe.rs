//! What the host reads: numbers that the callout keeps, and the ABI as the library sees it, each as an exported
//! function.

use core::mem::{offset_of, size_of};
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::SeqCst;

use dhcp_callout::control::{
    AddressGrant, AddressProblem, ClientType, DropReason, PACKET_PROCESSED, SendCode, ServiceControl,
};
use dhcp_callout::ffi::{CalloutTable, ServerOptions};

/// A number that the host reads by the exported function `probe_` and its name.
pub(crate) struct Probe(AtomicU64);

impl Probe {
    /// Counts one more.
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    /// Counts one fewer.
    pub(crate) fn remove(&self) {
        self.0.fetch_sub(1, SeqCst);
    }

    /// Notes what was seen last.
    pub(crate) fn set(&self, value: impl Into<u64>) {
        self.0.store(value.into(), SeqCst);
    }
}

macro_rules! probes {
    ($($(#[$attribute:meta])* $name:ident)+) => {
        $(
            $(#[$attribute])*
            pub(crate) static $name: Probe = Probe(AtomicU64::new(0));

            const _: () = {
                #[unsafe(export_name = concat!("probe_", stringify!($name)))]
                extern "system" fn read() -> u64 {
                    $name.0.load(SeqCst)
                }
            };
        )+
    };
}

probes! {
    /// Calls of `Callout::load`.
    LOADS
    /// Calls of `Callout::new_packet`.
    NEW_PACKETS
    /// States made.
    TRACKED
    /// States made and not dropped.
    LIVE
    /// States dropped that were none.
    CORRUPT
    /// Calls of `packet_dropped`, `packet_done`, and the latter for packets that were dropped.
    DROPPED
    DONE
    DONE_DROPPED
    /// Calls of `packet_done` by a thread whose last event was an address that is offered.
    DONE_IN_OFFER
    /// Calls of the methods of the optional traits.
    CONTROL
    SEND
    OFFERED
    DELETED
    OPTIONS
    CLIENT
    /// Calls of these with and without a state, and with the state of another packet.
    WITH_STATE
    WITHOUT_STATE
    WRONG_STATE
    /// Packets and replies replaced, and those that could not be.
    REPLACED
    NOT_TRACKED
    EXHAUSTED
    /// Drops of packets without a state, and packets given up.
    DROPPED_UNTRACKED
    LOST
    /// Diagnostics: refused arguments, rejected notices, and panics, with the hook named in the last.
    REFUSED
    REJECTED
    PANICKED
    PANICKED_IN
    /// What was seen last.
    LAST_CODE
    LAST_RECEIVED_ON
    LAST_ADDRESS
    LAST_CLIENT_TYPE
    LAST_LEASE_TIME
    LAST_BYTES
    LAST_REASON
}

/// Returns the 64-bit FNV-1a hash of `bytes`, so that the host can compare what it cannot read.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    })
}

/// 0 for a field that is not there; a DWORD as it is in memory has a bit above it, and bytes are hashed.
macro_rules! layout {
    ($Type:ident as $name:literal: $($field:ident as $spelling:literal)+) => {
        const _: () = {
            #[unsafe(export_name = concat!("sizeof_", $name))]
            extern "system" fn size() -> u64 {
                size_of::<$Type>() as u64
            }
        };
        $(
            const _: () = {
                #[unsafe(export_name = concat!("offsetof_", $name, "_", $spelling))]
                extern "system" fn offset() -> u64 {
                    offset_of!($Type, $field) as u64
                }
            };
        )+
    };
}

layout! {
    CalloutTable as "DHCP_CALLOUT_TABLE":
    dhcp_control_hook as "DhcpControlHook"
    dhcp_new_pkt_hook as "DhcpNewPktHook"
    dhcp_pkt_drop_hook as "DhcpPktDropHook"
    dhcp_pkt_send_hook as "DhcpPktSendHook"
    dhcp_address_del_hook as "DhcpAddressDelHook"
    dhcp_address_offer_hook as "DhcpAddressOfferHook"
    dhcp_handle_options_hook as "DhcpHandleOptionsHook"
    dhcp_delete_client_hook as "DhcpDeleteClientHook"
    dhcp_extension_hook as "DhcpExtensionHook"
    dhcp_reserved_hook as "DhcpReservedHook"
}

layout! {
    ServerOptions as "DHCP_SERVER_OPTIONS":
    message_type as "MessageType"
    subnet_mask as "SubnetMask"
    requested_address as "RequestedAddress"
    request_lease_time as "RequestLeaseTime"
    overlay_fields as "OverlayFields"
    router_address as "RouterAddress"
    server as "Server"
    parameter_request_list as "ParameterRequestList"
    parameter_request_list_length as "ParameterRequestListLength"
    machine_name as "MachineName"
    machine_name_length as "MachineNameLength"
    client_hardware_address_type as "ClientHardwareAddressType"
    client_hardware_address_length as "ClientHardwareAddressLength"
    client_hardware_address as "ClientHardwareAddress"
    class_identifier as "ClassIdentifier"
    class_identifier_length as "ClassIdentifierLength"
    vendor_class as "VendorClass"
    vendor_class_length as "VendorClassLength"
    dns_flags as "DNSFlags"
    dns_name_length as "DNSNameLength"
    dns_name as "DNSName"
    ds_domain_name_requested as "DSDomainNameRequested"
    ds_domain_name as "DSDomainName"
    ds_domain_name_len as "DSDomainNameLen"
    scope_id as "ScopeId"
}

macro_rules! constants {
    ($($code:expr => $NAME:ident,)+) => {
        $(
            const _: () = {
                #[unsafe(export_name = concat!("constant_", stringify!($NAME)))]
                extern "system" fn value() -> u64 {
                    $code.into()
                }
            };
        )+
    };
}

constants! {
    ServiceControl::START.code() => DHCP_CONTROL_START,
    ServiceControl::STOP.code() => DHCP_CONTROL_STOP,
    ServiceControl::PAUSE.code() => DHCP_CONTROL_PAUSE,
    ServiceControl::CONTINUE.code() => DHCP_CONTROL_CONTINUE,
    DropReason::DUPLICATE.code() => DHCP_DROP_DUPLICATE,
    DropReason::NOMEM.code() => DHCP_DROP_NOMEM,
    DropReason::INTERNAL_ERROR.code() => DHCP_DROP_INTERNAL_ERROR,
    DropReason::TIMEOUT.code() => DHCP_DROP_TIMEOUT,
    DropReason::UNAUTH.code() => DHCP_DROP_UNAUTH,
    DropReason::PAUSED.code() => DHCP_DROP_PAUSED,
    DropReason::NO_SUBNETS.code() => DHCP_DROP_NO_SUBNETS,
    DropReason::INVALID.code() => DHCP_DROP_INVALID,
    DropReason::WRONG_SERVER.code() => DHCP_DROP_WRONG_SERVER,
    DropReason::NOADDRESS.code() => DHCP_DROP_NOADDRESS,
    PACKET_PROCESSED => DHCP_DROP_PROCESSED,
    DropReason::GEN_FAILURE.code() => DHCP_DROP_GEN_FAILURE,
    SendCode::SEND_PACKET.code() => DHCP_SEND_PACKET,
    AddressProblem::CONFLICT.code() => DHCP_PROB_CONFLICT,
    AddressProblem::DECLINE.code() => DHCP_PROB_DECLINE,
    AddressProblem::RELEASE.code() => DHCP_PROB_RELEASE,
    AddressProblem::NACKED.code() => DHCP_PROB_NACKED,
    AddressGrant::NEW.code() => DHCP_GIVE_ADDRESS_NEW,
    AddressGrant::OLD.code() => DHCP_GIVE_ADDRESS_OLD,
    ClientType::BOOTP.code() => DHCP_CLIENT_BOOTP,
    ClientType::DHCP.code() => DHCP_CLIENT_DHCP,
}
