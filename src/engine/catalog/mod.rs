//! What the database knows of its tables: their schemas, how one comes from a CreateTable request, how it is written
//! to log and manifest, and how DescribeTable tells it. It knows nothing of items.

pub mod codec;
pub mod create;
pub mod describe;
pub mod differ;
mod read;
pub mod schema;

pub use describe::{Answer, Counts, Facts, describe};
pub use differ::schemas_differ;
pub use schema::{
    Attribute, BillingMode, GlobalIndex, LocalIndex, OnDemand, Projection, Sse, StreamView, TableClass,
    TableSchema, TableStatus, Tag, Throughput, Warm,
};
