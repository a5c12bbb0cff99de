//! The model of what people say.

use super::{Answer, Model};

impl Model {
    pub(super) fn say(&mut self, who: &str, user: &str, text: &str) -> Answer {
        let partner = self.partner(who).ok_or("not-chatting")?;
        if self.find(user).is_none_or(|person| person.name != partner) {
            return Err("wrong-partner");
        }
        let stamp = self.stamp();
        self.tell(&partner, &format!("* said {stamp} {who} {text}"));
        Ok(self.taken(&stamp, &[partner]))
    }

    pub(super) fn private(&mut self, who: &str, user: &str, text: &str) -> Answer {
        let other = self.other(who, user)?;
        let stamp = self.stamp();
        self.tell_away(who, &other);
        if !self.defence.ignores(&other, who) {
            self.tell(&other, &format!("* private {stamp} {who} {text}"));
        }
        Ok(self.taken(&stamp, &[other]))
    }

    /// A sender who was here when the first of some messages was sent may have to learn that they were not read.
    pub(crate) fn tell_unread(&mut self, sender: &str, first: u64, reader: &str, count: u64) {
        let sender = self.find(sender).filter(|person| person.messages_before < first);
        if let Some(sender) = sender.map(|person| person.name.clone()) {
            self.tell(&sender, &format!("* unread {reader} {count}"));
        }
    }

    pub(crate) fn announce(&mut self, who: Option<&str>, text: &str) -> Answer {
        let (stamp, from) = (self.stamp(), who.unwrap_or("operator"));
        let others = self.people.iter().map(|person| person.name.clone()).filter(|name| Some(name.as_str()) != who);
        let others: Vec<String> = others.collect();
        self.history.announced(format!("{stamp} {from} {text}"));
        for other in &others {
            self.tell(other, &format!("* announced {stamp} {from} {text}"));
        }
        Ok(self.taken(&stamp, &others))
    }

    /// How many there are to hear it now, and how many if they come back.
    fn taken(&self, stamp: &str, others: &[String]) -> String {
        let later = others.iter().filter(|other| self.is_lost(other)).count();
        let present = others.len() - later;
        if later == 0 { format!("taken {stamp} {present}") } else { format!("taken {stamp} {present} {later}") }
    }

    pub(super) fn say_in_room(&mut self, who: &str, room: &str, text: &str) -> Answer {
        let room = self.own_room(who, room)?;
        let (stamp, mut others) = (self.stamp(), self.members(&room));
        others.retain(|other| other != who);
        // The room's name is told as it is spelled when the line is shown.
        self.history.said(&room, format!("{stamp} ROOM {who} {text}"));
        for other in others.iter().filter(|other| !self.defence.ignores(other, who)).cloned().collect::<Vec<_>>() {
            self.tell(&other, &format!("* room {stamp} {room} {who} {text}"));
        }
        Ok(self.taken(&stamp, &others))
    }
}
