//! What tests of the real programs share: the daemon and its clients, chatc and its terminal.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

pub(crate) mod client;
pub(crate) mod daemon;
pub(crate) mod signals;
