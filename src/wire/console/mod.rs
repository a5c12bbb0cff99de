//! The operator's dialect: what is typed at chatd's own terminal, and what is printed there.

mod compose;
mod decode;
mod print;
mod time;

pub use compose::{NotALine, compose};
pub(super) use decode::{asked, decode};
pub(super) use print::{answer, farewell, fault, heading, help, row};
pub use print::{reason_given, span, term};
pub use time::{TimeError, read_time};
