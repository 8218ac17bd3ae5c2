//! The server's part in a captured exchange.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use core::time::Duration;

use super::{PacketInFlight, RefusalPolicy, Server, alloc};
use crate::control::{AddressGrant, AddressProblem, DropReason};
use crate::lifecycle::{Notice, Stage};
use crate::message::{Message, MessageType, OpCode, OptionCode, option};

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
    /// The stage that the notices led to; still [`Stage::InFlight`] for a packet that was refused and not reported.
    pub stage: Stage,
}

/// A call of a hook about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Call {
    /// `DhcpNewPktHook`; `accepted` is what it left in `*ProcessIt`.
    NewPacket {
        /// Whether the packet is to be processed.
        accepted: bool,
    },
    /// `DhcpAddressOfferHook`.
    AddressOffered {
        /// Kind of the lease.
        grant: AddressGrant,
        /// The address given.
        address: Ipv4Addr,
        /// Length of the lease in seconds.
        lease_time: u32,
    },
    /// `DhcpAddressDelHook`.
    AddressDeleted {
        /// What became of the address.
        problem: AddressProblem,
        /// The address.
        address: Ipv4Addr,
    },
    /// `DhcpPktSendHook`, with the captured reply of that index.
    Sent {
        /// Which datagram of the capture the reply is.
        reply: usize,
        /// Whether the hook left other bytes to be sent than those of the capture.
        altered: bool,
    },
    /// `DhcpPktDropHook`.
    Notified(Notice),
}

/// What the server does with a client packet, as the capture shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It answers with the datagram of this index.
    Answered(usize),
    /// It acts on the packet without an answer: DECLINE and RELEASE.
    Noted,
    /// It drops the packet.
    Dropped(DropReason),
}

/// What a reply must have in common with the packet that it answers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Transaction {
    xid: u32,
    chaddr: [u8; 16],
}

impl Server {
    /// Plays the server's part in a capture, and passes each client packet's lifecycle to `observe` when it ends.
    ///
    /// Each BOOTREQUEST is received at its time. If the capture has a reply (same `xid` and `chaddr`, the other
    /// direction, a message type that answers), the packet is in flight until then; before an ACK goes
    /// `DhcpAddressOfferHook`, before a NAK `DhcpAddressDelHook`. A DECLINE or RELEASE leads to `DhcpAddressDelHook`. A
    /// packet like an earlier one that is still unanswered is dropped as [`DropReason::DUPLICATE`]; another without a
    /// reply is dropped for a reason that fits its type. In the end each is reported as processed. Datagrams that are
    /// no DHCP message, or do not fit into the server's buffer, are passed over.
    pub fn replay(&self, capture: &[Datagram<'_>], mut observe: impl FnMut(&Lifecycle)) {
        let fates = fates(capture);
        let mut waiting = BTreeMap::new();
        for (index, datagram) in capture.iter().enumerate() {
            if let Some(packet) = waiting.remove(&index) {
                observe(&self.answer(packet, index, datagram));
            }
            let Some(fate) = fates.get(index).copied().flatten() else {
                continue;
            };
            let Some(packet) = Packet::receive(self, index, datagram) else {
                continue;
            };
            match fate {
                Fate::Answered(reply) if packet.in_flight.is_accepted() => {
                    waiting.insert(reply, packet);
                }
                fate => observe(&self.settle(packet, fate, datagram)),
            }
        }
    }

    /// Ends the lifecycle of a packet that gets no answer.
    fn settle(&self, mut packet: Packet, fate: Fate, datagram: &Datagram<'_>) -> Lifecycle {
        let time = datagram.time;
        if !packet.in_flight.is_accepted() {
            if self.refusal_policy == RefusalPolicy::Reported {
                packet.notify(self, time, Notice::Dropped(DropReason::GEN_FAILURE));
                packet.notify(self, time, Notice::Processed);
            }
            return packet.lifecycle;
        }
        if let (Fate::Noted, Ok(message)) = (fate, Message::parse(datagram.payload)) {
            let (problem, address) = match message_type(message) {
                Some(MessageType::RELEASE) => (AddressProblem::RELEASE, message.ciaddr()),
                _ => (AddressProblem::DECLINE, requested_address(message)),
            };
            packet.delete_address(self, time, problem, address);
        }
        if let Fate::Dropped(reason) = fate {
            packet.notify(self, time, Notice::Dropped(reason));
        }
        packet.notify(self, time, Notice::Processed);
        packet.lifecycle
    }

    /// Ends the lifecycle of a packet with the captured reply.
    fn answer(&self, mut packet: Packet, index: usize, reply: &Datagram<'_>) -> Lifecycle {
        let time = reply.time;
        if let Ok(message) = Message::parse(reply.payload) {
            match message_type(message) {
                Some(MessageType::ACK) => packet.offer_address(self, time, message),
                Some(MessageType::NAK) => {
                    let address = packet.requested;
                    packet.delete_address(self, time, AddressProblem::NACKED, address);
                }
                _ => {}
            }
        }
        let altered = self.send(&packet.in_flight, reply.payload, |sent| sent != Ok(reply.payload));
        match altered {
            Ok(altered) => packet
                .lifecycle
                .calls
                .push((time, Call::Sent { reply: index, altered })),
            Err(_) => packet.notify(self, time, Notice::Dropped(DropReason::INTERNAL_ERROR)),
        }
        packet.notify(self, time, Notice::Processed);
        packet.lifecycle
    }
}

/// A packet in flight with what is known of its lifecycle.
struct Packet {
    in_flight: PacketInFlight,
    lifecycle: Lifecycle,
    /// Whether the client asked for more time on an address that it has.
    renews: bool,
    requested: Ipv4Addr,
}

impl Packet {
    fn receive(server: &Server, index: usize, datagram: &Datagram<'_>) -> Option<Self> {
        let message = Message::parse(datagram.payload).ok()?;
        let in_flight = server.receive(datagram.payload).ok()?;
        let call = Call::NewPacket {
            accepted: in_flight.is_accepted(),
        };
        let lifecycle = Lifecycle {
            index,
            calls: vec![(datagram.time, call)],
            stage: Stage::InFlight,
        };
        let renews = !message.ciaddr().is_unspecified();
        Some(Self {
            in_flight,
            lifecycle,
            renews,
            requested: requested_address(message),
        })
    }

    fn notify(&mut self, server: &Server, time: Duration, notice: Notice) {
        server.notify(&mut self.in_flight, notice);
        self.lifecycle.calls.push((time, Call::Notified(notice)));
        // The server itself never breaks the order.
        self.lifecycle.stage = self.lifecycle.stage.advance(notice).unwrap_or(self.lifecycle.stage);
    }

    fn offer_address(&mut self, server: &Server, time: Duration, ack: Message<'_>) {
        let grant = if self.renews {
            AddressGrant::OLD
        } else {
            AddressGrant::NEW
        };
        let address = ack.yiaddr();
        let lease_time = value(ack, option::LEASE_TIME.code()).map_or(0, u32::from_be_bytes);
        server.offer_address(&self.in_flight, grant, address, lease_time);
        self.lifecycle.calls.push((
            time,
            Call::AddressOffered {
                grant,
                address,
                lease_time,
            },
        ));
    }

    fn delete_address(&mut self, server: &Server, time: Duration, problem: AddressProblem, address: Ipv4Addr) {
        server.delete_address(&self.in_flight, problem, address);
        self.lifecycle
            .calls
            .push((time, Call::AddressDeleted { problem, address }));
    }
}

/// Finds out what becomes of each client packet; `None` for a datagram that is none.
fn fates(capture: &[Datagram<'_>]) -> Vec<Option<Fate>> {
    let mut fates = vec![None; capture.len()];
    let mut unanswered: BTreeMap<Transaction, Vec<(usize, Message<'_>)>> = BTreeMap::new();
    for (index, datagram) in capture.iter().enumerate() {
        let Ok(message) = Message::parse(datagram.payload) else {
            continue;
        };
        let transaction = Transaction {
            xid: message.xid(),
            chaddr: *message.chaddr_field(),
        };
        let open = unanswered.entry(transaction).or_default();
        match message.op() {
            OpCode::REQUEST => {
                let repeated = open.iter().any(|(_, earlier)| is_repeated(*earlier, message));
                let fate = if repeated {
                    Fate::Dropped(DropReason::DUPLICATE)
                } else {
                    unanswered_fate(message)
                };
                if !repeated {
                    open.push((index, message));
                }
                if let Some(slot) = fates.get_mut(index) {
                    *slot = Some(fate);
                }
            }
            OpCode::REPLY => {
                // A relay that is captured on both sides shows the packet twice, once with its own address.
                let same_relay = |request: Message<'_>| request.giaddr() == message.giaddr();
                let position = open
                    .iter()
                    .position(|(_, request)| is_answer(*request, message) && same_relay(*request))
                    .or_else(|| open.iter().position(|(_, request)| is_answer(*request, message)));
                let answered = position.map(|position| open.remove(position));
                if let Some(slot) = answered.and_then(|(request, _)| fates.get_mut(request)) {
                    *slot = Some(Fate::Answered(index));
                }
            }
            _ => {}
        }
    }
    fates
}

/// Returns whether `later`, of the same transaction, is the same packet sent again.
fn is_repeated(earlier: Message<'_>, later: Message<'_>) -> bool {
    message_type(earlier) == message_type(later) && earlier.giaddr() == later.giaddr()
}

/// Returns whether `reply`, of the same transaction, answers `request`.
fn is_answer(request: Message<'_>, reply: Message<'_>) -> bool {
    match (message_type(request), message_type(reply)) {
        (Some(MessageType::DISCOVER), Some(MessageType::OFFER | MessageType::ACK))
        | (Some(MessageType::REQUEST), Some(MessageType::ACK | MessageType::NAK))
        | (Some(MessageType::INFORM), Some(MessageType::ACK))
        | (None, None) => true,
        (Some(MessageType::LEASEQUERY), Some(answer)) => {
            (MessageType::LEASEUNASSIGNED..=MessageType::LEASEACTIVE).contains(&answer)
        }
        _ => false,
    }
}

/// What the server does with a packet that the capture shows no answer to.
fn unanswered_fate(message: Message<'_>) -> Fate {
    match message_type(message) {
        Some(MessageType::DECLINE | MessageType::RELEASE) => Fate::Noted,
        Some(MessageType::REQUEST) if value::<4>(message, option::SERVER_ID.code()).is_some() => {
            Fate::Dropped(DropReason::WRONG_SERVER)
        }
        Some(MessageType::DISCOVER | MessageType::REQUEST) | None => Fate::Dropped(DropReason::NOADDRESS),
        Some(MessageType::INFORM) => Fate::Dropped(DropReason::NO_SUBNETS),
        Some(_) => Fate::Dropped(DropReason::INVALID),
    }
}

fn message_type(message: Message<'_>) -> Option<MessageType> {
    value(message, option::MESSAGE_TYPE.code()).map(|[code]| MessageType::from_code(code))
}

/// The address that the client asks for, or has.
fn requested_address(message: Message<'_>) -> Ipv4Addr {
    value::<4>(message, option::REQUESTED_ADDRESS.code()).map_or(message.ciaddr(), Ipv4Addr::from)
}

fn value<const N: usize>(message: Message<'_>, code: OptionCode) -> Option<[u8; N]> {
    message.value(code).ok()??.to_array()
}
