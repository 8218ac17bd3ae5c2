//! Any calls through an exported table: NULL, any size, any code, pointers at odd addresses, contexts old and new.
//!
//! What may be read has exactly that size, so that the address sanitizer sees one byte too many.
#![no_main]

use core::ffi::c_void;
use core::ptr::{null_mut, without_provenance_mut};

use arbitrary::{Arbitrary, Unstructured};
use dhcp_callout::hook::HookError;
use dhcp_callout::simulate::{HookCall, Observation, Parameter, Server, ServerFields};
use dhcp_callout::{Message, ServiceControl};
use dhcp_callout_fuzz::{AUTHOR, REFUSED, entry};
use libfuzzer_sys::fuzz_target;

/// A call, but for its packet.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Step {
    hook: u8,
    context: u8,
    flags: u8,
    nulls: u8,
    code: u8,
    length: u16,
}

/// Most calls of one run.
const MOST: usize = 6;

thread_local! {
    /// SAFETY: the entry point is made by the macro.
    static SERVER: Server = unsafe { Server::load(entry) }.expect("the table is empty");
}

fuzz_target!(|data: &[u8]| SERVER.with(|server| {
    let mut data = Unstructured::new(data);
    let mut contexts = Vec::new();
    for _ in 0..MOST {
        if data.is_empty() {
            break;
        }
        let Ok(step) = Step::arbitrary(&mut data) else { break };
        let length = usize::from(step.length).min(data.len());
        let Ok(packet) = data.bytes(length) else { break };
        let seen = step.call(server, packet, &contexts);
        if step.hook & 7 == 0 {
            contexts.push(seen.context());
        }
    }
    server.control(ServiceControl::STOP);
    assert_eq!(AUTHOR.in_flight(), 0);
}));

impl Step {
    fn has(self, flag: u32) -> bool {
        self.flags >> flag & 1 == 1
    }

    /// Makes the call, and checks that what was wrong with its arguments was refused, and nothing else.
    fn call(self, server: &Server, packet: &[u8], contexts: &[*mut c_void]) -> Observation {
        let fields = Message::parse(packet)
            .map(ServerFields::from_message)
            .unwrap_or_default();
        // Mostly a code of the hook's own family.
        let code = |family: u32| {
            let foreign = if self.has(0) { u32::from(self.code >> 4) } else { 0 };
            ((family ^ foreign) << 28) | u32::from(self.code & 15)
        };
        let mut call = match self.hook & 7 {
            0 => HookCall::new_packet(packet),
            1 | 2 => HookCall::notice(packet, code(0)),
            3 => HookCall::send(packet).code(code(1)),
            4 => HookCall::address_deleted(packet, code(2)),
            5 => HookCall::address_offered(packet, code(3)),
            6 => HookCall::options_parsed(packet, &fields),
            _ if self.has(1) => HookCall::control(code(0)),
            _ => HookCall::client_deleted(packet),
        };
        call = call.context(match self.context {
            0 => null_mut(),
            255 => without_provenance_mut(packet.len()),
            number => contexts
                .iter()
                .cycle()
                .nth(usize::from(number))
                .copied()
                .unwrap_or_default(),
        });
        let is_null = self.has(2) && self.has(3);
        if is_null {
            call = call.null_packet();
        }
        let is_too_long = self.has(4) && self.has(5);
        if is_too_long {
            call = call.size(4097 + u32::from(self.code));
        }
        let size = match (is_too_long, is_null) {
            (true, _) => 4097 + u32::from(self.code),
            (_, true) => 0,
            _ => u32::try_from(packet.len()).expect("a short input"),
        };
        let parameters = [
            Parameter::Packet,
            Parameter::PacketSize,
            Parameter::PktContext,
            Parameter::ProcessIt,
            Parameter::ServerOptions,
        ];
        for (number, parameter) in parameters.into_iter().enumerate() {
            let offset = (self.nulls >> number & 1 == 0).then_some(usize::from(self.flags >> 6));
            call = call.variable(parameter, offset);
        }
        // A packet that is altered where it is needs the whole buffer.
        let alters = matches!(self.hook & 7, 0 | 3);
        if !alters {
            // SAFETY: other hooks do not alter their packet.
            call = unsafe { call.exact() };
        }

        REFUSED.set(None);
        let seen = server.call(&call);
        assert_eq!(seen.status(), Some(0), "{call:?}");
        assert!(!seen.is_damaged(), "{call:?}");
        let expected = self.expected(code(1), is_null, size);
        if alters {
            assert_eq!(REFUSED.take(), expected, "{call:?}");
        }
        if self.hook & 7 == 0 && expected.is_some() {
            assert!(
                seen.process_it().is_none_or(|process_it| process_it.0 == 1),
                "fails open"
            );
            assert!(!seen.is_swapped() && seen.written().is_none(), "changes nothing");
        }
        seen
    }

    /// Returns the error that the documentation promises to `DhcpNewPktHook` and `DhcpPktSendHook`.
    fn expected(self, code: u32, is_null: bool, size: u32) -> Option<HookError> {
        let null = |number: u32, parameter| (self.nulls >> number & 1 == 1).then_some(HookError::Null { parameter });
        let packet = null(0, "Packet")
            .or(null(1, "PacketSize"))
            .or(is_null.then_some(HookError::Null { parameter: "*Packet" }))
            .or((size > 4096).then_some(HookError::TooLong {
                parameter: "PacketSize",
                size,
            }));
        if self.hook & 7 == 0 {
            null(3, "ProcessIt").or(packet).or(null(2, "PktContext"))
        } else {
            let family = 1;
            (code >> 28 != family)
                .then_some(HookError::ForeignCode { code, family })
                .or(packet)
        }
    }
}
