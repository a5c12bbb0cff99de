//! How often one may do what: beyond it one waits, in order, and nobody else does.

use std::time::Duration;

use chatd::limits::{LONGEST_DEBT, Limits, Rate};

use super::support::{Bench, Client};

const FREE: Limits = Limits::DEFAULT.without_rates();

fn rate(burst: u32, seconds: u64) -> Rate {
    Rate { burst, interval: Duration::from_secs(seconds) }
}

/// The numbers that `client` has heard in #r since this was last asked.
fn heard(client: &Client) -> Vec<usize> {
    let lines = client.lines();
    let texts = lines.iter().filter(|line| line.starts_with("* room "));
    texts.map(|line| line.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a number")).collect()
}

#[test]
fn a_paste_of_two_hundred_lines_arrives_whole_in_order_and_at_the_rate() {
    let limits = Limits { lines: Limits::DEFAULT.lines, ..FREE };
    let mut bench = Bench::limited(limits);
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.advance(Duration::from_secs(10));
    let paste: String = (0..200).map(|number| format!("SAY #r {number}\n")).collect();
    bench.send(&alice, paste);
    let burst = limits.lines.burst as usize;
    assert_eq!(heard(&bob), (0..burst).collect::<Vec<_>>(), "the burst comes at once");
    for number in burst..200 {
        bench.advance(limits.lines.interval);
        assert_eq!(heard(&bob), [number], "then one each interval");
    }
    let (answers, notices): (Vec<String>, Vec<String>) =
        alice.lines().into_iter().partition(|line| line.starts_with("+OK taken "));
    assert_eq!(answers.len(), 200);
    // 190 lines wait at first; then it is told once in ten seconds how long the rest will take.
    assert_eq!(notices.first().map(String::as_str), Some("* waiting 64"));
    assert_eq!(notices.last().map(String::as_str), Some("* waiting 2"));
    assert_eq!(notices.len(), 7, "{notices:?}");
    bench.advance(Duration::from_secs(60));
    assert_eq!(bob.received(), "");
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn who_waits_keeps_nobody_else_waiting_and_is_not_read_meanwhile() {
    let mut bench = Bench::limited(Limits { lines: rate(5, 1), ..FREE });
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.advance(Duration::from_secs(10));
    bench.send(&alice, "SAY #r x\n".repeat(100_000));
    assert_eq!(bob.lines().len(), 5);
    assert_eq!(alice.lines()[5..], ["* waiting 1815"], "one second after the other");
    assert!(alice.unread() > 600_000, "the rest waits where it came from");
    assert_eq!(bench.ask(&bob, "PING y\n"), ["+OK pong y"]);
    bench.reset(&alice);
    assert_eq!(bench.server.user_count(), 1, "that it is gone is seen at once for all that");
    bench.all_leave(&[&bob]);
}

#[test]
fn lines_sent_before_hanging_up_are_all_heard_in_time() {
    let mut bench = Bench::limited(Limits { lines: rate(2, 1), ..FREE });
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.advance(Duration::from_secs(10));
    bench.arrive(&alice, (0..20).map(|number| format!("SAY #r {number}\n")).collect::<String>());
    bench.half_close(&alice);
    bench.advance(Duration::from_secs(17));
    assert_eq!(bench.server.user_count(), 2, "it has more to say");
    bench.advance(Duration::from_secs(1));
    assert_eq!(heard(&bob), (0..20).collect::<Vec<_>>());
    bench.advance(Duration::from_secs(1));
    bench.all_leave(&[&bob]);
}

#[test]
fn wrong_and_over_long_lines_count_as_well() {
    let mut bench = Bench::limited(Limits { lines: rate(3, 1), ..FREE });
    let alice = bench.connect();
    let long = "x".repeat(5_000);
    let answers = bench.ask(&alice, format!("FLY\n{long}\nFLY\nFLY\n"));
    assert_eq!(answers.len(), 3, "{answers:?}");
    bench.advance(Duration::from_secs(1));
    assert_eq!(alice.lines().len(), 1);
}

#[test]
fn requests_have_a_rate_of_their_own() {
    let limits = Limits { requests: Limits::DEFAULT.requests, ..FREE };
    let mut bench = Bench::limited(limits);
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    let burst = limits.requests.burst as usize;
    bench.send(&alice, "REQUEST bob\nCANCEL\n".repeat(burst) + "JOIN bob\nSAY #alice behind\n");
    assert_eq!(alice.lines().len(), burst * 2 + 1, "joining a user is a request, too");
    assert_eq!(bob.lines().len(), burst * 2);
    bench.advance(limits.requests.interval - Duration::from_millis(1));
    assert_eq!(alice.received(), "", "what follows keeps its place");
    bench.advance(Duration::from_millis(1));
    let answers = alice.lines();
    assert_eq!(answers[1], "+OK ringing bob #alice 60");
    assert!(answers[2].starts_with("+OK taken "), "{answers:?}");
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn announcements_have_a_rate_of_their_own() {
    let limits = Limits { announcements: Limits::DEFAULT.announcements, ..FREE };
    let mut bench = Bench::limited(limits);
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    let burst = limits.announcements.burst as usize;
    bench.send(&alice, (0..=burst).map(|number| format!("ANNOUNCE {number}\n")).collect::<String>() + "FLY\n");
    assert_eq!(bob.lines().len(), burst);
    assert_eq!(alice.lines()[burst..], ["* waiting 10"]);
    bench.send(&bob, "ANNOUNCE mine\n");
    assert!(bob.lines()[0].starts_with("+OK taken "), "everybody's rate is one's own");
    bench.advance(limits.announcements.interval);
    assert_eq!(bob.lines().len(), 1);
    assert!(alice.lines().last().is_some_and(|line| line.starts_with("-ERR unknown-command ")), "it kept its place");
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn operators_may_do_anything_as_often_as_they_like() {
    let mut bench = Bench::limited(Limits::DEFAULT);
    let console = bench.console();
    let alice = bench.user("alice");
    let answers = bench.ask(&console, "announce hello\n".repeat(100));
    assert_eq!(answers, vec!["announced to 1"; 100]);
    assert_eq!(alice.lines().len(), 100);
    bench.all_leave(&[&alice, &console]);
}

#[test]
fn attempts_to_enter_have_a_rate_by_address() {
    let mut bench = Bench::limited(Limits { entries: rate(2, 1), ..FREE });
    let crowd: Vec<Client> = (0..4).map(|_| bench.connect()).collect();
    for (number, client) in crowd.iter().enumerate() {
        bench.send(client, format!("ENTER user_{number}\n"));
    }
    let entered = |crowd: &[Client]| crowd.iter().filter(|client| client.received().starts_with("+OK")).count();
    assert_eq!(entered(&crowd), 2);
    let elsewhere = bench.connect_from([10, 0, 0, 8]);
    assert_eq!(bench.ask(&elsewhere, "ENTER elsewhere\n"), ["+OK entered 3 elsewhere"]);
    assert_eq!(bench.ask(&crowd[0], "PING\n"), ["+OK pong"], "those who are in do not wait");
    bench.advance(Duration::from_secs(1));
    assert_eq!(entered(&crowd), 1);
    bench.advance(Duration::from_secs(1));
    assert_eq!(entered(&crowd), 1);
    let all: Vec<&Client> = crowd.iter().chain([&elsewhere]).collect();
    bench.all_leave(&all);
}

#[test]
fn an_attempt_that_is_refused_counts_and_one_on_the_same_connection_does_too() {
    let mut bench = Bench::limited(Limits { entries: rate(2, 1), ..FREE });
    let (alice, late) = (bench.user("alice"), bench.connect());
    assert_eq!(bench.ask(&late, "ENTER alice\nENTER alice\n").len(), 1);
    bench.advance(Duration::from_secs(1));
    assert!(late.lines()[0].starts_with("-ERR name-taken "));
    bench.all_leave(&[&alice, &late]);
}

#[test]
fn a_client_that_has_to_wait_is_not_taken_for_dead() {
    let limits = Limits { announcements: rate(1, 200), ..FREE };
    let mut bench = Bench::limited(limits);
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    bench.send(&alice, "KEEP\nANNOUNCE one\nANNOUNCE two\n");
    bob.received();
    bench.advance(limits.dead_after * 3);
    assert_eq!(bench.server.user_count(), 2);
    assert!(bench.log().iter().all(|line| !line.starts_with("disconnect ")), "it could not answer");
    bench.advance(Duration::from_secs(20));
    assert!(bob.received().ends_with(" alice two\n"));
    bench.advance(limits.dead_after);
    let log = bench.log();
    assert!(log.iter().any(|line| line.ends_with("reason=ping-timeout")), "it does not wait any more: {log:?}");
    bench.advance(limits.resume_grace);
    bench.all_leave(&[&bob]);
}

/// A line that says nothing to others, and what is answered to it: the first or the only line.
const SHORT: [(&str, &str); 8] = [
    ("LIST", "= user "),
    ("ROOMS", "= room "),
    ("PING x", "+OK pong x"),
    ("REQUESTS", "+OK listed 0 0"),
    ("REJECT", "-ERR no-request "),
    ("CANCEL", "-ERR nothing-to-cancel "),
    ("END", "-ERR not-chatting "),
    ("LEAVE #r", "* left #r alice"),
];

#[test]
fn what_says_nothing_to_others_does_not_wait_behind_what_does() {
    for (line, answer) in SHORT {
        for is_sent_at_once in [true, false] {
            let mut bench = Bench::limited(Limits::DEFAULT);
            let [alice, bob] = bench.room(["alice", "bob"]);
            bench.advance(Duration::from_secs(10));
            let paste: String = (0..60).map(|number| format!("SAY #r {number}\n")).collect();
            if is_sent_at_once {
                bench.send(&alice, format!("{paste}{line}\n"));
            } else {
                bench.send(&alice, paste);
                assert_eq!(alice.lines().len(), 11, "ten answers and how long the rest will take");
                bench.advance(Duration::from_secs(1));
                bench.send(&alice, format!("{line}\n"));
            }
            assert_eq!(heard(&bob), (0..60).collect::<Vec<_>>(), "nothing is lost, and all of it keeps its order");
            let answers = alice.lines();
            let last = answers.iter().rposition(|line| line.starts_with("+OK taken ")).unwrap();
            assert!(answers[last + 1].starts_with(answer), "{line}: {answers:?}");
            bench.all_leave(&[&alice, &bob]);
        }
    }
}

#[test]
fn six_announcements_keep_nobody_from_a_listing_and_are_paid_for_afterwards() {
    let mut bench = Bench::limited(Limits::DEFAULT);
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    bench.advance(Duration::from_secs(60));
    bench.send(&alice, "ANNOUNCE x\n".repeat(6));
    assert_eq!(bob.lines().len(), 3);
    assert_eq!(alice.lines().last().map(String::as_str), Some("* waiting 11"));
    let answers = bench.ask(&alice, "LIST\n");
    assert_eq!(answers.last().map(String::as_str), Some("+OK listed 2 2"));
    assert_eq!(bob.lines().len(), 3);
    bench.send(&alice, "ANNOUNCE seventh\n");
    bench.advance(Duration::from_secs(39));
    assert_eq!(bob.lines().len(), 0, "seven announcements take forty seconds");
    bench.advance(Duration::from_secs(1));
    assert_eq!(bob.lines().len(), 1);
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn leaving_behind_a_paste_is_done_at_once_and_nothing_of_it_is_lost() {
    let mut bench = Bench::limited(Limits::DEFAULT);
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.advance(Duration::from_secs(10));
    bench.send(&alice, (0..60).map(|number| format!("SAY #r {number}\n")).collect::<String>() + "QUIT\n");
    let lines = bob.lines();
    assert_eq!(lines.iter().filter(|line| line.starts_with("* room ")).count(), 60);
    assert_eq!(lines.last().map(String::as_str), Some("* left #r alice quit"));
    assert_eq!(alice.lines().last().map(String::as_str), Some("+OK bye"));
    bench.half_close(&alice);
    bench.all_leave(&[&bob]);
}

/// A hundred lines for others, each to another, stand before one that need not wait: whoever speaks
/// meanwhile does not wait for all of them.
#[test]
fn what_is_handled_on_credit_is_handled_on_credit_in_turns() {
    let mut bench = Bench::limited(Limits { lines: Limits::DEFAULT.lines, ..FREE });
    let [loud, bob] = ["loud", "bob"].map(|name| bench.user(name));
    bench.advance(Duration::from_secs(10));
    bench.arrive(&loud, "PRIVATE bob x\n".repeat(100) + "PING z\n");
    let (mut heard, mut ticks) = (Vec::new(), 0);
    while heard.iter().sum::<usize>() < 100 {
        bench.tick();
        heard.push(bob.lines().len());
        ticks += 1;
        assert!(ticks < 30, "{heard:?}");
    }
    assert_eq!(heard[..3], [18, 8, 8], "the burst, and a few at a time");
    bench.tick();
    let answers = loud.lines();
    assert_eq!(answers.iter().filter(|line| line.starts_with("+OK taken ")).count(), 100);
    assert_eq!(answers.iter().rfind(|line| line.starts_with("+OK")).unwrap(), "+OK pong z", "{answers:?}");
    bench.all_leave(&[&loud, &bob]);
}

#[test]
fn a_client_gets_no_more_said_by_asking_between() {
    let mut bench = Bench::limited(Limits { output_hard: 1 << 24, ..Limits::DEFAULT });
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.advance(Duration::from_secs(10));
    let mut said = 0;
    for _ in 0..120 {
        bench.send(&alice, "SAY #r 1\n".repeat(6) + "PING\n");
        said += heard(&bob).len();
        bench.advance(Duration::from_millis(500));
    }
    let (rate, debt) = (Limits::DEFAULT.lines, LONGEST_DEBT);
    let most =
        rate.burst as usize + ((Duration::from_secs(60) + debt).as_millis() / rate.interval.as_millis()) as usize;
    assert!(said <= most, "{said} of at most {most} in a minute");
    bench.reset(&alice);
    bench.all_leave(&[&bob]);
}

#[test]
fn asking_has_its_own_bound_while_one_waits() {
    let mut bench = Bench::limited(Limits { lines: rate(3, 1), ..FREE });
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.advance(Duration::from_secs(10));
    bench.send(&alice, "SAY #r x\n".repeat(3) + &"PING\n".repeat(10));
    let answers = alice.lines();
    assert_eq!(answers.iter().filter(|line| *line == "+OK pong").count(), 3, "{answers:?}");
    bench.reset(&alice);
    bench.all_leave(&[&bob]);
}

#[test]
fn nothing_overtakes_an_attempt_to_enter() {
    let mut bench = Bench::limited(Limits { entries: rate(1, 5), ..FREE });
    let (one, two) = (bench.connect(), bench.connect());
    bench.send(&one, "ENTER one\n");
    assert_eq!(bench.ask(&two, "ENTER two\nPING\n"), ["* waiting 5"]);
    bench.advance(Duration::from_secs(5));
    assert_eq!(two.lines(), ["+OK entered 2 two", "+OK pong"]);
    bench.all_leave(&[&one, &two]);
}

#[test]
fn a_line_that_has_to_wait_for_its_kind_is_counted_once() {
    let limits = Limits { lines: rate(4, 1), announcements: rate(1, 10), ..FREE };
    let mut bench = Bench::limited(limits);
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    bench.advance(Duration::from_secs(60));
    bench.send(&alice, "ANNOUNCE one\nANNOUNCE two\n");
    bench.advance(Duration::from_secs(10));
    assert_eq!(bob.lines().len(), 2);
    bench.send(&alice, "SAY bob x\n".repeat(4));
    let refused = alice.lines().iter().filter(|line| line.starts_with("-ERR not-chatting ")).count();
    assert_eq!(refused, 3, "the second announcement has just been counted, and only then");
    bench.reset(&alice);
    bench.all_leave(&[&bob]);
}

#[test]
fn every_wait_that_can_be_noticed_is_told_once_in_a_while() {
    let wait = |limits: Limits, before: &str, lines: &str| {
        let mut bench = Bench::limited(limits);
        let (alice, bob) = (bench.user("alice"), bench.connect());
        bench.send(&alice, before);
        alice.received();
        bench.send(&alice, lines);
        let told = |client: &Client| client.lines().into_iter().filter(|line| line.starts_with("* waiting ")).collect();
        let first: Vec<String> = told(&alice);
        bench.advance(Duration::from_secs(9));
        assert_eq!(told(&alice), Vec::<String>::new(), "only once in ten seconds");
        bench.reset(&alice);
        bench.reset(&bob);
        first
    };
    let slow = rate(1, 20);
    assert_eq!(wait(Limits { lines: slow, ..FREE }, "", "SAY bob x\nSAY bob x\n"), ["* waiting 40"]);
    assert_eq!(wait(Limits { requests: slow, ..FREE }, "REQUEST bob\n", "JOIN bob\n"), ["* waiting 20"]);
    assert_eq!(wait(Limits { announcements: slow, ..FREE }, "ANNOUNCE 1\n", "ANNOUNCE 2\n"), ["* waiting 20"]);
    assert_eq!(wait(Limits { lines: rate(1, 1), ..FREE }, "", "SAY bob x\n"), Vec::<String>::new(), "a second");
    let bit_more = Rate { burst: 1, interval: Duration::from_millis(1_001) };
    assert_eq!(wait(Limits { lines: bit_more, ..FREE }, "", "SAY bob x\n"), ["* waiting 2"]);
}
