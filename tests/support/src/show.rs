//! Shows a callout at work: a simulated server that has loaded it replays the bundled captures, or those that the
//! command line names.

use std::env;
use std::path::{Path, PathBuf};
use std::process::exit;

use dhcp_callout::ffi::{CalloutTable, EntryPoint};
use dhcp_callout::simulate::{Call, Datagram, Lifecycle, Server};
use dhcp_callout::{Message, ServiceControl};

use crate::capture::{self, Finder};

/// Loads the callout, and prints what it did to each packet.
#[expect(unsafe_code, reason = "an entry point is called with raw pointers")]
pub fn lifecycles(entry: EntryPoint) {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let loaded = unsafe { Server::load(entry) };
    let server = loaded.unwrap_or_else(|error| {
        eprintln!("not loaded: {error}");
        // SAFETY: there is no hook.
        unsafe { Server::new(CalloutTable::EMPTY) }
    });
    let named: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    for path in &named {
        println_capture(&server, path);
    }
    if named.is_empty() {
        for name in capture::BUNDLED {
            println_capture(&server, &capture::bundled(name));
        }
    }
    server.control(ServiceControl::STOP);
}

fn println_capture(server: &Server, path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let frames = capture::read(path).unwrap_or_else(|error| fail(&error));
    let mut finder = Finder::default();
    let messages: Vec<_> = frames
        .iter()
        .filter_map(|frame| Some((frame.time, finder.find(frame)?.0)))
        .collect();
    let datagrams: Vec<_> = messages
        .iter()
        .map(|(time, payload)| Datagram { time: *time, payload })
        .collect();
    server.replay(&datagrams, |lifecycle| {
        if let Some(datagram) = datagrams.get(lifecycle.index) {
            eprintln!("{name}: {}", line(datagram, lifecycle));
        }
    });
    for line in finder.finish().1.to_string().lines() {
        eprintln!("{name}: {line}");
    }
}

fn line(datagram: &Datagram<'_>, lifecycle: &Lifecycle) -> String {
    let did = lifecycle.calls.iter().find_map(|(_, call)| match call {
        Call::NewPacket { refused: true } => Some("refused"),
        Call::Sent { altered: true, .. } => Some("reply altered"),
        _ => None,
    });
    let message =
        Message::parse(datagram.payload).map_or_else(|error| error.to_string(), |message| message.to_string());
    format!("{:<13} {message}", did.unwrap_or("passed"))
}

fn fail(error: &dyn core::fmt::Display) -> ! {
    eprintln!("{error}");
    exit(2)
}
