//! A packet for the unit test of one method of a callout.

use alloc::boxed::Box;
use core::ptr::null_mut;

use crate::buffer::{PACKET_CAPACITY, PacketTooLong};
use crate::callout::Decision;
use crate::ffi::Bool;
use crate::hook::{Buffers, NewPacket, PacketNotice, SendPacket, TestVariables};
use crate::lifecycle::Notice;
use crate::message::{Message, ParseError};

/// A packet in a server's buffer of 4096 bytes, which lends the arguments of hooks to a test.
///
/// What the method under test does to the packet is done when it has returned: a replacement is copied into the buffer,
/// where the next hook finds it. Of a packet that it refuses all changes are thrown away, as by a [host](crate::Host).
///
/// ```
/// use dhcp_callout::simulate::TestPacket;
/// use dhcp_callout::{Callout, Decision, MessageType, NewPacket, PacketBuffer};
///
/// struct Slow;
///
/// impl Callout for Slow {
///     type State = u16;
///
///     fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<u16> {
///         let Ok(message) = packet.message() else { return Decision::Refuse };
///         let secs = message.secs();
///         let _ = packet.rewrite(|editor| {
///             editor.secs(0);
///         });
///         Decision::Track(secs)
///     }
/// }
///
/// let mut discover = PacketBuffer::request(MessageType::DISCOVER, 1, &[2, 0, 0, 0, 0, 1])?;
/// discover.edit(|editor| {
///     editor.secs(9);
/// })?;
/// let mut packet = TestPacket::new(discover.as_bytes())?;
/// assert_eq!(packet.new_packet(|packet| Slow.new_packet(packet)), Decision::Track(9));
/// assert_eq!(packet.message()?.secs(), 0);
///
/// let refused = packet.new_packet(|packet| {
///     let _ = packet.rewrite(|editor| _ = editor.secs(7));
///     Decision::<()>::Refuse
/// });
/// assert_eq!((refused, packet.message()?.secs()), (Decision::Refuse, 0));
///
/// let mut short = TestPacket::new(b"too short")?;
/// assert_eq!(short.new_packet(|packet| Slow.new_packet(packet)), Decision::Refuse);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TestPacket {
    variables: Box<TestVariables>,
    is_tracked: bool,
}

impl TestPacket {
    /// Creates a packet of these bytes that is tracked.
    ///
    /// # Errors
    /// [`PacketTooLong`] if it does not fit into the server's buffer.
    pub fn new(packet: &[u8]) -> Result<Self, PacketTooLong> {
        let mut test = Self {
            variables: Box::new(TestVariables {
                block: [0; PACKET_CAPACITY],
                packet: null_mut(),
                packet_size: 0,
                pkt_context: null_mut(),
                process_it: Bool::TRUE,
            }),
            is_tracked: true,
        };
        test.variables.take_in(packet).ok_or(PacketTooLong::of(packet))?;
        Ok(test)
    }

    /// Lets the packet be one that nobody tracks, so that `replace` is refused.
    #[must_use]
    pub const fn untracked(mut self) -> Self {
        self.is_tracked = false;
        self
    }

    /// Lends the packet as `DhcpNewPktHook` gets it; what the method decides says whether its changes stay.
    ///
    /// For a function that decides nothing, let the closure keep what it returns, and return [`Decision::Pass`].
    pub fn new_packet<S>(&mut self, call: impl FnOnce(&mut NewPacket<'_>) -> Decision<S>) -> Decision<S> {
        let (mut aside, buffers) = (None, self.buffers());
        let mut packet = NewPacket::of_test(&mut self.variables);
        packet.argument_mut().lend(&mut aside, buffers);
        let decision = call(&mut packet);
        if !matches!(decision, Decision::Refuse) {
            let argument = packet.argument_mut();
            // SAFETY: the packet is in a block of 4096 bytes, which nobody else has.
            unsafe { argument.settle() };
        }
        decision
    }

    /// Lends the packet as `DhcpPktSendHook` gets it.
    pub fn send_packet<R>(&mut self, call: impl FnOnce(&mut SendPacket<'_>) -> R) -> R {
        let (mut aside, buffers) = (None, self.buffers());
        let mut packet = SendPacket::of_test(&mut self.variables);
        packet.argument_mut().lend(&mut aside, buffers);
        let returned = call(&mut packet);
        let argument = packet.argument_mut();
        // SAFETY: as above.
        unsafe { argument.settle() };
        returned
    }

    /// Lends the packet as `DhcpPktDropHook` gets it.
    pub fn notice<R>(&mut self, notice: Notice, call: impl FnOnce(&PacketNotice<'_>) -> R) -> R {
        call(&PacketNotice::of_test(notice, &mut self.variables))
    }

    const fn buffers(&self) -> Buffers {
        if self.is_tracked {
            Buffers::Aside
        } else {
            Buffers::Nowhere
        }
    }

    /// Returns the packet as it is now.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let size = usize::try_from(self.variables.packet_size).unwrap_or_default();
        self.variables.block.get(..size).unwrap_or_default()
    }

    /// Reads the packet as a DHCP message, as it is now.
    ///
    /// # Errors
    /// [`ParseError`] if the packet is too short for a message.
    pub fn message(&self) -> Result<Message<'_>, ParseError> {
        Message::parse(self.bytes())
    }
}
