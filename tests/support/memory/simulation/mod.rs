//! What the simulation and the tests of lost connections share: streams whose every byte and event
//! is under the test's control, and clients that keep the protocol's books.

#![allow(dead_code, reason = "every test file takes what it needs")]

pub(crate) mod absence;
pub(crate) mod books;
pub(crate) mod crowd;
pub(crate) mod ending;
pub(crate) mod journal;
pub(crate) mod net;
pub(crate) mod pipe;
pub(crate) mod place;
pub(crate) mod shadow;
pub(crate) mod trial;
pub(crate) mod turns;
mod unread;
pub(crate) mod verdict;
mod waits;
