//! Events, rows and answers → lines for a native client. Everything here appends to a buffer
//! and allocates nothing of its own.

use bytes::{BufMut, BytesMut};
use std::time::Duration;

use super::head::Head;
use crate::chat::{Availability, CloseReason, Event, Marks, Name, Purpose, Recipients, Reply, RoomName, Row, Stamp};
use crate::wire::commands::Spec;
use crate::wire::{Answer, Dialect, Fault, farewell};

/// Writes native lines. Remembers the last number and time it formatted.
#[derive(Debug, Default)]
pub(in crate::wire) struct Encoder {
    head: Head,
}

impl Encoder {
    /// Appends an event's line.
    pub(in crate::wire) fn event(&mut self, event: &Event<'_>, out: &mut BytesMut) {
        match event {
            Event::Said { stamp, from, text } => self.message(b"* said ", *stamp, from, text.as_str(), out),
            Event::Private { stamp, from, text } => self.message(b"* private ", *stamp, from, text.as_str(), out),
            Event::Announced { stamp, from, text } => self.message(b"* announced ", *stamp, from, text.as_str(), out),
            Event::AnnouncedEarlier { stamp, from, text } => {
                self.message(b"* announced-earlier ", *stamp, from, text.as_str(), out);
            }
            Event::RoomSaid { stamp, room, from, text } => {
                self.room_message(b"* room ", *stamp, room, from, text.as_str(), out);
            }
            Event::Earlier { stamp, room, from, text } => {
                self.room_message(b"* earlier ", *stamp, room, from, text.as_str(), out);
            }
            Event::Away { name, text } => {
                put(out, &["* away ", name.as_str()]);
                text.iter().for_each(|text| put(out, &[" ", text.as_str()]));
                put(out, &["\n"]);
            }
            Event::Dropped(name) => put(out, &["* dropped ", name.as_str(), "\n"]),
            Event::Returned(name) => put(out, &["* returned ", name.as_str(), "\n"]),
            Event::Unread { by, count } => {
                put(out, &["* unread ", by.as_str(), " "]);
                put_number(out, *count);
                put(out, &["\n"]);
            }
            Event::Entered { uid, name } => {
                put(out, &["* entered "]);
                put_number(out, uid.0.get());
                put(out, &[" ", name.as_str(), "\n"]);
            }
            Event::Gone { name, reason } => put(out, &["* gone ", name.as_str(), " ", reason.word(), "\n"]),
            Event::Opened(room) => put(out, &["* opened ", room.as_str(), "\n"]),
            Event::Closed(room) => put(out, &["* closed ", room.as_str(), "\n"]),
            Event::Request { from, purpose, stands } => {
                put_request(out, "* request ", *from, purpose, *stands);
            }
            Event::Withdrawn { from, why } => {
                put(out, &["* withdrawn ", from.as_str(), " ", why.word(), "\n"]);
            }
            Event::Declined { by, why } => put(out, &["* declined ", by.as_str(), " ", why.word(), "\n"]),
            Event::Paired(with) => put(out, &["* paired ", with.as_str(), "\n"]),
            Event::Ended { with, why } => put(out, &["* ended ", with.as_str(), " ", why.word(), "\n"]),
            Event::Joined { room, name } => put(out, &["* joined ", room.as_str(), " ", name.as_str(), "\n"]),
            Event::Left { room, name, gone } => {
                put(out, &["* left ", room.as_str(), " ", name.as_str()]);
                if let Some(reason) = gone {
                    put(out, &[" ", reason.word()]);
                }
                put(out, &["\n"]);
            }
        }
    }

    /// Appends one row of a listing.
    pub(in crate::wire) fn row(&mut self, row: &Row<'_>, out: &mut BytesMut) {
        match row {
            Row::User { uid, name, availability, address, here, marks } => {
                put(out, &["= user "]);
                put_number(out, uid.0.get());
                let (state, with) = match availability {
                    Availability::Available => ("available", "-"),
                    Availability::Chatting(with) => ("chatting", with.as_str()),
                };
                put(out, &[" ", name.as_str(), " ", state, " ", with, " "]);
                match address {
                    Some(address) => put_display(out, address),
                    None => put(out, &["-"]),
                }
                put(out, &[" "]);
                put_number(out, here.as_secs());
                put_marks(out, marks);
            }
            Row::Room { room, members } => {
                put(out, &["= room ", room.as_str(), " "]);
                put_number(out, *members as u64);
                put(out, &["\n"]);
            }
            Row::Member { room, uid, name } => {
                put(out, &["= member ", room.as_str(), " "]);
                put_number(out, uid.0.get());
                put(out, &[" ", name.as_str(), "\n"]);
            }
            Row::Ignored(name) => put(out, &["= ignored ", name.as_str(), "\n"]),
            Row::RequestFrom { name, purpose, stands } => {
                put_request(out, "= request-from ", *name, purpose, *stands);
            }
            Row::RequestTo { name, purpose, stands } => put_request(out, "= request-to ", *name, purpose, *stands),
        }
    }

    /// Appends the one line that answers a command.
    pub(in crate::wire) fn answer(&mut self, answer: &Answer<'_>, out: &mut BytesMut) {
        match answer {
            Answer::Chat(reply) => self.reply(reply, out),
            Answer::Chatd { version, protocol, life, users } => {
                put(out, &["+OK chatd ", version, " protocol "]);
                put_number(out, u64::from(*protocol));
                if let Some(life) = life {
                    put(out, &[" ", life]);
                    if let Some(users) = users {
                        put(out, &[" "]);
                        put_number(out, *users as u64);
                    }
                }
            }
            Answer::Entered { uid, name } => {
                put(out, &["+OK entered "]);
                put_number(out, uid.0.get());
                put(out, &[" ", name.as_str()]);
            }
            Answer::Kept { token, grace } => {
                put(out, &["+OK kept ", token, " "]);
                put_number(out, grace.as_secs());
            }
            Answer::Resumed { uid, name, answered, lost } => {
                put(out, &["+OK resumed "]);
                put_number(out, uid.0.get());
                put(out, &[" ", name.as_str(), " "]);
                put_number(out, *answered);
                put(out, &[" "]);
                put_number(out, *lost);
            }
            Answer::Pong("") => put(out, &["+OK pong"]),
            Answer::Pong(word) => put(out, &["+OK pong ", word]),
            Answer::Helped | Answer::Told(_) | Answer::Cleared => put(out, &["+OK"]),
            Answer::Bye => put(out, &["+OK bye"]),
        }
        put(out, &["\n"]);
    }

    /// Appends the one line that answers a command which is refused.
    pub(in crate::wire) fn fault(&mut self, fault: &Fault, words: Option<&str>, out: &mut BytesMut) {
        put(out, &["-ERR ", fault.code(), " "]);
        put_display(out, &fault.sentence(Dialect::Native));
        put_words(words, out);
    }

    fn reply(&mut self, reply: &Reply, out: &mut BytesMut) {
        match reply {
            Reply::Done => put(out, &["+OK"]),
            Reply::Taken { stamp, to } => self.put_taken(*stamp, *to, out),
            Reply::Ringing { to, purpose, stands } => {
                put(out, &["+OK ringing ", to.as_str(), " ", purpose_word(purpose), " "]);
                put_number(out, seconds_rounded_up(*stands));
            }
            Reply::Room(room) => put(out, &["+OK room ", room.as_str()]),
            Reply::Listed { shown, total, next } => {
                put(out, &["+OK listed "]);
                put_number(out, *shown as u64);
                put(out, &[" "]);
                put_number(out, *total as u64);
                if let Some(next) = next {
                    put(out, &[" "]);
                    put_number(out, *next);
                }
            }
        }
    }

    /// Appends the help row of a command.
    pub(in crate::wire) fn help(&mut self, spec: &Spec, out: &mut BytesMut) {
        put(out, &["= help "]);
        let start = out.len();
        put(out, &[spec.word]);
        if let Some(word) = out.get_mut(start..) {
            word.make_ascii_uppercase();
        }
        if !spec.arguments.is_empty() {
            put(out, &[" ", spec.arguments]);
        }
        put(out, &[" — ", spec.summary, "\n"]);
    }

    /// Appends the line that greets a client which has not said anything.
    pub(in crate::wire) fn greeting(&mut self, version: &str, out: &mut BytesMut) {
        put(out, &["* hello This is chatd ", version, ". Type ENTER and a name, or HELP.\n"]);
    }

    /// Appends the line that asks for a sign of life.
    pub(in crate::wire) fn ping(&mut self, out: &mut BytesMut) {
        put(out, &["* ping\n"]);
    }

    /// Appends the line that tells a client that it is too fast, and how long what it has sent will wait.
    pub(in crate::wire) fn waiting(&mut self, time: Duration, out: &mut BytesMut) {
        put(out, &["* waiting "]);
        put_number(out, seconds_rounded_up(time));
        put(out, &["\n"]);
    }

    /// Appends the line that tells one whose place was given up how many private lines are lost with it.
    pub(in crate::wire) fn lost(&mut self, count: u64, out: &mut BytesMut) {
        put(out, &["* lost "]);
        put_number(out, count);
        put(out, &["\n"]);
    }

    /// Appends the line that tells a newcomer why it is refused.
    pub(in crate::wire) fn refusal(&mut self, reason: CloseReason, words: Option<&str>, out: &mut BytesMut) {
        put(out, &["-ERR ", reason.word(), " ", farewell(Dialect::Native, reason)]);
        put_words(words, out);
    }

    /// Appends the line that comes before the server hangs up.
    pub(in crate::wire) fn farewell(&mut self, reason: CloseReason, words: Option<&str>, out: &mut BytesMut) {
        put(out, &["* bye ", reason.word(), " ", farewell(Dialect::Native, reason)]);
        put_words(words, out);
    }

    /// A line with a message for one or for all.
    fn message<const N: usize>(&mut self, word: &[u8; N], stamp: Stamp, from: &Name, text: &str, out: &mut BytesMut) {
        let head = self.head.format_with_name(word, stamp, from);
        out.reserve(head.len() + text.len() + 1);
        out.extend_from_slice(head);
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(b"\n");
    }

    /// A line with a message for a room.
    fn room_message<const N: usize>(
        &mut self,
        word: &[u8; N],
        stamp: Stamp,
        room: &RoomName,
        from: &Name,
        text: &str,
        out: &mut BytesMut,
    ) {
        out.extend_from_slice(self.head.format(word, stamp));
        put(out, &[room.as_str(), " ", from.as_str(), " ", text, "\n"]);
    }

    /// Appends the answer to a message that was taken, for so many.
    pub(in crate::wire) fn taken(&mut self, stamp: Stamp, to: Recipients, out: &mut BytesMut) {
        self.put_taken(stamp, to, out);
        out.extend_from_slice(b"\n");
    }

    #[inline]
    fn put_taken(&mut self, stamp: Stamp, to: Recipients, out: &mut BytesMut) {
        out.extend_from_slice(self.head.format(b"+OK taken ", stamp));
        put_number(out, to.present as u64);
        if to.later > 0 {
            put(out, &[" "]);
            put_number(out, to.later as u64);
        }
    }
}

fn put(out: &mut BytesMut, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// The operator's words at the end of a sentence, and the end of the line.
fn put_words(words: Option<&str>, out: &mut BytesMut) {
    words.iter().for_each(|words| put(out, &[": ", words]));
    put(out, &["\n"]);
}

fn put_number(out: &mut BytesMut, number: u64) {
    match u8::try_from(number) {
        Ok(digit @ 0..=9) => out.extend_from_slice(&[b'0' + digit]),
        _ => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
}

fn put_display(out: &mut BytesMut, value: &dyn std::fmt::Display) {
    use std::io::Write;
    // Writing to memory cannot fail, and these types' formatters do not fail of themselves.
    let _ = write!(out.writer(), "{value}");
}

/// The marks at the end of a user's row; `away` comes last, since a text may follow it.
fn put_marks(out: &mut BytesMut, marks: &Marks<'_>) {
    let flags = [
        (marks.is_reconnecting, " reconnecting"),
        (marks.is_not_to_be_disturbed, " dnd"),
        (marks.is_muted, " muted"),
        (marks.away.is_some(), " away"),
    ];
    flags.iter().filter(|(on, _)| *on).for_each(|(_, word)| put(out, &[word]));
    if let Some(text) = marks.away.filter(|text| !text.is_empty()) {
        put(out, &[" ", text]);
    }
    put(out, &["\n"]);
}

fn put_request(out: &mut BytesMut, start: &str, name: Name, purpose: &Purpose, stands: Duration) {
    put(out, &[start, name.as_str(), " ", purpose_word(purpose), " "]);
    put_number(out, seconds_rounded_up(stands));
    put(out, &["\n"]);
}

fn seconds_rounded_up(span: Duration) -> u64 {
    span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0))
}

fn purpose_word(purpose: &Purpose) -> &str {
    match purpose {
        Purpose::Session => "session",
        Purpose::Room(room) => room.as_str(),
    }
}
