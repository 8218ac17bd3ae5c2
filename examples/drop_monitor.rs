//! Why does my server drop packets? Counts by reason, by relay and by client; each client is reported at most once an hour.
//!
//! Hooks must not block, so that they only count and send: a thread of the callout's own keeps the tables and writes the
//! reports. It looks for work from time to time instead of waiting, since a sender would have to lock to wake it. `main`
//! shows the monitor at work.

#[path = "support/show.rs"]
mod show;

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use dhcp_callout::{Callout, Decision, DropReason, NewPacket, PacketTally};

/// How long a client is left in peace after a report.
const QUIET: Duration = Duration::from_secs(3600);

/// How often the reporter looks for work.
const PAUSE: Duration = Duration::from_millis(200);

/// How many clients are remembered: a hostile network has as many addresses as it likes.
const MOST_CLIENTS: usize = 65_536;

struct DropMonitor {
    tally: PacketTally,
    clock: fn() -> Instant,
    drops: OnceLock<SyncSender<Drop>>,
}

/// What is kept of each packet.
#[derive(Clone, Copy)]
struct Origin {
    mac: [u8; 6],
    relay: Ipv4Addr,
}

struct Drop {
    reason: DropReason,
    origin: Origin,
    at: Instant,
}

impl Callout for DropMonitor {
    type State = Origin;

    fn load(&self) -> bool {
        self.drops.get_or_init(|| {
            let (sender, receiver) = sync_channel(1024);
            thread::spawn(move || report(&receiver));
            sender
        });
        true
    }

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Origin> {
        let Ok(message) = packet.message() else {
            return Decision::Pass;
        };
        match message.mac() {
            Some(mac) => Decision::Track(Origin {
                mac,
                relay: message.giaddr(),
            }),
            None => Decision::Pass,
        }
    }

    fn packet_dropped(&self, reason: DropReason, origin: &Origin) {
        self.tally.count(reason);
        if let Some(drops) = self.drops.get() {
            // When the reporter falls behind, its tables miss a drop; the tally does not, and the server does not wait.
            let _ = drops.try_send(Drop {
                reason,
                origin: *origin,
                at: Instant::now(),
            });
        }
    }
}

fn report(drops: &Receiver<Drop>) {
    let mut reporter = Reporter::default();
    loop {
        for drop in drops.try_iter() {
            if let Some(line) = reporter.note(&drop) {
                eprintln!("drops: {line}");
            }
        }
        thread::sleep(PAUSE);
    }
}

#[derive(Default)]
struct Reporter {
    by_relay: HashMap<Ipv4Addr, u64>,
    /// For each client, how many of its packets were dropped, and when it was reported last.
    by_client: HashMap<[u8; 6], (u64, Instant)>,
}

impl Reporter {
    /// Counts a drop; returns the line to be written, if the client is due.
    fn note(&mut self, drop: &Drop) -> Option<String> {
        let Drop {
            reason,
            origin: Origin { mac, relay },
            at,
        } = *drop;
        if self.by_client.len() >= MOST_CLIENTS {
            self.by_client.retain(|_, (_, last)| at.duration_since(*last) < QUIET);
        }
        let at_relay = self.by_relay.entry(relay).or_default();
        *at_relay = at_relay.saturating_add(1);
        let known = self.by_client.len() < MOST_CLIENTS || self.by_client.contains_key(&mac);
        let (of_client, last) = self
            .by_client
            .get_mut(&mac)
            .map_or((0, None), |(count, last)| (*count, Some(*last)));
        let due = last.is_none_or(|last| at.duration_since(last) >= QUIET);
        let of_client = of_client.saturating_add(1);
        if known {
            self.by_client
                .insert(mac, (of_client, last.filter(|_| !due).unwrap_or(at)));
        }
        let line = || format!("client {mac:02x?}: {of_client}, relay {relay}: {at_relay}, last: {reason}");
        (known && due).then(line)
    }
}

dhcp_callout::export!(
    DropMonitor {
        tally: PacketTally::new(),
        drops: OnceLock::new()
    },
    packets = 4096
);

fn main() {
    show::lives(DhcpServerCalloutEntry);
    thread::sleep(PAUSE.saturating_mul(2));
}
