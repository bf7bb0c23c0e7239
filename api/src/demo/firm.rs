//! The firm itself: who it is before the law, what its catalogue offers, and where its customers are.

use chrono::TimeDelta;
use domain::{
    Change, CompanyCommand, Country, Currency, Iban, OrganizationCommand, PostalAddress, ProductCommand, Siren, Siret,
    VatNumber,
    billing::{HalfYear, Percentage, RateClass, UnitPrice},
    company::{Appearance, BankAccount, InvoiceOnAcceptance, LegalForm, LegalIdentity, Registration, SalesRules},
    product::{Description, Price, Taxation},
};
use rust_decimal::Decimal;

use super::{
    calendar::{at, working_day},
    company::{Article, CATALOGUE, COLLEAGUES, POSTCODES, STREETS},
    people::Acquaintance,
    story::{BEGIN, Command, Teller, day, euros, id, siren},
};

/// Legal interest of half-years: what the firm's accountant read, in percent (the central bank's rate and ten points).
const LATE_INTEREST: [((i32, u32, u32), i64); 4] = [
    ((2025, 1, 1), 13_15),
    ((2025, 7, 1), 12_15),
    ((2026, 1, 1), 12_15),
    ((2026, 7, 1), 12_15),
];

impl Teller {
    /// The first half hour of the firm: what its papers say of it, and what it sells.
    pub(super) fn firm(&mut self) {
        let morning = at(working_day(day(BEGIN)), 9 * 60 + 10);
        let (administrator, accountant) = (COLLEAGUES[1].0, COLLEAGUES[2].0);
        let commands = [
            identity().map(|identity| CompanyCommand::Identify(Box::new(identity))),
            account().map(CompanyCommand::ChangeBankAccount),
            Some(CompanyCommand::SetAppearance(Appearance {
                color: Some("#1F6F50".to_owned()),
                logo: None,
            })),
            Some(CompanyCommand::SetSalesRules(SalesRules {
                // Its accountant drafts what is to be invoiced.
                invoice_on_acceptance: InvoiceOnAcceptance::Nothing,
                remind_before_expiry: Some(5),
                ..SalesRules::default()
            })),
        ];
        for command in commands.into_iter().flatten() {
            self.act(morning, administrator, Command::Company(command));
        }
        for (first, hundredths) in LATE_INTEREST {
            if let Ok(rate) = Percentage::new("rate", Decimal::new(hundredths, 2)) {
                let set = CompanyCommand::SetLateInterestRate {
                    half_year: HalfYear::of(day(first)),
                    rate,
                    source: "Taux directeur de la BCE majoré de 10 points".to_owned(),
                };
                self.act(morning, accountant, Command::Company(set));
            }
        }
        for (number, article) in (0..).zip(CATALOGUE) {
            if let Some(add) = added(&article) {
                let later = morning + TimeDelta::minutes(5 + number);
                self.act(later, administrator, Command::Product(article.id(), add));
            }
        }
    }

    /// Where a customer is, and under which number it declares VAT.
    pub(super) fn address(&mut self, customer: &Acquaintance, index: usize, city: &str) {
        let address = PostalAddress {
            lines: vec![format!("{} {}", 2 + 3 * index, STREETS[index % STREETS.len()])],
            postcode: POSTCODES.get(index).map(|&code| code.to_owned()),
            city: city.to_owned(),
            country: Country::FRANCE,
        };
        let change = OrganizationCommand::ChangeAddresses {
            billing: Change::Set(address),
            delivery: Change::Keep,
        };
        let noted = customer.since + TimeDelta::minutes(22);
        self.act(noted, customer.seller, Command::Organization(customer.id, change));
        if let Some(number) = siren(index).as_ref().and_then(vat_number) {
            let identify = OrganizationCommand::Identify {
                siren: Change::Keep,
                siret: Change::Keep,
                vat_number: Change::Set(number),
            };
            self.act(noted, customer.seller, Command::Organization(customer.id, identify));
        }
    }
}

impl Article {
    pub(super) fn id(&self) -> uuid::Uuid {
        id(&format!("product/{}", self.code))
    }

    pub(super) const fn taxation(&self) -> Taxation {
        Taxation {
            nature: self.nature,
            rate_class: RateClass::Normal,
            exemption: None,
        }
    }
}

fn added(article: &Article) -> Option<ProductCommand> {
    Some(ProductCommand::Add {
        code: article.code.to_owned(),
        description: Description {
            name: article.name.to_owned(),
            details: None,
            unit: article.unit.to_owned(),
            category: Some(article.category.to_owned()),
        },
        price: Price {
            unit_price: UnitPrice::new("unitPrice", Decimal::from(article.price)).ok()?,
            currency: Currency::EUR,
            period: None,
        },
        taxation: article.taxation(),
    })
}

fn identity() -> Option<LegalIdentity> {
    let siren = siren(900)?;
    let siret = (0..10).find_map(|check| Siret::parse("siret", &format!("{}0001{check}", siren.as_str())).ok());
    Some(LegalIdentity {
        name: "Sobrelec Énergies".to_owned(),
        form: LegalForm::Sas,
        share_capital: Some(euros(80_000)),
        siret,
        registration: Some(Registration {
            city: "Strasbourg".to_owned(),
        }),
        vat_number: vat_number(&siren),
        siren,
        address: PostalAddress {
            lines: vec!["12 rue des Arquebusiers".to_owned()],
            postcode: Some("67000".to_owned()),
            city: "Strasbourg".to_owned(),
            country: Country::FRANCE,
        },
        email: Some("contact@demo.example".to_owned()),
        phone: Some("01 99 00 12 00".to_owned()),
    })
}

/// The account that the French banks' own documentation shows: nobody's.
fn account() -> Option<BankAccount> {
    let iban = Iban::parse("iban", "FR76 3000 6000 0112 3456 7890 189").ok()?;
    Some(BankAccount { iban, bic: None })
}

/// The number under which a French company declares VAT: its key is 12 and three times the SIREN, modulo 97.
fn vat_number(siren: &Siren) -> Option<VatNumber> {
    let number: u64 = siren.as_str().parse().ok()?;
    let key = (12 + 3 * (number % 97)) % 97;
    VatNumber::parse("vatNumber", &format!("FR{key:02}{}", siren.as_str())).ok()
}
