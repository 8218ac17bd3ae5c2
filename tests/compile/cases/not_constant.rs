// How many packets has to be known when the DLL is compiled.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

fn packets() -> usize {
    4096
}

static GATE: Host<Gate, { packets() }> = Host::new(Gate);

dhcp_callout::export!(GATE);

fn main() {}
