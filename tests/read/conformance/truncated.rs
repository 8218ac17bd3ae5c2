//! Options that are cut, in each of the fields that hold options, and messages that are cut anywhere.

use serde_json::{Value, json};

use super::case::{Case, case, choice};
use dhcp_callout_support::packet::{END, Packet, ack, discover, request, tlv};

const FRAMING: &str = "RFC 2132 section 2";
const CONTAINED: &str = "RFC 2131 section 4.1";

pub(crate) fn cases() -> Vec<Case> {
    [options_field(), hidden(), file(), sname(), everywhere()]
        .into_iter()
        .flatten()
        .collect()
}

/// A fault in the options field after a DHCPDISCOVER's option 53.
fn fault(name: &str, packet: Packet, error: &str, offset: usize, before: &Value) -> Case {
    let expect = json!({
        "error": error, "error_offset": offset, "raw_options": before, "options": before, "end_offset": null,
        "message_type": 1, "overload": 0, "raw_file": [], "raw_sname": [],
    });
    case(name, FRAMING, packet, expect)
}

fn options_field() -> Vec<Case> {
    let only_53 = json!([[53, "01"]]);
    let fault = |name, packet, error, offset| fault(name, packet, error, offset, &only_53);
    vec![
        fault("a_code_alone", discover().raw([12]), "option_no_length", 243),
        fault(
            "a_code_alone_after_pads",
            discover().pads(5).raw([12]),
            "option_no_length",
            248,
        ),
        fault(
            "length_1_without_bytes",
            discover().raw([12, 1]),
            "option_truncated",
            243,
        ),
        fault(
            "length_4_of_3",
            discover().raw([1, 4, 255, 255, 255]),
            "option_truncated",
            243,
        ),
        fault(
            "length_255_of_254",
            discover().raw([43, 255]).raw([7; 254]),
            "option_truncated",
            243,
        ),
        fault(
            "length_255_without_bytes",
            discover().raw([43, 255]),
            "option_truncated",
            243,
        ),
        fault(
            "the_missing_bytes_would_be_end",
            discover().raw([60, 3, b'a', END]),
            "option_truncated",
            243,
        ),
        fault(
            "the_missing_bytes_would_be_pads",
            discover().raw([60, 9]).pads(8),
            "option_truncated",
            243,
        ),
        fault(
            "a_cut_value_that_holds_options",
            discover().raw([43, 20]).raw(tlv(12, "in")).end(),
            "option_truncated",
            243,
        ),
        fault(
            "a_cut_option_82",
            discover().raw([82, 6, 1, 4, b'e', b't', b'h']),
            "option_truncated",
            243,
        ),
        fault(
            "a_code_alone_that_has_no_name",
            discover().raw([254]),
            "option_no_length",
            243,
        ),
        fault(
            "the_length_byte_looks_like_end",
            discover().raw([12, END]).raw([b'a'; 100]),
            "option_truncated",
            243,
        ),
    ]
}

/// What a fault takes with it, and what it leaves.
fn hidden() -> Vec<Case> {
    vec![
        case(
            "what_is_before_the_fault_is_read",
            FRAMING,
            discover().option(12, "first").option(60, "second").raw([61, 7, 1, 2]),
            json!({
                "error": "option_truncated", "error_offset": 258, "message_type": 1, "raw_offsets": [240, 243, 250],
                "options": [[53, "01"], [12, "6669727374"], [60, "7365636f6e64"]],
            }),
        ),
        case(
            "a_cut_option_53_is_no_message_type",
            "RFC 2132 section 9.6",
            request().option(12, "a").raw([53, 1]),
            json!({ "error": "option_truncated", "error_offset": 243, "message_type": null, "options": [[12, "61"]] }),
        ),
        case(
            "nothing_is_read_from_a_first_option_that_is_cut",
            FRAMING,
            request().raw([53]),
            json!({ "error": "option_no_length", "error_offset": 240, "options": [], "message_type": null }),
        ),
        // The part that is there must not be shown as if it were whole; the error tells that it is not.
        choice(
            "the_last_fragment_is_cut",
            "RFC 3396 section 7",
            discover().option(12, "part").raw([12, 4, b'i', b'a', b'l']),
            json!({
                "error": "option_truncated", "error_offset": 249, "raw_options": [[53, "01"], [12, "70617274"]],
                "options": [[53, "01"], [12, "70617274"]],
            }),
        ),
        case(
            "the_last_option_does_not_fit_into_4096_bytes",
            FRAMING,
            (0..14)
                .fold(discover(), |packet, code| packet.option(200 + code, [0; 255]))
                .option(214, [0; 240])
                .raw([215, 12])
                .raw([b'x'; 11]),
            json!({ "error": "option_truncated", "error_offset": 4083, "message_type": 1 }),
        ),
        case(
            "a_fault_before_option_52_hides_it",
            FRAMING,
            ack().file([12, 1, b'f', END]).raw([60, 4, 52, 1, 1]),
            json!({
                "error": "option_truncated", "error_offset": 243, "overload": 0, "raw_file": [], "file": "0c0166ff",
            }),
        ),
        // The walk is over with the first fault: what comes after it cannot be trusted, in whatever field.
        choice(
            "a_fault_after_option_52_leaves_the_fields_unread",
            FRAMING,
            ack().file([12, 1, b'f', END]).option(52, [1]).raw([60]),
            json!({
                "error": "option_no_length", "error_offset": 246, "overload": 1, "raw_file": [], "file": null,
                "options": [[53, "05"], [52, "01"]],
            }),
        ),
        case(
            "an_end_before_the_cut_saves_the_message",
            "RFC 2132 section 3.2",
            discover().end().raw([12, 99]),
            json!({ "error": null, "end_offset": 243 }),
        ),
    ]
}

fn file() -> Vec<Case> {
    let filled = |bytes: &[u8]| [tlv(12, vec![b'f'; 126 - bytes.len()]).as_slice(), bytes].concat();
    vec![
        case(
            "file_ends_with_a_code",
            CONTAINED,
            ack().file(filled(&[60])).option(52, [1]).end(),
            json!({
                "error": "option_no_length", "error_offset": 235, "raw_file": [[12, "66".repeat(125)]],
                "end_offset": 246, "options": [[53, "05"], [52, "01"], [12, "66".repeat(125)]], "message_type": 5,
            }),
        ),
        case(
            "file_ends_with_a_length",
            CONTAINED,
            ack().file(filled(&[60, 1])).option(52, [1]).end(),
            json!({ "error": "option_truncated", "error_offset": 234, "raw_file": [[12, "66".repeat(124)]] }),
        ),
        case(
            "an_option_of_file_would_run_into_the_cookie",
            CONTAINED,
            ack().file(filled(&[60, 3, b'a', b'b'])).option(52, [1]).end(),
            json!({ "error": "option_truncated", "error_offset": 232, "end_offset": 246 }),
        ),
        case(
            "an_option_of_file_is_longer_than_the_field",
            CONTAINED,
            ack().file([60, 127]).option(52, [1]).end(),
            json!({
                "error": "option_truncated", "error_offset": 108, "raw_file": [],
                "options": [[53, "05"], [52, "01"]],
            }),
        ),
        case(
            "a_fault_in_file_hides_sname",
            CONTAINED,
            ack()
                .file(filled(&[60]))
                .sname([15, 1, b's', END])
                .option(52, [3])
                .end(),
            json!({
                "error": "option_no_length", "error_offset": 235, "raw_sname": [], "sname": null, "file": null,
                "overload": 3, "options": [[53, "05"], [52, "03"], [12, "66".repeat(125)]],
            }),
        ),
        case(
            "a_boot_file_name_that_would_be_cut_is_a_name",
            CONTAINED,
            ack().file(filled(&[60])).end(),
            json!({ "error": null, "raw_file": [], "file": format!("0c7d{}3c", "66".repeat(125)) }),
        ),
    ]
}

fn sname() -> Vec<Case> {
    let filled = |bytes: &[u8]| [tlv(12, vec![b's'; 62 - bytes.len()]).as_slice(), bytes].concat();
    vec![
        case(
            "sname_ends_with_a_code",
            CONTAINED,
            ack().sname(filled(&[60])).option(52, [2]).end(),
            json!({ "error": "option_no_length", "error_offset": 107, "raw_sname": [[12, "73".repeat(61)]] }),
        ),
        case(
            "an_option_of_sname_would_run_into_file",
            CONTAINED,
            ack().sname(filled(&[60, 2, b'a'])).file("bcd").option(52, [2]).end(),
            json!({ "error": "option_truncated", "error_offset": 105, "file": "626364", "sname": null }),
        ),
        case(
            "an_option_of_sname_is_longer_than_the_field",
            CONTAINED,
            ack().sname([60, 255]).option(52, [2]).end(),
            json!({ "error": "option_truncated", "error_offset": 44, "raw_sname": [] }),
        ),
        case(
            "a_fault_in_sname_leaves_file",
            CONTAINED,
            ack()
                .file([60, 1, b'f', END])
                .sname(filled(&[66]))
                .option(52, [3])
                .end(),
            json!({
                "error": "option_no_length", "error_offset": 107, "raw_file": [[60, "66"]],
                "raw_sname": [[12, "73".repeat(61)]],
                "options": [[53, "05"], [52, "03"], [60, "66"], [12, "73".repeat(61)]],
            }),
        ),
        case(
            "a_server_name_that_would_be_cut_is_a_name",
            CONTAINED,
            ack().sname([b'n'; 64]).option(52, [1]).file([END]).end(),
            json!({ "error": null, "sname": "6e".repeat(64), "raw_sname": [], "raw_file": [] }),
        ),
    ]
}

/// One message, cut after every byte from the cookie on. Whole, it has option 53 at 240, 12 at 243, END at 250.
fn everywhere() -> Vec<Case> {
    let cut = |length: usize, error: Value, offset: Value, options: Value| {
        let expect = json!({ "error": error, "error_offset": offset, "options": options, "end_offset": null });
        let packet = discover().option(12, "whole").end().cut(length);
        case(format!("a_message_cut_to_{length}"), FRAMING, packet, expect)
    };
    let cut_53 = |length, error: &str| cut(length, json!(error), json!(240), json!([]));
    let cut_12 = |length, error: &str| cut(length, json!(error), json!(243), json!([[53, "01"]]));
    vec![
        cut(240, Value::Null, Value::Null, json!([])),
        cut_53(241, "option_no_length"),
        cut_53(242, "option_truncated"),
        cut(243, Value::Null, Value::Null, json!([[53, "01"]])),
        cut_12(244, "option_no_length"),
        cut_12(245, "option_truncated"),
        cut_12(246, "option_truncated"),
        cut_12(249, "option_truncated"),
        cut(250, Value::Null, Value::Null, json!([[53, "01"], [12, "77686f6c65"]])),
    ]
}
