//! What the database knows of its tables: their schemas, how one comes from a CreateTable request, how it is written
//! to log and manifest, and how DescribeTable tells it. It knows nothing of items.

pub mod codec;
pub mod create;
pub mod describe;
pub mod differ;
mod read;
pub mod schema;
mod sound;
pub mod update;

pub use create::tags as parse_tags;
pub use describe::describe;
pub use differ::schemas_differ;
pub use schema::{
    Attribute, BillingMode, Busy, BusyStatus, Changes, IndexSchema, OnDemand, Projection, Sse, StreamView,
    TableClass, TableSchema, Tag, Throughput, Warm,
};
