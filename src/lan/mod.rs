//! The LAN as the operating system shows it: interfaces and their addresses, news of links and
//! routes, and sockets of the group in which servers are found. Both programs use it.

mod interfaces;
mod multicast;
mod routes;

pub use interfaces::{Link, OwnAddress, index_of, links, own_addresses, shown};
pub use multicast::GroupSocket;
pub use routes::{News, Routes, route_to};
