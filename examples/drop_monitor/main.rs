//! Why does my server drop packets? Counts by reason, by relay and by client; each client is reported at most once an
//! hour, unless tens of thousands of others come in between.
//!
//! Hooks must not block: they count and send; a thread of the callout's own writes (`reporter.rs`).
//!
//! In a DLL of your own this folder is `src`, and this file `lib.rs`, without `main`, `tests` and `show`.

use dhcp_callout::{
    Callout, ControlEvent, Decision, Host, LoadError, NewPacket, Notice, OnControl, PacketNotice, PacketTally,
    ServiceControl,
};
use dhcp_callout_support::show;

mod reporter;
#[cfg(test)]
mod tests;

/// The counts by reason.
struct DropMonitor(PacketTally);

impl Callout for DropMonitor {
    /// Drops are reported of packets that are not tracked as well.
    type State = ();

    fn load(&'static self) -> Result<(), LoadError> {
        reporter::start();
        Ok(())
    }

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, _: Option<&()>) {
        let Notice::Dropped(reason) = notice.notice() else {
            return;
        };
        self.0.count_drop(reason);
        let Ok(message) = notice.message() else { return };
        let Some(mac) = message.mac() else { return };
        // When the reporter comes late, its tables miss a drop; the tally does not, and the server does not wait.
        reporter::send((reason, mac, message.giaddr()));
    }
}

impl OnControl for DropMonitor {
    /// May block: it waits for what is to be known at the end.
    fn control(&'static self, event: ControlEvent) {
        if event.code() == ServiceControl::STOP {
            reporter::flush();
        }
    }
}

static MONITOR: Host<DropMonitor, 1, 0> = Host::new(DropMonitor(PacketTally::new()));
dhcp_callout::export!(MONITOR);

fn main() {
    show::lifecycles(DhcpServerCalloutEntry);
}
