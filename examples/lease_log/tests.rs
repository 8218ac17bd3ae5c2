//! No rule of the check is broken.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

use dhcp_callout::simulate;

use super::DhcpServerCalloutEntry;

#[test]
fn is_clean() {
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}
