//! The daemon's own terminal without ever waiting for it: what stdin is, and stderr as a log. Their descriptors are shared with the shell that started the daemon, so they are
//! left in blocking mode and asked each time (poll(2)) before they are read or written.

use std::io::{self, ErrorKind, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{FileStat, SFlag, fstat};

use socket2::SockRef;

/// What a pipe or terminal that poll(2) calls writable takes without blocking (pipe(7)), in bytes.
pub(super) const CERTAIN_BYTES: usize = nix::libc::PIPE_BUF;

/// What stdin is to the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdin {
    /// A terminal, with somebody in front of it.
    Terminal,
    /// A pipe or a file (or what some programs use for a pipe, a socket of this machine): orders.
    Orders,
    /// Nothing one would give orders through: closed, `/dev/null` or another device, a directory, a
    /// connection from another machine.
    Nothing,
}

impl Stdin {
    /// What it is for this process.
    pub fn of_this_process() -> Self {
        let stdin = io::stdin();
        let Ok(stat) = fstat(&stdin) else { return Self::Nothing };
        if !is_open_for_reading(stdin.as_fd()) {
            return Self::Nothing;
        }
        match SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits()) {
            SFlag::S_IFCHR if stdin.is_terminal() => Self::Terminal,
            SFlag::S_IFIFO | SFlag::S_IFREG => Self::Orders,
            SFlag::S_IFSOCK if SockRef::from(&stdin).local_addr().is_ok_and(|at| at.is_unix()) => Self::Orders,
            _ => Self::Nothing,
        }
    }
}

fn is_open_for_reading(fd: BorrowedFd<'_>) -> bool {
    let flags = fcntl(fd, FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
    flags.is_ok_and(|flags| flags & OFlag::O_ACCMODE != OFlag::O_WRONLY)
}

/// Writes log lines to stderr as far as it takes them; the rest waits in memory.
#[derive(Debug)]
pub(super) struct Log {
    unwritten: Vec<u8>,
    /// How much one write takes without blocking: all of it, where stderr is a file.
    at_once: usize,
}

impl Log {
    pub(super) fn new() -> Self {
        let is_file = fstat(io::stderr()).is_ok_and(|stat| {
            let kind = SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits());
            kind == SFlag::S_IFREG || is_null(&stat)
        });
        Self { unwritten: Vec::new(), at_once: if is_file { usize::MAX } else { CERTAIN_BYTES } }
    }

    /// Whether lines can be added. While they cannot, they wait (and are bounded) in the journal.
    pub(super) fn is_empty(&self) -> bool {
        self.unwritten.is_empty()
    }

    pub(super) fn add(&mut self, lines: &str) {
        self.unwritten.extend_from_slice(lines.as_bytes());
    }

    /// Writes what stderr takes now. A disk that is full, or a limit on the size of files, may be
    /// made room on; until then lines wait, and those beyond are counted (see [`Self::is_empty`]).
    /// A log nobody can read any more (its pipe is closed) is no reason to stop serving people; its
    /// lines are dropped.
    pub(super) fn write_out(&mut self) {
        let stderr = io::stderr();
        while !self.unwritten.is_empty() {
            match write_if_ready(stderr.as_fd(), self.unwritten.get(..self.at_once).unwrap_or(&self.unwritten)) {
                Ok(count) => drop(self.unwritten.drain(..count)),
                Err(error) if may_pass(error.kind()) => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.unwritten.clear(),
            }
        }
    }
}

/// Whether there may be room later for what was not written.
fn may_pass(error: ErrorKind) -> bool {
    use ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull, WouldBlock};
    matches!(error, WouldBlock | StorageFull | QuotaExceeded | FileTooLarge)
}

pub(super) fn write_if_ready(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    if !is_ready(fd, PollFlags::POLLOUT) {
        return Err(ErrorKind::WouldBlock.into());
    }
    Ok(nix::unistd::write(fd, bytes)?)
}

fn is_null(stat: &FileStat) -> bool {
    nix::sys::stat::stat("/dev/null").is_ok_and(|null| null.st_rdev == stat.st_rdev && stat.st_rdev != 0)
}

pub(super) fn is_ready(fd: BorrowedFd<'_>, what: PollFlags) -> bool {
    let mut fds = [PollFd::new(fd, what)];
    matches!(poll(&mut fds, PollTimeout::ZERO), Ok(count) if count > 0)
}
