//! W4: name servers and lease time replaced and option 43 added, on an ACK of 342 bytes with 14 options, into another
//! buffer, as often as the first argument says.
//!
//! For the instructions of one edit, count those of the program under callgrind for 1000 and for 2000 edits:
//! `valgrind --tool=callgrind target/release/deps/w4-… 1000`.

use core::hint::black_box;

use dhcp_callout::message::OptionCode;
use dhcp_callout::{Message, PacketBuffer};

const OPTIONS: [(u8, &[u8]); 14] = [
    (53, &[5]),
    (58, &[0, 0, 14, 16]),
    (59, &[0, 0, 24, 156]),
    (51, &[0, 0, 28, 32]),
    (54, &[10, 0, 0, 1]),
    (1, &[255, 255, 255, 0]),
    (3, &[10, 0, 0, 1]),
    (6, &[10, 0, 0, 2, 10, 0, 0, 3]),
    (15, b"corp.example"),
    (44, &[10, 0, 0, 4]),
    (46, &[8]),
    (42, &[10, 0, 0, 5]),
    (12, b"abc"),
    (81, &[0, 255, 255]),
];

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse().ok());
    let packet = ack();
    let mut buffer = PacketBuffer::new();
    for _ in 0..count.unwrap_or(1000_u32) {
        let Ok(message) = Message::parse(black_box(&packet)) else {
            return;
        };
        let mut editor = buffer.edit_from(message);
        editor
            .set_raw(OptionCode::from_code(6), black_box(&[192, 0, 2, 53, 192, 0, 2, 54]))
            .set_raw(OptionCode::from_code(51), black_box(&[0, 0, 14, 16]))
            .set_raw(OptionCode::from_code(43), black_box(&[1, 4, 0xde, 0xad, 0xbe, 0xef]));
        let _ = black_box(editor.finish());
        black_box(&buffer);
    }
    assert_eq!(
        Message::parse(buffer.as_bytes()).map(|message| message.options().count()),
        Ok(15)
    );
}

fn ack() -> Vec<u8> {
    let mut packet = vec![0; 236];
    for (field, value) in packet.iter_mut().zip([2, 1, 6, 0, 1, 2, 3, 4]) {
        *field = value;
    }
    packet.extend([99, 130, 83, 99]);
    for (code, value) in OPTIONS {
        packet.push(code);
        packet.extend(u8::try_from(value.len()));
        packet.extend(value);
    }
    packet.push(255);
    packet.resize(342, 0);
    packet
}
