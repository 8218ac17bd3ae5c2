//! No bytes in the value of an option, whole or split, make a reading panic, lose its way or take more than linear
//! time.

use core::fmt::Write as _;

use dhcp_callout::Message;
use dhcp_callout::message::option::{self, relay};
use dhcp_callout::message::{OptionCode, SequenceReader, Suboption, Typed, Value, ValueErrorKind};
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

#[test]
fn pointers_take_linear_time() {
    for bytes in [4096, 65_536] {
        let value = names_of_pointers(bytes, 0);
        let list = option::DOMAIN_SEARCH
            .decode(Value::from_slice(option::DOMAIN_SEARCH.code(), &value))
            .unwrap();
        assert_eq!(list.iter().count(), 1 + (value.len() - 253) / 2);
        let value = chain_of_pointers(bytes);
        let error = option::DOMAIN_SEARCH
            .decode(Value::from_slice(option::DOMAIN_SEARCH.code(), &value))
            .unwrap_err();
        assert!(
            matches!(
                (error.kind(), error.offset()),
                (ValueErrorKind::Pointer { target: 0 }, 1)
            ),
            "{error:?}"
        );
    }
}

#[test]
fn pointers_over_fragments_of_one_byte_are_given_up() {
    // The first fragment holds the place that all pointers lead to, so that following them costs nothing.
    let value = packet(119, &names_of_pointers(1300, 0), 1);
    let read = Message::parse(&value).unwrap().get(option::DOMAIN_SEARCH);
    assert!(read.is_ok(), "{read:?}");
    // One byte further on, the fragments have to be walked for each pointer.
    let value = packet(119, &names_of_pointers(1300, 1), 1);
    let error = Message::parse(&value).unwrap().get(option::DOMAIN_SEARCH).unwrap_err();
    assert_eq!(error.kind(), ValueErrorKind::Scattered, "{error:?}");
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
