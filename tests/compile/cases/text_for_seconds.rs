// A lease time is a number of seconds.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

use dhcp_callout::{Editor, option};

fn edit(editor: &mut Editor<'_, '_>) {
    editor.set(option::LEASE_TIME, "1h");
}

fn main() {}
