//! Values with a layout inside: names, routes, and options within options.

use serde_json::{Value, json};

use crate::case::{Case, case, choice, value};
use crate::packet::{END, discover, split};

const FQDN: &str = "RFC 4702 section 2";
const NAMES: &str = "RFC 3397 section 2";
const POINTER: &str = "RFC 1035 section 4.1.4";
const LABEL: &str = "RFC 1035 section 3.1";
const ROUTES: &str = "RFC 3442";
const CLASSES: &str = "RFC 3925 section 3";
const VENDORS: &str = "RFC 3925 section 4";
const VENDOR: &str = "RFC 2132 section 8.4";

pub(crate) fn cases() -> Vec<Case> {
    [
        names_of_clients(),
        bad_names_of_clients(),
        searches(),
        bad_searches(),
        long_names(),
    ]
    .into_iter()
    .chain([routes(), vendor_classes(), vendor_options(), vendor_specific()])
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
        value("fqdn_without_octets", FQDN, 81, &[], bad("bad_length")),
        value("fqdn_of_one_octet", FQDN, 81, &[1], bad("bad_length")),
        value("fqdn_of_two_octets", FQDN, 81, &[4, 0], bad("bad_length")),
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
            "a_pointer_to_itself_behind_a_name",
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
            "a_pointer_to_the_name_behind",
            POINTER,
            119,
            b"\x01a\xc0\x04\x01b\0",
            bad("bad_pointer"),
        ),
        value(
            "a_pointer_behind_the_value",
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
fn search(name: &str, names: &[u8], expect: Value) -> Case {
    let mut entry = json!({ "code": 119, "as": "domain_list" });
    entry
        .as_object_mut()
        .unwrap()
        .extend(expect.as_object().unwrap().clone());
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
        search("a_name_of_255_octets", &name(&full), json!({ "ok": [dotted(&full)] })),
        search(
            "a_name_of_256_octets",
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
            "a_name_of_255_octets_over_a_pointer",
            &pointed(50),
            json!({
                "ok": [dotted(&[63, 63, 63, 10]), dotted(&[50, 63, 63, 63, 10])],
            }),
        ),
        search(
            "a_name_of_256_octets_over_a_pointer",
            &pointed(51),
            json!({ "err": "bad_name" }),
        ),
    ]
}

fn routes() -> Vec<Case> {
    let routes = |routes: &[(&str, &str)]| json!({ "as": "classless_routes", "ok": routes });
    let bad = |kind: &str| json!({ "as": "classless_routes", "err": kind });
    let router = "192.0.2.1";
    vec![
        value(
            "a_default_route",
            ROUTES,
            121,
            &[0, 192, 0, 2, 1],
            routes(&[("0.0.0.0/0", router)]),
        ),
        value(
            "a_route_of_8_bits",
            ROUTES,
            121,
            &[8, 10, 192, 0, 2, 1],
            routes(&[("10.0.0.0/8", router)]),
        ),
        value(
            "a_route_of_9_bits",
            ROUTES,
            121,
            &[9, 10, 128, 192, 0, 2, 1],
            routes(&[("10.128.0.0/9", router)]),
        ),
        value(
            "a_route_of_17_bits",
            ROUTES,
            121,
            &[17, 10, 1, 128, 192, 0, 2, 1],
            routes(&[("10.1.128.0/17", router)]),
        ),
        value(
            "a_route_of_25_bits",
            ROUTES,
            121,
            &[25, 10, 1, 2, 128, 192, 0, 2, 1],
            routes(&[("10.1.2.128/25", router)]),
        ),
        value(
            "a_route_to_one_host",
            ROUTES,
            121,
            &[32, 10, 1, 2, 3, 192, 0, 2, 1],
            routes(&[("10.1.2.3/32", router)]),
        ),
        value(
            "a_route_on_the_link",
            ROUTES,
            121,
            &[16, 10, 1, 0, 0, 0, 0],
            routes(&[("10.1.0.0/16", "0.0.0.0")]),
        ),
        value(
            "three_routes_in_order",
            ROUTES,
            121,
            &[24, 10, 9, 8, 192, 0, 2, 1, 0, 192, 0, 2, 2, 1, 128, 192, 0, 2, 3],
            routes(&[
                ("10.9.8.0/24", router),
                ("0.0.0.0/0", "192.0.2.2"),
                ("128.0.0.0/1", "192.0.2.3"),
            ]),
        ),
        value(
            "routes_of_option_249",
            "[MS-DHCPE] section 2.2.8",
            249,
            &[8, 10, 192, 0, 2, 1],
            routes(&[("10.0.0.0/8", router)]),
        ),
        // "When the client derives the subnet number it must zero the bits behind the mask."
        value(
            "a_route_with_bits_behind_its_mask",
            ROUTES,
            121,
            &[20, 10, 1, 255, 192, 0, 2, 1],
            routes(&[("10.1.240.0/20", router)]),
        ),
        value("no_route", ROUTES, 121, &[], bad("bad_length")),
        value(
            "a_route_of_33_bits",
            ROUTES,
            121,
            &[33, 10, 1, 2, 3, 4, 192, 0, 2, 1],
            bad("bad_prefix"),
        ),
        value("a_route_of_255_bits", ROUTES, 249, &[255; 9], bad("bad_prefix")),
        value(
            "a_bad_route_behind_a_good_one",
            ROUTES,
            121,
            &[0, 192, 0, 2, 1, 64, 1, 2, 3, 4, 5],
            bad("bad_prefix"),
        ),
        value("a_destination_that_is_cut", ROUTES, 121, &[32, 10, 1], bad("truncated")),
        value(
            "a_route_without_its_router",
            ROUTES,
            121,
            &[24, 10, 1, 2],
            bad("truncated"),
        ),
        value(
            "a_second_route_that_is_cut",
            ROUTES,
            121,
            &[0, 192, 0, 2, 1, 24, 10, 1, 2, 192],
            bad("truncated"),
        ),
        value("a_route_of_a_width_alone", ROUTES, 249, &[0], bad("truncated")),
    ]
}

fn vendor_classes() -> Vec<Case> {
    let classes = |classes: Value| json!({ "as": "vivco", "ok": classes });
    let bad = |kind: &str| json!({ "as": "vivco", "err": kind });
    vec![
        value(
            "one_vendor_class",
            CLASSES,
            124,
            b"\0\0\x0d\xe9\x04\x03abc",
            classes(json!([[3561, "03616263"]])),
        ),
        value(
            "two_vendors_with_classes",
            CLASSES,
            124,
            b"\0\0\x01\x37\x02\x01a\xff\xff\xff\xff\x02\x01b",
            classes(json!([[311, "0161"], [4_294_967_295_u32, "0162"]])),
        ),
        value(
            "a_vendor_without_classes",
            CLASSES,
            124,
            &[0, 0, 1, 55, 0],
            classes(json!([[311, ""]])),
        ),
        value("no_vendor_class", CLASSES, 124, &[], bad("bad_length")),
        value(
            "a_vendor_number_that_is_cut",
            CLASSES,
            124,
            &[0, 0, 1],
            bad("truncated"),
        ),
        value(
            "a_vendor_without_a_length",
            CLASSES,
            124,
            &[0, 0, 1, 55],
            bad("truncated"),
        ),
        value(
            "a_vendor_class_that_is_cut",
            CLASSES,
            124,
            &[0, 0, 1, 55, 3, 2, b'a'],
            bad("truncated"),
        ),
        value(
            "a_second_vendor_that_is_cut",
            CLASSES,
            124,
            &[0, 0, 1, 55, 0, 0, 0],
            bad("truncated"),
        ),
    ]
}

fn vendor_options() -> Vec<Case> {
    let vendors = |vendors: Value| json!({ "as": "vivso", "ok": vendors });
    let bad = |kind: &str| json!({ "as": "vivso", "err": kind });
    vec![
        value(
            "one_vendor_with_two_options",
            VENDORS,
            125,
            &[0, 0, 13, 233, 7, 1, 2, 8, 9, 4, 1, 7],
            vendors(json!([[3561, [[1, "0809"], [4, "07"]]]])),
        ),
        value(
            "the_same_vendor_twice",
            VENDORS,
            125,
            &[0, 0, 1, 55, 2, 1, 0, 0, 0, 1, 55, 3, 1, 1, 5],
            vendors(json!([[311, [[1, ""]]], [311, [[1, "05"]]],])),
        ),
        value(
            "a_vendor_without_options",
            VENDORS,
            125,
            &[0, 0, 1, 55, 0],
            vendors(json!([[311, []]])),
        ),
        value(
            "vendor_options_0_and_255",
            VENDORS,
            125,
            &[0, 0, 1, 55, 5, 0, 1, 7, END, 0],
            vendors(json!([[311, [[0, "07"], [255, ""]]],])),
        ),
        value("no_vendor_options", VENDORS, 125, &[], bad("bad_length")),
        value(
            "vendor_options_with_half_a_number",
            VENDORS,
            125,
            &[0, 0],
            bad("truncated"),
        ),
        value(
            "vendor_options_without_a_length",
            VENDORS,
            125,
            &[0, 0, 1, 55],
            bad("truncated"),
        ),
        value(
            "vendor_options_that_are_cut",
            VENDORS,
            125,
            &[0, 0, 1, 55, 9, 1, 1, 7],
            bad("truncated"),
        ),
        value(
            "a_vendor_option_without_a_length",
            VENDORS,
            125,
            &[0, 0, 1, 55, 4, 1, 1, 7, 2],
            bad("suboption_no_length"),
        ),
        value(
            "a_vendor_option_that_runs_into_the_next_vendor",
            VENDORS,
            125,
            &[0, 0, 1, 55, 3, 1, 2, 7, 0, 0, 0, 9, 0],
            bad("suboption_truncated"),
        ),
    ]
}

fn vendor_specific() -> Vec<Case> {
    let options = |options: Value| json!({ "as": "vendor43", "ok": options });
    let bad = |kind: &str| json!({ "as": "vendor43", "err": kind });
    vec![
        value(
            "pxe_discovery_control",
            VENDOR,
            43,
            &[6, 1, 8, END],
            options(json!([[6, "08"]])),
        ),
        value(
            "vendor_octets_without_an_end",
            VENDOR,
            43,
            &[1, 2, 7, 8, 241, 1, 9],
            options(json!([[1, "0708"], [241, "09"],])),
        ),
        value(
            "filling_between_vendor_octets",
            VENDOR,
            43,
            &[0, 0, 1, 1, 7, 0, 2, 0, 0],
            options(json!([[1, "07"], [2, ""],])),
        ),
        value(
            "what_stands_behind_the_end_is_not_read",
            VENDOR,
            43,
            &[1, 1, 7, END, 2, 99],
            options(json!([[1, "07"]])),
        ),
        value(
            "vendor_octets_of_filling_only",
            VENDOR,
            43,
            &[0, 0, 0],
            options(json!([])),
        ),
        value("vendor_octets_of_an_end_only", VENDOR, 43, &[END], options(json!([]))),
        value(
            "the_same_vendor_code_twice",
            VENDOR,
            43,
            &[1, 1, 7, 1, 1, 8],
            options(json!([[1, "07"], [1, "08"]])),
        ),
        value(
            "a_vendor_code_alone",
            VENDOR,
            43,
            &[1, 1, 7, 2],
            bad("suboption_no_length"),
        ),
        value(
            "a_vendor_value_that_is_cut",
            VENDOR,
            43,
            &[1, 4, 7],
            bad("suboption_truncated"),
        ),
        value(
            "vendor_octets_that_are_text",
            VENDOR,
            43,
            b"http://acs.example",
            bad("suboption_truncated"),
        ),
        // RFC 2132 section 8.4: "Its minimum length is 1."
        value("no_vendor_octets", VENDOR, 43, &[], bad("bad_length")),
        // RFC 4702 section 2.3 has one name; what stands behind its root belongs to none.
        choice(
            "fqdn_with_octets_behind_its_root",
            FQDN,
            discover().option(81, b"\x04\0\0\x02pc\0\x01").end(),
            json!({ "error": null, "typed": [{ "code": 81, "as": "fqdn", "err": "bad_length" }] }),
        ),
        // RFC 1035 section 5.1 and RFC 4343 section 2.1 print such octets so that the name can be read back.
        choice(
            "a_label_with_a_dot_and_a_nul",
            LABEL,
            discover().option(119, b"\x03a.b\x02c\0\0").end(),
            json!({ "typed": [{ "code": 119, "as": "domain_list", "ok": ["a\\.b.c\\000."] }] }),
        ),
        // A pointer may lead to any octet before its own run of labels, even inside a label.
        choice(
            "a_pointer_into_a_label",
            POINTER,
            discover().option(119, b"\x03\x01b\0\0\x01a\xc0\x01").end(),
            json!({ "typed": [{ "code": 119, "as": "domain_list", "ok": ["\\001b\\000.", "a.b."] }] }),
        ),
    ]
}
