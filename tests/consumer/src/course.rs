//! Callouts against the raw ABI that go wrong in the course of a packet's life, or of the service's: each breaks one
//! rule.

use core::ffi::c_void;
use core::ptr::{null_mut, without_provenance_mut};
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering::SeqCst};
use std::sync::OnceLock;

use dhcp_callout::ServiceControl;
use dhcp_callout::control::{AddressProblem, DropReason};
use dhcp_callout::ffi::{Bool, CALLOUT_VERSION, CalloutTable, Control, DropSend, ERROR_SUCCESS};
use dhcp_callout::simulate::NEXT_DLL;

use crate::faultless::count_reply;
use crate::raw::{ADDRESSES, HOPS, callout, fill, ignore, keep_the_packet, mark_if_it_was_a_request, number_packets};

/// `DHCP_DROP_PROCESSED`.
pub(crate) const PROCESSED: u32 = 0xB;
/// Offset of the transaction id in a packet.
const XID: usize = 4;
/// Offset of the last byte of a hardware address of six.
pub(crate) const CLIENT: usize = 33;

callout!(
    /// Takes a packet that a client sends again for the one before it.
    finds_packets_by_transaction { dhcp_new_pkt_hook: set_transaction, dhcp_pkt_drop_hook: ignore }
);

unsafe extern "system" fn set_transaction(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: variables of the server, and the transaction id is within the packet.
    unsafe {
        if size.read_unaligned() as usize >= XID + 4 {
            let xid = packet.read_unaligned().add(XID).cast::<u32>().read_unaligned();
            context.write_unaligned(without_provenance_mut(xid as usize));
        }
        process_it.write_unaligned(Bool::TRUE);
    }
    ERROR_SUCCESS
}

callout!(
    /// Takes the packet away from the server when nothing more is to be done with it.
    leaves_no_packet_at_the_end { dhcp_pkt_drop_hook: packet_is_null_at_the_end }
);

unsafe extern "system" fn packet_is_null_at_the_end(
    packet: *mut *mut u8,
    _: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    if code == PROCESSED {
        // SAFETY: a variable of the server.
        unsafe { packet.write_unaligned(null_mut()) };
    }
    ERROR_SUCCESS
}

callout!(
    /// Reports more bytes than the buffer has when nothing more is to be done with the packet.
    reports_too_many_bytes_at_the_end { dhcp_pkt_drop_hook: size_is_5000_at_the_end }
);

unsafe extern "system" fn size_is_5000_at_the_end(
    _: *mut *mut u8,
    size: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    if code == PROCESSED {
        // SAFETY: a variable of the server.
        unsafe { size.write_unaligned(5000) };
    }
    ERROR_SUCCESS
}

callout!(
    /// Takes a packet away from the server that is dropped since it is too old.
    leaves_no_packet_that_is_too_old { dhcp_pkt_drop_hook: packet_is_null_if_too_old }
);

unsafe extern "system" fn packet_is_null_if_too_old(
    packet: *mut *mut u8,
    _: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    if code == DropReason::TIMEOUT.code() {
        // SAFETY: a variable of the server.
        unsafe { packet.write_unaligned(null_mut()) };
    }
    ERROR_SUCCESS
}

callout!(
    /// Marks a packet for which somebody else has the address.
    marks_conflicts { dhcp_address_del_hook: mark_if_it_is_a_conflict }
);

unsafe extern "system" fn mark_if_it_is_a_conflict(
    packet: *mut u8,
    size: u32,
    code: u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    if code == AddressProblem::CONFLICT.code() && size as usize > HOPS {
        // SAFETY: the packet has this byte.
        unsafe { packet.add(HOPS).write(b'!') };
    }
    ERROR_SUCCESS
}

static IS_STOPPED: AtomicBool = AtomicBool::new(false);

callout!(
    /// Takes a packet away from the server of which it hears after the service has stopped.
    leaves_no_packet_after_the_stop {
        dhcp_control_hook: note_the_stop,
        dhcp_new_pkt_hook: number_packets,
        dhcp_pkt_drop_hook: packet_is_null_after_the_stop
    }
);

unsafe extern "system" fn note_the_stop(code: u32, _: *mut c_void) -> u32 {
    IS_STOPPED.store(code == ServiceControl::STOP.code(), SeqCst);
    ERROR_SUCCESS
}

unsafe extern "system" fn packet_is_null_after_the_stop(
    packet: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    if IS_STOPPED.load(SeqCst) {
        // SAFETY: a variable of the server.
        unsafe { packet.write_unaligned(null_mut()) };
    }
    ERROR_SUCCESS
}

static LIST: AtomicPtr<u16> = AtomicPtr::new(null_mut());

/// Looks at the list of the DLLs after it when a reply goes, by the pointer that the entry point got.
pub unsafe extern "system" fn keeps_the_list_of_dlls(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    LIST.store(list, SeqCst);
    let filled = CalloutTable {
        dhcp_pkt_send_hook: Some(send_to_the_list),
        ..CalloutTable::EMPTY
    };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

unsafe extern "system" fn send_to_the_list(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let list = LIST.load(SeqCst).cast::<u8>();
    // SAFETY: variables of the server, of which the simulated one keeps the list until all is over.
    unsafe {
        if !list.is_null() && size.read_unaligned() as usize >= ADDRESSES + 4 {
            packet.read_unaligned().add(ADDRESSES).copy_from(list, 4);
        }
    }
    ERROR_SUCCESS
}

static TABLE: AtomicPtr<CalloutTable> = AtomicPtr::new(null_mut());

/// Takes its hooks back when the service stops, by the pointer that the entry point got.
pub unsafe extern "system" fn keeps_the_table(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    if version == CALLOUT_VERSION {
        TABLE.store(table, SeqCst);
    }
    let filled = CalloutTable {
        dhcp_control_hook: Some(empty_the_table),
        ..CalloutTable::EMPTY
    };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

unsafe extern "system" fn empty_the_table(code: u32, _: *mut c_void) -> u32 {
    let table = TABLE.load(SeqCst);
    if code == ServiceControl::STOP.code() && !table.is_null() {
        // SAFETY: the simulated server keeps the memory until all is over.
        unsafe { table.write_unaligned(CalloutTable::EMPTY) };
    }
    ERROR_SUCCESS
}

callout!(
    /// Numbers its replies, and marks those to what it takes for requests, by the byte of a packet that it no longer
    /// has.
    counts_and_decides_by_a_kept_byte { dhcp_new_pkt_hook: keep_the_packet, dhcp_pkt_send_hook: count_and_mark }
);

unsafe extern "system" fn count_and_mark(
    packet: *mut *mut u8,
    size: *mut u32,
    code: u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: what the server has passed.
    unsafe {
        count_reply(packet, size, code, address, reserved, context);
        mark_if_it_was_a_request(packet, size, code, address, reserved, context)
    }
}

/// Buffers for the packets of clients, by the last byte of their hardware addresses.
static BUFFERS: [AtomicPtr<u8>; 256] = [const { AtomicPtr::new(null_mut()) }; 256];

callout!(
    /// Takes back what it has for a client whose lease is deleted, though a packet of that client is still in flight.
    forgets_a_client_too_early { dhcp_new_pkt_hook: replace_for_the_client, dhcp_delete_client_hook: forget_the_client }
);

unsafe extern "system" fn replace_for_the_client(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    let buffer = Box::leak(Box::new([0_u8; 4096])).as_mut_ptr();
    // SAFETY: variables of the server; a packet has at most 4096 bytes.
    unsafe {
        process_it.write_unaligned(Bool::TRUE);
        let size = size.read_unaligned() as usize;
        if size > CLIENT && size <= 4096 {
            buffer.copy_from(packet.read_unaligned(), size);
            packet.write_unaligned(buffer);
            BUFFERS[usize::from(buffer.add(CLIENT).read())].store(buffer, SeqCst);
        }
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn forget_the_client(_: u32, address: *mut u8, length: u32, _: u32, _: u32) -> u32 {
    if length == 6 {
        // SAFETY: so many bytes can be read.
        let client = unsafe { address.add(5).read() };
        let buffer = BUFFERS[usize::from(client)].swap(null_mut(), SeqCst);
        if !buffer.is_null() {
            // SAFETY: it is leaked.
            unsafe { buffer.write_bytes(0, 4096) };
        }
    }
    ERROR_SUCCESS
}

/// Whether the callouts below know what they were told at the start.
static KNOWS: AtomicBool = AtomicBool::new(true);

callout!(
    /// Forgets all when the service is paused, and learns it again only when it starts.
    is_lost_after_a_pause { dhcp_control_hook: know_from_start_to_pause, dhcp_pkt_send_hook: mark_if_it_knows }
);

unsafe extern "system" fn know_from_start_to_pause(code: u32, _: *mut c_void) -> u32 {
    if code == ServiceControl::START.code() {
        KNOWS.store(true, SeqCst);
    } else if code == ServiceControl::PAUSE.code() {
        KNOWS.store(false, SeqCst);
    }
    ERROR_SUCCESS
}

/// Forgets all when the service stops, and learns it again only when it is loaded.
pub unsafe extern "system" fn is_lost_after_a_stop(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    KNOWS.store(true, SeqCst);
    let filled = CalloutTable {
        dhcp_control_hook: Some(know_until_stop),
        dhcp_pkt_send_hook: Some(mark_if_it_knows),
        ..CalloutTable::EMPTY
    };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

unsafe extern "system" fn know_until_stop(code: u32, _: *mut c_void) -> u32 {
    KNOWS.fetch_and(code != ServiceControl::STOP.code(), SeqCst);
    ERROR_SUCCESS
}

unsafe extern "system" fn mark_if_it_knows(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server, and `hops` is within the packet.
    unsafe {
        if KNOWS.load(SeqCst) && size.read_unaligned() as usize > HOPS {
            packet.read_unaligned().add(HOPS).write(b'!');
        }
    }
    ERROR_SUCCESS
}

/// Loads the DLL after it, and returns its table.
unsafe fn next_table(list: *mut u16, version: u32) -> CalloutTable {
    let mut next = CalloutTable::EMPTY;
    // SAFETY: the DLL of the check can be called as the SDK says.
    unsafe { (NEXT_DLL.1)(list, version, &raw mut next) };
    next
}

/// Has no hooks but its own two, though the DLL after it has others.
pub unsafe extern "system" fn passes_on_two_hooks(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: what the entry point was given.
    let next = unsafe { next_table(list, version) };
    let filled = CalloutTable {
        dhcp_control_hook: next.dhcp_control_hook,
        dhcp_pkt_drop_hook: next.dhcp_pkt_drop_hook,
        ..CalloutTable::EMPTY
    };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

static NEXT_CONTROL: OnceLock<Control> = OnceLock::new();

/// Tells the DLL after it of all but pauses of the service.
pub unsafe extern "system" fn passes_on_no_pause(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: what the entry point was given.
    let next = unsafe { next_table(list, version) };
    if let Some(control) = next.dhcp_control_hook {
        NEXT_CONTROL.get_or_init(|| control);
    }
    let filled = CalloutTable {
        dhcp_control_hook: Some(pass_on_but_for_pauses),
        ..next
    };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

unsafe extern "system" fn pass_on_but_for_pauses(code: u32, reserved: *mut c_void) -> u32 {
    match NEXT_CONTROL.get() {
        // SAFETY: what the server has passed.
        Some(control) if code != ServiceControl::PAUSE.code() => unsafe { control(code, reserved) },
        _ => ERROR_SUCCESS,
    }
}

static NEXT_SEND: OnceLock<DropSend> = OnceLock::new();

/// Fills the table with the hooks of the DLL after it, but for this one.
unsafe fn fill_with_send(list: *mut u16, version: u32, table: *mut CalloutTable, send: DropSend) -> u32 {
    // SAFETY: what the entry point was given.
    let next = unsafe { next_table(list, version) };
    if let Some(send) = next.dhcp_pkt_send_hook {
        NEXT_SEND.get_or_init(|| send);
    }
    let filled = CalloutTable {
        dhcp_pkt_send_hook: Some(send),
        ..next
    };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

/// Tells the DLL after it of one reply only.
pub unsafe extern "system" fn passes_on_the_first_reply(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: what the entry point was given.
    unsafe { fill_with_send(list, version, table, pass_on_the_first) }
}

unsafe extern "system" fn pass_on_the_first(
    packet: *mut *mut u8,
    size: *mut u32,
    code: u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut c_void,
) -> u32 {
    static HAS_PASSED: AtomicBool = AtomicBool::new(false);
    match NEXT_SEND.get() {
        // SAFETY: what the server has passed.
        Some(send) if !HAS_PASSED.swap(true, SeqCst) => unsafe { send(packet, size, code, address, reserved, context) },
        _ => ERROR_SUCCESS,
    }
}

/// Tells the DLL after it of each reply, but not whose it is.
pub unsafe extern "system" fn passes_on_no_context(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: what the entry point was given.
    unsafe { fill_with_send(list, version, table, pass_on_without_context) }
}

unsafe extern "system" fn pass_on_without_context(
    packet: *mut *mut u8,
    size: *mut u32,
    code: u32,
    address: u32,
    reserved: *mut c_void,
    _: *mut c_void,
) -> u32 {
    NEXT_SEND.get().map_or(ERROR_SUCCESS, |send| {
        // SAFETY: what the server has passed, and NULL.
        unsafe { send(packet, size, code, address, reserved, null_mut()) }
    })
}
