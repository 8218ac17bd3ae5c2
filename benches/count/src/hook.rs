//! The way of a packet through the hooks of a callout that does nothing.
#![allow(unsafe_code, reason = "hooks are called with raw pointers")]

use core::ffi::c_void;
use core::ptr::null_mut;

use dhcp_callout::ffi::{Bool, CalloutTable, EntryPoint};
use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point};

/// Tracks every packet with so many bytes, or none.
struct Empty<const BYTES: usize, const TRACKS: bool>;

impl<const BYTES: usize, const TRACKS: bool> Callout for Empty<BYTES, TRACKS> {
    type State = [u8; BYTES];

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<[u8; BYTES]> {
        if TRACKS {
            Decision::Track([7; BYTES])
        } else {
            Decision::Pass
        }
    }
}

static TRACKING_0: Host<Empty<0, true>, 4096> = Host::new(Empty);
static TRACKING: Host<Empty<6, true>, 4096> = Host::new(Empty);
static TRACKING_64: Host<Empty<64, true>, 4096> = Host::new(Empty);
static PASSING: Host<Empty<6, false>, 4096> = Host::new(Empty);
entry_point!(fn tracking_0 = TRACKING_0);
entry_point!(fn tracking = TRACKING);
entry_point!(fn tracking_64 = TRACKING_64);
entry_point!(fn passing = PASSING);

/// The tables of the callouts, by the bytes of their state, of one that passes every packet, and of hooks that return
/// at once.
pub struct Hooks {
    pub tracking_0: CalloutTable,
    pub tracking: CalloutTable,
    pub tracking_64: CalloutTable,
    pub passing: CalloutTable,
    pub none: CalloutTable,
}

impl Hooks {
    pub fn new() -> Self {
        Self {
            tracking_0: table(tracking_0),
            tracking: table(tracking),
            tracking_64: table(tracking_64),
            passing: table(passing),
            none: CalloutTable {
                dhcp_new_pkt_hook: Some(no_new_pkt),
                dhcp_pkt_drop_hook: Some(no_pkt_drop),
                ..CalloutTable::EMPTY
            },
        }
    }
}

/// Returns the table that an entry point fills.
fn table(entry: EntryPoint) -> CalloutTable {
    let mut table = CalloutTable::EMPTY;
    // SAFETY: the list is NULL, and the table can be written.
    let status = unsafe { entry(null_mut(), 0, &raw mut table) };
    assert_eq!(status, 0);
    table
}

unsafe extern "system" fn no_new_pkt(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    _: *mut Bool,
) -> u32 {
    0
}

unsafe extern "system" fn no_pkt_drop(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    0
}

/// Calls the hook for a new packet, and the one for its drop and its end with each of `codes`.
///
/// Never inlined, so that it is the same instructions for each table, and what it does itself can be subtracted.
#[inline(never)]
pub fn pass(table: &CalloutTable, packet: &mut [u8], codes: &[u32]) -> usize {
    let (Some(new_pkt), Some(pkt_drop)) = (table.dhcp_new_pkt_hook, table.dhcp_pkt_drop_hook) else {
        return 0;
    };
    let (mut start, mut size) = (packet.as_mut_ptr(), u32::try_from(packet.len()).unwrap_or(0));
    let (packet, packet_size) = (&raw mut start, &raw mut size);
    let (mut pkt_context, mut process_it): (*mut c_void, _) = (null_mut(), Bool::FALSE);
    // SAFETY: the pointers are to variables, and to a packet.
    unsafe {
        new_pkt(
            packet,
            packet_size,
            0,
            null_mut(),
            &raw mut pkt_context,
            &raw mut process_it,
        )
    };
    for code in codes {
        // SAFETY: as above.
        unsafe { pkt_drop(packet, packet_size, *code, 0, null_mut(), pkt_context) };
    }
    usize::from(process_it == Bool::TRUE)
}
