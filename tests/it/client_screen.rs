//! chatc in terminals of all kinds: what reaches them, and how it lies on their screens.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use crate::process::client::server::{Client, NOON, answer};
use crate::process::client::{Server, Terminal};

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
                // Rows as they are seen: those that the terminal has broken, too.
                chatc.waits("the end of that, and no row like a line", |screen| {
                    !screen.rows(0, 80).any(|row| row.starts_with(forged))
                });
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
            // Without an editor, an empty line takes note of where the prompt is now.
            chatc.press("\rsaid to all\r");
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

/// A terminal of this kind with a draft of four rows, painted in one piece below some lines.
fn with_a_long_draft(server: &Server, term: &str) -> (Terminal, String) {
    let mut chatc = Terminal::start(&[&server.address, "--name", "alice"], &[("TERM", term)]);
    chatc.shows("3 quit");
    chatc.prompts("menu > ");
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    let draft: Vec<_> = (10..70).map(|number| format!("w{number}")).collect();
    let draft = draft.join(" ");
    chatc.press(&draft);
    chatc.waits("the draft", |screen| screen.contents().ends_with("w69"));
    for number in 1..=6 {
        server.say(&format!("* said {number} @NOON bob line {number}"));
    }
    all_is_there_once(&chatc, &draft, 80);
    (chatc, draft)
}

/// Waits until the draft is painted for so many columns, with all lines above it, and each once, and
/// the cursor is behind it: nothing is on its way to the terminal any more.
fn all_is_there_once(chatc: &Terminal, draft: &str, columns: u16) {
    chatc.waits("all lines and the draft", |screen| {
        let contents = screen.contents();
        let rows: Vec<_> = screen.rows(0, columns).collect();
        let start = rows.iter().position(|row| row.contains("to bob > ")).unwrap_or_default();
        let is_painted = rows[start].len() + 1 >= usize::from(columns);
        let is_ended = (start..24).all(|row| !screen.row_wrapped(row.try_into().unwrap()));
        let lines = (1..=6).all(|number| contents.matches(&format!("12:00 bob: line {number}\n")).count() == 1);
        let below: String = contents.split("line 6\n").nth(1).unwrap_or_default().split_whitespace().collect();
        let (row, column) = screen.cursor_position();
        let before_cursor = rows[usize::from(row)].get(..usize::from(column)).unwrap_or_default();
        let is_at_end = before_cursor.ends_with("w69");
        is_painted && is_ended && is_at_end && lines && below == format!("tobob>{}", draft.replace(' ', ""))
    });
}

#[test]
fn a_wider_or_narrower_window_loses_no_line_and_doubles_none() {
    for term in ["xterm-kitty", "alacritty", "tmux-256color"] {
        let server = Server::start();
        let (chatc, draft) = with_a_long_draft(&server, term);
        for columns in [120, 80, 100, 60, 45, 80, 200, 38, 80] {
            chatc.reflow(24, columns);
            all_is_there_once(&chatc, &draft, columns);
        }
    }
    for term in ["xterm", "st-256color", "mlterm", "rxvt-unicode-256color", "screen"] {
        let server = Server::start();
        let (chatc, draft) = with_a_long_draft(&server, term);
        for columns in [120, 80, 100, 60, 45, 80, 200, 40, 80] {
            chatc.resize(24, columns);
            all_is_there_once(&chatc, &draft, columns);
        }
    }
}

#[test]
fn a_terminal_that_widens_before_anything_is_known_of_it_joins_no_rows() {
    for before in ["", "a line\n"] {
        let server = Server::start();
        let mut chatc = Terminal::inside(&server);
        chatc.press("日本語 and 👍 ");
        chatc.press(&format!("\x1b[200~{before}{}\x1b[201~", "long ".repeat(60)));
        server.say("* private 1 @NOON bob hello");
        chatc.shows("bob: hello");
        chatc.waits("rows that end", |screen| {
            let contents = screen.contents();
            contents.replace('\n', "").matches("long").count() == 60 && (0..24).all(|row| !screen.row_wrapped(row))
        });
    }
}

#[test]
fn a_draft_that_is_taller_than_the_screen_leaves_no_copies() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    let pasted: Vec<_> = (1..=30).map(|number| format!("row {number}.")).collect();
    chatc.press(&format!("\x1b[200~{}\x1b[201~", pasted.join("\n")));
    chatc.shows("row 30.");
    let before = chatc.raw().len();
    for number in 1..=5 {
        server.say(&format!("* said {number} @NOON bob line {number}."));
        chatc.writes(&format!("line {number}.\r\n"));
    }
    chatc.shows("row 7.\nrow 8.\n");
    let after = chatc.raw()[before..].to_owned();
    assert!(!after.contains("row 6.") && after.contains("row 7."), "hidden rows are written again: {after:?}");
    // To the start of the draft, which comes into sight.
    chatc.press(&"\x1b[A".repeat(29));
    chatc.waits("the first rows", |screen| screen.contents().trim_start().starts_with("to bob > row 1.\nrow 2."));
    chatc.press("\x01the ");
    chatc.waits("the first rows", |screen| screen.contents().trim_start().starts_with("to bob > the row 1.\nrow 2."));
    chatc.press("\x1b[B\x1b[B\x05!");
    chatc.waits("the third row first", |screen| screen.contents().starts_with("row 3.!\nrow 4."));
    chatc.press("\r");
    server.wait_for("SAY bob row 30.");
    let said: Vec<_> = server.received().into_iter().filter(|line| line.starts_with("SAY bob")).collect();
    assert_eq!(said[..4], ["the row 1.", "row 2.", "row 3.!", "row 4."].map(|text| format!("SAY bob {text}")));
}

#[test]
fn a_key_writes_what_it_changes_however_long_the_draft_is() {
    for (rows, columns) in [(24, 80), (15, 40), (0, 0)] {
        let server = Server::start();
        let mut chatc = Terminal::inside(&server);
        chatc.resize(rows, columns);
        server.say("* paired bob");
        chatc.prompts("to bob > ");
        chatc.press(&format!("\x1b[200~{}begun\x1b[201~", "many words ".repeat(2_490)));
        chatc.writes("begun");
        let before = chatc.raw().len();
        chatc.press("gone on");
        chatc.writes("gone on");
        assert!(chatc.raw().len() - before < 100, "{rows}, {columns}: {} bytes", chatc.raw().len() - before);
    }
}

#[test]
fn a_draft_has_a_bound_that_pastes_and_keys_keep_to() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    // More than the editor can count, in one paste or key by key; neither ends chatc.
    chatc.press(&format!("\x1b[200~{}\x1b[201~", "x".repeat(100_000)));
    chatc.shows("!! nothing was pasted: that is 100000 bytes, and this line has room for 32000;");
    chatc.prompts("to bob > ");
    let before = chatc.raw().len();
    chatc.press(&"y".repeat(100_000));
    // Such a draft leaves no room for anything else on the screen.
    chatc.writes("!! that key does nothing: a line has room for 32000 bytes;");
    chatc.press("\x15");
    chatc.prompts("to bob > ");
    assert_eq!(chatc.raw()[before..].matches("a line has room for").count(), 1, "it is said once");
    // Each key writes itself, and each full row clears all rows and paints those on the screen.
    let (written, rows) = (chatc.raw().len() - before, 32_000 / 80);
    assert!(written < 2 * 32_000 + rows * (rows / 2 * "\r\x1b[K\x1b[A".len() + 24 * 100), "{written} bytes");
    chatc.press("\x19\x19");
    chatc.waits("what was cut, once", |screen| screen.contents().ends_with("yyy"));
    chatc.press("\x15and on\r");
    server.wait_for("SAY bob and on");
}

#[test]
fn a_paste_with_a_bad_byte_is_left_out_as_a_whole() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    let long = b"secret\r".repeat(2_000);
    chatc.press_bytes(&[b"begun \x1b[200~one\rtw\xe9o\rquit\r", &long[..], b"three\x1b[201~"].concat());
    chatc.shows("!! nothing was pasted: there are bytes in it that are not UTF-8");
    chatc.prompts("to bob > begun");
    chatc.press("!\r");
    server.wait_for("SAY bob begun !");
    assert_eq!(server.received().iter().filter(|line| line.starts_with("SAY")).count(), 1);
}

#[test]
fn what_terminals_do_not_agree_on_leaves_no_copies_of_a_draft() {
    let hard = [
        "co\u{ad}op\u{ad}erate ",
        "👩\u{200d}🚀 ",
        "❤\u{fe0f}",
        "👋\u{1f3ff} ",
        "🇩🇪 ",
        "1\u{fe0f}\u{20e3}",
        "\u{995}\u{9be}\u{9be} ",
        "e\u{301} ",
        "\u{200b}\u{2060}\u{3164}",
    ];
    let shown = ["cooperate ", "👩🚀 ", "❤", "👋?? ", "DE ", "1\u{20e3}", "\u{995} ", "e\u{301} ", ""];
    for columns in [80, 40] {
        let server = Server::start();
        let mut chatc = Terminal::inside(&server);
        chatc.resize(24, columns);
        server.say("* paired bob");
        chatc.prompts("to bob > ");
        let mut expected = String::new();
        for (typed, shown) in hard.iter().zip(shown).cycle().take(18) {
            // Key by key, each of which repaints.
            for key in typed.chars() {
                chatc.press(&key.to_string());
            }
            expected.push_str(shown);
        }
        chatc.press("end");
        let whole = |text: &str| text.split_whitespace().collect::<String>();
        let draft = whole(&format!("to bob > {expected}end"));
        chatc.waits("the draft, once", |screen| {
            whole(screen.contents().split("/help shows more").last().unwrap_or_default()) == draft
        });
        // Nothing of it is lost on the way.
        chatc.press("\r");
        server.wait_for(&format!("SAY bob {}{}end", hard.concat(), hard.concat()));
    }
}

#[test]
fn what_one_has_said_stands_there_as_ones_own() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    server.say("* paired bob");
    chatc.prompts("to bob > ");
    chatc.press("hello\r");
    chatc.shows("/help shows more\nyou → bob: hello  ✓ 12:00\n         to bob > ");
    server.say("* said 1 @NOON bob hi");
    chatc.shows("12:00 bob: hi\n");
    chatc.press(&format!("{}\r", "seven7x ".repeat(12).trim_end()));
    chatc.shows(&format!(
        "bob: hi\nyou → bob: {}\n      seven7x seven7x seven7x seven7x  ✓ 12:00\n",
        ["seven7x"; 8].join(" ")
    ));
    chatc.press("/private carol psst\r");
    chatc.shows("you → [private] carol: psst  ✓ 12:00 to carol\n         to bob > ");
    chatc.press("/announce lunch\r");
    chatc.shows("you → [everyone]: lunch  ✓ 12:00 to 2 people\n         to bob > ");
    // A paste, as it was sent.
    chatc.press("\x1b[200~one\ntwo\x1b[201~\r");
    chatc.shows("2 people\nyou → bob: one\nyou → bob: two\n      ✓ 12:00 2 messages\n         to bob > ");
    // What was not sent does not look as if it were.
    chatc.press("never mind\x03");
    chatc.shows("2 messages\n         to bob > ");
    chatc.prompts("to bob > ");
    assert!(!chatc.screen().contains("never mind"), "{}", chatc.screen());
}

/// Many, with names as long as they may be.
fn crowd(client: &mut Client, line: &str) -> Option<String> {
    Some(match line {
        "LIST" => {
            let name = |number: usize| format!("Bartholomew_Roberts_{number:04}");
            let row = |number: usize| {
                let state = if number.is_multiple_of(2) {
                    format!("chatting {}", name(number + 1))
                } else {
                    "available -".to_owned()
                };
                format!("= user {number} {} {state} 192.168.100.{number}:50000 86400\n", name(number))
            };
            let rows: String = (100..118).map(row).collect();
            format!("{rows}= user 3 alice available - 127.0.0.1:5003 0\n+OK listed 19 19\n")
        }
        "ROOMS" => {
            let rooms: String =
                (10..30).map(|number| format!("= room #a-room-with-a-name-of-some-length-{number} 2\n")).collect();
            format!("{rooms}+OK listed 20 20\n")
        }
        _ => return answer(client, line),
    })
}

/// Waits until all these words stand on the screen, none of them broken.
fn shows_words(chatc: &Terminal, words: &[&str]) {
    for word in words {
        chatc.waits(&format!("the word {word}"), |screen| {
            screen.contents().split_whitespace().any(|shown| shown == *word)
        });
    }
}

#[test]
fn nothing_is_broken_within_a_word_at_any_width() {
    let server = Server::start_with(crowd);
    let mut chatc = Terminal::start(&[&server.address, "--name", "alice"], &[]);
    chatc.shows("You are alice");
    chatc.prompts("menu > ");
    // Twenty-four rows hold all that is said on entry.
    chatc.shows("18 others are here:");
    chatc.shows("  and 8 more; list shows all");
    for columns in [40, 60, 80, 200, 80] {
        chatc.resize(24, columns);
        chatc.press("list\r");
        shows_words(
            &chatc,
            &["Bartholomew_Roberts_0116", "Bartholomew_Roberts_0117", "192.168.100.117:50000", "(you)"],
        );
        chatc.press("rooms\r");
        shows_words(&chatc, &["#a-room-with-a-name-of-some-length-29", "#a-room-with-a-name-of-some-length-20"]);
        chatc.press("help\r");
        chatc.waits("help with its head", |screen| {
            let contents = screen.contents();
            contents.contains("menu > help\nOne to one")
                && contents.contains("TAB")
                && contents.trim_end().ends_with("menu >")
        });
        shows_words(&chatc, &["request", "/COMMAND", "answer"]);
        chatc.press("help private\r");
        chatc.shows("  private USER TEXT");
        chatc.press("frobnicate-the-whole-thing\r");
        shows_words(&chatc, &["frobnicate-the-whole-thing;", "there", "shows", "are"]);
        chatc.press("clear\r");
    }
}

#[test]
fn a_line_after_the_screen_was_cleared_stands_in_the_first_row() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    for clearing in ["\x0c", "clear\r"] {
        for draft in ["", "half a line", &"long ".repeat(40)] {
            chatc.press(clearing);
            chatc.waits("a clear screen", |screen| screen.contents().starts_with("           menu > "));
            chatc.press(draft);
            server.say("* private 1 @NOON bob first");
            chatc.waits("the line on top", |screen| {
                screen.contents().starts_with("12:00 [private] bob: first\n           menu > ")
            });
            server.say("* private 1 @NOON bob second");
            chatc.waits("the next below it", |screen| {
                screen
                    .contents()
                    .starts_with("12:00 [private] bob: first\n12:00 [private] bob: second\n           menu > ")
            });
            chatc.press("\x15");
            chatc.waits("no draft", |screen| screen.contents().trim_end().ends_with("menu >"));
        }
    }
}

#[test]
fn refusals_are_in_words_that_can_be_typed_here() {
    fn refuse(client: &mut Client, line: &str) -> Option<String> {
        match line {
            "MEMBERS" => Some("-ERR in-no-room you are in no room; JOIN one first\n".to_owned()),
            _ => answer(client, line),
        }
    }
    let server = Server::start_with(refuse);
    let mut chatc = Terminal::inside(&server);
    chatc.press("members\r");
    chatc.shows("!! you are in no room; join one first");
}
