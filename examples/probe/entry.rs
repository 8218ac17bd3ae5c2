//! The entry point, and two hooks around those of the host: they see what the host does not show a callout.
#![expect(unsafe_code, reason = "hooks have the signatures that the server calls")]

use core::ffi::c_void;
use std::sync::OnceLock;

use dhcp_callout::ffi::{Bool, CalloutTable, DropSend, DropSendArguments, ERROR_SUCCESS, NewPkt, NewPktArguments};

use super::seen::{Word::*, seen};
use super::{DROPPING, PROBE};

dhcp_callout::entry_point!(fn host_entry = PROBE);

/// Those of the host.
static HOST: OnceLock<(NewPkt, DropSend)> = OnceLock::new();

/// # Safety
/// As its prototype says.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn DhcpServerCalloutEntry(
    dlls: *mut u16,
    version: u32,
    table: *mut CalloutTable,
) -> u32 {
    // SAFETY: the caller promises what the prototype asks.
    let status = unsafe { host_entry(dlls, version, table) };
    if status != ERROR_SUCCESS {
        return status;
    }
    // SAFETY: the host has written it.
    let mut hooks = unsafe { table.read_unaligned() };
    if let (Some(own_new_pkt), Some(own_pkt_drop)) = (hooks.dhcp_new_pkt_hook, hooks.dhcp_pkt_drop_hook) {
        HOST.get_or_init(|| (own_new_pkt, own_pkt_drop));
    }
    hooks.dhcp_new_pkt_hook = Some(new_pkt);
    hooks.dhcp_pkt_drop_hook = Some(pkt_drop);
    // SAFETY: as above.
    unsafe { table.write_unaligned(hooks) };
    status
}

/// The context of packets that were refused, so that they can be told from others.
fn refused() -> *mut c_void {
    core::ptr::from_ref(&HOST).cast_mut().cast()
}

/// Reads one of the server's variables, if there is one.
unsafe fn read<T>(pointer: *mut T) -> Option<T> {
    // SAFETY: not NULL, so the caller promises that it can be read.
    (!pointer.is_null()).then(|| unsafe { pointer.read_unaligned() })
}

unsafe extern "system" fn new_pkt(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    let Some((host, _)) = HOST.get() else {
        return ERROR_SUCCESS;
    };
    // SAFETY: the server passes variables of its own, or NULL.
    if let Some(context) = unsafe { read(pkt_context) } {
        seen(Context, if context.is_null() { Null } else { NotNull }, Nothing, None);
    }
    // SAFETY: as above.
    if let Some(Bool(value)) = unsafe { read(process_it) } {
        seen(
            ProcessIt,
            Nothing,
            Nothing,
            u64::from(u32::from_ne_bytes(value.to_ne_bytes())),
        );
    }
    let call = NewPktArguments {
        packet,
        packet_size,
        ip_address,
        reserved,
        pkt_context,
        process_it,
    };
    // SAFETY: the server passes what the prototype asks.
    let status = unsafe { call.pass_to(*host) };
    // SAFETY: as above.
    if unsafe { read(process_it) } == Some(Bool::FALSE) && !pkt_context.is_null() {
        // SAFETY: as above.
        unsafe { pkt_context.write_unaligned(refused()) };
    }
    status
}

unsafe extern "system" fn pkt_drop(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    control_code: u32,
    ip_address: u32,
    reserved: *mut c_void,
    mut pkt_context: *mut c_void,
) -> u32 {
    let Some((_, host)) = HOST.get() else {
        return ERROR_SUCCESS;
    };
    let code = u64::from(control_code);
    if pkt_context == refused() {
        seen(Refuse, Reported, Nothing, code);
        pkt_context = core::ptr::null_mut();
    } else {
        seen(
            PktDrop,
            if pkt_context.is_null() { Null } else { NotNull },
            Nothing,
            code,
        );
    }
    // SAFETY: the server passes variables of its own, or NULL.
    DROPPING.set(unsafe { read(packet) }.map(<*mut u8>::addr).or(Some(0)));
    let call = DropSendArguments {
        packet,
        packet_size,
        control_code,
        ip_address,
        reserved,
        pkt_context,
    };
    // SAFETY: the server passes what the prototype asks.
    let status = unsafe { call.pass_to(*host) };
    DROPPING.set(None);
    status
}
