//! How names may be spelled: letters, marks and digits of the scripts that people write today, and few enough of them.

use std::borrow::Cow;

use unicode_ident::{is_xid_continue, is_xid_start};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::NameError;
use crate::limits::MARKS_TOGETHER;

/// How much a name may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// In bytes, as it is stored.
    pub(super) bytes: usize,
    /// On a terminal.
    pub(super) columns: usize,
}

/// The name in the form in which it is stored (Unicode's NFC), if it is spelled as names are. It may begin with
/// anything that may be in it.
///
/// # Errors
/// Says what is wrong with it.
pub(super) fn tidy(text: &str, bounds: Bounds) -> Result<Cow<'_, str>, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.is_ascii() {
        return tidy_ascii(text, bounds);
    }
    // No letter has more than three times the bytes when it is written in parts.
    if text.len() > 3 * bounds.bytes {
        return Err(NameError::TooLong);
    }
    let text = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    };
    check(&text)?;
    let fits = text.len() <= bounds.bytes && text.width() <= bounds.columns;
    if fits { Ok(text) } else { Err(NameError::TooLong) }
}

fn tidy_ascii(text: &str, bounds: Bounds) -> Result<Cow<'_, str>, NameError> {
    if !text.bytes().all(is_name_byte) {
        Err(NameError::BadCharacter)
    } else if text.len() > bounds.columns {
        Err(NameError::TooLong)
    } else {
        Ok(Cow::Borrowed(text))
    }
}

/// Whether a username may begin so: with a letter or `_`.
pub(super) fn starts_name(text: &str) -> bool {
    text.starts_with(|c: char| if c.is_ascii() { c.is_ascii_alphabetic() || c == '_' } else { is_xid_start(c) })
}

/// What a name beyond ASCII has to keep to (UTS 39, 3.1 and 5.2: characters in wide use today, of one script, or of
/// Latin and Chinese, Japanese or Korean).
fn check(text: &str) -> Result<(), NameError> {
    if !text.chars().all(is_name_character) {
        return Err(NameError::BadCharacter);
    }
    if has_too_many_marks(text) {
        return Err(NameError::TooManyMarks);
    }
    if !text.check_restriction_level(RestrictionLevel::HighlyRestrictive) {
        return Err(NameError::MixedScripts);
    }
    Ok(())
}

fn is_name_character(c: char) -> bool {
    match u8::try_from(c) {
        Ok(byte) if byte < 0x80 => is_name_byte(byte),
        _ => is_xid_continue(c) && c.identifier_allowed(),
    }
}

/// Whether marks are piled up (UTS 39, 5.4), or stand on nothing.
fn has_too_many_marks(text: &str) -> bool {
    let (mut together, mut last) = (MARKS_TOGETHER, '\0');
    text.chars().any(|c| {
        let is_mark = c.width() == Some(0);
        together = if is_mark { together + 1 } else { 0 };
        let is_doubled = is_mark && c == last;
        last = c;
        together > MARKS_TOGETHER || is_doubled
    })
}

/// Whether a text is ASCII, has at most so many columns, and nothing in it that a name may not have.
#[inline]
pub(super) fn is_plain(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(is_name_byte)
}

fn is_name_byte(byte: u8) -> bool {
    /// The characters of names by their ASCII codes: one bit each, for the upper half as well.
    const NAME_BYTES: u128 = {
        let (mut bits, mut byte) = (0, 0_u8);
        while byte < 0x80 {
            let is_name_byte = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            bits |= (is_name_byte as u128) << byte;
            byte += 1;
        }
        bits
    };
    byte < 0x80 && NAME_BYTES >> byte & 1 == 1
}
