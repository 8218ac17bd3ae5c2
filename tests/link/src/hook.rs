//! `hook`: raw arguments become safe ones.

use core::ffi::c_void;

use dhcp_callout::Editor;
use dhcp_callout::hook::{
    AddressDeleted, AddressOffered, ClientDeleted, ControlEvent, Dword, NewPacket, PacketNotice, ParsedOptions,
    SendPacket,
};
use dhcp_callout::message::OptionCode;
use dhcp_callout::table::{BufferPool, Context};

static POOL: BufferPool<8> = BufferPool::new();

fn change(editor: &mut Editor<'_, '_>) {
    editor.secs(7).set_raw(OptionCode::from_code(12), b"host");
}

crate::operations! {
    control_event_from_raw(event: ControlEvent) => event;
    control_event_code(event: ControlEvent) => event.code();

    new_packet_from_raw(packet: NewPacket<'_>) => packet;
    new_packet_bytes(packet: NewPacket<'_>) => packet.bytes();
    new_packet_message(packet: NewPacket<'_>) => packet.message();
    new_packet_received_on(packet: NewPacket<'_>) => packet.received_on();
    new_packet_set_process_it(packet: NewPacket<'_>) => packet.set_process_it(false);
    new_packet_set_context(packet: NewPacket<'_>, context: Context) => packet.set_context(Some(context));
    new_packet_set_raw_context(packet: NewPacket<'_>, context: *mut c_void) => packet.set_raw_context(context);
    new_packet_replace(packet: NewPacket<'_>) => packet.with_buffers(&POOL).replace(change);
    new_packet_replace_with(packet: NewPacket<'_>, bytes: &[u8]) => packet.with_buffers(&POOL).replace_with(bytes);
    new_packet_rewrite(packet: NewPacket<'_>) => packet.with_buffers(&POOL).rewrite(change);
    new_packet_rewrite_with(packet: NewPacket<'_>, bytes: &[u8]) => packet.with_buffers(&POOL).rewrite_with(bytes);
    new_packet_put_back(packet: NewPacket<'_>) => packet.put_back();
    new_packet_take_replacement(packet: NewPacket<'_>) => packet.take_replacement();

    packet_notice_from_raw(packet: PacketNotice<'_>) => packet;
    packet_notice_bytes(packet: PacketNotice<'_>) => packet.bytes();
    packet_notice_message(packet: PacketNotice<'_>) => packet.message();
    packet_notice_received_on(packet: PacketNotice<'_>) => packet.received_on();
    packet_notice_notice(packet: PacketNotice<'_>) => packet.notice();
    packet_notice_raw_context(packet: PacketNotice<'_>) => packet.raw_context();

    send_packet_from_raw(packet: SendPacket<'_>) => packet;
    send_packet_bytes(packet: SendPacket<'_>) => packet.bytes();
    send_packet_message(packet: SendPacket<'_>) => packet.message();
    send_packet_received_on(packet: SendPacket<'_>) => packet.received_on();
    send_packet_code(packet: SendPacket<'_>) => packet.code();
    send_packet_raw_context(packet: SendPacket<'_>) => packet.raw_context();
    send_packet_replace(packet: SendPacket<'_>) => packet.with_buffers(&POOL).replace(change);
    send_packet_replace_with(packet: SendPacket<'_>, bytes: &[u8]) => packet.with_buffers(&POOL).replace_with(bytes);
    send_packet_rewrite(packet: SendPacket<'_>) => packet.with_buffers(&POOL).rewrite(change);
    send_packet_rewrite_with(packet: SendPacket<'_>, bytes: &[u8]) => packet.with_buffers(&POOL).rewrite_with(bytes);
    send_packet_put_back(packet: SendPacket<'_>) => packet.put_back();
    send_packet_take_replacement(packet: SendPacket<'_>) => packet.take_replacement();

    address_deleted_from_raw(packet: AddressDeleted<'_>) => packet;
    address_deleted_bytes(packet: AddressDeleted<'_>) => packet.bytes();
    address_deleted_message(packet: AddressDeleted<'_>) => packet.message();
    address_deleted_received_on(packet: AddressDeleted<'_>) => packet.received_on();
    address_deleted_problem(packet: AddressDeleted<'_>) => packet.problem();
    address_deleted_address(packet: AddressDeleted<'_>) => packet.address();
    address_deleted_raw_context(packet: AddressDeleted<'_>) => packet.raw_context();

    address_offered_from_raw(packet: AddressOffered<'_>) => packet;
    address_offered_bytes(packet: AddressOffered<'_>) => packet.bytes();
    address_offered_message(packet: AddressOffered<'_>) => packet.message();
    address_offered_received_on(packet: AddressOffered<'_>) => packet.received_on();
    address_offered_grant(packet: AddressOffered<'_>) => packet.grant();
    address_offered_address(packet: AddressOffered<'_>) => packet.address();
    address_offered_client_type(packet: AddressOffered<'_>) => packet.client_type();
    address_offered_lease_time(packet: AddressOffered<'_>) => packet.lease_time();
    address_offered_raw_context(packet: AddressOffered<'_>) => packet.raw_context();

    parsed_options_from_raw(packet: ParsedOptions<'_>) => packet;
    parsed_options_bytes(packet: ParsedOptions<'_>) => packet.bytes();
    parsed_options_message(packet: ParsedOptions<'_>) => packet.message();
    parsed_options_message_type(packet: ParsedOptions<'_>) => packet.message_type();
    parsed_options_parameter_request_list(packet: ParsedOptions<'_>) => packet.parameter_request_list();
    parsed_options_set_message_type(packet: ParsedOptions<'_>) => packet.set_message_type(7);
    parsed_options_set_scope_id(packet: ParsedOptions<'_>) => packet.set_scope_id(Dword([7; 4]));
    parsed_options_to_owned(packet: ParsedOptions<'_>) => packet.to_owned();
    parsed_options_raw_context(packet: ParsedOptions<'_>) => packet.raw_context();

    client_deleted_from_raw(client: ClientDeleted<'_>) => client;
    client_deleted_address(client: ClientDeleted<'_>) => client.address();
    client_deleted_hardware_address(client: ClientDeleted<'_>) => client.hardware_address();
}
