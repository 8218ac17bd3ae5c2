//! Proves that an edit does what a naive model of lists of options does, to the last byte, or fails and changes
//! nothing.

use core::net::Ipv4Addr;

use crate::model::{self, Failure, edited};
use dhcp_callout::message::{Editor, Flags, OptionCode};
use dhcp_callout::strategy::{Bytes, EditorCall, edit_script, editor_call};
use dhcp_callout::{Message, PACKET_CAPACITY, PacketBuffer};
use dhcp_callout_support::capture;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const COOKIE: [u8; 4] = [99, 130, 83, 99];

fn code() -> impl Strategy<Value = u8> {
    select(vec![1, 6, 12, 43, 51, 53, 58, 82, 250])
}

/// Sub-options, mostly well-formed.
fn suboptions() -> impl Strategy<Value = Vec<u8>> {
    let one = (0_u8..5, vec(any::<u8>(), 0..4)).prop_map(|(code, value)| {
        let length = u8::try_from(value.len()).unwrap_or(0);
        [vec![code, length], value].concat()
    });
    prop_oneof![
        9 => (vec(one, 0..5), any::<bool>()).prop_map(|(parts, ends)| {
            let mut value = parts.concat();
            if ends {
                value.extend([255, 0, 0]);
            }
            value
        }),
        1 => vec(0_u8..9, 0..9),
    ]
}

/// The bytes of an option with code and length, or PADs.
fn item(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    let value = (code(), vec(any::<u8>(), 0..=longest.min(40)), suboptions()).prop_map(|(code, value, inner)| {
        let value = if matches!(code, 43 | 82) { inner } else { value };
        [vec![code, u8::try_from(value.len()).unwrap_or(0)], value].concat()
    });
    // Long values, in both forms, and what only looks like the second.
    let pieces = vec(
        (prop_oneof![code(), Just(250)], select(vec![0_u8, 2, 254, 255, 255])),
        1..4,
    );
    let long = (pieces, any::<u8>()).prop_map(move |(pieces, byte)| {
        let one = |(code, length): (u8, u8)| {
            let length = u8::try_from(longest).map_or(length, |longest| length.min(longest));
            [vec![code, length], vec![byte; length.into()]].concat()
        };
        pieces.into_iter().flat_map(one).collect()
    });
    prop_oneof![8 => value, 1 => long, 1 => (1_usize..4).prop_map(|pads| vec![0; pads])]
}

fn overload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (1_u8..=3).prop_map(|fields| vec![52, 1, fields]),
        1 => Just(vec![52, 0, 52, 1, 2, 52, 0]),
        1 => Just(vec![52, 1, 9]),
        1 => Just(vec![52, 2, 1, 1]),
    ]
}

/// Options for a field of `length` bytes, with its END or without.
fn field(length: usize) -> impl Strategy<Value = Vec<u8>> {
    (vec(item(20), 0..12), any::<bool>(), any::<u8>()).prop_map(move |(items, ends, junk)| {
        let mut field = Vec::new();
        for item in items {
            if field.len() + item.len() <= length {
                field.extend(item);
            }
        }
        if ends && field.len() < length {
            field.push(255);
            field.resize(length, if junk % 4 == 0 { junk } else { 0 });
        }
        field.resize(length, 0);
        field
    })
}

fn packet() -> impl Strategy<Value = Vec<u8>> {
    let fields = (vec(any::<u8>(), 44), field(64), field(128));
    let options = (
        vec(item(255), 0..14),
        proptest::option::of((overload(), any::<prop::sample::Index>())),
        proptest::option::of(vec(Just(82_u8), 1..3)),
    );
    let tail = prop_oneof![
        3 => Just(vec![255]),
        3 => (0_usize..60).prop_map(|pads| [vec![255], vec![0; pads]].concat()),
        1 => vec(any::<u8>(), 0..9).prop_map(|junk| [vec![255], junk].concat()),
        2 => (0_usize..9).prop_map(|pads| vec![0; pads]),
        1 => (1_usize..9).prop_map(|pads| [vec![0; pads], vec![255]].concat()),
    ];
    let cookie = prop_oneof![12 => Just(Some(COOKIE)), 1 => Just(None), 1 => Just(Some([0; 4]))];
    (fields, cookie, options, tail).prop_map(|((fixed, sname, file), cookie, (mut items, overload, relay), tail)| {
        let mut packet = [fixed, sname, file].concat();
        match cookie {
            Some(COOKIE) => {}
            Some(zeros) => return [packet, zeros.to_vec(), vec![0; 60]].concat(),
            None => {
                return [packet, vec![0; tail.len() - tail.len() % 2], vec![1; tail.len() % 2]].concat();
            }
        }
        if let Some((overload, at)) = overload {
            items.insert(at.index(items.len() + 1), overload);
        }
        packet.extend(COOKIE);
        packet.extend(items.concat());
        for part in relay.unwrap_or_default() {
            packet.extend([part, 3, 1, 1, b'r']);
        }
        packet.extend(tail);
        packet
    })
}

/// A well-formed packet, or one with some byte changed, or one that is cut.
fn any_packet() -> impl Strategy<Value = Vec<u8>> {
    let spoilt = (packet(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut packet, at, byte)| {
        let at = at.index(packet.len());
        packet[at] = byte;
        packet
    });
    let cut = (packet(), any::<prop::sample::Index>()).prop_map(|(mut packet, at)| {
        packet.truncate(at.index(packet.len()));
        packet
    });
    prop_oneof![10 => packet(), 2 => spoilt, 1 => cut]
}

/// The messages of the bundled captures.
fn captured() -> impl Strategy<Value = Vec<u8>> {
    let frames = capture::BUNDLED
        .iter()
        .flat_map(|name| capture::read(&capture::bundled(name)).unwrap());
    let packets: Vec<_> = frames.filter_map(|frame| frame.dhcp().map(<[u8]>::to_vec)).collect();
    select(packets)
}

/// Sets an option to the value that it has.
fn set_same(packet: &[u8], code: u8) -> EditorCall {
    EditorCall::SetRaw(OptionCode::from_code(code), Bytes(model::joined(packet, code)))
}

fn note<'v>(ops: &'v [EditorCall], editor: &mut Editor<'_, 'v>) {
    for edit in ops {
        edit.apply(editor);
    }
}

fn check(packet: &[u8], ops: &[EditorCall]) -> Result<(), TestCaseError> {
    let mut buffer = PacketBuffer::from_bytes(packet).map_err(|_| TestCaseError::reject("too long"))?;
    let result = buffer.edit(|editor| note(ops, editor));
    match edited(packet, ops) {
        Ok(expected) => {
            prop_assert_eq!(result, Ok(expected.len()));
            prop_assert_eq!(hex::encode(buffer.as_bytes()), hex::encode(&expected));
        }
        Err(expected) => {
            prop_assert_eq!(result.map_err(Failure::from), Err(expected));
            prop_assert_eq!(buffer.as_bytes(), packet);
        }
    }

    // From a message elsewhere, the same comes out, whether the buffer is empty or not.
    for before in [&b"another packet"[..], b""] {
        let mut other = PacketBuffer::from_bytes(before).unwrap();
        let Ok(message) = Message::parse(packet) else {
            break;
        };
        prop_assert_eq!(other.edit_from(message, |editor| note(ops, editor)), result);
        let expected = if result.is_ok() { buffer.as_bytes() } else { before };
        prop_assert_eq!(other.as_bytes(), expected);
    }

    // What was made is well-formed, and stays as it is when edited to no effect.
    if result.is_ok() {
        let message = Message::parse(buffer.as_bytes()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for option in message.options() {
            prop_assert!(option.is_ok());
        }
        let before = buffer.clone();
        prop_assert_eq!(buffer.edit(|_| ()), Ok(before.size()));
        prop_assert_eq!(&buffer, &before);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_do_what_the_model_does(
        packet in any_packet(),
        mut ops in edit_script(),
        same in vec((any::<Index>(), code()), 0..3),
    ) {
        for (place, code) in same {
            ops.insert(place.index(ops.len() + 1), set_same(&packet, code));
        }
        check(&packet, &ops)?;
    }

    #[test]
    fn captured_packets_are_edited_as_in_the_model(packet in captured(), ops in edit_script()) {
        check(&packet, &ops)?;
    }

    #[test]
    fn values_are_set_in_plain_packets_as_in_the_model(
        options in vec((select(vec![1_u8, 3, 6, 12, 51, 53]), vec(any::<u8>(), 0..9)), 0..9),
        filling in 0_usize..20,
        sets in vec((select(vec![3_u8, 6, 12, 51]), vec(any::<u8>(), 0..9)), 0..4),
        last in proptest::option::of(editor_call()),
    ) {
        let mut packet = [&[0; 236][..], &COOKIE].concat();
        for (code, value) in options {
            packet.push(code);
            packet.extend(u8::try_from(value.len()));
            packet.extend(value);
        }
        packet.push(255);
        packet.resize(packet.len() + filling, 0);
        let set = |(code, value)| EditorCall::SetRaw(OptionCode::from_code(code), Bytes(value));
        let ops: Vec<_> = sets.into_iter().map(set).chain(last).collect();
        check(&packet, &ops)?;
    }

    #[test]
    fn values_that_are_set_to_what_they_are_change_no_byte(packet in packet(), codes in vec(code(), 0..8)) {
        let present = codes.into_iter().filter(|code| model::has(&packet, *code));
        let ops: Vec<_> = present.map(|code| set_same(&packet, code)).collect();
        let mut buffer = PacketBuffer::from_bytes(&packet).unwrap();
        if buffer.edit(|editor| note(&ops, editor)).is_ok() {
            prop_assert_eq!(buffer.as_bytes(), &packet[..]);
        }
    }

    #[test]
    fn values_near_the_capacity_fit_or_fail(length in 3000_usize..4300, second in 0_usize..900) {
        let mut packet = vec![0; 236];
        packet.extend(COOKIE);
        packet.extend([53, 1, 5, 82, 2, 1, 0, 255]);
        let set = |code, value| EditorCall::SetRaw(OptionCode::from_code(code), Bytes(value));
        let ops = [set(12, vec![7; length]), set(53, vec![8; second])];
        check(&packet, &ops)?;
    }
}

#[test]
fn flags_and_the_other_fields_go_where_they_belong() {
    let mut buffer = PacketBuffer::from_bytes(&[0; 236]).unwrap();
    let edited = buffer.edit(|editor| {
        editor
            .op(dhcp_callout::message::OpCode::REPLY)
            .htype(dhcp_callout::message::HardwareType::IEEE802)
            .chaddr(&[1, 2, 3])
            .hops(4)
            .xid(5)
            .secs(6)
            .flags(Flags::BROADCAST)
            .ciaddr(Ipv4Addr::new(7, 7, 7, 7))
            .yiaddr(Ipv4Addr::new(8, 8, 8, 8))
            .siaddr(Ipv4Addr::new(9, 9, 9, 9))
            .giaddr(Ipv4Addr::new(10, 10, 10, 10))
            .sname(b"server")
            .file(b"file");
    });
    assert_eq!(edited, Ok(236));
    let message = Message::parse(buffer.as_bytes()).unwrap();
    let expected = [
        2, 6, 3, 4, 0, 0, 0, 5, 0, 6, 128, 0, 7, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 10, 1, 2, 3, 0,
    ];
    assert_eq!(message.as_bytes()[..32], expected);
    assert!(message.sname().starts_with(b"server\0") && message.file().starts_with(b"file\0"));
    const { assert!(PACKET_CAPACITY == 4096) }
}
