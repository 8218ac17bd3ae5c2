//! Values that are split over several options (RFC 3396), in one field and over all of them.

use serde_json::{Value, json};

use super::case::{Case, case, choice};
use dhcp_callout_support::packet::{END, Packet, ack, discover, reply, request, split, tlv};

const JOIN: &str = "RFC 3396 section 7";
const FIELDS: &str = "RFC 3396 section 5";

pub(crate) fn cases() -> Vec<Case> {
    [
        one_field(),
        empty_fragments(),
        long_values(),
        fields(),
        formats(),
        nested_formats(),
        bad_values(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn joined(name: &str, packet: Packet, options: &Value) -> Case {
    case(name, JOIN, packet, json!({ "error": null, "options": options }))
}

fn one_field() -> Vec<Case> {
    vec![
        joined(
            "neighbours_are_joined",
            discover().option(12, "work").option(12, "station").end(),
            &json!([[53, "01"], [12, "776f726b73746174696f6e"]]),
        ),
        joined(
            "parts_with_another_option_between_are_joined",
            discover()
                .option(12, "work")
                .option(57, [5, 220])
                .option(12, "station")
                .end(),
            &json!([[53, "01"], [12, "776f726b73746174696f6e"], [57, "05dc"]]),
        ),
        joined(
            "parts_with_pads_between_are_joined",
            discover()
                .option(12, "a")
                .pads(4)
                .option(12, "b")
                .pads(1)
                .option(12, "c")
                .end(),
            &json!([[53, "01"], [12, "616263"]]),
        ),
        joined(
            "two_options_take_turns",
            discover()
                .option(60, "1")
                .option(12, "a")
                .option(60, "2")
                .option(12, "b")
                .option(60, "3")
                .end(),
            &json!([[53, "01"], [60, "313233"], [12, "6162"]]),
        ),
        joined(
            "the_first_part_gives_the_place",
            request()
                .option(15, "x")
                .option(12, "a")
                .option(53, [1])
                .option(15, "y")
                .end(),
            &json!([[15, "7879"], [12, "61"], [53, "01"]]),
        ),
        joined(
            "sixty_four_parts_of_one_byte",
            discover().raw(split(224, (0..64).collect::<Vec<u8>>(), 1)).end(),
            &json!([[53, "01"], [224, hex::encode((0..64).collect::<Vec<u8>>())]]),
        ),
        joined(
            "parts_of_00_and_ff",
            discover()
                .option(224, [0])
                .option(224, [END])
                .option(224, [0, END])
                .end(),
            &json!([[53, "01"], [224, "00ff00ff"]]),
        ),
        joined(
            "a_part_after_end_is_not_joined",
            discover().option(12, "in").end().option(12, "out"),
            &json!([[53, "01"], [12, "696e"]]),
        ),
        case(
            "the_raw_parts_stay",
            JOIN,
            discover().option(43, [1, 1]).option(43, [7]).option(43, [2, 0]).end(),
            json!({
                "raw_options": [[53, "01"], [43, "0101"], [43, "07"], [43, "0200"]],
                "raw_offsets": [240, 243, 247, 250], "options": [[53, "01"], [43, "0101070200"]],
                "typed": [{ "code": 43, "as": "vendor43", "ok": [[1, "07"], [2, ""]] }],
            }),
        ),
    ]
}

fn empty_fragments() -> Vec<Case> {
    vec![
        joined(
            "the_first_part_is_empty",
            discover().option(12, []).option(57, [2, 64]).option(12, "late").end(),
            &json!([[53, "01"], [12, "6c617465"], [57, "0240"]]),
        ),
        joined(
            "a_middle_part_is_empty",
            discover().option(12, "a").option(12, []).option(12, "b").end(),
            &json!([[53, "01"], [12, "6162"]]),
        ),
        joined(
            "the_last_part_is_empty",
            discover().option(12, "ab").option(12, []).end(),
            &json!([[53, "01"], [12, "6162"]]),
        ),
        joined(
            "every_part_is_empty",
            discover()
                .option(224, [])
                .option(224, [])
                .option(12, "a")
                .option(224, [])
                .end(),
            &json!([[53, "01"], [224, ""], [12, "61"]]),
        ),
        case(
            "empty_parts_around_a_number",
            JOIN,
            discover()
                .option(57, [])
                .option(57, [4])
                .option(57, [])
                .option(57, [0])
                .option(57, [])
                .end(),
            json!({ "options": [[53, "01"], [57, "0400"]], "typed": [{ "code": 57, "as": "u16", "ok": 1024 }] }),
        ),
    ]
}

fn long_values() -> Vec<Case> {
    vec![
        joined(
            "six_hundred_bytes_in_three_parts",
            discover().raw(split(43, [b'v'; 600], 255)).end(),
            &json!([[53, "01"], [43, "76".repeat(600)]]),
        ),
        joined(
            "two_hundred_and_fifty_six_bytes",
            discover().raw(split(230, [9; 256], 255)).option(12, "a").end(),
            &json!([[53, "01"], [230, "09".repeat(256)], [12, "61"]]),
        ),
        joined(
            "five_hundred_and_ten_bytes_and_an_empty_part",
            discover().raw(split(230, [9; 510], 255)).option(230, []).end(),
            &json!([[53, "01"], [230, "09".repeat(510)]]),
        ),
        joined(
            "three_and_a_half_thousand_bytes",
            discover().raw(split(231, [0xab; 3500], 255)).end(),
            &json!([[53, "01"], [231, "ab".repeat(3500)]]),
        ),
        case(
            "a_long_text",
            JOIN,
            ack().raw(split(114, [b'u'; 300], 255)).end(),
            json!({ "typed": [{ "code": 114, "as": "string", "ok": "u".repeat(300) }] }),
        ),
        case(
            "a_list_of_128_routers",
            JOIN,
            ack().raw(split(3, [192, 0, 2, 1].repeat(128), 255)).end(),
            json!({ "typed": [{ "code": 3, "as": "ipv4_list", "ok": vec!["192.0.2.1"; 128] }] }),
        ),
    ]
}

fn fields() -> Vec<Case> {
    let packet = |sname: &[u8], file: &[u8], overload: u8| reply().sname(sname).file(file).option(52, [overload]);
    vec![
        case(
            "options_then_file",
            FIELDS,
            packet(b"", &[12, 2, b'f', b'i', END], 1).option(12, "op").end(),
            json!({ "options": [[52, "01"], [12, "6f706669"]], "raw_file": [[12, "6669"]] }),
        ),
        case(
            "options_then_sname",
            FIELDS,
            packet(&[12, 2, b's', b'n', END], b"", 2).option(12, "op").end(),
            json!({ "options": [[52, "02"], [12, "6f70736e"]], "raw_sname": [[12, "736e"]] }),
        ),
        case(
            "options_then_file_then_sname",
            FIELDS,
            packet(&[12, 1, b'3'], &[12, 1, b'2'], 3).option(12, "1").end(),
            json!({ "options": [[52, "03"], [12, "313233"]], "error": null }),
        ),
        case(
            "file_before_sname_though_it_comes_after_it",
            FIELDS,
            packet(&[15, 1, b'b', 12, 1, b'y'], &[12, 1, b'x', 15, 1, b'a'], 3).end(),
            json!({
                "options": [[52, "03"], [12, "7879"], [15, "6162"]], "raw_file": [[12, "78"], [15, "61"]],
                "raw_sname": [[15, "62"], [12, "79"]],
            }),
        ),
        case(
            "an_address_over_three_fields",
            FIELDS,
            packet(&[54, 1, 77], &[54, 2, 0, 2], 3).option(54, [192]).end(),
            json!({
                "options": [[52, "03"], [54, "c000024d"]], "typed": [{ "code": 54, "as": "ipv4", "ok": "192.0.2.77" }],
            }),
        ),
        case(
            "a_part_in_a_field_that_holds_a_name_is_not_joined",
            "RFC 2132 section 9.3",
            packet(&[12, 1, b's', END], &[12, 1, b'f', END], 1)
                .option(12, "o")
                .end(),
            json!({ "options": [[52, "01"], [12, "6f66"]], "sname": "0c0173ff", "raw_sname": [] }),
        ),
        case(
            "a_long_value_over_three_fields",
            FIELDS,
            packet(&tlv(43, [3; 62]), &tlv(43, [2; 126]), 3)
                .option(43, [1; 255])
                .end(),
            json!({
                "error": null,
                "options": [[52, "03"], [43, "01".repeat(255) + &"02".repeat(126) + &"03".repeat(62)]],
            }),
        ),
        case(
            "a_part_after_the_end_of_file_is_not_joined",
            "RFC 2131 section 4.1",
            packet(&[12, 1, b's'], &[12, 1, b'f', END, 12, 1, b'g'], 3).end(),
            json!({ "options": [[52, "03"], [12, "6673"]], "error": null }),
        ),
    ]
}

/// Splits `bytes` into parts of `width`, with another option between the first two.
fn parted(name: &str, code: u8, bytes: &[u8], width: usize, expect: &Value) -> Case {
    let (first, rest) = bytes.split_at(width);
    let packet = discover()
        .option(code, first)
        .option(225, "-")
        .raw(split(code, rest, width))
        .end();
    let mut entry = json!({ "code": code });
    entry
        .as_object_mut()
        .unwrap()
        .extend(expect.as_object().unwrap().clone());
    let expect = json!({
        "error": null, "options": [[53, "01"], [code, hex::encode(bytes)], [225, "2d"]], "typed": [entry],
    });
    case(name, JOIN, packet, expect)
}

fn formats() -> Vec<Case> {
    vec![
        parted(
            "an_address_in_halves",
            1,
            &[255, 255, 252, 0],
            2,
            &json!({ "as": "ipv4", "ok": "255.255.252.0" }),
        ),
        parted(
            "a_list_split_inside_an_address",
            6,
            &[192, 0, 2, 53, 198, 51, 100, 53],
            3,
            &json!({ "as": "ipv4_list", "ok": ["192.0.2.53", "198.51.100.53"] }),
        ),
        parted(
            "a_u16_in_two_parts",
            26,
            &[5, 220],
            1,
            &json!({ "as": "u16", "ok": 1500 }),
        ),
        parted(
            "a_u32_in_four_parts",
            51,
            &[0, 1, 81, 128],
            1,
            &json!({ "as": "u32", "ok": 86_400 }),
        ),
        parted(
            "a_text_split_inside_a_character",
            15,
            "bücher".as_bytes(),
            2,
            &json!({ "as": "string", "ok": "bücher" }),
        ),
        parted(
            "a_text_whose_nuls_are_parts",
            12,
            b"pc\0\0\0",
            2,
            &json!({ "as": "string", "ok": "pc" }),
        ),
        parted(
            "a_parameter_list_in_parts",
            55,
            &[1, 3, 6, 15],
            3,
            &json!({ "as": "bytes", "ok": "0103060f" }),
        ),
        parted(
            "a_client_id_split_after_its_type",
            61,
            &[1, 2, 0, 94, 0, 83, 1],
            1,
            &json!({ "as": "client_id", "ok": [1, "02005e005301"] }),
        ),
    ]
}

fn nested_formats() -> Vec<Case> {
    let names = b"\x07example\x03org\0\x03www\xc0\x00";
    vec![
        parted(
            "routes_split_inside_a_destination",
            121,
            &[24, 10, 1, 2, 192, 0, 2, 1, 0, 192, 0, 2, 2],
            3,
            &json!({
                "as": "classless_routes", "ok": [["10.1.2.0/24", "192.0.2.1"], ["0.0.0.0/0", "192.0.2.2"]],
            }),
        ),
        parted(
            "names_split_inside_a_label",
            119,
            names,
            4,
            &json!({
                "as": "domain_list", "ok": ["example.org.", "www.example.org."],
            }),
        ),
        parted(
            "names_split_inside_a_pointer",
            119,
            names,
            18,
            &json!({
                "as": "domain_list", "ok": ["example.org.", "www.example.org."],
            }),
        ),
        parted(
            "names_of_one_byte_parts",
            119,
            names,
            1,
            &json!({
                "as": "domain_list", "ok": ["example.org.", "www.example.org."],
            }),
        ),
        parted(
            "an_fqdn_split_inside_its_name",
            81,
            b"\x04\0\0\x02pc\x03org\0",
            5,
            &json!({
                "as": "fqdn", "ok": [4, "pc.org.", "full"],
            }),
        ),
        parted(
            "vendor_classes_split_inside_the_number",
            124,
            &[0, 0, 13, 233, 2, 1, b'x'],
            2,
            &json!({
                "as": "vivco", "ok": [[3561, "0178"]],
            }),
        ),
        parted(
            "vendor_options_split_inside_a_sub_option",
            125,
            &[0, 0, 13, 233, 5, 1, 3, 7, 8, 9],
            8,
            &json!({
                "as": "vivso", "ok": [[3561, [[1, "070809"]]]],
            }),
        ),
        parted(
            "option_43_split_after_a_code",
            43,
            &[6, 4, 0, 0, 0, 8, END],
            1,
            &json!({
                "as": "vendor43", "ok": [[6, "00000008"]],
            }),
        ),
        parted(
            "an_interface_in_three_parts",
            94,
            &[1, 3, 16],
            1,
            &json!({ "as": "ndi", "ok": [1, 3, 16] }),
        ),
        case(
            "option_82_split_inside_a_sub_option",
            JOIN,
            request()
                .option(82, [1, 4, b'e'])
                .option(53, [1])
                .option(82, [b't', b'h', b'0', 2])
                .option(82, [1, 7])
                .end(),
            json!({
                "options": [[82, "010465746830020107"], [53, "01"]], "relay": [[1, "65746830"], [2, "07"]],
                "relay_error": null, "typed": [{ "code": 82, "as": "relay", "ok": 2 }],
            }),
        ),
    ]
}

fn bad_values() -> Vec<Case> {
    vec![
        parted(
            "a_mask_twice_is_no_mask",
            1,
            &[255, 255, 255, 0, 255, 255, 255, 0],
            4,
            &json!({
                "as": "ipv4", "err": "bad_length",
            }),
        ),
        parted(
            "a_mask_of_five_bytes_in_two_parts",
            1,
            &[255, 255, 255, 0, 0],
            4,
            &json!({
                "as": "ipv4", "err": "bad_length",
            }),
        ),
        parted(
            "a_pointer_into_its_own_part",
            119,
            b"\x01a\0\x01b\xc0\x03",
            4,
            &json!({
                "as": "domain_list", "err": "bad_pointer",
            }),
        ),
        // A joined option 52 of one byte is as good as one that was never split.
        choice(
            "option_52_with_an_empty_part",
            FIELDS,
            reply().file([12, 1, b'f', END]).option(52, []).option(52, [1]).end(),
            json!({ "overload": 1, "options": [[52, "01"], [12, "66"]], "raw_options": [[52, ""], [52, "01"]] }),
        ),
        case(
            "a_cut_part_ends_the_walk",
            JOIN,
            discover().option(15, "a").option(15, "b").raw([15, 2, b'c']),
            json!({ "error": "option_truncated", "error_offset": 249, "options": [[53, "01"], [15, "6162"]] }),
        ),
    ]
}
