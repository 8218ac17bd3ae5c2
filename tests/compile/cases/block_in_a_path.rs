// What an author writes within a path stays where `unsafe_code` is denied.
#![deny(unsafe_code)]

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::{Callout, Decision, DllPath, Host, NewPacket};

struct Quiet;

impl Callout for Quiet {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

static QUIET: Host<Quiet> = Host::new(Quiet);
static CHAIN: Chain = Chain::new();

fn find<const ANY: usize>(_: DllPath<'_>) -> Option<LoadedDll> {
    None
}

dhcp_callout::export!(
    QUIET,
    chain = CHAIN,
    find = find::<
        {
            #[unsafe(no_mangle)]
            pub extern "C" fn exported() {}
            1
        },
    >
);

fn main() {}
