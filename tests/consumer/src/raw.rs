//! Callouts against the raw ABI, as a C programmer writes them: each breaks one rule, and only that.
//!
//! None does what is undefined here: what is written outside of a packet goes into the guard zones of the simulated
//! server, and what is read late is memory that the simulated server still has.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::{copy, copy_nonoverlapping, null_mut, without_provenance_mut};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::SeqCst};
use std::sync::OnceLock;

use dhcp_callout::ServiceControl;
use dhcp_callout::ffi::{
    Bool, CALLOUT_VERSION, CalloutTable, Control, ERROR_NOT_SUPPORTED, ERROR_SUCCESS, ServerOptions,
};
use dhcp_callout::simulate::NEXT_DLL;

use crate::faultless::{keep_the_request, mark};

/// Offset of `hops` in a packet, which no rule is about.
pub(crate) const HOPS: usize = 3;
/// Offset of `siaddr`, which no rule is about either.
pub(crate) const ADDRESSES: usize = 20;

/// Defines an entry point that does all that it should, for hooks that may not.
macro_rules! callout {
    ($(#[$attribute:meta])* $name:ident { $($field:ident: $hook:ident),+ }) => {
        $(#[$attribute])*
        pub unsafe extern "system" fn $name(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
            let filled = CalloutTable { $($field: Some($hook),)+ ..CalloutTable::EMPTY };
            // SAFETY: the server's table can be written.
            unsafe { $crate::raw::fill(version, table, filled) }
        }
    };
}

pub(crate) use callout;

/// Fills the table for the version that is documented, and no other.
pub(crate) unsafe fn fill(version: u32, table: *mut CalloutTable, filled: CalloutTable) -> u32 {
    if version != CALLOUT_VERSION {
        return ERROR_NOT_SUPPORTED;
    }
    // SAFETY: the caller's table can be written.
    unsafe { table.write_unaligned(filled) };
    ERROR_SUCCESS
}

/// A table that wants to hear of the end of packets, and no more.
const DROPS: CalloutTable = CalloutTable {
    dhcp_pkt_drop_hook: Some(ignore),
    ..CalloutTable::EMPTY
};

pub(crate) unsafe extern "system" fn ignore(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    ERROR_SUCCESS
}

/// Refuses every version.
pub unsafe extern "system" fn refuses_version_0(_: *mut u16, _: u32, _: *mut CalloutTable) -> u32 {
    ERROR_NOT_SUPPORTED
}

/// Takes a list without a further DLL for a fault.
pub unsafe extern "system" fn refuses_an_empty_list(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: the list has at least the NUL that ends it.
    if unsafe { list.read_unaligned() } == 0 {
        return 87;
    }
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, DROPS) }
}

/// Accepts every version.
pub unsafe extern "system" fn accepts_unknown_versions(_: *mut u16, _: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: the server's table can be written.
    unsafe { fill(CALLOUT_VERSION, table, DROPS) }
}

/// Accepts the version after the one that is documented, and takes it for the same.
pub unsafe extern "system" fn accepts_version_2(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    let version = if version == 2 { CALLOUT_VERSION } else { version };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, DROPS) }
}

/// Fills the table before it looks at the version.
pub unsafe extern "system" fn writes_its_table_on_failure(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: the server's table can be written.
    unsafe { table.write_unaligned(DROPS) };
    if version == CALLOUT_VERSION {
        ERROR_SUCCESS
    } else {
        ERROR_NOT_SUPPORTED
    }
}

/// Takes its hooks out of the table before it looks at the version.
pub unsafe extern "system" fn clears_its_hooks_on_failure(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: the server's table can be written.
    unsafe {
        let before = table.read_unaligned();
        table.write_unaligned(CalloutTable {
            dhcp_extension_hook: before.dhcp_extension_hook,
            dhcp_reserved_hook: before.dhcp_reserved_hook,
            ..CalloutTable::EMPTY
        });
        fill(version, table, DROPS)
    }
}

/// Forgets a hook every other time.
pub unsafe extern "system" fn differs_from_call_to_call(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let mut filled = DROPS;
    if version == CALLOUT_VERSION && CALLS.fetch_add(1, SeqCst) % 2 == 1 {
        filled.dhcp_pkt_send_hook = Some(ignore);
    }
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

/// Is loaded once, and takes all else for a mistake.
pub unsafe extern "system" fn refuses_to_be_loaded_again(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    static IS_LOADED: AtomicBool = AtomicBool::new(false);
    if version == CALLOUT_VERSION && IS_LOADED.swap(true, SeqCst) {
        return 183;
    }
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, DROPS) }
}

/// Has no hooks any more when the service has stopped and starts again.
pub unsafe extern "system" fn is_empty_after_stop(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    static IS_STOPPED: AtomicBool = AtomicBool::new(false);

    unsafe extern "system" fn control(code: u32, _: *mut c_void) -> u32 {
        IS_STOPPED.fetch_or(code == ServiceControl::STOP.code(), SeqCst);
        ERROR_SUCCESS
    }

    let filled = if IS_STOPPED.load(SeqCst) {
        CalloutTable::EMPTY
    } else {
        CalloutTable {
            dhcp_control_hook: Some(control),
            ..DROPS
        }
    };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

/// Puts something where NULL has to be.
pub unsafe extern "system" fn sets_reserved_hooks(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    let filled = CalloutTable {
        dhcp_extension_hook: without_provenance_mut(1),
        ..DROPS
    };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

/// Succeeds, wants nothing, and keeps the server from going on to the next DLL.
pub unsafe extern "system" fn switches_off_the_others(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, CalloutTable::EMPTY) }
}

/// Ends the list of the DLLs after it at its start.
pub unsafe extern "system" fn writes_into_the_list(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    if !list.is_null() {
        // SAFETY: the list has at least the NUL that ends it.
        unsafe { list.write_unaligned(0) };
    }
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, DROPS) }
}

/// Writes after the list if that has no further DLL.
pub unsafe extern "system" fn writes_after_an_empty_list(
    list: *mut u16,
    version: u32,
    table: *mut CalloutTable,
) -> u32 {
    // SAFETY: the list has two NULs at least; the simulated server has a guard zone after it.
    unsafe {
        if list.read_unaligned() == 0 {
            list.add(2).write_unaligned(0);
        }
        // The server's table can be written.
        fill(version, table, DROPS)
    }
}

callout!(
    /// Takes each request away, and marks what it hears of later.
    takes_the_request { dhcp_new_pkt_hook: take_the_request, dhcp_pkt_drop_hook: mark }
);

unsafe extern "system" fn take_the_request(
    packet: *mut *mut u8,
    size: *mut u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: a variable of the server, and as it calls this hook, it could call that.
    unsafe {
        packet.write_unaligned(null_mut());
        number_packets(packet, size, address, reserved, context, process_it)
    }
}

callout!(
    /// Says of each request that it is too long, and of what it hears of later that it is short.
    lengthens_the_request { dhcp_new_pkt_hook: request_is_too_long, dhcp_pkt_drop_hook: shorten }
);

unsafe extern "system" fn request_is_too_long(
    packet: *mut *mut u8,
    size: *mut u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: a variable of the server, and as it calls this hook, it could call that.
    unsafe {
        size.write_unaligned(5000);
        number_packets(packet, size, address, reserved, context, process_it)
    }
}

unsafe extern "system" fn shorten(
    _: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: a variable of the server.
    unsafe { size.write_unaligned(size.read_unaligned().min(240)) };
    ERROR_SUCCESS
}

callout!(
    /// Keeps each request for ever, and writes into it when it is shown the last one again.
    writes_into_its_request {
        dhcp_new_pkt_hook: keep_the_last_request,
        dhcp_handle_options_hook: write_into_the_last_request,
        dhcp_pkt_drop_hook: ignore
    }
);

static LAST_REQUEST: AtomicPtr<u8> = AtomicPtr::new(null_mut());

unsafe extern "system" fn keep_the_last_request(
    packet: *mut *mut u8,
    size: *mut u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: as the server calls this hook, it could call that; and a variable of the server.
    unsafe {
        let result = keep_the_request(packet, size, address, reserved, context, process_it);
        LAST_REQUEST.store(packet.read_unaligned(), SeqCst);
        result
    }
}

unsafe extern "system" fn write_into_the_last_request(
    packet: *mut u8,
    size: u32,
    _: *mut c_void,
    _: *mut c_void,
    _: *mut ServerOptions,
) -> u32 {
    if packet == LAST_REQUEST.load(SeqCst) && size as usize > HOPS {
        // SAFETY: it was kept for ever, and `hops` is within it.
        unsafe { packet.add(HOPS).write(b'?') };
    }
    ERROR_SUCCESS
}

callout!(
    /// Makes contexts that it is never told to free.
    contexts_without_an_end { dhcp_new_pkt_hook: number_packets }
);

callout!(
    /// Cannot tell its packets apart.
    one_context_for_all { dhcp_new_pkt_hook: give_one_context, dhcp_pkt_drop_hook: ignore }
);

pub(crate) unsafe extern "system" fn number_packets(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    static PACKETS: AtomicUsize = AtomicUsize::new(1);
    // SAFETY: both are variables of the server.
    unsafe {
        context.write_unaligned(without_provenance_mut(PACKETS.fetch_add(1, SeqCst)));
        process_it.write_unaligned(Bool::TRUE);
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn give_one_context(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: both are variables of the server.
    unsafe {
        context.write_unaligned(without_provenance_mut(7));
        process_it.write_unaligned(Bool::TRUE);
    }
    ERROR_SUCCESS
}

callout!(
    /// Says `TRUE` as some C compilers do for a bit field.
    neither_true_nor_false { dhcp_new_pkt_hook: process_it_is_minus_one }
);

pub(crate) unsafe extern "system" fn process_it_is_minus_one(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: a variable of the server.
    unsafe { process_it.write_unaligned(Bool(-1)) };
    ERROR_SUCCESS
}

callout!(
    /// Takes the reply away from the server.
    leaves_no_packet { dhcp_pkt_send_hook: packet_is_null }
);

unsafe extern "system" fn packet_is_null(
    packet: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: a variable of the server.
    unsafe { packet.write_unaligned(null_mut()) };
    ERROR_SUCCESS
}

callout!(
    /// Reports more bytes than the buffer has.
    reports_too_many_bytes { dhcp_pkt_send_hook: size_is_5000 }
);

unsafe extern "system" fn size_is_5000(
    _: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: a variable of the server.
    unsafe { size.write_unaligned(5000) };
    ERROR_SUCCESS
}

callout!(
    /// Writes one byte too many.
    writes_after_the_buffer { dhcp_pkt_send_hook: write_after }
);

unsafe extern "system" fn write_after(
    packet: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: a variable of the server; the simulated one has a guard zone after the buffer.
    unsafe { packet.read_unaligned().add(4096).write(0) };
    ERROR_SUCCESS
}

callout!(
    /// Adds 30 bytes to each DISCOVER after its END, without looking whether there is room for them.
    appends_without_room { dhcp_new_pkt_hook: append_to_discovers }
);

unsafe extern "system" fn append_to_discovers(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: variables of the server.
    unsafe {
        process_it.write_unaligned(Bool::TRUE);
        append_to(&[53, 1, 1], packet, size)
    }
}

callout!(
    /// Adds 30 bytes to each OFFER after its END, without looking whether there is room for them.
    fills_up_without_room { dhcp_pkt_send_hook: append_to_offers }
);

unsafe extern "system" fn append_to_offers(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server.
    unsafe { append_to(&[53, 1, 2], packet, size) }
}

/// Writes 30 bytes after packets whose first option is this one.
unsafe fn append_to(first_option: &[u8; 3], packet: *mut *mut u8, size: *mut u32) -> u32 {
    const ADDED: [u8; 30] = [0; 30];
    // SAFETY: variables of the server; the simulated one has a guard zone after the buffer.
    unsafe {
        let (packet, length) = (packet.read_unaligned(), size.read_unaligned());
        if length > 243 && packet.add(240).cast::<[u8; 3]>().read() == *first_option {
            copy_nonoverlapping(ADDED.as_ptr(), packet.add(length as usize), ADDED.len());
            size.write_unaligned((length + 30).min(4096));
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Adds 4 bytes to each ACK after its END, if there is room for three.
    asks_for_a_byte_too_few { dhcp_pkt_send_hook: append_to_acks }
);

unsafe extern "system" fn append_to_acks(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server; the simulated one has a guard zone after the buffer.
    unsafe {
        let (packet, length) = (packet.read_unaligned(), size.read_unaligned());
        let is_ack = length > 243 && packet.add(240).cast::<[u8; 3]>().read() == [53, 1, 5];
        if is_ack && length + 3 <= 4096 {
            packet.add(length as usize).write_bytes(0, 4);
            size.write_unaligned((length + 4).min(4096));
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Writes one byte too early.
    writes_before_the_buffer { dhcp_new_pkt_hook: write_before }
);

unsafe extern "system" fn write_before(
    packet: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: variables of the server; the simulated one has a guard zone before the buffer.
    unsafe {
        packet.read_unaligned().sub(1).write(0);
        process_it.write_unaligned(Bool::TRUE);
    }
    ERROR_SUCCESS
}

callout!(
    /// Writes an option, and forgets to make the packet longer.
    forgets_the_size { dhcp_pkt_send_hook: write_after_the_packet }
);

unsafe extern "system" fn write_after_the_packet(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server.
    let (packet, size) = unsafe { (packet.read_unaligned(), size.read_unaligned()) };
    if size < 4096 {
        // SAFETY: the buffer has 4096 bytes.
        unsafe { packet.add(size as usize).write(0xAB) };
    }
    ERROR_SUCCESS
}

callout!(
    /// Marks the packet of which it is only told.
    writes_what_it_may_read { dhcp_address_offer_hook: mark_the_packet }
);

unsafe extern "system" fn mark_the_packet(
    packet: *mut u8,
    size: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    if size as usize > HOPS {
        // SAFETY: within the packet; the simulated server looks on.
        unsafe { packet.add(HOPS).write(b'!') };
    }
    ERROR_SUCCESS
}

/// A buffer that several threads could use at once; the check does not go on to that after a rule is broken.
struct Buffer(UnsafeCell<[u8; 4096]>);

// SAFETY: one thread after the other uses it.
unsafe impl Sync for Buffer {}

callout!(
    /// Has one buffer for all replies, however many are on their way.
    one_buffer_for_all { dhcp_pkt_send_hook: reply_from_one_buffer }
);

unsafe extern "system" fn reply_from_one_buffer(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    static BUFFER: Buffer = Buffer(UnsafeCell::new([0; 4096]));
    // SAFETY: what the server has passed, and no other hook runs.
    unsafe { reply_from(BUFFER.0.get().cast(), packet, size) }
}

/// Copies the packet into a buffer, and has the server send that.
unsafe fn reply_from(buffer: *mut u8, packet: *mut *mut u8, size: *mut u32) -> u32 {
    // SAFETY: variables of the server; a packet has at most 4096 bytes.
    unsafe {
        copy_nonoverlapping(
            packet.read_unaligned(),
            buffer,
            (size.read_unaligned() as usize).min(4096),
        );
        packet.write_unaligned(buffer);
    }
    ERROR_SUCCESS
}

callout!(
    /// Has buffers for twelve replies, and counts on that being enough.
    twelve_buffers_in_turn { dhcp_pkt_send_hook: reply_from_the_next_buffer }
);

unsafe extern "system" fn reply_from_the_next_buffer(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    static BUFFERS: [Buffer; 12] = [const { Buffer(UnsafeCell::new([0; 4096])) }; 12];
    static REPLIES: AtomicUsize = AtomicUsize::new(0);
    let buffer = &BUFFERS[REPLIES.fetch_add(1, SeqCst) % BUFFERS.len()];
    // SAFETY: what the server has passed, and no other hook has the buffer at the moment.
    unsafe { reply_from(buffer.0.get().cast(), packet, size) }
}

callout!(
    /// Has a buffer for each reply, and never takes one back: breaks no rule.
    one_buffer_for_each { dhcp_pkt_send_hook: reply_from_new_buffer }
);

unsafe extern "system" fn reply_from_new_buffer(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: what the server has passed.
    unsafe { reply_from(Box::leak(Box::new([0; 4096])).as_mut_ptr(), packet, size) }
}

callout!(
    /// Believes in a context whose packet is gone.
    uses_contexts_after_their_end {
        dhcp_new_pkt_hook: number_packets,
        dhcp_pkt_send_hook: mark_replies_with_context,
        dhcp_pkt_drop_hook: ignore
    }
);

unsafe extern "system" fn mark_replies_with_context(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server, and `hops` is within the packet.
    unsafe {
        if !context.is_null() && size.read_unaligned() as usize > HOPS {
            packet.read_unaligned().add(HOPS).write(b'!');
        }
    }
    ERROR_SUCCESS
}

static RECEIVED: AtomicPtr<u8> = AtomicPtr::new(null_mut());

callout!(
    /// Looks at the request when the reply goes, by the pointer that it got with the request.
    keeps_its_arguments { dhcp_new_pkt_hook: keep_the_packet, dhcp_pkt_send_hook: copy_from_the_kept_packet }
);

pub(crate) unsafe extern "system" fn keep_the_packet(
    packet: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: variables of the server.
    unsafe {
        RECEIVED.store(packet.read_unaligned(), SeqCst);
        process_it.write_unaligned(Bool::TRUE);
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn copy_from_the_kept_packet(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let received = RECEIVED.swap(null_mut(), SeqCst);
    // SAFETY: variables of the server; both packets are in buffers of 4096 bytes, of which the simulated server keeps
    // the first until all is over.
    unsafe {
        if !received.is_null() && size.read_unaligned() as usize >= ADDRESSES + 4 {
            // The memory may be the reply's by now.
            copy(received.add(ADDRESSES), packet.read_unaligned().add(ADDRESSES), 4);
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Answers with the request, by the pointer that it got with it.
    answers_with_the_kept_packet { dhcp_new_pkt_hook: keep_the_packet, dhcp_pkt_send_hook: point_at_the_kept_packet }
);

unsafe extern "system" fn point_at_the_kept_packet(
    packet: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let received = RECEIVED.swap(null_mut(), SeqCst);
    if !received.is_null() {
        // SAFETY: a variable of the server.
        unsafe { packet.write_unaligned(received) };
    }
    ERROR_SUCCESS
}

callout!(
    /// Answers with a copy of the request, made when it is no longer there.
    answers_with_a_late_copy { dhcp_new_pkt_hook: keep_the_packet, dhcp_pkt_send_hook: copy_the_kept_packet }
);

unsafe extern "system" fn copy_the_kept_packet(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let received = RECEIVED.swap(null_mut(), SeqCst);
    // SAFETY: as in `copy_from_the_kept_packet`.
    unsafe {
        if !received.is_null() {
            let length = (size.read_unaligned() as usize).min(4096);
            copy(received, packet.read_unaligned(), length);
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Writes into the request when the reply goes, by the pointer that it got with the request.
    writes_late { dhcp_new_pkt_hook: keep_the_packet, dhcp_pkt_send_hook: write_into_the_kept_packet }
);

unsafe extern "system" fn write_into_the_kept_packet(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let received = RECEIVED.swap(null_mut(), SeqCst);
    if !received.is_null() {
        // SAFETY: the simulated server keeps the buffer until all is over.
        unsafe { received.add(HOPS).write(b'!') };
    }
    ERROR_SUCCESS
}

static ASKED_FOR: AtomicPtr<u32> = AtomicPtr::new(null_mut());

callout!(
    /// Takes a context back when the reply goes, by the variable in which the server wanted it, even if a packet has that
    /// memory by then.
    clears_a_context_late { dhcp_new_pkt_hook: keep_the_variable, dhcp_pkt_send_hook: clear_the_kept_variable }
);

static VARIABLE: AtomicPtr<*mut c_void> = AtomicPtr::new(null_mut());

unsafe extern "system" fn keep_the_variable(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    VARIABLE.store(context, SeqCst);
    // SAFETY: a variable of the server.
    unsafe { process_it.write_unaligned(Bool::TRUE) };
    ERROR_SUCCESS
}

unsafe extern "system" fn clear_the_kept_variable(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let context = VARIABLE.swap(null_mut(), SeqCst);
    if !context.is_null() {
        // SAFETY: memory that the simulated server still has.
        unsafe { context.write_unaligned(null_mut()) };
    }
    ERROR_SUCCESS
}

callout!(
    /// Reads the address that the client asked for when the reply goes, by the pointer that it got with the options.
    keeps_an_address { dhcp_handle_options_hook: keep_the_address, dhcp_pkt_send_hook: send_to_the_kept_address }
);

unsafe extern "system" fn keep_the_address(
    _: *mut u8,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
    options: *mut ServerOptions,
) -> u32 {
    // SAFETY: what the server has parsed, if it is not NULL.
    let address = (!options.is_null()).then(|| unsafe { options.read_unaligned() }.requested_address);
    ASKED_FOR.store(address.unwrap_or_default(), SeqCst);
    ERROR_SUCCESS
}

unsafe extern "system" fn send_to_the_kept_address(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let asked_for = ASKED_FOR.swap(null_mut(), SeqCst).cast::<u8>();
    // SAFETY: as in `copy_from_the_kept_packet`.
    unsafe {
        if !asked_for.is_null() && size.read_unaligned() as usize >= ADDRESSES + 4 {
            copy_nonoverlapping(asked_for, packet.read_unaligned().add(ADDRESSES), 4);
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Marks the replies to what it takes for requests, by the byte of a packet that it no longer has.
    decides_by_a_kept_byte { dhcp_new_pkt_hook: keep_the_packet, dhcp_pkt_send_hook: mark_if_it_was_a_request }
);

pub(crate) unsafe extern "system" fn mark_if_it_was_a_request(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let received = RECEIVED.swap(null_mut(), SeqCst);
    // SAFETY: as in `copy_from_the_kept_packet`.
    unsafe {
        if !received.is_null() && received.read() == 1 && size.read_unaligned() as usize > HOPS {
            packet.read_unaligned().add(HOPS).write(b'!');
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Marks replies by the byte after them, which nobody has written.
    decides_by_a_byte_after_the_packet { dhcp_pkt_send_hook: mark_by_the_next_byte }
);

unsafe extern "system" fn mark_by_the_next_byte(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server.
    let (packet, size) = unsafe { (packet.read_unaligned(), size.read_unaligned() as usize) };
    // SAFETY: the buffer has 4096 bytes.
    unsafe {
        if size > HOPS && size < 4096 && packet.add(size).read() > 0x7F {
            packet.add(HOPS).write(b'!');
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Writes into the address of the last client when the service stops, which no later call shows.
    writes_when_all_is_over { dhcp_delete_client_hook: keep_the_client, dhcp_control_hook: write_at_the_stop }
);

static CLIENT: AtomicPtr<u8> = AtomicPtr::new(null_mut());

unsafe extern "system" fn keep_the_client(_: u32, hardware_address: *mut u8, _: u32, _: u32, _: u32) -> u32 {
    CLIENT.store(hardware_address, SeqCst);
    ERROR_SUCCESS
}

unsafe extern "system" fn write_at_the_stop(_: u32, _: *mut c_void) -> u32 {
    let address = CLIENT.swap(null_mut(), SeqCst);
    if !address.is_null() {
        // SAFETY: the simulated server keeps the memory until all is over.
        unsafe { address.write(b'!') };
    }
    ERROR_SUCCESS
}

callout!(
    /// Counts on the server to process packets that nothing is said of.
    leaves_process_it_alone { dhcp_new_pkt_hook: say_nothing }
);

unsafe extern "system" fn say_nothing(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    _: *mut Bool,
) -> u32 {
    ERROR_SUCCESS
}

callout!(
    /// Serves clients if the server does not want to, and the other way round.
    turns_process_it_round { dhcp_new_pkt_hook: turn_round }
);

unsafe extern "system" fn turn_round(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: a variable of the server.
    unsafe { process_it.write_unaligned(Bool(i32::from(process_it.read_unaligned() == Bool::FALSE))) };
    ERROR_SUCCESS
}

callout!(
    /// Goes by what the server wants where it can read no message.
    leaves_process_it_alone_without_a_message { dhcp_new_pkt_hook: serve_messages }
);

unsafe extern "system" fn serve_messages(
    _: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: variables of the server.
    unsafe {
        let is_wanted = process_it.read_unaligned() != Bool::FALSE;
        process_it.write_unaligned(Bool(i32::from(is_wanted || size.read_unaligned() > 236)));
    }
    ERROR_SUCCESS
}

callout!(
    /// Puts its reply where the server's buffer ends.
    replies_from_beyond_the_buffer { dhcp_pkt_send_hook: point_beyond_the_buffer }
);

unsafe extern "system" fn point_beyond_the_buffer(
    packet: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: a variable of the server.
    unsafe { packet.write_unaligned(packet.read_unaligned().wrapping_add(4096 - 32)) };
    ERROR_SUCCESS
}

callout!(
    /// Puts a header of its own before the packet, where the server has no room for it.
    replies_from_before_the_buffer { dhcp_new_pkt_hook: point_before_the_buffer }
);

unsafe extern "system" fn point_before_the_buffer(
    packet: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: variables of the server.
    unsafe {
        packet.write_unaligned(packet.read_unaligned().wrapping_sub(28));
        process_it.write_unaligned(Bool::TRUE);
    }
    ERROR_SUCCESS
}

/// Which places are taken, and how often a packet has taken one.
static TAKEN: [AtomicBool; PLACES] = [const { AtomicBool::new(false) }; PLACES];
static TURNS: AtomicUsize = AtomicUsize::new(1);
const PLACES: usize = 64;

callout!(
    /// Frees the place of a packet whenever it is reported as processed, whoever has the place by then.
    frees_what_another_packet_has {
        dhcp_control_hook: free_all_places,
        dhcp_new_pkt_hook: take_a_place,
        dhcp_pkt_send_hook: mark_if_the_place_is_taken,
        dhcp_pkt_drop_hook: free_the_place
    }
);

unsafe extern "system" fn free_all_places(code: u32, _: *mut c_void) -> u32 {
    if code == ServiceControl::START.code() {
        TAKEN.iter().for_each(|place| place.store(false, SeqCst));
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn take_a_place(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    let place = TAKEN.iter().position(|place| !place.swap(true, SeqCst));
    let context_of = |place| TURNS.fetch_add(1, SeqCst) * PLACES + place;
    // SAFETY: both are variables of the server.
    unsafe {
        context.write_unaligned(place.map_or(null_mut(), |place| without_provenance_mut(context_of(place))));
        process_it.write_unaligned(Bool::TRUE);
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn mark_if_the_place_is_taken(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    let is_taken = TAKEN[context.addr() % PLACES].load(SeqCst);
    // SAFETY: variables of the server, and `hops` is within the packet.
    unsafe {
        if !context.is_null() && is_taken && size.read_unaligned() as usize > HOPS {
            packet.read_unaligned().add(HOPS).write(b'!');
        }
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn free_the_place(
    _: *mut *mut u8,
    _: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // `DHCP_DROP_PROCESSED`.
    if code == 0xB && !context.is_null() {
        TAKEN[context.addr() % PLACES].store(false, SeqCst);
    }
    ERROR_SUCCESS
}

static NEXT_CONTROL: OnceLock<Control> = OnceLock::new();

/// Loads the DLL after it, and tells it of nothing but the start and the stop of the service.
pub unsafe extern "system" fn passes_on_the_start_only(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    let mut next = CalloutTable::EMPTY;
    // SAFETY: the DLL of the check can be called as the SDK says.
    unsafe { (NEXT_DLL.1)(list, version, &raw mut next) };
    if let Some(control) = next.dhcp_control_hook {
        NEXT_CONTROL.get_or_init(|| control);
    }
    let filled = CalloutTable {
        dhcp_control_hook: Some(pass_on),
        ..DROPS
    };
    // SAFETY: the server's table can be written.
    unsafe { fill(version, table, filled) }
}

unsafe extern "system" fn pass_on(code: u32, reserved: *mut c_void) -> u32 {
    // SAFETY: as above.
    NEXT_CONTROL
        .get()
        .map_or(ERROR_SUCCESS, |control| unsafe { control(code, reserved) })
}
