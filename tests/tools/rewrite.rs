//! Proves that the `rewrite` example changes what it says and nothing else: every other frame, and every other byte of an
//! ACK's message, is as it was, and all checksums are right.

use std::path::Path;

use dhcp_callout::Message;
use dhcp_callout::message::{Area, MessageType};
use dhcp_callout_support::capture;
use dhcp_callout_support::capture::Frame;
use dhcp_callout_support::program::example;

fn rewritten(name: &str) -> Vec<Frame> {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rewritten-{name}.pcap"));
    let status = example("rewrite")
        .arg(capture::bundled(name))
        .arg(&output)
        .status()
        .unwrap();
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
        let before = capture::read(&capture::bundled(name)).unwrap();
        let after = rewritten(name);
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
