//! From a `static` to the symbols of a DLL: the hooks, the entry point, and the macros that name them.
//!
//! There is one set of `extern` hooks, for hosts and for chains. It is generic over a type that the macro makes beside
//! the `static`, and that says for each hook who handles it: nobody if the callout does not implement the trait of the
//! event, in which case the hook is neither in the table nor linked.
#![expect(unsafe_code, reason = "this module defines `extern` hooks")]

use core::ffi::c_void;
use core::marker::PhantomData;

use crate::callout::{Callout, Host, contain};
use crate::chain::{Chain, LoadedDll};
use crate::control::ServiceControl;
use crate::ffi::{
    self, Bool, CALLOUT_VERSION, CalloutTable, ENTRY_POINT, ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED,
    ERROR_SUCCESS, EntryPoint, ServerOptions,
};
use crate::hook::{
    Argument, ChainDlls, Diagnostic, DllPath, Handle, HookError, Keep, argument_of, read_list, write_table,
};

/// Exports a callout: defines `DhcpServerCalloutEntry` and the hooks that the callout wants.
///
/// ```text
/// export!(HOST);
/// export!(HOST, chain = CHAIN, find = function);
/// ```
///
/// `HOST` is the path of a `static` of type [`Host`](crate::Host), in which the callout lives. A `const` is another
/// value at each use, and does not compile (E0716). The traits that the callout's type implements decide which hooks
/// are [in the table](crate::callout#which-hooks-are-in-the-table).
///
/// Without a chain **all DLLs after this one in the server's list are switched off**: the server looks no further when
/// an entry point succeeds, and [`Diagnostic::Unchained`](crate::Diagnostic::Unchained) says how many there are. With
/// one the DLL loads them, seven unless the chain has more room: `CHAIN` is the path of a `static` of type
/// [`Chain`](crate::chain::Chain), and `function` that of a `fn(DllPath<'_>) -> Option<LoadedDll>`, which asks the
/// operating system.
///
/// The entry point accepts `CalloutVersion` 0, the only one that is documented (`DHCP_SERVER_OPTIONS` depends on it).
/// It returns
/// - `ERROR_SUCCESS` (0) when the table is filled, and again each time that it is called;
/// - `ERROR_NOT_SUPPORTED` (50) for any other version: it leaves the table alone, and tells [`Callout::diagnostic`];
/// - `ERROR_INVALID_PARAMETER` (87) for a table that is NULL, and tells it too;
/// - the code of the [`LoadError`](crate::LoadError) if [`Callout::load`] fails, and leaves the table alone. The server
///   then goes on to the next DLL.
///
/// A library exports one callout; in a program with several, such as a test, [`entry_point!`](crate::entry_point) gives
/// each an entry point by another name. The crate that uses the macro may forbid `unsafe_code`.
///
/// Nothing that an author writes in it is inside of `unsafe`, in any edition:
///
/// ```compile_fail,edition2021,E0133
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket};
/// # struct Quiet<const N: usize>;
/// # impl<const N: usize> Callout for Quiet<N> {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// static QUIET: Host<Quiet<1>> = Host::new(Quiet);
/// static CHAIN: dhcp_callout::chain::Chain = dhcp_callout::chain::Chain::new();
/// const unsafe fn one() -> usize { 1 }
/// fn find<const N: usize>(_: dhcp_callout::DllPath<'_>) -> Option<dhcp_callout::chain::LoadedDll> { None }
/// dhcp_callout::export!(QUIET, chain = CHAIN, find = find::<{ one() }>);
/// ```
///
/// ```compile_fail,edition2024,E0133
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket};
/// # struct Quiet<const N: usize>;
/// # impl<const N: usize> Callout for Quiet<N> {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// static QUIET: Host<Quiet<1>> = Host::new(Quiet);
/// static CHAIN: dhcp_callout::chain::Chain = dhcp_callout::chain::Chain::new();
/// const unsafe fn one() -> usize { 1 }
/// fn find<const N: usize>(_: dhcp_callout::DllPath<'_>) -> Option<dhcp_callout::chain::LoadedDll> { None }
/// dhcp_callout::export!(QUIET, chain = CHAIN, find = find::<{ one() }>);
/// ```
///
/// ```compile_fail,edition2021,E0133
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket};
/// # struct Quiet;
/// # impl Callout for Quiet {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// static QUIET: Host<Quiet> = Host::new(Quiet);
/// unsafe fn one() {}
/// // An arm for the macro's own use.
/// dhcp_callout::entry_point!(@define [fn entry] __Own { one(); dhcp_callout::entry_point!(@own QUIET); });
/// ```
///
/// What is not the path of an item does not compile, and is answered by the grammar:
///
/// ```compile_fail
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket};
/// # struct Quiet;
/// # impl Callout for Quiet {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// dhcp_callout::export!(Host::new(Quiet));
/// ```
///
/// Names of the author's do not get in the way of the macro's:
///
/// ```
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket};
/// # struct Quiet;
/// # impl Callout for Quiet {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// # use dhcp_callout::chain::{Chain, LoadedDll};
/// # fn find(_: dhcp_callout::DllPath<'_>) -> core::option::Option<LoadedDll> { None }
/// # static CHAIN: Chain = Chain::new();
/// #[allow(non_camel_case_types)]
/// struct u32;
/// struct Option;
/// struct Handlers;
///
/// static QUIET: Host<Quiet> = Host::new(Quiet);
/// dhcp_callout::export!(QUIET, chain = CHAIN, find = find);
/// ```
///
/// Generic callouts, paths and editions before 2024 work:
///
/// ```edition2021
/// #![forbid(unsafe_code)]
///
/// mod my {
///     use dhcp_callout::{Callout, Decision, Host, NewPacket};
///
///     pub struct Keep<T>(pub T);
///
///     impl<T: Copy + Send + Sync + 'static> Callout for Keep<T> {
///         type State = T;
///
///         fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<T> {
///             Decision::Track(self.0)
///         }
///     }
///
///     #[cfg(not(any()))]
///     pub static GATE: Host<Keep<[u8; 2]>, 8> = Host::new(Keep([1, 2]));
///     #[cfg(any())]
///     pub static GATE: Host<Keep<u8>> = Host::new(Keep(1));
/// }
///
/// dhcp_callout::export!(my::GATE);
/// ```
#[macro_export]
macro_rules! export {
    ($($input:tt)*) => {
        $crate::entry_point! {
            @check "write `export!(HOST)` or `export!(HOST, chain = CHAIN, find = FUNCTION)`: the paths of a `static HOST: Host<Callout, PACKETS>`, a `static CHAIN: Chain` and a `fn FUNCTION(DllPath<'_>) -> Option<LoadedDll>`"
            [export]
            $($input)*
        }
    };
}

/// Defines an entry point by any name, without exporting it: [`export!`](crate::export!) for programs with several
/// callouts. It can have docs, but no other attributes.
///
/// ```
/// # #![forbid(unsafe_code)]
/// use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point};
///
/// struct Quiet;
///
/// impl Callout for Quiet {
///     type State = ();
///
///     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
///         Decision::Track(())
///     }
/// }
///
/// static QUIET: Host<Quiet, 16> = Host::new(Quiet);
/// entry_point!(fn quiet_entry = QUIET);
/// ```
#[macro_export]
macro_rules! entry_point {
    // A call looks like the path of a trait, `Fn(Argument)`: these shapes come first, so that `path` does not take
    // them.
    (@check $grammar:literal $head:tt $(::)? $($host:ident)::+ ( $($arguments:tt)* ) $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $(::)? $($host:ident)::+ $(::)? < $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    // At a keyword `path` is an error of the compiler's, and no arm below is tried: two words, and a word before a
    // block.
    (@check $grammar:literal $head:tt $first:ident $second:ident $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $first:ident { $($block:tt)* } $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $host:path, chain = $first:ident $second:ident $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $host:path, chain = $first:ident { $($block:tt)* } $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $host:path, chain = $(::)? $($chain:ident)::+ ( $($arguments:tt)* ) $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $host:path, chain = $chain:path, find = $(::)? $($find:ident)::+ ( $($arguments:tt)* ) $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $host:path, chain = $chain:path, find = $first:ident $second:ident $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $host:path, chain = $chain:path, find = $first:ident { $($block:tt)* } $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $host:path, chain = $chain:path, find = $first:ident | $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $host:path, chain = $chain:path, find = $first:ident || $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@check $grammar:literal $head:tt $host:path $(,)?) => {
        $crate::entry_point!(@define $head __Own {
            $crate::entry_point!(@own $host);
        });
    };
    (@check $grammar:literal [$($head:tt)*] $host:path, chain = $chain:path, find = $find:path $(,)?) => {
        $crate::entry_point!(@define [$($head)*] __Linked {
            $crate::entry_point!(@own $host);

            enum __Linked {}

            impl $crate::export::Exported for __Linked {
                #[inline]
                fn handlers() -> $crate::export::Handlers {
                    let host = <__Own as $crate::export::Exported>::handlers().host;
                    $crate::entry_point!(@handlers host, &$chain)
                }
                fn table(dlls: $crate::hook::ChainDlls<'_>) -> $crate::export::Wanted {
                    let entry = $crate::entry_point!(@name $($head)*);
                    let (chain, find) = (&$chain, $find);
                    // SAFETY: the handlers of `__Own` are one host, since no chain is `Hosted`, and what else handles a
                    // hook has an `unsafe fn` for it; those of this type are the chain.
                    unsafe { $crate::export::chained::<Self, __Own, _, _>(chain, entry, dlls, find) }
                }
            }
        });
    };
    (@check $grammar:literal $($other:tt)*) => {
        ::core::compile_error!($grammar);
    };
    (@name export) => {
        DhcpServerCalloutEntry
    };
    (@name $(#[doc $(($($doc:tt)*))? $(= $text:expr)?])* $visibility:vis fn $name:ident) => {
        $name
    };
    // Neither attributes nor items of the author's are where `unsafe_code` is allowed: it need not be, since the lint does
    // not look at what is written here.
    (@define [export] $Exported:ident $items:tt) => {
        /// The entry point by which the DHCP server finds the callout.
        #[unsafe(no_mangle)]
        #[allow(non_snake_case, reason = "the SDK fixes the name")]
        pub unsafe extern "system" fn DhcpServerCalloutEntry(
            chain_dlls: *mut ::core::primitive::u16,
            callout_version: ::core::primitive::u32,
            callout_tbl: *mut $crate::ffi::CalloutTable,
        ) -> ::core::primitive::u32 {
            let exported = $crate::entry_point!(@exported $Exported $items);
            // SAFETY: whoever calls this function promises what its prototype asks.
            unsafe { $crate::export::enter(exported, chain_dlls, callout_version, callout_tbl) }
        }
    };
    (@define [$(#[doc $(($($doc:tt)*))? $(= $text:expr)?])* $visibility:vis fn $name:ident] $Exported:ident $items:tt) => {
        $(#[doc $(($($doc)*))? $(= $text)?])*
        $visibility unsafe extern "system" fn $name(
            chain_dlls: *mut ::core::primitive::u16,
            callout_version: ::core::primitive::u32,
            callout_tbl: *mut $crate::ffi::CalloutTable,
        ) -> ::core::primitive::u32 {
            let exported = $crate::entry_point!(@exported $Exported $items);
            // SAFETY: as above.
            unsafe { $crate::export::enter(exported, chain_dlls, callout_version, callout_tbl) }
        }
    };
    (@exported $Exported:ident { $($items:tt)* }) => {{
        // The body of an `unsafe fn` is an unsafe context; that of a function within is not.
        #[inline]
        fn __exported() -> ::core::marker::PhantomData<impl $crate::export::Exported> {
            $($items)*

            ::core::marker::PhantomData::<$Exported>
        }

        __exported()
    }};
    (@own $host:path) => {
        enum __Own {}

        impl $crate::export::Exported for __Own {
            #[inline]
            fn handlers() -> $crate::export::Handlers {
                let host = &$host;
                $crate::entry_point!(@handlers host, host)
            }
            fn table(dlls: $crate::hook::ChainDlls<'_>) -> $crate::export::Wanted {
                // SAFETY: `host` above is all that handles a hook; it is a host, or what has an `unsafe fn` for that.
                unsafe { $crate::export::unchained::<Self>(dlls) }
            }
        }
    };
    (@handlers $host:expr, $handler:expr) => {
        $crate::entry_point! {
            @handlers $host, $handler =>
            control new_pkt pkt_drop pkt_send address_del address_offer handle_options delete_client
        }
    };
    (@handlers $host:expr, $handler:expr => $($hook:ident)+) => {{
        use $crate::export::NotHandled as _;

        let handler = $handler;
        $crate::export::keeps(handler);
        $crate::export::Handlers {
            host: $host,
            packets: handler,
            $($hook: $crate::export::Handlers::$hook(handler).get(),)+
        }
    }};
    ($(#[doc $(($($doc:tt)*))? $(= $text:expr)?])* $visibility:vis fn $name:ident = $($input:tt)*) => {
        $crate::entry_point! {
            @check "write `entry_point!(fn NAME = HOST)` or `entry_point!(fn NAME = HOST, chain = CHAIN, find = FUNCTION)`, each the path of an item"
            [$(#[doc $(($($doc)*))? $(= $text)?])* $visibility fn $name]
            $($input)*
        }
    };
    ($($other:tt)*) => {
        $crate::entry_point!(@check "write `entry_point!(fn NAME = HOST)` or `entry_point!(fn NAME = HOST, chain = CHAIN, find = FUNCTION)`, with docs as the only attributes" []);
    };
}

/// Takes what the hooks use. Of what does not live long enough the compiler shows the line of the bound.
#[doc(hidden)]
#[inline]
pub fn keeps<T>(_: T)
where
    T: 'static, // write `static` in place of `const`, which is another value at each use
{
}

/// The host of an exported callout, whatever its type.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `Host`: `export!` takes the path of a `static` of type `Host`",
    note = "a field that is made at run time is a `LazyLock`, within the callout and not around the host"
)]
pub trait Hosted: Keep {
    /// Lets the callout prepare for work; an error is what the entry point returns.
    fn load(&'static self) -> Result<(), u32>;
    /// Tells the callout.
    fn report(&'static self, diagnostic: Diagnostic<'_>);
}

impl<C: Callout, const PACKETS: usize, const BUFFERS: usize> Hosted for Host<C, PACKETS, BUFFERS> {
    fn load(&'static self) -> Result<(), u32> {
        Host::load(self).map_err(crate::LoadError::code)
    }

    fn report(&'static self, diagnostic: Diagnostic<'_>) {
        Host::report(self, diagnostic);
    }
}

/// What the macros find out about the handler of one argument: a method of this type is found where its bound holds,
/// and the one of [`NotHandled`] otherwise. Both take `self`, and so come before any method of that name of another trait,
/// or are ambiguous with it: it could give out another host's handler.
#[doc(hidden)]
#[derive(Debug)]
pub struct Handler<H: 'static, A>(&'static H, PhantomData<A>);

impl<H: Handle<A>, A: Argument> Handler<H, A> {
    /// Returns the handler.
    #[inline]
    #[must_use]
    pub const fn get(self) -> Option<&'static dyn Handle<A>> {
        Some(self.0)
    }
}

/// See [`Handler`].
#[doc(hidden)]
pub trait NotHandled<A: Argument> {
    /// Returns nothing.
    #[inline]
    #[must_use]
    fn get(self) -> Option<&'static dyn Handle<A>>
    where
        Self: Sized,
    {
        None
    }
}

impl<H, A: Argument> NotHandled<A> for Handler<H, A> {}

/// A table of hooks that can be called as their prototypes say: those of this module.
///
/// Nobody else makes one, or safe code could export any function:
///
/// ```compile_fail,E0423
/// use dhcp_callout::export::Wanted;
/// use dhcp_callout::ffi::CalloutTable;
///
/// fn wanted(any: CalloutTable) -> Wanted {
///     Wanted(any)
/// }
/// ```
#[doc(hidden)]
#[derive(Debug)]
pub struct Wanted(CalloutTable);

/// What a hook must know to call an exported callout or chain.
#[doc(hidden)]
pub trait Exported: 'static {
    /// Returns who handles the hooks.
    fn handlers() -> Handlers;
    /// Returns the hooks that are wanted, and lets the other DLLs of the list be members, if there is a chain.
    fn table(dlls: ChainDlls<'_>) -> Wanted;
    /// Tells the callout.
    fn report(diagnostic: Diagnostic<'_>) {
        Self::handlers().host.report(diagnostic);
    }
}

/// Defines the hooks, and who handles them.
macro_rules! define {
    ($(
        $(#[$attribute:meta])*
        $Prototype:ident($Arguments:ident $parameters:tt) = $($hook:ident: $field:ident $name:literal),+;
    )+) => {
        /// Who handles each hook of an exported callout or chain; nobody if the callout does not implement the trait of
        /// the event.
        #[doc(hidden)]
        #[derive(Clone, Copy)]
        #[expect(missing_debug_implementations, reason = "nor has a handler one")]
        pub struct Handlers {
            /// The host that is told of what hooks refuse.
            pub host: &'static dyn Hosted,
            /// The host or chain that keeps the packets.
            pub packets: &'static dyn Keep,
            $($(
                #[doc = concat!("The handler of `", $name, "`.")]
                pub $hook: Option<&'static dyn Handle<argument_of!($hook)>>,
            )+)+
        }

        impl Handlers {
            $($(
                #[doc = concat!("Asks whether `handler` handles `", $name, "`.")]
                #[inline]
                pub const fn $hook<H>(handler: &'static H) -> Handler<H, argument_of!($hook)> {
                    Handler(handler, PhantomData)
                }
            )+)+
        }

        /// The hooks that have a handler, and the one that always ends the lifecycles.
        fn hooks<E: Exported>() -> CalloutTable {
            CalloutTable {
                $($($field: define!(@wanted $hook).then_some($hook::<E> as ffi::$Prototype),)+)+
                ..CalloutTable::EMPTY
            }
        }

        $($(define!(@hook $name $hook $Arguments $parameters);)+)+
    };
    (@wanted control) => { true };
    (@wanted $hook:ident) => { E::handlers().$hook.is_some() };
    (@hook $name:literal $hook:ident $Arguments:ident { $($parameter:ident: $Type:ty,)+ }) => {
        #[doc = concat!("`", $name, "`.")]
        unsafe extern "system" fn $hook<E: Exported>($($parameter: $Type),+) -> u32 {
            let raw = ffi::$Arguments { $($parameter),+ };
            let handler = E::handlers().$hook;
            // SAFETY: the server passes what the prototype asks.
            let status = unsafe { handle::<E, argument_of!($hook)>(handler, raw) };
            define!(@after $hook raw);
            status
        }
    };
    (@after control $raw:ident) => {
        if $raw.control_code == ServiceControl::STOP.code() {
            E::handlers().packets.stop();
        }
    };
    (@after $hook:ident $raw:ident) => {};
}

ffi::prototypes!(define);

/// Handles a call of a hook, if its arguments can be used.
///
/// # Safety
/// - The promises of `A::check` and of [`Handle::handle`] hold during the call.
#[inline]
unsafe fn handle<E: Exported, A: Argument>(handler: Option<&'static dyn Handle<A>>, raw: A::Raw) -> u32 {
    // SAFETY: the caller promises the same, and the argument does not outlive the call.
    match unsafe { A::check(raw) } {
        Ok(argument) => match handler {
            // SAFETY: made from it, and the promises hold during the call.
            Some(handler) => unsafe { handler.handle(argument, raw) },
            None => ERROR_SUCCESS,
        },
        Err(error) => {
            if let Some(context) = A::context_of(raw) {
                let Handlers { host, packets, .. } = E::handlers();
                if let Some(own) = packets.hear(context) {
                    host.hear(own);
                }
            }
            let hook = A::HOOK;
            E::report(Diagnostic::ArgumentsRefused { hook, error });
            ERROR_SUCCESS
        }
    }
}

/// The body of an entry point.
///
/// # Safety
/// - `chain_dlls` is NULL, or not aligned, or points at UTF-16 units that can be read up to an empty text, or
///   [`LONGEST_LIST`](crate::hook::LONGEST_LIST) of them;
/// - `callout_tbl` is NULL or can be written as a [`CalloutTable`], aligned or not.
#[doc(hidden)]
#[must_use]
pub unsafe fn enter<E: Exported>(
    _: PhantomData<E>,
    chain_dlls: *mut u16,
    callout_version: u32,
    callout_tbl: *mut CalloutTable,
) -> u32 {
    let report = |error| {
        let hook = ENTRY_POINT;
        E::report(Diagnostic::ArgumentsRefused { hook, error });
    };
    let refuse = |status, error| {
        report(error);
        status
    };
    if callout_version != CALLOUT_VERSION {
        let version = callout_version;
        return refuse(ERROR_NOT_SUPPORTED, HookError::Version { version });
    }
    if callout_tbl.is_null() {
        let parameter = "CalloutTbl";
        return refuse(ERROR_INVALID_PARAMETER, HookError::Null { parameter });
    }
    if let Err(status) = E::handlers().host.load() {
        return status;
    }
    // SAFETY: the caller promises of the list what is asked here.
    let (units, error) = unsafe { read_list(chain_dlls) };
    if let Some(error) = error {
        report(error);
    }
    // SAFETY: not NULL, so the caller promises that it can be written.
    unsafe { write_table(callout_tbl, E::table(ChainDlls::new(units)).0) };
    ERROR_SUCCESS
}

/// Returns the table of a callout without a chain, and counts the DLLs that it switches off.
///
/// # Safety
/// - The handlers of `E` are one [`Host`], at each call: of two, one would end what the other lends.
#[doc(hidden)]
#[must_use]
pub unsafe fn unchained<E: Exported>(dlls: ChainDlls<'_>) -> Wanted {
    let dlls = dlls.fold(0_usize, |count, _| count.saturating_add(1));
    if dlls > 0 {
        E::report(Diagnostic::Unchained { dlls });
    }
    Wanted(hooks::<E>())
}

/// Returns the table of a callout with a chain, and loads its members; `entry` is the entry point that the server
/// calls.
///
/// # Safety
/// - The handlers of `Own` are one [`Host`], at each call, which checks each context; those of `E` are `chain`.
#[doc(hidden)]
#[must_use]
pub unsafe fn chained<E: Exported, Own: Exported, const PACKETS: usize, const MEMBERS: usize>(
    chain: &'static Chain<PACKETS, MEMBERS>,
    entry: EntryPoint,
    dlls: ChainDlls<'_>,
    find: fn(DllPath<'_>) -> Option<LoadedDll>,
) -> Wanted {
    let own = (entry, hooks::<Own>());
    let find = |path: DllPath<'_>| contain(|| find(path)).flatten();
    // SAFETY: the hooks of this module can be called as their prototypes say, and, as the caller promises, with any
    // context.
    let wanted = unsafe { chain.load(own, dlls, find, E::report) };
    Wanted(hooks::<E>().and(&wanted))
}
