//! UN/CEFACT Cross Industry Invoice D22B, as the Factur-X profile EN 16931 has it. The order of the elements is the
//! schema's.

use std::io;

use chrono::NaiveDate;
use domain::billing::VatTreatment;

use super::{
    model::{Address, EInvoice, Group, Line, PROFILE, Party, SIREN, SIRET},
    xml::Xml,
};
use crate::DocumentError;

const NAMESPACES: [(&str, &str); 4] = [
    (
        "xmlns:rsm",
        "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    ),
    (
        "xmlns:ram",
        "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    ),
    (
        "xmlns:udt",
        "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    ),
    ("xmlns:qdt", "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"),
];

pub(super) fn written(invoice: &EInvoice<'_>) -> Result<String, DocumentError> {
    let mut xml = Xml::new()?;
    xml.with("rsm:CrossIndustryInvoice", &NAMESPACES, |xml| {
        context(xml, invoice)?;
        document(xml, invoice)?;
        xml.within("rsm:SupplyChainTradeTransaction", |xml| {
            invoice.lines.iter().try_for_each(|each| line(xml, invoice, each))?;
            agreement(xml, invoice)?;
            delivery(xml, invoice)?;
            settlement(xml, invoice)
        })
    })?;
    Ok(xml.finished())
}

fn context(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    xml.within("rsm:ExchangedDocumentContext", |xml| {
        xml.within("ram:BusinessProcessSpecifiedDocumentContextParameter", |xml| {
            xml.text("ram:ID", &invoice.process)
        })?;
        xml.within("ram:GuidelineSpecifiedDocumentContextParameter", |xml| {
            xml.text("ram:ID", PROFILE)
        })
    })
}

fn document(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    xml.within("rsm:ExchangedDocument", |xml| {
        xml.text("ram:ID", &invoice.invoice.number.text)?;
        xml.text("ram:TypeCode", invoice.invoice.kind.untdid())?;
        date(xml, "ram:IssueDateTime", invoice.invoice.issued_on)?;
        for (subject, text) in &invoice.notes {
            xml.within("ram:IncludedNote", |xml| {
                xml.text("ram:Content", text)?;
                xml.optional("ram:SubjectCode", *subject)
            })?;
        }
        Ok(())
    })
}

fn line(xml: &mut Xml, invoice: &EInvoice<'_>, each: &Line<'_>) -> io::Result<()> {
    xml.within("ram:IncludedSupplyChainTradeLineItem", |xml| {
        xml.within("ram:AssociatedDocumentLineDocument", |xml| {
            xml.text("ram:LineID", &each.id)
        })?;
        xml.within("ram:SpecifiedTradeProduct", |xml| {
            xml.text("ram:Name", &each.sold.name)?;
            xml.optional("ram:Description", each.sold.details.as_deref())
        })?;
        xml.within("ram:SpecifiedLineTradeAgreement", |xml| {
            xml.within("ram:NetPriceProductTradePrice", |xml| {
                xml.text("ram:ChargeAmount", &each.price.to_string())?;
                each.price_for.map_or(Ok(()), |quantity| {
                    xml.text_with("ram:BasisQuantity", &[("unitCode", each.unit)], &quantity.to_string())
                })
            })
        })?;
        xml.within("ram:SpecifiedLineTradeDelivery", |xml| {
            xml.text_with(
                "ram:BilledQuantity",
                &[("unitCode", each.unit)],
                &each.quantity.to_string(),
            )
        })?;
        xml.within("ram:SpecifiedLineTradeSettlement", |xml| {
            xml.within("ram:ApplicableTradeTax", |xml| category(xml, each.sold.treatment))?;
            if each.allowance != 0 {
                xml.within("ram:SpecifiedTradeAllowanceCharge", |xml| {
                    indicator(xml, each.allowance < 0)?;
                    xml.text("ram:ActualAmount", &invoice.amount(each.allowance.abs()))?;
                    xml.text("ram:Reason", invoice.reason)
                })?;
            }
            xml.within("ram:SpecifiedTradeSettlementLineMonetarySummation", |xml| {
                xml.text("ram:LineTotalAmount", &invoice.amount(each.net))
            })
        })
    })
}

fn category(xml: &mut Xml, treatment: VatTreatment) -> io::Result<()> {
    xml.text("ram:TypeCode", "VAT")?;
    xml.text("ram:CategoryCode", treatment.category.untdid())?;
    xml.optional("ram:RateApplicablePercent", EInvoice::rate(treatment).as_deref())
}

fn indicator(xml: &mut Xml, charge: bool) -> io::Result<()> {
    xml.within("ram:ChargeIndicator", |xml| {
        xml.text("udt:Indicator", if charge { "true" } else { "false" })
    })
}

fn agreement(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    xml.within("ram:ApplicableHeaderTradeAgreement", |xml| {
        xml.within("ram:SellerTradeParty", |xml| party(xml, &invoice.seller))?;
        xml.within("ram:BuyerTradeParty", |xml| party(xml, &invoice.buyer))?;
        match &invoice.invoice.content.purchase_order {
            Some(order) => xml.within("ram:BuyerOrderReferencedDocument", |xml| {
                xml.text("ram:IssuerAssignedID", order)
            }),
            None => Ok(()),
        }
    })
}

fn party(xml: &mut Xml, party: &Party<'_>) -> io::Result<()> {
    if let Some(siret) = party.siret {
        xml.text_with("ram:GlobalID", &[("schemeID", SIRET)], siret.as_str())?;
    }
    xml.text("ram:Name", &party.name)?;
    if let Some(siren) = party.siren {
        xml.within("ram:SpecifiedLegalOrganization", |xml| {
            xml.text_with("ram:ID", &[("schemeID", SIREN)], siren.as_str())
        })?;
    }
    if party.contact.is_some() || party.phone.is_some() || party.email.is_some() {
        xml.within("ram:DefinedTradeContact", |xml| {
            xml.optional("ram:PersonName", party.contact)?;
            if let Some(phone) = party.phone {
                xml.within("ram:TelephoneUniversalCommunication", |xml| {
                    xml.text("ram:CompleteNumber", phone)
                })?;
            }
            match party.email {
                Some(email) => xml.within("ram:EmailURIUniversalCommunication", |xml| xml.text("ram:URIID", email)),
                None => Ok(()),
            }
        })?;
    }
    address(xml, &party.address)?;
    xml.within("ram:URIUniversalCommunication", |xml| {
        let (scheme, endpoint) = &party.endpoint;
        xml.text_with("ram:URIID", &[("schemeID", scheme)], endpoint)
    })?;
    let registrations = [("VA", party.vat), ("FC", party.tax_registration)];
    registrations.into_iter().try_for_each(|(scheme, number)| match number {
        Some(number) => xml.within("ram:SpecifiedTaxRegistration", |xml| {
            xml.text_with("ram:ID", &[("schemeID", scheme)], number)
        }),
        None => Ok(()),
    })
}

fn address(xml: &mut Xml, address: &Address<'_>) -> io::Result<()> {
    xml.within("ram:PostalTradeAddress", |xml| {
        xml.optional("ram:PostcodeCode", address.postcode)?;
        for (name, line) in ["ram:LineOne", "ram:LineTwo", "ram:LineThree"]
            .into_iter()
            .zip(&address.lines)
        {
            xml.text(name, line)?;
        }
        xml.text("ram:CityName", address.city)?;
        xml.text("ram:CountryID", address.country)
    })
}

fn delivery(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    xml.within("ram:ApplicableHeaderTradeDelivery", |xml| {
        if let Some(to) = &invoice.delivery.to {
            xml.within("ram:ShipToTradeParty", |xml| address(xml, to))?;
        }
        match invoice.delivery.on {
            Some(day) => xml.within("ram:ActualDeliverySupplyChainEvent", |xml| {
                date(xml, "ram:OccurrenceDateTime", day)
            }),
            None => Ok(()),
        }
    })
}

fn settlement(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    xml.within("ram:ApplicableHeaderTradeSettlement", |xml| {
        xml.text("ram:PaymentReference", &invoice.invoice.number.text)?;
        if invoice.in_euros() {
            xml.text("ram:TaxCurrencyCode", "EUR")?;
        }
        xml.text("ram:InvoiceCurrencyCode", invoice.currency.code())?;
        if let Some((iban, bic)) = invoice.account {
            xml.within("ram:SpecifiedTradeSettlementPaymentMeans", |xml| {
                xml.text("ram:TypeCode", "30")?;
                xml.within("ram:PayeePartyCreditorFinancialAccount", |xml| {
                    xml.text("ram:IBANID", iban)
                })?;
                match bic {
                    Some(bic) => xml.within("ram:PayeeSpecifiedCreditorFinancialInstitution", |xml| {
                        xml.text("ram:BICID", bic)
                    }),
                    None => Ok(()),
                }
            })?;
        }
        invoice.groups.iter().try_for_each(|each| group(xml, invoice, each))?;
        if let Some((start, end)) = invoice.delivery.period {
            xml.within("ram:BillingSpecifiedPeriod", |xml| {
                date(xml, "ram:StartDateTime", start)?;
                date(xml, "ram:EndDateTime", end)
            })?;
        }
        for (treatment, amount) in &invoice.allowances {
            xml.within("ram:SpecifiedTradeAllowanceCharge", |xml| {
                indicator(xml, false)?;
                xml.text("ram:ActualAmount", &invoice.amount(*amount))?;
                xml.text("ram:Reason", invoice.reason)?;
                xml.within("ram:CategoryTradeTax", |xml| category(xml, *treatment))
            })?;
        }
        xml.within("ram:SpecifiedTradePaymentTerms", |xml| {
            xml.text("ram:Description", &invoice.terms)?;
            invoice
                .due_on
                .map_or(Ok(()), |day| date(xml, "ram:DueDateDateTime", day))
        })?;
        summation(xml, invoice)?;
        for preceding in &invoice.preceding {
            xml.within("ram:InvoiceReferencedDocument", |xml| {
                xml.text("ram:IssuerAssignedID", &preceding.number.text)?;
                xml.within("ram:FormattedIssueDateTime", |xml| {
                    xml.text_with("qdt:DateTimeString", &[("format", "102")], &digits(preceding.issued_on))
                })
            })?;
        }
        Ok(())
    })
}

fn group(xml: &mut Xml, invoice: &EInvoice<'_>, group: &Group) -> io::Result<()> {
    xml.within("ram:ApplicableTradeTax", |xml| {
        xml.text("ram:CalculatedAmount", &invoice.amount(group.vat))?;
        xml.text("ram:TypeCode", "VAT")?;
        xml.optional(
            "ram:ExemptionReason",
            group.exemption.as_ref().map(|(text, _)| text.as_str()),
        )?;
        xml.text("ram:BasisAmount", &invoice.amount(group.base))?;
        xml.text("ram:CategoryCode", group.treatment.category.untdid())?;
        xml.optional(
            "ram:ExemptionReasonCode",
            group.exemption.as_ref().map(|(_, code)| *code),
        )?;
        // BT-8 by UNTDID 2475: the date of the invoice (rule G1.43).
        xml.optional("ram:DueDateTypeCode", invoice.on_debits.then_some("5"))?;
        xml.optional("ram:RateApplicablePercent", EInvoice::rate(group.treatment).as_deref())
    })
}

fn summation(xml: &mut Xml, invoice: &EInvoice<'_>) -> io::Result<()> {
    let breakdown = &invoice.invoice.breakdown;
    let amount = |minor_units| invoice.amount(minor_units);
    xml.within("ram:SpecifiedTradeSettlementHeaderMonetarySummation", |xml| {
        xml.text("ram:LineTotalAmount", &amount(invoice.sum_of_lines()))?;
        if !invoice.allowances.is_empty() {
            xml.text("ram:AllowanceTotalAmount", &amount(invoice.sum_of_allowances()))?;
        }
        xml.text("ram:TaxBasisTotalAmount", &amount(breakdown.net()))?;
        xml.text_with(
            "ram:TaxTotalAmount",
            &[("currencyID", invoice.currency.code())],
            &amount(breakdown.vat()),
        )?;
        if invoice.in_euros() {
            xml.text_with("ram:TaxTotalAmount", &[("currencyID", "EUR")], "0.00")?;
        }
        xml.text("ram:GrandTotalAmount", &amount(breakdown.gross()))?;
        if !invoice.invoice.deductions.is_empty() {
            xml.text("ram:TotalPrepaidAmount", &amount(invoice.invoice.deducted()))?;
        }
        xml.text("ram:DuePayableAmount", &amount(invoice.invoice.due()))
    })
}

fn date(xml: &mut Xml, name: &str, day: NaiveDate) -> io::Result<()> {
    xml.within(name, |xml| {
        xml.text_with("udt:DateTimeString", &[("format", "102")], &digits(day))
    })
}

/// UNTDID 2379, 102.
fn digits(day: NaiveDate) -> String {
    day.format("%Y%m%d").to_string()
}
