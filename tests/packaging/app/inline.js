// The same with the engine inside the script.
import { open } from 'dynatab/inline';
import { visit } from './visit.js';

void visit(open, {});
