//! Prints DHCP messages whole: every field and option with its offset, or one JSON object for each.
//!
//! ```text
//! cargo run --example inspect -- [--json] [--hex] [FILE...]
//! ```
//!
//! FILE is a capture in pcap or pcapng format. With `--hex` it is text, one packet in hexadecimal on each line (`-` is the
//! empty packet), and without FILE the text is read from standard input. A malformed packet is printed with its error;
//! exit code 2 is for input that cannot be read.

use core::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use dhcp_callout::Message;
use dhcp_callout_support::{capture, inspect_json};

const USAGE: &str = "usage: inspect [--json] [--hex] [FILE...]";

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => return fail(&format_args!("{error}\n{USAGE}")),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = inspect(&arguments, &mut out).and_then(|()| Ok(out.flush()?));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn fmt::Display) -> ExitCode {
    eprintln!("inspect: {error}");
    ExitCode::from(2)
}

struct Arguments {
    json: bool,
    hex: bool,
    files: Vec<PathBuf>,
}

impl Arguments {
    fn parse() -> Result<Self, lexopt::Error> {
        let mut arguments = Self {
            json: false,
            hex: false,
            files: Vec::new(),
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                lexopt::Arg::Long("json") => arguments.json = true,
                lexopt::Arg::Long("hex") => arguments.hex = true,
                lexopt::Arg::Value(file) => arguments.files.push(file.into()),
                other => return Err(other.unexpected()),
            }
        }
        if arguments.files.is_empty() && !arguments.hex {
            return Err("no FILE".into());
        }
        Ok(arguments)
    }
}

/// What ends the program early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Capture(#[from] capture::CaptureError),
    #[error("{name}: {error}")]
    Read { name: String, error: io::Error },
    #[error("{name}: line {line} is no packet in hexadecimal: {error}")]
    Hex {
        name: String,
        line: usize,
        error: hex::FromHexError,
    },
    #[error(transparent)]
    Write(#[from] io::Error),
}

fn inspect(arguments: &Arguments, out: &mut impl Write) -> Result<(), Failure> {
    if arguments.files.is_empty() {
        let mut text = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut text);
        let name = "standard input".to_owned();
        return match read {
            Ok(_) => inspect_hex(arguments, &name, &text, out),
            Err(error) => Err(Failure::Read { name, error }),
        };
    }
    for file in &arguments.files {
        if arguments.hex {
            let name = file.display().to_string();
            let text = fs::read(file).map_err(|error| Failure::Read {
                name: name.clone(),
                error,
            })?;
            inspect_hex(arguments, &name, &text, out)?;
        } else {
            inspect_capture(arguments, file, out)?;
        }
    }
    Ok(())
}

fn inspect_hex(arguments: &Arguments, name: &str, text: &[u8], out: &mut impl Write) -> Result<(), Failure> {
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        let number = index.saturating_add(1);
        let packet = match line {
            b"" => continue,
            b"-" => Vec::new(),
            digits => hex::decode(digits).map_err(|error| Failure::Hex {
                name: name.to_owned(),
                line: number,
                error,
            })?,
        };
        print(arguments, &format_args!("line {number}"), &packet, out)?;
    }
    Ok(())
}

fn inspect_capture(arguments: &Arguments, file: &Path, out: &mut impl Write) -> Result<(), Failure> {
    let frames = capture::read(file)?;
    for (index, frame) in frames.iter().enumerate() {
        if let Some(packet) = frame.dhcp() {
            let number = index.saturating_add(1);
            print(
                arguments,
                &format_args!("{} frame {number}", file.display()),
                packet,
                out,
            )?;
        }
    }
    Ok(())
}

fn print(arguments: &Arguments, title: &dyn fmt::Display, packet: &[u8], out: &mut impl Write) -> io::Result<()> {
    if arguments.json {
        return writeln!(out, "{}", inspect_json::object(packet));
    }
    writeln!(out, "{title}, {} bytes", packet.len())?;
    match Message::parse(packet) {
        Ok(message) => writeln!(out, "{message:#}"),
        Err(error) => writeln!(out, "malformed: {error}\n"),
    }
}
