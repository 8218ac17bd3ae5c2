//! What clients and servers say to each other: exchanges for a callout to see.
//!
//! All but the last three have the options of packets that real programs sent: udhcpc, dhclient and dhcpcd to ISC DHCP and
//! Kea, some by way of a relay.

use alloc::vec::Vec;

use super::numbers::Numbers;
use crate::message::{MAGIC_COOKIE, Message, OpCode};

/// A packet of a client, and what the server answers.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) request: Vec<u8>,
    pub(super) reply: Option<Vec<u8>>,
}

impl Exchange {
    /// Returns the transaction id.
    pub(super) fn xid(&self) -> Option<u32> {
        Message::parse(&self.request).ok().map(Message::xid)
    }
}

/// One packet of an exchange; the options are hexadecimal.
struct Half {
    ciaddr: [u8; 4],
    yiaddr: [u8; 4],
    giaddr: [u8; 4],
    file: &'static str,
    /// Without options it is BOOTP.
    options: &'static str,
}

const EMPTY: Half = Half {
    ciaddr: [0; 4],
    yiaddr: [0; 4],
    giaddr: [0; 4],
    file: "",
    options: "",
};

/// How long BOOTP packets are at least.
const SHORTEST: usize = 300;
const SERVER: [u8; 4] = [192, 0, 2, 1];
const LEASED: [u8; 4] = [192, 0, 2, 100];
const RELAY: [u8; 4] = [198, 51, 100, 1];
const BEHIND_RELAY: [u8; 4] = [198, 51, 100, 101];

/// Requests, with their replies.
const EXCHANGES: [(Half, Option<Half>); 13] = [
    // A DISCOVER of udhcpc by way of a relay, and the OFFER.
    (
        Half {
            giaddr: RELAY,
            options: "350101 39020240 37070103060c0f1c2a 0c08636c69656e742d32 3c0c756468637020312e33352e30 \
                      3d070102005e005312 520601046c616e30 ff",
            ..EMPTY
        },
        Some(Half {
            yiaddr: BEHIND_RELAY,
            giaddr: RELAY,
            options: "350102 3604cb007101 330400000014 0104ffffff00 0304c6336401 0604cb007135 \
                      0f0c6578616d706c652e74657374 520601046c616e30 ff",
            ..EMPTY
        }),
    ),
    // Its REQUEST, and the ACK.
    (
        Half {
            giaddr: RELAY,
            options: "350103 3204c6336465 3604cb007101 39020240 37070103060c0f1c2a 0c08636c69656e742d32 \
                      3c0c756468637020312e33352e30 3d070102005e005312 520601046c616e30 ff",
            ..EMPTY
        },
        Some(Half {
            yiaddr: BEHIND_RELAY,
            giaddr: RELAY,
            options: "350105 3604cb007101 330400000014 0104ffffff00 0304c6336401 0604cb007135 \
                      0f0c6578616d706c652e74657374 520601046c616e30 ff",
            ..EMPTY
        }),
    ),
    // A REQUEST of dhcpcd, which takes long replies, and the ACK.
    (
        Half {
            options: "3204c0000264 350103 3604c0000201 370f017903060c0f1a1c212a33363a3b77 390205c0 \
                      3d0fff5e0053110003000102005e005311 3c06646863706364 0c08636c69656e742d31 910101 ff",
            ..EMPTY
        },
        Some(Half {
            yiaddr: LEASED,
            options: "350105 0104ffffff00 0304c0000201 0608c0000235c6336435 0c08636c69656e742d31 \
                      0f0c6578616d706c652e74657374 2a04cb00717b 330400000018 3604c0000201 3a0400000006 3b0400000012 \
                      3d0fff5e0053110003000102005e005311 \
                      7720036c6162076578616d706c65047465737400076578616d706c65047465737400 ff",
            ..EMPTY
        }),
    ),
    // A renewal of dhclient, and the ACK.
    (
        Half {
            ciaddr: LEASED,
            options: "350103 0c08636c69656e742d31 3709011c030f0677791a2a ff",
            ..EMPTY
        },
        Some(Half {
            ciaddr: LEASED,
            yiaddr: LEASED,
            options: "350105 3604c0000201 330400000014 0104ffffff00 1c04c00002ff 0304c0000201 \
                      0f0c6578616d706c652e74657374 0608c0000235c6336435 7714036c6162076578616d706c65047465737400c004 \
                      790818c63364c00002fe 2a04cb00717b ff",
            ..EMPTY
        }),
    ),
    // A REQUEST for an address of another network, and the NAK.
    (
        Half {
            options: "350103 3204c633644d 0c08636c69656e742d31 3709011c030f0677791a2a ff",
            ..EMPTY
        },
        Some(Half {
            options: "350106 3604c0000201 ff",
            ..EMPTY
        }),
    ),
    // An INFORM of dhcpcd, and the ACK.
    (
        Half {
            ciaddr: [198, 51, 100, 30],
            options: "350108 370d017903060c0f1a1c2a33367739 0205c03d0fff5e0053130003000102005e005313 ff",
            ..EMPTY
        },
        Some(Half {
            ciaddr: [198, 51, 100, 30],
            options: "350105 0304c6336401 0608c0000235c6336435 0f0c6578616d706c652e74657374 2a04cb00717b 3604c6336401 \
                      3d0fff5e0053130003000102005e005313 \
                      7720036c6162076578616d706c65047465737400076578616d706c65047465737400 ff",
            ..EMPTY
        }),
    ),
    // A REQUEST, and an ACK so full that its options go on in the field `file`, and have no END before that.
    (
        Half {
            options: "350103 3604c0000201 3204c0000267 0c08636c69656e742d33 3709011c030f0677791a2a \
                      3d070102005e005313 ff",
            ..EMPTY
        },
        Some(Half {
            yiaddr: [192, 0, 2, 103],
            file: "7736c0080d6465706172746d656e742d3130096272616e63682d3130c0080d6465706172746d656e742d3131096272616e63 \
                   682d3131c008 790818c63364c00002fe 2a04cb00717b ff",
            options: "350105 3604c0000201 330400000014 0104ffffff00 1c04c00002ff 0304c0000201 \
                      0f0c6578616d706c652e74657374 0608c0000235c6336435 \
                      77f6076578616d706c650474657374000d6465706172746d656e742d3031096272616e63682d3031c0080d6465706172746d \
                      656e742d3032096272616e63682d3032c0080d6465706172746d656e742d3033096272616e63682d3033c0080d6465706172 \
                      746d656e742d3034096272616e63682d3034c0080d6465706172746d656e742d3035096272616e63682d3035c0080d646570 \
                      6172746d656e742d3036096272616e63682d3036c0080d6465706172746d656e742d3037096272616e63682d3037c0080d64 \
                      65706172746d656e742d3038096272616e63682d3038c0080d6465706172746d656e742d3039096272616e63682d3039 \
                      340101",
            ..EMPTY
        }),
    ),
    // A DECLINE of dhclient.
    (
        Half {
            options: "350104 3604c0000201 3204c0000265 0c08636c69656e742d32 3d0fff5e0053120003000102005e005312 ff",
            ..EMPTY
        },
        None,
    ),
    // A RELEASE of udhcpc.
    (
        Half {
            ciaddr: LEASED,
            options: "350107 3604c0000201 3d070102005e005311 ff",
            ..EMPTY
        },
        None,
    ),
    // A DISCOVER of dhclient that nobody answers.
    (
        Half {
            options: "350101 0c08636c69656e742d31 3709011c030f0677791a2a ff",
            ..EMPTY
        },
        None,
    ),
    // What Windows sends with a user class, and an ACK with a long value in Microsoft's form: 255 bytes, then 250.
    (
        Half {
            options: "350103 3d070102005e005314 3204c0000264 3604c0000201 0c0457494e31 51070000007769 6e31 \
                      3c084d53465420352e30 4d0e525241532e4d6963726f736f6674 370e0103060f1f212b2c2e2f7779f9fc ff",
            ..EMPTY
        },
        Some(Half {
            yiaddr: LEASED,
            options: "350105 3604c0000201 330400000e10 0104ffffff00 \
                      2bff010400000002 dcf7 \
                      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 \
                      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 \
                      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 \
                      0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 \
                      00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 \
                      fa0400000000 ff",
            ..EMPTY
        }),
    ),
    // A DISCOVER with Rapid Commit, and the ACK.
    (
        Half {
            options: "350101 5000 3d070102005e005315 3702 0306 ff",
            ..EMPTY
        },
        Some(Half {
            yiaddr: LEASED,
            options: "350105 5000 3604c0000201 330400000e10 0304c0000201 ff",
            ..EMPTY
        }),
    ),
    // BOOTP.
    (
        EMPTY,
        Some(Half {
            yiaddr: LEASED,
            ..EMPTY
        }),
    ),
];

/// Returns the exchanges, of clients with addresses of their own, and with transaction ids by `numbers`.
pub(super) fn exchanges(numbers: &mut Numbers) -> Vec<Exchange> {
    let numbered = EXCHANGES.iter().zip(1..);
    numbered
        .map(|((request, reply), client)| {
            let xid = numbers.next_u32();
            Exchange {
                request: packet(OpCode::REQUEST, xid, client, request),
                reply: reply.as_ref().map(|reply| packet(OpCode::REPLY, xid, client, reply)),
            }
        })
        .collect()
}

fn packet(op: OpCode, xid: u32, client: u8, half: &Half) -> Vec<u8> {
    let hops = u8::from(op == OpCode::REQUEST && half.giaddr != [0; 4]);
    let mut packet = Vec::from([op.code(), 1, 6, hops]);
    packet.extend(xid.to_be_bytes());
    // `secs` and `flags`.
    packet.extend([0; 4]);
    packet.extend(half.ciaddr);
    packet.extend(half.yiaddr);
    packet.extend(if op == OpCode::REPLY { SERVER } else { [0; 4] });
    packet.extend(half.giaddr);
    packet.extend([2, 0, 0x5E, 0, 0x53, client]);
    // `sname` begins at 44, `file` at 108, and the options at 236.
    packet.resize(108, 0);
    packet.extend(bytes(half.file));
    packet.resize(236, 0);
    if !half.options.is_empty() {
        packet.extend(MAGIC_COOKIE);
        packet.extend(bytes(half.options));
    }
    packet.resize(packet.len().max(SHORTEST), 0);
    packet
}

/// Reads hexadecimal digits, and passes over all else.
fn bytes(hexadecimal: &str) -> Vec<u8> {
    let mut digits = hexadecimal.chars().filter_map(|character| character.to_digit(16));
    let mut bytes = Vec::new();
    while let (Some(high), Some(low)) = (digits.next(), digits.next()) {
        bytes.extend(u8::try_from(high << 4 | low));
    }
    bytes
}
