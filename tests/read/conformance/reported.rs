//! One case, or one test, named after each bug that users of other readers have reported.
//!
//! Of the reports that concern no reading: quinn #924 (the call order of a state machine left unclear) is answered by
//! `tests/table/lifecycle.rs`.

use core::ffi::c_void;
use core::ptr::null_mut;

use dhcp_callout::ffi::{Bool, Boolean, HandleOptionsArguments, NewPktArguments, ServerOptions};
use dhcp_callout::hook::{NewPacket, ParsedOptions};
use dhcp_callout::message::{Flags, HardwareType, MessageType, OpCode, OptionErrorKind, ParseError, option};
use dhcp_callout::{Message, PacketBuffer};
use serde_json::json;

use super::case::{Case, case};
use dhcp_callout_support::inspect_json::object;
use dhcp_callout_support::packet::{END, ack, discover, reply, request, split, tlv};

pub(crate) fn cases() -> Vec<Case> {
    [panics(), errors(), hidden(), overload(), joining(), kept()]
        .into_iter()
        .flatten()
        .collect()
}

/// Packets at which other readers panic, or never return.
fn panics() -> Vec<Case> {
    let servers: Vec<u8> = (1..=5).flat_map(|host| [198, 51, 100, host]).collect();
    vec![
        case(
            "smoltcp_305_more_dns_servers_than_room_for_them",
            "RFC 2132 section 3.8",
            ack().option(6, servers).end(),
            json!({ "typed": [{ "code": 6, "as": "ipv4_list", "ok": [
                "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5",
            ] }] }),
        ),
        case(
            "smoltcp_562_dns_servers_that_are_no_multiple_of_four_bytes",
            "RFC 2132 section 3.8",
            ack()
                .option(6, [192, 0, 2, 53, 192, 0, 2])
                .option(15, "example.net")
                .end(),
            json!({
                "error": null, "message_type": 5,
                "typed": [
                    { "code": 6, "as": "ipv4_list", "err": "bad_length" },
                    { "code": 15, "as": "string", "ok": "example.net" },
                ],
            }),
        ),
        case(
            "dhcproto_hlen_of_213_in_240_bytes",
            "RFC 2131 section 2",
            request().hlen(213),
            json!({ "chaddr": null, "header": { "hlen": 213 }, "error": null }),
        ),
        case(
            "dhcproto_hlen_of_20_shows_the_server_name",
            "RFC 2131 section 2",
            reply().hlen(20).sname("leak").end(),
            json!({ "chaddr": null, "sname": "6c65616b" }),
        ),
        case(
            "dhcparse_never_returns_from_an_overloaded_field_without_end",
            "RFC 2131 section 4.1",
            reply().option(52, [3]),
            json!({ "error": null, "overload": 3, "raw_file": [], "raw_sname": [], "options": [[52, "03"]] }),
        ),
    ]
}

/// Packets that are wrong in different ways, and that one error would call the same.
fn errors() -> Vec<Case> {
    let fault = |error: &str, offset: usize| json!({ "error": error, "error_offset": offset });
    vec![
        case(
            "smoltcp_617_a_short_packet",
            "RFC 2131 section 2",
            discover().cut(100),
            fault("truncated_header", 100),
        ),
        case(
            "smoltcp_617_no_cookie",
            "RFC 2131 section 3",
            discover().cut(238),
            fault("no_cookie", 236),
        ),
        case(
            "smoltcp_617_another_cookie",
            "RFC 2131 section 3",
            discover().cookie([9; 4]),
            fault("bad_cookie", 236),
        ),
        case(
            "smoltcp_617_a_code_alone",
            "RFC 2132 section 2",
            discover().raw([61]),
            fault("option_no_length", 243),
        ),
        case(
            "smoltcp_617_a_value_cut",
            "RFC 2132 section 2",
            discover().raw([61, 1]),
            fault("option_truncated", 243),
        ),
        case(
            "etherparse_16_the_error_says_which_option_in_which_field",
            "RFC 2131 section 4.1",
            reply().option(52, [3]).file(tlv(60, "ok")).sname([61, 63, 1]).end(),
            fault("option_truncated", 44),
        ),
        case(
            "one_bad_option_does_not_desynchronise_the_rest",
            "RFC 2132 section 2",
            discover()
                .option(1, [255])
                .option(51, [])
                .option(121, [99])
                .option(82, [1])
                .option(12, "safe")
                .end(),
            json!({
                "error": null, "end_offset": 260,
                "options": [[53, "01"], [1, "ff"], [51, ""], [121, "63"], [82, "01"], [12, "73616665"]],
                "typed": [
                    { "code": 1, "as": "ipv4", "err": "bad_length" },
                    { "code": 51, "as": "u32", "err": "bad_length" },
                    { "code": 121, "as": "classless_routes", "err": "bad_prefix" },
                    { "code": 82, "as": "relay", "err": "suboption_no_length" },
                    { "code": 12, "as": "string", "ok": "safe" },
                ],
            }),
        ),
    ]
}

/// Options that are on the wire, and that other readers do not show.
fn hidden() -> Vec<Case> {
    vec![
        case(
            "smoltcp_972_the_domain_name",
            "RFC 2132 section 3.17",
            ack().option(15, "plant.example").end(),
            json!({ "typed": [{ "code": 15, "as": "string", "ok": "plant.example" }] }),
        ),
        case(
            "smoltcp_1178_the_ntp_servers",
            "RFC 2132 section 8.3",
            ack().option(42, [192, 0, 2, 123, 192, 0, 2, 124]).end(),
            json!({ "typed": [{ "code": 42, "as": "ipv4_list", "ok": ["192.0.2.123", "192.0.2.124"] }] }),
        ),
        case(
            "smoltcp_1178_an_option_that_nobody_knows",
            "RFC 3942 section 4",
            ack().option(233, [1, 0, 255]).end(),
            json!({ "options": [[53, "05"], [233, "0100ff"]], "error": null }),
        ),
    ]
}

/// Option 52, ignored or heeded too much.
fn overload() -> Vec<Case> {
    let rogue = [tlv(6, [198, 51, 100, 66]), tlv(3, [198, 51, 100, 67]), vec![END]].concat();
    vec![
        case(
            "snort3_457_routers_and_dns_servers_in_sname",
            "RFC 2131 section 4.1",
            ack().sname(&rogue).option(1, [255, 255, 255, 0]).option(52, [2]).end(),
            json!({
                "raw_sname": [[6, "c6336442"], [3, "c6336443"]], "sname": null,
                "typed": [
                    { "code": 6, "as": "ipv4_list", "ok": ["198.51.100.66"] },
                    { "code": 3, "as": "ipv4_list", "ok": ["198.51.100.67"] },
                ],
            }),
        ),
        case(
            "suricata_15449_a_second_value_in_the_overloaded_file",
            "RFC 3396 section 5",
            ack().file(&rogue).option(6, [192, 0, 2, 53]).option(52, [1]).end(),
            json!({
                "raw_options": [[53, "05"], [6, "c0000235"], [52, "01"]],
                "raw_file": [[6, "c6336442"], [3, "c6336443"]],
                "typed": [{ "code": 6, "as": "ipv4_list", "ok": ["192.0.2.53", "198.51.100.66"] }],
            }),
        ),
        case(
            "snort3_457_an_invalid_option_52_opens_no_field",
            "RFC 2132 section 9.3",
            ack().sname(&rogue).option(52, [6]).end(),
            json!({ "overload": null, "raw_sname": [], "options": [[53, "05"], [52, "06"]], "error": null }),
        ),
        case(
            "systemd_42140_overloaded_fields_are_no_names",
            "RFC 2132 section 9.3",
            ack().sname(tlv(66, "tftp")).file(tlv(67, "boot")).option(52, [3]).end(),
            json!({
                "sname": null, "file": null, "options": [[53, "05"], [52, "03"], [67, "626f6f74"], [66, "74667470"]],
            }),
        ),
    ]
}

/// Servers that repeat an option which has room for one value.
fn joining() -> Vec<Case> {
    vec![case(
        "n_dhcp4_16_a_server_identifier_sent_twice",
        "RFC 3396 section 7",
        ack()
            .option(54, [172, 25, 1, 1])
            .option(51, [0, 0, 0, 60])
            .option(54, [172, 25, 1, 1])
            .end(),
        json!({
            "error": null,
            "raw_options": [[53, "05"], [54, "ac190101"], [51, "0000003c"], [54, "ac190101"]],
            "options": [[53, "05"], [54, "ac190101ac190101"], [51, "0000003c"]],
            "typed": [
                { "code": 54, "as": "ipv4", "err": "bad_length" },
                { "code": 51, "as": "u32", "ok": 60 },
            ],
        }),
    )]
}

/// Values that other readers change.
fn kept() -> Vec<Case> {
    vec![
        case(
            "iron_rdp_217_flags_keep_their_reserved_bits",
            "RFC 2131 section 2, figure 2",
            discover().flags(0xa5a5).end(),
            json!({ "header": { "flags": 0xa5a5, "broadcast": true } }),
        ),
        case(
            "uefi_rs_48_values_that_nobody_has_assigned",
            "RFC 951 section 3",
            request()
                .op(77)
                .htype(200)
                .option(53, [201])
                .option(46, [3])
                .option(93, [1, 2])
                .end(),
            json!({
                "header": { "op": 77, "htype": 200 }, "op_valid": false, "message_type": null, "error": null,
                "options": [[53, "c9"], [46, "03"], [93, "0102"]],
            }),
        ),
        case(
            "dhcproto_75_the_order_of_the_wire",
            "RFC 2131 section 4.1",
            request()
                .option(61, [1, 2])
                .option(12, "z")
                .option(254, "y")
                .option(53, [3])
                .option(1, [0; 4])
                .end(),
            json!({ "options": [[61, "0102"], [12, "7a"], [254, "79"], [53, "03"], [1, "00000000"]] }),
        ),
        case(
            "dhcproto_a_cut_continuation_does_not_drop_the_option",
            "RFC 3396 section 7",
            discover().raw(split(15, "example.org", 4)).raw([15, 3, b'.']),
            json!({
                "error": "option_truncated", "error_offset": 260,
                "options": [[53, "01"], [15, "6578616d706c652e6f7267"]], "message_type": 1,
            }),
        ),
    ]
}

/// An error made of facts: what, where, how much was needed, how much there was.
#[test]
fn etherparse_16_errors_are_made_of_facts() {
    assert_eq!(
        Message::parse(&[0; 7]).map(|_| ()),
        Err(ParseError::TruncatedHeader { needed: 236, have: 7 })
    );
    let packet: Vec<u8> = discover().raw([61, 9, 1, 2]).into();
    let fault = Message::parse(&packet)
        .unwrap()
        .options()
        .find_map(Result::err)
        .unwrap();
    assert_eq!((fault.code().code(), fault.offset()), (61, 243));
    assert_eq!(fault.kind(), OptionErrorKind::Truncated { needed: 9, have: 2 });
    assert_eq!(
        fault.to_string(),
        "option 61 at offset 243: 9 bytes needed, 2 left in the field"
    );
}

/// The parts of a repeated option, and the first of them, can be had where the joined value is malformed.
#[test]
fn n_dhcp4_16_the_parts_of_a_repeated_option_stay_within_reach() {
    let packet: Vec<u8> = ack()
        .option(54, [172, 25, 1, 1])
        .option(54, [172, 25, 1, 1])
        .end()
        .into();
    let message = Message::parse(&packet).unwrap();
    assert!(message.get(option::SERVER_ID).is_err());
    assert_eq!(message.first(option::SERVER_ID).unwrap(), Some([172, 25, 1, 1].into()));
    let value = message.value(option::SERVER_ID.code()).unwrap().unwrap();
    assert!(value.fragments().eq([[172, 25, 1, 1]; 2]));
}

/// Reading changes nothing, so that what was overloaded is neither merged into the message nor sent out twice.
#[test]
fn systemd_42140_reading_leaves_the_packet_as_it_came() {
    let packet: Vec<u8> = ack().file(tlv(67, "boot")).option(52, [1]).end().into();
    let before = packet.clone();
    assert_eq!(object(&packet), object(&packet));
    assert_eq!(Message::parse(&packet).unwrap().as_bytes(), before);
}

/// Two runs give the same text: nothing passes through a map whose order is random.
#[test]
fn dhcproto_75_output_is_the_same_in_every_run() {
    for case in cases() {
        assert_eq!(object(&case.packet).to_string(), object(&case.packet).to_string());
    }
}

/// Few dependencies, so that few advisories reach the users through them.
#[test]
fn dhcproto_92_and_97_no_heavy_tree_of_dependencies() {
    let manifest = include_str!("../../../Cargo.toml");
    let section = manifest
        .split("\n[")
        .find_map(|section| section.strip_prefix("dependencies]\n"))
        .unwrap();
    let names: Vec<_> = section.lines().filter_map(|line| line.split_once(" = ")).collect();
    let names: Vec<_> = names
        .iter()
        .filter(|(_, how)| !how.contains("optional"))
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(names, ["bitflags", "thiserror", "zerocopy"]);
}

/// A packet that got shorter is shown at its new length, whatever the buffer still holds.
#[test]
fn smoltcp_17_a_shorter_packet_in_an_old_buffer() {
    let mut buffer = PacketBuffer::from_bytes(&[7; 400]).unwrap();
    let shorter: Vec<u8> = discover().end().into();
    buffer.copy_from(&shorter).unwrap();
    assert_eq!((buffer.as_bytes(), buffer.size()), (&shorter[..], 244));
    assert_eq!(object(buffer.as_bytes()), object(&shorter));
}

/// Open types: each value of the wire has its own, and comes back as it was.
#[test]
fn uefi_rs_48_to_55_no_enum_is_made_from_wire_bytes() {
    for byte in 0..=255 {
        let packet: Vec<u8> = request().op(byte).htype(byte).option(53, [byte]).end().into();
        let message = Message::parse(&packet).unwrap();
        assert_eq!(message.op(), OpCode::from_code(byte));
        assert_eq!(message.htype(), HardwareType::from_code(byte));
        assert_eq!(message.message_type(), Some(MessageType::from_code(byte)));
        let codes = (
            message.op().code(),
            message.htype().code(),
            message.message_type().unwrap().code(),
        );
        assert_eq!(codes, (byte, byte, byte));
    }
}

/// A round trip over the flags loses no bit.
#[test]
fn iron_rdp_217_every_pattern_of_flags_comes_back() {
    for bits in 0..=u16::MAX {
        assert_eq!(Flags::from_bits_retain(bits).bits(), bits);
    }
    let packet: Vec<u8> = discover().flags(0x7ffe).end().into();
    assert_eq!(Message::parse(&packet).unwrap().flags().bits(), 0x7ffe);
}

/// `BOOLEAN` and `BOOL` hold whatever the server wrote, not just 0 and 1.
#[test]
#[expect(unsafe_code, reason = "hooks are called with raw pointers")]
fn windows_rs_3376_a_boolean_is_any_byte() {
    let mut packet: Vec<u8> = discover().end().into();
    for byte in 0..=255 {
        let mut options = ServerOptions {
            ds_domain_name_requested: Boolean(byte),
            ..ServerOptions::EMPTY
        };
        let call = HandleOptionsArguments {
            packet: packet.as_mut_ptr(),
            packet_size: 244,
            reserved: null_mut(),
            pkt_context: null_mut(),
            server_options: &raw mut options,
        };
        // SAFETY: the packet has 244 bytes, and every pointer in `options` is NULL.
        let read = unsafe { ParsedOptions::from_raw(call) };
        assert_eq!(read.unwrap().ds_domain_name_requested(), Boolean(byte));
    }
    let mut first = packet.as_mut_ptr();
    let (mut size, mut context, mut process_it) = (244_u32, null_mut::<c_void>(), Bool(-77));
    let call = NewPktArguments {
        packet: &raw mut first,
        packet_size: &raw mut size,
        ip_address: 0,
        reserved: null_mut(),
        pkt_context: &raw mut context,
        process_it: &raw mut process_it,
    };
    // SAFETY: the pointers are to variables of this function, and to a packet of 244 bytes.
    let read = unsafe { NewPacket::from_raw(call) };
    assert!(read.is_ok());
}

/// What the crate is made with is not part of what it promises.
#[test]
fn uuid_588_zerocopy_is_not_in_the_public_interface() {
    let header = include_str!("../../../src/message/header.rs");
    let lines: Vec<_> = [include_str!("../../../src/message.rs"), header]
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| line.contains("zerocopy") && !line.trim().starts_with("//"))
        .collect();
    assert!(lines.iter().all(|line| line.starts_with("use zerocopy::")), "{lines:?}");
    assert!(header.contains("\npub(super) struct Header {"));
}
