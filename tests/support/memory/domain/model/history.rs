//! The model of what is kept: what was said in rooms and announced, for those who come later, and
//! the places of those whose connection is lost.

use super::{Contact, Model, same};

/// An empty room's lines are forgotten an hour after the last member left.
const EMPTY_ROOM_MILLIS: u64 = 3_600_000;
const ANNOUNCEMENTS: usize = 20;
/// Of a room, and of the announcements, at most so many bytes of text are kept.
const BYTES: usize = 32 * 1024;

/// How long the text is that makes up the `field`th and last field of a line.
fn text(line: &str, field: usize) -> usize {
    line.splitn(field, ' ').last().map_or(0, str::len)
}

/// Lines as those who come later read them.
#[derive(Default)]
pub(super) struct History {
    most: usize,
    /// Room, and the line; in the order in which they were said.
    said: Vec<(String, String)>,
    /// When what was said in an empty room is forgotten.
    empty: Vec<(String, u64)>,
    announced: Vec<String>,
}

impl History {
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    pub(super) fn next_due(&self) -> Option<u64> {
        self.empty.iter().map(|(_, until)| *until).min()
    }

    pub(super) fn forget(&mut self, now: u64) {
        let due: Vec<String> =
            self.empty.iter().filter(|(_, until)| *until <= now).map(|(room, _)| room.clone()).collect();
        self.empty.retain(|(_, until)| *until > now);
        self.said.retain(|(said_in, _)| !due.iter().any(|room| same(room, said_in)));
    }

    pub(super) fn opened(&mut self, room: &str) {
        self.empty.retain(|(empty, _)| !same(empty, room));
    }

    pub(super) fn closed(&mut self, room: &str, now: u64) {
        if self.lines_of(room).next().is_some() {
            self.empty.push((room.to_owned(), now + EMPTY_ROOM_MILLIS));
        }
    }

    /// What was said in a room; the line may have been said when its name was spelled otherwise.
    pub(super) fn lines_of(&self, room: &str) -> impl Iterator<Item = &String> {
        self.said.iter().filter(move |(said_in, _)| same(said_in, room)).map(|(_, line)| line)
    }

    pub(super) fn said(&mut self, room: &str, line: String) {
        self.said.push((room.to_owned(), line));
        while self.lines_of(room).count() > self.most
            || self.lines_of(room).map(|it| text(it, 5)).sum::<usize>() > BYTES
        {
            let oldest = self.said.iter().position(|(said_in, _)| same(said_in, room));
            self.said.remove(oldest.expect("it has just been counted"));
        }
    }

    pub(super) fn announced(&mut self, line: String) {
        self.announced.push(line);
        let bytes = |lines: &[String]| lines.iter().map(|line| text(line, 4)).sum::<usize>();
        while self.announced.len() > ANNOUNCEMENTS || bytes(&self.announced) > BYTES {
            self.announced.remove(0);
        }
    }
}

impl Model {
    pub(crate) fn show_announcements(&mut self, who: &str) {
        for line in self.history.announced.clone() {
            self.tell(who, &format!("* announced-earlier {line}"));
        }
    }

    pub(crate) fn drop_connection(&mut self, who: &str) {
        self.person_mut(who).contact = Contact::Lost;
    }

    pub(crate) fn tell_drop(&mut self, who: &str) {
        if self.person(who).contact == Contact::Lost {
            self.person_mut(who).contact = Contact::Told;
            self.tell_fellows(who, &format!("* dropped {who}"));
        }
    }

    pub(crate) fn come_back(&mut self, who: &str, address: &str) {
        let person = self.person_mut(who);
        person.address = address.to_owned();
        if std::mem::replace(&mut person.contact, Contact::Connected) == Contact::Told {
            self.tell_fellows(who, &format!("* returned {who}"));
        }
    }

    pub(crate) fn is_lost(&self, who: &str) -> bool {
        self.person(who).contact != Contact::Connected
    }

    /// The partner and everybody in one of the rooms, each once.
    fn tell_fellows(&mut self, who: &str, line: &str) {
        let rooms = self.rooms_of(who);
        let fellows: Vec<String> = self.people.iter().map(|person| person.name.clone()).collect();
        for fellow in fellows {
            let shares_room = self.rooms_of(&fellow).iter().any(|room| rooms.contains(room));
            if fellow != who && (shares_room || self.partner(who).as_ref() == Some(&fellow)) {
                self.tell(&fellow, line);
            }
        }
    }
}
