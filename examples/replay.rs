//! Replays a captured DHCP exchange through a callout table, and prints what became of every packet.
//!
//! ```text
//! cargo run --release --example replay [-- [--json] [FILE]]
//! ```
//!
//! Without FILE it replays a capture that comes with the project. FILE is a capture in pcap or pcapng format. With
//! `--json` the last line is one JSON object of totals. Exit code 2: FILE cannot be read as a capture.

use core::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use capture::Frame;
use dhcp_callout::simulate::{Call, Datagram, Lifecycle, Server};
use dhcp_callout::{DropReason, Message, Outcome, PACKET_CAPACITY, Stage, TallySnapshot, option};
use dhcp_callout_support::{capture, watcher};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

const USAGE: &str = "usage: replay [--json] [FILE]";

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => return fail(&format_args!("{error}\n{USAGE}")),
    };
    let frames = match capture::read(&arguments.file) {
        Ok(frames) => frames,
        Err(error) => return fail(&error),
    };
    let exchange = Exchange::find(&frames);
    let lifecycles = match watcher::server() {
        Ok(server) => exchange.replay(&server),
        Err(error) => return fail(&error),
    };
    let totals = Totals {
        tally: watcher::tally(),
        messages: exchange.datagrams.len(),
        unparsed: exchange.unparsed,
    };
    match report(&arguments, &exchange, &lifecycles, &totals) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn fmt::Display) -> ExitCode {
    eprintln!("replay: {error}");
    ExitCode::from(2)
}

struct Arguments {
    json: bool,
    file: PathBuf,
}

impl Arguments {
    fn parse() -> Result<Self, lexopt::Error> {
        let mut json = false;
        let mut file = None;
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                lexopt::Arg::Long("json") => json = true,
                lexopt::Arg::Value(path) if file.is_none() => file = Some(path.into()),
                other => return Err(other.unexpected()),
            }
        }
        let file = file.unwrap_or_else(|| capture::bundled("server-gone.pcap"));
        Ok(Self { json, file })
    }
}

/// The DHCP messages of a capture.
struct Exchange<'c> {
    datagrams: Vec<Datagram<'c>>,
    /// Frames that hold no DHCP message.
    unparsed: usize,
}

impl<'c> Exchange<'c> {
    fn find(frames: &'c [Frame]) -> Self {
        let datagrams: Vec<_> = capture::datagrams(frames)
            .into_iter()
            .filter(|datagram| datagram.payload.len() <= PACKET_CAPACITY && Message::parse(datagram.payload).is_ok())
            .collect();
        let unparsed = frames.len().saturating_sub(datagrams.len());
        Self { datagrams, unparsed }
    }

    /// Replays the messages, and returns what became of the packets, in the order in which they came.
    fn replay(&self, server: &Server) -> Vec<Lifecycle> {
        let bar = ProgressBar::new(u64::try_from(self.datagrams.len()).unwrap_or(u64::MAX));
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} messages {eta}") {
            bar.set_style(style);
        }
        let mut lifecycles = Vec::new();
        server.replay(&self.datagrams, |lifecycle| {
            let calls = lifecycle
                .calls
                .iter()
                .filter(|(_, call)| matches!(call, Call::NewPacket { .. } | Call::Sent { .. }));
            bar.inc(u64::try_from(calls.count()).unwrap_or(0));
            lifecycles.push(lifecycle.clone());
        });
        bar.finish_and_clear();
        lifecycles.sort_by_key(|lifecycle| lifecycle.index);
        lifecycles
    }

    fn message(&self, index: usize) -> Option<Message<'c>> {
        Message::parse(self.datagrams.get(index)?.payload).ok()
    }
}

struct Totals {
    tally: TallySnapshot,
    messages: usize,
    unparsed: usize,
}

fn report(arguments: &Arguments, exchange: &Exchange<'_>, lifecycles: &[Lifecycle], totals: &Totals) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if arguments.json {
        writeln!(out, "{}", totals.to_json(lifecycles.len()))?;
    } else {
        for lifecycle in lifecycles {
            print_lifecycle(&mut out, exchange, lifecycle)?;
        }
        totals.print(&mut out, lifecycles.len())?;
    }
    out.flush()
}

/// Prints one line: time, transaction, client, message type, what the server did, how the packet ended.
fn print_lifecycle(out: &mut impl Write, exchange: &Exchange<'_>, lifecycle: &Lifecycle) -> io::Result<()> {
    let Some(message) = exchange.message(lifecycle.index) else {
        return Ok(());
    };
    let time = exchange
        .datagrams
        .get(lifecycle.index)
        .map_or(0.0, |datagram| datagram.time.as_secs_f64());
    let did: Vec<_> = lifecycle
        .calls
        .iter()
        .filter_map(|(_, call)| describe(exchange, *call))
        .collect();
    writeln!(
        out,
        "{time:>10.3} s  {:08x}  {:<17}  {:<8}  {:<44}  {}",
        message.xid(),
        client(message),
        type_name(message),
        did.join(", "),
        Ending(lifecycle.stage),
    )
}

/// What a call says of the server's work, if it says anything that the other columns do not.
fn describe(exchange: &Exchange<'_>, call: Call) -> Option<String> {
    match call {
        Call::NewPacket { accepted: false } => Some("refused".to_owned()),
        Call::AddressOffered {
            grant,
            address,
            lease_time,
        } => {
            let kind = if grant == dhcp_callout::control::AddressGrant::OLD {
                "renewed"
            } else {
                "leased"
            };
            Some(format!("{kind} {address} for {lease_time} s"))
        }
        Call::AddressDeleted { problem, address } => Some(match problem {
            dhcp_callout::control::AddressProblem::RELEASE => format!("took back {address}"),
            dhcp_callout::control::AddressProblem::NACKED => format!("refused {address}"),
            _ => format!("put aside {address}"),
        }),
        Call::Sent { reply, .. } => exchange.message(reply).map(|reply| match type_name(reply).as_str() {
            "OFFER" => format!("OFFER {}", reply.yiaddr()),
            name => name.to_owned(),
        }),
        _ => None,
    }
}

fn client(message: Message<'_>) -> String {
    let address = message.chaddr().unwrap_or(message.chaddr_field());
    address
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(":")
}

fn type_name(message: Message<'_>) -> String {
    match (message.message_type(), message.value(option::MESSAGE_TYPE.code())) {
        (Some(kind), _) => kind.to_string().trim_start_matches("DHCP").to_owned(),
        (None, Ok(None)) => "BOOTP".to_owned(),
        (None, _) => "invalid".to_owned(),
    }
}

struct Ending(Stage);

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Stage::Done(Outcome::Processed) => f.write_str("processed"),
            Stage::Done(Outcome::Dropped(reason)) => write!(f, "dropped: {reason}"),
            Stage::Dropped(reason) => write!(f, "dropped, not finished: {reason}"),
            Stage::InFlight => f.write_str("no report"),
        }
    }
}

impl Totals {
    fn to_json(&self, packets: usize) -> serde_json::Value {
        let tally = &self.tally;
        let dropped: serde_json::Map<_, _> = self
            .drops()
            .map(|(reason, count)| (reason.to_string(), json!(count)))
            .collect();
        json!({
            "packets": packets,
            "messages": self.messages,
            "unparsed": self.unparsed,
            "admitted": tally.admitted,
            "done": tally.done,
            "dropped": dropped,
            "violations": tally.repeated_drops.saturating_add(tally.after_done).saturating_add(tally.stale),
            "live": tally.in_flight(),
        })
    }

    fn print(&self, out: &mut impl Write, packets: usize) -> io::Result<()> {
        const BAR: u64 = 32;
        writeln!(out)?;
        writeln!(
            out,
            "{} messages, {packets} from clients; {} other frames skipped",
            self.messages, self.unparsed
        )?;
        writeln!(out)?;
        write!(out, "{}", self.tally)?;
        let all = self.tally.dropped_in_all().max(1);
        for (reason, count) in self.drops() {
            let length = usize::try_from(count.saturating_mul(BAR).div_ceil(all)).unwrap_or_default();
            writeln!(out, "  {:<24} {} {count}", reason.to_string(), "█".repeat(length))?;
        }
        Ok(())
    }

    /// The reasons for which packets were dropped.
    fn drops(&self) -> impl Iterator<Item = (DropReason, u64)> + '_ {
        self.tally.drops().filter(|(_, count)| *count > 0)
    }
}
