//! Listening sockets: how they are bound, why they cannot be, and what to do when accepting fails.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use nix::errno::Errno;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, TcpKeepalive, Type};

use super::endpoint::Address;
use crate::chat::Millis;
use crate::lan::shown;
use crate::limits::{
    ACCEPT_PAUSE, ASK_HOLDER_TIME, KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_PROBES, LISTEN_BACKLOG, PORT,
    REFUSAL_LOG_INTERVAL, SEGMENT_BYTES,
};

/// Why the daemon cannot listen.
#[derive(Debug)]
pub struct ListenError {
    /// Where it was to listen, as the operator said it.
    pub at: String,
    /// What is in the way.
    pub why: Why,
}

/// What is in the way of listening somewhere.
#[derive(Debug)]
pub enum Why {
    /// A chatd listens there.
    ChatdIsThere,
    /// Some program listens there.
    InUse,
    /// This daemon listens there already, because of this other address.
    AskedTwice(SocketAddr),
    /// No interface has this address, or not yet.
    NoSuchAddress,
    /// None has this name or number, or not yet.
    NoInterface(String),
    /// Several have this address.
    WhichInterface(Vec<String>),
    /// It stands for many machines.
    NotOneMachine,
    /// Nobody knows this name.
    UnknownName(io::Error),
    /// This machine does not speak this version of IP.
    NoFamily,
    /// The system does not allow it.
    NotPermitted {
        /// Ports below 1024 are for privileged users.
        is_privileged: bool,
    },
    /// Something else, as the system says it.
    System(io::Error),
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: {}", self.at, self.why)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChatdIsThere => {
                f.write_str("a chatd listens there already; join it with chatc, or choose another port: --listen :PORT")
            }
            Self::InUse => f.write_str("another program does; stop it, or choose another port: --listen :PORT"),
            Self::AskedTwice(other) => {
                write!(f, "{} has that already, from another --listen; leave one of them out", shown(*other))
            }
            Self::NoSuchAddress => f.write_str(
                "this machine has no such address (`ip address` shows those it has); \
                 if it gets it later, --wait-for-addresses waits",
            ),
            Self::NoInterface(name) => write!(
                f,
                "this machine has no interface {name} (`ip link` shows those it has); \
                 if it gets it later, --wait-for-addresses waits"
            ),
            Self::WhichInterface(names) => {
                write!(f, "several interfaces have that address; say which, as in IPv6%INTERFACE: {}", names.join(", "))
            }
            Self::NotOneMachine => f.write_str("that address stands for many machines; say one of this machine's own"),
            Self::UnknownName(error) => write!(f, "no address is known for that name ({error}); say an address"),
            Self::NoFamily => {
                f.write_str("this machine does not speak that version of IP; say an address of the other")
            }
            Self::NotPermitted { is_privileged: true } => f.write_str(
                "ports below 1024 need privileges (the capability CAP_NET_BIND_SERVICE); \
                 choose one above: --listen :PORT",
            ),
            Self::NotPermitted { is_privileged: false } => {
                f.write_str("a rule of this system (SELinux, AppArmor, a sandbox) does not permit it")
            }
            Self::System(error) => write!(f, "{error}"),
        }
    }
}

impl Why {
    fn new(error: io::Error, address: SocketAddr) -> Self {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EADDRINUSE) => Self::InUse,
            Some(Errno::EADDRNOTAVAIL) => Self::NoSuchAddress,
            Some(Errno::ENODEV | Errno::ENXIO) => match address {
                SocketAddr::V6(v6) => Self::NoInterface(v6.scope_id().to_string()),
                SocketAddr::V4(_) => Self::NoSuchAddress,
            },
            Some(Errno::EAFNOSUPPORT) => Self::NoFamily,
            Some(Errno::EACCES | Errno::EPERM) => {
                Self::NotPermitted { is_privileged: (1..1024).contains(&address.port()) }
            }
            _ => Self::System(error),
        }
    }

    /// The same, after asking whoever has the port. May take a moment, so only for a start that fails.
    pub(super) fn looked_into(self, address: SocketAddr) -> Self {
        if matches!(self, Self::InUse) && is_chatd(address) { Self::ChatdIsThere } else { self }
    }

    /// Whether that may be otherwise a little later: interfaces come up, addresses are given out
    /// (DHCP) and tried first (duplicate address detection).
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::NoSuchAddress | Self::NoInterface(_))
    }
}

/// Asks whoever listens there whether it is a chatd, which answers at once.
fn is_chatd(address: SocketAddr) -> bool {
    let ask = || -> io::Result<[u8; 9]> {
        let mut stream = std::net::TcpStream::connect_timeout(&reachable(address), ASK_HOLDER_TIME)?;
        stream.set_read_timeout(Some(ASK_HOLDER_TIME))?;
        stream.write_all(b"HELLO\n")?;
        let mut answer = [0; 9];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer == *b"+OK chatd")
}

/// One listens on all addresses; one connects to one.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        _ => return address,
    };
    SocketAddr::new(ip, address.port())
}

impl std::error::Error for ListenError {}

/// A listening socket, and until when it is left alone after a failure.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) address: SocketAddr,
    dead_after: Duration,
    /// Connections may be waiting.
    pub(super) is_ready: bool,
    pub(super) paused_until: Option<Millis>,
    /// When the log last told that accepting failed.
    told_at: Option<Millis>,
}

/// How the sockets are to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) dead_after: Duration,
    /// All of IPv4 has a socket of its own on that port.
    pub(super) only_v6: bool,
}

impl Listener {
    pub(super) fn bind(address: SocketAddr, options: Options) -> Result<Self, Why> {
        let socket = bind(address, options).map_err(|error| Why::new(error, address))?;
        let address = socket.local_addr().unwrap_or(address);
        let dead_after = options.dead_after;
        Ok(Self { socket, address, dead_after, is_ready: false, paused_until: None, told_at: None })
    }

    /// Leaves the socket alone for a while after accepting has failed. Says whether the log is to
    /// tell of it, which it does now and then only.
    pub(super) fn pause(&mut self, now: Millis) -> bool {
        self.paused_until = Some(now + ACCEPT_PAUSE);
        let is_due = self.told_at.is_none_or(|at| now.since(at) >= REFUSAL_LOG_INTERVAL);
        self.told_at = if is_due { Some(now) } else { self.told_at };
        is_due
    }

    pub(super) fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, address) = self.socket.accept()?;
        // Linux hands these down from the listener; elsewhere they are set here.
        if !cfg!(target_os = "linux") {
            set_connection_options(&SockRef::from(&stream), self.dead_after)?;
        }
        Ok((stream, plain(address)))
    }
}

/// The addresses to listen on when none is given: all of IPv6 and IPv4 on one socket, or IPv4
/// alone where there is no IPv6.
pub(super) fn bind_default(options: Options) -> Result<Listener, ListenError> {
    let bind = |address: Address| {
        let bound =
            address.to_socket_address().and_then(|at| Listener::bind(at, options).map_err(|why| why.looked_into(at)));
        bound.map_err(|why| ListenError { at: address.to_string(), why })
    };
    bind(Address::all_v6(PORT)).or_else(|error| match error.why {
        Why::NoFamily | Why::NoSuchAddress => bind(Address::all_v4(PORT)),
        _ => Err(error),
    })
}

fn bind(address: SocketAddr, options: Options) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(options.only_v6)?;
    }
    socket.set_reuse_address(true)?;
    set_connection_options(&socket, options.dead_after)?;
    // Asked of the peer, too, when it connects; within this machine there is no narrow way. Where the
    // system does not take it, segments are as they always were.
    if !address.ip().is_loopback() {
        let _ = socket.set_tcp_mss(SEGMENT_BYTES);
    }
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(LISTEN_BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// No delay for small writes (Nagle's algorithm, RFC 9293, 3.7.4), and a kernel that finds out
/// within a minute that the other end is gone, whether the connection is idle (keepalive probes)
/// or has unacknowledged data (TCP_USER_TIMEOUT, RFC 5482).
fn set_connection_options(socket: &Socket, dead_after: Duration) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_IDLE);
    #[cfg(not(target_os = "openbsd"))]
    let keepalive = keepalive.with_interval(KEEPALIVE_INTERVAL).with_retries(KEEPALIVE_PROBES);
    socket.set_tcp_keepalive(&keepalive)?;
    if cfg!(target_os = "linux") {
        socket.set_tcp_user_timeout(Some(dead_after))?;
    }
    Ok(())
}

/// An IPv4 client of a dual-stack socket is shown with its IPv4 address; a link-local one keeps its
/// interface.
fn plain(mut address: SocketAddr) -> SocketAddr {
    if let SocketAddr::V6(v6) = &address
        && let Some(v4) = v6.ip().to_ipv4_mapped()
    {
        address = SocketAddr::new(IpAddr::V4(v4), v6.port());
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: Options = Options { dead_after: Duration::from_secs(77), only_v6: false };

    fn listener() -> Listener {
        Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), OPTIONS).unwrap()
    }

    /// The next connection, which is on its way.
    fn accepted(listener: &Listener) -> TcpStream {
        loop {
            match listener.accept() {
                Ok((stream, _)) => return stream,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
        }
    }

    #[test]
    fn the_kernel_is_told_when_a_peer_that_is_silent_is_gone() {
        let listener = listener();
        let _peer = std::net::TcpStream::connect(listener.address).unwrap();
        let stream = accepted(&listener);
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(30));
        if cfg!(target_os = "linux") {
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(10));
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(OPTIONS.dead_after));
        }
    }

    #[test]
    fn an_address_is_shown_as_people_know_it_and_keeps_its_link() {
        for (found, shown) in [
            ("[::ffff:10.0.0.1]:5", "10.0.0.1:5"),
            ("[fe80::2%3]:5", "[fe80::2%3]:5"),
            ("[::1]:5", "[::1]:5"),
            ("10.0.0.1:5", "10.0.0.1:5"),
        ] {
            assert_eq!(plain(found.parse().unwrap()).to_string(), shown);
        }
    }

    /// Linux caps what is asked for at a setting of the system; elsewhere nobody says how much it is.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_crowd_that_comes_at_once_is_let_wait() {
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let crowd = most.trim().parse::<usize>().unwrap().min(300);
        let listener = listener();
        let connect = |_| std::net::TcpStream::connect_timeout(&listener.address, Duration::from_millis(900));
        let waiting: Vec<_> = (0..crowd).map_while(|number| connect(number).ok()).collect();
        assert_eq!(waiting.len(), crowd, "nobody has been accepted, and nobody was turned away");
    }

    #[test]
    fn a_listener_that_fails_rests_for_a_quarter_of_a_second_and_is_told_of_once_in_ten() {
        let mut listener = listener();
        assert!(listener.pause(Millis(1_000)));
        assert_eq!(listener.paused_until, Some(Millis(1_250)));
        assert!(!listener.pause(Millis(10_999)));
        assert!(listener.pause(Millis(11_000)));
    }

    #[test]
    fn each_reason_not_to_listen_is_told_as_it_is() {
        let why = |errno, port| Why::new(io::Error::from_raw_os_error(errno as i32), ([10, 0, 0, 1], port).into());
        for (why, words) in [
            (why(Errno::EACCES, 80), "ports below 1024 need privileges"),
            (why(Errno::EACCES, 2428), "a rule of this system"),
            (why(Errno::EPERM, 1023), "ports below 1024"),
            (why(Errno::EPERM, 0), "a rule of this system"),
            (why(Errno::EADDRINUSE, 80), "another program does"),
            (why(Errno::EADDRNOTAVAIL, 80), "this machine has no such address"),
            (why(Errno::EAFNOSUPPORT, 80), "does not speak that version of IP"),
            (why(Errno::EMFILE, 80), "Too many open files"),
        ] {
            assert!(why.to_string().contains(words), "{why}");
        }
    }
}
