//! The real daemon, and people who talk to it without chatc.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::DEADLINE;

/// Nothing that a test does may have to wait for its turn.
const NO_LIMITS: [&str; 16] = [
    "--rate-lines",
    "0",
    "--rate-requests",
    "0",
    "--rate-announcements",
    "0",
    "--rate-work",
    "0",
    "--rate-work-address",
    "0",
    "--rate-entries",
    "0",
    "--rate-connects",
    "0",
    "--max-per-address",
    "0",
];

/// A running chatd.
pub struct Daemon {
    child: Child,
    pub address: String,
}

impl Daemon {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", arguments)
    }

    pub fn start_at(address: &str, arguments: &[&str]) -> Self {
        super::signals_by_default();
        let is_given = |limit: &[&str]| limit.first().is_some_and(|flag| arguments.contains(flag));
        let free = NO_LIMITS.chunks(2).filter(|limit| !is_given(limit));
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatd"))
            .args(["--listen", address])
            .args(free.flatten())
            .args(arguments)
            // No control socket.
            .env_remove("XDG_RUNTIME_DIR")
            .env("TMPDIR", "/nonexistent")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_whitespace().find(|word| word.starts_with("127.")).unwrap_or_else(|| panic!("{line}"));
        Self { address: address.to_owned(), child }
    }

    /// Ends it, and waits until it has.
    pub fn stop(mut self) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody on the wire, typing the protocol.
pub struct Peer {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    /// All lines so far.
    pub lines: Vec<String>,
}

impl Peer {
    pub fn enter(daemon: &Daemon, name: &str) -> Self {
        let stream = TcpStream::connect(&daemon.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        let mut peer = Self { stream, reader, lines: Vec::new() };
        peer.send(&format!("ENTER {name}"));
        peer.waits_for("+OK entered");
        peer
    }

    pub fn send(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Reads until a line has this in it; gives that line.
    #[track_caller]
    pub fn waits_for(&mut self, part: &str) -> String {
        loop {
            let line = self.next().unwrap_or_else(|| panic!("{part:?} did not come, but: {:#?}", self.lines));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The next line, or none in time.
    pub fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_owned();
        self.lines.push(line.clone());
        (read > 0).then_some(line)
    }

    /// The texts said by `name` in what has come so far.
    pub fn texts_of(&self, name: &str) -> Vec<&str> {
        let mark = format!(" {name} ");
        self.lines
            .iter()
            .filter(|line| line.starts_with("* "))
            .filter_map(|line| line.split_once(&mark))
            .map(|it| it.1)
            .collect()
    }
}
