//! The type of a message: option 53 (RFC 2132 section 9.6 and the documents that add types).

use serde_json::{Value, json};

use super::case::{Case, case, choice};
use dhcp_callout_support::packet::{END, Packet, reply, request};

const TYPE: &str = "RFC 2132 section 9.6";
const JOINED: &str = "RFC 3396 section 7";

pub(crate) fn cases() -> Vec<Case> {
    let types = [
        ("discover", TYPE),
        ("offer", TYPE),
        ("request", TYPE),
        ("decline", TYPE),
        ("ack", TYPE),
        ("nak", TYPE),
        ("release", TYPE),
        ("inform", TYPE),
        ("forcerenew", "RFC 3203 section 4"),
        ("leasequery", "RFC 4388 section 6.1"),
        ("leaseunassigned", "RFC 4388 section 6.1"),
        ("leaseunknown", "RFC 4388 section 6.1"),
        ("leaseactive", "RFC 4388 section 6.1"),
        ("bulkleasequery", "RFC 6926 section 6.2.1"),
        ("leasequerydone", "RFC 6926 section 6.2.1"),
        ("activeleasequery", "RFC 7724 section 5.2.1"),
        ("leasequerystatus", "RFC 7724 section 5.2.1"),
        ("tls", "RFC 7724 section 5.2.1"),
    ];
    let assigned = (1..).zip(types).map(|(code, (name, rfc))| {
        let expect = json!({
            "message_type": code, "options": [[53, format!("{code:02x}")]], "error": null,
            "typed": [{ "code": 53, "as": "message_type", "ok": code }],
        });
        case(format!("type_{name}"), rfc, request().option(53, [code]).end(), expect)
    });
    assigned.chain(others()).collect()
}

fn no_type(name: &str, rfc: &'static str, packet: Packet, error: &str) -> Case {
    let expect = json!({
        "message_type": null, "error": null, "typed": [{ "code": 53, "as": "message_type", "err": error }],
    });
    case(name, rfc, packet, expect)
}

fn others() -> Vec<Case> {
    vec![
        no_type("type_0", TYPE, request().option(53, [0]).end(), "bad_value"),
        no_type(
            "type_19_is_not_assigned",
            TYPE,
            request().option(53, [19]).end(),
            "bad_value",
        ),
        no_type("type_255", TYPE, request().option(53, [255]).end(), "bad_value"),
        no_type("type_without_bytes", TYPE, request().option(53, []).end(), "bad_length"),
        no_type(
            "type_of_two_bytes",
            TYPE,
            request().option(53, [1, 0]).end(),
            "bad_length",
        ),
        no_type(
            "type_of_four_bytes",
            TYPE,
            request().option(53, [0, 0, 0, 1]).end(),
            "bad_length",
        ),
        no_type(
            "two_different_types",
            JOINED,
            request().option(53, [1]).option(53, [3]).end(),
            "bad_length",
        ),
        no_type(
            "a_second_type_in_file",
            "RFC 3396 sections 5 and 7",
            reply().file([53, 1, 5, END]).option(53, [5]).option(52, [1]).end(),
            "bad_length",
        ),
        case(
            "a_type_that_is_not_assigned_is_kept_as_bytes",
            TYPE,
            request().option(53, [200]).option(12, "a").end(),
            json!({ "message_type": null, "options": [[53, "c8"], [12, "61"]], "error": null }),
        ),
        case(
            "no_type_at_all",
            "RFC 2131 section 3",
            request().option(12, "a").end(),
            json!({ "message_type": null, "options": [[12, "61"]], "error": null }),
        ),
        case(
            "a_type_after_end",
            "RFC 2132 section 3.2",
            request().option(12, "a").end().option(53, [1]),
            json!({ "message_type": null, "end_offset": 243 }),
        ),
        case(
            "the_type_is_last",
            "RFC 2131 section 3",
            request().option(12, "a").option(60, "b").option(53, [8]).end(),
            json!({ "message_type": 8, "raw_offsets": [240, 243, 246] }),
        ),
        case(
            "the_type_in_file",
            "RFC 2131 section 4.1",
            reply().file([53, 1, 2, END]).option(52, [1]).end(),
            json!({ "message_type": 2, "raw_options": [[52, "01"]], "raw_file": [[53, "02"]] }),
        ),
        case(
            "the_type_in_sname",
            "RFC 2131 section 4.1",
            reply().sname([53, 1, 6]).option(52, [2]).end(),
            json!({ "message_type": 6, "raw_sname": [[53, "06"]] }),
        ),
        case(
            "a_type_in_a_boot_file_name",
            "RFC 2132 section 9.3",
            reply().file([53, 1, 2, END]).end(),
            json!({ "message_type": null, "raw_file": [], "file": "350102ff" }),
        ),
        // The parts are joined before the length is looked at.
        choice(
            "a_type_after_an_empty_fragment",
            JOINED,
            request().option(53, []).option(53, [7]).end(),
            json!({ "message_type": 7, "options": [[53, "07"]], "raw_options": [[53, ""], [53, "07"]] }),
        ),
        case(
            "a_client_that_claims_to_answer",
            "RFC 2131 section 3, table 2",
            request().option(53, [5]).end(),
            json!({ "op_valid": true, "header": { "op": 1 }, "message_type": 5, "error": Value::Null }),
        ),
    ]
}
