//! Wire: dialects. Turns bytes into commands, and answers, rows and events into bytes. Knows no
//! sockets. One folder a dialect, over one line splitter, one table of commands, one kind of command
//! and one of answer.

mod answer;
mod asked;
pub mod commands;
pub mod console;
mod dialect;
mod encoder;
mod fault;
pub mod foreign;
mod host_port;
mod lines;
mod mistake;
mod native;
mod received;
mod sentences;
mod target;
mod text_file;
mod time;
mod words;

pub use answer::Answer;
pub use asked::{AnyCommand, Asked, Decoded, Kind, Order};
pub use dialect::Dialect;
pub use encoder::Encoder;
pub use fault::Fault;
pub use host_port::HostPort;
pub use lines::{LineSplitter, Step};
pub use mistake::Mistake;
pub use native::{ServerLine, VERSION as PROTOCOL_VERSION, compose, compose_typed, read};
pub use received::{Received, clean};
pub use sentences::{Sentence, farewell};
pub use target::{Target, TargetError};
pub use text_file::text_lines;
pub use time::{TimeFormat, format_time, parse_time};
