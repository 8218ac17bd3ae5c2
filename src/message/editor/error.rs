//! What can be wrong with an edit.

use super::super::walk::{Area, OptionError};
use super::super::{OptionCode, ParseError, ValueError};
use super::MAX_EDITS;

/// An edit that is not made; the packet is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The packet is shorter than the header.
    #[error(transparent)]
    Header(#[from] ParseError),
    /// The options of the packet are malformed; this is the first fault of the walk over them.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// The edited packet would be longer than the buffer or the limit.
    #[error("{needed} bytes needed, {available} available")]
    NoRoom {
        /// Bytes that the edited packet needs, filling not counted unless it was asked for.
        needed: usize,
        /// Bytes that it may have.
        available: usize,
    },
    /// More changes of options than one edit takes.
    #[error("more than {MAX_EDITS} changes of options in one edit")]
    TooManyEdits,
    /// PAD (0) and END (255) are no options, and the editor itself keeps option 52.
    #[error("option {code} cannot be edited")]
    ReservedCode {
        /// The code.
        code: OptionCode,
    },
    /// A typed value that its own format would not read, such as an empty list; offsets are from its first octet.
    #[error(transparent)]
    Value(ValueError),
    /// A typed value that has no encoding, such as a domain name with an empty label.
    #[error("value for option {code} has no encoding")]
    NoEncoding {
        /// The code of the option.
        code: OptionCode,
    },
    /// The typed values of one editor are longer together than it has room for; raw values need none.
    #[error("typed values of {needed} octets, {available} available")]
    ValuesTooLong {
        /// Octets of the value that does not fit.
        needed: usize,
        /// Octets that the values before it have left.
        available: usize,
    },
    /// A hardware address of more than 16 octets.
    #[error("hardware address of {length} octets, the chaddr field has 16")]
    ChaddrTooLong {
        /// Octets of the address.
        length: usize,
    },
    /// A server name of more than 64 octets.
    #[error("server name of {length} octets, the sname field has 64")]
    SnameTooLong {
        /// Octets of the name.
        length: usize,
    },
    /// A boot file name of more than 128 octets.
    #[error("boot file name of {length} octets, the file field has 128")]
    FileTooLong {
        /// Octets of the name.
        length: usize,
    },
    /// A field that holds options after the edit was also given other contents.
    #[error("field {area:?} holds options")]
    FieldHoldsOptions {
        /// The field: `file` or `sname`.
        area: Area,
    },
    /// An option was added to a BOOTP message that has something other than zeros in place of the magic cookie.
    #[error("vendor area at offset 236 without the magic cookie, but not empty")]
    VendorArea,
    /// An option other than 43 and 82, whose sub-options cannot be edited.
    #[error("option {code} has no sub-options that can be edited")]
    NoSuboptions {
        /// The code of the option.
        code: OptionCode,
    },
    /// A sub-option 0 or 255 of option 43: these are PAD and END there (RFC 2132 section 8.4).
    #[error("sub-option {suboption} of option {code} cannot be edited")]
    ReservedSuboption {
        /// The code of the option.
        code: OptionCode,
        /// The code of the sub-option.
        suboption: u8,
    },
    /// A sub-option of more than 255 octets; sub-options cannot be split.
    #[error("sub-option {suboption} of option {code} of {length} octets, at most 255 are possible")]
    SuboptionTooLong {
        /// The code of the option.
        code: OptionCode,
        /// The code of the sub-option.
        suboption: u8,
        /// Octets of the new value.
        length: usize,
    },
    /// A sub-option runs past the end of the option that is to be edited.
    #[error("sub-option {suboption} at offset {offset} runs past the end of option {code}")]
    MalformedSuboption {
        /// The code of the option.
        code: OptionCode,
        /// The code of the sub-option.
        suboption: u8,
        /// Offset of the sub-option, in bytes from the packet's first byte; inside a value that is set by the same
        /// edit, from the first byte of that value.
        offset: usize,
    },
}
