//! What the server has parsed from a packet, as it lays it out for `DhcpHandleOptionsHook`.

use alloc::vec::Vec;
use core::mem::offset_of;

use super::memory::{Memory, PlacedPiece, readable};
use crate::ffi::ServerOptions;
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
    /// How many bytes from an aligned address the DWORDs are, modulo 8.
    pub offset: usize,
}

/// The fields in the memory of a call.
pub(super) struct PlacedFields {
    bytes: [Option<PlacedPiece>; 2],
    dwords: [Option<PlacedPiece>; 6],
    texts: [Option<PlacedPiece>; 7],
    /// The structure, without the pointers to them.
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

    /// Turns the DWORDs into the byte order of the host, if that `is_host`.
    pub(super) fn in_order(mut self, is_host: bool) -> Self {
        for Dword(bytes) in self.dwords.iter_mut().flatten().filter(|_| is_host) {
            *bytes = u32::from_be_bytes(*bytes).to_ne_bytes();
        }
        self
    }

    /// Puts the fields where a hook can read them.
    pub(super) fn place(&self, memory: &mut Memory<'_>) -> PlacedFields {
        let mut structure = [0; size_of::<ServerOptions>()];
        let mut set = |offset: usize, bytes: &[u8]| {
            let place = structure
                .get_mut(offset..)
                .and_then(|place| place.get_mut(..bytes.len()));
            if let Some(place) = place {
                place.copy_from_slice(bytes);
            }
        };
        let bytes = self.bytes.map(|byte| Some(memory.place(&[byte?], 0, 0)));
        let dwords = self
            .dwords
            .map(|dword| Some(memory.place(&dword?.0, 0, self.offset % 8)));
        let mut texts = [None; 7];
        for (((text, place), claim), length_at) in self.texts.iter().zip(&mut texts).zip(self.lengths).zip(LENGTHS) {
            let length = text.as_ref().map_or(0, Vec::len);
            let mut most = usize::MAX;
            if length_at == HARDWARE_LENGTH {
                most = 255;
                set(length_at, &[u8::try_from(length).unwrap_or(u8::MAX)]);
            } else {
                let length = claim.or(u32::try_from(length).ok()).unwrap_or(u32::MAX);
                set(length_at, &length.to_ne_bytes());
            }
            let text = text.as_ref().map(|text| text.get(..most).unwrap_or(text));
            *place = text.map(|text| memory.place(text, readable(claim), 0));
        }
        set(
            offset_of!(ServerOptions, client_hardware_address_type),
            &[self.hardware_type],
        );
        set(offset_of!(ServerOptions, dns_flags), &self.dns_flags.to_ne_bytes());
        set(
            offset_of!(ServerOptions, ds_domain_name_requested),
            &[self.domain_requested],
        );
        PlacedFields {
            bytes,
            dwords,
            texts,
            structure,
        }
    }

    /// Returns the fields as a hook has left them.
    pub(super) fn left(&self, placed: &PlacedFields, memory: &Memory<'_>) -> Self {
        Self {
            bytes: placed.bytes.map(|place| Some(u8::from_ne_bytes(memory.array(place?)))),
            dwords: placed.dwords.map(|place| Some(Dword(memory.array(place?)))),
            texts: placed.texts.map(|place| Some(memory.bytes(place?).to_vec())),
            ..*self
        }
    }
}

impl PlacedFields {
    /// Lets the structure in memory point at the fields.
    pub(super) fn point(&self, structure: Option<PlacedPiece>, memory: &Memory<'_>) {
        let offsets = BYTES.into_iter().chain(DWORDS).chain(TEXTS);
        let places = self.bytes.iter().chain(&self.dwords).chain(&self.texts);
        for (offset, place) in offsets.zip(places) {
            if let Some(place) = place {
                memory.point(structure, offset, place.pointer);
            }
        }
    }
}

/// Where the structure has its fields.
macro_rules! offsets {
    ($($field:ident)+) => { [$(offset_of!(ServerOptions, $field)),+] };
}
const BYTES: [usize; 2] = offsets!(message_type overlay_fields);
const DWORDS: [usize; 6] = offsets!(subnet_mask requested_address request_lease_time router_address server scope_id);
const TEXTS: [usize; 7] = offsets!(
    parameter_request_list machine_name client_hardware_address class_identifier vendor_class dns_name ds_domain_name
);
/// Where it has the length of each text.
const LENGTHS: [usize; 7] = offsets!(
    parameter_request_list_length machine_name_length client_hardware_address_length class_identifier_length
    vendor_class_length dns_name_length ds_domain_name_len
);
const HARDWARE_LENGTH: usize = offset_of!(ServerOptions, client_hardware_address_length);
