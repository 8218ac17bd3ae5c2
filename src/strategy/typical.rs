//! What clients and servers say to each other every day: one message, an exchange, a conversation.

use std::vec;
use std::vec::Vec;

use proptest::bool::weighted;
use proptest::collection::vec as vec_of;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::sample::{Composition, Sample};
use super::shrink::InOrder;
use crate::message::option::microsoft::{CLASS_ID_WINDOWS_2000, USER_CLASS_RRAS};
use crate::message::readable::{byte_of, bytes, concat, counted};
use crate::message::{HEADER_LENGTH, MAGIC_COOKIE, MIN_LENGTH, Message, MessageType, OpCode, OptionCode};

/// A maker of clients: the vendor class, the codes that a client asks for, and options that only its clients send.
type Maker = (&'static str, &'static [u8], &'static [(u8, &'static [u8])]);

const MAKERS: [Maker; 5] = [
    ("udhcp 1.36.1", &[1, 3, 6, 12, 15, 28, 42], &[]),
    ("dhcpcd-10.0.6", &[1, 121, 3, 6, 15, 114, 119, 252, 95, 44, 46], &[]),
    (
        "PXEClient:Arch:00007:UNDI:003016",
        &[
            1, 2, 3, 4, 5, 6, 11, 12, 13, 15, 16, 17, 18, 43, 54, 60, 67, 128, 129, 130, 131, 132, 133, 134, 135,
        ],
        // The architecture, x64 with UEFI; its interface; and the GUID of the machine.
        &[(93, &[0, 7]), (94, &[1, 3, 16]), (97, b"\0of 16 bytes here")],
    ),
    (CLASS_ID_WINDOWS_2000, WINDOWS, &[]),
    // Without a length byte.
    (CLASS_ID_WINDOWS_2000, WINDOWS, &[(77, USER_CLASS_RRAS.as_bytes())]),
];
const WINDOWS: &[u8] = &[1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252];

/// The options that are there by chance, or that RFC 2131 does not ask for; 82 is the relay agent, and 0 what is after
/// END.
const SPARE: [u8; 24] = [
    121, 119, 252, 43, 82, 0, 61, 60, 55, 77, 93, 94, 97, 57, 12, 81, 58, 59, 1, 3, 6, 15, 28, 42,
];

/// What header, cookie and END take.
const HEAD_AND_END: usize = HEADER_LENGTH + MAGIC_COOKIE.len() + 1;
/// What a reply has at most without settings: header, cookie, END, and options 53, 54, 51, 58, 59, 61 and 82.
const WITHOUT_SETTINGS: usize = HEAD_AND_END + 3 + 4 * 6 + 9 + 16;

/// The types of messages. They shrink to the first, so those of clients and of servers are together.
const TYPES: [MessageType; 8] = [
    MessageType::DISCOVER,
    MessageType::REQUEST,
    MessageType::INFORM,
    MessageType::DECLINE,
    MessageType::RELEASE,
    MessageType::OFFER,
    MessageType::ACK,
    MessageType::NAK,
];

/// A request, and the type of its reply.
type Turn = (MessageType, Option<MessageType>);

const DISCOVERED: Turn = (MessageType::DISCOVER, Some(MessageType::OFFER));
const GRANTED: Turn = (MessageType::REQUEST, Some(MessageType::ACK));
/// With Rapid Commit, RFC 4039.
const GRANTED_AT_ONCE: Turn = (MessageType::DISCOVER, Some(MessageType::ACK));
const REFUSED: Turn = (MessageType::REQUEST, Some(MessageType::NAK));
const INFORMED: Turn = (MessageType::INFORM, Some(MessageType::ACK));
const UNANSWERED: Turn = (MessageType::DISCOVER, None);

/// What clients and servers say until nobody has more to say.
const CONVERSATIONS: [&[Turn]; 7] = [
    &[DISCOVERED, GRANTED],
    &[DISCOVERED, GRANTED, GRANTED, GRANTED, (MessageType::RELEASE, None)],
    &[REFUSED, DISCOVERED, GRANTED],
    &[GRANTED_AT_ONCE, GRANTED],
    &[DISCOVERED, GRANTED, (MessageType::DECLINE, None)],
    &[INFORMED],
    &[UNANSWERED, UNANSWERED],
];

/// Yields messages such as DISCOVER, OFFER, REQUEST, ACK, NAK, DECLINE, RELEASE and INFORM of clients on Ethernet, some
/// of them through a relay agent, with the options that clients and servers put into them, in the usual order.
///
/// Some clients are Windows: their class is "MSFT 5.0", their user class has no length byte, and a value of more than
/// 255 bytes goes on in options 250.
///
/// They shrink to the options that a failure needs, and those that [RFC 2131 section 4.3.1 and
/// 4.4.1](https://www.rfc-editor.org/rfc/rfc2131#section-4.3.1) ask for: 244 bytes of a DISCOVER.
#[inline]
pub fn typical_message() -> impl Strategy<Value = Sample> {
    (InOrder(TYPES.into()), client()).prop_map(|(kind, client)| client.message(kind))
}

/// Yields messages as [`typical_message`], all of one type: one of its eight, or any other as a client's.
#[inline]
pub fn typical_message_of(kind: MessageType) -> impl Strategy<Value = Sample> {
    client().prop_map(move |client| client.message(kind))
}

/// Yields requests with a reply that fits: DISCOVER and OFFER, or with Rapid Commit ACK, REQUEST and ACK or NAK, INFORM
/// and ACK. The reply is no longer than the client takes ([`longest_reply`](crate::Message::longest_reply)).
///
/// ```
/// use dhcp_callout::Message;
/// use dhcp_callout::strategy::exchange;
/// use proptest::prelude::*;
///
/// proptest!(|((request, reply) in exchange())| {
///     let (request, reply) = (Message::parse(&request.packet)?, Message::parse(&reply.packet)?);
///     prop_assert_eq!(request.xid(), reply.xid());
/// });
/// ```
#[inline]
pub fn exchange() -> impl Strategy<Value = (Sample, Sample)> {
    (
        InOrder(vec![DISCOVERED, GRANTED, GRANTED_AT_ONCE, INFORMED, REFUSED]),
        client(),
    )
        .prop_filter_map("has a reply", |(turn, client)| {
            let (request, reply) = client.turn(turn, None, 0);
            Some((request, reply?))
        })
}

/// Yields all that one client and its server say to each other, from the first DISCOVER, REQUEST or INFORM on: with
/// renewals, with Rapid Commit, with a NAK and a new beginning, with RELEASE or DECLINE at the end, or with no answer at
/// all.
#[inline]
pub fn conversation() -> impl Strategy<Value = Vec<Sample>> {
    (InOrder(CONVERSATIONS.into()), client()).prop_map(|(turns, client)| {
        let before = [None].into_iter().chain(turns.iter().copied().map(Some));
        let all = turns.iter().zip(before).zip(0..).flat_map(|((turn, before), number)| {
            let (request, reply) = client.turn(*turn, before, number);
            [request].into_iter().chain(reply)
        });
        all.collect()
    })
}

/// The code of an option and its value.
type CodeAndValue = (u8, Vec<u8>);

/// A client, its server, and the way between them.
#[derive(Clone, Debug)]
struct Client {
    xid: u32,
    secs: u8,
    is_broadcast: bool,
    is_padded: bool,
    mac: Vec<u8>,
    address: Vec<u8>,
    server: Vec<u8>,
    /// The address of the relay agent and its option.
    relay: Option<(Vec<u8>, Vec<u8>)>,
    /// What the client says of itself and asks for.
    wishes: Vec<CodeAndValue>,
    /// What the server has for it.
    settings: Vec<CodeAndValue>,
    /// Whether long values go on in options 250.
    is_windows: bool,
    /// Which options are in no message.
    left_out: Vec<u8>,
}

#[inline]
fn client() -> impl Strategy<Value = Client> {
    let ways = (address(), address(), option::of((address(), agent())), mac());
    let header = (any::<u32>(), 0..60_u8, any::<bool>(), any::<bool>());
    (left_out(), InOrder(MAKERS.into()), wishes(), header, ways, settings()).prop_map(
        |(left_out, (class, requested, others), wishes, header, ways, settings)| {
            let left_out: Vec<_> = left_out.into_iter().flatten().collect();
            let (address, server, relay, mac) = ways;
            let (xid, secs, is_broadcast, is_padded) = header;
            let own = [(60, class.into()), (55, requested.to_vec())];
            let others = others.iter().map(|(code, value)| (*code, value.to_vec()));
            Client {
                xid,
                secs,
                is_broadcast,
                is_padded: is_padded && !left_out.contains(&0),
                mac,
                address,
                server,
                relay: relay.filter(|_| !left_out.contains(&82)),
                wishes: wishes.into_iter().flatten().chain(others).chain(own).collect(),
                settings: settings.into_iter().flatten().collect(),
                is_windows: class == CLASS_ID_WINDOWS_2000,
                left_out,
            }
        },
    )
}

impl Client {
    /// Returns a message without others around it.
    fn message(&self, kind: MessageType) -> Sample {
        match kind {
            MessageType::OFFER => self.reply(kind, MessageType::DISCOVER),
            MessageType::ACK | MessageType::NAK => self.reply(kind, MessageType::REQUEST),
            kind => self.request(kind, false),
        }
    }

    /// Returns the messages of a turn that comes after `before`, with the transaction id of that number.
    fn turn(&self, (request, reply): Turn, before: Option<Turn>, number: u32) -> (Sample, Option<Sample>) {
        // A REQUEST for what was offered goes on with the transaction.
        let is_new = before != Some(DISCOVERED);
        let mut client = Self {
            xid: self.xid.wrapping_add(number).wrapping_sub(u32::from(!is_new)),
            ..self.clone()
        };
        if (request, reply) == GRANTED_AT_ONCE {
            let rapid_commit = (80, Vec::new());
            client.wishes.insert(0, rapid_commit.clone());
            client.settings.insert(0, rapid_commit);
        }
        let renews = request == MessageType::REQUEST && matches!(before, Some(GRANTED | GRANTED_AT_ONCE));
        (
            client.request(request, renews),
            reply.map(|reply| client.reply(reply, request)),
        )
    }

    fn request(&self, kind: MessageType, renews: bool) -> Sample {
        let asks_for_it = (kind == MessageType::REQUEST && !renews) || kind == MessageType::DECLINE;
        let names_server = asks_for_it || kind == MessageType::RELEASE;
        let has_it = renews || matches!(kind, MessageType::RELEASE | MessageType::INFORM);
        let mut options = vec![(61, [&[1], &self.mac[..]].concat())];
        options.extend(asks_for_it.then(|| (50, self.address.clone())));
        options.extend(names_server.then(|| (54, self.server.clone())));
        if !matches!(kind, MessageType::DECLINE | MessageType::RELEASE) {
            options.extend(self.wishes.clone());
        }
        self.assemble(OpCode::REQUEST, kind, (has_it, false), options)
    }

    fn reply(&self, kind: MessageType, to: MessageType) -> Sample {
        let gives_settings = kind != MessageType::NAK;
        let gives_lease = gives_settings && to != MessageType::INFORM;
        let mut options = vec![(54, self.server.clone())];
        if gives_lease {
            options.extend(
                [(51, 0x0E10), (58, 0x0708), (59, 0x0C4E)]
                    .map(|(code, seconds): (u8, u32)| (code, seconds.to_be_bytes().to_vec())),
            );
        }
        if gives_settings {
            options.extend(self.settings_for(&self.request(to, false)));
        }
        options.push((61, [&[1], &self.mac[..]].concat()));
        self.assemble(OpCode::REPLY, kind, (to == MessageType::INFORM, gives_lease), options)
    }

    /// Returns the settings for which there is room in the reply to `request`.
    fn settings_for(&self, request: &Sample) -> Vec<CodeAndValue> {
        let longest = Message::parse(&request.packet).map_or(0, Message::longest_reply);
        let mut room = longest.saturating_sub(WITHOUT_SETTINGS);
        let mut fits = |(_, value): &&CodeAndValue| {
            let headers = value.len().div_ceil(255).saturating_mul(2);
            let rest = room.checked_sub(value.len().saturating_add(headers));
            room = rest.unwrap_or(room);
            rest.is_some()
        };
        self.settings.iter().filter(|setting| fits(setting)).cloned().collect()
    }

    fn assemble(
        &self,
        op: OpCode,
        kind: MessageType,
        (has_address, gives_address): (bool, bool),
        options: Vec<CodeAndValue>,
    ) -> Sample {
        let (giaddr, agent) = self.relay.clone().unzip();
        let hops = u8::from(giaddr.is_some() && op == OpCode::REQUEST);
        let address_if = |wanted: bool, address: &[u8]| if wanted { address.to_vec() } else { vec![0; 4] };
        let mut header = [
            vec![op.code(), 1, 6, hops],
            self.xid.to_be_bytes().to_vec(),
            vec![0, self.secs, u8::from(self.is_broadcast) << 7, 0],
            address_if(has_address, &self.address),
            address_if(gives_address, &self.address),
            address_if(gives_address, &self.server),
            giaddr.unwrap_or(vec![0; 4]),
            self.mac.clone(),
        ]
        .concat();
        header.resize(crate::message::HEADER_LENGTH, 0);
        let agent = agent.map(|agent| (82, agent));
        let all = [(53, vec![kind.code()])].into_iter().chain(options).chain(agent);
        let kept = all.filter(|(code, _)| !self.left_out.contains(code));
        let options: Vec<_> = kept.flat_map(|option| self.pieces(option)).collect();
        let length: usize = options.iter().map(|option| option.2.len().saturating_add(2)).sum();
        let missing = MIN_LENGTH.saturating_sub(HEAD_AND_END).saturating_sub(length);
        Composition {
            header,
            options,
            end: true,
            tail: vec![0; if self.is_padded { missing } else { 0 }],
            ..Composition::default()
        }
        .assemble()
    }

    /// Returns the options that a value takes.
    fn pieces(&self, (code, value): CodeAndValue) -> Vec<(usize, u8, Vec<u8>)> {
        let next = if self.is_windows {
            OptionCode::CONTINUATION.code()
        } else {
            code
        };
        let (first, rest) = value.split_at(value.len().min(255));
        let rest = rest.chunks(255).map(|piece| (next, piece));
        let pieces = [(code, first)].into_iter().chain(rest);
        pieces.map(|(code, piece)| (0, code, piece.to_vec())).collect()
    }
}

/// Yields no codes, but shrinks to those of [`SPARE`] that a failure does not need.
#[inline]
fn left_out() -> impl Strategy<Value = [Option<u8>; SPARE.len()]> {
    SPARE.map(|code| weighted(1.0).prop_map(move |is_kept| (!is_kept).then_some(code)))
}

/// Options that are there, or not.
type Options = Vec<BoxedStrategy<Option<CodeAndValue>>>;

#[inline]
fn wishes() -> Options {
    vec![
        maybe(57, select(vec![vec![0x05, 0xdc], vec![0x02, 0x40]])),
        maybe(12, name()),
        maybe(81, concat([Just(vec![0, 0, 0]).boxed(), name()])),
    ]
}

#[inline]
fn settings() -> Options {
    let route = || concat([Just(vec![8, 10]).boxed(), address()]);
    let search_list = (name(), select(vec!["example", "test"])).prop_map(|(name, top)| {
        // The domain, and one inside it by a pointer.
        [counted(name), counted(top.into()), b"\0\x04corp\xc0\0".to_vec()].concat()
    });
    vec![
        Just(Some((1, vec![255, 255, 255, 0]))).boxed(),
        maybe(3, address()),
        maybe(6, vec_of(address(), 1..=3).prop_map(|addresses| addresses.concat())),
        maybe(15, name().prop_map(|name| [&name[..], b".example"].concat())),
        maybe(28, address()),
        maybe(42, address()),
        maybe(43, Just(vec![1, 4, 0, 0, 0, 2])),
        maybe(119, search_list),
        // Sometimes too many for one option.
        maybe(
            121,
            prop_oneof![4 => 1..3_usize, 1 => 45..90_usize]
                .prop_flat_map(move |routes| vec_of(route(), routes))
                .prop_map(|routes| routes.concat()),
        ),
        maybe(252, Just(b"http://wpad/wpad.dat\n".to_vec())),
    ]
}

/// An option that is there more often than not.
#[inline]
fn maybe(code: u8, value: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<Option<CodeAndValue>> {
    option::weighted(0.7, value.prop_map(move |value| (code, value))).boxed()
}

#[inline]
fn address() -> BoxedStrategy<Vec<u8>> {
    concat([byte_of(Just(10)), bytes(2), byte_of(1..=254_u8)])
}

/// A hardware address that an administrator has given, or any of a maker.
#[inline]
fn mac() -> BoxedStrategy<Vec<u8>> {
    concat([byte_of(any::<u8>().prop_map(|byte| byte & 0xfe)), bytes(5)])
}

/// What a relay agent says: the circuit, and who is at its other end.
#[inline]
fn agent() -> impl Strategy<Value = Vec<u8>> {
    (b'0'..=b'9', mac()).prop_map(|(port, mac)| [&[1, 4, b'e', b't', b'h', port, 2, 6], &mac[..]].concat())
}

/// A name of a host: letters, digits, hyphens.
#[inline]
fn name() -> BoxedStrategy<Vec<u8>> {
    vec_of(select(&b"abcdefghijklmnopqrstuvwxyz0123456789-"[..]), 1..=15).boxed()
}
