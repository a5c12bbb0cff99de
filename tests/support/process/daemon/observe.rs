//! What can be seen of a running daemon from outside: its figures over the control socket, its
//! files and its memory in /proc.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use chatd::chat::CloseReason;

use super::{Daemon, DaemonBuilder, PATIENCE};

/// A directory of one test's own, gone when the test is over.
pub(crate) struct TempDir(PathBuf);

static DIRECTORIES: AtomicU32 = AtomicU32::new(0);

impl TempDir {
    pub(crate) fn new() -> Self {
        let number = DIRECTORIES.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("chatd-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory can be made");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The path of something in it, as text.
    pub(crate) fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("the path is text").to_owned()
    }

    /// Writes a file into it; gives its path.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.at(name);
        fs::write(&path, text).expect("a file can be written");
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Waits until something holds, asking again and again.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a deadline in a test of real processes")]
pub(crate) fn eventually<T: std::fmt::Debug>(ask: impl Fn() -> T, holds: impl Fn(&T) -> bool) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = ask();
        if holds(&found) {
            return found;
        }
        assert!(Instant::now() < end, "not in {PATIENCE:?}; the last was {found:?}");
        std::thread::yield_now();
    }
}

/// What a daemon holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) files: usize,
    pub(crate) users: usize,
    pub(crate) connections: usize,
    pub(crate) queued: usize,
}

impl DaemonBuilder {
    /// With a control socket of its own.
    pub(crate) fn observed(args: &[&str]) -> Self {
        let directory = TempDir::new();
        let control = directory.at("control");
        Self::unlimited(&[&["--control", &control], args].concat()).keep(directory)
    }
}

impl Daemon {
    /// A daemon that can be observed, otherwise as [`Daemon::start`].
    pub(crate) fn observed(args: &[&str]) -> Self {
        DaemonBuilder::observed(args).start()
    }

    /// Where its control socket is.
    pub(crate) fn control(&self) -> String {
        self.directory.as_ref().expect("it was started to be observed").at("control")
    }

    /// Gives an order over the control socket; gives the answer.
    pub(crate) fn order(&self, order: &str) -> String {
        let mut stream = UnixStream::connect(self.control()).expect("the control socket is there");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream.write_all(format!("{order}\n").as_bytes()).expect("the daemon reads");
        stream.shutdown(Shutdown::Write).expect("it is connected");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the daemon answers");
        answer
    }

    /// One of its figures, by its name for programs.
    pub(crate) fn figure(&self, name: &str) -> f64 {
        figure(&self.order("stats prometheus"), name)
    }

    /// The figures for programs, over a connection that stays, so that asking changes none of them.
    fn report(&self) -> String {
        let mut observer = self.observer.borrow_mut();
        let stream = observer.get_or_insert_with(|| {
            let stream = UnixStream::connect(self.control()).expect("the control socket is there");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
            BufReader::new(stream)
        });
        stream.get_mut().write_all(b"stats prometheus\n").expect("the daemon reads");
        let mut report = String::new();
        let last = format!("chatd_closed_total{{reason=\"{}\"}} ", CloseReason::ALL.last().expect("there are some"));
        while !report.lines().last().is_some_and(|line| line.starts_with(&last)) {
            let count = stream.read_line(&mut report).expect("the daemon answers");
            assert!(count > 0, "the daemon has hung up");
        }
        report
    }

    /// What it holds now.
    pub(crate) fn figures(&self) -> Figures {
        let report = self.report();
        let whole = |name| value(&report, name);
        Figures {
            files: self.files(),
            users: whole("chatd_users"),
            connections: whole("chatd_connections") - 1,
            queued: whole("chatd_queued_bytes"),
        }
    }

    /// What it holds when nothing of what was before is still on its way out.
    #[track_caller]
    pub(crate) fn settled(&self) -> Figures {
        let twice = || (self.figures(), self.figures());
        eventually(twice, |(one, other)| one == other && one.files <= 16 + one.connections).0
    }

    /// It must come to hold this again.
    #[track_caller]
    pub(crate) fn expect_figures(&self, expected: Figures) {
        eventually(|| self.figures(), |found| *found == expected);
    }

    /// How many files it has open.
    pub(crate) fn files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process())).expect("the daemon runs").count()
    }

    /// Bytes of memory it uses.
    pub(crate) fn memory(&self) -> u64 {
        self.status_bytes("VmRSS:")
    }

    /// The most bytes of memory it has used.
    pub(crate) fn memory_at_most(&self) -> u64 {
        self.status_bytes("VmHWM:")
    }

    fn status_bytes(&self, what: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process())).expect("the daemon runs");
        let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("the kernel tells");
        line.split_whitespace().next().and_then(|word| word.parse::<u64>().ok()).expect("a number") * 1024
    }
}

/// A value in a report for programs.
#[track_caller]
pub(crate) fn figure(report: &str, name: &str) -> f64 {
    value(report, name)
}

#[track_caller]
fn value<T: std::str::FromStr>(report: &str, name: &str) -> T {
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
    report.lines().find_map(value).unwrap_or_else(|| panic!("no {name} in {report}"))
}
