//! A second, slow and simple telling of what the chat does, written from docs/PROTOCOL.md: flat
//! lists of facts, searched from end to end, with names for keys. Shares no code with the domain.
//! Commands come as the lines a client types; what comes out are the lines clients read.

mod defence;
mod history;
mod listing;
mod notices;
mod requests;
mod rooms;
mod talk;

use history::History;
use unicode_normalization::UnicodeNormalization;

const ROOMS_PER_USER: usize = 16;
const REQUESTS_WAITING: usize = 32;

pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) uid: u64,
    pub(crate) address: String,
    entered: u64,
    messages_before: u64,
    contact: Contact,
}

/// Whether somebody's connection is lost, and whether its fellows have been told.
#[derive(Clone, Copy, PartialEq)]
enum Contact {
    Connected,
    Lost,
    Told,
}

#[derive(Clone)]
struct Request {
    from: String,
    to: String,
    room: Option<String>,
    until: u64,
}

/// The facts. A session is one entry in `pairs`, so the model cannot have half of one.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) people: Vec<Person>,
    pairs: Vec<[String; 2]>,
    requests: Vec<Request>,
    /// Who is in which room, in order of joining.
    seats: Vec<(String, String)>,
    /// Number and name, in order of creation.
    rooms: Vec<(u64, String)>,
    notices: notices::Notices,
    history: History,
    defence: defence::Defence,
    counted: Counted,
    pub(crate) hide_addresses: bool,
    pub(crate) ascii_names: bool,
    /// How long a request stands, in milliseconds.
    pub(crate) patience: u64,
    pub(crate) now: u64,
    /// The time as messages carry it.
    pub(crate) wall: String,
    /// Who is told what, since this was last emptied.
    pub(crate) told: Vec<(String, String)>,
    pub(crate) rows: Vec<String>,
}

#[derive(Default)]
struct Counted {
    people: u64,
    rooms: u64,
    messages: u64,
}

type Answer = Result<String, &'static str>;

fn ok() -> Answer {
    Ok(String::new())
}

/// Whether two names are the same: whether they look alike, in whatever case (UTS 39).
pub(crate) fn same(one: &str, two: &str) -> bool {
    // Those that begin with letters of which nothing looks like another need no closer look.
    let is_plain =
        |name: &str| name.is_ascii() && !name.starts_with(['0', '1', 'l', 'L', 'm', 'M', 'o', 'O', 'r', 'R']);
    let first = |name: &str| name.as_bytes().first().map(u8::to_ascii_lowercase);
    if one == two || is_plain(one) && is_plain(two) && first(one) != first(two) {
        return one == two;
    }
    let likeness = |name: &str| {
        let folded: String = name.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
        unicode_security::skeleton(&folded).flat_map(char::to_lowercase).collect::<String>()
    };
    likeness(one) == likeness(two)
}

fn seconds(millis: u64) -> u64 {
    millis.div_ceil(1000)
}

impl Model {
    pub(crate) fn new(patience: u64, hide_addresses: bool, backlog: usize) -> Self {
        Self { patience, hide_addresses, history: History::new(backlog), ..Self::default() }
    }

    pub(crate) fn enter(&mut self, name: Option<&str>, address: &str) -> Result<String, &'static str> {
        let port: u64 = address.rsplit(':').next().expect("a port").parse().expect("a port");
        let name = match name {
            Some(name) => name.nfc().collect(),
            // The port, some behind it, and then numbers that belong to whoever asks.
            None => (port..port + 8)
                .chain((self.counted.people + 1) * (8 << 16) + port..)
                .map(|n| format!("USER{n}"))
                .find(|name| self.find(name).is_none())
                .expect("one is free"),
        };
        if self.ascii_names && !name.is_ascii() {
            return Err("ascii-names");
        }
        if self.people.iter().any(|person| same(&person.name, &name)) {
            return Err("name-taken");
        }
        self.counted.people += 1;
        let uid = self.counted.people;
        self.people.push(Person {
            name: name.clone(),
            uid,
            address: address.to_owned(),
            entered: self.now,
            messages_before: self.counted.messages,
            contact: Contact::Connected,
        });
        self.tell_watchers(&format!("* entered {uid} {name}"));
        Ok(name)
    }

    pub(crate) fn leave(&mut self, who: &str, reason: &str) {
        self.notices.unwatch(who);
        self.defence.forget(who);
        if let Some(partner) = self.unpair(who) {
            self.tell(&partner, &format!("* ended {who} gone"));
        }
        self.withdraw(who, "gone");
        self.decline_all(who, "gone");
        for room in self.rooms_of(who).into_iter().rev() {
            self.leave_room(who, &room, Some(reason));
        }
        self.people.retain(|person| person.name != who);
        self.tell_watchers(&format!("* gone {who} {reason}"));
    }

    pub(crate) fn next_due(&self) -> Option<u64> {
        self.requests.iter().map(|request| request.until).chain(self.history.next_due()).chain(self.notices.due).min()
    }

    pub(crate) fn timeout(&mut self) {
        self.history.forget(self.now);
        let (mut due, standing): (Vec<_>, Vec<_>) = self.requests.drain(..).partition(|r| r.until <= self.now);
        self.requests = standing;
        due.sort_by_key(|request| (request.until, self.person(&request.from).uid));
        for Request { from, to, .. } in due {
            self.tell(&from, &format!("* declined {to} expired"));
            self.tell(&to, &format!("* withdrawn {from} expired"));
        }
        self.told.append(&mut self.notices.take_due(self.now));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.rooms.is_empty() && self.requests.is_empty() && self.pairs.is_empty()
    }

    pub(crate) fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// What a command is answered with.
    pub(crate) fn command(&mut self, who: &str, line: &str) -> String {
        match self.obey(who, line) {
            Ok(words) if words.is_empty() => "+OK".to_owned(),
            Ok(words) => format!("+OK {words}"),
            Err(code) => format!("-ERR {code}"),
        }
    }

    fn obey(&mut self, who: &str, line: &str) -> Answer {
        let words: Vec<&str> = line.split(' ').collect();
        let argument = words.get(1).copied();
        let text = line.splitn(3, ' ').nth(2).unwrap_or_default();
        let after = words.last().and_then(|word| word.parse().ok()).unwrap_or(0);
        match (words[0], argument) {
            ("list", _) => self.list(after, self.hide_addresses),
            ("rooms", _) => self.list_rooms(after),
            ("members", Some(room)) => self.list_members(room, after),
            ("requests", _) => self.list_requests(who),
            ("request", Some(user)) => self.request(who, user),
            ("accept", user) => self.accept(who, user),
            ("reject", user) => self.reject(who, user),
            ("cancel", _) => self.cancel(who),
            ("end", _) => self.end(who),
            ("say", Some(room)) if room.starts_with('#') => self.say_in_room(who, room, text),
            ("say", Some(user)) => self.say(who, user, text),
            ("private", Some(user)) => self.private(who, user, text),
            ("announce", _) => self.announce(Some(who), line.split_once(' ').expect("a text").1),
            ("join", None) => self.join(who, "#lobby"),
            ("join", Some(room)) if room.starts_with('#') => self.join(who, room),
            ("join", Some(user)) => self.join_user(who, user),
            ("leave", room) => self.leave_command(who, room),
            ("ignore", None) => self.list_ignored(who),
            ("ignore", Some(user)) => self.ignore(who, user),
            ("unignore", Some(user)) => self.unignore(who, user),
            ("dnd", argument) => self.set_do_not_disturb(who, argument == Some("on")),
            ("away", _) => self.set_away(who, Some(line.split_once(' ').map_or("", |(_, text)| text))),
            ("here", _) => self.set_away(who, None),
            ("watch", Some("on")) => {
                self.notices.watch(who);
                ok()
            }
            ("watch", _) => {
                self.notices.unwatch(who);
                ok()
            }
            _ => panic!("the model does not know {line:?}"),
        }
    }

    fn tell(&mut self, who: &str, line: &str) {
        self.told.push((who.to_owned(), line.to_owned()));
    }

    /// Of comings and goings, and of rooms, in a while.
    fn tell_watchers(&mut self, line: &str) {
        self.notices.note(line, self.now);
    }

    fn stamp(&mut self) -> String {
        self.counted.messages += 1;
        format!("{} {}", self.counted.messages, self.wall)
    }

    fn find(&self, user: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.uid.to_string() == user || same(&person.name, user))
    }

    fn person(&self, name: &str) -> &Person {
        self.people.iter().find(|person| person.name == name).expect("somebody present")
    }

    fn person_mut(&mut self, name: &str) -> &mut Person {
        self.people.iter_mut().find(|person| person.name == name).expect("somebody present")
    }

    fn other(&self, who: &str, user: &str) -> Answer {
        match self.find(user) {
            None => Err("no-such-user"),
            Some(person) if person.name == who => Err("yourself"),
            Some(person) => Ok(person.name.clone()),
        }
    }

    fn partner(&self, who: &str) -> Option<String> {
        self.pairs.iter().find_map(|[a, b]| match who {
            who if who == a => Some(b.clone()),
            who if who == b => Some(a.clone()),
            _ => None,
        })
    }

    fn rooms_of(&self, who: &str) -> Vec<String> {
        self.seats.iter().filter(|(name, _)| name == who).map(|(_, room)| room.clone()).collect()
    }

    fn members(&self, room: &str) -> Vec<String> {
        self.seats.iter().filter(|(_, name)| name == room).map(|(who, _)| who.clone()).collect()
    }

    fn room(&self, name: &str) -> Option<String> {
        self.rooms.iter().find(|(_, room)| same(room, name)).map(|(_, room)| room.clone())
    }

    fn check_free(&self, who: &str) -> Answer {
        if self.partner(who).is_some() {
            Err("chatting")
        } else if self.requests.iter().any(|request| request.from == who) {
            Err("asking")
        } else {
            ok()
        }
    }

    fn check_can_be_asked(&self, asker: &str, who: &str) -> Answer {
        if self.partner(who).is_some() {
            Err("busy")
        } else if self.defence.takes_no_request(who, asker) {
            Err("no-requests")
        } else if self.is_full(who) && self.crowding(asker, who).is_none() {
            Err("too-many-requests")
        } else {
            ok()
        }
    }
}
