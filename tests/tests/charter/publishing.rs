//! How a charter comes into force.

use einsicht_access::charter::{Assembly, parts_of};
use einsicht_proto::v1::entry_body::Content;
use einsicht_tlog::hash::sha256;

use crate::scene::{FIRST, Scene, fitting, ids, long, second};

#[tokio::test]
async fn the_whole_text_stands_in_the_ledger_in_consecutive_entries() {
    let scene = Scene::new("").await;
    let text = long();
    let published = scene.publish(&text).await;
    assert_eq!((published.last - published.first, published.already_in_force), (2, false));
    assert_eq!(published.sha256[..], sha256(text.as_bytes()).as_bytes()[..]);
    let mut assembly = Assembly::default();
    let mut whole = None;
    for index in published.first..=published.last {
        let Some(Content::Charter(part)) = scene.entry(index).await.content else { panic!("entry {index}") };
        whole = assembly.push(&part).unwrap();
    }
    assert_eq!(whole.unwrap(), text.as_bytes());
    assert_eq!(scene.verdict(fitting()).await, (Some(published.last), ids(&[]), ids(&[])));
}

#[tokio::test]
async fn the_text_that_is_in_force_is_not_written_again() {
    let scene = Scene::new("").await;
    let first = scene.publish(FIRST).await;
    scene.verdict(fitting()).await;
    let again = scene.publish(FIRST).await;
    assert!(again.already_in_force);
    assert_eq!((again.first, again.last, &again.sha256), (first.first, first.last, &first.sha256));
    let other = scene.publish(&second()).await;
    // It was in force, and is not any more: it is published once more.
    let back = scene.publish(FIRST).await;
    assert!(!back.already_in_force && back.first > other.last);
    let scene = scene.restart().await;
    assert!(scene.publish(FIRST).await.already_in_force);
    let places: Vec<_> = scene.charters().await.iter().map(|charter| charter.last).collect();
    assert_eq!(places, [first.last, other.last, back.last]);
}

#[tokio::test]
async fn of_two_who_publish_the_same_at_once_one_writes() {
    let scene = Scene::new("").await;
    let text = long();
    let all = (0..4).map(|_| scene.try_to_publish(&scene.steward, text.as_bytes()));
    let all = futures::future::try_join_all(all).await.unwrap();
    assert_eq!(all.iter().filter(|published| !published.already_in_force).count(), 1);
    assert!(all.iter().all(|published| published.last == all[0].last));
    assert_eq!(scene.charters().await.len(), 1);
}

#[tokio::test]
async fn charters_are_listed_in_the_order_in_which_they_came_into_force() {
    let scene = Scene::new("").await;
    assert_eq!(scene.charters().await, []);
    let first = scene.publish(&long()).await;
    let last = scene.publish(FIRST).await;
    let listed = scene.charters().await;
    let expected = [&first, &last].map(|published| (published.first, published.last, &published.sha256));
    let found: Vec<_> = listed.iter().map(|charter| (charter.first, charter.last, &charter.sha256)).collect();
    assert_eq!(found, expected);
    assert!(listed[0].recorded_at <= listed[1].recorded_at && listed[0].recorded_at > 1_700_000_000);
    assert_eq!(parts_of(FIRST.as_bytes()).len(), 1);
    let kept = scene.restart().await.charters().await;
    assert_eq!(kept, listed);
}
