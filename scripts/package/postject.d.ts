/** What is used of a library without types. */
declare module 'postject' {
  /** Puts a resource into the executable at `path`, and turns the switch that follows `sentinelFuse`. */
  export function inject(
    path: string,
    resource: string,
    content: Uint8Array,
    options: { sentinelFuse: string },
  ): Promise<void>;
}
