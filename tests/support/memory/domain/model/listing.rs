//! The model of listings.

use super::{Answer, Contact, Model, Person, Request, seconds};

impl Model {
    pub(crate) fn list(&mut self, after: u64, hide_addresses: bool) -> Answer {
        for person in self.people.iter().filter(|person| person.uid > after) {
            let (uid, name, here) = (person.uid, &person.name, (self.now - person.entered) / 1000);
            let state = self.partner(name).map_or("available -".to_owned(), |with| format!("chatting {with}"));
            let mark = if person.contact == Contact::Connected { "" } else { " reconnecting" };
            let address = if hide_addresses { "-" } else { &person.address };
            let defence = self.defence.marks(name);
            self.rows.push(format!("= user {uid} {name} {state} {address} {here}{mark}{defence}"));
        }
        self.listed(self.people.len())
    }

    pub(crate) fn list_rooms(&mut self, after: u64) -> Answer {
        for (_, room) in self.rooms.iter().filter(|(number, _)| *number > after) {
            self.rows.push(format!("= room {room} {}", self.members(room).len()));
        }
        self.listed(self.rooms.len())
    }

    pub(super) fn list_members(&mut self, room: &str, after: u64) -> Answer {
        let room = self.room(room).ok_or("no-such-room")?;
        let mut members: Vec<&Person> = self.members(&room).iter().map(|name| self.person(name)).collect();
        members.sort_by_key(|member| member.uid);
        let total = members.len();
        let behind = members.iter().filter(|member| member.uid > after);
        let rows: Vec<String> = behind.map(|m| format!("= member {room} {} {}", m.uid, m.name)).collect();
        self.rows.extend(rows);
        self.listed(total)
    }

    pub(super) fn list_requests(&mut self, who: &str) -> Answer {
        let purpose = |request: &Request| request.room.clone().unwrap_or("session".to_owned());
        for request in self.requests.iter().filter(|request| request.to == who) {
            let left = seconds(request.until.saturating_sub(self.now));
            self.rows.push(format!("= request-from {} {} {left}", request.from, purpose(request)));
        }
        for request in self.requests.iter().filter(|request| request.from == who) {
            let left = seconds(request.until.saturating_sub(self.now));
            self.rows.push(format!("= request-to {} {} {left}", request.to, purpose(request)));
        }
        self.listed(self.rows.len())
    }

    pub(super) fn listed(&self, total: usize) -> Answer {
        Ok(format!("listed {} {total}", self.rows.len()))
    }
}
