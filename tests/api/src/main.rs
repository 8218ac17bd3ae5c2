//! Prints the public API that is in a JSON file of rustdoc, an item a line; of auto traits what is not as with most types.

use std::collections::{BTreeSet, HashSet};
use std::error::Error;
use std::fs;
use std::hash::Hash;

use public_api::{Builder, PublicItem};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args_os().nth(1).ok_or("usage: dhcp-callout-api JSON")?;
    let all = Builder::from_rustdoc_json(&json).omit_blanket_impls(true);
    let named = all.clone().omit_auto_trait_impls(true);
    let written = named.clone().omit_auto_derived_impls(true).build()?;
    let [written, named] = [written, named.build()?].map(|api| api.items().map(place).collect::<HashSet<_>>());
    // What is exported at two places is listed at both, but what belongs to it at one.
    let mut seen = HashSet::new();
    for item in all.build()?.items() {
        let (line, place) = (item.to_string(), place(item));
        let is_listed = if !named.contains(&place) {
            is_noteworthy(&line)
        } else {
            // Of what is derived the trait says it all.
            written.contains(&place) || line.starts_with("impl") && !line.contains("StructuralPartialEq")
        };
        if is_listed && (seen.insert(place) || line.starts_with("pub mod ")) {
            println!("{line}");
        }
    }
    for line in defaults(&serde_json::from_slice(&fs::read(json)?)?) {
        println!("{line}");
    }
    Ok(())
}

fn place(item: &PublicItem) -> impl Eq + Hash + use<> {
    (item.id(), item.parent_id())
}

/// Returns whether a type has an auto trait not at all, or only under a condition: else it has all that are stable.
fn is_noteworthy(line: &str) -> bool {
    let is_stable = !line.contains("::Freeze for ") && !line.contains("::UnsafeUnpin for ");
    is_stable && (line.contains(" !") || line.contains(" where "))
}

/// Returns which parameters of types can be left out, and what they are then; `public_api` does not tell.
fn defaults(json: &Value) -> BTreeSet<String> {
    let mut defaults = BTreeSet::new();
    for item in json["index"].as_object().into_iter().flat_map(|index| index.values()) {
        let Some(of) = item["name"].as_str() else { continue };
        let kinds = item["inner"].as_object().into_iter().flat_map(|inner| inner.values());
        for param in kinds.filter_map(|kind| kind["generics"]["params"].as_array()).flatten() {
            let [number, path] = [&param["kind"]["const"], &param["kind"]["type"]].map(|kind| &kind["default"]);
            // Of a type by its own name: numbers of items are others each time.
            let name = path["resolved_path"]["path"]
                .as_str()
                .and_then(|path| path.rsplit("::").next());
            if let Some(default) = number.as_str().or(name) {
                let param = param["name"].as_str().unwrap_or_default();
                defaults.insert(format!("default {of}<{param} = {default}>"));
            } else {
                assert!(path.is_null(), "{of} has a default of another kind: {path}");
            }
        }
    }
    defaults
}
