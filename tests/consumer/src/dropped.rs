//! Callouts against the raw ABI that go wrong when a packet is dropped which they have replaced: each breaks one rule.

use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering::SeqCst};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use dhcp_callout::PACKET_CAPACITY;
use dhcp_callout::ffi::{Bool, CalloutTable, ERROR_SUCCESS};

use crate::course::PROCESSED;
use crate::faultless::{keep_the_request, mark};
use crate::raw::{HOPS, callout};

callout!(
    /// Alters its packet when that is dropped, which it may, and points at a variable of the server instead.
    points_at_a_variable { dhcp_new_pkt_hook: keep_the_request, dhcp_pkt_drop_hook: mark_and_point_elsewhere }
);

unsafe extern "system" fn mark_and_point_elsewhere(
    packet: *mut *mut u8,
    size: *mut u32,
    code: u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: what the server has passed, and variables of the server.
    unsafe {
        mark(packet, size, code, address, reserved, context);
        if code != PROCESSED {
            packet.write_unaligned(packet.cast());
            size.write_unaligned(4);
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Moves its packet when that is dropped, and writes where it was when the next packet is dropped.
    writes_where_its_packet_was { dhcp_new_pkt_hook: keep_a_request, dhcp_pkt_drop_hook: move_or_write }
);

/// Where the requests are that [`keep_a_request`] has kept for ever.
static KEPT: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());

unsafe extern "system" fn keep_a_request(
    packet: *mut *mut u8,
    size: *mut u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: as the server calls this hook, it could call that; and variables of the server.
    unsafe {
        let given = packet.read_unaligned();
        let result = keep_the_request(packet, size, address, reserved, context, process_it);
        let kept = packet.read_unaligned();
        if kept != given {
            KEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(kept.addr());
        }
        result
    }
}

unsafe extern "system" fn move_or_write(
    packet: *mut *mut u8,
    size: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    static MOVED_FROM: AtomicPtr<u8> = AtomicPtr::new(null_mut());
    let moved_from = MOVED_FROM.swap(null_mut(), SeqCst);
    if code == PROCESSED {
        return ERROR_SUCCESS;
    }
    // SAFETY: variables of the server, and memory that is never freed.
    unsafe {
        let start = packet.read_unaligned();
        if !moved_from.is_null() {
            moved_from.add(HOPS).write(b'?');
        } else if KEPT
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&start.addr())
        {
            MOVED_FROM.store(start, SeqCst);
            let elsewhere = Box::leak(Box::new([0_u8; PACKET_CAPACITY])).as_mut_ptr();
            elsewhere.copy_from(start, (size.read_unaligned() as usize).min(PACKET_CAPACITY));
            packet.write_unaligned(elsewhere);
        }
    }
    ERROR_SUCCESS
}
