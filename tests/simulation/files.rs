//! The script on the file store, sealed and not: crashes at every call of the file system.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use dynatab::platform::Store;
use dynatab::platform::files::FileStore;
use dynatab::platform::simulated::{Random, SimulatedPlatform};

use crate::script::Script;
use crate::sim_files::{Disk, SimFiles};
use crate::support::Database;
use crate::support::cipher::sealed_now;
use crate::{environment, options};

/// Segments so small that they are closed and merged all the time.
const SEGMENT: u64 = 30_000;
/// Of a hundred calls so many are crashed at.
const SHARE: u64 = 40;

fn database(seed: u64, platform: &SimulatedPlatform, files: Rc<SimFiles>) -> Database {
    let store = platform.block_on(FileStore::open_with(files, SEGMENT)).expect("it ends").expect("it opens");
    // Every other seed's is sealed.
    let layered: Rc<dyn Store> =
        if seed.is_multiple_of(2) { Rc::new(sealed_now(Rc::new(store), platform)) } else { Rc::new(store) };
    Database::open(platform, layered, options())
}

#[test]
fn every_acknowledged_write_survives_a_crash_at_any_call_of_the_file_system() {
    let wanted = environment("DYNATAB_FILE_CRASHES", 1_000);
    let first_seed = environment("DYNATAB_SEED", 1);
    let points = Rc::new(Cell::new(0));
    let mut seed = first_seed;
    while points.get() < wanted {
        println!("seed {seed}");
        let platform = SimulatedPlatform::new(seed);
        let files = SimFiles::new(Disk::default());
        let db = database(seed, &platform, Rc::clone(&files));
        let mut script = Script::new(seed);
        script.create_tables(&db);
        // What the disk would be after a crash, at calls since the script was last asked what must be there.
        let crashed: Rc<RefCell<Vec<Disk>>> = Rc::default();
        let random = RefCell::new(Random::new(!seed));
        let (told, count) = (Rc::clone(&crashed), Rc::clone(&points));
        files.set_hook(move |disk| {
            let mut random = random.borrow_mut();
            if count.get() < wanted && random.chance(SHARE) {
                count.set(count.get() + 1);
                told.borrow_mut().push(disk.crash(&mut random));
            }
        });
        for step in 0..1_000 {
            script.send_one(&db);
            platform.run_until_stalled();
            // What was acknowledged meanwhile may be missing there; what was before must not.
            for disk in crashed.take() {
                let platform = SimulatedPlatform::new(seed ^ step);
                let survivor = database(seed, &platform, SimFiles::new(disk));
                script.verify(&survivor);
                survivor.assert_sound("after a crash");
            }
            script.collect(&db);
        }
        platform.run_until_idle();
        script.collect(&db);
        assert_eq!(script.unanswered(), 0, "every operation is answered");
        script.verify(&db);
        seed += 1;
    }
    println!("{} crashes of files survived, seeds {first_seed}..{seed}", points.get());
}
