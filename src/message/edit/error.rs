//! What can be wrong with an edit.

use super::super::walk::{Area, OptionError};
use super::super::{OptionCode, ParseError, ValueError};

/// How many changes of options one edit takes.
///
/// Each call of a method that changes an option counts once, unless it replaces an earlier one; the fields of the
/// header, [`retain`](super::Editor::retain) and [`free_fields`](super::Editor::free_fields) do not count.
pub const MAX_EDITS: usize = 16;

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
    /// A typed value that its own format would not read, such as an empty list; offsets are from its first byte.
    #[error("the value for option {}, from its byte {} on: {}", _0.code(), _0.offset(), _0.kind())]
    Value(ValueError),
    /// A typed value that has no encoding, such as a domain name with an empty label.
    #[error(
        "the value for option {code} cannot be written in its format: a part of it is empty, too long or out of range"
    )]
    NoEncoding {
        /// The code of the option.
        code: OptionCode,
    },
    /// The edited packet would be longer than the buffer or the limit; or the typed values that were set, replaced ones
    /// included, are longer together than a packet can be; or an option was not retained that begins after so many
    /// bytes.
    #[error("the edit needs {needed} bytes, {available} are available")]
    NoRoom {
        /// Bytes that the edited packet needs, filling not counted unless it was asked for; or that the header and the
        /// typed values need together; or where the option begins.
        needed: usize,
        /// Bytes that it may have.
        available: usize,
    },
    /// More changes of options than one edit takes.
    #[error("more than {MAX_EDITS} changes of options in one edit: make a second edit")]
    TooManyEdits,
    /// PAD (0) and END (255) are no options, and option 52 follows from what is in `file` and `sname`.
    #[error("option {code} cannot be edited: PAD, END and option 52 follow from the others")]
    ReservedCode {
        /// The code.
        code: OptionCode,
    },
    /// A value that is longer than its field in the header.
    #[error("{field} of {length} bytes, at most {capacity} are possible")]
    FieldTooLong {
        /// The field: `chaddr`, `sname` or `file`.
        field: &'static str,
        /// Bytes of the value.
        length: usize,
        /// Bytes of the field.
        capacity: usize,
    },
    /// A field that holds options after the edit was also given other contents.
    #[error("field {area} holds options, and cannot be set: `free_fields` moves them")]
    FieldHoldsOptions {
        /// The field: `file` or `sname`.
        area: Area,
    },
    /// An option was added to a BOOTP message that has something other than zeros in place of the magic cookie.
    #[error("offset 236 has neither the magic cookie 63 82 53 63 nor zeros, so that options cannot be added")]
    VendorArea,
}
