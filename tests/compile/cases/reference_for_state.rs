// What is kept for a packet outlives the call that received it.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = &[u8];

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<&[u8]> {
        Decision::Track(packet.bytes())
    }
}

fn main() {}
