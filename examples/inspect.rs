//! Prints DHCP messages whole: every field and option with its offset, or one JSON object for each: see `HELP`.

use core::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use capture::{Finder, Frame};
use console::style;
use dhcp_callout::Message;
use dhcp_callout_support::{capture, inspect_json, tool};
use serde_json::{Value, json};

const HELP: &str = "\
Prints DHCP messages whole: every field and option with its offset. A malformed message is printed
with its error.

usage: inspect [--json] [--hex] [FILE...]

  FILE        a capture in pcap or pcapng format; - is standard input
  --hex       FILE is text, one packet in hexadecimal on each line (- is the empty packet);
              without FILE, standard input
  --json      prints each message as one line of JSON; if from a capture, with its file (capture),
              frame and time (seconds since 1970, as text with nine decimals); header fields and raw
              values are in hexadecimal
  -h, --help  prints this

Frames of a capture that hold no message are counted on standard error.
Exit code 2: a file cannot be read, or not to its end; what was read is printed before, and the
other files after.";

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return tool::help(HELP),
        Err(error) => return tool::fail("inspect", &format_args!("{error}\n{}", tool::usage(HELP))),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut code = ExitCode::SUCCESS;
    for file in &arguments.files {
        let done = if arguments.hex {
            inspect_hex(&arguments, file, &mut out)
        } else {
            inspect_capture(&arguments, file, &mut out)
        };
        match done.and_then(|()| Ok(out.flush()?)) {
            Ok(()) => {}
            // Whoever reads the output has seen enough.
            Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Err(error @ Failure::Write(_)) => return tool::fail("inspect", &error),
            Err(error) => {
                // What was read comes before.
                let _ = out.flush();
                code = tool::fail("inspect", &error);
            }
        }
    }
    code
}

struct Arguments {
    json: bool,
    hex: bool,
    files: Vec<PathBuf>,
}

impl Arguments {
    /// Returns `None` if help is asked for.
    fn parse() -> Result<Option<Self>, lexopt::Error> {
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
                lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Ok(None),
                lexopt::Arg::Value(file) => arguments.files.push(file.into()),
                other => return Err(other.unexpected()),
            }
        }
        if arguments.files.is_empty() {
            if !arguments.hex {
                return Err("no FILE".into());
            }
            arguments.files.push("-".into());
        }
        Ok(Some(arguments))
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

fn inspect_hex(arguments: &Arguments, file: &Path, out: &mut impl Write) -> Result<(), Failure> {
    let (name, text) = if file == Path::new("-") {
        let mut text = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut text);
        ("standard input".to_owned(), read.map(|_| text))
    } else {
        (file.display().to_string(), fs::read(file))
    };
    let text = text.map_err(|error| Failure::Read {
        name: name.clone(),
        error,
    })?;
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        let packet = match line {
            b"" => continue,
            b"-" => Vec::new(),
            digits => hex::decode(digits).map_err(|error| Failure::Hex {
                name: name.clone(),
                line: number,
                error,
            })?,
        };
        if arguments.json {
            writeln!(out, "{}", inspect_json::object(&packet))?;
        } else {
            print(&format_args!("line {number}"), &packet, out)?;
        }
    }
    Ok(())
}

fn inspect_capture(arguments: &Arguments, file: &Path, out: &mut impl Write) -> Result<(), Failure> {
    let mut finder = Finder::default();
    let mut done = Ok(());
    let (frames, _) = tool::open(file, tool::is_redirected())?;
    for (number, frame) in (1..).zip(frames) {
        let frame: Frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                done = Err(error.into());
                break;
            }
        };
        let Some((packet, _)) = finder.find(&frame) else {
            continue;
        };
        if arguments.json {
            let place = json!({
                "capture": file.display().to_string(),
                "frame": number,
                "time": tool::time(frame.time),
            });
            writeln!(out, "{}", joined(place, inspect_json::object(&packet)))?;
        } else {
            print(&format_args!("{} frame {number}", file.display()), &packet, out)?;
        }
    }
    for line in finder.finish().1.to_string().lines() {
        tool::tell(&format_args!("inspect: {}: {line}", file.display()));
    }
    done
}

/// Returns an object with the members of both.
fn joined(mut first: Value, second: Value) -> Value {
    if let (Value::Object(first), Value::Object(second)) = (&mut first, second) {
        first.extend(second);
    }
    first
}

fn print(title: &dyn fmt::Display, packet: &[u8], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", style(format_args!("{title}, {} bytes", packet.len())).bold())?;
    match Message::parse(packet) {
        Ok(message) => writeln!(out, "{message:#}"),
        Err(error) => writeln!(out, "{}\n", style(format_args!("malformed: {error}")).red()),
    }
}
