// No promise is made in the macro, no closure, and no item.
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

static CHAIN: Chain = Chain::new();

dhcp_callout::export!(GATE, chain = unsafe load);
dhcp_callout::export!(GATE, chain = unsafe { CHAIN }, find = load);
dhcp_callout::export!(unsafe { GATE }, chain = CHAIN, find = load);
dhcp_callout::export!(GATE, chain = CHAIN, find = unsafe load);
dhcp_callout::export!(GATE, chain = CHAIN, find = move |_| None);
dhcp_callout::export!(GATE, chain = CHAIN, find = |_| None);
dhcp_callout::export!(GATE, chain = CHAIN, find = move || None);
dhcp_callout::export!(pub static HOST: Host<Gate> = Host::new(Gate));
dhcp_callout::export!(const HOST: Host<Gate> = Host::new(Gate));
dhcp_callout::export!(mut GATE);
dhcp_callout::export!(if true { GATE } else { GATE });
dhcp_callout::export!(fn entry = GATE);
dhcp_callout::export!(GATE chain = CHAIN, find = load);

fn main() {}
