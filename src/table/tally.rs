//! Counters of what happened to packets, cheap enough to leave on.

use core::fmt;
use core::sync::atomic::AtomicU64 as Counter;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::control::DropReason;
use crate::lifecycle::Violation;
use crate::sync::{AtomicU64, const_fn};

/// How many counters of drops there are: one for each reason that has a name, and one for all others.
const DROPS: usize = 12;
/// Where drops for a reason without a name are counted.
const UNKNOWN: usize = 0;

/// Counts what happens to packets, from any thread, without locks.
///
/// A [`PacketTable`](super::PacketTable) has one of its own; a callout that keeps no table can have one as a `static`
/// or a field. Each event costs one relaxed atomic addition. The counters that every packet moves, on admission and at
/// its end, lie on cache lines of their own.
///
/// ```
/// use dhcp_callout::{DropReason, PacketTally};
///
/// static TALLY: PacketTally = PacketTally::new();
/// TALLY.count(DropReason::NOADDRESS);
/// TALLY.count(DropReason::NOADDRESS);
///
/// assert_eq!(TALLY.snapshot().dropped(DropReason::NOADDRESS), 2);
/// ```
pub struct PacketTally {
    begun: Line<Begun>,
    ended: Line<Ended>,
    others: Line<Others>,
}

/// Something on cache lines of its own; processors fetch lines of 64 bytes in pairs.
#[repr(align(128))]
struct Line<C>(C);

struct Begun {
    /// Packets admitted, and slots passed.
    places: AtomicU64,
    /// Slots that a table found occupied when it looked for a vacant one.
    passed: Counter,
}

struct Ended {
    /// Packets done or evicted, and slots passed, so that the difference to `places` is the packets in flight.
    places: AtomicU64,
    evicted: Counter,
}

struct Others {
    dropped: [Counter; DROPS],
    repeated_drop: Counter,
    after_done: Counter,
    stale: Counter,
    full: Counter,
}

const _: () = assert!(size_of::<PacketTally>() == 3 * 128 || cfg!(loom));

impl PacketTally {
    const_fn! {
        /// Makes a tally in which nothing has been counted.
        #[must_use]
        pub fn new() -> Self {
            Self {
                begun: Line(Begun {
                    places: AtomicU64::new(0),
                    passed: Counter::new(0),
                }),
                ended: Line(Ended {
                    places: AtomicU64::new(0),
                    evicted: Counter::new(0),
                }),
                others: Line(Others {
                    dropped: [const { Counter::new(0) }; DROPS],
                    repeated_drop: Counter::new(0),
                    after_done: Counter::new(0),
                    stale: Counter::new(0),
                    full: Counter::new(0),
                }),
            }
        }
    }

    /// Counts a packet that was dropped for this reason.
    #[inline]
    pub fn count(&self, reason: DropReason) {
        if let Some(counter) = self.others.0.dropped.get(place_of(reason)) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Counts a packet whose state is kept from now on.
    #[inline]
    pub fn count_admitted(&self) {
        self.next_place();
    }

    /// Counts an admitted packet, and returns where to look for a vacant slot: behind all those passed or filled
    /// before.
    #[inline]
    pub(super) fn next_place(&self) -> u64 {
        self.begun.0.places.fetch_add(1, Relaxed)
    }

    /// Lets the next search begin so many slots further.
    pub(super) fn pass(&self, slots: u64) {
        self.begun.0.passed.fetch_add(slots, Relaxed);
        // In this order, so that a table never seems fuller than it is.
        self.ended.0.places.fetch_add(slots, Release);
        self.begun.0.places.fetch_add(slots, Relaxed);
    }

    /// Takes back one count of an admitted packet.
    pub(super) fn uncount_admitted(&self) {
        self.begun.0.places.fetch_sub(1, Relaxed);
    }

    /// Counts a packet that the server reported as processed.
    #[inline]
    pub fn count_done(&self) {
        // `Release`: whoever sees this count sees that of the packet's admission.
        self.ended.0.places.fetch_add(1, Release);
    }

    /// Counts a packet whose state was given up before the server reported it as processed.
    pub fn count_evicted(&self) {
        self.ended.0.evicted.fetch_add(1, Relaxed);
        // `Release`, and in this order: whoever sees this count does not take it for a packet done.
        self.ended.0.places.fetch_add(1, Release);
    }

    /// Counts a notice that did not fit the stage of its packet.
    #[inline]
    pub fn count_violation(&self, violation: Violation) {
        match violation {
            Violation::RepeatedDrop { .. } => self.others.0.repeated_drop.fetch_add(1, Relaxed),
            Violation::AfterDone => self.others.0.after_done.fetch_add(1, Relaxed),
        };
    }

    /// Counts a context that named no packet in flight.
    #[inline]
    pub fn count_stale(&self) {
        self.others.0.stale.fetch_add(1, Relaxed);
    }

    /// Counts a packet that was not admitted for want of room.
    #[inline]
    pub fn count_full(&self) {
        self.others.0.full.fetch_add(1, Relaxed);
    }

    /// Returns whether at least so many packets are in flight.
    #[inline]
    pub(super) fn has_in_flight(&self, packets: u64) -> bool {
        // Not by subtraction: other threads count on between these loads.
        let ended = self.ended.0.places.load(Acquire);
        self.begun.0.places.load(Relaxed) >= ended.wrapping_add(packets)
    }

    /// Returns how many packets are in flight.
    pub(super) fn in_flight(&self) -> u64 {
        let ended = self.ended.0.places.load(Acquire);
        self.begun.0.places.load(Relaxed).saturating_sub(ended)
    }

    /// Returns what has been counted so far.
    ///
    /// Exact when no other thread counts meanwhile; otherwise each number is right for some moment not long ago, and
    /// the moments can differ.
    #[must_use]
    pub fn snapshot(&self) -> TallySnapshot {
        let Others {
            dropped,
            repeated_drop,
            after_done,
            stale,
            full,
        } = &self.others.0;
        // In this order: what has ended is seen to have begun.
        let ended = self.ended.0.places.load(Acquire);
        let passed = self.begun.0.passed.load(Relaxed);
        let evicted = self.ended.0.evicted.load(Relaxed);
        TallySnapshot {
            admitted: self.begun.0.places.load(Relaxed).saturating_sub(passed),
            done: ended.saturating_sub(passed).saturating_sub(evicted),
            evicted,
            full: full.load(Relaxed),
            stale: stale.load(Relaxed),
            repeated_drops: repeated_drop.load(Relaxed),
            after_done: after_done.load(Relaxed),
            dropped: dropped.each_ref().map(|counter| counter.load(Relaxed)),
        }
    }
}

impl Default for PacketTally {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PacketTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PacketTally").field(&self.snapshot()).finish()
    }
}

/// What a [`PacketTally`] has counted; prints as a table.
///
/// `Display` lists the reasons for which packets were dropped; `{:#}` lists every reason that has a name.
///
/// ```
/// use dhcp_callout::{DropReason, Notice, PacketTable};
///
/// static PACKETS: PacketTable<(), 16> = PacketTable::new();
/// for notices in [&[0xB][..], &[0xA, 0xB], &[0x4, 0x77, 0xB]] {
///     let context = PACKETS.admit(())?;
///     for &code in notices {
///         let _ = PACKETS.notify(context, Notice::from_code(code));
///     }
/// }
/// let tally = PACKETS.tally();
/// assert_eq!((tally.admitted, tally.done, tally.repeated_drops), (3, 3, 1));
/// assert_eq!(tally.to_string(), "\
/// admitted                           3
/// done                               3
/// evicted                            0
/// in flight                          0
/// refused, table full                0
/// stale contexts                     0
/// repeated drops                     1
/// notices after done                 0
/// dropped                            2
///   packet too old to process        1
///   no address to offer              1
/// ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TallySnapshot {
    /// Packets whose state was taken into keeping.
    pub admitted: u64,
    /// Packets that the server reported as processed, dropped ones among them.
    pub done: u64,
    /// Packets whose state was given up before the server reported them as processed.
    pub evicted: u64,
    /// Packets that were not admitted for want of room.
    pub full: u64,
    /// Contexts that named no packet in flight.
    pub stale: u64,
    /// Drops reported for a packet that had been reported as dropped ([`Violation::RepeatedDrop`]).
    pub repeated_drops: u64,
    /// Notices for a packet that had been reported as processed ([`Violation::AfterDone`]).
    pub after_done: u64,
    dropped: [u64; DROPS],
}

impl TallySnapshot {
    /// Returns how many packets were admitted and are neither done nor evicted.
    #[must_use]
    pub const fn in_flight(&self) -> u64 {
        self.admitted.saturating_sub(self.done).saturating_sub(self.evicted)
    }

    /// Returns how many packets were dropped for this reason; reasons without a name share one count.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped.get(place_of(reason)).copied().unwrap_or_default()
    }

    /// Returns how many packets were dropped for reasons without a name.
    #[must_use]
    pub const fn dropped_unknown(&self) -> u64 {
        let [unknown, ..] = self.dropped;
        unknown
    }

    /// Returns how many packets were dropped, for whatever reason.
    #[must_use]
    pub fn dropped_in_all(&self) -> u64 {
        self.dropped.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Iterates over the reasons that have a name, in ascending order, with how many packets were dropped for each.
    pub fn drops(&self) -> impl Iterator<Item = (DropReason, u64)> + '_ {
        DropReason::ALL.iter().map(|&reason| (reason, self.dropped(reason)))
    }
}

impl fmt::Display for TallySnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let totals = [
            ("admitted", self.admitted),
            ("done", self.done),
            ("evicted", self.evicted),
            ("in flight", self.in_flight()),
            ("refused, table full", self.full),
            ("stale contexts", self.stale),
            ("repeated drops", self.repeated_drops),
            ("notices after done", self.after_done),
            ("dropped", self.dropped_in_all()),
        ];
        let all = f.alternate();
        let unknown = ("unknown reason", self.dropped_unknown());
        let reasons = || {
            let known = self
                .drops()
                .map(|(reason, count)| (reason.meaning().unwrap_or_default(), count));
            known.chain([unknown]).filter(move |&(_, count)| all || count != 0)
        };

        let label_width = |(label, _): (&str, u64)| label.len();
        let labels = totals
            .map(label_width)
            .into_iter()
            .chain(reasons().map(|row| label_width(row).saturating_add(2)));
        let width = labels.max().unwrap_or_default();
        let counts = totals.map(|(_, count)| count).into_iter();
        let digits = usize::try_from(counts.max().unwrap_or_default().checked_ilog10().unwrap_or(0)).unwrap_or(0);
        let digits = digits.saturating_add(1).max(8);

        for (label, count) in totals {
            writeln!(f, "{label:width$} {count:digits$}")?;
        }
        let width = width.saturating_sub(2);
        for (label, count) in reasons() {
            writeln!(f, "  {label:width$} {count:digits$}")?;
        }
        Ok(())
    }
}

/// Returns where drops for this reason are counted.
#[inline]
const fn place_of(reason: DropReason) -> usize {
    // The lower reasons are numbered without a gap; 0 is none of them, and counts as unknown.
    match reason.code() {
        code @ ..=0xA => narrow(code),
        0x100 => 0xB,
        _ => UNKNOWN,
    }
}

/// Converts; `usize` has at least 32 bits, and `From` is not const.
#[inline]
const fn narrow(code: u32) -> usize {
    let mut bytes = [0; size_of::<usize>()];
    if let Some((low, _)) = bytes.split_first_chunk_mut() {
        *low = code.to_le_bytes();
    }
    usize::from_le_bytes(bytes)
}

/// Every reason that has a name has a counter of its own, and every counter a reason.
const _: () = {
    let mut seen = 1_usize << UNKNOWN;
    let mut reasons = DropReason::ALL;
    while let [first, rest @ ..] = reasons {
        let bit = 1_usize << place_of(*first);
        assert!(seen & bit == 0, "a reason is not counted, or together with another");
        seen |= bit;
        reasons = rest;
    }
    assert!(seen == (1 << DROPS) - 1, "a counter has no reason");
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_event_by_itself() {
        let tally = PacketTally::new();
        let reason = DropReason::TIMEOUT;
        tally.count_admitted();
        tally.count_admitted();
        tally.count_done();
        tally.count_evicted();
        tally.count_stale();
        tally.count_full();
        tally.count_violation(Violation::AfterDone);
        tally.count_violation(Violation::RepeatedDrop {
            first: reason,
            again: reason,
        });
        tally.count(reason);
        assert_eq!(
            tally.snapshot(),
            TallySnapshot {
                admitted: 2,
                done: 1,
                evicted: 1,
                full: 1,
                stale: 1,
                repeated_drops: 1,
                after_done: 1,
                dropped: [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
            }
        );
    }

    #[test]
    fn counts_unknown_reasons_together() {
        let tally = PacketTally::new();
        for code in [0, 0xC, 0xFF, 0x101, u32::MAX] {
            tally.count(DropReason::from_code(code).unwrap());
        }
        let snapshot = tally.snapshot();
        assert_eq!(snapshot.dropped_unknown(), 5);
        assert_eq!(snapshot.dropped(DropReason::from_code(0x77).unwrap()), 5);
        assert_eq!(snapshot.dropped_in_all(), 5);
        assert!(snapshot.drops().all(|(_, count)| count == 0));
    }

    #[test]
    fn prints_columns_that_line_up() {
        let tally = PacketTally::new();
        for reason in DropReason::ALL {
            tally.count(*reason);
        }
        tally.count(DropReason::from_code(0x77).unwrap());
        for text in [
            format!("{}", tally.snapshot()),
            format!("{:#}", PacketTally::new().snapshot()),
        ] {
            assert_eq!(text.lines().count(), 9 + DROPS, "{text}");
            let width = text.lines().next().unwrap().len();
            assert!(text.lines().all(|line| line.len() == width), "{text}");
        }
    }
}
