//! The ABI as it is: the callout table, the hook signatures, the entry point and `DHCP_SERVER_OPTIONS`.
//!
//! Each C prototype is written once, in the table of this module, from which come a function type (such as [`NewPkt`]),
//! a structure of its arguments ([`NewPktArguments`]) and the fields of [`CalloutTable`]. Names are the SDK's
//! (`dhcpssdk.h`) in Rust case, with the C names as search aliases. Nothing here checks anything: `hook` turns raw
//! arguments into safe values. No Rust enum, `bool` or reference crosses this boundary, and a function pointer is an
//! `Option` only where NULL is legal.
//!
//! `WINAPI` is `extern "system"`: `stdcall` on 32-bit Windows, the C convention of the platform elsewhere. So
//! a table can be driven in-process on any machine.
#![expect(unsafe_code, reason = "hooks are called with the arguments of their prototypes")]

use core::ffi::{CStr, c_void};
use core::ptr::null_mut;

/// Name of the function that a callout DLL exports, an [`EntryPoint`] (`DHCP_CALLOUT_ENTRY_POINT`).
#[doc(alias = "DHCP_CALLOUT_ENTRY_POINT")]
pub const CALLOUT_ENTRY_POINT: &CStr = c"DhcpServerCalloutEntry";

/// The same as text.
pub(crate) const ENTRY_POINT: &str = match CALLOUT_ENTRY_POINT.to_str() {
    Ok(name) => name,
    Err(_) => "",
};

/// Registry key below `HKEY_LOCAL_MACHINE` that holds the callout settings (`DHCP_CALLOUT_LIST_KEY`).
#[doc(alias = "DHCP_CALLOUT_LIST_KEY")]
pub const CALLOUT_LIST_KEY: &str = r"System\CurrentControlSet\Services\DHCPServer\Parameters";

/// Registry value of type `REG_MULTI_SZ` that lists the paths of the callout DLLs (`DHCP_CALLOUT_LIST_VALUE`).
#[doc(alias = "DHCP_CALLOUT_LIST_VALUE")]
pub const CALLOUT_LIST_VALUE: &str = "CalloutDlls";

/// Registry value of type `REG_DWORD` that is 1 to switch callouts on (`DHCP_CALLOUT_ENABLED_VALUE`).
#[doc(alias = "DHCP_CALLOUT_ENABLED_VALUE")]
pub const CALLOUT_ENABLED_VALUE: &str = "CalloutEnabled";

/// The one `CalloutVersion` that is documented; [`ServerOptions`] is valid for this version only.
pub const CALLOUT_VERSION: u32 = 0;

/// `ERROR_SUCCESS`: what a hook returns when all is well.
pub const ERROR_SUCCESS: u32 = 0;

/// `ERROR_NOT_SUPPORTED`: what an entry point returns for a version that it does not know.
pub const ERROR_NOT_SUPPORTED: u32 = 50;

/// `ERROR_INVALID_PARAMETER`: what an entry point returns for a table that is NULL.
pub const ERROR_INVALID_PARAMETER: u32 = 87;

/// `ERROR_DLL_INIT_FAILED`: what an entry point returns when the callout could not be loaded.
pub const ERROR_DLL_INIT_FAILED: u32 = 1114;

/// `BOOL`: 32 bits, zero is false and anything else is true.
#[doc(alias = "BOOL")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Bool(pub i32);

/// `BOOLEAN`: one byte, zero is false and anything else is true.
#[doc(alias = "BOOLEAN")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Boolean(pub u8);

impl Bool {
    /// `FALSE`.
    pub const FALSE: Self = Self(0);
    /// `TRUE`.
    pub const TRUE: Self = Self(1);
}

/// Passes the prototype of each hook, written here and nowhere else, to the macro of the name `$with`.
///
/// A row has the name of the prototype and of its arguments, the arguments, and for each hook that has this prototype:
/// its name here, its field in the callout table, and its name in the SDK.
macro_rules! prototypes {
    ($with:ident) => {
        $with! {
            /// `LPDHCP_CONTROL`: the service was started, stopped, paused or continued.
            #[doc(alias = "LPDHCP_CONTROL")]
            Control(ControlArguments { control_code: u32, reserved: *mut c_void, })
                = control: dhcp_control_hook "DhcpControlHook";

            /// `LPDHCP_NEWPKT`: a packet was received, and is about to be processed. `*packet` is a buffer of 4096 bytes,
            /// which the hook may write.
            #[doc(alias = "LPDHCP_NEWPKT")]
            NewPkt(NewPktArguments {
                packet: *mut *mut u8,
                packet_size: *mut u32,
                ip_address: u32,
                reserved: *mut c_void,
                pkt_context: *mut *mut c_void,
                process_it: *mut Bool,
            }) = new_pkt: dhcp_new_pkt_hook "DhcpNewPktHook";

            /// `LPDHCP_DROP_SEND`: a packet was dropped or processed, or is about to be sent: in a buffer of 4096 bytes,
            /// which the hook may write before it is sent.
            #[doc(alias = "LPDHCP_DROP_SEND")]
            DropSend(DropSendArguments {
                packet: *mut *mut u8,
                packet_size: *mut u32,
                control_code: u32,
                ip_address: u32,
                reserved: *mut c_void,
                pkt_context: *mut c_void,
            }) = pkt_drop: dhcp_pkt_drop_hook "DhcpPktDropHook",
                pkt_send: dhcp_pkt_send_hook "DhcpPktSendHook";

            /// `LPDHCP_PROB`: an address is not, or no longer, in use.
            #[doc(alias = "LPDHCP_PROB")]
            Prob(ProbArguments {
                packet: *mut u8,
                packet_size: u32,
                control_code: u32,
                ip_address: u32,
                alt_address: u32,
                reserved: *mut c_void,
                pkt_context: *mut c_void,
            }) = address_del: dhcp_address_del_hook "DhcpAddressDelHook";

            /// `LPDHCP_GIVE_ADDRESS`: an address is about to be acknowledged to a client, for `lease_time` seconds.
            #[doc(alias = "LPDHCP_GIVE_ADDRESS")]
            GiveAddress(GiveAddressArguments {
                packet: *mut u8,
                packet_size: u32,
                control_code: u32,
                ip_address: u32,
                alt_address: u32,
                addr_type: u32,
                lease_time: u32,
                reserved: *mut c_void,
                pkt_context: *mut c_void,
            }) = address_offer: dhcp_address_offer_hook "DhcpAddressOfferHook";

            /// `LPDHCP_HANDLE_OPTIONS`: the server has parsed the options of a packet.
            #[doc(alias = "LPDHCP_HANDLE_OPTIONS")]
            HandleOptions(HandleOptionsArguments {
                packet: *mut u8,
                packet_size: u32,
                reserved: *mut c_void,
                pkt_context: *mut c_void,
                server_options: *mut ServerOptions,
            }) = handle_options: dhcp_handle_options_hook "DhcpHandleOptionsHook";

            /// `LPDHCP_DELETE_CLIENT`: a client lease is about to be deleted; `client_type` is reserved.
            #[doc(alias = "LPDHCP_DELETE_CLIENT")]
            DeleteClient(DeleteClientArguments {
                ip_address: u32,
                hw_address: *mut u8,
                hw_address_length: u32,
                reserved: u32,
                client_type: u32,
            }) = delete_client: dhcp_delete_client_hook "DhcpDeleteClientHook";
        }
    };
}
pub(crate) use prototypes;

/// Declares each prototype as a type, its arguments as a structure, and the table of all hooks.
macro_rules! declare {
    ($(
        $(#[$attribute:meta])*
        $Prototype:ident($Arguments:ident { $($parameter:ident: $Type:ty,)+ })
            = $($hook:ident: $field:ident $name:literal),+;
    )+) => {
        $(
            $(#[$attribute])*
            pub type $Prototype = unsafe extern "system" fn($($parameter: $Type),+) -> u32;

            #[doc = concat!("The arguments of a hook of type [`", stringify!($Prototype), "`], in the order of the SDK.")]
            #[derive(Clone, Copy, Debug)]
            #[repr(C)]
            #[expect(missing_docs, reason = "the SDK names the parameters")]
            pub struct $Arguments {
                $(pub $parameter: $Type,)+
            }

            impl $Arguments {
                /// Calls `hook` with these arguments, and returns what it returns.
                ///
                /// # Safety
                /// - `hook` can be called with these arguments.
                #[inline]
                pub unsafe fn pass_to(self, hook: $Prototype) -> u32 {
                    // SAFETY: the caller promises the same.
                    unsafe { hook($(self.$parameter),+) }
                }
            }
        )+

        /// `DHCP_CALLOUT_TABLE`: the hooks that a DLL wants called; NULL where it is not interested.
        #[doc(alias = "DHCP_CALLOUT_TABLE")]
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        pub struct CalloutTable {
            $($(
                #[doc = concat!("`", $name, "`.")]
                #[doc(alias = $name)]
                pub $field: Option<$Prototype>,
            )+)+
            /// `DhcpExtensionHook`: to be NULL.
            #[doc(alias = "DhcpExtensionHook")]
            pub dhcp_extension_hook: *mut c_void,
            /// `DhcpReservedHook`: to be NULL.
            #[doc(alias = "DhcpReservedHook")]
            pub dhcp_reserved_hook: *mut c_void,
        }

        impl CalloutTable {
            /// The table of a DLL that wants no hook called.
            pub const EMPTY: Self = Self {
                $($($field: None,)+)+
                dhcp_extension_hook: null_mut(),
                dhcp_reserved_hook: null_mut(),
            };

            /// Adds the hooks that only `other` has.
            #[must_use]
            pub(crate) fn or(&self, other: &Self) -> Self {
                Self { $($($field: self.$field.or(other.$field),)+)+ ..Self::EMPTY }
            }

            /// Removes the hooks that `other` does not have.
            #[must_use]
            pub(crate) fn and(&self, other: &Self) -> Self {
                Self { $($($field: self.$field.filter(|_| other.$field.is_some()),)+)+ ..Self::EMPTY }
            }
        }
    };
}

prototypes!(declare);

/// `LPDHCP_ENTRY_POINT_FUNC`: the export by the name of [`CALLOUT_ENTRY_POINT`].
///
/// `chain_dlls` is the `REG_MULTI_SZ` of the DLLs that the server leaves to this one.
#[doc(alias = "LPDHCP_ENTRY_POINT_FUNC")]
pub type EntryPoint =
    unsafe extern "system" fn(chain_dlls: *mut u16, callout_version: u32, callout_tbl: *mut CalloutTable) -> u32;

// SAFETY: the table is addresses, which can be read from any thread; to call what is there is another promise.
unsafe impl Send for CalloutTable {}

// SAFETY: as above.
unsafe impl Sync for CalloutTable {}

impl Default for CalloutTable {
    fn default() -> Self {
        Self::EMPTY
    }
}

macro_rules! server_options {
    ($($field:ident: $Type:ty = $empty:expr,)+) => {
        /// `DHCP_SERVER_OPTIONS`: what the server parsed from a packet, valid during the call of
        /// `DhcpHandleOptionsHook` only.
        ///
        /// Any pointer may be NULL. The pointers to DWORDs need not be aligned, and the byte order of what they point
        /// at is not documented. Lengths are in bytes. No text ends in NUL by contract.
        #[doc(alias = "DHCP_SERVER_OPTIONS")]
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        #[expect(
            missing_docs,
            reason = "the SDK names the fields, and says no more of them than their names do"
        )]
        pub struct ServerOptions {
            $(pub $field: $Type,)+
        }

        impl ServerOptions {
            /// The options of a packet in which the server found none: every pointer NULL, every number zero.
            pub const EMPTY: Self = Self { $($field: $empty,)+ };
        }
    };
}

server_options! {
    message_type: *mut u8 = null_mut(),
    subnet_mask: *mut u32 = null_mut(),
    requested_address: *mut u32 = null_mut(),
    request_lease_time: *mut u32 = null_mut(),
    overlay_fields: *mut u8 = null_mut(),
    router_address: *mut u32 = null_mut(),
    server: *mut u32 = null_mut(),
    parameter_request_list: *mut u8 = null_mut(),
    parameter_request_list_length: u32 = 0,
    machine_name: *mut u8 = null_mut(),
    machine_name_length: u32 = 0,
    client_hardware_address_type: u8 = 0,
    client_hardware_address_length: u8 = 0,
    client_hardware_address: *mut u8 = null_mut(),
    class_identifier: *mut u8 = null_mut(),
    class_identifier_length: u32 = 0,
    vendor_class: *mut u8 = null_mut(),
    vendor_class_length: u32 = 0,
    dns_flags: u32 = 0,
    dns_name_length: u32 = 0,
    dns_name: *mut u8 = null_mut(),
    ds_domain_name_requested: Boolean = Boolean(0),
    ds_domain_name: *mut u8 = null_mut(),
    ds_domain_name_len: u32 = 0,
    scope_id: *mut u32 = null_mut(),
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self::EMPTY
    }
}

const _: () = {
    use core::mem::{offset_of, size_of};

    const POINTER: usize = size_of::<*mut c_void>();

    assert!(size_of::<Bool>() == 4 && size_of::<Boolean>() == 1);
    assert!(size_of::<CalloutTable>() == 10 * POINTER);
    assert!(offset_of!(CalloutTable, dhcp_control_hook) == 0);
    assert!(offset_of!(CalloutTable, dhcp_new_pkt_hook) == POINTER);
    assert!(offset_of!(CalloutTable, dhcp_pkt_drop_hook) == 2 * POINTER);
    assert!(offset_of!(CalloutTable, dhcp_pkt_send_hook) == 3 * POINTER);
    assert!(offset_of!(CalloutTable, dhcp_address_del_hook) == 4 * POINTER);
    assert!(offset_of!(CalloutTable, dhcp_address_offer_hook) == 5 * POINTER);
    assert!(offset_of!(CalloutTable, dhcp_handle_options_hook) == 6 * POINTER);
    assert!(offset_of!(CalloutTable, dhcp_delete_client_hook) == 7 * POINTER);
    assert!(offset_of!(CalloutTable, dhcp_extension_hook) == 8 * POINTER);
    assert!(offset_of!(CalloutTable, dhcp_reserved_hook) == 9 * POINTER);
};

#[cfg(target_pointer_width = "64")]
const _: () = {
    use core::mem::{offset_of, size_of};

    assert!(size_of::<ServerOptions>() == 176);
    assert!(offset_of!(ServerOptions, parameter_request_list_length) == 64);
    assert!(offset_of!(ServerOptions, client_hardware_address_length) == 85);
    assert!(offset_of!(ServerOptions, dns_flags) == 124);
    assert!(offset_of!(ServerOptions, dns_name) == 136);
    assert!(offset_of!(ServerOptions, ds_domain_name_requested) == 144);
    assert!(offset_of!(ServerOptions, scope_id) == 168);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    use core::mem::{offset_of, size_of};

    assert!(size_of::<ServerOptions>() == 96);
    assert!(offset_of!(ServerOptions, dns_flags) == 68);
    assert!(offset_of!(ServerOptions, ds_domain_name_requested) == 80);
    assert!(offset_of!(ServerOptions, scope_id) == 92);
};
