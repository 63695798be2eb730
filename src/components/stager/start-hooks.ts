import type { StagingRequest } from '#contract/staging.ts';
import type { StartHook } from '#workload/lifecycle/startup-script.ts';

/** What runs in an instance before its app. `legacy-running` was for what the framework plugins of Stackato made. */
export function startHooksOf({ hooks }: StagingRequest, by: 'framework' | 'buildpack'): StartHook[] {
  const names = by === 'framework' ? (['pre-running', 'legacy-running'] as const) : (['pre-running'] as const);
  return names.flatMap((name) => (hooks?.[name] ?? []).map((command) => ({ name, command })));
}
