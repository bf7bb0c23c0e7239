//! Numbers and dates as the two languages write them.

use chrono::{Datelike, NaiveDate};
use domain::{
    Currency, Language,
    billing::{Percentage, Quantity, UnitPrice},
};
use rust_decimal::Decimal;

/// Keeps a number together and apart (narrow no-break space).
const NARROW: char = '\u{202F}';
const NO_BREAK: char = '\u{00A0}';

/// Writes numbers of one document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    pub(crate) language: Language,
    pub(crate) currency: Currency,
}

impl Format {
    /// An amount in minor units with its currency: `1 234,56 €`, `€1,234.56`.
    pub(crate) fn money(self, minor_units: i64) -> String {
        let (sign, digits) = (
            if minor_units < 0 { "−" } else { "" },
            self.number(minor_units.saturating_abs()),
        );
        let symbol = symbol(self.currency);
        match (self.language, symbol) {
            (Language::French, Some(symbol)) => format!("{sign}{digits}{NO_BREAK}{symbol}"),
            (Language::English, Some(symbol)) => format!("{sign}{symbol}{digits}"),
            (_, None) => format!("{sign}{digits}{NO_BREAK}{}", self.currency.code()),
        }
    }

    /// As [`Format::money`], without decimals where there are none to show: a company's capital.
    pub(crate) fn round_money(self, minor_units: i64) -> String {
        let unit = 10_i64.pow(self.currency.decimals());
        if minor_units % unit != 0 {
            return self.money(minor_units);
        }
        let digits = grouped(self.language, &(minor_units / unit).to_string(), false);
        match (self.language, symbol(self.currency)) {
            (Language::English, Some(symbol)) => format!("{symbol}{digits}"),
            (_, symbol) => format!("{digits}{NO_BREAK}{}", symbol.unwrap_or(self.currency.code())),
        }
    }

    /// An amount in minor units without its currency.
    pub(crate) fn number(self, minor_units: i64) -> String {
        let decimals = self.currency.decimals();
        self.decimal(Decimal::new(minor_units, decimals), decimals)
    }

    /// An exact amount in minor units, two decimals further: a part of what is rounded only as a whole.
    pub(crate) fn fine(self, minor_units: Decimal) -> String {
        let decimals = self.currency.decimals();
        let amount = minor_units / Decimal::from(10_i64.pow(decimals));
        self.decimal(amount.round_dp(decimals + 2), decimals + 2)
    }

    /// A price, with as many decimals as it needs and no fewer than its currency has.
    pub(crate) fn price(self, price: UnitPrice) -> String {
        self.decimal(price.as_decimal().normalize(), self.currency.decimals())
    }

    pub(crate) fn quantity(self, quantity: Quantity) -> String {
        self.decimal(quantity.as_decimal().normalize(), 0)
    }

    /// With at least so many decimals, and its own if it has more.
    fn decimal(self, number: Decimal, decimals: u32) -> String {
        let mut shown = number;
        if shown.scale() < decimals {
            shown.rescale(decimals);
        }
        grouped(
            self.language,
            &shown.abs().to_string(),
            number.is_sign_negative() && !number.is_zero(),
        )
    }
}

/// `5,5 %`, `5.5%`.
pub(crate) fn percent_text(language: Language, percent: Percentage) -> String {
    let digits = grouped(language, &percent.to_string(), false);
    match language {
        Language::French => format!("{digits}{NO_BREAK}%"),
        Language::English => format!("{digits}%"),
    }
}

fn grouped(language: Language, plain: &str, negative: bool) -> String {
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let (group, point) = match language {
        Language::French => (NARROW, ','),
        Language::English => (',', '.'),
    };
    let mut text = String::from(if negative { "−" } else { "" });
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(point);
        text.push_str(fraction);
    }
    text
}

fn symbol(currency: Currency) -> Option<&'static str> {
    match currency.code() {
        "EUR" => Some("€"),
        "GBP" => Some("£"),
        "USD" => Some("$"),
        _ => None,
    }
}

/// `26/11/2026`, `26 November 2026`.
pub(crate) fn date(language: Language, date: NaiveDate) -> String {
    match language {
        Language::French => date.format("%d/%m/%Y").to_string(),
        Language::English => date.format("%-d %B %Y").to_string(),
    }
}

/// As letters write it: `26 novembre 2026`, `26 November 2026`.
pub(crate) fn long_date(language: Language, date: NaiveDate) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    match language {
        Language::French => {
            let day = if date.day() == 1 {
                "1er".to_owned()
            } else {
                date.day().to_string()
            };
            let month = MONTHS.get(date.month0() as usize).copied().unwrap_or_default();
            format!("{day} {month} {}", date.year())
        }
        Language::English => self::date(language, date),
    }
}

/// Digits in groups of three from the left: `732 829 320`.
pub(crate) fn siren(digits: &str) -> String {
    let groups: Vec<&str> = [0..3, 3..6, 6..9]
        .into_iter()
        .filter_map(|group| digits.get(group))
        .collect();
    groups.join(" ")
}

/// `732 829 320 00074`.
pub(crate) fn siret(digits: &str) -> String {
    format!("{} {}", siren(digits), digits.get(9..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn french() -> Format {
        Format {
            language: Language::French,
            currency: Currency::EUR,
        }
    }

    fn english() -> Format {
        Format {
            language: Language::English,
            ..french()
        }
    }

    #[test]
    fn amounts_are_grouped_and_cut_as_each_language_does() {
        assert_eq!(french().money(123_456_789), "1\u{202F}234\u{202F}567,89\u{A0}€");
        assert_eq!(english().money(123_456_789), "€1,234,567.89");
        assert_eq!(french().money(-5), "−0,05\u{A0}€");
        assert_eq!(english().money(-100), "−€1.00");
        let yen = Format {
            currency: Currency::parse("currency", "JPY").unwrap(),
            ..french()
        };
        assert_eq!(yen.money(1_234), "1\u{202F}234\u{A0}JPY");
    }

    #[test]
    fn a_price_shows_the_decimals_that_it_has() {
        let price = |text: &str| UnitPrice::new("price", text.parse().unwrap()).unwrap();
        assert_eq!(french().price(price("0.004125")), "0,004125");
        assert_eq!(french().price(price("1000")), "1\u{202F}000,00");
        assert_eq!(english().price(price("1234.5")), "1,234.50");
    }

    #[test]
    fn dates_and_numbers_of_companies_are_written_in_full() {
        let day = NaiveDate::from_ymd_opt(2026, 8, 1).unwrap();
        assert_eq!(date(Language::French, day), "01/08/2026");
        assert_eq!(date(Language::English, day), "1 August 2026");
        assert_eq!(long_date(Language::French, day), "1er août 2026");
        assert_eq!(siret("73282932000074"), "732 829 320 00074");
    }
}
