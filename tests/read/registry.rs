//! The options as IANA's registry and the documents that it names have them: code, name, and how long a value is.
//! Written down from these, apart from the table in `src/message/option.rs`.

use dhcp_callout::message::option::{microsoft, relay};
use dhcp_callout::message::{MicrosoftCode, OptionCode, RelayCode, SequenceReader, Suboption, Typed, Value, option};

/// Which values an option has.
enum Values {
    /// Those of one length.
    Exactly(usize),
    /// Those of a whole number of steps of the first length, at least of the second.
    Steps(usize, usize),
    /// Those of parts: one that it has, and one that it has not.
    Parts(&'static [u8], Option<&'static [u8]>),
}
use Values::{Exactly, Parts, Steps};

macro_rules! registry {
    ($TABLE:ident: $Code:ty, $keys:ident; $($code:literal $NAME:ident $name:literal: $values:expr;)+) => {
        const $TABLE: &[(u8, $Code, &str, Values)] = &[$(($code, $keys::$NAME.code(), $name, $values),)+];
    };
}

registry! {
    OPTIONS: OptionCode, option;

    1 SUBNET_MASK "Subnet Mask": Exactly(4);
    2 TIME_OFFSET "Time Offset": Exactly(4);
    3 ROUTERS "Router": Steps(4, 4);
    4 TIME_SERVERS "Time Server": Steps(4, 4);
    5 NAME_SERVERS "Name Server": Steps(4, 4);
    6 DNS_SERVERS "Domain Name Server": Steps(4, 4);
    7 LOG_SERVERS "Log Server": Steps(4, 4);
    8 COOKIE_SERVERS "Cookie Server": Steps(4, 4);
    9 LPR_SERVERS "LPR Server": Steps(4, 4);
    10 IMPRESS_SERVERS "Impress Server": Steps(4, 4);
    11 RESOURCE_LOCATION_SERVERS "Resource Location Server": Steps(4, 4);
    12 HOST_NAME "Host Name": Steps(1, 1);
    13 BOOT_FILE_SIZE "Boot File Size": Exactly(2);
    14 MERIT_DUMP_FILE "Merit Dump File": Steps(1, 1);
    15 DOMAIN_NAME "Domain Name": Steps(1, 1);
    16 SWAP_SERVER "Swap Server": Exactly(4);
    17 ROOT_PATH "Root Path": Steps(1, 1);
    18 EXTENSIONS_PATH "Extensions Path": Steps(1, 1);
    19 IP_FORWARDING "IP Forwarding Enable/Disable": Exactly(1);
    20 NON_LOCAL_SOURCE_ROUTING "Non-Local Source Routing Enable/Disable": Exactly(1);
    21 POLICY_FILTER "Policy Filter": Steps(8, 8);
    22 MAX_DATAGRAM_REASSEMBLY "Maximum Datagram Reassembly Size": Exactly(2);
    23 DEFAULT_IP_TTL "Default IP Time-to-Live": Exactly(1);
    24 PATH_MTU_AGING_TIMEOUT "Path MTU Aging Timeout": Exactly(4);
    25 PATH_MTU_PLATEAU_TABLE "Path MTU Plateau Table": Steps(2, 2);
    26 INTERFACE_MTU "Interface MTU": Exactly(2);
    27 ALL_SUBNETS_LOCAL "All Subnets are Local": Exactly(1);
    28 BROADCAST_ADDRESS "Broadcast Address": Exactly(4);
    29 PERFORM_MASK_DISCOVERY "Perform Mask Discovery": Exactly(1);
    30 MASK_SUPPLIER "Mask Supplier": Exactly(1);
    31 PERFORM_ROUTER_DISCOVERY "Perform Router Discovery": Exactly(1);
    32 ROUTER_SOLICITATION_ADDRESS "Router Solicitation Address": Exactly(4);
    33 STATIC_ROUTES "Static Route": Steps(8, 8);
    34 TRAILER_ENCAPSULATION "Trailer Encapsulation": Exactly(1);
    35 ARP_CACHE_TIMEOUT "ARP Cache Timeout": Exactly(4);
    36 ETHERNET_ENCAPSULATION "Ethernet Encapsulation": Exactly(1);
    37 TCP_DEFAULT_TTL "TCP Default TTL": Exactly(1);
    38 TCP_KEEPALIVE_INTERVAL "TCP Keepalive Interval": Exactly(4);
    39 TCP_KEEPALIVE_GARBAGE "TCP Keepalive Garbage": Exactly(1);
    40 NIS_DOMAIN "Network Information Service Domain": Steps(1, 1);
    41 NIS_SERVERS "Network Information Servers": Steps(4, 4);
    42 NTP_SERVERS "Network Time Protocol Servers": Steps(4, 4);
    43 VENDOR_SPECIFIC "Vendor Specific Information": Parts(b"\x01\x01\xff", Some(b"\x01\x05"));
    44 NETBIOS_NAME_SERVERS "NetBIOS over TCP/IP Name Server": Steps(4, 4);
    45 NETBIOS_DATAGRAM_SERVERS "NetBIOS over TCP/IP Datagram Distribution Server": Steps(4, 4);
    46 NETBIOS_NODE_TYPE "NetBIOS over TCP/IP Node Type": Exactly(1);
    47 NETBIOS_SCOPE "NetBIOS over TCP/IP Scope": Steps(1, 1);
    48 X_FONT_SERVERS "X Window System Font Server": Steps(4, 4);
    49 X_DISPLAY_MANAGERS "X Window System Display Manager": Steps(4, 4);
    50 REQUESTED_ADDRESS "Requested IP Address": Exactly(4);
    51 LEASE_TIME "IP Address Lease Time": Exactly(4);
    52 OVERLOAD "Option Overload": Exactly(1);
    53 MESSAGE_TYPE "DHCP Message Type": Exactly(1);
    54 SERVER_ID "Server Identifier": Exactly(4);
    55 PARAMETER_REQUEST_LIST "Parameter Request List": Steps(1, 1);
    56 MESSAGE "Message": Steps(1, 1);
    57 MAX_MESSAGE_SIZE "Maximum DHCP Message Size": Exactly(2);
    58 RENEWAL_TIME "Renewal (T1) Time Value": Exactly(4);
    59 REBINDING_TIME "Rebinding (T2) Time Value": Exactly(4);
    60 CLASS_ID "Vendor Class Identifier": Steps(1, 1);
    61 CLIENT_ID "Client Identifier": Steps(1, 2);
    62 NETWARE_IP_DOMAIN "NetWare/IP Domain Name": Steps(1, 1);
    63 NETWARE_IP_OPTIONS "NetWare/IP Information": Parts(b"\x01\x01\xff", Some(b"\x01\x05"));
    64 NIS_PLUS_DOMAIN "Network Information Service+ Domain": Steps(1, 1);
    65 NIS_PLUS_SERVERS "Network Information Service+ Servers": Steps(4, 4);
    66 TFTP_SERVER_NAME "TFTP Server Name": Steps(1, 1);
    67 BOOT_FILE_NAME "Bootfile Name": Steps(1, 1);
    68 HOME_AGENTS "Mobile IP Home Agent": Steps(4, 0);
    69 SMTP_SERVERS "Simple Mail Transport Protocol Server": Steps(4, 4);
    70 POP3_SERVERS "Post Office Protocol Server": Steps(4, 4);
    71 NNTP_SERVERS "Network News Transport Protocol Server": Steps(4, 4);
    72 WWW_SERVERS "Default World Wide Web Server": Steps(4, 4);
    73 FINGER_SERVERS "Default Finger Server": Steps(4, 4);
    74 IRC_SERVERS "Default Internet Relay Chat Server": Steps(4, 4);
    75 STREETTALK_SERVERS "StreetTalk Server": Steps(4, 4);
    76 STREETTALK_DIRECTORY_SERVERS "StreetTalk Directory Assistance Server": Steps(4, 4);
    77 USER_CLASS "User Class": Parts(b"\x01a", None);
    78 SLP_DIRECTORY_AGENT "SLP Directory Agent": Steps(1, 0);
    79 SLP_SERVICE_SCOPE "SLP Service Scope": Steps(1, 0);
    80 RAPID_COMMIT "Rapid Commit": Exactly(0);
    81 FQDN "Client Fully Qualified Domain Name": Parts(b"\0\0\0a", Some(b"\0\0"));
    82 RELAY_AGENT_INFORMATION "Relay Agent Information": Parts(b"\x01\x01a", Some(b"\x01\x05"));
    83 ISNS "Internet Storage Name Service": Steps(1, 0);
    85 NDS_SERVERS "NDS Servers": Steps(4, 4);
    86 NDS_TREE_NAME "NDS Tree Name": Steps(1, 1);
    87 NDS_CONTEXT "NDS Context": Steps(1, 1);
    88 BCMCS_DOMAIN_NAMES "BCMCS Controller Domain Name List": Parts(b"\x01a\0", Some(b"\x05a"));
    89 BCMCS_ADDRESSES "BCMCS Controller IPv4 Address": Steps(4, 4);
    90 AUTHENTICATION "Authentication": Steps(1, 0);
    91 CLIENT_LAST_TRANSACTION_TIME "Client Last Transaction Time": Exactly(4);
    92 ASSOCIATED_ADDRESSES "Associated IP": Steps(4, 4);
    93 CLIENT_ARCH "Client System Architecture Type": Steps(2, 2);
    94 CLIENT_NDI "Client Network Interface Identifier": Exactly(3);
    95 LDAP "Lightweight Directory Access Protocol": Steps(1, 1);
    97 CLIENT_MACHINE_ID "Client Machine Identifier": Parts(b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", Some(b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    98 USER_AUTHENTICATION "Open Group User Authentication Protocol": Steps(1, 1);
    99 GEOCONF_CIVIC "Civic Addresses Configuration Information": Steps(1, 0);
    100 TZ_POSIX "IEEE 1003.1 Timezone String": Steps(1, 1);
    101 TZ_NAME "Timezone Database Name": Steps(1, 1);
    108 IPV6_ONLY_PREFERRED "IPv6-Only Preferred": Exactly(4);
    109 SOFTWIRE_SOURCE_ADDRESS "DHCPv4 over DHCPv6 Softwire Source Address": Exactly(16);
    112 NETINFO_ADDRESS "NetInfo Parent Server Address": Steps(4, 4);
    113 NETINFO_TAG "NetInfo Parent Server Tag": Steps(1, 1);
    114 CAPTIVE_PORTAL "DHCP Captive-Portal": Steps(1, 1);
    116 AUTO_CONFIGURE "DHCP Auto-Configuration": Exactly(1);
    117 NAME_SERVICE_SEARCH "Name Service Search": Steps(2, 2);
    118 SUBNET_SELECTION "Subnet Selection": Exactly(4);
    119 DOMAIN_SEARCH "Domain Search": Parts(b"\x01a\0", Some(b"\x05a"));
    120 SIP_SERVERS "SIP Servers": Parts(b"\x01\xc0\0\x02\x01", Some(b"\x02\0"));
    121 CLASSLESS_ROUTES "Classless Static Route": Parts(b"\x18\xc0\0\x02\xc0\0\x02\x01", Some(b"!"));
    122 CABLELABS_CLIENT_CONFIGURATION "CableLabs Client Configuration": Parts(b"\x01\x01\xff", Some(b"\x01\x05"));
    123 GEOCONF "Coordinate-based Location Configuration (GeoConf)": Steps(1, 0);
    124 VIVCO "Vendor-Identifying Vendor Class": Parts(b"\0\0\0\x09\x01a", Some(b"\0\0\0\x09\x05"));
    125 VIVSO "Vendor-Identifying Vendor-Specific Information": Parts(b"\0\0\0\x09\x03\x01\x01a", Some(b"\0\0\0\x09\x05\x01"));
    128 PXE_128 "PXE vendor specific 128": Steps(1, 0);
    129 PXE_129 "PXE vendor specific 129": Steps(1, 0);
    130 PXE_130 "PXE vendor specific 130": Steps(1, 0);
    131 PXE_131 "PXE vendor specific 131": Steps(1, 0);
    132 PXE_132 "PXE vendor specific 132": Steps(1, 0);
    133 PXE_133 "PXE vendor specific 133": Steps(1, 0);
    134 PXE_134 "PXE vendor specific 134": Steps(1, 0);
    135 PXE_135 "PXE vendor specific 135": Steps(1, 0);
    136 PANA_AGENTS "PANA Authentication Agent": Steps(4, 4);
    137 LOST_SERVER "LoST Server Domain Name": Parts(b"\x01a\0", Some(b"\x05a"));
    138 CAPWAP_CONTROLLERS "CAPWAP Access Controller": Steps(4, 4);
    139 MOS_ADDRESSES "Mobility Services IPv4 Address": Steps(1, 0);
    140 MOS_DOMAIN_NAMES "Mobility Services Domain Name List": Steps(1, 0);
    141 SIP_UA_CONFIGURATION_DOMAINS "SIP User Agent Configuration Service Domains": Parts(b"\x01a\0", Some(b"\x05a"));
    142 ANDSF_ADDRESSES "ANDSF IPv4 Address": Steps(4, 4);
    143 SZTP_REDIRECT "SZTP Redirect": Parts(b"\0\x01a", Some(b"\0\x05a"));
    144 GEOLOC "Geospatial Location with Uncertainty (GeoLoc)": Steps(1, 0);
    145 FORCERENEW_NONCE_CAPABLE "Forcerenew Nonce Protocol Capability": Steps(1, 1);
    146 RDNSS_SELECTION "Recursive DNS Server Selection": Steps(1, 0);
    147 DOTS_REFERENCE_IDENTIFIER "DOTS Reference Identifier": Parts(b"\x01a\0", Some(b"\x05a"));
    148 DOTS_ADDRESSES "DOTS Address": Steps(4, 4);
    150 TFTP_SERVER_ADDRESSES "TFTP Server Address": Steps(4, 4);
    151 STATUS_CODE "Status Code": Steps(1, 0);
    152 BASE_TIME "Base Time": Exactly(4);
    153 START_TIME_OF_STATE "Start Time of State": Exactly(4);
    154 QUERY_START_TIME "Query Start Time": Exactly(4);
    155 QUERY_END_TIME "Query End Time": Exactly(4);
    156 DHCP_STATE "DHCP State": Exactly(1);
    157 DATA_SOURCE "Data Source": Exactly(1);
    158 PCP_SERVERS "PCP Server": Parts(b"\x04\xc0\0\x02\x01", Some(b"\x05\xc0"));
    159 PORT_PARAMETERS "Port Parameters": Exactly(4);
    161 MUD_URL "Manufacturer Usage Description URL": Steps(1, 1);
    162 DNR "Encrypted DNS Server (DNR)": Parts(b"\0\x06\0\x01\x03\x01a\0", Some(b"\0\x05"));
    175 ETHERBOOT "Etherboot (tentatively assigned)": Steps(1, 0);
    176 IP_TELEPHONE "IP Telephone (tentatively assigned)": Steps(1, 0);
    177 ETHERBOOT_177 "Etherboot 177 (tentatively assigned)": Steps(1, 0);
    208 PXELINUX_MAGIC "PXELINUX Magic": Steps(1, 0);
    209 PXELINUX_CONFIG_FILE "Configuration File": Steps(1, 1);
    210 PXELINUX_PATH_PREFIX "Path Prefix": Steps(1, 1);
    211 PXELINUX_REBOOT_TIME "Reboot Time": Exactly(4);
    212 SIX_RD "6rd": Steps(1, 0);
    213 ACCESS_DOMAIN "Access Network Domain Name": Parts(b"\x01a\0", Some(b"\x05a"));
    220 SUBNET_ALLOCATION "Subnet Allocation": Steps(1, 0);
    221 VIRTUAL_SUBNET_SELECTION "Virtual Subnet Selection": Parts(b"\0a", Some(b""));
    249 MS_CLASSLESS_ROUTES "Microsoft Classless Static Route": Parts(b"\x18\xc0\0\x02\xc0\0\x02\x01", Some(b"!"));
    252 MS_PROXY_AUTODISCOVERY "Web Proxy Auto-Discovery URL": Steps(1, 1);
}

registry! {
    RELAY: RelayCode, relay;

    1 CIRCUIT_ID "Agent Circuit ID": Steps(1, 0);
    2 REMOTE_ID "Agent Remote ID": Steps(1, 0);
    4 DOCSIS_DEVICE_CLASS "DOCSIS Device Class": Exactly(4);
    5 LINK_SELECTION "Link Selection": Exactly(4);
    6 SUBSCRIBER_ID "Subscriber-ID": Steps(1, 1);
    7 RADIUS_ATTRIBUTES "RADIUS Attributes": Steps(1, 0);
    8 AUTHENTICATION "Authentication": Steps(1, 0);
    9 VENDOR_SPECIFIC "Vendor-Specific Information": Parts(b"\0\0\0\x09\x01a", Some(b"\0\0\0\x09\x05"));
    10 RELAY_FLAGS "Relay Agent Flags": Exactly(1);
    11 SERVER_ID_OVERRIDE "Server Identifier Override": Exactly(4);
    12 RELAY_ID "Relay Agent Identifier": Steps(1, 0);
    13 ACCESS_TECHNOLOGY_TYPE "Access-Technology-Type": Exactly(2);
    14 ACCESS_NETWORK_NAME "Access-Network-Name": Steps(1, 1);
    15 ACCESS_POINT_NAME "Access-Point-Name": Steps(1, 1);
    16 ACCESS_POINT_BSSID "Access-Point-BSSID": Steps(1, 0);
    17 OPERATOR_ID "Operator-Identifier": Exactly(4);
    18 OPERATOR_REALM "Operator-Realm": Steps(1, 1);
    19 RELAY_SOURCE_PORT "DHCPv4 Relay Source Port": Exactly(0);
    151 VIRTUAL_SUBNET_SELECTION "DHCPv4 Virtual Subnet Selection": Parts(b"\0a", Some(b""));
    152 VIRTUAL_SUBNET_SELECTION_CONTROL "DHCPv4 Virtual Subnet Selection Control": Exactly(0);
}

/// Those of option 43 in [MS-DHCPE] section 2.2.2.
const MICROSOFT: [(u8, MicrosoftCode, &str); 5] = [
    (1, microsoft::DISABLE_NETBIOS.code(), "Microsoft Disable NetBIOS"),
    (
        2,
        microsoft::RELEASE_ON_SHUTDOWN.code(),
        "Microsoft Release DHCP Lease on Shutdown",
    ),
    (
        3,
        microsoft::ROUTER_METRIC_BASE.code(),
        "Microsoft Default Router Metric Base",
    ),
    (94, microsoft::ROGUE_DETECTION_REQUEST.code(), "Rogue Detection Request"),
    (95, microsoft::ROGUE_DETECTION_REPLY.code(), "Rogue Detection Reply"),
];

/// Fails if other values are read than these.
fn compare(code: u8, values: &Values, is_read: impl Fn(&[u8]) -> bool) {
    let lengths = || (0..40).filter(|length| is_read(&vec![1; *length])).collect::<Vec<_>>();
    match values {
        Exactly(length) => assert_eq!(lengths(), [*length], "{code}"),
        Steps(step, least) => assert!(lengths().into_iter().eq((*least..40).step_by(*step)), "{code}"),
        Parts(good, bad) => {
            assert!(is_read(good), "{code}");
            assert!(bad.is_none_or(|bad| !is_read(bad)), "{code}");
        }
    }
}

#[test]
fn every_option_has_the_code_the_name_and_the_values_of_the_registry() {
    for (number, key, name, values) in OPTIONS {
        let code = OptionCode::from_code(*number);
        assert_eq!((*key, code.name()), (code, Some(*name)));
        compare(*number, values, |bytes| {
            Typed::decode(Value::from_slice(code, bytes)).is_ok()
        });
    }
    let named = (0..=255)
        .map(OptionCode::from_code)
        .filter(|code| code.name().is_some());
    let listed = OPTIONS.iter().map(|(code, ..)| OptionCode::from_code(*code));
    let apart = [OptionCode::PAD, OptionCode::CONTINUATION, OptionCode::END];
    assert!(named.filter(|code| !apart.contains(code)).eq(listed));
}

#[test]
fn every_suboption_has_the_code_the_name_and_the_values_of_its_document() {
    for (number, key, name, values) in RELAY {
        assert_eq!((*key, key.name()), (RelayCode::from_code(*number), Some(*name)));
        compare(*number, values, |bytes| {
            let agent = [&[*number, u8::try_from(bytes.len()).unwrap()], bytes].concat();
            let agent = Value::from_slice(option::RELAY_AGENT_INFORMATION.code(), &agent);
            let mut suboptions = SequenceReader::<Suboption<'_>>::new(agent);
            Typed::decode_relay(suboptions.next().unwrap().unwrap()).is_ok()
        });
    }
    let named = (0..=255).map(RelayCode::from_code).filter(|code| code.name().is_some());
    assert!(named.eq(RELAY.iter().map(|(code, ..)| RelayCode::from_code(*code))));
    for (number, key, name) in MICROSOFT {
        assert_eq!((key, key.name()), (MicrosoftCode::from_code(number), Some(name)));
    }
    let named = (0..=255)
        .map(MicrosoftCode::from_code)
        .filter(|code| code.name().is_some());
    assert!(named.eq(MICROSOFT.iter().map(|(code, ..)| MicrosoftCode::from_code(*code))));
}
