//! Proves what a callout hears of a server in every variant that the documentation leaves open, by itself and in a
//! chain: each state comes back once, nothing is lost in silence, and what the server does not honour is not there.
#![expect(unsafe_code, reason = "an entry point is called with raw pointers")]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::control::ServiceControl;
use dhcp_callout::ffi::EntryPoint;
use dhcp_callout::hook::HookError;
use dhcp_callout::simulate::{Call, Conduct, Contexts, Datagram, EntryCall, Notices, Server, Swaps, Threads};
use dhcp_callout::{
    Callout, Decision, Diagnostic, DllPath, Host, Message, MessageType, NewPacket, Notice, OnOptionsParsed,
    OnSendPacket, Outcome, PacketBuffer, PacketNotice, ParsedOptions, SendPacket, Stage, entry_point, option,
};

/// What a callout heard.
#[derive(Clone, Copy)]
enum Heard {
    Offered,
    Tracked,
    Parsed,
    ParsedAltered,
    Sent,
    SentWithState,
    Dropped,
    DroppedWithState,
    Done,
    Lost,
    NotTracked,
    Rejected,
    Contained,
}

/// Refuses one client, tracks the packets of all others, alters them and the replies, and counts what it hears.
struct Counts([AtomicU32; 13]);

impl Counts {
    const fn new() -> Self {
        Self([const { AtomicU32::new(0) }; 13])
    }

    fn count(&self, heard: Heard) {
        self.0[heard as usize].fetch_add(1, Relaxed);
    }

    fn take(&self) -> impl Fn(Heard) -> u32 + use<> {
        let counts = self.0.each_ref().map(|count| count.swap(0, Relaxed));
        move |heard| counts[heard as usize]
    }
}

impl Callout for Counts {
    type State = [u8; 16];

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<[u8; 16]> {
        self.count(Heard::Offered);
        let client = *packet.message().unwrap().chaddr_field();
        if client[5] == REFUSED {
            return Decision::Refuse;
        }
        self.count(Heard::Tracked);
        // The buffers of packets that are lost do not come back: there are enough of them.
        packet
            .replace(|editor| {
                editor.secs(1);
            })
            .unwrap();
        Decision::Track(client)
    }

    fn packet_dropped(&self, _: &PacketNotice<'_>, state: Option<&[u8; 16]>) {
        self.count(state.map_or(Heard::Dropped, |_| Heard::DroppedWithState));
    }

    fn packet_done(&self, _: Outcome, _: [u8; 16]) {
        self.count(Heard::Done);
    }

    fn packet_lost(&self, _: Stage, _: [u8; 16]) {
        self.count(Heard::Lost);
    }

    fn not_tracked(&self, _: [u8; 16]) {
        self.count(Heard::NotTracked);
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        match diagnostic {
            Diagnostic::NoticeRejected { .. }
            | Diagnostic::ContextRefused { .. }
            | Diagnostic::ArgumentsRefused {
                error: HookError::TakenBack,
                ..
            } => self.count(Heard::Rejected),
            Diagnostic::Panicked { .. } | Diagnostic::ArgumentsRefused { .. } => self.count(Heard::Contained),
            _ => {}
        }
    }
}

impl OnOptionsParsed for Counts {
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, _: Option<&[u8; 16]>) {
        let secs = options.message().unwrap().secs();
        self.count(if secs == 0 { Heard::Parsed } else { Heard::ParsedAltered });
    }
}

impl OnSendPacket for Counts {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&[u8; 16]>) {
        self.count(state.map_or(Heard::Sent, |_| Heard::SentWithState));
        packet
            .rewrite(|editor| {
                editor.secs(2);
            })
            .unwrap();
    }
}

/// The last byte of the address of the client that is refused.
const REFUSED: u8 = 0xEE;

fn request(message_type: MessageType, client: u8) -> PacketBuffer {
    PacketBuffer::request(message_type, client.into(), &[2, 0, 0, 0, 0, client]).unwrap()
}

fn reply(request: &PacketBuffer, message_type: MessageType) -> PacketBuffer {
    let message = Message::parse(request.as_bytes()).unwrap();
    let mut reply = PacketBuffer::reply_to(&message).unwrap();
    let set = reply.edit(|editor| {
        editor.set(option::MESSAGE_TYPE, message_type);
    });
    set.unwrap();
    reply
}

/// Seven packets of clients: one is refused, four get no reply, and of these two are dropped, the second as a
/// duplicate.
fn exchange() -> Vec<PacketBuffer> {
    let discover = request(MessageType::DISCOVER, 1);
    let wanted = request(MessageType::REQUEST, 1);
    let inform = request(MessageType::INFORM, 5);
    let unanswered = request(MessageType::DISCOVER, 2);
    vec![
        reply(&discover, MessageType::OFFER),
        reply(&wanted, MessageType::ACK),
        reply(&inform, MessageType::ACK),
        unanswered.clone(),
        unanswered,
        request(MessageType::DISCOVER, REFUSED),
        request(MessageType::DECLINE, 4),
        discover,
        wanted,
        inform,
    ]
}

/// The order on the wire: each reply after its request.
const ORDER: [usize; 10] = [7, 0, 8, 1, 3, 4, 5, 6, 9, 2];

fn replay(server: &Server, exchange: &[PacketBuffer]) -> Vec<bool> {
    let capture = ORDER.map(|place| Datagram {
        time: Duration::ZERO,
        payload: exchange[place].as_bytes(),
    });
    let mut altered = Vec::new();
    server.replay(&capture, |lifecycle| {
        altered.extend(lifecycle.calls.iter().filter_map(|(_, call)| match call {
            Call::Sent { altered, .. } => Some(*altered),
            _ => None,
        }));
    });
    altered
}

/// The switches of a conduct.
#[derive(Clone, Copy, Debug)]
struct Switches {
    swaps: Swaps,
    edits_in_place: bool,
    refusals_reported: bool,
    contexts: Contexts,
    notices: Notices,
    never_offered: bool,
    options_parsed: u8,
    threads: Threads,
    process_it_before: i32,
}

impl Switches {
    /// All of them, with more than one thread, and other values of the last switches, for some.
    fn all() -> impl Iterator<Item = Self> {
        fn pick<T: Copy>(rest: &mut usize, values: &[T]) -> T {
            let digit = *rest % values.len();
            *rest /= values.len();
            values[digit]
        }
        (0..3 * 2 * 2 * 4 * 3 * 2 * 2).map(|number| {
            let rest = &mut { number };
            Self {
                swaps: pick(rest, &[Swaps::Followed, Swaps::Ignored, Swaps::ReadAgain]),
                edits_in_place: pick(rest, &[true, false]),
                refusals_reported: pick(rest, &[false, true]),
                contexts: pick(
                    rest,
                    &[Contexts::Own, Contexts::Null, Contexts::Stale, Contexts::Repeated],
                ),
                notices: pick(rest, &[Notices::Once, Notices::Repeated, Notices::Withheld]),
                never_offered: pick(rest, &[false, true]),
                options_parsed: pick(rest, &[1, 2]),
                threads: match number % 5 {
                    0 => Threads::Several,
                    1 => Threads::Changing,
                    _ => Threads::One,
                },
                process_it_before: [1, 0, -2][number % 7 % 3],
            }
        })
    }

    fn conduct(self) -> Conduct {
        Conduct::DEFAULT
            .swaps(self.swaps)
            .edits_in_place(self.edits_in_place)
            .refusals_reported(self.refusals_reported)
            .contexts(self.contexts)
            .notices(self.notices)
            .never_offered(self.never_offered)
            .options_parsed(self.options_parsed)
            .threads(self.threads)
            .process_it_before(self.process_it_before)
            .host_order(self.process_it_before != 1)
    }

    /// Fails unless a callout heard what a server of this conduct tells; `follows` is 1 if it is the second of a chain.
    fn check(self, follows: u32, heard: impl Fn(Heard) -> u32) {
        let never_offered = u32::from(self.never_offered);
        let tracked = 6 - never_offered;
        assert_eq!(heard(Heard::Contained), 0);
        assert_eq!(heard(Heard::Tracked), tracked);
        assert_eq!(
            heard(Heard::Offered),
            tracked + 1 - follows,
            "the first refuses for all"
        );
        let ends = [Heard::Done, Heard::Lost, Heard::NotTracked].map(&heard);
        assert_eq!(ends.iter().sum::<u32>(), tracked, "{ends:?}");
        let threads = if self.threads == Threads::Several { 4 } else { 1 };
        let parsed = [heard(Heard::Parsed), heard(Heard::ParsedAltered)];
        let all_parsed = tracked * u32::from(self.options_parsed) * threads;
        let times = match self.notices {
            Notices::Once => 1,
            Notices::Repeated => 2,
            Notices::Withheld => 0,
        };
        let own_refused = u32::from(self.refusals_reported);
        match self.contexts {
            Contexts::Own => {
                let is_ended = u32::from(times > 0);
                assert_eq!(ends, [tracked * is_ended, tracked - tracked * is_ended, 0]);
                assert_eq!((heard(Heard::SentWithState), heard(Heard::Sent)), (3 * threads, 0));
                assert_eq!(heard(Heard::DroppedWithState), (2 - never_offered) * times);
                assert_eq!(heard(Heard::Dropped), times * (never_offered + own_refused));
                assert_eq!(heard(Heard::Rejected) > 0, times == 2);
            }
            Contexts::Null => {
                assert_eq!(ends, [0, tracked, 0]);
                assert_eq!((heard(Heard::SentWithState), heard(Heard::Sent)), (0, 3 * threads));
                assert_eq!(
                    (heard(Heard::DroppedWithState), heard(Heard::Dropped)),
                    (0, times * (2 + own_refused))
                );
            }
            // Whose state is heard of is the server's fault, and how often.
            _ => return,
        }
        if self.swaps == Swaps::Ignored {
            assert_eq!(parsed, [all_parsed, 0]);
        } else {
            assert_eq!(parsed, [0, all_parsed]);
        }
    }
}

/// Plays every conduct to a callout, or to the members of a chain.
fn play(entry: EntryPoint, list: &str, callouts: &[&Counts], stop: fn()) {
    let exchange = exchange();
    let list: Vec<u16> = list.encode_utf16().collect();
    for switches in Switches::all() {
        // SAFETY: the entry points are made by the macro.
        let result = unsafe { EntryCall::DEFAULT.chain(Some(&list)).enter(entry) };
        // SAFETY: as above.
        let server = unsafe { Server::new(result.table().unwrap()) }.conduct(switches.conduct());
        let altered = replay(&server, &exchange);
        server.control(ServiceControl::STOP);
        stop();
        let is_heard = callouts.len() == 1 || matches!(switches.contexts, Contexts::Own | Contexts::Null);
        assert!(!is_heard || altered == [switches.edits_in_place; 3]);
        for (member, callout) in (0..).zip(callouts) {
            // Shown if the test fails.
            eprintln!("member {member}: {switches:?}");
            switches.check(member, callout.take());
        }
    }
}

#[test]
fn a_callout_hears_what_the_server_tells_in_every_variant() {
    static HOST: Host<Counts, 16, 4096> = Host::new(Counts::new());
    entry_point!(fn entry = HOST);
    play(entry, "", &[HOST.callout()], || ());
}

#[test]
fn the_members_of_a_chain_hear_what_the_server_tells_in_every_variant() {
    static OWN: Host<Counts, 16, 4096> = Host::new(Counts::new());
    static MEMBER: Host<Counts, 16, 4096> = Host::new(Counts::new());
    static CHAIN: Chain<16> = Chain::new();
    entry_point!(fn member = MEMBER);
    entry_point!(fn entry = OWN, chain = CHAIN, find = find);

    #[expect(clippy::unnecessary_wraps, reason = "the signature is that of a loader")]
    fn find(_: DllPath<'_>) -> Option<LoadedDll> {
        // SAFETY: the entry point is made by the macro.
        Some(unsafe { LoadedDll::new(member) })
    }

    // The chain itself gives nothing up at the stop of the service.
    play(entry, "member\0", &[OWN.callout(), MEMBER.callout()], || CHAIN.drain());
}

/// What an author sees who alters packets in one way only, of a server that honours the other only.
#[test]
fn a_server_may_honour_one_way_of_altering_and_not_the_other() {
    struct Alters<const REPLACES: bool>(AtomicU32);

    impl<const REPLACES: bool> Callout for Alters<REPLACES> {
        type State = ();

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
            let altered = if REPLACES {
                packet.replace(|editor| {
                    editor.secs(7);
                })
            } else {
                packet.rewrite(|editor| {
                    editor.secs(7);
                })
            };
            // The callout itself is not told.
            assert!(altered.is_ok() && packet.message().unwrap().secs() == 7);
            Decision::Track(())
        }
    }

    impl<const REPLACES: bool> OnSendPacket for Alters<REPLACES> {
        fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
            let altered = if REPLACES {
                packet.replace(|editor| {
                    editor.secs(8);
                })
            } else {
                packet.rewrite(|editor| {
                    editor.secs(8);
                })
            };
            assert!(altered.is_ok());
        }
    }

    impl<const REPLACES: bool> OnOptionsParsed for Alters<REPLACES> {
        fn options_parsed(&self, options: &mut ParsedOptions<'_>, _: Option<&()>) {
            self.0.store(options.message().unwrap().secs().into(), Relaxed);
        }
    }

    static REPLACES: Host<Alters<true>> = Host::new(Alters(AtomicU32::new(0)));
    static REWRITES: Host<Alters<false>> = Host::new(Alters(AtomicU32::new(0)));
    entry_point!(fn replaces = REPLACES);
    entry_point!(fn rewrites = REWRITES);
    let discover = request(MessageType::DISCOVER, 1);
    let offer = reply(&discover, MessageType::OFFER);
    for (swaps, in_place) in [
        (Swaps::Followed, false),
        (Swaps::ReadAgain, false),
        (Swaps::Ignored, true),
        (Swaps::Ignored, false),
    ] {
        for (entry, is_honoured, parsed) in [
            (replaces as EntryPoint, swaps != Swaps::Ignored, &REPLACES.callout().0),
            (rewrites, in_place, &REWRITES.callout().0),
        ] {
            // SAFETY: the entry points are made by the macro.
            let server = unsafe { Server::load(entry) }.unwrap();
            let server = server.conduct(Conduct::DEFAULT.swaps(swaps).edits_in_place(in_place));
            let packet = server.receive(discover.as_bytes()).unwrap();
            server.parse_options(&packet);
            let sent = server.send(&packet, offer.as_bytes()).unwrap();
            assert_eq!(sent.message().unwrap().secs(), if is_honoured { 8 } else { 0 });
            assert_eq!(
                parsed.load(Relaxed),
                if is_honoured { 7 } else { 0 },
                "the next hook shows it"
            );
            server.notify(&packet, Notice::Processed);
        }
    }
    assert_eq!((REPLACES.in_flight(), REWRITES.in_flight()), (0, 0));
}

#[test]
fn every_seed_is_a_conduct_of_its_own() {
    let mut all: Vec<_> = (0..Conduct::COUNT)
        .map(|seed| format!("{:?}", Conduct::from_seed(seed)))
        .collect();
    all.sort();
    all.dedup();
    assert_eq!(u64::try_from(all.len()), Ok(Conduct::COUNT));
    assert_eq!(Conduct::from_seed(Conduct::COUNT), Conduct::DEFAULT);
}
