//! `control`: the codes of the server.

use dhcp_callout::DropReason;
use dhcp_callout::control::{AddressGrant, AddressProblem, ClientType, SendCode, ServiceControl};

crate::operations! {
    service_control_name(code: ServiceControl) => code.name();
    service_control_meaning(code: ServiceControl) => code.meaning();
    service_control_code(code: ServiceControl) => code.code();
    drop_reason_from_code(code: u32) => DropReason::from_code(code);
    drop_reason_name(code: DropReason) => code.name();
    drop_reason_meaning(code: DropReason) => code.meaning();
    drop_reason_code(code: DropReason) => code.code();
    send_code_name(code: SendCode) => code.name();
    send_code_meaning(code: SendCode) => code.meaning();
    send_code_code(code: SendCode) => code.code();
    address_problem_name(code: AddressProblem) => code.name();
    address_problem_meaning(code: AddressProblem) => code.meaning();
    address_problem_code(code: AddressProblem) => code.code();
    address_grant_name(code: AddressGrant) => code.name();
    address_grant_meaning(code: AddressGrant) => code.meaning();
    address_grant_code(code: AddressGrant) => code.code();
    client_type_name(code: ClientType) => code.name();
    client_type_meaning(code: ClientType) => code.meaning();
    client_type_code(code: ClientType) => code.code();
}
