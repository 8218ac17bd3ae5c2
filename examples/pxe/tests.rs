//! Each architecture gets its boot file, and no rule of the check is broken.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

use core::net::Ipv4Addr;

use dhcp_callout::simulate::{self, Server};
use dhcp_callout_support::packet::{Packet, ack, discover, reply, tlv};

use super::DhcpServerCalloutEntry;

#[test]
fn is_clean() {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}

/// Returns `siaddr`, `file`, and options 66 and 67 of the reply to a client that names these architectures; the
/// server's reply has an option in `file`.
fn boot(class: &str, architectures: &[u8]) -> (Ipv4Addr, Vec<u8>, Vec<u8>, Vec<u8>) {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let server = unsafe { Server::load(DhcpServerCalloutEntry) }.unwrap();
    let bytes = |packet: Packet| Vec::from(packet.end());
    let asked = bytes(discover().option(60, class).option(93, architectures));
    let in_flight = server.receive(&asked).unwrap();
    let in_file = [tlv(12, "host"), vec![255]].concat();
    let reply = bytes(ack().siaddr([192, 0, 2, 1]).file(in_file).option(52, [1]));
    let sent = server.send(&in_flight, &reply).unwrap();
    let message = sent.message().unwrap();
    let values = [12, 66, 67].map(|code: u8| message.value(code).unwrap());
    let [host, name, file] = values.map(|value| value.map_or_else(Vec::new, |value| value.bytes().collect()));
    assert_eq!(host, b"host");
    (message.siaddr(), message.file().to_vec(), name, file)
}

#[test]
fn each_architecture_gets_its_boot_file() {
    for (architectures, file) in [
        ([0, 0], "bios/undionly.kpxe"),
        ([0, 6], "ia32/ipxe.efi"),
        ([0, 7], "x64/ipxe.efi"),
        ([0, 11], "arm64/ipxe.efi"),
    ] {
        let (siaddr, in_header, server_name, in_option) = boot("PXEClient:Arch", &architectures);
        assert_eq!(siaddr, Ipv4Addr::new(192, 0, 2, 66), "{architectures:?}");
        let (name, zeros) = in_header.split_at(file.len());
        assert_eq!(name, file.as_bytes(), "{architectures:?}");
        assert!(zeros.iter().all(|byte| *byte == 0), "{architectures:?}");
        assert_eq!(server_name, b"boot.example.net", "{architectures:?}");
        assert_eq!(in_option, file.as_bytes(), "{architectures:?}");
    }
}

#[test]
fn other_replies_stay_as_they_are() {
    for (class, architectures) in [("MSFT 5.0", [0, 7]), ("PXEClient", [0x12, 0x34])] {
        let (siaddr, _, server_name, file) = boot(class, &architectures);
        assert_eq!(siaddr, Ipv4Addr::new(192, 0, 2, 1));
        assert!(server_name.is_empty() && file.is_empty());
    }
}

#[test]
fn a_refusal_has_no_boot_file() {
    // SAFETY: as above.
    let server = unsafe { Server::load(DhcpServerCalloutEntry) }.unwrap();
    let asked = Vec::from(discover().option(60, "PXEClient").option(93, [0, 7]).end());
    let in_flight = server.receive(&asked).unwrap();
    let nak = Vec::from(reply().option(53, [6]).end());
    assert_eq!(server.send(&in_flight, &nak).unwrap().bytes().unwrap(), nak);
}
