//! What a verification found, as an object.

use std::rc::Rc;

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::JsValue;

use super::errors;
use crate::driver::Driver;
use crate::driver::verify::{Problem, Report, verify};
use crate::platform::js;

/// Verifies; resolves with a `VerifyReport` of `pkg/src/types.ts`.
#[inline(never)]
pub(super) fn run(driver: Rc<Driver>) -> Promise {
    js::promise(Box::pin(async move {
        match verify(driver).await {
            Ok(report) => Ok(told(&report)),
            Err(cause) => Err(errors::error(cause.kind.name(), &cause.message)),
        }
    }))
}

fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // Setting a member of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

#[inline(never)]
pub(super) fn told(report: &Report) -> JsValue {
    let number = |value: u64| JsValue::from_f64(value as f64);
    object(&[
        ("tables", number(report.tables)),
        ("items", number(report.items)),
        ("indexEntries", number(report.index_entries)),
        ("blocks", number(report.blocks)),
        ("bytes", number(report.bytes)),
        ("problems", report.problems.iter().map(problem).collect::<Array>().into()),
        ("moreProblems", number(report.more_problems)),
    ])
}

fn problem(problem: &Problem) -> JsValue {
    let mut members = vec![("problem", JsValue::from_str(&problem.problem))];
    let names = [("tableName", &problem.table_name), ("indexName", &problem.index_name)];
    for (member, name) in names {
        members.extend(name.as_ref().map(|name| (member, JsValue::from_str(name))));
    }
    object(&members)
}
