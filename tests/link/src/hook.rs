//! `ffi` and `hook`: raw arguments become safe ones.

use core::ffi::c_void;

use dhcp_callout::ffi::{
    self, ControlArguments, DeleteClientArguments, DropSendArguments, GiveAddressArguments, HandleOptionsArguments,
    NewPktArguments, ProbArguments,
};
use dhcp_callout::hook::{
    AddressDeleted, AddressOffered, ChainDlls, ClientDeleted, ControlEvent, Dword, NewPacket, PacketNotice,
    ParsedOptions, SendPacket,
};
use dhcp_callout::table::Context;

use crate::buffer::change;
use crate::each;

crate::methods! {
    AddressDeleted = AddressDeleted<'_>: address problem bytes message context raw_context received_on;
    AddressOffered = AddressOffered<'_>:
        address client_type grant lease_time bytes message context raw_context received_on;
    ClientDeleted = ClientDeleted<'_>: address hardware_address;
    ControlEvent = ControlEvent: code;
    Dword = &mut Dword: from_host_order from_network_order;
    NewPacket = NewPacket<'_>: bytes message received_on;
    PacketNotice = PacketNotice<'_>: bytes message notice context raw_context received_on;
    ParsedOptions = ParsedOptions<'_>:
        bytes message class_identifier client_hardware_address client_hardware_address_type dns_flags dns_name
        ds_domain_name ds_domain_name_requested machine_name message_type overlay_fields parameter_request_list
        request_lease_time requested_address router_address scope_id server subnet_mask vendor_class context
        raw_context;
    SendPacket = SendPacket<'_>: bytes message code context raw_context received_on;
}

/// The two packets that can be changed, with buffers of which nothing is known.
macro_rules! changeable {
    ($($Packet:ident)+) => {$(crate::operations! {
        $Packet::replace(packet: &mut $Packet<'_>) => packet.replace(change);
        $Packet::replace_with(packet: &mut $Packet<'_>, bytes: &[u8]) => packet.replace_with(bytes);
        $Packet::rewrite(packet: &mut $Packet<'_>) => packet.rewrite(change);
        $Packet::rewrite_with(packet: &mut $Packet<'_>, bytes: &[u8]) => packet.rewrite_with(bytes);
    })+};
}
changeable!(NewPacket SendPacket);

/// What can be changed of the parsed options.
macro_rules! settable {
    ($($set:ident: $Type:ty;)+) => {$(crate::operations! {
        ParsedOptions::$set(options: ParsedOptions<'_>, value: $Type) => options.$set(value);
    })+};
}

crate::operations! {
    ControlEvent::from_raw(arguments: ControlArguments) => unsafe { ControlEvent::from_raw(arguments) };
    NewPacket::from_raw(arguments: NewPktArguments) => unsafe { NewPacket::from_raw(arguments) };
    PacketNotice::from_raw(arguments: DropSendArguments) => unsafe { PacketNotice::from_raw(arguments) };
    SendPacket::from_raw(arguments: DropSendArguments) => unsafe { SendPacket::from_raw(arguments) };
    AddressDeleted::from_raw(arguments: ProbArguments) => unsafe { AddressDeleted::from_raw(arguments) };
    AddressOffered::from_raw(arguments: GiveAddressArguments) => unsafe { AddressOffered::from_raw(arguments) };
    ParsedOptions::from_raw(arguments: HandleOptionsArguments) => unsafe { ParsedOptions::from_raw(arguments) };
    ClientDeleted::from_raw(arguments: DeleteClientArguments) => unsafe { ClientDeleted::from_raw(arguments) };

    ControlArguments::pass_to(arguments: ControlArguments, hook: ffi::Control) => unsafe { arguments.pass_to(hook) };
    NewPktArguments::pass_to(arguments: NewPktArguments, hook: ffi::NewPkt) => unsafe { arguments.pass_to(hook) };
    DropSendArguments::pass_to(arguments: DropSendArguments, hook: ffi::DropSend) => unsafe { arguments.pass_to(hook) };
    ProbArguments::pass_to(arguments: ProbArguments, hook: ffi::Prob) => unsafe { arguments.pass_to(hook) };
    GiveAddressArguments::pass_to(arguments: GiveAddressArguments, hook: ffi::GiveAddress) => unsafe {
        arguments.pass_to(hook)
    };
    HandleOptionsArguments::pass_to(arguments: HandleOptionsArguments, hook: ffi::HandleOptions) => unsafe {
        arguments.pass_to(hook)
    };
    DeleteClientArguments::pass_to(arguments: DeleteClientArguments, hook: ffi::DeleteClient) => unsafe {
        arguments.pass_to(hook)
    };

    NewPacket::set_process_it(packet: NewPacket<'_>, process: bool) => packet.set_process_it(process);
    NewPacket::set_context(packet: NewPacket<'_>, context: Context) => packet.set_context(Some(context));
    NewPacket::set_raw_context(packet: NewPacket<'_>, context: *mut c_void) => packet.set_raw_context(context);

    ChainDlls::new(dlls: ChainDlls<'_>) => each(dlls);
    DllPath::units(dlls: ChainDlls<'_>) => dlls.flatten().for_each(|path| {
        core::hint::black_box(path.units());
    });
}
settable! {
    set_message_type: u8;
    set_overlay_fields: u8;
    set_request_lease_time: Dword;
    set_requested_address: Dword;
    set_router_address: Dword;
    set_scope_id: Dword;
    set_server: Dword;
    set_subnet_mask: Dword;
}
