//! The thread that writes the lines, and the way to it.

use core::net::Ipv4Addr;
use core::sync::atomic::Ordering::Relaxed;
use core::time::Duration;
use std::sync::LazyLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use dhcp_callout::Outcome;

use super::{LOG, Request};

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
                Work::Flush(done) => _ = done.send(()),
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
    if WRITER.send(Work::Flush(done)).is_ok() {
        let _ = written.recv_timeout(Duration::from_secs(5));
    }
}

/// Writes one line. On a server into a file: what a service writes to stderr is lost.
fn write(request: &Request, outcome: Outcome) {
    let client = request.client.map(|byte| format!("{byte:02x}")).join(":");
    // What a client sends is hostile: a control character would end the line.
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string().trim_end_matches("\\x00").to_owned();
    let [host, circuit] = [&request.host_name, &request.circuit].map(|bytes| text(bytes));
    let [address, seconds] = request.lease.each_ref().map(|part| part.load(Relaxed));
    let (address, message_type) = (Ipv4Addr::from_bits(address), request.message_type);
    let missed = LOG.callout().0.swap(0, Relaxed);
    eprintln!("lease: {client} {message_type} {host} {circuit} {address} {seconds} s: {outcome}; {missed} missed");
}
