// The same where the bundler knows wasm files but not `new URL`: the application says where the engine is.
import more from 'dynatab/engine.more.wasm';
import wasm from 'dynatab/engine.wasm';
import { open } from 'dynatab/slim';
import { visit } from './visit.js';

void visit(open, { wasm: new URL(wasm, import.meta.url), more: new URL(more, import.meta.url) });
