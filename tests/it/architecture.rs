//! The code's own rules, kept by reading the sources: which layer may use which, sizes, where
//! threads and clocks may be, what every file and dependency must say of itself. Each offence is
//! named with file and line and what to do about it. `cargo test --test it architecture` runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use crate::sources::{Source, is_word_char, sources};

/// Each layer and those it may use, besides itself and `limits`. Arrows point down.
const ARROWS: [(&str, &[&str]); 9] = [
    ("limits", &[]),
    ("chat", &[]),
    ("wire", &["chat"]),
    ("server", &["wire", "chat"]),
    ("discovery", &[]),
    ("lan", &["discovery"]),
    ("event_loop", &["server", "wire", "chat", "lan", "discovery"]),
    ("client", &["wire", "chat", "lan", "discovery"]),
    ("bin", &["client", "event_loop", "server", "wire", "chat", "lan", "discovery"]),
];

/// What the domain may use from outside.
const CHAT_DEPENDENCIES: [&str; 7] =
    ["slab", "bytes", "hashbrown", "unicode_ident", "unicode_normalization", "unicode_security", "unicode_width"];

/// Parts of std that reach outside the process, or tell the time: not for the domain.
const NOT_IN_CHAT: [&str; 10] = [
    "std::io",
    "std::fs",
    "std::env",
    "std::thread",
    "std::process",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "Instant",
    "SystemTime",
];

/// What speaks to the system or the terminal: for the edges only.
const EDGE_DEPENDENCIES: [&str; 8] =
    ["argh", "mio", "nix", "rustix", "rustyline", "signal_hook", "signal_hook_mio", "socket2"];

const FILE_LINES: usize = 500;
const USUAL_FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

/// Fails with all offences, one a line.
fn judge(offences: Vec<String>) {
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

fn arrows_against(source: &Source) -> Vec<String> {
    let layer = source.layer();
    if layer == "lib" {
        return Vec::new();
    }
    let Some((_, below)) = ARROWS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("{}:1: {layer} is no layer; put the file into one, or add it to ARROWS", source.path)];
    };
    let is_allowed = |used: &str| used == layer || used == "limits" || below.contains(&used);
    let wrong = uses(source).into_iter().filter(|(used, _)| !is_allowed(used));
    wrong
        .map(|(used, line)| {
            let (path, may) =
                (&source.path, if below.is_empty() { "limits only".to_owned() } else { below.join(", ") });
            format!("{path}:{line}: {layer} uses {used}; it may use {may}. Move what is shared down a layer")
        })
        .collect()
}

/// Every layer that the code names by a path from the crate's root, with the line.
fn uses(source: &Source) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for root in ["crate::", "chatd::", "super::"] {
        for (at, _) in source.code.match_indices(root) {
            if source.code[..at].ends_with(is_word_char) {
                continue;
            }
            let line = 1 + source.code[..at].matches('\n').count();
            let behind = &source.code[at + root.len()..];
            found.extend(first_words(behind).into_iter().map(|word| (word, line)));
        }
    }
    found.retain(|(word, _)| ARROWS.iter().any(|(layer, _)| layer == word));
    found
}

/// The word a path goes on with, or all of them where braces list several.
fn first_words(path: &str) -> Vec<String> {
    let word = |text: &str| text.trim_start().chars().take_while(|c| is_word_char(*c)).collect::<String>();
    let Some(list) = path.strip_prefix('{') else { return vec![word(path)] };
    let (mut depth, mut words, mut start) = (1, Vec::new(), 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            words.push(word(&list[start..at]));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    words
}

#[test]
fn arrows_point_one_way() {
    judge(sources("src").iter().flat_map(arrows_against).collect());
}

fn places(source: &Source, what: &str, advice: &str) -> Vec<String> {
    let lines = source.lines_with(what);
    lines.into_iter().map(|line| format!("{}:{line}: {what} {advice}", source.path)).collect()
}

fn outside_in_chat(source: &Source) -> Vec<String> {
    let mut offences = Vec::new();
    for name in dependencies().iter().map(|name| name.replace('-', "_")) {
        if !CHAT_DEPENDENCIES.contains(&name.as_str()) {
            offences.extend(places(
                source,
                &format!("{name}::"),
                "in the domain, which uses std, slab, bytes and hashbrown only",
            ));
        }
    }
    for what in NOT_IN_CHAT {
        offences.extend(places(source, what, "in the domain, which does no I/O and has no clock; pass it in"));
    }
    offences
}

#[test]
fn the_domain_stands_on_std_and_three_containers() {
    let sources = sources("src");
    judge(sources.iter().filter(|source| source.layer() == "chat").flat_map(outside_in_chat).collect());
}

#[test]
fn only_the_edges_speak_to_the_system() {
    let sources = sources("src");
    let inner = sources.iter().filter(|source| ["wire", "server", "limits", "discovery"].contains(&source.layer()));
    let offences = inner.flat_map(|source| {
        let found = EDGE_DEPENDENCIES.iter().map(|name| format!("{name}::"));
        found.flat_map(|name| places(source, &name, "belongs to event_loop, client or bin; pass in what it gives"))
    });
    judge(offences.collect());
}

/// The files that list the dialects.
const LISTS_OF_DIALECTS: [&str; 4] =
    ["src/wire/mod.rs", "src/wire/dialect.rs", "src/wire/encoder.rs", "src/wire/sentences.rs"];

/// Where a dialect is named that is no business of this file.
fn named_dialects(source: &Source) -> Vec<String> {
    if source.path.starts_with("src/wire/native/") || LISTS_OF_DIALECTS.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let advice = "only in the lists of dialects; ask the connection's Dialect, or its default";
    ["native::", "Dialect::Native"].iter().flat_map(|what| places(source, what, advice)).collect()
}

#[test]
fn nobody_but_the_lists_of_dialects_names_native() {
    judge(sources("src").iter().flat_map(named_dialects).collect());
}

/// Files that act on several parts of the server at once, by docs/ARCHITECTURE.md; every other part keeps to itself.
#[test]
fn few_files_have_methods_of_the_server() {
    let text = read("docs/ARCHITECTURE.md");
    let listed = text.split_once("These twelve files").expect("they are listed").1;
    let listed = listed.split_once("\n\n").expect("the list has an end").0;
    let sources = sources("src/server");
    let theirs = sources.iter().filter(|source| source.code.contains("> Server<S> {"));
    let mut names: Vec<&str> = theirs.filter_map(|source| source.path.strip_prefix("src/server/")).collect();
    let mut known: Vec<&str> =
        listed.split('`').filter(|word| word.ends_with(".rs") && !word.contains("tests")).collect();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known, "methods of Server: give the part its own, or name the file in docs/ARCHITECTURE.md");
}

#[test]
fn the_server_has_no_threads() {
    let sources = sources("src");
    let others =
        sources.iter().filter(|source| source.layer() != "client" && !source.path.starts_with("src/bin/chatc/"));
    judge(others.flat_map(|source| places(source, "thread::", "only in chatc; the daemon is one thread")).collect());
}

#[test]
fn only_the_edges_read_a_clock() {
    let sources = sources("src");
    let others = sources.iter().filter(|source| !["event_loop", "client"].contains(&source.layer()));
    let offences = others.flat_map(|source| {
        let clocks = ["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now"];
        clocks.into_iter().flat_map(|clock| places(source, clock, "only in event_loop and client; pass the time in"))
    });
    judge(offences.collect());
}

/// `println!` and its like panic when their reader has gone.
#[test]
fn nobody_prints_with_a_panic() {
    let sources = sources("src");
    let offences = sources.iter().flat_map(|source| {
        let mut found: Vec<String> = ["println!", "eprintln!", "eprint!", "dbg!", "std::print!"]
            .iter()
            .flat_map(|what| {
                places(source, what, "panics when its reader has gone; write!, and look at what comes of it")
            })
            .collect();
        if !source.code.contains("macro_rules! print") {
            found.extend(places(source, "print!", "panics when its reader has gone; write! instead"));
        }
        found
    });
    judge(offences.collect());
}

#[test]
fn every_file_says_what_it_is() {
    let all = ["src", "tests", "benches"].map(sources);
    let silent = all.iter().flatten().filter(|source| !source.text.starts_with("//!"));
    let offences = silent.map(|source| format!("{}:1: starts without a //! that tells its place", source.path));
    judge(offences.collect());
}

#[test]
fn files_are_of_readable_size() {
    let all = ["src", "tests", "benches"].map(sources);
    let all: Vec<(&Source, usize)> = all.iter().flatten().map(|source| (source, source.text.lines().count())).collect();
    let too_long = all.iter().filter(|(_, lines)| *lines > FILE_LINES);
    let split = |(source, lines): &(&Source, usize)| {
        format!("{}:{FILE_LINES}: {lines} lines, {FILE_LINES} at most; split it by subject", source.path)
    };
    judge(too_long.map(split).collect());
    let long: Vec<&str> =
        all.iter().filter(|(_, lines)| *lines > USUAL_FILE_LINES).map(|(source, _)| source.path.as_str()).collect();
    let most = all.len().div_ceil(10);
    let usual = USUAL_FILE_LINES;
    assert!(long.len() <= most, "{} files of over {usual} lines, {most} at most; split some of {long:?}", long.len());
}

/// Functions of too many lines, from the line of `fn` to the closing brace.
fn long_functions(source: &Source) -> Vec<String> {
    let mut offences = Vec::new();
    for (at, _) in source.code.match_indices("fn ") {
        if source.code[..at].ends_with(is_word_char) {
            continue;
        }
        let lines = function_lines(&source.code[at..]);
        if lines > FUNCTION_LINES {
            let (path, line) = (&source.path, 1 + source.code[..at].matches('\n').count());
            offences.push(format!("{path}:{line}: a function of {lines} lines, {FUNCTION_LINES} at most; divide it"));
        }
    }
    offences
}

/// The lines of the function that starts here; 1 for a declaration without a body.
fn function_lines(code: &str) -> usize {
    let (mut depth, mut nesting) = (0_usize, 0_usize);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => nesting += 1,
            ')' | ']' => nesting = nesting.saturating_sub(1),
            '{' => depth += 1,
            '}' if depth <= 1 => return code[..at].matches('\n').count() + 1,
            '}' => depth -= 1,
            ';' if depth == 0 && nesting == 0 => return 1,
            _ => {}
        }
    }
    1
}

#[test]
fn functions_are_of_readable_size() {
    let all = ["src", "tests", "benches"].map(sources);
    judge(all.iter().flatten().flat_map(long_functions).collect());
}

fn read(name: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}; the project needs this file"))
}

/// The names in Cargo.toml's tables of dependencies.
fn dependencies() -> Vec<String> {
    let (manifest, mut names, mut is_inside) = (read("Cargo.toml"), Vec::new(), false);
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            is_inside = line.trim_matches(['[', ']']).ends_with("dependencies");
        } else if let (true, Some((name, _))) = (is_inside, line.split_once('=')) {
            names.push(name.split('.').next().unwrap_or_default().trim().to_owned());
        }
    }
    names
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let (names, text) = (dependencies(), read("docs/ARCHITECTURE.md"));
    assert!(names.len() > 5, "the tables of Cargo.toml were found: {names:?}");
    let missing = names.iter().filter(|name| !text.contains(&format!("`{name}`")));
    let advice = "is not in docs/ARCHITECTURE.md; add `name` and what it is for to its table, or drop the dependency";
    judge(missing.map(|name| format!("Cargo.toml: {name} {advice}")).collect());
}

/// The names of the numbers in src/limits: constants, and the fields of `Limits` and `Budget`.
fn numbers() -> Vec<String> {
    let text: String = sources("src/limits").into_iter().map(|source| source.text).collect();
    let name = |line: &str, start: &str| {
        let rest = line.strip_prefix(start)?.split_once(':')?.0;
        rest.chars().all(is_word_char).then(|| rest.to_owned())
    };
    let constants = text.lines().filter_map(|line| name(line, "pub const ").or_else(|| name(line, "const ")));
    let fields = |start: &str| {
        let fields = text.split_once(start).expect("it is there").1;
        let fields = fields.split_once("\n}").expect("it has an end").0;
        fields.lines().filter_map(|line| name(line, "    pub ")).collect::<Vec<String>>()
    };
    let budget = fields("pub struct Budget {").into_iter().map(|field| format!("Budget::{field}"));
    constants.filter(|name| name != "_").chain(budget).chain(fields("pub struct Limits {")).collect()
}

#[test]
fn every_limit_is_known_to_be_held_by_a_test() {
    let (numbers, list) = (numbers(), read("tests/mutations/limits.txt"));
    assert!(numbers.len() > 60, "{numbers:?}");
    let known: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix("limit ")).collect();
    let advice = "has no plant in tests/mutations/limits.txt; add one that a test finds, and the test";
    let missing = numbers.iter().filter(|number| !known.contains(&number.as_str()));
    let mut offences: Vec<String> = missing.map(|number| format!("src/limits: {number} {advice}")).collect();
    let gone = known.iter().filter(|number| !numbers.iter().any(|it| it == *number));
    offences.extend(gone.map(|number| format!("tests/mutations/limits.txt: {number} is no number of src/limits")));
    judge(offences);
}

/// Where plants of a list do not stand exactly once: in `file`, the `old` of each.
fn lost_plants(list: &str, sources: impl Fn(&str) -> String) -> Vec<String> {
    let (mut file, mut lost) = ("", Vec::new());
    for (number, line) in list.lines().enumerate() {
        if let Some(name) = line.strip_prefix("file ") {
            file = name;
        } else if let Some(old) = line.strip_prefix("old ") {
            let count = sources(file).lines().filter(|line| line.contains(old)).count();
            if count != 1 {
                lost.push(format!("{}: stands {count} times in {file}: {old}", number + 1));
            }
        }
    }
    lost
}

#[test]
fn every_planted_bug_still_has_its_place() {
    for name in ["list.txt", "limits.txt"] {
        let list = read(&format!("tests/mutations/{name}"));
        assert!(list.contains("\nold "), "{name}");
        judge(lost_plants(&list, read).iter().map(|lost| format!("tests/mutations/{name}:{lost}")).collect());
    }
}

/// The checks above would hold for any sources if they could not find anything.
#[test]
fn the_checks_find_what_they_look_for() {
    let planted = "use crate::{chat::Name, wire::{Fault, clean}};\nfn f() { super::super::server::run(); }\n";
    let offences = arrows_against(&Source::new("src/chat/x.rs", planted));
    assert_eq!(offences.len(), 2, "{offences:?}");
    assert!(offences[0].starts_with("src/chat/x.rs:1: chat uses wire"), "{offences:?}");
    assert!(offences[1].starts_with("src/chat/x.rs:2: chat uses server"), "{offences:?}");
    assert_eq!(arrows_against(&Source::new("src/client/mod.rs", "use crate::event_loop::run;")).len(), 1);
    assert_eq!(arrows_against(&Source::new("src/server/mod.rs", "use crate::wire::Fault;")).len(), 0);

    let hidden =
        "// crate::wire\n/* crate::server */ let s = \"crate::wire \\\" crate::client\";\nlet q = '\"'; crate::client;";
    let offences = arrows_against(&Source::new("src/chat/x.rs", hidden));
    assert_eq!(offences.len(), 1, "{offences:?}");
    assert!(offences[0].contains("x.rs:3: chat uses client"), "{offences:?}");

    let named = "use crate::wire::native::decode;\nlet dialect = Dialect::Native;";
    assert_eq!(named_dialects(&Source::new("src/server/x.rs", named)).len(), 2);
    assert_eq!(named_dialects(&Source::new("src/wire/native/x.rs", named)).len(), 0);

    let outside = Source::new("src/chat/x.rs", "use mio::Poll;\nlet now = Instant::now();\nlet raw = r#\"mio::\"#;");
    assert_eq!(outside_in_chat(&outside).len(), 2);
    let long = format!("fn short() {{}}\nfn long(x: [u8; 3]) {{\n{}}}\n", "    {}\n".repeat(80));
    assert_eq!(long_functions(&Source::new("src/chat/x.rs", &long)).len(), 1);

    let list = "file x.rs\nold once;\nnew x\n\nfile x.rs\nold twice;\nnew x\n\nfile x.rs\nold never;\nnew x\n";
    let lost = lost_plants(list, |_| "once;\ntwice;\ntwice;\n".to_owned());
    assert_eq!(lost, ["6: stands 2 times in x.rs: twice;", "10: stands 0 times in x.rs: never;"]);
}
