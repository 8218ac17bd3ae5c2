//! Compiles the callout of the README, runs its test, and compares its figures with those that were counted.
#![allow(
    unsafe_code,
    clippy::std_instead_of_core,
    reason = "the README is written as an author writes"
)]

#[rustfmt::skip]
mod callout {
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use dhcp_callout::{Callout, Decision, Host, NewPacket, Outcome, option};

struct Gate {
    refused: AtomicU64,
}

impl Callout for Gate {
    type State = [u8; 6]; // kept per packet, handed back exactly once

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<[u8; 6]> {
        let Ok(message) = packet.message() else {
            return Decision::Pass;
        };
        let class = message.find(option::CLASS_ID);
        if class.is_some_and(|class| class.starts_with(b"rogue")) {
            self.refused.fetch_add(1, Relaxed);
            return Decision::Refuse;
        }
        message.mac().map_or(Decision::Pass, Decision::Track)
    }

    fn packet_done(&self, _outcome: Outcome, _mac: [u8; 6]) {}
}

static GATE: Host<Gate, 4096> = Host::new(Gate {
    refused: AtomicU64::new(0),
});
dhcp_callout::export!(GATE);

#[test]
fn refuses_rogues_only() -> Result<(), Box<dyn std::error::Error>> {
    use dhcp_callout::{MessageType, PacketBuffer, simulate::Server};
    // SAFETY: the entry point is made by `export!`.
    let server = unsafe { Server::load(DhcpServerCalloutEntry) }?;
    let mut packet = PacketBuffer::request(MessageType::DISCOVER, 1, &[2; 6])?;
    assert!(!server.receive(packet.as_bytes())?.is_refused());
    packet.edit(|editor| _ = editor.set(option::CLASS_ID, "rogue-7"))?;
    assert!(server.receive(packet.as_bytes())?.is_refused());
    Ok(())
}
}

#[test]
fn the_readme_has_this_callout_and_this_test() {
    let blocks = include_str!("../../README.md").split("```rust").skip(1);
    let code: Vec<_> = blocks
        .map(|block| block.split_once('\n').unwrap().1.split("```").next().unwrap())
        .collect();
    assert_eq!(code.len(), 2);
    for block in code {
        assert!(include_str!("readme.rs").contains(block), "not in this file:\n{block}");
    }
}

#[test]
fn the_readme_sets_the_values_that_the_server_reads() {
    use dhcp_callout::ffi;

    let readme = include_str!("../../README.md").to_lowercase();
    for part in [
        format!(r"'hklm:\{}'", ffi::CALLOUT_LIST_KEY),
        format!("$key {} -type multistring", ffi::CALLOUT_LIST_VALUE),
        format!("$key {} -type dword", ffi::CALLOUT_ENABLED_VALUE),
    ] {
        assert!(readme.contains(&part.to_lowercase()), "{part}");
    }
}

#[test]
fn the_readme_has_the_counts_of_the_budget() {
    let counted = ["w1", "w3", "w4", "life", "hook", "hook-pass"].map(|row| {
        let mut lines = include_str!("../../benches/budget.tsv")
            .lines()
            .map(|line| line.split('\t'));
        lines.find_map(|mut line| line.next().filter(|name| *name == row).and(line.next()))
    });
    let (_, table) = include_str!("../../README.md").split_once("---: |\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let shown: Vec<_> = rows.map(|row| row.rsplit('|').nth(1).map(str::trim)).collect();
    assert_eq!(shown, counted);
}
