//! What is sent: in pieces as small as the stream takes, bounded, and to nobody else's cost.

use std::io::ErrorKind;
use std::time::Duration;

use chatd::limits::Limits;

use super::support::{Bench, Client};

const LIMITS: Limits = Limits::DEFAULT;

/// A line that says `number` in room #r in about 3.9 kB.
fn long_line(number: usize) -> String {
    format!("SAY #r {number} {}\n", "x".repeat(3_800))
}

/// Says lines in #r until `bytes` of them are queued for one member at least.
fn say_at_least(bench: &mut Bench, speaker: &Client, bytes: usize) -> usize {
    let count = bytes / 3_800 + 1;
    for number in 0..count {
        bench.send(speaker, long_line(number));
    }
    count
}

/// The numbers of the long lines among these.
fn numbers(lines: &[String]) -> Vec<usize> {
    let texts = lines.iter().filter(|line| line.starts_with("* room "));
    texts.map(|line| line.split(' ').nth(6).and_then(|word| word.parse().ok()).expect("a number")).collect()
}

#[test]
fn short_writes_lose_nothing() {
    let mut bench = Bench::new();
    let client = bench.connect();
    client.script(|wire| wire.per_write = 1);
    bench.send(&client, "ENTER alice\nLIST\nHELP\n");
    let lines = client.lines();
    assert_eq!(lines[0], "+OK entered 1 alice");
    assert_eq!(lines[2], "+OK listed 1 1");
    assert_eq!(lines.last().unwrap(), "+OK");
}

#[test]
fn a_stream_that_takes_little_at_a_time_gets_everything_in_the_end() {
    let mut whole = Bench::new();
    let expected = {
        let client = whole.connect();
        whole.ask(&client, "ENTER alice\nLIST\nHELP\nPING\n")
    };
    for room in [1, 2, 7, 64, 1000] {
        let mut bench = Bench::new();
        let client = bench.connect();
        client.script(|wire| wire.room = 0);
        bench.send(&client, "ENTER alice\nLIST\nHELP\nPING\n");
        assert_eq!(client.received(), "");
        let mut received = String::new();
        while received.lines().count() < expected.len() || !received.ends_with('\n') {
            bench.make_room(&client, room);
            assert!(client.room() == 0 || bench.server.poll_timeout(bench.now).is_none(), "all room is used");
            received += &client.received();
        }
        assert_eq!(received.lines().collect::<Vec<_>>(), expected, "{room} bytes at a time");
    }
}

#[test]
fn an_interrupted_write_is_tried_again() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    client.script(|wire| wire.write_errors.extend([ErrorKind::Interrupted, ErrorKind::Interrupted]));
    assert_eq!(bench.ask(&client, "PING\n"), ["+OK pong"]);
}

#[test]
fn a_write_error_ends_the_connection_and_others_are_told() {
    for error in [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset, ErrorKind::WriteZero] {
        let mut bench = Bench::new();
        let [alice, bob] = bench.room(["alice", "bob"]);
        alice.script(|wire| wire.write_errors.push_back(error));
        let heard = bench.ask(&bob, "SAY #r hello\n");
        assert!(alice.is_gone());
        assert!(heard[0].starts_with("+OK taken "));
        assert_eq!(heard[1..], ["* left #r alice broken"]);
        bench.all_leave(&[&bob]);
    }
}

#[test]
fn who_does_not_read_answers_is_not_read_either_and_goes_on_without_a_new_edge() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    client.script(|wire| wire.room = 0);
    // Each HELP is answered with more than a kilobyte, so this fills the queue many times over.
    let count = 400;
    bench.arrive(&client, "HELP\n".repeat(count) + "PING last\n");
    bench.arrive(&client, "PING x\n".repeat(10_000));
    bench.settle();
    assert!(client.unread() > 0, "reading has paused");
    assert_eq!(bench.server.connection_count(), 1);
    let (mut received, mut is_taking) = (String::new(), true);
    while is_taking {
        bench.make_room(&client, 10_000);
        let more = client.received();
        is_taking = !more.is_empty();
        received += &more;
    }
    let answers: Vec<&str> = received.lines().filter(|line| line.starts_with("+OK")).collect();
    assert_eq!(client.unread(), 0);
    assert_eq!(answers.len(), count + 1 + 10_000);
    assert_eq!(answers[count], "+OK pong last");
    bench.all_leave(&[&client]);
}

#[test]
fn a_paused_client_that_hung_up_is_closed_when_it_is_read_again() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    client.script(|wire| wire.room = 0);
    bench.send(&client, "HELP\n".repeat(200));
    bench.half_close(&client);
    assert_eq!(bench.server.user_count(), 1, "its answers are still on their way");
    bench.make_room(&client, usize::MAX);
    assert_eq!(client.lines().iter().filter(|line| *line == "+OK").count(), 200);
    bench.assert_empty();
}

#[test]
fn a_queue_above_the_hard_limit_closes_a_slow_consumer_and_nobody_else_loses_a_line() {
    let mut bench = Bench::new();
    let [speaker, slow, listener] = bench.room(["speaker", "slow", "listener"]);
    slow.script(|wire| wire.room = 10);
    let count = say_at_least(&mut bench, &speaker, LIMITS.output_hard);
    bench.advance(LIMITS.output_hard_time - Duration::from_millis(1));
    assert_eq!(bench.server.user_count(), 3, "it may still read");
    bench.advance(Duration::from_millis(1));
    let heard = listener.lines();
    assert_eq!(numbers(&heard), (0..count).collect::<Vec<_>>());
    assert_eq!(heard.iter().filter(|line| *line == "* left #r slow slow-consumer").count(), 1);
    let answers = speaker.lines();
    assert_eq!(answers.iter().filter(|line| line.starts_with("+OK taken ")).count(), count);
    assert_eq!(bench.server.user_count(), 2);
    bench.make_room(&slow, usize::MAX);
    let told = slow.lines();
    assert_eq!(numbers(&told), [0], "what was begun is sent to its end, the rest is not");
    assert_eq!(told.last().unwrap(), "* bye slow-consumer you did not read what you were sent");
    bench.all_leave(&[&speaker, &slow, &listener]);
}

#[test]
fn several_slow_consumers_of_one_line_are_all_closed() {
    let mut bench = Bench::new();
    let [speaker, one, two, three] = bench.room(["speaker", "one", "two", "three"]);
    for slow in [&one, &two, &three] {
        slow.script(|wire| wire.room = 0);
    }
    say_at_least(&mut bench, &speaker, LIMITS.output_hard);
    bench.advance(LIMITS.output_hard_time);
    assert_eq!(bench.server.user_count(), 1);
    let log = bench.log();
    assert_eq!(log.iter().filter(|line| line.starts_with("disconnect ") && line.contains("slow-consumer")).count(), 3);
    bench.advance(Duration::from_secs(3));
    assert_eq!(bench.server.connection_count(), 1);
    bench.all_leave(&[&speaker]);
}

#[test]
fn thirty_seconds_above_the_soft_limit_close() {
    let mut bench = Bench::new();
    let [speaker, slow] = bench.room(["speaker", "slow"]);
    slow.script(|wire| wire.room = 0);
    say_at_least(&mut bench, &speaker, LIMITS.output_soft);
    bench.advance(LIMITS.output_soft_time - Duration::from_millis(1));
    assert_eq!(bench.server.user_count(), 2);
    bench.advance(Duration::from_millis(1));
    assert_eq!(bench.server.user_count(), 1);
    assert_eq!(speaker.lines().last().unwrap(), "* left #r slow slow-consumer");
    bench.make_room(&slow, usize::MAX);
    assert!(slow.received().ends_with("* bye slow-consumer you did not read what you were sent\n"));
    bench.all_leave(&[&speaker, &slow]);
}

#[test]
fn who_reads_in_time_stays() {
    let mut bench = Bench::new();
    let [speaker, slow] = bench.room(["speaker", "slow"]);
    for _ in 0..3 {
        slow.script(|wire| wire.room = 0);
        let count = say_at_least(&mut bench, &speaker, LIMITS.output_soft);
        bench.advance(LIMITS.output_soft_time - Duration::from_secs(1));
        bench.make_room(&slow, usize::MAX / 2);
        assert_eq!(numbers(&slow.lines()), (0..count).collect::<Vec<_>>());
    }
    bench.advance(LIMITS.output_soft_time * 2);
    assert_eq!(bench.server.user_count(), 2);
    bench.all_leave(&[&speaker, &slow]);
}

#[test]
fn an_idle_user_is_never_due() {
    let mut bench = Bench::new();
    let alice = bench.user("alice");
    assert_eq!(bench.server.poll_timeout(bench.now), None);
    bench.all_leave(&[&alice]);
}

#[test]
fn a_farewell_to_a_nearly_full_queue_is_no_second_ending() {
    let mut bench = Bench::new();
    let console = bench.console();
    let [speaker, slow] = bench.room(["speaker", "slow"]);
    slow.script(|wire| wire.room = 0);
    let mut left = LIMITS.output_hard;
    for id in 1.. {
        let rest = format!("* room {id} 2026-11-20T07:16:59.123Z #r speaker \n").len();
        let line = if left > 8_000 { 3_900 } else { left.div_ceil(2).max(left.min(3_900)) };
        bench.send(&speaker, format!("SAY #r {}\n", "y".repeat(line - rest)));
        left -= line;
        if left == 0 {
            break;
        }
    }
    assert_eq!(bench.server.user_count(), 2, "at the limit, not above it");
    assert_eq!(bench.ask(&console, "kick slow\n"), ["slow was removed"]);
    bench.make_room(&slow, usize::MAX);
    assert!(slow.received().ends_with("* bye kicked the operator removed you\n"));
    bench.all_leave(&[&speaker, &slow, &console]);
}

#[test]
fn who_takes_something_now_and_then_is_not_closed_for_what_others_send() {
    let mut bench = Bench::new();
    let [speaker, slow] = bench.room(["speaker", "slow"]);
    slow.script(|wire| wire.room = 0);
    let count = say_at_least(&mut bench, &speaker, 2 * LIMITS.output_hard);
    for _ in 0..10 {
        bench.advance(LIMITS.output_hard_time - Duration::from_millis(1));
        bench.make_room(&slow, 1);
    }
    assert_eq!(bench.server.user_count(), 2, "each byte is a sign that somebody reads");
    bench.make_room(&slow, usize::MAX / 2);
    assert_eq!(numbers(&slow.lines()), (0..count).collect::<Vec<_>>());
    bench.all_leave(&[&speaker, &slow]);
}

/// Room that the event queue has not reported yet is found before anybody is closed.
#[test]
fn nobody_is_closed_whose_stream_has_room_at_that_moment() {
    for (bytes, patience) in
        [(LIMITS.output_soft, LIMITS.output_soft_time), (LIMITS.output_hard, LIMITS.output_hard_time)]
    {
        let mut bench = Bench::new();
        let [speaker, reader] = bench.room(["speaker", "reader"]);
        reader.script(|wire| wire.room = 0);
        let count = say_at_least(&mut bench, &speaker, bytes);
        reader.script(|wire| wire.room = usize::MAX);
        bench.advance(patience);
        assert_eq!(bench.server.user_count(), 2);
        assert_eq!(numbers(&reader.lines()), (0..count).collect::<Vec<_>>());
        bench.all_leave(&[&speaker, &reader]);
    }
}
