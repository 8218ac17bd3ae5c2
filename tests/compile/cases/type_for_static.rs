// The type in place of the static.
#![allow(unused)]

use std::sync::atomic::AtomicU64;

use dhcp_callout::{Callout, Decision, NewPacket};

struct Gate {
    refused: AtomicU64,
}

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

dhcp_callout::export!(Gate);

fn main() {}
