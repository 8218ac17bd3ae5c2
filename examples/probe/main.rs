//! What does my server do where its documentation is silent? A callout DLL that counts it, and writes a file.
//!
//! The file is `dhcp-probe.txt` in the folder for temporary files, or what `DHCP_PROBE_FILE` names; it is written when
//! the service stops, pauses or continues. It has a line for each question: how often the answer was yes, how often no.
//! No DLL can see whether the server reads a buffer after the last hook that is given it: take a capture; nor of which
//! packet a report as processed is that comes with a NULL context, as one of a refused packet may. There is no
//! chain: make it the only DLL of the server's list, or the last.
//!
//! Every packet stays as it is, unless `DHCP_PROBE_MAC` names one client by 12 hexadecimal digits. Then its DISCOVERs
//! are refused, replaced, rewritten, or the OFFERs to them replaced or rewritten, by turns as its transaction ids fall:
//! let it ask again and again, for instance by `ipconfig /release` and `/renew`. An altered DISCOVER asks for another
//! lease time; an altered OFFER names another server, and a client that gets it asks that server, which is not there.
//!
//! In a DLL of your own this folder is `src`, and this file `lib.rs`, without `main`, `tests` and `show`.

use core::net::Ipv4Addr;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::{env, fs};

use dhcp_callout::message::Seconds;
use dhcp_callout::{
    Callout, ControlEvent, Decision, Editor, Host, LoadError, Message, MessageType, NewPacket, OnControl,
    OnOptionsParsed, OnSendPacket, PacketNotice, ParsedOptions, ReplaceError, SendPacket, ServiceControl, option,
};

#[cfg(test)]
mod tests;

/// How often the answer was yes, and how often no.
struct Question(AtomicU64, AtomicU64);

impl Question {
    fn answer(&self, is_so: bool) {
        let counter = if is_so { &self.0 } else { &self.1 };
        counter.fetch_add(1, Relaxed);
    }
}

macro_rules! questions {
    ($($QUESTION:ident $text:literal)+) => {
        $(static $QUESTION: Question = Question(AtomicU64::new(0), AtomicU64::new(0));)+

        fn answers() -> [String; [$($text),+].len()] {
            [$({
                let Question(yes, no) = &$QUESTION;
                format!("{:>9} yes {:>9} no  {}\n", yes.load(Relaxed), no.load(Relaxed), $text)
            }),+]
        }
    };
}

questions! {
    SAME_THREAD "Is a hook about a packet on the thread of its NewPkt?"
    AT_ONCE "Is another hook running when one begins?"
    OVERLAP "Is another hook about the packet running when one begins?"
    IN_FLIGHT "Is the context of a HandleOptions or PktSend that of a packet in flight, not NULL or an old one?"
    DROP_IN_FLIGHT "Is the context of a PktDrop with a reason that of a packet in flight?"
    DROP_OF_REFUSED "Is a PktDrop with a reason and another context about the DISCOVER that was refused last?"
    NETWORK_ORDER "Is RequestLeaseTime what option 51 says, read in network order and not in host order?"
    TRIED "Could a DISCOVER or OFFER of the client be altered? A refusal counts as yes."
    REPLACED_DISCOVER "Is RequestLeaseTime that of the replaced DISCOVER?"
    REWRITTEN_DISCOVER "Is RequestLeaseTime that of the rewritten DISCOVER?"
    BUFFER_KEPT "Is a later hook about the replaced DISCOVER given the buffer of the DLL?"
    REPLACED_OFFER "Does the REQUEST name the server of the replaced OFFER?"
    REWRITTEN_OFFER "Does the REQUEST name the server of the rewritten OFFER?"
}

/// The client, and what is tried with it.
static CLIENT: OnceLock<[u8; 6]> = OnceLock::new();
const LEASE: Seconds = Seconds(4321);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 54);
/// The transaction of the last DISCOVER that was refused, and of the last OFFER that was altered.
static REFUSED: AtomicU64 = AtomicU64::new(u64::MAX);
static OFFERED: AtomicU64 = AtomicU64::new(u64::MAX);

/// What is kept for each packet.
struct Packet {
    thread: u64,
    running: AtomicU64,
    /// The question that its alteration answers.
    altered: Option<&'static Question>,
    /// The address of the buffer that replaces it, or 0.
    replacement: usize,
}

static THREADS: AtomicU64 = AtomicU64::new(0);
std::thread_local! {
    static THREAD: u64 = THREADS.fetch_add(1, Relaxed);
}

/// Looks where and when a hook runs, and which bytes of the packet it is given.
fn watch<R>(packet: Option<&Packet>, bytes: &[u8], hook: impl FnOnce() -> R) -> R {
    static RUNNING: AtomicU64 = AtomicU64::new(0);
    AT_ONCE.answer(RUNNING.fetch_add(1, Relaxed) > 0);
    if let Some(packet) = packet {
        OVERLAP.answer(packet.running.fetch_add(1, Relaxed) > 0);
        SAME_THREAD.answer(packet.thread == THREAD.with(|thread| *thread));
        if packet.replacement != 0 && !bytes.is_empty() {
            BUFFER_KEPT.answer(packet.replacement == bytes.as_ptr().addr());
        }
    }
    let result = hook();
    packet.map(|packet| packet.running.fetch_sub(1, Relaxed));
    RUNNING.fetch_sub(1, Relaxed);
    result
}

/// Returns the transaction of a message of or to the client, and its type.
fn of_client(message: Message<'_>) -> Option<(u32, MessageType)> {
    let client = CLIENT.get()?;
    (message.mac() == Some(*client)).then_some((message.xid(), message.message_type()?))
}

fn try_out(question: &'static Question, result: Result<usize, ReplaceError>) -> Option<&'static Question> {
    TRIED.answer(result.is_ok());
    result.is_ok().then_some(question)
}

struct Probe;

impl Callout for Probe {
    type State = Packet;

    fn load(&'static self) -> Result<(), LoadError> {
        if let Ok(digits) = env::var("DHCP_PROBE_MAC") {
            let is_hex = digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let number = u64::from_str_radix(&digits, 16).ok().filter(|_| is_hex);
            let [_, _, mac @ ..] = number.ok_or_else(LoadError::default)?.to_be_bytes();
            CLIENT.get_or_init(|| mac);
        }
        Ok(())
    }

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Packet> {
        watch(None, &[], || decide(packet))
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, packet: Option<&Packet>) {
        watch(packet, notice.bytes().unwrap_or_default(), || {
            DROP_IN_FLIGHT.answer(packet.is_some());
            if let (None, Ok(message)) = (packet, notice.message()) {
                DROP_OF_REFUSED.answer(REFUSED.load(Relaxed) == u64::from(message.xid()));
            }
        });
    }
}

fn decide(packet: &mut NewPacket<'_>) -> Decision<Packet> {
    let alter = |discover: &mut Editor<'_, '_>| _ = discover.set(option::LEASE_TIME, LEASE);
    let message = packet.message().ok();
    let named = message.and_then(|message| message.find(option::SERVER_ID));
    let altered = match message.and_then(of_client) {
        Some((xid, MessageType::DISCOVER)) => match xid % 5 {
            0 => {
                REFUSED.store(xid.into(), Relaxed);
                TRIED.answer(true);
                return Decision::Refuse;
            }
            1 => try_out(&REPLACED_DISCOVER, packet.replace(alter)),
            2 => try_out(&REWRITTEN_DISCOVER, packet.rewrite(alter)),
            _ => None,
        },
        Some((xid, MessageType::REQUEST)) if OFFERED.load(Relaxed) == u64::from(xid) && named.is_some() => {
            let question = if xid % 5 == 3 {
                &REPLACED_OFFER
            } else {
                &REWRITTEN_OFFER
            };
            question.answer(named == Some(SERVER));
            None
        }
        _ => None,
    };
    Decision::Track(Packet {
        thread: THREAD.with(|thread| *thread),
        running: AtomicU64::new(0),
        altered,
        replacement: altered
            .filter(|question| core::ptr::eq(*question, &raw const REPLACED_DISCOVER))
            .map_or(0, |_| packet.bytes().as_ptr().addr()),
    })
}

impl OnOptionsParsed for Probe {
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, packet: Option<&Packet>) {
        IN_FLIGHT.answer(packet.is_some());
        watch(packet, options.bytes(), || {
            let asked = options
                .message()
                .ok()
                .and_then(|message| message.find(option::LEASE_TIME));
            let parsed = options.request_lease_time();
            let orders = parsed.map(|time| [time.from_network_order(), time.from_host_order()]);
            match (packet.and_then(|packet| packet.altered), orders, asked) {
                (Some(question), orders, _) => {
                    question.answer(orders.is_some_and(|orders| orders.contains(&LEASE.0)));
                }
                (None, Some([network, host]), Some(Seconds(asked)))
                    if network != host && [network, host].contains(&asked) =>
                {
                    NETWORK_ORDER.answer(network == asked);
                }
                _ => {}
            }
        });
    }
}

impl OnSendPacket for Probe {
    fn send_packet(&self, reply: &mut SendPacket<'_>, request: Option<&Packet>) {
        IN_FLIGHT.answer(request.is_some());
        watch(request, &[], || {
            let alter = |offer: &mut Editor<'_, '_>| _ = offer.set(option::SERVER_ID, SERVER);
            let Some((xid, MessageType::OFFER)) = reply.message().ok().and_then(of_client) else {
                return;
            };
            let altered = match xid % 5 {
                3 => try_out(&REPLACED_OFFER, reply.replace(alter)),
                4 => try_out(&REWRITTEN_OFFER, reply.rewrite(alter)),
                _ => None,
            };
            if altered.is_some() {
                OFFERED.store(xid.into(), Relaxed);
            }
        });
    }
}

impl OnControl for Probe {
    fn control(&'static self, event: ControlEvent) {
        if event.code() == ServiceControl::START {
            return;
        }
        let path = path();
        if let Err(error) = fs::write(&path, format!("{}\n{}", answers().concat(), PROBE.tally())) {
            eprintln!("probe: {}: {error}", path.display());
        }
    }
}

fn path() -> PathBuf {
    env::var_os("DHCP_PROBE_FILE").map_or_else(|| env::temp_dir().join("dhcp-probe.txt"), PathBuf::from)
}

static PROBE: Host<Probe, 16384, 64> = Host::new(Probe);
dhcp_callout::export!(PROBE);

fn main() {
    dhcp_callout_support::show::lifecycles(DhcpServerCalloutEntry);
    eprintln!("the answers are in {}", path().display());
}
