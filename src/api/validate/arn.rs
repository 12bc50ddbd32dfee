//! A table by name or by ARN: wherever DynamoDB takes a table's name it takes
//! `arn:aws:dynamodb:<region>:<account>:table/<name>` too.

use crate::api::{ApiError, ErrorKind};

/// What tells an ARN from a name, which has no colon.
pub const PREFIX: &[u8] = b"arn:";

/// The parts of a table's ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableArn<'a> {
    /// `aws`, `aws-cn`, ...
    pub partition: &'a str,
    /// Where the table is.
    pub region: &'a str,
    /// Whose it is.
    pub account: &'a str,
    /// The table's name.
    pub name: &'a str,
}

/// Takes an ARN apart; `None` when it is not that of a table.
pub fn parse(text: &[u8]) -> Option<TableArn<'_>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut parts = text.splitn(6, ':');
    let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let name = resource.strip_prefix("table/")?;
    let well = arn == "arn"
        && partition.starts_with("aws")
        && service == "dynamodb"
        && !region.is_empty()
        && account.bytes().all(|b| b.is_ascii_digit())
        && (3..=255).contains(&name.len())
        && super::is_name(name.as_bytes());
    well.then_some(TableArn { partition, region, account, name })
}

/// The name of the table that a validated `TableName` means in `region` and `account`.
pub fn table_name<'a>(text: &'a [u8], region: &str, account: &str) -> Result<&'a str, ApiError> {
    if !text.starts_with(PREFIX) {
        return std::str::from_utf8(text).map_err(|_| malformed(text));
    }
    let arn = parse(text).ok_or_else(|| malformed(text))?;
    if arn.region != region {
        let text = String::from_utf8_lossy(text);
        return Err(ApiError::validation(format!(
            "1 validation error detected: Invalid AWS region in '{text}'"
        )));
    }
    if arn.account != account {
        return Err(ApiError::new(ErrorKind::ResourceNotFound, "Requested resource not found"));
    }
    Ok(arn.name)
}

/// The error for an ARN that is not a table's.
pub(super) fn malformed(text: &[u8]) -> ApiError {
    let text = String::from_utf8_lossy(text);
    ApiError::validation(format!("Invalid TableArn: Invalid ResourceArn provided as input {text}"))
}

#[cfg(test)]
mod tests {
    use super::{TableArn, parse, table_name};

    const ARN: &[u8] = b"arn:aws:dynamodb:eu-west-1:123456789012:table/Music.1";

    #[test]
    fn arns_are_taken_apart() {
        let expected =
            TableArn { partition: "aws", region: "eu-west-1", account: "123456789012", name: "Music.1" };
        assert_eq!(parse(ARN), Some(expected));
        for bad in [
            "arn:",
            "arn:aws:dynamodb:r:1:table/ab",
            "arn:aws:s3:r:1:table/abc",
            "arn:aws:dynamodb::1:table/abc",
            "arn:aws:dynamodb:r:x:table/abc",
            "arn:aws:dynamodb:r:1:table/abc/index/def",
            "arn:gcp:dynamodb:r:1:table/abc",
            "arn:aws:dynamodb:r:1:backup/abc",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_table_is_named_directly_or_by_an_arn_of_this_place() {
        assert_eq!(table_name(b"Music", "eu-west-1", "1").unwrap(), "Music");
        assert_eq!(table_name(ARN, "eu-west-1", "123456789012").unwrap(), "Music.1");
        assert_eq!(
            table_name(ARN, "us-east-1", "123456789012").unwrap_err().to_string(),
            "ValidationException: 1 validation error detected: Invalid AWS region in \
             'arn:aws:dynamodb:eu-west-1:123456789012:table/Music.1'"
        );
        assert_eq!(
            table_name(ARN, "eu-west-1", "1").unwrap_err().to_string(),
            "ResourceNotFoundException: Requested resource not found"
        );
        assert_eq!(
            table_name(b"arn:x", "eu-west-1", "1").unwrap_err().to_string(),
            "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input arn:x"
        );
    }
}
