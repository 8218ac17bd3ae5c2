//! What a simulated server does, and what it meets.

use std::vec::Vec;

use proptest::bool::weighted;
use proptest::collection::vec as vec_of;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use super::packets::nearly_message;
use super::sample::Bytes;
use super::shrink::InOrder;
use super::typical::conversation;
use crate::simulate::Conduct;

/// Yields the switches of a simulated server. They shrink to [`Conduct::DEFAULT`], each by itself.
#[inline]
pub fn conduct() -> impl Strategy<Value = Conduct> {
    Conduct::CHOICES
        .map(|choices| InOrder((0..choices).collect()))
        .prop_map(Conduct::of)
}

/// Yields what a simulated server does, and what goes over the wire meanwhile, for
/// [`Server::replay`](crate::simulate::Server::replay): up to four [conversations](conversation) at once, with packets
/// that come twice, and packets with one thing wrong among them. They shrink to the packets that a failure needs.
///
/// ```
/// use core::time::Duration;
/// use dhcp_callout::simulate::{Datagram, Server};
/// use dhcp_callout::strategy::server_run;
/// use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point};
/// use proptest::prelude::*;
///
/// struct Gate;
///
/// impl Callout for Gate {
///     type State = ();
///
///     fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
///         if packet.message().is_ok() { Decision::Track(()) } else { Decision::Refuse }
///     }
/// }
///
/// static GATE: Host<Gate> = Host::new(Gate);
/// entry_point!(fn entry = GATE);
///
/// proptest!(|((conduct, packets) in server_run())| {
///     // SAFETY: the entry point is made by the macro.
///     let server = unsafe { Server::load(entry) }?.conduct(conduct);
///     let capture: Vec<_> = packets.iter().map(|payload| Datagram { time: Duration::ZERO, payload }).collect();
///     server.replay(&capture, |_| ());
///     server.control(dhcp_callout::ServiceControl::STOP);
///     prop_assert_eq!(GATE.in_flight(), 0);
/// });
/// ```
#[inline]
pub fn server_run() -> impl Strategy<Value = (Conduct, Vec<Bytes>)> {
    // `None` is a packet once more.
    let disturbance = (any::<Index>(), option::of(nearly_message()));
    // What a failure does not need goes first, and what is left shrinks after it: a packet takes many steps.
    let are_kept = vec_of(weighted(1.0), 3);
    (
        conduct(),
        are_kept,
        vec_of(conversation(), 1..=4),
        vec_of(disturbance, 0..4),
    )
        .prop_map(|(conduct, are_kept, conversations, disturbances)| {
            let longest = conversations.iter().map(Vec::len).max().unwrap_or(0);
            let in_turn = (0..longest).flat_map(|number| conversations.iter().filter_map(move |all| all.get(number)));
            let mut packets: Vec<_> = in_turn.map(|sample| sample.packet.clone()).collect();
            let kept = disturbances.into_iter().zip(are_kept).filter(|(_, is_kept)| *is_kept);
            for ((at, packet), _) in kept {
                let at = at.index(packets.len());
                packets.extend(packet.or_else(|| packets.get(at).cloned()));
                if let Some(later) = packets.get_mut(at..) {
                    later.rotate_right(1);
                }
            }
            (conduct, packets)
        })
}
