//! Proves by linking that no public operation of `dhcp-callout` can reach a panic, needs `std` or allocates.
//!
//! Each operation is exported as an `extern "C"` function. The panic handler calls a function that is defined nowhere:
//! when the optimizer cannot remove every path to it, the symbol stays undefined, and `tests/link/run` finds it. `std`
//! would define the panic handler a second time, and an allocation would ask for a global allocator that is not there.
//!
//! Printing is apart, in `print`: `core` prints IP addresses by way of an `unwrap` of its own, which the linker sees.
//!
//! `tests/link/run` holds the names of the operations against the list of the public API, `tests/api/public.txt`. A new
//! operation is one line in the module of its layer.
#![no_std]

mod arguments;
mod buffer;
mod callout;
mod codes;
mod edit;
mod hook;
mod message;
mod option;
#[cfg(feature = "print")]
mod print;
#[cfg(feature = "simulate")]
mod simulate;
mod size;
mod table;

use core::panic::PanicInfo;

unsafe extern "C" {
    fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: never linked, so never called.
    unsafe { a_panic_is_reachable() }
}

/// Exports a function for each line `Type::function(argument: Type, ...) => expression;`, under the name
/// `Type::function`.
///
/// The types are those of `arguments`; a function returns at once when an argument cannot be made.
macro_rules! operations {
    ($($Name:ident::$function:ident($($argument:ident: $Type:ty),*) => $operation:expr;)+) => {$(
        const _: () = {
            #[unsafe(export_name = concat!(stringify!($Name), "::", stringify!($function)))]
            pub unsafe extern "C" fn operation($($argument: <$Type as $crate::arguments::Argument>::Raw),*) {
                $(
                    // SAFETY: the caller promises what `Argument` asks.
                    #[allow(unused_mut)]
                    let Some(mut $argument) =
                        (unsafe { <$Type as $crate::arguments::Argument>::from_raw($argument) })
                    else {
                        return;
                    };
                )*
                let _ = core::hint::black_box($operation);
            }
        };
    )+};
}
pub(crate) use operations;

/// Exports the methods without arguments of a type: lines `Name = Type: method method ...;`.
macro_rules! methods {
    ($($Name:ident = $Type:ty: $($method:ident)+;)+) => {$($(
        $crate::operations! { $Name::$method(it: $Type) => it.$method(); }
    )+)+};
}
pub(crate) use methods;

/// Looks at every item, so that none can be left out.
fn each<T>(items: impl IntoIterator<Item = T>) {
    items.into_iter().for_each(|item| {
        core::hint::black_box(item);
    });
}

#[cfg(feature = "deliberate-panic")]
operations! {
    Deliberate::panic(bytes: &[u8]) => bytes[0];
}
