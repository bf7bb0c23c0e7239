//! The history: what people do month by month, and what befalls the server meanwhile.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use domain::Role;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    oracle,
    portfolio::{Customer, Line, Price, Relation, Renewal, after, before},
};
use crate::{people::People, server::Server, support::Workplace, tasks::advance, trade::Trade};

/// A leap year's first day.
const BEGIN: &str = "2024-01-01";
const SIZE: &str = "ALFORIS_SIMULATION";
const SEED: &str = "ALFORIS_SIMULATION_SEED";

/// How much is simulated.
pub(super) struct Scale {
    pub(super) contracts: usize,
    pub(super) years: u32,
    seed: u64,
}

impl Scale {
    pub(super) fn asked() -> Self {
        let size = std::env::var(SIZE).unwrap_or_else(|_| "30x10".to_owned());
        let parts = size.split_once('x');
        let parts = parts.and_then(|(contracts, years)| Some((contracts.parse().ok()?, years.parse().ok()?)));
        let (contracts, years) = parts.unwrap_or_else(|| panic!("{SIZE} is not like 500x10: {size}"));
        let seed = std::env::var(SEED).map_or(2_024, |seed| seed.parse().expect("a number"));
        Self { contracts, years, seed }
    }
}

/// Numbers that look random and come again with their seed (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below a number.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// So many times in a hundred.
    fn in_hundred(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn price(&mut self, from: u64, to: u64) -> Decimal {
        Decimal::new((from * 100 + self.below((to - from) * 100)) as i64, 2)
    }
}

/// What was told of a month when it was over.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) on: NaiveDate,
    /// When it was asked.
    pub(super) at: DateTime<Utc>,
    pub(super) mrr: Decimal,
}

/// Weeks in which no server ran, from the first day to the day on which one was started.
pub(super) type Standstill = (NaiveDate, NaiveDate);

pub(super) struct World {
    pub(super) trade: Trade,
    pub(super) today: NaiveDate,
    pub(super) relations: Vec<Relation>,
    pub(super) standstills: Vec<Standstill>,
    pub(super) told: Vec<Told>,
    /// What people decide: the same on every back end.
    decisions: Random,
    /// When the server is killed: another moment each time.
    accidents: Random,
    scale_contracts: usize,
    customers: Vec<Customer>,
    owner: String,
    resumes: BTreeMap<usize, NaiveDate>,
    kills: u32,
    /// How long a month took of late.
    month_takes: Duration,
}

fn nine(day: NaiveDate) -> DateTime<Utc> {
    format!("{day}T09:00:00Z").parse().expect("a moment")
}

impl World {
    /// Lives through all years; what the journal says of every relation then, in the order in which they were made.
    pub(super) async fn lived(workplace: Workplace, scale: &Scale, accidents: u64) -> Vec<String> {
        let workplace = workplace.with("ALFORIS_CLOCK", "manual");
        let began = Instant::now();
        let mut world = Self::founded(workplace, scale, accidents).await;
        let begin = world.today;
        eprintln!("founded: {:?}", began.elapsed());
        let months = scale.years * 12;
        for month in 0..months {
            let end = before(begin + Months::new(month + 1), 1);
            world.let_pass(month, end).await;
            oracle::month(&mut world).await;
            if month + 1 < months {
                world.live().await;
            }
            if month % 12 == 11 {
                eprintln!(
                    "{}: {:?}, {} kills, {} relations",
                    world.today,
                    began.elapsed(),
                    world.kills,
                    world.relations.len()
                );
            }
        }
        assert!(world.kills > 0, "no accident fell into the middle of work");
        let facts = oracle::all(&world).await;
        eprintln!("checked: {:?}, {} kills", began.elapsed(), world.kills);
        facts
    }

    async fn founded(workplace: Workplace, scale: &Scale, accidents: u64) -> Self {
        let begin: NaiveDate = BEGIN.parse().expect("a day");
        let server = Server::start_in(workplace, &["--clock", &format!("manual:{BEGIN}T09:00:00Z")]);
        let trade = Trade::on(server).await;
        let owner = People::of(&trade.server).with(Role::Sales).user;
        let mut world = Self {
            trade,
            today: begin,
            relations: Vec::new(),
            standstills: Vec::new(),
            told: Vec::new(),
            decisions: Random(scale.seed),
            accidents: Random(scale.seed.wrapping_mul(31).wrapping_add(accidents)),
            scale_contracts: scale.contracts,
            customers: Vec::new(),
            owner,
            resumes: BTreeMap::new(),
            kills: 0,
            month_takes: Duration::from_millis(500),
        };
        for index in 0..scale.contracts.div_ceil(4) {
            let customer = world.customer(index).await;
            world.customers.push(customer);
        }
        for _ in 0..scale.contracts {
            world.sign().await;
        }
        world
    }

    pub(super) const fn server(&self) -> &Server {
        &self.trade.server
    }

    pub(super) fn kills(&self) -> u32 {
        self.kills
    }

    async fn done(&self, mutation: &str, kind: &str, input: Value, fields: &str) -> Value {
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {fields} userErrors {{ code field message }} }} }}"
        );
        let mut data = self.server().data_with(&query, json!({ "input": input })).await;
        assert_eq!(
            data[mutation]["userErrors"],
            json!([]),
            "{mutation} {input:#} on {}: {data:#}",
            self.today
        );
        data[mutation].take()
    }

    /// Every fifth is a consumer; two of three can be written to.
    async fn customer(&self, index: usize) -> Customer {
        let is_consumer = index % 5 == 4;
        let kind = if is_consumer { "CONSUMER" } else { "PROFESSIONAL" };
        let input = json!({ "name": format!("Customer {index}"), "kind": kind });
        let made = self
            .done(
                "organizationCreate",
                "OrganizationCreateInput",
                input,
                "organization { id }",
            )
            .await;
        let id = made["organization"]["id"].as_str().expect("an id").to_owned();
        let address = json!({ "lines": [format!("{index} rue de la Gare")], "postcode": "54000", "city": "Nancy" });
        let input = json!({ "id": id, "billingAddress": address });
        self.done(
            "organizationChangeAddresses",
            "OrganizationChangeAddressesInput",
            input,
            "organization { id }",
        )
        .await;
        let has_address = index % 3 != 2;
        if has_address {
            let email = format!("customer{index}@example.com");
            let input = json!({ "organization": id, "firstName": "Ada", "lastName": "Lovelace", "emails": [email] });
            self.done("contactAdd", "ContactAddInput", input, "contact { id }")
                .await;
        }
        Customer {
            id,
            is_consumer,
            has_address,
        }
    }

    /// Somebody agrees on another contract, which begins some day of the year to come.
    async fn sign(&mut self) {
        let random = &mut self.decisions;
        let customers = self.customers.len() as u64;
        let customer = self.customers[random.below(customers) as usize].clone();
        let starts_on = after(self.today, 1 + random.below(365));
        let (kind, recurs) = random.one_of(&[
            ("SUBSCRIPTION", true),
            ("MAINTENANCE", true),
            ("SUBSCRIPTION", true),
            ("SERVICE", false),
        ]);
        let term = random.one_of(&[Some(12), Some(12), Some(12), Some(24), Some(36), Some(6), None]);
        let renewal = match term {
            None => Renewal::Expires,
            Some(_) => random.one_of(&[
                Renewal::Terms(None),
                Renewal::Terms(None),
                Renewal::Terms(None),
                Renewal::Terms(Some(2)),
                Renewal::Expires,
                Renewal::Express { accepted: 0 },
                Renewal::Open,
            ]),
        };
        let notice_months = random.one_of(&[0, 1, 2, 3]) as u32;
        let count = 1 + random.below(2) as u32;
        let mut lines = Vec::new();
        for number in 1..=count {
            let months = random.one_of(&[1, 3, 6, 12, 12, 12, 24]);
            let price = random.price(20 * u64::from(months), 90 * u64::from(months));
            lines.push(Line {
                number,
                months,
                in_arrears: random.in_hundred(20),
                prices: vec![Price {
                    from: starts_on,
                    amount: price,
                    agreed_on: self.today,
                }],
            });
        }
        let mut relation = Relation {
            contract: String::new(),
            uuid: String::new(),
            starts_on,
            term,
            renewal,
            notice_months,
            lines,
            recurs,
            customer,
            pauses: Vec::new(),
            notice: None,
            wavered: false,
        };
        let policy = match renewal {
            Renewal::Expires => Value::Null,
            Renewal::Express { .. } => json!({ "type": "EXPRESS" }),
            Renewal::Terms(most) => json!({ "type": "TACIT", "termMonths": term, "maxRenewals": most }),
            Renewal::Open => json!({ "type": "TACIT" }),
        };
        let lines = relation.lines.iter().map(|line| {
            let timing = if line.in_arrears { "IN_ARREARS" } else { "IN_ADVANCE" };
            let (interval, years) = match line.months {
                1 => ("MONTH", None),
                3 => ("QUARTER", None),
                6 => ("HALF_YEAR", None),
                12 => ("YEAR", None),
                months => ("YEARS", Some(months / 12)),
            };
            json!({ "name": format!("Line {}", line.number), "unit": "mois", "nature": "SERVICES", "timing": timing,
                "interval": interval, "years": years, "unitPrice": line.prices[0].amount })
        });
        let terms = json!({ "kind": kind, "startsOn": starts_on,
            "endsOn": term.map(|months| before(starts_on + Months::new(months), 1)),
            "renewal": policy, "notice": { "months": notice_months }, "lines": lines.collect::<Vec<_>>() });
        let input = json!({ "organization": relation.customer.id, "owner": self.owner, "terms": terms });
        let drafted = self
            .done("contractDraft", "ContractDraftInput", input, "contract { id uuid }")
            .await;
        let text = |field: &str| drafted["contract"][field].as_str().expect("an id").to_owned();
        (relation.contract, relation.uuid) = (text("id"), text("uuid"));
        let input = json!({ "id": relation.contract, "signedOn": self.today });
        self.done("contractSign", "ContractSignInput", input, "contract { id }")
            .await;
        self.relations.push(relation);
    }

    /// The month goes by. What befalls the server is decided by the month, when it is killed is not.
    async fn let_pass(&mut self, month: u32, end: NaiveDate) {
        match month % 13 {
            3 | 8 => {
                self.killed_on_the_way(end).await;
                self.today = end;
                return;
            }
            5 => {
                // Out of order for the rest of the month.
                let stops_on = after(self.today, 3);
                advance(self.server(), nine(stops_on)).await;
                assert_eq!(self.trade.server.terminate(), Some(0));
                self.restart(&format!("manual:{end}T08:00:00Z"));
                self.standstills.push((stops_on, end));
            }
            11 => {
                advance(self.server(), nine(before(end, 12))).await;
                assert_eq!(self.trade.server.terminate(), Some(0));
                self.restart("manual");
            }
            _ => {}
        }
        let began = Instant::now();
        advance(self.server(), nine(end)).await;
        self.month_takes = began.elapsed();
        self.today = end;
    }

    /// Several times in a row, at whatever the server is doing just then; it goes on where the journal ends.
    async fn killed_on_the_way(&mut self, end: NaiveDate) {
        for _ in 0..2 {
            let most = self.month_takes.as_millis().max(50) as u64;
            let patience = Duration::from_millis(20 + self.accidents.below(most));
            let query = "mutation($to: DateTime!) { clockAdvance(input: { to: $to }) { clock { now } } }";
            let request = self.server().post();
            let body = json!({ "query": query, "variables": { "to": nine(end).to_rfc3339() } });
            let asked = tokio::spawn(request.json(&body).send());
            tokio::time::sleep(patience).await;
            let in_the_middle = !asked.is_finished();
            self.restart("manual");
            if in_the_middle {
                self.kills += 1;
            }
            asked.abort();
        }
        advance(self.server(), nine(end)).await;
    }

    fn restart(&mut self, clock: &str) {
        self.trade.server.start_anew(&["--clock", clock]);
    }

    /// What people do on the last day of a month.
    async fn live(&mut self) {
        // A minute after everybody was told how the month ended.
        advance(self.server(), nine(self.today) + TimeDelta::minutes(1)).await;
        let few = 1 + self.scale_contracts / 160;
        for _ in 0..few {
            self.sign().await;
            self.give_notice().await;
        }
        for _ in 0..2 * few {
            self.amend().await;
        }
        if self.decisions.in_hundred(40) {
            self.withdraw_notice().await;
        }
        self.pause().await;
        self.resume().await;
        self.accept_offers().await;
        // What follows from an acceptance does so before anybody looks.
        advance(self.server(), nine(self.today) + TimeDelta::minutes(2)).await;
    }

    /// One of the relations that somebody can change: begun, neither over nor given notice of nor standing still.
    fn somebody(&mut self) -> Option<usize> {
        let today = self.today;
        for _ in 0..20 {
            let index = self.decisions.below(self.relations.len() as u64) as usize;
            let relation = &self.relations[index];
            if relation.starts_on <= today
                && !relation.is_over(today)
                && relation.notice.is_none()
                && !relation.is_standing_still()
            {
                return Some(index);
            }
        }
        None
    }

    /// The global id of the contract that changes of a relation are made to.
    async fn newest(&self, index: usize) -> String {
        let relation = &self.relations[index];
        let query = "query($id: ID!) { contract(id: $id) { renewals { id startsOn } } }";
        let data = self.server().data_with(query, json!({ "id": relation.contract })).await;
        let newest = data["contract"]["renewals"].as_array().and_then(|chain| chain.last());
        let newest = newest.unwrap_or_else(|| panic!("{data:#}"));
        let starts_on = relation.newest(self.today).starts_on;
        assert_eq!(newest["startsOn"], json!(starts_on), "{relation:?} on {}", self.today);
        newest["id"].as_str().expect("an id").to_owned()
    }

    /// Another price, from a day on that may be over.
    async fn amend(&mut self) {
        let Some(index) = self.somebody() else { return };
        let today = self.today;
        let random = &mut self.decisions;
        let relation = &self.relations[index];
        let term = relation.newest(today);
        let line = random.one_of(&(0..relation.lines.len()).collect::<Vec<_>>());
        let from = after(before(today, 60), random.below(100)).max(term.starts_on);
        let from = term.ends_on.map_or(from, |end| from.min(end));
        let Line { number, months, .. } = relation.lines[line];
        let price = random.price(20 * u64::from(months), 90 * u64::from(months));
        let id = self.newest(index).await;
        let input = json!({ "id": id, "signedOn": today, "effectiveOn": from,
            "lines": [{ "price": { "line": number, "unitPrice": price } }] });
        self.done("contractAmend", "ContractAmendInput", input, "contract { id }")
            .await;
        self.relations[index].lines[line].reprice(Price {
            from,
            amount: price,
            agreed_on: today,
        });
    }

    /// Somebody leaves with the term, or on a day that both agree on.
    async fn give_notice(&mut self) {
        let Some(index) = self.somebody() else { return };
        let today = self.today;
        let relation = &self.relations[index];
        let term = relation.newest(today);
        let deadline = relation.notice_deadline(term);
        let refuses = deadline.is_some_and(|deadline| today <= deadline) && self.decisions.in_hundred(50);
        let leaves_on = after(today, 5 + self.decisions.below(120));
        let (ground, last_day) = match term.ends_on {
            Some(end) if refuses => ("NON_RENEWAL", end),
            Some(end) if leaves_on >= end => return,
            _ => ("AGREEMENT", leaves_on),
        };
        // A contract that is to begin tomorrow is left from its first day at the earliest.
        if last_day < term.starts_on {
            return;
        }
        let id = self.newest(index).await;
        let mut input = json!({ "id": id, "ground": ground, "receivedOn": today, "reason": "TOO_EXPENSIVE" });
        if ground == "AGREEMENT" {
            input["lastDay"] = json!(last_day);
        }
        self.done(
            "contractGiveNotice",
            "ContractGiveNoticeInput",
            input,
            "contract { id }",
        )
        .await;
        self.relations[index].notice = Some(last_day);
    }

    /// Somebody who wanted to leave stays.
    async fn withdraw_notice(&mut self) {
        let today = self.today;
        let leaving = |relation: &Relation| relation.notice.is_some_and(|last| last > after(today, 3));
        let Some(index) = self.relations.iter().position(leaving) else {
            return;
        };
        let id = self.newest(index).await;
        self.done(
            "contractWithdrawNotice",
            "ContractCommandInput",
            json!({ "id": id }),
            "contract { id }",
        )
        .await;
        self.relations[index].notice = None;
        self.relations[index].wavered = true;
    }

    /// Most of those who were offered another term take it.
    async fn accept_offers(&mut self) {
        let (today, mut index) = (self.today, 0);
        while let Some(relation) = self.relations.get(index) {
            let (newest, contract) = (relation.newest(today), &relation.contract);
            let ends_soon = newest.ends_on.is_some_and(|end| today < end && end <= after(today, 29));
            let Renewal::Express { accepted } = relation.renewal else {
                index += 1;
                continue;
            };
            let free = relation.customer.has_address && relation.notice.is_none() && !relation.is_standing_still();
            if ends_soon && free && self.decisions.in_hundred(70) {
                let query = "query($id: ID!) { contract(id: $id) { renewals { alerts { quote { id status } } } } }";
                let data = self.server().data_with(query, json!({ "id": contract })).await;
                let chain = data["contract"]["renewals"].as_array().and_then(|chain| chain.last());
                let alerts = chain
                    .and_then(|newest| newest["alerts"].as_array())
                    .into_iter()
                    .flatten();
                let offers: Vec<_> = alerts.filter(|alert| alert["quote"]["status"] == "SENT").collect();
                assert_eq!(offers.len(), 1, "{relation:?} on {today}: {data:#}");
                let accept = json!({ "id": offers[0]["quote"]["id"], "version": 1 });
                self.done(
                    "quoteReportAcceptance",
                    "QuoteReportAcceptanceInput",
                    accept,
                    "position",
                )
                .await;
                // What was offered thirty days before the end is what is agreed, whatever was amended since.
                let (end, relation) = (newest.ends_on.expect("an end"), &mut self.relations[index]);
                for line in &mut relation.lines {
                    let amount = line.price_known(after(end, 1), before(end, 30));
                    line.reprice(Price {
                        from: after(end, 1),
                        amount,
                        agreed_on: today,
                    });
                }
                relation.renewal = Renewal::Express { accepted: accepted + 1 };
            }
            index += 1;
        }
    }

    async fn pause(&mut self) {
        let Some(index) = self.somebody() else { return };
        let today = self.today;
        let term = self.relations[index].newest(today);
        if term.starts_on > today || term.ends_on.is_some_and(|end| end < after(today, 200)) {
            return;
        }
        let from = after(today, 1 + self.decisions.below(20));
        let id = self.newest(index).await;
        self.done(
            "contractPause",
            "ContractPauseInput",
            json!({ "id": id, "from": from }),
            "contract { id }",
        )
        .await;
        self.relations[index].pauses.push((from, None));
        self.resumes.insert(index, after(from, 40 + self.decisions.below(60)));
    }

    async fn resume(&mut self) {
        let due: Vec<usize> = self
            .resumes
            .iter()
            .filter(|(_, on)| **on <= self.today)
            .map(|(index, _)| *index)
            .collect();
        for index in due {
            self.resumes.remove(&index);
            let on = after(self.today, 1);
            let id = self.newest(index).await;
            self.done(
                "contractResume",
                "ContractResumeInput",
                json!({ "id": id, "on": on }),
                "contract { id }",
            )
            .await;
            if let Some((_, until)) = self.relations[index].pauses.last_mut() {
                *until = Some(on);
            }
        }
    }
}
