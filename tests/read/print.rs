//! Messages print as one line and as many, with every fault in its place and nothing hostile loose.

use core::error::Error;
use core::fmt::Display;

use dhcp_callout::message::OptionCode;
use dhcp_callout::{DropReason, Message, MessageType, Notice, Outcome, PACKET_CAPACITY, Stage, option};

/// An ACK of Ethernet client 00:05:3c:04:8d:59, with what follows the magic cookie.
fn ack(options: &[u8]) -> Vec<u8> {
    let mut packet = vec![2, 1, 6, 1, 0x39, 0x03, 0xf3, 0x26, 0, 3, 0x80, 0];
    packet.resize(16, 0);
    packet.extend([192, 0, 2, 7]);
    packet.resize(28, 0);
    packet.extend([0x00, 0x05, 0x3c, 0x04, 0x8d, 0x59]);
    packet.resize(236, 0);
    packet.extend([99, 130, 83, 99]);
    packet.extend(options);
    packet
}

fn lines(packet: &[u8]) -> String {
    Message::parse(packet).map_or_else(|error| error.to_string(), |message| format!("{message:#}"))
}

fn line(packet: &[u8]) -> String {
    Message::parse(packet).map_or_else(|error| error.to_string(), |message| format!("{message}"))
}

#[test]
fn a_line_says_what_a_log_needs() {
    let packet = ack(b"\x35\x01\x05\x36\x04\xc0\0\x02\x01\x33\x04\0\0\x15\x18\x0c\x02pc\xff");
    let expected =
        "ACK xid=0x3903f326 mac=00:05:3c:04:8d:59 yiaddr=192.0.2.7 server=192.0.2.1 lease=1h 30m host=\"pc\"";
    assert_eq!(line(&packet), expected);
}

#[test]
fn values_that_mean_more_than_a_number_print_so() {
    let packet = ack(b"\x33\x04\xff\xff\xff\xff\x5e\x03\x02\x03\x01\x02\x04\0\0\0\0\xff");
    assert!(line(&packet).ends_with(" lease=infinite"), "{}", line(&packet));
    for part in ["type 2 3.1", "Time Offset: +00:00\n"] {
        assert!(lines(&packet).contains(part), "{}", lines(&packet));
    }
}

#[test]
fn a_line_says_where_the_framing_breaks() {
    let packet = ack(b"\x35\x01\x4d\x0c\x09pc");
    let expected = "message type 77 xid=0x3903f326 mac=00:05:3c:04:8d:59 yiaddr=192.0.2.7 (malformed at 243)";
    assert_eq!(line(&packet), expected);
}

#[test]
fn a_forged_line_stays_text() {
    let packet = ack(b"\x35\x01\x05\x0c\x17\x22\nACK xid=1 host=\x22me\x1b[A\xff");
    assert!(
        line(&packet).ends_with(r#" host="\"\nACK xid=1 host=\"me\u{1b}[A""#),
        "{}",
        line(&packet)
    );
    let packet = ack(b"\x51\x0a\x04\0\0\x06a\" x=\n");
    assert!(line(&packet).ends_with(r#" fqdn="a\"\032x=\010""#), "{}", line(&packet));
}

#[test]
fn all_fields_and_options_have_their_lines() {
    let mut packet =
        ack(b"\x35\x01\x05\x34\x01\x01\x03\x03\xc0\0\x02\x52\x06\x01\x04eth0\0\x52\x03\x05\x01\x07\xff\xe0\x01\x09");
    packet[108..118].copy_from_slice(b"\x0c\x02pc\x34\x01\x02\x06\x03\x01");
    packet[44..50].copy_from_slice(b"s\"\xe9\0xx");
    packet[118..236].fill(0);
    let expected = r#"ACK, 269 bytes
    0  op: BOOTREPLY
    1  htype: Ethernet
    2  hlen: 6
    3  hops: 1
    4  xid: 0x3903f326
    8  secs: 3
   10  flags: 0x8000 (broadcast)
   12  ciaddr: 0.0.0.0
   16  yiaddr: 192.0.2.7
   20  siaddr: 0.0.0.0
   24  giaddr: 0.0.0.0
   28  chaddr: 00:05:3c:04:8d:59
   44  sname: "s\"\xe9"
  108  file: (options)
  236  magic cookie: 63825363
  240  option 53 DHCP Message Type: DHCPACK
  243  option 52 Option Overload: file
  246  option 3 Router: c00002 (malformed: option 3 at offset 248: value of 3 bytes, expected at least 4)
  251  option 82 Relay Agent Information: Agent Circuit ID 65746830 ("eth0"), Link Selection 07 (2 fragments)
  260  option 82 Relay Agent Information: continued
  265  end
  108  option 12 Host Name: "pc"
  112  option 52 Option Overload: 02 (means nothing in this field)
  115  option 6 Domain Name Server: 010000 (malformed: option 6 at offset 117: value of 3 bytes, expected at least 4)
"#;
    assert_eq!(lines(&packet), expected);
}

#[test]
fn faults_end_the_lines() {
    let mut packet = ack(b"\x35\x01\x05\x0c\x09pc");
    packet[2] = 17;
    let printed = lines(&packet);
    assert!(
        printed.contains("(malformed: hlen at offset 2 is 17, the chaddr field has 16 bytes)\n"),
        "{printed}"
    );
    assert!(
        printed.ends_with("  243  malformed: option 12 at offset 243: 9 bytes needed, 2 left in the field\n"),
        "{printed}"
    );
}

#[test]
fn a_packet_without_the_cookie_is_a_bootp_message() {
    let mut packet = ack(b"");
    packet[236..].copy_from_slice(&[1, 2, 3, 4]);
    assert_eq!(
        line(&packet),
        "BOOTREPLY xid=0x3903f326 mac=00:05:3c:04:8d:59 yiaddr=192.0.2.7"
    );
    assert!(lines(&packet).ends_with("  236  no magic cookie: 01020304\n"));
}

#[test]
fn a_column_is_as_wide_for_what_has_no_name() -> Result<(), &'static str> {
    let unknown = DropReason::from_code(0x77).ok_or("a reason")?;
    let printed = |codes: &[&dyn Display]| {
        codes
            .iter()
            .map(|code| format!("{code:>40}|{code:-^40}|{code:40}|"))
            .collect::<Vec<_>>()
    };
    for row in printed(&[
        &DropReason::NOADDRESS,
        &unknown,
        &MessageType::from_code(99),
        &Notice::Processed,
        &Outcome::Processed,
        &Outcome::Dropped(unknown),
        &Stage::InFlight,
        &Stage::Done(Outcome::Dropped(unknown)),
    ]) {
        assert_eq!(row.len(), 3 * 41, "{row}");
        let text = row[..40].trim();
        assert_eq!(row, format!("{text:>40}|{text:-^40}|{text:40}|"));
    }
    Ok(())
}

#[test]
fn what_was_picked_prints_as_codes_and_values() -> Result<(), Box<dyn Error>> {
    let packet = ack(b"\x35\x01\x05\x0c\x02pc\x33\x09");
    let picked = Message::parse(&packet)?.pick([option::HOST_NAME.code(), option::ROUTERS.code()]);
    let fault = picked.fault().ok_or("a fault")?;
    let value = picked.value(0).ok_or("a value")?;
    let expected = format!("[(OptionCode(12), Some({value:?})), (OptionCode(3), None)], {fault:?}");
    assert_eq!(format!("{picked:?}"), expected);
    let packet = ack(b"\x35\x01\x05\xff");
    let whole = Message::parse(&packet)?.pick([OptionCode::from_code(53)]);
    let value = whole.value(0).ok_or("a value")?;
    assert_eq!(format!("{whole:?}"), format!("[(OptionCode(53), Some({value:?}))]"));
    Ok(())
}

#[test]
fn a_value_that_is_longer_than_a_packet_of_the_server_prints_from_its_pieces() -> Result<(), Box<dyn Error>> {
    let packet = ack(&[&[222, 255][..], &[7; 255]].concat().repeat(17));
    let message = Message::parse(&packet)?;
    let value = message.value(222)?.ok_or("a value")?;
    assert!(value.len() > PACKET_CAPACITY);
    let printed = lines(&packet);
    assert!(printed.contains(&format!("{value} (17 fragments)")), "{printed}");
    Ok(())
}

#[test]
fn values_that_are_cut_at_other_places_are_equal_if_their_bytes_are() -> Result<(), Box<dyn Error>> {
    let [one, two] = [&b"\x0c\x02ab\x0c\x03cde"[..], b"\x0c\x01a\x0c\x03bcd\x0c\x01e"].map(ack);
    let [one, two] = [Message::parse(&one)?.value(12)?, Message::parse(&two)?.value(12)?];
    assert_eq!(one.ok_or("a value")?, two.ok_or("a value")?);
    let other = ack(b"\x0c\x01a\x0c\x03bcd\x0c\x01f");
    assert_ne!(one, Message::parse(&other)?.value(12)?);
    Ok(())
}
