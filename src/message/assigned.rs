//! Values of single options that somebody assigns: types that keep what they do not know.

use core::fmt;
use core::time::Duration;

use super::code::{MessageType, Overload};
use super::format::{Format, ValueError, fixed};
use super::list::items;
use super::value::Value;
use crate::codes::{codes, open};

codes! {
    /// How a client resolves NetBIOS names: the value of option 46 (RFC 2132 section 8.7, RFC 1001 section 10).
    pub struct NetbiosNodeType(u8), "{}", unknown = "NetBIOS node type" {
        B_NODE = 1, "B-node", "by broadcast";
        P_NODE = 2, "P-node", "by asking a name server";
        M_NODE = 4, "M-node", "by broadcast, then by asking a name server";
        H_NODE = 8, "H-node", "by asking a name server, then by broadcast";
    }

    /// How a query fared: the first octet of option 151 (RFC 6926 section 6.2.2, RFC 7724).
    pub struct StatusCode(u8), "{}", unknown = "status" {
        SUCCESS = 0, "Success", "all went well";
        UNSPEC_FAIL = 1, "UnspecFail", "failed, without a reason";
        QUERY_TERMINATED = 2, "QueryTerminated", "the server ended the query";
        MALFORMED_QUERY = 3, "MalformedQuery", "the query was not understood";
        NOT_ALLOWED = 4, "NotAllowed", "the query was refused";
        DATA_MISSING = 5, "DataMissing", "the server no longer has all of the data";
        CONNECTION_ACTIVE = 6, "ConnectionActive", "the connection is in use already";
        CATCH_UP_COMPLETE = 7, "CatchUpComplete", "what had been missed has been told";
        TLS_CONNECTION_REFUSED = 8, "TLSConnectionRefused", "the connection is not to be secured";
    }

    /// What a lease is at: the value of option 156 (RFC 6926 section 6.2.7).
    pub struct LeaseState(u8), "{}", unknown = "lease state" {
        AVAILABLE = 1, "AVAILABLE", "free to be leased";
        ACTIVE = 2, "ACTIVE", "leased to a client";
        EXPIRED = 3, "EXPIRED", "run out";
        RELEASED = 4, "RELEASED", "given back by the client";
        ABANDONED = 5, "ABANDONED", "found in use by someone else";
        RESET = 6, "RESET", "taken back by an administrator";
        REMOTE = 7, "REMOTE", "leased by another server";
        TRANSITIONING = 8, "TRANSITIONING", "on its way to another state";
    }

    /// Processor and firmware of a client: an item of option 93 (RFC 4578 section 2.1), of IANA's "Processor
    /// Architecture Types".
    ///
    /// RFC 4578 printed the names of 7 and 9 the wrong way round; these are IANA's, which the firmware follows.
    pub struct Architecture(u16), "{}", unknown = "architecture" {
        X86_BIOS = 0, "x86 BIOS", "x86 BIOS";
        NEC_PC98 = 1, "NEC/PC98 (deprecated)", "NEC/PC98 (deprecated)";
        ITANIUM = 2, "Itanium", "Itanium";
        DEC_ALPHA = 3, "DEC Alpha (deprecated)", "DEC Alpha (deprecated)";
        ARC_X86 = 4, "Arc x86 (deprecated)", "Arc x86 (deprecated)";
        INTEL_LEAN_CLIENT = 5, "Intel Lean Client (deprecated)", "Intel Lean Client (deprecated)";
        X86_UEFI = 6, "x86 UEFI", "x86 UEFI";
        X64_UEFI = 7, "x64 UEFI", "x64 UEFI";
        EFI_XSCALE = 8, "EFI Xscale (deprecated)", "EFI Xscale (deprecated)";
        EBC = 9, "EBC", "EBC";
        ARM32_UEFI = 10, "ARM 32-bit UEFI", "ARM 32-bit UEFI";
        ARM64_UEFI = 11, "ARM 64-bit UEFI", "ARM 64-bit UEFI";
        POWERPC_OPEN_FIRMWARE = 12, "PowerPC Open Firmware", "PowerPC Open Firmware";
        POWERPC_EPAPR = 13, "PowerPC ePAPR", "PowerPC ePAPR";
        POWER_OPAL_V3 = 14, "POWER OPAL v3", "POWER OPAL v3";
        X86_UEFI_HTTP = 15, "x86 UEFI boot from HTTP", "x86 UEFI boot from HTTP";
        X64_UEFI_HTTP = 16, "x64 UEFI boot from HTTP", "x64 UEFI boot from HTTP";
        EBC_HTTP = 17, "EBC boot from HTTP", "EBC boot from HTTP";
        ARM32_UEFI_HTTP = 18, "ARM UEFI 32-bit boot from HTTP", "ARM UEFI 32-bit boot from HTTP";
        ARM64_UEFI_HTTP = 19, "ARM UEFI 64-bit boot from HTTP", "ARM UEFI 64-bit boot from HTTP";
        X86_BIOS_HTTP = 20, "PC/AT BIOS boot from HTTP", "PC/AT BIOS boot from HTTP";
        ARM32_UBOOT = 21, "ARM 32-bit U-Boot", "ARM 32-bit U-Boot";
        ARM64_UBOOT = 22, "ARM 64-bit U-Boot", "ARM 64-bit U-Boot";
        ARM32_UBOOT_HTTP = 23, "ARM U-Boot 32-bit boot from HTTP", "ARM U-Boot 32-bit boot from HTTP";
        ARM64_UBOOT_HTTP = 24, "ARM U-Boot 64-bit boot from HTTP", "ARM U-Boot 64-bit boot from HTTP";
        RISCV32_UEFI = 25, "RISC-V 32-bit UEFI", "RISC-V 32-bit UEFI";
        RISCV32_UEFI_HTTP = 26, "RISC-V 32-bit UEFI boot from HTTP", "RISC-V 32-bit UEFI boot from HTTP";
        RISCV64_UEFI = 27, "RISC-V 64-bit UEFI", "RISC-V 64-bit UEFI";
        RISCV64_UEFI_HTTP = 28, "RISC-V 64-bit UEFI boot from HTTP", "RISC-V 64-bit UEFI boot from HTTP";
        RISCV128_UEFI = 29, "RISC-V 128-bit UEFI", "RISC-V 128-bit UEFI";
        RISCV128_UEFI_HTTP = 30, "RISC-V 128-bit UEFI boot from HTTP", "RISC-V 128-bit UEFI boot from HTTP";
        S390_BASIC = 31, "s390 Basic", "s390 Basic";
        S390_EXTENDED = 32, "s390 Extended", "s390 Extended";
        MIPS32_UEFI = 33, "MIPS 32-bit UEFI", "MIPS 32-bit UEFI";
        MIPS64_UEFI = 34, "MIPS 64-bit UEFI", "MIPS 64-bit UEFI";
        SUNWAY32_UEFI = 35, "Sunway 32-bit UEFI", "Sunway 32-bit UEFI";
        SUNWAY64_UEFI = 36, "Sunway 64-bit UEFI", "Sunway 64-bit UEFI";
        LOONGARCH32_UEFI = 37, "LoongArch 32-bit UEFI", "LoongArch 32-bit UEFI";
        LOONGARCH32_UEFI_HTTP = 38, "LoongArch 32-bit UEFI boot from HTTP", "LoongArch 32-bit UEFI boot from HTTP";
        LOONGARCH64_UEFI = 39, "LoongArch 64-bit UEFI", "LoongArch 64-bit UEFI";
        LOONGARCH64_UEFI_HTTP = 40, "LoongArch 64-bit UEFI boot from HTTP", "LoongArch 64-bit UEFI boot from HTTP";
        ARM_RPIBOOT = 41, "ARM rpiboot", "ARM rpiboot";
    }

    /// How a DUID is made up (RFC 8415 section 11, RFC 6355 section 4).
    pub struct DuidType(u16), "{}", unknown = "DUID type" {
        LINK_LAYER_TIME = 1, "DUID-LLT", "hardware address and time";
        ENTERPRISE = 2, "DUID-EN", "number of the maker's own";
        LINK_LAYER = 3, "DUID-LL", "hardware address";
        UUID = 4, "DUID-UUID", "UUID";
    }

    /// How messages are authenticated: the first octet of option 90 (RFC 3118 section 2).
    pub struct AuthProtocol(u8), "{}", unknown = "authentication protocol" {
        CONFIGURATION_TOKEN = 0, "Configuration Token", "a token in clear";
        DELAYED = 1, "Delayed Authentication", "a keyed digest";
        RECONFIGURE_KEY = 3, "Forcerenew Nonce", "a nonce of the server (RFC 6704)";
    }
}

open!(
    NetbiosNodeType(u8),
    StatusCode(u8),
    LeaseState(u8),
    Architecture(u16),
    DuidType(u16),
    AuthProtocol(u8)
);

bitflags::bitflags! {
    /// Where the data of a lease come from: the value of option 157 (RFC 6926 section 6.2.8). Unknown bits are kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct DataSource: u8 {
        /// Another server has sent them.
        const REMOTE = 1;
        const _ = !0;
    }
}

items! {
    Architecture, |octets: [u8; 2]| Architecture::from_code(u16::from_be_bytes(octets));
}

fixed! {
    NetbiosNodeType, |octets: [u8; 1]| NetbiosNodeType::from_code(u8::from_be_bytes(octets));
    LeaseState, |octets: [u8; 1]| LeaseState::from_code(u8::from_be_bytes(octets));
    DataSource, |octets: [u8; 1]| DataSource::from_bits_retain(u8::from_be_bytes(octets));
    Seconds, |octets: [u8; 4]| Seconds(u32::from_be_bytes(octets));
    TimeOffset, |octets: [u8; 4]| TimeOffset(i32::from_be_bytes(octets));
    UnixTime, |octets: [u8; 4]| UnixTime(u32::from_be_bytes(octets));
}

/// One octet. [`ValueError::Length`] for another length, [`ValueError::Value`] for 0.
///
/// Types without a name are kept: the registry grows, and a callout must see what is new. 0 is not one of them, since
/// the registry begins with 1. [`Message::message_type`](super::Message::message_type) keeps 0 as well.
impl Format for MessageType {
    type Value<'a> = MessageType;

    #[inline]
    fn decode(value: Value<'_>) -> Result<MessageType, ValueError> {
        match value.exactly()? {
            [0] => Err(value.bad_octet(0)),
            [code] => Ok(MessageType::from_code(code)),
        }
    }
}

/// One octet, 1 to 3. [`ValueError::Length`] for another length, [`ValueError::Value`] for another octet.
impl Format for Overload {
    type Value<'a> = Overload;

    #[inline]
    fn decode(value: Value<'_>) -> Result<Overload, ValueError> {
        let [fields] = value.exactly()?;
        Overload::from_bits(fields)
            .filter(|fields| !fields.is_empty())
            .ok_or_else(|| value.bad_octet(fields))
    }
}

/// The names of the fields.
impl fmt::Display for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.contains(Self::FILE), self.contains(Self::SNAME)) {
            (true, true) => "file, sname",
            (true, false) => "file",
            (false, true) => "sname",
            (false, false) => "none",
        })
    }
}

impl fmt::Display for DataSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = if self.contains(Self::REMOTE) { "remote" } else { "local" };
        write!(f, "{source} ({:#04x})", self.bits())
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

    /// Tells whether the span never ends.
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

/// A moment in seconds since the start of 1970 in UTC: the value of options 152, 154 and 155 (RFC 6926 section 6.2.3).
///
/// ```
/// use dhcp_callout::message::UnixTime;
///
/// assert_eq!(UnixTime(951_782_400).to_string(), "2000-02-29T00:00:00Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub u32);

/// Date and time of RFC 3339.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(seconds) = *self;
        // Days since 1968-03-01, so that each leap day is the last of its four years: 2100-02-29 is the one exception
        // within 32 bits, and 2100-03-01 is day 48,212.
        let days = (seconds / 86_400).wrapping_add(671);
        let days = if days < 48_212 { days } else { days.wrapping_add(1) };
        let (cycle, day) = (days / 1461, days % 1461);
        let year = (day / 365).min(3);
        let day = day.wrapping_sub(year.wrapping_mul(365));
        // Months from March on have lengths that a line of slope 153 / 5 gives.
        let month = day.wrapping_mul(5).wrapping_add(2) / 153;
        let day = day
            .wrapping_sub(month.wrapping_mul(153).wrapping_add(2) / 5)
            .wrapping_add(1);
        let (month, turn) = if month < 10 {
            (month.wrapping_add(3), 0)
        } else {
            (month.wrapping_sub(9), 1)
        };
        let year = cycle
            .wrapping_mul(4)
            .wrapping_add(year)
            .wrapping_add(turn)
            .wrapping_add(1968);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_convert() {
        assert_eq!(Duration::from(Seconds(90)), Duration::from_secs(90));
        assert_eq!(Duration::from(Seconds::INFINITE), Duration::MAX);
        assert_eq!(Seconds::from(Duration::from_secs(1 << 40)), Seconds::INFINITE);
        assert_eq!(Seconds(0).to_string(), "0s");
        assert_eq!(Seconds(691_200).to_string(), "8d");
        assert_eq!(TimeOffset(3661).to_string(), "+01:01:01");
        assert_eq!(TimeOffset(i32::MIN).to_string(), "-596523:14:08");
        let moments = [
            (0, "1970-01-01T00:00:00Z"),
            (68_255_999, "1972-02-29T23:59:59Z"),
            (68_256_000, "1972-03-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (u32::MAX, "2106-02-07T06:28:15Z"),
        ];
        for (seconds, text) in moments {
            assert_eq!(UnixTime(seconds).to_string(), text);
        }
    }
}
