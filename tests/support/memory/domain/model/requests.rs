//! The model of requests and sessions.

use super::{Answer, Model, REQUESTS_WAITING, Request, ok, seconds};

impl Model {
    pub(super) fn request(&mut self, who: &str, user: &str) -> Answer {
        self.check_free(who)?;
        let other = self.other(who, user)?;
        let crosses = self.requests.iter().any(|r| r.from == other && r.to == who && r.room.is_none());
        if crosses {
            self.pair(who, &other);
            return ok();
        }
        self.check_can_be_asked(who, &other)?;
        self.ask(who, &other, None)
    }

    pub(super) fn is_full(&self, who: &str) -> bool {
        self.requests.iter().filter(|request| request.to == who).count() >= REQUESTS_WAITING
    }

    /// Whose request gives way where as many wait as may: the oldest from the machine that has most
    /// there, if that is at least two more than the asker's would have without it.
    pub(super) fn crowding(&self, asker: &str, who: &str) -> Option<String> {
        let machine = |name: &str| self.person(name).address.rsplit_once(':').expect("a port").0.to_owned();
        let waiting: Vec<&Request> = self.requests.iter().filter(|request| request.to == who).collect();
        let count = |of: &str| waiting.iter().filter(|request| machine(&request.from) == of).count();
        let most = waiting.iter().map(|request| count(&machine(&request.from))).max()?;
        let oldest = waiting.iter().find(|request| count(&machine(&request.from)) == most)?;
        (most >= count(&machine(asker)) + 2).then(|| oldest.from.clone())
    }

    pub(super) fn ask(&mut self, who: &str, other: &str, room: Option<String>) -> Answer {
        if self.is_full(other)
            && let Some(crowding) = self.crowding(who, other)
        {
            self.requests.retain(|request| request.from != crowding);
            self.tell(&crowding, &format!("* declined {other} expired"));
            self.tell(other, &format!("* withdrawn {crowding} expired"));
        }
        let (purpose, stands) = (room.clone().unwrap_or("session".to_owned()), seconds(self.patience));
        self.tell(other, &format!("* request {who} {purpose} {stands}"));
        self.tell_away(who, other);
        let (from, to) = (who.to_owned(), other.to_owned());
        self.requests.push(Request { from, to, room, until: self.now + self.patience });
        Ok(format!("ringing {other} {purpose} {stands}"))
    }

    pub(super) fn waiting(&self, who: &str, user: Option<&str>) -> Result<Request, &'static str> {
        let waiting: Vec<&Request> = self.requests.iter().filter(|request| request.to == who).collect();
        if let Some(user) = user {
            let other = self.other(who, user)?;
            return waiting.into_iter().find(|request| request.from == other).cloned().ok_or("no-request");
        }
        match waiting[..] {
            [] => Err("no-request"),
            [only] => Ok(only.clone()),
            _ => Err("which-request"),
        }
    }

    pub(super) fn accept(&mut self, who: &str, user: Option<&str>) -> Answer {
        let request = self.waiting(who, user)?;
        match request.room {
            Some(room) => self.enter_room(who, &room)?,
            None => self.pair(who, &request.from),
        }
        ok()
    }

    pub(super) fn reject(&mut self, who: &str, user: Option<&str>) -> Answer {
        let request = self.waiting(who, user)?;
        self.requests.retain(|other| other.from != request.from);
        self.tell(&request.from, &format!("* declined {who} rejected"));
        ok()
    }

    pub(super) fn cancel(&mut self, who: &str) -> Answer {
        if self.withdraw(who, "cancelled") { ok() } else { Err("nothing-to-cancel") }
    }

    pub(super) fn withdraw(&mut self, who: &str, why: &str) -> bool {
        let Some(index) = self.requests.iter().position(|request| request.from == who) else { return false };
        let request = self.requests.remove(index);
        self.tell(&request.to, &format!("* withdrawn {who} {why}"));
        true
    }

    pub(super) fn decline_all(&mut self, who: &str, why: &str) {
        let (ended, standing): (Vec<_>, Vec<_>) = self.requests.drain(..).partition(|request| request.to == who);
        self.requests = standing;
        for request in ended {
            self.tell(&request.from, &format!("* declined {who} {why}"));
        }
    }

    pub(super) fn pair(&mut self, a: &str, b: &str) {
        self.requests.retain(|r| !((r.from == a && r.to == b) || (r.from == b && r.to == a)));
        self.tell(a, &format!("* paired {b}"));
        self.tell(b, &format!("* paired {a}"));
        for one in [a, b] {
            self.withdraw(one, "paired");
            self.decline_all(one, "paired");
        }
        self.pairs.push([a.to_owned(), b.to_owned()]);
    }

    pub(super) fn unpair(&mut self, who: &str) -> Option<String> {
        let partner = self.partner(who)?;
        self.pairs.retain(|pair| !pair.iter().any(|name| name == who));
        Some(partner)
    }

    pub(super) fn end(&mut self, who: &str) -> Answer {
        let partner = self.unpair(who).ok_or("not-chatting")?;
        self.tell(who, &format!("* ended {partner} by-you"));
        self.tell(&partner, &format!("* ended {who} by-partner"));
        ok()
    }
}
