//! Why a transaction is cancelled: one reason for each of its actions, in their order.

use crate::api::error::Reason;
use crate::api::{ApiError, ErrorKind};

/// Outcomes of the actions so far.
#[derive(Default)]
pub(in crate::api) struct Reasons {
    reasons: Vec<Option<ApiError>>,
    /// What refuses the whole request.
    refusal: Option<ApiError>,
}

impl Reasons {
    /// The next action went well, or did not.
    pub(in crate::api) fn add(&mut self, outcome: Result<(), ApiError>) {
        match outcome {
            Err(error) if error.whole => self.refusal = self.refusal.take().or(Some(error)),
            other => self.reasons.push(other.err()),
        }
    }

    /// The error that refuses or cancels the transaction, if any action failed.
    pub(in crate::api) fn cancelled(self) -> Option<ApiError> {
        let Self { reasons, refusal } = self;
        refusal.or_else(|| reasons.iter().any(Option::is_some).then(|| cancel(reasons)))
    }
}

fn cancel(failures: Vec<Option<ApiError>>) -> ApiError {
    let invalid = |error: &ApiError| error.kind == ErrorKind::Validation;
    // What cannot be evaluated is told alone: the other actions were not looked at.
    let only_invalid = failures.iter().flatten().any(invalid);
    let reasons: Vec<Reason> = failures
        .into_iter()
        .map(|failure| failure.filter(|error| !only_invalid || invalid(error)))
        .map(|failure| failure.map_or_else(Reason::none, reason))
        .collect();
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code).collect();
    let mut error = ApiError::new(
        ErrorKind::TransactionCanceled,
        format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        ),
    );
    error.reasons = reasons;
    error
}

fn reason(mut failure: ApiError) -> Reason {
    let code = match failure.kind {
        ErrorKind::ConditionalCheckFailed => "ConditionalCheckFailed",
        ErrorKind::DuplicateItem => "DuplicateItem",
        ErrorKind::ItemCollectionSizeLimitExceeded => "ItemCollectionSizeLimitExceeded",
        _ => "ValidationError",
    };
    Reason { code, message: std::mem::take(&mut failure.message), item: failure.item.take() }
}
