//! The way of a packet through the hooks of a callout that does nothing.
#![allow(unsafe_code, reason = "hooks are called with raw pointers")]

use core::ffi::c_void;
use core::ptr::null_mut;

use dhcp_callout::ffi::{Bool, CalloutTable, DropSendArguments, NewPktArguments};
use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point};

/// Tracks every packet with 6 bytes, or none.
struct Empty<const TRACKS: bool>;

impl<const TRACKS: bool> Callout for Empty<TRACKS> {
    type State = [u8; 6];

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<[u8; 6]> {
        if TRACKS {
            Decision::Track([7; 6])
        } else {
            Decision::Pass
        }
    }
}

static TRACKING: Host<Empty<true>, 4096> = Host::new(Empty);
static PASSING: Host<Empty<false>, 4096> = Host::new(Empty);
entry_point!(fn tracking = TRACKING);
entry_point!(fn passing = PASSING);

/// The tables of the two callouts.
pub struct Hooks {
    tracking: CalloutTable,
    passing: CalloutTable,
}

impl Hooks {
    pub fn new() -> Self {
        let mut hooks = Self {
            tracking: CalloutTable::EMPTY,
            passing: CalloutTable::EMPTY,
        };
        // SAFETY: the list is NULL, and the table can be written.
        let tracking = unsafe { tracking(null_mut(), 0, &raw mut hooks.tracking) };
        // SAFETY: as above.
        let passing = unsafe { passing(null_mut(), 0, &raw mut hooks.passing) };
        assert_eq!((tracking, passing), (0, 0));
        hooks
    }

    /// Calls the hooks for a new packet, its drop and its end, of a packet that is tracked.
    pub fn track(&self, packet: &mut [u8]) -> usize {
        pass(&self.tracking, packet, &[0xA, 0xB])
    }

    /// Calls the hooks for a new packet and its end, of a packet that is passed.
    pub fn pass(&self, packet: &mut [u8]) -> usize {
        pass(&self.passing, packet, &[0xB])
    }
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
