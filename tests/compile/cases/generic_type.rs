// A type cannot be exported, generic or not.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

dhcp_callout::export!(Host::<Gate, 4096>);
dhcp_callout::export!(Host<Gate>);

fn main() {}
