//! Wire: dialects. Turns bytes into commands, and replies, rows and events into bytes. Knows no
//! sockets. One folder or file a dialect, over one line splitter and one table of commands.

pub mod commands;
pub mod console;
mod fault;
mod lines;
pub mod native;
mod time;
mod words;

pub use fault::Fault;
pub use lines::{LineSplitter, Step};
pub use time::{TimeFormat, format_time, parse_time};

use std::borrow::Cow;

/// Makes a received line safe to handle: UTF-8, and nothing in it that acts on a terminal.
///
/// # Errors
/// [`Fault::NotUtf8`] when it is not UTF-8.
pub fn clean(line: &[u8]) -> Result<Cow<'_, str>, Fault> {
    let text = std::str::from_utf8(line).map_err(|_| Fault::NotUtf8)?;
    Ok(crate::chat::sanitize(text))
}
