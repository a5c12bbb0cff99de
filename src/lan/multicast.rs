//! Sockets of the group in which servers are found: one for each interface and protocol, so that one
//! knows where a datagram came in, and says where it goes out.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

use crate::discovery::{Family, GROUP_V4, GROUP_V6, Interface, LinkId, PORT};

/// Others on the link see by it that a datagram has not been forwarded (RFC 6762, section 11).
const HOPS: u32 = 255;

/// A socket that speaks to the group on one interface. It never blocks.
#[derive(Debug)]
pub struct GroupSocket {
    link: LinkId,
    family: Family,
    socket: UdpSocket,
}

impl GroupSocket {
    /// Hears what is said to the group on this interface, beside any other program that does.
    ///
    /// # Errors
    /// When the interface has no address of this family, or another program holds the port for itself.
    pub fn member(interface: &Interface, family: Family) -> io::Result<Self> {
        let socket = new(interface, family)?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        // Bound to the group's address a socket takes nobody's unicast datagrams away.
        socket.bind(&group(interface.id, family, PORT).into())?;
        match family {
            Family::V4 => {
                socket.join_multicast_v4_n(&GROUP_V4, &InterfaceIndexOrAddress::Index(interface.id))?;
            }
            Family::V6 => socket.join_multicast_v6(&GROUP_V6, interface.id)?,
        }
        Ok(Self { link: interface.id, family, socket: socket.into() })
    }

    /// Asks the group, and is answered alone.
    ///
    /// # Errors
    /// When the interface has no address of this family.
    pub fn asker(interface: &Interface, family: Family) -> io::Result<Self> {
        let socket = new(interface, family)?;
        let any: IpAddr = match family {
            Family::V4 => std::net::Ipv4Addr::UNSPECIFIED.into(),
            Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
        };
        socket.bind(&SocketAddr::new(any, 0).into())?;
        Ok(Self { link: interface.id, family, socket: socket.into() })
    }

    /// The interface it is for.
    pub fn link(&self) -> LinkId {
        self.link
    }

    /// The protocol it is for.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Sends to all who are on the link.
    ///
    /// # Errors
    /// As send(2); nothing is sent then, and nothing depends on it.
    pub fn say(&self, bytes: &[u8]) -> io::Result<()> {
        self.tell(bytes, group(self.link, self.family, PORT))
    }

    /// Sends to one host.
    ///
    /// # Errors
    /// As send(2).
    pub fn tell(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        self.socket.send_to(bytes, to).map(drop)
    }

    /// The next datagram.
    ///
    /// # Errors
    /// `WouldBlock` when there is none, and as recv(2).
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.recv_from(buffer)
    }
}

impl AsFd for GroupSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for GroupSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

fn new(interface: &Interface, family: Family) -> io::Result<Socket> {
    let domain = if family == Family::V4 { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::DGRAM.nonblocking().cloexec(), Some(Protocol::UDP))?;
    let absent = || io::Error::from(io::ErrorKind::AddrNotAvailable);
    let own = interface.addresses.iter().map(ipnet::IpNet::addr).find(|own| Family::of(*own) == family);
    match own.ok_or_else(absent)? {
        IpAddr::V4(own) => {
            socket.set_multicast_if_v4(&own)?;
            socket.set_multicast_ttl_v4(HOPS)?;
            socket.set_ttl_v4(HOPS)?;
            #[cfg(target_os = "linux")]
            socket.set_multicast_all_v4(false)?;
        }
        IpAddr::V6(_) => {
            socket.set_only_v6(true)?;
            socket.set_multicast_if_v6(interface.id)?;
            socket.set_multicast_hops_v6(HOPS)?;
            socket.set_unicast_hops_v6(HOPS)?;
            #[cfg(target_os = "linux")]
            socket.set_multicast_all_v6(false)?;
        }
    }
    Ok(socket)
}

fn group(link: LinkId, family: Family, port: u16) -> SocketAddr {
    match family {
        Family::V4 => SocketAddr::new(GROUP_V4.into(), port),
        Family::V6 => SocketAddr::V6(SocketAddrV6::new(GROUP_V6, port, 0, link)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lan::links;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    #[test]
    fn what_is_said_to_the_group_is_heard_on_its_link() {
        let loopback = links().into_iter().find(|link| link.is_loopback).expect("every machine has one").interface;
        let member = GroupSocket::member(&loopback, Family::V4).unwrap();
        let asker = GroupSocket::asker(&loopback, Family::V4).unwrap();
        asker.say(b"is anybody here").unwrap();
        let mut buffer = [0; 64];
        let (count, from) = await_datagram(&member, &mut buffer);
        assert_eq!(&buffer[..count], b"is anybody here");
        assert!(from.ip().is_loopback());
        member.tell(b"yes", from).unwrap();
        assert_eq!(await_datagram(&asker, &mut buffer).0, 3);
    }

    fn await_datagram(socket: &GroupSocket, buffer: &mut [u8]) -> (usize, SocketAddr) {
        let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::from(10_000_u16)).unwrap();
        socket.receive(buffer).expect("on loopback nothing is lost")
    }
}
