//! Clients that do not read: they go, nobody else is delayed or loses a line.

use crate::process::daemon::{Client, Daemon, matches};

const BOUNDS: [&str; 4] = ["--output-soft", "8192", "--output-hard", "200000"];

/// What the kernel may hold between the daemon and a client that does not read, and more.
const KERNEL_BYTES: usize = 12 * 1024 * 1024;

/// Says long lines in #r until `until` holds, each of which `listener` must hear. What the two hear besides.
#[track_caller]
fn say_until(speaker: &mut Client, listener: &mut Client, mut until: impl FnMut() -> bool) -> [Vec<String>; 2] {
    let text = "x".repeat(3_800);
    let mut besides = [Vec::new(), Vec::new()];
    for round in 0..KERNEL_BYTES / text.len() / 10 {
        if until() {
            return besides;
        }
        for number in 0..10 {
            speaker.send(&format!("SAY #r {round}.{number} {text}"));
        }
        for number in 0..10 {
            besides[0].extend(lines_before(speaker, "+OK taken {any}"));
            let said = format!("* room {{id}} {{time}} #r speaker {round}.{number} {text}");
            besides[1].extend(lines_before(listener, &said));
        }
    }
    panic!("after {KERNEL_BYTES} bytes nothing has happened");
}

/// Lines before the one that matches; one of them at most may be something else, such as who has left.
#[track_caller]
fn lines_before(client: &mut Client, pattern: &str) -> Option<String> {
    let line = client.line();
    if matches(pattern, &line) {
        return None;
    }
    client.expect(pattern);
    Some(line)
}

/// A speaker and a listener, both in #r.
fn two(daemon: &Daemon) -> (Client, Client) {
    let (mut speaker, mut listener) = (daemon.user("speaker"), daemon.user("listener"));
    speaker.join("#r");
    listener.join("#r");
    speaker.expect("* joined #r listener");
    (speaker, listener)
}

/// One who is in #r and will read nothing.
fn sleeper(daemon: &Daemon, name: &str, others: &mut [&mut Client]) -> Client {
    let mut sleeper = Client::narrow(daemon.address(), name);
    sleeper.join("#r");
    for other in others {
        other.expect(&format!("* joined #r {name}"));
    }
    sleeper
}

/// Says long lines to one who does not read, `most` bytes of which may wait, until it has gone. It is gone at
/// once if its socket has taken nothing for long enough before too much waits for it, and the kernel may still
/// take some as it makes its own queue larger: so when it goes in all this is not said.
#[track_caller]
fn say_until_gone(daemon: &mut Daemon, mut clients: [&mut Client; 2], most: f64) {
    let mut heard = [Vec::new(), Vec::new()];
    let has_gone = || daemon.figure("chatd_users") < 3.0;
    while !has_gone() {
        let [speaker, listener] = &mut clients;
        let besides = say_until(speaker, listener, || has_gone() || daemon.figure("chatd_queued_bytes") > most);
        heard.iter_mut().zip(besides).for_each(|(heard, besides)| heard.extend(besides));
    }
    daemon.expect_log("gone name=slow reason=slow-consumer");
    for (client, mut heard) in clients.into_iter().zip(heard) {
        if heard.is_empty() {
            heard.push(client.line());
        }
        assert_eq!(heard, ["* left #r slow slow-consumer"]);
        client.expect_quiet();
    }
}

#[test]
fn above_the_hard_bound_a_client_goes() {
    let mut daemon = Daemon::observed(&[&BOUNDS[..], &["--output-hard-time", "1"]].concat());
    let (mut speaker, mut listener) = two(&daemon);
    let before = daemon.settled();
    let slow = sleeper(&daemon, "slow", &mut [&mut speaker, &mut listener]);
    say_until_gone(&mut daemon, [&mut speaker, &mut listener], 250_000.0);
    drop(slow);
    daemon.expect_figures(before);
}

#[test]
fn too_long_above_the_soft_bound_a_client_goes() {
    let mut daemon =
        Daemon::observed(&[&BOUNDS[..2], &["--output-soft-time", "1", "--output-hard", "8000000"]].concat());
    let (mut speaker, mut listener) = two(&daemon);
    let before = daemon.settled();
    let slow = sleeper(&daemon, "slow", &mut [&mut speaker, &mut listener]);
    say_until_gone(&mut daemon, [&mut speaker, &mut listener], 60_000.0);
    let told = slow.rest();
    assert!(told.ends_with("\n* bye slow-consumer you did not read what you were sent\n"), "it can read why");
    daemon.expect_figures(before);
}

#[test]
fn who_does_not_read_its_answers_is_not_heard_and_costs_no_memory() {
    let daemon = Daemon::observed(&[]);
    let mut bob = daemon.user("bob");
    let mut greedy = Client::narrow(daemon.address(), "greedy");
    let rounds = 2_000;
    let writer = std::thread::spawn(move || {
        for _ in 0..rounds {
            greedy.send("HELP");
        }
        greedy.send("PING last");
        greedy
    });
    for _ in 0..50 {
        bob.expect_quiet();
        assert!(daemon.figure("chatd_queued_bytes") < 80_000.0);
    }
    let mut greedy = writer.join().expect("everything could be written");
    let mut answers = 0;
    loop {
        match greedy.line().as_str() {
            "+OK" => answers += 1,
            "+OK pong last" => break,
            line => assert!(line.starts_with("= help "), "{line}"),
        }
    }
    assert_eq!(answers, rounds);
}

#[test]
fn when_all_queues_together_are_too_large_the_largest_goes_and_no_other() {
    let args = [&BOUNDS[..], &["--max-memory-queued", "300000", "--output-soft-time", "60"]].concat();
    let mut daemon = Daemon::observed(&args);
    let (mut speaker, mut listener) = two(&daemon);
    let mut sleepers = Vec::new();
    for name in ["one", "two", "three"] {
        sleepers.push(sleeper(&daemon, name, &mut [&mut speaker, &mut listener]));
        for other in sleepers.iter_mut().rev().skip(1) {
            other.expect(&format!("* joined #r {name}"));
        }
    }
    let text = "y".repeat(3_800);
    while daemon.figure("chatd_queued_bytes") < 60_000.0 {
        (0..10).for_each(|_| speaker.send(&format!("PRIVATE two {text}")));
        (0..10).for_each(|_| drop(speaker.expect("+OK taken {any}")));
    }
    let besides = say_until(&mut speaker, &mut listener, || daemon.figure("chatd_queued_bytes") > 100_000.0);
    assert!(besides.concat().is_empty(), "nobody goes yet: {besides:?}");
    let text = "z".repeat(1_000);
    let mut heard = Vec::new();
    while daemon.figure("chatd_users") > 4.0 {
        speaker.send(&format!("SAY #r {text}"));
        // The figures are a client's output as well: they may be what was too much.
        for (client, awaited) in [(&mut speaker, "+OK taken "), (&mut listener, "* room ")] {
            heard.extend(std::iter::repeat_with(|| client.line()).take_while(|line| !line.starts_with(awaited)));
        }
    }
    while heard.len() < 2 {
        heard.push(if heard.is_empty() { speaker.line() } else { listener.line() });
    }
    assert_eq!(heard, ["* left #r two slow-consumer"; 2]);
    daemon.expect_log("gone name=two reason=slow-consumer");
    assert_eq!(daemon.figure("chatd_users"), 4.0);
}
