//! A message's number and time as they stand on the wire.

use crate::chat::Stamp;
use crate::wire::TimeFormat;

/// Digits of the highest number.
const DIGITS: usize = 20;
const TIME: usize = 24;
const LENGTH: usize = DIGITS + 1 + TIME + 1;

/// Writes `NUMBER TIME ` and remembers it: the answer to a message has what the message has, and
/// the next message the next number and mostly the same time.
#[derive(Debug)]
pub(super) struct StampFormat {
    stamp: Stamp,
    time: TimeFormat,
    /// Zeros come before the number.
    text: [u8; LENGTH],
    start: usize,
}

impl Default for StampFormat {
    fn default() -> Self {
        let mut stamp = Self {
            stamp: Stamp { id: 0, at: crate::chat::UnixMillis(0) },
            time: TimeFormat::default(),
            text: *b"00000000000000000000 1970-01-01T00:00:00.000Z ",
            start: DIGITS - 1,
        };
        stamp.set_time();
        stamp
    }
}

impl StampFormat {
    /// The number, a blank, the time, a blank.
    #[inline]
    pub(super) fn format(&mut self, stamp: Stamp) -> &[u8] {
        if stamp != self.stamp {
            self.advance(stamp);
        }
        self.text.get(self.start..).unwrap_or_default()
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
        for (place, digit) in self.text.iter_mut().enumerate().take(DIGITS).rev() {
            if *digit != b'9' {
                *digit += 1;
                self.start = self.start.min(place);
                return;
            }
            *digit = b'0';
        }
    }

    fn set_number(&mut self) {
        let mut buffer = itoa::Buffer::new();
        let number = buffer.format(self.stamp.id).as_bytes();
        self.start = DIGITS - number.len();
        if let Some((zeros, digits)) = self.text.get_mut(..DIGITS).and_then(|all| all.split_at_mut_checked(self.start))
        {
            zeros.fill(b'0');
            digits.copy_from_slice(number);
        }
    }

    fn set_time(&mut self) {
        if let Some(time) = self.text.get_mut(DIGITS + 1..LENGTH - 1) {
            time.copy_from_slice(self.time.format_bytes(self.stamp.at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::UnixMillis;
    use crate::wire::format_time;

    #[test]
    fn what_is_remembered_is_never_wrong() {
        let mut format = StampFormat::default();
        let steps = [0, 1, 2, 9, 10, 10, 11, 98, 99, 100, 7, 999_999, 1_000_000, u64::MAX - 1, u64::MAX, 0, 1, 5];
        for (id, at) in steps.into_iter().zip([0, 5, 5, 5, 1_000, 1_795_158_000_123].into_iter().cycle()) {
            let stamp = Stamp { id, at: UnixMillis(at) };
            let text = String::from_utf8(format.format(stamp).to_vec()).unwrap();
            assert_eq!(text, format!("{id} {} ", format_time(stamp.at)));
        }
        for id in 1..2_000 {
            let stamp = Stamp { id, at: UnixMillis(id / 7) };
            assert_eq!(format.format(stamp), format!("{id} {} ", format_time(stamp.at)).as_bytes());
        }
    }
}
