//! Each mistake is answered by the text beside it, which says what to write instead.
//!
//! The texts are those of one version of the compiler: `.ci/run compile` names it. After a change, and with another
//! version, `TRYBUILD=overwrite cargo test` writes them anew, to be read before they are committed.

#[test]
fn mistakes_are_answered() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
