//! The thread that reports, and the way to it.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Instant;

use dhcp_callout::DropReason;

use super::MONITOR;

const QUIET: Duration = Duration::from_secs(3600);
/// How many addresses are remembered before all are forgotten: a hostile network has as many as it likes.
const MOST: usize = 65_536;

/// Why a packet was dropped, and where it came from: the client's address, and the relay's.
pub(super) type Drop = (DropReason, [u8; 6], Ipv4Addr);

/// How long a STOP waits for the reporter.
const LONGEST_STOP: Duration = Duration::from_secs(5);

enum Work {
    Drop(Drop),
    /// To be answered when all before it is reported.
    Flush(SyncSender<()>),
}

static REPORTER: LazyLock<SyncSender<Work>> = LazyLock::new(|| {
    let (sender, receiver) = sync_channel(1024);
    thread::spawn(move || report(&receiver));
    sender
});

pub(super) fn start() {
    LazyLock::force(&REPORTER);
}

/// Hands over a drop. If the reporter has too much to do, it misses one: a hook does not wait.
pub(super) fn send(drop: Drop) {
    let _ = REPORTER.try_send(Work::Drop(drop));
}

/// Waits until all drops and the counts by reason are reported, but not for ever: the service wants to stop.
pub(super) fn flush() {
    let (done, reported) = sync_channel(1);
    let (mut work, start) = (Work::Flush(done), Instant::now());
    while let Err(TrySendError::Full(unsent)) = REPORTER.try_send(work) {
        if start.elapsed() > LONGEST_STOP {
            return;
        }
        work = unsent;
        thread::sleep(Duration::from_millis(10));
    }
    let _ = reported.recv_timeout(LONGEST_STOP.saturating_sub(start.elapsed()));
}

/// Reports each client that is due. On a server into a file or the event log: what a service writes to stderr is lost.
fn report(work: &Receiver<Work>) {
    let mut by_relay: HashMap<Ipv4Addr, u64> = HashMap::new();
    // How many packets of a client were dropped, and when it was reported last.
    let mut by_client: HashMap<[u8; 6], (u64, Option<Instant>)> = HashMap::new();
    for work in work {
        let (reason, mac, relay) = match work {
            Work::Drop(drop) => drop,
            Work::Flush(done) => {
                for (reason, count) in MONITOR.callout().0.snapshot().drops().filter(|(_, count)| *count > 0) {
                    eprintln!("drops: {reason}: {count} in all");
                }
                let _ = done.send(());
                continue;
            }
        };
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
