//! The control codes of the server, a type for each hook.
//!
//! The same DWORD means different things to different hooks: 1 is `DHCP_CONTROL_START` to one and `DHCP_DROP_DUPLICATE`
//! to another. Each type keeps every value that it is given, known or not. All values are DWORDs in host order, passed
//! by value.
//!
//! A code prints as the SDK's name; `meaning` has the documented prose:
//!
//! ```
//! use dhcp_callout::DropReason;
//!
//! assert_eq!(DropReason::NOADDRESS.to_string(), "DHCP_DROP_NOADDRESS");
//! assert_eq!(DropReason::NOADDRESS.meaning(), Some("no address to offer"));
//! let unknown = DropReason::from_code(0x77).ok_or("a reason")?;
//! assert_eq!(unknown.to_string(), "drop reason 0x00000077");
//! # Ok::<(), &str>(())
//! ```

use crate::codes::{codes, open};

/// `DHCP_DROP_PROCESSED`: the packet has been processed. Arrives in place of a drop reason, but is not one.
#[doc(alias = "DHCP_DROP_PROCESSED")]
pub const PACKET_PROCESSED: u32 = 0xB;

codes! {
    /// What happened to the service: `ControlCode` of `DhcpControlHook` (`LPDHCP_CONTROL`).
    pub struct ServiceControl(u32), "{:#010x}", unknown = "service control" {
        START = 0x1, "DHCP_CONTROL_START", "the server has started";
        STOP = 0x2, "DHCP_CONTROL_STOP", "the server has stopped";
        PAUSE = 0x3, "DHCP_CONTROL_PAUSE", "the server has been paused";
        CONTINUE = 0x4, "DHCP_CONTROL_CONTINUE", "the server has been continued";
    }

    /// Why the server drops a packet: `ControlCode` of `DhcpPktDropHook` (`LPDHCP_DROP_SEND`).
    ///
    /// Cannot hold [`PACKET_PROCESSED`], which reports completion; [`Notice::from_code`](crate::Notice::from_code)
    /// tells the two apart.
    pub struct DropReason(u32), "{:#010x}", unknown = "drop reason" {
        DUPLICATE = 0x1, "DHCP_DROP_DUPLICATE", "duplicate of another packet received by the server";
        NOMEM = 0x2, "DHCP_DROP_NOMEM", "not enough memory to process the packet";
        INTERNAL_ERROR = 0x3, "DHCP_DROP_INTERNAL_ERROR", "unexpected internal error";
        TIMEOUT = 0x4, "DHCP_DROP_TIMEOUT", "packet too old to process";
        UNAUTH = 0x5, "DHCP_DROP_UNAUTH", "server not authorized to process the packet";
        PAUSED = 0x6, "DHCP_DROP_PAUSED", "server paused";
        NO_SUBNETS = 0x7, "DHCP_DROP_NO_SUBNETS", "no subnets configured";
        INVALID = 0x8, "DHCP_DROP_INVALID", "packet invalid, or received on an invalid socket";
        WRONG_SERVER = 0x9, "DHCP_DROP_WRONG_SERVER", "packet sent to the wrong server";
        NOADDRESS = 0xA, "DHCP_DROP_NOADDRESS", "no address to offer";
        GEN_FAILURE = 0x100, "DHCP_DROP_GEN_FAILURE", "unknown error";
    }

    /// What the server is about to send: `ControlCode` of `DhcpPktSendHook` (`LPDHCP_DROP_SEND`).
    pub struct SendCode(u32), "{:#010x}", unknown = "send code" {
        SEND_PACKET = 0x1000_0000, "DHCP_SEND_PACKET", "the server is about to send a packet";
    }

    /// Why an address is not, or no longer, in use: `ControlCode` of `DhcpAddressDelHook` (`LPDHCP_PROB`).
    pub struct AddressProblem(u32), "{:#010x}", unknown = "address problem" {
        CONFLICT = 0x2000_0001, "DHCP_PROB_CONFLICT", "address already in use";
        DECLINE = 0x2000_0002, "DHCP_PROB_DECLINE", "address declined by a client";
        RELEASE = 0x2000_0003, "DHCP_PROB_RELEASE", "address released";
        NACKED = 0x2000_0004, "DHCP_PROB_NACKED", "address requested and refused";
    }

    /// Which kind of lease the server is about to acknowledge: `ControlCode` of `DhcpAddressOfferHook`
    /// (`LPDHCP_GIVE_ADDRESS`).
    pub struct AddressGrant(u32), "{:#010x}", unknown = "address grant" {
        NEW = 0x3000_0001, "DHCP_GIVE_ADDRESS_NEW", "acknowledgement of a new lease";
        OLD = 0x3000_0002, "DHCP_GIVE_ADDRESS_OLD", "acknowledgement of a renewal";
    }

    /// By which protocol the client asked: `AddrType` of `DhcpAddressOfferHook` (`LPDHCP_GIVE_ADDRESS`).
    pub struct ClientType(u32), "{:#010x}", unknown = "client type" {
        BOOTP = 0x3000_0003, "DHCP_CLIENT_BOOTP", "a BOOTP client";
        DHCP = 0x3000_0004, "DHCP_CLIENT_DHCP", "a DHCP client";
    }
}

open!(
    ServiceControl(u32),
    SendCode(u32),
    AddressProblem(u32),
    AddressGrant(u32),
    ClientType(u32)
);

impl DropReason {
    /// Creates a reason from its code, known or not; `None` for [`PACKET_PROCESSED`], the one code that is no reason.
    #[inline]
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            PACKET_PROCESSED => None,
            reason => Some(Self(reason)),
        }
    }

    /// Creates a reason from the [`code`](Self::code) of another, without looking at it again.
    #[inline]
    pub(crate) const fn from_code_unchecked(code: u32) -> Self {
        debug_assert!(code != PACKET_PROCESSED, "the code is one of a reason");
        Self(code)
    }

    /// Returns the code; never [`PACKET_PROCESSED`].
    #[inline]
    #[must_use]
    pub const fn code(self) -> u32 {
        self.0
    }
}
