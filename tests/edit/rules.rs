//! Proves the rules of editing one by one, on packets small enough to be read.

use core::net::Ipv4Addr;

use dhcp_callout::message::option::{self, relay};
use dhcp_callout::message::{
    EditError, Key, LongForm, MAX_EDITS, MessageType, OptionCode, OptionError, ParseError, RawOption, RelayCode,
    Sequence, Suboption, SuboptionChanges, Value, VendorSuboption,
};
use dhcp_callout::{Message, PACKET_CAPACITY, PacketBuffer};
use dhcp_callout_support::packet::with_options as packet;

const HOST: OptionCode = OptionCode::from_code(12);
const LEASE_TIME: OptionCode = OptionCode::from_code(51);
const DNS: OptionCode = OptionCode::from_code(6);
const VENDOR: OptionCode = OptionCode::from_code(43);
const RELAY: OptionCode = OptionCode::from_code(82);

/// A message with these bytes in the options field, the file field and the sname field.
fn overloaded(options: &[u8], file: &[u8], sname: &[u8]) -> Vec<u8> {
    let sname = sname.iter().copied().chain(core::iter::repeat(0)).take(64);
    let file = file.iter().copied().chain(core::iter::repeat(0)).take(128);
    let mut packet = vec![0; 44];
    packet.extend(sname.chain(file));
    packet.extend([99, 130, 83, 99]);
    packet.extend(options);
    packet
}

/// Edits a packet; the result is what came out, all of it.
macro_rules! edit {
    ($packet:expr, $editor:ident $(. $method:ident($($argument:expr),*))*) => {{
        let packet: Vec<u8> = $packet;
        let mut buffer = PacketBuffer::from_bytes(&packet).unwrap();
        let result = buffer.edit(|$editor| {
            $editor$(.$method($($argument),*))*;
        });
        match result {
            Ok(size) => assert_eq!(size, buffer.size()),
            Err(_) => assert_eq!(buffer.as_bytes(), &packet[..]),
        }
        result.map(|_| buffer.as_bytes().to_vec())
    }};
}

#[test]
fn a_value_takes_the_place_of_its_first_fragment_and_the_others_go() {
    let before = packet(&[53, 1, 5, 0, 6, 1, 9, 12, 1, b'h', 6, 0, 0, 6, 1, 8, 255]);
    let after = edit!(before, e.set_raw(DNS, &[1, 2, 3, 4]));
    assert_eq!(after, Ok(packet(&[53, 1, 5, 0, 6, 4, 1, 2, 3, 4, 12, 1, b'h', 0, 255])));
    let plain = packet(&[6, 1, 9, 12, 1, b'h', 6, 1, 8, 255]);
    assert_eq!(
        edit!(plain.clone(), e.set_raw(DNS, &[1, 2])),
        Ok(packet(&[6, 2, 1, 2, 12, 1, b'h', 255, 0, 0]).split_at(248).0.to_vec())
    );
    assert_eq!(edit!(plain.clone(), e.set_raw(DNS, &[9, 8])), Ok(plain));
}

#[test]
fn a_value_of_the_same_length_is_written_where_its_option_goes() {
    let before = packet(&[6, 1, 9, 12, 1, b'h', 53, 1, 5, 255]);
    assert_eq!(
        edit!(before.clone(), e.set_raw(HOST, b"i").set_raw(53, &[6])),
        Ok(packet(&[6, 1, 9, 12, 1, b'i', 53, 1, 6, 255]))
    );
    assert_eq!(
        edit!(before, e.set_raw(DNS, &[1, 2, 3]).set_raw(HOST, b"i")),
        Ok(packet(&[6, 3, 1, 2, 3, 12, 1, b'i', 53, 1, 5, 255]))
    );
}

#[test]
fn a_value_that_is_set_to_what_it_is_keeps_its_split() {
    let before = packet(&[6, 1, 9, 12, 1, b'h', 6, 3, 8, 7, 6]);
    assert_eq!(edit!(before.clone(), e.set_raw(DNS, &[9, 8, 7, 6])), Ok(before.clone()));
    assert_eq!(edit!(before.clone(), e.remove(RELAY)), Ok(before));
}

#[test]
fn new_options_go_before_the_relay_agents_if_they_are_last() {
    let last = packet(&[53, 1, 5, 0, 82, 2, 1, 0, 0, 82, 0, 255]);
    assert_eq!(
        edit!(last, e.set_raw(RELAY, &[1, 0]).set_raw(HOST, b"h").append_raw(DNS, &[])),
        Ok(packet(&[53, 1, 5, 0, 12, 1, b'h', 6, 0, 82, 2, 1, 0, 0, 82, 0, 255]))
    );
    let continued = [&[82, 255][..], &[1; 255], &[250, 1, 1, 255]].concat();
    assert_eq!(
        edit!(packet(&[&[53, 1, 5][..], &continued].concat()), e.set_raw(HOST, b"h")),
        Ok(packet(&[&[53, 1, 5, 12, 1, b'h'][..], &continued].concat()))
    );
    let in_a_reply = packet(&[53, 1, 5, 51, 1, 0, 82, 2, 1, 0, 255]);
    assert_eq!(
        edit!(in_a_reply, e.set_raw(LEASE_TIME, &[1, 2]).set_raw(HOST, b"h")),
        Ok(packet(&[53, 1, 5, 51, 2, 1, 2, 12, 1, b'h', 82, 2, 1, 0, 255]))
    );
    let between = packet(&[82, 2, 1, 0, 53, 1, 5, 255]);
    assert_eq!(
        edit!(between, e.set_raw(HOST, b"h")),
        Ok(packet(&[82, 2, 1, 0, 53, 1, 5, 12, 1, b'h', 255]))
    );
    let last_when_edited = packet(&[82, 2, 1, 0, 53, 1, 5, 255]);
    assert_eq!(
        edit!(
            last_when_edited,
            e.remove(OptionCode::from_code(53)).set_raw(HOST, b"h")
        ),
        Ok(packet(&[12, 1, b'h', 82, 2, 1, 0, 255]))
    );
    let absent = packet(&[53, 1, 5, 255]);
    assert_eq!(
        edit!(
            absent,
            e.set(
                option::RELAY_AGENT_INFORMATION,
                SuboptionChanges::new().set_raw(1, b"c")
            )
            .set_raw(HOST, b"h")
        ),
        Ok(packet(&[53, 1, 5, 12, 1, b'h', 82, 3, 1, 1, b'c', 255]))
    );
}

#[test]
fn long_values_are_split_and_end_is_written() {
    let value: Vec<u8> = (0..=255).chain(0..=255).collect();
    let after = edit!(packet(&[53, 1, 5]), e.set_raw(HOST, &value));
    let mut expected = vec![53, 1, 5, 12, 255];
    expected.extend(&value[..255]);
    expected.extend([12, 255]);
    expected.extend(&value[255..510]);
    expected.extend([12, 2]);
    expected.extend(&value[510..]);
    expected.push(255);
    assert_eq!(after, Ok(packet(&expected)));
}

#[test]
fn continuations_in_option_250_go_with_the_value() {
    let continued = |code: u8, value: &[u8]| {
        let (first, rest) = value.split_at(255);
        [&[code, 255][..], first, &[250, u8::try_from(rest.len()).unwrap()], rest].concat()
    };
    let (old, new) = ([b'x'; 258], [b'y'; 300]);
    let site = [250, 1, 7];
    let before = packet(&[&continued(12, &old)[..], &[53, 1, 5], &site, &[255]].concat());
    assert_eq!(
        edit!(before.clone(), e.set_raw(HOST, b"h")),
        Ok(packet(&[12, 1, b'h', 53, 1, 5, 250, 1, 7, 255]))
    );
    assert_eq!(
        edit!(before.clone(), e.retain(|option| option.code != HOST)),
        Ok(packet(&[53, 1, 5, 250, 1, 7, 255]))
    );
    // It is no option 250 that could be removed or set.
    let value = continued(12, &old);
    assert_eq!(
        edit!(before.clone(), e.remove(250)),
        Ok(packet(&[&value[..], &[53, 1, 5, 255]].concat()))
    );
    assert_eq!(
        edit!(before.clone(), e.set_raw(250, &[9])),
        Ok(packet(&[&value[..], &[53, 1, 5, 250, 1, 9, 255]].concat()))
    );
    // The form stays; an option 250 that continues nothing is one of its own.
    assert_eq!(
        edit!(before, e.set_raw(HOST, &new).remove(250)),
        Ok(packet(&[&continued(12, &new)[..], &[53, 1, 5, 255]].concat()))
    );
    assert_eq!(
        edit!(packet(&[255]), e.set_raw(VENDOR, &new).long_form(LongForm::Continued)),
        Ok(packet(&[&continued(43, &new)[..], &[255]].concat()))
    );
    for (class, form) in [(&b"MSFT 5.0"[..], LongForm::Continued), (b"other", LongForm::Repeated)] {
        let request = edit!(packet(&[255]), e.set_raw(60, class)).unwrap();
        assert_eq!(LongForm::for_client(Message::parse(&request).unwrap()), form);
    }
}

/// An option of `code` with a value of 255 bytes.
fn full(code: u8) -> Vec<u8> {
    [&[code, 255][..], &[7; 255]].concat()
}

#[test]
fn an_option_250_of_its_own_never_comes_directly_after_255_bytes() {
    let full = full(12);
    let site = [250, 1, 7];
    let expected = packet(&[&full[..], &[0], &site, &[255]].concat());
    let apart = Ok(expected.clone());
    let ends = packet(&[&full[..], &[255]].concat());
    let between = packet(&[&full[..], &[6, 1, 9, 53, 1, 5], &site, &[255]].concat());
    let short = packet(&[&[12, 1, b'h'], &site[..], &[255]].concat());

    // What is between goes, one by one or not.
    assert_eq!(edit!(between.clone(), e.remove(DNS).remove(53)), apart);
    let retained = edit!(
        between.clone(),
        e.retain(|option| matches!(option.code.code(), 12 | 250))
    );
    assert_eq!(retained, apart);
    let overload = overloaded(&[&full[..], &[52, 1, 1], &site, &[255]].concat(), &[6, 1, 9, 255], &[]);
    assert_eq!(edit!(overload, e.remove(DNS)), apart);
    // The value before it becomes so long, or has options so long.
    assert_eq!(edit!(short.clone(), e.set_raw(HOST, &[7; 255])), apart);
    let two = packet(&[&full[..], &full, &[0], &site, &[255]].concat());
    assert_eq!(edit!(short, e.set_raw(HOST, &[7; 510])), Ok(two));
    // It is new itself, and so perhaps is what is before it; it replaces; it comes from a field.
    assert_eq!(edit!(ends.clone(), e.append_raw(250, &[7])), apart);
    assert_eq!(
        edit!(packet(&[255]), e.set_raw(HOST, &[7; 255]).set_raw(250, &[7])),
        apart
    );
    assert_eq!(
        edit!(vec![0; 236], e.set_raw(HOST, &[7; 255]).set_raw(250, &[7])),
        apart
    );
    assert_eq!(
        edit!(between.clone(), e.remove(DNS).remove(53).set_raw(250, &[7])),
        apart
    );
    let field = overloaded(
        &[&full[..], &[52, 1, 1, 255]].concat(),
        &[&site[..], &[255]].concat(),
        &[],
    );
    assert_eq!(edit!(field, e.free_fields()), apart);
    // It goes before the relay agents, or after what has gone before them.
    let relay = packet(&[&full[..], &[82, 2, 1, 0, 255]].concat());
    assert_eq!(
        edit!(relay, e.append_raw(250, &[7])),
        Ok(packet(&[&full[..], &[0], &site, &[82, 2, 1, 0, 255]].concat()))
    );
    // Nothing is kept apart that need not be.
    let no_pad = packet(&[&full[..], &[6, 1, 9], &site, &[255]].concat());
    assert_eq!(edit!(between.clone(), e.remove(53)), Ok(no_pad));
    let relay_between = packet(&[&[82, 255], &[1; 255][..], &[255]].concat());
    assert_eq!(
        edit!(relay_between, e.append_raw(250, &[7])),
        Ok(packet(&[&site[..], &[82, 255], &[1; 255], &[255]].concat()))
    );
    let padded = packet(&[&full[..], &[6, 0, 0], &site, &[255]].concat());
    assert_eq!(edit!(padded, e.remove(DNS)), apart);

    // The PAD counts.
    let needed = expected.len();
    assert_eq!(edit!(ends.clone(), e.append_raw(250, &[7]).limit(needed)), apart);
    assert_eq!(
        edit!(ends, e.append_raw(250, &[7]).limit(needed - 1)),
        Err(EditError::NoRoom {
            needed,
            available: needed - 1
        })
    );
    // The whole is still read as it was meant.
    let message = Message::parse(&expected).unwrap();
    assert_eq!(message.value(HOST).unwrap().unwrap().len(), 255);
    assert!(message.value(250).unwrap().unwrap() == [7]);
}

#[test]
fn filling_keeps_the_size_and_what_is_after_an_end_that_stays() {
    let before = packet(&[53, 1, 5, 12, 1, b'h', 255, 7, 7, 7, 7]);
    assert_eq!(
        edit!(before.clone(), e.set_raw(HOST, b"i")),
        Ok(packet(&[53, 1, 5, 12, 1, b'i', 255, 7, 7, 7, 7]))
    );
    assert_eq!(
        edit!(before.clone(), e.set_raw(HOST, b"")),
        Ok(packet(&[53, 1, 5, 12, 0, 255, 0, 0, 0, 0, 0]))
    );
    assert_eq!(
        edit!(before.clone(), e.set_raw(HOST, b"host")),
        Ok(packet(&[53, 1, 5, 12, 4, b'h', b'o', b's', b't', 255, 0]))
    );
    assert_eq!(
        edit!(before.clone(), e.set_raw(HOST, b"").limit(248)),
        Ok(packet(&[53, 1, 5, 12, 0, 255, 0, 0]))
    );
    let padded = edit!(before, e.remove(HOST).pad_to(300)).unwrap();
    assert_eq!(padded, [packet(&[53, 1, 5, 255]), vec![0; 56]].concat());
}

#[test]
fn the_limit_holds_and_the_error_tells_the_need() {
    let before = packet(&[53, 1, 5, 255]);
    assert!(edit!(before.clone(), e.set_raw(HOST, b"h").limit(247)).is_ok());
    let error = edit!(before.clone(), e.set_raw(HOST, b"h").limit(246)).unwrap_err();
    assert_eq!(error.to_string(), "the edit needs 247 bytes, 246 are available");
    let long = [0; PACKET_CAPACITY];
    assert!(matches!(
        edit!(before, e.set_raw(HOST, &long)),
        Err(EditError::NoRoom {
            needed: 4374,
            available: PACKET_CAPACITY,
            ..
        })
    ));
}

#[test]
fn overloaded_fields_are_edited_in_place() {
    let before = overloaded(
        &[53, 1, 5, 52, 1, 3, 255],
        &[12, 1, b'h', 6, 1, 1, 255, 7],
        &[12, 1, b'i', 3, 0, 255],
    );
    // In place, the other fragment gone from the other field.
    assert_eq!(
        edit!(before.clone(), e.set_raw(HOST, b"host")),
        Ok(overloaded(
            &[53, 1, 5, 52, 1, 3, 255],
            &[12, 4, b'h', b'o', b's', b't', 6, 1, 1, 255],
            &[3, 0, 255]
        ))
    );
    // No longer fits there.
    let long = [b'x'; 130];
    let after = edit!(before.clone(), e.set_raw(HOST, &long)).unwrap();
    let options = [&[53, 1, 5, 52, 1, 3, 12, 130][..], &long, &[255]].concat();
    assert_eq!(after, overloaded(&options, &[6, 1, 1, 255], &[3, 0, 255]));
    // With its END, to the last byte; one byte more is too long.
    let full = overloaded(&[52, 1, 1, 255], &[12, 0, 255], &[]);
    let field = [&[12, 125][..], &long[..125], &[255]].concat();
    assert_eq!(
        edit!(full.clone(), e.set_raw(HOST, &long[..125])),
        Ok(overloaded(&[52, 1, 1, 255], &field, &[]))
    );
    let options = [&[12, 126][..], &long[..126], &[255]].concat();
    assert_eq!(
        edit!(full, e.set_raw(HOST, &long[..126])),
        Ok(overloaded(&options, &[], &[]))
    );
    // A field that is not touched keeps what is after its END; a field that is emptied is no longer named.
    assert_eq!(
        edit!(before.clone(), e.remove(OptionCode::from_code(3)).remove(HOST)),
        Ok(overloaded(&[53, 1, 5, 52, 1, 1, 255], &[6, 1, 1, 255], &[]))
    );
    assert_eq!(
        edit!(
            before.clone(),
            e.retain(|option| option.code == OptionCode::from_code(53))
                .file(b"boot")
        ),
        Ok(overloaded(&[53, 1, 5, 255], b"boot", &[]))
    );
    assert!(matches!(
        edit!(before, e.file(b"boot")),
        Err(EditError::FieldHoldsOptions { .. })
    ));
}

#[test]
fn a_packet_that_is_full_can_be_edited_in_its_overloaded_fields() {
    let filler = [&[200, 255][..], &[1; 255]].concat().repeat(14);
    let mut options = [&[52, 1, 1][..], &filler].concat();
    options.push(255);
    let before = overloaded(&options, &[12, 4, b'h', b'o', b's', b't', 255], &[]);
    let limit = before.len();
    let after = edit!(before.clone(), e.set_raw(HOST, b"other").limit(limit)).unwrap();
    assert_eq!(
        after,
        overloaded(&options, &[12, 5, b'o', b't', b'h', b'e', b'r', 255], &[])
    );
    assert!(matches!(
        edit!(before, e.set_raw(DNS, &[1, 2]).limit(limit)),
        Err(EditError::NoRoom { .. })
    ));
}

/// Changes to an option of this packet.
fn changes(packet: &[u8], code: OptionCode) -> SuboptionChanges<'_> {
    SuboptionChanges::from(Message::parse(packet).unwrap().value(code).unwrap())
}

#[test]
fn sub_options_are_edited_in_their_order() {
    let before = packet(&[43, 9, 0, 1, 1, 7, 2, 0, 1, 0, 255, 82, 2, 1, 0, 255]);
    let vendor = changes(&before, VENDOR).set_raw(1, b"x").set_raw(3, b"");
    assert_eq!(
        edit!(before.clone(), e.set(option::VENDOR_SPECIFIC, vendor)),
        Ok(packet(&[43, 9, 0, 1, 1, b'x', 2, 0, 3, 0, 255, 82, 2, 1, 0, 255]))
    );
    let relay = changes(&before, RELAY).remove(1);
    assert_eq!(
        edit!(before.clone(), e.set(option::RELAY_AGENT_INFORMATION, &relay)),
        Ok(packet(&[43, 9, 0, 1, 1, 7, 2, 0, 1, 0, 255, 255]))
    );
    // A code that is changed twice, a typed value, and 0 where it is a code like others.
    let address = Ipv4Addr::new(192, 0, 2, 7);
    let relay = relay
        .set(relay::LINK_SELECTION, address)
        .set_raw(1, b"a")
        .set_raw(0, b"");
    assert_eq!(
        edit!(packet(&[255]), e.set(option::RELAY_AGENT_INFORMATION, relay)),
        Ok(packet(&[82, 11, 1, 1, b'a', 5, 4, 192, 0, 2, 7, 0, 0, 255]))
    );
    assert_eq!(
        edit!(
            packet(&[255]),
            e.set(option::RELAY_AGENT_INFORMATION, SuboptionChanges::default().remove(1))
        ),
        Ok(packet(&[255]))
    );
    // What follows the end of option 43 is no sub-option, though it looks like one.
    let before = packet(&[43, 8, 1, 1, 7, 255, 0, 1, 1, 9, 255]);
    assert_eq!(
        edit!(
            before.clone(),
            e.set(option::VENDOR_SPECIFIC, changes(&before, VENDOR).remove(1))
        ),
        Ok(packet(&[43, 5, 255, 0, 1, 1, 9, 255]))
    );
    // Option 63 has sub-options that begin as those of its value.
    let before = packet(&[63, 4, 1, 0, 2, 0, 255]);
    let value = Message::parse(&before).unwrap().value(63).unwrap().unwrap();
    let netware = SuboptionChanges::from(value).remove(1);
    assert_eq!(
        edit!(before.clone(), e.set(option::NETWARE_IP_OPTIONS, netware)),
        Ok(packet(&[63, 2, 2, 0, 255]))
    );
}

#[test]
fn sub_options_that_cannot_be_written_are_refused() {
    let vendor = EditError::NoEncoding { code: VENDOR };
    let many = (1..=17).fold(SuboptionChanges::new(), |changes, code| changes.set_raw(code, b""));
    let long = (1..=2).fold(SuboptionChanges::new(), |changes, code| {
        changes.set(Key::<Value<'_>, _>::new(RelayCode::from_code(code)), [0; 128])
    });
    let no_code = [Suboption {
        code: 0,
        offset: 0,
        value: Value::from_slice(RELAY, b""),
    }];
    for changes in [
        SuboptionChanges::new().set_raw(0, b"x"),
        SuboptionChanges::new().remove(255),
        SuboptionChanges::new().set_raw(1, &[0; 256]),
        SuboptionChanges::new().set(relay::SUBSCRIBER_ID, ""),
        SuboptionChanges::new().set(
            Key::<Sequence<'_, VendorSuboption>, _>::new(RelayCode::from_code(9)),
            &no_code[..],
        ),
        many,
        long,
    ] {
        assert_eq!(
            edit!(packet(&[255]), e.set(option::VENDOR_SPECIFIC, changes)),
            Err(vendor)
        );
    }
    let malformed = packet(&[82, 2, 1, 1]);
    let error = edit!(
        malformed.clone(),
        e.set(option::RELAY_AGENT_INFORMATION, changes(&malformed, RELAY).remove(1))
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "the value for option 82, from its byte 0 on: sub-option 1 needs 1 bytes, 0 left in the value"
    );
}

#[test]
fn a_field_without_options_is_free() {
    for file in [&[255, 7][..], &[]] {
        let before = overloaded(&[53, 1, 5, 52, 1, 3, 255], file, &[12, 1, b'i', 255]);
        // As it was, while nothing is set.
        assert_eq!(edit!(before.clone(), e.remove(DNS)), Ok(before.clone()));
        assert_eq!(
            edit!(before, e.file(b"boot")),
            Ok(overloaded(&[53, 1, 5, 52, 1, 2, 255], b"boot", &[12, 1, b'i', 255]))
        );
    }
}

#[test]
fn fields_are_freed_into_the_options_field() {
    let before = overloaded(
        &[53, 1, 5, 52, 1, 3, 82, 2, 1, 0, 255],
        &[0, 12, 1, b'h', 82, 2, 2, 0, 52, 1, 1, 255],
        &[12, 1, b'i', 6, 1, 1, 255],
    );
    let freed = packet(&[
        53, 1, 5, 12, 1, b'h', 12, 1, b'i', 6, 1, 1, 82, 2, 1, 0, 82, 2, 2, 0, 255,
    ]);
    assert_eq!(edit!(before.clone(), e.free_fields()), Ok(freed.clone()));
    let mut named = freed.clone();
    named[108..112].copy_from_slice(b"boot");
    assert_eq!(edit!(before.clone(), e.file(b"boot").free_fields()), Ok(named));
    assert_eq!(edit!(freed.clone(), e.free_fields()), Ok(freed));
    assert_eq!(
        edit!(
            before.clone(),
            e.free_fields()
                .set_raw(HOST, b"host")
                .remove(DNS)
                .append_raw(RELAY, &[3, 0])
        ),
        Ok(packet(&[
            53, 1, 5, 12, 4, b'h', b'o', b's', b't', 82, 2, 1, 0, 82, 2, 2, 0, 82, 2, 3, 0, 255
        ]))
    );
    assert_eq!(
        edit!(before, e.free_fields().limit(260)),
        Err(EditError::NoRoom {
            needed: 261,
            available: 260
        })
    );
}

#[test]
fn a_message_without_the_cookie_gets_one_only_for_options() {
    assert_eq!(edit!(vec![0; 300], e.remove(HOST)), Ok(vec![0; 300]));
    let after = edit!(vec![0; 300], e.set_raw(HOST, b"h")).unwrap();
    assert_eq!(after, [packet(&[12, 1, b'h', 255]), vec![0; 56]].concat());
    assert_eq!(
        edit!(vec![0; 236], e.append_raw(HOST, b"h")),
        Ok(packet(&[12, 1, b'h', 255]))
    );
    let vendor = [vec![0; 236], vec![1, 2, 3, 4]].concat();
    assert_eq!(edit!(vendor.clone(), e.set_raw(HOST, b"h")), Err(EditError::VendorArea));
    assert_eq!(edit!(vendor.clone(), e.remove(HOST)), Ok(vendor));
}

#[test]
fn what_cannot_be_edited_says_so() {
    assert!(matches!(
        edit!(vec![0; 235], e.xid(1)),
        Err(EditError::Header(ParseError::TruncatedHeader { have: 235, .. }))
    ));
    assert!(matches!(
        edit!(vec![0; 235], e.retain(|_| true)),
        Err(EditError::Header(ParseError::TruncatedHeader { have: 235, .. }))
    ));
    assert!(matches!(
        edit!(packet(&[12, 2, 0]), e.xid(1)),
        Err(EditError::Options(fault)) if fault.offset() == 240
    ));
    for code in [0, 52, 255].map(OptionCode::from_code) {
        let error = EditError::ReservedCode { code };
        assert_eq!(edit!(packet(&[255]), e.set_raw(code, b"")), Err(error));
        assert_eq!(edit!(packet(&[255]), e.remove(code)), Err(error));
    }
    let mut buffer = PacketBuffer::from_bytes(&packet(&[255])).unwrap();
    let edited = buffer.edit(|editor| {
        for _ in 0..=MAX_EDITS {
            editor.append_raw(HOST, b"");
        }
    });
    assert_eq!(edited, Err(EditError::TooManyEdits));
    assert_eq!(buffer.size(), 241);
}

#[test]
fn a_header_field_that_is_too_short_for_its_value_is_named() {
    let long = |field, length, capacity| {
        Err(EditError::FieldTooLong {
            field,
            length,
            capacity,
        })
    };
    assert_eq!(edit!(packet(&[255]), e.chaddr(&[1; 17])), long("chaddr", 17, 16));
    assert_eq!(edit!(packet(&[255]), e.sname(&[1; 65])), long("sname", 65, 64));
    assert_eq!(edit!(packet(&[255]), e.file(&[1; 129])), long("file", 129, 128));
}

#[test]
fn edits_that_replace_others_do_not_count() {
    let mut buffer = PacketBuffer::from_bytes(&packet(&[255])).unwrap();
    let edited = buffer.edit(|editor| {
        for code in 1..=15 {
            editor.append_raw(code, b"a");
        }
        for _ in 0..3 * MAX_EDITS {
            editor.set_raw(200, b"b").set_raw(RELAY, b"r").remove(RELAY);
        }
        editor.remove(RELAY.code()).remove(1).set_raw(RELAY, b"r");
    });
    assert_eq!(edited, Err(EditError::TooManyEdits));
    let edited = buffer.edit(|editor| {
        editor
            .append_raw(HOST, b"a")
            .append_raw(HOST, b"b")
            .set_raw(RELAY, b"r")
            .set_raw(HOST, b"c");
    });
    assert_eq!(edited, Ok(247));
    assert_eq!(buffer.as_bytes(), packet(&[12, 1, b'c', 82, 1, b'r', 255]));
}

#[test]
fn a_packet_can_be_edited_again_and_again() {
    let mut buffer = PacketBuffer::from_bytes(&packet(&[53, 1, 5, 255])).unwrap();
    let mut set = |code, value: Option<&[u8]>| {
        buffer.edit(|editor| {
            match value {
                Some(value) => editor.set_raw(code, value),
                None => editor.remove(code),
            };
        })
    };
    assert_eq!(set(HOST, Some(b"a")), Ok(247));
    assert_eq!(set(VENDOR, Some(b"v")), Ok(250));
    assert_eq!(set(VENDOR, None), Ok(247));
    assert!(set(HOST, Some(&[0; 5000])).is_err());
    assert_eq!(set(DNS, Some(b"b")), Ok(250));
    assert_eq!(buffer.as_bytes(), packet(&[53, 1, 5, 12, 1, b'a', 6, 1, b'b', 255]));
}

#[test]
fn an_editor_shows_the_message_as_it_was() {
    let mut buffer = PacketBuffer::from_bytes(&packet(&[53, 1, 5, 255])).unwrap();
    let edited = buffer.edit(|editor| {
        editor.set_raw(HOST, b"a");
        assert_eq!(editor.message().map(|message| message.options().count()), Ok(1));
        assert_eq!(format!("{editor:?}"), "Editor { size: 244, edits: 1, .. }");
    });
    assert_eq!(edited, Ok(247));
}

#[test]
fn a_message_that_is_longer_than_a_packet_is_cut_by_an_edit_or_refused() {
    // 17 client identifiers of 257 bytes, then one that begins after the first 4096 bytes.
    let long = [packet(&[]), full(61).repeat(17), vec![61, 1, 7, 255]].concat();
    let message = Message::parse(&long).unwrap();
    let mut buffer = PacketBuffer::new();
    let no_room = Err(EditError::NoRoom {
        needed: 240 + 17 * 257,
        available: PACKET_CAPACITY,
    });
    let edited = buffer.edit_from(message, |editor| {
        editor.retain(|option| option.value.len() > 1);
    });
    assert_eq!(edited, no_room);
    let edited = buffer.edit_from(message, |editor| {
        editor.retain(|option| option.offset > 4096 || option.offset == 240);
    });
    assert_eq!(edited, Ok(240 + 2 * 257 + 4));
    assert!(matches!(
        PacketBuffer::reply_to(&message),
        Err(EditError::NoRoom { needed, available: PACKET_CAPACITY }) if needed > 240 + 17 * 257
    ));
}

#[test]
fn a_field_that_held_options_is_as_it_was_given_last() {
    let held = overloaded(&[52, 1, 3, 255], &[12, 1, 7, 255], &[12, 1, 8, 255]);
    let edited = edit!(held, e.free_fields().sname(b"a").sname(b"b").file(b"c").file(b"d")).unwrap();
    assert_eq!((&edited[44..46], &edited[108..110]), (&b"b\0"[..], &b"d\0"[..]));
}

#[test]
fn a_reply_echoes_what_it_has_to() {
    let mut request = overloaded(
        &[61, 2, 1, 9, 53, 1, 1, 82, 2, 1, 0, 52, 1, 1, 255],
        &[82, 2, 2, 0, 61, 1, 8, 255],
        &[],
    );
    for (at, byte) in (0..44).zip(1_u8..) {
        request[at] = byte;
    }
    let message = Message::parse(&request).unwrap();
    let mut buffer = PacketBuffer::reply_to(&message).unwrap();
    assert_eq!(buffer.size(), 300);
    let reply = Message::parse(buffer.as_bytes()).unwrap();
    assert_eq!(reply.as_bytes()[..4], [2, 2, 3, 0]);
    assert_eq!(
        (reply.xid(), reply.flags(), reply.giaddr()),
        (message.xid(), message.flags(), message.giaddr())
    );
    assert_eq!(
        (reply.secs(), reply.ciaddr().to_bits(), reply.yiaddr().to_bits()),
        (0, 0, 0)
    );
    assert_eq!(reply.chaddr_field(), message.chaddr_field());
    let fragment =
        |option: Result<RawOption<'_>, OptionError>| option.map(|option| (option.code.code(), option.value.to_vec()));
    assert_eq!(
        reply.options().map(fragment).collect::<Result<Vec<_>, _>>(),
        Ok(vec![
            (61, vec![1, 9]),
            (61, vec![8]),
            (82, vec![1, 0]),
            (82, vec![2, 0])
        ])
    );
    let edited = buffer.edit(|editor| {
        editor.set(option::MESSAGE_TYPE, MessageType::OFFER);
    });
    assert_eq!(edited, Ok(300));
    assert_eq!(buffer.as_bytes()[247..252], [53, 1, 2, 82, 2]);

    // With the options 250 that continue what is echoed, and no others.
    let long = [
        &full(61)[..],
        &[250, 1, 8, 53, 1, 1, 250, 1, 9],
        &full(82),
        &[250, 1, 7],
    ]
    .concat();
    let request = packet(&[&long[..], &[255]].concat());
    let reply = PacketBuffer::reply_to(&Message::parse(&request).unwrap()).unwrap();
    let echoed = [&full(61)[..], &[250, 1, 8], &full(82), &[250, 1, 7, 255]].concat();
    assert_eq!(reply.as_bytes()[240..], echoed);

    let bootp = vec![0; 300];
    let reply = PacketBuffer::reply_to(&Message::parse(&bootp).unwrap()).unwrap();
    assert_eq!((reply.size(), reply.as_bytes()[0], reply.as_bytes()[236]), (300, 2, 0));
    assert!(PacketBuffer::reply_to(&Message::parse(&packet(&[82])).unwrap()).is_err());
}

#[test]
fn a_buffer_that_is_cleared_has_the_empty_packet() {
    let mut buffer = PacketBuffer::from_bytes(&packet(&[255])).unwrap();
    assert_ne!(buffer, PacketBuffer::new());
    buffer.clear();
    assert_eq!((buffer.size(), &buffer), (0, &PacketBuffer::new()));
}

#[test]
fn a_reply_may_be_as_long_as_its_client_says() {
    for (option_57, longest) in [
        (&[255][..], 548),
        (&[57, 2, 2, 63, 255], 548),
        (&[57, 2, 2, 65, 255], 549),
        (&[57, 2, 5, 220, 255], 1472),
    ] {
        assert_eq!(Message::parse(&packet(option_57)).unwrap().longest_reply(), longest);
    }
}

#[test]
fn a_request_names_its_client() {
    let request = PacketBuffer::request(MessageType::DISCOVER, 0x0102_0304, &[2, 0, 0, 0, 0, 5]).unwrap();
    let mut expected = packet(&[53, 1, 1, 255]);
    expected[..8].copy_from_slice(&[1, 1, 6, 0, 1, 2, 3, 4]);
    expected[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 5]);
    expected.resize(300, 0);
    assert_eq!(request.as_bytes(), expected);
    assert_eq!(
        PacketBuffer::request(MessageType::DISCOVER, 1, &[0; 17]),
        Err(EditError::FieldTooLong {
            field: "chaddr",
            length: 17,
            capacity: 16
        })
    );
}
