//! When the connection is doubted, given up and tried again.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const START: Millis = Millis(1_000_000);

fn fresh() -> Link {
    Link::new(START, 60 * SECOND, 7)
}

/// Lets time pass second by second until something is due; says after how many.
fn due_after(link: &mut Link, from: Millis) -> (u64, Due) {
    let mut now = from;
    for second in 1..200 {
        now = now + SECOND;
        match link.handle_time(now) {
            Due::Nothing => {}
            due => return (second, due),
        }
    }
    panic!("nothing was due: {link:?}");
}

#[test]
fn silence_is_asked_about_and_then_given_up() {
    let mut link = fresh();
    assert_eq!(due_after(&mut link, START), (30, Due::Ping));
    assert_eq!(due_after(&mut link, START + 30 * SECOND), (30, Due::GiveUp));
    let mut link = fresh();
    assert_eq!(due_after(&mut link, START), (30, Due::Ping));
    link.hear(START + 31 * SECOND);
    assert_eq!(due_after(&mut link, START + 31 * SECOND), (30, Due::Ping));
}

#[test]
fn after_a_sleep_the_server_has_five_seconds() {
    let mut link = fresh();
    let woken = START + 3600 * SECOND;
    assert_eq!(link.handle_time(woken), Due::Ping);
    assert_eq!(due_after(&mut link, woken), (5, Due::GiveUp));
    let mut link = fresh();
    assert_eq!(link.handle_time(woken), Due::Ping);
    link.hear(woken + SECOND);
    assert_eq!(due_after(&mut link, woken + SECOND), (30, Due::Ping));
}

#[test]
fn tries_come_at_once_and_then_further_and_further_apart() {
    let mut link = fresh();
    let mut now = START + 100 * SECOND;
    link.handle_time(now);
    link.lose(now);
    assert_eq!(link.order(), Order::Dial, "the first at once");
    let mut waits = Vec::new();
    for _ in 0..10 {
        link.lose(now);
        assert_eq!(link.order(), Order::Wait);
        let until = link.deadline().unwrap();
        waits.push(until.since(now).as_millis());
        now = until;
        link.handle_time(now);
        assert_eq!(link.order(), Order::Dial);
    }
    for (wait, usual) in waits.iter().zip([500, 1000, 2000, 4000, 8000, 12_000, 12_000, 12_000]) {
        assert!((usual * 3 / 4..=usual * 5 / 4).contains(wait), "{waits:?}");
    }
    assert_ne!(waits[7], waits[8], "by chance: {waits:?}");
}

#[test]
fn a_connection_that_does_not_last_is_one_more_failure() {
    let mut link = fresh();
    link.lose(START + SECOND);
    assert_eq!(link.order(), Order::Wait);
    link.restore(START + 2 * SECOND);
    link.lose(START + 5 * SECOND);
    assert_eq!(link.order(), Order::Dial);
}

#[test]
fn a_wake_and_another_network_end_the_waiting() {
    let address = |last| Some(IpAddr::from([192, 0, 2, last]));
    let mut link = fresh();
    assert_eq!(link.handle_route(address(1), START), Due::Nothing, "the first is nothing new");
    assert_eq!(link.handle_route(None, START), Due::Nothing);
    assert_eq!(link.handle_route(address(1), START), Due::Ping);
    assert_eq!(link.handle_route(address(1), START), Due::Nothing);
    assert_eq!(link.handle_route(address(2), START), Due::Ping);
    link.lose(START);
    assert_eq!(link.handle_route(address(2), START), Due::Nothing);
    assert_eq!(link.order(), Order::Wait);
    link.handle_route(None, START);
    link.handle_route(address(2), START);
    assert_eq!(link.order(), Order::Dial, "the network is back");
    link.lose(START);
    link.handle_time(START + 10 * SECOND);
    assert_eq!(link.order(), Order::Dial, "awake");
}

#[test]
fn how_long_it_was_lost_is_known() {
    let mut link = fresh();
    link.lose(START + 5 * SECOND);
    link.lose(START + 6 * SECOND);
    link.await_resumed(START + 7 * SECOND);
    assert_eq!(link.deadline(), Some(START + 27 * SECOND));
    assert_eq!(link.restore(START + 17 * SECOND), 12 * SECOND);
}
