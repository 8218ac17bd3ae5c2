//! What clients and servers say to each other: exchanges for a callout to see.
//!
//! All but the last seven have the addresses and options of packets that real programs sent: udhcpc, dhclient and dhcpcd
//! to ISC DHCP and Kea, some by way of a relay.

use alloc::vec::Vec;

use super::numbers::Numbers;
use crate::buffer::PACKET_CAPACITY;
use crate::message::{FILE, MAGIC_COOKIE, MIN_LENGTH, Message, MessageType, OpCode};

/// A packet of a client, and what the server answers.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) request: Vec<u8>,
    pub(super) reply: Option<Vec<u8>>,
}

/// What tells exchanges apart: the field `xid`, and the hardware address, if it is one of Ethernet.
pub(super) type Transaction = (u32, Option<[u8; 6]>);

/// Returns the transaction of a packet.
pub(super) fn transaction(message: Message<'_>) -> Transaction {
    (message.xid(), message.mac())
}

impl Exchange {
    /// Returns the transaction, if one of the packets has it.
    pub(super) fn transaction(&self) -> Option<Transaction> {
        let mut packets = core::iter::once(&self.request).chain(&self.reply);
        packets.find_map(|packet| Message::parse(packet).ok().map(transaction))
    }

    /// Returns what something is for the request and for the reply.
    pub(super) fn each<T>(&self, mut of: impl FnMut(&[u8]) -> T) -> (T, Option<T>) {
        (of(&self.request), self.reply.as_deref().map(of))
    }

    /// Returns the exchange of a client that sends its packet again, four seconds later.
    fn again(&self) -> Self {
        let mut again = self.clone();
        if let Some(secs) = again.request.get_mut(8..10) {
            secs.copy_from_slice(&4_u16.to_be_bytes());
        }
        again
    }

    /// Returns whether the server drops the request: it is not answered, and wants an answer.
    pub(super) fn is_dropped(&self) -> bool {
        let message_type = Message::parse(&self.request).ok().and_then(Message::message_type);
        let wants_none = matches!(message_type, Some(MessageType::DECLINE | MessageType::RELEASE));
        self.reply.is_none() && !wants_none
    }
}

const SERVER: [u8; 4] = [192, 0, 2, 1];

/// How many zero bytes `z` is short for.
const ZEROS: usize = 247;

/// Requests and replies, hexadecimal: `ciaddr`, `yiaddr`, `giaddr`, the options, and after a `|` the field `file`.
/// Without options it is BOOTP.
const EXCHANGES: [(&str, &str); 17] = [
    // A DISCOVER of udhcpc by way of a relay, and the OFFER.
    (
        "00000000 00000000 c6336401 350101 39020240 37070103060c0f1c2a 0c08636c69656e742d32 \
         3c0c756468637020312e33352e30 3d070102005e005312 520601046c616e30 ff",
        "00000000 c6336465 c6336401 350102 3604cb007101 330400000014 0104ffffff00 0304c6336401 0604cb007135 \
         0f0c6578616d706c652e74657374 520601046c616e30 ff",
    ),
    // Its REQUEST, and the ACK.
    (
        "00000000 00000000 c6336401 350103 3204c6336465 3604cb007101 39020240 37070103060c0f1c2a \
         0c08636c69656e742d32 3c0c756468637020312e33352e30 3d070102005e005312 520601046c616e30 ff",
        "00000000 c6336465 c6336401 350105 3604cb007101 330400000014 0104ffffff00 0304c6336401 0604cb007135 \
         0f0c6578616d706c652e74657374 520601046c616e30 ff",
    ),
    // A REQUEST of dhcpcd, which takes long replies, and the ACK.
    (
        "00000000 00000000 00000000 3204c0000264 350103 3604c0000201 370f017903060c0f1a1c212a33363a3b77 390205c0 \
         3d0fff5e0053110003000102005e005311 3c06646863706364 0c08636c69656e742d31 910101 ff",
        "00000000 c0000264 00000000 350105 0104ffffff00 0304c0000201 0608c0000235c6336435 0c08636c69656e742d31 \
         0f0c6578616d706c652e74657374 2a04cb00717b 330400000018 3604c0000201 3a0400000006 3b0400000012 \
         3d0fff5e0053110003000102005e005311 7720036c6162076578616d706c65047465737400076578616d706c65047465737400 ff",
    ),
    // A renewal of dhclient, and the ACK.
    (
        "c0000264 00000000 00000000 350103 0c08636c69656e742d31 3709011c030f0677791a2a ff",
        "c0000264 c0000264 00000000 350105 3604c0000201 330400000014 0104ffffff00 1c04c00002ff 0304c0000201 \
         0f0c6578616d706c652e74657374 0608c0000235c6336435 7714036c6162076578616d706c65047465737400c004 \
         790818c63364c00002fe 2a04cb00717b ff",
    ),
    // A REQUEST for an address of another network, and the NAK.
    (
        "00000000 00000000 00000000 350103 3204c633644d 0c08636c69656e742d31 3709011c030f0677791a2a ff",
        "00000000 00000000 00000000 350106 3604c0000201 ff",
    ),
    // An INFORM of dhcpcd, and the ACK.
    (
        "c633641e 00000000 00000000 350108 370d017903060c0f1a1c212a333677 390205c0 \
         3d0fff5e0053130003000102005e005313 3c06646863706364 0c08636c69656e742d33 910101 ff",
        "c633641e 00000000 00000000 350105 0304c6336401 0608c0000235c6336435 0f0c6578616d706c652e74657374 \
         2a04cb00717b 3604c6336401 3d0fff5e0053130003000102005e005313 \
         7720036c6162076578616d706c65047465737400076578616d706c65047465737400 ff",
    ),
    // A REQUEST, and an ACK so full that its options go on in the field `file`, and have no END before that.
    (
        "00000000 00000000 00000000 350103 3604c0000201 3204c0000267 0c08636c69656e742d33 3709011c030f0677791a2a \
         3d070102005e005313 ff",
        "00000000 c0000267 00000000 350105 3604c0000201 330400000014 0104ffffff00 1c04c00002ff 0304c0000201 \
         0f0c6578616d706c652e74657374 0608c0000235c6336435 \
         77f6076578616d706c650474657374000d6465706172746d656e742d3031096272616e63682d3031c0080d6465706172746d \
         656e742d3032096272616e63682d3032c0080d6465706172746d656e742d3033096272616e63682d3033c0080d6465706172 \
         746d656e742d3034096272616e63682d3034c0080d6465706172746d656e742d3035096272616e63682d3035c0080d646570 \
         6172746d656e742d3036096272616e63682d3036c0080d6465706172746d656e742d3037096272616e63682d3037c0080d64 \
         65706172746d656e742d3038096272616e63682d3038c0080d6465706172746d656e742d3039096272616e63682d3039 340101 | \
         7736c0080d6465706172746d656e742d3130096272616e63682d3130c0080d6465706172746d656e742d3131096272616e63 \
         682d3131c008 790818c63364c00002fe 2a04cb00717b ff",
    ),
    // A DECLINE of dhclient.
    (
        "00000000 00000000 00000000 350104 3604c0000201 3204c0000265 0c08636c69656e742d32 \
         3d0fff5e0053120003000102005e005312 ff",
        "",
    ),
    // A RELEASE of dhclient.
    (
        "c0000264 00000000 00000000 350107 3604c0000201 0c08636c69656e742d31 ff",
        "",
    ),
    // A DISCOVER of dhclient that nobody answers.
    (
        "00000000 00000000 00000000 350101 0c08636c69656e742d31 3709011c030f0677791a2a ff",
        "",
    ),
    // What Windows sends with a user class, and an ACK with a long value in Microsoft's form: 255 bytes, then 250.
    (
        "00000000 00000000 00000000 350103 3d070102005e005314 3204c0000264 3604c0000201 0c0457494e31 51070000007769 \
         6e31 3c084d53465420352e30 4d0e525241532e4d6963726f736f6674 370e0103060f1f212b2c2e2f7779f9fc ff",
        "00000000 c0000264 00000000 350105 3604c0000201 330400000e10 0104ffffff00 510303ffff 2bff010400000002 dcf7z \
         fa0400000000 ff",
    ),
    // A DISCOVER with Rapid Commit, and the ACK.
    (
        "00000000 00000000 00000000 350101 5000 3d070002005e005315 3702 0306 ff",
        "00000000 c0000264 00000000 350105 5000 3604c0000201 330400000e10 0304c0000201 ff",
    ),
    // A DISCOVER of a PXE client with UEFI that asks for an hour and takes long replies, and the OFFER.
    (
        "00000000 00000000 00000000 350101 390205c0 330400000e10 370e0103060c0f2b3c424361808182ff \
         6111005e0053 000102030405060708090a0b0c 5d020007 5e03010310 \
         3c20505845436c69656e743a417263683a30303030373a554e44493a303033303136 ff",
        "00000000 c0000265 00000000 350102 3604c0000201 330400000e10 0104ffffff00 0304c0000201 0604c0000235 \
         2bff010400000002 dcf7z e0f7z e1f7z ff",
    ),
    // BOOTP.
    ("00000000 00000000 00000000", "00000000 c0000264 00000000"),
    // By way of a relay, a REQUEST for an address of another network, and the NAK.
    (
        "00000000 00000000 c6336401 350103 3204cb00714d 3604c0000201 3d070102005e005316 520e01046c616e30 0206025e00005301 ff",
        "00000000 00000000 c6336401 350106 3604c0000201 520e01046c616e30 0206025e00005301 ff",
    ),
    // By way of a relay, an INFORM, and the ACK.
    (
        "c633641f 00000000 c6336401 350108 3703 0306 0f 3d070102005e005317 520601046c616e30 ff",
        "c633641f 00000000 c6336401 350105 3604c0000201 0304c6336401 0604cb007135 520601046c616e30 ff",
    ),
    // A LEASEQUERY of a relay for an address (RFC 4388), and the LEASEACTIVE with the client that has it.
    (
        "c633641f 00000000 c6336401 35010a 370433525b3d ff",
        "c633641f 00000000 c6336401 35010d 3604c0000201 330400000e10 5b040000003c 520601046c616e30 \
         3d070102005e005317 ff",
    ),
];

/// Which exchanges come twice: those by way of a relay, of a renewal, and of a DISCOVER that nobody answers.
const SENT_AGAIN: [usize; 3] = [0, 3, 9];

/// Returns the exchanges, of clients with addresses of their own, and with transaction ids by `numbers`. Some clients
/// send their packet again, while the first is on its way.
pub(super) fn exchanges(numbers: &mut Numbers) -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    for number in 0..EXCHANGES.len() {
        let first = exchange(number, numbers.next_u32());
        let again = first
            .as_ref()
            .filter(|_| SENT_AGAIN.contains(&number))
            .map(Exchange::again);
        exchanges.extend(first.into_iter().chain(again));
    }
    exchanges
}

/// Returns the exchange of this number, counted from 0.
pub(super) fn exchange(number: usize, xid: u32) -> Option<Exchange> {
    let (request, reply) = *EXCHANGES.get(number)?;
    let client = u8::try_from(number).unwrap_or_default().saturating_add(1);
    let reply = Some(reply).filter(|reply| !reply.is_empty());
    Some(Exchange {
        request: packet(OpCode::REQUEST, xid, client, request),
        reply: reply.map(|reply| packet(OpCode::REPLY, xid, client, reply)),
    })
}

fn packet(op: OpCode, xid: u32, client: u8, text: &str) -> Vec<u8> {
    let (text, file) = text.split_once('|').unwrap_or((text, ""));
    let text = bytes(text);
    let (addresses, options) = text.split_at(text.len().min(12));
    let (addresses, giaddr) = addresses.split_at(addresses.len().min(8));
    let mut packet = Vec::with_capacity(PACKET_CAPACITY / 4);
    // One has the address of an InfiniBand interface, which is nowhere, so that replies are broadcast (RFC 4390); one a
    // long address; and of one the relay does not know it.
    let (broadcast, hardware, address): (u8, _, &[u8]) = match client {
        12 => (0x80, [32, 0], &[]),
        13 => (0, [27, 8], &[2, 0, 0x5E, 0xFF, 0xFE, 0, 0x53, client]),
        17 if op == OpCode::REQUEST => (0, [0, 0], &[]),
        _ => (0, [1, 6], &[2, 0, 0x5E, 0, 0x53, client]),
    };
    packet.push(op.code());
    packet.extend(hardware);
    packet.push(0);
    packet.extend(xid.to_be_bytes());
    // `secs` and `flags`.
    packet.extend([0, 0, broadcast, 0]);
    packet.extend(addresses);
    packet.extend(if op == OpCode::REPLY { SERVER } else { [0; 4] });
    packet.extend(giaddr);
    packet.extend(address);
    packet.resize(FILE.start, 0);
    packet.extend(bytes(file));
    packet.resize(FILE.end, 0);
    if !options.is_empty() {
        packet.extend(MAGIC_COOKIE);
        packet.extend(options);
    }
    packet.resize(packet.len().max(MIN_LENGTH), 0);
    packet
}

/// Reads hexadecimal digits, in lower case, and passes over the space between them.
fn bytes(hexadecimal: &str) -> Vec<u8> {
    let mut digits = hexadecimal.bytes().filter(|byte| *byte > b' ');
    // The lower half is the digit, or of a letter 9 less.
    let digit = |byte: u8| (byte & 15).wrapping_add((byte >> 6).wrapping_mul(9));
    let mut bytes = Vec::with_capacity(hexadecimal.len() / 2);
    while let Some(high) = digits.next() {
        if high == b'z' {
            bytes.resize(bytes.len().saturating_add(ZEROS), 0);
        } else {
            bytes.extend(digits.next().map(|low| digit(high) << 4 | digit(low)));
        }
    }
    bytes
}
