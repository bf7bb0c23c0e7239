//! The files of invoices by the rules that others wrote (`scripts/invoice-checker`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use documents::{DocumentError, Look, invoice_cii, invoice_ubl};
use domain::{
    Currency,
    billing::{Discount, PriceBasis, VatReason, VatTreatment},
    document::{InvoiceKind, IssuedInvoice},
};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use crate::{
    cases::{self, content, line, percent, rows, taxed},
    papers,
};

/// What the checker says about the files of a folder, one object for each.
fn checked(folder: &Path) -> Vec<Value> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scripts/invoice-checker");
    let run = Command::new(script)
        .arg(folder)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let lines = String::from_utf8(run.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn emptied(name: &str) -> PathBuf {
    let folder = papers::folder().join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn every_case_passes_in_both_syntaxes_and_inside_its_paper() {
    let folder = emptied("files");
    let mut cases: Vec<(String, IssuedInvoice)> = cases::all()
        .into_iter()
        .map(|(name, invoice)| (name.to_owned(), invoice))
        .collect();
    let mut random = Random(20_261_126);
    cases.extend((0..20).map(|index| (format!("random-{index}"), random.invoice())));
    for (name, invoice) in &cases {
        fs::write(folder.join(format!("{name}.cii.xml")), invoice_cii(invoice).unwrap()).unwrap();
        fs::write(folder.join(format!("{name}.ubl.xml")), invoice_ubl(invoice).unwrap()).unwrap();
        let pdf = papers::renderer().factur_x(invoice, Look::default()).unwrap();
        fs::write(folder.join(format!("{name}.pdf")), pdf).unwrap();
    }
    let reports = checked(&folder);
    assert_eq!(reports.len(), 3 * cases.len());
    let failed: Vec<_> = reports
        .iter()
        .filter(|report| report["failed"] != Value::Array(Vec::new()))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let rules = |report: &&Value| report["file"].as_str().unwrap().contains("l.xml");
    assert!(
        reports
            .iter()
            .filter(rules)
            .all(|report| report["fired"].as_i64() > Some(50)),
        "{reports:#?}"
    );
}

/// A checker that passes everything would be worth nothing.
#[test]
fn the_checker_finds_what_is_wrong() {
    let folder = emptied("wrong");
    let cii = invoice_cii(&cases::standard()).unwrap();
    let wrong = cii
        .replace("1206.11", "1206.12")
        .replace("2026-F-001", "2026 F 001")
        .replace(">PMD<", ">PMX<");
    assert_ne!(cii, wrong);
    fs::write(folder.join("wrong.cii.xml"), &wrong).unwrap();
    let ubl = invoice_ubl(&cases::credit_note()).unwrap();
    let start = ubl.find("<cac:BillingReference>").unwrap();
    let end = ubl.find("</cac:BillingReference>").unwrap() + "</cac:BillingReference>".len();
    fs::write(folder.join("wrong.ubl.xml"), [&ubl[..start], &ubl[end..]].concat()).unwrap();
    let pdf = papers::renderer()
        .factur_x(&cases::standard(), Look::default())
        .unwrap();
    fs::write(folder.join("wrong.pdf"), pdf).unwrap();
    let found: Vec<String> = checked(&folder)
        .iter()
        .flat_map(|report| report["failed"].as_array().unwrap().clone())
        .map(|failed| failed[0].as_str().unwrap().to_owned())
        .collect();
    for rule in ["BR-CO-15", "BR-FR-02", "BR-FR-05_BT-22_PMD", "BR-FR-CO-05_BT-3", "PDF"] {
        assert!(
            found.iter().any(|found| found.starts_with(rule)),
            "{rule} was not found: {found:?}"
        );
    }
}

#[test]
fn prices_that_include_tax_add_up_without_it() {
    let cii = invoice_cii(&cases::gross_prices()).unwrap();
    let invoice = cases::gross_prices();
    let text = |amount: i64| format!("{}.{:02}", amount / 100, amount % 100);
    for total in [
        format!("<ram:GrandTotalAmount>{}<", text(invoice.breakdown.gross())),
        format!("<ram:TaxBasisTotalAmount>{}<", text(invoice.breakdown.net())),
    ] {
        assert!(cii.contains(&total), "{total}: {cii}");
    }
}

#[test]
fn what_the_standard_has_no_form_for_is_refused_and_not_bent() {
    let outside = VatTreatment::untaxed(VatReason::ServicesOutsideUnion);
    let mixed =
        rows()
            .line(line("Conseil", "1", "jour", "10", outside))
            .line(line("Livre", "1", "pièce", "10", taxed("20")));
    let mixed = cases::invoice(InvoiceKind::Standard, "2026-F-020", content(mixed));
    assert!(matches!(
        invoice_cii(&mixed),
        Err(DocumentError::OutOfScopeBesideOthers(_))
    ));
    papers::renderer().invoice_pdf(&mixed, Look::default()).unwrap();

    let mut dollars = cases::standard();
    dollars.content.currency = Currency::parse("currency", "USD").unwrap();
    assert!(matches!(
        invoice_ubl(&dollars),
        Err(DocumentError::CurrencyNotInEn16931 { .. })
    ));

    let mut torn = cases::standard();
    torn.breakdown = cases::overseas().breakdown;
    assert!(matches!(invoice_cii(&torn), Err(DocumentError::Inconsistent { .. })));
}

/// Sold in dollars and not taxed: the tax in euros is nothing too, and said.
#[test]
fn an_export_in_another_currency_says_its_tax_in_euros() {
    let folder = emptied("dollars");
    let mut export = cases::export();
    export.content.currency = Currency::parse("currency", "USD").unwrap();
    fs::write(folder.join("dollars.cii.xml"), invoice_cii(&export).unwrap()).unwrap();
    fs::write(folder.join("dollars.ubl.xml"), invoice_ubl(&export).unwrap()).unwrap();
    let reports = checked(&folder);
    assert!(
        reports
            .iter()
            .all(|report| report["failed"] == Value::Array(Vec::new())),
        "{reports:#?}"
    );
}

/// BT-131 is the quantity times the price, rounded, less what is off the line, whatever the prices include. The schematrons do
/// not look.
#[test]
fn every_line_is_its_quantity_times_its_price() {
    let mut random = Random(7);
    for _ in 0..300 {
        let cii = invoice_cii(&random.invoice()).unwrap();
        let mut lines = 0;
        for line in cii.split("<ram:IncludedSupplyChainTradeLineItem>").skip(1) {
            let line = line.split("</ram:IncludedSupplyChainTradeLineItem>").next().unwrap();
            let number = |name: &str| number(line, name);
            let quantity = number("ram:BilledQuantity").unwrap() / number("ram:BasisQuantity").unwrap_or(Decimal::ONE);
            let price = number("ram:ChargeAmount").unwrap();
            let off = number("ram:ActualAmount").unwrap_or_default();
            let off = if line.contains("<udt:Indicator>true<") {
                -off
            } else {
                off
            };
            let amount = (quantity * price).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero) - off;
            assert_eq!(Some(amount), number("ram:LineTotalAmount"), "{line}");
            assert!(price >= Decimal::ZERO, "{line}");
            lines += 1;
        }
        assert!(lines > 0);
    }
}

/// What stands in the first element of this name.
fn number(xml: &str, name: &str) -> Option<Decimal> {
    let inside = &xml[xml.find(&format!("<{name}"))?..];
    let text = inside.split_once('>')?.1.split_once('<')?.0;
    text.parse().ok()
}

/// Invoices that nobody thought of, the same in every run (the multiplier is Knuth's).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn decimal(&mut self, bound: u64, decimals: u32) -> String {
        let digits = i64::try_from(self.below(bound) + 1).unwrap();
        Decimal::new(digits, decimals).to_string()
    }

    fn invoice(&mut self) -> IssuedInvoice {
        let rates = ["20", "10", "5.5", "2.1", "8.5"];
        let mut rows = rows();
        for index in 0..=self.below(9) {
            let rate = taxed(rates[usize::try_from(self.below(5)).unwrap()]);
            let (quantity, price) = (self.decimal(2_000_000, 3), self.decimal(90_000_000, 6));
            let (unit, name) = (
                ["jour", "m²", "truc"][usize::try_from(self.below(3)).unwrap()],
                format!("Ligne {index}"),
            );
            let mut line = line(&name, &quantity, unit, &price, rate);
            if self.below(3) == 0 {
                line = line.less(Discount::Percent(percent(&self.decimal(9_000, 2))));
            }
            if self.below(2) == 0 {
                line = line.goods();
            }
            rows = rows.line(line);
        }
        let mut content = content(rows);
        if self.below(2) == 0 {
            content.price_basis = PriceBasis::Gross;
        }
        if self.below(2) == 0 {
            content.discount = Some(Discount::Percent(percent(&self.decimal(4_000, 2))));
        }
        cases::invoice(InvoiceKind::Standard, "2026-F-500", content)
    }
}
