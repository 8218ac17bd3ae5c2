//! No bytes in the value of an option, whole or split, make a reading panic, lose its way or take more than linear
//! time.

use core::fmt::Write as _;

use dhcp_callout::Message;
use dhcp_callout::message::option::{self, relay};
use dhcp_callout::message::{
    DomainList, Expected, OptionCode, SequenceReader, Suboption, Typed, Value, ValueError, ValueErrorKind,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A message with `value` in fragments of `width` bytes, and another option after each.
fn packet(code: u8, value: &[u8], width: usize) -> Vec<u8> {
    let mut packet = vec![0; 236];
    packet.extend([99, 130, 83, 99]);
    for part in value.chunks(width.clamp(1, 255)) {
        packet.push(code);
        packet.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        packet.extend(part);
        packet.extend([254, 0]);
    }
    packet.push(255);
    packet
}

/// Reads and prints the value; what it prints as, or the kind of the error.
fn read(code: u8, value: &[u8], width: usize) -> String {
    let packet = packet(code, value, width);
    let mut printed = String::new();
    if let Ok(message) = Message::parse(&packet) {
        if let Ok(Some(value)) = message.value(OptionCode::from_code(code)) {
            match Typed::decode(value) {
                Ok(typed) => {
                    let _ = write!(printed, "{typed} {}", format!("{typed:?}").len());
                }
                Err(error) => {
                    let kind = format!("{:?}", error.kind());
                    printed.extend(kind.chars().filter(|character| !character.is_ascii_digit()));
                }
            }
        }
        let _ = (message.to_string(), format!("{message:#}"));
    }
    printed
}

/// Bytes that look like nested values: small numbers, pointers, and the rest.
fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => 0_u8..6, 1 => Just(0xc0), 1 => Just(255), 2 => any::<u8>()];
    vec(byte, 0..most)
}

proptest! {
    #[test]
    fn a_split_changes_nothing(code in 1_u8..254, value in bytes(60), width in 1_usize..9) {
        prop_assert_eq!(read(code, &value, 255), read(code, &value, width));
    }

    #[test]
    fn long_values_read(code in 1_u8..255, value in bytes(700), width in 1_usize..256) {
        read(code, &value, width);
    }

    #[test]
    fn relay_values_read(code in any::<u8>(), value in bytes(200)) {
        let mut suboption = vec![code, u8::try_from(value.len()).unwrap_or(0)];
        suboption.extend(&value);
        let value = Value::from_slice(option::RELAY_AGENT_INFORMATION.code(), &suboption);
        for suboption in SequenceReader::<Suboption<'_>>::new(value).flatten() {
            let _ = Typed::decode_relay(suboption).map(|typed| typed.to_string());
        }
        if let Ok(agent) = option::RELAY_AGENT_INFORMATION.decode(value) {
            let _ = (agent.to_string(), agent.get(relay::VIRTUAL_SUBNET_SELECTION).is_ok());
        }
    }

    #[test]
    fn printed_messages_keep_their_lines(bytes in vec(any::<u8>(), 0..1200), cookie in any::<bool>()) {
        let mut packet = bytes;
        if let Some(place) = packet.get_mut(236..240).filter(|_| cookie) {
            place.copy_from_slice(&[99, 130, 83, 99]);
        }
        if let Ok(message) = Message::parse(&packet) {
            let line = message.to_string();
            prop_assert!(line.chars().all(|character| !character.is_control()), "{line:?}");
            let lines = format!("{message:#}");
            prop_assert!(lines.chars().all(|character| character == '\n' || !character.is_control()), "{lines:?}");
            prop_assert!(lines.ends_with('\n'));
        }
    }
}

/// The longest name, after `shift` root names, then nothing but pointers to it.
fn names_of_pointers(bytes: usize, shift: u8) -> Vec<u8> {
    let roots = (0..shift).map(|_| 0);
    let mut value: Vec<u8> = roots.chain((0..126).flat_map(|_| [1, b'a'])).chain([0]).collect();
    while value.len() < bytes {
        value.extend([0xc0, shift]);
    }
    value
}

/// A chain of pointers, each to the one before it, all to the root.
fn chain_of_pointers(bytes: usize) -> Vec<u8> {
    let mut value = vec![0, 0xc0, 0];
    while value.len() < bytes {
        let target = u16::try_from(value.len().saturating_sub(2)).unwrap_or(1).min(0x3fff);
        value.extend((0xc000 | target).to_be_bytes());
    }
    value
}

/// A name that follows so many pointers to its one label, all but the last inside of labels of other names.
fn name_of_pointers(pointers: usize) -> Vec<u8> {
    let (mut value, mut target) = (b"\x03end\0".to_vec(), 0);
    let mut left = pointers - 1;
    while left > 0 {
        let in_label = left.min(31);
        value.push(u8::try_from(2 * in_label).unwrap());
        for _ in 0..in_label {
            let position = u16::try_from(value.len()).unwrap();
            value.extend((0xc000_u16 | target).to_be_bytes());
            target = position;
        }
        value.push(0);
        left -= in_label;
    }
    value.extend((0xc000 | target).to_be_bytes());
    value
}

fn domain_search(value: &[u8]) -> Result<DomainList<'_>, ValueError> {
    option::DOMAIN_SEARCH.decode(Value::from_slice(option::DOMAIN_SEARCH.code(), value))
}

#[test]
fn pointers_take_linear_time() {
    let too_long = (ValueErrorKind::Expansion, 181);
    let too_many = (ValueErrorKind::Pointer { target: 0 }, 1);
    for (bytes, of_chain) in [(4096, too_long), (65_536, too_many)] {
        let value = names_of_pointers(bytes, 0);
        let error = domain_search(&value).unwrap_err();
        let names_read = (32 * value.len() - 252) / 284; // See below.
        assert_eq!(
            (error.kind(), error.offset()),
            (ValueErrorKind::Expansion, 253 + 2 * names_read)
        );
        let error = domain_search(&chain_of_pointers(bytes)).unwrap_err();
        assert_eq!((error.kind(), error.offset()), of_chain);
    }
}

/// A name of so many labels of one byte, then so many pointers to it.
fn name_and_pointers(labels: usize, pointers: usize) -> Vec<u8> {
    [[1, b'a'].repeat(labels), vec![0], [0xc0, 0].repeat(pointers)].concat()
}

#[test]
fn a_list_written_out_has_32_bytes_for_each_and_no_more() {
    // Each name has 252 bytes, and 32 for its pointer: 252 + 284 n of 32 (253 + 2 n).
    let most = (32 * 253 - 252) / (284 - 64);
    let names = name_and_pointers(126, most);
    assert_eq!(domain_search(&names).unwrap().iter().count(), 1 + most);
    let error = domain_search(&name_and_pointers(126, most + 1)).unwrap_err();
    assert_eq!(
        (error.kind(), error.offset()),
        (ValueErrorKind::Expansion, 253 + 2 * most)
    );
}

#[test]
fn fragments_of_one_byte_read_like_one_piece() {
    for value in [
        name_and_pointers(126, 35),
        name_and_pointers(126, 36),
        name_and_pointers(3, 300),
    ] {
        assert_eq!(read(119, &value, 1), read(119, &value, 255));
        let mut far_back = vec![0; 300];
        far_back.extend(b"\x03www\x07example\x03com\0");
        far_back.extend(b"\x01a\xc1\x30".repeat(100));
        assert_eq!(read(119, &far_back, 1), read(119, &far_back, 255));
        assert!(read(119, &far_back, 1).contains("more"));
    }
    let deep = packet(119, &name_of_pointers(127), 1);
    let names = Message::parse(&deep)
        .unwrap()
        .get(option::DOMAIN_SEARCH)
        .unwrap()
        .unwrap();
    let last = names.iter().last().unwrap();
    assert!(last.labels().eq([b"end"]) && last.is_absolute());
    assert_eq!(
        read(119, &name_of_pointers(128), 1),
        read(119, &name_of_pointers(128), 255)
    );
    assert!(read(119, &name_of_pointers(128), 1).starts_with("Pointer"));
}

#[test]
fn a_long_list_is_printed_in_part() {
    let value = b"\x07example\x03com\0".repeat(100);
    let printed = domain_search(&value).unwrap().to_string();
    let names = vec!["example.com."; 79].join(", ");
    assert_eq!(printed, format!("{names}, and 21 more"));
}

#[test]
fn split_lists_longer_than_any_packet_are_given_up() {
    let value = b"\x07example\x03com\0".repeat(4096 / 13 + 1);
    assert!(domain_search(&value).is_ok());
    let packet = packet(119, &value, 255);
    let error = Message::parse(&packet).unwrap().get(option::DOMAIN_SEARCH).unwrap_err();
    let kind = ValueErrorKind::Length {
        length: value.len(),
        expected: Expected::AtMost(4096),
    };
    assert_eq!((error.kind(), error.offset()), (kind, 242));
}

#[test]
fn ordinary_splits_are_never_given_up() {
    // 4000 bytes of names, each with a pointer that leads almost as far back as it can, in parts of 255 bytes.
    let mut value = vec![0; 300];
    value.extend(b"\x07example\x03com\0");
    while value.len() < 4000 {
        value.extend(b"\x01a\xc1\x2c");
    }
    let packet = packet(119, &value, 255);
    let message = Message::parse(&packet).unwrap();
    let names = message.get(option::DOMAIN_SEARCH).unwrap().unwrap();
    assert_eq!(
        names.iter().last().map(|name| name.to_string()).as_deref(),
        Some("a.example.com.")
    );
}

#[test]
fn nested_values_of_one_byte_fragments_read() {
    for code in OptionCode::ALL {
        for byte in [0, 1, 2, 3, 0xc0, 255] {
            read(code.code(), &[byte; 300], 1);
        }
    }
}
