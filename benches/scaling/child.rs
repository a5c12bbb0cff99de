//! The server under test, as a child process on a core of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::options::FLOOR;
use crate::system::{self, Memory};
use crate::{Failure, Outcome};

/// Which server is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The real daemon.
    Chatd,
    /// The same, to users whose places are kept.
    Kept,
    /// The same with every answer written at once.
    Hasty,
    /// The relay that only moves bytes.
    Floor,
    /// The real daemon with all rates as by default, and somebody who attacks it.
    Attacked,
    /// The same with nobody who does.
    Alone,
}

impl Subject {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chatd => "chatd",
            Self::Kept => "kept",
            Self::Hasty => "hasty",
            Self::Floor => "floor",
            Self::Attacked => "attacked",
            Self::Alone => "alone",
        }
    }

    /// The one place where a server's arguments stand.
    fn command(self) -> Outcome<Command> {
        Ok(match self {
            Self::Attacked | Self::Alone => daemon(),
            Self::Chatd | Self::Kept | Self::Hasty => {
                let mut command = daemon();
                command.args(["--max-per-address", "0"]);
                // The delay against floods is the one thing that is off: it is there to slow clients down.
                for of in ["lines", "requests", "announcements", "work", "work-address", "entries", "connects"] {
                    command.args([&format!("--rate-{of}"), "0"]);
                }
                if self == Self::Hasty {
                    command.args(["--acknowledge-within", "0"]);
                }
                command
            }
            Self::Floor => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg(FLOOR);
                command
            }
        })
    }
}

/// The daemon as it is, without a control socket.
fn daemon() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatd"));
    command.env_remove("XDG_RUNTIME_DIR").env("TMPDIR", "/nonexistent");
    command.args(["--listen", "127.0.0.1:0"]);
    command
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) subject: Subject,
    /// Kept open, so that the server never finds its stdout broken.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a server on a port of the kernel's choice. Its log goes nowhere.
    pub(crate) fn start(subject: Subject) -> Outcome<Self> {
        let mut command = subject.command()?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| Failure::new("the server has no stdout"))?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line.split_whitespace().last().and_then(|word| word.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Failure::new(format!("{} does not say where it listens: {line:?}", subject.name())));
        };
        system::pin(child.id(), 0);
        Ok(Self { child, address, subject, _stdout: stdout })
    }

    /// Has the server go before what else runs on this machine, where the system allows it.
    pub(crate) fn urge(&self) {
        system::urge(self.child.id(), 10);
    }

    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        system::cpu_time(self.child.id())
    }

    pub(crate) fn memory(&self) -> Option<Memory> {
        system::memory(self.child.id())
    }
}

impl Drop for Server {
    /// Killed before its clients hang up, so that nothing is left in TIME_WAIT.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
