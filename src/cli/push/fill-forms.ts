import { ActionableError } from '#ground/errors.ts';
import type { VariableForm } from '#workload/manifest/index.ts';
import type { Asker } from './push-facts.ts';

type Environment = Readonly<Record<string, unknown>>;

interface Sources {
  /** What has a value already. */
  readonly env: unknown;
  /** The environment of who pushes. */
  readonly around: Readonly<Record<string, string | undefined>>;
  readonly ask: Asker;
}

/**
 * The environment with what the forms ask for: given already, else of the same name around here where the form says so,
 * else asked for at the terminal, else the default.
 * @throws ActionableError BAD_INPUT for one that is required and nobody gives, or that is none of its choices
 */
export async function filledForms(forms: readonly VariableForm[], sources: Sources): Promise<Environment | undefined> {
  const env = new Map(Object.entries((sources.env as Environment | undefined) ?? {}));
  for (const form of forms) {
    const value = env.get(form.name) ?? (await valueFor(form, sources));
    if (typeof value === 'string') checkChoice(form, value);
    if (value !== undefined) env.set(form.name, value);
    else if (form.isRequired) throw missing(form);
  }
  return env.size === 0 ? undefined : Object.fromEntries(env);
}

async function valueFor(form: VariableForm, { around, ask }: Sources): Promise<string | undefined> {
  const inherited = form.isInherited ? around[form.name] : undefined;
  if (inherited !== undefined) return inherited;
  const isAsked = form.prompt !== undefined || (form.isRequired && form.default === undefined);
  if (!isAsked || ask === undefined) return form.default;
  const choices = form.choices.length === 0 ? '' : ` (${form.choices.join(', ')})`;
  const habit = form.default === undefined || form.isHidden ? '' : ` [${form.default}]`;
  const answer = await ask(`${form.prompt ?? form.name}${choices}${habit}`, { isHidden: form.isHidden });
  return answer === '' ? form.default : answer;
}

function checkChoice({ name, choices }: VariableForm, value: string): void {
  if (choices.length === 0 || choices.includes(value)) return;
  throw new ActionableError(
    'BAD_INPUT',
    `The variable ${name} cannot be '${value}'.`,
    `Give it one of ${choices.join(', ')}: \`--env ${name}=${choices[0]}\`.`,
  );
}

function missing({ name, prompt }: VariableForm): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `The app needs the variable ${name}${prompt === undefined ? '' : ` (${prompt})`}, and nobody gave it a value.`,
    `Give it with \`--env ${name}=…\`, or push from a terminal, which asks for it.`,
  );
}
