//! A row that describes a deal: when it was opened, and how it ended.

use chrono::{DateTime, Utc};
use domain::{
    Change, DealCommand, Money, OrganizationId, PipelineError, PipelineId,
    deal::{AmountChanges, Amounts, DealSource, LossReason, OpenDeal, ProductOfInterest, SourceKind},
    pipeline::{BUILT_IN, StageCode, StageKind, StageRef},
};
use uuid::Uuid;

use super::{
    Names, Referred, Refused,
    fields::{FieldInfo, Reading},
    mapping::{Row, shown},
    referred,
};

pub(super) const FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "title",
        required: true,
        reading: Reading::Text,
        english: "What the deal is called.",
        french: "L'intitulé de l'affaire.",
        headings: &[
            "title",
            "deal",
            "deal name",
            "name",
            "opportunity",
            "opportunity name",
            "subject",
            "titre",
            "intitule",
            "nom",
            "nom de l'affaire",
            "affaire",
            "opportunite",
            "nom de l'opportunite",
            "objet",
            "libelle",
        ],
        words: &[],
    },
    FieldInfo {
        name: "stage",
        required: true,
        reading: Reading::Stage,
        english: "The code of its stage in the pipeline.",
        french: "Le code de son étape dans le pipeline.",
        headings: &[
            "stage",
            "deal stage",
            "status",
            "sales stage",
            "etape",
            "phase",
            "statut",
            "etape de vente",
        ],
        words: &[
            ("gagne", "SIGNE"),
            ("gagnee", "SIGNE"),
            ("won", "SIGNE"),
            ("closed won", "SIGNE"),
            ("signe", "SIGNE"),
            ("signee", "SIGNE"),
            ("perdu", "PERDU"),
            ("perdue", "PERDU"),
            ("lost", "PERDU"),
            ("closed lost", "PERDU"),
            ("prospection", "PROSPECTION"),
            ("prospecting", "PROSPECTION"),
            ("qualification", "QUALIFICATION"),
            ("proposition", "PROPOSITION"),
            ("proposal", "PROPOSITION"),
            ("negociation", "NEGOCIATION"),
            ("negotiation", "NEGOCIATION"),
        ],
    },
    FieldInfo {
        name: "organization",
        required: false,
        reading: Reading::Key,
        english: "The key of the organization it is with.",
        french: "La clé de l'organisation concernée.",
        headings: &[
            "organization",
            "organisation",
            "company",
            "account",
            "account id",
            "company id",
            "organization id",
            "customer",
            "societe",
            "entreprise",
            "client",
            "compte",
            "id societe",
            "code client",
        ],
        words: &[],
    },
    FieldInfo {
        name: "pipeline",
        required: false,
        reading: Reading::Text,
        english: "The id of its pipeline; without it, the built-in one.",
        french: "L'identifiant du pipeline ; sinon celui d'origine.",
        headings: &["pipeline", "pipeline id"],
        words: &[],
    },
    FieldInfo {
        name: "amount",
        required: false,
        reading: Reading::Amount,
        english: "What it is about, without tax.",
        french: "Le montant hors taxes.",
        headings: &[
            "amount",
            "deal amount",
            "value",
            "deal value",
            "close value",
            "amount net",
            "montant",
            "montant ht",
            "valeur",
            "ca",
        ],
        words: &[],
    },
    FieldInfo {
        name: "amountGross",
        required: false,
        reading: Reading::Amount,
        english: "The same with tax.",
        french: "Le montant toutes taxes comprises.",
        headings: &["amount gross", "gross amount", "montant ttc"],
        words: &[],
    },
    FieldInfo {
        name: "openingStage",
        required: false,
        reading: Reading::Stage,
        english: "The stage in which a deal that is closed was opened.",
        french: "L'étape d'ouverture d'une affaire close.",
        headings: &["opening stage", "etape d'ouverture"],
        words: &[],
    },
    FieldInfo {
        name: "openedAt",
        required: false,
        reading: Reading::Moment,
        english: "When it was opened; the time of the import when it is not said.",
        french: "La date d'ouverture ; sinon celle de l'import.",
        headings: &[
            "opened",
            "opened at",
            "open date",
            "created",
            "created at",
            "create date",
            "created on",
            "engage date",
            "ouverte le",
            "ouvert le",
            "date d'ouverture",
            "date de creation",
            "cree le",
            "creee le",
        ],
        words: &[],
    },
    FieldInfo {
        name: "closedAt",
        required: false,
        reading: Reading::Moment,
        english: "When it was won or lost.",
        french: "La date à laquelle elle a été gagnée ou perdue.",
        headings: &[
            "closed",
            "closed at",
            "close date",
            "closed on",
            "won lost date",
            "close le",
            "closee le",
            "date de cloture",
            "cloture le",
            "date de signature",
        ],
        words: &[],
    },
    FieldInfo {
        name: "expectedClose",
        required: false,
        reading: Reading::Day,
        english: "When it is expected to be closed.",
        french: "La date de clôture prévue.",
        headings: &[
            "expected close",
            "expected close date",
            "forecast close",
            "cloture prevue",
            "date de cloture prevue",
            "echeance",
        ],
        words: &[],
    },
    FieldInfo {
        name: "owner",
        required: false,
        reading: Reading::Text,
        english: "The name of whoever sells it.",
        french: "Le nom du commercial.",
        headings: &[
            "owner",
            "deal owner",
            "sales rep",
            "sales agent",
            "salesperson",
            "commercial",
            "proprietaire",
            "responsable",
            "vendeur",
        ],
        words: &[],
    },
    FieldInfo {
        name: "product",
        required: false,
        reading: Reading::Text,
        english: "What is sold.",
        french: "Ce qui est vendu.",
        headings: &["product", "product name", "produit", "offre"],
        words: &[],
    },
    FieldInfo {
        name: "source",
        required: false,
        reading: Reading::Choice,
        english: "Where the deal came from.",
        french: "L'origine de l'affaire.",
        headings: &["source", "lead source", "deal source", "origine", "source du contact"],
        words: &[],
    },
    FieldInfo {
        name: "lossReason",
        required: false,
        reading: Reading::Choice,
        english: "Why it was lost.",
        french: "La raison de la perte.",
        headings: &[
            "loss reason",
            "lost reason",
            "closed lost reason",
            "raison de la perte",
            "motif de perte",
            "raison perte",
        ],
        words: &[],
    },
    FieldInfo {
        name: "lossNote",
        required: false,
        reading: Reading::Text,
        english: "What was said about the loss.",
        french: "Un mot sur la perte.",
        headings: &["loss note", "note de perte", "commentaire de perte"],
        words: &[],
    },
    FieldInfo {
        name: "externalReference",
        required: false,
        reading: Reading::Text,
        english: "What another system calls it; the key when it is not said.",
        french: "Son nom dans un autre système ; sinon la clé.",
        headings: &["external reference", "reference externe"],
        words: &[],
    },
];

/// What the row asks for: each command with the time at which it happened; now when the file does not say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DealPlan {
    pub(super) id: Uuid,
    pub(super) commands: Vec<(DealCommand, Option<DateTime<Utc>>)>,
}

pub(super) fn plan(row: &mut Row<'_>, names: &impl Names) -> Result<DealPlan, Refused> {
    let key = row.key()?.to_owned();
    let pipeline = pipeline(row)?;
    let stage = stage(&row.required("stage")?, pipeline, names)?;
    let amounts = Amounts {
        net: row.money("amount")?,
        gross: row.money("amountGross")?,
    };
    let opened_at = row.moment("openedAt")?;
    let ending = ending(row, &stage, amounts, opened_at)?;
    let product = row.text("product")?.map(ProductOfInterest::labelled);
    let open = OpenDeal {
        title: row.required("title")?,
        organization: organization(row, names)?,
        amounts: expected_amounts(stage.kind, amounts),
        stage: opening_stage(row, stage, names)?,
        expected_close: row.date("expectedClose")?,
        owner: None,
        owner_name: row.text("owner")?,
        source: source(row)?,
        products: product.into_iter().collect(),
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

/// The id of a pipeline; without one, the built-in one.
pub(super) fn pipeline(row: &mut Row<'_>) -> Result<PipelineId, Refused> {
    let Some(text) = row.text("pipeline")? else {
        return Ok(BUILT_IN);
    };
    text.parse().map_err(|_| {
        let message = format!("`pipeline` is the id of a pipeline, a UUID, not `{}`", shown(&text));
        Refused::new("UNKNOWN_VALUE", message).of("pipeline")
    })
}

fn stage(text: &str, pipeline: PipelineId, names: &impl Names) -> Result<StageRef, Refused> {
    let unknown = |known: String| {
        let message = format!("`{}` is not a stage of the pipeline: {known}", shown(text));
        Refused::new("UNKNOWN_VALUE", message).of("stage")
    };
    let code = StageCode::parse("stage", text).map_err(|_| unknown("it is no code".to_owned()))?;
    names.stage(pipeline, &code).map_err(|refusal| match refusal {
        PipelineError::UnknownStage { known, .. } => {
            let known: Vec<_> = known.iter().map(StageCode::as_str).collect();
            unknown(known.join(", "))
        }
        PipelineError::NotCreated => {
            Refused::new("UNKNOWN_PIPELINE", format!("there is no pipeline {pipeline}")).of("pipeline")
        }
        other => Refused::from_rule(other),
    })
}

/// An open deal was opened where it stands, as far as the file knows; a closed one where the mapping says.
fn opening_stage(row: &mut Row<'_>, stage: StageRef, names: &impl Names) -> Result<StageRef, Refused> {
    if stage.kind == StageKind::Open {
        return Ok(stage);
    }
    match row.text("openingStage")? {
        Some(text) => self::stage(&text, stage.pipeline, names),
        None => names.beginning(stage.pipeline).map_err(Refused::from_rule),
    }
}

/// Of a won deal the file knows what was agreed, not what was hoped for before; of a lost one, zero says nothing.
fn expected_amounts(kind: StageKind, amounts: Amounts) -> Amounts {
    let said = |amount: Option<Money>| amount.filter(|amount| amount.minor_units != 0);
    match kind {
        StageKind::Open => amounts,
        StageKind::Won => Amounts::default(),
        StageKind::Lost => Amounts {
            net: said(amounts.net),
            gross: said(amounts.gross),
        },
    }
}

fn ending(
    row: &mut Row<'_>,
    stage: &StageRef,
    amounts: Amounts,
    opened_at: Option<DateTime<Utc>>,
) -> Result<Option<(DealCommand, DateTime<Utc>)>, Refused> {
    let closed_at = row.moment("closedAt")?;
    let agreed = |amount: Option<Money>| amount.map_or(Change::Keep, Change::Set);
    let command = match stage.kind {
        StageKind::Won => DealCommand::Win {
            stage: stage.clone(),
            amounts: AmountChanges {
                net: agreed(amounts.net),
                gross: agreed(amounts.gross),
            },
        },
        StageKind::Lost => DealCommand::Lose {
            stage: stage.clone(),
            reason: loss_reason(row)?,
            note: row.text("lossNote")?,
        },
        StageKind::Open if closed_at.is_some() => {
            let message = format!("the deal has a closing date but its stage, {}, is open", stage.code);
            return Err(Refused::new("CLOSING_DATE_OF_AN_OPEN_DEAL", message).of("closedAt"));
        }
        StageKind::Open => return Ok(None),
    };
    let Some(closed_at) = closed_at else {
        return Err(Refused::new(
            "MISSING_VALUE",
            format!("the deal is {} but `closedAt` has no value", stage.code),
        )
        .of("closedAt"));
    };
    if opened_at.is_none_or(|opened_at| closed_at < opened_at) {
        return Err(Refused::new("CLOSED_BEFORE_OPENED", "the deal was closed before it was opened").of("closedAt"));
    }
    Ok(Some((command, closed_at)))
}

fn source(row: &mut Row<'_>) -> Result<Option<DealSource>, Refused> {
    let Some(text) = row.text("source")? else {
        return Ok(None);
    };
    let known = SourceKind::ALL.into_iter().find(|kind| kind.as_str() == text);
    let kind = known.ok_or_else(|| {
        let known = SourceKind::ALL.map(SourceKind::as_str).join(", ");
        Refused::new(
            "UNKNOWN_VALUE",
            format!("`source` is one of {known}, not `{}`", shown(&text)),
        )
        .of("source")
    })?;
    Ok(Some(DealSource { kind, detail: None }))
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
            .of("lossReason")
        })
}

/// A deal without an organization is taken, and said; one with an organization that nobody knows is refused.
fn organization(row: &mut Row<'_>, names: &impl Names) -> Result<Option<OrganizationId>, Refused> {
    if row.text("organization")?.is_none() {
        if row.maps("organization") {
            row.note(
                "organization",
                "NO_ORGANIZATION",
                "`organization` was missing: the deal is with nobody yet",
            );
        }
        return Ok(None);
    }
    let organization = referred(row, names, "organization", Referred::Organization)?;
    Ok(organization.map(OrganizationId))
}
