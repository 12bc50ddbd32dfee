//! ProjectionExpression, and the same selection for AttributesToGet and for what an update touched.

use std::borrow::Cow;

use super::error::{ExpressionError, ExpressionKind, Problem};
use super::lexer::TokenKind;
use super::path::{Path, Step, check_apart};
use super::placeholders::{Bytes, Placeholders};
use super::syntax::{Cursor, Notes, Resolver};
use crate::collections::VecMap;
use crate::item::{ItemBuf, ItemRef, MapRef, Members, ValueRef, View, tag, writer};

/// Paths of more steps than this reach deeper than any item and select nothing.
const MAX_STEPS: usize = 64;

/// A parsed projection.
#[derive(Clone, Debug, Default)]
pub struct Projection {
    attributes: VecMap<Bytes, Selection>,
    /// Sorted by name. Where there are any, the result is flat: these attributes, with what stands at their paths.
    columns: Vec<(Bytes, Path)>,
}

/// What is taken of a value.
#[derive(Clone, Debug)]
enum Selection {
    All,
    Some {
        /// If it is a map.
        members: VecMap<Bytes, Selection>,
        /// If it is a list.
        elements: VecMap<u32, Selection>,
    },
}

/// Parses a ProjectionExpression.
pub fn parse_projection(text: &str, placeholders: &mut Placeholders) -> Result<Projection, ExpressionError> {
    let kind = ExpressionKind::Projection;
    let mut cursor = Cursor::new(kind, text)?;
    let mut notes = Notes::default();
    let mut raw = vec![cursor.path(&mut notes)?];
    while cursor.eat(TokenKind::Comma) {
        raw.push(cursor.path(&mut notes)?);
    }
    cursor.expect(TokenKind::End)?;
    notes.check(kind)?;
    let mut resolver = Resolver::new(placeholders);
    let paths: Vec<_> = raw.iter().map(|path| resolver.path(path)).collect();
    let paths: Vec<_> = paths.iter().collect();
    resolver
        .check()
        .and_then(|()| check_apart(&paths))
        .map_err(|problem| ExpressionError::new(kind, *problem))?;
    Ok(Projection::from_paths(paths))
}

impl Projection {
    /// Whole top-level attributes.
    pub fn from_names<'n>(names: impl IntoIterator<Item = &'n [u8]>) -> Self {
        let attributes = names.into_iter().map(|name| (name.into(), Selection::All)).collect();
        Self { attributes, columns: Vec::new() }
    }

    /// What stands at paths, each as an attribute of the result; they come sorted by name. Paths of which one holds
    /// another are refused.
    pub fn from_columns(columns: Vec<(Bytes, Path)>) -> Result<Self, Box<Problem>> {
        let paths: Vec<&Path> = columns.iter().map(|(_, path)| path).collect();
        check_apart(&paths)?;
        let mut projection = Self::from_paths(paths);
        if columns.iter().any(|(_, path)| path.is_nested()) {
            projection.columns = columns;
        }
        Ok(projection)
    }

    /// Everything at `paths`.
    pub(super) fn from_paths<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Self {
        let mut projection = Self::default();
        for path in paths {
            let Some((Step::Name(root), inner)) = path.steps().split_first() else { continue };
            if inner.len() < MAX_STEPS {
                projection.attributes.get_or_insert_with(root.clone(), Selection::nothing).add(inner);
            }
        }
        projection
    }

    /// The top-level attributes it names, each once.
    pub fn root_names(&self) -> impl Iterator<Item = &[u8]> {
        self.attributes.keys().map(|name| &**name)
    }

    /// What it selects of `item`, in the item's shape. Lists are compacted; what is missing is left out.
    pub fn apply(&self, item: ItemRef<'_>) -> ItemBuf {
        let mut selected = Vec::new();
        if self.columns.is_empty() {
            selected = select_members(&self.attributes, item.map());
        }
        for (name, path) in &self.columns {
            selected.extend(path.find(item.map()).map(|value| (&**name, Cow::Borrowed(value.bytes()))));
        }
        writer::item_from_sorted(
            selected.iter().filter_map(|(name, bytes)| Some((*name, ValueRef::first(bytes)?))),
        )
    }
}

impl Selection {
    fn nothing() -> Self {
        Self::Some { members: VecMap::new(), elements: VecMap::new() }
    }

    fn add(&mut self, steps: &[Step]) {
        let mut at = self;
        for step in steps {
            let Self::Some { members, elements } = at else { return };
            at = match step {
                Step::Name(name) => members.get_or_insert_with(name.clone(), Self::nothing),
                Step::Index(index) => elements.get_or_insert_with(*index, Self::nothing),
            };
        }
        *at = Self::All;
    }

    /// The selected part of `value`; `None` when it holds nothing of it.
    fn of<'a>(&self, value: ValueRef<'a>) -> Option<Cow<'a, [u8]>> {
        let Self::Some { members, elements } = self else { return Some(Cow::Borrowed(value.bytes())) };
        let mut out = Vec::new();
        match value.view()? {
            View::M(map) => {
                let selected = select_members(members, map);
                let open = writer::begin(&mut out, tag::MAP, non_zero(selected.len())?);
                for (name, bytes) in &selected {
                    writer::put_text(&mut out, name);
                    out.extend_from_slice(bytes);
                }
                writer::end(&mut out, open);
            }
            View::L(list) => {
                let selected = select_elements(elements, list);
                let open = writer::begin(&mut out, tag::LIST, non_zero(selected.len())?);
                for bytes in &selected {
                    out.extend_from_slice(bytes);
                }
                writer::end(&mut out, open);
            }
            _ => return None,
        }
        Some(Cow::Owned(out))
    }
}

fn non_zero(count: usize) -> Option<usize> {
    (count > 0).then_some(count)
}

/// Walks selection and map together: both are sorted by name.
fn select_members<'a>(
    selection: &VecMap<Bytes, Selection>,
    map: MapRef<'a>,
) -> Vec<(&'a [u8], Cow<'a, [u8]>)> {
    let mut wanted = selection.iter().peekable();
    let mut selected = Vec::new();
    for (name, value) in map.iter() {
        while wanted.next_if(|(at, _)| ***at < *name).is_some() {}
        match wanted.peek() {
            None => break,
            Some((at, inner)) if ***at == *name => {
                selected.extend(inner.of(value).map(|bytes| (name, bytes)));
            }
            Some(_) => {}
        }
    }
    selected
}

fn select_elements<'a>(selection: &VecMap<u32, Selection>, list: Members<'a>) -> Vec<Cow<'a, [u8]>> {
    let mut wanted = selection.iter().peekable();
    let mut selected = Vec::new();
    for (index, value) in (0u32..).zip(list.values()) {
        match wanted.peek() {
            None => break,
            Some((at, inner)) if **at == index => {
                selected.extend(inner.of(value));
                wanted.next();
            }
            Some(_) => {}
        }
    }
    selected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::tests::*;

    fn sample() -> ItemBuf {
        let inner = m(&[("x", n("1")), ("y", n("2")), ("z", m(&[("deep", yes())]))]);
        item(&[
            ("a", n("1")),
            ("a.b", s("dotted")),
            ("é", s("accent")),
            ("l", l(&[n("0"), inner.clone(), n("2"), l(&[n("30"), n("31")])])),
            ("m", inner),
        ])
    }

    #[test]
    fn selects_in_the_items_shape() {
        let list = |elements: &[V]| item(&[("l", l(elements))]);
        for (text, expected) in [
            ("a", item(&[("a", n("1"))])),
            ("#dot", item(&[("a.b", s("dotted"))])),
            ("m.x", item(&[("m", m(&[("x", n("1"))]))])),
            ("m.y,m.x", item(&[("m", m(&[("x", n("1")), ("y", n("2"))]))])),
            ("m.z.deep, a", item(&[("a", n("1")), ("m", m(&[("z", m(&[("deep", yes())]))]))])),
            ("l[2], l[0]", list(&[n("0"), n("2")])),
            ("l[1].y, l[3][1], l[1].x", list(&[m(&[("x", n("1")), ("y", n("2"))]), l(&[n("31")])])),
            ("l[1].nope, l[3][5], l[2]", list(&[n("2")])),
            ("l[3]", list(&[l(&[n("30"), n("31")])])),
        ] {
            let sample = sample();
            let projection = parse_projection(text, &mut all_placeholders()).unwrap();
            assert_eq!(projection.apply(sample.as_ref()), expected, "{text}");
        }
    }

    #[test]
    fn missing_paths_are_skipped() {
        for text in ["nope", "m.nope", "l[9]", "a.x", "a[0]", "m[0]", "l.x", "m.z.nope, l[1].z.nope"] {
            let selected = parse_projection(text, &mut all_placeholders()).unwrap().apply(sample().as_ref());
            assert_eq!(selected, item(&[]), "{text}");
        }
    }

    #[test]
    fn whole_names() {
        let projection = Projection::from_names([b"m".as_slice(), b"a", b"nope", b"a"]);
        assert_eq!(projection.root_names().collect::<Vec<_>>(), [b"a".as_slice(), b"m", b"nope"]);
        let selected = projection.apply(sample().as_ref());
        assert_eq!(selected.map().iter().map(|(name, _)| name).collect::<Vec<_>>(), [b"a", b"m"]);
    }

    #[test]
    fn refusals() {
        let overlap = |one, two| {
            format!(
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
            )
        };
        for (text, expected) in [
            ("a, a", overlap("[a]", "[a]")),
            ("#a, b, a", overlap("[a]", "[a]")),
            ("a, a.b", overlap("[a]", "[a, b]")),
            ("a[1].b, a[1]", overlap("[a, [1], b]", "[a, [1]]")),
            (
                "a.b, c, a[0]",
                "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [0]]".into(),
            ),
            ("a,", "Syntax error; token: \"<EOF>\", near: \",\"".into()),
            ("a b", "Syntax error; token: \"b\", near: \"a b\"".into()),
            ("user-id", "Syntax error; token: \"-\", near: \"user-id\"".into()),
            (":n", "Syntax error; token: \":n\", near: \":n\"".into()),
            ("size(a)", "Syntax error; token: \"(\", near: \"size(a\"".into()),
            ("a, Name", "Attribute name is a reserved keyword; reserved keyword: Name".into()),
            (
                "#nope",
                "An expression attribute name used in the document path is not defined; attribute name: #nope".into(),
            ),
        ] {
            assert_eq!(refusal(parse_projection(text, &mut all_placeholders())), expected, "{text}");
        }
    }
}
