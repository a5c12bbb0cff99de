//! chatd
fn main() {}
