//! One run of a callout: calls in any order, each held against the rules.

use alloc::vec::Vec;
use core::ptr::with_exposed_provenance_mut;
use core::time::Duration;

use super::super::Server;
use super::super::call::{HookCall, Observation, Packet};
use super::super::conduct::{Conduct, Contexts, Notices, Swaps};
use super::super::fields::ServerFields;
use super::exchange::Exchange;
use super::reply;
use super::report::Report;
use super::rule::Rule;
use super::threads::{Threads, timed};
use crate::control::{AddressGrant, AddressProblem, DropReason, PACKET_PROCESSED, ServiceControl};
use crate::hook::{HookError, read_packet};
use crate::message::{Message, MessageType};

/// How long a hook may take, and how often in a row it may take longer: a single time can be the system's doing.
const SLOW: Duration = Duration::from_millis(250);
const SLOW_CALLS: u32 = 3;

/// What the server leaves in memory when a call has ended, so often that it is not there by chance.
const POISONED: [u8; 8] = [super::super::memory::POISON; 8];

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
    Dropped(DropReason),
    Processed,
}

/// A server with packets in its hands.
pub(super) struct Run<'r> {
    server: &'r Server,
    conduct: Conduct,
    threads: Threads,
    report: &'r mut Report,
    /// The transaction ids of all packets.
    xids: &'r [u32],
    packets: Vec<InFlight<'r>>,
    /// The context of the packet that was received, and of the one that was processed, last.
    received: usize,
    processed: usize,
    /// The hook that was slow, and how often in a row.
    slow: (&'static str, u32),
    outcomes: Vec<Outcome>,
}

/// What a callout made of a packet in one call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    hook: &'static str,
    packet: Result<Vec<u8>, HookError>,
    process_it: Option<i32>,
}

impl Outcome {
    pub(super) const fn hook(&self) -> &'static str {
        self.hook
    }
}

/// A packet that the server has, or will have.
struct InFlight<'r> {
    exchange: &'r Exchange,
    /// The request with which the server goes on.
    request: Vec<u8>,
    /// Where it is, if the callout has put it there.
    request_at: Option<(usize, u32)>,
    context: usize,
    is_accepted: bool,
    /// From the call that receives it to the one that reports it as processed.
    is_open: bool,
    /// What the callout has put in the place of the packet and of its reply.
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
        server: &'r Server,
        conduct: Conduct,
        threads: Threads,
        report: &'r mut Report,
        exchanges: &'r [Exchange],
        xids: &'r [u32],
    ) -> Self {
        let packets = exchanges.iter().map(|exchange| InFlight {
            exchange,
            request: exchange.request.clone(),
            request_at: None,
            context: 0,
            is_accepted: true,
            is_open: false,
            replacements: Vec::new(),
        });
        Self {
            server,
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
            Notices::Once => 1,
            Notices::Repeated => 2,
            Notices::Withheld => 0,
        };
        let numbers: Vec<usize> = (0..self.packets.len()).collect();
        for pair in numbers.chunks(2) {
            let both = |step: Step| pair.iter().map(move |number| (*number, step));
            if self.conduct.never_offered {
                self.steps(both(Step::Dropped(DropReason::DUPLICATE)));
                self.steps(both(Step::Processed));
            }
            self.steps(both(Step::Received));
            let parsed = (0..self.conduct.options_parsed).flat_map(|_| both(Step::OptionsParsed));
            self.steps(parsed.chain(both(Step::Address)).chain(both(Step::Sent)));
            let unanswered: Vec<_> = both(Step::Dropped(DropReason::NOADDRESS))
                .filter(|(number, _)| {
                    self.packets
                        .get(*number)
                        .is_some_and(|packet| packet.exchange.reply.is_none())
                })
                .collect();
            self.steps(unanswered);
            for _ in 0..times {
                self.steps(both(Step::Processed));
            }
        }
        self.stop()
    }

    /// Stops the service, and returns what the callout made of all packets.
    pub(super) fn stop(mut self) -> Vec<Outcome> {
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
        for (number, _) in steps.iter().filter(|(_, step)| matches!(step, Step::Processed)) {
            self.judge_replacements(*number);
        }
        let make = |(number, step): &(usize, Step)| timed(|| self.call(self.packets.get(*number)?, *step));
        let all_seen = self.threads.each(&steps, make);
        for ((number, step), (seen, took)) in steps.into_iter().zip(all_seen) {
            let Some(seen) = seen else { continue };
            if seen.status.is_some() {
                self.report.count();
                self.count_slow(seen.hook, took);
                self.judge(number, step, &seen);
                self.outcomes.push(Outcome {
                    hook: seen.hook,
                    packet: seen.packet.clone(),
                    process_it: seen.process_it,
                });
            }
            self.go_on(number, step, &seen);
        }
    }

    fn count_slow(&mut self, hook: &'static str, took: Duration) {
        let is_slow = took > SLOW;
        let (slow, count) = self.slow;
        if slow == hook || is_slow {
            self.slow = (
                hook,
                if is_slow && slow == hook {
                    count.saturating_add(1)
                } else {
                    u32::from(is_slow)
                },
            );
        }
        if self.slow.1 >= SLOW_CALLS {
            self.report.note(Rule::Slow, hook, self.conduct);
            self.report.cut_short();
        }
    }

    /// Makes the call of a step, if the packet has this step.
    fn call(&self, packet: &InFlight<'_>, step: Step) -> Option<Observation> {
        let (request, reply) = (packet.request.as_slice(), packet.exchange.reply.as_deref());
        let is_reported = packet.is_accepted || self.conduct.refusals_reported;
        let fields;
        let call = match step {
            Step::Service(code) => HookCall::control(code.code()),
            Step::ClientDeleted => HookCall::client_deleted(&[2, 0, 0, 0, 0, 1]),
            Step::Received => return Some(self.server.call(&HookCall::new_packet(request))),
            Step::OptionsParsed if packet.is_accepted => {
                fields = Message::parse(request).map_or_else(|_| ServerFields::default(), ServerFields::from_message);
                HookCall::options_parsed(request, &fields)
            }
            Step::Address if packet.is_accepted => address_call(request, reply)?,
            Step::Sent if packet.is_accepted => HookCall::send(reply?),
            Step::Dropped(reason) if is_reported => HookCall::notice(request, reason.code()),
            Step::Processed if is_reported => HookCall::notice(request, PACKET_PROCESSED),
            _ => return None,
        };
        // Only a server that repeats contexts does not say which packet has ended.
        let context = match self.conduct.contexts {
            Contexts::Repeated => self.received,
            Contexts::Null if !matches!(step, Step::Processed) => 0,
            Contexts::Stale if !matches!(step, Step::Processed) => self.processed,
            Contexts::Own | Contexts::Null | Contexts::Stale => packet.context,
        };
        let call = HookCall { context, ..call };
        let is_about_request = !matches!(step, Step::Service(_) | Step::ClientDeleted | Step::Sent);
        Some(
            match packet
                .request_at
                .filter(|_| is_about_request && self.conduct.swaps == Swaps::ReadAgain)
            {
                Some((start, size)) if self.knows_ends() => self.server.call(&HookCall {
                    packet: Packet::At(start),
                    size: Some(size),
                    ..call
                }),
                _ => self.server.call(&call),
            },
        )
    }

    /// Notes the rules that a call has broken.
    fn judge(&mut self, number: usize, step: Step, seen: &Observation) {
        let can_change = matches!(step, Step::Received | Step::Sent | Step::Dropped(_) | Step::Processed);
        let new_context = matches!(step, Step::Received)
            .then_some(seen.context)
            .filter(|context| *context != 0);
        let last = usize::try_from(seen.own.1.max(seen.left.1)).unwrap_or(usize::MAX);
        let is_beyond = seen.written.as_ref().is_some_and(|written| written.end > last);
        let has_poison = |packet: &Vec<u8>| packet.windows(POISONED.len()).any(|bytes| bytes == POISONED);
        let broken = [
            (
                Rule::ContextWithoutEnd,
                new_context.is_some() && self.server.table().dhcp_pkt_drop_hook.is_none(),
            ),
            (
                Rule::ContextShared,
                new_context.is_some_and(|context| self.has_in_flight(context)),
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
                seen.was_written_late || seen.packet.as_ref().is_ok_and(has_poison),
            ),
        ];
        let broken = broken.into_iter().filter(|(_, is_broken)| *is_broken);
        let mut broken: Vec<_> = broken.map(|(rule, _)| rule).collect();
        if let (Step::Sent, Some(packet), Ok(reply)) = (step, self.packets.get(number), &seen.packet) {
            let is_of_another = |xid| self.xids.contains(&xid);
            let Exchange {
                request,
                reply: original,
            } = packet.exchange;
            let original = original.as_deref().unwrap_or_default();
            reply::judge(request, original, reply, is_of_another, |rule| broken.push(rule));
        }
        for rule in broken {
            self.report.note(rule, seen.hook, self.conduct);
        }
    }

    /// Goes on as a server does after a call.
    fn go_on(&mut self, number: usize, step: Step, seen: &Observation) {
        let Some(packet) = self.packets.get_mut(number) else {
            return;
        };
        let replacement = seen.packet.as_ref().ok().filter(|_| seen.left.0 != seen.own.0);
        if let (Step::Received | Step::Sent, Some(bytes)) = (step, replacement) {
            packet.replacements.push(Replacement {
                at: seen.left,
                bytes: bytes.clone(),
                hook: seen.hook,
                call: self.report.calls(),
            });
        }
        match step {
            Step::Received => {
                packet.request_at = replacement.map(|_| seen.left);
                packet.context = seen.context;
                packet.is_accepted = seen.process_it != Some(0);
                packet.is_open = true;
                self.received = seen.context;
                if let Ok(taken) = &seen.taken {
                    packet.request.clone_from(taken);
                }
            }
            Step::Processed => {
                packet.request_at = None;
                packet.is_open = false;
                packet.replacements.clear();
                self.processed = packet.context;
            }
            _ => {}
        }
    }

    /// Returns whether the callout hears of the end of each packet with its own context.
    fn knows_ends(&self) -> bool {
        self.conduct.contexts != Contexts::Repeated
    }

    /// Returns whether a packet in flight has this context.
    fn has_in_flight(&self, context: usize) -> bool {
        let mut packets = self
            .packets
            .iter()
            .filter(|packet| packet.is_open && packet.is_accepted);
        self.knows_ends() && packets.any(|packet| packet.context == context)
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
}

/// Returns the call about the address of a packet: given by its reply, refused by it, or no longer wanted by the client.
fn address_call<'a>(request: &'a [u8], reply: Option<&[u8]>) -> Option<HookCall<'a>> {
    let reply = reply.and_then(|reply| Message::parse(reply).ok());
    let requested = Message::parse(request).ok()?.message_type();
    let problem = |problem: AddressProblem| Some(HookCall::address_deleted(request, problem.code()));
    match reply.map(Message::message_type) {
        Some(Some(MessageType::ACK)) => Some(HookCall::address_offered(request, AddressGrant::NEW.code())),
        Some(Some(MessageType::NAK)) => problem(AddressProblem::NACKED),
        None if requested == Some(MessageType::DECLINE) => problem(AddressProblem::DECLINE),
        None if requested == Some(MessageType::RELEASE) => problem(AddressProblem::RELEASE),
        _ => None,
    }
}
