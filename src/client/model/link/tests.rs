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
    link.lose(Loss::Ended, now);
    assert_eq!(link.order(), Order::Dial, "the first at once");
    let mut waits = Vec::new();
    for _ in 0..10 {
        link.lose(Loss::Ended, now);
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
    link.lose(Loss::Ended, START + SECOND);
    assert_eq!(link.order(), Order::Wait);
    link.restore(START + 2 * SECOND);
    link.lose(Loss::Ended, START + 5 * SECOND);
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
    assert_eq!(link.handle_route(address(2), START), Due::Nothing, "asked already");
    link.lose(Loss::Ended, START);
    assert_eq!(link.handle_route(address(2), START), Due::Nothing);
    assert_eq!(link.order(), Order::Wait);
    link.handle_route(None, START);
    link.handle_route(address(2), START);
    assert_eq!(link.order(), Order::Dial, "the network is back");
    link.lose(Loss::Ended, START);
    link.handle_time(START + 10 * SECOND);
    assert_eq!(link.order(), Order::Dial, "awake");
}

#[test]
fn how_long_it_was_lost_is_known() {
    let mut link = fresh();
    link.lose(Loss::Ended, START + 5 * SECOND);
    link.lose(Loss::Ended, START + 6 * SECOND);
    link.await_resumed(START + 7 * SECOND);
    assert_eq!(link.deadline(), Some(START + 27 * SECOND));
    assert_eq!(link.restore(START + 17 * SECOND), 12 * SECOND);
}

/// A connection whose place is kept, from 192.0.2.1 and with this round trip.
fn kept(round_trip: Duration) -> Link {
    let mut link = fresh();
    link.note_place(true);
    link.note_path(Some(IpAddr::from([192, 0, 2, 1])), round_trip);
    link.handle_route(Some(IpAddr::from([192, 0, 2, 1])), START);
    link
}

#[test]
fn another_connection_is_looked_for_while_the_old_one_may_still_speak() {
    let mut link = kept(SECOND);
    assert_eq!(link.doubt(), Due::Ping);
    assert_eq!(link.doubt(), Due::Nothing, "one question is enough");
    assert_eq!(link.handle_time(START + 2 * SECOND), Due::Nothing);
    assert_eq!(link.order(), Order::Listen, "three round trips are not over");
    link.handle_time(START + 3 * SECOND);
    assert_eq!((link.order(), link.is_up()), (Order::Seek, true));
    link.note_unreachable(START + 3 * SECOND);
    assert_eq!(link.order(), Order::Listen);
    link.handle_time(START + 4 * SECOND);
    assert_eq!(link.order(), Order::Seek, "again and again");
    link.hear(START + 5 * SECOND);
    assert_eq!(link.order(), Order::Listen, "it was alive");
}

#[test]
fn the_user_is_told_when_there_is_no_other_connection_either() {
    let mut link = kept(SECOND);
    link.doubt();
    assert_eq!(due_after(&mut link, START), (11, Due::GiveUp));
    assert_eq!(link.order(), Order::Seek);
    link.lose(Loss::Silent, START + 11 * SECOND);
    assert_eq!(link.order(), Order::Dial, "the search goes on");
}

#[test]
fn a_doubt_does_not_begin_anew_with_each_reason() {
    let mut link = kept(Duration::ZERO);
    assert_eq!(link.handle_route(None, START), Due::Nothing);
    assert_eq!(link.handle_route(Some(IpAddr::from([192, 0, 2, 1])), START), Due::Ping);
    let until = link.deadline().unwrap();
    assert_eq!(until, START + SHORTEST_PROBE);
    let later = START + Duration::from_millis(400);
    link.handle_time(later);
    for reason in [None, Some(IpAddr::from([192, 0, 2, 1]))] {
        assert_eq!(link.handle_route(reason, later), Due::Nothing);
    }
    assert_eq!(link.deadline(), Some(until));
    let mut link = kept(Duration::ZERO);
    link.await_resumed(START);
    link.doubt();
    assert_eq!((link.order(), link.deadline()), (Order::Listen, Some(until)), "nor is an answer on its way given up");
}

#[test]
fn an_address_that_is_gone_is_not_waited_for() {
    let mut link = kept(10 * SECOND);
    assert_eq!(link.handle_route(Some(IpAddr::from([192, 0, 2, 2])), START), Due::Ping);
    assert_eq!(link.order(), Order::Seek);
}

#[test]
fn an_unanswered_line_is_a_reason_to_doubt() {
    let mut link = kept(SECOND);
    link.note_unanswered(true, false);
    assert_eq!(link.deadline(), Some(START + 6 * SECOND));
    link.hear(START + 5 * SECOND);
    assert_eq!(link.deadline(), Some(START + 11 * SECOND), "the server is getting on");
    link.handle_time(START + 9 * SECOND);
    link.handle_time(START + 11 * SECOND);
    assert_eq!(link.order(), Order::Seek);
    let mut link = kept(SECOND);
    link.note_unanswered(true, true);
    assert_eq!(link.deadline(), Some(START + 18 * SECOND), "it may be held back");
    link.note_unanswered(false, false);
    assert_eq!(link.deadline(), Some(START + 30 * SECOND));
}

#[test]
fn without_a_place_to_take_over_a_doubt_ends_the_connection() {
    let mut link = fresh();
    link.note_unanswered(true, false);
    assert_eq!(link.deadline(), Some(START + 30 * SECOND));
    link.doubt();
    assert_eq!(due_after(&mut link, START), (5, Due::GiveUp));
    assert_eq!(link.order(), Order::Listen);
}

#[test]
fn far_lines_have_more_time() {
    let mut link = kept(10 * SECOND);
    link.await_resumed(START);
    assert_eq!(link.deadline(), Some(START + 60 * SECOND));
    link.await_missed(START + 50 * SECOND);
    link.await_missed(START + 100 * SECOND);
    assert_eq!(link.deadline(), Some(START + 160 * SECOND), "any progress counts");
}

#[test]
fn where_nobody_is_heard_tries_do_not_come_later_and_later() {
    let mut link = fresh();
    link.lose(Loss::Ended, START + 100 * SECOND);
    for _ in 0..10 {
        link.lose(Loss::Silent, START + 100 * SECOND);
        let wait = link.deadline().unwrap().since(START + 100 * SECOND);
        assert!(wait <= SEEK_AGAIN * 5 / 4, "{wait:?}");
    }
}

#[test]
fn each_connection_given_up_unanswered_explains_one_surprise() {
    let mut link = kept(SECOND);
    link.await_resumed(START);
    link.await_resumed(START + SECOND);
    link.lose(Loss::Silent, START + 2 * SECOND);
    assert_eq!([link.take_stray(), link.take_stray(), link.take_stray()], [true, true, false]);
}

#[test]
fn a_new_way_ends_the_waiting_for_one_and_is_no_reason_for_doubt() {
    let mut link = kept(Duration::ZERO);
    link.note_new_way();
    assert_eq!(link.order(), Order::Listen, "all is well");
    link.doubt();
    link.note_new_way();
    assert_eq!(link.order(), Order::Seek);
    link.note_unreachable(START);
    assert_eq!(link.order(), Order::Listen);
    link.note_new_way();
    assert_eq!(link.order(), Order::Seek);
    link.lose(Loss::Silent, START);
    link.note_new_way();
    assert_eq!(link.order(), Order::Dial);
}
