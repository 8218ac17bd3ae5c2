//! Values whose format is found by their code, when the program runs.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::assigned::{Architecture, DataSource, LeaseState, NetbiosNodeType, Seconds, TimeOffset, UnixTime};
use super::code::{MessageType, OptionCode, Overload};
use super::format::ValueError;
use super::identity::{ClientId, Fqdn, MachineId, NetworkInterface, VirtualSubnet};
use super::list::{AddressPairs, Addresses, List, Sequence};
use super::name::{DomainList, DomainName};
use super::nested::{
    MobilityServers, RadiusAttribute, Route, Suboption, SuboptionList, VendorData, VendorOptions, VendorSpecific,
};
use super::relay::{RelayAgentInformation, RelayCode};
use super::service::{
    Authentication, EncryptedDns, PortParameters, RdnssSelection, RelayAuthentication, SipServers, SixRd, SlpAgents,
    SlpScopes, Status,
};
use super::text::Text;
use super::value::Value;

/// Makes the tables of the codes: a [`Key`](super::Key) for each row, and the lookup of a row by its code.
macro_rules! keys {
    (
        $Code:ident, $kind:literal, besides = { $($besides:literal => $besides_name:literal),* };
        $($(#[$attribute:meta])* $code:literal, $NAME:ident, $name:literal, $Format:ty, $reference:literal;)+
    ) => {
        $(
            #[doc = concat!("*", $name, "*: ", $kind, " ", $code, " (", $reference, ").")]
            ///
            $(#[$attribute])*
            pub const $NAME: Key<$Format, $Code> = Key::new($Code::from_code($code));
        )+

        impl $Code {
            /// Every code that has a value and a name, in ascending order.
            pub const ALL: &'static [Self] = &[$(Self::from_code($code)),+];

            /// Returns the registry's name of the code, or `None` for a code without one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.code() {
                    $($besides => Some($besides_name),)*
                    $($code => Some($name),)+
                    _ => None,
                }
            }

            /// Returns the document that defines the code, or `None` for a code without a row in the table.
            #[must_use]
            pub const fn reference(self) -> Option<&'static str> {
                match self.code() {
                    $($code => Some($reference),)+
                    _ => None,
                }
            }

            /// Reads `value` in the format that the table has for the code.
            pub(super) fn decode(
                self,
                value: Value<'_>,
            ) -> Result<$crate::message::Typed<'_>, $crate::message::ValueError> {
                match self.code() {
                    $($code => $NAME.decode(value).map($crate::message::Typed::from),)+
                    _ => Ok($crate::message::Typed::Bytes(value)),
                }
            }

            /// Yields values that [`decode`](Self::decode) reads.
            #[cfg(feature = "proptest")]
            pub(crate) fn readable(self) -> proptest::strategy::BoxedStrategy<std::vec::Vec<u8>> {
                use $crate::strategy::Readable;

                match self.code() {
                    $($code => <$Format>::readable(),)+
                    _ => <$crate::message::Value<'static>>::readable(),
                }
            }
        }

        impl<F> Key<F, $Code> {
            /// Returns the registry's name of the code, or `None` for a code without one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                self.code().name()
            }

            /// Returns the document that defines the code, or `None` for a code without a row in the table.
            #[must_use]
            pub const fn reference(self) -> Option<&'static str> {
                self.code().reference()
            }
        }
    };
}

pub(super) use keys;

/// Makes [`Typed`] with a variant for each type that the tables name.
macro_rules! typed {
    ($(#[$attribute:meta])* pub enum Typed<'a> { $($(#[doc = $doc:literal])+ $Variant:ident($Value:ty),)+ }) => {
        $(#[$attribute])*
        pub enum Typed<'a> {
            $($(#[doc = $doc])+ $Variant($Value),)+
        }

        $(
            impl<'a> From<$Value> for Typed<'a> {
                #[inline]
                fn from(value: $Value) -> Self {
                    Self::$Variant(value)
                }
            }
        )+
    };
}

typed! {
    /// The value of an option or sub-option, read in the format that its code has in the table.
    ///
    /// `Display` prints it for people: `192.0.2.53, 192.0.2.54`, `1h 30m`, `10.0.0.0/8 via 192.0.2.1`, text in quotes,
    /// and in hexadecimal what has no better form. Nothing hostile in it leaves its line.
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
        /// Readable whose layout is not known, or the vendor's own.
        Bytes(Value<'a>),
        /// Nothing: the option is there.
        Flag(()),
        /// Yes or no.
        Bool(bool),
        /// A number of one octet.
        U8(u8),
        /// A number of two octets.
        U16(u16),
        /// A number of four octets.
        U32(u32),
        /// A time span.
        Seconds(Seconds),
        /// An offset from UTC.
        TimeOffset(TimeOffset),
        /// A moment.
        UnixTime(UnixTime),
        /// An address.
        Address(Ipv4Addr),
        /// An IPv6 address.
        Ipv6Address(Ipv6Addr),
        /// Addresses.
        Addresses(Addresses<'a>),
        /// Addresses, perhaps none.
        AddressesOrNone(List<'a, Ipv4Addr, 0>),
        /// Pairs of addresses.
        AddressPairs(AddressPairs<'a>),
        /// Numbers of one octet.
        U8List(List<'a, u8>),
        /// Numbers of two octets.
        U16List(List<'a, u16>),
        /// Option codes.
        Codes(List<'a, OptionCode>),
        /// Text.
        Text(Text<'a>),
        /// Texts.
        Texts(Sequence<'a, Text<'static>>),
        /// A domain name.
        DomainName(DomainName<'a>),
        /// Domain names.
        DomainList(DomainList<'a>),
        /// Routes.
        Routes(Sequence<'a, Route>),
        /// A message type.
        MessageType(MessageType),
        /// Fields that hold options.
        Overload(Overload),
        /// A NetBIOS node type.
        NetbiosNodeType(NetbiosNodeType),
        /// A client identifier.
        ClientId(ClientId<'a>),
        /// The client's name.
        Fqdn(Fqdn<'a>),
        /// User classes.
        UserClasses(Sequence<'a, Value<'static>>),
        /// What a vendor's own option holds.
        VendorSpecific(VendorSpecific<'a>),
        /// Readable by vendor.
        VendorData(Sequence<'a, VendorData<'static>>),
        /// Sub-options by vendor.
        VendorOptions(Sequence<'a, VendorOptions<'static>>),
        /// Sub-options.
        Suboptions(SuboptionList<'a>),
        /// What relay agents added.
        RelayAgentInformation(RelayAgentInformation<'a>),
        /// Processors and firmwares.
        Architectures(List<'a, Architecture>),
        /// A network interface.
        NetworkInterface(NetworkInterface),
        /// A machine.
        MachineId(MachineId<'a>),
        /// A virtual subnet.
        VirtualSubnet(VirtualSubnet<'a>),
        /// Authentication of the message.
        Authentication(Authentication<'a>),
        /// Authentication of what a relay agent added.
        RelayAuthentication(RelayAuthentication<'a>),
        /// RADIUS attributes.
        RadiusAttributes(Sequence<'a, RadiusAttribute<'static>>),
        /// The status of a query.
        Status(Status<'a>),
        /// The state of a lease.
        LeaseState(LeaseState),
        /// The source of lease data.
        DataSource(DataSource),
        /// SLP directory agents.
        SlpAgents(SlpAgents<'a>),
        /// SLP scopes.
        SlpScopes(SlpScopes<'a>),
        /// SIP servers.
        SipServers(SipServers<'a>),
        /// Mobility services by address.
        MobilityAddresses(Sequence<'a, MobilityServers<Addresses<'static>>>),
        /// Mobility services by name.
        MobilityNames(Sequence<'a, MobilityServers<DomainList<'static>>>),
        /// PCP servers, each with its addresses.
        PcpServers(Sequence<'a, Addresses<'static>>),
        /// Selection of name servers.
        RdnssSelection(RdnssSelection<'a>),
        /// Encrypted name servers.
        EncryptedDns(Sequence<'a, EncryptedDns<'static>>),
        /// Ports of a shared address.
        PortParameters(PortParameters),
        /// A 6rd domain.
        SixRd(SixRd<'a>),
    }
}

impl<'a> Typed<'a> {
    /// Reads `value` in the format of its code; [`Typed::Bytes`] for a code that the table does not have.
    ///
    /// # Errors
    /// [`ValueError`] if the octets do not follow the layout.
    pub fn decode(value: Value<'a>) -> Result<Self, ValueError> {
        value.code().decode(value)
    }

    /// Reads the value of a sub-option of relay agent information (option 82); [`Typed::Bytes`] for a code that the
    /// table does not have.
    ///
    /// # Errors
    /// [`ValueError`] if the octets do not follow the layout.
    pub fn decode_relay(suboption: Suboption<'a>) -> Result<Self, ValueError> {
        RelayCode::from_code(suboption.code).decode(suboption.value)
    }
}

impl fmt::Display for Typed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(octets) => octets.fmt(f),
            Self::Flag(()) => f.write_str("present"),
            Self::Bool(yes) => yes.fmt(f),
            Self::U8(number) => number.fmt(f),
            Self::U16(number) => number.fmt(f),
            Self::U32(number) => number.fmt(f),
            Self::Seconds(span) => span.fmt(f),
            Self::TimeOffset(offset) => offset.fmt(f),
            Self::UnixTime(moment) => moment.fmt(f),
            Self::Address(address) => address.fmt(f),
            Self::Ipv6Address(address) => address.fmt(f),
            Self::Addresses(addresses) => addresses.fmt(f),
            Self::AddressesOrNone(addresses) if addresses.is_empty() => f.write_str("none"),
            Self::AddressesOrNone(addresses) => addresses.fmt(f),
            Self::AddressPairs(pairs) => pairs.fmt(f),
            Self::U8List(numbers) => numbers.fmt(f),
            Self::U16List(numbers) => numbers.fmt(f),
            Self::Codes(codes) => codes.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Texts(texts) => texts.fmt(f),
            Self::DomainName(name) => name.fmt(f),
            Self::DomainList(names) => names.fmt(f),
            Self::Routes(routes) => routes.fmt(f),
            Self::MessageType(message_type) => fmt::Debug::fmt(message_type, f),
            Self::Overload(fields) => fields.fmt(f),
            Self::NetbiosNodeType(node_type) => fmt::Debug::fmt(node_type, f),
            Self::ClientId(client) => client.fmt(f),
            Self::Fqdn(name) => name.fmt(f),
            Self::UserClasses(classes) => classes.fmt(f),
            Self::VendorSpecific(suboptions) => suboptions.fmt(f),
            Self::VendorData(vendors) => vendors.fmt(f),
            Self::VendorOptions(vendors) => vendors.fmt(f),
            Self::Suboptions(suboptions) => suboptions.fmt(f),
            Self::RelayAgentInformation(agent) => agent.fmt(f),
            Self::Architectures(architectures) => architectures.fmt(f),
            Self::NetworkInterface(interface) => interface.fmt(f),
            Self::MachineId(machine) => machine.fmt(f),
            Self::VirtualSubnet(subnet) => subnet.fmt(f),
            Self::Authentication(authentication) => authentication.fmt(f),
            Self::RelayAuthentication(authentication) => authentication.fmt(f),
            Self::RadiusAttributes(attributes) => attributes.fmt(f),
            Self::Status(status) => status.fmt(f),
            Self::LeaseState(state) => fmt::Debug::fmt(state, f),
            Self::DataSource(source) => source.fmt(f),
            Self::SlpAgents(agents) => agents.fmt(f),
            Self::SlpScopes(scopes) => scopes.fmt(f),
            Self::SipServers(servers) => servers.fmt(f),
            Self::MobilityAddresses(services) => services.fmt(f),
            Self::MobilityNames(services) => services.fmt(f),
            Self::PcpServers(servers) => servers.fmt(f),
            Self::RdnssSelection(servers) => servers.fmt(f),
            Self::EncryptedDns(servers) => servers.fmt(f),
            Self::PortParameters(ports) => ports.fmt(f),
            Self::SixRd(domain) => domain.fmt(f),
        }
    }
}
