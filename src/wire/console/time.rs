//! How long: the one reader of times that operators write.

use std::fmt;
use std::time::Duration;

use crate::limits::LONGEST_TERM;

/// Why a word is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// It is not of the form.
    Malformed,
    /// It is no time at all.
    Zero,
    /// It is more than [`LONGEST_TERM`].
    TooLong,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str(
                "that is no time: say 90s, 10m, 2h, 7d, 1w, or several as in 1h30m; without a time it is for ever",
            ),
            Self::Zero => f.write_str("that is no time at all; the shortest is 1s"),
            Self::TooLong => {
                let days = LONGEST_TERM.as_secs() / 86_400;
                write!(f, "that is too long: at most {days}d; without a time it is for ever")
            }
        }
    }
}

/// The units, longest first, in seconds.
const UNITS: [(char, u64); 5] = [('w', 7 * 86_400), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Whether a word, or the first of several, begins as a number does, and so cannot be meant as words.
pub(super) fn begins_like_a_time(word: &str) -> bool {
    word.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_numeric)
}

/// Reads a time: numbers with their units, from the longest unit to the shortest, each once, in any case.
///
/// # Errors
/// Says what is wrong with it.
pub fn read_time(word: &str) -> Result<Duration, TimeError> {
    let (mut rest, mut units, mut seconds) = (word, UNITS.as_slice(), 0_u64);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at_checked(digits).ok_or(TimeError::Malformed)?;
        let unit = behind.chars().next().ok_or(TimeError::Malformed)?.to_ascii_lowercase();
        let at = units.iter().position(|(letter, _)| *letter == unit).ok_or(TimeError::Malformed)?;
        let length = units.get(at).map_or(0, |(_, length)| *length);
        if number.is_empty() {
            return Err(TimeError::Malformed);
        }
        // Digits only: what cannot be read is too large.
        let number: u64 = number.parse().map_err(|_| TimeError::TooLong)?;
        seconds = number.checked_mul(length).and_then(|more| seconds.checked_add(more)).ok_or(TimeError::TooLong)?;
        units = units.get(at + 1..).unwrap_or_default();
        rest = behind.get(1..).unwrap_or_default();
    }
    match Duration::from_secs(seconds) {
        _ if word.is_empty() => Err(TimeError::Malformed),
        Duration::ZERO => Err(TimeError::Zero),
        time if time > LONGEST_TERM => Err(TimeError::TooLong),
        time => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_their_units() {
        for (word, seconds) in [
            ("1s", 1),
            ("90s", 90),
            ("10m", 600),
            ("2h", 7_200),
            ("2H", 7_200),
            ("7d", 7 * 86_400),
            ("1w", 7 * 86_400),
            ("1W2D3h4M5s", 9 * 86_400 + 3 * 3_600 + 245),
            ("1h30m", 5_400),
            ("01h", 3_600),
            ("1h0m", 3_600),
            ("3650d", 3_650 * 86_400),
        ] {
            assert_eq!(read_time(word), Ok(Duration::from_secs(seconds)), "{word}");
        }
    }

    #[test]
    fn what_begins_like_a_number_and_is_no_time_is_an_error() {
        for (word, error) in [
            ("", TimeError::Malformed),
            ("s", TimeError::Malformed),
            ("30", TimeError::Malformed),
            ("3.5h", TimeError::Malformed),
            ("-1h", TimeError::Malformed),
            ("+1h", TimeError::Malformed),
            ("1h-", TimeError::Malformed),
            ("1y", TimeError::Malformed),
            ("1hh", TimeError::Malformed),
            ("1hour", TimeError::Malformed),
            ("1m1h", TimeError::Malformed),
            ("1h1h", TimeError::Malformed),
            ("1h30", TimeError::Malformed),
            ("1 h", TimeError::Malformed),
            ("1é", TimeError::Malformed),
            ("１h", TimeError::Malformed),
            ("0s", TimeError::Zero),
            ("0h0m", TimeError::Zero),
            ("3651d", TimeError::TooLong),
            ("99999d", TimeError::TooLong),
            ("3650d1s", TimeError::TooLong),
            ("99999999999999999999s", TimeError::TooLong),
            ("18446744073709551615w", TimeError::TooLong),
        ] {
            assert_eq!(read_time(word), Err(error), "{word}");
        }
        for word in ["30", "1w", "-1h", "+5", ".5h", "３h", "½h", "1e9", "(1h)", "\"1h", "~ 1h", "#1"] {
            assert!(begins_like_a_time(word), "{word}");
        }
        for word in ["spam", "h1", "-", "too loud", "é1", "", "(spam 1)", "..."] {
            assert!(!begins_like_a_time(word), "{word}");
        }
    }
}
