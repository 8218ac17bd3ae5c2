//! What the probe writes is what the server did, under a simulated server of each kind; and no rule of the check is
//! broken.
#![expect(
    unsafe_code,
    reason = "entry points are called as the server calls them, and other threads may read the environment"
)]

use core::net::Ipv4Addr;
use core::ptr::dangling_mut;
use std::collections::BTreeMap;
use std::path::Path;

use dhcp_callout::simulate::{self, Conduct, Contexts, EntryCall, HookCall, Server, Swaps};
use dhcp_callout::{AddressGrant, DropReason, LoadError, Notice, ServiceControl, option};
use dhcp_callout_support::packet::{ack, discover, reply, request};

use super::DhcpServerCalloutEntry;

const OWN: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// What the file says: how often each line was counted.
type Lines = BTreeMap<String, u64>;

/// Lets a server play with the probe, and returns what it has counted meanwhile.
fn seen(file: &Path, conduct: Conduct, play: impl FnOnce(&Server)) -> Lines {
    // SAFETY: the entry point and the hooks are those of the probe, which follows no context.
    let server = unsafe { Server::load(DhcpServerCalloutEntry) }
        .unwrap()
        .conduct(conduct);
    let count = |server: &Server| -> Lines {
        server.control(ServiceControl::STOP);
        let text = std::fs::read_to_string(file).unwrap();
        let rows = text.lines().take_while(|line| !line.is_empty());
        rows.map(|row| row.trim().split_once("  ").unwrap())
            .map(|(count, line)| (line.to_owned(), count.parse().unwrap()))
            .collect()
    };
    let before = count(&server);
    server.control(ServiceControl::START);
    play(&server);
    let mut lines = count(&server);
    for (line, count) in &mut lines {
        *count -= before.get(line).unwrap_or(&0);
    }
    lines.retain(|_, count| *count > 0);
    lines
}

/// Lets the client of the experiments ask six times from `xid` on, and take what it is offered.
fn exchanges(server: &Server, xid: u32, reports_refusals: bool) {
    for xid in xid..xid + 6 {
        let lease = 86_400_u32.to_be_bytes();
        let asked = server
            .receive(&Vec::from(discover().xid(xid).option(51, lease).end()))
            .unwrap();
        if asked.is_refused() {
            if reports_refusals {
                server.notify(&asked, Notice::Dropped(DropReason::GEN_FAILURE));
                server.notify(&asked, Notice::Processed);
            }
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

fn has_no_experiment(lines: &Lines) -> bool {
    lines
        .keys()
        .all(|line| !line.contains("request ") && !line.contains("OFFER "))
}

fn check(lines: &Lines, expected: &[(&str, u64)]) {
    for (line, count) in expected {
        assert_eq!(lines.get(*line).unwrap_or(&0), count, "{line}\n{lines:#?}");
    }
}

#[test]
fn the_file_says_what_the_server_does() {
    let file = std::env::temp_dir().join(format!("dhcp-probe-{}.txt", std::process::id()));
    let set = |name, value| {
        // SAFETY: this is the only test of the program, and the probe's thread is not there.
        unsafe { std::env::set_var(name, value) }
    };
    set("DHCP_PROBE_FILE", file.to_str().unwrap());

    // No client is named: nothing may be altered.
    let unnamed = seen(&file, Conduct::DEFAULT, |server| exchanges(server, 1, false));
    assert!(has_no_experiment(&unnamed), "{unnamed:#?}");
    check(&unnamed, &[("hooks of a packet, in order: 0x146", 6)]);

    for wrong in ["+2005e005327", "02005e00532", "02005e00532a0", "02005e00532g", ""] {
        set("DHCP_PROBE_MAC", wrong);
        // SAFETY: the entry point is that of the probe.
        let status = unsafe { EntryCall::DEFAULT.enter(DhcpServerCalloutEntry) }.status;
        assert_eq!(status, LoadError::default().code(), "{wrong}");
    }
    set("DHCP_PROBE_MAC", "02005e00532a");

    let followed = seen(&file, Conduct::DEFAULT, |server| exchanges(server, 10, false));
    check(
        &followed,
        &[
            ("request replaced, done", 1),
            ("request replaced, HandleOptions, is given altered bytes elsewhere", 1),
            ("request replaced, RequestLeaseTime, altered", 1),
            ("request replaced, PktDrop, processed, is given another buffer", 1),
            ("request rewritten, HandleOptions, is given altered bytes elsewhere", 1),
            ("request rewritten, RequestLeaseTime, altered", 1),
            ("request refused, done", 1),
            ("request refused, PktDrop by code: 0x100", 0),
            ("OFFER replaced, the REQUEST names, the altered server", 1),
            ("OFFER rewritten, the REQUEST names, the altered server", 1),
            ("RequestLeaseTime, in network order", 3),
            ("*PktContext on entry, NULL", 11),
            ("PktDrop by code: PktContext is, not NULL: 0xb", 10),
            ("hooks of a packet, in order: 0x146", 5),
            ("hooks of a packet, in order: 0x246", 5),
            ("HandleOptions, on the thread of its NewPkt", 5),
        ],
    );

    let ignoring = Conduct::DEFAULT.swaps(Swaps::Ignored).edits_in_place(false);
    let ignored = seen(&file, ignoring, |server| exchanges(server, 20, true));
    check(
        &ignored,
        &[
            ("request replaced, HandleOptions, is given unaltered bytes", 1),
            ("request replaced, RequestLeaseTime, not altered", 1),
            ("request rewritten, HandleOptions, is given unaltered bytes", 1),
            ("request rewritten, RequestLeaseTime, not altered", 1),
            ("request refused, PktDrop by code: 0x100", 1),
            ("request refused, PktDrop by code: 0xb", 1),
            ("OFFER replaced, the REQUEST names, the server's own address", 1),
            ("OFFER rewritten, the REQUEST names, the server's own address", 1),
            ("OFFER replaced, the REQUEST names, the altered server", 0),
        ],
    );

    let kept = seen(&file, Conduct::DEFAULT.swaps(Swaps::ReadAgain), |server| {
        exchanges(server, 30, false);
    });
    check(
        &kept,
        &[
            ("request replaced, HandleOptions, is given the buffer of the DLL", 1),
            (
                "request replaced, PktDrop, processed, is given the buffer of the DLL",
                1,
            ),
            ("request rewritten, PktDrop, processed, is given another buffer", 1),
            ("OFFER replaced, the REQUEST names, the altered server", 1),
        ],
    );

    // Without its state nothing can be done to a reply; the packets stay in flight, and are given up in the end.
    let null = seen(&file, Conduct::DEFAULT.contexts(Contexts::Null), |server| {
        exchanges(server, 40, false);
    });
    check(
        &null,
        &[
            ("PktDrop by code: PktContext is, NULL: 0xb", 10),
            ("PktDrop by code: PktContext is, not NULL: 0xb", 0),
            ("OFFER replaced, done", 0),
            ("hooks of a packet, in order: 0x7", 10),
        ],
    );

    let stale = seen(&file, Conduct::DEFAULT.contexts(Contexts::Stale), |server| {
        exchanges(server, 50, false);
    });
    assert!(
        stale
            .keys()
            .any(|line| line.starts_with("PktDrop by code: the context changes nothing, stale: 0xb")),
        "{stale:#?}"
    );
    assert!(
        stale.contains_key("hook with a context of no packet, stale"),
        "{stale:#?}"
    );

    // Another client's packets stay as they are, and so do all if the hooks get what no server should give them.
    let others = seen(&file, Conduct::DEFAULT, |server| {
        for xid in 60..70 {
            let packet = Vec::from(discover().xid(xid).chaddr(&[2, 0, 0x5e, 0, 0x53, 0x2b]).end());
            let call = HookCall::new_packet(&packet).process_it(77).context(dangling_mut());
            let given = server.call(&call);
            assert_eq!(
                (given.bytes(), given.is_swapped(), given.written()),
                (Ok(&packet[..]), false, None)
            );
        }
        server.call(&HookCall::new_packet(b"").null_packet());
        let packet = server.receive(b"no message").unwrap();
        std::thread::scope(|scope| scope.spawn(|| server.parse_options(&packet)).join()).unwrap();
    });
    check(
        &others,
        &[
            ("*ProcessIt on entry: 0x4d", 10),
            ("*PktContext on entry, not NULL", 10),
            ("HandleOptions, on another thread than its NewPkt", 1),
        ],
    );
    assert!(has_no_experiment(&others), "{others:#?}");

    // Odd values of one kind leave the others room, and are counted.
    let odd = seen(&file, Conduct::DEFAULT, |server| {
        let packet = Vec::from(discover().end());
        for value in 1000..2000 {
            server.call(&HookCall::new_packet(&packet).process_it(value));
        }
        let packet = server.receive(&packet).unwrap();
        for code in [0x77, 0x78] {
            server.notify(&packet, Notice::from_code(code));
        }
    });
    let counted = |word: &'static str| odd.iter().filter(move |(line, _)| line.starts_with(word));
    assert_eq!(counted("*ProcessIt").map(|(_, count)| count).sum::<u64>(), 1001);
    assert_eq!(counted("*ProcessIt on entry: other values").count(), 1, "{odd:#?}");
    check(
        &odd,
        &[
            ("PktDrop by code: PktContext is, not NULL: 0x77", 1),
            ("PktDrop by code: PktContext is, not NULL: 0x78", 1),
        ],
    );

    // SAFETY: as above.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}
