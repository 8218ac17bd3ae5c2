//! Callouts that count on what no documentation says of the server, a switch of it each: they panic if it is otherwise.

use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

use dhcp_callout::{
    Callout, ControlEvent, Decision, DropReason, Host, NewPacket, Notice, OnControl, OnOptionsParsed, Outcome,
    PacketNotice, ParsedOptions, ServiceControl, Stage, entry_point,
};

/// What a callout counts on.
enum Expected {
    ParsedOptions,
    ParsedOptionsOnce,
    EachEnd,
    EachPacketBeforeItsDrop,
    NoWordOfRefusals,
}

/// Counts what it hears of all packets together.
pub struct Trusting {
    expected: Expected,
    received: AtomicU32,
    parsed: AtomicU32,
    in_flight: AtomicU32,
}

impl Trusting {
    const fn new(expected: Expected) -> Self {
        let [received, parsed, in_flight] = [const { AtomicU32::new(0) }; 3];
        Self {
            expected,
            received,
            parsed,
            in_flight,
        }
    }
}

impl Callout for Trusting {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        self.received.fetch_add(1, SeqCst);
        let in_flight = self.in_flight.fetch_add(1, SeqCst);
        match self.expected {
            // The server of the check has up to 14.
            Expected::EachEnd => assert!(in_flight < 40, "a packet that does not end"),
            Expected::NoWordOfRefusals => return Decision::Refuse,
            _ => {}
        }
        Decision::Track(())
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&()>) {
        let was_received = notice.notice() != Notice::Dropped(DropReason::DUPLICATE);
        match self.expected {
            Expected::EachPacketBeforeItsDrop => assert!(was_received || state.is_some(), "a packet of nobody"),
            Expected::NoWordOfRefusals => assert!(!was_received, "a packet that was refused"),
            _ => {}
        }
    }

    fn packet_done(&self, _: Outcome, (): ()) {
        self.in_flight.fetch_sub(1, SeqCst);
        if let Expected::ParsedOptions = self.expected {
            assert!(self.parsed.load(SeqCst) > 0, "packets without options");
        }
    }

    fn packet_lost(&self, _: Stage, (): ()) {
        self.in_flight.fetch_sub(1, SeqCst);
    }
}

impl OnOptionsParsed for Trusting {
    fn options_parsed(&self, _: &mut ParsedOptions<'_>, _: Option<&()>) {
        let parsed = self.parsed.fetch_add(1, SeqCst);
        if let Expected::ParsedOptionsOnce = self.expected {
            assert!(parsed < self.received.load(SeqCst), "more options than packets");
        }
    }
}

impl OnControl for Trusting {
    fn control(&'static self, event: ControlEvent) {
        if event.code() == ServiceControl::START {
            self.received.store(0, SeqCst);
            self.parsed.store(0, SeqCst);
        }
    }
}

/// Defines entry points.
macro_rules! trusting {
    ($($name:ident: $Expected:ident;)+) => {$(
        pub mod $name {
            use super::*;

            static HOST: Host<Trusting> = Host::new(Trusting::new(Expected::$Expected));
            entry_point!(pub fn entry = HOST);
        }
    )+};
}

trusting! {
    expects_parsed_options: ParsedOptions;
    expects_parsed_options_once: ParsedOptionsOnce;
    expects_each_end: EachEnd;
    expects_each_packet_before_its_drop: EachPacketBeforeItsDrop;
    expects_no_word_of_refusals: NoWordOfRefusals;
}
