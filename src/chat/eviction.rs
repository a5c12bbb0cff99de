//! Whose backlog goes when all of them together take too much memory: of what was opened from one
//! origin, empty rooms first, then where nothing has been said for longest; and it is the origin with
//! most that gives, so that nobody loses a room's past because others fill many.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::origin::Origin;

/// A backlog that could go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<R> {
    pub(super) room: R,
    pub(super) opener: Option<Origin>,
    pub(super) is_open: bool,
    /// The number of the last message in it.
    pub(super) last: u64,
    pub(super) memory: usize,
}

/// Which have to go, until at least `excess` bytes are free.
pub(super) fn choose<R: Copy>(candidates: Vec<Candidate<R>>, excess: usize) -> Vec<R> {
    let mut holdings: BTreeMap<Option<Origin>, Vec<Candidate<R>>> = BTreeMap::new();
    for candidate in candidates {
        holdings.entry(candidate.opener).or_default().push(candidate);
    }
    let mut most = BinaryHeap::new();
    for (origin, rooms) in &mut holdings {
        rooms.sort_unstable_by_key(|room| Reverse((room.is_open, room.last)));
        most.push((rooms.iter().map(|room| room.memory).sum::<usize>(), *origin));
    }
    let (mut chosen, mut freed) = (Vec::new(), 0);
    while freed < excess
        && let Some((memory, origin)) = most.pop()
    {
        if let Some(room) = holdings.get_mut(&origin).and_then(Vec::pop) {
            chosen.push(room.room);
            freed += room.memory;
            most.push((memory - room.memory, origin));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(room: u8, opener: u8, is_open: bool, last: u64) -> Candidate<u8> {
        let opener = Some(Origin::from(std::net::IpAddr::from([10, 0, 0, opener])));
        Candidate { room, opener, is_open, last, memory: 100 }
    }

    #[test]
    fn who_has_most_gives_empty_rooms_first_and_the_least_used_of_them() {
        let all = vec![
            candidate(1, 1, false, 1),
            candidate(2, 2, true, 2),
            candidate(3, 2, true, 9),
            candidate(4, 2, false, 8),
            candidate(5, 2, false, 7),
        ];
        assert_eq!(choose(all.clone(), 250), [5, 4, 2]);
        assert_eq!(choose(all.clone(), 0), [0; 0]);
        assert_eq!(choose(all, 10_000).len(), 5, "there are no more than that");
    }
}
