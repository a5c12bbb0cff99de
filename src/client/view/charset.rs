//! What the terminal can show. A terminal that does not read UTF-8 takes the bytes 0x80 to 0x9F of
//! a text for control characters (ECMA-48, 8.2.2), whatever they were meant as; so it gets ASCII.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// The characters that can be written to the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// All of them.
    #[default]
    Utf8,
    /// Those that every terminal agrees on.
    Ascii,
}

/// chatc's own signs, and what stands for them in ASCII.
const SIGNS: [(char, &str); 3] = [('✓', "ok"), ('…', "..."), ('→', "->")];

impl Charset {
    /// That of the locale that is named first, as setlocale(3) reads `LC_ALL`, `LC_CTYPE` and
    /// `LANG`. None is named: the one of the C locale.
    pub fn of_locale(named: [Option<String>; 3]) -> Self {
        let name = named.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or_default();
        let name = name.split('@').next().unwrap_or_default();
        // macOS names the character set alone.
        let codeset = name.split_once('.').map_or(name, |(_, codeset)| codeset);
        let is_utf8 = ["utf-8", "utf8"].iter().any(|utf8| utf8.eq_ignore_ascii_case(codeset));
        if is_utf8 { Self::Utf8 } else { Self::Ascii }
    }

    /// The text as it can be written: what there is no sign for is a question mark.
    pub fn carry(self, text: &str) -> Cow<'_, str> {
        self.carried(text, |c| SIGNS.iter().find(|(sign, _)| *sign == c).map(|(_, ascii)| (*ascii).to_owned()))
    }

    /// The same, and no wider or narrower than it was.
    pub fn carry_as_wide(self, text: &str) -> Cow<'_, str> {
        self.carried(text, |_| None)
    }

    fn carried(self, text: &str, sign: impl Fn(char) -> Option<String>) -> Cow<'_, str> {
        if self == Self::Utf8 || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let ascii = |c: char| match sign(c) {
            _ if c.is_ascii() => c.to_string(),
            Some(sign) => sign,
            None => "?".repeat(c.width().unwrap_or_default()),
        };
        Cow::Owned(text.chars().map(ascii).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: &str, ctype: &str, lang: &str) -> Charset {
        Charset::of_locale([all, ctype, lang].map(|name| Some(name.to_owned())))
    }

    #[test]
    fn the_locale_says_what_the_terminal_reads() {
        assert_eq!(of("", "", "de_DE.UTF-8"), Charset::Utf8);
        assert_eq!(of("C.utf8", "C", "C"), Charset::Utf8);
        assert_eq!(of("", "UTF-8", ""), Charset::Utf8);
        assert_eq!(of("de_DE.UTF-8@euro", "", ""), Charset::Utf8);
        assert_eq!(of("en_US.ISO-8859-1", "", "de_DE.UTF-8"), Charset::Ascii);
        assert_eq!(of("C", "C.UTF-8", "C.UTF-8"), Charset::Ascii);
        assert_eq!(of("", "", "ja_JP.eucJP"), Charset::Ascii);
        assert_eq!(of("", "", ""), Charset::Ascii);
        assert_eq!(Charset::of_locale([None, None, None]), Charset::Ascii);
    }

    #[test]
    fn what_cannot_be_shown_is_a_question_mark_for_each_column() {
        assert_eq!(Charset::Utf8.carry("日 ✓"), "日 ✓");
        assert_eq!(Charset::Ascii.carry("ü 日本 e\u{301} ✓ … → \u{6dd}"), "? ???? e ok ... -> ?");
        assert_eq!(Charset::Ascii.carry_as_wide("ü 日本 ✓…"), "? ???? ??");
        assert_eq!(Charset::Ascii.carry("plain"), "plain");
    }
}
