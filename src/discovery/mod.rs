//! Finding servers on the LAN: multicast DNS (RFC 6762) and service discovery over it (RFC 6763), as
//! two state machines that see neither a socket nor a clock. [`Responder`] announces a server and
//! answers who asks for it; [`Browser`] asks, and collects what is said.
//!
//! Datagrams go in with what time it is, datagrams come out with when to ask again; whoever owns the
//! sockets carries them. Time is counted from any moment, random delays come from a seed.

mod browser;
mod link;
mod message;
mod pending;
mod random;
mod record;
mod responder;
mod service;
#[cfg(test)]
mod tests;
mod ties;

pub use browser::{Browser, Found};
pub use link::{Destination, Family, Interface, LinkId, Transmit};
pub use message::LONGEST as LONGEST_DATAGRAM;
pub use responder::{News, Responder};
pub use service::{BadName, Service};

use std::net::{Ipv4Addr, Ipv6Addr};

/// The port of multicast DNS (RFC 6762, section 3).
pub const PORT: u16 = 5353;
/// Its group for IPv4.
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// Its group for IPv6.
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
