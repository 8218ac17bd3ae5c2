//! The word of a slot: whose packet it holds, how far that packet has come, and how many borrow it.
//!
//! | bits | content |
//! | --- | --- |
//! | 0..8 | number of borrowers |
//! | 8 | [`DROPPED`] |
//! | 9 | [`HEARD`] while the packet is live, [`EVICTED`] once it is finished |
//! | 10 | [`FINISHED`] |
//! | 11 | [`LIVE`] |
//! | 12..32 | generation |
//! | 32..64 | drop reason, whole |
//!
//! A slot is vacant, then live, then finished (only if its packet is borrowed at its end), then vacant again, with the
//! next generation. Generation and [`LIVE`] are neighbours, so that one comparison says whether a context names the
//! live packet of a slot. All but the reason is in the lower half, where masks are short.

use crate::control::DropReason;
use crate::lifecycle::{Outcome, Stage};

const BORROWER: u64 = 1;
const BORROWERS: u64 = 0xFF;
/// The packet was dropped; the reason is in the upper half.
const DROPPED: u64 = 1 << 8;
/// A hook has been about the packet since the last look at its age; with [`LIVE`] only.
const HEARD: u64 = 1 << 9;
/// The table gave the packet up; with [`FINISHED`] only.
const EVICTED: u64 = 1 << 9;
/// The packet is done or evicted, and waits for its last borrower.
const FINISHED: u64 = 1 << 10;
/// The packet is in flight, or dropped and not yet processed.
const LIVE: u64 = 1 << 11;
const GENERATION: u64 = 1 << 12;
const GENERATIONS: u64 = LOWER_HALF ^ (GENERATION - 1);
const LOWER_HALF: u64 = 0xFFFF_FFFF;

/// How many bits a generation has.
pub(super) const GENERATION_BITS: u32 = u32::BITS - GENERATION.trailing_zeros();

/// The value of a slot's atomic word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct Word(u64);

/// The word of a slot whose packet is live.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live(
    /// INVARIANT: is live.
    Word,
);

const _: () = assert!(size_of::<Word>() == 8 && GENERATION_BITS == 20);

impl Word {
    /// The word of a slot that was never used: vacant, generation 0.
    pub(super) const UNUSED: Self = Self(0);

    /// What one borrower counts in the word.
    pub(super) const ONE_BORROWER: u64 = BORROWER;

    #[inline]
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline]
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// Returns the word if the slot holds a packet that is in flight or dropped.
    #[inline]
    pub(super) const fn live(self) -> Option<Live> {
        if self.0 & LIVE == 0 { None } else { Some(Live(self)) }
    }

    /// Returns the word if the slot holds a packet that is in flight or dropped, and of this generation; bits of the
    /// word's own generation outside of the mask do not count.
    ///
    /// The generation given must be below 2<sup>63</sup>.
    #[inline]
    pub(super) const fn live_of(self, generation: u64, mask: u32) -> Option<Live> {
        let tag = self.0 as u32 >> LIVE.trailing_zeros();
        if (tag & (mask << 1 | 1)) as u64 == generation << 1 | 1 {
            // The tag is odd: its lowest bit is `LIVE`.
            Some(Live(self))
        } else {
            None
        }
    }

    /// Returns whether the slot holds a packet.
    #[inline]
    pub(super) const fn is_occupied(self) -> bool {
        self.0 & (LIVE | FINISHED) != 0
    }

    /// Returns whether the slot holds a live packet that nobody borrows, and that no hook has been about since the last
    /// look at its age.
    #[inline]
    pub(super) const fn is_silent(self) -> bool {
        self.0 & (LIVE | HEARD | BORROWERS) == LIVE
    }

    /// Returns whether the slot holds a finished packet.
    #[inline]
    pub(super) const fn is_finished(self) -> bool {
        self.0 & FINISHED != 0
    }

    /// Returns whether the slot holds a finished packet that nobody borrows.
    #[inline]
    pub(super) const fn is_abandoned(self) -> bool {
        self.0 & (FINISHED | BORROWERS) == FINISHED
    }

    /// Returns whether the slot holds a finished packet with one borrower, who is to hand it back.
    #[inline]
    pub(super) const fn is_with_last_borrower(self) -> bool {
        self.0 & (FINISHED | BORROWERS) == FINISHED | BORROWER
    }

    /// Returns the generation.
    #[inline]
    pub(super) const fn generation(self) -> u32 {
        self.0 as u32 >> GENERATION.trailing_zeros()
    }

    /// Returns how far the packet has come, for a slot that is occupied; an evicted packet stays where it was.
    #[inline]
    pub(super) const fn stage(self) -> Stage {
        match Live(self).stage() {
            stage if self.0 & (FINISHED | EVICTED) != FINISHED => stage,
            Stage::Dropped(reason) => Stage::Done(Outcome::Dropped(reason)),
            _ => Stage::Done(Outcome::Processed),
        }
    }

    /// Returns the word of a borrowed packet with one borrower less.
    #[inline]
    pub(super) const fn returned(self) -> Self {
        debug_assert!(self.0 & BORROWERS != 0, "nobody borrows the packet");
        Self(self.0.wrapping_sub(BORROWER))
    }

    /// Returns the word of a vacant slot that has been filled.
    #[inline]
    pub(super) const fn filled(self) -> Self {
        debug_assert!(!self.is_occupied(), "the slot holds a packet");
        // The bit is not set, and this is the shortest way to set it.
        Self(self.0.wrapping_add(LIVE))
    }

    /// Returns the word of a slot that has been emptied: vacant, of the next generation.
    #[inline]
    pub(super) const fn emptied(self) -> Self {
        Self((self.0 & GENERATIONS).wrapping_add(GENERATION) & LOWER_HALF)
    }
}

impl Live {
    #[inline]
    pub(super) const fn word(self) -> Word {
        self.0
    }

    /// Returns whether the packet was dropped, and for which reason.
    #[inline]
    pub(super) const fn dropped(self) -> Option<DropReason> {
        if self.0.0 & DROPPED == 0 {
            None
        } else {
            Some(DropReason::from_code_unchecked((self.0.0 >> u32::BITS) as u32))
        }
    }

    /// Returns how far the packet has come.
    #[inline]
    pub(super) const fn stage(self) -> Stage {
        match self.dropped() {
            Some(reason) => Stage::Dropped(reason),
            None => Stage::InFlight,
        }
    }

    #[inline]
    pub(super) const fn is_borrowed(self) -> bool {
        self.0.0 & BORROWERS != 0
    }

    /// Returns whether the packet has as many borrowers as can be counted.
    #[inline]
    pub(super) const fn has_all_borrowers(self) -> bool {
        self.0.0 & BORROWERS == BORROWERS
    }

    /// Returns whether a hook has been about the packet since the last look at its age.
    #[inline]
    pub(super) const fn is_heard(self) -> bool {
        self.0.0 & HEARD != 0
    }

    /// Returns the word with the packet at `stage`, which follows its own, and heard of; borrowers and generation stay.
    #[inline]
    pub(super) const fn at_stage(self, stage: Stage) -> Word {
        let before = self.0.0;
        match stage {
            // Nothing is cleared: the packet is live, and was in flight until now.
            Stage::InFlight => Word(before | HEARD),
            Stage::Dropped(reason) => Word(before | HEARD | DROPPED | upper(reason)),
            Stage::Done(Outcome::Processed) => Word(before & (GENERATIONS | BORROWERS) | FINISHED),
            Stage::Done(Outcome::Dropped(reason)) => {
                Word(before & (GENERATIONS | BORROWERS) | FINISHED | DROPPED | upper(reason))
            }
        }
    }

    /// Returns the word of a packet that the table gives up.
    #[inline]
    pub(super) const fn evicted(self) -> Word {
        Word(self.0.0 & !LIVE | FINISHED | EVICTED)
    }

    /// Returns the word with one borrower more, and heard of.
    #[inline]
    pub(super) const fn borrowed(self) -> Live {
        debug_assert!(!self.has_all_borrowers(), "one borrower too many");
        Live(Word((self.0.0 | HEARD).wrapping_add(BORROWER)))
    }

    /// Returns the word with the packet heard of.
    #[inline]
    pub(super) const fn heard(self) -> Word {
        Word(self.0.0 | HEARD)
    }

    /// Returns the word with one borrower more, and not heard of from now on.
    #[inline]
    pub(super) const fn borrowed_to_look(self) -> Word {
        Word(self.borrowed().0.0 & !HEARD)
    }
}

/// Returns the reason where the word has it.
#[inline]
const fn upper(reason: DropReason) -> u64 {
    (reason.code() as u64) << u32::BITS
}

#[cfg(all(test, not(loom)))]
mod model;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Notice;

    const MAX_BORROWERS: u64 = BORROWERS / BORROWER;

    fn reasons() -> impl Iterator<Item = DropReason> {
        let unknown = [0, 0xC, 0xFFFF_FFFF, 0x8000_0000, 0x100 << 8].map(|code| DropReason::from_code(code).unwrap());
        DropReason::ALL.iter().copied().chain(unknown)
    }

    fn stages() -> impl Iterator<Item = Stage> {
        let outcomes = reasons().map(Outcome::Dropped).chain([Outcome::Processed]);
        let drops = reasons().map(Stage::Dropped);
        outcomes.map(Stage::Done).chain(drops).chain([Stage::InFlight])
    }

    /// The words of a packet in flight, of any generation and number of borrowers, heard of or not.
    fn live_words() -> impl Iterator<Item = Live> {
        (0..20).flat_map(|generation| {
            [0, 1, 2, MAX_BORROWERS - 1].into_iter().flat_map(move |borrowers| {
                let word = (GENERATION << generation) | LIVE | (borrowers * BORROWER);
                [Live(Word(word)), Live(Word(word | HEARD))]
            })
        })
    }

    #[test]
    fn keeps_every_stage() {
        for live in live_words() {
            for stage in stages() {
                let packed = live.at_stage(stage);
                assert_eq!(packed.stage(), stage, "{packed:?}");
                assert_eq!(packed.generation(), live.word().generation());
                assert_eq!(packed.live().is_some(), !matches!(stage, Stage::Done(_)));
                assert_eq!(packed.live().is_some(), packed.live().is_some_and(Live::is_heard));
                assert_eq!(packed.0 & FINISHED != 0, matches!(stage, Stage::Done(_)));
                assert_eq!(packed.0 & BORROWERS, live.word().0 & BORROWERS);
                assert!(packed.is_occupied());
            }
        }
    }

    #[test]
    fn follows_the_pure_machine() {
        for word in live_words() {
            for (first, second) in reasons().flat_map(|first| reasons().map(move |second| (first, second))) {
                let mut stage = Stage::InFlight;
                let mut packed = word.word();
                for notice in [Notice::Dropped(first), Notice::Dropped(second), Notice::Processed] {
                    let live = packed.live().unwrap();
                    assert_eq!(live.stage().advance(notice), stage.advance(notice));
                    if let Ok(next) = live.stage().advance(notice) {
                        packed = live.at_stage(next);
                        stage = next;
                    }
                }
                assert_eq!(packed.stage(), stage);
            }
        }
    }

    #[test]
    fn keeps_the_stage_of_an_evicted_packet() {
        for live in live_words() {
            for stage in stages().filter(|stage| !matches!(stage, Stage::Done(_))) {
                let evicted = live.at_stage(stage).live().unwrap().evicted();
                assert_eq!(evicted.stage(), stage);
                assert!(evicted.live().is_none() && evicted.is_occupied());
            }
        }
    }

    #[test]
    fn knows_the_live_packet_of_a_generation() {
        const ALL: u32 = (1 << GENERATION_BITS) - 1;
        for live in live_words() {
            let (word, generation) = (live.word(), u64::from(live.word().generation()));
            assert!(word.live_of(generation, ALL).is_some());
            assert!(word.live_of(generation & 0x7FFF, 0x7FFF).is_some());
            for other in [
                generation + 1,
                generation ^ 1 << 19,
                generation | 1 << 20,
                generation | 1 << 62,
            ] {
                assert!(word.live_of(other, ALL).is_none());
            }
            for word in [word.emptied(), live.evicted()] {
                assert!(word.live_of(u64::from(word.generation()), ALL).is_none());
            }
        }
    }

    #[test]
    fn goes_round() {
        let mut word = Word::UNUSED;
        for _ in 0..=1 << 20 {
            assert!(!word.is_occupied() && !word.is_abandoned());
            let generation = word.generation();
            let filled = word.filled();
            let live = filled.live().unwrap();
            assert_eq!((live.stage(), filled.generation()), (Stage::InFlight, generation));
            assert!(!live.is_heard() && !live.is_borrowed());
            let borrowed = live.borrowed();
            assert!(borrowed.is_heard() && borrowed.is_borrowed());
            let heard = borrowed.word().returned().live().unwrap();
            assert!(heard.is_heard());
            assert_eq!(heard.borrowed_to_look().returned(), filled);
            let done = borrowed.at_stage(Stage::Done(Outcome::Processed));
            assert!(done.is_with_last_borrower() && !done.is_abandoned() && done.returned().is_abandoned());
            word = live.at_stage(Stage::Done(Outcome::Processed)).emptied();
            assert_eq!(word.generation(), (generation + 1) & 0xF_FFFF);
        }
        assert_eq!(word, Word::UNUSED.filled().emptied());
    }
}
