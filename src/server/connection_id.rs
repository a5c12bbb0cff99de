//! Handles of connections.

/// A connection's handle: its slot, and a generation that tells a reused slot from the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

const SLOT_BITS: u32 = usize::BITS / 2;
const SLOT_MASK: usize = (1 << SLOT_BITS) - 1;

impl ConnectionId {
    /// Generations stay below this, so that the highest numbers are free for the loop's own use.
    pub(super) const GENERATIONS: u32 = u32::MAX >> (32 - SLOT_BITS) >> 1;

    /// The id as one number, for the event queue.
    pub fn to_usize(self) -> usize {
        (self.generation as usize) << SLOT_BITS | self.slot as usize
    }

    /// Reads the number back.
    pub fn from_usize(number: usize) -> Self {
        let low = |number: usize| u32::try_from(number & SLOT_MASK).unwrap_or(u32::MAX);
        Self { slot: low(number), generation: low(number >> SLOT_BITS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_being_a_number_and_leave_the_highest_free() {
        for id in [
            ConnectionId { slot: 0, generation: 0 },
            ConnectionId { slot: 65_535, generation: ConnectionId::GENERATIONS },
        ] {
            assert_eq!(ConnectionId::from_usize(id.to_usize()), id);
            assert!(id.to_usize() < usize::MAX / 2);
        }
    }
}
