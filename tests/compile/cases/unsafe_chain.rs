// The loader of a chain makes no promise in the macro.
#![allow(unused)]

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::{Callout, Decision, DllPath, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

static GATE: Host<Gate> = Host::new(Gate);

fn load(_: DllPath<'_>) -> Option<LoadedDll> {
    None
}

dhcp_callout::export!(GATE, chain = unsafe load);

fn main() {}
