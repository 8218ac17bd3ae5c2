//! The one-byte codes of a DHCP message, as types that keep unknown values.

use crate::codes::{codes, number, open};

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
        ARCNET = 7, "ARCNET";
        FRAME_RELAY = 15, "Frame Relay";
        ATM = 16, "ATM", "Asynchronous Transmission Mode (ATM)";
        HDLC = 17, "HDLC";
        FIBRE_CHANNEL = 18, "Fibre Channel";
        SERIAL_LINE = 20, "Serial Line";
        IEEE1394 = 24, "IEEE 1394", "IEEE 1394.1995";
        EUI64 = 27, "EUI-64";
        IPSEC_TUNNEL = 31, "IPsec tunnel";
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

    /// Which fields hold options besides the options field: the value of option 52 (RFC 2132 section 9.3).
    pub struct Overload(u8), "{}", unknown = "overload" {
        FILE = 1, "file", "the `file` field holds options";
        SNAME = 2, "sname", "the `sname` field holds options";
        BOTH = 3, "file, sname", "both fields hold options";
    }
}

open!(OpCode(u8), HardwareType(u8), MessageType(u8), Overload(u8));

impl Overload {
    /// No field.
    pub(crate) const NONE: Self = Self(0);

    /// Returns whether all of `fields` are among these.
    #[inline]
    #[must_use]
    pub const fn contains(self, fields: Self) -> bool {
        self.0 & fields.0 == fields.0
    }

    /// Returns these fields and others.
    pub(crate) const fn with(self, fields: Self) -> Self {
        Self(self.0 | fields.0)
    }
}

number! {
    /// The code of an option, one byte (RFC 2132); `message::option` has the known ones by name.
    ///
    /// Prints as its number in decimal, unlike the other codes: the RFCs and IANA call an option by its number, error
    /// texts go on from it ("option 3 at offset 248"), and the list of option 55 is known and compared by its numbers.
    /// `name` returns the registry's name, which `{:#}` of a [`Message`](crate::Message) prints beside the number.
    OptionCode
}

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
    /// Option 53 (RFC 2132 section 9.6).
    pub(super) const MESSAGE_TYPE: Self = Self(53);
}

bitflags::bitflags! {
    /// The `flags` field, 16 bits (RFC 2131 section 2, figure 2). The bits that must be zero are kept as they came.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Flags: u16 {
        /// The leftmost bit: the client wants the reply broadcast.
        const BROADCAST = 0x8000;
        const _ = !0;
    }
}
