//! The server's part in a captured exchange.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::iter::repeat_n;
use core::time::Duration;

use super::conduct::Notices;
use super::event::{Call, Kind, about_address};
use super::threads::Threads;
use super::{HookCall, Observation, PacketInFlight, Server};
use crate::buffer::PACKET_CAPACITY;
use crate::control::DropReason;
use crate::lifecycle::{Notice, Stage};
use crate::message::{Message, MessageType, OpCode, option};

/// A DHCP message of a capture: the payload of a UDP datagram to or from a server.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'c> {
    /// When it was captured; only used to tell the time of calls.
    pub time: Duration,
    /// The payload.
    pub payload: &'c [u8],
}

/// The lifecycle of one client packet in the simulated server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lifecycle {
    /// Which datagram of the capture the packet is, counted from 0.
    pub index: usize,
    /// The calls that were made for it, each with the time of the datagram that caused it.
    pub calls: Vec<(Duration, Call)>,
    /// The stage that the notices led to; still [`Stage::InFlight`] for a packet that was not reported.
    pub stage: Stage,
}

/// What the server does with a datagram, as the capture shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is the server's own answer to a client packet.
    Answer,
    /// It answers with the datagram of this index.
    Answered(usize),
    /// It acts on the packet without an answer: DECLINE, RELEASE, and a REQUEST that another server is to answer.
    Noted,
    /// It drops the packet.
    Dropped(DropReason),
}

/// How often calls are made that several threads make at once.
const AT_ONCE: usize = 4;

/// How many client packets of one `xid` wait for a reply at most: of more, the latest, so that time grows with the capture
/// alone.
const MOST_WAITING: usize = 64;

/// A client packet without a reply so far.
struct Unanswered<'c> {
    index: usize,
    request: Message<'c>,
    kind: Kind,
    /// Whether a later one repeats it.
    sent_again: bool,
}

impl Server {
    /// Plays the server's part in a capture, and passes each client packet's lifecycle to `observe` when it ends.
    ///
    /// Each BOOTREQUEST is received at its time, and its options are parsed. If the capture has a reply (same `xid` and
    /// `chaddr`, the other direction, a message type that answers), the packet is in flight until then. Only the answer
    /// to a LEASEQUERY without `chaddr` may have another (RFC 4388 section 6.2).
    ///
    /// A client that has no reply sends its packet again. A reply answers the latest such packet before it that has
    /// none yet, among the 64 latest of its `xid`: a client sends again mostly because the one before was lost, and if
    /// there are replies to both, it matters little which belongs to which. A reply of a second server to the same
    /// packet answers nothing.
    ///
    /// `DhcpAddressOfferHook` is called before an ACK to a REQUEST, or to a DISCOVER if both have Rapid Commit, and
    /// before a BOOTP reply, if the reply has an address in `yiaddr`; `DhcpAddressDelHook` before a NAK, and for a
    /// DECLINE or RELEASE, if the client names an address. For a REQUEST that names a server and gets no reply neither
    /// is: the client has chosen that server. In the end each packet is reported as processed.
    ///
    /// What else gets no reply is dropped:
    /// - as [`DropReason::DUPLICATE`], if it is like an earlier packet that is still unanswered, or a later one like it was
    ///   answered;
    /// - as [`DropReason::NOADDRESS`], if it asks for an address;
    /// - as [`DropReason::INVALID`], if its options cannot be read up to its type, or the type is none that a client sends;
    /// - as [`DropReason::GEN_FAILURE`], if it is an INFORM or LEASEQUERY: why, a capture does not show. Nor does it
    ///   ever show [`DropReason::WRONG_SERVER`], which is about a client of another directory enterprise.
    ///
    /// The server's [`Conduct`](super::Conduct) decides what the documentation leaves open.
    ///
    /// Returns the index of each datagram that was passed over: a reply that answers no packet of the capture, what is
    /// no DHCP message, and what does not fit into the server's buffer.
    pub fn replay(&self, capture: &[Datagram<'_>], mut observe: impl FnMut(&Lifecycle)) -> Vec<usize> {
        let mut passed_over = Vec::new();
        let mut waiting = BTreeMap::new();
        for (index, (datagram, fate)) in capture.iter().zip(fates(capture)).enumerate() {
            if let Some(packet) = waiting.remove(&index) {
                observe(&self.answer(packet, index, datagram));
            }
            let (Some(fate), Ok(request)) = (fate, Message::parse(datagram.payload)) else {
                passed_over.push(index);
                continue;
            };
            if fate == Fate::Answer {
                continue;
            }
            if self.conduct.never_offered && fate == Fate::Dropped(DropReason::DUPLICATE) {
                observe(&self.drop_unoffered(index, datagram));
                continue;
            }
            let Some(packet) = Replayed::receive(self, index, datagram.time, request) else {
                continue;
            };
            match fate {
                Fate::Answered(reply) if !packet.in_flight.is_refused() => {
                    waiting.insert(reply, packet);
                }
                fate => observe(&self.settle(packet, fate, datagram.time)),
            }
        }
        passed_over
    }

    /// Drops a packet that the callout was not offered, and that has no context for it.
    fn drop_unoffered(&self, index: usize, datagram: &Datagram<'_>) -> Lifecycle {
        let mut lifecycle = Lifecycle::new(index);
        for notice in [Notice::Dropped(DropReason::DUPLICATE), Notice::Processed] {
            lifecycle.notify(self, datagram.time, notice, || {
                self.call(&HookCall::notice(datagram.payload, notice.code()))
            });
        }
        lifecycle
    }

    /// Ends the lifecycle of a packet that gets no answer.
    fn settle(&self, mut packet: Replayed<'_>, fate: Fate, time: Duration) -> Lifecycle {
        if packet.in_flight.is_refused() {
            if self.conduct.refusals_reported {
                packet.notify(self, time, Notice::Dropped(DropReason::GEN_FAILURE));
                packet.notify(self, time, Notice::Processed);
            }
            return packet.lifecycle;
        }
        match fate {
            Fate::Dropped(reason) => packet.notify(self, time, Notice::Dropped(reason)),
            _ => packet.tell(self, time, about_address(packet.request, None)),
        }
        packet.notify(self, time, Notice::Processed);
        packet.lifecycle
    }

    /// Ends the lifecycle of a packet with the captured reply.
    fn answer(&self, mut packet: Replayed<'_>, index: usize, reply: &Datagram<'_>) -> Lifecycle {
        let time = reply.time;
        let message = Message::parse(reply.payload).ok();
        packet.tell(
            self,
            time,
            message.and_then(|message| about_address(packet.request, Some(message))),
        );
        let sent = self.on_threads(AT_ONCE, || self.send(&packet.in_flight, reply.payload));
        if let Some(Ok(sent)) = sent {
            let altered = sent.bytes() != Ok(reply.payload);
            packet.lifecycle.note(time, Call::Sent { reply: index, altered });
        }
        packet.notify(self, time, Notice::Processed);
        packet.lifecycle
    }

    /// Makes a call on the threads that the conduct says, which are so many if it says several, and returns what came of
    /// one.
    fn on_threads<R: Send>(&self, several: usize, call: impl Fn() -> R + Sync) -> Option<R> {
        let threads = self.conduct.threads;
        let times = if threads == Threads::Several { several } else { 1 };
        let calls: Vec<_> = repeat_n((), times).collect();
        threads.each(&calls, |()| true, |()| call()).pop()
    }
}

impl Lifecycle {
    const fn new(index: usize) -> Self {
        Self {
            index,
            calls: Vec::new(),
            stage: Stage::InFlight,
        }
    }

    fn note(&mut self, time: Duration, call: Call) {
        self.calls.push((time, call));
    }

    fn notify(&mut self, server: &Server, time: Duration, notice: Notice, call: impl Fn() -> Observation + Sync) {
        let times = match server.conduct.notices {
            Notices::Withheld => 0,
            Notices::Once => 1,
            Notices::Repeated => 2,
        };
        for _ in 0..times {
            server.on_threads(1, &call);
            self.note(time, Call::Notified(notice));
            // A repeated notice changes nothing.
            self.stage = self.stage.advance(notice).unwrap_or(self.stage);
        }
    }
}

/// A packet in flight with what is known of its lifecycle.
struct Replayed<'c> {
    request: Message<'c>,
    in_flight: PacketInFlight,
    lifecycle: Lifecycle,
}

impl<'c> Replayed<'c> {
    fn receive(server: &Server, index: usize, time: Duration, request: Message<'c>) -> Option<Self> {
        let in_flight = server.on_threads(1, || server.receive(request.as_bytes()))?.ok()?;
        let refused = in_flight.is_refused();
        let mut packet = Self {
            request,
            in_flight,
            lifecycle: Lifecycle::new(index),
        };
        packet.lifecycle.note(time, Call::NewPacket { refused });
        for _ in 0..if refused { 0 } else { server.conduct.options_parsed } {
            packet.tell(server, time, Some(Call::OptionsParsed));
        }
        Some(packet)
    }

    fn notify(&mut self, server: &Server, time: Duration, notice: Notice) {
        let Self {
            in_flight, lifecycle, ..
        } = self;
        lifecycle.notify(server, time, notice, || server.notify(in_flight, notice));
    }

    /// Makes a call about the packet that neither begins nor ends its lifecycle.
    fn tell(&mut self, server: &Server, time: Duration, call: Option<Call>) {
        if let Some(call) = call {
            server.on_threads(AT_ONCE, || server.report(&self.in_flight, call));
            self.lifecycle.note(time, call);
        }
    }
}

/// Finds out what becomes of each datagram; `None` for one that is passed over.
fn fates(capture: &[Datagram<'_>]) -> Vec<Option<Fate>> {
    let mut fates = vec![None; capture.len()];
    let mut set = |index: usize, fate| {
        if let Some(slot) = fates.get_mut(index) {
            *slot = Some(fate);
        }
    };
    let mut unanswered: BTreeMap<u32, Vec<Unanswered<'_>>> = BTreeMap::new();
    for (index, datagram) in capture.iter().enumerate() {
        let message = Message::parse(datagram.payload).ok();
        let Some(message) = message.filter(|message| message.as_bytes().len() <= PACKET_CAPACITY) else {
            continue;
        };
        let kind = Kind::of(message);
        let open = unanswered.entry(message.xid()).or_default();
        match message.op() {
            OpCode::REQUEST => {
                let packet = Unanswered {
                    index,
                    request: message,
                    kind,
                    sent_again: false,
                };
                let mut latest_first = open.iter_mut().rev();
                let fate = match latest_first.find(|earlier| is_repeated(earlier, &packet)) {
                    Some(earlier) => {
                        earlier.sent_again = true;
                        Fate::Dropped(DropReason::DUPLICATE)
                    }
                    None => unanswered_fate(message),
                };
                set(index, fate);
                if open.len() == MOST_WAITING {
                    open.remove(0);
                }
                open.push(packet);
            }
            OpCode::REPLY => {
                // An INFORM can have the transaction of a REQUEST, and gets no lease. A relay that is captured on both
                // sides shows the packet twice, once with its own address.
                let has_lease = message.find(option::LEASE_TIME).is_some();
                let difference = |packet: &Unanswered<'_>| {
                    let is_inform = packet.kind == Kind::Dhcp(MessageType::INFORM);
                    let other_side = packet.request.giaddr() != message.giaddr();
                    (is_inform == has_lease, packet.sent_again, other_side)
                };
                // Of equal ones the first.
                let latest_first = open.iter().enumerate().rev();
                let answered = latest_first
                    .filter(|(_, packet)| is_answer(packet, message, kind))
                    .min_by_key(|(_, packet)| difference(packet))
                    .map(|(position, _)| position);
                if let Some(position) = answered {
                    let answered = open.remove(position);
                    set(answered.index, Fate::Answered(index));
                    set(index, Fate::Answer);
                    let earlier = open.iter().take(position);
                    for vain in earlier.filter(|earlier| is_repeated(earlier, &answered)) {
                        set(vain.index, Fate::Dropped(DropReason::DUPLICATE));
                    }
                }
            }
            _ => {}
        }
    }
    fates
}

/// Returns whether two packets of the same `xid` are one that was sent again.
fn is_repeated(one: &Unanswered<'_>, other: &Unanswered<'_>) -> bool {
    one.kind == other.kind
        && one.request.chaddr_field() == other.request.chaddr_field()
        && one.request.giaddr() == other.request.giaddr()
}

/// Returns whether `reply`, of the same `xid`, answers `packet`.
fn is_answer(packet: &Unanswered<'_>, reply: Message<'_>, kind: Kind) -> bool {
    let request = packet.request;
    let is_to_client = request.chaddr_field() == reply.chaddr_field();
    match (packet.kind, kind) {
        (Kind::Dhcp(MessageType::LEASEQUERY), Kind::Dhcp(answer)) => {
            // A query by address or client identifier.
            let names_no_client = *request.chaddr_field() == [0; 16];
            let answers = MessageType::LEASEUNASSIGNED..=MessageType::LEASEACTIVE;
            (is_to_client || names_no_client) && answers.contains(&answer)
        }
        _ if !is_to_client => false,
        (Kind::Dhcp(request_type), Kind::Dhcp(answer)) => match request_type {
            MessageType::DISCOVER if answer == MessageType::ACK => {
                let commits_rapidly = |message: Message<'_>| message.find(option::RAPID_COMMIT).is_some();
                commits_rapidly(request) && commits_rapidly(reply)
            }
            MessageType::DISCOVER => answer == MessageType::OFFER,
            MessageType::REQUEST => matches!(answer, MessageType::ACK | MessageType::NAK),
            MessageType::INFORM => answer == MessageType::ACK,
            _ => false,
        },
        (request, reply) => (request, reply) == (Kind::Bootp, Kind::Bootp),
    }
}

/// What the server does with a packet that the capture shows no answer to.
fn unanswered_fate(message: Message<'_>) -> Fate {
    Fate::Dropped(match Kind::of(message) {
        Kind::Dhcp(MessageType::DECLINE | MessageType::RELEASE) => return Fate::Noted,
        Kind::Dhcp(MessageType::REQUEST) if message.find(option::SERVER_ID).is_some() => {
            return Fate::Noted;
        }
        Kind::Dhcp(MessageType::DISCOVER | MessageType::REQUEST) | Kind::Bootp => DropReason::NOADDRESS,
        Kind::Dhcp(MessageType::INFORM | MessageType::LEASEQUERY) => DropReason::GEN_FAILURE,
        Kind::Dhcp(_) | Kind::Malformed => DropReason::INVALID,
    })
}
