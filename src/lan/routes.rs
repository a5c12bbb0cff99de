//! What is new about the way to the server, as far as this computer can know: the address its
//! packets would carry, and news from the kernel that addresses, links or routes have changed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The address of this computer that packets to the server would carry, if there is a way to it.
/// Sends nothing.
pub fn route_to(peer: SocketAddr) -> Option<IpAddr> {
    let any = if peer.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { IpAddr::from(Ipv6Addr::UNSPECIFIED) };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(peer).ok()?;
    socket.local_addr().ok().map(|own| own.ip())
}

/// News from the kernel, where it gives any.
#[derive(Debug)]
pub struct Routes {
    socket: Option<OwnedFd>,
}

impl Routes {
    /// Begins to listen; where the system tells nothing there never is news.
    pub fn watch() -> Self {
        Self { socket: open() }
    }

    /// What becomes readable when there is news.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(AsFd::as_fd)
    }

    /// Takes the news there is; says what the gravest of it means.
    pub fn take_news(&self) -> Option<News> {
        self.socket.as_ref().and_then(take)
    }
}

/// What is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum News {
    /// There may be a way where there was none.
    Way,
    /// And what a connection stands on may have gone.
    Gone,
}

/// A socket of rtnetlink(7) that is told of links, addresses and routes.
#[cfg(target_os = "linux")]
fn open() -> Option<OwnedFd> {
    use nix::libc;
    use nix::sys::socket::{AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, socket};
    use std::os::fd::AsRawFd;
    const GROUPS: i32 = libc::RTMGRP_LINK
        | libc::RTMGRP_IPV4_IFADDR
        | libc::RTMGRP_IPV4_ROUTE
        | libc::RTMGRP_IPV6_IFADDR
        | libc::RTMGRP_IPV6_ROUTE;
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute).ok()?;
    bind(fd.as_raw_fd(), &NetlinkAddr::new(0, u32::try_from(GROUPS).ok()?)).ok()?;
    Some(fd)
}

#[cfg(not(target_os = "linux"))]
fn open() -> Option<OwnedFd> {
    None
}

/// Reads all messages.
fn take(fd: &OwnedFd) -> Option<News> {
    use nix::errno::Errno;
    let mut bytes = [0; 16 * 1024];
    let mut news = None;
    loop {
        match nix::unistd::read(fd, &mut bytes) {
            Ok(0) => return news,
            Ok(count) => news = news.max(kinds(bytes.get(..count).unwrap_or_default()).map(meaning).max()),
            // Some were lost, since there were too many: it may be any.
            Err(Errno::ENOBUFS) => news = Some(News::Gone),
            Err(Errno::EINTR) => {}
            Err(_) => return news,
        }
    }
}

/// The types of the messages in a datagram (netlink(7): length, type, …, aligned to four bytes).
fn kinds(mut bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let kind = rest.first_chunk::<2>()?;
        let length = usize::try_from(u32::from_ne_bytes(*length)).ok()?.max(16).next_multiple_of(4);
        bytes = bytes.get(length..).unwrap_or_default();
        Some(u16::from_ne_bytes(*kind))
    })
}

/// What a message means. New routes and addresses show in [`route_to`] where one was found before;
/// what has gone, and links that come and go, do not always.
fn meaning(kind: u16) -> News {
    // `RTM_NEWLINK`, `RTM_DELLINK`, `RTM_DELADDR`, `RTM_DELROUTE` (rtnetlink(7)).
    if [16, 17, 21, 25].contains(&kind) { News::Gone } else { News::Way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_of_a_datagram_is_found() {
        let message = |kind: u16, length: u32| {
            let mut bytes = length.to_ne_bytes().to_vec();
            bytes.extend(kind.to_ne_bytes());
            bytes.resize(usize::try_from(length.next_multiple_of(4)).unwrap(), 0);
            bytes
        };
        let datagram = [message(24, 33), message(21, 16), message(0, 0)].concat();
        assert_eq!(kinds(&datagram).collect::<Vec<_>>(), [24, 21]);
        assert_eq!(kinds(&datagram[..3]).count(), 0);
        assert_eq!(kinds(&datagram).map(meaning).max(), Some(News::Gone));
        assert_eq!(meaning(24), News::Way);
    }

    #[test]
    fn there_is_a_way_to_this_computer() {
        assert_eq!(route_to("127.0.0.1:9".parse().unwrap()), Some(IpAddr::from([127, 0, 0, 1])));
    }
}
