//! The bound on all queues together: whose goes when it is reached.

use chatd::limits::{FAREWELL_TIME, Limits};

use super::support::{Bench, Client};

const LIMITS: Limits = Limits { queued_total: 300_000, ..Limits::DEFAULT.without_rates() };

const NAMES: [&str; 8] = ["speaker", "listener", "s0", "s1", "s2", "s3", "s4", "s5"];

/// A speaker, a listener, and some who read nothing, in #r.
fn bench() -> (Bench, [Client; 8]) {
    let mut bench = Bench::limited(LIMITS);
    let all = bench.room(NAMES);
    for sleeper in all.iter().skip(2) {
        sleeper.script(|wire| wire.room = 0);
    }
    (bench, all)
}

fn gone(bench: &mut Bench) -> Vec<String> {
    let log = bench.log();
    let gone = log.iter().filter_map(|line| line.strip_prefix("gone name="));
    gone.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_largest_queue_goes_and_no_other() {
    let (mut bench, all) = bench();
    let [speaker, listener, ..] = &all;
    bench.log();
    for _ in 0..3 {
        bench.send(speaker, format!("PRIVATE s3 {}\n", "p".repeat(3_000)));
    }
    let mut said = 0;
    while bench.server.user_count() == NAMES.len() {
        bench.send(speaker, format!("SAY #r {}\n", "x".repeat(3_000)));
        said += 1;
    }
    assert!((270_000..=310_000).contains(&(said * 6 * 3_050 + 9_000)), "memory is counted, not bytes: {said}");
    assert_eq!(gone(&mut bench), ["s3"], "one is enough");
    let heard = listener.lines();
    assert_eq!(heard.iter().filter(|line| line.starts_with("* room ")).count(), said);
    assert_eq!(heard.last().map(String::as_str), Some("* left #r s3 slow-consumer"));
    for other in [2, 3, 4, 6, 7].map(|number| &all[number]) {
        bench.make_room(other, usize::MAX);
        assert_eq!(other.lines().iter().filter(|line| line.starts_with("* room ")).count(), said, "nothing is lost");
    }
    bench.advance(FAREWELL_TIME);
    bench.all_leave(&all.each_ref());
}

#[test]
fn one_after_another_goes_while_it_goes_on() {
    let (mut bench, all) = bench();
    let [speaker, ..] = &all;
    let mut counts = Vec::new();
    for _ in 0..200 {
        bench.send(speaker, format!("SAY #r {}\n", "x".repeat(3_000)));
        counts.push(bench.server.user_count());
    }
    assert!(counts.windows(2).all(|pair| pair[0] - pair[1] <= 1), "one at a time: {counts:?}");
    assert_eq!(counts.last(), Some(&2), "{counts:?}");
    bench.advance(FAREWELL_TIME);
    bench.all_leave(&all.each_ref());
}

/// Its oldest lines go, and its user is told how many when it comes back.
#[test]
fn places_that_are_kept_give_up_lines_before_anybody_goes() {
    let mut bench = Bench::limited(Limits { queued_total: 100_000, ..LIMITS });
    let [speaker, listener, one, two] = bench.room(["speaker", "listener", "one", "two"]);
    let mut secrets = Vec::new();
    for lost in [&one, &two] {
        let answer = bench.ask(lost, "KEEP\n").pop().unwrap_or_default();
        secrets.push(answer.split(' ').nth(2).unwrap_or_default().to_owned());
        bench.half_close(lost);
    }
    bench.log();
    assert_eq!(bench.server.user_count(), 4);
    for _ in 0..40 {
        bench.send(&speaker, format!("SAY #r {}\n", "x".repeat(3_000)));
    }
    assert_eq!(gone(&mut bench), [""; 0]);
    assert_eq!(listener.lines().iter().filter(|line| line.starts_with("* room ")).count(), 40);
    let mut kept = 0;
    for (uid, secret) in [3, 4].iter().zip(&secrets) {
        let back = bench.connect();
        let told = bench.ask(&back, format!("RESUME {uid} {secret} 0\n"));
        let lost: usize = told[0].rsplit(' ').next().unwrap_or_default().parse().unwrap();
        let said = told.iter().filter(|line| line.starts_with("* room ")).count();
        // Somebody came or went before it was said.
        let others = told.len() - 1 - said;
        assert!(lost > 0 && lost + said >= 40 && lost + said <= 42, "{lost} lost, {said} said, {others} others");
        kept += said;
        bench.half_close(&back);
    }
    assert!(kept * 3_050 < 100_000 && kept * 3_050 > 60_000, "{kept}");
    bench.advance(Limits::DEFAULT.resume_grace);
    bench.all_leave(&[&speaker, &listener]);
}

/// Two sleepers share sixteen rooms with a visitor; one of them, whose place is kept, is sent so many
/// lines, and both so many short ones, or as many of each as it takes until somebody is closed.
fn brimful(most: [usize; 2]) -> (Bench, [Client; 4], [usize; 2]) {
    let mut bench = Bench::limited(Limits { queued_total: 100_000, ..LIMITS });
    let all = ["speaker", "visitor", "kept", "other"].map(|name| bench.user(name));
    let [speaker, visitor, kept, other] = &all;
    for client in [visitor, kept, other] {
        for room in 0..16 {
            bench.send(client, format!("JOIN #r{room}\n"));
        }
    }
    bench.send(kept, "KEEP\n");
    for sleeper in [kept, other] {
        sleeper.script(|wire| wire.room = 0);
    }
    for _ in 0..12 {
        bench.send(speaker, format!("PRIVATE other {}\n", "p".repeat(3_000)));
    }
    bench.log();
    let lines = [format!("PRIVATE kept {}\n", "p".repeat(100)), "ANNOUNCE x\n".to_owned()];
    let mut sent = [0; 2];
    for ((line, most), sent) in lines.iter().zip(most).zip(&mut sent) {
        while *sent < most && !bench.log().iter().any(|line| line.contains("slow-consumer")) {
            bench.send(speaker, line);
            *sent += 1;
        }
    }
    (bench, all, sent)
}

#[test]
fn a_place_survives_what_else_is_told_in_the_moment_its_connection_goes() {
    let (.., [lines, _]) = brimful([usize::MAX, 0]);
    let (.., [_, short]) = brimful([lines - 1, usize::MAX]);
    let (mut bench, [speaker, visitor, kept, other], _) = brimful([lines - 1, short - 1]);
    bench.send(&visitor, "QUIT\n");
    assert!(bench.log().iter().any(|line| line.starts_with("disconnect ") && line.contains("slow-consumer")));
    assert_eq!(bench.server.user_count(), 3, "the place is kept");
    bench.make_room(&other, usize::MAX);
    bench.half_close(&kept);
    bench.advance(Limits::DEFAULT.resume_grace);
    bench.all_leave(&[&speaker, &other]);
}

#[test]
fn what_is_kept_of_rooms_takes_as_much_as_an_operator_says() {
    let mut bench = Bench::limited(Limits { backlogs_total: 1 << 20, ..LIMITS });
    let alice = bench.user("alice");
    let full = "x".repeat(3_800);
    for room in 0..40 {
        let said = format!("SAY #r{room} {full}\n").repeat(9);
        bench.send(&alice, format!("JOIN #r{room}\n{said}LEAVE #r{room}\n"));
        alice.received();
    }
    let mut kept = 0;
    for room in 0..40 {
        let shown = bench.ask(&alice, format!("JOIN #r{room}\nLEAVE #r{room}\n"));
        kept += shown.iter().filter(|line| line.starts_with("* earlier ")).count() * full.len();
    }
    assert!((700_000..1 << 20).contains(&kept), "{kept} bytes of 1216000");
    bench.all_leave(&[&alice]);
}
