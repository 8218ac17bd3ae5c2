//! What a packet holds, as one JSON object.

use dhcp_callout::Message;
use dhcp_callout::message::{
    Area, FqdnName, MessageType, OptionCode, OptionErrorKind, Overload, RawOption, Sequence, SequenceReader, Suboption,
    Typed, Value, ValueError, ValueErrorKind, option,
};
use serde_json::{Value as Json, json};

/// Returns all that can be read of `packet`.
pub fn object(packet: &[u8]) -> Json {
    let Ok(message) = Message::parse(packet) else {
        return json!({
            "header_ok": false, "header": null, "op_valid": null, "chaddr": null, "sname": null, "file": null,
            "error": "truncated_header", "error_offset": packet.len(), "raw_options": [], "raw_offsets": [],
            "end_offset": null, "overload": 0, "raw_file": [], "raw_sname": [], "options": [], "message_type": null,
        });
    };
    let walk = Walk::of(message);
    let overload = overload(&walk);
    let fields = overload.unwrap_or(Overload::from_code(0));
    let text = |field: &[u8], overloaded| if overloaded { Json::Null } else { hex_until_nul(field) };
    let mut object = json!({
        "header_ok": true,
        "header": header(message),
        "op_valid": message.op().name().is_some(),
        "chaddr": message.chaddr().ok().map(hex::encode),
        "sname": text(message.sname(), fields.contains(Overload::SNAME)),
        "file": text(message.file(), fields.contains(Overload::FILE)),
        "error": walk.error,
        "error_offset": walk.error_offset,
        "raw_options": walk.in_area(Area::Options).map(code_and_bytes).collect::<Json>(),
        "raw_offsets": walk.in_area(Area::Options).map(|option| option.offset).collect::<Json>(),
        "end_offset": message.end_offset(),
        "overload": overload.map(|fields| fields.code()),
        "raw_file": walk.in_area(Area::File).map(code_and_bytes).collect::<Json>(),
        "raw_sname": walk.in_area(Area::Sname).map(code_and_bytes).collect::<Json>(),
        "options": walk.values.iter().map(|value| json!([value.code().code(), hex_of(*value)])).collect::<Json>(),
        "message_type": message.message_type().filter(|code| code.name().is_some()).map(MessageType::code),
        "typed": walk.values.iter().map(|value| typed(*value)).collect::<Json>(),
    });
    let relay = walk
        .values
        .iter()
        .find(|value| value.code() == option::RELAY_AGENT_INFORMATION.code());
    if let (Some(relay), Json::Object(members)) = (relay, &mut object) {
        members.extend(relay_members(*relay));
    }
    object
}

/// The options as they are, the fault that ends them, and the joined values in order of first appearance.
struct Walk<'a> {
    options: Vec<RawOption<'a>>,
    values: Vec<Value<'a>>,
    error: Option<&'static str>,
    error_offset: Option<usize>,
}

impl<'a> Walk<'a> {
    fn of(message: Message<'a>) -> Self {
        const COOKIE: usize = 236;
        let mut walk = Self {
            options: Vec::new(),
            values: Vec::new(),
            error: None,
            error_offset: None,
        };
        if !message.has_cookie() {
            let cut = message.as_bytes().len() < COOKIE.saturating_add(4);
            walk.error = Some(if cut { "no_cookie" } else { "bad_cookie" });
            walk.error_offset = Some(COOKIE);
        }
        for option in message.options() {
            match option {
                Ok(option) => walk.options.push(option),
                Err(fault) => {
                    walk.error_offset = Some(fault.offset());
                    walk.error = Some(match fault.kind() {
                        OptionErrorKind::NoLength => "option_no_length",
                        OptionErrorKind::Truncated { .. } => "option_truncated",
                        _ => "unknown",
                    });
                }
            }
        }
        for option in walk.options.iter().filter(|option| !option.continues) {
            if walk.values.iter().all(|value| value.code() != option.code) {
                walk.values.extend(message.value(option.code).ok().flatten());
            }
        }
        walk
    }

    fn in_area(&self, area: Area) -> impl Iterator<Item = &RawOption<'a>> {
        self.options.iter().filter(move |option| option.area == area)
    }
}

/// The fields that hold options; `None` for an option 52 that is invalid.
fn overload(walk: &Walk<'_>) -> Option<Overload> {
    let value = walk.values.iter().find(|value| value.code() == option::OVERLOAD.code());
    value.map_or(Some(Overload::from_code(0)), |value| {
        option::OVERLOAD.decode(*value).ok()
    })
}

fn header(message: Message<'_>) -> Json {
    let flags = message.flags();
    json!({
        "op": message.op().code(),
        "htype": message.htype().code(),
        "hlen": message.hlen(),
        "hops": message.hops(),
        "xid": message.xid(),
        "secs": message.secs(),
        "flags": flags.bits(),
        "broadcast": flags.contains(dhcp_callout::message::Flags::BROADCAST),
        "ciaddr": hex::encode(message.ciaddr().octets()),
        "yiaddr": hex::encode(message.yiaddr().octets()),
        "siaddr": hex::encode(message.siaddr().octets()),
        "giaddr": hex::encode(message.giaddr().octets()),
    })
}

fn hex_until_nul(field: &[u8]) -> Json {
    let text: Vec<_> = field.iter().copied().take_while(|byte| *byte != 0).collect();
    hex::encode(text).into()
}

fn code_and_bytes(option: &RawOption<'_>) -> Json {
    json!([option.code.code(), hex::encode(option.value)])
}

fn hex_of(value: Value<'_>) -> String {
    format!("{value:x}")
}

/// The members `relay`, `relay_error` and `relay_error_offset`: the sub-options of option 82 before the first fault.
fn relay_members(value: Value<'_>) -> [(String, Json); 3] {
    let mut suboptions = SequenceReader::<Suboption<'_>>::new(value);
    let mut found = Vec::new();
    let fault = suboptions.find_map(|suboption| match suboption {
        Ok(suboption) => {
            found.push(code_and_value(suboption));
            None
        }
        Err(fault) => Some(fault),
    });
    let (error, offset) = match fault {
        Some(fault) => (
            Some(error_kind(fault)),
            Some(value.len().saturating_sub(suboptions.rest().len())),
        ),
        None if value.is_empty() => (Some("bad_length"), Some(0)),
        None => (None, None),
    };
    [
        ("relay".to_owned(), found.into()),
        ("relay_error".to_owned(), error.into()),
        ("relay_error_offset".to_owned(), offset.into()),
    ]
}

fn code_and_value(suboption: Suboption<'_>) -> Json {
    json!([suboption.code, hex_of(suboption.value)])
}

/// What a typed reading of the option gives.
fn typed(value: Value<'_>) -> Json {
    let code = value.code().code();
    let read = match Typed::decode(value) {
        // Types without a name are read, but no type of the registry.
        Ok(Typed::MessageType(unknown)) if unknown.name().is_none() => Err("bad_value"),
        Ok(typed) => Ok(typed),
        Err(error) => Err(error_kind(error)),
    };
    match read {
        Ok(typed) => {
            let (kind, ok) = kind_and_value(typed);
            json!({ "code": code, "as": kind, "ok": ok })
        }
        Err(error) => json!({ "code": code, "as": kind_of(value.code()), "err": error }),
    }
}

const fn error_kind(error: ValueError) -> &'static str {
    match error.kind() {
        ValueErrorKind::Length { .. } => "bad_length",
        ValueErrorKind::Value { .. } => "bad_value",
        ValueErrorKind::Truncated { .. } => "truncated",
        ValueErrorKind::Prefix { .. } => "bad_prefix",
        ValueErrorKind::Pointer { .. } | ValueErrorKind::Expansion => "bad_pointer",
        ValueErrorKind::Label { .. } => "bad_name",
        ValueErrorKind::SuboptionNoLength { .. } => "suboption_no_length",
        ValueErrorKind::SuboptionTruncated { .. } => "suboption_truncated",
        _ => "unknown",
    }
}

/// The kind of a value that could not be read: that of the first of these values that can be.
fn kind_of(code: OptionCode) -> &'static str {
    const VALUES: [&[u8]; 12] = [
        &[],
        &[1],
        &[0, 1],
        &[1, 0],
        &[1, 1, 0],
        &[0, 0, 0, 1],
        &[0, 0, 0, 0, 1],
        &[0, 0, 0, 1, 0],
        &[1, 0, 0, 0, 0],
        &[0, 0, 0, 0, 0, 0, 0, 1],
        &[0; 11],
        &[0; 17],
    ];
    let typed = VALUES
        .iter()
        .find_map(|bytes| Typed::decode(Value::from_slice(code, bytes)).ok());
    typed.map_or("unknown", |typed| kind_and_value(typed).0)
}

fn kind_and_value(typed: Typed<'_>) -> (&'static str, Json) {
    match typed {
        Typed::Bytes(bytes) => ("bytes", hex_of(bytes).into()),
        Typed::Codes(codes) => ("bytes", hex_of(codes.value()).into()),
        Typed::Flag(_) => ("flag", true.into()),
        Typed::Bool(yes) => ("bool", yes.into()),
        Typed::U8(number) => ("u8", number.into()),
        Typed::U16(number) => ("u16", number.into()),
        Typed::U32(number) => ("u32", number.into()),
        Typed::Seconds(span) => ("u32", span.0.into()),
        Typed::TimeOffset(offset) => ("i32", offset.0.into()),
        Typed::Address(address) => ("ipv4", address.to_string().into()),
        Typed::Addresses(list) => ("ipv4_list", list.iter().map(|address| address.to_string()).collect()),
        Typed::HomeAgents(list) => ("ipv4_list", list.iter().map(|address| address.to_string()).collect()),
        Typed::AddressPairs(pairs) => (
            "ipv4_pairs",
            pairs
                .iter()
                .map(|pair| json!([pair.0.to_string(), pair.1.to_string()]))
                .collect(),
        ),
        Typed::U16List(list) => ("u16_list", list.iter().collect()),
        Typed::Text(text) => match String::from_utf8(text.value().bytes().collect()) {
            Ok(text) => ("string", text.into()),
            Err(error) => ("bytes", hex::encode(error.as_bytes()).into()),
        },
        Typed::DomainName(name) => ("domain_name", name.to_string().into()),
        Typed::DomainList(names) => ("domain_list", names.iter().map(|name| name.to_string()).collect()),
        Typed::Routes(routes) => (
            "classless_routes",
            routes
                .iter()
                .map(|route| {
                    json!([
                        format!("{}/{}", route.destination, route.width),
                        route.router.to_string()
                    ])
                })
                .collect(),
        ),
        Typed::MessageType(message_type) => ("message_type", message_type.code().into()),
        Typed::Overload(fields) => ("overload", fields.code().into()),
        Typed::ClientId(client) => ("client_id", json!([client.kind, hex_of(client.id)])),
        Typed::Fqdn(fqdn) => {
            let (name, encoding) = match fqdn.name {
                FqdnName::Wire(name) if name.is_absolute() => (name.to_string(), "full"),
                FqdnName::Wire(name) => (name.to_string(), "partial"),
                FqdnName::Ascii(name) => (name.lossy().to_string(), "ascii"),
            };
            ("fqdn", json!([fqdn.flags.bits(), name, encoding]))
        }
        Typed::RelayAgentInformation(agent) => ("relay", agent.suboptions().len().into()),
        Typed::VendorSpecific(suboptions) => ("vendor43", suboptions.iter().map(code_and_value).collect()),
        Typed::Suboptions(suboptions) => ("suboptions", suboptions.iter().map(code_and_value).collect()),
        Typed::VendorData(vendors) => (
            "vivco",
            vendors
                .iter()
                .map(|vendor| json!([vendor.enterprise, hex_of(vendor.data)]))
                .collect(),
        ),
        Typed::VendorOptions(vendors) => {
            let options =
                |options: Sequence<'_, Suboption<'static>>| -> Json { options.iter().map(code_and_value).collect() };
            (
                "vivso",
                vendors
                    .iter()
                    .map(|vendor| json!([vendor.enterprise, options(vendor.options)]))
                    .collect(),
            )
        }
        Typed::UserClasses(classes) => ("user_class", classes.iter().map(hex_of).collect()),
        Typed::NetworkInterface(interface) => ("ndi", json!([interface.kind, interface.major, interface.minor])),
        other => ("text", other.to_string().into()),
    }
}
