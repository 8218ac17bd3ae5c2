//! Proves that what a format reads can be set again by every way there is, and reads the same then.

use core::net::Ipv4Addr;
use std::collections::BTreeSet;

use dhcp_callout::message::option::{self, relay};
use dhcp_callout::message::{
    AddressPair, EditError, Encode, Flag, Format, Key, MessageType, OptionCode, RelayCode, Route, Seconds, Suboption,
    SuboptionChanges, TimeOffset, Typed, Value, ValueErrorKind, VendorData,
};
use dhcp_callout::{Message, PACKET_CAPACITY, PacketBuffer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn discover() -> PacketBuffer {
    PacketBuffer::request(MessageType::DISCOVER, 1, &[2, 0, 0, 0, 0, 1]).unwrap_or_default()
}

/// Bytes among which every layout finds some that it allows.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![6 => 0_u8..5, 2 => any::<u8>(), 1 => select(vec![7, 16, 32, 64, 192, 255])];
    let name = vec(("[a-z]{1,5}", 0_u8..4), 1..5).prop_map(|labels| {
        let mut name = Vec::new();
        for (label, end) in labels {
            name.extend(u8::try_from(label.len()));
            name.extend(label.bytes());
            if end == 0 {
                name.push(0);
            }
        }
        name.push(0);
        name
    });
    let counted = |inner: Vec<u8>| u8::try_from(inner.len()).into_iter().chain(inner).collect::<Vec<u8>>();
    let name = name.boxed();
    prop_oneof![
        vec(byte.clone(), 0..24),
        vec(byte.clone(), 0..700),
        name.clone(),
        (vec(byte.clone(), 0..14), name.clone()).prop_map(|(front, name)| [front, name].concat()),
        vec((byte.clone(), vec(any::<u8>(), 4)), 0..4).prop_map(move |parts| {
            parts
                .into_iter()
                .flat_map(|(code, inner)| [vec![code], counted(inner)].concat())
                .collect()
        }),
        vec((byte, name.clone()), 0..4).prop_map(move |parts| {
            parts
                .into_iter()
                .flat_map(|(code, inner)| [vec![code], counted(inner)].concat())
                .collect()
        }),
        (vec(any::<u8>(), 2), name, vec(any::<u8>(), 0..3)).prop_map(move |(priority, name, parameters)| {
            let instance = [priority, counted(name), vec![4, 192, 0, 2, 1], parameters].concat();
            [vec![0], counted(instance)].concat()
        }),
    ]
}

#[test]
fn every_format_reads_again_what_it_has_written() {
    let mut missed: BTreeSet<OptionCode> = OptionCode::ALL.iter().copied().collect();
    let config = Config {
        cases: 2_000,
        failure_persistence: None,
        ..Config::default()
    };
    // The same bytes each time, so that a code that none of them fit is the fault of a format, not of chance.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let seen = core::cell::RefCell::new(&mut missed);
    let result = runner.run(&bytes(), |bytes| {
        for code in OptionCode::ALL {
            let Ok(value) = Typed::decode(Value::from_slice(*code, &bytes)) else {
                continue;
            };
            seen.borrow_mut().remove(code);
            let mut buffer = discover();
            let result = buffer.edit(|editor| {
                editor.set_typed(*code, &value);
            });
            if code.code() == 52 {
                prop_assert_eq!(result, Err(EditError::ReservedCode { code: *code }));
                continue;
            }
            prop_assert!(result.is_ok(), "{:?}: {:?} of {:?}", code, result, value);
            let message = Message::parse(buffer.as_bytes()).unwrap();
            let again = message.value(*code).unwrap().unwrap();
            prop_assert_eq!(Typed::decode(again), Ok(value));
        }
        Ok(())
    });
    assert_eq!(result.map_err(|error| error.to_string()), Ok(()));
    assert_eq!(missed, BTreeSet::new());
}

proptest! {
    #[test]
    fn sub_options_of_relay_agents_read_the_same(bytes in vec(0_u8..6, 0..30)) {
        fn check<F>(key: Key<F, RelayCode>, bytes: &[u8]) -> Result<(), TestCaseError>
        where
            F: Format,
            for<'a> F::Value<'a>: Encode<F> + PartialEq + core::fmt::Debug,
        {
            let mut buffer = discover();
            let from = Value::from_slice(OptionCode::from_code(82), bytes);
            let Ok(value) = key.decode(from) else {
                return Ok(());
            };
            let changes = SuboptionChanges::new().set(key, &value);
            let edited = buffer.edit(|editor| {
                editor.set(option::RELAY_AGENT_INFORMATION, changes);
            });
            edited.unwrap();
            let message = Message::parse(buffer.as_bytes()).unwrap();
            let agent = message.get(option::RELAY_AGENT_INFORMATION).unwrap().unwrap();
            let written: Vec<Suboption<'_>> = agent.suboptions().iter().collect();
            prop_assert_eq!(written.len(), 1);
            prop_assert_eq!(key.decode(written[0].value), Ok(value));
            Ok(())
        }
        check(relay::CIRCUIT_ID, &bytes)?;
        check(relay::LINK_SELECTION, &bytes)?;
        check(relay::SUBSCRIBER_ID, &bytes)?;
        check(relay::RADIUS_ATTRIBUTES, &bytes)?;
        check(relay::AUTHENTICATION, &bytes)?;
        check(relay::RELAY_FLAGS, &bytes)?;
        check(relay::ACCESS_TECHNOLOGY_TYPE, &bytes)?;
        check(relay::OPERATOR_ID, &bytes)?;
        check(relay::RELAY_SOURCE_PORT, &bytes)?;
        check(relay::VIRTUAL_SUBNET_SELECTION, &bytes)?;
    }
}

#[test]
fn native_values_read_as_what_they_are() {
    let [one, two] = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
    let route = Route {
        destination: Ipv4Addr::new(10, 128, 0, 0),
        width: 9,
        router: one,
    };
    let mut buffer = discover();
    let edited = buffer.edit(|editor| {
        editor
            .set(option::ROUTERS, one)
            .set(option::DNS_SERVERS, &[one, two][..])
            .set(option::LEASE_TIME, Seconds(7))
            .set(option::HOST_NAME, b"host")
            .set(option::DOMAIN_NAME, "example.org")
            .set(option::DOMAIN_SEARCH, ["a.example.", "b.example"])
            .set(option::CLASSLESS_ROUTES, [route])
            .set(option::LOST_SERVER, "lost.example")
            .set(option::ISNS, [1, 2, 3])
            .set(option::INTERFACE_MTU, 1500)
            .set(option::IP_FORWARDING, true)
            .set(option::RAPID_COMMIT, Flag)
            .set(option::PARAMETER_REQUEST_LIST, [1, 3, 6].map(OptionCode::from_code));
    });
    edited.unwrap();
    let mut one_name = discover();
    one_name
        .edit(|editor| _ = editor.set(option::DOMAIN_SEARCH, "a.example"))
        .unwrap();
    let names = one_name.message().unwrap().find(option::DOMAIN_SEARCH).unwrap();
    assert_eq!(names.to_string(), "a.example.");
    let message = Message::parse(buffer.as_bytes()).unwrap();
    assert!(message.get(option::ROUTERS).unwrap().unwrap().iter().eq([one]));
    assert!(message.get(option::DNS_SERVERS).unwrap().unwrap().iter().eq([one, two]));
    assert_eq!(message.get(option::LEASE_TIME).unwrap(), Some(Seconds(7)));
    assert!(message.get(option::HOST_NAME).unwrap().unwrap() == "host");
    assert_eq!(
        message.get(option::DOMAIN_SEARCH).unwrap().unwrap().to_string(),
        "a.example., b.example."
    );
    assert!(
        message
            .get(option::CLASSLESS_ROUTES)
            .unwrap()
            .unwrap()
            .iter()
            .eq([route])
    );
    assert_eq!(
        message.get(option::LOST_SERVER).unwrap().unwrap().to_string(),
        "lost.example."
    );
    assert_eq!(message.get(option::INTERFACE_MTU).unwrap(), Some(1500));
    assert_eq!(message.get(option::IP_FORWARDING).unwrap(), Some(true));
    assert_eq!(message.get(option::RAPID_COMMIT).unwrap(), Some(Flag));
    assert!(message.get(option::ISNS).unwrap().unwrap() == [1, 2, 3][..]);
}

#[test]
fn names_that_point_at_others_are_written_out_and_the_root_is_a_name() {
    let compressed = b"\x01a\x07example\0\x01b\xc0\x02\xc0\x02";
    let names = option::DOMAIN_SEARCH
        .decode(Value::from_slice(option::DOMAIN_SEARCH.code(), compressed))
        .unwrap();
    let mut buffer = discover();
    let edited = buffer.edit(|editor| {
        editor.set(option::DOMAIN_SEARCH, names).set(option::LOST_SERVER, ".");
    });
    edited.unwrap();
    let message = buffer.message().unwrap();
    let written = message.value(option::DOMAIN_SEARCH.code()).unwrap().unwrap();
    assert_eq!(written, b"\x01a\x07example\0\x01b\x07example\0\x07example\0");
    assert_eq!(message.find(option::DOMAIN_SEARCH), Some(names));
    let root = message.find(option::LOST_SERVER).unwrap();
    assert_eq!((root.to_string(), format!("{root:?}")), (".".into(), "\".\"".into()));
}

#[test]
fn what_two_vendors_say_is_set_as_it_was_read() {
    let value = [0, 0, 0, 9, 3, 1, 1, 7, 0, 0, 1, 0, 0];
    let vendors = option::VIVSO
        .decode(Value::from_slice(option::VIVSO.code(), &value))
        .unwrap();
    let each: Vec<_> = vendors.iter().collect();
    let mut buffer = discover();
    buffer.edit(|editor| _ = editor.set(option::VIVSO, &each[..])).unwrap();
    assert_eq!(
        buffer.message().unwrap().value(option::VIVSO.code()),
        Ok(Some(Value::from_slice(option::VIVSO.code(), &value)))
    );
}

#[test]
fn numbers_and_addresses_read_as_what_their_options_are() {
    let [one, two] = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
    let mut buffer = discover();
    let edited = buffer.edit(|editor| {
        editor
            .set(option::TIME_OFFSET, -3600)
            .set(option::RENEWAL_TIME, 8)
            .set(option::STATIC_ROUTES, [AddressPair(one, two)])
            .set(option::HOME_AGENTS, [two]);
    });
    edited.unwrap();
    let message = Message::parse(buffer.as_bytes()).unwrap();
    assert_eq!(message.get(option::TIME_OFFSET).unwrap(), Some(TimeOffset(-3600)));
    assert_eq!(message.get(option::RENEWAL_TIME).unwrap(), Some(Seconds(8)));
    let routes = message.get(option::STATIC_ROUTES).unwrap().unwrap();
    assert!(routes.iter().eq([AddressPair(one, two)]));
    assert!(message.get(option::HOME_AGENTS).unwrap().unwrap().iter().eq([two]));
}

#[test]
fn elements_are_written_as_they_are_read() {
    fn set<F: Format>(key: Key<F>, value: impl Encode<F>) -> Result<Vec<u8>, EditError> {
        let mut buffer = discover();
        buffer.edit(|editor| {
            editor.set(key, value);
        })?;
        let end = Message::parse(buffer.as_bytes()).unwrap().end_offset().unwrap();
        Ok(buffer.as_bytes()[243..=end].to_vec())
    }
    let value = |bytes| Value::from_slice(OptionCode::PAD, bytes);
    let suboption = |code, bytes| Suboption {
        code,
        offset: 0,
        value: value(bytes),
    };
    let classes = set(option::USER_CLASS, ["ab", "c"]);
    assert_eq!(classes, set(option::USER_CLASS, [&b"ab"[..], b"c"]));
    assert_eq!(classes.as_deref(), Ok(&b"\x4d\x05\x02ab\x01c\xff"[..]));
    let vendor = set(option::VENDOR_SPECIFIC, [suboption(6, &[8]), suboption(1, &[])]);
    assert_eq!(vendor.as_deref(), Ok(&[43, 5, 6, 1, 8, 1, 0, 255][..]));
    let data = VendorData {
        enterprise: 9,
        data: value(&[1, 7]),
    };
    let data = set(option::VIVCO, [data]);
    assert_eq!(data.as_deref(), Ok(&[124, 7, 0, 0, 0, 9, 2, 1, 7, 255][..]));
    let homes = set(option::HOME_AGENTS, [Ipv4Addr::LOCALHOST; 0]);
    assert_eq!(homes.as_deref(), Ok(&[68, 0, 255][..]));

    // PAD and END are no sub-options of a vendor, a length byte counts no more than 255, and no class is empty.
    let no_encoding = |code: u8| {
        Err(EditError::NoEncoding {
            code: OptionCode::from_code(code),
        })
    };
    for code in [0, 255] {
        let vendor = set(option::VENDOR_SPECIFIC, [suboption(code, &[])]);
        assert_eq!(vendor, no_encoding(43));
    }
    let long = [0; 256];
    let options = set(option::NETWARE_IP_OPTIONS, [suboption(1, &long)]);
    assert_eq!(options, no_encoding(63));
    let none = set(option::USER_CLASS, [""]);
    assert_eq!(none, no_encoding(77));
}

#[test]
fn values_that_would_not_be_read_are_refused() {
    fn error<F: Format>(key: Key<F>, value: impl Encode<F>) -> Option<EditError> {
        let mut buffer = discover();
        let before = buffer.clone();
        let result = buffer.edit(|editor| {
            editor.set(key, value);
        });
        assert_eq!(buffer, before);
        result.err()
    }
    let no_encoding = |code: u8| {
        Some(EditError::NoEncoding {
            code: OptionCode::from_code(code),
        })
    };
    let none: [Ipv4Addr; 0] = [];
    assert!(matches!(
        error(option::DNS_SERVERS, none),
        Some(EditError::Value(error)) if matches!(error.kind(), ValueErrorKind::Length { length: 0, .. })
    ));
    assert!(matches!(error(option::HOST_NAME, ""), Some(EditError::Value(_))));
    assert!(matches!(
        error(option::MESSAGE_TYPE, MessageType::from_code(0)),
        Some(EditError::Value(_))
    ));
    assert_eq!(error(option::LOST_SERVER, "a..b"), no_encoding(137));
    assert_eq!(error(option::LOST_SERVER, &*"a".repeat(64)), no_encoding(137));
    assert_eq!(error(option::LOST_SERVER, ""), no_encoding(137));
    let wide = Route {
        destination: Ipv4Addr::UNSPECIFIED,
        width: 33,
        router: Ipv4Addr::UNSPECIFIED,
    };
    assert_eq!(error(option::CLASSLESS_ROUTES, [wide]), no_encoding(121));
    let long = vec![b'a'; PACKET_CAPACITY - 239];
    assert_eq!(
        error(option::HOST_NAME, &long[..]),
        Some(EditError::NoRoom {
            needed: PACKET_CAPACITY + 1,
            available: PACKET_CAPACITY
        })
    );
}

#[test]
fn typed_values_that_the_new_packet_reaches_are_written_as_they_were_set() {
    let names = |byte: u8, length: usize| vec![byte; length];
    let (host, domain) = (names(b'h', 1900), names(b'd', 1700));
    let mut buffer = discover();
    let edited = buffer.edit(|editor| {
        editor
            .set(option::HOST_NAME, &host[..])
            .set(option::DOMAIN_NAME, &domain[..])
            .pad_to(4000);
    });
    assert_eq!(edited, Ok(4000));
    let message = Message::parse(buffer.as_bytes()).unwrap();
    assert!(message.get(option::HOST_NAME).unwrap().unwrap() == host[..]);
    assert!(message.get(option::DOMAIN_NAME).unwrap().unwrap() == domain[..]);
}
