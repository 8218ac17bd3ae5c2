//! The example `gate` breaks no rule. In a test of its own, since each example exports the same symbol.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

#[path = "../../../examples/gate.rs"]
#[expect(dead_code, reason = "the example is a program too")]
mod gate;

use dhcp_callout::simulate;

#[test]
fn is_clean() {
    // The gate reads its list from the current folder.
    std::env::set_current_dir(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::write("MACList.txt", "MAC_ACTION = {DENY}\n02005e005301\n").unwrap();
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let report = unsafe { simulate::check(gate::DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
}
