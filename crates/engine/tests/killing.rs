//! A process that is killed in the middle of its obligations: another one finishes them, doing none twice.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use crate::{
    agenda::{hours, remind, reminded, scheduler},
    world::World,
};

/// Set for a child: the folder of the journal.
const ROLE: &str = "ENGINE_TEST_FULFILS_IN";

/// Not a test by itself: what the child does.
#[tokio::test]
#[ignore = "the killed process of another test"]
async fn fulfils_until_killed() {
    let Ok(folder) = std::env::var(ROLE) else { return };
    let world = World::at(folder.into()).await;
    scheduler(&world).await.fulfil_due().await.unwrap();
}

/// Starts a process that fulfils what is due, and kills it when it comes to the failpoint.
fn killed_at(failpoint: &str, world: &World) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "killing::fulfils_until_killed",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("ALFORIS_FAILPOINT", failpoint)
        .env(ROLE, &world.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    assert!(
        said.any(|line| line.contains("failpoint")),
        "the child never came to {failpoint}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn obligations_cut_short_by_a_kill_are_done_once() {
    for (failpoint, already_done) in [("written:2", 1), ("committed:2", 2)] {
        let world = World::new().await;
        for due in [-3, -2, -1] {
            let id = world.account(0).await;
            remind(&world, id, hours(due)).await;
        }
        killed_at(failpoint, &world);
        assert_eq!(reminded(&world).await.len(), already_done, "{failpoint}");
        scheduler(&world).await.fulfil_due().await.unwrap();
        let dues: Vec<_> = reminded(&world).await.into_iter().map(|(_, due)| due).collect();
        assert_eq!(dues, [-3, -2, -1].map(hours), "{failpoint}");
    }
}
