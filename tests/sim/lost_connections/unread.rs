//! Private lines that were acknowledged and not read: their sender and their reader are told.

use std::time::Duration;

use chatd::limits::{KEPT_BYTES, Limits};

use super::FREE;
use crate::memory::simulation::net::Net;

/// alice and bob in a session, carol beside them.
fn session() -> Net {
    let mut net = Net::kept(FREE, &["alice", "bob", "carol"]);
    net.say(0, "REQUEST bob");
    net.say(1, "ACCEPT");
    for who in 0..2 {
        let seen = net.people[who].books.seen();
        net.say(who, &format!("@ {seen}"));
    }
    (0..3).for_each(|who| drop(net.heard(who)));
    net
}

/// What a client has heard but for answers and what is asked of it.
fn events(net: &mut Net, who: usize) -> Vec<String> {
    net.heard(who).into_iter().filter(|line| line.starts_with('*') && line != "* ping").collect()
}

/// What one hears who comes back to a place that is there no more.
fn comes_back(net: &mut Net, who: usize) -> Vec<String> {
    net.heard(who);
    net.connect(who);
    let line = net.people[who].books.resume_line().unwrap();
    net.say(who, &line);
    net.heard(who)
}

#[test]
fn when_a_place_is_given_up_each_sender_and_the_one_who_comes_back_are_told_how_much_is_lost() {
    let mut net = session();
    net.say(0, "SAY bob confirmed");
    let seen = net.people[1].books.seen();
    net.say(1, &format!("@ {seen}"));
    net.lose(1);
    for text in ["one", "two", "three"] {
        net.say(0, &format!("SAY bob {text}"));
    }
    net.say(2, "PRIVATE bob psst");
    net.pass(119_999);
    assert_eq!((events(&mut net, 0), events(&mut net, 2)), (vec!["* dropped bob".to_owned()], vec![]));
    net.pass(1);
    assert_eq!(events(&mut net, 0), ["* ended bob gone", "* unread bob 3"]);
    assert_eq!(events(&mut net, 2), ["* unread bob 1"]);
    let heard = comes_back(&mut net, 1);
    assert_eq!(heard[0], "* lost 4");
    assert!(heard[1].starts_with("-ERR bad-token "), "{heard:?}");
    net.say(1, "ENTER bob");
    assert_eq!(net.heard(1), ["+OK entered 4 bob"], "it is no guess, and nobody waits");
}

#[test]
fn who_has_confirmed_all_or_was_told_nothing_in_private_has_lost_nothing() {
    let mut net = session();
    net.say(2, "JOIN");
    net.say(1, "JOIN");
    net.say(0, "SAY bob confirmed");
    let seen = net.people[1].books.seen();
    net.say(1, &format!("@ {seen}"));
    net.lose(1);
    net.say(2, "SAY #lobby for the room");
    net.pass(120_000);
    assert_eq!(events(&mut net, 0).last().unwrap(), "* ended bob gone");
    assert!(!events(&mut net, 2).iter().any(|line| line.starts_with("* unread")));
    assert!(comes_back(&mut net, 1)[0].starts_with("-ERR bad-token "));
}

/// It was written, and whether it was read nobody knows but who comes back.
#[test]
fn what_was_written_and_not_confirmed_counts_until_its_reader_says_otherwise() {
    let mut net = session();
    net.say(0, "SAY bob read but not confirmed");
    net.lose(1);
    net.pass(120_000);
    assert_eq!(events(&mut net, 0).last().unwrap(), "* unread bob 1");
    assert!(comes_back(&mut net, 1)[0].starts_with("-ERR bad-token "), "it has seen the line");
}

#[test]
fn who_has_the_name_of_a_sender_that_has_gone_is_told_nothing() {
    let mut net = session();
    net.lose(1);
    net.say(2, "PRIVATE bob from the first carol");
    net.say(2, "QUIT");
    net.enter(2, "carol");
    net.heard(2);
    net.pass(120_000);
    assert!(!events(&mut net, 2).iter().any(|line| line.starts_with("* unread")));
    assert_eq!(comes_back(&mut net, 1)[0], "* lost 1");
}

#[test]
fn of_what_there_was_no_room_to_keep_its_sender_is_told_on_the_return() {
    let mut net = session();
    net.lose(1);
    let lines = 70;
    for _ in 0..lines {
        net.say(0, &format!("SAY bob {}", "x".repeat(1_000)));
    }
    net.heard(0);
    net.come_back(1);
    let lost = net.people[1].books.lost;
    assert!(lost > 0 && lost < lines && KEPT_BYTES == 64 * 1024, "{lost}");
    assert_eq!(events(&mut net, 0), [format!("* unread bob {lost}")]);
    net.lose(1);
    net.pass(120_000);
    let unread = lines - lost;
    assert_eq!(events(&mut net, 0).last().unwrap(), &format!("* unread bob {unread}"), "nothing is told twice");
}

#[test]
fn a_place_that_gives_way_to_others_is_no_exception() {
    let mut net = Net::kept(Limits { places_per_address: 1, ..FREE }, &["alice", "bob"]);
    net.lose(1);
    net.say(0, "PRIVATE bob psst");
    net.enter(1, "bobby");
    net.say(1, "KEEP");
    net.heard(0);
    net.lose(1);
    assert_eq!(net.server.user_count(), 2);
    net.settle();
    assert_eq!(events(&mut net, 0), ["* unread bob 1"]);
}

#[test]
fn a_goodbye_is_not_taken_for_a_loss() {
    let mut net = session();
    net.say(0, "SAY bob one");
    net.say(1, "QUIT");
    assert_eq!(events(&mut net, 0), ["* ended bob gone"]);
}

/// Who never sent `KEEP`: what the server still has is lost, of the rest nothing is known.
#[test]
fn what_a_connection_without_a_kept_place_never_took_is_told() {
    let mut net = Net::new(FREE, 2);
    net.enter(0, "alice");
    net.enter(1, "bob");
    net.say(0, "PRIVATE bob taken");
    net.people[1].link.as_ref().unwrap().ends.borrow_mut().window = 0;
    net.heard(0);
    for _ in 0..2 {
        net.send(0, "PRIVATE bob stuck");
        net.server.tick(crate::memory::simulation::net::at(net.now));
    }
    net.lose(1);
    net.settle();
    assert_eq!(events(&mut net, 0), ["* unread bob 2"]);
}

#[test]
fn after_a_while_nothing_is_known_of_a_place_any_more() {
    let mut net = Net::kept(Limits { resume_grace: Duration::from_secs(4), ..FREE }, &["alice", "bob"]);
    net.lose(1);
    net.say(0, "PRIVATE bob psst");
    net.pass(3_604_000);
    assert!(comes_back(&mut net, 1)[0].starts_with("-ERR bad-token "));
}
