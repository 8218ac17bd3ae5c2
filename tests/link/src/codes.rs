//! `control`, `lifecycle` and the codes of `message`: wire values, and the state machine of one packet.

use dhcp_callout::control::{AddressGrant, AddressProblem, ClientType, SendCode, ServiceControl};
use dhcp_callout::message::option::microsoft::MicrosoftCode;
use dhcp_callout::message::option::relay::RelayCode;
use dhcp_callout::message::{
    Architecture, DuidType, HardwareType, MessageType, NetbiosNodeType, OpCode, OptionCode, Overload,
};
use dhcp_callout::{DropReason, Notice, Stage};

/// Exports what all types of codes have: lines `Type of number: which name what it means`.
macro_rules! codes {
    ($($Type:ident: $number:ty, $meaning:ident;)+) => {$(
        crate::operations! {
            $Type::from_code(code: $number) => $Type::from_code(code);
            $Type::from(code: $number) => $Type::from(code);
            $Type::code(code: $Type) => code.code();
            $Type::name(code: $Type) => code.name();
            $Type::$meaning(code: $Type) => code.$meaning();
        }
    )+};
}
codes! {
    AddressGrant: u32, meaning;
    AddressProblem: u32, meaning;
    ClientType: u32, meaning;
    SendCode: u32, meaning;
    ServiceControl: u32, meaning;
    HardwareType: u8, meaning;
    MessageType: u8, meaning;
    NetbiosNodeType: u8, meaning;
    OpCode: u8, meaning;
    Overload: u8, meaning;
    Architecture: u16, meaning;
    DuidType: u16, meaning;
    MicrosoftCode: u8, reference;
    OptionCode: u8, reference;
    RelayCode: u8, reference;
}

crate::operations! {
    DropReason::from_code(code: u32) => DropReason::from_code(code);
    DropReason::code(code: DropReason) => (code.code(), u32::from(code));
    DropReason::name(code: DropReason) => code.name();
    DropReason::meaning(code: DropReason) => code.meaning();
    Notice::from_code(code: u32) => Notice::from_code(code);
    Notice::code(notice: Notice) => notice.code();
    Stage::advance(stage: Stage, notices: &[u8]) => notices
        .iter()
        .try_fold(stage, |stage, code| stage.advance(Notice::from_code(u32::from(*code))));
}
