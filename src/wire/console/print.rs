//! What is printed at the operator's console.

use std::io::Write as _;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use unicode_width::UnicodeWidthStr;

use crate::chat::{Availability, CloseReason, Marks, Recipients, Reply, Row, UnixMillis};
use crate::limits::NAME_COLUMNS;
use crate::wire::commands::{Spec, Verb};
use crate::wire::{Answer, Asked, Dialect, Fault};

/// Appends formatted text. Writing to memory cannot fail.
macro_rules! print {
    ($out:expr, $($format:tt)*) => { { let _ = writeln!($out.writer(), $($format)*); } };
}

/// `chatting with` and a name's columns.
const STATE_COLUMNS: usize = 33;

/// Prints the heading of a listing.
pub(in crate::wire) fn heading(asked: &Asked<'_>, out: &mut BytesMut) {
    match asked.verb {
        Some(Verb::List) => {
            let (name, state) = (padded("NAME", NAME_COLUMNS), padded("STATE", STATE_COLUMNS));
            print!(out, "{:>6}  {name}  {state}  {:>7}  FROM", "UID", "HERE");
        }
        Some(Verb::Rooms) => print!(out, "{:>7}  ROOM", "MEMBERS"),
        _ => {}
    }
}

/// Prints one row of a listing.
pub(in crate::wire) fn row(row: &Row<'_>, out: &mut BytesMut) {
    match row {
        Row::User { uid, name, availability, address, here, marks } => {
            let state = match availability {
                Availability::Available if marks.is_reconnecting => "reconnecting".to_owned(),
                Availability::Chatting(with) if marks.is_reconnecting => format!("reconnecting, with {with}"),
                Availability::Available => "available".to_owned(),
                Availability::Chatting(with) => format!("chatting with {with}"),
            };
            let from = address.map_or_else(|| "-".to_owned(), |address| address.to_string());
            let (name, state) = (padded(name.as_str(), NAME_COLUMNS), padded(&state, STATE_COLUMNS));
            print!(out, "{uid:>6}  {name}  {state}  {:>7}  {from}{}", span(*here), marks_text(marks));
        }
        Row::Room { room, members } => print!(out, "{members:>7}  {room}"),
        Row::Member { uid, name, .. } => print!(out, "{uid:>6}  {name}"),
        Row::RequestFrom { name, .. } | Row::RequestTo { name, .. } | Row::Ignored(name) => print!(out, "{name}"),
    }
}

/// The text, and blanks up to so many columns.
fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

fn marks_text(marks: &Marks<'_>) -> String {
    let mut text = String::new();
    let flags = [(marks.is_not_to_be_disturbed, "  do not disturb"), (marks.is_muted, "  muted")];
    flags.iter().filter(|(on, _)| *on).for_each(|(_, word)| text.push_str(word));
    match marks.away {
        None => {}
        Some("") => text.push_str("  away"),
        Some(words) => text.push_str(&format!("  away: {words}")),
    }
    text
}

/// Prints what came of an order.
pub(in crate::wire) fn answer(answer: &Answer<'_>, out: &mut BytesMut) {
    match answer {
        Answer::Chat(it) => reply(it, out),
        Answer::Told(text) => print!(out, "{text}"),
        // ECMA-48: ED 2, CUP.
        Answer::Cleared => out.extend_from_slice(b"\x1b[2J\x1b[H"),
        Answer::Helped | Answer::Bye => {}
        Answer::Chatd { version, .. } => print!(out, "chatd {version}"),
        Answer::Pong(word) => print!(out, "{word}"),
        Answer::Entered { name, .. } | Answer::Resumed { name, .. } => print!(out, "{name}"),
        Answer::Kept { .. } => print!(out, "done"),
    }
}

fn reply(reply: &Reply, out: &mut BytesMut) {
    match reply {
        Reply::Listed { shown: 0, .. } => print!(out, "none"),
        Reply::Listed { shown, total, next: Some(next) } => {
            print!(out, "{shown} of {total} shown; the same command with {next} shows more");
        }
        Reply::Listed { total, .. } => print!(out, "{total} in all"),
        Reply::Taken { to: Recipients { present, later: 0 }, .. } => print!(out, "announced to {present}"),
        Reply::Taken { to: Recipients { present, later }, .. } => {
            print!(out, "announced to {present}, and {later} reconnecting");
        }
        Reply::Done | Reply::Ringing { .. } | Reply::Room(_) => print!(out, "done"),
    }
}

/// Prints what is wrong with an order.
pub(in crate::wire) fn fault(fault: &Fault, words: Option<&str>, out: &mut BytesMut) {
    let fault = fault.sentence(Dialect::Console);
    match words {
        Some(words) => print!(out, "error: {fault}: {words}"),
        None => print!(out, "error: {fault}"),
    }
}

/// Prints why the console ends, if that is not its operator's doing.
pub(in crate::wire) fn farewell(reason: CloseReason, out: &mut BytesMut) {
    if reason == CloseReason::Shutdown {
        print!(out, "{}", crate::wire::farewell(Dialect::Console, reason));
    }
}

/// What was taken for the reason, so that nobody who meant something else by it finds out too late.
pub fn reason_given(words: Option<&str>) -> String {
    words.map_or_else(String::new, |words| format!("; reason: {words}"))
}

/// Prints a row of help.
pub(in crate::wire) fn help(spec: &Spec, out: &mut BytesMut) {
    let (usage, summary) = match spec.verb {
        Verb::Quit => ("quit".to_owned(), "leave this console; from the daemon's own terminal: shut it down"),
        Verb::Announce => ("announce [TEXT]".to_owned(), spec.summary),
        _ => (format!("{} {}", spec.word, spec.arguments), spec.summary),
    };
    print!(out, "  {usage:<38} {summary}");
}

/// How long something holds: for ever, or for how long and until when, in UTC.
pub fn term(time: Option<Duration>, now: UnixMillis) -> String {
    let Some(time) = time else { return "for ever".to_owned() };
    let end = now.0.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    let end = crate::wire::format_time(UnixMillis(end));
    let (to_the_second, _) = end.split_once('.').unwrap_or((&end, ""));
    format!("for {}, until {to_the_second}Z", exactly(time))
}

/// A span with all its units, as it was given: `1m30s`, `7d`.
fn exactly(span: Duration) -> String {
    let mut rest = span.as_secs();
    let mut text = String::new();
    for (unit, length) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    text
}

/// A span as people say it: `42s`, `7m`, `3h12m`, `2d4h`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m"),
        (0, ..) => format!("{hours}h{minutes}m"),
        _ => format!("{days}d{hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_says_until_when() {
        let now = UnixMillis(1_795_158_000_123);
        assert_eq!(term(None, now), "for ever");
        assert_eq!(term(Some(Duration::from_secs(90)), now), "for 1m30s, until 2026-11-20T07:01:30Z");
        assert_eq!(term(Some(Duration::from_secs(3_650 * 86_400)), now), "for 3650d, until 2036-11-17T07:00:00Z");
        assert_eq!(exactly(Duration::from_secs(90_061)), "1d1h1m1s");
    }

    #[test]
    fn spans_are_short() {
        for (seconds, text) in [(0, "0s"), (59, "59s"), (60, "1m"), (3_720, "1h2m"), (90_000, "1d1h")] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
