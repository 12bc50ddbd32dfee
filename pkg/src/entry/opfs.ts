/** What the storage `opfs` needs beside the main entry, which loads it when it is asked for. */

export { RemoteStore } from '../storage/remote/remote-store.js';
export { openFiles, removeFiles } from '../storage/opfs/opfs.js';
