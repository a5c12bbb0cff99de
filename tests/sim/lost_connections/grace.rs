//! While somebody is away: what others see, what stays, and how it ends.

use super::FREE;
use crate::memory::simulation::net::{Loss, Net};

/// Those who watch have been told by then, in milliseconds.
const WATCHED: u64 = 250;

/// Two in a session and a room, a third in the room only, a fourth who watches.
fn company() -> Net {
    let mut net = Net::kept(FREE, &["alice", "bob", "carol", "dave"]);
    for who in 0..3 {
        net.say(who, "JOIN #dev");
    }
    net.say(0, "REQUEST bob");
    net.say(1, "ACCEPT");
    net.say(3, "WATCH on");
    (0..4).for_each(|who| drop(net.heard(who)));
    net
}

#[test]
fn who_is_back_within_three_seconds_was_never_away() {
    for loss in Loss::ALL {
        let mut net = company();
        net.people[0].loss = Some(loss);
        net.lose(0);
        net.pass(2_999);
        net.come_back(0);
        net.pass(5_000);
        for who in 1..4 {
            assert_eq!(net.heard(who), Vec::<String>::new(), "{loss:?}");
        }
    }
}

#[test]
fn partner_and_rooms_are_told_once_after_three_seconds_and_of_the_return() {
    let mut net = company();
    net.lose(0);
    net.pass(2_999);
    assert_eq!(net.heard(1), Vec::<String>::new());
    net.pass(1);
    assert_eq!((net.heard(1), net.heard(2)), (vec!["* dropped alice".into()], vec!["* dropped alice".into()]));
    net.pass(10_000);
    net.come_back(0);
    assert_eq!((net.heard(1), net.heard(2)), (vec!["* returned alice".into()], vec!["* returned alice".into()]));
    assert_eq!(net.heard(3), Vec::<String>::new(), "others are not bothered");
    assert_eq!(net.heard(0), ["+OK resumed 1 alice 2 0"], "it gets no notice of its own");
}

#[test]
fn others_see_it_as_reconnecting() {
    let mut net = company();
    net.lose(0);
    net.settle();
    net.say(3, "LIST");
    let rows = net.heard(3);
    assert!(rows[0].starts_with("= user 1 alice chatting bob ") && rows[0].ends_with(" reconnecting"), "{rows:?}");
    assert!(!rows[1].ends_with("reconnecting"));
    net.come_back(0);
    net.say(3, "LIST");
    assert!(!net.heard(3)[0].ends_with("reconnecting"));
}

#[test]
fn when_the_grace_ends_it_is_gone_for_the_reason_it_was_lost() {
    for (loss, reason) in [(Loss::Reset, "broken"), (Loss::End, "disconnected")] {
        let mut net = company();
        net.people[0].loss = Some(loss);
        net.lose(0);
        net.pass(119_999);
        assert_eq!(net.server.user_count(), 4);
        (0..4).for_each(|who| drop(net.heard(who)));
        net.pass(1);
        net.people.iter_mut().for_each(|person| person.heard.retain(|line| line != "* ping"));
        assert_eq!(net.server.user_count(), 3);
        assert_eq!(net.heard(1), ["* ended alice gone".to_owned(), format!("* left #dev alice {reason}")]);
        assert_eq!(net.heard(2), [format!("* left #dev alice {reason}")]);
        net.pass(WATCHED);
        assert_eq!(net.heard(3), [format!("* gone alice {reason}")]);
        net.connect(0);
        let line = net.people[0].books.resume_line().unwrap();
        net.say(0, &line);
        assert!(net.heard(0)[0].starts_with("-ERR bad-token"), "an expired secret is a wrong one");
    }
}

#[test]
fn quit_kick_and_shutdown_end_a_place_at_once() {
    let mut net = company();
    net.say(0, "QUIT");
    net.pass(WATCHED);
    assert_eq!((net.server.user_count(), net.heard(3)), (3, vec!["* gone alice quit".into()]));
    net.lose(1);
    net.settle();
    let now = crate::memory::simulation::net::at(net.now);
    net.server.shut_down(now);
    net.settle();
    assert_eq!(net.server.user_count(), 0);
    assert!(net.heard(2).last().unwrap().starts_with("* bye shutdown "));
}

#[test]
fn who_is_away_is_not_counted_among_those_who_are_told() {
    let mut net = company();
    let taken = |net: &mut Net, line: &str| {
        net.heard(1);
        net.say(1, line);
        let answer = net.heard(1).into_iter().find(|line| line.starts_with("+OK taken ")).unwrap();
        answer.splitn(5, ' ').last().unwrap().to_owned()
    };
    let lines = ["SAY #dev hi", "SAY alice hi", "PRIVATE alice hi", "ANNOUNCE hi"];
    let all = |net: &mut Net| lines.map(|line| taken(net, line));
    assert_eq!(all(&mut net), ["2", "1", "1", "3"]);
    net.lose(0);
    assert_eq!(all(&mut net), ["1 1", "0 1", "0 1", "2 1"]);
    net.lose(2);
    assert_eq!(all(&mut net), ["0 2", "0 1", "0 1", "1 2"]);
    net.come_back(0);
    assert_eq!(all(&mut net), ["1 1", "1", "1", "2 1"]);
    net.pass(120_000);
    assert_eq!(all(&mut net), ["1", "1", "1", "2"]);
}

/// A request made to somebody who is away waits there and can be accepted on return; and the
/// requests of one who is away stand as if it were there.
#[test]
fn requests_and_sessions_survive_a_loss() {
    let mut net = company();
    net.lose(2);
    net.settle();
    net.say(3, "REQUEST carol");
    assert_eq!(net.heard(3), ["+OK ringing carol session 60"]);
    net.pass(20_000);
    net.come_back(2);
    assert_eq!(net.heard(2).last().unwrap(), "* request dave session 60");
    net.lose(3);
    net.settle();
    net.say(2, "ACCEPT dave");
    assert_eq!(net.heard(2).first().unwrap(), "* paired dave");
    net.say(2, "SAY dave you were away");
    net.come_back(3);
    let heard = net.heard(3);
    assert!(heard.contains(&"* paired carol".to_owned()), "{heard:?}");
    assert!(heard.last().unwrap().ends_with("carol you were away"));
    net.say(3, "SAY carol here I am");
    assert!(net.heard(2).last().unwrap().ends_with("dave here I am"));
}

#[test]
fn a_request_that_expires_meanwhile_is_told_on_return() {
    let mut net = company();
    net.lose(2);
    net.settle();
    net.say(3, "REQUEST carol");
    net.pass(60_000);
    assert_eq!(net.heard(3).last().unwrap(), "* declined carol expired");
    net.come_back(2);
    let heard = net.heard(2);
    assert_eq!(heard[heard.len() - 2..], ["* request dave session 60", "* withdrawn dave expired"]);
}

/// A client that ignores all this, a person on `nc`, is gone with its connection.
#[test]
fn without_keep_one_is_gone_with_the_connection() {
    let mut net = Net::new(FREE, 2);
    net.enter(0, "alice");
    net.enter(1, "bob");
    net.say(1, "WATCH on");
    net.heard(1);
    net.lose(0);
    net.pass(WATCHED);
    assert_eq!(net.heard(1), ["* gone alice broken"]);
    assert_eq!((net.server.user_count(), net.server.connection_count()), (1, 1));
}

/// A grace shorter than the time until others are told: they are told of the departure alone.
#[test]
fn a_short_grace_needs_no_notice() {
    let limits = chatd::limits::Limits { resume_grace: std::time::Duration::from_secs(2), ..FREE };
    let mut net = Net::kept(limits, &["alice", "bob"]);
    net.say(0, "JOIN");
    net.say(1, "JOIN");
    net.heard(1);
    net.lose(0);
    net.pass(10_000);
    assert_eq!(net.heard(1), ["* left #lobby alice broken"]);
}
