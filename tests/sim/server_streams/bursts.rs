//! What many say at once to one who reads at once: nobody is judged by what others did before a
//! write was tried.

use chatd::limits::{Limits, TEXT_BYTES};

use super::support::{Bench, Client};

/// Enough for one to be told more than any bound allows in one tick.
const CROWD: usize = 56;
const LINES: usize = 4;

/// A victim, and a crowd that is in #r with it.
fn crowd(bench: &mut Bench) -> (Client, Vec<Client>) {
    let victim = bench.user("victim");
    let crowd: Vec<Client> = (0..CROWD).map(|number| bench.user(&format!("c{number}"))).collect();
    for client in crowd.iter().chain([&victim]) {
        bench.send(client, "JOIN #r\n");
    }
    crowd.iter().chain([&victim]).for_each(|client| drop(client.received()));
    (victim, crowd)
}

/// The ways in which others make somebody's queue grow: what each of them says, once.
fn ways() -> [(&'static str, String); 3] {
    let text = "x".repeat(TEXT_BYTES - 40);
    [
        ("* private ", format!("PRIVATE victim {text}\n")),
        ("* room ", format!("SAY #r {text}\n")),
        ("* announced ", format!("ANNOUNCE {text}\n")),
    ]
}

fn count(lines: &[String], start: &str) -> usize {
    lines.iter().filter(|line| line.starts_with(start)).count()
}

#[test]
fn who_reads_at_once_keeps_its_place_and_every_line_whatever_others_send() {
    for (start, line) in ways() {
        let mut bench = Bench::new();
        let (victim, crowd) = crowd(&mut bench);
        for client in &crowd {
            bench.arrive(client, line.repeat(LINES));
        }
        bench.settle();
        assert_eq!(bench.server.user_count(), CROWD + 1, "{start}");
        assert_eq!(count(&victim.lines(), start), CROWD * LINES, "{start}");
    }
}

/// As it is on a network: the socket takes 64 KiB, and as much again as soon as that is read.
#[test]
fn who_reads_at_once_through_a_small_socket_keeps_its_place_and_every_line() {
    const SOCKET: usize = 64 * 1024;
    for (start, line) in ways() {
        let mut bench = Bench::new();
        let (victim, crowd) = crowd(&mut bench);
        victim.script(|wire| wire.room = SOCKET);
        for client in &crowd {
            bench.arrive(client, line.repeat(LINES));
        }
        bench.settle();
        let mut heard = String::new();
        loop {
            let more = victim.received();
            if more.is_empty() {
                break;
            }
            bench.make_room(&victim, more.len());
            heard += &more;
        }
        let heard: Vec<String> = heard.lines().map(str::to_owned).collect();
        assert_eq!(count(&heard, start), CROWD * LINES, "{start}");
        assert_eq!(bench.server.user_count(), CROWD + 1, "{start}");
    }
}

/// One who comes back is written what it has missed, and more while that happens.
#[test]
fn who_comes_back_into_a_burst_keeps_its_place_and_every_line() {
    for (start, line) in ways() {
        let mut bench = Bench::new();
        let (victim, crowd) = crowd(&mut bench);
        let answer = bench.ask(&victim, "KEEP\n").pop().unwrap_or_default();
        let secret = answer.split(' ').nth(2).unwrap_or_default();
        bench.half_close(&victim);
        for client in crowd.iter().take(4) {
            bench.send(client, line.repeat(LINES - 1));
        }
        let back = bench.connect();
        bench.arrive(&back, format!("RESUME 1 {secret} 0\n"));
        for client in &crowd {
            bench.arrive(client, line.repeat(LINES));
        }
        bench.settle();
        let heard = back.lines();
        assert!(heard[0].starts_with("+OK resumed 1 victim ") && heard[0].ends_with(" 0"), "{}", heard[0]);
        assert_eq!(count(&heard, start), CROWD * LINES + 4 * (LINES - 1), "{start}");
        assert_eq!(bench.server.user_count(), CROWD + 1, "{start}");
    }
}

/// The soft bound is a verdict, too: who has read everything is heard.
#[test]
fn who_reads_at_once_is_heard_whatever_others_have_sent_before() {
    for (start, line) in ways() {
        let mut bench = Bench::new();
        let (victim, crowd) = crowd(&mut bench);
        for client in &crowd {
            bench.arrive(client, line.as_str());
        }
        bench.arrive(&victim, "PING\n");
        bench.tick();
        assert_eq!(count(&victim.lines(), "+OK pong"), 1, "{start}");
    }
}

/// The bound on all queues together is for those who do not read.
#[test]
fn who_reads_at_once_is_never_what_all_queues_together_are_too_large_for() {
    for is_kept in [false, true] {
        let mut bench = Bench::limited(Limits { queued_total: 1 << 20, ..Limits::DEFAULT.without_rates() });
        let readers: Vec<Client> = (0..49).map(|number| bench.user(&format!("r{number}"))).collect();
        let talkers: Vec<Client> = (0..10).map(|number| bench.user(&format!("t{number}"))).collect();
        for client in readers.iter().chain(&talkers) {
            bench.send(client, if is_kept { "KEEP\nJOIN #r\n" } else { "JOIN #r\n" });
        }
        let line = format!("SAY #r {}\n", "x".repeat(3_700));
        for _ in 0..3 {
            for talker in &talkers {
                bench.arrive(talker, line.repeat(LINES));
            }
            bench.settle();
        }
        assert_eq!(bench.server.user_count(), 59);
        for reader in &readers {
            assert_eq!(count(&reader.lines(), "* room "), 3 * 10 * LINES);
        }
    }
}

/// Among those whose sockets are full, one that has only just filled goes last.
#[test]
fn who_has_not_had_its_chance_yet_is_the_last_to_give_way() {
    let mut bench = Bench::limited(Limits { queued_total: 300_000, ..Limits::DEFAULT.without_rates() });
    let [speaker, sleeper, reader] = ["speaker", "sleeper", "reader"].map(|name| bench.user(name));
    sleeper.script(|wire| wire.room = 0);
    let text = "x".repeat(3_700);
    bench.send(&speaker, format!("PRIVATE sleeper {text}\n").repeat(20));
    reader.script(|wire| wire.room = 64 * 1024);
    let others: Vec<Client> = (0..20).map(|number| bench.user(&format!("o{number}"))).collect();
    for other in &others {
        bench.arrive(other, format!("PRIVATE reader {text}\n").repeat(4));
    }
    bench.tick();
    let log = bench.log();
    assert!(log.iter().any(|line| line.starts_with("gone name=sleeper")), "{log:?}");
    let mut heard = 0;
    loop {
        let more = reader.received();
        if more.is_empty() {
            break;
        }
        heard += more.matches("* private ").count();
        bench.make_room(&reader, more.len());
    }
    assert_eq!(heard, 80);
}
