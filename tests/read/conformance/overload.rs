//! Option 52 and the fields that it turns into options (RFC 2132 section 9.3, RFC 2131 section 4.1).

use serde_json::{Value, json};

use super::case::{Case, case, choice};
use dhcp_callout_support::packet::{END, Packet, ack, discover, reply, tlv};

const OVERLOAD: &str = "RFC 2132 section 9.3";
const FIELDS: &str = "RFC 2131 section 4.1";

/// A server's message with one option in `file` and another in `sname`, but no option 52 yet.
fn both() -> Packet {
    ack().file([12, 2, b'f', b'i', END]).sname([15, 2, b's', b'n', END])
}

pub(crate) fn cases() -> Vec<Case> {
    [values(), invalid_values(), ends(), full_fields(), places(), names()]
        .into_iter()
        .flatten()
        .collect()
}

fn values() -> Vec<Case> {
    vec![
        case(
            "overload_1_is_file",
            OVERLOAD,
            both().option(52, [1]).end(),
            json!({
                "overload": 1, "raw_file": [[12, "6669"]], "raw_sname": [], "file": null, "sname": "0f02736eff",
                "options": [[53, "05"], [52, "01"], [12, "6669"]], "error": null, "end_offset": 246,
                "typed": [{ "code": 52, "as": "overload", "ok": 1 }],
            }),
        ),
        case(
            "overload_2_is_sname",
            OVERLOAD,
            both().option(52, [2]).end(),
            json!({
                "overload": 2, "raw_file": [], "raw_sname": [[15, "736e"]], "file": "0c026669ff", "sname": null,
                "options": [[53, "05"], [52, "02"], [15, "736e"]], "error": null, "end_offset": 246,
                "typed": [{ "code": 52, "as": "overload", "ok": 2 }],
            }),
        ),
        case(
            "overload_3_is_both",
            OVERLOAD,
            both().option(52, [3]).end(),
            json!({
                "overload": 3, "raw_file": [[12, "6669"]], "raw_sname": [[15, "736e"]], "file": null, "sname": null,
                "options": [[53, "05"], [52, "03"], [12, "6669"], [15, "736e"]], "error": null, "end_offset": 246,
                "typed": [{ "code": 52, "as": "overload", "ok": 3 }],
            }),
        ),
        case(
            "no_option_52_leaves_both_fields_names",
            OVERLOAD,
            both().end(),
            json!({
                "overload": 0, "raw_file": [], "raw_sname": [], "file": "0c026669ff", "sname": "0f02736eff",
                "options": [[53, "05"]],
            }),
        ),
    ]
}

/// Neither field is read as options when option 52 says something that it cannot say.
fn invalid(name: &str, rfc: &'static str, packet: Packet, bytes: &str, error: &str) -> Case {
    let expect = json!({
        "overload": null, "raw_file": [], "raw_sname": [], "file": "0c026669ff", "sname": "0f02736eff", "error": null,
        "options": [[53, "05"], [52, bytes], [51, "00000e10"]],
        "typed": [
            { "code": 52, "as": "overload", "err": error },
            { "code": 51, "as": "u32", "ok": 3600 },
        ],
    });
    case(name, rfc, packet.option(51, [0, 0, 14, 16]).end(), expect)
}

fn invalid_values() -> Vec<Case> {
    let of = |bytes: &[u8]| both().option(52, bytes);
    vec![
        invalid("overload_0", OVERLOAD, of(&[0]), "00", "bad_value"),
        invalid("overload_5_has_the_bit_of_file", OVERLOAD, of(&[5]), "05", "bad_value"),
        invalid("overload_7_has_both_bits", OVERLOAD, of(&[7]), "07", "bad_value"),
        invalid("overload_255", OVERLOAD, of(&[255]), "ff", "bad_value"),
        invalid("overload_without_bytes", OVERLOAD, of(&[]), "", "bad_length"),
        invalid(
            "overload_of_three_bytes",
            OVERLOAD,
            of(&[1, 0, 0]),
            "010000",
            "bad_length",
        ),
        // Joined as RFC 3396 has it the value has two bytes, and that is no valid one.
        invalid(
            "overload_3_twice",
            "RFC 3396 section 7",
            of(&[3]).option(52, [3]),
            "0303",
            "bad_length",
        ),
        invalid(
            "overload_that_says_two_things",
            "RFC 3396 section 7",
            of(&[1]).option(52, [2]),
            "0102",
            "bad_length",
        ),
    ]
}

fn ends() -> Vec<Case> {
    let fields = |file: &[u8], sname: &[u8]| ack().file(file).sname(sname).option(52, [3]).end();
    let nothing = json!({
        "overload": 3, "raw_file": [], "raw_sname": [], "file": null, "sname": null, "error": null, "end_offset": 246,
        "options": [[53, "05"], [52, "03"]],
    });
    vec![
        case(
            "both_fields_begin_with_end",
            FIELDS,
            fields(&[END], &[END]),
            nothing.clone(),
        ),
        case("both_fields_are_pads", FIELDS, fields(&[], &[]), nothing.clone()),
        case(
            "both_fields_are_pads_and_an_end",
            FIELDS,
            fields(&[0, 0, END], &[0, END]),
            nothing.clone(),
        ),
        case(
            "options_after_the_ends_are_none",
            FIELDS,
            fields(&[END, 12, 1, b'a'], &[END, 99]),
            nothing,
        ),
        case(
            "end_of_file_is_not_the_end_of_sname",
            FIELDS,
            fields(&[END], &[15, 1, b's', END]),
            json!({ "raw_file": [], "raw_sname": [[15, "73"]], "error": null }),
        ),
        case(
            "pads_inside_the_fields",
            "RFC 2132 section 3.1",
            fields(&[0, 0, 12, 1, b'a', 0, 15, 1, b'b'], &[0, 17, 1, b'c']),
            json!({ "raw_file": [[12, "61"], [15, "62"]], "raw_sname": [[17, "63"]], "error": null }),
        ),
        // The sender must write END; a receiver loses nothing by reading on.
        choice(
            "no_end_in_the_options_field",
            FIELDS,
            both().option(52, [3]),
            json!({
                "overload": 3, "end_offset": null, "error": null,
                "options": [[53, "05"], [52, "03"], [12, "6669"], [15, "736e"]],
            }),
        ),
        case(
            "no_end_in_the_fields",
            FIELDS,
            fields(&[12, 1, b'a'], &[15, 1, b'b']),
            json!({ "raw_file": [[12, "61"]], "raw_sname": [[15, "62"]], "error": null }),
        ),
    ]
}

fn full_fields() -> Vec<Case> {
    let last_bytes = |count: usize, option: &[u8]| [vec![0; count - option.len()].as_slice(), option].concat();
    vec![
        case(
            "file_is_exactly_full",
            FIELDS,
            ack().file(tlv(67, [b'p'; 126])).option(52, [1]).end(),
            json!({ "raw_file": [[67, "70".repeat(126)]], "error": null, "end_offset": 246 }),
        ),
        case(
            "sname_is_exactly_full",
            FIELDS,
            ack().sname(tlv(66, [b't'; 62])).file("name").option(52, [2]).end(),
            json!({ "raw_sname": [[66, "74".repeat(62)]], "error": null, "file": "6e616d65" }),
        ),
        case(
            "both_fields_are_exactly_full",
            FIELDS,
            ack()
                .sname(tlv(66, [b't'; 62]))
                .file(tlv(67, [b'p'; 126]))
                .option(52, [3])
                .end(),
            json!({
                "error": null,
                "options": [[53, "05"], [52, "03"], [67, "70".repeat(126)], [66, "74".repeat(62)]],
            }),
        ),
        case(
            "end_is_the_last_byte_of_the_fields",
            FIELDS,
            ack()
                .sname([tlv(66, [b't'; 61]), vec![END]].concat())
                .file([tlv(67, [b'p'; 125]), vec![END]].concat())
                .option(52, [3])
                .end(),
            json!({
                "error": null, "raw_file": [[67, "70".repeat(125)]], "raw_sname": [[66, "74".repeat(61)]],
            }),
        ),
        case(
            "an_option_in_the_last_bytes_of_the_fields",
            FIELDS,
            ack()
                .sname(last_bytes(64, &[12, 1, b's']))
                .file(last_bytes(128, &[15, 0]))
                .option(52, [3])
                .end(),
            json!({ "error": null, "raw_file": [[15, ""]], "raw_sname": [[12, "73"]] }),
        ),
        case(
            "sixty_four_options_without_bytes_in_file",
            FIELDS,
            ack().file([224, 0].repeat(64)).option(52, [1]).end(),
            json!({
                "error": null, "raw_file": vec![json!([224, ""]); 64], "options": [[53, "05"], [52, "01"], [224, ""]],
            }),
        ),
    ]
}

fn places() -> Vec<Case> {
    vec![
        case(
            "option_52_after_end_means_nothing",
            "RFC 2132 section 3.2",
            both().end().option(52, [3]),
            json!({ "overload": 0, "raw_file": [], "raw_sname": [], "file": "0c026669ff", "sname": "0f02736eff" }),
        ),
        case(
            "option_52_is_first",
            OVERLOAD,
            reply()
                .file([12, 1, b'f', END])
                .option(52, [1])
                .option(53, [5])
                .option(12, "o")
                .end(),
            json!({ "options": [[52, "01"], [53, "05"], [12, "6f66"]], "overload": 1 }),
        ),
        case(
            "option_52_is_last",
            OVERLOAD,
            reply()
                .file([12, 1, b'f', END])
                .option(53, [5])
                .option(12, "o")
                .option(52, [1])
                .end(),
            json!({ "options": [[53, "05"], [12, "6f66"], [52, "01"]], "overload": 1 }),
        ),
        case(
            "option_52_inside_file_does_not_open_sname",
            "RFC 3396 section 5",
            ack()
                .file([52, 1, 3, 12, 1, b'f', END])
                .sname([15, 1, b's', END])
                .option(52, [1])
                .end(),
            json!({ "overload": 1, "raw_sname": [], "sname": "0f0173ff", "message_type": 5, "error": null }),
        ),
        case(
            "option_52_inside_file_does_not_shut_sname",
            "RFC 3396 section 5",
            ack()
                .file([52, 1, 1, END])
                .sname([15, 1, b's', END])
                .option(52, [3])
                .end(),
            json!({ "overload": 3, "raw_sname": [[15, "73"]], "sname": null, "error": null }),
        ),
        case(
            "option_52_inside_sname_does_not_open_file",
            "RFC 3396 section 5",
            ack()
                .file([12, 1, b'f', END])
                .sname([52, 1, 1, 15, 1, b's', END])
                .option(52, [2])
                .end(),
            json!({ "overload": 2, "raw_file": [], "file": "0c0166ff", "error": null }),
        ),
        // RFC 3396 says that it is ignored; it would be wrong to join it to the one that counts.
        choice(
            "option_52_inside_file_is_not_joined",
            "RFC 3396 section 5",
            ack().file([52, 1, 2, END]).option(52, [1]).end(),
            json!({
                "overload": 1, "options": [[53, "05"], [52, "01"]],
                "typed": [{ "code": 52, "as": "overload", "ok": 1 }],
            }),
        ),
        case(
            "offsets_are_those_of_the_options_field",
            OVERLOAD,
            both().option(52, [3]).option(54, [192, 0, 2, 1]).end(),
            json!({ "raw_offsets": [240, 243, 246], "end_offset": 252, "raw_options": [
                [53, "05"], [52, "03"], [54, "c0000201"],
            ] }),
        ),
    ]
}

fn names() -> Vec<Case> {
    vec![
        case(
            "the_names_move_to_options_66_and_67",
            "RFC 2132 sections 9.4 and 9.5",
            ack()
                .file(tlv(3, [192, 0, 2, 1]))
                .sname(tlv(6, [192, 0, 2, 53]))
                .option(52, [3])
                .option(66, "tftp")
                .option(67, "boot.efi")
                .end(),
            json!({
                "file": null, "sname": null,
                "typed": [
                    { "code": 66, "as": "string", "ok": "tftp" }, { "code": 67, "as": "string", "ok": "boot.efi" },
                    { "code": 3, "as": "ipv4_list", "ok": ["192.0.2.1"] },
                    { "code": 6, "as": "ipv4_list", "ok": ["192.0.2.53"] },
                ],
            }),
        ),
        case(
            "a_client_may_overload_as_well",
            OVERLOAD,
            discover().file(tlv(60, "class")).option(52, [1]).end(),
            json!({ "overload": 1, "message_type": 1, "options": [[53, "01"], [52, "01"], [60, "636c617373"]] }),
        ),
        case(
            "a_hardware_address_that_is_too_long_does_not_reach_sname",
            "RFC 2131 section 2",
            both().hlen(20).option(52, [2]).end(),
            json!({ "chaddr": null, "raw_sname": [[15, "736e"]], "error": Value::Null }),
        ),
        case(
            "option_82_inside_file",
            FIELDS,
            ack().file(tlv(82, [1, 2, 7, 8])).option(52, [1]).end(),
            json!({ "relay": [[1, "0708"]], "relay_error": null, "raw_file": [[82, "01020708"]] }),
        ),
    ]
}
