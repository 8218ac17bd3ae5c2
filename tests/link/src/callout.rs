//! `callout` and `chain`: what an author asks of the static. The hooks themselves are in `examples/quiet.rs`.

use core::num::NonZeroU32;

use dhcp_callout::callout::LoadError;
use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::ffi::CalloutTable;
use dhcp_callout::hook::ChainDlls;
use dhcp_callout::{Callout, Decision, Host, NewPacket};

use crate::size::{BUFFERS, MEMBERS, SLOTS};

struct Quiet;

impl Callout for Quiet {
    type State = u8;

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<u8> {
        Decision::Track(1)
    }
}

unsafe extern "system" fn never(_: *mut u16, _: u32, _: *mut CalloutTable) -> u32 {
    1
}

static HOST: Host<Quiet, SLOTS, BUFFERS> = Host::new(Quiet);
static CHAIN: Chain<SLOTS, MEMBERS> = Chain::new();

crate::operations! {
    Host::new() => Host::<Quiet, SLOTS, BUFFERS>::new(Quiet);
    Host::callout() => core::ptr::from_ref(HOST.callout());
    Host::in_flight() => HOST.in_flight();
    Host::tally() => HOST.tally();
    Host::now() => HOST.now();
    Host::set_patience(admissions: u64) => HOST.set_patience(admissions);
    Host::evict_before(tick: u64) => HOST.evict_before(tick);
    Host::drain() => HOST.drain();
    LoadError::new(code: u32) => NonZeroU32::new(code).map(LoadError::new);
    LoadError::code(code: &mut LoadError) => code.code();

    Chain::new() => Chain::<SLOTS, MEMBERS>::new();
    // SAFETY: nobody calls it.
    Chain::load(table: &mut CalloutTable, dlls: ChainDlls<'_>) => unsafe {
        CHAIN.load((never, *table), dlls, |_| Some(LoadedDll::new(never)), |diagnostic| {
            core::hint::black_box(diagnostic);
        })
    };
    Chain::in_flight() => CHAIN.in_flight();
    Chain::left_out() => CHAIN.left_out();
    Chain::tally() => CHAIN.tally();
    Chain::now() => CHAIN.now();
    Chain::set_patience(admissions: u64) => CHAIN.set_patience(admissions);
    Chain::evict_before(tick: u64) => CHAIN.evict_before(tick);
    Chain::drain() => CHAIN.drain();
    // SAFETY: nobody calls it.
    LoadedDll::new() => unsafe { LoadedDll::new(never) };
}
