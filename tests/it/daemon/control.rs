//! The control socket: where it is, whose it is, and `chatd ctl`.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use chatd::wire::commands::{Place, commands_in};
use nix::sys::signal::Signal;

use crate::process::daemon::{Daemon, DaemonBuilder, NOWHERE, TempDir, eventually, run_to_end, run_with_input};

/// Runs `chatd ctl` for this daemon; gives its exit code and what it prints.
fn ctl(daemon: &Daemon, words: &[&str]) -> (Option<i32>, String) {
    let control = daemon.control();
    let (status, out, error) = run_to_end(&[&["ctl", "--control", &control], words].concat());
    assert_eq!(error, "");
    (status.code(), out)
}

#[test]
fn by_default_it_is_in_the_runtime_directory_and_goes_with_the_daemon() {
    let directory = TempDir::new();
    let runtime = directory.path().to_str().expect("it is text");
    let daemon = DaemonBuilder::unlimited(&[]).environment("XDG_RUNTIME_DIR", runtime).start();
    let port = daemon.address().port().to_string();
    let path = directory.path().join(format!("chatd-{port}.sock"));
    let mode = std::fs::metadata(&path).expect("the socket is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else's business");
    let (status, out, _) = run_with_input(&["ctl", "--port", &port, "rooms"], "", &[("XDG_RUNTIME_DIR", runtime)]);
    assert!(status.success());
    assert_eq!(out, "MEMBERS  ROOM\nnone");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.end().0, Some(0));
    assert!(!path.exists());
}

/// The directory that chatd makes for its sockets below a directory that is everybody's.
fn own_place(below: &TempDir) -> PathBuf {
    below.path().join(format!("chatd-{}", nix::unistd::geteuid()))
}

#[test]
fn without_a_runtime_directory_it_is_in_one_that_is_made_and_is_its_users_alone() {
    let temporary = TempDir::new();
    let below = temporary.path().to_str().expect("it is text");
    // As root of a service, or after `su`: a runtime directory that is not there.
    let environment = [("TMPDIR", below), ("XDG_RUNTIME_DIR", "/nonexistent")];
    let builder = DaemonBuilder::unlimited(&[]).environment("TMPDIR", below);
    let mut daemon = builder.environment("XDG_RUNTIME_DIR", "/nonexistent").start();
    let port = daemon.address().port().to_string();
    let path = own_place(&temporary).join(format!("chatd-{port}.sock"));
    daemon.expect_log(&format!("control path={}", path.display()));
    let mode = std::fs::metadata(own_place(&temporary)).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o7777, 0o700);
    let (status, out, error) = run_with_input(&["ctl", "--port", &port, "rooms"], "", &environment);
    assert_eq!((status.code(), out.as_str(), error.as_str()), (Some(0), "MEMBERS  ROOM\nnone", ""));
}

#[test]
fn a_directory_that_somebody_else_may_have_made_is_not_used() {
    let temporary = TempDir::new();
    let trap = temporary.path().join("trap");
    std::fs::create_dir(&trap).expect("it can be made");
    std::os::unix::fs::symlink(&trap, own_place(&temporary)).expect("it can be made");
    let below = temporary.path().to_str().expect("it is text");
    let mut daemon = DaemonBuilder::unlimited(&[]).environment("TMPDIR", below).start();
    daemon.expect_log("no-control path={any} error={any} is not a directory of this user's alone");
    assert_eq!(std::fs::read_dir(&trap).expect("it is there").count(), 0);
    // And ctl trusts none that stands there either.
    let port = daemon.address().port().to_string();
    let _listener = UnixListener::bind(trap.join(format!("chatd-{port}.sock"))).expect("a socket can be made");
    let (status, _, error) = run_with_input(&["ctl", "--port", &port, "rooms"], "", &[("TMPDIR", below)]);
    assert_eq!(status.code(), Some(1));
    assert!(error.starts_with("chatd ctl: no daemon"), "{error}");
}

#[test]
fn without_a_place_for_it_there_is_none_and_both_say_so() {
    let mut daemon = Daemon::start(&[]);
    daemon.expect_log(&format!("no-control path={NOWHERE}/{{any}}"));
    daemon.user("alice").expect_quiet();
    let (status, out, error) = run_to_end(&["ctl", "--port", "1", "list"]);
    assert_eq!((status.code(), out.as_str()), (Some(1), ""));
    assert!(error.starts_with("chatd ctl: no daemon"), "{error}");
    assert!(Path::new("/run/chatd").is_dir() || error.contains("--control"), "{error}");
}

#[test]
fn ctl_passes_over_the_socket_of_a_dead_daemon() {
    let (runtime, temporary) = (TempDir::new(), TempDir::new());
    let environment = [("TMPDIR", text(&temporary)), ("XDG_RUNTIME_DIR", text(&runtime))];
    let daemon = DaemonBuilder::unlimited(&[]).environment("TMPDIR", text(&temporary)).start();
    let port = daemon.address().port().to_string();
    drop(UnixListener::bind(runtime.at(&format!("chatd-{port}.sock"))).expect("a socket can be made"));
    let (status, out, error) = run_with_input(&["ctl", "--port", &port, "rooms"], "", &environment);
    assert_eq!((status.code(), out.as_str(), error.as_str()), (Some(0), "MEMBERS  ROOM\nnone", ""));
}

fn text(directory: &TempDir) -> &str {
    directory.path().to_str().expect("it is text")
}

#[test]
fn an_ending_daemon_leaves_its_successors_socket_alone() {
    let directory = TempDir::new();
    let path = directory.at("control");
    let first = DaemonBuilder::unlimited(&["--control", &path]).start();
    std::fs::remove_file(&path).expect("somebody tidies up");
    let second = DaemonBuilder::unlimited(&["--control", &path]).keep(directory).start();
    first.signal(Signal::SIGTERM);
    assert_eq!(first.end().0, Some(0));
    assert_eq!(ctl(&second, &["rooms"]).0, Some(0));
}

#[test]
fn a_socket_whose_file_is_gone_is_made_anew_and_so_is_its_directory() {
    let temporary = TempDir::new();
    let builder = DaemonBuilder::unlimited(&[]).environment("TMPDIR", text(&temporary));
    let mut daemon = builder.start();
    let port = daemon.address().port().to_string();
    let path = own_place(&temporary).join(format!("chatd-{port}.sock"));
    let rooms = || run_with_input(&["ctl", "--port", &port, "rooms"], "", &[("TMPDIR", text(&temporary))]).0.code();
    assert_eq!(rooms(), Some(0));
    std::fs::remove_dir_all(own_place(&temporary)).expect("somebody tidies up");
    assert_eq!(rooms(), Some(1));
    eventually(|| path.exists(), |is_there| *is_there);
    assert_eq!(rooms(), Some(0));
    // In the way, but only for a while; the log tells of that once.
    std::fs::remove_file(&path).expect("it is there");
    std::fs::write(&path, "precious").expect("it can be written");
    daemon.expect_log(&format!("no-control path={} error=there is something else, {{any}}", path.display()));
    std::fs::remove_file(&path).expect("it is there");
    eventually(|| path.exists(), |is_there| *is_there);
    assert_eq!(rooms(), Some(0));
    daemon.signal(Signal::SIGTERM);
    let log = daemon.end().1;
    assert_eq!(log.matches(" control path=").count(), 3, "{log}");
    assert_eq!(log.matches(" no-control ").count(), 1, "{log}");
    assert!(!path.exists(), "it goes with the daemon");
}

#[test]
fn a_stopped_daemon_does_not_keep_the_next_one_waiting() {
    let directory = TempDir::new();
    let path = directory.at("control");
    let _stopped = UnixListener::bind(&path).expect("a socket can be made");
    let address = socket2::SockAddr::unix(&path).expect("a path");
    let connect = || {
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).expect("a socket");
        socket.set_nonblocking(true).expect("it can be set");
        socket.connect(&address).map(|()| socket)
    };
    let waiting: Vec<_> = std::iter::from_fn(|| connect().ok()).take(10_000).collect();
    assert!(waiting.len() < 10_000, "no more fit");
    let (status, out, error) = run_to_end(&["--listen", "127.0.0.1:0", "--control", &path]);
    assert_eq!((status.code(), out.as_str()), (Some(1), ""));
    assert!(error.contains("another daemon is there and does not answer"), "{error}");
}

#[test]
fn where_it_is_asked_for_it_must_be() {
    let path = "/nonexistent/control";
    let (status, out, error) = run_to_end(&["--listen", "127.0.0.1:0", "--control", path]);
    assert_eq!((status.code(), out.as_str()), (Some(1), ""));
    assert!(error.starts_with(&format!("chatd: cannot make the control socket {path}: ")), "{error}");
    let (status, _, error) = run_to_end(&["ctl", "--control", path, "list"]);
    assert_eq!(status.code(), Some(1));
    assert!(error.starts_with(&format!("chatd ctl: no daemon answers at {path}: ")), "{error}");
}

#[test]
fn one_that_was_left_behind_is_replaced_and_one_that_answers_is_not() {
    let directory = TempDir::new();
    let path = directory.at("control");
    drop(UnixListener::bind(&path).expect("a socket can be made"));
    assert!(Path::new(&path).exists(), "a dead daemon's");
    let daemon = DaemonBuilder::unlimited(&["--control", &path]).keep(directory).start();
    assert_eq!(ctl(&daemon, &["rooms"]).0, Some(0));
    let (status, out, error) = run_to_end(&["--listen", "127.0.0.1:0", "--control", &path]);
    assert_eq!((status.code(), out.as_str()), (Some(1), ""));
    assert!(error.contains("another daemon answers there"), "{error}");
    assert_eq!(ctl(&daemon, &["rooms"]).0, Some(0), "the first one's is left alone");
}

#[test]
fn a_daemon_that_was_killed_does_not_keep_the_next_one_from_starting() {
    let directory = TempDir::new();
    let path = directory.at("control");
    let daemon = DaemonBuilder::unlimited(&["--control", &path]).start();
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.end().0, None);
    let daemon = DaemonBuilder::unlimited(&["--control", &path]).keep(directory).start();
    assert_eq!(ctl(&daemon, &["rooms"]).0, Some(0));
}

#[test]
fn what_is_no_socket_is_left_alone() {
    let directory = TempDir::new();
    let path = directory.write("precious", "do not delete");
    let (status, _, error) = run_to_end(&["--listen", "127.0.0.1:0", "--control", &path]);
    assert_eq!(status.code(), Some(1));
    assert!(error.contains("something else"), "{error}");
    assert_eq!(std::fs::read_to_string(path).expect("it is there"), "do not delete");
}

#[test]
fn ctl_runs_one_command_and_its_exit_code_says_whether_it_was_obeyed() {
    let daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    assert_eq!(ctl(&daemon, &["announce", "lunch", "is", "ready"]), (Some(0), "announced to 1".to_owned()));
    let (code, said) = ctl(&daemon, &["announce"]);
    assert!(code == Some(1) && said.contains("error: there is nothing to send"), "{said}");
    alice.expect("* announced 1 {time} operator lunch is ready");
    for (words, what) in [(&["kick", "bob"][..], "nobody here is bob"), (&["fly"], "no such command")] {
        let (code, out) = ctl(&daemon, words);
        assert_eq!(code, Some(1));
        assert!(out.starts_with(&format!("error: {what}")), "{out}");
    }
    alice.expect_quiet();
}

#[test]
fn what_is_said_before_ctl_would_be_for_another_daemon_and_is_refused() {
    let daemon = Daemon::observed(&[]);
    let control = daemon.control();
    for before in [&["--control", &control][..], &["--listen", "127.0.0.1:0"], &["--print-config"]] {
        let (status, out, error) = run_to_end(&[before, &["ctl", "shutdown"]].concat());
        assert_eq!((status.code(), out.as_str()), (Some(1), ""), "{before:?}");
        assert!(error.contains("say chatd ctl first"), "{error}");
    }
    daemon.user("alice").expect_quiet();
}

#[test]
fn ctl_without_a_command_is_a_console() {
    let daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    let control = daemon.control();
    let input = "list\nfly\nannounce\nfrom a pipe\nrooms";
    let (status, out, error) = run_with_input(&["ctl", "--control", &control], input, &[]);
    assert_eq!(status.code(), Some(1), "one order was refused");
    assert!(error.contains("the last line has no end and was not done"), "{error}");
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines.get(1).is_some_and(|line| line.contains("alice")), "{out}");
    assert!(lines.get(3).is_some_and(|line| line.starts_with("error: ")), "{out}");
    assert_eq!(lines.get(4..), Some(&["what shall be announced?", "announced to 1"][..]), "half a line is none");
    alice.expect("* announced 1 {time} operator from a pipe");
    let (status, ..) = run_with_input(&["ctl", "--control", &control], "list\nrooms\n", &[]);
    assert_eq!(status.code(), Some(0), "all of them were obeyed");
}

#[test]
fn several_operators_at_once_and_one_that_is_not_read_disturb_nobody() {
    use std::io::Write;
    let daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    let before = daemon.settled();
    let mut unread = std::os::unix::net::UnixStream::connect(daemon.control()).expect("the control socket is there");
    unread.set_nonblocking(true).expect("it can be set");
    let _ = unread.write(&b"help\n".repeat(2_000));
    let consoles: Vec<_> = (0..20).map(|_| std::os::unix::net::UnixStream::connect(daemon.control())).collect();
    alice.expect_quiet();
    assert!(daemon.order("list").contains("alice"));
    drop((unread, consoles));
    daemon.expect_figures(before);
}

#[test]
fn help_shows_every_command_and_shutdown_ends_the_daemon_in_order() {
    let daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    let (_, help) = ctl(&daemon, &["help"]);
    for spec in commands_in(Place::Console) {
        assert!(help.lines().any(|line| line.trim_start().starts_with(spec.word)), "{} in {help}", spec.word);
    }
    assert_eq!(ctl(&daemon, &["help", "kick"]).1.lines().count(), 1);
    assert_eq!(ctl(&daemon, &["announce", "please", "help", "--", "-x"]), (Some(0), "announced to 1".to_owned()));
    alice.expect("* announced 1 {time} operator please help -- -x");
    assert_eq!(ctl(&daemon, &["shutdown"]), (Some(0), "the server is shutting down".to_owned()));
    alice.expect("* bye shutdown {any}");
    alice.expect_closed();
    drop(alice);
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn an_argument_is_one_argument() {
    let daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    let control = daemon.control();
    for words in [
        &["announce", "bye\nshutdown"][..],
        &["announce", "bye\rshutdown"],
        &["announce", "bye\u{2028}shutdown"],
        &["announce\nshutdown"],
        &["list", "1\n", "shutdown"],
        &["kick", "alice", "spam\nshutdown\n"],
        &["kick", "alice now"],
        &["mute", "alice 1h"],
        &["ban", "alice 1h"],
        &["ban", "alice", "1h spam"],
        &[""],
    ] {
        let (status, out, error) = run_to_end(&[&["ctl", "--control", &control], words].concat());
        assert_eq!((status.code(), out.as_str()), (Some(2), ""), "{words:?}: {error}");
        assert!(error.starts_with("chatd ctl: ") && error.lines().count() == 1, "{error}");
    }
    alice.expect_quiet();
    assert_eq!(ctl(&daemon, &["bans"]).1, "nobody is shut out");
    assert_eq!(ctl(&daemon, &["announce", "two words", " and a third"]).0, Some(0));
    alice.expect("* announced 1 {time} operator two words  and a third");
    assert_eq!(ctl(&daemon, &["ban", "bob", "1h", "too loud"]).0, Some(0));
    let (_, bans) = ctl(&daemon, &["bans"]);
    assert!(bans.starts_with("bob  for ") && bans.ends_with("  too loud"), "{bans}");
}

#[test]
fn leaving_a_console_is_not_stopping_the_daemon() {
    let daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    let control = daemon.control();
    for word in ["quit", "exit", "bye", "3", ".exit"] {
        let (status, out, _) = run_with_input(&["ctl", "--control", &control], &format!("rooms\n{word}\nlist\n"), &[]);
        assert!(status.success(), "{word}");
        assert_eq!(out, "MEMBERS  ROOM\nnone", "{word}");
        let (status, out, error) = run_to_end(&["ctl", "--control", &control, word]);
        assert_eq!((status.code(), out.as_str()), (Some(2), ""), "{word}");
        assert!(error.contains("chatd ctl shutdown"), "{error}");
    }
    alice.expect_quiet();
    let (_, out, _) = run_with_input(&["ctl", "--control", &control], "shutdown\n", &[]);
    assert_eq!(out, "the server is shutting down");
    alice.expect("* bye shutdown {any}");
    drop(alice);
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn a_daemon_that_is_stopped_is_not_waited_for_in_vain() {
    let daemon = Daemon::observed(&[]);
    let control = daemon.control();
    daemon.signal(Signal::SIGSTOP);
    let in_vain = |words: &[&str], input: &str| {
        let ctl = ["ctl", "--control", &control];
        let (status, out, error) = run_with_input(&[&ctl, words].concat(), input, &[]);
        assert_eq!((status.code(), out.as_str()), (Some(1), ""), "{words:?}");
        assert!(error.contains("has not answered for 5 seconds: it is stopped"), "{error}");
    };
    std::thread::scope(|scope| {
        for (words, input) in [(&["list"][..], ""), (&[], "list\n"), (&[], "")] {
            let in_vain = &in_vain;
            scope.spawn(move || in_vain(words, input));
        }
    });
    // The others that wait to be let in fill the kernel's queue.
    let waiting: Vec<_> = std::iter::from_fn(|| chatd::event_loop::connect_control(Path::new(&control)).ok()).collect();
    assert!(waiting.len() < 10_000);
    in_vain(&["list"], "");
    let (status, out, error) = run_to_end(&["--listen", "127.0.0.1:0", "--control", &control]);
    assert_eq!((status.code(), out.as_str()), (Some(1), ""));
    assert!(error.contains("another daemon is there and does not answer"), "{error}");
    drop(waiting);
    daemon.signal(Signal::SIGCONT);
    assert_eq!(ctl(&daemon, &["rooms"]).0, Some(0));
}
