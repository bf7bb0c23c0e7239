use super::Changes;
use crate::{DealEvent, deal::Amounts, pipeline::BUILT_IN};

pub(super) fn changes(event: &DealEvent) -> Changes {
    let changed = match event {
        DealEvent::DealOpened {
            title,
            organization,
            pipeline,
            stage: _,
            rank: _,
            amounts: worth,
            expected_close,
            owner,
            owner_name,
            source,
            products,
            external_reference,
        } => amounts(Changes::new().set("title", title), worth)
            .set("organization", organization)
            .set("pipeline", pipeline.unwrap_or(BUILT_IN))
            .set("expectedClose", expected_close)
            .set("owner", owner)
            .set("ownerName", owner_name)
            .set("source", source)
            .set("products", products)
            .set("externalReference", external_reference),
        DealEvent::DealRenamed { title } => Changes::new().set("title", title),
        DealEvent::DealLinked { organization } => Changes::new().set("organization", organization),
        DealEvent::DealAssigned { owner, owner_name } => {
            Changes::new().set("owner", owner).set("ownerName", owner_name)
        }
        DealEvent::DealCreditShared { shares } => Changes::new().set("creditShares", shares),
        DealEvent::DealAmountChanged { from: _, to } => amounts(Changes::new(), to),
        DealEvent::DealCloseExpected { date } => Changes::new().set("expectedClose", date),
        DealEvent::DealProbabilityEstimated { probability } => Changes::new().set("probability", probability),
        DealEvent::DealProductsNamed { products } => Changes::new().set("products", products),
        DealEvent::DealCompetitorsNamed { competitors } => Changes::new().set("competitors", competitors),
        DealEvent::DealSourceSet { source } => Changes::new().set("source", source),
        DealEvent::DealNextStepPlanned { text } => Changes::new().set("nextStep", text),
        DealEvent::DealTagged { tags } => Changes::new().set("tags", tags),
        DealEvent::DealTagsAdded { tags } => Changes::new().add("tags", tags),
        DealEvent::DealTagsRemoved { tags } => Changes::new().remove("tags", tags),
        DealEvent::DealFileAttached(file) => Changes::new().add("files", [file.file]),
        DealEvent::DealFileDetached { file } => Changes::new().remove("files", [file]),
        DealEvent::DealMoved { .. } => Changes::new(),
        DealEvent::DealPipelineChanged { to_pipeline, .. } => Changes::new().set("pipeline", to_pipeline),
        DealEvent::DealWon { amounts: worth, .. } => amounts(Changes::new(), worth),
        DealEvent::DealLost { reason, note, .. } => Changes::new().set("lostReason", reason).set("lostNote", note),
        DealEvent::DealReopened { .. } => Changes::new().clear("lostReason").clear("lostNote"),
    };
    match event.destination() {
        Some(destination) => changed
            .set("stage", destination.stage)
            .set("status", destination.status),
        None => changed,
    }
}

fn amounts(changes: Changes, worth: &Amounts) -> Changes {
    changes.set("amountNet", worth.net).set("amountGross", worth.gross)
}
