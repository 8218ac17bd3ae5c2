//! Proves that options and joined values are what a naive reader of the bytes finds: fragments of RFC 3396 and
//! continuations in option 250 alike, in every field, up to the first fault.

use dhcp_callout::Message;
use dhcp_callout::message::{Area, OptionCode, OptionErrorKind, Value, option};
use dhcp_callout_support::packet::{request, split, tlv};
use proptest::prelude::*;

/// What a naive reader finds.
#[derive(Debug, Default)]
struct Naive {
    options: Vec<NaiveOption>,
    fault: Option<(u8, usize, OptionErrorKind)>,
}

#[derive(Debug)]
struct NaiveOption {
    area: Area,
    code: u8,
    offset: usize,
    value: Vec<u8>,
    /// The code of the value that this is a piece of.
    owner: u8,
    continues: bool,
}

impl Naive {
    fn read(packet: &[u8]) -> Self {
        let mut naive = Self::default();
        naive.field(packet, Area::Options, 240, packet.len());
        let overload = naive.joined(52).unwrap_or_default();
        for (area, start, end, bit) in [(Area::File, 108, 236, 1), (Area::Sname, 44, 108, 2)] {
            if matches!(overload[..], [fields @ 1..=3] if fields & bit != 0) && naive.fault.is_none() {
                naive.field(packet, area, start, end);
            }
        }
        naive
    }

    fn field(&mut self, packet: &[u8], area: Area, mut at: usize, end: usize) {
        // The code of the value that a 250 at this offset would continue.
        let mut full = None;
        while at < end && packet[at] != 255 {
            let code = packet[at];
            if code == 0 {
                (at, full) = (at + 1, None);
                continue;
            }
            if at + 1 == end {
                self.fault = Some((code, at, OptionErrorKind::NoLength));
                return;
            }
            let needed = usize::from(packet[at + 1]);
            let have = end - at - 2;
            if needed > have {
                self.fault = Some((code, at, OptionErrorKind::Truncated { needed, have }));
                return;
            }
            let continued = full.filter(|_| code == 250);
            let owner = continued.unwrap_or(code);
            self.options.push(NaiveOption {
                area,
                code,
                offset: at,
                value: packet[at + 2..at + 2 + needed].to_vec(),
                owner,
                continues: continued.is_some(),
            });
            full = (needed == 255).then_some(owner);
            at += 2 + needed;
        }
    }

    fn joined(&self, code: u8) -> Option<Vec<u8>> {
        let mut pieces = self
            .options
            .iter()
            .filter(|option| option.owner == code && (code != 52 || option.area == Area::Options))
            .peekable();
        pieces.peek()?;
        Some(pieces.flat_map(|piece| piece.value.clone()).collect())
    }
}

/// A field of options whose codes, lengths and bytes are those at which a reader can go wrong.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let code = prop_oneof![4 => Just(250_u8), 3 => Just(43), 2 => Just(12), 1 => Just(0), 1 => Just(52)];
    let length = prop_oneof![4 => Just(255_usize), 1 => Just(254), 1 => 0..4_usize];
    let byte = prop::sample::select(vec![0_u8, 1, 12, 43, 250, 255]);
    let option = (code, length, byte).prop_flat_map(|(code, length, byte)| match code {
        0 => Just(vec![0]).boxed(),
        52 => (0..5_u8).prop_map(|fields| vec![52, 1, fields]).boxed(),
        _ => (0..=length)
            .prop_map(move |other| {
                let mut option = vec![code, u8::try_from(length).unwrap()];
                option.resize(length + 2, byte);
                // One byte that differs, so that pieces in the wrong order are seen.
                if let Some(different) = option.get_mut(2 + other) {
                    *different = 7;
                }
                option
            })
            .boxed(),
    });
    prop::collection::vec(option, 0..10).prop_map(|options| options.concat())
}

fn packet() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 12, 43, 52, 250, 255]), 0..1200);
    let options = prop_oneof![4 => field(), 1 => bytes];
    (options, field(), field(), any::<bool>(), any::<prop::sample::Index>()).prop_map(
        |(options, file, sname, end, cut)| {
            let mut packet = vec![0; 236];
            for (start, field) in [(44..108, sname), (108..236, file)].map(|(range, field)| (range.clone(), field)) {
                let length = field.len().min(start.len());
                packet[start.start..start.start + length].copy_from_slice(&field[..length]);
            }
            packet.extend([99, 130, 83, 99]);
            packet.extend(options);
            if end {
                packet.push(255);
            } else {
                packet.truncate(240 + cut.index(packet.len() - 239));
            }
            packet
        },
    )
}

fn bytes(value: Value<'_>) -> Vec<u8> {
    value.bytes().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn options_and_values_are_what_a_naive_reader_finds(packet in packet(), middle in any::<prop::sample::Index>()) {
        let message = Message::parse(&packet).unwrap();
        let naive = Naive::read(&packet);
        let mut options = message.options();
        for NaiveOption { area, code, offset, value, continues, .. } in &naive.options {
            let found = options.next().unwrap().unwrap();
            prop_assert_eq!((found.area, found.code.code(), found.offset), (*area, *code, *offset));
            prop_assert_eq!((found.value, found.continues), (&value[..], *continues));
        }
        let fault = options.next().map(|fault| fault.unwrap_err());
        prop_assert_eq!(fault.map(|fault| (fault.code().code(), fault.offset(), fault.kind())), naive.fault);
        prop_assert_eq!(options.next(), None);

        let codes = [12, 43, 52, 250, 43, 224, 0, 255, 250, 52];
        let picked = message.pick(codes);
        prop_assert_eq!(picked.fault().is_some(), naive.fault.is_some());
        for (code, picked) in codes.into_iter().zip(picked.values()) {
            let expected = naive.joined(code);
            prop_assert_eq!(picked.map(bytes), expected.clone());
            let Ok(value) = message.value(code) else {
                prop_assert!(expected.is_none() && naive.fault.is_some());
                continue;
            };
            prop_assert_eq!(value.map(bytes), expected.clone());
            let fragments = message.fragments(code).unwrap();
            prop_assert_eq!(fragments.clone().map(|parts| parts.collect::<Vec<_>>().concat()), expected.clone());
            let mut buffer = [0; 4096];
            let copied = fragments.map(|parts| parts.copy_to(&mut buffer).unwrap().to_vec());
            prop_assert_eq!(copied, expected.clone());
            let (Some(value), Some(expected)) = (value, expected) else { continue };
            read_in_every_way(&packet, value, &expected, middle.index(expected.len() + 1));
        }
    }
}

/// Compares every way to read a value with its bytes, also of the two parts that it has at `middle`.
fn read_in_every_way(packet: &[u8], value: Value<'_>, expected: &[u8], middle: usize) {
    assert!(value.split_at(expected.len() + 1).is_none());
    let (before, after) = value.split_at(middle).unwrap();
    for (part, expected) in [
        (value, expected),
        (before, &expected[..middle]),
        (after, &expected[middle..]),
    ] {
        assert_eq!(part.len(), expected.len());
        assert_eq!(part.fragments().collect::<Vec<_>>().concat(), expected);
        assert!(part.fragments().all(|piece| !piece.is_empty()));
        assert_eq!(part.copy_to(&mut [0; 4096]).unwrap(), expected);
        assert!(part == *expected && part == expected && part.starts_with(expected));
        assert!(!part.starts_with([expected, &[1]].concat()));
        assert_eq!(part.as_slice().is_some(), part.fragments().count() < 2);
        if let Some((first, others)) = expected.split_first() {
            let (byte, rest) = part.split_first().unwrap();
            assert_eq!((byte, bytes(rest)), (*first, others.to_vec()));
            assert_eq!(packet[part.offset()], byte);
            let different: Vec<_> = others.iter().copied().chain([first ^ 1]).collect();
            assert_eq!(part == different[..], different == expected);
            let [same, different] = [expected, &different].map(|bytes| Value::from_slice(value.code(), bytes));
            assert!(part == same);
            assert_eq!(part == different, different == *expected);
        }
    }
}

/// A value of `length` bytes, 255 of them in option `code`, the rest in 250s.
fn continued(code: u8, length: usize) -> Vec<u8> {
    let value = vec![b'x'; length];
    let mut codes = core::iter::once(code).chain(core::iter::repeat(250));
    value
        .chunks(255)
        .flat_map(|piece| tlv(codes.next().unwrap(), piece))
        .collect()
}

#[test]
fn an_option_250_continues_only_a_full_option_directly_before_it() {
    let read = |options: Vec<u8>| {
        let packet = Vec::from(request().raw(options).end());
        let message = Message::parse(&packet).unwrap();
        let length = |code: u8| message.value(code).unwrap().map_or(0, |value| value.len());
        (length(43), length(250))
    };
    assert_eq!(read(continued(43, 600)), (600, 0));
    assert_eq!(read(continued(43, 255)), (255, 0));
    assert_eq!(read([continued(43, 600), tlv(250, "site")].concat()), (600, 4));
    assert_eq!(read([tlv(43, [7; 254]), tlv(250, "site")].concat()), (254, 4));
    assert_eq!(read([continued(43, 255), vec![0], tlv(250, "site")].concat()), (255, 4));
    assert_eq!(read([tlv(250, "site"), continued(43, 300)].concat()), (300, 4));
    assert_eq!(
        read([continued(43, 300), tlv(43, "more"), continued(250, 300)].concat()),
        (304, 300)
    );
    assert_eq!(read([continued(12, 300), continued(43, 300)].concat()), (300, 0));
}

#[test]
fn a_value_does_not_continue_in_another_field() {
    let mut file = tlv(250, "site");
    file.push(255);
    let packet = Vec::from(request().file(file).option(52, [1]).raw(continued(43, 255)).end());
    let message = Message::parse(&packet).unwrap();
    assert_eq!(message.value(43).unwrap().map(|value| value.len()), Some(255));
    assert_eq!(message.value(250).unwrap().unwrap(), "site");
}

#[test]
fn a_later_piece_of_a_value_can_be_continued_too() {
    let filling = [&[2, 253][..], &[0; 253]].concat();
    let pieces = [tlv(43, [1, 1, 7]), tlv(43, filling), tlv(250, [3, 1, 9])].concat();
    let packet = Vec::from(request().raw(pieces).end());
    let vendor = Message::parse(&packet)
        .unwrap()
        .get(option::VENDOR_SPECIFIC)
        .unwrap()
        .unwrap();
    let lengths: Vec<_> = vendor.iter().map(|suboption| suboption.value.len()).collect();
    assert_eq!(lengths, [1, 253, 1]);
}

#[test]
fn values_compare_with_bytes_and_texts() {
    let value = Value::from_slice(option::HOST_NAME.code(), b"host");
    assert!(value == "host" && value == *"host" && value == b"host" && value == *b"host");
    assert!(value == b"host"[..] && value == b"host".as_slice());
    assert!(value != "hos" && value != "hosts" && value != b"most");
    assert!(value.starts_with("ho") && value.starts_with(b"host") && !value.starts_with("hosts"));
}

#[test]
fn continuations_print_as_what_they_are() {
    let packet = Vec::from(request().raw(continued(43, 300)).raw(tlv(250, "site")).end());
    let lines = Message::parse(&packet).unwrap().to_string();
    assert!(!lines.contains("250"), "{lines}");
    let lines = format!("{:#}", Message::parse(&packet).unwrap());
    assert!(lines.contains(" (2 fragments)\n"), "{lines}");
    assert!(lines.contains("option 250: continues option 43\n"), "{lines}");
    assert!(lines.contains("option 250: 73697465"), "{lines}");
}

#[test]
fn a_list_of_names_in_pieces_is_read_up_to_the_length_of_a_packet() {
    // Names of 64 bytes.
    let name = [&[62][..], &[b'a'; 62], &[0]].concat();
    let error = |names| {
        let packet = Vec::from(request().raw(split(119, name.repeat(names), 255)).end());
        let message = Message::parse(&packet).unwrap();
        message
            .get(option::DOMAIN_SEARCH)
            .map(|_| ())
            .err()
            .map(|error| error.to_string())
    };
    assert_eq!(error(64), None);
    let expected = "option 119 at offset 242: value of 4160 bytes, expected at most 4096";
    assert_eq!(error(65).as_deref(), Some(expected));
}

#[test]
fn options_and_pieces_print_as_lists() {
    let packet = Vec::from(request().raw(split(12, "abcd", 3)).option(13, [7]).end());
    let message = Message::parse(&packet).unwrap();
    let options: Vec<_> = message.options().collect();
    assert_eq!(format!("{:?}", message.options()), format!("{options:?}"));
    let pieces = message.fragments(12).unwrap().unwrap();
    assert_eq!(format!("{pieces:?}"), "[[97, 98, 99], [100]]");
    assert_eq!(format!("{pieces:#?}"), "[[97, 98, 99], [100]]");
    let long = format!("{:?}", Value::from_slice(OptionCode::from_code(12), &[100; 1000]));
    assert!(long.len() < 4200 && long.ends_with(", 100, ..]"), "{long}");
    assert_eq!(format!("{:?}", Value::from_slice(OptionCode::from_code(12), &[])), "[]");
}
