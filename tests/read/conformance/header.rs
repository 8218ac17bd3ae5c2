//! The fixed header and the magic cookie (RFC 2131 section 2, RFC 951, RFC 1542).

use serde_json::json;

use super::case::{Case, case};
use dhcp_callout_support::packet::{ack, discover, reply, request};

const LAYOUT: &str = "RFC 2131 section 2";
const COOKIE: &str = "RFC 2131 section 3";

pub(crate) fn cases() -> Vec<Case> {
    [lengths(), hardware(), numbers(), names(), cookies()]
        .into_iter()
        .flatten()
        .collect()
}

fn lengths() -> Vec<Case> {
    let short = |length: usize| {
        let expect = json!({
            "header_ok": false, "header": null, "op_valid": null, "chaddr": null, "sname": null, "file": null,
            "error": "truncated_header", "error_offset": length, "raw_options": [], "raw_offsets": [],
            "end_offset": null, "overload": 0, "raw_file": [], "raw_sname": [], "options": [], "message_type": null,
        });
        case(format!("length_{length}"), LAYOUT, discover().end().cut(length), expect)
    };
    let without_cookie = |length: usize| {
        let expect = json!({
            "header_ok": true, "op_valid": true, "chaddr": "02005e00532a", "error": "no_cookie", "error_offset": 236,
            "raw_options": [], "options": [], "end_offset": null, "overload": 0, "message_type": null,
        });
        case(format!("length_{length}"), COOKIE, discover().end().cut(length), expect)
    };
    vec![
        short(0),
        short(1),
        short(28),
        short(44),
        short(107),
        short(235),
        without_cookie(236),
        without_cookie(237),
        without_cookie(239),
        case(
            "length_240_has_no_options",
            "RFC 2132 section 2",
            request(),
            json!({
                "header_ok": true, "error": null, "error_offset": null, "raw_options": [], "raw_offsets": [],
                "end_offset": null, "options": [], "message_type": null, "overload": 0,
            }),
        ),
        case(
            "length_241_is_an_end",
            "RFC 2132 section 3.2",
            request().end(),
            json!({ "error": null, "raw_options": [], "end_offset": 240, "message_type": null }),
        ),
        case(
            "padded_to_the_300_bytes_of_bootp",
            "RFC 1542 section 2.1",
            discover().end().pads(56),
            json!({ "error": null, "options": [[53, "01"]], "end_offset": 243, "message_type": 1 }),
        ),
    ]
}

fn hardware() -> Vec<Case> {
    let full: Vec<u8> = (0xa0..0xb0).collect();
    let of_length = |hlen: u8, expect: serde_json::Value| {
        let packet = discover().hlen(hlen).chaddr(&full).sname("sixteen").end();
        let expect = json!({
            "header": { "hlen": hlen }, "chaddr": expect, "sname": "7369787465656e", "error": null, "message_type": 1,
        });
        case(format!("hlen_{hlen}_of_16_bytes"), LAYOUT, packet, expect)
    };
    vec![
        of_length(0, json!("")),
        of_length(1, json!("a0")),
        of_length(6, json!("a0a1a2a3a4a5")),
        of_length(8, json!("a0a1a2a3a4a5a6a7")),
        of_length(15, json!("a0a1a2a3a4a5a6a7a8a9aaabacadae")),
        of_length(16, json!("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")),
        of_length(17, json!(null)),
        of_length(80, json!(null)),
        of_length(255, json!(null)),
        case(
            "infiniband_sends_no_hardware_address",
            "RFC 4390 section 2.1",
            discover().htype(32).hlen(0).chaddr(&[0; 16]).flags(0x8000).end(),
            json!({ "header": { "htype": 32, "hlen": 0, "broadcast": true }, "chaddr": "", "error": null }),
        ),
        case(
            "hardware_type_0_and_255_are_kept",
            "RFC 2131 section 2",
            discover().htype(255).end(),
            json!({ "header": { "htype": 255 }, "chaddr": "02005e00532a" }),
        ),
        case(
            "ethernet_with_a_long_address_shows_what_hlen_says",
            LAYOUT,
            discover().htype(1).hlen(7).chaddr(&full).end(),
            json!({ "header": { "htype": 1, "hlen": 7 }, "chaddr": "a0a1a2a3a4a5a6" }),
        ),
    ]
}

fn numbers() -> Vec<Case> {
    let operation = |op: u8, valid: bool| {
        let expect = json!({
            "header": { "op": op }, "op_valid": valid, "error": null, "options": [[53, "01"]], "message_type": 1,
        });
        case(format!("op_{op}"), "RFC 951 section 3", discover().op(op).end(), expect)
    };
    let flags = |flags: u16, broadcast: bool| {
        let expect = json!({ "header": { "flags": flags, "broadcast": broadcast, "secs": 0 }, "error": null });
        case(
            format!("flags_{flags:04x}"),
            "RFC 2131 section 2, figure 2",
            discover().flags(flags).end(),
            expect,
        )
    };
    vec![
        operation(0, false),
        operation(1, true),
        operation(2, true),
        operation(4, false),
        operation(255, false),
        flags(0x0000, false),
        flags(0x8000, true),
        flags(0x0001, false),
        flags(0x4000, false),
        flags(0xffff, true),
        case(
            "numbers_have_the_high_byte_first",
            "RFC 2131 section 2",
            discover().xid(0x0102_0304).secs(0x0506).flags(0x8700).end(),
            json!({ "header": { "xid": 16_909_060, "secs": 1286, "flags": 34_560, "broadcast": true } }),
        ),
        case(
            "the_largest_numbers",
            LAYOUT,
            discover().xid(0xffff_ffff).secs(0xffff).hops(255).end(),
            json!({ "header": { "xid": 4_294_967_295_u32, "secs": 65_535, "hops": 255 } }),
        ),
        case(
            "seventeen_hops_are_shown_not_refused",
            "RFC 1542 section 4.1.1",
            discover().hops(17).giaddr([192, 0, 2, 1]).end(),
            json!({ "header": { "hops": 17, "giaddr": "c0000201" }, "error": null }),
        ),
        case(
            "each_address_has_its_place",
            LAYOUT,
            ack()
                .ciaddr([192, 0, 2, 1])
                .yiaddr([198, 51, 100, 2])
                .siaddr([203, 0, 113, 3])
                .giaddr([255, 0, 0, 4])
                .end(),
            json!({ "header": {
                "op": 2, "htype": 1, "hlen": 6, "hops": 0, "ciaddr": "c0000201", "yiaddr": "c6336402",
                "siaddr": "cb007103", "giaddr": "ff000004",
            }, "chaddr": "02005e00532a" }),
        ),
        case(
            "every_bit_of_the_header_is_set",
            LAYOUT,
            reply()
                .cut(0)
                .raw([0xff; 236])
                .raw([99, 130, 83, 99])
                .option(53, [6])
                .end(),
            json!({
                "header_ok": true, "op_valid": false, "chaddr": null, "sname": "ff".repeat(64),
                "file": "ff".repeat(128), "overload": 0, "error": null, "options": [[53, "06"]], "message_type": 6,
                "header": {
                    "op": 255, "htype": 255, "hlen": 255, "hops": 255, "xid": 4_294_967_295_u32, "secs": 65_535,
                    "flags": 65_535, "broadcast": true, "ciaddr": "ffffffff", "yiaddr": "ffffffff",
                    "siaddr": "ffffffff", "giaddr": "ffffffff",
                },
            }),
        ),
    ]
}

fn names() -> Vec<Case> {
    vec![
        case(
            "sname_and_file_end_at_a_nul",
            LAYOUT,
            ack().sname("boot").file("pxelinux.0").end(),
            json!({ "sname": "626f6f74", "file": "7078656c696e75782e30", "overload": 0 }),
        ),
        case(
            "what_is_after_the_nul_is_no_name",
            LAYOUT,
            ack().sname(b"a\0bc").file(b"\0de").end(),
            json!({ "sname": "61", "file": "" }),
        ),
        case(
            "sname_without_a_nul_does_not_run_into_file",
            LAYOUT,
            ack().sname([b's'; 64]).file("file").end(),
            json!({ "sname": "73".repeat(64), "file": "66696c65" }),
        ),
        case(
            "file_without_a_nul_does_not_run_into_the_cookie",
            LAYOUT,
            ack().file([b'f'; 128]).end(),
            json!({ "sname": "", "file": "66".repeat(128), "error": null, "end_offset": 243 }),
        ),
        case(
            "names_need_not_be_ascii",
            LAYOUT,
            ack().sname(b"\xe9t\xe9").file(b"\x01\xff\x7f").end(),
            json!({ "sname": "e974e9", "file": "01ff7f" }),
        ),
        case(
            "a_long_hardware_address_does_not_run_into_sname",
            LAYOUT,
            discover().hlen(18).chaddr(&[1; 16]).sname([2; 64]).end(),
            json!({ "chaddr": null, "sname": "02".repeat(64) }),
        ),
    ]
}

fn cookies() -> Vec<Case> {
    let wrong = |name: &'static str, cookie: [u8; 4]| {
        let packet = discover().cookie(cookie).sname("srv").option(12, "lost").end();
        let expect = json!({
            "header_ok": true, "op_valid": true, "chaddr": "02005e00532a", "sname": "737276", "file": "",
            "error": "bad_cookie", "error_offset": 236, "raw_options": [], "raw_offsets": [], "end_offset": null,
            "overload": 0, "options": [], "message_type": null,
        });
        case(name, COOKIE, packet, expect)
    };
    vec![
        wrong("cookie_with_another_last_byte", [99, 130, 83, 98]),
        wrong("cookie_with_another_first_byte", [98, 130, 83, 99]),
        wrong("cookie_with_the_low_byte_first", [99, 83, 130, 99]),
        wrong("cookie_of_zeros", [0; 4]),
        wrong("cookie_of_the_cmu_vendor_area", *b"CMU\0"),
        case(
            "cookie_one_byte_late",
            COOKIE,
            request().cookie([0, 99, 130, 83]).raw([99, 53, 1, 1, 255]),
            json!({ "error": "bad_cookie", "error_offset": 236, "options": [], "message_type": null }),
        ),
        case(
            "bootp_without_a_cookie_in_64_bytes_of_vend",
            "RFC 951 section 3",
            reply()
                .cookie([0; 4])
                .pads(60)
                .yiaddr([192, 0, 2, 9])
                .file("/bootimage"),
            json!({
                "header": { "yiaddr": "c0000209" }, "file": "2f626f6f74696d616765", "error": "bad_cookie",
                "error_offset": 236, "options": [], "message_type": null,
            }),
        ),
        case(
            "bootp_with_vendor_extensions_has_no_message_type",
            "RFC 1497, RFC 1534 section 2",
            reply()
                .option(1, [255, 255, 255, 0])
                .option(3, [192, 0, 2, 1])
                .end()
                .pads(47),
            json!({
                "error": null, "options": [[1, "ffffff00"], [3, "c0000201"]], "end_offset": 252, "message_type": null,
            }),
        ),
        case(
            "a_wrong_cookie_hides_option_52",
            COOKIE,
            reply()
                .cookie([1, 2, 3, 4])
                .file([12, 1, b'x', 255])
                .option(52, [1])
                .end(),
            json!({ "error": "bad_cookie", "overload": 0, "file": "0c0178ff", "raw_file": [], "options": [] }),
        ),
    ]
}
