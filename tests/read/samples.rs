//! The samples of `strategy` are what they promise, print in words, and shrink to what a failure needs.

use core::time::Duration;
use std::collections::BTreeSet;

use dhcp_callout::ffi::CalloutTable;
use dhcp_callout::message::{Area, OptionCode, Typed, option};
use dhcp_callout::simulate::{Call, Conduct, Datagram, Server};
use dhcp_callout::strategy::{self, Bytes, Sample};
use dhcp_callout::{Message, MessageType};
use dhcp_callout_support::reading;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::total::{options, samples};

fn message(sample: &Sample) -> Message<'_> {
    Message::parse(&sample.packet).unwrap()
}

/// The value of an option in one piece.
fn joined(sample: &Sample, code: u8) -> Option<Vec<u8>> {
    let value = message(sample).value(OptionCode::from_code(code)).unwrap();
    value.map(|value| value.bytes().collect())
}

/// Checks that `reply` is one that the client of `request` takes.
fn assert_fits(request: &Sample, reply: &Sample) -> Result<(), TestCaseError> {
    let (asked, said) = (message(request), message(reply));
    prop_assert_eq!((asked.op().code(), said.op().code()), (1, 2));
    prop_assert_eq!(asked.xid(), said.xid());
    prop_assert_eq!(asked.chaddr()?, said.chaddr()?);
    prop_assert_eq!((asked.giaddr(), asked.flags()), (said.giaddr(), said.flags()));
    for code in [61, 80, 82] {
        prop_assert_eq!(joined(request, code), joined(reply, code));
    }
    let types = (asked.message_type().unwrap(), said.message_type().unwrap());
    let gives_lease = match types {
        (MessageType::DISCOVER, MessageType::OFFER) | (MessageType::REQUEST, MessageType::ACK) => true,
        (MessageType::DISCOVER, MessageType::ACK) if joined(request, 80).is_some() => true,
        (MessageType::REQUEST, MessageType::NAK) | (MessageType::INFORM, MessageType::ACK) => false,
        types => return Err(TestCaseError::fail(format!("{types:?}"))),
    };
    prop_assert_eq!(!said.yiaddr().is_unspecified(), gives_lease);
    prop_assert_eq!(said.find(option::LEASE_TIME).is_some(), gives_lease);
    if let Some(wanted) = asked.find(option::REQUESTED_ADDRESS).filter(|_| gives_lease) {
        prop_assert_eq!(said.yiaddr(), wanted);
    }
    prop_assert!(reply.packet.len() <= asked.longest_reply());
    if let Some(server) = asked.find(option::SERVER_ID) {
        prop_assert_eq!(said.find(option::SERVER_ID), Some(server));
    }
    Ok(())
}

proptest! {
    #[test]
    fn typical_messages_are_in_order(sample in strategy::typical_message()) {
        prop_assert_eq!(&options(&sample.packet), &sample.options);
        let message = message(&sample);
        prop_assert!(message.mac().is_some() && message.message_type().is_some_and(|kind| kind.name().is_some()));
        prop_assert!(message.end_offset().is_some());
        for raw in message.options() {
            let raw = raw?;
            if !raw.continues {
                Typed::decode(message.value(raw.code)?.unwrap())?;
            }
        }
        let text = format!("{message} {message:#}");
        prop_assert!(!text.contains("malformed"), "{text}");
        prop_assert!(reading::message(message) > 0);
    }

    #[test]
    fn a_message_has_the_type_that_was_asked_for(
        (kind, sample) in any::<u8>().prop_map(MessageType::from_code)
            .prop_flat_map(|kind| (Just(kind), strategy::typical_message_of(kind)))
    ) {
        prop_assert_eq!(message(&sample).message_type(), Some(kind));
    }

    #[test]
    fn a_reply_fits_its_request((request, reply) in strategy::exchange()) {
        assert_fits(&request, &reply)?;
    }

    /// The simulated server finds the reply of each request, and only a first DISCOVER gets none.
    #[test]
    fn a_conversation_is_one_that_a_server_has(samples in strategy::conversation()) {
        let capture: Vec<_> = samples
            .iter()
            .map(|sample| Datagram { time: Duration::ZERO, payload: &sample.packet })
            .collect();
        let (mut answered, mut failure) = (0, Ok(()));
        // SAFETY: there is no hook.
        #[expect(unsafe_code, reason = "a promise about hooks is asked for")]
        let server = unsafe { Server::new(CalloutTable::EMPTY) };
        server.replay(&capture, |lifecycle| {
            for (_, call) in &lifecycle.calls {
                if let Call::Sent { reply, .. } = call {
                    answered += 1;
                    if failure.is_ok() {
                        failure = assert_fits(&samples[lifecycle.index], &samples[*reply]);
                    }
                }
            }
        });
        failure?;
        prop_assert_eq!(answered, samples.iter().filter(|sample| message(sample).op().code() == 2).count());
    }
}

#[test]
fn windows_and_pxe_clients_and_long_values_are_among_the_samples() {
    let mut seen = BTreeSet::new();
    for (request, reply) in samples(400, strategy::exchange()) {
        let is_windows = message(&request)
            .find(option::CLASS_ID)
            .is_some_and(|class| class == "MSFT 5.0");
        if let Some(class) = message(&request).find(option::USER_CLASS) {
            assert!(is_windows && class.list().is_none() && class.value() == "RRAS.Microsoft");
            seen.insert("bare");
        }
        if message(&request)
            .find(option::CLASS_ID)
            .is_some_and(|class| class.starts_with(b"PXEClient"))
        {
            assert!(message(&request).find(option::CLIENT_ARCH).is_some());
            seen.insert("architecture");
        }
        if message(&reply).find(option::RAPID_COMMIT).is_some() {
            seen.insert("committed");
        }
        if reply.options.iter().any(|(_, _, value)| value.len() == 255) {
            let continues = message(&reply).options().any(|option| option.unwrap().continues);
            assert_eq!(continues, is_windows);
            assert!(
                message(&reply)
                    .find(option::CLASSLESS_ROUTES)
                    .is_some_and(|routes| routes.len() > 40)
            );
            seen.insert(if is_windows { "continued" } else { "repeated" });
        }
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["architecture", "bare", "committed", "continued", "repeated"]
    );
}

#[test]
fn every_switch_of_a_server_is_tried() {
    let seen: BTreeSet<_> = samples(400, strategy::conduct())
        .map(|conduct| format!("{conduct:?}"))
        .collect();
    let mut all = BTreeSet::new();
    for number in 0..Conduct::COUNT {
        let conduct = format!("{:?}", Conduct::from_seed(number));
        let parts = conduct.split(['{', ',', '}']).map(|part| part.trim().to_owned());
        all.extend(parts.filter(|part| part.contains(": ")));
    }
    for switch in all {
        assert!(seen.iter().any(|conduct| conduct.contains(&switch)), "{switch}");
    }
    assert!(samples(1, strategy::server_run()).all(|(_, packets)| !packets.is_empty()));
}

/// Fails a test of `strategy` for every packet that is at `fault`, and returns what it shrinks to.
fn shrunk<T: core::fmt::Debug>(strategy: impl Strategy<Value = T>, fault: impl Fn(&T) -> bool) -> T {
    shrunk_from(TestRng::deterministic_rng(RngAlgorithm::default()), strategy, fault)
}

fn shrunk_from<T: core::fmt::Debug>(rng: TestRng, strategy: impl Strategy<Value = T>, fault: impl Fn(&T) -> bool) -> T {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    match runner.run(&strategy, |sample| {
        prop_assert!(!fault(&sample));
        Ok(())
    }) {
        Err(TestError::Fail(_, sample)) => sample,
        other => panic!("{other:?}"),
    }
}

/// A test with no settings of its own shrinks a fault that needs one option to header, cookie, that option, and END.
#[test]
fn a_failure_shrinks_to_the_smallest_packet_and_prints_as_a_message() {
    let has = |code: u8| move |sample: &Sample| sample.options.iter().any(|option| option.1 == code);
    for code in [12, 51, 82, 121] {
        let sample = shrunk(strategy::message(), has(code));
        let packet = [&[0; 236][..], &[99, 130, 83, 99, code, 0, 255]].concat();
        assert_eq!(hex::encode(&sample.packet[..]), hex::encode(&packet));
    }
    let sample = shrunk(strategy::message(), |sample| {
        sample.options.iter().any(|option| option.0 == Area::Sname)
    });
    assert_eq!((sample.packet.len(), sample.options.len()), (244, 2), "{sample:?}");

    assert_eq!(
        shrunk(strategy::any_bytes(), |packet| packet.len() > 300),
        Bytes(vec![0; 301])
    );
    assert_eq!(shrunk(strategy::packet(), |packet| packet.len() > 300).len(), 301);

    // What is asked for by RFC 2131 stays: the type, and of an OFFER server and lease time.
    let sample = shrunk(strategy::typical_message(), has(12));
    assert_eq!((sample.packet.len(), sample.options.len()), (247, 2), "{sample:?}");
    for seed in 0..8 {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let (request, reply) = shrunk_from(rng, strategy::exchange(), |(_, reply)| has(6)(reply));
        let lengths = (request.packet.len(), reply.packet.len());
        assert_eq!(lengths, (244, 262), "{request:?} {reply:?}");
    }

    let sample = shrunk(strategy::typical_message(), has(50));
    let printed = format!("{sample:#?}");
    assert!(
        printed.contains("DHCPREQUEST") || printed.contains("DHCPDECLINE"),
        "{printed}"
    );
    assert!(printed.lines().count() < 30 && printed.ends_with("ff"), "{printed}");
}

/// Each switch shrinks to its default by itself, whichever of its values the failure is found with.
#[test]
fn a_switch_that_a_failure_does_not_need_shrinks_to_its_default() {
    for seed in 0..16 {
        let rng = || TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        // One value passes that is neither the default nor the one that it is found with.
        let fault = |conduct: &Conduct| !conduct.to_string().contains("contexts(Null)");
        assert_eq!(shrunk_from(rng(), strategy::conduct(), fault), Conduct::DEFAULT);
        let fault = |conduct: &Conduct| conduct.to_string().contains("notices(Withheld)");
        let conduct = shrunk_from(rng(), strategy::conduct(), fault);
        assert_eq!(conduct.to_string(), "default.notices(Withheld)");
        let is_request = |sample: &Sample| message(sample).message_type() == Some(MessageType::REQUEST);
        let sample = shrunk_from(rng(), strategy::typical_message(), |sample| !is_request(sample));
        assert_eq!(message(&sample).message_type(), Some(MessageType::DISCOVER));
        let (_, reply) = shrunk_from(rng(), strategy::exchange(), |(request, _)| !is_request(request));
        assert_eq!(message(&reply).message_type(), Some(MessageType::OFFER));
    }
}

/// What is beside a packet shrinks after it, and a packet shrinks behind a filter.
#[test]
fn a_packet_shrinks_as_a_part_of_something_else() {
    for seed in 0..8 {
        let rng = || TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let (packet, number) = shrunk_from(rng(), (strategy::packet(), any::<u8>()), |(packet, _)| {
            packet.len() > 300
        });
        assert_eq!((packet.len(), number), (301, 0));
        let even = strategy::packet().prop_filter("is even", |packet| packet.len() % 2 == 0);
        assert_eq!(shrunk_from(rng(), even, |packet| packet.len() > 300).len(), 302);
    }
}

/// A fault that needs one option shrinks to that option alone, in the options field or in one that option 52 names:
/// whatever kind of packet it is found in first.
#[test]
fn a_packet_of_any_kind_shrinks() {
    let lengths: Vec<_> = (0..24)
        .map(|seed| {
            let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
            let has_host_name = |packet: &Bytes| {
                let message = Message::parse(packet).ok();
                message.is_some_and(|message| {
                    message
                        .value(option::HOST_NAME.code())
                        .is_ok_and(|value| value.is_some())
                })
            };
            shrunk_from(rng, strategy::packet(), has_host_name).len()
        })
        .collect();
    assert!(lengths.iter().all(|length| [242, 243].contains(length)), "{lengths:?}");
}
