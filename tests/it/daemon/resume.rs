//! Lost connections over real sockets: drops, half-open connections, the end of the grace.

use crate::process::daemon::{Bystanders, Client, Daemon, Script};

/// Alice, whose place is kept, and bob, in a session and in #r.
fn two(daemon: &Daemon) -> Script {
    let mut script = daemon.script();
    script.run(
        "A> ENTER alice
         A< +OK entered 1 alice
         B> ENTER bob
         B< +OK entered 2 bob
         A> REQUEST bob
         A< +OK ringing bob session 60
         B< * request alice session 60
         B> ACCEPT
         B< * paired alice
         B< +OK
         A< * paired bob
         A> JOIN #r
         A< * joined #r alice
         A< +OK room #r
         B> JOIN #r
         B< * joined #r bob
         B< +OK room #r
         A< * joined #r bob
         A> KEEP",
    );
    script
}

#[test]
fn a_connection_that_breaks_costs_nothing() {
    let mut daemon = Daemon::start(&[]);
    let mut script = two(&daemon);
    script.run("A< +OK kept {token} 120\nB> SAY alice one\nB< +OK taken 1 {time} 1\nA< * said 1 {time} bob one");
    script.take('A').reset();
    daemon.expect_log("dropped name=alice reason=broken");
    script
        .run(
            "B> SAY alice two
             B< +OK taken 2 {time} 0 1
             B> LIST
             B< = user 1 alice chatting bob {any}
             B< = user 2 bob chatting alice {any}
             B< +OK listed 2 2
             A> RESUME 1 {token} 1
             A< +OK resumed 1 alice 0 0
             A< * said 2 {time} bob two
             A> SAY bob three
             A< +OK taken 3 {time} 1
             B< * said 3 {time} alice three",
        )
        .end();
    daemon.expect_log("returned name=alice");
}

#[test]
fn a_connection_that_only_looks_alive_is_taken_over_from() {
    let daemon = Daemon::start(&[]);
    let mut script = two(&daemon);
    script.run("A< +OK kept {token} 120");
    let mut old = script.take('A');
    script.run(
        "B> SAY #r unread
         B< +OK taken 1 {time} 1
         A> RESUME 1 {token} 0
         A< +OK resumed 1 alice 0 0
         A< * room 1 {time} #r bob unread",
    );
    old.expect("* room 1 {time} #r bob unread");
    old.expect("* bye resumed-elsewhere {any}");
    old.expect_closed();
    script.run("B> SAY #r both\nB< +OK taken 2 {time} 1\nA< * room 2 {time} #r bob both").end();
}

#[test]
fn when_the_grace_ends_the_user_is_gone_as_if_it_had_quit() {
    let mut daemon = Daemon::observed(&["--resume-grace", "1"]);
    let mut watcher = daemon.user("watcher");
    let before = daemon.settled();
    let mut alice = daemon.user("alice");
    watcher.ask("WATCH on", &["+OK"]);
    alice.ask("KEEP", &["+OK kept {token} 1"]);
    alice.join("#r");
    alice.reset();
    let mut early = Client::connect(daemon.address());
    early.ask("ENTER alice", &["-ERR name-taken {any}"]);
    watcher.expect("* opened #r");
    watcher.expect("* closed #r");
    watcher.expect("* gone alice broken");
    early.ask("RESUME 2 00000000000000000000000000000000 0", &["-ERR bad-token {any}"]);
    daemon.expect_log("gone name=alice reason=broken");
    drop(early);
    daemon.expect_figures(before);
}

#[test]
fn private_lines_that_were_acknowledged_and_not_read_are_told_both_sides() {
    let daemon = Daemon::start(&["--resume-grace", "1"]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    alice.ask("REQUEST bob", &["+OK ringing {any}"]);
    bob.expect("* request alice session 60");
    bob.ask("ACCEPT", &["* paired alice", "+OK"]);
    alice.expect("* paired bob");
    bob.send("KEEP");
    let kept = bob.expect("+OK kept {any}");
    let token = kept.split(' ').nth(2).unwrap();
    bob.reset();
    alice.ask("SAY bob one", &["+OK taken {any}"]);
    alice.ask("PRIVATE bob two", &["+OK taken {any}"]);
    alice.expect("* ended bob gone");
    alice.expect("* unread bob 2");
    let mut bob = Client::connect(daemon.address());
    bob.ask(&format!("RESUME 2 {token} 0"), &["* lost 2", "-ERR bad-token {any}"]);
    bob.ask("ENTER bob", &["+OK entered 3 bob"]);
}

#[test]
fn without_grace_no_place_is_kept() {
    let daemon = Daemon::start(&["--resume-grace", "0"]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    bob.ask("WATCH on", &["+OK"]);
    alice.ask("KEEP", &["-ERR not-kept {any}"]);
    alice.reset();
    bob.expect("* gone alice broken");
}

#[test]
fn many_drops_and_returns_leave_nothing_behind() {
    let daemon = Daemon::observed(&[]);
    let bystanders = Bystanders::new(&daemon);
    let mut client = daemon.user("alice");
    client.send("KEEP");
    let kept = client.line();
    let token = kept.split(' ').nth(2).expect("a token").to_owned();
    client.send("JOIN #own");
    client.expect("* joined #own alice");
    client.expect("+OK room #own");
    let mut seen = 2;
    for number in 0..100 {
        let mut next = Client::connect(daemon.address());
        next.ask(&format!("RESUME 3 {token} {seen}"), &[&format!("+OK resumed 3 alice {} 0", number + 1)]);
        let old = std::mem::replace(&mut client, next);
        if number % 2 == 0 {
            old.reset()
        } else {
            drop(old)
        }
        client.ask("PING", &["+OK pong"]);
        seen += 1;
        if number % 3 == 0 {
            client.send(&format!("@ {seen}"));
        }
    }
    client.ask("QUIT", &["+OK bye", "{closed}"]);
    drop(client);
    bystanders.end(&daemon);
}

#[test]
fn the_room_and_the_announcements_of_before_are_shown_to_those_who_come_later() {
    let daemon = Daemon::start(&["--backlog", "2"]);
    let mut script = daemon.script();
    script
        .run(
            "A> ENTER alice
             A< +OK entered 1 alice
             A> JOIN #r
             A< * joined #r alice
             A< +OK room #r
             A> SAY #r one
             A< +OK taken 1 {time} 0
             A> SAY #r two
             A< +OK taken 2 {time} 0
             A> SAY #r three
             A< +OK taken 3 {time} 0
             A> ANNOUNCE four
             A< +OK taken 4 {time} 0
             A> LEAVE
             A< * left #r alice
             A< +OK room #r
             B> ENTER bob
             B< * announced-earlier 4 {time} alice four
             B< +OK entered 2 bob
             B> JOIN #r
             B< * joined #r bob
             B< * earlier 2 {time} #r alice two
             B< * earlier 3 {time} #r alice three
             B< +OK room #r",
        )
        .end();
}
