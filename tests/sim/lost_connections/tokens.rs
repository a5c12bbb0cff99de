//! Secrets and sequence numbers: right, wrong, foreign, late; and taking over a living connection.

use chatd::limits::{KEPT_BYTES, Limits};

use super::FREE;
use crate::memory::simulation::net::{Loss, Net};

/// A secret of another life of the daemon.
const FORMER: &str = "00000000000000000000000000000000";

fn token(net: &Net, who: usize) -> String {
    net.people[who].books.token.clone().unwrap()
}

/// A secret of this life that is nobody's.
fn nobodys(net: &Net) -> String {
    let theirs = token(net, 0);
    let last = if theirs.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &theirs[..31])
}

/// A third client, to try things with.
fn with_stranger() -> Net {
    let mut net = Net::kept(FREE, &["alice", "bob", "carol"]);
    net.connect(2);
    net.heard(2);
    net
}

#[test]
fn wrong_foreign_and_malformed_secrets_are_refused_and_entering_still_works() {
    let mut net = with_stranger();
    let foreign = token(&net, 1);
    let nobodys = nobodys(&net);
    let upper = token(&net, 0).to_uppercase().replace('0', "A");
    for (line, code) in [
        (format!("RESUME 1 {nobodys} 0"), "bad-token"),
        (format!("RESUME 1 {FORMER} 0"), "bad-token"),
        (format!("RESUME 1 {foreign} 0"), "bad-token"),
        (format!("RESUME 1 {upper} 0"), "bad-token"),
        ("RESUME 1 xyz 0".to_owned(), "bad-token"),
        (format!("RESUME 77 {nobodys} 0"), "bad-token"),
        (format!("RESUME alice {nobodys} 0"), "usage"),
        ("RESUME 1".to_owned(), "usage"),
        (format!("RESUME 1 {nobodys} -1"), "usage"),
        (format!("RESUME 1 {nobodys} 99999999999999999999"), "usage"),
    ] {
        net.connect(2);
        net.heard(2);
        net.say(2, &line);
        let mut heard = net.heard(2);
        // Guesses make one wait for longer and longer.
        heard.retain(|line| !line.starts_with("* waiting "));
        assert_eq!(heard.len(), 1, "{line}");
        assert!(heard[0].starts_with(&format!("-ERR {code} ")), "{line}: {heard:?}");
        net.pass(10_000);
        net.heard(2);
    }
    net.say(2, "ENTER zoe");
    assert_eq!(net.heard(2), ["+OK entered 4 zoe"]);
    assert_eq!(net.server.user_count(), 4);
}

/// A second after the first wrong one, longer after each further one from the same address.
#[test]
fn guessing_is_slowed_more_each_time() {
    let mut net = with_stranger();
    let (nobodys, mut before) = (nobodys(&net), net.now);
    for wait in [0, 1_000, 2_000, 3_000, 4_000] {
        net.say(2, &format!("RESUME 1 {nobodys} 0"));
        while net.people[2].heard.is_empty() {
            net.pass(1);
        }
        net.heard(2);
        assert_eq!(net.now - before, wait);
        before = net.now;
    }
    net.say(1, "PING still");
    assert_eq!(net.heard(1).last().unwrap(), "+OK pong still", "others are heard at once");
}

/// After a restart all come back at once, behind one address perhaps, and none has guessed.
#[test]
fn a_secret_of_another_life_is_no_guess_and_no_attempt_to_enter() {
    let mut net = Net::new(Limits::DEFAULT, 60);
    for who in 0..60 {
        net.connect(who);
        net.send(who, &format!("HELLO\nRESUME 1 {FORMER} 0\nENTER u{who}"));
    }
    net.settle();
    for who in 0..60 {
        let heard = net.heard(who);
        assert!(heard[1].starts_with("-ERR bad-token "), "{heard:?}");
        assert_eq!(heard[2], format!("+OK entered {} u{who}", who + 1));
    }
    for _ in 0..5 {
        net.say(0, &format!("RESUME 1 {FORMER} 0"));
    }
    assert_eq!(net.heard(0).len(), 5, "each is answered at once");
}

#[test]
fn a_server_tells_its_life_and_its_secrets_begin_with_it() {
    let lives = [0, 1].map(|_| {
        let mut net = Net::kept(FREE, &["alice"]);
        net.say(0, "HELLO");
        let hello = net.heard(0).pop().unwrap();
        let life = hello.rsplit(' ').nth(1).unwrap().to_owned();
        assert!(hello.ends_with(&format!(" protocol 1 {life} 1")) && life.len() == 8, "{hello}");
        assert!(token(&net, 0).starts_with(&life));
        life
    });
    assert_ne!(lives[0], lives[1]);
}

#[test]
fn a_sequence_number_from_the_future_or_the_far_past_is_refused() {
    let mut net = Net::kept(FREE, &["alice", "bob"]);
    (0..6).for_each(|_| net.say(0, "PING"));
    net.say(0, "@ 4");
    net.lose(0);
    net.settle();
    for (seen, code) in [(7, "-ERR bad-sequence"), (u64::MAX, "-ERR bad-sequence"), (3, "-ERR bad-sequence")] {
        net.connect(0);
        let line = format!("RESUME 1 {} {seen}", token(&net, 0));
        net.people[0].heard.clear();
        net.send(0, &line);
        net.settle();
        assert!(net.heard(0)[0].starts_with(code), "{seen}");
        net.lose(0);
        net.settle();
    }
    net.connect(0);
    let line = format!("RESUME 1 {} 4", token(&net, 0));
    net.say(0, &line);
    assert_eq!(net.heard(0), ["+OK resumed 1 alice 6 0", "+OK pong", "+OK pong"]);
}

#[test]
fn numbers_that_cannot_be_acknowledge_nothing() {
    let mut net = Net::kept(FREE, &["alice"]);
    (0..3).for_each(|_| net.say(0, "PING"));
    for line in ["@ 4", "@ -1", "@ 99999999999999999999999", "@", "@x 1", "@ two", "@2"] {
        net.say(0, line);
    }
    net.people[0].books.lines.clear();
    net.lose(0);
    net.come_back(0);
    assert_eq!(net.people[0].books.lines, ["+OK pong"; 3]);
}

#[test]
fn a_place_is_taken_from_a_connection_that_looks_alive() {
    let mut net = Net::kept(FREE, &["alice", "bob"]);
    net.say(0, "JOIN");
    net.say(1, "JOIN");
    net.people[0].loss = Some(Loss::HalfOpen);
    net.lose(0);
    net.say(1, "SAY #lobby hello");
    net.heard(1);
    net.come_back(0);
    assert_eq!(net.people[0].books.lines.len(), 4, "{:?}", net.people[0].books.lines);
    assert!(net.ghost_heard(0).ends_with("hello\n* bye resumed-elsewhere you go on over another connection\n"));
    assert_eq!(net.heard(1), Vec::<String>::new(), "others notice nothing");
    net.pass(2_000);
    assert_eq!(net.open_streams(), 2);
}

#[test]
fn who_is_in_may_not_take_another_place() {
    let mut net = Net::kept(FREE, &["alice", "bob"]);
    let line = format!("RESUME 1 {} 0", token(&net, 0));
    net.heard(1);
    net.say(1, &line);
    assert!(net.heard(1)[0].starts_with("-ERR already-entered"));
}

/// What is kept has a bound; the lines beyond it are lost, the oldest first, and counted.
#[test]
fn never_acknowledging_costs_the_oldest_lines_and_nothing_else() {
    for is_connected in [true, false] {
        let mut net = Net::kept(FREE, &["alice", "bob"]);
        if !is_connected {
            net.lose(0);
        }
        let text = "x".repeat(1_000);
        (0..100).for_each(|_| net.say(1, &format!("PRIVATE alice {text}")));
        let mut before = net.people[0].books.lines.len() as u64;
        assert_eq!(before, if is_connected { 100 } else { 0 });
        if is_connected {
            // A client that never said what it saw comes back having forgotten all of it.
            net.people[0].books.lines.clear();
            before = 0;
            net.lose(0);
        }
        net.come_back(0);
        let books = &net.people[0].books;
        let bytes: usize = books.lines.iter().map(|line| line.len() + 1).sum();
        assert!(bytes <= KEPT_BYTES && bytes + 1_100 > KEPT_BYTES, "{bytes} bytes were kept");
        assert_eq!(books.lost + books.lines.len() as u64, before + 100);
        assert!(books.lines.last().unwrap().starts_with("* private 100 "), "the newest are kept");
        net.say(1, "PRIVATE alice on it goes");
        assert!(net.people[0].books.lines.last().unwrap().ends_with("on it goes"));
    }
}

/// Alice, who reads nothing, has been told so many long lines and one that is shorter by bob, who
/// shares three rooms with her. Says how many lines she has seen before.
fn brimful(lines: usize, last: usize) -> (Net, u64) {
    let mut net = Net::new(Limits { queued_total: FREE.output_hard, ..FREE }, 2);
    net.enter(0, "alice");
    net.enter(1, "bob");
    net.say(0, "KEEP");
    net.say(0, "REQUEST bob");
    net.say(1, "ACCEPT");
    for room in ["#a", "#b", "#c"] {
        net.say(0, &format!("JOIN {room}"));
        net.say(1, &format!("JOIN {room}"));
    }
    net.people[0].loss = Some(Loss::HalfOpen);
    net.lose(0);
    let before = net.people[0].books.seen();
    net.people[0].ghosts[0].ends.borrow_mut().window = 0;
    for size in std::iter::repeat_n(3_000, lines).chain([last]) {
        net.say(1, &format!("SAY alice {}", "z".repeat(size)));
    }
    (net, before)
}

fn has_given_way(net: &Net) -> bool {
    net.people[0].ghosts[0].ends.borrow().is_dropped
}

/// There is no memory any more for a queue that nobody reads, in the middle of a command: what the
/// command has yet to tell is kept with the rest, or counted among the lost.
#[test]
fn nothing_is_lost_uncounted_when_a_queue_has_to_give_way() {
    let lines = (1..100).take_while(|lines| !has_given_way(&brimful(*lines, 1).0)).last().unwrap();
    // The longest last line for which there is room.
    let (mut fits, mut is_too_much) = (1, 3_100);
    while is_too_much - fits > 1 {
        let middle = (fits + is_too_much) / 2;
        if has_given_way(&brimful(lines, middle).0) { is_too_much = middle } else { fits = middle }
    }
    let (mut net, before) = brimful(lines, fits);
    assert!(!has_given_way(&net));
    net.say(1, "QUIT");
    assert!(has_given_way(&net), "there is no room for all that it tells");
    net.come_back(0);
    assert_eq!(net.people[0].books.seen(), before + lines as u64 + 1 + 4, "every line was seen, or counted as lost");
    let lines = &net.people[0].books.lines;
    assert_eq!(lines.last().unwrap(), "* left #a bob quit");
    assert!(net.people[0].books.lost > 0 && lines.contains(&"* ended bob gone".to_owned()));
}

/// The bound holds for lines in flight, too: those the client has not read are written first.
#[test]
fn an_acknowledged_line_is_never_among_the_lost() {
    let mut net = Net::kept(FREE, &["alice", "bob"]);
    let text = "y".repeat(2_000);
    for _ in 0..200 {
        net.say(1, &format!("PRIVATE alice {text}"));
        let line = format!("@ {}", net.people[0].books.seen());
        net.say(0, &line);
    }
    net.lose(0);
    net.come_back(0);
    assert_eq!((net.people[0].books.lost, net.people[0].books.lines.len()), (0, 200));
}

#[test]
fn without_a_grace_no_place_is_kept() {
    let mut net = Net::new(Limits { resume_grace: std::time::Duration::ZERO, ..FREE }, 2);
    net.enter(0, "alice");
    net.say(0, "KEEP");
    assert!(net.heard(0)[1].starts_with("-ERR not-kept"));
    net.lose(0);
    net.settle();
    assert_eq!(net.server.user_count(), 0);
    net.enter(1, "alice");
    assert_eq!(net.heard(1), ["+OK entered 2 alice"]);
}

#[test]
fn keep_needs_a_name_and_said_twice_gives_the_same_secret() {
    let mut net = Net::new(FREE, 1);
    net.connect(0);
    net.say(0, "KEEP");
    assert!(net.heard(0)[0].starts_with("-ERR not-entered"));
    net.say(0, "ENTER alice");
    net.say(0, "KEEP");
    net.say(0, "KEEP");
    let heard = net.heard(0);
    assert_eq!(heard[1], heard[2]);
}
