use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{
    BlobHash, Country, Currency, Decider, Language, OrganizationId, PersonId, Personal, PostalAddress, Refusal,
    billing::{
        Discount, FiscalPosition, Nature, PaymentTerms, Percentage, PriceBasis, Quantity, RateClass, SellerRegime,
        UnitPrice, VatRates,
    },
    company::{Appearance, LegalForm, LegalIdentity, VatRegime, VatScheme},
    document::{
        Buyer, Content, FiledDocument, Layout, LineId, NumberPattern, Row, Seller, SentQuote, Series, Taxed,
        WishedContent, WishedLine, WishedRow,
    },
    organization::OrganizationKind,
    product::Taxation,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> DateTime<Utc> {
    format!("{text}Z").parse().unwrap()
}

fn percent(text: &str) -> Percentage {
    Percentage::new("percent", text.parse().unwrap()).unwrap()
}

fn address() -> PostalAddress {
    PostalAddress {
        lines: vec!["4 rue des Clercs".to_owned()],
        postcode: Some("57000".to_owned()),
        city: "Metz".to_owned(),
        country: Country::FRANCE,
    }
}

fn position() -> FiscalPosition {
    FiscalPosition {
        regime: SellerRegime::Taxed,
        seller: Country::FRANCE,
        buyer_kind: OrganizationKind::Professional,
        buyer: Country::FRANCE,
        buyer_vat_number: None,
        delivery: None,
        construction_subcontract: false,
        tax_point: day("2026-03-02"),
        rates: VatRates::default(),
    }
}

fn line(id: Option<u32>, price: &str, optional: bool) -> WishedRow {
    WishedRow::Line(Box::new(WishedLine {
        id: id.map(LineId),
        product: None,
        name: "Pose de panneaux".to_owned(),
        details: None,
        unit: "heure".to_owned(),
        quantity: Quantity::ONE,
        unit_price: UnitPrice::new("unitPrice", price.parse().unwrap()).unwrap(),
        discount: None,
        period: None,
        optional,
        taxation: Taxation {
            nature: Nature::Services,
            rate_class: RateClass::Normal,
            exemption: None,
        },
    }))
}

fn wished(rows: Vec<WishedRow>) -> WishedContent {
    WishedContent {
        subject: None,
        rows,
        price_basis: PriceBasis::Net,
        discount: None,
        currency: Currency::EUR,
        payment_terms: PaymentTerms::default(),
        early_payment_discount: None,
        notes: None,
        conditions: None,
        purchase_order: None,
        period: None,
        language: Language::French,
        layout: Layout::Classic,
    }
}

fn decided(content: WishedContent) -> Content {
    content
        .decided(&Taxed {
            position: position(),
            next_line: LineId(1),
        })
        .unwrap()
}

/// One line of 1,000 euros and an option of 200.
fn offer() -> WishedContent {
    wished(vec![line(None, "1000", false), line(None, "200", true)])
}

fn seller() -> Seller {
    Seller {
        identity: LegalIdentity {
            name: "Solaire de Lorraine".to_owned(),
            form: LegalForm::Sas,
            share_capital: None,
            siren: "732829320".parse().unwrap(),
            siret: None,
            registration: None,
            vat_number: None,
            address: address(),
            email: None,
            phone: None,
        },
        vat_scheme: VatScheme {
            regime: VatRegime::Monthly,
            on_debits: false,
        },
        bank_account: None,
        appearance: Appearance::default(),
    }
}

fn buyer() -> Buyer {
    Buyer {
        organization: OrganizationId(Uuid::from_u128(7)),
        name: "Acme".to_owned(),
        kind: OrganizationKind::Professional,
        siren: None,
        siret: None,
        vat_number: None,
        address: address(),
        delivery_address: None,
        contact: None,
        email: Some("ada@acme.example".to_owned()),
    }
}

fn drafted() -> QuoteEvent {
    QuoteEvent::QuoteDrafted {
        number: NumberPattern::of(Series::Quote).number(2026, 1),
        organization: OrganizationId(Uuid::from_u128(7)),
        deal: None,
        copied_from: None,
        renews: None,
        content: decided(offer()),
    }
}

fn send() -> SendQuote {
    SendQuote {
        sent_on: day("2026-03-02"),
        valid_until: day("2026-04-01"),
        expires_at: time("2026-04-01T21:59:59"),
        remind_at: None,
        closing: day("2026-12-31"),
        seller: Some(seller()),
        buyer: buyer(),
        approval_above: None,
        delivery: None,
    }
}

fn sent(version: u16) -> QuoteEvent {
    let content = decided(offer());
    QuoteEvent::QuoteSent {
        sent: Box::new(SentQuote {
            number: NumberPattern::of(Series::Quote).number(2026, 1),
            version,
            sent_on: day("2026-03-02"),
            valid_until: day("2026-04-01"),
            seller: Box::new(seller()),
            buyer: Personal::new(PersonId::of_fiscal_year(day("2026-12-31")), Box::new(buyer())),
            breakdown: content.totals(&std::collections::BTreeSet::new()).unwrap().breakdown,
            content,
        }),
        expires_at: time("2026-04-01T21:59:59"),
        remind_at: None,
        delivery: None,
    }
}

fn started(version: u16) -> QuoteEvent {
    QuoteEvent::QuoteVersionStarted {
        version,
        content: decided(offer()),
    }
}

const PAPER: BlobHash = BlobHash([1; 32]);

fn filed(version: u16) -> QuoteEvent {
    QuoteEvent::QuoteDocumentFiled {
        version,
        document: FiledDocument { blob: PAPER, size: 9 },
    }
}

fn code(code: u8) -> QuoteEvent {
    QuoteEvent::SigningCodeIssued {
        version: 1,
        code,
        expires_at: time("2026-03-10T10:15:00"),
        delivery: None,
    }
}

fn signature() -> Signature {
    Signature {
        name: "Ada Lovelace".to_owned(),
        email: "ada@acme.example".to_owned(),
        consent: "Bon pour accord".to_owned(),
        drawing: None,
        document: PAPER,
        link_opened_at: None,
        code_sent_at: time("2026-03-10T10:00:00"),
        wrong_codes: 0,
        signed_at: time("2026-03-10T10:05:00"),
        ip: "192.0.2.1".to_owned(),
        user_agent: "Browser".to_owned(),
    }
}

fn sign(chosen: &[u32], signature: Signature) -> QuoteCommand {
    QuoteCommand::Sign {
        version: 1,
        chosen: chosen.iter().copied().map(LineId).collect(),
        signature: Box::new(SignatureGiven {
            signature,
            closing: day("2026-12-31"),
        }),
    }
}

fn quote(events: &[QuoteEvent]) -> Quote {
    Quote::replay(events)
}

fn refusal(events: Vec<QuoteEvent>, command: QuoteCommand) -> QuoteError {
    quote(&events).decide(command).unwrap_err()
}

fn at(now: &str) -> QuoteCommand {
    QuoteCommand::ReportAcceptance {
        version: 1,
        chosen: Vec::new(),
        now: time(now),
    }
}

#[test]
fn a_draft_gets_its_tax_and_its_lines_their_numbers() {
    let draft = DraftQuote {
        number: NumberPattern::of(Series::Quote).number(2026, 1),
        organization: OrganizationId(Uuid::from_u128(7)),
        deal: None,
        copied_from: None,
        renews: None,
        content: offer(),
        position: position(),
    };
    TestFramework::<Quote>::with(())
        .given_no_previous_events()
        .when(QuoteCommand::Draft(Box::new(draft)))
        .then_expect_events(vec![drafted()]);
    let content = decided(offer());
    let lines: Vec<_> = content.lines().map(|line| (line.id.0, line.treatment.rate)).collect();
    assert_eq!(lines, [(1, percent("20")), (2, percent("20"))]);
}

#[test]
fn lines_keep_their_numbers_and_no_number_is_given_twice() {
    let change = |rows| QuoteCommand::ChangeContent {
        content: Box::new(wished(rows)),
        position: position(),
    };
    let mut quote = quote(&[drafted()]);
    let kept = change(vec![line(Some(2), "300", false), line(None, "50", false)]);
    let events = quote.decide(kept).unwrap();
    let [QuoteEvent::QuoteContentChanged { content }] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(content.lines().map(|line| line.id.0).collect::<Vec<_>>(), [2, 3]);
    quote = Quote::replay(&[drafted(), events[0].clone()]);
    for (rows, field) in [
        (vec![line(Some(4), "1", false)], "line"),
        (vec![line(Some(2), "1", false), line(Some(2), "1", false)], "line"),
        (Vec::new(), "rows"),
    ] {
        let refused = quote.decide(change(rows)).unwrap_err();
        assert_eq!(refused.field(), Some(field), "{refused:?}");
    }
}

#[test]
fn a_rate_that_there_was_not_on_that_day_is_refused() {
    let draft = DraftQuote {
        number: NumberPattern::of(Series::Quote).number(2026, 1),
        organization: OrganizationId(Uuid::from_u128(7)),
        deal: None,
        copied_from: None,
        renews: None,
        content: offer(),
        position: FiscalPosition {
            tax_point: day("1950-01-01"),
            ..position()
        },
    };
    assert_eq!(
        refusal(Vec::new(), QuoteCommand::Draft(Box::new(draft))).code(),
        "NO_SUCH_VAT_RATE"
    );
}

#[test]
fn what_is_sent_is_frozen_and_counts_without_the_options() {
    TestFramework::<Quote>::with(())
        .given(vec![drafted()])
        .when(QuoteCommand::Send(Box::new(send())))
        .then_expect_events(vec![sent(1)]);
    let quote = quote(&[drafted(), sent(1)]);
    let open = quote.open().unwrap();
    assert_eq!(open.sent.sent.breakdown.gross(), 120_000);
    assert_eq!(quote.status(), Some(QuoteStatus::Sent));
    assert!(quote.draft().is_none());
}

#[test]
fn nothing_is_sent_before_the_company_is_known_or_past_its_validity() {
    let nobody = SendQuote { seller: None, ..send() };
    let over = SendQuote {
        valid_until: day("2026-03-01"),
        ..send()
    };
    let ages = SendQuote {
        valid_until: day("2028-03-01"),
        ..send()
    };
    for (send, code) in [
        (nobody, "COMPANY_NOT_IDENTIFIED"),
        (over, "QUOTE_VALIDITY_OVER"),
        (ages, "NUMBER_OUT_OF_RANGE"),
    ] {
        assert_eq!(
            refusal(vec![drafted()], QuoteCommand::Send(Box::new(send))).code(),
            code
        );
    }
}

#[test]
fn a_large_discount_needs_a_manager() {
    let discounted = WishedContent {
        discount: Some(Discount::Percent(percent("15"))),
        ..offer()
    };
    let drafted = QuoteEvent::QuoteDrafted {
        number: NumberPattern::of(Series::Quote).number(2026, 1),
        organization: OrganizationId(Uuid::from_u128(7)),
        deal: None,
        copied_from: None,
        renews: None,
        content: decided(discounted),
    };
    let send = || {
        QuoteCommand::Send(Box::new(SendQuote {
            approval_above: Some(percent("10")),
            ..send()
        }))
    };
    assert_eq!(
        refusal(vec![drafted.clone()], send()),
        QuoteError::ApprovalRequired { above: percent("10") }
    );
    assert_eq!(
        refusal(vec![drafted.clone()], QuoteCommand::Approve),
        QuoteError::ApprovalNotAsked
    );
    let asked = QuoteEvent::QuoteApprovalRequested { version: 1 };
    let given = QuoteEvent::QuoteApproved { version: 1 };
    TestFramework::<Quote>::with(())
        .given(vec![drafted.clone(), asked.clone()])
        .when(QuoteCommand::Approve)
        .then_expect_events(vec![given.clone()]);
    assert!(
        quote(&[drafted.clone(), asked.clone(), given.clone()])
            .decide(send())
            .is_ok()
    );
    // An approval is of the draft as it was.
    let changed = QuoteEvent::QuoteContentChanged {
        content: decided(WishedContent {
            discount: Some(Discount::Percent(percent("50"))),
            ..offer()
        }),
    };
    assert_eq!(
        refusal(vec![drafted, asked, given, changed], send()).code(),
        "QUOTE_APPROVAL_REQUIRED"
    );
}

#[test]
fn a_new_version_supersedes_and_the_old_one_cannot_be_accepted() {
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1)])
        .when(QuoteCommand::StartVersion)
        .then_expect_events(vec![started(2)]);
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1), started(2)])
        .when(QuoteCommand::Send(Box::new(send())))
        .then_expect_events(vec![QuoteEvent::QuoteSuperseded { version: 1 }, sent(2)]);
    let history = vec![
        drafted(),
        sent(1),
        started(2),
        QuoteEvent::QuoteSuperseded { version: 1 },
        sent(2),
    ];
    assert_eq!(
        refusal(history, at("2026-03-10T10:00:00")),
        QuoteError::Superseded { by: 2 }
    );
}

#[test]
fn the_open_version_can_be_accepted_while_the_next_one_is_written() {
    let quote = quote(&[drafted(), sent(1), started(2)]);
    assert!(quote.decide(at("2026-03-10T10:00:00")).is_ok());
    assert_eq!(
        refusal(vec![drafted(), sent(1), started(2)], QuoteCommand::StartVersion),
        QuoteError::DraftExists
    );
}

#[test]
fn an_acceptance_takes_options_and_is_final() {
    let accepted = QuoteEvent::QuoteAccepted {
        version: 1,
        chosen: vec![LineId(2)],
        breakdown: decided(offer()).totals(&[LineId(2)].into()).unwrap().breakdown,
        means: AcceptanceMeans::Reported,
        signature: None,
    };
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1)])
        .when(QuoteCommand::ReportAcceptance {
            version: 1,
            chosen: vec![LineId(2), LineId(2)],
            now: time("2026-03-10T10:00:00"),
        })
        .then_expect_events(vec![accepted.clone()]);
    let history = vec![drafted(), sent(1), accepted];
    assert_eq!(quote(&history).accepted().unwrap().1.gross(), 144_000);
    for command in [
        at("2026-03-10T10:00:00"),
        QuoteCommand::StartVersion,
        QuoteCommand::Cancel {
            reason: "Erreur".to_owned(),
        },
        QuoteCommand::Refuse {
            version: 1,
            reason: None,
            now: time("2026-03-10T10:00:00"),
        },
    ] {
        assert_eq!(refusal(history.clone(), command), QuoteError::Accepted);
    }
}

#[test]
fn only_options_can_be_chosen() {
    let chosen = QuoteCommand::ReportAcceptance {
        version: 1,
        chosen: vec![LineId(1)],
        now: time("2026-03-10T10:00:00"),
    };
    assert_eq!(refusal(vec![drafted(), sent(1)], chosen).code(), "NO_SUCH_LINE");
}

#[test]
fn a_quote_expires_at_the_end_of_its_last_day_and_its_sender_can_extend_it() {
    let expire = |now| QuoteCommand::Expire {
        version: 1,
        now: time(now),
    };
    let expired = QuoteEvent::QuoteExpired { version: 1 };
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1)])
        .when(expire("2026-04-01T21:59:58"))
        .then_expect_events(vec![]);
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1)])
        .when(expire("2026-04-01T21:59:59"))
        .then_expect_events(vec![expired.clone()]);
    // Whether or not the agenda has come to it.
    assert_eq!(
        refusal(vec![drafted(), sent(1)], at("2026-04-01T21:59:59")),
        QuoteError::Expired
    );
    let history = vec![drafted(), sent(1), expired.clone()];
    assert_eq!(refusal(history.clone(), at("2026-04-02T10:00:00")), QuoteError::Expired);
    let extended = QuoteEvent::QuoteExtended {
        version: 1,
        valid_until: day("2026-05-01"),
        expires_at: time("2026-05-01T21:59:59"),
        remind_at: None,
    };
    TestFramework::<Quote>::with(())
        .given(history.clone())
        .when(QuoteCommand::Extend {
            valid_until: day("2026-05-01"),
            expires_at: time("2026-05-01T21:59:59"),
            remind_at: None,
            now: time("2026-04-02T10:00:00"),
        })
        .then_expect_events(vec![extended.clone()]);
    let again = quote(&[drafted(), sent(1), expired, extended]);
    assert!(again.decide(at("2026-04-15T10:00:00")).is_ok());
}

#[test]
fn the_customer_is_reminded_once() {
    let remind = QuoteCommand::RemindOfExpiry {
        version: 1,
        now: time("2026-03-25T08:00:00"),
        delivery: None,
    };
    let reminded = QuoteEvent::QuoteExpiryReminded {
        version: 1,
        delivery: None,
    };
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1)])
        .when(remind.clone())
        .then_expect_events(vec![reminded.clone()]);
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1), reminded])
        .when(remind)
        .then_expect_events(vec![]);
}

#[test]
fn a_signature_needs_the_code_and_the_paper_that_was_sent() {
    let history = vec![drafted(), sent(1), filed(1), code(1)];
    let events = quote(&history).decide(sign(&[2], signature())).unwrap();
    let [
        QuoteEvent::QuoteAccepted {
            means,
            signature: given,
            ..
        },
    ] = events.as_slice()
    else {
        panic!("{events:?}");
    };
    assert_eq!(*means, AcceptanceMeans::ElectronicSignature);
    let person = given.as_ref().unwrap().person();
    assert_eq!(person.fiscal_year_closing(), Some(day("2026-12-31")));
    for (history, signature, code) in [
        (vec![drafted(), sent(1), filed(1)], signature(), "SIGNING_CODE_MISSING"),
        (
            vec![drafted(), sent(1), code(1)],
            signature(),
            "SIGNED_ANOTHER_DOCUMENT",
        ),
        (
            history.clone(),
            Signature {
                signed_at: time("2026-03-10T10:15:00"),
                ..signature()
            },
            "SIGNING_CODE_MISSING",
        ),
        (
            history,
            Signature {
                name: "  ".to_owned(),
                ..signature()
            },
            "FIELD_REQUIRED",
        ),
    ] {
        assert_eq!(refusal(history, sign(&[], signature)).code(), code);
    }
}

#[test]
fn five_wrong_codes_lock_the_code_and_five_codes_are_all() {
    let reject = || QuoteCommand::RejectSigningCode {
        version: 1,
        now: time("2026-03-10T10:01:00"),
    };
    let rejected = |attempt| QuoteEvent::SigningCodeRejected {
        version: 1,
        code: 1,
        attempt,
    };
    let mut history = vec![drafted(), sent(1), filed(1), code(1)];
    for attempt in 1..=5 {
        TestFramework::<Quote>::with(())
            .given(history.clone())
            .when(reject())
            .then_expect_events(vec![rejected(attempt)]);
        history.push(rejected(attempt));
    }
    assert_eq!(refusal(history.clone(), reject()), QuoteError::CodeLocked);
    assert_eq!(refusal(history.clone(), sign(&[], signature())), QuoteError::CodeLocked);
    history.extend((2..=5).map(code));
    let another = QuoteCommand::IssueSigningCode {
        version: 1,
        expires_at: time("2026-03-10T10:30:00"),
        now: time("2026-03-10T10:10:00"),
        delivery: None,
    };
    assert_eq!(refusal(history, another), QuoteError::TooManyCodes);
}

#[test]
fn a_link_opens_until_it_is_revoked() {
    let view = |link| QuoteCommand::View { version: 1, link };
    let viewed = QuoteEvent::QuoteViewed { version: 1 };
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1)])
        .when(view(1))
        .then_expect_events(vec![viewed.clone()]);
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1), viewed])
        .when(view(1))
        .then_expect_events(vec![]);
    let revoked = QuoteEvent::QuoteLinkRevoked { version: 1, link: 1 };
    let renewed = QuoteEvent::QuoteLinkRenewed { version: 1, link: 2 };
    assert_eq!(
        refusal(vec![drafted(), sent(1), revoked.clone()], view(1)),
        QuoteError::LinkRevoked
    );
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1), revoked.clone()])
        .when(QuoteCommand::RenewLink)
        .then_expect_events(vec![renewed.clone()]);
    assert_eq!(
        refusal(vec![drafted(), sent(1), revoked, renewed], view(1)),
        QuoteError::LinkRevoked
    );
    let id = crate::QuoteId(Uuid::from_u128(1));
    assert_ne!(id.link(1, 1), id.link(1, 2));
    assert_ne!(id.link(1, 1), id.link(2, 1));
}

#[test]
fn what_was_sent_has_one_paper_for_ever() {
    let file = |byte| QuoteCommand::FileDocument {
        version: 1,
        document: FiledDocument {
            blob: BlobHash([byte; 32]),
            size: 9,
        },
    };
    let filed = quote(&[drafted(), sent(1), filed(1)]);
    assert_eq!(filed.decide(file(1)), Ok(Vec::new()));
    assert_eq!(filed.decide(file(2)), Err(QuoteError::DocumentFiled));
}

#[test]
fn sections_and_comments_are_checked_too() {
    let rows = vec![
        WishedRow::Section {
            title: "Toiture\u{7}".to_owned(),
        },
        line(None, "1", false),
    ];
    let refused = wished(rows).decided(&Taxed {
        position: position(),
        next_line: LineId(1),
    });
    assert_eq!(refused.unwrap_err().code(), "CONTROL_CHARACTER");
    let content = decided(wished(vec![
        WishedRow::Comment {
            text: "Deux visites\nsur place".to_owned(),
        },
        line(None, "1", false),
    ]));
    assert!(matches!(content.rows[0], Row::Comment { .. }));
}

#[test]
fn a_copy_has_new_lines_and_stays_subcontracted_work() {
    let subcontracted = FiscalPosition {
        construction_subcontract: true,
        ..position()
    };
    let original = WishedContent {
        purchase_order: Some("BC-77".to_owned()),
        ..offer()
    };
    let taxed = |position| Taxed {
        position,
        next_line: LineId(1),
    };
    let original = original.decided(&taxed(subcontracted.clone())).unwrap();
    assert!(original.is_construction_subcontract() && !decided(offer()).is_construction_subcontract());
    let copy = original.wished_anew();
    assert_eq!(copy.purchase_order, None, "of one order");
    let copy = copy.decided(&taxed(subcontracted)).unwrap();
    assert_eq!(copy.rows, original.rows);
}

#[derive(serde::Deserialize)]
struct ExpiryVector {
    why: String,
    /// The agenda noted that it expired.
    noted: bool,
    at: String,
    refused: Option<String>,
}

#[test]
fn what_expired_is_not_signed_as_the_vectors_say() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/quotes/expiry.json");
    let vectors: Vec<ExpiryVector> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for vector in vectors {
        let code = QuoteEvent::SigningCodeIssued {
            version: 1,
            code: 1,
            expires_at: time("2026-04-03T10:00:00"),
            delivery: None,
        };
        let mut history = vec![drafted(), sent(1), filed(1), code];
        history.extend(vector.noted.then_some(QuoteEvent::QuoteExpired { version: 1 }));
        let signed = Signature {
            code_sent_at: time("2026-03-31T10:00:00"),
            signed_at: time(&vector.at),
            ..signature()
        };
        for command in [sign(&[], signed), at(&vector.at)] {
            let refused = quote(&history)
                .decide(command)
                .err()
                .map(|refused| refused.code().to_owned());
            assert_eq!(refused, vector.refused, "{}", vector.why);
        }
    }
}

mod envelopes;
