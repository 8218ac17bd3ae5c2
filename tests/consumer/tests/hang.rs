//! A check names the hook that does not return, though the test that hangs prints nothing.
#![expect(unsafe_code, reason = "an entry point is called as the server calls it")]

use std::env::{current_exe, var_os};
use std::process::{Command, Stdio};

use consumer::safe;
use dhcp_callout::simulate;

const HANGS: &str = "HANGS";

#[test]
fn the_hook_that_hangs_is_named() {
    if var_os(HANGS).is_some() {
        // SAFETY: the entry point is made by the macro.
        let _ = unsafe { simulate::check(safe::waits_half_a_minute::entry) };
        return;
    }
    let mut test = Command::new(current_exe().unwrap());
    test.env(HANGS, "").stdout(Stdio::null()).stderr(Stdio::piped());
    let printed = test.spawn().unwrap().wait_with_output().unwrap().stderr;
    assert_eq!(
        String::from_utf8(printed).unwrap(),
        "the_hook_that_hangs_is_named, check with seed 0: DhcpPktSendHook has not returned for 10 s\n"
    );
}
