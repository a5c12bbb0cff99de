//! Expected lines: text with placeholders for what differs from run to run.

/// Whether `line` is what `pattern` says: `{id}` stands for a number, `{time}` for a moment as the
/// server writes it, `{token}` for a secret to resume with, `{any}` for the rest of the line, everything else for itself.
pub(crate) fn matches(pattern: &str, line: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('{') else { return pattern == line };
    let Some(line) = line.strip_prefix(before) else { return false };
    let Some((what, pattern)) = rest.split_once('}') else { return false };
    let length = match what {
        "any" => return true,
        "id" => line.bytes().take_while(u8::is_ascii_digit).count(),
        "time" => time_at_start(line),
        "token" => token_at_start(line),
        other => panic!("the pattern holds {{{other}}}, which stands for nothing"),
    };
    length > 0 && line.get(length..).is_some_and(|line| matches(pattern, line))
}

/// The length of a secret: this many hexadecimal digits.
pub(crate) const TOKEN_LENGTH: usize = 32;

fn token_at_start(line: &str) -> usize {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let count = line.bytes().take_while(is_digit).count();
    if count == TOKEN_LENGTH { count } else { 0 }
}

/// The length of the moment at the start of `line`, 0 if there is none.
fn time_at_start(line: &str) -> usize {
    let form = "0000-00-00T00:00:00.000Z";
    let fits = |(expected, found): (u8, u8)| if expected == b'0' { found.is_ascii_digit() } else { expected == found };
    let has_form = line.len() >= form.len() && form.bytes().zip(line.bytes()).all(fits);
    if has_form { form.len() } else { 0 }
}

#[test]
fn patterns_match_what_they_say_and_nothing_else() {
    assert!(matches("+OK taken {id} {time} 1", "+OK taken 12 2026-11-20T07:16:59.123Z 1"));
    assert!(!matches("+OK taken {id} {time} 1", "+OK taken 12 2026-11-20T07:16:59Z 1"));
    assert!(!matches("+OK taken {id} {time} 1", "+OK taken x 2026-11-20T07:16:59.123Z 1"));
    assert!(!matches("+OK taken {id} {time} 1", "+OK taken 1 2026-11-20T07:16:59.123Z 12"));
    assert!(matches("-ERR busy {any}", "-ERR busy at all"));
    assert!(!matches("+OK", "+OK bye"));
    assert!(matches("+OK kept {token} 120", &format!("+OK kept {} 120", "0a".repeat(16))));
    assert!(!matches("+OK kept {token} 120", &format!("+OK kept {}0 120", "0a".repeat(16))));
    assert!(!matches("+OK kept {token} 120", &format!("+OK kept {}G 120", "0a".repeat(15))));
}
