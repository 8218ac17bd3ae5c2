//! Who a client is: its identifier, its names, its machine.

use core::fmt;

use super::assigned::DuidType;
use super::code::HardwareType;
use super::format::{Expected, Format, ValueError};
use super::name::{DomainName, FqdnName};
use super::text::{Text, write_colons, write_escaped};
use super::value::Value;

/// What a client calls itself: option 61 (RFC 2132 section 9.14, RFC 4361 section 6.1).
///
/// On the wire: a type octet and at least one more. Decoding gives [`ValueError::Length`] for fewer.
///
/// ```
/// use dhcp_callout::message::{DuidType, Value, option};
///
/// let octets = [255, 0x2a, 0xb8, 0x15, 0x14, 0, 3, 0, 1, 0x20, 0xe5, 0x2a, 0xb8, 0x15, 0x14];
/// let client = option::CLIENT_ID.decode(Value::from_slice(option::CLIENT_ID.code(), &octets))?;
/// assert_eq!(client.kind, 255);
/// let (iaid, duid) = client.iaid_and_duid().expect("type 255 and long enough");
/// assert_eq!((iaid, duid.kind), (0x2ab8_1514, DuidType::LINK_LAYER));
/// assert_eq!(client.to_string(), "IAID 0x2ab81514, DUID-LL 00:01:20:e5:2a:b8:15:14");
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientId<'a> {
    /// What the rest is: 0 no hardware address, 1 to 254 a hardware address of that [type](HardwareType), 255 an
    /// identity association and a DUID.
    pub kind: u8,
    /// The identifier behind the type octet.
    pub id: Value<'a>,
}

impl<'a> ClientId<'a> {
    /// Returns the MAC address that the client identifies itself by, if it does.
    #[must_use]
    pub fn mac(&self) -> Option<[u8; 6]> {
        match HardwareType::from_code(self.kind) {
            HardwareType::ETHERNET => self.id.to_array(),
            _ => None,
        }
    }

    /// Returns the identity association (IAID) and the DUID of a client that follows RFC 4361: `None` if the type is
    /// not 255, or there are fewer than six octets behind it.
    #[must_use]
    pub fn iaid_and_duid(&self) -> Option<(u32, Duid<'a>)> {
        if self.kind != 255 {
            return None;
        }
        let (iaid, duid) = self.id.split_first_chunk()?;
        Some((u32::from_be_bytes(iaid), Duid::decode(duid).ok()?))
    }
}

impl Format for ClientId<'_> {
    type Value<'a> = ClientId<'a>;

    fn decode(value: Value<'_>) -> Result<ClientId<'_>, ValueError> {
        let ([kind], id) = value.front(2)?;
        Ok(ClientId { kind, id })
    }
}

impl fmt::Display for ClientId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((iaid, duid)) = self.iaid_and_duid() {
            return write!(f, "IAID {iaid:#010x}, {duid}");
        }
        match (self.kind, HardwareType::from_code(self.kind).name()) {
            (0, _) => write!(f, "{}", self.id),
            (_, Some(name)) => {
                write!(f, "{name} ")?;
                write_colons(f, self.id.bytes())
            }
            (kind, None) => {
                write!(f, "type {kind} ")?;
                write_colons(f, self.id.bytes())
            }
        }
    }
}

/// A DHCP unique identifier (RFC 8415 section 11): a type of two octets, and what it says.
///
/// Decoding gives [`ValueError::Length`] for less than two octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duid<'a> {
    /// How the rest is made up.
    pub kind: DuidType,
    /// The octets behind the type.
    pub id: Value<'a>,
}

impl Format for Duid<'_> {
    type Value<'a> = Duid<'a>;

    fn decode(value: Value<'_>) -> Result<Duid<'_>, ValueError> {
        let (kind, id) = value.front(2)?;
        Ok(Duid {
            kind: DuidType::from_code(u16::from_be_bytes(kind)),
            id,
        })
    }
}

/// The type and the octets.
impl fmt::Display for Duid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ", self.kind)?;
        write_colons(f, self.id.bytes())
    }
}

bitflags::bitflags! {
    /// The flags of option 81 (RFC 4702 section 2.1). The bits that must be zero are kept as they came.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct FqdnFlags: u8 {
        /// S: the server should update, or has updated, the name's address record.
        const SERVER_UPDATES = 1;
        /// O: the server has overridden what the client wanted.
        const OVERRIDDEN = 2;
        /// E: the name is in wire format, not in the deprecated ASCII encoding.
        const WIRE_FORMAT = 4;
        /// N: the server should not, or does not, update any record.
        const NO_UPDATES = 8;
        const _ = !0;
    }
}

/// The client's fully qualified domain name, and who is to tell the DNS: option 81 (RFC 4702 section 2).
///
/// On the wire: flags, two result codes, and a name. Decoding gives [`ValueError::Length`] for less than three octets
/// and for octets behind the root of a name; of a name in wire format that is not one, [`ValueError::Truncated`],
/// [`ValueError::Name`] or [`ValueError::Pointer`], as [`DomainName`] has it.
///
/// ```
/// use dhcp_callout::message::{FqdnFlags, Value, option};
///
/// let value = Value::from_slice(option::FQDN.code(), b"\x05\0\0\x02pc\x07example\x03com\0");
/// let fqdn = option::FQDN.decode(value)?;
/// assert!(fqdn.flags.contains(FqdnFlags::SERVER_UPDATES));
/// assert_eq!(fqdn.name.to_string(), "pc.example.com.");
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fqdn<'a> {
    /// Who updates what, and how the name is encoded.
    pub flags: FqdnFlags,
    /// The first result code: 0 from clients, 255 from servers; means nothing.
    pub rcode1: u8,
    /// The second result code: as the first.
    pub rcode2: u8,
    /// The name.
    pub name: FqdnName<'a>,
}

impl Format for Fqdn<'_> {
    type Value<'a> = Fqdn<'a>;

    fn decode(value: Value<'_>) -> Result<Fqdn<'_>, ValueError> {
        let ([flags, rcode1, rcode2], name) = value.front(3)?;
        let flags = FqdnFlags::from_bits_retain(flags);
        let name = if flags.contains(FqdnFlags::WIRE_FORMAT) {
            let name = DomainName::whole(name)?;
            if name.is_absolute() {
                FqdnName::Full(name)
            } else {
                FqdnName::Partial(name)
            }
        } else {
            FqdnName::Ascii(Text::trimmed(name))
        };
        Ok(Fqdn {
            flags,
            rcode1,
            rcode2,
            name,
        })
    }
}

/// The name in quotes, and the letters of the flags that are set.
impl fmt::Display for Fqdn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" flags ", self.name)?;
        let letters = [
            (FqdnFlags::NO_UPDATES, "N"),
            (FqdnFlags::WIRE_FORMAT, "E"),
            (FqdnFlags::OVERRIDDEN, "O"),
            (FqdnFlags::SERVER_UPDATES, "S"),
        ];
        for (flag, letter) in letters {
            f.write_str(if self.flags.contains(flag) { letter } else { "-" })?;
        }
        Ok(())
    }
}

/// The network interface of a booting client: option 94 (RFC 4578 section 2.2), three octets.
///
/// Decoding gives [`ValueError::Length`] for any other length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NetworkInterface {
    /// Which interface; 1 is the Universal Network Device Interface (UNDI).
    pub kind: u8,
    /// Major revision of the interface.
    pub major: u8,
    /// Minor revision of the interface.
    pub minor: u8,
}

impl Format for NetworkInterface {
    type Value<'a> = NetworkInterface;

    fn decode(value: Value<'_>) -> Result<NetworkInterface, ValueError> {
        let [kind, major, minor] = value.exactly()?;
        Ok(NetworkInterface { kind, major, minor })
    }
}

impl fmt::Display for NetworkInterface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            1 => f.write_str("UNDI ")?,
            kind => write!(f, "type {kind} ")?,
        }
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The machine of a booting client: option 97 (RFC 4578 section 2.3).
///
/// On the wire: a type octet, and for type 0 the 16 octets of a UUID. Decoding gives [`ValueError::Length`] for any
/// other length with type 0, and for an empty value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineId<'a> {
    /// What the rest is; 0 is a UUID.
    pub kind: u8,
    /// The octets behind the type octet.
    pub id: Value<'a>,
}

impl MachineId<'_> {
    /// Returns the octets of the UUID as they came, if the type is 0. PXE firmware sends the first three fields of a
    /// UUID with the low octet first.
    #[must_use]
    pub fn uuid(&self) -> Option<[u8; 16]> {
        if self.kind == 0 { self.id.to_array() } else { None }
    }
}

impl<'a> MachineId<'a> {
    /// Returns the fields of the UUID: three numbers, the clock sequence, the node.
    fn uuid_fields(&self) -> Option<([u32; 3], Value<'a>, Value<'a>)> {
        let (first, behind) = self.id.split_first_chunk()?;
        let (second, behind) = behind.split_first_chunk()?;
        let (third, behind) = behind.split_first_chunk()?;
        let (clock, node) = behind.split_at(2)?;
        let numbers = [
            u32::from_le_bytes(first),
            u16::from_le_bytes(second).into(),
            u16::from_le_bytes(third).into(),
        ];
        (self.kind == 0 && node.len() == 6).then_some((numbers, clock, node))
    }
}

impl Format for MachineId<'_> {
    type Value<'a> = MachineId<'a>;

    fn decode(value: Value<'_>) -> Result<MachineId<'_>, ValueError> {
        let ([kind], id) = value.front(1)?;
        if kind == 0 && id.len() != 16 {
            return Err(value.bad_length(Expected::Exactly(17)));
        }
        Ok(MachineId { kind, id })
    }
}

/// A UUID as the firmware shows it: the first three fields with the low octet first on the wire.
impl fmt::Display for MachineId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(([first, second, third], clock, node)) = self.uuid_fields() else {
            return write!(f, "type {} {}", self.kind, self.id);
        };
        write!(f, "{first:08x}-{second:04x}-{third:04x}-{clock:x}-{node:x}")
    }
}

/// The network that a request is for, when addresses are used several times over: option 221 and relay sub-option 151
/// (RFC 6607 section 3).
///
/// On the wire: a type octet, and what it says. Decoding gives [`ValueError::Length`] for an empty value, for type 1
/// with any other number of octets than 7 behind it, and for type 255 with any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualSubnet<'a> {
    /// What the rest is: 0 a name in ASCII, 1 a VPN identifier of RFC 2685, 255 the global network.
    pub kind: u8,
    /// The octets behind the type octet.
    pub information: Value<'a>,
}

impl Format for VirtualSubnet<'_> {
    type Value<'a> = VirtualSubnet<'a>;

    fn decode(value: Value<'_>) -> Result<VirtualSubnet<'_>, ValueError> {
        let ([kind], information) = value.front(1)?;
        match (kind, information.len()) {
            (1, length) if length != 7 => Err(value.bad_length(Expected::Exactly(8))),
            (255, 1..) => Err(value.bad_length(Expected::Exactly(1))),
            _ => Ok(VirtualSubnet { kind, information }),
        }
    }
}

impl fmt::Display for VirtualSubnet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            0 => {
                f.write_str("\"")?;
                write_escaped(f, self.information)?;
                f.write_str("\"")
            }
            1 => write!(f, "VPN {:x}", self.information),
            255 => f.write_str("global"),
            kind => write!(f, "type {kind} {}", self.information),
        }
    }
}
