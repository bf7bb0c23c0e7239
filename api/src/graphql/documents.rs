//! What the specification asks of a document and its variables, and the library does not check.

use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::types::{
        BaseType, DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, Type,
    },
};

use super::errors::{ApiError, ApiResult, ErrorCode};

/// The operation of a document that is to run; none where that is not clear, which the execution refuses.
pub fn chosen<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Option<&'d OperationDefinition> {
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(only), None) => only,
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => all.values().next()?,
        (DocumentOperations::Single(_), Some(_)) | (DocumentOperations::Multiple(_), None) => return None,
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name)?,
    };
    Some(&operation.node)
}

/// Checks the operation that is to run.
pub fn check(document: &ExecutableDocument, name: Option<&str>, variables: &Variables) -> ApiResult<()> {
    let Some(operation) = chosen(document, name) else {
        return Ok(());
    };
    if operation.ty == OperationType::Subscription {
        follows_one(operation)?;
    }
    for definition in &operation.variable_definitions {
        let (name, declared) = (&definition.node.name.node, &definition.node.var_type.node);
        let default = definition.node.default_value.as_ref().map(|value| &value.node);
        let given = variables.get(name).or(default);
        fits(name, declared, given)?;
    }
    Ok(())
}

/// A subscription follows one thing, which its root names: with two it could not be resumed.
fn follows_one(operation: &OperationDefinition) -> ApiResult<()> {
    match operation.selection_set.node.items.as_slice() {
        [
            Positioned {
                node: Selection::Field(_),
                ..
            },
        ] => Ok(()),
        _ => Err(invalid("A subscription has one field at its root, and no fragment.")),
    }
}

/// Whether there is a value wherever the type demands one.
fn fits(name: &Name, declared: &Type, given: Option<&Value>) -> ApiResult<()> {
    match (given, &declared.base) {
        (None | Some(Value::Null), _) if declared.nullable => Ok(()),
        (None | Some(Value::Null), _) => Err(invalid(format!(
            "The variable ${name} is of the type {declared}, so it must not be null."
        ))),
        (Some(Value::List(items)), BaseType::List(each)) => {
            items.iter().try_for_each(|item| fits(name, each, Some(item)))
        }
        (Some(_), _) => Ok(()),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::GraphqlValidationFailed, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graphql::limits;

    fn is_taken(query: &str, variables: serde_json::Value) -> bool {
        check(&limits::parse(query).unwrap(), None, &Variables::from_json(variables)).is_ok()
    }

    #[test]
    fn a_variable_that_must_have_a_value_has_one() {
        let query = "query($id: ID!) { __typename }";
        assert!(is_taken(query, json!({ "id": "x" })));
        assert!(!is_taken(query, json!({ "id": null })));
        assert!(!is_taken(query, json!({})));
        assert!(is_taken("query($id: ID) { __typename }", json!({ "id": null })));
        assert!(is_taken("query($id: ID! = \"x\") { __typename }", json!({})));
        assert!(!is_taken(
            "query($id: ID! = \"x\") { __typename }",
            json!({ "id": null })
        ));
        assert!(!is_taken(
            "query($ids: [ID!]!) { __typename }",
            json!({ "ids": ["x", null] })
        ));
        assert!(is_taken(
            "query($ids: [ID]!) { __typename }",
            json!({ "ids": ["x", null] })
        ));
    }

    #[test]
    fn a_subscription_follows_one_thing() {
        assert!(is_taken("subscription { events { position } }", json!({})));
        assert!(!is_taken(
            "subscription { a: events { position } b: events { position } }",
            json!({})
        ));
        assert!(!is_taken(
            "subscription { ...f } fragment f on Subscription { events { position } }",
            json!({})
        ));
    }
}
