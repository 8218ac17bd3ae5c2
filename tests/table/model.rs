//! Proves that a `PacketTable` does what a map of packets does, for any sequence of operations, with contexts that are
//! stale, foreign or made up, and with borrows that outlast their packets.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers")]

use core::cell::Cell;
use core::ptr::without_provenance_mut;
use std::collections::HashMap;
use std::rc::Rc;

use dhcp_callout::{
    Borrowed, BufferPool, Context, ContextError, DropReason, Finished, Full, Notice, NotifyError, Outcome, PacketTable,
    Progress, Replacements, Stage, Violation,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// What a test does to a table; packets and guards are named by a number, modulo how many there are.
#[derive(Clone, Debug)]
enum Step {
    Admit(Option<u64>),
    Get(usize),
    Release(usize),
    DropGuard(usize),
    Notify(usize, u32),
    Stage(usize),
    Forge(usize),
    EvictBefore(u64),
    Drain,
    Reap,
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop_oneof![4 => Just(0xB_u32), 2 => 0..=0x10_u32, 1 => any::<u32>()];
    let number = prop_oneof![any::<usize>(), 0..1_usize << 26];
    prop_oneof![
        12 => prop_oneof![Just(None), (0..20_u64).prop_map(Some)].prop_map(Step::Admit),
        6 => any::<usize>().prop_map(Step::Get),
        3 => any::<usize>().prop_map(Step::Release),
        2 => any::<usize>().prop_map(Step::DropGuard),
        12 => (any::<usize>(), code).prop_map(|(packet, code)| Step::Notify(packet, code)),
        2 => any::<usize>().prop_map(Step::Stage),
        2 => number.prop_map(Step::Forge),
        1 => (0..20_u64).prop_map(Step::EvictBefore),
        1 => Just(Step::Drain),
        1 => Just(Step::Reap),
    ]
}

/// State that counts how often it was dropped.
#[derive(Debug)]
struct Token {
    name: usize,
    drops: Rc<Cell<usize>>,
}

impl Drop for Token {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
    }
}

/// A packet that is still in its slot.
#[derive(Debug)]
struct Packet {
    name: usize,
    tick: Option<u64>,
    stage: Stage,
    evicted: bool,
    borrowers: usize,
}

impl Packet {
    fn is_live(&self) -> bool {
        !self.evicted && !matches!(self.stage, Stage::Done(_))
    }
}

/// What the table should hold.
#[derive(Default)]
struct Model {
    packets: HashMap<Context, Packet>,
    admitted: u64,
    done: u64,
    evicted: u64,
    full: u64,
    stale: u64,
    repeated_drops: u64,
    after_done: u64,
    drops: HashMap<u32, u64>,
}

impl Model {
    fn in_flight(&self) -> usize {
        self.packets.values().filter(|packet| packet.is_live()).count()
    }

    fn notify(&mut self, context: Context, notice: Notice) -> Result<Progress<usize>, NotifyError> {
        let Some(packet) = self.packets.get_mut(&context).filter(|packet| !packet.evicted) else {
            self.stale += 1;
            return Err(ContextError::Stale(context).into());
        };
        match packet.stage.advance(notice) {
            Err(violation) => {
                match violation {
                    Violation::RepeatedDrop { .. } => self.repeated_drops += 1,
                    _ => self.after_done += 1,
                }
                Err(violation.into())
            }
            Ok(next) => {
                packet.stage = next;
                match next {
                    Stage::Done(outcome) => {
                        self.done += 1;
                        if packet.borrowers > 0 {
                            return Ok(Progress::Deferred(outcome));
                        }
                        let state = packet.name;
                        self.packets.remove(&context);
                        Ok(Progress::Done { outcome, state })
                    }
                    Stage::Dropped(reason) => {
                        *self.drops.entry(reason.code()).or_default() += 1;
                        Ok(Progress::Dropped(reason))
                    }
                    Stage::InFlight => Err(Violation::AfterDone.into()),
                }
            }
        }
    }

    /// Ends a borrow; returns the packet if it has finished, and this was the last one.
    fn give_back(&mut self, context: Context) -> Option<(Stage, usize)> {
        let packet = self.packets.get_mut(&context)?;
        packet.borrowers -= 1;
        (packet.borrowers == 0 && !packet.is_live()).then_some((packet.stage, packet.name))
    }

    /// Takes out what is finished and not borrowed, after giving up what `gives_up` says.
    fn sweep(&mut self, gives_up: impl Fn(&Packet) -> bool) -> Vec<(Stage, usize)> {
        for packet in self.packets.values_mut() {
            if packet.is_live() && gives_up(packet) {
                packet.evicted = true;
                self.evicted += 1;
            }
        }
        let mut out = Vec::new();
        self.packets.retain(|_, packet| {
            let stays = packet.is_live() || packet.borrowers > 0;
            if !stays {
                out.push((packet.stage, packet.name));
            }
            stays
        });
        out.sort_by_key(|(_, name)| *name);
        out
    }
}

fn named(progress: Progress<Token>) -> Progress<usize> {
    match progress {
        Progress::Dropped(reason) => Progress::Dropped(reason),
        Progress::Deferred(outcome) => Progress::Deferred(outcome),
        Progress::Done { outcome, state } => {
            let state = state.name;
            Progress::Done { outcome, state }
        }
    }
}

fn collected(sweep: impl FnOnce(&mut dyn FnMut(Finished<Token>))) -> Vec<(Stage, usize)> {
    let mut out = Vec::new();
    sweep(&mut |finished: Finished<Token>| out.push((finished.stage, finished.state.name)));
    out.sort_by_key(|(_, name)| *name);
    out
}

/// A table and what it should be.
struct Run<'t, const N: usize> {
    table: &'t PacketTable<Token, N>,
    model: Model,
    /// All that were ever given out.
    contexts: Vec<Context>,
    guards: Vec<(Context, usize, Borrowed<'t, Token>)>,
    /// How many tokens were made; the name of the last.
    names: usize,
    drops: Rc<Cell<usize>>,
}

impl<const N: usize> Run<'_, N> {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Admit(tick) => self.admit(tick),
            Step::Get(number) => self.with_context(number, Self::get),
            Step::Release(number) => self.end_borrow(number, true),
            Step::DropGuard(number) => self.end_borrow(number, false),
            Step::Notify(number, code) => self.with_context(number, |run, context| {
                let notice = Notice::from_code(code);
                let notified = run.table.notify(context, notice).map(named);
                assert_eq!(notified, run.model.notify(context, notice));
            }),
            Step::Stage(number) => self.with_context(number, Self::stage),
            Step::Forge(number) => self.forge(number),
            Step::EvictBefore(tick) => {
                let expected = self
                    .model
                    .sweep(|packet| packet.tick.is_some_and(|admitted| admitted < tick));
                assert_eq!(collected(|f| self.table.evict_before(tick, f)), expected);
            }
            Step::Drain => {
                let expected = self.model.sweep(|_| true);
                assert_eq!(collected(|f| self.table.drain(f)), expected);
            }
            Step::Reap => {
                let expected = self.model.sweep(|_| false);
                assert_eq!(collected(|f| self.table.reap(f)), expected);
            }
        }
        assert_eq!(self.table.len(), self.model.in_flight());
        assert_eq!(self.table.is_empty(), self.model.in_flight() == 0);
        let alive = self.names - self.drops.get();
        assert_eq!(alive, self.model.packets.len(), "only what is in the table is alive");
    }

    fn with_context(&mut self, number: usize, f: impl FnOnce(&mut Self, Context)) {
        let at = number.checked_rem(self.contexts.len());
        if let Some(context) = at.and_then(|at| self.contexts.get(at).copied()) {
            f(self, context);
        }
    }

    fn admit(&mut self, tick: Option<u64>) {
        self.names += 1;
        let (name, drops) = (self.names, Rc::clone(&self.drops));
        let token = Token { name, drops };
        let admitted = match tick {
            Some(tick) => self.table.admit_at(token, tick),
            None => self.table.admit(token),
        };
        match admitted {
            Ok(context) => {
                assert!(self.model.packets.len() < N);
                assert!(!self.contexts.contains(&context), "a context was given twice");
                assert_eq!(Context::from_raw(context.as_raw()), Some(context));
                let packet = Packet {
                    name,
                    tick,
                    stage: Stage::InFlight,
                    evicted: false,
                    borrowers: 0,
                };
                self.model.packets.insert(context, packet);
                self.contexts.push(context);
                self.model.admitted += 1;
            }
            Err(Full(token)) => {
                assert_eq!((token.name, self.model.packets.len()), (name, N));
                self.model.full += 1;
            }
        }
    }

    fn get(&mut self, context: Context) {
        let packet = self.model.packets.get_mut(&context).filter(|packet| packet.is_live());
        match (self.table.get(context), packet) {
            (Ok(borrowed), Some(packet)) => {
                assert_eq!((borrowed.name, borrowed.stage()), (packet.name, packet.stage));
                packet.borrowers += 1;
                self.guards.push((context, packet.name, borrowed));
            }
            (got, packet) => {
                assert!(packet.is_none(), "{got:?} for {packet:?}");
                assert_eq!(got.err(), Some(ContextError::Stale(context)));
                self.model.stale += 1;
            }
        }
    }

    fn end_borrow(&mut self, number: usize, releases: bool) {
        let Some(at) = number.checked_rem(self.guards.len()) else {
            return;
        };
        let (context, name, guard) = self.guards.swap_remove(at);
        assert_eq!(guard.name, name);
        let left = self.model.give_back(context);
        if releases {
            let finished = guard.release().map(|finished| (finished.stage, finished.state.name));
            assert_eq!(finished, left);
            if left.is_some() {
                self.model.packets.remove(&context);
            }
        }
    }

    fn stage(&mut self, context: Context) {
        let packet = self.model.packets.get(&context).filter(|packet| !packet.evicted);
        let expected = packet.map(|packet| packet.stage).ok_or(ContextError::Stale(context));
        self.model.stale += u64::from(expected.is_err());
        assert_eq!(self.table.stage(context), expected);
    }

    fn forge(&mut self, number: usize) {
        let forged = Context::from_raw(without_provenance_mut(number));
        if let Some(forged) = forged.filter(|forged| !self.contexts.contains(forged)) {
            assert!(self.table.get(forged).is_err());
            assert!(self.table.notify(forged, Notice::Processed).is_err());
            assert!(self.table.stage(forged).is_err());
            self.model.stale += 3;
        }
    }

    fn check_tally(mut self) {
        let (tally, model) = (self.table.tally(), &mut self.model);
        assert_eq!(
            (tally.admitted, tally.done, tally.evicted),
            (model.admitted, model.done, model.evicted)
        );
        assert_eq!((tally.full, tally.stale), (model.full, model.stale));
        assert_eq!(
            (tally.repeated_drops, tally.after_done),
            (model.repeated_drops, model.after_done)
        );
        for (reason, count) in tally.drops() {
            assert_eq!(model.drops.remove(&reason.code()).unwrap_or(0), count, "{reason}");
        }
        assert_eq!(tally.dropped_unknown(), model.drops.values().sum::<u64>());
        // Leaked guards do not keep the table from dropping what they borrowed.
        self.guards.into_iter().for_each(core::mem::forget);
    }
}

fn check<const N: usize>(steps: &[Step]) {
    let table = PacketTable::<Token, N>::new();
    let drops = Rc::new(Cell::new(0));
    let mut run = Run {
        table: &table,
        model: Model::default(),
        contexts: Vec::new(),
        guards: Vec::new(),
        names: 0,
        drops: Rc::clone(&drops),
    };
    for step in steps {
        run.step(step);
    }
    let names = run.names;
    run.check_tally();
    drop(table);
    assert_eq!(drops.get(), names);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_table_is_a_map(steps in vec(step(), 0..300)) {
        check::<0>(&steps);
        check::<1>(&steps);
        check::<3>(&steps);
        check::<8>(&steps);
        check::<64>(&steps);
    }

    #[test]
    fn random_numbers_name_no_packet(numbers in vec(any::<usize>(), 100)) {
        let table = PacketTable::<u8, 4096>::new();
        let own: Vec<_> = (0..100).map(|_| table.admit(0).unwrap()).collect();
        for forged in numbers.into_iter().filter_map(|number| Context::from_raw(without_provenance_mut(number))) {
            prop_assert!(own.contains(&forged) || table.get(forged).is_err());
        }
    }
}

static FIRST: PacketTable<u32, 64> = PacketTable::new();
static SECOND: PacketTable<u32, 64> = PacketTable::new();

#[test]
fn contexts_of_another_table_are_refused() {
    let pairs: Vec<_> = (0..64)
        .map(|n| (FIRST.admit(n).unwrap(), SECOND.admit(n).unwrap()))
        .collect();
    let same = pairs.iter().filter(|(first, second)| first == second).count();
    // By chance once in a million; never for all.
    assert!(same < 3, "{same} of 64 contexts name a packet in both tables");
    for (first, second) in pairs.iter().filter(|(first, second)| first != second) {
        assert_eq!(FIRST.get(*second).map(|_| ()), Err(ContextError::Stale(*second)));
        assert_eq!(SECOND.stage(*first), Err(ContextError::Stale(*first)));
        let error = NotifyError::Context(ContextError::Stale(*first));
        assert_eq!(SECOND.notify(*first, Notice::Processed), Err(error));
    }
}

#[test]
fn every_single_wrong_bit_is_found() {
    let table = PacketTable::<u32, 64>::new();
    let context = table.admit(1).unwrap();
    for bit in 0..usize::BITS {
        let forged = Context::from_raw(without_provenance_mut(context.as_raw().addr() ^ 1 << bit));
        assert!(forged.is_none_or(|forged| table.get(forged).is_err()), "bit {bit}");
    }
    assert_eq!(table.get(context).as_deref(), Ok(&1));
}

#[test]
fn forged_contexts_are_told_from_stale_ones() {
    let table = PacketTable::<u32, 5>::new();
    let context = table.admit(1).unwrap();
    let number = context.as_raw().addr();
    for forged in [number + 6, number | 1 << (usize::BITS - 1), usize::MAX] {
        let forged = Context::from_raw(without_provenance_mut(forged)).unwrap();
        assert_eq!(table.stage(forged), Err(ContextError::Forged(forged)));
    }
}

#[test]
fn borrowers_are_counted_to_the_end_and_no_further() {
    let table = PacketTable::<u32, 1>::new();
    let context = table.admit(1).unwrap();
    let mut guards: Vec<_> = (0..255).map(|_| table.get(context).unwrap()).collect();
    let borrowers = 255;
    let crowded = ContextError::Crowded { context, borrowers };
    assert_eq!(table.get(context).map(|_| ()), Err(crowded));

    assert!(guards.pop().unwrap().release().is_none());
    guards.push(table.get(context).unwrap());
    let done = table.notify(context, Notice::Processed);
    assert_eq!(done, Ok(Progress::Deferred(Outcome::Processed)));
    let last = guards.pop().unwrap();
    assert_eq!(last.stage(), Stage::Done(Outcome::Processed));
    assert!(guards.into_iter().all(|guard| guard.release().is_none()));
    let stage = Stage::Done(Outcome::Processed);
    assert_eq!(last.release(), Some(Finished { stage, state: 1 }));
}

#[test]
fn a_leaked_guard_costs_one_slot() {
    let table = PacketTable::<String, 2>::new();
    let context = table.admit(String::from("leaked")).unwrap();
    core::mem::forget(table.get(context));
    assert_eq!(
        table.notify(context, Notice::Processed),
        Ok(Progress::Deferred(Outcome::Processed))
    );
    table.drain(|_| panic!("still borrowed"));
    assert!(table.admit(String::from("next")).is_ok());
    assert!(table.admit(String::from("one too many")).is_err());
}

#[test]
fn a_panic_while_reaping_loses_one_packet_only() {
    let table = PacketTable::<u32, 2>::new();
    for state in [1, 2] {
        let context = table.admit(state).unwrap();
        let guard = table.get(context).unwrap();
        assert_eq!(
            table.notify(context, Notice::Processed),
            Ok(Progress::Deferred(Outcome::Processed))
        );
        drop(guard);
    }
    let panicked = std::panic::catch_unwind(|| table.reap(|_| panic!("the author's code")));
    assert!(panicked.is_err());
    let mut left = Vec::new();
    table.reap(|finished| left.push(finished.state));
    assert_eq!(left, [2]);
}

#[test]
fn unknown_reasons_are_kept_whole() {
    let table = PacketTable::<(), 1>::new();
    for code in [0, 0x77, 0x8000_000B, u32::MAX] {
        let context = table.admit(()).unwrap();
        let reason = DropReason::from_code(code).unwrap();
        assert_eq!(
            table.notify(context, Notice::Dropped(reason)),
            Ok(Progress::Dropped(reason))
        );
        assert_eq!(table.stage(context), Ok(Stage::Dropped(reason)));
        let outcome = Outcome::Dropped(reason);
        assert_eq!(
            table.notify(context, Notice::Processed),
            Ok(Progress::Done { outcome, state: () })
        );
    }
}

#[test]
fn generations_go_round_without_a_break() {
    let table = PacketTable::<(), 1>::new();
    let first = table.admit(()).unwrap();
    assert!(table.notify(first, Notice::Processed).is_ok());
    for _ in 1..1 << 20 {
        let context = table.admit(()).unwrap();
        assert_ne!(context, first);
        assert!(table.notify(context, Notice::Processed).is_ok());
    }
    // As the documentation says, after 2^20 uses of the slot.
    assert_eq!(table.admit(()), Ok(first));
}

#[test]
fn buffers_stay_until_their_packet_is_done() {
    static BUFFERS: BufferPool<3> = BufferPool::new();
    let table = PacketTable::<Replacements<'static>, 4>::new();
    let replace = |context, packet: &[u8]| {
        let mut buffer = BUFFERS.take()?;
        assert_eq!(buffer.size(), 0, "nothing of an earlier packet is shown");
        buffer.copy_from(packet).unwrap();
        Ok::<_, dhcp_callout::PoolExhausted>(table.get(context).unwrap().keep(buffer))
    };
    let [first, second] = [(); 2].map(|()| table.admit(Replacements::new()).unwrap());
    let pointers = [
        replace(first, b"one"),
        replace(first, b"two"),
        replace(second, b"three"),
    ]
    .map(Result::unwrap);
    assert!(pointers[0] != pointers[1] && pointers[1] != pointers[2] && pointers[0] != pointers[2]);
    assert_eq!(
        BUFFERS.take().unwrap_err().to_string(),
        "all 3 packet buffers are taken"
    );

    assert!(table.notify(second, Notice::Processed).is_ok());
    assert_eq!(BUFFERS.taken(), 2);
    assert_eq!(replace(first, b"again").unwrap(), pointers[2]);
    drop(table);
    assert_eq!(BUFFERS.taken(), 0);
    assert!(BufferPool::<0>::new().take().is_err());
}
