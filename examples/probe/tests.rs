//! What the probe writes is what the server did, under a simulated server of each kind; and no rule of the check is
//! broken.
#![expect(
    unsafe_code,
    reason = "entry points are called as the server calls them, and other threads may read the environment"
)]

use core::net::Ipv4Addr;
use std::collections::BTreeMap;
use std::path::Path;

use dhcp_callout::simulate::{self, Conduct, Contexts, EntryCall, Server, Swaps};
use dhcp_callout::{AddressGrant, DropReason, LoadError, Notice, ServiceControl, option};
use dhcp_callout_support::packet::{ack, discover, reply, request};

use super::DhcpServerCalloutEntry;

const OWN: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// How often each question was answered by yes and by no.
type Answers = BTreeMap<String, (u64, u64)>;

/// Lets a server play with the probe, and returns what it has answered meanwhile.
fn answers(file: &Path, conduct: Conduct, play: impl FnOnce(&Server)) -> Answers {
    // SAFETY: the entry point and the hooks are those of the probe, which follows no context.
    let server = unsafe { Server::load(DhcpServerCalloutEntry) }
        .unwrap()
        .conduct(conduct);
    let read = || -> Answers {
        server.control(ServiceControl::STOP);
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("\nadmitted "), "{text}");
        let rows = text.lines().take_while(|line| !line.is_empty());
        rows.map(|row| {
            let (yes, rest) = row.trim().split_once(" yes ").unwrap();
            let (no, question) = rest.trim().split_once(" no  ").unwrap();
            (question.to_owned(), (yes.parse().unwrap(), no.parse().unwrap()))
        })
        .collect()
    };
    let before = read();
    play(&server);
    let mut answers = read();
    for (question, (yes, no)) in &mut answers {
        *yes -= before[question].0;
        *no -= before[question].1;
    }
    answers
}

/// Lets the client ask five times from `xid` on, which is once for each trial, and take what it is offered.
fn exchanges(server: &Server, xid: u32) {
    for xid in xid..xid + 5 {
        let lease = 86_400_u32.to_be_bytes();
        let asked = server
            .receive(&Vec::from(discover().xid(xid).option(51, lease).end()))
            .unwrap();
        if asked.is_refused() {
            continue;
        }
        server.parse_options(&asked);
        let offer = reply().xid(xid).option(53, [2]).option(54, OWN.octets()).end();
        let sent = server.send(&asked, &Vec::from(offer)).unwrap();
        server.notify(&asked, Notice::Processed);
        let named = sent.message().unwrap().find(option::SERVER_ID).unwrap();
        let chosen = request().xid(xid).option(53, [3]).option(54, named.octets()).end();
        let chosen = server.receive(&Vec::from(chosen)).unwrap();
        server.offer_address(&chosen, AddressGrant::NEW, Ipv4Addr::new(198, 51, 100, 7), 60);
        server.send(&chosen, &Vec::from(ack().xid(xid).end())).unwrap();
        server.notify(&chosen, Notice::Processed);
    }
}

#[track_caller]
fn check(answers: &Answers, expected: &[(&str, u64, u64)]) {
    for (start, yes, no) in expected {
        let answer = answers.iter().find(|(question, _)| question.starts_with(start));
        assert_eq!(
            answer.map(|(_, answer)| *answer),
            Some((*yes, *no)),
            "{start}\n{answers:#?}"
        );
    }
}

#[test]
fn the_file_says_what_the_server_does() {
    let file = std::env::temp_dir().join(format!("dhcp-probe-{}.txt", std::process::id()));
    let set = |name, value| {
        // SAFETY: this is the only test of the program, which has no other thread.
        unsafe { std::env::set_var(name, value) }
    };
    set("DHCP_PROBE_FILE", file.to_str().unwrap());

    // No client is named: nothing may be altered.
    let unnamed = answers(&file, Conduct::DEFAULT, |server| exchanges(server, 0));
    check(
        &unnamed,
        &[
            ("Could a DISCOVER or OFFER", 0, 0),
            ("Is RequestLeaseTime what option 51 says, read in network order", 5, 0),
            ("Is the context of a HandleOptions or PktSend", 15, 0),
            ("Is a hook about a packet on the thread", 15, 0),
            ("Is another hook running", 0, 25),
            ("Is another hook about the packet", 0, 15),
        ],
    );

    for wrong in ["+2005e005327", "02005e00532", "02005e00532a0", "02005e00532g", ""] {
        set("DHCP_PROBE_MAC", wrong);
        // SAFETY: the entry point is that of the probe.
        let status = unsafe { EntryCall::DEFAULT.enter(DhcpServerCalloutEntry) }.status;
        assert_eq!(status, LoadError::default().code(), "{wrong}");
    }
    set("DHCP_PROBE_MAC", "02005e00532a");

    let default = answers(&file, Conduct::DEFAULT, |server| exchanges(server, 10));
    check(
        &default,
        &[
            ("Could a DISCOVER or OFFER", 5, 0),
            ("Is RequestLeaseTime that of the replaced", 1, 0),
            ("Is RequestLeaseTime that of the rewritten", 1, 0),
            ("Is a later hook about the replaced DISCOVER", 0, 1),
            ("Does the REQUEST name the server of the replaced", 1, 0),
            ("Does the REQUEST name the server of the rewritten", 1, 0),
        ],
    );

    let ignoring = Conduct::DEFAULT.swaps(Swaps::Ignored).edits_in_place(false);
    let ignored = answers(&file, ignoring, |server| exchanges(server, 20));
    check(
        &ignored,
        &[
            ("Is RequestLeaseTime that of the replaced", 0, 1),
            ("Is RequestLeaseTime that of the rewritten", 0, 1),
            ("Does the REQUEST name the server of the replaced", 0, 1),
            ("Does the REQUEST name the server of the rewritten", 0, 1),
        ],
    );

    let kept = answers(&file, Conduct::DEFAULT.swaps(Swaps::ReadAgain), |server| {
        exchanges(server, 30);
    });
    check(&kept, &[("Is a later hook about the replaced DISCOVER", 1, 0)]);

    // Without its state nothing can be replaced in a reply.
    let null = answers(&file, Conduct::DEFAULT.contexts(Contexts::Null), |server| {
        exchanges(server, 40);
    });
    check(
        &null,
        &[
            ("Could a DISCOVER or OFFER", 4, 1),
            ("Is the context of a HandleOptions or PktSend", 0, 12),
            ("Does the REQUEST name the server of the replaced", 0, 0),
        ],
    );

    // The packets of another client stay as they are, and drops are told apart.
    let dropped = answers(&file, Conduct::DEFAULT, |server| {
        let other = discover().xid(51).chaddr(&[2, 0, 0x5e, 0, 0x53, 0x2b]);
        let [refused, other] = [discover().xid(50), other].map(|packet| Vec::from(packet.end()));
        let packets = [refused, other, b"no message".to_vec()].map(|packet| server.receive(&packet).unwrap());
        for packet in &packets {
            server.notify(packet, Notice::Dropped(DropReason::GEN_FAILURE));
            server.notify(packet, Notice::Processed);
        }
        server.notify(&packets[1], Notice::Dropped(DropReason::GEN_FAILURE));
        std::thread::scope(|scope| scope.spawn(|| server.parse_options(&packets[1])).join()).unwrap();
    });
    check(
        &dropped,
        &[
            ("Could a DISCOVER or OFFER", 1, 0),
            ("Is the context of a PktDrop with a reason", 2, 2),
            (
                "Is a PktDrop with a reason and another context about the DISCOVER",
                1,
                1,
            ),
            ("Is the context of a HandleOptions or PktSend", 0, 1),
        ],
    );

    let elsewhere = answers(&file, Conduct::DEFAULT, |server| {
        let packet = server.receive(b"no message").unwrap();
        std::thread::scope(|scope| scope.spawn(|| server.parse_options(&packet)).join()).unwrap();
    });
    check(&elsewhere, &[("Is a hook about a packet on the thread", 0, 1)]);

    // SAFETY: as above.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
    std::fs::remove_file(file).unwrap();
}
