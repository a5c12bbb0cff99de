//! The control socket: a Unix socket that only its owner can open, where each connection is an
//! operator's.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};

use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry};
use nix::sys::stat::{Mode, umask};
use socket2::{Domain, SockAddr, Socket, Type};

use super::places::{Place, socket_name};
use super::sources::Source;
use crate::chat::Millis;
use crate::limits::CONTROL_CHECK_INTERVAL;

/// The control socket, or why there is none, and where it belongs.
#[derive(Debug)]
pub(super) struct Control {
    wanted: Wanted,
    socket: Option<Listening>,
    /// Connections may be waiting.
    pub(super) is_ready: bool,
    checked: Millis,
    /// Whether the log knows that there is none.
    is_missed: bool,
}

/// Where it is to be.
#[derive(Debug)]
pub(super) enum Wanted {
    /// There and nowhere else.
    At(PathBuf),
    /// In the first of the usual places that can be used, under the name for this port.
    Usual(u16),
}

/// What has become of the socket, for the log.
#[derive(Debug)]
pub(super) enum News {
    Made(PathBuf),
    Missing(Unbound),
}

/// Where the socket cannot be, and why.
#[derive(Debug)]
pub(super) struct Unbound {
    pub(super) path: PathBuf,
    pub(super) error: io::Error,
}

impl Control {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self { wanted, socket: None, is_ready: false, checked: Millis(0), is_missed: false }
    }

    /// Where it is, if it is anywhere.
    pub(super) fn path(&self) -> Option<&Path> {
        self.socket.as_ref().map(|socket| socket.path.as_path())
    }

    /// Makes the socket.
    pub(super) fn open(&mut self, registry: &Registry, now: Millis) -> Result<PathBuf, Unbound> {
        self.checked = now;
        let mut socket = self.bind()?;
        let path = socket.path.clone();
        if let Err(error) = registry.register(&mut socket.listener, Source::Control.token(), Interest::READABLE) {
            return Err(Unbound { path, error });
        }
        (self.socket, self.is_ready, self.is_missed) = (Some(socket), true, false);
        Ok(path)
    }

    fn bind(&self) -> Result<Listening, Unbound> {
        let port = match &self.wanted {
            Wanted::At(path) => return Listening::bind(path),
            Wanted::Usual(port) => *port,
        };
        let mut last = None;
        for place in Place::all() {
            let failed = match place.prepared() {
                Ok(directory) => match Listening::bind(&directory.join(socket_name(port))) {
                    // Whoever looks for this port's finds that other one's, wherever this is.
                    Err(failed) if failed.error.kind() != ErrorKind::AddrInUse => failed,
                    done => return done,
                },
                Err(error) => Unbound { path: place.path().join(socket_name(port)), error },
            };
            last = Some(failed);
        }
        // The last is the place that should always work.
        Err(last.unwrap_or_else(|| Unbound { path: PathBuf::new(), error: ErrorKind::NotFound.into() }))
    }

    /// Looks now and then whether the socket's file is still there, and makes it anew if not: its
    /// directory may have been made anew, or somebody has tidied up.
    pub(super) fn check(&mut self, registry: &Registry, now: Millis) -> Option<News> {
        if now.since(self.checked) < CONTROL_CHECK_INTERVAL {
            return None;
        }
        self.checked = now;
        if self.socket.as_ref().is_some_and(Listening::is_in_place) {
            return None;
        }
        match self.open(registry, now) {
            Ok(path) => Some(News::Made(path)),
            Err(_) if self.is_missed => None,
            Err(unbound) => Some(self.missed(unbound)),
        }
    }

    /// It cannot be made, of which the log is told once.
    pub(super) fn missed(&mut self, unbound: Unbound) -> News {
        self.is_missed = true;
        News::Missing(unbound)
    }

    /// When to look next.
    pub(super) fn next_check(&self) -> Millis {
        self.checked + CONTROL_CHECK_INTERVAL
    }

    /// The next connection that waits. One who cannot be let in for want of files is tried again
    /// with the next event.
    pub(super) fn accept(&mut self) -> Option<UnixStream> {
        let socket = self.socket.as_ref().filter(|_| self.is_ready)?;
        match socket.listener.accept() {
            Ok((stream, _)) => Some(stream),
            Err(error) => {
                self.is_ready = error.kind() != ErrorKind::WouldBlock;
                None
            }
        }
    }
}

/// A listening socket. Its file goes with it, if it is still its own.
#[derive(Debug)]
struct Listening {
    listener: UnixListener,
    path: PathBuf,
    /// Device and number of its file, which no other file has as long as the socket is open.
    file: (u64, u64),
}

impl Listening {
    fn bind(path: &Path) -> Result<Self, Unbound> {
        let unbound = |error| Unbound { path: path.to_owned(), error };
        make_room(path).map_err(unbound)?;
        // The file must not be open to others even for a moment (unix(7)).
        let before = umask(Mode::from_bits_truncate(0o177));
        let listener = UnixListener::bind(path);
        umask(before);
        let listener = listener.map_err(unbound)?;
        let file = fs::symlink_metadata(path).map_err(unbound)?;
        Ok(Self { listener, path: path.to_owned(), file: identity(&file) })
    }

    fn is_in_place(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|found| identity(&found) == self.file)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if self.is_in_place() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Connects to a control socket and never waits: one who is stopped, and has as many waiting as fit,
/// would not answer for a long time ([`ErrorKind::WouldBlock`]; connect(2), `EAGAIN`). The stream does
/// not wait either.
///
/// # Errors
/// Those of the system call.
pub fn connect(path: &Path) -> io::Result<StdStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(OwnedFd::from(socket).into())
}

/// Removes a socket that a dead daemon has left behind; nothing else.
fn make_room(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "there is something else, which is left alone"));
    }
    let in_use = |what| Err(io::Error::new(ErrorKind::AddrInUse, what));
    match connect(path) {
        Ok(_) => in_use("another daemon answers there"),
        Err(error) if error.kind() == ErrorKind::WouldBlock => in_use("another daemon is there and does not answer"),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
    }
}
