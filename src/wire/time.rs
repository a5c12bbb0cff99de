//! Moments on the wire and in the log: RFC 3339 in UTC with milliseconds.

use crate::chat::UnixMillis;

/// Formats moments. Most follow the one before within a second, so only the milliseconds are
/// written anew, and the same moment costs nothing.
#[derive(Debug)]
pub struct TimeFormat {
    /// The moment that `text` shows.
    at: UnixMillis,
    text: String,
}

impl Default for TimeFormat {
    fn default() -> Self {
        Self { at: UnixMillis(0), text: format_time(UnixMillis(0)) }
    }
}

impl TimeFormat {
    /// The moment as `2026-11-20T07:16:59.123Z`.
    pub fn format(&mut self, at: UnixMillis) -> &str {
        if at != self.at {
            if at.0 / 1_000 == self.at.0 / 1_000 && self.text.len() >= 4 {
                self.text.truncate(self.text.len() - 4);
                let millis = u16::try_from(at.0 % 1_000).unwrap_or_default();
                for divisor in [100, 10, 1] {
                    self.text.push(char::from(b'0' + u8::try_from(millis / divisor % 10).unwrap_or_default()));
                }
                self.text.push('Z');
            } else {
                self.text = format_time(at);
            }
            self.at = at;
        }
        &self.text
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
