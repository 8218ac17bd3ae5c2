//! Compares the ABI with the SDK's for the target that this is built for.
#![no_std]

#[path = "../../boundary/abi.rs"]
mod abi;
