//! A server that takes every liberty, and a model of what may come of it.

use core::ffi::c_void;
use core::ptr::{null_mut, without_provenance_mut};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use dhcp_callout::PACKET_CAPACITY;
use dhcp_callout::ffi::{Bool, Boolean, CalloutTable, EntryPoint, ServerOptions};

use super::author::{Edit, Event, FAULTS, Kind, MEMBERS, Plan, Verdict, When, lock, with_plans};
use super::script::{Bytes, Context, Hook, Options, Packet, STOP, Step, Variable};

const ADDRESS: u32 = 0xC000_0201;
const PROCESSED: u32 = 0xB;
/// The context by which a chain says that nobody hears of a packet.
const UNTRACKED: usize = usize::MAX / 2;

/// How many packets and buffers each member has, and how many packets the chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) packets: [usize; MEMBERS],
    pub(crate) buffers: [usize; MEMBERS],
    pub(crate) chain: Option<usize>,
}

pub(crate) type Contexts = Arc<Mutex<Vec<usize>>>;

pub(crate) struct Server {
    table: CalloutTable,
    entry: EntryPoint,
    shape: Shape,
    contexts: Contexts,
    /// The packets in flight by context; `None` if other threads play as well, so that it cannot be known.
    live: Option<BTreeMap<usize, Live>>,
    /// The packets that were reported as dropped.
    dropped: BTreeSet<usize>,
}

/// A packet in flight, as each member has it.
type Live = [Option<Entry>; MEMBERS];

#[derive(Debug)]
struct Entry {
    id: Option<u64>,
    panics: bool,
    dropped: bool,
    kept: Vec<Kept>,
}

/// A replacement that must stay as it is.
#[derive(Debug)]
struct Kept {
    start: *const u8,
    bytes: Vec<u8>,
}

impl Server {
    pub(crate) fn new(table: CalloutTable, entry: EntryPoint, shape: Shape) -> Self {
        Self {
            table,
            entry,
            shape,
            contexts: Contexts::default(),
            live: Some(BTreeMap::new()),
            dropped: BTreeSet::new(),
        }
    }

    /// One of several servers at once, which share the contexts.
    pub(crate) fn one_of_several(table: CalloutTable, entry: EntryPoint, shape: Shape, contexts: Contexts) -> Self {
        Self {
            contexts,
            live: None,
            ..Self::new(table, entry, shape)
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
            Context::Flipped(index, bit) => given_at(index).unwrap_or(0) ^ (1 << bit),
            Context::Any(context) => *context,
        }
    }

    fn held(&self, member: usize) -> usize {
        let entries = self.live().values().filter_map(|live| live[member].as_ref());
        entries.map(|entry| entry.kept.len()).sum()
    }

    fn new_packet(&mut self, step: &Step, before: (usize, i32), context: Variable, process_it: Variable) {
        let source = self.source(&step.packet);
        let packet = Room::new(step.packet.variables.0, source.start);
        let size = Room::new(step.packet.variables.1, source.size);
        let context = Room::new(context, without_provenance_mut::<c_void>(before.0));
        let process_it = Room::new(process_it, Bool(before.1));
        let hook = self.table.dhcp_new_pkt_hook.unwrap();
        let call = || unsafe {
            hook(
                packet.pointer(),
                size.pointer(),
                ADDRESS,
                null_mut(),
                context.pointer(),
                process_it.pointer(),
            )
        };
        let (status, events) = with_plans(&step.plans, call);
        assert_eq!(status, 0);
        let given = context.get().map_or(0, <*mut c_void>::addr);
        let all_given = process_it.get().is_some() && context.get().is_some();
        let is_valid = all_given && packet.get().is_some() && size.get().is_some() && source.shown.is_some();
        if is_valid && given != 0 && given != UNTRACKED {
            lock(&self.contexts).push(given);
        }
        if self.live.is_none() {
            return;
        }

        let mut told = Told(events.into());
        let mut shown = source.shown.clone().unwrap_or_default();
        let mut members = [const { None }; MEMBERS];
        let mut refused_by = None;
        let mut at = At::Known(source.start);
        let is_full = self.shape.chain.is_some_and(|packets| self.live().len() == packets);
        if !is_valid {
            told.take(0, Kind::ArgumentsRefused);
        } else if is_full {
            told.take(0, Kind::TableFull);
        } else {
            for member in 0..self.members() {
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
                let in_table = self.live().values().filter(|live| live[member].is_some()).count();
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
        }
        if let Some(last) = refused_by {
            // The members that were called hear of its end; the server gets its own packet back.
            for (member, entry) in members.iter().enumerate().take(last + 1) {
                if self.shape.chain.is_some() {
                    let id = entry.as_ref().and_then(|entry| entry.id);
                    told.plain(member, Kind::Dropped, id, &[], &step.plans[member]);
                }
            }
            for (member, entry) in members.iter().enumerate().take(last + 1) {
                if let Some(Entry {
                    id: Some(id), panics, ..
                }) = entry
                {
                    told.end_of_life(member, Kind::Done, Some(*id), &step.plans[member], *panics);
                }
            }
            members = [const { None }; MEMBERS];
            at = At::Known(source.start);
        }
        told.end();
        assert_eq!(
            process_it.get(),
            process_it.is(if refused_by.is_some() { Bool::FALSE } else { Bool::TRUE })
        );
        match at {
            At::Known(start) => assert_eq!(packet.get(), packet.is(start)),
            At::KeptBy(_) => {
                let start = packet.get().unwrap_or(null_mut());
                assert_ne!(start, source.start);
                at.learn(start, &mut members);
            }
        }
        let expected = if members.iter().flatten().any(|entry| !entry.kept.is_empty()) {
            u32::try_from(shown.len()).unwrap()
        } else {
            source.size
        };
        assert_eq!(size.get(), size.is(expected));
        let is_kept = members[0].is_some() || self.shape.chain.is_some();
        if is_valid && !is_full && is_kept && refused_by.is_none() {
            assert!(given != 0 && given != UNTRACKED);
            assert!(self.live.as_mut().unwrap().insert(given, members).is_none());
        } else if is_valid && self.shape.chain.is_some() {
            assert_eq!(given, UNTRACKED, "no member hears of the packet again");
        } else {
            assert_eq!(given, 0, "no context is left that names nothing");
        }
    }

    fn free(&self, member: usize) -> usize {
        self.shape.buffers[member] - self.held(member)
    }

    fn send(&mut self, step: &Step, context: usize) {
        let source = self.source(&step.packet);
        let packet = Room::new(step.packet.variables.0, source.start);
        let size = Room::new(step.packet.variables.1, source.size);
        let hook = self.table.dhcp_pkt_send_hook.unwrap();
        let call = || unsafe {
            let context = without_provenance_mut(context);
            hook(
                packet.pointer(),
                size.pointer(),
                step.code,
                ADDRESS,
                null_mut(),
                context,
            )
        };
        let (status, events) = with_plans(&step.plans, call);
        assert_eq!(status, 0);
        let Some(mut all) = self.live.take() else { return };
        let mut told = Told(events.into());
        let mut shown = source.shown.clone().unwrap_or_default();
        let is_valid = packet.get().is_some() && size.get().is_some() && source.shown.is_some();
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
        let mut at = At::Known(source.start);
        let is_refused = !is_valid || step.code >> 28 != 1;
        if is_refused {
            told.take(0, Kind::ArgumentsRefused);
        }
        if !is_refused && self.is_heard(context, live.is_some()) {
            let members = live.as_mut().unwrap_or(&mut nobody);
            for member in 0..self.members() {
                let id = members[member].as_ref().and_then(|entry| entry.id);
                let event = told.next(member, Kind::Send, id, &shown);
                at.learn(event.at, members);
                let free = self.shape.buffers[member] - held[member];
                let is_tracked = members[member].is_some();
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
            let start = packet.get().unwrap_or(null_mut());
            at.learn(start, members);
            assert_eq!(size.get(), size.is(u32::try_from(shown.len()).unwrap()));
        } else {
            assert_eq!(
                (packet.get(), size.get()),
                (packet.is(source.start), size.is(source.size))
            );
        }
        told.end();
        if let Some(live) = live {
            all.insert(context, live);
        }
        self.live = Some(all);
    }

    /// Whether hooks that only tell something reach the callouts: a chain keeps those of wrong contexts back.
    fn is_heard(&self, context: usize, is_live: bool) -> bool {
        self.shape.chain.is_none() || context == 0 || is_live
    }

    fn notify(&mut self, step: &Step, context: usize) {
        let source = self.source(&step.packet);
        let packet = Room::new(step.packet.variables.0, source.start);
        let size = Room::new(step.packet.variables.1, source.size);
        let hook = self.table.dhcp_pkt_drop_hook.unwrap();
        let call = || unsafe {
            let context = without_provenance_mut(context);
            hook(
                packet.pointer(),
                size.pointer(),
                step.code,
                ADDRESS,
                null_mut(),
                context,
            )
        };
        let (status, events) = with_plans(&step.plans, call);
        assert_eq!(status, 0);
        assert_eq!(
            (packet.get(), size.get()),
            (packet.is(source.start), size.is(source.size))
        );
        let is_refused = packet.get().is_none() || size.get().is_none() || source.shown.is_none();
        let (is_alone, members) = (self.shape.chain.is_none(), self.members());
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
            if is_repeated && !is_alone {
                told.take(0, Kind::Rejected);
            }
            let all_members = members
                .iter_mut()
                .enumerate()
                .take(self.shape.chain.map_or(1, |_| MEMBERS));
            for (member, entry) in all_members {
                let plan = &step.plans[member];
                match entry {
                    None if is_end => {}
                    None => told.plain(member, Kind::Dropped, None, &[], plan),
                    Some(Entry {
                        id: Some(id), panics, ..
                    }) if is_end => told.end_of_life(member, Kind::Done, Some(*id), plan, *panics),
                    Some(_) if is_end => {}
                    Some(Entry { dropped: true, .. }) => drop(told.take(member, Kind::Rejected)),
                    Some(entry) => {
                        entry.dropped = true;
                        told.plain(member, Kind::Dropped, entry.id, &[], plan);
                    }
                }
            }
            if is_end {
                all.remove(&context);
                self.dropped.remove(&context);
            }
        } else if is_alone || context != UNTRACKED {
            told.take(0, Kind::Rejected);
            if is_alone {
                dropped_unknown(&mut told);
            }
        }
        told.end();
    }

    /// The hooks that change nothing, but for the stop of the service.
    fn tell(&mut self, step: &Step, context: usize) {
        let source = self.source(&step.packet);
        let (start, size, code) = (source.start, source.size, step.code);
        let raw = without_provenance_mut(context);
        let mut shown = source.shown.clone();
        let mut is_about_packet = true;
        let table = &self.table;
        let ((kind, status), events) = match &step.hook {
            Hook::Control => {
                is_about_packet = false;
                shown = (code >> 28 == 0).then(Vec::new);
                let hook = table.dhcp_control_hook.unwrap();
                with_plans(&step.plans, || (Kind::Control, unsafe { hook(code, null_mut()) }))
            }
            Hook::DeleteClient => {
                is_about_packet = false;
                if start.is_null() && size == 0 {
                    shown = Some(Vec::new());
                }
                let hook = table.dhcp_delete_client_hook.unwrap();
                let call = || (Kind::ClientDeleted, unsafe { hook(ADDRESS, start, size, 0, code) });
                with_plans(&step.plans, call)
            }
            Hook::Deleted => {
                shown = shown.filter(|_| code >> 28 == 2);
                let hook = table.dhcp_address_del_hook.unwrap();
                let call = || unsafe { hook(start, size, code, ADDRESS, ADDRESS, null_mut(), raw) };
                with_plans(&step.plans, || (Kind::Deleted, call()))
            }
            Hook::Offered => {
                shown = shown.filter(|_| code >> 28 == 3);
                let hook = table.dhcp_address_offer_hook.unwrap();
                let call = || unsafe { hook(start, size, code, ADDRESS, ADDRESS, code, size, null_mut(), raw) };
                with_plans(&step.plans, || (Kind::Offered, call()))
            }
            Hook::Parsed(options) => {
                let options = options.as_deref().map(Parsed::new);
                let fields = options.as_ref().and_then(|options| options.shown.clone());
                shown = shown.and(fields);
                let room = Room::new(
                    options.as_ref().map(|options| options.offset),
                    options.as_ref().map_or(ServerOptions::EMPTY, |options| options.options),
                );
                let hook = table.dhcp_handle_options_hook.unwrap();
                let call = || unsafe { hook(start, size, null_mut(), raw, room.pointer()) };
                with_plans(&step.plans, || (Kind::Parsed, call()))
            }
            Hook::New { .. } | Hook::Drop | Hook::Send | Hook::Entry { .. } => return,
        };
        assert_eq!(status, 0);
        let Some(mut all) = self.live.take() else { return };
        let mut told = Told(events.into());
        let live = all.get(&context).filter(|_| is_about_packet);
        let is_heard = !is_about_packet || self.is_heard(context, live.is_some());
        let ids: [_; MEMBERS] = core::array::from_fn(|member| live.and_then(|live| live[member].as_ref()?.id));
        let is_stop = step.stops();
        if is_stop && self.shape.chain.is_some() {
            (0..all.len()).for_each(|_| drop(told.take(0, Kind::GivenUp)));
        }
        match shown {
            None => drop(told.take(0, Kind::ArgumentsRefused)),
            Some(shown) if is_heard => {
                for member in 0..self.members() {
                    let plan = &step.plans[member];
                    told.plain(member, kind, ids[member], &shown, plan);
                    if is_stop {
                        told.given_up(member, all.values_mut().filter_map(|live| live[member].take()), plan);
                    }
                }
            }
            Some(_) => {}
        }
        if is_stop {
            all.clear();
            self.dropped.clear();
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
        let table = Room::new(table, untouched);
        let mut list = [0_u16; 2];
        let call = || unsafe { (self.entry)(list.as_mut_ptr(), version, table.pointer()) };
        let (status, events) = with_plans(&step.plans, call);
        let expected = match (version, table.get()) {
            (0, Some(_)) if step.plans[0].panic.is_some() => 1114,
            (0, Some(_)) => 0,
            (0, None) => 87,
            _ => 50,
        };
        assert_eq!(status, expected);
        if let Some(filled) = table.get() {
            assert_eq!(filled.dhcp_reserved_hook.addr(), if status == 0 { 0 } else { 7 });
            assert_eq!(filled.dhcp_new_pkt_hook.is_some(), status == 0);
        }
        let mut told = Told(events.into());
        if matches!(status, 0 | 1114) {
            told.plain(0, Kind::Load, None, &[], &step.plans[0]);
        }
        told.end();
    }

    fn source(&self, packet: &Packet) -> Source {
        let mut own: Box<[u8]> = Box::default();
        let (start, length) = match &packet.bytes {
            Bytes::Null => (null_mut(), 0),
            Bytes::Own(bytes) => {
                own = bytes.clone().into_boxed_slice();
                (own.as_mut_ptr(), own.len())
            }
            Bytes::Replaced(index) => {
                let all: Vec<_> = self.live.iter().flat_map(BTreeMap::values).flat_map(kept).collect();
                match all.get(index.index(all.len().max(1))) {
                    Some(kept) => (kept.start.cast_mut(), kept.bytes.len()),
                    None => (own.as_mut_ptr(), 0),
                }
            }
        };
        let shown = (!start.is_null() && packet.too_long.is_none())
            .then(|| unsafe { core::slice::from_raw_parts(start, length) }.to_vec());
        Source {
            start,
            size: packet.too_long.unwrap_or_else(|| u32::try_from(length).unwrap()),
            shown,
            _own: own,
        }
    }
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
        },
        context: Context::Any(context),
        code,
        plans: Default::default(),
    }
}

/// A packet in memory of exactly its size.
struct Source {
    start: *mut u8,
    size: u32,
    /// What a hook may read of it.
    shown: Option<Vec<u8>>,
    _own: Box<[u8]>,
}

/// A variable at an address of any alignment, with nothing after it.
struct Room<T> {
    block: Box<[u8]>,
    start: *mut T,
}

impl<T: Copy> Room<T> {
    fn new(at: Variable, value: T) -> Self {
        let mut block = vec![0; at.map_or(0, |offset| offset + size_of::<T>())].into_boxed_slice();
        let start = at.map_or(null_mut(), |offset| block.as_mut_ptr().wrapping_add(offset).cast::<T>());
        if !start.is_null() {
            unsafe { start.write_unaligned(value) };
        }
        Self { block, start }
    }

    const fn pointer(&self) -> *mut T {
        self.start
    }

    fn get(&self) -> Option<T> {
        (!self.block.is_empty()).then(|| unsafe { self.start.read_unaligned() })
    }

    /// The value, if there is a variable.
    fn is(&self, value: T) -> Option<T> {
        (!self.block.is_empty()).then_some(value)
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
    fn given_up(&mut self, member: usize, entries: impl Iterator<Item = Entry>, plan: &Plan) {
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
            if entry.id.is_some() {
                self.end_of_life(member, Kind::Lost, entry.id, plan, entry.panics);
            }
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

/// `DHCP_SERVER_OPTIONS` with what it points at.
struct Parsed {
    options: ServerOptions,
    offset: usize,
    /// What its fields lead to, if no length is too long.
    shown: Option<Vec<u8>>,
    _bytes: [Room<u8>; 2],
    _dwords: [Room<u32>; 6],
    _texts: [Option<Box<[u8]>>; 7],
}

impl Parsed {
    fn new(from: &Options) -> Self {
        let bytes = from.bytes.map(|byte| Room::new(byte.map(|_| 0), byte.unwrap_or(0)));
        let dwords = from.dwords.map(|dword| {
            let (offset, bytes) = dword.unzip();
            Room::new(offset, u32::from_ne_bytes(bytes.unwrap_or_default()))
        });
        let mut texts = from.texts.clone().map(|(text, _)| text.map(Vec::into_boxed_slice));
        let lengths: [u32; 7] = core::array::from_fn(|field| {
            let (text, too_long) = &from.texts[field];
            let length = text.as_ref().map_or(0, Vec::len);
            too_long.unwrap_or_else(|| u32::try_from(length).unwrap())
        });
        // The length of the hardware address is one byte.
        texts[2] = texts[2].take().map(|text| text.iter().copied().take(255).collect());
        let hardware_length = u8::try_from(texts[2].as_ref().map_or(0, |text| text.len())).unwrap();
        let is_valid = texts.iter().zip(lengths).enumerate().all(|(field, (text, length))| {
            text.is_none() || field == 2 || usize::try_from(length).is_ok_and(|length| length <= PACKET_CAPACITY)
        });
        let mut shown: Vec<u8> = from.bytes.into_iter().flatten().collect();
        shown.extend(from.dwords.into_iter().flatten().flat_map(|(_, bytes)| bytes));
        shown.extend(texts.iter().flatten().flat_map(|text| text.iter()));
        let mut starts = texts
            .each_mut()
            .map(|text| text.as_mut().map_or(null_mut(), |text| text.as_mut_ptr()));
        let [list, machine, hardware, class, vendor, dns, domain] = starts.each_mut().map(|start| *start);
        let (hardware_type, dns_flags, domain_requested) = from.numbers;
        Self {
            options: ServerOptions {
                message_type: bytes[0].pointer(),
                subnet_mask: dwords[0].pointer(),
                requested_address: dwords[1].pointer(),
                request_lease_time: dwords[2].pointer(),
                overlay_fields: bytes[1].pointer(),
                router_address: dwords[3].pointer(),
                server: dwords[4].pointer(),
                parameter_request_list: list,
                parameter_request_list_length: lengths[0],
                machine_name: machine,
                machine_name_length: lengths[1],
                client_hardware_address_type: hardware_type,
                client_hardware_address_length: hardware_length,
                client_hardware_address: hardware,
                class_identifier: class,
                class_identifier_length: lengths[3],
                vendor_class: vendor,
                vendor_class_length: lengths[4],
                dns_flags,
                dns_name_length: lengths[5],
                dns_name: dns,
                ds_domain_name_requested: Boolean(domain_requested),
                ds_domain_name: domain,
                ds_domain_name_len: lengths[6],
                scope_id: dwords[5].pointer(),
            },
            offset: from.offset,
            shown: is_valid.then_some(shown),
            _bytes: bytes,
            _dwords: dwords,
            _texts: texts,
        }
    }
}
