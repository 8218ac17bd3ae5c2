//! What a packet is, and which calls a server makes about it.

use core::net::Ipv4Addr;

use crate::control::{AddressGrant, AddressProblem};
use crate::lifecycle::Notice;
use crate::message::{Message, MessageType, option};

/// What a message is: of DHCP, of BOOTP, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dhcp(MessageType),
    /// Without a message type, and without a fault in the options.
    Bootp,
    /// Its options cannot be read as far as a message type.
    Malformed,
}

impl Kind {
    pub(super) fn of(message: Message<'_>) -> Self {
        match message.get(option::MESSAGE_TYPE) {
            Ok(None) => Self::Bootp,
            Ok(Some(message_type)) => Self::Dhcp(message_type),
            Err(_) => Self::Malformed,
        }
    }
}

/// A call of a hook about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Call {
    /// `DhcpNewPktHook`; `refused` is what it left in `*ProcessIt`.
    NewPacket {
        /// Whether the packet is not to be processed.
        refused: bool,
    },
    /// `DhcpHandleOptionsHook`.
    OptionsParsed,
    /// `DhcpAddressOfferHook`.
    AddressOffered {
        /// Kind of the lease.
        grant: AddressGrant,
        /// The address given.
        address: Ipv4Addr,
        /// Length of the lease in seconds.
        lease_time: u32,
    },
    /// `DhcpAddressDelHook`.
    AddressDeleted {
        /// What became of the address.
        problem: AddressProblem,
        /// The address.
        address: Ipv4Addr,
    },
    /// `DhcpPktSendHook`, with the captured reply of that index.
    Sent {
        /// Which datagram of the capture the reply is.
        reply: usize,
        /// Whether the hook left other bytes to be sent than those of the capture.
        altered: bool,
    },
    /// `DhcpPktDropHook`.
    Notified(Notice),
}

/// Returns the call about the address of a packet: given by its reply, refused by it, or not wanted by the client.
/// There is none if they name no address, or one that cannot be read.
pub(super) fn about_address(request: Message<'_>, reply: Option<Message<'_>>) -> Option<Call> {
    let refused = || Some(request.get(option::REQUESTED_ADDRESS).ok()?.unwrap_or(request.ciaddr()));
    let (problem, address) = match (Kind::of(request), reply.map(Kind::of)) {
        (Kind::Dhcp(MessageType::REQUEST | MessageType::DISCOVER), Some(Kind::Dhcp(MessageType::ACK)))
        | (Kind::Bootp, Some(Kind::Bootp)) => (None, reply?.yiaddr()),
        (_, Some(Kind::Dhcp(MessageType::NAK))) => (Some(AddressProblem::NACKED), refused()?),
        (Kind::Dhcp(MessageType::DECLINE), None) => (Some(AddressProblem::DECLINE), refused()?),
        (Kind::Dhcp(MessageType::RELEASE), None) => (Some(AddressProblem::RELEASE), request.ciaddr()),
        _ => return None,
    };
    if address.is_unspecified() {
        return None;
    }
    Some(match problem {
        Some(problem) => Call::AddressDeleted { problem, address },
        None => Call::AddressOffered {
            grant: if request.ciaddr().is_unspecified() {
                AddressGrant::NEW
            } else {
                AddressGrant::OLD
            },
            address,
            lease_time: reply?.find(option::LEASE_TIME).map_or(0, |span| span.0),
        },
    })
}
