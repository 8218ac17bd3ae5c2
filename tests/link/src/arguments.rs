//! How the arguments of an exported function become those of an operation.

use core::ffi::c_void;
use core::net::Ipv4Addr;

use dhcp_callout::control::{AddressGrant, AddressProblem, ClientType, SendCode, ServiceControl};
use dhcp_callout::ffi::{
    self, ControlArguments, DeleteClientArguments, DropSendArguments, GiveAddressArguments, HandleOptionsArguments,
    NewPktArguments, ProbArguments,
};
use dhcp_callout::hook::{
    AddressDeleted, AddressOffered, ChainDlls, ClientDeleted, ControlEvent, Dword, NewPacket, PacketNotice,
    ParsedOptions, SendPacket,
};
use dhcp_callout::message::option::microsoft::MicrosoftCode;
use dhcp_callout::message::option::relay::RelayCode;
use dhcp_callout::message::{
    Architecture, DuidType, HardwareType, MessageType, NetbiosNodeType, OpCode, OptionCode, Overload, Value,
};
use dhcp_callout::table::Context;
use dhcp_callout::{DropReason, Message, Notice, Outcome, Stage};

pub trait Argument: Sized {
    type Raw;

    /// # Safety
    /// - Each pointer in `raw` is valid for what its name says, and for as long as the result lives.
    unsafe fn from_raw(raw: Self::Raw) -> Option<Self>;
}

#[repr(C)]
pub struct Bytes {
    start: *const u8,
    length: usize,
}

#[repr(C)]
pub struct BytesMut {
    start: *mut u8,
    length: usize,
}

impl Argument for &[u8] {
    type Raw = Bytes;

    unsafe fn from_raw(Bytes { start, length }: Bytes) -> Option<Self> {
        // SAFETY: the caller's promise.
        Some(unsafe { core::slice::from_raw_parts(start, length) })
    }
}

#[repr(C)]
pub struct Units {
    start: *const u16,
    length: usize,
}

impl Argument for ChainDlls<'_> {
    type Raw = Units;

    unsafe fn from_raw(Units { start, length }: Units) -> Option<Self> {
        // SAFETY: the caller's promise.
        Some(Self::new(unsafe { core::slice::from_raw_parts(start, length) }))
    }
}

impl Argument for &str {
    type Raw = Bytes;

    unsafe fn from_raw(raw: Bytes) -> Option<Self> {
        // SAFETY: the caller's promise.
        core::str::from_utf8(unsafe { Argument::from_raw(raw) }?).ok()
    }
}

impl Argument for Ipv4Addr {
    type Raw = u32;

    unsafe fn from_raw(bits: u32) -> Option<Self> {
        Some(Self::from_bits(bits))
    }
}

impl Argument for &mut [u8] {
    type Raw = BytesMut;

    unsafe fn from_raw(BytesMut { start, length }: BytesMut) -> Option<Self> {
        // SAFETY: the caller's promise.
        Some(unsafe { core::slice::from_raw_parts_mut(start, length) })
    }
}

macro_rules! by_itself {
    ($($Type:ty),+ $(,)?) => {$(
        impl Argument for $Type {
            type Raw = Self;

            unsafe fn from_raw(raw: Self) -> Option<Self> {
                Some(raw)
            }
        }
    )+};
}
by_itself!(
    bool,
    Dword,
    u8,
    u16,
    u32,
    u64,
    usize,
    *mut c_void,
    ControlArguments,
    DeleteClientArguments,
    DropSendArguments,
    GiveAddressArguments,
    HandleOptionsArguments,
    NewPktArguments,
    ProbArguments,
    ffi::Control,
    ffi::DeleteClient,
    ffi::DropSend,
    ffi::GiveAddress,
    ffi::HandleOptions,
    ffi::NewPkt,
    ffi::Prob,
);

macro_rules! by_code {
    ($($Type:ty: $Code:ty),+ $(,)?) => {$(
        impl Argument for $Type {
            type Raw = $Code;

            unsafe fn from_raw(code: $Code) -> Option<Self> {
                Some(Self::from_code(code))
            }
        }
    )+};
}
by_code!(
    ServiceControl: u32,
    SendCode: u32,
    AddressProblem: u32,
    AddressGrant: u32,
    ClientType: u32,
    Notice: u32,
    OpCode: u8,
    Overload: u8,
    HardwareType: u8,
    MessageType: u8,
    OptionCode: u8,
    RelayCode: u8,
    MicrosoftCode: u8,
    NetbiosNodeType: u8,
    Architecture: u16,
    DuidType: u16,
);

impl Argument for DropReason {
    type Raw = u32;

    unsafe fn from_raw(code: u32) -> Option<Self> {
        Self::from_code(code)
    }
}

#[repr(C)]
pub struct RawStage {
    kind: u8,
    reason: u32,
}

impl Argument for Stage {
    type Raw = RawStage;

    unsafe fn from_raw(RawStage { kind, reason }: RawStage) -> Option<Self> {
        let reason = DropReason::from_code(reason)?;
        match kind {
            0 => Some(Self::InFlight),
            1 => Some(Self::Dropped(reason)),
            2 => Some(Self::Done(Outcome::Processed)),
            3 => Some(Self::Done(Outcome::Dropped(reason))),
            _ => None,
        }
    }
}

/// A value of which nothing is known but its type.
impl<T> Argument for &mut T {
    type Raw = *mut T;

    unsafe fn from_raw(raw: *mut T) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe { raw.as_mut() }
    }
}

impl Argument for Message<'_> {
    type Raw = Bytes;

    unsafe fn from_raw(raw: Bytes) -> Option<Self> {
        // SAFETY: the caller's promise.
        Self::parse(unsafe { Argument::from_raw(raw) }?).ok()
    }
}

/// A packet, and the code of the option whose value is wanted.
#[repr(C)]
pub struct RawValue {
    packet: Bytes,
    code: u8,
}

impl Argument for Value<'_> {
    type Raw = RawValue;

    unsafe fn from_raw(RawValue { packet, code }: RawValue) -> Option<Self> {
        // SAFETY: the caller's promise.
        let message: Message<'_> = unsafe { Argument::from_raw(packet) }?;
        message.value(OptionCode::from_code(code)).ok()?
    }
}

impl Argument for Context {
    type Raw = *mut c_void;

    unsafe fn from_raw(raw: *mut c_void) -> Option<Self> {
        Self::from_raw(raw)
    }
}

/// Takes the arguments of a hook's C prototype.
macro_rules! of_hook {
    ($($Type:ty: $Raw:ident;)+) => {$(
        impl Argument for $Type {
            type Raw = $Raw;

            unsafe fn from_raw(raw: $Raw) -> Option<Self> {
                // SAFETY: the caller's promise.
                unsafe { Self::from_raw(raw) }.ok()
            }
        }
    )+};
}
of_hook! {
    ControlEvent: ControlArguments;
    NewPacket<'_>: NewPktArguments;
    SendPacket<'_>: DropSendArguments;
    AddressDeleted<'_>: ProbArguments;
    AddressOffered<'_>: GiveAddressArguments;
    ParsedOptions<'_>: HandleOptionsArguments;
    ClientDeleted<'_>: DeleteClientArguments;
}

impl Argument for PacketNotice<'_> {
    type Raw = DropSendArguments;

    unsafe fn from_raw(raw: DropSendArguments) -> Option<Self> {
        // SAFETY: the caller's promise.
        Some(unsafe { Self::from_raw(raw) })
    }
}
