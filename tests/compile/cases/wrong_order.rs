// The chain comes before the function that finds its DLLs.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

static GATE: Host<Gate> = Host::new(Gate);
static CHAIN: dhcp_callout::chain::Chain = dhcp_callout::chain::Chain::new();

fn find(_: dhcp_callout::DllPath<'_>) -> Option<dhcp_callout::chain::LoadedDll> {
    None
}

dhcp_callout::export!(GATE, find = find, chain = CHAIN);

fn main() {}
