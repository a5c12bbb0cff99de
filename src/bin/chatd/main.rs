//! chatd: the daemon.

mod arguments;
mod welcome;

use std::net::SocketAddr;
use std::process::ExitCode;

use arguments::Arguments;
use chatd::event_loop::{EventLoop, Failure};
use chatd::server::{Config, VERSION};

fn main() -> ExitCode {
    let arguments: Arguments = argh::from_env();
    let config = arguments.config();
    if arguments.version {
        println!("chatd {VERSION}");
        return ExitCode::SUCCESS;
    }
    if let Err(reason) = config.limits.check() {
        eprintln!("chatd: {reason}");
        return ExitCode::FAILURE;
    }
    match run(&arguments, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("chatd: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, config: Config) -> Result<(), Failure> {
    if arguments.print_config {
        for (name, value) in EventLoop::limits_in_force(config.limits)?.rows() {
            println!("{name} {value}");
        }
        return Ok(());
    }
    let mut event_loop = EventLoop::new(&arguments.listen, config)?;
    let addresses: Vec<SocketAddr> = event_loop.addresses().collect();
    welcome::print(&addresses);
    event_loop.open_console();
    event_loop.run()
}
