//! A schema as a document, for the log and the manifest. Readers skip members they do not know, so that a newer
//! version may add some; a member that is absent has its default.

use crate::item::ValueRef;
use crate::wire::document::{DocWriter, MapWriter};

use super::read::{Fields, scalar};
use super::schema::{
    Attribute, Busy, Changes, IndexSchema, OnDemand, Projection, Sse, TableSchema, Tag, Throughput, Warm,
};
use crate::storage::TreeId;

impl TableSchema {
    /// The document.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = DocWriter::default();
        let mut map = MapWriter::new(&mut writer);
        map.text("name", &self.name);
        map.text("id", &self.id);
        map.integer("created", self.created_millis);
        map.list("attributes", self.attributes.iter(), |w, attribute| {
            let mut map = MapWriter::new(w);
            map.text("name", &attribute.name);
            map.text("type", attribute.kind.name());
            map.end();
        });
        map.text("hash", &self.hash);
        if let Some(range) = &self.range {
            map.text("range", range);
        }
        indexes(&mut map, "locals", &self.lsis);
        indexes(&mut map, "globals", &self.gsis);
        map.text("billing", self.billing.name());
        capacity(&mut map, self.provisioned, self.on_demand, self.warm);
        changes(&mut map, self.changes);
        if let Some(millis) = self.per_request_millis {
            map.integer("perRequestSince", millis);
        }
        if let Some(view) = self.stream {
            map.text("stream", view.name());
        }
        if let Some(millis) = self.stream_millis {
            map.integer("streamSince", millis);
        }
        if let Some(attribute) = &self.ttl {
            map.text("ttl", attribute);
        }
        if let Some(millis) = self.ttl_millis {
            map.integer("ttlSince", millis);
        }
        if let Some(seq) = self.ttl_seq {
            map.integer("ttlSeq", seq);
        }
        if let Some(sse) = &self.sse {
            map.map("sse", |map| {
                if let Some(key) = &sse.key {
                    map.text("key", key);
                }
            });
        }
        if let Some(class) = self.class {
            map.text("class", class.name());
        }
        map.list("tags", self.tags.iter(), |w, tag| {
            let mut map = MapWriter::new(w);
            map.text("key", &tag.key);
            map.text("value", &tag.value);
            map.end();
        });
        map.member("deletionProtection").boolean(self.deletion_protection);
        if let Some(busy) = self.busy {
            map.text("busy", busy.status.name());
            map.integer("busyUntil", busy.until_millis);
        }
        map.end();
        writer.finish()
    }

    /// Reads what [`TableSchema::encode`] wrote, here or in another version. `None` when an essential member is missing.
    pub fn decode(document: &[u8]) -> Option<Self> {
        let map = Fields::of(ValueRef::first(document)?)?;
        let attributes = map
            .maps("attributes")?
            .into_iter()
            .map(|a| Some(Attribute { name: a.owned("name")?, kind: scalar(a.text("type")?)? }));
        let tags = map
            .maps("tags")
            .unwrap_or_default()
            .into_iter()
            .map(|tag| Some(Tag { key: tag.owned("key")?, value: tag.owned("value")? }));
        Some(Self {
            name: map.owned("name")?,
            attributes: attributes.collect::<Option<_>>()?,
            hash: map.owned("hash")?,
            range: map.owned("range"),
            lsis: read_indexes(&map, "locals")?,
            gsis: read_indexes(&map, "globals")?,
            billing: map.named("billing")?,
            provisioned: read_provisioned(&map),
            on_demand: read_on_demand(&map),
            warm: read_warm(&map),
            changes: read_changes(&map),
            per_request_millis: map.unsigned("perRequestSince"),
            stream: map.named("stream"),
            stream_millis: map.unsigned("streamSince"),
            ttl: map.owned("ttl"),
            ttl_millis: map.unsigned("ttlSince"),
            ttl_seq: map.unsigned("ttlSeq"),
            sse: map.map("sse").map(|sse| Sse { key: sse.owned("key") }),
            class: map.named("class"),
            tags: tags.collect::<Option<_>>()?,
            deletion_protection: map.boolean("deletionProtection").unwrap_or(false),
            created_millis: map.unsigned("created")?,
            id: map.owned("id")?,
            busy: map
                .named("busy")
                .zip(map.unsigned("busyUntil"))
                .map(|(status, until_millis)| Busy { status, until_millis }),
        })
    }
}

fn texts(map: &mut MapWriter<'_>, name: &str, texts: &[String]) {
    map.list(name, texts.iter(), |w, text| w.string(text.as_bytes()));
}

fn indexes(map: &mut MapWriter<'_>, name: &str, indexes: &[IndexSchema]) {
    map.list(name, indexes.iter(), |w, index| {
        let mut map = MapWriter::new(w);
        map.text("name", &index.name);
        texts(&mut map, "hash", &index.hash);
        texts(&mut map, "range", &index.range);
        projection(&mut map, &index.projection);
        capacity(&mut map, index.provisioned, index.on_demand, index.warm);
        changes(&mut map, index.changes);
        if let Some(tree) = index.tree {
            map.integer("tree", u64::from(tree.0));
        }
        if let Some(position) = &index.backfilled {
            map.member("backfilled").binary(position);
        }
        map.end();
    });
}

fn read_indexes(map: &Fields<'_>, name: &str) -> Option<Vec<IndexSchema>> {
    let indexes = map.maps(name).unwrap_or_default().into_iter().map(|index| {
        Some(IndexSchema {
            name: index.owned("name")?,
            hash: index.texts("hash")?,
            range: index.texts("range")?,
            projection: read_projection(&index)?,
            provisioned: read_provisioned(&index),
            on_demand: read_on_demand(&index),
            warm: read_warm(&index),
            changes: read_changes(&index),
            tree: index.unsigned("tree").and_then(TreeId::new),
            backfilled: index.binary("backfilled"),
        })
    });
    indexes.collect()
}

fn projection(map: &mut MapWriter<'_>, projection: &Projection) {
    map.text("projection", projection.name());
    if let Projection::Include(names) = projection {
        texts(map, "include", names);
    }
}

fn read_projection(map: &Fields<'_>) -> Option<Projection> {
    Some(match map.text("projection")? {
        "ALL" => Projection::All,
        "KEYS_ONLY" => Projection::KeysOnly,
        "INCLUDE" => Projection::Include(map.texts("include")?),
        _ => return None,
    })
}

fn capacity(
    map: &mut MapWriter<'_>,
    provisioned: Throughput,
    on_demand: Option<OnDemand>,
    warm: Option<Warm>,
) {
    map.integer("read", provisioned.read);
    map.integer("write", provisioned.write);
    if let Some(limits) = on_demand {
        map.map("onDemand", |map| {
            if let Some(n) = limits.max_read {
                map.integer("read", n);
            }
            if let Some(n) = limits.max_write {
                map.integer("write", n);
            }
        });
    }
    if let Some(warm) = warm {
        map.map("warm", |map| {
            map.integer("read", warm.read);
            map.integer("write", warm.write);
        });
    }
}

fn changes(map: &mut MapWriter<'_>, changes: Changes) {
    if let Some(millis) = changes.increased {
        map.integer("increased", millis);
    }
    if let Some(millis) = changes.decreased {
        map.integer("decreased", millis);
        map.integer("decreases", changes.decreases);
    }
}

fn read_changes(map: &Fields<'_>) -> Changes {
    Changes {
        increased: map.unsigned("increased"),
        decreased: map.unsigned("decreased"),
        decreases: map.unsigned("decreases").unwrap_or(0),
    }
}

fn read_provisioned(map: &Fields<'_>) -> Throughput {
    Throughput { read: map.unsigned("read").unwrap_or(0), write: map.unsigned("write").unwrap_or(0) }
}

fn read_on_demand(map: &Fields<'_>) -> Option<OnDemand> {
    let limits = map.map("onDemand")?;
    Some(OnDemand { max_read: limits.unsigned("read"), max_write: limits.unsigned("write") })
}

fn read_warm(map: &Fields<'_>) -> Option<Warm> {
    let warm = map.map("warm")?;
    Some(Warm { read: warm.unsigned("read")?, write: warm.unsigned("write")? })
}

#[cfg(test)]
pub(super) mod tests;
