//! Domain names in values: what clients call themselves (option 81), where they search (option 119).

use serde_json::{Value, json};

use super::case::{Case, case, choice, value};
use dhcp_callout_support::packet::{discover, split};

const FQDN: &str = "RFC 4702 section 2";
const NAMES: &str = "RFC 3397 section 2";
const POINTER: &str = "RFC 1035 section 4.1.4";
const LABEL: &str = "RFC 1035 section 3.1";

pub(crate) fn cases() -> Vec<Case> {
    [
        names_of_clients(),
        bad_names_of_clients(),
        searches(),
        bad_searches(),
        long_names(),
        chosen(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn names_of_clients() -> Vec<Case> {
    let name = |flags: u8, name: &str, encoding: &str| json!({ "as": "fqdn", "ok": [flags, name, encoding] });
    let (full, partial, ascii) = ("full", "partial", "ascii");
    vec![
        value(
            "fqdn_in_wire_format",
            FQDN,
            81,
            b"\x05\0\0\x02pc\x07example\x03net\0",
            name(5, "pc.example.net.", full),
        ),
        value(
            "fqdn_with_the_result_codes_of_a_server",
            FQDN,
            81,
            b"\x07\xff\xff\x01a\0",
            name(7, "a.", full),
        ),
        value(
            "fqdn_of_one_label",
            "RFC 4702 section 2.3",
            81,
            b"\x04\0\0\x07desktop",
            name(4, "desktop", partial),
        ),
        value(
            "fqdn_of_two_labels_and_no_root",
            "RFC 4702 section 2.3",
            81,
            b"\x04\0\0\x01a\x01b",
            name(4, "a.b", partial),
        ),
        value(
            "fqdn_without_any_label",
            "RFC 4702 section 2.3",
            81,
            &[4, 0, 0],
            name(4, "", partial),
        ),
        value(
            "fqdn_of_the_root",
            "RFC 4702 section 2.3",
            81,
            &[4, 0, 0, 0],
            name(4, ".", full),
        ),
        value(
            "fqdn_in_ascii",
            "RFC 4702 section 2.3.1",
            81,
            b"\0\0\0pc.example.net",
            name(0, "pc.example.net", ascii),
        ),
        value(
            "fqdn_in_ascii_with_a_dot_at_its_end",
            "RFC 4702 section 2.3.1",
            81,
            b"\x01\0\0pc.",
            name(1, "pc.", ascii),
        ),
        value(
            "fqdn_in_ascii_without_a_name",
            "RFC 4702 section 2.3.1",
            81,
            &[1, 0, 0],
            name(1, "", ascii),
        ),
        value(
            "fqdn_with_reserved_flags",
            "RFC 4702 section 2.1",
            81,
            b"\xf8\0\0pc",
            name(248, "pc", ascii),
        ),
        value(
            "fqdn_with_reserved_flags_in_wire_format",
            "RFC 4702 section 2.1",
            81,
            b"\xfc\0\0\x02pc\0",
            name(252, "pc.", full),
        ),
        value(
            "fqdn_keeps_its_capitals",
            "RFC 4343 section 3",
            81,
            b"\x04\0\0\x02Pc\0",
            name(4, "Pc.", full),
        ),
    ]
}

fn bad_names_of_clients() -> Vec<Case> {
    let bad = |kind: &str| json!({ "as": "fqdn", "err": kind });
    vec![
        value("fqdn_without_bytes", FQDN, 81, &[], bad("bad_length")),
        value("fqdn_of_one_byte", FQDN, 81, &[1], bad("bad_length")),
        value("fqdn_of_two_bytes", FQDN, 81, &[4, 0], bad("bad_length")),
        value(
            "fqdn_with_a_label_that_is_cut",
            LABEL,
            81,
            b"\x04\0\0\x05ab",
            bad("truncated"),
        ),
        value(
            "fqdn_with_a_second_label_that_is_cut",
            LABEL,
            81,
            b"\x04\0\0\x02ab\x01",
            bad("truncated"),
        ),
        value(
            "fqdn_with_a_label_of_64",
            LABEL,
            81,
            &[&[4, 0, 0, 64][..], &[b'a'; 65]].concat(),
            bad("bad_name"),
        ),
        value(
            "fqdn_with_a_label_of_type_2",
            LABEL,
            81,
            &[4, 0, 0, 0x80, 1, 0],
            bad("bad_name"),
        ),
        value(
            "fqdn_with_a_pointer",
            "RFC 4702 section 2.3",
            81,
            &[4, 0, 0, 1, b'a', 0xc0, 3],
            bad("bad_pointer"),
        ),
    ]
}

fn searches() -> Vec<Case> {
    let names = |names: &[&str]| json!({ "as": "domain_list", "ok": names });
    vec![
        value(
            "one_search_domain",
            NAMES,
            119,
            b"\x07example\x03net\0",
            names(&["example.net."]),
        ),
        value(
            "two_search_domains",
            NAMES,
            119,
            b"\x01a\x03net\0\x01b\x03org\0",
            names(&["a.net.", "b.org."]),
        ),
        value("the_root_as_search_domain", NAMES, 119, &[0], names(&["."])),
        value(
            "a_pointer_to_the_first_name",
            POINTER,
            119,
            b"\x03net\0\x01a\xc0\0",
            names(&["net.", "a.net."]),
        ),
        value(
            "a_pointer_to_a_suffix",
            POINTER,
            119,
            b"\x01a\x03net\0\x01b\xc0\x02",
            names(&["a.net.", "b.net."]),
        ),
        value(
            "a_name_that_is_a_pointer",
            POINTER,
            119,
            b"\x01a\x03net\0\xc0\x02",
            names(&["a.net.", "net."]),
        ),
        value(
            "a_pointer_to_a_pointer",
            POINTER,
            119,
            b"\x03net\0\x01a\xc0\0\x01b\xc0\x05",
            names(&["net.", "a.net.", "b.a.net."]),
        ),
        value(
            "a_pointer_to_a_root",
            POINTER,
            119,
            b"\x01a\0\x01b\xc0\x02",
            names(&["a.", "b."]),
        ),
        value(
            "the_same_name_three_times",
            POINTER,
            119,
            b"\x01a\0\xc0\0\xc0\0",
            names(&["a.", "a.", "a."]),
        ),
        value(
            "a_label_of_63",
            LABEL,
            119,
            &[&[63][..], &[b'x'; 63], &[0]].concat(),
            names(&[&format!("{}.", "x".repeat(63))]),
        ),
        value(
            "names_keep_their_capitals",
            "RFC 4343 section 3",
            119,
            b"\x03NeT\0",
            names(&["NeT."]),
        ),
    ]
}

fn bad_searches() -> Vec<Case> {
    let bad = |kind: &str| json!({ "as": "domain_list", "err": kind });
    vec![
        value("no_search_domain", NAMES, 119, &[], bad("bad_length")),
        value(
            "a_search_domain_without_its_root",
            LABEL,
            119,
            b"\x03net",
            bad("truncated"),
        ),
        value(
            "a_search_label_that_is_cut",
            LABEL,
            119,
            b"\x01a\0\x07exam",
            bad("truncated"),
        ),
        value("half_a_pointer", POINTER, 119, b"\x01a\0\x01b\xc0", bad("truncated")),
        value("a_search_label_of_type_1", LABEL, 119, &[0x41, 1, 0], bad("bad_name")),
        value(
            "a_search_label_of_type_2",
            LABEL,
            119,
            &[1, b'a', 0, 0xbf, 0],
            bad("bad_name"),
        ),
        value(
            "a_pointer_to_itself_after_a_name",
            POINTER,
            119,
            b"\x01a\0\xc0\x03",
            bad("bad_pointer"),
        ),
        value(
            "a_pointer_to_the_start_of_its_own_name",
            POINTER,
            119,
            b"\x01a\xc0\0",
            bad("bad_pointer"),
        ),
        value(
            "a_pointer_into_its_own_name",
            POINTER,
            119,
            b"\x01z\0\x01a\x01b\xc0\x05",
            bad("bad_pointer"),
        ),
        value(
            "two_pointers_at_each_other",
            POINTER,
            119,
            b"\xc0\x02\xc0\0",
            bad("bad_pointer"),
        ),
        value(
            "a_pointer_to_the_name_after",
            POINTER,
            119,
            b"\x01a\xc0\x04\x01b\0",
            bad("bad_pointer"),
        ),
        value(
            "a_pointer_after_the_value",
            POINTER,
            119,
            b"\x01a\0\xc0\xc8",
            bad("bad_pointer"),
        ),
        value(
            "the_largest_pointer",
            POINTER,
            119,
            b"\x01a\0\xff\xff",
            bad("bad_pointer"),
        ),
    ]
}

/// A packet with `names` as option 119, in as many options as that takes.
fn search(name: &str, names: &[u8], mut entry: Value) -> Case {
    entry["code"] = 119.into();
    entry["as"] = "domain_list".into();
    let packet = discover().raw(split(119, names, 255)).option(225, "n").end();
    let options = json!([[53, "01"], [119, hex::encode(names)], [225, "6e"]]);
    case(
        name,
        LABEL,
        packet,
        json!({ "error": null, "options": options, "typed": [entry] }),
    )
}

fn long_names() -> Vec<Case> {
    let label = |length: u8| [vec![length], vec![b'x'; length.into()]].concat();
    let name = |lengths: &[u8]| -> Vec<u8> { lengths.iter().flat_map(|length| label(*length)).chain([0]).collect() };
    let dotted = |lengths: &[u8]| {
        lengths
            .iter()
            .map(|length| "x".repeat((*length).into()) + ".")
            .collect::<String>()
    };
    let full = [63, 63, 63, 61];
    let pointed = |length: u8| [name(&[63, 63, 63, 10]), label(length), vec![0xc0, 0]].concat();
    vec![
        search("a_name_of_255_bytes", &name(&full), json!({ "ok": [dotted(&full)] })),
        search(
            "a_name_of_256_bytes",
            &name(&[63, 63, 63, 62]),
            json!({ "err": "bad_name" }),
        ),
        search(
            "a_name_of_127_labels",
            &name(&[1; 127]),
            json!({ "ok": [dotted(&[1; 127])] }),
        ),
        search("a_name_of_128_labels", &name(&[1; 128]), json!({ "err": "bad_name" })),
        search(
            "a_name_of_255_bytes_over_a_pointer",
            &pointed(50),
            json!({
                "ok": [dotted(&[63, 63, 63, 10]), dotted(&[50, 63, 63, 63, 10])],
            }),
        ),
        search(
            "a_name_of_256_bytes_over_a_pointer",
            &pointed(51),
            json!({ "err": "bad_name" }),
        ),
    ]
}

/// What the RFCs leave open.
fn chosen() -> Vec<Case> {
    vec![
        // RFC 4702 section 2.3 has one name; what comes after its root belongs to none.
        choice(
            "fqdn_with_bytes_after_its_root",
            FQDN,
            discover().option(81, b"\x04\0\0\x02pc\0\x01").end(),
            json!({ "error": null, "typed": [{ "code": 81, "as": "fqdn", "err": "bad_length" }] }),
        ),
        // RFC 1035 section 5.1 and RFC 4343 section 2.1 print such bytes so that the name can be read back.
        choice(
            "a_label_with_a_dot_and_a_nul",
            LABEL,
            discover().option(119, b"\x03a.b\x02c\0\0").end(),
            json!({ "typed": [{ "code": 119, "as": "domain_list", "ok": ["a\\.b.c\\000."] }] }),
        ),
        // A pointer may lead to any byte before its own run of labels, even inside a label.
        choice(
            "a_pointer_into_a_label",
            POINTER,
            discover().option(119, b"\x03\x01b\0\0\x01a\xc0\x01").end(),
            json!({ "typed": [{ "code": 119, "as": "domain_list", "ok": ["\\001b\\000.", "a.b."] }] }),
        ),
    ]
}
