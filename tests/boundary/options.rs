//! Proves that what the server parsed can be changed where the server has it: the bytes of that field and no other,
//! nothing where there is none, and nothing that stays after a panic.
#![expect(unsafe_code, reason = "hooks are called with raw pointers")]

use core::ptr::{null_mut, without_provenance_mut};

use dhcp_callout::ffi::{HandleOptionsArguments, ServerOptions};
use dhcp_callout::hook::{Dword, HookError};
use dhcp_callout::simulate::Server;
use dhcp_callout::{Callout, Decision, Host, NewPacket, OnOptionsParsed, ParsedOptions, entry_point};

/// Where each field that can be changed is in [`Memory`], how long it is, and how it is changed.
type Row = (
    &'static str,
    usize,
    usize,
    fn(&mut ParsedOptions<'_>) -> Result<(), HookError>,
);

const NEW: Dword = Dword([0xA1, 0xA2, 0xA3, 0xA4]);

const ROWS: [Row; 8] = [
    ("MessageType", 1, 1, |options| options.set_message_type(0xA0)),
    ("SubnetMask", 3, 4, |options| options.set_subnet_mask(NEW)),
    ("RequestedAddress", 9, 4, |options| options.set_requested_address(NEW)),
    ("RequestLeaseTime", 15, 4, |options| options.set_request_lease_time(NEW)),
    ("OverlayFields", 21, 1, |options| options.set_overlay_fields(0xA0)),
    ("RouterAddress", 23, 4, |options| options.set_router_address(NEW)),
    ("Server", 29, 4, |options| options.set_server(NEW)),
    ("ScopeId", 35, 4, |options| options.set_scope_id(NEW)),
];

/// A packet, in which all the fields are: as a server would have it that copies nothing. No DWORD is aligned.
#[repr(align(4))]
struct Memory([u8; 64]);

impl Memory {
    fn new() -> Self {
        Self(core::array::from_fn(|index| u8::try_from(index).unwrap()))
    }

    /// Passes what a server would pass; `but` may change it.
    fn arguments(
        &mut self,
        options: &mut ServerOptions,
        but: impl FnOnce(&mut ServerOptions),
    ) -> HandleOptionsArguments {
        let start = self.0.as_mut_ptr();
        let at = |offset| start.wrapping_add(offset);
        *options = ServerOptions {
            message_type: at(1),
            subnet_mask: at(3).cast(),
            requested_address: at(9).cast(),
            request_lease_time: at(15).cast(),
            overlay_fields: at(21),
            router_address: at(23).cast(),
            server: at(29).cast(),
            scope_id: at(35).cast(),
            class_identifier: at(0),
            class_identifier_length: 64,
            ..ServerOptions::EMPTY
        };
        but(options);
        HandleOptionsArguments {
            packet: start,
            packet_size: 64,
            reserved: null_mut(),
            pkt_context: null_mut(),
            server_options: options,
        }
    }

    /// Shows what a server parsed to `look`.
    fn parsed<R>(&mut self, but: impl FnOnce(&mut ServerOptions), look: impl FnOnce(ParsedOptions<'_>) -> R) -> R {
        let mut options = ServerOptions::EMPTY;
        let arguments = self.arguments(&mut options, but);
        // SAFETY: the pointers are to `self` and to a variable of this function, and the lengths are not beyond them.
        look(unsafe { ParsedOptions::from_raw(arguments) }.unwrap())
    }
}

#[test]
fn a_change_reaches_the_bytes_of_its_field_and_no_other() {
    for (name, offset, length, set) in ROWS {
        let mut expected = Memory::new().0;
        let new: &[u8] = if length == 1 { &[0xA0] } else { &NEW.0 };
        expected[offset..][..length].copy_from_slice(new);
        let mut memory = Memory::new();
        memory.parsed(
            |_| (),
            |mut options| {
                assert_eq!(set(&mut options), Ok(()), "{name}");
                assert_eq!(options.bytes(), expected, "{name}");
                assert_eq!(options.class_identifier(), Some(&expected[..]), "{name}");
            },
        );
        assert_eq!(memory.0, expected, "{name}");
    }
}

#[test]
fn what_nobody_asks_for_is_not_read() {
    Memory::new().parsed(
        // It would fault.
        |options| options.scope_id = without_provenance_mut(0x10),
        |mut options| {
            assert_eq!(options.message_type(), Some(1));
            options.set_message_type(2).unwrap();
            options.set_server(NEW).unwrap();
            assert_eq!(
                format!("{options:?}"),
                "ParsedOptions { packet: 64 bytes, pkt_context: 0x0, .. }"
            );
        },
    );
}

#[test]
fn what_was_changed_is_read() {
    Memory::new().parsed(
        |_| (),
        |mut options| {
            options.set_message_type(2).unwrap();
            options.set_server(NEW).unwrap();
            assert_eq!((options.message_type(), options.server()), (Some(2), Some(NEW)));
            assert_eq!(options.subnet_mask(), Some(Dword([3, 4, 5, 6])));
        },
    );
}

#[test]
fn a_field_that_is_not_there_cannot_be_changed() {
    let mut memory = Memory::new();
    for (parameter, _, _, set) in ROWS {
        let null = |options: &mut ServerOptions| *options = ServerOptions::EMPTY;
        let changed = memory.parsed(null, |mut options| set(&mut options));
        assert_eq!(changed, Err(HookError::Null { parameter }));
    }
    assert_eq!(memory.0, Memory::new().0);
}

#[test]
fn fields_may_overlap() {
    let mut memory = Memory::new();
    memory.parsed(
        |options| options.server = options.subnet_mask.wrapping_byte_add(2),
        |mut options| {
            options.set_subnet_mask(NEW).unwrap();
            assert_eq!(options.server(), Some(Dword([0xA3, 0xA4, 7, 8])));
            options.set_server(Dword([0; 4])).unwrap();
            assert_eq!(options.subnet_mask(), Some(Dword([0xA1, 0xA2, 0, 0])));
        },
    );
    assert_eq!(memory.0[..10], [0, 1, 2, 0xA1, 0xA2, 0, 0, 0, 0, 9]);
}

/// Changes all fields, from the first or from the last on, and each twice in a row; panics if the first byte of the
/// packet is not 0.
struct Changer;

impl Callout for Changer {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

impl OnOptionsParsed for Changer {
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, _: Option<&()>) {
        let mut sets = ROWS.map(|(_, _, _, set)| set);
        if options.bytes()[0] == 2 {
            sets.reverse();
        }
        for set in sets.iter().flat_map(|set| [set; 2]) {
            set(options).unwrap();
        }
        assert!(options.bytes()[0] == 0, "asked for");
    }
}

static CHANGER: Host<Changer, 1, 0> = Host::new(Changer);
entry_point!(fn changer = CHANGER);

#[test]
fn a_panic_leaves_what_the_server_parsed_as_it_was() {
    // SAFETY: the entry point is made by the macro.
    let server = unsafe { Server::load(changer) }.unwrap();
    let hook = server.table().dhcp_handle_options_hook.unwrap();
    for (panics, overlap) in [(0, 6), (0, 2), (1, 6), (1, 2), (1, 0), (2, 6), (2, 2)] {
        let mut memory = Memory::new();
        memory.0[0] = panics;
        let before = memory.0;
        let mut options = ServerOptions::EMPTY;
        let arguments = memory.arguments(&mut options, |options| {
            options.server = options.subnet_mask.wrapping_byte_add(overlap);
        });
        // SAFETY: as above.
        assert_eq!(unsafe { arguments.pass_to(hook) }, 0);
        assert_eq!(memory.0 == before, panics > 0, "{:?}", memory.0);
        assert_eq!(memory.0[3] == NEW.0[0], panics == 0);
    }
}
