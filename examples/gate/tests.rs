//! No rule of the check is broken.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

use dhcp_callout::simulate;

use super::DhcpServerCalloutEntry;

#[test]
fn is_clean() {
    // The gate reads its list from the current folder.
    std::env::set_current_dir(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::write("MACList.txt", "MAC_ACTION = {DENY}\n02005e005301\n").unwrap();
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}
