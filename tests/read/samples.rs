//! The samples of `strategy` are what they promise, print in words, and shrink to what a failure needs.

use core::time::Duration;
use std::collections::BTreeSet;

use dhcp_callout::ffi::CalloutTable;
use dhcp_callout::message::{Area, OptionCode, Typed, option};
use dhcp_callout::simulate::{Call, Conduct, Datagram, Server};
use dhcp_callout::strategy::{self, Bytes, EditorCall, Sample};
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

/// Checks that a message is as RFC 2131 has it: tables 3 (of servers), 4 (of REQUEST) and 5 (of clients), and what
/// sections 4.3.2, 4.4.1 and 4.4.4 say of messages that go to the server alone, past the relay agent.
fn assert_lawful(sample: &Sample) -> Result<(), TestCaseError> {
    let message = message(sample);
    let has = |code| joined(sample, code).is_some();
    let kind = message.message_type().unwrap();
    let (gives_up, is_relayed) = ([4, 7].contains(&kind.code()), !message.giaddr().is_unspecified());
    let has_address = !message.ciaddr().is_unspecified();
    prop_assert_eq!(is_relayed, has(82));
    if message.op().code() == 1 {
        prop_assert_eq!(message.hops(), u8::from(is_relayed));
        prop_assert!(message.yiaddr().is_unspecified() && message.siaddr().is_unspecified());
        let others = |code: &u8| ![53, 50, 54, 61, 82].contains(code);
        if gives_up {
            prop_assert_eq!((message.secs(), message.flags().bits()), (0, 0));
            prop_assert!(!sample.options.iter().map(|(_, code, _)| code).any(others));
        }
    } else {
        prop_assert_eq!((message.hops(), message.secs()), (0, 0));
        prop_assert!(has(54) && ![50, 55, 57].into_iter().any(has));
        if kind == MessageType::NAK {
            prop_assert!(!has_address && message.yiaddr().is_unspecified() && message.siaddr().is_unspecified());
            prop_assert!(!is_relayed || message.flags().bits() == 0x8000);
        }
    }
    let said = (has(50), has(54), has_address);
    let is_lawful = match kind {
        // SELECTING or INIT-REBOOT; RENEWING or REBINDING.
        MessageType::REQUEST => matches!(said, (true, _, false) | (false, false, true)),
        MessageType::DISCOVER => said == (false, false, false),
        MessageType::DECLINE => said == (true, true, false),
        MessageType::INFORM => said == (false, false, true),
        MessageType::RELEASE => said == (false, true, true) && !is_relayed,
        _ => message.op().code() == 2,
    };
    prop_assert!(is_lawful, "{:?}, {}", said, is_relayed);
    Ok(())
}

/// Checks that `reply` is one that the client of `request` takes.
fn assert_fits(request: &Sample, reply: &Sample) -> Result<(), TestCaseError> {
    let (asked, said) = (message(request), message(reply));
    prop_assert_eq!((asked.op().code(), said.op().code()), (1, 2));
    prop_assert_eq!(asked.xid(), said.xid());
    prop_assert_eq!(asked.chaddr()?, said.chaddr()?);
    prop_assert_eq!(asked.giaddr(), said.giaddr());
    if said.message_type() != Some(MessageType::NAK) {
        prop_assert_eq!(asked.flags(), said.flags());
    }
    assert_lawful(request)?;
    assert_lawful(reply)?;
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
        assert_lawful(&sample)?;
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
        samples.iter().try_for_each(assert_lawful)?;
        for pair in samples.windows(2) {
            // A reply belongs to its request, and a REQUEST for what was offered to the OFFER.
            let goes_on = message(&pair[1]).op().code() == 2
                || (joined(&pair[1], 53) == Some(vec![3]) && joined(&pair[1], 54).is_some());
            prop_assert_eq!(message(&pair[0]).xid() == message(&pair[1]).xid(), goes_on);
        }
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
        let is_long = |code: &u8| joined(&reply, *code).is_some_and(|value| value.len() > 255);
        for code in [43, 121].into_iter().filter(is_long) {
            let continues = message(&reply).options().any(|option| option.unwrap().continues);
            assert_eq!(continues, is_windows);
            seen.insert(match (code, is_windows) {
                (43, true) => "43 continued",
                (43, false) => "43 repeated",
                (_, true) => "121 continued",
                (_, false) => "121 repeated",
            });
        }
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        [
            "121 continued",
            "121 repeated",
            "43 continued",
            "43 repeated",
            "architecture",
            "bare",
            "committed"
        ]
    );
}

/// A REQUEST in each of its four states, and each reply that there is to each of them, alone and with its fellow.
#[test]
fn requests_of_every_state_are_among_the_samples() {
    let state = |sample: &Sample| {
        let message = message(sample);
        match (joined(sample, 50).is_some(), joined(sample, 54).is_some()) {
            (true, true) => "SELECTING",
            (true, false) => "INIT-REBOOT",
            // To the server alone, or to all.
            _ if message.giaddr().is_unspecified() => "RENEWING or REBINDING",
            _ => "REBINDING",
        }
    };
    let mut alone = BTreeSet::new();
    let mut answered = BTreeSet::new();
    for sample in samples(200, strategy::typical_message_of(MessageType::REQUEST)) {
        alone.insert(state(&sample));
    }
    for (request, reply) in samples(800, strategy::exchange()) {
        if message(&request).message_type() == Some(MessageType::REQUEST) {
            answered.insert((state(&request), message(&reply).message_type().unwrap().code()));
        }
    }
    let states = ["INIT-REBOOT", "REBINDING", "RENEWING or REBINDING", "SELECTING"];
    assert_eq!(alone, BTreeSet::from(states));
    assert_eq!(
        answered,
        states.iter().flat_map(|state| [(*state, 5), (*state, 6)]).collect()
    );
    let acks = samples(200, strategy::typical_message_of(MessageType::ACK));
    let gives_lease = acks.map(|ack| joined(&ack, 51).is_some()).collect::<BTreeSet<_>>();
    assert_eq!(gives_lease.len(), 2);
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
        cases: 256,
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
    let printed = |fault: fn(&Bytes) -> bool| format!("{:?}", shrunk(strategy::any_bytes(), fault));
    assert_eq!(
        (printed(|_| true), printed(|packet| packet.len() > 2)),
        ("[]".into(), "000000".into())
    );

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
    let printed = format!("{sample:?}");
    assert!(
        printed.contains("requested=10.") && printed.lines().count() == 1,
        "{printed}"
    );
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

/// A failure that needs one call, one packet of a conversation, or one packet of a run, shrinks to it and its reply.
#[test]
fn a_list_shrinks_to_what_a_failure_needs() {
    for seed in 0..16 {
        let rng = || TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let frees = |calls: &Vec<EditorCall>| calls.contains(&EditorCall::FreeFields);
        assert_eq!(
            shrunk_from(rng(), strategy::edit_script(), frees),
            [EditorCall::FreeFields]
        );
        // More than most scripts have.
        let many = |calls: &Vec<EditorCall>| calls.len() > 6;
        assert_eq!(shrunk_from(rng(), strategy::edit_script(), many).len(), 7);

        let replies = |samples: &Vec<Sample>| samples.iter().any(|sample| message(sample).op().code() == 2);
        assert_eq!(shrunk_from(rng(), strategy::conversation(), replies).len(), 2);
        let releases = |packet: &Bytes| {
            let message = Message::parse(packet).ok();
            message.and_then(Message::message_type) == Some(MessageType::RELEASE)
        };
        let (conduct, packets) = shrunk_from(rng(), strategy::server_run(), |(_, packets)| {
            packets.iter().any(releases)
        });
        assert_eq!((conduct, packets.len()), (Conduct::DEFAULT, 1), "{packets:?}");
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
