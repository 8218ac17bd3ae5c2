//! Callouts in safe code, which cannot corrupt the server, but can still send what no client should get.

use core::cell::Cell;
use core::net::Ipv4Addr;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use std::sync::Mutex;
use std::thread;

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::message::{OptionCode, Overload};
use dhcp_callout::simulate::NEXT_DLL;
use dhcp_callout::{
    Callout, Decision, Diagnostic, DllPath, Editor, Host, LoadError, Message, MessageType, NewPacket, OnOptionsParsed,
    OnSendPacket, Outcome, ParsedOptions, ReplaceError, SendPacket, entry_point, option,
};

use crate::linger;

/// Tracks every packet, and does something to each reply.
pub struct OnReply(fn(&mut SendPacket<'_>));

impl Callout for OnReply {
    type State = ();

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
        NEW_ON_THIS_THREAD.set(true);
        if let Ok(mut request) = REQUEST.lock() {
            *request = packet.bytes().to_vec();
        }
        Decision::Track(())
    }
}

/// What was received last.
static REQUEST: Mutex<Vec<u8>> = Mutex::new(Vec::new());

impl OnSendPacket for OnReply {
    fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
        (self.0)(packet);
    }
}

/// Refuses every third packet, whatever it is: breaks no rule, though no run of it is like the one before.
pub struct EveryThird(AtomicU32);

impl Callout for EveryThird {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        match self.0.fetch_add(1, Relaxed) % 3 {
            2 => Decision::Refuse,
            _ => Decision::Pass,
        }
    }
}

static EVERY_THIRD: Host<EveryThird> = Host::new(EveryThird(AtomicU32::new(0)));
entry_point!(pub fn refuses_every_third_packet = EVERY_THIRD);

/// Asks a friend for each packet, who is not slow enough for a single call to stand out.
pub struct Patient;

impl Callout for Patient {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        thread::sleep(Duration::from_millis(60));
        Decision::Pass
    }
}

static PATIENT: Host<Patient> = Host::new(Patient);
entry_point!(pub fn is_a_little_slow = PATIENT);

/// Sends clients elsewhere that ask for an address of 192.0.0.0/8, as the server has parsed it.
pub struct ByParsedAddress;

impl Callout for ByParsedAddress {
    type State = AtomicBool;

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<AtomicBool> {
        Decision::Track(AtomicBool::new(false))
    }
}

impl OnOptionsParsed for ByParsedAddress {
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, state: Option<&AtomicBool>) {
        let first = options
            .requested_address()
            .map(|address| address.from_host_order() >> 24);
        if let Some(state) = state {
            state.store(first == Some(192), Relaxed);
        }
    }
}

impl OnSendPacket for ByParsedAddress {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&AtomicBool>) {
        if state.is_some_and(|state| state.load(Relaxed)) {
            edit(packet, |reply| {
                reply.set(option::DNS_SERVERS, [ELSEWHERE]);
            });
        }
    }
}

static BY_PARSED_ADDRESS: Host<ByParsedAddress> = Host::new(ByParsedAddress);
entry_point!(pub fn takes_the_host_order_for_granted = BY_PARSED_ADDRESS);

/// Takes for granted that what clients send can be read.
pub struct Trusting;

impl Callout for Trusting {
    type State = ();

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
        assert!(packet.message().is_ok(), "a client that sends something else");
        Decision::Pass
    }
}

static TRUSTING: Host<Trusting> = Host::new(Trusting);
entry_point!(pub fn panics_at_hostile_packets = TRUSTING);

/// Reads the vendor class of clients that look for a server.
pub struct ByClass(fn(&[u8]));

impl Callout for ByClass {
    type State = ();

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
        let discover = packet
            .message()
            .ok()
            .filter(|message| message.message_type() == Some(MessageType::DISCOVER));
        if let Some(class) = discover.and_then(|discover| discover.value(option::CLASS_ID.code()).ok()?) {
            (self.0)(&class.bytes().collect::<Vec<_>>());
        }
        Decision::Pass
    }
}

static BY_FIRST_LETTER: Host<ByClass> = Host::new(ByClass(|class| assert!(class[0] != 0)));
// Counts on a first letter.
entry_point!(pub fn reads_an_empty_class = BY_FIRST_LETTER);

static BY_ARCHITECTURE: Host<ByClass> = Host::new(ByClass(|class| {
    if class.starts_with(b"PXEClient") {
        assert!(class[15..20].is_ascii());
    }
}));
// Counts on `PXEClient:Arch:00007` if it sees the first of it.
entry_point!(pub fn reads_a_short_class = BY_ARCHITECTURE);

/// Finds the DLL that comes after the callout when it is checked.
fn find(path: DllPath<'_>) -> Option<LoadedDll> {
    let (name, entry) = NEXT_DLL;
    // SAFETY: the DLL of the check can be called as the SDK says, and replaces no packet.
    (path.to_string() == name).then(|| unsafe { LoadedDll::new(entry) })
}

fn find_nothing(_: DllPath<'_>) -> Option<LoadedDll> {
    None
}

static CHAINED: Host<OnReply> = Host::new(OnReply(|_| ()));
static CHAIN: Chain = Chain::new();
// Loads the DLL after it, and calls it: breaks no rule.
entry_point!(pub fn serves_the_next_dll = CHAINED, chain = CHAIN, find = find);

static ALONE: Host<OnReply> = Host::new(OnReply(|_| ()));
static CHAIN_ALONE: Chain = Chain::new();
// The same as the only DLL, which a chain is once and for all: breaks no rule.
entry_point!(pub fn serves_no_other_dll = ALONE, chain = CHAIN_ALONE, find = find);

static FORGETFUL: Host<OnReply> = Host::new(OnReply(|_| ()));
static EMPTY_CHAIN: Chain = Chain::new();
// Has a chain, and finds nobody for it.
entry_point!(pub fn finds_no_next_dll = FORGETFUL, chain = EMPTY_CHAIN, find = find_nothing);

/// Notes in one place which packet it has to do with, and holds a lock while it has to do with a reply, but not while
/// it has to do with a new packet.
pub struct OneAtATime {
    xid: AtomicU32,
    reply: Mutex<()>,
}

impl Callout for OneAtATime {
    type State = ();

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
        if let Ok(message) = packet.message() {
            self.xid.store(message.xid(), Relaxed);
        }
        Decision::Track(())
    }
}

impl OnSendPacket for OneAtATime {
    fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
        let (Ok(_turn), Ok(message)) = (self.reply.lock(), packet.message()) else {
            return;
        };
        self.xid.store(message.xid(), Relaxed);
        linger();
        edit(packet, |reply| {
            reply.xid(self.xid.load(Relaxed));
        });
    }
}

static ONE_AT_A_TIME: Host<OneAtATime> = Host::new(OneAtATime {
    xid: AtomicU32::new(0),
    reply: Mutex::new(()),
});
// Takes another packet for its own if that arrives while a reply is sent.
entry_point!(pub fn mixes_up_packets_of_two_threads = ONE_AT_A_TIME);

/// Notes in one place which reply it has to do with, and clears that when any packet is over.
pub struct ClearedAtTheEnd {
    xid: AtomicU32,
    reply: Mutex<()>,
}

impl Callout for ClearedAtTheEnd {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Track(())
    }

    fn packet_done(&self, _: Outcome, (): ()) {
        // Until a reply has begun.
        linger();
        self.xid.store(0, Relaxed);
    }
}

impl OnSendPacket for ClearedAtTheEnd {
    fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
        let (Ok(_turn), Ok(message)) = (self.reply.lock(), packet.message()) else {
            return;
        };
        self.xid.store(message.xid(), Relaxed);
        linger();
        edit(packet, |reply| {
            reply.xid(self.xid.load(Relaxed));
        });
    }
}

static CLEARED_AT_THE_END: Host<ClearedAtTheEnd> = Host::new(ClearedAtTheEnd {
    xid: AtomicU32::new(0),
    reply: Mutex::new(()),
});
// Loses a reply if another packet is over while that is sent.
entry_point!(pub fn loses_a_reply_when_another_packet_ends = CLEARED_AT_THE_END);

/// Replaces replies; while another DLL is after it, by those of another transaction.
pub struct WrongBeforeAnother(AtomicBool);

impl Callout for WrongBeforeAnother {
    type State = ();

    fn load(&'static self) -> Result<(), LoadError> {
        self.0.store(false, Relaxed);
        Ok(())
    }

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Track(())
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        if matches!(diagnostic, Diagnostic::Unchained { .. }) {
            self.0.store(true, Relaxed);
        }
    }
}

impl OnSendPacket for WrongBeforeAnother {
    fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
        let mut bytes = packet.bytes().to_vec();
        if let Some(xid) = bytes.get_mut(4).filter(|_| self.0.load(Relaxed)) {
            *xid ^= 1;
        }
        // Needs a buffer, of the sixteen that a host has by default.
        let _ = packet.replace_with(&bytes);
    }
}

static WRONG_BEFORE_ANOTHER: Host<WrongBeforeAnother> = Host::new(WrongBeforeAnother(AtomicBool::new(false)));
entry_point!(pub fn replaces_wrongly_before_another = WRONG_BEFORE_ANOTHER);

/// Defines an entry point of a callout that does something to each reply.
macro_rules! on_reply {
    ($($(#[$attribute:meta])* $name:ident: $change:expr;)+) => {
        $(
            $(#[$attribute])*
            pub mod $name {
                use super::*;

                pub static HOST: Host<OnReply, 64, 64> = Host::new(OnReply($change));
                entry_point!(pub fn entry = HOST);
            }
        )+
    };
}

/// Edits a reply, if it is one that can be edited.
fn edit<'v>(packet: &mut SendPacket<'_>, changes: impl FnOnce(&mut Editor<'_, 'v>)) {
    let _ = packet.rewrite(changes);
}

/// Changes the bytes of a reply by hand.
fn patch(packet: &mut SendPacket<'_>, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = packet.bytes().to_vec();
    change(&mut bytes);
    let _ = packet.rewrite_with(&bytes);
}

/// Ends the options of a reply by other bytes than END.
fn end_with(packet: &mut SendPacket<'_>, bytes: &[u8]) {
    let Some(end) = packet.message().ok().and_then(|message| message.end_offset()) else {
        return;
    };
    patch(packet, |packet| {
        packet.truncate(end);
        packet.extend(bytes);
    });
}

const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 99);
static PADDING: [u8; 900] = [b'x'; 900];

on_reply! {
    /// Keeps its mark, and changes nothing that matters: breaks no rule.
    sets_an_option: |reply| edit(reply, |reply| {
        reply.set(option::DNS_SERVERS, [ELSEWHERE]);
    });
    /// Replaces each reply by itself, and counts how often no buffer is left: breaks no rule.
    replaces_replies: |reply| {
        let bytes = reply.bytes().to_vec();
        if matches!(reply.replace_with(&bytes), Err(ReplaceError::Exhausted(_))) {
            EXHAUSTED.fetch_add(1, Relaxed);
        }
    };
    /// Turns every reply into a NAK.
    changes_the_type: |reply| edit(reply, |reply| {
        reply.set(option::MESSAGE_TYPE, MessageType::NAK);
    });
    /// Takes what a relay is told of a lease for a lease.
    answers_queries_like_requests: |reply| {
        if reply.message().is_ok_and(|reply| reply.message_type() == Some(MessageType::LEASEACTIVE)) {
            edit(reply, |reply| {
                reply.set(option::MESSAGE_TYPE, MessageType::ACK);
            });
        }
    };
    /// Counts transactions its own way.
    changes_the_transaction: |reply| edit(reply, |reply| {
        let next = reply.message().map_or(0, |message| message.xid().wrapping_add(0x1234_5678));
        reply.xid(next);
    });
    /// Sends the reply to other hardware.
    changes_the_client: |reply| edit(reply, |reply| {
        reply.chaddr(&[2, 0, 0, 0, 0, 99]);
    });
    /// Gives an address that the server does not know of.
    changes_the_address: |reply| edit(reply, |reply| {
        reply.yiaddr(ELSEWHERE);
    });
    /// Poses as another server.
    changes_the_server: |reply| edit(reply, |reply| {
        reply.set(option::SERVER_ID, ELSEWHERE);
    });
    /// Keeps from the relay what it wants back.
    loses_the_relay_information: |reply| edit(reply, |reply| {
        reply.remove(option::RELAY_AGENT_INFORMATION);
    });
    /// Has the reply go to another relay.
    changes_the_relay: |reply| edit(reply, |reply| {
        reply.giaddr(ELSEWHERE);
    });
    /// Adds more than clients take.
    is_too_long_for_the_client: |reply| edit(reply, |reply| {
        reply.set_raw(OptionCode::from_code(224), &PADDING);
    });
    /// Cuts the reply at END.
    loses_end: |reply| end_with(reply, &[]);
    /// Fills the field `file` up after the options in it.
    loses_end_in_the_file: |reply| {
        let is_full = reply.message().is_ok_and(|message| message.overload() == Ok(Some(Overload::FILE)));
        let file = 108..236;
        patch(reply, |packet| {
            let file = packet.get_mut(file).filter(|_| is_full);
            if let Some(end) = file.and_then(|file| file.iter_mut().rfind(|byte| **byte == 255)) {
                *end = 0;
            }
        });
    };
    /// Announces more bytes than there are.
    is_malformed: |reply| end_with(reply, &[224, 9, 1, 255]);
    /// Spoils the magic cookie.
    loses_the_cookie: |reply| patch(reply, |packet| {
        if let Some(byte) = packet.get_mut(236) {
            *byte ^= 1;
        }
    });
    /// Sends the client what the client sent.
    sends_the_request_back: |reply| {
        let Ok(request) = REQUEST.lock() else { return };
        let (Ok(answer), Ok(asked)) = (reply.message(), Message::parse(&request)) else { return };
        let is_whole = asked.message_type().is_some() && asked.options().all(|option| option.is_ok());
        if is_whole && asked.xid() == answer.xid() {
            let _ = reply.rewrite_with(&request);
        }
    };
    /// Sends less than the header.
    cuts_the_reply: |reply| patch(reply, |packet| packet.truncate(100));
    /// Has a buffer of 576 bytes for replies.
    cuts_long_replies: |reply| patch(reply, |packet| packet.truncate(576));
    /// Takes all clients for ones on Ethernet.
    takes_all_for_ethernet: |reply| patch(reply, |packet| {
        if let Some(hardware) = packet.get_mut(1..3) {
            hardware.copy_from_slice(&[1, 6]);
        }
    });
    /// Gives the relay back the first of what it has sent.
    keeps_one_relay_suboption: |reply| {
        let value = reply.message().ok().and_then(|message| {
            let value = message.value(option::RELAY_AGENT_INFORMATION.code()).ok()??;
            Some(value.bytes().collect::<Vec<_>>())
        });
        let first = value.as_deref().and_then(|value| value.get(..2 + usize::from(*value.get(1)?)));
        if let Some(first) = first {
            edit(reply, |reply| {
                reply.set_raw(option::RELAY_AGENT_INFORMATION.code(), first);
            });
        }
    };
    /// Puts a continuation where nothing is to be continued.
    has_a_stray_continuation: |reply| end_with(reply, &[0, 250, 1, 0, 255]);
    /// Answers everybody with what the client before got.
    answers_another_packet: |reply| {
        static BEFORE: Mutex<Vec<u8>> = Mutex::new(Vec::new());
        let (Ok(_), Ok(mut before)) = (reply.message(), BEFORE.lock()) else { return };
        let other = core::mem::replace(&mut *before, reply.bytes().to_vec());
        if !other.is_empty() {
            let _ = reply.rewrite_with(&other);
        }
    };
    /// Asks a slow friend.
    is_slow: |_| thread::sleep(Duration::from_millis(400));
    /// Asks a slow friend now and then.
    is_slow_at_times: |_| {
        static REPLIES: AtomicU32 = AtomicU32::new(0);
        if REPLIES.fetch_add(1, Relaxed) % 3 == 2 {
            thread::sleep(Duration::from_millis(400));
        }
    };
    /// Counts on the four bytes of the lease time of an ACK.
    reads_a_short_lease_time: |reply| {
        let message = reply.message().ok();
        if let Some(ack) = message.filter(|message| message.message_type() == Some(MessageType::ACK)) {
            if let Ok(Some(seconds)) = ack.value(option::LEASE_TIME.code()) {
                assert!(seconds.len() == 4, "a server that sends something else");
            }
        }
    };
    /// Waits for a friend who does not come, as good as for ever.
    waits_half_a_minute: |_| {
        static HAS_WAITED: AtomicBool = AtomicBool::new(false);
        if !HAS_WAITED.swap(true, Relaxed) {
            thread::sleep(Duration::from_secs(30));
        }
    };
    /// Counts on hearing of request and reply on one thread.
    depends_on_the_thread: |reply| {
        if NEW_ON_THIS_THREAD.get() {
            edit(reply, |reply| {
                reply.set(option::DNS_SERVERS, [ELSEWHERE]);
            });
        }
    };
}

/// How often `replaces_replies` had no buffer.
pub static EXHAUSTED: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static NEW_ON_THIS_THREAD: Cell<bool> = const { Cell::new(false) };
}
