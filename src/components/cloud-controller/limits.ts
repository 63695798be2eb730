/** Instances of one process. More than any machine this is for can run. */
export const maxInstances = 1_000;
