// What is kept for a packet outlives the call that received it.
#![allow(unused)]

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl<'a> Callout for &'a Gate {
    type State = &'a [u8];

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<&'a [u8]> {
        Decision::Pass
    }
}

struct Keeper;

impl Callout for Keeper {
    type State = std::borrow::Cow<'static, [u8]>;

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Self::State> {
        Decision::Track(packet.bytes().into())
    }
}

static KEEPER: Host<Keeper> = Host::new(Keeper);

dhcp_callout::export!(KEEPER);

fn main() {}
