//! What an entry says was erased, and comes back with a file that is put back from a copy which lacks that entry's own
//! statement: nobody can tell any more what it is about.

use std::path::PathBuf;

use crate::scene::{ACTOR, Scene, personal};

/// The file of openings of this month: there is one.
fn openings(scene: &Scene) -> PathBuf {
    let months = std::fs::read_dir(scene.city.data().join("vault")).unwrap();
    let mut files = months.map(|month| month.unwrap().path().join("next-year-end/openings"));
    files.find(|path| path.exists()).unwrap()
}

#[tokio::test]
async fn whoever_has_values_disclosed_that_may_be_erased_is_told_and_told_what_to_do() {
    let mut scene = Scene::new("").await;
    let (index, other) = (scene.record(personal()).await, scene.record(personal()).await);
    scene = scene.restart().await;
    let (file, before) = (openings(&scene), scene.city.path("before"));
    std::fs::copy(&file, &before).unwrap();
    let erased = scene.erase(index, &["actor"]).await.unwrap();
    let (by, _) = scene.proven(&erased.receipt);
    scene.service.terminate().await.expect(0, &[]);
    std::fs::copy(&before, &file).unwrap();
    scene.service = scene.city.serve_with(&[]).await;
    assert!(
        scene.service.log().contains("what was erased could not be erased again"),
        "{}",
        scene.service.log()
    );

    for known in [&scene.auditor, &scene.steward] {
        let answer = scene.disclose(known, index, &["actor"]).await.unwrap();
        assert_eq!((scene.text(&answer, "actor"), answer.may_be_erased_by), (Ok(ACTOR.to_owned()), Some(by)));
    }
    let line = format!("disclose {index} --fields actor --reason r");
    let run = async |scene: &Scene, line: &str| {
        let arguments: Vec<_> = line.split(' ').collect();
        scene.city.einsicht(&scene.service, &scene.steward, &arguments).await
    };
    let told = run(&scene, &line).await;
    told.expect(0, &[]);
    let advice = [
        format!("MAY BE ERASED  entry {by} says that something was erased"),
        format!("einsicht erase {index} --fields actor --ground"),
    ];
    assert!(advice.iter().all(|part| told.stdout.contains(part)), "{told:#?}");
    let json = run(&scene, &format!("{line} --json")).await;
    assert!(json.stdout.contains(&format!("\"may_be_erased_by\":{by}")), "{json:#?}");
    let to_file = run(&scene, &format!("{line} --out values")).await;
    assert!(to_file.stdout.contains("MAY BE ERASED") && !to_file.stdout.contains(ACTOR), "{to_file:#?}");

    run(&scene, &format!("erase {index} --fields actor --ground again")).await.expect(0, &[]);
    let gone = run(&scene, &line).await;
    assert!(gone.code == Some(2) && gone.stdout.contains("ERASED  nothing is left"), "{gone:#?}");
    assert!(!gone.stdout.contains("MAY BE ERASED") && !gone.stdout.contains(ACTOR), "{gone:#?}");
    let another = scene.disclose(&scene.auditor, other, &["actor"]).await.unwrap();
    assert_eq!(another.may_be_erased_by, Some(by), "nobody can tell that it is not this one");
    let later = scene.record(personal()).await;
    let later = scene.disclose(&scene.auditor, later, &["actor"]).await.unwrap();
    assert_eq!(later.may_be_erased_by, None, "it was recorded behind");
}
