import { ApiError } from '#contract/api/errors.ts';

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

const key = String.raw`(?<key>[\w./-]+)`;
const value = String.raw`(?<value>[\w.-]*)`;

/** What may be said of a label, as the API of Cloud Foundry, and Kubernetes before it, write it. */
const forms: readonly (readonly [form: RegExp, make: (found: Found) => Requirement])[] = [
  [
    new RegExp(`^${key}$`),
    ({ key }) =>
      (labels) =>
        Object.hasOwn(labels, key),
  ],
  [
    new RegExp(`^!\\s*${key}$`),
    ({ key }) =>
      (labels) =>
        !Object.hasOwn(labels, key),
  ],
  [new RegExp(`^${key}\\s*==?\\s*${value}$`), ({ key, value }) => isOneOf(key, [value])],
  [new RegExp(`^${key}\\s*!=\\s*${value}$`), ({ key, value }) => not(isOneOf(key, [value]))],
  [new RegExp(`^${key}\\s+in\\s*\\((?<values>[^()]+)\\)$`), ({ key, values }) => isOneOf(key, listed(values))],
  [new RegExp(`^${key}\\s+notin\\s*\\((?<values>[^()]+)\\)$`), ({ key, values }) => not(isOneOf(key, listed(values)))],
];

interface Found {
  readonly key: string;
  readonly value: string;
  readonly values: string;
}

/** Whether labels are as `label_selector=` wants them: all of its requirements hold. @throws ApiError 400 */
export function labelSelector(text: string): Requirement {
  const requirements = requirementsIn(text).map(requirementOf);
  return (labels) => requirements.every((holds) => holds(labels));
}

/** They stand between commas; those in brackets belong to one of them. */
function requirementsIn(text: string): string[] {
  return text.split(/,(?![^()]*\))/).map((each) => each.trim());
}

function requirementOf(text: string): Requirement {
  for (const [form, make] of forms) {
    const { key = '', value = '', values = '' } = form.exec(text)?.groups ?? {};
    if (key !== '') return make({ key, value, values });
  }
  throw new ApiError(
    'CF-BadQueryParameter',
    `The query parameter is invalid: Invalid label_selector value: '${text}' is none of KEY, !KEY, KEY=VALUE, KEY!=VALUE, KEY in (VALUE,…), KEY notin (VALUE,…)`,
  );
}

function isOneOf(key: string, values: readonly string[]): Requirement {
  return (labels) => Object.hasOwn(labels, key) && values.includes(labels[key] ?? '');
}

function not(holds: Requirement): Requirement {
  return (labels) => !holds(labels);
}

function listed(values: string): string[] {
  return values.split(',').map((value) => value.trim());
}
