//! Open newtypes with named constants: the types of all values that come from outside.

use core::fmt::{self, Write as _};

/// Defines open newtypes over wire integers, one table row per known value.
///
/// Each type gets the constants, `ALL`, `name()` (the authority's name), `meaning()` (its prose; the name again if that
/// says all), `Display` and `Debug`. Both print the name. A value without a name prints as a number, in the format
/// given by the table: after `unknown` in `Display`, in the type's name in `Debug`. The constructor is left to the
/// caller, since not every type may hold every value.
macro_rules! codes {
    (@meaning $name:literal) => { $name };
    (@meaning $name:literal, $meaning:literal) => { $meaning };
    ($(
        $(#[$attribute:meta])*
        pub struct $Type:ident($int:ty), $format:literal, unknown = $unknown:literal {
            $($(#[$row_attribute:meta])* $NAME:ident = $value:literal, $name:literal $(, $meaning:literal)?;)+
        }
    )+) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $Type($int);

        impl $Type {
            $(
                #[doc = concat!("`", $name, "`" $(, ": ", $meaning)?, ".")]
                $(#[$row_attribute])*
                pub const $NAME: Self = Self($value);
            )+

            /// Every value that has a name, in ascending order.
            pub const ALL: &'static [Self] = &[$(Self::$NAME),+];

            /// Returns the name that the authority gives this value, or `None` for a value without one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$NAME => Some($name),)+
                    _ => None,
                }
            }

            /// Returns what the authority's documentation says of this value, or `None` for a value without a name.
            #[must_use]
            pub const fn meaning(self) -> Option<&'static str> {
                match self {
                    $(Self::$NAME => Some($crate::codes::codes!(@meaning $name $(, $meaning)?)),)+
                    _ => None,
                }
            }
        }

        impl core::fmt::Debug for $Type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($Type), "(", $format, ")"), self.0),
                }
            }
        }

        impl core::fmt::Display for $Type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => $crate::codes::pad(f, format_args!(concat!($unknown, " ", $format), self.0)),
                }
            }
        }

        impl From<$Type> for $int {
            fn from(code: $Type) -> $int {
                code.0
            }
        }
    )+};
}

/// Prints `text` at least as wide as `f` asks, and all of it, whatever precision `f` asks for.
pub(crate) fn pad(f: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>) -> fmt::Result {
    struct Length(usize);

    impl fmt::Write for Length {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.saturating_add(text.chars().count());
            Ok(())
        }
    }

    let mut length = Length(0);
    length.write_fmt(text)?;
    let missing = f.width().unwrap_or(0).saturating_sub(length.0);
    let before = match f.align() {
        Some(fmt::Alignment::Right) => missing,
        Some(fmt::Alignment::Center) => missing / 2,
        Some(fmt::Alignment::Left) | None => 0,
    };
    let fill = f.fill();
    (0..before).try_for_each(|_| f.write_char(fill))?;
    f.write_fmt(text)?;
    (before..missing).try_for_each(|_| f.write_char(fill))
}

/// Prints items as a list for `Debug`, on one line; those after the one with which it is longer than a log wants are
/// `..`.
pub(crate) fn debug_list<T: fmt::Debug>(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = T>) -> fmt::Result {
    const MOST_PRINTED: usize = 4096;

    /// Counts the bytes that are printed.
    struct Counted<'w, 'f>(&'w mut fmt::Formatter<'f>, usize);

    impl fmt::Write for Counted<'_, '_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.1 = self.1.saturating_add(text.len());
            self.0.write_str(text)
        }
    }

    f.write_str("[")?;
    let mut counted = Counted(f, 0);
    let mut separator = "";
    for item in items {
        if counted.1 > MOST_PRINTED {
            return counted.write_str(", ..]");
        }
        write!(counted, "{separator}{item:?}")?;
        separator = ", ";
    }
    counted.write_str("]")
}

/// Adds the constructor of a type that may hold every value of its width.
macro_rules! open {
    ($($Type:ident($int:ty)),+ $(,)?) => {$(
        impl $Type {
            /// Creates the type from its value; every value is kept, known or not.
            #[inline]
            #[must_use]
            pub const fn from_code(code: $int) -> Self {
                Self(code)
            }

            /// Returns the value.
            #[inline]
            #[must_use]
            pub const fn code(self) -> $int {
                self.0
            }
        }

        impl From<$int> for $Type {
            fn from(code: $int) -> Self {
                Self(code)
            }
        }
    )+};
}

/// Defines a code of one byte that documents and error texts call by its number: an open newtype that prints as that.
macro_rules! number {
    ($(#[$attribute:meta])* $Code:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $Code(u8);

        $crate::codes::open!($Code(u8));

        impl From<$Code> for u8 {
            #[inline]
            fn from(code: $Code) -> Self {
                code.0
            }
        }

        impl core::fmt::Display for $Code {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }
        }

        impl core::fmt::Debug for $Code {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($Code), "({})"), self.0)
            }
        }
    };
}

pub(crate) use {codes, number, open};
