//! What the events of pipelines and deals changed.

use domain::{
    DealEvent, PipelineEvent,
    deal::{Amounts, DealSource, ProductOfInterest},
    pipeline::Names,
};

use super::{FILE_DETACHED, day, file_attached, listed};

pub(super) fn pipeline(event: &PipelineEvent) -> String {
    match event {
        PipelineEvent::PipelineCreated { name, stages } => {
            let codes: Vec<_> = stages.iter().map(|stage| stage.code.as_str()).collect();
            format!("created as {} with {}", called(name), codes.join(", "))
        }
        PipelineEvent::PipelineRenamed { name } => format!("renamed to {}", called(name)),
        PipelineEvent::PipelineStageAdded { stage, rank } => {
            format!(
                "stage {} added at place {rank}, {} %",
                stage.code,
                stage.probability.get()
            )
        }
        PipelineEvent::PipelineStageRenamed { code, name } => format!("stage {code} renamed to {}", called(name)),
        PipelineEvent::PipelineStagesReordered { codes } => {
            let codes: Vec<_> = codes.iter().map(ToString::to_string).collect();
            format!("stages in the order {}", codes.join(", "))
        }
        PipelineEvent::PipelineStageProbabilityChanged { code, from, to } => {
            format!("probability of {code} {} % → {} %", from.get(), to.get())
        }
        PipelineEvent::PipelineStageRetired { code } => format!("stage {code} retired"),
        PipelineEvent::PipelineStageRestored { code } => format!("stage {code} restored"),
        PipelineEvent::PipelineArchived {} => "archived".to_owned(),
        PipelineEvent::PipelineRestored {} => "restored".to_owned(),
    }
}

pub(super) fn deal(event: &DealEvent) -> String {
    match event {
        DealEvent::DealOpened {
            title,
            stage,
            amounts,
            owner,
            owner_name,
            ..
        } => {
            let owner = owner.map(|owner| owner.to_string()).or_else(|| owner_name.clone());
            let owner = owner.map(|owner| format!("owner {owner}"));
            listed(format!("opened in {stage} as “{title}”"), [money(*amounts), owner])
        }
        DealEvent::DealRenamed { title } => format!("renamed to “{title}”"),
        DealEvent::DealLinked { organization } => format!("is with organization {organization}"),
        DealEvent::DealAssigned { owner: Some(owner), .. } => format!("given to {owner}"),
        DealEvent::DealAssigned {
            owner: None,
            owner_name: Some(name),
        } => format!("given to {name}"),
        DealEvent::DealAssigned { .. } => "given to nobody".to_owned(),
        DealEvent::DealCreditShared { shares } if shares.is_empty() => "the credit is the owner's alone".to_owned(),
        DealEvent::DealCreditShared { shares } => {
            let shares = shares.iter().map(|share| {
                let percent = rust_decimal::Decimal::new(share.basis_points.into(), 2).normalize();
                format!("{} {percent} %", share.user)
            });
            format!("credit shared: {}", shares.collect::<Vec<_>>().join(", "))
        }
        DealEvent::DealAmountChanged { from, to } => match (money(*from), money(*to)) {
            (Some(from), Some(to)) => format!("amount {from} → {to}"),
            (_, Some(to)) => format!("amount is {to}"),
            (_, None) => "amount taken away".to_owned(),
        },
        DealEvent::DealCloseExpected { date: Some(date) } => format!("expected to close on {}", day(*date)),
        DealEvent::DealCloseExpected { date: None } => "nobody knows when it will close".to_owned(),
        DealEvent::DealProbabilityEstimated {
            probability: Some(probability),
        } => format!("estimated at {} %", probability.get()),
        DealEvent::DealProbabilityEstimated { probability: None } => "estimate taken back".to_owned(),
        DealEvent::DealProductsNamed { products } => all_of("products", products.iter().map(product)),
        DealEvent::DealCompetitorsNamed { competitors } => all_of("competitors", competitors.iter().cloned()),
        DealEvent::DealTagged { tags } => all_of("tags", tags.iter().cloned()),
        DealEvent::DealTagsAdded { tags } => all_of("tagged", tags.iter().cloned()),
        DealEvent::DealTagsRemoved { tags } => all_of("no longer tagged", tags.iter().cloned()),
        DealEvent::DealFileAttached(file) => file_attached(file),
        DealEvent::DealFileDetached { .. } => FILE_DETACHED.to_owned(),
        DealEvent::DealSourceSet { source: Some(source) } => source_of(source),
        DealEvent::DealSourceSet { source: None } => "nobody knows where it comes from".to_owned(),
        DealEvent::DealNextStepPlanned { text: Some(text) } => format!("next step: {text}"),
        DealEvent::DealNextStepPlanned { text: None } => "nothing planned".to_owned(),
        DealEvent::DealMoved { from, to, .. } => format!("stage {from} → {to}"),
        DealEvent::DealPipelineChanged {
            from, to_pipeline, to, ..
        } => format!("stage {from} → {to} of pipeline {to_pipeline}"),
        DealEvent::DealWon { from, amounts, .. } => listed(format!("won, from {from}"), [money(*amounts)]),
        DealEvent::DealLost { from, reason, note, .. } => {
            listed(format!("lost, from {from}: {}", reason.as_str()), [note.clone()])
        }
        DealEvent::DealReopened { from, stage, .. } => format!("reopened in {stage} after it was {}", from.as_str()),
    }
}

fn called(name: &Names) -> String {
    match &name.en {
        Some(en) => format!("“{}” (“{en}”)", name.fr),
        None => format!("“{}”", name.fr),
    }
}

fn all_of(what: &str, names: impl Iterator<Item = String>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        return format!("no {what}");
    }
    format!("{what}: {}", names.join(", "))
}

fn product(product: &ProductOfInterest) -> String {
    match product.quantity {
        Some(quantity) => format!("{quantity} × {}", product.label),
        None => product.label.clone(),
    }
}

fn source_of(source: &DealSource) -> String {
    listed(format!("comes from {}", source.kind.as_str()), [source.detail.clone()])
}

/// Without tax where that is known; with tax it is said.
fn money(amounts: Amounts) -> Option<String> {
    match (amounts.net, amounts.gross) {
        (Some(net), Some(gross)) => Some(format!("{net} ({gross} with tax)")),
        (Some(net), None) => Some(net.to_string()),
        (None, Some(gross)) => Some(format!("{gross} with tax")),
        (None, None) => None,
    }
}
