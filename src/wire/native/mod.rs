//! The native dialect: lines of UTF-8 that a person can type with `nc`. docs/PROTOCOL.md is its
//! contract. [`decode`] and [`Encoder`] are the server's half, [`read`] is the client's.

mod decode;
mod encode;
mod head;
mod read;
mod write;

pub(super) use decode::{asked, decode};
pub(super) use encode::Encoder;
pub(super) use read::private;
pub use read::{ServerLine, read};
pub use write::{compose, compose_typed};

/// The protocol's version, told in the answer to `HELLO`. Grows when a client must know.
pub const VERSION: u32 = 1;
