use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use engine::{AsOf, Basis, Views, ViewsError, ViewsOptions};
use journal::ReadFilter;
use uuid::Uuid;

use super::{
    generations::generation_files,
    ledger::{Event, Items, Members, items},
    shelf::{Shelf, Worker, items_in, naive_items, noon, options},
};

fn effective(moment: DateTime<Utc>) -> AsOf {
    AsOf {
        moment,
        basis: Basis::Effective,
    }
}

fn recorded(moment: DateTime<Utc>) -> AsOf {
    AsOf {
        moment,
        basis: Basis::Recorded,
    }
}

/// A plain fold over the journal of everything that passes.
async fn fold(shelf: &Shelf, as_of: AsOf) -> Vec<items::Model> {
    let page = shelf
        .journal
        .read(journal::Position::START, 100_000, &ReadFilter::default())
        .await
        .unwrap();
    let events = shelf.codec.open_page(&page).await.unwrap();
    let passing = events.iter().filter(|event| {
        let time = match as_of.basis {
            Basis::Effective => event.header.occurred_at,
            Basis::Recorded => event.header.recorded_at,
        };
        DateTime::<Utc>::from(time) <= as_of.moment
    });
    naive_items(passing.map(|event| (event.header.position.0, event.header.stream.id, &event.event)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_what_a_plain_fold_makes_of_it_on_either_basis() {
    let shelf = Shelf::new().await;
    shelf.some_history(40).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    for seconds in [0, 1, 17, 41, 60, 500] {
        for as_of in [
            effective(noon() + TimeDelta::seconds(seconds)),
            recorded(noon() + TimeDelta::seconds(seconds)),
        ] {
            let past = views.as_of(as_of).await.unwrap();
            assert_eq!(items_in(&past).await, fold(&shelf, as_of).await, "{as_of:?}");
        }
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_entered_late_changes_what_was_effective_but_not_what_was_recorded() {
    let shelf = Shelf::new().await;
    let item = Uuid::now_v7();
    shelf.append(item, &[Event::opened("a", 1)]).await;
    let moment = noon() + TimeDelta::days(10);
    shelf.clock.set(noon() + TimeDelta::days(20));
    shelf.append(item, &[Event::Added { amount: 10 }]).await;
    let views = shelf.views().await;
    assert_eq!(
        items_in(&views.as_of(effective(moment)).await.unwrap()).await[0].amount,
        1
    );
    assert_eq!(
        items_in(&views.as_of(recorded(moment)).await.unwrap()).await[0].amount,
        1
    );

    shelf
        .append_at(item, noon() + TimeDelta::days(5), Event::Added { amount: 100 })
        .await;
    assert_eq!(
        items_in(&views.as_of(effective(moment)).await.unwrap()).await[0].amount,
        101
    );
    assert_eq!(
        items_in(&views.as_of(recorded(moment)).await.unwrap()).await[0].amount,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ready_in_time_answers_with_progress_and_is_ready_later() {
    let shelf = Shelf::new().await;
    shelf.some_history(40).await;
    let impatient = ViewsOptions {
        as_of_wait: Duration::ZERO,
        ..options()
    };
    let views: Arc<Views<Event>> = shelf
        .views_with(
            vec![Arc::new(Items::default()), Arc::new(Members::default())],
            impatient,
        )
        .await;
    let as_of = effective(noon() + TimeDelta::seconds(30));
    let first = views.as_of(as_of).await;
    assert!(matches!(first.err(), Some(ViewsError::AsOfBuilding { .. })));
    let past = loop {
        match views.as_of(as_of).await {
            Ok(past) => break past,
            Err(ViewsError::AsOfBuilding { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(items_in(&past).await, fold(&shelf, as_of).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_of_the_past_are_capped_in_bytes() {
    let shelf = Shelf::new().await;
    shelf.some_history(10).await;
    let small = ViewsOptions {
        as_of_bytes: 1,
        ..options()
    };
    let views = shelf
        .views_with(vec![Arc::new(Items::default()), Arc::new(Members::default())], small)
        .await;
    for seconds in 1..5 {
        views
            .as_of(effective(noon() + TimeDelta::seconds(seconds)))
            .await
            .unwrap();
    }
    assert_eq!(copies(&shelf), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn purging_removes_the_copies_and_empties_the_logs() {
    let shelf = Shelf::new().await;
    shelf.some_history(10).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    shelf.at_head(&views).await;
    let as_of = effective(noon() + TimeDelta::seconds(5));
    views.as_of(as_of).await.unwrap();
    let older_program = copies_folder(&shelf).with_extension("older");
    std::fs::create_dir(&older_program).unwrap();
    std::fs::write(older_program.join("effective-1.db"), "a person").unwrap();
    assert_eq!(copies(&shelf), 2);
    views.purge_files().await.unwrap();
    assert_eq!(copies(&shelf), 0);
    assert!(!older_program.exists());
    for file in generation_files(&shelf) {
        assert_eq!(file.with_extension("db-wal").metadata().map_or(0, |log| log.len()), 0);
    }
    // What was purged can be asked again.
    let past = views.as_of(as_of).await.unwrap();
    assert_eq!(items_in(&past).await, fold(&shelf, as_of).await);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_present_is_the_views_themselves() {
    let shelf = Shelf::new().await;
    shelf.some_history(3).await;
    let views = shelf.views().await;
    let worker = Worker::start(&views);
    let present = shelf.at_head(&views).await;
    let asked = views.as_of(recorded(noon() + TimeDelta::days(400))).await.unwrap();
    assert_eq!(asked.position, present.position);
    assert_eq!(copies(&shelf), 0);
    worker.stop().await;
}

/// The folder of this version of the program.
fn copies_folder(shelf: &Shelf) -> std::path::PathBuf {
    let mut folders = std::fs::read_dir(shelf.folder.path().join("views-as-of")).unwrap();
    folders.next().unwrap().unwrap().path()
}

fn copies(shelf: &Shelf) -> usize {
    let Ok(folders) = std::fs::read_dir(shelf.folder.path().join("views-as-of")) else {
        return 0;
    };
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    files
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|end| end == "db"))
        .count()
}
