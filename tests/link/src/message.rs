//! `message`: reading a packet in place, its header, its options and their values.

use dhcp_callout::message::{Message, OptionCode, OptionError, RawOption, Value, ValueError, ValueErrorKind, option};

use crate::each;

crate::methods! {
    Message = Message<'_>:
        as_bytes op htype hlen hops xid secs flags ciaddr yiaddr siaddr giaddr chaddr chaddr_field mac sname file
        has_cookie message_type overload end_offset longest_reply;
    Value = Value<'_>: code offset len is_empty as_slice split_first;
    RawOption = &mut RawOption<'_>: value_offset;
    OptionError = &mut OptionError: code offset kind;
    ValueError = &mut ValueError: code offset kind;
}

crate::operations! {
    Message::parse(packet: &[u8]) => Message::parse(packet);
    Message::options(message: Message<'_>) => each(message.options());
    Message::value(message: Message<'_>, code: OptionCode) => message.value(code);
    Message::fragments(message: Message<'_>, code: OptionCode) => message.fragments(code).ok().flatten().map(each);
    Fragments::copy_to(message: Message<'_>, code: OptionCode, target: &mut [u8]) => message
        .fragments(code).ok().flatten().map(|fragments| fragments.copy_to(target));
    Message::pick(message: Message<'_>, one: OptionCode, other: OptionCode) => message.pick([one, other]);
    Picked::value(message: Message<'_>, code: OptionCode, index: usize) => message.pick([code]).value(index);
    Picked::values(message: Message<'_>, one: OptionCode, other: OptionCode) => message.pick([one, other]).values();
    Picked::fault(message: Message<'_>, code: OptionCode) => message.pick([code]).fault();
    Message::find(message: Message<'_>) => message.find(option::SERVER_ID);
    Message::first(message: Message<'_>) => (message.first(option::LEASE_TIME), message.first(option::MESSAGE_TYPE));

    Value::from_slice(code: OptionCode, bytes: &[u8]) => Value::from_slice(code, bytes);
    Value::fragments(value: Value<'_>) => each(value.fragments());
    Value::bytes(value: Value<'_>) => each(value.bytes());
    Value::copy_to(value: Value<'_>, target: &mut [u8]) => value.copy_to(target);
    Value::starts_with(value: Value<'_>, prefix: &[u8]) => value.starts_with(prefix);
    Value::split_at(value: Value<'_>, middle: usize, second: usize) => value
        .split_at(middle)
        .map(|(front, rest)| (front.split_at(second), rest.split_at(second)));
    Value::split_first_chunk(value: Value<'_>) => value.split_first_chunk::<4>();
    Value::to_array(value: Value<'_>) => value.to_array::<6>();
    Value::eq(one: Value<'_>, other: Value<'_>, bytes: &[u8], array: &mut [u8; 4], text: &str) => (
        one == other, one == *bytes, one == bytes, one == *array, one.eq(&&*array), one == *text, one == text,
    );

    ValueError::from(error: &mut OptionError) => ValueError::from(*error);
    ValueError::new(code: OptionCode, offset: usize, kind: &mut ValueErrorKind) => ValueError::new(code, offset, *kind);
}
