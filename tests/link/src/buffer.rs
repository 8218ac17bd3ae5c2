//! `buffer`: packets in buffers of their own, edited, or created from nothing.

use core::net::Ipv4Addr;

use dhcp_callout::message::{Flags, MessageType, OptionCode, SuboptionChanges, Value, option, option::relay};
use dhcp_callout::{Editor, Message, PacketBuffer};

/// Notes changes of every kind.
pub fn change(editor: &mut Editor<'_, '_>) {
    editor
        .secs(7)
        .set_raw(OptionCode::from_code(12), b"host")
        .remove(OptionCode::from_code(60));
}

crate::methods! {
    PacketBuffer = &mut PacketBuffer: as_bytes as_bytes_mut clear message size as_ref;
}

crate::operations! {
    PacketBuffer::new() => PacketBuffer::new();
    PacketBuffer::from_bytes(packet: &[u8]) => PacketBuffer::from_bytes(packet);
    PacketBuffer::copy_from(buffer: &mut PacketBuffer, packet: &[u8]) => buffer.copy_from(packet);
    PacketBuffer::eq(one: &mut PacketBuffer, other: &mut PacketBuffer) => (one == other, one.clone());
    PacketBuffer::request(kind: MessageType, xid: u32, chaddr: &[u8]) => PacketBuffer::request(kind, xid, chaddr);
    PacketBuffer::reply_to(message: Message<'_>) => PacketBuffer::reply_to(&message);
    PacketBuffer::edit(
        buffer: &mut PacketBuffer, one: OptionCode, other: OptionCode, bytes: &[u8], number: u32, value: Value<'_>,
        most: usize
    ) => buffer.edit(|editor| {
        let changes = SuboptionChanges::from(value).set_raw(7, bytes).set(relay::LINK_SELECTION, Ipv4Addr::LOCALHOST);
        editor
            .xid(number)
            .flags(Flags::BROADCAST)
            .yiaddr(Ipv4Addr::from_bits(number))
            .chaddr(bytes)
            .set_raw(one, bytes)
            .append_raw(other, bytes)
            .remove(one)
            .retain(|option| option.code != other)
            .set(option::RELAY_AGENT_INFORMATION, &changes)
            .set(option::VENDOR_SPECIFIC, &changes)
            .set(option::DOMAIN_SEARCH, ["example.com.", "example.net."])
            .free_fields()
            .sname(bytes)
            .file(bytes)
            .limit(most)
            .pad_to(most);
    });
    PacketBuffer::edit_from(buffer: &mut PacketBuffer, message: Message<'_>) => buffer.edit_from(message, change);
}
