//! W4: replaces DNS (6) and lease time (51) and adds option 43 on an ACK of 342 bytes, as often as the argument says.
use dhcp_callout::message::OptionCode;
use dhcp_callout::{Message, PacketBuffer};
use std::hint::black_box;
fn ack() -> Vec<u8> {
    let mut p = vec![0u8; 236];
    p[0] = 2;
    p[1] = 1;
    p[2] = 6;
    p[4..8].copy_from_slice(&[1, 2, 3, 4]);
    p[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
    p.extend([99, 130, 83, 99]);
    let opts: &[(u8, &[u8])] = &[
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
    for (c, v) in opts {
        p.push(*c);
        p.push(v.len() as u8);
        p.extend_from_slice(v);
    }
    p.push(255);
    eprintln!("{} before padding", p.len());
    p.resize(342, 0);
    p
}
fn main() {
    let n: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1000);
    let packet = ack();
    let mut buffer = PacketBuffer::new();
    for _ in 0..n {
        let message = Message::parse(black_box(&packet)).unwrap();
        let mut editor = buffer.edit_from(message);
        editor
            .set_raw(OptionCode::from_code(6), black_box(&[192, 0, 2, 53, 192, 0, 2, 54]))
            .set_raw(OptionCode::from_code(51), black_box(&[0, 0, 14, 16]))
            .set_raw(OptionCode::from_code(43), black_box(&[1, 4, 0xde, 0xad, 0xbe, 0xef]));
        black_box(editor.finish()).unwrap();
        black_box(&buffer);
    }
}
