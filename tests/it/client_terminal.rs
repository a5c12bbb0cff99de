//! chatc in a terminal: what is on the screen while lines arrive and keys are pressed.

use crate::process::client::server::{Client, NOON, answer};
use crate::process::client::{Server, Terminal};

const CTRL_A: &str = "\x01";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_L: &str = "\x0c";
const CTRL_U: &str = "\x15";
const LEFT: &str = "\x1b[D";
const UP: &str = "\x1b[A";

#[test]
fn the_login_name_is_offered_and_a_taken_one_asked_for_again() {
    let server = Server::start();
    let mut chatc = Terminal::start(&[&server.address], &[]);
    chatc.prompts_at("name > [tester]", "name > ");
    chatc.press("bob");
    chatc.prompts("name > bob");
    chatc.press("\r");
    chatc.shows("!! the name bob is taken; choose another");
    chatc.prompts("name > ");
    chatc.press("alice\r");
    chatc.shows("You are alice, user 3 at 127.0.0.1:");
    chatc.shows("  carol  chatting with dave");
    chatc.shows("Rooms: #lobby (2)");
    chatc.shows("1 list   2 request NAME   3 quit");
    chatc.prompts("menu > ");
    assert_eq!(server.received(), ["ENTER bob", "ENTER alice"]);
}

#[test]
fn enter_takes_the_login_name_and_a_dash_makes_a_guest() {
    let server = Server::start();
    let mut chatc = Terminal::start(&[&server.address], &[]);
    chatc.prompts_at("name > [tester]", "name > ");
    chatc.press("\r");
    chatc.shows("You are tester");
    drop(chatc);
    let mut chatc = Terminal::start(&[&server.address], &[]);
    chatc.prompts_at("name > [tester]", "name > ");
    chatc.press("-\r");
    chatc.shows("You are USER5003");
}

#[test]
fn a_request_arrives_above_a_half_typed_line_and_leaves_it_as_it_is() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    chatc.press(&format!("private carol hello{LEFT}{LEFT}{LEFT}"));
    chatc.prompts_at("menu > private carol hello", "menu > private carol he");
    server.say("* request bob session 60");
    chatc.shows(
        ">> bob asks you for a private chat: yes or no? (60 s) Ctrl-X y or n\n           menu > private carol hello",
    );
    chatc.prompts_at("menu > private carol hello", "menu > private carol he");
    assert!(chatc.raw().contains('\x07'), "the bell rings");
    chatc.press("x\r");
    server.wait_for("PRIVATE carol hexllo");
    chatc.press("yes\r");
    server.wait_for("ACCEPT bob");
    chatc.prompts("to bob > ");
}

#[test]
fn the_prompt_follows_the_focus_when_no_line_is_typed() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    server.say("* joined #lobby alice");
    chatc.prompts("#lobby > ");
    chatc.press("half a 日本 line");
    chatc.prompts("#lobby > half a 日本 line");
    server.say("* ended bob gone\n* paired carol");
    chatc.shows("you are chatting with carol");
    chatc.prompts("#lobby > half a 日本 line");
    chatc.press(CTRL_U);
    chatc.prompts("to carol > ");
    chatc.press("half a 日本 line");
    server.say("* joined #dev alice");
    chatc.shows("welcome to #dev");
    chatc.prompts("to carol > half a 日本 line");
    chatc.press(" 👍\r");
    server.wait_for("SAY carol half a 日本 line 👍");
    chatc.prompts("#dev > ");
    server.say("* left #dev alice\n* ended carol gone");
    chatc.prompts("menu > ");
}

#[test]
fn not_a_key_is_lost_in_a_storm_of_lines_and_prompt_changes() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    let text = "private zoe the quick brown fox, 日本語 and 👍, jumps over";
    for (number, key) in text.chars().enumerate() {
        chatc.press(&key.to_string());
        server.say(&format!("* private {number} @NOON bob storm {number}"));
        server.say(if number % 2 == 0 { "* paired bob" } else { "* ended bob by-partner" });
        for burst in 0..20 {
            server.say(&format!("* room 1 @NOON #dev carol burst {burst}"));
        }
    }
    // The storm is over when its last prompt has come.
    server.say("* paired zoe");
    chatc.shows("you are chatting with zoe");
    chatc.prompts(&format!("menu > {text}"));
    chatc.press("\r");
    server.wait_for("PRIVATE zoe the quick brown fox, 日本語 and 👍, jumps over");
    chatc.prompts("to zoe > ");
    for number in 0..200 {
        server.say(&format!("* said {number} @NOON zoe reply {number}"));
        chatc.press(&format!("line {number}\r"));
    }
    server.wait_for("SAY zoe line 199");
    let said: Vec<_> = server.received().into_iter().filter(|line| line.starts_with("SAY zoe line")).collect();
    assert_eq!(said, (0..200).map(|number| format!("SAY zoe line {number}")).collect::<Vec<_>>());
    chatc.writes("reply 199");
    let raw = chatc.raw();
    let shown = (0..200).map(|number| raw.find(&format!("reply {number}\r\n")));
    assert!(shown.clone().all(|at| at.is_some()) && shown.is_sorted(), "every line was shown, and in order");
}

#[test]
fn an_acknowledgement_stands_behind_its_line_or_below_it() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* joined #dev alice");
    chatc.prompts("#dev > ");
    server.wait_for("MEMBERS #dev");
    chatc.shows("in #dev: alice (you)");
    chatc.press("hello 日本\r");
    chatc.shows("you → #dev: hello 日本  ✓ 12:00 to 2\n           #dev > ");
    chatc.press(&format!("{}\r", "x".repeat(60)));
    chatc.shows(&format!("you → #dev: {}\n      ✓ 12:00 to 2\n", "x".repeat(60)));
    chatc.press("family 👩‍👩‍👧\r");
    chatc.waits("an acknowledgement below", |screen| screen.contents().matches("      ✓ 12:00 to 2\n").count() == 2);
}

#[test]
fn an_acknowledgement_never_stands_behind_another_line() {
    fn late(client: &mut Client, line: &str) -> Option<String> {
        match line {
            "SAY bob hello" => Some(String::new()),
            "REQUESTS" => Some(format!("+OK taken 1 {NOON} 1\n+OK listed 0 0\n")),
            _ => answer(client, line),
        }
    }
    let server = Server::start_with(late);
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    chatc.press("hello\r/requests\r");
    chatc.shows("you → bob: hello\n         to bob > /requests\n      ✓ 12:00\n-- no request waits\n");
}

#[test]
fn wide_characters_can_be_edited() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    chatc.press(&format!("日本語{LEFT}{LEFT}\x7f中é{CTRL_A}ü"));
    chatc.prompts_at("to bob > ü中é本語", "to bob > ü");
    server.say("* said 1 @NOON bob 漢字 👩‍👩‍👧 e\u{301}");
    chatc.shows("漢字");
    chatc.prompts_at("to bob > ü中é本語", "to bob > ü");
    chatc.press("\r");
    server.wait_for("SAY bob ü中é本語");
}

#[test]
fn ctrl_c_clears_the_line_and_ctrl_d_leaves() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    chatc.press("3");
    chatc.prompts("menu > 3");
    chatc.press(CTRL_C);
    chatc.prompts("menu > ");
    assert!(!chatc.screen().contains("Ctrl-D"), "no hint while there was something to clear");
    chatc.press(CTRL_C);
    chatc.shows("type 3 or press Ctrl-D to leave");
    chatc.press("2\r");
    chatc.prompts("who? > ");
    chatc.press(CTRL_C);
    chatc.shows("nobody was asked");
    chatc.prompts("menu > ");
    chatc.press(CTRL_D);
    server.wait_for("QUIT");
    assert_eq!(chatc.ends().code(), Some(0));
    assert_eq!(server.received(), ["ENTER alice", "QUIT"]);
}

#[test]
fn tab_completes_who_came_later() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* entered 9 Zacharias");
    chatc.shows("-- Zacharias entered");
    chatc.press("2 za\t");
    chatc.prompts("menu > 2 Zacharias");
    chatc.press("\r");
    server.wait_for("REQUEST Zacharias");
    server.say("* gone Zacharias quit\n* opened #zoo");
    chatc.shows("-- Zacharias left the chat");
    chatc.press("join #\x09\x09");
    chatc.shows("#lobby");
    chatc.shows("#zoo");
}

#[test]
fn pasted_lines_are_sent_in_order_bracketed_or_not() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    chatc.press("\x1b[200~one\ntwo\n  three\x1b[201~");
    chatc.shows("  three");
    chatc.press("\r");
    server.wait_for("SAY bob   three");
    chatc.press("four\rfive\rsix\r");
    server.wait_for("SAY bob six");
    let said = ["one", "two", "  three", "four", "five", "six"].map(|text| format!("SAY bob {text}"));
    assert_eq!(server.received()[1..], said);
}

#[test]
fn long_lines_wrap_on_the_way_in_and_out() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    let long = format!("{}end", "abcdefghi ".repeat(20));
    server.say(&format!("* said 1 @NOON bob {long}"));
    chatc.waits("wrapped text", |screen| {
        let rows: Vec<_> = screen.contents().lines().map(|row| row.trim().to_owned()).collect();
        rows.join(" ").contains(&long)
    });
    chatc.press(&long);
    chatc.waits("wrapped draft", |screen| screen.contents().replace('\n', "").contains(&format!("to bob > {long}")));
    server.say("* said 2 @NOON bob short");
    chatc.waits("draft below", |screen| {
        screen.contents().replace('\n', "").contains(&format!("shortX{long}").replace('X', "         to bob > "))
    });
    chatc.resize(24, 60);
    server.say("* said 3 @NOON bob narrow");
    chatc.shows("12:00 bob: narrow");
    chatc.press("\r");
    server.wait_for(&format!("SAY bob {long}"));
}

#[test]
fn nothing_from_a_hostile_server_acts_on_the_terminal() {
    let server = Server::start();
    let chatc = Terminal::inside(&server);
    server.say("* private 1 @NOON bob \x1b[2J\x1b]0;title\x07\x08 \u{9b}31m \u{202e}txt");
    // The screen that reads along does not keep U+FFFD.
    chatc.writes("\u{fffd}[2J\u{fffd}]0;title\u{fffd}\u{fffd} \u{fffd}31m \u{fffd}txt");
    server.say_bytes(b"\xff\xfe\x1bc\n* \x1b[H\n* entered 5 x\x1b[2J\n");
    server.say_bytes(&[b'x'; 100_000]);
    server.say("\n* private 2 @NOON bob still here");
    chatc.shows("[private] bob: still here");
    let raw = chatc.raw();
    assert!(!raw.contains("\x1b[2J") && !raw.contains("\x1bc") && !raw.contains("\x1b]"), "{raw:?}");
}

#[test]
fn colours_are_left_out_where_they_are_not_wanted() {
    let server = Server::start();
    let colours = |raw: &str| raw.contains("\x1b[1m") || raw.contains("\x1b[2m") || raw.contains("\x1b[3");
    let with = |arguments: &[&str], environment: &[(&str, &str)]| {
        let chatc = Terminal::start(&[&[server.address.as_str(), "--name", "alice"], arguments].concat(), environment);
        chatc.prompts("menu > ");
        server.say("* private 1 @NOON bob psst");
        chatc.shows("12:00 [private] bob: psst");
        chatc.prompts("menu > ");
        colours(&chatc.raw())
    };
    assert!(with(&[], &[]));
    assert!(!with(&[], &[("NO_COLOR", "1")]));
    assert!(with(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!with(&["--color", "never"], &[]));
}

#[test]
fn plain_moves_no_cursor_and_a_dumb_terminal_gets_it_unasked() {
    let server = Server::start();
    for (arguments, term) in [(&["--plain"][..], "xterm"), (&[], "dumb")] {
        let start = [&[server.address.as_str(), "--name", "alice"], arguments].concat();
        let mut chatc = Terminal::start(&start, &[("TERM", term)]);
        chatc.shows("3 quit");
        chatc.press("join #dev\n");
        chatc.shows("-- now talking to #dev");
        chatc.press("hello\n");
        chatc.shows("ok 1 to 2");
        chatc.press("/quit\n");
        assert_eq!(chatc.ends().code(), Some(0));
        assert!(!chatc.raw().contains('\x1b'), "{:?}", chatc.raw());
    }
}

#[test]
fn the_screen_can_be_cleared_and_lines_called_back() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    chatc.press("clear\r");
    chatc.waits("cleared screen", |screen| screen.contents().trim() == "menu >");
    chatc.press("rooms\r");
    chatc.shows("#lobby  2 people");
    chatc.press(UP);
    chatc.prompts("menu > rooms");
    chatc.press(&format!("{UP}{CTRL_L}"));
    chatc.waits("cleared screen", |screen| screen.contents().trim() == "menu > clear");
}

#[test]
fn a_history_file_is_kept_only_where_asked() {
    let server = Server::start();
    let path = std::env::temp_dir().join(format!("chatc-history-{}", std::process::id()));
    let history = path.to_str().unwrap();
    let start = || Terminal::start(&[&server.address, "--name", "alice", "--history", history], &[]);
    let mut chatc = start();
    chatc.prompts("menu > ");
    chatc.press("help list\r");
    chatc.shows("also: 1, who, users");
    chatc.press(CTRL_D);
    chatc.ends();
    let mut chatc = start();
    chatc.prompts("menu > ");
    chatc.press(UP);
    chatc.prompts("menu > help list");
    std::fs::remove_file(&path).unwrap();
}

/// A history file of its own for a test, gone with it.
struct History(std::path::PathBuf);

impl History {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("chatc-{name}-{}", std::process::id()));
        std::fs::write(&path, bytes).expect("temporary files can be written");
        Self(path)
    }

    fn start(&self, server: &Server) -> Terminal {
        Terminal::inside_with(server, &["--history", self.0.to_str().expect("the path is text")])
    }
}

impl Drop for History {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_bad_byte_in_the_history_file_costs_one_line() {
    let server = Server::start();
    let history = History::new("bad-byte", b"#V2\nhelp list\nr\xe9sum\xe9\n");
    let mut chatc = history.start(&server);
    chatc.press(UP);
    chatc.prompts("menu > help list");
    chatc.press("\r");
    chatc.shows("also: 1, who, users");
    chatc.press("help rooms\r");
    chatc.shows("show which rooms there are");
    chatc.press(UP);
    chatc.prompts("menu > help rooms");
    assert!(!chatc.screen().contains("history"), "{}", chatc.screen());
    let kept = std::fs::read(&history.0).unwrap();
    assert_eq!(kept, b"#V2\nhelp list\nr\xe9sum\xe9\nhelp rooms\n");
}

#[test]
fn a_history_file_that_will_not_do_is_told_once() {
    let server = Server::start();
    let mut chatc = Terminal::inside_with(&server, &["--history", "/nonexistent/history"]);
    chatc.press("help list\r");
    chatc.shows("!! the history file /nonexistent/history cannot be written: ");
    chatc.press("help rooms\r");
    chatc.shows("show which rooms there are");
    chatc.prompts("menu > ");
    assert_eq!(chatc.raw().matches("the history file").count(), 1, "{}", chatc.screen());
}

#[test]
fn a_locked_history_file_holds_nothing_up() {
    let server = Server::start();
    let history = History::new("locked", b"#V2\n");
    let file = std::fs::File::options().read(true).write(true).open(&history.0).unwrap();
    let lock = nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusive).unwrap();
    let mut chatc = history.start(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    chatc.press("one\r");
    chatc.shows("you → bob: one  ✓ 12:00\n");
    chatc.press("two\r");
    chatc.shows("you → bob: two  ✓ 12:00\n");
    drop(lock);
}
