//! What-if: hypothetical changes laid over what is in the journal, in a copy. The journal stays as it is; a scenario is
//! forgotten after an hour.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    Change, ContractCommand, ContractId, Decider, Language, OrganizationId, Refusal, UserId,
    billing::{Percentage, UnitPrice},
    contract::{
        Amend, ContractState, Ground, LinePrice, NoticeWish, Party, RenewalPolicy, TerminationReason, WishedLineChange,
    },
    recurring_revenue::{Happened, Portfolio, Recording},
};
use rust_decimal::Decimal;
use uuid::Uuid;

/// For how long a scenario is kept.
pub const SCENARIO_LIVES: TimeDelta = TimeDelta::hours(1);
/// Scenarios that are kept at the same time; the oldest gives way.
const SCENARIOS_MAX: usize = 32;

/// Something that might happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Hypothesis {
    /// Every line of contracts in force costs so many percent more from a day on, or less.
    PriceChange {
        on: NaiveDate,
        percent: Decimal,
        /// Of one segment; `None`: of all.
        segment: Option<String>,
    },
    /// A customer's contracts all end on a day.
    CustomerLost {
        customer: OrganizationId,
        last_day: NaiveDate,
    },
    /// Of the terms that end between two days and renew tacitly, so many in a hundred are renewed. Those that are not are
    /// the ones whose end comes first, spread evenly.
    RenewalRate {
        from: NaiveDate,
        until: NaiveDate,
        percent: Percentage,
    },
}

/// A copy with hypothetical changes.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub id: Uuid,
    pub owner: Option<UserId>,
    pub portfolio: Arc<Portfolio>,
    pub expires_at: DateTime<Utc>,
    /// How many contracts were changed.
    pub contracts: usize,
}

/// Why a scenario is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScenarioError {
    NotFound,
    Nothing,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Language::English))
    }
}

impl std::error::Error for ScenarioError {}

impl Refusal for ScenarioError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "SCENARIO_NOT_FOUND",
            Self::Nothing => "SCENARIO_WITHOUT_HYPOTHESES",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("scenario")
    }

    fn message(&self, language: Language) -> String {
        let (english, french) = match self {
            Self::NotFound => (
                "There is no such scenario, or it has expired: make it again.",
                "Ce scénario n'existe pas ou a expiré : recréez-le.",
            ),
            Self::Nothing => (
                "A scenario needs at least one hypothesis.",
                "Un scénario comporte au moins une hypothèse.",
            ),
        };
        language.choose(english.to_owned(), french.to_owned())
    }
}

/// The scenarios of this process.
#[derive(Debug, Default)]
pub struct Scenarios {
    kept: Mutex<HashMap<Uuid, Scenario>>,
}

impl Scenarios {
    /// Lays hypotheses over a portfolio; `today` is when they are thought of.
    pub fn make(
        &self,
        base: &Portfolio,
        hypotheses: &[Hypothesis],
        owner: Option<UserId>,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Scenario, ScenarioError> {
        if hypotheses.is_empty() {
            return Err(ScenarioError::Nothing);
        }
        let mut laid = Laid {
            portfolio: base.clone(),
            at: Recording {
                position: u64::MAX,
                event: Uuid::nil(),
                at: now,
                on: today,
            },
            contracts: 0,
        };
        for hypothesis in hypotheses {
            laid.lay(hypothesis, today);
        }
        let scenario = Scenario {
            id: Uuid::new_v4(),
            owner,
            portfolio: Arc::new(laid.portfolio),
            expires_at: now + SCENARIO_LIVES,
            contracts: laid.contracts,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, scenario| scenario.expires_at > now);
        if kept.len() >= SCENARIOS_MAX
            && let Some(oldest) = kept
                .values()
                .min_by_key(|scenario| scenario.expires_at)
                .map(|oldest| oldest.id)
        {
            kept.remove(&oldest);
        }
        kept.insert(scenario.id, scenario.clone());
        Ok(scenario)
    }

    /// A scenario of whoever made it.
    pub fn get(&self, id: Uuid, owner: Option<UserId>, now: DateTime<Utc>) -> Result<Scenario, ScenarioError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&id).cloned();
        found
            .filter(|scenario| scenario.owner == owner && scenario.expires_at > now)
            .ok_or(ScenarioError::NotFound)
    }
}

/// A portfolio that hypothetical events go into.
struct Laid {
    portfolio: Portfolio,
    at: Recording,
    contracts: usize,
}

impl Laid {
    fn lay(&mut self, hypothesis: &Hypothesis, today: NaiveDate) {
        match hypothesis {
            Hypothesis::PriceChange { on, percent, segment } => {
                for (id, state) in self.in_force() {
                    let here = state.segments().filter(|(from, ..)| from <= on).last();
                    let here = here.and_then(|(_, segment, _)| segment.map(str::to_owned));
                    if segment.is_none() || *segment == here {
                        self.put(id, &state, price_change(&state, *on, *percent));
                    }
                }
            }
            Hypothesis::CustomerLost { customer, last_day } => {
                for (id, state) in self.in_force() {
                    if state.organization_on(*last_day) == Some(*customer) {
                        self.put(
                            id,
                            &state,
                            Some(ended(Ground::Agreement, Some(*last_day), today, today)),
                        );
                    }
                }
            }
            Hypothesis::RenewalRate { from, until, percent } => {
                let mut ending: Vec<_> = self
                    .in_force()
                    .into_iter()
                    .filter(|(_, state)| {
                        let tacit = matches!(state.renewal_policy(), Some(RenewalPolicy::Tacit { .. }));
                        tacit && state.ends_on().is_some_and(|end| (*from..=*until).contains(&end))
                    })
                    .collect();
                ending.sort_by_key(|(id, state)| (state.ends_on(), *id));
                let lost = Decimal::ONE_HUNDRED - percent.as_decimal();
                let mut owed = Decimal::ZERO;
                for (id, state) in ending {
                    owed += lost;
                    if owed < Decimal::ONE_HUNDRED {
                        continue;
                    }
                    owed -= Decimal::ONE_HUNDRED;
                    let said = state.notice_deadline().map_or(today, |deadline| deadline.min(today));
                    self.put(id, &state, Some(ended(Ground::NonRenewal, None, said, today)));
                }
            }
        }
    }

    fn in_force(&self) -> Vec<(ContractId, ContractState)> {
        let contracts = self.portfolio.contracts();
        let states = contracts.filter_map(|id| Some((id, self.portfolio.contract(id, None)?)));
        states
            .filter(|(_, state)| state.signed_on().is_some() && state.status().is_some_and(|status| !status.is_over()))
            .collect()
    }

    /// What the contract would refuse does not happen to it.
    fn put(&mut self, id: ContractId, state: &ContractState, command: Option<ContractCommand>) {
        let Some(Ok(events)) = command.map(|command| state.decide(command)) else {
            return;
        };
        for event in &events {
            self.portfolio.record(self.at, Happened::Contract(id, event));
        }
        self.contracts += usize::from(!events.is_empty());
    }
}

fn price_change(state: &ContractState, on: NaiveDate, percent: Decimal) -> Option<ContractCommand> {
    let factor = (Decimal::ONE_HUNDRED + percent) / Decimal::ONE_HUNDRED;
    let lines = state.lines().filter_map(|line| {
        let covered = state.coverage(line.line.id)?.contains(on);
        let price = line.prices.on(on).filter(|_| covered)?.value;
        let unit_price = UnitPrice::new("unitPrice", (price.unit_price.as_decimal() * factor).round_dp(6)).ok()?;
        Some(WishedLineChange::Price {
            line: line.line.id,
            price: LinePrice { unit_price, ..price },
        })
    });
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| {
        ContractCommand::Amend(Box::new(Amend {
            signed_on: on,
            effective_on: on,
            lines,
            ends_on: Change::Keep,
            renewal: None,
            notice: None,
            document: None,
            note: None,
        }))
    })
}

fn ended(ground: Ground, last_day: Option<NaiveDate>, received_on: NaiveDate, on: NaiveDate) -> ContractCommand {
    ContractCommand::GiveNotice {
        notice: NoticeWish {
            by: Party::Customer,
            ground,
            received_on,
            last_day,
            reason: TerminationReason::Other,
            note: Some("what-if".to_owned()),
        },
        on,
    }
}
