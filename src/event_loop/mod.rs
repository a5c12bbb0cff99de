//! Event loop.
