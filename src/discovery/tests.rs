//! Responders and browsers on a LAN made of nothing but time: what is sent on a link reaches all on it
//! a millisecond later.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::{A, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, ResourceRecord, TYPE};

use super::*;

const LINK: LinkId = 3;

/// A datagram as somebody listening on the link sees it.
struct Heard {
    at: Duration,
    to: Destination,
    bytes: Vec<u8>,
}

impl Heard {
    fn packet(&self) -> Packet<'_> {
        Packet::parse(&self.bytes).unwrap()
    }

    fn is_answer(&self) -> bool {
        self.packet().has_flags(PacketFlag::RESPONSE)
    }
}

struct Host {
    responder: Responder,
    address: SocketAddr,
}

#[derive(Default)]
struct Lan {
    now: Duration,
    hosts: Vec<Host>,
    heard: Vec<Heard>,
}

impl Lan {
    fn join(&mut self, name: &str, port: u16, last: u8) -> usize {
        let service = Service::new(name, name, port, &[("protocol", "1")]).unwrap();
        let address = SocketAddr::new(Ipv4Addr::new(10, 0, 0, last).into(), PORT);
        let mut responder = Responder::new(service, u64::from(last) * 77);
        responder.set_interfaces(&[interface(last)], self.now);
        self.hosts.push(Host { responder, address });
        self.hosts.len() - 1
    }

    fn run(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        while self.now < until {
            self.now += Duration::from_millis(1);
            for at in 0..self.hosts.len() {
                while let Some(sent) = self.hosts[at].responder.poll(self.now) {
                    let from = self.hosts[at].address;
                    self.deliver(from, sent.to, sent.bytes);
                }
            }
        }
    }

    fn deliver(&mut self, from: SocketAddr, to: Destination, bytes: Vec<u8>) {
        for host in &mut self.hosts {
            if !matches!(to, Destination::Peer(peer) if peer != host.address) {
                host.responder.receive(LINK, from, &bytes, self.now);
            }
        }
        self.heard.push(Heard { at: self.now, to, bytes });
    }

    /// What is said since; the list is empty then.
    fn take(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.heard)
    }

    fn found(&self) -> Vec<Found> {
        let mut browser = Browser::default();
        self.heard.iter().for_each(|heard| browser.receive(LINK, &heard.bytes));
        browser.found()
    }

    fn names(&self) -> Vec<String> {
        self.hosts.iter().map(|host| host.responder.service_for_test().shown()).collect()
    }

    fn ask(&mut self, from: &str, question: Question<'static>, known: Vec<ResourceRecord<'static>>) {
        let mut packet = Packet::new_query(7);
        packet.questions.push(question);
        packet.answers = known;
        self.deliver(from.parse().unwrap(), Destination::Group(Family::V4), packet.build_bytes_vec().unwrap());
    }
}

fn interface(last: u8) -> Interface {
    Interface { id: LINK, addresses: vec![format!("10.0.0.{last}/24").parse().unwrap()] }
}

fn pointer_question(is_unicast: bool) -> Question<'static> {
    let name = Name::new("_chatd._tcp.local").unwrap();
    Question::new(name, QTYPE::TYPE(TYPE::PTR), QCLASS::CLASS(CLASS::IN), is_unicast)
}

fn answers_to_the_group(heard: &[Heard]) -> usize {
    heard.iter().filter(|heard| heard.is_answer() && matches!(heard.to, Destination::Group(_))).count()
}

#[test]
fn a_server_asks_three_times_then_tells_itself_twice() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(5_000);
    let said: Vec<_> = lan.heard.iter().map(|heard| (heard.is_answer(), heard.at)).collect();
    assert_eq!(said.iter().map(|(is_answer, _)| *is_answer).collect::<Vec<_>>(), [false, false, false, true, true]);
    let gaps: Vec<_> = said.windows(2).map(|pair| (pair[1].1 - pair[0].1).as_millis()).collect();
    assert_eq!(gaps, [250, 250, 250, 1000]);
    let found = lan.found();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, "chatd on lab7");
    assert_eq!(found[0].addresses, ["10.0.0.1:2428".parse().unwrap()]);
    assert_eq!(found[0].text, [("protocol".to_owned(), "1".to_owned())]);
}

#[test]
fn two_of_one_name_at_once_end_with_two_names() {
    for delay in [0, 1, 100, 300, 600, 700, 2_000, 9_000] {
        let mut lan = Lan::default();
        lan.join("chatd on lab7", 2428, 1);
        lan.run(delay);
        lan.join("chatd on lab7", 2428, 2);
        lan.run(12_000);
        let mut names = lan.names();
        names.sort();
        assert_eq!(names, ["chatd on lab7", "chatd on lab7 (2)"], "{delay}");
        let addresses: Vec<_> = lan.found().into_iter().flat_map(|found| found.addresses).collect();
        assert!(addresses.len() >= 2, "{delay}: {addresses:?}");
    }
}

#[test]
fn twenty_of_one_name_find_twenty() {
    let mut lan = Lan::default();
    for last in 1..=20 {
        lan.join("chatd", 2428, last);
    }
    lan.run(300_000);
    let mut names = lan.names();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 20, "{names:?}");
}

#[test]
fn two_daemons_of_one_machine_differ_by_their_ports() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(3_000);
    lan.join("chatd on lab7", 2429, 1);
    lan.run(10_000);
    assert_eq!(lan.names(), ["chatd on lab7", "chatd on lab7 (2)"]);
    let hosts: Vec<_> =
        lan.hosts.iter().map(|host| host.responder.service_for_test().host_name().to_string()).collect();
    assert_eq!(hosts, ["chatd-on-lab7-chatd.local"; 2], "their addresses are the same, and no contest");
}

#[test]
fn who_asks_is_told_all_within_an_eighth_of_a_second() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(10_000);
    lan.take();
    let asked = lan.now;
    lan.ask("10.0.0.9:5353", pointer_question(false), vec![]);
    lan.run(125);
    assert_eq!(answers_to_the_group(&lan.heard), 1);
    assert!(lan.heard[1].at - asked >= Duration::from_millis(20));
    assert_eq!(lan.found().len(), 1, "with host, port and address");
    // Asked again at once, it is not said twice within a second.
    lan.take();
    lan.ask("10.0.0.8:5353", pointer_question(false), vec![]);
    lan.ask("10.0.0.7:5353", pointer_question(false), vec![]);
    lan.run(700);
    assert_eq!(answers_to_the_group(&lan.heard), 0);
    lan.run(600);
    assert_eq!(answers_to_the_group(&lan.heard), 1);
}

#[test]
fn what_the_asker_knows_is_not_said() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(10_000);
    let known = |ttl| {
        let name = Name::new("_chatd._tcp.local").unwrap();
        let target = Name::new("CHATD on lab7._chatd._tcp.local").unwrap();
        vec![ResourceRecord::new(name, CLASS::IN, ttl, RData::PTR(simple_dns::rdata::PTR(target)))]
    };
    for (ttl, answers) in [(2_250, 0), (2_000, 1)] {
        lan.take();
        lan.ask("10.0.0.9:5353", pointer_question(false), known(ttl));
        lan.run(2_000);
        assert_eq!(answers_to_the_group(&lan.heard), answers, "{ttl}");
    }
}

#[test]
fn one_who_wants_to_be_told_alone_is() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(5_000);
    lan.take();
    lan.ask("10.0.0.9:5353", pointer_question(true), vec![]);
    lan.run(10);
    let peer = Destination::Peer("10.0.0.9:5353".parse().unwrap());
    assert_eq!(lan.heard.iter().filter(|heard| heard.to == peer).count(), 1);
    // Long after it was said to all it is said to all again.
    lan.run(60_000);
    lan.take();
    lan.ask("10.0.0.9:5353", pointer_question(true), vec![]);
    lan.run(200);
    assert_eq!(answers_to_the_group(&lan.heard), 1);
}

#[test]
fn a_plain_resolver_gets_its_question_back_and_short_lifetimes() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(5_000);
    lan.take();
    lan.ask("10.0.0.9:40000", pointer_question(false), vec![]);
    lan.run(10);
    let answer = lan.heard.iter().find(|heard| heard.is_answer()).unwrap();
    assert_eq!(answer.to, Destination::Peer("10.0.0.9:40000".parse().unwrap()));
    let packet = answer.packet();
    assert_eq!((packet.id(), packet.questions.len()), (7, 1));
    let all: Vec<_> = packet.answers.iter().chain(&packet.additional_records).collect();
    assert!(all.len() >= 4 && all.iter().all(|record| record.ttl <= 10 && !record.cache_flush), "{all:?}");
}

#[test]
fn nobody_from_elsewhere_is_heard_and_nobody_is_flooded() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(5_000);
    lan.take();
    lan.ask("192.0.2.1:40000", pointer_question(false), vec![]);
    lan.ask("192.0.2.1:5353", pointer_question(false), vec![]);
    lan.run(2_000);
    assert_eq!(lan.heard.iter().filter(|heard| heard.is_answer()).count(), 0);
    for _ in 0..1_000 {
        lan.ask("10.0.0.9:40000", pointer_question(false), vec![]);
    }
    lan.run(100);
    let answers = lan.heard.iter().filter(|heard| heard.is_answer()).count();
    assert!((1..=22).contains(&answers), "{answers}");
}

#[test]
fn a_name_that_is_claimed_is_defended_at_once() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(5_000);
    lan.take();
    let name = Name::new("chatd on lab7._chatd._tcp.local").unwrap();
    let mut packet = Packet::new_query(0);
    packet.questions.push(Question::new(name.clone(), QTYPE::ANY, QCLASS::ANY, false));
    let other = Ipv4Addr::new(10, 0, 0, 77);
    packet.name_servers.push(ResourceRecord::new(name, CLASS::IN, 120, RData::A(A::from(other))));
    let bytes = packet.build_bytes_vec().unwrap();
    lan.deliver(SocketAddr::new(IpAddr::V4(other), PORT), Destination::Group(Family::V4), bytes);
    lan.run(2);
    assert_eq!(answers_to_the_group(&lan.heard), 1);
}

#[test]
fn who_leaves_says_so_and_is_gone() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(5_000);
    let goodbyes = lan.hosts[0].responder.say_goodbye();
    assert_eq!(goodbyes.len(), 1);
    let from = lan.hosts[0].address;
    lan.deliver(from, Destination::Everybody, goodbyes[0].bytes.clone());
    assert!(lan.found().is_empty());
    lan.take();
    lan.run(5_000);
    assert!(lan.heard.is_empty(), "and it says nothing more");
    assert!(lan.hosts[0].responder.say_goodbye().is_empty());
}

#[test]
fn an_address_that_changes_is_told_and_a_link_that_returns_is_new() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(5_000);
    lan.take();
    let now = lan.now;
    lan.hosts[0].responder.set_interfaces(&[interface(5)], now);
    lan.run(3_000);
    assert_eq!(lan.heard.iter().filter(|heard| heard.is_answer()).count(), 2);
    assert_eq!(lan.found()[0].addresses, ["10.0.0.5:2428".parse().unwrap()]);
    lan.take();
    lan.hosts[0].responder.set_interfaces(&[], now);
    lan.run(3_000);
    assert!(lan.heard.is_empty());
    let now = lan.now;
    lan.hosts[0].responder.set_interfaces(&[interface(5)], now);
    lan.run(3_000);
    assert_eq!(lan.heard.len(), 5, "asked three times, told twice");
}

#[test]
fn a_packet_is_never_larger_than_any_link_allows() {
    let long = "x".repeat(63);
    let text: Vec<_> = (0..20).map(|_| ("key", "value-value-value")).collect();
    let service = Service::new(&long, &long, 2428, &text).unwrap();
    let mut responder = Responder::new(service, 1);
    let v6 = |last: u16| format!("fd00::{last:x}/64").parse().unwrap();
    let addresses = (1..100).map(v6).collect();
    responder.set_interfaces(&[Interface { id: LINK, addresses }], Duration::ZERO);
    let mut longest = 0;
    for millis in 0..4_000 {
        while let Some(sent) = responder.poll(Duration::from_millis(millis)) {
            longest = longest.max(sent.bytes.len());
        }
    }
    assert!((400..1_200).contains(&longest), "{longest}");
}

#[test]
fn any_bytes_from_anybody_are_ignored_or_answered() {
    let mut lan = Lan::default();
    lan.join("chatd on lab7", 2428, 1);
    lan.run(5_000);
    lan.ask("10.0.0.9:5353", pointer_question(true), vec![]);
    lan.run(2_000);
    let packets: Vec<Vec<u8>> = lan.take().into_iter().map(|heard| heard.bytes).collect();
    let mut browser = Browser::default();
    for packet in packets {
        for at in 0..packet.len() {
            for byte in [0, 1, 0x3f, 0x40, 0xc0, 0xff] {
                let mut bytes = packet.clone();
                bytes[at] = byte;
                let (now, from) = (lan.now, "10.0.0.9:5353".parse().unwrap());
                lan.hosts[0].responder.receive(LINK, from, &bytes, now);
                lan.hosts[0].responder.receive(LINK, from, &bytes[..at], now);
                browser.receive(LINK, &bytes);
            }
        }
        lan.run(10);
    }
    assert!(browser.found().len() <= 64);
}
