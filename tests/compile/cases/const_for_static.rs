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

static OTHER: Host<Gate> = Host::new(Gate);
const CHAIN: dhcp_callout::chain::Chain = dhcp_callout::chain::Chain::new();

fn find(_: dhcp_callout::DllPath<'_>) -> Option<dhcp_callout::chain::LoadedDll> {
    None
}

dhcp_callout::entry_point!(fn chained = OTHER, chain = CHAIN, find = find);

fn main() {}
