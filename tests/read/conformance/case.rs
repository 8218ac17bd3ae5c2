//! What a case is, and how what it expects is compared.

use serde_json::{Value, json};

use dhcp_callout_support::packet::Packet;

/// How far an expectation is from the words of an RFC.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    /// An RFC demands it, or readers in use agree on what follows from one.
    Demanded,
    /// The RFCs leave it open; the reason for this choice is beside the case.
    Chosen,
}

/// One packet, and what an RFC says about it.
pub(crate) struct Case {
    pub(crate) name: String,
    /// Where the expectation comes from.
    pub(crate) rfc: &'static str,
    pub(crate) level: Level,
    pub(crate) packet: Vec<u8>,
    /// The members that are compared; there may be others.
    pub(crate) expect: Value,
}

/// A case for what is demanded.
pub(crate) fn case(name: impl Into<String>, rfc: &'static str, packet: Packet, expect: Value) -> Case {
    Case {
        name: name.into(),
        rfc,
        level: Level::Demanded,
        packet: packet.into(),
        expect,
    }
}

/// A case for what is chosen.
pub(crate) fn choice(name: impl Into<String>, rfc: &'static str, packet: Packet, expect: Value) -> Case {
    Case {
        level: Level::Chosen,
        ..case(name, rfc, packet, expect)
    }
}

/// A case whose packet has one option of `code` between two others: it reads as `entry`, and the neighbours stay.
pub(crate) fn value(name: impl Into<String>, rfc: &'static str, code: u8, bytes: &[u8], mut entry: Value) -> Case {
    let packet = dhcp_callout_support::packet::discover()
        .option(code, bytes)
        .option(225, b"next")
        .end();
    let end = 249 + bytes.len() + 2;
    entry["code"] = code.into();
    let expect = json!({
        "error": null,
        "end_offset": end,
        "options": [[53, "01"], [code, hex::encode(bytes)], [225, "6e657874"]],
        "typed": [entry],
    });
    case(name, rfc, packet, expect)
}

/// Compares the members of `expect` with those of `actual`, and returns the differences.
///
/// Of `header` only the listed members count; in `typed` an entry is looked for by its code.
pub(crate) fn check(expect: &Value, actual: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    for (key, expected) in expect.as_object().unwrap() {
        let found = &actual[key];
        match (key.as_str(), expected) {
            ("header", Value::Object(members)) => {
                for (member, expected) in members {
                    compare(&mut differences, &format!("header.{member}"), expected, &found[member]);
                }
            }
            ("typed", Value::Array(entries)) => {
                for entry in entries {
                    let of_code = found
                        .as_array()
                        .and_then(|all| all.iter().find(|other| other["code"] == entry["code"]));
                    compare(&mut differences, key, entry, of_code.unwrap_or(&Value::Null));
                }
            }
            _ => compare(&mut differences, key, expected, found),
        }
    }
    differences
}

fn compare(differences: &mut Vec<String>, key: &str, expected: &Value, found: &Value) {
    if expected != found {
        differences.push(format!("{key} is {found}, expected {expected}"));
    }
}
