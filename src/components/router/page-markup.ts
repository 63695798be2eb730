/** Markup that is safe to be shown; made by `html` only. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | Markup | readonly Markup[];

/** Markup with values in it. Strings are escaped, whoever wrote them. */
export function html(pieces: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(pieces.map((piece, at) => piece + textOf(parts[at] ?? '')).join(''));
}

function textOf(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string') return escaped(part);
  return part.map((each) => each.text).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

interface PageParts {
  readonly title: string;
  readonly body: Markup;
  readonly footer: string;
  /** After so many seconds the page asks again. */
  readonly refreshSeconds?: number | undefined;
}

/** A whole page that needs nothing from anywhere. */
export function pageMarkup({ title, body, footer, refreshSeconds }: PageParts): string {
  const refresh =
    refreshSeconds === undefined ? '' : html`<meta http-equiv="refresh" content="${String(refreshSeconds)}">`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh}
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
<footer>localpaas router: ${footer}</footer>
</body>
</html>
`.text;
}

const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #26282b; --quiet: #6d7176; --line: #e5e2da; --accent: #1f6f54;
  --log: #22262a; --log-ink: #e6e4df; --good: #2f9e6e; --busy: #d99a1c; --bad: #cf4b3c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181a; --card: #1e2124; --ink: #e9e7e2; --quiet: #9a9ea3; --line: #32363a; --accent: #7fd0ae;
    --log: #0f1113; --log-ink: #dcdad5; --good: #4fc491; --busy: #e8b44b; --bad: #ee7a6c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center;
  padding: clamp(1.5rem, 9vh, 6rem) 1.25rem 1.5rem;
  background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
}
main {
  width: 100%; max-width: 42rem; padding: clamp(1.5rem, 4vw, 2.75rem);
  background: var(--card); border: 1px solid var(--line); border-radius: 14px;
}
h1 { margin: 0 0 .75rem; font-size: clamp(1.6rem, 5vw, 2.1rem); line-height: 1.2; letter-spacing: -.015em; }
p { margin: 1.25rem 0 .5rem; overflow-wrap: anywhere; }
.lead { margin-top: 0; font-size: 1.125rem; color: var(--quiet); }
.lead b { color: var(--ink); font-weight: 600; }
a { color: var(--accent); text-underline-offset: .2em; }
ul { margin: .5rem 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
li { display: flex; align-items: baseline; gap: .65rem; padding: .45rem 0; border-bottom: 1px solid var(--line); }
li small { margin-left: auto; color: var(--quiet); }
.dot { width: .55rem; height: .55rem; border-radius: 50%; background: var(--quiet); align-self: center; flex: none; }
.running { background: var(--good); }
.starting, .staging { background: var(--busy); }
.crashed { background: var(--bad); }
pre, code { font: .9rem/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: .5rem 0 0; padding: .8rem 1rem; border-radius: 9px; overflow-x: auto; }
.commands { background: var(--paper); border: 1px solid var(--line); }
.commands span::before { content: "$ "; color: var(--quiet); }
.log { background: var(--log); color: var(--log-ink); white-space: pre-wrap; overflow-wrap: anywhere; font-size: .82rem; }
footer { margin-top: 1.25rem; font-size: .8rem; color: var(--quiet); text-align: center; overflow-wrap: anywhere; }
`;
