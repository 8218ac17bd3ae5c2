//! One line for each packet of a client: who asked what from where, which address for how long, and how it ended.
//!
//! The hooks put what they know into the packet's state; when it is done, the state goes to a thread of the callout's
//! own (`writer.rs`), which alone writes. A packet that finds the way or the table full, or whose end the server never
//! reports, is counted and not written: the server does not wait. A line begins with the seconds since 1970 when it is
//! written.
//!
//! The log is `dhcp-leases.log` in the folder for temporary files, or what `DHCP_LEASE_LOG` names; if it cannot be
//! opened, the DLL is not loaded. In a DLL of your own this folder is `src`, and this file `lib.rs`, without `main`,
//! `tests` and `show`, and the path is where the administrator wants the log.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use dhcp_callout::message::option::{self, relay};
use dhcp_callout::message::{MessageType, Value};
use dhcp_callout::{
    AddressOffered, Callout, ControlEvent, Decision, Diagnostic, Host, LoadError, NewPacket, OnAddressOffered,
    OnControl, Outcome, ServiceControl,
};

#[cfg(test)]
mod tests;
mod writer;

/// How many packets have no line.
struct LeaseLog(AtomicU64);

/// What a client asked, and what it got.
struct Request {
    client: [u8; 6],
    message_type: MessageType,
    host_name: [u8; 32],
    circuit: [u8; 32],
    /// The address and the seconds; 0 until one is offered.
    lease: [AtomicU32; 2],
}

/// Returns the first bytes of a value: a state has one size, and a hook allocates nothing.
fn first(value: Option<Value<'_>>) -> [u8; 32] {
    let mut bytes = value.iter().flat_map(Value::bytes);
    [(); 32].map(|()| bytes.next().unwrap_or(0))
}

impl Callout for LeaseLog {
    type State = Request;

    fn load(&'static self) -> Result<(), LoadError> {
        Ok(writer::start()?)
    }

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Request> {
        request(packet).map_or(Decision::Pass, Decision::Track)
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        if matches!(diagnostic, Diagnostic::NotTracked | Diagnostic::Lost { .. }) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn packet_done(&self, outcome: Outcome, request: Request) {
        if !writer::send(request, outcome) {
            self.0.fetch_add(1, Relaxed);
        }
    }
}

fn request(packet: &NewPacket<'_>) -> Option<Request> {
    let message = packet.message().ok()?;
    let agent = message.find(option::RELAY_AGENT_INFORMATION);
    Some(Request {
        client: message.mac()?,
        message_type: message.message_type()?,
        host_name: first(message.find(option::HOST_NAME).map(|name| name.value())),
        circuit: first(agent.and_then(|agent| agent.find(relay::CIRCUIT_ID))),
        lease: [const { AtomicU32::new(0) }; 2],
    })
}

impl OnAddressOffered for LeaseLog {
    fn address_offered(&self, offer: &AddressOffered<'_>, request: Option<&Request>) {
        let offered = [offer.address().to_bits(), offer.lease_time()];
        let lease = request.iter().flat_map(|request| &request.lease);
        lease.zip(offered).for_each(|(part, value)| part.store(value, Relaxed));
    }
}

impl OnControl for LeaseLog {
    fn control(&'static self, event: ControlEvent) {
        if event.code() == ServiceControl::STOP {
            // What is in flight is counted before the last line: no end of it will be heard of.
            LOG.drain();
            writer::flush();
        }
    }
}

static LOG: Host<LeaseLog, 4096, 0> = Host::new(LeaseLog(AtomicU64::new(0)));
dhcp_callout::export!(LOG);

fn main() {
    dhcp_callout_support::show::lifecycles(DhcpServerCalloutEntry);
    eprintln!("the log is {}", writer::path().display());
}
