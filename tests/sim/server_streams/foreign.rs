//! Peers that speak another protocol: nothing they send is done, in whatever pieces it comes.

use std::time::Duration;

use chatd::limits::{LINE_BYTES, Limits};

use super::support::{Bench, Deed};

/// Requests whose body a web page has chosen, and what its answer starts with.
fn attacks() -> Vec<(Vec<u8>, &'static str)> {
    let body = "x\nENTER evil\nANNOUNCE hi\n\r\nENTER evil\r\nANNOUNCE hi\r\n";
    let request = |line: &str| {
        let length = body.len();
        format!("{line}\r\nHost: 10.0.0.1:2428\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
    };
    let long = format!("POST /{} HTTP/1.1", "x".repeat(8 * LINE_BYTES));
    let http = "HTTP/1.1 400 Bad Request\r\n";
    let lines = [
        (request("POST / HTTP/1.1"), http),
        (request("post / http/1.1"), http),
        (request("ENTER /evil HTTP/1.1"), http),
        (request("PRI * HTTP/2.0"), http),
        (request(&long), http),
        (request("OPTIONS sip:x SIP/2.0"), "SIP/2.0 400 Bad Request\r\n"),
        (request("OPTIONS rtsp://x RTSP/1.0"), "RTSP/1.0 400 Bad Request\r\n"),
        (request("EHLO web.example.org"), "554 this is chatd"),
        (request("CAP LS 302"), "ERROR :this is chatd"),
        (request("SSH-2.0-x"), "-ERR foreign this is chatd"),
        (request("*3"), "-ERR foreign this is chatd"),
        (request("PROXY TCP4 10.0.0.1 10.0.0.2 3 4"), "-ERR foreign this is chatd"),
        ([b"\x16\x03\x01\x02\0\x01\xfc".to_vec(), request("")].concat(), "-ERR foreign this is chatd"),
        ([b"\r\n\r\n\0\r\nQUIT\n".to_vec(), request("")].concat(), "-ERR foreign this is chatd"),
    ];
    // An empty line before it (RFC 9112, 2.2) changes nothing.
    let later = lines.clone().map(|(bytes, answer)| ([b"\r\n \n".to_vec(), bytes].concat(), answer));
    lines.into_iter().chain(later).collect()
}

#[test]
fn nothing_that_a_web_page_sends_is_done_in_whatever_pieces_it_comes() {
    for (bytes, answer) in attacks() {
        let sizes = [1, 2, 7, 100, 4_096, bytes.len()];
        for size in sizes.into_iter().filter(|size| bytes.len() / size < 2_000) {
            let mut bench = Bench::new();
            let alice = bench.user("alice");
            bench.log();
            let peer = bench.connect();
            for piece in bytes.chunks(size) {
                bench.send(&peer, piece);
            }
            let told = peer.received();
            assert!(told.starts_with(answer), "{} in pieces of {size}: {told}", bytes[..20].escape_ascii());
            assert!(!told.contains("+OK"), "{told}");
            assert_eq!(peer.history().first(), Some(&Deed::Finished), "it is hung up on");
            assert_eq!(bench.server.user_count(), 1);
            let log = bench.log();
            assert_eq!(log.len(), 3, "{log:?}");
            assert!(log[1].starts_with("foreign protocol=") && log[1].ends_with(" count=1"), "{log:?}");
            assert_eq!(log[2], "disconnect from=10.0.0.7:40002 reason=foreign");
            assert_eq!(alice.lines(), Vec::<String>::new());
            bench.half_close(&peer);
            assert!(peer.is_gone());
            bench.all_leave(&[&alice]);
        }
    }
}

#[test]
fn they_are_counted() {
    let mut bench = Bench::new();
    let peer = bench.connect();
    bench.send(&peer, "GET / HTTP/1.0\r\n");
    let console = bench.console();
    assert!(bench.ask(&console, "stats\n").iter().any(|line| line.trim() == "1  closed: foreign"));
    let report = bench.ask(&console, "stats prometheus\n");
    assert!(report.iter().any(|line| line == "chatd_closed_total{reason=\"foreign\"} 1"), "{report:?}");
}

#[test]
fn a_person_who_mistypes_is_answered_and_may_go_on() {
    for typed in ["GETT", "get help", "GET me a beer", "helo", "helo there", "lsit", "nick bob", "\u{1b}[A", "<list>"] {
        let mut bench = Bench::new();
        let person = bench.connect();
        let told = bench.ask(&person, format!("\n\n{typed}\n"));
        assert!(told.len() == 1 && told[0].starts_with("-ERR "), "{typed}: {told:?}");
        assert_eq!(bench.ask(&person, "enter bob\n"), ["+OK entered 1 bob"]);
        bench.all_leave(&[&person]);
    }
    for typed in [&b"\xff\xfb\x1f\xff\xfa\x1f\0\x50\0\x18\xff\xf0hi\r\n"[..], b"gr\xfc\xdf\n"] {
        let mut bench = Bench::new();
        let person = bench.connect();
        assert!(bench.ask(&person, typed)[0].starts_with("-ERR not-utf8"));
        assert_eq!(bench.ask(&person, "enter bob\n"), ["+OK entered 1 bob"]);
        bench.all_leave(&[&person]);
    }
}

#[test]
fn only_the_first_line_is_looked_at() {
    let mut bench = Bench::new();
    let (alice, bob) = bench.pair("alice", "bob");
    assert!(bench.ask(&alice, "SAY bob GET / HTTP/1.1\n")[0].starts_with("+OK taken"));
    assert!(bench.ask(&alice, "GET / HTTP/1.1\n")[0].starts_with("-ERR unknown-command"));
    assert!(bench.ask(&alice, format!("{}\n", "x".repeat(5_000)))[0].starts_with("-ERR line-too-long"));
    assert!(bob.received().ends_with(" alice GET / HTTP/1.1\n"));
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn one_who_has_been_greeted_is_told_apart_all_the_same() {
    let mut bench = Bench::new();
    let peer = bench.connect();
    bench.advance(Duration::from_secs(2));
    assert!(peer.received().starts_with("* hello "));
    bench.send(&peer, "GET / HTTP/1.1\r\n\r\nENTER evil\n");
    assert!(peer.received().starts_with("HTTP/1.1 400 "));
    assert_eq!(bench.server.user_count(), 0);
}

#[test]
fn half_a_first_line_is_given_the_time_to_enter_and_no_more() {
    for half in ["GET / HTTP", "\r\n\r\n", "\x16", "ENTER bo"] {
        let mut bench = Bench::new();
        let peer = bench.connect();
        bench.send(&peer, half);
        bench.advance(Limits::DEFAULT.entry_timeout);
        assert!(peer.received().starts_with("* bye entry-timeout "), "{half:?}");
    }
}

/// What `nc -N` does: it sends all it has, says that this was all, and reads on.
#[test]
fn one_who_says_that_this_was_all_gets_every_answer() {
    for limits in [Limits::DEFAULT, Limits::DEFAULT.without_rates()] {
        let mut bench = Bench::limited(limits);
        let orders = "ENTER bob\nKEEP\nJOIN #dev\nANNOUNCE one\nANNOUNCE two\n".to_owned();
        let pings: String = (0..40).map(|number| format!("PING {number}\n")).collect();
        let person = bench.connect();
        bench.arrive(&person, orders + "SAY #dev hi\n" + &pings + "LIST\nANNOUNCE three\nANNOUNCE four\nNONSENSE\n");
        bench.half_close(&person);
        bench.advance(Duration::from_secs(60));
        let told = person.lines();
        let answers: Vec<&String> = told.iter().filter(|line| line.starts_with(['+', '-'])).collect();
        assert_eq!(answers.len(), 6 + 40 + 4, "{answers:#?}");
        assert!(answers[49].starts_with("-ERR unknown-command"), "{answers:#?}");
        assert!(person.is_gone());
    }
}

/// The same by one who has asked for its place to be kept, whose answers wait for company.
#[test]
fn one_whose_place_is_kept_gets_every_answer_before_its_connection_is_let_go() {
    let limits = Limits { acknowledge_within: Duration::from_millis(10), ..Limits::DEFAULT.without_rates() };
    let mut bench = Bench::limited(limits);
    let others = bench.room(["ann", "cat"]);
    let person = bench.connect();
    bench.send(&person, "ENTER bob\nKEEP\nJOIN #r\n");
    for round in 0..20 {
        bench.send(&others[round % 2], "SAY #r hello\nSAY #r again\n");
        bench.send(&person, format!("SAY #r {round}\n"));
    }
    let before = person.lines();
    bench.arrive(&person, "SAY #r one\nSAY #r two\n");
    bench.half_close(&person);
    let count = before.iter().chain(&person.lines()).filter(|line| line.starts_with("+OK")).count();
    assert_eq!(count, 3 + 20 + 2);
    assert!(person.is_gone());
}
