//! Dumps. The first byte says whether the rest is a dump as it is, or sections that get their checksums here, each its kind, its
//! length in two bytes, and its payload.
#![no_main]

use std::rc::Rc;

use dynatab::driver::LoadError;
use dynatab::platform::memory::Image;
use dynatab_fuzz::database::Database;
use dynatab_fuzz::dumps::sealed;
use libfuzzer_sys::fuzz_target;

fn load(db: &Database, dump: &[u8], part: usize) -> Result<(), LoadError> {
    let (driver, dump) = (Rc::clone(&db.driver), dump.to_vec());
    let loading = async move {
        let mut load = driver.load().await?;
        for part in dump.chunks(part) {
            load.feed(part).await?;
        }
        load.finish().await.map(|_| ())
    };
    db.platform.block_on(loading).expect("a load does not hang")
}

fuzz_target!(|input: &[u8]| {
    let Some((form, bytes)) = input.split_first() else { return };
    let dump = if form & 1 == 0 { bytes.to_vec() } else { sealed(bytes) };
    let db = Database::open(Image::default()).expect("a new database opens");
    if load(&db, &dump, 1 + usize::from(*form) * 16).is_err() {
        assert!(db.contents().is_empty(), "a load that fails leaves nothing");
        return;
    }
    let contents = db.contents();
    let again = Database::open(Image::default()).expect("a new database opens");
    load(&again, &db.dump(), 4096).expect("what was loaded is dumped and loaded again");
    assert_eq!(again.contents(), contents);
    let reopened = Database::open(db.close()).expect("what was loaded opens again");
    assert_eq!(reopened.contents(), contents);
});
