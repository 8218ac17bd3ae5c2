//! The pointers with which the server hands over a packet, and which it reads back.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::check::{HookError, checked_length, not_null};
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
#[cfg(feature = "simulate")]
pub(crate) unsafe fn read_packet<'a>(packet: *mut u8, size: u32) -> Result<&'a [u8], HookError> {
    // SAFETY: the caller promises the same.
    let packet = unsafe { PacketBytes::from_raw(packet, "Packet", size) }?;
    // SAFETY: the caller promises that the bytes can be read, and that nobody writes them, during `'a`.
    Ok(unsafe { core::slice::from_raw_parts(packet.start.as_ptr(), packet.length) })
}

/// Where a packet is, and how long.
#[derive(Clone, Copy, Debug)]
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
    /// - `start`, if not NULL, points at `size` bytes that can be read, and that nobody writes, during the lifetime of the
    ///   value, if `size` is at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
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
    pub(super) fn start_and_size(self) -> (*mut u8, u32) {
        (self.start.as_ptr(), size_of_packet(self.length))
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the invariant holds while `self` is borrowed, and `length` is at most the capacity of a packet.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

/// Checks that a pointer and a size can be those of a packet; reads nothing.
pub(crate) fn check_packet(start: *mut u8, size: u32) -> Result<(), HookError> {
    not_null(start, "*Packet")?;
    checked_length(size, "PacketSize").map(drop)
}

/// The server's variables for a packet, `LPBYTE *Packet` and `DWORD *PacketSize`: `[in, out]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketPair<'a> {
    /// INVARIANT: for reading and writing during `'a`, though perhaps not aligned; nobody else does so.
    packet: NonNull<*mut u8>,
    /// INVARIANT: as `packet`.
    size: NonNull<u32>,
    lifetime: PhantomData<&'a mut u8>,
}

impl PacketPair<'_> {
    /// Checks both pointers for NULL.
    ///
    /// # Safety
    /// - `packet` and `size` are each NULL or can be read and written during the lifetime of the value, and nobody else
    ///   does so.
    #[inline]
    unsafe fn from_raw(packet: *mut *mut u8, size: *mut u32) -> Result<Self, HookError> {
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

/// The packet of a hook that may point the server at another.
pub(super) struct PacketArgument<'a> {
    pair: PacketPair<'a>,
    /// What the server's variables said when the hook was called.
    original: PacketBytes<'a>,
    /// Where buffers come from.
    pool: Option<&'a dyn TakeBuffer>,
    /// Whether there is anyone to hold a buffer for the server.
    is_tracked: bool,
    /// What the server is to get instead.
    changed: Option<Changed<'a>>,
}

/// A packet that is to reach the server when the hook returns.
#[derive(Debug)]
struct Changed<'a> {
    buffer: PooledBuffer<'a>,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The server is pointed at the buffer.
    Replace,
    /// The bytes are copied into the server's buffer.
    Rewrite,
}

/// A packet that was not altered; it is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError {
    /// The packet is not tracked, so that nobody would hold a buffer until the server has finished with it:
    /// `new_packet` did not return `Decision::Track`, or the table was full.
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
        Ok(Self {
            pair,
            original,
            pool: None,
            is_tracked: true,
            changed: None,
        })
    }

    /// Returns the packet as it will be, if the change reaches the server.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.changed {
            Some(changed) => changed.buffer.as_bytes(),
            None => self.original.bytes(),
        }
    }

    /// Returns the packet as the server handed it over.
    #[inline]
    pub(super) const fn original(&self) -> PacketBytes<'a> {
        self.original
    }

    /// Returns the server's variables.
    #[inline]
    pub(super) const fn pair(&self) -> PacketPair<'a> {
        self.pair
    }

    /// Lets buffers come from `pool`, for a replacement only if the packet is tracked.
    #[inline]
    pub(super) const fn set_pool(&mut self, pool: &'a dyn TakeBuffer, is_tracked: bool) {
        self.pool = Some(pool);
        self.is_tracked = is_tracked;
    }

    /// Applies the changes of `edit` in a buffer; an error leaves everything as it was.
    pub(super) fn replace<'v>(&mut self, edit: impl FnOnce(&mut Editor<'_, 'v>)) -> Result<usize, ReplaceError> {
        self.change(Way::Replace, |bytes, buffer| edit_into(bytes, buffer, edit))
    }

    /// Copies `packet` into a buffer for the server.
    pub(super) fn replace_with(&mut self, packet: &[u8]) -> Result<(), ReplaceError> {
        self.change(Way::Replace, |_, buffer| Ok(buffer.copy_from(packet)?))
    }

    /// As [`replace`](Self::replace), for the server's own buffer.
    pub(super) fn rewrite<'v>(&mut self, edit: impl FnOnce(&mut Editor<'_, 'v>)) -> Result<usize, ReplaceError> {
        self.change(Way::Rewrite, |bytes, buffer| edit_into(bytes, buffer, edit))
    }

    /// As [`replace_with`](Self::replace_with), for the server's own buffer.
    pub(super) fn rewrite_with(&mut self, packet: &[u8]) -> Result<(), ReplaceError> {
        self.change(Way::Rewrite, |_, buffer| Ok(buffer.copy_from(packet)?))
    }

    fn change<T>(
        &mut self,
        way: Way,
        fill: impl FnOnce(&[u8], &mut PacketBuffer) -> Result<T, ReplaceError>,
    ) -> Result<T, ReplaceError> {
        if way == Way::Replace && !self.is_tracked {
            return Err(ReplaceError::NotTracked);
        }
        let mut buffer = self.pool.ok_or(ReplaceError::NotTracked)?.take_buffer()?;
        let filled = fill(self.bytes(), &mut buffer)?;
        self.changed = Some(Changed { buffer, way });
        Ok(filled)
    }

    /// Moves the value out, with the change for the server.
    #[inline]
    pub(super) const fn take(&mut self) -> Self {
        Self {
            pair: self.pair,
            original: self.original,
            pool: self.pool,
            is_tracked: self.is_tracked,
            changed: self.changed.take(),
        }
    }

    /// Returns whether there is a change for the server.
    #[inline]
    pub(super) const fn is_altered(&self) -> bool {
        self.changed.is_some()
    }

    /// Takes the replacement, if there is one; without it the server keeps its own packet.
    #[inline]
    pub(super) fn take_replacement(&mut self) -> Option<PooledBuffer<'a>> {
        let changed = self.changed.take_if(|changed| changed.way == Way::Replace);
        changed.map(|changed| changed.buffer)
    }

    /// Copies a packet that was rewritten into the server's buffer.
    ///
    /// # Safety
    /// - [`PACKET_CAPACITY`] bytes can be written at `*packet`, and nobody else reads or writes them meanwhile.
    #[inline]
    pub(super) unsafe fn copy_back(&mut self) {
        let Some(Changed { buffer, .. }) = self.changed.take_if(|changed| changed.way == Way::Rewrite) else {
            return;
        };
        let (packet, start) = (buffer.as_bytes(), self.original.start);
        // SAFETY:
        // - so many bytes can be written, the caller promises, since a packet has at most that;
        // - no reference to them is left, since `self` is borrowed mutably.
        unsafe { core::ptr::copy(packet.as_ptr(), start.as_ptr(), packet.len()) };
        self.original.length = packet.len();
        self.put_back();
    }

    /// Points the server at `replacement`, which `holder` holds from now on.
    ///
    /// # Safety
    /// - `holder` is not dropped before the server has finished with the packet.
    pub(super) unsafe fn install(&mut self, replacement: PooledBuffer<'a>, holder: &Replacements<'a>) {
        let size = size_of_packet(replacement.size());
        let start = holder.hold_for_server(replacement);
        self.pair.set((start.as_ptr(), size));
    }

    /// Points the server at its own packet again.
    pub(super) fn put_back(&mut self) {
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
fn size_of_packet(length: usize) -> u32 {
    debug_assert!(length <= PACKET_CAPACITY, "a packet of {length} bytes");
    u32::try_from(length).unwrap_or_default()
}

/// The server's variables and buffer, for a test that plays the server.
#[cfg(feature = "simulate")]
#[derive(Debug)]
pub(crate) struct TestVariables {
    pub(crate) block: [u8; PACKET_CAPACITY],
    pub(crate) packet: *mut u8,
    /// At most [`PACKET_CAPACITY`].
    pub(crate) packet_size: u32,
    pub(crate) pkt_context: *mut core::ffi::c_void,
    pub(crate) process_it: crate::ffi::Bool,
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
    /// Copies a packet that was altered in either way into the server's buffer.
    ///
    /// # Safety
    /// As for [`copy_back`](Self::copy_back).
    pub(super) unsafe fn copy_back_either(&mut self) {
        if let Some(changed) = &mut self.changed {
            changed.way = Way::Rewrite;
        }
        // SAFETY: the caller promises the same.
        unsafe { self.copy_back() };
    }

    /// Creates the argument from what a test owns.
    pub(super) fn of_test(packet: &'a mut *mut u8, size: &'a mut u32, block: &'a mut [u8; PACKET_CAPACITY]) -> Self {
        let length = usize::try_from(*size).unwrap_or_default().min(PACKET_CAPACITY);
        let start = NonNull::from(block).cast();
        *packet = start.as_ptr();
        Self {
            pair: PacketPair {
                packet: NonNull::from(packet),
                size: NonNull::from(size),
                lifetime: PhantomData,
            },
            original: PacketBytes {
                start,
                length,
                lifetime: PhantomData,
            },
            pool: None,
            is_tracked: true,
            changed: None,
        }
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
