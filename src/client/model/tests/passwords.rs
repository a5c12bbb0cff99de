//! Servers that ask for a password.

use super::super::*;
use super::Desk;
use super::reconnect::kept;

#[test]
fn a_password_is_asked_for_until_it_is_right() {
    let mut desk = Desk::new(|setup| setup.wish = Wish::Name("alice".to_owned()));
    desk.server("+OK chatd 0.1.0 protocol 1\n-ERR password-required this server asks for a password")
        .prompts("password");
    desk.typed("").typed("wrong").server("-ERR wrong-password that is not the password").typed(" right one ");
    desk.server("+OK").shows(
        "-> HELLO
        -> ENTER alice
        -- lab7:2428 asks for a password
        password >
        -- Ctrl-D leaves
        password > wrong
        -> PASSWORD wrong
        !! that is not the password
        password >  right one
        -> PASSWORD  right one
        -> ENTER alice",
    );
    let mut desk = Desk::new(|setup| setup.scripted = true);
    desk.model.setup.password = Some("secret".to_owned());
    desk.model.stage = Stage::Entry(entry::Entry::AwaitingHello(Wish::Guest));
    desk.server("+OK chatd 0.1.0 protocol 1\n-ERR password-required ask\n-ERR wrong-password that is not it").shows(
        "-> HELLO
        -> ENTER
        -> PASSWORD secret
        !! that is not it
        (leave 1)",
    );
    let mut desk = kept();
    desk.loses().connects().server("-ERR bad-token no").screen.clear();
    desk.server("-ERR password-required this server asks for a password: PASSWORD WORD, then ENTER");
    desk.shows("!! lab7:2428 does not let you in again: it asks for a password now\n(leave 1)");
    let mut desk = Desk::new(|setup| (setup.scripted, setup.wish) = (true, Wish::Guest));
    desk.server("+OK chatd 0.1.0 protocol 1");
    desk.server("-ERR password-required this server asks for a password: PASSWORD WORD, then ENTER");
    desk.shows("-> HELLO\n-> ENTER\n!! lab7:2428 asks for a password; --password-file FILE gives it\n(leave 1)");
}
