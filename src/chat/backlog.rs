//! What was said, for those who come later: the last lines, bounded in number and bytes.

use std::collections::VecDeque;

use super::event::Stamp;
use super::name::Name;
use super::text::Text;
use crate::limits::{BACKLOG_BYTES, LINE_BYTES};

/// The last lines of a room, or the last announcements. Adding a line allocates nothing once the
/// bounds have been reached: texts follow each other in one buffer, half as large again as they.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    lines: VecDeque<Line>,
    texts: Vec<u8>,
    /// Where the oldest text starts: what stands before it is gone.
    start: usize,
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
        while self.lines.len() >= most || self.texts.len() - self.start + text.len() > BACKLOG_BYTES {
            match self.lines.pop_front() {
                Some(oldest) => self.start += oldest.length,
                None => break,
            }
        }
        self.make_room(text.len(), most);
        self.texts.extend_from_slice(text);
        self.lines.push_back(Line { stamp, from, length: text.len() });
    }

    /// Sees to it that a line and its text fit, and that little memory is left over.
    fn make_room(&mut self, text: usize, most: usize) {
        if self.lines.len() == self.lines.capacity() {
            let more = self.lines.len().max(4).min(most - self.lines.len());
            self.lines.reserve_exact(more);
        }
        if self.texts.capacity() - self.texts.len() >= text {
            return;
        }
        self.texts.drain(..self.start);
        self.start = 0;
        // With less in reserve texts would be moved too often.
        let needed = self.texts.len() + text;
        let wanted = needed + needed / 2;
        let wanted = if wanted > LINE_BYTES { wanted.next_multiple_of(LINE_BYTES) } else { wanted };
        if self.texts.capacity() < wanted {
            self.texts.reserve_exact(wanted - self.texts.len());
        }
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> usize {
        self.texts.capacity() + self.lines.capacity() * size_of::<Line>()
    }

    /// The number of the last line.
    pub(super) fn last(&self) -> u64 {
        self.lines.back().map_or(0, |line| line.stamp.id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Stamp, Name, Text<'_>)> {
        let mut start = self.start;
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
        let memory = backlog.memory();
        (0..100).for_each(|id| (900..1_000).for_each(|size| push(&mut backlog, id, &"y".repeat(size), 100)));
        assert_eq!(backlog.memory(), memory);
        assert!(memory <= BACKLOG_BYTES * 3 / 2 + 100 * size_of::<Line>(), "{memory}");
    }
}
