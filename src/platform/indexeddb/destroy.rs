//! Deleting the database; in the engine's second file.

use rexie::Rexie;

use super::open::{factory, full_name, refused};
use crate::platform::{StoreError, js};

/// Deletes the database `name`; absent is fine. Waits until every other connection to it is closed.
pub async fn destroy(name: &str) -> Result<(), StoreError> {
    factory()?;
    Rexie::delete(&full_name(name)).await.map_err(|error| refused(text(error)))
}

/// The browser's words inside an error of rexie's. Its own would bring along those of all that it could do, of which
/// deleting is the least.
fn text(error: rexie::Error) -> String {
    use idb::Error::{DomException, IndexedDbDeleteFailed};
    match error {
        rexie::Error::IdbError(IndexedDbDeleteFailed(cause)) => js::error_text(&cause),
        rexie::Error::IdbError(DomException(cause)) => js::error_text(&cause),
        _ => "the database was not deleted".to_owned(),
    }
}
