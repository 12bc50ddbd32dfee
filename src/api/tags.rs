//! TagResource, UntagResource, ListTagsOfResource.

use super::members::{list, string};
use super::step::{Answer, Environment};
use super::validate::arn;
use super::{ApiError, ErrorKind, Operation};
use crate::engine::Engine;
use crate::engine::catalog::{TableSchema, Tag, parse_tags};
use crate::item::{MapRef, tag};
use crate::wire::document::DocWriter;

/// Tags of a table.
const MOST: usize = 50;
/// Tags of one answer.
const PAGE: usize = 10;

/// An operation on the tags of a table.
pub struct TagTask {
    /// As the request gave it.
    resource: String,
    table: String,
    action: Action,
    now_millis: u64,
}

enum Action {
    Add(Vec<Tag>),
    Remove(Vec<String>),
    /// From this place on.
    List(usize),
}

#[inline(never)]
pub(super) fn begin(
    engine: &Engine,
    operation: Operation,
    request: MapRef<'_>,
    environment: &Environment,
) -> Result<TagTask, ApiError> {
    let resource = request.find(b"ResourceArn").and_then(string).unwrap_or_default();
    let table = table_of(engine, operation, resource)?.to_owned();
    let action = match operation {
        Operation::TagResource => {
            let tags = parse_tags(request)?;
            if tags.is_empty() {
                return Err(ApiError::validation("Atleast one Tag needs to be provided as Input."));
            }
            Action::Add(tags)
        }
        Operation::UntagResource => {
            let keys: Vec<String> = request
                .find(b"TagKeys")
                .into_iter()
                .flat_map(list)
                .filter_map(string)
                .map(str::to_owned)
                .collect();
            if keys.is_empty() {
                return Err(ApiError::validation("Atleast one Tag Key needs to be provided as Input."));
            }
            Action::Remove(keys)
        }
        // A token that is none of ours begins anew, as at the service.
        _ => Action::List(request.find(b"NextToken").and_then(string).and_then(position).unwrap_or(0)),
    };
    Ok(TagTask { resource: resource.to_owned(), table, action, now_millis: environment.now_millis })
}

/// The position that a token of ours says.
fn position(token: &str) -> Option<usize> {
    token.bytes().try_fold(0_usize, |position, digit| {
        let digit = char::from(digit).to_digit(10)?;
        position.checked_mul(10)?.checked_add(digit as usize)
    })
}

/// The table an ARN means.
fn table_of<'a>(engine: &Engine, operation: Operation, resource: &'a str) -> Result<&'a str, ApiError> {
    let invalid =
        |what: String| ApiError::validation(format!("One or more parameter values were invalid: {what}"));
    if !resource.starts_with("arn:") {
        return Err(invalid(format!("ARNs must start with 'arn:': {resource}")));
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let [_, _, service, region, account, path] = parts.as_slice() else {
        return Err(invalid(format!("Provided Arn is not a DynamoDB resource arn: {resource}")));
    };
    if *service != "dynamodb" {
        return Err(invalid(format!("Provided Arn is not a DynamoDB resource arn: {resource}")));
    }
    let Some(path) = path.strip_prefix("table/") else {
        return Err(invalid(format!(
            "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {resource}"
        )));
    };
    if *region != engine.region || *account != engine.account {
        return Err(ApiError::new(
            ErrorKind::AccessDenied,
            format!(
                "User: arn:aws:iam::{}:root is not authorized to perform: dynamodb:{} on resource: {resource}",
                engine.account,
                operation.name()
            ),
        ));
    }
    match arn::parse(resource.as_bytes()) {
        Some(arn) => Ok(arn.name),
        None if path.as_bytes().windows(8).any(|part| part == b"/stream/") => Err(not_found(resource)),
        None => Err(invalid(format!(
            "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {resource}"
        ))),
    }
}

fn not_found(resource: &str) -> ApiError {
    ApiError::new(
        ErrorKind::ResourceNotFound,
        format!("Requested resource not found: ResourcArn: {resource} not found"),
    )
}

impl TagTask {
    #[inline(never)]
    pub(super) fn run(&mut self, engine: &mut Engine) -> Answer {
        let seen = engine.tables_seq();
        self.change(engine).unwrap_or_else(|error| Answer::new(Err(error), seen))
    }

    fn change(&mut self, engine: &mut Engine) -> Result<Answer, ApiError> {
        let table = engine.tables().get(&self.table).cloned().ok_or_else(|| not_found(&self.resource))?;
        let mut tags = table.schema.tags.clone();
        match &mut self.action {
            Action::List(from) => {
                return Ok(Answer::new(Ok(page(&tags, *from)), engine.tables_seq()));
            }
            Action::Add(added) => {
                for tag in std::mem::take(added) {
                    match tags.iter_mut().find(|other| other.key == tag.key) {
                        Some(other) => *other = tag,
                        None => tags.push(tag),
                    }
                }
                if tags.len() > MOST {
                    return Err(ApiError::validation(
                        "Number of Tags exceed the current limit for the provided ResourceArn",
                    ));
                }
            }
            Action::Remove(keys) => tags.retain(|tag| !keys.contains(&tag.key)),
        }
        let seq = if tags == table.schema.tags {
            engine.tables_seq()
        } else {
            let schema = TableSchema { tags, ..table.schema.clone() };
            engine.alter_table(schema, self.now_millis).unwrap_or_default()
        };
        let mut out = DocWriter::default();
        let open = out.begin(tag::MAP, 0);
        out.end(open);
        Ok(Answer::new(Ok(out.finish()), seq))
    }
}

fn page(tags: &[Tag], from: usize) -> Vec<u8> {
    let from = if from < tags.len() { from } else { 0 };
    let shown: Vec<&Tag> = tags.iter().skip(from).take(PAGE).collect();
    let next = from + shown.len();
    let mut out = DocWriter::default();
    let open = out.begin(tag::MAP, 1 + usize::from(next < tags.len()));
    out.name("Tags");
    let list = out.begin(tag::LIST, shown.len());
    for shown in shown {
        let entry = out.begin(tag::MAP, 2);
        out.name("Key");
        out.string(shown.key.as_bytes());
        out.name("Value");
        out.string(shown.value.as_bytes());
        out.end(entry);
    }
    out.end(list);
    if next < tags.len() {
        out.name("NextToken");
        out.string(next.to_string().as_bytes());
    }
    out.end(open);
    out.finish()
}
