//! Explores every sequentially consistent interleaving of three threads at one slot of the packet table.
//!
//! The word and all that becomes of it is the crate's own; what a thread does between two accesses to the slot, and to
//! what the index says of it, is written here once more, a step for each access, after `src/table/slot.rs` and
//! `src/table.rs`. Weaker orderings are loom's part, and the real code between the steps that of loom and the stress
//! test.
//!
//! A state of the model is the slot and where each thread is. From each state that was reached all threads that can go
//! on do so in turn, until there are no new states: for all choices of three scripts, and each slot to begin with.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::struct_excessive_bools,
    clippy::too_many_lines,
    reason = "a model fails by panicking, and says how much it has seen"
)]

use std::collections::HashSet;

use super::{Live, Word};
use crate::control::DropReason;
use crate::lifecycle::{Notice, Outcome, Stage};

/// What a thread is asked to do with the packet whose context it has: that of the thread's last admission, or else the
/// one that the slot begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Call {
    Admit,
    /// Borrow, read, `release`.
    Get,
    /// Borrow, read, and drop the guard.
    GetAndDrop,
    Dropped,
    Processed,
    /// `note_drop`: the notice and the borrow in one.
    NoteDrop,
    /// What `drain` does with a slot.
    Drain,
    /// What `evict_before` does with a slot.
    EvictOld,
    /// What an admission does that looks at the slot, and gives up what is noted as old.
    Look,
    Reap,
}

/// The next access of a thread to the slot, with what the thread knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Access {
    /// The first of the next call.
    First,
    Write,
    Publish,
    /// A change of the word, if it is still this.
    Change(u64),
    Read {
        released: bool,
    },
    EndRead {
        released: bool,
    },
    Return {
        released: bool,
    },
    Mark,
    /// Empties the slot, if the word is still this; whether to try again with another.
    Empty(u64, Again),
    MoveOut,
    Vacate,
    ReadTick(u64),
    LookAtHeard(u64),
    StoreTick,
    Note,
    TakeNote,
    LookAtOld(u64),
    ReadTickAgain(u64),
    EvictOld(u64),
    EndLook,
    Hear(u64),
    Forget,
    Reclaim,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Again {
    No,
    Sweep,
    Reap,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Thread {
    calls: Vec<Call>,
    next: Access,
    /// The generation in the thread's context, and the packet that it was given for.
    context: u32,
    packet: usize,
}

/// Times: the packet that is there at first is old, and all that is admitted or looked at later is young.
const OLD: u8 = 0;
const YOUNG: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    word: u64,
    tick: u8,
    /// The packet whose state is in the slot, by the order of admission.
    state: Option<usize>,
    readers: u8,
    writers: u8,
    /// Whether the index has the slot as vacant, and as one that can be reclaimed.
    vacant: bool,
    marked: bool,
    /// Whether a hook was about that packet since the last look; whether it was done or given up.
    heard: bool,
    ended: bool,
    admitted: usize,
    /// How often the state of each packet was handed back.
    back: [u8; 4],
    threads: [Thread; 3],
}

const REASON: DropReason = DropReason::NOADDRESS;

impl World {
    fn word(&self) -> Word {
        Word::from_bits(self.word)
    }

    /// The compare-and-swap.
    fn swap(&mut self, from: u64, to: Word) -> Result<(), u64> {
        if self.word == from {
            self.word = to.bits();
            Ok(())
        } else {
            Err(self.word)
        }
    }

    /// Has one thread go one access further; false if it is done.
    fn step(&mut self, index: usize) -> bool {
        let Thread {
            calls,
            next,
            context,
            packet,
        } = self.threads[index].clone();
        let Some(&call) = calls.first() else { return false };
        let goes_on = match next {
            Access::First => self.first(call),
            // `Vacant::fill`
            Access::Write => {
                assert_eq!(
                    (self.readers, self.writers, self.state),
                    (0, 0, None),
                    "filled while in use"
                );
                self.writers = 1;
                self.tick = YOUNG;
                self.state = Some(self.admitted);
                (self.heard, self.ended) = (false, false);
                Some(Access::Publish)
            }
            Access::Publish => {
                let word = self.word();
                assert!(!word.is_occupied(), "filled twice");
                self.writers = 0;
                self.word = word.filled().bits();
                (self.threads[index].context, self.threads[index].packet) = (word.generation(), self.admitted);
                self.admitted += 1;
                None
            }
            Access::Change(word) => self.change(call, word, context),
            Access::Read { released } => {
                assert_eq!(
                    (self.writers, self.state),
                    (0, Some(packet)),
                    "not the state that was asked for"
                );
                self.readers += 1;
                Some(Access::EndRead { released })
            }
            Access::EndRead { released } => {
                assert_eq!(
                    (self.writers, self.state),
                    (0, Some(packet)),
                    "changed while it was read"
                );
                self.readers -= 1;
                Some(Access::Return { released })
            }
            // `Borrowed::release` and its `Drop`
            Access::Return { released } => {
                let before = self.return_one();
                match before.is_with_last_borrower() {
                    true if released => Some(Access::Empty(before.returned().bits(), Again::No)),
                    true => Some(Access::Mark),
                    false => None,
                }
            }
            Access::Mark => {
                self.marked = true;
                None
            }
            Access::Empty(from, again) => match self.swap(from, Word::from_bits(from).emptied()) {
                Ok(()) => Some(Access::MoveOut),
                Err(now) => match again {
                    Again::No => None,
                    Again::Sweep => self.sweep(call, now),
                    Again::Reap => Word::from_bits(now).is_abandoned().then_some(Access::Empty(now, again)),
                },
            },
            // `Held::move_out`, `Vacant::leave`
            Access::MoveOut => {
                assert_eq!((self.readers, self.writers), (0, 0), "moved out while in use");
                let state = self.state.take().expect("a state is moved out");
                assert!(call != Call::Processed || state == packet, "another packet's state");
                self.back[state] += 1;
                self.writers = 1;
                Some(Access::Vacate)
            }
            Access::Vacate => {
                assert!(!self.vacant, "left twice");
                self.writers = 0;
                self.vacant = true;
                None
            }
            // `Place::look` and `evict_before`, with `refresh` and `hold_if_old`
            Access::ReadTick(_) if self.tick >= YOUNG => (call == Call::Look).then_some(Access::TakeNote),
            Access::ReadTick(_) if call == Call::Look => Some(Access::Note),
            Access::ReadTick(word) => Some(Access::LookAtOld(word)),
            Access::LookAtHeard(word) => self.look(call, word, |_| Access::StoreTick),
            Access::StoreTick => {
                self.tick = YOUNG;
                Some(Access::EndLook)
            }
            Access::Note => {
                self.marked = true;
                Some(Access::TakeNote)
            }
            // `PacketTable::give_up_one`: from here on, an eviction
            Access::TakeNote => {
                self.threads[index].calls[0] = Call::EvictOld;
                core::mem::take(&mut self.marked).then_some(Access::First)
            }
            Access::LookAtOld(word) => self.look(call, word, Access::ReadTickAgain),
            Access::ReadTickAgain(word) if self.tick < YOUNG => Some(Access::EvictOld(word)),
            Access::ReadTickAgain(_) => Some(Access::EndLook),
            Access::EvictOld(word) => match self.swap(word, Word::from_bits(word).emptied()) {
                Ok(()) => {
                    assert_eq!((self.tick, self.heard), (OLD, false), "a young packet is given up");
                    Some(Access::MoveOut)
                }
                Err(_) => Some(Access::EndLook),
            },
            Access::EndLook => {
                let before = self.return_one();
                before
                    .is_with_last_borrower()
                    .then(|| Access::Empty(before.returned().bits(), Again::No))
            }
            // `Place::hear`
            Access::Hear(word) => {
                let live = Word::from_bits(word).live().expect("a live packet is heard of");
                match self.swap(word, live.heard()) {
                    Ok(()) => {
                        self.hear();
                        None
                    }
                    Err(now) => Some(Access::Change(now)),
                }
            }
            Access::Forget => {
                self.marked = false;
                Some(Access::Reclaim)
            }
            Access::Reclaim => {
                let word = self.word();
                word.is_abandoned().then(|| Access::Empty(word.bits(), Again::Reap))
            }
        };
        let thread = &mut self.threads[index];
        thread.next = goes_on.unwrap_or(Access::First);
        if goes_on.is_none() {
            thread.calls.remove(0);
        }
        true
    }

    /// The first access of a call: a load of the word, or what the index has.
    fn first(&mut self, call: Call) -> Option<Access> {
        let word = self.word();
        match call {
            Call::Admit => core::mem::take(&mut self.vacant).then_some(Access::Write),
            Call::Get | Call::GetAndDrop | Call::Dropped | Call::Processed | Call::NoteDrop => {
                Some(Access::Change(word.bits()))
            }
            Call::Drain | Call::EvictOld | Call::Look => self.sweep(call, word.bits()),
            // The note is looked at first; but it is there if the packet is abandoned, and nobody else is about it.
            Call::Reap => (self.marked && word.is_abandoned()).then_some(Access::Forget),
        }
    }

    /// `PacketTable::get`, `notify` and `note_drop`: the change, if the word is still the one that was seen.
    fn change(&mut self, call: Call, word: u64, context: u32) -> Option<Access> {
        let live = Word::from_bits(word).live_of(u64::from(context), u32::MAX >> 12)?;
        let notice = match call {
            Call::Get | Call::GetAndDrop => {
                let released = call == Call::Get;
                return Some(match self.swap(word, live.borrowed().word()) {
                    Ok(()) => {
                        self.hear();
                        Access::Read { released }
                    }
                    Err(now) => Access::Change(now),
                });
            }
            Call::Processed => Notice::Processed,
            _ => Notice::Dropped(REASON),
        };
        let Ok(stage) = live.stage().advance(notice) else {
            return Some(Access::Hear(word));
        };
        match stage {
            Stage::Done(_) if !live.is_borrowed() => Some(match self.swap(word, live.word().emptied()) {
                Ok(()) => {
                    self.hear();
                    Access::MoveOut
                }
                Err(now) => Access::Change(now),
            }),
            stage => {
                let borrows = call == Call::NoteDrop;
                let to = if borrows {
                    live.borrowed().at_stage(stage)
                } else {
                    live.at_stage(stage)
                };
                match self.swap(word, to) {
                    Ok(()) => {
                        self.hear();
                        self.ended = matches!(stage, Stage::Done(_));
                        borrows.then_some(Access::Read { released: true })
                    }
                    Err(now) => Some(Access::Change(now)),
                }
            }
        }
    }

    /// `Place::evict` and `evict_before`, with the word as it was seen last; a load and a swap in one step are two
    /// accesses whose order with the others' makes no difference, as a swap from an old word fails.
    fn sweep(&mut self, call: Call, word: u64) -> Option<Access> {
        let seen = Word::from_bits(word);
        let Some(live) = seen.live() else {
            return match call {
                Call::Look => Some(Access::TakeNote),
                _ => seen.is_abandoned().then_some(Access::Empty(word, Again::Sweep)),
            };
        };
        match (call, live.is_borrowed()) {
            (Call::Drain, false) => Some(Access::Empty(word, Again::Sweep)),
            (Call::Drain, true) => match self.swap(word, live.evicted()) {
                Ok(()) => {
                    self.ended = true;
                    None
                }
                Err(now) => self.sweep(call, now),
            },
            (Call::Look, true) => Some(Access::TakeNote),
            (_, true) => None,
            (_, false) if live.is_heard() => Some(Access::LookAtHeard(word)),
            (_, false) => Some(Access::ReadTick(word)),
        }
    }

    /// Borrows the packet for a look at its age.
    fn look(&mut self, call: Call, word: u64, then: fn(u64) -> Access) -> Option<Access> {
        let live = Word::from_bits(word).live().expect("a live packet has an age");
        let looking = live.borrowed_to_look();
        match self.swap(word, looking) {
            Ok(()) => {
                assert_eq!(
                    live.is_heard(),
                    self.heard,
                    "the word says whether a hook was about the packet"
                );
                self.heard = false;
                Some(then(looking.bits()))
            }
            Err(_) if call == Call::Look => Some(Access::TakeNote),
            Err(now) => self.sweep(call, now),
        }
    }

    /// A hook is about the packet.
    fn hear(&mut self) {
        assert!(!self.ended, "a packet that has ended is heard of");
        self.heard = true;
    }

    fn return_one(&mut self) -> Word {
        let before = self.word();
        self.word = before
            .bits()
            .checked_sub(Word::ONE_BORROWER)
            .expect("a borrow is returned");
        before
    }

    /// What holds whenever no thread is at work.
    fn check_end(&self) {
        let word = self.word();
        assert_eq!((self.readers, self.writers), (0, 0));
        assert_eq!(
            self.state.is_some(),
            word.is_occupied(),
            "the word says whether there is a state"
        );
        for packet in 0..self.admitted {
            let there = u8::from(self.state == Some(packet));
            assert_eq!(self.back[packet] + there, 1, "each state comes back once");
        }
        assert_ne!(
            word.is_occupied(),
            self.vacant,
            "a slot is occupied, or the index has it as vacant"
        );
        if word.is_occupied() {
            assert!(word.live().is_some_and(|live| !live.is_borrowed()) || word.is_abandoned() && self.marked);
        }
    }
}

/// What a thread may be asked to do.
const SCRIPTS: &[&[Call]] = &[
    &[Call::Admit, Call::Get, Call::Processed],
    &[Call::Get, Call::Get],
    &[Call::GetAndDrop],
    &[Call::Processed],
    &[Call::Dropped, Call::Processed],
    &[Call::NoteDrop],
    &[Call::Processed, Call::Admit, Call::GetAndDrop],
    &[Call::Drain],
    &[Call::EvictOld],
    &[Call::EvictOld, Call::Admit],
    &[Call::Look, Call::Admit],
    &[Call::Reap, Call::Reap],
];

/// The slot as it is when the threads begin.
fn beginnings() -> Vec<World> {
    let vacant = World {
        word: Word::UNUSED.bits(),
        tick: OLD,
        state: None,
        readers: 0,
        writers: 0,
        vacant: true,
        marked: false,
        heard: false,
        ended: false,
        admitted: 0,
        back: [0; 4],
        threads: core::array::from_fn(|_| Thread {
            calls: Vec::new(),
            next: Access::First,
            context: 0,
            packet: 0,
        }),
    };
    let filled = Word::UNUSED.filled();
    let live = filled.live().expect("a filled slot is live");
    let done = live.borrowed().at_stage(Stage::Done(Outcome::Processed));
    let with_packet = |word: Word, marked| World {
        word: word.bits(),
        vacant: false,
        marked,
        state: Some(0),
        heard: word.live().is_some_and(Live::is_heard),
        ended: marked,
        admitted: 1,
        ..vacant.clone()
    };
    vec![
        with_packet(filled, false),
        with_packet(live.borrowed().word().returned(), false),
        with_packet(live.at_stage(Stage::Dropped(REASON)), false),
        with_packet(done.returned(), true),
        vacant,
    ]
}

/// Explores all that three scripts can do; returns the number of states and of steps between them.
fn explore(beginning: &World, scripts: [&[Call]; 3]) -> (usize, usize) {
    let mut first = beginning.clone();
    for (thread, script) in first.threads.iter_mut().zip(scripts) {
        thread.calls = script.to_vec();
    }
    let mut steps = 0;
    let mut known = HashSet::from([first.clone()]);
    let mut open = vec![first];
    while let Some(world) = open.pop() {
        let mut ended = true;
        for index in 0..3 {
            let mut next = world.clone();
            if next.step(index) {
                ended = false;
                steps += 1;
                if known.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        if ended {
            world.check_end();
        }
    }
    (known.len(), steps)
}

#[test]
#[ignore = "for a release build: the lane model runs it"]
fn each_order_of_three_threads_keeps_the_promises() {
    let (mut models, mut states, mut steps) = (0, 0, 0);
    for beginning in beginnings() {
        // Which thread does what makes no difference.
        for (one, first) in SCRIPTS.iter().enumerate() {
            for (two, second) in SCRIPTS.iter().enumerate().skip(one) {
                for third in &SCRIPTS[two..] {
                    let found = explore(&beginning, [first, second, third]);
                    models += 1;
                    states += found.0;
                    steps += found.1;
                }
            }
        }
    }
    println!("{models} models of three threads: {states} states, {steps} steps, each state reached and in order");
}
