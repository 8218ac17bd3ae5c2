//! The one word of a slot: whose packet it holds, how far that packet has come, and how many borrow it.
//!
//! | bits | content |
//! | --- | --- |
//! | 0..8 | borrowers |
//! | 8..11 | [`DROPPED`], [`EVICTED`], [`FINISHED`] |
//! | 11 | [`LIVE`] |
//! | 12..32 | generation |
//! | 32..64 | drop reason, whole |
//!
//! A slot goes round: never used (all zero), claimed, live, finished (only if borrowed at its end), claimed, vacant,
//! and so on; the generation goes up by one when the slot becomes vacant. Generation and [`LIVE`] lie side by side, so
//! that one comparison tells whether a context names the live packet of a slot. All but the reason lies in the lower
//! half, where masks are short.

use crate::control::DropReason;
use crate::lifecycle::{Outcome, Stage};

const BORROWER: u64 = 1;
const BORROWERS: u64 = 0xFF;
/// The packet was dropped; the reason is in the upper half.
const DROPPED: u64 = 1 << 8;
/// The packet was given up by the table; with [`FINISHED`] only.
const EVICTED: u64 = 1 << 9;
/// Nobody may borrow the packet any more, and it is waiting for its last borrower.
const FINISHED: u64 = 1 << 10;
/// The packet is in flight, or dropped and not yet processed.
const LIVE: u64 = 1 << 11;
const GENERATION: u64 = 1 << 12;
const GENERATIONS: u64 = LOWER_HALF ^ (GENERATION - 1);
const LOWER_HALF: u64 = 0xFFFF_FFFF;

/// No packet, but there has been one: what tells a vacant slot from one that was never used.
const USED: u64 = DROPPED;
/// One thread has the slot for itself, to fill it or to empty it.
const CLAIMED: u64 = EVICTED;

/// How many bits a generation has.
pub(super) const GENERATION_BITS: u32 = u32::BITS - GENERATION.trailing_zeros();

/// How many borrowers a packet can have at the same time.
pub(super) const MAX_BORROWERS: u64 = BORROWERS / BORROWER;

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
    /// The word of a slot that was never used.
    pub(super) const UNUSED: Self = Self(0);

    #[inline]
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline]
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// Returns whether a packet can be put into the slot.
    #[inline]
    pub(super) const fn is_vacant(self) -> bool {
        self.0 & (LIVE | FINISHED | CLAIMED) == 0
    }

    /// Returns the word if the slot holds a packet that is in flight or dropped.
    #[inline]
    pub(super) const fn live(self) -> Option<Live> {
        if self.0 & LIVE == 0 { None } else { Some(Live(self)) }
    }

    /// Returns the word if the slot holds a packet that is in flight or dropped, and of this generation; what of the
    /// word's own generation is outside of the mask does not count.
    ///
    /// The generation given must be below 2<sup>63</sup>.
    #[inline]
    pub(super) fn live_of(self, generation: u64, mask: u32) -> Option<Live> {
        let tag = self.lower_half() >> LIVE.trailing_zeros();
        if u64::from(tag & (mask << 1 | 1)) == generation << 1 | 1 {
            // The tag is odd: its lowest bit is `LIVE`.
            Some(Live(self))
        } else {
            None
        }
    }

    /// Returns whether the slot holds a packet that is done or evicted.
    #[inline]
    pub(super) const fn is_finished(self) -> bool {
        self.0 & FINISHED != 0
    }

    /// Returns whether the slot holds a packet at all.
    #[inline]
    pub(super) const fn is_occupied(self) -> bool {
        self.0 & (LIVE | FINISHED) != 0
    }

    /// Returns whether the slot holds a packet that is finished, and that nobody borrows.
    #[inline]
    pub(super) const fn is_parked(self) -> bool {
        self.0 & (FINISHED | BORROWERS) == FINISHED
    }

    /// Returns whether the one borrower of this word leaves a finished packet when it goes.
    #[inline]
    pub(super) const fn parks(self) -> bool {
        self.0 & (FINISHED | BORROWERS) == FINISHED | BORROWER
    }

    #[inline]
    pub(super) const fn is_borrowed(self) -> bool {
        self.0 & BORROWERS != 0
    }

    /// Returns the generation.
    #[inline]
    pub(super) const fn generation(self) -> u32 {
        self.lower_half() >> GENERATION.trailing_zeros()
    }

    #[inline]
    const fn lower_half(self) -> u32 {
        let [a, b, c, d, ..] = self.0.to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// Returns how far the packet has come, for an occupied slot; an evicted packet stays where it was.
    #[inline]
    pub(super) const fn stage(self) -> Stage {
        match Live(self).stage() {
            stage if self.0 & (FINISHED | EVICTED) != FINISHED => stage,
            Stage::Dropped(reason) => Stage::Done(Outcome::Dropped(reason)),
            _ => Stage::Done(Outcome::Processed),
        }
    }

    /// Returns the word with one borrower less, for a packet that has one.
    #[inline]
    pub(super) const fn returned(self) -> Self {
        Self(self.0.wrapping_sub(BORROWER))
    }

    /// Returns the word while one thread fills or empties the slot.
    #[inline]
    pub(super) const fn claimed(self) -> Self {
        Self(self.0 & GENERATIONS | CLAIMED)
    }

    /// Returns the word of a claimed slot that has been filled.
    #[inline]
    pub(super) const fn filled(self) -> Self {
        Self(self.0 ^ (CLAIMED | LIVE))
    }

    /// Returns the word of a claimed slot that has been emptied.
    #[inline]
    pub(super) const fn emptied(self) -> Self {
        Self((self.0 ^ (CLAIMED | USED)).wrapping_add(GENERATION) & LOWER_HALF)
    }

    /// Returns the vacant word of a slot that was never used, with a first generation taken from `seed`.
    #[inline]
    pub(super) const fn seeded(seed: u64) -> Self {
        // The upper bits of a product with 2^64 divided by the golden ratio: near seeds give distant generations.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 & GENERATIONS)
    }

    /// What one borrower counts in the word.
    pub(super) const ONE_BORROWER: u64 = BORROWER;
}

impl Live {
    #[inline]
    pub(super) const fn word(self) -> Word {
        self.0
    }

    /// Returns whether the packet was dropped, and for which reason.
    #[inline]
    pub(super) const fn dropped(self) -> Option<DropReason> {
        let [.., a, b, c, d] = self.0.0.to_le_bytes();
        if self.0.0 & DROPPED == 0 {
            None
        } else {
            Some(DropReason::from_code_unchecked(u32::from_le_bytes([a, b, c, d])))
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
        self.0.is_borrowed()
    }

    /// Returns whether the packet cannot have one more borrower.
    #[inline]
    pub(super) const fn is_crowded(self) -> bool {
        self.0.0 & BORROWERS == BORROWERS
    }

    /// Returns the word with the packet at `stage`; borrowers and generation stay.
    #[inline]
    pub(super) const fn at_stage(self, stage: Stage) -> Word {
        let bits = match stage {
            Stage::InFlight => LIVE,
            Stage::Dropped(reason) => LIVE | DROPPED | upper(reason),
            Stage::Done(Outcome::Processed) => FINISHED,
            Stage::Done(Outcome::Dropped(reason)) => FINISHED | DROPPED | upper(reason),
        };
        Word(self.0.0 & (GENERATIONS | BORROWERS) | bits)
    }

    /// Returns the word of a packet that the table gives up.
    #[inline]
    pub(super) const fn evicted(self) -> Word {
        Word(self.0.0 ^ (LIVE | FINISHED | EVICTED))
    }

    /// Returns the word with one borrower more, for a packet that is not crowded.
    #[inline]
    pub(super) const fn borrowed(self) -> Word {
        Word(self.0.0.wrapping_add(BORROWER))
    }
}

/// Returns the reason as it lies in a word.
#[inline]
const fn upper(reason: DropReason) -> u64 {
    let [a, b, c, d] = reason.code().to_le_bytes();
    u64::from_le_bytes([0, 0, 0, 0, a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Notice;

    fn reasons() -> impl Iterator<Item = DropReason> {
        let unknown = [0, 0xC, 0xFFFF_FFFF, 0x8000_0000, 0x100 << 8].map(|code| DropReason::from_code(code).unwrap());
        DropReason::ALL.iter().copied().chain(unknown)
    }

    fn stages() -> impl Iterator<Item = Stage> {
        let outcomes = reasons().map(Outcome::Dropped).chain([Outcome::Processed]);
        let drops = reasons().map(Stage::Dropped);
        outcomes.map(Stage::Done).chain(drops).chain([Stage::InFlight])
    }

    /// The words of a packet in flight, of any generation and number of borrowers.
    fn live_words() -> impl Iterator<Item = Live> {
        (0..20).flat_map(|generation| {
            [0, 1, 2, MAX_BORROWERS - 1].map(|borrowers| {
                Live(Word(
                    (1_u64 << generation << 12) | LIVE | (borrowers * Word::ONE_BORROWER),
                ))
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
                assert_eq!(packed.is_finished(), matches!(stage, Stage::Done(_)));
                assert_eq!(packed.0 & BORROWERS, live.word().0 & BORROWERS);
                assert!(packed.is_occupied() && !packed.is_vacant());
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
                assert!(evicted.is_finished() && evicted.live().is_none());
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
            for word in [word.claimed(), word.claimed().emptied(), live.evicted()] {
                assert!(word.live_of(u64::from(word.generation()), ALL).is_none());
            }
        }
    }

    #[test]
    fn goes_round() {
        let mut word = Word::seeded(0x5555_0000_1234);
        for _ in 0..=1 << 20 {
            assert!(word.is_vacant());
            let generation = word.generation();
            let claimed = word.claimed();
            assert!(!claimed.is_vacant() && !claimed.is_occupied() && !claimed.is_parked());
            let filled = claimed.filled();
            let live = filled.live().unwrap();
            assert_eq!((live.stage(), filled.generation()), (Stage::InFlight, generation));
            let full = live.borrowed();
            assert!(full.is_borrowed() && full.returned() == filled);
            word = live.at_stage(Stage::Done(Outcome::Processed)).claimed().emptied();
            assert_ne!(word, Word::UNUSED);
            assert_eq!(word.generation(), (generation + 1) & 0xF_FFFF);
        }
    }
}
