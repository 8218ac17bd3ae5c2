//! What all three tools have in common: help, standard input, captures that are cut, frames that are not read.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use core::time::Duration;
use dhcp_callout_support::capture::{self, Capture, Finder, Frame, Linktype, file_header, record};
use dhcp_callout_support::packet::{Packet, discover};
use dhcp_callout_support::program::example;
use etherparse::{Ethernet2Header, Ipv4Header, PacketBuilder, ip_number};

const TOOLS: [&str; 3] = ["replay", "inspect", "rewrite"];

/// Runs a tool with `input` as its standard input.
pub(crate) fn run(tool: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut program = example(tool)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that fails early does not read its input.
        scope.spawn(move || drop(stdin.write_all(input)));
        program.wait_with_output().unwrap()
    })
}

/// Runs a tool on a capture that comes by standard input; `rewrite` writes to standard output.
fn run_on(tool: &str, capture: &[u8]) -> Output {
    let arguments: &[_] = if tool == "rewrite" { &["-", "-"] } else { &["-"] };
    run(tool, arguments, capture)
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap()
}

#[test]
fn help_is_no_error() {
    for tool in TOOLS {
        for flag in ["--help", "-h"] {
            let output = run(tool, &[flag], b"");
            assert_eq!(output.status.code(), Some(0));
            let help = text(&output.stdout);
            assert!(help.contains(&format!("usage: {tool}")));
            assert!(help.lines().all(|line| line.len() <= 100), "{help}");
            assert!(output.stderr.is_empty());
        }
        let output = run(tool, &["--no-such-flag"], b"");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(&format!("usage: {tool}")));
        assert!(output.stdout.is_empty());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn help_that_cannot_be_written_is_no_panic() {
    for tool in TOOLS {
        let help = |stdout: Stdio| example(tool).arg("--help").stdout(stdout).output().unwrap();
        let (kept, gone) = std::os::unix::net::UnixStream::pair().unwrap();
        drop(gone);
        let broken_pipe = help(std::os::fd::OwnedFd::from(kept).into());
        assert_eq!((broken_pipe.status.code(), text(&broken_pipe.stderr)), (Some(0), ""));
        let full = help(std::fs::File::create("/dev/full").unwrap().into());
        assert_eq!(full.status.code(), Some(2));
        assert!(text(&full.stderr).starts_with("standard output: "), "{full:?}");
    }
}

#[test]
fn standard_input_is_as_good_as_a_file() {
    for name in capture::BUNDLED {
        let path = capture::bundled(name);
        let file = std::fs::read(&path).unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(run_on("replay", &file).stdout, run("replay", &[path], b"").stdout);
        let named = text(&run("inspect", &[path], b"").stdout).replace(path, "-");
        assert_eq!(text(&run_on("inspect", &file).stdout), named);
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.copy"));
        let output = run("rewrite", &[path, copy.to_str().unwrap()], b"");
        let piped = run_on("rewrite", &file);
        assert_eq!(piped.stdout, std::fs::read(&copy).unwrap());
        assert_eq!(piped.stderr, output.stdout, "what was edited");
        std::fs::remove_file(copy).unwrap();
    }
}

#[test]
fn a_capture_that_is_cut_is_read_to_where_it_is_cut() {
    let whole = std::fs::read(capture::bundled("server-gone.pcap")).unwrap();
    // In the fifth of the frames.
    let frames = capture::parse(&whole).unwrap();
    let records: usize = frames[..4].iter().map(|frame| 16 + frame.bytes.len()).sum();
    let (good, cut) = (&whole[..24 + records], &whole[..24 + records + 100]);
    for tool in TOOLS {
        let (expected, output) = (run_on(tool, good), run_on(tool, cut));
        assert_eq!((expected.status.code(), output.status.code()), (Some(0), Some(2)));
        assert!(expected.stdout.len() > 500, "{tool}");
        assert_eq!(output.stdout, expected.stdout);
        let warning = "standard input: cut short or damaged: the file ends inside the record after frame 4";
        let stderr = text(&output.stderr).strip_prefix(text(&expected.stderr)).unwrap();
        assert_eq!(stderr, format!("{tool}: {warning}\n"));
    }
}

#[test]
fn a_capture_appended_to_another_is_told() {
    let first = std::fs::read(capture::bundled("server-gone.pcap")).unwrap();
    let frames = capture::parse(&first).unwrap().len();
    let nanoseconds = file_header(Linktype::ETHERNET, true);
    let mut big_endian = vec![0; 24];
    big_endian[..8].copy_from_slice(&[0xA1, 0xB2, 0xC3, 0xD4, 0, 2, 0, 4]);
    let mut pcapng = vec![0; 28];
    pcapng[..12].copy_from_slice(&[0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A]);
    for second in [&first, &nanoseconds, &big_endian, &pcapng] {
        for tool in TOOLS {
            let (expected, output) = (run_on(tool, &first), run_on(tool, &[first.as_slice(), second].concat()));
            assert_eq!((expected.status.code(), output.status.code()), (Some(0), Some(2)));
            assert!(output.stdout == expected.stdout, "{tool}");
            let stderr = text(&output.stderr).strip_prefix(text(&expected.stderr)).unwrap();
            let warning = format!("a second capture begins after frame {frames}: `mergecap` joins captures");
            assert!(stderr.contains(&warning), "{tool}: {stderr}");
        }
    }
}

#[test]
fn another_file_is_read_after_one_that_cannot_be() {
    let good = capture::bundled("server-gone.pcap");
    let good = good.to_str().unwrap();
    let output = run("inspect", &["/no/such/file", good], b"");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, run("inspect", &[good], b"").stdout);
}

#[test]
fn a_capture_is_not_written_over_while_it_is_read() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("same.pcap");
    std::fs::copy(capture::bundled("server-gone.pcap"), &path).unwrap();
    let name = path.to_str().unwrap();
    let output = run("rewrite", &[name, name], b"");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        std::fs::read(&path).unwrap(),
        std::fs::read(capture::bundled("server-gone.pcap")).unwrap()
    );
    std::fs::remove_file(path).unwrap();
}

const ETHERNET: i32 = 1;

/// A capture in pcap format of these frames, one a second; each with its length on the wire.
fn made(link_type: i32, frames: &[(Vec<u8>, usize)]) -> Vec<u8> {
    let mut file = file_header(Linktype(link_type), false);
    for (second, (bytes, length)) in (0..).zip(frames) {
        let length = u32::try_from(*length).unwrap();
        file.extend(record(Duration::from_secs(second), false, bytes, length).unwrap());
    }
    file
}

fn whole(bytes: Vec<u8>) -> (Vec<u8>, usize) {
    let length = bytes.len();
    (bytes, length)
}

/// A frame with this payload.
fn datagram(ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2([2; 6], [255; 6])
        .ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
        .udp(ports.0, ports.1)
        .write(&mut frame, payload)
        .unwrap();
    frame
}

fn message() -> Vec<u8> {
    let packet: Packet = discover().end();
    datagram((68, 67), &Vec::from(packet))
}

/// The same in fragments of `width` bytes.
fn fragments(frame: &[u8], width: usize) -> Vec<Vec<u8>> {
    let (link, packet) = frame.split_at(Ethernet2Header::LEN);
    let (header, payload) = Ipv4Header::from_slice(packet).unwrap();
    let count = payload.len().div_ceil(width);
    let fragment = |(index, part): (usize, &[u8])| {
        let mut header = header.clone();
        header.identification = 7;
        header.dont_fragment = false;
        header.more_fragments = index + 1 < count;
        header.fragment_offset = u16::try_from(index * width / 8).unwrap().try_into().unwrap();
        header.set_payload_len(part.len()).unwrap();
        header.header_checksum = header.calc_header_checksum();
        let mut frame = link.to_vec();
        header.write(&mut frame).unwrap();
        frame.extend(part);
        frame
    };
    payload.chunks(width).enumerate().map(fragment).collect()
}

/// The totals that `replay --json` prints.
fn totals(capture: &[u8]) -> serde_json::Value {
    let output = run("replay", &["--json", "-"], capture);
    assert!(output.status.success());
    serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap()
}

#[test]
fn what_is_not_read_is_counted_by_its_cause() {
    let cut = (message()[..100].to_vec(), message().len());
    let mut malformed = message();
    malformed.truncate(100);
    let mut pppoe = message();
    pppoe[12..14].copy_from_slice(&[0x88, 0x64]);
    let mut tcp = message();
    tcp[23] = ip_number::TCP.0;
    let mut bridge = message();
    bridge[12..14].copy_from_slice(&[0, 38]);
    let big = |length: usize| datagram((68, 67), &Vec::from(discover().pads(length)));
    let first = fragments(&message(), 96).swap_remove(0);
    for (link_type, frame, cause) in [
        (ETHERNET, cut, "cut by the capture"),
        (ETHERNET, (vec![0; 10], 60), "cut by the capture"),
        (ETHERNET, whole(malformed), "malformed IP or UDP header"),
        (ETHERNET, whole(vec![0; 10]), "malformed IP or UDP header"),
        (ETHERNET, whole(pppoe), "EtherType 0x8864 not supported"),
        (ETHERNET, whole(tcp), "not DHCP over IPv4"),
        (ETHERNET, whole(bridge), "not DHCP over IPv4"),
        (ETHERNET, whole(datagram((53, 4000), b"name")), "not DHCP over IPv4"),
        (
            ETHERNET,
            whole(datagram((68, 67), b"short")),
            "shorter than the DHCP header",
        ),
        (ETHERNET, whole(big(4000)), "longer than the server's buffer"),
        (ETHERNET, whole(first), "IP fragment without the others"),
        (127, whole(message()), "link type 127 not supported"),
    ] {
        let capture = made(link_type, &[frame]);
        let totals = totals(&capture);
        assert_eq!(
            totals["not_read"],
            serde_json::json!({ cause: 1 }),
            "{link_type} {totals}"
        );
        assert_eq!((&totals["unparsed"], &totals["messages"]), (&1.into(), &0.into()));
        let line = format!("1 frame not read: {cause}\n");
        assert!(text(&run_on("replay", &capture).stdout).contains(&line));
        // The server's limits are not those of who only reads; a part of a header is shown, and not rewritten.
        if !cause.contains("er than the") {
            assert!(text(&run_on("inspect", &capture).stderr).contains(&line), "{cause}");
        }
        if !cause.contains("longer than the") {
            assert!(text(&run_on("rewrite", &capture).stderr).contains(&line), "{cause}");
        }
    }
    let parts: Vec<_> = fragments(&big(4000), 1400).into_iter().map(whole).collect();
    let cause = serde_json::json!({ "longer than the server's buffer": parts.len() });
    assert_eq!(totals(&made(ETHERNET, &parts))["not_read"], cause);
    let fits = made(ETHERNET, &[whole(message()), whole(big(3000))]);
    assert_eq!(totals(&fits)["not_read"], serde_json::json!({}));
    assert!(!text(&run_on("replay", &fits).stdout).contains("not read"));
}

/// Frames as other link types carry them.
#[test]
fn messages_are_found_under_several_link_types() {
    let frame = message();
    let packet = &frame[Ethernet2Header::LEN..];
    let after = |header: &[u8]| [header, packet].concat();
    let vlan = [&frame[..12], &[0x81, 0, 0, 5], &frame[12..]].concat();
    let cooked = |length: usize, at: usize| {
        let mut header = vec![0; length];
        header[at..at + 2].copy_from_slice(&[8, 0]);
        after(&header)
    };
    for (link_type, frame) in [
        (ETHERNET, frame.clone()),
        // The upper half says that there is a frame check sequence.
        (0x0400_0001, [frame.as_slice(), &[1, 2, 3, 4]].concat()),
        (ETHERNET, vlan),
        (0, after(&[2, 0, 0, 0])),
        (108, after(&[0, 0, 0, 2])),
        (12, after(&[])),
        (14, after(&[])),
        (101, after(&[])),
        (228, after(&[])),
        (113, cooked(16, 14)),
        (276, cooked(20, 0)),
    ] {
        let totals = totals(&made(link_type, &[whole(frame)]));
        assert_eq!(
            (&totals["messages"], &totals["unparsed"]),
            (&1.into(), &0.into()),
            "{link_type}"
        );
    }
}

fn messages(capture: &[u8]) -> (Vec<Vec<u8>>, Finder) {
    let mut finder = Finder::default();
    let frames: Vec<Frame> = capture::parse(capture).unwrap();
    let found = frames
        .iter()
        .filter_map(|frame| Some(finder.find(frame)?.0.into_owned()));
    (found.collect(), finder)
}

#[test]
fn fragments_are_put_together_in_any_order() {
    let payload: Vec<u8> = discover().end().into();
    let parts = fragments(&message(), 96);
    assert_eq!(parts.len(), 3);
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let frames = order.map(|index| whole(parts[index].clone()));
        let (found, finder) = messages(&made(ETHERNET, &frames));
        assert_eq!(found, [payload.as_slice()]);
        assert_eq!((finder.joined, finder.finish().1.total()), (1, 0));
    }
    // One comes twice, and one of another datagram comes between.
    let mut other = parts[2].clone();
    other[18..20].copy_from_slice(&[0, 8]);
    let frames = [&parts[0], &parts[0], &other, &parts[1], &parts[2]];
    let (found, finder) = messages(&made(ETHERNET, &frames.map(|frame| whole(frame.clone()))));
    assert_eq!(found, [payload]);
    assert_eq!((finder.joined, finder.finish().1.total()), (1, 1));
    // A message that has lost its middle is told as two frames.
    let (found, finder) = messages(&made(ETHERNET, &[whole(parts[0].clone()), whole(parts[2].clone())]));
    assert_eq!((found.len(), finder.finish().1.total()), (0, 2));
    // An ACK in fragments cannot be edited, and that is told.
    let ack = datagram((67, 68), &Vec::from(dhcp_callout_support::packet::ack().end()));
    let frames: Vec<_> = fragments(&ack, 96).into_iter().map(whole).collect();
    let output = run_on("rewrite", &made(ETHERNET, &frames));
    assert!(text(&output.stderr).contains("frame 3: ACK left as it is: it is in IP fragments"));
}

/// However many fragments never become a datagram, few are kept.
#[test]
fn fragments_without_end_do_not_fill_the_memory() {
    let mut part = fragments(&message(), 96).swap_remove(0);
    let frames: Vec<_> = (0..5000_u16)
        .map(|identification| {
            part[18..20].copy_from_slice(&identification.to_be_bytes());
            whole(part.clone())
        })
        .collect();
    let (found, finder) = messages(&made(ETHERNET, &frames));
    assert!(finder.waiting() <= 1024, "{}", finder.waiting());
    assert_eq!((found.len(), finder.finish().1.total()), (0, 5000));
}

/// A file in pcapng format, in either byte order, with a Packet Block.
#[test]
fn the_obsolete_packet_block_is_read() {
    for is_big_endian in [false, true] {
        let word = |word: u32| {
            if is_big_endian {
                word.to_be_bytes()
            } else {
                word.to_le_bytes()
            }
        };
        let pair = |first: u16, second: u16| {
            if is_big_endian {
                [first.to_be_bytes(), second.to_be_bytes()].concat()
            } else {
                [first.to_le_bytes(), second.to_le_bytes()].concat()
            }
        };
        let block = |kind: u32, body: &[u8]| {
            let body = [body, &[0; 3][..body.len().next_multiple_of(4) - body.len()]].concat();
            let length = word(u32::try_from(body.len() + 12).unwrap());
            [&word(kind), &length, body.as_slice(), &length].concat()
        };
        let section = [&word(0x1A2B_3C4D), pair(1, 0).as_slice(), &[0xFF; 8]].concat();
        let interface = [pair(1, 0).as_slice(), &word(65535)].concat();
        let length = word(u32::try_from(message().len()).unwrap());
        let packet = [
            // The interface, and how many frames were lost before.
            pair(0, 9).as_slice(),
            &word(0),
            &word(5_000_000),
            &length,
            &length,
            &message(),
        ]
        .concat();
        let file = [block(0x0A0D_0D0A, &section), block(1, &interface), block(2, &packet)].concat();
        let frames = capture::parse(&file).unwrap();
        assert_eq!(frames.len(), 1);
        assert_eq!(frames[0].time, Duration::from_secs(5));
        assert_eq!(frames[0].bytes, message());
    }
}

/// A record may be longer than what is read at once, but not of any length that a file claims.
#[test]
fn long_records_are_read_up_to_a_limit() {
    let long = made(ETHERNET, &[whole(vec![7; 300_000]), whole(message())]);
    let frames = capture::parse(&long).unwrap();
    assert_eq!((frames[0].bytes.len(), &frames[1].bytes), (300_000, &message()));
    let mut file = made(ETHERNET, &[whole(message())]);
    file.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F]);
    let endless = std::io::Read::chain(std::io::Cursor::new(file), std::io::repeat(0));
    let mut capture = Capture::new("endless".to_owned(), endless).unwrap();
    assert!(capture.next().unwrap().is_ok());
    let error = capture.next().unwrap().unwrap_err().to_string();
    assert!(
        error.contains("the record after frame 1 claims more than 16777216 bytes"),
        "{error}"
    );
    assert!(capture.next().is_none());
}

/// More messages than `replay` holds at a time: each exchange is told whole, and every packet once.
#[test]
fn a_long_capture_is_replayed_in_parts() {
    let exchanges = 11_000;
    let file = exchange_file(Vec::new(), exchanges);
    let output = run("replay", &["--json", "-"], &file);
    let lines: Vec<serde_json::Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (totals, lifecycles) = lines.split_last().unwrap();
    assert_eq!(lifecycles.len(), exchanges);
    assert!(lifecycles.iter().all(|one| one["end"] == "processed"));
    assert_eq!(totals["messages"], 2 * exchanges);
    assert_eq!(
        (&totals["packets"], &totals["done"]),
        (&exchanges.into(), &exchanges.into())
    );
}

/// Appends a capture of as many requests, each answered two seconds later, when others have come between.
pub(crate) fn exchange_file<W: Write>(mut out: W, exchanges: usize) -> W {
    const LATER: usize = 64;
    out.write_all(&file_header(Linktype::ETHERNET, false)).unwrap();
    for number in 0..exchanges + LATER {
        let time = Duration::from_millis(u64::try_from(number * 2000 / LATER).unwrap());
        let mut put = |is_reply: bool, number: usize| {
            let xid = u32::try_from(number).unwrap();
            let (packet, ports) = if is_reply {
                (dhcp_callout_support::packet::reply().option(53, [2]), (67, 68))
            } else {
                (discover(), (68, 67))
            };
            let bytes = datagram(ports, &Vec::from(packet.xid(xid).option(61, [7; 60]).end()));
            let length = u32::try_from(bytes.len()).unwrap();
            out.write_all(&record(time, false, &bytes, length).unwrap()).unwrap();
        };
        if number < exchanges {
            put(false, number);
        }
        if let Some(answered) = number.checked_sub(LATER) {
            put(true, answered);
        }
    }
    out
}

#[test]
fn colours_are_for_terminals() {
    let path = capture::bundled("server-gone.pcap");
    for tool in ["replay", "inspect"] {
        let plain = example(tool).arg(&path).output().unwrap();
        assert!(!plain.stdout.contains(&0x1B));
        let coloured = example(tool).env("CLICOLOR_FORCE", "1").arg(&path).output().unwrap();
        assert!(coloured.stdout.contains(&0x1B));
    }
}

/// Captures that are no part of the project, in a folder that the environment names: each gives its messages, or says
/// why it does not.
#[test]
#[ignore = "reads captures that are not part of the project"]
fn shared() {
    let folder = std::env::var("DHCP_CALLOUT_SHARED").unwrap();
    let mut read = 0;
    for entry in std::fs::read_dir(Path::new(&folder).join("captures")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension == "md") {
            continue;
        }
        let frames = capture::read(&path).unwrap().len();
        let totals = totals(&std::fs::read(&path).unwrap());
        let number = |name: &str| usize::try_from(totals[name].as_u64().unwrap()).unwrap();
        eprintln!("{}: {totals}", path.display());
        assert_eq!(number("frames"), frames);
        // Each message of these captures is in one frame or in two fragments.
        let told = number("messages") + number("joined_from_fragments") + number("unparsed");
        assert_eq!((told, number("live")), (frames, 0), "{}", path.display());
        read += 1;
    }
    assert!(read > 0);
}

/// A capture of a gigabyte is replayed and printed in the memory of a small one.
#[test]
#[ignore = "writes a gigabyte, and takes minutes without optimisation"]
#[cfg(target_os = "linux")]
fn large() {
    const EXCHANGES: usize = 1_400_000;
    /// In KiB; the capture in memory would take a million.
    const MOST: u64 = 65_536;
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large.pcap");
    let file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    drop(exchange_file(file, EXCHANGES));
    let length = std::fs::metadata(&path).unwrap().len();
    assert!(length >= 1_000_000_000, "{length}");
    for (tool, flag, argument) in [
        ("replay", "--json", None),
        ("inspect", "--json", None),
        ("rewrite", "--", Some("-")),
    ] {
        let mut command = example(tool);
        command.arg(flag).arg(&path).args(argument);
        let mut program = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = program.stdout.take().unwrap();
        let (mut bytes, mut lines, mut peak) = (0, 0, 0);
        let mut chunk = vec![0; 1 << 20];
        loop {
            // While it waits to write more, it is there to be asked.
            let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
            let line = status.lines().find(|line| line.starts_with("VmHWM"));
            peak = line.map_or(peak, |line| line.split_whitespace().nth(1).unwrap().parse().unwrap());
            match std::io::Read::read(&mut stdout, &mut chunk).unwrap() {
                0 => break,
                count => {
                    bytes += count;
                    lines += chunk[..count].split(|byte| *byte == b'\n').count() - 1;
                }
            }
        }
        assert!(program.wait().unwrap().success());
        eprintln!("{tool}: {length} bytes read, {bytes} bytes and {lines} lines written, at most {peak} KiB");
        match tool {
            "replay" => assert_eq!(lines, EXCHANGES + 1),
            "inspect" => assert_eq!(lines, 2 * EXCHANGES),
            _ => assert_eq!(u64::try_from(bytes), Ok(length), "no ACK is in it"),
        }
        assert!((1..MOST).contains(&peak), "{tool}: {peak} KiB");
    }
    std::fs::remove_file(path).unwrap();
}
