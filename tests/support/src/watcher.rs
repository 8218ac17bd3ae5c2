//! A callout that follows the life of every packet.

use dhcp_callout::simulate::{EntryRefused, Server};
use dhcp_callout::{
    Callout, Decision, DropReason, NewPacket, NotifyError, Outcome, PacketTally, TallySnapshot, entry_point,
};

struct Watcher;

static TALLY: PacketTally = PacketTally::new();

impl Callout for Watcher {
    /// Nothing is kept but that the packet is in flight.
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        TALLY.count_asked();
        Decision::Track(())
    }

    fn packet_dropped(&self, reason: DropReason, (): &()) {
        TALLY.count_drop(reason);
    }

    fn packet_done(&self, _: Outcome, (): ()) {
        TALLY.count_done();
    }

    fn not_tracked(&self, (): ()) {
        TALLY.count_full();
    }

    fn report_ignored(&self, reason: NotifyError) {
        match reason {
            NotifyError::Violation(violation) => TALLY.count_violation(violation),
            _ => TALLY.count_stale(),
        }
    }
}

entry_point!(fn watcher = Watcher, packets = 65_536);

/// Returns a simulated server that has loaded this callout.
#[expect(unsafe_code, reason = "an entry point is called with raw pointers")]
pub fn server() -> Result<Server, EntryRefused> {
    // SAFETY: the entry point and its hooks are those that the macro made.
    unsafe { Server::load(watcher) }
}

/// Returns what the callout has seen so far.
pub fn tally() -> TallySnapshot {
    TALLY.snapshot()
}
