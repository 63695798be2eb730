import { fieldsIn, readYaml, textOf, textsIn } from './yaml-reading.ts';

/** Which runtime of the machine an app needs. */
export interface RuntimeConstraint {
  /** `node`, `python`, … */
  readonly name: string;
  /** In the words of the language's own tools: `>=18`, `~> 3.1`; empty for any. */
  readonly constraint: string;
}

/** What a buildpack's `release` says. */
export interface Release {
  readonly processes: readonly (readonly [type: string, command: string])[];
  /** Defaults for variables of the app. Diego ignores them. */
  readonly configVars: readonly (readonly [name: string, value: string])[];
  /** Services of Heroku, which nobody provides here. */
  readonly addons: readonly string[];
  readonly runtime: RuntimeConstraint | undefined;
}

/** @throws YamlMistake */
export function releaseOf(text: string): Release {
  const value = readYaml(text, { plain: true });
  const fields = new Map(value === null || value === '' ? [] : fieldsIn(value, 'buildpackrunner.Release'));
  const addons = fields.get('addons');
  return {
    processes: textsIn(fields.get('default_process_types')),
    configVars: lenientTexts(fields.get('config_vars')),
    addons: Array.isArray(addons) ? addons.filter((addon) => typeof addon === 'string') : [],
    runtime: runtimeIn(fields.get('runtime')),
  };
}

/** What only we look at does no harm when it is not as it should be. */
function lenientTexts(value: unknown): [name: string, text: string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, text]) =>
    /^[A-Za-z_]\w*$/.test(name) && typeof text !== 'object' ? [[name, textOf(text)]] : [],
  );
}

/** `{ name, constraint }`, wherever a buildpack recorded it. */
export function runtimeIn(value: unknown): RuntimeConstraint | undefined {
  const fields = new Map(lenientTexts(value));
  const name = fields.get('name') ?? '';
  return name === '' ? undefined : { name, constraint: fields.get('constraint') ?? '' };
}
