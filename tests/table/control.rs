//! Proves that control codes survive the way in and out, known or not, and print as the SDK names them.

use dhcp_callout::control::{
    AddressGrant, AddressProblem, ClientType, DropReason, PACKET_PROCESSED, SendCode, ServiceControl,
};
use dhcp_callout::{Notice, strategy};
use proptest::prelude::*;

/// The name that a table of the SDK has for `code`.
fn names(table: &[(u32, &'static str)], code: u32) -> Option<&'static str> {
    table.iter().find(|row| row.0 == code).map(|row| row.1)
}

#[test]
fn every_code_has_the_name_of_the_sdk() {
    let control = [
        (1, "DHCP_CONTROL_START"),
        (2, "DHCP_CONTROL_STOP"),
        (3, "DHCP_CONTROL_PAUSE"),
        (4, "DHCP_CONTROL_CONTINUE"),
    ];
    let drop = [
        (0x1, "DHCP_DROP_DUPLICATE"),
        (0x2, "DHCP_DROP_NOMEM"),
        (0x3, "DHCP_DROP_INTERNAL_ERROR"),
        (0x4, "DHCP_DROP_TIMEOUT"),
        (0x5, "DHCP_DROP_UNAUTH"),
        (0x6, "DHCP_DROP_PAUSED"),
        (0x7, "DHCP_DROP_NO_SUBNETS"),
        (0x8, "DHCP_DROP_INVALID"),
        (0x9, "DHCP_DROP_WRONG_SERVER"),
        (0xA, "DHCP_DROP_NOADDRESS"),
        (0x100, "DHCP_DROP_GEN_FAILURE"),
    ];
    let problem = [
        (0x2000_0001, "DHCP_PROB_CONFLICT"),
        (0x2000_0002, "DHCP_PROB_DECLINE"),
        (0x2000_0003, "DHCP_PROB_RELEASE"),
        (0x2000_0004, "DHCP_PROB_NACKED"),
    ];
    let grant = [
        (0x3000_0001, "DHCP_GIVE_ADDRESS_NEW"),
        (0x3000_0002, "DHCP_GIVE_ADDRESS_OLD"),
    ];
    let client = [(0x3000_0003, "DHCP_CLIENT_BOOTP"), (0x3000_0004, "DHCP_CLIENT_DHCP")];
    let send = [(0x1000_0000, "DHCP_SEND_PACKET")];

    let near = (0..0x200).chain((1..4_u32).flat_map(|family| (0..16).map(move |code| family << 28 | code)));
    for code in near.chain([u32::MAX]) {
        assert_eq!(ServiceControl::from_code(code).name(), names(&control, code));
        assert_eq!(
            DropReason::from_code(code).and_then(DropReason::name),
            names(&drop, code)
        );
        assert_eq!(AddressProblem::from_code(code).name(), names(&problem, code));
        assert_eq!(AddressGrant::from_code(code).name(), names(&grant, code));
        assert_eq!(ClientType::from_code(code).name(), names(&client, code));
        assert_eq!(SendCode::from_code(code).name(), names(&send, code));
    }
    assert_eq!(ServiceControl::ALL.len(), control.len());
    assert_eq!(DropReason::ALL.len(), drop.len());
    assert_eq!(AddressProblem::ALL.len(), problem.len());
    assert_eq!(AddressGrant::ALL.len(), grant.len());
    assert_eq!(ClientType::ALL.len(), client.len());
    assert_eq!(SendCode::ALL.len(), send.len());
}

#[test]
fn a_code_prints_as_its_name_or_its_number() {
    assert_eq!(format!("{:?}", ServiceControl::PAUSE), "DHCP_CONTROL_PAUSE");
    assert_eq!(ServiceControl::PAUSE.to_string(), "DHCP_CONTROL_PAUSE");
    assert_eq!(ServiceControl::PAUSE.meaning(), Some("the server has been paused"));
    assert_eq!(
        format!("{:?}", ServiceControl::from_code(0x99)),
        "ServiceControl(0x00000099)"
    );
    assert_eq!(
        ServiceControl::from_code(0x99).to_string(),
        "service control 0x00000099"
    );
    assert_eq!(ServiceControl::from_code(0x99).meaning(), None);
    assert_eq!(format!("{:<8}|", DropReason::PAUSED), "DHCP_DROP_PAUSED|");
    assert_eq!(format!("{:<18}|", DropReason::PAUSED), "DHCP_DROP_PAUSED  |");
}

#[test]
fn completion_is_no_reason() {
    assert_eq!(PACKET_PROCESSED, 0xB);
    assert_eq!(DropReason::from_code(0xB), None);
    assert_eq!(Notice::from_code(0xB), Notice::Processed);
    assert_eq!(Notice::Processed.code(), 0xB);
}

proptest! {
    #[test]
    fn every_value_is_kept(code in strategy::control_code()) {
        prop_assert_eq!(ServiceControl::from_code(code).code(), code);
        prop_assert_eq!(u32::from(ServiceControl::from_code(code)), code);
        prop_assert_eq!(SendCode::from_code(code).code(), code);
        prop_assert_eq!(AddressProblem::from_code(code).code(), code);
        prop_assert_eq!(AddressGrant::from_code(code).code(), code);
        prop_assert_eq!(ClientType::from_code(code).code(), code);
        prop_assert_eq!(Notice::from_code(code).code(), code);
        let reason = DropReason::from_code(code);
        prop_assert_eq!(reason.map(DropReason::code), (code != PACKET_PROCESSED).then_some(code));
    }
}
