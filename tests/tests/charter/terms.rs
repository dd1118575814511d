//! What a charter says of registers and retention goes before the configuration, and what it does not say does not.

use einsicht_proto::v1::{AccessEvent, Subject};
use einsicht_tests::make::{Session, personal};
use tonic::Code;

use crate::scene::{FIRST, Scene};

fn about(scheme: &str) -> AccessEvent {
    let subjects = vec![Subject { scheme: scheme.into(), id: "4711".into() }];
    AccessEvent { subjects, ..personal() }
}

async fn accepted(scene: &Scene, scheme: &str) -> bool {
    let request = Session::new().request_of(vec![about(scheme)]);
    match scene.service.recorder(&scene.counter).record(request).await {
        Ok(_) => true,
        Err(refused) => {
            assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
            assert!(refused.message().contains("events[0].subjects[0].scheme"), "{refused}");
            false
        }
    }
}

#[tokio::test]
async fn the_registers_of_data_subjects_are_those_of_the_charter_if_it_declares_any() {
    let scene = Scene::new("").await;
    assert_eq!((accepted(&scene, "person").await, accepted(&scene, "kfz").await), (true, false));
    scene.publish(FIRST).await;
    assert_eq!((accepted(&scene, "person").await, accepted(&scene, "kfz").await), (true, false));
    let declared = "[[subject_scheme]]\nid = \"kfz\"\ntitle = \"Kennzeichen\"\n";
    scene.publish(&FIRST.replacen("[[purpose]]", &format!("{declared}\n[[purpose]]"), 1)).await;
    assert_eq!((accepted(&scene, "person").await, accepted(&scene, "kfz").await), (false, true));
}

/// The classes whose values are kept, of all months.
fn classes(scene: &Scene) -> Vec<String> {
    let files = einsicht_tests::folder::files(&scene.city.data().join("vault"));
    let of = |file: &std::path::PathBuf| {
        let class = file.parent()?.file_name()?.to_str()?;
        (file.file_name()? == "openings").then(|| class.to_owned())
    };
    files.iter().filter_map(of).collect()
}

#[tokio::test]
async fn values_are_kept_as_long_as_the_charter_says_for_the_data_set() {
    let scene = Scene::new("[retention]\ndefault = \"P12M\"\ndatasets = [\"parkhaeuser=P6M\"]").await;
    scene.record(vec![personal()]).await;
    assert_eq!(classes(&scene), ["P12M"]);
    let stated =
        FIRST.replacen("record_ceiling = 1000", "record_ceiling = 1000\nretention_class = \"P3M\"", 1);
    scene.publish(&stated).await;
    scene.record(vec![personal()]).await;
    assert_eq!(classes(&scene), ["P12M", "P3M"]);
    // Of this one the charter does not say it.
    scene.record(vec![AccessEvent { dataset: "parkhaeuser".into(), ..personal() }]).await;
    assert_eq!(classes(&scene), ["P12M", "P3M", "P6M"]);
}
