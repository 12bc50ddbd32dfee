//! stub
#![allow(missing_docs)]
use crate::item::Kind;
use crate::wire::document::DocWriter;
#[derive(Clone, Debug)]
pub enum Projection { All, KeysOnly, Include(Vec<String>) }
#[derive(Clone, Debug)]
pub struct IndexSchema { pub name: String, pub hash: Vec<String>, pub range: Vec<String>, pub projection: Projection }
#[derive(Clone, Debug)]
pub struct TableSchema { pub name: String, pub hash: String, pub range: Option<String>, pub lsis: Vec<IndexSchema>, pub gsis: Vec<IndexSchema>, pub created_millis: u64, pub id: String, pub deletion_protection: bool }
impl TableSchema {
  pub fn attribute_kind(&self, _n: &str) -> Option<Kind> { Some(Kind::S) }
  pub fn encode(&self) -> Vec<u8> { self.name.clone().into_bytes() }
  pub fn decode(b: &[u8]) -> Option<Self> { Some(Self{ name: String::from_utf8(b.to_vec()).ok()?, hash: "pk".into(), range: None, lsis: vec![], gsis: vec![], created_millis: 0, id: String::new(), deletion_protection: false}) }
}
pub mod create { use super::*; use crate::api::ApiError; use crate::item::MapRef;
 pub fn parse(_: MapRef<'_>) -> Result<TableSchema, ApiError> { TableSchema::decode(b"t").ok_or(ApiError::validation("x")) } }
pub fn describe(_out: &mut DocWriter, _s: &TableSchema, _status: &str, _c: &[(u64,u64)], _r: &str, _a: &str) {}
