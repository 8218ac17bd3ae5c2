// A `const` is another host at each use; only a `static` is one that stays.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

const GATE: Host<Gate> = Host::new(Gate);

dhcp_callout::export!(GATE);

fn main() {}
