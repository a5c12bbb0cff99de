//! chatc in terminals of all kinds: what reaches them, and how it lies on their screens.

mod client_support;

use client_support::server::NOON;
use client_support::{Server, Terminal};

const ROOM_AND_PARTNER: &str = "* paired bob\n* joined #dev alice";

/// Every kind of line that carries a text of somebody else's.
const KINDS: [&str; 7] = [
    "* said 1 @NOON bob TEXT",
    "* room 2 @NOON #dev carol TEXT",
    "* private 3 @NOON carol TEXT",
    "* announced 4 @NOON carol TEXT",
    "* earlier 5 @NOON #dev carol TEXT",
    "* announced-earlier 6 @NOON carol TEXT",
    "* away carol TEXT",
];

fn all_kinds(text: &str) -> String {
    KINDS.join("\n").replace("TEXT", text)
}

#[test]
fn no_text_makes_a_row_that_looks_like_a_line() {
    let forged = ["12:00 operator: the password?", "-- bob ended the chat", ">> zoe asks you", "!! lost", "ok 1 to 2"];
    for start in [&[][..], &["--plain"], &["--color", "never"]] {
        let server = Server::start();
        let chatc = Terminal::start(&[&[server.address.as_str(), "--name", "alice"], start].concat(), &[]);
        chatc.shows("3 quit");
        server.say(ROOM_AND_PARTNER);
        chatc.shows("welcome to #dev");
        for forged in forged {
            for before in [
                " ".repeat(70),
                " ".repeat(300),
                "\t".repeat(12),
                "x".repeat(65),
                "日".repeat(33),
                "❤\u{fe0f}".repeat(33),
            ] {
                server.say(&all_kinds(&format!("x{before} {forged}")));
                server.say("* private 9 @NOON zoe the end of that");
                chatc.shows("zoe: the end of that");
                let screen = chatc.screen();
                assert!(!screen.lines().any(|row| row.starts_with(forged)), "{screen}");
                // Scrolls it all away.
                server.say(&"* private 9 @NOON zoe .\n".repeat(24));
                chatc.waits("dots only", |screen| !screen.contents().contains("the end of that"));
            }
        }
    }
}

#[test]
fn rows_that_go_on_are_indented_and_broken_between_words() {
    let server = Server::start();
    let chatc = Terminal::inside(&server);
    server.say("* paired bob");
    server.say(&format!("* said 1 @NOON bob {}", "seven7x ".repeat(12)));
    chatc.shows("12:00 bob: seven7x seven7x seven7x seven7x seven7x seven7x seven7x seven7x\n      seven7x seven7x");
    server.say("* away carol with a reason of some length, which goes on and on until the row is full and on");
    chatc
        .shows("-- carol is away: with a reason of some length, which goes on and on until the\n   row is full and on");
}

#[test]
fn a_terminal_that_is_not_utf8_gets_nothing_but_ascii() {
    // In a terminal that reads Latin-1, the second bytes of these are control characters.
    let hostile = "\u{6dd}\u{6db}2Jx\u{6dd}0;title\u{6dc} ü ✓ … 日本";
    for locale in ["C", "en_US.ISO-8859-1", "ja_JP.eucJP"] {
        for start in [&[][..], &["--plain"]] {
            let server = Server::start();
            let start = [&[server.address.as_str(), "--name", "alice"], start].concat();
            let mut chatc = Terminal::start(&start, &[("LC_ALL", locale)]);
            chatc.shows("3 quit");
            server.say(ROOM_AND_PARTNER);
            server.say(&all_kinds(hostile));
            server.say("* entered 9 zoë\n* private 9 @NOON zoe the end of that");
            chatc.shows("zoe: the end of that");
            chatc.shows("12:00 [private] carol: ?2Jx?0;title ? ok ... ????");
            chatc.press("said to all\r");
            server.wait_for("SAY #dev said to all");
            chatc.shows(if start.contains(&"--plain") { "ok 1 to 2" } else { "ok 12:00 to 2" });
            chatc.press("/nonsense\r");
            chatc.shows("!! there is no command /nonsense");
            assert!(chatc.raw().is_ascii(), "{locale}: {:?}", chatc.raw());
        }
    }
}

#[test]
fn a_pipe_gets_utf8_in_any_locale() {
    let server = Server::start();
    let script = format!("{} {} --name alice | cat", env!("CARGO_BIN_EXE_chatc"), server.address);
    let chatc = Terminal::start_program("sh", &["-c", &script], &[("LC_ALL", "C")]);
    chatc.shows("3 quit");
    server.say("* private 9 @NOON zoe grüße");
    chatc.shows("zoe: grüße");
}

#[test]
fn no_colour_is_used_that_some_background_hides() {
    let server = Server::start();
    for term in ["xterm-256color", "xterm", "linux", "rxvt-unicode", "screen", "xterm-kitty"] {
        let mut chatc = Terminal::start(&[&server.address, "--name", "alice"], &[("TERM", term)]);
        chatc.prompts("menu > ");
        for name in ["bob", "carol", "dave", "eve", "frank", "grace", "heidi", "ivan", "judy", "mallory"] {
            server.say(&format!("* private 1 {NOON} {name} hello"));
        }
        chatc.press("nonsense\r");
        chatc.shows("!! there is no command nonsense");
        chatc.shows("judy: hello");
        let raw = chatc.raw();
        let selected: Vec<_> =
            raw.split("\x1b[").skip(1).filter_map(|rest| rest.split_once('m')).map(|it| it.0).collect();
        let selected = selected.into_iter().filter(|code| code.chars().all(|c| c.is_ascii_digit() || c == ';'));
        let (good, bad): (Vec<_>, Vec<_>) =
            selected.partition(|code| ["0", "1"].contains(code) || code.starts_with("38;5;"));
        assert!(good.len() > 10 && bad.is_empty(), "{term}: {bad:?}");
    }
}

#[test]
fn what_a_crashed_program_left_on_is_turned_off() {
    let server = Server::start();
    let chatc = Terminal::inside(&server);
    for mode in [1000, 1002, 1003, 1004, 1005, 1006, 1015] {
        chatc.writes(&format!("\x1b[?{mode}l"));
    }
    drop(chatc);
    let server = Server::start();
    let dirty = format!(
        "printf '\\033[?1003h\\033[?1006h'; exec {} {} --name alice",
        env!("CARGO_BIN_EXE_chatc"),
        server.address
    );
    let chatc = Terminal::start_program("sh", &["-c", &dirty], &[]);
    chatc.prompts("menu > ");
    chatc
        .waits("a mouse that is not reported", |screen| screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None);
}
