//! A row that describes a deal: when it was opened, and how it ended.

use chrono::{DateTime, Utc};
use domain::{
    DealCommand, Money, OrganizationId, Stage,
    deal::{LossReason, OpenDeal},
};
use uuid::Uuid;

use super::{
    Names, Refused,
    mapping::{Fields, Row, shown},
};

pub(super) const FIELDS: Fields = Fields {
    required: &["title", "stage"],
    optional: &[
        "organization",
        "amount",
        "openingStage",
        "openedAt",
        "closedAt",
        "expectedClose",
        "owner",
        "product",
        "lossReason",
        "lossNote",
        "externalReference",
    ],
};

/// What the row asks for: each command with the time at which it happened; now when the file does not say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DealPlan {
    pub(super) id: Uuid,
    pub(super) commands: Vec<(DealCommand, Option<DateTime<Utc>>)>,
}

pub(super) fn plan(row: &mut Row<'_>, names: &impl Names) -> Result<DealPlan, Refused> {
    let key = row.key()?.to_owned();
    let stage = stage(&row.required("stage")?)?;
    let amount = row.money("amount")?;
    let opened_at = row.moment("openedAt")?;
    let ending = ending(row, stage, amount, opened_at)?;
    let open = OpenDeal {
        title: row.required("title")?,
        organization: organization(row, names)?,
        stage: opening_stage(row, stage)?,
        amount: expected_amount(stage, amount),
        expected_close: row.date("expectedClose")?,
        owner: row.text("owner")?,
        product: row.text("product")?,
        external_reference: row.text("externalReference")?.or_else(|| Some(key.clone())),
    };
    let opening = (DealCommand::Open(open), opened_at);
    let commands = std::iter::once(opening)
        .chain(ending.map(|(command, at)| (command, Some(at))))
        .collect();
    Ok(DealPlan {
        id: names.id("deal", &key),
        commands,
    })
}

fn stage(text: &str) -> Result<Stage, Refused> {
    text.parse::<Stage>()
        .map_err(|error| Refused::new("UNKNOWN_VALUE", error.to_string()))
}

/// An open deal was opened where it stands, as far as the file knows; a closed one where the mapping says.
fn opening_stage(row: &mut Row<'_>, stage: Stage) -> Result<Stage, Refused> {
    if stage.is_open() {
        return Ok(stage);
    }
    row.text("openingStage")?
        .map_or(Ok(Stage::Prospection), |text| self::stage(&text))
}

/// Of a won deal the file knows what was agreed, not what was hoped for before; of a lost one, zero says nothing.
fn expected_amount(stage: Stage, amount: Option<Money>) -> Option<Money> {
    match stage {
        Stage::Signe => None,
        Stage::Perdu => amount.filter(|amount| amount.minor_units != 0),
        _ => amount,
    }
}

fn ending(
    row: &mut Row<'_>,
    stage: Stage,
    amount: Option<Money>,
    opened_at: Option<DateTime<Utc>>,
) -> Result<Option<(DealCommand, DateTime<Utc>)>, Refused> {
    let closed_at = row.moment("closedAt")?;
    let command = match stage {
        Stage::Signe => DealCommand::Win { amount },
        Stage::Perdu => DealCommand::Lose {
            reason: loss_reason(row)?,
            note: row.text("lossNote")?,
        },
        _ if closed_at.is_some() => {
            let message = format!("the deal has a closing date but its stage, {stage}, is open");
            return Err(Refused::new("CLOSING_DATE_OF_AN_OPEN_DEAL", message));
        }
        _ => return Ok(None),
    };
    let Some(closed_at) = closed_at else {
        return Err(Refused::new(
            "MISSING_VALUE",
            format!("the deal is {stage} but `closedAt` has no value"),
        ));
    };
    if opened_at.is_none_or(|opened_at| closed_at < opened_at) {
        return Err(Refused::new(
            "CLOSED_BEFORE_OPENED",
            "the deal was closed before it was opened",
        ));
    }
    Ok(Some((command, closed_at)))
}

fn loss_reason(row: &mut Row<'_>) -> Result<LossReason, Refused> {
    let Some(text) = row.text("lossReason")? else {
        return Ok(LossReason::NotRecorded);
    };
    LossReason::ALL
        .into_iter()
        .find(|reason| reason.as_str() == text)
        .ok_or_else(|| {
            let known = LossReason::ALL.map(LossReason::as_str).join(", ");
            Refused::new(
                "UNKNOWN_VALUE",
                format!("`lossReason` is one of {known}, not `{}`", shown(&text)),
            )
        })
}

/// A deal without an organization is taken, and said; one with an organization that nobody knows is refused.
fn organization(row: &mut Row<'_>, names: &impl Names) -> Result<Option<OrganizationId>, Refused> {
    let Some(organization) = row.text("organization")? else {
        if row.maps("organization") {
            row.note(
                "NO_ORGANIZATION",
                "`organization` was missing: the deal is with nobody yet",
            );
        }
        return Ok(None);
    };
    if names.knows_organization(&organization) {
        return Ok(Some(OrganizationId(names.id("organization", &organization))));
    }
    let message = format!(
        "no organization `{}` was imported from this source",
        shown(&organization)
    );
    Err(Refused::new("UNKNOWN_ORGANIZATION", message))
}
