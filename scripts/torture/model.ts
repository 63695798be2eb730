import type { Change } from './changes.ts';

/** What the platform says about an app. */
export interface Seen {
  readonly environment: Readonly<Record<string, string>>;
  readonly instances: number;
  readonly state: string;
  /** Host names without the domain. */
  readonly routes: readonly string[];
  readonly hasDroplet: boolean;
}

/** `undefined` is a field that is not there. */
type Value = string | number | boolean | undefined;
type Fields = Map<string, Value[]>;
type Effect = readonly [field: string, value: Value];

const existence = 'existence';
const variable = 'variable ';
const route = 'route ';

/**
 * What may be read back of each app. A change that was acknowledged must be there. One that was asked for and not
 * acknowledged may be there or not, until a later one of the same field is acknowledged.
 */
export class Model {
  /** By app and field; the possible values. */
  readonly #apps = new Map<string, Fields>();

  /** An app that runs, under a route of its own name. */
  add(app: string, { version, instances }: { version: string; instances: number }): void {
    this.#apps.set(
      app,
      fieldsOf([
        [existence, true],
        ['version', version],
        ['instances', instances],
        ['state', 'STARTED'],
        [route + app, true],
      ]),
    );
  }

  /** A name that no app has yet. */
  addName(app: string): void {
    this.#apps.set(app, fieldsOf([[existence, false]]));
  }

  get names(): readonly string[] {
    return [...this.#apps.keys()];
  }

  /** The change is about to be asked for: from now on it may show. */
  attempt(app: string, change: Change): void {
    for (const [field, value] of [...effectsOf(change), ...this.#inBetween(app, change)]) {
      const possible = this.#possible(app, field);
      if (!possible.includes(value)) possible.push(value);
    }
  }

  /** The change was acknowledged: from now on nothing else may show. */
  acknowledge(app: string, change: Change): void {
    const fields = this.#fieldsOf(app);
    if (change.kind === 'create' || change.kind === 'delete') fields.clear();
    for (const [field, value] of effectsOf(change)) fields.set(field, [value]);
    if (change.kind !== 'push') return;
    fields.set(
      'instances',
      this.#possible(app, 'instances').filter((count) => count !== undefined),
    );
    if (!this.#mayHaveOtherRoutes(app)) fields.set(route + app, [true]);
  }

  /** Nothing is under way any more: what is seen now must stay. @param version that is served; absent when none is */
  settle(app: string, seen: Seen | undefined, version?: string): void {
    const fields = this.#fieldsOf(app);
    if (seen === undefined) fields.clear();
    fields.set(existence, [seen !== undefined]);
    if (seen === undefined) return;
    for (const field of fields.keys()) {
      if (field.startsWith(variable)) fields.set(field, [seen.environment[field.slice(variable.length)]]);
      if (field.startsWith(route)) fields.set(field, [seen.routes.includes(field.slice(route.length)) || undefined]);
    }
    fields.set('instances', [seen.instances]);
    fields.set('state', [seen.state]);
    if (!seen.hasDroplet) fields.set('version', [undefined]);
    else if (version !== undefined) fields.set('version', [version]);
  }

  /** Versions of which the app may serve one. */
  versionsOf(app: string): readonly string[] {
    return this.#possible(app, 'version').flatMap((version) => (version === undefined ? [] : [String(version)]));
  }

  /** Whether it is known what runs: nothing that was not acknowledged can still change version or number of instances. */
  isCertain(app: string): boolean {
    return this.#possible(app, 'version').length === 1 && this.#possible(app, 'instances').length === 1;
  }

  /** Whether the platform has to take this change, as far as is known. */
  allows(app: string, change: Change): boolean {
    const isThere = this.#possible(app, existence).every(Boolean);
    if (change.kind === 'create') return this.#possible(app, existence).every((is) => is === false);
    if (change.kind === 'push') return true;
    if (change.kind === 'unmap-route') return isThere && this.#possible(app, route + change.host).every(Boolean);
    if (change.kind === 'start' || change.kind === 'stop') {
      return isThere && this.#possible(app, 'version').every((version) => version !== undefined);
    }
    return isThere;
  }

  /** What was lost or damaged, as sentences; none when all is well. @param seen absent when there is no such app */
  problemsIn(app: string, seen: Seen | undefined): string[] {
    const problems: string[] = [];
    const check = (field: string, value: Value) => {
      const possible = this.#possible(app, field);
      if (!possible.includes(value))
        problems.push(`${app}: ${field} is ${brief(value)}, not ${possible.map(brief).join(' or ')}`);
    };
    check(existence, seen !== undefined);
    if (seen === undefined || problems.length > 0) return problems;
    check('instances', seen.instances);
    check('state', seen.state);
    if (!seen.hasDroplet) check('version', undefined);
    else if (this.versionsOf(app).length === 0) problems.push(`${app}: has a droplet that nobody pushed`);
    const fields = [...this.#fieldsOf(app).keys()];
    const checkAll = (prefix: string, read: (name: string) => Value, shown: readonly string[]) => {
      const known = fields.filter((field) => field.startsWith(prefix));
      for (const field of known) check(field, read(field.slice(prefix.length)));
      for (const name of shown) {
        if (!known.includes(prefix + name)) problems.push(`${app}: ${prefix}${name} was set by nobody`);
      }
    };
    checkAll(variable, (key) => seen.environment[key], Object.keys(seen.environment));
    checkAll(route, (host) => seen.routes.includes(host) || undefined, seen.routes);
    return problems;
  }

  /** What may show while the change is being made, or when it was cut short. */
  #inBetween(app: string, { kind }: Change): Effect[] {
    if (kind === 'push') {
      const isNew = this.#possible(app, existence).includes(false);
      const asCreated: Effect[] = [
        ['state', 'STOPPED'],
        ['instances', 1],
        [route + app, undefined],
      ];
      return [[route + app, true], ...(isNew ? asCreated : [])];
    }
    if (kind !== 'delete') return [];
    const routes = [...this.#fieldsOf(app).keys()].filter((field) => field.startsWith(route));
    return [['state', 'STOPPED'], ...routes.map((field): Effect => [field, undefined])];
  }

  /** Then a push need not give it the one of its own name. */
  #mayHaveOtherRoutes(app: string): boolean {
    return [...this.#fieldsOf(app)].some(
      ([field, possible]) => field.startsWith(route) && field !== route + app && possible.includes(true),
    );
  }

  #possible(app: string, field: string): Value[] {
    const fields = this.#fieldsOf(app);
    const known = fields.get(field);
    if (known !== undefined) return known;
    const fresh: Value[] = [undefined];
    fields.set(field, fresh);
    return fresh;
  }

  #fieldsOf(app: string): Fields {
    const fields = this.#apps.get(app);
    if (fields === undefined) throw new TypeError(`There is no app ${app} in the model.`);
    return fields;
  }
}

function fieldsOf(effects: readonly Effect[]): Fields {
  return new Map(effects.map(([field, value]) => [field, [value]]));
}

/** What is there once the change is made. */
function effectsOf(change: Change): Effect[] {
  switch (change.kind) {
    case 'set-env':
      return [[variable + change.key, change.value]];
    case 'unset-env':
      return [[variable + change.key, undefined]];
    case 'scale':
      return [['instances', change.instances]];
    case 'start':
      return [['state', 'STARTED']];
    case 'stop':
      return [['state', 'STOPPED']];
    case 'map-route':
      return [[route + change.host, true]];
    case 'unmap-route':
      return [[route + change.host, undefined]];
    case 'push':
      return [
        [existence, true],
        ['version', change.version],
        ['state', 'STARTED'],
      ];
    case 'create':
      return [
        [existence, true],
        ['state', 'STOPPED'],
        ['instances', 1],
      ];
    case 'delete':
      return [[existence, false]];
  }
}

/** A value short enough for a line, with its length where it was cut. */
function brief(value: Value): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}… (${String(value).length} characters)`;
}
