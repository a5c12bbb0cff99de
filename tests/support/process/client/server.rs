//! A small chatd for one client at a time: answers what chatc sends as the protocol wants it,
//! keeps what it was sent, and says what the test tells it to.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::Watched;

/// Twelve o'clock today, as the server writes it.
pub struct Noon;

pub const NOON: Noon = Noon;

impl fmt::Display for Noon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", jiff::Timestamp::now().strftime("%Y-%m-%dT12:00:00.000Z"))
    }
}

/// Who is here besides the client, for its first look.
const OTHERS: &str = "= user 1 bob available - 127.0.0.1:5001 61\n= user 2 carol chatting dave 127.0.0.1:5002 3600\n";

#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    stream: Option<TcpStream>,
}

/// See the file's text.
pub struct Server {
    pub address: String,
    seen: Arc<Watched<Seen>>,
}

impl Server {
    /// A server where bob's name is taken.
    pub fn start() -> Self {
        Self::start_with(answer)
    }

    /// A server that answers with what `answer` makes of each line; nothing means that it hangs up.
    pub fn start_with(answer: fn(&mut Client, &str) -> Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Watched::<Seen>::default());
        let theirs = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &theirs, answer);
            }
        });
        Self { address, seen }
    }

    /// Tells the client these lines.
    pub fn say(&self, lines: &str) {
        let mut text = lines.replace("@NOON", &NOON.to_string());
        text.push('\n');
        self.say_bytes(text.as_bytes());
    }

    pub fn say_bytes(&self, bytes: &[u8]) {
        let seen = self.seen.lock();
        seen.stream.as_ref().unwrap().write_all(bytes).unwrap();
    }

    /// Cuts the connection.
    pub fn vanish(&self) {
        self.seen.lock().stream.as_ref().unwrap().shutdown(Shutdown::Both).unwrap();
    }

    /// Waits for a line from the client.
    #[track_caller]
    pub fn wait_for(&self, line: &str) {
        let came = self.seen.wait_until(|seen| seen.lines.iter().any(|seen| seen == line));
        assert!(came, "{line:?} did not come, but: {:#?}", self.received());
    }

    /// All lines that came, but for those that every client sends first.
    pub fn received(&self) -> Vec<String> {
        let first = ["HELLO", "KEEP", "WATCH on", "LIST", "ROOMS"];
        let mut lines = self.seen.lock().lines.clone();
        for line in first {
            if let Some(at) = lines.iter().position(|seen| seen == line) {
                lines.remove(at);
            }
        }
        lines
    }
}

/// What the server knows of its client.
#[derive(Default)]
pub struct Client {
    pub name: String,
    pub messages: u64,
}

fn serve(stream: TcpStream, seen: &Watched<Seen>, answer: fn(&mut Client, &str) -> Option<String>) {
    seen.change(|seen| seen.stream = Some(stream.try_clone().unwrap()));
    let mut client = Client::default();
    for line in BufReader::new(stream.try_clone().unwrap()).lines() {
        let Ok(line) = line else { break };
        let reply = answer(&mut client, &line);
        // What the test sees as received has been answered, unless the client has gone.
        if let Some(reply) = &reply {
            let _ = (&stream).write_all(reply.as_bytes());
        }
        seen.change(|seen| seen.lines.push(line));
        if reply.is_none() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// The answer of a well-behaved server, events included.
pub fn answer(client: &mut Client, line: &str) -> Option<String> {
    let mut words = line.split(' ');
    let (verb, first) = (words.next().unwrap(), words.next().unwrap_or(""));
    let me = client.name.clone();
    Some(match verb {
        "HELLO" => "+OK chatd 0.1.0 protocol 1\n".to_owned(),
        "ENTER" if first == "bob" => "-ERR name-taken the name bob is taken; choose another\n".to_owned(),
        "ENTER" => {
            client.name = if first.is_empty() { "USER5003".to_owned() } else { first.to_owned() };
            format!("+OK entered 3 {}\n", client.name)
        }
        "LIST" => format!("{OTHERS}= user 3 {me} available - 127.0.0.1:5003 0\n+OK listed 3 3\n"),
        "ROOMS" => "= room #lobby 2\n+OK listed 1 1\n".to_owned(),
        "SAY" | "PRIVATE" if first == "nobody" => "-ERR no-such-user nobody here is nobody\n".to_owned(),
        "SAY" | "PRIVATE" | "ANNOUNCE" => {
            client.messages += 1;
            format!("+OK taken {} {NOON} 2\n", client.messages)
        }
        "REQUEST" => format!("+OK ringing {first} session 60\n"),
        "ACCEPT" => format!("* paired {first}\n+OK\n"),
        "END" => "* ended bob by-you\n+OK\n".to_owned(),
        "JOIN" => format!("* joined {first} {me}\n+OK room {first}\n"),
        "LEAVE" => format!("* left {first} {me}\n+OK room {first}\n"),
        "MEMBERS" => format!("= member {first} 3 {me}\n+OK listed 1 1\n"),
        "QUIT" => return None,
        _ => "+OK\n".to_owned(),
    })
}
