//! `buffer` and `message`: editing, and messages created from nothing.

use core::net::Ipv4Addr;

use dhcp_callout::message::{Flags, MessageType, OptionCode, Seconds, SuboptionChanges, Value, option, option::relay};
use dhcp_callout::{Message, PacketBuffer};

crate::operations! {
    packet_buffer_request(kind: MessageType, xid: u32, chaddr: &[u8]) => PacketBuffer::request(kind, xid, chaddr);
    packet_buffer_reply_to(message: Message<'_>) => PacketBuffer::reply_to(&message);
    edit_raw(buffer: &mut PacketBuffer, one: OptionCode, other: OptionCode, bytes: &[u8]) => buffer.edit(|editor| {
        editor.set_raw(one, bytes).append_raw(other, bytes).remove(one);
    });
    edit_from(buffer: &mut PacketBuffer, message: Message<'_>, code: OptionCode, bytes: &[u8]) => {
        buffer.edit_from(message, |editor| {
            editor.set_raw(code, bytes);
        })
    };
    edit_typed(buffer: &mut PacketBuffer, address: u32, seconds: u32) => buffer.edit(|editor| {
        editor
            .set(option::DNS_SERVERS, [Ipv4Addr::from_bits(address); 2])
            .set(option::LEASE_TIME, Seconds(seconds))
            .set(option::DOMAIN_SEARCH, ["example.com.", "example.net."]);
    });
    edit_suboptions(buffer: &mut PacketBuffer, value: Value<'_>, one: u8, other: u8, bytes: &[u8]) => {
        buffer.edit(|editor| {
            let changes = SuboptionChanges::from(value)
                .set_raw(one, bytes)
                .set(relay::LINK_SELECTION, Ipv4Addr::LOCALHOST)
                .remove(other);
            editor.set(option::RELAY_AGENT_INFORMATION, &changes).set(option::VENDOR_SPECIFIC, &changes);
        })
    };
    edit_retain(buffer: &mut PacketBuffer, code: OptionCode) => buffer.edit(|editor| {
        editor.retain(|option| option.code != code);
    });
    edit_limits(buffer: &mut PacketBuffer, most: usize, least: usize) => buffer.edit(|editor| {
        editor.limit(most).pad_to(least);
    });
    edit_header(buffer: &mut PacketBuffer, number: u32, bytes: &[u8]) => buffer.edit(|editor| {
        editor
            .xid(number)
            .flags(Flags::BROADCAST)
            .yiaddr(Ipv4Addr::from_bits(number))
            .chaddr(bytes)
            .free_fields()
            .sname(bytes)
            .file(bytes);
    });
}
