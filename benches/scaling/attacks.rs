//! What is done to the server beside bystanders, as fast as it lets one: attackers have so many
//! commands under way that it is the server's rates, all at their defaults, that hold them up.

use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

use crate::admission::{self, MOST, Role, name};
use crate::bystanders::Bystanders;
use crate::child::{Server, Subject};
use crate::fleet::{Fleet, Listener, Outputs};
use crate::measure::{Latency, Meter, Sample};
use crate::{Failure, Outcome};

/// What the attackers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attack {
    /// Long lines into a room of all.
    Room(Origin),
    /// Rooms of their own, opened and left while all others watch.
    Comings,
    /// All leave the chat at once, and 16 rooms of all with it.
    Quits,
    /// Long announcements to all.
    Announcements,
    /// Listings of everybody, and of a room of all.
    Listings,
    /// Joining a room that has a long past, and leaving it.
    Pasts,
}

/// Where attackers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    One,
    Many,
}

/// As many as one address may have.
const ATTACKERS: usize = 64;

/// Commands of an attacker that are under way.
const UNDER_WAY: u64 = 10;

const LONG: usize = 3_700;

const ROOMS: usize = 16;

/// How long a round waits for something to come.
const PATIENCE: Duration = Duration::from_millis(20);

impl Attack {
    /// Half of all where there are few.
    fn attackers(self, clients: usize) -> usize {
        ATTACKERS.min(clients / 2)
    }

    /// The address that a client comes from: the attackers share one, the others are eight at one.
    pub(crate) fn address(self, who: usize) -> Ipv4Addr {
        let group = match self {
            Self::Room(Origin::Many) => who,
            _ if who < ATTACKERS => 0,
            _ => 1 + (who - ATTACKERS) / 8,
        };
        Ipv4Addr::new(127, 1 + (group / 250 / 250) as u8, (group / 250 % 250) as u8, 1 + (group % 250) as u8)
    }

    /// What a client does before: commands that are answered by `+OK`.
    fn preparation(self, who: usize, attackers: usize) -> String {
        let is_attacker = who < attackers;
        match self {
            Self::Room(_) | Self::Listings => "JOIN #all\n".to_owned(),
            Self::Comings if !is_attacker => "WATCH on\n".to_owned(),
            Self::Quits => (0..ROOMS).map(|room| format!("JOIN #q{room}\n")).collect(),
            Self::Pasts if (attackers..attackers + 9).contains(&who) => {
                "JOIN #past\n".to_owned() + &format!("SAY #past {}\n", "x".repeat(300)).repeat(11)
            }
            Self::Comings | Self::Announcements | Self::Pasts => String::new(),
        }
    }

    /// An attacker's next command, if there is one.
    fn command(self, who: usize, number: u64) -> Option<String> {
        let in_turn = |first: String, second: &str| if number.is_multiple_of(2) { first } else { second.to_owned() };
        Some(match self {
            Self::Room(_) => format!("SAY #all {}\n", "x".repeat(LONG)),
            Self::Comings => in_turn(format!("JOIN #new-{who}-{number}\n"), "LEAVE\n"),
            Self::Quits if number > 0 => return None,
            Self::Quits => "QUIT\n".to_owned(),
            Self::Announcements => format!("ANNOUNCE {}\n", "x".repeat(LONG)),
            Self::Listings => in_turn("LIST\n".to_owned(), "MEMBERS #all\n"),
            Self::Pasts => in_turn("JOIN #past\n".to_owned(), "LEAVE\n"),
        })
    }
}

/// Bystanders talk while the clients attack, or with [`Subject::Alone`] while they do nothing.
pub(crate) fn beside(
    attack: Attack,
    clients: usize,
    lines: u64,
    server: &Server,
    fleet: &mut Fleet,
) -> Outcome<Sample> {
    fleet.come_from(move |who| attack.address(who));
    admission::enter(fleet, server.subject, clients, Role::Idle, &mut Latency::new()?)?;
    let mut bystanders = Bystanders::enter(server.address)?;
    let attackers = attack.attackers(clients);
    let mut preparing = Preparing { answers: 0 };
    for who in 0..clients {
        let lines = attack.preparation(who, attackers);
        preparing.answers += lines.lines().count();
        fleet.out.to(who).extend_from_slice(lines.as_bytes());
    }
    fleet.run(&mut preparing, MOST)?;
    server.urge();
    let mut attacking = Attacking { attack, sent: vec![0; attackers], done: 0 };
    let meter = Meter::start(server);
    let times = thread::scope(|scope| {
        let talk = scope.spawn(|| bystanders.exchange(lines));
        if server.subject == Subject::Attacked {
            attacking.start(&mut fleet.out);
        }
        while !talk.is_finished() {
            fleet.round_within(PATIENCE, &mut attacking)?;
        }
        talk.join().map_err(|_| Failure::new("the bystanders panicked"))?
    })?;
    let mut sample = meter.stop(server).sample(lines, &times);
    let [p50, p99, _] = sample.latency;
    sample.cost = p99;
    sample.more.push(("p50 µs", p50));
    sample.more.push(("server's load %", sample.server_load * 100.0));
    sample.more.push(("commands", attacking.done as f64));
    Ok(sample)
}

/// Waits for that many answers.
struct Preparing {
    answers: usize,
}

impl Listener for Preparing {
    fn line(&mut self, who: usize, line: &[u8], _out: &mut Outputs) -> Outcome<()> {
        match line.first() {
            Some(b'+') => self.answers -= 1,
            Some(b'-') => return Err(refused(who, line)),
            _ => {}
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.answers == 0
    }
}

/// Sends the next command for each that is answered. What else comes is read and no more.
struct Attacking {
    attack: Attack,
    /// Commands of each attacker; none of the others.
    sent: Vec<u64>,
    done: u64,
}

impl Attacking {
    fn start(&mut self, out: &mut Outputs) {
        for who in 0..self.sent.len() {
            (0..UNDER_WAY).for_each(|_| self.go_on(who, out));
        }
    }

    fn go_on(&mut self, who: usize, out: &mut Outputs) {
        let sent = &mut self.sent[who];
        if let Some(command) = self.attack.command(who, *sent) {
            out.to(who).extend_from_slice(command.as_bytes());
            *sent += 1;
        }
    }
}

impl Listener for Attacking {
    fn line(&mut self, who: usize, line: &[u8], out: &mut Outputs) -> Outcome<()> {
        match line.first() {
            Some(b'+') => {
                self.done += 1;
                self.go_on(who, out);
                Ok(())
            }
            Some(b'-') => Err(refused(who, line)),
            _ => Ok(()),
        }
    }

    fn closed(&mut self, who: usize) -> Outcome<()> {
        if self.attack == Attack::Quits && who < self.sent.len() {
            return Ok(());
        }
        Err(Failure::new(format!("the server hung up on client {who}, {}", name(who))))
    }

    fn is_done(&self) -> bool {
        false
    }
}

fn refused(who: usize, line: &[u8]) -> Failure {
    Failure::new(format!("client {who} was refused: {:?}", String::from_utf8_lossy(line)))
}
