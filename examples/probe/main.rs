//! What does my server do where its documentation is silent? A callout DLL that finds out, and writes it to a file.
//!
//! The file is `dhcp-probe.txt` in the folder for temporary files, or what `DHCP_PROBE_FILE` names; a thread writes it
//! anew every ten seconds and when the service stops. Each line is a count of what was seen, never a conclusion: of
//! each kind up to 48 lines, and one that counts what has no line. What cannot be seen from inside of a DLL is said at
//! the end. In a DLL of your own this folder is `src`, and this file `lib.rs`, without `main` and `tests`.
//!
//! The hooks only count, without a lock. There is no chain: make it the only DLL of the server's list, or the last.
//!
//! Every packet stays as it is, unless `DHCP_PROBE_MAC` names one client by 12 hexadecimal digits. Its DISCOVERs are
//! then experimented on, each transaction by the next of [`EXPERIMENTS`]: the lease time that it asks for is altered,
//! in a buffer of the DLL's own (*replaced*) or in the server's (*rewritten*), the packet is refused, or the OFFER gets
//! another server identifier in one of the two ways. The client's REQUEST names that identifier if the altered OFFER is
//! what it got, and is then for no server: let the client ask again and again, for instance by `ipconfig /release` and
//! `/renew`.

#![allow(
    clippy::as_conversions,
    clippy::enum_glob_use,
    reason = "lines are made of words, which are numbers in an integer"
)]

use core::cell::Cell;
use core::net::Ipv4Addr;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use dhcp_callout::message::Seconds;
use dhcp_callout::table::ContextError;
use dhcp_callout::{
    AddressDeleted, AddressOffered, Callout, ControlEvent, Decision, Diagnostic, Editor, Host, LoadError, Message,
    MessageType, NewPacket, NotifyError, OnAddressDeleted, OnAddressOffered, OnControl, OnOptionsParsed, OnSendPacket,
    Outcome, PacketNotice, ParsedOptions, ReplaceError, SendPacket, ServiceControl, Stage, option,
};

mod entry;
mod seen;

pub(crate) use entry::DhcpServerCalloutEntry;
use seen::{Word, Word::*, seen, write};

#[cfg(test)]
mod tests;

/// What is done to the DISCOVERs of one transaction after the other.
const EXPERIMENTS: [Word; 6] = [
    ReplaceRequest,
    RewriteRequest,
    Refuse,
    ReplaceOffer,
    RewriteOffer,
    Nothing,
];
/// What the altered requests ask for, and the altered OFFERs name.
const LEASE: Seconds = Seconds(4321);
const NAMED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 54);

/// What is kept for each packet.
struct Packet {
    received: Instant,
    thread: u64,
    order: AtomicU64,
    running: AtomicU64,
    experiment: Word,
    /// The address of the buffer that replaces it.
    buffer: usize,
}

std::thread_local! {
    static THREAD: u64 = THREADS.fetch_add(1, Relaxed);
    /// Where the packet is of the PktDrop that this thread is in.
    static DROPPING: Cell<Option<usize>> = const { Cell::new(None) };
}
static THREADS: AtomicU64 = AtomicU64::new(1);
static RUNNING: AtomicU64 = AtomicU64::new(0);

/// A hook that is running.
struct Running<'p>(Option<&'p Packet>);

impl<'p> Running<'p> {
    fn begin(hook: Word, packet: Option<&'p Packet>) -> Self {
        let thread = THREAD.with(|thread| *thread);
        seen(Thread, Nothing, Nothing, thread);
        seen(
            AtOnce,
            Nothing,
            Nothing,
            RUNNING.fetch_add(1, Relaxed).saturating_add(1),
        );
        if let Some(packet) = packet {
            seen(
                Overlap,
                Nothing,
                Nothing,
                packet.running.fetch_add(1, Relaxed).saturating_add(1),
            );
            seen(
                hook,
                if packet.thread == thread {
                    SameThread
                } else {
                    OtherThread
                },
                Nothing,
                None,
            );
            packet.note(hook);
        }
        Self(packet)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Relaxed);
        if let Some(packet) = self.0 {
            packet.running.fetch_sub(1, Relaxed);
        }
    }
}

impl Packet {
    fn note(&self, hook: Word) {
        let append = |order: u64| Some((order << 4 | hook as u64) & 0xF_FFFF_FFFF);
        let _ = self.order.fetch_update(Relaxed, Relaxed, append);
    }

    fn is_altered(&self) -> bool {
        matches!(self.experiment, ReplaceRequest | RewriteRequest)
    }

    /// Notes a hook, and what it is given of an altered request.
    fn look(&self, hook: Word, bytes: &[u8]) {
        let lease = Message::parse(bytes)
            .ok()
            .and_then(|message| message.find(option::LEASE_TIME));
        let given = match lease {
            _ if bytes.as_ptr().addr() == self.buffer => GivenOurs,
            Some(LEASE) => GivenAltered,
            _ => GivenOriginal,
        };
        if self.is_altered() {
            seen(self.experiment, hook, given, None);
        }
    }

    fn end(&self, hook: Word) {
        self.note(hook);
        seen(Order, Nothing, Nothing, self.order.load(Relaxed));
        let digits = self
            .received
            .elapsed()
            .as_millis()
            .checked_ilog10()
            .map_or(0, |digits| digits.saturating_add(1));
        seen(Time, Nothing, Nothing, 10_u64.saturating_pow(digits));
    }
}

/// The one client that may be experimented on.
static MAC: OnceLock<[u8; 6]> = OnceLock::new();
/// Its last transaction, and in the lowest eight bits the place of the experiment.
static TURN: AtomicU64 = AtomicU64::new(u64::MAX);

struct Probe {
    /// The server identifier of the last OFFER that was altered; 0 if there is none.
    own: AtomicU32,
    writer: Mutex<Option<JoinHandle<()>>>,
    is_stopped: AtomicBool,
}

impl Callout for Probe {
    type State = Packet;

    fn load(&'static self) -> Result<(), LoadError> {
        if let Ok(digits) = std::env::var("DHCP_PROBE_MAC") {
            let number = u64::from_str_radix(&digits, 16)
                .ok()
                .filter(|_| digits.len() == 12 && !digits.starts_with('+'));
            let [_, _, mac @ ..] = number.ok_or_else(LoadError::default)?.to_be_bytes();
            MAC.get_or_init(|| mac);
        }
        self.start();
        Ok(())
    }

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Packet> {
        let _running = Running::begin(NewPkt, None);
        let mut experiment = packet.message().map_or(Nothing, |message| self.experiment(message));
        let alter = |request: &mut Editor<'_, '_>| _ = request.set(option::LEASE_TIME, LEASE);
        let made = match experiment {
            ReplaceRequest => packet.replace(alter),
            RewriteRequest => packet.rewrite(alter),
            Refuse => {
                seen(Refuse, Made, Nothing, None);
                return Decision::Refuse;
            }
            // The OFFER comes later.
            _ => Ok(0),
        };
        if matches!(experiment, ReplaceRequest | RewriteRequest) && !was_made(experiment, made) {
            experiment = Nothing;
        }
        let replaced = (experiment == ReplaceRequest).then(|| packet.bytes().as_ptr().addr());
        Decision::Track(Packet {
            received: Instant::now(),
            thread: THREAD.with(|thread| *thread),
            order: AtomicU64::new(0),
            running: AtomicU64::new(0),
            experiment,
            buffer: replaced.unwrap_or_default(),
        })
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, packet: Option<&Packet>) {
        let _running = Running::begin(Dropped, packet);
        if let (Some(packet), Ok(bytes)) = (packet, notice.bytes()) {
            packet.look(Dropped, bytes);
        }
    }

    fn packet_done(&self, _: Outcome, packet: Packet) {
        match DROPPING.get() {
            // It was put off until another hook about the packet returned.
            None => seen(Overlap, Nothing, Nothing, 2),
            Some(at) if packet.is_altered() => {
                seen(
                    packet.experiment,
                    Processed,
                    if at == packet.buffer { GivenOurs } else { GivenOther },
                    None,
                );
            }
            Some(_) => {}
        }
        packet.end(Processed);
    }

    fn packet_lost(&self, _: Stage, packet: Packet) {
        packet.end(GivenUp);
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        let why = |error| match error {
            ContextError::Stale(_) => Stale,
            ContextError::Invalid(_) => Unknown,
            _ => TooMany,
        };
        match diagnostic {
            Diagnostic::NoticeRejected {
                notice,
                error: NotifyError::Context(error),
            } => {
                seen(Rejected, why(error), Nothing, u64::from(notice.code()));
            }
            Diagnostic::NoticeRejected { notice, .. } => seen(Rejected, Repeated, Nothing, u64::from(notice.code())),
            Diagnostic::ContextRefused { error, .. } => seen(NoPacket, why(error), Nothing, None),
            Diagnostic::ArgumentsRefused { .. } => seen(NoArguments, Nothing, Nothing, None),
            Diagnostic::NotTracked | Diagnostic::ChainFull => seen(Untracked, Nothing, Nothing, None),
            Diagnostic::Panicked { .. } => seen(Panicked, Nothing, Nothing, None),
            Diagnostic::Unchained { .. } => seen(SwitchedOff, Nothing, Nothing, None),
            // What is given up comes with its state.
            _ => {}
        }
    }
}

impl OnControl for Probe {
    fn control(&'static self, event: ControlEvent) {
        match event.code() {
            ServiceControl::STOP => self.stop(),
            ServiceControl::START => self.start(),
            _ => {}
        }
    }
}

impl OnSendPacket for Probe {
    fn send_packet(&self, packet: &mut SendPacket<'_>, request: Option<&Packet>) {
        let _running = Running::begin(PktSend, request);
        let message = packet
            .message()
            .ok()
            .filter(|reply| reply.message_type() == Some(MessageType::OFFER));
        let own = message.and_then(|offer| offer.find(option::SERVER_ID));
        let (Some(own), Some(request)) = (own, request) else {
            return;
        };
        let alter = |offer: &mut Editor<'_, '_>| _ = offer.set(option::SERVER_ID, NAMED);
        let made = match request.experiment {
            ReplaceOffer => packet.replace(alter),
            RewriteOffer => packet.rewrite(alter),
            _ => return,
        };
        if was_made(request.experiment, made) {
            self.own.store(own.to_bits(), Relaxed);
        }
    }
}

impl OnAddressOffered for Probe {
    fn address_offered(&self, event: &AddressOffered<'_>, packet: Option<&Packet>) {
        let _running = Running::begin(AddressOffer, packet);
        _ = packet.map(|packet| packet.look(AddressOffer, event.bytes()));
    }
}

impl OnAddressDeleted for Probe {
    fn address_deleted(&self, event: &AddressDeleted<'_>, packet: Option<&Packet>) {
        let _running = Running::begin(AddressDel, packet);
        _ = packet.map(|packet| packet.look(AddressDel, event.bytes()));
    }
}

impl OnOptionsParsed for Probe {
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, packet: Option<&Packet>) {
        let _running = Running::begin(HandleOptions, packet);
        _ = packet.map(|packet| packet.look(HandleOptions, options.bytes()));
        let asked = options
            .message()
            .ok()
            .and_then(|message| message.find(option::LEASE_TIME));
        let parsed = options
            .request_lease_time()
            .map(|time| [time.from_network_order(), time.from_host_order()]);
        match (packet.filter(|packet| packet.is_altered()), parsed, asked) {
            (Some(packet), parsed, _) => {
                let is_altered = parsed.is_some_and(|orders| orders.contains(&LEASE.0));
                seen(
                    packet.experiment,
                    RequestLeaseTime,
                    if is_altered { Altered } else { NotAltered },
                    None,
                );
            }
            (None, Some([network, host]), Some(Seconds(asked))) if network != host => {
                let order = if network == asked {
                    InNetworkOrder
                } else if host == asked {
                    InHostOrder
                } else {
                    Neither
                };
                seen(RequestLeaseTime, order, Nothing, None);
            }
            _ => {}
        }
    }
}

/// Notes an experiment.
fn was_made(experiment: Word, result: Result<usize, ReplaceError>) -> bool {
    seen(experiment, if result.is_ok() { Made } else { Failed }, Nothing, None);
    result.is_ok()
}

impl Probe {
    /// Returns what to do to a packet, and looks at what the client of the experiments answers.
    fn experiment(&self, message: Message<'_>) -> Word {
        if MAC.get().is_none_or(|mac| message.mac() != Some(*mac)) {
            return Nothing;
        }
        let (turn, xid) = (TURN.load(Relaxed), u64::from(message.xid()));
        let of = |turn: u64| {
            EXPERIMENTS
                .into_iter()
                .zip(0..)
                .find_map(|(experiment, place)| (place == turn & 0xFF).then_some(experiment))
                .unwrap_or(Nothing)
        };
        match message.message_type() {
            // The packets of one transaction are treated alike: it does not matter which of them is answered.
            Some(MessageType::DISCOVER) if turn >> 8 == xid => of(turn),
            Some(MessageType::DISCOVER) => {
                let next = (xid << 8) | ((turn & 0xFF).saturating_add(1) % 6);
                TURN.store(next, Relaxed);
                of(next)
            }
            Some(MessageType::REQUEST) if turn >> 8 == xid => {
                if let (Some(named), own @ 1..) = (message.find(option::SERVER_ID), self.own.swap(0, Relaxed)) {
                    let names = match named {
                        NAMED => NamesAltered,
                        named if named.to_bits() == own => NamesOwn,
                        _ => NamesOther,
                    };
                    seen(of(turn), Echo, names, None);
                }
                Nothing
            }
            _ => Nothing,
        }
    }

    fn start(&'static self) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_stopped.store(false, Relaxed);
        writer.get_or_insert_with(|| {
            thread::spawn(|| {
                loop {
                    thread::park_timeout(Duration::from_secs(10));
                    if self.is_stopped.load(Relaxed) {
                        break;
                    }
                    write(PROBE.in_flight());
                }
            })
        });
    }

    /// Ends the thread, since the server may unload the DLL, and writes the last file, with the packets that are given
    /// up.
    fn stop(&self) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_stopped.store(true, Relaxed);
        if let Some(writer) = writer.take() {
            writer.thread().unpark();
            let _ = writer.join();
            PROBE.drain();
            write(PROBE.in_flight());
        }
    }
}

static PROBE: Host<Probe, 16384, 64> = Host::new(Probe {
    own: AtomicU32::new(0),
    writer: Mutex::new(None),
    is_stopped: AtomicBool::new(false),
});
fn main() {
    dhcp_callout_support::show::lifecycles(DhcpServerCalloutEntry);
    PROBE.callout().stop();
}
