//! A callout DLL that does all that a callout can do, and lets the host of the test see what came of it.
//!
//! The host asks for things by options of its packets:
//! - vendor class (60) that starts with `rogue`: the packet is refused;
//! - host name (12) `pass`: it passes untracked; `rewrite`: the packet is replaced; `rewrite-pass`: both;
//! - host name `panic-` and a word: the callout panics when it is called for this packet, at the event of that word;
//! - host name `slow`: the callout takes its time over an address that is offered;
//! - host name `bomb`: the state of the packet panics when it is dropped.
#![allow(non_upper_case_globals, reason = "some probes are named as the SDK names a field")]

mod probe;

use core::cell::Cell;
use std::thread::yield_now;

use dhcp_callout::message::OptionCode;
use dhcp_callout::{
    AddressDeleted, AddressOffered, Callout, ClientDeleted, ControlEvent, Decision, Diagnostic, Host, LoadError,
    Message, NewPacket, Notice, OnAddressDeleted, OnAddressOffered, OnClientDeleted, OnControl, OnOptionsParsed,
    OnSendPacket, Outcome, PacketNotice, ParsedOptions, ReplaceError, SendPacket, Stage,
};

use self::probe::*;

/// Offset of `secs`, where a replaced request is marked.
const SECS: usize = 8;
/// Offset of `sname`, where a replaced reply is marked with the hardware address of the client.
const SNAME: usize = 44;
/// What the host sends for a panic where there is no packet to ask for it.
const PANIC: u32 = 0x0BAD_C0DE;

struct Everything;

std::thread_local! {
    /// Whether the last event on this thread was an address that is offered.
    static OFFERING: Cell<bool> = const { Cell::new(false) };
}

static EVERYTHING: Host<Everything, 64, 64> = Host::new(Everything);
dhcp_callout::export!(EVERYTHING);

/// What is kept for a packet.
struct Packet {
    mac: [u8; 6],
    xid: u32,
    wish: Wish,
    canary: u64,
}

impl Packet {
    const ALIVE: u64 = 0x5AFE_C0DE_5AFE_C0DE;

    fn new(mac: [u8; 6], xid: u32, wish: Wish) -> Self {
        TRACKED.add();
        LIVE.add();
        Self {
            mac,
            xid,
            wish,
            canary: Self::ALIVE,
        }
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        if self.canary == Self::ALIVE {
            LIVE.remove();
        } else {
            CORRUPT.add();
        }
        self.canary = 0;
        assert!(self.wish != Wish::Bomb, "a state that cannot be dropped quietly");
    }
}

/// What a packet asks for by its host name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Nothing,
    Pass,
    Rewrite,
    RewritePass,
    Slow,
    Bomb,
    PanicNew,
    PanicOptions,
    PanicOffer,
    PanicDelete,
    PanicSend,
    PanicDrop,
    PanicDone,
}

impl Wish {
    const ALL: [(&'static [u8], Self); 12] = [
        (b"pass", Self::Pass),
        (b"rewrite", Self::Rewrite),
        (b"rewrite-pass", Self::RewritePass),
        (b"slow", Self::Slow),
        (b"bomb", Self::Bomb),
        (b"panic-new", Self::PanicNew),
        (b"panic-options", Self::PanicOptions),
        (b"panic-offer", Self::PanicOffer),
        (b"panic-delete", Self::PanicDelete),
        (b"panic-send", Self::PanicSend),
        (b"panic-drop", Self::PanicDrop),
        (b"panic-done", Self::PanicDone),
    ];

    fn of(message: Message<'_>) -> Self {
        let Ok(Some(name)) = message.value(OptionCode::from_code(12)) else {
            return Self::Nothing;
        };
        Self::ALL
            .into_iter()
            .find(|(wish, _)| name.bytes().eq(wish.iter().copied()))
            .map_or(Self::Nothing, |(_, wish)| wish)
    }
}

impl Callout for Everything {
    type State = Packet;

    fn load(&'static self) -> Result<(), LoadError> {
        LOADS.add();
        // The panics of this test are meant; their messages would hide those that are not.
        std::panic::set_hook(Box::new(|_| {}));
        Ok(())
    }

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Packet> {
        NEW_PACKETS.add();
        OFFERING.set(false);
        LAST_RECEIVED_ON.set(packet.received_on().to_bits());
        LAST_BYTES.set(hash(packet.bytes()));
        let Ok(message) = packet.message() else {
            return Decision::Pass;
        };
        let class = message.value(OptionCode::from_code(60));
        if matches!(class, Ok(Some(class)) if class.starts_with(b"rogue")) {
            return Decision::Refuse;
        }
        let wish = Wish::of(message);
        let (mac, xid) = (message.mac().unwrap_or_default(), message.xid());
        if matches!(wish, Wish::Rewrite | Wish::RewritePass | Wish::PanicNew) {
            note(write(packet.bytes(), SECS, &[0xFF, 0xFF]).map(|bytes| packet.replace_with(&bytes)));
        }
        match wish {
            Wish::Pass | Wish::RewritePass => Decision::Pass,
            Wish::PanicNew => {
                // All that can be done before it, and a state that is lost with the panic.
                let _lost = Packet::new(mac, xid, wish);
                packet.set_process_it(false);
                packet.set_raw_context(std::ptr::dangling_mut());
                panic!("asked for");
            }
            _ => Decision::Track(Packet::new(mac, xid, wish)),
        }
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&Packet>) {
        let Notice::Dropped(reason) = notice.notice() else {
            return;
        };
        LAST_REASON.set(reason.code());
        let Some(state) = state else {
            return DROPPED_UNTRACKED.add();
        };
        DROPPED.add();
        assert!(state.wish != Wish::PanicDrop, "asked for");
    }

    fn packet_done(&self, outcome: Outcome, state: Packet) {
        DONE.add();
        if OFFERING.get() {
            DONE_IN_OFFER.add();
        }
        if let Outcome::Dropped(reason) = outcome {
            DONE_DROPPED.add();
            LAST_REASON.set(reason.code());
        }
        assert!(state.wish != Wish::PanicDone, "asked for");
    }

    fn packet_lost(&self, _: Stage, _: Packet) {
        LOST.add();
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        match diagnostic {
            Diagnostic::Panicked { hook } => {
                PANICKED.add();
                PANICKED_IN.set(hash(hook.as_bytes()));
            }
            Diagnostic::ArgumentsRefused { .. } => REFUSED.add(),
            Diagnostic::NoticeRejected { .. } => REJECTED.add(),
            _ => {}
        }
    }
}

impl OnControl for Everything {
    fn control(&'static self, event: ControlEvent) {
        CONTROL.add();
        LAST_CODE.set(event.code().code());
        assert!(event.code().code() != PANIC, "asked for");
    }
}

impl OnSendPacket for Everything {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&Packet>) {
        SEND.add();
        LAST_CODE.set(packet.code().code());
        LAST_RECEIVED_ON.set(packet.received_on().to_bits());
        LAST_BYTES.set(hash(packet.bytes()));
        compare(packet.bytes(), state);
        let mac = state.map_or([0; 6], |state| state.mac);
        note(write(packet.bytes(), SNAME, &mac).map(|bytes| packet.replace_with(&bytes)));
        assert!(!asks(state, Wish::PanicSend), "asked for");
    }
}

impl OnAddressOffered for Everything {
    fn address_offered(&self, event: &AddressOffered<'_>, state: Option<&Packet>) {
        OFFERED.add();
        OFFERING.set(true);
        if asks(state, Wish::Slow) {
            (0..20).for_each(|_| yield_now());
        }
        LAST_CODE.set(event.grant().code());
        LAST_RECEIVED_ON.set(event.received_on().to_bits());
        LAST_ADDRESS.set(event.address().to_bits());
        LAST_CLIENT_TYPE.set(event.client_type().code());
        LAST_LEASE_TIME.set(event.lease_time());
        LAST_BYTES.set(hash(event.bytes()));
        compare(event.bytes(), state);
        assert!(!asks(state, Wish::PanicOffer), "asked for");
    }
}

impl OnAddressDeleted for Everything {
    fn address_deleted(&self, event: &AddressDeleted<'_>, state: Option<&Packet>) {
        DELETED.add();
        LAST_CODE.set(event.problem().code());
        LAST_RECEIVED_ON.set(event.received_on().to_bits());
        LAST_ADDRESS.set(event.address().to_bits());
        LAST_BYTES.set(hash(event.bytes()));
        compare(event.bytes(), state);
        assert!(!asks(state, Wish::PanicDelete), "asked for");
    }
}

impl OnOptionsParsed for Everything {
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, state: Option<&Packet>) {
        OPTIONS.add();
        LAST_BYTES.set(hash(options.bytes()));
        compare(options.bytes(), state);
        assert!(!asks(state, Wish::PanicOptions), "asked for");
    }
}

impl OnClientDeleted for Everything {
    fn client_deleted(&self, event: &ClientDeleted<'_>) {
        CLIENT.add();
        LAST_ADDRESS.set(event.address().to_bits());
        LAST_BYTES.set(hash(event.hardware_address()));
        assert!(event.address().to_bits() != PANIC, "asked for");
    }
}

fn asks(state: Option<&Packet>, wish: Wish) -> bool {
    state.is_some_and(|state| state.wish == wish)
}

/// Counts whether an event came with a state, and whether that is the one of its packet.
fn compare(packet: &[u8], state: Option<&Packet>) {
    let Some(state) = state else {
        return WITHOUT_STATE.add();
    };
    WITH_STATE.add();
    let foreign =
        Message::parse(packet).is_ok_and(|message| message.xid() != state.xid || message.mac() != Some(state.mac));
    if foreign || state.canary != Packet::ALIVE {
        WRONG_STATE.add();
    }
}

/// Returns the packet with a part of it overwritten, if it is long enough.
fn write(packet: &[u8], offset: usize, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut packet = packet.to_vec();
    packet.get_mut(offset..)?.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(packet)
}

/// Counts what came of a replacement, if there was one.
fn note(replaced: Option<Result<(), ReplaceError>>) {
    match replaced {
        Some(Ok(())) => REPLACED.add(),
        Some(Err(ReplaceError::NotTracked)) => NOT_TRACKED.add(),
        Some(Err(ReplaceError::Exhausted(_))) => EXHAUSTED.add(),
        _ => {}
    }
}
