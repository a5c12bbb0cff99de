//! What is typed: commands, questions, pastes, completion.

use super::super::*;
use super::Desk;

#[test]
fn questions_are_asked_for_what_is_missing() {
    let mut desk = Desk::inside();
    desk.typed("2").prompts("who?").typed("bob").server("-ERR busy busy: bob is chatting with carol");
    desk.typed("private").prompts("to whom?").typed("bob").prompts("text to bob?").typed("  psst, bob ");
    desk.server("+OK taken 5 @NOON 1").typed("announce").typed("").prompts("menu");
    desk.typed("private nobody hi").server("-ERR no-such-user nobody here is nobody; LIST shows who is").shows(
        "menu > 2
        who? > bob
        -> REQUEST bob
        !! busy: bob is chatting with carol
        menu > private
        to whom? > bob
        text to bob? >   psst, bob
        -> PRIVATE bob   psst, bob
              ✓ 12:00 to bob
        menu > announce
        announcement? >
        -- nothing was sent
        menu > private nobody hi
        -> PRIVATE nobody hi
        !! not sent to nobody: nobody here is nobody; list shows who is",
    );
    desk.typed("request");
    let actions = desk.model.handle_interrupt();
    desk.draw(actions);
    desk.prompts("menu").shows("menu > request\n-- nobody was asked");
}

#[test]
fn what_is_nearly_right_is_answered_with_what_to_type() {
    let mut desk = Desk::inside();
    desk.server("* opened #dev").screen.clear();
    desk.typed("join dev").typed("2 bob and carol").typed("private 2").typed("quit").typed("").shows(
        "menu > join dev
        !! the names of rooms begin with #: join #dev
        menu > 2 bob and carol
        !! one user is asked at a time: 2 bob
        menu > private 2
        text to bob? > quit
        !! quit looks like a command, and a text is asked for here; nothing: never mind
        text to bob? >
        -- nothing was sent",
    );
    desk.server("* opened #bob").typed("join bob");
    assert!(desk.screen.ends_with("-> JOIN bob\n"), "{}", desk.screen);
    desk.server("-ERR in-no-room bob is in no room").screen.clear();
    for typed in ["quit", "/quit", ".exit", "3", "<quit>", "exit"] {
        desk.typed("announce").typed(typed);
        assert!(desk.screen.contains("a text is asked for here"), "{}", desk.screen);
        desk.typed("").prompts("menu").screen.clear();
    }
    desk.server("* paired bob").types("/quit now").typed("/quit now").shows(
        "-- you are chatting with bob; quit ends it, /help shows more
        bob > /quit now
        !! quit is a command of one word; nothing was done
        (back: /quit now)",
    );
}

#[test]
fn several_pasted_lines_go_in_order() {
    let mut desk = Desk::inside();
    desk.server("* joined #lobby alice\n+OK listed 0 0");
    desk.screen.clear();
    desk.pastes("one\r\n\n  two\n/rooms\n//three\nquit").shows(
        "#lobby > one

          two
        /rooms
        //three
        quit
        -> SAY #lobby one
        -> SAY #lobby   two
        -> SAY #lobby /rooms
        -> SAY #lobby //three
        -> SAY #lobby quit",
    );
    // Typed so far as the name, or called back: what follows goes the same way.
    desk.typed("/private bob\npsst\n/menu\nquit").shows(
        "#lobby > /private bob
        psst
        /menu
        quit
        -> PRIVATE bob psst
        -> PRIVATE bob /menu
        -> PRIVATE bob quit",
    );
    desk.typed("/list\nquit").shows(
        "#lobby > /list
        quit
        !! a command is one line; nothing was done. In a chat or a room several lines are text
        (back: /list
        quit)",
    );
}

#[test]
fn one_tick_stands_for_all_that_was_on_its_way() {
    let mut desk = Desk::inside();
    desk.server("* paired bob").typed("one\ntwo\nthree").server("+OK taken 1 @NOON 1\n+OK taken 2 @NOON 1");
    desk.server("* said 3 @NOON bob yes?\n+OK taken 4 @NOON 1").typed("four\nfive").server("+OK taken 5 @NOON 1");
    desk.server("-ERR wrong-partner you are chatting with carol; nothing was said").shows(
        "-- you are chatting with bob; quit ends it, /help shows more
        bob > one
        two
        three
        -> SAY bob one
        -> SAY bob two
        -> SAY bob three
        12:00 bob: yes?
              ✓ 12:00 3 messages
        bob > four
        five
        -> SAY bob four
        -> SAY bob five
        !! not delivered to bob: you are chatting with carol; nothing was said
              ✓ 1 before that",
    );
}

#[test]
fn endless_texts_are_split_and_control_characters_replaced() {
    let mut desk = Desk::inside();
    desk.server("* paired bob");
    let sent = |actions: Vec<Action>| {
        let line = |action| if let Action::Send(line) = action { Some(line) } else { None };
        actions.into_iter().filter_map(line).collect::<Vec<_>>()
    };
    let lines = sent(desk.model.handle_typed(&"word ".repeat(1000)));
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.len() < crate::limits::LINE_BYTES && line.starts_with("SAY bob word ")));
    assert_eq!(sent(desk.model.handle_typed("a\x1b[2Jb")), ["SAY bob a\u{fffd}[2Jb"]);
}

#[test]
fn unknown_commands_are_never_sent() {
    let mut desk = Desk::inside();
    desk.typed("hello everybody").typed("Bob: hi").typed("BOB hi").typed("kick bob").typed("enter x").shows(
        "menu > hello everybody
        !! there is no command hello; help shows those there are
        menu > Bob: hi
        !! there is no command Bob:; help shows those there are
        menu > BOB hi
        !! there is no command BOB; 2 BOB asks BOB for a private chat
        menu > kick bob
        !! there is no command kick; help shows those there are
        menu > enter x
        !! there is no command enter; help shows those there are",
    );
}

#[test]
fn listings_are_tables_and_go_on_to_their_end() {
    let mut desk = Desk::inside();
    desk.typed("<LIST>").server("= user 1 alice available - 127.0.0.1:5001 3\n= user 22 bob chatting carol - 90000");
    desk.server("+OK listed 2 3 22\n= user 23 carol chatting bob - 4000\n+OK listed 1 3").shows(
        "menu > <LIST>
        -> LIST
          UID  name   state                address         here for
            1  alice  available            127.0.0.1:5001  3 s  (you)
           22  bob    chatting with carol  -               1 d 1 h
        -> LIST 22
           23  carol  chatting with bob  -        1 h 6 min",
    );
    assert_eq!(desk.model.complete("2 ca"), (2, vec!["carol ".to_owned()]));
    desk.typed("rooms").server("= room #lobby 1\n= room #long-name 12\n+OK listed 2 2").typed("requests");
    desk.server("= request-from bob #dev 7\n= request-to carol session 8\n+OK listed 2 2").shows(
        "menu > rooms
        -> ROOMS
          #lobby      1 person
          #long-name  12 people
        menu > requests
        -> REQUESTS
          bob asks you to join #dev  (7 s left)
          you ask carol for a private chat  (8 s left)",
    );
}

#[test]
fn it_is_said_whose_private_lines_may_be_lost() {
    let mut desk = Desk::inside();
    desk.server("* unread bob 3\n* unread carol 1").shows(
        "-- it is not known whether bob has read 3 of your private lines; they may be lost
        -- it is not known whether carol has read 1 of your private lines; it may be lost",
    );
}

#[test]
fn who_is_reconnecting_is_not_counted_among_those_who_are_told() {
    let mut desk = Desk::inside();
    desk.server("* joined #dev alice\n+OK listed 0 0");
    desk.screen.clear();
    for (counts, says) in [
        ("3", "to 3"),
        ("3 1", "to 3, and 1 who is reconnecting"),
        ("0 2", "to 0, and 2 who are reconnecting"),
        ("0", "nobody else is in #dev"),
    ] {
        desk.typed("hi").server(&format!("+OK taken 1 @NOON {counts}"));
        assert!(desk.screen.ends_with(&format!("✓ 12:00 {says}\n")), "{}", desk.screen);
    }
    for (typed, says) in [
        ("/announce hi", "to 0 people, and 1 who is reconnecting"),
        ("/private carol hi", "to carol, who is reconnecting"),
    ] {
        desk.typed(typed).server("+OK taken 1 @NOON 0 1");
        assert!(desk.screen.ends_with(&format!("✓ 12:00 {says}\n")), "{}", desk.screen);
    }
    desk.server("* paired bob").typed("hi").server("+OK taken 1 @NOON 0 1");
    assert!(desk.screen.ends_with("✓ 12:00 to bob, who is reconnecting\n"), "{}", desk.screen);
    let mut desk = Desk::inside_as(|setup| setup.plain = true);
    desk.typed("announce hi").server("+OK taken 9 @NOON 3 1");
    assert!(desk.screen.ends_with("ok 9 to 3, and 1 who is reconnecting\n"), "{}", desk.screen);
}

#[test]
fn one_who_is_too_fast_is_told_how_long_it_takes() {
    let mut desk = Desk::inside();
    desk.server("* waiting 17").shows("-- you are faster than the server allows; what you sent takes 17 s");
}

#[test]
fn tab_knows_who_is_here_now() {
    let mut desk = Desk::inside();
    let offers = |desk: &Desk, line: &str| desk.model.complete(line).1.join("").trim_end().to_owned();
    desk.server("* entered 7 Barbara\n* opened #dev");
    assert_eq!(offers(&desk, "request B"), "Barbara bob");
    desk.server("* gone bob quit");
    assert_eq!(offers(&desk, "request b"), "Barbara");
    assert_eq!(offers(&desk, "join #D"), "#dev");
    assert_eq!(offers(&desk, "mem"), "members");
    assert_eq!(offers(&desk, "/mem"), "/members");
    assert_eq!(offers(&desk, "help anno"), "announce");
    assert_eq!(offers(&desk, "yes "), "");
    desk.server("* request carol session 60");
    assert_eq!(offers(&desk, "yes "), "carol");
    desk.server("* joined #lobby alice");
    assert_eq!(offers(&desk, "mem"), "", "a word in a chat is no command");
    assert_eq!(offers(&desk, "/mem"), "/members");
    assert_eq!(offers(&desk, "hi bar"), "Barbara");
    assert_eq!(offers(&desk, "see #d"), "#dev");
    assert_eq!(offers(&desk, "/leave "), "#lobby");
    assert_eq!(offers(&desk, "/focus #l"), "#lobby");
    assert_eq!(offers(&desk, "日本 ü"), "");
}

#[test]
fn settings_are_told_and_marks_are_listed() {
    let mut desk = Desk::inside();
    desk.typed("away lunch").server("+OK").typed("ignore bob").server("+OK").typed("ignore");
    desk.server("= ignored bob\n+OK listed 1 1").typed("here").server("+OK").typed("private carol hi");
    desk.server("* away carol back at two\n+OK taken 1 @NOON 1").shows(
        "menu > away lunch
        -> AWAY lunch
        -- you are shown as away; here ends that
        menu > ignore bob
        -> IGNORE bob
        -- you ignore bob; unignore bob ends that
        menu > ignore
        -> IGNORE
        -- you ignore bob
        menu > here
        -> HERE
        -- you are shown as here
        menu > private carol hi
        -> PRIVATE carol hi
        -- carol is away: back at two
              ✓ 12:00 to carol",
    );
    desk.typed("1")
        .server("= user 1 alice chatting bob - 3 dnd muted away\n= user 2 bob available - - 3 away at lunch");
    desk.server("= user 3 carol available - - 3 dnd\n= user 4 dave chatting x - 3 reconnecting dnd\n+OK listed 4 4");
    desk.shows(
        "menu > 1
        -> LIST
          UID  name   state              address  here for
            1  alice  chatting with bob  -        3 s  do not disturb, muted, away  (you)
            2  bob    away               -        3 s  away: at lunch
            3  carol  do not disturb     -        3 s
            4  dave   reconnecting       -        3 s  do not disturb",
    );
}

#[test]
fn what_was_said_before_is_told_as_such() {
    let mut desk = Desk::inside();
    desk.server("* joined #dev alice\n* earlier 1 @NOON #dev bob hello\n* earlier 1 2026-11-15T22:28:00.000Z #dev carol hello\n+OK listed 0 0\n* dropped bob\n* returned bob");
    desk.shows(
        "-- welcome to #dev; a line goes to everybody in it, leave leaves
        -> MEMBERS #dev
        -- #dev keeps its last lines for those who come later:
        12:00 (earlier) bob: hello
        2026-11-15 22:28 (earlier) carol: hello
        -- in #dev:
        -- bob has lost the connection and may come back
        -- bob is back",
    );
}

#[test]
fn what_was_announced_before_says_when() {
    let mut desk = Desk::new(|setup| setup.wish = Wish::Guest);
    desk.server("+OK chatd 0.1.0 protocol 1\n* announced-earlier 1 2026-11-01T08:00:00.000Z operator moving").shows(
        "-> HELLO
        -> ENTER
        2026-11-01 08:00 [everyone, earlier] operator: moving",
    );
}

#[test]
fn who_watches_sees_rooms_open_and_close() {
    let mut desk = Desk::inside();
    desk.server("* opened #dev\n* joined #x alice\n* opened #x\n+OK listed 0 0\n* closed #dev").shows(
        "-- #dev is open
        -- welcome to #x; a line goes to everybody in it, leave leaves
        -> MEMBERS #x
        -- in #x:
        -- #dev is closed",
    );
    let mut desk = Desk::inside_as(|setup| setup.quiet = true);
    desk.server("* opened #dev\n* closed #dev").shows("");
}
