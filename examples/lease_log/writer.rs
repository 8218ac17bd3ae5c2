//! The thread that writes the lines, and the way to it.

use core::net::Ipv4Addr;
use core::sync::atomic::Ordering::Relaxed;
use std::sync::LazyLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use dhcp_callout::Outcome;

use super::{LOG, Request};

/// Not part of the host: it would put the whole table into the file of the DLL.
static WRITER: LazyLock<SyncSender<(Request, Outcome)>> = LazyLock::new(|| {
    let (sender, receiver) = sync_channel(1024);
    thread::spawn(move || receiver.iter().for_each(|(request, outcome)| write(&request, outcome)));
    sender
});

pub(super) fn start() {
    LazyLock::force(&WRITER);
}

/// Hands a packet to the writer; false if it has too much to do, for a hook does not wait.
pub(super) fn send(request: Request, outcome: Outcome) -> bool {
    WRITER.try_send((request, outcome)).is_ok()
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
