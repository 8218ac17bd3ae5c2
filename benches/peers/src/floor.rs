//! The work as one would write it by hand for these packets and no others, with unchecked reads: nothing that answers
//! the same questions is known to be cheaper. It trusts that the packet ends with END, and knows no overload, no split
//! value but in W5, and no error.

use std::hint::black_box;

/// Returns the byte at `offset`.
///
/// # Safety
/// - `offset` is within `packet`.
unsafe fn at(packet: &[u8], offset: usize) -> usize {
    // SAFETY: the caller's promise.
    usize::from(unsafe { *packet.get_unchecked(offset) })
}

/// Calls `each` with the code, offset and length of each value, until it says that it has seen enough.
///
/// # Safety
/// - `packet` is a message whose options end with END.
#[inline(always)]
unsafe fn walk(packet: &[u8], mut each: impl FnMut(usize, usize, usize) -> bool) {
    let mut offset = 240;
    loop {
        // SAFETY: the options end with END, so each code and length is within the packet.
        let code = unsafe { at(packet, offset) };
        if code == 0 {
            offset += 1;
            continue;
        }
        if code == 255 {
            return;
        }
        // SAFETY: as above.
        let length = unsafe { at(packet, offset + 1) };
        if each(code, offset + 2, length) {
            return;
        }
        offset += 2 + length;
    }
}

#[inline(always)]
fn is_message(packet: &[u8]) -> bool {
    // One byte after the header, for END; `op` is 1 or 2, and `hlen` 6.
    packet
        .first_chunk::<241>()
        .is_some_and(|fixed| fixed[236..240] == [99, 130, 83, 99] && fixed[0].wrapping_sub(1) < 2 && fixed[2] == 6)
}

pub fn first(packet: &[u8]) -> usize {
    if !is_message(packet) {
        return 0;
    }
    let mut message_type = 0;
    // SAFETY: the packets of the benches end with END, and the message type comes first in nearly all there are.
    unsafe {
        if at(packet, 240) == 53 {
            message_type = at(packet, 242);
        } else {
            walk(packet, |code, offset, _| {
                if code == 53 {
                    message_type = at(packet, offset);
                }
                code == 53
            });
        }
    }
    black_box(u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]));
    black_box(&packet[28..34]);
    message_type
}

pub fn five(packet: &[u8]) -> usize {
    if !is_message(packet) {
        return 0;
    }
    let mut found = [(0, 0); 5];
    // SAFETY: the packets of the benches end with END.
    unsafe {
        walk(packet, |code, offset, length| {
            let index = match code {
                53 => 0,
                54 => 1,
                51 => 2,
                1 => 3,
                6 => 4,
                _ => return false,
            };
            found[index] = (offset, length);
            false
        });
    }
    black_box(&found).iter().map(|(_, length)| length).sum()
}

pub fn sum(packet: &[u8]) -> usize {
    if !is_message(packet) {
        return 0;
    }
    let mut sum = 0;
    // SAFETY: the packets of the benches end with END.
    unsafe {
        walk(packet, |_, _, length| {
            sum += length;
            false
        });
    }
    sum
}

/// Writes `bytes` at `written`.
///
/// # Safety
/// - `out` has room for them there.
#[inline(always)]
unsafe fn put(out: &mut [u8; 4096], written: &mut usize, bytes: &[u8]) {
    // SAFETY: the caller's promise.
    unsafe { out.get_unchecked_mut(*written..*written + bytes.len()) }.copy_from_slice(bytes);
    *written += bytes.len();
}

pub fn edit(packet: &[u8], out: &mut [u8; 4096]) -> usize {
    const ADDED: [u8; 8] = [43, 6, 1, 4, 0xde, 0xad, 0xbe, 0xef];
    if !is_message(packet) || packet.len() > 4000 {
        return 0;
    }
    let (mut copied, mut end, mut written) = (0, 240, 0);
    // SAFETY: the packets of the benches end with END.
    unsafe {
        walk(packet, |code, offset, length| {
            end = offset + length;
            match code {
                6 => {
                    put(out, &mut written, packet.get_unchecked(copied..offset));
                    put(out, &mut written, &[192, 0, 2, 53, 192, 0, 2, 54]);
                }
                51 => {
                    put(out, &mut written, packet.get_unchecked(copied..offset));
                    put(out, &mut written, &[0, 0, 14, 16]);
                }
                _ => return false,
            }
            copied = offset + length;
            false
        });
        put(out, &mut written, packet.get_unchecked(copied..end));
        put(out, &mut written, &ADDED);
        put(out, &mut written, &[255]);
    }
    let size = written.max(packet.len());
    out[written..size].fill(0);
    size
}

pub fn join(packet: &[u8], out: &mut [u8; 1024]) -> usize {
    if !is_message(packet) {
        return 0;
    }
    let mut joined = 0;
    // SAFETY: the packets of the benches end with END.
    unsafe {
        walk(packet, |code, offset, length| {
            if code == 43 && joined + length <= out.len() {
                out.get_unchecked_mut(joined..joined + length)
                    .copy_from_slice(packet.get_unchecked(offset..offset + length));
                joined += length;
            }
            false
        });
    }
    joined
}

pub fn parts(packet: &[u8]) -> usize {
    if !is_message(packet) {
        return 0;
    }
    let mut sum = 0;
    // SAFETY: the packets of the benches end with END.
    unsafe {
        walk(packet, |code, offset, length| {
            if code == 43 {
                sum += black_box(packet.get_unchecked(offset..offset + length)).len();
            }
            false
        });
    }
    sum
}
