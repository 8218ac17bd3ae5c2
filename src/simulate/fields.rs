//! What the server has parsed from a packet, as it lays it out for `DhcpHandleOptionsHook`.

use alloc::vec::Vec;
use core::mem::offset_of;

use super::memory::{Memory, PieceId, readable};
use crate::ffi::{Boolean, ServerOptions};
use crate::hook::Dword;
use crate::message::{Message, OptionCode, option};

/// The fields of `DHCP_SERVER_OPTIONS`; `None` for a NULL pointer.
///
/// Fields of one kind are in the order of the structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerFields {
    /// `MessageType` and `OverlayFields`.
    pub bytes: [Option<u8>; 2],
    /// `SubnetMask`, `RequestedAddress`, `RequestLeaseTime`, `RouterAddress`, `Server`, `ScopeId`.
    pub dwords: [Option<Dword>; 6],
    /// `ParameterRequestList`, `MachineName`, `ClientHardwareAddress` (255 bytes at most), `ClassIdentifier`,
    /// `VendorClass`, `DNSName`, `DSDomainName`.
    pub texts: [Option<Vec<u8>>; 7],
    /// Lengths that the server gives for them instead of the true ones; not for the hardware address.
    pub lengths: [Option<u32>; 7],
    /// `ClientHardwareAddressType`.
    pub hardware_type: u8,
    /// `DNSFlags`.
    pub dns_flags: u32,
    /// `DSDomainNameRequested`, which can be any byte.
    pub domain_requested: u8,
    /// How many bytes from an aligned address the DWORDs are.
    pub offset: usize,
}

/// The fields in the memory of a call.
pub(super) struct PlacedFields {
    bytes: [Option<PieceId>; 2],
    dwords: [Option<PieceId>; 6],
    texts: [Option<PieceId>; 7],
    /// The structure that points at them.
    pub(super) structure: [u8; size_of::<ServerOptions>()],
}

impl ServerFields {
    /// Returns what a server parses from `message`; the fields without an option of their own are empty.
    #[must_use]
    pub fn from_message(message: Message<'_>) -> Self {
        let value = |code: OptionCode| message.value(code).ok().flatten();
        let byte = |code| value(code)?.to_array().map(|[byte]| byte);
        let dword = |code| value(code)?.to_array().map(Dword);
        let text = |code| value(code).map(|value| value.bytes().collect());
        Self {
            bytes: [byte(option::MESSAGE_TYPE.code()), byte(option::OVERLOAD.code())],
            dwords: [
                dword(option::SUBNET_MASK.code()),
                dword(option::REQUESTED_ADDRESS.code()),
                dword(option::LEASE_TIME.code()),
                dword(option::ROUTERS.code()),
                dword(option::SERVER_ID.code()),
                None,
            ],
            texts: [
                text(option::PARAMETER_REQUEST_LIST.code()),
                text(option::HOST_NAME.code()),
                message.chaddr().ok().map(<[u8]>::to_vec),
                text(option::CLASS_ID.code()),
                None,
                None,
                None,
            ],
            hardware_type: message.htype().code(),
            ..Self::default()
        }
    }

    /// Puts the fields where a hook can read them.
    pub(super) fn place(&self, memory: &mut Memory<'_>) -> PlacedFields {
        let mut structure = [0; size_of::<ServerOptions>()];
        let mut set = |offset: usize, bytes: &[u8]| {
            if let Some(place) = structure
                .get_mut(offset..)
                .and_then(|place| place.get_mut(..bytes.len()))
            {
                place.copy_from_slice(bytes);
            }
        };
        let mut point = |offset: usize, bytes: &[u8], claim: Option<u32>, shift: usize| {
            let piece = memory.place(bytes, readable(claim), shift);
            set(offset, &memory.pointer(piece).expose_provenance().to_ne_bytes());
            piece
        };
        let mut pieces = PlacedFields {
            bytes: [None; 2],
            dwords: [None; 6],
            texts: [None; 7],
            structure: [0; size_of::<ServerOptions>()],
        };
        let places = BYTES.into_iter().zip(self.bytes).zip(&mut pieces.bytes);
        for ((offset, byte), piece) in places {
            *piece = byte.map(|byte| point(offset, &[byte], None, 0));
        }
        let places = DWORDS.into_iter().zip(self.dwords).zip(&mut pieces.dwords);
        for ((offset, dword), piece) in places {
            *piece = dword.map(|Dword(bytes)| point(offset, &bytes, None, self.offset));
        }
        let places = TEXTS
            .into_iter()
            .zip(&self.texts)
            .zip(self.lengths)
            .zip(&mut pieces.texts);
        for ((((offset, length_of), text), claim), piece) in places {
            let most = if length_of == HARDWARE_LENGTH { 255 } else { usize::MAX };
            let text = text.as_ref().map(|text| text.get(..most).unwrap_or(text));
            *piece = text.map(|text| point(offset, text, claim, 0));
        }
        for (((_, length_of), text), claim) in TEXTS.into_iter().zip(&self.texts).zip(self.lengths) {
            let length = text.as_ref().map_or(0, Vec::len);
            if length_of == HARDWARE_LENGTH {
                set(length_of, &[u8::try_from(length).unwrap_or(u8::MAX)]);
            } else {
                let length = u32::try_from(length).unwrap_or(u32::MAX);
                set(length_of, &claim.unwrap_or(length).to_ne_bytes());
            }
        }
        set(
            offset_of!(ServerOptions, client_hardware_address_type),
            &[self.hardware_type],
        );
        set(offset_of!(ServerOptions, dns_flags), &self.dns_flags.to_ne_bytes());
        set(
            offset_of!(ServerOptions, ds_domain_name_requested),
            &[Boolean(self.domain_requested).0],
        );
        PlacedFields { structure, ..pieces }
    }

    /// Returns the fields as a hook has left them.
    pub(super) fn left(&self, placed: &PlacedFields, memory: &Memory<'_>) -> Self {
        let texts = placed.texts.map(|piece| piece.map(|piece| memory.bytes(piece)));
        Self {
            bytes: placed
                .bytes
                .map(|piece| piece.map(|piece| u8::from_ne_bytes(memory.array(piece)))),
            dwords: placed.dwords.map(|piece| piece.map(|piece| Dword(memory.array(piece)))),
            texts,
            ..self.clone()
        }
    }
}

const HARDWARE_LENGTH: usize = offset_of!(ServerOptions, client_hardware_address_length);
const BYTES: [usize; 2] = [
    offset_of!(ServerOptions, message_type),
    offset_of!(ServerOptions, overlay_fields),
];
const DWORDS: [usize; 6] = [
    offset_of!(ServerOptions, subnet_mask),
    offset_of!(ServerOptions, requested_address),
    offset_of!(ServerOptions, request_lease_time),
    offset_of!(ServerOptions, router_address),
    offset_of!(ServerOptions, server),
    offset_of!(ServerOptions, scope_id),
];
/// Where the pointer of each text is, and where its length.
const TEXTS: [(usize, usize); 7] = [
    (
        offset_of!(ServerOptions, parameter_request_list),
        offset_of!(ServerOptions, parameter_request_list_length),
    ),
    (
        offset_of!(ServerOptions, machine_name),
        offset_of!(ServerOptions, machine_name_length),
    ),
    (offset_of!(ServerOptions, client_hardware_address), HARDWARE_LENGTH),
    (
        offset_of!(ServerOptions, class_identifier),
        offset_of!(ServerOptions, class_identifier_length),
    ),
    (
        offset_of!(ServerOptions, vendor_class),
        offset_of!(ServerOptions, vendor_class_length),
    ),
    (
        offset_of!(ServerOptions, dns_name),
        offset_of!(ServerOptions, dns_name_length),
    ),
    (
        offset_of!(ServerOptions, ds_domain_name),
        offset_of!(ServerOptions, ds_domain_name_len),
    ),
];
