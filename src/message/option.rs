//! The options by name: one row for each code of IANA's "BOOTP Vendor Extensions and DHCP Options", as of 2026-02-02,
//! and Microsoft's 249 and 252.
//!
//! Each constant is a [`Key`] that knows the code, the registry's name, the format and the document. To ask a message
//! for a value, give [`Message::get`](super::Message::get) the constant:
//!
//! ```
//! use dhcp_callout::{Message, message::option};
//!
//! let mut packet = vec![0; 236];
//! packet.extend([99, 130, 83, 99, 51, 4, 0, 0, 0x0e, 0x10, 255]);
//! let message = Message::parse(&packet)?;
//! let lease_time = message.get(option::LEASE_TIME)?.ok_or("a lease time")?;
//! assert_eq!(lease_time.to_string(), "1h");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Unassigned codes have no row, and neither have those that sites use as they like (224 to 254, RFC 3942):
//! [`Key::new`] creates keys for them. Options that no DHCPv4 server is known to serve are read as bytes.

mod class;
mod client;
mod fixed;
mod keys;
pub mod microsoft;
mod name;
mod network;
pub mod relay;
mod sequence;
mod suboption;
mod text;

/// What the formats read as, for `message` to export: all that the families have in public.
pub(super) mod values {
    pub use super::Typed;
    pub use super::class::*;
    pub use super::client::*;
    pub use super::fixed::*;
    pub use super::microsoft::MicrosoftCode;
    pub use super::name::*;
    pub use super::network::*;
    pub use super::relay::{RelayAgentInformation, RelayCode};
    pub use super::sequence::*;
    pub use super::suboption::*;
    pub use super::text::*;
}

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::code::{MessageType, OptionCode, Overload};
use super::codec::{Encode, Encoder, Format, Key, ValueError};
use super::value::Value;
use keys::keys;
use relay::relay_rows;
use sequence::write_list;
#[allow(
    clippy::wildcard_imports,
    reason = "the list is above, and the table names what is in it"
)]
use values::*;

pub(super) use text::{write_colons, write_escaped};

/// Passes the table of the options to the macro `$callback`.
///
/// A row is a code, the constant, the registry's name, the format, and the document. The first row that uses a format
/// names its variant of [`Typed`] with `as`.
macro_rules! option_rows {
    ($callback:ident) => {
        $callback! {
            OptionCode, "option", 0 = "Pad", 255 = "End";

            1, SUBNET_MASK, "Subnet Mask", Ipv4Addr as Address, "RFC 2132 section 3.3";
            /// Seconds east of UTC; options 100 and 101 replace it (RFC 4833).
            2, TIME_OFFSET, "Time Offset", TimeOffset as TimeOffset, "RFC 2132 section 3.4";
            3, ROUTERS, "Router", Addresses<'static> as Addresses, "RFC 2132 section 3.5";
            /// They speak the Time Protocol of RFC 868.
            4, TIME_SERVERS, "Time Server", Addresses<'static>, "RFC 2132 section 3.6";
            /// They speak IEN 116, not DNS.
            5, NAME_SERVERS, "Name Server", Addresses<'static>, "RFC 2132 section 3.7";
            6, DNS_SERVERS, "Domain Name Server", Addresses<'static>, "RFC 2132 section 3.8";
            7, LOG_SERVERS, "Log Server", Addresses<'static>, "RFC 2132 section 3.9";
            /// IANA calls it "Quotes Server".
            8, COOKIE_SERVERS, "Cookie Server", Addresses<'static>, "RFC 2132 section 3.10";
            9, LPR_SERVERS, "LPR Server", Addresses<'static>, "RFC 2132 section 3.11";
            10, IMPRESS_SERVERS, "Impress Server", Addresses<'static>, "RFC 2132 section 3.12";
            11, RESOURCE_LOCATION_SERVERS, "Resource Location Server", Addresses<'static>, "RFC 2132 section 3.13";
            12, HOST_NAME, "Host Name", Text<'static> as Text, "RFC 2132 section 3.14";
            /// In blocks of 512 bytes.
            13, BOOT_FILE_SIZE, "Boot File Size", u16 as U16, "RFC 2132 section 3.15";
            14, MERIT_DUMP_FILE, "Merit Dump File", Text<'static>, "RFC 2132 section 3.16";
            /// In dotted text, not in wire format.
            15, DOMAIN_NAME, "Domain Name", Text<'static>, "RFC 2132 section 3.17";
            16, SWAP_SERVER, "Swap Server", Ipv4Addr, "RFC 2132 section 3.18";
            17, ROOT_PATH, "Root Path", Text<'static>, "RFC 2132 section 3.19";
            18, EXTENSIONS_PATH, "Extensions Path", Text<'static>, "RFC 2132 section 3.20";
            19, IP_FORWARDING, "IP Forwarding Enable/Disable", bool as Bool, "RFC 2132 section 4.1";
            20, NON_LOCAL_SOURCE_ROUTING, "Non-Local Source Routing Enable/Disable", bool, "RFC 2132 section 4.2";
            /// Each is an address and a mask.
            21, POLICY_FILTER, "Policy Filter", Sequence<'static, AddressPair> as AddressPairs, "RFC 2132 section 4.3";
            /// In bytes, at least 576.
            22, MAX_DATAGRAM_REASSEMBLY, "Maximum Datagram Reassembly Size", u16, "RFC 2132 section 4.4";
            23, DEFAULT_IP_TTL, "Default IP Time-to-Live", u8 as U8, "RFC 2132 section 4.5";
            24, PATH_MTU_AGING_TIMEOUT, "Path MTU Aging Timeout", Seconds as Seconds, "RFC 2132 section 4.6";
            /// In bytes, ascending, each at least 68.
            25, PATH_MTU_PLATEAU_TABLE, "Path MTU Plateau Table",
                Sequence<'static, u16> as U16List, "RFC 2132 section 4.7";
            /// In bytes, at least 68.
            26, INTERFACE_MTU, "Interface MTU", u16, "RFC 2132 section 5.1";
            27, ALL_SUBNETS_LOCAL, "All Subnets are Local", bool, "RFC 2132 section 5.2";
            28, BROADCAST_ADDRESS, "Broadcast Address", Ipv4Addr, "RFC 2132 section 5.3";
            29, PERFORM_MASK_DISCOVERY, "Perform Mask Discovery", bool, "RFC 2132 section 5.4";
            30, MASK_SUPPLIER, "Mask Supplier", bool, "RFC 2132 section 5.5";
            31, PERFORM_ROUTER_DISCOVERY, "Perform Router Discovery", bool, "RFC 2132 section 5.6";
            32, ROUTER_SOLICITATION_ADDRESS, "Router Solicitation Address", Ipv4Addr, "RFC 2132 section 5.7";
            /// Each is a destination and a router.
            33, STATIC_ROUTES, "Static Route", Sequence<'static, AddressPair>, "RFC 2132 section 5.8";
            34, TRAILER_ENCAPSULATION, "Trailer Encapsulation", bool, "RFC 2132 section 6.1";
            35, ARP_CACHE_TIMEOUT, "ARP Cache Timeout", Seconds, "RFC 2132 section 6.2";
            /// False is Ethernet II (RFC 894), true is IEEE 802.3 (RFC 1042).
            36, ETHERNET_ENCAPSULATION, "Ethernet Encapsulation", bool, "RFC 2132 section 6.3";
            37, TCP_DEFAULT_TTL, "TCP Default TTL", u8, "RFC 2132 section 7.1";
            /// 0 turns keepalives off.
            38, TCP_KEEPALIVE_INTERVAL, "TCP Keepalive Interval", Seconds, "RFC 2132 section 7.2";
            39, TCP_KEEPALIVE_GARBAGE, "TCP Keepalive Garbage", bool, "RFC 2132 section 7.3";
            40, NIS_DOMAIN, "Network Information Service Domain", Text<'static>, "RFC 2132 section 8.1";
            41, NIS_SERVERS, "Network Information Servers", Addresses<'static>, "RFC 2132 section 8.2";
            42, NTP_SERVERS, "Network Time Protocol Servers", Addresses<'static>, "RFC 2132 section 8.3";
            43, VENDOR_SPECIFIC, "Vendor Specific Information",
                VendorSpecific<'static> as VendorSpecific, "RFC 2132 section 8.4";
            44, NETBIOS_NAME_SERVERS, "NetBIOS over TCP/IP Name Server", Addresses<'static>, "RFC 2132 section 8.5";
            45, NETBIOS_DATAGRAM_SERVERS, "NetBIOS over TCP/IP Datagram Distribution Server",
                Addresses<'static>, "RFC 2132 section 8.6";
            46, NETBIOS_NODE_TYPE, "NetBIOS over TCP/IP Node Type",
                NetbiosNodeType as NetbiosNodeType, "RFC 2132 section 8.7";
            47, NETBIOS_SCOPE, "NetBIOS over TCP/IP Scope", Text<'static>, "RFC 2132 section 8.8";
            48, X_FONT_SERVERS, "X Window System Font Server", Addresses<'static>, "RFC 2132 section 8.9";
            49, X_DISPLAY_MANAGERS, "X Window System Display Manager", Addresses<'static>, "RFC 2132 section 8.10";
            50, REQUESTED_ADDRESS, "Requested IP Address", Ipv4Addr, "RFC 2132 section 9.1";
            /// IANA calls it "Address Time".
            51, LEASE_TIME, "IP Address Lease Time", Seconds, "RFC 2132 section 9.2";
            52, OVERLOAD, "Option Overload", Overload as Overload, "RFC 2132 section 9.3";
            53, MESSAGE_TYPE, "DHCP Message Type", MessageType as MessageType, "RFC 2132 section 9.6";
            54, SERVER_ID, "Server Identifier", Ipv4Addr, "RFC 2132 section 9.7";
            /// In order of preference.
            55, PARAMETER_REQUEST_LIST, "Parameter Request List",
                Sequence<'static, OptionCode> as Codes, "RFC 2132 section 9.8";
            56, MESSAGE, "Message", Text<'static>, "RFC 2132 section 9.9";
            /// In bytes, at least 576.
            57, MAX_MESSAGE_SIZE, "Maximum DHCP Message Size", u16, "RFC 2132 section 9.10";
            58, RENEWAL_TIME, "Renewal (T1) Time Value", Seconds, "RFC 2132 section 9.11";
            59, REBINDING_TIME, "Rebinding (T2) Time Value", Seconds, "RFC 2132 section 9.12";
            /// The RFC says bytes; clients send ASCII.
            60, CLASS_ID, "Vendor Class Identifier", Text<'static>, "RFC 2132 section 9.13";
            61, CLIENT_ID, "Client Identifier", ClientId<'static> as ClientId, "RFC 2132 section 9.14";
            62, NETWARE_IP_DOMAIN, "NetWare/IP Domain Name", Text<'static>, "RFC 2242 section 2";
            63, NETWARE_IP_OPTIONS, "NetWare/IP Information",
                Sequence<'static, Suboption<'static>> as Suboptions, "RFC 2242 section 3";
            64, NIS_PLUS_DOMAIN, "Network Information Service+ Domain", Text<'static>, "RFC 2132 section 8.11";
            65, NIS_PLUS_SERVERS, "Network Information Service+ Servers", Addresses<'static>, "RFC 2132 section 8.12";
            /// IANA calls it "Server-Name".
            66, TFTP_SERVER_NAME, "TFTP Server Name", Text<'static>, "RFC 2132 section 9.4";
            67, BOOT_FILE_NAME, "Bootfile Name", Text<'static>, "RFC 2132 section 9.5";
            /// No addresses mean that there is no home agent.
            68, HOME_AGENTS, "Mobile IP Home Agent",
                Sequence<'static, HomeAgent> as HomeAgents, "RFC 2132 section 8.13";
            69, SMTP_SERVERS, "Simple Mail Transport Protocol Server", Addresses<'static>, "RFC 2132 section 8.14";
            70, POP3_SERVERS, "Post Office Protocol Server", Addresses<'static>, "RFC 2132 section 8.15";
            71, NNTP_SERVERS, "Network News Transport Protocol Server", Addresses<'static>, "RFC 2132 section 8.16";
            72, WWW_SERVERS, "Default World Wide Web Server", Addresses<'static>, "RFC 2132 section 8.17";
            73, FINGER_SERVERS, "Default Finger Server", Addresses<'static>, "RFC 2132 section 8.18";
            74, IRC_SERVERS, "Default Internet Relay Chat Server", Addresses<'static>, "RFC 2132 section 8.19";
            75, STREETTALK_SERVERS, "StreetTalk Server", Addresses<'static>, "RFC 2132 section 8.20";
            76, STREETTALK_DIRECTORY_SERVERS, "StreetTalk Directory Assistance Server",
                Addresses<'static>, "RFC 2132 section 8.21";
            77, USER_CLASS, "User Class", UserClasses<'static> as UserClasses, "RFC 3004 section 4";
            78, SLP_DIRECTORY_AGENT, "SLP Directory Agent", Value<'static> as Bytes, "RFC 2610 section 3";
            79, SLP_SERVICE_SCOPE, "SLP Service Scope", Value<'static>, "RFC 2610 section 4";
            80, RAPID_COMMIT, "Rapid Commit", Flag as Flag, "RFC 4039 section 4";
            81, FQDN, "Client Fully Qualified Domain Name", Fqdn<'static> as Fqdn, "RFC 4702 section 2";
            82, RELAY_AGENT_INFORMATION, "Relay Agent Information",
                RelayAgentInformation<'static> as RelayAgentInformation, "RFC 3046 section 2.0";
            83, ISNS, "Internet Storage Name Service", Value<'static>, "RFC 4174 section 2";
            85, NDS_SERVERS, "NDS Servers", Addresses<'static>, "RFC 2241 section 2";
            86, NDS_TREE_NAME, "NDS Tree Name", Text<'static>, "RFC 2241 section 3";
            87, NDS_CONTEXT, "NDS Context", Text<'static>, "RFC 2241 section 4";
            88, BCMCS_DOMAIN_NAMES, "BCMCS Controller Domain Name List",
                DomainList<'static> as DomainList, "RFC 4280 section 4";
            89, BCMCS_ADDRESSES, "BCMCS Controller IPv4 Address", Addresses<'static>, "RFC 4280 section 4";
            90, AUTHENTICATION, "Authentication", Value<'static>, "RFC 3118 section 2";
            /// How long ago the last transaction was.
            91, CLIENT_LAST_TRANSACTION_TIME, "Client Last Transaction Time", Seconds, "RFC 4388 section 6.1";
            92, ASSOCIATED_ADDRESSES, "Associated IP", Addresses<'static>, "RFC 4388 section 6.1";
            93, CLIENT_ARCH, "Client System Architecture Type",
                Sequence<'static, Architecture> as Architectures, "RFC 4578 section 2.1";
            /// IANA calls it "Client Network Device Interface".
            94, CLIENT_NDI, "Client Network Interface Identifier",
                NetworkInterface as NetworkInterface, "RFC 4578 section 2.2";
            /// No RFC gives it a format; clients expect URLs.
            95, LDAP, "Lightweight Directory Access Protocol", Text<'static>, "RFC 3679";
            /// IANA calls it "UUID/GUID-based Client Identifier".
            97, CLIENT_MACHINE_ID, "Client Machine Identifier", MachineId<'static> as MachineId, "RFC 4578 section 2.3";
            /// URLs with blanks between them.
            98, USER_AUTHENTICATION, "Open Group User Authentication Protocol", Text<'static>, "RFC 2485 section 2";
            /// A location as civic address elements.
            99, GEOCONF_CIVIC, "Civic Addresses Configuration Information", Value<'static>, "RFC 4776 section 3.1";
            /// IANA calls it `PCode`.
            100, TZ_POSIX, "IEEE 1003.1 Timezone String", Text<'static>, "RFC 4833 section 2";
            /// IANA calls it `TCode`.
            101, TZ_NAME, "Timezone Database Name", Text<'static>, "RFC 4833 section 2";
            /// How long the client may do without IPv4.
            108, IPV6_ONLY_PREFERRED, "IPv6-Only Preferred", Seconds, "RFC 8925 section 3.1";
            109, SOFTWIRE_SOURCE_ADDRESS, "DHCPv4 over DHCPv6 Softwire Source Address",
                Ipv6Addr as Ipv6Address, "RFC 8539";
            /// No RFC gives it a format; it holds addresses.
            112, NETINFO_ADDRESS, "NetInfo Parent Server Address", Addresses<'static>, "RFC 3679";
            /// No RFC gives it a format; it holds text.
            113, NETINFO_TAG, "NetInfo Parent Server Tag", Text<'static>, "RFC 3679";
            /// A URI.
            114, CAPTIVE_PORTAL, "DHCP Captive-Portal", Text<'static>, "RFC 8910 section 2.1";
            /// False forbids an address of the client's own making.
            116, AUTO_CONFIGURE, "DHCP Auto-Configuration", bool, "RFC 2563 section 2";
            /// Codes of the options with the name services to ask, in order of preference; 0 is the local one.
            117, NAME_SERVICE_SEARCH, "Name Service Search", Sequence<'static, u16>, "RFC 2937";
            /// Any address in the subnet.
            118, SUBNET_SELECTION, "Subnet Selection", Ipv4Addr, "RFC 3011 section 2";
            119, DOMAIN_SEARCH, "Domain Search", DomainList<'static>, "RFC 3397 section 2";
            120, SIP_SERVERS, "SIP Servers", SipServers<'static> as SipServers, "RFC 3361 section 3";
            121, CLASSLESS_ROUTES, "Classless Static Route", Sequence<'static, Route> as Routes, "RFC 3442";
            122, CABLELABS_CLIENT_CONFIGURATION, "CableLabs Client Configuration",
                Sequence<'static, Suboption<'static>>, "RFC 3495";
            /// 16 bytes of bit fields.
            123, GEOCONF, "Coordinate-based Location Configuration (GeoConf)", Value<'static>, "RFC 6225 section 2.2.1";
            124, VIVCO, "Vendor-Identifying Vendor Class",
                Sequence<'static, VendorData<'static>> as VendorData, "RFC 3925 section 3";
            125, VIVSO, "Vendor-Identifying Vendor-Specific Information",
                Sequence<'static, VendorOptions<'static>> as VendorOptions, "RFC 3925 section 4";
            128, PXE_128, "PXE vendor specific 128", Value<'static>, "PXE, RFC 4578 section 2.4";
            129, PXE_129, "PXE vendor specific 129", Value<'static>, "PXE, RFC 4578 section 2.4";
            130, PXE_130, "PXE vendor specific 130", Value<'static>, "PXE, RFC 4578 section 2.4";
            131, PXE_131, "PXE vendor specific 131", Value<'static>, "PXE, RFC 4578 section 2.4";
            132, PXE_132, "PXE vendor specific 132", Value<'static>, "PXE, RFC 4578 section 2.4";
            133, PXE_133, "PXE vendor specific 133", Value<'static>, "PXE, RFC 4578 section 2.4";
            134, PXE_134, "PXE vendor specific 134", Value<'static>, "PXE, RFC 4578 section 2.4";
            135, PXE_135, "PXE vendor specific 135", Value<'static>, "PXE, RFC 4578 section 2.4";
            136, PANA_AGENTS, "PANA Authentication Agent", Addresses<'static>, "RFC 5192";
            137, LOST_SERVER, "LoST Server Domain Name", DomainName<'static> as DomainName, "RFC 5223 section 3";
            138, CAPWAP_CONTROLLERS, "CAPWAP Access Controller", Addresses<'static>, "RFC 5417 section 2";
            139, MOS_ADDRESSES, "Mobility Services IPv4 Address", Value<'static>, "RFC 5678";
            140, MOS_DOMAIN_NAMES, "Mobility Services Domain Name List", Value<'static>, "RFC 5678";
            141, SIP_UA_CONFIGURATION_DOMAINS, "SIP User Agent Configuration Service Domains",
                DomainList<'static>, "RFC 6011";
            142, ANDSF_ADDRESSES, "ANDSF IPv4 Address", Addresses<'static>, "RFC 6153";
            143, SZTP_REDIRECT, "SZTP Redirect",
                Sequence<'static, Prefixed<u16, Text<'static>>> as Texts, "RFC 8572 section 8.1";
            /// 16 bytes of bit fields.
            144, GEOLOC, "Geospatial Location with Uncertainty (GeoLoc)", Value<'static>, "RFC 6225 section 2.2.2";
            /// Authentication algorithms that the client knows; 1 is HMAC-MD5.
            145, FORCERENEW_NONCE_CAPABLE, "Forcerenew Nonce Protocol Capability",
                Sequence<'static, u8> as U8List, "RFC 6704 section 3.1.1";
            146, RDNSS_SELECTION, "Recursive DNS Server Selection", Value<'static>, "RFC 6731 section 4.3";
            147, DOTS_REFERENCE_IDENTIFIER, "DOTS Reference Identifier", DomainName<'static>, "RFC 8973 section 5.2";
            148, DOTS_ADDRESSES, "DOTS Address", Addresses<'static>, "RFC 8973 section 5.2";
            /// Etherboot and GRUB put other things into it.
            150, TFTP_SERVER_ADDRESSES, "TFTP Server Address", Addresses<'static>, "RFC 5859";
            151, STATUS_CODE, "Status Code", Value<'static>, "RFC 6926 section 6.2.2";
            152, BASE_TIME, "Base Time", u32 as U32, "RFC 6926 section 6.2.3";
            /// Seconds before the base time (152).
            153, START_TIME_OF_STATE, "Start Time of State", Seconds, "RFC 6926 section 6.2.4";
            154, QUERY_START_TIME, "Query Start Time", u32, "RFC 6926 section 6.2.5";
            155, QUERY_END_TIME, "Query End Time", u32, "RFC 6926 section 6.2.6";
            156, DHCP_STATE, "DHCP State", u8, "RFC 6926 section 6.2.7";
            157, DATA_SOURCE, "Data Source", u8, "RFC 6926 section 6.2.8";
            158, PCP_SERVERS, "PCP Server",
                Sequence<'static, Prefixed<u8, Addresses<'static>>> as AddressLists, "RFC 7291 section 4";
            159, PORT_PARAMETERS, "Port Parameters", PortParameters as PortParameters, "RFC 7618 section 9";
            /// An `https` URL.
            161, MUD_URL, "Manufacturer Usage Description URL", Text<'static>, "RFC 8520 section 10";
            162, DNR, "Encrypted DNS Server (DNR)",
                Sequence<'static, Prefixed<u16, EncryptedDns<'static>>> as EncryptedDns, "RFC 9463 section 5";
            /// iPXE nests its own options in it.
            175, ETHERBOOT, "Etherboot (tentatively assigned)", Value<'static>, "IANA, tentative 2005-06-23";
            /// Avaya telephones send text.
            176, IP_TELEPHONE, "IP Telephone (tentatively assigned)", Value<'static>, "IANA, tentative 2005-06-23";
            /// Cable modems used it before option 122.
            177, ETHERBOOT_177, "Etherboot 177 (tentatively assigned)", Value<'static>, "IANA, tentative 2005-06-23";
            /// The bytes f1 00 74 7e.
            208, PXELINUX_MAGIC, "PXELINUX Magic", Value<'static>, "RFC 5071 section 3";
            209, PXELINUX_CONFIG_FILE, "Configuration File", Text<'static>, "RFC 5071 section 4";
            /// Put before the names of files.
            210, PXELINUX_PATH_PREFIX, "Path Prefix", Text<'static>, "RFC 5071 section 5";
            /// How long PXELINUX waits before it restarts.
            211, PXELINUX_REBOOT_TIME, "Reboot Time", Seconds, "RFC 5071 section 6";
            212, SIX_RD, "6rd", Value<'static>, "RFC 5969 section 7.1.1";
            213, ACCESS_DOMAIN, "Access Network Domain Name", DomainName<'static>, "RFC 5986";
            220, SUBNET_ALLOCATION, "Subnet Allocation", Value<'static>, "RFC 6656";
            221, VIRTUAL_SUBNET_SELECTION, "Virtual Subnet Selection",
                VirtualSubnet<'static> as VirtualSubnet, "RFC 6607 section 3.1";
            /// In use before option 121, with the same layout.
            249, MS_CLASSLESS_ROUTES, "Microsoft Classless Static Route",
                Sequence<'static, Route>, "Microsoft, [MS-DHCPE]";
            /// A URI; servers append a NUL or a line feed.
            252, MS_PROXY_AUTODISCOVERY, "Web Proxy Auto-Discovery URL",
                Text<'static>, "Microsoft, draft-ietf-wrec-wpad-01";
        }
    };
}

option_rows!(keys);

/// Declares [`Typed`] from the rows that name a variant.
macro_rules! typed {
    (
        $Code:ident, $kind:literal $(, $extra:literal = $extra_name:literal)*;
        $(
            $(#[$attribute:meta])*
            $code:literal, $NAME:ident, $name:literal, $Format:ty $(as $Variant:ident)?, $reference:literal;
        )+
    ) => {
        /// The value of an option or sub-option, read in the format that its code has in the table.
        ///
        /// [`Bytes`](Self::Bytes) are those whose layout is unknown or vendor-defined, or that no server is known to
        /// send.
        ///
        /// `Display` prints it for people: `192.0.2.53, 192.0.2.54`, `1h 30m`, `10.0.0.0/8 via 192.0.2.1`, text in
        /// quotes, and in hexadecimal what has no better form. Control characters are escaped, so the output is one
        /// line.
        ///
        /// ```
        /// use dhcp_callout::message::{OptionCode, Typed, Value};
        ///
        /// let typed = Typed::decode(Value::from_slice(OptionCode::from_code(51), &[0, 0, 0x15, 0x18]))?;
        /// assert!(matches!(typed, Typed::Seconds(_)));
        /// assert_eq!(typed.to_string(), "1h 30m");
        /// # Ok::<(), dhcp_callout::message::ValueError>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Typed<'a> {
            $($(
                #[doc = concat!("Read as `", stringify!($Format), "`, as option ", $code, " is (", $name, ").")]
                $Variant(<$Format as Format>::Value<'a>),
            )?)+
        }

        impl fmt::Display for Typed<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($(Self::$Variant(value) => fmt::Display::fmt(value, f),)?)+
                }
            }
        }

        /// Each value in the format that it was read in.
        impl Encode<Typed<'static>> for Typed<'_> {
            fn encode(&self, out: &mut Encoder<'_>) {
                match self {
                    $($(Self::$Variant(value) => Encode::<$Format>::encode(value, out),)?)+
                }
            }
        }

        $($(
            impl Tabled for $Format {
                #[inline]
                fn typed(value: Self::Value<'_>) -> Typed<'_> {
                    Typed::$Variant(value)
                }
            }
        )?)+
    };
}

/// A format that the table has, with its variant of [`Typed`].
trait Tabled: Format {
    /// Puts a value into the variant.
    fn typed(value: Self::Value<'_>) -> Typed<'_>;
}

option_rows!(typed);

/// Reads a value in the format that a table has for its code, and makes such values.
macro_rules! formats {
    (
        $Code:ident, $kind:literal $(, $extra:literal = $extra_name:literal)*;
        $(
            $(#[$attribute:meta])*
            $code:literal, $NAME:ident, $name:literal, $Format:ty $(as $Variant:ident)?, $reference:literal;
        )+
    ) => {
        impl $Code {
            fn decode(self, value: Value<'_>) -> Result<Typed<'_>, ValueError> {
                match self.code() {
                    $($code => <$Format>::decode(value).map(<$Format>::typed),)+
                    _ => Ok(Typed::Bytes(value)),
                }
            }
        }

        #[cfg(feature = "proptest")]
        impl super::readable::ByCode for $Code {
            #[inline]
            fn readable(self) -> proptest::strategy::BoxedStrategy<std::vec::Vec<u8>> {
                match self.code() {
                    $($code => <$Format as super::readable::Readable>::readable(),)+
                    _ => <Value<'_> as super::readable::Readable>::readable(),
                }
            }
        }
    };
}

option_rows!(formats);
relay_rows!(formats);

impl<'a> Typed<'a> {
    /// Reads `value` in the format of its code; [`Typed::Bytes`] for a code that the table does not have.
    ///
    /// # Errors
    /// [`ValueError`] if the bytes do not follow the layout.
    pub fn decode(value: Value<'a>) -> Result<Self, ValueError> {
        value.code().decode(value)
    }

    /// Reads the value of a sub-option of relay agent information (option 82); [`Typed::Bytes`] for a code that the
    /// table does not have.
    ///
    /// # Errors
    /// [`ValueError`] if the bytes do not follow the layout.
    pub fn decode_relay(suboption: Suboption<'a>) -> Result<Self, ValueError> {
        RelayCode::from_code(suboption.code).decode(suboption.value)
    }
}

/// Each sub-option by its name, with commas between them; what cannot be read as its bytes.
impl fmt::Display for RelayAgentInformation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, self.suboptions().iter(), |suboption, f| {
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
