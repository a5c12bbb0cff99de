//! The bound on what is queued for all clients together: the largest queue goes, one at a time, and
//! everybody else loses nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]
#![allow(clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

use crate::memory::simulation::net::Net;
use chatd::limits::Limits;

const NAMES: [&str; 6] = ["speaker", "ann", "bob", "cat", "dan", "eve"];

/// Five who do not read sit in a room with one who speaks.
fn crowded(queued_total: usize, is_kept: bool) -> Net {
    let limits = Limits { queued_total, ..Limits::DEFAULT.without_rates() };
    let mut net = Net::new(limits, NAMES.len());
    for (who, name) in NAMES.iter().enumerate() {
        net.enter(who, name);
        if is_kept {
            net.say(who, "KEEP");
        }
        net.say(who, "JOIN #dev");
    }
    for who in 1..NAMES.len() {
        net.people[who].link.as_ref().unwrap().ends.borrow_mut().window = 0;
    }
    net
}

fn closed(net: &Net) -> Vec<usize> {
    let is_closed = |who: &usize| {
        let ends = net.people[*who].link.as_ref().unwrap().ends.borrow();
        ends.is_dropped || ends.is_finished || String::from_utf8_lossy(&ends.left).contains("* bye slow-consumer")
    };
    (0..NAMES.len()).filter(is_closed).collect()
}

/// One line to everybody in the room is too much: that costs one of them its place, not each.
#[test]
fn one_message_too_much_closes_the_largest_queue_and_no_other() {
    let mut net = crowded(300_000, false);
    let text = "x".repeat(3_000);
    net.say(0, &format!("PRIVATE dan {text}"));
    while closed(&net).is_empty() {
        net.say(0, &format!("SAY #dev {text}"));
    }
    assert_eq!(closed(&net), [4], "dan had the most");
    assert_eq!(net.server.user_count(), 5);
    let left = String::from_utf8(net.people[4].link.as_ref().unwrap().ends.borrow().left.clone()).unwrap();
    assert_eq!(left, "* bye slow-consumer you did not read what you were sent\n", "its queue is gone");
    for who in [1, 2, 3, 5] {
        net.people[who].link.as_ref().unwrap().ends.borrow_mut().window = 1 << 20;
        net.ready(who, chatd::server::Readiness { readable: false, writable: true, hung_up: false });
    }
    net.settle();
    let said = net.heard(0).iter().filter(|line| line.starts_with("+OK taken")).count();
    for who in [1, 2, 3, 5] {
        let heard = net.heard(who).iter().filter(|line| line.starts_with("* room ")).count();
        assert_eq!(heard, said - 1, "{} has every line", NAMES[who]);
    }
}

/// Those who can come back keep their places and the newest lines; when that is still too much the
/// oldest lines of the longest queues go.
#[test]
fn places_that_are_kept_give_up_lines_before_anybody_goes() {
    let mut net = crowded(360_000, true);
    let text = "x".repeat(3_000);
    for _ in 0..300 {
        net.say(0, &format!("SAY #dev {text}"));
    }
    // Five of them, 64 KiB each and some room to grow, are more than there is room for.
    assert_eq!(net.server.user_count(), 6);
    assert_eq!(net.people[0].books.lines.iter().filter(|line| line.starts_with("+OK taken")).count(), 300);
}
