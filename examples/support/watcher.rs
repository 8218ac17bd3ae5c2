//! A callout that follows the life of every packet, written by hand against the crate's layers.
#![expect(unsafe_code, reason = "hooks are called with raw pointers")]
#![allow(dead_code, reason = "each example and test uses its own part of this module")]

use core::ffi::c_void;
use core::ptr::without_provenance_mut;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dhcp_callout::ffi::{Bool, CalloutTable, ERROR_SUCCESS};
use dhcp_callout::hook::{DroppedPacket, NewPacket};
use dhcp_callout::simulate::Server;
use dhcp_callout::{DropReason, Outcome, Stage};

/// The packets in flight, by the number that is their context.
static LIVES: Mutex<Lives> = Mutex::new(Lives {
    stages: BTreeMap::new(),
    counts: Counts::NONE,
});

struct Lives {
    stages: BTreeMap<usize, Stage>,
    counts: Counts,
}

/// What the callout has seen.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    pub(crate) admitted: usize,
    pub(crate) done: usize,
    /// Packets that ended dropped, by reason.
    pub(crate) dropped: BTreeMap<DropReason, usize>,
    pub(crate) violations: usize,
    pub(crate) live: usize,
}

impl Counts {
    const NONE: Self = Self {
        admitted: 0,
        done: 0,
        dropped: BTreeMap::new(),
        violations: 0,
        live: 0,
    };
}

/// Returns a simulated server that calls the hooks of this callout.
pub(crate) fn server() -> Server {
    let table = CalloutTable {
        dhcp_new_pkt_hook: Some(new_pkt_hook),
        dhcp_pkt_drop_hook: Some(pkt_drop_hook),
        ..CalloutTable::EMPTY
    };
    // SAFETY: the hooks check their arguments, and ask no more of them than the prototypes do.
    unsafe { Server::new(table) }
}

/// Returns what the callout has seen so far.
pub(crate) fn counts() -> Counts {
    let lives = lives();
    Counts {
        live: lives.stages.len(),
        ..lives.counts.clone()
    }
}

fn lives() -> MutexGuard<'static, Lives> {
    LIVES.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "system" fn new_pkt_hook(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: the server calls the hook with the arguments that its prototype demands.
    let arguments = unsafe { NewPacket::from_raw(packet, packet_size, ip_address, reserved, pkt_context, process_it) };
    if let Ok(mut packet) = arguments {
        let mut lives = lives();
        lives.counts.admitted = lives.counts.admitted.saturating_add(1);
        let context = lives.counts.admitted;
        lives.stages.insert(context, Stage::InFlight);
        packet.set_raw_context(without_provenance_mut(context));
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn pkt_drop_hook(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    control_code: u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    // SAFETY: the server calls the hook with the arguments that its prototype demands.
    let arguments =
        unsafe { DroppedPacket::from_raw(packet, packet_size, control_code, ip_address, reserved, pkt_context) };
    if let Ok(packet) = arguments {
        let context = packet.raw_context().addr();
        let mut lives = lives();
        let next = lives.stages.get(&context).map(|stage| stage.advance(packet.notice()));
        match next {
            Some(Ok(Stage::Done(outcome))) => {
                lives.stages.remove(&context);
                lives.counts.done = lives.counts.done.saturating_add(1);
                if let Outcome::Dropped(reason) = outcome {
                    let count = lives.counts.dropped.entry(reason).or_default();
                    *count = count.saturating_add(1);
                }
            }
            Some(Ok(stage)) => {
                lives.stages.insert(context, stage);
            }
            Some(Err(_)) | None => lives.counts.violations = lives.counts.violations.saturating_add(1),
        }
    }
    ERROR_SUCCESS
}
