//! A limit to single allocations. No input is longer than a few kilobytes, so whoever asks for more than this believed
//! a length it should have checked. libFuzzer sees that only once the memory is used.

use std::alloc::{GlobalAlloc, Layout, System};

const MOST: usize = 256 << 20;

struct Limited;

// SAFETY: all is passed on; a null pointer is how an allocator refuses.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > MOST {
            return std::ptr::null_mut();
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > MOST {
            return std::ptr::null_mut();
        }
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Limited = Limited;
