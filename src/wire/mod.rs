//! Wire: dialects. Turns bytes into commands, and replies, rows and events into bytes. Knows no
//! sockets. One folder or file a dialect, over one line splitter and one table of commands.

pub mod commands;
pub mod console;
mod fault;
mod lines;
pub mod native;
mod words;

pub use fault::Fault;
pub use lines::{LineSplitter, Step};

use std::borrow::Cow;

/// Makes a received line safe to handle: UTF-8, and nothing in it that acts on a terminal.
///
/// # Errors
/// [`Fault::NotUtf8`] when it is not UTF-8.
pub fn clean(line: &[u8]) -> Result<Cow<'_, str>, Fault> {
    let text = std::str::from_utf8(line).map_err(|_| Fault::NotUtf8)?;
    Ok(crate::chat::sanitize(text))
}

/// Writes a moment as RFC 3339 in UTC with milliseconds: `2026-11-20T07:16:59.123Z`.
pub fn format_time(at: crate::chat::UnixMillis) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    format!("{moment:.3}")
}

/// Reads a moment that [`format_time`] wrote, or any other RFC 3339 one after 1970.
pub fn parse_time(text: &str) -> Option<crate::chat::UnixMillis> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(moment.as_millisecond()).ok().map(crate::chat::UnixMillis)
}
