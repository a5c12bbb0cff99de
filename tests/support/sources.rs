//! What `tests/architecture.rs` needs to read sources: which files there are, and their text with
//! comments and literals blanked, so that what is found is code.

use std::fs;
use std::path::{Path, PathBuf};

/// One Rust source file.
pub(crate) struct Source {
    /// Relative to the package, with `/` between its parts: `src/chat/mod.rs`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// `text` with comments, strings and characters blanked, line by line as it was.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), code: blank(text) }
    }

    /// The layer a file belongs to: `chat`, `bin`, `limits`, …; `lib` for the crate's root.
    pub(crate) fn layer(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split(['/', '.']).next().unwrap_or_default()
    }

    /// Every place where `what` stands in the code, not as a part of a longer word: line numbers.
    pub(crate) fn lines_with(&self, what: &str) -> Vec<usize> {
        let numbered = self.code.lines().zip(1..);
        numbered.filter(|(line, _)| has_word(line, what)).map(|(_, number)| number).collect()
    }
}

fn has_word(line: &str, what: &str) -> bool {
    line.match_indices(what).any(|(at, _)| !line[..at].ends_with(is_word_char))
}

pub(crate) fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All sources below a folder of the package, in a fixed order; none when there is no such folder.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join(folder), &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).expect("below the package").to_string_lossy().replace('\\', "/");
        Source::new(&name, &fs::read_to_string(path).expect("a readable source"))
    };
    paths.iter().map(read).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("a readable folder").path()) {
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Blanks comments and literals, newlines kept.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = literal_or_comment(rest, code.ends_with(is_word_char));
        if length == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    code
}

/// How many bytes of a comment or literal stand at the start of `rest`; 0 for code.
fn literal_or_comment(rest: &str, behind_word: bool) -> usize {
    let to = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return to("*/", 2);
    }
    if let Some(string) = rest.strip_prefix('"') {
        return 1 + escaped_until(string, '"');
    }
    if let Some(raw) = rest.strip_prefix('r').filter(|_| !behind_word) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            return to(&format!("\"{}", "#".repeat(hashes)), hashes + 2);
        }
    }
    if rest.starts_with("'\\") {
        return 1 + escaped_until(&rest[1..], '\'');
    }
    let mut chars = rest.char_indices();
    let is_char = chars.next().is_some_and(|(_, c)| c == '\'') && chars.nth(1).is_some_and(|(_, c)| c == '\'');
    if is_char { rest.char_indices().nth(3).map_or(rest.len(), |(at, _)| at) } else { 0 }
}

/// The length up to and with the closing mark, which a backslash before it does not close.
fn escaped_until(rest: &str, mark: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices() {
        if c == mark && !is_escaped {
            return at + c.len_utf8();
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    rest.len()
}
