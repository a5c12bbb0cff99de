//! The daemon as a child process.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Client, PATIENCE, Script, TempDir, matches, signals_by_default};

/// Lines of a pipe that are read before a test asks for them; the rest waits in the pipe, so that
/// a test which asks for none is a reader that does not read.
const READ_AHEAD: usize = 16;

/// A directory that is not there, where nothing can be put.
pub(crate) const NOWHERE: &str = "/nonexistent";

/// Flags of limits on how often and from where.
const RATES: [&str; 10] = [
    "--rate-lines",
    "--rate-requests",
    "--rate-announcements",
    "--rate-work",
    "--rate-work-address",
    "--rate-entries",
    "--rate-connects",
    "--rate-log",
    "--max-per-address",
    "--max-places-per-address",
];

/// How a daemon is to be started.
pub(crate) struct DaemonBuilder {
    command: Command,
    out_limit: usize,
    log_limit: usize,
    directory: Option<TempDir>,
}

/// A running daemon.
pub(crate) struct Daemon {
    child: Child,
    stdin: Option<ChildStdin>,
    addresses: Vec<SocketAddr>,
    out: Lines,
    log: Lines,
    /// Where it keeps what it keeps.
    pub(super) directory: Option<TempDir>,
    /// A connection to its control socket.
    pub(super) observer: RefCell<Option<BufReader<UnixStream>>>,
}

impl DaemonBuilder {
    pub(crate) fn new(args: &[&str]) -> Self {
        // No test is to be seen on the network; one that is about that says where.
        let is_announced = args.contains(&"--announce-on");
        let quiet: &[&str] = if is_announced { &[] } else { &["--no-announce"] };
        Self::program(env!("CARGO_BIN_EXE_chatd"), &[args, quiet].concat())
    }

    /// The daemon at a port of 127.0.0.1 that the kernel chose, without limits on how often and
    /// from where but those among `args`.
    pub(crate) fn unlimited(args: &[&str]) -> Self {
        let mut all = vec!["--listen", "127.0.0.1:0"];
        for flag in RATES.into_iter().filter(|flag| !args.contains(flag)) {
            all.extend([flag, "0"]);
        }
        all.extend(args);
        Self::new(&all)
    }

    /// A program that starts the daemon in its own place.
    pub(crate) fn program(program: &str, args: &[&str]) -> Self {
        signals_by_default();
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // `chatc` is found, as if it were installed.
        let path = std::env::var("PATH").unwrap_or_default();
        let programs = std::path::Path::new(env!("CARGO_BIN_EXE_chatc")).parent().expect("it is in a directory");
        command.env("PATH", format!("{}:{path}", programs.display()));
        // No control socket unless a test asks for one.
        command.env_remove("XDG_RUNTIME_DIR").env_remove("NOTIFY_SOCKET").env("TMPDIR", NOWHERE);
        Self { command, out_limit: usize::MAX, log_limit: usize::MAX, directory: None }
    }

    /// Stdout is closed by its reader after so many lines.
    pub(crate) fn out_limit(mut self, lines: usize) -> Self {
        self.out_limit = lines;
        self
    }

    /// Stderr is closed by its reader after so many lines.
    pub(crate) fn log_limit(mut self, lines: usize) -> Self {
        self.log_limit = lines;
        self
    }

    /// Keeps a directory as long as the daemon.
    pub(crate) fn keep(mut self, directory: TempDir) -> Self {
        self.directory = Some(directory);
        self
    }

    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, stdin: Stdio) -> Self {
        self.command.stdin(stdin);
        self
    }

    /// Starts it and reads from its first line where it listens.
    #[track_caller]
    pub(crate) fn start(self) -> Daemon {
        self.try_start().unwrap_or_else(|log| panic!("the daemon did not start: {log}"))
    }

    /// As [`Self::start`]; if it does not start gives what it says on stderr.
    pub(crate) fn try_start(mut self) -> Result<Daemon, String> {
        let mut child = self.command.spawn().expect("the daemon starts");
        let out = Lines::of(child.stdout.take().expect("stdout is piped"), self.out_limit);
        let log = Lines::of(child.stderr.take().expect("stderr is piped"), self.log_limit);
        let stdin = child.stdin.take();
        let mut daemon = Daemon {
            child,
            stdin,
            addresses: Vec::new(),
            out,
            log,
            directory: self.directory,
            observer: RefCell::default(),
        };
        let Some(first) = daemon.out.next() else {
            let (code, log) = daemon.end();
            assert_eq!(code, Some(1), "{log}");
            return Err(log);
        };
        let (_, addresses) = first.split_once("listens on").expect("the first line says where it listens");
        for lines in [(self.out_limit, &mut daemon.out), (self.log_limit, &mut daemon.log)] {
            if let (..usize::MAX, lines) = lines {
                lines.all();
            }
        }
        let addresses = Some(addresses.trim()).filter(|addresses| *addresses != "nothing yet").unwrap_or_default();
        daemon.addresses = addresses.split_whitespace().map(|word| word.parse().expect("an address")).collect();
        Ok(daemon)
    }
}

impl Daemon {
    /// A daemon at a port of 127.0.0.1 that the kernel chose, without a console, and without limits
    /// on how often and from where but those among `args`.
    pub(crate) fn start(args: &[&str]) -> Self {
        DaemonBuilder::unlimited(args).start()
    }

    /// The same, with a pipe to its console.
    pub(crate) fn with_console(args: &[&str]) -> Self {
        let mut daemon = DaemonBuilder::unlimited(args).stdin(Stdio::piped()).start();
        daemon.expect_out("to join from this machine: {any}");
        daemon.expect_out("the operator's console reads stdin: help shows what it takes");
        daemon
    }

    pub(crate) fn address(&self) -> SocketAddr {
        *self.addresses.first().expect("it listens somewhere")
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn script(&self) -> Script {
        Script::new(self.address())
    }

    /// A client that has entered.
    pub(crate) fn user(&self, name: &str) -> Client {
        Client::entered(self.address(), name)
    }

    /// Types a line at the console.
    pub(crate) fn type_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("the console is a pipe");
        writeln!(stdin, "{line}").expect("the daemon reads its console");
    }

    pub(crate) fn close_console(&mut self) {
        self.stdin = None;
    }

    /// The console's next line must match.
    #[track_caller]
    pub(crate) fn expect_out(&mut self, pattern: &str) -> String {
        let found = self.out.next();
        match found {
            Some(line) if matches(pattern, &line) => line,
            other => panic!("expected: {pattern}\n   found: {}", other.as_deref().unwrap_or("{closed}")),
        }
    }

    /// Waits for a line of the log, whose time stamp the pattern leaves out.
    #[track_caller]
    pub(crate) fn expect_log(&mut self, pattern: &str) -> String {
        let pattern = format!("{{time}} {pattern}");
        match self.log.find(|line| matches(&pattern, line)) {
            Some(line) => line,
            None => panic!("not in the log: {pattern}\n{}", self.log.seen.join("\n")),
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self::signal(self.child.id(), signal);
    }

    /// Waits for its end; gives its exit code and its whole log.
    #[track_caller]
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        self.stdin = None;
        self.end_with_console_open()
    }

    /// The same, without closing its stdin.
    #[track_caller]
    pub(crate) fn end_with_console_open(mut self) -> (Option<i32>, String) {
        // A process closes its ends of the pipes when it ends, which is what can be waited for.
        let log = self.log.all().join("\n");
        self.out.all();
        let status = self.child.wait().expect("it was started");
        (status.code(), log)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(process: u32, signal: Signal) {
    let process = i32::try_from(process).expect("a process number fits");
    kill(Pid::from_raw(process), signal).expect("the process is there");
}

/// Runs a daemon that is expected to end by itself; gives its status, stdout and stderr.
pub(crate) fn run_to_end(args: &[&str]) -> (ExitStatus, String, String) {
    run_with_input(args, "", &[])
}

/// The same with something on its stdin and in its environment.
pub(crate) fn run_with_input(args: &[&str], input: &str, environment: &[(&str, &str)]) -> (ExitStatus, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatd"));
    command.env_remove("XDG_RUNTIME_DIR").env("TMPDIR", NOWHERE).envs(environment.iter().copied());
    let command = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Reaped(command.spawn().expect("the daemon starts"));
    let mut stdin = child.0.stdin.take().expect("stdin is piped");
    // One that has ended already reads nothing.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let mut out = Lines::of(child.0.stdout.take().expect("stdout is piped"), usize::MAX);
    let mut err = Lines::of(child.0.stderr.take().expect("stderr is piped"), usize::MAX);
    let (out, err) = (out.all().join("\n"), err.all().join("\n"));
    (child.0.wait().expect("it was started"), out, err)
}

/// A child that does not outlive its test.
pub(crate) struct Reaped(pub(crate) Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines of a pipe, read by a thread so that waiting for them can end.
struct Lines {
    arriving: Receiver<String>,
    seen: Vec<String>,
}

impl Lines {
    /// Reads at most `limit` lines, then closes the pipe.
    fn of(pipe: impl Read + Send + 'static, limit: usize) -> Self {
        let (sender, arriving) = sync_channel(READ_AHEAD);
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok).take(limit) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { arriving, seen: Vec::new() }
    }

    /// The next line; `None` when the pipe is closed.
    #[track_caller]
    fn next(&mut self) -> Option<String> {
        match self.arriving.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.seen.push(line.clone());
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no line in {PATIENCE:?}, after {:?}", self.seen),
        }
    }

    /// The first line of all, seen or to come, that passes the test.
    #[expect(clippy::disallowed_methods, reason = "a deadline in a test of real processes")]
    fn find(&mut self, passes: impl Fn(&str) -> bool) -> Option<String> {
        if let Some(line) = self.seen.iter().find(|line| passes(line)) {
            return Some(line.clone());
        }
        let end = Instant::now() + PATIENCE;
        while let Ok(line) = self.arriving.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.seen.push(line.clone());
            if passes(&line) {
                return Some(line);
            }
        }
        None
    }

    /// Waits for the pipe's end; gives all its lines.
    #[track_caller]
    fn all(&mut self) -> Vec<String> {
        while self.next().is_some() {}
        self.seen.clone()
    }
}
