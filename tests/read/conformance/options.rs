//! The options field as it is on the wire (RFC 2132 section 2, RFC 2131 sections 3 and 4.1).

use serde_json::{Value, json};

use super::case::{Case, case};
use dhcp_callout_support::packet::{END, Packet, ack, discover, request};

const FRAMING: &str = "RFC 2132 section 2";
const PAD: &str = "RFC 2132 section 3.1";
const LAST: &str = "RFC 2132 section 3.2";

pub(crate) fn cases() -> Vec<Case> {
    [padding(), ends(), lengths(), contents(), sizes()]
        .into_iter()
        .flatten()
        .collect()
}

fn padding() -> Vec<Case> {
    vec![
        case(
            "pads_between_options",
            PAD,
            discover().pads(3).option(12, "ab").pads(1).option(57, [2, 64]).end(),
            json!({
                "error": null, "raw_options": [[53, "01"], [12, "6162"], [57, "0240"]], "raw_offsets": [240, 246, 251],
                "end_offset": 255,
            }),
        ),
        case(
            "pads_before_the_first_option",
            PAD,
            request().pads(7).option(53, [3]).end(),
            json!({ "raw_options": [[53, "03"]], "raw_offsets": [247], "end_offset": 250, "message_type": 3 }),
        ),
        case(
            "pads_and_nothing_else",
            PAD,
            request().pads(60),
            json!({ "error": null, "raw_options": [], "end_offset": null, "options": [], "message_type": null }),
        ),
        case(
            "pads_then_end",
            PAD,
            request().pads(300).end(),
            json!({ "error": null, "raw_options": [], "end_offset": 540 }),
        ),
        case(
            "pads_to_the_end_of_the_packet",
            PAD,
            discover().pads(9),
            json!({ "error": null, "raw_options": [[53, "01"]], "end_offset": null, "message_type": 1 }),
        ),
        case(
            "a_pad_has_no_length_byte",
            PAD,
            request().raw([0, 12, 1, b'a', 0, 0, 15, 1, b'b', END]),
            json!({ "raw_options": [[12, "61"], [15, "62"]], "raw_offsets": [241, 246], "end_offset": 249 }),
        ),
        case(
            "zeros_of_a_value_are_no_pads",
            PAD,
            discover().option(224, [0; 5]).option(12, "a").end(),
            json!({ "raw_options": [[53, "01"], [224, "0000000000"], [12, "61"]], "raw_offsets": [240, 243, 250] }),
        ),
    ]
}

fn ends() -> Vec<Case> {
    vec![
        case(
            "a_missing_end_is_no_error",
            LAST,
            discover().option(12, "host"),
            json!({
                "error": null, "error_offset": null, "raw_options": [[53, "01"], [12, "686f7374"]], "end_offset": null,
            }),
        ),
        case(
            "options_after_end_are_none",
            LAST,
            discover().end().option(12, "ghost").option(53, [4]).end(),
            json!({
                "error": null, "raw_options": [[53, "01"]], "end_offset": 243, "options": [[53, "01"]],
                "message_type": 1,
            }),
        ),
        case(
            "a_cut_option_after_end_is_no_error",
            LAST,
            discover().end().raw([12, 200, 1]),
            json!({ "error": null, "end_offset": 243 }),
        ),
        case(
            "the_first_end_counts",
            LAST,
            discover().end().end().end(),
            json!({ "end_offset": 243, "raw_options": [[53, "01"]] }),
        ),
        case(
            "end_before_everything",
            LAST,
            request().end().option(53, [1]).end(),
            json!({ "end_offset": 240, "raw_options": [], "message_type": null }),
        ),
        case(
            "end_after_pads",
            LAST,
            discover().pads(2).end().pads(4),
            json!({ "end_offset": 245, "error": null }),
        ),
        case(
            "end_as_the_last_of_4096_bytes",
            LAST,
            discover().pads(4096 - 244).end(),
            json!({ "end_offset": 4095, "error": null, "raw_options": [[53, "01"]] }),
        ),
        case(
            "a_value_of_ff_is_no_end",
            LAST,
            discover().option(61, [255; 7]).option(12, "b").end(),
            json!({ "raw_options": [[53, "01"], [61, "ffffffffffffff"], [12, "62"]], "end_offset": 255 }),
        ),
        case(
            "length_byte_255_is_no_end",
            LAST,
            request().option(43, [b'v'; 255]).option(12, "b").end(),
            json!({
                "raw_options": [[43, "76".repeat(255)], [12, "62"]], "raw_offsets": [240, 497], "end_offset": 500,
            }),
        ),
    ]
}

fn lengths() -> Vec<Case> {
    vec![
        case(
            "an_option_without_bytes",
            "RFC 4039 section 4",
            discover().option(80, []).option(12, "c").end(),
            json!({ "raw_options": [[53, "01"], [80, ""], [12, "63"]], "raw_offsets": [240, 243, 245], "error": null }),
        ),
        case(
            "an_option_without_bytes_at_the_end_of_the_packet",
            FRAMING,
            discover().option(80, []),
            json!({ "raw_options": [[53, "01"], [80, ""]], "error": null, "end_offset": null }),
        ),
        case(
            "length_byte_0_before_a_pad",
            FRAMING,
            discover().option(80, []).pads(1).option(12, "d").end(),
            json!({ "raw_options": [[53, "01"], [80, ""], [12, "64"]], "raw_offsets": [240, 243, 246] }),
        ),
        case(
            "an_option_that_fills_the_packet",
            FRAMING,
            discover().option(12, "e"),
            json!({ "raw_options": [[53, "01"], [12, "65"]], "error": null, "end_offset": null }),
        ),
        case(
            "neighbours_of_255_bytes",
            FRAMING,
            request()
                .option(128, [1; 255])
                .option(129, [2; 255])
                .option(130, [3; 255])
                .end(),
            json!({
                "raw_options": [[128, "01".repeat(255)], [129, "02".repeat(255)], [130, "03".repeat(255)]],
                "raw_offsets": [240, 497, 754], "end_offset": 1011, "error": null,
            }),
        ),
        case(
            "a_short_value_leaves_its_neighbours_alone",
            "RFC 2132 section 3.3",
            ack().option(1, [255, 255, 255]).option(3, [192, 0, 2, 1]).end(),
            json!({
                "error": null, "options": [[53, "05"], [1, "ffffff"], [3, "c0000201"]],
                "typed": [
                    { "code": 1, "as": "ipv4", "err": "bad_length" },
                    { "code": 3, "as": "ipv4_list", "ok": ["192.0.2.1"] },
                ],
            }),
        ),
    ]
}

fn contents() -> Vec<Case> {
    vec![
        case(
            "a_value_that_looks_like_options",
            FRAMING,
            discover()
                .option(43, [53, 1, 4, 255, 12, 1, b'z', 0])
                .option(12, "f")
                .end(),
            json!({
                "raw_options": [[53, "01"], [43, "350104ff0c017a00"], [12, "66"]], "message_type": 1, "end_offset": 256,
            }),
        ),
        case(
            "the_order_of_the_wire_is_kept",
            "RFC 2131 section 4.1 demands no order",
            request()
                .option(82, [1, 1, 9])
                .option(55, [3, 1])
                .option(53, [1])
                .option(12, "g")
                .option(1, [255; 4])
                .end(),
            json!({
                "options": [[82, "010109"], [55, "0301"], [53, "01"], [12, "67"], [1, "ffffffff"]],
                "raw_offsets": [240, 245, 249, 252, 255], "message_type": 1,
            }),
        ),
        case(
            "repeated_options_stay_apart_before_they_are_joined",
            "RFC 3396 section 7",
            discover().option(60, "one").option(12, "h").option(60, "one").end(),
            json!({
                "raw_options": [[53, "01"], [60, "6f6e65"], [12, "68"], [60, "6f6e65"]],
                "raw_offsets": [240, 243, 248, 251], "options": [[53, "01"], [60, "6f6e656f6e65"], [12, "68"]],
            }),
        ),
        case(
            "repeated_codes_in_the_parameter_list",
            "RFC 2132 section 9.8",
            discover().option(55, [6, 3, 6, 0, 255, 1]).end(),
            json!({ "options": [[53, "01"], [55, "06030600ff01"]], "error": null, "end_offset": 251 }),
        ),
        case(
            "codes_without_a_name_are_kept",
            "RFC 3942 section 4",
            discover()
                .option(84, [1])
                .option(127, [2, 3])
                .option(224, [])
                .option(254, [4])
                .end(),
            json!({
                "raw_options": [[53, "01"], [84, "01"], [127, "0203"], [224, ""], [254, "04"]], "error": null,
                "raw_offsets": [240, 243, 246, 250, 252],
            }),
        ),
        case("every_code_from_1_to_254", FRAMING, every_code(), {
            let options: Vec<Value> = (1..=254).map(|code| json!([code, "00"])).collect();
            let offsets: Vec<usize> = (0..254).map(|index| 240 + 3 * index).collect();
            // Option 52 is there with a value of 0, which is invalid.
            json!({
                "raw_options": options, "raw_offsets": offsets, "end_offset": 1002, "error": null, "overload": null,
                "options": options, "message_type": null,
            })
        }),
    ]
}

fn every_code() -> Packet {
    (1..=254).fold(request(), |packet, code| packet.option(code, [0])).end()
}

fn sizes() -> Vec<Case> {
    let many = |count: usize| (0..count).fold(discover(), |packet, _| packet.option(224, [])).end();
    vec![
        case("options_497_without_bytes", FRAMING, many(497), {
            let offsets: Vec<usize> = (0..498)
                .map(|index: usize| if index == 0 { 240 } else { 241 + 2 * index })
                .collect();
            json!({
                "raw_offsets": offsets, "end_offset": 1237, "options": [[53, "01"], [224, ""]], "error": null,
            })
        }),
        case("options_497_of_five_bytes", FRAMING, five_bytes(), {
            let joined: Vec<u8> = (0..497).flat_map(numbered).collect();
            json!({ "options": [[53, "01"], [230, hex::encode(joined)]], "end_offset": 243 + 5 * 497, "error": null })
        }),
        case(
            "a_packet_of_4096_bytes_full_of_options",
            "RFC 2132 section 9.10",
            (0..14)
                .fold(discover(), |packet, index| packet.option(200 + index, [index; 255]))
                .option(214, [214; 252])
                .end(),
            json!({
                "error": null, "end_offset": 4095, "message_type": 1,
                "raw_offsets": [240, 243, 500, 757, 1014, 1271, 1528, 1785, 2042, 2299, 2556, 2813, 3070, 3327, 3584,
                    3841],
            }),
        ),
        case("a_packet_of_5000_bytes", "RFC 2132 section 9.10", five_thousand(), {
            let mut options: Vec<Value> = (1..=18)
                .map(|code| json!([code, format!("{code:02x}").repeat(255)]))
                .collect();
            options.push(json!([150, "96".repeat(131)]));
            json!({
                "error": null, "end_offset": 4999,
                "options": options,
            })
        }),
        case(
            "a_packet_as_long_as_udp_allows",
            "RFC 768",
            request().pads(65_507 - 244).option(53, [8]).end(),
            json!({ "error": null, "raw_offsets": [65_503], "end_offset": 65_506, "message_type": 8 }),
        ),
    ]
}

/// Three bytes that differ from those of every other `index`.
fn numbered(index: u16) -> [u8; 3] {
    let [high, low] = index.to_be_bytes();
    [high, low, END]
}

fn five_bytes() -> Packet {
    (0..497)
        .fold(discover(), |packet, index| packet.option(230, numbered(index)))
        .end()
}

fn five_thousand() -> Packet {
    let packet = (1..=18).fold(request(), |packet, code| packet.option(code, [code; 255]));
    let packet = packet.option(150, [150; 131]).end();
    assert_eq!(packet.size(), 5000);
    packet
}
