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

/// Where the packet is of a hook that cannot give the server another.
macro_rules! packet_start {
    ($Type:ident) => {
        impl $Type<'_> {
            /// Returns where the packet is, without reading it.
            #[inline]
            pub(crate) fn start(&self) -> *const u8 {
                self.packet.start_and_size().0
            }
        }
    };
}

/// The ways in which a hook gives the server other bytes; `$packet` is the packet whose end returns the buffer, `$held`
/// who holds it until then, and `$unheld` when nobody would.
macro_rules! packet_replacement {
    ($Type:ident, $packet:literal, $held:literal, $unheld:literal) => {
        impl<'a> $Type<'a> {
            /// Returns what the host and the chain do with it.
            #[inline]
            pub(crate) const fn argument_mut(&mut self) -> &mut $crate::hook::packet::PacketArgument<'a> {
                &mut self.packet
            }

            /// Applies the changes that `edit` notes in a buffer, and points the server at it; returns the new size.
            ///
            #[doc = concat!(
                "The pointers are swapped when the hook returns, and the buffer stays until the server reports ", $packet,
                " as processed: ", $held, " If that never happens, and the packet is given up, the buffer is not used again. ",
                "A second edit starts from the first."
            )]
            ///
            /// This is one of two ways to alter a packet, and Microsoft's documentation contradicts itself on which to
            /// use: the pages of the hooks speak of returning a new buffer, and advise against writing into the
            /// server's own; the remarks of the same pages, the SDK header and the product team describe
            /// [`rewrite`](Self::rewrite). Try on your server which of them it honours.
            ///
            /// # Errors
            /// The bytes stay as they were, with
            /// - [`ReplaceError::Edit`](crate::ReplaceError::Edit) if an edit is not possible, or the packet is shorter
            ///   than the header;
            /// - [`ReplaceError::Exhausted`](crate::ReplaceError::Exhausted) if all buffers are in use;
            #[doc = concat!(
                "- [`ReplaceError::NotTracked`](crate::ReplaceError::NotTracked) if nobody would hold the buffer: ", $unheld,
                "the argument was made by [`from_raw`](Self::from_raw), which knows of no buffers."
            )]
            pub fn replace<'v>(
                &mut self,
                edit: impl FnOnce(&mut $crate::message::Editor<'_, 'v>),
            ) -> Result<usize, $crate::hook::packet::ReplaceError> {
                self.packet.replace(edit)
            }

            /// Points the server at a buffer that holds `bytes`, whatever the packet is now.
            ///
            /// # Errors
            /// As for [`replace`](Self::replace), and [`ReplaceError::TooLong`](crate::ReplaceError::TooLong) if
            /// `bytes` is longer than [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
            pub fn replace_with(&mut self, bytes: &[u8]) -> Result<(), $crate::hook::packet::ReplaceError> {
                self.packet.replace_with(bytes)
            }

            /// Applies the changes that `edit` notes, and copies the result into the server's own buffer; returns the
            /// new size.
            ///
            /// The packet is edited aside, on the stack, and copied when the hook returns: up to the 4096 bytes of the
            /// server's buffer, or of the one that another DLL has put in its place: a [chain](crate::chain) asks the
            /// same size of it. It works for every packet, tracked or not, and takes none of the host's buffers. A
            /// chain whose table was full when the packet came calls the DLL's own callout alone, for the packet and
            /// for the reply. [`replace`](Self::replace) says what Microsoft's pages say on the two ways.
            ///
            /// # Errors
            /// The bytes stay as they were, with
            /// - [`ReplaceError::Edit`](crate::ReplaceError::Edit) if an edit is not possible, or the packet is shorter
            ///   than the header;
            /// - [`ReplaceError::NotTracked`](crate::ReplaceError::NotTracked) if the argument was made by
            ///   [`from_raw`](Self::from_raw): there is no host that would copy the result.
            pub fn rewrite<'v>(
                &mut self,
                edit: impl FnOnce(&mut $crate::message::Editor<'_, 'v>),
            ) -> Result<usize, $crate::hook::packet::ReplaceError> {
                self.packet.rewrite(edit)
            }

            /// Copies `bytes` into the server's own buffer, whatever the packet is now.
            ///
            /// # Errors
            /// As for [`rewrite`](Self::rewrite), and [`ReplaceError::TooLong`](crate::ReplaceError::TooLong) if
            /// `bytes` is longer than [`PACKET_CAPACITY`](crate::PACKET_CAPACITY).
            pub fn rewrite_with(&mut self, bytes: &[u8]) -> Result<(), $crate::hook::packet::ReplaceError> {
                self.packet.rewrite_with(bytes)
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
                self.ip_address
            }
        }
    };
}

/// The context that came with a hook.
macro_rules! packet_context {
    ($Type:ident) => {
        impl $Type<'_> {
            /// Returns the context as one that a [`PacketTable`](crate::table::PacketTable) can check; `None` for NULL.
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

pub(super) use {packet_accessors, packet_context, packet_origin, packet_replacement, packet_start};
