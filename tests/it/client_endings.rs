//! How chatc ends in a terminal: always with a word, an exit code and the terminal as it was.

use std::os::unix::process::ExitStatusExt;

use crate::process::client::{Server, Terminal};
use nix::sys::signal::Signal;

#[track_caller]
fn modes_are_back(chatc: &Terminal) {
    let (before, now) = chatc.modes();
    assert_eq!(before.local_flags, now.local_flags);
    assert_eq!(before.input_flags, now.input_flags);
    assert_eq!(before.output_flags, now.output_flags);
    assert_eq!(before.control_chars, now.control_chars);
}

#[test]
fn quitting_says_goodbye_to_the_server() {
    let server = Server::start();
    let mut chatc = Terminal::inside(&server);
    let (before, now) = chatc.modes();
    assert_ne!(before.local_flags, now.local_flags, "the editor has the terminal");
    chatc.press("3\r");
    assert_eq!(chatc.ends().code(), Some(0));
    modes_are_back(&chatc);
    assert_eq!(server.received(), ["ENTER alice", "QUIT"]);
}

#[test]
fn signals_end_it_with_the_terminal_as_it_was() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let server = Server::start();
        let mut chatc = Terminal::inside(&server);
        chatc.press("half a line");
        chatc.prompts("menu > half a line");
        chatc.signal(signal);
        let status = chatc.ends();
        assert_eq!((status.code(), status.signal()), (Some(128 + signal as i32), None), "{signal}");
        modes_are_back(&chatc);
        assert_eq!(server.received(), ["ENTER alice", "QUIT"], "{signal}");
    }
}

#[test]
fn a_signal_while_the_name_is_asked_for_does_the_same() {
    let server = Server::start();
    let mut chatc = Terminal::start(&[&server.address], &[]);
    chatc.prompts_at("name > [tester]", "name > ");
    chatc.signal(Signal::SIGTERM);
    assert_eq!(chatc.ends().code(), Some(143));
    modes_are_back(&chatc);
}

#[test]
fn a_server_that_vanishes_ends_it_though_a_line_is_being_typed() {
    let server = Server::start();
    let mut chatc = Terminal::inside_with(&server, &["--no-reconnect"]);
    chatc.press("half a line");
    chatc.prompts("menu > half a line");
    server.say("* private 1 @NOON bob last words");
    server.vanish();
    assert_eq!(chatc.ends().code(), Some(1));
    let screen = chatc.screen();
    assert!(screen.contains("bob: last words\n!! the connection to 127.0.0.1:"), "{screen}");
    assert!(!screen.contains("menu > half a line"), "the prompt is gone:\n{screen}");
    modes_are_back(&chatc);
}

#[test]
fn a_shutdown_is_told_with_its_reason() {
    let server = Server::start();
    let mut chatc = Terminal::inside_with(&server, &["--no-reconnect"]);
    server.say("* bye shutdown the server is shutting down");
    server.vanish();
    assert_eq!(chatc.ends().code(), Some(1));
    assert!(chatc.screen().contains("hangs up: the server is shutting down"), "{}", chatc.screen());
    modes_are_back(&chatc);
}

#[test]
fn a_busy_editor_does_not_keep_it() {
    let server = Server::start();
    let mut chatc = Terminal::inside_with(&server, &["--no-reconnect"]);
    chatc.press("rooms\r");
    chatc.shows("2 people");
    chatc.press("\x12");
    chatc.shows("reverse-i-search");
    server.vanish();
    assert_eq!(chatc.ends().code(), Some(1));
    assert!(chatc.screen().contains("is lost"), "{}", chatc.screen());
    modes_are_back(&chatc);
}

#[test]
fn ctrl_d_at_the_name_leaves_without_entering() {
    let server = Server::start();
    let mut chatc = Terminal::start(&[&server.address], &[]);
    chatc.prompts_at("name > [tester]", "name > ");
    chatc.press("\x15\x04");
    assert_eq!(chatc.ends().code(), Some(0));
    modes_are_back(&chatc);
    assert!(server.received().is_empty());
}

#[test]
fn a_server_tired_of_waiting_for_the_name_is_connected_again() {
    let server = Server::start();
    let mut chatc = Terminal::start(&[&server.address], &[]);
    chatc.prompts_at("name > [tester]", "name > ");
    server.say("* bye entry-timeout you did not enter in time");
    server.vanish();
    chatc.press("\r");
    chatc.shows("You are tester");
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_goes_on_with_the_half_typed_line() {
    let server = Server::start();
    let mut shell = Terminal::start_program("/bin/sh", &["-i"], &[("PS1", "shell: "), ("ENV", "")]);
    shell.prompts("shell: ");
    shell.press(&format!("{} {} --name alice\n", env!("CARGO_BIN_EXE_chatc"), server.address));
    shell.shows("3 quit");
    shell.prompts("menu > ");
    shell.press("half a 日本 line\x1b[D\x1b[D");
    shell.prompts_at("menu > half a 日本 line", "menu > half a 日本 li");
    shell.press("\x1a");
    shell.prompts("shell: ");
    // Nobody reads that now; it must not be lost.
    server.say("* private 1 @NOON bob while you were out");
    shell.press("echo still a shel''l\n");
    shell.shows("still a shell");
    shell.prompts("shell: ");
    shell.press("fg\n");
    shell.prompts_at("menu > half a 日本 line", "menu > half a 日本 li");
    shell.shows("[private] bob: while you were out");
    shell.prompts_at("menu > half a 日本 line", "menu > half a 日本 li");
    shell.press("\x05\x15\x04");
    shell.prompts("shell: ");
    server.wait_for("QUIT");
}
