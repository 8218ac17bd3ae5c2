//! Proves that the example callouts do what they say, each loaded by the simulated server and shown the bundled
//! captures.

use std::path::{Path, PathBuf};

use dhcp_callout_support::packet::{ack, request};
use dhcp_callout_support::program::example;

use crate::made::Capture;

/// Runs an example, and returns what it prints.
fn run(name: &str, environment: &[(&str, &Path)]) -> String {
    let output = example(name).envs(environment.iter().copied()).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn list_file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// What the gate did to the packets of client N of the captures.
fn gate(name: &str, text: &str) -> (String, impl Fn(u8) -> (usize, usize)) {
    let path = list_file(name, text);
    let output = run("gate", &[("DHCP_GATE_LIST", &path)]);
    std::fs::remove_file(path).unwrap();
    let seen = output.clone();
    let packets = move |client: u8| {
        let mac = format!("mac=02:00:5e:00:53:1{client}");
        let of = |did: &str| {
            seen.lines()
                .filter(|line| line.contains(&mac) && line.contains(did))
                .count()
        };
        (of("passed"), of("refused"))
    };
    (output, packets)
}

#[test]
fn the_gate_denies_the_addresses_of_its_list() {
    let (_, packets) = gate(
        "deny.txt",
        "MAC_ACTION = {DENY}\n02005e005312\n# a comment\n02005E005313 # client 3\n",
    );
    assert!(packets(1).0 > 0 && packets(1).1 == 0);
    assert!(packets(2).0 == 0 && packets(2).1 > 0);
    assert!(packets(3).0 == 0 && packets(3).1 > 0);
}

#[test]
fn the_gate_allows_the_addresses_of_its_list_only() {
    let (_, packets) = gate("allow.txt", "MAC_ACTION={ALLOW}\n02005e005311\n");
    assert!(packets(1).0 > 0 && packets(1).1 == 0);
    assert!(packets(2).0 == 0 && packets(2).1 > 0);
}

#[test]
fn a_bad_address_is_left_out_and_reported() {
    for bad in [
        "02005e00531",
        "02005e0053112",
        "02:00:5e:00:53:12",
        "+2005e005312",
        "02005e00531g",
    ] {
        let list = format!("MAC_ACTION = {{DENY}}\n{bad}\n02005e005311\n");
        let (output, packets) = gate("bad.txt", &list);
        assert!(
            output.contains("line 2: bad address") && output.contains(bad),
            "{output}"
        );
        assert!(packets(1).1 > 0 && packets(2).1 == 0);
    }
}

#[test]
fn with_a_bad_action_it_is_as_if_no_callout_were_there() {
    for bad in [
        "",
        "MAC_ACTION = {REFUSE}\n02005e005311\n",
        "MAC_ACTION = ALLOW\n",
        "02005e005311\n",
    ] {
        let (output, packets) = gate("action.txt", bad);
        assert!(output.contains("bad action"), "{output}");
        assert!((1..=3).all(|client| packets(client).0 > 0 && packets(client).1 == 0));
    }
    let missing = run("gate", &[("DHCP_GATE_LIST", Path::new("/no/such/list"))]);
    assert!(missing.contains("/no/such/list") && !missing.contains("refused"));
}

#[test]
fn the_monitor_reports_each_client_once() {
    let output = run("drop_monitor", &[]);
    let reports: Vec<_> = output
        .lines()
        .filter(|line| line.starts_with("drops: client"))
        .collect();
    assert_eq!(reports.len(), 3, "{reports:?}");
    // Each of the three clients asks twice where nobody answers.
    assert!(output.contains("drops: DHCP_DROP_NOADDRESS: 6 in all"), "{output}");
    assert!(
        reports.iter().all(|line| line.contains("DHCP_DROP_NOADDRESS")),
        "{reports:?}"
    );
}

#[test]
fn replies_are_rewritten_for_the_clients_of_the_rules() {
    let output = run("rewrite_reply", &[]);
    let altered: Vec<_> = output.lines().filter(|line| line.contains("reply altered")).collect();
    // All of udhcpc, by its vendor class, and all that came through the relay with a circuit id.
    assert!(altered.iter().any(|line| line.contains("class=\"udhcp")));
    assert!(
        altered
            .iter()
            .any(|line| line.contains("giaddr=198.51.100.1") && !line.contains("udhcp"))
    );
    assert!(
        altered
            .iter()
            .all(|line| line.contains("udhcp") || line.contains("giaddr=198.51.100.1")),
        "{altered:?}"
    );
}

#[test]
fn replies_are_rewritten_for_a_user_class_in_either_form() {
    // As RFC 3004 has it, as Windows clients send it, and others.
    for (class, fits) in [
        (&b"\x05guest"[..], true),
        (b"\x03lab\x05guest", true),
        (b"guest", true),
        (b"guests", false),
        (b"\x06guests", false),
    ] {
        let exchange = [
            request()
                .option(53, [3])
                .option(60, "MSFT 5.0")
                .option(77, class)
                .end()
                .into(),
            ack().option(54, [192, 0, 2, 1]).option(6, [192, 0, 2, 1]).end().into(),
        ];
        let capture = Capture::of("user-class.pcap", &exchange);
        let output = example("rewrite_reply").arg(capture.path()).output().unwrap();
        let output = String::from_utf8(output.stderr).unwrap();
        assert!(output.contains("user-class.pcap: "), "{output}");
        assert_eq!(output.contains("reply altered"), fits, "{class:?}: {output}");
    }
}

#[test]
fn the_log_has_a_line_for_each_packet_of_a_client() {
    let path = list_file("leases.log", "");
    run("lease_log", &[("DHCP_LEASE_LOG", &path)]);
    let log = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    let line = |start: &str| log.lines().find(|line| line.contains(start));
    let discover = line(" 02:00:5e:00:53:11 DHCPDISCOVER \"client-1\" ").unwrap();
    assert!(discover.ends_with("0.0.0.0 0 s: processed; 0 missed"), "{discover}");
    let request = line(" 02:00:5e:00:53:11 DHCPREQUEST \"client-1\" ").unwrap();
    assert!(request.ends_with("192.0.2.120 120 s: processed; 0 missed"), "{request}");
    for part in [" \"lan0\" ", "dropped (DHCP_DROP_NOADDRESS)"] {
        assert!(log.lines().any(|line| line.contains(part)), "no {part:?} in {log}");
    }
    assert!(log.ends_with(" stopped; 0 missed\n"), "{log}");
}

#[test]
fn boot_files_go_to_pxe_clients_of_a_known_architecture() {
    for (class, architectures, fits) in [
        ("PXEClient:Arch:00007", &[0, 7][..], true),
        ("PXEClient", &[0x12, 0x34, 0, 11], true),
        ("PXEClient", &[0x12, 0x34], false),
        ("MSFT 5.0", &[0, 7], false),
    ] {
        let exchange = [
            request()
                .option(53, [3])
                .option(60, class)
                .option(93, architectures)
                .end()
                .into(),
            ack().option(54, [192, 0, 2, 1]).end().into(),
        ];
        let capture = Capture::of("pxe.pcap", &exchange);
        let output = example("pxe").arg(capture.path()).output().unwrap();
        let output = String::from_utf8(output.stderr).unwrap();
        assert!(output.contains("pxe.pcap: "), "{output}");
        assert_eq!(
            output.contains("reply altered"),
            fits,
            "{class} {architectures:?}: {output}"
        );
    }
}

#[test]
fn a_client_that_sends_too_much_is_refused_and_no_other() {
    let mut flood = vec![request().option(53, [1]).end().into(); 25];
    flood.push(request().chaddr(&[2, 0, 0, 0, 0, 9]).option(53, [1]).end().into());
    let capture = Capture::of("flood.pcap", &flood);
    let output = example("rate_limit").arg(capture.path()).output().unwrap();
    let output = String::from_utf8(output.stderr).unwrap();
    assert!(output.ends_with("rate_limit: 5 refused\n"), "{output}");
    assert!(
        !output
            .lines()
            .any(|line| line.contains("refused ") && line.contains("02:00:00:00:00:09"))
    );
}
