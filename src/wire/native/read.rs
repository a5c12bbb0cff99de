//! Lines from a native server → what they say: the client's half of the dialect.

use std::num::NonZeroU64;
use std::time::Duration;

use crate::chat::{
    Availability, CloseReason, Decline, Ending, Event, Marks, Name, Purpose, Recipients, Reply, RoomName, Row, Stamp,
    Text, Uid, Withdrawal,
};
use crate::wire::Answer;
use crate::wire::words::Words;

/// One line from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerLine<'a> {
    /// The answer to the oldest command not yet answered: success.
    Answer(Answer<'a>),
    /// The answer to the oldest command not yet answered: refused.
    Error {
        /// The stable code.
        code: &'a str,
        /// The sentence for people.
        text: &'a str,
    },
    /// Something happened.
    Event(Event<'a>),
    /// A row of a listing; its answer follows the last one.
    Row(Row<'a>),
    /// A row of help.
    Help(&'a str),
    /// A greeting; says nothing a program needs.
    Hello(&'a str),
    /// The server asks for a sign of life.
    Ping,
    /// The server makes its client wait, which was too fast: what it has sent will take so long.
    Waiting(Duration),
    /// The place to come back to was given up, and with it at most so many private lines are lost.
    Lost(u64),
    /// The server is about to hang up.
    Bye {
        /// Why.
        reason: &'a str,
        /// The sentence for people.
        text: &'a str,
    },
    /// Something this version does not know; to be ignored.
    Unknown(&'a str),
}

/// Reads one cleaned line. Never fails: what is not understood is [`ServerLine::Unknown`].
/// Further words at the end of a known line are ignored, so that a later server can add some.
pub fn read(line: &str) -> ServerLine<'_> {
    let mut words = Words::new(line);
    let known = match words.next() {
        Some("+OK") => read_answer(words).map(ServerLine::Answer),
        Some("-ERR") => words.next().map(|code| ServerLine::Error { code, text: words.rest() }),
        Some("*") => read_event_line(words),
        Some("=") => read_row_line(words),
        _ => None,
    };
    known.unwrap_or(ServerLine::Unknown(line))
}

/// The sender and the number of a message to one alone, if a line is one.
pub(in crate::wire) fn private(line: &[u8]) -> Option<(Name, u64)> {
    if !line.starts_with(b"* said ") && !line.starts_with(b"* private ") {
        return None;
    }
    match read(std::str::from_utf8(line).ok()?) {
        ServerLine::Event(Event::Said { stamp, from, .. } | Event::Private { stamp, from, .. }) => {
            Some((from, stamp.id))
        }
        _ => None,
    }
}

fn read_answer(mut words: Words<'_>) -> Option<Answer<'_>> {
    Some(match words.next() {
        None => Answer::Chat(Reply::Done),
        Some("taken") => Answer::Chat(Reply::Taken { stamp: stamp(&mut words)?, to: recipients(&mut words)? }),
        Some("ringing") => {
            let (to, purpose, stands) = request(&mut words)?;
            Answer::Chat(Reply::Ringing { to, purpose, stands })
        }
        Some("room") => Answer::Chat(Reply::Room(room(&mut words)?)),
        Some("listed") => {
            let (shown, total) = (number(&mut words)?, number(&mut words)?);
            let next = words.next().and_then(|word| word.parse().ok());
            Answer::Chat(Reply::Listed { shown, total, next })
        }
        Some("chatd") => {
            let version = words.next()?;
            words.next().filter(|word| *word == "protocol")?;
            let protocol = words.next()?.parse().ok()?;
            let life = words.next();
            Answer::Chatd { version, protocol, life, users: words.next().and_then(|users| users.parse().ok()) }
        }
        Some("entered") => Answer::Entered { uid: uid(&mut words)?, name: name(&mut words)? },
        Some("kept") => Answer::Kept { token: words.next()?, grace: seconds(&mut words)? },
        Some("resumed") => Answer::Resumed {
            uid: uid(&mut words)?,
            name: name(&mut words)?,
            answered: words.next()?.parse().ok()?,
            lost: words.next()?.parse().ok()?,
        },
        Some("pong") => Answer::Pong(words.next().unwrap_or_default()),
        Some("bye") => Answer::Bye,
        Some(_) => return None,
    })
}

fn read_event_line(mut words: Words<'_>) -> Option<ServerLine<'_>> {
    match words.next()? {
        "ping" => Some(ServerLine::Ping),
        "waiting" => Some(ServerLine::Waiting(seconds(&mut words)?)),
        "lost" => Some(ServerLine::Lost(words.next()?.parse().ok()?)),
        "hello" => Some(ServerLine::Hello(words.rest())),
        "bye" => Some(ServerLine::Bye { reason: words.next()?, text: words.rest() }),
        word => read_event(word, words).map(ServerLine::Event),
    }
}

fn read_event<'a>(word: &str, mut words: Words<'a>) -> Option<Event<'a>> {
    let w = &mut words;
    Some(match word {
        "said" => Event::Said { stamp: stamp(w)?, from: name(w)?, text: text(w)? },
        "private" => Event::Private { stamp: stamp(w)?, from: name(w)?, text: text(w)? },
        "announced" => Event::Announced { stamp: stamp(w)?, from: name(w)?, text: text(w)? },
        "room" => Event::RoomSaid { stamp: stamp(w)?, room: room(w)?, from: name(w)?, text: text(w)? },
        "earlier" => Event::Earlier { stamp: stamp(w)?, room: room(w)?, from: name(w)?, text: text(w)? },
        "announced-earlier" => Event::AnnouncedEarlier { stamp: stamp(w)?, from: name(w)?, text: text(w)? },
        "away" => Event::Away { name: name(w)?, text: text(w) },
        "dropped" => Event::Dropped(name(w)?),
        "returned" => Event::Returned(name(w)?),
        "unread" => Event::Unread { by: name(w)?, count: w.next()?.parse().ok()? },
        "entered" => Event::Entered { uid: uid(w)?, name: name(w)? },
        "gone" => Event::Gone { name: name(w)?, reason: CloseReason::from_word(w.next()?)? },
        "opened" => Event::Opened(room(w)?),
        "closed" => Event::Closed(room(w)?),
        "request" => {
            let (from, purpose, stands) = request(w)?;
            Event::Request { from, purpose, stands }
        }
        "withdrawn" => Event::Withdrawn { from: name(w)?, why: Withdrawal::from_word(w.next()?)? },
        "declined" => Event::Declined { by: name(w)?, why: Decline::from_word(w.next()?)? },
        "paired" => Event::Paired(name(w)?),
        "ended" => Event::Ended { with: name(w)?, why: Ending::from_word(w.next()?)? },
        "joined" => Event::Joined { room: room(w)?, name: name(w)? },
        "left" => {
            let (room, name) = (room(w)?, name(w)?);
            Event::Left { room, name, gone: w.next().and_then(CloseReason::from_word) }
        }
        _ => return None,
    })
}

fn read_row_line(mut words: Words<'_>) -> Option<ServerLine<'_>> {
    let w = &mut words;
    let row = match w.next()? {
        "help" => return Some(ServerLine::Help(words.rest())),
        "user" => Row::User {
            uid: uid(w)?,
            name: name(w)?,
            availability: availability(w)?,
            address: w.next()?.parse().ok(),
            here: seconds(w)?,
            marks: marks(w),
        },
        "room" => Row::Room { room: room(w)?, members: number(w)? },
        "member" => Row::Member { room: room(w)?, uid: uid(w)?, name: name(w)? },
        "ignored" => Row::Ignored(name(w)?),
        "request-from" => {
            let (name, purpose, stands) = request(w)?;
            Row::RequestFrom { name, purpose, stands }
        }
        "request-to" => {
            let (name, purpose, stands) = request(w)?;
            Row::RequestTo { name, purpose, stands }
        }
        _ => return None,
    };
    Some(ServerLine::Row(row))
}

fn marks<'a>(words: &mut Words<'a>) -> Marks<'a> {
    let mut marks = Marks::default();
    while let Some(mark) = words.next() {
        match mark {
            "reconnecting" => marks.is_reconnecting = true,
            "dnd" => marks.is_not_to_be_disturbed = true,
            "muted" => marks.is_muted = true,
            "away" => {
                marks.away = Some(words.rest());
                break;
            }
            _ => {}
        }
    }
    marks
}

fn name(words: &mut Words<'_>) -> Option<Name> {
    Name::any(words.next()?).ok()
}

fn room(words: &mut Words<'_>) -> Option<RoomName> {
    RoomName::new(words.next()?)
}

fn uid(words: &mut Words<'_>) -> Option<Uid> {
    words.next()?.parse::<NonZeroU64>().ok().map(Uid)
}

fn number(words: &mut Words<'_>) -> Option<usize> {
    words.next()?.parse().ok()
}

fn recipients(words: &mut Words<'_>) -> Option<Recipients> {
    Some(Recipients { present: number(words)?, later: number(words).unwrap_or(0) })
}

fn seconds(words: &mut Words<'_>) -> Option<Duration> {
    words.next()?.parse().ok().map(Duration::from_secs)
}

fn text<'a>(words: &mut Words<'a>) -> Option<Text<'a>> {
    Text::new(words.rest()).ok()
}

fn stamp(words: &mut Words<'_>) -> Option<Stamp> {
    Some(Stamp { id: words.next()?.parse().ok()?, at: crate::wire::parse_time(words.next()?)? })
}

fn request(words: &mut Words<'_>) -> Option<(Name, Purpose, Duration)> {
    let name = name(words)?;
    let purpose = match words.next()? {
        "session" => Purpose::Session,
        room => Purpose::Room(RoomName::new(room)?),
    };
    Some((name, purpose, seconds(words)?))
}

fn availability(words: &mut Words<'_>) -> Option<Availability> {
    let (state, with) = (words.next()?, words.next()?);
    match state {
        "available" => Some(Availability::Available),
        "chatting" => Name::any(with).ok().map(Availability::Chatting),
        _ => None,
    }
}
