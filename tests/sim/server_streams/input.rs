//! What arrives: in any pieces, with any readiness, until its end.

use std::io::ErrorKind;

use super::support::{Bench, HUNG_UP, READABLE, WRITABLE};

const CONVERSATION: &str = "HELLO\nENTER alice\r\n\nLIST\nPING é\nJOIN #r\nSAY #r hi\nPRIVATE bob yo\n";

fn after_whole() -> Vec<String> {
    let mut bench = Bench::new();
    let client = bench.connect();
    bench.ask(&client, CONVERSATION)
}

#[test]
fn a_conversation_in_single_bytes_is_answered_as_if_it_came_at_once() {
    let expected = after_whole();
    assert_eq!(expected.len(), 9, "{expected:#?}");
    let mut bench = Bench::new();
    let client = bench.connect();
    for byte in CONVERSATION.bytes() {
        bench.send(&client, [byte]);
    }
    assert_eq!(client.lines(), expected);
    bench.all_leave(&[&client]);
}

#[test]
fn a_conversation_may_be_split_anywhere() {
    let expected = after_whole();
    for at in 0..=CONVERSATION.len() {
        let mut bench = Bench::new();
        let client = bench.connect();
        let (before, after) = CONVERSATION.as_bytes().split_at(at);
        bench.send(&client, before);
        bench.send(&client, after);
        assert_eq!(client.lines(), expected, "split at {at}");
        bench.all_leave(&[&client]);
    }
}

#[test]
fn pipelined_commands_are_answered_in_their_order() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    let many: String = (0..3_000).map(|number| format!("PING {number}\n")).collect();
    let expected: Vec<String> = (0..3_000).map(|number| format!("+OK pong {number}")).collect();
    assert_eq!(bench.ask(&client, many), expected, "more than one read's worth, and one edge");
    bench.all_leave(&[&client]);
}

#[test]
fn one_talker_does_not_keep_others_waiting() {
    let mut bench = Bench::new();
    let (loud, quiet) = (bench.user("loud"), bench.user("quiet"));
    bench.arrive(&loud, "PING 1\n".repeat(20_000));
    bench.arrive(&quiet, "PING 2\n");
    bench.tick();
    assert_eq!(quiet.lines(), ["+OK pong 2"], "served in the first tick");
    assert_eq!(loud.unread(), 7 * 20_000 - 16 * 1024, "one read");
    bench.settle();
    assert_eq!(loud.lines().len(), 20_000);
    assert_eq!(loud.unread(), 0);
}

#[test]
fn readiness_that_is_not_true_does_no_harm() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    for readiness in [READABLE, WRITABLE, READABLE] {
        bench.ready(&client, readiness);
        bench.settle();
    }
    assert_eq!(client.received(), "");
    assert_eq!(bench.ask(&client, "PING\n"), ["+OK pong"]);
    let reads = client.reads();
    bench.settle();
    assert_eq!(client.reads(), reads, "a connection that is not ready is not read");
}

#[test]
fn an_interrupted_read_is_tried_again() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    client.script(|wire| wire.read_errors.extend([ErrorKind::Interrupted, ErrorKind::Interrupted]));
    assert_eq!(bench.ask(&client, "PING\n"), ["+OK pong"]);
}

#[test]
fn a_read_that_would_block_after_all_waits_for_the_next_edge() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    client.script(|wire| wire.read_errors.push_back(ErrorKind::WouldBlock));
    assert!(bench.ask(&client, "PING 1\n").is_empty());
    assert_eq!(bench.ask(&client, "PING 2\n"), ["+OK pong 1", "+OK pong 2"]);
}

#[test]
fn a_read_error_ends_the_connection_and_the_partner_is_told() {
    for error in [ErrorKind::ConnectionReset, ErrorKind::TimedOut, ErrorKind::HostUnreachable] {
        let mut bench = Bench::new();
        let (alice, bob) = bench.pair("alice", "bob");
        alice.script(|wire| wire.read_errors.push_back(error));
        bench.ready(&alice, READABLE);
        bench.settle();
        assert!(alice.is_gone(), "at once: there is nobody to say farewell to");
        assert_eq!(alice.received(), "");
        assert_eq!(bob.lines(), ["* ended alice gone"]);
        assert!(bench.log().iter().any(|line| line.starts_with("disconnect ") && line.ends_with("reason=broken")));
        bench.all_leave(&[&bob]);
    }
}

#[test]
fn a_client_that_vanishes_in_a_session_leaves_its_partner_free() {
    let mut bench = Bench::new();
    let (alice, bob) = bench.pair("alice", "bob");
    bench.reset(&alice);
    assert!(alice.is_gone());
    assert_eq!(bob.lines(), ["* ended alice gone"]);
    assert!(bench.ask(&bob, "LIST\n")[0].starts_with("= user 2 bob available - "));
    assert_eq!(bench.ask(&bob, "SAY alice hello?\n")[0].split(' ').nth(1), Some("not-chatting"));
    bench.all_leave(&[&bob]);
}

#[test]
fn what_was_asked_before_the_end_is_answered() {
    let mut bench = Bench::new();
    let client = bench.connect();
    bench.arrive(&client, "ENTER alice\nLIST\n");
    bench.half_close(&client);
    let lines = client.lines();
    assert_eq!(lines[0], "+OK entered 1 alice");
    assert_eq!(lines.last().unwrap(), "+OK listed 1 1");
    assert!(client.is_gone());
    bench.assert_empty();
}

#[test]
fn more_than_one_reads_worth_before_the_end_is_answered() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    bench.arrive(&client, "PING\n".repeat(10_000));
    bench.half_close(&client);
    assert_eq!(client.lines().len(), 10_000);
    bench.assert_empty();
}

#[test]
fn half_a_line_before_the_end_is_no_command() {
    let mut bench = Bench::new();
    let (alice, bob) = bench.pair("alice", "bob");
    bench.arrive(&alice, "SAY bob first\nSAY bob sec");
    bench.half_close(&alice);
    let heard = bob.lines();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].ends_with(" alice first"));
    assert_eq!(heard[1], "* ended alice gone");
    bench.all_leave(&[&bob]);
}

#[test]
fn events_for_a_connection_that_is_gone_are_ignored() {
    let mut bench = Bench::new();
    let alice = bench.user("alice");
    bench.half_close(&alice);
    assert!(alice.is_gone());
    for readiness in [READABLE, WRITABLE, HUNG_UP] {
        bench.ready(&alice, readiness);
        bench.settle();
    }
    bench.assert_empty();
}

#[test]
fn events_for_an_earlier_user_of_a_slot_do_not_reach_the_next_one() {
    let mut bench = Bench::new();
    let alice = bench.user("alice");
    bench.half_close(&alice);
    let bob = bench.connect();
    assert_ne!(bob.token, alice.token, "a reused slot has a token of its own");
    let reads = bob.reads();
    bench.ready(&alice, HUNG_UP);
    bench.settle();
    assert_eq!(bob.reads(), reads, "bob was not even read");
    assert_eq!(bench.ask(&bob, "ENTER bob\n"), ["+OK entered 2 bob"]);
    bench.all_leave(&[&bob]);
}

#[test]
fn events_within_the_batch_in_which_a_connection_ends_do_no_harm() {
    let mut bench = Bench::new();
    let (alice, bob) = bench.pair("alice", "bob");
    bench.arrive(&alice, "SAY bob x\nQUIT\nSAY bob y\n");
    bench.ready(&bob, READABLE);
    bench.ready(&alice, HUNG_UP);
    bench.settle();
    let heard = bob.lines();
    assert!(heard[0].ends_with(" alice x"));
    assert_eq!(heard[1..], ["* ended alice gone"], "nothing is heard after QUIT");
    bench.half_close(&alice);
    bench.all_leave(&[&bob]);
}
