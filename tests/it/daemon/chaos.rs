//! Clients that are killed, stopped or out of their minds, and a daemon that is stopped at the
//! busiest moment: bystanders lose nothing, and the daemon ends up holding what it held before.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;

use crate::process::daemon::{Bystanders, Client, Daemon, DaemonBuilder, Reaped, TempDir, eventually, matches, signal};

/// Where a client that is a process of its own connects to, and under which name.
const ADDRESS: &str = "CHATD_TEST_ADDRESS";
const NAME: &str = "CHATD_TEST_NAME";

/// Not a test: what a client that is a process of its own does. It enters, joins #by and reads
/// until the daemon hangs up.
#[test]
#[ignore = "run by other tests, as a process of its own"]
fn a_client_that_reads() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let address: SocketAddr = address.parse().expect("an address");
    let mut client = Client::narrow(address, &std::env::var(NAME).expect("a name"));
    client.send("JOIN #by");
    while !client.line().starts_with('{') {}
}

/// Starts a process that does what [`a_client_that_reads`] does.
fn process(daemon: &Daemon, name: &str) -> Reaped {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command.args(["--ignored", "--exact", "daemon::chaos::a_client_that_reads"]);
    command.env(ADDRESS, daemon.address().to_string()).env(NAME, name);
    let child: Child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
    Reaped(child)
}

/// Waits until so many users are in #by.
#[track_caller]
fn expect_members(daemon: &Daemon, count: usize) {
    let row = format!("{count:>7}  #by");
    eventually(|| daemon.order("rooms"), |rooms| rooms.lines().any(|line| line == row));
}

#[test]
fn half_the_clients_are_killed_and_the_others_hear_every_line() {
    let daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    alice.join("#by");
    let before = daemon.settled();
    let mut crowd: Vec<Reaped> = (0..10).map(|number| process(&daemon, &format!("c{number}"))).collect();
    expect_members(&daemon, 11);
    let doomed: Vec<Reaped> = crowd.drain(..5).collect();
    for (number, victim) in doomed.iter().enumerate() {
        alice.send(&format!("SAY #by {number}"));
        signal(victim.0.id(), Signal::SIGKILL);
    }
    expect_members(&daemon, 6);
    assert_eq!(daemon.figures().users, before.users + 5);
    drop((doomed, crowd));
    daemon.expect_figures(before);
    let heard: Vec<String> = (0..25).map(|_| alice.line()).collect();
    assert_eq!(heard.iter().filter(|line| line.starts_with("+OK taken ")).count(), 5, "{heard:#?}");
    alice.expect_quiet();
}

#[test]
fn a_stopped_reader_in_a_busy_room_goes_and_nobody_else_loses_a_line() {
    let daemon = Daemon::observed(&[]);
    let (mut speaker, mut listener) = (daemon.user("speaker"), daemon.user("listener"));
    speaker.join("#by");
    listener.join("#by");
    let before = daemon.settled();
    let stopped = process(&daemon, "stopped");
    expect_members(&daemon, 3);
    signal(stopped.0.id(), Signal::SIGSTOP);
    let text = "x".repeat(3_800);
    let left = "* left #by stopped slow-consumer";
    let (mut said, mut is_told) = (0, false);
    listener.expect("* joined #by stopped");
    while daemon.figures().users > 2 {
        // It goes when its system has taken nothing for a while: more need not be said then.
        if daemon.figures().queued > 1_000_000 {
            continue;
        }
        (0..20).for_each(|number| speaker.send(&format!("SAY #by {} {text}", said + number)));
        assert!(said < 5_000, "it never goes");
        for number in said..said + 20 {
            let mut line = listener.line();
            if line == left {
                (line, is_told) = (listener.line(), true);
            }
            let heard = format!("* room {{id}} {{time}} #by speaker {number} {text}");
            assert!(matches(&heard, &line), "{number} is next, not {line}");
        }
        said += 20;
    }
    if !is_told {
        listener.expect(left);
    }
    listener.expect_quiet();
    // A stopped process cannot be asked to end, but it can be killed.
    drop(stopped);
    daemon.expect_figures(before);
}

/// The next of a sequence of numbers that look random (xorshift64, Marsaglia 2003).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Bytes that look random; some of them like lines of the protocol.
fn noise(state: &mut u64) -> Vec<u8> {
    const WORDS: [&str; 8] = ["ENTER ", "KEEP", "JOIN #x", "RESUME 1 ", "@ 99", "HELP", "\r", "SAY #x "];
    let mut bytes = Vec::new();
    for _ in 0..next(state) % 400 {
        let word = usize::try_from(next(state) % 64).unwrap_or_default();
        match WORDS.get(word) {
            Some(word) => bytes.extend_from_slice(word.as_bytes()),
            None => bytes.extend(next(state).to_le_bytes()),
        }
        if next(state).is_multiple_of(4) {
            bytes.push(b'\n');
        }
    }
    bytes
}

#[test]
fn random_bytes_from_two_hundred_connections_disturb_nobody() {
    let daemon = Daemon::observed(&["--resume-grace", "0"]);
    let mut bystanders = Bystanders::new(&daemon);
    let mut state = 0x2545_f491_4f6c_dd1d;
    for round in 0..4 {
        let mut crowd: Vec<Client> = (0..50).map(|_| Client::connect(daemon.address())).collect();
        for _ in 0..3 {
            for client in &mut crowd {
                client.try_send(&noise(&mut state));
            }
            bystanders.talk();
        }
        if round % 2 == 0 { drop(crowd) } else { crowd.into_iter().for_each(Client::reset) }
    }
    bystanders.end(&daemon);
}

/// What a client was told until it was hung up on: the numbers of the messages it sent, and the
/// texts it heard.
fn told(text: &str) -> (Vec<u64>, HashMap<u64, String>) {
    let number = |line: &str, at| line.split(' ').nth(at).and_then(|word| word.parse::<u64>().ok());
    let taken = text.lines().filter(|line| line.starts_with("+OK taken ")).filter_map(|line| number(line, 2));
    let heard = text.lines().filter(|line| line.starts_with("* room "));
    (taken.collect(), heard.filter_map(|line| Some((number(line, 2)?, line.to_owned()))).collect())
}

#[test]
fn a_shutdown_under_load_loses_nothing_that_was_taken() {
    let daemon = Daemon::observed(&[]);
    let mut crowd: Vec<Client> = (0..20).map(|number| daemon.user(&format!("u{number}"))).collect();
    for client in &mut crowd {
        client.send("JOIN #by");
    }
    expect_members(&daemon, crowd.len());
    let talkers: Vec<_> = crowd
        .into_iter()
        .map(|client| {
            std::thread::spawn(move || {
                let mut client = client;
                for number in 0..200 {
                    if !client.try_send(format!("SAY #by {number}\n").as_bytes()) {
                        break;
                    }
                }
                client.rest()
            })
        })
        .collect();
    eventually(|| daemon.figure("chatd_messages_total"), |count| *count > 100.0);
    daemon.signal(Signal::SIGTERM);
    let texts: Vec<String> = talkers.into_iter().map(|talker| talker.join().expect("it was told")).collect();
    assert_eq!(daemon.end().0, Some(0));
    let told: Vec<_> = texts.iter().map(|text| told(text)).collect();
    for (text, (taken, heard)) in texts.iter().zip(&told) {
        assert!(text.ends_with("\n* bye shutdown the server is shutting down\n"), "a whole farewell");
        let mine = |id: &u64| taken.contains(id);
        let others = told.iter().flat_map(|(taken, _)| taken).filter(|id| !mine(id));
        let missed: Vec<_> = others.filter(|id| !heard.contains_key(id)).collect();
        assert!(missed.is_empty(), "taken from others and not heard: {missed:?}");
    }
}

#[test]
fn both_families_meet_in_one_room_and_a_ban_means_the_address_as_it_is_shown() {
    let directory = TempDir::new();
    let control = directory.at("control");
    let args = ["--listen", "[::]:0", "--control", &control, "--rate-lines", "0"];
    let daemon = DaemonBuilder::new(&args).keep(directory).start();
    let port = daemon.address().port();
    let mut six = Client::entered(format!("[::1]:{port}").parse().expect("an address"), "six");
    let mut four = Client::entered(format!("127.0.0.1:{port}").parse().expect("an address"), "four");
    six.join("#by");
    four.join("#by");
    six.expect("* joined #by four");
    four.ask("SAY #by hello", &["+OK taken 1 {time} 1"]);
    six.expect("* room 1 {time} #by four hello");
    assert!(daemon.order("ban 127.0.0.1").ends_with("closed: 1\n"));
    four.expect("* bye banned {any}");
    six.expect("* left #by four banned");
    assert!(daemon.order("ban ::1").ends_with("closed: 1\n"));
    six.expect("* bye banned {any}");
}
