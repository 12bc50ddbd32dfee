import { load } from '../lib/bundle.mjs';

await load('tests/js/crashes/crashes.ts');
