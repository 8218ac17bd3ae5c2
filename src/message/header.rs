//! The fixed header of a message, byte by byte.

use core::ops::Range;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, big_endian};

/// Length of the fixed header in bytes, the least that a message can have.
pub const HEADER_LENGTH: usize = 236;

/// The longest packet that the crate handles: [`PACKET_CAPACITY`](crate::PACKET_CAPACITY), which says why.
pub(crate) const CAPACITY: usize = 4096;

/// The four bytes at offset 236 that say that options follow (RFC 2131 section 3: 99, 130, 83, 99).
pub const MAGIC_COOKIE: [u8; 4] = [99, 130, 83, 99];

/// The least length of a BOOTP message in bytes (RFC 951, RFC 1542 section 2.1), and so of a DHCP message.
pub(crate) const MIN_LENGTH: usize = 300;

pub(super) const OPTIONS_OFFSET: usize = HEADER_LENGTH + MAGIC_COOKIE.len();
pub(crate) const SNAME: Range<usize> = 44..108;
pub(crate) const FILE: Range<usize> = 108..HEADER_LENGTH;

/// Whether the cookie is in its place, so that options follow.
#[inline]
pub(super) fn has_cookie(packet: &[u8]) -> bool {
    packet.get(HEADER_LENGTH..OPTIONS_OFFSET) == Some(&MAGIC_COOKIE)
}

/// The fixed part of a message (RFC 2131 section 2, figure 1).
#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Header {
    pub(super) op: u8,
    pub(super) htype: u8,
    pub(super) hlen: u8,
    pub(super) hops: u8,
    pub(super) xid: big_endian::U32,
    pub(super) secs: big_endian::U16,
    pub(super) flags: big_endian::U16,
    pub(super) ciaddr: [u8; 4],
    pub(super) yiaddr: [u8; 4],
    pub(super) siaddr: [u8; 4],
    pub(super) giaddr: [u8; 4],
    pub(super) chaddr: [u8; 16],
    pub(super) sname: [u8; 64],
    pub(super) file: [u8; 128],
}

const _: () = {
    use core::mem::{offset_of, size_of};

    assert!(size_of::<Header>() == HEADER_LENGTH);
    assert!(offset_of!(Header, chaddr) == 28);
    assert!(offset_of!(Header, sname) == SNAME.start && SNAME.end == FILE.start);
    assert!(offset_of!(Header, file) == FILE.start && FILE.end == HEADER_LENGTH);
};
