//! The thread that writes the lines, and the way to it.

use core::net::Ipv4Addr;
use core::sync::atomic::Ordering::Relaxed;
use core::time::Duration;
use std::sync::LazyLock;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Instant;

use dhcp_callout::Outcome;

use super::{LOG, Request};

/// How long a STOP waits for the writer.
const LONGEST_STOP: Duration = Duration::from_secs(5);

enum Work {
    Line(Request, Outcome),
    /// To be answered when all lines before it are written.
    Flush(SyncSender<()>),
}

/// Not part of the host: it would put the whole table into the file of the DLL.
static WRITER: LazyLock<SyncSender<Work>> = LazyLock::new(|| {
    let (sender, receiver) = sync_channel(1024);
    thread::spawn(move || {
        for work in receiver {
            match work {
                Work::Line(request, outcome) => write(&request, outcome),
                Work::Flush(done) => {
                    eprintln!("lease: {} missed", missed());
                    let _ = done.send(());
                }
            }
        }
    });
    sender
});

pub(super) fn start() {
    LazyLock::force(&WRITER);
}

/// Hands a packet to the writer; false if it has too much to do, for a hook does not wait.
pub(super) fn send(request: Request, outcome: Outcome) -> bool {
    WRITER.try_send(Work::Line(request, outcome)).is_ok()
}

/// Waits until the lines are written, but not for ever: the service wants to stop.
pub(super) fn flush() {
    let (done, written) = sync_channel(1);
    let (mut work, start) = (Work::Flush(done), Instant::now());
    while let Err(TrySendError::Full(unsent)) = WRITER.try_send(work) {
        if start.elapsed() > LONGEST_STOP {
            return;
        }
        work = unsent;
        thread::sleep(Duration::from_millis(10));
    }
    let _ = written.recv_timeout(LONGEST_STOP.saturating_sub(start.elapsed()));
}

/// Writes one line. On a server into a file: what a service writes to stderr is lost.
fn write(request: &Request, outcome: Outcome) {
    let client = request.client.map(|byte| format!("{byte:02x}")).join(":");
    // What a client sends is hostile: a control character would end the line.
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string().trim_end_matches("\\x00").to_owned();
    let [host, circuit] = [&request.host_name, &request.circuit].map(|bytes| text(bytes));
    let [address, seconds] = request.lease.each_ref().map(|part| part.load(Relaxed));
    let (address, message_type) = (Ipv4Addr::from_bits(address), request.message_type);
    eprintln!(
        "lease: {client} {message_type} {host} {circuit} {address} {seconds} s: {outcome}; {} missed",
        missed()
    );
}

/// Returns how many packets have had no line since the last.
fn missed() -> u64 {
    LOG.callout().0.swap(0, Relaxed)
}
