//! Datagrams: looked at before they are read, and written.

use simple_dns::{OPCODE, Packet, PacketFlag, Question, RCODE, ResourceRecord};

/// The longest datagram that is read (RFC 6762, section 17).
pub const LONGEST: usize = 9000;
const HEADER_BYTES: usize = 12;
/// A question is a name of one byte, a type and a class.
const LEAST_QUESTION: usize = 5;
/// A record has beyond that a lifetime and a length.
const LEAST_RECORD: usize = 11;

/// A datagram that is well formed, and a question or an answer of multicast DNS; nothing else is.
pub(super) fn read(bytes: &[u8]) -> Option<Packet<'_>> {
    if bytes.len() > LONGEST || !could_hold_what_it_counts(bytes) {
        return None;
    }
    let packet = Packet::parse(bytes).ok()?;
    // RFC 6762, sections 18.3 and 18.11: other messages are silently ignored.
    let is_ours = packet.opcode() == OPCODE::StandardQuery && packet.rcode() == RCODE::NoError;
    is_ours.then_some(packet)
}

/// The parser makes room for as many records as the header counts: a header alone could ask for
/// megabytes.
fn could_hold_what_it_counts(bytes: &[u8]) -> bool {
    let count = |at: usize| {
        let field = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>());
        field.map(|field| usize::from(u16::from_be_bytes(*field)))
    };
    let (Some(questions), Some(answers), Some(authorities), Some(additional)) =
        (count(4), count(6), count(8), count(10))
    else {
        return false;
    };
    let least = questions * LEAST_QUESTION + (answers + authorities + additional) * LEAST_RECORD;
    HEADER_BYTES + least <= bytes.len()
}

/// What we say: a question, or an answer.
#[derive(Debug)]
pub(super) struct Message {
    packet: Packet<'static>,
}

impl Message {
    pub(super) fn query() -> Self {
        Self { packet: Packet::new_query(0) }
    }

    pub(super) fn answer() -> Self {
        let mut packet = Packet::new_reply(0);
        packet.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
        Self { packet }
    }

    /// An answer to a resolver that knows nothing of multicast DNS (RFC 6762, section 6.7).
    pub(super) fn legacy_answer(query: &Packet<'_>) -> Self {
        let mut answer = Self::answer();
        answer.packet.set_id(query.id());
        answer.packet.questions =
            query.questions.iter().take(1).map(|question| question.clone().into_owned()).collect();
        answer
    }

    pub(super) fn ask(mut self, questions: impl IntoIterator<Item = Question<'static>>) -> Self {
        self.packet.questions.extend(questions);
        self
    }

    pub(super) fn say(mut self, answers: Vec<ResourceRecord<'static>>) -> Self {
        self.packet.answers.extend(answers);
        self
    }

    pub(super) fn claim(mut self, records: Vec<ResourceRecord<'static>>) -> Self {
        self.packet.name_servers.extend(records);
        self
    }

    pub(super) fn add(mut self, records: Vec<ResourceRecord<'static>>) -> Self {
        self.packet.additional_records.extend(records);
        self
    }

    /// Every lifetime at most so many seconds; without the bit that has others forget what they knew,
    /// where `is_legacy`.
    pub(super) fn limit_ttl(mut self, seconds: u32, is_legacy: bool) -> Self {
        for record in self.packet.answers.iter_mut().chain(&mut self.packet.additional_records) {
            record.ttl = record.ttl.min(seconds);
            record.cache_flush &= !is_legacy;
        }
        self
    }

    /// Nothing when it cannot be written, which is when a name is too long for the format.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        self.packet.build_bytes_vec_compressed().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_counts_more_than_there_is_costs_nothing() {
        let mut header = [0; 12];
        for at in [4, 6, 8, 10] {
            header[at] = 0xff;
            header[at + 1] = 0xff;
        }
        assert!(!could_hold_what_it_counts(&header));
        assert!(!could_hold_what_it_counts(&header[..7]));
        assert!(could_hold_what_it_counts(&[0; 12]));
        assert!(read(&[0; 12]).is_some());
        assert!(read(&[0; LONGEST + 1]).is_none());
    }
}
