//! What is written together: answers with what else there is to say, a talker's lines in one piece.

use std::time::Duration;

use chatd::limits::{ACKNOWLEDGE_WHEN_BUSY, BUSY_CONNECTIONS, Limits};

use super::support::{Bench, Client};

/// No limits on how often, and answers that wait.
fn patient() -> Bench {
    let within = Limits::DEFAULT.acknowledge_within;
    Bench::limited(Limits { acknowledge_within: within, ..Limits::DEFAULT.without_rates() })
}

/// Has users say something, and hear something right behind the answer: their next answers wait.
fn make_lively(bench: &mut Bench, talkers: &[(&str, &Client)]) {
    let other = bench.user("other");
    for (name, talker) in talkers {
        let answers = bench.ask(talker, "PRIVATE other x\n");
        let is_taken = answers.first().is_some_and(|answer| answer.starts_with("+OK taken "));
        assert!(is_taken, "{name} waits for nothing yet: {answers:?}");
        bench.send(&other, format!("PRIVATE {name} y\n"));
        talker.received();
    }
    bench.half_close(&other);
    bench.advance(Limits::DEFAULT.acknowledge_within + ACKNOWLEDGE_WHEN_BUSY);
}

/// The texts among these lines, in order.
fn texts(lines: &[String]) -> Vec<&str> {
    let is_message = |line: &&String| line.starts_with("* room ") || line.starts_with("* private ");
    lines.iter().filter(is_message).filter_map(|line| line.rsplit(' ').next()).collect()
}

#[test]
fn an_answer_waits_a_moment_for_company() {
    let mut bench = patient();
    let (alice, bob) = bench.pair("alice", "bob");
    make_lively(&mut bench, &[("alice", &alice), ("bob", &bob)]);
    bench.send(&alice, "SAY bob one\n");
    assert_eq!(alice.received(), "", "there is time");
    bench.send(&bob, "SAY alice two\n");
    let together = alice.lines();
    assert!(together[0].starts_with("+OK taken ") && together[1].starts_with("* said "), "{together:?}");
    assert_eq!(bob.lines().len(), 1, "{:?} has not heard that his was taken", "bob");
    bench.advance(Limits::DEFAULT.acknowledge_within);
    assert!(bob.lines().last().is_some_and(|line| line.starts_with("+OK taken ")), "nothing else came");
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn a_client_that_waits_for_each_answer_gets_it_at_once() {
    let mut bench = patient();
    let (alice, bob) = bench.pair("alice", "bob");
    for count in 0..1_000 {
        let answers = bench.ask(&alice, "SAY bob x\n");
        assert!(answers[0].starts_with("+OK taken "), "the {count}th waits");
        bench.advance(Duration::from_millis(1));
    }
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn many_clients_that_wait_for_each_answer_get_it_at_once() {
    let mut bench = patient();
    let users: Vec<Client> = (0..200).map(|number| bench.user(&format!("u{number}"))).collect();
    let (listener, talkers) = users.split_first().unwrap();
    for round in 0..20 {
        for talker in talkers {
            bench.arrive(talker, "PRIVATE u0 hello\n");
        }
        bench.settle();
        for talker in talkers {
            assert_eq!(talker.lines().len(), 1, "in round {round}");
        }
        bench.advance(Duration::from_millis(1));
    }
    listener.received();
    bench.all_leave(&users.iter().collect::<Vec<_>>());
}

#[test]
fn an_answer_that_waited_in_vain_is_the_last_to_wait() {
    let mut bench = patient();
    let (alice, bob) = bench.pair("alice", "bob");
    make_lively(&mut bench, &[("alice", &alice)]);
    assert!(bench.ask(&alice, "SAY bob one\n").is_empty());
    bench.advance(Limits::DEFAULT.acknowledge_within);
    assert_eq!(alice.lines().len(), 1);
    assert_eq!(bench.ask(&alice, "SAY bob two\n").len(), 1);
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn while_many_answers_wait_they_wait_for_longer_and_the_loop_sleeps() {
    let mut bench = patient();
    let names: Vec<String> = (0..=BUSY_CONNECTIONS).map(|number| format!("u{number}")).collect();
    let users: Vec<Client> = names.iter().map(|name| bench.user(name)).collect();
    let named: Vec<(&str, &Client)> = names.iter().map(String::as_str).zip(&users).collect();
    let (_, talkers) = named.split_first().unwrap();
    let (_, few) = talkers.split_first().unwrap();
    let talk = |bench: &mut Bench, talkers: &[(&str, &Client)]| {
        make_lively(bench, talkers);
        for (_, talker) in talkers {
            bench.arrive(talker, "PRIVATE u0 hello\n");
        }
        bench.settle();
    };
    let answered = |talkers: &[(&str, &Client)]| {
        talkers.iter().filter(|(_, talker)| talker.received().contains("+OK taken")).count()
    };
    talk(&mut bench, few);
    assert_eq!(answered(few), 0);
    bench.advance(Limits::DEFAULT.acknowledge_within);
    assert_eq!(answered(few), few.len(), "too few to be busy");
    talk(&mut bench, talkers);
    bench.advance(Limits::DEFAULT.acknowledge_within + ACKNOWLEDGE_WHEN_BUSY - Duration::from_millis(1));
    assert_eq!(answered(talkers), 0, "the server is busy");
    bench.advance(Duration::from_millis(1));
    assert_eq!(answered(talkers), talkers.len());
    bench.all_leave(&users.iter().collect::<Vec<_>>());
}

#[test]
fn answers_do_not_wait_until_they_make_their_client_slow() {
    let mut bench = patient();
    let (alice, bob) = bench.pair("alice", "bob");
    for count in 1..=10 {
        bench.send(&alice, "SAY bob x\n".repeat(1_000));
        assert_eq!(bob.lines().iter().filter(|line| line.starts_with("* said ")).count(), 1_000, "{count}");
    }
    let waiting = Limits::DEFAULT.output_soft / 2;
    let answer = "+OK taken 10000 2027-01-15T08:00:00.000Z 1\n".len();
    let missing = 10_000 - alice.lines().len();
    assert!(missing * answer <= waiting, "{missing} answers wait");
    bench.advance(Limits::DEFAULT.acknowledge_within);
    assert_eq!(alice.lines().len(), missing);
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn lines_in_one_piece_keep_their_place_among_others() {
    let mut bench = Bench::new();
    let [alice, bob, carol] = bench.room(["alice", "bob", "carol"]);
    for client in [&alice, &bob] {
        bench.send(client, "JOIN #q\n");
    }
    for client in [&alice, &bob, &carol] {
        client.received();
    }
    let burst = "SAY #r a\nSAY #r b\nPRIVATE bob c\nSAY #r d\nLIST\nSAY #r e\nSAY #q f\nSAY #r g\nPRIVATE carol h\n";
    let answers = bench.ask(&alice, burst);
    assert_eq!(texts(&bob.lines()), ["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(texts(&carol.lines()), ["a", "b", "d", "e", "g", "h"]);
    let starts: Vec<&str> = answers.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    let list = ["user"; 3].into_iter().chain(["listed"]);
    let expected: Vec<&str> = ["taken"; 4].into_iter().chain(list).chain(["taken"; 4]).collect();
    assert_eq!(starts, expected);
    bench.all_leave(&[&alice, &bob, &carol]);
}

#[test]
fn lines_in_one_piece_reach_those_who_are_there_when_they_are_said() {
    let mut bench = Bench::new();
    let [alice, bob, carol] = bench.room(["alice", "bob", "carol"]);
    // All of it arrives before the server looks.
    bench.arrive(&alice, "SAY #r a\nSAY #r b\nLEAVE #r\nJOIN #r\nSAY #r c\nSAY #r d\nQUIT\n");
    bench.arrive(&carol, "LEAVE #r\nSAY #r e\nJOIN #r\n");
    bench.settle();
    let heard = bob.lines();
    assert_eq!(texts(&heard), ["a", "b", "c", "d"]);
    let at = |start: &str| heard.iter().position(|line| line.starts_with(start)).unwrap();
    assert!(at("* left #r alice") == 2 && at("* joined #r alice") == 3, "{heard:?}");
    assert!(heard[6].starts_with("* left #r alice quit") && heard[7].starts_with("* left #r carol"), "{heard:?}");
    bench.all_leave(&[&alice, &bob, &carol]);
}

#[test]
fn those_who_overflow_together_go_in_the_order_of_their_slots() {
    let mut bench = Bench::new();
    let [speaker, low, high] = ["speaker", "low", "high"].map(|name| bench.user(name));
    for client in [&high, &low, &speaker] {
        bench.send(client, "JOIN #r\n");
    }
    speaker.received();
    for client in [&low, &high] {
        client.script(|wire| wire.room = 0);
    }
    let line = format!("SAY #r {}\n", "x".repeat(3_000));
    let mut heard = Vec::new();
    while heard.is_empty() {
        assert!(bench.server.user_count() == 3, "both go at once");
        bench.send(&speaker, line.repeat(10));
        bench.advance(Limits::DEFAULT.output_hard_time);
        heard = speaker.lines();
        heard.retain(|line| line.starts_with("* left"));
    }
    assert_eq!(heard, ["* left #r low slow-consumer", "* left #r high slow-consumer"]);
    for client in [&low, &high] {
        bench.make_room(client, usize::MAX);
    }
    bench.all_leave(&[&speaker, &low, &high]);
}
