//! View keys and markers.

use einsicht_access::marker::{CONFIDENTIAL_MARKERS, PeriodKey, ViewKey, markers_padded};
use serde::Serialize;

use crate::make::{PERIOD_KEY, fixed, full, hex, sealed};

#[derive(Serialize)]
pub struct File {
    confidential_markers: usize,
    padding: Vec<Padding>,
    view_keys: Vec<ViewKeyVector>,
    markers: Vec<Marker>,
    scans: Vec<Scan>,
}

#[derive(Serialize)]
struct Padding {
    subjects: usize,
    markers: usize,
}

#[derive(Serialize)]
struct ViewKeyVector {
    period_key: String,
    scheme: String,
    id: String,
    view_key: String,
}

#[derive(Serialize)]
struct Marker {
    view_key: String,
    nonce: String,
    position: u16,
    marker: String,
}

#[derive(Serialize)]
struct Scan {
    name: &'static str,
    key: String,
    nonce: String,
    markers: Vec<String>,
    position: Option<u16>,
}

pub fn file() -> File {
    let padding = [0, 1, 2, 3, 4, 5, 8, 9, 64, 65, 100];
    let longest = ("s".repeat(128), "ä".repeat(128));
    let subjects = [
        ("person", "4711"),
        ("perso", "n4711"),
        ("kfz", "UL-ÄB 17"),
        (longest.0.as_str(), longest.1.as_str()),
    ];
    let view_key = PeriodKey::from(PERIOD_KEY).view_key("person", "4711");
    File {
        confidential_markers: CONFIDENTIAL_MARKERS,
        padding: padding.map(|subjects| Padding { subjects, markers: markers_padded(subjects) }).into(),
        view_keys: [PERIOD_KEY, fixed("another month")]
            .iter()
            .flat_map(|key| subjects.iter().map(|(scheme, id)| view_key_of(key, scheme, id)))
            .collect(),
        markers: [0, 1, 127, 258, u16::MAX].map(|position| marker(&view_key, position)).into(),
        scans: scans(),
    }
}

fn view_key_of(period_key: &[u8; 32], scheme: &str, id: &str) -> ViewKeyVector {
    ViewKeyVector {
        period_key: hex(period_key),
        scheme: scheme.to_owned(),
        id: id.to_owned(),
        view_key: hex(PeriodKey::from(*period_key).view_key(scheme, id).as_bytes()),
    }
}

fn marker(view_key: &ViewKey, position: u16) -> Marker {
    let nonce = fixed("nonce");
    Marker {
        view_key: hex(view_key.as_bytes()),
        nonce: hex(&nonce),
        position,
        marker: hex(&view_key.marker(&nonce, position)),
    }
}

fn scans() -> Vec<Scan> {
    let prepared = sealed(&full(), "scanned");
    let body = einsicht_access::read_body(&prepared.body).unwrap();
    let record = einsicht_access::entry::access_of(&body).unwrap();
    let nonce = prepared.sealed.unwrap().nonce;
    let scan = |name, scheme: &str, id: &str, is_there| {
        let key = PeriodKey::from(PERIOD_KEY).view_key(scheme, id);
        let position = key.scan(&nonce, record.markers.iter().map(AsRef::as_ref));
        assert_eq!(position.is_some(), is_there, "{name}");
        let markers = record.markers.iter().map(|marker| hex(marker)).collect();
        Scan { name, key: hex(key.as_bytes()), nonce: hex(&nonce), markers, position }
    };
    vec![
        scan("the first subject", "person", "4711", true),
        scan("the second subject", "kfz", "UL-ÄB 17", true),
        scan("the third subject", "person", "4712", true),
        scan("somebody else", "person", "4713", false),
        scan("the id of one in the scheme of another", "kfz", "4711", false),
    ]
}
