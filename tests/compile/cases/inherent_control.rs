// A method that is not of the trait `OnControl` is never called.

use dhcp_callout::{Callout, Decision, Host, NewPacket};

struct Gate;

impl Callout for Gate {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

#[deny(dead_code)]
impl Gate {
    fn control(&'static self, _: dhcp_callout::ControlEvent) {}
}

static GATE: Host<Gate> = Host::new(Gate);

dhcp_callout::export!(GATE);

fn main() {}
