//! Why does my server drop packets? Counts by reason, by relay and by client; each client is reported at most once an hour.
//!
//! Hooks must not block: they count and send; a thread of the callout's own writes.
//!
//! In a DLL of your own this folder is `src`, and this file `lib.rs`, without `main` and `show`, which show it at work.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use dhcp_callout::{Callout, Decision, DropReason, Host, LoadError, NewPacket, Notice, PacketNotice, PacketTally};
use dhcp_callout_support::show;

#[cfg(test)]
mod tests;

const QUIET: Duration = Duration::from_secs(3600);
/// How many addresses are remembered before all are forgotten: a hostile network has as many as it likes.
const MOST: usize = 65_536;

/// The counts by reason.
struct DropMonitor(PacketTally);

/// Why a packet was dropped, and where it came from: the client's address, and the relay's.
type Drop = (DropReason, [u8; 6], Ipv4Addr);

/// The way to the reporter; `load` starts its thread.
static REPORTER: LazyLock<SyncSender<Drop>> = LazyLock::new(|| {
    let (sender, receiver) = sync_channel(1024);
    thread::spawn(move || report(&receiver));
    sender
});

impl Callout for DropMonitor {
    /// Drops are reported of packets that are not tracked as well.
    type State = ();

    fn load(&'static self) -> Result<(), LoadError> {
        LazyLock::force(&REPORTER);
        Ok(())
    }

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, _: Option<&()>) {
        let Notice::Dropped(reason) = notice.notice() else {
            return;
        };
        self.0.count_drop(reason);
        let Ok(message) = notice.message() else { return };
        let Some(mac) = message.mac() else { return };
        // When the reporter comes late, its tables miss a drop; the tally does not, and the server does not wait.
        let _ = REPORTER.try_send((reason, mac, message.giaddr()));
    }
}

/// Reports each client that is due. On a server into a file or the event log: what a service writes to stderr is lost.
fn report(drops: &Receiver<Drop>) {
    let mut by_relay: HashMap<Ipv4Addr, u64> = HashMap::new();
    // How many packets of a client were dropped, and when it was reported last.
    let mut by_client: HashMap<[u8; 6], (u64, Option<Instant>)> = HashMap::new();
    for (reason, mac, relay) in drops {
        if by_relay.len().max(by_client.len()) >= MOST {
            by_relay.clear();
            by_client.clear();
        }
        let at_relay = by_relay.entry(relay).or_default();
        *at_relay = at_relay.saturating_add(1);
        let (count, last) = by_client.entry(mac).or_default();
        *count = count.saturating_add(1);
        if last.is_none_or(|last| last.elapsed() >= QUIET) {
            *last = Some(Instant::now());
            let so = MONITOR.callout().0.snapshot().dropped(reason);
            eprintln!("drops: client {mac:02x?}: {count}, relay {relay}: {at_relay}, {reason}: {so}");
        }
    }
}

static MONITOR: Host<DropMonitor, 1, 0> = Host::new(DropMonitor(PacketTally::new()));
dhcp_callout::export!(MONITOR);

fn main() {
    show::lifecycles(DhcpServerCalloutEntry);
    thread::sleep(Duration::from_millis(200));
}
