//! Compares an index with two ordered sets, which know nothing of words and hints.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use super::{Index, MAX_SLOTS, Relaxed, SLOTS_PER_WORD, Set, TRIES, WORDS_PER_HINT, present};

struct Model {
    slots: usize,
    index: Index,
    vacant: BTreeSet<usize>,
    reclaimable: BTreeSet<usize>,
    /// After the slot that was taken last.
    next: usize,
    asked: u64,
}

impl Model {
    fn new(slots: usize) -> Self {
        Self {
            slots,
            index: Index::new(),
            vacant: (0..slots).collect(),
            reclaimable: BTreeSet::new(),
            // The first of all is after the last of the first word.
            next: SLOTS_PER_WORD,
            asked: 0,
        }
    }

    /// The next of these slots, in turn.
    fn next_of(&self, slots: &BTreeSet<usize>) -> Option<usize> {
        slots.range(self.next..).chain(slots).next().copied()
    }

    fn take(&mut self) {
        let expected = self.next_of(&self.vacant);
        let taken = self.slots - self.vacant.len();
        self.asked += 1;
        let asked = self.index.ask();
        assert_eq!((asked.now(), asked.taken()), (self.asked, taken));
        let near = self.index.take_near(self.slots);
        assert_eq!(near.or_else(|| self.index.take_vacant(self.slots)), expected);
        if let Some(number) = expected {
            self.vacant.remove(&number);
            self.next = number + 1;
        } else {
            self.index.count_left();
        }
    }

    fn leave(&mut self, number: usize) {
        if self.vacant.insert(number) {
            self.index.leave(number);
        }
    }

    fn note(&mut self, number: usize, bits: u64) {
        let first = number / TRIES * TRIES;
        let noted = (first..self.slots.min(first + TRIES)).filter(|slot| bits >> (slot - first) & 1 != 0);
        let bits = noted.clone().map(|slot| 1 << (slot - first)).sum();
        self.reclaimable.extend(noted);
        self.index.note_reclaimable(first, bits);
    }

    /// Forgets the next that is noted, from this slot on, if there is one, and returns which.
    fn forget(&mut self, number: usize) -> usize {
        let number = self.reclaimable.range(number..).next().copied().unwrap_or(number);
        self.reclaimable.remove(&number);
        self.index.forget_reclaimable(number);
        number
    }

    fn take_reclaimable(&mut self) {
        let expected = self.next_of(&self.reclaimable).map(|number| {
            let first = number / TRIES * TRIES;
            let noted = (first..first + TRIES).filter(|slot| self.reclaimable.remove(slot));
            (first, noted.map(|slot| 1 << (slot - first)).sum())
        });
        assert_eq!(self.index.take_reclaimable(self.slots), expected);
    }

    /// Compares all that is known of the word that has this slot.
    fn compare(&self, number: usize) {
        let word = number / SLOTS_PER_WORD;
        let first = number / TRIES * TRIES;
        let taken = (first..self.slots.min(first + TRIES)).filter(|slot| !self.vacant.contains(slot));
        assert_eq!(
            self.index.taken(first, TRIES),
            taken.map(|slot| 1 << (slot - first)).sum()
        );
        assert_eq!(self.index.now(), self.asked);
        assert_eq!(self.index.reclaimable.is_empty(self.slots), self.reclaimable.is_empty());
        // A hint that is wrong costs a look at a word. That of the slot which was taken last is set right later.
        assert_eq!(
            hint(&self.index.reclaimable, word),
            self.index.reclaimable.members(word) != 0
        );
        if word != self.next.saturating_sub(1) / SLOTS_PER_WORD {
            assert_eq!(hint(&self.index.vacant, word), self.index.vacant.members(word) != 0);
        }
    }
}

fn hint<const ALL: bool>(set: &Set<ALL>, word: usize) -> bool {
    let hints = set.hints.get(word / WORDS_PER_HINT).unwrap().load(Relaxed);
    present::<ALL>(hints) >> (word % WORDS_PER_HINT) & 1 != 0
}

#[test]
fn an_index_knows_what_two_sets_know() {
    for slots in [1, 64, 300, 2 * 4096 + 100] {
        let mut model = Model::new(slots);
        let mut random = 1_u64;
        // It fills, and empties again, as a whole or in part, more often than not.
        for round in 0..6 * slots + 100 {
            random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            let number = (random >> 33) as usize % slots;
            match round / slots % 3 {
                0 => model.take(),
                1 => model.leave(number),
                _ if random >> 63 == 0 => model.take(),
                _ => model.leave(number),
            }
            // More is forgotten than noted, so that often little is left, or nothing.
            match random >> 60 & 7 {
                0 => model.note(number, random >> 20 | 1 << (number % TRIES)),
                1..=5 => {
                    let forgotten = model.forget(number);
                    model.compare(forgotten);
                }
                6 => model.take_reclaimable(),
                _ => {}
            }
            model.compare(number);
            if round % slots == 0 {
                assert!(model.index.reclaimable(slots).eq(model.reclaimable.iter().copied()));
            }
        }
    }
}

/// Where there is no word behind the last.
#[test]
fn the_largest_table_goes_round_too() {
    let mut model = Model::new(MAX_SLOTS);
    (0..MAX_SLOTS).for_each(|_| model.take());
    for vacant in [MAX_SLOTS - 2, 3] {
        model.leave(vacant);
        model.take();
    }
}

#[test]
fn turns_are_counted_and_what_has_been_asked_for_since() {
    let index = Index::new();
    for turn in 0..3 {
        let now = 10 * turn as u64;
        assert_eq!(index.next_turn(now), turn);
        assert_eq!((index.since_turn(now + 7), index.since_turn(now)), (7, 0));
    }
}
