//! Which names are the same: those that look alike, in whatever case. A name's skeleton is what is left of it
//! when letters are taken for others that they can be taken for (UTS 39, 4, confusable detection).

use std::hash::{DefaultHasher, Hasher};

use crate::limits::ROOM_NAME_BYTES;

/// Whether two names, in UTF-8, are the same.
pub(super) fn same(one: &[u8], two: &[u8]) -> bool {
    if one == two {
        return true;
    }
    if one.is_ascii() && two.is_ascii() {
        return Ascii(one).eq(Ascii(two));
    }
    let skeleton = |name| std::str::from_utf8(name).map(of).ok();
    skeleton(one) == skeleton(two)
}

/// The skeleton.
pub(super) fn of(name: &str) -> String {
    if name.is_ascii() {
        return Ascii(name.as_bytes()).map(char::from).collect();
    }
    // Both ways: ß is SS in capitals, and Σ has two small letters.
    let folded: String = name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    // What looks like a capital is that letter all the same. Unicode's table has rn for m: here it is one letter again.
    let skeleton: String = unicode_security::skeleton(&folded).flat_map(char::to_lowercase).collect();
    skeleton.replace("rn", "m")
}

/// Hashes a name, in UTF-8, so that names that are the same have the same hash. Nothing is allocated for one in ASCII.
pub(super) fn hash<H: Hasher>(name: &[u8], state: &mut H) {
    let mut folded = [0; ROOM_NAME_BYTES];
    if name.is_ascii() && name.len() <= folded.len() {
        let length = folded.iter_mut().zip(Ascii(name)).map(|(to, byte)| *to = byte).count();
        state.write(folded.get(..length).unwrap_or_default());
    } else {
        state.write(std::str::from_utf8(name).map(of).unwrap_or_default().as_bytes());
    }
}

/// A number that is the same for the same names, and but for chance another for others.
pub(super) fn print_of(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hash(name, &mut hasher);
    hasher.finish()
}

/// The skeleton of a name in ASCII, byte by byte: what Unicode's table says of its letters.
struct Ascii<'a>(&'a [u8]);

impl Iterator for Ascii<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(match first.to_ascii_lowercase() {
            b'0' => b'o',
            b'1' => b'l',
            b'r' if matches!(rest, [b'n' | b'N', ..]) => {
                self.0 = rest.get(1..).unwrap_or_default();
                b'm'
            }
            letter => letter,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_has_the_skeleton_that_unicode_gives_it() {
        let letters: Vec<char> = ('!'..='~').filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
        for name in letters.iter().flat_map(|one| letters.iter().map(move |two| format!("{one}{two}n"))) {
            let lower = name.to_ascii_lowercase();
            let skeleton: String = unicode_security::skeleton(&lower).flat_map(char::to_lowercase).collect();
            assert_eq!(of(&name), skeleton.replace("rn", "m"), "{name}");
        }
    }

    #[test]
    fn names_that_look_alike_are_the_same() {
        let print = |name: &str| print_of(name.as_bytes());
        let is_same = |one: &str, two: &str| same(one.as_bytes(), two.as_bytes());
        let alike = [
            ("alice", "ALICE"),
            ("alice", "a1ice"),
            ("bob", "b0b"),
            ("mia", "rnia"),
            ("coco", "сосо"),
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ооо", "ΟΟΟ"),
            ("タロウ", "夕口ウ"),
            ("жанна", "ЖАННА"),
        ];
        for (one, two) in alike {
            assert!(is_same(one, two) && is_same(two, one), "{one} {two}");
            assert_eq!(print(one), print(two), "{one} {two}");
        }
        for (one, two) in [("alice", "alic"), ("zoe", "zoë"), ("bar", "barn"), ("жанна", "жана"), ("李", "李李")]
        {
            assert!(!is_same(one, two) && !is_same(two, one), "{one} {two}");
            assert_ne!(print(one), print(two), "{one} {two}");
        }
    }
}
