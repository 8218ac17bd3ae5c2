//! `buffer`: packets in buffers of their own.

use dhcp_callout::PacketBuffer;

crate::operations! {
    packet_buffer_new() => PacketBuffer::new();
    packet_buffer_from_bytes(packet: &[u8]) => PacketBuffer::from_bytes(packet);
    packet_buffer_copy_from(buffer: &mut PacketBuffer, packet: &[u8]) => buffer.copy_from(packet);
    packet_buffer_as_bytes(buffer: &mut PacketBuffer) => buffer.as_bytes();
    packet_buffer_as_bytes_mut(buffer: &mut PacketBuffer) => buffer.as_bytes_mut();
    packet_buffer_size(buffer: &mut PacketBuffer) => buffer.size();
    packet_buffer_clone(buffer: &mut PacketBuffer) => buffer.clone();
    packet_buffer_eq(one: &mut PacketBuffer, other: &mut PacketBuffer) => one == other;
}
