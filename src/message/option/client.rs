//! Who a client is: its identifier, its names, its machine, its network.

use core::fmt;

use super::name::DomainName;
use super::text::{Text, write_colons, write_escaped};
use crate::codes::{codes, open};
use crate::message::code::HardwareType;
use crate::message::codec::{Encode, Encoder, Expected, Format, ValueError};
use crate::message::value::Value;

/// Describes views of a code and the bytes after it: the shortest value, the length that a code demands if it does, and
/// how the code is made.
macro_rules! code_and_bytes {
    ($(
        $Type:ident { $code:ident, $bytes:ident }: at least $min_len:literal, $demanded:expr, $decode:expr, $encode:expr;
    )+) => {$(
        impl Format for $Type<'_> {
            type Value<'a> = $Type<'a>;

            fn decode(value: Value<'_>) -> Result<$Type<'_>, ValueError> {
                let (code, $bytes) = value.split_prefix($min_len)?;
                let $code = $decode(code);
                match $demanded($code) {
                    Some(length) if length != value.len() => Err(value.bad_length(Expected::Exactly(length))),
                    _ => Ok($Type { $code, $bytes }),
                }
            }
        }

        impl Encode<$Type<'static>> for $Type<'_> {
            fn encode(&self, out: &mut Encoder<'_>) {
                out.put(&$encode(self.$code));
                out.put_value(self.$bytes);
            }
        }
    )+};
}

code_and_bytes! {
    ClientId { kind, id }: at least 2, |_| None, u8::from_be_bytes, u8::to_be_bytes;
    Duid { kind, id }: at least 2, |_| None,
        |kind| DuidType::from_code(u16::from_be_bytes(kind)), |kind: DuidType| kind.code().to_be_bytes();
    MachineId { kind, id }: at least 1, |kind| (kind == 0).then_some(17), u8::from_be_bytes, u8::to_be_bytes;
    VirtualSubnet { kind, information }: at least 1,
        |kind| match kind {
            1 => Some(8),
            255 => Some(1),
            _ => None,
        },
        u8::from_be_bytes, u8::to_be_bytes;
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    ClientId<'_> => prop_oneof![
        4 => concat([byte_of(Just(1)), bytes(6)]),
        4 => concat([byte_of(Just(255)), bytes(4), Duid::readable()]),
        1 => concat([byte_of(Just(0)), text(1)]),
        1 => bytes(2..40),
    ];
    Duid<'_> => {
        let of_kind = |kind: &[u8], rest| concat([Just(kind.to_vec()).boxed(), rest]);
        prop_oneof![
            of_kind(&[0, 1, 0, 1], bytes(10)),
            of_kind(&[0, 2], bytes(4..20)),
            of_kind(&[0, 3, 0, 1], bytes(6)),
            of_kind(&[0, 4], bytes(16)),
            bytes(2..130),
        ]
    };
    MachineId<'_> => prop_oneof![
        4 => concat([byte_of(Just(0)), bytes(16)]),
        1 => concat([byte_of(1..=255_u8), bytes(0..20)]),
    ];
    VirtualSubnet<'_> => prop_oneof![
        concat([byte_of(Just(0)), text(0)]),
        concat([byte_of(Just(1)), bytes(7)]),
        byte_of(Just(255)),
        concat([byte_of(2..=254_u8), bytes(0..9)]),
    ];
}

/// What a client calls itself: option 61 (RFC 2132 section 9.14, RFC 4361 section 6.1).
///
/// On the wire: a type byte and at least one more. Decoding gives [`Length`](crate::message::ValueErrorKind::Length)
/// for fewer.
///
/// ```
/// use dhcp_callout::message::{DuidType, Value, option};
///
/// let bytes = [255, 0x2a, 0xb8, 0x15, 0x14, 0, 3, 0, 1, 0x20, 0xe5, 0x2a, 0xb8, 0x15, 0x14];
/// let client = option::CLIENT_ID.decode(Value::from_slice(option::CLIENT_ID.code(), &bytes))?;
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
    /// The identifier after the type byte.
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
    /// not 255, or there are fewer than six bytes after it.
    #[must_use]
    pub fn iaid_and_duid(&self) -> Option<(u32, Duid<'a>)> {
        if self.kind != 255 {
            return None;
        }
        let (iaid, duid) = self.id.split_first_chunk()?;
        Some((u32::from_be_bytes(iaid), Duid::decode(duid).ok()?))
    }
}

impl fmt::Display for ClientId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((iaid, duid)) = self.iaid_and_duid() {
            return write!(f, "IAID {iaid:#010x}, {duid}");
        }
        match (self.kind, HardwareType::from_code(self.kind).name()) {
            (0, _) => return write!(f, "{}", self.id),
            (_, Some(name)) => write!(f, "{name} ")?,
            (kind, None) => write!(f, "type {kind} ")?,
        }
        write_colons(f, self.id.bytes())
    }
}

/// A DHCP unique identifier (RFC 8415 section 11): a type of two bytes, and what it says.
///
/// Decoding gives [`Length`](crate::message::ValueErrorKind::Length) for less than two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duid<'a> {
    /// How the rest is made up.
    pub kind: DuidType,
    /// The bytes after the type.
    pub id: Value<'a>,
}

/// The type and the bytes.
impl fmt::Display for Duid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        write_colons(f, self.id.bytes())
    }
}

codes! {
    /// How a DUID is made up (RFC 8415 section 11, RFC 6355 section 4).
    pub struct DuidType(u16), "{}", unknown = "DUID type" {
        LINK_LAYER_TIME = 1, "DUID-LLT", "hardware address and time";
        ENTERPRISE = 2, "DUID-EN", "number of the maker's own";
        LINK_LAYER = 3, "DUID-LL", "hardware address";
        UUID = 4, "DUID-UUID", "UUID";
    }
}

open!(DuidType(u16));

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
/// On the wire: flags, two result codes, and a name. Decoding gives [`Length`](crate::message::ValueErrorKind::Length)
/// for less than three bytes and for bytes after the root of a name; of a name in wire format that is not one,
/// [`Truncated`](crate::message::ValueErrorKind::Truncated), [`Label`](crate::message::ValueErrorKind::Label) or
/// [`Pointer`](crate::message::ValueErrorKind::Pointer), as [`DomainName`] has it.
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

/// What option 81 calls the client (RFC 4702 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FqdnName<'a> {
    /// A name in wire format: absolute, or without its root and perhaps without any label.
    Wire(DomainName<'a>),
    /// A name in the deprecated ASCII encoding, perhaps empty.
    Ascii(Text<'a>),
}

impl Format for Fqdn<'_> {
    type Value<'a> = Fqdn<'a>;

    fn decode(value: Value<'_>) -> Result<Fqdn<'_>, ValueError> {
        let ([flags, rcode1, rcode2], name) = value.split_prefix(3)?;
        let flags = FqdnFlags::from_bits_retain(flags);
        let name = if flags.contains(FqdnFlags::WIRE_FORMAT) {
            FqdnName::Wire(DomainName::whole(name)?)
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

impl Encode<Fqdn<'static>> for Fqdn<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(&[self.flags.bits(), self.rcode1, self.rcode2]);
        match self.name {
            FqdnName::Wire(name) if name.is_absolute() => name.encode(out),
            FqdnName::Wire(name) => out.put_labels(name.labels()),
            FqdnName::Ascii(text) => out.put_value(text.value()),
        }
    }
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    Fqdn<'_> => {
        let wire_format = FqdnFlags::WIRE_FORMAT.bits();
        let after_flags = |set, name| {
            let flags = any::<u8>().prop_map(move |others| others & !wire_format | set);
            concat([byte_of(flags), bytes(2), name])
        };
        prop_oneof![
            2 => after_flags(wire_format, DomainName::readable()),
            2 => after_flags(wire_format, super::name::labels_of_name()),
            1 => after_flags(0, text(0)),
        ]
    };
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

/// The name and the closing dot as the wire has them; text in ASCII encoding with hostile characters escaped.
impl fmt::Display for FqdnName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(name) => name.fmt(f),
            Self::Ascii(text) => write_escaped(f, text.value()),
        }
    }
}

/// The machine of a booting client: option 97 (RFC 4578 section 2.3).
///
/// On the wire: a type byte, and for type 0 the 16 bytes of a UUID. Decoding gives
/// [`Length`](crate::message::ValueErrorKind::Length) for any other length with type 0, and for an empty value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineId<'a> {
    /// What the rest is; 0 is a UUID.
    pub kind: u8,
    /// The bytes after the type byte.
    pub id: Value<'a>,
}

impl MachineId<'_> {
    /// Returns the bytes of the UUID as they came, if the type is 0. PXE firmware sends the first three fields of a
    /// UUID with the low byte first.
    #[must_use]
    pub fn uuid(&self) -> Option<[u8; 16]> {
        if self.kind == 0 { self.id.to_array() } else { None }
    }
}

/// A UUID as the firmware shows it: the first three fields with the low byte first on the wire.
impl fmt::Display for MachineId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(uuid) = self.uuid() else {
            return write!(f, "type {} {}", self.kind, self.id);
        };
        let mut separator = "";
        for field in [&[3, 2, 1, 0][..], &[5, 4], &[7, 6], &[8, 9], &[10, 11, 12, 13, 14, 15]] {
            f.write_str(separator)?;
            separator = "-";
            for byte in field.iter().filter_map(|index| uuid.get(*index)) {
                write!(f, "{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// The network that a request is for, when addresses are used several times over: option 221 and relay sub-option 151
/// (RFC 6607 section 3).
///
/// On the wire: a type byte, and what it says. Decoding gives [`Length`](crate::message::ValueErrorKind::Length) for an
/// empty value, for type 1 with any other number of bytes than 7 after it, and for type 255 with any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualSubnet<'a> {
    /// What the rest is: 0 a name in ASCII, 1 a VPN identifier of RFC 2685, 255 the global network.
    pub kind: u8,
    /// The bytes after the type byte.
    pub information: Value<'a>,
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
