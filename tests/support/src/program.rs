//! The examples as programs: those that cargo has built beside the test that asks.

use std::path::Path;
use std::process::Command;

/// Returns a command that runs an example.
///
/// # Panics
/// If the example is not built.
pub fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap_or_default();
    let target = test.ancestors().nth(2).unwrap_or(Path::new("")).to_owned();
    let program = target.join(format!("examples/{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "no {}: `cargo build --examples` builds it, as `cargo test` does",
        program.display()
    );
    Command::new(program)
}
