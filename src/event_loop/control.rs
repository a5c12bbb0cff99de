//! The control socket: a Unix socket that only its owner can open, where each connection is an
//! operator's.

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};

use mio::net::{UnixListener, UnixStream};
use nix::sys::stat::{Mode, umask};

/// A listening control socket. Its file goes with it.
#[derive(Debug)]
pub(super) struct Control {
    socket: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Makes the socket. One that a dead daemon has left behind is replaced; one that answers is not.
    pub(super) fn bind(path: &Path) -> io::Result<Self> {
        if let Ok(found) = std::fs::symlink_metadata(path) {
            if !found.file_type().is_socket() {
                return Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    "there is something else, which is left alone",
                ));
            }
            if BlockingStream::connect(path).is_ok() {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "another daemon answers there"));
            }
            std::fs::remove_file(path)?;
        }
        // The file must not be open to others even for a moment (unix(7)).
        let before = umask(Mode::from_bits_truncate(0o177));
        let socket = UnixListener::bind(path);
        umask(before);
        Ok(Self { socket: socket?, path: path.to_owned() })
    }

    pub(super) fn socket(&mut self) -> &mut UnixListener {
        &mut self.socket
    }

    /// The next connection that waits.
    pub(super) fn accept(&mut self) -> io::Result<UnixStream> {
        self.socket.accept().map(|(stream, _)| stream)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Where the control socket of the daemon on this port may be unless an operator says otherwise:
/// in `$XDG_RUNTIME_DIR`, and in `/run/chatd`, where there are such directories. A daemon makes it
/// in the first.
pub fn default_paths(port: u16) -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|directory| !directory.is_empty());
    let directories = runtime.map(PathBuf::from).into_iter().chain([PathBuf::from("/run/chatd")]);
    directories.filter(|path| path.is_dir()).map(|path| path.join(format!("chatd-{port}.sock"))).collect()
}
