//! What the crate prints: `Display` where a type has it, and each `Debug` that is not derived.

use core::fmt::{self, Write};
use core::net::Ipv4Addr;

use dhcp_callout::buffer::PacketTooLong;
use dhcp_callout::callout::LoadError;
use dhcp_callout::control::{AddressGrant, AddressProblem, ClientType, DropReason, SendCode, ServiceControl};
use dhcp_callout::hook::{Diagnostic, DllPath, HookError, LeftOut, ParsedOptions, ReplaceError, UnterminatedPath};
use dhcp_callout::message::option::microsoft::MicrosoftCode;
use dhcp_callout::message::option::relay::{RelayAgentInformation, RelayCode};
use dhcp_callout::message::*;
use dhcp_callout::table::{
    Borrowed, Context, ContextError, Full, NotifyError, PacketTable, PoolExhausted, PooledBuffer, Replacements,
};
use dhcp_callout::{Notice, Outcome, PacketBuffer, PacketTally, Stage, TallySnapshot, Violation};

/// Takes whatever is printed.
struct Sink;

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        core::hint::black_box(text);
        Ok(())
    }
}

/// Exports the printing of types: lines `format, format: Name = Type, Name = Type;`.
macro_rules! printed {
    ($($format:literal: $($Name:ident = $Type:ty),+;)+) => {$($(
        crate::operations! { $Name::fmt(it: &mut $Type) => write!(Sink, $format, it = it); }
    )+)+};
}
printed! {
    "{it} {it:?}":
        AddressGrant = AddressGrant, AddressProblem = AddressProblem, ClientType = ClientType, DropReason = DropReason,
        SendCode = SendCode, ServiceControl = ServiceControl, MicrosoftCode = MicrosoftCode, RelayCode = RelayCode,
        Architecture = Architecture, DuidType = DuidType, HardwareType = HardwareType, MessageType = MessageType,
        NetbiosNodeType = NetbiosNodeType, OpCode = OpCode, OptionCode = OptionCode, Overload = Overload,
        DllPath = DllPath<'_>, DomainList = DomainList<'_>, DomainName = DomainName<'_>,
        Sequence = Sequence<'_, Ipv4Addr>, Text = Text<'_>, Context = Context;
    "{it}":
        Diagnostic = Diagnostic<'_>, Notice = Notice, Outcome = Outcome, Stage = Stage,
        RelayAgentInformation = RelayAgentInformation<'_>, Typed = Typed<'_>, Expected = Expected,
        FqdnName = FqdnName<'_>, SipServers = SipServers<'_>, AddressPair = AddressPair, ClientId = ClientId<'_>,
        Duid = Duid<'_>, EncryptedDns = EncryptedDns<'_>, Flag = Flag, Fqdn = Fqdn<'_>,
        MachineId = MachineId<'_>, NetworkInterface = NetworkInterface, PortParameters = PortParameters, Route = Route,
        Seconds = Seconds, Suboption = Suboption<'_>, TimeOffset = TimeOffset, UserClasses = UserClasses<'_>,
        VendorData = VendorData<'_>, VendorOptions = VendorOptions<'_>, VirtualSubnet = VirtualSubnet<'_>,
        TallySnapshot = TallySnapshot, Area = Area;
    // With two forms.
    "{it} {it:#} {it:?}": Message = Message<'_>;
    "{it} {it:x} {it:?}": Value = Value<'_>;
    "{it:x}": Flags = Flags, FqdnFlags = FqdnFlags;
    "{it:?}":
        PacketBuffer = PacketBuffer, Editor = Editor<'_, '_>, Fragments = Fragments<'_>,
        Key = Key<u8>, Options = Options<'_>, ParsedOptions = ParsedOptions<'_>, Picked = Picked<'_, 2>, RawOption = RawOption<'_>,
        SequenceReader = SequenceReader<'_, Ipv4Addr>, Borrowed = Borrowed<'_, u8>, Full = Full<u8>,
        PacketTable = PacketTable<u8, 4>, PacketTally = PacketTally, PooledBuffer = PooledBuffer<'_>,
        Replacements = Replacements;
    // The errors.
    "{it} {it:?}":
        PacketTooLong = PacketTooLong, LoadError = LoadError, HookError = HookError, LeftOut = LeftOut,
        ReplaceError = ReplaceError, UnterminatedPath = UnterminatedPath, ChaddrError = ChaddrError,
        CopyError = CopyError, EditError = EditError, OptionError = OptionError, ParseError = ParseError,
        ValueError = ValueError, ContextError = ContextError, NotifyError = NotifyError,
        PoolExhausted = PoolExhausted, Violation = Violation;
}

/// Printing that does panic: the proof must fail with it.
#[cfg(feature = "deliberate-panic")]
mod deliberate {
    use super::{Sink, Write, fmt};

    pub struct Deliberate(usize);

    impl fmt::Display for Deliberate {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let text = ["one", "two"][self.0];
            f.write_str(text)
        }
    }

    crate::operations! { Deliberate::fmt(it: &mut Deliberate) => write!(Sink, "{it}"); }
}
