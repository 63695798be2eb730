/**
 * What programs in a sandbox see of the machine: all of it, but read-only, with /tmp, /var/tmp, /dev and /proc of their
 * own, except for what is listed here. All paths are absolute. Where lists contradict each other the longer path decides,
 * and of two that are the same the list that comes first here. What is not there is passed by.
 */
export interface View {
  /** Directories that may be written. */
  readonly writable: readonly string[];
  /** What is seen at other paths than its own, and may be written: where, and which directory. */
  readonly places: Readonly<Record<string, string>>;
  /** Directories that seem to be empty. */
  readonly hidden: readonly string[];
  /** What is seen though it lies in a hidden directory, or below /tmp. */
  readonly readable: readonly string[];
}
