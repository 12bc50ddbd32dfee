// An application of a few lines: what it finds is the page's title.
import { open } from 'dynatab';
import { visit } from './visit.js';

void visit(open, {});
