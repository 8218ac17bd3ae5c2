//! Proves that reading a message is lossless: every option of a well-formed packet is found where it
//! was put, and every fault is reported once with its offset.

use dhcp_callout::message::{Area, HEADER_LENGTH, OptionCode, OptionErrorKind, ParseError, Value};
use dhcp_callout::strategy::Bytes;
use dhcp_callout::{Message, PACKET_CAPACITY, PacketBuffer, strategy};
use dhcp_callout_support::packet::with_options as packet;
use proptest::prelude::*;

/// What a fault says: code, offset, kind.
type Fault = (u8, usize, OptionErrorKind);

/// What a walk yields: code and value of each option, then the fault.
fn walk(packet: &[u8]) -> (Vec<(u8, Vec<u8>)>, Option<Fault>) {
    let mut options = Message::parse(packet).unwrap().options();
    let mut found = Vec::new();
    let fault = options.find_map(|option| match option {
        Ok(option) => {
            found.push((option.code.code(), option.value.to_vec()));
            None
        }
        Err(fault) => Some((fault.code().code(), fault.offset(), fault.kind())),
    });
    assert_eq!(options.next(), None, "the walk ends after the fault");
    (found, fault)
}

#[test]
fn a_buffer_is_empty_at_first() {
    let buffer = PacketBuffer::default();
    assert_eq!((buffer.as_ref(), buffer.size()), (&[][..], 0));
    assert_eq!(format!("{buffer:?}"), "PacketBuffer { size: 0, .. }");
}

#[test]
fn a_packet_shorter_than_the_header_is_no_message() {
    for length in 0..HEADER_LENGTH {
        let error = ParseError::TruncatedHeader {
            needed: 236,
            have: length,
        };
        assert_eq!(Message::parse(&vec![0; length]).unwrap_err(), error);
    }
    assert!(Message::parse(&[0; HEADER_LENGTH]).is_ok());
}

#[test]
fn every_field_of_the_header_is_where_the_rfc_puts_it() {
    let bytes: Vec<u8> = (0..=255).cycle().take(240).collect();
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(
        (
            message.op().code(),
            message.htype().code(),
            message.hlen(),
            message.hops()
        ),
        (0, 1, 2, 3)
    );
    assert_eq!(
        (message.xid(), message.secs(), message.flags().bits()),
        (0x0405_0607, 0x0809, 0x0A0B)
    );
    assert_eq!(message.ciaddr().octets(), [12, 13, 14, 15]);
    assert_eq!(message.yiaddr().octets(), [16, 17, 18, 19]);
    assert_eq!(message.siaddr().octets(), [20, 21, 22, 23]);
    assert_eq!(message.giaddr().octets(), [24, 25, 26, 27]);
    assert_eq!(message.chaddr(), Ok(&[28, 29][..]));
    assert_eq!(message.chaddr_field()[..], bytes[28..44]);
    assert_eq!(message.sname()[..], bytes[44..108]);
    assert_eq!(message.file()[..], bytes[108..236]);
    assert_eq!(message.as_bytes(), bytes);
    assert_eq!(message.mac(), None);
    let printed = format!("{message:?}");
    assert_eq!(printed, "Message { op: OpCode(0), xid: 0x04050607, size: 240, .. }");
}

#[test]
fn a_hardware_address_is_never_longer_than_its_field() {
    for hlen in 0..=255_u8 {
        let mut bytes = packet(&[]);
        bytes[1] = 1;
        bytes[2] = hlen;
        let message = Message::parse(&bytes).unwrap();
        match message.chaddr() {
            Ok(address) => assert_eq!(address.len(), usize::from(hlen)),
            Err(error) => assert_eq!((error.hlen, hlen > 16), (hlen, true)),
        }
        assert_eq!(message.mac().is_some(), hlen == 6);
    }
}

#[test]
fn a_message_without_the_cookie_has_no_options() {
    let mut bytes = packet(&[53, 1, 1, 255]);
    for (index, length) in [(236, 244), (239, 244), (0, 239), (0, 236)] {
        let kept = bytes[index];
        bytes[index] ^= 1;
        let message = Message::parse(&bytes[..length]).unwrap();
        assert_eq!(
            (message.has_cookie(), message.options().count(), message.end_offset()),
            (false, 0, None)
        );
        assert_eq!(message.message_type(), None);
        bytes[index] = kept;
    }
    assert_eq!(Message::parse(&bytes).unwrap().options().count(), 1);
}

#[test]
fn each_fault_names_the_option_and_its_offset() {
    assert_eq!(
        walk(&packet(&[0, 0, 12])),
        (vec![], Some((12, 242, OptionErrorKind::NoLength)))
    );
    let expected = (12, 243, OptionErrorKind::Truncated { needed: 3, have: 2 });
    assert_eq!(
        walk(&packet(&[53, 1, 1, 12, 3, 255, 255])),
        (vec![(53, vec![1])], Some(expected))
    );
    assert_eq!(
        walk(&packet(&[53, 1, 1])),
        (vec![(53, vec![1])], None),
        "END may be missing"
    );
    assert_eq!(walk(&packet(&[255, 12])), (vec![], None), "END ends the options");
}

#[test]
fn overloaded_fields_are_read_after_the_options_field() {
    let mut bytes = packet(&[52, 1, 3, 255]);
    bytes[108..112].copy_from_slice(&[12, 1, b'f', 255]);
    bytes[44..48].copy_from_slice(&[52, 1, 1, 15]);
    bytes[48] = 1;
    let message = Message::parse(&bytes).unwrap();
    let found: Vec<_> = message
        .options()
        .map(|option| option.map(|raw| (raw.area, raw.offset, raw.code.code())).unwrap())
        .collect();
    assert_eq!(
        found,
        [
            (Area::Options, 240, 52),
            (Area::File, 108, 12),
            (Area::Sname, 44, 52),
            (Area::Sname, 47, 15)
        ]
    );
    let named = [Area::Options, Area::File, Area::Sname].map(|area| area.to_string());
    assert_eq!(named, ["options", "file", "sname"], "as RFC 2131 names the fields");
    // 52 inside `sname` means nothing, and its value is not part of the option's.
    let overload = message.value(OptionCode::from_code(52)).unwrap().unwrap();
    assert_eq!(overload.as_slice(), Some(&[3][..]));
    // A fault in `file` ends the walk: what is in `sname` is not reached.
    bytes[234..236].copy_from_slice(&[12, 9]);
    bytes[111] = 0;
    let fault = (12, 234, OptionErrorKind::Truncated { needed: 9, have: 0 });
    assert_eq!(walk(&bytes), (vec![(52, vec![3]), (12, vec![b'f'])], Some(fault)));
}

#[test]
fn an_invalid_overload_opens_no_field() {
    for options in [
        &[52, 1, 0][..],
        &[52, 1, 4],
        &[52, 2, 1, 1],
        &[52, 0],
        &[52, 1, 1, 52, 1, 2],
    ] {
        let mut bytes = packet(options);
        bytes[108..111].copy_from_slice(&[12, 1, b'f']);
        let (found, fault) = walk(&bytes);
        assert!(found.iter().all(|(code, _)| *code == 52), "{options:?}");
        assert_eq!(fault, None);
    }
    let mut bytes = packet(&[52, 0, 52, 1, 1]);
    bytes[108..111].copy_from_slice(&[12, 1, b'f']);
    assert_eq!(
        walk(&bytes).0.last(),
        Some(&(12, vec![b'f'])),
        "joined, this option 52 is one byte"
    );
}

#[test]
fn what_is_before_a_fault_is_found() {
    let bytes = packet(&[53, 1, 1, 12, 9, 1]);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(
        message.value(OptionCode::from_code(53)).unwrap().unwrap().to_array(),
        Some([1])
    );
    let fault = message.value(60).expect_err("it cannot be called absent");
    assert_eq!(
        fault.to_string(),
        "option 12 at offset 243: 9 bytes needed, 1 left in the field"
    );
}

#[test]
fn a_buffer_and_its_size_agree() {
    let mut buffer = PacketBuffer::new();
    assert_eq!((buffer.size(), buffer.as_bytes()), (0, &[][..]));
    buffer.copy_from(&packet(&[])).unwrap();
    assert_eq!((buffer.size(), buffer.as_bytes().len()), (240, 240));
    let error = buffer.copy_from(&[1; PACKET_CAPACITY + 1]).unwrap_err();
    assert_eq!((error.size, error.capacity), (4097, 4096));
    assert_eq!(buffer.as_bytes(), packet(&[]));
    buffer.copy_from(&[1; PACKET_CAPACITY]).unwrap();
    assert_eq!(buffer.as_bytes(), [1; PACKET_CAPACITY]);
    buffer.copy_from(b"short").unwrap();
    assert_eq!((buffer.size(), buffer.as_bytes()), (5, &b"short"[..]));
}

/// What [`Message::value`] must give: the bytes of all options of `code`, joined.
fn joined(options: &[(Area, u8, Bytes)], code: u8) -> Option<Vec<u8>> {
    let fragments: Vec<_> = options
        .iter()
        .filter(|option| option.1 == code)
        .map(|option| option.2.as_slice())
        .collect();
    (!fragments.is_empty()).then(|| fragments.concat())
}

fn all_of(value: Value<'_>) -> Vec<u8> {
    value.bytes().collect()
}

proptest! {
    #[test]
    fn every_option_is_found_where_it_was_put(sample in strategy::message()) {
        let message = Message::parse(&sample.packet).unwrap();
        let found: Vec<_> = message.options().map(|option| option.map(|raw| {
            assert_eq!(sample.packet[raw.offset], raw.code.code());
            (raw.area, raw.code.code(), Bytes(raw.value.to_vec()))
        })).collect::<Result<_, _>>()?;
        prop_assert_eq!(&found, &sample.options);
        for code in 1..=254 {
            let value = message.value(OptionCode::from_code(code))?;
            prop_assert_eq!(value.map(all_of), joined(&sample.options, code));
        }
    }
}
