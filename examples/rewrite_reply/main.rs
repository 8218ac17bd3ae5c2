//! Sets an option in every reply to the clients of one vendor class (60) or user class (77), or at one relay port
//! (circuit id, 82).
//!
//! What the client is, is decided when its packet comes in, and kept as the packet's state; when the reply is about to go
//! out, it is copied into a buffer of the callout, edited there, and the server is pointed at the copy.
//!
//! In a DLL of your own this is `lib.rs` without `main` and `show`, which show it at work here.

use core::net::Ipv4Addr;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use dhcp_callout::message::option::{self, relay};
use dhcp_callout::{Callout, Decision, Host, Message, NewPacket, OnSendPacket, SendPacket};
use dhcp_callout_support::show;

#[cfg(test)]
mod tests;

struct RewriteReply {
    rules: &'static [Rule],
    /// How many replies went out as the server made them: a hook counts, and writes nothing.
    failed: AtomicU64,
}

/// Which name servers a client gets whose packet fits.
struct Rule {
    client: Client,
    name_servers: &'static [Ipv4Addr],
}

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
                let circuit = agent.and_then(|agent| agent.get(relay::CIRCUIT_ID).ok().flatten());
                circuit.is_some_and(|circuit| circuit == **id)
            }
        }
    }
}

impl Callout for RewriteReply {
    /// The rule for the client's packet, and how long the reply may be.
    type State = (&'static Rule, usize);

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Self::State> {
        let Ok(message) = packet.message() else {
            return Decision::Pass;
        };
        let rule = self.rules.iter().find(|rule| rule.client.fits(message));
        rule.map_or(Decision::Pass, |rule| Decision::Track((rule, message.longest_reply())))
    }
}

impl OnSendPacket for RewriteReply {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&Self::State>) {
        let Some((rule, limit)) = state else { return };
        let replaced = packet.replace(|reply| {
            reply.set(option::DNS_SERVERS, rule.name_servers).limit(*limit);
        });
        if replaced.is_err() {
            self.failed.fetch_add(1, Relaxed);
        }
    }
}

static REWRITER: Host<RewriteReply, 4096, 64> = Host::new(RewriteReply {
    rules: &[
        Rule {
            client: Client::VendorClass(b"udhcp"),
            name_servers: &[Ipv4Addr::new(192, 0, 2, 53)],
        },
        Rule {
            client: Client::UserClass(b"guest"),
            name_servers: &[Ipv4Addr::new(198, 51, 100, 53)],
        },
        Rule {
            client: Client::Circuit(b"lan0"),
            name_servers: &[Ipv4Addr::new(203, 0, 113, 53)],
        },
    ],
    failed: AtomicU64::new(0),
});
dhcp_callout::export!(REWRITER);

fn main() {
    show::lifecycles(DhcpServerCalloutEntry);
}
