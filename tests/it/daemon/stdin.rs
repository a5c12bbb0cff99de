//! What stdin may be, and when it is the operator's console.

use std::fs::File;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use crate::process::daemon::{Daemon, DaemonBuilder, TempDir};

/// A daemon with this as its stdin, whose console is elsewhere; it says where.
#[track_caller]
fn without_console(stdin: Stdio) -> Daemon {
    let directory = TempDir::new();
    let control = directory.at("control");
    let builder = DaemonBuilder::unlimited(&["--control", &control]).keep(directory);
    let mut daemon = builder.stdin(stdin).start();
    daemon.expect_out("to join from this machine: {any}");
    daemon.expect_out(&format!("the operator's console:     chatd ctl --control {control}"));
    daemon.user("alice").expect_quiet();
    daemon
}

#[test]
fn what_nobody_types_at_is_no_console() {
    let directory = TempDir::new();
    let path = directory.write("out", "quit\n");
    let write_only = File::options().append(true).open(&path).expect("it can be opened");
    let mut files = vec![("a file that is written to", write_only)];
    for path in ["/dev/null", "/dev/zero", "/dev/full", "/"] {
        files.extend(File::open(path).map(|file| (path, file)));
    }
    assert!(files.len() > 2);
    for (what, file) in files {
        let daemon = without_console(file.into());
        // This one that asks is all there is.
        assert!(daemon.order("stats").contains("             1  connections"), "{what}: {}", daemon.order("stats"));
    }
    let shell = ["-c", "exec \"$0\" --listen 127.0.0.1:0 <&-", env!("CARGO_BIN_EXE_chatd")];
    let mut daemon = DaemonBuilder::program("sh", &shell).start();
    daemon.expect_out("to join from this machine: {any}");
    daemon.expect_out("there is no operator's console; the log says why");
}

#[test]
fn who_connects_from_another_machine_is_no_operator() {
    // As inetd, or a socket unit by mistake, gives a connection to the program it starts.
    let listener = TcpListener::bind("127.0.0.1:0").expect("some port is free");
    let mut guest = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    let (connection, _) = listener.accept().expect("it is connected");
    let daemon = without_console(OwnedFd::from(connection).into());
    guest.write_all(b"announce from far away\nquit\n").expect("it is connected");
    let mut alice = daemon.user("alice");
    alice.expect_quiet();
    assert!(daemon.order("stats").contains("             2  connections"));
}

#[test]
fn what_a_program_uses_for_a_pipe_is_a_console() {
    let (mut ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    let mut daemon = DaemonBuilder::unlimited(&[]).stdin(OwnedFd::from(theirs).into()).start();
    daemon.expect_out("to join from this machine: {any}");
    daemon.expect_out("the operator's console reads stdin: help shows what it takes");
    let mut alice = daemon.user("alice");
    ours.write_all(b"announce by a program\n").expect("it is read");
    alice.expect("* announced 1 {time} operator by a program");
    daemon.expect_out("announced to 1");
}
