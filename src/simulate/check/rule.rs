//! The rules that a callout must keep: a row each.

use core::fmt;

/// How much it matters that a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Some server, client or relay may be harmed.
    Fault,
    /// It may be meant, but is seldom what the author wants.
    Advice,
}

/// Defines the rules.
macro_rules! rules {
    ($($Rule:ident: $Severity:ident $sentence:literal;)+) => {
        /// A rule that [`check`](super::check) holds a callout against.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(
                #[doc = concat!("*", stringify!($Severity), ":* ", $sentence, ".")]
                $Rule,
            )+
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$Rule),+];

            /// Returns how much it matters that the rule is broken.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$Rule => Severity::$Severity,)+
                }
            }

            /// Returns what a callout that breaks the rule does.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$Rule => $sentence,)+
                }
            }
        }
    };
}

rules! {
    EntryRefuses: Fault "the entry point refuses version 0, the only one that is documented, or its `load` fails";
    EntryAcceptsAny: Fault "the entry point accepts a version that is not documented";
    EntryWritesOnFailure: Fault "the entry point fails, but writes into the callout table";
    EntryWritesOutside: Fault "the entry point writes into the list of DLLs, or beside the table";
    EntryUnstable: Fault "a further call of the entry point gives another table, or none";
    EntryReserved: Fault "the entry point sets a hook that is reserved";
    EntryWithoutHooks: Advice "the entry point succeeds without a hook: the DLL does nothing, and switches off those after it";
    NotLoaded: Advice "the DLLs after this one are neither loaded nor called, and so are switched off; why, `Callout::diagnostic` hears (`Unchained`, `LeftOut`), if it was not loaded before without them";
    NotChained: Advice "the DLLs after this one do not hear of this hook";
    NextContext: Fault "the DLLs after this one get another context than the one that they have set for the packet";
    Panics: Fault "a hook panics, or `Callout::diagnostic` in it; the panic is contained, but what it was to do is not done";
    ContextWithoutEnd: Fault "packets get contexts, but no PktDrop hook is there to hear of their end";
    ContextShared: Advice "two packets in flight have the same context";
    ContextAfterEnd: Fault "the context of a packet that was processed still changes what the callout does";
    ProcessIt: Advice "ProcessIt is neither 0 nor 1, or the callout goes by what was in it before the call";
    PacketNull: Fault "the packet is NULL after the call";
    PacketTooLong: Fault "the packet is longer than 4096 bytes after the call";
    PacketOutside: Fault "the packet is beside the server's buffer after the call, or reaches beyond it";
    WriteOutside: Fault "a byte before or after the buffer of the packet, or a variable, is written";
    WriteToInput: Fault "a byte is written that the hook may only read";
    WriteBeyondSize: Advice "a byte of the buffer is written that the packet does not reach";
    ReplacementChanged: Fault "a packet that replaces the server's changes before it is processed";
    KeptArguments: Fault "memory is used that was lent for an earlier call, or that nobody has written";
    ReplyMalformed: Fault "the options of a reply can no longer be read";
    ReplyOfAnother: Fault "a reply is the one to another packet";
    ReplyType: Fault "a reply has another message type, or another op, than the server's";
    ReplyTransaction: Fault "a reply has another transaction id than the server's";
    ReplyClient: Fault "a reply has another hardware address (htype, hlen, chaddr) than the server's";
    ReplyAddress: Fault "a reply has another address of the client (ciaddr, yiaddr) than the server's";
    ReplyServer: Fault "a reply has another server identifier (54) than the server's";
    ReplyRelay: Fault "a reply has other relay agent information (82), or another giaddr, than the server's";
    ReplyTooLong: Fault "a reply is longer than its client takes: 576 bytes, or what option 57 of the request says";
    ReplyWithoutEnd: Fault "a reply has lost its END";
    ReplyContinuation: Advice "a reply has an option 250 that continues no other";
    DependsOnThread: Fault "the callout does something else if the hooks of a packet are called on several threads";
    DependsOnByteOrder: Advice "the callout does something else if the DWORDs of DHCP_SERVER_OPTIONS are in the other byte order; which it is, no document says: read the packet";
    DependsOnPause: Advice "the callout does something else after the service was paused and continued";
    DependsOnRestart: Advice "the callout does something else after the service was stopped and started";
    Slow: Advice "a hook other than DhcpControlHook takes longer than 250 ms, for the third time in a run";
    SlowTogether: Advice "all calls of hooks other than DhcpControlHook together take longer than 20 s, of which the one named here is the slowest";
}

/// The name of the rule.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
