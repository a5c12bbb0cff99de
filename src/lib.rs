//! chatd, a chat daemon for one LAN, and chatc, its terminal client.
//!
//! The modules are layers; every arrow points down (`tests/it/architecture.rs` holds them to it):
//!
//! ```text
//! bin ── chatd, chatc: flags → config → run → exit code
//!  ├── client      chatc: a pure model, a terminal and a pipe in front of it
//!  └── event_loop  chatd: mio, listeners, signals, stdin
//!       └── server     connections over any `Read + Write`, queues, deadlines, the tick
//!            └── wire      dialects: bytes ↔ commands, replies and events
//!                 └── chat     the domain: users, requests, sessions, rooms; no I/O, no clock
//! ```
//!
//! [`discovery`] finds servers on the LAN, for both; [`limits`] holds every number and stands beside them all.

pub mod chat;
pub mod client;
pub mod discovery;
pub mod event_loop;
pub mod lan;
pub mod limits;
pub mod server;
pub mod wire;
