import type { Change } from './plan.ts';

/** What the platform says about an app. */
export interface Seen {
  readonly environment: Readonly<Record<string, string>>;
  readonly instances: number;
}

/** `undefined` is a variable that is not there. */
type Value = string | number | undefined;

/**
 * What may be read back of each app. A change that was acknowledged must be there. One that was asked for and not
 * acknowledged may be there or not, until a later one of the same field is acknowledged.
 */
export class Model {
  /** By app and field; the possible values. */
  readonly #apps = new Map<string, Map<string, Value[]>>();

  add(app: string, { version, instances }: { version: string; instances: number }): void {
    this.#apps.set(
      app,
      new Map<string, Value[]>([
        ['version', [version]],
        ['instances', [instances]],
      ]),
    );
  }

  /** The change is about to be asked for: from now on it may show. */
  attempt(app: string, change: Change): void {
    const [field, value] = effectOf(change);
    const possible = this.#possible(app, field);
    if (!possible.includes(value)) possible.push(value);
  }

  /** The change was acknowledged: from now on nothing else may show. */
  acknowledge(app: string, change: Change): void {
    const [field, value] = effectOf(change);
    this.#fieldsOf(app).set(field, [value]);
  }

  /** Versions of which the app may serve one. */
  versionsOf(app: string): readonly string[] {
    return this.#possible(app, 'version').map(String);
  }

  /** Whether it is known what runs: nothing that was not acknowledged can still change version or number of instances. */
  isCertain(app: string): boolean {
    return this.#possible(app, 'version').length === 1 && this.#possible(app, 'instances').length === 1;
  }

  /** What was lost or damaged, as sentences; none when all is well. */
  problemsIn(app: string, { environment, instances }: Seen): string[] {
    const problems: string[] = [];
    const check = (field: string, seen: Value) => {
      const possible = this.#possible(app, field);
      if (!possible.includes(seen))
        problems.push(`${app}: ${field} is ${brief(seen)}, not ${possible.map(brief).join(' or ')}`);
    };
    check('instances', instances);
    const keys = [...this.#fieldsOf(app).keys()].filter((field) => field.startsWith(variable));
    for (const field of keys) check(field, environment[field.slice(variable.length)]);
    for (const key of Object.keys(environment)) {
      if (!keys.includes(variable + key)) problems.push(`${app}: ${variable}${key} was set by nobody`);
    }
    return problems;
  }

  #possible(app: string, field: string): Value[] {
    const fields = this.#fieldsOf(app);
    const known = fields.get(field);
    if (known !== undefined) return known;
    const fresh: Value[] = [undefined];
    fields.set(field, fresh);
    return fresh;
  }

  #fieldsOf(app: string): Map<string, Value[]> {
    const fields = this.#apps.get(app);
    if (fields === undefined) throw new TypeError(`There is no app ${app} in the model.`);
    return fields;
  }
}

const variable = 'variable ';

function effectOf(change: Change): [field: string, value: Value] {
  if (change.kind === 'set-env') return [variable + change.key, change.value];
  if (change.kind === 'unset-env') return [variable + change.key, undefined];
  if (change.kind === 'scale') return ['instances', change.instances];
  return ['version', change.version];
}

/** A value short enough for a line, with its length where it was cut. */
function brief(value: Value): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}… (${String(value).length} characters)`;
}
