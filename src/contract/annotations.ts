/** Annotations of an app by which the platform acts and that users and commands set; those of a stackato.yml are elsewhere. */
export const appAnnotations = {
  /** After how long without a request the app may be stopped, `10m` for one, or `never`; it goes before `up --idle-stop`. */
  idleStop: 'localpaas/idle-stop',
  /** `true` for as long as somebody works on the app: its pages in browsers reload themselves when another version serves. */
  liveReload: 'localpaas/live-reload',
} as const;
