//! How often one may do what: beyond it one waits, in order, and nobody else does.

use std::time::Duration;

use chatd::limits::{Limits, Rate};

use super::support::{Bench, Client};

const FREE: Limits = Limits::DEFAULT.without_rates();

fn rate(burst: u32, seconds: u64) -> Rate {
    Rate { burst, interval: Duration::from_secs(seconds) }
}

/// The numbers that `client` has heard in #r since this was last asked.
fn heard(client: &Client) -> Vec<usize> {
    let lines = client.lines();
    let texts = lines.iter().filter(|line| line.starts_with("* room "));
    texts.map(|line| line.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a number")).collect()
}

#[test]
fn a_paste_of_two_hundred_lines_arrives_whole_in_order_and_at_the_rate() {
    let limits = Limits { lines: Limits::DEFAULT.lines, ..FREE };
    let mut bench = Bench::limited(limits);
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.advance(Duration::from_secs(10));
    let paste: String = (0..200).map(|number| format!("SAY #r {number}\n")).collect();
    bench.send(&alice, paste);
    let burst = limits.lines.burst as usize;
    assert_eq!(heard(&bob), (0..burst).collect::<Vec<_>>(), "the burst comes at once");
    for number in burst..200 {
        bench.advance(limits.lines.interval);
        assert_eq!(heard(&bob), [number], "then one each interval");
    }
    let answers = alice.lines();
    assert_eq!(answers.len(), 200);
    assert!(answers.iter().all(|line| line.starts_with("+OK taken ")), "{answers:?}");
    bench.advance(Duration::from_secs(60));
    assert_eq!(bob.received(), "");
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn who_waits_keeps_nobody_else_waiting_and_is_not_read_meanwhile() {
    let mut bench = Bench::limited(Limits { lines: rate(5, 1), ..FREE });
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.advance(Duration::from_secs(10));
    bench.send(&alice, "PING x\n".repeat(100_000));
    assert_eq!(alice.lines().len(), 5);
    assert!(alice.unread() > 600_000, "the rest waits where it came from");
    assert_eq!(bench.ask(&bob, "PING y\n"), ["+OK pong y"]);
    bench.reset(&alice);
    assert_eq!(bench.server.user_count(), 1, "that it is gone is seen at once for all that");
    bench.all_leave(&[&bob]);
}

#[test]
fn lines_sent_before_hanging_up_are_all_heard_in_time() {
    let mut bench = Bench::limited(Limits { lines: rate(2, 1), ..FREE });
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.advance(Duration::from_secs(10));
    bench.arrive(&alice, (0..20).map(|number| format!("SAY #r {number}\n")).collect::<String>());
    bench.half_close(&alice);
    bench.advance(Duration::from_secs(17));
    assert_eq!(bench.server.user_count(), 2, "it has more to say");
    bench.advance(Duration::from_secs(1));
    assert_eq!(heard(&bob), (0..20).collect::<Vec<_>>());
    bench.advance(Duration::from_secs(1));
    bench.all_leave(&[&bob]);
}

#[test]
fn wrong_and_over_long_lines_count_as_well() {
    let mut bench = Bench::limited(Limits { lines: rate(3, 1), ..FREE });
    let alice = bench.connect();
    let long = "x".repeat(5_000);
    let answers = bench.ask(&alice, format!("FLY\n{long}\nFLY\nFLY\n"));
    assert_eq!(answers.len(), 3, "{answers:?}");
    bench.advance(Duration::from_secs(1));
    assert_eq!(alice.lines().len(), 1);
}

#[test]
fn requests_have_a_rate_of_their_own() {
    let limits = Limits { requests: Limits::DEFAULT.requests, ..FREE };
    let mut bench = Bench::limited(limits);
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    let burst = limits.requests.burst as usize;
    bench.send(&alice, "REQUEST bob\nCANCEL\n".repeat(burst) + "JOIN bob\nPING behind\n");
    assert_eq!(alice.lines().len(), burst * 2, "joining a user is a request, too");
    assert_eq!(bob.lines().len(), burst * 2);
    bench.advance(limits.requests.interval - Duration::from_millis(1));
    assert_eq!(alice.received(), "", "what follows keeps its place");
    bench.advance(Duration::from_millis(1));
    let answers = alice.lines();
    assert_eq!(answers[1..], ["+OK ringing bob #alice 60", "+OK pong behind"], "{answers:?}");
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn announcements_have_a_rate_of_their_own() {
    let limits = Limits { announcements: Limits::DEFAULT.announcements, ..FREE };
    let mut bench = Bench::limited(limits);
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    let burst = limits.announcements.burst as usize;
    bench.send(&alice, (0..=burst).map(|number| format!("ANNOUNCE {number}\n")).collect::<String>() + "PING behind\n");
    assert_eq!(bob.lines().len(), burst);
    assert_eq!(alice.lines().len(), burst);
    bench.send(&bob, "ANNOUNCE mine\n");
    assert!(bob.lines()[0].starts_with("+OK taken "), "everybody's rate is one's own");
    bench.advance(limits.announcements.interval);
    assert_eq!(bob.lines().len(), 1);
    assert_eq!(alice.lines().last().map(String::as_str), Some("+OK pong behind"));
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn operators_may_do_anything_as_often_as_they_like() {
    let mut bench = Bench::limited(Limits::DEFAULT);
    let console = bench.console();
    let alice = bench.user("alice");
    let answers = bench.ask(&console, "announce hello\n".repeat(100));
    assert_eq!(answers, vec!["announced to 1"; 100]);
    assert_eq!(alice.lines().len(), 100);
    bench.all_leave(&[&alice, &console]);
}

#[test]
fn attempts_to_enter_have_a_rate_by_address() {
    let mut bench = Bench::limited(Limits { entries: rate(2, 1), ..FREE });
    let crowd: Vec<Client> = (0..4).map(|_| bench.connect()).collect();
    for (number, client) in crowd.iter().enumerate() {
        bench.send(client, format!("ENTER user_{number}\n"));
    }
    let entered = |crowd: &[Client]| crowd.iter().filter(|client| client.received().starts_with("+OK")).count();
    assert_eq!(entered(&crowd), 2);
    let elsewhere = bench.connect_from([10, 0, 0, 8]);
    assert_eq!(bench.ask(&elsewhere, "ENTER elsewhere\n"), ["+OK entered 3 elsewhere"]);
    assert_eq!(bench.ask(&crowd[0], "PING\n"), ["+OK pong"], "those who are in do not wait");
    bench.advance(Duration::from_secs(1));
    assert_eq!(entered(&crowd), 1);
    bench.advance(Duration::from_secs(1));
    assert_eq!(entered(&crowd), 1);
    let all: Vec<&Client> = crowd.iter().chain([&elsewhere]).collect();
    bench.all_leave(&all);
}

#[test]
fn an_attempt_that_is_refused_counts_and_one_on_the_same_connection_does_too() {
    let mut bench = Bench::limited(Limits { entries: rate(2, 1), ..FREE });
    let (alice, late) = (bench.user("alice"), bench.connect());
    assert_eq!(bench.ask(&late, "ENTER alice\nENTER alice\n").len(), 1);
    bench.advance(Duration::from_secs(1));
    assert!(late.lines()[0].starts_with("-ERR name-taken "));
    bench.all_leave(&[&alice, &late]);
}

#[test]
fn a_client_that_has_to_wait_is_not_taken_for_dead() {
    let limits = Limits { announcements: rate(1, 200), ..FREE };
    let mut bench = Bench::limited(limits);
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    bench.send(&alice, "KEEP\nANNOUNCE one\nANNOUNCE two\n");
    bob.received();
    bench.advance(limits.dead_after * 3);
    assert_eq!(bench.server.user_count(), 2);
    assert!(bench.log().iter().all(|line| !line.starts_with("disconnect ")), "it could not answer");
    bench.advance(Duration::from_secs(20));
    assert!(bob.received().ends_with(" alice two\n"));
    bench.advance(limits.dead_after);
    let log = bench.log();
    assert!(log.iter().any(|line| line.ends_with("reason=ping-timeout")), "it does not wait any more: {log:?}");
    bench.advance(limits.resume_grace);
    bench.all_leave(&[&bob]);
}
