//! A short conversation, cut once at each of its bytes: wherever that is, both sides end up with
//! the very lines they have without a cut.

use super::FREE;
use crate::memory::simulation::net::{Loss, Net};

/// Who says what. Each line is said when everything before it has been settled.
const SCRIPT: [(usize, &str); 20] = [
    (0, "JOIN #dev"),
    (1, "JOIN #dev"),
    (0, "SAY #dev one"),
    (1, "SAY #dev two"),
    (0, "REQUEST bob"),
    (1, "ACCEPT alice"),
    (0, "SAY bob three"),
    (1, "SAY alice four"),
    (0, "@ 6"),
    (1, "PRIVATE alice five"),
    (0, "MEMBERS #dev"),
    (1, "@ 7"),
    (1, "WATCH on"),
    (0, "FLY"),
    (0, "PING six"),
    (0, "SAY nobody seven"),
    (1, "END"),
    (0, "ANNOUNCE eight"),
    (1, "LEAVE"),
    (0, "SAY #dev nine"),
];

/// Which way the bytes go that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// From the client: so many reach the server.
    Up,
    /// To the client: so many reach it.
    Down,
}

/// The conversation, with one cut or none. Gives back what each has in its books.
fn converse(cut: Option<(usize, Way, usize, Loss)>, acknowledges: bool) -> [Vec<String>; 2] {
    let mut net = Net::kept(FREE, &["alice", "bob"]);
    if let Some((who, way, bytes, loss)) = cut {
        let person = &mut net.people[who];
        person.loss = Some(loss);
        match way {
            Way::Up => person.up_left = Some(bytes),
            Way::Down => person.down_left = Some(bytes),
        }
        if bytes == 0 {
            net.lose(who);
        }
    }
    for (who, line) in SCRIPT {
        if line.starts_with('@') && (!acknowledges || net.people[who].link.is_none()) {
            continue;
        }
        net.say(who, line);
        for who in 0..2 {
            if net.people[who].link.is_none() {
                net.come_back(who);
            }
        }
        assert!(net.people.iter().all(|person| person.books.unanswered() == 0), "{line} is answered: {cut:?}");
    }
    assert_eq!(net.server.user_count(), 2);
    // A connection that was taken over is given two seconds to hang up.
    net.pass(2_000);
    assert_eq!(net.open_streams(), 2, "the lost connection is closed");
    net.people.each_lines()
}

trait EachLines {
    fn each_lines(self) -> [Vec<String>; 2];
}

impl EachLines for Vec<crate::memory::simulation::net::Person> {
    fn each_lines(self) -> [Vec<String>; 2] {
        let mut each = self.into_iter().map(|person| person.books.lines);
        [each.next().unwrap(), each.next().unwrap()]
    }
}

/// How many bytes go each way between one client and the server, at least.
fn length(who: usize, way: Way, whole: &[Vec<String>; 2]) -> usize {
    match way {
        Way::Up => SCRIPT.iter().filter(|(speaker, _)| *speaker == who).map(|(_, line)| line.len() + 1).sum(),
        Way::Down => whole[who].iter().map(|line| line.len() + 1).sum(),
    }
}

fn cut_everywhere(way: Way) {
    for acknowledges in [true, false] {
        let whole = converse(None, acknowledges);
        assert!(whole.iter().all(|lines| lines.len() >= 15), "the script does something");
        for who in 0..2 {
            for bytes in 0..=length(who, way, &whole) {
                for loss in Loss::ALL {
                    let found = converse(Some((who, way, bytes, loss)), acknowledges);
                    assert_eq!(found, whole, "{who} cut after {bytes} bytes {way:?}, {loss:?}, @ {acknowledges}");
                }
            }
        }
    }
}

#[test]
fn nothing_is_missed_or_doubled_wherever_the_clients_bytes_are_cut() {
    cut_everywhere(Way::Up);
}

#[test]
fn nothing_is_missed_or_doubled_wherever_the_servers_bytes_are_cut() {
    cut_everywhere(Way::Down);
}

/// The old connection takes only so many bytes when another takes over: it gets the rest of the
/// line it is in, then the farewell, and never half a line.
#[test]
fn the_old_connection_is_left_with_whole_lines_wherever_it_had_stopped() {
    let whole = converse(None, false);
    for window in 1..120 {
        let mut net = Net::kept(FREE, &["alice", "bob"]);
        net.say(0, "JOIN #dev");
        net.people[0].loss = Some(Loss::HalfOpen);
        net.lose(0);
        net.people[0].ghosts[0].ends.borrow_mut().window = window;
        net.say(1, "JOIN #dev");
        net.say(1, "SAY #dev some words that are more than the window takes");
        net.come_back(0);
        assert_eq!(net.people[0].books.lines[2], "* joined #dev bob");
        assert_eq!(net.people[0].books.lines.len(), 4);
        let mut ghost = String::new();
        for _ in 0..200 {
            ghost += &net.ghost_heard(0);
            let token = net.people[0].ghosts[0].token;
            let room = chatd::server::Readiness { readable: false, writable: true, hung_up: false };
            net.server.handle_ready(token, room);
            net.settle();
        }
        assert!(ghost.ends_with("* bye resumed-elsewhere you go on over another connection\n"), "{window}: {ghost:?}");
        let known = |line: &str| whole[0].iter().any(|it| it == line) || line.contains("more than the window takes");
        let lines: Vec<&str> = ghost.lines().collect();
        assert!(lines[..lines.len() - 1].iter().all(|line| known(line)), "{window}: {ghost:?}");
    }
}
