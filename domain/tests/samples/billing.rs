//! The company and what it sells.

use domain::{
    BlobHash, CompanyEvent, Country, Currency, PostalAddress, ProductEvent,
    billing::{
        AddedRate, HalfYear, Nature, PaymentTerms, Percentage, PriceBasis, RateClass, RateKey, Territory, UnitPrice,
        VatReason, terms::InstalmentTerms,
    },
    company::{
        Appearance, BankAccount, DealOnAcceptance, DocumentDefaults, FiscalYearEnd, InvoiceOnAcceptance, LegalForm,
        LegalIdentity, Registration, ReminderLadder, RevenueRules, SalesRules, VatRegime, VatScheme,
    },
    contract::{IndexPoint, IndexValue},
    document::{NumberPattern, Series},
    product::{BillingPeriod, Description, Price, Taxation},
    recurring_revenue::{FxPolicy, PausePolicy},
};

use super::{Sample, euros, full, text, variant};

pub(super) fn percent(text: &str) -> Percentage {
    Percentage::new("percent", text.parse().unwrap()).unwrap()
}

pub(super) fn company() -> Vec<Sample> {
    let identity = LegalIdentity {
        name: text("Solaire de Lorraine"),
        form: LegalForm::Sas,
        share_capital: Some(euros(5_000_000)),
        siren: "732829320".parse().unwrap(),
        siret: Some("73282932000074".parse().unwrap()),
        registration: Some(Registration { city: text("Metz") }),
        vat_number: Some("FR44732829320".parse().unwrap()),
        address: PostalAddress {
            lines: vec![text("4 rue des Clercs")],
            postcode: Some(text("57000")),
            city: text("Metz"),
            country: Country::FRANCE,
        },
        email: Some(text("contact@solaire.example")),
        phone: Some(text("+33 3 87 00 00 00")),
    };
    let vat_rate = RateKey {
        territory: Territory::Mainland,
        class: RateClass::Normal,
        from: "2027-01-01".parse().unwrap(),
    };
    let bare = LegalIdentity {
        form: LegalForm::Ei,
        share_capital: None,
        siret: None,
        registration: None,
        vat_number: None,
        email: None,
        phone: None,
        ..identity.clone()
    };
    let instalments = [("30", 0), ("70", 45)].map(|(share, days)| InstalmentTerms {
        percent: percent(share),
        days,
    });
    let defaults = |payment_terms| CompanyEvent::CompanyDocumentDefaultsSet {
        defaults: DocumentDefaults {
            payment_terms,
            quote_validity_days: 30,
            early_payment_discount: None,
            quote_conditions: None,
        },
    };
    vec![
        full(CompanyEvent::CompanyIdentified {
            identity: Box::new(identity),
        }),
        variant(
            "bare",
            CompanyEvent::CompanyIdentified {
                identity: Box::new(bare),
            },
        ),
        full(CompanyEvent::CompanyVatSchemeSet {
            scheme: VatScheme {
                regime: VatRegime::Quarterly,
                on_debits: true,
            },
        }),
        full(CompanyEvent::CompanyBankAccountChanged {
            account: BankAccount {
                iban: "FR7630006000011234567890189".parse().unwrap(),
                bic: Some("AGRIFRPP".parse().unwrap()),
            },
        }),
        variant(
            "bare",
            CompanyEvent::CompanyBankAccountChanged {
                account: BankAccount {
                    iban: "FR7630006000011234567890189".parse().unwrap(),
                    bic: None,
                },
            },
        ),
        full(CompanyEvent::CompanyAppearanceSet {
            appearance: Appearance {
                color: Some(text("#1F6F54")),
                logo: None,
            },
        }),
        variant(
            "logo",
            CompanyEvent::CompanyAppearanceSet {
                appearance: Appearance {
                    color: None,
                    logo: Some(BlobHash([3; 32])),
                },
            },
        ),
        variant(
            "bare",
            CompanyEvent::CompanyAppearanceSet {
                appearance: Appearance::default(),
            },
        ),
        full(CompanyEvent::CompanyDocumentDefaultsSet {
            defaults: DocumentDefaults {
                payment_terms: PaymentTerms::Instalments(instalments.to_vec()),
                quote_validity_days: 60,
                early_payment_discount: Some(percent("2.5")),
                quote_conditions: Some(text("Devis reçu avant exécution.")),
            },
        }),
        variant("net", defaults(PaymentTerms::Net { days: 30 })),
        variant("end", defaults(PaymentTerms::EndOfMonthThen { days: 45 })),
        variant("then-end", defaults(PaymentTerms::ThenEndOfMonth { days: 45 })),
        variant("fixed-day", defaults(PaymentTerms::FixedDay { days: 30, day: 10 })),
        full(CompanyEvent::LateInterestRateSet {
            half_year: HalfYear { year: 2026, half: 1 },
            rate: percent("12.15"),
            source: text("BCE 2,15 % + 10 points"),
        }),
        full(CompanyEvent::CompanyVatRateSet {
            rate: AddedRate {
                key: vat_rate,
                until: Some("2027-12-31".parse().unwrap()),
                rate: Some(percent("20.6")),
                reason: text("Loi de finances pour 2027"),
            },
        }),
        variant(
            "none",
            CompanyEvent::CompanyVatRateSet {
                rate: AddedRate {
                    key: vat_rate,
                    until: None,
                    rate: None,
                    reason: text("Supprimé"),
                },
            },
        ),
        full(CompanyEvent::CompanyVatRateRemoved { key: vat_rate }),
        full(CompanyEvent::CompanyFiscalYearEndSet {
            end: FiscalYearEnd { month: 9, day: 30 },
        }),
        full(CompanyEvent::CompanyElectronicInvoicingSet {
            from: Some("2027-09-01".parse().unwrap()),
        }),
        variant("bare", CompanyEvent::CompanyElectronicInvoicingSet { from: None }),
        full(CompanyEvent::CompanyNumberPatternSet {
            series: Series::Invoice,
            pattern: NumberPattern::parse("pattern", "FA{year}-{sequence:5}").unwrap(),
        }),
        full(CompanyEvent::CompanySalesRulesSet {
            rules: SalesRules {
                deal_on_acceptance: DealOnAcceptance::Proposition,
                shown_basis: PriceBasis::Gross,
                invoice_on_acceptance: InvoiceOnAcceptance::Deposit(percent("30")),
                approval_above: Some(percent("10")),
                remind_before_expiry: Some(5),
            },
        }),
        variant(
            "bare",
            CompanyEvent::CompanySalesRulesSet {
                rules: SalesRules::default(),
            },
        ),
        full(CompanyEvent::CompanyRemindersSet {
            ladder: ReminderLadder::default(),
        }),
        full(CompanyEvent::IndexValueSet {
            value: IndexValue {
                index: text("SYNTEC"),
                point: IndexPoint {
                    month: "2026-01-01".parse().unwrap(),
                    value: "320.9".parse().unwrap(),
                },
                published_on: "2026-03-12".parse().unwrap(),
            },
            source: text("syntec.fr"),
        }),
        full(CompanyEvent::ExchangeRateSet {
            currency: "USD".parse().unwrap(),
            from: "2026-03-02".parse().unwrap(),
            rate: "0.9243".parse().unwrap(),
            source: text("BCE"),
        }),
        full(CompanyEvent::CompanyRevenueRulesSet {
            rules: RevenueRules {
                renewal_grace_days: 30,
                pauses: PausePolicy::Include,
                fx: FxPolicy::EachRate,
            },
        }),
    ]
}

pub(super) fn products() -> Vec<Sample> {
    let description = Description {
        name: text("Maintenance de toiture solaire"),
        details: Some(text("Deux visites par an, pièces comprises.")),
        unit: text("kWc"),
        category: Some(text("Maintenance")),
    };
    let bare = Description {
        details: None,
        category: None,
        ..description.clone()
    };
    let price = Price {
        unit_price: UnitPrice::new("unitPrice", "12.345678".parse().unwrap()).unwrap(),
        currency: Currency::EUR,
        period: Some(BillingPeriod::Year),
    };
    let once = Price { period: None, ..price };
    let taxation = Taxation {
        nature: Nature::Services,
        rate_class: RateClass::Normal,
        exemption: None,
    };
    let exempt = Taxation {
        exemption: Some(VatReason::Teaching),
        ..taxation
    };
    vec![
        full(ProductEvent::ProductAdded {
            code: text("MAINT-PV"),
            description: description.clone(),
            price,
            taxation: exempt,
        }),
        variant(
            "bare",
            ProductEvent::ProductAdded {
                code: text("PANNEAU"),
                description: bare,
                price: once,
                taxation: Taxation {
                    nature: Nature::Goods,
                    rate_class: RateClass::Reduced,
                    exemption: None,
                },
            },
        ),
        full(ProductEvent::ProductDescribed { description }),
        full(ProductEvent::ProductRepriced { price }),
        full(ProductEvent::ProductRetaxed { taxation }),
        full(ProductEvent::ProductRecoded { code: text("MAINT") }),
        full(ProductEvent::ProductArchived {}),
        full(ProductEvent::ProductRestored {}),
    ]
}
