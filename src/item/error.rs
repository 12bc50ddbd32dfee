//! Why an attribute value is refused; `Display` is the service's sentence.

use std::fmt;

use super::decimal::NumberError;
use super::{Kind, base64};

/// What admission found first, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemError {
    /// An N or a member of an NS.
    Number(NumberError),
    /// An AttributeValue without a type.
    NoType,
    /// An AttributeValue with more than one type.
    ManyTypes,
    /// NULL with a value other than true.
    NullNotTrue,
    /// A set (SS, NS or BS) without members.
    EmptySet(Kind),
    /// An SS that holds a member twice; all members, in the order of the request.
    DuplicateStrings(Box<[String]>),
    /// An NS that holds a number twice.
    DuplicateNumbers,
    /// A BS that holds a member twice; all members, in the order of the request.
    DuplicateBinaries(Box<[Vec<u8>]>),
    /// More levels of lists and maps than allowed.
    TooDeep,
    /// An attribute or a map member named by the empty string.
    EmptyName,
    /// A name of 64 KB or more.
    LongName,
    /// Text that is not UTF-8. Ours: the service's parser refuses such a request before it looks at values.
    NotUtf8,
    /// Bytes that are no encoded value. Ours: no client that uses the package's own codec can cause it.
    Malformed,
}

impl ItemError {
    /// Whether the service counts it among request validation errors, which PutItem, UpdateItem and DeleteItem
    /// open with "1 validation error detected: ". The others stand alone on every operation.
    pub fn is_counted(&self) -> bool {
        !matches!(self, Self::NoType | Self::ManyTypes | Self::NotUtf8 | Self::Malformed)
    }
}

impl From<NumberError> for ItemError {
    fn from(error: NumberError) -> Self {
        Self::Number(error)
    }
}

const INVALID: &str = "One or more parameter values were invalid: ";

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(error) => error.fmt(f),
            Self::NoType => f.write_str(
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ),
            Self::ManyTypes => f.write_str(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
            ),
            Self::NullNotTrue => {
                write!(f, "{INVALID}Null attribute value types must have the value of true")
            }
            Self::EmptySet(Kind::Bs) => write!(f, "{INVALID}Binary sets should not be empty"),
            Self::EmptySet(Kind::Ns) => write!(f, "{INVALID}An number set  may not be empty"),
            Self::EmptySet(_) => write!(f, "{INVALID}An string set  may not be empty"),
            Self::DuplicateStrings(members) => {
                write!(f, "{INVALID}Input collection [{}] contains duplicates.", members.join(", "))
            }
            Self::DuplicateNumbers => write!(f, "{INVALID}Input collection contains duplicates."),
            Self::DuplicateBinaries(members) => {
                let texts: Vec<String> = members.iter().map(|m| base64::encode(m)).collect();
                write!(f, "{INVALID}Input collection [{}]of type BS contains duplicates.", texts.join(", "))
            }
            Self::TooDeep => f.write_str(
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
            ),
            Self::EmptyName => f.write_str("Empty attribute name"),
            // Measured against the service in September 2026, at the top and in nested maps.
            Self::LongName => f.write_str("Attribute name is too large, must be less than 65536 bytes"),
            Self::NotUtf8 => write!(f, "{INVALID}A string or an attribute name is not valid UTF-8"),
            Self::Malformed => write!(f, "{INVALID}The encoded attribute values are malformed"),
        }
    }
}

impl std::error::Error for ItemError {}
