use domain::Event;
use domain::{
    BlobHash, FileDescription, ImportEvent, UserId,
    import::{ImportCounts, ImportKind, ImportReport, ImportedFile},
};
use engine::projection::spec::Spec;
use projections::imports::{Imports, Model};

use super::{ONE, TWO, march, micros};

fn given() -> Spec<Event> {
    Spec::of(Imports).by("user:ines").given_at(
        "import",
        ONE,
        march("01T12:00"),
        ImportEvent::ImportQueued {
            kind: ImportKind::Contacts,
            file: ImportedFile {
                blob: BlobHash([1; 32]),
                size: 90,
                description: FileDescription {
                    name: "contacts.csv".to_owned(),
                    media_type: "text/csv".to_owned(),
                },
            },
            source: "old-crm".to_owned(),
            mapping: "{}".to_owned(),
            user: Some(UserId(TWO)),
        },
    )
}

fn began(spec: Spec<Event>, attempt: u32, time: &str) -> Spec<Event> {
    spec.by("system:imports")
        .given_at("import", ONE, march(time), ImportEvent::ImportBegan { attempt })
}

fn counts(taken: u64) -> ImportCounts {
    ImportCounts {
        total: 10,
        taken,
        taken_before: 2,
        mended: 1,
        refused: 3,
    }
}

fn row() -> Model {
    Model {
        id: ONE,
        kind: "CONTACTS".to_owned(),
        status: "QUEUED".to_owned(),
        over: false,
        cancel_requested: false,
        file_name: "contacts.csv".to_owned(),
        blob: BlobHash([1; 32]).to_string(),
        size: 90,
        source: "old-crm".to_owned(),
        mapping: "{}".to_owned(),
        user_id: Some(TWO),
        actor: "user:ines".to_owned(),
        attempt: 0,
        began_position: None,
        total: 0,
        taken: 0,
        taken_before: 0,
        mended: 0,
        refused: 0,
        code: None,
        reason: None,
        report: None,
        report_size: 0,
        report_entries: 0,
        files_removed: false,
        queued_at: micros("01T12:00"),
        queued_position: 1,
        started_at: None,
        finished_at: None,
        updated_at: micros("01T12:00"),
        version: 1,
        position: 1,
    }
}

#[test]
fn an_import_waits_until_it_begins_and_begins_once_for_its_readers() {
    given().expect([row()]);
    let twice = began(began(given(), 1, "01T13:00"), 2, "01T14:00");
    twice.expect([Model {
        status: "RUNNING".to_owned(),
        attempt: 2,
        began_position: Some(2),
        started_at: Some(micros("01T13:00")),
        updated_at: micros("01T14:00"),
        version: 3,
        position: 3,
        ..row()
    }]);
}

#[test]
fn its_end_says_what_came_of_it_and_its_files_go() {
    let finished = ImportEvent::ImportFinished {
        attempt: 1,
        counts: counts(5),
        report: Some(ImportReport {
            blob: BlobHash([2; 32]),
            size: 300,
            entries: 4,
        }),
    };
    let over = began(given(), 1, "01T13:00").given_at("import", ONE, march("01T14:00"), finished);
    let done = Model {
        status: "DONE".to_owned(),
        over: true,
        attempt: 1,
        began_position: Some(2),
        total: 10,
        taken: 5,
        taken_before: 2,
        mended: 1,
        refused: 3,
        report: Some(BlobHash([2; 32]).to_string()),
        report_size: 300,
        report_entries: 4,
        started_at: Some(micros("01T13:00")),
        finished_at: Some(micros("01T14:00")),
        updated_at: micros("01T14:00"),
        version: 3,
        position: 3,
        ..row()
    };
    over.given_at("import", ONE, march("08T14:00"), ImportEvent::ImportFilesRemoved {})
        .expect([Model {
            files_removed: true,
            updated_at: micros("08T14:00"),
            version: 4,
            position: 4,
            ..done
        }]);
}

#[test]
fn one_that_fails_says_why_and_one_that_is_cancelled_how_far_it_came() {
    let failed = ImportEvent::ImportFailed {
        attempt: 1,
        code: "JOURNAL_FULL".to_owned(),
        reason: "no room".to_owned(),
        counts: counts(1),
        report: None,
    };
    let over = |row: Model| Model {
        over: true,
        attempt: 1,
        began_position: Some(2),
        total: 10,
        taken: 1,
        taken_before: 2,
        mended: 1,
        refused: 3,
        started_at: Some(micros("01T13:00")),
        finished_at: Some(micros("01T15:00")),
        updated_at: micros("01T15:00"),
        ..row
    };
    began(given(), 1, "01T13:00")
        .given_at("import", ONE, march("01T15:00"), failed)
        .expect([over(Model {
            status: "FAILED".to_owned(),
            code: Some("JOURNAL_FULL".to_owned()),
            reason: Some("no room".to_owned()),
            version: 3,
            position: 3,
            ..row()
        })]);
    let cancelled = ImportEvent::ImportCancelled {
        counts: counts(1),
        report: None,
    };
    began(given(), 1, "01T13:00")
        .given_at("import", ONE, march("01T14:00"), ImportEvent::ImportCancelRequested {})
        .given_at("import", ONE, march("01T15:00"), cancelled)
        .expect([over(Model {
            status: "CANCELLED".to_owned(),
            cancel_requested: true,
            version: 4,
            position: 4,
            ..row()
        })]);
}
