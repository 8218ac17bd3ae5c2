//! `buffer` and `message`: editing, and messages made from nothing.

use core::net::Ipv4Addr;

use dhcp_callout::message::option::{self, relay};
use dhcp_callout::message::{Flags, MessageType, OptionCode, Seconds};
use dhcp_callout::{Message, PacketBuffer};

crate::operations! {
    packet_buffer_request(kind: MessageType, xid: u32, chaddr: &[u8]) => PacketBuffer::request(kind, xid, chaddr);
    packet_buffer_reply_to(message: Message<'_>) => PacketBuffer::reply_to(&message);
    edit_raw(buffer: &mut PacketBuffer, one: OptionCode, other: OptionCode, octets: &[u8]) => {
        buffer.edit().set_raw(one, octets).append_raw(other, octets).remove(one).finish()
    };
    edit_from(buffer: &mut PacketBuffer, message: Message<'_>, code: OptionCode, octets: &[u8]) => {
        buffer.edit_from(message).set_raw(code, octets).finish()
    };
    edit_typed(buffer: &mut PacketBuffer, address: u32, seconds: u32) => buffer
        .edit()
        .set(option::DNS_SERVERS, [Ipv4Addr::from_bits(address); 2])
        .set(option::LEASE_TIME, Seconds(seconds))
        .set(option::DOMAIN_SEARCH, ["example.com.", "example.net."])
        .set_relay(relay::LINK_SELECTION, Ipv4Addr::from_bits(address))
        .finish();
    edit_suboptions(buffer: &mut PacketBuffer, code: OptionCode, suboption: u8, octets: &[u8]) => {
        buffer.edit().set_suboption(code, suboption, octets).remove_suboption(code, suboption).finish()
    };
    edit_retain(buffer: &mut PacketBuffer, code: OptionCode) => {
        buffer.edit().retain(|option| option.code != code).finish()
    };
    edit_limits(buffer: &mut PacketBuffer, most: usize, least: usize) => buffer.edit().limit(most).pad_to(least).finish();
    edit_header(buffer: &mut PacketBuffer, number: u32, octets: &[u8]) => buffer
        .edit()
        .xid(number)
        .flags(Flags::BROADCAST)
        .yiaddr(Ipv4Addr::from_bits(number))
        .chaddr(octets)
        .sname(octets)
        .file(octets)
        .finish();
}
