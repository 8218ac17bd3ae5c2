//! The example `rate_limit` breaks no rule. In a test of its own, since each example exports the same symbol.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

#[path = "../../../examples/rate_limit.rs"]
#[expect(dead_code, reason = "the example is a program too")]
mod rate_limit;

use dhcp_callout::simulate;

#[test]
fn is_clean() {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(rate_limit::DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}
