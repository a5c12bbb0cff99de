//! chatc in a terminal whose screen can be read.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;
use pty_process::Size;
use pty_process::blocking::{Pty, open};

use super::{Server, Watched};

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

struct Output {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

/// A running chatc and its terminal.
pub struct Terminal {
    pty: Pty,
    output: Arc<Watched<Output>>,
    /// Nothing is read from it now.
    stopped: Arc<Watched<bool>>,
    child: Child,
    before: Termios,
}

impl Terminal {
    /// alice, entered and at the menu.
    pub fn inside(server: &Server) -> Self {
        Self::inside_with(server, &[])
    }

    /// The same with further arguments.
    pub fn inside_with(server: &Server, arguments: &[&str]) -> Self {
        let terminal = Self::start(&[&[&server.address, "--name", "alice"], arguments].concat(), &[]);
        terminal.shows("3 quit");
        terminal.prompts("menu > ");
        terminal
    }

    /// Starts chatc with these arguments and environment.
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_program(env!("CARGO_BIN_EXE_chatc"), arguments, environment)
    }

    /// Starts some program.
    pub fn start_program(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        super::signals_by_default();
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(ROWS, COLUMNS)).unwrap();
        let before = tcgetattr(pty.as_fd()).unwrap();
        let child = pty_process::blocking::Command::new(program)
            .args(arguments)
            .env("TERM", "xterm-256color")
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("LOGNAME", "tester")
            .env_remove("NO_COLOR")
            .env_remove("TMUX")
            .env_remove("VTE_VERSION")
            .env_remove("KONSOLE_VERSION")
            .envs(environment.iter().copied())
            .spawn(pts)
            .unwrap();
        let parser = vt100::Parser::new(size(ROWS), size(COLUMNS), 0);
        let output = Arc::new(Watched::new(Output { parser, raw: Vec::new(), ended: false }));
        let mut screen = File::from(pty.as_fd().try_clone_to_owned().unwrap());
        let theirs = Arc::clone(&output);
        let stopped = Arc::new(Watched::new(false));
        let is_stopped = Arc::clone(&stopped);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                is_stopped.wait_until(|stopped| !stopped);
                theirs.change(|output| {
                    output.parser.process(&bytes[..count]);
                    output.raw.extend_from_slice(&bytes[..count]);
                });
            }
            theirs.change(|output| output.ended = true);
        });
        Self { pty, output, stopped, child, before }
    }

    /// Starts chatc at `address` under `name` and waits until it is at the menu.
    pub fn at(address: &str, name: &str) -> Self {
        Self::at_with(address, name, &[])
    }

    /// The same with further arguments.
    pub fn at_with(address: &str, name: &str, arguments: &[&str]) -> Self {
        let terminal = Self::start(&[&[address, "--name", name], arguments].concat(), &[]);
        terminal.shows("3 quit");
        terminal.prompts("menu > ");
        terminal
    }

    pub fn press(&mut self, keys: &str) {
        self.press_bytes(keys.as_bytes());
    }

    pub fn press_bytes(&mut self, keys: &[u8]) {
        self.pty.write_all(keys).unwrap();
    }

    /// Stops it as ^S does: it takes nothing more, or goes on.
    pub fn stops(&self, stopped: bool) {
        self.stopped.change(|is_stopped| *is_stopped = stopped);
    }

    /// The most memory that chatc has taken, in bytes (proc(5), `VmHWM`).
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Rows and columns that are 0 are not told to the program, and stay as they are on the screen.
    pub fn resize(&self, rows: u16, columns: u16) {
        self.change_size(rows, columns, |output| {
            if rows > 0 && columns > 0 {
                output.parser.screen_mut().set_size(size(rows), size(columns));
            }
        });
    }

    /// As [`Self::resize`], for a terminal that breaks its rows anew, and joins those that it had
    /// broken itself. What finds no room on the screen is forgotten.
    pub fn reflow(&self, rows: u16, columns: u16) {
        self.change_size(rows, columns, |output| {
            let mut parser = vt100::Parser::new(size(rows), size(columns), 0);
            parser.process(reflowed(output.parser.screen(), usize::from(columns)).as_bytes());
            output.parser = parser;
        });
    }

    /// The screen changes before anything is read that the program, once told, has written for it.
    fn change_size(&self, rows: u16, columns: u16, change: impl FnOnce(&mut Output)) {
        self.output.change(|output| {
            change(output);
            self.pty.resize(Size::new(rows, columns)).unwrap();
        });
    }

    /// Waits until the screen shows this text.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.waits(&format!("the text {text:?}"), |screen| screen.contents().contains(text));
    }

    /// Waits until the line with the cursor is this, and the cursor stands at its end.
    #[track_caller]
    pub fn prompts(&self, line: &str) {
        self.prompts_at(line, line);
    }

    /// As [`Self::prompts`], with the cursor behind `before_cursor`.
    #[track_caller]
    pub fn prompts_at(&self, line: &str, before_cursor: &str) {
        self.waits(&format!("the prompt {line:?}"), |screen| {
            let (row, column) = screen.cursor_position();
            let whole = row_text(screen, row, screen.size().1.get());
            let before = row_text(screen, row, column);
            whole.trim() == line.trim() && before.trim() == before_cursor.trim()
        });
    }

    /// Waits until this was written to the terminal, though it may have scrolled off the screen.
    #[track_caller]
    pub fn writes(&self, text: &str) {
        let came = self.output.wait_until(|output| String::from_utf8_lossy(&output.raw).contains(text));
        assert!(came, "{text:?} was not written; the screen:\n{}", self.screen());
    }

    #[track_caller]
    pub fn waits(&self, what: &str, mut is_so: impl FnMut(&vt100::Screen) -> bool) {
        let came = self.output.wait_until(|output| is_so(output.parser.screen()));
        assert!(came, "no {what} came; the screen:\n{}", self.screen());
    }

    pub fn screen(&self) -> String {
        self.output.lock().parser.screen().contents()
    }

    /// All that was ever written to the terminal.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().raw).into_owned()
    }

    /// Waits for the end; the terminal must be as it was found.
    #[track_caller]
    pub fn ends(&mut self) -> ExitStatus {
        let ended = self.output.wait_until(|output| output.ended);
        assert!(ended, "chatc goes on; the screen:\n{}", self.screen());
        let status = self.child.wait().unwrap();
        assert!(!self.output.lock().parser.screen().bracketed_paste(), "bracketed paste is still on");
        status
    }

    /// The modes that chatc found, and those that are now.
    pub fn modes(&self) -> (Termios, Termios) {
        (self.before.clone(), tcgetattr(self.pty.as_fd()).unwrap())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Already gone in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What fills a screen of so many columns as the old one is filled, and leaves the cursor where it was in the text.
fn reflowed(screen: &vt100::Screen, columns: usize) -> String {
    let (height, width) = (screen.size().0.get(), screen.size().1.get());
    let (cursor_row, cursor_column) = screen.cursor_position();
    let last = (0..height).rfind(|row| *row == cursor_row || !row_text(screen, *row, width).trim().is_empty());
    let last = last.unwrap_or(0);
    let (mut lines, mut line, mut cursor) = (Vec::new(), Vec::new(), (0, 0));
    for row in 0..=last {
        if row == cursor_row {
            cursor = (lines.len(), line.len() + usize::from(cursor_column));
        }
        let is_wrapped = screen.row_wrapped(row);
        let text = row_text(screen, row, width);
        line.extend(if is_wrapped { text.chars() } else { text.trim_end().chars() });
        if !is_wrapped || row == last {
            lines.push(std::mem::take(&mut line));
        }
    }
    let text: Vec<String> = lines.iter().map(|line| line.iter().collect()).collect();
    let broken = |line: &Vec<char>| line.len().div_ceil(columns).max(1);
    let below: usize = lines[cursor.0 + 1..].iter().map(broken).sum();
    let rest = broken(&lines[cursor.0]) - 1 - (cursor.1 / columns).min(broken(&lines[cursor.0]) - 1);
    let up = if below + rest > 0 { format!("\x1b[{}A", below + rest) } else { String::new() };
    let right = if cursor.1 % columns > 0 { format!("\x1b[{}C", cursor.1 % columns) } else { String::new() };
    format!("{}{up}\r{right}", text.join("\r\n"))
}

fn size(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).unwrap()
}

fn row_text(screen: &vt100::Screen, row: u16, columns: u16) -> String {
    let cells = (0..columns).filter_map(|column| screen.cell(row, column));
    cells.map(|cell| if cell.has_contents() || cell.is_wide_continuation() { cell.contents() } else { " " }).collect()
}
