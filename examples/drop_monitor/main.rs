//! Why does my server drop packets? Counts by reason, by relay and by client; each client is reported at most once an hour.
//!
//! Hooks must not block: they count and send, and a thread of the callout's own looks for work from time to time.
//!
//! In a DLL of your own this is `lib.rs` without `main` and `show`, which show it at work here.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use dhcp_callout::{Callout, Decision, DropReason, Host, LoadError, NewPacket, Notice, PacketNotice, PacketTally};
use dhcp_callout_support::show;

#[cfg(test)]
mod tests;

const QUIET: Duration = Duration::from_secs(3600);
const PAUSE: Duration = Duration::from_millis(200);
/// How many addresses are remembered before all are forgotten: a hostile network has as many as it likes.
const MOST: usize = 65_536;

/// The counts by reason.
struct DropMonitor(PacketTally);

/// The way to the reporter.
static REPORTER: OnceLock<SyncSender<Drop>> = OnceLock::new();

/// Where a packet came from: the client's address, and the relay's.
type Origin = ([u8; 6], Ipv4Addr);
type Drop = (DropReason, Origin);

impl Callout for DropMonitor {
    /// Drops are reported of packets that are not tracked as well.
    type State = ();

    fn load(&'static self) -> Result<(), LoadError> {
        REPORTER.get_or_init(|| {
            let (sender, receiver) = sync_channel(1024);
            thread::spawn(move || report(&receiver));
            sender
        });
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
        let drop = (reason, (mac, message.giaddr()));
        let _ = REPORTER.get().map(|drops| drops.try_send(drop));
    }
}

/// On a server: into a file or the event log, for what a service writes to stderr is lost.
fn report(drops: &Receiver<Drop>) {
    let mut reporter = Reporter::default();
    loop {
        let now = Instant::now();
        for line in drops.try_iter().filter_map(|drop| reporter.note(drop, now)) {
            eprintln!("drops: {line}");
        }
        thread::sleep(PAUSE);
    }
}

#[derive(Default)]
struct Reporter {
    by_relay: HashMap<Ipv4Addr, u64>,
    /// How many packets of a client were dropped, and when it was reported last.
    by_client: HashMap<[u8; 6], (u64, Option<Instant>)>,
}

impl Reporter {
    /// Counts a drop; returns a line if the client is due for a report.
    fn note(&mut self, (reason, (mac, relay)): Drop, now: Instant) -> Option<String> {
        if self.by_relay.len().max(self.by_client.len()) >= MOST {
            *self = Self::default();
        }
        let at_relay = self.by_relay.entry(relay).or_default();
        *at_relay = at_relay.saturating_add(1);
        let (count, last) = self.by_client.entry(mac).or_default();
        *count = count.saturating_add(1);
        let due = last.is_none_or(|last| now.duration_since(last) >= QUIET);
        *last = if due { Some(now) } else { *last };
        due.then(|| format!("client {mac:02x?}: {count}, relay {relay}: {at_relay}, last: {reason}"))
    }
}

static MONITOR: Host<DropMonitor, 1, 0> = Host::new(DropMonitor(PacketTally::new()));
dhcp_callout::export!(MONITOR);

fn main() {
    show::lifecycles(DhcpServerCalloutEntry);
    thread::sleep(PAUSE.saturating_mul(2));
}
