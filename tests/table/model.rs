//! Proves that a `PacketTable` does what a map of packets does, for any sequence of operations, with contexts that are
//! stale, foreign or made up, and with borrows that outlast their packets.

use core::cell::Cell;
use core::ptr::without_provenance_mut;
use std::collections::HashMap;
use std::rc::Rc;

use dhcp_callout::table::{
    Admitted, Borrowed, BufferPool, Context, ContextError, Finished, Full, PacketTable, Progress, Replacements,
};
use dhcp_callout::{DropReason, Notice, NotifyError, Outcome, Stage, Violation};
use proptest::collection::vec;
use proptest::prelude::*;

/// What a test does to a table; packets and guards are named by a number, modulo how many there are.
#[derive(Clone, Debug)]
enum Step {
    Admit,
    Get(usize),
    Release(usize),
    DropGuard(usize),
    Notify(usize, u32),
    NoteDrop(usize, u32),
    Stage(usize),
    Forge(usize),
    EvictBefore(u64),
    SetPatience(u64),
    Drain,
    Reap,
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop_oneof![4 => Just(0xB_u32), 2 => 0..=0x10_u32, 1 => any::<u32>()];
    let number = prop_oneof![any::<usize>(), 0..1_usize << 26];
    prop_oneof![
        12 => Just(Step::Admit),
        6 => any::<usize>().prop_map(Step::Get),
        3 => any::<usize>().prop_map(Step::Release),
        2 => any::<usize>().prop_map(Step::DropGuard),
        12 => (any::<usize>(), code).prop_map(|(packet, code)| Step::Notify(packet, code)),
        3 => (any::<usize>(), 0..=0x10_u32).prop_map(|(packet, code)| Step::NoteDrop(packet, code)),
        2 => any::<usize>().prop_map(Step::Stage),
        2 => number.prop_map(Step::Forge),
        2 => (0..100_u64).prop_map(Step::EvictBefore),
        1 => prop_oneof![Just(0), Just(u64::MAX), 1..40_u64].prop_map(Step::SetPatience),
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
    /// What the clock showed when the packet was admitted, or last heard of.
    heard: u64,
    /// What its slot has noted of the clock, at most.
    noted: u64,
    /// Whether it was heard of, and perhaps no look has found that yet.
    is_heard: bool,
    stage: Stage,
    evicted: bool,
    borrowers: usize,
}

impl Packet {
    fn is_live(&self) -> bool {
        !self.evicted && !matches!(self.stage, Stage::Done(_))
    }

    fn is_abandoned(&self) -> bool {
        !self.is_live() && self.borrowers == 0
    }
}

/// What the table should hold.
#[derive(Default)]
struct Model {
    packets: HashMap<Context, Packet>,
    now: u64,
    patience: u64,
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

    /// Notes that a hook was about the packet.
    fn hear(&mut self, context: Context) -> Option<&mut Packet> {
        let packet = self.packets.get_mut(&context)?;
        packet.heard = self.now;
        packet.is_heard = true;
        Some(packet)
    }

    fn notify(&mut self, context: Context, notice: Notice) -> Result<Progress<usize>, NotifyError> {
        let Some(packet) = self.packets.get_mut(&context).filter(|packet| !packet.evicted) else {
            self.stale += 1;
            return Err(ContextError::Stale(context).into());
        };
        match packet.stage.advance(notice) {
            Err(violation) => {
                match violation {
                    Violation::RepeatedDrop { .. } => {
                        self.repeated_drops += 1;
                        self.hear(context);
                    }
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
                        self.hear(context);
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

    /// Takes out what is finished and not borrowed, after giving up everything if that is wished.
    fn sweep(&mut self, gives_up: bool) -> Vec<(Stage, usize)> {
        for packet in self.packets.values_mut().filter(|packet| gives_up && packet.is_live()) {
            packet.evicted = true;
            self.evicted += 1;
        }
        let abandoned = self.packets.values().filter(|packet| packet.is_abandoned());
        let mut out: Vec<_> = abandoned.map(|packet| (packet.stage, packet.name)).collect();
        self.packets.retain(|_, packet| !packet.is_abandoned());
        out.sort_by_key(|(_, name)| *name);
        out
    }

    /// Takes out what was given up because it had not been heard of since `tick`, or had been abandoned, and checks
    /// that this was right, for each packet that was looked at.
    fn give_up(&mut self, tick: u64, out: &[(Stage, usize)], is_looked_at: bool) {
        let (now, before, mut evicted) = (self.now, self.packets.len(), 0);
        self.packets.retain(|_, packet| {
            let is_out = out.contains(&(packet.stage, packet.name));
            let may = packet.is_abandoned() || packet.is_live() && packet.borrowers == 0 && packet.heard < tick;
            let must = packet.is_abandoned() || may && !packet.is_heard && packet.noted < tick;
            assert!(may || !is_out, "{packet:?} was given up, before {tick}");
            assert!(
                is_out || !must || !is_looked_at,
                "{packet:?} was not given up, before {tick}"
            );
            if packet.is_heard && packet.borrowers == 0 {
                // Else an admission may have looked, and noted the time.
                packet.is_heard = !is_looked_at;
                packet.noted = now;
            }
            evicted += u64::from(is_out && packet.is_live());
            !is_out
        });
        assert_eq!(before - self.packets.len(), out.len(), "{out:?} is of this table");
        self.evicted += evicted;
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

impl<'t, const N: usize> Run<'t, N> {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Admit => self.admit(),
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
            Step::NoteDrop(number, code) => self.with_context(number, |run, context| run.note_drop(context, code)),
            Step::EvictBefore(tick) => {
                let out = collected(|f| self.table.evict_before(tick, f));
                self.model.give_up(tick, &out, true);
            }
            Step::SetPatience(admissions) => {
                self.table.set_patience(admissions);
                self.model.patience = admissions;
            }
            Step::Drain => assert_eq!(collected(|f| self.table.drain(f)), self.model.sweep(true)),
            Step::Reap => assert_eq!(collected(|f| self.table.reap(f)), self.model.sweep(false)),
        }
        assert_eq!(self.table.now(), self.model.now);
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

    fn admit(&mut self) {
        self.names += 1;
        self.model.now += 1;
        let (name, drops) = (self.names, Rc::clone(&self.drops));
        let vacant = N - self.model.packets.len();
        let patience = match self.model.patience {
            0 => 65_536,
            set => set,
        };
        let tick = self.model.now.saturating_sub(patience);
        match self.table.admit(Token { name, drops }) {
            Ok(Admitted { context, lost }) => {
                let lost: Vec<_> = lost.map(|lost| (lost.stage, lost.state.name)).into_iter().collect();
                // Nothing is given up, or handed back, while a quarter of the slots is vacant.
                assert!(if lost.is_empty() { vacant > 0 } else { 4 * vacant < N });
                self.model.give_up(tick, &lost, false);
                assert!(!self.contexts.contains(&context), "a context was given twice");
                assert_eq!(Context::from_raw(context.as_raw()), Some(context));
                let packet = Packet {
                    name,
                    heard: self.model.now,
                    noted: self.model.now,
                    is_heard: false,
                    stage: Stage::InFlight,
                    evicted: false,
                    borrowers: 0,
                };
                self.model.packets.insert(context, packet);
                self.contexts.push(context);
                self.model.admitted += 1;
            }
            Err(Full(token)) => {
                assert_eq!((token.name, vacant), (name, 0));
                // Of no more than 32 packets, all were looked at.
                self.model.give_up(tick, &[], N <= 32);
                self.model.full += 1;
            }
        }
    }

    fn get(&mut self, context: Context) {
        let got = self.table.get(context);
        let is_live = self.model.packets.get(&context).is_some_and(Packet::is_live);
        match got {
            Ok(borrowed) => {
                assert!(is_live);
                self.borrow(context, borrowed);
            }
            Err(error) => {
                assert!(!is_live);
                assert_eq!(error, ContextError::Stale(context));
                self.model.stale += 1;
            }
        }
    }

    fn note_drop(&mut self, context: Context, code: u32) {
        let Some(reason) = DropReason::from_code(code) else {
            return;
        };
        let noted = self.table.note_drop(context, reason);
        let expected = self.model.notify(context, Notice::Dropped(reason));
        match noted {
            Ok(borrowed) => {
                assert_eq!(expected, Ok(Progress::Dropped(reason)));
                self.borrow(context, borrowed);
            }
            Err(error) => assert_eq!(Err(error), expected),
        }
    }

    fn borrow(&mut self, context: Context, borrowed: Borrowed<'t, Token>) {
        let packet = self.model.hear(context).unwrap();
        assert_eq!((borrowed.name, borrowed.stage()), (packet.name, packet.stage));
        packet.borrowers += 1;
        self.guards.push((context, packet.name, borrowed));
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
        let own: Vec<_> = (0..100).map(|_| table.admit(0).unwrap().context).collect();
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
        .map(|n| (FIRST.admit(n).unwrap().context, SECOND.admit(n).unwrap().context))
        .collect();
    for (first, second) in pairs {
        let not_of_this_table = [ContextError::Invalid(first), ContextError::Invalid(second)];
        if cfg!(target_pointer_width = "64") {
            assert_eq!(FIRST.get(second).map(|_| ()), Err(not_of_this_table[1]));
            assert_eq!(SECOND.stage(first), Err(not_of_this_table[0]));
            let error = NotifyError::Context(not_of_this_table[0]);
            assert_eq!(SECOND.notify(first, Notice::Processed), Err(error));
        } else {
            assert!(FIRST.get(second).is_err() && SECOND.stage(first).is_err());
        }
    }
    assert_eq!((FIRST.len(), SECOND.len()), (64, 64));
}

#[test]
fn every_single_wrong_bit_is_found() {
    let table = PacketTable::<u32, 64>::new();
    let context = table.admit(1).unwrap().context;
    for bit in 0..usize::BITS {
        let forged = Context::from_raw(without_provenance_mut(context.as_raw().addr() ^ 1 << bit));
        assert!(forged.is_none_or(|forged| table.get(forged).is_err()), "bit {bit}");
    }
    assert_eq!(table.get(context).as_deref(), Ok(&1));
}

#[test]
fn contexts_never_given_out_are_told_from_stale_ones() {
    let table = PacketTable::<u32, 5>::new();
    let context = table.admit(1).unwrap().context;
    let number = context.as_raw().addr();
    let others = [number ^ 7, number ^ 1 << (usize::BITS - 1)];
    let others = others.map(|number| Context::from_raw(without_provenance_mut(number)).unwrap());
    for other in [others[0], others[1], Context::UNTRACKED] {
        assert_eq!(table.stage(other), Err(ContextError::Invalid(other)));
        assert_eq!(
            PacketTable::<u32, 5>::new().stage(other),
            Err(ContextError::Invalid(other))
        );
    }
    assert!(table.notify(context, Notice::Processed).is_ok());
    assert_eq!(table.stage(context), Err(ContextError::Stale(context)));
}

#[test]
fn borrowers_are_counted_to_the_end_and_no_further() {
    let table = PacketTable::<u32, 1>::new();
    let context = table.admit(1).unwrap().context;
    let mut guards: Vec<_> = (0..255).map(|_| table.get(context).unwrap()).collect();
    let too_many = ContextError::TooManyBorrows(context);
    assert_eq!(table.get(context).map(|_| ()), Err(too_many));
    let dropped = table.note_drop(context, DropReason::TIMEOUT).map(|_| ());
    assert_eq!(dropped, Err(too_many.into()));
    assert_eq!(table.stage(context), Ok(Stage::InFlight));

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
    let context = table.admit(String::from("leaked")).unwrap().context;
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
        let context = table.admit(state).unwrap().context;
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
        let context = table.admit(()).unwrap().context;
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

/// Else the generations of one slot would soon be used up, and a stale context name a packet.
#[test]
fn a_slot_is_taken_again_after_all_that_are_vacant() {
    let table = PacketTable::<(), 300>::new();
    // The number of the slot is in the lowest bits.
    let slot = |context: Context| context.as_raw().addr() % 512;
    let all: Vec<_> = (0..300).map(|_| table.admit(()).unwrap().context).collect();
    let in_turn = || (0..300).cycle().skip(slot(all[0]));
    assert!(all.iter().copied().map(slot).eq(in_turn().take(300)));
    let is_vacant = |slot: usize| !(64..200).contains(&slot);
    for context in all.iter().filter(|context| is_vacant(slot(**context))) {
        assert!(table.notify(*context, Notice::Processed).is_ok());
    }
    for expected in in_turn().filter(|slot| is_vacant(*slot)).take(1000) {
        let context = table.admit(()).unwrap().context;
        assert_eq!(slot(context), expected);
        assert!(table.notify(context, Notice::Processed).is_ok());
    }
}

#[test]
fn generations_go_round_without_a_break() {
    let table = PacketTable::<(), 1>::new();
    let first = table.admit(()).unwrap().context;
    assert!(table.notify(first, Notice::Processed).is_ok());
    for _ in 1..1 << 20 {
        let context = table.admit(()).unwrap().context;
        assert_ne!(context, first);
        assert!(table.notify(context, Notice::Processed).is_ok());
    }
    // As the documentation says, after 2^20 uses of the slot.
    assert_eq!(table.admit(()).map(|admitted| admitted.context), Ok(first));
}

#[test]
#[expect(unsafe_code, reason = "buffers are given back to their pool")]
fn buffers_stay_until_their_packet_is_done() {
    static BUFFERS: BufferPool<3> = BufferPool::new();
    let table = PacketTable::<Replacements, 4>::new();
    let replace = |context, packet: &[u8]| {
        let mut buffer = BUFFERS.take()?;
        assert_eq!(buffer.size(), 0, "nothing of an earlier packet is shown");
        buffer.copy_from(packet).unwrap();
        Ok::<_, dhcp_callout::table::PoolExhausted>(table.get(context).unwrap().hold_for_server(buffer))
    };
    let [first, second] = [(); 2].map(|()| table.admit(Replacements::new()).unwrap().context);
    let pointers = [
        replace(first, b"one"),
        replace(first, b"two"),
        replace(second, b"three"),
    ]
    .map(Result::unwrap);
    assert!(pointers[0] != pointers[1] && pointers[1] != pointers[2] && pointers[0] != pointers[2]);
    assert_eq!(
        BUFFERS.take().unwrap_err().to_string(),
        "all 3 packet buffers are taken: `BUFFERS` says how many there are"
    );

    let end = |context| match table.notify(context, Notice::Processed) {
        // SAFETY: the packets have buffers of one pool, and there is no server.
        Ok(Progress::Done { state, .. }) => unsafe { BUFFERS.give_back(state) },
        other => panic!("{other:?}"),
    };
    end(second);
    assert_eq!(BUFFERS.taken(), 2);
    assert_eq!(replace(first, b"again").unwrap(), pointers[2]);
    end(first);
    assert_eq!(BUFFERS.taken(), 0);
    assert!(BufferPool::<0>::new().take().is_err());
}
