//! The records that tell of a server, by kind.

use std::net::IpAddr;

use simple_dns::rdata::{A, AAAA, NSEC, PTR, RData, SRV, TXT};
use simple_dns::{CLASS, CharacterString, Name, QCLASS, QTYPE, Question, ResourceRecord, TYPE};

use super::link::Link;
use super::service::{Service, service_name, services_name};

/// Seconds for which others may remember what changes with the host (RFC 6762, section 10).
const HOST_TTL: u32 = 120;
/// And what stays.
const OTHER_TTL: u32 = 4500;

/// Some kinds of records, each kind all that stands under one name and type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    /// `_services._dns-sd._udp.local` → `_chatd._tcp.local`
    pub(super) const TYPES: Self = Self(1);
    /// `_chatd._tcp.local` → the server's name
    pub(super) const POINTER: Self = Self(1 << 1);
    /// The server's name → host and port
    pub(super) const SERVER: Self = Self(1 << 2);
    /// The server's name → what is said beforehand
    pub(super) const TEXT: Self = Self(1 << 3);
    /// The host's name → addresses
    pub(super) const V4: Self = Self(1 << 4);
    /// The host's name → addresses
    pub(super) const V6: Self = Self(1 << 5);
    /// That nothing else stands under the server's name
    pub(super) const INSTANCE_ONLY: Self = Self(1 << 6);
    /// That nothing else stands under the host's name
    pub(super) const HOST_ONLY: Self = Self(1 << 7);
    pub(super) const ALL: Self = Self(0xff);
    /// What others may have as well.
    pub(super) const SHARED: Self = Self(Self::TYPES.0 | Self::POINTER.0);
    /// What there is only one of, so that others have to be asked first.
    pub(super) const UNIQUE: Self = Self(Self::SERVER.0 | Self::TEXT.0 | Self::V4.0 | Self::V6.0);
    const ADDRESSES: Self = Self(Self::V4.0 | Self::V6.0);

    const EACH: [Self; 8] = [
        Self::TYPES,
        Self::POINTER,
        Self::SERVER,
        Self::TEXT,
        Self::V4,
        Self::V6,
        Self::INSTANCE_ONLY,
        Self::HOST_ONLY,
    ];

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn remove(&mut self, other: Self) {
        self.0 &= !other.0;
    }

    /// Those among them, one by one, with the number of each.
    pub(super) fn each(self) -> impl Iterator<Item = (usize, Self)> {
        Self::EACH.into_iter().enumerate().filter(move |(_, kind)| self.has(*kind))
    }

    /// What whoever asks for these will want next (RFC 6763, section 12).
    pub(super) fn followers(self) -> Self {
        let mut kinds = Self::NONE;
        if self.has(Self::POINTER) {
            kinds = kinds.and(Self::SERVER).and(Self::TEXT).and(Self::INSTANCE_ONLY);
        }
        if self.and(kinds).has(Self::SERVER) {
            kinds = kinds.and(Self::ADDRESSES).and(Self::HOST_ONLY);
        }
        if self.has(Self::ADDRESSES) {
            kinds = kinds.and(Self::ADDRESSES).and(Self::HOST_ONLY);
        }
        kinds.remove(self);
        kinds
    }
}

/// What a question asks of us; nothing when it is for others.
pub(super) fn asked(service: &Service, question: &Question<'_>) -> Kinds {
    if !matches!(question.qclass, QCLASS::ANY | QCLASS::CLASS(CLASS::IN)) {
        return Kinds::NONE;
    }
    let (is_any, is) = (question.qtype == QTYPE::ANY, |kind| question.qtype == QTYPE::TYPE(kind));
    let name = &question.qname;
    if *name == service_name() {
        return if is_any || is(TYPE::PTR) { Kinds::POINTER } else { Kinds::NONE };
    }
    if *name == services_name() {
        return if is_any || is(TYPE::PTR) { Kinds::TYPES } else { Kinds::NONE };
    }
    if *name == service.instance_name() {
        return match () {
            () if is_any => Kinds::SERVER.and(Kinds::TEXT),
            () if is(TYPE::SRV) => Kinds::SERVER,
            () if is(TYPE::TXT) => Kinds::TEXT,
            () => Kinds::INSTANCE_ONLY,
        };
    }
    if *name == service.host_name() {
        return match () {
            () if is_any => Kinds::ADDRESSES,
            () if is(TYPE::A) => Kinds::V4,
            () if is(TYPE::AAAA) => Kinds::V6,
            () => Kinds::HOST_ONLY,
        };
    }
    Kinds::NONE
}

/// All records of some kinds, as they are on a link.
pub(super) fn records(service: &Service, link: &Link, kinds: Kinds) -> Vec<ResourceRecord<'static>> {
    kinds.each().flat_map(|(_, kind)| of_kind(service, link, kind)).collect()
}

fn of_kind(service: &Service, link: &Link, kind: Kinds) -> Vec<ResourceRecord<'static>> {
    let (instance, host) = (service.instance_name(), service.host_name());
    let unique = |name: &Name<'static>, ttl, data| {
        ResourceRecord::new(name.clone(), CLASS::IN, ttl, data).with_cache_flush(true)
    };
    match kind {
        Kinds::TYPES => vec![pointer(services_name(), service_name())],
        Kinds::POINTER => vec![pointer(service_name(), instance)],
        Kinds::SERVER => {
            let server = SRV { priority: 0, weight: 0, port: service.port(), target: host };
            vec![unique(&instance, HOST_TTL, RData::SRV(server))]
        }
        Kinds::TEXT => vec![unique(&instance, OTHER_TTL, RData::TXT(text(service)))],
        Kinds::INSTANCE_ONLY => {
            let only = NSEC::from_types(instance.clone(), &[TYPE::TXT, TYPE::SRV]);
            vec![unique(&instance, OTHER_TTL, RData::NSEC(only))]
        }
        Kinds::HOST_ONLY => {
            let only = NSEC::from_types(host.clone(), &types_of_addresses(link));
            vec![unique(&host, HOST_TTL, RData::NSEC(only))]
        }
        addresses => {
            let of_family = |address: &IpAddr| addresses.has(if address.is_ipv4() { Kinds::V4 } else { Kinds::V6 });
            let own = link.addresses.iter().map(ipnet::IpNet::addr).filter(of_family);
            own.map(|address| unique(&host, HOST_TTL, address_data(address))).collect()
        }
    }
}

fn pointer(from: Name<'static>, to: Name<'static>) -> ResourceRecord<'static> {
    ResourceRecord::new(from, CLASS::IN, OTHER_TTL, RData::PTR(PTR(to)))
}

fn text(service: &Service) -> TXT<'static> {
    let mut text = TXT::new();
    for line in service.text() {
        if let Ok(line) = CharacterString::new(line.as_bytes()) {
            text.add_char_string(line.into_owned());
        }
    }
    text
}

fn types_of_addresses(link: &Link) -> Vec<TYPE> {
    let kinds = link.all();
    let types = [(Kinds::V4, TYPE::A), (Kinds::V6, TYPE::AAAA)];
    types.into_iter().filter(|(kind, _)| kinds.has(*kind)).map(|(_, kind)| kind).collect()
}

fn address_data(address: IpAddr) -> RData<'static> {
    match address {
        IpAddr::V4(v4) => RData::A(A::from(v4)),
        IpAddr::V6(v6) => RData::AAAA(AAAA::from(v6)),
    }
}
