//! The one-byte codes of a DHCP message, as types that keep unknown values.

use core::fmt;

use crate::codes::{codes, open};

codes! {
    /// Which way a message goes: the `op` field (RFC 2131 section 2).
    pub struct OpCode(u8), "{}", unknown = "op" {
        REQUEST = 1, "BOOTREQUEST", "from a client to a server";
        REPLY = 2, "BOOTREPLY", "from a server to a client";
    }

    /// Hardware address type: the `htype` field, of IANA's "Hardware Types" registry for ARP.
    ///
    /// Those that a DHCP server can meet today have a name; the registry's others are kept as their number.
    pub struct HardwareType(u8), "{}", unknown = "hardware type" {
        ETHERNET = 1, "Ethernet", "Ethernet (10Mb)";
        IEEE802 = 6, "IEEE 802", "IEEE 802 Networks";
        ARCNET = 7, "ARCNET", "ARCNET";
        FRAME_RELAY = 15, "Frame Relay", "Frame Relay";
        ATM = 16, "ATM", "Asynchronous Transmission Mode (ATM)";
        HDLC = 17, "HDLC", "HDLC";
        FIBRE_CHANNEL = 18, "Fibre Channel", "Fibre Channel";
        SERIAL_LINE = 20, "Serial Line", "Serial Line";
        IEEE1394 = 24, "IEEE 1394", "IEEE 1394.1995";
        EUI64 = 27, "EUI-64", "EUI-64";
        IPSEC_TUNNEL = 31, "IPsec tunnel", "IPsec tunnel";
        INFINIBAND = 32, "InfiniBand", "InfiniBand (TM)";
    }

    /// What a message is: the value of option 53 (RFC 2132 section 9.6, RFC 3203, 4388, 6926 and 7724).
    pub struct MessageType(u8), "{}", unknown = "message type" {
        DISCOVER = 1, "DHCPDISCOVER", "client looks for servers";
        OFFER = 2, "DHCPOFFER", "server offers an address";
        REQUEST = 3, "DHCPREQUEST", "client requests, confirms or extends a lease";
        DECLINE = 4, "DHCPDECLINE", "client found the address in use";
        ACK = 5, "DHCPACK", "server grants";
        NAK = 6, "DHCPNAK", "server refuses";
        RELEASE = 7, "DHCPRELEASE", "client gives its address back";
        INFORM = 8, "DHCPINFORM", "client has an address and asks for parameters";
        FORCERENEW = 9, "DHCPFORCERENEW", "server makes the client renew";
        LEASEQUERY = 10, "DHCPLEASEQUERY", "relay asks for a lease";
        LEASEUNASSIGNED = 11, "DHCPLEASEUNASSIGNED", "server has no lease on the address";
        LEASEUNKNOWN = 12, "DHCPLEASEUNKNOWN", "server knows nothing of the address";
        LEASEACTIVE = 13, "DHCPLEASEACTIVE", "server tells of an active lease";
        BULKLEASEQUERY = 14, "DHCPBULKLEASEQUERY", "relay asks for many leases";
        LEASEQUERYDONE = 15, "DHCPLEASEQUERYDONE", "server has told all leases";
        ACTIVELEASEQUERY = 16, "DHCPACTIVELEASEQUERY", "relay asks for leases as they change";
        LEASEQUERYSTATUS = 17, "DHCPLEASEQUERYSTATUS", "server tells how the query fares";
        TLS = 18, "DHCPTLS", "a connection is to be secured";
    }
}

open!(OpCode(u8), HardwareType(u8), MessageType(u8));

/// The code of an option, one byte (RFC 2132); `message::option` has the known ones by name.
///
/// Prints as its number in decimal, unlike the other codes: the RFCs and IANA call an option by its number, error texts go
/// on from it ("option 3 at offset 248"), and the list of option 55 is known and compared by its numbers. `name` returns
/// the registry's name, which `{:#}` of a [`Message`](crate::Message) prints beside the number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct OptionCode(u8);

open!(OptionCode(u8));

impl OptionCode {
    /// A byte of filling, without a length (RFC 2132 section 3.1).
    pub const PAD: Self = Self(0);
    /// The end of the options in a field, without a length (RFC 2132 section 3.2).
    pub const END: Self = Self(255);
    /// Option 250: directly after an option of 255 bytes it continues that option's value in Microsoft's encoding
    /// ([MS-DHCPE] section 2.2.9); anywhere else a site-specific option (RFC 3942).
    pub const CONTINUATION: Self = Self(250);
    /// Option 52, which says whether `file` and `sname` hold options (RFC 2132 section 9.3).
    pub(crate) const OVERLOAD: Self = Self(52);
}

impl fmt::Display for OptionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for OptionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OptionCode({})", self.0)
    }
}

bitflags::bitflags! {
    /// The `flags` field, 16 bits (RFC 2131 section 2, figure 2). The bits that must be zero are kept as they came.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Flags: u16 {
        /// The leftmost bit: the client wants the reply broadcast.
        const BROADCAST = 0x8000;
        const _ = !0;
    }

    /// Which fields hold options besides the options field: the value of option 52 (RFC 2132 section 9.3).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Overload: u8 {
        /// The `file` field holds options.
        const FILE = 1;
        /// The `sname` field holds options.
        const SNAME = 2;
    }
}
