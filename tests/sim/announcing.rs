//! A LAN of servers that come and go, all with the same name, over a network that loses, doubles and
//! delays. When it is quiet again each has a name of its own, everybody finds all that are there, and
//! nothing was said too often.
//!
//! CHATD_SEED=7 cargo test --test sim announcing:: -- --nocapture

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chatd::discovery::{Browser, Destination, Family, Interface, LinkId, News, PORT, Responder, Service};

const SEEDS: u64 = 40;
const LINK: LinkId = 2;

struct Host {
    responder: Responder,
    address: SocketAddr,
    name: Option<String>,
    is_here: bool,
}

struct Lan {
    seed: u64,
    random: u64,
    now: Duration,
    hosts: Vec<Host>,
    /// Datagrams on their way: when they arrive, from whom, and what.
    on_the_way: Vec<(Duration, SocketAddr, Vec<u8>)>,
    is_lossy: bool,
    /// When each host last said each answer to all.
    said: BTreeMap<(SocketAddr, Vec<u8>), Duration>,
    browser: Browser,
}

impl Lan {
    fn new(seed: u64) -> Self {
        let (hosts, on_the_way, said) = (Vec::new(), Vec::new(), BTreeMap::new());
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self { seed, random, now: Duration::ZERO, hosts, on_the_way, is_lossy: true, said, browser: Browser::default() }
    }

    fn chance(&mut self, of: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 20) % of
    }

    fn join(&mut self) {
        let number = u8::try_from(self.hosts.len() + 1).unwrap();
        let service = Service::new("chatd", "lab", 2428, &[("protocol", "1")]).unwrap();
        let mut responder = Responder::new(service, self.seed + u64::from(number) * 991);
        let addresses = vec![format!("10.0.0.{number}/24").parse().unwrap()];
        responder.set_interfaces(&[Interface { id: LINK, addresses }], self.now);
        let address = SocketAddr::new(Ipv4Addr::new(10, 0, 0, number).into(), PORT);
        self.hosts.push(Host { responder, address, name: None, is_here: true });
    }

    fn leave(&mut self) {
        let here = self.hosts.iter().filter(|host| host.is_here).count() as u64;
        let chosen = usize::try_from(self.chance(here.max(1))).unwrap();
        let Some(host) = self.hosts.iter_mut().filter(|host| host.is_here).nth(chosen) else { return };
        host.is_here = false;
        let (address, goodbyes) = (host.address, host.responder.say_goodbye());
        for goodbye in goodbyes {
            self.carry(address, goodbye.bytes);
        }
    }

    /// To everybody, some of it late, twice or never.
    fn carry(&mut self, from: SocketAddr, bytes: Vec<u8>) {
        let copies = if self.is_lossy { [0, 1, 1, 1, 1, 2][usize::try_from(self.chance(6)).unwrap()] } else { 1 };
        for _ in 0..copies {
            let delay = if self.is_lossy { self.chance(40) } else { 1 };
            self.on_the_way.push((self.now + Duration::from_millis(delay), from, bytes.clone()));
        }
    }

    fn run(&mut self, millis: u64) {
        for _ in 0..millis {
            self.now += Duration::from_millis(1);
            self.arrive();
            for at in 0..self.hosts.len() {
                while let Some(sent) = self.hosts[at].responder.poll(self.now) {
                    assert!(self.hosts[at].is_here, "seed {}: who has left says nothing", self.seed);
                    let from = self.hosts[at].address;
                    self.check_pace(from, sent.to, &sent.bytes);
                    self.carry(from, sent.bytes);
                }
                while let Some(News::Announced { name, .. }) = self.hosts[at].responder.take_news() {
                    self.hosts[at].name = Some(name);
                }
            }
        }
    }

    fn arrive(&mut self) {
        let now = self.now;
        let (arrived, later) = std::mem::take(&mut self.on_the_way).into_iter().partition(|(at, ..)| *at <= now);
        self.on_the_way = later;
        for (_, from, bytes) in Vec::from_iter::<Vec<(Duration, SocketAddr, Vec<u8>)>>(arrived) {
            for host in self.hosts.iter_mut().filter(|host| host.is_here) {
                host.responder.receive(LINK, from, &bytes, now);
            }
            self.browser.receive(LINK, &bytes);
        }
    }

    /// RFC 6762, section 6: nothing is said to the group twice within a second, or a quarter of one when
    /// a name is defended.
    fn check_pace(&mut self, from: SocketAddr, to: Destination, bytes: &[u8]) {
        let is_answer = bytes[2] & 0x80 != 0;
        if is_answer && matches!(to, Destination::Group(Family::V4)) {
            let before = self.said.insert((from, bytes.to_vec()), self.now);
            let gap = before.map_or(Duration::MAX, |before| self.now - before);
            assert!(gap >= Duration::from_millis(250), "seed {}: {from} again after {gap:?}", self.seed);
        }
    }

    fn ask(&mut self) {
        let asker = SocketAddr::new(Ipv4Addr::new(10, 0, 0, 250).into(), PORT);
        self.carry(asker, self.browser.question());
    }

    fn check_quiet(&mut self) {
        self.is_lossy = false;
        // Two that have not heard each other at all learn of it when somebody asks.
        self.run(3_000);
        self.ask();
        self.run(60_000);
        let here = self.hosts.iter().filter(|host| host.is_here);
        let mut names: Vec<_> = here.clone().map(|host| host.name.clone().expect("it was announced")).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "seed {}: a name twice among {names:?}", self.seed);
        self.browser = Browser::default();
        self.ask();
        self.run(2_000);
        let found: Vec<_> = self.browser.found().into_iter().map(|server| (server.name, server.addresses)).collect();
        let mut expected: Vec<_> = self
            .hosts
            .iter()
            .filter(|host| host.is_here)
            .map(|host| (host.name.clone().unwrap(), vec![SocketAddr::new(host.address.ip(), 2428)]))
            .collect();
        expected.sort();
        let mut found_sorted = found;
        found_sorted.sort();
        assert_eq!(found_sorted, expected, "seed {}", self.seed);
    }
}

fn try_seed(seed: u64) {
    let mut lan = Lan::new(seed);
    lan.join();
    for _ in 0..12 {
        match lan.chance(4) {
            0 | 1 => lan.join(),
            2 => lan.leave(),
            _ => {}
        }
        let pause = lan.chance(3_000);
        lan.run(pause);
    }
    lan.check_quiet();
}

#[test]
fn a_lan_of_one_name_sorts_itself_out() {
    let number = |name| std::env::var(name).ok().and_then(|number| number.parse().ok());
    if let Some(seed) = number("CHATD_SEED") {
        return try_seed(seed);
    }
    (0..number("CHATD_SEEDS").unwrap_or(SEEDS).max(SEEDS)).for_each(try_seed);
}
