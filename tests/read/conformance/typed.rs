//! Values of one kind: addresses, numbers, flags, text, and what is wrong with them.

use serde_json::{Value, json};

use super::case::{Case, value};

pub(crate) fn cases() -> Vec<Case> {
    [
        addresses(),
        lists(),
        numbers(),
        spans(),
        flags(),
        text(),
        bad_text(),
        identities(),
        parameter_lists(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn addresses() -> Vec<Case> {
    let length = || json!({ "as": "ipv4", "err": "bad_length" });
    let address = |text: &str| json!({ "as": "ipv4", "ok": text });
    vec![
        value(
            "a_subnet_mask",
            "RFC 2132 section 3.3",
            1,
            &[255, 255, 240, 0],
            address("255.255.240.0"),
        ),
        value(
            "a_subnet_mask_with_a_hole",
            "RFC 2132 section 3.3",
            1,
            &[255, 0, 255, 0],
            address("255.0.255.0"),
        ),
        value(
            "a_requested_address",
            "RFC 2132 section 9.1",
            50,
            &[198, 51, 100, 7],
            address("198.51.100.7"),
        ),
        value(
            "a_server_identifier",
            "RFC 2132 section 9.7",
            54,
            &[203, 0, 113, 1],
            address("203.0.113.1"),
        ),
        value(
            "a_broadcast_address",
            "RFC 2132 section 5.3",
            28,
            &[255; 4],
            address("255.255.255.255"),
        ),
        value(
            "a_subnet_selection",
            "RFC 3011 section 2",
            118,
            &[192, 0, 2, 0],
            address("192.0.2.0"),
        ),
        value("an_address_without_bytes", "RFC 2132 section 9.1", 50, &[], length()),
        value("an_address_of_one_byte", "RFC 2132 section 9.7", 54, &[192], length()),
        value(
            "an_address_of_three_bytes",
            "RFC 2132 section 9.1",
            50,
            &[192, 0, 2],
            length(),
        ),
        value(
            "an_address_of_five_bytes",
            "RFC 2132 section 9.7",
            54,
            &[192, 0, 2, 1, 0],
            length(),
        ),
        value(
            "an_address_of_sixteen_bytes",
            "RFC 2132 section 9.1",
            50,
            &[0; 16],
            length(),
        ),
    ]
}

fn lists() -> Vec<Case> {
    let length = || json!({ "as": "ipv4_list", "err": "bad_length" });
    let list = |addresses: &[&str]| json!({ "as": "ipv4_list", "ok": addresses });
    vec![
        value(
            "one_router",
            "RFC 2132 section 3.5",
            3,
            &[192, 0, 2, 1],
            list(&["192.0.2.1"]),
        ),
        value(
            "two_ntp_servers_in_order",
            "RFC 2132 section 8.3",
            42,
            &[198, 51, 100, 2, 192, 0, 2, 1],
            list(&["198.51.100.2", "192.0.2.1"]),
        ),
        value(
            "three_netbios_name_servers",
            "RFC 2132 section 8.5",
            44,
            &[10, 0, 0, 1, 10, 0, 0, 2, 10, 0, 0, 3],
            list(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        ),
        value(
            "sixty_three_dns_servers",
            "RFC 2132 section 3.8",
            6,
            &[192, 0, 2, 53].repeat(63),
            list(&["192.0.2.53"; 63]),
        ),
        value(
            "tftp_servers_of_option_150",
            "RFC 5859 section 3",
            150,
            &[192, 0, 2, 69],
            list(&["192.0.2.69"]),
        ),
        value("no_dns_server", "RFC 2132 section 3.8", 6, &[], length()),
        value(
            "three_bytes_of_a_router",
            "RFC 2132 section 3.5",
            3,
            &[192, 0, 2],
            length(),
        ),
        value(
            "five_bytes_of_dns_servers",
            "RFC 2132 section 3.8",
            6,
            &[192, 0, 2, 53, 192],
            length(),
        ),
        value(
            "six_bytes_of_ntp_servers",
            "RFC 2132 section 8.3",
            42,
            &[192, 0, 2, 1, 192, 0],
            length(),
        ),
        value(
            "two_hundred_and_fifty_five_bytes",
            "RFC 2132 section 3.5",
            3,
            &[1; 255],
            length(),
        ),
        // RFC 2132 section 8.13 has this one list that may be empty.
        value("no_home_agent", "RFC 2132 section 8.13", 68, &[], list(&[])),
    ]
}

fn numbers() -> Vec<Case> {
    let ok = |kind: &str, number: Value| json!({ "as": kind, "ok": number });
    let length = |kind: &str| json!({ "as": kind, "err": "bad_length" });
    vec![
        value("a_default_ttl", "RFC 2132 section 4.5", 23, &[64], ok("u8", json!(64))),
        value(
            "a_tcp_ttl_of_255",
            "RFC 2132 section 7.1",
            37,
            &[255],
            ok("u8", json!(255)),
        ),
        value("a_ttl_without_bytes", "RFC 2132 section 4.5", 23, &[], length("u8")),
        value("a_ttl_of_two_bytes", "RFC 2132 section 7.1", 37, &[0, 64], length("u8")),
        value(
            "an_interface_mtu",
            "RFC 2132 section 5.1",
            26,
            &[0x23, 0x28],
            ok("u16", json!(9000)),
        ),
        value(
            "a_maximum_message_size",
            "RFC 2132 section 9.10",
            57,
            &[0xff, 0xff],
            ok("u16", json!(65_535)),
        ),
        value(
            "a_boot_file_size",
            "RFC 2132 section 3.15",
            13,
            &[0, 1],
            ok("u16", json!(1)),
        ),
        value("an_mtu_of_one_byte", "RFC 2132 section 5.1", 26, &[255], length("u16")),
        value(
            "a_message_size_of_three_bytes",
            "RFC 2132 section 9.10",
            57,
            &[0, 5, 220],
            length("u16"),
        ),
        value(
            "a_message_size_without_bytes",
            "RFC 2132 section 9.10",
            57,
            &[],
            length("u16"),
        ),
    ]
}

fn spans() -> Vec<Case> {
    let span = |seconds: u32| json!({ "as": "u32", "ok": seconds });
    let length = || json!({ "as": "u32", "err": "bad_length" });
    vec![
        value(
            "a_lease_time",
            "RFC 2132 section 9.2",
            51,
            &[0, 0, 0x1c, 0x20],
            span(7200),
        ),
        value(
            "an_infinite_lease",
            "RFC 2131 section 3.3",
            51,
            &[255; 4],
            span(4_294_967_295),
        ),
        value(
            "a_renewal_time",
            "RFC 2132 section 9.11",
            58,
            &[0, 0, 14, 16],
            span(3600),
        ),
        value(
            "a_rebinding_time",
            "RFC 2132 section 9.12",
            59,
            &[1, 0, 0, 0],
            span(16_777_216),
        ),
        value(
            "ipv6_only_preferred",
            "RFC 8925 section 3.1",
            108,
            &[0, 0, 1, 44],
            span(300),
        ),
        value(
            "a_lease_time_of_three_bytes",
            "RFC 2132 section 9.2",
            51,
            &[0, 14, 16],
            length(),
        ),
        value(
            "a_lease_time_of_eight_bytes",
            "RFC 2132 section 9.2",
            51,
            &[0; 8],
            length(),
        ),
        value(
            "a_renewal_time_without_bytes",
            "RFC 2132 section 9.11",
            58,
            &[],
            length(),
        ),
    ]
}

fn flags() -> Vec<Case> {
    vec![
        value(
            "rapid_commit",
            "RFC 4039 section 4",
            80,
            &[],
            json!({ "as": "flag", "ok": true }),
        ),
        value(
            "rapid_commit_with_an_byte",
            "RFC 4039 section 4",
            80,
            &[0],
            json!({ "as": "flag", "err": "bad_length" }),
        ),
        value(
            "rapid_commit_with_four_bytes",
            "RFC 4039 section 4",
            80,
            &[1; 4],
            json!({
                "as": "flag", "err": "bad_length",
            }),
        ),
        value(
            "overload_1_as_a_value",
            "RFC 2132 section 9.3",
            52,
            &[1],
            json!({ "as": "overload", "ok": 1 }),
        ),
        value(
            "overload_4_as_a_value",
            "RFC 2132 section 9.3",
            52,
            &[4],
            json!({ "as": "overload", "err": "bad_value" }),
        ),
        value(
            "overload_of_two_bytes_as_a_value",
            "RFC 2132 section 9.3",
            52,
            &[1, 2],
            json!({
                "as": "overload", "err": "bad_length",
            }),
        ),
    ]
}

fn text() -> Vec<Case> {
    let text = |text: &str| json!({ "as": "string", "ok": text });
    vec![
        value(
            "a_host_name",
            "RFC 2132 section 3.14",
            12,
            b"printer-3",
            text("printer-3"),
        ),
        value(
            "a_host_name_with_a_nul",
            "RFC 2132 section 2",
            12,
            b"printer\0",
            text("printer"),
        ),
        value(
            "a_domain_name_with_four_nuls",
            "RFC 2132 section 2",
            15,
            b"example.net\0\0\0\0",
            text("example.net"),
        ),
        value(
            "a_nul_inside_a_text_stays",
            "RFC 2132 section 2",
            17,
            b"a\0b\0",
            text("a\0b"),
        ),
        value("a_text_of_blanks_stays", "RFC 2132 section 3.14", 12, b"  ", text("  ")),
        value(
            "a_text_with_a_line_feed_stays",
            "RFC 2132 section 9.9",
            56,
            b"no\nlease",
            text("no\nlease"),
        ),
        value(
            "a_root_path",
            "RFC 2132 section 3.19",
            17,
            b"192.0.2.5:/nfs,v3",
            text("192.0.2.5:/nfs,v3"),
        ),
        value(
            "a_class_identifier",
            "RFC 2132 section 9.13",
            60,
            b"MSFT 5.0",
            text("MSFT 5.0"),
        ),
        value(
            "a_tftp_server_name",
            "RFC 2132 section 9.4",
            66,
            b"tftp.example",
            text("tftp.example"),
        ),
        value(
            "a_captive_portal",
            "RFC 8910 section 2.1",
            114,
            b"https://portal.example/api",
            text("https://portal.example/api"),
        ),
        value(
            "a_proxy_url_with_a_nul",
            "draft-ietf-wrec-wpad-01 section 4.4.1",
            252,
            b"http://wpad/wpad.dat\0",
            text("http://wpad/wpad.dat"),
        ),
        value(
            "a_text_in_utf_8",
            "RFC 2132 section 3.14",
            12,
            "größe".as_bytes(),
            text("größe"),
        ),
        // One NUL meets the least length, and is trimmed all the same: text that is there and empty.
        value("a_text_of_one_nul", "RFC 2132 section 2", 12, b"\0", text("")),
    ]
}

fn bad_text() -> Vec<Case> {
    let length = || json!({ "as": "string", "err": "bad_length" });
    vec![
        value("a_text_without_bytes", "RFC 2132 section 3.14", 12, &[], length()),
        value(
            "a_domain_name_without_bytes",
            "RFC 2132 section 3.17",
            15,
            &[],
            length(),
        ),
        value(
            "a_boot_file_name_without_bytes",
            "RFC 2132 section 9.5",
            67,
            &[],
            length(),
        ),
        value(
            "a_text_that_is_not_utf_8",
            "RFC 2132 section 3.14",
            12,
            b"\xc4rger",
            json!({
                "as": "bytes", "ok": "c472676572",
            }),
        ),
    ]
}

fn parameter_lists() -> Vec<Case> {
    vec![value(
        "a_parameter_list",
        "RFC 2132 section 9.8",
        55,
        &[1, 121, 3, 249],
        json!({
            "as": "bytes", "ok": "017903f9",
        }),
    )]
}

fn identities() -> Vec<Case> {
    let id = |kind: u8, bytes: &str| json!({ "as": "client_id", "ok": [kind, bytes] });
    let length = || json!({ "as": "client_id", "err": "bad_length" });
    let interface = |numbers: [u8; 3]| json!({ "as": "ndi", "ok": numbers });
    vec![
        value(
            "a_client_id_of_ethernet",
            "RFC 2132 section 9.14",
            61,
            &[1, 2, 0, 94, 0, 83, 9],
            id(1, "02005e005309"),
        ),
        value(
            "a_client_id_of_a_name",
            "RFC 2132 section 9.14",
            61,
            b"\0disk",
            id(0, "6469736b"),
        ),
        value(
            "a_client_id_of_a_duid",
            "RFC 4361 section 6.1",
            61,
            &[255, 0, 0, 0, 1, 0, 2, 0, 0, 13, 233, 7],
            id(255, "00000001000200000de907"),
        ),
        value(
            "a_client_id_of_type_255_that_is_short",
            "RFC 4361 section 6.1",
            61,
            &[255, 1],
            id(255, "01"),
        ),
        value(
            "a_client_id_of_two_bytes",
            "RFC 2132 section 9.14",
            61,
            &[0, 0],
            id(0, "00"),
        ),
        value("a_client_id_of_one_byte", "RFC 2132 section 9.14", 61, &[1], length()),
        value("a_client_id_without_bytes", "RFC 2132 section 9.14", 61, &[], length()),
        value(
            "a_client_id_of_255_bytes",
            "RFC 2132 section 9.14",
            61,
            &[7; 255],
            id(7, &"07".repeat(254)),
        ),
        value(
            "an_interface_of_undi_3_16",
            "RFC 4578 section 2.2",
            94,
            &[1, 3, 16],
            interface([1, 3, 16]),
        ),
        value(
            "an_interface_of_two_bytes",
            "RFC 4578 section 2.2",
            94,
            &[1, 3],
            json!({
                "as": "ndi", "err": "bad_length",
            }),
        ),
        value(
            "an_interface_of_four_bytes",
            "RFC 4578 section 2.2",
            94,
            &[1, 3, 16, 0],
            json!({
                "as": "ndi", "err": "bad_length",
            }),
        ),
        value(
            "an_interface_without_bytes",
            "RFC 4578 section 2.2",
            94,
            &[],
            json!({
                "as": "ndi", "err": "bad_length",
            }),
        ),
    ]
}
