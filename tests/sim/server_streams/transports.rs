//! Streams that hold bytes back: what arrives and what is told is the same as without, and nothing is
//! done in vain.

#![allow(clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use chatd::limits::Limits;

use super::layer::Layer;
use super::support::{Bench, Client, Deed};

/// Numbers without a pattern (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("below a small number")
    }
}

/// What was told, without what the layer says of its own.
fn told(client: &Client) -> String {
    client.received().replace(char::from(Layer::OWN), "")
}

/// Puts a layer above a client's socket.
fn cover(client: &Client, dice: &mut Dice) {
    let layer = Layer::new(7 + dice.below(60), 1 + dice.below(300));
    client.script(|wire| wire.layer = Some(layer));
}

/// Three talk in a room over sockets that take what the seed says; gives back what each was told.
fn talk(seed: u64, has_layers: bool) -> Vec<String> {
    let (mut dice, mut cuts) = (Dice(seed), Dice(seed + 1_000));
    let mut bench = Bench::new();
    let clients = [(); 3].map(|()| bench.connect());
    if has_layers {
        clients.iter().for_each(|client| cover(client, &mut cuts));
    }
    let mut heard = vec![String::new(); clients.len()];
    for (number, client) in clients.iter().enumerate() {
        bench.send(client, format!("ENTER user{number}\nJOIN #r\n"));
    }
    for client in &clients[1..] {
        client.script(|wire| wire.room = 0);
    }
    for step in 0..60 {
        let who = dice.below(clients.len());
        match dice.below(4) {
            0 => bench.make_room(&clients[who], 1 + dice.below(200)),
            1 => bench.send(&clients[who], format!("SAY #r one {step}\nSAY #r two {step}\nWHO\nPING")),
            _ => bench.send(&clients[who], format!(" {step}\nSAY #r {}\n", "x".repeat(dice.below(300)))),
        }
        heard[who] += &told(&clients[who]);
        // Nothing spins: a server that sleeps has nothing to do even if it is woken.
        bench.tick();
        let before = clients.each_ref().map(flushes);
        bench.settle();
        assert_eq!(clients.each_ref().map(flushes), before, "seed {seed}, step {step}");
    }
    clients.iter().for_each(|client| bench.make_room(client, 1 << 20));
    for (client, heard) in clients.iter().zip(&mut heard) {
        bench.send(client, "\nQUIT\n");
        *heard += &told(client);
        assert!(client.history().contains(&Deed::Finished), "seed {seed}");
    }
    for (client, heard) in clients.iter().zip(&mut heard) {
        bench.half_close(client);
        *heard += &told(client);
    }
    bench.assert_empty();
    heard
}

fn flushes(client: &Client) -> usize {
    let mut count = 0;
    client.script(|wire| count = wire.layer.as_ref().map_or(0, |layer| layer.flushes));
    count
}

#[test]
fn what_is_told_over_a_stream_that_holds_bytes_back_is_the_same() {
    for seed in 1..=150 {
        let (plain, covered) = (talk(seed, false), talk(seed, true));
        assert!(plain[0].len() > 500, "{plain:?}");
        assert_eq!(plain, covered, "seed {seed}");
    }
}

#[test]
fn a_stream_that_has_more_is_read_on_without_another_event() {
    let mut bench = Bench::new();
    let client = bench.connect();
    client.script(|wire| wire.layer = Some(Layer::new(3, 100)));
    bench.send(&client, "ENTER ann\nPING one\nPING two\n");
    let lines = told(&client);
    assert!(lines.contains("two"), "{lines}");
    let reads = client.reads();
    bench.settle();
    assert_eq!(client.reads(), reads, "it is not read again when it is drained");
}

#[test]
fn a_farewell_is_flushed_before_the_end_is_told_and_the_end_is_flushed_too() {
    let mut bench = Bench::limited(Limits::DEFAULT.without_rates());
    let client = bench.user("ann");
    client.script(|wire| (wire.layer, wire.room) = (Some(Layer::new(100, 10_000)), 0));
    bench.send(&client, "NOTHING\nQUIT\n");
    assert_eq!(client.received(), "");
    assert_eq!(client.history(), [], "all is accepted and nothing has gone");
    bench.make_room(&client, 5);
    assert_eq!(client.history(), []);
    bench.make_room(&client, 1_000);
    assert!(client.history().contains(&Deed::Finished));
    let told = client.received();
    assert!(told.starts_with('\0') && told.ends_with('\0') && told.contains('\n'), "{told:?}");
    bench.half_close(&client);
    bench.assert_empty();
    assert!(client.is_gone());
}

#[test]
fn what_a_stream_says_of_its_own_is_written_though_nothing_is_told() {
    let mut bench = Bench::new();
    let client = bench.connect();
    client.script(|wire| wire.layer = Some(Layer::new(100, 100)));
    bench.send(&client, "half a line");
    assert_eq!(client.received(), "\0");
    client.script(|wire| wire.room = 0);
    bench.send(&client, " and");
    assert_eq!(client.received(), "");
    bench.make_room(&client, 1);
    assert_eq!(client.received(), "\0", "it is asked for again when there is room");
}
