//! Lets loom explore how two and three threads meet at a table: each packet's state is handed back once, is whole when
//! read, and is never moved while it is read.
//!
//! Run with `RUSTFLAGS="--cfg loom" cargo test --release --test loom -- --nocapture`; each model prints how many
//! executions were explored. That is not every interleaving: loom prunes those that it takes for equal, and loses some
//! that are not, depending on which thread runs first. So each model is run with its roles exchanged, unless all are
//! alike: every thread in turn is the one that loom starts from. Three threads are preempted as often as the model
//! says, and no more.
#![cfg(loom)]
#![expect(clippy::print_stdout, reason = "the number of executions is the result")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use dhcp_callout::table::{
    Admitted, BufferPool, Context, ContextError, Finished, Full, PacketTable, Progress, Replacements,
};
use dhcp_callout::{DropReason, Notice, NotifyError, Outcome, Stage, Violation};
use loom::cell::UnsafeCell;
use loom::thread;

const NOADDRESS: Notice = Notice::Dropped(DropReason::NOADDRESS);
const DONE: Stage = Stage::Done(Outcome::Processed);

/// State whose every use loom watches, and of which no copy can be made.
struct Canary {
    name: u64,
    /// Is the state in loom's eyes: written when dropped, read when looked at.
    watched: UnsafeCell<()>,
    drops: Arc<AtomicUsize>,
}

impl Canary {
    fn look(&self) -> u64 {
        self.watched.with(|_| self.name)
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.watched.with_mut(|_| self.drops.fetch_add(1, Relaxed));
    }
}

/// A table, and what became of its packets. The counters are not loom's: they order nothing.
struct World<const N: usize> {
    table: PacketTable<Canary, N>,
    /// The packets that were admitted before the threads start; their names are 1, 2 and so on.
    packets: Vec<Context>,
    created: AtomicUsize,
    drops: Arc<AtomicUsize>,
    /// A bit for each name whose state was admitted.
    admitted: AtomicU64,
    /// A bit for each name whose state was handed back.
    back: AtomicU64,
}

impl<const N: usize> World<N> {
    fn with_packets(packets: u64) -> Self {
        let mut world = Self {
            table: PacketTable::new(),
            packets: Vec::new(),
            created: AtomicUsize::new(0),
            drops: Arc::default(),
            admitted: AtomicU64::new(0),
            back: AtomicU64::new(0),
        };
        let admitted = |name| world.admit(name).expect("there is room").0;
        world.packets = (1..=packets).map(admitted).collect();
        world
    }

    /// A table with one packet that a hook has been about, and that is too old since.
    fn with_old_packet(is_heard: bool) -> Self {
        let world = Self::with_packets(1);
        world.table.set_patience(1);
        if is_heard {
            drop(world.table.get(world.packets[0]));
        }
        let refused = world.admit(60);
        assert!(is_heard || refused.is_none(), "not old enough yet");
        world
    }

    /// A table with one packet that was dropped, and that is too old since, as a look has found.
    fn with_old_dropped_packet() -> Self {
        let world = Self::with_packets(1);
        assert!(world.table.notify(world.packets[0], NOADDRESS).is_ok());
        assert_eq!(world.evict_before(1), [], "heard of until now");
        assert!(world.admit(60).is_none());
        world
    }

    /// Returns the packet's context, and the name of the packet that it was admitted instead of.
    fn admit(&self, name: u64) -> Option<(Context, Option<(Stage, u64)>)> {
        self.created.fetch_add(1, Relaxed);
        let canary = Canary {
            name,
            watched: UnsafeCell::new(()),
            drops: Arc::clone(&self.drops),
        };
        match self.table.admit(canary) {
            Ok(Admitted { context, lost }) => {
                self.admitted.fetch_or(1 << name, Relaxed);
                Some((context, lost.map(|lost| self.finished(lost))))
            }
            Err(Full(canary)) => {
                assert_eq!(canary.look(), name);
                None
            }
        }
    }

    fn back(&self, state: Canary) -> u64 {
        let name = state.look();
        assert_eq!(
            self.back.fetch_or(1 << name, Relaxed) >> name & 1,
            0,
            "{name} came back twice"
        );
        name
    }

    fn finished(&self, finished: Finished<Canary>) -> (Stage, u64) {
        (finished.stage, self.back(finished.state))
    }

    /// Reports `Processed`; returns the name of the packet if its state came with that.
    fn process(&self, context: Context) -> Result<Option<u64>, NotifyError> {
        match self.table.notify(context, Notice::Processed)? {
            Progress::Done { state, .. } => Ok(Some(self.back(state))),
            Progress::Deferred(_) => Ok(None),
            Progress::Dropped(_) => panic!("not dropped"),
        }
    }

    /// Borrows, looks, and releases; returns whether there was a packet, and its name if the state came back.
    fn borrow(&self, context: Context) -> (bool, Option<u64>) {
        let Ok(borrowed) = self.table.get(context) else {
            return (false, None);
        };
        borrowed.look();
        (true, borrowed.release().map(|finished| self.finished(finished).1))
    }

    /// Borrows, ends the packet, and drops the guard; returns whether that abandoned the state.
    fn abandon(&self, context: Context) -> bool {
        let Ok(borrowed) = self.table.get(context) else {
            return false;
        };
        borrowed.look();
        self.process(context).is_ok_and(|back| back.is_none())
    }

    fn evict_before(&self, tick: u64) -> Vec<u64> {
        let mut names = Vec::new();
        self.table
            .evict_before(tick, |finished| names.push(self.finished(finished).1));
        names
    }

    fn drain(&self) -> Vec<u64> {
        let mut names = Vec::new();
        self.table.drain(|finished| names.push(self.finished(finished).1));
        names
    }

    fn reap(&self) -> Vec<u64> {
        let mut names = Vec::new();
        self.table.reap(|finished| {
            assert!(matches!(finished.stage, Stage::Done(_)));
            names.push(self.finished(finished).1);
        });
        names
    }

    /// Each state that was admitted came back, once, or is in the table still; and each is dropped once.
    fn end(self) {
        let tally = self.table.tally();
        assert_eq!(tally.in_flight(), self.table.len() as u64);
        self.drain();
        assert!(self.table.is_empty());
        assert_eq!(self.back.load(Relaxed), self.admitted.load(Relaxed));
        assert_eq!(self.drops.load(Relaxed), self.created.load(Relaxed));
        // All slots are vacant again.
        for name in 0..N {
            assert!(self.admit(32 + name as u64).is_some_and(|(_, lost)| lost.is_none()));
        }
    }
}

/// Explores a model, and says how many executions there were.
fn explore(name: &str, preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicU64::new(0));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    let count = Arc::clone(&executions);
    builder.check(move || {
        count.fetch_add(1, Relaxed);
        model();
    });
    let bound = preemptions.map_or(String::new(), |bound| format!(", at most {bound} preemptions"));
    println!("{name}: {} executions{bound}", executions.load(Relaxed));
}

/// Explores all that two threads can do at once, with each as the one that loom starts from.
fn two<const N: usize, A: Send + 'static, B: Send + 'static>(
    name: &str,
    setup: fn() -> World<N>,
    roles: (fn(&World<N>) -> A, fn(&World<N>) -> B),
    check: fn(&World<N>, A, B),
) {
    two_within(name, None, setup, roles, check);
}

/// As [`two`], where all would take too long.
fn two_within<const N: usize, A: Send + 'static, B: Send + 'static>(
    name: &str,
    preemptions: Option<usize>,
    setup: fn() -> World<N>,
    (one, other): (fn(&World<N>) -> A, fn(&World<N>) -> B),
    check: fn(&World<N>, A, B),
) {
    two_from(name, preemptions, setup, (one, other), check);
    let exchanged = format!("{name}, exchanged");
    two_from(&exchanged, preemptions, setup, (other, one), move |world, b, a| {
        check(world, a, b);
    });
}

/// As [`two_within`], with the first role as the one that loom starts from; enough for two that are alike.
fn two_from<const N: usize, A: Send + 'static, B: Send + 'static>(
    name: &str,
    preemptions: Option<usize>,
    setup: fn() -> World<N>,
    (first, second): (fn(&World<N>) -> A, fn(&World<N>) -> B),
    check: impl Fn(&World<N>, A, B) + Send + Sync + 'static,
) {
    explore(name, preemptions, move || {
        let world = Arc::new(setup());
        let theirs = Arc::clone(&world);
        let spawned = thread::spawn(move || second(&theirs));
        let mine = first(&world);
        check(&world, mine, spawned.join().unwrap());
        Arc::into_inner(world).expect("the threads have ended").end();
    });
}

/// Explores what three threads do at once, with each as the one that loom starts from.
fn three<const N: usize, A: Send + 'static>(
    name: &str,
    preemptions: usize,
    setup: fn() -> World<N>,
    roles: [fn(&World<N>) -> A; 3],
    check: fn(&World<N>, [A; 3]),
) {
    for first in 0..3 {
        let mut rotated = roles;
        rotated.rotate_left(first);
        let name = format!("{name}, {first} first");
        three_from(&name, preemptions, setup, rotated, move |world, mut results| {
            results.rotate_right(first);
            check(world, results);
        });
    }
}

/// As [`three`], with the first role as the one that loom starts from; enough for three that are alike.
fn three_from<const N: usize, A: Send + 'static>(
    name: &str,
    preemptions: usize,
    setup: fn() -> World<N>,
    [first, second, third]: [fn(&World<N>) -> A; 3],
    check: impl Fn(&World<N>, [A; 3]) + Send + Sync + 'static,
) {
    explore(name, Some(preemptions), move || {
        let world = Arc::new(setup());
        let [second, third] = [second, third].map(|role| {
            let theirs = Arc::clone(&world);
            thread::spawn(move || role(&theirs))
        });
        let first = first(&world);
        check(&world, [first, second.join().unwrap(), third.join().unwrap()]);
        Arc::into_inner(world).expect("the threads have ended").end();
    });
}

#[test]
fn only_one_of_two_processed_notices_gets_the_state() {
    two(
        "processed twice",
        || World::<1>::with_packets(1),
        (
            |world| world.process(world.packets[0]),
            |world| world.process(world.packets[0]),
        ),
        |world, one, other| {
            let stale = Err(NotifyError::Context(ContextError::Stale(world.packets[0])));
            assert!(
                (one == Ok(Some(1)) && other == stale) || (one == stale && other == Ok(Some(1))),
                "{one:?} {other:?}"
            );
            assert_eq!((world.table.tally().done, world.table.tally().stale), (1, 1));
        },
    );
}

#[test]
fn a_drop_and_processed_are_both_seen_or_refused() {
    two(
        "dropped against processed",
        || World::<1>::with_packets(1),
        (
            |world| match world.table.notify(world.packets[0], Notice::Processed) {
                Ok(Progress::Done { outcome, state }) => {
                    world.back(state);
                    outcome
                }
                _ => panic!("the only notice of the end, and nobody borrows the packet"),
            },
            |world| world.table.notify(world.packets[0], NOADDRESS).is_ok(),
        ),
        |world, outcome, dropped| {
            let expected = if dropped {
                Outcome::Dropped(DropReason::NOADDRESS)
            } else {
                Outcome::Processed
            };
            assert_eq!(outcome, expected);
            assert_eq!(world.table.tally().dropped(DropReason::NOADDRESS), u64::from(dropped));
        },
    );
}

#[test]
fn one_of_two_drops_stays() {
    two(
        "dropped twice",
        || World::<1>::with_packets(1),
        (
            |world| {
                world
                    .table
                    .notify(world.packets[0], Notice::Dropped(DropReason::TIMEOUT))
                    .is_ok()
            },
            |world| world.table.notify(world.packets[0], NOADDRESS).is_ok(),
        ),
        |world, timeout, noaddress| {
            assert!(timeout != noaddress);
            let first = if timeout {
                DropReason::TIMEOUT
            } else {
                DropReason::NOADDRESS
            };
            assert_eq!(world.table.stage(world.packets[0]), Ok(Stage::Dropped(first)));
            assert_eq!(world.table.tally().repeated_drops, 1);
        },
    );
}

#[test]
fn a_drop_that_borrows_is_one_change() {
    two(
        "dropped and lent, against processed",
        || World::<1>::with_packets(1),
        (
            |world| {
                let Ok(borrowed) = world.table.note_drop(world.packets[0], DropReason::NOADDRESS) else {
                    return (false, None);
                };
                borrowed.look();
                (true, borrowed.release().map(|finished| world.finished(finished)))
            },
            |world| world.process(world.packets[0]).expect("the only notice of the end"),
        ),
        |_, (dropped, released), processed| {
            assert!(processed.is_some() != released.is_some());
            let done = (Stage::Done(Outcome::Dropped(DropReason::NOADDRESS)), 1);
            assert!(released.is_none_or(|finished| dropped && finished == done));
        },
    );
}

#[test]
fn the_state_outlives_its_borrower_and_comes_back_once() {
    two(
        "get against processed",
        || World::<1>::with_packets(1),
        (
            |world| world.process(world.packets[0]).expect("the only notice"),
            |world| world.borrow(world.packets[0]).1,
        ),
        |world, processed, released| {
            assert!(processed.is_some() != released.is_some(), "{processed:?} {released:?}");
            assert!(world.table.get(world.packets[0]).is_err() && world.table.is_empty());
        },
    );
}

#[test]
fn two_borrowers_and_the_end() {
    three(
        "two gets against processed",
        3,
        || World::<1>::with_packets(1),
        [
            |world| world.process(world.packets[0]).expect("the only notice"),
            |world| world.borrow(world.packets[0]).1,
            |world| world.borrow(world.packets[0]).1,
        ],
        |_, back| assert_eq!(back.iter().flatten().count(), 1, "{back:?}"),
    );
}

#[test]
fn a_guard_that_is_only_dropped_leaves_the_state_to_reap() {
    two(
        "dropped guard against processed, and reap",
        || World::<1>::with_packets(1),
        (
            |world| {
                let processed = world.process(world.packets[0]).expect("the only notice");
                (processed, world.reap())
            },
            |world| {
                if let Ok(borrowed) = world.table.get(world.packets[0]) {
                    borrowed.look();
                }
            },
        ),
        |world, (processed, reaped), ()| {
            let later = world.reap();
            assert_eq!(usize::from(processed.is_some()) + reaped.len() + later.len(), 1);
        },
    );
}

#[test]
fn no_mark_of_two_guards_is_lost() {
    three(
        "two dropped guards, and reap",
        3,
        || World::<2>::with_packets(2),
        [
            |world| usize::from(world.abandon(world.packets[0])),
            |world| usize::from(world.abandon(world.packets[1])),
            |world| world.reap().len(),
        ],
        |world, [_, _, reaped]| assert_eq!(world.reap().len() + reaped, 2),
    );
}

#[test]
fn two_reapers_share_nothing() {
    two_from(
        "two reapers",
        None,
        || {
            let world = World::<2>::with_packets(2);
            assert!(world.packets.iter().all(|packet| world.abandon(*packet)));
            world
        },
        (World::reap, World::reap),
        |world, one, other| assert_eq!(one.len() + other.len() + world.reap().len(), 2),
    );
}

#[test]
fn a_reaper_that_is_late_leaves_the_note_of_the_next_packet_or_takes_it() {
    two(
        "reap against reap and the next packet in the slot",
        || {
            let world = World::<1>::with_packets(1);
            assert!(world.abandon(world.packets[0]));
            world
        },
        (World::reap, |world| {
            let mut reaped = world.reap();
            let admitted = world.admit(2);
            reaped.extend(admitted.and_then(|(_, lost)| lost).map(|(_, name)| name));
            let is_abandoned = admitted.is_some_and(|(second, _)| world.abandon(second));
            (reaped, is_abandoned)
        }),
        |world, one, (other, is_abandoned)| {
            let all = [one, other, world.reap()].concat();
            assert_eq!(all.len(), 1 + usize::from(is_abandoned), "{all:?}");
        },
    );
}

#[test]
fn a_reap_that_panics_leaves_the_rest_to_the_next() {
    three(
        "a reap that panics, a dropped guard, and reap",
        2,
        || {
            let world = World::<3>::with_packets(3);
            assert!(world.packets[..2].iter().all(|packet| world.abandon(*packet)));
            world
        },
        [
            |world| {
                let mut reaped = 0;
                let reap = AssertUnwindSafe(|| {
                    world.table.reap(|finished| {
                        world.finished(finished);
                        reaped += 1;
                        // Nothing is printed.
                        std::panic::resume_unwind(Box::new(()));
                    });
                });
                let _ = catch_unwind(reap);
                reaped
            },
            |world| {
                assert!(world.abandon(world.packets[2]));
                0
            },
            |world| world.reap().len(),
        ],
        |world, [one, _, other]| assert_eq!(one + other + world.reap().len(), 3),
    );
}

#[test]
fn an_eviction_and_a_notice_share_nothing() {
    two(
        "evict against processed",
        || World::<1>::with_packets(1),
        (
            |world| world.process(world.packets[0]).ok().flatten(),
            |world| world.evict_before(2),
        ),
        |world, processed, evicted| {
            assert_eq!(usize::from(processed.is_some()) + evicted.len(), 1);
            // Done either way if the notice came during the look at its age.
            let tally = world.table.tally();
            assert_eq!(tally.done + tally.evicted, 1);
            assert!(processed.is_none() || tally.done == 1);
        },
    );
}

#[test]
fn a_drain_waits_for_the_borrower() {
    two(
        "drain against get",
        || World::<1>::with_packets(1),
        (World::drain, |world| world.borrow(world.packets[0]).1),
        |world, drained, released| {
            assert_eq!(drained.len() + usize::from(released.is_some()), 1);
            assert_eq!(world.table.tally().evicted, 1);
        },
    );
}

#[test]
fn an_eviction_sees_the_age_of_the_packet_it_evicts() {
    two(
        "evict against the next packet in the slot",
        || World::<1>::with_packets(1),
        (
            |world| {
                let _ = world.process(world.packets[0]);
                world.admit(2)
            },
            |world| assert!(world.evict_before(2).iter().all(|name| *name == 1)),
        ),
        |world, young, ()| {
            if let Some((young, _)) = young {
                assert_eq!(world.table.get(young).expect("too young").look(), 2);
            }
        },
    );
}

#[test]
fn the_next_packet_in_a_slot_has_its_own_age() {
    two(
        "admit against drain and the next admission",
        || World::<1>::with_packets(0),
        (
            |world| {
                world.admit(1);
            },
            |world| (world.drain(), world.admit(2)),
        ),
        |world, (), (drained, second)| {
            // The second of two admissions.
            let is_young = !drained.is_empty() && second.is_some();
            let evicted = world.evict_before(2);
            assert!(!is_young || evicted.is_empty(), "{evicted:?}");
        },
    );
}

#[test]
fn a_packet_that_is_heard_of_is_not_given_up() {
    two(
        "admission that gives up against get",
        || World::<1>::with_old_packet(false),
        (|world| world.admit(2), |world| world.borrow(world.packets[0])),
        |world, admitted, (was_there, released)| match admitted {
            Some((_, lost)) => {
                assert_eq!((lost, was_there, released), (Some((Stage::InFlight, 1)), false, None));
                assert_eq!(world.table.tally().evicted, 1);
            }
            None => {
                assert!(was_there && released.is_none());
                assert_eq!(world.table.stage(world.packets[0]), Ok(Stage::InFlight));
            }
        },
    );
}

#[test]
fn an_old_packet_ends_once() {
    two(
        "admission that gives up against processed",
        || World::<1>::with_old_packet(false),
        (
            |world| world.admit(2).and_then(|(_, lost)| lost),
            |world| world.process(world.packets[0]),
        ),
        |_, lost, processed| match lost {
            // Processed during the look at its age.
            Some((DONE, name)) => assert_eq!((name, processed), (1, Ok(None))),
            Some(lost) => {
                assert_eq!(lost, (Stage::InFlight, 1));
                assert!(processed.is_err());
            }
            None => assert_eq!(processed, Ok(Some(1))),
        },
    );
}

#[test]
fn a_packet_that_ends_during_a_look_at_its_age_is_handed_back() {
    two(
        "admission that looks against processed",
        || World::<1>::with_old_packet(true),
        (
            |world| world.admit(2).and_then(|(_, lost)| lost),
            |world| world.process(world.packets[0]).expect("the only notice"),
        ),
        |_, lost, processed| match lost {
            Some(lost) => assert_eq!((lost, processed), ((DONE, 1), None)),
            None => assert_eq!(processed, Some(1)),
        },
    );
}

#[test]
fn a_look_at_an_age_does_not_hide_that_a_packet_is_heard_of() {
    three(
        "look, get, and a second look",
        2,
        || World::<1>::with_old_packet(true),
        [
            |world| u64::from(world.admit(2).is_some()),
            |world| u64::from(world.admit(3).is_some()),
            |world| {
                // The clock shows 4 at most, and counts from 2 at least: nothing is old enough, but what was not heard
                // of.
                let (was_there, _) = world.borrow(world.packets[0]);
                u64::from(was_there)
            },
        ],
        |world, [second, third, was_there]| {
            assert!(second + third <= 1);
            assert!(second + third == 1 || was_there == 1);
            assert!(second + third == 1 || world.table.stage(world.packets[0]).is_ok());
        },
    );
}

#[test]
fn a_packet_heard_of_between_two_looks_is_not_given_up() {
    fn look(world: &World<1>) -> usize {
        world.evict_before(world.table.now()).len()
    }
    let setups: [(_, fn() -> World<1>); 2] = [
        ("look, get, and look", || World::with_old_packet(false)),
        ("the same at a packet that was dropped", World::with_old_dropped_packet),
    ];
    for (name, setup) in setups {
        three(
            name,
            3,
            setup,
            [look, |world| usize::from(world.borrow(world.packets[0]).0), look],
            |_, [one, was_there, other]| assert!(was_there == 0 || one + other == 0),
        );
    }
}

#[test]
fn one_of_two_admissions_gets_the_old_packets_slot() {
    two_within(
        "two admissions that give up",
        Some(3),
        || World::<1>::with_old_packet(false),
        (
            |world| world.admit(2).map(|(_, lost)| lost),
            |world| world.admit(3).map(|(_, lost)| lost),
        ),
        |_, one, other| {
            assert!(one.is_some() != other.is_some(), "{one:?} {other:?}");
            assert_eq!(one.or(other), Some(Some((Stage::InFlight, 1))));
        },
    );
}

#[test]
fn two_admissions_get_two_slots() {
    two(
        "admit against admit",
        || World::<2>::with_packets(0),
        (
            |world| world.admit(1).expect("there is room").0,
            |world| world.admit(2).expect("there is room").0,
        ),
        |world, one, other| {
            assert_ne!(one, other);
            assert_eq!(world.table.get(one).expect("in flight").look(), 1);
            assert_eq!(world.table.get(other).expect("in flight").look(), 2);
            assert!(world.admit(3).is_none());
        },
    );
}

#[test]
fn the_last_slot_goes_to_one() {
    two(
        "two admissions for one slot",
        || World::<2>::with_packets(1),
        (|world| world.admit(2), |world| world.admit(3)),
        |world, one, other| {
            assert!(one.is_some() != other.is_some());
            let name = if one.is_some() { 2 } else { 3 };
            let (second, _) = one.or(other).expect("one of them");
            assert_eq!(world.table.get(second).expect("in flight").look(), name);
            assert_eq!(world.process(world.packets[0]), Ok(Some(1)));
            assert_eq!(world.process(second), Ok(Some(name)));
            assert_eq!((world.table.tally().admitted, world.table.tally().full), (2, 1));
        },
    );
}

#[test]
fn admission_into_a_slot_that_is_being_emptied() {
    two(
        "admit against processed",
        || World::<1>::with_packets(1),
        (|world| world.admit(2), |world| world.process(world.packets[0])),
        |world, second, first| {
            assert_eq!(first, Ok(Some(1)));
            assert_eq!(world.table.len(), usize::from(second.is_some()));
            if let Some((second, _)) = second {
                assert_eq!(world.table.get(second).expect("in flight").look(), 2);
            }
        },
    );
}

#[test]
fn a_slot_that_goes_round_is_not_taken_for_what_it_was() {
    // One thread holds an old word of the slot while others finish the packet, and admit another one in it.
    two(
        "reuse against a stale context",
        || World::<1>::with_packets(1),
        (
            |world| {
                let processed = world.process(world.packets[0]).ok().flatten();
                let second = world.admit(2);
                if let Some((second, _)) = second {
                    assert_eq!(world.table.get(second).expect("only its own context ends it").look(), 2);
                }
                (processed, second.is_some())
            },
            |world| {
                let got = world.table.get(world.packets[0]).map(|borrowed| borrowed.look());
                (got.ok(), world.process(world.packets[0]).ok().flatten())
            },
        ),
        |world, (processed, _), (got, theirs)| {
            assert!(got.is_none_or(|name| name == 1));
            let reaped = world.reap();
            // An admission may have handed the state back too.
            assert!(processed.into_iter().chain(theirs).chain(reaped).all(|name| name == 1));
        },
    );
}

#[test]
fn admissions_find_all_that_is_abandoned() {
    three(
        "two dropped guards, and an admission",
        2,
        || World::<2>::with_packets(2),
        [
            |world| world.abandon(world.packets[0]).then_some(0),
            |world| world.abandon(world.packets[1]).then_some(0),
            |world| world.admit(3).map(|(_, lost)| lost.expect("there is no room").1),
        ],
        |world, [first, second, third]| {
            assert_eq!((first, second), (Some(0), Some(0)));
            let mut lost: Vec<_> = third.into_iter().collect();
            lost.extend((4..6).filter_map(|name| world.admit(name)?.1).map(|(_, name)| name));
            lost.sort_unstable();
            assert_eq!(lost, [1, 2]);
        },
    );
}

#[test]
fn admission_get_and_end_of_three_threads() {
    /// Returns whether the packet was tracked, and the states that came back.
    fn all(world: &World<2>, name: u64) -> (bool, Vec<u64>) {
        let Some((context, lost)) = world.admit(name) else {
            return (false, Vec::new());
        };
        let mut back: Vec<_> = lost.map(|(_, name)| name).into_iter().collect();
        assert_eq!(world.table.get(context).expect("in flight").look(), name);
        // None if an admission looks at the packet, and hands the state back.
        back.extend(world.process(context).expect("the first notice"));
        assert!(world.process(context).is_err());
        (true, back)
    }
    three_from(
        "three packets in two slots",
        1,
        || World::<2>::with_packets(0),
        [|world| all(world, 1), |world| all(world, 2), |world| all(world, 3)],
        |world, all| {
            let tracked: Vec<_> = (1..)
                .zip(&all)
                .filter(|(_, (tracked, _))| *tracked)
                .map(|(name, _)| name)
                .collect();
            let mut back = all.map(|(_, back)| back).concat();
            back.sort_unstable();
            assert_eq!(back, tracked);
            let (lived, tally) = (tracked.len() as u64, world.table.tally());
            assert_eq!((tally.admitted, tally.done, tally.full), (lived, lived, 3 - lived));
            assert_eq!(tally.stale + tally.after_done, lived);
        },
    );
}

#[test]
fn get_eviction_and_the_next_packet_of_three_threads() {
    three(
        "get, evict, processed and admit",
        3,
        || World::<1>::with_packets(1),
        [
            |world| world.borrow(world.packets[0]).1.into_iter().collect(),
            |world| world.evict_before(2),
            |world| {
                let mut back: Vec<_> = world.process(world.packets[0]).ok().flatten().into_iter().collect();
                if let Some((second, lost)) = world.admit(2) {
                    back.extend(lost.map(|(_, name)| name));
                    assert_eq!(world.table.get(second).expect("too young").look(), 2);
                }
                back
            },
        ],
        |_, back| assert_eq!(back.concat(), [1]),
    );
}

#[test]
fn after_done_is_told_while_the_packet_is_borrowed() {
    explore("a late notice against the last borrower", None, || {
        let world = Arc::new(World::<1>::with_packets(1));
        let context = world.packets[0];
        let borrowed = world.table.get(context).expect("in flight");
        assert_eq!(world.process(context), Ok(None));
        let late = {
            let world = Arc::clone(&world);
            thread::spawn(move || world.process(context).expect_err("done before"))
        };
        let finished = borrowed.release().expect("the last borrower");
        assert_eq!(world.finished(finished), (DONE, 1));
        let error = late.join().unwrap();
        assert!(matches!(
            error,
            NotifyError::Violation(Violation::AfterDone) | NotifyError::Context(ContextError::Stale(_))
        ));
        assert_eq!(world.table.tally().after_done + world.table.tally().stale, 1);
    });
}

/// A pool that outlives what is taken from it: leaked, as a static is.
fn pool<const M: usize>() -> &'static BufferPool<M> {
    Box::leak(Box::new(BufferPool::new()))
}

#[expect(unsafe_code, reason = "a list is given back to the pool of its model")]
fn give_back<const M: usize>(pool: &BufferPool<M>, list: Replacements) {
    // SAFETY: each model has one pool, and there is no server.
    unsafe { pool.give_back(list) }
}

#[test]
fn a_buffer_has_one_owner() {
    explore("two takers of one buffer", None, || {
        let pool = pool::<1>();
        let use_one = |byte: u8| {
            let Ok(mut buffer) = pool.take() else { return 0 };
            assert_eq!(buffer.size(), 0);
            buffer.copy_from(&[byte; 3]).expect("it fits");
            assert_eq!(buffer.as_bytes(), [byte; 3]);
            1
        };
        let other = thread::spawn(move || use_one(1));
        let mine = use_one(2);
        assert!(mine + other.join().unwrap() >= 1);
        assert_eq!(pool.taken(), 0);
    });
}

#[test]
fn buffers_held_by_two_threads_return_together() {
    explore("two replacements of one packet", None, || {
        let pool = pool::<2>();
        let list = loom::sync::Arc::new(Replacements::new());
        let hold = |list: &Replacements| {
            let buffer = pool.take().expect("two buffers for two");
            list.hold_for_server(buffer).as_ptr().addr()
        };
        let other = {
            let list = loom::sync::Arc::clone(&list);
            thread::spawn(move || hold(&list))
        };
        let mine = hold(&list);
        assert_ne!(mine, other.join().unwrap());
        assert_eq!(pool.taken(), 2);
        give_back(pool, loom::sync::Arc::try_unwrap(list).unwrap());
        assert_eq!(pool.taken(), 0);
    });
}

#[test]
fn a_list_gives_its_buffers_back_while_another_takes_them() {
    for drops_here in [false, true] {
        explore("a list dropped against a taker", None, move || {
            let pool = pool::<2>();
            let list = Replacements::new();
            for _ in 0..2 {
                list.hold_for_server(pool.take().expect("two buffers"));
            }
            let give = move || give_back(pool, list);
            let take = || {
                let next = Replacements::new();
                for buffer in [pool.take(), pool.take()].into_iter().flatten() {
                    next.hold_for_server(buffer);
                }
                next
            };
            let next = if drops_here {
                let other = thread::spawn(take);
                give();
                other.join().unwrap()
            } else {
                let other = thread::spawn(give);
                let next = take();
                other.join().unwrap();
                next
            };
            // What the taker has, nobody else gets.
            let left: Vec<_> = (0..2).map_while(|_| pool.take().ok()).collect();
            assert_eq!(pool.taken(), 2);
            drop(left);
            give_back(pool, next);
            assert_eq!(pool.taken(), 0);
        });
    }
}
