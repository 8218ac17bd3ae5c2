//! Refuses the packets of a client that sends too many: more than 20 in ten seconds.
//!
//! A hook asks no clock: a thread of the callout's own counts seconds. What a client has sent is counted in one of 4096
//! cells, by a hash of its hardware address; two clients can share a cell, and then share the limit. A flood with many
//! addresses fills the cells, and no memory.
//!
//! In a DLL of your own this folder is `src`, and this file `lib.rs`, without `main`, `tests` and `show`.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use std::sync::Once;
use std::thread;

use dhcp_callout::{Callout, Decision, Host, LoadError, Message, NewPacket};
use dhcp_callout_support::show;

#[cfg(test)]
mod tests;

const LIMIT: u64 = 20;
const PERIOD: Duration = Duration::from_secs(10);
const CELLS: usize = 4096;

struct RateLimit {
    start: Once,
    /// How many periods have gone by.
    period: AtomicU64,
    /// The period in the upper 32 bits, and how many packets came in it.
    cells: [AtomicU64; CELLS],
    refused: AtomicU64,
}

impl Callout for RateLimit {
    type State = ();

    fn load(&'static self) -> Result<(), LoadError> {
        self.start.call_once(|| {
            thread::spawn(|| {
                loop {
                    thread::sleep(PERIOD);
                    self.period.fetch_add(1, Relaxed);
                }
            });
        });
        Ok(())
    }

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
        let mac = packet.message().ok().and_then(Message::mac);
        if mac.is_none_or(|mac| self.is_within_limit(mac)) {
            return Decision::Pass;
        }
        self.refused.fetch_add(1, Relaxed);
        Decision::Refuse
    }
}

impl RateLimit {
    /// Counts a packet of `mac`.
    fn is_within_limit(&self, mac: [u8; 6]) -> bool {
        let number = mac.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let index = usize::try_from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52).unwrap_or(0);
        let Some(cell) = self.cells.get(index) else { return true };
        let now = self.period.load(Relaxed) << 32;
        let count = |cell: u64| (cell & !u64::from(u32::MAX) == now).then_some(cell & u64::from(u32::MAX));
        // No more is counted once the limit is reached, so that the count cannot run into the period.
        let counted = cell.fetch_update(Relaxed, Relaxed, |cell| {
            let before = count(cell).unwrap_or(0);
            (before < LIMIT).then(|| now | before.saturating_add(1))
        });
        counted.is_ok()
    }
}

static LIMITER: Host<RateLimit, 1, 0> = Host::new(RateLimit {
    start: Once::new(),
    period: AtomicU64::new(0),
    cells: [const { AtomicU64::new(0) }; CELLS],
    refused: AtomicU64::new(0),
});
dhcp_callout::export!(LIMITER);

fn main() {
    show::lifecycles(DhcpServerCalloutEntry);
    eprintln!("rate_limit: {} refused", LIMITER.callout().refused.load(Relaxed));
}
