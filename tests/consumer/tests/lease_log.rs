//! The example `lease_log` breaks no rule. In a test of its own, since each example exports the same symbol.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

#[path = "../../../examples/lease_log.rs"]
#[expect(dead_code, reason = "the example is a program too")]
mod lease_log;

use dhcp_callout::simulate;

#[test]
fn is_clean() {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(lease_log::DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}
