/** One file of JavaScript with everything `entry` needs but Node and the modules `without`, and which files import which. */
export function bundle(
  project: string,
  options: { entry: string; define?: Record<string, string>; without?: string[] },
): Promise<{ code: string; imports: Record<string, string[]> }>;
