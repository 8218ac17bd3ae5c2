//! Values with a layout inside: routes, and options within options.

use serde_json::{Value, json};

use super::case::{Case, value};
use dhcp_callout_support::packet::END;

const ROUTES: &str = "RFC 3442";
const CLASSES: &str = "RFC 3925 section 3";
const USER_CLASSES: &str = "RFC 3004 section 4; [MS-DHCPE] section 2.2.6";
const VENDORS: &str = "RFC 3925 section 4";
const VENDOR: &str = "RFC 2132 section 8.4";

pub(crate) fn cases() -> Vec<Case> {
    [
        routes(),
        bad_routes(),
        user_classes(),
        vendor_classes(),
        vendor_options(),
        vendor_specific(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn routes() -> Vec<Case> {
    let routes = |routes: &[(&str, &str)]| json!({ "as": "classless_routes", "ok": routes });
    let via = "192.0.2.1";
    vec![
        value(
            "a_default_route",
            ROUTES,
            121,
            &[0, 192, 0, 2, 1],
            routes(&[("0.0.0.0/0", via)]),
        ),
        value(
            "a_route_of_8_bits",
            ROUTES,
            121,
            &[8, 10, 192, 0, 2, 1],
            routes(&[("10.0.0.0/8", via)]),
        ),
        value(
            "a_route_of_9_bits",
            ROUTES,
            121,
            &[9, 10, 128, 192, 0, 2, 1],
            routes(&[("10.128.0.0/9", via)]),
        ),
        value(
            "a_route_of_17_bits",
            ROUTES,
            121,
            &[17, 10, 1, 128, 192, 0, 2, 1],
            routes(&[("10.1.128.0/17", via)]),
        ),
        value(
            "a_route_of_25_bits",
            ROUTES,
            121,
            &[25, 10, 1, 2, 128, 192, 0, 2, 1],
            routes(&[("10.1.2.128/25", via)]),
        ),
        value(
            "a_route_to_one_host",
            ROUTES,
            121,
            &[32, 10, 1, 2, 3, 192, 0, 2, 1],
            routes(&[("10.1.2.3/32", via)]),
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
                ("10.9.8.0/24", via),
                ("0.0.0.0/0", "192.0.2.2"),
                ("128.0.0.0/1", "192.0.2.3"),
            ]),
        ),
        value(
            "routes_of_option_249",
            "[MS-DHCPE] section 2.2.8",
            249,
            &[8, 10, 192, 0, 2, 1],
            routes(&[("10.0.0.0/8", via)]),
        ),
        // "When the client derives the subnet number it must zero the bits after the mask."
        value(
            "a_route_with_bits_after_its_mask",
            ROUTES,
            121,
            &[20, 10, 1, 255, 192, 0, 2, 1],
            routes(&[("10.1.240.0/20", via)]),
        ),
    ]
}

fn bad_routes() -> Vec<Case> {
    let bad = |kind: &str| json!({ "as": "classless_routes", "err": kind });
    vec![
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
            "a_bad_route_after_a_good_one",
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

fn user_classes() -> Vec<Case> {
    let classes = |classes: &[&str]| {
        let digits: Vec<_> = classes.iter().map(hex::encode).collect();
        json!({ "as": "user_class", "ok": digits })
    };
    vec![
        value(
            "user_classes_in_a_list",
            USER_CLASSES,
            77,
            b"\x03lab\x07printer",
            classes(&["lab", "printer"]),
        ),
        value(
            "a_bare_user_class",
            USER_CLASSES,
            77,
            b"BOOTP.Microsoft",
            classes(&["BOOTP.Microsoft"]),
        ),
        value("a_bare_user_class_of_one_byte", USER_CLASSES, 77, b"7", classes(&["7"])),
        value(
            "a_list_of_user_classes_that_is_cut_is_one_class",
            USER_CLASSES,
            77,
            b"\x03lab\x07print",
            classes(&["\x03lab\x07print"]),
        ),
        value(
            "a_list_with_an_empty_user_class_is_one_class",
            USER_CLASSES,
            77,
            b"\x03lab\0",
            classes(&["\x03lab\0"]),
        ),
        value(
            "no_user_class",
            USER_CLASSES,
            77,
            &[],
            json!({ "as": "user_class", "err": "bad_length" }),
        ),
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
            "vendor_bytes_without_an_end",
            VENDOR,
            43,
            &[1, 2, 7, 8, 241, 1, 9],
            options(json!([[1, "0708"], [241, "09"],])),
        ),
        value(
            "filling_between_vendor_bytes",
            VENDOR,
            43,
            &[0, 0, 1, 1, 7, 0, 2, 0, 0],
            options(json!([[1, "07"], [2, ""],])),
        ),
        value(
            "what_is_after_the_end_is_not_read",
            VENDOR,
            43,
            &[1, 1, 7, END, 2, 99],
            options(json!([[1, "07"]])),
        ),
        value(
            "vendor_bytes_of_filling_only",
            VENDOR,
            43,
            &[0, 0, 0],
            options(json!([])),
        ),
        value("vendor_bytes_of_an_end_only", VENDOR, 43, &[END], options(json!([]))),
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
            "vendor_bytes_that_are_text",
            VENDOR,
            43,
            b"http://acs.example",
            bad("suboption_truncated"),
        ),
        // RFC 2132 section 8.4: "Its minimum length is 1."
        value("no_vendor_bytes", VENDOR, 43, &[], bad("bad_length")),
    ]
}
