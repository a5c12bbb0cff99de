//! What those who watch are told: who enters and goes, which rooms open and close. That is collected
//! and told now and then, to all in one piece; of a room that opens and closes in between nobody hears.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use super::audience::{Audience, Edition};
use super::close::CloseReason;
use super::event::Event;
use super::key::UserKey;
use super::name::{Name, RoomName, Uid};
use super::sink::Sink;
use super::time::Millis;
use crate::limits::{NOTICE_DELAY, NOTICES_TOGETHER};

/// Something to tell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Notice {
    Entered { uid: Uid, name: Name },
    Gone { name: Name, reason: CloseReason },
    Opened(RoomName),
    Closed(RoomName),
}

/// Where among the watchers one stands: counted from 1, so that who does not watch needs no memory for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing(NonZeroU32);

impl Standing {
    fn last_of(count: usize) -> Self {
        Self(u32::try_from(count).ok().and_then(NonZeroU32::new).expect("fewer users than a u32 counts"))
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Who watches, and what they have not been told yet.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    users: Vec<UserKey>,
    /// Those who began to watch after the oldest notice that waits, and what the number of the next was.
    newcomers: BTreeMap<UserKey, u64>,
    waiting: BTreeMap<u64, Notice>,
    /// The notice about each room, if one waits.
    about: HashMap<RoomName, u64>,
    next: u64,
    due: Option<Millis>,
    /// How often those who watch have changed.
    changes: u64,
}

impl Watchers {
    /// A user watches from now on; says at which place. It is told nothing of what happened before.
    pub(super) fn add(&mut self, user: UserKey) -> Standing {
        if !self.waiting.is_empty() {
            self.newcomers.insert(user, self.next);
        }
        self.users.push(user);
        self.changes += 1;
        Standing::last_of(self.users.len())
    }

    /// A user watches no more; gives back who has its place now, if anybody.
    pub(super) fn remove(&mut self, place: Standing) -> Option<UserKey> {
        let user = self.users.swap_remove(place.index());
        self.changes += 1;
        self.newcomers.remove(&user);
        if self.users.is_empty() {
            self.forget();
        }
        self.users.get(place.index()).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.users.len()
    }

    pub(super) fn at(&self, place: Standing) -> Option<UserKey> {
        self.users.get(place.index()).copied()
    }

    /// Something has happened.
    pub(super) fn note(&mut self, notice: Notice, now: Millis) {
        if self.users.is_empty() {
            return;
        }
        if let Notice::Opened(room) | Notice::Closed(room) = notice
            && let Some(undone) = self.about.remove(&room)
        {
            self.waiting.remove(&undone);
            return;
        }
        if let Notice::Opened(room) | Notice::Closed(room) = notice {
            self.about.insert(room, self.next);
        }
        self.waiting.insert(self.next, notice);
        self.next += 1;
        let due = if self.waiting.len() < NOTICES_TOGETHER { now + NOTICE_DELAY } else { now };
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        self.due
    }

    /// Tells what is due.
    pub(super) fn handle_timeout(&mut self, now: Millis, out: &mut dyn Sink) {
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        let newcomers = std::mem::take(&mut self.newcomers);
        let all = newcomers.is_empty().then_some(&self.users);
        let others: Vec<UserKey> = match all {
            Some(_) => Vec::new(),
            None => self.users.iter().filter(|user| !newcomers.contains_key(user)).copied().collect(),
        };
        let audience = match all {
            Some(users) => Audience::new(users, Edition::Watchers(self.changes)),
            None => Audience::once(&others),
        };
        self.waiting.values().for_each(|notice| out.tell_all(audience, &notice.event()));
        for (newcomer, since) in newcomers {
            self.waiting.range(since..).for_each(|(_, notice)| out.tell(newcomer, &notice.event()));
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.about.clear();
        self.due = None;
    }

    /// Checks that nothing waits for nobody, and that what waits is due some time.
    pub(super) fn check_invariants(&self) {
        assert!(self.waiting.is_empty() || !self.users.is_empty(), "notices are for somebody");
        assert!(self.waiting.is_empty() || self.due.is_some(), "notices are told some time");
        assert!(self.newcomers.keys().all(|user| self.users.contains(user)), "newcomers are among the watchers");
        assert!(self.about.values().all(|number| self.waiting.contains_key(number)), "rooms have notices that wait");
    }
}

impl Notice {
    fn event(self) -> Event<'static> {
        match self {
            Self::Entered { uid, name } => Event::Entered { uid, name },
            Self::Gone { name, reason } => Event::Gone { name, reason },
            Self::Opened(room) => Event::Opened(room),
            Self::Closed(room) => Event::Closed(room),
        }
    }
}
