//! Replays a captured DHCP exchange through a callout table, and prints what became of every packet: see `HELP`.

use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use capture::{Capture, CaptureError, Cause, Finder, Skipped};
use console::style;
use dhcp_callout::control::{AddressGrant, AddressProblem};
use dhcp_callout::simulate::{Call, Datagram, EntryRefused, Lifecycle, Server};
use dhcp_callout::{DropReason, Message, Outcome, PACKET_CAPACITY, Stage, TallySnapshot, option};
use dhcp_callout_support::{capture, tool, watcher};
use serde_json::{Value, json};

const HELP: &str = "\
Replays a captured DHCP exchange through the hooks of a callout DLL, with a simulated server, and
prints a line for each client packet: seconds since the first frame, transaction, client, message
type, what the server did, how the packet ended. The totals follow.

usage: replay [--json] [FILE]

  FILE        a capture in pcap or pcapng format; - is standard input; without it
              tests/captures/server-gone.pcap of the project
  --json      prints each packet as one line of JSON, then the totals as another; each time is in
              seconds since 1970, as text with nine decimals; of the totals `unparsed` counts what
              was not read, `passed_over` replies that answer no packet, `violations` reports out of
              order, and `live` packets that were never reported as processed
  -h, --help  prints this

What a capture does not show, the server makes up: a DISCOVER without an OFFER was dropped with
DHCP_DROP_NOADDRESS, another request without a reply as `Server::replay` says in the docs.
A request that is not answered in the minute after it counts as unanswered if the capture is a long
one.
Exit code 2: the capture cannot be read, or not to its end; what was read is printed before.";

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return tool::help(HELP),
        Err(error) => return tool::fail("replay", &format_args!("{error}\n{}", tool::usage(HELP))),
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => tool::fail("replay", &error),
    }
}

struct Arguments {
    json: bool,
    file: PathBuf,
}

impl Arguments {
    /// Returns `None` if help is asked for.
    fn parse() -> Result<Option<Self>, lexopt::Error> {
        let mut json = false;
        let mut file = None;
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                lexopt::Arg::Long("json") => json = true,
                lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Ok(None),
                lexopt::Arg::Value(path) if file.is_none() => file = Some(path.into()),
                other => return Err(other.unexpected()),
            }
        }
        let file = file.unwrap_or_else(|| capture::bundled("server-gone.pcap"));
        Ok(Some(Self { json, file }))
    }
}

/// What ends the program early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error("the callout does not load: {0}")]
    Load(#[from] EntryRefused),
    #[error(transparent)]
    Write(#[from] io::Error),
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let server = watcher::server()?;
    let (mut frames, _) = tool::open(&arguments.file, tool::is_redirected())?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut totals = Totals::default();
    let end = replay(&mut frames, &mut totals, |messages, totals| {
        report(&mut out, arguments, &server, messages, totals)
    })?;
    // The bar is gone before the totals come.
    drop(frames);
    totals.tally = watcher::tally();
    if arguments.json {
        writeln!(out, "{}", totals.to_json())?;
    } else {
        totals.print(&mut out)?;
    }
    out.flush()?;
    Ok(end?)
}

/// A DHCP message of the capture.
struct CapturedMessage {
    frame: usize,
    /// Since 1970.
    time: Duration,
    since_first_frame: Duration,
    payload: Vec<u8>,
}

impl CapturedMessage {
    fn parse(&self) -> Option<Message<'_>> {
        Message::parse(&self.payload).ok()
    }

    /// What all messages of an exchange have in common.
    fn transaction(&self) -> Option<u32> {
        self.parse().map(Message::xid)
    }
}

/// Passes the messages of the capture to `report`, whole exchanges together and a limited number at a time. The result
/// in the result is the end of the capture.
fn replay(
    frames: &mut Capture,
    totals: &mut Totals,
    mut report: impl FnMut(&[CapturedMessage], &mut Totals) -> io::Result<()>,
) -> io::Result<Result<(), CaptureError>> {
    const MOST: usize = 16_384;
    let mut finder = Finder::default();
    let mut messages = Vec::new();
    let mut start = None;
    let mut end = Ok(());
    for frame in frames {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                end = Err(error);
                break;
            }
        };
        totals.frames = totals.frames.saturating_add(1);
        let start = *start.get_or_insert(frame.time);
        let Some((payload, frames)) = finder.find(&frame) else {
            continue;
        };
        let unfit = if payload.len() > PACKET_CAPACITY {
            Some(Cause::TooLong)
        } else {
            Message::parse(&payload).err().map(|_| Cause::NoHeader)
        };
        if let Some(cause) = unfit {
            finder.skipped.count(cause, frames);
            continue;
        }
        totals.messages = totals.messages.saturating_add(1);
        messages.push(CapturedMessage {
            frame: totals.frames,
            time: frame.time,
            since_first_frame: frame.time.saturating_sub(start),
            payload: payload.into_owned(),
        });
        if messages.len() >= MOST {
            let unfinished = take_unfinished(&mut messages);
            report(&messages, totals)?;
            messages = unfinished;
        }
    }
    report(&messages, totals)?;
    (totals.joined, totals.skipped) = finder.finish();
    Ok(end)
}

/// Takes out the exchanges that may go on, unless these are most of the messages.
fn take_unfinished(messages: &mut Vec<CapturedMessage>) -> Vec<CapturedMessage> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let last: BTreeMap<_, _> = messages
        .iter()
        .map(|message| (message.transaction(), message.time))
        .collect();
    let now = messages.last().map_or(Duration::ZERO, |message| message.time);
    let is_recent = |time: &Duration| now.saturating_sub(*time) < PATIENCE;
    let (unfinished, finished): (Vec<_>, Vec<_>) = messages
        .drain(..)
        .partition(|message| last.get(&message.transaction()).is_some_and(is_recent));
    if unfinished.len() > finished.len() {
        *messages = finished.into_iter().chain(unfinished).collect();
        messages.sort_by_key(|message| message.frame);
        return Vec::new();
    }
    *messages = finished;
    unfinished
}

/// Has the server play its part in these messages, prints what became of the client packets in the order in which they
/// came, and counts them.
fn report(
    out: &mut impl Write,
    arguments: &Arguments,
    server: &Server,
    messages: &[CapturedMessage],
    totals: &mut Totals,
) -> io::Result<()> {
    let datagrams: Vec<_> = messages
        .iter()
        .map(|message| Datagram {
            time: message.time,
            payload: &message.payload,
        })
        .collect();
    let mut lifecycles = Vec::new();
    let passed_over = server.replay(&datagrams, |lifecycle| lifecycles.push(lifecycle.clone()));
    totals.packets = totals.packets.saturating_add(lifecycles.len());
    totals.passed_over = totals.passed_over.saturating_add(passed_over.len());
    lifecycles.sort_by_key(|lifecycle| lifecycle.index);
    for lifecycle in &lifecycles {
        let packet = messages.get(lifecycle.index);
        let Some((packet, message)) = packet.and_then(|packet| Some((packet, packet.parse()?))) else {
            continue;
        };
        if arguments.json {
            writeln!(out, "{}", to_json(packet, message, lifecycle, messages))?;
        } else {
            print(out, packet, message, lifecycle, messages)?;
        }
    }
    Ok(())
}

fn print(
    out: &mut impl Write,
    packet: &CapturedMessage,
    message: Message<'_>,
    lifecycle: &Lifecycle,
    messages: &[CapturedMessage],
) -> io::Result<()> {
    let calls = lifecycle.calls.iter();
    let did: Vec<_> = calls.filter_map(|(_, call)| describe(messages, *call)).collect();
    writeln!(
        out,
        "{:>10.3} s  {:08x}  {:<17}  {:<8}  {:<44}  {}",
        packet.since_first_frame.as_secs_f64(),
        message.xid(),
        client(message),
        type_name(message),
        did.join(", "),
        ending(lifecycle.stage),
    )
}

/// What a call says of the server's work, if it says anything that the other columns do not.
fn describe(messages: &[CapturedMessage], call: Call) -> Option<String> {
    match call {
        Call::NewPacket { refused: true } => Some("refused".to_owned()),
        Call::AddressOffered {
            grant,
            address,
            lease_time,
        } => {
            let kind = if grant == AddressGrant::OLD {
                "renewed"
            } else {
                "leased"
            };
            Some(format!("{kind} {address} for {lease_time} s"))
        }
        Call::AddressDeleted { problem, address } => Some(match problem {
            AddressProblem::RELEASE => format!("took back {address}"),
            AddressProblem::NACKED => format!("refused {address}"),
            _ => format!("put aside {address}"),
        }),
        Call::Sent { reply, .. } => {
            let reply = messages.get(reply)?.parse()?;
            Some(match type_name(reply).as_str() {
                "OFFER" => format!("OFFER {}", reply.yiaddr()),
                name => name.to_owned(),
            })
        }
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

fn ending(stage: Stage) -> console::StyledObject<String> {
    match stage {
        Stage::Done(Outcome::Processed) => style("processed".to_owned()).green(),
        Stage::Done(Outcome::Dropped(reason)) => style(format!("dropped: {reason}")).yellow(),
        Stage::Dropped(reason) => style(format!("dropped, not finished: {reason}")).red(),
        Stage::InFlight => style("no report".to_owned()).red(),
    }
}

fn to_json(
    packet: &CapturedMessage,
    message: Message<'_>,
    lifecycle: &Lifecycle,
    messages: &[CapturedMessage],
) -> Value {
    let calls = lifecycle.calls.iter();
    json!({
        "frame": packet.frame,
        "time": tool::time(packet.time),
        "xid": format!("{:08x}", message.xid()),
        "client": client(message),
        "type": type_name(message),
        "calls": calls.map(|(time, call)| call_to_json(*time, *call, messages)).collect::<Value>(),
        "end": match lifecycle.stage {
            Stage::Done(Outcome::Processed) => "processed".to_owned(),
            Stage::Done(Outcome::Dropped(reason)) => reason.to_string(),
            Stage::Dropped(_) | Stage::InFlight => "not reported".to_owned(),
        },
    })
}

fn call_to_json(time: Duration, call: Call, messages: &[CapturedMessage]) -> Value {
    let (hook, details) = match call {
        Call::NewPacket { refused } => ("new_packet", json!({ "refused": refused })),
        Call::OptionsParsed => ("options_parsed", json!({})),
        Call::AddressOffered {
            grant,
            address,
            lease_time,
        } => (
            "address_offered",
            json!({ "grant": grant.to_string(), "address": address.to_string(), "lease_time": lease_time }),
        ),
        Call::AddressDeleted { problem, address } => (
            "address_deleted",
            json!({ "problem": problem.to_string(), "address": address.to_string() }),
        ),
        Call::Sent { reply, altered } => {
            let reply = messages.get(reply);
            let kind = reply.and_then(CapturedMessage::parse).map(type_name);
            (
                "sent",
                json!({ "frame": reply.map(|reply| reply.frame), "type": kind, "altered": altered }),
            )
        }
        Call::Notified(notice) => ("notified", json!({ "notice": notice.to_string() })),
        other => ("other", json!({ "call": format!("{other:?}") })),
    };
    let mut object = json!({ "call": hook, "time": tool::time(time) });
    if let (Value::Object(object), Value::Object(details)) = (&mut object, details) {
        object.extend(details);
    }
    object
}

#[derive(Default)]
struct Totals {
    frames: usize,
    messages: usize,
    /// Messages in IP fragments.
    joined: usize,
    /// Messages of clients.
    packets: usize,
    /// Messages that answer none of these.
    passed_over: usize,
    skipped: Skipped,
    tally: TallySnapshot,
}

impl Totals {
    fn to_json(&self) -> Value {
        let tally = &self.tally;
        let dropped: serde_json::Map<_, _> = self
            .drops()
            .map(|(reason, count)| (reason.to_string(), json!(count)))
            .collect();
        let skipped: serde_json::Map<_, _> = self
            .skipped
            .iter()
            .map(|(cause, frames)| (cause.to_string(), json!(frames)))
            .collect();
        json!({
            "packets": self.packets,
            "passed_over": self.passed_over,
            "messages": self.messages,
            "frames": self.frames,
            "joined_from_fragments": self.joined,
            "unparsed": self.skipped.total(),
            "not_read": skipped,
            "admitted": tally.admitted,
            "done": tally.done,
            "dropped": dropped,
            "violations": tally.repeated_drops.saturating_add(tally.after_done).saturating_add(tally.stale),
            "live": tally.in_flight(),
        })
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        const BAR: u64 = 32;
        writeln!(
            out,
            "\n{}, {}, {} from clients",
            tool::count(self.frames, "frame"),
            tool::count(self.messages, "message"),
            self.packets
        )?;
        if self.joined > 0 {
            let messages = tool::count(self.joined, "message");
            writeln!(out, "{messages} put together from IP fragments")?;
        }
        if self.passed_over > 0 {
            let messages = tool::count(self.passed_over, "message");
            writeln!(out, "{messages} passed over: no answer to a packet of the capture")?;
        }
        write!(out, "{}\n{}", self.skipped, self.tally)?;
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
