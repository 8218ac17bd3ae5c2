//! The DHCP message in a frame, or the reason why none is read.

use core::fmt;
use core::time::Duration;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use etherparse::defrag::IpDefragBuf;
use etherparse::{EtherType, Ipv4Header, LaxNetSlice, LaxSlicedPacket, TransportSlice, UdpHeader, UdpSlice, ip_number};
use pcap_parser::Linktype;

use crate::tool::count;

/// One frame of a capture.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Time of capture since 1970.
    pub time: Duration,
    /// Whether the capture tells times more exactly than to the microsecond.
    pub has_nanoseconds: bool,
    pub link_type: Linktype,
    /// Length of the frame on the wire, in bytes; more than there are if the capture cut it.
    pub original_length: u32,
    pub bytes: Vec<u8>,
}

/// A UDP datagram over IPv4 in its frame.
pub struct Layers<'f> {
    /// All that is before the IP header.
    pub link: &'f [u8],
    pub ip: Ipv4Header,
    pub udp: UdpHeader,
    pub payload: &'f [u8],
}

/// Why a frame gives no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    NotDhcp,
    /// The capture has not all bytes of the frame.
    Cut,
    /// A fragment of an IP datagram of which others are missing.
    Fragment,
    Malformed,
    LinkType(i32),
    EtherType(u16),
    /// A message that the server's buffer has no room for.
    TooLong,
    /// A message that ends inside of the header.
    NoHeader,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDhcp => f.write_str("not DHCP over IPv4"),
            Self::Cut => f.write_str("cut by the capture"),
            Self::Fragment => f.write_str("IP fragment without the others"),
            Self::Malformed => f.write_str("malformed IP or UDP header"),
            Self::LinkType(number) => write!(f, "link type {number} not supported"),
            Self::EtherType(number) => write!(f, "EtherType {number:#06x} not supported"),
            Self::TooLong => f.write_str("longer than the server's buffer"),
            Self::NoHeader => f.write_str("shorter than the DHCP header"),
        }
    }
}

/// How many frames gave no message, for each cause.
#[derive(Clone, Debug, Default)]
pub struct Skipped(BTreeMap<Cause, usize>);

impl Skipped {
    pub fn count(&mut self, cause: Cause, frames: usize) {
        let count = self.0.entry(cause).or_default();
        *count = count.saturating_add(frames);
    }

    pub fn iter(&self) -> impl Iterator<Item = (Cause, usize)> {
        self.0.iter().map(|(cause, frames)| (*cause, *frames))
    }

    pub fn total(&self) -> usize {
        self.0.values().sum()
    }
}

/// One line for each cause.
impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (cause, frames) in self.iter() {
            writeln!(f, "{} not read: {cause}", count(frames, "frame"))?;
        }
        Ok(())
    }
}

impl Frame {
    /// Returns the payload of a UDP datagram to or from a DHCP server or client, if the frame holds one whole.
    pub fn dhcp(&self) -> Option<&[u8]> {
        self.dhcp_layers().ok().map(|layers| layers.payload)
    }

    /// Returns the layers of such a datagram.
    pub fn dhcp_layers(&self) -> Result<Layers<'_>, Cause> {
        let packet = self.slice()?;
        let ip = self.ip(&packet)?;
        if ip.is_payload_fragmented() {
            return Err(Cause::Fragment);
        }
        let Some(TransportSlice::Udp(udp)) = &packet.transport else {
            return Err(self.damage());
        };
        if !has_dhcp_port(udp) {
            return Err(Cause::NotDhcp);
        }
        let length = usize::from(udp.length());
        if ip.payload().incomplete || length != udp.slice().len() && length != 0 {
            return Err(self.damage());
        }
        Ok(Layers {
            link: self.before(ip.header().slice()),
            ip: ip.header().to_header(),
            udp: udp.to_header(),
            payload: udp.payload(),
        })
    }

    fn slice(&self) -> Result<LaxSlicedPacket<'_>, Cause> {
        const LINUX_SLL2: Linktype = Linktype(276);
        // Raw IP has other numbers on BSD and OpenBSD.
        const RAW_BSD: Linktype = Linktype(12);
        const RAW_OPENBSD: Linktype = Linktype(14);
        let after = |header: usize| self.bytes.get(header..).ok_or_else(|| self.damage());
        let from_ip = |header| LaxSlicedPacket::from_ip(after(header)?).map_err(|_| self.damage());
        let from_ether_type = |at: usize, header| {
            let number = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
            let number = number.ok_or_else(|| self.damage())?;
            let kind = EtherType(u16::from_be_bytes(*number));
            Ok(LaxSlicedPacket::from_ether_type(kind, after(header)?))
        };
        match self.link_type {
            Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(&self.bytes).map_err(|_| self.damage()),
            Linktype::LINUX_SLL => from_ether_type(14, 16),
            LINUX_SLL2 => from_ether_type(0, 20),
            Linktype::RAW | Linktype::IPV4 | RAW_BSD | RAW_OPENBSD => from_ip(0),
            // The protocol family, four bytes in the byte order of the machine that captured.
            Linktype::NULL | Linktype::LOOP => from_ip(4),
            Linktype(number) => Err(Cause::LinkType(number)),
        }
    }

    /// Returns the IPv4 packet that carries UDP.
    fn ip<'p, 'f>(&self, packet: &'p LaxSlicedPacket<'f>) -> Result<&'p etherparse::LaxIpv4Slice<'f>, Cause> {
        /// Greater numbers are types, others the length of a frame of IEEE 802.3.
        const MAX_LENGTH: u16 = 1500;
        match &packet.net {
            Some(LaxNetSlice::Ipv4(ip)) if ip.payload().ip_number == ip_number::UDP => Ok(ip),
            Some(_) => Err(Cause::NotDhcp),
            None => Err(match packet.ether_payload() {
                Some(payload) if packet.stop_err.is_none() => match payload.ether_type.0 {
                    ..=MAX_LENGTH => Cause::NotDhcp,
                    number => Cause::EtherType(number),
                },
                _ => self.damage(),
            }),
        }
    }

    /// Returns why the headers of the frame do not agree with its length.
    fn damage(&self) -> Cause {
        if u32::try_from(self.bytes.len()).is_ok_and(|length| length < self.original_length) {
            Cause::Cut
        } else {
            Cause::Malformed
        }
    }

    /// Returns the bytes before a part of the frame.
    fn before(&self, part: &[u8]) -> &[u8] {
        let start = part.as_ptr().addr().saturating_sub(self.bytes.as_ptr().addr());
        self.bytes.get(..start).unwrap_or_default()
    }
}

fn has_dhcp_port(udp: &UdpSlice<'_>) -> bool {
    [udp.source_port(), udp.destination_port()]
        .iter()
        .any(|port| matches!(port, 67 | 68))
}

/// Something that is of so many frames.
type OfFrames<T> = (T, usize);

/// Finds the messages in the frames of a capture, puts those in IP fragments together, and counts what it skips.
#[derive(Default)]
pub struct Finder {
    incomplete: HashMap<FragmentKey, Fragments>,
    /// Messages that were put together.
    pub joined: usize,
    pub skipped: Skipped,
}

/// What fragments of one datagram have in common.
#[derive(PartialEq, Eq, Hash)]
struct FragmentKey {
    link: Vec<u8>,
    addresses: [[u8; 4]; 2],
    identification: u16,
}

struct Fragments {
    datagram: IpDefragBuf,
    frames: usize,
    last: Duration,
}

impl Finder {
    /// Returns the message that a frame holds, or that its fragment completes, and of how many frames it is.
    pub fn find<'f>(&mut self, frame: &'f Frame) -> Option<OfFrames<Cow<'f, [u8]>>> {
        let (cause, frames) = match frame.dhcp_layers() {
            Ok(layers) => return Some((Cow::Borrowed(layers.payload), 1)),
            Err(Cause::Fragment) => match self.join(frame) {
                Ok(None) => return None,
                Ok(Some((message, frames))) => {
                    self.joined = self.joined.saturating_add(1);
                    return Some((Cow::Owned(message), frames));
                }
                Err(skipped) => skipped,
            },
            Err(cause) => (cause, 1),
        };
        self.skipped.count(cause, frames);
        None
    }

    /// Returns how many datagrams wait for fragments.
    pub fn waiting(&self) -> usize {
        self.incomplete.len()
    }

    /// Ends the search: what is incomplete now will stay so.
    pub fn finish(mut self) -> (usize, Skipped) {
        self.forget(|_| false);
        (self.joined, self.skipped)
    }

    /// Returns the message that the fragment completes, or why it does not: the cause; and to how many frames that
    /// applies.
    fn join(&mut self, frame: &Frame) -> Result<Option<OfFrames<Vec<u8>>>, OfFrames<Cause>> {
        let alone = |cause| (cause, 1);
        let packet = frame.slice().map_err(alone)?;
        let ip = frame.ip(&packet).map_err(alone)?;
        if ip.payload().incomplete {
            return Err(alone(frame.damage()));
        }
        self.make_room(frame.time);
        let header = ip.header();
        let key = FragmentKey {
            link: frame.before(header.slice()).to_owned(),
            addresses: [header.source(), header.destination()],
            identification: header.identification(),
        };
        let fragments = self.incomplete.entry(key).or_insert_with(|| Fragments {
            datagram: IpDefragBuf::new(ip_number::UDP, Vec::new(), Vec::new()),
            frames: 0,
            last: frame.time,
        });
        fragments.last = frame.time;
        let (offset, is_more) = (header.fragments_offset(), header.more_fragments());
        if fragments.datagram.add(offset, is_more, ip.payload().payload).is_err() {
            return Err(alone(Cause::Malformed));
        }
        fragments.frames = fragments.frames.saturating_add(1);
        if !fragments.datagram.is_complete() {
            return Ok(None);
        }
        let (frames, datagram) = (fragments.frames, fragments.datagram.data());
        let message = match UdpSlice::from_slice(datagram) {
            Ok(udp) if has_dhcp_port(&udp) => Ok(Some((udp.payload().to_owned(), frames))),
            Ok(_) => Err((Cause::NotDhcp, frames)),
            Err(_) => Err((Cause::Malformed, frames)),
        };
        self.incomplete.retain(|_, fragments| !fragments.datagram.is_complete());
        message
    }

    /// Keeps what is incomplete small, however long the capture is.
    fn make_room(&mut self, now: Duration) {
        const MOST: usize = 1024;
        /// As long as a host waits for the others (RFC 1122 section 3.3.2).
        const PATIENCE: Duration = Duration::from_secs(120);
        if self.incomplete.len() >= MOST {
            self.forget(|fragments| now.saturating_sub(fragments.last) < PATIENCE);
        }
        if self.incomplete.len() >= MOST {
            self.forget(|_| false);
        }
    }

    fn forget(&mut self, is_kept: impl Fn(&Fragments) -> bool) {
        let Self {
            incomplete, skipped, ..
        } = self;
        incomplete.retain(|_, fragments| {
            let stays = is_kept(fragments);
            if !stays {
                skipped.count(Cause::Fragment, fragments.frames);
            }
            stays
        });
    }
}
