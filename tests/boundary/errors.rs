//! Prints every error of the crate once, and compares with `tests/errors.txt`, so that each text is seen in review.
//!
//! `UPDATE_ERRORS=1 cargo test --test boundary errors` writes the file anew.

use core::fmt::Display;
use core::ptr::null_mut;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::hook::{ChainDlls, LONGEST_LIST, LeftOut};
use dhcp_callout::message::{MessageType, OptionCode, Typed, Value, option};
use dhcp_callout::simulate::{EntryCall, Server, TestPacket};
use dhcp_callout::table::{BufferPool, Context, ContextError, NotifyError, PacketTable};
use dhcp_callout::{
    AddressDeleted, AddressProblem, Callout, Decision, Diagnostic, DllPath, DropReason, Editor, HookError, Host,
    LoadError, Message, NewPacket, Notice, Outcome, PacketBuffer, ReplaceError, Stage, entry_point, ffi,
};

/// The errors, each under the name of its case.
#[derive(Default)]
struct Errors(Vec<(&'static str, String)>);

impl Errors {
    fn add(&mut self, case: &'static str, error: impl Display) {
        self.0.push((case, error.to_string()));
    }

    fn message(&mut self) {
        self.add("ParseError::TruncatedHeader", Message::parse(&[0; 10]).unwrap_err());
        let mut packet = PacketBuffer::request(MessageType::DISCOVER, 7, &[2; 6]).unwrap();
        packet.as_bytes_mut()[2] = 17;
        self.add(
            "ChaddrError",
            Message::parse(packet.as_bytes()).unwrap().chaddr().unwrap_err(),
        );
        let header = &packet.as_bytes()[..240];
        for (case, options) in [
            ("OptionErrorKind::NoLength", &[12][..]),
            ("OptionErrorKind::Truncated", &[12, 9, b'h']),
        ] {
            let packet = [header, options].concat();
            let fault = Message::parse(&packet).unwrap().options().find_map(Result::err);
            self.add(case, fault.unwrap());
        }
        let value = Value::from_slice(option::HOST_NAME.code(), b"host");
        self.add("CopyError", value.copy_to(&mut [0; 3]).unwrap_err());
        self.add("PacketTooLong", PacketBuffer::from_bytes(&[0; 4097]).unwrap_err());
    }

    fn values(&mut self) {
        let pointers: Vec<u8> = [[1, b'a'].as_slice(), &[0]].concat();
        let expanding: Vec<u8> = [
            [63; 1].as_slice(),
            &[b'a'; 63],
            &[63],
            &[b'b'; 63],
            &[63],
            &[b'c'; 63],
            &[0],
            &[0xC0, 0].repeat(500),
        ]
        .concat();
        let mut search = pointers;
        search.extend([0xC0, 9]);
        for (case, code, bytes) in [
            ("ValueErrorKind::Length", 51, &[1, 2][..]),
            ("ValueErrorKind::Value", 19, &[2]),
            ("ValueErrorKind::Truncated", 124, &[0, 0, 0, 1, 5, 0]),
            ("ValueErrorKind::Prefix", 121, &[33, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("ValueErrorKind::Pointer", 119, &search),
            ("ValueErrorKind::Label", 119, &[0x40, 0]),
            ("ValueErrorKind::Expansion", 119, &expanding),
            ("ValueErrorKind::SuboptionNoLength", 82, &[1]),
            ("ValueErrorKind::SuboptionTruncated", 82, &[1, 9, 0]),
        ] {
            match Typed::decode(Value::from_slice(OptionCode::from_code(code), bytes)) {
                Ok(typed) => panic!("{case}: {typed}"),
                Err(error) => self.add(case, error),
            }
        }
    }

    fn edit(&mut self, case: &'static str, change: impl FnOnce(&mut Editor<'_, '_>)) {
        let mut packet = PacketBuffer::request(MessageType::DISCOVER, 7, &[2; 6]).unwrap();
        self.add(case, packet.edit(change).unwrap_err());
    }

    fn edits(&mut self) {
        self.edit("EditError::NoRoom", |editor| {
            editor.set_raw(option::VENDOR_SPECIFIC.code(), &[0; 4096]);
        });
        self.edit("EditError::TooManyEdits", |editor| {
            for code in 60..=u8::MAX {
                editor.remove(OptionCode::from_code(code));
            }
        });
        self.edit("EditError::ReservedCode", |editor| {
            editor.set_raw(option::OVERLOAD.code(), &[1]);
        });
        let long = PacketBuffer::request(MessageType::DISCOVER, 7, &[2; 17]);
        self.add("EditError::FieldTooLong", long.unwrap_err());
        self.edit("EditError::Value", |editor| {
            editor.set(option::HOST_NAME, "");
        });
        self.edit("EditError::NoEncoding", |editor| {
            editor.set(option::DOMAIN_SEARCH, ["a..b"].as_slice());
        });
        let mut packet = PacketBuffer::request(MessageType::OFFER, 7, &[2; 6]).unwrap();
        packet.as_bytes_mut()[240..247].copy_from_slice(&[53, 1, 2, 52, 1, 1, 255]);
        packet.as_bytes_mut()[108..112].copy_from_slice(&[12, 1, b'h', 255]);
        let held = packet.edit(|editor| _ = editor.file(b"boot"));
        self.add("EditError::FieldHoldsOptions", held.unwrap_err());
        packet.as_bytes_mut()[236] = 1;
        let vendor = packet.edit(|editor| _ = editor.set(option::HOST_NAME, "host"));
        self.add("EditError::VendorArea", vendor.unwrap_err());
    }

    /// Adds an error that names a context, which differs from run to run.
    fn add_about(&mut self, context: Context, case: &'static str, error: impl Display) {
        let text = error.to_string();
        let hidden = text.replace(&context.to_string(), "CONTEXT");
        assert_ne!(text, hidden, "{case}");
        self.0.push((case, hidden));
    }

    fn table(&mut self) {
        let table = PacketTable::<u8, 1>::new();
        let context = table.admit(1).unwrap().context;
        self.add("Full", table.admit(2).map(drop).unwrap_err());
        let drop = Notice::Dropped(DropReason::DUPLICATE);
        let _ = table.notify(context, drop).unwrap();
        self.add(
            "Violation::RepeatedDrop",
            table.notify(context, drop).map(|_| ()).unwrap_err(),
        );
        let _ = table.notify(context, Notice::Processed).unwrap();
        self.add_about(
            context,
            "ContextError::Stale",
            table.get(context).map(|_| ()).unwrap_err(),
        );
        self.add_about(context, "ContextError::Invalid", ContextError::Invalid(context));
        self.add_about(
            context,
            "ContextError::TooManyBorrows",
            NotifyError::from(ContextError::TooManyBorrows(context)),
        );
        let (hook, error) = ("DhcpPktSendHook", ContextError::Stale(context));
        self.add_about(
            context,
            "Diagnostic::ContextRefused",
            Diagnostic::ContextRefused { hook, error },
        );
        let done = Stage::InFlight.advance(Notice::Processed).unwrap();
        self.add("Violation::AfterDone", done.advance(drop).unwrap_err());
    }

    fn hooks(&mut self) {
        let pool = BufferPool::<1>::new();
        let taken = pool.take();
        self.add("PoolExhausted", ReplaceError::from(pool.take().unwrap_err()));
        drop(taken);
        let packet = PacketBuffer::request(MessageType::DISCOVER, 7, &[2; 6]).unwrap();
        let mut packet = TestPacket::new(packet.as_bytes()).unwrap().untracked();
        let replaced = packet.send_packet(|packet| packet.replace_with(b""));
        self.add("ReplaceError::NotTracked", replaced.unwrap_err());
        let path = ChainDlls::new(&[65, 66]).find_map(Result::err);
        self.add("UnterminatedPath", path.unwrap());
    }

    #[expect(unsafe_code, reason = "an entry point is called with raw pointers")]
    fn loading(&mut self) {
        self.add("LoadError", FAILURE);
        // SAFETY: the entry point is that which the macro made.
        let refused = unsafe { Server::load(failing) };
        self.add("EntryRefused", refused.map(drop).unwrap_err());

        let mut raw = ffi::ProbArguments {
            packet: null_mut(),
            packet_size: 5000,
            control_code: 9,
            ip_address: 0,
            alt_address: 0,
            reserved: null_mut(),
            pkt_context: null_mut(),
        };
        // SAFETY: the packet is NULL.
        let foreign = unsafe { AddressDeleted::from_raw(raw) };
        self.add("HookError::ForeignCode", foreign.map(drop).unwrap_err());
        raw.control_code = AddressProblem::CONFLICT.code();
        // SAFETY: as above.
        let null = unsafe { AddressDeleted::from_raw(raw) };
        self.add("HookError::Null", null.map(drop).unwrap_err());
        let mut byte = 0;
        raw.packet = &raw mut byte;
        // SAFETY: of a packet that is longer than 4096 bytes nothing is asked.
        let long = unsafe { AddressDeleted::from_raw(raw) };
        self.add("HookError::TooLong", long.map(drop).unwrap_err());
        self.add("HookError::TakenBack", HookError::TakenBack);
    }

    /// What a callout is told of entry points and lists of DLLs.
    #[expect(unsafe_code, reason = "an entry point is called with raw pointers")]
    fn lists(&mut self) {
        // SAFETY: the entry points are those which the macro made.
        unsafe { EntryCall::DEFAULT.version(1).enter(linked) };
        self.heard(&["HookError::Version"]);

        let mut table = ffi::CalloutTable::EMPTY;
        let mut odd = [0_u32; 2];
        // SAFETY: the table is there, and a list at an odd address is not read.
        unsafe { unlinked((&raw mut odd).wrapping_byte_add(1).cast(), 0, &raw mut table) };
        self.heard(&["HookError::UnalignedList"]);

        let mut list: Vec<u16> = "none\0failing\0other\0other\0third\0".encode_utf16().collect();
        list.resize(LONGEST_LIST, u16::from(b'a'));
        // SAFETY: the table is there, and so many units can be read.
        unsafe { linked(list.as_mut_ptr(), 0, &raw mut table) };
        self.heard(&[
            "HookError::EndlessList",
            "LeftOut::NotFound",
            "Diagnostic::LeftOut, path known",
            "LeftOut::Refused",
            "LeftOut::Repeated",
            "LeftOut::TooMany",
            "LeftOut::Unterminated",
            "Diagnostic::LeftOut",
        ]);
    }

    /// What a callout is told beside errors.
    fn diagnostics(&mut self) {
        let (hook, notice) = ("DhcpNewPktHook", Notice::Dropped(DropReason::NOADDRESS));
        let error = HookError::Null { parameter: "Packet" };
        let stage = Stage::InFlight;
        let rejected = NotifyError::from(Stage::Done(Outcome::Processed).advance(notice).unwrap_err());
        for (case, diagnostic) in [
            (
                "Diagnostic::ArgumentsRefused",
                Diagnostic::ArgumentsRefused { hook, error },
            ),
            (
                "Diagnostic::NoticeRejected",
                Diagnostic::NoticeRejected {
                    notice,
                    error: rejected,
                },
            ),
            ("Diagnostic::Panicked", Diagnostic::Panicked { hook }),
            ("Diagnostic::NotTracked", Diagnostic::NotTracked),
            ("Diagnostic::ChainFull", Diagnostic::ChainFull),
            ("Diagnostic::ReplacementUndone", Diagnostic::ReplacementUndone { hook }),
            ("Diagnostic::Lost", Diagnostic::Lost { stage }),
            ("Diagnostic::ChainLost", Diagnostic::ChainLost { stage }),
            ("Diagnostic::Unchained", Diagnostic::Unchained { dlls: 2 }),
            (
                "Diagnostic::MemberRefused",
                Diagnostic::MemberRefused { member: 1, packet: &[] },
            ),
            ("Diagnostic::NotTold", Diagnostic::NotTold { notice, member: 1 }),
            (
                "Diagnostic::MemberPointers",
                Diagnostic::MemberPointers {
                    hook,
                    member: 1,
                    error: HookError::Null { parameter: "*Packet" },
                },
            ),
        ] {
            self.add(case, diagnostic);
        }
    }

    /// Adds what the callouts have been told, in this order.
    fn heard(&mut self, cases: &[&'static str]) {
        let told: Vec<_> = TOLD.lock().unwrap().drain(..).collect();
        assert_eq!(told.len(), cases.len(), "{told:#?}");
        self.0.extend(cases.iter().copied().zip(told));
    }
}

const FAILURE: LoadError = LoadError::new(core::num::NonZeroU32::MIN);

struct Failing;

impl Callout for Failing {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }

    fn load(&'static self) -> Result<(), LoadError> {
        Err(FAILURE)
    }
}

static FAILING: Host<Failing> = Host::new(Failing);
entry_point!(fn failing = FAILING);

/// What the callouts were told.
static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Told;

impl Callout for Told {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        let mut told = TOLD.lock().unwrap();
        match diagnostic {
            Diagnostic::ArgumentsRefused { error, .. } => told.push(error.to_string()),
            Diagnostic::LeftOut { path, reason } => {
                told.push(reason.to_string());
                // A path of the list, and none.
                if matches!(reason, LeftOut::NotFound) || path.is_none() {
                    told.push(diagnostic.to_string());
                }
            }
            _ => {}
        }
    }
}

static LINKED: Host<Told> = Host::new(Told);
static CHAIN: Chain<64, 2> = Chain::new();
entry_point!(fn linked = LINKED, chain = CHAIN, find = find);

static UNLINKED: Host<Told> = Host::new(Told);
entry_point!(fn unlinked = UNLINKED);

#[expect(unsafe_code, reason = "that an entry point is one is promised")]
fn find(path: DllPath<'_>) -> Option<LoadedDll> {
    let entry: ffi::EntryPoint = match path.to_string().as_str() {
        "failing" => failing,
        "other" => other,
        "third" => third,
        _ => return None,
    };
    // SAFETY: the macro made it.
    Some(unsafe { LoadedDll::new(entry) })
}

static OTHER: Host<Told> = Host::new(Told);
entry_point!(fn other = OTHER);

static THIRD: Host<Told> = Host::new(Told);
entry_point!(fn third = THIRD);

#[test]
fn every_error_says_what_it_should() {
    let mut errors = Errors::default();
    errors.message();
    errors.values();
    errors.edits();
    errors.table();
    errors.hooks();
    errors.loading();
    errors.lists();
    errors.diagnostics();
    let lines: Vec<_> = errors
        .0
        .iter()
        .map(|(case, text)| format!("{case}\n    {text}\n"))
        .collect();
    let printed = lines.concat();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors.txt");
    if std::env::var_os("UPDATE_ERRORS").is_some() {
        fs::write(&file, &printed).unwrap();
    }
    assert_eq!(printed, fs::read_to_string(file).unwrap());
    for text in error_texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let is_printed = errors.0.iter().any(|(_, printed)| matches(&text, printed));
        assert!(is_printed, "no case prints this error: {text}");
        assert!(!text.ends_with('.') && !text.starts_with(char::is_uppercase) || text.starts_with("ControlCode"));
    }
}

/// The texts of all errors in a folder of sources, as they are written there.
fn error_texts(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(error_texts(&path));
        } else {
            let source = fs::read_to_string(&path).unwrap();
            // What the server does is told by hand.
            let by_hand = ["write!(", "f.write_str("].map(|start| (start, path.ends_with("hook/diagnostic.rs")));
            for (start, is_searched) in [("#[error(", true)].into_iter().chain(by_hand) {
                let starts = source.split(start).skip(1).filter(|_| is_searched);
                let quoted = starts.filter_map(|rest| {
                    let text = rest.trim_start().trim_start_matches("f,").trim_start();
                    text.strip_prefix('"')
                });
                texts.extend(quoted.map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
    }
    texts
}

/// Returns whether `printed` has all that is outside of braces in `text`, in this order.
fn matches(text: &str, printed: &str) -> bool {
    let mut rest = printed;
    text.split('{').enumerate().all(|(index, part)| {
        let literal = if index == 0 {
            part
        } else {
            part.split_once('}').unwrap().1
        };
        let found = rest.split_once(literal).map(|(_, after)| after);
        rest = found.unwrap_or_default();
        found.is_some()
    })
}
