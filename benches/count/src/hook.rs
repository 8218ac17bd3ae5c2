//! The way of a packet through the hooks of a callout that does nothing.
#![allow(unsafe_code, reason = "hooks are called with raw pointers")]

use core::ffi::c_void;
use core::ptr::null_mut;

use dhcp_callout::ffi::{Bool, CalloutTable, DropSendArguments, EntryPoint, NewPktArguments};
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

/// The tables of the callouts.
pub struct Hooks {
    tracking_0: CalloutTable,
    tracking: CalloutTable,
    tracking_64: CalloutTable,
    passing: CalloutTable,
    none: CalloutTable,
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

    /// Calls the hooks for a new packet, its drop and its end, of a packet that is tracked without a state.
    pub fn track_0(&self, packet: &mut [u8]) -> usize {
        pass(&self.tracking_0, packet, &[0xA, 0xB])
    }

    /// The same, with a state of 6 bytes.
    pub fn track(&self, packet: &mut [u8]) -> usize {
        pass(&self.tracking, packet, &[0xA, 0xB])
    }

    /// The same, with a state of 64 bytes.
    pub fn track_64(&self, packet: &mut [u8]) -> usize {
        pass(&self.tracking_64, packet, &[0xA, 0xB])
    }

    /// Calls the hooks for a new packet and its end, of a packet that is passed.
    pub fn pass(&self, packet: &mut [u8]) -> usize {
        pass(&self.passing, packet, &[0xB])
    }

    /// Calls hooks that do nothing.
    pub fn none(&self, packet: &mut [u8], codes: &[u32]) -> usize {
        pass(&self.none, packet, codes)
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

fn pass(table: &CalloutTable, packet: &mut [u8], codes: &[u32]) -> usize {
    let (Some(new_pkt), Some(pkt_drop)) = (table.dhcp_new_pkt_hook, table.dhcp_pkt_drop_hook) else {
        return 0;
    };
    let (mut start, mut size) = (packet.as_mut_ptr(), u32::try_from(packet.len()).unwrap_or(0));
    let (mut pkt_context, mut process_it): (*mut c_void, _) = (null_mut(), Bool::FALSE);
    let new = NewPktArguments {
        packet: &raw mut start,
        packet_size: &raw mut size,
        ip_address: 0,
        reserved: null_mut(),
        pkt_context: &raw mut pkt_context,
        process_it: &raw mut process_it,
    };
    // SAFETY: the pointers are to variables, and to a packet.
    unsafe { new.pass_to(new_pkt) };
    for code in codes {
        let notice = DropSendArguments {
            packet: new.packet,
            packet_size: new.packet_size,
            control_code: *code,
            ip_address: 0,
            reserved: null_mut(),
            pkt_context,
        };
        // SAFETY: as above.
        unsafe { notice.pass_to(pkt_drop) };
    }
    usize::from(process_it == Bool::TRUE)
}
