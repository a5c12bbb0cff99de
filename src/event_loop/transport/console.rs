//! The operator's end of the console: lines from stdin, answers to stdout.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use nix::errno::Errno;
use nix::poll::PollFlags;

use super::super::stdio::{CERTAIN_BYTES, is_ready, write_if_ready};
use crate::server::{Stream, Taken};

/// Stdin and stdout of this process.
#[derive(Debug)]
pub(in crate::event_loop) struct Console {
    stdin: io::Stdin,
    stdout: io::Stdout,
}

impl Console {
    pub(in crate::event_loop) fn new() -> Self {
        Self { stdin: io::stdin(), stdout: io::stdout() }
    }

    /// Has the event queue report when there is something to read, and when there is room. A regular
    /// file cannot be registered (epoll_ctl(2), EPERM) and is always ready.
    pub(super) fn register(&self, registry: &Registry, token: Token) {
        let (input, output) = (self.stdin.as_raw_fd(), self.stdout.as_raw_fd());
        let _ = registry.register(&mut SourceFd(&input), token, Interest::READABLE);
        let _ = registry.register(&mut SourceFd(&output), token, Interest::WRITABLE);
    }
}

impl Stream for Console {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Taken> {
        let fd = self.stdin.as_fd();
        if !is_ready(fd, PollFlags::POLLIN) || is_in_background(fd) {
            return Err(ErrorKind::WouldBlock.into());
        }
        // Not through `Stdin`, whose buffer would hide bytes from poll(2).
        match nix::unistd::read(fd, buffer) {
            // It went into the background just now.
            Err(Errno::EIO) if is_in_background(fd) => Err(ErrorKind::WouldBlock.into()),
            // A terminal gives one line a read, however many there are.
            read => Ok(Taken { count: read?, is_drained: false }),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_if_ready(self.stdout.as_fd(), bytes.get(..CERTAIN_BYTES).unwrap_or(bytes))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn hangs_up(&self) -> bool {
        false
    }
}

/// Whether what is typed is for somebody else: a background job cannot read its terminal.
fn is_in_background(fd: BorrowedFd<'_>) -> bool {
    nix::unistd::tcgetpgrp(fd).is_ok_and(|foreground| foreground != nix::unistd::getpgrp())
}
