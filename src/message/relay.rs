//! What relay agents add: option 82 (RFC 3046) and its sub-options by name, of IANA's "DHCP Relay Agent Sub-Option
//! Codes".

use core::fmt;
use core::iter::FusedIterator;
use core::net::Ipv4Addr;

use super::format::{Format, Key, ValueError};
use super::identity::VirtualSubnet;
use super::list::{Sequence, write_list};
use super::nested::{RadiusAttribute, Suboption, SuboptionList, VendorData};
use super::service::RelayAuthentication;
use super::text::Text;
use super::typed::{Typed, keys};
use super::value::Value;
use crate::codes::open;

/// The code of a sub-option of relay agent information, one byte.
///
/// `Display` prints the number in decimal; `name` gives the registry's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct RelayCode(u8);

open!(RelayCode(u8));

keys! {
    RelayCode, "sub-option", besides = {};

    1, CIRCUIT_ID, "Agent Circuit ID", Value<'static>, "RFC 3046 section 3.1";
    2, REMOTE_ID, "Agent Remote ID", Value<'static>, "RFC 3046 section 3.2";
    /// Bits; bit 0 is a CPE controlled cable modem.
    4, DOCSIS_DEVICE_CLASS, "DOCSIS Device Class", u32, "RFC 3256";
    5, LINK_SELECTION, "Link Selection", Ipv4Addr, "RFC 3527 section 3";
    /// In ASCII.
    6, SUBSCRIBER_ID, "Subscriber-ID", Text<'static>, "RFC 3993";
    7, RADIUS_ATTRIBUTES, "RADIUS Attributes", Sequence<'static, RadiusAttribute<'static>>, "RFC 4014 section 3";
    8, AUTHENTICATION, "Authentication", RelayAuthentication<'static>, "RFC 4030";
    9, VENDOR_SPECIFIC, "Vendor-Specific Information", Sequence<'static, VendorData<'static>>, "RFC 4243";
    /// Bits; 0x80 says that the relay got the message by unicast.
    10, RELAY_FLAGS, "Relay Agent Flags", u8, "RFC 5010";
    11, SERVER_ID_OVERRIDE, "Server Identifier Override", Ipv4Addr, "RFC 5107";
    /// A DUID, or octets that an administrator has set.
    12, RELAY_ID, "Relay Agent Identifier", Value<'static>, "RFC 6925";
    /// The type is in the low octet.
    13, ACCESS_TECHNOLOGY_TYPE, "Access-Technology-Type", u16, "RFC 7839";
    /// In UTF-8; the SSID of a wireless network.
    14, ACCESS_NETWORK_NAME, "Access-Network-Name", Text<'static>, "RFC 7839";
    /// In UTF-8.
    15, ACCESS_POINT_NAME, "Access-Point-Name", Text<'static>, "RFC 7839";
    /// 6 octets.
    16, ACCESS_POINT_BSSID, "Access-Point-BSSID", Value<'static>, "RFC 7839";
    /// A private enterprise number.
    17, OPERATOR_ID, "Operator-Identifier", u32, "RFC 7839";
    18, OPERATOR_REALM, "Operator-Realm", Text<'static>, "RFC 7839";
    19, RELAY_SOURCE_PORT, "DHCPv4 Relay Source Port", (), "RFC 8357";
    151, VIRTUAL_SUBNET_SELECTION, "DHCPv4 Virtual Subnet Selection", VirtualSubnet<'static>, "RFC 6607";
    152, VIRTUAL_SUBNET_SELECTION_CONTROL, "DHCPv4 Virtual Subnet Selection Control", (), "RFC 6607";
}

impl fmt::Display for RelayCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for RelayCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelayCode({})", self.0)
    }
}

/// The sub-options of relay agent information: option 82 (RFC 3046 section 2.0).
///
/// Codes 0 and 255 are sub-options like others here. Decoding gives [`ValueError::Length`] for an empty value,
/// [`ValueError::SuboptionNoLength`] for a code that is the last octet, and [`ValueError::SuboptionTruncated`] for a
/// sub-option that runs past the end; [`Suboptions::new`](super::Elements::new) reads what stands before such a fault.
/// The values of the sub-options are not checked until they are asked for.
///
/// ```
/// use dhcp_callout::message::{Value, option, relay};
///
/// let octets = b"\x01\x04eth0\x05\x04\xc0\x00\x02\x00";
/// let value = Value::from_slice(option::RELAY_AGENT_INFORMATION.code(), octets);
/// let agent = option::RELAY_AGENT_INFORMATION.decode(value)?;
/// assert_eq!(agent.count(), 2);
/// assert!(agent.get(relay::CIRCUIT_ID)?.is_some_and(|circuit| circuit.starts_with(b"eth")));
/// assert_eq!(agent.get(relay::LINK_SELECTION)?, Some([192, 0, 2, 0].into()));
/// assert_eq!(agent.get(relay::REMOTE_ID)?, None);
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayAgentInformation<'a> {
    suboptions: SuboptionList<'a>,
}

impl<'a> RelayAgentInformation<'a> {
    /// Returns the octets of the option.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.suboptions.value()
    }

    /// Returns the sub-options in wire order, repeated ones too.
    #[must_use]
    pub fn iter(&self) -> impl FusedIterator<Item = Suboption<'a>> + Clone + use<'a> {
        self.suboptions.iter()
    }

    /// Returns how many sub-options there are, by counting them.
    #[must_use]
    pub fn count(&self) -> usize {
        self.suboptions.count()
    }

    /// Reads the first sub-option of the key's code. RFC 3046 has no splitting of sub-options, so that others of the
    /// same code are not joined to it.
    ///
    /// # Errors
    /// [`ValueError`] if the value does not follow the layout of the sub-option.
    pub fn get<F: Format>(&self, key: Key<F, RelayCode>) -> Result<Option<F::Value<'a>>, ValueError> {
        let found = self.iter().find(|suboption| suboption.code == key.code().code());
        found.map(|suboption| key.decode(suboption.value)).transpose()
    }
}

impl Format for RelayAgentInformation<'_> {
    type Value<'a> = RelayAgentInformation<'a>;

    #[inline]
    fn decode(value: Value<'_>) -> Result<RelayAgentInformation<'_>, ValueError> {
        SuboptionList::decode(value).map(|suboptions| RelayAgentInformation { suboptions })
    }
}

/// Each sub-option by its name, with commas between them; what cannot be read as its octets.
impl fmt::Display for RelayAgentInformation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, self.iter(), |suboption, f| {
            match RelayCode::from_code(suboption.code).name() {
                Some(name) => write!(f, "{name} ")?,
                None => write!(f, "sub-option {} ", suboption.code)?,
            }
            match Typed::decode_relay(suboption) {
                Ok(typed) => typed.fmt(f),
                Err(_) => suboption.value.fmt(f),
            }
        })
    }
}
