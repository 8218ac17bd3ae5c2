//! No rule of the check is broken.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

use dhcp_callout::simulate;

use super::DhcpServerCalloutEntry;

#[test]
fn is_clean() {
    // The gate reads its list from the current folder.
    let folder = std::env::temp_dir().join(format!("dhcp-gate-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::env::set_current_dir(&folder).unwrap();
    std::fs::write("MACList.txt", "MAC_ACTION = {DENY}\n02005e005301\n").unwrap();
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    std::fs::remove_dir_all(folder).unwrap();
    report.assert_clean();
    assert!(report.is_complete());
}
