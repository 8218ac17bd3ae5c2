//! Which conducts are tried: too many are possible for all of them.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::super::conduct::{Conduct, Contexts};
use super::super::threads::Threads;
use super::numbers::Numbers;

/// The number of the value of each switch.
type Row = [u64; Conduct::CHOICES.len()];

/// How many rows are drawn for each that is chosen.
const DRAWN: usize = 24;

/// Returns all values of all switches, each as the number of its switch and its own.
fn values() -> impl Iterator<Item = (usize, u64)> {
    let switches = (0..).zip(Conduct::CHOICES);
    switches.flat_map(|(switch, count)| (0..count).map(move |value| (switch, value)))
}

/// Sets a switch of a row.
fn set(row: &mut Row, (switch, value): (usize, u64)) {
    if let Some(place) = row.get_mut(switch) {
        *place = value;
    }
}

/// Returns the default, and each switch alone.
pub(super) fn singles() -> Vec<Conduct> {
    let others = values().filter(|(_, value)| *value > 0);
    let rows = others.map(|value| {
        let mut row = Row::default();
        set(&mut row, value);
        row
    });
    [Row::default()].into_iter().chain(rows).map(Conduct::of).collect()
}

/// Returns whether a callout without a fault gives up nothing that the server still reads.
fn is_possible(conduct: Conduct) -> bool {
    conduct.contexts != Contexts::Repeated || conduct.threads != Threads::Several
}

/// Returns conducts in which each two values of two switches that are possible come together at least once.
pub(super) fn pairs(numbers: &mut Numbers) -> Vec<Conduct> {
    let after = |one: (usize, u64)| values().filter(move |other| one.0 < other.0);
    let mut missing: BTreeSet<_> = values()
        .flat_map(|one| after(one).map(move |other| [one, other]))
        .collect();
    let mut conducts = Vec::new();
    while let Some(pair) = missing.first().copied() {
        let rows = (0..DRAWN).map(|_| {
            let mut row = Conduct::CHOICES.map(|count| numbers.next().checked_rem(count).unwrap_or_default());
            for value in pair {
                set(&mut row, value);
            }
            row
        });
        let is_met =
            |row: &Row, pair: &[(usize, u64); 2]| pair.iter().all(|(switch, value)| row.get(*switch) == Some(value));
        let rows = rows.filter(|row| is_possible(Conduct::of(*row)));
        let Some(row) = rows.max_by_key(|row| missing.iter().filter(|pair| is_met(row, pair)).count()) else {
            missing.remove(&pair);
            continue;
        };
        missing.retain(|pair| !is_met(&row, pair));
        conducts.push(Conduct::of(row));
    }
    conducts
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::{Conduct, Contexts, Numbers, Row, Threads, pairs, set, singles, values};

    /// Returns the conduct in which only this switch has another value than the default.
    fn single(value: (usize, u64)) -> Conduct {
        let mut row = Row::default();
        set(&mut row, value);
        Conduct::of(row)
    }

    /// Returns whether the conducts have the same value of a switch.
    fn agree(one: Conduct, other: Conduct, switch: usize) -> bool {
        let texts = [one, other].map(|conduct| format!("{conduct:?}"));
        let [one, other] = texts.each_ref().map(|text| text.split(", ").nth(switch));
        one.is_some() && one == other
    }

    /// All pairs of values are met for each seed, but for the one that cannot be.
    #[test]
    fn each_two_values_meet() {
        assert_eq!(singles().len(), 18);
        for seed in 0..8 {
            let conducts = pairs(&mut Numbers(seed));
            assert!((12..=20).contains(&conducts.len()), "{} conducts", conducts.len());
            let all = values().flat_map(|one| values().map(move |other| [one, other]));
            let unmet = all.filter(|[one, other]| one.0 < other.0).filter(|pair| {
                let has_all = |conduct: &Conduct| pair.iter().all(|value| agree(*conduct, single(*value), value.0));
                !conducts.iter().any(has_all)
            });
            let usual = Conduct::DEFAULT;
            let impossible = [usual.contexts(Contexts::Repeated), usual.threads(Threads::Several)];
            let unmet: Vec<_> = unmet.map(|pair| pair.map(single)).collect();
            assert_eq!(unmet, [impossible], "seed {seed}");
        }
    }
}
