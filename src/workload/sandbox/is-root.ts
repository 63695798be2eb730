/** Whoever is root needs no user namespace, and keeps being able to give files to others. */
export const isRoot = process.getuid?.() === 0;
