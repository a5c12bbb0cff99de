//! Connections that are lost and made again.

use std::time::Duration;

use super::super::*;
use super::Desk;

/// alice, whose place is kept, and whom bob is chatting with.
pub(super) fn kept() -> Desk {
    let mut desk = Desk::new(|setup| {
        setup.wish = Wish::Name("alice".to_owned());
        setup.reconnect = true;
    });
    desk.server("+OK chatd 0.1.0 protocol 1 11112222\n+OK entered 1 alice\n+OK kept 00ff 120\n+OK");
    desk.server("= user 1 alice available - - 0\n= user 2 bob available - - 61\n+OK listed 2 2\n+OK listed 0 0");
    desk.server("* paired bob");
    desk.now = desk.now + Duration::from_secs(3);
    desk.screen.clear();
    desk
}

impl Desk {
    pub(super) fn loses(&mut self) -> &mut Self {
        let actions = self.model.handle_closed(self.now);
        self.draw(actions);
        self
    }

    pub(super) fn connects(&mut self) -> &mut Self {
        let actions = self.model.handle_connected(self.now);
        self.draw(actions);
        self
    }

    pub(super) fn waits(&mut self, seconds: u64) -> &mut Self {
        for _ in 0..seconds {
            self.now = self.now + Duration::from_secs(1);
            let actions = self.model.handle_time(self.now);
            self.draw(actions);
        }
        self
    }
}

#[test]
fn the_server_is_asked_to_keep_the_place_and_told_what_was_seen() {
    let mut desk = Desk::new(|setup| {
        setup.wish = Wish::Guest;
        setup.reconnect = true;
    });
    desk.server("+OK chatd 0.1.0 protocol 1\n+OK entered 1 USER7\n+OK kept 00ff 120\n+OK").shows(
        "-> HELLO
        -> ENTER
        You are USER7, user 1 at lab7:2428.
        -> KEEP
        -> WATCH on
        -> LIST
        -> ROOMS",
    );
    desk.server("* ping").shows("-> @ 2");
    desk.server("+OK listed 0 0").waits(1).server("+OK listed 0 0");
    desk.screen.clear();
    desk.waits(2).shows("-> @ 4");
    desk.waits(25).shows("").waits(5).shows("-> PING");
    desk.server("+OK pong").waits(3).shows("-> @ 5");
}

#[test]
fn a_drop_shows_in_two_lines_and_nothing_is_missed_or_done_twice() {
    let mut desk = kept();
    desk.typed("one").typed("two").server("+OK taken 1 @NOON 1").loses().prompts("bob");
    assert_eq!(desk.model.order(), Order::Dial);
    desk.typed("three").typed("help nothing").waits(12).connects().shows(
        "bob > one
        -> SAY bob one
        bob > two
        -> SAY bob two
        -- lab7:2428 is out of reach; reconnecting (what you type waits)
        bob > three
              … waits
        bob > help nothing
              … waits
        -> RESUME 1 00ff 7",
    );
    desk.server("+OK resumed 1 alice 4 0").prompts("bob").typed("four").shows(
        "-> PING back1
        -> SAY bob two
        -> SAY bob three
        -> SAY bob help nothing
        bob > four
        -> SAY bob four",
    );
    desk.server("* said 2 @NOON bob hi\n* ping\n* dropped bob\n+OK pong back1").shows(
        "-> @ 9
        -- back after 12 s; 2 lines came meanwhile
        12:00 bob: hi
        -- bob has lost the connection and may come back
        -> @ 11",
    );
    desk.server("+OK taken 3 @NOON 1\n+OK taken 4 @NOON 1\n+OK taken 5 @NOON 1\n+OK taken 6 @NOON 1");
    desk.shows("      ✓ 12:00 5 messages");
    assert!(desk.model.is_settled());
}

#[test]
fn answers_that_were_on_their_way_are_not_asked_for_again() {
    let mut desk = kept();
    desk.typed("one").typed("two").loses().connects().server("+OK resumed 1 alice 4 0");
    desk.server("+OK taken 1 @NOON 1\n+OK pong back1\n+OK taken 2 @NOON 1").shows(
        "bob > one
        -> SAY bob one
        bob > two
        -> SAY bob two
        -- lab7:2428 is out of reach; reconnecting (what you type waits)
        -> RESUME 1 00ff 6
        -> PING back1
        -> SAY bob two
        -- back after 0 s; nothing was missed
        -> @ 8
              ✓ 12:00 2 messages",
    );
}

#[test]
fn a_drop_while_catching_up_takes_nothing_away() {
    let mut desk = kept();
    desk.typed("one").loses().connects().server("+OK resumed 1 alice 4 0\n* said 1 @NOON bob hi");
    desk.typed("two").loses().waits(1).connects();
    assert!(desk.screen.ends_with("-> RESUME 1 00ff 7\n"), "what has come need not come again: {}", desk.screen);
    desk.screen.clear();
    desk.server("+OK resumed 1 alice 4 0").shows("-> PING back2\n-> SAY bob two");
    desk.server("* said 2 @NOON bob there\n+OK taken 2 @NOON 1\n+OK pong back2\n+OK taken 3 @NOON 1").shows(
        "-- back after 1 s; 2 lines came meanwhile
        12:00 bob: hi
        12:00 bob: there
        -> @ 10
              ✓ 12:00 2 messages",
    );
    assert!(desk.model.is_settled());
}

#[test]
fn what_came_before_the_place_was_lost_is_shown() {
    let mut desk = kept();
    desk.loses().connects().server("+OK resumed 1 alice 4 0\n* said 1 @NOON bob hi").loses().connects();
    desk.screen.clear();
    desk.server("-ERR bad-token nobody's place is kept").shows("12:00 bob: hi\n-> HELLO\n-> ENTER alice");
}

#[test]
fn a_slow_line_has_as_long_as_it_gets_on() {
    let mut desk = kept();
    desk.loses().connects().server("+OK resumed 1 alice 3 0");
    for _ in 0..10 {
        desk.waits(19).server("* said 1 @NOON bob hi");
    }
    desk.screen.clear();
    desk.server("+OK pong back1");
    assert!(
        desk.screen.starts_with("-- back after 190 s; 10 lines") || desk.screen.contains("10 lines came meanwhile"),
        "{}",
        desk.screen
    );
}

#[test]
fn a_server_that_never_comes_to_the_end_is_not_waited_for() {
    let mut desk = kept();
    desk.loses().connects().server("+OK resumed 1 alice 3 0");
    desk.screen.clear();
    let line = format!("* said 1 @NOON bob {}", "x".repeat(3000));
    for _ in 0..400 {
        desk.server(&line);
    }
    assert!(desk.model.prompt().label().ends_with("bob"), "in order again");
    assert!(desk.screen.contains("lines came meanwhile\n12:00 bob: xxx"), "{}", &desk.screen[..200]);
}

#[test]
fn a_place_that_one_took_oneself_is_no_end() {
    let mut desk = kept();
    desk.loses().connects().waits(30).connects();
    desk.server("+OK resumed 1 alice 3 0\n+OK pong back1");
    desk.screen.clear();
    desk.server("* bye resumed-elsewhere you go on over another connection")
        .loses()
        .shows("-- lab7:2428 is out of reach; reconnecting (what you type waits)");
    desk.connects().server("+OK resumed 1 alice 4 0\n+OK pong back2");
    desk.screen.clear();
    desk.server("* bye resumed-elsewhere you go on over another connection").loses().shows(
        "!! lab7:2428 hangs up: you go on over another connection
        (leave 1)",
    );
}

#[test]
fn a_better_connection_takes_over_from_one_that_is_silent() {
    let mut desk = kept();
    desk.typed("one").waits(4);
    assert_eq!(desk.model.order(), Order::Seek);
    desk.screen.clear();
    desk.connects().shows(
        "-- lab7:2428 does not answer; reconnecting (what you type waits)
        -> RESUME 1 00ff 6",
    );
}

#[test]
fn what_a_server_never_answers_is_bounded() {
    let mut desk = kept();
    for number in 0..10_000 {
        let room = number % 40;
        desk.server(&format!("* joined #r{room} alice\n* left #r{room} alice\n* joined #s{room} alice"));
        desk.screen.clear();
    }
    let Stage::Here(here) = &desk.model.stage else { panic!("still here") };
    assert!(here.sent.len() <= crate::limits::UNANSWERED_COMMANDS, "{}", here.sent.len());
    assert!(here.rooms.len() <= crate::limits::ROOMS_PER_USER, "{}", here.rooms.len());
    desk.typed("/say #r1 hello").shows(
        "#s15 > /say #r1 hello
        !! 2000 lines wait for the server already; this one is not sent",
    );
}

#[test]
fn lost_lines_are_counted_and_lost_answers_told() {
    let mut desk = kept();
    desk.typed("one").typed("/join #x").typed("two").loses().connects();
    desk.screen.clear();
    desk.server("+OK resumed 1 alice 6 36\n* said 9 @NOON bob still there?\n+OK taken 2 @NOON 1\n+OK pong back1")
        .shows(
            "-> PING back1
        -- back after 0 s; 1 line came meanwhile, 36 before them were lost
        -- the server has answered what you told bob; the answer is lost
        -- the server has answered \"join #x\"; the answer is lost
        12:00 bob: still there?
              ✓ 12:00
        -> LIST
        -> REQUESTS
        -> @ 45",
        );
}

#[test]
fn what_changed_unseen_is_put_right() {
    let mut desk = kept();
    desk.server("* joined #dev alice\n+OK listed 0 0\n* joined #x alice\n+OK listed 0 0").loses().connects();
    desk.screen.clear();
    desk.server("+OK resumed 1 alice 5 9\n+OK pong back1").shows(
        "-> PING back1
        -- back after 0 s; 9 lines were lost
        -> LIST
        -> MEMBERS #dev
        -> MEMBERS #x
        -> REQUESTS
        -> @ 20",
    );
    desk.server("= user 1 alice chatting carol - 9\n+OK listed 1 1\n= member #dev 1 alice\n+OK listed 1 1");
    desk.server("-ERR not-in-room no\n= request-from dave #dev 33\n+OK listed 1 1").prompts("carol").shows(
        "-- your chat with bob is over
        -- you are chatting with carol; quit ends it, /help shows more
        -- you are not in #x any more
          dave asks you to join #dev  (33 s left)",
    );
    assert!(desk.model.is_settled());
}

#[test]
fn a_server_that_has_forgotten_is_entered_anew() {
    let mut desk = kept();
    desk.server("* joined #dev alice\n+OK listed 0 0\n* room 5 @NOON #dev bob old news");
    desk.typed("in flight").loses().typed("to the room").typed("/say bob to bob").typed("/list").waits(3).connects();
    desk.screen.clear();
    desk.server("-ERR bad-token nobody's place is kept").shows("-> HELLO\n-> ENTER alice");
    desk.server("+OK chatd 0.1.0 protocol 1 11112222\n* announced-earlier 4 @NOON bob old").shows("");
    // By the server's clock, which was put back, it is older than what has been seen.
    desk.server("* announced-earlier 6 2026-11-20T11:05:00.000Z bob new\n+OK entered 7 alice").shows(
        "11:05 [everyone, earlier] bob: new
        -- back after 3 s, as a new user: the server does not know your place any more
        -- what was said to you meanwhile is lost; rooms and announcements show what they keep
        -- you are alice, user 7
        -> KEEP
        -> WATCH on
        -> LIST
        -- your chat with bob is over
        -> JOIN #dev
        !! it is not known whether this got to #dev: in flight
        -> SAY #dev to the room
        !! not delivered to bob: to bob
        !! not done: list",
    );
    desk.prompts("#dev").server("+OK kept 11 120\n+OK\n+OK listed 0 0\n* joined #dev alice");
    desk.server("* earlier 5 @NOON #dev bob old news\n* earlier 7 2026-11-20T11:01:00.000Z #dev bob news");
    desk.server("+OK room #dev\n+OK taken 8 @NOON 1").shows(
        "-- you are in #dev again
        11:01 (earlier) bob: news
              ✓ 12:00 to 1",
    );
    assert!(desk.model.is_settled());
}

#[test]
fn nothing_of_another_life_of_the_daemon_has_been_seen_whatever_its_numbers_and_times_are() {
    for hello in ["+OK chatd 0.1.0 protocol 1 33334444", "+OK chatd 0.1.0 protocol 1"] {
        let mut desk = kept();
        desk.server("* joined #dev alice\n+OK listed 0 0\n* joined #ops alice\n+OK listed 0 0");
        desk.server("* room 50 @NOON #dev bob old news").loses().waits(3).connects().server("-ERR bad-token no");
        desk.screen.clear();
        // Its clock is not set yet.
        desk.server(hello).server("* announced-earlier 1 1970-01-01T00:00:07.000Z bob new\n+OK entered 1 alice");
        desk.server("+OK kept 11 120\n+OK\n+OK listed 0 0\n* joined #dev alice");
        desk.server("* earlier 2 1970-01-01T00:00:08.000Z #dev bob hi\n+OK room #dev\n* joined #ops alice");
        desk.server("* earlier 1 1970-01-01T00:00:06.000Z #ops bob hello\n+OK room #ops");
        for text in ["bob: new", "bob: hi", "bob: hello"] {
            assert!(desk.screen.contains(text), "{text} after {hello}:\n{}", desk.screen);
        }
    }
}

#[test]
fn what_was_said_in_one_room_before_one_was_back_in_another_is_shown() {
    let mut desk = kept();
    desk.server("* joined #dev alice\n+OK listed 0 0\n* joined #ops alice\n+OK listed 0 0");
    desk.server("* room 50 @NOON #dev bob old news").loses().waits(3).connects().server("-ERR bad-token no");
    desk.server("+OK chatd 0.1.0 protocol 1 11112222\n+OK entered 9 alice\n+OK kept 11 120\n+OK\n+OK listed 0 0");
    desk.screen.clear();
    desk.server("* joined #dev alice\n* earlier 50 @NOON #dev bob old news\n* earlier 60 @NOON #dev bob news");
    desk.server("+OK room #dev\n* joined #ops alice\n* earlier 55 @NOON #ops bob meanwhile\n+OK room #ops").shows(
        "-- you are in #dev again
        12:00 (earlier) bob: news
        -- you are in #ops again
        12:00 (earlier) bob: meanwhile",
    );
}

#[test]
fn a_name_that_is_taken_meanwhile_is_asked_for() {
    let mut desk = kept();
    desk.loses().connects().server("-ERR bad-token no").server("-ERR name-silent somebody");
    desk.screen.clear();
    desk.waits(4).shows("").waits(1).shows("-> HELLO\n-> ENTER alice");
    desk.server("-ERR name-taken the name alice is taken; choose another")
        .prompts("new name?")
        .typed("9")
        .typed("alice2");
    desk.server("+OK entered 9 alice2").prompts("menu").shows(
        "!! the name alice is taken; choose another
        -- under which name do you want to go on?
        new name? > 9
        !! a name starts with a letter or _
        new name? > alice2
        -> HELLO
        -> ENTER alice2
        -- back after 5 s, as a new user: the server does not know your place any more
        -- what was said to you meanwhile is lost; rooms and announcements show what they keep
        -- you are alice2, user 9
        -> KEEP
        -> WATCH on
        -> LIST
        -- your chat with bob is over
        1 list   2 request NAME   3 quit   (help shows the rest)",
    );
    let mut desk = kept();
    desk.loses().connects().server("-ERR bad-token no\n-ERR name-taken it is taken").loses();
    assert_eq!(desk.model.order(), Order::Wait, "until a name is typed");
    desk.typed("bob");
    assert_eq!(desk.model.order(), Order::Dial);
    let mut desk = kept();
    desk.model.setup.scripted = true;
    desk.loses().connects();
    desk.screen.clear();
    desk.server("-ERR bad-token no\n-ERR name-taken it is taken");
    desk.shows("-> HELLO\n-> ENTER alice\n!! lab7:2428 does not let you in again: it is taken\n(leave 1)");
}

#[test]
fn some_farewells_are_for_good() {
    for reason in ["kicked", "banned", "resumed-elsewhere"] {
        let mut desk = kept();
        desk.server(&format!("* bye {reason} because")).loses();
        desk.shows("!! lab7:2428 hangs up: because\n(leave 1)");
    }
    let mut desk = kept();
    desk.server("* bye shutdown the server is shutting down").loses();
    assert_eq!(desk.model.order(), Order::Dial);
    desk.shows(
        "!! lab7:2428 hangs up: the server is shutting down
        -- lab7:2428 is out of reach; reconnecting (what you type waits)",
    );
}

#[test]
fn leaving_while_the_connection_is_lost_takes_no_waiting() {
    let mut desk = kept();
    desk.loses().typed("/quit");
    assert_eq!((desk.model.exit_code(), desk.model.order()), (Some(0), Order::Stop));
    let mut desk = kept();
    desk.loses().typed("unsent");
    desk.screen.clear();
    let actions = desk.model.handle_end_of_input();
    desk.draw(actions);
    desk.shows("!! left before the server had acknowledged 1 of your messages\n(leave 1)");
}

#[test]
fn what_waits_is_bounded() {
    let mut desk = kept();
    desk.loses().typed(&"x\n".repeat(250)).connects();
    assert_eq!(desk.screen.matches("200 lines wait already").count(), 50);
    desk.screen.clear();
    desk.server("+OK resumed 1 alice 3 0");
    assert_eq!(desk.screen.matches("-> SAY bob x").count(), 200);
    let mut desk = kept();
    desk.loses().typed(&"x\n".repeat(200)).typed("/quit");
    let told = "left before the server had acknowledged 200 of your messages";
    assert!(desk.screen.contains(told), "{}", desk.screen);
}

#[test]
fn what_is_on_its_way_already_takes_no_room_from_what_waits() {
    let mut desk = kept();
    desk.typed(&"y\n".repeat(300)).loses().typed(&"x\n".repeat(201));
    assert_eq!(desk.screen.matches("200 lines wait already").count(), 1);
    desk.connects();
    desk.screen.clear();
    desk.server("+OK resumed 1 alice 3 0");
    let sent = ["-> SAY bob y", "-> SAY bob x"].map(|line| desk.screen.matches(line).count());
    assert_eq!(sent, [300, 200]);
}

#[test]
fn no_number_a_server_says_hurts() {
    let mut desk = kept();
    desk.loses().connects().server("+OK resumed 1 alice 18446744073709551615 18446744073709551615\n* paired bob");
    desk.screen.clear();
    desk.server("+OK pong back1").prompts("bob");
    assert!(desk.screen.contains("18446744073709551615 before them were lost"), "{}", desk.screen);
    desk.server("* ping");
    assert!(desk.screen.contains("-> @ 18446744073709551615"), "{}", desk.screen);
}

#[test]
fn a_server_that_keeps_no_places_is_entered_anew() {
    let mut desk = Desk::new(|setup| {
        setup.wish = Wish::Name("alice".to_owned());
        setup.reconnect = true;
    });
    desk.server("+OK chatd 0.1.0 protocol 1\n+OK entered 1 alice\n-ERR unknown-command what?\n+OK");
    desk.server("+OK listed 0 0\n+OK listed 0 0\n* ping").loses().waits(1);
    desk.screen.clear();
    desk.connects().server("+OK entered 2 alice").prompts("menu");
    assert!(desk.screen.starts_with("-> HELLO\n-> ENTER alice\n-- back after 1 s, as"), "{}", desk.screen);
}

#[test]
fn a_silent_name_is_tried_again_unasked() {
    let mut desk = Desk::new(|setup| setup.wish = Wish::Name("alice".to_owned()));
    desk.server("+OK chatd 0.1.0 protocol 1\n-ERR name-silent somebody").waits(5).shows(
        "-> HELLO
        -> ENTER alice
        -- alice is in use, but silent; the server asks for a sign of life. Trying again in 5 s
        -> ENTER alice",
    );
    desk.server("-ERR name-taken the name alice is taken; choose another").prompts("name");
}
