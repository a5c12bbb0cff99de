//! How often the server asks for memory while it relays messages, once warm: never.
//!
//! Counted in this thread by `allocation-counter`, whose allocator stands in for the system's in
//! this test binary. The streams are in memory and allocate nothing themselves.

#![allow(clippy::indexing_slicing, reason = "a wrong index in a test may end it")]

#[path = "../benches/support/memory.rs"]
#[allow(dead_code, reason = "shared with the benches, which use other parts")]
mod memory;

use allocation_counter::measure;
use memory::Desk;

const MESSAGES: u64 = 1000;
const TEXT: &[u8] = b"the quick brown fox jumps over the lazy dog, again and again\n";

/// Allocations for each new second in which a message is stamped: the time is formatted anew.
const PER_NEW_SECOND: f64 = 3.0;

/// Has one client send a line per tick; gives back allocations per message.
fn per_message(desk: &mut Desk, who: usize, line: &[u8], millis: u64) -> f64 {
    for _ in 0..MESSAGES {
        round(desk, who, line, millis);
    }
    let counted = measure(|| {
        for _ in 0..MESSAGES {
            round(desk, who, line, millis);
        }
    });
    counted.count_total as f64 / MESSAGES as f64
}

fn round(desk: &mut Desk, who: usize, line: &[u8], millis: u64) {
    desk.pass(millis);
    desk.send(who, line);
    desk.tick();
}

fn line(start: &str) -> Vec<u8> {
    [start.as_bytes(), TEXT].concat()
}

#[test]
fn a_message_to_the_partner_allocates_nothing_of_its_own() {
    let mut desk = Desk::default();
    let (one, two) = desk.pair();
    let said = line(&format!("SAY u{two} "));
    let (before, count) = (desk.lines_to(two), per_message(&mut desk, one, &said, 0));
    assert_eq!((desk.lines_to(two) - before) as u64, 2 * MESSAGES, "every message arrived");
    assert!(desk.last_to(two).contains("the quick brown fox"), "{}", desk.last_to(two));
    assert_eq!(count, 0.0, "allocations per message, one a tick");
    let count = per_message(&mut desk, one, &said, 1);
    let most = PER_NEW_SECOND / 1000.0;
    assert!(count <= most, "{count} allocations per message, one a millisecond; at most {most}");
}

#[test]
fn many_messages_in_a_tick_allocate_no_more_than_one() {
    let mut desk = Desk::default();
    let (one, two) = desk.pair();
    let said = line(&format!("SAY u{two} ")).repeat(64);
    let count = per_message(&mut desk, one, &said, 0);
    assert_eq!(count, 0.0, "allocations per 64 messages in one tick");
}

#[test]
fn a_message_to_a_room_allocates_nothing_per_member() {
    let mut desk = Desk::default();
    let speaker = desk.room(50);
    let said = line("SAY #lobby ");
    let (before, count) = (desk.lines_to(speaker + 49), per_message(&mut desk, speaker, &said, 0));
    assert_eq!((desk.lines_to(speaker + 49) - before) as u64, 2 * MESSAGES, "every message arrived");
    assert_eq!(count, 0.0, "allocations per message to 49");
}
