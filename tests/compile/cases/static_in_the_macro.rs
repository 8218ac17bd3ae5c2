// The static stands outside of the macro.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

dhcp_callout::export!(static GATE: Host<Gate> = Host::new(Gate));

fn main() {}
