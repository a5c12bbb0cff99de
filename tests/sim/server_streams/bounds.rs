//! Bounds of the server layer that no other test reaches.

use std::time::Duration;

use super::support::Bench;

#[test]
fn a_round_of_more_than_fifty_milliseconds_is_logged() {
    let mut bench = Bench::new();
    bench.server.note_tick(Duration::from_millis(50), bench.now);
    assert_eq!(bench.log(), [""; 0]);
    bench.server.note_tick(Duration::from_millis(51), bench.now);
    assert_eq!(bench.log(), ["slow-tick ms=51 lines=0 reads=0 writes=0"]);
}

#[test]
fn lines_for_many_are_handed_out_before_they_are_very_many() {
    let mut bench = Bench::new();
    let [talker, listener] = bench.room(["talker", "listener"]);
    // One read's worth of short lines is several times as long for those who hear them; the
    // invariants, which are checked after each tick, bound what collected them.
    bench.send(&talker, "SAY #r x\n".repeat(1_800));
    bench.settle();
    assert_eq!(listener.lines().iter().filter(|line| line.ends_with(" talker x")).count(), 1_800);
}
