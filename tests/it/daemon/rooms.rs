//! Rows 8 to 11: rooms, the lobby, one-shot messages, announcements, listings.

use crate::process::daemon::{Client, Daemon};

#[test]
fn row_8_rooms_are_made_joined_listed_talked_in_and_left() {
    let daemon = Daemon::start(&[]);
    daemon
        .script()
        .run(
            "A> ENTER alice
             A< +OK entered 1 alice
             B> ENTER bob
             B< +OK entered 2 bob
             C> ENTER carol
             C< +OK entered 3 carol
             A> JOIN #Dev
             A< * joined #Dev alice
             A< +OK room #Dev
             B> join #dev
             B< * joined #Dev bob
             B< +OK room #Dev
             A< * joined #Dev bob
             C> JOIN 2
             C< * joined #Dev carol
             C< +OK room #Dev
             A< * joined #Dev carol
             B< * joined #Dev carol
             C> ROOMS
             C< = room #Dev 3
             C< +OK listed 1 1
             C> MEMBERS #dev
             C< = member #Dev 1 alice
             C< = member #Dev 2 bob
             C< = member #Dev 3 carol
             C< +OK listed 3 3
             B> SAY #dev hello
             B< +OK taken 1 {time} 2
             A< * room 1 {time} #Dev bob hello
             C< * room 1 {time} #Dev bob hello
             B> LEAVE
             B< * left #Dev bob
             B< +OK room #Dev
             A< * left #Dev bob
             C< * left #Dev bob
             B> SAY #dev hello?
             B< -ERR not-in-room {any}
             C> QUIT
             C< +OK bye
             C< {closed}
             A< * left #Dev carol quit
             A> LEAVE #dev
             A< * left #Dev alice
             A< +OK room #Dev
             A> ROOMS
             A< +OK listed 0 0
             A> LEAVE
             A< -ERR in-no-room {any}",
        )
        .end();
}

#[test]
fn row_8_joining_a_user_who_is_in_no_room_opens_one_and_asks() {
    let daemon = Daemon::start(&[]);
    daemon
        .script()
        .run(
            "A> ENTER alice
             A< +OK entered 1 alice
             B> ENTER bob
             B< +OK entered 2 bob
             A> JOIN bob
             A< * joined #alice alice
             A< +OK ringing bob #alice 60
             B< * request alice #alice 60
             B> REJECT
             B< +OK
             A< * declined bob rejected
             A> LEAVE
             A< * left #alice alice
             A< +OK room #alice
             A> JOIN 2
             A< * joined #alice alice
             A< +OK ringing bob #alice 60
             B< * request alice #alice 60
             B> ACCEPT
             B< * joined #alice bob
             B< +OK
             A< * joined #alice bob
             B> JOIN alice
             B< -ERR already-in-room {any}",
        )
        .end();
}

#[test]
fn row_8_rooms_work_in_a_session_and_are_told_apart() {
    let daemon = Daemon::start(&[]);
    daemon
        .script()
        .run(
            "A> ENTER alice
             A< +OK entered 1 alice
             B> ENTER bob
             B< +OK entered 2 bob
             A> JOIN
             A< * joined #lobby alice
             A< +OK room #lobby
             B> JOIN
             B< * joined #lobby bob
             B< +OK room #lobby
             A< * joined #lobby bob
             A> REQUEST bob
             A< +OK ringing bob session 60
             B< * request alice session 60
             B> ACCEPT
             B< * paired alice
             B< +OK
             A< * paired bob
             A> SAY #lobby aloud
             A< +OK taken 1 {time} 1
             B< * room 1 {time} #lobby alice aloud
             A> SAY bob softly
             A< +OK taken 2 {time} 1
             B< * said 2 {time} alice softly",
        )
        .end();
}

#[test]
fn row_9_who_gives_no_name_is_a_guest_and_the_lobby_needs_no_name_either() {
    let daemon = Daemon::start(&[]);
    let mut script = daemon.script();
    let (a, b) = (script.client('A').port(), script.client('B').port());
    script
        .run(&format!(
            "A> ENTER
             A< +OK entered 1 USER{a}
             B> enter
             B< +OK entered 2 USER{b}
             A> JOIN
             A< * joined #lobby USER{a}
             A< +OK room #lobby
             B> join
             B< * joined #lobby USER{b}
             B< +OK room #lobby
             A< * joined #lobby USER{b}
             B> SAY #lobby hi
             B< +OK taken 1 {{time}} 1
             A< * room 1 {{time}} #lobby USER{b} hi
             B> Leave
             B< * left #lobby USER{b}
             B< +OK room #lobby
             A< * left #lobby USER{b}
             C> ENTER USER{a}
             C< -ERR bad-name {{any}}"
        ))
        .end();
}

#[test]
fn row_10_private_messages_and_announcements_reach_people_in_every_state() {
    let daemon = Daemon::start(&[]);
    daemon
        .script()
        .run(
            "A> ENTER alice
             A< +OK entered 1 alice
             B> ENTER bob
             B< +OK entered 2 bob
             C> ENTER carol
             C< +OK entered 3 carol
             D> HELLO
             D< +OK chatd {any}
             A> REQUEST bob
             A< +OK ringing bob session 60
             B< * request alice session 60
             C> PRIVATE alice while asking
             C< +OK taken 1 {time} 1
             A< * private 1 {time} carol while asking
             B> ACCEPT
             B< * paired alice
             B< +OK
             A< * paired bob
             C> PRIVATE bob while chatting
             C< +OK taken 2 {time} 1
             B< * private 2 {time} carol while chatting
             C> ANNOUNCE to all
             C< +OK taken 3 {time} 2
             A< * announced 3 {time} carol to all
             B< * announced 3 {time} carol to all
             C> PRIVATE dave hello
             C< -ERR no-such-user {any}
             C> PRIVATE carol hello
             C< -ERR yourself {any}
             C> PRIVATE alice
             C< -ERR empty-text {any}
             C> ANNOUNCE
             C< -ERR empty-text {any}",
        )
        .end();
}

#[test]
fn row_11_a_listing_shows_number_name_state_address_and_time() {
    let daemon = Daemon::start(&[]);
    let mut script = daemon.script();
    let (a, b) = (script.client('A').port(), script.client('B').port());
    script
        .run(&format!(
            "A> ENTER alice
             A< +OK entered 1 alice
             B> ENTER bob
             B< +OK entered 2 bob
             A> LIST
             A< = user 1 alice available - 127.0.0.1:{a} {{id}}
             A< = user 2 bob available - 127.0.0.1:{b} {{id}}
             A< +OK listed 2 2
             A> LIST 1
             A< = user 2 bob available - 127.0.0.1:{b} {{id}}
             A< +OK listed 1 2"
        ))
        .end();
}

#[test]
fn row_11_hidden_addresses_are_shown_to_the_operator_only() {
    let mut daemon = Daemon::with_console(&["--hide-addresses"]);
    let mut alice = daemon.user("alice");
    alice.ask("LIST", &["= user 1 alice available - - {id}", "+OK listed 1 1"]);
    daemon.type_line("list");
    daemon.expect_out("   UID  NAME {any}");
    let row = daemon.expect_out("     1  alice {any}");
    assert!(row.ends_with(&format!("127.0.0.1:{}", alice.port())), "{row}");
    daemon.expect_out("1 in all");
}

#[test]
fn new_names_are_ascii_where_the_operator_says_so() {
    let daemon = Daemon::start(&["--ascii-names"]);
    let mut alice = daemon.user("alice");
    alice.ask("JOIN #кафе", &["-ERR ascii-names {any}"]);
    alice.ask("JOIN #cafe", &["* joined #cafe alice", "+OK room #cafe"]);
    let mut other = Client::connect(daemon.address());
    other.ask("ENTER Zoë", &["-ERR ascii-names {any}"]);
    other.ask("ENTER A1ice", &["-ERR name-taken {any}"]);
    other.ask("ENTER Zoe", &["+OK entered 2 Zoe"]);
}

#[test]
fn what_is_said_of_a_name_is_said_of_those_that_look_like_it() {
    let mut daemon = Daemon::with_console(&[]);
    let mut coco = daemon.user("сосо");
    let mut bob = daemon.user("bob");
    bob.ask("IGNORE coco", &["+OK"]);
    bob.ask("IGNORE", &["= ignored сосо", "+OK listed 1 1"]);
    daemon.type_line("mute COCO");
    daemon.expect_out("{any}");
    coco.ask("ANNOUNCE hello", &["-ERR muted {any}"]);
    daemon.type_line("list");
    daemon.expect_out("   UID  NAME                      STATE                                 HERE  FROM");
    daemon.expect_out("     1  сосо                      available                          {any}");
    daemon.expect_out("     2  bob                       available                          {any}");
    daemon.expect_out("2 in all");
    daemon.type_line("ban c0c0");
    daemon.expect_out("{any}");
    coco.expect("* bye banned {any}");
    let mut again = Client::connect(daemon.address());
    again.ask("ENTER Coco", &["-ERR banned {any}"]);
}
