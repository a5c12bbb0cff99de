//! Two hosts that ask for the same name at once: whose records come later has it (RFC 6762,
//! section 8.2).

use std::cmp::Ordering;

use simple_dns::rdata::RData;
use simple_dns::{Name, Packet, ResourceRecord};

/// How our records for a name stand to those of another, who claims it as well: class, type, then
/// the bytes of each, in order.
pub(super) fn compare(ours: &[ResourceRecord<'_>], theirs: &[ResourceRecord<'_>], name: &Name<'_>) -> Ordering {
    sorted(ours, name).cmp(&sorted(theirs, name))
}

fn sorted(records: &[ResourceRecord<'_>], name: &Name<'_>) -> Vec<(u16, u16, Vec<u8>)> {
    let own = records.iter().filter(|record| record.name == *name);
    let mut keys: Vec<_> =
        own.map(|record| (record.class.into(), record.rdata.type_code().into(), bytes(&record.rdata))).collect();
    keys.sort_unstable();
    keys
}

/// Data as it stands in a packet without compression: behind a header, an empty name and ten bytes of
/// type, class, lifetime and length.
fn bytes(data: &RData<'_>) -> Vec<u8> {
    const BEFORE: usize = 12 + 1 + 10;
    let mut packet = Packet::new_reply(0);
    let record = ResourceRecord::new(Name::new_with_labels(&[]), simple_dns::CLASS::IN, 0, data.clone());
    packet.answers.push(record);
    packet.build_bytes_vec().ok().and_then(|bytes| bytes.get(BEFORE..).map(<[u8]>::to_vec)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use simple_dns::CLASS;
    use simple_dns::rdata::A;

    fn address(last: u8) -> ResourceRecord<'static> {
        let data = RData::A(A::from(std::net::Ipv4Addr::new(169, 254, 99, last)));
        ResourceRecord::new(Name::new("myhost.local").unwrap(), CLASS::IN, 120, data)
    }

    #[test]
    fn the_later_records_have_the_name() {
        let name = Name::new("MyHost.local").unwrap();
        assert_eq!(bytes(&address(200).rdata), [169, 254, 99, 200]);
        assert_eq!(compare(&[address(200)], &[address(100)], &name), Ordering::Greater);
        assert_eq!(compare(&[address(1), address(2)], &[address(2), address(1)], &name), Ordering::Equal);
        assert_eq!(compare(&[address(1)], &[address(1), address(0)], &name), Ordering::Greater, "in order: 0 before 1");
        assert_eq!(compare(&[address(1)], &[address(1), address(2)], &name), Ordering::Less, "who has more is later");
    }
}
