//! Proves that `Stage::advance` is the table of the documentation, and that the README's diagram shows the same.

use dhcp_callout::{DropReason, Notice, Outcome, Stage, Violation, strategy};
use proptest::prelude::*;

/// Every known reason, and unknown ones at the edges of what a DWORD can be.
fn reasons() -> Vec<DropReason> {
    let unknown = [0x0, 0xC, 0xFF, 0x101, 0x1000_0000, u32::MAX];
    let unknown = unknown.map(|code| DropReason::from_code(code).unwrap());
    DropReason::ALL.iter().copied().chain(unknown).collect()
}

#[test]
fn advance_is_the_documented_table() {
    for first in reasons() {
        let outcomes = [Outcome::Processed, Outcome::Dropped(first)];
        for again in reasons() {
            assert_eq!(
                Stage::InFlight.advance(Notice::Dropped(again)),
                Ok(Stage::Dropped(again))
            );
            assert_eq!(
                Stage::Dropped(first).advance(Notice::Dropped(again)),
                Err(Violation::RepeatedDrop { first, again })
            );
            for outcome in outcomes {
                assert_eq!(
                    Stage::Done(outcome).advance(Notice::Dropped(again)),
                    Err(Violation::AfterDone)
                );
            }
        }
        assert_eq!(
            Stage::Dropped(first).advance(Notice::Processed),
            Ok(Stage::Done(Outcome::Dropped(first)))
        );
        for outcome in outcomes {
            assert_eq!(
                Stage::Done(outcome).advance(Notice::Processed),
                Err(Violation::AfterDone)
            );
        }
    }
    assert_eq!(
        Stage::InFlight.advance(Notice::Processed),
        Ok(Stage::Done(Outcome::Processed))
    );
}

#[test]
fn advance_is_const() {
    const STAGE: Result<Stage, Violation> = Stage::InFlight.advance(Notice::from_code(0xB));
    assert_eq!(STAGE, Ok(Stage::Done(Outcome::Processed)));
}

#[test]
fn violations_say_what_happened() {
    let violation = Violation::RepeatedDrop {
        first: DropReason::PAUSED,
        again: DropReason::TIMEOUT,
    };
    assert_eq!(
        violation.to_string(),
        "packet reported as dropped again: DHCP_DROP_TIMEOUT, after: DHCP_DROP_PAUSED"
    );
    assert_eq!(
        Violation::AfterDone.to_string(),
        "notice for a packet that has been processed"
    );
}

#[test]
fn notices_stages_and_outcomes_print() {
    let reason = DropReason::NOADDRESS;
    assert_eq!(
        [Notice::Dropped(reason), Notice::Processed].map(|notice| notice.to_string()),
        ["DHCP_DROP_NOADDRESS", "DHCP_DROP_PROCESSED"]
    );
    let outcomes = [Outcome::Processed, Outcome::Dropped(reason)];
    assert_eq!(
        outcomes.map(|outcome| outcome.to_string()),
        ["processed", "dropped (DHCP_DROP_NOADDRESS)"]
    );
    let stages = [
        Stage::InFlight,
        Stage::Dropped(reason),
        Stage::Done(outcomes[0]),
        Stage::Done(outcomes[1]),
    ];
    assert_eq!(
        stages.map(|stage| stage.to_string()),
        [
            "in flight",
            "dropped (DHCP_DROP_NOADDRESS)",
            "done: processed",
            "done: dropped (DHCP_DROP_NOADDRESS)"
        ]
    );
}

proptest! {
    /// Whatever the server says, a lifecycle ends at the first completion, with the first reason given before it.
    #[test]
    fn a_lifecycle_ends_once_with_the_first_reason(notices in strategy::notices()) {
        let mut stage = Stage::InFlight;
        let mut ends = Vec::new();
        for notice in &notices {
            if let Ok(next) = stage.advance(*notice) {
                ends.extend(matches!(next, Stage::Done(_)).then_some(next));
                stage = next;
            }
        }
        let end = notices.iter().position(|notice| *notice == Notice::Processed);
        let first = notices[..end.unwrap_or(notices.len())].iter().find_map(|notice| match notice {
            Notice::Dropped(reason) => Some(*reason),
            Notice::Processed => None,
        });
        let expected = match (end, first) {
            (Some(_), Some(reason)) => Stage::Done(Outcome::Dropped(reason)),
            (Some(_), None) => Stage::Done(Outcome::Processed),
            (None, Some(reason)) => Stage::Dropped(reason),
            (None, None) => Stage::InFlight,
        };
        prop_assert_eq!(stage, expected);
        prop_assert_eq!(ends.len(), usize::from(end.is_some()));
    }
}

/// The arrows of the picture in the documentation have titles.
#[test]
fn the_picture_shows_what_advance_does() {
    let reason = DropReason::NOADDRESS;
    let print = |value: &dyn core::fmt::Debug| format!("{value:?}").replace("DHCP_DROP_NOADDRESS", "r");
    let stages = [
        Stage::InFlight,
        Stage::Dropped(reason),
        Stage::Done(Outcome::Processed),
        Stage::Done(Outcome::Dropped(reason)),
    ];
    let mut changes = Vec::new();
    for from in stages {
        for notice in [Notice::Processed, Notice::Dropped(reason)] {
            if let Ok(to) = from.advance(notice) {
                changes.push(format!("{}, {}: {}", print(&from), print(&notice), print(&to)));
            }
        }
    }
    let picture = include_str!("../../src/lifecycle.svg");
    let mut shown: Vec<_> = picture
        .split("<title>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</title>"))
        .map(|(title, _)| title)
        .collect();
    shown.sort_unstable();
    changes.sort_unstable();
    assert_eq!(shown, changes);
}
