import { isFrameworkName } from '#workload/lifecycle/frameworks.ts';
import { runtimeInSettings } from './app-annotations.ts';
import type { AppRecord } from './records.ts';
import type { Store } from './store.ts';

/**
 * What somebody chose for an app of what only 2012 has a word for: a framework plugin (`sinatra`) and a runtime
 * (`ruby19`). Annotations keep it, so that every client can see it and take it back.
 */
const annotations = { framework: 'localpaas/framework', runtime: 'localpaas/runtime' } as const;
type Technology = keyof typeof annotations;

export function chosenFrameworkOf(
  store: Pick<Store, 'all'>,
  app: Pick<AppRecord, 'annotations' | 'lifecycle'>,
): string | undefined {
  return chosen(app, 'framework') ?? frameworkAmong(app.lifecycle.buildpacks, store);
}

export function chosenRuntimeOf(app: Pick<AppRecord, 'annotations'>): string | undefined {
  return chosen(app, 'runtime') ?? runtimeInSettings(app);
}

/** Annotations with another choice. */
export function withChosen(
  before: AppRecord['annotations'],
  choice: Readonly<Partial<Record<Technology, string>>>,
): AppRecord['annotations'] {
  const next = { ...before };
  if (choice.framework !== undefined) next[annotations.framework] = choice.framework;
  if (choice.runtime !== undefined) next[annotations.runtime] = choice.runtime;
  return next;
}

function chosen(app: Pick<AppRecord, 'annotations'>, technology: Technology): string | undefined {
  const name = annotations[technology];
  return Object.hasOwn(app.annotations, name) ? app.annotations[name] : undefined;
}

/** `-b sinatra` says it too, unless a buildpack has that name. */
function frameworkAmong([name, ...others]: readonly string[], store: Pick<Store, 'all'>): string | undefined {
  if (name === undefined || others.length > 0 || !isFrameworkName(name)) return undefined;
  return store.all('buildpack').some((each) => each.name === name) ? undefined : name;
}
