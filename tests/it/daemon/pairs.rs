//! Rows 2 to 7: names, requests and private sessions.

use crate::process::daemon::{Daemon, Script};

/// Enters `names` as clients A, B, C, …
fn entered(daemon: &Daemon, names: &[&str]) -> Script {
    let mut script = daemon.script();
    for ((number, name), letter) in names.iter().enumerate().zip('A'..='Z') {
        let uid = number + 1;
        script.run(&format!("{letter}> ENTER {name}\n{letter}< +OK entered {uid} {name}"));
    }
    script
}

#[test]
fn row_2_a_taken_name_is_refused_without_regard_to_case_and_can_be_asked_for_again() {
    let daemon = Daemon::start(&[]);
    let mut script = daemon.script();
    script
        .run(
            "A> ENTER Alice
             A< +OK entered 1 Alice
             B> ENTER aLICE
             B< -ERR name-taken the name aLICE is taken; choose another
             B> ENTER operator
             B< -ERR bad-name {any}
             B> ENTER bob
             B< +OK entered 2 bob
             B> ENTER bobby
             B< -ERR already-entered {any}
             A> QUIT
             A< +OK bye
             A< {closed}
             C> ENTER ALICE
             C< +OK entered 3 ALICE",
        )
        .end();
}

#[test]
fn row_3_names_and_uids_both_work_wherever_a_user_is_named() {
    let daemon = Daemon::start(&[]);
    entered(&daemon, &["alice", "bob"])
        .run(
            "A> private 2 one
             A< +OK taken 1 {time} 1
             B< * private 1 {time} alice one
             A> PRIVATE BOB two
             A< +OK taken 2 {time} 1
             B< * private 2 {time} alice two
             B> Request 1
             B< +OK ringing alice session 60
             A< * request bob session 60
             A> REJECT 2
             A< +OK
             B< * declined alice rejected
             B> REQUEST ALICE
             B< +OK ringing alice session 60
             A< * request bob session 60
             A> ACCEPT 2
             A< * paired bob
             A< +OK
             B< * paired alice
             A> SAY 2 three
             A< +OK taken 3 {time} 1
             B< * said 3 {time} alice three",
        )
        .end();
}

#[test]
fn row_4_a_request_arrives_at_once_in_the_middle_of_a_half_sent_line() {
    let daemon = Daemon::start(&[]);
    let mut script = entered(&daemon, &["alice", "bob", "carol"]);
    script.client('A').send_bytes(b"PRIVATE carol half");
    script.run(
        "B> REQUEST alice
         B< +OK ringing alice session 60
         A< * request bob session 60
         C> REQUEST alice
         C< +OK ringing alice session 60
         A< * request carol session 60",
    );
    script.client('A').send_bytes(b" a line\n");
    script
        .run(
            "A< +OK taken 1 {time} 1
             C< * private 1 {time} alice half a line
             A> REQUESTS
             A< = request-from bob session {id}
             A< = request-from carol session {id}
             A< +OK listed 2 2
             A> ACCEPT
             A< -ERR which-request {any}
             A> ACCEPT dave
             A< -ERR no-such-user {any}
             A> REJECT carol
             A< +OK
             C< * declined alice rejected
             A> ACCEPT
             A< * paired bob
             A< +OK
             B< * paired alice",
        )
        .end();
}

#[test]
fn row_5_accepted_lines_pass_both_ways_and_others_see_who_is_unavailable() {
    let daemon = Daemon::start(&[]);
    entered(&daemon, &["alice", "bob", "carol"])
        .run(
            "B> REQUEST alice
             B< +OK ringing alice session 60
             A< * request bob session 60
             A> ACCEPT bob
             A< * paired bob
             A< +OK
             B< * paired alice
             A> SAY bob hello
             A< +OK taken 1 {time} 1
             B< * said 1 {time} alice hello
             B> SAY alice  two  blanks
             B< +OK taken 2 {time} 1
             A< * said 2 {time} bob  two  blanks
             C> LIST
             C< = user 1 alice chatting bob 127.0.0.1:{any}
             C< = user 2 bob chatting alice 127.0.0.1:{any}
             C< = user 3 carol available - 127.0.0.1:{any}
             C< +OK listed 3 3",
        )
        .end();
}

#[test]
fn row_5_rejected_both_are_free() {
    let daemon = Daemon::start(&[]);
    entered(&daemon, &["alice", "bob"])
        .run(
            "B> REQUEST alice
             B< +OK ringing alice session 60
             A< * request bob session 60
             A> REJECT
             A< +OK
             B< * declined alice rejected
             A> SAY bob hello
             A< -ERR not-chatting {any}
             B> LIST
             B< = user 1 alice available - {any}
             B< = user 2 bob available - {any}
             B< +OK listed 2 2",
        )
        .end();
}

#[test]
fn row_6_several_pairs_go_on_independently() {
    let daemon = Daemon::start(&[]);
    let names = ["a_", "b_", "c_", "d_", "e_", "f_", "g_", "h_"];
    let mut script = entered(&daemon, &names);
    let pairs = [('A', "a_", 'B', "b_"), ('C', "c_", 'D', "d_"), ('E', "e_", 'F', "f_"), ('G', "g_", 'H', "h_")];
    for (one, name, two, other) in pairs {
        script.run(&format!(
            "{one}> REQUEST {other}
             {one}< +OK ringing {other} session 60
             {two}< * request {name} session 60"
        ));
    }
    for (one, name, two, other) in pairs {
        script.run(&format!("{two}> ACCEPT\n{two}< * paired {name}\n{two}< +OK\n{one}< * paired {other}"));
    }
    for round in 0..20 {
        for (one, name, two, other) in pairs {
            script.run(&format!("{one}> SAY {other} {name} {round}\n{two}> SAY {name} {other} {round}"));
        }
        for (one, name, two, other) in pairs {
            let heard = |client: &mut crate::process::daemon::Client, from: &str| {
                let mut lines = [client.line(), client.line()];
                lines.sort();
                let [said, taken] = lines;
                assert!(said.ends_with(&format!(" {from} {from} {round}")), "{said}");
                assert!(taken.starts_with("+OK taken "), "{taken}");
            };
            heard(script.client(one), other);
            heard(script.client(two), name);
        }
    }
    script.run("A> END\nA< * ended b_ by-you\nA< +OK\nB< * ended a_ by-partner");
    script.run("C> SAY d_ still here\nC< +OK taken {id} {time} 1\nD< * said {id} {time} c_ still here").end();
}

#[test]
fn row_6_every_request_that_cannot_be_is_refused_clearly() {
    let daemon = Daemon::start(&[]);
    entered(&daemon, &["alice", "bob", "carol"])
        .run(
            "A> REQUEST bob
             A< +OK ringing bob session 60
             B< * request alice session 60
             A> REQUEST carol
             A< -ERR asking your request to bob still waits; CANCEL it first
             B> ACCEPT
             B< * paired alice
             B< +OK
             A< * paired bob
             C> REQUEST bob
             C< -ERR busy busy: bob is chatting with alice; try later, or PRIVATE bob TEXT
             C> REQUEST carol
             C< -ERR yourself {any}
             C> REQUEST 3
             C< -ERR yourself {any}
             C> REQUEST nobody
             C< -ERR no-such-user {any}
             C> REQUEST 77
             C< -ERR no-such-user {any}
             A> REQUEST carol
             A< -ERR chatting you are chatting with bob; END that first
             C> ACCEPT
             C< -ERR no-request {any}
             C> CANCEL
             C< -ERR nothing-to-cancel {any}",
        )
        .end();
}

#[test]
fn row_6_requests_that_cross_pair_at_once() {
    let daemon = Daemon::start(&[]);
    entered(&daemon, &["alice", "bob"])
        .run(
            "A> REQUEST bob
             A< +OK ringing bob session 60
             B< * request alice session 60
             B> REQUEST alice
             B< * paired alice
             B< +OK
             A< * paired bob",
        )
        .end();
}

#[test]
fn row_6_cancelling_and_being_overtaken_is_told() {
    let daemon = Daemon::start(&[]);
    entered(&daemon, &["alice", "bob", "carol", "dave"])
        .run(
            "B> REQUEST alice
             B< +OK ringing alice session 60
             A< * request bob session 60
             B> CANCEL
             B< +OK
             A< * withdrawn bob cancelled
             B> REQUEST alice
             B< +OK ringing alice session 60
             A< * request bob session 60
             C> REQUEST alice
             C< +OK ringing alice session 60
             A< * request carol session 60
             D> REQUEST bob
             D< +OK ringing bob session 60
             B< * request dave session 60
             A> ACCEPT bob
             A< * paired bob
             A< +OK
             B< * paired alice
             C< * declined alice paired
             D< * declined bob paired
             C> QUIT
             C< +OK bye
             C< {closed}",
        )
        .end();
}

#[test]
fn row_6_a_request_expires_and_both_are_told() {
    let daemon = Daemon::start(&["--invite-timeout", "1"]);
    entered(&daemon, &["alice", "bob"])
        .run(
            "B> REQUEST alice
             B< +OK ringing alice session 1
             A< * request bob session 1
             A< * withdrawn bob expired
             B< * declined alice expired
             A> ACCEPT bob
             A< -ERR no-request {any}",
        )
        .end();
}

#[test]
fn row_7_ending_returns_both_and_leaving_closes_that_connection_only() {
    let daemon = Daemon::start(&[]);
    let mut script = entered(&daemon, &["alice", "bob"]);
    script
        .run(
            "A> REQUEST bob
             A< +OK ringing bob session 60
             B< * request alice session 60
             B> ACCEPT
             B< * paired alice
             B< +OK
             A< * paired bob
             B> END
             B< * ended alice by-you
             B< +OK
             A< * ended bob by-partner
             A> REQUEST bob
             A< +OK ringing bob session 60
             B< * request alice session 60
             B> ACCEPT
             B< * paired alice
             B< +OK
             A< * paired bob
             B> QUIT
             B< +OK bye
             B< {closed}
             A< * ended bob gone
             A> LIST
             A< = user 1 alice available - {any}
             A< +OK listed 1 1",
        )
        .end();
}

#[test]
fn row_7_a_dropped_partner_is_announced() {
    let daemon = Daemon::start(&[]);
    for is_reset in [false, true] {
        let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
        alice.ask("REQUEST bob", &["+OK ringing bob session 60"]);
        bob.expect("* request alice session 60");
        bob.ask("ACCEPT", &["* paired alice", "+OK"]);
        alice.expect("* paired bob");
        if is_reset {
            bob.reset()
        } else {
            drop(bob)
        }
        alice.expect("* ended bob gone");
        alice.ask("QUIT", &["+OK bye", "{closed}"]);
    }
}
