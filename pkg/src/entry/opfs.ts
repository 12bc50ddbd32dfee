/** What the storage `opfs` needs beside the main entry, which loads it when it is asked for. */

export { Places } from '../link/host/opfs-place.js';
export { openFiles, removeFiles } from '../storage/opfs/opfs.js';
