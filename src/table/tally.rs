//! Counters of what happened to packets, cheap enough to leave on.

use core::fmt;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

use crate::control::DropReason;
use crate::lifecycle::Violation;

/// How many counters of drops there are: one for each reason that has a name, and one for all others.
const DROPS: usize = DropReason::ALL.len() + 1;
/// Where drops for a reason without a name are counted.
const UNKNOWN: usize = 0;

/// Counts what happens to packets, from any thread, without locks.
///
/// A [`PacketTable`](super::PacketTable) has one of its own. An author can have another one as a `static` or a field,
/// to count the drops of packets that no table keeps. A drop costs one relaxed atomic addition.
///
/// ```
/// use dhcp_callout::{DropReason, PacketTally};
///
/// static TALLY: PacketTally = PacketTally::new();
/// TALLY.count_drop(DropReason::NOADDRESS);
/// TALLY.count_drop(DropReason::NOADDRESS);
///
/// assert_eq!(TALLY.snapshot().dropped(DropReason::NOADDRESS), 2);
/// ```
#[repr(align(128))]
pub struct PacketTally {
    dropped: [AtomicU64; DROPS],
    evicted: AtomicU64,
    full: AtomicU64,
    stale: AtomicU64,
    repeated_drops: AtomicU64,
    after_done: AtomicU64,
}

impl PacketTally {
    /// Creates a tally in which nothing has been counted.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            dropped: [const { AtomicU64::new(0) }; DROPS],
            evicted: AtomicU64::new(0),
            full: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            repeated_drops: AtomicU64::new(0),
            after_done: AtomicU64::new(0),
        }
    }

    /// Counts a packet that was dropped for this reason.
    #[inline]
    pub fn count_drop(&self, reason: DropReason) {
        if let Some(counter) = self.dropped.get(counter_of(reason)) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Counts a packet that was given up before the server reported it as processed.
    pub(super) fn count_evicted(&self) {
        self.evicted.fetch_add(1, Relaxed);
    }

    /// Counts a packet that was not admitted for want of room.
    pub(super) fn count_full(&self) {
        self.full.fetch_add(1, Relaxed);
    }

    /// Counts a notice that did not fit the stage of its packet.
    pub(super) fn count_violation(&self, violation: Violation) {
        match violation {
            Violation::RepeatedDrop { .. } => self.repeated_drops.fetch_add(1, Relaxed),
            Violation::AfterDone => self.after_done.fetch_add(1, Relaxed),
        };
    }

    /// Counts a context that named no packet in flight.
    pub(super) fn count_stale(&self) {
        self.stale.fetch_add(1, Relaxed);
    }

    /// Returns what has been counted so far.
    ///
    /// Exact when no other thread counts meanwhile; otherwise each number is right for some moment not long ago, and
    /// the moments can differ.
    #[must_use]
    pub fn snapshot(&self) -> TallySnapshot {
        TallySnapshot {
            admitted: 0,
            done: 0,
            evicted: self.evicted.load(Relaxed),
            full: self.full.load(Relaxed),
            stale: self.stale.load(Relaxed),
            repeated_drops: self.repeated_drops.load(Relaxed),
            after_done: self.after_done.load(Relaxed),
            dropped: self.dropped.each_ref().map(|counter| counter.load(Relaxed)),
        }
    }

    /// Returns what has been counted so far, by a table that was asked for so many admissions, and has so many packets
    /// in flight.
    pub(super) fn snapshot_with(&self, asked: u64, in_flight: u64) -> TallySnapshot {
        let counted = self.snapshot();
        let admitted = asked.saturating_sub(counted.full);
        TallySnapshot {
            admitted,
            done: admitted.saturating_sub(counted.evicted).saturating_sub(in_flight),
            ..counted
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
/// use dhcp_callout::table::PacketTable;
/// use dhcp_callout::{DropReason, Notice};
///
/// static PACKETS: PacketTable<(), 16> = PacketTable::new();
/// for notices in [&[0xB][..], &[0xA, 0xB], &[0x4, 0x77, 0xB]] {
///     let context = PACKETS.admit(())?.context;
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
///   DHCP_DROP_TIMEOUT                1
///   DHCP_DROP_NOADDRESS              1
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
    /// Packets that were given up before the server reported them as processed.
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
        self.dropped.get(counter_of(reason)).copied().unwrap_or_default()
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
        for (label, count) in totals {
            writeln!(f, "{label:26} {count:>9}")?;
        }
        let named = self
            .drops()
            .map(|(reason, count)| (reason.name().unwrap_or_default(), count));
        for (reason, count) in named.chain([("unknown reason", self.dropped_unknown())]) {
            if count != 0 || f.alternate() {
                writeln!(f, "  {reason:24} {count:>9}")?;
            }
        }
        Ok(())
    }
}

/// Returns where drops for this reason are counted.
#[inline]
const fn counter_of(reason: DropReason) -> usize {
    const LAST: u32 = DropReason::NOADDRESS.code();
    // The lower reasons are numbered without a gap; 0 is none of them, and counts as unknown.
    match reason.code() {
        code @ ..=LAST => code as usize,
        _ => counter_of_high(reason),
    }
}

/// Out of the way of the reasons that servers give.
#[cold]
const fn counter_of_high(reason: DropReason) -> usize {
    match reason {
        DropReason::GEN_FAILURE => DROPS - 1,
        _ => UNKNOWN,
    }
}

/// Every reason that has a name has a counter of its own, and every counter a reason.
const _: () = {
    // The first counter is that of unknown reasons.
    let mut seen = 1_usize;
    let mut reasons = DropReason::ALL;
    while let [first, rest @ ..] = reasons {
        let bit = 1_usize << counter_of(*first);
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
        tally.count_evicted();
        tally.count_full();
        tally.count_stale();
        tally.count_violation(Violation::AfterDone);
        tally.count_violation(Violation::RepeatedDrop {
            first: reason,
            again: reason,
        });
        tally.count_drop(reason);
        // Of six one was given up, one not admitted, and two are in flight.
        let snapshot = tally.snapshot_with(6, 2);
        assert_eq!(snapshot.in_flight(), 2);
        assert_eq!(
            snapshot,
            TallySnapshot {
                admitted: 5,
                done: 2,
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
            tally.count_drop(DropReason::from_code(code).unwrap());
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
            tally.count_drop(*reason);
        }
        tally.count_drop(DropReason::from_code(0x77).unwrap());
        for text in [
            format!("{}", tally.snapshot()),
            format!("{:#}", PacketTally::new().snapshot()),
        ] {
            assert_eq!(text.lines().count(), 9 + DROPS, "{text}");
            assert!(text.lines().all(|line| line.len() == 36), "{text}");
        }
    }
}
