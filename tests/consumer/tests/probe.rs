//! The example `probe` breaks no rule. In a test of its own, since each example exports the same symbol.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

#[path = "../../../examples/probe.rs"]
#[expect(dead_code, reason = "the example is a program too")]
mod probe;

use dhcp_callout::simulate;

#[test]
fn is_clean() {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(probe::DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}
