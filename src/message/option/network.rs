//! Where a client finds things: routes, SIP servers, encrypted name servers.

use core::fmt;
use core::net::Ipv4Addr;

use super::name::{DomainList, DomainName};
use super::sequence::{Addresses, Element};
use crate::message::codec::sealed::Sealed;
use crate::message::codec::{Encode, Encoder, Format, ValueError, ValueErrorKind};
use crate::message::value::Value;

/// A route: an element of options 121 and 249 (RFC 3442).
///
/// On the wire: the width of the prefix in bits, as many bytes of the destination as the width makes significant, and
/// the router in four bytes. [`Prefix`](ValueErrorKind::Prefix) if the width is over 32.
///
/// ```
/// use dhcp_callout::message::{Value, option};
///
/// let value = Value::from_slice(option::CLASSLESS_ROUTES.code(), &[8, 10, 192, 0, 2, 1, 0, 192, 0, 2, 254]);
/// let routes = option::CLASSLESS_ROUTES.decode(value)?;
/// assert_eq!(routes.to_string(), "10.0.0.0/8 via 192.0.2.1, 0.0.0.0/0 via 192.0.2.254");
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// Where the route leads; the bits after the width are zero, as the RFC has the client make them.
    pub destination: Ipv4Addr,
    /// Width of the prefix, 0 to 32 bits.
    pub width: u8,
    /// The next hop; 0.0.0.0 if the destination is on the link itself.
    pub router: Ipv4Addr,
}

impl Sealed for Route {}

impl Element for Route {
    type Value<'a> = Route;

    const MIN_LEN: usize = 5;

    fn take(rest: &mut Value<'_>) -> Result<Option<Route>, ValueError> {
        let start = *rest;
        let [width] = rest.take()?;
        if width > 32 {
            return Err(start.error(ValueErrorKind::Prefix { width, max: 32 }));
        }
        let mut destination = [0; 4];
        let significant = rest.take_value(usize::from(width.div_ceil(8)))?;
        let copied = significant.copy_to(&mut destination);
        debug_assert!(copied.is_ok(), "32 bits are four bytes");
        let host_mask = u32::MAX.checked_shr(u32::from(width)).unwrap_or(0);
        let router: [u8; 4] = rest.take()?;
        Ok(Some(Route {
            destination: Ipv4Addr::from_bits(u32::from_be_bytes(destination) & !host_mask),
            width,
            router: router.into(),
        }))
    }
}

/// Refused for a width over 32.
impl Encode<Self> for Route {
    fn encode(&self, out: &mut Encoder<'_>) {
        let destination = self.destination.octets();
        match destination.get(..usize::from(self.width.div_ceil(8))) {
            Some(significant) if self.width <= 32 => {
                out.put(&[self.width]);
                out.put(significant);
                out.put(&self.router.octets());
            }
            _ => out.refuse(),
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.destination, self.width)?;
        if self.router.is_unspecified() {
            f.write_str(" on link")
        } else {
            write!(f, " via {}", self.router)
        }
    }
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    Route => (0..=32_u8).prop_flat_map(|width| {
        let destination = bytes(usize::from(width.div_ceil(8)));
        concat([byte_of(Just(width)), destination, bytes(4)])
    });
    SipServers<'_> => prop_oneof![
        concat([byte_of(Just(0)), super::name::names_after(1)]),
        concat([byte_of(Just(1)), Addresses::readable()]),
    ];
    EncryptedDns<'_> => {
        let resolver = || concat([bytes(2), after_length(DomainName::readable())]);
        prop_oneof![
            resolver(),
            concat([resolver(), after_length(Addresses::readable()), bytes(0..20)]),
        ]
    };
}

/// SIP servers: option 120 (RFC 3361 section 3).
///
/// On the wire: an encoding byte, then names (0) or addresses (1). Pointers in the names count from the encoding byte.
/// Decoding gives [`Value`](ValueErrorKind::Value) for another encoding, [`Length`](ValueErrorKind::Length) for nothing
/// after it and for addresses that are no multiple of 4 bytes, and of names what [`DomainList`] says.
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
        let ([encoding], servers) = value.split_prefix(2)?;
        match encoding {
            0 => DomainList::within(value, servers).map(SipServers::Names),
            1 => Addresses::decode(servers).map(SipServers::Addresses),
            other => Err(value.invalid_byte(other, 0, 1)),
        }
    }
}

impl Encode<SipServers<'static>> for SipServers<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        match self {
            Self::Names(names) => {
                out.put(&[0]);
                names.encode(out);
            }
            Self::Addresses(addresses) => {
                out.put(&[1]);
                addresses.encode(out);
            }
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

/// An encrypted name server: option 162 is a sequence of them, each after its length in two bytes (RFC 9463 section
/// 5.1).
///
/// On the wire: the priority, the name after a length byte, and perhaps addresses after a length byte and service
/// parameters. Decoding gives [`Truncated`](ValueErrorKind::Truncated) when a part runs past the end,
/// [`Length`](ValueErrorKind::Length) for addresses that are no multiple of 4 bytes, and what [`DomainName`] says of
/// the name.
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

impl Format for EncryptedDns<'_> {
    type Value<'a> = EncryptedDns<'a>;

    fn decode(value: Value<'_>) -> Result<EncryptedDns<'_>, ValueError> {
        let mut rest = value;
        let priority = u16::from_be_bytes(rest.take()?);
        let name = DomainName::decode(rest.take_prefixed()?)?;
        let addresses = if rest.is_empty() {
            None
        } else {
            Some(Addresses::decode(rest.take_prefixed()?)?)
        };
        Ok(EncryptedDns {
            priority,
            name,
            addresses,
            parameters: rest,
        })
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
