//! How the two servers are spoken to, and what a message looks like.
//!
//! A message's text is [`RECORD`] bytes with its newline: who sent it, its number, when, and
//! letters that differ from message to message. So the receiver can tell that nothing is lost,
//! doubled, out of order or damaged, and how long it took, without looking anything up.

use crate::child::Subject;
use crate::{Failure, Outcome};

/// Bytes of a message's text, its newline included.
pub(crate) const RECORD: usize = 64;

const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+";
const LETTERS_SHOWN: usize = 32;

/// What a text says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) sender: u32,
    pub(crate) number: u32,
    /// On the generator's clock, in nanoseconds.
    pub(crate) sent: u64,
}

impl Said {
    /// Appends the text with its newline.
    pub(crate) fn put(self, out: &mut Vec<u8>) {
        put_hex(out, u64::from(self.sender), 8);
        out.push(b' ');
        put_hex(out, u64::from(self.number), 8);
        out.push(b' ');
        put_hex(out, self.sent, 12);
        out.push(b' ');
        out.extend_from_slice(letters(self.number));
        out.push(b'\n');
    }

    /// Reads a text without its newline, every byte of it.
    pub(crate) fn read(text: &[u8]) -> Outcome<Self> {
        let said = || {
            let sender = read_hex(text.get(..8)?)?;
            let number = read_hex(text.get(9..17)?)?;
            let sent = read_hex(text.get(18..30)?)?;
            let said = Self { sender: u32::try_from(sender).ok()?, number: u32::try_from(number).ok()?, sent };
            let is_whole = text.len() == RECORD - 1
                && (text[8], text[17], text[30]) == (b' ', b' ', b' ')
                && &text[31..] == letters(said.number);
            is_whole.then_some(said)
        };
        said().ok_or_else(|| Failure::new(format!("a damaged text: {:?}", String::from_utf8_lossy(text))))
    }
}

fn letters(number: u32) -> &'static [u8] {
    let start = number as usize % (LETTERS.len() - LETTERS_SHOWN);
    &LETTERS[start..start + LETTERS_SHOWN]
}

fn put_hex(out: &mut Vec<u8>, value: u64, digits: u32) {
    for digit in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(value >> (digit * 4)) as usize & 15]);
    }
}

fn read_hex(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}

fn read_number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))
}

/// What a line from a server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    /// A message somebody else sent.
    Message { id: u64, from: &'a [u8], text: &'a [u8] },
    /// One's own message was taken, for so many.
    Taken { id: u64, to: u64 },
    /// Somebody, perhaps oneself, is in the room now.
    Joined { name: &'a [u8] },
    /// The room is told that somebody left.
    Left,
    /// One is in a session.
    Paired,
    /// A command was answered otherwise.
    Answer,
    /// Somebody asks for a session.
    Request,
    /// A sign of life is asked for.
    Ping,
    /// The partner's connection is lost, or there again.
    Contact,
}

/// Length of a time on the wire: `2026-11-20T07:16:59.123Z`.
const TIME: usize = 24;

impl Subject {
    /// Appends what comes before a message's text.
    pub(crate) fn put_address(self, address: &[u8], out: &mut Vec<u8>) {
        if self.acknowledges() {
            out.extend_from_slice(b"SAY ");
            out.extend_from_slice(address);
            out.push(b' ');
        }
    }

    /// Reads a line. Anything but what the workloads expect is a failure, `-ERR` included.
    pub(crate) fn hear(self, line: &[u8]) -> Outcome<Heard<'_>> {
        let heard = match self {
            Self::Floor if line == b"+" => Some(Heard::Answer),
            Self::Floor => Some(Heard::Message { id: 0, from: b"", text: line }),
            _ => hear_chatd(line),
        };
        heard.ok_or_else(|| Failure::new(format!("unexpected: {:?}", String::from_utf8_lossy(line))))
    }

    /// Whether a message's sender is told that it was taken.
    pub(crate) fn acknowledges(self) -> bool {
        self != Self::Floor
    }
}

fn hear_chatd(line: &[u8]) -> Option<Heard<'_>> {
    if let Some(rest) = line.strip_prefix(b"* said ") {
        let (id, rest) = stamp(rest)?;
        let (from, text) = word(rest)?;
        return Some(Heard::Message { id, from, text });
    }
    if let Some(rest) = line.strip_prefix(b"* room ") {
        let (id, rest) = stamp(rest)?;
        let (_, rest) = word(rest)?;
        let (from, text) = word(rest)?;
        return Some(Heard::Message { id, from, text });
    }
    if let Some(rest) = line.strip_prefix(b"+OK taken ") {
        let (id, counts) = stamp(rest)?;
        // Those who are reconnecting get it later.
        let to = counts.split(|byte| *byte == b' ').map(read_number).sum::<Option<u64>>()?;
        return Some(Heard::Taken { id, to });
    }
    if let Some(rest) = line.strip_prefix(b"* joined ") {
        return Some(Heard::Joined { name: word(rest)?.1 });
    }
    match line {
        _ if line.starts_with(b"+OK") => Some(Heard::Answer),
        _ if line.starts_with(b"* paired ") => Some(Heard::Paired),
        _ if line.starts_with(b"* request ") => Some(Heard::Request),
        b"* ping" => Some(Heard::Ping),
        _ if line.starts_with(b"* dropped ") || line.starts_with(b"* returned ") => Some(Heard::Contact),
        _ if line.starts_with(b"* left ") => Some(Heard::Left),
        _ => None,
    }
}

/// Reads a message's number and skips its time, whose form is checked.
fn stamp(rest: &[u8]) -> Option<(u64, &[u8])> {
    let (id, rest) = word(rest)?;
    let time = rest.get(..TIME)?;
    let is_time = time[10] == b'T' && time[19] == b'.' && time[23] == b'Z' && rest.get(TIME) == Some(&b' ');
    is_time.then_some((read_number(id)?, &rest[TIME + 1..]))
}

fn word(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = rest.iter().position(|byte| *byte == b' ')?;
    Some((&rest[..blank], &rest[blank + 1..]))
}
