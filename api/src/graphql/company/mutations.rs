//! What administrators set for the company.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use domain::{
    CompanyCommand, InvalidValue, Refusal,
    billing::{self, AddedRate, HalfYear, Percentage, RateKey, terms},
    company::{
        Appearance, BankAccount, COMPANY, CompanyState, DocumentDefaults, InvoiceOnAcceptance, LadderStep,
        LegalIdentity, Registration, ReminderLadder, SalesRules, VatScheme,
    },
    document::NumberPattern,
};
use uuid::Uuid;

use super::{
    Company, DealOnAcceptance, InvoiceOnAcceptanceKind, LegalForm, NumberSeries, PaymentTermsKind, ReminderStep,
    VatRegime, VatTerritory,
};
use crate::graphql::{
    billing::PriceBasis,
    commands::{self, CommandOptions, CommandResult},
    errors::{ApiError, ApiResult},
    files,
    money::MoneyInput,
    organizations::inputs::PostalAddressInput,
    products::VatRateClass,
    scalars::{Date, Decimal},
    session::Session,
    sign_in,
};

#[derive(Debug, Clone, InputObject)]
pub struct CompanyIdentifyInput {
    name: String,
    legal_form: LegalForm,
    share_capital: Option<MoneyInput>,
    siren: String,
    /// Of the seat.
    siret: Option<String>,
    /// The town whose trade register it stands in.
    registration_city: Option<String>,
    vat_number: Option<String>,
    address: PostalAddressInput,
    /// Where customers write to.
    email: Option<String>,
    phone: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetVatSchemeInput {
    regime: VatRegime,
    /// Whether the tax on services falls due with the invoice rather than with the payment.
    #[graphql(default)]
    on_debits: bool,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanyChangeBankAccountInput {
    iban: String,
    bic: Option<String>,
    /// Of your second factor, now: a changed account is how invoices are paid to thieves.
    code: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetColorInput {
    /// `#RRGGBB`; absent: none.
    color: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// When invoices are to be paid.
#[derive(Debug, Clone, InputObject)]
pub struct PaymentTermsInput {
    kind: PaymentTermsKind,
    /// Required but for `INSTALMENTS`.
    days: Option<u16>,
    /// Required for `FIXED_DAY`.
    day_of_month: Option<u8>,
    /// Required for `INSTALMENTS`; they come to 100 %.
    instalments: Option<Vec<InstalmentTermsInput>>,
}

/// One part of a payment in parts.
#[derive(Debug, Clone, InputObject)]
pub struct InstalmentTermsInput {
    percent: Decimal,
    /// After the invoice; each later than the one before.
    days: u16,
}

impl PaymentTermsInput {
    pub fn terms(&self) -> Result<billing::PaymentTerms, InvalidValue> {
        let missing = |field| InvalidValue::new(field, domain::value::Problem::Missing);
        let days = || self.days.ok_or(missing("days"));
        Ok(match self.kind {
            PaymentTermsKind::Net => billing::PaymentTerms::Net { days: days()? },
            PaymentTermsKind::EndOfMonthThen => billing::PaymentTerms::EndOfMonthThen { days: days()? },
            PaymentTermsKind::ThenEndOfMonth => billing::PaymentTerms::ThenEndOfMonth { days: days()? },
            PaymentTermsKind::FixedDay => billing::PaymentTerms::FixedDay {
                days: days()?,
                day: self.day_of_month.ok_or(missing("dayOfMonth"))?,
            },
            PaymentTermsKind::Instalments => {
                let parts = self.instalments.as_deref().ok_or(missing("instalments"))?;
                let part = |part: &InstalmentTermsInput| {
                    Ok(terms::InstalmentTerms {
                        percent: Percentage::new("instalments.percent", part.percent.0)?,
                        days: part.days,
                    })
                };
                billing::PaymentTerms::Instalments(parts.iter().map(part).collect::<Result<_, InvalidValue>>()?)
            }
        })
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetDocumentDefaultsInput {
    payment_terms: PaymentTermsInput,
    /// For how many days a quote holds.
    quote_validity_days: u16,
    /// In hundred; absent: none.
    early_payment_discount: Option<Decimal>,
    /// Below every quote.
    quote_conditions: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetLogoInput {
    /// A PNG or JPEG file of four million pixels at most, as `fileUploadCreate` said, once its bytes were sent; absent: no
    /// logo.
    file: Option<Uuid>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetNumberPatternInput {
    series: NumberSeries,
    /// `{year}-F-{sequence:3}`: both parts once and apart, with letters, digits, `-`, `_` and `/` around them.
    pattern: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// All rules at once: what is absent is as it is when nobody says anything.
#[derive(Debug, Clone, InputObject)]
pub struct CompanySetSalesRulesInput {
    #[graphql(default_with = "DealOnAcceptance::Signe")]
    deal_on_acceptance: DealOnAcceptance,
    /// Which amount people are shown of a deal. Metrics count the net one.
    #[graphql(default_with = "PriceBasis::Net")]
    shown_basis: PriceBasis,
    #[graphql(default_with = "InvoiceOnAcceptanceKind::Whole")]
    invoice_on_acceptance: InvoiceOnAcceptanceKind,
    /// Required for `DEPOSIT`.
    deposit_percent: Option<Decimal>,
    /// Whoever takes off more, in hundred, asks a manager first; absent: nobody has to.
    approval_above_discount: Option<Decimal>,
    /// Absent: customers are not reminded.
    remind_before_expiry_days: Option<u16>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetRemindersInput {
    /// In the order of their days; none: nobody is reminded.
    steps: Vec<ReminderLadderStepInput>,
    /// Nobody is reminded of less.
    minimum: Option<Decimal>,
    /// Whether a step that falls on a weekend or a French public holiday waits for the next working day.
    #[graphql(default = true)]
    working_days: bool,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ReminderLadderStepInput {
    step: ReminderStep,
    /// After the due date; before it, when negative.
    days: i16,
}

impl From<&ReminderLadderStepInput> for LadderStep {
    fn from(step: &ReminderLadderStepInput) -> Self {
        Self {
            step: step.step.into(),
            days: step.days,
        }
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetLateInterestRateInput {
    year: i32,
    /// 1 or 2.
    half: u8,
    /// In hundred, a year.
    rate: Decimal,
    /// Where it was read.
    source: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetExchangeRateInput {
    currency_code: String,
    /// The first day.
    from: Date,
    /// Euros for one unit.
    rate: Decimal,
    /// Where it was read.
    source: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetRevenueRulesInput {
    /// A renewal that comes late by so many days at most is no churn.
    #[graphql(default)]
    renewal_grace_days: u16,
    /// Whether what is paused counts all the same.
    #[graphql(default)]
    pauses_count: bool,
    /// Whether a new exchange rate counts from its own day, rather than from a line's next billing period.
    #[graphql(default)]
    each_exchange_rate: bool,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetIndexValueInput {
    /// As contracts name it: `SYNTEC`.
    index: String,
    /// Any day of the month that it is of.
    month: Date,
    value: Decimal,
    published_on: Date,
    /// Where it was read.
    source: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetVatRateInput {
    #[graphql(default_with = "VatTerritory::Mainland")]
    territory: VatTerritory,
    vat_rate_class: VatRateClass,
    /// The first day.
    from: Date,
    /// The last day; absent while none is known.
    until: Option<Date>,
    /// In hundred; absent: there is none of this class, and lines of it are refused.
    rate: Option<Decimal>,
    /// The law, or where it was read.
    reason: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanyRemoveVatRateInput {
    #[graphql(default_with = "VatTerritory::Mainland")]
    territory: VatTerritory,
    vat_rate_class: VatRateClass,
    from: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetFiscalYearEndInput {
    month: u8,
    day: u8,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct CompanySetElectronicInvoicingInput {
    /// Absent: not known.
    from: Option<Date>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a command to the company.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct CompanyPayload {
    #[graphql(flatten)]
    result: CommandResult,
}

#[ComplexObject]
impl CompanyPayload {
    /// The company after the command; null when the command was refused.
    async fn company(&self, ctx: &Context<'_>) -> ApiResult<Option<Company>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Company::load(&reading).await.map(Some),
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct CompanyMutations;

#[Object]
impl CompanyMutations {
    /// Says who we are, as documents have to.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_identify(&self, ctx: &Context<'_>, input: CompanyIdentifyInput) -> ApiResult<CompanyPayload> {
        let command = input
            .identity()
            .map(|identity| CompanyCommand::Identify(Box::new(identity)));
        execute(ctx, &input.options, command).await
    }

    /// Says how the company stands to VAT.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_vat_scheme(
        &self,
        ctx: &Context<'_>,
        input: CompanySetVatSchemeInput,
    ) -> ApiResult<CompanyPayload> {
        let scheme = VatScheme {
            regime: input.regime.into(),
            on_debits: input.on_debits,
        };
        execute(ctx, &input.options, Ok(CompanyCommand::SetVatScheme(scheme))).await
    }

    /// Says where customers pay to. For administrators with a second factor, who show a code of it.
    #[graphql(complexity = "200 + child_complexity")]
    async fn company_change_bank_account(
        &self,
        ctx: &Context<'_>,
        input: CompanyChangeBankAccountInput,
    ) -> ApiResult<CompanyPayload> {
        let account = match input.account() {
            Ok(account) => account,
            Err(refusal) => return Ok(refused(ctx, &refusal)),
        };
        let user = sign_in::own_account(ctx)?;
        let identity = &ctx.application()?.identity;
        if let Err(error) = identity.prove_second_factor(user.0, &input.code).await {
            return Ok(CompanyPayload {
                result: CommandResult::refused(sign_in::refused(ctx, error)?),
            });
        }
        execute(ctx, &input.options, Ok(CompanyCommand::ChangeBankAccount(account))).await
    }

    /// Says in which colour documents are drawn.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_color(&self, ctx: &Context<'_>, input: CompanySetColorInput) -> ApiResult<CompanyPayload> {
        let house = ctx.application()?.sales.house().await?;
        let appearance = Appearance {
            color: input.color,
            ..house.company.appearance().clone()
        };
        execute(ctx, &input.options, Ok(CompanyCommand::SetAppearance(appearance))).await
    }

    /// Says which picture documents bear. It is taken apart and put together again: nothing hidden in it is left.
    #[graphql(complexity = "200 + child_complexity")]
    async fn company_set_logo(&self, ctx: &Context<'_>, input: CompanySetLogoInput) -> ApiResult<CompanyPayload> {
        let application = ctx.application()?;
        let logo = match &input.file {
            None => None,
            Some(file) => {
                let sent = match files::sent(ctx, *file, true).await? {
                    Ok(sent) => sent,
                    Err(refusal) => return Ok(refused(ctx, &refusal)),
                };
                let bytes = application.sales.read(sent.blob).await;
                let bytes = bytes.map_err(|error| ApiError::internal("a file cannot be read", &error))?;
                match documents::logo::checked(&bytes) {
                    Ok(logo) => {
                        let kept = application.sales.keep(logo.bytes()).await;
                        Some(
                            kept.map_err(|error| ApiError::internal("a file cannot be kept", &error))?
                                .blob,
                        )
                    }
                    Err(refusal) => return Ok(refused(ctx, &refusal)),
                }
            }
        };
        let house = application.sales.house().await?;
        let appearance = Appearance {
            logo,
            ..house.company.appearance().clone()
        };
        execute(ctx, &input.options, Ok(CompanyCommand::SetAppearance(appearance))).await
    }

    /// Says how the numbers of a series are written from now on; they go on from where they are.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_number_pattern(
        &self,
        ctx: &Context<'_>,
        input: CompanySetNumberPatternInput,
    ) -> ApiResult<CompanyPayload> {
        let series = input.series.into();
        let pattern = NumberPattern::parse("pattern", &input.pattern);
        let command = pattern.map(|pattern| CompanyCommand::SetNumberPattern { series, pattern });
        execute(ctx, &input.options, command).await
    }

    /// Says what an accepted quote leads to, and what a quote needs before it goes out.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_sales_rules(
        &self,
        ctx: &Context<'_>,
        input: CompanySetSalesRulesInput,
    ) -> ApiResult<CompanyPayload> {
        let command = input.rules().map(CompanyCommand::SetSalesRules);
        execute(ctx, &input.options, command).await
    }

    /// Says when customers are reminded of invoices.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_reminders(
        &self,
        ctx: &Context<'_>,
        input: CompanySetRemindersInput,
    ) -> ApiResult<CompanyPayload> {
        let command = input.ladder().map(CompanyCommand::SetReminders);
        execute(ctx, &input.options, command).await
    }

    /// Says what quotes and invoices say unless somebody says otherwise.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_document_defaults(
        &self,
        ctx: &Context<'_>,
        input: CompanySetDocumentDefaultsInput,
    ) -> ApiResult<CompanyPayload> {
        let command = input.defaults().map(CompanyCommand::SetDocumentDefaults);
        execute(ctx, &input.options, command).await
    }

    /// Enters the yearly rate of late interest of a half-year, or corrects it.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_late_interest_rate(
        &self,
        ctx: &Context<'_>,
        input: CompanySetLateInterestRateInput,
    ) -> ApiResult<CompanyPayload> {
        let command = Percentage::new("rate", input.rate.0).map(|rate| CompanyCommand::SetLateInterestRate {
            half_year: HalfYear {
                year: input.year,
                half: input.half,
            },
            rate,
            source: input.source.clone(),
        });
        execute(ctx, &input.options, command).await
    }

    /// Says what an index was for a month, as it was published. Again for the same month and day of publication: the
    /// correction. Contracts whose prices follow it are revised by what was published by then.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_index_value(
        &self,
        ctx: &Context<'_>,
        input: CompanySetIndexValueInput,
    ) -> ApiResult<CompanyPayload> {
        let value = domain::contract::IndexValue {
            index: input.index.clone(),
            point: domain::contract::IndexPoint {
                month: input.month.0,
                value: input.value.0,
            },
            published_on: input.published_on.0,
        };
        let source = input.source.clone();
        execute(ctx, &input.options, Ok(CompanyCommand::SetIndexValue { value, source })).await
    }

    /// Says what one unit of a currency is worth in euros from a day on; again for the same day: the correction.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_exchange_rate(
        &self,
        ctx: &Context<'_>,
        input: CompanySetExchangeRateInput,
    ) -> ApiResult<CompanyPayload> {
        let currency = domain::Currency::parse("currencyCode", &input.currency_code);
        let command = currency.map(|currency| CompanyCommand::SetExchangeRate {
            currency,
            from: input.from.0,
            rate: input.rate.0,
            source: input.source.clone(),
        });
        execute(ctx, &input.options, command).await
    }

    /// Says by which definitions recurring revenue is counted. The whole history follows them.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_revenue_rules(
        &self,
        ctx: &Context<'_>,
        input: CompanySetRevenueRulesInput,
    ) -> ApiResult<CompanyPayload> {
        let rules = domain::company::RevenueRules {
            renewal_grace_days: input.renewal_grace_days,
            pauses: if input.pauses_count {
                domain::recurring_revenue::PausePolicy::Include
            } else {
                domain::recurring_revenue::PausePolicy::Exclude
            },
            fx: if input.each_exchange_rate {
                domain::recurring_revenue::FxPolicy::EachRate
            } else {
                domain::recurring_revenue::FxPolicy::PeriodStart
            },
        };
        execute(ctx, &input.options, Ok(CompanyCommand::SetRevenueRules(rules))).await
    }

    /// Adds a rate of VAT over those that the program brings, or corrects it. Documents that were issued stay as they are.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_vat_rate(
        &self,
        ctx: &Context<'_>,
        input: CompanySetVatRateInput,
    ) -> ApiResult<CompanyPayload> {
        let rate = input
            .rate
            .as_ref()
            .map(|rate| Percentage::new("rate", rate.0))
            .transpose();
        let command = rate.map(|rate| {
            CompanyCommand::SetVatRate(AddedRate {
                key: RateKey {
                    territory: input.territory.into(),
                    class: input.vat_rate_class.into(),
                    from: input.from.0,
                },
                until: input.until.map(|Date(until)| until),
                rate,
                reason: input.reason.clone(),
            })
        });
        execute(ctx, &input.options, command).await
    }

    /// Takes away a rate of VAT that was added: what the program brings holds again.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_remove_vat_rate(
        &self,
        ctx: &Context<'_>,
        input: CompanyRemoveVatRateInput,
    ) -> ApiResult<CompanyPayload> {
        let key = RateKey {
            territory: input.territory.into(),
            class: input.vat_rate_class.into(),
            from: input.from.0,
        };
        execute(ctx, &input.options, Ok(CompanyCommand::RemoveVatRate(key))).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_fiscal_year_end(
        &self,
        ctx: &Context<'_>,
        input: CompanySetFiscalYearEndInput,
    ) -> ApiResult<CompanyPayload> {
        let end = domain::company::FiscalYearEnd {
            month: input.month,
            day: input.day,
        };
        execute(ctx, &input.options, Ok(CompanyCommand::SetFiscalYearEnd(end))).await
    }

    /// Says from when on invoices have to go through a platform.
    #[graphql(complexity = "50 + child_complexity")]
    async fn company_set_electronic_invoicing(
        &self,
        ctx: &Context<'_>,
        input: CompanySetElectronicInvoicingInput,
    ) -> ApiResult<CompanyPayload> {
        let from = input.from.map(|Date(from)| from);
        execute(ctx, &input.options, Ok(CompanyCommand::SetElectronicInvoicing { from })).await
    }
}

impl CompanySetSalesRulesInput {
    fn rules(&self) -> Result<SalesRules, InvalidValue> {
        let percent = |field, given: &Option<Decimal>| {
            let given = given.as_ref();
            given.map(|percent| Percentage::new(field, percent.0)).transpose()
        };
        let deposit = percent("depositPercent", &self.deposit_percent)?;
        Ok(SalesRules {
            deal_on_acceptance: self.deal_on_acceptance.into(),
            shown_basis: self.shown_basis.into(),
            invoice_on_acceptance: match self.invoice_on_acceptance {
                InvoiceOnAcceptanceKind::Nothing => InvoiceOnAcceptance::Nothing,
                InvoiceOnAcceptanceKind::Whole => InvoiceOnAcceptance::Whole,
                InvoiceOnAcceptanceKind::Deposit => InvoiceOnAcceptance::Deposit(
                    deposit.ok_or(InvalidValue::new("depositPercent", domain::value::Problem::Missing))?,
                ),
            },
            approval_above: percent("approvalAboveDiscount", &self.approval_above_discount)?,
            remind_before_expiry: self.remind_before_expiry_days,
        })
    }
}

impl CompanySetRemindersInput {
    fn ladder(&self) -> Result<ReminderLadder, InvalidValue> {
        let minimum = match &self.minimum {
            Some(minimum) => domain::Money::from_decimal("minimum", minimum.0, domain::Currency::EUR)?.minor_units,
            None => 0,
        };
        Ok(ReminderLadder {
            steps: self.steps.iter().map(LadderStep::from).collect(),
            minimum,
            working_days: self.working_days,
        })
    }
}

impl CompanyIdentifyInput {
    fn identity(&self) -> Result<LegalIdentity, InvalidValue> {
        Ok(LegalIdentity {
            name: self.name.clone(),
            form: self.legal_form.into(),
            share_capital: self
                .share_capital
                .as_ref()
                .map(|capital| capital.checked("shareCapital"))
                .transpose()?,
            siren: domain::Siren::parse("siren", &self.siren)?,
            siret: parsed(self.siret.as_deref(), |text| domain::Siret::parse("siret", text))?,
            registration: self.registration_city.clone().map(|city| Registration { city }),
            vat_number: parsed(self.vat_number.as_deref(), |text| {
                domain::VatNumber::parse("vatNumber", text)
            })?,
            address: self.address.value("address.country")?,
            email: self.email.clone(),
            phone: self.phone.clone(),
        })
    }
}

impl CompanyChangeBankAccountInput {
    fn account(&self) -> Result<BankAccount, InvalidValue> {
        Ok(BankAccount {
            iban: domain::Iban::parse("iban", &self.iban)?,
            bic: parsed(self.bic.as_deref(), |text| domain::Bic::parse("bic", text))?,
        })
    }
}

impl CompanySetDocumentDefaultsInput {
    fn defaults(&self) -> Result<DocumentDefaults, InvalidValue> {
        Ok(DocumentDefaults {
            payment_terms: self.payment_terms.terms()?,
            quote_validity_days: self.quote_validity_days,
            early_payment_discount: self
                .early_payment_discount
                .map(|Decimal(discount)| Percentage::new("earlyPaymentDiscount", discount))
                .transpose()?,
            quote_conditions: self.quote_conditions.clone(),
        })
    }
}

fn parsed<T>(
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, InvalidValue>,
) -> Result<Option<T>, InvalidValue> {
    text.map(parse).transpose()
}

fn refused(ctx: &Context<'_>, refusal: &impl Refusal) -> CompanyPayload {
    CompanyPayload {
        result: CommandResult::refused(commands::user_error(ctx, refusal)),
    }
}

async fn execute(
    ctx: &Context<'_>,
    options: &CommandOptions,
    command: Result<CompanyCommand, InvalidValue>,
) -> ApiResult<CompanyPayload> {
    match command {
        Ok(command) => {
            let result = commands::execute::<CompanyState>(ctx, options, COMPANY, command).await?;
            Ok(CompanyPayload { result })
        }
        Err(refusal) => Ok(refused(ctx, &refusal)),
    }
}
