//! What is checked of an operation before the library looks at it: nesting and expansion.
//!
//! The library's parser is recursive and its validation expands every fragment where it is used, so a short text could
//! overflow the stack or take for ever. Depth and cost of what remains are checked after validation, in [`super::gate`].

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::{
        parse_query,
        types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
    },
};

use super::errors::{ApiError, ErrorCode};

/// Brackets within brackets at most.
const MAX_NESTING: usize = 64;
/// Selections after expanding every fragment, at most.
const MAX_SELECTIONS: u64 = 20_000;

/// Parses the text of an operation, unless reading it would be dangerous.
pub fn parse(query: &str) -> Result<ExecutableDocument, ParseFailure> {
    if nesting(query) > MAX_NESTING {
        let message = format!("The document nests brackets more than {MAX_NESTING} deep.");
        return Err(ParseFailure::Refused(ApiError::new(ErrorCode::DepthExceeded, message)));
    }
    let document = parse_query(query).map_err(ParseFailure::Syntax)?;
    let selections = expanded(&document);
    if selections > MAX_SELECTIONS {
        let message = format!("The document expands to more than {MAX_SELECTIONS} selections.");
        return Err(ParseFailure::Refused(ApiError::new(
            ErrorCode::ComplexityExceeded,
            message,
        )));
    }
    Ok(document)
}

/// Why a document is not read.
#[derive(Debug)]
pub enum ParseFailure {
    Syntax(async_graphql::parser::Error),
    Refused(ApiError),
}

impl std::fmt::Display for ParseFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(error) => error.fmt(f),
            Self::Refused(error) => f.write_str(&error.message),
        }
    }
}

/// The deepest nesting of brackets outside strings and comments.
fn nesting(query: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    let mut rest = query;
    while let Some(next) = rest.chars().next() {
        let skip = match next {
            '"' => string_length(rest),
            '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '{' | '[' | '(' => {
                depth += 1;
                deepest = deepest.max(depth);
                1
            }
            '}' | ']' | ')' => {
                depth = depth.saturating_sub(1);
                1
            }
            other => other.len_utf8(),
        };
        rest = &rest[skip..];
    }
    deepest
}

/// Bytes of the string that `text` starts with, its quotes included.
fn string_length(text: &str) -> usize {
    const BLOCK: &str = "\"\"\"";
    if let Some(block) = text.strip_prefix(BLOCK) {
        let mut from = 0;
        while let Some(found) = block[from..].find(BLOCK) {
            let end = from + found;
            if !block[..end].ends_with('\\') {
                return BLOCK.len() + end + BLOCK.len();
            }
            from = end + BLOCK.len();
        }
        return text.len();
    }
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' | '\n' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// How many selections the document has once every fragment is written out.
fn expanded(document: &ExecutableDocument) -> u64 {
    let mut sizes = HashMap::new();
    document.operations.iter().fold(0, |sum: u64, (_, operation)| {
        sum.saturating_add(size(&operation.node.selection_set, document, &mut sizes))
    })
}

fn size<'d>(
    set: &'d Positioned<SelectionSet>,
    document: &'d ExecutableDocument,
    sizes: &mut HashMap<&'d Name, u64>,
) -> u64 {
    set.node.items.iter().fold(0, |sum: u64, selection| {
        let one = match &selection.node {
            Selection::Field(field) => size(&field.node.selection_set, document, sizes).saturating_add(1),
            Selection::InlineFragment(inline) => size(&inline.node.selection_set, document, sizes),
            Selection::FragmentSpread(spread) => fragment_size(&spread.node.fragment_name.node, document, sizes),
        };
        sum.saturating_add(one)
    })
}

fn fragment_size<'d>(name: &Name, document: &'d ExecutableDocument, sizes: &mut HashMap<&'d Name, u64>) -> u64 {
    let Some((name, fragment)): Option<(&Name, &Positioned<FragmentDefinition>)> =
        document.fragments.get_key_value(name)
    else {
        return 0;
    };
    if let Some(known) = sizes.get(name) {
        return *known;
    }
    // A fragment within itself has no end; validation names the cycle, which must not be followed to get there.
    sizes.insert(name, MAX_SELECTIONS + 1);
    let found = size(&fragment.node.selection_set, document, sizes);
    sizes.insert(name, found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(query: &str) -> Option<ErrorCode> {
        match parse(query) {
            Err(ParseFailure::Refused(error)) => Some(error.code),
            _ => None,
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let quiet = format!("{{ a(b: \"{}\") # {}\n }}", "{".repeat(100), "[".repeat(100));
        assert_eq!(nesting(&quiet), 2);
        assert_eq!(nesting(r#"{ a(b: """ " {{ \""" {{ """) }"#), 2);
        assert_eq!(nesting(r#"{ a(b: "\"{{") }"#), 2);
    }

    #[test]
    fn a_tower_of_brackets_is_refused_before_it_is_parsed() {
        for bracket in ["{a", "[", "{a(b:[", "{a(b:{c:"] {
            assert_eq!(
                refusal(&bracket.repeat(100_000)),
                Some(ErrorCode::DepthExceeded),
                "{bracket}"
            );
        }
    }

    #[test]
    fn fragments_that_double_each_other_are_refused_before_they_are_expanded() {
        let mut query = "{ ...f0 }".to_owned();
        for level in 0..60 {
            let next = level + 1;
            query += " fragment f";
            query += &level.to_string();
            query += &" on Query { ...f# ...f# }".replace('#', &next.to_string());
        }
        query.push_str(" fragment f60 on Query { __typename }");
        assert_eq!(refusal(&query), Some(ErrorCode::ComplexityExceeded));
    }

    #[test]
    fn a_fragment_within_itself_is_refused() {
        assert_eq!(
            refusal("{ ...f } fragment f on Query { ...f }"),
            Some(ErrorCode::ComplexityExceeded)
        );
    }

    #[test]
    fn an_ordinary_document_is_read() {
        assert!(parse("query Q($id: ID!) { node(id: $id) { ...on Deal { title } } }").is_ok());
        assert!(matches!(parse("{"), Err(ParseFailure::Syntax(_))));
    }
}
