//! Callouts against the raw ABI whose contexts come again for later packets, as pointers to freed memory do.

use core::ffi::c_void;
use core::ptr::without_provenance_mut;
use core::slice;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dhcp_callout::PACKET_CAPACITY;
use dhcp_callout::ffi::{Bool, CalloutTable, ERROR_SUCCESS};

use crate::course::{CLIENT, PROCESSED};
use crate::raw::{HOPS, callout, ignore};

/// What a callout knows of a packet.
struct Known {
    client: u8,
    /// What it has put in the place of the packet and of its reply.
    copies: Vec<Box<[u8]>>,
}

/// Places for packets: a context is the number of a place, from 1 on.
struct Places(Mutex<Vec<Option<Known>>>);

impl Places {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Known>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the first place that is free.
    fn take(&self, known: Known) -> usize {
        let mut places = self.lock();
        let free = places.iter().position(Option::is_none).unwrap_or(places.len());
        if free == places.len() {
            places.push(None);
        }
        places[free] = Some(known);
        free + 1
    }

    fn with<R>(&self, context: *mut c_void, use_it: impl FnOnce(&mut Known) -> R) -> Option<R> {
        let mut places = self.lock();
        places.get_mut(context.addr().checked_sub(1)?)?.as_mut().map(use_it)
    }

    fn free(&self, context: *mut c_void) {
        let mut places = self.lock();
        let place = context.addr().checked_sub(1).and_then(|place| places.get_mut(place));
        let known = place.and_then(Option::take);
        for mut copy in known.into_iter().flat_map(|known| known.copies) {
            // So that it shows if the server still reads it.
            copy.fill(0xEE);
        }
    }
}

/// Returns the packet, if it has a hardware address.
unsafe fn packet<'a>(packet: *mut *mut u8, size: *mut u32) -> Option<&'a mut [u8]> {
    // SAFETY: variables of the server, in whose buffers the packet is.
    unsafe {
        let (start, size) = (packet.read_unaligned(), size.read_unaligned() as usize);
        let is_whole = !start.is_null() && (CLIENT + 1..=PACKET_CAPACITY).contains(&size);
        is_whole.then(|| slice::from_raw_parts_mut(start, size))
    }
}

/// Puts a copy of exactly its size in the place of a packet.
unsafe fn replace(packet: *mut *mut u8, bytes: &[u8]) -> Box<[u8]> {
    let mut copy: Box<[u8]> = bytes.into();
    // SAFETY: a variable of the server.
    unsafe { packet.write_unaligned(copy.as_mut_ptr()) };
    copy
}

/// Numbers packets by the places that they take in `places`.
unsafe fn receive(
    places: &Places,
    at: *mut *mut u8,
    size: *mut u32,
    context: *mut *mut c_void,
    process_it: *mut Bool,
    replaces: bool,
) -> u32 {
    // SAFETY: variables of the server.
    unsafe {
        process_it.write_unaligned(Bool::TRUE);
        if let Some(bytes) = packet(at, size) {
            let client = bytes[CLIENT];
            let copies = if replaces { vec![replace(at, bytes)] } else { Vec::new() };
            context.write_unaligned(without_provenance_mut(places.take(Known { client, copies })));
        }
    }
    ERROR_SUCCESS
}

static COPIES: Places = Places::new();

callout!(
    /// Replaces requests, and replies from one buffer for each packet, and frees both when their packet was processed.
    frees_its_copies {
        dhcp_new_pkt_hook: copy_the_request,
        dhcp_pkt_send_hook: copy_the_reply,
        dhcp_pkt_drop_hook: free_at_the_end
    }
);

unsafe extern "system" fn copy_the_request(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: what the server has passed.
    unsafe { receive(&COPIES, packet, size, context, process_it, true) }
}

unsafe extern "system" fn copy_the_reply(
    at: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server.
    unsafe {
        if let Some(bytes) = packet(at, size) {
            COPIES.with(context, |known| {
                bytes[HOPS] = known.client;
                if known.copies.len() < 2 {
                    known.copies.push(Box::new([0; PACKET_CAPACITY]));
                }
                known.copies[1][..bytes.len()].copy_from_slice(bytes);
                at.write_unaligned(known.copies[1].as_mut_ptr());
            });
        }
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn free_at_the_end(
    _: *mut *mut u8,
    _: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    if code == PROCESSED {
        COPIES.free(context);
    }
    ERROR_SUCCESS
}

callout!(
    /// Forgets at once the packets that it refuses, but leaves the context where it has put it.
    forgets_what_it_refuses {
        dhcp_new_pkt_hook: copy_or_refuse,
        dhcp_pkt_send_hook: copy_the_reply,
        dhcp_pkt_drop_hook: free_at_the_end
    }
);

unsafe extern "system" fn copy_or_refuse(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: what the server has passed, and variables of the server.
    unsafe {
        let status = receive(&COPIES, packet, size, context, process_it, true);
        let place = context.read_unaligned();
        if COPIES.with(place, |known| known.client % 3 == 1) == Some(true) {
            process_it.write_unaligned(Bool::FALSE);
            COPIES.free(place);
        }
        status
    }
}

callout!(
    /// Marks replies by what it knows of their packets, and those to packets without a context; leaves alone those to
    /// packets that it has forgotten.
    marks_what_has_no_context {
        dhcp_new_pkt_hook: note_the_request,
        dhcp_pkt_send_hook: mark_unless_the_place_is_free,
        dhcp_pkt_drop_hook: forget_at_the_end
    }
);

unsafe extern "system" fn mark_unless_the_place_is_free(
    at: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server.
    if let Some(bytes) = unsafe { packet(at, size) } {
        if context.is_null() {
            bytes[HOPS] = b'!';
        } else {
            NOTES.with(context, |known| bytes[HOPS] = known.client);
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Marks replies until there is one to a packet that it has forgotten, and then none ever again.
    gives_up_at_a_free_place {
        dhcp_new_pkt_hook: note_the_request,
        dhcp_pkt_send_hook: mark_until_a_place_is_free,
        dhcp_pkt_drop_hook: forget_at_the_end
    }
);

static HAS_GIVEN_UP: AtomicBool = AtomicBool::new(false);

unsafe extern "system" fn mark_until_a_place_is_free(
    at: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server.
    if let Some(bytes) = unsafe { packet(at, size) } {
        let is_unknown = !context.is_null() && NOTES.with(context, |_| ()).is_none();
        if !HAS_GIVEN_UP.fetch_or(is_unknown, SeqCst) && !is_unknown {
            bytes[HOPS] = b'!';
        }
    }
    ERROR_SUCCESS
}

callout!(
    /// Marks replies to packets that it has forgotten.
    marks_by_a_free_place {
        dhcp_new_pkt_hook: note_the_request,
        dhcp_pkt_send_hook: mark_if_the_place_is_free,
        dhcp_pkt_drop_hook: forget_at_the_end
    }
);

unsafe extern "system" fn mark_if_the_place_is_free(
    at: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server.
    if let Some(bytes) = unsafe { packet(at, size) } {
        if !context.is_null() && NOTES.with(context, |_| ()).is_none() {
            bytes[HOPS] = b'!';
        }
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn forget_at_the_end(
    _: *mut *mut u8,
    _: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    if code == PROCESSED {
        NOTES.free(context);
    }
    ERROR_SUCCESS
}

static NOTES: Places = Places::new();

callout!(
    /// Marks replies by what it knows of their packets, and forgets that in PktSend, or in PktDrop with a reason, so
    /// that the next packet gets the same context, though this one's end is still to come.
    forgets_what_is_decided {
        dhcp_new_pkt_hook: note_the_request,
        dhcp_pkt_send_hook: mark_and_forget,
        dhcp_pkt_drop_hook: forget_if_it_is_dropped
    }
);

unsafe extern "system" fn note_the_request(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: what the server has passed.
    unsafe { receive(&NOTES, packet, size, context, process_it, false) }
}

unsafe extern "system" fn mark_and_forget(
    at: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server.
    if let Some(bytes) = unsafe { packet(at, size) } {
        NOTES.with(context, |known| bytes[HOPS] = known.client);
    }
    NOTES.free(context);
    ERROR_SUCCESS
}

unsafe extern "system" fn forget_if_it_is_dropped(
    _: *mut *mut u8,
    _: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    if code != PROCESSED {
        NOTES.free(context);
    }
    ERROR_SUCCESS
}

callout!(
    /// Marks replies by the class of their client, which is all that their context says.
    marks_by_class { dhcp_new_pkt_hook: classify, dhcp_pkt_send_hook: mark_by_class, dhcp_pkt_drop_hook: ignore }
);

unsafe extern "system" fn classify(
    at: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: variables of the server.
    unsafe {
        process_it.write_unaligned(Bool::TRUE);
        if let Some(bytes) = packet(at, size) {
            context.write_unaligned(without_provenance_mut(1 + usize::from(bytes[CLIENT] % 3)));
        }
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn mark_by_class(
    at: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    let class = u8::try_from(context.addr()).unwrap_or(0);
    // SAFETY: variables of the server.
    if let Some(bytes) = unsafe { packet(at, size) }.filter(|_| class != 0) {
        bytes[HOPS] = class;
    }
    ERROR_SUCCESS
}
