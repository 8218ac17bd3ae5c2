//! From a callout to the symbols of a DLL: the hooks, the entry point, and the macro that makes them.

use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;

use super::{
    Callout, Host, OnAddressDeleted, OnAddressOffered, OnClientDeleted, OnControl, OnOptionsParsed, OnSendPacket,
};
use crate::ffi::{
    Bool, CALLOUT_VERSION, CalloutTable, ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED, ERROR_SUCCESS, ServerOptions,
};
use crate::hook::{
    AddressDeleted, AddressOffered, ClientDeleted, ControlEvent, Family, NewPacket, ParsedOptions, SendPacket,
    write_table,
};
use crate::lifecycle::Notice;
use crate::table::Context;

/// Exports a callout: defines `DhcpServerCalloutEntry` and the hooks that the callout wants.
///
/// ```text
/// export!(Type { field: value, .. }, packets = N);
/// export!(Type(value, ..), packets = N, buffers = M);
/// export!(Type = expression, packets = N);
/// export!(.., chain = load);
/// ```
///
/// The expression is evaluated at compile time, and the callout lives in a `static`. `packets` is how many packets can be
/// tracked at once; `buffers` is how many can be replaced at once, 64 if it is left out, of 9 KB each. With `chain` the
/// DLL also loads those that the server leaves to it, seven at most: see [`chain`](crate::chain).
///
/// The entry point accepts `CalloutVersion` 0, the only one that is documented (`DHCP_SERVER_OPTIONS` depends on it). It
/// returns
/// - `ERROR_SUCCESS` (0) when the table is filled, and again each time that it is called;
/// - `ERROR_NOT_SUPPORTED` (50) for any other version, and leaves the table alone;
/// - `ERROR_INVALID_PARAMETER` (87) for a table that is NULL.
///
/// A library exports one callout; in a program with several, such as a test, [`entry_point!`](crate::entry_point) gives
/// each an entry point by another name. The crate that uses the macro cannot forbid `unsafe_code`, since a symbol of a
/// fixed name is unsafe to define, but its own code needs none.
#[macro_export]
macro_rules! export {
    ($($callout:tt)+) => {
        $crate::entry_point! {
            /// The entry point by which the DHCP server finds the callout.
            #[unsafe(no_mangle)]
            #[allow(non_snake_case, reason = "the SDK fixes the name")]
            pub fn DhcpServerCalloutEntry = $($callout)+
        }
    };
}

/// Defines an entry point by any name, without exporting it: [`export!`](crate::export) for programs with several
/// callouts.
///
/// ```
/// use dhcp_callout::{Callout, Decision, NewPacket, entry_point};
///
/// struct Quiet;
///
/// impl Callout for Quiet {
///     type State = ();
///
///     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
///         Decision::Track(())
///     }
/// }
///
/// entry_point!(fn quiet_entry = Quiet, packets = 16);
/// ```
#[macro_export]
macro_rules! entry_point {
    (
        $(#[$attribute:meta])* $visibility:vis fn $name:ident = $Type:ident = $callout:expr,
        packets = $packets:expr $(, chain = $find:expr)? $(,)?
    ) => {
        $crate::entry_point!(
            $(#[$attribute])* $visibility fn $name = $Type = $callout,
            packets = $packets, buffers = 64 $(, chain = $find)?
        );
    };
    (
        $(#[$attribute:meta])* $visibility:vis fn $name:ident = $Type:ident = $callout:expr,
        packets = $packets:expr, buffers = $buffers:expr, chain = $find:expr $(,)?
    ) => {
        $(#[$attribute])*
        #[allow(unsafe_code, reason = "an entry point has the signature that the server calls")]
        $visibility unsafe extern "system" fn $name(
            chain_dlls: *mut u16,
            callout_version: u32,
            callout_tbl: *mut $crate::ffi::CalloutTable,
        ) -> u32 {
            $crate::entry_point!(fn __own = $Type = $callout, packets = $packets, buffers = $buffers);

            struct __Export;

            impl $crate::chain::Chained<8, { $packets }> for __Export {
                fn chain() -> &'static $crate::chain::Chain<8, { $packets }> {
                    static CHAIN: $crate::chain::Chain<8, { $packets }> = $crate::chain::Chain::new();
                    &CHAIN
                }
            }

            let find = $crate::chain::loader($find);
            // SAFETY: whoever calls this function promises what its prototype asks, and whoever exports it, that the
            // entry points it finds can be called.
            unsafe {
                $crate::chain::enter::<__Export, 8, { $packets }>(
                    chain_dlls,
                    callout_version,
                    callout_tbl,
                    __own,
                    find,
                )
            }
        }
    };
    (
        $(#[$attribute:meta])* $visibility:vis fn $name:ident = $Type:ident = $callout:expr,
        packets = $packets:expr, buffers = $buffers:expr $(,)?
    ) => {
        $(#[$attribute])*
        #[allow(unsafe_code, reason = "an entry point has the signature that the server calls")]
        $visibility unsafe extern "system" fn $name(
            chain_dlls: *mut u16,
            callout_version: u32,
            callout_tbl: *mut $crate::ffi::CalloutTable,
        ) -> u32 {
            use $crate::callout::NotImplemented as _;

            struct __Export;

            impl $crate::callout::Exported<{ $packets }, { $buffers }> for __Export {
                type Callout = $Type;

                fn host() -> &'static $crate::callout::Host<$Type, { $packets }, { $buffers }> {
                    static HOST: $crate::callout::Host<$Type, { $packets }, { $buffers }> =
                        $crate::callout::Host::new($callout, $crate::callout::Events {
                            control: $crate::callout::Wants::<$Type>::CONTROL,
                            send_packet: $crate::callout::Wants::<$Type>::SEND_PACKET,
                            address_offered: $crate::callout::Wants::<$Type>::ADDRESS_OFFERED,
                            address_deleted: $crate::callout::Wants::<$Type>::ADDRESS_DELETED,
                            options_parsed: $crate::callout::Wants::<$Type>::OPTIONS_PARSED,
                            client_deleted: $crate::callout::Wants::<$Type>::CLIENT_DELETED,
                        });
                    &HOST
                }
            }

            // SAFETY: whoever calls this function promises what its prototype asks.
            unsafe {
                $crate::callout::enter::<__Export, { $packets }, { $buffers }>(chain_dlls, callout_version, callout_tbl)
            }
        }
    };
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident = $Type:ident, $($rest:tt)+) => {
        $crate::entry_point!($(#[$attribute])* $visibility fn $name = $Type = $Type, $($rest)+);
    };
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident = $Type:ident $fields:tt, $($rest:tt)+) => {
        $crate::entry_point!($(#[$attribute])* $visibility fn $name = $Type = $Type $fields, $($rest)+);
    };
}

/// The calls of the events that a callout wants.
#[doc(hidden)]
pub struct Events<C: Callout> {
    pub control: Option<ControlCall<C>>,
    pub send_packet: Option<SendPacketCall<C>>,
    pub address_offered: Option<AddressOfferedCall<C>>,
    pub address_deleted: Option<AddressDeletedCall<C>>,
    pub options_parsed: Option<OptionsParsedCall<C>>,
    pub client_deleted: Option<ClientDeletedCall<C>>,
}

type ControlCall<C> = fn(&C, ControlEvent);
type SendPacketCall<C> = fn(&C, &mut SendPacket<'_>, Option<&<C as Callout>::State>);
type AddressOfferedCall<C> = fn(&C, &AddressOffered<'_>, Option<&<C as Callout>::State>);
type AddressDeletedCall<C> = fn(&C, &AddressDeleted<'_>, Option<&<C as Callout>::State>);
type OptionsParsedCall<C> = fn(&C, &ParsedOptions<'_>, Option<&<C as Callout>::State>);
type ClientDeletedCall<C> = fn(&C, &ClientDeleted<'_>);

impl<C: Callout> fmt::Debug for Events<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// Tells which traits a type implements that is known by name: a constant of this type is found where its bound holds,
/// and the one of [`NotImplemented`] otherwise.
#[doc(hidden)]
#[derive(Debug)]
pub struct Wants<C>(PhantomData<C>);

macro_rules! wants {
    ($($EVENT:ident: $Call:ident = $Trait:ident::$method:ident;)+) => {
        #[doc(hidden)]
        pub trait NotImplemented {
            type Callout: Callout;
            $(const $EVENT: Option<$Call<Self::Callout>> = None;)+
        }

        impl<C: Callout> NotImplemented for Wants<C> {
            type Callout = C;
        }

        $(
            impl<C: $Trait> Wants<C> {
                pub const $EVENT: Option<$Call<C>> = Some(C::$method);
            }
        )+
    };
}

wants! {
    CONTROL: ControlCall = OnControl::control;
    SEND_PACKET: SendPacketCall = OnSendPacket::send_packet;
    ADDRESS_OFFERED: AddressOfferedCall = OnAddressOffered::address_offered;
    ADDRESS_DELETED: AddressDeletedCall = OnAddressDeleted::address_deleted;
    OPTIONS_PARSED: OptionsParsedCall = OnOptionsParsed::options_parsed;
    CLIENT_DELETED: ClientDeletedCall = OnClientDeleted::client_deleted;
}

/// A callout that lives in a `static`, so that functions without data can call it.
#[doc(hidden)]
pub trait Exported<const PACKETS: usize, const BUFFERS: usize> {
    /// The callout's type.
    type Callout: Callout;

    /// Returns the `static`.
    fn host() -> &'static Host<Self::Callout, PACKETS, BUFFERS>;
}

/// The body of an entry point.
///
/// # Safety
/// - `callout_tbl` is NULL or can be written as a [`CalloutTable`], aligned or not.
#[doc(hidden)]
#[must_use]
pub unsafe fn enter<E: Exported<P, B>, const P: usize, const B: usize>(
    _chain_dlls: *mut u16,
    callout_version: u32,
    callout_tbl: *mut CalloutTable,
) -> u32 {
    if callout_version != CALLOUT_VERSION {
        return ERROR_NOT_SUPPORTED;
    }
    if callout_tbl.is_null() {
        return ERROR_INVALID_PARAMETER;
    }
    let table = if E::host().load() {
        table::<E, P, B>()
    } else {
        CalloutTable::EMPTY
    };
    // SAFETY: not NULL, so the caller promises that it can be written.
    unsafe { write_table(callout_tbl, table) };
    ERROR_SUCCESS
}

fn table<E: Exported<P, B>, const P: usize, const B: usize>() -> CalloutTable {
    let events = E::host().events();
    CalloutTable {
        dhcp_new_pkt_hook: Some(new_pkt::<E, P, B>),
        dhcp_pkt_drop_hook: Some(pkt_drop::<E, P, B>),
        dhcp_control_hook: events.control.and(Some(control::<E, P, B>)),
        dhcp_pkt_send_hook: events.send_packet.and(Some(pkt_send::<E, P, B>)),
        dhcp_address_del_hook: events.address_deleted.and(Some(address_del::<E, P, B>)),
        dhcp_address_offer_hook: events.address_offered.and(Some(address_offer::<E, P, B>)),
        dhcp_handle_options_hook: events.options_parsed.and(Some(handle_options::<E, P, B>)),
        dhcp_delete_client_hook: events.client_deleted.and(Some(delete_client::<E, P, B>)),
        ..CalloutTable::EMPTY
    }
}

/// `DhcpControlHook`.
unsafe extern "system" fn control<E: Exported<P, B>, const P: usize, const B: usize>(
    control_code: u32,
    reserved: *mut c_void,
) -> u32 {
    // SAFETY: no promise is asked.
    if let Ok(event) = unsafe { ControlEvent::from_raw(control_code, reserved) } {
        E::host().control(event);
    }
    ERROR_SUCCESS
}

/// `DhcpNewPktHook`.
unsafe extern "system" fn new_pkt<E: Exported<P, B>, const P: usize, const B: usize>(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: the server passes what the prototype asks, and the value does not outlive the call.
    let packet = unsafe { NewPacket::from_raw(packet, packet_size, ip_address, reserved, pkt_context, process_it) };
    if let Ok(packet) = packet {
        E::host().new_packet(packet);
    }
    ERROR_SUCCESS
}

/// `DhcpPktDropHook`.
///
/// The life of the packet goes on whatever became of its bytes, so that they are not looked at.
unsafe extern "system" fn pkt_drop<E: Exported<P, B>, const P: usize, const B: usize>(
    _packet: *mut *mut u8,
    _packet_size: *mut u32,
    control_code: u32,
    _ip_address: u32,
    _reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    if Family::CONTROL_OR_DROP.check(control_code).is_ok() {
        E::host().notice(Notice::from_code(control_code), Context::from_raw(pkt_context));
    }
    ERROR_SUCCESS
}

/// `DhcpPktSendHook`.
unsafe extern "system" fn pkt_send<E: Exported<P, B>, const P: usize, const B: usize>(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    control_code: u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    // SAFETY: the server passes what the prototype asks, and the value does not outlive the call.
    let packet = unsafe { SendPacket::from_raw(packet, packet_size, control_code, ip_address, reserved, pkt_context) };
    if let Ok(packet) = packet {
        E::host().send_packet(packet);
    }
    ERROR_SUCCESS
}

/// `DhcpAddressDelHook`.
unsafe extern "system" fn address_del<E: Exported<P, B>, const P: usize, const B: usize>(
    packet: *mut u8,
    packet_size: u32,
    control_code: u32,
    ip_address: u32,
    alt_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    // SAFETY: the server passes what the prototype asks, and the value does not outlive the call.
    let event = unsafe {
        AddressDeleted::from_raw(
            packet,
            packet_size,
            control_code,
            ip_address,
            alt_address,
            reserved,
            pkt_context,
        )
    };
    if let Ok(event) = event {
        E::host().address_deleted(&event);
    }
    ERROR_SUCCESS
}

/// `DhcpAddressOfferHook`.
unsafe extern "system" fn address_offer<E: Exported<P, B>, const P: usize, const B: usize>(
    packet: *mut u8,
    packet_size: u32,
    control_code: u32,
    ip_address: u32,
    alt_address: u32,
    addr_type: u32,
    lease_time: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    // SAFETY: the server passes what the prototype asks, and the value does not outlive the call.
    let event = unsafe {
        AddressOffered::from_raw(
            packet,
            packet_size,
            control_code,
            ip_address,
            alt_address,
            addr_type,
            lease_time,
            reserved,
            pkt_context,
        )
    };
    if let Ok(event) = event {
        E::host().address_offered(&event);
    }
    ERROR_SUCCESS
}

/// `DhcpHandleOptionsHook`.
unsafe extern "system" fn handle_options<E: Exported<P, B>, const P: usize, const B: usize>(
    packet: *mut u8,
    packet_size: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
    server_options: *mut ServerOptions,
) -> u32 {
    // SAFETY: the server passes what the prototype asks, and the value does not outlive the call.
    let options = unsafe { ParsedOptions::from_raw(packet, packet_size, reserved, pkt_context, server_options) };
    if let Ok(options) = options {
        E::host().options_parsed(&options);
    }
    ERROR_SUCCESS
}

/// `DhcpDeleteClientHook`.
unsafe extern "system" fn delete_client<E: Exported<P, B>, const P: usize, const B: usize>(
    ip_address: u32,
    hw_address: *mut u8,
    hw_address_length: u32,
    reserved: u32,
    client_type: u32,
) -> u32 {
    // SAFETY: the server passes what the prototype asks, and the value does not outlive the call.
    let event = unsafe { ClientDeleted::from_raw(ip_address, hw_address, hw_address_length, reserved, client_type) };
    if let Ok(event) = event {
        E::host().client_deleted(&event);
    }
    ERROR_SUCCESS
}
