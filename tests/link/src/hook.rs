//! `hook`: raw arguments become safe ones.

use core::ffi::c_void;

use dhcp_callout::hook::{DroppedPacket, NewPacket, SendPacket};

crate::operations! {
    new_packet_from_raw(packet: NewPacket<'_>) => packet;
    new_packet_bytes(packet: NewPacket<'_>) => packet.bytes();
    new_packet_message(packet: NewPacket<'_>) => packet.message();
    new_packet_received_on(packet: NewPacket<'_>) => packet.received_on();
    new_packet_refuse(packet: NewPacket<'_>) => packet.refuse();
    new_packet_set_raw_context(packet: NewPacket<'_>, context: *mut c_void) => packet.set_raw_context(context);

    dropped_packet_from_raw(packet: DroppedPacket<'_>) => packet;
    dropped_packet_bytes(packet: DroppedPacket<'_>) => packet.bytes();
    dropped_packet_message(packet: DroppedPacket<'_>) => packet.message();
    dropped_packet_received_on(packet: DroppedPacket<'_>) => packet.received_on();
    dropped_packet_notice(packet: DroppedPacket<'_>) => packet.notice();
    dropped_packet_raw_context(packet: DroppedPacket<'_>) => packet.raw_context();

    send_packet_from_raw(packet: SendPacket<'_>) => packet;
    send_packet_bytes(packet: SendPacket<'_>) => packet.bytes();
    send_packet_message(packet: SendPacket<'_>) => packet.message();
    send_packet_received_on(packet: SendPacket<'_>) => packet.received_on();
    send_packet_code(packet: SendPacket<'_>) => packet.code();
    send_packet_raw_context(packet: SendPacket<'_>) => packet.raw_context();
}
