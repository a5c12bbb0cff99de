//! Pairs of people who talk at the pace of people while others attack: how long a line takes to the
//! other. They have a thread of their own, so that what the attackers do does not hold them up here.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::child::Subject;
use crate::measure::Latency;
use crate::speech::{Heard, Said};
use crate::{Failure, Outcome, system};

/// So many that each person keeps to the default rate of lines.
const PAIRS: usize = 40;

/// One pair after the other exchanges a line each, this often.
const PACE: Duration = Duration::from_millis(10);

/// A line that takes longer is lost.
const LOST: Duration = Duration::from_secs(10);

/// People in pairs, in sessions.
pub(crate) struct Bystanders(Vec<[Person; 2]>);

struct Person {
    stream: BufReader<TcpStream>,
    name: String,
    line: Vec<u8>,
}

impl Bystanders {
    /// Connects them and has them enter and pair.
    pub(crate) fn enter(server: SocketAddr) -> Outcome<Self> {
        let pair = |pair: usize| {
            let mut people = [Person::enter(server, pair * 2)?, Person::enter(server, pair * 2 + 1)?];
            for index in [0, 1] {
                // Crossing requests are a session.
                let request = format!("REQUEST {}\n", people[1 - index].name);
                people[index].stream.get_mut().write_all(request.as_bytes())?;
            }
            for person in &mut people {
                while person.hear(|heard| (heard == Heard::Paired).then_some(()))?.is_none() {}
            }
            Ok(people)
        };
        (0..PAIRS).map(pair).collect::<Outcome<Vec<_>>>().map(Self)
    }

    /// Exchanges so many lines, each pair in turn: one says something, the other hears it and answers.
    pub(crate) fn exchange(&mut self, lines: u64) -> Outcome<Latency> {
        system::urge_this_thread();
        let (begin, mut times) = (Instant::now(), Latency::new()?);
        for turn in 0..lines.div_ceil(2) {
            std::thread::sleep(PACE);
            let pair = turn as usize % PAIRS;
            let number = (turn / PAIRS as u64) as u32;
            for speaker in [0, 1] {
                let sent = begin.elapsed().as_nanos() as u64;
                let said = Said { sender: (pair * 2 + speaker) as u32, number, sent };
                let [first, second] = &mut self.0[pair];
                let (from, to) = if speaker == 0 { (first, second) } else { (second, first) };
                from.say(&to.name, said)?;
                to.wait_for(said)?;
                times.record(begin.elapsed().as_nanos() as u64 - sent);
            }
        }
        Ok(times)
    }
}

impl Person {
    fn enter(server: SocketAddr, index: usize) -> Outcome<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_tcp_nodelay(true)?;
        socket.set_read_timeout(Some(LOST))?;
        // Closing resets: nothing is left in TIME_WAIT.
        socket.set_linger(Some(Duration::ZERO))?;
        if cfg!(target_os = "linux") {
            let address = Ipv4Addr::new(127, 100, 0, 1 + (index / 2) as u8);
            socket.bind(&SocketAddr::from((address, 0)).into())?;
        }
        socket.connect(&server.into())?;
        let name = format!("bystander{index}");
        let mut person = Self { stream: BufReader::new(socket.into()), name, line: Vec::new() };
        let enter = format!("ENTER {}\n", person.name);
        person.stream.get_mut().write_all(enter.as_bytes())?;
        while person.hear(|heard| (heard == Heard::Answer).then_some(()))?.is_none() {}
        Ok(person)
    }

    fn say(&mut self, to: &str, said: Said) -> Outcome<()> {
        let mut line = Vec::new();
        Subject::Alone.put_address(to.as_bytes(), &mut line);
        said.put(&mut line);
        Ok(self.stream.get_mut().write_all(&line)?)
    }

    /// Reads until the other's line is there. It is the next one that the other said.
    fn wait_for(&mut self, said: Said) -> Outcome<()> {
        loop {
            let heard = self.hear(|heard| match heard {
                Heard::Message { text, .. } => Some(Said::read(text)),
                _ => None,
            })?;
            match heard.transpose()? {
                None => {}
                Some(heard) if heard == said => return Ok(()),
                Some(heard) => return Err(Failure::new(format!("{} heard {heard:?}, not {said:?}", self.name))),
            }
        }
    }

    /// Reads one line and says what is made of it; announcements are nothing.
    fn hear<T>(&mut self, of: impl FnOnce(Heard<'_>) -> Option<T>) -> Outcome<Option<T>> {
        self.line.clear();
        let count = self.stream.read_until(b'\n', &mut self.line).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                Failure::new(format!("{} heard nothing for {} s", self.name, LOST.as_secs()))
            }
            _ => error.into(),
        })?;
        if count == 0 {
            return Err(Failure::new(format!("the server hung up on {}", self.name)));
        }
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        if line.starts_with(b"* announced") {
            return Ok(None);
        }
        Subject::Alone.hear(line).map(of)
    }
}
