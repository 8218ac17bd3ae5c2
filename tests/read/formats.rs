//! Every format of an option's value reads rightly, whole or split anywhere, and says exactly what is wrong with it.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::HashSet;

use dhcp_callout::Message;
use dhcp_callout::message::option::{self, microsoft, relay};
use dhcp_callout::message::{
    Architecture, Class, ClientId, DuidType, Expected, Format, FqdnName, Key, MessageType, MicrosoftCode, OptionCode,
    OptionErrorKind, Overload, RelayCode, Route, Seconds, SequenceReader, SipServers, Suboption, TimeOffset, Typed,
    Value, ValueError, ValueErrorKind,
};

/// Offset of the first byte of a value that [`packet`] makes.
const VALUE: usize = 242;

/// A message with the option `code`, its value in parts that end at `splits`, with another option between parts.
fn packet(code: u8, value: &[u8], splits: &[usize]) -> Vec<u8> {
    let mut packet = vec![0; 236];
    packet.extend([99, 130, 83, 99]);
    let mut start = 0;
    for end in splits.iter().copied().chain([value.len()]) {
        let part = value.get(start..end).unwrap_or_default();
        if start > 0 {
            packet.extend([0, 254, 1, 0xee]);
        }
        packet.push(code);
        packet.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        packet.extend(part);
        start = end;
    }
    packet.push(255);
    packet
}

/// What the value reads as, in words; asserts that it reads the same wherever it is split.
fn show(code: u8, value: &[u8]) -> String {
    let whole = show_split(code, value, &[]);
    for middle in 1..value.len() {
        assert_eq!(show_split(code, value, &[middle]), whole, "split at {middle}");
    }
    let everywhere: Vec<usize> = (1..value.len()).collect();
    assert_eq!(show_split(code, value, &everywhere), whole, "split everywhere");
    whole
}

/// What a value in parts reads as; an error without its offset, which depends on the parts.
fn show_split(code: u8, value: &[u8], splits: &[usize]) -> String {
    let packet = packet(code, value, splits);
    let message = Message::parse(&packet);
    match message.map(|message| message.value(OptionCode::from_code(code))) {
        Ok(Ok(Some(value))) => match Typed::decode(value) {
            Ok(typed) => format!("{typed}"),
            Err(error) => format!("{:?}", error.kind()).replace(|c: char| c.is_ascii_digit(), ""),
        },
        other => format!("{other:?}"),
    }
}

/// The value in one piece, with its first byte at offset [`VALUE`], read by `key`.
fn with<F: Format, R>(
    key: Key<F>,
    value: &[u8],
    test: impl FnOnce(Result<F::Value<'_>, ValueError>) -> R,
) -> Option<R> {
    let packet = packet(key.code().code(), value, &[]);
    let message = Message::parse(&packet).ok()?;
    message.get(key).transpose().map(test)
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is not general in the lifetime"
)]
fn error<F: Format>(key: Key<F>, value: &[u8]) -> Option<ValueError> {
    with(key, value, |read| read.err()).flatten()
}

fn fault<F>(key: Key<F>, offset: usize, kind: ValueErrorKind) -> ValueError {
    ValueError::new(key.code(), offset, kind)
}

/// Each of the values is at fault, at an offset and in a way.
fn faults<F: Format>(key: Key<F>, expected: &[(&[u8], usize, ValueErrorKind)]) {
    for (value, offset, kind) in expected {
        assert_eq!(error(key, value), Some(fault(key, *offset, *kind)), "{value:?}");
    }
}

fn length<F: Format>(key: Key<F>, value: &[u8], expected: Expected) {
    let length = value.len();
    faults(key, &[(value, VALUE, ValueErrorKind::Length { length, expected })]);
}

/// One legal value for each format, with what it reads as.
#[rustfmt::skip]
const LEGAL: &[(u8, &[u8], &str)] = &[
    (1, &[255, 255, 255, 0], "255.255.255.0"),
    (2, &[0xff, 0xff, 0xc0, 0xb8], "-04:30"),
    (3, &[192, 0, 2, 1, 192, 0, 2, 2], "192.0.2.1, 192.0.2.2"),
    (12, b"caf\xc3\xa9\0\0", "\"café\""),
    (12, b"caf\xe9\x1b[2J\"\\", r#""caf\xe9\u{1b}[2J\"\\""#),
    (12, "a\u{202e}\u{2028}\u{1d11e}".as_bytes(), r#""a\u{202e}\u{2028}\u{1d11e}""#),
    (12, &[0], "\"\""),
    (13, &[1, 2], "258"),
    (19, &[1], "true"),
    (21, &[10, 0, 0, 0, 255, 0, 0, 0], "10.0.0.0 255.0.0.0"),
    (25, &[0, 68, 2, 64], "68, 576"),
    (37, &[64], "64"),
    (43, &[0, 1, 2, 0xaa, 0xbb, 0, 3, 0, 255, 0x99], "1=aabb, 3="),
    (43, &[0, 0, 255], "none"),
    (46, &[8], "H-node"),
    (51, &[0, 1, 0x51, 0x81], "1d 1s"),
    (52, &[3], "file, sname"),
    (53, &[2], "DHCPOFFER"),
    (53, &[77], "message type 77"),
    (55, &[1, 3, 6, 252], "1, 3, 6, 252"),
    (61, &[1, 0, 5, 0x3c, 4, 0x8d, 0x59], "Ethernet 00:05:3c:04:8d:59"),
    (61, &[255, 0, 0, 0, 9, 0, 4, 0xab], "IAID 0x00000009, DUID-UUID ab"),
    (61, b"\0pc", "7063 (\"pc\")"),
    (63, &[2, 0, 5, 1, 7], "2=, 5=07"),
    (68, &[], "none"),
    (68, &[192, 0, 2, 9], "192.0.2.9"),
    (77, b"\x02ab\x01c", "6162 (\"ab\"), 63 (\"c\")"),
    (80, &[], "present"),
    (81, b"\x05\xff\xff\x03mac\x07example\x03com\0", "\"mac.example.com.\" flags -E-S"),
    (81, b"\x04\0\0\x02pc", "\"pc\" flags -E--"),
    (81, b"\x01\0\0mac.example.com", "\"mac.example.com\" flags ---S"),
    (82, b"\x01\x04eth0\x05\x04\xc0\0\x02\0\xff\0",
        "Agent Circuit ID 65746830 (\"eth0\"), Link Selection 192.0.2.0, sub-option 255 "),
    (82, &[5, 1, 7, 19, 0, 10, 1, 0x80], "Link Selection 07, DHCPv4 Relay Source Port present, Relay Agent Flags 128"),
    (88, b"\x01a\0\x01b\0", "a., b."),
    (93, &[0, 7, 0, 99], "x64 UEFI, architecture 99"),
    (94, &[1, 3, 16], "UNDI 3.16"),
    (97, &[0, 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], "00010203-0405-0607-0809-0a0b0c0d0e0f"),
    (97, &[9, 1], "type 9 01"),
    (109, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "2001:db8::1"),
    (119, b"\x07example\x03com\0\x03www\xc0\0\xc0\x08\0", "example.com., www.example.com., com., ."),
    (119, b"\x04a.\\\x80\0", "a\\.\\\\\\128."),
    (120, b"\0\x03sip\x01x\0\x01b\xc0\x05", "sip.x., b.x."),
    (120, &[1, 192, 0, 2, 1], "192.0.2.1"),
    (121, &[24, 10, 0, 1, 10, 0, 0, 1, 0, 192, 0, 2, 1], "10.0.1.0/24 via 10.0.0.1, 0.0.0.0/0 via 192.0.2.1"),
    (121, &[32, 192, 0, 2, 9, 0, 0, 0, 0, 25, 10, 0, 0, 255, 1, 1, 1, 1],
        "192.0.2.9/32 on link, 10.0.0.128/25 via 1.1.1.1"),
    (124, &[0, 0, 0x11, 0x8b, 2, 0x00, 0xaa, 0, 0, 0, 1, 0], "enterprise 4491: 00aa, enterprise 1: "),
    (125, &[0, 0, 0x11, 0x8b, 3, 2, 1, 7, 0, 0, 0, 9, 0], "enterprise 4491: 2=07, enterprise 9: none"),
    (137, b"\x04lost\x01x\0", "lost.x."),
    (143, b"\0\x02ab\0\x01c", "\"ab\", \"c\""),
    (145, &[1, 2], "1, 2"),
    (146, &[1, 2], "0102"),
    (152, &[0x83, 0xaa, 0x7e, 0x80], "2208988800"),
    (156, &[2], "2"),
    (158, &[4, 192, 0, 2, 1, 8, 192, 0, 2, 2, 192, 0, 2, 3], "192.0.2.1, 192.0.2.2, 192.0.2.3"),
    (159, &[6, 8, 0x34, 0], "offset 6, PSID 0x3400/8"),
    (162, b"\0\x06\0\x01\x03\x01a\0\0\x0d\0\x02\x03\x01b\0\x04\xc0\0\x02\x01\xaa\xbb",
        "a. priority 1, b. priority 2 at 192.0.2.1 parameters aabb"),
    (221, b"\0red", "\"red\""),
    (221, &[1, 0, 0, 1, 0, 0, 0, 2], "VPN 00000100000002"),
    (221, &[255], "global"),
    (249, &[8, 10, 192, 0, 2, 1], "10.0.0.0/8 via 192.0.2.1"),
    (252, b"http://x/wpad.dat\n\0", "\"http://x/wpad.dat\\n\""),
    (224, &[0xde, 0xad], "dead"),
];

#[test]
fn every_format_reads_whole_and_split() {
    for (code, value, expected) in LEGAL {
        assert_eq!(show(*code, value), *expected, "option {code}");
    }
}

#[test]
fn every_format_bears_every_truncation() {
    for (code, value, _) in LEGAL {
        for end in 0..value.len() {
            show(*code, &value[..end]);
        }
    }
}

#[test]
fn lengths_are_checked() {
    use Expected::{AtLeast, Exactly, MultipleOf};

    length(option::SUBNET_MASK, &[255; 3], Exactly(4));
    length(option::SUBNET_MASK, &[255; 5], Exactly(4));
    length(option::ROUTERS, &[], AtLeast(4));
    length(option::ROUTERS, &[0; 3], AtLeast(4));
    length(option::ROUTERS, &[0; 6], MultipleOf(4));
    length(option::HOME_AGENTS, &[0; 1], MultipleOf(4));
    length(option::STATIC_ROUTES, &[0; 12], MultipleOf(8));
    length(option::RAPID_COMMIT, &[0], Exactly(0));
    length(option::HOST_NAME, &[], AtLeast(1));
    length(option::CLIENT_ID, &[1], AtLeast(2));
    length(option::FQDN, &[1, 0], AtLeast(3));
    length(option::RELAY_AGENT_INFORMATION, &[], AtLeast(2));
    length(option::USER_CLASS, &[], AtLeast(1));
    length(option::VIVCO, &[], AtLeast(5));
    length(option::MESSAGE_TYPE, &[1, 1], Exactly(1));
    length(option::CLIENT_MACHINE_ID, &[0; 16], Exactly(17));
    length(option::CLIENT_NDI, &[1, 2], Exactly(3));
    length(option::LOST_SERVER, b"\x01a\0x", Exactly(3));
    length(option::DOMAIN_SEARCH, &[], AtLeast(1));
    length(option::PCP_SERVERS, &[], AtLeast(2));
    length(option::SZTP_REDIRECT, &[], AtLeast(3));
    let inner = ValueErrorKind::Length {
        length: 3,
        expected: AtLeast(4),
    };
    faults(option::PCP_SERVERS, &[(&[3, 1, 2, 3], 243, inner)]);
}

#[test]
fn bytes_are_checked() {
    let bad = |value, min, max| ValueErrorKind::Value { value, min, max };
    faults(option::IP_FORWARDING, &[(&[2], VALUE, bad(2, 0, 1))]);
    faults(
        option::OVERLOAD,
        &[(&[0], VALUE, bad(0, 1, 3)), (&[4], VALUE, bad(4, 1, 3))],
    );
    faults(option::MESSAGE_TYPE, &[(&[0], VALUE, bad(0, 1, 255))]);
    faults(option::SIP_SERVERS, &[(&[2, 0], VALUE, bad(2, 0, 1))]);
}

#[test]
fn a_user_class_is_a_list_or_else_one_class() {
    let read = |bytes| option::USER_CLASS.decode(Value::from_slice(option::USER_CLASS.code(), bytes));
    let list: &[&[u8]] = &[b"\x03ab\0\x01c", b"\x05guest"];
    let bare: &[&[u8]] = &[b"RRAS.Microsoft", b"iPXE", b"A", b"\0", b"\x01a\0", b"\x03abc\x02d"];
    for bytes in list {
        let classes = read(bytes).unwrap();
        assert!(classes.list().unwrap().iter().eq(classes.iter()));
        assert!(classes.contains(bytes) && !classes.contains(&bytes[1..3]) && !classes.contains(b""));
        assert!(classes.iter().all(|class| classes.contains(class.as_slice().unwrap())));
    }
    for bytes in bare {
        let classes = read(bytes).unwrap();
        assert_eq!((classes.list(), classes.iter().count()), (None, 1), "{bytes:?}");
        assert!(classes.iter().next().unwrap() == **bytes && classes.contains(bytes));
        assert!(!classes.contains(&bytes[1..]));
    }
    assert_eq!(read(list[0]).unwrap().to_string(), "616200, 63 (\"c\")");
    assert_eq!(read(bare[1]).unwrap().to_string(), "69505845 (\"iPXE\")");
    // What is wrong with the list can be asked for.
    let fault = |bytes| {
        let value = Value::from_slice(option::USER_CLASS.code(), bytes);
        let fault = SequenceReader::<Class>::new(value).find_map(Result::err);
        fault.map(|fault| (fault.offset(), fault.kind()))
    };
    let truncated = ValueErrorKind::Truncated { needed: 105, have: 3 };
    assert_eq!(fault(b"iPXE"), Some((1, truncated)));
    let empty = ValueErrorKind::Value {
        value: 0,
        min: 1,
        max: 255,
    };
    assert_eq!(fault(b"\x01a\0"), Some((2, empty)));
}

#[test]
fn sub_options_of_microsoft_are_read_by_name() {
    let bytes = [1, 4, 0, 0, 0, 2, 2, 3, 0, 0, 1, 94, 0, 1, 4, 0, 0, 0, 1, 255];
    let vendor = option::VENDOR_SPECIFIC
        .decode(Value::from_slice(option::VENDOR_SPECIFIC.code(), &bytes))
        .unwrap();
    assert_eq!(vendor.suboption(microsoft::DISABLE_NETBIOS), Ok(Some(2)));
    let error = vendor.suboption(microsoft::RELEASE_ON_SHUTDOWN).unwrap_err();
    assert_eq!(error.to_string(), "option 43 at offset 8: value of 3 bytes, expected 4");
    assert_eq!(vendor.suboption(microsoft::ROUTER_METRIC_BASE), Ok(None));
    let rogue = vendor.suboption(microsoft::ROGUE_DETECTION_REQUEST);
    assert!(rogue.is_ok_and(|value| value.is_some_and(|value| value.is_empty())));
    let code = microsoft::ROGUE_DETECTION_REPLY.code();
    assert_eq!((code.code(), code.to_string()), (0x5f, "95".to_owned()));
    assert_eq!(MicrosoftCode::ALL.len(), 5);
    assert!(
        MicrosoftCode::ALL
            .iter()
            .all(|code| code.name().is_some() && code.reference().is_some())
    );
}

#[test]
fn elements_that_run_past_the_end_are_told() {
    let truncated = |needed, have| ValueErrorKind::Truncated { needed, have };
    let routes: [(&[u8], _, _); 3] = [
        (&[24, 10, 0, 1, 10, 0, 0], 246, truncated(4, 3)),
        (&[24, 10, 0], 243, truncated(3, 2)),
        (
            &[0, 1, 2, 3, 4, 33, 0],
            247,
            ValueErrorKind::Prefix { width: 33, max: 32 },
        ),
    ];
    faults(option::CLASSLESS_ROUTES, &routes);
    let classes: [(&[u8], _, _); 3] = [
        (&[0, 0, 1], VALUE, truncated(4, 3)),
        (&[0, 0, 0, 1], 246, truncated(1, 0)),
        (&[0, 0, 0, 1, 2, 9], 247, truncated(2, 1)),
    ];
    faults(option::VIVCO, &classes);
    faults(option::VIVSO, &[(&[0, 0, 0, 1, 3, 1, 0], 247, truncated(3, 2))]);
    let names: [(&[u8], _, _); 3] = [
        (b"\x03ab", 243, truncated(3, 2)),
        (b"\x01a", 244, truncated(1, 0)),
        (b"\0\xc0", 243, truncated(2, 1)),
    ];
    faults(option::DOMAIN_SEARCH, &names);
    faults(option::LOST_SERVER, &[(b"\x01a", 244, truncated(1, 0))]);
    faults(option::FQDN, &[(b"\x04\0\0\x03a", 246, truncated(3, 1))]);
}

#[test]
fn suboptions_that_run_past_the_end_are_told() {
    let no_length = |suboption| ValueErrorKind::SuboptionNoLength { suboption };
    let truncated = |suboption, needed, have| ValueErrorKind::SuboptionTruncated {
        suboption,
        needed,
        have,
    };
    let relay: [(&[u8], _, _); 3] = [
        (&[1], VALUE, no_length(1)),
        (&[1, 0, 2], 244, no_length(2)),
        (&[1, 1, 0, 2, 3, 9], 245, truncated(2, 3, 1)),
    ];
    faults(option::RELAY_AGENT_INFORMATION, &relay);
    let vendor: [(&[u8], _, _); 2] = [(&[0, 1], 243, no_length(1)), (&[1, 2, 0], VALUE, truncated(1, 2, 1))];
    faults(option::VENDOR_SPECIFIC, &vendor);
    let vendors: [(&[u8], _, _); 2] = [
        (&[0, 0, 0, 1, 1, 7], 247, no_length(7)),
        (&[0, 0, 0, 1, 2, 7, 1], 247, truncated(7, 1, 0)),
    ];
    faults(option::VIVSO, &vendors);
}

#[test]
fn pointers_lead_back_and_names_end() {
    let pointer = |target| ValueErrorKind::Pointer { target };
    let label = |byte| ValueErrorKind::Label { byte };
    let names: [(&[u8], _, _); 6] = [
        (&[0xc0, 0], VALUE, pointer(0)),            // to itself
        (b"\x01a\xc0\0", 244, pointer(0)),          // to its own beginning
        (b"\x01a\0\xc0\x05\0", 245, pointer(5)),    // forward
        (b"\x01a\0\xff\xff", 245, pointer(0x3fff)), // out of the value
        (&[0x40, 0], VALUE, label(0x40)),
        (&[0, 0x80, 0], 243, label(0x80)),
    ];
    faults(option::DOMAIN_SEARCH, &names);
    faults(option::LOST_SERVER, &[(b"\x01a\xc0\0", 244, pointer(0))]);

    // Four labels of 63 bytes are one byte too many for a name; 63, 63, 63 and 61 fill it.
    let name = |lengths: [u8; 4]| -> Vec<u8> {
        let labels = lengths.map(|length| [vec![length], vec![b'a'; length.into()]].concat());
        [labels.concat(), vec![0]].concat()
    };
    let decode = |value: &[u8]| Typed::decode(Value::from_slice(option::DOMAIN_SEARCH.code(), value)).map(|_| ());
    let longest = name([63, 63, 63, 61]);
    assert_eq!(longest.len(), 255);
    assert_eq!(decode(&longest), Ok(()));
    let too_long = |byte| Err(fault(option::DOMAIN_SEARCH, 192, label(byte)));
    assert_eq!(decode(&name([63, 63, 63, 62])), too_long(62));
    // The same over a pointer.
    assert_eq!(decode(&[&longest[..], b"\x01b\xc0\0"].concat()), too_long(61));
}

#[test]
fn errors_say_what_is_where() {
    let text = |error: Option<ValueError>| error.map(|error| error.to_string());
    let text_of = |kind| text(Some(fault(option::DOMAIN_SEARCH, 250, kind)));
    assert_eq!(
        text(error(option::SERVER_ID, &[1, 2, 3])).as_deref(),
        Some("option 54 at offset 242: value of 3 bytes, expected 4")
    );
    assert_eq!(
        text(error(option::LOST_SERVER, b"\x01a\xc0\0")).as_deref(),
        Some("option 137 at offset 244: pointer to byte 0 of the value is not allowed here, or does not lead back")
    );
    let kinds = [
        (
            ValueErrorKind::Option(OptionErrorKind::NoLength),
            "no length byte before the end of the field",
        ),
        (
            ValueErrorKind::Value {
                value: 7,
                min: 1,
                max: 3,
            },
            "value 7, expected 1 to 3",
        ),
        (
            ValueErrorKind::Truncated { needed: 2, have: 1 },
            "2 bytes needed, 1 left in the value",
        ),
        (
            ValueErrorKind::Prefix { width: 33, max: 32 },
            "prefix of 33 bits, an address has 32",
        ),
        (
            ValueErrorKind::Label { byte: 64 },
            "length byte 0x40 of a label, expected at most 63, and at most 255 bytes in a name",
        ),
        (
            ValueErrorKind::Expansion,
            "domain names, written out, are more than 32 times as long as the value",
        ),
        (
            ValueErrorKind::SuboptionNoLength { suboption: 9 },
            "sub-option 9 has no length byte",
        ),
        (
            ValueErrorKind::SuboptionTruncated {
                suboption: 9,
                needed: 4,
                have: 1,
            },
            "sub-option 9 needs 4 bytes, 1 left in the value",
        ),
    ];
    for (kind, expected) in kinds {
        assert_eq!(text_of(kind), Some(format!("option 119 at offset 250: {expected}")));
    }
}

#[test]
fn a_chain_of_pointers_ends_after_127() {
    // A chain that is not read as names of its own, since it is inside of labels.
    let chain = |pointers: usize| {
        let (mut value, mut target) = (vec![0], 0);
        for in_label in core::iter::repeat_n(31, pointers / 31).chain([pointers % 31]) {
            value.push(u8::try_from(2 * in_label).unwrap());
            for _ in 0..in_label {
                let position = u16::try_from(value.len()).unwrap();
                value.extend((0xc000_u16 | target).to_be_bytes());
                target = position;
            }
            value.push(0);
        }
        [value, (0xc000 | target).to_be_bytes().to_vec()].concat()
    };
    let decode = |value: &[u8]| Typed::decode(Value::from_slice(option::DOMAIN_SEARCH.code(), value)).err();
    assert_eq!(decode(&chain(126)), None);
    assert!(matches!(
        decode(&chain(127)).map(|error| error.kind()),
        Some(ValueErrorKind::Pointer { .. })
    ));
}

#[test]
fn views_give_their_parts() {
    let read = with(option::CLIENT_ID, &[255, 1, 2, 3, 4, 0, 3, 0, 1, 9], |client| {
        let client: ClientId<'_> = client.ok()?;
        let (iaid, duid) = client.iaid_and_duid()?;
        Some((client.kind, client.id.len(), iaid, duid.kind, duid.id.to_array()))
    });
    assert_eq!(
        read.flatten(),
        Some((255, 9, 0x0102_0304, DuidType::LINK_LAYER, Some([0, 1, 9])))
    );

    let servers = b"\0\x03sip\x01x\0\x01b\xc0\x05";
    let names = with(option::SIP_SERVERS, servers, |read| match read {
        Ok(SipServers::Names(names)) => names.value() == servers[1..],
        _ => false,
    });
    assert_eq!(names, Some(true), "the bytes after the kind, compressed as they are");

    let names = |value: &[u8]| {
        with(option::FQDN, value, |fqdn| match fqdn.ok()?.name {
            FqdnName::Wire(name) => Some((name.is_absolute(), name.to_string(), name.labels().count())),
            FqdnName::Ascii(text) => {
                assert!(value.starts_with(b"\0"), "{value:?}");
                Some((false, text.lossy().to_string(), 0))
            }
        })
        .flatten()
    };
    assert_eq!(names(b"\x04\0\0\x01a\x01b\0"), Some((true, "a.b.".into(), 2)));
    assert_eq!(names(b"\x04\0\0\x01a\x01b"), Some((false, "a.b".into(), 2)));
    assert_eq!(names(b"\x04\0\0"), Some((false, String::new(), 0)));
    assert_eq!(names(b"\x04\0\0\0"), Some((true, ".".into(), 0)));
    assert_eq!(names(b"\0\0\0a.b\0"), Some((false, "a.b".into(), 0)));

    let routes = with(option::CLASSLESS_ROUTES, &[9, 10, 0xff, 1, 2, 3, 4], |routes| {
        routes.ok()?.iter().next()
    });
    let expected = Route {
        destination: Ipv4Addr::new(10, 128, 0, 0),
        width: 9,
        router: Ipv4Addr::new(1, 2, 3, 4),
    };
    assert_eq!(routes.flatten(), Some(expected));

    let architectures = with(option::CLIENT_ARCH, &[0, 9, 0, 7], |list| {
        let list = list.ok()?;
        Some((
            list.len(),
            list.first(),
            list.get(1),
            list.get(2),
            list.contains(&Architecture::X64_UEFI),
        ))
    });
    let expected = (2, Some(Architecture::EBC), Some(Architecture::X64_UEFI), None, true);
    assert_eq!(architectures.flatten(), Some(expected));

    let classes = with(option::VIVCO, &[0, 0, 0, 1, 3, 1, b'a', 9], |vendors| {
        let mut classes = vendors.ok()?.iter().next()?.classes();
        Some((
            classes.next()?.ok()?.to_array(),
            classes.next()?.is_err(),
            classes.next().is_none(),
        ))
    });
    assert_eq!(classes.flatten(), Some((Some([b'a']), true, true)));
}

#[test]
fn text_compares_and_prints_bare_in_one_piece_and_in_many() {
    for splits in [&[][..], &[2], &[1, 2, 3, 4, 5]] {
        let packet = packet(12, b"p\xc3\xa9\xff\n\"\0", splits);
        let message = Message::parse(&packet).unwrap();
        let text = message.get(option::HOST_NAME).unwrap().unwrap();
        let array = b"p\xc3\xa9\xff\n\"";
        let slice = &array[..];
        assert!(text == array && text == *array && text == slice && text == *slice);
        assert!(text != b"p" && text != "p" && text != *"p" && text != "pé\u{fffd}\n\"");
        assert_eq!(text.lossy().to_string(), "pé\u{fffd}\n\"");
        assert_eq!(text.to_string(), r#""pé\xff\n\"""#);
        assert_eq!(format!("{text:?}"), text.to_string());
    }
    let packet = packet(12, b"pc", &[]);
    let message = Message::parse(&packet).unwrap();
    let text = message.get(option::HOST_NAME).unwrap().unwrap();
    assert!(text == "pc" && text == *"pc" && text != "pc2");
    assert_eq!(text.as_str(), Some("pc"));
}

#[test]
fn sequences_give_their_elements() {
    let read = with(option::VIVSO, &[0, 0, 0, 1, 0, 0, 0, 0, 2, 2, 7, 0], |vendors| {
        let vendors = vendors.ok()?;
        let number = |vendor: dhcp_callout::message::VendorOptions<'_>| vendor.enterprise;
        assert_eq!(vendors.iter().map(number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(
            (vendors.get(1).map(number), vendors.get(2).map(number)),
            (Some(2), None)
        );
        assert!(vendors.first().is_some_and(|vendor| vendor.options.is_empty()));
        Some((vendors.len(), vendors.is_empty()))
    });
    assert_eq!(read.flatten(), Some((2, false)));
    let read = with(option::VENDOR_SPECIFIC, &[0, 0, 255, 1], |vendor| {
        let vendor = vendor.ok()?;
        Some((vendor.len(), vendor.is_empty(), vendor.get(0).is_none()))
    });
    assert_eq!(read.flatten(), Some((0, true, true)));
    let read = with(option::DNS_SERVERS, &[1, 2, 3, 4, 5, 6, 7, 8], |servers| {
        let mut servers = servers.ok()?.into_iter();
        servers.next();
        Some((servers.next(), servers.next()))
    });
    assert_eq!(read.flatten(), Some((Some(Ipv4Addr::new(5, 6, 7, 8)), None)));
}

#[test]
fn relay_agent_information_is_read_by_name() {
    let bytes = [
        1, 2, 0, 7, 1, 1, 0xaa, 9, 7, 0, 0, 0, 9, 2, 1, 2, 7, 4, 1, 4, 0, 5, 151, 1, 255, 5, 3, 1, 2, 3,
    ];
    let packet = packet(82, &bytes, &[]);
    let message = Message::parse(&packet).unwrap();
    let agent = message.get(option::RELAY_AGENT_INFORMATION).unwrap().unwrap();
    assert_eq!(agent.suboptions().len(), 6);
    assert_eq!(agent.get(relay::CIRCUIT_ID).unwrap().unwrap().to_array(), Some([0, 7])); // the first of two
    assert_eq!(
        agent.get(relay::VENDOR_SPECIFIC).unwrap().unwrap().to_string(),
        "enterprise 9: 0102"
    );
    assert_eq!(
        agent.get(relay::RADIUS_ATTRIBUTES).unwrap().unwrap().to_string(),
        "01040005"
    );
    assert_eq!(
        agent.get(relay::VIRTUAL_SUBNET_SELECTION).unwrap().unwrap().to_string(),
        "global"
    );
    assert_eq!(agent.get(relay::SUBSCRIBER_ID), Ok(None));
    let length = ValueErrorKind::Length {
        length: 3,
        expected: Expected::Exactly(4),
    };
    let error = agent.get(relay::LINK_SELECTION).unwrap_err();
    assert_eq!(error, fault(option::RELAY_AGENT_INFORMATION, 269, length));

    // What is before a fault can be read, and where the fault is.
    let value = Value::from_slice(option::RELAY_AGENT_INFORMATION.code(), &[1, 1, 0xaa, 2, 9, 0]);
    let mut suboptions = SequenceReader::<Suboption<'_>>::new(value);
    assert!(
        suboptions
            .next()
            .is_some_and(|first| first.is_ok_and(|first| first.code == 1))
    );
    let truncated = ValueErrorKind::SuboptionTruncated {
        suboption: 2,
        needed: 9,
        have: 1,
    };
    let error = fault(option::RELAY_AGENT_INFORMATION, 3, truncated);
    assert_eq!(suboptions.next(), Some(Err(error)));
    assert!(suboptions.next().is_none());
    assert_eq!(value.len() - suboptions.rest().len(), 3);
}

#[test]
fn get_joins_and_first_does_not() {
    let packet = packet(54, &[192, 0, 2, 1], &[3]);
    let message = Message::parse(&packet).unwrap();
    assert_eq!(message.get(option::SERVER_ID), Ok(Some(Ipv4Addr::new(192, 0, 2, 1))));
    let length = ValueErrorKind::Length {
        length: 3,
        expected: Expected::Exactly(4),
    };
    assert_eq!(
        message.first(option::SERVER_ID),
        Err(fault(option::SERVER_ID, VALUE, length))
    );
    assert_eq!(message.first(option::LEASE_TIME), Ok(None));
}

/// A packet that begins as if it had an option of that code and of one byte.
#[test]
fn pad_and_end_have_no_value_though_a_key_names_them() {
    for code in [OptionCode::PAD, OptionCode::END] {
        let packet = packet(code.code(), &[1], &[]);
        let message = Message::parse(&packet).unwrap();
        let key = Key::<MessageType>::new(code);
        assert_eq!((message.first(key), message.get(key)), (Ok(None), Ok(None)), "{code}");
    }
}

#[test]
fn a_fault_before_the_option_is_not_its_absence() {
    let mut packet = packet(53, &[1], &[]);
    packet.pop();
    packet.extend([3, 9, 0]);
    let message = Message::parse(&packet).unwrap();
    assert_eq!(message.message_type(), Some(MessageType::DISCOVER));
    let truncated = ValueErrorKind::Option(OptionErrorKind::Truncated { needed: 9, have: 1 });
    let error = fault(option::ROUTERS, 243, truncated);
    assert_eq!(message.get(option::HOST_NAME), Err(error));
    assert_eq!(message.first(option::LEASE_TIME), Err(error));
    assert_eq!(message.overload(), Err(error));
}

/// The cookie and a message type once more: in `file`, where the cookie's own first byte is the type, and in a value.
#[test]
fn a_message_type_behind_another_cookie_is_none_of_the_options() {
    let with_cookie = |at: usize, name: &[u8], splits: &[usize]| {
        let mut packet = packet(12, name, splits);
        packet[at..at + 6].copy_from_slice(&[99, 130, 83, 99, 53, 1]);
        packet
    };
    // By the first cookie it goes on with 130 and 83 as an option, to END after the name.
    let in_file = with_cookie(230, &[65; 80], &[]);
    assert_eq!(in_file.iter().position(|byte| *byte == 255), Some(322));
    let mut in_value = with_cookie(713, &[65; 510], &[255]);
    in_value[720] = 255;
    for packet in [in_file, in_value] {
        assert_eq!(Message::parse(&packet).unwrap().message_type(), None);
    }
}

#[test]
fn message_type_and_overload_come_by_themselves() {
    let read = |code, value: &[u8]| {
        let packet = packet(code, value, &[]);
        let message = Message::parse(&packet).unwrap();
        (message.message_type(), message.overload())
    };
    assert_eq!(read(53, &[5]), (Some(MessageType::ACK), Ok(None)));
    assert_eq!(read(53, &[0]).0, Some(MessageType::from_code(0)));
    assert_eq!(read(53, &[5, 5]).0, None);
    assert_eq!(read(52, &[1]), (None, Ok(Some(Overload::FILE))));
    let kind = |value: &[u8]| read(52, value).1.err().map(|error| error.kind());
    assert_eq!(
        kind(&[4]),
        Some(ValueErrorKind::Value {
            value: 4,
            min: 1,
            max: 3
        })
    );
    assert!(matches!(kind(&[]), Some(ValueErrorKind::Length { length: 0, .. })));
}

#[test]
fn the_tables_are_in_order() {
    assert!(OptionCode::ALL.is_sorted_by(|one, other| one < other));
    assert!(RelayCode::ALL.is_sorted_by(|one, other| one < other));
    let mut names = HashSet::new();
    for code in (0..=255).map(OptionCode::from_code) {
        let has_value = OptionCode::ALL.contains(&code);
        let has_name = has_value || code == OptionCode::PAD || code == OptionCode::END;
        assert_eq!(code.name().is_some(), has_name, "{code}");
        assert_eq!(code.reference().is_some(), has_value, "{code}");
        assert!(
            code.name().is_none_or(|name| names.insert(name)),
            "{code} has the name of another"
        );
    }
}

#[test]
fn time_spans_convert() {
    assert_eq!(Duration::from(Seconds(90)), Duration::from_secs(90));
    assert_eq!(Duration::from(Seconds::INFINITE), Duration::MAX);
    assert_eq!(Seconds::from(Duration::from_secs(1 << 40)), Seconds::INFINITE);
    assert_eq!(Seconds(0).to_string(), "0s");
    assert_eq!(Seconds(691_200).to_string(), "8d");
    assert_eq!(TimeOffset(3661).to_string(), "+01:01:01");
    assert_eq!(TimeOffset(i32::MIN).to_string(), "-596523:14:08");
}

#[test]
fn lists_of_other_names_are_not_equal() {
    let classes = |bytes| {
        let code = option::USER_CLASS.code();
        option::USER_CLASS.decode(Value::from_slice(code, bytes)).unwrap()
    };
    assert_eq!(classes(b"\x01a"), classes(b"\x01a"));
    assert_ne!(classes(b"\x01a"), classes(b"\x01b"));
    let names = |bytes| {
        let code = option::DOMAIN_SEARCH.code();
        option::DOMAIN_SEARCH.decode(Value::from_slice(code, bytes)).unwrap()
    };
    assert_eq!(names(b"\x01a\0"), names(b"\x01A\0"));
    assert_ne!(names(b"\x01a\0"), names(b"\x01b\0"));
}
