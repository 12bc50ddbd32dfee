//! What is wrong with a request that broke a constraint, in the service's words and order.

use super::dump::{camel, dump};
use super::{arn, is_name, list_of, map_of, text_of, units, within};
use crate::api::shape::{Pattern, Shape, Size, Structure, Text, UNBOUNDED};
use crate::api::{ApiError, ErrorKind, Operation};
use crate::item::{Kind, MapRef, ValueRef, tag};

/// No more are listed.
const MOST: usize = 10;
const PATTERN: &str = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
const NOT_NULL: &str = "Member must not be null";

/// The error of a document that is not valid; `None` when nothing is found.
pub(super) fn refusal(op: Operation, input: &Structure, doc: MapRef<'_>) -> Option<ApiError> {
    if let Some(error) = before_all(op, doc) {
        return Some(error);
    }
    let mut collector = Collector { errors: Vec::new(), path: Vec::new(), newer: false, streams: false };
    if let Err(error) = collector.request(op, input, doc) {
        return Some(error);
    }
    collector.finish()
}

/// Sentences that stand alone and come before the collected ones.
fn before_all(op: Operation, doc: MapRef<'_>) -> Option<ApiError> {
    use Operation::{BatchWriteItem, CreateTable, DeleteTable, DescribeTable};
    match op {
        CreateTable | DeleteTable | DescribeTable => {
            let Some(value) = doc.find(b"TableName") else {
                return Some(ApiError::validation(
                    "The parameter 'TableName' is required but was not present in the request",
                ));
            };
            let name = text_of(value)?;
            let outside = !name.starts_with(arn::PREFIX) && !(3..=255).contains(&name.len());
            (op != DescribeTable && outside).then(|| {
                ApiError::validation(
                    "TableName must be at least 3 characters long and at most 255 characters long",
                )
            })
        }
        BatchWriteItem => map_of(doc.find(b"RequestItems")?)?
            .is_empty()
            .then(|| ApiError::validation("The requestItems parameter is required for BatchWriteItem")),
        _ => None,
    }
}

/// A step of a path.
#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'static str),
    Index(usize),
    Key(&'a [u8]),
}

struct Collector<'a> {
    errors: Vec<String>,
    path: Vec<Step<'a>>,
    /// The member at hand speaks for the newer layer.
    newer: bool,
    /// Of the streams' layer, which echoes nothing either but spells paths as the older one does.
    streams: bool,
}

type Outcome = Result<(), ApiError>;

impl<'a> Collector<'a> {
    fn request(&mut self, op: Operation, input: &Structure, doc: MapRef<'a>) -> Outcome {
        let mut table_name = Vec::new();
        for member in input.members {
            self.path.push(Step::Member(member.name));
            self.newer = matches!(
                (op, member.name),
                (Operation::Query, "Limit")
                    | (Operation::BatchGetItem, "RequestItems")
                    | (Operation::GetShardIterator, "SequenceNumber")
            );
            self.streams = op == Operation::GetShardIterator;
            match doc.find(member.name.as_bytes()) {
                Some(value) if member.name == "TableName" => {
                    let listed = self.errors.len();
                    self.text_named_table(value)?;
                    // PutItem and DeleteItem report it among the others, Scan after them, the rest before.
                    if !matches!(op, Operation::PutItem | Operation::DeleteItem) {
                        table_name = self.errors.split_off(listed);
                    }
                }
                Some(value) => self.value(member.shape, value)?,
                None if member.required => self.null(),
                None => {}
            }
            self.path.pop();
        }
        if !table_name.is_empty() && (op != Operation::Scan || self.errors.is_empty()) {
            self.errors = table_name;
        }
        Ok(())
    }

    fn finish(mut self) -> Option<ApiError> {
        self.errors.truncate(MOST);
        let n = self.errors.len();
        let plural = if n == 1 { "" } else { "s" };
        let list = self.errors.join("; ");
        (n > 0).then(|| ApiError::validation(format!("{n} validation error{plural} detected: {list}")))
    }

    fn path(&self, newer: bool) -> String {
        let mut out = String::new();
        for step in &self.path {
            if !out.is_empty() {
                out.push('.');
            }
            match step {
                Step::Member(name) if newer => out.push_str(name),
                Step::Member(name) => camel(name, &mut out),
                Step::Index(i) => {
                    out.push_str(&i.to_string());
                    out.push_str(".member");
                }
                Step::Key(key) => {
                    out.push_str(&String::from_utf8_lossy(key));
                    out.push_str(".member");
                }
            }
        }
        out
    }

    fn null(&mut self) {
        let path = self.path(false);
        self.errors.push(format!("Value null at '{path}' failed to satisfy constraint: {NOT_NULL}"));
    }

    /// One error about `value`.
    fn fault(&mut self, shape: &Shape, value: ValueRef<'_>, constraint: &str) {
        if self.errors.len() >= MOST {
            return;
        }
        let path = self.path(self.newer && !self.streams);
        self.errors.push(if self.newer {
            format!("Value at '{path}' failed to satisfy constraint: {constraint}")
        } else {
            let value = dump(shape, value);
            format!("Value '{value}' at '{path}' failed to satisfy constraint: {constraint}")
        });
    }

    fn value(&mut self, shape: &Shape, value: ValueRef<'a>) -> Outcome {
        if self.errors.len() >= MOST {
            return Ok(());
        }
        match shape {
            Shape::Text(text) => {
                let bytes = utf8(value)?;
                for constraint in text_faults(text, bytes) {
                    self.fault(shape, value, &constraint);
                }
            }
            Shape::Integer(limits) | Shape::Long(limits) => {
                let class = if matches!(shape, Shape::Integer(_)) { "Integer" } else { "Long" };
                let n = value.integer().ok_or_else(|| mismatch(value, class))?;
                if n < limits.min {
                    self.fault(shape, value, &bound("value greater", limits.min));
                }
                if n > limits.max {
                    self.fault(shape, value, &bound("value less", limits.max));
                }
            }
            Shape::Boolean => {
                if !matches!(value.tag(), tag::TRUE | tag::FALSE) {
                    return Err(mismatch(value, "Boolean"));
                }
            }
            Shape::Timestamp => {
                value.number().ok_or_else(|| mismatch(value, "Date"))?;
            }
            Shape::List { limits, member } => {
                let (count, values) = list_of(value).ok_or_else(|| no_container(value))?;
                for constraint in size_faults(*limits, count) {
                    self.fault(shape, value, &constraint);
                }
                for (i, value) in values.enumerate() {
                    self.path.push(Step::Index(i + 1));
                    self.value(member, value)?;
                    self.path.pop();
                }
            }
            Shape::Map { limits, key, value: member } => {
                self.map(shape, value, *limits, key, member)?;
            }
            Shape::Structure(structure) => {
                let map = map_of(value).ok_or_else(|| no_container(value))?;
                for member in structure.members {
                    self.path.push(Step::Member(member.name));
                    match map.find(member.name.as_bytes()) {
                        Some(value) => self.value(member.shape, value)?,
                        None if member.required => self.null(),
                        None => {}
                    }
                    self.path.pop();
                }
            }
            Shape::Value if value.tag() != tag::AV => return Err(no_container(value)),
            Shape::Attributes if value.tag() != tag::ITEM => return Err(no_container(value)),
            Shape::Value | Shape::Attributes => {}
        }
        Ok(())
    }

    fn map(
        &mut self,
        shape: &Shape,
        value: ValueRef<'a>,
        limits: Size,
        key: &Shape,
        member: &Shape,
    ) -> Outcome {
        let map = map_of(value).ok_or_else(|| no_container(value))?;
        for constraint in size_faults(limits, map.len()) {
            self.fault(shape, value, &constraint);
        }
        if let Shape::Text(text) = key {
            let mut broken = false;
            for (name, _) in map.iter() {
                if text.pattern == Pattern::Table && name.starts_with(arn::PREFIX) {
                    arn::parse(name).ok_or_else(|| arn::malformed(name))?;
                } else {
                    std::str::from_utf8(name).map_err(|_| serialization(""))?;
                    broken |= !text_faults(text, name).is_empty();
                }
            }
            if broken {
                self.fault(shape, value, &format!("Map keys must satisfy constraint: [{}]", rule(text)));
            }
        }
        let mut broken = false;
        for (name, value) in map.iter() {
            match member {
                // Constraints of a map's values themselves are reported at the map.
                Shape::Text(text) => broken |= !text_faults(text, utf8(value)?).is_empty(),
                Shape::List { limits, .. }
                    if list_of(value).is_some_and(|(count, _)| !within(*limits, count)) =>
                {
                    broken = true;
                }
                _ => {
                    self.path.push(Step::Key(name));
                    self.value(member, value)?;
                    self.path.pop();
                }
            }
        }
        if broken {
            let rule = match member {
                Shape::Text(text) => rule(text),
                Shape::List { limits, .. } => size_rule(*limits),
                _ => String::new(),
            };
            self.fault(shape, value, &format!("Map value must satisfy constraint: [{rule}]"));
        }
        Ok(())
    }

    /// TableName: a short name is worded by the newer layer, the rest by the older.
    fn text_named_table(&mut self, value: ValueRef<'a>) -> Outcome {
        let bytes = utf8(value)?;
        if bytes.starts_with(arn::PREFIX) {
            return arn::parse(bytes).map(|_| ()).ok_or_else(|| arn::malformed(bytes));
        }
        let shape = Shape::Boolean; // Only so that the text is printed as it is.
        if !is_name(bytes) {
            self.fault(&shape, value, PATTERN);
        }
        if bytes.len() < 3 {
            self.newer = true;
            self.fault(&shape, value, &bound("length greater", if bytes.is_empty() { 1 } else { 3 }));
            self.newer = false;
        }
        if bytes.len() > 255 {
            self.fault(&shape, value, &bound("length less", 255));
        }
        Ok(())
    }
}

fn bound(what: &str, limit: i64) -> String {
    format!("Member must have {what} than or equal to {limit}")
}

fn size_faults(size: Size, n: usize) -> Vec<String> {
    let mut faults = Vec::new();
    if n < size.min as usize {
        faults.push(bound("length greater", i64::from(size.min)));
    }
    if size.max != UNBOUNDED && n > size.max as usize {
        faults.push(bound("length less", i64::from(size.max)));
    }
    faults
}

fn text_faults(text: &Text, bytes: &[u8]) -> Vec<String> {
    if text.enveloped && !text.one_of.is_empty() && !text.one_of.iter().any(|v| v.as_bytes() == bytes) {
        return vec![format!("Member must satisfy enum value set: [{}]", text.one_of.join(", "))];
    }
    let mut faults = Vec::new();
    if text.pattern != Pattern::Any && (bytes.is_empty() || !is_name(bytes)) {
        faults.push(PATTERN.to_owned());
    }
    faults.extend(size_faults(text.size, units(bytes, text.size)));
    faults
}

/// All constraints of a text, as the constraints of maps list them.
fn rule(text: &Text) -> String {
    let mut rule = size_rule(text.size);
    if text.pattern != Pattern::Any {
        rule.push_str(", ");
        rule.push_str(PATTERN);
    }
    rule
}

fn size_rule(size: Size) -> String {
    let mut rules = Vec::new();
    if size.max != UNBOUNDED {
        rules.push(bound("length less", i64::from(size.max)));
    }
    if size.min > 0 {
        rules.push(bound("length greater", i64::from(size.min)));
    }
    rules.join(", ")
}

fn serialization(message: &str) -> ApiError {
    ApiError::new(ErrorKind::Serialization, message.to_owned())
}

fn utf8(value: ValueRef<'_>) -> Result<&[u8], ApiError> {
    let bytes = text_of(value).ok_or_else(|| mismatch(value, "String"))?;
    std::str::from_utf8(bytes).map_err(|_| serialization(""))?;
    Ok(bytes)
}

/// JSON never gets here with a wrong type; native values may, and are refused as JSON is.
fn mismatch(value: ValueRef<'_>, class: &str) -> ApiError {
    let found = match value.tag() {
        tag::TRUE => "TRUE_VALUE",
        tag::FALSE => "FALSE_VALUE",
        tag::INT => "NUMBER_VALUE",
        tag::DEC | tag::NUM_TEXT => "DECIMAL_VALUE",
        tag::STR => "STRING_VALUE",
        tag::NULL => "NULL_VALUE",
        tag::BIN => "BINARY_VALUE",
        tag::MAP | tag::ITEM => return serialization("Start of structure or map found where not expected"),
        _ => return serialization(&format!("Unrecognized collection type class java.lang.{class}")),
    };
    serialization(&format!("{found} cannot be converted to {class}"))
}

fn no_container(value: ValueRef<'_>) -> ApiError {
    serialization(match value.kind() {
        Some(Kind::M) => "Start of structure or map found where not expected",
        Some(Kind::L | Kind::Ss | Kind::Ns | Kind::Bs) => "Unrecognized collection type",
        _ => "Unexpected field type",
    })
}
