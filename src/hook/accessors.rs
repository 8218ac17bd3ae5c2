//! What several arguments offer alike.

/// Reads that every argument with a packet offers.
macro_rules! packet_accessors {
    ($Type:ident) => {
        impl $Type<'_> {
            /// Returns the bytes of the packet, at most [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
            #[inline]
            #[must_use]
            pub fn bytes(&self) -> &[u8] {
                self.packet.bytes()
            }

            /// Reads the packet as a DHCP message, in place.
            ///
            /// # Errors
            /// [`ParseError`](crate::message::ParseError) if the packet is too short for a message.
            #[inline]
            pub fn message(&self) -> Result<crate::message::Message<'_>, crate::message::ParseError> {
                crate::message::Message::parse(self.bytes())
            }
        }
    };
}

/// The ways in which a hook gives the server other bytes; `$packet` is the packet whose end returns the buffer.
macro_rules! packet_replacement {
    ($Type:ident, $packet:literal) => {
        impl<'a> $Type<'a> {
            /// Lets [`replace`](Self::replace) take buffers from `pool`.
            #[inline]
            #[must_use]
            pub const fn with_buffers<const M: usize>(mut self, pool: &'a $crate::table::BufferPool<M>) -> Self {
                self.packet.set_pool(pool);
                self
            }

            /// Copies the bytes into a buffer, and lets `edit` alter them there; the server gets the altered ones.
            ///
            #[doc = concat!(
                "The pointers are swapped when the hook returns, and the buffer stays until the server reports ", $packet,
                " as processed. A second replacement starts from the first."
            )]
            ///
            /// # Errors
            /// The bytes stay as they were, with
            /// - [`ReplaceError::Edit`](crate::ReplaceError::Edit) if `edit` fails;
            /// - [`ReplaceError::Exhausted`](crate::ReplaceError::Exhausted) if all buffers are in use;
            #[doc = concat!(
                "- [`ReplaceError::NotTracked`](crate::ReplaceError::NotTracked) if nobody would hold the buffer: ", $packet,
                " is not tracked, or [`with_buffers`](Self::with_buffers) was not called."
            )]
            pub fn replace<T, E>(
                &mut self,
                edit: impl FnOnce(&mut $crate::buffer::PacketBuffer) -> Result<T, E>,
            ) -> Result<T, $crate::hook::packet::ReplaceError<E>> {
                self.packet.replace(edit)
            }

            /// Lets the server have `bytes` instead, whatever the packet is now.
            ///
            /// # Errors
            /// As for [`replace`](Self::replace); [`ReplaceError::Edit`](crate::ReplaceError::Edit) if `bytes` is longer
            /// than [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
            pub fn replace_with(
                &mut self,
                bytes: &[u8],
            ) -> Result<(), $crate::hook::packet::ReplaceError<$crate::buffer::PacketTooLong>> {
                self.packet.replace_with(bytes)
            }

            /// Takes the replacement, if there is one, to be put in place by [`install`](Self::install).
            #[inline]
            #[must_use]
            pub const fn take_replacement(&mut self) -> Option<$crate::table::PooledBuffer<'a>> {
                self.packet.take_replacement()
            }

            /// Points the server at `replacement`, which `holder` holds from now on.
            ///
            /// # Safety
            #[doc = concat!("- `holder` is not dropped before the server has finished with ", $packet, ".")]
            pub unsafe fn install(
                &mut self,
                replacement: $crate::table::PooledBuffer<'a>,
                holder: &$crate::table::Replacements<'a>,
            ) {
                // SAFETY: the caller promises the same.
                unsafe { self.packet.install(replacement, holder) };
            }

            /// Points the server at its own packet again.
            pub fn put_back(&mut self) {
                self.packet.put_back();
            }

            /// Returns the server's variables for the packet.
            #[inline]
            pub(crate) const fn pair(&self) -> $crate::hook::packet::PacketPair<'a> {
                self.packet.pair()
            }
        }
    };
}

/// What the hooks about a packet in flight know of it.
macro_rules! packet_origin {
    ($Type:ident) => {
        impl $Type<'_> {
            /// Returns the address of the server's socket on which the packet was received.
            #[inline]
            #[must_use]
            #[doc(alias = "IpAddress")]
            pub const fn received_on(&self) -> core::net::Ipv4Addr {
                core::net::Ipv4Addr::from_bits(self.ip_address)
            }
        }

        packet_context!($Type);
    };
}

/// The context that came with a hook.
macro_rules! packet_context {
    ($Type:ident) => {
        impl $Type<'_> {
            /// Returns the context as one that a [`PacketTable`](crate::PacketTable) can check; `None` for NULL.
            #[inline]
            #[must_use]
            pub fn context(&self) -> Option<crate::table::Context> {
                crate::table::Context::from_raw(self.pkt_context)
            }

            /// Returns the context as it came; it can be any pointer.
            #[inline]
            #[must_use]
            #[doc(alias = "PktContext")]
            pub const fn raw_context(&self) -> *mut core::ffi::c_void {
                self.pkt_context
            }
        }
    };
}

pub(super) use {packet_accessors, packet_context, packet_origin, packet_replacement};
