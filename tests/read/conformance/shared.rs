//! Cases and real packets that are no part of the project: `.ci/run shared` says where it looks for them.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::case::check;
use dhcp_callout_support::inspect_json::object;

/// Reads a file of one JSON object a line.
fn lines(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(shared(path)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn shared(path: &str) -> String {
    let folder = std::env::var("DHCP_CALLOUT_SHARED").expect("the folder of the shared cases");
    format!("{folder}/{path}")
}

fn packet(line: &Value) -> Vec<u8> {
    hex::decode(line["hex"].as_str().unwrap()).unwrap()
}

fn text<'v>(line: &'v Value, key: &str) -> &'v str {
    line[key].as_str().unwrap()
}

/// Takes the options of the codes in `ignored` out of `object`.
fn without(mut object: Value, ignored: &Value) -> Value {
    let options = object.get_mut("options").and_then(Value::as_array_mut);
    if let (Some(ignored), Some(options)) = (ignored.as_array(), options) {
        options.retain(|option| !ignored.contains(&option[0]));
    }
    object
}

#[test]
#[ignore = "needs cases that are no part of the project: .ci/run shared"]
fn the_shared_cases_hold() {
    hold(&lines("conformance/cases.jsonl"));
}

/// Messages from reports about other readers, and from Microsoft's specifications.
#[test]
#[ignore = "needs cases that are no part of the project: .ci/run shared"]
fn the_shared_cases_from_reports_hold() {
    hold(&lines("conformance/reported.jsonl"));
}

fn hold(cases: &[Value]) {
    let mut failures = Vec::new();
    for case in cases {
        let ignored = &case["ignore_codes"];
        let actual = without(object(&packet(case)), ignored);
        for difference in check(&without(case["expect"].clone(), ignored), &actual) {
            let line = format!("{} ({}): {difference}", text(case, "name"), text(case, "rfc"));
            if text(case, "level") == "choice" {
                eprintln!("chosen otherwise: {line}");
            } else {
                failures.push(line);
            }
        }
    }
    eprintln!("{} shared cases", cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What [`object`] should say of a packet, from what another decoder has said of it.
fn expected(truth: &Value) -> Value {
    let address = |key: &str| hex::encode(text(truth, key).parse::<core::net::Ipv4Addr>().unwrap().octets());
    let until_nul = |key: &str| {
        let bytes = hex::decode(text(truth, key)).unwrap();
        let bytes: Vec<_> = bytes.into_iter().take_while(|byte| *byte != 0).collect();
        hex::encode(bytes)
    };
    let overload = truth["overload"].as_u64().unwrap_or(0);
    let hlen = usize::try_from(truth["hlen"].as_u64().unwrap()).unwrap();
    let flags = truth["flags"].as_u64().unwrap();
    json!({
        "header_ok": true,
        "header": {
            "op": truth["op"], "htype": truth["htype"], "hlen": truth["hlen"], "hops": truth["hops"],
            "xid": truth["xid"], "secs": truth["secs"], "flags": flags, "broadcast": flags & 0x8000 != 0,
            "ciaddr": address("ciaddr"), "yiaddr": address("yiaddr"), "siaddr": address("siaddr"),
            "giaddr": address("giaddr"),
        },
        "chaddr": text(truth, "chaddr").get(..2 * hlen),
        "sname": (overload & 2 == 0).then(|| until_nul("sname")),
        "file": (overload & 1 == 0).then(|| until_nul("file")),
        "error": null,
        "error_offset": null,
        "raw_options": truth["options"],
        "end_offset": truth["end"],
        "overload": overload,
        "raw_file": if overload & 1 == 0 { json!([]) } else { truth["file_options"].clone() },
        "raw_sname": if overload & 2 == 0 { json!([]) } else { truth["sname_options"].clone() },
        "message_type": truth["msg_type"].as_u64().filter(|code| (1..=18).contains(code)),
    })
}

#[test]
#[ignore = "needs cases that are no part of the project: .ci/run shared"]
fn real_packets_read_as_another_decoder_reads_them() {
    let (packets, truth) = (lines("corpus/packets.jsonl"), lines("corpus/truth.jsonl"));
    let truth: BTreeMap<&str, &Value> = truth.iter().map(|line| (text(line, "id"), line)).collect();
    let mut failures = Vec::new();
    let mut options = 0;
    for line in packets.iter().filter(|line| line["wellformed"] == true) {
        let id = text(line, "id");
        let actual = object(&packet(line));
        for difference in check(&expected(truth[id]), &actual) {
            failures.push(format!("{id} ({}): {difference}", text(line, "source")));
        }
        options += ["raw_options", "raw_file", "raw_sname"]
            .map(|key| actual[key].as_array().unwrap().len())
            .iter()
            .sum::<usize>();
    }
    eprintln!(
        "{} real packets, {} of them well-formed, {options} options",
        packets.len(),
        truth.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Malformed packets, and every beginning of every packet, are read and printed all the same.
#[test]
#[ignore = "needs cases that are no part of the project: .ci/run shared"]
fn real_packets_cut_anywhere_are_survived() {
    for line in &lines("corpus/packets.jsonl") {
        let packet = packet(line);
        for length in (0..=packet.len()).step_by(if line["wellformed"] == true { 7 } else { 1 }) {
            let cut = &packet[..length];
            let read = object(cut);
            assert_eq!(read["header_ok"], length >= 236);
            if let Ok(message) = dhcp_callout::Message::parse(cut) {
                assert!(!message.to_string().is_empty() && !format!("{message:#}").is_empty());
            }
        }
    }
}
