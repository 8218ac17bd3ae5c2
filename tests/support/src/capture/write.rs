//! Writing in pcap format.

use core::time::Duration;

use pcap_parser::Linktype;

/// Returns the header of a file in pcap format, in little-endian order.
pub fn file_header(link_type: Linktype, has_nanoseconds: bool) -> Vec<u8> {
    const SNAP_LENGTH: u32 = 262_144;
    let magic: u32 = if has_nanoseconds { 0xA1B2_3C4D } else { 0xA1B2_C3D4 };
    // Version 2.4, then two fields that nobody uses.
    let words = [magic, 0x0004_0002, 0, 0, SNAP_LENGTH];
    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
    bytes.chain(link_type.0.to_le_bytes()).collect()
}

/// Returns a frame as such a file has it; `None` if its time or a length has more than 32 bits.
pub fn record(time: Duration, has_nanoseconds: bool, bytes: &[u8], original_length: u32) -> Option<Vec<u8>> {
    let seconds = u32::try_from(time.as_secs()).ok()?;
    let fraction = if has_nanoseconds {
        time.subsec_nanos()
    } else {
        time.subsec_micros()
    };
    let length = u32::try_from(bytes.len()).ok()?;
    let words = [seconds, fraction, length, original_length];
    let header = words.iter().flat_map(|word| word.to_le_bytes());
    Some(header.chain(bytes.iter().copied()).collect())
}
