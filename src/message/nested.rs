//! Options inside options: sub-options, and what vendors nest under their enterprise numbers.

use core::fmt;
use core::net::Ipv4Addr;

use super::format::{Format, ValueError};
use super::list::{Addresses, Element, Elements, Item, List, Sequence};
use super::text::Text;
use super::value::Value;

/// An option inside an option: a code octet, a length octet, and as many octets as that says.
///
/// The number space is that of the option around it. In a [`Sequence`] the codes 0 and 255 mean nothing special;
/// decoding gives [`ValueError::SuboptionNoLength`] and [`ValueError::SuboptionTruncated`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suboption<'a> {
    /// The code, in the number space of the option around it.
    pub code: u8,
    /// Offset of the code octet, in bytes from the packet's first byte.
    pub offset: usize,
    /// The octets behind the length octet. Its [`code`](Value::code) is that of the option around it.
    pub value: Value<'a>,
}

/// The sub-options of octets that have not been checked.
pub type Suboptions<'a> = Elements<'a, Suboption<'static>>;

/// Sub-options, one or more (options 63 and 122).
pub type SuboptionList<'a> = Sequence<'a, Suboption<'static>>;

/// What a vendor's own option holds, read as RFC 2132 section 8.4 recommends: sub-options in which code 0 is filling
/// and code 255 ends the value.
///
/// The RFC does not demand this layout. When a vendor has another one,
/// [`Message::value`](super::Message::value) has the octets.
///
/// ```
/// use dhcp_callout::message::{Value, option};
///
/// let value = Value::from_slice(option::VENDOR_SPECIFIC.code(), &[0, 1, 2, 0xaa, 0xbb, 0, 3, 0, 255, 0x99]);
/// let vendor = option::VENDOR_SPECIFIC.decode(value)?;
/// let read: Vec<_> = vendor.iter().map(|suboption| (suboption.code, suboption.value.len())).collect();
/// assert_eq!(read, [(1, 2), (3, 0)]);
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
pub type VendorSpecific<'a> = Sequence<'a, Padded>;

/// The element of [`VendorSpecific`]: a [`Suboption`] with filling before it, or the end. Has no values of its own.
#[derive(Clone, Copy, Debug)]
pub enum Padded {}

impl Element for Suboption<'_> {
    type Value<'a> = Suboption<'a>;

    const LEAST: usize = 2;

    #[inline]
    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Suboption<'a>>, ValueError> {
        let start = *rest;
        let [code] = rest.take()?;
        let Some((length, behind)) = rest.split_first() else {
            return Err(ValueError::SuboptionNoLength {
                code: start.code(),
                offset: start.offset(),
                suboption: code,
            });
        };
        let needed = usize::from(length);
        let Some((value, behind)) = behind.split_at(needed) else {
            return Err(ValueError::SuboptionTruncated {
                code: start.code(),
                offset: start.offset(),
                suboption: code,
                needed,
                have: behind.len(),
            });
        };
        *rest = behind;
        Ok(Some(Suboption {
            code,
            offset: start.offset(),
            value,
        }))
    }
}

impl Element for Padded {
    type Value<'a> = Suboption<'a>;

    const LEAST: usize = 1;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Suboption<'a>>, ValueError> {
        loop {
            match rest.split_first() {
                Some((0, behind)) => *rest = behind,
                Some((255, _)) | None => return Ok(None),
                Some(_) => return Suboption::take(rest),
            }
        }
    }
}

/// The code, an equals sign, the octets.
impl fmt::Display for Suboption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.code, self.value)
    }
}

/// Octets under the enterprise number of the vendor that gives them their meaning: an element of option 124 (RFC 3925
/// section 3) and of relay sub-option 9 (RFC 4243).
///
/// On the wire: the number in four octets, a length octet, and the octets. In option 124 these are vendor classes, each
/// behind a length octet of its own, as [`classes`](Self::classes) reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorData<'a> {
    /// IANA private enterprise number.
    pub enterprise: u32,
    /// What the vendor says.
    pub data: Value<'a>,
}

impl<'a> VendorData<'a> {
    /// Reads the octets as vendor classes. Not every client nests them, so decoding leaves them unchecked.
    #[must_use]
    pub const fn classes(&self) -> Elements<'a, Value<'static>> {
        Elements::new(self.data)
    }
}

impl Element for VendorData<'_> {
    type Value<'a> = VendorData<'a>;

    const LEAST: usize = 5;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<VendorData<'a>>, ValueError> {
        Ok(Some(VendorData {
            enterprise: u32::from_be_bytes(rest.take()?),
            data: rest.take_counted()?,
        }))
    }
}

/// The enterprise number and the octets.
impl fmt::Display for VendorData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "enterprise {}: {}", self.enterprise, self.data)
    }
}

/// Sub-options under the enterprise number of the vendor whose number space they are in: an element of option 125
/// (RFC 3925 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorOptions<'a> {
    /// IANA private enterprise number.
    pub enterprise: u32,
    /// The sub-options, perhaps none.
    pub options: SuboptionList<'a>,
}

impl Element for VendorOptions<'_> {
    type Value<'a> = VendorOptions<'a>;

    const LEAST: usize = 5;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<VendorOptions<'a>>, ValueError> {
        Ok(Some(VendorOptions {
            enterprise: u32::from_be_bytes(rest.take()?),
            options: Sequence::checked(rest.take_counted()?)?,
        }))
    }
}

/// The enterprise number and the sub-options.
impl fmt::Display for VendorOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "enterprise {}: {}", self.enterprise, self.options)
    }
}

/// Octets behind a length octet, at least one: an element of option 77 (RFC 3004 section 4). [`ValueError::Value`] if
/// the length octet is 0.
impl Element for Value<'_> {
    type Value<'a> = Value<'a>;

    const LEAST: usize = 2;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Value<'a>>, ValueError> {
        let start = *rest;
        let octets = rest.take_counted()?;
        if octets.is_empty() {
            return Err(start.bad_octet(0));
        }
        Ok(Some(octets))
    }
}

/// Text behind a length of two octets: an element of option 143 (RFC 8572 section 8.1).
impl Element for Text<'_> {
    type Value<'a> = Text<'a>;

    const LEAST: usize = 3;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Text<'a>>, ValueError> {
        let length = u16::from_be_bytes(rest.take()?);
        Text::decode(rest.take_value(usize::from(length))?).map(Some)
    }
}

/// Addresses behind a length octet: an element of option 158 (RFC 7291 section 4), all of one server.
impl Element for List<'_, Ipv4Addr> {
    type Value<'a> = Addresses<'a>;

    const LEAST: usize = 1 + <Ipv4Addr as Item>::WIDTH;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Addresses<'a>>, ValueError> {
        Addresses::decode(rest.take_counted()?).map(Some)
    }
}

/// The servers of one mobility service, an element of options 139 and 140 (RFC 5678): a sub-option whose value is `T`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MobilityServers<T> {
    /// The service: 1 information, 2 command, 3 event.
    pub service: u8,
    /// Where it is.
    pub servers: T,
}

impl<F: Format> Element for MobilityServers<F> {
    type Value<'a> = MobilityServers<F::Value<'a>>;

    const LEAST: usize = 3;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Self::Value<'a>>, ValueError> {
        let Some(Suboption { code, value, .. }) = Suboption::take(rest)? else {
            return Ok(None);
        };
        Ok(Some(MobilityServers {
            service: code,
            servers: F::decode(value)?,
        }))
    }
}

/// The service and its servers.
impl<T: fmt::Display> fmt::Display for MobilityServers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "service {}: {}", self.service, self.servers)
    }
}

/// An attribute of RADIUS, an element of relay sub-option 7 (RFC 4014 section 3).
///
/// On the wire: a type octet, an octet with the length of all three parts, and the value. [`ValueError::Value`] if that
/// octet is less than 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadiusAttribute<'a> {
    /// The type, of IANA's "RADIUS Attribute Types".
    pub kind: u8,
    /// The octets behind the length octet.
    pub value: Value<'a>,
}

impl Element for RadiusAttribute<'_> {
    type Value<'a> = RadiusAttribute<'a>;

    const LEAST: usize = 3;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<RadiusAttribute<'a>>, ValueError> {
        let [kind] = rest.take()?;
        let start = *rest;
        let [length] = rest.take()?;
        let Some(length) = length.checked_sub(2) else {
            return Err(start.bad_octet(length));
        };
        Ok(Some(RadiusAttribute {
            kind,
            value: rest.take_value(usize::from(length))?,
        }))
    }
}

/// The type, an equals sign, the octets.
impl fmt::Display for RadiusAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.kind, self.value)
    }
}

/// A route: an element of options 121 and 249 (RFC 3442).
///
/// On the wire: the width of the prefix in bits, as many octets of the destination as the width makes significant, and
/// the router in four octets. [`ValueError::Prefix`] if the width is over 32.
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
    /// Where the route leads; the bits behind the width are zero, as the RFC has the client make them.
    pub destination: Ipv4Addr,
    /// Width of the prefix, 0 to 32 bits.
    pub width: u8,
    /// The next hop; 0.0.0.0 if the destination is on the link itself.
    pub router: Ipv4Addr,
}

impl Element for Route {
    type Value<'a> = Route;

    const LEAST: usize = 5;

    fn take(rest: &mut Value<'_>) -> Result<Option<Route>, ValueError> {
        let start = *rest;
        let [width] = rest.take()?;
        // The bits that count, and the octets that hold them.
        let (mask, octets) = match width {
            0 => (0, 0),
            1..=32 => (
                u32::MAX << (u32::BITS.wrapping_sub(u32::from(width)) & 31),
                width.div_ceil(8),
            ),
            33.. => {
                return Err(ValueError::Prefix {
                    code: start.code(),
                    offset: start.offset(),
                    width,
                    most: 32,
                });
            }
        };
        let mut destination = [0; 4];
        // At most four octets, so that they fit.
        let _ = rest.take_value(usize::from(octets))?.copy_to(&mut destination);
        let router: [u8; 4] = rest.take()?;
        Ok(Some(Route {
            destination: Ipv4Addr::from_bits(u32::from_be_bytes(destination) & mask),
            width,
            router: router.into(),
        }))
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
