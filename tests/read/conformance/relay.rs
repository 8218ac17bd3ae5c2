//! What relay agents add: option 82 (RFC 3046) and its sub-options.

use serde_json::{Value, json};

use super::case::{Case, case, choice};
use dhcp_callout_support::packet::{END, ack, discover, reply, request, tlv};

const RELAY: &str = "RFC 3046 section 2.0";

/// Option 82 between two other options, with these sub-options.
fn good(name: &str, rfc: &'static str, bytes: &[u8], suboptions: &Value) -> Case {
    let count = suboptions.as_array().unwrap().len();
    let expect = json!({
        "relay": suboptions, "relay_error": null, "typed": [{ "code": 82, "as": "relay", "ok": count }],
        "options": [[53, "01"], [82, hex::encode(bytes)], [225, "6e"]], "error": null,
    });
    case(name, rfc, discover().option(82, bytes).option(225, "n").end(), expect)
}

/// Option 82 between two other options, with these sub-options and then a fault.
fn bad(name: &str, bytes: &[u8], suboptions: &Value, error: &str, offset: usize) -> Case {
    let expect = json!({
        "relay": suboptions, "relay_error": error, "relay_error_offset": offset,
        "typed": [{ "code": 82, "as": "relay", "err": error }],
        "options": [[53, "01"], [82, hex::encode(bytes)], [225, "6e"]], "error": null,
    });
    case(name, RELAY, discover().option(82, bytes).option(225, "n").end(), expect)
}

pub(crate) fn cases() -> Vec<Case> {
    [well_formed(), registered(), malformed(), placed()]
        .into_iter()
        .flatten()
        .collect()
}

fn well_formed() -> Vec<Case> {
    vec![
        good(
            "a_circuit",
            "RFC 3046 section 3.1",
            b"\x01\x06vlan42",
            &json!([[1, "766c616e3432"]]),
        ),
        good(
            "a_circuit_and_a_remote_id",
            RELAY,
            b"\x01\x02c1\x02\x03r22",
            &json!([[1, "6331"], [2, "723232"]]),
        ),
        good(
            "sub_options_in_falling_order",
            RELAY,
            b"\x09\x01z\x02\x01y\x01\x01x",
            &json!([[9, "7a"], [2, "79"], [1, "78"],]),
        ),
        good(
            "a_sub_option_without_bytes",
            RELAY,
            &[1, 0, 2, 1, 5],
            &json!([[1, ""], [2, "05"]]),
        ),
        good(
            "the_last_sub_option_has_no_bytes",
            RELAY,
            &[2, 1, 5, 1, 0],
            &json!([[2, "05"], [1, ""]]),
        ),
        good(
            "sub_option_0_is_no_pad",
            RELAY,
            &[0, 1, 7, 1, 1, 8],
            &json!([[0, "07"], [1, "08"]]),
        ),
        good(
            "zeros_are_sub_options",
            RELAY,
            &[0; 6],
            &json!([[0, ""], [0, ""], [0, ""]]),
        ),
        good(
            "sub_option_255_is_no_end",
            RELAY,
            &[1, 1, 8, END, 0, 2, 1, 9],
            &json!([[1, "08"], [255, ""], [2, "09"]]),
        ),
        good(
            "a_circuit_of_00_and_ff",
            RELAY,
            &[1, 4, 0, END, 0, END],
            &json!([[1, "00ff00ff"]]),
        ),
        good(
            "a_sub_option_of_253_bytes",
            RELAY,
            &tlv(1, [b'l'; 253]),
            &json!([[1, "6c".repeat(253)]]),
        ),
        good(
            "one_hundred_and_twenty_seven_sub_options",
            RELAY,
            &(1..=127).flat_map(|code| [code, 0]).collect::<Vec<u8>>(),
            &(1..=127).map(|code| json!([code, ""])).collect(),
        ),
        // Sub-options are not split, so that each stays by itself.
        good(
            "a_circuit_twice",
            RELAY,
            &[1, 1, b'a', 1, 1, b'b'],
            &json!([[1, "61"], [1, "62"]]),
        ),
    ]
}

fn registered() -> Vec<Case> {
    vec![
        good(
            "link_selection",
            "RFC 3527 section 3",
            &[5, 4, 192, 0, 2, 0],
            &json!([[5, "c0000200"]]),
        ),
        good(
            "server_id_override",
            "RFC 5107 section 4",
            &[11, 4, 192, 0, 2, 1],
            &json!([[11, "c0000201"]]),
        ),
        good("relay_flags", "RFC 5010 section 3", &[10, 1, 128], &json!([[10, "80"]])),
        good(
            "relay_source_port",
            "RFC 8357 section 4.1",
            &[19, 0],
            &json!([[19, ""]]),
        ),
        good(
            "virtual_subnet_and_its_control",
            "RFC 6607 section 3.2",
            &[151, 1, 255, 152, 0],
            &json!([[151, "ff"], [152, ""],]),
        ),
        good(
            "vendor_information_nested_in_a_sub_option",
            "RFC 4243 section 3",
            &[9, 8, 0, 0, 13, 233, 3, 1, 1, 7],
            &json!([[9, "00000de903010107"]]),
        ),
        // The value of a sub-option is its own affair: the framing holds.
        good(
            "a_link_selection_of_three_bytes",
            "RFC 3527 section 3",
            &[5, 3, 192, 0, 2, 1, 0],
            &json!([[5, "c00002"], [1, ""],]),
        ),
    ]
}

fn malformed() -> Vec<Case> {
    vec![
        bad("an_empty_option_82", &[], &json!([]), "bad_length", 0),
        bad("a_code_without_a_length", &[2], &json!([]), "suboption_no_length", 0),
        bad(
            "a_code_without_a_length_after_another",
            &[1, 2, 7, 8, 2],
            &json!([[1, "0708"]]),
            "suboption_no_length",
            4,
        ),
        bad(
            "a_sub_option_without_its_byte",
            &[1, 1],
            &json!([]),
            "suboption_truncated",
            0,
        ),
        bad(
            "a_sub_option_one_byte_short",
            &[1, 1, 9, 2, 3, 7, 8],
            &json!([[1, "09"]]),
            "suboption_truncated",
            3,
        ),
        bad(
            "a_sub_option_of_255_bytes",
            &[1, 255, 1],
            &json!([]),
            "suboption_truncated",
            0,
        ),
        bad(
            "text_instead_of_sub_options",
            b"port 7",
            &json!([]),
            "suboption_truncated",
            0,
        ),
        bad(
            "an_end_without_a_length",
            &[1, 1, 9, END],
            &json!([[1, "09"]]),
            "suboption_no_length",
            3,
        ),
        bad(
            "a_pad_without_a_length",
            &[1, 1, 9, 0],
            &json!([[1, "09"]]),
            "suboption_no_length",
            3,
        ),
    ]
}

fn placed() -> Vec<Case> {
    vec![
        case(
            "option_82_is_last",
            "RFC 3046 section 2.1",
            request().option(53, [3]).option(82, [1, 1, 4]).end(),
            json!({ "relay": [[1, "04"]], "raw_offsets": [240, 243], "end_offset": 248 }),
        ),
        case(
            "option_82_is_first",
            RELAY,
            request().option(82, [1, 1, 4]).option(53, [3]).end(),
            json!({ "relay": [[1, "04"]], "options": [[82, "010104"], [53, "03"]], "message_type": 3 }),
        ),
        case(
            "option_82_after_end",
            "RFC 2132 section 3.2",
            discover().end().option(82, [1, 1, 4]),
            json!({ "options": [[53, "01"]] }),
        ),
        case(
            "option_82_in_the_answer",
            "RFC 3046 section 2.2",
            ack().giaddr([192, 0, 2, 254]).option(82, [2, 2, 1, 2]).end(),
            json!({ "relay": [[2, "0102"]], "header": { "giaddr": "c00002fe" } }),
        ),
        // A relay agent adds one option; two are parts of one value, as of every option.
        choice(
            "option_82_twice",
            "RFC 3396 section 7",
            discover().option(82, [1, 1, b'a']).option(82, [2, 1, b'b']).end(),
            json!({ "relay": [[1, "61"], [2, "62"]], "options": [[53, "01"], [82, "010161020162"]] }),
        ),
        case(
            "the_fault_is_counted_in_the_joined_value",
            "RFC 3396 section 7",
            discover()
                .option(82, [1, 2, b'a'])
                .option(12, "h")
                .option(82, [b'b', 2, 5, 0])
                .end(),
            json!({ "relay": [[1, "6162"]], "relay_error": "suboption_truncated", "relay_error_offset": 4 }),
        ),
        case(
            "three_hundred_bytes_of_sub_options",
            "RFC 3396 section 7",
            reply()
                .raw(dhcp_callout_support::packet::split(
                    82,
                    [tlv(1, [b'c'; 148]), tlv(2, [b'r'; 148])].concat(),
                    255,
                ))
                .end(),
            json!({ "relay": [[1, "63".repeat(148)], [2, "72".repeat(148)]], "relay_error": null }),
        ),
    ]
}
