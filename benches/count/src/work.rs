//! The pieces of work that the benches measure, and the packets they work on.

use core::hint::black_box;

use dhcp_callout::message::{OptionCode, option};
use dhcp_callout::table::{Borrowed, Context, PacketTable, Progress};
use dhcp_callout::{DropReason, Message, Notice, PacketBuffer, Stage};

use crate::hook::{Hooks, pass};

/// A piece of work: its name, what it is, and the work itself on the packets.
pub struct Work {
    pub name: &'static str,
    pub what: &'static str,
    /// The piece of work that does all of this but what is measured; its instructions are not counted.
    pub less: &'static str,
    pub run: fn(&mut Packets) -> usize,
}

pub const ALL: [Work; 30] = [
    Work {
        name: "empty",
        what: "the loop around the work",
        less: "",
        run: |packets| packets.ack.len(),
    },
    Work {
        name: "w1",
        what: "validate, message type (first instance), xid, chaddr",
        less: "empty",
        run: |packets| w1(black_box(&packets.ack), use_up),
    },
    Work {
        name: "w1-joined",
        what: "the same, message type as RFC 3396 joins it",
        less: "empty",
        run: |packets| w1_joined(black_box(&packets.ack), use_up),
    },
    Work {
        name: "w2",
        what: "lengths of five options in one pass",
        less: "empty",
        run: |packets| w2(black_box(&packets.ack), length),
    },
    Work {
        name: "w3",
        what: "walk all 14 options, sum the lengths",
        less: "empty",
        run: |packets| walk(&packets.ack),
    },
    Work {
        name: "w3-full",
        what: "walk 497 options in 4096 bytes",
        less: "empty",
        run: |packets| walk(&packets.full),
    },
    Work {
        name: "w3-pads",
        what: "walk all 14 options, with one to three PADs between them",
        less: "empty",
        run: |packets| walk(&packets.padded),
    },
    Work {
        name: "w4",
        what: "replace DNS and lease time, add option 43",
        less: "empty",
        run: w4,
    },
    Work {
        name: "w4-pads",
        what: "the same, with one to three PADs between the options",
        less: "empty",
        run: w4_pads,
    },
    Work {
        name: "w4-relay",
        what: "the same, the last option is 82, before which new ones go",
        less: "empty",
        run: |packets| edit(&packets.relayed, &mut packets.buffer),
    },
    Work {
        name: "w4-overload",
        what: "the same, with an option in `file`, and option 52 that says so",
        less: "empty",
        run: |packets| edit(&packets.overloaded, &mut packets.buffer),
    },
    Work {
        name: "w4-typed",
        what: "the same, DNS and lease time by typed keys",
        less: "empty",
        run: w4_typed,
    },
    Work {
        name: "w5",
        what: "600-byte value in three parts, joined copy",
        less: "empty",
        run: w5,
    },
    Work {
        name: "w5-parts",
        what: "the same, parts only",
        less: "empty",
        run: |packets| w5_parts(black_box(&packets.split), use_up_part),
    },
    Work {
        name: "lifecycle",
        what: "Stage::advance: dropped, then processed",
        less: "empty",
        run: |_| lifecycle(),
    },
    Work {
        name: "life",
        what: "admit, get, dropped, processed, in a table of 4096 slots, 24-byte state",
        less: "life-none",
        run: |packets| life::<1, true>(&packets.table),
    },
    Work {
        name: "life-kept",
        what: "the same, not dropped",
        less: "life-none",
        run: |packets| life::<1, false>(&packets.table),
    },
    Work {
        name: "life-get",
        what: "the same as life, with one more get",
        less: "life-none",
        run: |packets| life::<2, true>(&packets.table),
    },
    Work {
        name: "life-none",
        what: "what `life` does beside its calls of the table",
        less: "empty",
        run: |_| life_none(),
    },
    Work {
        name: "admit-50",
        what: "admit a packet beside 2047, of which one is ended at random for each, 4096 slots",
        less: "admit-none",
        run: |packets| packets.half.turn_over(),
    },
    Work {
        name: "admit-99",
        what: "the same beside 4054",
        less: "admit-none",
        run: |packets| packets.crowded.turn_over(),
    },
    Work {
        name: "admit-0",
        what: "the same beside none",
        less: "admit-none",
        run: |packets| packets.vacant.turn_over(),
    },
    Work {
        name: "admit-full",
        what: "the same beside 63, 64 slots",
        less: "admit-none",
        run: |packets| packets.full_table.turn_over(),
    },
    Work {
        name: "admit-none",
        what: "what is counted of these beside the table's admission",
        less: "",
        run: |_| usize::from(counted_admission_none().is_some()),
    },
    Work {
        name: "hook-0",
        what: "hook path of an empty author: NewPkt, dropped, processed, state of 0 bytes",
        less: "hook-none",
        run: |packets| pass(&packets.hooks.tracking_0, &mut packets.ack, &[0xA, 0xB]),
    },
    Work {
        name: "hook",
        what: "the same, state of 6 bytes",
        less: "hook-none",
        run: |packets| pass(&packets.hooks.tracking, &mut packets.ack, &[0xA, 0xB]),
    },
    Work {
        name: "hook-64",
        what: "the same, state of 64 bytes",
        less: "hook-none",
        run: |packets| pass(&packets.hooks.tracking_64, &mut packets.ack, &[0xA, 0xB]),
    },
    Work {
        name: "hook-pass",
        what: "hook path of an empty author: NewPkt, processed, not tracked",
        less: "hook-none-2",
        run: |packets| pass(&packets.hooks.passing, &mut packets.ack, &[0xB]),
    },
    Work {
        name: "hook-none",
        what: "the three calls of a server to hooks that return at once",
        less: "empty",
        run: |packets| pass(&packets.hooks.none, &mut packets.ack, &[0xA, 0xB]),
    },
    Work {
        name: "hook-none-2",
        what: "two calls",
        less: "empty",
        run: |packets| pass(&packets.hooks.none, &mut packets.ack, &[0xB]),
    },
];

/// The transaction id of all packets.
pub const XID: u32 = 0x0102_0304;
/// The hardware address in all packets.
pub const CHADDR: [u8; 6] = [2, 0, 0x5e, 0x10, 0, 7];

/// A value in which no part is like another.
pub const SPLIT: [u8; 600] = {
    let mut value = [0; 600];
    let mut at = 0;
    while at < value.len() {
        value[at] = (at % 251) as u8;
        at += 1;
    }
    value
};

pub struct Packets {
    /// A server's ACK as Windows sends it: 342 bytes, 14 options.
    pub ack: Vec<u8>,
    /// The same options with one to three PADs after each.
    pub padded: Vec<u8>,
    /// The same options and option 82, as in a reply through a relay agent.
    pub relayed: Vec<u8>,
    /// The same options and option 52, and one in `file`.
    pub overloaded: Vec<u8>,
    /// 4096 bytes with 497 options.
    pub full: Vec<u8>,
    /// An option, [`SPLIT`], in three parts.
    pub split: Vec<u8>,
    pub buffer: PacketBuffer,
    pub joined: [u8; 1024],
    pub table: Box<PacketTable<[u64; 3], 4096>>,
    pub vacant: Filled<1, 4096>,
    pub half: Filled<2048, 4096>,
    pub crowded: Filled<4055, 4096>,
    pub full_table: Filled<64, 64>,
    /// Callouts that do nothing.
    pub hooks: Hooks,
}

/// A table of `N` slots with `LIVE` packets.
pub struct Filled<const LIVE: usize, const N: usize> {
    /// Of another type than that of `life`, so that neither is compiled with regard to the other.
    table: Box<PacketTable<[u32; 6], N>>,
    live: Vec<Context>,
    random: u32,
}

impl<const LIVE: usize, const N: usize> Filled<LIVE, N> {
    fn new() -> Self {
        let mut filled = Self {
            table: Box::new(PacketTable::new()),
            live: Vec::new(),
            random: 1,
        };
        let admitted = (0..LIVE).filter_map(|_| filled.table.admit([1; 6]).ok());
        filled.live = admitted.map(|admitted| admitted.context).collect();
        // So that the vacant slots are where chance has left them.
        for _ in 0..4 * N {
            filled.turn_over();
        }
        filled
    }

    /// Chooses a packet at random.
    fn pick(&mut self) -> (usize, Context) {
        self.random = self.random.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let index = usize::try_from(self.random >> 8).unwrap_or(0) % LIVE;
        (index, self.live[index])
    }

    /// Ends a packet at random, and admits another.
    fn turn_over(&mut self) -> usize {
        let (index, context) = self.pick();
        let _ = self.table.notify(context, Notice::Processed);
        match counted_admission(&self.table) {
            Some(context) => self.live[index] = context,
            None => return 0,
        }
        index
    }
}

/// What is counted of [`Filled::turn_over`]: `benches/instructions` knows it by the name.
#[inline(never)]
fn counted_admission<const N: usize>(table: &PacketTable<[u32; 6], N>) -> Option<Context> {
    Some(table.admit(black_box([1; 6])).ok()?.context)
}

/// What [`counted_admission`] does beside its call of the table.
#[inline(never)]
fn counted_admission_none() -> Option<Context> {
    let _ = black_box([1_u32; 6]);
    black_box(None)
}

impl Default for Packets {
    fn default() -> Self {
        let ack: [(u8, &[u8]); 14] = [
            (53, &[5]),
            (58, &[0, 0, 14, 16]),
            (59, &[0, 0, 24, 156]),
            (51, &[0, 0, 28, 32]),
            (54, &[10, 0, 0, 1]),
            (1, &[255, 255, 255, 0]),
            (3, &[10, 0, 0, 1]),
            (6, &[10, 0, 0, 2, 10, 0, 0, 3]),
            (15, b"corp.example"),
            (44, &[10, 0, 0, 4]),
            (46, &[8]),
            (42, &[10, 0, 0, 5]),
            (12, b"abc"),
            (81, &[0, 255, 255]),
        ];
        // 3855 bytes between the cookie and END: 496 options of 5 to 8 bytes, and one of the rest.
        let mut full = Vec::new();
        for index in 0..496_u16 {
            let value = vec![1; usize::from(index % 5 + 3)];
            full.push((u8::try_from(index % 250 + 1).unwrap_or(1), value));
        }
        let so_far: usize = full.iter().map(|(_, value)| value.len() + 2).sum();
        full.push((200, vec![1; 3855 - so_far - 2]));
        let full: Vec<_> = full
            .iter()
            .map(|(code, value)| (if *code == 52 { 224 } else { *code }, &value[..]))
            .collect();
        let parts: Vec<_> = SPLIT.chunks(255).collect();
        let split: [(u8, &[u8]); 4] = [(43, parts[0]), (43, parts[1]), (53, &[5]), (43, parts[2])];
        Self {
            ack: packet(&ack, 342),
            relayed: packet(&with(&ack, (82, &[1, 4, 0, 4, 0, 7])), 0),
            overloaded: overloaded(packet(&with(&ack, (52, &[1])), 0)),
            padded: padded(&packet(&ack, 0)),
            full: packet(&full, 4096),
            split: packet(&split, 0),
            buffer: PacketBuffer::new(),
            joined: [0; 1024],
            table: Box::new(PacketTable::new()),
            vacant: Filled::new(),
            half: Filled::new(),
            crowded: Filled::new(),
            full_table: Filled::new(),
            hooks: Hooks::new(),
        }
    }
}

pub fn packet(options: &[(u8, &[u8])], size: usize) -> Vec<u8> {
    let mut packet = vec![0; 236];
    packet[..4].copy_from_slice(&[2, 1, 6, 0]);
    packet[4..8].copy_from_slice(&XID.to_be_bytes());
    packet[28..34].copy_from_slice(&CHADDR);
    packet.extend([99, 130, 83, 99]);
    for (code, value) in options {
        packet.extend([*code, u8::try_from(value.len()).unwrap_or_default()]);
        packet.extend(*value);
    }
    packet.push(255);
    packet.resize(packet.len().max(size), 0);
    packet
}

fn with<'a>(options: &[(u8, &'a [u8])], last: (u8, &'a [u8])) -> Vec<(u8, &'a [u8])> {
    options.iter().copied().chain([last]).collect()
}

/// Puts a boot file name into `file`, as an option.
fn overloaded(mut packet: Vec<u8>) -> Vec<u8> {
    packet[108..120].copy_from_slice(b"\x43\x09boot.wim\0\xff");
    packet
}

/// Adds one PAD after the first option of `packet`, two after the second, three after the third, and so on again.
pub fn padded(packet: &[u8]) -> Vec<u8> {
    let (header, mut rest) = packet.split_at(240);
    let mut padded = header.to_vec();
    for pads in (1..=3).cycle() {
        let [_, length, ..] = rest else { break };
        let (option, others) = rest.split_at(usize::from(*length) + 2);
        padded.extend(option);
        padded.resize(padded.len() + pads, 0);
        rest = others;
    }
    padded.extend(rest);
    padded
}

/// A code that the compiler cannot make part of the work.
fn opaque(code: OptionCode) -> OptionCode {
    black_box(code)
}

/// What W1 does with a transaction id and a hardware address: uses them, so that the compiler cannot leave them out.
#[inline]
pub fn use_up(xid: u32, chaddr: &[u8]) {
    black_box(xid);
    black_box(chaddr);
}

/// The same with a part of a value; returns its length.
#[inline]
pub fn use_up_part(part: &[u8]) -> usize {
    black_box(part).len()
}

/// What W2 adds for the place and the length of a value.
#[inline]
pub fn length(_: usize, length: usize) -> usize {
    length
}

#[inline]
pub fn w1(packet: &[u8], read: impl FnOnce(u32, &[u8])) -> usize {
    let Ok(message) = Message::parse(packet) else {
        return 0;
    };
    let Ok(Some(message_type)) = message.first(option::MESSAGE_TYPE) else {
        return 0;
    };
    read(message.xid(), message.chaddr().unwrap_or_default());
    usize::from(message_type.code())
}

#[inline]
pub fn w1_joined(packet: &[u8], read: impl FnOnce(u32, &[u8])) -> usize {
    let Ok(message) = Message::parse(packet) else {
        return 0;
    };
    let Some(message_type) = message.message_type() else {
        return 0;
    };
    read(message.xid(), message.chaddr().unwrap_or_default());
    usize::from(message_type.code())
}

#[inline]
pub fn w2(packet: &[u8], mut read: impl FnMut(usize, usize) -> usize) -> usize {
    let Ok(message) = Message::parse(packet) else {
        return 0;
    };
    let picked = message.pick([
        option::MESSAGE_TYPE.code(),
        option::SERVER_ID.code(),
        option::LEASE_TIME.code(),
        option::SUBNET_MASK.code(),
        option::DNS_SERVERS.code(),
    ]);
    (0..5)
        .filter_map(|place| Some(read(place, picked.value(place)?.len())))
        .sum()
}

#[inline]
pub fn walk(packet: &[u8]) -> usize {
    let Ok(message) = Message::parse(black_box(packet)) else {
        return 0;
    };
    let mut sum = 0;
    for option in message.options() {
        let Ok(option) = option else { break };
        sum += option.value.len();
    }
    sum
}

#[inline]
pub fn w4(packets: &mut Packets) -> usize {
    edit(&packets.ack, &mut packets.buffer)
}

pub fn w4_pads(packets: &mut Packets) -> usize {
    edit(&packets.padded, &mut packets.buffer)
}

fn edit(packet: &[u8], buffer: &mut PacketBuffer) -> usize {
    let Ok(message) = Message::parse(black_box(packet)) else {
        return 0;
    };
    buffer.clear();
    let edited = buffer.edit_from(message, |editor| {
        editor
            .set_raw(
                opaque(option::DNS_SERVERS.code()),
                black_box(&[192, 0, 2, 53, 192, 0, 2, 54]),
            )
            .set_raw(opaque(option::LEASE_TIME.code()), black_box(&[0, 0, 14, 16]))
            .set_raw(
                opaque(option::VENDOR_SPECIFIC.code()),
                black_box(&[1, 4, 0xde, 0xad, 0xbe, 0xef]),
            );
    });
    edited.unwrap_or_default()
}

#[inline]
pub fn w4_typed(packets: &mut Packets) -> usize {
    use dhcp_callout::message::Seconds;

    let Ok(message) = Message::parse(black_box(&packets.ack)) else {
        return 0;
    };
    let servers = [
        core::net::Ipv4Addr::new(192, 0, 2, 53),
        core::net::Ipv4Addr::new(192, 0, 2, 54),
    ];
    packets.buffer.clear();
    let edited = packets.buffer.edit_from(message, |editor| {
        editor
            .set(option::DNS_SERVERS, black_box(&servers))
            .set(option::LEASE_TIME, black_box(Seconds(3600)))
            .set_raw(
                option::VENDOR_SPECIFIC.code(),
                black_box(&[1, 4, 0xde, 0xad, 0xbe, 0xef]),
            );
    });
    edited.unwrap_or_default()
}

#[inline]
pub fn w5(packets: &mut Packets) -> usize {
    let Ok(message) = Message::parse(black_box(&packets.split)) else {
        return 0;
    };
    let Ok(Some(fragments)) = message.fragments(opaque(option::VENDOR_SPECIFIC.code())) else {
        return 0;
    };
    fragments.copy_to(&mut packets.joined).map_or(0, |joined| joined.len())
}

#[inline]
pub fn w5_parts(packet: &[u8], read: impl FnMut(&[u8]) -> usize) -> usize {
    let Ok(message) = Message::parse(packet) else {
        return 0;
    };
    let Ok(Some(fragments)) = message.fragments(opaque(option::VENDOR_SPECIFIC.code())) else {
        return 0;
    };
    fragments.map(read).sum()
}

fn lifecycle() -> usize {
    let [dropped, processed] = black_box([0xA, 0xB]).map(Notice::from_code);
    usize::from(
        Stage::InFlight
            .advance(dropped)
            .and_then(|stage| stage.advance(processed))
            .is_ok(),
    )
}

const NOTICES: [Notice; 2] = [Notice::Dropped(DropReason::NOADDRESS), Notice::Processed];

fn life<const GETS: usize, const IS_DROPPED: bool>(table: &PacketTable<[u64; 3], 4096>) -> usize {
    let [dropped, processed] = black_box(NOTICES);
    let Ok(admitted) = table.admit(black_box([1, 2, 3])) else {
        return 0;
    };
    let context = black_box(admitted.context);
    for _ in 0..GETS {
        let _ = table.get(context).map(Borrowed::release);
    }
    if IS_DROPPED {
        let _ = table.notify(context, dropped);
    }
    match table.notify(context, processed) {
        Ok(Progress::Done { state, .. }) => usize::from(black_box(state) == [1, 2, 3]),
        _ => 0,
    }
}

/// What `life` does beside its calls of the table, and no more: it moves what goes in and comes out to memory.
fn life_none() -> usize {
    let _ = black_box(NOTICES);
    let state = black_box([1, 2, 3]);
    let _ = black_box(1);
    usize::from(black_box(state) == [1, 2, 3])
}
