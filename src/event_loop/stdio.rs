//! The daemon's own terminal without ever waiting for it: stdin and stdout as a stream, stderr
//! as a log. Their descriptors are shared with the shell that started the daemon, so they are
//! left in blocking mode and asked each time (poll(2)) before they are read or written.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::server::Stream;

/// What a pipe that poll(2) calls writable takes without blocking, in bytes (POSIX's least `PIPE_BUF`).
const CERTAIN_BYTES: usize = 512;

/// The operator's end of the console: lines from stdin, answers to stdout.
#[derive(Debug)]
pub(super) struct Console {
    stdin: io::Stdin,
    stdout: io::Stdout,
}

impl Console {
    pub(super) fn new() -> Self {
        Self { stdin: io::stdin(), stdout: io::stdout() }
    }

    /// What tells when there is something to read.
    pub(super) fn input(&self) -> RawFd {
        self.stdin.as_raw_fd()
    }

    /// What tells when there is room to write.
    pub(super) fn output(&self) -> RawFd {
        self.stdout.as_raw_fd()
    }
}

impl Read for Console {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let fd = self.stdin.as_fd();
        if !is_ready(fd, PollFlags::POLLIN) || is_in_background(fd) {
            return Err(ErrorKind::WouldBlock.into());
        }
        // Not through `Stdin`, whose buffer would hide bytes from poll(2).
        Ok(nix::unistd::read(fd, buffer)?)
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_if_ready(self.stdout.as_fd(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Console {
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes log lines to stderr as far as it takes them; the rest waits in memory.
#[derive(Debug)]
pub(super) struct Log {
    unwritten: Vec<u8>,
}

impl Log {
    pub(super) fn new() -> Self {
        Self { unwritten: Vec::new() }
    }

    /// Whether lines can be added. While they cannot, they wait (and are bounded) in the journal.
    pub(super) fn is_empty(&self) -> bool {
        self.unwritten.is_empty()
    }

    pub(super) fn add(&mut self, lines: &str) {
        self.unwritten.extend_from_slice(lines.as_bytes());
    }

    /// Writes what stderr takes now. A log nobody can read any more (its pipe is closed) is no
    /// reason to stop serving people; its lines are dropped.
    pub(super) fn write_out(&mut self) {
        let stderr = io::stderr();
        while !self.unwritten.is_empty() {
            match write_if_ready(stderr.as_fd(), &self.unwritten) {
                Ok(count) => drop(self.unwritten.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.unwritten.clear(),
            }
        }
    }
}

fn write_if_ready(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    if !is_ready(fd, PollFlags::POLLOUT) {
        return Err(ErrorKind::WouldBlock.into());
    }
    Ok(nix::unistd::write(fd, bytes.get(..CERTAIN_BYTES).unwrap_or(bytes))?)
}

fn is_ready(fd: BorrowedFd<'_>, what: PollFlags) -> bool {
    let mut fds = [PollFd::new(fd, what)];
    matches!(poll(&mut fds, PollTimeout::ZERO), Ok(count) if count > 0)
}

/// Whether reading would stop the process: a background job that reads its terminal gets SIGTTIN.
fn is_in_background(fd: BorrowedFd<'_>) -> bool {
    nix::unistd::tcgetpgrp(fd).is_ok_and(|foreground| foreground != nix::unistd::getpgrp())
}
