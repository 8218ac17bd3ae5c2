// The function itself, not what it returns.
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

fn find() -> fn(dhcp_callout::DllPath<'_>) -> Option<dhcp_callout::chain::LoadedDll> {
    |_| None
}

dhcp_callout::export!(GATE, chain = CHAIN, find = find());

fn main() {}
