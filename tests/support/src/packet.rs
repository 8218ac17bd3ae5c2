//! Builds packets for the cases, so that each can be read as its RFC would draw it.

use core::ops::Range;

/// The transaction ID of every packet that sets no other.
pub const XID: u32 = 0x1c3e_5f70;

/// The hardware address of every packet that sets no other.
pub const MAC: [u8; 6] = [0x02, 0x00, 0x5e, 0x00, 0x53, 0x2a];

pub const END: u8 = 255;

/// A packet under construction; it begins with the header and the magic cookie.
#[derive(Clone)]
pub struct Packet(Vec<u8>);

/// A client's message without any option; the first option will be at offset 240.
pub fn request() -> Packet {
    let packet = Packet([[0; 236].as_slice(), &[99, 130, 83, 99]].concat());
    packet.op(1).htype(1).hlen(6).xid(XID).chaddr(&MAC)
}

/// A server's message without any option.
pub fn reply() -> Packet {
    request().op(2)
}

/// A DHCPDISCOVER: option 53 is at 240, the next will be at 243.
pub fn discover() -> Packet {
    request().option(53, [1])
}

/// A DHCPACK: option 53 is at 240, the next will be at 243.
pub fn ack() -> Packet {
    reply().option(53, [5])
}

/// Returns a packet whose options field is `options`, all else zero.
pub fn with_options(options: &[u8]) -> Vec<u8> {
    [&[0; 236][..], &[99, 130, 83, 99], options].concat()
}

/// One option as it is on the wire.
pub fn tlv(code: u8, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    let length = u8::try_from(value.len()).unwrap();
    [&[code, length], value].concat()
}

/// The value as options of `width` bytes each, the last one shorter (RFC 3396 section 6).
pub fn split(code: u8, value: impl AsRef<[u8]>, width: usize) -> Vec<u8> {
    let parts = value.as_ref().chunks(width);
    parts.flat_map(|part| tlv(code, part)).collect()
}

impl Packet {
    fn put(mut self, range: Range<usize>, bytes: &[u8]) -> Self {
        self.0[range][..bytes.len()].copy_from_slice(bytes);
        self
    }

    pub fn op(self, op: u8) -> Self {
        self.put(0..1, &[op])
    }

    pub fn htype(self, htype: u8) -> Self {
        self.put(1..2, &[htype])
    }

    pub fn hlen(self, hlen: u8) -> Self {
        self.put(2..3, &[hlen])
    }

    pub fn hops(self, hops: u8) -> Self {
        self.put(3..4, &[hops])
    }

    pub fn xid(self, xid: u32) -> Self {
        self.put(4..8, &xid.to_be_bytes())
    }

    pub fn secs(self, secs: u16) -> Self {
        self.put(8..10, &secs.to_be_bytes())
    }

    pub fn flags(self, flags: u16) -> Self {
        self.put(10..12, &flags.to_be_bytes())
    }

    pub fn ciaddr(self, address: [u8; 4]) -> Self {
        self.put(12..16, &address)
    }

    pub fn yiaddr(self, address: [u8; 4]) -> Self {
        self.put(16..20, &address)
    }

    pub fn siaddr(self, address: [u8; 4]) -> Self {
        self.put(20..24, &address)
    }

    pub fn giaddr(self, address: [u8; 4]) -> Self {
        self.put(24..28, &address)
    }

    pub fn chaddr(self, bytes: &[u8]) -> Self {
        self.put(28..44, bytes)
    }

    /// Fills the `sname` field from its start.
    pub fn sname(self, bytes: impl AsRef<[u8]>) -> Self {
        self.put(44..108, bytes.as_ref())
    }

    /// Fills the `file` field from its start.
    pub fn file(self, bytes: impl AsRef<[u8]>) -> Self {
        self.put(108..236, bytes.as_ref())
    }

    pub fn cookie(self, cookie: [u8; 4]) -> Self {
        self.put(236..240, &cookie)
    }

    pub fn option(self, code: u8, value: impl AsRef<[u8]>) -> Self {
        self.raw(tlv(code, value))
    }

    pub fn end(self) -> Self {
        self.raw([END])
    }

    pub fn pads(self, count: usize) -> Self {
        self.raw(vec![0; count])
    }

    /// Appends bytes that need not be options.
    pub fn raw(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.extend_from_slice(bytes.as_ref());
        self
    }

    /// Cuts the packet to `length` bytes.
    pub fn cut(mut self, length: usize) -> Self {
        assert!(length <= self.0.len());
        self.0.truncate(length);
        self
    }

    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl From<Packet> for Vec<u8> {
    fn from(packet: Packet) -> Self {
        packet.0
    }
}
