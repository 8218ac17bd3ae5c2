//! One run of a callout: calls in any order, each held against the rules.

use alloc::vec::Vec;
use core::net::Ipv4Addr;
use core::ptr::with_exposed_provenance_mut;
use core::time::Duration;

use super::super::call::{HookCall, Observation};
use super::super::conduct::{Conduct, Contexts, Notices};
use super::super::kind::Kind;
use super::super::memory::POISON;
use super::super::{PacketInFlight, Server};
use super::exchange::Exchange;
use super::reply;
use super::report::Report;
use super::rule::Rule;
use super::threads::{Threads, timed};
use crate::control::{AddressGrant, AddressProblem, DropReason, ServiceControl};
use crate::hook::{HookError, read_packet};
use crate::lifecycle::Notice;
use crate::message::{Message, MessageType};

/// How long a hook may take, and how often in a row it may take longer: a single time can be the system's doing.
const SLOW: Duration = Duration::from_millis(250);
const SLOW_CALLS: u32 = 3;

/// What the server leaves in memory when a call has ended, so often that it is not there by chance.
const POISONED: [u8; 8] = [POISON; 8];

const CLIENT: [u8; 6] = [2, 0, 0, 0, 0, 1];
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
const LEASE_TIME: u32 = 3600;

/// What happens next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Service(ServiceControl),
    ClientDeleted,
    Received,
    OptionsParsed,
    /// The address of a packet is given, or taken back, as its reply or its type has it.
    Address,
    Sent,
    Notice(Notice),
}

/// What the server does where the documentation is silent, and on which threads.
pub(super) type Mode = (Conduct, Threads);

/// A server with packets in its hands.
pub(super) struct Run<'r> {
    server: Server,
    conduct: Conduct,
    threads: Threads,
    report: &'r mut Report,
    /// The transaction ids of all packets.
    xids: &'r [u32],
    packets: Vec<Packet<'r>>,
    /// The contexts of the packet that was received last, and of the one that was processed last.
    received: usize,
    processed: usize,
    /// The hook that was slow, and how often in a row.
    slow: (&'static str, u32),
    outcomes: Vec<Outcome>,
}

/// What a callout made of a packet in one call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The number of the packet.
    pub(super) number: usize,
    pub(super) hook: &'static str,
    packet: Result<Vec<u8>, HookError>,
    process_it: Option<i32>,
}

/// A packet that the server has, or will have.
struct Packet<'r> {
    exchange: &'r Exchange,
    /// The request in the server's hands.
    received: Option<PacketInFlight>,
    /// Whether it was not yet reported as processed.
    is_open: bool,
    /// What the callout has put in the place of the request and of the reply.
    replacements: Vec<Replacement>,
}

/// A packet in memory of the callout, which must stay as it is.
struct Replacement {
    at: (usize, u32),
    bytes: Vec<u8>,
    /// Who put it there, in which call.
    hook: &'static str,
    call: usize,
}

impl<'r> Run<'r> {
    pub(super) fn new(
        server: Server,
        (conduct, threads): Mode,
        report: &'r mut Report,
        exchanges: &'r [Exchange],
        xids: &'r [u32],
    ) -> Self {
        let packets = exchanges.iter().map(|exchange| Packet {
            exchange,
            received: None,
            is_open: false,
            replacements: Vec::new(),
        });
        Self {
            // Which context a call has is decided here.
            server: server.conduct(conduct.contexts(Contexts::Own)),
            conduct,
            threads,
            report,
            xids,
            packets: packets.collect(),
            received: 0,
            processed: 0,
            slow: ("", 0),
            outcomes: Vec::new(),
        }
    }

    /// Plays all exchanges, two at a time, as a server of this conduct would, and returns what the callout made of them.
    pub(super) fn play(mut self) -> Vec<Outcome> {
        self.steps([(0, Step::Service(ServiceControl::START))]);
        let times = match self.conduct.notices {
            Notices::Withheld => 0,
            Notices::Once => 1,
            Notices::Repeated => 2,
        };
        let (dropped, served): (Vec<_>, Vec<_>) = (0..)
            .zip(&self.packets)
            .map(|(number, packet)| (number, packet.exchange.is_dropped()))
            .partition(|(_, is_dropped)| *is_dropped);
        for pair in served.chunks(2).chain(dropped.chunks(2)) {
            let both = |step: Step| pair.iter().map(move |(number, _)| (*number, step));
            let drop = |reason| both(Step::Notice(Notice::Dropped(reason)));
            let end = || both(Step::Notice(Notice::Processed));
            if self.conduct.never_offered {
                self.steps(drop(DropReason::DUPLICATE));
                self.steps(end());
            }
            self.steps(both(Step::Received));
            let parsed = (0..self.conduct.options_parsed).flat_map(|_| both(Step::OptionsParsed));
            self.steps(parsed.chain(both(Step::Address)).chain(both(Step::Sent)));
            if pair.iter().all(|(_, is_dropped)| *is_dropped) {
                self.steps(drop(DropReason::NOADDRESS));
            }
            for _ in 0..times {
                self.steps(end());
            }
        }
        self.stop()
    }

    /// Reports all packets as processed by their own contexts, so that the callout loses nothing, and stops the service.
    pub(super) fn finish(mut self) {
        if !self.knows_ends() {
            self.packets.iter_mut().for_each(|packet| packet.replacements.clear());
            self.conduct = self.conduct.contexts(Contexts::Own);
        }
        let numbers = 0..self.packets.len();
        self.steps(numbers.map(|number| (number, Step::Notice(Notice::Processed))));
        self.stop();
    }

    /// Stops the service, and returns what the callout made of all packets.
    fn stop(mut self) -> Vec<Outcome> {
        self.steps([(0, Step::ClientDeleted), (0, Step::Service(ServiceControl::STOP))]);
        self.outcomes
    }

    /// Makes the calls of some steps of packets, which may not depend on each other.
    pub(super) fn steps(&mut self, steps: impl IntoIterator<Item = (usize, Step)>) {
        if !self.report.is_complete() {
            return;
        }
        let steps: Vec<_> = steps.into_iter().collect();
        // They may be gone when the call has returned that reports their packet as processed.
        for (number, _) in steps.iter().filter(|(_, step)| step.is_end()) {
            self.judge_replacements(*number);
        }
        let make = |(number, step): &(usize, Step)| timed(|| self.call(self.packets.get(*number)?, *step));
        let all_seen = self.threads.each(&steps, make);
        for ((number, step), (seen, took)) in steps.into_iter().zip(all_seen) {
            let Some(seen) = seen else { continue };
            if seen.status.is_some() {
                self.report.count();
                self.judge(number, step, &seen, took);
                self.outcomes.push(Outcome {
                    number,
                    hook: seen.hook,
                    packet: seen.packet.clone(),
                    process_it: seen.process_it,
                });
            }
            self.go_on(number, step, seen);
        }
    }

    /// Makes the call of a step, if the packet has this step.
    fn call(&self, packet: &Packet<'_>, step: Step) -> Option<Observation> {
        let Exchange { request, reply } = packet.exchange;
        let mut received = match (step, packet.received.clone()) {
            (Step::Service(code), _) => return Some(self.server.control(code)),
            (Step::ClientDeleted, _) => return Some(self.server.delete_client(ADDRESS, &CLIENT)),
            (Step::Received, _) if packet.is_open => return None,
            (Step::Received, _) => return Some(self.server.call(&HookCall::new_packet(request))),
            (Step::Notice(notice), None) => return Some(self.server.call(&HookCall::notice(request, notice.code()))),
            (_, received) => received?,
        };
        received.seen.context = match self.conduct.contexts {
            Contexts::Repeated => self.received,
            // The end of a packet is told by its own context, or the callout would not know of it.
            _ if step.is_end() => received.seen.context,
            Contexts::Own => received.seen.context,
            Contexts::Null => 0,
            Contexts::Stale => self.processed,
        };
        match step {
            Step::Notice(notice) if received.is_accepted() || self.conduct.refusals_reported => {
                Some(self.server.notify(&received, notice))
            }
            _ if !received.is_accepted() => None,
            Step::OptionsParsed => Some(self.server.parse_options(&received)),
            Step::Address => self.call_about_address(&received, packet.exchange),
            Step::Sent => self.server.send(&received, reply.as_ref()?).ok(),
            _ => None,
        }
    }

    /// Makes the call about the address of a packet: given by its reply, refused by it, or not wanted by the client.
    fn call_about_address(&self, received: &PacketInFlight, exchange: &Exchange) -> Option<Observation> {
        let kind = |packet| Message::parse(packet).ok().map(Kind::of);
        let problem = match (
            kind(&exchange.request)?,
            exchange.reply.as_ref().and_then(|reply| kind(reply)),
        ) {
            (Kind::Dhcp(MessageType::REQUEST | MessageType::DISCOVER), Some(Kind::Dhcp(MessageType::ACK)))
            | (Kind::Bootp, Some(Kind::Bootp)) => {
                return Some(
                    self.server
                        .offer_address(received, AddressGrant::NEW, ADDRESS, LEASE_TIME),
                );
            }
            (_, Some(Kind::Dhcp(MessageType::NAK))) => AddressProblem::NACKED,
            (Kind::Dhcp(MessageType::DECLINE), None) => AddressProblem::DECLINE,
            (Kind::Dhcp(MessageType::RELEASE), None) => AddressProblem::RELEASE,
            _ => return None,
        };
        Some(self.server.delete_address(received, problem, ADDRESS))
    }

    /// Notes the rules that a call has broken.
    fn judge(&mut self, number: usize, step: Step, seen: &Observation, took: Duration) {
        let can_change = matches!(step, Step::Received | Step::Sent | Step::Notice(_));
        let new_context = matches!(step, Step::Received)
            .then_some(seen.context)
            .filter(|context| *context != 0);
        let last = usize::try_from(seen.own.1.max(seen.left.1)).unwrap_or(usize::MAX);
        let is_beyond = seen.written.as_ref().is_some_and(|written| written.end > last);
        let has_poison = |packet: &Vec<u8>| packet.windows(POISONED.len()).any(|bytes| bytes == POISONED);
        // A packet can come with such bytes, and a reply be made of them.
        let request = self.packets.get(number).map(|packet| &packet.exchange.request);
        let came_with_poison = has_poison(&seen.given) || request.is_some_and(has_poison);
        let is_too_slow = self.is_too_slow(seen.hook, took);
        let broken = [
            (
                Rule::ContextWithoutEnd,
                new_context.is_some() && self.server.table().dhcp_pkt_drop_hook.is_none(),
            ),
            (
                Rule::ContextShared,
                new_context.is_some_and(|context| self.is_in_flight(context)),
            ),
            (
                Rule::ProcessIt,
                seen.process_it.is_some_and(|process_it| !matches!(process_it, 0 | 1)),
            ),
            (Rule::PacketNull, matches!(seen.packet, Err(HookError::Null { .. }))),
            (
                Rule::PacketTooLong,
                matches!(seen.packet, Err(HookError::TooLong { .. })),
            ),
            (Rule::WriteOutside, seen.stray.is_some()),
            (Rule::WriteToInput, !can_change && seen.written.is_some()),
            (Rule::WriteBeyondSize, can_change && is_beyond),
            (
                Rule::KeptArguments,
                seen.was_written_late || (seen.packet.as_ref().is_ok_and(has_poison) && !came_with_poison),
            ),
            (Rule::Slow, is_too_slow),
        ];
        let broken = broken.into_iter().filter(|(_, is_broken)| *is_broken);
        let mut broken: Vec<_> = broken.map(|(rule, _)| rule).collect();
        if let (Step::Sent, Some(packet), Ok(reply)) = (step, self.packets.get(number), &seen.packet) {
            let is_of_another = |xid| self.xids.contains(&xid);
            reply::judge(&packet.exchange.request, &seen.given, reply, is_of_another, |rule| {
                broken.push(rule);
            });
        }
        for rule in broken {
            self.report.note(rule, seen.hook, self.conduct);
        }
        if is_too_slow {
            self.report.cut_short();
        }
    }

    /// Counts how often in a row a hook was slow, and returns whether that is too often.
    fn is_too_slow(&mut self, hook: &'static str, took: Duration) -> bool {
        let (slow, count) = self.slow;
        match (slow == hook, took > SLOW) {
            (true, true) => self.slow = (hook, count.saturating_add(1)),
            (false, true) => self.slow = (hook, 1),
            (true, false) => self.slow = (hook, 0),
            (false, false) => {}
        }
        self.slow.1 >= SLOW_CALLS
    }

    /// Notes whether something that the callout has put in the place of a packet or its reply is no longer as it was.
    fn judge_replacements(&mut self, number: usize) {
        let packet = self.packets.get(number).filter(|_| self.knows_ends());
        for replacement in packet.iter().flat_map(|packet| &packet.replacements) {
            let (start, size) = replacement.at;
            let start = with_exposed_provenance_mut(start);
            // SAFETY: the callout promises that the packet stays until it is processed.
            let now = unsafe { read_packet(start, size) };
            if now != Ok(&replacement.bytes) {
                let Replacement { hook, call, .. } = replacement;
                self.report.note_at(Rule::ReplacementChanged, hook, *call, self.conduct);
            }
        }
    }

    /// Goes on as a server does after a call.
    fn go_on(&mut self, number: usize, step: Step, mut seen: Observation) {
        let knows_ends = self.knows_ends();
        let Some(packet) = self.packets.get_mut(number) else {
            return;
        };
        let bytes = seen.packet.as_ref().ok().filter(|_| seen.is_swapped());
        if let (Step::Received | Step::Sent, Some(bytes)) = (step, bytes) {
            packet.replacements.push(Replacement {
                at: seen.left,
                bytes: bytes.clone(),
                hook: seen.hook,
                call: self.report.calls(),
            });
        }
        if let Step::Received = step {
            self.received = seen.context;
            packet.is_open = true;
            if !knows_ends {
                // The callout can take back what it has put in its place when another packet ends.
                seen.left = seen.own;
            }
            packet.received = Some(PacketInFlight::new(seen, 0));
        } else if step.is_end() && knows_ends {
            packet.is_open = false;
            packet.replacements.clear();
            if let Some(PacketInFlight { seen, .. }) = &mut packet.received {
                self.processed = seen.context;
                // What the callout has put in its place is the callout's again.
                seen.left = seen.own;
            }
        }
    }

    /// Returns whether the callout hears of the end of each packet by its own context.
    fn knows_ends(&self) -> bool {
        self.conduct.contexts != Contexts::Repeated
    }

    /// Returns whether an accepted packet in flight has this context.
    fn is_in_flight(&self, context: usize) -> bool {
        let packets = self.packets.iter().filter(|packet| packet.is_open && self.knows_ends());
        let mut received = packets.filter_map(|packet| packet.received.as_ref());
        received.any(|received| received.is_accepted() && received.seen.context == context)
    }
}

impl Step {
    const fn is_end(self) -> bool {
        matches!(self, Self::Notice(Notice::Processed))
    }
}
