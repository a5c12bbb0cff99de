//! What was said, for those who come later: the last lines, bounded in number and bytes.

use std::collections::VecDeque;

use bytes::{Buf, BytesMut};

use super::event::Stamp;
use super::name::Name;
use super::text::Text;
use crate::limits::BACKLOG_BYTES;

/// The last lines of a room, or the last announcements. Adding a line allocates nothing once the
/// bounds have been reached: texts follow each other in one buffer.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    lines: VecDeque<Line>,
    texts: BytesMut,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    stamp: Stamp,
    from: Name,
    length: usize,
}

impl Backlog {
    /// Adds a line; the oldest go until there are at most `most`, and [`BACKLOG_BYTES`] of text.
    pub(super) fn push(&mut self, stamp: Stamp, from: Name, text: Text<'_>, most: usize) {
        if most == 0 {
            return;
        }
        let text = text.as_str().as_bytes();
        while self.lines.len() >= most || self.texts.len() + text.len() > BACKLOG_BYTES {
            match self.lines.pop_front() {
                Some(oldest) => self.texts.advance(oldest.length),
                None => break,
            }
        }
        self.texts.extend_from_slice(text);
        self.lines.push_back(Line { stamp, from, length: text.len() });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Stamp, Name, Text<'_>)> {
        let mut start = 0;
        self.lines.iter().filter_map(move |line| {
            let bytes = self.texts.get(start..start + line.length)?;
            start += line.length;
            let text = Text::new(std::str::from_utf8(bytes).ok()?).ok()?;
            Some((line.stamp, line.from, text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::UnixMillis;

    fn push(backlog: &mut Backlog, id: u64, text: &str, most: usize) {
        let stamp = Stamp { id, at: UnixMillis(id) };
        backlog.push(stamp, Name::new("alice").unwrap(), Text::new(text).unwrap(), most);
    }

    fn ids(backlog: &Backlog) -> Vec<u64> {
        backlog.iter().map(|(stamp, ..)| stamp.id).collect()
    }

    #[test]
    fn the_oldest_lines_go_first_by_number_and_by_bytes() {
        let mut backlog = Backlog::default();
        for id in 1..=5 {
            push(&mut backlog, id, &format!("line {id}"), 3);
        }
        assert_eq!(ids(&backlog), [3, 4, 5]);
        assert_eq!(backlog.iter().map(|(.., text)| text.as_str().to_owned()).last().unwrap(), "line 5");
        for id in 6..=20 {
            push(&mut backlog, id, &"x".repeat(3_000), 100);
        }
        assert_eq!(ids(&backlog), (11..=20).collect::<Vec<_>>());
        push(&mut backlog, 21, "none is kept", 0);
        assert_eq!(ids(&backlog).last(), Some(&20));
    }

    #[test]
    fn a_full_backlog_does_not_grow() {
        let mut backlog = Backlog::default();
        (0..2_000).for_each(|id| push(&mut backlog, id, &"y".repeat(900), 100));
        let capacity = backlog.texts.capacity();
        (0..10_000).for_each(|id| push(&mut backlog, id, &"y".repeat(900), 100));
        assert!(backlog.texts.capacity() <= capacity.max(2 * BACKLOG_BYTES));
    }
}
