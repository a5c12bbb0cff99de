//! What a message's lines begin with: a word, the message's number and its time.

use crate::chat::{Name, Stamp, UnixMillis};
use crate::limits::NAME_BYTES;
use crate::wire::TimeFormat;
use crate::wire::time::LENGTH as TIME;

/// The longest word a line begins with: `* announced-earlier `.
const WORD: usize = 20;
/// Digits of the highest number.
const DIGITS: usize = 20;
/// Where the number ends, the time starts and the name starts.
const NUMBER_END: usize = WORD + DIGITS;
const TIME_START: usize = NUMBER_END + 1;
const NAME_START: usize = TIME_START + TIME + 1;
const LENGTH: usize = NAME_START + NAME_BYTES + 1;

/// Writes `WORD NUMBER TIME ` and remembers it: the answer to a message has what the message has,
/// and the next message the next number and mostly the same time.
#[derive(Debug)]
pub(super) struct Head {
    stamp: Stamp,
    time: TimeFormat,
    /// Word, number, time and name, one behind the other; what stands before the word means nothing.
    text: [u8; LENGTH],
    number_start: usize,
}

impl Default for Head {
    fn default() -> Self {
        let mut head = Self {
            stamp: Stamp { id: 0, at: UnixMillis(0) },
            time: TimeFormat::default(),
            text: [b' '; LENGTH],
            number_start: 0,
        };
        head.set_number();
        head.set_time();
        head
    }
}

impl Head {
    /// The word, which ends with a blank; the number, a blank, the time, a blank.
    #[inline]
    pub(super) fn format<const N: usize>(&mut self, word: &[u8; N], stamp: Stamp) -> &[u8] {
        let start = self.set(word, stamp);
        self.text.get(start..NAME_START).unwrap_or_default()
    }

    /// The same, and a name and a blank.
    #[inline]
    pub(super) fn format_with_name<const N: usize>(&mut self, word: &[u8; N], stamp: Stamp, name: &Name) -> &[u8] {
        let start = self.set(word, stamp);
        let (padded, length) = name.padded();
        if let Some(text) = self.text.get_mut(NAME_START..NAME_START + NAME_BYTES) {
            text.copy_from_slice(padded);
        }
        let end = NAME_START + length;
        if let Some(blank) = self.text.get_mut(end) {
            *blank = b' ';
        }
        self.text.get(start..=end).unwrap_or_default()
    }

    /// Where the word starts.
    #[inline]
    fn set<const N: usize>(&mut self, word: &[u8; N], stamp: Stamp) -> usize {
        const { assert!(N <= WORD) };
        if stamp != self.stamp {
            self.advance(stamp);
        }
        let start = self.number_start - N;
        if let Some(text) = self.text.get_mut(start..self.number_start) {
            text.copy_from_slice(word);
        }
        start
    }

    fn advance(&mut self, stamp: Stamp) {
        let before = std::mem::replace(&mut self.stamp, stamp);
        if before.id.checked_add(1) == Some(stamp.id) {
            self.count_up();
        } else if before.id != stamp.id {
            self.set_number();
        }
        if before.at != stamp.at {
            self.set_time();
        }
    }

    fn count_up(&mut self) {
        match self.text.get_mut(NUMBER_END - 1) {
            Some(digit @ b'0'..=b'8') => *digit += 1,
            _ => self.set_number(),
        }
    }

    fn set_number(&mut self) {
        let mut buffer = itoa::Buffer::new();
        let number = buffer.format(self.stamp.id).as_bytes();
        self.number_start = NUMBER_END - number.len();
        if let Some(digits) = self.text.get_mut(self.number_start..NUMBER_END) {
            digits.copy_from_slice(number);
        }
    }

    fn set_time(&mut self) {
        if let Some(time) = self.text.get_mut(TIME_START..TIME_START + TIME) {
            time.copy_from_slice(self.time.format_bytes(self.stamp.at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::format_time;

    #[test]
    fn what_is_remembered_is_never_wrong() {
        let mut head = Head::default();
        let steps = [0, 1, 2, 9, 10, 10, 11, 98, 99, 100, 7, 999_999, 1_000_000, u64::MAX - 1, u64::MAX, 0, 1, 5];
        let times = [0, 5, 5, 5, 1_000, 1_795_158_000_123];
        let stamps = steps.into_iter().zip(times.into_iter().cycle()).chain((1..2_000).map(|id| (id, id / 7)));
        let names = ["a", "bob", "a_name_of_24_characters_", "carol"].map(|name| Name::new(name).unwrap());
        for ((id, at), name) in stamps.zip(names.iter().cycle()) {
            let stamp = Stamp { id, at: UnixMillis(at) };
            let rest = format!("{id} {} ", format_time(stamp.at));
            assert_eq!(head.format(b"* announced-earlier ", stamp), format!("* announced-earlier {rest}").as_bytes());
            assert_eq!(head.format_with_name(b"* said ", stamp, name), format!("* said {rest}{name} ").as_bytes());
            assert_eq!(head.format(b"+OK taken ", stamp), format!("+OK taken {rest}").as_bytes());
        }
    }
}
