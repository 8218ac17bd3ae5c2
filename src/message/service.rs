//! Where services are, and how queries fare: options of several fields.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::assigned::{AuthProtocol, StatusCode};
use super::format::{Format, ValueError};
use super::list::{Addresses, Element};
use super::name::{DomainList, DomainName};
use super::text::Text;
use super::value::Value;

/// Addresses of SLP directory agents (option 78, RFC 2610 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlpAgents<'a> {
    /// Whether the client must use these and look for no others.
    pub mandatory: bool,
    /// The agents.
    pub agents: Addresses<'a>,
}

impl Format for SlpAgents<'_> {
    type Value<'a> = SlpAgents<'a>;

    fn decode(value: Value<'_>) -> Result<SlpAgents<'_>, ValueError> {
        let (mandatory, agents) = slp_mandatory(value, 5)?;
        Ok(SlpAgents {
            mandatory,
            agents: Addresses::decode(agents)?,
        })
    }
}

impl fmt::Display for SlpAgents<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mandatory = if self.mandatory { " (mandatory)" } else { "" };
        write!(f, "{}{mandatory}", self.agents)
    }
}

/// Scopes of SLP services (option 79, RFC 2610 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlpScopes<'a> {
    /// Whether the client must use these and no others.
    pub mandatory: bool,
    /// The scopes, with commas between them; perhaps none.
    pub scopes: Text<'a>,
}

impl Format for SlpScopes<'_> {
    type Value<'a> = SlpScopes<'a>;

    fn decode(value: Value<'_>) -> Result<SlpScopes<'_>, ValueError> {
        let (mandatory, scopes) = slp_mandatory(value, 1)?;
        Ok(SlpScopes {
            mandatory,
            scopes: Text::trimmed(scopes),
        })
    }
}

impl fmt::Display for SlpScopes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mandatory = if self.mandatory { " (mandatory)" } else { "" };
        write!(f, "{}{mandatory}", self.scopes)
    }
}

/// Splits off the octet that says whether the rest is mandatory.
fn slp_mandatory(value: Value<'_>, least: usize) -> Result<(bool, Value<'_>), ValueError> {
    let ([mandatory], behind) = value.front(least)?;
    match mandatory {
        0 => Ok((false, behind)),
        1 => Ok((true, behind)),
        other => Err(value.bad_octet(other)),
    }
}

/// SIP servers: option 120 (RFC 3361 section 3).
///
/// On the wire: an encoding octet, then names (0) or addresses (1). Pointers in the names count from the encoding
/// octet. Decoding gives [`ValueError::Value`] for another encoding, [`ValueError::Length`] for nothing behind it and
/// for addresses that are no multiple of 4 octets, and of names what [`DomainList`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SipServers<'a> {
    /// Encoding 0.
    Names(DomainList<'a>),
    /// Encoding 1.
    Addresses(Addresses<'a>),
}

impl Format for SipServers<'_> {
    type Value<'a> = SipServers<'a>;

    fn decode(value: Value<'_>) -> Result<SipServers<'_>, ValueError> {
        let ([encoding], servers) = value.front(2)?;
        match encoding {
            0 => DomainList::within(value, servers).map(SipServers::Names),
            1 => Addresses::decode(servers).map(SipServers::Addresses),
            other => Err(value.bad_octet(other)),
        }
    }
}

impl fmt::Display for SipServers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Names(names) => names.fmt(f),
            Self::Addresses(addresses) => addresses.fmt(f),
        }
    }
}

/// Which name servers are to be asked for what: option 146 (RFC 6731 section 4.3).
///
/// Decoding gives [`ValueError::Length`] for less than ten octets, and what [`DomainList`] says of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RdnssSelection<'a> {
    /// The preference in its two low bits (1 high, 0 medium, 3 low), with the reserved bits as they came.
    pub preference: u8,
    /// The first server.
    pub primary: Ipv4Addr,
    /// The second server; 0.0.0.0 if there is none.
    pub secondary: Ipv4Addr,
    /// The domains and networks that the servers know; the root for all of them.
    pub domains: DomainList<'a>,
}

impl Format for RdnssSelection<'_> {
    type Value<'a> = RdnssSelection<'a>;

    fn decode(value: Value<'_>) -> Result<RdnssSelection<'_>, ValueError> {
        let ([preference], behind) = value.front(10)?;
        let (primary, behind): ([u8; 4], _) = behind.front(9)?;
        let (secondary, domains): ([u8; 4], _) = behind.front(5)?;
        Ok(RdnssSelection {
            preference,
            primary: primary.into(),
            secondary: secondary.into(),
            domains: DomainList::decode(domains)?,
        })
    }
}

impl fmt::Display for RdnssSelection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let preference = match self.preference & 3 {
            0 => "medium",
            1 => "high",
            3 => "low",
            _ => "reserved",
        };
        let Self {
            primary,
            secondary,
            domains,
            ..
        } = self;
        write!(f, "{primary}, {secondary} preference {preference} for {domains}")
    }
}

/// The 6rd prefix and border relays: option 212 (RFC 5969 section 7.1.1).
///
/// Decoding gives [`ValueError::Length`] for less than 22 octets and for relays that are no multiple of 4 octets, and
/// [`ValueError::Prefix`] for a mask over 32 or a prefix over 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SixRd<'a> {
    /// How many high bits all IPv4 addresses of the domain share, 0 to 32.
    pub mask_width: u8,
    /// Width of the IPv6 prefix, 0 to 128 bits.
    pub prefix_width: u8,
    /// The IPv6 prefix.
    pub prefix: Ipv6Addr,
    /// The border relays.
    pub relays: Addresses<'a>,
}

impl Format for SixRd<'_> {
    type Value<'a> = SixRd<'a>;

    fn decode(value: Value<'_>) -> Result<SixRd<'_>, ValueError> {
        let ([mask_width], behind_mask) = value.front(22)?;
        let ([prefix_width], prefix) = behind_mask.front(21)?;
        let (octets, relays): ([u8; 16], _) = prefix.front(20)?;
        for (at, width, most) in [(value, mask_width, 32), (behind_mask, prefix_width, 128)] {
            if width > most {
                return Err(ValueError::Prefix {
                    code: at.code(),
                    offset: at.offset(),
                    width,
                    most,
                });
            }
        }
        Ok(SixRd {
            mask_width,
            prefix_width,
            prefix: octets.into(),
            relays: Addresses::decode(relays)?,
        })
    }
}

impl fmt::Display for SixRd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            mask_width,
            prefix_width,
            prefix,
            relays,
        } = self;
        write!(f, "{prefix}/{prefix_width} mask {mask_width} via {relays}")
    }
}

/// The ports that a client may use of a shared address: option 159 (RFC 7618 section 9), four octets.
///
/// Decoding gives [`ValueError::Length`] for any other length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortParameters {
    /// Bits before the port-set identifier in a port number.
    pub offset: u8,
    /// Bits of the port-set identifier.
    pub psid_length: u8,
    /// The port-set identifier, in the high bits.
    pub psid: u16,
}

impl Format for PortParameters {
    type Value<'a> = PortParameters;

    fn decode(value: Value<'_>) -> Result<PortParameters, ValueError> {
        let [offset, psid_length, high, low] = value.exactly()?;
        Ok(PortParameters {
            offset,
            psid_length,
            psid: u16::from_be_bytes([high, low]),
        })
    }
}

impl fmt::Display for PortParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            offset,
            psid_length,
            psid,
        } = self;
        write!(f, "offset {offset}, PSID {psid:#06x}/{psid_length}")
    }
}

/// An encrypted name server, an element of option 162 (RFC 9463 section 5.1).
///
/// On the wire: the length of the rest in two octets, the priority, the name behind a length octet, and perhaps
/// addresses behind a length octet and service parameters. Decoding gives [`ValueError::Truncated`] when a part runs
/// past the end of the element, [`ValueError::Length`] for addresses that are no multiple of 4 octets, and what
/// [`DomainName`] says of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptedDns<'a> {
    /// The priority; lower ones are tried first.
    pub priority: u16,
    /// The name by which the server is authenticated.
    pub name: DomainName<'a>,
    /// Its addresses; `None` if only the name is given.
    pub addresses: Option<Addresses<'a>>,
    /// Service parameters in the wire format of RFC 9460 section 2.2, perhaps none.
    pub parameters: Value<'a>,
}

impl Element for EncryptedDns<'_> {
    type Value<'a> = EncryptedDns<'a>;

    const LEAST: usize = 6;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<EncryptedDns<'a>>, ValueError> {
        let length = u16::from_be_bytes(rest.take()?);
        let mut instance = rest.take_value(usize::from(length))?;
        let priority = u16::from_be_bytes(instance.take()?);
        let name = DomainName::decode(instance.take_counted()?)?;
        let addresses = if instance.is_empty() {
            None
        } else {
            Some(Addresses::decode(instance.take_counted()?)?)
        };
        Ok(Some(EncryptedDns {
            priority,
            name,
            addresses,
            parameters: instance,
        }))
    }
}

impl fmt::Display for EncryptedDns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} priority {}", self.name, self.priority)?;
        if let Some(addresses) = self.addresses {
            write!(f, " at {addresses}")?;
        }
        if self.parameters.is_empty() {
            Ok(())
        } else {
            write!(f, " parameters {:x}", self.parameters)
        }
    }
}

/// How a query fared: option 151 (RFC 6926 section 6.2.2).
///
/// On the wire: the status octet, and text for people, perhaps none. Decoding gives [`ValueError::Length`] for an empty
/// value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    /// The status.
    pub code: StatusCode,
    /// What the server says of it.
    pub message: Text<'a>,
}

impl Format for Status<'_> {
    type Value<'a> = Status<'a>;

    fn decode(value: Value<'_>) -> Result<Status<'_>, ValueError> {
        let ([code], message) = value.front(1)?;
        Ok(Status {
            code: StatusCode::from_code(code),
            message: Text::trimmed(message),
        })
    }
}

impl fmt::Display for Status<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.code)?;
        if self.message.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", self.message)
        }
    }
}

/// How a message is authenticated: option 90 (RFC 3118 section 2, RFC 6704).
///
/// On the wire: protocol, algorithm and replay detection method, one octet each, the replay detection value in eight,
/// and what the protocol says. Decoding gives [`ValueError::Length`] for less than 11 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authentication<'a> {
    /// The protocol.
    pub protocol: AuthProtocol,
    /// The algorithm, in the number space of the protocol; 1 is HMAC-MD5.
    pub algorithm: u8,
    /// How replays are detected; 0 is a counter that only grows.
    pub replay_method: u8,
    /// The value that replays are detected by.
    pub replay: u64,
    /// What the protocol says, perhaps nothing.
    pub information: Value<'a>,
}

impl Format for Authentication<'_> {
    type Value<'a> = Authentication<'a>;

    fn decode(value: Value<'_>) -> Result<Authentication<'_>, ValueError> {
        let ([protocol, algorithm, replay_method, replay @ ..], information) = value.front::<11>(11)?;
        Ok(Authentication {
            protocol: AuthProtocol::from_code(protocol),
            algorithm,
            replay_method,
            replay: u64::from_be_bytes(replay),
            information,
        })
    }
}

impl fmt::Display for Authentication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            protocol,
            algorithm,
            replay_method,
            replay,
            information,
        } = self;
        write!(
            f,
            "{protocol:?}, algorithm {algorithm}, replay {replay_method}:{replay:#x} {information}"
        )
    }
}

/// How a relay agent authenticates what it added: relay sub-option 8 (RFC 4030).
///
/// On the wire: algorithm and replay detection method, one octet each, the replay detection value in eight, the relay's
/// identifier in four, and what the algorithm says. Decoding gives [`ValueError::Length`] for less than 14 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayAuthentication<'a> {
    /// The algorithm; 1 is HMAC-SHA1.
    pub algorithm: u8,
    /// How replays are detected, in the low four bits; the others as they came.
    pub replay_method: u8,
    /// The value that replays are detected by.
    pub replay: u64,
    /// The identifier of the relay.
    pub relay: u32,
    /// What the algorithm says, perhaps nothing.
    pub information: Value<'a>,
}

impl Format for RelayAuthentication<'_> {
    type Value<'a> = RelayAuthentication<'a>;

    fn decode(value: Value<'_>) -> Result<RelayAuthentication<'_>, ValueError> {
        let ([algorithm, replay_method], behind) = value.front(14)?;
        let (replay, behind) = behind.front(12)?;
        let (identifier, information) = behind.front(4)?;
        Ok(RelayAuthentication {
            algorithm,
            replay_method,
            replay: u64::from_be_bytes(replay),
            relay: u32::from_be_bytes(identifier),
            information,
        })
    }
}

impl fmt::Display for RelayAuthentication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            algorithm,
            replay_method,
            replay,
            relay,
            information,
        } = self;
        write!(
            f,
            "algorithm {algorithm}, replay {replay_method}:{replay:#x}, relay {relay:#010x} {information}"
        )
    }
}
