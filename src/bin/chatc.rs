//! chatc
fn main() {}
