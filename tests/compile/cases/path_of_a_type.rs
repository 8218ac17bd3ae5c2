// The type in place of the static.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

mod my {
    pub type Gate = super::Host<super::Gate>;
}

dhcp_callout::export!(my::Gate);

fn main() {}
