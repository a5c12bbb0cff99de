//! Moments on the wire and in the log: RFC 3339 in UTC with milliseconds.

use crate::chat::UnixMillis;

/// How long a formatted moment is, from the year 0000 to 9999.
pub(super) const LENGTH: usize = 24;

/// Formats moments. Most follow the one before within a second, so only the milliseconds are
/// written anew, and the same moment costs nothing.
#[derive(Debug)]
pub struct TimeFormat {
    /// The moment that `text` shows.
    at: UnixMillis,
    text: [u8; LENGTH],
}

impl Default for TimeFormat {
    fn default() -> Self {
        Self { at: UnixMillis(0), text: *b"1970-01-01T00:00:00.000Z" }
    }
}

impl TimeFormat {
    /// The moment as `2026-11-20T07:16:59.123Z`; beyond the year 9999, that year's last second.
    pub fn format(&mut self, at: UnixMillis) -> &str {
        std::str::from_utf8(self.format_bytes(at)).unwrap_or_default()
    }

    /// The same as bytes, of which there are always as many.
    pub fn format_bytes(&mut self, at: UnixMillis) -> &[u8; LENGTH] {
        if at != self.at {
            self.advance(at);
        }
        &self.text
    }

    fn advance(&mut self, at: UnixMillis) {
        if at.0 / 1_000 != self.at.0 / 1_000 {
            let text = format_time(at);
            self.text = text.as_bytes().try_into().unwrap_or(*b"9999-12-31T23:59:59.999Z");
        }
        let millis = at.0 % 1_000;
        for (place, digit) in [(20, millis / 100), (21, millis / 10 % 10), (22, millis % 10)] {
            if let (Some(byte), Ok(digit)) = (self.text.get_mut(place), u8::try_from(digit)) {
                *byte = b'0' + digit;
            }
        }
        self.at = at;
    }
}

/// Writes a moment as `2026-11-20T07:16:59.123Z`.
pub fn format_time(at: UnixMillis) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    format!("{moment:.3}")
}

/// Reads a moment that [`format_time`] wrote, or any other RFC 3339 one after 1970.
pub fn parse_time(text: &str) -> Option<UnixMillis> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(moment.as_millisecond()).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_second_is_never_a_wrong_one() {
        let mut format = TimeFormat::default();
        for at in [0, 1, 999, 1_000, 1_001, 999, 1_795_158_000_123, 1_795_158_000_999, 1_795_158_001_000, 7, 7] {
            assert_eq!(format.format(UnixMillis(at)), format_time(UnixMillis(at)), "{at}");
        }
        assert_eq!(parse_time(format.format(UnixMillis(123_456))), Some(UnixMillis(123_456)));
    }
}
