//! Options of several fields as octets, and values of any format.

use super::super::identity::{ClientId, Duid, Fqdn, MachineId, NetworkInterface, VirtualSubnet};
use super::super::name::FqdnName;
use super::super::relay::RelayAgentInformation;
use super::super::service::{
    Authentication, PortParameters, RdnssSelection, RelayAuthentication, SipServers, SixRd, SlpAgents, SlpScopes,
    Status,
};
use super::super::typed::Typed;
use super::{Encode, Encoder};

/// Implements [`Encode`] for views of several fields in their own format.
macro_rules! fields {
    ($($Type:ident$(<$static:lifetime>)?, |$view:ident, $out:ident| $encode:block)+) => {$(
        impl Encode<$Type$(<$static>)?> for fields!(@ $Type $($static)?) {
            fn encode(&self, $out: &mut Encoder<'_>) {
                let $view = self;
                $encode
            }
        }
    )+};
    (@ $Type:ident) => { $Type };
    (@ $Type:ident $static:lifetime) => { $Type<'_> };
}

fields! {
    ClientId<'static>, |client, out| {
        out.put(&[client.kind]);
        out.put_value(client.id);
    }
    Duid<'static>, |duid, out| {
        out.put(&duid.kind.code().to_be_bytes());
        out.put_value(duid.id);
    }
    Fqdn<'static>, |fqdn, out| {
        out.put(&[fqdn.flags.bits(), fqdn.rcode1, fqdn.rcode2]);
        match fqdn.name {
            FqdnName::Full(name) => name.encode(out),
            FqdnName::Partial(name) => out.put_labels(name.labels()),
            FqdnName::Ascii(text) => out.put_value(text.value()),
        }
    }
    NetworkInterface, |interface, out| {
        out.put(&[interface.kind, interface.major, interface.minor]);
    }
    MachineId<'static>, |machine, out| {
        out.put(&[machine.kind]);
        out.put_value(machine.id);
    }
    VirtualSubnet<'static>, |subnet, out| {
        out.put(&[subnet.kind]);
        out.put_value(subnet.information);
    }
    RelayAgentInformation<'static>, |agent, out| {
        out.put_value(agent.value());
    }
    SlpAgents<'static>, |slp, out| {
        out.put(&[u8::from(slp.mandatory)]);
        out.put_value(slp.agents.value());
    }
    SlpScopes<'static>, |slp, out| {
        out.put(&[u8::from(slp.mandatory)]);
        out.put_value(slp.scopes.value());
    }
    SipServers<'static>, |sip, out| {
        match sip {
            SipServers::Names(names) => {
                out.put(&[0]);
                names.encode(out);
            }
            SipServers::Addresses(addresses) => {
                out.put(&[1]);
                out.put_value(addresses.value());
            }
        }
    }
    RdnssSelection<'static>, |selection, out| {
        out.put(&[selection.preference]);
        out.put(&selection.primary.octets());
        out.put(&selection.secondary.octets());
        selection.domains.encode(out);
    }
    SixRd<'static>, |domain, out| {
        out.put(&[domain.mask_width, domain.prefix_width]);
        out.put(&domain.prefix.octets());
        out.put_value(domain.relays.value());
    }
    PortParameters, |ports, out| {
        out.put(&[ports.offset, ports.psid_length]);
        out.put(&ports.psid.to_be_bytes());
    }
    Status<'static>, |status, out| {
        out.put(&[status.code.code()]);
        out.put_value(status.message.value());
    }
    Authentication<'static>, |authentication, out| {
        out.put(&[authentication.protocol.code(), authentication.algorithm, authentication.replay_method]);
        out.put(&authentication.replay.to_be_bytes());
        out.put_value(authentication.information);
    }
    RelayAuthentication<'static>, |authentication, out| {
        out.put(&[authentication.algorithm, authentication.replay_method]);
        out.put(&authentication.replay.to_be_bytes());
        out.put(&authentication.relay.to_be_bytes());
        out.put_value(authentication.information);
    }
}

/// Each value in the format that it was read in.
impl Encode<Typed<'static>> for Typed<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        match self {
            Self::Bytes(octets) => octets.encode(out),
            Self::Flag(flag) => flag.encode(out),
            Self::Bool(yes) => yes.encode(out),
            Self::U8(number) => number.encode(out),
            Self::U16(number) => number.encode(out),
            Self::U32(number) => Encode::<u32>::encode(number, out),
            Self::Seconds(span) => span.encode(out),
            Self::TimeOffset(offset) => offset.encode(out),
            Self::UnixTime(moment) => moment.encode(out),
            Self::Address(address) => Encode::<core::net::Ipv4Addr>::encode(address, out),
            Self::Ipv6Address(address) => address.encode(out),
            Self::Addresses(addresses) => addresses.encode(out),
            Self::AddressesOrNone(addresses) => addresses.encode(out),
            Self::AddressPairs(pairs) => pairs.encode(out),
            Self::U8List(numbers) => numbers.encode(out),
            Self::U16List(numbers) => numbers.encode(out),
            Self::Codes(codes) => codes.encode(out),
            Self::Text(text) => text.encode(out),
            Self::Texts(texts) => texts.encode(out),
            Self::DomainName(name) => name.encode(out),
            Self::DomainList(names) => names.encode(out),
            Self::Routes(routes) => routes.encode(out),
            Self::MessageType(message_type) => message_type.encode(out),
            Self::Overload(fields) => fields.encode(out),
            Self::NetbiosNodeType(node_type) => node_type.encode(out),
            Self::ClientId(client) => client.encode(out),
            Self::Fqdn(name) => name.encode(out),
            Self::UserClasses(classes) => classes.encode(out),
            Self::VendorSpecific(suboptions) => suboptions.encode(out),
            Self::VendorData(vendors) => vendors.encode(out),
            Self::VendorOptions(vendors) => vendors.encode(out),
            Self::Suboptions(suboptions) => suboptions.encode(out),
            Self::RelayAgentInformation(agent) => agent.encode(out),
            Self::Architectures(architectures) => architectures.encode(out),
            Self::NetworkInterface(interface) => interface.encode(out),
            Self::MachineId(machine) => machine.encode(out),
            Self::VirtualSubnet(subnet) => subnet.encode(out),
            Self::Authentication(authentication) => authentication.encode(out),
            Self::RelayAuthentication(authentication) => authentication.encode(out),
            Self::RadiusAttributes(attributes) => attributes.encode(out),
            Self::Status(status) => status.encode(out),
            Self::LeaseState(state) => state.encode(out),
            Self::DataSource(source) => source.encode(out),
            Self::SlpAgents(agents) => agents.encode(out),
            Self::SlpScopes(scopes) => scopes.encode(out),
            Self::SipServers(servers) => servers.encode(out),
            Self::MobilityAddresses(services) => services.encode(out),
            Self::MobilityNames(services) => services.encode(out),
            Self::PcpServers(servers) => servers.encode(out),
            Self::RdnssSelection(servers) => servers.encode(out),
            Self::EncryptedDns(servers) => servers.encode(out),
            Self::PortParameters(ports) => ports.encode(out),
            Self::SixRd(domain) => domain.encode(out),
        }
    }
}
