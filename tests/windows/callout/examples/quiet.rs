//! A callout DLL without optional trait: five of its hooks are NULL.

use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

use dhcp_callout::{Callout, Decision, Host, NewPacket, Outcome};

/// Tracks every packet by its transaction id.
struct Quiet;

static DONE: AtomicU64 = AtomicU64::new(0);
static XIDS: AtomicU64 = AtomicU64::new(0);

impl Callout for Quiet {
    type State = u32;

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<u32> {
        packet
            .message()
            .map_or(Decision::Pass, |message| Decision::Track(message.xid()))
    }

    fn packet_done(&self, _: Outcome, xid: u32) {
        DONE.fetch_add(1, Relaxed);
        XIDS.fetch_add(xid.into(), Relaxed);
    }
}

static QUIET: Host<Quiet, 64> = Host::new(Quiet);
dhcp_callout::export!(QUIET);

/// Returns how many states came back.
#[unsafe(no_mangle)]
pub extern "system" fn probe_done() -> u64 {
    DONE.load(Relaxed)
}

/// Returns the sum of the transaction ids that came back.
#[unsafe(no_mangle)]
pub extern "system" fn probe_xids() -> u64 {
    XIDS.load(Relaxed)
}
