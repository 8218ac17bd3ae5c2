//! The changes that an editor has noted.

use super::super::code::{OptionCode, Overload};
use super::super::codec::Noted;
use super::super::option;
use super::super::walk::{LONGEST, RawOption};
use super::super::{CAPACITY, Message, OPTIONS_OFFSET};
use super::error::{EditError, MAX_EDITS};

pub(super) const RELAY: OptionCode = option::RELAY_AGENT_INFORMATION.code();

/// How far from the packet's first byte `retain` can remove an option.
const MAX_RETAIN_OFFSET: usize = CAPACITY;

/// The form in which a value of more than 255 bytes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum LongForm {
    /// As several options of its code ([RFC 3396](https://www.rfc-editor.org/rfc/rfc3396)).
    #[default]
    Repeated,
    /// As one option of its code and options 250 directly after it, as Microsoft's clients and servers write it
    /// (\[MS-DHCPE\] section 2.2.9).
    Continued,
}

impl LongForm {
    /// Returns the form that the client reads that sent `request`: [`Continued`](Self::Continued) if its vendor class
    /// (60) begins with `MSFT`.
    #[must_use]
    pub fn for_client(request: Message<'_>) -> Self {
        match request.value(option::CLASS_ID) {
            Ok(Some(class)) if class.starts_with(option::microsoft::CLASS_ID_PREFIX) => Self::Continued,
            _ => Self::Repeated,
        }
    }
}

/// The datagram that every client takes, in bytes (RFC 2131 section 2).
const DATAGRAM: usize = 576;

/// Bytes of the headers of IP and UDP in a datagram.
const DATAGRAM_HEADERS: usize = 20 + 8;

impl Message<'_> {
    /// Returns how many bytes a reply to this request may have, for [`Editor::limit`](super::Editor::limit): what
    /// option 57 says, but 576 at least, less the 28 bytes of the headers of IP and UDP.
    ///
    /// RFC 2132 section 9.10 does not say whether option 57 counts these, and clients differ; the shorter reply fits
    /// either way.
    ///
    /// ```
    /// use dhcp_callout::{MessageType, PacketBuffer, option};
    ///
    /// let mut discover = PacketBuffer::request(MessageType::DISCOVER, 1, &[2, 0, 0, 0, 0, 1])?;
    /// assert_eq!(discover.message()?.longest_reply(), 548);
    /// discover.edit(|editor| _ = editor.set(option::MAX_MESSAGE_SIZE, 1500))?;
    /// assert_eq!(discover.message()?.longest_reply(), 1472);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn longest_reply(self) -> usize {
        self.longest_datagram().saturating_sub(DATAGRAM_HEADERS)
    }

    /// Returns how many bytes the datagram of a reply may have: what option 57 says, but 576 at least.
    pub(crate) fn longest_datagram(self) -> usize {
        let asked = self.find(option::MAX_MESSAGE_SIZE);
        asked.map_or(DATAGRAM, usize::from).max(DATAGRAM)
    }
}

/// All changes that one pass is to make. The typed values are in the editor's block, one after the other, from
/// [`OPTIONS_OFFSET`] on.
pub(super) struct Script<'v> {
    /// INVARIANT: the first `count` are there, and no others.
    edits: [Option<Edit<'v>>; MAX_EDITS],
    count: usize,
    /// Bytes of all typed values. INVARIANT: they are in the block.
    typed_len: usize,
    pub(super) marks: Marks,
    /// Whether no edit needs a [pass](super::pass).
    pub(super) is_plain: bool,
    /// One bit for each offset at which an option is not retained.
    dropped: Option<[u64; MAX_RETAIN_OFFSET / 64]>,
    /// The first error.
    pub(super) error: Option<EditError>,
    /// The fields that are given other contents than options.
    pub(super) given_fields: Overload,
    /// Whether the options in `file` and `sname` move to the options field.
    pub(super) frees_fields: bool,
    pub(super) long_form: LongForm,
    pub(super) limit: usize,
    pub(super) pad_to: usize,
    /// How many bytes of the new packet are in the block already: 0, or the header.
    pub(super) copied: usize,
}

/// One change of one option.
#[derive(Clone, Copy)]
pub(super) struct Edit<'v> {
    pub(super) code: OptionCode,
    pub(super) change: Change,
    value: Noted<'v>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Remove,
    Set,
    Append,
    /// Set, and a [plain](super::plain) edit has found its place.
    Placed,
}

impl<'v> Edit<'v> {
    /// Returns the value that is set or appended; `typed` are the typed values.
    #[inline]
    pub(super) fn value<'p>(&self, typed: &'p [u8]) -> &'p [u8]
    where
        'v: 'p,
    {
        self.value.read(typed)
    }

    /// Returns the value if one option holds it for certain: one of less than 255 bytes, and not of a 250.
    #[inline]
    pub(super) fn short_value<'p>(&self, typed: &'p [u8]) -> Option<&'p [u8]>
    where
        'v: 'p,
    {
        let value = self.value(typed);
        (value.len() < LONGEST && self.code != OptionCode::CONTINUATION).then_some(value)
    }
}

/// The codes at which a [plain](super::plain) edit has to look: those of the edits, PAD, END, and options 52 and 82.
///
/// One bit for each, by the low six bits of the code, so that others of the same bit are looked at too. It is asked for
/// each option, and fits into a register.
#[derive(Clone, Copy)]
pub(super) struct Marks(u64);

impl Marks {
    const fn new() -> Self {
        Self(
            Self::bit(OptionCode::PAD.code())
                | Self::bit(OptionCode::END.code())
                | Self::bit(OptionCode::OVERLOAD.code())
                | Self::bit(RELAY.code()),
        )
    }

    #[inline]
    const fn bit(code: u8) -> u64 {
        1 << (code & 63)
    }

    #[inline]
    const fn add(&mut self, code: OptionCode) {
        self.0 |= Self::bit(code.code());
    }

    #[inline]
    pub(super) const fn may_have(self, code: u8) -> bool {
        self.0 & Self::bit(code) != 0
    }
}

impl<'v> Script<'v> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            edits: [None; MAX_EDITS],
            count: 0,
            typed_len: 0,
            marks: Marks::new(),
            is_plain: true,
            dropped: None,
            error: None,
            given_fields: Overload::NONE,
            frees_fields: false,
            long_form: LongForm::Repeated,
            limit: CAPACITY,
            pad_to: 0,
            copied: 0,
        }
    }

    /// Keeps the first error.
    #[cold]
    pub(super) fn fail(&mut self, error: EditError) {
        self.error.get_or_insert(error);
        self.is_plain = false;
    }

    /// Returns the changes of options in the order of the calls.
    #[inline]
    pub(super) fn edits(&self) -> impl Iterator<Item = &Edit<'v>> {
        debug_assert!(self.count <= MAX_EDITS, "the edits have their places");
        self.edits.get(..self.count).unwrap_or_default().iter().flatten()
    }

    /// Returns the change at `index` of these.
    #[inline]
    pub(super) fn edit(&self, index: usize) -> Option<&Edit<'v>> {
        self.edits.get(index)?.as_ref()
    }

    /// Returns the changes for changing.
    #[inline]
    pub(super) fn edits_mut(&mut self) -> &mut [Option<Edit<'v>>] {
        debug_assert!(self.count <= MAX_EDITS, "the edits have their places");
        self.edits.get_mut(..self.count).unwrap_or_default()
    }

    /// Notes a change with a value that outlives the editor.
    #[inline]
    pub(super) fn note(&mut self, code: OptionCode, change: Change, value: &'v [u8]) {
        self.add(Edit {
            code,
            change,
            value: Noted::Given(value),
        });
    }

    /// Notes that an option is set to the typed value that is the first `len` bytes of the [free](Self::free) part of
    /// the block.
    #[inline]
    pub(super) fn note_typed(&mut self, code: OptionCode, len: usize) {
        let value = Noted::Typed {
            start: self.typed_len as u16,
            len: len as u16,
        };
        self.typed_len = self.typed_len.wrapping_add(len);
        self.add(Edit {
            code,
            change: Change::Set,
            value,
        });
    }

    #[inline]
    fn add(&mut self, edit: Edit<'v>) {
        if self.marks.may_have(edit.code.code()) && !self.admits(edit.code, edit.change) {
            return;
        }
        let index = self.count;
        let Some(place) = self.edits.get_mut(index) else {
            return self.fail(EditError::TooManyEdits);
        };
        *place = Some(edit);
        self.count = index + 1;
        self.marks.add(edit.code);
    }

    /// Returns whether there can be such a change of `code`; forgets earlier ones of the option if it decides about
    /// that. Special codes are marked from the start.
    #[cold]
    fn admits(&mut self, code: OptionCode, change: Change) -> bool {
        if matches!(code, OptionCode::PAD | OptionCode::END | OptionCode::OVERLOAD) {
            self.fail(EditError::ReservedCode { code });
            return false;
        }
        self.is_plain &= code != RELAY;
        if change != Change::Append {
            let edits = self.edits;
            let mut kept = edits.into_iter().flatten().filter(|other| other.code != code);
            self.edits = core::array::from_fn(|_| kept.next());
            self.count = self.edits.iter().flatten().count();
        }
        true
    }

    /// Undoes what a [plain](super::plain) edit has begun.
    pub(super) fn forget_places(&mut self) {
        for edit in self.edits.iter_mut().flatten() {
            if edit.change == Change::Placed {
                edit.change = Change::Set;
            }
        }
    }

    /// Returns the part of the block that the values of further edits can have.
    #[inline]
    pub(super) fn free<'b>(&self, block: &'b mut [u8; CAPACITY]) -> &'b mut [u8] {
        let free = block.get_mut(OPTIONS_OFFSET.wrapping_add(self.typed_len)..);
        debug_assert!(free.is_some(), "the values are in the block");
        free.unwrap_or_default()
    }

    /// A value of `len` bytes does not fit into the free part of the block.
    #[cold]
    pub(super) fn fail_for_room(&mut self, len: usize) {
        self.fail(EditError::NoRoom {
            needed: OPTIONS_OFFSET.wrapping_add(self.typed_len).saturating_add(len),
            available: CAPACITY,
        });
    }

    /// Moves the typed values to the end of the block, and splits it there.
    #[inline]
    pub(super) fn gather<'b>(&self, block: &'b mut [u8; CAPACITY]) -> (&'b mut [u8], &'b mut [u8]) {
        if self.typed_len > 0 {
            let room = block.get_mut(OPTIONS_OFFSET..).unwrap_or_default();
            debug_assert!(self.typed_len <= room.len(), "the typed values are in the block");
            let len = self.typed_len.min(room.len());
            room.copy_within(..len, room.len() - len);
        }
        self.split(block)
    }

    /// Splits the block before the typed values at its end.
    #[inline]
    pub(super) fn split<'b>(&self, block: &'b mut [u8; CAPACITY]) -> (&'b mut [u8], &'b mut [u8]) {
        debug_assert!(self.typed_len <= CAPACITY, "values of {} bytes", self.typed_len);
        let start = CAPACITY.saturating_sub(self.typed_len);
        block.split_at_mut_checked(start).unwrap_or_default()
    }

    /// Notes that one fragment goes.
    pub(super) fn drop_one(&mut self, option: &RawOption<'_>) {
        let words = self.dropped.get_or_insert([0; MAX_RETAIN_OFFSET / 64]);
        let Some(word) = words.get_mut(option.offset / 64) else {
            return self.fail(EditError::NoRoom {
                needed: option.offset,
                available: MAX_RETAIN_OFFSET,
            });
        };
        *word |= 1 << (option.offset % 64);
        self.is_plain = false;
    }

    /// Returns whether the fragment goes by itself.
    pub(super) fn drops(&self, offset: usize) -> bool {
        let word = self.dropped.as_ref().and_then(|words| words.get(offset / 64));
        word.is_some_and(|word| word >> (offset % 64) & 1 != 0)
    }
}
