//! The books of a place that is kept: how many lines have been sent and seen, how many commands
//! answered, and the secret to come back with. The idea is XEP-0198's (stream management): both
//! sides count, so no line needs a number of its own.

use subtle::ConstantTimeEq;

use super::places::PlaceNumber;
use super::queue::Queue;
use super::unread::Forgotten;
use crate::chat::{CloseReason, Millis};
use crate::limits::DROP_NOTICE_DELAY;
use crate::wire::Dialect;

/// Random bits of a secret; before them in its token stand those of the daemon's life.
const SECRET_BITS: u32 = 96;

/// What tells this daemon from the one that ran before it: 32 random bits. Clocks do not; a board
/// without a battery starts with the same time again and again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life(u32);

impl Life {
    pub(super) fn new(random: u128) -> Self {
        Self(u32::try_from(random & u128::from(u32::MAX)).unwrap_or_default())
    }

    /// As clients are told: 8 hexadecimal digits.
    pub(super) fn to_text(self) -> String {
        format!("{:08x}", self.0)
    }

    /// Whether a token may be one of this life's. One of another's is no guess.
    pub(super) fn may_have_given(self, token: &str) -> bool {
        token.starts_with(&self.to_text())
    }

    /// A secret of this life.
    pub(super) fn secret(self, random: u128) -> u128 {
        u128::from(self.0) << SECRET_BITS | random & ((1 << SECRET_BITS) - 1)
    }
}

/// The secret that proves whose place it is: 96 random bits, and before them the daemon's life.
#[derive(Clone, Copy)]
pub(super) struct ResumeToken(u128);

impl ResumeToken {
    pub(super) fn new(secret: u128) -> Self {
        Self(secret)
    }

    /// As the client gets it: 32 hexadecimal digits.
    pub(super) fn to_text(self) -> String {
        format!("{:032x}", self.0)
    }

    /// Whether `text` is this token, in a time that does not depend on where it differs.
    pub(super) fn matches(self, text: &str) -> bool {
        self.to_text().as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl std::fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("secret")
    }
}

/// The absence of a user whose place is kept.
#[derive(Debug)]
pub(super) struct Absence {
    pub(super) number: PlaceNumber,
    /// Why the connection was lost, and why the user is gone if it does not come back.
    pub(super) reason: CloseReason,
    /// How long the place is kept.
    pub(super) until: Millis,
    /// When something is due next: telling others, then giving up.
    due: Millis,
}

impl Absence {
    pub(super) fn new(number: PlaceNumber, reason: CloseReason, since: Millis, until: Millis) -> Self {
        Self { number, reason, until, due: until.min(since + DROP_NOTICE_DELAY) }
    }

    pub(super) fn due(&self) -> Millis {
        self.due
    }

    /// Others are told now; what is due next is giving up.
    pub(super) fn note_told(&mut self) {
        self.due = self.until;
    }
}

/// A client that was asked for a sign of life.
#[derive(Clone, Copy, Debug)]
pub(super) struct AskedForLife {
    pub(super) at: Millis,
    pub(super) until: Millis,
}

/// The number of lines a client says it has seen cannot be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadSequence;

/// What is counted since `KEEP`.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) token: ResumeToken,
    /// What the lines are in.
    pub(super) dialect: Dialect,
    /// Lines outside the count: what was queued before `KEEP`, the answer to `RESUME`. They are
    /// written before the queue.
    pub(super) prelude: Queue,
    /// The sign of life asked for, until it is due.
    pub(super) asked: Option<AskedForLife>,
    /// Commands answered.
    pub(super) answered: u64,
    /// Lines queued.
    pub(super) told: u64,
    /// Those of them that are not kept any more.
    forgotten: u64,
    /// Private ones among them that the client may not have seen, since it was told of any that were lost.
    pub(super) unread: Forgotten,
    /// Lines the client has said it has seen.
    seen: u64,
}

impl Kept {
    pub(super) fn new(secret: u128, dialect: Dialect) -> Self {
        Self {
            token: ResumeToken::new(secret),
            dialect,
            prelude: Queue::default(),
            asked: None,
            answered: 0,
            told: 0,
            forgotten: 0,
            unread: Forgotten::default(),
            seen: 0,
        }
    }

    /// How many bytes of `lines`, those that are kept, are seen by one who has seen so many in all; `None` if
    /// that cannot be.
    pub(super) fn length_of_seen(&self, seen: u64, lines: &Queue) -> Option<usize> {
        if seen == self.told {
            return Some(lines.len());
        }
        lines.length_of(seen.checked_sub(self.forgotten)?)
    }

    /// The client has seen so many lines, which are not kept any more.
    pub(super) fn note_seen(&mut self, seen: u64) {
        self.forgotten = seen;
        self.seen = seen;
        self.unread.clear();
    }

    /// Forgets at least `excess` bytes of these lines, the oldest, as whole lines; says how many bytes.
    pub(super) fn forget_oldest<'a>(&mut self, excess: usize, lines: impl Iterator<Item = (&'a [u8], usize)>) -> usize {
        let mut end = 0;
        for (line, next) in lines {
            if end >= excess {
                break;
            }
            end = next;
            self.forgotten += 1;
            self.unread.note(self.dialect, line, self.forgotten);
        }
        end
    }

    /// How many lines behind the `seen`th are not kept any more.
    pub(super) fn lost_before(&self, seen: u64) -> Result<u64, BadSequence> {
        if seen < self.seen || seen > self.told { Err(BadSequence) } else { Ok(self.forgotten.saturating_sub(seen)) }
    }

    /// Whether so many lines are kept.
    pub(super) fn is_counted_right(&self, lines: u64) -> bool {
        self.told == self.forgotten + lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_32_hex_digits_and_matches_itself_only() {
        let token = ResumeToken(0xabc);
        assert_eq!(token.to_text(), format!("{}abc", "0".repeat(29)));
        assert!(token.matches(&token.to_text()));
        for wrong in ["", "abc", &"0".repeat(32), &token.to_text().to_uppercase()] {
            assert!(!token.matches(wrong));
        }
        assert_eq!(format!("{token:?}"), "secret");
    }

    #[test]
    fn a_token_tells_of_which_life_it_is_and_has_96_bits_of_its_own() {
        let (life, other) = (Life::new(0xfeed_0000_0001), Life::new(2));
        let text = ResumeToken(life.secret(u128::MAX)).to_text();
        assert_eq!((life.to_text(), text.clone()), ("00000001".to_owned(), format!("00000001{}", "f".repeat(24))));
        assert!(life.may_have_given(&text) && !other.may_have_given(&text));
        assert!(!life.may_have_given("") && !life.may_have_given("0000000"));
    }
}
