//! Letters about invoices that are to be paid: one for everything that a customer is told on a day.

use chrono::{Datelike, NaiveDate};
use domain::{
    InvoiceId, Language, OrganizationId,
    delivery::{Enclosure, QueueDelivery},
    invoice::ReminderStep,
};

use crate::{
    letter::{self, LetterError, To},
    moment::day,
    template::Template,
};

/// What a customer is told. Amounts as people write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DunningLetter {
    pub customer: OrganizationId,
    /// Which tone it takes.
    pub step: ReminderStep,
    pub seller: String,
    /// What it is about, in the order of the invoices.
    pub invoices: Vec<DunnedInvoice>,
    /// What is left to pay of those that a formal notice or a firm word is about, else of all.
    pub total: String,
    /// Interest and indemnity that a formal notice asks for.
    pub charges: Option<String>,
    /// The last day for paying, of a formal notice.
    pub pay_by: Option<NaiveDate>,
    /// Where to pay to.
    pub account: Option<String>,
}

/// An invoice as such a letter names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DunnedInvoice {
    pub number: String,
    pub issued_on: NaiveDate,
    pub due_on: NaiveDate,
    pub left: String,
    /// Whole days since the due date; none before and on it.
    pub days_late: i64,
}

impl DunnedInvoice {
    fn line(&self, language: Language) -> String {
        let (number, left) = (&self.number, &self.left);
        let (issued, due) = (date(self.issued_on, language), date(self.due_on, language));
        let late = self.days_late;
        if late <= 0 {
            return language.choose(
                format!("- invoice {number} of {issued}: {left}, to be paid by {due}"),
                format!("- facture {number} du {issued} : {left}, à régler au plus tard le {due}"),
            );
        }
        let days = if late == 1 { ("day", "jour") } else { ("days", "jours") };
        language.choose(
            format!(
                "- invoice {number} of {issued}: {left}, due on {due}, {late} {} late",
                days.0
            ),
            format!(
                "- facture {number} du {issued} : {left}, échue le {due}, {late} {} de retard",
                days.1
            ),
        )
    }
}

/// `05/01/2027`; in English as ISO 8601 has it, because readers of English read both orders.
fn date(date: NaiveDate, language: Language) -> String {
    match language {
        Language::French => format!("{:02}/{:02}/{}", date.day(), date.month(), date.year()),
        Language::English => date.to_string(),
    }
}

impl DunningLetter {
    const fn template(&self) -> &'static str {
        match self.step {
            ReminderStep::Friendly => "reminder-friendly",
            ReminderStep::Firm => "reminder-firm",
            ReminderStep::FormalNotice => "formal-notice",
        }
    }

    fn variables(&self, language: Language) -> Vec<(&'static str, String)> {
        let lines = |late: Option<bool>| {
            let which = self.invoices.iter();
            let which = which.filter(|invoice| late.is_none_or(|late| (invoice.days_late > 0) == late));
            let lines: Vec<String> = which.map(|invoice| invoice.line(language)).collect();
            lines.join("\n")
        };
        let mut variables = vec![("seller", self.seller.clone()), ("total", self.total.clone())];
        variables.push(("account", self.account.clone().unwrap_or_default()));
        match self.step {
            ReminderStep::Friendly => variables.push(("invoices", lines(None))),
            ReminderStep::Firm => {
                variables.push(("invoices", lines(Some(true))));
                variables.push(("upcoming", lines(Some(false))));
            }
            ReminderStep::FormalNotice => {
                variables.push(("invoices", lines(None)));
                variables.push(("charges", self.charges.clone().unwrap_or_default()));
                let pay_by = self.pay_by.map(|pay_by| day(pay_by, language));
                variables.push(("payBy", pay_by.unwrap_or_default()));
            }
        }
        variables
    }

    /// What the customer reads: plain text, whether a letter carries it or not.
    pub fn text(&self, language: Language, name: Option<&str>) -> Result<String, LetterError> {
        let variables = self.variables(language).into_iter();
        let variables = variables
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name.to_owned(), text));
        let template = Template::named(self.template())?;
        Ok(template.render(language, name, &variables.collect(), None, None)?.text)
    }

    /// The letter itself; a formal notice encloses its paper.
    pub fn to(&self, to: To, paper: Option<Enclosure>) -> Result<QueueDelivery, LetterError> {
        let variables = self.variables(to.language);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let written = letter::composed(self.template(), to, &variables, None, None)?;
        let written = match paper {
            Some(paper) => letter::enclosing(written, paper),
            None => written,
        };
        Ok(letter::about(written, "organization", self.customer.0))
    }
}

/// What being late costs, as its letter speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterestLetter {
    pub invoice: InvoiceId,
    pub number: String,
    pub seller: String,
    /// Interest and indemnity, as people write it.
    pub total: String,
    /// The last day that interest is asked for.
    pub until: NaiveDate,
    /// Where to pay to.
    pub account: Option<String>,
}

/// Sends a statement of late interest.
pub fn late_interest(to: To, claim: &InterestLetter, paper: Enclosure) -> Result<QueueDelivery, LetterError> {
    let until = day(claim.until, to.language);
    let variables = [
        ("seller", claim.seller.as_str()),
        ("number", &claim.number),
        ("total", &claim.total),
        ("until", &until),
        ("account", claim.account.as_deref().unwrap_or_default()),
    ];
    let letter = letter::composed("late-interest", to, &variables, None, None)?;
    Ok(letter::about(
        letter::enclosing(letter, paper),
        "invoice",
        claim.invoice.0,
    ))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Paris;
    use domain::{PersonId, delivery::Content};
    use uuid::Uuid;

    use super::*;

    fn letter(step: ReminderStep) -> DunningLetter {
        let invoice = |number: &str, due: &str, days_late| DunnedInvoice {
            number: number.to_owned(),
            issued_on: "2027-01-05".parse().unwrap(),
            due_on: due.parse().unwrap(),
            left: "120,00 €".to_owned(),
            days_late,
        };
        DunningLetter {
            customer: OrganizationId(Uuid::nil()),
            step,
            seller: "Solaire de Lorraine".to_owned(),
            invoices: vec![invoice("F-1", "2027-02-04", 1), invoice("F-2", "2027-02-08", -3)],
            total: "240,00 €".to_owned(),
            charges: Some("52,15 €".to_owned()),
            pay_by: "2027-03-14".parse().ok(),
            account: None,
        }
    }

    #[test]
    fn a_firm_letter_tells_apart_what_is_late_and_what_is_to_come() {
        let text = letter(ReminderStep::Firm).text(Language::French, Some("Zoé")).unwrap();
        let late = text.find("- facture F-1 du 05/01/2027 : 120,00 €, échue le 04/02/2027, 1 jour de retard");
        let to_come =
            text.find("À échoir :\n\n- facture F-2 du 05/01/2027 : 120,00 €, à régler au plus tard le 08/02/2027");
        assert!(late.is_some() && late < to_come, "{text}");
    }

    #[test]
    fn a_formal_notice_says_that_the_mail_is_a_copy() {
        let letter = letter(ReminderStep::FormalNotice);
        let text = letter.text(Language::French, None).unwrap();
        for words in [
            "au plus tard le dimanche 14 mars 2027",
            "qu'une copie",
            "recommandé",
            "52,15 €",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let to = To {
            person: PersonId(Uuid::nil()),
            name: None,
            email: "zoe@acme.example".to_owned(),
            language: Language::English,
            time_zone: Paris,
        };
        let Content::Letter(written) = letter.to(to, None).unwrap().content;
        assert_eq!(written.template, "formal-notice");
    }
}
