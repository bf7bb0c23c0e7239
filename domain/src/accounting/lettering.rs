//! Letters: which lines of a customer's account settle each other.
//!
//! Computed for a closing from what counts up to it, and from nothing later: a group of documents and payments that is
//! settled by then bears a letter, one that was settled afterwards bears none, however often it is asked again.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use uuid::Uuid;

use super::entry::Matching;

/// A line of a customer's account, as far as letters go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetteredLine {
    /// The customer's code.
    pub auxiliary: String,
    pub key: Uuid,
    pub on: NaiveDate,
    /// Debit above zero.
    pub amount: i64,
}

/// The letters of documents and payments at a closing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letters(HashMap<Uuid, (String, NaiveDate)>);

impl Letters {
    /// Lines and matchings in the order of the journal; later ones than the closing are passed over.
    pub fn at<'a>(
        closing: NaiveDate,
        lines: impl IntoIterator<Item = &'a LetteredLine>,
        matchings: impl IntoIterator<Item = &'a Matching>,
    ) -> Self {
        let mut groups = Groups::default();
        let mut sums: Vec<Document> = Vec::new();
        for line in lines.into_iter().filter(|line| line.on <= closing) {
            let at = groups.place(line.key);
            if at == sums.len() {
                sums.push(Document {
                    key: line.key,
                    auxiliary: line.auxiliary.clone(),
                    sum: 0,
                    last: line.on,
                });
            }
            sums[at].sum += line.amount;
            sums[at].last = sums[at].last.max(line.on);
        }
        let mut links: BTreeMap<(usize, usize), (i64, NaiveDate)> = BTreeMap::new();
        for matching in matchings.into_iter().filter(|matching| matching.on <= closing) {
            if let (Some(one), Some(other)) = (groups.find(matching.one), groups.find(matching.other)) {
                let link = links
                    .entry((one.min(other), one.max(other)))
                    .or_insert((0, matching.on));
                link.0 += matching.amount;
                link.1 = link.1.max(matching.on);
                sums[one].last = sums[one].last.max(matching.on);
            }
        }
        for (pair, (amount, _)) in links {
            if amount != 0 {
                groups.join(pair.0, pair.1);
            }
        }
        Self::of(&sums, &mut groups)
    }

    /// Groups that are settled get letters in the order in which they were, customer by customer.
    fn of(documents: &[Document], groups: &mut Groups) -> Self {
        let mut settled: BTreeMap<usize, Settled<'_>> = BTreeMap::new();
        for (at, document) in documents.iter().enumerate() {
            let group = settled.entry(groups.root(at)).or_insert_with(|| Settled {
                auxiliary: &document.auxiliary,
                sum: 0,
                last: document.last,
                keys: Vec::new(),
            });
            group.sum += document.sum;
            group.last = group.last.max(document.last);
            group.keys.push(document.key);
        }
        let mut settled: Vec<Settled<'_>> = settled.into_values().filter(|group| group.sum == 0).collect();
        // Stable: of one day, the one whose first document came first.
        settled.sort_by_key(|group| group.last);
        let mut given: HashMap<&str, u32> = HashMap::new();
        let mut letters = HashMap::new();
        for group in settled {
            let count = given.entry(group.auxiliary).or_default();
            let code = code(*count);
            *count += 1;
            letters.extend(group.keys.iter().map(|key| (*key, (code.clone(), group.last))));
        }
        Self(letters)
    }

    /// The letter of a document's or payment's lines, and the day on which it was complete.
    pub fn get(&self, key: Uuid) -> Option<(&str, NaiveDate)> {
        self.0.get(&key).map(|(code, on)| (code.as_str(), *on))
    }
}

/// AA, AB, … AZ, BA, … ZZ, AAA, …
fn code(number: u32) -> String {
    let mut rest = number + 26;
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + (rest % 26) as u8);
        rest /= 26;
        if rest == 0 {
            break;
        }
        rest -= 1;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

struct Document {
    key: Uuid,
    auxiliary: String,
    sum: i64,
    last: NaiveDate,
}

struct Settled<'a> {
    auxiliary: &'a str,
    sum: i64,
    last: NaiveDate,
    keys: Vec<Uuid>,
}

/// Sets that grow together; the root of each is its first member.
#[derive(Default)]
struct Groups {
    places: HashMap<Uuid, usize>,
    parents: Vec<usize>,
}

impl Groups {
    fn place(&mut self, key: Uuid) -> usize {
        let next = self.parents.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.parents.push(next);
        }
        place
    }

    fn find(&self, key: Uuid) -> Option<usize> {
        self.places.get(&key).copied()
    }

    fn root(&mut self, at: usize) -> usize {
        let mut root = at;
        while self.parents[root] != root {
            self.parents[root] = self.parents[self.parents[root]];
            root = self.parents[root];
        }
        root
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        let (first, second) = (one.min(other), one.max(other));
        self.parents[second] = first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn key(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn line(number: u128, on: &str, amount: i64) -> LetteredLine {
        LetteredLine {
            auxiliary: "C00001".to_owned(),
            key: key(number),
            on: day(on),
            amount,
        }
    }

    fn matching(one: u128, other: u128, on: &str, amount: i64) -> Matching {
        Matching {
            position: 0,
            on: day(on),
            one: key(one),
            other: key(other),
            amount,
        }
    }

    #[test]
    fn letters_go_on_after_z() {
        let codes: Vec<String> = [0, 1, 25, 26, 675, 676, 677].into_iter().map(code).collect();
        assert_eq!(codes, ["AA", "AB", "AZ", "BA", "ZZ", "AAA", "AAB"]);
    }

    #[test]
    fn what_settles_each_other_bears_one_letter() {
        let lines = [
            line(1, "2026-03-01", 1_200),
            line(2, "2026-03-02", 600),
            line(3, "2026-04-01", -1_500),
            line(4, "2026-04-05", -300),
        ];
        let matchings = [
            matching(1, 3, "2026-04-01", 1_200),
            matching(2, 3, "2026-04-01", 300),
            matching(2, 4, "2026-04-06", 300),
        ];
        let letters = Letters::at(day("2026-04-05"), &lines, &matchings);
        assert_eq!(letters.get(key(1)), None, "the last part is not matched yet");
        let letters = Letters::at(day("2026-04-06"), &lines, &matchings);
        for number in 1..=4 {
            assert_eq!(letters.get(key(number)), Some(("AA", day("2026-04-06"))));
        }
    }

    #[test]
    fn what_is_settled_later_changes_no_letter_of_before() {
        let lines = [
            line(1, "2026-03-01", 1_200),
            line(2, "2026-03-02", -1_200),
            line(5, "2027-01-02", 100),
            line(6, "2027-01-03", -100),
        ];
        let before = [matching(1, 2, "2026-03-02", 1_200)];
        let after = [before[0].clone(), matching(1, 2, "2027-02-01", -1_200)];
        let closing = day("2026-12-31");
        assert_eq!(
            Letters::at(closing, &lines[..2], &before),
            Letters::at(closing, &lines, &after)
        );
        assert_eq!(Letters::at(day("2027-12-31"), &lines, &after).get(key(1)), None);
    }

    #[test]
    fn a_payment_that_went_back_settles_itself() {
        let lines = [line(1, "2026-03-01", -500), line(1, "2026-03-09", 500)];
        let letters = Letters::at(day("2026-12-31"), &lines, &[]);
        assert_eq!(letters.get(key(1)), Some(("AA", day("2026-03-09"))));
    }
}
