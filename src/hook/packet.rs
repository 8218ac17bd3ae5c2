//! The pointers with which the server hands over a packet, and which it reads back.

use core::fmt;
use core::marker::PhantomData;
#[cfg(feature = "simulate")]
use core::net::Ipv4Addr;
use core::ptr::NonNull;

use super::raw::{HookError, checked_length, not_null};
use crate::buffer::{PACKET_CAPACITY, PacketBuffer, PacketTooLong};
use crate::message::{EditError, Editor, Message};
use crate::table::{PoolExhausted, PooledBuffer, Replacements, TakeBuffer};

/// Returns the slice of a packet from its pointer and size.
///
/// # Safety
/// - `packet`, if not NULL, points at `size` bytes that can be read, and that nobody writes, during `'a`, if `size` is
///   at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
///
/// # Errors
/// - [`HookError::Null`] if `packet` is NULL;
/// - [`HookError::TooLong`] if `size` is over [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
pub(crate) unsafe fn read_packet<'a>(packet: *mut u8, size: u32) -> Result<&'a [u8], HookError> {
    // SAFETY: the caller promises the same.
    let packet = unsafe { PacketBytes::from_raw(packet, "Packet", size) }?;
    // SAFETY: the caller promises that the bytes can be read, and that nobody writes them, during `'a`.
    Ok(unsafe { core::slice::from_raw_parts(packet.start.as_ptr(), packet.length) })
}

/// Returns the slice of `length` bytes at `start`.
///
/// # Safety
/// - At `start` so many bytes can be read, and nobody writes them during `'a`.
#[cfg(feature = "simulate")]
pub(crate) const unsafe fn read_bytes<'a>(start: *const u8, length: usize) -> &'a [u8] {
    // SAFETY: the caller promises the same.
    unsafe { core::slice::from_raw_parts(start, length) }
}

/// Writes `bytes` at `start`.
///
/// # Safety
/// - At `start` as many bytes can be written, which are not those of `bytes`, and which nobody else uses meanwhile.
#[cfg(feature = "simulate")]
pub(crate) const unsafe fn write_bytes(start: *mut u8, bytes: &[u8]) {
    // SAFETY: the caller promises the same.
    unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) };
}

/// Reads the pointer at `variable`.
///
/// # Safety
/// - `variable` can be read, aligned or not.
#[cfg(feature = "simulate")]
pub(crate) const unsafe fn read_pointer(variable: *const *mut u8) -> *mut u8 {
    // SAFETY: the caller promises the same.
    unsafe { variable.read_unaligned() }
}

/// Writes a pointer at `variable`.
///
/// # Safety
/// - `variable` can be written, aligned or not, and nobody else uses it meanwhile.
#[cfg(feature = "simulate")]
pub(crate) const unsafe fn write_pointer(variable: *mut *mut u8, pointer: *mut u8) {
    // SAFETY: the caller promises the same.
    unsafe { variable.write_unaligned(pointer) };
}

/// Where a packet is, and how long.
#[derive(Clone, Copy)]
pub(crate) struct PacketBytes<'a> {
    /// INVARIANT: for reading `length` bytes during `'a`, while nobody writes them.
    start: NonNull<u8>,
    length: usize,
    lifetime: PhantomData<&'a [u8]>,
}

impl PacketBytes<'_> {
    /// Checks pointer and size; `parameter` is the pointer's name in errors.
    ///
    /// # Safety
    /// - `start`, if not NULL, points at `size` bytes that can be read, and that nobody writes, during the lifetime of
    ///   the value, if `size` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    #[inline]
    pub(super) unsafe fn from_raw(start: *mut u8, parameter: &'static str, size: u32) -> Result<Self, HookError> {
        let start = not_null(start, parameter)?;
        let length = checked_length(size, "PacketSize")?;
        Ok(Self {
            start,
            length,
            lifetime: PhantomData,
        })
    }

    /// Returns pointer and size as the server counts it.
    #[inline]
    pub(super) fn start_and_size(self) -> (*mut u8, u32) {
        (self.start.as_ptr(), size_of_packet(self.length))
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the invariant holds while `self` is borrowed, and `length` is at most the capacity of a packet.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

/// The length: the bytes are long, and the pointer says nothing in a log.
impl fmt::Debug for PacketBytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.length)
    }
}

/// Checks that a pointer and a size can be those of a packet; reads nothing.
pub(crate) fn check_packet(start: *mut u8, size: u32) -> Result<(), HookError> {
    not_null(start, "*Packet")?;
    checked_length(size, "PacketSize").map(drop)
}

/// The server's variables for a packet, `LPBYTE *Packet` and `DWORD *PacketSize`: `[in, out]`.
#[derive(Clone, Copy)]
pub(crate) struct PacketPair<'a> {
    /// INVARIANT: for reading and writing during `'a`, though perhaps not aligned; nobody else does so.
    packet: NonNull<*mut u8>,
    /// INVARIANT: as `packet`.
    size: NonNull<u32>,
    lifetime: PhantomData<&'a mut u8>,
}

/// Without the pointers, which say nothing in a log.
impl fmt::Debug for PacketPair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketPair").finish_non_exhaustive()
    }
}

impl PacketPair<'_> {
    /// Checks both pointers for NULL.
    ///
    /// # Safety
    /// - `packet` and `size` are each NULL or can be read and written during the lifetime of the value, and nobody else
    ///   does so.
    #[inline]
    pub(super) unsafe fn from_raw(packet: *mut *mut u8, size: *mut u32) -> Result<Self, HookError> {
        Ok(Self {
            packet: not_null(packet, "Packet")?,
            size: not_null(size, "PacketSize")?,
            lifetime: PhantomData,
        })
    }

    /// Returns what the variables say.
    #[inline]
    pub(crate) fn get(self) -> (*mut u8, u32) {
        // SAFETY: it can be read, says the invariant; alignment does not matter to this read.
        let start = unsafe { self.packet.read_unaligned() };
        // SAFETY: as above.
        (start, unsafe { self.size.read_unaligned() })
    }

    /// Points the server elsewhere.
    #[inline]
    pub(crate) fn set(self, (start, size): (*mut u8, u32)) {
        // SAFETY: it can be written, says the invariant; alignment does not matter to this write.
        unsafe { self.packet.write_unaligned(start) };
        // SAFETY: as above.
        unsafe { self.size.write_unaligned(size) };
    }
}

/// The packet of a hook that may give the server another.
pub(crate) struct PacketArgument<'a> {
    pair: PacketPair<'a>,
    /// What the server's variables said when the hook was called.
    original: PacketBytes<'a>,
    replacements: Buffers,
    /// Where the packet is rewritten.
    aside: Option<&'a mut Option<PacketBuffer>>,
    changed: Changed,
}

/// Where a replacement comes from.
#[derive(Clone, Copy)]
pub(crate) enum Buffers {
    /// There is nobody to hold it for the server.
    Nowhere,
    Pool(&'static dyn TakeBuffer),
    /// A test copies it into the server's buffer.
    #[cfg(feature = "simulate")]
    Aside,
}

/// What is to reach the server when the hook returns.
#[derive(Debug)]
enum Changed {
    Nothing,
    /// The server is pointed at the buffer.
    Replaced(PooledBuffer<'static>),
    /// What is aside is copied into the server's buffer.
    Rewritten,
}

/// A packet that was not altered; it is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError {
    /// Nobody would hold a buffer until the server has finished with the packet: the argument was made by `from_raw`,
    /// or the packet that is answered has no place in the table. It has one if `new_packet` returned `Decision::Track`
    /// or replaced it, and the table was not full.
    #[error("the packet is not tracked, so that nobody would hold its new buffer: `rewrite` needs none")]
    NotTracked,
    /// All buffers are in use.
    #[error(transparent)]
    Exhausted(#[from] PoolExhausted),
    /// The edit is not possible.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The new packet is longer than the server's buffer.
    #[error(transparent)]
    TooLong(#[from] PacketTooLong),
}

impl<'a> PacketArgument<'a> {
    /// Checks both pointers, and reads where the packet is.
    ///
    /// # Safety
    /// - `packet` and `size` are each NULL or can be read and written during `'a`, and nobody else does so;
    /// - `*packet` is NULL or points at `*size` bytes that can be read, and that nobody writes, during `'a`, if `*size`
    ///   is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
    #[inline]
    pub(super) unsafe fn from_raw(packet: *mut *mut u8, size: *mut u32) -> Result<Self, HookError> {
        // SAFETY: the caller promises the same.
        let pair = unsafe { PacketPair::from_raw(packet, size) }?;
        let (start, length) = pair.get();
        // SAFETY: these are `*packet` and `*size`, of which the caller promises what is asked.
        let original = unsafe { PacketBytes::from_raw(start, "*Packet", length) }?;
        Ok(Self::new(pair, original))
    }

    #[inline]
    const fn new(pair: PacketPair<'a>, original: PacketBytes<'a>) -> Self {
        Self {
            pair,
            original,
            replacements: Buffers::Nowhere,
            aside: None,
            changed: Changed::Nothing,
        }
    }

    /// Returns the packet as it will be, if the change reaches the server.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match (&self.changed, self.aside.as_deref()) {
            (Changed::Replaced(buffer), _) => buffer.as_bytes(),
            (Changed::Rewritten, Some(Some(buffer))) => buffer.as_bytes(),
            _ => self.original.bytes(),
        }
    }

    /// Returns the packet as the server handed it over.
    #[inline]
    pub(super) const fn original(&self) -> PacketBytes<'a> {
        self.original
    }

    /// Returns the server's variables.
    #[inline]
    pub(crate) const fn pair(&self) -> PacketPair<'a> {
        self.pair
    }

    /// Lets the packet be altered: rewritten aside, or replaced by one of `replacements`.
    #[inline]
    pub(crate) const fn lend(&mut self, aside: &'a mut Option<PacketBuffer>, replacements: Buffers) {
        self.aside = Some(aside);
        self.replacements = replacements;
    }

    /// Applies the changes of `edit` in a buffer; an error leaves everything as it was.
    pub(super) fn replace<'v>(&mut self, edit: impl FnOnce(&mut Editor<'_, 'v>)) -> Result<usize, ReplaceError> {
        match self.replacements {
            Buffers::Nowhere => Err(ReplaceError::NotTracked),
            Buffers::Pool(pool) => self.change_pooled(pool, |bytes, buffer| edit_into(bytes, buffer, edit)),
            #[cfg(feature = "simulate")]
            Buffers::Aside => self.rewrite(edit),
        }
    }

    /// Copies `packet` into a buffer for the server.
    pub(super) fn replace_with(&mut self, packet: &[u8]) -> Result<(), ReplaceError> {
        match self.replacements {
            Buffers::Nowhere => Err(ReplaceError::NotTracked),
            Buffers::Pool(pool) => self.change_pooled(pool, |_, buffer| Ok(buffer.copy_from(packet)?)),
            #[cfg(feature = "simulate")]
            Buffers::Aside => self.rewrite_with(packet),
        }
    }

    fn change_pooled<T>(
        &mut self,
        pool: &'static dyn TakeBuffer,
        fill: impl FnOnce(&[u8], &mut PacketBuffer) -> Result<T, ReplaceError>,
    ) -> Result<T, ReplaceError> {
        let mut buffer = pool.take_buffer()?;
        let filled = fill(self.bytes(), &mut buffer)?;
        self.changed = Changed::Replaced(buffer);
        Ok(filled)
    }

    /// As [`replace`](Self::replace), for the server's own buffer.
    pub(super) fn rewrite<'v>(&mut self, edit: impl FnOnce(&mut Editor<'_, 'v>)) -> Result<usize, ReplaceError> {
        self.change_aside(|bytes, buffer| match bytes {
            Some(bytes) => edit_into(bytes, buffer, edit),
            None => Ok(buffer.edit(edit)?),
        })
    }

    /// As [`replace_with`](Self::replace_with), for the server's own buffer.
    pub(super) fn rewrite_with(&mut self, packet: &[u8]) -> Result<(), ReplaceError> {
        self.change_aside(|_, buffer| Ok(buffer.copy_from(packet)?))
    }

    /// `fill` gets the bytes of the packet and an empty buffer, or the buffer that holds the packet.
    fn change_aside<T>(
        &mut self,
        fill: impl FnOnce(Option<&[u8]>, &mut PacketBuffer) -> Result<T, ReplaceError>,
    ) -> Result<T, ReplaceError> {
        let aside = self.aside.as_deref_mut().ok_or(ReplaceError::NotTracked)?;
        let filled = match (&self.changed, &mut *aside) {
            (Changed::Rewritten, Some(buffer)) => fill(None, buffer)?,
            (Changed::Replaced(from), _) => fill(Some(from.as_bytes()), aside.insert(PacketBuffer::new()))?,
            _ => fill(Some(self.original.bytes()), aside.insert(PacketBuffer::new()))?,
        };
        self.changed = Changed::Rewritten;
        Ok(filled)
    }

    /// Moves the value out, with the change for the server.
    #[inline]
    pub(super) const fn take(&mut self) -> Self {
        Self {
            pair: self.pair,
            original: self.original,
            replacements: self.replacements,
            aside: self.aside.take(),
            changed: core::mem::replace(&mut self.changed, Changed::Nothing),
        }
    }

    /// Returns whether there is a change for the server.
    #[inline]
    pub(crate) const fn is_altered(&self) -> bool {
        !matches!(self.changed, Changed::Nothing)
    }

    /// Copies a packet that was rewritten into the server's buffer, and sets its size; returns one that was replaced,
    /// to be put in place by [`install`](Self::install).
    ///
    /// # Safety
    /// - [`PACKET_CAPACITY`] bytes can be written at `*packet`, and nobody else reads or writes them meanwhile.
    #[inline]
    pub(crate) unsafe fn settle(&mut self) -> Option<PooledBuffer<'static>> {
        match core::mem::replace(&mut self.changed, Changed::Nothing) {
            Changed::Nothing => None,
            Changed::Replaced(buffer) => Some(buffer),
            Changed::Rewritten => {
                let aside = self.aside.as_deref().and_then(Option::as_ref);
                debug_assert!(aside.is_some(), "what was rewritten is aside");
                let packet = aside?.as_bytes();
                // SAFETY:
                // - so many bytes can be written, the caller promises, since a packet has at most that;
                // - no reference to them is left, since `self` is borrowed mutably.
                unsafe { core::ptr::copy(packet.as_ptr(), self.original.start.as_ptr(), packet.len()) };
                self.original.length = packet.len();
                self.put_back();
                None
            }
        }
    }

    /// Points the server at `replacement`, which `holder` holds from now on.
    ///
    /// # Safety
    /// - `holder` is not given back before the server has finished with the packet, or with the packet that it answers.
    pub(crate) unsafe fn install(&self, replacement: PooledBuffer<'static>, holder: &Replacements) {
        let size = size_of_packet(replacement.size());
        let start = holder.hold_for_server(replacement);
        self.pair.set((start.as_ptr(), size));
    }

    /// Points the server at its own packet again.
    pub(crate) fn put_back(&self) {
        self.pair.set(self.original.start_and_size());
    }
}

/// Applies the changes of `edit` to the packet `bytes` in an empty buffer.
fn edit_into<'v>(
    bytes: &[u8],
    buffer: &mut PacketBuffer,
    edit: impl FnOnce(&mut Editor<'_, 'v>),
) -> Result<usize, ReplaceError> {
    let message = Message::parse(bytes).map_err(EditError::Header)?;
    Ok(buffer.edit_from(message, edit)?)
}

/// Returns the size of a packet as the server counts it.
pub(crate) fn size_of_packet(length: usize) -> u32 {
    debug_assert!(length <= PACKET_CAPACITY, "a packet of {length} bytes");
    u32::try_from(length).unwrap_or_default()
}

/// The address of the socket on which a server of a test receives: one of those for documentation (RFC 5737).
#[cfg(feature = "simulate")]
pub(crate) const TEST_SOCKET: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// The server's variables and buffer, for a test that plays the server.
#[cfg(feature = "simulate")]
pub(crate) struct TestVariables {
    pub(crate) block: [u8; PACKET_CAPACITY],
    pub(crate) packet: *mut u8,
    /// At most [`PACKET_CAPACITY`].
    pub(crate) packet_size: u32,
    pub(crate) pkt_context: *mut core::ffi::c_void,
    pub(crate) process_it: crate::ffi::Bool,
}

/// Without the buffer.
#[cfg(feature = "simulate")]
impl fmt::Debug for TestVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestVariables")
            .field("packet_size", &self.packet_size)
            .field("pkt_context", &self.pkt_context)
            .field("process_it", &self.process_it)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "simulate")]
impl TestVariables {
    /// Replaces the packet by `packet`, if it fits.
    pub(crate) fn take_in(&mut self, packet: &[u8]) -> Option<()> {
        self.block.get_mut(..packet.len())?.copy_from_slice(packet);
        self.packet_size = size_of_packet(packet.len());
        Some(())
    }
}

#[cfg(feature = "simulate")]
impl<'a> PacketArgument<'a> {
    /// Creates the argument from what a test owns.
    pub(super) fn of_test(packet: &'a mut *mut u8, size: &'a mut u32, block: &'a mut [u8; PACKET_CAPACITY]) -> Self {
        let length = usize::try_from(*size).unwrap_or_default().min(PACKET_CAPACITY);
        let start = NonNull::from(block).cast();
        *packet = start.as_ptr();
        let pair = PacketPair {
            packet: NonNull::from(packet),
            size: NonNull::from(size),
            lifetime: PhantomData,
        };
        let original = PacketBytes {
            start,
            length,
            lifetime: PhantomData,
        };
        Self::new(pair, original)
    }
}

impl fmt::Debug for PacketArgument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketArgument")
            .field("size", &self.original.length)
            .field("changed", &self.changed)
            .finish_non_exhaustive()
    }
}
