/** Instances of one process. More than any machine this is for can run. */
export const maxInstances = 1_000;
/** Open files of an instance, and of a staging task. Origin: the default of the 2012 DEA. */
export const maxOpenFiles = 1024;
