//! The native dialect against itself: what the encoder writes is what `wire::read` gives back,
//! every line keeps to the rules of docs/PROTOCOL.md, nothing a peer sends makes a reader panic,
//! and lines are found however their bytes arrive.
//!
//! A failing case is printed in its smallest form; `PROPTEST_CASES=10000 cargo test --test it
//! wire_roundtrip` tries more, `PROPTEST_RNG_SEED=7` starts elsewhere.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::num::NonZeroU64;
use std::time::Duration;

use bytes::BytesMut;
use chatd::chat::{
    Availability, CloseReason, Decline, Ending, Event, Marks, Name, NameError, Purpose, Recipients, Refusal, Reply,
    RoomName, Row, Stamp, Text, TextError, Uid, UnixMillis, UserRef, Withdrawal,
};
use chatd::limits::{LINE_BYTES, NAME_BYTES, ROW_BYTES, TEXT_BYTES};
use chatd::wire::commands::COMMANDS;
use chatd::wire::{
    Answer, AnyCommand, Asked, Dialect, Encoder, Fault, LineSplitter, ServerLine, Step, clean, farewell, read,
};
use proptest::prelude::*;

/// The year 10000, where times with four digits for the year end.
const LAST_MILLI: u64 = 253_402_207_200_000;

/// The words of a line; each test makes every kind of line from them.
#[derive(Clone, Debug)]
struct Parts {
    name: Name,
    other: Name,
    room: RoomName,
    uid: Uid,
    stamp: Stamp,
    span: Duration,
    count: usize,
    address: Option<SocketAddr>,
    reason: CloseReason,
    text: String,
}

fn names() -> impl Strategy<Value = Name> {
    let any = "[A-Za-z_][A-Za-z0-9_-]{0,23}".prop_map(|name| Name::any(&name).unwrap());
    let beyond = "[ёжåäöéüА-Яа-я一-龥ぁ-んא-ת]{1,12}".prop_filter_map("a name", |name| Name::any(&name).ok());
    prop_oneof![6 => any, 2 => beyond, 1 => any_number().prop_map(Name::guest), 1 => Just(Name::operator())]
}

fn rooms() -> impl Strategy<Value = RoomName> {
    let beyond = "#[а-я0-9_-]{1,37}".prop_map(|name| RoomName::new(&name).unwrap());
    prop_oneof![3 => "#[A-Za-z0-9_-]{1,49}".prop_map(|name| RoomName::new(&name).unwrap()), 1 => beyond]
}

/// Small ones, and the greatest there are.
fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![0..1000_u64, any::<u64>(), Just(u64::MAX)]
}

/// What may be said, as it is after cleaning: any script, tabs, blanks at both ends, full length.
fn texts() -> impl Strategy<Value = String> {
    let said = prop_oneof![
        4 => "\\PC{1,80}",
        2 => "[ \t]{0,3}[a-z*=+ \t-]{1,40}[ \t]{0,3}",
        1 => Just("x".repeat(TEXT_BYTES)),
        1 => Just("日".repeat(TEXT_BYTES / 3)),
        1 => Just("\u{fffd}".repeat(TEXT_BYTES / 3)),
    ];
    said.prop_map(|text| chatd::chat::sanitize(&text).into_owned())
        .prop_filter("a text", |text| Text::new(text).is_ok())
}

fn addresses() -> impl Strategy<Value = Option<SocketAddr>> {
    let longest = SocketAddrV6::new(Ipv6Addr::from([0xff; 16]), u16::MAX, 0, u32::MAX);
    let scoped = (any::<[u8; 16]>(), any::<u16>(), any::<u32>())
        .prop_map(|(ip, port, scope)| SocketAddr::V6(SocketAddrV6::new(ip.into(), port, 0, scope)));
    prop_oneof![
        Just(None),
        any::<([u8; 4], u16)>().prop_map(|(ip, port)| Some(SocketAddr::from((ip, port)))),
        scoped.prop_map(Some),
        Just(Some(SocketAddr::V6(longest))),
    ]
}

fn parts() -> impl Strategy<Value = Parts> {
    let who = (names(), names(), rooms(), 1..=u64::MAX, addresses());
    let what = (any_number(), 0..LAST_MILLI, any_number(), any::<usize>(), 0..CloseReason::ALL.len(), texts());
    (who, what).prop_map(|((name, other, room, uid, address), (id, at, seconds, count, reason, text))| Parts {
        name,
        other,
        room,
        uid: Uid(NonZeroU64::new(uid).unwrap()),
        stamp: Stamp { id, at: UnixMillis(at) },
        span: Duration::from_secs(seconds),
        count,
        address,
        reason: CloseReason::ALL[reason],
        text,
    })
}

impl Parts {
    fn purposes(&self) -> [Purpose; 2] {
        [Purpose::Session, Purpose::Room(self.room)]
    }

    fn events(&self) -> Vec<Event<'_>> {
        let Self { name, room, stamp, uid, reason, span: stands, .. } = *self;
        let (from, text) = (name, Text::new(&self.text).unwrap());
        let mut events = vec![
            Event::Entered { uid, name },
            Event::Gone { name, reason },
            Event::Opened(room),
            Event::Closed(room),
            Event::Paired(name),
            Event::Said { stamp, from, text },
            Event::Private { stamp, from, text },
            Event::Announced { stamp, from, text },
            Event::RoomSaid { stamp, room, from, text },
            Event::Earlier { stamp, room, from, text },
            Event::AnnouncedEarlier { stamp, from, text },
            Event::Dropped(name),
            Event::Returned(name),
            Event::Unread { by: name, count: self.stamp.id },
            Event::Away { name, text: None },
            Event::Away { name, text: Some(text) },
            Event::Joined { room, name },
            Event::Left { room, name, gone: None },
            Event::Left { room, name, gone: Some(reason) },
        ];
        events.extend(self.purposes().map(|purpose| Event::Request { from, purpose, stands }));
        let withdrawals = [Withdrawal::Cancelled, Withdrawal::Expired, Withdrawal::Paired, Withdrawal::Gone];
        events.extend(withdrawals.map(|why| Event::Withdrawn { from, why }));
        let declines = [Decline::Rejected, Decline::Expired, Decline::Paired, Decline::Gone];
        events.extend(declines.map(|why| Event::Declined { by: name, why }));
        events.extend([Ending::ByYou, Ending::ByPartner, Ending::Gone].map(|why| Event::Ended { with: name, why }));
        events
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let Self { name, other, room, uid, address, count, span, .. } = *self;
        let states = [Availability::Available, Availability::Chatting(other)];
        let mut rows = vec![Row::Room { room, members: count }, Row::Member { room, uid, name }];
        for on in [false, true] {
            let marks = Marks { is_reconnecting: on, is_not_to_be_disturbed: !on, is_muted: on, ..Marks::default() };
            let row = |availability| Row::User { uid, name, availability, address, here: span, marks };
            rows.extend(states.map(row));
        }
        rows.extend(self.purposes().map(|purpose| Row::RequestFrom { name, purpose, stands: span }));
        rows.extend(self.purposes().map(|purpose| Row::RequestTo { name, purpose, stands: span }));
        rows
    }

    fn answers(&self) -> Vec<Answer<'_>> {
        let Self { name, room, uid, stamp, count, span: stands, .. } = *self;
        let mut answers = vec![
            Answer::Chat(Reply::Done),
            Answer::Kept { token: "00c0ffee", grace: stands },
            Answer::Resumed { uid, name, answered: stamp.id, lost: uid.0.get() },
            Answer::Chat(Reply::Taken { stamp, to: Recipients { present: count, later: 0 } }),
            Answer::Chat(Reply::Taken { stamp, to: Recipients { present: 0, later: count } }),
            Answer::Chat(Reply::Room(room)),
            Answer::Chat(Reply::Listed { shown: count, total: count, next: None }),
            Answer::Chat(Reply::Listed { shown: count, total: count, next: Some(stamp.id) }),
            Answer::Chatd { version: "1.2.3", protocol: u32::MAX, life: None, users: None },
            Answer::Chatd { version: "1.2.3", protocol: 1, life: Some("00c0ffee"), users: None },
            Answer::Chatd { version: "1.2.3", protocol: 1, life: Some("00c0ffee"), users: Some(7) },
            Answer::Entered { uid, name },
            Answer::Pong(""),
            Answer::Pong(self.text.split_whitespace().next().unwrap_or_default()),
            Answer::Bye,
        ];
        answers.extend(self.purposes().map(|purpose| Answer::Chat(Reply::Ringing { to: name, purpose, stands })));
        answers
    }

    fn faults(&self) -> Vec<Fault> {
        let Self { name, other: with, room, .. } = *self;
        let refusals = [
            Refusal::NameTaken(name),
            Refusal::NoSuchUser(UserRef::Name(name)),
            Refusal::NoSuchUser(UserRef::Uid(self.uid)),
            Refusal::Yourself,
            Refusal::Busy { name, with },
            Refusal::Chatting(with),
            Refusal::Asking(name),
            Refusal::NotChatting,
            Refusal::WrongPartner(with),
            Refusal::NoRequest,
            Refusal::WhichRequest(self.count),
            Refusal::NothingToCancel,
            Refusal::TooManyRequests(name),
            Refusal::NoSuchRoom(room),
            Refusal::NotInRoom(room),
            Refusal::InNoRoom,
            Refusal::AlreadyInRoom(room),
            Refusal::TooManyRooms,
        ];
        let mut faults = vec![Fault::LineTooLong, Fault::NotUtf8, Fault::UnknownCommand, Fault::BadRoom];
        faults.extend([Fault::NotEntered, Fault::AlreadyEntered]);
        faults.extend([TextError::Blank, TextError::TooLong].map(Fault::BadText));
        let errors = [NameError::Empty, NameError::TooLong, NameError::BadStart, NameError::BadCharacter];
        faults.extend(errors.into_iter().chain([NameError::Reserved]).map(Fault::BadName));
        faults.extend(COMMANDS.iter().map(|spec| Fault::Usage(spec.verb)));
        faults.extend(refusals.map(Fault::Refused));
        faults
    }
}

fn decode(line: &str) -> Result<AnyCommand<'_>, Fault> {
    Dialect::Native.decode(line).command
}

/// What an encoder wrote: one line, within the limit, with nothing in it that acts on a terminal.
fn line(most: usize, write: impl FnOnce(&mut BytesMut)) -> String {
    let mut out = BytesMut::new();
    write(&mut out);
    let text = String::from_utf8(out.to_vec()).unwrap();
    assert!(text.len() <= most, "{} bytes, {most} at most: {text}", text.len());
    let line = text.strip_suffix('\n').unwrap_or_else(|| panic!("no newline at the end of {text:?}"));
    assert!(!line.chars().any(chatd::chat::is_unsafe), "a control character in {line:?}");
    assert_eq!(clean(line.as_bytes()).unwrap(), line, "cleaning changes nothing");
    line.to_owned()
}

proptest! {
    #[test]
    fn events_are_read_as_they_were_written(parts in parts()) {
        let mut encoder = Encoder::default();
        for event in parts.events() {
            let line = line(LINE_BYTES, |out| encoder.event(Dialect::Native, &event, out));
            prop_assert_eq!(read(&line), ServerLine::Event(event));
            let longer = format!("{line} more");
            let is_message = matches!(
                event,
                Event::Said { .. }
                    | Event::Private { .. }
                    | Event::Announced { .. }
                    | Event::RoomSaid { .. }
                    | Event::Earlier { .. }
                    | Event::AnnouncedEarlier { .. }
                    | Event::Away { .. }
            );
            prop_assert!(is_message || read(&longer) == ServerLine::Event(event), "{} is extensible", longer);
        }
    }

    #[test]
    fn rows_are_read_as_they_were_written(parts in parts()) {
        for row in parts.rows() {
            let line = line(ROW_BYTES, |out| Encoder::default().row(Dialect::Native, &Asked::UNREADABLE, &row, out));
            prop_assert_eq!(read(&line), ServerLine::Row(row));
            let longer = format!("{line} more");
            prop_assert_eq!(read(&longer), ServerLine::Row(row), "rows are extensible");
        }
    }

    #[test]
    fn answers_are_read_as_they_were_written(parts in parts()) {
        for answer in parts.answers() {
            let line = line(LINE_BYTES, |out| Encoder::default().answer(Dialect::Native, &Asked::UNREADABLE, &answer, out));
            prop_assert_eq!(read(&line), ServerLine::Answer(answer));
        }
        for fault in parts.faults() {
            let line = line(LINE_BYTES, |out| Encoder::default().fault(Dialect::Native, &Asked::UNREADABLE, &fault, None, out));
            prop_assert_eq!(read(&line), ServerLine::Error { code: fault.code(), text: &fault.sentence(Dialect::Native).to_string() });
        }
    }

    /// Times are cut to the millisecond, of which they consist; durations are rounded up to
    /// seconds where they say how long something stands, and down where they say how old it is.
    #[test]
    fn durations_are_rounded_to_the_side_that_does_not_lie(name in names(), millis in 0..200_000_u64) {
        let span = Duration::from_millis(millis);
        let request = Event::Request { from: name, purpose: Purpose::Session, stands: span };
        let line = line(LINE_BYTES, |out| Encoder::default().event(Dialect::Native, &request, out));
        let stands = Duration::from_secs(millis.div_ceil(1000));
        prop_assert_eq!(read(&line), ServerLine::Event(Event::Request { from: name, purpose: Purpose::Session, stands }));
    }

    #[test]
    fn a_remembered_time_is_never_a_wrong_one(name in names(), times in prop::collection::vec(0..3_u64, 1..20)) {
        let mut encoder = Encoder::default();
        for (id, at) in (1..).zip(times) {
            let event = Event::Said { stamp: Stamp { id, at: UnixMillis(at) }, from: name, text: Text::new("x").unwrap() };
            let line = line(LINE_BYTES, |out| encoder.event(Dialect::Native, &event, out));
            prop_assert_eq!(read(&line), ServerLine::Event(event));
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(line) = clean(&bytes) {
            let _ = (decode(&line), read(&line));
        }
    }

    /// Lines that look like ones of the protocol but are not quite.
    #[test]
    fn no_nearly_right_line_makes_a_reader_panic(
        verb in prop::sample::select(COMMANDS.iter().map(|spec| spec.word).collect::<Vec<_>>()),
        start in prop::sample::select(vec!["", "+OK ", "-ERR ", "* ", "= ", "*", "@id "]),
        kind in prop::sample::select(vec!["said", "room", "user", "listed", "request", "left", "taken", "member", "hello"]),
        rest in "[ \t]{0,2}(\\PC{0,12}|[0-9]{1,25}|#?[a-z]{1,60}|[\u{0}-\u{9f}]{0,5})([ \t](\\PC{0,6}|[0-9]{1,22}|#)){0,5}",
    ) {
        for raw in [format!("{verb}{rest}"), format!("{verb} {rest}"), format!("{start}{kind} {rest}")] {
            let line = clean(raw.as_bytes()).unwrap();
            let _ = (decode(&line), read(&line));
        }
    }

    /// Whatever word a client sends, the answer that repeats it is a line like any other.
    #[test]
    fn a_pong_is_within_the_limit(word in "[!-~\u{1}-\u{8}é日]{1,4090}") {
        let raw: String = format!("PING {word}").chars().scan(0, |bytes, c| {
            *bytes += c.len_utf8();
            (*bytes < LINE_BYTES).then_some(c)
        }).collect();
        let cleaned = clean(raw.as_bytes()).unwrap();
        if let Ok(AnyCommand::Ping(word)) = decode(&cleaned) {
            let line = line(LINE_BYTES, |out| Encoder::default().answer(Dialect::Native, &Asked::UNREADABLE, &Answer::Pong(word), out));
            prop_assert_eq!(read(&line), ServerLine::Answer(Answer::Pong(word)));
        }
    }

    #[test]
    fn cleaning_twice_is_cleaning_once(raw in any::<String>()) {
        let once = chatd::chat::sanitize(&raw).into_owned();
        prop_assert!(!once.chars().any(chatd::chat::is_unsafe));
        prop_assert_eq!(once.chars().count(), raw.chars().count(), "one for one");
        prop_assert_eq!(chatd::chat::sanitize(&once), once.as_str());
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive(stream in streams(), cuts in prop::collection::vec(1..5000_usize, 1..40)) {
        let whole = split(std::iter::once(stream.as_slice()));
        prop_assert_eq!(&whole, &by_hand(&stream), "in one piece");
        let mut rest = stream.as_slice();
        let chunks = cuts.iter().cycle().map_while(|size| {
            let (chunk, behind) = rest.split_at((*size).min(rest.len()));
            rest = behind;
            (!chunk.is_empty()).then_some(chunk)
        });
        prop_assert_eq!(split(chunks), whole, "in pieces");
    }
}

/// Streams of short lines, and of lines about as long as a line may be.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let near = (LINE_BYTES - 3)..(LINE_BYTES + 3);
    let line = prop_oneof![
        6 => prop::collection::vec(any::<u8>(), 0..20),
        2 => near.prop_map(|length| vec![b'x'; length]),
        1 => (0..3 * LINE_BYTES).prop_map(|length| vec![b'\r'; length]),
    ];
    let end = prop::sample::select(vec![&b"\n"[..], b"\n", b"\r\n", b""]);
    prop::collection::vec((line, end), 0..8)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [line, end.to_vec()].concat()).collect())
}

/// What is found in a stream, over-long lines as `None`.
type Found = Vec<Option<Vec<u8>>>;

/// Feeds chunks to a splitter the way a connection does.
fn split<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Found {
    let (mut splitter, mut held, mut found) = (LineSplitter::default(), Vec::new(), Vec::new());
    for chunk in chunks {
        held.extend_from_slice(chunk);
        loop {
            let (step, taken) = splitter.next(&held);
            let is_done = matches!(step, Step::NeedMore | Step::Endless);
            match step {
                Step::Line(line) => found.push(Some(line.to_vec())),
                Step::TooLong => found.push(None),
                Step::NeedMore | Step::Endless => {}
            }
            held.drain(..taken);
            if is_done {
                break;
            }
        }
        assert!(held.len() < LINE_BYTES, "never more than a line is held");
    }
    found
}

/// The same by splitting all of it at once.
fn by_hand(stream: &[u8]) -> Found {
    let mut pieces: Vec<&[u8]> = stream.split(|byte| *byte == b'\n').collect();
    pieces.pop();
    let line = |piece: &[u8]| (piece.len() < LINE_BYTES).then(|| piece.strip_suffix(b"\r").unwrap_or(piece).to_vec());
    pieces.into_iter().map(line).collect()
}

/// The list in docs/PROTOCOL.md, over every character there is.
#[test]
fn what_is_replaced_is_what_the_protocol_lists() {
    let marks = ['\u{61c}', '\u{200e}', '\u{200f}'];
    let ranges = ['\u{2028}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
    for c in '\0'..=char::MAX {
        let is_listed = marks.contains(&c) || ranges.iter().any(|range| range.contains(&c));
        let expected = is_listed || (c.is_control() && c != '\t');
        assert_eq!(chatd::chat::is_unsafe(c), expected, "{c:?}");
        assert_eq!(
            chatd::chat::sanitize(c.encode_utf8(&mut [0; 4])) == "\u{fffd}",
            expected || c == '\u{fffd}',
            "{c:?}"
        );
    }
}

/// The longest row there can be: little is left of its bound.
#[test]
fn the_longest_row_fits_and_nearly_fills_its_bound() {
    let name = |letter: &str| Name::new(&letter.repeat(NAME_BYTES / 3)).unwrap();
    let ip = Ipv6Addr::from_bits(u128::MAX);
    let text = "x".repeat(120);
    let row = Row::User {
        uid: Uid(NonZeroU64::MAX),
        name: name("李"),
        availability: Availability::Chatting(name("雷")),
        address: Some(SocketAddrV6::new(ip, u16::MAX, 0, u32::MAX).into()),
        here: Duration::from_secs(u64::MAX),
        marks: Marks { is_reconnecting: true, is_not_to_be_disturbed: true, is_muted: true, away: Some(&text) },
    };
    let length =
        line(ROW_BYTES, |out| Encoder::default().row(Dialect::Native, &Asked::UNREADABLE, &row, out)).len() + 1;
    assert!(length <= ROW_BYTES && ROW_BYTES < length + 32, "{length} of {ROW_BYTES}");
}

#[test]
fn help_and_farewells_are_lines_too() {
    for spec in &COMMANDS {
        let line = line(ROW_BYTES, |out| Encoder::default().help(Dialect::Native, spec, out));
        assert!(matches!(read(&line), ServerLine::Help(text) if text.starts_with(&spec.usage())), "{line}");
    }
    for reason in CloseReason::ALL {
        let line = line(LINE_BYTES, |out| Encoder::default().farewell(Dialect::Native, reason, None, out));
        assert_eq!(read(&line), ServerLine::Bye { reason: reason.word(), text: farewell(Dialect::Native, reason) });
    }
    let greeting = line(LINE_BYTES, |out| Encoder::default().greeting(Dialect::Native, "1.2.3", out));
    assert!(matches!(read(&greeting), ServerLine::Hello(_)));
}

#[test]
fn the_longest_message_there_can_be_fits_a_line() {
    let text = "x".repeat(TEXT_BYTES);
    let (room, from) =
        (RoomName::new(&format!("#{}", "ж".repeat(37))).unwrap(), Name::any(&"李".repeat(NAME_BYTES / 3)).unwrap());
    let stamp = Stamp { id: u64::MAX, at: UnixMillis(u64::MAX) };
    let event = Event::RoomSaid { stamp, room, from, text: Text::new(&text).unwrap() };
    line(LINE_BYTES, |out| Encoder::default().event(Dialect::Native, &event, out));
}

#[test]
fn a_wait_is_told_in_whole_seconds_and_never_too_short() {
    for (millis, seconds) in [(1_001, 2), (2_000, 2), (63_270, 64)] {
        let mut out = bytes::BytesMut::new();
        Encoder::default().waiting(Dialect::Native, Duration::from_millis(millis), &mut out);
        assert_eq!(out, format!("* waiting {seconds}\n").as_bytes());
        let line = std::str::from_utf8(&out).unwrap().trim_end();
        assert_eq!(read(line), ServerLine::Waiting(Duration::from_secs(seconds)));
    }
    assert!(matches!(read("* waiting soon"), ServerLine::Unknown(_)));
}

#[test]
fn what_was_lost_with_a_place_is_told_in_lines() {
    let mut out = bytes::BytesMut::new();
    Encoder::default().lost(Dialect::Native, 17, &mut out);
    assert_eq!((&out[..], read("* lost 17")), (&b"* lost 17\n"[..], ServerLine::Lost(17)));
    assert!(matches!(read("* lost many"), ServerLine::Unknown(_)));
}
