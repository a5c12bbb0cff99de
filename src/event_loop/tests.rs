//! What the loop does in one round.

use std::net::TcpStream;

use super::*;

#[test]
fn a_round_accepts_sixty_four_and_comes_back_for_the_rest() {
    let config = Config { limits: Limits::DEFAULT.without_rates(), ..Config::default() };
    let endpoint = Endpoint::new("127.0.0.1:0").unwrap();
    let mut event_loop = EventLoop::new(&[endpoint], false, config).unwrap();
    let address = event_loop.addresses().next().unwrap();
    let crowd: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    let now = event_loop.clock.now();
    event_loop.listeners.bound.iter_mut().for_each(|listener| listener.is_ready = true);
    event_loop.accept_waiting(now);
    assert_eq!(event_loop.server.connection_count(), 64);
    assert_eq!(event_loop.poll_timeout(now), Some(Duration::ZERO), "the others wait for the next round only");
    event_loop.accept_waiting(now);
    assert_eq!(event_loop.server.connection_count(), crowd.len());
}

#[test]
fn all_listeners_share_what_a_round_accepts() {
    let config = Config { limits: Limits::DEFAULT.without_rates(), ..Config::default() };
    let endpoints = ["127.0.0.1:0", "127.0.0.2:0"].map(|text| Endpoint::new(text).unwrap());
    let mut event_loop = EventLoop::new(&endpoints, false, config).unwrap();
    let addresses: Vec<SocketAddr> = event_loop.addresses().collect();
    let connect = |address: &SocketAddr, count| -> Vec<TcpStream> {
        (0..count).map(|_| TcpStream::connect(address).unwrap()).collect()
    };
    let _crowd = (connect(&addresses[0], 100), connect(&addresses[1], 5));
    let now = event_loop.clock.now();
    event_loop.listeners.bound.iter_mut().for_each(|listener| listener.is_ready = true);
    event_loop.accept_waiting(now);
    assert_eq!(event_loop.server.connection_count(), 64);
    assert!(!event_loop.listeners.bound[1].is_ready, "those at the quiet one do not wait behind the others");
}

#[test]
fn the_end_waits_for_those_who_do_not_hang_up_as_long_as_an_operator_says() {
    let limits = Limits { drain_timeout: Duration::from_secs(7), ..Limits::DEFAULT.without_rates() };
    let endpoint = Endpoint::new("127.0.0.1:0").unwrap();
    let mut event_loop = EventLoop::new(&[endpoint], false, Config { limits, ..Config::default() }).unwrap();
    let _client = TcpStream::connect(event_loop.addresses().next().unwrap()).unwrap();
    let now = event_loop.clock.now();
    event_loop.listeners.bound.iter_mut().for_each(|listener| listener.is_ready = true);
    event_loop.accept_waiting(now);
    event_loop.drain(now);
    let at = |millis| Now { steady: now.steady + Duration::from_millis(millis), ..now };
    assert!(!event_loop.is_finished(at(6_999)), "it has not hung up");
    assert!(event_loop.is_finished(at(7_000)));
}

#[test]
fn an_idle_daemon_sleeps_until_its_next_look() {
    let endpoints = ["127.0.0.1:0", "192.0.2.1:2428"].map(|text| Endpoint::new(text).unwrap());
    let mut event_loop = EventLoop::new(&endpoints, true, Config::default()).unwrap();
    let now = event_loop.clock.now();
    event_loop.listen_on_what_came(now);
    assert_eq!(event_loop.poll_timeout(now), Some(Duration::from_secs(1)), "an address is waited for");
    let mut event_loop = EventLoop::new(&endpoints[..1], false, Config::default()).unwrap();
    assert_eq!(event_loop.poll_timeout(now), None, "nothing is waited for");
    let path = std::env::temp_dir().join(format!("chatd-look-{}", std::process::id()));
    event_loop.open_control(Some(path)).unwrap();
    let now = event_loop.clock.now();
    let next = event_loop.poll_timeout(now).unwrap();
    assert!(next > Duration::from_secs(4) && next <= Duration::from_secs(5), "{next:?}");
}
