//! The `inspect` example as a program: what it takes, what it prints, when it fails.

use std::process::Output;

use serde_json::{Value, json};

use dhcp_callout_support::inspect_json::object;
use dhcp_callout_support::packet::{Packet, discover};

use crate::common::run;

/// Runs the example with `input` as its standard input.
fn inspect(arguments: &[&str], input: &str) -> Output {
    run("inspect", arguments, input.as_bytes())
}

fn capture(name: &str) -> String {
    format!("{}/tests/captures/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn bytes(packet: Packet) -> Vec<u8> {
    packet.into()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn each_line_of_hexadecimal_gives_an_object() {
    let whole = bytes(discover().option(12, "host").end());
    let cut = bytes(discover().raw([12, 9]));
    let input = format!(
        "{}\n-\n\n  {}  \n{}\n",
        hex::encode(&whole),
        hex::encode_upper(&whole),
        hex::encode(&cut)
    );
    let objects: Vec<Value> = printed(&inspect(&["--json", "--hex"], &input))
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(objects, [object(&whole), object(&[]), object(&whole), object(&cut)]);
    assert_eq!(objects[1]["error"], "truncated_header");
    assert_eq!(objects[3]["error"], "option_truncated");
}

#[test]
fn the_order_of_the_flags_and_the_last_line_feed_do_not_matter() {
    let input = hex::encode(bytes(discover().end()));
    let first = printed(&inspect(&["--hex", "--json"], &input));
    assert_eq!(first, printed(&inspect(&["--json", "--hex"], &format!("{input}\r\n"))));
    assert_eq!(first.lines().count(), 1);
    assert_eq!(printed(&inspect(&["--json", "--hex"], "")), "");
}

#[test]
fn hexadecimal_is_read_from_files_too() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspect");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("packets.hex");
    std::fs::write(&path, format!("-\n{}\n", hex::encode(bytes(discover().end())))).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(
        printed(&inspect(&["--json", "--hex", path, path], "")).lines().count(),
        4
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_no_hexadecimal_is_told_with_its_line() {
    let good = hex::encode(bytes(discover().end()));
    for (line, bad) in [(1, "0x01".to_owned()), (2, format!("{good}0")), (3, "zz".to_owned())] {
        let input = format!("{}{bad}\n{good}\n", "-\n".repeat(line - 1));
        let output = inspect(&["--json", "--hex"], &input);
        let error = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(
            error.contains(&format!("line {line} ")) && error.contains("standard input"),
            "{error}"
        );
    }
}

#[test]
fn a_capture_gives_an_object_for_each_message() {
    let text = printed(&inspect(&["--json", &capture("isc-dhcpd-dhclient.pcap")], ""));
    let objects: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(objects.len() > 3);
    assert_eq!(objects[0]["capture"], capture("isc-dhcpd-dhclient.pcap"));
    assert_eq!((&objects[0]["frame"], &objects[1]["frame"]), (&1.into(), &2.into()));
    let file = std::fs::read(capture("isc-dhcpd-dhclient.pcap")).unwrap();
    let time = dhcp_callout_support::capture::parse(&file).unwrap()[0].time;
    let printed = objects[0]["time"].as_str().unwrap();
    assert_eq!(printed, format!("{}.{:09}", time.as_secs(), time.subsec_nanos()));
    for object in &objects {
        assert_eq!((&object["header_ok"], &object["error"]), (&json!(true), &Value::Null));
        assert!(
            object["message_type"]
                .as_u64()
                .is_some_and(|code| (1..=8).contains(&code))
        );
    }
    let types: Vec<_> = objects
        .iter()
        .filter_map(|object| object["message_type"].as_u64())
        .collect();
    assert!([1, 2, 3, 5].iter().all(|code| types.contains(code)), "{types:?}");
}

#[test]
fn a_malformed_packet_is_printed_with_its_error() {
    let cut = hex::encode(bytes(discover().option(60, "class").raw([12, 9, b'h'])));
    let text = printed(&inspect(&["--hex"], &format!("{cut}\n-\n0102\n{cut}\n")));
    assert!(
        text.contains("class") && text.contains("option 12 at offset 250"),
        "{text}"
    );
    assert!(
        text.contains("packet of 0 bytes") && text.contains("packet of 2 bytes"),
        "{text}"
    );
    assert_eq!(text.matches("option 12 at offset 250").count(), 2, "{text}");
}

#[test]
fn a_file_that_is_no_capture_is_refused() {
    let readme = capture("README.md");
    let output = inspect(&["--json", &readme], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("README.md"));
    assert_eq!(
        inspect(&["--json", &capture("missing.pcap")], "").status.code(),
        Some(2)
    );
    assert_eq!(
        inspect(&["--json", "--hex", &capture("missing.hex")], "").status.code(),
        Some(2)
    );
}

#[test]
fn wrong_arguments_are_refused_with_the_usage() {
    for arguments in [&["--xml"][..], &[], &["--json"]] {
        let output = inspect(arguments, "");
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("usage: inspect"));
    }
}
