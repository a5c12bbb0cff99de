//! What is fuzzed: each function takes any bytes and fails if the code under test does. Used by the
//! targets in `fuzz/` and, with the cases worth keeping, by `tests/sim/regressions.rs`.

#![allow(dead_code, reason = "every target takes what it needs")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

mod connection;

pub(crate) use connection::connection;

use std::time::Duration;

use bytes::BytesMut;
use chatd::chat::{Name, RoomName, UserRef, is_unsafe};
use chatd::discovery::{Browser, Interface, Responder, Service};
use chatd::limits::{ENDLESS_LINE_BYTES, LINE_BYTES, NAME_BYTES, NAME_COLUMNS};
use chatd::wire::commands::{Place, find};
use chatd::wire::foreign::{Opening, recognise};
use chatd::wire::{AnyCommand, Asked, Decoded, Dialect, Encoder, LineSplitter, Order, ServerLine, Step, console};
use unicode_normalization::UnicodeNormalization;
use unicode_security::GeneralSecurityProfile;
use unicode_security::general_security_profile::IdentifierType;
use unicode_width::UnicodeWidthStr;

/// The line splitter: however the bytes arrive, the same lines come out as from a plain reading.
pub(crate) fn lines(data: &[u8]) {
    let Some((size, stream)) = data.split_first() else { return };
    let (mut splitter, mut held, mut found) = (LineSplitter::default(), Vec::new(), Vec::new());
    for chunk in stream.chunks(1 + usize::from(*size) * usize::from(*size)) {
        held.extend_from_slice(chunk);
        loop {
            let (step, taken) = splitter.next(&held);
            match step {
                Step::Line(line) => found.push(Some(line.to_vec())),
                Step::TooLong => found.push(None),
                Step::Endless => {
                    let is_endless = |line: &[u8]| line.len() >= ENDLESS_LINE_BYTES;
                    return assert!(stream.split(|byte| *byte == b'\n').any(is_endless));
                }
                Step::NeedMore => {
                    held.drain(..taken);
                    break;
                }
            }
            held.drain(..taken);
        }
        assert!(held.len() < LINE_BYTES, "never more than a line is held");
    }
    let mut expected: Vec<&[u8]> = stream.split(|byte| *byte == b'\n').collect();
    expected.pop();
    let plain = expected.into_iter().map(|line| {
        let fits = line.len() < LINE_BYTES;
        fits.then(|| line.strip_suffix(b"\r").unwrap_or(line).to_vec())
    });
    assert_eq!(found, plain.collect::<Vec<_>>());
}

/// A client's line, read by the server: a request or a fault, and either can be told safely. What it is
/// as the first one is decided once, however it arrives.
pub(crate) fn decode(data: &[u8]) {
    let first = [data, b"\n"].concat();
    let mut openings = (0..=first.len()).map(|count| recognise(&first[..count]));
    if let Some(opening) = openings.find(|opening| *opening != Opening::Undecided) {
        assert!(openings.all(|later| later == opening), "{opening:?} of {data:?}");
    }
    let Ok(line) = chatd::wire::clean(data) else { return };
    assert!(!line.chars().any(is_unsafe), "a cleaned line is clean");
    if let Err(fault) = Dialect::Native.decode(&line).command {
        let text = fault.sentence(Dialect::Native).to_string();
        assert!(!text.is_empty() && !text.chars().any(is_unsafe) && text.len() < LINE_BYTES, "{text:?}");
        assert!(!fault.code().is_empty());
    }
}

/// A name: what is taken is spelled as it is stored, can be shown, and stays the same on its way.
pub(crate) fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(name) = Name::any(text) else { return };
    let stored = name.as_str();
    assert!(stored.chars().eq(stored.nfc()), "{stored:?} is NFC");
    assert!(stored.len() <= NAME_BYTES && (1..=NAME_COLUMNS).contains(&stored.width()), "{stored:?}");
    let is_seen = |c: char| !is_unsafe(c) && c != ' ' && c.identifier_type() != Some(IdentifierType::Default_Ignorable);
    assert!(stored.chars().all(is_seen), "{stored:?}");
    assert_eq!(Name::any(stored).map(|again| again.to_string()), Ok(stored.to_owned()), "{text:?}");
    assert_eq!(Name::any(text), Name::any(&text.nfd().collect::<String>()), "{text:?}");
    let room = RoomName::new(&format!("#{text}")).expect("what is a name is a room's name");
    assert_eq!(room.as_str().get(1..), Some(stored));
    assert_eq!(chatd::wire::clean(stored.as_bytes()), Ok(stored.into()));
    let line = format!("SAY {stored} hello");
    assert!(Dialect::Native.decode(&line).command.is_ok(), "{line:?}");
}

/// A server's line, read by a client: what is understood is written and read again as the same.
pub(crate) fn read(data: &[u8]) {
    let Ok(line) = chatd::wire::clean(data) else { return };
    let (mut encoder, mut out) = (Encoder::default(), BytesMut::new());
    let understood = chatd::wire::read(&line);
    match &understood {
        ServerLine::Answer(answer) => encoder.answer(Dialect::Native, &Asked::UNREADABLE, answer, &mut out),
        ServerLine::Event(event) => encoder.event(Dialect::Native, event, &mut out),
        ServerLine::Row(row) => encoder.row(Dialect::Native, &Asked::UNREADABLE, row, &mut out),
        _ => return,
    }
    let written = std::str::from_utf8(&out).unwrap();
    let again = chatd::wire::read(written.strip_suffix('\n').unwrap());
    assert_eq!(again, understood, "{line:?} is written as {written:?}");
}

/// The operator's line: an order or a fault; help on whatever was asked.
pub(crate) fn console(data: &[u8]) {
    let Ok(line) = chatd::wire::clean(data) else { return };
    let mut out = BytesMut::new();
    let Decoded { asked, command: request } = Dialect::Console.decode(&line);
    let mut encoder = Encoder::default();
    match request {
        Err(fault) => encoder.fault(Dialect::Console, &asked, &fault, None, &mut out),
        Ok(AnyCommand::Help(Some(topic))) => {
            if let Some(spec) = find(topic, Place::Console) {
                encoder.help(Dialect::Console, spec, &mut out);
            }
        }
        Ok(_) => {}
    }
    let text = std::str::from_utf8(&out).unwrap();
    assert!(text.chars().all(|c| c == '\n' || !is_unsafe(c)), "{text:?}");
    // The same as words of a command line: each stays one argument of one line.
    let words: Vec<&str> = std::str::from_utf8(data).unwrap_or_default().split('|').collect();
    if let Ok(line) = console::compose(&words) {
        assert!(!line.contains(['\n', '\r', '\0', '\u{85}', '\u{2028}', '\u{2029}']), "{line:?}");
        if let Ok(AnyCommand::Order(Order::Kick { user, .. })) = Dialect::Console.decode(&line).command {
            assert_eq!(words.get(1).map(|word| UserRef::new(word)), Some(Ok(user)), "{words:?}");
        }
    }
}

/// Datagrams from anybody: a server that is announced, and who looks for one, take them or leave them.
pub(crate) fn discovery(data: &[u8]) {
    let service = Service::new("chatd on lab7", "lab7", 2428, &[("protocol", "1")]).unwrap();
    let (mut responder, mut browser, mut now) = (Responder::new(service, 7), Browser::default(), Duration::ZERO);
    let addresses = vec!["10.0.0.1/24".parse().unwrap(), "fe80::1/64".parse().unwrap()];
    responder.set_interfaces(&[Interface { id: 2, addresses }], now);
    for datagram in data.split(|byte| *byte == b'|') {
        let Some((how, bytes)) = datagram.split_first() else { continue };
        now += Duration::from_millis(u64::from(how >> 2) * 20);
        let port = if how & 1 == 0 { 5353 } else { 40_000 };
        let from = if how & 2 == 0 { format!("10.0.0.9:{port}") } else { format!("[fe80::9%2]:{port}") };
        responder.receive(2, from.parse().unwrap(), bytes, now);
        browser.receive(2, bytes);
        while let Some(sent) = responder.poll(now) {
            assert!(sent.bytes.len() < 1_400, "more than a link allows");
        }
        assert!(browser.found().len() <= 64);
    }
}
