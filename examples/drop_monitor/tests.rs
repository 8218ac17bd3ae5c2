//! A drop is counted, a STOP waits until all is reported, and no rule of the check is broken.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

use core::time::Duration;
use std::time::Instant;

use dhcp_callout::simulate::{self, Server};
use dhcp_callout::{DropReason, Notice, ServiceControl};
use dhcp_callout_support::packet::discover;

use super::{DhcpServerCalloutEntry, MONITOR};

#[test]
fn a_drop_is_counted_and_reported_by_the_end_of_a_stop() {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let server = unsafe { Server::load(DhcpServerCalloutEntry) }.unwrap();
    let packet = server.receive(&Vec::from(discover().end())).unwrap();
    server.notify(&packet, Notice::Dropped(DropReason::NOADDRESS));
    let start = Instant::now();
    server.control(ServiceControl::STOP);
    // The reporter has answered: for one that does not, a STOP waits longer.
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(MONITOR.callout().0.snapshot().dropped(DropReason::NOADDRESS), 1);

    // SAFETY: as above.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}
