//! Listening sockets: where, how they are bound, and what to do when accepting fails.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, TcpKeepalive, Type};

use crate::chat::Millis;
use crate::limits::{
    ACCEPT_PAUSE, KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_PROBES, LISTEN_BACKLOG, PORT, REFUSAL_LOG_INTERVAL,
};

/// Why the daemon cannot listen.
#[derive(Debug)]
pub struct ListenError {
    /// Where it was to listen.
    pub address: SocketAddr,
    /// What the system said.
    pub error: io::Error,
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, error } = self;
        match error.kind() {
            io::ErrorKind::AddrInUse => write!(
                f,
                "cannot listen on {address}: another program does, perhaps another chatd; \
                 stop it or choose another port with --listen"
            ),
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "cannot listen on {address}: this machine has no such address")
            }
            io::ErrorKind::PermissionDenied => {
                write!(f, "cannot listen on {address}: not permitted; ports below 1024 need privileges")
            }
            _ => write!(f, "cannot listen on {address}: {error}"),
        }
    }
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

impl Listener {
    pub(super) fn bind(address: SocketAddr, dead_after: Duration) -> Result<Self, ListenError> {
        let socket = bind(address, dead_after).map_err(|error| ListenError { address, error })?;
        let address = socket.local_addr().unwrap_or(address);
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
pub(super) fn bind_default(dead_after: Duration) -> Result<Listener, ListenError> {
    let (v6, v4) = (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    Listener::bind(SocketAddr::new(v6, PORT), dead_after).or_else(|error| match error.error.kind() {
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => Err(error),
        _ => Listener::bind(SocketAddr::new(v4, PORT), dead_after),
    })
}

fn bind(address: SocketAddr, dead_after: Duration) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    set_connection_options(&socket, dead_after)?;
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

/// An IPv4 client of a dual-stack socket is shown with its IPv4 address.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
