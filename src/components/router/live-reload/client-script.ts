import { createHash } from 'node:crypto';

/**
 * What a page of an app that somebody works on does in the browser. It connects while it can be seen, since browsers have six
 * connections for a host and each tab would take one; what it missed it is told when it comes back. It needs nothing that a
 * Content-Security-Policy forbids to a script that runs: no HTML, no inline style.
 */
export const clientScript = `(function () {
  'use strict';
  var script = document.currentScript;
  if (!script || !window.EventSource || window.localpaasLiveReload) return;
  window.localpaasLiveReload = true;
  try {
    if (parent !== window && parent.localpaasLiveReload) return;
  } catch (error) {}
  var version = script.getAttribute('data-version') || '';
  var address = new URL('live-reload', script.src).href + '?version=';
  var source = null, timer = 0, failures = 0, isOver = false, overlay = null, shown = '', closed = '';

  function listen(name, act) {
    source.addEventListener(name, function (event) {
      failures = 0;
      act(JSON.parse(event.data), event);
    });
  }
  function open() {
    clearTimeout(timer);
    if (isOver || source || document.visibilityState === 'hidden') return;
    source = new EventSource(address + encodeURIComponent(version));
    listen('ok', function () {
      closed = '';
      hide();
    });
    listen('reload', function () {
      end();
      location.reload();
    });
    listen('trouble', show);
    listen('end', function () {
      hide();
      end();
    });
    source.onerror = function () {
      if (source.readyState !== 2) return;
      close();
      failures += 1;
      if (failures < 12) timer = setTimeout(open, Math.min(30000, 250 * Math.pow(2, failures)));
    };
  }
  function close() {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  }
  function end() {
    isOver = true;
    close();
  }
  function hide() {
    if (overlay) overlay.remove();
    overlay = null;
  }
  function add(to, name, text) {
    var element = document.createElement(name);
    element.textContent = text;
    to.appendChild(element);
    return element;
  }
  function dismiss() {
    closed = shown;
    hide();
  }
  function show(trouble) {
    var key = trouble.version + ' ' + trouble.reason;
    if (key === closed || (overlay && key === shown)) return;
    hide();
    shown = key;
    overlay = document.createElement('localpaas-trouble');
    var root = overlay.attachShadow({ mode: 'open' });
    var sheet = new CSSStyleSheet();
    sheet.replaceSync(${JSON.stringify(style())});
    root.adoptedStyleSheets = [sheet];
    var card = add(root, 'section', '');
    card.setAttribute('role', 'alertdialog');
    card.setAttribute('aria-label', trouble.title);
    var button = add(card, 'button', '\\u00d7');
    button.setAttribute('aria-label', 'Close');
    button.onclick = dismiss;
    add(card, 'h1', trouble.title);
    add(card, 'p', trouble.reason);
    if (trouble.lines.length > 0) {
      var log = add(card, 'pre', trouble.lines.join('\\n'));
      log.tabIndex = 0;
    }
    add(card, 'small', trouble.hint);
    document.documentElement.appendChild(overlay);
    if (log) log.scrollTop = log.scrollHeight;
    button.focus({ preventScroll: true });
  }
  addEventListener('keydown', function (event) {
    if (event.key === 'Escape' && overlay) dismiss();
  });
  document.addEventListener('visibilitychange', function () {
    failures = 0;
    if (document.visibilityState === 'hidden') close();
    else open();
  });
  addEventListener('pagehide', close);
  addEventListener('pageshow', open);
  open();
})();
`;

/** Changes when the script does, so that browsers can keep it. */
export const clientScriptHash = createHash('sha256').update(clientScript).digest('hex').slice(0, 12);

function style(): string {
  return `
:host { all: initial; position: fixed; inset: 0; z-index: 2147483647; display: grid; place-items: center;
  padding: 4vh 4vw; box-sizing: border-box; overflow: auto; background: rgb(22 24 26 / .72); color-scheme: light dark; }
section { position: relative; box-sizing: border-box; width: 100%; max-width: 56rem; padding: 1.75rem 2rem 1.5rem;
  border-radius: 14px; border-top: 5px solid #cf4b3c; background: #fff; color: #26282b;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
  box-shadow: 0 18px 60px rgb(0 0 0 / .45); }
h1 { margin: 0 2.5rem .35rem 0; font-size: 1.45rem; line-height: 1.25; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
pre { max-height: 52vh; margin: 0 0 .9rem; padding: .85rem 1rem; overflow: auto; border-radius: 9px; background: #22262a;
  color: #e6e4df; font: 13px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; }
small { color: #6d7176; font-size: .85rem; }
button { position: absolute; top: 1rem; right: 1rem; width: 2.2rem; height: 2.2rem; border: 0; border-radius: 8px;
  background: transparent; color: inherit; font: 1.5rem/1 sans-serif; cursor: pointer; }
button:hover, button:focus-visible { background: rgb(128 128 128 / .2); outline: none; }
@media (prefers-color-scheme: dark) { section { background: #1e2124; color: #e9e7e2; border-top-color: #ee7a6c; }
  small { color: #9a9ea3; } pre { background: #0f1113; } }
`;
}
