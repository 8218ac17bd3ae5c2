//! Which slot an admission gets: the one that has been vacant for longest.
//!
//! The numbers of the vacant slots wait in a ring. Each admission takes the next number out, and whoever empties a slot
//! puts its number back; two counters, which also say how many packets there are, tell where. Both are one addition, and
//! nobody waits.
//!
//! The ring is only a hint: a slot is taken by a change of its word. While threads meet, an admission can find the number
//! of a slot that is taken. It then looks at the slots in turn, and may take a vacant one whose number stays in the ring;
//! that one is found taken later, and the admission that finds it looks in turn as well, until numbers and vacant slots
//! agree again.

use core::fmt;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicU16, AtomicU64};

use super::sync::{AtomicBool, const_fn};

/// The vacant slots of a table, and the counters of what takes and leaves slots.
pub(super) struct Vacancies<R: ?Sized = [AtomicU16]> {
    taken: Line<Taken>,
    returned: Line<Returned>,
    /// Whether a guard has left a finished packet in its slot since that was last looked for.
    has_abandoned: AtomicBool,
    /// At each place the number of a slot, XOR that of the place: all zero when the table is empty.
    ring: R,
}

/// Something on cache lines of its own; processors fetch lines of 64 bytes in pairs.
#[repr(align(128))]
struct Line<C>(C);

struct Taken {
    /// Numbers taken out: one by each admission that was asked for.
    numbers: AtomicU64,
}

struct Returned {
    /// Numbers put back: by the ends of packets, and by admissions that did not take the slot.
    numbers: AtomicU64,
    /// Those put back by other than the notice that the packet was processed.
    otherwise: AtomicU64,
    /// Packets processed while they were borrowed, so that their slots were not vacant yet.
    borrowed: AtomicU64,
}

/// What an admission gets that is asked for.
#[derive(Clone, Copy)]
pub(super) struct Turn {
    /// How many admissions have been asked for, with this one.
    pub(super) now: u64,
    /// The number of the slot whose turn it is; there may be no such slot.
    pub(super) slot: usize,
}

impl<const N: usize> Vacancies<[AtomicU16; N]> {
    const_fn! {
        pub(super) fn new() -> Self {
            Self {
                taken: Line(Taken {
                    numbers: AtomicU64::new(0),
                }),
                returned: Line(Returned {
                    numbers: AtomicU64::new(0),
                    otherwise: AtomicU64::new(0),
                    borrowed: AtomicU64::new(0),
                }),
                has_abandoned: AtomicBool::new(false),
                ring: [const { AtomicU16::new(0) }; N],
            }
        }
    }
}

impl Vacancies {
    /// Counts an admission that is asked for, and takes out the number of the slot whose turn it is.
    #[inline]
    pub(super) fn take(&self) -> Turn {
        // `AcqRel`: ends that another thread counted before it last asked are seen by `is_short`.
        let position = self.taken.0.numbers.fetch_add(1, AcqRel);
        Turn {
            now: position.wrapping_add(1),
            slot: self
                .place(position)
                .map_or(usize::MAX, |(place, number)| usize::from(number.load(Relaxed)) ^ place),
        }
    }

    /// Puts back the number of a slot whose packet was reported as processed.
    #[inline]
    pub(super) fn put_back(&self, slot: usize) {
        // `Release`: whoever sees this count sees that of the packet's admission.
        let position = self.returned.0.numbers.fetch_add(1, Release);
        if let Some((place, number)) = self.place(position) {
            number.store((slot ^ place) as u16, Relaxed);
        }
    }

    /// Puts back the number of a slot that was not taken, or whose packet ended otherwise or earlier.
    pub(super) fn put_back_otherwise(&self, slot: usize) {
        self.returned.0.otherwise.fetch_add(1, Relaxed);
        // In this order: whoever sees the number put back does not take it for a packet processed.
        self.put_back(slot);
    }

    /// Counts a packet that was reported as processed while it was borrowed.
    pub(super) fn count_done_while_borrowed(&self) {
        // `Release`, as in `put_back`.
        self.returned.0.borrowed.fetch_add(1, Release);
    }

    /// Returns how many admissions have been asked for.
    #[inline]
    pub(super) fn asked(&self) -> u64 {
        self.taken.0.numbers.load(Relaxed)
    }

    /// Returns how many packets were reported as processed; their admissions are seen after that.
    pub(super) fn done(&self) -> u64 {
        // In this order: no slot is taken for that of a packet processed, or counted for it twice.
        let borrowed = self.returned.0.borrowed.load(Acquire);
        let returned = self.returned.0.numbers.load(Acquire);
        let otherwise = self.returned.0.otherwise.load(Relaxed);
        borrowed.wrapping_add(returned).saturating_sub(otherwise)
    }

    /// Returns whether less than a quarter of the slots was vacant when the admission was asked for.
    #[inline]
    pub(super) fn is_short(&self, now: u64) -> bool {
        let slots = self.ring.len();
        // The admission itself is counted too. Loaded after it, so that no slot counts as taken that was vacant then.
        self.returned
            .0
            .numbers
            .load(Relaxed)
            .wrapping_add((slots - slots / 4 + 1) as u64)
            < now
    }

    /// Notes that a finished packet was left in its slot.
    pub(super) fn note_abandoned(&self) {
        // After the state was left there: who finds the mark finds the state. A swap, not a store: whoever swaps the mark
        // away then finds the states of all guards that set it, not only that of the last.
        self.has_abandoned.swap(true, Release);
    }

    /// Returns whether a finished packet was left in its slot since the last call.
    pub(super) fn take_abandoned(&self) -> bool {
        self.has_abandoned.load(Relaxed) && self.has_abandoned.swap(false, Acquire)
    }

    /// Returns the place in the ring that this position is at, and what is there.
    #[inline]
    fn place(&self, position: u64) -> Option<(usize, &AtomicU16)> {
        let place = position.checked_rem(self.ring.len() as u64)? as usize;
        Some((place, self.ring.get(place)?))
    }
}

impl<R: ?Sized> fmt::Debug for Vacancies<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vacancies").finish_non_exhaustive()
    }
}
