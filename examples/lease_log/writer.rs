//! The thread that writes the lines, and the way to it.

use core::net::Ipv4Addr;
use core::sync::atomic::Ordering::Relaxed;
use core::time::Duration;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::{Instant, SystemTime};
use std::{env, thread};

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
static WRITER: OnceLock<SyncSender<Work>> = OnceLock::new();

pub(super) fn path() -> PathBuf {
    env::var_os("DHCP_LEASE_LOG").map_or_else(|| env::temp_dir().join("dhcp-leases.log"), PathBuf::from)
}

/// Opens the log, to which it appends, and starts the thread; the server may load the DLL several times.
pub(super) fn start() -> io::Result<()> {
    let mut log = File::options().create(true).append(true).open(path())?;
    WRITER.get_or_init(|| {
        let (sender, receiver) = sync_channel(1024);
        thread::spawn(move || {
            for work in receiver {
                match work {
                    Work::Line(request, outcome) => write(&mut log, &line(&request, outcome), 1),
                    Work::Flush(done) => {
                        write(&mut log, "stopped", 0);
                        let _ = done.send(());
                    }
                }
            }
        });
        sender
    });
    Ok(())
}

/// Hands a packet to the writer; false if it has too much to do, for a hook does not wait.
pub(super) fn send(request: Request, outcome: Outcome) -> bool {
    let writer = WRITER.get();
    writer.is_some_and(|writer| writer.try_send(Work::Line(request, outcome)).is_ok())
}

/// Waits until the lines are written, but not for ever: the service wants to stop.
pub(super) fn flush() {
    let Some(writer) = WRITER.get() else { return };
    let (done, written) = sync_channel(1);
    let (mut work, start) = (Work::Flush(done), Instant::now());
    while let Err(TrySendError::Full(unsent)) = writer.try_send(work) {
        if start.elapsed() > LONGEST_STOP {
            return;
        }
        work = unsent;
        thread::sleep(Duration::from_millis(10));
    }
    let _ = written.recv_timeout(LONGEST_STOP.saturating_sub(start.elapsed()));
}

/// Writes a line about so many packets, and how many have had none since the last; at once, so that a crash loses no
/// line.
fn write(log: &mut File, line: &str, packets: u64) {
    let missed = LOG.callout().0.swap(0, Relaxed);
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    if log
        .write_all(format!("{now} {line}; {missed} missed\n").as_bytes())
        .is_err()
    {
        LOG.callout().0.fetch_add(missed.saturating_add(packets), Relaxed);
    }
}

fn line(request: &Request, outcome: Outcome) -> String {
    let client = request.client.map(|byte| format!("{byte:02x}")).join(":");
    // What a client sends is hostile: a control character would end the line, and a quotation mark the text.
    let [host, circuit] = [&request.host_name, &request.circuit].map(|bytes| {
        let last = bytes.iter().rposition(|byte| *byte != 0);
        last.and_then(|last| bytes.get(..=last))
            .unwrap_or_default()
            .escape_ascii()
    });
    let [address, seconds] = request.lease.each_ref().map(|part| part.load(Relaxed));
    let (address, message_type) = (Ipv4Addr::from_bits(address), request.message_type);
    format!("{client} {message_type} \"{host}\" \"{circuit}\" {address} {seconds} s: {outcome}")
}
