//! Proves that the `rewrite` example changes what it says and nothing else: every other frame, and every other byte of
//! an ACK's message, is as it was, and all checksums are right.

use std::path::Path;

use dhcp_callout::Message;
use dhcp_callout::message::{Area, MessageType};
use dhcp_callout_support::capture;
use dhcp_callout_support::capture::Frame;
use dhcp_callout_support::packet::ack;
use dhcp_callout_support::program::example;

use crate::common::run;
use crate::made::Capture;

fn rewritten(path: &Path) -> Vec<Frame> {
    let name = path.file_stem().unwrap().to_string_lossy();
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rewritten-{name}.pcap"));
    let status = example("rewrite").arg(path).arg(&output).status().unwrap();
    assert!(status.success());
    let frames = capture::read(&output).unwrap();
    std::fs::remove_file(output).unwrap();
    frames
}

const CHANGED: [u8; 3] = [6, 51, 43];

/// All options but those that are changed.
fn others(message: Message<'_>) -> Vec<(Area, u8, &[u8])> {
    message
        .options()
        .map(|option| {
            option
                .map(|option| (option.area, option.code.code(), option.value))
                .unwrap()
        })
        .filter(|(_, code, _)| !CHANGED.contains(code))
        .collect()
}

fn values(message: Message<'_>, code: u8) -> Vec<&[u8]> {
    message
        .options()
        .map(Result::unwrap)
        .filter(|option| option.code.code() == code)
        .map(|option| option.value)
        .collect()
}

#[test]
fn only_the_three_options_of_an_ack_change() {
    let mut acks = 0;
    for name in capture::BUNDLED {
        let path = capture::bundled(name);
        let (before, after) = (capture::read(&path).unwrap(), rewritten(&path));
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((before.time, before.link_type), (after.time, after.link_type));
            let old = Message::parse(before.dhcp().unwrap()).unwrap();
            if old.message_type() != Some(MessageType::ACK) {
                assert_eq!(before.bytes, after.bytes);
                continue;
            }
            acks += 1;
            let layers = after.dhcp_layers().unwrap();
            let new = Message::parse(layers.payload).unwrap();
            assert_eq!(
                old.as_bytes()[..236 - 192],
                new.as_bytes()[..236 - 192],
                "the header before sname and file"
            );
            if old.overload() == Ok(None) {
                assert_eq!(old.as_bytes()[..240], new.as_bytes()[..240]);
            }
            assert_eq!(others(old), others(new));
            assert_eq!(values(new, 6), [[192, 0, 2, 53, 192, 0, 2, 54]]);
            assert_eq!(values(new, 51), [[0, 0, 14, 16]]);
            assert_eq!(values(new, 43), [[1, 4, 0xde, 0xad, 0xbe, 0xef]]);

            let length = layers.payload.len() + 8;
            assert_eq!(usize::from(layers.udp.length), length);
            assert_eq!(usize::from(layers.ip.total_len), length + layers.ip.header_len());
            assert_eq!(layers.ip.header_checksum, layers.ip.calc_header_checksum());
            assert_eq!(
                layers.udp.checksum,
                layers.udp.calc_checksum_ipv4(&layers.ip, layers.payload).unwrap()
            );
        }
    }
    assert_eq!(acks, 26, "as many as the README of the captures counts");
}

/// Values that Microsoft's server continues in option 250 take their continuations along, and leave none over.
#[test]
fn no_option_250_is_left_behind() {
    let (long, end) = ([1; 255], [1; 45]);
    let continued = |code| ack().option(code, long).option(250, end);
    for (before, expected) in [
        (continued(43).option(54, [192, 0, 2, 1]), None),
        (continued(43).option(250, "site"), Some(&b"site"[..])),
        (
            ack().option(12, long).option(43, end).option(250, "site"),
            Some(b"site"),
        ),
        (continued(12).option(43, "\x01\0"), None),
    ] {
        let capture = Capture::of("continued.pcap", &[before.end().into()]);
        let frames = rewritten(capture.path());
        let message = Message::parse(frames[0].dhcp().unwrap()).unwrap();
        assert_eq!(values(message, 43), [[1, 4, 0xde, 0xad, 0xbe, 0xef]]);
        let own: Vec<_> = message
            .options()
            .map(Result::unwrap)
            .filter(|option| option.code.code() == 250)
            .collect();
        let stray = own.iter().filter(|option| !option.continues).map(|option| option.value);
        assert!(stray.eq(expected), "{own:?}");
    }
}

/// A file of two sections, the second with another link type: what was copied before is told all the same.
#[test]
fn the_totals_are_told_of_a_copy_that_ends_early() {
    let first = std::fs::read(capture::bundled("dnsmasq-udhcpc.pcapng")).unwrap();
    let frames = capture::parse(&first).unwrap().len();
    let mut second = first.clone();
    let length = u32::from_le_bytes(first[4..8].try_into().unwrap());
    // The block after the section's header describes the interface.
    let link_type = usize::try_from(length).unwrap() + 8;
    second[link_type..link_type + 2].copy_from_slice(&101_u16.to_le_bytes());
    let output = run("rewrite", &["-", "-"], &[first, second].concat());
    assert_eq!(output.status.code(), Some(2));
    let log = String::from_utf8(output.stderr).unwrap();
    let totals = format!("{frames} frames copied, ");
    let error = format!("rewrite: frame {} has another link type", frames + 1);
    assert!(log.contains(&totals) && log.contains(&error), "{log}");
    assert_eq!(capture::parse(&output.stdout).unwrap().len(), frames);
}

#[test]
fn what_cannot_be_read_or_written_is_said() {
    let bundled = capture::bundled("server-gone.pcap");
    for arguments in [
        vec!["/no/such/file", "out"],
        vec![bundled.to_str().unwrap(), "/no/such/folder/out"],
        vec!["one"],
    ] {
        let output = example("rewrite").args(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("/no/such") || error.contains("usage"), "{error}");
    }
}

/// On a disk that is full it is no copy, however many frames were read.
#[test]
#[cfg(target_os = "linux")]
fn a_copy_that_is_not_on_the_disk_is_not_told() {
    let bundled = capture::bundled("server-gone.pcap");
    let output = example("rewrite").arg(bundled).arg("/dev/full").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let (log, error) = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .into();
    assert!(error.starts_with("rewrite: /dev/full: "), "{error}");
    assert!(!log.contains("copied"), "{log}");
}

/// Opening it for writing would empty what is to be read.
#[test]
fn the_file_that_is_read_is_not_written_by_any_name() {
    let made = Capture::of("same.pcap", &[ack().end().into()]);
    let link = made.path().with_extension("link");
    let _ = std::fs::remove_file(&link);
    std::fs::hard_link(made.path(), &link).unwrap();
    let before = std::fs::read(made.path()).unwrap();
    let read = |input: &str| {
        let stdin = std::fs::File::open(made.path()).unwrap();
        example("rewrite").arg(input).arg(&link).stdin(stdin).output().unwrap()
    };
    for output in [read(made.path().to_str().unwrap()), read("-")] {
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("IN and OUT are the same file"), "{error}");
        assert_eq!(std::fs::read(made.path()).unwrap(), before);
    }
    std::fs::remove_file(link).unwrap();
}
