//! Requests, one a line: a byte that chooses the operation (modulo their number), then the body. A line that begins with
//! `!` moves the clock on. When the first byte is above 127, the rest is not JSON but a document, as JavaScript hands it
//! over.
//!
//! Every answer and every stored item is checked, and after a crash, and after closing, there is what was there before.
#![no_main]

use dynatab::api::Operation;
use dynatab_fuzz::database::Database;
use libfuzzer_sys::fuzz_target;

const LINES: usize = 12;

fn operation(byte: u8) -> Operation {
    Operation::ALL[usize::from(byte) % Operation::ALL.len()]
}

fuzz_target!(|data: &[u8]| {
    let db = Database::filled();
    let Some((first @ 128.., document)) = data.split_first() else {
        return requests(db, data);
    };
    let _ = db.document(operation(*first), document);
    db.contents();
});

fn requests(db: Database, data: &[u8]) {
    // Items that expire come and go by themselves.
    let mut expires = false;
    for line in data.split(|byte| *byte == b'\n').take(LINES) {
        match line.split_first() {
            None => {}
            Some((b'!', rest)) => db.platform.advance_millis(600_000 << (rest.len() % 10)),
            Some((byte, body)) => {
                let operation = operation(*byte);
                let answer = db.json(operation, body);
                expires |= operation == Operation::UpdateTimeToLive && answer.is_ok();
            }
        }
    }
    if expires {
        db.platform.run_until_idle();
        return;
    }
    let image = db.image();
    let before = db.contents();
    let crashed = Database::open(image).expect("a database that was not closed opens");
    assert_eq!(crashed.contents(), before, "what was there is in the log");
    let closed = Database::open(db.close()).expect("a database that was closed opens");
    assert_eq!(closed.contents(), before, "what was there is there");
}
