//! Micro benches of decoder, domain and encoder, so that a regression is located. Times and
//! allocations per operation; the clock of a shared machine is noisy, so compare runs that follow
//! one another, or use benches/guard.sh.

#![allow(clippy::indexing_slicing, reason = "a wrong index in a benchmark may end it")]

#[path = "support/memory.rs"]
#[allow(dead_code, reason = "shared with the guard and a test, which use other parts")]
mod memory;

use bytes::BytesMut;
use chatd::chat::{
    Audience, Chat, CloseReason, Command, Entry, Event, Mention, Name, Now, Recipients, Record, Reply, RoomName, Row,
    Settings, Sink, Stamp, Text, UnixMillis, UserKey, UserRef,
};
use chatd::wire::{Answer, Asked, Dialect, Encoder, LineSplitter, Step, clean};
use divan::{AllocProfiler, Bencher, Divan, black_box};
use memory::Desk;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// As `cargo bench` calls it: options of the scaling benchmark are none of this one's business.
fn main() {
    let is_for_scaling = |arg: &String| ["--quick", "--repetitions", "--most"].contains(&arg.as_str());
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    if std::env::args().any(|arg| is_for_scaling(&arg)) && is_bench {
        return Divan::default().sample_count(20).max_time(std::time::Duration::from_millis(200)).run_benches();
    }
    divan::main();
}

const TEXT: &str = "the quick brown fox jumps over the lazy dog, again and again";
const UMLAUTS: &str = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich";

fn name(number: usize) -> Name {
    Name::new(&format!("u{number}")).expect("u and digits are a name")
}

fn text(text: &str) -> Text<'_> {
    Text::new(text).expect("it is short and not blank")
}

/// Counts what it is told and looks at none of it.
#[derive(Default)]
struct Counter {
    events: usize,
}

impl Sink for Counter {
    fn tell(&mut self, _to: UserKey, event: &Event<'_>) {
        self.events += 1;
        black_box(event);
    }

    fn tell_all(&mut self, to: Audience<'_>, event: &Event<'_>) {
        self.events += to.iter().count();
        black_box(event);
    }

    fn row(&mut self, row: &Row) {
        black_box(row);
    }

    fn record(&mut self, record: &Record<'_>) {
        black_box(record);
    }
}

/// A chat with so many users.
fn chat(users: usize) -> (Chat, Vec<UserKey>, Counter) {
    let (mut chat, mut counter) = (Chat::new(Settings::default()), Counter::default());
    let enter = |number| {
        let entry = Entry { name: Some(name(number)), address: None };
        chat.enter(entry, Now::default(), &mut counter).expect("the name is free").0
    };
    let users = (0..users).map(enter).collect();
    (chat, users, counter)
}

mod decoder {
    use super::*;

    /// 64 lines in one buffer, split, cleaned and decoded.
    #[divan::bench(args = ["ascii", "umlauts"])]
    fn split_clean_decode_64(bencher: Bencher<'_, '_>, kind: &str) {
        let text = if kind == "ascii" { TEXT } else { UMLAUTS };
        let bytes = format!("SAY bob {text}\n").repeat(64).into_bytes();
        bencher.counter(divan::counter::ItemsCount::new(64_usize)).bench(|| {
            let (mut splitter, mut at) = (LineSplitter::default(), 0);
            while let (Step::Line(line), taken) = splitter.next(&bytes[at..]) {
                let line = clean(line).expect("it is UTF-8");
                black_box(Dialect::Native.decode(&line).command).expect("it is a command");
                at += taken;
            }
            at
        });
    }

    #[divan::bench(args = ["ascii", "umlauts"])]
    fn clean_line(bencher: Bencher<'_, '_>, kind: &str) {
        let text = if kind == "ascii" { TEXT } else { UMLAUTS };
        let line = format!("SAY bob {text}");
        bencher.bench(|| clean(black_box(line.as_bytes())).map(|line| line.len()));
    }

    #[divan::bench(args = ["SAY bob hello there", "SAY 12345 hello there", "SAY #lobby hello there", "PING", "LIST"])]
    fn decode(line: &str) -> bool {
        Dialect::Native.decode(black_box(line)).command.is_ok()
    }
}

mod domain {
    use super::*;

    #[divan::bench(args = ["name", "uid"])]
    fn say(bencher: Bencher<'_, '_>, by: &str) {
        let (mut chat, users, mut counter) = chat(2);
        paired(&mut chat, &users, &mut counter);
        let written = if by == "name" { name(1).to_string() } else { users[1].uid().to_string() };
        let to = Mention::new(&written).expect("it is one");
        let command = Command::Say { to, text: text(TEXT) };
        bencher.bench_local(|| chat.handle_command(users[0], command, Now::default(), &mut counter));
    }

    #[divan::bench]
    fn room_say_100(bencher: Bencher<'_, '_>) {
        let (mut chat, users, mut counter) = chat(100);
        for user in &users {
            let joined = chat.handle_command(*user, Command::Join(RoomName::lobby()), Now::default(), &mut counter);
            joined.expect("anybody may join");
        }
        let command = Command::RoomSay { room: RoomName::lobby(), text: text(TEXT) };
        bencher.bench_local(|| chat.handle_command(users[0], command, Now::default(), &mut counter));
    }

    #[divan::bench(args = [10, 10_000])]
    fn enter_leave(bencher: Bencher<'_, '_>, present: usize) {
        let (mut chat, _, mut counter) = chat(present);
        let entry = Entry { name: Some(name(present)), address: None };
        bencher.bench_local(|| {
            let (user, ..) = chat.enter(entry, Now::default(), &mut counter).expect("the name is free");
            chat.leave(user, CloseReason::Quit, Now::default(), &mut counter);
        });
    }

    #[divan::bench]
    fn request_accept_end(bencher: Bencher<'_, '_>) {
        let (mut chat, users, mut counter) = chat(2);
        bencher.bench_local(|| {
            let mut ask = |who: usize, command| chat.handle_command(users[who], command, Now::default(), &mut counter);
            ask(0, Command::Request(UserRef::Name(name(1)))).expect("both are free");
            ask(1, Command::Accept(None)).expect("a request waits");
            ask(0, Command::End).expect("they are in a session");
        });
    }

    #[divan::bench(args = [10, 1000])]
    fn join_leave(bencher: Bencher<'_, '_>, members: usize) {
        let (mut chat, users, mut counter) = chat(members);
        for user in &users {
            let joined = chat.handle_command(*user, Command::Join(RoomName::lobby()), Now::default(), &mut counter);
            joined.expect("anybody may join");
        }
        bencher.bench_local(|| {
            let mut ask = |command| chat.handle_command(users[0], command, Now::default(), &mut counter);
            ask(Command::Leave(None)).expect("it is in a room");
            ask(Command::Join(RoomName::lobby())).expect("it is in none");
        });
    }

    fn paired(chat: &mut Chat, users: &[UserKey], counter: &mut Counter) {
        let mut ask = |who: usize, command| chat.handle_command(users[who], command, Now::default(), counter);
        ask(0, Command::Request(UserRef::Name(name(1)))).expect("both are free");
        ask(1, Command::Accept(None)).expect("a request waits");
    }
}

mod encoder {
    use super::*;

    const AT: UnixMillis = UnixMillis(1_795_158_000_000);

    fn said(id: u64, at: UnixMillis) -> Event<'static> {
        Event::Said { stamp: Stamp { id, at }, from: name(1), text: text(TEXT) }
    }

    #[divan::bench]
    fn said_same_time(bencher: Bencher<'_, '_>) {
        let (mut encoder, mut out) = (Encoder::default(), BytesMut::with_capacity(4096));
        let event = said(123_456, AT);
        bencher.bench_local(|| {
            out.clear();
            encoder.event(Dialect::Native, black_box(&event), &mut out);
        });
    }

    #[divan::bench]
    fn said_new_time(bencher: Bencher<'_, '_>) {
        let (mut encoder, mut out) = (Encoder::default(), BytesMut::with_capacity(4096));
        let mut millis = AT.0;
        bencher.bench_local(|| {
            out.clear();
            millis += 1;
            encoder.event(Dialect::Native, &said(123_456, UnixMillis(millis)), &mut out);
        });
    }

    #[divan::bench]
    fn taken(bencher: Bencher<'_, '_>) {
        let (mut encoder, mut out) = (Encoder::default(), BytesMut::with_capacity(4096));
        let to = Recipients { present: 1, later: 0 };
        let answer = Answer::Chat(Reply::Taken { stamp: Stamp { id: 123_456, at: AT }, to });
        bencher.bench_local(|| {
            out.clear();
            encoder.answer(Dialect::Native, &Asked::UNREADABLE, black_box(&answer), &mut out);
        });
    }
}

/// All layers but the event loop and the kernel.
mod server {
    use super::*;

    #[divan::bench(args = [1, 8, 64])]
    fn say(bencher: Bencher<'_, '_>, messages: usize) {
        let mut desk = Desk::default();
        let (one, two) = desk.pair();
        let lines = format!("SAY u{two} {TEXT}\n").repeat(messages).into_bytes();
        bencher.counter(divan::counter::ItemsCount::new(messages)).bench_local(|| {
            desk.pass(1);
            desk.send(one, &lines);
            desk.tick();
        });
    }

    #[divan::bench(args = [100, 1000])]
    fn room_say(bencher: Bencher<'_, '_>, size: usize) {
        let mut desk = Desk::default();
        let speaker = desk.room(size);
        let line = format!("SAY #lobby {TEXT}\n").into_bytes();
        bencher.counter(divan::counter::ItemsCount::new(size - 1)).bench_local(|| {
            desk.pass(1);
            desk.send(speaker, &line);
            desk.tick();
        });
    }
}
