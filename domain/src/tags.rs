//! Words that people hang on records in order to find them again. Two that differ only in case or accents are one.

use std::collections::{BTreeMap, btree_map::Entry};

use serde::{Deserialize, Serialize};

use crate::{
    InvalidValue,
    text::fold,
    value::{self, Problem},
};

/// Tags of one record at most.
const TAGS_MAX: usize = 50;
const TAG_MAX: usize = 60;

/// The tags of a record, as they were first written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// Those of the wished ones that the record does not have.
    pub fn missing_of(&self, wished: &[String]) -> Result<Vec<String>, InvalidValue> {
        let mut after = self.clone();
        let mut missing = Vec::new();
        for tag in wished {
            let tag = value::line("tags", tag, TAG_MAX)?;
            if let Entry::Vacant(free) = after.0.entry(fold(&tag)) {
                free.insert(tag.clone());
                missing.push(tag);
            }
        }
        if !missing.is_empty() && after.0.len() > TAGS_MAX {
            return Err(InvalidValue::new(
                "tags",
                Problem::TooMany {
                    max: TAGS_MAX,
                    found: after.0.len(),
                },
            ));
        }
        Ok(missing)
    }

    /// Those of the wished ones that the record has, as it has them.
    pub fn present_of(&self, wished: &[String]) -> Vec<String> {
        let mut folded: Vec<_> = wished.iter().map(|tag| fold(tag)).collect();
        folded.sort_unstable();
        folded.dedup();
        folded.iter().filter_map(|tag| self.0.get(tag).cloned()).collect()
    }

    /// What there is room for of another record's tags.
    pub fn room_for(&self, others: &Self) -> Vec<String> {
        let missing = others.0.iter().filter(|(folded, _)| !self.0.contains_key(*folded));
        let room = TAGS_MAX.saturating_sub(self.0.len());
        missing.take(room).map(|(_, tag)| tag.clone()).collect()
    }

    pub fn add(&mut self, tags: &[String]) {
        for tag in tags {
            self.0.entry(fold(tag)).or_insert_with(|| tag.clone());
        }
    }

    pub fn remove(&mut self, tags: &[String]) {
        for tag in tags {
            self.0.remove(&fold(tag));
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;

    fn tags(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    #[test]
    fn a_tag_is_the_same_whatever_its_case_and_accents() {
        let mut own = Tags::default();
        own.add(&tags(&["Clé"]));
        assert_eq!(own.missing_of(&tags(&["CLE", "vip", "VIP "])).unwrap(), ["vip"]);
        assert_eq!(own.present_of(&tags(&["cle", "vip"])), ["Clé"]);
        own.remove(&tags(&["CLÉ"]));
        assert_eq!(own, Tags::default());
    }

    #[test]
    fn there_is_an_end_to_tags() {
        let many: Vec<_> = (0..51).map(|number| format!("tag {number}")).collect();
        assert_eq!(Tags::default().missing_of(&many).unwrap_err().code(), "TOO_MANY_ITEMS");
        assert!(Tags::default().missing_of(&many[..50]).is_ok());
        assert_eq!(
            Tags::default().missing_of(&tags(&[" "])).unwrap_err().code(),
            "FIELD_REQUIRED"
        );
    }
}
