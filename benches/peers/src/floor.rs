//! The work as one would write it by hand for these packets and no others, with unchecked reads: nothing that answers
//! the same questions is known to be cheaper. It trusts that the packet ends with END, and knows no overload, no split
//! value but in W5, and no error.

use std::slice;

/// What `each` of a walk is given: the code of an option, the address of its value, and its length.
type Seen = (u8, *const u8, usize);

/// Returns whether each code is one of these: one look for several, since few codes are any of them.
const fn any_of(codes: &[u8]) -> [bool; 256] {
    let mut found = [false; 256];
    let mut index = 0;
    while index < codes.len() {
        found[codes[index] as usize] = true;
        index += 1;
    }
    found
}

/// Calls `each` with each option, until it says that it has seen enough.
///
/// # Safety
/// - `packet` is a message whose options end with END.
#[inline(always)]
unsafe fn walk(packet: &[u8], mut each: impl FnMut(Seen) -> bool) {
    static IS_PAD_OR_END: [bool; 256] = any_of(&[0, 255]);
    // SAFETY: the options end with END, so each code, length and value is within the packet.
    unsafe {
        let mut next = packet.as_ptr().add(240);
        loop {
            let code = *next;
            if IS_PAD_OR_END[usize::from(code)] {
                if code == 255 {
                    return;
                }
                next = next.add(1);
                continue;
            }
            let length = usize::from(*next.add(1));
            if each((code, next.add(2), length)) {
                return;
            }
            next = next.add(2 + length);
        }
    }
}

#[inline(always)]
fn is_message(packet: &[u8]) -> bool {
    // One byte after the header, for END; `hlen` is 6.
    packet
        .first_chunk::<241>()
        .is_some_and(|fixed| fixed[236..240] == [99, 130, 83, 99] && fixed[2] == 6)
}

pub fn first(packet: &[u8], read: impl FnOnce(u32, &[u8])) -> usize {
    if !is_message(packet) {
        return 0;
    }
    let mut message_type = 0;
    // SAFETY: the packets of the benches end with END, and the message type comes first in nearly all there are.
    unsafe {
        if *packet.get_unchecked(240) == 53 {
            message_type = *packet.get_unchecked(242);
        } else {
            walk(packet, |(code, value, _)| {
                if code == 53 {
                    message_type = *value;
                }
                code == 53
            });
        }
    }
    read(
        u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]),
        &packet[28..34],
    );
    usize::from(message_type)
}

/// The place of each code among the five; the sixth is for what is not asked for.
static PLACES: [u8; 256] = {
    let mut places = [5; 256];
    places[53] = 0;
    places[54] = 1;
    places[51] = 2;
    places[1] = 3;
    places[6] = 4;
    places
};

/// In nearly all replies code 6 is the last of the five: if the others were seen, the rest is not looked at.
pub fn five(packet: &[u8], mut read: impl FnMut(usize, usize) -> usize) -> usize {
    static ABSENT: [u8; 2] = [0; 2];
    static IS_STOP: [bool; 256] = any_of(&[0, 6, 255]);
    if !is_message(packet) {
        return 0;
    }
    let absent = ABSENT.as_ptr();
    let mut found = [absent; 6];
    // SAFETY: the packets of the benches end with END, a place is one of six, and what was found has a length.
    unsafe {
        let mut next = packet.as_ptr().add(240);
        loop {
            let code = usize::from(*next);
            if IS_STOP[code] {
                match code {
                    255 => break,
                    0 => {
                        next = next.add(1);
                        continue;
                    }
                    _ => {
                        found[4] = next;
                        if !found[..4].contains(&absent) {
                            break;
                        }
                    }
                }
            }
            *found.get_unchecked_mut(usize::from(PLACES[code])) = next;
            next = next.add(2 + usize::from(*next.add(1)));
        }
        (0..5).map(|place| read(place, usize::from(*found[place].add(1)))).sum()
    }
}

pub fn sum(packet: &[u8]) -> usize {
    if !is_message(packet) {
        return 0;
    }
    let mut sum = 0;
    // SAFETY: the packets of the benches end with END.
    unsafe {
        walk(packet, |(_, _, length)| {
            sum += length;
            false
        });
    }
    sum
}

/// The same for a packet with many PADs, which are looked for first.
pub fn sum_padded(packet: &[u8]) -> usize {
    if !is_message(packet) {
        return 0;
    }
    let (mut next, mut sum) = (240, 0);
    // SAFETY: the packets of the benches end with END, so that each code and length is within.
    let at = |offset: usize| usize::from(unsafe { *packet.get_unchecked(offset) });
    loop {
        let code = at(next);
        if code == 0 {
            next += 1;
            continue;
        }
        if code == 255 {
            return sum;
        }
        let length = at(next + 1);
        sum += length;
        next += 2 + length;
    }
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

const SERVERS: [u8; 8] = [192, 0, 2, 53, 192, 0, 2, 54];
const LEASE_TIME: [u8; 4] = [0, 0, 14, 16];
const ADDED: [u8; 8] = [43, 6, 1, 4, 0xde, 0xad, 0xbe, 0xef];

/// Overwrites in a copy what is as long as before, and puts the new option before the others, so that END need not be
/// found. Of a packet with many PADs, these are looked for first.
pub fn edit<const IS_PADDED: bool>(packet: &[u8], out: &mut [u8; 4096]) -> usize {
    static IS_STOP: [bool; 256] = any_of(&[0, 6, 51, 255]);
    if !is_message(packet) || packet.len() > 4000 {
        return 0;
    }
    let size = packet.len() + ADDED.len();
    out[..240].copy_from_slice(&packet[..240]);
    out[240..248].copy_from_slice(&ADDED);
    out[248..size].copy_from_slice(&packet[240..]);
    // SAFETY: the packets of the benches end with END, and behind 4000 bytes there is room for what is added.
    unsafe {
        let mut next = out.as_mut_ptr().add(248);
        let mut are_both = false;
        loop {
            while IS_PADDED && *next == 0 {
                next = next.add(1);
            }
            let (code, length) = (*next, *next.add(1));
            if IS_STOP[usize::from(code)] {
                match (code, length) {
                    (0, _) => {
                        next = next.add(1);
                        continue;
                    }
                    (6, 8) => next.add(2).cast::<[u8; 8]>().write(SERVERS),
                    (51, 4) => next.add(2).cast::<[u8; 4]>().write(LEASE_TIME),
                    _ => return edit_by_runs(packet, out),
                }
                if are_both {
                    return size;
                }
                are_both = true;
            }
            next = next.add(2 + usize::from(length));
        }
    }
}

/// Copies what stays, up to each option that is replaced.
#[cold]
#[inline(never)]
fn edit_by_runs(packet: &[u8], out: &mut [u8; 4096]) -> usize {
    let (mut copied, mut end, mut written) = (0, 240, 0);
    // SAFETY: the packets of the benches end with END.
    unsafe {
        walk(packet, |(code, value, length)| {
            let offset = value.offset_from(packet.as_ptr()) as usize;
            end = offset + length;
            let (new, new_length): (&[u8], _) = match code {
                6 => (&SERVERS, 8),
                51 => (&LEASE_TIME, 4),
                _ => return false,
            };
            put(out, &mut written, packet.get_unchecked(copied..offset - 1));
            put(out, &mut written, &[new_length]);
            put(out, &mut written, new);
            copied = end;
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
    // SAFETY: the packets of the benches end with END, and there is room for what is copied.
    unsafe {
        walk(packet, |(code, value, length)| {
            if code == 43 && joined + length <= out.len() {
                out.as_mut_ptr().add(joined).copy_from_nonoverlapping(value, length);
                joined += length;
            }
            false
        });
    }
    joined
}

pub fn parts(packet: &[u8], mut read: impl FnMut(&[u8]) -> usize) -> usize {
    if !is_message(packet) {
        return 0;
    }
    let mut sum = 0;
    // SAFETY: the packets of the benches end with END.
    unsafe {
        walk(packet, |(code, value, length)| {
            if code == 43 {
                sum += read(slice::from_raw_parts(value, length));
            }
            false
        });
    }
    sum
}
