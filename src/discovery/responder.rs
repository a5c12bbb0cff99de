//! The half of a server: makes sure that its names are its own, tells them, answers, and says goodbye
//! (RFC 6762, sections 6 to 10).

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{Packet, PacketFlag, QCLASS, QTYPE, Question, ResourceRecord};

use super::link::{Destination, Family, Interface, Link, LinkId, Stage, Transmit};
use super::message::{Message, read};
use super::pending::Reason;
use super::random::Random;
use super::record::{Kinds, asked, records};
use super::service::Service;
use super::{PORT, ties};

const PROBES: u8 = 3;
const PROBE_EVERY: Duration = Duration::from_millis(250);
/// Who loses a name to another that asks for it at the same time tries again after that.
const AFTER_A_TIE: Duration = Duration::from_secs(1);
const ANNOUNCEMENTS: u8 = 2;
const ANNOUNCE_EVERY: Duration = Duration::from_secs(1);
/// After so many conflicts each further name is tried a while later (RFC 6762, section 8.1).
const CONFLICTS: usize = 15;
const CONFLICTS_WITHIN: Duration = Duration::from_secs(10);
const AFTER_CONFLICTS: Duration = Duration::from_secs(5);
/// Resolvers that know nothing of multicast DNS are to ask again soon (RFC 6762, section 6.7).
const LEGACY_TTL: u32 = 10;
/// A quarter of the shortest lifetime: within that a single asker is told alone.
const RECENTLY: Duration = Duration::from_secs(30);

/// What the log should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The server is found on a link, under this name.
    Announced {
        /// The name, which may have got a number.
        name: String,
        /// On which interface.
        link: LinkId,
    },
}

/// Announces one server on some links.
#[derive(Clone, Debug)]
pub struct Responder {
    service: Service,
    links: Vec<Link>,
    random: Random,
    /// When names were lost to others, the last few times.
    conflicts: VecDeque<Duration>,
    out: VecDeque<Transmit>,
    news: VecDeque<News>,
}

impl Responder {
    /// Nothing is said before there are links.
    pub fn new(service: Service, seed: u64) -> Self {
        let (links, random) = (Vec::new(), Random::new(seed));
        Self { service, links, random, conflicts: VecDeque::new(), out: VecDeque::new(), news: VecDeque::new() }
    }

    /// The links there are now. On new ones the names are asked for; addresses that have changed are told.
    pub fn set_interfaces(&mut self, interfaces: &[Interface], now: Duration) {
        self.links.retain(|link| interfaces.iter().any(|interface| interface.id == link.id));
        for interface in interfaces.iter().filter(|interface| !interface.addresses.is_empty()) {
            match self.links.iter_mut().find(|link| link.id == interface.id) {
                Some(link) => {
                    if link.change_addresses(interface) && link.has_announced() {
                        link.stage = Stage::Announcing { sent: 0, due: now };
                    }
                }
                None => self.links.push(Link::new(interface, now, &mut self.random)),
            }
        }
        let has_addresses = |link: &Link| interfaces.iter().any(|at| at.id == link.id && !at.addresses.is_empty());
        self.links.retain(has_addresses);
    }

    /// A datagram has come. What is malformed, from elsewhere or meant for others is ignored.
    pub fn receive(&mut self, link: LinkId, from: SocketAddr, bytes: &[u8], now: Duration) {
        let Some(at) = self.links.iter().position(|known| known.id == link && known.is_near(from.ip())) else { return };
        let Some(packet) = read(bytes) else { return };
        if !packet.has_flags(PacketFlag::RESPONSE) {
            self.heed_question(at, from, &packet, now);
        } else if from.port() == PORT {
            self.heed_answer(at, from, &packet, now);
        }
    }

    /// What is to be sent now.
    pub fn poll(&mut self, now: Duration) -> Option<Transmit> {
        if self.out.is_empty() {
            for at in 0..self.links.len() {
                self.go_on(at, now);
                self.answer_due(at, now);
            }
        }
        self.out.pop_front()
    }

    /// What is new since the last time.
    pub fn take_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// When [`Self::poll`] has something to do, if nothing comes before.
    pub fn next_due(&self) -> Option<Duration> {
        if !self.out.is_empty() {
            return Some(Duration::ZERO);
        }
        self.links.iter().flat_map(|link| [link.stage.due(), link.pending.next_due()]).flatten().min()
    }

    /// Tells everybody that the server goes (RFC 6762, section 10.1): to be sent at once.
    pub fn say_goodbye(&mut self) -> Vec<Transmit> {
        let told: Vec<_> = self.links.iter().filter(|link| link.has_announced()).cloned().collect();
        self.links.clear();
        self.out.clear();
        told.iter().filter_map(|link| self.farewell(link)).collect()
    }

    fn farewell(&self, link: &Link) -> Option<Transmit> {
        let mut kinds = link.all();
        for kept in [Kinds::TYPES, Kinds::INSTANCE_ONLY, Kinds::HOST_ONLY] {
            kinds.remove(kept);
        }
        let message = Message::answer().say(records(&self.service, link, kinds)).limit_ttl(0, false);
        Some(Transmit { link: link.id, to: Destination::Everybody, bytes: message.bytes()? })
    }

    /// The next probe or announcement of a link, if it is time.
    fn go_on(&mut self, at: usize, now: Duration) {
        let Some(link) = self.links.get_mut(at) else { return };
        match link.stage {
            Stage::Probing { sent: PROBES, due } if due <= now => {
                link.stage = Stage::Announcing { sent: 0, due: now };
                self.go_on(at, now);
            }
            Stage::Probing { sent, due } if due <= now => {
                link.stage = Stage::Probing { sent: sent + 1, due: now + PROBE_EVERY };
                self.probe(at);
            }
            Stage::Announcing { sent, due } if due <= now => {
                let due = now + ANNOUNCE_EVERY;
                let is_last = sent + 1 == ANNOUNCEMENTS;
                link.stage = if is_last { Stage::Settled } else { Stage::Announcing { sent: sent + 1, due } };
                if sent == 0 {
                    self.news.push_back(News::Announced { name: self.service.shown(), link: link.id });
                }
                self.announce(at, now);
            }
            _ => {}
        }
    }

    fn probe(&mut self, at: usize) {
        let Some(link) = self.links.get(at) else { return };
        let any = |name| Question::new(name, QTYPE::ANY, QCLASS::CLASS(simple_dns::CLASS::IN), false);
        let names = [self.service.instance_name(), self.service.host_name()];
        let claim = records(&self.service, link, link.all().only(Kinds::UNIQUE));
        // RFC 6762, section 10.2: what is not known to be ours yet has others forget nothing.
        let message = Message::query().ask(names.map(any)).claim(without_flush(claim));
        self.send(link.id, Destination::Everybody, &message);
    }

    fn announce(&mut self, at: usize, now: Duration) {
        let Some(link) = self.links.get_mut(at) else { return };
        let kinds = link.all();
        for family in [Family::V4, Family::V6] {
            link.pending.note_said(family, kinds, now);
        }
        let (id, message) = (link.id, Message::answer().say(records(&self.service, link, kinds)));
        self.send(id, Destination::Everybody, &message);
    }

    fn answer_due(&mut self, at: usize, now: Duration) {
        while let Some(link) = self.links.get_mut(at)
            && let Some((family, kinds)) = link.pending.take_due(now)
        {
            let kinds = kinds.only(link.all());
            let followers = kinds.followers().only(link.all());
            link.pending.note_said(family, kinds.and(followers), now);
            let answers = records(&self.service, link, kinds);
            let (id, message) = (link.id, Message::answer().say(answers));
            let message = message.add(records(&self.service, link, followers));
            self.send(id, Destination::Group(family), &message);
        }
    }

    fn heed_question(&mut self, at: usize, from: SocketAddr, packet: &Packet<'_>, now: Duration) {
        let family = Family::of(from.ip());
        let Some(link) = self.links.get_mut(at) else { return };
        if let Stage::Probing { .. } = link.stage {
            self.break_tie(at, packet, now);
            return;
        }
        let known = known_answers(&self.service, link, packet);
        link.pending.asker_knows(from, known);
        let mut kinds = packet.questions.iter().fold(Kinds::NONE, |all, one| all.and(asked(&self.service, one)));
        let is_legacy = from.port() != PORT;
        if !is_legacy {
            kinds.remove(known);
        }
        let kinds = kinds.only(link.all());
        if kinds.is_empty() {
            return;
        }
        let wants_unicast = packet.questions.iter().any(|question| question.unicast_response);
        if is_legacy || (wants_unicast && link.pending.was_said_within(family, kinds, RECENTLY, now)) {
            self.answer_alone(at, from, packet, kinds, now);
            return;
        }
        let reason = if packet.name_servers.is_empty() { Reason::Asked } else { Reason::Defence };
        let delay = match reason {
            Reason::Asked if packet.has_flags(PacketFlag::TRUNCATION) => self.random.millis(400, 500),
            Reason::Asked if kinds.has(Kinds::SHARED) => self.random.millis(20, 120),
            _ => Duration::ZERO,
        };
        link.pending.add(family, from, kinds, now + delay, reason);
    }

    fn answer_alone(&mut self, at: usize, from: SocketAddr, query: &Packet<'_>, kinds: Kinds, now: Duration) {
        let Some(link) = self.links.get_mut(at) else { return };
        if !link.may_unicast(now) {
            return;
        }
        let followers = kinds.followers().only(link.all());
        let (answers, more) = (records(&self.service, link, kinds), records(&self.service, link, followers));
        let message = if from.port() == PORT {
            Message::answer().say(answers).add(more)
        } else {
            Message::legacy_answer(query).say(answers).add(more).limit_ttl(LEGACY_TTL, true)
        };
        let id = link.id;
        self.send(id, Destination::Peer(from), &message);
    }

    /// Somebody else asks for one of our names while we do.
    fn break_tie(&mut self, at: usize, packet: &Packet<'_>, now: Duration) {
        let Some(link) = self.links.get_mut(at) else { return };
        let ours = records(&self.service, link, link.all().only(Kinds::UNIQUE));
        let loses = |name| {
            let is_claimed = packet.name_servers.iter().any(|record| record.name == name);
            is_claimed && ties::compare(&ours, &packet.name_servers, &name).is_lt()
        };
        if loses(self.service.instance_name()) || loses(self.service.host_name()) {
            link.stage = Stage::Probing { sent: 0, due: now + AFTER_A_TIE };
        }
    }

    fn heed_answer(&mut self, at: usize, from: SocketAddr, packet: &Packet<'_>, now: Duration) {
        let said: Vec<_> = packet.answers.iter().chain(&packet.additional_records).collect();
        let instance_is_taken = said.iter().any(|record| self.takes_instance(record));
        let host_is_taken = said.iter().any(|record| self.takes_host(record));
        if instance_is_taken || host_is_taken {
            self.lose(at, instance_is_taken, host_is_taken, now);
            return;
        }
        let Some(link) = self.links.get_mut(at) else { return };
        let same = known_answers(&self.service, link, packet);
        link.pending.said_to_all(Family::of(from.ip()), same);
    }

    /// Somebody has other records under the server's name.
    fn takes_instance(&self, record: &ResourceRecord<'_>) -> bool {
        let is_unlike = |link: &Link| match record.rdata {
            RData::SRV(_) => !is_among(record, &records(&self.service, link, Kinds::SERVER)),
            RData::TXT(_) => !is_among(record, &records(&self.service, link, Kinds::TEXT)),
            _ => false,
        };
        record.ttl > 0 && record.name == self.service.instance_name() && self.links.first().is_some_and(is_unlike)
    }

    /// Somebody has another address under the host's name; those of our other interfaces, which may
    /// be on the same link, are no others.
    fn takes_host(&self, record: &ResourceRecord<'_>) -> bool {
        let address = match &record.rdata {
            RData::A(a) => IpAddr::V4(a.address.into()),
            RData::AAAA(aaaa) => IpAddr::V6(aaaa.address.into()),
            _ => return false,
        };
        let is_own = self.links.iter().flat_map(|link| &link.addresses).any(|own| own.addr() == address);
        record.ttl > 0 && !is_own && record.name == self.service.host_name()
    }

    /// Another has a name. Who only asks for it takes the next one; who had it asks again first.
    fn lose(&mut self, at: usize, instance: bool, host: bool, now: Duration) {
        let Some(link) = self.links.get_mut(at) else { return };
        if link.has_announced() {
            link.stage = Stage::first_probe(now, &mut self.random);
            return;
        }
        let goodbyes: Vec<_> = self.links.iter().filter(|link| link.has_announced()).cloned().collect();
        let goodbyes: Vec<_> = goodbyes.iter().filter_map(|link| self.farewell(link)).collect();
        self.out.extend(goodbyes);
        if instance {
            self.service.rename_instance();
        }
        if host {
            self.service.rename_host();
        }
        let pause = self.pause_after_conflict(now);
        for link in &mut self.links {
            link.stage = Stage::Probing { sent: 0, due: now + pause + self.random.millis(0, 250) };
        }
    }

    fn pause_after_conflict(&mut self, now: Duration) -> Duration {
        self.conflicts.push_back(now);
        self.conflicts.retain(|at| *at + CONFLICTS_WITHIN > now);
        if self.conflicts.len() < CONFLICTS {
            return Duration::ZERO;
        }
        self.conflicts.truncate(CONFLICTS);
        AFTER_CONFLICTS
    }

    fn send(&mut self, link: LinkId, to: Destination, message: &Message) {
        if let Some(bytes) = message.bytes() {
            self.out.push_back(Transmit { link, to, bytes });
        }
    }
}

/// Which of our records a packet says already, for at least half as long as we would (RFC 6762,
/// section 7.1). Addresses count when all are said.
fn known_answers(service: &Service, link: &Link, packet: &Packet<'_>) -> Kinds {
    let mut known = Kinds::NONE;
    if packet.answers.is_empty() {
        return known;
    }
    for (_, kind) in link.all().each() {
        let ours = records(service, link, kind);
        let is_said =
            |own: &ResourceRecord<'_>| packet.answers.iter().any(|said| is_same(said, own) && said.ttl >= own.ttl / 2);
        if ours.iter().all(is_said) {
            known = known.and(kind);
        }
    }
    known
}

fn is_among(record: &ResourceRecord<'_>, ours: &[ResourceRecord<'_>]) -> bool {
    ours.iter().any(|own| is_same(record, own))
}

fn is_same(one: &ResourceRecord<'_>, other: &ResourceRecord<'_>) -> bool {
    one.name == other.name && one.class == other.class && one.rdata == other.rdata
}

fn without_flush(mut records: Vec<ResourceRecord<'static>>) -> Vec<ResourceRecord<'static>> {
    for record in &mut records {
        record.cache_flush = false;
    }
    records
}

#[cfg(test)]
impl Responder {
    pub(super) fn service_for_test(&self) -> &Service {
        &self.service
    }
}
