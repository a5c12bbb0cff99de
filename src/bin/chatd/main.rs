//! chatd: the daemon.

mod arguments;
mod ctl;
mod welcome;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, Command};
use chatd::event_loop::EventLoop;
use chatd::server::{Config, Password, VERSION};

fn main() -> ExitCode {
    let arguments: Arguments = argh::from_env();
    if arguments.version {
        println!("chatd {VERSION}");
        return ExitCode::SUCCESS;
    }
    let done = match &arguments.command {
        Some(Command::Ctl(ctl)) => return ctl::run(ctl),
        None => run(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("chatd: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let config = arguments.config();
    config.limits.check()?;
    if arguments.print_config {
        for (name, value) in EventLoop::limits_in_force(config.limits)?.rows() {
            println!("{name} {value}");
        }
        return Ok(());
    }
    let password = arguments.password_file.as_deref().map(read_password).transpose()?;
    let mut event_loop = EventLoop::new(&arguments.listen, Config { password, ..config })?;
    if let Some(directory) = arguments.state_dir {
        event_loop.open_state(directory)?;
    }
    event_loop.open_control(arguments.control)?;
    let addresses: Vec<SocketAddr> = event_loop.addresses().collect();
    welcome::print(&addresses);
    event_loop.open_console();
    event_loop.run()?;
    Ok(())
}

fn read_password(path: &Path) -> Result<Password, String> {
    let path_shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {path_shown}: {error}"))?;
    let line = text.lines().next().unwrap_or_default();
    Password::new(line).ok_or_else(|| format!("the first line of {path_shown} must be a password of 1 to 200 bytes"))
}
