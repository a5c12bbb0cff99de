//! Coming in, leaving, and servers that are none or fail.

use super::super::*;
use super::Desk;
use crate::chat::RoomName;

#[test]
fn a_name_is_asked_for_until_one_will_do() {
    let mut desk = Desk::new(|_| {});
    desk.server("+OK chatd 0.1.0 protocol 1").prompts("name").typed("9lives").typed("bob");
    desk.server("-ERR name-taken the name bob is taken; choose another").prompts("name").typed("alice");
    desk.server("+OK entered 3 alice\n+OK").shows(
        "-> HELLO
        name > 9lives
        !! a name starts with a letter or _
        name > bob
        -> ENTER bob
        !! the name bob is taken; choose another
        -- if that is you: it is free half a minute after that connection broke
        name > alice
        -> ENTER alice
        You are alice, user 3 at lab7:2428.
        -> WATCH on
        -> LIST
        -> ROOMS",
    );
    desk.server("= user 2 bob chatting carol 127.0.0.1:5002 61\n= user 11 carol chatting bob - 9");
    desk.server("= user 3 alice available - - 0\n+OK listed 3 3").shows(
        "2 others are here:
            2  bob    chatting with carol
           11  carol  chatting with bob",
    );
    desk.server("= room #lobby 3\n= room #dev 1\n+OK listed 2 2").shows(
        "Rooms: #lobby (3)  #dev (1)
        1 list   2 request NAME   3 quit   (help shows the rest)",
    );
    desk.prompts("menu");
}

#[test]
fn a_name_that_may_be_free_in_a_moment_is_offered_again() {
    let mut desk = Desk::new(|setup| setup.wish = Wish::Name("alice".to_owned()));
    assert!(!desk.model.is_at_chatd());
    desk.server("+OK chatd 0.1.0 protocol 1");
    assert!(desk.model.is_at_chatd());
    for _ in 0..4 {
        desk.server("-ERR name-silent somebody has that name; try again in 5 s").waits(5);
    }
    assert_eq!(desk.model.offered_name(), Some("alice"));
    desk.typed("bob").server("-ERR name-taken the name bob is taken");
    assert_eq!(desk.model.offered_name(), None);
}

#[test]
fn an_empty_name_and_the_wish_to_be_one_make_a_guest() {
    let mut desk = Desk::new(|_| {});
    desk.server("+OK chatd 0.1.0 protocol 1").typed("  ").shows("-> HELLO\nname >\n-> ENTER");
    let mut desk = Desk::new(|setup| setup.wish = Wish::Guest);
    desk.server("+OK chatd 0.1.0 protocol 1").shows("-> HELLO\n-> ENTER");
}

#[test]
fn who_thinks_too_long_about_a_name_is_connected_again() {
    let mut desk = Desk::new(|_| {});
    desk.server("+OK chatd 0.1.0 protocol 1").typed("alice");
    desk.server("* bye entry-timeout you did not enter in time");
    let actions = desk.model.handle_closed(desk.now);
    desk.draw(actions);
    let actions = desk.model.handle_connected(desk.now);
    desk.draw(actions);
    desk.server("+OK chatd 0.1.0 protocol 1").shows(
        "-> HELLO
        name > alice
        -> ENTER alice
        (connect)
        -> HELLO
        -> ENTER alice",
    );
    let actions = desk.model.handle_closed(desk.now);
    desk.draw(actions);
    desk.shows("!! lab7:2428 hung up before it let us in\n(leave 1)");
}

#[test]
fn what_is_not_chatd_is_told_so() {
    for line in ["HTTP/1.1 400 Bad Request", "", "+OK POP3 ready", "* OK IMAP4 ready", "\u{fffd}\u{fffd}"] {
        let mut desk = Desk::new(|_| {});
        desk.server(&format!("{line}\n"));
        let actions = desk.model.handle_closed(desk.now);
        desk.draw(actions);
        desk.shows("-> HELLO\n!! lab7:2428 does not speak chatd's protocol\n(leave 1)");
    }
    let mut desk = Desk::new(|_| {});
    desk.server("* hello This is chatd\n-ERR full too many connections").shows(
        "-> HELLO
        !! lab7:2428 refuses: too many connections
        (leave 1)",
    );
}

#[test]
fn leaving_is_no_accident_and_an_accident_no_leaving() {
    let mut desk = Desk::inside();
    desk.typed("3").server("+OK bye");
    let actions = desk.model.handle_closed(desk.now);
    desk.draw(actions);
    desk.shows("menu > 3\n-> QUIT\n(leave 0)");
    let mut desk = Desk::inside();
    let actions = desk.model.handle_closed(desk.now);
    desk.draw(actions);
    desk.shows("!! the connection to lab7:2428 is lost\n(leave 1)");
    let mut desk = Desk::inside();
    desk.server("* bye shutdown the server is shutting down");
    let actions = desk.model.handle_closed(desk.now);
    desk.draw(actions);
    desk.shows("!! lab7:2428 hangs up: the server is shutting down\n(leave 1)");
}

#[test]
fn a_server_that_talks_nonsense_hurts_nobody() {
    let mut desk = Desk::inside();
    desk.server("+OK\n-ERR\n-ERR x y\n+OK listed 5 5 9\n* paired 9lives\n* said x y z\n= user\n@tag x\n* \n\u{1b}[2J");
    desk.shows("").prompts("menu");
    for number in 0..10_000 {
        desk.server(&format!("= room #r{number} 1\n* request u{number} session 60"));
    }
    desk.server("* joined #r5 alice\n* joined #r5 alice\n* left #r6 alice");
    desk.screen.clear();
    desk.prompts("#r5");
    assert_eq!(desk.model.prompt(), Prompt::Line(Focus::Room(RoomName::new("#R5").unwrap())));
}

#[test]
fn a_command_typed_as_a_name_has_to_be_meant() {
    let mut desk = Desk::new(|_| {});
    desk.server("+OK chatd 0.1.0 protocol 1").typed("quit").typed("yes").typed("yes").shows(
        "-> HELLO
        name > quit
        -- quit would be your name here, and is a command; type it again to be called so, Ctrl-D leaves
        name > yes
        -- yes would be your name here, and is a command; type it again to be called so, Ctrl-D leaves
        name > yes
        -> ENTER yes",
    );
    // A name that somebody gives on the command line is meant.
    let mut desk = Desk::new(|setup| setup.wish = Wish::Name("list".to_owned()));
    desk.server("+OK chatd 0.1.0 protocol 1").shows("-> HELLO\n-> ENTER list");
}

/// Nothing is heard for as long as a server may take.
fn hears_nothing(desk: &mut Desk) -> &mut Desk {
    let actions = desk.model.handle_timeout();
    desk.draw(actions);
    desk
}

#[test]
fn a_line_on_which_nothing_is_heard_is_tried_again() {
    let comes_back = |setup: &mut Setup| {
        setup.wish = Wish::Name("alice".to_owned());
        setup.reconnect = true;
    };
    let mut desk = Desk::new(comes_back);
    hears_nothing(&mut desk).connects();
    hears_nothing(&mut desk).connects().server("+OK chatd 0.1.0 protocol 1");
    hears_nothing(&mut desk).connects();
    hears_nothing(&mut desk).connects().server("+OK chatd 0.1.0 protocol 1\n+OK entered 3 alice").shows(
        "-> HELLO
        -- lab7:2428 took the connection but says nothing; is that chatd? Trying again (Ctrl-C leaves)
        (connect)
        -> HELLO
        -- lab7:2428 took the connection but says nothing; is that chatd? Trying again (Ctrl-C leaves)
        (connect)
        -> HELLO
        -> ENTER alice
        -- lab7:2428 does not answer; trying again (Ctrl-C leaves)
        (connect)
        -> HELLO
        -- lab7:2428 does not answer; trying again (Ctrl-C leaves)
        (connect)
        -> HELLO
        -> ENTER alice
        You are alice, user 3 at lab7:2428.
        -> KEEP
        -> WATCH on
        -> LIST
        -> ROOMS",
    );
    let mut desk = Desk::new(|setup| setup.scripted = true);
    hears_nothing(&mut desk);
    desk.shows("-> HELLO\n!! lab7:2428 took the connection but says nothing; is that chatd?\n(leave 1)");
}

#[test]
fn a_password_that_nobody_answers_is_said_again() {
    let mut desk = Desk::new(|setup| {
        (setup.wish, setup.reconnect) = (Wish::Guest, true);
        setup.password = Some("secret".to_owned());
    });
    desk.server("+OK chatd 0.1.0 protocol 1\n-ERR password-required say PASSWORD first");
    hears_nothing(&mut desk).connects();
    desk.server("+OK chatd 0.1.0 protocol 1\n-ERR password-required say PASSWORD first").shows(
        "-> HELLO
        -> ENTER
        -> PASSWORD secret
        -- lab7:2428 does not answer; trying again (Ctrl-C leaves)
        (connect)
        -> HELLO
        -> ENTER
        -> PASSWORD secret",
    );
}
