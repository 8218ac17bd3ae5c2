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

/// What a client sends: a REQUEST by the state that the client is in ([RFC 2131 section
/// 4.3.2](https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    Discover,
    Selecting,
    InitReboot,
    Renewing,
    Rebinding,
    Inform,
    Decline,
    Release,
    /// Of a type that RFC 2131 does not have.
    Other(MessageType),
}

/// A request, and the type of its reply.
type Turn = (Request, Option<MessageType>);

const DISCOVERED: Turn = (Request::Discover, Some(MessageType::OFFER));
const SELECTED: Turn = (Request::Selecting, Some(MessageType::ACK));
const REBOOTED: Turn = (Request::InitReboot, Some(MessageType::ACK));
const RENEWED: Turn = (Request::Renewing, Some(MessageType::ACK));
const REBOUND: Turn = (Request::Rebinding, Some(MessageType::ACK));
/// With Rapid Commit, RFC 4039.
const GRANTED_AT_ONCE: Turn = (Request::Discover, Some(MessageType::ACK));
const SELECTION_REFUSED: Turn = (Request::Selecting, Some(MessageType::NAK));
const REBOOT_REFUSED: Turn = (Request::InitReboot, Some(MessageType::NAK));
const REBINDING_REFUSED: Turn = (Request::Rebinding, Some(MessageType::NAK));
const INFORMED: Turn = (Request::Inform, Some(MessageType::ACK));
const DECLINED: Turn = (Request::Decline, None);
const RELEASED: Turn = (Request::Release, None);
const UNANSWERED: Turn = (Request::Discover, None);

/// The turns that are there alone.
const TURNS: [Turn; 12] = [
    DISCOVERED,
    SELECTED,
    REBOOTED,
    RENEWED,
    REBOUND,
    GRANTED_AT_ONCE,
    INFORMED,
    SELECTION_REFUSED,
    REBOOT_REFUSED,
    REBINDING_REFUSED,
    DECLINED,
    RELEASED,
];

/// What clients and servers say until nobody has more to say.
const CONVERSATIONS: [&[Turn]; 9] = [
    &[DISCOVERED, SELECTED],
    &[DISCOVERED, SELECTED, RENEWED, REBOUND, RELEASED],
    &[REBOOTED, RENEWED],
    &[REBOOT_REFUSED, DISCOVERED, SELECTED],
    &[DISCOVERED, SELECTION_REFUSED, DISCOVERED, SELECTED],
    &[GRANTED_AT_ONCE, RENEWED, REBINDING_REFUSED],
    &[DISCOVERED, SELECTED, DECLINED],
    &[INFORMED],
    &[UNANSWERED, UNANSWERED],
];

/// Yields messages such as DISCOVER, OFFER, REQUEST, ACK, NAK, DECLINE, RELEASE and INFORM of clients on Ethernet, some
/// of them through a relay agent, with the options that clients and servers put into them, in the usual order. Their
/// fields and options are as [RFC 2131 has them](https://www.rfc-editor.org/rfc/rfc2131#section-4.3): a REQUEST comes
/// from a client that is SELECTING, INIT-REBOOT, RENEWING or REBINDING.
///
/// Some clients are Windows: their class is "MSFT 5.0", their user class has no length byte, and a value of more than
/// 255 bytes goes on in options 250.
///
/// They shrink to the options that a failure needs, and those that [RFC 2131 section 4.3.1 and
/// 4.4.1](https://www.rfc-editor.org/rfc/rfc2131#section-4.3.1) ask for: 244 bytes of a DISCOVER.
#[inline]
pub fn typical_message() -> impl Strategy<Value = Sample> {
    (InOrder(TURNS.into()), any::<bool>(), client()).prop_map(|(turn, is_reply, client)| {
        let (request, reply) = client.turn(turn, 0);
        reply.filter(|_| is_reply).unwrap_or(request)
    })
}

/// Yields messages as [`typical_message`], all of one type: one of its eight, or any other as a client's.
#[inline]
pub fn typical_message_of(kind: MessageType) -> impl Strategy<Value = Sample> {
    let has_it = |(request, reply): &Turn| request.kind() == kind || *reply == Some(kind);
    let mut turns: Vec<_> = TURNS.into_iter().filter(has_it).collect();
    if turns.is_empty() {
        turns.push((Request::Other(kind), None));
    }
    (InOrder(turns), client()).prop_map(move |(turn, client)| {
        let (request, reply) = client.turn(turn, 0);
        reply.filter(|_| turn.1 == Some(kind)).unwrap_or(request)
    })
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
    let answered = TURNS.into_iter().filter(|(_, reply)| reply.is_some()).collect();
    (InOrder(answered), client()).prop_filter_map("has a reply", |(turn, client)| {
        let (request, reply) = client.turn(turn, 0);
        Some((request, reply?))
    })
}

/// Yields all that one client and its server say to each other, from the first DISCOVER, REQUEST or INFORM on: with
/// renewals, with Rapid Commit, with a NAK and a new beginning, with RELEASE or DECLINE at the end, or with no answer at
/// all.
///
/// They shrink to the requests that a failure needs, each with its reply.
#[inline]
pub fn conversation() -> impl Strategy<Value = Vec<Sample>> {
    let longest = CONVERSATIONS.iter().map(|turns| turns.len()).max().unwrap_or(0);
    let is_kept = vec_of(weighted(1.0), longest);
    (InOrder(CONVERSATIONS.into()), is_kept, client()).prop_filter_map("says something", |(turns, is_kept, client)| {
        // The last turns go before the first.
        let is_kept = is_kept.into_iter().rev();
        let kept = turns.iter().zip(0..).zip(is_kept).filter(|(_, is_kept)| *is_kept);
        let samples = kept.flat_map(|((turn, number), _)| {
            let (request, reply) = client.turn(*turn, number);
            [request].into_iter().chain(reply)
        });
        Some(samples.collect()).filter(|samples: &Vec<_>| !samples.is_empty())
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

impl Request {
    fn kind(self) -> MessageType {
        match self {
            Self::Discover => MessageType::DISCOVER,
            Self::Selecting | Self::InitReboot | Self::Renewing | Self::Rebinding => MessageType::REQUEST,
            Self::Inform => MessageType::INFORM,
            Self::Decline => MessageType::DECLINE,
            Self::Release => MessageType::RELEASE,
            Self::Other(kind) => kind,
        }
    }
}

impl Client {
    /// Returns the messages of a turn, with the transaction id of that number.
    fn turn(&self, (request, reply): Turn, number: u32) -> (Sample, Option<Sample>) {
        // A REQUEST for what was offered goes on with the transaction.
        let goes_on = u32::from(request == Request::Selecting);
        let mut client = Self {
            xid: self.xid.wrapping_add(number).wrapping_sub(goes_on),
            ..self.clone()
        };
        if (request, reply) == GRANTED_AT_ONCE {
            let rapid_commit = (80, Vec::new());
            client.wishes.insert(0, rapid_commit.clone());
            client.settings.insert(0, rapid_commit);
        }
        // These go to the server alone, past the relay agent: RFC 2131, sections 4.3.2 and 4.4.4.
        if matches!(request, Request::Renewing | Request::Release) {
            client.relay = None;
        }
        let asked = client.request(request);
        let said = reply.map(|reply| client.reply(reply, request, &asked));
        (asked, said)
    }

    /// Returns the message with the fields and options that tables 4 and 5 of RFC 2131 give it.
    fn request(&self, request: Request) -> Sample {
        use Request::{Decline, Inform, InitReboot, Rebinding, Release, Renewing, Selecting};
        let asks_for_it = matches!(request, Selecting | InitReboot | Decline);
        let names_server = matches!(request, Selecting | Decline | Release);
        let has_it = matches!(request, Renewing | Rebinding | Inform | Release);
        let mut options = vec![(61, [&[1], &self.mac[..]].concat())];
        options.extend(asks_for_it.then(|| (50, self.address.clone())));
        options.extend(names_server.then(|| (54, self.server.clone())));
        if !matches!(request, Decline | Release) {
            options.extend(self.wishes.clone());
        }
        self.assemble(OpCode::REQUEST, request.kind(), (has_it, false), options)
    }

    fn reply(&self, kind: MessageType, to: Request, request: &Sample) -> Sample {
        let gives_settings = kind != MessageType::NAK;
        let gives_lease = gives_settings && to != Request::Inform;
        let mut options = vec![(54, self.server.clone())];
        if gives_lease {
            options.extend(
                [(51, 0x0E10), (58, 0x0708), (59, 0x0C4E)]
                    .map(|(code, seconds): (u8, u32)| (code, seconds.to_be_bytes().to_vec())),
            );
        }
        if gives_settings {
            options.extend(self.settings_for(request));
        }
        options.push((61, [&[1], &self.mac[..]].concat()));
        self.assemble(OpCode::REPLY, kind, (to == Request::Inform, gives_lease), options)
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
        // RFC 2131: table 3, table 5, and section 4.3.2 on a NAK that a relay agent is to broadcast.
        let gives_up = matches!(kind, MessageType::DECLINE | MessageType::RELEASE);
        let secs = if gives_up || op == OpCode::REPLY { 0 } else { self.secs };
        let is_broadcast = match kind {
            MessageType::NAK if giaddr.is_some() => true,
            _ => self.is_broadcast && !gives_up,
        };
        let address_if = |wanted: bool, address: &[u8]| if wanted { address.to_vec() } else { vec![0; 4] };
        let mut header = [
            vec![op.code(), 1, 6, hops],
            self.xid.to_be_bytes().to_vec(),
            vec![0, secs, u8::from(is_broadcast) << 7, 0],
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
        // Mostly room for long values: 1500 bytes, or else 576.
        maybe(
            57,
            prop_oneof![2 => Just(vec![0x05, 0xdc]), 1 => Just(vec![0x02, 0x40])],
        ),
        maybe(12, name()),
        maybe(81, concat([Just(vec![0, 0, 0]).boxed(), name()])),
    ]
}

#[inline]
fn settings() -> Options {
    let routes = prop_oneof![2 => 1..3_usize, 1 => 45..90_usize];
    let route = concat([Just(vec![8, 10]).boxed(), address()]);
    let search_list = (name(), select(vec!["example", "test"])).prop_map(|(name, top)| {
        // The domain, and one inside it by a pointer.
        [counted(name), counted(top.into()), b"\0\x04corp\xc0\0".to_vec()].concat()
    });
    // With more after it, more than one option holds.
    let vendor = |more: u8| [vec![1, 4, 0, 0, 0, 2, 2, more], vec![b'x'; more.into()]].concat();
    vec![
        Just(Some((1, vec![255, 255, 255, 0]))).boxed(),
        maybe(3, address()),
        maybe(6, vec_of(address(), 1..=3).prop_map(|addresses| addresses.concat())),
        maybe(15, name().prop_map(|name| [&name[..], b".example"].concat())),
        maybe(28, address()),
        maybe(42, address()),
        maybe(
            43,
            prop_oneof![2 => Just(vec![1, 4, 0, 0, 0, 2]), 1 => (248..=255_u8).prop_map(vendor)],
        ),
        maybe(119, search_list),
        // Sometimes too many for one option. They are all alike, which shrinks in few steps.
        maybe(121, (routes, route).prop_map(|(routes, route)| route.repeat(routes))),
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
