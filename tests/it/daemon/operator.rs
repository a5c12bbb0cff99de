//! Row 12: the operator's console, by pipe, by terminal, and not at all.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};

use chatd::wire::commands::{Place, commands_in};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty_process::blocking::{Command, open};

use crate::process::daemon::{Client, Daemon, DaemonBuilder, NOWHERE, PATIENCE, signals_by_default};

#[test]
fn row_12_every_order_by_pipe() {
    let mut daemon = Daemon::with_console(&[]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    alice.ask("JOIN", &["* joined #lobby alice", "+OK room #lobby"]);
    daemon.type_line("list");
    for pattern in ["   UID  NAME {any}", "     1  alice {any}", "     2  bob {any}", "2 in all"] {
        daemon.expect_out(pattern);
    }
    daemon.type_line("ROOMS");
    for pattern in ["MEMBERS  ROOM", "      1  #lobby", "1 in all"] {
        daemon.expect_out(pattern);
    }
    daemon.type_line("announce lunch is ready");
    daemon.expect_out("announced to 2");
    daemon.type_line("announce");
    daemon.expect_out("what shall be announced?");
    daemon.type_line("tea, too");
    daemon.expect_out("announced to 2");
    for client in [&mut alice, &mut bob] {
        client.expect("* announced 1 {time} operator lunch is ready");
        client.expect("* announced 2 {time} operator tea, too");
    }
    daemon.type_line("kick BOB too loud");
    daemon.expect_out("bob was removed");
    bob.expect("* bye kicked the operator removed you: too loud");
    bob.expect_closed();
    drop(bob);
    daemon.expect_log("disconnect from=127.0.0.1:{id} name=bob reason=kicked");
    daemon.type_line("kick bob");
    daemon.expect_out("error: nobody here is bob{any}");
    daemon.type_line("fly");
    daemon.expect_out("error: {any}");
    alice.expect_quiet();
    daemon.type_line("quit");
    alice.expect("* bye shutdown {any}");
    alice.expect_closed();
    drop(alice);
    assert_eq!(daemon.end().0, Some(0));
}

/// The answer to `help`.
#[track_caller]
fn expect_help(daemon: &mut Daemon) {
    for spec in commands_in(Place::Console) {
        daemon.expect_out(&format!("  {} {{any}}", spec.word));
    }
}

#[test]
fn row_12_help_and_clear_by_pipe() {
    let mut daemon = Daemon::with_console(&[]);
    daemon.type_line("help");
    expect_help(&mut daemon);
    daemon.type_line("clear");
    daemon.type_line("rooms");
    daemon.expect_out("\u{1b}[2J\u{1b}[HMEMBERS  ROOM");
    daemon.expect_out("none");
}

#[test]
fn row_12_quit_does_not_wait_for_the_terminal() {
    // With nobody to tell there is nothing to wait for; stdin is still open.
    let mut daemon = Daemon::with_console(&[]);
    daemon.type_line("quit");
    assert_eq!(daemon.end_with_console_open().0, Some(0));
}

#[test]
fn row_12_the_end_of_stdin_ends_the_console_only() {
    let mut daemon = Daemon::with_console(&[]);
    daemon.type_line("announce last words");
    daemon.close_console();
    daemon.expect_out("announced to 0");
    daemon.user("alice").expect_quiet();
}

#[test]
fn row_12_orders_from_a_file() {
    let path = std::env::temp_dir().join(format!("chatd-orders-{}", std::process::id()));
    std::fs::write(&path, "rooms\nannounce from a file\nrooms").expect("a file can be written");
    let file = File::open(&path).expect("it was written");
    let _ = std::fs::remove_file(&path);
    let mut daemon = DaemonBuilder::new(&["--listen", "127.0.0.1:0"]).stdin(file.into()).start();
    let expected = ["to join {any}", "the operator's console {any}", "MEMBERS  ROOM", "none", "announced to 0"];
    for pattern in expected {
        daemon.expect_out(pattern);
    }
    daemon.user("alice").expect_quiet();
}

#[test]
fn row_12_without_stdin_it_just_runs() {
    let daemon = Daemon::start(&[]);
    daemon.user("null").expect_quiet();
    let shell = ["-c", "exec \"$0\" --listen 127.0.0.1:0 <&-", env!("CARGO_BIN_EXE_chatd")];
    let daemon = DaemonBuilder::program("sh", &shell).stdin(Stdio::null()).start();
    daemon.user("closed").expect_quiet();
}

#[test]
fn row_12_an_operator_who_vanishes_does_not_take_the_daemon_along() {
    let mut daemon = DaemonBuilder::unlimited(&[]).stdin(Stdio::piped()).out_limit(3).start();
    let mut alice = daemon.user("alice");
    daemon.type_line("announce written to nobody");
    alice.expect("* announced {any}");
    alice.expect_quiet();
}

#[test]
fn row_12_a_console_that_is_not_read_delays_nobody_and_loses_nothing() {
    let mut daemon = Daemon::with_console(&[]);
    let mut alice = daemon.user("alice");
    let rounds = 200;
    for _ in 0..rounds {
        daemon.type_line("help");
    }
    daemon.type_line("rooms");
    alice.expect_quiet();
    for round in 1..=rounds {
        // The pipe has some room now, but less than there is to write.
        if round % 20 == 0 {
            alice.expect_quiet();
        }
        expect_help(&mut daemon);
    }
    daemon.expect_out("MEMBERS  ROOM");
    alice.expect_quiet();
}

/// A daemon whose stdin and stdout are a terminal.
pub(super) struct Terminal {
    child: std::process::Child,
    /// What that has started, and would leave behind: numbers behind the word `job` on a line.
    jobs: Receiver<i32>,
    keys: pty_process::blocking::Pty,
    shown: Receiver<String>,
}

impl Terminal {
    fn start() -> Self {
        Self::start_program(env!("CARGO_BIN_EXE_chatd"), &["--listen", "127.0.0.1:0"])
    }

    /// Some program that starts the daemon.
    pub(super) fn start_program(program: &str, args: &[&str]) -> Self {
        signals_by_default();
        let (pty, pts) = open().expect("a pseudo-terminal");
        pty.resize(pty_process::Size::new(24, 80)).expect("it has a size");
        let child = Command::new(program)
            .args(args)
            .env("TMPDIR", NOWHERE)
            .env_remove("XDG_RUNTIME_DIR")
            .spawn(pts)
            .expect("the daemon starts");
        let reader = std::os::fd::AsFd::as_fd(&pty).try_clone_to_owned().expect("a second handle");
        let ((sender, shown), (job, jobs)) = (channel(), channel());
        std::thread::spawn(move || {
            for line in BufReader::new(File::from(reader)).lines().map_while(Result::ok) {
                let started = line.trim_end().strip_prefix("job ").and_then(|number| number.parse().ok());
                if let Some(number) = started {
                    let _ = job.send(number);
                }
                let _ = sender.send(line.trim_end_matches('\r').to_owned());
            }
        });
        Self { child, jobs, keys: pty, shown }
    }

    /// Waits for a line that holds `what`; the log appears among the others.
    #[track_caller]
    pub(super) fn expect(&self, what: &str) -> String {
        let mut seen = Vec::new();
        while let Ok(line) = self.shown.recv_timeout(PATIENCE) {
            if line.contains(what) {
                return line;
            }
            seen.push(line);
        }
        panic!("expected {what}, found {seen:#?}");
    }

    pub(super) fn type_bytes(&mut self, bytes: &[u8]) {
        self.keys.write_all(bytes).expect("the terminal takes keys");
    }

    pub(super) fn connect(&self, name: &str) -> Client {
        let line = self.expect("listens on ");
        let address = line.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("an address");
        Client::entered(address, name)
    }

    #[track_caller]
    pub(super) fn end(mut self) -> Option<i32> {
        while self.shown.recv_timeout(PATIENCE).is_ok() {}
        self.child.wait().expect("it was started").code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        for job in self.jobs.try_iter() {
            let _ = kill(Pid::from_raw(job), Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn row_12_in_a_terminal_orders_work_while_the_log_runs() {
    let mut terminal = Terminal::start();
    let mut alice = terminal.connect("alice");
    terminal.expect("enter name=alice uid=1");
    terminal.type_bytes(b"list\n");
    terminal.expect("1  alice");
    terminal.expect("1 in all");
    terminal.type_bytes(b"announce hel");
    let bob = Client::entered(alice.peer(), "bob");
    terminal.expect("enter name=bob uid=2");
    terminal.type_bytes(b"lo\n");
    alice.expect("* announced 1 {time} operator hello");
    terminal.expect("announced to 2");
    terminal.type_bytes(b"quit\n");
    terminal.expect("2 connected: shut the server down for everybody? yes or no");
    terminal.type_bytes(b"no\n");
    terminal.expect("the server goes on");
    alice.expect_quiet();
    terminal.type_bytes(b"quit\nyes\n");
    alice.expect("* bye shutdown {any}");
    drop((alice, bob));
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn row_12_ctrl_c_in_a_terminal_shuts_down_in_order() {
    let mut terminal = Terminal::start();
    let mut alice = terminal.connect("alice");
    terminal.type_bytes(b"\x03");
    alice.expect("* bye shutdown {any}");
    alice.expect_closed();
    drop(alice);
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn row_12_ctrl_d_in_a_terminal_ends_the_console_only() {
    let mut terminal = Terminal::start();
    let mut alice = terminal.connect("alice");
    terminal.type_bytes(b"\x04");
    terminal.type_bytes(b"announce to nobody\n");
    alice.expect_quiet();
    alice.ask("ANNOUNCE the end", &["+OK taken 1 {any}"]);
    terminal.expect("announce from=alice text=the end");
    alice.expect_quiet();
}
