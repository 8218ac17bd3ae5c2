//! Formats of fixed size: numbers, flags, addresses, time spans, and codes that somebody assigns.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};
use core::time::Duration;

use super::sequence::Element;
use crate::codes::{codes, open};
use crate::message::code::{MessageType, OptionCode, Overload};
use crate::message::codec::sealed::Sealed;
use crate::message::codec::{Encode, Encoder, FixedSize, Format, ValueError};
use crate::message::value::Value;

/// Describes types that are made from a fixed number of bytes: which are legal, if one byte may not have every value,
/// which values most are that a strategy yields, how the type is made from the bytes, and the bytes from it. Each is a
/// [`Format`] and an [`Element`].
macro_rules! fixed {
    ($($(#[$attribute:meta])* $Type:ident[$n:literal] $(from $min:literal to $max:literal)? $(mostly $known:ident)?: $decode:expr, $encode:expr;)+) => {$(
        impl Sealed for $Type {}

        impl FixedSize for $Type {
            const SIZE: u8 = $n;
        }

        $(#[$attribute])*
        #[doc = concat!("[`Length`](crate::message::ValueErrorKind::Length) if the bytes are not just ", $n, ".")]
        impl Format for $Type {
            type Value<'a> = $Type;

            #[inline]
            fn decode(value: Value<'_>) -> Result<$Type, ValueError> {
                let decode: fn([u8; $n]) -> $Type = $decode;
                let bytes = value.to_exact_array()?;
                $(
                    let [byte] = bytes;
                    if !matches!(byte, $min..=$max) {
                        return Err(value.invalid_byte(byte, $min, $max));
                    }
                )?
                Ok(decode(bytes))
            }
        }

        impl Element for $Type {
            type Value<'a> = $Type;

            const WIDTH: Option<usize> = Some($n);

            const MIN_LEN: usize = $n;

            #[inline]
            fn take(rest: &mut Value<'_>) -> Result<Option<$Type>, ValueError> {
                rest.take_value($n).and_then(<$Type as Format>::decode).map(Some)
            }
        }

        impl Encode<Self> for $Type {
            #[inline]
            fn encode(&self, out: &mut Encoder<'_>) {
                let encode: fn(Self) -> [u8; $n] = $encode;
                out.put(&encode(*self));
            }
        }

        #[cfg(feature = "proptest")]
        crate::message::readable::readable! {
            $Type => {
                let all = vec_of(u8::MIN$(.max($min))?..=u8::MAX$(.min($max))?, $n);
                $(
                    let encode: fn($Type) -> [u8; $n] = $encode;
                    let known = select(<$Type>::$known).prop_map(move |value| encode(value).to_vec());
                    let all = prop_oneof![4 => known, 1 => all];
                )?
                all
            };
        }
    )+};
}

fixed! {
    /// One byte.
    u8[1]: Self::from_be_bytes, Self::to_be_bytes;
    /// Two bytes, the high one first.
    u16[2]: Self::from_be_bytes, Self::to_be_bytes;
    /// Four bytes, the highest first.
    u32[4]: Self::from_be_bytes, Self::to_be_bytes;
    /// The four bytes of an address.
    Ipv4Addr[4]: Self::from, |address| address.octets();
    /// The sixteen bytes of an address.
    Ipv6Addr[16]: Self::from, |address| address.octets();
    /// Both addresses.
    AddressPair[8]:
        |[a0, a1, a2, a3, b0, b1, b2, b3]| Self(Ipv4Addr::new(a0, a1, a2, a3), Ipv4Addr::new(b0, b1, b2, b3)),
        |Self(first, second)| {
            let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (first.octets(), second.octets());
            [a0, a1, a2, a3, b0, b1, b2, b3]
        };
    Seconds[4]: |bytes| Self(u32::from_be_bytes(bytes)), |span| span.0.to_be_bytes();
    TimeOffset[4]: |bytes| Self(i32::from_be_bytes(bytes)), |offset| offset.0.to_be_bytes();
    OptionCode[1]: |[code]| Self::from_code(code), |code| [code.code()];
    NetbiosNodeType[1] mostly ALL: |[code]| Self::from_code(code), |node_type| [node_type.code()];
    Architecture[2]: |bytes| Self::from_code(u16::from_be_bytes(bytes)), |code| code.code().to_be_bytes();
    NetworkInterface[3]: |[kind, major, minor]| Self { kind, major, minor }, |ndi| [ndi.kind, ndi.major, ndi.minor];
    PortParameters[4]:
        |[offset, psid_length, high, low]| Self { offset, psid_length, psid: u16::from_be_bytes([high, low]) },
        |Self { offset, psid_length, psid }| {
            let [high, low] = psid.to_be_bytes();
            [offset, psid_length, high, low]
        };
    /// [`Value`](crate::message::ValueErrorKind::Value) for a byte that is neither 0 nor 1 (RFC 2132).
    bool[1] from 0 to 1: |bytes| bytes == [1], |value| [value.into()];
    /// [`Value`](crate::message::ValueErrorKind::Value) for 0.
    ///
    /// Types without a name are kept: the registry grows, and a callout must see what is new. 0 is not one of them,
    /// since the registry begins with 1. [`Message::message_type`](crate::message::Message::message_type) keeps 0 as
    /// well.
    MessageType[1] from 1 to 255 mostly ALL: |[code]| Self::from_code(code), |value| [value.code()];
    /// [`Value`](crate::message::ValueErrorKind::Value) for a byte that is not 1, 2 or 3.
    Overload[1] from 1 to 3: |[fields]| Self::from_code(fields), |fields| [fields.code()];
    /// No bytes.
    Flag[0]: |[]| Self, |Self| [];
}

/// The value of an option that is empty, and says all by being there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flag;

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("present")
    }
}

/// Two IPv4 addresses that belong together: an address and a mask (option 21), a destination and a router (option 33).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressPair(pub Ipv4Addr, pub Ipv4Addr);

/// The addresses with a blank between them.
impl fmt::Display for AddressPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

/// An element that is the address of a home agent: option 68, which alone may be a list of none. Has no values of its
/// own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HomeAgent {}

impl Sealed for HomeAgent {}

impl Element for HomeAgent {
    type Value<'a> = Ipv4Addr;

    const WIDTH: Option<usize> = Ipv4Addr::WIDTH;

    const MIN_LEN: usize = 0;

    fn take(rest: &mut Value<'_>) -> Result<Option<Ipv4Addr>, ValueError> {
        Ipv4Addr::take(rest)
    }
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    HomeAgent => bytes(4);
}

impl Encode<HomeAgent> for Ipv4Addr {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(&self.octets());
    }
}

impl Encode<Seconds> for u32 {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        Seconds(*self).encode(out);
    }
}

impl Encode<TimeOffset> for i32 {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        TimeOffset(*self).encode(out);
    }
}

/// A time span in whole seconds, as leases are measured (RFC 2132 section 9.2).
///
/// ```
/// use core::time::Duration;
/// use dhcp_callout::message::Seconds;
///
/// assert_eq!(Seconds(5400).to_string(), "1h 30m");
/// assert_eq!(Seconds::INFINITE.to_string(), "infinite");
/// assert_eq!(Seconds::from(Duration::from_millis(2500)), Seconds(2));
/// assert_eq!(Duration::from(Seconds(60)), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub u32);

impl Seconds {
    /// The largest value, which means "for ever" in a lease (RFC 2131 section 3.3).
    pub const INFINITE: Self = Self(u32::MAX);

    /// Returns whether the span never ends.
    #[inline]
    #[must_use]
    pub const fn is_infinite(self) -> bool {
        self.0 == u32::MAX
    }
}

/// [`Duration::MAX`] for [`Seconds::INFINITE`].
impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        if seconds.is_infinite() {
            Self::MAX
        } else {
            Self::from_secs(u64::from(seconds.0))
        }
    }
}

/// Whole seconds, without the fraction; [`Seconds::INFINITE`] for what does not fit.
impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        u32::try_from(duration.as_secs()).map_or(Self::INFINITE, Self)
    }
}

/// Days, hours, minutes and seconds, without those that are zero.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_infinite() {
            return f.write_str("infinite");
        }
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let Self(seconds) = *self;
        let parts = [
            (seconds / 86_400, 'd'),
            (seconds / 3600 % 24, 'h'),
            (seconds / 60 % 60, 'm'),
            (seconds % 60, 's'),
        ];
        let mut separator = "";
        for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{separator}{count}{unit}")?;
            separator = " ";
        }
        Ok(())
    }
}

/// Seconds east of UTC, negative to the west: the value of option 2 (RFC 2132 section 3.4).
///
/// ```
/// use dhcp_callout::message::TimeOffset;
///
/// assert_eq!(TimeOffset(-16_200).to_string(), "-04:30");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOffset(pub i32);

/// Sign, hours, minutes, and the seconds if there are any.
impl fmt::Display for TimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let seconds = self.0.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
        match seconds % 60 {
            0 => Ok(()),
            seconds => write!(f, ":{seconds:02}"),
        }
    }
}

/// The network interface of a booting client: option 94 (RFC 4578 section 2.2), three bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NetworkInterface {
    /// Which interface; 1 is the Universal Network Device Interface (UNDI).
    pub kind: u8,
    /// Major revision of the interface.
    pub major: u8,
    /// Minor revision of the interface.
    pub minor: u8,
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

/// The ports that a client may use of a shared address: option 159 (RFC 7618 section 9), four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortParameters {
    /// Bits before the port-set identifier in a port number.
    pub offset: u8,
    /// Bits of the port-set identifier.
    pub psid_length: u8,
    /// The port-set identifier, in the high bits.
    pub psid: u16,
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

codes! {
    /// How a client resolves NetBIOS names: the value of option 46 (RFC 2132 section 8.7, RFC 1001 section 10).
    pub struct NetbiosNodeType(u8), "{}", unknown = "NetBIOS node type" {
        B_NODE = 1, "B-node", "by broadcast";
        P_NODE = 2, "P-node", "by asking a name server";
        M_NODE = 4, "M-node", "by broadcast, then by asking a name server";
        H_NODE = 8, "H-node", "by asking a name server, then by broadcast";
    }

    /// Processor and firmware of a client: an item of option 93 (RFC 4578 section 2.1), of IANA's "Processor
    /// Architecture Types".
    ///
    /// RFC 4578 printed the names of 7 and 9 the wrong way round; these are IANA's, which the firmware follows.
    pub struct Architecture(u16), "{}", unknown = "architecture" {
        X86_BIOS = 0, "x86 BIOS";
        NEC_PC98 = 1, "NEC/PC98 (deprecated)";
        ITANIUM = 2, "Itanium";
        DEC_ALPHA = 3, "DEC Alpha (deprecated)";
        ARC_X86 = 4, "Arc x86 (deprecated)";
        INTEL_LEAN_CLIENT = 5, "Intel Lean Client (deprecated)";
        X86_UEFI = 6, "x86 UEFI";
        X64_UEFI = 7, "x64 UEFI";
        EFI_XSCALE = 8, "EFI Xscale (deprecated)";
        EBC = 9, "EBC";
        ARM32_UEFI = 10, "ARM 32-bit UEFI";
        ARM64_UEFI = 11, "ARM 64-bit UEFI";
        POWERPC_OPEN_FIRMWARE = 12, "PowerPC Open Firmware";
        POWERPC_EPAPR = 13, "PowerPC ePAPR";
        POWER_OPAL_V3 = 14, "POWER OPAL v3";
        X86_UEFI_HTTP = 15, "x86 UEFI boot from HTTP";
        X64_UEFI_HTTP = 16, "x64 UEFI boot from HTTP";
        EBC_HTTP = 17, "EBC boot from HTTP";
        ARM32_UEFI_HTTP = 18, "ARM UEFI 32-bit boot from HTTP";
        ARM64_UEFI_HTTP = 19, "ARM UEFI 64-bit boot from HTTP";
        X86_BIOS_HTTP = 20, "PC/AT BIOS boot from HTTP";
        ARM32_UBOOT = 21, "ARM 32-bit U-Boot";
        ARM64_UBOOT = 22, "ARM 64-bit U-Boot";
        ARM32_UBOOT_HTTP = 23, "ARM U-Boot 32-bit boot from HTTP";
        ARM64_UBOOT_HTTP = 24, "ARM U-Boot 64-bit boot from HTTP";
        RISCV32_UEFI = 25, "RISC-V 32-bit UEFI";
        RISCV32_UEFI_HTTP = 26, "RISC-V 32-bit UEFI boot from HTTP";
        RISCV64_UEFI = 27, "RISC-V 64-bit UEFI";
        RISCV64_UEFI_HTTP = 28, "RISC-V 64-bit UEFI boot from HTTP";
        RISCV128_UEFI = 29, "RISC-V 128-bit UEFI";
        RISCV128_UEFI_HTTP = 30, "RISC-V 128-bit UEFI boot from HTTP";
        S390_BASIC = 31, "s390 Basic";
        S390_EXTENDED = 32, "s390 Extended";
        MIPS32_UEFI = 33, "MIPS 32-bit UEFI";
        MIPS64_UEFI = 34, "MIPS 64-bit UEFI";
        SUNWAY32_UEFI = 35, "Sunway 32-bit UEFI";
        SUNWAY64_UEFI = 36, "Sunway 64-bit UEFI";
        LOONGARCH32_UEFI = 37, "LoongArch 32-bit UEFI";
        LOONGARCH32_UEFI_HTTP = 38, "LoongArch 32-bit UEFI boot from HTTP";
        LOONGARCH64_UEFI = 39, "LoongArch 64-bit UEFI";
        LOONGARCH64_UEFI_HTTP = 40, "LoongArch 64-bit UEFI boot from HTTP";
        ARM_RPIBOOT = 41, "ARM rpiboot";
    }
}

open!(NetbiosNodeType(u8), Architecture(u16));
