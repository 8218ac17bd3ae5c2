//! Prints the public API that is in a JSON file of rustdoc, an item a line.

use std::collections::HashSet;
use std::error::Error;

use public_api::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args_os().nth(1).ok_or("usage: dhcp-callout-api JSON")?;
    let builder = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true);
    let written = builder.clone().omit_auto_derived_impls(true).build()?;
    let written: HashSet<_> = written.items().map(|item| (item.id(), item.parent_id())).collect();
    // What is exported at two places is listed at both, but what belongs to it at one.
    let mut seen = HashSet::new();
    for item in builder.build()?.items() {
        let (line, place) = (item.to_string(), (item.id(), item.parent_id()));
        // Of what is derived the trait says it all.
        let is_listed = written.contains(&place) || line.starts_with("impl") && !line.contains("StructuralPartialEq");
        if is_listed && (seen.insert(place) || line.starts_with("pub mod ")) {
            println!("{line}");
        }
    }
    Ok(())
}
