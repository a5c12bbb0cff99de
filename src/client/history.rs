//! The file that keeps typed lines from one time to the next. It is read as it is, bad bytes and all,
//! and written without waiting for anybody: several programs may share it.
//!
//! The form is the editor's own: a first line `#V2`, then one entry a line, with `\n` for a newline
//! and `\\` for a backslash.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::libc::O_NONBLOCK;

use crate::limits::{DRAFT_BYTES, HISTORY_LINES};

const HEAD: &str = "#V2";

/// How much of the end of a file is read.
const TAIL_BYTES: u64 = 4 * 1024 * 1024;

/// See the file's text.
#[derive(Debug)]
pub(super) struct HistoryFile {
    path: PathBuf,
}

impl HistoryFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The entries there are, the oldest first. A file that has grown too long, or is of an older form,
    /// is written anew.
    ///
    /// # Errors
    /// When there is a file that cannot be read.
    pub(super) fn load(&self) -> io::Result<Vec<String>> {
        let bytes = match self.options().read(true).open(&self.path) {
            Ok(file) => tail(file)?,
            // There is none the first time.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let is_escaped = bytes.starts_with(format!("{HEAD}\n").as_bytes());
        // A line that is not text is left out; the others are none the worse for it.
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
        let entry = |line: &str| if is_escaped { unescaped(line) } else { line.to_owned() };
        let entries = lines.skip(usize::from(is_escaped)).filter(|line| !line.is_empty()).map(entry);
        // Nor does the editor take one that it could not have been given.
        let mut entries: Vec<_> = entries.filter(|entry| entry.len() <= DRAFT_BYTES).collect();
        let surplus = entries.len().saturating_sub(HISTORY_LINES);
        entries.drain(..surplus);
        if surplus > HISTORY_LINES || !is_escaped && !entries.is_empty() {
            let text: String = entries.iter().map(|entry| escaped(entry)).collect();
            self.options()
                .write(true)
                .truncate(true)
                .open(&self.path)?
                .write_all(format!("{HEAD}\n{text}").as_bytes())?;
        }
        Ok(entries)
    }

    /// Adds an entry at the end.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn append(&self, entry: &str) -> io::Result<()> {
        let mut file = self.options().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        let before = match last_byte(&mut file)? {
            None => format!("{HEAD}\n"),
            Some(b'\n') => String::new(),
            Some(_) => "\n".to_owned(),
        };
        // In one piece, so that what others add stands before it or behind it.
        file.write_all(format!("{before}{}", escaped(entry)).as_bytes())
    }

    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        // What is no file must not hold anybody up.
        options.custom_flags(O_NONBLOCK);
        options
    }
}

fn tail(mut file: File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    let mut bytes = Vec::new();
    if length <= TAIL_BYTES {
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    file.seek(SeekFrom::Start(length - TAIL_BYTES))?;
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    // Only a part of its first line is there.
    let whole = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    Ok([HEAD.as_bytes(), b"\n", bytes.get(whole..).unwrap_or_default()].concat())
}

fn last_byte(file: &mut File) -> io::Result<Option<u8>> {
    if file.metadata()?.len() == 0 {
        return Ok(None);
    }
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    let [byte] = byte;
    Ok(Some(byte))
}

fn escaped(entry: &str) -> String {
    format!("{}\n", entry.replace('\\', r"\\").replace('\n', r"\n"))
}

fn unescaped(line: &str) -> String {
    let mut entry = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('\\', Some('n')) => entry.push('\n'),
            ('\\', Some('\\')) => entry.push('\\'),
            _ => {
                entry.push(c);
                continue;
            }
        }
        chars.next();
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history file of its own for a test.
    fn file(name: &str, bytes: &[u8]) -> HistoryFile {
        let path = std::env::temp_dir().join(format!("chatc-history-{name}-{}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        HistoryFile::new(&path)
    }

    fn bytes(file: &HistoryFile) -> Vec<u8> {
        let bytes = std::fs::read(&file.path).unwrap();
        std::fs::remove_file(&file.path).unwrap();
        bytes
    }

    #[test]
    fn what_is_kept_comes_back() {
        let history = file("back", b"");
        let entries = ["one", "two\nlines", r"a\nb \ c\\", "日本"];
        for entry in entries {
            history.append(entry).unwrap();
        }
        assert_eq!(history.load().unwrap(), entries);
        assert_eq!(bytes(&history), "#V2\none\ntwo\\nlines\na\\\\nb \\\\ c\\\\\\\\\n日本\n".as_bytes());
    }

    #[test]
    fn a_bad_byte_costs_its_line_only() {
        let history = file("bad", b"#V2\ngood\nb\xe9d\nbetter");
        assert_eq!(history.load().unwrap(), ["good", "better"]);
        history.append("best").unwrap();
        assert_eq!(history.load().unwrap(), ["good", "better", "best"]);
        assert_eq!(bytes(&history), b"#V2\ngood\nb\xe9d\nbetter\nbest\n");
    }

    #[test]
    fn a_line_that_is_too_long_for_the_editor_is_left_out() {
        let longest = "x".repeat(DRAFT_BYTES);
        let history = file("longest", format!("#V2\ngood\n{longest}x\n{longest}\n").as_bytes());
        assert_eq!(history.load().unwrap(), ["good".to_owned(), longest]);
        bytes(&history);
    }

    #[test]
    fn an_older_form_and_a_file_that_has_grown_are_written_anew() {
        let history = file("old", b"one\nback\\slash\n");
        assert_eq!(history.load().unwrap(), ["one", r"back\slash"]);
        assert_eq!(bytes(&history), b"#V2\none\nback\\\\slash\n");
        let many = format!("#V2\n{}", "again\n".repeat(2 * HISTORY_LINES + 1));
        let history = file("long", many.as_bytes());
        assert_eq!(history.load().unwrap().len(), HISTORY_LINES);
        assert_eq!(bytes(&history), format!("#V2\n{}", "again\n".repeat(HISTORY_LINES)).as_bytes());
    }

    #[test]
    fn a_file_that_is_not_there_is_empty_and_what_is_none_is_an_error() {
        assert!(HistoryFile::new(Path::new("/nonexistent/history")).load().unwrap().is_empty());
        HistoryFile::new(Path::new("/nonexistent/history")).append("x").unwrap_err();
        HistoryFile::new(Path::new("/")).load().unwrap_err();
    }
}
