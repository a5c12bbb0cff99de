//! Wire: dialects. Turns bytes into commands, and replies, rows and events into bytes. Knows no
//! sockets. One folder or file a dialect, over one line splitter and one table of commands.

pub mod commands;
pub mod console;
mod fault;
pub mod foreign;
mod host_port;
mod lines;
pub mod native;
mod received;
mod text_file;
mod time;
mod words;

pub use fault::Fault;
pub use host_port::HostPort;
pub use lines::{LineSplitter, Step};
pub use received::{Received, clean};
pub use text_file::text_lines;
pub use time::{TimeFormat, format_time, parse_time};
