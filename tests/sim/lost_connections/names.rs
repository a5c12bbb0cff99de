//! Signs of life, and names whose holders give none.

use super::FREE;
use crate::memory::simulation::net::{Loss, Net};
use chatd::limits::Limits;

/// Alice is silent for `millis`, and still connected as far as the server knows. Bob wants the name.
fn silent_for(millis: u64, answers_pings: bool) -> Net {
    let mut net = Net::kept(FREE, &["alice", "bob"]);
    net.people[0].answers_pings = answers_pings;
    net.connect(1);
    net.pass(millis);
    (0..2).for_each(|who| drop(net.heard(who)));
    net
}

fn tries(net: &mut Net) -> String {
    net.connect(1);
    net.heard(1);
    net.say(1, "ENTER Alice");
    net.heard(1).remove(0)
}

#[test]
fn a_holder_that_has_just_spoken_keeps_its_name() {
    let mut net = silent_for(29_999, false);
    assert!(tries(&mut net).starts_with("-ERR name-taken"));
    assert_eq!(net.heard(0), Vec::<String>::new(), "and is not asked");
}

#[test]
fn a_silent_holder_is_asked_and_one_that_answers_keeps_its_name() {
    let mut net = silent_for(29_999, true);
    net.now += 1;
    net.server.tick(crate::memory::simulation::net::at(net.now - 1));
    assert!(tries(&mut net).starts_with("-ERR name-silent"));
    assert_eq!(net.heard(0), ["* ping"]);
    net.pass(5_000);
    assert!(tries(&mut net).starts_with("-ERR name-taken"));
    assert_eq!(net.server.user_count(), 2);
}

#[test]
fn a_silent_holder_that_does_not_answer_loses_its_name_five_seconds_later() {
    let mut net = silent_for(30_000, false);
    assert!(tries(&mut net).starts_with("-ERR name-silent"));
    net.pass(4_999);
    assert!(tries(&mut net).starts_with("-ERR name-silent"));
    net.pass(1);
    assert_eq!(tries(&mut net), "+OK entered 3 Alice");
    assert_eq!(net.people[0].link.as_ref().map(|link| link.ends.borrow().is_dropped), Some(true));
}

#[test]
fn the_name_of_one_who_is_away_is_free_once_it_has_been_silent_for_long() {
    let mut net = Net::kept(FREE, &["alice", "bob"]);
    net.lose(0);
    net.pass(29_999);
    assert!(tries(&mut net).starts_with("-ERR name-taken"));
    net.pass(1);
    assert_eq!(tries(&mut net), "+OK entered 3 Alice");
}

/// Somebody on `nc` knows nothing of pings: its name is safe as long as its connection is.
#[test]
fn a_holder_that_never_said_keep_is_neither_asked_nor_displaced() {
    let mut net = Net::new(FREE, 2);
    net.enter(0, "alice");
    net.heard(0);
    net.pass(3_600_000);
    assert!(tries(&mut net).starts_with("-ERR name-taken"));
    assert_eq!(net.heard(0), Vec::<String>::new());
}

/// The answer to `KEEP` never arrived: nobody knows the secret, and the name comes back all the same.
#[test]
fn a_place_nobody_can_come_back_to_does_not_hold_its_name_for_long() {
    let mut net = Net::new(FREE, 2);
    net.enter(0, "alice");
    net.people[0].down_left = Some(1);
    net.people[0].loss = Some(Loss::End);
    net.say(0, "KEEP");
    net.settle();
    assert_eq!(net.server.user_count(), 1);
    assert!(tries(&mut net).starts_with("-ERR name-taken"));
    net.pass(30_000);
    assert_eq!(tries(&mut net), "+OK entered 2 Alice");
}

#[test]
fn a_silent_client_is_asked_after_30_seconds_and_lost_after_60() {
    let mut net = Net::kept(FREE, &["alice"]);
    net.people[0].answers_pings = false;
    net.heard(0);
    net.pass(29_999);
    assert_eq!(net.heard(0), Vec::<String>::new());
    net.pass(1);
    assert_eq!(net.heard(0), ["* ping"]);
    net.pass(29_999);
    assert!(!net.people[0].link.as_ref().unwrap().ends.borrow().is_dropped);
    net.pass(1);
    assert!(net.people[0].link.as_ref().unwrap().ends.borrow().is_dropped, "the connection is closed");
    assert_eq!(net.server.user_count(), 1, "the place is kept");
    net.come_back(0);
    assert_eq!(net.heard(0), ["+OK resumed 1 alice 0 0"]);
}

#[test]
fn a_client_that_answers_is_asked_for_ever_and_never_lost() {
    let mut net = Net::kept(FREE, &["alice"]);
    net.heard(0);
    net.pass(600_000);
    let pings = net.heard(0);
    assert!(pings.iter().all(|line| line == "* ping"));
    assert!((9..=20).contains(&pings.len()), "{}", pings.len());
    assert_eq!(net.open_streams(), 1);
}

/// A paste at the rate of the flood limit takes minutes; whoever sends it is alive all the time.
#[test]
fn a_client_that_is_made_to_wait_is_not_taken_for_dead() {
    for lateness in [0, 1, 7, 400] {
        let limits = Limits { lines: Limits::DEFAULT.lines, ..FREE };
        let mut net = Net::kept(limits, &["alice"]);
        net.people[0].answers_pings = false;
        (0..600).for_each(|_| net.send(0, "PING x"));
        let end = net.now + 300_000;
        while net.now < end && net.people[0].books.unanswered() > 0 {
            // A busy machine: every tick comes late.
            let now = crate::memory::simulation::net::at(net.now);
            let due = net.server.poll_timeout(now).map_or(1_000, |wait| wait.as_millis() as u64);
            net.now += due.max(1) + lateness;
            net.settle();
        }
        let answers = net.people[0].books.lines.iter().filter(|line| *line == "+OK pong x").count();
        let is_dropped = net.people[0].link.as_ref().unwrap().ends.borrow().is_dropped;
        assert_eq!((answers, is_dropped), (600, false), "late by {lateness} ms, at {}", net.now);
    }
}

/// Nor is one that is not listened to because its own output is stuck: it may have answered.
#[test]
fn a_client_that_is_not_listened_to_is_not_taken_for_dead() {
    let mut net = Net::kept(FREE, &["alice", "bob"]);
    net.people[0].answers_pings = false;
    net.pass(31_000);
    net.people[0].link.as_ref().unwrap().ends.borrow_mut().window = 0;
    for _ in 0..30 {
        net.send(1, &format!("PRIVATE alice {}", "x".repeat(3_000)));
        net.server.tick(crate::memory::simulation::net::at(net.now));
    }
    net.send(0, "PING here");
    // Until after the answer to the ping was due, and before the output has been stuck for too long.
    net.pass(29_500);
    net.people[0].link.as_ref().unwrap().ends.borrow_mut().window = 1 << 20;
    net.ready(0, chatd::server::Readiness { readable: false, writable: true, hung_up: false });
    net.pass(100);
    assert_eq!(net.people[0].books.lines.last().unwrap(), "+OK pong here");
}
