//! chatc in a terminal whose window can be closed: nobody else holds the other side of it.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Child;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pty_process::Size;
use pty_process::blocking::{Pty, open};

use super::DEADLINE;

/// See the file's text.
pub struct Window {
    pty: Pty,
    child: Child,
    shown: Vec<u8>,
}

impl Window {
    pub fn open(arguments: &[&str]) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_chatc"));
        let command = command.args(arguments).env("TERM", "xterm").env("LOGNAME", "tester");
        let child = command.spawn(pts).unwrap();
        Self { pty, child, shown: Vec::new() }
    }

    /// Waits until this was written to it.
    #[track_caller]
    pub fn shows(&mut self, text: &str) {
        let mut bytes = [0; 4096];
        while !String::from_utf8_lossy(&self.shown).contains(text) {
            let mut fds = [PollFd::new(self.pty.as_fd(), PollFlags::POLLIN)];
            let patience = PollTimeout::try_from(DEADLINE).unwrap();
            let came = poll(&mut fds, patience).unwrap() > 0;
            assert!(came, "{text:?} was not shown:\n{}", String::from_utf8_lossy(&self.shown));
            let count = self.pty.read(&mut bytes).unwrap();
            self.shown.extend(&bytes[..count]);
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).unwrap();
    }

    /// Closes the window; says how chatc ended.
    pub fn close(self) -> std::process::ExitStatus {
        let Self { pty, mut child, .. } = self;
        drop(pty);
        child.wait().unwrap()
    }
}
