//! Proves that messages are read as the RFCs have them: cases written by hand from the RFCs, one for each bug that
//! users of other readers have met; and the shared cases and real packets, where these are at hand.

mod case;
mod header;
mod joining;
mod message_type;
mod options;
mod overload;
mod relay;
mod reported;
mod shared;
mod truncated;
mod typed;
mod typed_names;
mod typed_nested;

use std::collections::BTreeSet;

use case::{Case, check};
use dhcp_callout_support::inspect_json;

/// The name of a group, its cases, and how many of them there are at least.
type Group = (&'static str, fn() -> Vec<Case>, usize);

const GROUPS: [Group; 11] = [
    ("header", header::cases, 35),
    ("options", options::cases, 25),
    ("truncated", truncated::cases, 35),
    ("message type", message_type::cases, 25),
    ("joining", joining::cases, 35),
    ("overload", overload::cases, 30),
    ("relay agent information", relay::cases, 20),
    ("typed values", typed::cases, 45),
    ("domain names", typed_names::cases, 45),
    ("nested typed values", typed_nested::cases, 40),
    ("reported elsewhere", reported::cases, 10),
];

#[test]
fn every_case_of_our_own_holds() {
    let mut failures = Vec::new();
    let mut total = 0;
    for (group, cases, least) in GROUPS {
        let cases = cases();
        assert!(cases.len() >= least, "{group} has {} cases", cases.len());
        total += cases.len();
        eprintln!("{group}: {} cases", cases.len());
        for case in cases {
            let actual = inspect_json::object(&case.packet);
            for difference in check(&case.expect, &actual) {
                failures.push(format!(
                    "{group}: {} ({:?}, {}): {difference}",
                    case.name, case.level, case.rfc
                ));
            }
        }
    }
    eprintln!("{total} cases in all");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let mut names = BTreeSet::new();
    for case in GROUPS.iter().flat_map(|(_, cases, _)| cases()) {
        assert!(names.insert(case.name.clone()), "two cases are called {}", case.name);
        assert!(case.expect.as_object().is_some_and(|expect| !expect.is_empty()));
    }
}

/// A case that expects something else than there is has to be found out, or the cases prove nothing.
#[test]
fn a_wrong_expectation_is_noticed() {
    for case in GROUPS.iter().flat_map(|(_, cases, _)| cases()) {
        for (key, value) in case.expect.as_object().unwrap() {
            let actual = serde_json::json!({ key: "something else" });
            let expect = serde_json::json!({ key: value });
            assert!(!check(&expect, &actual).is_empty(), "{}: {key}", case.name);
        }
    }
}
