//! `message`: values read by typed keys, whole and in their parts.

use core::net::Ipv4Addr;
use core::time::Duration;

use dhcp_callout::message::option::relay::RelayAgentInformation;
use dhcp_callout::message::option::{self, microsoft, relay};
use dhcp_callout::message::{
    ClientId, DomainList, DomainName, Key, MachineId, Message, OptionCode, Overload, Seconds, Sequence, SequenceReader,
    Suboption, Text, Typed, UserClasses, Value, VendorData,
};

use crate::each;

crate::methods! {
    ClientId = &mut ClientId<'_>: iaid_and_duid mac;
    DomainList = &mut DomainList<'_>: value;
    DomainName = &mut DomainName<'_>: is_absolute;
    MachineId = &mut MachineId<'_>: uuid;
    RelayAgentInformation = &mut RelayAgentInformation<'_>: value;
    Seconds = &mut Seconds: is_infinite;
    Sequence = &mut Sequence<'_, Ipv4Addr>: first is_empty len value;
    SequenceReader = &mut SequenceReader<'_, Suboption<'_>>: rest;
    Text = &mut Text<'_>: as_str lossy value;
    UserClasses = &mut UserClasses<'_>: value;
}

crate::operations! {
    // Every format that a row names.
    Typed::decode(value: Value<'_>) => Typed::decode(value);
    Typed::decode_relay(suboption: &mut Suboption<'_>) => Typed::decode_relay(*suboption);
    Message::get(message: Message<'_>) => (
        message.get(option::MESSAGE_TYPE),
        message.get(option::CLASSLESS_ROUTES).map(|routes| routes.map(each)),
        message.get(option::VIVSO).map(|vendors| vendors.map(|vendors| each(vendors.iter().flat_map(|vendor| vendor.options)))),
        message.get(option::DNR).map(|servers| servers.map(|servers| each(servers.iter().flat_map(|server| server.name.labels())))),
    );
    Key::new(code: OptionCode) => Key::<Ipv4Addr>::new(code);
    Key::decode(value: Value<'_>) => option::HOST_NAME.decode(value);
    Key::code(code: OptionCode) => (Key::<Ipv4Addr>::new(code).code(), OptionCode::from(Key::<Ipv4Addr>::new(code)));

    DomainList::iter(names: &mut DomainList<'_>) => each(names.iter());
    DomainList::eq(one: &mut DomainList<'static>, other: &mut DomainList<'static>) => one == other;
    DomainName::labels(name: &mut DomainName<'_>) => each(name.labels());
    DomainName::eq(one: &mut DomainName<'static>, other: &mut DomainName<'static>) => one == other;
    Overload::contains(one: Overload, other: Overload) => one.contains(other);
    RelayAgentInformation::get(agent: &mut RelayAgentInformation<'_>) => (
        agent.get(relay::CIRCUIT_ID), agent.get(relay::LINK_SELECTION),
    );
    RelayAgentInformation::find(agent: &mut RelayAgentInformation<'_>) => agent.find(relay::LINK_SELECTION);
    RelayAgentInformation::suboptions(agent: &mut RelayAgentInformation<'_>) => each(agent.suboptions());
    Seconds::from(seconds: u64) => Seconds::from(Duration::from_secs(seconds));
    Sequence::iter(list: &mut Sequence<'_, Ipv4Addr>) => each(list.iter());
    Sequence::get(list: &mut Sequence<'_, Ipv4Addr>, index: usize) => list.get(index);
    Sequence::contains(list: &mut Sequence<'_, Ipv4Addr>, address: Ipv4Addr) => list.contains(&address);
    Sequence::eq(one: &mut Sequence<'static, Ipv4Addr>, other: &mut Sequence<'static, Ipv4Addr>) => one == other;
    Sequence::suboption(message: Message<'_>) => message.get(option::VENDOR_SPECIFIC).map(|vendor| vendor.map(|vendor| (
        vendor.suboption(microsoft::DISABLE_NETBIOS), vendor.suboption(microsoft::ROGUE_DETECTION_REPLY),
    )));
    SequenceReader::new(value: Value<'_>) => (
        each(SequenceReader::<Suboption<'_>>::new(value)), each(SequenceReader::<Ipv4Addr>::new(value)),
    );
    Value::from(text: &mut Text<'_>) => Value::from(*text);
    Text::starts_with(text: &mut Text<'_>, prefix: &[u8]) => text.starts_with(prefix);
    Text::eq(text: &mut Text<'_>, bytes: &[u8], array: &mut [u8; 4], other: &str) => (
        *text == *bytes, *text == bytes, *text == *array, text.eq(&&*array), *text == *other, *text == other,
    );
    UserClasses::iter(classes: &mut UserClasses<'_>) => each(classes.iter());
    UserClasses::list(classes: &mut UserClasses<'_>) => classes.list().map(each);
    UserClasses::contains(classes: &mut UserClasses<'_>, class: &[u8]) => classes.contains(class);
    UserClasses::eq(one: &mut UserClasses<'static>, other: &mut UserClasses<'static>) => one == other;
    VendorData::classes(data: &mut VendorData<'_>) => each(data.classes());
}
