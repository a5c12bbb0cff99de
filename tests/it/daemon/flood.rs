//! Too much at once from the real daemon's clients; the exact times are for tests/sim/server_streams.

use std::time::{Duration, Instant};

use crate::process::daemon::{Daemon, eventually};

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is that time passes")]
fn a_paste_arrives_whole_and_in_order_but_not_at_once() {
    let daemon = Daemon::start(&["--rate-lines", "5/0.005"]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    let start = Instant::now();
    alice.send(&(0..200).map(|number| format!("PRIVATE bob {number}\n")).collect::<String>());
    for number in 0..200 {
        bob.expect(&format!("* private {{id}} {{time}} alice {number}"));
    }
    assert!(start.elapsed() > Duration::from_millis(900));
    for _ in 0..200 {
        alice.expect("+OK taken {id} {time} 1");
    }
}

#[test]
fn one_who_floods_keeps_nobody_waiting() {
    let daemon = Daemon::observed(&["--rate-lines", "10/0.1"]);
    let (mut flooder, mut bob) = (daemon.user("flooder"), daemon.user("bob"));
    let before = daemon.settled();
    let flood = "PING x\n".repeat(20_000);
    flooder.send(&flood);
    for _ in 0..5 {
        bob.expect_quiet();
    }
    // What it has sent is neither kept in memory nor answered in advance.
    assert!(daemon.settled().queued <= before.queued + 100);
    flooder.reset();
    eventually(|| daemon.figures().users, |users| *users == 1);
    bob.expect_quiet();
}
