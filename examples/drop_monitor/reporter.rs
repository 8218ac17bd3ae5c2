//! The thread that reports, and the way to it.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use dhcp_callout::DropReason;

const QUIET: Duration = Duration::from_secs(3600);
/// How many addresses are remembered before all are forgotten: a hostile network has as many as it likes.
const MOST: usize = 65_536;

/// Why a packet was dropped, and where it came from: the client's address, and the relay's.
pub(super) type Drop = (DropReason, [u8; 6], Ipv4Addr);

static REPORTER: LazyLock<SyncSender<Drop>> = LazyLock::new(|| {
    let (sender, receiver) = sync_channel(1024);
    thread::spawn(move || report(&receiver));
    sender
});

pub(super) fn start() {
    LazyLock::force(&REPORTER);
}

/// Hands over a drop. If the reporter has too much to do, it misses one: a hook does not wait.
pub(super) fn send(drop: Drop) {
    let _ = REPORTER.try_send(drop);
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
            eprintln!("drops: client {mac:02x?}: {count}, relay {relay}: {at_relay}, last: {reason}");
        }
    }
}
