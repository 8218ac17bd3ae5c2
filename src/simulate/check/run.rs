//! One run of a callout: calls in any order, each held against the rules.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use core::ptr::with_exposed_provenance_mut;
use core::sync::atomic::Ordering;
use core::time::Duration;

use super::super::call::{Hook, HookCall, Observation};
use super::super::conduct::{Conduct, Contexts, Notices};
use super::super::end::is_own;
use super::super::event::{Call, Kind, about_address};
use super::super::memory::is_near;
use super::super::threads::{Threads, timed};
use super::super::{PacketInFlight, Server};
use super::compare::Effect;
use super::exchange::{Exchange, Transaction};
use super::next::{Heard, Served, listen};
use super::reply;
use super::report::{Finding, Report};
use super::rule::Rule;
use crate::control::{AddressProblem, DropReason, ServiceControl};
use crate::ffi::{Bool, CalloutTable};
use crate::hook::{HookError, read_packet};
use crate::lifecycle::Notice;
use crate::message::{Message, MessageType};

/// The hook that may block.
const CONTROL: &str = Hook::Control.name();

/// How long another hook may take, and how often in a run it may take longer: a single time can be the system's doing.
const SLOW: Duration = Duration::from_millis(250);
const SLOW_CALLS: u32 = 3;
/// How long all calls of a check may take: its author waits for them.
const ALL_CALLS: Duration = Duration::from_secs(20);

/// How many stages a packet has, some of which make no call, and how many packets are at the same stage.
const STAGES: usize = 7;
const TOGETHER: usize = 2;

const CLIENT: [u8; 6] = [2, 0, 0, 0, 0, 1];
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);

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

/// The number of a packet, and why it is dropped, if it is.
type Fate = (usize, Option<DropReason>);

/// What becomes of the service in the middle of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Running,
    /// It is paused, and goes on at once, while packets are in flight.
    Paused,
    /// It goes on, but has no packet for a moment.
    Parted,
    /// It is stopped, and started, at that moment.
    Restarted,
}

/// A server with packets in its hands.
pub(super) struct Run<'r> {
    server: Server,
    report: &'r mut Report,
    /// The transactions of all packets.
    transactions: &'r [Transaction],
    packets: Vec<Played<'r>>,
    /// How often a hook was slow.
    slow: u32,
    /// What the callout made of the packets, if that is asked for.
    effects: Option<Vec<Effect>>,
    /// How long it is from one call to the next at least.
    pace: Duration,
    /// How it serves the next DLL, if that is asked for.
    pub(super) served: Option<&'r mut Served>,
    /// Whether an end that is reported again has the context of its packet, or else NULL.
    pub(super) repeats_context: bool,
}

/// A packet that the server has, or will have.
struct Played<'r> {
    exchange: &'r Exchange,
    /// The request in the server's hands.
    received: Option<PacketInFlight>,
    /// Whether it was not yet reported as processed.
    is_open: bool,
    /// What the callout has put in the place of the request and of the reply.
    replacements: Vec<Replacement>,
    /// The context of the next DLL, if the packet was offered to it.
    next_context: Option<usize>,
}

impl Played<'_> {
    fn is_dropped(&self) -> bool {
        self.exchange.is_dropped()
    }
}

/// A packet in memory of the callout, which must stay as it is.
struct Replacement {
    at: (usize, u32),
    bytes: Vec<u8>,
    /// What is to be noted if it changes.
    finding: Finding,
}

impl Replacement {
    /// Returns what is there now, before the packet is processed.
    fn now(&self) -> Result<&[u8], HookError> {
        let (start, size) = self.at;
        let start = with_exposed_provenance_mut(start);
        // SAFETY: the callout promises that the packet stays until it is processed.
        unsafe { read_packet(start, size) }
    }
}

impl<'r> Run<'r> {
    pub(super) fn new(
        server: Server,
        report: &'r mut Report,
        exchanges: &'r [Exchange],
        transactions: &'r [Transaction],
    ) -> Self {
        let packets = exchanges.iter().map(|exchange| Played {
            exchange,
            received: None,
            is_open: false,
            replacements: Vec::new(),
            next_context: None,
        });
        Self {
            server,
            report,
            transactions,
            packets: packets.collect(),
            slow: 0,
            effects: None,
            pace: Duration::ZERO,
            served: None,
            repeats_context: true,
        }
    }

    /// Plays all exchanges as a server of this conduct would, and returns what the callout made of them: two packets at
    /// a time, and as many more at each stage of those before, so that other packets come between any two stages of
    /// one.
    pub(super) fn play(mut self, service: Service, pace: Duration) -> Vec<Effect> {
        self.effects = Some(Vec::new());
        self.pace = pace;
        self.control(&[ServiceControl::START]);
        let (dropped, served): (Vec<_>, Vec<_>) =
            (0..self.packets.len()).partition(|number| self.packets.get(*number).is_some_and(Played::is_dropped));
        // That of packets which were never offered is not among them.
        let reasons = DropReason::ALL
            .iter()
            .filter(|reason| **reason != DropReason::DUPLICATE);
        let dropped: Vec<_> = dropped.into_iter().zip(reasons.copied().map(Some).cycle()).collect();
        let served: Vec<_> = served.into_iter().map(|number| (number, None)).collect();
        let groups: Vec<_> = served.chunks(TOGETHER).chain(dropped.chunks(TOGETHER)).collect();
        let is_whole = matches!(service, Service::Running | Service::Paused);
        let (before, after) = groups.split_at(if is_whole { 0 } else { groups.len() / 2 });
        self.play_groups(before, service);
        if service == Service::Restarted {
            self.control(&[ServiceControl::STOP, ServiceControl::START]);
        }
        self.play_groups(after, service);
        self.stop()
    }

    /// Tells the callout what becomes of the service.
    fn control(&mut self, codes: &[ServiceControl]) {
        for code in codes {
            self.steps(&[(0, Step::Service(*code))]);
        }
    }

    /// Plays some groups of packets from their first stage to their last.
    fn play_groups(&mut self, groups: &[&[Fate]], service: Service) {
        for turn in 0..groups.len().saturating_add(STAGES) {
            if service == Service::Paused && turn == STAGES {
                self.control(&[ServiceControl::PAUSE, ServiceControl::CONTINUE]);
            }
            // Packets that came first are further on, so that their ends are seen before other packets get their
            // contexts.
            let at_work = groups.iter().enumerate().filter_map(|(number, group)| {
                let stage = turn.checked_sub(number).filter(|stage| *stage < STAGES)?;
                self.stages(group).into_iter().nth(stage)
            });
            let (ends, others): (Vec<_>, Vec<_>) = at_work.flatten().partition(|(_, step)| step.is_end());
            let is_new = |(_, step): &(usize, Step)| matches!(step, Step::Received);
            let (new, others): (Vec<_>, Vec<_>) = others.into_iter().partition(is_new);
            let conduct = self.server.conduct;
            let repeats = conduct.notices == Notices::Repeated;
            if repeats || conduct.refusals_reported || conduct.contexts == Contexts::Stale {
                // Until the next packet comes, the context of one that is over is nobody's.
                self.steps(&ends);
                self.steps(if repeats { &ends } else { &[] });
                self.steps(&others);
                self.steps(&new);
            } else {
                self.steps(&[ends, others, new].concat());
            }
        }
    }

    /// Returns what happens to a group of packets, one after the other.
    fn stages(&self, group: &[Fate]) -> [Vec<(usize, Step)>; STAGES] {
        let all = |step: Step| group.iter().map(move |(number, _)| (*number, step));
        let if_so = |is_so: bool, step: Step| all(step).filter(|_| is_so).collect();
        let Conduct {
            never_offered,
            notices,
            options_parsed,
            ..
        } = self.server.conduct;
        let end = Step::Notice(Notice::Processed);
        let dropped = |(number, reason): &Fate| Some((*number, Step::Notice(Notice::Dropped((*reason)?))));
        let at_work = [Step::ClientDeleted, Step::Address, Step::Sent];
        let parsed = (0..options_parsed).flat_map(|_| all(Step::OptionsParsed));
        [
            if_so(never_offered, Step::Notice(Notice::Dropped(DropReason::DUPLICATE))),
            if_so(never_offered, end),
            all(Step::Received).collect(),
            parsed.chain(at_work.into_iter().flat_map(all)).collect(),
            group.iter().filter_map(dropped).collect(),
            if_so(notices != Notices::Withheld, end),
            if_so(notices == Notices::Repeated, end),
        ]
    }

    /// Reports all packets as processed by their own contexts, so that the callout loses nothing, and stops the
    /// service.
    pub(super) fn finish(mut self) {
        if !self.knows_ends() {
            self.packets.iter_mut().for_each(|packet| packet.replacements.clear());
            self.server.conduct = self.server.conduct.contexts(Contexts::Own);
        }
        let ends = (0..self.packets.len()).map(|number| (number, Step::Notice(Notice::Processed)));
        self.steps(&ends.collect::<Vec<_>>());
        self.stop();
    }

    /// Stops the service, and returns what the callout made of all packets.
    fn stop(mut self) -> Vec<Effect> {
        // Of packets that are never reported.
        for number in 0..self.packets.len() {
            self.judge_replacements(number);
        }
        self.steps(&[(0, Step::ClientDeleted), (0, Step::Service(ServiceControl::STOP))]);
        // A callout may keep beyond the stop what was not reported until then, and this need not be its last check.
        if self.server.conduct.notices == Notices::Withheld && self.report.is_complete() {
            let open = (0..).zip(&self.packets).filter(|(_, packet)| packet.is_open);
            let received = open.filter_map(|(number, packet)| Some((number, packet.received.as_ref()?)));
            let tell = |(number, received): (usize, &PacketInFlight)| {
                // What has replaced it can be gone since the stop.
                received.life.end();
                let end = Call::Notified(Notice::Processed);
                (number, self.server.report_with(received.seen.context, received, end))
            };
            let told: Vec<_> = received
                .filter(|(_, received)| !received.is_refused())
                .map(tell)
                .collect();
            for (number, seen) in told.iter().filter(|(_, seen)| seen.status.is_some()) {
                self.report.count();
                self.judge(*number, Step::Notice(Notice::Processed), seen, None);
            }
        }
        if self.server.memory.was_written_late() {
            let finding = self
                .report
                .finding(Rule::KeptArguments, CONTROL, self.server.conduct, &[]);
            self.report.note(finding);
        }
        let mut effects = self.effects.unwrap_or_default();
        // Whichever packets came between.
        effects.sort_by_key(|effect| effect.number);
        effects
    }

    /// Makes the calls of some steps of packets, which may not depend on each other.
    pub(super) fn steps(&mut self, steps: &[(usize, Step)]) {
        if !self.report.is_complete() {
            return;
        }
        // They may be gone when the call has returned that reports their packet as processed, or altered if it was
        // dropped.
        for (number, _) in steps.iter().filter(|(_, step)| matches!(step, Step::Notice(_))) {
            self.judge_replacements(*number);
        }
        let make = |(number, step): &(usize, Step)| listen(|| timed(self.pace, || self.call(*number, *step)).0);
        let has_hook = |(_, step): &(usize, Step)| step.has_hook(self.server.table());
        let all_seen = self.server.conduct.threads.each(steps, has_hook, make);
        // What stops the machine for a moment stops all hooks that are at work: of those that are called at once, only the
        // slowest counts.
        let is_at_once = self.server.conduct.threads == Threads::Several;
        let times = all_seen.iter().filter_map(|(seen, _)| Some(seen.as_ref()?.took));
        let slowest = times.max().filter(|_| is_at_once);
        for (&(number, step), (seen, heard)) in steps.iter().zip(all_seen) {
            let Some(mut seen) = seen else { continue };
            if seen.status.is_some() {
                let counts = seen.hook != CONTROL && slowest.is_none_or(|slowest| seen.took == slowest);
                let took = if counts { seen.took } else { Duration::ZERO };
                self.report.count();
                let all_took = self.report.add_time(took, seen.hook, self.server.conduct, &seen.given);
                self.slow = self.slow.saturating_add(u32::from(took > SLOW));
                let slow = match self.slow {
                    _ if all_took > ALL_CALLS => Some(Rule::SlowTogether),
                    SLOW_CALLS.. if took > SLOW => Some(Rule::Slow),
                    _ => None,
                };
                self.judge(number, step, &seen, slow);
                self.judge_service(number, step, &seen, &heard);
                if self.borrowed(&seen).is_some() {
                    // The server goes on with its own: what else is in its memory is not always the same.
                    (seen.left, seen.moved, seen.packet) = (seen.own, Some(0), Ok(seen.given.clone()));
                }
                if let Some(effects) = self.effects.as_mut().filter(|_| step.is_within()) {
                    effects.push(Effect {
                        number,
                        hook: seen.hook,
                        call: self.report.calls(),
                        given: seen.given.clone(),
                        packet: seen.packet.clone(),
                        process_it: seen.process_it,
                    });
                }
            }
            self.go_on(number, step, seen);
        }
    }

    /// Makes the call of a step, if the packet has this step.
    fn call(&self, number: usize, step: Step) -> Option<Observation> {
        if let Step::Service(code) = step {
            return Some(self.server.control(code));
        }
        let packet = self.packets.get(number)?;
        let (server, Exchange { request, reply }) = (&self.server, packet.exchange);
        match step {
            Step::ClientDeleted => {
                let client = Message::parse(request).ok().and_then(|message| message.chaddr().ok());
                return Some(server.delete_client(ADDRESS, client.unwrap_or(&CLIENT)));
            }
            Step::Received => return (!packet.is_open).then(|| server.call(&HookCall::new_packet(request))),
            _ => {}
        }
        let Some(received) = &packet.received else {
            let Step::Notice(notice) = step else { return None };
            return Some(server.call(&HookCall::notice(request, notice.code())));
        };
        let may_be_reported = self.server.conduct.refusals_reported && matches!(step, Step::Notice(_));
        if received.is_refused() && !may_be_reported {
            return None;
        }
        // A callout can have its context back.
        let is_over = !packet.is_open || received.is_refused();
        let own = received.seen.context;
        let context = match self.server.conduct.contexts {
            // The end of a packet is told by its own context, or the callout would not know of it.
            _ if step.is_end() && self.knows_ends() && !is_over => own,
            contexts if self.knows_ends() && is_over && (step.is_end() || contexts == Contexts::Own) => {
                self.ended(own).filter(|_| self.repeats_context).unwrap_or(0)
            }
            Contexts::Stale => self.ended(server.ended.load(Ordering::Relaxed)).unwrap_or(0),
            _ => server.context_of(received),
        };
        let call = match step {
            Step::OptionsParsed => Call::OptionsParsed,
            Step::Address => {
                let reply = reply.as_ref().and_then(|reply| Message::parse(reply).ok());
                let is_offer = reply.is_some_and(|reply| Kind::of(reply) == Kind::Dhcp(MessageType::OFFER));
                // Of another address, somebody has answered.
                let conflict = is_offer.then_some(Call::AddressDeleted {
                    problem: AddressProblem::CONFLICT,
                    address: ADDRESS,
                });
                about_address(Message::parse(request).ok()?, reply).or(conflict)?
            }
            Step::Notice(notice) => Call::Notified(notice),
            _ => {
                let mut call = HookCall::send(reply.as_ref()?);
                call.context = context;
                call.about = Some(&received.life);
                return Some(server.call(&call));
            }
        };
        Some(server.report_with(context, received, call))
    }

    /// Notes the rules that a call has broken.
    fn judge(&mut self, number: usize, step: Step, seen: &Observation, slow: Option<Rule>) {
        let packet = self.packets.get(number);
        let request = packet.map_or(&[][..], |packet| &packet.exchange.request);
        let life = packet.and_then(|packet| Some(&packet.received.as_ref()?.life));
        let can_change = matches!(step, Step::Received | Step::Sent | Step::Notice(_));
        let mut broken = Vec::new();
        let mut found = |rule, is_broken: bool| broken.extend(is_broken.then_some(rule));
        if matches!(step, Step::Received) && seen.context != 0 {
            found(
                Rule::ContextWithoutEnd,
                self.server.table().dhcp_pkt_drop_hook.is_none(),
            );
            let is_refused = seen.process_it == Some(0);
            let is_shared = !is_refused && self.is_in_flight(seen.context);
            found(Rule::ContextShared, is_shared);
            if is_shared {
                self.report.share(seen.context);
            }
        }
        found(Rule::Panics, seen.has_panicked);
        found(Rule::ProcessIt, !matches!(seen.process_it, None | Some(0 | 1)));
        found(Rule::PacketNull, matches!(seen.packet, Err(HookError::Null { .. })));
        found(
            Rule::PacketTooLong,
            matches!(seen.packet, Err(HookError::TooLong { .. })),
        );
        let borrowed = self.borrowed(seen);
        // Whoever writes into memory of an earlier call can do so when another call has that.
        let writes_late = seen.was_written_late || self.report.has(Rule::KeptArguments);
        found(Rule::PacketOutside, borrowed == Some(Rule::PacketOutside));
        found(Rule::WriteOutside, !writes_late && seen.has_stray_write);
        found(
            Rule::WriteToInput,
            !writes_late && !can_change && seen.written.is_some(),
        );
        let size = |size: u32| usize::try_from(size).unwrap_or(usize::MAX);
        let end = seen.moved.unwrap_or_default().saturating_add(size(seen.left.1));
        let last = end.max(size(seen.own.1));
        let is_beyond = seen.written.as_ref().is_some_and(|written| written.end > last);
        found(Rule::WriteBeyondSize, !writes_late && can_change && is_beyond);
        let is_kept = borrowed == Some(Rule::KeptArguments);
        found(Rule::KeptArguments, seen.was_written_late || is_kept);
        if let (Step::Sent, Ok(reply), None) = (step, &seen.packet, borrowed) {
            // By the context of another packet, the callout makes of it a reply to that.
            let is_known = self.knows_ends() || is_own(life, seen.context);
            reply::judge(request, &seen.given, reply, self.transactions, |rule| {
                found(rule, is_known || reply::OF_ANY_PACKET.contains(&rule));
            });
        }
        // A packet can come with such bytes, and a reply be made of them.
        let poison = self.server.memory.remains();
        let has_poison = |packet: &[u8]| poison.is_in(packet) && !poison.other().is_in(packet);
        let has_new_poison =
            seen.packet.as_deref().is_ok_and(has_poison) && !poison.is_in(&seen.given) && !poison.is_in(request);
        let is_altered = |reply: &&Vec<u8>| matches!(step, Step::Sent) && **reply != seen.given;
        let left = seen.packet.as_ref().ok().filter(is_altered);
        let finding = |report: &Report, rule| Finding {
            difference: left.map(|reply| difference(reply)),
            ..report.finding(rule, seen.hook, self.server.conduct, &seen.given)
        };
        if has_new_poison && borrowed.is_none() {
            for rule in [Rule::KeptArguments].into_iter().chain(broken) {
                self.report.suspect(finding(self.report, rule));
            }
        } else {
            for rule in broken {
                self.report.note(finding(self.report, rule));
            }
        }
        match slow {
            Some(Rule::SlowTogether) => self.report.note_slowest(),
            Some(rule) => self.report.note(finding(self.report, rule)),
            None => return,
        }
        self.report.cut_short();
    }

    /// Returns the rule that a call has broken if it has put the server's memory in the place of the packet.
    fn borrowed(&self, seen: &Observation) -> Option<Rule> {
        let is_borrowed = seen.is_swapped() && self.server.memory.has(seen.left.0);
        is_borrowed.then_some(if seen.memory.is_some_and(|start| is_near(start, seen.left.0)) {
            Rule::PacketOutside
        } else {
            Rule::KeptArguments
        })
    }

    /// Notes whether the next DLL has heard of a call, with its own context.
    fn judge_service(&mut self, number: usize, step: Step, seen: &Observation, heard: &Heard) {
        let (Some(served), Some(packet)) = (&mut self.served, self.packets.get_mut(number)) else {
            return;
        };
        served.hear(heard);
        let heard = heard.of(seen.hook);
        let (is_wanted, context) = match step {
            Step::Service(_) | Step::ClientDeleted => (true, None),
            Step::Received => {
                packet.next_context = heard;
                // A packet that the callout refuses need not be offered to the others.
                (seen.process_it() != Some(Bool::FALSE), None)
            }
            // Never offered.
            _ if packet.received.is_none() => (true, Some(0)),
            _ => (packet.is_open && packet.next_context.is_some(), packet.next_context),
        };
        let rule = match heard {
            None => Rule::NotChained,
            Some(_) => Rule::NextContext,
        };
        if is_wanted && (heard.is_none() || context.is_some_and(|context| heard != Some(context))) {
            let conduct = self.server.conduct;
            served.note(self.report.finding(rule, seen.hook, conduct, &seen.given));
        }
    }

    /// Notes whether something that the callout has put in the place of a packet or its reply is no longer as it was.
    fn judge_replacements(&mut self, number: usize) {
        let packet = self.packets.get(number).filter(|_| self.knows_ends());
        for replacement in packet.iter().flat_map(|packet| &packet.replacements) {
            if replacement.now() != Ok(&replacement.bytes) {
                self.report.note(replacement.finding.clone());
            }
        }
    }

    /// Goes on as a server does after a call.
    fn go_on(&mut self, number: usize, step: Step, mut seen: Observation) {
        let knows_ends = self.knows_ends();
        let Some(packet) = self.packets.get_mut(number) else {
            return;
        };
        // What takes the place of a refused packet, the callout can take back at once; that of a reply by the context of
        // another packet, when that ends; and that of a reply to a packet which has ended, nobody knows when.
        let life = packet.received.as_ref().map(|received| &received.life);
        let is_own = !matches!(step, Step::Sent) || packet.is_open && is_own(life, seen.context);
        let is_replaced = seen.is_swapped() && seen.process_it != Some(0) && is_own;
        let bytes = seen.packet.as_ref().ok().filter(|_| is_replaced);
        if let (Step::Received | Step::Sent, Some(bytes)) = (step, bytes) {
            packet.replacements.push(Replacement {
                at: seen.left,
                bytes: bytes.clone(),
                finding: self
                    .report
                    .finding(Rule::ReplacementChanged, seen.hook, self.server.conduct, &seen.given),
            });
        }
        if let (Step::Notice(Notice::Dropped(_)), Some(altered)) = (step, &seen.altered) {
            // It may be altered where the callout has put it, by the hook that is told of it there and now.
            for replacement in packet.replacements.iter_mut().filter(|there| there.at == seen.own) {
                if replacement.bytes != seen.given {
                    self.report.note(replacement.finding.clone());
                }
                replacement.bytes.clone_from(altered);
            }
        }
        if let Step::Received = step {
            let earlier = self.server.given.swap(seen.context, Ordering::Relaxed);
            packet.is_open = true;
            if !knows_ends && seen.packet.is_ok() {
                // The callout can take back what it has put in its place when another packet ends.
                (seen.left, seen.moved) = (seen.own, Some(0));
            }
            packet.received = Some(PacketInFlight::new(seen, earlier, self.server.ends.now()));
        } else if step.is_end() && knows_ends {
            packet.is_open = false;
            packet.replacements.clear();
        }
    }

    /// Returns whether the callout hears of the end of each packet by its own context.
    fn knows_ends(&self) -> bool {
        self.server.conduct.contexts != Contexts::Repeated
    }

    /// Returns the context of a packet that is over, unless it is another's by now, or contexts are not those of single
    /// packets.
    fn ended(&self, context: usize) -> Option<usize> {
        let is_anothers = self.is_in_flight(context) || self.report.is_shared(context);
        (!is_anothers).then_some(context)
    }

    /// Returns whether a packet in flight that was not refused has this context.
    fn is_in_flight(&self, context: usize) -> bool {
        let is_sure = self.knows_ends();
        let packets = self.packets.iter().filter(|packet| packet.is_open && is_sure);
        let mut received = packets.filter_map(|packet| packet.received.as_ref());
        received.any(|received| !received.is_refused() && received.seen.context == context)
    }
}

/// Says what was left in the place of a reply.
fn difference(reply: &[u8]) -> String {
    let size = reply.len();
    Message::parse(reply).map_or_else(
        |error| format!("{size} bytes are left: {error}"),
        |message| format!("{size} bytes are left: {message}"),
    )
}

impl Step {
    const fn is_end(self) -> bool {
        matches!(self, Self::Notice(Notice::Processed))
    }

    /// Returns whether the callout has the hook for this.
    const fn has_hook(self, table: &CalloutTable) -> bool {
        match self {
            Self::Service(_) => table.dhcp_control_hook.is_some(),
            Self::ClientDeleted => table.dhcp_delete_client_hook.is_some(),
            Self::Received => table.dhcp_new_pkt_hook.is_some(),
            Self::OptionsParsed => table.dhcp_handle_options_hook.is_some(),
            Self::Address => table.dhcp_address_offer_hook.is_some() || table.dhcp_address_del_hook.is_some(),
            Self::Sent => table.dhcp_pkt_send_hook.is_some(),
            Self::Notice(_) => table.dhcp_pkt_drop_hook.is_some(),
        }
    }

    /// Returns whether this is about a packet before its end.
    const fn is_within(self) -> bool {
        !self.is_end() && !matches!(self, Self::Service(_) | Self::ClientDeleted)
    }
}
