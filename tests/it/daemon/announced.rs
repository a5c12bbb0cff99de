//! Announced on the network, tried over the loopback interface: what a browser that knows nothing
//! finds.

#![allow(clippy::disallowed_methods, reason = "a test that waits for another process has a deadline")]

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::process::Command;
use std::time::Instant;

use chatd::discovery::{Browser, Family, Found, Interface};
use chatd::lan::{GroupSocket, links};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use crate::process::daemon::{DaemonBuilder, PATIENCE};

/// Somebody on the loopback interface who listens to all that is said to the group.
struct Listener {
    member: GroupSocket,
    asker: GroupSocket,
    browser: Browser,
}

fn loopback() -> (String, Interface) {
    let link = links().into_iter().find(|link| link.is_loopback).expect("every machine has one");
    (link.name, link.interface)
}

impl Listener {
    fn new() -> Self {
        let (_, interface) = loopback();
        let member = GroupSocket::member(&interface, Family::V4).unwrap();
        let asker = GroupSocket::asker(&interface, Family::V4).unwrap();
        Self { member, asker, browser: Browser::default() }
    }

    /// Hears until what is found is as it should be.
    fn until(&mut self, what: &str, is_it: impl Fn(&[Found]) -> bool) -> Vec<Found> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.browser.found();
            if is_it(&found) {
                return found;
            }
            assert!(Instant::now() < deadline, "not {what}: {found:?}");
            let mut fds = [&self.member, &self.asker].map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN));
            poll(&mut fds, PollTimeout::from(100_u8)).unwrap();
            let mut buffer = [0; 9000];
            for socket in [&self.member, &self.asker] {
                while let Ok((count, _)) = socket.receive(&mut buffer) {
                    self.browser.receive(socket.link(), &buffer[..count]);
                }
            }
        }
    }
}

fn announced(name: &str, more: &[&str]) -> DaemonBuilder {
    let (interface, _) = loopback();
    let args = ["--listen", "127.0.0.1:0", "--announce-on", &interface, "--announce-as", name];
    DaemonBuilder::new(&[&args[..], more].concat())
}

fn named<'a>(found: &'a [Found], name: &str) -> Vec<&'a Found> {
    found.iter().filter(|server| server.name.starts_with(name)).collect()
}

fn unique(name: &str) -> String {
    format!("{name} {}", std::process::id())
}

#[test]
fn a_daemon_is_found_while_it_runs_and_gone_when_it_ends() {
    let mut listener = Listener::new();
    let name = unique("lab 7 é");
    let mut daemon = announced(&name, &[]).start();
    daemon.expect_log(&format!("announced interface={} name={name:?}", loopback().0));
    let at = daemon.address();
    let found = listener.until("announced", |found| !named(found, &name).is_empty());
    assert_eq!(named(&found, &name)[0].addresses, [at]);
    let text =
        |key: &str| named(&found, &name)[0].text.iter().find(|(found, _)| found == key).map(|(_, value)| &**value);
    assert_eq!((text("protocol"), text("password")), (Some("1"), Some("no")));
    daemon.signal(Signal::SIGTERM);
    listener.until("gone", |found| named(found, &name).is_empty());
}

#[test]
fn who_asks_alone_is_answered_alone() {
    let name = unique("asked");
    let mut daemon = announced(&name, &[]).start();
    daemon.expect_log("announced {any}");
    let mut listener = Listener::new();
    listener.asker.say(&listener.browser.question()).unwrap();
    let found = listener.until("answered", |found| !named(found, &name).is_empty());
    let addresses: Vec<SocketAddr> = named(&found, &name)[0].addresses.clone();
    assert_eq!(addresses, [daemon.address()]);
}

#[test]
fn two_daemons_of_one_name_are_told_apart() {
    let mut listener = Listener::new();
    let name = unique("twins");
    let (one, other) = (announced(&name, &[]).start(), announced(&name, &[]).start());
    let found = listener.until("two", |found| {
        let names: Vec<_> = named(found, &name).iter().map(|server| server.name.clone()).collect();
        names.contains(&name) && names.contains(&format!("{name} (2)"))
    });
    let mut ports: Vec<u16> =
        named(&found, &name).iter().flat_map(|server| &server.addresses).map(SocketAddr::port).collect();
    ports.sort_unstable();
    let mut expected = [one.address().port(), other.address().port()];
    expected.sort_unstable();
    assert_eq!(ports, expected);
}

#[test]
fn a_daemon_for_this_machine_alone_is_announced_to_nobody() {
    let mut listener = Listener::new();
    let silent = unique("silent");
    let args = ["--listen", "127.0.0.1:0", "--announce-as", &silent, "--announce-on", "nosuch0"];
    let _daemon = DaemonBuilder::new(&args).start();
    let name = unique("loud");
    let _other = announced(&name, &[]).start();
    let found = listener.until("the other", |found| !named(found, &name).is_empty());
    assert!(named(&found, &silent).is_empty(), "{found:?}");
}

/// The row of a server in what `chatc servers` says.
fn row(more: &[&str], name: &str) -> Option<String> {
    let (interface, _) = loopback();
    let args = [&["servers", "--look-on", &interface][..], more].concat();
    let output = Command::new(env!("CARGO_BIN_EXE_chatc")).args(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find(|line| line.contains(name)).map(str::to_owned)
}

#[test]
fn chatc_lists_the_servers_that_are_announced() {
    let name = unique("listed \"é\"");
    let mut daemon = announced(&name, &[]).start();
    let _users = [daemon.user("alice"), daemon.user("bob")];
    daemon.expect_log("announced interface={any}");
    let at = daemon.address();
    let words: Vec<String> = row(&[], &name).unwrap().split_whitespace().map(str::to_owned).collect();
    assert_eq!(words[words.len() - 3..], [at.to_string(), "2".to_owned(), "users".to_owned()], "{words:?}");
    let process = std::process::id();
    let json = row(&["--json"], &at.to_string()).unwrap();
    let expected = format!(r#"{{"name":"listed \"é\" {process}","address":"{at}","users":2,"password":false}}"#);
    assert_eq!(json, expected);
}

#[test]
fn where_nothing_is_announced_chatc_says_so() {
    let output = Command::new(env!("CARGO_BIN_EXE_chatc")).args(["servers", "--look-on", "nosuch0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("chatc: no server is announced on this network"), "{error}");
}
