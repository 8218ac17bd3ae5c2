//! Real exchanges run through the hooks: every bundled capture, whole and cut at every length, and the
//! `replay` example as a program.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::path::{Path, PathBuf};
use std::process::Output;

use dhcp_callout::control::{AddressGrant, AddressProblem};
use dhcp_callout::message::{Editor, MessageType, OptionCode, option};
use dhcp_callout::simulate::{Call, Conduct, Datagram, Lifecycle, Server};
use dhcp_callout::{
    Callout, Decision, DropReason, Host, Message, NewPacket, Notice, Outcome, PacketBuffer, Stage, entry_point,
};
use dhcp_callout_support::capture::{Frame, datagrams};
use dhcp_callout_support::packet::{Packet, reply, request};
use dhcp_callout_support::program::example;
use dhcp_callout_support::{capture, tool, watcher};

use crate::made::Capture;

fn frames(name: &str) -> Vec<Frame> {
    capture::read(&capture::bundled(name)).unwrap()
}

fn lifecycles(datagrams: &[Datagram<'_>]) -> Vec<Lifecycle> {
    let mut lifecycles = Vec::new();
    watcher::server()
        .unwrap()
        .replay(datagrams, |lifecycle| lifecycles.push(lifecycle.clone()));
    lifecycles
}

fn message_type(payload: &[u8]) -> Option<MessageType> {
    let value = Message::parse(payload).ok()?.value(OptionCode::from_code(53)).ok()??;
    value.to_array().map(|[code]| MessageType::from_code(code))
}

/// What is called for a packet, without the times and the details.
fn outline(lifecycle: &Lifecycle) -> Vec<&'static str> {
    let name = |call: &Call| match call {
        Call::NewPacket { refused: false } => "new",
        Call::OptionsParsed => "options",
        Call::AddressOffered { .. } => "offer address",
        Call::AddressDeleted { .. } => "delete address",
        Call::Sent { altered: false, .. } => "send",
        Call::Notified(Notice::Dropped(_)) => "dropped",
        Call::Notified(Notice::Processed) => "processed",
        _ => "unexpected",
    };
    lifecycle.calls.iter().map(|(_, call)| name(call)).collect()
}

#[test]
fn the_captures_hold_every_kind_of_exchange() {
    let mut types: Vec<_> = capture::BUNDLED
        .iter()
        .flat_map(|name| frames(name))
        .filter_map(|frame| message_type(frame.dhcp()?))
        .collect();
    types.sort();
    types.dedup();
    assert_eq!(types, (1..=8).map(MessageType::from_code).collect::<Vec<_>>());
}

#[test]
fn hooks_are_called_in_the_documented_order() {
    for name in capture::BUNDLED {
        let frames = frames(name);
        let datagrams = datagrams(&frames);
        assert_eq!(datagrams.len(), frames.len(), "{name} holds nothing else");
        for lifecycle in lifecycles(&datagrams) {
            let request = message_type(datagrams[lifecycle.index].payload).unwrap();
            let reply = lifecycle.calls.iter().find_map(|(_, call)| match call {
                Call::Sent { reply, .. } => message_type(datagrams[*reply].payload),
                _ => None,
            });
            let expected: &[_] = match (request, reply) {
                (MessageType::REQUEST, Some(MessageType::ACK)) => {
                    &["new", "options", "offer address", "send", "processed"]
                }
                (_, Some(MessageType::NAK)) => &["new", "options", "delete address", "send", "processed"],
                (_, Some(_)) => &["new", "options", "send", "processed"],
                (MessageType::DECLINE | MessageType::RELEASE, None) => {
                    &["new", "options", "delete address", "processed"]
                }
                (_, None) => &["new", "options", "dropped", "processed"],
            };
            assert_eq!(outline(&lifecycle), expected, "{name}, datagram {}", lifecycle.index);
            assert!(matches!(lifecycle.stage, Stage::Done(_)));
        }
    }
}

/// What happened in this capture is known from the programs that made it: an address in use, a lease, a renewal, a
/// refused renewal, another lease, its end.
#[test]
fn a_known_exchange_is_told_as_it_was() {
    let frames = frames("dnsmasq-udhcpc.pcapng");
    let lifecycles = lifecycles(&datagrams(&frames));
    let told: Vec<_> = lifecycles
        .iter()
        .flat_map(|lifecycle| &lifecycle.calls)
        .filter_map(|(_, call)| match call {
            Call::AddressOffered {
                grant,
                address,
                lease_time,
            } => Some((grant.code(), address.to_string(), *lease_time)),
            Call::AddressDeleted { problem, address } => Some((problem.code(), address.to_string(), 0)),
            _ => None,
        })
        .collect();
    let [new, old] = [AddressGrant::NEW.code(), AddressGrant::OLD.code()];
    let [declined, released, nacked] =
        [AddressProblem::DECLINE, AddressProblem::RELEASE, AddressProblem::NACKED].map(AddressProblem::code);
    let expected = [
        (new, "192.0.2.120", 120),
        (declined, "192.0.2.120", 0),
        (new, "192.0.2.110", 120),
        (old, "192.0.2.110", 120),
        (nacked, "192.0.2.110", 0),
        (new, "192.0.2.111", 120),
        (released, "192.0.2.111", 0),
    ];
    assert_eq!(
        told,
        expected.map(|(code, address, lease)| (code, address.to_owned(), lease))
    );
}

#[test]
fn a_request_sent_again_is_dropped_as_a_duplicate() {
    let frames = frames("no-server.pcap");
    let datagrams = datagrams(&frames);
    let lifecycles = lifecycles(&datagrams);
    for lifecycle in &lifecycles {
        let xid = |index: usize| Message::parse(datagrams[index].payload).unwrap().xid();
        let again = (0..lifecycle.index).any(|earlier| xid(earlier) == xid(lifecycle.index));
        let reason = if again {
            DropReason::DUPLICATE
        } else {
            DropReason::NOADDRESS
        };
        assert_eq!(lifecycle.stage, Stage::Done(Outcome::Dropped(reason)));
    }
    assert_eq!(lifecycles.len(), 21);
}

/// Refuses every packet.
struct Refuser;

impl Callout for Refuser {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Refuse
    }
}

static REFUSER: Host<Refuser, 1> = Host::new(Refuser);
entry_point!(fn refuser = REFUSER);

#[test]
#[expect(unsafe_code, reason = "an entry point is called with raw pointers")]
fn a_refused_packet_is_reported_if_the_conduct_says_so() {
    let frames = frames("no-server.pcap");
    let refused = (Duration::ZERO, Call::NewPacket { refused: true });
    let notices = [Notice::Dropped(DropReason::GEN_FAILURE), Notice::Processed].map(Call::Notified);
    let dropped = Stage::Done(Outcome::Dropped(DropReason::GEN_FAILURE));
    for (is_reported, calls, stage) in [(false, &[][..], Stage::InFlight), (true, &notices, dropped)] {
        // SAFETY: the entry point and its hooks are those that the macro made.
        let server = unsafe { Server::load(refuser) }.unwrap();
        let server = server.conduct(Conduct::DEFAULT.refusals_reported(is_reported));
        let mut lifecycles = Vec::new();
        server.replay(&datagrams(&frames)[..1], |lifecycle| lifecycles.push(lifecycle.clone()));
        let calls = calls.iter().map(|call| (Duration::ZERO, *call));
        assert_eq!(lifecycles.len(), 1);
        assert_eq!(
            lifecycles[0].calls,
            [refused].into_iter().chain(calls).collect::<Vec<_>>()
        );
        assert_eq!(lifecycles[0].stage, stage);
    }
}

/// A message as a client or a server sends it.
fn message(op: u8, message_type: Option<MessageType>, edit: impl FnOnce(&mut Editor<'_, '_>)) -> Vec<u8> {
    let mut packet = PacketBuffer::request(MessageType::DISCOVER, 7, &[2, 0, 0, 0, 0, 1]).unwrap();
    let edited = packet.edit(|editor| {
        match message_type {
            Some(message_type) => editor.set(option::MESSAGE_TYPE, message_type),
            None => editor.remove(option::MESSAGE_TYPE.code()),
        };
        edit(editor);
    });
    edited.unwrap();
    packet.as_bytes_mut()[0] = op;
    packet.as_bytes().to_vec()
}

/// What a server does that receives the first message, and sends the second if there is one.
fn calls_of(messages: &[Vec<u8>]) -> (Vec<&'static str>, Stage) {
    let datagrams: Vec<_> = messages
        .iter()
        .map(|payload| Datagram {
            time: Duration::ZERO,
            payload,
        })
        .collect();
    let lifecycles = lifecycles(&datagrams);
    assert_eq!(lifecycles.len(), 1);
    (outline(&lifecycles[0]), lifecycles[0].stage)
}

#[test]
fn an_address_is_offered_only_with_a_lease() {
    let rapid = |editor: &mut Editor<'_, '_>| {
        editor.set_raw(option::RAPID_COMMIT.code(), &[]);
    };
    let client = |message_type| message(1, Some(message_type), |_| ());
    let address = |editor: &mut Editor<'_, '_>| {
        editor.yiaddr(Ipv4Addr::new(192, 0, 2, 100));
    };
    let ack = || message(2, Some(MessageType::ACK), address);
    let rapid_discover = || message(1, Some(MessageType::DISCOVER), rapid);
    let rapid_ack = || {
        message(2, Some(MessageType::ACK), |editor| {
            rapid(editor);
            address(editor);
        })
    };
    let known = |editor: &mut Editor<'_, '_>| {
        editor.ciaddr(Ipv4Addr::new(192, 0, 2, 100));
    };
    let offers = ["new", "options", "offer address", "send", "processed"];
    let sends = ["new", "options", "send", "processed"];
    let drops = ["new", "options", "dropped", "processed"];
    for (messages, expected) in [
        ([client(MessageType::REQUEST), ack()], &offers[..]),
        ([rapid_discover(), rapid_ack()], &offers),
        ([message(1, None, |_| ()), message(2, None, address)], &offers),
        // A BOOTP client that knows its address is given none.
        ([message(1, None, known), message(2, None, known)], &sends),
        ([client(MessageType::INFORM), ack()], &sends),
        (
            [
                client(MessageType::DISCOVER),
                message(2, Some(MessageType::OFFER), |_| ()),
            ],
            &sends,
        ),
        // An ACK answers a DISCOVER only if both have Rapid Commit.
        ([client(MessageType::DISCOVER), rapid_ack()], &drops),
        ([rapid_discover(), ack()], &drops),
    ] {
        assert_eq!(calls_of(&messages).0, expected);
    }
}

#[test]
fn an_address_is_deleted_only_if_the_client_names_one() {
    let address = Ipv4Addr::new(192, 0, 2, 100);
    let client = |message_type, [requested, known]: [bool; 2]| {
        message(1, Some(message_type), |editor| {
            if requested {
                editor.set(option::REQUESTED_ADDRESS, address);
            }
            if known {
                editor.ciaddr(address);
            }
        })
    };
    for (named, is_deleted) in [([true, false], true), ([false, true], true), ([false, false], false)] {
        let deleted = if is_deleted { &["delete address"][..] } else { &[] };
        let nak = message(2, Some(MessageType::NAK), |_| ());
        for (messages, end) in [
            (
                vec![client(MessageType::REQUEST, named), nak],
                &["send", "processed"][..],
            ),
            (vec![client(MessageType::DECLINE, named)], &["processed"]),
            // Only `ciaddr` says what is released.
            (vec![client(MessageType::RELEASE, [false, is_deleted])], &["processed"]),
        ] {
            assert_eq!(calls_of(&messages).0, [&["new", "options"], deleted, end].concat());
        }
    }
}

/// Each gets its own answer, whichever comes first.
#[test]
fn an_inform_and_a_request_of_one_transaction_are_told_apart() {
    let client = |message_type| message(1, Some(message_type), |_| ());
    let informed = message(2, Some(MessageType::ACK), |_| ());
    let granted = message(2, Some(MessageType::ACK), |editor| {
        editor.yiaddr(Ipv4Addr::new(192, 0, 2, 100));
        editor.set(option::LEASE_TIME, 3600);
    });
    for types in [
        [MessageType::INFORM, MessageType::REQUEST],
        [MessageType::REQUEST, MessageType::INFORM],
    ] {
        for replies in [[&informed, &granted], [&granted, &informed]] {
            let mut messages = Vec::from(types.map(client));
            messages.extend(replies.map(Clone::clone));
            let payloads = messages.iter();
            let datagrams: Vec<_> = payloads
                .map(|payload| Datagram {
                    time: Duration::ZERO,
                    payload,
                })
                .collect();
            let mut lifecycles = lifecycles(&datagrams);
            lifecycles.sort_by_key(|lifecycle| lifecycle.index);
            let is_offered = lifecycles
                .iter()
                .map(|lifecycle| outline(lifecycle).contains(&"offer address"));
            let is_request = types.map(|message_type| message_type == MessageType::REQUEST);
            assert_eq!(is_offered.collect::<Vec<_>>(), is_request, "{types:?}");
        }
    }
}

/// The index of each client packet, with that of the reply to it, or the reason for which it is dropped.
fn ends(messages: &[Packet]) -> Vec<(usize, Result<usize, Option<DropReason>>)> {
    let messages: Vec<Vec<u8>> = messages.iter().cloned().map(Into::into).collect();
    let datagrams: Vec<_> = messages
        .iter()
        .map(|payload| Datagram {
            time: Duration::ZERO,
            payload,
        })
        .collect();
    let mut ends: Vec<_> = lifecycles(&datagrams)
        .iter()
        .map(|lifecycle| {
            let sent = lifecycle.calls.iter().find_map(|(_, call)| match call {
                Call::Sent { reply, .. } => Some(*reply),
                _ => None,
            });
            let reason = match lifecycle.stage {
                Stage::Done(Outcome::Dropped(reason)) => Some(reason),
                _ => None,
            };
            (lifecycle.index, sent.ok_or(reason))
        })
        .collect();
    ends.sort_by_key(|(index, _)| *index);
    ends
}

#[test]
fn a_packet_sent_again_that_was_answered_is_not_dropped() {
    let no_address = Err(Some(DropReason::NOADDRESS));
    let duplicate = Err(Some(DropReason::DUPLICATE));
    for (asks, answers) in [(1, 2), (3, 5)] {
        let ask = || request().option(53, [asks]).end();
        let answer = || reply().option(53, [answers]).end();
        for (messages, expected) in [
            // Both are answered.
            (vec![ask(), ask(), answer(), answer()], vec![(0, Ok(3)), (1, Ok(2))]),
            // The first was lost, or the server was not there yet.
            (vec![ask(), ask(), answer()], vec![(0, duplicate), (1, Ok(2))]),
            (
                vec![ask(), ask(), ask(), answer()],
                vec![(0, duplicate), (1, duplicate), (2, Ok(3))],
            ),
            // The second came too late to be answered, or to be a duplicate.
            (vec![ask(), answer(), ask()], vec![(0, Ok(1)), (2, no_address)]),
        ] {
            assert_eq!(ends(&messages), expected);
        }
    }
}

/// On both sides of a relay each packet is seen twice, and the copies of a reply go the other way.
#[test]
fn a_packet_sent_again_through_a_relay_is_answered_on_both_sides() {
    let relay = [192, 0, 2, 254];
    let ask = || request().option(53, [1]);
    let answer = || reply().giaddr(relay).option(53, [2]).end();
    let asked = [ask().end(), ask().giaddr(relay).end()];
    let messages = [&asked[..], &asked, &[answer(), answer()]].concat();
    assert_eq!(
        ends(&messages),
        [
            (0, Err(Some(DropReason::DUPLICATE))),
            (1, Err(Some(DropReason::DUPLICATE))),
            (2, Ok(5)),
            (3, Ok(4)),
        ]
    );
}

/// A LEASEQUERY by address or client identifier names no hardware address; the answer has the client's (RFC 4388
/// sections 6.2 and 6.4.2).
#[test]
fn a_leasequery_is_answered_with_the_hardware_address_of_the_client() {
    let relay = [192, 0, 2, 254];
    let query = || request().giaddr(relay).option(53, [10]);
    let by_address = || query().htype(0).hlen(0).chaddr(&[0; 6]).ciaddr([192, 0, 2, 9]);
    let active = || reply().giaddr(relay).ciaddr([192, 0, 2, 9]).option(53, [13]);
    let other = || query().chaddr(&[2, 0, 0, 0, 0, 9]);
    for (messages, expected) in [
        (vec![by_address().end(), active().end()], vec![(0, Ok(1))]),
        (vec![query().end(), active().end()], vec![(0, Ok(1))]),
        // Another client is asked for, and with the same `xid`, which is no question that comes again.
        (
            vec![query().end(), other().end(), active().end()],
            vec![(0, Ok(2)), (1, Err(Some(DropReason::GEN_FAILURE)))],
        ),
    ] {
        assert_eq!(ends(&messages), expected);
    }
}

#[test]
fn a_packet_without_a_reply_is_dropped_for_what_the_capture_shows() {
    let server_id = |editor: &mut Editor<'_, '_>| {
        editor.set(option::SERVER_ID, Ipv4Addr::new(192, 0, 2, 1));
    };
    let client = |message_type| message(1, Some(message_type), |_| ());
    let dropped = |reason| Stage::Done(Outcome::Dropped(reason));
    for (packet, expected) in [
        (client(MessageType::DISCOVER), dropped(DropReason::NOADDRESS)),
        (client(MessageType::REQUEST), dropped(DropReason::NOADDRESS)),
        (message(1, None, |_| ()), dropped(DropReason::NOADDRESS)),
        (client(MessageType::INFORM), dropped(DropReason::GEN_FAILURE)),
        (client(MessageType::LEASEQUERY), dropped(DropReason::GEN_FAILURE)),
        (client(MessageType::OFFER), dropped(DropReason::INVALID)),
        // The client has chosen another server, which is no fault of the packet.
        (
            message(1, Some(MessageType::REQUEST), server_id),
            Stage::Done(Outcome::Processed),
        ),
        (client(MessageType::RELEASE), Stage::Done(Outcome::Processed)),
    ] {
        assert_eq!(calls_of(&[packet]).1, expected);
    }
}

/// Option 50 that is no address: what `ciaddr` has is not what the client refuses.
#[test]
fn an_address_that_cannot_be_read_is_not_told_as_another() {
    let told = |requested: &[u8]| {
        let packet = request().ciaddr([192, 0, 2, 9]).option(53, [4]).option(50, requested);
        calls_of(&[packet.end().into()]).0
    };
    assert_eq!(told(&[1]), ["new", "options", "processed"]);
    assert_eq!(told(&[192, 0, 2, 8]), ["new", "options", "delete address", "processed"]);
}

#[test]
fn what_cannot_be_read_as_dhcp_is_not_bootp() {
    let mut malformed = message(1, None, |_| ());
    // A host name that goes on after the end of the packet.
    let start = malformed.len() - 2;
    malformed[240..start].fill(0);
    malformed[start..].copy_from_slice(&[12, 200]);
    let mut two_bytes = message(1, None, |editor| {
        editor.set_raw(option::MESSAGE_TYPE.code(), &[1, 1]);
    });
    for packet in [&mut malformed, &mut two_bytes] {
        let bootp_reply = message(2, None, |_| ());
        let (calls, stage) = calls_of(&[packet.clone(), bootp_reply]);
        assert_eq!(
            calls,
            ["new", "options", "dropped", "processed"],
            "a BOOTP reply answers no such packet"
        );
        assert_eq!(stage, Stage::Done(Outcome::Dropped(DropReason::INVALID)));
    }
}

/// A message cut anywhere is a shorter packet, and its lifecycle ends as well.
#[test]
fn messages_cut_at_every_length_are_survived() {
    for name in capture::BUNDLED {
        for frame in frames(name) {
            let payload = frame.dhcp().unwrap();
            let cut: Vec<_> = (0..payload.len())
                .map(|length| Datagram {
                    time: Duration::ZERO,
                    payload: &payload[..length],
                })
                .collect();
            for lifecycle in lifecycles(&cut) {
                assert!(matches!(lifecycle.stage, Stage::Done(_)));
            }
        }
    }
}

/// A capture cut anywhere is either cut between two records, and then a shorter capture, or an error that says so.
#[test]
fn captures_cut_at_every_length_are_survived() {
    for name in capture::BUNDLED {
        let file = std::fs::read(capture::bundled(name)).unwrap();
        let mut whole: Vec<_> = (0..=file.len())
            .filter_map(|length| Some(capture::parse(&file[..length]).ok()?.len()))
            .collect();
        whole.dedup();
        assert_eq!(whole, (0..=frames(name).len()).collect::<Vec<_>>(), "{name}");
    }
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn replay(arguments: &[&str]) -> Output {
    example("replay").args(arguments).output().unwrap()
}

#[test]
fn the_program_prints_totals_that_agree() {
    for name in capture::BUNDLED {
        let output = replay(&["--json", capture::bundled(name).to_str().unwrap()]);
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let totals: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        let frames = frames(name);
        let packets = datagrams(&frames)
            .iter()
            .filter(|datagram| datagram.payload[0] == 1)
            .count();
        assert_eq!(totals["packets"], packets);
        assert_eq!(totals["messages"], frames.len());
        assert_eq!(
            (&totals["admitted"], &totals["done"]),
            (&totals["packets"], &totals["packets"])
        );
        assert_eq!(
            (&totals["unparsed"], &totals["violations"], &totals["live"]),
            (&0.into(), &0.into(), &0.into())
        );
    }
}

#[test]
fn the_program_tells_each_packet_in_a_line_of_json() {
    let frames = frames("server-gone.pcap");
    let output = replay(&["--json"]);
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 9, "eight packets and the totals");
    let request = &lines[1];
    assert_eq!(
        (&request["frame"], &request["xid"], &request["client"]),
        (&3.into(), &"70a68929".into(), &"02:00:5e:00:53:11".into())
    );
    let time_of = |frame: usize| tool::time(frames[frame - 1].time);
    assert_eq!(request["time"], time_of(3), "in the form of inspect");
    assert_eq!(
        (&request["type"], &request["end"]),
        (&"REQUEST".into(), &"processed".into())
    );
    let calls: Vec<_> = request["calls"].as_array().unwrap().iter().collect();
    let names: Vec<_> = calls.iter().map(|call| call["call"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["new_packet", "options_parsed", "address_offered", "sent", "notified"]
    );
    assert_eq!(
        (&calls[2]["address"], &calls[2]["lease_time"], &calls[3]["frame"]),
        (&"192.0.2.100".into(), &24.into(), &4.into())
    );
    assert_eq!(
        (&calls[0]["time"], &calls[3]["time"]),
        (&time_of(3).into(), &time_of(4).into())
    );
    assert_eq!(lines[7]["end"], "DHCP_DROP_DUPLICATE");
    assert_eq!((&lines[8]["packets"], &lines[8]["frames"]), (&8.into(), &10.into()));
}

/// Such as the reply of a second server.
#[test]
fn the_program_counts_what_answers_no_packet() {
    let offer = || reply().option(53, [2]).end();
    let packets = [offer(), request().option(53, [1]).end(), offer(), offer()].map(Into::into);
    let capture = Capture::of("passed-over.pcap", &packets);
    let path = capture.path().to_str().unwrap();
    let text = String::from_utf8(replay(&[path]).stdout).unwrap();
    assert!(text.contains("\n2 messages passed over: "), "{text}");
    let json = String::from_utf8(replay(&["--json", path]).stdout).unwrap();
    let totals: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!((&totals["packets"], &totals["passed_over"]), (&1.into(), &2.into()));
}

/// Option 53 with two bytes is no message type, and no BOOTP either.
#[test]
fn a_malformed_message_type_is_not_told_as_bootp() {
    let packets = [request().option(53, [1, 1]).end(), request().end()].map(Into::into);
    let capture = Capture::of("types.pcap", &packets);
    let output = replay(&[capture.path().to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].contains("  invalid  ") && lines[1].contains("  BOOTP "),
        "{text}"
    );
}

#[test]
fn the_program_tells_each_packet_in_a_line() {
    let output = replay(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 8);
    assert!(
        lines[1].contains("02:00:5e:00:53:11  REQUEST   leased 192.0.2.100 for 24 s, ACK"),
        "{}",
        lines[1]
    );
    assert!(
        lines[7].contains("DISCOVER") && lines[7].contains("dropped: DHCP_DROP_DUPLICATE"),
        "{}",
        lines[7]
    );
    assert!(text.contains("DHCP_DROP_DUPLICATE"));
}

#[test]
fn the_program_refuses_what_is_no_capture() {
    let folder = scratch("refused");
    let whole = std::fs::read(capture::bundled("no-server.pcap")).unwrap();
    let cases = [
        ("empty.pcap", Vec::new(), "the file is empty"),
        (
            "text.pcap",
            b"this is no capture, whatever its name says".to_vec(),
            "not a capture in pcap or pcapng format",
        ),
        (
            "header.pcap",
            whole[..10].to_vec(),
            "the file ends inside its first header",
        ),
        (
            "cut.pcap",
            whole[..1000].to_vec(),
            "cut short or damaged: the file ends inside the record after frame 2",
        ),
    ];
    for (name, bytes, expected) in cases {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        let output = replay(&["--json", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(name) && error.contains(expected), "{error}");
    }
    let missing = replay(&[folder.join("missing.pcap").to_str().unwrap()]);
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(replay(&["--unknown"]).status.code(), Some(2));
    std::fs::remove_dir_all(folder).unwrap();
}
