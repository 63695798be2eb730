/** Who a service belongs to: the machine, or one user. Only the machine's starts before anybody has logged in. */
export type Scope = 'system' | 'user';

/** A user of this machine, as its user database has it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** What is to run after each boot, and how. */
export interface ServicePlan {
  readonly scope: Scope;
  /** As whom it runs; never root. */
  readonly account: Account;
  /** What starts localpaas: an absolute path, and what it is given before the name of a command. */
  readonly program: readonly string[];
  /** What `up` is given, e.g. `--port`, `80`. */
  readonly options: readonly string[];
  /** The platform's home, absolute. */
  readonly home: string;
  /** Where the router listens: an IP address and a port. */
  readonly listen: string;
  readonly port: number;
  /** Of the message bus, on loopback; 0 for any. */
  readonly busPort: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the service manager takes away what neither platform nor apps need. */
  readonly isConfined: boolean;
}

/** The name of the service, for every service manager. */
export const serviceName = 'localpaas';
