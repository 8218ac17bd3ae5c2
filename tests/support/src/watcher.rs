//! A callout that follows the lifecycle of every packet.

use dhcp_callout::simulate::{EntryRefused, Server};
use dhcp_callout::{Callout, Decision, Host, NewPacket, TallySnapshot, entry_point};

struct Watcher;

impl Callout for Watcher {
    /// Nothing is kept but that the packet is in flight.
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Track(())
    }
}

static WATCHER: Host<Watcher, 65_536> = Host::new(Watcher);
entry_point!(fn watcher = WATCHER);

/// Returns a simulated server that has loaded this callout.
#[expect(unsafe_code, reason = "an entry point is called with raw pointers")]
pub fn server() -> Result<Server, EntryRefused> {
    // SAFETY: the entry point and its hooks are those that the macro made.
    unsafe { Server::load(watcher) }
}

/// Returns what has been counted so far.
pub fn tally() -> TallySnapshot {
    WATCHER.tally()
}
