//! What `serve` refuses to start with, each with an explanation and what to do.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use einsicht_service::clock::{Clock, ManualClock};
use einsicht_service::ledger::{self, NewLedger, Opening};
use einsicht_tests::city::{Caller, City, ORIGIN, Shown};
use einsicht_tests::folder::{copy, snapshot};
use einsicht_tests::make::request;
use einsicht_tlog::{Origin, Size};

use crate::with_recorder;

async fn refuses(city: &City, parts: &[&str]) {
    let before = snapshot(city.path("").as_path());
    city.einsichtd("serve", &[]).await.expect(2, parts);
    assert_eq!(snapshot(city.path("").as_path()), before, "a refused start changes nothing");
}

fn chmod(city: &City, name: &str, mode: u32) {
    fs::set_permissions(city.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

fn configure(city: &City, from: &str, to: &str) {
    let text = fs::read_to_string(city.config()).unwrap();
    assert!(text.contains(from), "{from:?} is not in {text}");
    fs::write(city.config(), text.replace(from, to)).unwrap();
}

#[tokio::test]
async fn a_folder_without_a_ledger_names_init() {
    let city = City::without_ledger();
    refuses(&city, &["there is no ledger in", "einsichtd init", "ledger.data"]).await;
}

#[tokio::test]
async fn a_ledger_without_its_keys_names_the_backup() {
    let city = City::new().await;
    fs::remove_dir_all(city.path("keys")).unwrap();
    refuses(&city, &["no folder", "keys.dir", "backup of the keys"]).await;
}

#[tokio::test]
async fn another_address_than_loopback_needs_tls() {
    let city = City::new().await;
    let text = fs::read_to_string(city.config()).unwrap();
    let (before, _) = text.split_once("[tls.internal]").unwrap();
    let open = before.replace("internal = \"127.0.0.1:0\"", "internal = \"0.0.0.0:0\"");
    fs::write(city.config(), open.replace("public = \"127.0.0.1:0\"\n", "")).unwrap();
    refuses(&city, &["listen.internal", "tls.internal"]).await;
    fs::write(city.config(), before.replace("public = \"127.0.0.1:0\"", "public = \"[::]:0\"")).unwrap();
    refuses(&city, &["listen.public", "tls.public"]).await;
}

#[tokio::test]
async fn keys_that_others_can_read_are_refused() {
    let city = City::new().await;
    for (name, mode, sound) in [
        ("tls/server.key", 0o640, 0o600),
        ("tls/public.key", 0o604, 0o600),
        ("keys/ledger.key", 0o644, 0o600),
    ] {
        chmod(&city, name, mode);
        let file = name.rsplit('/').next().unwrap();
        city.einsichtd("serve", &[]).await.expect(2, &[file, "read by others", "chmod 600"]);
        chmod(&city, name, sound);
    }
    chmod(&city, "keys", 0o750);
    refuses(&city, &["keys can be entered by others (mode 0750)", "chmod 700"]).await;
    chmod(&city, "keys", 0o700);
    city.serve().await.terminate().await.expect(0, &["goodbye"]);
}

#[tokio::test]
async fn the_ledger_of_another_origin_is_refused() {
    let city = City::new().await;
    configure(&city, ORIGIN, "einsicht.other.example/ledger");
    refuses(
        &city,
        &["holds the ledger 'einsicht.ulm.example/ledger'", "not 'einsicht.other.example/ledger'"],
    )
    .await;
}

/// Begins a ledger in the city's folders with a clock and a kind of one's own.
fn begin(city: &City, clock: ManualClock, simulated: bool) {
    let (data, clock): (_, std::sync::Arc<dyn Clock>) = (city.data(), std::sync::Arc::new(clock));
    let opening = Opening {
        data: &data,
        keys: city.path("keys"),
        wrapping_key: None,
        clock,
        accept_clock: false,
        new: NewLedger { origin: Origin::parse(ORIGIN).unwrap(), simulated },
        segment_bytes_max: einsicht_service::storage::SEGMENT_BYTES_MAX,
        disk_reserve_bytes: einsicht_service::storage::RESERVE_BYTES,
    };
    ledger::open(opening).unwrap().committer.finish();
}

#[tokio::test]
async fn made_up_entries_are_not_served_as_a_city_s() {
    let city = City::without_ledger();
    begin(&city, ManualClock::at(1_700_000_000), true);
    refuses(&city, &["simulated", "made up", "einsichtd init"]).await;
}

#[tokio::test]
async fn a_start_long_after_the_newest_entry_has_to_be_confirmed() {
    let city = City::without_ledger();
    begin(&city, ManualClock::at(1_500_000_000), false);
    city.einsichtd("serve", &[]).await.expect(2, &["days before what the clock shows", "--accept-clock"]);
    city.serve_with(&["--accept-clock"]).await.terminate().await.expect(0, &["goodbye"]);
}

#[tokio::test]
async fn certificates_that_can_not_be_used_are_refused() {
    let city = City::new().await;
    let (good, other) = (city.authority.server(), city.authority.server());
    city.show("server", &city.authority.server_until(2021));
    refuses(&city, &["server.pem", "expired on 2021-01-01", "renew"]).await;
    city.show("server", &good);
    fs::write(city.path("tls/public.key"), &other.key).unwrap();
    refuses(&city, &["public.key is not the key of the certificate in", "public.pem"]).await;
    fs::write(city.path("tls/public.key"), "").unwrap();
    refuses(&city, &["public.key holds no private key"]).await;
    city.show("public", &good);
    fs::write(city.path("tls/ca.pem"), "nothing").unwrap();
    refuses(&city, &["ca.pem holds no certificate"]).await;
    city.trust(&city.authority);
    fs::remove_file(city.path("tls/server.pem")).unwrap();
    refuses(&city, &["server.pem"]).await;
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_warned_of() {
    let city = City::new().await;
    let days = |days: u64| {
        let at = std::time::SystemTime::now() + std::time::Duration::from_secs(days * 86_400 + 43_200);
        city.authority.server_ending(at)
    };
    city.show("server", &days(10));
    city.show("public", &days(30));
    let ended = city.serve().await.terminate().await;
    ended.expect(0, &["the certificate ends soon", "days_left=10"]);
    assert_eq!(ended.stderr.matches("ends soon").count(), 1, "{}", ended.stderr);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let city = City::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for setting in ["internal", "public"] {
        let text = fs::read_to_string(city.config()).unwrap();
        configure(&city, &format!("{setting} = \"127.0.0.1:0\""), &format!("{setting} = \"{address}\""));
        refuses(&city, &[&address, &format!("listen.{setting}"), "another service"]).await;
        fs::write(city.config(), text).unwrap();
    }
}

#[tokio::test]
async fn two_services_do_not_share_a_ledger() {
    let (city, service, counter) = with_recorder().await;
    city.einsichtd("serve", &[]).await.expect(2, &["in use"]);
    service.recorder(&counter).record(request(1)).await.unwrap();
}

#[tokio::test]
async fn an_unknown_setting_is_refused_with_the_one_that_was_meant() {
    let city = City::new().await;
    configure(&city, "entries = false", "entrys = false");
    refuses(&city, &["entrys", "public.entries"]).await;
}

#[tokio::test]
async fn a_log_that_lost_what_was_published_is_refused_by_a_checkpoint_that_somebody_kept() {
    let mut city = City::new().await;
    let counter = city.add(Caller::recorder("counter", &["besuchertrend"]));
    let service = city.serve().await;
    service.recorder(&counter).record(request(3)).await.unwrap();
    service.terminate().await.expect(0, &[]);
    copy(&city.data(), &city.path("older"));

    let service = city.serve().await;
    service.recorder(&counter).record(request(5)).await.unwrap();
    let page = service.get("/checkpoint", &Shown::token(&counter)).await;
    service.terminate().await.expect(0, &[]);
    fs::write(city.path("kept"), &page.bytes).unwrap();
    city.ledger = "last_known_checkpoint = \"kept\"\n".into();
    city.write();
    city.serve().await.terminate().await.expect(0, &["goodbye"]);

    fs::rename(city.data(), city.path("newer")).unwrap();
    copy(&city.path("older"), &city.data());
    let kept = city.verifier().open(&page.bytes).size;
    let ended = city.einsichtd("serve", &[]).await;
    ended
        .expect(2, &["the log ends at 5 entries", &format!("signed a checkpoint for {kept}"), "predecessor"]);

    // The same size with other entries: as long, and not the same.
    city.ledger.clear();
    city.write();
    let service = city.serve().await;
    while city.verifier().open(&service.get("/checkpoint", &Shown::token(&counter)).await.bytes).size < kept {
        service.recorder(&counter).record(request(1)).await.unwrap();
    }
    service.terminate().await.expect(0, &[]);
    city.ledger = "last_known_checkpoint = \"kept\"\n".into();
    city.write();
    let ended = city.einsichtd("serve", &[]).await;
    ended.expect(2, &[&format!("the first {kept} entries are not those"), "kept"]);

    for (text, reason) in [("", "kept"), ("no checkpoint\n", "is not a checkpoint that this ledger signed")] {
        fs::write(city.path("kept"), text).unwrap();
        city.einsichtd("serve", &[]).await.expect(2, &[reason]);
    }
    assert!(kept > Size(0));
}
