/** What `localpaas buildpacks` can do beside listing. */
export const buildpackActions = ['add', 'update', 'remove', 'order', 'enable', 'disable', 'rename'] as const;

/** What `localpaas buildpack` can do. */
export const workshopActions = ['lint', 'new'] as const;
