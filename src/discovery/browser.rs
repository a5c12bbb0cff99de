//! The half of who looks: asks for servers, and puts together what is said of each.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, PacketFlag, QCLASS, QTYPE, Question, ResourceRecord, TYPE};

use super::link::LinkId;
use super::message::{Message, read};
use super::service::service_name;

/// So many servers and hosts are remembered, of each so many addresses; more are not.
const SERVERS: usize = 64;
const ADDRESSES: usize = 16;

/// A server that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it calls itself. Anybody may have written this: it is to be made harmless before it is shown.
    pub name: String,
    /// Where it is to be reached; those that mean something on their link only have its scope.
    pub addresses: Vec<SocketAddr>,
    /// What it says beforehand, each `KEY` with its value.
    pub text: Vec<(String, String)>,
}

/// What has been said of servers.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// By the server's name, in lower case as names are compared.
    servers: BTreeMap<Key, Server>,
    hosts: BTreeMap<Key, Vec<SocketAddr>>,
}

/// A name by which it is found again: its labels, in lower case.
type Key = Vec<Vec<u8>>;

#[derive(Clone, Debug)]
struct Server {
    name: String,
    /// The name as it is asked for.
    asked: Name<'static>,
    /// Whether it is a server of this kind, or only mentioned.
    is_listed: bool,
    host: Option<(Name<'static>, u16)>,
    text: Vec<(String, String)>,
}

impl Browser {
    /// The question for all servers.
    pub fn question(&self) -> Vec<u8> {
        ask([(service_name(), TYPE::PTR)])
    }

    /// What is still to be asked of servers that were only named: a question for the rest, if there is any.
    pub fn further_question(&self) -> Option<Vec<u8>> {
        let mut questions = Vec::new();
        for server in self.servers.values().filter(|server| server.is_listed) {
            match &server.host {
                None => {
                    questions.push((server.asked.clone(), TYPE::SRV));
                    questions.push((server.asked.clone(), TYPE::TXT));
                }
                Some((host, _)) if !self.hosts.contains_key(&key(host)) => {
                    questions.push((host.clone(), TYPE::A));
                    questions.push((host.clone(), TYPE::AAAA));
                }
                Some(_) => {}
            }
        }
        // A datagram of any link holds so many.
        questions.truncate(8);
        (!questions.is_empty()).then(|| ask(questions))
    }

    /// A datagram has come on a link. What is malformed, or no answer, is ignored.
    pub fn receive(&mut self, link: LinkId, bytes: &[u8]) {
        let Some(packet) = read(bytes).filter(|packet| packet.has_flags(PacketFlag::RESPONSE)) else { return };
        // Who names a server may say the rest of it before: pointers first.
        for record in &packet.answers {
            self.heed_pointer(record);
        }
        for record in packet.answers.iter().chain(&packet.additional_records) {
            self.heed(link, record);
        }
    }

    /// The servers of which one knows where they are, by name.
    pub fn found(&self) -> Vec<Found> {
        let complete = |server: &Server| {
            let (host, port) = server.host.as_ref()?;
            let mut addresses: Vec<_> = self.hosts.get(&key(host))?.clone();
            addresses.iter_mut().for_each(|address| address.set_port(*port));
            Some(Found { name: server.name.clone(), addresses, text: server.text.clone() })
        };
        self.servers.values().filter(|server| server.is_listed).filter_map(complete).collect()
    }

    fn heed_pointer(&mut self, record: &ResourceRecord<'_>) {
        let RData::PTR(pointer) = &record.rdata else { return };
        if record.name != service_name() || !pointer.0.is_subdomain_of(&service_name()) {
            return;
        }
        if record.ttl == 0 {
            self.servers.remove(&key(&pointer.0));
        } else if let Some(server) = self.server(&pointer.0) {
            server.is_listed = true;
        }
    }

    fn heed(&mut self, link: LinkId, record: &ResourceRecord<'_>) {
        if record.ttl == 0 {
            return;
        }
        match &record.rdata {
            RData::SRV(place) if record.name.is_subdomain_of(&service_name()) => {
                let host = place.target.clone().into_owned();
                if let Some(server) = self.server(&record.name) {
                    server.host = Some((host, place.port));
                }
            }
            RData::TXT(said) if record.name.is_subdomain_of(&service_name()) => {
                let readable = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let pairs = said.iter_raw().map(|(key, value)| (readable(key), readable(value.unwrap_or_default())));
                let text = pairs.take(ADDRESSES).collect();
                if let Some(server) = self.server(&record.name) {
                    server.text = text;
                }
            }
            RData::A(a) => self.add_address(&record.name, SocketAddr::new(IpAddr::V4(a.address.into()), 0)),
            RData::AAAA(aaaa) => self.add_address(&record.name, scoped(aaaa.address.into(), link)),
            _ => {}
        }
    }

    fn server(&mut self, name: &Name<'_>) -> Option<&mut Server> {
        let key = key(name);
        if !self.servers.contains_key(&key) && self.servers.len() >= SERVERS {
            return None;
        }
        let unknown = || Server {
            name: name
                .get_labels()
                .first()
                .map(|label| String::from_utf8_lossy(label.as_ref()).into_owned())
                .unwrap_or_default(),
            asked: name.clone().into_owned(),
            is_listed: false,
            host: None,
            text: Vec::new(),
        };
        Some(self.servers.entry(key).or_insert_with(unknown))
    }

    fn add_address(&mut self, host: &Name<'_>, address: SocketAddr) {
        let key = key(host);
        if !self.hosts.contains_key(&key) && self.hosts.len() >= SERVERS {
            return;
        }
        let addresses = self.hosts.entry(key).or_default();
        if !addresses.contains(&address) && addresses.len() < ADDRESSES {
            addresses.push(address);
            addresses.sort_unstable();
        }
    }
}

fn ask(questions: impl IntoIterator<Item = (Name<'static>, TYPE)>) -> Vec<u8> {
    let question = |(name, kind)| Question::new(name, QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN), false);
    Message::query().ask(questions.into_iter().map(question)).bytes().unwrap_or_default()
}

fn key(name: &Name<'_>) -> Key {
    name.get_labels().iter().map(|label| label.as_ref().to_ascii_lowercase()).collect()
}

/// An address with the scope of the link on which it was heard, where it means nothing without.
fn scoped(address: Ipv6Addr, link: LinkId) -> SocketAddr {
    let scope = if address.is_unicast_link_local() { link } else { 0 };
    SocketAddr::V6(SocketAddrV6::new(address, 0, 0, scope))
}
