// A static that is a callout, but in no host.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

static GATE: Gate = Gate;

dhcp_callout::export!(GATE);

fn main() {}
