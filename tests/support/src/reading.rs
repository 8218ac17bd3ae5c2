//! Reads all of a message by every reading there is, and throws away what it reads: for tests that no reading panics,
//! and for counting what it costs.

use core::fmt::{self, Debug, Display, Write};

use dhcp_callout::Message;
use dhcp_callout::message::option::{self, microsoft, relay};
use dhcp_callout::message::{
    Addresses, Class, DomainList, DomainName, Element, EncryptedDns, FixedSize, Format, FqdnName, HomeAgent, Key,
    OptionCode, Prefixed, Route, Sequence, SequenceReader, SipServers, Suboption, Text, Typed, Value, VendorData,
    VendorOptions, VendorSuboption,
};

/// Counts what is printed, and forgets it.
#[derive(Default)]
pub struct Sink(pub(crate) usize);

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.wrapping_add(text.len());
        Ok(())
    }
}

impl Sink {
    /// Prints in both forms.
    fn show(&mut self, item: impl Debug + Display) {
        let _ = write!(self, "{item:?}{item}");
    }
}

/// Reads the header, the options, the value of every code, and what the message prints as; returns how much was
/// printed.
pub fn message(message: Message<'_>) -> usize {
    let mut sink = Sink::default();
    header(message, &mut sink);
    for raw in message.options() {
        let _ = write!(sink, "{raw:?}");
    }
    for code in 0..=u8::MAX {
        match message.value(OptionCode::from_code(code)) {
            Ok(Some(bytes)) => {
                value(bytes, &mut sink);
                elements(bytes, &mut sink);
            }
            Ok(None) => {}
            Err(fault) => sink.show(fault),
        }
    }
    keys(message, &mut sink);
    let _ = write!(sink, "{message} {message:#} {message:?}");
    sink.0
}

fn header(message: Message<'_>, sink: &mut Sink) {
    let _ = (
        message.xid(),
        message.secs(),
        message.flags(),
        message.hlen(),
        message.hops(),
    );
    let _ = (message.ciaddr(), message.yiaddr(), message.siaddr(), message.giaddr());
    let _ = (message.mac(), message.chaddr_field(), message.sname(), message.file());
    sink.show(message.op());
    sink.show(message.htype());
    if let Err(error) = message.chaddr() {
        sink.show(error);
    }
    let _ = write!(sink, "{:?} {:?}", message.message_type(), message.overload());
    let _ = (message.has_cookie(), message.end_offset());
}

/// Asks for one option of each format; where the size is fixed, for its first instance as well.
fn keys(message: Message<'_>, sink: &mut Sink) {
    fn joined<'a, F: Format<Value<'a>: Debug>>(message: Message<'a>, key: Key<F>, sink: &mut Sink) {
        assert_eq!(message.find(key).is_some(), matches!(message.get(key), Ok(Some(_))));
        let _ = write!(sink, "{:?} {key:?}", message.get(key));
        let _ = (key.code().name(), key.code().reference());
    }
    fn first<'a, F: FixedSize<Value<'a>: Debug>>(message: Message<'a>, key: Key<F>, sink: &mut Sink) {
        let _ = write!(sink, "{:?}", message.first(key));
    }
    macro_rules! each {
        ($read:ident: $($KEY:ident)+) => { $($read(message, option::$KEY, sink);)+ };
    }
    each! {
        first: SUBNET_MASK TIME_OFFSET BOOT_FILE_SIZE IP_FORWARDING DEFAULT_IP_TTL NETBIOS_NODE_TYPE LEASE_TIME OVERLOAD
        MESSAGE_TYPE RAPID_COMMIT
    }
    each! {
        joined:
        SUBNET_MASK TIME_OFFSET ROUTERS HOST_NAME BOOT_FILE_SIZE IP_FORWARDING POLICY_FILTER DEFAULT_IP_TTL
        PATH_MTU_PLATEAU_TABLE VENDOR_SPECIFIC NETBIOS_NODE_TYPE LEASE_TIME OVERLOAD MESSAGE_TYPE
        PARAMETER_REQUEST_LIST CLASS_ID CLIENT_ID NETWARE_IP_OPTIONS HOME_AGENTS USER_CLASS SLP_DIRECTORY_AGENT
        SLP_SERVICE_SCOPE RAPID_COMMIT FQDN RELAY_AGENT_INFORMATION ISNS AUTHENTICATION CLIENT_ARCH CLIENT_NDI
        CLIENT_MACHINE_ID SOFTWIRE_SOURCE_ADDRESS CAPTIVE_PORTAL NAME_SERVICE_SEARCH DOMAIN_SEARCH SIP_SERVERS
        CLASSLESS_ROUTES VIVCO VIVSO LOST_SERVER MOS_ADDRESSES MOS_DOMAIN_NAMES SZTP_REDIRECT
        FORCERENEW_NONCE_CAPABLE RDNSS_SELECTION STATUS_CODE BASE_TIME DHCP_STATE DATA_SOURCE PCP_SERVERS
        PORT_PARAMETERS DNR SIX_RD VIRTUAL_SUBNET_SELECTION MS_CLASSLESS_ROUTES MS_PROXY_AUTODISCOVERY
    }
}

/// Reads a value in the format of its code, and as bytes.
pub fn value(bytes: Value<'_>, sink: &mut Sink) {
    let _ = (bytes.len(), bytes.offset(), bytes.as_slice(), bytes.to_array::<4>());
    let _ = (
        bytes.split_first(),
        bytes.split_at(bytes.len() / 2),
        bytes.starts_with(b"MSFT"),
    );
    let _ = (
        bytes.fragments().count(),
        bytes.bytes().count(),
        bytes.copy_to(&mut [0; 4096]).is_ok(),
    );
    let _ = write!(sink, "{bytes:?}{bytes}{bytes:x}");
    match Typed::decode(bytes) {
        Ok(read) => typed(read, sink),
        Err(error) => sink.show(error),
    }
}

/// Reads the parts of a value.
fn typed(read: Typed<'_>, sink: &mut Sink) {
    sink.show(read);
    let other = read;
    assert!(read == other);
    match read {
        Typed::Addresses(addresses) => list(&addresses),
        Typed::HomeAgents(agents) => list(&agents),
        Typed::AddressPairs(pairs) => list(&pairs),
        Typed::U8List(numbers) => list(&numbers),
        Typed::U16List(numbers) => list(&numbers),
        Typed::Codes(codes) => list(&codes),
        Typed::Architectures(architectures) => list(&architectures),
        Typed::Text(bytes) => text(bytes),
        Typed::Texts(texts) => texts.iter().for_each(text),
        Typed::DomainName(bytes) => name(bytes),
        Typed::DomainList(names) | Typed::SipServers(SipServers::Names(names)) => list_of_names(names),
        Typed::Fqdn(fqdn) => match fqdn.name {
            FqdnName::Wire(bytes) => name(bytes),
            FqdnName::Ascii(bytes) => text(bytes),
        },
        Typed::ClientId(client) => drop((client.mac(), client.iaid_and_duid())),
        Typed::MachineId(machine) => drop(machine.uuid()),
        Typed::VendorData(vendors) => {
            let _ = vendors.iter().flat_map(|vendor| vendor.classes()).count();
        }
        Typed::VendorOptions(vendors) => {
            let _ = (
                vendors.len(),
                vendors.iter().map(|vendor| vendor.options.len()).sum::<usize>(),
            );
        }
        Typed::AddressLists(servers) => servers.iter().for_each(|addresses| list(&addresses)),
        Typed::EncryptedDns(servers) => servers.iter().for_each(|server| name(server.name)),
        Typed::UserClasses(classes) => {
            let bytes = classes.value().bytes().collect::<Vec<_>>();
            assert!(classes.contains(bytes) && !classes.contains(""));
            assert!(classes.list().is_none_or(|list| list.value() == classes.value()));
            assert!(classes.iter().count() > 0);
        }
        Typed::VendorSpecific(suboptions) => {
            let _ = write!(sink, "{:?}", suboptions.suboption(microsoft::DISABLE_NETBIOS));
        }
        Typed::RelayAgentInformation(agent) => {
            let _ = agent.value();
            for suboption in agent.suboptions() {
                match Typed::decode_relay(suboption) {
                    Ok(read) => sink.show(read),
                    Err(error) => sink.show(error),
                }
            }
            macro_rules! get {
                ($($KEY:ident)+) => { $(let _ = write!(sink, "{:?}", agent.get(relay::$KEY));)+ };
            }
            get! {
                CIRCUIT_ID REMOTE_ID DOCSIS_DEVICE_CLASS LINK_SELECTION SUBSCRIBER_ID RADIUS_ATTRIBUTES AUTHENTICATION
                VENDOR_SPECIFIC RELAY_FLAGS SERVER_ID_OVERRIDE RELAY_ID ACCESS_TECHNOLOGY_TYPE ACCESS_NETWORK_NAME
                ACCESS_POINT_NAME ACCESS_POINT_BSSID OPERATOR_ID OPERATOR_REALM RELAY_SOURCE_PORT
                VIRTUAL_SUBNET_SELECTION VIRTUAL_SUBNET_SELECTION_CONTROL
            }
        }
        _ => {}
    }
}

fn list<'a, E: Element<Value<'a>: PartialEq>>(list: &Sequence<'a, E>) {
    let end = list.len().checked_sub(1).and_then(|index| list.get(index));
    let _ = (list.first().is_some(), list.get(list.len()).is_some(), list.is_empty());
    assert!(end.is_none_or(|item| list.contains(&item)));
    assert_eq!(list.iter().count(), list.len());
}

fn text(text: Text<'_>) {
    let _ = (
        text.as_str(),
        text.value().as_slice(),
        text.value().is_empty(),
        text.starts_with(b"http"),
    );
    assert_eq!(text.value().bytes().count(), text.value().len());
    assert!(text.lossy().to_string().chars().count() <= text.value().len());
}

fn name(name: DomainName<'_>) {
    assert!(name.labels().count() <= 127 && name.labels().all(|label| (1..=63).contains(&label.len())));
    let other = name;
    assert!(name == other && name.is_absolute() == other.is_absolute());
}

fn list_of_names(names: DomainList<'_>) {
    let other = names;
    assert!(names.iter().count() > 0 && names == other);
    names.iter().for_each(name);
}

/// Reads a value as elements of every kind, unchecked, whatever its code.
pub fn elements(bytes: Value<'_>, sink: &mut Sink) {
    fn all<'a, E: Element<Value<'a>: Debug>>(bytes: Value<'a>, sink: &mut Sink) {
        let mut elements = SequenceReader::<E>::new(bytes);
        let faults = elements.by_ref().filter(Result::is_err).count();
        assert!(faults <= 1 && elements.next().is_none() && elements.rest().len() <= bytes.len());
        let _ = write!(sink, "{:?}", SequenceReader::<E>::new(bytes).last());
    }
    all::<Suboption<'static>>(bytes, sink);
    all::<VendorSuboption>(bytes, sink);
    all::<Class>(bytes, sink);
    all::<HomeAgent>(bytes, sink);
    all::<Prefixed<u16, Text<'static>>>(bytes, sink);
    all::<Prefixed<u8, Addresses<'static>>>(bytes, sink);
    all::<Prefixed<u16, EncryptedDns<'static>>>(bytes, sink);
    all::<VendorData<'static>>(bytes, sink);
    all::<VendorOptions<'static>>(bytes, sink);
    all::<Route>(bytes, sink);
}
