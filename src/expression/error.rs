//! Why an expression is refused. `Display` is the service's exact sentence.

use std::fmt;

/// Which of a request's expressions a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are DynamoDB's")]
pub enum ExpressionKind {
    Condition,
    Filter,
    KeyCondition,
    Projection,
    Update,
}

impl ExpressionKind {
    /// The request member: `"ConditionExpression"`, ...
    pub fn name(self) -> &'static str {
        match self {
            Self::Condition => "ConditionExpression",
            Self::Filter => "FilterExpression",
            Self::KeyCondition => "KeyConditionExpression",
            Self::Projection => "ProjectionExpression",
            Self::Update => "UpdateExpression",
        }
    }
}

/// A refused expression, or refused placeholder maps. Always a ValidationException.
///
/// One pointer wide: every `?` on the way out moves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError(Box<(Option<ExpressionKind>, Problem)>);

impl ExpressionError {
    #[cold]
    pub(super) fn new(kind: ExpressionKind, problem: Problem) -> Self {
        Self(Box::new((Some(kind), problem)))
    }

    /// About the placeholder maps, which belong to no single expression.
    #[cold]
    pub(super) fn bare(problem: Problem) -> Self {
        Self(Box::new((None, problem)))
    }

    /// The expression it is about; `None` when it is about the placeholder maps.
    pub fn kind(&self) -> Option<ExpressionKind> {
        self.0.0
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0.1
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.kind() {
            write!(f, "Invalid {}: ", kind.name())?;
        }
        self.problem().fmt(f)
    }
}

impl std::error::Error for ExpressionError {}

/// Which placeholder map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    /// `#name` to attribute name.
    Names,
    /// `:value` to AttributeValue.
    Values,
}

impl fmt::Display for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Names => "ExpressionAttributeNames",
            Self::Values => "ExpressionAttributeValues",
        })
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No expression at all.
    Empty,
    /// More than 4096 bytes.
    TooLong,
    /// Not the grammar; the token, and it with its neighbours as written.
    Syntax(String, String),
    /// `((a))`.
    RedundantParentheses,
    /// A reserved word as an attribute name, as written.
    Reserved(String),
    /// A list index beyond 2^31 - 1.
    Index(String),
    /// `#x` without an entry.
    UndefinedName(String),
    /// `:x` without an entry.
    UndefinedValue(String),
    /// No function of that name.
    UnknownFunction(String),
    /// A function where it cannot stand.
    MisusedFunction(String),
    /// A condition's function in an update.
    NotInUpdate(String),
    /// How many operands an operator or function got.
    OperandCount(&'static str, usize),
    /// The type an operator or function got.
    OperandType(&'static str, &'static str),
    /// A value where the function wants a document path.
    NeedsPath(&'static str),
    /// `a = a`: the operator and the path.
    NotDistinct(&'static str, String),
    /// Not one of the ten type names.
    TypeName(String),
    /// More than 300.
    TooManyOperators(usize),
    /// More than 100 operands of IN.
    TooManyIn(usize),
    /// Literal bounds of different types.
    BetweenTypes(String, String),
    /// Literal bounds in falling order.
    BetweenOrder(String, String),
    /// Equal paths, or one inside the other.
    Overlap(String, String),
    /// One parent used as a map and as a list.
    Conflict(String, String),
    /// SET, REMOVE, ADD or DELETE twice.
    RepeatedSection(&'static str),
    /// ADD or DELETE of a type it does not know.
    ActionType(&'static str, &'static str),
    /// An operator no key condition has.
    KeyOperator(&'static str),
    /// A key condition on a nested attribute.
    KeyNested,
    /// A value where the key should stand.
    KeyNotFirst(&'static str),
    /// A key condition without a key.
    KeyMissing,
    /// A key condition between two attributes.
    KeyMultiple,
    /// Two key conditions on one attribute.
    KeyRepeated,
    /// A conjunction inside a conjunction.
    KeyGrouped,
    /// An empty placeholder map.
    EmptyMap(Map),
    /// A key that is no placeholder.
    BadKey(Map, String),
    /// A name placeholder for the empty name.
    EmptyName,
    /// Entries that no expression uses.
    Unused(Map, Vec<String>),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = "Invalid condition in KeyConditionExpression:";
        match self {
            Self::Empty => f.write_str("The expression can not be empty;"),
            Self::TooLong => f.write_str("Expression size has exceeded the maximum allowed size;"),
            Self::Syntax(token, near) => write!(f, "Syntax error; token: \"{token}\", near: \"{near}\""),
            Self::RedundantParentheses => f.write_str("The expression has redundant parentheses;"),
            Self::Reserved(word) => {
                write!(f, "Attribute name is a reserved keyword; reserved keyword: {word}")
            }
            Self::Index(index) => {
                write!(f, "List index is not within the allowable range; index: [{index}]")
            }
            Self::UndefinedName(name) => write!(
                f,
                "An expression attribute name used in the document path is not defined; attribute name: {name}"
            ),
            Self::UndefinedValue(name) => write!(
                f,
                "An expression attribute value used in expression is not defined; attribute value: {name}"
            ),
            Self::UnknownFunction(name) => write!(f, "Invalid function name; function: {name}"),
            Self::MisusedFunction(name) => write!(
                f,
                "The function is not allowed to be used this way in an expression; function: {name}"
            ),
            Self::NotInUpdate(name) => {
                write!(f, "The function is not allowed in an update expression; function: {name}")
            }
            Self::OperandCount(name, count) => write!(
                f,
                "Incorrect number of operands for operator or function; operator or function: {name}, number of operands: {count}"
            ),
            Self::OperandType(name, found) => write!(
                f,
                "Incorrect operand type for operator or function; operator or function: {name}, operand type: {found}"
            ),
            Self::NeedsPath(name) => {
                write!(f, "Operator or function requires a document path; operator or function: {name}")
            }
            Self::NotDistinct(name, path) => write!(
                f,
                "The first operand must be distinct from the remaining operands for this operator or function; operator: {name}, first operand: {path}"
            ),
            Self::TypeName(name) => write!(
                f,
                "Invalid attribute type name found; type: {name}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"
            ),
            Self::TooManyOperators(count) => {
                write!(f, "The expression contains too many operators; operator count: {count}")
            }
            Self::TooManyIn(count) => {
                write!(f, "The IN operator is provided with too many operands; number of operands: {count}")
            }
            Self::BetweenTypes(lower, upper) => write!(
                f,
                "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: {lower}, upper bound operand: {upper}"
            ),
            Self::BetweenOrder(lower, upper) => write!(
                f,
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: {lower}, upper bound operand: {upper}"
            ),
            Self::Overlap(one, two) => write!(
                f,
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
            ),
            Self::Conflict(one, two) => write!(
                f,
                "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
            ),
            Self::RepeatedSection(name) => {
                write!(f, "The \"{name}\" section can only be used once in an update expression;")
            }
            Self::ActionType(name, found) => write!(
                f,
                "Incorrect operand type for operator or function; operator: {name}, operand type: {found}, typeSet: ALLOWED_FOR_ADD_OPERAND"
            ),
            Self::KeyOperator(name) => {
                write!(f, "Invalid operator used in KeyConditionExpression: {name}")
            }
            Self::KeyNested => {
                f.write_str("KeyConditionExpressions cannot have conditions on nested attributes")
            }
            Self::KeyNotFirst(name) => {
                write!(f, "{key} {name} operator must have the key attribute as its first operand")
            }
            Self::KeyMissing => write!(f, "{key} No key attribute specified"),
            Self::KeyMultiple => write!(f, "{key} Multiple attribute names used in one condition"),
            Self::KeyRepeated => {
                f.write_str("KeyConditionExpressions must only contain one condition per key")
            }
            Self::KeyGrouped => f.write_str("KeyConditionExpressions cannot contain nested operations"),
            Self::EmptyMap(map) => write!(f, "{map} must not be empty"),
            Self::BadKey(map, name) => {
                write!(f, "{map} contains invalid key: Syntax error; key: \"{name}\"")
            }
            Self::EmptyName => f.write_str("Empty attribute name"),
            Self::Unused(map, keys) => {
                write!(f, "Value provided in {map} unused in expressions: keys: {{")?;
                for (at, name) in keys.iter().enumerate() {
                    write!(f, "{}{name}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}
