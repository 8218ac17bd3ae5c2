// A table for no packet at all.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

static GATE: Host<Gate, 0> = Host::new(Gate);

dhcp_callout::export!(GATE);

fn main() {}
