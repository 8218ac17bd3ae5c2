//! Writes the seeds of each target, made from the bundled captures: `seeds FOLDER` fills `FOLDER/TARGET`.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs, io};

use dhcp_callout_support::capture;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = env::args_os().nth(1).ok_or("usage: seeds FOLDER")?;
    let mut packets = BTreeSet::new();
    for name in capture::BUNDLED {
        let frames = capture::read(&capture::bundled(name))?;
        packets.extend(frames.iter().filter_map(|frame| frame.dhcp().map(<[u8]>::to_vec)));
    }
    for (number, packet) in (0..).zip(&packets) {
        let write = |target: &str, seed: &[u8]| -> io::Result<()> {
            let folder = Path::new(&folder).join(target);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(format!("captured-{number}")), seed)
        };
        let counted = [&u16::try_from(packet.len())?.to_le_bytes(), &packet[..]].concat();
        write("message", packet)?;
        write("edit", &edit(packet, &counted))?;
        write("hooks", &hooks(&counted))?;
        write("run", &run(number, &counted))?;
    }
    println!("{} packets", packets.len());
    Ok(())
}

/// The packet, and bytes that choose edits: its own.
fn edit(packet: &[u8], counted: &[u8]) -> Vec<u8> {
    [counted, packet.get(240..).unwrap_or_default()].concat()
}

/// The packet as it arrives, its options, its reply, its end: hook, context, flags, NULLs, code, packet.
fn hooks(counted: &[u8]) -> Vec<u8> {
    [
        &[0, 0, 0, 0, 0][..],
        counted,
        &[6, 1, 0, 0, 0],
        counted,
        &[3, 1, 0, 0, 0],
        counted,
        &[1, 1, 0, 0, 0xB, 0, 0],
    ]
    .concat()
}

/// A server that does the usual, with the packet and three known exchanges, all steps of each.
fn run(number: u8, counted: &[u8]) -> Vec<u8> {
    let known = (0..3).flat_map(|next| [number.wrapping_add(next) % 17, 0]);
    let steps = (0..4).flat_map(|packet| [0x00, 0x30, 0x50, 0x70, 0xF0].map(|step| step | packet));
    let begin = [0, 0, 31].into_iter().chain(counted.iter().copied());
    begin.chain(known).chain(steps).collect()
}
