//! Imports.

use domain::{
    ImportEvent,
    import::{ImportCounts, ImportedFile},
};

pub(super) fn import(event: &ImportEvent) -> String {
    match event {
        ImportEvent::ImportQueued { kind, file, source, .. } => {
            let ImportedFile { description, .. } = file;
            format!("“{}”, {} of {source}, waits", description.name, kind.as_str())
        }
        ImportEvent::ImportBegan { attempt: 1 } => "began".to_owned(),
        ImportEvent::ImportBegan { attempt } => format!("began again, attempt {attempt}"),
        ImportEvent::ImportProgressed { counts, .. } => {
            format!("{} of {} rows read", counts.read(), counts.total)
        }
        ImportEvent::ImportCancelRequested {} => "asked to stop".to_owned(),
        ImportEvent::ImportFinished { counts, .. } => format!("done: {}", told(*counts)),
        ImportEvent::ImportFailed {
            code, reason, counts, ..
        } => format!("failed ({code}): {reason}; {}", told(*counts)),
        ImportEvent::ImportCancelled { counts, .. } => format!("cancelled: {}", told(*counts)),
        ImportEvent::ImportFilesRemoved {} => "file and report removed".to_owned(),
    }
}

fn told(counts: ImportCounts) -> String {
    let ImportCounts {
        total,
        taken,
        taken_before,
        mended,
        refused,
    } = counts;
    format!("{taken} of {total} rows taken, {taken_before} before, {mended} mended, {refused} refused")
}
