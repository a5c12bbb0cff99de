//! Too many connections, and connections that are none: everybody else notices nothing, and
//! afterwards the daemon holds what it held before.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::process::daemon::{Bystanders, Client, Daemon, DaemonBuilder, eventually};

/// A client that enters as soon as it is let in.
fn enter_when_there_is_room(daemon: &Daemon, name: &str) {
    let enter = || {
        let mut client = Client::connect(daemon.address());
        client.try_send(format!("ENTER {name}\n").as_bytes());
        client.line()
    };
    eventually(enter, |line| line.starts_with("+OK entered "));
}

#[test]
fn at_the_limit_a_newcomer_reads_why_and_the_others_notice_nothing() {
    let mut daemon = Daemon::observed(&["--max-connections", "3"]);
    let mut bystanders = Bystanders::new(&daemon);
    let third = daemon.user("third");
    for _ in 0..10 {
        let mut fourth = Client::connect(daemon.address());
        fourth.expect("-ERR full {any}");
        fourth.expect_closed();
        bystanders.talk();
    }
    daemon.expect_log("refused reason=full count=1");
    drop(third);
    enter_when_there_is_room(&daemon, "fourth");
    bystanders.end(&daemon);
}

#[test]
fn one_address_has_its_share_and_no_more() {
    let daemon = Daemon::observed(&["--max-per-address", "3"]);
    let mut bystanders = Bystanders::new(&daemon);
    let third = daemon.user("third");
    let mut fourth = Client::connect(daemon.address());
    fourth.expect("-ERR address-full {any}");
    fourth.expect_closed();
    let mut elsewhere = Client::connect_from(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), daemon.address());
    elsewhere.ask("ENTER elsewhere", &["+OK entered {any}"]);
    bystanders.talk();
    drop(third);
    enter_when_there_is_room(&daemon, "fourth");
    drop(elsewhere);
    bystanders.end(&daemon);
}

/// Processor time the daemon has used, in hundredths of a second.
fn processor_time(daemon: &Daemon) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.process())).expect("the daemon runs");
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum()
}

#[test]
fn without_free_files_it_waits_idly_says_so_once_and_goes_on() {
    let directory = crate::process::daemon::TempDir::new();
    let control = directory.at("control");
    let script = "ulimit -n 120; exec \"$0\" --listen 127.0.0.1:0 --control \"$1\"";
    let program = DaemonBuilder::program("sh", &["-c", script, env!("CARGO_BIN_EXE_chatd"), &control]);
    let mut daemon = program.keep(directory).start();
    let mut bystanders = Bystanders::new(&daemon);
    let mut silent = Client::connect(daemon.address());
    // Operators are not counted, so they can take the files that are meant for clients.
    let operators: Vec<_> = (0..120).map(|_| std::os::unix::net::UnixStream::connect(&control)).collect();
    eventually(|| daemon.files(), |files| *files >= 120);
    let mut waiting = Client::connect(daemon.address());
    daemon.expect_log("accept-failed on=127.0.0.1:{any}");
    let before = processor_time(&daemon);
    silent.expect("* hello {any}");
    bystanders.talk();
    assert!(processor_time(&daemon) - before < 40, "it does not try without end");
    drop((operators, silent));
    waiting.ask("ENTER waited", &["+OK entered {any}"]);
    drop(waiting);
    bystanders.end(&daemon);
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    let log = daemon.end().1;
    assert_eq!(log.lines().filter(|line| line.contains(" accept-failed ")).count(), 1, "{log}");
}

#[test]
fn a_burst_at_the_limit_does_not_use_up_the_files() {
    let script = "ulimit -n 120; exec \"$0\" --listen 127.0.0.1:0 --rate-lines 0 --rate-connects 0";
    let daemon = DaemonBuilder::program("sh", &["-c", script, env!("CARGO_BIN_EXE_chatd")]).start();
    let mut users: Vec<Client> = (0..24).map(|number| daemon.user(&format!("u{number}"))).collect();
    let burst: Vec<Client> = (0..300).map(|_| Client::connect(daemon.address())).collect();
    for mut refused in burst {
        let told = refused.line();
        assert!(told.starts_with("-ERR full ") || told == "{closed}" || told.contains("reset"), "{told}");
    }
    users.iter_mut().for_each(Client::expect_quiet);
    drop(users);
    enter_when_there_is_room(&daemon, "late");
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    let log = daemon.end().1;
    assert!(!log.contains("accept-failed"), "{log}");
    assert!(log.lines().filter(|line| line.contains(" refused ")).count() <= 2, "{log}");
}

#[test]
fn a_thousand_connects_in_a_burst_do_no_harm() {
    let (soft, hard) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).expect("a limit");
    if soft < 1_200.min(hard) {
        let _ = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, hard, hard);
    }
    let many = if hard < 1_200 { 200 } else { 1_000 };
    let daemon = Daemon::observed(&[]);
    let mut bystanders = Bystanders::new(&daemon);
    let mut burst: Vec<Client> = (0..many).map(|_| Client::connect(daemon.address())).collect();
    bystanders.talk();
    for client in burst.iter_mut().step_by(97) {
        client.ask("HELLO", &["+OK chatd {any}"]);
    }
    drop(burst);
    bystanders.end(&daemon);
}

#[test]
fn who_does_not_enter_in_time_is_told_and_closed() {
    let daemon = Daemon::observed(&["--entry-timeout", "2"]);
    let bystanders = Bystanders::new(&daemon);
    let (mut silent, mut talker, mut slow) =
        (Client::connect(daemon.address()), Client::connect(daemon.address()), Client::connect(daemon.address()));
    talker.ask("HELLO", &["+OK chatd {any}"]);
    silent.expect("* hello {any}");
    slow.expect("* hello {any}");
    // A byte now and then buys no time.
    let mut farewell = None;
    for byte in b"ENTER a_name_that_never_ends_because_it_comes_so_slowly".iter().cycle() {
        farewell = slow.line_within(Duration::from_millis(100));
        if farewell.is_some() || !slow.try_send(&[*byte]) {
            break;
        }
    }
    assert!(farewell.is_some_and(|line| line.starts_with("* bye entry-timeout ")));
    for client in [&mut silent, &mut talker] {
        client.expect("* bye entry-timeout {any}");
        client.expect_closed();
    }
    drop((silent, talker, slow));
    bystanders.end(&daemon);
}

#[test]
fn half_a_connection_gets_its_answers_and_ends() {
    let daemon = Daemon::observed(&[]);
    let bystanders = Bystanders::new(&daemon);
    let mut client = Client::connect(daemon.address());
    client.send_bytes(b"ENTER half\nPING 1\nPRIVATE by_one half");
    client.finish();
    assert!(client.rest().ends_with("half\n+OK pong 1\n"), "half a line is no command");
    bystanders.end(&daemon);
}

#[test]
fn a_reset_at_any_moment_leaves_nothing_behind() {
    let conversation = "HELLO\nENTER short_lived\nKEEP\nJOIN #own\nREQUEST nobody\nSAY #own hello\nWATCH on\nQUIT\n";
    let daemon = Daemon::observed(&["--resume-grace", "0"]);
    let mut bystanders = Bystanders::new(&daemon);
    for at in 0..=conversation.len() {
        let mut client = Client::connect(daemon.address());
        client.send_bytes(conversation.as_bytes().get(..at).expect("it is ASCII"));
        if at % 2 == 0 && at > 6 {
            client.expect("+OK chatd {any}");
        }
        client.reset();
        if at % 16 == 0 {
            bystanders.talk();
        }
    }
    bystanders.end(&daemon);
}

#[test]
fn who_sends_a_megabyte_without_a_newline_is_hung_up_on() {
    let daemon = Daemon::observed(&[]);
    let mut bystanders = Bystanders::new(&daemon);
    let settled = daemon.settled();
    let mut alice = daemon.user("alice");
    let before = daemon.memory();
    // What it sends behind its end may find nobody there.
    (0..64).take_while(|_| alice.try_send(&[b'x'; 16 * 1024])).for_each(drop);
    bystanders.talk();
    assert!(daemon.memory() < before + 512 * 1024, "it is not kept");
    daemon.expect_figures(settled);
    drop(alice);
    bystanders.end(&daemon);
}
