//! The work on a message, by the crate, by the floor, and by other crates as their documentation shows it.
//!
//! By hand is what a crate has no call for, but shows all that it takes. What it does not show is not there: the borrowed
//! message of dhcproto writes nothing (W4), and neither of its two tells the parts of a value (W5).
//!
//! What is printed as wrong: dhcproto's owned message takes a packet with any cookie, and loses option 81 if the name
//! in it is empty (W3, W4); dhcp4r and edge-dhcp refuse a packet with PADs between its options; edge-dhcp writes a length
//! before each of several addresses (W4); dhcproto joins the parts of a value that are side by side alone, and the owned
//! message keeps the last of what is left (W5).

use std::hint::black_box;

use dhcp_callout_count::work::{self, Packets, length, packet, padded, use_up, use_up_part};

use crate::floor;

/// What the work needs: the packets, and room for what it writes.
pub struct Bench {
    pub packets: Packets,
    pub out: Box<[u8; 4096]>,
    pub joined: Box<[u8; 1024]>,
}

/// One way to do the work of a row. Returns what the row's answer is a number of; 0 for a failure.
pub struct Way {
    pub name: &'static str,
    pub run: fn(&mut Bench) -> usize,
    /// Whether what the way hands on of the packets is right too, if it does not fail.
    pub hands_on: fn(&Packets) -> bool,
}

/// A piece of work, and the ways to do it, the floor first and ours second.
pub struct Row {
    pub name: &'static str,
    pub what: &'static str,
    /// Whether the answer is right, and what was written.
    pub is_right: fn(&Bench, usize) -> bool,
    /// Packets that tell a wrong way from a right one, where that of the row does not.
    pub others: fn() -> Vec<Vec<u8>>,
    pub ways: &'static [Way],
}

impl Bench {
    pub fn new() -> Self {
        Self {
            packets: Packets::default(),
            out: Box::new([0; 4096]),
            joined: Box::new([0; 1024]),
        }
    }

    /// With this packet in place of the one that the row is about.
    pub fn with(packet: &[u8]) -> Self {
        let mut bench = Self::new();
        let packets = &mut bench.packets;
        for place in [&mut packets.ack, &mut packets.padded, &mut packets.split] {
            packet.clone_into(place);
        }
        bench
    }
}

macro_rules! ways {
    ($($name:literal: |$bench:ident| $run:expr;)+) => {
        &[$(Way { name: $name, run: |$bench| $run, hands_on: |_| true }),+]
    };
}

/// The ways of W1, which hand on the transaction id and the hardware address: those are compared beside, by the same code,
/// and used up while the way is counted.
macro_rules! firsts {
    ($($name:literal: $first:path;)+) => {
        &[$(Way {
            name: $name,
            run: |bench| $first(black_box(&bench.packets.ack), use_up),
            hands_on: |packets| {
                let packet = &packets.ack;
                let mut are_right = false;
                $first(packet, |xid, chaddr| are_right = xid.to_be_bytes() == packet[4..8] && *chaddr == packet[28..34]);
                are_right
            },
        }),+]
    };
}

/// The ways of W2, which hand on the length of each value: they are compared as those of [`firsts`] are.
macro_rules! lengths {
    ($($name:literal: $five:path;)+) => {
        &[$(Way {
            name: $name,
            run: |bench| $five(black_box(&bench.packets.ack), length),
            hands_on: |packets| {
                let mut lengths = [0; 5];
                $five(&packets.ack, |place, length| {
                    lengths[place] = length;
                    length
                });
                lengths == FIVE.map(|code| values_of(&packets.ack, &[code]).concat().len())
            },
        }),+]
    };
}

/// The ways of the parts of a value, which hand on each: they are compared as those of [`firsts`] are.
macro_rules! parts {
    ($($name:literal: $parts:path;)+) => {
        &[$(Way {
            name: $name,
            run: |bench| $parts(black_box(&bench.packets.split), use_up_part),
            hands_on: |packets| {
                let mut handed_on = vec![];
                $parts(&packets.split, |part| {
                    handed_on.push(part.to_vec());
                    part.len()
                });
                handed_on == values_of(&packets.split, &[43])
            },
        }),+]
    };
}

/// Reads the message and does `$work`; 0 if the crate refuses the packet.
macro_rules! reading {
    ($message:ident = $read:expr; $work:expr) => {
        match $read {
            Ok($message) => $work,
            Err(_) => 0,
        }
    };
}

/// The options of W2: message type, server identifier, lease time, subnet mask, DNS servers.
const FIVE: [u8; 5] = [53, 54, 51, 1, 6];

pub const ROWS: &[Row] = &[
    Row {
        name: "W1",
        what: "validate, message type, xid, chaddr",
        is_right: |bench, answer| answer == type_of(&bench.packets.ack),
        others: of_other_types,
        ways: firsts! {
            "floor": floor::first;
            "ours, first instance": work::w1;
            "ours, exact": work::w1_joined;
            "smoltcp": smoltcp::first;
            "dhcparse": parse::first;
            "dhcproto, borrowed": proto::first;
            "dhcproto, owned": proto::first_owned;
            "dhcp4r": r4::first;
            "edge-dhcp": edge::first;
        },
    },
    Row {
        name: "W2",
        what: "lengths of five options in one pass",
        is_right: |bench, answer| answer == values_of(&bench.packets.ack, &FIVE).concat().len(),
        others: || [without_each(|_| true), with_other_servers(), with_other_lengths()].concat(),
        ways: lengths! {
            "floor": floor::five;
            "ours": work::w2;
            "smoltcp": smoltcp::five;
            "dhcparse": parse::five;
            "dhcproto, borrowed": proto::five;
            "dhcproto, owned": proto::five_owned;
            "dhcp4r": r4::five;
            "edge-dhcp": edge::five;
        },
    },
    Row {
        name: "W3",
        what: "walk 14 options, sum the lengths",
        is_right: |bench, answer| answer == sum_of(&bench.packets.ack),
        others: || [without_each(|_| true), with_other_lengths()].concat(),
        ways: ways! {
            "floor": |bench| floor::sum(black_box(&bench.packets.ack));
            "ours": |bench| work::walk(&bench.packets.ack);
            "smoltcp": |bench| smoltcp::sum(black_box(&bench.packets.ack));
            "dhcparse": |bench| parse::sum(black_box(&bench.packets.ack));
            "dhcproto, borrowed": |bench| proto::sum(black_box(&bench.packets.ack));
            "dhcproto, owned": |bench| proto::sum_owned(black_box(&bench.packets.ack));
            "dhcp4r": |bench| r4::sum(black_box(&bench.packets.ack));
            "edge-dhcp, by hand": |bench| edge::sum(black_box(&bench.packets.ack));
        },
    },
    Row {
        name: "W3, PADs",
        what: "the same with one to three PADs after each",
        is_right: |bench, answer| answer == sum_of(&bench.packets.padded),
        others: || without_each(|_| true).iter().map(|packet| padded(packet)).collect(),
        ways: ways! {
            "floor": |bench| floor::sum_padded(black_box(&bench.packets.padded));
            "ours": |bench| work::walk(&bench.packets.padded);
            "smoltcp": |bench| smoltcp::sum(black_box(&bench.packets.padded));
            "dhcparse": |bench| parse::sum(black_box(&bench.packets.padded));
            "dhcproto, borrowed": |bench| proto::sum(black_box(&bench.packets.padded));
            "dhcproto, owned": |bench| proto::sum_owned(black_box(&bench.packets.padded));
            "dhcp4r": |bench| r4::sum(black_box(&bench.packets.padded));
            "edge-dhcp, by hand": |bench| edge::sum(black_box(&bench.packets.padded));
        },
    },
    Row {
        name: "W4",
        what: "replace DNS and lease time, add option 43",
        is_right: is_edited,
        others: to_edit,
        ways: ways! {
            "floor": |bench| floor::edit::<false>(black_box(&bench.packets.ack), &mut bench.out);
            "ours": |bench| work::w4(&mut bench.packets);
            "ours, typed": |bench| work::w4_typed(&mut bench.packets);
            "smoltcp": |bench| smoltcp::edit(black_box(&bench.packets.ack), &mut bench.out);
            "dhcparse": |bench| parse::edit(black_box(&bench.packets.ack), &mut bench.out);
            "dhcproto, owned": |bench| proto::edit(black_box(&bench.packets.ack), &mut bench.out);
            "dhcp4r": |bench| r4::edit(black_box(&bench.packets.ack), &mut bench.out);
            "edge-dhcp": |bench| edge::edit(black_box(&bench.packets.ack), &mut bench.out);
            "edge-dhcp, servers as bytes": |bench| edge::edit_bytes(black_box(&bench.packets.ack), &mut bench.out);
        },
    },
    Row {
        name: "W4, PADs",
        what: "the same with one to three PADs after each",
        is_right: is_edited,
        others: || to_edit().iter().map(|packet| padded(packet)).collect(),
        ways: ways! {
            "floor": |bench| floor::edit::<true>(black_box(&bench.packets.padded), &mut bench.out);
            "ours": |bench| work::w4_pads(&mut bench.packets);
            "smoltcp": |bench| smoltcp::edit(black_box(&bench.packets.padded), &mut bench.out);
            "dhcparse": |bench| parse::edit(black_box(&bench.packets.padded), &mut bench.out);
            "dhcproto, owned": |bench| proto::edit(black_box(&bench.packets.padded), &mut bench.out);
            "dhcp4r": |bench| r4::edit(black_box(&bench.packets.padded), &mut bench.out);
            "edge-dhcp": |bench| edge::edit(black_box(&bench.packets.padded), &mut bench.out);
            "edge-dhcp, servers as bytes": |bench| edge::edit_bytes(black_box(&bench.packets.padded), &mut bench.out);
        },
    },
    Row {
        name: "W5",
        what: "600 bytes in three parts, joined copy",
        is_right: is_joined,
        others: in_parts,
        ways: ways! {
            "floor": |bench| floor::join(black_box(&bench.packets.split), &mut bench.joined);
            "ours": |bench| work::w5(&mut bench.packets);
            "smoltcp, by hand": |bench| smoltcp::join(black_box(&bench.packets.split), &mut bench.joined);
            "dhcparse, by hand": |bench| parse::join(black_box(&bench.packets.split), &mut bench.joined);
            "dhcproto, borrowed": |bench| proto::join(black_box(&bench.packets.split), &mut bench.joined);
            "dhcproto, borrowed, by hand": |bench| proto::join_all(black_box(&bench.packets.split), &mut bench.joined);
            "dhcproto, owned": |bench| proto::join_owned(black_box(&bench.packets.split), &mut bench.joined);
            "dhcp4r, by hand": |bench| r4::join(black_box(&bench.packets.split), &mut bench.joined);
            "edge-dhcp, by hand": |bench| edge::join(black_box(&bench.packets.split), &mut bench.joined);
        },
    },
    Row {
        name: "W5, parts",
        what: "the same, parts only",
        is_right: |bench, answer| answer == values_of(&bench.packets.split, &[43]).concat().len(),
        others: in_parts,
        ways: parts! {
            "floor": floor::parts;
            "ours": work::w5_parts;
            "smoltcp, by hand": smoltcp::parts;
            "dhcparse, by hand": parse::parts;
            "dhcp4r, by hand": r4::parts;
            "edge-dhcp, by hand": edge::parts;
        },
    },
];

/// Whether the packet of `size` bytes that was written is the ACK with the three changes, and nothing lost.
fn is_edited(bench: &Bench, size: usize) -> bool {
    let ours = bench.packets.buffer.as_bytes();
    let Some(packet) = Some(ours)
        .filter(|ours| ours.len() == size)
        .or_else(|| bench.out.get(..size))
    else {
        return false;
    };
    let Some(mut expected) = options_of(&bench.packets.ack) else {
        return size == 0;
    };
    expected.retain(|(code, _)| !matches!(code, 6 | 51));
    expected.push((6, vec![192, 0, 2, 53, 192, 0, 2, 54]));
    expected.push((51, vec![0, 0, 14, 16]));
    expected.push((43, vec![1, 4, 0xde, 0xad, 0xbe, 0xef]));
    expected.sort();
    options_of(packet) == Some(expected) && packet[..240] == bench.packets.ack[..240]
}

/// Returns the codes and values of a packet, sorted by code; `None` without a cookie, or if they do not end with END and
/// then PADs alone.
fn options_of(packet: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let (mut options, mut rest) = (vec![], packet.get(236..)?.strip_prefix(&[99, 130, 83, 99])?);
    while let [code @ 0..=254, others @ ..] = rest {
        rest = others;
        if *code != 0 {
            let (length, others) = rest.split_first()?;
            let (value, others) = others.split_at_checked(usize::from(*length))?;
            options.push((*code, value.to_vec()));
            rest = others;
        }
    }
    options.sort_by_key(|(code, _)| *code);
    let (end, filling) = rest.split_first()?;
    (*end == 255 && filling.iter().all(|byte| *byte == 0)).then_some(options)
}

/// Returns the values of those codes in a packet; none for no packet.
fn values_of(packet: &[u8], codes: &[u8]) -> Vec<Vec<u8>> {
    let mut options = options_of(packet).unwrap_or_default();
    options.retain(|(code, _)| codes.contains(code));
    options.into_iter().map(|(_, value)| value).collect()
}

fn type_of(packet: &[u8]) -> usize {
    values_of(packet, &[53])
        .concat()
        .first()
        .copied()
        .map_or(0, usize::from)
}

fn sum_of(packet: &[u8]) -> usize {
    let all: Vec<_> = (1..=254).collect();
    values_of(packet, &all).concat().len()
}

/// Whether the value was joined; one that was not copied has no bytes to look at, and is not.
fn is_joined(bench: &Bench, answer: usize) -> bool {
    let value = values_of(&bench.packets.split, &[43]).concat();
    answer == value.len()
        && [&bench.joined[..], &bench.packets.joined]
            .iter()
            .any(|joined| joined.starts_with(&value))
}

fn ack() -> Vec<u8> {
    Packets::default().ack
}

/// The ACK as a message of other types, of none, and with the type behind another option; no DHCP message, and the
/// beginning of one.
fn of_other_types() -> Vec<Vec<u8>> {
    let with_type = |message_type| {
        let mut packet = ack();
        packet[242] = message_type;
        packet
    };
    let mut type_second = ack();
    type_second[240..249].rotate_left(3);
    let mut packets = without_each(|code| code == 53);
    packets.extend([
        with_type(2),
        with_type(6),
        type_second,
        with_another_cookie(&ack()),
        ack()[..239].to_vec(),
    ]);
    // Each of another transaction and client.
    for (number, packet) in (1..).zip(&mut packets) {
        packet[7] ^= number;
        packet[33] ^= number;
    }
    packets
}

/// The ACK without one of its options, for each of those codes: a way that takes another for it finds too much, or too
/// little.
fn without_each(may_be_missing: fn(u8) -> bool) -> Vec<Vec<u8>> {
    let ack = ack();
    let mut packets = vec![];
    let mut at = 240;
    while ack[at] != 255 {
        let end = at + 2 + usize::from(ack[at + 1]);
        if may_be_missing(ack[at]) {
            packets.push([&ack[..at], &ack[end..]].concat());
        }
        at = end;
    }
    packets
}

/// The packet as no DHCP message.
fn with_another_cookie(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[239] ^= 1;
    packet
}

/// The ACK with an option of 200 bytes before its others; and as no DHCP message.
fn with_other_lengths() -> Vec<Vec<u8>> {
    let ack = ack();
    let long = [&ack[..240], &[224, 200], &[7; 200], &ack[240..]].concat();
    [long, with_another_cookie(&ack)].into()
}

/// The ACK with one DNS server, and with five.
fn with_other_servers() -> Vec<Vec<u8>> {
    const TWO: &[u8] = &[6, 8, 10, 0, 0, 2, 10, 0, 0, 3];
    let ack = ack();
    let at = ack
        .windows(TWO.len())
        .position(|bytes| bytes == TWO)
        .unwrap_or_default();
    let with = |servers: &[u8]| [&ack[..at], servers, &ack[at + TWO.len()..]].concat();
    let five = [&[6, 20][..], &[10, 0, 0, 2].repeat(5)].concat();
    [with(&[6, 4, 10, 0, 0, 2]), with(&five)].into()
}

/// What W4 edits beside the ACK: packets without what it keeps, and in which what it replaces has another length.
fn to_edit() -> Vec<Vec<u8>> {
    [
        without_each(|code| !matches!(code, 6 | 51)),
        with_other_servers(),
        with_other_lengths(),
    ]
    .concat()
}

/// Values in other parts than that of W5, and beside options that are not theirs.
fn in_parts() -> Vec<Vec<u8>> {
    let parts: [&[(u8, &[u8])]; 4] = [
        &[(43, &[1; 255]), (53, &[5]), (60, &[2; 90])],
        &[
            (53, &[5]),
            (44, &[3; 4]),
            (43, &[4; 7]),
            (12, &[5; 3]),
            (43, &[6; 250]),
            (61, &[7; 7]),
        ],
        &[(43, &[8]), (43, &[9; 255]), (53, &[5]), (43, &[10; 99]), (43, &[11; 2])],
        &[(53, &[5]), (171, &[12; 20])],
    ];
    let mut packets: Vec<_> = parts.iter().map(|options| packet(options, 0)).collect();
    packets.push(with_another_cookie(&packets[0]));
    packets
}

/// Reads each of the lengths of W2, and adds up.
#[inline]
fn each_length(lengths: [usize; 5], mut read: impl FnMut(usize, usize) -> usize) -> usize {
    let lengths = lengths.into_iter().enumerate();
    lengths.map(|(place, length)| read(place, length)).sum()
}

/// Copies a part of a value after those before it.
fn append(out: &mut [u8; 1024], joined: &mut usize, part: &[u8]) {
    if let Some(room) = out.get_mut(*joined..*joined + part.len()) {
        room.copy_from_slice(part);
        *joined += part.len();
    }
}

mod smoltcp {
    use smoltcp::wire::{DhcpOption, DhcpPacket, Error};

    /// Reads the header; the magic cookie it leaves to others.
    #[inline]
    fn checked(packet: &[u8]) -> Result<DhcpPacket<&[u8]>, Error> {
        let message = DhcpPacket::new_checked(packet)?;
        if message.magic_number() == 0x6382_5363 {
            Ok(message)
        } else {
            Err(Error)
        }
    }

    pub fn first(packet: &[u8], read: impl FnOnce(u32, &[u8])) -> usize {
        reading!(message = checked(packet); {
            read(message.transaction_id(), message.client_hardware_address().as_bytes());
            let found = message.options().find(|option| option.kind == 53);
            found.and_then(|option| option.data.first().copied()).map_or(0, usize::from)
        })
    }

    pub fn five(packet: &[u8], read: impl FnMut(usize, usize) -> usize) -> usize {
        reading!(message = checked(packet); {
            let mut found: [&[u8]; 5] = [&[]; 5];
            for option in message.options() {
                let index = match option.kind {
                    53 => 0,
                    54 => 1,
                    51 => 2,
                    1 => 3,
                    6 => 4,
                    _ => continue,
                };
                found[index] = option.data;
            }
            super::each_length(found.map(<[u8]>::len), read)
        })
    }

    pub fn sum(packet: &[u8]) -> usize {
        reading!(message = checked(packet); message.options().map(|option| option.data.len()).sum())
    }

    pub fn edit(packet: &[u8], out: &mut [u8; 4096]) -> usize {
        let Some(header) = out.get_mut(..240) else { return 0 };
        header.copy_from_slice(&packet[..240]);
        let mut edited = || {
            let message = checked(packet)?;
            let mut size = 241;
            let mut copy = DhcpPacket::new_checked(&mut out[..])?;
            let mut options = copy.options_mut();
            let mut emit = |kind, data: &[u8]| {
                size += 2 + data.len();
                options.emit(DhcpOption { kind, data })
            };
            for option in message.options() {
                match option.kind {
                    6 => emit(6, &[192, 0, 2, 53, 192, 0, 2, 54])?,
                    51 => emit(51, &[0, 0, 14, 16])?,
                    kind => emit(kind, option.data)?,
                }
            }
            emit(43, &[1, 4, 0xde, 0xad, 0xbe, 0xef])?;
            options.end()?;
            Ok::<_, Error>(size)
        };
        edited().unwrap_or(0)
    }

    pub fn join(packet: &[u8], out: &mut [u8; 1024]) -> usize {
        reading!(message = checked(packet); {
            let mut joined = 0;
            for option in message.options().filter(|option| option.kind == 43) {
                super::append(out, &mut joined, option.data);
            }
            joined
        })
    }

    pub fn parts(packet: &[u8], read: impl FnMut(&[u8]) -> usize) -> usize {
        reading!(message = checked(packet); {
            let parts = message.options().filter(|option| option.kind == 43);
            parts.map(|part| part.data).map(read).sum()
        })
    }
}

mod parse {
    use dhcparse::dhcpv4::{Addr, DhcpOption, Encode, Encoder, Message};
    use dhcparse::v4_options;

    pub fn first(packet: &[u8], read: impl FnOnce(u32, &[u8])) -> usize {
        reading!(message = Message::new(packet); {
            read(message.xid(), message.chaddr().unwrap_or_default());
            match v4_options!(message; MessageType required) {
                Ok(message_type) => usize::from(u8::from(message_type)),
                Err(_) => 0,
            }
        })
    }

    pub fn five(packet: &[u8], read: impl FnMut(usize, usize) -> usize) -> usize {
        reading!(message = Message::new(packet); {
            let found = v4_options!(
                message;
                MessageType, ServerIdentifier, AddressLeaseTime, SubnetMask, DomainNameServer
            );
            match found {
                Ok((message_type, server, lease_time, mask, servers)) => {
                    super::each_length([
                        message_type.map_or(0, |_| 1),
                        server.map_or(0, |_| 4),
                        lease_time.map_or(0, |_| 4),
                        mask.map_or(0, |_| 4),
                        servers.map_or(0, |servers| 4 * servers.len()),
                    ], read)
                }
                Err(_) => 0,
            }
        })
    }

    pub fn sum(packet: &[u8]) -> usize {
        reading!(message = Message::new(packet); reading!(options = message.options(); {
            // The bounds are those of the whole option.
            options.map_while(Result::ok).map(|(_, (_, size))| size - 2).sum()
        }))
    }

    pub fn edit(packet: &[u8], out: &mut [u8; 4096]) -> usize {
        let servers = [Addr([192, 0, 2, 53]), Addr([192, 0, 2, 54])];
        reading!(message = Message::new(packet); {
            let edited = Encoder
                .set_option(DhcpOption::DomainNameServer(&servers))
                .set_option(DhcpOption::AddressLeaseTime(3600))
                .set_option(DhcpOption::Unknown(43, &[1, 4, 0xde, 0xad, 0xbe, 0xef]))
                .encode(&message, &mut out[..]);
            edited.map_or(0, |edited| edited.into_inner().len())
        })
    }

    pub fn join(packet: &[u8], out: &mut [u8; 1024]) -> usize {
        reading!(message = Message::new(packet); reading!(options = message.options(); {
            let mut joined = 0;
            for (option, (start, size)) in options.map_while(Result::ok) {
                if option.code() == 43 {
                    super::append(out, &mut joined, &packet[start + 2..start + size]);
                }
            }
            joined
        }))
    }

    pub fn parts(packet: &[u8], read: impl FnMut(&[u8]) -> usize) -> usize {
        reading!(message = Message::new(packet); reading!(options = message.options(); {
            let parts = options.map_while(Result::ok).filter(|(option, _)| option.code() == 43);
            parts.map(|(_, (start, size))| &packet[start + 2..start + size]).map(read).sum()
        }))
    }
}

mod proto {
    use dhcproto::v4::{self, DhcpOption, Message, OptionCode, borrowed};
    use dhcproto::{Decodable, Decoder, Encodable, Encoder};

    pub fn first(packet: &[u8], read: impl FnOnce(u32, &[u8])) -> usize {
        reading!(message = borrowed::Message::new(packet); {
            read(message.xid(), message.chaddr());
            let found = message.opts().find(|option| option.code() == OptionCode::MessageType);
            found.and_then(|option| option.data().first().copied()).map_or(0, usize::from)
        })
    }

    pub fn first_owned(packet: &[u8], read: impl FnOnce(u32, &[u8])) -> usize {
        reading!(message = Message::decode(&mut Decoder::new(packet)); {
            read(message.xid(), message.chaddr());
            message.opts().msg_type().map_or(0, |message_type| usize::from(u8::from(message_type)))
        })
    }

    pub fn five(packet: &[u8], read: impl FnMut(usize, usize) -> usize) -> usize {
        reading!(message = borrowed::Message::new(packet); {
            let mut found = [0; 5];
            for option in message.opts() {
                let index = match option.code() {
                    OptionCode::MessageType => 0,
                    OptionCode::ServerIdentifier => 1,
                    OptionCode::AddressLeaseTime => 2,
                    OptionCode::SubnetMask => 3,
                    OptionCode::DomainNameServer => 4,
                    _ => continue,
                };
                found[index] = option.data().len();
            }
            super::each_length(found, read)
        })
    }

    pub fn five_owned(packet: &[u8], read: impl FnMut(usize, usize) -> usize) -> usize {
        reading!(message = Message::decode(&mut Decoder::new(packet)); {
            let options = message.opts();
            let found = [
                OptionCode::MessageType,
                OptionCode::ServerIdentifier,
                OptionCode::AddressLeaseTime,
                OptionCode::SubnetMask,
                OptionCode::DomainNameServer,
            ]
            .map(|code| options.get(code));
            let lengths = found.map(|option| match option {
                Some(DhcpOption::MessageType(_)) => 1,
                Some(DhcpOption::DomainNameServer(servers)) => 4 * servers.len(),
                Some(_) => 4,
                None => 0,
            });
            super::each_length(lengths, read)
        })
    }

    pub fn sum(packet: &[u8]) -> usize {
        reading!(message = borrowed::Message::new(packet); message.opts().map(|option| option.len()).sum())
    }

    pub fn sum_owned(packet: &[u8]) -> usize {
        reading!(message = Message::decode(&mut Decoder::new(packet)); {
            // The bytes are those of the whole option.
            message.opts().iter().filter_map(|(_, option)| option.to_vec().ok()).map(|bytes| bytes.len() - 2).sum()
        })
    }

    pub fn edit(packet: &[u8], out: &mut [u8; 4096]) -> usize {
        reading!(decoded = Message::decode(&mut Decoder::new(packet)); {
            let mut message: Message = decoded;
            let options = message.opts_mut();
            options.insert(DhcpOption::DomainNameServer(vec![[192, 0, 2, 53].into(), [192, 0, 2, 54].into()]));
            options.insert(DhcpOption::AddressLeaseTime(3600));
            options.insert(DhcpOption::VendorExtensions(vec![1, 4, 0xde, 0xad, 0xbe, 0xef]));
            let mut bytes = Vec::with_capacity(512);
            if message.encode(&mut Encoder::new(&mut bytes)).is_err() {
                return 0;
            }
            let Some(room) = out.get_mut(..bytes.len()) else { return 0 };
            room.copy_from_slice(&bytes);
            bytes.len()
        })
    }

    pub fn join(packet: &[u8], out: &mut [u8; 1024]) -> usize {
        reading!(message = borrowed::Message::new(packet); {
            let found = message.opts().find(|option| option.code() == OptionCode::VendorExtensions);
            let mut joined = 0;
            if let Some(option) = found {
                super::append(out, &mut joined, option.data());
            }
            joined
        })
    }

    pub fn join_all(packet: &[u8], out: &mut [u8; 1024]) -> usize {
        reading!(message = borrowed::Message::new(packet); {
            let mut joined = 0;
            for option in message.opts().filter(|option| option.code() == OptionCode::VendorExtensions) {
                super::append(out, &mut joined, option.data());
            }
            joined
        })
    }

    pub fn join_owned(packet: &[u8], out: &mut [u8; 1024]) -> usize {
        reading!(message = v4::Message::decode(&mut Decoder::new(packet)); {
            let mut joined = 0;
            if let Some(DhcpOption::VendorExtensions(value)) = message.opts().get(OptionCode::VendorExtensions) {
                super::append(out, &mut joined, value);
            }
            joined
        })
    }
}

mod r4 {
    use dhcp4r::options::{DhcpOption, RawDhcpOption};
    use dhcp4r::packet::Packet;

    pub fn first(packet: &[u8], read: impl FnOnce(u32, &[u8])) -> usize {
        reading!(message = Packet::from(packet); {
            read(message.xid, &message.chaddr);
            message.message_type().map_or(0, |message_type| message_type as usize)
        })
    }

    pub fn five(packet: &[u8], read: impl FnMut(usize, usize) -> usize) -> usize {
        reading!(message = Packet::from(packet); {
            let found = [53, 54, 51, 1, 6].map(|code| message.option(code));
            let lengths = found.map(|option| match option {
                Some(DhcpOption::DhcpMessageType(_)) => 1,
                Some(DhcpOption::DomainNameServer(servers)) => 4 * servers.len(),
                Some(DhcpOption::Unrecognized(raw)) => raw.data.len(),
                Some(_) => 4,
                None => 0,
            });
            super::each_length(lengths, read)
        })
    }

    pub fn sum(packet: &[u8]) -> usize {
        reading!(message = Packet::from(packet); message.options.iter().map(|option| option.to_raw().data.len()).sum())
    }

    pub fn join(packet: &[u8], out: &mut [u8; 1024]) -> usize {
        reading!(message = Packet::from(packet); {
            let mut joined = 0;
            for part in parts_of(&message) {
                super::append(out, &mut joined, part);
            }
            joined
        })
    }

    pub fn parts(packet: &[u8], read: impl FnMut(&[u8]) -> usize) -> usize {
        reading!(message = Packet::from(packet); parts_of(&message).map(read).sum())
    }

    fn parts_of(message: &Packet) -> impl Iterator<Item = &[u8]> {
        message.options.iter().filter_map(|option| match option {
            DhcpOption::Unrecognized(raw) if raw.code == 43 => Some(&raw.data[..]),
            _ => None,
        })
    }

    pub fn edit(packet: &[u8], out: &mut [u8; 4096]) -> usize {
        reading!(decoded = Packet::from(packet); {
            let mut message = decoded;
            for option in &mut message.options {
                match option.code() {
                    6 => *option = DhcpOption::DomainNameServer(vec![[192, 0, 2, 53].into(), [192, 0, 2, 54].into()]),
                    51 => *option = DhcpOption::IpAddressLeaseTime(3600),
                    _ => {}
                }
            }
            let data = vec![1, 4, 0xde, 0xad, 0xbe, 0xef];
            message.options.push(DhcpOption::Unrecognized(RawDhcpOption { code: 43, data }));
            message.encode(&mut out[..]).len()
        })
    }
}

mod edge {
    use std::net::Ipv4Addr;

    use edge_dhcp::{DhcpOption, Ipv4Addrs, Options, Packet};

    const SERVERS: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 2, 53), Ipv4Addr::new(192, 0, 2, 54)];

    pub fn first(packet: &[u8], read: impl FnOnce(u32, &[u8])) -> usize {
        reading!(message = Packet::decode(packet); {
            // It refuses any other length.
            read(message.xid, &message.chaddr[..6]);
            let mut options = message.options.iter();
            let found = options.find_map(|option| match option {
                DhcpOption::MessageType(message_type) => Some(message_type as usize),
                _ => None,
            });
            found.unwrap_or(0)
        })
    }

    pub fn five(packet: &[u8], read: impl FnMut(usize, usize) -> usize) -> usize {
        reading!(message = Packet::decode(packet); {
            let mut found = [0; 5];
            for option in message.options.iter() {
                match option {
                    DhcpOption::MessageType(_) => found[0] = 1,
                    DhcpOption::ServerIdentifier(_) => found[1] = 4,
                    DhcpOption::IpAddressLeaseTime(_) => found[2] = 4,
                    DhcpOption::SubnetMask(_) => found[3] = 4,
                    DhcpOption::DomainNameServer(servers) => found[4] = 4 * servers.iter().count(),
                    _ => {}
                }
            }
            super::each_length(found, read)
        })
    }

    pub fn sum(packet: &[u8]) -> usize {
        reading!(message = Packet::decode(packet); {
            let lengths = message.options.iter().map(|option| match option {
                DhcpOption::MessageType(_) => 1,
                DhcpOption::MaximumMessageSize(_) => 2,
                DhcpOption::ServerIdentifier(_)
                | DhcpOption::RequestedIpAddress(_)
                | DhcpOption::IpAddressLeaseTime(_)
                | DhcpOption::SubnetMask(_) => 4,
                DhcpOption::Router(addresses) | DhcpOption::DomainNameServer(addresses) => 4 * addresses.iter().count(),
                DhcpOption::HostName(text) | DhcpOption::Message(text) | DhcpOption::CaptiveUrl(text) => text.len(),
                DhcpOption::ParameterRequestList(bytes)
                | DhcpOption::ClientIdentifier(bytes)
                | DhcpOption::Unrecognized(_, bytes) => bytes.len(),
            });
            lengths.sum()
        })
    }

    pub fn edit(packet: &[u8], out: &mut [u8; 4096]) -> usize {
        edit_with(packet, out, DhcpOption::DomainNameServer(Ipv4Addrs::new(&SERVERS)))
    }

    pub fn edit_bytes(packet: &[u8], out: &mut [u8; 4096]) -> usize {
        edit_with(
            packet,
            out,
            DhcpOption::Unrecognized(6, &[192, 0, 2, 53, 192, 0, 2, 54]),
        )
    }

    fn edit_with<'o>(packet: &'o [u8], out: &mut [u8; 4096], servers: DhcpOption<'o>) -> usize {
        reading!(message = Packet::decode(packet); {
            let mut options = [DhcpOption::Message(""); 32];
            let mut count = 0;
            let added = DhcpOption::Unrecognized(43, &[1, 4, 0xde, 0xad, 0xbe, 0xef]);
            for option in message.options.iter().chain([added]) {
                let Some(room) = options.get_mut(count) else { return 0 };
                *room = match option.code() {
                    6 => servers,
                    51 => DhcpOption::IpAddressLeaseTime(3600),
                    _ => option,
                };
                count += 1;
            }
            let edited = Packet { options: Options::new(&options[..count]), ..message };
            edited.encode(&mut out[..]).map_or(0, <[u8]>::len)
        })
    }

    pub fn join(packet: &[u8], out: &mut [u8; 1024]) -> usize {
        reading!(message = Packet::decode(packet); {
            let mut joined = 0;
            for part in parts_of(&message) {
                super::append(out, &mut joined, part);
            }
            joined
        })
    }

    pub fn parts(packet: &[u8], read: impl FnMut(&[u8]) -> usize) -> usize {
        reading!(message = Packet::decode(packet); parts_of(&message).map(read).sum())
    }

    fn parts_of<'p>(message: &Packet<'p>) -> impl Iterator<Item = &'p [u8]> {
        message.options.iter().filter_map(|option| match option {
            DhcpOption::Unrecognized(43, bytes) => Some(bytes),
            _ => None,
        })
    }
}
