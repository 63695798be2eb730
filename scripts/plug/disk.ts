/** A directory that can lose its power. */
export interface Disk {
  readonly path: string;
  /** Whether a cut leaves only what fsync had brought to the disk. */
  readonly forgets: boolean;
  /** How the cuts are made, for people. */
  readonly method: string;
  /** From now on nothing reaches it any more, whoever still runs. */
  cut(): Promise<void>;
  /** Power again: it is as the cut left it. By now nobody may use it. */
  restore(): Promise<void>;
}

export const diskKinds = ['ext4', 'strict', 'copy'] as const;
export type DiskKind = (typeof diskKinds)[number];
