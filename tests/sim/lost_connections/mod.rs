//! Lost connections, over the real server and streams that are cut: a scripted conversation with
//! the line cut at every byte of it, both ways, in each manner in which a connection can be lost;
//! long random ones with many cuts; and every rule of docs/PROTOCOL.md, "Lost connections".
//!
//! A failure of the random ones prints the line that replays it:
//!
//! ```text
//! CHATD_SEED=7 cargo test --test sim lost_connections::random
//! ```

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]
#![allow(clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

mod every_byte;
mod grace;
mod history;
mod names;
mod random;
mod tokens;
mod unread;

use chatd::limits::Limits;

/// Without limits on how often, which would only make the scripts slow.
const FREE: Limits = Limits::DEFAULT.without_rates();
