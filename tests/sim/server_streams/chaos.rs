//! Anything at all, from several clients and the operator at once.

use std::io::ErrorKind;
use std::time::Duration;

use chatd::chat::is_unsafe;
use chatd::server::Readiness;
use proptest::collection::vec;
use proptest::prelude::*;

use super::support::{Bench, Client};

/// Something that happens to one of the connections, or to all.
#[derive(Clone, Debug)]
enum Happening {
    Connect,
    Bytes(usize, Vec<u8>),
    Line(usize, String),
    Ready(usize, Readiness),
    ReadFails(usize, ErrorKind),
    WriteFails(usize, ErrorKind),
    Full(usize),
    Room(usize, usize),
    HalfClose(usize),
    Reset(usize),
    Tick,
    Wait(u64),
    ShutDown,
}

fn errors() -> impl Strategy<Value = ErrorKind> {
    prop_oneof![
        Just(ErrorKind::Interrupted),
        Just(ErrorKind::WouldBlock),
        Just(ErrorKind::ConnectionReset),
        Just(ErrorKind::BrokenPipe),
    ]
}

/// Commands that often mean something, with texts that may hold anything.
fn lines() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(vec![
        "ENTER a",
        "ENTER b",
        "ENTER c",
        "ENTER",
        "LIST",
        "REQUEST a",
        "REQUEST b",
        "REQUEST 1",
        "ACCEPT",
        "REJECT",
        "CANCEL",
        "REQUESTS",
        "SAY a",
        "SAY b",
        "SAY #r",
        "END",
        "PRIVATE a",
        "ANNOUNCE",
        "JOIN",
        "JOIN #r",
        "JOIN b",
        "LEAVE",
        "ROOMS",
        "MEMBERS #r",
        "WATCH on",
        "WATCH off",
        "HELLO",
        "PING",
        "HELP",
        "QUIT",
        "kick a",
        "kick b",
        "announce",
        "list",
        "quit",
        "\u{1b}[2J",
        "",
    ]);
    let texts = prop_oneof![Just(String::new()), any::<String>(), "[\\x00-\\x9f]{0,20}", "x{3000,5000}"];
    (words, texts).prop_map(|(word, text)| format!("{word} {text}\n"))
}

fn happenings() -> impl Strategy<Value = Happening> {
    let who = 0..6_usize;
    let readiness =
        any::<(bool, bool, bool)>().prop_map(|(readable, writable, hung_up)| Readiness { readable, writable, hung_up });
    prop_oneof![
        3 => Just(Happening::Connect),
        4 => (who.clone(), vec(any::<u8>(), 0..200)).prop_map(|(who, bytes)| Happening::Bytes(who, bytes)),
        30 => (who.clone(), lines()).prop_map(|(who, line)| Happening::Line(who, line)),
        2 => (who.clone(), readiness).prop_map(|(who, readiness)| Happening::Ready(who, readiness)),
        1 => (who.clone(), errors()).prop_map(|(who, error)| Happening::ReadFails(who, error)),
        1 => (who.clone(), errors()).prop_map(|(who, error)| Happening::WriteFails(who, error)),
        2 => who.clone().prop_map(Happening::Full),
        2 => (who.clone(), 0..20_000_usize).prop_map(|(who, room)| Happening::Room(who, room)),
        1 => who.clone().prop_map(Happening::HalfClose),
        1 => who.prop_map(Happening::Reset),
        5 => Just(Happening::Tick),
        2 => (0..40_000_u64).prop_map(Happening::Wait),
        1 => Just(Happening::ShutDown),
    ]
}

/// A bench, the operator (number 0) and clients.
struct World {
    bench: Bench,
    clients: Vec<Client>,
}

impl World {
    fn new() -> Self {
        let mut bench = Bench::logging_rooms();
        let clients = vec![bench.console(), bench.connect(), bench.connect()];
        Self { bench, clients }
    }

    fn happen(&mut self, happening: Happening) {
        let client = |who: usize| self.clients.iter().cycle().nth(who).expect("there is always one").clone();
        let bench = &mut self.bench;
        match happening {
            Happening::Connect if self.clients.len() < 6 => self.clients.push(bench.connect()),
            Happening::Connect => {
                // The oldest but the operator is heard of no more, and may never hang up.
                self.clients.remove(1);
                self.clients.push(bench.connect());
            }
            Happening::Bytes(who, bytes) => bench.arrive(&client(who), bytes),
            Happening::Line(who, line) => bench.arrive(&client(who), line),
            Happening::Ready(who, readiness) => {
                // A hang-up is never told falsely; everything else may be.
                let readiness = Readiness { hung_up: false, ..readiness };
                bench.ready(&client(who), readiness);
            }
            Happening::ReadFails(who, error) => client(who).script(|wire| wire.read_errors.push_back(error)),
            Happening::WriteFails(who, error) => client(who).script(|wire| wire.write_errors.push_back(error)),
            Happening::Full(who) => client(who).script(|wire| wire.room = 0),
            Happening::Room(who, room) => bench.make_room(&client(who), room),
            Happening::HalfClose(who) => bench.half_close(&client(who)),
            Happening::Reset(who) => bench.reset(&client(who)),
            Happening::Tick => bench.tick(),
            Happening::Wait(millis) => {
                bench.settle();
                bench.advance(Duration::from_millis(millis));
            }
            Happening::ShutDown => bench.server.shut_down(bench.now),
        }
        self.check_outputs();
    }

    fn check_outputs(&mut self) {
        let log = self.bench.server.journal().take();
        check_text(&log);
        let is_console = |number: usize| number == 0;
        for (number, client) in self.clients.iter().enumerate() {
            let mut text = client.received();
            if is_console(number) {
                // The operator's own `clear`, whole and nothing else.
                text = text.replace("\u{1b}[2J\u{1b}[H", "");
            }
            check_text(&text);
        }
    }

    /// Everybody goes, and nothing is left.
    fn end(mut self) {
        self.bench.settle();
        self.bench.server.shut_down(self.bench.now);
        self.bench.settle();
        self.bench.advance(Duration::from_secs(3));
        self.check_outputs();
        self.bench.assert_empty();
    }
}

fn check_text(text: &str) {
    let found = text.chars().find(|c| *c != '\n' && is_unsafe(*c));
    assert_eq!(found, None, "in {text:?}");
}

/// 128 stories a run, or as many as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(128);
    ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_breaks_the_server_or_gets_through_it(story in vec(happenings(), 1..120)) {
        let mut world = World::new();
        for happening in story {
            world.happen(happening);
        }
        world.end();
    }

    #[test]
    fn bytes_in_any_chunks_mean_what_they_mean_at_once(
        input in vec(lines(), 1..12),
        sizes in vec(1..40_usize, 1..20),
    ) {
        let input = input.concat();
        let (mut whole, mut parts) = (Bench::new(), Bench::new());
        let (one, other) = (whole.connect(), parts.connect());
        whole.send(&one, &input);
        let mut rest = input.as_bytes();
        for size in sizes.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            parts.send(&other, chunk);
            rest = after;
        }
        prop_assert_eq!(one.received(), other.received());
    }
}
