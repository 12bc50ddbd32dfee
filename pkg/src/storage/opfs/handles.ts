/** Whether this context may have handles of files: only dedicated workers may. */
export const hasHandles = () => 'FileSystemSyncAccessHandle' in globalThis;
