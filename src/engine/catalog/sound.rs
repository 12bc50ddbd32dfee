//! Whether a schema that came from outside is one that CreateTable and UpdateTable could have left.
//!
//! Requests are checked where they are read, in the service's words ([`super::create`], [`super::update`]). A schema of a
//! dump is whole already, so it is measured by the same limits, in words of our own.

use super::create::capacity::BOUND;
use super::create::index::{MOST_GLOBALS, MOST_LOCALS};
use super::create::keys::MOST as MOST_KEYS;
use super::create::settings::MOST_TAGS;
use super::schema::{IndexSchema, Projection, TableSchema, Throughput};

/// Longest name of an attribute that a key, an index or time to live is about, in bytes.
const MAX_ATTRIBUTE: usize = 255;
/// Longest text of other kinds, far above any there is.
const MAX_TEXT: usize = 2048;

impl TableSchema {
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        let named = |what: &str, name: &str| {
            ensure(is_name(name), || format!("{what} has a name that none may have: {name:?}"))
        };
        named("a table", &self.name)?;
        ensure(is_text(&self.id, MAX_TEXT), || "its id is empty or too long".into())?;
        for (i, attribute) in self.attributes.iter().enumerate() {
            let name = &attribute.name;
            ensure(is_text(name, MAX_ATTRIBUTE), || format!("a key attribute is named {name:?}"))?;
            let doubled = self.attributes.iter().skip(i + 1).any(|other| other.name == *name);
            ensure(!doubled, || format!("attribute {name} is defined twice"))?;
        }
        self.check_key("the table", std::slice::from_ref(&self.hash), self.range.as_slice())?;
        ensure(self.lsis.len() <= MOST_LOCALS, || "it has too many local indexes".into())?;
        ensure(self.gsis.len() <= MOST_GLOBALS, || "it has too many global indexes".into())?;
        for index in self.lsis.iter().chain(&self.gsis) {
            named("an index", &index.name)?;
            let others = self.lsis.iter().chain(&self.gsis).filter(|other| other.name == index.name);
            ensure(others.count() == 1, || format!("two indexes are named {}", index.name))?;
            self.check_index(index)?;
        }
        for index in &self.lsis {
            let local = self.range.is_some()
                && matches!(index.hash.as_slice(), [hash] if *hash == self.hash)
                && index.range.len() == 1;
            ensure(local, || format!("local index {} has a key that none may have", index.name))?;
        }
        check_throughput(self.provisioned)?;
        if let Some(attribute) = &self.ttl {
            ensure(is_text(attribute, MAX_ATTRIBUTE), || "time to live is by no attribute".into())?;
        }
        ensure(self.tags.len() <= MOST_TAGS, || "it has too many tags".into())?;
        for tag in &self.tags {
            let key = &tag.key;
            ensure(is_text(key, MAX_TEXT) && tag.value.len() <= MAX_TEXT, || {
                format!("its tag {key:?} is too long")
            })?;
            let others = self.tags.iter().filter(|other| other.key == *key);
            ensure(others.count() == 1, || format!("it has tag {key} twice"))?;
        }
        Ok(())
    }

    fn check_index(&self, index: &IndexSchema) -> Result<(), String> {
        self.check_key(&format!("index {}", index.name), &index.hash, &index.range)?;
        if let Projection::Include(names) = &index.projection {
            // Names of attributes that are no keys may be as long as names of attributes are.
            let sound = names.iter().all(|name| is_text(name, crate::item::admit::MAX_NAME));
            ensure(sound, || format!("index {} projects an attribute without a name", index.name))?;
        }
        check_throughput(index.provisioned)
    }

    fn check_key(&self, owner: &str, hash: &[String], range: &[String]) -> Result<(), String> {
        let many = (1..=MOST_KEYS).contains(&hash.len()) && range.len() <= MOST_KEYS;
        ensure(many, || format!("the key of {owner} has too many attributes, or none"))?;
        for (i, name) in hash.iter().chain(range).enumerate() {
            ensure(self.attribute_kind(name).is_some(), || {
                format!("key attribute {name} of {owner} is not defined")
            })?;
            let doubled = hash.iter().chain(range).skip(i + 1).any(|other| other == name);
            ensure(!doubled, || format!("the key of {owner} has attribute {name} twice"))?;
        }
        Ok(())
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// The name of a table or an index.
fn is_name(name: &str) -> bool {
    (3..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

fn is_text(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
}

fn check_throughput(units: Throughput) -> Result<(), String> {
    let bound = BOUND.unsigned_abs();
    ensure(units.read <= bound && units.write <= bound, || "its throughput is out of bounds".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::catalog::schema::{Attribute, BillingMode, Changes, Tag};
    use crate::item::Kind;

    fn index(name: &str, hash: &[&str], range: &[&str]) -> IndexSchema {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        IndexSchema {
            name: name.into(),
            hash: owned(hash),
            range: owned(range),
            projection: Projection::All,
            provisioned: Throughput::default(),
            on_demand: None,
            warm: None,
            changes: Changes::default(),
            tree: None,
            backfilled: None,
        }
    }

    fn schema() -> TableSchema {
        let attribute = |name: &str| Attribute { name: name.into(), kind: Kind::S };
        TableSchema {
            name: "songs".into(),
            attributes: ["artist", "song", "genre", "year"].map(attribute).into(),
            hash: "artist".into(),
            range: Some("song".into()),
            lsis: vec![index("by-year", &["artist"], &["year"])],
            gsis: vec![index("by-genre", &["genre"], &["year", "song"])],
            billing: BillingMode::PayPerRequest,
            provisioned: Throughput::default(),
            on_demand: None,
            warm: None,
            changes: Changes::default(),
            per_request_millis: None,
            stream: None,
            stream_millis: None,
            ttl: Some("until".into()),
            ttl_millis: None,
            ttl_seq: None,
            sse: None,
            class: None,
            tags: vec![Tag { key: "team".into(), value: String::new() }],
            deletion_protection: false,
            created_millis: 1,
            id: "an-id".into(),
            busy: None,
        }
    }

    #[test]
    fn what_requests_can_make_is_sound() {
        assert_eq!(schema().check(), Ok(()));
    }

    #[test]
    fn each_contradiction_is_named() {
        type Change = fn(&mut TableSchema);
        let cases: [(Change, &str); 16] = [
            (|s| s.name = "a/b".into(), r#"a table has a name that none may have: "a/b""#),
            (|s| s.name = "ab".into(), r#"a table has a name that none may have: "ab""#),
            (|s| s.id = String::new(), "its id is empty or too long"),
            (|s| s.attributes[3].name = "song".into(), "attribute song is defined twice"),
            (|s| s.attributes[0].name = String::new(), r#"a key attribute is named """#),
            (|s| s.hash = "other".into(), "key attribute other of the table is not defined"),
            (|s| s.range = Some("artist".into()), "the key of the table has attribute artist twice"),
            (|s| s.gsis[0].name = "by-year".into(), "two indexes are named by-year"),
            (|s| s.gsis[0].hash.clear(), "the key of index by-genre has too many attributes, or none"),
            (|s| s.gsis[0].range[0] = "x".into(), "key attribute x of index by-genre is not defined"),
            (|s| s.lsis[0].hash[0] = "genre".into(), "local index by-year has a key that none may have"),
            (|s| s.range = None, "local index by-year has a key that none may have"),
            (|s| s.lsis = vec![s.lsis[0].clone(); 6], "it has too many local indexes"),
            (|s| s.provisioned.read = u64::MAX, "its throughput is out of bounds"),
            (|s| s.ttl = Some(String::new()), "time to live is by no attribute"),
            (|s| s.tags = vec![s.tags[0].clone(); 2], "it has tag team twice"),
        ];
        for (change, expected) in cases {
            let mut schema = schema();
            change(&mut schema);
            assert_eq!(schema.check().unwrap_err(), expected);
        }
    }
}
