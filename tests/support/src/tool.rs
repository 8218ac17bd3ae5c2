//! What the tools have in common: where they read from, how they show that they are at it.

use core::fmt;
use core::time::Duration;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::capture::{Capture, CaptureError};

/// Opens a capture; `-` is standard input. If asked for a bar, shows on standard error how far it is read, provided
/// that this is a terminal. The bar is returned too: its `suspend` makes way for lines that are printed beside it.
pub fn open(path: &Path, with_bar: bool) -> Result<(Capture, ProgressBar), CaptureError> {
    if path == Path::new("-") {
        let bar = progress_bar(None, with_bar);
        let capture = Capture::new("standard input".to_owned(), bar.wrap_read(io::stdin()))?;
        return Ok((capture, bar));
    }
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => {
            let length = file.metadata().ok().map(|metadata| metadata.len());
            let bar = progress_bar(length, with_bar);
            Ok((Capture::new(name, bar.wrap_read(file))?, bar))
        }
        Err(error) => Err(CaptureError::unreadable(name, error)),
    }
}

/// Prints a help text, as somebody asked for it.
pub fn help(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format_args!("standard output: {error}"));
            ExitCode::from(2)
        }
    }
}

/// Says why the program failed, and returns its exit code.
pub fn fail(program: &str, error: &dyn fmt::Display) -> ExitCode {
    tell(&format_args!("{program}: {error}"));
    ExitCode::from(2)
}

/// Prints a line on standard error; there is no other place to say that nobody can read it.
pub fn tell(line: &dyn fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Returns the line of a help text that shows the usage.
pub fn usage(help: &str) -> &str {
    help.lines().find(|line| line.starts_with("usage")).unwrap_or(help)
}

/// Returns how many of a thing there are, in words.
pub fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Returns the time of a frame as JSON has it: as text, since a number would lose the nanoseconds.
pub fn time(since_1970: Duration) -> String {
    format!("{}.{:09}", since_1970.as_secs(), since_1970.subsec_nanos())
}

/// Returns whether standard output goes elsewhere than to a terminal, where a bar would be among the lines.
pub fn is_redirected() -> bool {
    !io::stdout().is_terminal()
}

fn progress_bar(length: Option<u64>, with_bar: bool) -> ProgressBar {
    let target = if with_bar {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(length, target).with_finish(ProgressFinish::AndClear);
    let template = match length {
        Some(_) => "{bar:40} {bytes}/{total_bytes} {eta}",
        None => "{spinner} {bytes} {elapsed}",
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
