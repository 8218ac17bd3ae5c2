//! Proves that reading is total: no bytes make any reading panic, every well-formed value reads, in one piece as in
//! many, and what is wrong with one value is no matter of the others.

use dhcp_callout::message::{
    Area, HEADER_LENGTH, MAGIC_COOKIE, OptionCode, Overload, RelayCode, SequenceReader, Suboption, Typed, Value,
    ValueError,
};
use dhcp_callout::strategy::{self, Bytes, Sample};
use dhcp_callout::{Message, PACKET_CAPACITY};
use dhcp_callout_support::reading;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Any bytes, after a header and the magic cookie or not.
fn any_bytes() -> impl Strategy<Value = Bytes> {
    (strategy::any_bytes(), any::<bool>()).prop_map(|(mut packet, cookie)| {
        if let Some(place) = packet.get_mut(HEADER_LENGTH..HEADER_LENGTH + 4).filter(|_| cookie) {
            place.copy_from_slice(&MAGIC_COOKIE);
        }
        packet
    })
}

fn read_all(packet: &[u8]) {
    if let Ok(message) = Message::parse(packet) {
        assert!(reading::message(message) > 0);
    }
}

/// The options of a message: area, code, value.
pub(crate) fn options(packet: &[u8]) -> Vec<(Area, u8, Bytes)> {
    let options = Message::parse(packet).unwrap().options();
    options
        .map(|option| option.map(|raw| (raw.area, raw.code.code(), Bytes(raw.value.to_vec()))))
        .collect::<Result<_, _>>()
        .unwrap()
}

/// What the value of a split option reads as, in words.
fn read((code, whole): &(OptionCode, Bytes), sample: &Sample) -> Result<String, ValueError> {
    let value = Message::parse(&sample.packet).unwrap().value(*code)?.unwrap();
    assert_eq!(value, whole[..]);
    Typed::decode(value).map(|typed| typed.to_string())
}

/// The kind of an error, without the offsets, which depend on where the value is.
fn kind(error: ValueError) -> String {
    let mut kind = format!("{:?}", error.kind());
    kind.retain(|character| !character.is_ascii_digit());
    kind
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(packet in any_bytes()) {
        read_all(&packet);
    }

    /// Of every kind of packet: a walk yields at most one fault, as its last item, and that is what a value that was
    /// not met before it gives.
    #[test]
    fn every_kind_of_packet_can_be_read(packet in strategy::packet()) {
        read_all(&packet);
        let Ok(message) = Message::parse(&packet) else {
            prop_assert!(packet.len() < HEADER_LENGTH);
            return Ok(());
        };
        let walk: Vec<_> = message.options().collect();
        let faults = walk.iter().filter(|option| option.is_err()).count();
        prop_assert!(faults == 0 || (faults == 1 && walk.last().is_some_and(Result::is_err)));
        prop_assert!(walk.len() <= packet.len());
        for code in 0..=255 {
            match message.value(OptionCode::from_code(code)) {
                Ok(Some(value)) => prop_assert_eq!(value.bytes().count(), value.len()),
                Ok(None) => prop_assert_eq!(faults, 0),
                Err(fault) => prop_assert_eq!(walk.last(), Some(&Err(fault))),
            }
        }
    }

    #[test]
    fn any_bytes_can_be_read_as_a_value(
        code in any::<u8>().prop_map(OptionCode::from_code),
        bytes in prop::collection::vec(any::<u8>(), 0..PACKET_CAPACITY),
    ) {
        reading::value(Value::from_slice(code, &bytes), &mut reading::Sink::default());
    }

    #[test]
    fn a_split_value_reads_as_the_whole_one((value, sample) in strategy::split(strategy::option_value())) {
        let whole = Typed::decode(Value::from_slice(value.0, &value.1))?;
        prop_assert_eq!(read(&value, &sample)?, whole.to_string());
        let joined = Message::parse(&sample.packet)?.value(value.0)?;
        prop_assert_eq!(joined.map(Typed::decode).transpose()?, Some(whole));
        read_all(&sample.packet);
    }

    /// What says where the options are stays where it counts, and its fields hold none.
    #[test]
    fn option_52_is_split_in_the_options_field(
        (value, sample) in strategy::split((Just(OptionCode::from_code(52)), (1..=3_u8).prop_map(|fields| Bytes(vec![fields]))))
    ) {
        let message = Message::parse(&sample.packet)?;
        prop_assert_eq!(message.overload()?.map(Overload::code), value.1.first().copied());
        let areas = message.options().map(|option| option.map(|option| option.area));
        prop_assert!(areas.eq(message.options().map(|_| Ok(Area::Options))));
    }

    #[test]
    fn a_fault_in_a_split_value_is_that_of_the_whole_one((value, sample) in strategy::split(strategy::nearly_option_value())) {
        let whole = Typed::decode(Value::from_slice(value.0, &value.1));
        let whole = whole.map(|typed| typed.to_string()).map_err(kind);
        prop_assert_eq!(read(&value, &sample).map_err(kind), whole);
    }

    /// Whatever one value holds, the options before and after it are found, in each field, and read.
    #[test]
    fn a_malformed_value_hides_no_neighbour(((split, _), sample) in strategy::split(strategy::nearly_option_value())) {
        prop_assert_eq!(&options(&sample.packet), &sample.options);
        let message = Message::parse(&sample.packet)?;
        for (_, code, _) in &sample.options {
            let of_code = sample.options.iter().filter(|option| option.1 == *code);
            let bytes: Vec<u8> = of_code.flat_map(|option| option.2.0.clone()).collect();
            let value = message.value(OptionCode::from_code(*code))?.unwrap();
            prop_assert!(value == bytes[..]);
            if *code != split.code() {
                let whole = Typed::decode(Value::from_slice(value.code(), &bytes)).map_err(kind);
                prop_assert_eq!(Typed::decode(value).map_err(kind), whole);
            }
        }
        read_all(&sample.packet);
    }
}

/// Yields `count` values.
pub(crate) fn samples<T>(count: usize, strategy: impl Strategy<Value = T>) -> impl Iterator<Item = T> {
    let mut runner = TestRunner::deterministic();
    core::iter::repeat_with(move || strategy.new_tree(&mut runner).unwrap().current()).take(count)
}

#[test]
fn well_formed_values_of_every_code_read() {
    for code in (1..=254).map(OptionCode::from_code) {
        for bytes in samples(100, strategy::value_of(code)) {
            let read = Typed::decode(Value::from_slice(code, &bytes));
            assert!(read.is_ok(), "{code}: {bytes:?} is {read:?}");
        }
    }
}

#[test]
fn well_formed_values_of_every_sub_option_read() {
    for code in (0..=255).map(RelayCode::from_code) {
        for bytes in samples(100, strategy::relay_value_of(code)) {
            let Ok(length) = u8::try_from(bytes.len()) else {
                continue;
            };
            let option = [&[code.code(), length][..], &bytes].concat();
            let option = Value::from_slice(OptionCode::from_code(82), &option);
            let suboption = SequenceReader::<Suboption<'_>>::new(option).next().unwrap().unwrap();
            let read = Typed::decode_relay(suboption);
            assert!(read.is_ok(), "{code}: {bytes:?} is {read:?}");
        }
    }
}

#[test]
fn pointers_end_names_of_well_formed_values() {
    let mut lists = samples(100, strategy::value_of(OptionCode::from_code(119)));
    assert!(lists.any(|names| names.last().is_some_and(|end| *end != 0)));
}

/// Of the values with one thing wrong many are malformed, and all kinds of faults are among them.
#[test]
fn values_with_one_thing_wrong_have_every_fault() {
    let mut kinds = std::collections::BTreeSet::new();
    let mut malformed = 0;
    for (code, bytes) in samples(5000, strategy::nearly_option_value()) {
        if let Err(error) = Typed::decode(Value::from_slice(code, &bytes)) {
            malformed += 1;
            kinds.insert(format!("{:?}", error.kind()).split(' ').next().unwrap().to_owned());
        }
    }
    assert!(malformed > 1500, "{malformed}");
    let expected = [
        "Label",
        "Length",
        "Pointer",
        "Prefix",
        "SuboptionNoLength",
        "SuboptionTruncated",
        "Truncated",
        "Value",
    ];
    assert!(kinds.iter().eq(expected), "{kinds:?}");
}
