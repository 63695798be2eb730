import { gzipSync } from 'node:zlib';
import type { HeaderData } from 'tar';
import * as assert from 'uvu/assert';
import { stateName } from '#assembly/backup/backup-record.ts';
import { readBackup } from '#assembly/backup/read-backup.ts';
import { stateText } from '#components/cloud-controller/index.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  account,
  archiveOf,
  dropletOf,
  type Member,
  membersOf,
  sampleBackup,
  sha256Of,
  stateWith,
  streamOf,
  variables,
  withRecord,
  withText,
} from './sample-backup.ts';

const signal = new AbortController().signal;
const read = (bytes: Buffer) => readBackup(streamOf(bytes), { signal });

async function refusalOf(bytes: Buffer): Promise<string> {
  const error = await thrownBy(() => read(bytes));
  assert.instance(error, ActionableError, error.stack);
  assert.is((error as ActionableError).code, 'BAD_INPUT', error.message);
  return error.message;
}

/** The archive with one member changed. */
const withMember = (
  archive: Buffer,
  index: number,
  change: (member: Member) => Partial<HeaderData> & Partial<Member>,
) => archiveOf(membersOf(archive).map((member, at) => (at === index ? { ...member, ...change(member) } : member)));

const inserted = (archive: Buffer, index: number, member: Member) => {
  const members = membersOf(archive);
  return archiveOf([...members.slice(0, index), member, ...members.slice(index)]);
};

/** What is wrong with a state, by what it does to the good one. */
const badStates: Record<string, { change: (state: ReturnType<typeof stateWith>) => object; message: RegExp }> = {
  'an app without processes': {
    change: ({ app, ...rest }) => ({ ...rest, app: app.map(({ processes: _, ...each }) => each) }),
    message: /desired\.state is wrong: app 1: processes/,
  },
  'a guid that is a path': {
    change: ({ app, ...rest }) => ({ ...rest, app: app.map((each) => ({ ...each, guid: '../../x' })) }),
    message: /desired\.state is wrong: it holds "app\.\.\.\/\.\.\/x"/,
  },
  'an owner that is a path': {
    change: ({ droplet, ...rest }) => ({ ...rest, droplet: droplet.map((each) => ({ ...each, app: '../../x' })) }),
    message: /droplet 1: app: is no guid/,
  },
  'the same record twice': {
    change: ({ app, ...rest }) => ({ ...rest, app: [...app, ...app] }),
    message: /app 3: [0-9a-f-]{36} is there twice/,
  },
  'a digest that is a path': {
    change: ({ droplet, ...rest }) => ({ ...rest, droplet: droplet.map((each) => ({ ...each, sha256: '../x' })) }),
    message: /droplet 1: sha256/,
  },
  'a record larger than can be stored': {
    change: ({ app, ...rest }) => ({
      ...rest,
      app: app.map((each) => ({ ...each, environment: { A: 'x'.repeat(1_100_000) } })),
    }),
    message: /app 1: takes \d+ bytes; at most 1000000/,
  },
  'bits that are not in the file': {
    change: ({ droplet, ...rest }) => ({ ...rest, droplet: droplet.map((d) => ({ ...d, sha256: sha256Of('x') })) }),
    message: /bits of 'one, two' are not in it/,
  },
};

describe('reading a backup', (it) => {
  it('tells everything that is in it, byte for byte', async (scope) => {
    const blobs = new Map<string, Buffer[]>();

    const backup = await readBackup(streamOf(await sampleBackup(scope)), {
      signal,
      blob: (sha256) => ({
        bytes: (chunk) => blobs.set(sha256, [...(blobs.get(sha256) ?? []), Buffer.from(chunk)]),
        end() {},
      }),
    });

    assert.equal(backup.state, stateWith(['one', 'two']));
    assert.equal(backup.state.app[0]?.environment, variables);
    assert.equal(backup.account, account);
    assert.equal(backup.record.counts, { apps: 2, routes: 2, packages: 2, droplets: 2 });
    assert.equal(backup.record.machine.architecture, process.arch);
    assert.is(blobs.size, 4);
    assert.equal(Buffer.concat(blobs.get(sha256Of(dropletOf('two'))) ?? []), dropletOf('two'));
  });

  it('refuses what is no backup', async (scope) => {
    const files: Record<string, Buffer> = {
      nothing: Buffer.alloc(0),
      'a text': Buffer.from('not a backup at all\n'.repeat(100)),
      'a compressed text': gzipSync('not a backup at all\n'.repeat(100)),
      'an empty tar': gzipSync(Buffer.alloc(10_240)),
      'zeros without end': gzipSync(Buffer.alloc(40 * 1024 * 1024)),
      'another tar': archiveOf([{ path: 'startup', content: Buffer.from('#!/bin/sh\n') }]),
      'a directory first': archiveOf([{ path: 'backup.json', type: 'Directory' }]),
      'a record of something else': archiveOf([{ path: 'backup.json', content: Buffer.from('{"kind":"other"}') }]),
      'a record that is no JSON': archiveOf([{ path: 'backup.json', content: Buffer.from('{"kind":') }]),
      'a record without end': archiveOf([{ path: 'backup.json', content: Buffer.alloc(33 * 1024 * 1024, ' ') }]),
      'the tar without gzip': Buffer.concat([Buffer.from('backup.json'), await sampleBackup(scope)]),
    };
    for (const [what, bytes] of Object.entries(files)) {
      assert.match(await refusalOf(bytes), /This is no backup of localpaas/, what);
    }
  });

  it('refuses a newer format, and says which program knows it', async (scope) => {
    const newer = withRecord(await sampleBackup(scope), () => ({
      kind: 'localpaas backup',
      format: 2,
      version: '9.8.7',
    }));

    assert.match(await refusalOf(newer), /made by localpaas 9\.8\.7 in format 2; this one knows formats up to 1/);
  });

  it('refuses one that is cut off, wherever', async (scope) => {
    const good = await sampleBackup(scope);
    const members = membersOf(good);
    for (const length of [1, 17, 100, 600, 2_000, good.length / 2, good.length - 9, good.length - 1].map(Math.floor)) {
      assert.match(await refusalOf(good.subarray(0, length)), /no backup|damaged/, `${length} bytes`);
    }
    for (let kept = 1; kept < members.length; kept += 1) {
      const message = await refusalOf(archiveOf(members.slice(0, kept)));
      assert.is(message, `The backup is damaged: it ends before ${members[kept]?.path}.`);
    }
  });

  it('refuses one with a flipped bit, unless it means nothing', async (scope) => {
    const good = await sampleBackup(scope);
    const whole = await read(good);
    const step = Math.floor(good.length / 60);
    let refused = 0;
    for (let at = 0; at < good.length; at += at < 40 ? 1 : step) {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      // The head of gzip tells a time and a system that nobody asks for, and blocks are filled up to whole bytes.
      const backup = await read(bytes).catch((error: unknown) => error);
      if (backup instanceof ActionableError) refused += 1;
      else assert.equal(backup, whole, `byte ${at}`);
    }
    assert.ok(refused > 80, `${refused} of 100 were refused`);
  });

  it('refuses other bytes under the old name, though the archive is whole', async (scope) => {
    const good = await sampleBackup(scope);
    for (const [index, { path }] of membersOf(good).entries()) {
      if (index === 0) continue;
      const other = withMember(good, index, ({ content = Buffer.alloc(0) }) => ({
        content: Buffer.concat([content.subarray(0, -1), Buffer.from('?')]),
      }));
      assert.is(await refusalOf(other), `The backup is damaged: some bytes of ${path} are others than they were.`);
    }
  });

  it('refuses members that its record does not name, in that place and of that size', async (scope) => {
    const good = await sampleBackup(scope);
    const content = Buffer.from('evil');
    const files: Record<string, [bytes: Buffer, message: RegExp]> = {
      'a way out': [
        inserted(good, 3, { path: '../../evil', content }),
        /where blobs\/.* should be is '\.\.\/\.\.\/evil'/,
      ],
      'an absolute name': [inserted(good, 3, { path: '/etc/evil', content }), /should be is '.?etc\/evil'/],
      'a link': [inserted(good, 3, { path: 'l', type: 'SymbolicLink', linkpath: '/etc' }), /'l', which is no file/],
      'a hard link': [inserted(good, 3, { path: 'l', type: 'Link', linkpath: stateName }), /which is no file/],
      'a device': [inserted(good, 3, { path: 'd', type: 'BlockDevice' }), /which is no file/],
      'one too many': [
        inserted(good, 7, { path: 'more', content }),
        /holds 'more', which its backup\.json does not name/,
      ],
      'one twice': [
        inserted(good, 2, membersOf(good)[1] ?? { path: '' }),
        /where account\.json should be is 'desired\.state'/,
      ],
      'another size': [
        withMember(good, 1, ({ content: c = Buffer.alloc(0) }) => ({ content: Buffer.concat([c, content]) })),
        /desired\.state has \d+ bytes instead of \d+/,
      ],
    };
    for (const [what, [bytes, message]] of Object.entries(files)) assert.match(await refusalOf(bytes), message, what);
  });

  it('refuses a record that lies', async (scope) => {
    const good = await sampleBackup(scope);
    const member = { name: `blobs/${'a'.repeat(64)}`, bytes: 1, sha256: 'a'.repeat(64) };
    const lies: Record<string, [change: (members: readonly object[]) => readonly unknown[], message: RegExp]> = {
      'a name that leads out': [(m) => [...m, { ...member, name: '../../evil' }], /is no name of a member/],
      'a blob by another name': [
        (m) => [...m, { ...member, sha256: 'b'.repeat(64) }],
        /must name blobs by their sha256/,
      ],
      'the same twice': [(m) => [...m, member, member], /must name each once/],
      'no state': [(m) => m.slice(1), /must begin with desired\.state/],
      'a negative size': [(m) => [...m, { ...member, bytes: -1 }], /bytes/],
      'more than comes': [(m) => [...m, member], /it ends before blobs\/aaa/],
    };
    for (const [what, [change, message]] of Object.entries(lies)) {
      const bytes = withRecord(good, (record) => ({ ...record, members: change(record.members) }));
      assert.match(await refusalOf(bytes), message, what);
    }
  });

  it('refuses a state that no platform could start with', async (scope) => {
    const good = await sampleBackup(scope);
    for (const [what, { change, message }] of Object.entries(badStates)) {
      const state = change(stateWith(['one', 'two'])) as ReturnType<typeof stateWith>;
      assert.match(await refusalOf(withText(good, stateName, stateText(state, new Date()))), message, what);
    }
    assert.match(await refusalOf(withText(good, stateName, '{"app": []}')), /desired\.state is wrong/);
    assert.match(await refusalOf(withText(good, 'account.json', '{"admin": 1}')), /account\.json is wrong/);
  });

  it('ends when it is asked to', async (scope) => {
    const bytes = await sampleBackup(scope);
    const stop = new AbortController();
    stop.abort(new Error('enough'));

    const error = await thrownBy(() => readBackup(streamOf(bytes), { signal: stop.signal }));

    assert.is(error.message, 'enough');
  });
});
