//! Every way out of chatc says goodbye if its user meant to go: a daemon and a watcher in it see
//! that nobody is left behind whom they would take for one that may come back.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::process::client::server::{Client, answer};
use crate::process::client::{Daemon, Peer, Proxy, Server, Terminal, Window};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Signals that ask a process to end.
const SIGNALS: [Signal; 8] = [
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGALRM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGXCPU,
];

/// Somebody who is told of comings and goings.
fn watcher(daemon: &Daemon) -> Peer {
    let mut watcher = Peer::enter(daemon, "watcher");
    watcher.send("WATCH on");
    watcher.waits_for("+OK");
    watcher
}

/// Waits for `name` to go: at once and for good.
#[track_caller]
fn goes(watcher: &mut Peer, name: &str) {
    let gone = watcher.waits_for(&format!("* gone {name}"));
    assert_eq!(gone, format!("* gone {name} quit"));
}

/// A bot: no terminal, and an input that stays open.
struct Bot {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Bot {
    fn start(address: &str, name: &str) -> Self {
        Self::start_by(Command::new(env!("CARGO_BIN_EXE_chatc")).args([address, "--name", name, "--reconnect"]))
    }

    /// Starts it, and waits until it is in.
    fn start_by(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut bot = Self { child, input, output };
        bot.shows("3 quit");
        bot
    }

    #[track_caller]
    fn shows(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "{text:?} was not shown");
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }
}

#[test]
fn a_closed_window_leaves_no_ghost() {
    let daemon = Daemon::start();
    let mut watcher = watcher(&daemon);
    for draft in ["", "half a line", "\x12", "\x1b[A", "join \t"].iter().cycle().take(20) {
        let mut window = Window::open(&[&daemon.address, "--name", "alice"]);
        window.shows("3 quit");
        window.press("private watcher hello\r");
        watcher.waits_for("alice hello");
        window.press(draft);
        window.close();
        goes(&mut watcher, "alice");
    }
}

#[test]
fn every_signal_that_ends_a_process_says_goodbye_in_a_terminal() {
    let daemon = Daemon::start();
    let mut watcher = watcher(&daemon);
    for signal in SIGNALS {
        let mut alice = Terminal::at(&daemon.address, "alice");
        alice.press("half a line");
        alice.prompts("menu > half a line");
        alice.signal(signal);
        assert_eq!(alice.ends().code(), Some(128 + signal as i32), "{signal}");
        goes(&mut watcher, "alice");
    }
}

#[test]
fn a_bot_that_is_stopped_and_started_again_gets_its_name_at_once() {
    let daemon = Daemon::start();
    let mut watcher = watcher(&daemon);
    for signal in SIGNALS {
        let mut bot = Bot::start(&daemon.address, "bot");
        bot.signal(signal);
        assert_eq!(bot.child.wait().unwrap().code(), Some(128 + signal as i32), "{signal}");
        goes(&mut watcher, "bot");
    }
}

#[test]
fn one_that_was_stopped_says_goodbye_when_it_is_ended() {
    let daemon = Daemon::start();
    let mut watcher = watcher(&daemon);
    let mut alice = Terminal::at(&daemon.address, "alice");
    for signal in [Signal::SIGSTOP, Signal::SIGTERM, Signal::SIGCONT] {
        alice.signal(signal);
    }
    assert_eq!(alice.ends().code(), Some(143));
    goes(&mut watcher, "alice");
}

#[test]
fn a_bot_whose_reader_or_input_has_gone_says_goodbye() {
    let daemon = Daemon::start();
    let mut watcher = watcher(&daemon);
    let mut bot = Bot::start(&daemon.address, "bot");
    drop(bot.output);
    watcher.send("PRIVATE bot anybody there?");
    assert_eq!(bot.child.wait().unwrap().code(), Some(0));
    goes(&mut watcher, "bot");
    let mut bot = Bot::start(&daemon.address, "bot");
    drop(bot.input);
    assert_eq!(bot.child.wait().unwrap().code(), Some(0));
    goes(&mut watcher, "bot");
}

#[test]
fn one_who_leaves_under_a_flood_and_with_much_unsent_leaves_no_ghost() {
    let daemon = Daemon::start_with(&["--rate-lines", "3/1"]);
    let mut watcher = watcher(&daemon);
    let mut bot = Bot::start(&daemon.address, "bot");
    bot.input.write_all(b"join #x\n/private watcher one\n").unwrap();
    watcher.waits_for("bot one");
    bot.signal(Signal::SIGTERM);
    assert_eq!(bot.child.wait().unwrap().code(), Some(143));
    goes(&mut watcher, "bot");
}

#[test]
fn nothing_is_waited_for_while_the_connection_is_lost() {
    let daemon = Daemon::start();
    let proxy = Proxy::start(&daemon.address);
    let mut alice = Terminal::at(&proxy.address, "alice");
    proxy.refuse();
    alice.shows("is out of reach");
    alice.signal(Signal::SIGTERM);
    assert_eq!(alice.ends().code(), Some(143));
}

#[test]
fn a_signal_that_was_to_be_ignored_is() {
    let daemon = Daemon::start();
    let mut watcher = watcher(&daemon);
    let script = format!("trap '' HUP INT; exec {} {} --name bot", env!("CARGO_BIN_EXE_chatc"), daemon.address);
    let mut bot = Bot::start_by(Command::new("/bin/sh").args(["-c", &script]));
    bot.signal(Signal::SIGHUP);
    bot.signal(Signal::SIGINT);
    bot.input.write_all(b"private watcher still here\n").unwrap();
    watcher.waits_for("bot still here");
    bot.signal(Signal::SIGTERM);
    assert_eq!(bot.child.wait().unwrap().code(), Some(143));
    goes(&mut watcher, "bot");
}

#[test]
fn bytes_that_are_no_text_are_left_out_and_end_nothing() {
    let server = Server::start();
    let mut chatc = Terminal::start(&[&server.address], &[]);
    chatc.shows("name > [tester]");
    // The first of three bytes: what comes next shows that it is none.
    chatc.press_bytes(b"\xe9\r");
    chatc.shows("bytes that are not UTF-8");
    chatc.shows("name > [tester]");
    chatc.press("\r");
    chatc.shows("You are tester");
    chatc.prompts("menu > ");
    chatc.press("half a line\x1b[D\x1b[D");
    chatc.prompts_at("menu > half a line", "menu > half a li");
    for (count, byte) in [b"\xff", b"\xc0", b"\x80"].iter().enumerate() {
        chatc.press_bytes(*byte);
        let told = |screen: &vt100::Screen| screen.contents().matches("not UTF-8").count() == count + 2;
        chatc.waits("word about it", told);
        chatc.prompts_at("menu > half a line", "menu > half a li");
    }
    chatc.press("!");
    chatc.prompts_at("menu > half a li!ne", "menu > half a li!");
    chatc.press("\x05\x15announce\r");
    chatc.shows("announcement? > ");
    chatc.press("for ");
    chatc.prompts("announcement? > for");
    chatc.press_bytes(b"\xff");
    chatc.waits("word about it", |screen| screen.contents().matches("not UTF-8").count() == 5);
    chatc.press("all\r");
    server.wait_for("ANNOUNCE for all");
}

#[test]
fn a_byte_that_is_no_text_leaves_the_password_as_it_was() {
    fn guarded(client: &mut Client, line: &str) -> Option<String> {
        match line {
            "ENTER alice" if client.messages == 0 => Some("-ERR password-required asks for a password\n".to_owned()),
            "PASSWORD secret" => {
                client.messages = 1;
                Some("+OK\n".to_owned())
            }
            _ => answer(client, line),
        }
    }
    let server = Server::start_with(guarded);
    let mut chatc = Terminal::start(&[&server.address, "--name", "alice"], &[]);
    chatc.prompts("password > ");
    chatc.press("sec");
    chatc.press_bytes(b"\xff");
    chatc.shows("bytes that are not UTF-8");
    chatc.prompts("password > ");
    chatc.press("ret\r");
    chatc.shows("You are alice");
}

#[test]
fn an_input_that_does_not_wait_is_waited_for() {
    let server = Server::start();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_chatc"))
        .args([&server.address, "--name", "ci"])
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    server.wait_for("ROOMS");
    ours.write_all(b"private bob one").unwrap();
    ours.write_all(b" and a half\n").unwrap();
    server.wait_for("PRIVATE bob one and a half");
    drop(ours);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut shown = String::new();
    child.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    assert!(shown.contains("ok 1 to 2"), "{shown}");
}

#[test]
fn the_goodbye_is_said_once() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    chatc.signal(Signal::SIGTERM);
    chatc.ends();
    server.wait_for("QUIT");
    assert_eq!(server.received(), ["ENTER alice", "QUIT"]);
}
