// A host of something that is no callout.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

struct Other;

static OTHER: Host<Other> = Host::new(Other);

dhcp_callout::export!(OTHER);

fn main() {}
