//! The daemon as people run it: the real binary, over TCP, its console and its signals. The tests
//! called row_N are named after the rows of "What must work, end to end".

mod announced;
mod bad_input;
mod bursts;
mod chaos;
mod config;
mod connections;
mod control;
mod flood;
mod foreign;
mod guarded;
mod listening;
mod memory;
mod notify;
mod operator;
mod orders;
mod output;
mod pairs;
mod resume;
mod rooms;
mod signals;
mod slow;
mod start;
mod stdin;
