import type { AppRecord } from './records.ts';

/** An app's annotation with the runtime that somebody chose for it, e.g. `ruby19`. Only the API of 2012 has a word for it. */
const annotation = 'localpaas/runtime';

export function chosenRuntimeOf({ annotations }: Pick<AppRecord, 'annotations'>): string | undefined {
  return Object.hasOwn(annotations, annotation) ? annotations[annotation] : undefined;
}

/** Annotations with another choice. */
export function withChosenRuntime(annotations: AppRecord['annotations'], runtime: string): AppRecord['annotations'] {
  return { ...annotations, [annotation]: runtime };
}
