/**
 * What of a stackato.yml others act on later: it travels with the app as annotations, each a JSON text, `null` where the
 * file has no more of it.
 */

type Values = Readonly<Record<string, unknown>>;

/** Names of the annotations. */
export const annotationNames = {
  /** `{"pre-staging": [line, …], "post-staging": […], "pre-running": […], "legacy-running": […]}`, those that there are. */
  hooks: 'localpaas/hooks',
  /** Lines of a crontab. */
  cron: 'localpaas/cron',
  /** Lists of packages by tool; below `staging` and `running` those for one of both. */
  requirements: 'localpaas/requirements',
  /**
   * `{"type": …, "runtime": …, "start-file": …, "document-root": …, …}`. The type is also among the buildpacks, which is what
   * counts; a runtime counts where nobody chose another one.
   */
  framework: 'localpaas/framework-settings',
  /** `staging` or `runtime` by name of a variable that is not for both. */
  environmentScopes: 'localpaas/env-scopes',
  description: 'localpaas/description',
} as const;

export function travellersOf(values: Values): {
  annotations: Record<string, string | null>;
  remarks: readonly string[];
} {
  const { cron, requirements, framework, description } = values;
  const { 'pre-push': _, ...hooks } = (values['hooks'] as Values | undefined) ?? {};
  return {
    annotations: {
      [annotationNames.hooks]: jsonOf(hooks),
      [annotationNames.cron]: jsonOf(cron),
      [annotationNames.requirements]: jsonOf(requirements),
      [annotationNames.framework]: jsonOf(framework),
      [annotationNames.environmentScopes]: jsonOf(scopesIn(values['env'])),
      [annotationNames.description]: typeof description === 'string' ? description : null,
    },
    remarks: unmet(requirements),
  };
}

function jsonOf(value: unknown): string | null {
  const isNothing = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
  return isNothing ? null : JSON.stringify(value);
}

function scopesIn(env: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries((env as Values | undefined) ?? {}).flatMap(([name, value]) => {
      const scope = typeof value === 'object' && value !== null ? (value as Values)['scope'] : undefined;
      return scope === 'staging' || scope === 'runtime' ? [[name, scope]] : [];
    }),
  );
}

/** Nothing here installs packages of the system or of a language into the machine. */
function unmet(requirements: unknown): string[] {
  const packages = packagesIn(requirements);
  if (packages.length === 0) return [];
  return [
    `Nothing is installed for requirements (${packages.join(', ')}): install it on this machine, or name it in the app's own list of packages.`,
  ];
}

function packagesIn(requirements: unknown): string[] {
  if (typeof requirements !== 'object' || requirements === null) return [];
  return Object.entries(requirements).flatMap(([tool, value]) =>
    Array.isArray(value) ? value.map((each) => `${tool} ${each}`) : packagesIn(value),
  );
}
