//! Capture files: their frames one after the other, and the DHCP messages in them.

mod frame;
mod write;

use core::fmt;
use core::time::Duration;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use dhcp_callout::simulate::Datagram;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};

pub use frame::{Cause, Finder, Frame, Layers, Skipped};
pub use pcap_parser::Linktype;
pub use write::{file_header, record};

/// The captures that come with the project.
pub const BUNDLED: [&str; 7] = [
    "dnsmasq-udhcpc.pcapng",
    "isc-dhcpd-dhclient.pcap",
    "isc-dhcrelay.pcap",
    "kea-dhcpcd.pcap",
    "no-server.pcap",
    "server-gone.pcap",
    "two-servers.pcap",
];

/// Returns the path of a bundled capture.
pub fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures").join(name)
}

/// Returns the DHCP messages that are in one frame each, with the time since the first frame.
pub fn datagrams(frames: &[Frame]) -> Vec<Datagram<'_>> {
    let start = frames.first().map_or(Duration::ZERO, |frame| frame.time);
    frames
        .iter()
        .filter_map(|frame| {
            Some(Datagram {
                time: frame.time.saturating_sub(start),
                payload: frame.dhcp()?,
            })
        })
        .collect()
}

/// A file that cannot be read as a capture, or no further.
#[derive(Debug)]
pub struct CaptureError {
    name: String,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Unreadable(io::Error),
    Empty,
    NoCapture,
    HeaderCutShort,
    Interrupted { after: usize },
    CutShort { after: usize },
    Malformed { after: usize },
    RecordTooLong { after: usize },
    SecondCapture { after: usize },
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match &self.fault {
            Fault::Unreadable(error) => error.fmt(f),
            Fault::Empty => f.write_str("the file is empty"),
            Fault::NoCapture => f.write_str("not a capture in pcap or pcapng format"),
            Fault::HeaderCutShort => f.write_str("cut short: the file ends inside its first header"),
            Fault::Interrupted { after } => write!(f, "cannot be read further after frame {after}"),
            Fault::CutShort { after } => write!(
                f,
                "cut short or damaged: the file ends inside the record after frame {after}"
            ),
            Fault::Malformed { after } => write!(f, "malformed record after frame {after}"),
            Fault::RecordTooLong { after } => {
                write!(f, "the record after frame {after} claims more than {MAX_RECORD} bytes")
            }
            Fault::SecondCapture { after } => write!(
                f,
                "a second capture begins after frame {after}: `mergecap` joins captures, `cat` does not"
            ),
        }
    }
}

impl core::error::Error for CaptureError {}

/// Reads all frames of a capture.
pub fn read(path: &Path) -> Result<Vec<Frame>, CaptureError> {
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => Capture::new(name, file)?.collect(),
        Err(error) => Err(CaptureError::unreadable(name, error)),
    }
}

/// Reads all frames of a capture in memory.
pub fn parse(file: &[u8]) -> Result<Vec<Frame>, CaptureError> {
    Capture::new("memory".to_owned(), io::Cursor::new(file.to_owned()))?.collect()
}

impl CaptureError {
    pub fn unreadable(name: String, error: io::Error) -> Self {
        let fault = Fault::Unreadable(error);
        Self { name, fault }
    }
}

/// As much as is read at once, and the first size of the buffer.
const BUFFER: usize = 65536;
/// No frame is that long; a record that claims more would only take memory.
const MAX_RECORD: usize = 1 << 24;

/// A capture in pcap or pcapng format, of which one record at a time is in memory; it gives its frames, and after a
/// fault nothing more.
pub struct Capture {
    name: String,
    reader: Box<dyn PcapReaderIterator + Send>,
    /// Size of the reader's buffer.
    capacity: usize,
    interfaces: Interfaces,
    frames: usize,
    has_ended: bool,
}

impl Capture {
    /// Begins to read a capture; `name` is for errors.
    pub fn new(name: String, mut input: impl Read + Send + 'static) -> Result<Self, CaptureError> {
        // The format is known from the first read, which a pipe may answer with less than a header.
        let mut head = Vec::new();
        let limit = u64::try_from(BUFFER).unwrap_or(u64::MAX);
        if let Err(error) = input.by_ref().take(limit).read_to_end(&mut head) {
            return Err(CaptureError::unreadable(name, error));
        }
        match create_reader(BUFFER, io::Cursor::new(head).chain(input)) {
            Ok(reader) => Ok(Self {
                name,
                reader,
                capacity: BUFFER,
                interfaces: Interfaces::default(),
                frames: 0,
                has_ended: false,
            }),
            Err(error) => {
                let fault = match error {
                    PcapError::Eof => Fault::Empty,
                    PcapError::Incomplete(_) => Fault::HeaderCutShort,
                    _ => Fault::NoCapture,
                };
                Err(CaptureError { name, fault })
            }
        }
    }

    fn read_frame(&mut self) -> Result<Option<Frame>, Fault> {
        let after = self.frames;
        loop {
            if self.interfaces.are_followed_by_others(self.reader.data()) {
                return Err(Fault::SecondCapture { after });
            }
            let is_at_end = match self.reader.next() {
                Ok((length, block)) => {
                    let frame = self.interfaces.read(&block);
                    self.reader.consume(length);
                    match frame {
                        Ok(None) => continue,
                        Ok(frame) => return Ok(frame),
                        Err(NoSuchInterface) => return Err(Fault::Malformed { after }),
                    }
                }
                Err(PcapError::Incomplete(_) | PcapError::BufferTooSmall) => false,
                Err(PcapError::Eof | PcapError::UnexpectedEof) => true,
                Err(_) => return Err(Fault::Malformed { after }),
            };
            if is_at_end {
                return match self.reader.data() {
                    [] => Ok(None),
                    _ => Err(Fault::CutShort { after }),
                };
            }
            self.refill()?;
        }
    }

    /// Reads on; if the buffer is full, enlarges it before.
    fn refill(&mut self) -> Result<(), Fault> {
        let after = self.frames;
        if self.reader.data().len() == self.capacity {
            self.capacity = self.capacity.saturating_mul(2);
            if self.capacity > MAX_RECORD {
                return Err(Fault::RecordTooLong { after });
            }
            self.reader.grow(self.capacity);
        }
        self.reader.refill().map_err(|_| Fault::Interrupted { after })
    }
}

impl Iterator for Capture {
    type Item = Result<Frame, CaptureError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let frame = self.read_frame().transpose();
        self.has_ended = !matches!(frame, Some(Ok(_)));
        self.frames = self.frames.saturating_add(1);
        let name = &self.name;
        frame.map(|frame| {
            frame.map_err(|fault| CaptureError {
                name: name.clone(),
                fault,
            })
        })
    }
}

/// Returns whether the bytes begin as a file in pcap format does: with its magic number and version 2.4. A record that
/// did would be of 2055 or 2083.
fn begins_pcap(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, ..]
            | [0x4D, 0x3C, 0xB2, 0xA1, 2, 0, 4, 0, ..]
            | [0xA1, 0xB2, 0xC3, 0xD4, 0, 2, 0, 4, ..]
            | [0xA1, 0xB2, 0x3C, 0x4D, 0, 2, 0, 4, ..]
    )
}

/// What the headers of the file say of the frames that follow.
#[derive(Default)]
struct Interfaces {
    known: Vec<Interface>,
    is_big_endian: bool,
    /// Whether the file is pcap and not pcapng, which can have several sections.
    is_pcap: bool,
}

#[derive(Clone, Copy)]
struct Interface {
    link_type: Linktype,
    /// Units of time stamps in a second.
    resolution: u64,
    /// Seconds to be added to time stamps.
    offset: i64,
}

/// A frame names an interface that the file has not described.
struct NoSuchInterface;

impl Interfaces {
    /// Returns whether another capture begins with `bytes`, which follow in the file.
    fn are_followed_by_others(&self, bytes: &[u8]) -> bool {
        let is_pcapng = matches!(bytes, [0x0A, 0x0D, 0x0D, 0x0A, _, _, _, _, order @ ..]
            if order.starts_with(&[0x1A, 0x2B, 0x3C, 0x4D]) || order.starts_with(&[0x4D, 0x3C, 0x2B, 0x1A]));
        !self.known.is_empty() && (begins_pcap(bytes) || self.is_pcap && is_pcapng)
    }

    /// Notes what a header says, or returns the frame.
    fn read(&mut self, block: &PcapBlockOwned<'_>) -> Result<Option<Frame>, NoSuchInterface> {
        let record = match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let resolution = if header.is_nanosecond_precision() {
                    1_000_000_000
                } else {
                    1_000_000
                };
                self.is_pcap = true;
                self.known = vec![Interface {
                    // Above are the length of the frame check sequence and flags.
                    link_type: Linktype(header.network.0 & 0xFFFF),
                    resolution,
                    offset: 0,
                }];
                return Ok(None);
            }
            PcapBlockOwned::NG(Block::SectionHeader(header)) => {
                self.known.clear();
                self.is_big_endian = header.big_endian();
                return Ok(None);
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(description)) => {
                self.known.push(Interface {
                    link_type: description.linktype,
                    resolution: description.ts_resolution().unwrap_or(1_000_000),
                    offset: description.ts_offset(),
                });
                return Ok(None);
            }
            PcapBlockOwned::Legacy(record) => {
                let resolution = self.known.first().map_or(1, |interface| interface.resolution);
                let units = u64::from(record.ts_sec)
                    .saturating_mul(resolution)
                    .saturating_add(u64::from(record.ts_usec));
                Some((0, units, record.data, record.caplen, record.origlen))
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                Some((packet.if_id, units, packet.data, packet.caplen, packet.origlen))
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                Some((0, 0, packet.data, packet.origlen, packet.origlen))
            }
            PcapBlockOwned::NG(Block::Unknown(block)) => self.packet_block(block.block_type, block.data),
            PcapBlockOwned::NG(_) => None,
        };
        let Some((interface, units, bytes, length, original_length)) = record else {
            return Ok(None);
        };
        let interface = usize::try_from(interface).ok().and_then(|index| self.known.get(index));
        let interface = interface.ok_or(NoSuchInterface)?;
        // The last bytes of a block in pcapng are padding.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Ok(Some(Frame {
            time: interface.time(units),
            has_nanoseconds: interface.resolution > 1_000_000,
            link_type: interface.link_type,
            original_length,
            bytes: bytes.get(..length).unwrap_or(bytes).to_owned(),
        }))
    }

    /// Reads the obsolete Packet Block of pcapng.
    fn packet_block<'b>(&self, block_type: u32, body: &'b [u8]) -> Option<(u32, u64, &'b [u8], u32, u32)> {
        let in_order = |bytes: [u8; 4]| {
            if self.is_big_endian {
                u32::from_be_bytes(bytes)
            } else {
                u32::from_le_bytes(bytes)
            }
        };
        if in_order(block_type.to_le_bytes()) != 2 {
            return None;
        }
        let word = |at: usize| body.get(at..)?.first_chunk().copied().map(in_order);
        let (interface, length, original_length) = (word(0)?, word(12)?, word(16)?);
        let units = u64::from(word(4)?) << 32 | u64::from(word(8)?);
        // The other half counts frames that were lost.
        let interface = if self.is_big_endian {
            interface >> 16
        } else {
            interface & 0xFFFF
        };
        Some((interface, units, body.get(20..)?, length, original_length))
    }
}

impl Interface {
    fn time(&self, units: u64) -> Duration {
        let resolution = u128::from(self.resolution.max(1));
        let nanoseconds = u128::from(units)
            .saturating_mul(1_000_000_000)
            .checked_div(resolution)
            .unwrap_or(0);
        let offset = Duration::from_secs(self.offset.unsigned_abs());
        let since = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        if self.offset < 0 {
            since.saturating_sub(offset)
        } else {
            since.saturating_add(offset)
        }
    }
}
