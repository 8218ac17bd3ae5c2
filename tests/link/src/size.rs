//! How large the tables are: it decides what the compiler knows of the numbers of slots, and so `tests/link/run` proves
//! several sizes.

/// How many slots a table has.
pub(crate) const SLOTS: usize = match option_env!("SIZE") {
    None => 64,
    Some(size) => match usize::from_str_radix(size, 10) {
        Ok(size) => size,
        Err(_) => panic!("SIZE is a number"),
    },
};
/// As many buffers in a pool, and members of a chain, as there can be.
pub(crate) const BUFFERS: usize = at_most(4096);
pub(crate) const MEMBERS: usize = at_most(64);

const fn at_most(most: usize) -> usize {
    if SLOTS < most { SLOTS } else { most }
}
