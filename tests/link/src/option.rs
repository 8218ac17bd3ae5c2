//! `message`: options found and read by typed keys, and relay agent information by its sub-options.

use dhcp_callout::Message;
use dhcp_callout::message::option::{self, microsoft, relay};
use dhcp_callout::message::{DomainList, DomainName, OptionCode, SequenceReader, Suboption, Typed, Value};

/// Looks at every item, so that none can be left out.
fn each<T>(items: impl Iterator<Item = T>) {
    items.for_each(|item| {
        core::hint::black_box(item);
    });
}

fn each_of_list(names: DomainList<'_>) {
    each(names.iter().flat_map(|name: DomainName<'_>| name.labels()));
}

crate::operations! {
    message_get_message_type(message: Message<'_>) => message.get(option::MESSAGE_TYPE);
    message_get_text(message: Message<'_>) => message.get(option::CLASS_ID).map(|text| text.map(|text| {
        (text.as_str(), text.as_slice(), text.starts_with("rogue"), text == "MSFT 5.0", each(text.chars_lossy()))
    }));
    message_get_addresses(message: Message<'_>) => message.get(option::DNS_SERVERS).map(|list| list.map(|list| {
        each(list.iter());
        (list.len(), list.first(), list.get(7), list.contains(&core::net::Ipv4Addr::LOCALHOST))
    }));
    message_get_client_id(message: Message<'_>) => message.get(option::CLIENT_ID).map(|id| id.map(|id| {
        (id.mac(), id.iaid_and_duid().is_some())
    }));
    message_get_fqdn(message: Message<'_>) => message.get(option::FQDN).map(drop);
    message_get_domain_search(message: Message<'_>) => message.get(option::DOMAIN_SEARCH).map(|names| {
        names.map(each_of_list)
    });
    message_get_routes(message: Message<'_>) => message.get(option::CLASSLESS_ROUTES).map(|routes| {
        routes.map(|routes| each(routes.iter()))
    });
    message_get_vendor_options(message: Message<'_>) => message.get(option::VIVSO).map(|vendors| {
        vendors.map(|vendors| {
            each(vendors.iter().flat_map(|vendor| vendor.options.iter()));
            (vendors.len(), vendors.is_empty(), vendors.get(7).is_some())
        })
    });
    message_get_relay(message: Message<'_>) => message.get(option::RELAY_AGENT_INFORMATION).map(|agent| {
        agent.map(|agent| {
            each(agent.suboptions().iter());
            (agent.get(relay::CIRCUIT_ID).is_ok(), agent.get(relay::LINK_SELECTION).is_ok())
        })
    });
    message_get_vendor(message: Message<'_>) => message.get(option::VENDOR_SPECIFIC).map(|vendor| {
        vendor.map(|vendor| vendor.suboption(microsoft::DISABLE_NETBIOS))
    });
    message_get_classes(message: Message<'_>) => message.get(option::USER_CLASS).map(|classes| {
        classes.map(|classes| (each(classes.iter()), classes.list().is_some(), classes.contains("guest")))
    });
    message_get_encrypted_dns(message: Message<'_>) => message.get(option::DNR).map(|servers| {
        servers.map(|servers| each(servers.iter().flat_map(|server| server.name.labels())))
    });
    message_get_machine_id(message: Message<'_>) => message.get(option::CLIENT_MACHINE_ID).map(|machine| {
        machine.map(|machine| machine.uuid())
    });
    message_first(message: Message<'_>) => message.first(option::LEASE_TIME);
    message_pick(message: Message<'_>, one: OptionCode, other: OptionCode) => message.pick([one, other]);
    typed_decode(value: Value<'_>) => Typed::decode(value).is_ok();
    typed_decode_relay(value: Value<'_>) => {
        each(SequenceReader::<Suboption<'_>>::new(value).flatten().map(|suboption| Typed::decode_relay(suboption).is_ok()));
    };
    option_code_name(code: OptionCode) => code.name();
    option_code_reference(code: OptionCode) => code.reference();
}
