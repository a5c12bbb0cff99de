//! Row 13: what is logged and what is not, and how a signal ends the daemon.

use std::net::TcpStream;

use nix::sys::signal::Signal;

use super::operator::Terminal;
use crate::process::daemon::{Daemon, DaemonBuilder, PATIENCE, TempDir, eventually};

/// One of everything that happens between two users.
const EVERYTHING: &str = "
    A> ENTER alice
    A< +OK entered 1 alice
    B> ENTER bob
    B< +OK entered 2 bob
    A> REQUEST bob
    A< +OK ringing bob session 60
    B< * request alice session 60
    B> REJECT
    B< +OK
    A< * declined bob rejected
    A> REQUEST bob
    A< +OK ringing bob session 60
    B< * request alice session 60
    A> CANCEL
    A< +OK
    B< * withdrawn alice cancelled
    A> REQUEST bob
    A< +OK ringing bob session 60
    B< * request alice session 60
    B> ACCEPT
    B< * paired alice
    B< +OK
    A< * paired bob
    A> SAY bob secret
    A< +OK taken 1 {time} 1
    B< * said 1 {time} alice secret
    A> END
    A< * ended bob by-you
    A< +OK
    B< * ended alice by-partner
    A> JOIN #dev
    A< * joined #dev alice
    A< +OK room #dev
    A> SAY #dev unlogged
    A< +OK taken 2 {time} 0
    A> PRIVATE bob secret
    A< +OK taken 3 {time} 1
    B< * private 3 {time} alice secret
    A> LEAVE
    A< * left #dev alice
    A< +OK room #dev
    A> ANNOUNCE lunch
    A< +OK taken 4 {time} 1
    B< * announced 4 {time} alice lunch
    A> QUIT
    A< +OK bye
    A< {closed}
";

#[test]
fn row_13_every_happening_is_logged() {
    let mut daemon = Daemon::start(&[]);
    let mut script = daemon.script();
    let (a, b) = (script.client('A').port(), script.client('B').port());
    script.run(EVERYTHING).end();
    drop(script);
    for expected in [
        format!("connect from=127.0.0.1:{a}"),
        format!("enter name=alice uid=1 from=127.0.0.1:{a}"),
        "request from=alice to=bob".to_owned(),
        "declined from=alice to=bob why=rejected".to_owned(),
        "withdrawn from=alice to=bob why=cancelled".to_owned(),
        "paired alice bob".to_owned(),
        "ended by=alice with=bob".to_owned(),
        "join room=#dev name=alice".to_owned(),
        "leave room=#dev name=alice".to_owned(),
        "announce from=alice text=lunch".to_owned(),
        "gone name=alice reason=quit".to_owned(),
        format!("disconnect from=127.0.0.1:{a} name=alice reason=quit"),
        format!("disconnect from=127.0.0.1:{b} name=bob reason=disconnected"),
    ] {
        daemon.expect_log(&expected);
    }
    daemon.signal(Signal::SIGTERM);
    daemon.expect_log("stopping signal=15");
    let (code, log) = daemon.end();
    assert_eq!(code, Some(0));
    assert!(!log.contains("secret") && !log.contains("unlogged"), "{log}");
}

#[test]
fn row_13_reasons_are_named() {
    let mut daemon = Daemon::start(&[]);
    let client = daemon.user("alice");
    client.reset();
    daemon.expect_log("gone name=alice reason=broken");
    let mut client = daemon.user("bob");
    client.finish();
    client.expect_closed();
    daemon.expect_log("gone name=bob reason=disconnected");
}

#[test]
fn row_13_rooms_are_logged_when_asked_for_and_private_words_never() {
    let mut daemon = Daemon::start(&["--log-rooms"]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    alice.ask("JOIN #dev", &["* joined #dev alice", "+OK room #dev"]);
    alice.ask("SAY #dev for \u{1b}[31mall", &["+OK taken {any}"]);
    alice.ask("PRIVATE bob secret one", &["+OK taken {any}"]);
    bob.expect("* private {any}");
    bob.ask("REQUEST alice", &["+OK ringing {any}"]);
    alice.expect("* request {any}");
    alice.ask("ACCEPT", &["* paired bob", "+OK"]);
    alice.ask("SAY bob secret two", &["+OK taken {any}"]);
    daemon.expect_log("said room=#dev from=alice text=for \u{fffd}[31mall");
    drop((alice, bob));
    daemon.expect_log("gone name=alice {any}");
    daemon.signal(Signal::SIGINT);
    let (code, log) = daemon.end();
    assert_eq!(code, Some(0));
    assert!(!log.contains("secret"), "{log}");
}

#[test]
fn row_13_a_signal_tells_everybody_and_ends_with_exit_code_0() {
    let by_people = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT];
    let by_the_system = [
        Signal::SIGALRM,
        Signal::SIGXCPU,
        #[cfg(target_os = "linux")]
        Signal::SIGPWR,
    ];
    for signal in by_people.into_iter().chain(by_the_system) {
        let mut daemon = Daemon::start(&[]);
        let mut users = [daemon.user("alice"), daemon.user("bob")];
        let [alice, bob] = &mut users;
        alice.ask("REQUEST bob", &["+OK ringing bob session 60"]);
        bob.expect("* request alice session 60");
        bob.ask("ACCEPT", &["* paired alice", "+OK"]);
        alice.expect("* paired bob");
        alice.ask("WATCH on", &["+OK"]);
        daemon.signal(signal);
        for user in &mut users {
            user.expect("* bye shutdown {any}");
            user.expect_closed();
        }
        drop(users);
        daemon.expect_log(&format!("stopping signal={}", signal as i32));
        let (code, log) = daemon.end();
        assert_eq!(code, Some(0), "{signal}");
        assert!(log.contains("gone name=alice reason=shutdown"), "{log}");
    }
}

#[test]
fn row_13_a_shutdown_flushes_what_is_queued() {
    let daemon = Daemon::start(&[]);
    let mut alice = daemon.user("alice");
    let count = 2_000;
    for number in 0..count {
        alice.send(&format!("PING {number}"));
    }
    alice.ask("PING last", &["+OK pong 0"]);
    for number in 1..count {
        alice.expect(&format!("+OK pong {number}"));
    }
    daemon.signal(Signal::SIGTERM);
    assert!(alice.rest().starts_with("+OK pong last\n* bye shutdown "));
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn row_13_who_does_not_hang_up_delays_the_end_for_a_bounded_time() {
    let daemon = Daemon::start(&[]);
    let mut alice = daemon.user("alice");
    daemon.signal(Signal::SIGTERM);
    alice.expect("* bye shutdown {any}");
    assert!(TcpStream::connect(daemon.address()).is_err(), "nobody is let in any more");
    // Alice stays connected; `end` fails after PATIENCE.
    assert!(chatd::limits::Limits::DEFAULT.drain_timeout < PATIENCE);
    assert_eq!(daemon.end().0, Some(0));
    alice.expect_closed();
}

#[test]
fn row_13_a_second_signal_ends_at_once() {
    for (first, second) in [(Signal::SIGTERM, Signal::SIGTERM), (Signal::SIGINT, Signal::SIGTERM)] {
        let daemon = Daemon::start(&[]);
        let mut alice = daemon.user("alice");
        daemon.signal(first);
        alice.expect("* bye shutdown {any}");
        daemon.signal(second);
        assert_eq!(daemon.end().0, Some(128 + second as i32), "the shell's way to say: by this signal");
    }
}

#[test]
fn row_13_a_log_that_nobody_reads_stops_nobody() {
    let daemon = DaemonBuilder::unlimited(&["--log-rooms"]).log_limit(0).start();
    let mut alice = daemon.user("alice");
    alice.ask("JOIN", &["* joined #lobby alice", "+OK room #lobby"]);
    for number in 0..100 {
        alice.ask(&format!("SAY #lobby {number}"), &["+OK taken {any}"]);
    }
    alice.expect_quiet();
}

#[test]
fn row_13_a_log_that_is_read_too_slowly_stops_nobody_and_says_what_it_lost() {
    let mut daemon = Daemon::start(&["--log-rooms"]);
    let mut alice = daemon.user("alice");
    alice.ask("JOIN", &["* joined #lobby alice", "+OK room #lobby"]);
    // More than the pipe to this test and the log's bound hold together.
    let text = "x".repeat(3_000);
    for _ in 0..chatd::limits::LOG_BYTES / 1_000 {
        alice.ask(&format!("SAY #lobby {text}"), &["+OK taken {any}"]);
    }
    daemon.expect_log("log-overflow dropped={id}");
    alice.ask("ANNOUNCE logged again", &["+OK taken {any}"]);
    daemon.expect_log("announce from=alice text=logged again");
}

#[test]
fn a_signal_that_its_starter_ignores_does_not_end_it() {
    // As nohup does with HUP, and a shell with INT for a job in the background.
    let script = "trap '' HUP INT; exec \"$0\" --listen 127.0.0.1:0";
    let daemon = DaemonBuilder::program("sh", &["-c", script, env!("CARGO_BIN_EXE_chatd")]).start();
    daemon.signal(Signal::SIGHUP);
    daemon.signal(Signal::SIGINT);
    let mut user = daemon.user("alice");
    user.ask("PING still", &["+OK pong still"]);
    drop(user);
    daemon.signal(Signal::SIGTERM);
    let (code, log) = daemon.end();
    assert_eq!(code, Some(0));
    assert!(log.contains("stopping signal=15") && !log.contains("stopping signal=1 "), "{log}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what the daemon's log says is compared with this machine's clock")]
fn what_is_logged_after_a_pause_has_its_own_time() {
    let mut daemon = Daemon::start(&[]);
    let mut alice = daemon.user("alice");
    alice.ask("PING", &["+OK pong"]);
    let clock = || {
        let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is later");
        chatd::wire::format_time(chatd::chat::UnixMillis(wall.as_millis().try_into().expect("it fits")))
    };
    let answered = clock();
    let before = eventually(clock, |time| *time > answered);
    daemon.signal(Signal::SIGTERM);
    let line = daemon.expect_log("stopping signal=15");
    assert!(line.split(' ').next().is_some_and(|time| time >= before.as_str()), "{line} is before {before}");
}

#[test]
fn a_signal_that_asks_for_nothing_does_nothing() {
    let daemon = Daemon::start(&[]);
    let mut alice = daemon.user("alice");
    for signal in Signal::iterator() {
        let by_nature = [Signal::SIGKILL, Signal::SIGSTOP, Signal::SIGTSTP];
        let of_a_fault = [Signal::SIGILL, Signal::SIGTRAP, Signal::SIGABRT, Signal::SIGBUS, Signal::SIGFPE];
        let of_a_fault = of_a_fault.into_iter().chain([Signal::SIGSEGV, Signal::SIGSYS]);
        let to_end = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGALRM];
        let to_end = to_end.into_iter().chain([
            Signal::SIGXCPU,
            #[cfg(target_os = "linux")]
            Signal::SIGPWR,
        ]);
        if !by_nature.into_iter().chain(of_a_fault).chain(to_end).any(|it| it == signal) {
            daemon.signal(signal);
            alice.ask(&format!("PING {signal}"), &[&format!("+OK pong {signal}")]);
        }
    }
    daemon.signal(Signal::SIGTERM);
    alice.expect("* bye shutdown {any}");
    drop(alice);
    assert_eq!(daemon.end().0, Some(0), "and those that ask for the end are heard");
}

#[test]
fn what_its_starter_has_blocked_is_heard_all_the_same() {
    use nix::sys::signal::SigSet;
    // A thread of its own, since a child has its parent's mask.
    let thread = std::thread::spawn(|| {
        SigSet::all().thread_block().expect("a thread may block");
        Daemon::start(&[])
    });
    let daemon = thread.join().expect("it starts");
    let mut alice = daemon.user("alice");
    daemon.signal(Signal::SIGTERM);
    alice.expect("* bye shutdown {any}");
    drop(alice);
    assert_eq!(daemon.end().0, Some(0));
}

#[test]
fn a_log_that_may_not_grow_stops_nobody_and_goes_on_when_it_may() {
    let directory = TempDir::new();
    let log = directory.at("log");
    // As `ulimit -f` in the shell that starts it: 16 KiB or 32, by the shell's unit.
    let script = "ulimit -f 32; exec \"$0\" --listen 127.0.0.1:0 --rate-announcements 0 --rate-lines 0 2>>\"$1\"";
    let shell = ["-c", script, env!("CARGO_BIN_EXE_chatd"), &log];
    let daemon = DaemonBuilder::program("sh", &shell).keep(directory).start();
    let mut alice = daemon.user("alice");
    let text = "x".repeat(3_000);
    for _ in 0..=chatd::limits::LOG_BYTES / 2_000 {
        alice.ask(&format!("ANNOUNCE {text}"), &["+OK taken {any}"]);
    }
    // What copytruncate does, each time the file is full; its last line may be cut.
    let all = std::cell::RefCell::new(String::new());
    let next = || {
        let text = std::fs::read_to_string(&log).expect("the log is there");
        if [16 * 1024, 32 * 1024].contains(&text.len()) {
            std::fs::File::options().write(true).open(&log).and_then(|file| file.set_len(0)).expect("it can be cut");
            all.borrow_mut().push_str(&text);
        }
        format!("{}{text}", all.borrow())
    };
    eventually(next, |text| text.contains("log-overflow dropped="));
}

#[test]
fn in_the_background_of_a_terminal_it_serves() {
    // A job's output to a terminal set so stops the job, unless it has said that it will not be.
    let script = "stty tostop; \"$0\" --listen 127.0.0.1:0 & echo \"job $!\"; wait";
    let mut terminal = Terminal::start_program("sh", &["-m", "-c", script, env!("CARGO_BIN_EXE_chatd")]);
    let mut alice = terminal.connect("alice");
    terminal.expect("enter name=alice");
    // Typed to the shell, which does not read it either.
    terminal.type_bytes(b"quit\n");
    alice.ask("PING 1", &["+OK pong 1"]);
    alice.ask("ANNOUNCE still here", &["+OK taken {any}"]);
    terminal.expect("announce from=alice text=still here");
}
