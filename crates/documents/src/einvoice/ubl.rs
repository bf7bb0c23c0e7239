//! UBL 2.1, as EN 16931 is bound to it. The order of the elements is the schema's.

use std::io;

use chrono::NaiveDate;
use domain::billing::VatTreatment;

use super::{
    model::{Address, EInvoice, Group, Line, PROFILE, Party, SIREN, SIRET},
    xml::Xml,
};
use crate::DocumentError;

const COMPONENTS: [(&str, &str); 2] = [
    (
        "xmlns:cac",
        "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    ),
    (
        "xmlns:cbc",
        "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    ),
];

/// How the two documents of UBL call the same things.
struct Names {
    root: &'static str,
    namespace: &'static str,
    kind: &'static str,
    line: &'static str,
    quantity: &'static str,
}

const INVOICE: Names = Names {
    root: "Invoice",
    namespace: "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    kind: "cbc:InvoiceTypeCode",
    line: "cac:InvoiceLine",
    quantity: "cbc:InvoicedQuantity",
};
const CREDIT_NOTE: Names = Names {
    root: "CreditNote",
    namespace: "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
    kind: "cbc:CreditNoteTypeCode",
    line: "cac:CreditNoteLine",
    quantity: "cbc:CreditedQuantity",
};

pub(super) fn written(invoice: &EInvoice<'_>) -> Result<String, DocumentError> {
    let names = if invoice.invoice.kind.is_credit() {
        CREDIT_NOTE
    } else {
        INVOICE
    };
    let [aggregate, basic] = COMPONENTS;
    let mut xml = Xml::new()?;
    xml.with(names.root, &[("xmlns", names.namespace), aggregate, basic], |xml| {
        head(xml, invoice, &names)?;
        xml.within("cac:AccountingSupplierParty", |xml| party(xml, &invoice.seller))?;
        xml.within("cac:AccountingCustomerParty", |xml| party(xml, &invoice.buyer))?;
        delivery(xml, invoice)?;
        payment(xml, invoice)?;
        for (treatment, amount) in &invoice.allowances {
            allowance(xml, invoice, *amount, Some(*treatment))?;
        }
        tax(xml, invoice)?;
        totals(xml, invoice)?;
        invoice
            .lines
            .iter()
            .try_for_each(|each| line(xml, invoice, each, &names))
    })?;
    Ok(xml.finished())
}

fn head(xml: &mut Xml, invoice: &EInvoice<'_>, names: &Names) -> io::Result<()> {
    let issued = invoice.invoice;
    xml.text("cbc:CustomizationID", PROFILE)?;
    xml.text("cbc:ProfileID", &invoice.process)?;
    xml.text("cbc:ID", &issued.number.text)?;
    xml.text("cbc:IssueDate", &day(issued.issued_on))?;
    // Only invoices have it, and only they have one to say.
    xml.optional("cbc:DueDate", invoice.due_on.map(day).as_deref())?;
    xml.text(names.kind, issued.kind.untdid())?;
    for (subject, text) in &invoice.notes {
        match subject {
            Some(subject) => xml.text("cbc:Note", &format!("#{subject}#{text}"))?,
            None => xml.text("cbc:Note", text)?,
        }
    }
    xml.text("cbc:DocumentCurrencyCode", invoice.currency.code())?;
    if invoice.in_euros() {
        xml.text("cbc:TaxCurrencyCode", "EUR")?;
    }
    if invoice.on_debits || invoice.delivery.period.is_some() {
        xml.within("cac:InvoicePeriod", |xml| {
            if let Some((start, end)) = invoice.delivery.period {
                xml.text("cbc:StartDate", &day(start))?;
                xml.text("cbc:EndDate", &day(end))?;
            }
            // BT-8 by UNTDID 2005: the date of the invoice (rule G1.43).
            xml.optional("cbc:DescriptionCode", invoice.on_debits.then_some("3"))
        })?;
    }
    if let Some(order) = &issued.content.purchase_order {
        xml.within("cac:OrderReference", |xml| xml.text("cbc:ID", order))?;
    }
    for preceding in &invoice.preceding {
        xml.within("cac:BillingReference", |xml| {
            xml.within("cac:InvoiceDocumentReference", |xml| {
                xml.text("cbc:ID", &preceding.number.text)?;
                xml.text("cbc:IssueDate", &day(preceding.issued_on))
            })
        })?;
    }
    Ok(())
}

fn party(xml: &mut Xml, party: &Party<'_>) -> io::Result<()> {
    xml.within("cac:Party", |xml| {
        let (scheme, endpoint) = &party.endpoint;
        xml.text_with("cbc:EndpointID", &[("schemeID", scheme)], endpoint)?;
        if let Some(siret) = party.siret {
            xml.within("cac:PartyIdentification", |xml| {
                xml.text_with("cbc:ID", &[("schemeID", SIRET)], siret.as_str())
            })?;
        }
        xml.within("cac:PostalAddress", |xml| address(xml, &party.address))?;
        for (scheme, number) in [("VAT", party.vat), ("FC", party.tax_registration)] {
            if let Some(number) = number {
                xml.within("cac:PartyTaxScheme", |xml| {
                    xml.text("cbc:CompanyID", number)?;
                    xml.within("cac:TaxScheme", |xml| xml.text("cbc:ID", scheme))
                })?;
            }
        }
        xml.within("cac:PartyLegalEntity", |xml| {
            xml.text("cbc:RegistrationName", &party.name)?;
            match party.siren {
                Some(siren) => xml.text_with("cbc:CompanyID", &[("schemeID", SIREN)], siren.as_str()),
                None => Ok(()),
            }
        })?;
        if party.contact.is_none() && party.phone.is_none() && party.email.is_none() {
            return Ok(());
        }
        xml.within("cac:Contact", |xml| {
            xml.optional("cbc:Name", party.contact)?;
            xml.optional("cbc:Telephone", party.phone)?;
            xml.optional("cbc:ElectronicMail", party.email)
        })
    })
}

fn address(xml: &mut Xml, address: &Address<'_>) -> io::Result<()> {
    let mut lines = address.lines.iter().map(String::as_str);
    xml.optional("cbc:StreetName", lines.next())?;
    xml.optional("cbc:AdditionalStreetName", lines.next())?;
    xml.text("cbc:CityName", address.city)?;
    xml.optional("cbc:PostalZone", address.postcode)?;
    if let Some(third) = lines.next() {
        xml.within("cac:AddressLine", |xml| xml.text("cbc:Line", third))?;
    }
    xml.within("cac:Country", |xml| xml.text("cbc:IdentificationCode", address.country))
}

fn delivery(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    let delivery = &invoice.delivery;
    if delivery.on.is_none() && delivery.to.is_none() {
        return Ok(());
    }
    xml.within("cac:Delivery", |xml| {
        xml.optional("cbc:ActualDeliveryDate", delivery.on.map(day).as_deref())?;
        match &delivery.to {
            Some(to) => xml.within("cac:DeliveryLocation", |xml| {
                xml.within("cac:Address", |xml| address(xml, to))
            }),
            None => Ok(()),
        }
    })
}

fn payment(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    if let Some((iban, bic)) = invoice.account {
        xml.within("cac:PaymentMeans", |xml| {
            xml.text("cbc:PaymentMeansCode", "30")?;
            xml.text("cbc:PaymentID", &invoice.invoice.number.text)?;
            xml.within("cac:PayeeFinancialAccount", |xml| {
                xml.text("cbc:ID", iban)?;
                match bic {
                    Some(bic) => xml.within("cac:FinancialInstitutionBranch", |xml| xml.text("cbc:ID", bic)),
                    None => Ok(()),
                }
            })
        })?;
    }
    xml.within("cac:PaymentTerms", |xml| xml.text("cbc:Note", &invoice.terms))
}

/// Off the document where a treatment says off what, else off a line.
fn allowance(xml: &mut Xml, invoice: &EInvoice<'_>, amount: i64, of: Option<VatTreatment>) -> io::Result<()> {
    xml.within("cac:AllowanceCharge", |xml| {
        xml.text("cbc:ChargeIndicator", if amount < 0 { "true" } else { "false" })?;
        xml.text("cbc:AllowanceChargeReason", invoice.reason)?;
        money(xml, invoice, "cbc:Amount", amount.abs())?;
        match of {
            Some(treatment) => xml.within("cac:TaxCategory", |xml| category(xml, treatment, None)),
            None => Ok(()),
        }
    })
}

fn category(xml: &mut Xml, treatment: VatTreatment, exemption: Option<&(String, &'static str)>) -> io::Result<()> {
    xml.text("cbc:ID", treatment.category.untdid())?;
    xml.optional("cbc:Percent", EInvoice::rate(treatment).as_deref())?;
    if let Some((text, code)) = exemption {
        xml.text("cbc:TaxExemptionReasonCode", code)?;
        xml.text("cbc:TaxExemptionReason", text)?;
    }
    xml.within("cac:TaxScheme", |xml| xml.text("cbc:ID", "VAT"))
}

fn tax(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    xml.within("cac:TaxTotal", |xml| {
        money(xml, invoice, "cbc:TaxAmount", invoice.invoice.breakdown.vat())?;
        invoice.groups.iter().try_for_each(|each| group(xml, invoice, each))
    })?;
    if !invoice.in_euros() {
        return Ok(());
    }
    xml.within("cac:TaxTotal", |xml| {
        xml.text_with("cbc:TaxAmount", &[("currencyID", "EUR")], "0.00")
    })
}

fn group(xml: &mut Xml, invoice: &EInvoice<'_>, group: &Group) -> io::Result<()> {
    xml.within("cac:TaxSubtotal", |xml| {
        money(xml, invoice, "cbc:TaxableAmount", group.base)?;
        money(xml, invoice, "cbc:TaxAmount", group.vat)?;
        xml.within("cac:TaxCategory", |xml| {
            category(xml, group.treatment, group.exemption.as_ref())
        })
    })
}

fn totals(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    let issued = invoice.invoice;
    xml.within("cac:LegalMonetaryTotal", |xml| {
        money(xml, invoice, "cbc:LineExtensionAmount", invoice.sum_of_lines())?;
        money(xml, invoice, "cbc:TaxExclusiveAmount", issued.breakdown.net())?;
        money(xml, invoice, "cbc:TaxInclusiveAmount", issued.breakdown.gross())?;
        if !invoice.allowances.is_empty() {
            money(xml, invoice, "cbc:AllowanceTotalAmount", invoice.sum_of_allowances())?;
        }
        if !issued.deductions.is_empty() {
            money(xml, invoice, "cbc:PrepaidAmount", issued.deducted())?;
        }
        money(xml, invoice, "cbc:PayableAmount", issued.due())
    })
}

fn line(xml: &mut Xml, invoice: &EInvoice<'_>, each: &Line<'_>, names: &Names) -> io::Result<()> {
    xml.within(names.line, |xml| {
        xml.text("cbc:ID", &each.id)?;
        xml.text_with(names.quantity, &[("unitCode", each.unit)], &each.quantity.to_string())?;
        money(xml, invoice, "cbc:LineExtensionAmount", each.net)?;
        if each.allowance != 0 {
            allowance(xml, invoice, each.allowance, None)?;
        }
        xml.within("cac:Item", |xml| {
            xml.optional("cbc:Description", each.sold.details.as_deref())?;
            xml.text("cbc:Name", &each.sold.name)?;
            xml.within("cac:ClassifiedTaxCategory", |xml| {
                category(xml, each.sold.treatment, None)
            })
        })?;
        xml.within("cac:Price", |xml| {
            let currency = [("currencyID", invoice.currency.code())];
            xml.text_with("cbc:PriceAmount", &currency, &each.price.to_string())?;
            each.price_for.map_or(Ok(()), |quantity| {
                xml.text_with("cbc:BaseQuantity", &[("unitCode", each.unit)], &quantity.to_string())
            })
        })
    })
}

fn money(xml: &mut Xml, invoice: &EInvoice<'_>, name: &str, minor_units: i64) -> io::Result<()> {
    xml.text_with(
        name,
        &[("currencyID", invoice.currency.code())],
        &invoice.amount(minor_units),
    )
}

fn day(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}
