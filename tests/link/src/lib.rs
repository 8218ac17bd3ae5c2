//! Proves by linking that no public operation of `dhcp-callout` can reach a panic, needs `std` or allocates.
//!
//! Each operation is exported as an `extern "C"` function. The panic handler calls a function that is defined nowhere:
//! when the optimizer cannot remove every path to it, the symbol stays undefined, and `tests/link/run` finds it. `std`
//! would define the panic handler a second time, and an allocation would ask for a global allocator that is not there.
//!
//! A new operation is one line in the module of its room.
#![no_std]

mod arguments;
mod buffer;
mod control;
mod edit;
mod hook;
mod lifecycle;
mod message;
mod option;
#[cfg(feature = "simulate")]
mod simulate;
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

/// Exports one function for each line `name(argument: Type, ...) => expression;`.
///
/// The types are those of `arguments`; a function returns at once when an argument cannot be made.
macro_rules! operations {
    ($($name:ident($($argument:ident: $Type:ty),*) => $operation:expr;)+) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: <$Type as $crate::arguments::Argument>::Raw),*) {
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
    )+};
}
pub(crate) use operations;

#[cfg(feature = "deliberate-panic")]
operations! {
    deliberate_panic(bytes: &[u8]) => bytes[0];
}
