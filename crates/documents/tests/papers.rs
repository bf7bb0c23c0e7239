//! What papers say, and that nothing that people write in them does more than stand there.

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command, sync::OnceLock, thread};

use chrono::{DateTime, Utc};
use documents::{
    Agreement, DocumentError, Evidence, FormalNotice, InterestOnInvoice, LateInterestStatement, Logo, Look,
    OverdueInvoice, Renderer, logo,
};
use domain::{
    Currency, Language, PersonId, Personal,
    billing::{Nature, Quantity, RateClass, UnitPrice, late_interest::InterestPart},
    contract::{
        Amendment, BillingInterval, BillingTiming, ContractKind, ContractLine, ContractTerms, LineChange, LinePrice,
        NoticePeriod, RenewalPolicy,
    },
    document::{IssuedInvoice, Layout, LineId},
    product::Taxation,
};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use uuid::Uuid;

use crate::{
    cases::{self, day, line, number, percent, rows, taxed},
    structure::{page_count, text},
};

pub(crate) fn renderer() -> &'static Renderer {
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    RENDERER.get_or_init(|| Renderer::new().unwrap())
}

/// Where documents are left for whoever wants to look at them.
pub(crate) fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("documents");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn keep(name: &str, pdf: &[u8]) {
    fs::write(folder().join(format!("{name}.pdf")), pdf).unwrap();
}

fn picture() -> Logo {
    let drawn = RgbaImage::from_fn(320, 90, |x, y| {
        let inside = (i64::from(x) - 45).pow(2) + (i64::from(y) - 45).pow(2) < 1_600;
        if inside || (x > 110 && (30..60).contains(&y)) {
            Rgba([15, 118, 110, 255])
        } else {
            Rgba([0, 0, 0, 0])
        }
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(drawn)
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    logo::checked(&bytes.into_inner()).unwrap()
}

fn paper(invoice: &IssuedInvoice) -> Vec<u8> {
    renderer().invoice_pdf(invoice, Look::default()).unwrap()
}

fn said(invoice: &IssuedInvoice) -> String {
    text(&paper(invoice))
}

#[track_caller]
fn says(paper: &str, words: &[&str]) {
    let paper = on_one_line(paper);
    for words in words {
        assert!(paper.contains(words), "{words:?} is missing in:\n{paper}");
    }
}

/// Wherever the lines are broken.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_logo_may_be_a_photograph() {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let photograph = DynamicImage::from(RgbaImage::from_pixel(900, 300, Rgba([180, 90, 20, 255]))).to_rgb8();
    photograph.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let checked = logo::checked(&bytes.into_inner()).unwrap();
    let stored = Logo::stored(checked.bytes().to_vec()).unwrap();
    assert_eq!(stored, checked);
    let look = Look {
        logo: Some(&stored),
        draft: false,
    };
    let pdf = renderer().invoice_pdf(&cases::standard(), look).unwrap();
    keep("photograph", &pdf);
    assert!(pdf.windows(9).any(|window| window == b"DCTDecode"));
}

#[test]
fn every_document_can_be_set_in_both_layouts_and_languages() {
    let logo = picture();
    for layout in Layout::ALL {
        for (name, mut invoice) in cases::all() {
            invoice.content.layout = layout;
            let look = Look {
                logo: (layout == Layout::Modern).then_some(&logo),
                draft: false,
            };
            let pdf = renderer().invoice_pdf(&invoice, look).unwrap();
            keep(&format!("{name}-{}", layout.as_str()), &pdf);
            invoice.content.language = Language::English;
            let pdf = renderer().invoice_pdf(&invoice, look).unwrap();
            keep(&format!("{name}-{}-english", layout.as_str()), &pdf);
        }
    }
}

#[test]
fn an_invoice_says_what_the_law_wants_said() {
    says(
        &said(&cases::standard()),
        &[
            "Atelier Numérique de Lorraine",
            "SAS au capital de 10 000 €",
            "RCS Metz 732 829 320",
            "SIRET 732 829 320 00074",
            "N° TVA FR44732829320",
            "Établissements Müller & Fils",
            "2026-F-001",
            "26/11/2026",
            "26/12/2026",
            "Prestation de services",
            "333,333333",
            "0,004125",
            "1 005,09",
            "Pas d'escompte pour paiement anticipé",
            "Banque centrale européenne majoré de 10 points",
            "40 €",
            "FR14 2004 1010 0505 0001 3M02 606",
        ],
    );
    says(
        &said(&cases::several_rates()),
        &[
            "Livraison de biens et prestation de services",
            "Option pour le paiement de la taxe d'après les débits",
            "Escompte de 1,5 %",
            "Copie — l'original passe par la plateforme agréée",
            "BC-2026-77",
            "Remise 5 %",
        ],
    );
    says(
        &said(&cases::franchise()),
        &[
            "Zoé Martin EI",
            "TVA non applicable, article 293 B du CGI",
            "Entrepreneur individuel",
        ],
    );
    says(
        &said(&cases::reverse_charge()),
        &["Autoliquidation — article 283, 2 nonies du CGI"],
    );
    says(
        &said(&cases::intra_community()),
        &[
            "VAT exempt, article 262 ter, I of the CGI",
            "DE136695976",
            "Hafenstraße",
        ],
    );
    says(
        &said(&cases::deposit()),
        &["FACTURE D'ACOMPTE", "Acompte sur devis n° 2026-D-004"],
    );
    says(
        &said(&cases::final_after_deposit()),
        &[
            "FACTURE DE SOLDE",
            "Facture d'acompte 2026-F-006 du 26/11/2026",
            "Net à payer",
        ],
    );
    says(
        &said(&cases::credit_note()),
        &["AVOIR", "Facture 2026-F-001 du 26/11/2026", "Net en votre faveur"],
    );
    says(
        &said(&cases::progress()),
        &["14,5 % par an", "Échéancier", "10/01/2027"],
    );
}

#[test]
fn a_consumer_owes_no_indemnity() {
    let paper = said(&cases::gross_prices());
    says(&paper, &["Montant TTC", "Total HT", "mise en demeure"]);
    assert!(!paper.contains("40 €") && !paper.contains("L441-10"), "{paper}");
}

/// Of each page that goes on: what is carried forward is what is brought forward, and the sum of its lines.
#[test]
fn a_document_of_several_pages_carries_its_totals() {
    for layout in Layout::ALL {
        let mut invoice = cases::long(120);
        invoice.content.layout = layout;
        let pdf = paper(&invoice);
        keep(&format!("long-{}", layout.as_str()), &pdf);
        let pages = page_count(&pdf);
        assert!(pages >= 4, "{pages}");
        let paper = text(&pdf);
        let after = |label: &str| -> Vec<String> {
            let lines: Vec<&str> = paper.lines().collect();
            lines
                .windows(2)
                .filter(|pair| pair[0].trim() == label)
                .map(|pair| pair[1].trim().to_owned())
                .collect()
        };
        let (carried, brought) = (after("À reporter"), after("Report"));
        assert_eq!(carried, brought);
        assert_eq!(carried.len(), pages - 1);
        let cents = |amount: &String| -> i64 {
            let digits: String = amount.chars().filter(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        };
        assert!(carried.iter().all(|amount| cents(amount) % 12_274 == 0), "{carried:?}");
        assert!(
            carried.windows(2).all(|pair| cents(&pair[0]) < cents(&pair[1])),
            "{carried:?}"
        );
        says(
            &paper,
            &[&format!("Page 1 / {pages}"), &format!("Page {pages} / {pages}")],
        );
    }
}

#[test]
fn options_of_a_quote_count_once_they_are_taken() {
    let quote = cases::quote();
    let pdf = renderer()
        .quote_pdf(
            &quote,
            Look {
                draft: true,
                ..Look::default()
            },
        )
        .unwrap();
    keep("quote", &pdf);
    says(
        &text(&pdf),
        &[
            "DEVIS",
            "20/12/2026",
            "Bon pour accord",
            "Option, non comprise dans le total",
            "(1 440,00)",
            "10 328,80 €",
            "BROUILLON",
            "Acompte de 30 % à la commande.",
        ],
    );
    let chosen: BTreeSet<LineId> = quote.options().collect();
    let evidence = evidence(Some(picture()));
    let signed = renderer()
        .signed_quote_pdf(&quote, &chosen, &evidence, Look::default())
        .unwrap();
    keep("signed-quote", &signed);
    let paper = text(&signed);
    says(
        &paper,
        &[
            "Option retenue",
            "11 768,80 €",
            "Dossier de preuve",
            "Renée Lefèvre",
            "203.0.113.9",
            "2026-11-21 09:14:03 UTC",
            "Signature électronique simple",
            "9f86d081 884c7d65",
        ],
    );
    says(
        &paper,
        &["Signé électroniquement par Renée Lefèvre le 2026-11-21 09:14:03 UTC"],
    );
}

fn evidence(drawing: Option<Logo>) -> Evidence {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    Evidence {
        signer: "Renée Lefèvre".to_owned(),
        email: "renee.lefevre@muller.example".to_owned(),
        consent: "J'ai lu le devis et ses conditions, je les accepte : bon pour accord.".to_owned(),
        document_sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        opened_at: Some(at("2026-11-21T09:10:00Z")),
        code_sent_at: at("2026-11-21T09:13:11Z"),
        code_verified_at: at("2026-11-21T09:13:48Z"),
        signed_at: at("2026-11-21T09:14:03Z"),
        ip: "203.0.113.9".to_owned(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0".to_owned(),
        drawing,
    }
}

#[test]
fn a_typed_signature_stands_where_none_was_drawn() {
    let mut quote = cases::quote();
    quote.content.language = Language::English;
    let signed = renderer()
        .signed_quote_pdf(&quote, &BTreeSet::new(), &evidence(None), Look::default())
        .unwrap();
    keep("signed-quote-english", &signed);
    says(
        &text(&signed),
        &[
            "Evidence of signature",
            "Signature as typed",
            "neither an advanced nor a qualified",
        ],
    );
}

#[test]
fn letters_say_what_is_owed_and_how_it_was_computed() {
    for language in Language::ALL {
        let notice = FormalNotice {
            seller: cases::seller(),
            buyer: cases::buyer(),
            written_on: day("2026-11-26"),
            reference: "2026-MD-001".to_owned(),
            currency: Currency::EUR,
            language,
            invoices: vec![
                OverdueInvoice {
                    number: number("2026-F-001"),
                    issued_on: day("2026-09-01"),
                    due_on: day("2026-10-01"),
                    left: 120_000,
                    days_late: 56,
                    interest: 2_237,
                    rate: Some(percent("12.15")),
                    indemnity: true,
                },
                OverdueInvoice {
                    number: number("2026-F-002"),
                    issued_on: day("2026-09-12"),
                    due_on: day("2026-10-12"),
                    left: 59_990,
                    days_late: 45,
                    interest: 899,
                    rate: Some(percent("12.15")),
                    indemnity: true,
                },
            ],
            pay_by: day("2026-12-04"),
        };
        let pdf = renderer().formal_notice_pdf(&notice, Look::default()).unwrap();
        keep(&format!("formal-notice-{}", language.as_str()), &pdf);
        let statement = LateInterestStatement {
            seller: cases::seller(),
            buyer: cases::buyer(),
            written_on: day("2026-11-26"),
            reference: "2026-PR-001".to_owned(),
            currency: Currency::EUR,
            language,
            invoices: vec![InterestOnInvoice {
                number: number("2026-F-001"),
                issued_on: day("2026-05-01"),
                due_on: day("2026-05-31"),
                indemnity: true,
                parts: vec![
                    InterestPart {
                        from: day("2026-06-01"),
                        until: day("2026-06-30"),
                        principal: 120_000,
                        rate: percent("12.15"),
                    },
                    InterestPart {
                        from: day("2026-07-01"),
                        until: day("2026-07-30"),
                        principal: 80_000,
                        rate: percent("12.4"),
                    },
                ],
            }],
        };
        let interest = renderer().late_interest_pdf(&statement, Look::default()).unwrap();
        keep(&format!("late-interest-{}", language.as_str()), &interest);
        if language == Language::French {
            says(
                &text(&pdf),
                &[
                    "MISE EN DEMEURE",
                    "26 novembre 2026",
                    "1 799,90 €",
                    "31,36 €",
                    "80,00 €",
                    "1 911,26 €",
                    "4 décembre 2026",
                    "injonction de payer",
                    "jours ÷ 365",
                ],
            );
            says(
                &text(&interest),
                &[
                    "du 01/06/2026 au 30/06/2026",
                    "11,9836",
                    "8,1534",
                    "20,14 €",
                    "60,14 €",
                    "TVA",
                ],
            );
        }
    }
}

#[test]
fn the_same_value_gives_the_same_bytes_also_from_another_renderer_and_several_threads() {
    let invoice = cases::several_rates();
    let logo = picture();
    let look = Look {
        logo: Some(&logo),
        draft: false,
    };
    let first = renderer().factur_x(&invoice, look).unwrap();
    let other = Renderer::new().unwrap();
    thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|index| {
                let renderer = if index % 2 == 0 { renderer() } else { &other };
                let (invoice, first) = (&invoice, &first);
                scope.spawn(move || {
                    for (_, other) in cases::all().iter().skip(index).take(3) {
                        renderer.invoice_pdf(other, Look::default()).unwrap();
                        assert_eq!(renderer.factur_x(invoice, look).unwrap(), *first);
                    }
                })
            })
            .collect();
        for run in runs {
            run.join().unwrap();
        }
    });
}

#[test]
fn what_is_shown_before_differs_from_the_original_by_its_mark_only() {
    let invoice = cases::standard();
    let draft = renderer()
        .invoice_pdf(
            &invoice,
            Look {
                draft: true,
                ..Look::default()
            },
        )
        .unwrap();
    let (draft, original) = (on_one_line(&text(&draft)), on_one_line(&said(&invoice)));
    assert_eq!(draft, format!("BROUILLON {original}"));
}

/// Words of the template's language, of the file system, of other scripts, and none at all.
#[test]
fn what_people_write_is_shown_and_never_run() {
    let hostile = [
        "#panic(\"here\")",
        "#read(\"/etc/passwd\")",
        "#include \"main.typ\" #import \"@preview/cetz:0.3.0\": *",
        "*gras* _italique_ `code` $x^2$ <label> @ref // rien /* rien */ \\ \\u{41}",
        "= Titre\n- liste\n+ liste\n/ terme: texte",
        "\"]} { \"kind\": \"letter\" } ${jndi:ldap://x} {{7*7}} <script>alert(1)</script> &amp; ]]>",
        "contrôle\u{0}\u{7}\u{1b}[31m\u{8}\u{202e}abc\u{200b}\u{feff}",
        "עברית עם מספר 123 العربية 日本語 한국어 ไทย 😀👩‍👩‍👧 e\u{301}\u{302}\u{303}",
        "\u{e000}\u{fffd}\u{10ffff}",
    ];
    for layout in Layout::ALL {
        let mut rows = rows();
        for words in hostile {
            rows = rows
                .section(words)
                .comment(words)
                .line(line(words, "1", words, "1", taxed("20")).details(words));
        }
        let mut invoice = cases::invoice(
            domain::document::InvoiceKind::Standard,
            "2026-F-666",
            cases::content(rows),
        );
        invoice.content.layout = layout;
        invoice.content.subject = Some(hostile.join(" "));
        invoice.content.notes = Some(hostile.join("\n"));
        invoice.content.conditions = Some(hostile.join("\n\n"));
        invoice.content.purchase_order = Some(hostile[0].to_owned());
        invoice.seller.identity.name = hostile[3].to_owned();
        let mut buyer = cases::buyer();
        buyer.name = hostile[1].to_owned();
        buyer.contact = Some(hostile[7].to_owned());
        buyer.address.lines = hostile.iter().map(|words| (*words).to_owned()).collect();
        let invoice = cases::sold_to(invoice, buyer);
        let pdf = renderer().factur_x(&invoice, Look::default()).unwrap();
        keep(&format!("hostile-{}", layout.as_str()), &pdf);
        let paper = text(&pdf);
        says(
            &paper,
            &[
                "#panic(\"here\")",
                "#read(\"/etc/passwd\")",
                "*gras* _italique_",
                "$x^2$",
                "= Titre",
                "contrôle",
            ],
        );
        assert!(!paper.contains("root:"), "{paper}");
        assert!(!paper.contains('\u{202e}'), "{paper}");
    }
}

#[test]
fn long_texts_flow_over_pages() {
    let sentence = "Une phrase assez longue pour devoir être coupée, avec des accents et des chiffres 1 234,56 €. ";
    let mut invoice = cases::standard();
    invoice.content.conditions = Some(sentence.repeat(1_100));
    invoice.content.notes = Some("sansespace".repeat(400));
    let pdf = paper(&invoice);
    keep("long-texts", &pdf);
    assert!(page_count(&pdf) > 8);
    let mut invoice = cases::standard();
    if let Some(domain::document::Row::Line(line)) = invoice.content.rows.first_mut() {
        line.details = Some(sentence.repeat(120));
        line.name = "mot".repeat(60);
        line.unit = "unité d'œuvre de prestation intellectuelle".to_owned();
    }
    keep("long-line", &paper(&invoice));
}

/// As much as the domain lets anybody write.
#[test]
fn what_nobody_would_read_is_refused_before_it_takes_all_memory() {
    let mut invoice = cases::long(450);
    for row in &mut invoice.content.rows {
        if let domain::document::Row::Line(line) = row {
            line.details = Some("Un détail de plus. ".repeat(210));
        }
    }
    let refused = renderer().invoice_pdf(&invoice, Look::default()).unwrap_err();
    assert!(matches!(refused, DocumentError::TooLong { .. }), "{refused}");
}

#[test]
fn an_erased_buyer_is_not_made_up() {
    let mut invoice = cases::standard();
    invoice.buyer = Personal::Erased {
        person: PersonId(Uuid::nil()),
    };
    let refused = renderer().invoice_pdf(&invoice, Look::default()).unwrap_err();
    assert!(matches!(refused, DocumentError::BuyerErased(_)), "{refused}");
}

/// Where it is installed.
#[test]
fn qpdf_has_nothing_to_say() {
    if Command::new("qpdf").arg("--version").output().is_err() {
        return;
    }
    let path = folder().join("qpdf.pdf");
    let look = Look::default();
    fs::write(&path, renderer().factur_x(&cases::several_rates(), look).unwrap()).unwrap();
    let run = Command::new("qpdf").arg("--check").arg(&path).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn a_contract_and_its_amendment_say_what_was_agreed_and_who_signed() {
    let line = ContractLine {
        id: LineId(1),
        product: None,
        name: "Maintenance des installations".to_owned(),
        details: None,
        unit: "an".to_owned(),
        quantity: Quantity::ONE,
        price: price("6200"),
        interval: BillingInterval::Year,
        timing: BillingTiming::InAdvance,
        starts_on: day("2026-01-15"),
        ends_on: None,
        anchor: day("2026-01-15"),
        steps: Vec::new(),
        taxation: Taxation {
            nature: Nature::Services,
            rate_class: RateClass::Normal,
            exemption: None,
        },
    };
    let agreement = Agreement {
        seller: cases::seller(),
        buyer: cases::buyer(),
        number: number("C2026-0001"),
        terms: ContractTerms {
            kind: ContractKind::Maintenance,
            currency: Currency::EUR,
            lines: vec![line],
            starts_on: day("2026-01-15"),
            ends_on: Some(day("2027-01-14")),
            renewal: RenewalPolicy::Tacit {
                term_months: Some(12),
                max_renewals: None,
            },
            notice: NoticePeriod::months(3),
            indexation: None,
            billing_starts_on: None,
        },
        amendment: None,
        language: Language::French,
        signed_on: day("2026-01-10"),
        signers: ["Zoé Martin".to_owned(), "Ada Lovelace".to_owned()],
    };
    let pdf = renderer().agreement_pdf(&agreement, Look::default()).unwrap();
    keep("contract-fr", &pdf);
    says(
        &text(&pdf),
        &[
            "Contrat de maintenance",
            "C2026-0001",
            "Maintenance des installations",
            "200,00 € par an",
            "du 15 janvier 2026 au 14 janvier 2027",
            "tacite reconduction pour 12 mois",
            "3 mois avant",
            "Zoé Martin",
            "Ada Lovelace",
            "Signé le 10 janvier 2026",
        ],
    );
    let amendment = Amendment {
        number: 1,
        signed_on: day("2026-07-01"),
        effective_on: day("2026-06-01"),
        lines: vec![LineChange::Price {
            line: LineId(1),
            price: price("5900"),
        }],
        end: None,
        renewal: None,
        notice: None,
        document: None,
        note: None,
    };
    for (language, said) in [
        (
            Language::French,
            ["Avenant n° 1", "À compter du 1er juin 2026", "prix porté à"],
        ),
        (Language::English, ["Amendment no. 1", "From 1 June 2026 on", "price:"]),
    ] {
        let agreement = Agreement {
            amendment: Some(amendment.clone()),
            language,
            ..agreement.clone()
        };
        let pdf = renderer().agreement_pdf(&agreement, Look::default()).unwrap();
        keep(&format!("amendment-{}", language.as_str()), &pdf);
        says(&text(&pdf), &said);
    }
}

fn price(text: &str) -> LinePrice {
    LinePrice {
        unit_price: UnitPrice::new("unitPrice", text.parse().unwrap()).unwrap(),
        discount: None,
    }
}
