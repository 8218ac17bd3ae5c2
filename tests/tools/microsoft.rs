//! Proves that the examples `inspect`, `rewrite` and `rewrite_reply` deal with what Microsoft's DHCP does differently:
//! a value that option 250 continues, and a user class (77) without inner lengths.

use std::path::Path;

use dhcp_callout::Message;
use dhcp_callout_support::capture;
use dhcp_callout_support::packet::{ack, request};
use dhcp_callout_support::program::example;

use crate::made::Capture;

/// Five sub-options of 60 bytes: 310 bytes, of which option 43 carries 255 and option 250 the rest.
fn continued() -> Capture {
    let vendor: Vec<u8> = (1..6)
        .flat_map(|code| [&[code, 60][..], &[code; 60]].concat())
        .collect();
    let ack = ack().option(54, [192, 0, 2, 1]).option(51, [0, 0, 14, 16]);
    let ack = ack.option(43, &vendor[..255]).option(250, &vendor[255..]).end();
    Capture::of("ms250.pcap", &[request().option(53, [3]).end().into(), ack.into()])
}

/// A client that sends its class as RFC 3004 says, and one that sends the bare class, each with its ACK.
fn classes() -> Capture {
    let exchange = |xid, class: &[u8]| {
        let request = request().xid(xid).option(53, [3]).option(60, "MSFT 5.0");
        let reply = ack().xid(xid).option(54, [192, 0, 2, 1]).option(6, [192, 0, 2, 1]);
        [request.option(77, class).end().into(), reply.end().into()]
    };
    let messages = [exchange(1, b"\x05guest"), exchange(2, b"guest")].concat();
    Capture::of("ms77.pcap", &messages)
}

/// Runs an example, and returns what it prints on standard output or on standard error.
fn run(name: &str, arguments: &[&Path]) -> String {
    let output = example(name).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

fn check_continued(path: &Path) {
    let inspected = run("inspect", &[path]);
    let line = |starts: &str| inspected.lines().find(|line| line.contains(starts)).unwrap();
    let last = format!("5={}", "05".repeat(60));
    assert!(
        line("option 43").ends_with(&format!("{last} (2 fragments)")),
        "{inspected}"
    );
    assert!(line("option 250").ends_with("continues option 43"), "{inspected}");

    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ms250-rewritten.pcap");
    run("rewrite", &[path, &output]);
    let (before, after) = (capture::read(path).unwrap(), capture::read(&output).unwrap());
    std::fs::remove_file(output).unwrap();
    assert_eq!(before[0].bytes, after[0].bytes);
    let options = |message: Message<'_>| -> Vec<(u8, Vec<u8>)> {
        let options = message.options().map(Result::unwrap);
        options
            .map(|option| (option.code.code(), option.value.to_vec()))
            .collect()
    };
    let [old, new] = [&before, &after].map(|frames| options(Message::parse(frames[1].dhcp().unwrap()).unwrap()));
    let kept = |code: u8| old.iter().find(|(of, _)| *of == code).cloned().unwrap();
    let own = (43, vec![1, 4, 0xDE, 0xAD, 0xBE, 0xEF]);
    let (lease, servers) = ((51, vec![0, 0, 14, 16]), (6, vec![192, 0, 2, 53, 192, 0, 2, 54]));
    assert_eq!(
        new,
        [kept(53), kept(54), lease, own, servers],
        "no option 250 is left over"
    );
}

fn check_classes(path: &Path) {
    let inspected = run("inspect", &[path]);
    assert_eq!(
        inspected.matches("User Class: 6775657374 (\"guest\")").count(),
        2,
        "{inspected}"
    );
    let shown = run("rewrite_reply", &[path]);
    assert_eq!(shown.matches("reply altered").count(), 2, "{shown}");
}

#[test]
fn the_examples_deal_with_option_250_and_both_forms_of_option_77() {
    check_continued(continued().path());
    check_classes(classes().path());
}

/// The same of captures that are no part of the project.
#[test]
#[ignore = "needs captures that are no part of the project: .ci/run shared"]
fn so_they_do_with_the_shared_captures() {
    let folder = std::env::var("DHCP_CALLOUT_SHARED").expect("the folder of the shared captures");
    let folder = Path::new(&folder).join("captures");
    check_continued(&folder.join("ms250.pcap"));
    check_classes(&folder.join("ms77.pcap"));
}
