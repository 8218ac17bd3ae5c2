//! `message`: editing.

use core::net::Ipv4Addr;

use dhcp_callout::Editor;
use dhcp_callout::message::{
    Encoder, Flags, HardwareType, LongForm, Message, OpCode, OptionCode, Seconds, SuboptionChanges, Typed, Value,
    option, option::relay,
};

crate::methods! {
    Editor = &mut Editor<'_, '_>: message free_fields;
    Encoder = &mut Encoder<'_>: omit refuse;
}

crate::operations! {
    Editor::op(editor: &mut Editor<'_, '_>, op: OpCode) => { editor.op(op); };
    Editor::htype(editor: &mut Editor<'_, '_>, htype: HardwareType) => { editor.htype(htype); };
    Editor::chaddr(editor: &mut Editor<'_, '_>, address: &[u8]) => { editor.chaddr(address); };
    Editor::hops(editor: &mut Editor<'_, '_>, hops: u8) => { editor.hops(hops); };
    Editor::xid(editor: &mut Editor<'_, '_>, xid: u32) => { editor.xid(xid); };
    Editor::secs(editor: &mut Editor<'_, '_>, secs: u16) => { editor.secs(secs); };
    Editor::flags(editor: &mut Editor<'_, '_>, flags: u16) => { editor.flags(Flags::from_bits_retain(flags)); };
    Editor::ciaddr(editor: &mut Editor<'_, '_>, address: Ipv4Addr) => { editor.ciaddr(address); };
    Editor::yiaddr(editor: &mut Editor<'_, '_>, address: Ipv4Addr) => { editor.yiaddr(address); };
    Editor::siaddr(editor: &mut Editor<'_, '_>, address: Ipv4Addr) => { editor.siaddr(address); };
    Editor::giaddr(editor: &mut Editor<'_, '_>, address: Ipv4Addr) => { editor.giaddr(address); };
    Editor::sname(editor: &mut Editor<'_, '_>, name: &[u8]) => { editor.sname(name); };
    Editor::file(editor: &mut Editor<'_, '_>, name: &[u8]) => { editor.file(name); };
    Editor::set(editor: &mut Editor<'_, '_>, address: Ipv4Addr, seconds: u32, text: &str, value: Value<'_>) => {
        editor
            .set(option::DNS_SERVERS, [address; 2])
            .set(option::LEASE_TIME, Seconds(seconds))
            .set(option::HOST_NAME, text)
            .set(option::DOMAIN_SEARCH, [text, "example.net."])
            .set(option::DOMAIN_SEARCH, text)
            .set(option::RELAY_AGENT_INFORMATION, SuboptionChanges::from(value).remove(1));
    };
    // Every format that a row names.
    Editor::set_typed(editor: &mut Editor<'_, '_>, code: OptionCode, value: &mut Typed<'_>) => {
        editor.set_typed(code, value);
    };
    Editor::set_raw(editor: &mut Editor<'_, '_>, code: OptionCode) => { editor.set_raw(code, &[1, 2]); };
    Editor::append_raw(editor: &mut Editor<'_, '_>, code: OptionCode) => { editor.append_raw(code, &[1, 2]); };
    Editor::remove(editor: &mut Editor<'_, '_>, code: OptionCode) => { editor.remove(code); };
    Editor::retain(editor: &mut Editor<'_, '_>, code: OptionCode) => { editor.retain(|option| option.code != code); };
    Editor::limit(editor: &mut Editor<'_, '_>, bytes: usize) => { editor.limit(bytes); };
    Editor::pad_to(editor: &mut Editor<'_, '_>, bytes: usize) => { editor.pad_to(bytes); };
    Editor::long_form(editor: &mut Editor<'_, '_>) => { editor.long_form(LongForm::Continued); };
    LongForm::for_client(message: Message<'_>) => LongForm::for_client(message);

    Encoder::put(encoder: &mut Encoder<'_>, bytes: &[u8]) => encoder.put(bytes);
    Encoder::put_value(encoder: &mut Encoder<'_>, value: Value<'_>) => encoder.put_value(value);

    SuboptionChanges::new() => SuboptionChanges::new();
    SuboptionChanges::from(value: Value<'_>) => (SuboptionChanges::from(value), SuboptionChanges::from(Some(value)));
    SuboptionChanges::set(value: Value<'_>, address: Ipv4Addr, text: &[u8]) => SuboptionChanges::from(value)
        .set(relay::LINK_SELECTION, address)
        .set(relay::CIRCUIT_ID, text);
    SuboptionChanges::set_raw(value: Value<'_>, code: u8, bytes: &[u8]) => SuboptionChanges::from(value).set_raw(code, bytes);
    SuboptionChanges::remove(value: Value<'_>, code: u8) => SuboptionChanges::from(value).remove(code);
}
