//! What all arguments have in common, for code that treats all hooks alike.

use super::raw::HookError;
use crate::ffi;
use crate::table::Context;

/// The safe argument of a hook.
#[doc(hidden)]
pub trait Argument: Sized {
    /// The arguments of the C prototype.
    type Raw: Copy;
    /// The hook's type.
    type Hook: Copy;
    /// The hook, as the SDK names it.
    const HOOK: &'static str;

    /// Checks the arguments, as the inherent `from_raw` of the type does.
    ///
    /// # Safety
    /// As for that function.
    unsafe fn check(raw: Self::Raw) -> Result<Self, HookError>;

    /// Returns the context that came with the arguments, if there is one.
    #[must_use]
    fn context_of(_: Self::Raw) -> Option<Context> {
        None
    }

    /// Returns the hook of this argument from a table.
    fn hook_of(table: &ffi::CalloutTable) -> Option<Self::Hook>;

    /// Calls the hook.
    ///
    /// # Safety
    /// - `hook` can be called with these arguments.
    unsafe fn pass(raw: Self::Raw, hook: Self::Hook) -> u32;
}

/// What is called by a hook: a host, or a chain.
#[doc(hidden)]
pub trait Handle<A: Argument>: Sync {
    /// Handles a call of the hook, and returns what the hook returns.
    ///
    /// # Safety
    /// - `argument` was made from `raw`, of which the promises of `A::check` hold during the call;
    /// - [`PACKET_CAPACITY`](crate::PACKET_CAPACITY) bytes can be written at `*packet`, if the hook may alter the packet
    ///   and it is no longer than that.
    unsafe fn handle(&'static self, argument: A, raw: A::Raw) -> u32;
}

/// Who keeps the packets that the hooks are about: a host, or a chain.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` keeps no packets: `export!` takes the paths of a `static` of type `Host` and of one of type `Chain`"
)]
pub trait Keep: Sync {
    /// Gives up what need not be kept any longer: the author has heard that the service has stopped.
    fn stop(&self);
    /// Has a packet count as heard of, although nobody gets the arguments of the hook that was about it; returns the
    /// context that the DLL's own callout has for it, if that is another.
    fn hear(&self, context: Context) -> Option<Context>;
}

/// What a `from_raw` returns, whether or not it can fail.
trait Checked<A> {
    fn checked(self) -> Result<A, HookError>;
}

impl<A: Argument> Checked<A> for A {
    #[inline]
    fn checked(self) -> Result<A, HookError> {
        Ok(self)
    }
}

impl<A: Argument> Checked<A> for Result<A, HookError> {
    #[inline]
    fn checked(self) -> Self {
        self
    }
}

/// The safe argument of the hook that has this name in [`ffi::prototypes`]; written here and nowhere else.
macro_rules! argument_of {
    (control) => { $crate::hook::ControlEvent };
    (new_pkt) => { $crate::hook::NewPacket<'static> };
    (pkt_drop) => { $crate::hook::PacketNotice<'static> };
    (pkt_send) => { $crate::hook::SendPacket<'static> };
    (address_del) => { $crate::hook::AddressDeleted<'static> };
    (address_offer) => { $crate::hook::AddressOffered<'static> };
    (handle_options) => { $crate::hook::ParsedOptions<'static> };
    (delete_client) => { $crate::hook::ClientDeleted<'static> };
}
pub(crate) use argument_of;

macro_rules! arguments {
    ($(
        $(#[$attribute:meta])*
        $Prototype:ident($Arguments:ident $parameters:tt) = $($hook:ident: $field:ident $name:literal),+;
    )+) => {
        $($(
            impl Argument for argument_of!($hook) {
                type Raw = ffi::$Arguments;
                type Hook = ffi::$Prototype;
                const HOOK: &'static str = $name;

                #[inline]
                unsafe fn check(raw: Self::Raw) -> Result<Self, HookError> {
                    // SAFETY: the caller promises the same.
                    unsafe { Self::from_raw(raw) }.checked()
                }

                arguments!(@context $hook);

                #[inline]
                fn hook_of(table: &ffi::CalloutTable) -> Option<Self::Hook> {
                    table.$field
                }

                #[inline]
                unsafe fn pass(raw: Self::Raw, hook: Self::Hook) -> u32 {
                    // SAFETY: the caller promises the same.
                    unsafe { raw.pass_to(hook) }
                }
            }
        )+)+
    };
    // These come with none.
    (@context control) => {};
    (@context new_pkt) => {};
    (@context delete_client) => {};
    (@context $hook:ident) => {
        fn context_of(raw: Self::Raw) -> Option<Context> {
            Context::from_raw(raw.pkt_context)
        }
    };
}

ffi::prototypes!(arguments);
