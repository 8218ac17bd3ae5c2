//! What relay agents add: option 82 (RFC 3046) and its sub-options by name, of IANA's "DHCP Relay Agent Sub-Option
//! Codes".

use core::net::Ipv4Addr;

use super::client::VirtualSubnet;
use super::fixed::Flag;
use super::keys::keys;
use super::sequence::Sequence;
use super::suboption::{Suboption, SuboptionCode, VendorData};
use super::text::Text;
use crate::codes::number;
use crate::message::codec::{Encode, Encoder, Format, Key, ValueError};
use crate::message::value::Value;

number! {
    /// The code of a sub-option of relay agent information, one byte.
    ///
    /// Prints as its number in decimal, by which the documents and error texts call it; `name` returns the name in the
    /// table.
    RelayCode
}

impl SuboptionCode for RelayCode {}

/// Passes the table of the sub-options to the macro `$callback`, in the form of `option_rows!`.
macro_rules! relay_rows {
    ($callback:ident) => {
        $callback! {
            RelayCode, "sub-option";

            1, CIRCUIT_ID, "Agent Circuit ID", Value<'static>, "RFC 3046 section 3.1";
            2, REMOTE_ID, "Agent Remote ID", Value<'static>, "RFC 3046 section 3.2";
            /// Bits; bit 0 is a CPE controlled cable modem.
            4, DOCSIS_DEVICE_CLASS, "DOCSIS Device Class", u32, "RFC 3256";
            5, LINK_SELECTION, "Link Selection", Ipv4Addr, "RFC 3527 section 3";
            /// In ASCII.
            6, SUBSCRIBER_ID, "Subscriber-ID", Text<'static>, "RFC 3993";
            7, RADIUS_ATTRIBUTES, "RADIUS Attributes", Value<'static>, "RFC 4014 section 3";
            8, AUTHENTICATION, "Authentication", Value<'static>, "RFC 4030";
            9, VENDOR_SPECIFIC, "Vendor-Specific Information", Sequence<'static, VendorData<'static>>, "RFC 4243";
            /// Bits; 0x80 says that the relay got the message by unicast.
            10, RELAY_FLAGS, "Relay Agent Flags", u8, "RFC 5010";
            11, SERVER_ID_OVERRIDE, "Server Identifier Override", Ipv4Addr, "RFC 5107";
            /// A DUID, or bytes that an administrator has set.
            12, RELAY_ID, "Relay Agent Identifier", Value<'static>, "RFC 6925";
            /// The type is in the low byte.
            13, ACCESS_TECHNOLOGY_TYPE, "Access-Technology-Type", u16, "RFC 7839";
            /// In UTF-8; the SSID of a wireless network.
            14, ACCESS_NETWORK_NAME, "Access-Network-Name", Text<'static>, "RFC 7839";
            /// In UTF-8.
            15, ACCESS_POINT_NAME, "Access-Point-Name", Text<'static>, "RFC 7839";
            /// 6 bytes.
            16, ACCESS_POINT_BSSID, "Access-Point-BSSID", Value<'static>, "RFC 7839";
            /// A private enterprise number.
            17, OPERATOR_ID, "Operator-Identifier", u32, "RFC 7839";
            18, OPERATOR_REALM, "Operator-Realm", Text<'static>, "RFC 7839";
            19, RELAY_SOURCE_PORT, "DHCPv4 Relay Source Port", Flag, "RFC 8357";
            151, VIRTUAL_SUBNET_SELECTION, "DHCPv4 Virtual Subnet Selection", VirtualSubnet<'static>, "RFC 6607";
            152, VIRTUAL_SUBNET_SELECTION_CONTROL, "DHCPv4 Virtual Subnet Selection Control", Flag, "RFC 6607";
        }
    };
}

pub(super) use relay_rows;

relay_rows!(keys);

/// The sub-options of relay agent information: option 82 (RFC 3046 section 2.0).
///
/// Codes 0 and 255 are sub-options like others here. Decoding gives [`Length`](crate::message::ValueErrorKind::Length)
/// for an empty value, [`SuboptionNoLength`](crate::message::ValueErrorKind::SuboptionNoLength) for a code that is the
/// last byte, and [`SuboptionTruncated`](crate::message::ValueErrorKind::SuboptionTruncated) for a sub-option that runs
/// past the end; a [`SequenceReader`](crate::message::SequenceReader) reads what is before such a fault. The values of
/// the sub-options are not checked until they are asked for.
///
/// ```
/// use dhcp_callout::message::Value;
/// use dhcp_callout::message::option::{self, relay};
///
/// let bytes = b"\x01\x04eth0\x05\x04\xc0\x00\x02\x00";
/// let value = Value::from_slice(option::RELAY_AGENT_INFORMATION.code(), bytes);
/// let agent = option::RELAY_AGENT_INFORMATION.decode(value)?;
/// assert_eq!(agent.suboptions().len(), 2);
/// assert!(agent.get(relay::CIRCUIT_ID)?.is_some_and(|circuit| circuit.starts_with(b"eth")));
/// assert_eq!(agent.get(relay::LINK_SELECTION)?, Some([192, 0, 2, 0].into()));
/// assert_eq!(agent.get(relay::REMOTE_ID)?, None);
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayAgentInformation<'a> {
    suboptions: Sequence<'a, Suboption<'static>>,
}

impl<'a> RelayAgentInformation<'a> {
    /// Returns the bytes of the option.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.suboptions.value()
    }

    /// Returns the sub-options in wire order, repeated ones too.
    #[inline]
    #[must_use]
    pub const fn suboptions(&self) -> Sequence<'a, Suboption<'static>> {
        self.suboptions
    }

    /// Reads the first sub-option of the key's code. RFC 3046 has no splitting of sub-options, so that others of the
    /// same code are not joined to it.
    ///
    /// # Errors
    /// [`ValueError`] if the value does not follow the layout of the sub-option.
    pub fn get<F: Format>(&self, key: Key<F, RelayCode>) -> Result<Option<F::Value<'a>>, ValueError> {
        self.suboptions.suboption(key)
    }

    /// Reads the sub-option that `key` names, as [`get`](Self::get) does, if it is there and legible.
    #[inline]
    #[must_use]
    pub fn find<F: Format>(&self, key: Key<F, RelayCode>) -> Option<F::Value<'a>> {
        self.get(key).ok().flatten()
    }
}

impl Format for RelayAgentInformation<'_> {
    type Value<'a> = RelayAgentInformation<'a>;

    #[inline]
    fn decode(value: Value<'_>) -> Result<RelayAgentInformation<'_>, ValueError> {
        Sequence::decode(value).map(|suboptions| RelayAgentInformation { suboptions })
    }
}

impl Encode<RelayAgentInformation<'static>> for RelayAgentInformation<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_value(self.value());
    }
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    RelayAgentInformation<'_> => {
        let code = prop_oneof![9 => select(RelayCode::ALL), 1 => any::<u8>().prop_map(RelayCode::from_code)];
        several(code.prop_flat_map(|code| concat([byte_of(Just(code.code())), after_length(code.readable())])))
    };
}
