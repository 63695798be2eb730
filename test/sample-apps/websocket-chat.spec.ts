import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../support/spec.ts';
import { App, instanceIndex, isCleanEnd, sampleApps } from './run-app.ts';

const node = { command: ['node', 'app.js'], needs: 'Node 20 or newer' } as const;

interface Message {
  readonly type: string;
  readonly [detail: string]: unknown;
}

/** Somebody who has the page open. */
class Visitor {
  readonly #socket: WebSocket;
  readonly messages: Message[] = [];
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.messages.push(JSON.parse(String(data))));
    this.closed = once(socket, 'close').then(([code]) => Number(code));
  }

  static async join(scope: Scope, app: App): Promise<Visitor> {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/chat`);
    scope.defer(() => socket.terminate());
    const visitor = new Visitor(socket);
    await visitor.hears('people');
    return visitor;
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The first message of this type, and with this text if one is given, that came or comes. */
  async hears(type: string, text?: string): Promise<Message> {
    const fits = (message: Message) => message.type === type && (text === undefined || message['text'] === text);
    return waitFor(`a message of type ${type}`, () => this.messages.find(fits), { limitMs: 15_000 });
  }
}

describe('sample app websocket-chat', (it) => {
  it('serves its page', async (scope) => {
    const app = await App.start(scope, 'websocket-chat', node);

    const page = await app.get('/');

    assert.match(page.type, 'text/html');
    assert.match(page.body, '<h1>websocket-chat</h1>');
    assert.match((await app.get('/chat.js')).type, 'text/javascript');
    assert.match((await app.get('/chat.css')).type, 'text/css');
  });

  it('serves no other file, and goes on', async (scope) => {
    const app = await App.start(scope, 'websocket-chat', node);

    for (const path of ['/app.js', '/..%2fapp.js', '//', '/toString']) assert.is((await app.get(path)).status, 404);
    assert.is((await app.get('/')).status, 200);
  });

  it('tells a visitor which instance this is and how many are here', async (scope) => {
    const app = await App.start(scope, 'websocket-chat', node);

    const ada = await Visitor.join(scope, app);
    await Visitor.join(scope, app);

    assert.is((await ada.hears('welcome'))['instance'], instanceIndex);
    await waitFor('two people', () => ada.messages.find(({ count }) => count === 2), { limitMs: 15_000 });
  });

  it('tells everybody what one says', async (scope) => {
    const app = await App.start(scope, 'websocket-chat', node);
    const ada = await Visitor.join(scope, app);
    const grace = await Visitor.join(scope, app);

    ada.send({ name: ' Ada ', text: ' <b>Hello</b> ', type: 'welcome' });

    for (const visitor of [ada, grace]) {
      const { at, ...said } = await visitor.hears('said');
      assert.equal(said, { type: 'said', name: 'Ada', text: '<b>Hello</b>' });
      assert.ok(Math.abs(Date.now() - Number(at)) < 10_000);
    }
  });

  it('tells those who come later the latest fifty messages', async (scope) => {
    const app = await App.start(scope, 'websocket-chat', node);
    const ada = await Visitor.join(scope, app);

    for (let count = 1; count <= 60; count++) ada.send({ name: 'Ada', text: `number ${count}` });
    await ada.hears('said', 'number 60');
    const late = await Visitor.join(scope, app);

    const history = (await late.hears('welcome'))['history'] as Message[]; // the app's own, checked here
    assert.is(history.length, 50);
    assert.is(history[0]?.['text'], 'number 11');
    assert.is(history[49]?.['text'], 'number 60');
  });

  it('tells only the sender when a message makes no sense', async (scope) => {
    const app = await App.start(scope, 'websocket-chat', node);
    const ada = await Visitor.join(scope, app);
    const grace = await Visitor.join(scope, app);
    const nonsense = ['not json', 'null', '[]', '{"name":"Ada"}', '{"name":7,"text":"a"}', '{"name":" ","text":"a"}'];

    for (const text of nonsense) ada.send(text);
    ada.send({ name: 'Ada', text: 'the end' });
    await Promise.all([ada.hears('said', 'the end'), grace.hears('said', 'the end')]);

    assert.is(ada.messages.filter(({ type }) => type === 'problem').length, nonsense.length);
    assert.is(grace.messages.filter(({ type }) => type === 'said' || type === 'problem').length, 1);
  });

  it('cuts what is long, and closes the connection on what is huge', async (scope) => {
    const app = await App.start(scope, 'websocket-chat', node);
    const ada = await Visitor.join(scope, app);

    ada.send({ name: 'A'.repeat(100), text: 't'.repeat(1_000) });
    const { name, text } = await ada.hears('said');
    ada.send('x'.repeat(5_000));

    assert.equal([String(name).length, String(text).length], [24, 500]);
    assert.is(await ada.closed, 1009);
    assert.is((await app.get('/')).status, 200);
  });

  it('leaves on SIGTERM while a connection is open', async (scope) => {
    const app = await App.start(scope, 'websocket-chat', node);
    await app.holdConnection(scope);

    assert.ok(isCleanEnd(await app.stop()));
  });

  it('says goodbye to its visitors on SIGTERM, then leaves', async (scope) => {
    const app = await App.start(scope, 'websocket-chat', node);
    const ada = await Visitor.join(scope, app);

    const exit = await app.stop();

    assert.ok(isCleanEnd(exit));
    assert.is(await ada.closed, 1001);
  });

  it('brings along the version of ws which it asks for, with its licence', () => {
    const read = (path: string) => readFileSync(join(sampleApps, 'websocket-chat', path), 'utf8');

    const wanted = JSON.parse(read('package.json')).dependencies;

    assert.equal(wanted, { ws: JSON.parse(read('node_modules/ws/package.json')).version });
    assert.match(read('node_modules/ws/LICENSE'), 'Permission is hereby granted');
  });
});
