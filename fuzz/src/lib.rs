//! A callout for the targets: it hears of everything, tracks what it can read, and alters some packets and replies.

use core::cell::Cell;
use core::fmt;

use dhcp_callout::hook::HookError;
use dhcp_callout::{
    AddressDeleted, AddressOffered, Callout, ClientDeleted, ControlEvent, Decision, Diagnostic, Host, Message,
    NewPacket, OnAddressDeleted, OnAddressOffered, OnClientDeleted, OnControl, OnOptionsParsed, OnSendPacket, Outcome,
    ParsedOptions, SendPacket, entry_point, option,
};

/// The callout.
pub struct Author;

/// Few packets and buffers, so that there are too few at times.
pub static AUTHOR: Host<Author, 4, 3> = Host::new(Author);

entry_point!(pub fn entry = AUTHOR);

thread_local! {
    /// The arguments that were refused last.
    pub static REFUSED: Cell<Option<HookError>> = const { Cell::new(None) };
}

/// Changes packets by the last bits of their transaction: replaced, rewritten, or let alone.
macro_rules! alter {
    ($packet:ident) => {
        let xid = $packet.message().map_or(0, Message::xid);
        let _ = match xid & 3 {
            0 => $packet.replace(|editor| {
                editor.set(option::TFTP_SERVER_NAME, "boot");
            }),
            1 => $packet.rewrite(|editor| {
                editor.set(option::TFTP_SERVER_NAME, "boot");
            }),
            _ => Ok(0),
        };
    };
}

/// Prints for nobody: what is kept of it only takes time.
fn print(argument: impl fmt::Debug) {
    struct Nowhere;

    impl fmt::Write for Nowhere {
        fn write_str(&mut self, _: &str) -> fmt::Result {
            Ok(())
        }
    }
    let _ = fmt::write(&mut Nowhere, format_args!("{argument:?}"));
}

impl Callout for Author {
    type State = u32;

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<u32> {
        let Ok(message) = packet.message() else {
            return Decision::Pass;
        };
        let xid = message.xid();
        if message
            .find(option::CLASS_ID)
            .is_some_and(|class| class.starts_with(b"rogue"))
        {
            return Decision::Refuse;
        }
        alter!(packet);
        if xid & 7 == 7 {
            Decision::Pass
        } else {
            Decision::Track(xid)
        }
    }

    fn packet_done(&self, _: Outcome, _: u32) {}

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        if let Diagnostic::ArgumentsRefused { error, .. } = diagnostic {
            REFUSED.set(Some(error));
        }
    }
}

impl OnControl for Author {
    fn control(&'static self, _: ControlEvent) {}
}

impl OnSendPacket for Author {
    fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&u32>) {
        alter!(packet);
    }
}

impl OnAddressOffered for Author {
    fn address_offered(&self, event: &AddressOffered<'_>, _: Option<&u32>) {
        print(event);
    }
}

impl OnAddressDeleted for Author {
    fn address_deleted(&self, event: &AddressDeleted<'_>, _: Option<&u32>) {
        print(event);
    }
}

impl OnOptionsParsed for Author {
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, _: Option<&u32>) {
        print(options);
    }
}

impl OnClientDeleted for Author {
    fn client_deleted(&self, event: &ClientDeleted<'_>) {
        print(event);
    }
}
