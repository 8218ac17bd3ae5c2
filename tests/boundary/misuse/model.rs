//! What may come of any calls of a server: a model, which makes them and is held against what the callouts hear.

use core::ptr::without_provenance_mut;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use dhcp_callout::PACKET_CAPACITY;
use dhcp_callout::ffi::{Bool, CalloutTable, EntryPoint};
use dhcp_callout::hook::Dword;
use dhcp_callout::simulate::{EntryCall, HookCall, Observation, Parameter, Server, ServerFields};

use super::author::{Edit, Event, FAULTS, Kind, MEMBERS, Plan, Verdict, When, lock, with_plans};
use super::script::{Bytes, Context, Hook, Packet, STOP, Step, Variable};

const PROCESSED: u32 = 0xB;
/// The context by which a chain says that it does not track a packet. So many below it say that the members before that
/// one have been told all that there is; a chain has 8 members at most, if not said otherwise. Below are the contexts
/// of the first member for packets that the chain does not track.
const UNTRACKED: usize = usize::MAX / 2;

/// The lowest bit of a context that only says which table has given it out.
const TAG: u32 = usize::BITS / 2;
const MOST_MEMBERS: usize = 8;

/// How many packets and buffers each member has, and how many packets the chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) packets: [usize; MEMBERS],
    pub(crate) buffers: [usize; MEMBERS],
    pub(crate) chain: Option<usize>,
}

pub(crate) type Contexts = Arc<Mutex<Vec<usize>>>;

pub(crate) struct Model<'s> {
    server: &'s Server,
    entry: EntryPoint,
    shape: Shape,
    contexts: Contexts,
    /// The packets in flight by context; `None` if other threads play as well, so that it cannot be known.
    live: Option<BTreeMap<usize, Live>>,
    /// The packets that were reported as dropped.
    dropped: BTreeSet<usize>,
    /// The packets of a chain of which no hook has been since the service stopped.
    silent: BTreeSet<usize>,
}

/// A packet in flight, as each member has it.
type Live = [Option<Entry>; MEMBERS];

#[derive(Debug)]
struct Entry {
    id: Option<u64>,
    panics: bool,
    dropped: bool,
    /// The member has given it up, and the chain has not.
    given_up: bool,
    kept: Vec<Kept>,
}

/// A replacement that must stay as it is.
#[derive(Debug)]
struct Kept {
    start: *const u8,
    bytes: Vec<u8>,
}

impl<'s> Model<'s> {
    pub(crate) fn new(server: &'s Server, entry: EntryPoint, shape: Shape) -> Self {
        Self {
            server,
            entry,
            shape,
            contexts: Contexts::default(),
            live: Some(BTreeMap::new()),
            dropped: BTreeSet::new(),
            silent: BTreeSet::new(),
        }
    }

    /// One of several threads at once, which share the contexts.
    pub(crate) fn one_of_several(server: &'s Server, entry: EntryPoint, shape: Shape, contexts: Contexts) -> Self {
        Self {
            contexts,
            live: None,
            ..Self::new(server, entry, shape)
        }
    }

    /// Reports all packets as processed whose contexts are known, whatever became of them.
    pub(crate) fn end_given(&mut self) {
        self.live = None;
        let contexts = lock(&self.contexts).clone();
        for context in contexts {
            self.step(&step(Hook::Drop, context, PROCESSED));
        }
    }

    /// Reports what is in flight as processed, and checks that all buffers are back.
    pub(crate) fn finish(&mut self) {
        self.end_live();
        for member in 0..self.members() {
            for _ in 0..self.shape.buffers[member] {
                let mut step = step(
                    Hook::New {
                        before: (0, 0),
                        context: Some(0),
                        process_it: Some(0),
                    },
                    0,
                    0,
                );
                step.plans[member].edits.push(Edit::Fill(9, 9));
                self.step(&step);
            }
            self.end_live();
        }
    }

    /// Stops the service, which gives up what is left.
    pub(crate) fn stop(&mut self) {
        self.step(&step(Hook::Control, 0, STOP));
    }

    /// Reports the replaced packets as processed whose buffers would be lost, and counted, otherwise.
    fn end_replaced(&mut self) {
        let all = self.live.iter().flatten();
        let contexts: Vec<_> = all
            .filter(|(_, live)| kept(live).next().is_some())
            .map(|(context, _)| *context)
            .collect();
        for context in contexts {
            self.step(&step(Hook::Drop, context, PROCESSED));
        }
    }

    fn end_live(&mut self) {
        let contexts: Vec<_> = self.live().keys().copied().collect();
        for context in contexts {
            self.step(&step(Hook::Drop, context, PROCESSED));
        }
        assert!(self.live().is_empty());
    }

    fn live(&self) -> &BTreeMap<usize, Live> {
        self.live.as_ref().unwrap()
    }

    fn members(&self) -> usize {
        if self.shape.chain.is_some() { MEMBERS } else { 1 }
    }

    pub(crate) fn step(&mut self, step: &Step) {
        if step.stops() {
            self.end_replaced();
        }
        let context = self.context(&step.context);
        match &step.hook {
            Hook::New {
                before,
                context,
                process_it,
            } => self.new_packet(step, *before, *context, *process_it),
            Hook::Drop => self.notify(step, context),
            Hook::Send => self.send(step, context),
            Hook::Entry { version, table } => self.enter(step, *version, *table),
            _ => self.tell(step, context),
        }
        if step.is_about_packet() {
            self.silent.remove(&context);
        }
        self.check_replacements();
        let faults = core::mem::take(&mut *lock(&FAULTS));
        assert!(faults.is_empty(), "{faults:?}");
    }

    /// All replacements are still there, each in a buffer of its own.
    fn check_replacements(&self) {
        let mut starts = BTreeSet::new();
        for kept in self.live.iter().flat_map(BTreeMap::values).flat_map(kept) {
            let block = unsafe { core::slice::from_raw_parts(kept.start, PACKET_CAPACITY) }.to_vec();
            assert_eq!(block[..kept.bytes.len()], kept.bytes);
            assert!(starts.insert(kept.start), "a buffer is used twice");
        }
    }

    fn context(&self, context: &Context) -> usize {
        let given = lock(&self.contexts);
        let given_at = |index: &proptest::sample::Index| given.get(index.index(given.len().max(1))).copied();
        match context {
            Context::Null => 0,
            Context::Given(index) => given_at(index).unwrap_or(0),
            Context::Last => given.last().copied().unwrap_or(0),
            Context::Flipped(index, bit) => {
                let given = given_at(index).unwrap_or(0);
                // The first member's own contexts are not known here, so another of them must not come of it.
                let is_own = self.shape.chain.is_some() && given != 0 && is_untracked(given);
                given
                    ^ (1 << if is_own {
                        TAG + bit % (usize::BITS - 1 - TAG)
                    } else {
                        *bit
                    })
            }
            Context::Any(context) => *context,
        }
    }

    fn held(&self, member: usize) -> usize {
        let entries = self.live().values().filter_map(|live| live[member].as_ref());
        entries.map(|entry| entry.kept.len()).sum()
    }

    fn new_packet(&mut self, step: &Step, before: (usize, i32), context: Variable, process_it: Variable) {
        let source = self.source(&step.packet);
        let call = source.argument_of(HookCall::new_packet(&source.own));
        let call = call.context(without_provenance_mut(before.0)).process_it(before.1);
        let call = call
            .variable(Parameter::PktContext, context)
            .variable(Parameter::ProcessIt, process_it);
        let (seen, events) = self.call(&call, step);
        let given = if context.is_some() { seen.context().addr() } else { 0 };
        let is_valid = context.is_some() && process_it.is_some() && source.is_valid();
        if is_valid && given != 0 {
            lock(&self.contexts).push(given);
        }
        if self.live.is_none() {
            return;
        }

        let mut told = Told(events.into());
        let mut shown = source.shown.clone().unwrap_or_default();
        let mut members = [const { None }; MEMBERS];
        let mut refused_by = None;
        let mut at = At::Known(seen.given_at().0);
        let (is_short, is_full) = self.shape.chain.map_or((false, false), |packets| {
            let in_flight = self.live().keys().filter(|context| !is_untracked(**context)).count();
            (4 * in_flight > 3 * packets, in_flight == packets)
        });
        let gives_up = is_valid && is_short && !self.silent.is_empty();
        let is_full = is_full && !gives_up;
        if is_valid {
            if is_full {
                told.take(0, Kind::TableFull);
            }
            if gives_up {
                told.take(0, Kind::GivenUp);
            }
            for member in 0..if is_full { 1 } else { self.members() } {
                let plan = &step.plans[member];
                let event = told.next(member, Kind::New, None, &shown);
                at.learn(event.at, &mut members);
                let Ok(pending) = told.edited(member, plan, self.free(member), true, &shown) else {
                    continue;
                };
                let mut id = None;
                match plan.decision {
                    Verdict::Refuse => {
                        refused_by = Some(member);
                        break;
                    }
                    Verdict::Track => id = told.take(member, Kind::Tracked).id,
                    Verdict::Pass if pending.is_none() => continue,
                    Verdict::Pass => {}
                }
                let entries = self.live().values().filter_map(|live| live[member].as_ref());
                let in_table = entries.filter(|entry| !entry.given_up).count();
                if in_table == self.shape.packets[member] {
                    told.take(member, Kind::TableFull);
                    if id.is_some() {
                        told.end_of_life(member, Kind::NotTracked, id, plan, plan.state_panics);
                    }
                    continue;
                }
                let mut entry = Entry {
                    id,
                    panics: plan.state_panics,
                    dropped: false,
                    given_up: false,
                    kept: Vec::new(),
                };
                if let Some(bytes) = pending {
                    shown.clone_from(&bytes);
                    entry.kept.push(Kept {
                        start: core::ptr::null(),
                        bytes,
                    });
                    at = At::KeptBy(member);
                }
                members[member] = Some(entry);
            }
        } else {
            told.take(0, Kind::ArgumentsRefused);
        }
        if let Some(last) = refused_by {
            // The members that were called hear of its end, the first of that alone; the server gets its own packet
            // back.
            let called = || members.iter().enumerate().take(last + 1);
            for (member, entry) in called().skip(1) {
                let id = entry.as_ref().and_then(|entry| entry.id);
                told.plain(member, Kind::Dropped, id, &[], &step.plans[member]);
            }
            for (member, entry) in called().rev() {
                if let Some(Entry {
                    id: Some(id), panics, ..
                }) = entry
                {
                    told.end_of_life(member, Kind::Done, Some(*id), &step.plans[member], *panics);
                }
            }
            members = [const { None }; MEMBERS];
            at = At::Known(seen.given_at().0);
        }
        told.end();
        let is_refused = refused_by.is_some();
        assert_eq!(
            seen.process_it(),
            process_it.map(|_| if is_refused { Bool::FALSE } else { Bool::TRUE })
        );
        let (start, size) = seen.left_at();
        match at {
            At::Known(known) => assert_eq!(start, known),
            At::KeptBy(_) => {
                assert!(seen.is_swapped());
                at.learn(start, &mut members);
            }
        }
        let expected = if members.iter().flatten().any(|entry| !entry.kept.is_empty()) {
            u32::try_from(shown.len()).unwrap()
        } else {
            source.size
        };
        assert_eq!(size, expected);
        let is_chained = self.shape.chain.is_some() && !is_full;
        if is_valid && (members[0].is_some() || is_chained) && refused_by.is_none() {
            assert!(given != 0 && withheld(given).is_none());
            assert_eq!(
                is_untracked(given),
                is_full,
                "no table gives out what says that the chain is full"
            );
            assert!(self.live.as_mut().unwrap().insert(given, members).is_none());
        } else if is_valid && self.shape.chain.is_some() {
            let from = refused_by.filter(|_| !is_full).map_or(0, |member| member + 1);
            assert_eq!(
                withheld(given),
                Some(from),
                "those after who has refused it may hear of it"
            );
        } else {
            assert_eq!(given, 0, "no context is left that names nothing");
        }
        if gives_up && refused_by.is_some() {
            self.end_silent();
        } else if gives_up {
            // The packet whose slot the new one has.
            let slots = self.shape.chain.unwrap().next_power_of_two();
            let lost = self
                .silent
                .iter()
                .find(|silent| (*silent ^ given) % slots == 0)
                .copied();
            self.forget(lost.expect("a packet was given up that was heard of"));
        }
    }

    /// Reports all packets as processed of which the chain may have given one up; it knows all but one.
    fn end_silent(&mut self) {
        let silent = self.silent.clone();
        let known = silent.iter().filter(|context| {
            let call = HookCall::notice(b"", PROCESSED).context(without_provenance_mut(**context));
            let (_, events) = with_plans(&Default::default(), || self.server.call(&call));
            events.iter().all(|event| event.kind != Kind::NotTold)
        });
        assert_eq!(known.count() + 1, silent.len());
        for context in silent {
            self.forget(context);
        }
    }

    /// Forgets a packet that was given up by its chain, or is processed.
    fn forget(&mut self, context: usize) {
        self.live.as_mut().unwrap().remove(&context);
        self.dropped.remove(&context);
        self.silent.remove(&context);
    }

    fn free(&self, member: usize) -> usize {
        self.shape.buffers[member] - self.held(member)
    }

    fn send(&mut self, step: &Step, context: usize) {
        let source = self.source(&step.packet);
        let call = source.argument_of(HookCall::send(&source.own)).code(step.code);
        let (seen, events) = self.call(&call.context(without_provenance_mut(context)), step);
        let Some(mut all) = self.live.take() else { return };
        let mut told = Told(events.into());
        let mut shown = source.shown.clone().unwrap_or_default();
        let is_valid = source.is_valid();
        let held: Vec<_> = (0..MEMBERS)
            .map(|member| {
                all.values()
                    .filter_map(|live| live[member].as_ref())
                    .map(|entry| entry.kept.len())
                    .sum::<usize>()
            })
            .collect();
        let mut live = all.remove(&context);
        let mut nobody = [const { None }; MEMBERS];
        let mut at = At::Known(seen.given_at().0);
        let is_refused = !is_valid || step.code >> 28 != 1;
        if is_refused {
            told.take(0, Kind::ArgumentsRefused);
        }
        if is_refused {
            assert_eq!(seen.left_at(), seen.given_at());
        } else {
            let hearing = self.hearing(context, live.is_some(), &told);
            let mut taken_back: [_; MEMBERS] =
                core::array::from_fn(|member| self.is_taken_back(&source, context, member, live.as_ref()));
            taken_back[0] |= live.is_none() && self.is_late(&source, context, &told);
            let members = live.as_mut().unwrap_or(&mut nobody);
            for member in 0..hearing {
                let is_original = matches!(at, At::Known(known) if known == seen.given_at().0);
                if taken_back[member] && is_original {
                    told.take(member, Kind::ArgumentsRefused);
                    continue;
                }
                let id = members[member].as_ref().and_then(|entry| entry.id);
                let event = told.next(member, Kind::Send, id, &shown);
                at.learn(event.at, members);
                let free = self.shape.buffers[member] - held[member];
                let is_tracked = members[member].as_ref().is_some_and(|entry| !entry.given_up);
                let pending = told.edited(member, &step.plans[member], free, is_tracked, &shown);
                if let (Ok(Some(bytes)), Some(entry)) = (pending, &mut members[member]) {
                    shown.clone_from(&bytes);
                    entry.kept.push(Kept {
                        start: core::ptr::null(),
                        bytes,
                    });
                    at = At::KeptBy(member);
                }
            }
            let (start, size) = seen.left_at();
            at.learn(start, members);
            assert_eq!(size, u32::try_from(shown.len()).unwrap());
        }
        told.end();
        if let Some(live) = live {
            all.insert(context, live);
        }
        self.live = Some(all);
    }

    /// Whether a member has the packet of the call in a buffer of its own, and refuses the context that it is given.
    fn is_taken_back(&self, source: &Source, context: usize, member: usize, live: Option<&Live>) -> bool {
        let is_refused = match live {
            Some(live) => live[member].as_ref().is_some_and(|entry| entry.given_up),
            // A chain gives NULL for what it refuses itself.
            None => {
                context != 0 && (self.shape.chain.is_none() || is_untracked(context) && withheld(context).is_none())
            }
        };
        source.of == Some(member) && is_refused
    }

    /// Whether the first member refuses what a chain does not know any more; whether its table could have given the
    /// context out, and no member has ever replaced a packet, the callout says.
    fn is_late(&self, source: &Source, context: usize, told: &Told) -> bool {
        let is_refused = told.0.front().is_some_and(|event| event.kind == Kind::ArgumentsRefused);
        self.shape.chain.is_some() && !is_untracked(context) && source.of == Some(0) && is_refused
    }

    /// How many callouts a hook reaches: of packets that a chain does not track the first alone hears, and nobody of
    /// those that are over if a later member has ever replaced a packet, in whichever test.
    fn hearing(&self, context: usize, is_live: bool, told: &Told) -> usize {
        if context == 0 || is_live && !is_untracked(context) {
            return self.members();
        }
        let is_over = self.shape.chain.is_some() && !is_untracked(context);
        usize::from(!(is_over && told.0.is_empty()))
    }

    fn notify(&mut self, step: &Step, context: usize) {
        let source = self.source(&step.packet);
        let call = source.argument_of(HookCall::notice(&source.own, step.code));
        let (seen, events) = self.call(&call.context(without_provenance_mut(context)), step);
        assert_eq!(seen.left_at(), seen.given_at());
        let is_refused = !source.is_valid();
        let (is_alone, members) = (self.shape.chain.is_none(), self.members());
        let live = self.live.as_ref().and_then(|all| all.get(&context));
        let is_readable_drop = source.is_valid() && step.code != PROCESSED;
        let taken_back: [_; MEMBERS] =
            core::array::from_fn(|member| is_readable_drop && self.is_taken_back(&source, context, member, live));
        let Some(all) = &mut self.live else { return };
        let mut told = Told(events.into());
        if is_refused {
            told.take(0, Kind::ArgumentsRefused);
        }
        let is_end = step.code == PROCESSED;
        let dropped_unknown = |told: &mut Told| {
            for member in (0..members).filter(|_| !is_end) {
                told.plain(member, Kind::Dropped, None, &[], &step.plans[member]);
            }
        };
        if context == 0 {
            dropped_unknown(&mut told);
        } else if let Some(members) = all.get_mut(&context) {
            let is_repeated = !is_end && !self.dropped.insert(context);
            if is_repeated && !is_alone && !is_untracked(context) {
                told.take(0, Kind::Rejected);
            }
            let mut all_members: Vec<_> = members
                .iter_mut()
                .enumerate()
                .take(self.shape.chain.map_or(1, |_| MEMBERS))
                .collect();
            if is_end {
                all_members.reverse();
            }
            for (member, entry) in all_members {
                let plan = &step.plans[member];
                if entry
                    .as_ref()
                    .is_some_and(|entry| entry.given_up || entry.dropped && !is_end)
                {
                    told.take(member, Kind::Rejected);
                }
                if taken_back[member] {
                    told.take(member, Kind::ArgumentsRefused);
                }
                match entry {
                    None if is_end => {}
                    None => told.plain(member, Kind::Dropped, None, &[], plan),
                    Some(Entry {
                        id: Some(id), panics, ..
                    }) if is_end => told.end_of_life(member, Kind::Done, Some(*id), plan, *panics),
                    Some(_) if is_end => {}
                    Some(entry) => {
                        entry.dropped = !entry.given_up;
                        told.plain(member, Kind::Dropped, entry.id, &[], plan);
                    }
                }
            }
            if is_end {
                self.forget(context);
            }
        } else {
            let mut from = withheld(context).filter(|_| !is_alone);
            if from.is_none() {
                told.take(0, Kind::Rejected);
                // Whether a table could have given it out, the table knows.
                let is_possible = told.0.front().is_some_and(|event| event.kind == Kind::NotTold);
                from = Some(if is_possible { MEMBERS } else { 0 });
            }
            if taken_back[0] {
                told.take(0, Kind::ArgumentsRefused);
            }
            let hears = |member: usize| member == 0 || from.is_some_and(|from| member >= from);
            for member in (0..members).filter(|member| !hears(*member)) {
                told.take(0, Kind::NotTold);
                let _ = member;
            }
            if !is_end && from == Some(MEMBERS) && !is_untracked(context) {
                // By the host of the first, too.
                told.take(0, Kind::Rejected);
                if self.is_late(&source, context, &told) {
                    told.take(0, Kind::ArgumentsRefused);
                }
            }
            for member in (0..members).filter(|member| !is_end && hears(*member)) {
                told.plain(member, Kind::Dropped, None, &[], &step.plans[member]);
            }
        }
        told.end();
    }

    /// The hooks that change nothing, but for the stop of the service.
    fn tell(&mut self, step: &Step, context: usize) {
        let (source, code) = (self.source(&step.packet), step.code);
        let (own, no_fields) = (&source.own, ServerFields::default());
        let mut shown = source.shown.clone();
        let (kind, call) = match &step.hook {
            Hook::Control => {
                shown = (code >> 28 == 0).then(Vec::new);
                (Kind::Control, HookCall::control(code))
            }
            Hook::DeleteClient => {
                if source.is_null && source.size == 0 {
                    shown = Some(Vec::new());
                }
                (Kind::ClientDeleted, HookCall::client_deleted(own).code(code))
            }
            Hook::Deleted => {
                shown = shown.filter(|_| code >> 28 == 2);
                (Kind::Deleted, HookCall::address_deleted(own, code))
            }
            Hook::Offered => {
                shown = shown.filter(|_| code >> 28 == 3);
                (Kind::Offered, HookCall::address_offered(own, code))
            }
            Hook::Parsed(parsed) => {
                let (fields, offset) = parsed.as_ref().map(|(fields, offset)| (&**fields, *offset)).unzip();
                shown = shown.and(fields.and_then(contents));
                let call = HookCall::options_parsed(own, fields.unwrap_or(&no_fields));
                (Kind::Parsed, call.variable(Parameter::ServerOptions, offset))
            }
            Hook::New { .. } | Hook::Drop | Hook::Send | Hook::Entry { .. } => return,
        };
        let call = source.argument_of(call).context(without_provenance_mut(context));
        let (_, events) = self.call(&call, step);
        let Some(mut all) = self.live.take() else { return };
        let mut told = Told(events.into());
        let live = all.get(&context).filter(|_| step.is_about_packet());
        let hearing = if step.is_about_packet() {
            self.hearing(context, live.is_some(), &told)
        } else {
            self.members()
        };
        let ids: [_; MEMBERS] = core::array::from_fn(|member| live.and_then(|live| live[member].as_ref()?.id));
        let mut taken_back: [_; MEMBERS] =
            core::array::from_fn(|member| step.is_about_packet() && self.is_taken_back(&source, context, member, live));
        taken_back[0] |= shown.is_some() && live.is_none() && self.is_late(&source, context, &told);
        let is_stop = step.stops();
        match shown {
            None => drop(told.take(0, Kind::ArgumentsRefused)),
            Some(shown) => {
                for member in 0..hearing {
                    let plan = &step.plans[member];
                    if taken_back[member] {
                        told.take(member, Kind::ArgumentsRefused);
                        continue;
                    }
                    told.plain(member, kind, ids[member], &shown, plan);
                    if is_stop {
                        let entries = all.values_mut().filter_map(|live| live[member].as_mut());
                        told.given_up(member, entries.filter(|entry| !entry.given_up), plan);
                    }
                }
            }
        }
        if is_stop && self.shape.chain.is_none() {
            all.clear();
            self.dropped.clear();
        } else if is_stop {
            all.retain(|context, _| !is_untracked(*context));
            self.silent = all.keys().copied().collect();
        }
        told.end();
        self.live = Some(all);
    }

    /// Negotiates the version again.
    fn enter(&self, step: &Step, version: u32, table: Variable) {
        let untouched = CalloutTable {
            dhcp_reserved_hook: without_provenance_mut(7),
            ..CalloutTable::EMPTY
        };
        let call = EntryCall::DEFAULT.version(version).before(untouched).table(table);
        let (result, events) = with_plans(&step.plans, || unsafe { call.enter(self.entry) });
        let expected = match (version, table) {
            (0, Some(_)) if step.plans[0].panic.is_some() => 1114,
            (0, Some(_)) => 0,
            (0, None) => 87,
            _ => 50,
        };
        let (status, left) = (result.status, result.left);
        assert_eq!((status, result.is_damaged), (expected, false));
        assert_eq!(left.dhcp_reserved_hook.addr(), if status == 0 { 0 } else { 7 });
        assert_eq!(left.dhcp_new_pkt_hook.is_some(), status == 0);
        let mut told = Told(events.into());
        if matches!(status, 0 | 1114) {
            told.plain(0, Kind::Load, None, &[], &step.plans[0]);
        } else {
            told.take(0, Kind::ArgumentsRefused);
        }
        told.end();
    }

    /// Makes a call, with the callouts told what to do in it.
    fn call(&self, call: &HookCall<'_>, step: &Step) -> (Observation, Vec<Event>) {
        let (seen, events) = with_plans(&step.plans, || self.server.call(call));
        assert_eq!(seen.status(), Some(0));
        assert!(!seen.is_damaged(), "{seen:?}");
        (seen, events)
    }

    fn source(&self, packet: &Packet) -> Source {
        let entries = self
            .live
            .iter()
            .flat_map(BTreeMap::values)
            .flat_map(|live| live.iter().enumerate());
        let all: Vec<_> = entries
            .flat_map(|(member, entry)| {
                entry
                    .iter()
                    .flat_map(|entry| &entry.kept)
                    .map(move |kept| (member, kept))
            })
            .collect();
        let (own, at, of) = match &packet.bytes {
            Bytes::Null => (Vec::new(), None, None),
            Bytes::Own(bytes) => (bytes.clone(), None, None),
            Bytes::Replaced(index) => match all.get(index.index(all.len().max(1))) {
                Some((member, kept)) => (kept.bytes.clone(), Some(kept.start.cast_mut()), Some(*member)),
                None => (Vec::new(), None, None),
            },
        };
        let is_null = matches!(packet.bytes, Bytes::Null);
        Source {
            at,
            of,
            is_null,
            size: packet.too_long.unwrap_or_else(|| u32::try_from(own.len()).unwrap()),
            shown: (!is_null && packet.too_long.is_none()).then(|| own.clone()),
            variables: packet.variables,
            is_exact: packet.is_exact,
            own,
        }
    }
}

/// From which member on a chain tells its members of a packet that it does not track.
fn withheld(context: usize) -> Option<usize> {
    UNTRACKED.checked_sub(context).filter(|from| *from <= MOST_MEMBERS)
}

/// Whether it is the first member's context for a packet that the chain does not track, or says that there is none.
const fn is_untracked(context: usize) -> bool {
    context <= UNTRACKED
}

fn kept(live: &Live) -> impl Iterator<Item = &Kept> {
    live.iter().flatten().flat_map(|entry| &entry.kept)
}

/// A call without misuse.
fn step(hook: Hook, context: usize, code: u32) -> Step {
    Step {
        hook,
        packet: Packet {
            bytes: Bytes::Own(vec![1, 2, 3]),
            too_long: None,
            variables: (Some(0), Some(0)),
            is_exact: true,
        },
        context: Context::Any(context),
        code,
        plans: Default::default(),
    }
}

/// A packet as a hook gets it.
struct Source {
    own: Vec<u8>,
    /// Where a callout has put it.
    at: Option<*mut u8>,
    /// The member whose buffer that is.
    of: Option<usize>,
    is_null: bool,
    size: u32,
    /// What a hook may read of it.
    shown: Option<Vec<u8>>,
    variables: (Variable, Variable),
    is_exact: bool,
}

impl Source {
    fn argument_of<'a>(&'a self, mut call: HookCall<'a>) -> HookCall<'a> {
        if self.is_null {
            call = call.null_packet();
        }
        if let Some(start) = self.at {
            call = unsafe { call.packet_at(start, self.size) };
        }
        if self.is_exact {
            // SAFETY: the hooks of these tests write into no packet of the server.
            call = unsafe { call.exact() };
        }
        call.size(self.size)
            .variable(Parameter::Packet, self.variables.0)
            .variable(Parameter::PacketSize, self.variables.1)
    }

    /// Whether a hook that can change the packet gets all that it needs.
    const fn is_valid(&self) -> bool {
        self.variables.0.is_some() && self.variables.1.is_some() && self.shown.is_some()
    }
}

/// Where the packet is that the next member sees.
#[derive(Clone, Copy)]
enum At {
    Known(*mut u8),
    /// In the last buffer of this member.
    KeptBy(usize),
}

impl At {
    fn learn(&mut self, start: *const u8, members: &mut Live) {
        match *self {
            Self::Known(known) => assert_eq!(known.cast_const(), start),
            Self::KeptBy(member) => {
                members[member].as_mut().unwrap().kept.last_mut().unwrap().start = start;
                *self = Self::Known(start.cast_mut());
            }
        }
    }
}

/// A callout panicked, as it was to.
struct Panicked;

/// What the callouts heard, in order.
struct Told(VecDeque<Event>);

impl Told {
    fn take(&mut self, member: usize, kind: Kind) -> Event {
        let event = self.0.pop_front();
        let event = event.unwrap_or_else(|| panic!("member {member} was not told of {kind:?}"));
        assert_eq!((event.member, event.kind), (member, kind));
        event
    }

    fn next(&mut self, member: usize, kind: Kind, id: Option<u64>, shown: &[u8]) -> Event {
        let event = self.take(member, kind);
        assert_eq!(event.id, id);
        assert_eq!(event.bytes, shown);
        event
    }

    fn plain(&mut self, member: usize, kind: Kind, id: Option<u64>, shown: &[u8], plan: &Plan) {
        self.end_of_life_or_not(member, kind, id, shown, plan.panic.is_some());
    }

    fn end_of_life(&mut self, member: usize, kind: Kind, id: Option<u64>, plan: &Plan, panics: bool) {
        self.end_of_life_or_not(member, kind, id, &[], panics || plan.panic.is_some());
    }

    fn end_of_life_or_not(&mut self, member: usize, kind: Kind, id: Option<u64>, shown: &[u8], panics: bool) {
        self.next(member, kind, id, shown);
        if panics {
            self.take(member, Kind::Panicked);
        }
    }

    /// What a member is told when all its packets are given up, in the order of its table.
    fn given_up<'e>(&mut self, member: usize, entries: impl Iterator<Item = &'e mut Entry>, plan: &Plan) {
        let mut entries: Vec<_> = entries.collect();
        while !entries.is_empty() {
            self.take(member, Kind::GivenUp);
            let lost = self
                .0
                .front()
                .filter(|event| event.kind == Kind::Lost)
                .and_then(|event| event.id);
            let position = entries.iter().position(|entry| entry.id == lost).unwrap();
            let entry = entries.swap_remove(position);
            if let Some(id) = entry.id.take() {
                self.end_of_life(member, Kind::Lost, Some(id), plan, entry.panics);
            }
            entry.given_up = true;
            entry.kept.clear();
        }
    }

    /// What follows the call of a hook that can replace the packet: the replacement, if there is one.
    fn edited(
        &mut self,
        member: usize,
        plan: &Plan,
        free: usize,
        keeps: bool,
        shown: &[u8],
    ) -> Result<Option<Vec<u8>>, Panicked> {
        if plan.panic == Some(When::Before) {
            self.take(member, Kind::Panicked);
            return Err(Panicked);
        }
        let mut pending: Option<Vec<u8>> = None;
        for edit in &plan.edits {
            let before = pending.as_deref().unwrap_or(shown).to_vec();
            let is_exhausted = free == usize::from(pending.is_some());
            let (kind, after) = match edit {
                _ if !keeps => (Kind::NobodyKeeps, before),
                _ if is_exhausted => (Kind::Exhausted, before),
                Edit::Fill(size, value) if *size <= PACKET_CAPACITY => (Kind::Replaced, vec![*value; *size]),
                Edit::SetOption(_) if self.0.front().is_some_and(|event| event.kind == Kind::Replaced) => {
                    (Kind::Replaced, self.0[0].bytes.clone())
                }
                Edit::Fill(..) | Edit::SetOption(_) => (Kind::EditFailed, before),
            };
            self.next(member, kind, None, &after);
            if kind == Kind::Replaced {
                pending = Some(after);
            }
        }
        if plan.panic == Some(When::After) {
            self.take(member, Kind::Panicked);
            return Err(Panicked);
        }
        Ok(pending)
    }

    fn end(self) {
        assert!(self.0.is_empty(), "told too much: {:?}", self.0);
    }
}

/// What the fields lead to, if no length is too long.
fn contents(fields: &ServerFields) -> Option<Vec<u8>> {
    let mut all: Vec<u8> = fields.bytes.into_iter().flatten().collect();
    all.extend(fields.dwords.into_iter().flatten().flat_map(|Dword(bytes)| bytes));
    for (field, (text, length)) in fields.texts.iter().zip(fields.lengths).enumerate() {
        let Some(text) = text else { continue };
        match (field, length) {
            // The length of the hardware address is one byte.
            (2, _) => all.extend(text.iter().take(255)),
            (_, None) => all.extend(text),
            (_, Some(_)) => return None,
        }
    }
    Some(all)
}
