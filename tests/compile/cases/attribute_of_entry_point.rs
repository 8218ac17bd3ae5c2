// An attribute could export the function by another name, which `unsafe_code` is to see.
#![deny(unsafe_code)]

use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point};

struct Quiet;

impl Callout for Quiet {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

static QUIET: Host<Quiet> = Host::new(Quiet);

entry_point!(
    /// The entry point.
    #[export_name = "malloc"]
    pub fn entry = QUIET
);

// Nor by what only the macro is to say to itself.
entry_point!(@check "" [#[export_name = "malloc"] pub fn other] QUIET);

// Nor a path that begins as docs do.
entry_point!(#[doc::of_a_macro] fn third = QUIET);

fn main() {}
