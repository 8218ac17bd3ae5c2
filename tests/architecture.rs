//! Reads every path in `src`, macro bodies included, and proves what DESIGN.md draws: no layer uses one above it, no
//! file uses itself by way of others, and `unsafe` is only where it may be.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Each layer (a module at the root, with all its files), lowest first, and the layers right below it. It may use
/// those, and what they may use.
const LAYERS: [(&str, &[&str]); 14] = [
    ("codes", &[]),
    ("control", &["codes"]),
    ("lifecycle", &["control"]),
    ("ffi", &[]),
    ("message", &["codes"]),
    ("buffer", &["message"]),
    ("table", &["lifecycle", "buffer"]),
    ("hook", &["table", "buffer", "ffi"]),
    ("callout", &["hook"]),
    ("chain", &["hook"]),
    ("export", &["callout", "chain"]),
    ("simulate", &["export"]),
    ("strategy", &["simulate"]),
    ("guide", &["strategy"]),
];

/// The layers whose `unsafe` touches memory.
const MEMORY: [&str; 3] = ["ffi", "hook", "table"];

/// The layers that only define and call `unsafe` functions, and all that an `unsafe` block of theirs may call.
const CALLS: [&str; 4] = ["callout", "chain", "export", "simulate"];
const CALLED: [&str; 38] = [
    "and",
    "as_mut_ptr",
    "chain",
    "chained",
    "check",
    "check_all",
    "check_seeded",
    "check_watched",
    "each",
    "enter",
    "enter_in",
    "entry",
    "give_back",
    "handle",
    "hook",
    "install",
    "load",
    "load_first",
    "load_first_in",
    "load_in",
    "new",
    "offer",
    "null_mut",
    "pass",
    "pass_to",
    "raw",
    "read_bytes",
    "read_list",
    "read_packet",
    "read_pointer",
    "read_table",
    "settle",
    "table",
    "tell",
    "unchained",
    "write_bytes",
    "write_pointer",
    "write_table",
];

/// A token, and its line.
type Token = (String, usize);

/// A path from the root of the crate.
type Absolute = Vec<String>;

#[derive(Default)]
struct File {
    module: Absolute,
    /// The modules below that have files of their own.
    children: BTreeSet<String>,
    /// Each path that leaves the file, its line, and the name that a `pub use` gives it.
    paths: Vec<(Absolute, usize, Option<String>)>,
    /// What names in scope by `use` lead to.
    scope: BTreeMap<String, Absolute>,
    /// The words outside of `use`.
    words: BTreeSet<String>,
    macros: BTreeSet<String>,
    /// The lines of paths that would not be followed: from another name for the root or a parent, to or from a variable
    /// of a macro, to all that a parent has, or to a file by its name.
    disguised: Vec<usize>,
    /// The line of each `unsafe`, and of those that begin a block, what they do besides calling what is in [`CALLED`].
    unsafes: Vec<(usize, Vec<String>)>,
}

impl File {
    fn read(path: &Path, source: &Path) -> Self {
        let mut tokens = Vec::new();
        flatten(fs::read_to_string(path).unwrap().parse().unwrap(), &mut tokens);
        let relative = path.strip_prefix(source).unwrap().with_extension("");
        let module = relative.iter().map(|name| name.to_str().unwrap().to_owned());
        let names = |found: Vec<Token>| found.into_iter().map(|(name, _)| name).collect();
        let mut file = Self {
            module: module.filter(|name| name != "lib").collect(),
            children: names(follow(&tokens, "mod ? ;")),
            macros: names(follow(&tokens, "macro_rules ! ?")),
            disguised: [
                "crate as ?",
                "self as ?",
                "super as ?",
                "crate : : $ ?",
                "super : : $ ?",
                "crate , ?",
                "! ( crate ) ?",
                "( path = ?",
                ", path = ?",
                "include ! ?",
            ]
            .iter()
            .flat_map(|pattern| follow(&tokens, pattern))
            // At the head of a module within the file it is the file itself.
            .chain(
                follow(&tokens, "? use super : : *")
                    .into_iter()
                    .filter(|(before, _)| before != "{"),
            )
            .map(|(_, line)| line)
            .collect(),
            ..Self::default()
        };
        file.scan(&tokens);
        file
    }

    fn scan(&mut self, tokens: &[Token]) {
        let text = |at: usize| tokens.get(at).map_or("", |(text, _)| text.as_str());
        // The modules inside of the file that are open, and the depth of braces at which each began.
        let mut inner: Vec<(String, usize)> = Vec::new();
        let (mut depth, mut at) = (0, 0);
        while at < tokens.len() {
            let (start, line) = (at, tokens[at].1);
            match text(at) {
                "{" => {
                    if at > 1 && text(at - 2) == "mod" {
                        inner.push((text(at - 1).to_owned(), depth));
                    }
                    depth += 1;
                }
                "}" => {
                    depth -= 1;
                    inner.retain(|(_, began)| *began < depth);
                }
                "unsafe" => self.unsafes.push((line, touches(&tokens[at + 1..]))),
                _ => {}
            }
            let mut leaves = Vec::new();
            read_path(tokens, &mut at, &[], &mut leaves);
            // A visibility, `pub(in path)`, uses nothing.
            if start > 1 && (text(start - 2), text(start - 1)) == ("(", "in") {
                leaves.clear();
            }
            let in_use = start > 0 && text(start - 1) == "use";
            let public = in_use && start > 1 && matches!(text(start - 2), "pub" | ")");
            for (path, name) in leaves {
                if !in_use && (start == 0 || text(start - 1) != "mod") {
                    self.words.extend(path.iter().cloned());
                }
                let module: Vec<_> = self
                    .module
                    .iter()
                    .chain(inner.iter().map(|(name, _)| name))
                    .cloned()
                    .collect();
                if let Some(path) = self.absolute(&path, module) {
                    if in_use && inner.is_empty() {
                        self.scope.insert(name.clone(), path.clone());
                    }
                    self.paths.push((path, line, public.then_some(name)));
                }
            }
            at = at.max(start + 1);
        }
    }

    /// Returns the path from the root, if it leaves the file for another of the crate.
    fn absolute(&self, path: &[String], mut module: Absolute) -> Option<Absolute> {
        match path.first()?.as_str() {
            _ if path.len() == 1 => return None,
            "crate" => module.clear(),
            "self" | "super" => {}
            child if self.children.contains(child) => module.clone_from(&self.module),
            name => return Some([self.scope.get(name)?, &path[1..]].concat()),
        }
        for name in path {
            match name.as_str() {
                "crate" | "self" => {}
                "super" => drop(module.pop()),
                _ => module.push(name.clone()),
            }
        }
        Some(module)
    }

    fn layer(&self) -> &str {
        &self.module[0]
    }

    fn name(&self) -> String {
        format!("src/{}.rs", self.module.join("/"))
    }
}

fn flatten(tokens: TokenStream, out: &mut Vec<Token>) {
    for token in tokens {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) => {
                let brace = group.delimiter() == Delimiter::Brace;
                out.push((if brace { "{" } else { "(" }.to_owned(), line));
                flatten(group.stream(), out);
                out.push((if brace { "}" } else { ")" }.to_owned(), line));
            }
            token => out.push((token.to_string(), line)),
        }
    }
}

/// The tokens in the place of `?` wherever a run of tokens is as in `pattern`.
fn follow(tokens: &[Token], pattern: &str) -> Vec<Token> {
    let pattern: Vec<_> = pattern.split(' ').collect();
    let fits = |run: &&[Token]| {
        run.iter()
            .zip(&pattern)
            .all(|((text, _), wanted)| *wanted == "?" || text == wanted)
    };
    let place = pattern.iter().position(|wanted| *wanted == "?").unwrap();
    tokens
        .windows(pattern.len())
        .filter(fits)
        .map(|run| run[place].clone())
        .collect()
}

/// What the `unsafe` at whose end `tokens` begin does besides calling what is in [`CALLED`]: a block dereferences,
/// calls others, or calls nothing, and an `impl` makes a promise. Empty for another declaration.
fn touches(tokens: &[Token]) -> Vec<String> {
    if tokens[0].0 == "impl" {
        return vec!["implements a trait".to_owned()];
    }
    let mut depth = 0;
    let block = tokens.iter().map(|(text, _)| text.as_str()).take_while(|text| {
        depth += i32::from(*text == "{") - i32::from(*text == "}");
        depth > 0
    });
    let mut block: Vec<&str> = block.collect();
    let mut calls_nothing = !block.is_empty();
    // So that each token is at each place of a window.
    block.extend([""; 3]);
    let is_operand = |text: &str| {
        text.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | ')'))
            && !matches!(text, "return" | "break" | "in" | "if" | "match" | "else")
    };
    let mut found = Vec::new();
    for window in block.windows(4) {
        match *window {
            // Before `const` or `mut` it is a type.
            [before, "*", next, _] if !is_operand(before) && !matches!(next, "const" | "mut") => {
                found.push("dereferences".to_owned());
            }
            [name, "(", ..] | [name, ":", ":", "<"]
                if name.starts_with(|first: char| first.is_lowercase() || first == '_') =>
            {
                calls_nothing = false;
                if !CALLED.contains(&name) {
                    found.push(format!("calls {name}"));
                }
            }
            _ => {}
        }
    }
    if calls_nothing {
        found.push("calls nothing".to_owned());
    }
    found
}

/// Reads the path or the tree of a `use` at `at` and moves past it. Each path comes with the name that it gets.
fn read_path(tokens: &[Token], at: &mut usize, before: &[String], out: &mut Vec<(Vec<String>, String)>) {
    let text = |at: usize| tokens.get(at).map_or("", |(text, _)| text.as_str());
    let is_word = |text: &str| text == "*" || text.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let mut path = before.to_vec();
    while is_word(text(*at)) {
        path.push(text(*at).to_owned());
        *at += 1;
        if (text(*at), text(*at + 1)) != (":", ":") {
            break;
        }
        *at += 2;
        if text(*at) == "{" {
            while text(*at) != "}" {
                *at += 1;
                read_path(tokens, at, &path, out);
            }
            *at += 1;
            return;
        }
    }
    if let Some(mut name) = path.last().cloned() {
        if text(*at) == "as" {
            text(*at + 1).clone_into(&mut name);
        }
        out.push((path, name));
    }
}

struct Source(BTreeMap<Absolute, File>);

impl Source {
    fn read() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = BTreeMap::new();
        let mut folders = vec![source.clone()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path == source.join("guide") {
                    // Texts, and programs of an author's.
                } else if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let file = File::read(&path, &source);
                    let other = files.insert(file.module.clone(), file);
                    assert!(other.is_none(), "{} is a module that another file is", path.display());
                }
            }
        }
        assert!(files.len() > LAYERS.len(), "the sources are not there");
        Self(files)
    }

    /// The files but for `lib.rs`, which only re-exports.
    fn files(&self) -> impl Iterator<Item = &File> {
        self.0.values().filter(|file| !file.module.is_empty())
    }

    /// The file that defines what a path leads to, through the `use` declarations on the way.
    fn target(&self, path: &[String]) -> &File {
        let mut file = &self.0[&Vec::new()];
        for (at, name) in path.iter().enumerate() {
            if let Some(below) = self.0.get(&path[..=at]) {
                file = below;
            } else if let Some(target) = file.scope.get(name).filter(|target| **target != path[..=at]) {
                return self.target(&[target, &path[at + 1..]].concat());
            } else if file.module.is_empty() {
                return self
                    .macro_file(name)
                    .unwrap_or_else(|| panic!("no {name} at the root of the crate"));
            } else {
                break;
            }
        }
        file
    }

    fn macro_file(&self, name: &str) -> Option<&File> {
        self.files().find(|file| file.macros.contains(name))
    }

    /// Every path from one file to another: both, and the line. A `pub use` is one too.
    fn paths(&self) -> impl Iterator<Item = (&File, &File, usize)> {
        self.arrows_if(|_, _| true)
    }

    /// The paths that the file itself uses: what a `pub use` names it must mention.
    fn arrows(&self) -> impl Iterator<Item = (&File, &File, usize)> {
        self.arrows_if(|file, public| public.is_none_or(|name| file.words.contains(name)))
    }

    fn arrows_if(&self, is_used: fn(&File, Option<&String>) -> bool) -> impl Iterator<Item = (&File, &File, usize)> {
        self.files()
            .flat_map(|file| file.paths.iter().map(move |path| (file, path)))
            .filter(move |(file, (_, _, public))| is_used(file, public.as_ref()))
            .map(|(file, (path, line, _))| (file, self.target(path), *line))
            .filter(|(from, to, _)| from.module != to.module)
    }
}

#[test]
fn no_layer_uses_one_above_it() {
    let mut allowed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (layer, below) in LAYERS {
        // A layer that has no entry yet is one above.
        let all = below
            .iter()
            .flat_map(|below| allowed[below].iter().chain([below]))
            .copied();
        allowed.insert(layer, all.chain([layer]).collect());
    }
    let source = Source::read();
    let up: BTreeSet<_> = source
        .paths()
        .filter(|(from, to, _)| {
            !allowed
                .get(from.layer())
                .is_some_and(|layers| layers.contains(to.layer()))
        })
        .map(|(from, to, line)| format!("{}:{line} uses {}", from.name(), to.name()))
        .collect();
    assert!(up.is_empty(), "{} arrows point up: {up:#?}", up.len());
}

#[test]
fn no_file_uses_itself_by_way_of_others() {
    let source = Source::read();
    let mut uses: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (from, to, _) in source.arrows() {
        uses.entry(from.name()).or_default().insert(to.name());
    }
    let reached = |start: &String| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(file) = next.pop() {
            next.extend(
                uses.get(file)
                    .into_iter()
                    .flatten()
                    .filter(|file| reached.insert((*file).clone())),
            );
        }
        reached
    };
    let arrows = uses
        .iter()
        .flat_map(|(from, files)| files.iter().map(move |to| (from, to)));
    let circular = arrows.filter(|(from, to)| reached(to).contains(*from));
    let circular: Vec<_> = circular.map(|(from, to)| format!("{from} uses {to}")).collect();
    assert!(
        circular.is_empty(),
        "{} arrows are part of a circle: {circular:#?}",
        circular.len()
    );
}

#[test]
fn no_path_is_in_disguise() {
    let source = Source::read();
    let disguised = |file: &File| {
        file.disguised
            .iter()
            .map(|line| format!("{}:{line}", file.name()))
            .collect::<Vec<_>>()
    };
    let found: Vec<_> = source.files().flat_map(disguised).collect();
    assert!(found.is_empty(), "paths that this test cannot follow: {found:#?}");
}

#[test]
fn the_table_of_layers_in_the_design_is_this_one() {
    let design = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("DESIGN.md")).unwrap();
    let rows = LAYERS.map(|(layer, below)| {
        let below: Vec<_> = below.iter().map(|layer| format!("`{layer}`")).collect();
        format!(
            "| `{layer}` | {}",
            [below.join(", "), "|".to_owned()].join(" ").trim_start()
        )
    });
    let mut lines = design.lines();
    for row in rows {
        assert!(lines.any(|line| line.starts_with(&row)), "no row {row:?} in its place");
    }
}

#[test]
fn unsafe_is_only_where_it_may_be() {
    let source = Source::read();
    let mut found = Vec::new();
    for file in source.files().filter(|file| !MEMORY.contains(&file.layer())) {
        let calls_only = CALLS.contains(&file.layer());
        for (line, touches) in &file.unsafes {
            if !calls_only || !touches.is_empty() {
                found.push(format!("{}:{line} {}", file.name(), touches.join(", ")));
            }
        }
    }
    assert!(found.is_empty(), "unsafe: {found:#?}");
}
