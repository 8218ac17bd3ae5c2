//! `message`: reading a packet in place.

use dhcp_callout::Message;
use dhcp_callout::message::{HardwareType, MessageType, OpCode, OptionCode, Value, option};

crate::operations! {
    message_parse(packet: &[u8]) => Message::parse(packet);
    message_as_bytes(message: Message<'_>) => message.as_bytes();
    message_op(message: Message<'_>) => message.op();
    message_htype(message: Message<'_>) => message.htype();
    message_hlen(message: Message<'_>) => message.hlen();
    message_hops(message: Message<'_>) => message.hops();
    message_xid(message: Message<'_>) => message.xid();
    message_secs(message: Message<'_>) => message.secs();
    message_flags(message: Message<'_>) => message.flags();
    message_ciaddr(message: Message<'_>) => message.ciaddr();
    message_yiaddr(message: Message<'_>) => message.yiaddr();
    message_siaddr(message: Message<'_>) => message.siaddr();
    message_giaddr(message: Message<'_>) => message.giaddr();
    message_chaddr(message: Message<'_>) => message.chaddr();
    message_chaddr_field(message: Message<'_>) => message.chaddr_field();
    message_mac(message: Message<'_>) => message.mac();
    message_sname(message: Message<'_>) => message.sname();
    message_file(message: Message<'_>) => message.file();
    message_has_cookie(message: Message<'_>) => message.has_cookie();
    message_message_type(message: Message<'_>) => message.message_type();
    message_overload(message: Message<'_>) => message.overload();
    message_end_offset(message: Message<'_>) => message.end_offset();
    message_value(message: Message<'_>, code: OptionCode) => message.value(code);
    message_find(message: Message<'_>) => message.find(option::SERVER_ID);

    options_to_the_end(message: Message<'_>) => message.options().for_each(|option| {
        let _ = core::hint::black_box(option.map(|option| option.value_offset()));
    });

    value_from_slice(code: OptionCode, bytes: &[u8]) => Value::from_slice(code, bytes);
    value_code(value: Value<'_>) => value.code();
    value_offset(value: Value<'_>) => value.offset();
    value_len(value: Value<'_>) => value.len();
    value_is_empty(value: Value<'_>) => value.is_empty();
    value_as_slice(value: Value<'_>) => value.as_slice();
    value_fragments_to_the_end(value: Value<'_>) => value.fragments().for_each(|fragment| {
        core::hint::black_box(fragment);
    });
    value_bytes_to_the_end(value: Value<'_>) => value.bytes().for_each(|byte| {
        core::hint::black_box(byte);
    });
    value_copy_to(value: Value<'_>, target: &mut [u8]) => value.copy_to(target);
    value_starts_with(value: Value<'_>, prefix: &[u8]) => value.starts_with(prefix);
    value_split_at(value: Value<'_>, middle: usize) => value.split_at(middle);
    value_split_at_twice(value: Value<'_>, middle: usize, second: usize) => value
        .split_at(middle)
        .map(|(front, rest)| (front.split_at(second), rest.split_at(second)));
    value_split_first(value: Value<'_>) => value.split_first();
    value_split_first_chunk(value: Value<'_>) => value.split_first_chunk::<4>();
    value_to_array(value: Value<'_>) => value.to_array::<6>();
    value_eq(one: Value<'_>, other: Value<'_>) => one == other;
    value_eq_slice(value: Value<'_>, other: &[u8]) => value == *other;

    op_code_name(code: OpCode) => code.name();
    op_code_meaning(code: OpCode) => code.meaning();
    op_code_code(code: OpCode) => code.code();
    hardware_type_name(code: HardwareType) => code.name();
    hardware_type_meaning(code: HardwareType) => code.meaning();
    hardware_type_code(code: HardwareType) => code.code();
    message_type_name(code: MessageType) => code.name();
    message_type_meaning(code: MessageType) => code.meaning();
    message_type_code(code: MessageType) => code.code();
    option_code_code(code: OptionCode) => code.code();
}
