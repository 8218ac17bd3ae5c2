//! Proves, for every interleaving of two and three threads that loom explores, that a packet's state is handed back
//! once, is whole when read, and is never moved while it is read.
//!
//! Run with `RUSTFLAGS="--cfg loom" cargo test --release --test loom -- --nocapture`; each model prints how many
//! executions were explored. `LOOM_MAX_PREEMPTIONS` is not set where a model says nothing else: the exploration is
//! complete, within what loom models.
#![cfg(loom)]
#![expect(clippy::print_stdout, reason = "the number of executions is the result")]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use dhcp_callout::{
    BufferPool, Context, DropReason, Finished, Notice, Outcome, PacketTable, Progress, Replacements, Stage, Violation,
};
use dhcp_callout::{ContextError, NotifyError};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

const NOADDRESS: Notice = Notice::Dropped(DropReason::NOADDRESS);

/// State whose every use loom watches, and of which no copy can be made.
struct Canary {
    name: u64,
    /// Stands for the state in loom's eyes: written when dropped, read when looked at.
    watched: UnsafeCell<()>,
    drops: Arc<Drops>,
}

/// How many canaries were dropped; plain atomics, for counting only.
#[derive(Default)]
struct Drops(AtomicUsize);

impl Canary {
    fn new(name: u64, drops: &Arc<Drops>) -> Self {
        Self {
            name,
            watched: UnsafeCell::new(()),
            drops: Arc::clone(drops),
        }
    }

    fn look(&self) -> u64 {
        self.watched.with(|_| self.name)
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.watched.with_mut(|_| self.drops.0.fetch_add(1, Ordering::Relaxed));
    }
}

type Table<const N: usize> = PacketTable<Canary, N>;

fn drops(drops: &Arc<Drops>) -> usize {
    drops.0.load(Ordering::Relaxed)
}

/// Explores the model, and says how many executions there were.
fn explore(name: &str, preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let executions = std::sync::Arc::new(AtomicU64::new(0));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    let count = std::sync::Arc::clone(&executions);
    builder.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let bound = preemptions.map_or(String::from("complete"), |bound| format!("at most {bound} preemptions"));
    println!("{name}: {} executions, {bound}", executions.load(Ordering::Relaxed));
}

fn admit<const N: usize>(table: &Table<N>, name: u64, drops: &Arc<Drops>) -> Context {
    table.admit(Canary::new(name, drops)).expect("there is room")
}

/// Reports `Processed`, and returns the name of the packet if this was the end, and its state came with it.
fn process<const N: usize>(table: &Table<N>, context: Context) -> Result<Option<u64>, NotifyError> {
    match table.notify(context, Notice::Processed)? {
        Progress::Done { state, .. } => Ok(Some(state.look())),
        Progress::Deferred(_) => Ok(None),
        Progress::Dropped(_) => panic!("not dropped"),
    }
}

#[test]
fn only_one_of_two_processed_notices_gets_the_state() {
    explore("two notices of processed", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let context = admit(&table, 1, &count);
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || process(&table, context))
        };
        let (mine, others) = (process(&table, context), other.join().unwrap());
        let stale = Err(NotifyError::Context(ContextError::Stale(context)));
        assert!(
            (mine == Ok(Some(1)) && others == stale) || (mine == stale && others == Ok(Some(1))),
            "{mine:?} {others:?}"
        );
        assert_eq!(drops(&count), 1);
        assert_eq!((table.tally().done, table.tally().stale, table.len()), (1, 1, 0));
    });
}

#[test]
fn a_drop_and_processed_are_both_seen_or_refused() {
    explore("dropped against processed", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let context = admit(&table, 1, &count);
        let dropping = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.notify(context, NOADDRESS).is_ok())
        };
        let outcome = match table
            .notify(context, Notice::Processed)
            .expect("the only notice of the end")
        {
            Progress::Done { outcome, state } => {
                state.look();
                outcome
            }
            _ => panic!("nobody borrows it"),
        };
        let dropped = dropping.join().unwrap();
        let expected = if dropped {
            Outcome::Dropped(DropReason::NOADDRESS)
        } else {
            Outcome::Processed
        };
        assert_eq!(outcome, expected);
        assert_eq!(table.tally().dropped(DropReason::NOADDRESS), u64::from(dropped));
    });
}

#[test]
fn one_of_two_drops_stays() {
    explore("two drops", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let context = admit(&table, 1, &count);
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.notify(context, NOADDRESS).is_ok())
        };
        let mine = table.notify(context, Notice::Dropped(DropReason::TIMEOUT)).is_ok();
        assert!(mine != other.join().unwrap());
        let first = if mine {
            DropReason::TIMEOUT
        } else {
            DropReason::NOADDRESS
        };
        assert_eq!(table.stage(context), Ok(Stage::Dropped(first)));
        assert_eq!(table.tally().repeated_drops, 1);
    });
}

/// Borrows, looks, and releases; returns the name if the state came back.
fn borrow<const N: usize>(table: &Table<N>, context: Context) -> Option<u64> {
    let borrowed = table.get(context).ok()?;
    borrowed.look();
    let finished = borrowed.release()?;
    Some(finished.state.look())
}

#[test]
fn the_state_outlives_its_borrower_and_comes_back_once() {
    explore("get against processed", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let context = admit(&table, 1, &count);
        let borrower = {
            let table = Arc::clone(&table);
            thread::spawn(move || borrow(&table, context))
        };
        let mine = process(&table, context).expect("the only notice");
        let theirs = borrower.join().unwrap();
        assert!(mine.is_some() != theirs.is_some(), "{mine:?} {theirs:?}");
        assert_eq!(drops(&count), 1);
        assert!(table.get(context).is_err() && table.is_empty());
        // The slot is vacant again.
        admit(&table, 2, &count);
    });
}

#[test]
fn two_borrowers_and_the_end() {
    explore("two gets against processed", Some(3), || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let context = admit(&table, 1, &count);
        let borrowers = [(); 2].map(|()| {
            let table = Arc::clone(&table);
            thread::spawn(move || borrow(&table, context))
        });
        let mine = process(&table, context).expect("the only notice");
        let theirs = borrowers.map(|borrower| borrower.join().unwrap());
        let back = [mine, theirs[0], theirs[1]];
        assert_eq!(back.iter().flatten().count(), 1, "{back:?}");
        assert_eq!(drops(&count), 1);
    });
}

#[test]
fn a_guard_that_is_only_dropped_leaves_the_state_to_reap() {
    explore("dropped guard against processed, and reap", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let context = admit(&table, 1, &count);
        let borrower = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                if let Ok(borrowed) = table.get(context) {
                    borrowed.look();
                }
            })
        };
        let mine = process(&table, context).expect("the only notice");
        let mut reaped = 0;
        let mut reap = |finished: Finished<Canary>| {
            assert_eq!(finished.stage, Stage::Done(Outcome::Processed));
            reaped += finished.state.look();
        };
        table.reap(&mut reap);
        borrower.join().unwrap();
        table.reap(&mut reap);
        assert_eq!(mine.unwrap_or(0) + reaped, 1);
        assert_eq!(drops(&count), 1);
    });
}

#[test]
fn an_eviction_and_a_notice_share_nothing() {
    explore("evict against processed", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let context = table.admit_at(Canary::new(1, &count), 5).expect("there is room");
        let evicting = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                let mut evicted = 0;
                table.evict_before(6, |finished| evicted += finished.state.look());
                evicted
            })
        };
        let processed = process(&table, context).ok().flatten().unwrap_or(0);
        assert_eq!(evicting.join().unwrap() + processed, 1);
        assert_eq!(drops(&count), 1);
        let tally = table.tally();
        assert_eq!((tally.done, tally.evicted), (processed, 1 - processed));
    });
}

#[test]
fn an_eviction_waits_for_the_borrower() {
    explore("evict against get", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let context = admit(&table, 1, &count);
        let borrower = {
            let table = Arc::clone(&table);
            thread::spawn(move || borrow(&table, context).unwrap_or(0))
        };
        let mut drained = 0;
        table.drain(|finished| drained += finished.state.look());
        assert_eq!(borrower.join().unwrap() + drained, 1);
        assert_eq!(drops(&count), 1);
        assert_eq!(table.tally().evicted, 1);
    });
}

#[test]
fn an_eviction_sees_the_age_of_the_packet_it_evicts() {
    explore("evict against the next packet in the slot", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let old = table.admit_at(Canary::new(1, &count), 1).expect("there is room");
        let server = {
            let (table, count) = (Arc::clone(&table), Arc::clone(&count));
            thread::spawn(move || {
                let _ = process(&table, old);
                table.admit_at(Canary::new(2, &count), 9).ok()
            })
        };
        table.evict_before(5, |finished| assert_eq!(finished.state.look(), 1));
        if let Some(young) = server.join().unwrap() {
            assert_eq!(table.get(young).expect("too young").look(), 2);
        }
    });
}

#[test]
fn two_admissions_get_two_slots() {
    explore("admit against admit", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<2>::new());
        let other = {
            let (table, count) = (Arc::clone(&table), Arc::clone(&count));
            thread::spawn(move || admit(&table, 1, &count))
        };
        let mine = admit(&table, 2, &count);
        let theirs = other.join().unwrap();
        assert_ne!(mine, theirs);
        assert_eq!(table.get(mine).expect("in flight").look(), 2);
        assert_eq!(table.get(theirs).expect("in flight").look(), 1);
        assert!(table.admit(Canary::new(3, &count)).is_err());
        drop(table);
        assert_eq!(drops(&count), 3);
    });
}

#[test]
fn the_last_slot_goes_to_one() {
    explore("two admissions for one slot", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<2>::new());
        let first = admit(&table, 1, &count);
        let other = {
            let (table, count) = (Arc::clone(&table), Arc::clone(&count));
            thread::spawn(move || table.admit(Canary::new(2, &count)).ok())
        };
        let mine = table.admit(Canary::new(3, &count)).ok();
        let theirs = other.join().unwrap();
        assert!(mine.is_some() != theirs.is_some());
        let name = if mine.is_some() { 3 } else { 2 };
        let second = mine.or(theirs).expect("one of them");
        assert_eq!(table.get(second).expect("in flight").look(), name);
        assert_eq!(process(&table, first), Ok(Some(1)));
        assert_eq!(process(&table, second), Ok(Some(name)));
        assert_eq!((table.tally().admitted, table.tally().full), (2, 1));
    });
}

#[test]
fn admission_into_a_slot_that_is_being_emptied() {
    explore("admit against processed", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let first = admit(&table, 1, &count);
        let ending = {
            let table = Arc::clone(&table);
            thread::spawn(move || process(&table, first))
        };
        let second = table.admit(Canary::new(2, &count)).ok();
        if let Some(second) = second {
            assert_eq!(table.get(second).expect("in flight").look(), 2);
        }
        assert_eq!(ending.join().unwrap(), Ok(Some(1)));
        assert_eq!(table.len(), usize::from(second.is_some()));
    });
}

#[test]
fn admission_with_room_into_a_slot_that_is_being_emptied() {
    // As before, but the counts need not tell that there is room, so that they order nothing.
    explore("admit with room against processed", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<3>::new());
        let first = admit(&table, 1, &count);
        for name in [2, 3] {
            let context = admit(&table, name, &count);
            assert_eq!(process(&table, context), Ok(Some(name)));
        }
        let ending = {
            let table = Arc::clone(&table);
            thread::spawn(move || process(&table, first))
        };
        let second = admit(&table, 4, &count);
        assert_eq!(table.get(second).expect("in flight").look(), 4);
        assert_eq!(ending.join().unwrap(), Ok(Some(1)));
    });
}

#[test]
fn a_slot_that_goes_round_is_not_taken_for_what_it_was() {
    // One thread holds an old word of the slot while others finish the packet, and admit and finish another one in it.
    explore("reuse against a stale context", Some(3), || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let first = admit(&table, 1, &count);
        let late = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                let got = table.get(first).map(|borrowed| borrowed.look());
                (got.ok(), process(&table, first).ok().flatten())
            })
        };
        let mine = process(&table, first).ok().flatten();
        let second = table.admit(Canary::new(2, &count)).ok();
        if let Some(second) = second {
            assert_eq!(table.get(second).expect("only its own context ends it").look(), 2);
        }
        let (got, theirs) = late.join().unwrap();
        assert!(got.is_none_or(|name| name == 1));
        let mut reaped = None;
        table.reap(|finished| reaped = Some(finished.state.look()));
        assert_eq!([mine, theirs, reaped].into_iter().flatten().collect::<Vec<_>>(), [1]);
        assert_eq!(table.len(), usize::from(second.is_some()));
    });
}

#[test]
fn admission_get_and_end_of_three_threads() {
    explore("three lives in two slots", Some(2), || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<2>::new());
        let live = |name| {
            let (table, count) = (Arc::clone(&table), Arc::clone(&count));
            move || match table.admit(Canary::new(name, &count)) {
                Ok(context) => {
                    assert_eq!(table.get(context).expect("in flight").look(), name);
                    assert_eq!(process(&table, context), Ok(Some(name)));
                    let again = process(&table, context);
                    assert_eq!(again, Err(NotifyError::Context(ContextError::Stale(context))));
                    1
                }
                Err(_) => 0,
            }
        };
        let others = [thread::spawn(live(1)), thread::spawn(live(2))];
        let mine = live(3)();
        let lived = mine + others.map(|other| other.join().unwrap()).iter().sum::<u64>();
        assert!(lived >= 2);
        assert_eq!(drops(&count), 3);
        let tally = table.tally();
        assert_eq!(
            (tally.admitted, tally.done, tally.full, tally.stale),
            (lived, lived, 3 - lived, lived)
        );
    });
}

#[test]
fn after_done_is_told_while_the_packet_is_borrowed() {
    explore("a late notice against the last borrower", None, || {
        let count = Arc::new(Drops::default());
        let table = Arc::new(Table::<1>::new());
        let context = admit(&table, 1, &count);
        let borrowed = table.get(context).expect("in flight");
        assert_eq!(process(&table, context), Ok(None));
        let late = {
            let table = Arc::clone(&table);
            thread::spawn(move || process(&table, context).expect_err("done before"))
        };
        assert_eq!(borrowed.release().expect("the last borrower").state.look(), 1);
        let error = late.join().unwrap();
        assert!(matches!(
            error,
            NotifyError::Violation(Violation::AfterDone) | NotifyError::Context(ContextError::Stale(_))
        ));
        assert_eq!(table.tally().after_done + table.tally().stale, 1);
    });
}

#[test]
fn a_buffer_has_one_owner() {
    explore("two takers of one buffer", None, || {
        let pool = Arc::new(BufferPool::<1>::new());
        let use_one = |pool: &BufferPool<1>, byte: u8| {
            let Ok(mut buffer) = pool.take() else { return 0 };
            assert_eq!(buffer.size(), 0);
            buffer.copy_from(&[byte; 3]).expect("it fits");
            assert_eq!(buffer.as_bytes(), [byte; 3]);
            1
        };
        let other = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || use_one(&pool, 1))
        };
        let mine = use_one(&pool, 2);
        assert!(mine + other.join().unwrap() >= 1);
        assert_eq!(pool.taken(), 0);
    });
}

#[test]
fn buffers_kept_by_two_threads_return_together() {
    explore("two replacements of one packet", None, || {
        // Leaked, as a static is; the pool must outlive what is taken from it.
        let pool: &'static BufferPool<2> = Box::leak(Box::new(BufferPool::new()));
        let list = Arc::new(Replacements::new());
        let keep = |list: &Replacements<'static>| {
            let buffer = pool.take().expect("two buffers for two");
            list.keep(buffer).as_ptr().addr()
        };
        let other = {
            let list = Arc::clone(&list);
            thread::spawn(move || keep(&list))
        };
        let mine = keep(&list);
        assert_ne!(mine, other.join().unwrap());
        assert_eq!(pool.taken(), 2);
        drop(list);
        assert_eq!(pool.taken(), 0);
    });
}
