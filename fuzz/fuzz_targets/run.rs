//! Any run of a simulated server with a callout that alters and keeps packets: no rule is broken, and no packet is
//! kept.
#![no_main]

use dhcp_callout::simulate;
use dhcp_callout_fuzz::{AUTHOR, entry};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // SAFETY: the entry point is made by the macro.
    unsafe { simulate::fuzz(entry, data) };
    assert_eq!(AUTHOR.in_flight(), 0, "the service was stopped");
});
