//! What those who come later are shown, and how long it is kept.

use super::FREE;
use crate::memory::simulation::net::Net;

fn earlier(lines: &[String]) -> Vec<String> {
    let texts = lines.iter().filter(|line| line.starts_with("* earlier ") || line.starts_with("* announced-earlier "));
    texts.map(|line| line.splitn(5, ' ').last().unwrap().to_owned()).collect()
}

#[test]
fn who_joins_is_shown_what_was_said_marked_as_earlier() {
    let mut net = Net::kept(FREE, &["alice", "bob"]);
    net.say(0, "JOIN #dev");
    (0..120).for_each(|number| net.say(0, &format!("SAY #dev line {number}")));
    net.heard(1);
    net.say(1, "JOIN #dev");
    let heard = net.heard(1);
    assert_eq!(heard[0], "* joined #dev bob");
    assert_eq!(heard.last().unwrap(), "+OK room #dev");
    let expected: Vec<String> = (20..120).map(|number| format!("#dev alice line {number}")).collect();
    assert_eq!(earlier(&heard), expected);
}

#[test]
fn an_empty_room_remembers_for_an_hour() {
    for (millis, is_remembered) in [(3_599_999, true), (3_600_000, false)] {
        let mut net = Net::kept(FREE, &["alice", "bob"]);
        net.say(0, "JOIN #dev");
        net.say(0, "SAY #dev remember me");
        net.say(0, "LEAVE");
        net.heard(1);
        net.pass(millis);
        net.heard(1);
        net.say(1, "JOIN #Dev");
        assert_eq!(!earlier(&net.heard(1)).is_empty(), is_remembered, "after {millis} ms");
    }
}

#[test]
fn announcements_are_shown_to_those_who_enter_later() {
    let mut net = Net::new(FREE, 2);
    net.enter(0, "alice");
    (0..25).for_each(|number| net.say(0, &format!("ANNOUNCE number {number}")));
    net.enter(1, "bob");
    let heard = net.heard(1);
    let expected: Vec<String> = (5..25).map(|number| format!("alice number {number}")).collect();
    assert_eq!(earlier(&heard), expected);
    assert_eq!(heard.last().unwrap(), "+OK entered 2 bob");
}

/// What is private is kept for the one it was sent to and nobody else.
#[test]
fn private_words_are_not_among_what_is_shown_later() {
    let mut net = Net::kept(FREE, &["alice", "bob", "carol"]);
    net.say(0, "REQUEST bob");
    net.say(1, "ACCEPT");
    net.say(0, "SAY bob between us");
    net.say(0, "PRIVATE bob for you");
    net.say(0, "JOIN");
    net.heard(2);
    net.say(2, "JOIN");
    assert_eq!(net.heard(2), ["* joined #lobby carol", "+OK room #lobby"]);
}
