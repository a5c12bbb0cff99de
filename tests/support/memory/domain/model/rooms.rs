//! The model of rooms.

use super::{Answer, Model, ROOMS_PER_USER, ok};

impl Model {
    pub(super) fn own_room(&self, who: &str, room: &str) -> Answer {
        let room = self.room(room).ok_or("no-such-room")?;
        if self.rooms_of(who).contains(&room) { Ok(room) } else { Err("not-in-room") }
    }

    pub(super) fn check_has_place(&self, who: &str) -> Answer {
        if self.rooms_of(who).len() < ROOMS_PER_USER { ok() } else { Err("too-many-rooms") }
    }

    pub(super) fn join(&mut self, who: &str, name: &str) -> Answer {
        let room = match self.room(name) {
            Some(room) => room,
            None if self.ascii_names && !name.is_ascii() => return Err("ascii-names"),
            None => {
                self.check_has_place(who)?;
                self.open(name)
            }
        };
        self.enter_room(who, &room)?;
        Ok(format!("room {room}"))
    }

    pub(super) fn open(&mut self, name: &str) -> String {
        self.tell_watchers(&format!("* opened {name}"));
        self.counted.rooms += 1;
        self.history.opened(name);
        self.rooms.push((self.counted.rooms, name.to_owned()));
        name.to_owned()
    }

    pub(super) fn enter_room(&mut self, who: &str, room: &str) -> Result<(), &'static str> {
        if self.rooms_of(who).iter().any(|other| other == room) {
            return Err("already-in-room");
        }
        self.check_has_place(who)?;
        self.requests.retain(|request| !(request.to == who && request.room.as_deref() == Some(room)));
        self.seats.push((who.to_owned(), room.to_owned()));
        for member in self.members(room) {
            self.tell(&member, &format!("* joined {room} {who}"));
        }
        for line in self.history.lines_of(room).cloned().collect::<Vec<_>>() {
            // Number, time, room, and who said it.
            if line.split(' ').nth(3).is_some_and(|from| self.defence.ignores(who, from)) {
                continue;
            }
            self.tell(who, &format!("* earlier {}", line.replace("ROOM", room)));
        }
        Ok(())
    }

    pub(super) fn join_user(&mut self, who: &str, user: &str) -> Answer {
        let other = self.other(who, user)?;
        if let Some(room) = self.rooms_of(&other).last().cloned() {
            self.enter_room(who, &room)?;
            return Ok(format!("room {room}"));
        }
        self.check_free(who)?;
        self.check_can_be_asked(who, &other)?;
        let mine = self.rooms_of(who);
        if let Some(lonely) = mine.iter().rev().find(|room| self.members(room).len() == 1) {
            return self.ask(who, &other, Some(lonely.clone()));
        }
        self.check_has_place(who)?;
        let mut names = std::iter::once(format!("#{who}")).chain((2..).map(|number| format!("#{who}-{number}")));
        let name = names.find(|name| self.room(name).is_none()).expect("one is free");
        let room = self.open(&name);
        self.enter_room(who, &room)?;
        self.ask(who, &other, Some(room))
    }

    pub(super) fn leave_command(&mut self, who: &str, room: Option<&str>) -> Answer {
        let room = match room {
            Some(room) => self.own_room(who, room)?,
            None => self.rooms_of(who).last().cloned().ok_or("in-no-room")?,
        };
        self.leave_room(who, &room, None);
        Ok(format!("room {room}"))
    }

    pub(super) fn leave_room(&mut self, who: &str, room: &str, gone: Option<&str>) {
        if self.requests.iter().any(|request| request.from == who && request.room.as_deref() == Some(room)) {
            self.withdraw(who, "cancelled");
        }
        let reason = gone.map(|reason| format!(" {reason}")).unwrap_or_default();
        for member in self.members(room) {
            if member != who || gone.is_none() {
                self.tell(&member, &format!("* left {room} {who}{reason}"));
            }
        }
        self.seats.retain(|(name, seat)| !(name == who && seat == room));
        if self.members(room).is_empty() {
            self.rooms.retain(|(_, name)| name != room);
            self.history.closed(room, self.now);
            self.tell_watchers(&format!("* closed {room}"));
        }
    }
}
