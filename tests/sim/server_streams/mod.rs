//! The server over scripted streams: whatever a socket can do, in whatever order, without a
//! network and without a clock. After every tick the server's invariants are checked.

mod addresses;
mod bounds;
mod bursts;
mod chaos;
mod console;
mod endings;
mod flood;
mod foreign;
mod input;
mod layer;
mod lines;
mod memory;
mod output;
mod places;
mod policing;
mod rules;
mod support;
mod together;
mod transports;
mod turns;
