//! What systemd is told: `sd_notify(3)` over a socket.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use einsicht_tests::city::City;

/// The next message that is not about anything else.
fn next(socket: &UnixDatagram) -> String {
    let mut bytes = [0; 4096];
    let length = socket.recv(&mut bytes).expect("a message to systemd");
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

#[tokio::test]
async fn systemd_learns_of_the_start_of_reloads_and_of_the_end() {
    let mut city = City::new().await;
    let socket = UnixDatagram::bind(city.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    city.variables.push(("NOTIFY_SOCKET", city.path("notify").display().to_string()));
    let service = city.serve().await;
    assert_eq!(next(&socket).trim(), "READY=1");
    assert!(service.reload().await);
    let reloading = next(&socket);
    assert!(reloading.contains("RELOADING=1") && reloading.contains("MONOTONIC_USEC="), "{reloading}");
    assert_eq!(next(&socket).trim(), "READY=1");
    std::fs::write(city.config(), "broken").unwrap();
    assert!(!service.reload().await);
    assert!(next(&socket).contains("RELOADING=1"));
    assert_eq!(next(&socket).trim(), "READY=1", "a reload that was refused has ended, too");
    service.terminate().await.expect(0, &["goodbye"]);
    assert_eq!(next(&socket).trim(), "STOPPING=1");
}
