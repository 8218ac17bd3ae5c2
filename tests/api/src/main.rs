//! Prints the public API that is in a JSON file of rustdoc, an item a line.

use std::collections::HashSet;
use std::error::Error;

use public_api::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args_os().nth(1).ok_or("usage: dhcp-callout-api JSON")?;
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    // What is exported at two places is listed at both, but what belongs to it at one.
    let mut seen = HashSet::new();
    for item in api.items() {
        let line = item.to_string();
        if seen.insert((item.id(), item.parent_id())) || line.starts_with("pub mod ") {
            println!("{line}");
        }
    }
    Ok(())
}
