//! Copies a capture, and changes three options in every DHCPACK on the way.
//!
//! ```text
//! cargo run --example rewrite -- IN OUT
//! ```
//!
//! IN is a capture in pcap or pcapng format, OUT is written in pcap format. Each DHCPACK gets 192.0.2.53 and 192.0.2.54 as
//! its name servers (option 6), a lease time of 3600 seconds (51) and the bytes 01 04 de ad be ef as vendor-specific
//! information (43); everything else of the message stays as it was, byte for byte. All other frames are copied unchanged,
//! and so are the times. An ACK that cannot be edited is copied unchanged, and reported. Exit code 2: a file cannot be read
//! or written.

use core::fmt;
use core::net::Ipv4Addr;
use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use capture::{Frame, Layers};
use dhcp_callout::message::{EditError, MessageType, Seconds, option};
use dhcp_callout::{Message, PacketBuffer};
use dhcp_callout_support::capture;
use etherparse::UdpHeader;
use pcap_parser::pcap::LegacyPcapBlock;
use pcap_parser::{PcapHeader, ToVec};

const USAGE: &str = "usage: rewrite IN OUT";

const NAME_SERVERS: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 2, 53), Ipv4Addr::new(192, 0, 2, 54)];
const LEASE_TIME: Seconds = Seconds(3600);
const VENDOR_SPECIFIC: [u8; 6] = [0x01, 0x04, 0xDE, 0xAD, 0xBE, 0xEF];

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(input), Some(output), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return fail(&USAGE);
    };
    let frames = match capture::read(&input) {
        Ok(frames) => frames,
        Err(error) => return fail(&error),
    };
    match rewrite(&frames).and_then(|capture| Ok(fs::write(&output, capture)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format_args!("{}: {error}", output.display())),
    }
}

fn fail(error: &dyn fmt::Display) -> ExitCode {
    eprintln!("rewrite: {error}");
    ExitCode::from(2)
}

/// What keeps a capture from being written.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("frames of several link types do not fit into one file in pcap format")]
    LinkTypes,
    #[error("frame {number} cannot be written: {error}")]
    Frame { number: usize, error: String },
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

/// Creates the capture that is to be written.
fn rewrite(frames: &[Frame]) -> Result<Vec<u8>, Failure> {
    let mut header = PcapHeader {
        snaplen: 262_144,
        ..PcapHeader::new()
    };
    if let Some(first) = frames.first() {
        header.network = first.link_type;
        if frames.iter().any(|frame| frame.link_type != first.link_type) {
            return Err(Failure::LinkTypes);
        }
    }
    // Nanoseconds only where they are needed: not all programs know that format.
    let microseconds = frames.iter().all(|frame| frame.time.subsec_nanos() % 1000 == 0);
    if !microseconds {
        header.magic_number = 0xA1B2_3C4D;
    }
    let failed = |number, error: &dyn fmt::Debug| Failure::Frame {
        number,
        error: format!("{error:?}"),
    };
    let mut capture = header.to_vec().map_err(|error| failed(0, &error))?;
    for (number, frame) in (1..).zip(frames) {
        let data = rewrite_frame(number, frame);
        let grown = data.len().saturating_sub(frame.bytes.len());
        let shrunk = frame.bytes.len().saturating_sub(data.len());
        let length = |bytes: usize| u32::try_from(bytes).map_err(|error| failed(number, &error));
        let nanoseconds = frame.time.subsec_nanos();
        let mut record = LegacyPcapBlock {
            ts_sec: u32::try_from(frame.time.as_secs()).map_err(|error| failed(number, &error))?,
            ts_usec: if microseconds {
                frame.time.subsec_micros()
            } else {
                nanoseconds
            },
            caplen: length(data.len())?,
            origlen: frame
                .original_length
                .saturating_add(length(grown)?)
                .saturating_sub(length(shrunk)?),
            data: &data,
        };
        capture.extend(record.to_vec().map_err(|error| failed(number, &error))?);
    }
    Ok(capture)
}

/// Returns the frame as it is to be written.
fn rewrite_frame(number: usize, frame: &Frame) -> Cow<'_, [u8]> {
    let unchanged = Cow::Borrowed(frame.bytes.as_slice());
    let Some(layers) = frame.dhcp_layers() else {
        return unchanged;
    };
    let Ok(message) = Message::parse(layers.payload) else {
        return unchanged;
    };
    if message.message_type() != Some(MessageType::ACK) {
        return unchanged;
    }
    let mut buffer = PacketBuffer::new();
    match edit(&mut buffer, message) {
        Ok(_) => assemble(&layers, buffer.as_bytes()).map_or(unchanged, Cow::Owned),
        Err(error) => {
            eprintln!("rewrite: frame {number} left as it is: {error}");
            unchanged
        }
    }
}

fn edit(buffer: &mut PacketBuffer, message: Message<'_>) -> Result<usize, EditError> {
    buffer.edit_from(message, |editor| {
        editor
            .set(option::DNS_SERVERS, NAME_SERVERS)
            .set(option::LEASE_TIME, LEASE_TIME)
            .set_raw(option::VENDOR_SPECIFIC.code(), &VENDOR_SPECIFIC);
    })
}

/// Puts `payload` into the layers of the original, with lengths and checksums made anew.
fn assemble(layers: &Layers<'_>, payload: &[u8]) -> Option<Vec<u8>> {
    let mut ip = layers.ip.clone();
    let Layers { udp, .. } = layers;
    let udp = UdpHeader::with_ipv4_checksum(udp.source_port, udp.destination_port, &ip, payload).ok()?;
    ip.set_payload_len(usize::from(udp.length)).ok()?;
    ip.header_checksum = ip.calc_header_checksum();
    let mut frame = layers.link.to_vec();
    ip.write(&mut frame).ok()?;
    udp.write(&mut frame).ok()?;
    frame.extend(payload);
    Some(frame)
}
