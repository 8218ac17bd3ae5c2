//! A flood is refused until its period is over, and no rule of the check is broken.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

use std::thread;
use std::time::{Duration, Instant};

use dhcp_callout::simulate::{self, Server};
use dhcp_callout_support::packet::discover;

use super::DhcpServerCalloutEntry;

#[test]
fn is_clean() {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}

/// Waits for the example's own clock, up to the ten seconds of a period.
#[test]
fn a_client_is_served_again_in_the_next_period() {
    // SAFETY: as above.
    let server = unsafe { Server::load(DhcpServerCalloutEntry) }.unwrap();
    let packet = Vec::from(discover().chaddr(&[2, 0, 0, 0, 0x53, 1]).end());
    let is_served = || !server.receive(&packet).unwrap().is_refused();
    // A period may end in between, and another twenty be served.
    let served = (0..41).filter(|_| is_served()).count();
    assert!((20..=40).contains(&served), "{served}");
    let start = Instant::now();
    while !is_served() {
        assert!(start.elapsed() < Duration::from_secs(60), "refused for good");
        thread::sleep(Duration::from_millis(50));
    }
}
