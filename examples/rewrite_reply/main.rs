//! Sets an option in every reply but refusals to the clients of one vendor class (60) or user class (77), or at one relay port
//! (circuit id, 82).
//!
//! What the client is, is decided when its packet comes in, and kept as the packet's state; when the reply is about to
//! go out, it is copied into a buffer of the callout, edited there, and the server is pointed at the copy.
//!
//! In a DLL of your own this folder is `src`, and this file `lib.rs`, without `main`, `tests` and `show`.

use core::net::Ipv4Addr;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use dhcp_callout::message::option::{self, relay};
use dhcp_callout::{Callout, Decision, Host, Message, MessageType, NewPacket, OnSendPacket, SendPacket};
use dhcp_callout_support::show;

#[cfg(test)]
mod tests;

/// How many replies went out as the server made them: a hook counts, and writes nothing.
struct RewriteReply(AtomicU64);

type NameServers = &'static [Ipv4Addr];

enum Client {
    /// Clients whose vendor class identifier begins so.
    VendorClass(&'static [u8]),
    /// Clients of this user class, among others: as RFC 3004 has it, or as Windows clients send it.
    UserClass(&'static [u8]),
    /// Clients at the relay port of this circuit id.
    Circuit(&'static [u8]),
}

impl Client {
    fn fits(&self, message: Message<'_>) -> bool {
        match self {
            Self::VendorClass(class) => message.find(option::CLASS_ID).is_some_and(|id| id.starts_with(class)),
            Self::UserClass(class) => message
                .find(option::USER_CLASS)
                .is_some_and(|classes| classes.contains(class)),
            Self::Circuit(id) => {
                let agent = message.find(option::RELAY_AGENT_INFORMATION);
                let circuit = agent.and_then(|agent| agent.find(relay::CIRCUIT_ID));
                circuit.is_some_and(|circuit| circuit == **id)
            }
        }
    }
}

impl Callout for RewriteReply {
    /// What the client gets, and how long the reply may be.
    type State = (NameServers, usize);

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Self::State> {
        let Ok(message) = packet.message() else {
            return Decision::Pass;
        };
        let rule = RULES.iter().find(|(client, _)| client.fits(message));
        rule.map_or(Decision::Pass, |(_, name_servers)| {
            Decision::Track((name_servers, message.longest_reply()))
        })
    }
}

impl OnSendPacket for RewriteReply {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&Self::State>) {
        let Some(&(name_servers, limit)) = state else { return };
        // A refusal has no name servers (RFC 2131, table 3).
        if packet
            .message()
            .is_ok_and(|message| message.message_type() == Some(MessageType::NAK))
        {
            return;
        }
        let replaced = packet.replace(|reply| {
            reply.set(option::DNS_SERVERS, name_servers).limit(limit);
        });
        if replaced.is_err() {
            self.0.fetch_add(1, Relaxed);
        }
    }
}

/// Which name servers a client gets whose packet fits. Not part of the host, which would be in the file of the DLL
/// then, with all its slots and buffers.
static RULES: [(Client, NameServers); 3] = [
    (Client::VendorClass(b"udhcp"), &[Ipv4Addr::new(192, 0, 2, 53)]),
    (Client::UserClass(b"guest"), &[Ipv4Addr::new(198, 51, 100, 53)]),
    (Client::Circuit(b"lan0"), &[Ipv4Addr::new(203, 0, 113, 54)]),
];

static REWRITER: Host<RewriteReply, 4096, 64> = Host::new(RewriteReply(AtomicU64::new(0)));
dhcp_callout::export!(REWRITER);

fn main() {
    show::lifecycles(DhcpServerCalloutEntry);
}
