//! Waiting for descriptors: what can be read or written now, and a bell that one thread rings to
//! wake another that waits so.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// What is waited for.
pub(super) const READ: PollFlags = PollFlags::POLLIN;
pub(super) const WRITE: PollFlags = PollFlags::POLLOUT;

/// Waits until one of these is ready, has failed or was hung up, at most for this long; says which.
///
/// # Errors
/// When the system does not let one wait.
pub(super) fn wait(wanted: &[(BorrowedFd<'_>, PollFlags)], time: Duration) -> io::Result<Vec<bool>> {
    let mut fds: Vec<_> = wanted.iter().map(|(fd, flags)| PollFd::new(*fd, *flags)).collect();
    // Rounded up: else the last millisecond would be spent asking.
    let millis = time.as_micros().div_ceil(1000);
    let timeout = i32::try_from(millis).ok().and_then(|millis| PollTimeout::try_from(millis).ok());
    match poll(&mut fds, timeout.unwrap_or(PollTimeout::MAX)) {
        Ok(_) => Ok(fds.iter().map(|fd| fd.any().unwrap_or(true)).collect()),
        // Nothing was ready yet.
        Err(Errno::EINTR) => Ok(vec![false; fds.len()]),
        Err(error) => Err(error.into()),
    }
}

/// As [`wait`], for one.
pub(super) fn is_ready(fd: BorrowedFd<'_>, flags: PollFlags, time: Duration) -> bool {
    wait(&[(fd, flags)], time).is_ok_and(|ready| ready.contains(&true))
}

/// A bell: rung by any thread, heard by the one that waits for it.
#[derive(Debug)]
pub(super) struct Bell {
    ringing: UnixStream,
    hearing: UnixStream,
}

impl Bell {
    /// # Errors
    /// When there are no descriptors to be had.
    pub(super) fn new() -> io::Result<Self> {
        let (ringing, hearing) = UnixStream::pair()?;
        ringing.set_nonblocking(true)?;
        hearing.set_nonblocking(true)?;
        Ok(Self { ringing, hearing })
    }

    pub(super) fn ring(&self) {
        // A bell that takes no more rings already.
        let _ = (&self.ringing).write(&[0]);
    }

    /// Makes it silent again, before what it rang for is looked at.
    pub(super) fn hear(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.hearing).read(&mut bytes), Ok(1..)) {}
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.hearing.as_fd()
    }
}
