// The host has to be a static: its size and its callout are not arguments of the macro.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

dhcp_callout::export!(Host::new(Gate), packets = 4096);

fn main() {}
