//! A callout DLL of which `tests/link/run` reads the symbols: hooks that it does not implement are not in it.
#![no_std]

use core::panic::PanicInfo;

use dhcp_callout::{Callout, Decision, Host, NewPacket};

#[cfg_attr(not(feature = "chain"), expect(dead_code, reason = "only a chain has members"))]
#[path = "../src/size.rs"]
mod size;

use size::{BUFFERS, SLOTS};

struct Quiet;

impl Callout for Quiet {
    type State = [u8; 6];

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<[u8; 6]> {
        // Both ways to alter a packet, so that what gives it to the server is linked.
        let _ = match packet.bytes() {
            [0, ..] => packet.replace_with(&[0; 240]),
            [3, ..] => packet.rewrite_with(&[0; 240]),
            _ => Ok(()),
        };
        let mac = packet.message().ok().and_then(|message| message.mac());
        mac.map_or(Decision::Pass, Decision::Track)
    }
}

static QUIET: Host<Quiet, SLOTS, BUFFERS> = Host::new(Quiet);
#[cfg(not(feature = "chain"))]
dhcp_callout::export!(QUIET);

#[cfg(feature = "chain")]
mod chained {
    use dhcp_callout::DllPath;
    use dhcp_callout::chain::{Chain, LoadedDll};

    use super::size::{MEMBERS, SLOTS};

    unsafe extern "C" {
        fn find_entry_point(path: *const u16) -> Option<dhcp_callout::ffi::EntryPoint>;
    }

    /// What is defined nowhere can return anything, so that no call of a member is optimized away.
    fn find(path: DllPath<'_>) -> Option<LoadedDll> {
        // SAFETY: never linked, so never called.
        let entry = unsafe { find_entry_point(path.units().as_ptr()) }?;
        // SAFETY: as above.
        Some(unsafe { LoadedDll::new(entry) })
    }

    static CHAIN: Chain<SLOTS, MEMBERS> = Chain::new();
    dhcp_callout::export!(super::QUIET, chain = CHAIN, find = find);
}

/// With these all hooks must be found: otherwise the proof passes whatever is linked.
#[cfg(feature = "every-hook")]
mod every_hook {
    use dhcp_callout::{
        AddressDeleted, AddressOffered, ClientDeleted, OnAddressDeleted, OnAddressOffered, OnClientDeleted,
        OnOptionsParsed, OnSendPacket, ParsedOptions, SendPacket,
    };

    use super::Quiet;

    impl OnSendPacket for Quiet {
        fn send_packet(&self, _: &mut SendPacket<'_>, _: Option<&[u8; 6]>) {}
    }

    impl OnAddressOffered for Quiet {
        fn address_offered(&self, _: &AddressOffered<'_>, _: Option<&[u8; 6]>) {}
    }

    impl OnAddressDeleted for Quiet {
        fn address_deleted(&self, _: &AddressDeleted<'_>, _: Option<&[u8; 6]>) {}
    }

    impl OnOptionsParsed for Quiet {
        fn options_parsed(&self, _: &mut ParsedOptions<'_>, _: Option<&[u8; 6]>) {}
    }

    impl OnClientDeleted for Quiet {
        fn client_deleted(&self, _: &ClientDeleted<'_>) {}
    }
}

unsafe extern "C" {
    fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: never linked, so never called.
    unsafe { a_panic_is_reachable() }
}
