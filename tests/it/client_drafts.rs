//! chatc in a terminal: a line goes where its prompt said when it was begun, and nothing looks like
//! something else.

use crate::process::client::server::{Client, NOON, answer};
use crate::process::client::{Server, Terminal};

const CTRL_C: &str = "\x03";
const CTRL_L: &str = "\x0c";
const CTRL_U: &str = "\x15";
const YES: &str = "\x18y";
const NO: &str = "\x18n";

/// A bracketed paste.
fn paste(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

/// What was sent besides what every client sends.
fn sent(server: &Server) -> Vec<String> {
    let lines = server.received().into_iter();
    lines.filter(|line| !line.starts_with("ENTER") && !line.starts_with('@') && line != "PING").collect()
}

#[test]
fn a_command_begun_at_the_menu_stays_one_when_a_chat_begins() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    chatc.press("2 bob\r");
    chatc.shows("it rings at bob");
    chatc.press("private carl he is so slow");
    chatc.prompts("menu > private carl he is so slow");
    server.say("* paired bob");
    chatc.shows(
        "-- you are chatting with bob; quit ends it, /help shows more\n           menu > private carl he is so slow",
    );
    chatc.press(" to answer\r");
    server.wait_for("PRIVATE carl he is so slow to answer");
    chatc.prompts("to bob > ");
    assert_eq!(sent(&server), ["REQUEST bob", "PRIVATE carl he is so slow to answer"]);
}

#[test]
fn a_line_begun_in_a_chat_that_ends_comes_back_and_reaches_nobody() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* joined #dev alice\n* paired bob");
    chatc.prompts("to bob > ");
    chatc.press("announce it to every");
    chatc.prompts("to bob > announce it to every");
    server.say("* ended bob by-partner");
    chatc.shows("-- bob ended the chat");
    chatc.prompts("to bob > announce it to every");
    // Whoever presses Enter twice does not mean it.
    chatc.press("one\r\r");
    chatc.shows("!! not sent: the chat with bob in which you began this line is over");
    chatc.shows("-- not sent: change the line first, or clear it with Ctrl-U");
    chatc.prompts("menu > announce it to everyone");
    assert_eq!(sent(&server), ["MEMBERS #dev"]);
    chatc.press("\x01private bob \r");
    server.wait_for("PRIVATE bob announce it to everyone");
}

#[test]
fn both_may_type_quit_at_once() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    chatc.press("qui");
    chatc.prompts("to bob > qui");
    server.say("* ended bob by-partner");
    chatc.shows("-- bob ended the chat");
    chatc.press("t\r\r");
    chatc.shows("!! not sent: the chat with bob in which you began this line is over");
    chatc.prompts("menu > quit");
    chatc.press(&format!("{CTRL_U}requests\r"));
    server.wait_for("REQUESTS");
    assert_eq!(sent(&server), ["REQUESTS"]);
}

#[test]
fn a_new_chat_with_the_same_name_is_not_the_old_one() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    chatc.press("between us");
    chatc.prompts("to bob > between us");
    server.say("* ended bob gone\n* paired bob");
    chatc.shows("bob is gone; the chat is over");
    chatc.press("\r");
    chatc.shows("!! not sent: the chat with bob");
    chatc.prompts("to bob > between us");
    assert!(sent(&server).is_empty());
    chatc.press("!\r");
    server.wait_for("SAY bob between us!");
}

#[test]
fn a_line_begun_in_a_room_goes_there_or_comes_back() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* joined #dev alice");
    chatc.prompts("#dev > ");
    chatc.press("hello");
    chatc.prompts("#dev > hello");
    server.say("* joined #boss alice");
    chatc.shows("welcome to #boss");
    chatc.press(" dev\r");
    server.wait_for("SAY #dev hello dev");
    chatc.prompts("#boss > ");
    chatc.press("hello boss");
    chatc.prompts("#boss > hello boss");
    server.say("* left #boss alice");
    chatc.shows("-- you left #boss");
    chatc.press("\r");
    chatc.shows("!! not sent: you are not in #boss any more");
    chatc.prompts("menu > hello boss");
}

#[test]
fn a_bare_yes_answers_only_the_request_that_stood_when_it_was_begun() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* request bob session 60");
    chatc.shows(">> bob asks you for a private chat");
    chatc.press("ye");
    chatc.prompts("menu > ye");
    server.say("* withdrawn bob cancelled\n* request carol session 60");
    chatc.shows(">> carol asks you for a private chat");
    chatc.press("s\r");
    chatc.shows("!! the request of bob is over; nothing was answered");
    chatc.prompts("menu > yes");
    assert!(sent(&server).is_empty());
    chatc.press(&format!("{CTRL_U}yes\r"));
    server.wait_for("ACCEPT carol");
}

#[test]
fn a_key_answers_a_request_and_the_draft_is_kept() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* joined #lobby alice");
    chatc.prompts("#lobby > ");
    chatc.press("so I was thinking about the sched");
    chatc.prompts("#lobby > so I was thinking about the sched");
    server.say("* request bob session 60");
    chatc.shows("/yes bob or /no bob? (60 s) Ctrl-X y or n\n         #lobby > so I was thinking about the sched");
    chatc.press(NO);
    server.wait_for("REJECT bob");
    chatc.shows("-- bob is told no");
    server.say("* request bob session 60");
    chatc.waits("the second request", |screen| screen.contents().matches(">> bob asks you").count() == 2);
    chatc.press(YES);
    server.wait_for("ACCEPT bob");
    chatc.shows("-- you are chatting with bob");
    chatc.prompts("#lobby > so I was thinking about the sched");
    chatc.press("ule\r");
    server.wait_for("SAY #lobby so I was thinking about the schedule");
    chatc.prompts("to bob > ");
}

#[test]
fn a_key_pressed_too_late_answers_nobody_else() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* request bob session 60\n* withdrawn bob cancelled\n* request carol session 60");
    chatc.shows(">> carol asks you");
    chatc.press(&format!("draft{YES}"));
    chatc.shows(
        "!! the request of bob is over; nothing was answered\n>> carol asks you for a private chat: Ctrl-X y or n?",
    );
    assert!(sent(&server).is_empty());
    chatc.prompts("menu > draft");
    chatc.press(NO);
    server.wait_for("REJECT carol");
    chatc.prompts("menu > draft");
}

#[test]
fn what_belongs_to_a_question_stays_there() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    chatc.press("2\r");
    chatc.prompts("who? > ");
    server.say("* request bob session 60");
    chatc.shows(">> bob asks you");
    chatc.press("yes\r");
    chatc.shows("!! yes is nobody's name; one name is asked for here, or nothing: never mind");
    chatc.press("/list\r");
    chatc.shows("!! /list is nobody's name");
    chatc.prompts("who? > ");
    chatc.press("zo");
    chatc.prompts("who? > zo");
    server.say("* paired dave");
    chatc.shows("you are chatting with dave");
    chatc.press("e\r");
    server.wait_for("REQUEST zoe");
    chatc.prompts("to dave > ");
    assert_eq!(sent(&server), ["REQUEST zoe"]);
}

#[test]
fn a_paste_is_text_whatever_it_says() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    chatc.press(&format!("{}\r", paste("one\rquit\r/usr/bin/x\r/quit\r<private> cat x\r//y\rlast\r")));
    server.wait_for("SAY bob last");
    chatc.press(&format!("{}\r", paste("quit")));
    server.wait_for("SAY bob quit");
    chatc.press(&format!("{}\r", paste("/usr/bin/env")));
    server.wait_for("SAY bob /usr/bin/env");
    // What is typed in front decides.
    chatc.press(&format!("/private carol {}\r", paste("a\nquit")));
    server.wait_for("PRIVATE carol quit");
    let said = ["one", "quit", "/usr/bin/x", "/quit", "<private> cat x", "//y", "last", "quit", "/usr/bin/env"];
    let mut expected: Vec<_> = said.iter().map(|text| format!("SAY bob {text}")).collect();
    expected.extend(["PRIVATE carol a".to_owned(), "PRIVATE carol quit".to_owned()]);
    assert_eq!(sent(&server), expected);
}

#[test]
fn a_paste_at_the_menu_does_nothing_before_it_is_looked_at() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* request bob session 60");
    chatc.shows(">> bob asks you");
    for line in ["yes", "3", "quit", "/usr/bin/x"] {
        chatc.press(&format!("{}\r", paste(line)));
        chatc.shows(&format!("!! \"{line}\" was pasted; nothing was done. Enter takes it for a command"));
        chatc.prompts(&format!("menu > {line}"));
        chatc.press(CTRL_U);
    }
    chatc.press(&format!("{}\r", paste("quit\nyes")));
    chatc.shows("!! a command is one line; nothing was done.");
    assert!(sent(&server).is_empty());
    chatc.press(CTRL_C);
    chatc.prompts("menu > ");
    chatc.press(&format!("{}\r\r", paste("requests")));
    server.wait_for("REQUESTS");
}

#[test]
fn what_looks_like_a_command_is_never_said() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* joined #dev alice");
    chatc.prompts("#dev > ");
    chatc.press("<private> cat dd is a fool\r");
    server.wait_for("PRIVATE cat dd is a fool");
    chatc.press(" /private carol x\r");
    server.wait_for("PRIVATE carol x");
    chatc.press("<privat> cat dd is a fool\r");
    chatc.shows("!! there is no command <privat>; not sent");
    chatc.press(" /privat carol x\r");
    chatc.shows("!! there is no command /privat");
    chatc.press("<3 to all\r");
    server.wait_for("SAY #dev <3 to all");
    let said: Vec<_> = sent(&server).into_iter().filter(|line| line.starts_with("SAY")).collect();
    assert_eq!(said, ["SAY #dev <3 to all"]);
}

/// Takes what is said and does not say so.
fn slow(client: &mut Client, line: &str) -> Option<String> {
    if line.starts_with("SAY") { Some(String::new()) } else { answer(client, line) }
}

/// A terminal in a chat with bob, and a line said that is not acknowledged yet.
fn said(line: &str) -> (Server, Terminal) {
    let server = Server::start_with(slow);
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    chatc.press(&format!("{line}\r"));
    server.wait_for(&format!("SAY bob {line}"));
    chatc.shows(&format!("you → bob: {line}\n         to bob >"));
    (server, chatc)
}

#[track_caller]
fn acknowledged_below(server: &Server, chatc: &Terminal, what: &str) {
    server.say(&format!("+OK taken 1 {NOON} 1"));
    chatc.waits("an acknowledgement below", |screen| {
        screen.contents().lines().any(|row| row.starts_with("      ✓ 12:00"))
    });
    let screen = chatc.screen();
    assert_eq!(screen.matches('✓').count(), 1, "{what}:\n{screen}");
}

#[test]
fn an_acknowledgement_is_never_behind_a_line_that_it_does_not_belong_to() {
    let (server, mut chatc) = said("hello");
    chatc.press("dropped");
    chatc.prompts("to bob > dropped");
    chatc.press(CTRL_C);
    chatc.prompts("to bob > ");
    acknowledged_below(&server, &chatc, "a dropped draft");

    let (server, mut chatc) = said("hello");
    chatc.press("\r");
    chatc.waits("a second prompt", |screen| screen.contents().matches("to bob >").count() == 2);
    acknowledged_below(&server, &chatc, "a second Enter");

    let (server, mut chatc) = said("hello");
    chatc.press("/j\t\t");
    chatc.prompts("to bob > /join");
    chatc.press(&format!("{CTRL_U}/\t\t"));
    chatc.shows("/announce");
    acknowledged_below(&server, &chatc, "a list of completions");

    let (server, mut chatc) = said("hello");
    chatc.press(CTRL_L);
    chatc.waits("a cleared screen", |screen| screen.contents().trim() == "to bob >");
    acknowledged_below(&server, &chatc, "a cleared screen");

    let (server, mut chatc) = said("hello");
    chatc.press(&"long ".repeat(30));
    chatc.waits("a long draft", |screen| screen.contents().replace('\n', "").contains(&"long ".repeat(30)));
    acknowledged_below(&server, &chatc, "a draft of several rows");
}

#[test]
fn an_acknowledgement_that_comes_while_the_next_line_is_typed_stands_behind_its_own() {
    let (server, mut chatc) = said("hello");
    chatc.press("wor\x7f\x7fhat?\x1b[D");
    chatc.prompts_at("to bob > what?", "to bob > what");
    server.say(&format!("+OK taken 1 {NOON} 1"));
    chatc.shows("you → bob: hello  ✓ 12:00\n");
    chatc.prompts_at("to bob > what?", "to bob > what");
}

#[test]
fn an_acknowledgement_after_a_second_enter_is_never_in_the_wrong_row() {
    // Whenever it comes: before the Enter, in it or after it.
    for _ in 0..20 {
        let (server, mut chatc) = said("hello");
        server.say(&format!("+OK taken 1 {NOON} 1"));
        chatc.press("\r");
        chatc.waits("the acknowledgement and the prompt", |screen| {
            let screen = screen.contents();
            screen.contains('✓') && screen.matches("to bob >").count() >= 2
        });
        let screen = chatc.screen();
        let is_right = screen.contains("you → bob: hello  ✓ 12:00\n") || screen.contains("\n      ✓ 12:00");
        assert!(is_right && !screen.contains(">  ✓") && screen.matches('✓').count() == 1, "{screen}");
    }
}
