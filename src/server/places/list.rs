//! Whose places are kept: how many of each address, in the order in which they were left, and which
//! goes when there are too many.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::chat::Origin;
use crate::server::connection_id::ConnectionId;

/// Says which of the places that are kept one is. Later ones have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::server) struct PlaceNumber(u64);

impl PlaceNumber {
    /// No place's.
    pub(in crate::server) const NONE: Self = Self(0);
}

/// How many places an origin has, and its oldest: the greatest rank has to give one up.
type Rank = (usize, Reverse<PlaceNumber>, Origin);

/// See the module.
#[derive(Debug, Default)]
pub(in crate::server) struct PlaceList {
    order: BTreeMap<(Origin, PlaceNumber), ConnectionId>,
    counts: BTreeMap<Origin, usize>,
    ranks: BTreeSet<Rank>,
    left: u64,
}

impl PlaceList {
    pub(in crate::server) fn len(&self) -> usize {
        self.order.len()
    }

    /// A place is kept from now on.
    pub(in crate::server) fn add(&mut self, origin: Origin, id: ConnectionId) -> PlaceNumber {
        self.left += 1;
        let number = PlaceNumber(self.left);
        self.change(origin, |places| {
            places.order.insert((origin, number), id);
            *places.counts.entry(origin).or_default() += 1;
        });
        number
    }

    /// It is not kept any more.
    pub(in crate::server) fn remove(&mut self, origin: Origin, number: PlaceNumber) {
        self.change(origin, |places| {
            if places.order.remove(&(origin, number)).is_some()
                && let Some(count) = places.counts.get_mut(&origin)
            {
                *count -= 1;
                if *count == 0 {
                    places.counts.remove(&origin);
                }
            }
        });
    }

    /// The place to give up, if an origin has more than it may, or all have more than they may
    /// together; 0 is no limit. It is the oldest of those who have most: nobody loses a place
    /// because others leave many.
    pub(in crate::server) fn surplus(&self, of_origin: usize, of_all: usize) -> Option<ConnectionId> {
        let (count, Reverse(oldest), origin) = *self.ranks.last()?;
        let is_too_many = of_origin > 0 && count > of_origin || of_all > 0 && self.len() > of_all;
        if is_too_many { self.order.get(&(origin, oldest)).copied() } else { None }
    }

    fn change(&mut self, origin: Origin, change: impl FnOnce(&mut Self)) {
        if let Some(rank) = self.rank(origin) {
            self.ranks.remove(&rank);
        }
        change(self);
        if let Some(rank) = self.rank(origin) {
            self.ranks.insert(rank);
        }
    }

    fn rank(&self, origin: Origin) -> Option<Rank> {
        let count = *self.counts.get(&origin)?;
        let ((_, oldest), _) = self.order.range((origin, PlaceNumber(0))..).next()?;
        Some((count, Reverse(*oldest), origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(last: u8) -> Origin {
        Origin::from(std::net::IpAddr::from([10, 0, 0, last]))
    }

    fn id(slot: u32) -> ConnectionId {
        ConnectionId { slot, generation: 0 }
    }

    /// Keeps so many places for an origin, each giving up what is too many; says which are gone.
    fn leave(places: &mut PlaceList, from: u8, slots: std::ops::Range<u32>, of_all: usize) -> Vec<u32> {
        let (mut gone, mut numbers) = (Vec::new(), BTreeMap::new());
        for slot in slots {
            numbers.insert(slot, places.add(origin(from), id(slot)));
            while let Some(surplus) = places.surplus(3, of_all) {
                let of = |(key, kept): (&(Origin, PlaceNumber), &ConnectionId)| (*kept == surplus).then_some(*key);
                let (origin, number) = places.order.iter().find_map(of).expect("it is kept");
                places.remove(origin, number);
                gone.push(surplus.slot);
            }
        }
        gone
    }

    #[test]
    fn who_leaves_too_many_gives_up_its_own_oldest() {
        let mut places = PlaceList::default();
        assert!(leave(&mut places, 1, 0..1, 0).is_empty());
        assert_eq!(leave(&mut places, 2, 10..16, 0), [10, 11, 12]);
        assert_eq!(places.len(), 4);
    }

    #[test]
    fn when_all_have_too_many_those_with_most_give_one_up() {
        let mut places = PlaceList::default();
        assert!(leave(&mut places, 1, 0..1, 5).is_empty());
        assert!(leave(&mut places, 2, 10..13, 5).is_empty());
        assert_eq!(leave(&mut places, 3, 20..23, 5), [10, 20], "not the one with a single place");
        assert_eq!(leave(&mut places, 4, 30..31, 5), [11], "the older of two that have two each");
    }

    #[test]
    fn among_those_with_as_many_the_oldest_goes() {
        let mut places = PlaceList::default();
        for from in [9, 5, 7] {
            leave(&mut places, from, u32::from(from)..u32::from(from) + 1, 0);
        }
        assert_eq!(leave(&mut places, 1, 1..2, 3), [9]);
    }
}
