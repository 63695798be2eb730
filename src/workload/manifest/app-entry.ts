/** What a file says of one app. */
export interface AppEntry {
  readonly name: string | undefined;
  /** Absolute: where the bits are. */
  readonly path: string | undefined;
  /** The app's entry in the manifest that the platform is sent. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Command lines to be run before anything is pushed. */
  readonly prePush: readonly string[];
  /** Patterns instead of those that are left out by habit. */
  readonly ignores: readonly string[] | undefined;
  /** Variables that are to be asked for, or to be taken from elsewhere. */
  readonly forms: readonly VariableForm[];
  /** What the user should know, in sentences. */
  readonly remarks: readonly string[];
}

/** A variable of the app whose value is found when it is pushed. */
export interface VariableForm {
  readonly name: string;
  readonly default: string | undefined;
  /** Nothing of it is shown while it is typed. */
  readonly isHidden: boolean;
  readonly isRequired: boolean;
  /** It is taken from the environment of who pushes. */
  readonly isInherited: boolean;
  readonly prompt: string | undefined;
  /** Empty: any value. */
  readonly choices: readonly string[];
}

export const emptyEntry: AppEntry = {
  name: undefined,
  path: undefined,
  attributes: {},
  prePush: [],
  ignores: undefined,
  forms: [],
  remarks: [],
};

/** What stands in `upper` counts; variables and metadata of both are put together. */
export function entryOnTop(lower: AppEntry, upper: AppEntry): AppEntry {
  const attributes = { ...lower.attributes, ...upper.attributes };
  for (const key of ['env', 'metadata']) {
    const merged = mergedObjects(lower.attributes[key], upper.attributes[key]);
    if (merged !== undefined) attributes[key] = merged;
  }
  const asked = new Set(upper.forms.map(({ name }) => name));
  return {
    name: upper.name ?? lower.name,
    path: upper.path ?? lower.path,
    attributes,
    prePush: upper.prePush.length > 0 ? upper.prePush : lower.prePush,
    ignores: upper.ignores ?? lower.ignores,
    forms: [...lower.forms.filter(({ name }) => !asked.has(name)), ...upper.forms],
    remarks: [...lower.remarks, ...upper.remarks],
  };
}

function mergedObjects(lower: unknown, upper: unknown): unknown {
  if (!isObject(lower) || !isObject(upper)) return upper ?? lower;
  const keys = [...new Set([...Object.keys(lower), ...Object.keys(upper)])];
  return Object.fromEntries(
    keys.map((key) => [
      key,
      Object.hasOwn(upper, key) ? deeper(Object.hasOwn(lower, key) ? lower[key] : undefined, upper[key]) : lower[key],
    ]),
  );
}

/** Labels and annotations are one level deeper. */
function deeper(lower: unknown, upper: unknown): unknown {
  return isObject(lower) && isObject(upper) ? { ...lower, ...upper } : upper;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
