//! A refusal stays as it is, and no rule of the check is broken.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

use dhcp_callout::simulate::{self, Server};
use dhcp_callout_support::packet::{ack, discover, reply};

use super::DhcpServerCalloutEntry;

#[test]
fn is_clean() {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}

#[test]
fn a_lease_gets_name_servers_and_a_refusal_none() {
    // SAFETY: as above.
    let server = unsafe { Server::load(DhcpServerCalloutEntry) }.unwrap();
    let in_flight = server
        .receive(&Vec::from(discover().option(60, "udhcp 1.36").end()))
        .unwrap();
    for (packet, is_altered) in [(ack(), true), (reply().option(53, [6]), false)] {
        let packet = Vec::from(packet.end());
        let sent = server.send(&in_flight, &packet).unwrap();
        assert_eq!(sent.bytes().unwrap() != packet, is_altered);
    }
}
