//! How long a connection lives, and how it ends.

use std::time::Duration;

use chatd::limits::{FAREWELL_TIME, GREETING_DELAY, Limits, ROWS_PER_REPLY};

use super::support::{Bench, Deed};

const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn a_silent_client_is_greeted_after_a_second() {
    let mut bench = Bench::new();
    let client = bench.connect();
    bench.advance(GREETING_DELAY - MILLISECOND);
    assert_eq!(client.received(), "");
    bench.advance(MILLISECOND);
    let greeting = client.received();
    assert!(greeting.starts_with("* hello ") && greeting.ends_with('\n'), "{greeting}");
    bench.advance(Duration::from_secs(10));
    assert_eq!(client.received(), "", "once");
    assert_eq!(bench.ask(&client, "ENTER alice\n"), ["+OK entered 1 alice"]);
    bench.all_leave(&[&client]);
}

#[test]
fn a_client_that_speaks_first_is_not_greeted() {
    for first in ["H", "\n", "HELLO\n"] {
        let mut bench = Bench::new();
        let client = bench.connect();
        bench.send(&client, first);
        client.received();
        bench.advance(Duration::from_secs(5));
        assert_eq!(client.received(), "");
    }
}

#[test]
fn who_has_not_entered_in_time_is_closed() {
    for (first, farewell) in [("", 2), ("HELLO\n", 2), ("ENT", 1)] {
        let mut bench = Bench::new();
        let client = bench.connect();
        bench.send(&client, first);
        bench.advance(Limits::DEFAULT.entry_timeout - MILLISECOND);
        assert_eq!(client.history(), []);
        bench.advance(MILLISECOND);
        let lines = client.lines();
        assert_eq!(lines.len(), farewell, "{lines:?}");
        assert!(lines.last().unwrap().starts_with("* bye entry-timeout "), "{lines:?}");
        assert!(bench.log().last().unwrap().ends_with("reason=entry-timeout"));
        bench.half_close(&client);
        bench.assert_empty();
    }
}

#[test]
fn who_has_entered_has_all_the_time_there_is() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    bench.advance(Duration::from_secs(86_400 * 30));
    assert!(bench.ask(&client, "LIST\n")[0].ends_with(" 2592000"));
    bench.all_leave(&[&client]);
}

#[test]
fn the_farewell_is_written_before_the_stream_is_finished_and_read_to_its_end_before_it_is_dropped() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    client.script(|wire| wire.room = 3);
    bench.send(&client, "QUIT\n");
    assert_eq!(client.received(), "+OK");
    assert_eq!(client.history(), [], "not finished while something is unwritten");
    bench.make_room(&client, 100);
    assert_eq!(client.received(), " bye\n");
    assert_eq!(client.history(), [Deed::Finished], "waits for the peer");
    bench.send(&client, "what was on its way\n");
    assert_eq!(client.unread(), 0, "what still arrives is read");
    assert_eq!(client.received(), "", "and not answered");
    bench.half_close(&client);
    assert_eq!(client.history(), [Deed::Finished, Deed::ReadToEnd, Deed::Dropped]);
    bench.assert_empty();
}

#[test]
fn a_peer_that_hung_up_before_is_not_waited_for() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    bench.arrive(&client, "QUIT\n");
    bench.half_close(&client);
    assert_eq!(client.lines(), ["+OK bye"]);
    assert_eq!(client.history(), [Deed::Finished, Deed::ReadToEnd, Deed::Dropped]);
    bench.assert_empty();
}

#[test]
fn a_peer_that_never_hangs_up_is_given_up_after_two_seconds() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    bench.send(&client, "QUIT\n");
    bench.advance(FAREWELL_TIME - MILLISECOND);
    assert!(!client.is_gone());
    bench.advance(MILLISECOND);
    assert_eq!(client.history(), [Deed::Finished, Deed::Dropped]);
    bench.assert_empty();
}

#[test]
fn a_peer_that_never_reads_its_farewell_is_given_up_after_two_seconds() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    client.script(|wire| wire.room = 0);
    bench.send(&client, "QUIT\n");
    bench.advance(FAREWELL_TIME);
    assert_eq!(client.history(), [Deed::Dropped]);
    bench.assert_empty();
}

#[test]
fn a_peer_that_breaks_while_it_is_closed_is_forgotten_at_once() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    bench.send(&client, "QUIT\n");
    bench.reset(&client);
    assert!(client.is_gone());
    bench.assert_empty();
}

#[test]
fn a_name_is_free_again_as_soon_as_its_user_has_quit() {
    let mut bench = Bench::new();
    let first = bench.user("alice");
    bench.send(&first, "QUIT\n");
    assert_eq!(bench.server.connection_count(), 1, "still lingering");
    let second = bench.user("ALICE");
    bench.all_leave(&[&first, &second]);
}

#[test]
fn a_listing_of_more_than_a_page_goes_on_where_it_stopped() {
    let mut bench = Bench::new();
    let clients: Vec<_> = (0..2 * ROWS_PER_REPLY + 7).map(|number| bench.user(&format!("u{number}"))).collect();
    let (mut after, mut seen, mut pages) = (0, Vec::new(), 0);
    loop {
        let lines = bench.ask(&clients[0], format!("LIST {after}\n"));
        let (answer, rows) = lines.split_last().unwrap();
        seen.extend(rows.iter().map(|row| row.split(' ').nth(2).unwrap().parse::<usize>().unwrap()));
        pages += 1;
        assert_eq!(answer.split(' ').nth(2), Some(rows.len().to_string().as_str()));
        assert_eq!(answer.split(' ').nth(3), Some("1007"));
        match answer.split(' ').nth(4) {
            Some(next) => after = next.parse().unwrap(),
            None => break,
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(seen, (1..=clients.len()).collect::<Vec<_>>());
    bench.all_leave(&clients.iter().collect::<Vec<_>>());
}

#[test]
fn a_shutdown_tells_everybody_once_and_ends_when_all_have_hung_up() {
    let mut bench = Bench::new();
    let [alice, bob] = bench.room(["alice", "bob"]);
    let (newcomer, console) = (bench.connect(), bench.console());
    bench.send(&alice, "WATCH on\nREQUEST bob\n");
    alice.received();
    bob.received();
    bench.server.shut_down(bench.now);
    bench.settle();
    for client in [&alice, &bob, &newcomer] {
        assert_eq!(client.lines(), ["* bye shutdown the server is shutting down"], "and nothing about the others");
        assert_eq!(client.history(), [Deed::Finished]);
    }
    assert_eq!(bench.server.user_count(), 0);
    assert!(console.is_gone(), "a terminal does not hang up by itself");
    for client in [&alice, &bob, &newcomer] {
        assert!(!client.is_gone());
        bench.half_close(client);
    }
    bench.assert_empty();
}

#[test]
fn a_shutdown_asked_for_twice_is_told_once() {
    let mut bench = Bench::new();
    let alice = bench.user("alice");
    for _ in 0..2 {
        bench.server.shut_down(bench.now);
        bench.settle();
    }
    assert_eq!(alice.lines().len(), 1);
    bench.advance(FAREWELL_TIME);
    bench.assert_empty();
}

#[test]
fn when_everyone_has_gone_nothing_is_left() {
    let mut bench = Bench::new();
    let [alice, bob, carol] = bench.room(["alice", "bob", "carol"]);
    let (dave, erin) = bench.pair("dave", "erin");
    bench.send(&alice, "REQUEST bob\n");
    bench.send(&carol, "WATCH on\nREQUEST bob\n");
    let silent = bench.connect();
    bench.reset(&bob);
    bench.send(&dave, "QUIT\n");
    bench.all_leave(&[&erin, &carol, &silent, &alice, &dave]);
}

#[test]
fn requests_expire_and_both_sides_are_told() {
    let mut bench = Bench::new();
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    bench.send(&bob, "REQUEST alice\n");
    alice.received();
    bob.received();
    bench.advance(Duration::from_secs(60) - MILLISECOND);
    assert_eq!((alice.received(), bob.received()), (String::new(), String::new()));
    bench.advance(MILLISECOND);
    assert_eq!(alice.lines(), ["* withdrawn bob expired"]);
    assert_eq!(bob.lines(), ["* declined alice expired"]);
    bench.all_leave(&[&alice, &bob]);
}
