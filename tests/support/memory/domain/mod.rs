//! What the tests of the domain share: a sink that keeps what it is handed as the lines a native
//! client would read, a small random generator, and a difference that reads like `diff -u`.

#![allow(dead_code, reason = "every test file takes what it needs")]

pub(crate) mod model;

use std::collections::HashMap;

use bytes::BytesMut;
use chatd::chat::{
    Audience, Chat, Command, Edition, Event, Millis, Now, Record, Refusal, Reply, Row, Sink, UnixMillis, UserKey,
};
use chatd::wire::{Answer, AnyCommand, Asked, Dialect, Encoder, Fault};

/// The wall clock when the steady clock stands at zero: 2026-11-20T07:00:00Z.
const WALL_START: u64 = 1_795_158_000_000;

/// Both clocks, `millis` after the start of a test.
pub(crate) fn at(millis: u64) -> Now {
    Now { steady: Millis(millis), wall: UnixMillis(WALL_START + millis) }
}

/// Keeps everything the domain tells, in order.
#[derive(Default)]
pub(crate) struct Recorder {
    encoder: Encoder,
    /// Every event: to whom, and its line.
    pub(crate) told: Vec<(Vec<UserKey>, String)>,
    /// The list that each edition is.
    editions: HashMap<String, Vec<UserKey>>,
    /// Rows of listings.
    pub(crate) rows: Vec<String>,
    /// Records for the log.
    pub(crate) log: Vec<String>,
}

impl Sink for Recorder {
    fn tell(&mut self, to: UserKey, event: &Event<'_>) {
        self.tell_all(Audience::once(&[to]), event);
    }

    fn tell_all(&mut self, to: Audience<'_>, event: &Event<'_>) {
        let audience: Vec<UserKey> = to.iter().collect();
        assert_eq!(audience.len(), to.len(), "who is left out is in the list");
        if to.edition() != Edition::Once {
            let known = self.editions.entry(format!("{:?}", to.edition())).or_insert_with(|| to.users().to_vec());
            assert_eq!(known, to.users(), "{:?} is one list", to.edition());
        }
        let line = one_line(|out| self.encoder.event(Dialect::Native, event, out));
        if !audience.is_empty() {
            self.told.push((audience, line));
        }
    }

    fn row(&mut self, row: &Row<'_>) {
        let line = one_line(|out| self.encoder.row(Dialect::Native, &Asked::UNREADABLE, row, out));
        self.rows.push(line);
    }

    fn record(&mut self, record: &Record<'_>) {
        self.log.push(format!("{record:?}"));
    }
}

impl Recorder {
    /// The line that answers a command: all of a success, the code of a refusal.
    pub(crate) fn answer(&mut self, answer: Result<Reply, Refusal>) -> String {
        match answer {
            Ok(reply) => {
                let answer = Answer::Chat(reply);
                one_line(|out| self.encoder.answer(Dialect::Native, &Asked::UNREADABLE, &answer, out))
            }
            Err(refusal) => format!("-ERR {}", Fault::from(refusal).code()),
        }
    }
}

/// What an encoder writes, without its newline.
pub(crate) fn one_line(write: impl FnOnce(&mut BytesMut)) -> String {
    let mut out = BytesMut::new();
    write(&mut out);
    let line = String::from_utf8(out.to_vec()).expect("the encoder writes UTF-8");
    line.strip_suffix('\n').expect("a line ends in a newline").to_owned()
}

/// Gives a command, as a client would type it, to the domain.
pub(crate) fn command(chat: &mut Chat, user: UserKey, line: &str, now: Now, out: &mut Recorder) -> String {
    let answer = chat.handle_command(user, read_command(line), now, out);
    out.answer(answer)
}

fn read_command(line: &str) -> Command<'_> {
    match Dialect::Native.decode(line).command {
        Ok(AnyCommand::Chat(command)) => command,
        other => panic!("the test's own line {line:?} is no command of the chat: {other:?}"),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same everywhere.
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let index = usize::try_from(self.below(from.len() as u64)).expect("an index");
        &from[index]
    }
}

/// The lines that differ, `-` expected and `+` found, each with its number, below the one line
/// they share before; empty when none differs. Keeps as much of both as they share.
pub(crate) fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let shared = shared_lengths(&old, &new);
    let (mut i, mut j, mut out, mut before) = (0, 0, String::new(), Some("the start"));
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            before = Some(old[i]);
            (i, j) = (i + 1, j + 1);
            continue;
        }
        if let Some(shared) = before.take() {
            out.push_str(&format!("@@\n{i:>5}   {shared}\n"));
        }
        if j == new.len() || (i < old.len() && shared[i + 1][j] >= shared[i][j + 1]) {
            out.push_str(&format!("{:>5} - {}\n", i + 1, old[i]));
            i += 1;
        } else {
            out.push_str(&format!("{:>5} + {}\n", j + 1, new[j]));
            j += 1;
        }
    }
    out
}

/// How many lines `old[i..]` and `new[j..]` share, in order, for every `i` and `j`.
fn shared_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<u16>> {
    let mut shared = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            shared[i][j] =
                if old[i] == new[j] { shared[i + 1][j + 1] + 1 } else { shared[i + 1][j].max(shared[i][j + 1]) };
        }
    }
    shared
}
