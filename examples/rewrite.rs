//! Copies a capture, and changes three options in every DHCPACK on the way: see `HELP`.

use core::fmt;
use core::net::Ipv4Addr;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use capture::{CaptureError, Cause, Finder, Frame, Layers};
use dhcp_callout::message::{EditError, MessageType, Seconds, option};
use dhcp_callout::{Message, PacketBuffer};
use dhcp_callout_support::{capture, tool};
use etherparse::UdpHeader;
use same_file::Handle;

const HELP: &str = "\
Copies a capture, and changes three options in every DHCPACK on the way: 192.0.2.53 and 192.0.2.54
as name servers (option 6), a lease time of 3600 seconds (51), the bytes 01 04 de ad be ef as
vendor-specific information (43).

usage: rewrite IN OUT

  IN          a capture in pcap or pcapng format; - is standard input
  OUT         the copy, in pcap format; - is standard output
  -h, --help  prints this

Everything else of a message stays as it was, byte for byte. All other frames are copied unchanged,
and so are the times. What was edited is told on standard output, or if OUT goes there, on standard
error; so is an ACK that cannot be edited, and how many frames could not be read. Both are copied
unchanged.
Exit code 2: a file cannot be read or written, or not to its end; the frames before are written.";

const NAME_SERVERS: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 2, 53), Ipv4Addr::new(192, 0, 2, 54)];
const LEASE_TIME: Seconds = Seconds(3600);
const VENDOR_SPECIFIC: [u8; 6] = [0x01, 0x04, 0xDE, 0xAD, 0xBE, 0xEF];

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return tool::help(HELP),
        Err(error) => return tool::fail("rewrite", &format_args!("{error}\n{}", tool::usage(HELP))),
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tool::fail("rewrite", &error),
    }
}

struct Arguments {
    input: PathBuf,
    output: PathBuf,
}

impl Arguments {
    /// Returns `None` if help is asked for.
    fn parse() -> Result<Option<Self>, lexopt::Error> {
        let mut files = Vec::new();
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Ok(None),
                lexopt::Arg::Value(file) => files.push(PathBuf::from(file)),
                other => return Err(other.unexpected()),
            }
        }
        let [input, output] = <[PathBuf; 2]>::try_from(files).map_err(|_| "two files are to be named, IN and OUT")?;
        Ok(Some(Self { input, output }))
    }
}

/// What ends the program early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error("IN and OUT are the same file")]
    SameFile,
    #[error("{name}: {error}")]
    Write { name: String, error: io::Error },
    #[error("frame {0} has another link type, or a more exact time, than the first: pcap format has one for all")]
    OtherFormat(usize),
    #[error("frame {0} has a time or a length that pcap format cannot tell")]
    Unwritable(usize),
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { input, output } = arguments;
    let to_stdout = output == Path::new("-");
    if !to_stdout && is_same_file(input, output) {
        return Err(Failure::SameFile);
    }
    let failed = |error| Failure::Write {
        name: output.display().to_string(),
        error,
    };
    let (frames, bar) = tool::open(input, !to_stdout || tool::is_redirected())?;
    let (mut out, mut log): (Box<dyn Write>, Box<dyn Write>) = if to_stdout {
        (Box::new(io::stdout()), Box::new(io::stderr()))
    } else {
        (Box::new(File::create(output).map_err(failed)?), Box::new(io::stdout()))
    };
    let mut out = io::BufWriter::new(&mut out);
    // Nobody may be there to read it.
    let mut tell = |text: &dyn fmt::Display| bar.suspend(|| drop(write!(log, "{text}")));
    let (copy, done) = rewrite(frames, &mut |bytes| out.write_all(bytes).map_err(failed), &mut tell);
    // What is not in the file is not copied.
    out.flush().map_err(failed)?;
    let [copied, edited] =
        [(copy.frames, "frame"), (copy.edited, "ACK")].map(|(number, thing)| tool::count(number, thing));
    let skipped = copy.finder.finish().1;
    tell(&format_args!("{copied} copied, {edited} edited\n{skipped}"));
    done
}

/// Returns whether the file that is read is written meanwhile, whatever its names are.
fn is_same_file(input: &Path, output: &Path) -> bool {
    // Nothing is lost in a device; and a pipe is opened once only.
    if !output.is_file() {
        return false;
    }
    let input = match input {
        name if name == Path::new("-") => Handle::stdin(),
        name if name.is_file() => Handle::from_path(name),
        _ => return false,
    };
    input.is_ok_and(|input| Handle::from_path(output).is_ok_and(|output| input == output))
}

/// Passes the bytes of the new capture to `write`, and returns how far it came.
fn rewrite(
    frames: capture::Capture,
    write: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    tell: &mut dyn FnMut(&dyn fmt::Display),
) -> (Copy, Result<(), Failure>) {
    let mut copy = Copy::default();
    let mut done = (1..)
        .zip(frames)
        .try_for_each(|(number, frame)| copy.add(number, &frame?, write, tell));
    if copy.format.is_none() {
        done = write(&capture::file_header(capture::Linktype::ETHERNET, false)).and(done);
    }
    (copy, done)
}

/// How far a copy has come.
#[derive(Default)]
struct Copy {
    finder: Finder,
    /// The link type, and whether the times are in nanoseconds: those of the first frame.
    format: Option<(capture::Linktype, bool)>,
    frames: usize,
    edited: usize,
}

impl Copy {
    fn add(
        &mut self,
        number: usize,
        frame: &Frame,
        write: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
        tell: &mut dyn FnMut(&dyn fmt::Display),
    ) -> Result<(), Failure> {
        if self.format.is_none() {
            write(&capture::file_header(frame.link_type, frame.has_nanoseconds))?;
        }
        let (link_type, has_nanoseconds) = *self.format.get_or_insert((frame.link_type, frame.has_nanoseconds));
        if frame.link_type != link_type || frame.has_nanoseconds && !has_nanoseconds {
            return Err(Failure::OtherFormat(number));
        }
        let (data, did) = rewrite_frame(&mut self.finder, frame);
        if let Some(did) = did {
            tell(&format_args!("frame {number}: {did}\n"));
        }
        let unwritable = Failure::Unwritable(number);
        let lengths = u32::try_from(data.len()).and_then(|new| Ok((new, u32::try_from(frame.bytes.len())?)));
        let Ok((new, old)) = lengths else {
            return Err(unwritable);
        };
        let original_length = frame.original_length.saturating_sub(old).saturating_add(new);
        let record = capture::record(frame.time, has_nanoseconds, &data, original_length);
        write(&record.ok_or(unwritable)?)?;
        self.frames = self.frames.saturating_add(1);
        self.edited = self.edited.saturating_add(usize::from(matches!(data, Cow::Owned(_))));
        Ok(())
    }
}

/// Returns the frame as it is to be written, and what is to be told of it.
fn rewrite_frame<'f>(finder: &mut Finder, frame: &'f Frame) -> (Cow<'f, [u8]>, Option<String>) {
    let unchanged = Cow::Borrowed(frame.bytes.as_slice());
    let Some((payload, frames)) = finder.find(frame) else {
        return (unchanged, None);
    };
    let Ok(message) = Message::parse(&payload) else {
        finder.skipped.count(Cause::NoHeader, frames);
        return (unchanged, None);
    };
    if message.message_type() != Some(MessageType::ACK) {
        return (unchanged, None);
    }
    let mut buffer = PacketBuffer::new();
    let reason = match (frame.dhcp_layers(), edit(&mut buffer, message)) {
        (Ok(layers), Ok(_)) => match assemble(&layers, buffer.as_bytes()) {
            Some(data) => {
                let (old, new) = (message.as_bytes().len(), buffer.as_bytes().len());
                let did = format!("ACK edited, options 6, 51 and 43 set, {old} bytes now {new}");
                return (Cow::Owned(data), Some(did));
            }
            None => "too long for its frame".to_owned(),
        },
        (Err(Cause::Fragment), _) => "it is in IP fragments".to_owned(),
        (Err(cause), _) => cause.to_string(),
        (_, Err(error)) => error.to_string(),
    };
    (unchanged, Some(format!("ACK left as it is: {reason}")))
}

fn edit(buffer: &mut PacketBuffer, message: Message<'_>) -> Result<usize, EditError> {
    buffer.edit_from(message, |editor| {
        editor
            .set(option::DNS_SERVERS, NAME_SERVERS)
            .set(option::LEASE_TIME, LEASE_TIME)
            .set_raw(option::VENDOR_SPECIFIC.code(), &VENDOR_SPECIFIC);
    })
}

/// Puts `payload` into the layers of the original, with lengths and checksums made anew.
fn assemble(layers: &Layers<'_>, payload: &[u8]) -> Option<Vec<u8>> {
    let mut ip = layers.ip.clone();
    let Layers { udp, .. } = layers;
    let udp = UdpHeader::with_ipv4_checksum(udp.source_port, udp.destination_port, &ip, payload).ok()?;
    ip.set_payload_len(usize::from(udp.length)).ok()?;
    ip.header_checksum = ip.calc_header_checksum();
    let mut frame = layers.link.to_vec();
    ip.write(&mut frame).ok()?;
    udp.write(&mut frame).ok()?;
    frame.extend(payload);
    Some(frame)
}
