//! Stream, encryption, table class and deletion protection.

use crate::api::ApiError;

use super::super::create::settings::{class, sse};
use super::super::read::Fields;
use super::super::schema::TableSchema;
use super::invalid;

pub(super) fn apply(schema: &mut TableSchema, request: &Fields<'_>, now: u64) -> Result<(), ApiError> {
    stream(schema, request, now)?;
    if request.has("SSESpecification") {
        let wanted = sse(request)?;
        if wanted.is_none() && schema.sse.is_none() {
            return Err(invalid("Table is already encrypted by default"));
        }
        if wanted.is_some() && wanted == schema.sse {
            return Err(invalid(
                "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to \
                 change Master Key",
            ));
        }
        schema.sse = wanted;
    }
    if let Some(class) = class(request)? {
        schema.class = Some(class);
    }
    if let Some(protected) = request.boolean("DeletionProtectionEnabled") {
        schema.deletion_protection = protected;
    }
    Ok(())
}

fn stream(schema: &mut TableSchema, request: &Fields<'_>, now: u64) -> Result<(), ApiError> {
    let Some(stream) = request.map("StreamSpecification") else { return Ok(()) };
    let name = &schema.name;
    match (stream.boolean("StreamEnabled").unwrap_or(false), stream.named("StreamViewType")) {
        (true, None) => Err(invalid("If stream is being enabled then UpdateViewType is required")),
        (false, Some(_)) => {
            Err(invalid("If stream is being disabled, then UpdateViewType must not be specified"))
        }
        (true, Some(_)) if schema.stream.is_some() => {
            Err(ApiError::validation(format!("Table already has an enabled stream: TableName: {name}")))
        }
        (false, None) if schema.stream.is_none() => {
            Err(ApiError::validation(format!("Table has no stream to disable: TableName: {name}")))
        }
        (true, view) => {
            schema.stream = view;
            // No two streams of a table have one label.
            let before = schema.stream_millis.unwrap_or(schema.created_millis);
            schema.stream_millis = Some(now.max(before + 1));
            Ok(())
        }
        (false, None) => {
            // The stream that ends is still named.
            schema.stream = None;
            schema.stream_millis = schema.stream_millis.or(Some(schema.created_millis));
            Ok(())
        }
    }
}
