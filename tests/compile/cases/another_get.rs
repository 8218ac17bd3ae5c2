// A trait of the author's could give out the handler of another host, by the name that the macro calls.
use dhcp_callout::export::{Handler, Handlers};
use dhcp_callout::hook::Handle;
use dhcp_callout::{AddressOffered, Callout, Decision, Host, NewPacket, OnAddressOffered, entry_point};

struct Lends;

impl Callout for Lends {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

struct Looks;

impl Callout for Looks {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

impl OnAddressOffered for Looks {
    fn address_offered(&self, _: &AddressOffered<'_>, _: Option<&()>) {}
}

static LENDS: Host<Lends> = Host::new(Lends);
static LOOKS: Host<Looks> = Host::new(Looks);

trait Other {
    fn get(self) -> Option<&'static dyn Handle<AddressOffered<'static>>>;
}

impl Other for Handler<Host<Lends>, AddressOffered<'static>> {
    fn get(self) -> Option<&'static dyn Handle<AddressOffered<'static>>> {
        Some(&LOOKS)
    }
}

entry_point!(fn entry = LENDS);

fn main() {
    let _ = Handlers::address_offer(&LENDS);
}
