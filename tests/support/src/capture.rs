//! Capture files: their frames, and the DHCP messages in them.

use core::fmt;
use core::time::Duration;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dhcp_callout::simulate::Datagram;
use etherparse::{Ipv4Header, NetSlice, SlicedPacket, TransportSlice, UdpHeader};
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

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

/// One frame of a capture.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Time of capture since 1970.
    pub time: Duration,
    pub link_type: Linktype,
    /// Length of the frame on the wire, in bytes; more than there are if the capture cut it.
    pub original_length: u32,
    pub bytes: Vec<u8>,
}

impl Frame {
    /// Returns the payload of a UDP datagram to or from a DHCP server or client, if the frame holds one whole.
    pub fn dhcp(&self) -> Option<&[u8]> {
        self.dhcp_layers().map(|layers| layers.payload)
    }

    /// Returns the layers of such a datagram.
    pub fn dhcp_layers(&self) -> Option<Layers<'_>> {
        const PORTS: [u16; 2] = [67, 68];
        let packet = slice(self.link_type, &self.bytes)?;
        let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Udp(udp))) = (packet.net, packet.transport) else {
            return None;
        };
        if !PORTS.contains(&udp.source_port()) && !PORTS.contains(&udp.destination_port()) {
            return None;
        }
        let header = ip.header().slice();
        let start = header.as_ptr().addr().checked_sub(self.bytes.as_ptr().addr())?;
        Some(Layers {
            link: self.bytes.get(..start)?,
            ip: ip.header().to_header(),
            udp: udp.to_header(),
            payload: udp.payload(),
        })
    }
}

/// Returns the DHCP messages of a capture, with the time since its first frame.
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

/// A UDP datagram over IPv4 in its frame.
pub struct Layers<'f> {
    /// All that is before the IP header.
    pub link: &'f [u8],
    pub ip: Ipv4Header,
    pub udp: UdpHeader,
    pub payload: &'f [u8],
}

fn slice(link_type: Linktype, bytes: &[u8]) -> Option<SlicedPacket<'_>> {
    match link_type {
        Linktype::ETHERNET => SlicedPacket::from_ethernet(bytes).ok(),
        Linktype::LINUX_SLL => SlicedPacket::from_linux_sll(bytes).ok(),
        Linktype::RAW | Linktype::IPV4 => SlicedPacket::from_ip(bytes).ok(),
        // The protocol family, four bytes in the byte order of the machine that captured.
        Linktype::NULL | Linktype::LOOP => SlicedPacket::from_ip(bytes.get(4..)?).ok(),
        // The protocol type is the first field of this header of 20 bytes.
        LINUX_SLL2 => SlicedPacket::from_ip(bytes.get(20..)?).ok(),
        _ => None,
    }
}

const LINUX_SLL2: Linktype = Linktype(276);

/// A file that cannot be read as a capture.
#[derive(Debug)]
pub struct CaptureError {
    path: PathBuf,
    fault: Fault,
}

#[derive(Debug)]
pub enum Fault {
    Unreadable(io::Error),
    Empty,
    NoCapture,
    CutShort { after: usize },
    Malformed { after: usize },
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.fault {
            Fault::Unreadable(error) => error.fmt(f),
            Fault::Empty => f.write_str("the file is empty"),
            Fault::NoCapture => f.write_str("not a capture in pcap or pcapng format"),
            Fault::CutShort { after } => write!(f, "cut short: the file ends inside the record after frame {after}"),
            Fault::Malformed { after } => write!(f, "malformed record after frame {after}"),
        }
    }
}

impl core::error::Error for CaptureError {}

/// Reads all frames of a capture in pcap or pcapng format.
pub fn read(path: &Path) -> Result<Vec<Frame>, CaptureError> {
    let error = |fault| CaptureError {
        path: path.to_owned(),
        fault,
    };
    let file = fs::read(path).map_err(|cause| error(Fault::Unreadable(cause)))?;
    parse(&file).map_err(error)
}

/// Reads all frames of a capture that is in memory.
pub fn parse(file: &[u8]) -> Result<Vec<Frame>, Fault> {
    // Room for the whole file, so that what is incomplete has been cut short.
    let capacity = file.len().saturating_add(1).max(65536);
    let mut reader = create_reader(capacity, io::Cursor::new(file.to_owned())).map_err(|error| match error {
        PcapError::Eof => Fault::Empty,
        PcapError::Incomplete(_) => Fault::CutShort { after: 0 },
        _ => Fault::NoCapture,
    })?;
    let mut frames = Vec::new();
    let mut interfaces = Interfaces::default();
    while !reader.data().is_empty() {
        let length = match reader.next() {
            Ok((length, block)) => {
                interfaces.read(&block, &mut frames);
                length
            }
            Err(PcapError::Incomplete(_) | PcapError::UnexpectedEof) => {
                return Err(Fault::CutShort { after: frames.len() });
            }
            Err(_) => return Err(Fault::Malformed { after: frames.len() }),
        };
        reader.consume(length);
    }
    Ok(frames)
}

/// What the headers of the file say of the frames that follow.
#[derive(Default)]
struct Interfaces {
    known: Vec<Interface>,
}

#[derive(Clone, Copy)]
struct Interface {
    link_type: Linktype,
    /// Units of time stamps in a second.
    resolution: u64,
    /// Seconds to be added to time stamps.
    offset: i64,
}

impl Interfaces {
    fn read(&mut self, block: &PcapBlockOwned<'_>, frames: &mut Vec<Frame>) {
        let data = match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let resolution = if header.is_nanosecond_precision() {
                    1_000_000_000
                } else {
                    1_000_000
                };
                self.known = vec![Interface {
                    link_type: header.network,
                    resolution,
                    offset: 0,
                }];
                return;
            }
            PcapBlockOwned::Legacy(record) => {
                let Some(interface) = self.known.first() else { return };
                let units = u64::from(record.ts_sec)
                    .saturating_mul(interface.resolution)
                    .saturating_add(u64::from(record.ts_usec));
                (0, units, record.data, record.caplen, record.origlen)
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                self.known.clear();
                return;
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(description)) => {
                self.known.push(Interface {
                    link_type: description.linktype,
                    resolution: description.ts_resolution().unwrap_or(1_000_000),
                    offset: description.ts_offset(),
                });
                return;
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                (packet.if_id, units, packet.data, packet.caplen, packet.origlen)
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => (0, 0, packet.data, packet.origlen, packet.origlen),
            PcapBlockOwned::NG(_) => return,
        };
        let (interface, units, bytes, length, original_length) = data;
        let interface = usize::try_from(interface).ok().and_then(|index| self.known.get(index));
        let Some(interface) = interface else { return };
        // The last bytes of a block in pcapng are padding.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let bytes = bytes.get(..length).unwrap_or(bytes).to_owned();
        frames.push(Frame {
            time: interface.time(units),
            link_type: interface.link_type,
            original_length,
            bytes,
        });
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
