//! Reads GlobalSecondaryIndexUpdates.

use crate::api::ApiError;

use super::super::read::Fields;
use super::invalid;

/// One entry of GlobalSecondaryIndexUpdates.
pub(super) enum Action<'a> {
    Create(Fields<'a>),
    Update(Fields<'a>),
    Delete(Fields<'a>),
}

impl<'a> Action<'a> {
    fn fields(&self) -> Fields<'a> {
        let (Self::Create(fields) | Self::Update(fields) | Self::Delete(fields)) = self;
        *fields
    }

    pub(super) fn name(&self) -> &'a str {
        self.fields().text("IndexName").unwrap_or_default()
    }

    pub(super) fn is_create(&self) -> bool {
        matches!(self, Self::Create(_))
    }

    /// It changes which indexes there are.
    pub(super) fn is_structural(&self) -> bool {
        !matches!(self, Self::Update(_))
    }

    pub(super) fn sets_throughput_of(&self, index: &str) -> bool {
        matches!(self, Self::Update(fields) if self.name() == index && fields.has("ProvisionedThroughput"))
    }
}

pub(super) fn actions<'a>(request: &Fields<'a>) -> Result<Vec<Action<'a>>, ApiError> {
    let mut actions: Vec<Action<'a>> = Vec::new();
    for entry in request.maps("GlobalSecondaryIndexUpdates").unwrap_or_default() {
        let given = [
            entry.map("Create").map(Action::Create),
            entry.map("Update").map(Action::Update),
            entry.map("Delete").map(Action::Delete),
        ];
        let mut given = given.into_iter().flatten();
        let Some(action) = given.next() else {
            return Err(invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, \
                 GlobalSecondaryIndexUpdate.Delete must not be null",
            ));
        };
        if given.next().is_some() {
            return Err(invalid(
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
            ));
        }
        if actions.iter().any(|other| other.name() == action.name()) {
            return Err(invalid(format!(
                "Only one global secondary index update per index is allowed simultaneously. Index: {}",
                action.name()
            )));
        }
        actions.push(action);
    }
    Ok(actions)
}
