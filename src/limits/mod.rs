//! Every limit of the program, with its unit, and the relations between them: by subject those that
//! are part of the program or the protocol, and in `settings` those an operator can set. A new one goes to
//! the file of its subject, and to `tests/mutations/limits.txt` with a plant that a test finds.

mod chat;
mod client;
mod connection;
mod haste;
mod output;
mod place;
mod protocol;
mod settings;
mod work;

pub use chat::*;
pub use client::*;
pub use connection::*;
pub use haste::*;
pub use output::*;
pub use place::*;
pub use protocol::*;
pub use settings::*;
pub use work::*;

// A room that is not named has its opener's name, and a number.
const _: () = assert!(1 + NAME_BYTES + 1 + 20 <= ROOM_NAME_BYTES && 1 + NAME_COLUMNS + 1 + 20 <= ROOM_NAME_COLUMNS);
const _: () = assert!(NAME_COLUMNS <= NAME_BYTES && ROOM_NAME_COLUMNS <= ROOM_NAME_BYTES);
const _: () = assert!(KEPT_BYTES + Limits::DEFAULT.output_hard < MISSED_BYTES);
const _: () = assert!(2 + 18 + 21 + 25 + ROOM_NAME_BYTES + 1 + NAME_BYTES < MESSAGE_PREFIX_BYTES);
const _: () = assert!(MESSAGE_PREFIX_BYTES + TEXT_BYTES < LINE_BYTES);
const _: () = assert!(LINE_BYTES <= READ_BYTES);
const _: () = assert!(TEXT_BYTES <= BACKLOG_BYTES);
const _: () = assert!(TEXT_BYTES < DRAFT_BYTES && DRAFT_BYTES < u16::MAX as usize);
const _: () = assert!(LINE_BYTES < ENDLESS_LINE_BYTES && ENDLESS_LINE_BYTES <= u16::MAX as usize + 1);
const _: () = assert!(
    ACKNOWLEDGE_MOST.as_millis() == Limits::DEFAULT.acknowledge_within.as_millis() + ACKNOWLEDGE_WHEN_BUSY.as_millis()
);
const _: () = assert!(Limits::DEFAULT.check().is_ok());
const _: () = assert!(Limits { output_soft: usize::MAX, ..Limits::DEFAULT }.check().is_err());
const _: () = assert!(Limits::DEFAULT.output_soft + KEPT_BYTES + LINE_BYTES < Limits::DEFAULT.output_hard);
const _: () = assert!(DROP_NOTICE_DELAY.as_millis() < Limits::DEFAULT.resume_grace.as_millis());
