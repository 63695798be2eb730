import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Header } from 'tar';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { createTarGz, extractTarGz } from '#ground/tar.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

type Fields = ConstructorParameters<typeof Header>[0];
type RawMember = Exclude<Fields, Buffer | undefined> & { content?: string | Buffer };

/** A tar as it shall be, however wrong. */
function rawTar(...members: RawMember[]): Buffer {
  const blocks = members.flatMap(({ content = '', ...fields }) => {
    const body = Buffer.from(content);
    const header = new Header({ mode: 0o644, size: body.length, type: 'File', ...fields });
    header.encode();
    return [header.block ?? Buffer.alloc(0), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const evil: Record<string, { members: RawMember[]; message: RegExp }> = {
  'a name with ..': { members: [{ path: './a/../../x' }], message: /'\.\/a\/\.\.\/\.\.\/x' would leave the directory/ },
  'an absolute name': { members: [{ path: '/etc/x' }], message: /'\/etc\/x' has an absolute name/ },
  'a file through a link': {
    members: [
      { path: 'd', type: 'SymbolicLink', linkpath: 'e' },
      { path: 'd/x', content: 'through' },
    ],
    message: /'d\/x' would be written through 'd', which is a symbolic link/,
  },
  'a link outside': {
    members: [{ path: 'l', type: 'SymbolicLink', linkpath: '/etc' }],
    message: /'l' is a symbolic link .* out/,
  },
  'a hard link outside': { members: [{ path: 'l', type: 'Link', linkpath: '../x' }], message: /'\.\.\/x' would leave/ },
  'a hard link to a symbolic link': {
    members: [
      { path: 's', type: 'SymbolicLink', linkpath: 'x' },
      { path: 'l', type: 'Link', linkpath: 's' },
    ],
    message: /'l' is a link to 's', which is no file before it/,
  },
  'a file twice': { members: [{ path: 'a' }, { path: './a' }], message: /'\.\/a' is there twice/ },
  'a device': { members: [{ path: 'sda', type: 'BlockDevice' }], message: /'sda' is a device/ },
  'a pipe': { members: [{ path: 'p', type: 'FIFO' }], message: /'p' is a device or a pipe/ },
  'an unknown kind': { members: [{ path: 's', type: 'SparseFile' }], message: /'s' is of a kind that is not known/ },
};

async function refusalOf(scope: Scope, content: Buffer, limits = {}): Promise<ActionableError> {
  const target = join(await scratchDirectory(scope), 'unpacked');
  let failure: unknown;
  await extractTarGz(Readable.from([content]), target, { limits }).catch((error: unknown) => {
    failure = error;
  });
  assert.instance(failure, ActionableError);
  assert.is((failure as ActionableError).code, 'BAD_INPUT');
  assert.not(existsSync(target), 'nothing is left');
  return failure as ActionableError;
}

/** A directory like a droplet, with all there is to get wrong. */
async function sample(scope: Scope): Promise<{ directory: string; at: (path: string) => string }> {
  const directory = await scratchDirectory(scope);
  const source = join(directory, 'source');
  const at = (path: string) => join(source, path);
  await mkdir(at('app/empty'), { recursive: true });
  await mkdir(at(`app/${'long/'.repeat(50)}`), { recursive: true });
  await writeFile(at('app/large'), Buffer.alloc(700_000, 'line\n'));
  await writeFile(at('app/.hidden'), 'hidden');
  await writeFile(at('app/ümläut'), 'ü');
  await writeFile(at(`app/${'long/'.repeat(50)}file`), 'far away');
  await symlink('large', at('app/link'));
  await symlink('/usr/bin/env', at('app/outside'));
  await writeFile(at('startup'), '#!/bin/bash\n');
  await chmod(at('startup'), 0o500);
  await chmod(at('app/large'), 0o6755);
  await utimes(at('app/large'), 1_600_000_000, 1_600_000_000);
  await writeFile(at('left-out'), 'not named');
  return { directory, at };
}

describe('tar', (it) => {
  it('packs and unpacks files, directories and links with permissions and times', async (scope) => {
    const { directory, at } = await sample(scope);
    const [path, target] = [join(directory, 'x.tgz'), join(directory, 'unpacked')];

    await createTarGz(at(''), ['app', 'startup'], path, { gzipLevel: 2 });
    await extractTarGz(path, target, { links: 'any' });

    const modeOf = (name: string) => (lstatSync(join(target, name)).mode & 0o7777).toString(8);
    assert.equal(readdirSync(target).sort(), ['app', 'startup']);
    assert.equal(readdirSync(join(target, 'app')).sort(), readdirSync(at('app')).sort());
    assert.is(modeOf('startup'), '500');
    assert.is(modeOf('app/large'), '755');
    assert.equal(readFileSync(join(target, 'app/large')), readFileSync(at('app/large')));
    assert.is(statSync(join(target, 'app/large')).mtimeMs, 1_600_000_000_000);
    assert.is(readFileSync(join(target, `app/${'long/'.repeat(50)}file`), 'utf8'), 'far away');
    assert.is(readFileSync(join(target, 'app/ümläut'), 'utf8'), 'ü');
    assert.is(readlinkSync(join(target, 'app/link')), 'large');
    assert.is(readlinkSync(join(target, 'app/outside')), '/usr/bin/env');
  });

  it('packs what the tar program unpacks, and unpacks what it packs, with ./ or without', async (scope) => {
    const { directory, at } = await sample(scope);
    const ours = join(directory, 'ours.tgz');

    await createTarGz(at(''), ['app', 'startup'], ours);
    const listed = execFileSync('tar', ['tzf', ours], { encoding: 'utf8' });
    for (const member of ['.', 'app']) {
      const theirs = join(directory, 'theirs.tgz');
      execFileSync('tar', ['czf', theirs, '-C', at(''), member]);
      await extractTarGz(theirs, join(directory, `from ${member}`), { links: 'any' });
    }

    assert.equal(listed.split('\n').slice(0, 2), ['app/', 'app/.hidden']);
    assert.is(readFileSync(join(directory, 'from ./app/.hidden'), 'utf8'), 'hidden');
    assert.is(readFileSync(join(directory, 'from app/app/.hidden'), 'utf8'), 'hidden');
    assert.ok(existsSync(join(directory, 'from ./left-out')));
  });

  it('packs all of a directory as ./, with one time and owner when it is told to', async (scope) => {
    const place = await scratchDirectory(scope);
    await mkdir(join(place, 'from', 'sub'), { recursive: true });
    await writeFile(join(place, 'from', 'sub', 'file'), 'text');
    const stamp = new Date('1980-01-01T00:00:01Z');
    await createTarGz(join(place, 'from'), ['.'], join(place, 'one.tgz'), { stamp });
    await utimes(join(place, 'from', 'sub', 'file'), 1, 1);
    await createTarGz(join(place, 'from'), ['.'], join(place, 'two.tgz'), { stamp });
    assert.ok(readFileSync(join(place, 'one.tgz')).equals(readFileSync(join(place, 'two.tgz'))));
    const args = ['--numeric-owner', '--full-time', '-tvzf', join(place, 'one.tgz')];
    const listed = execFileSync('tar', args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    const lines = listed.trimEnd().split('\n');
    assert.equal(
      lines.map((line) => line.split(' ').at(-1)),
      ['./', './sub/', './sub/file'],
    );
    for (const line of lines) assert.match(line, / 0\/0 +\d+ 1980-01-01 00:00:01 /);
  });

  it('keeps two names of one file', async (scope) => {
    const target = join(await scratchDirectory(scope), 'unpacked');
    const bytes = rawTar({ path: './a', content: 'one' }, { path: './b/c', type: 'Link', linkpath: './a' });

    await extractTarGz(Readable.from([bytes]), target);

    assert.is(statSync(join(target, 'a')).ino, statSync(join(target, 'b/c')).ino);
  });

  it('leaves out what cannot be packed, instead of waiting for it', async (scope) => {
    const { directory, at } = await sample(scope);
    execFileSync('mkfifo', [at('app/pipe')]);
    const path = join(directory, 'x.tgz');

    await createTarGz(at(''), ['app'], path);

    assert.not.match(gunzipSync(readFileSync(path)).toString('latin1'), 'app/pipe');
  });

  it('leaves nothing when a member is missing', async (scope) => {
    const { directory, at } = await sample(scope);

    const failed = await createTarGz(at(''), ['app', 'nosuch'], join(directory, 'x.tgz')).then(
      () => false,
      () => true,
    );

    assert.ok(failed);
    assert.not(existsSync(join(directory, 'x.tgz')));
  });

  for (const [what, { members, message }] of Object.entries(evil)) {
    it(`refuses ${what} and says where it is and what to do`, async (scope) => {
      const refusal = await refusalOf(scope, rawTar({ path: 'first', content: 'written, then removed' }, ...members));

      assert.match(refusal.message, message);
      assert.match(refusal.remedy, /\.$/);
    });
  }

  it('refuses too many members and too many bytes', async (scope) => {
    const members = Array.from({ length: 5 }, (_, index) => ({ path: `f${index}`, content: 'x'.repeat(1000) }));

    const many = await refusalOf(scope, rawTar(...members), { maxFiles: 4 });
    const large = await refusalOf(scope, rawTar(...members), { maxBytes: 4_999 });
    const endless = await refusalOf(scope, gzipSync(Buffer.alloc(3_000_000)), { maxBytes: 1_000_000, maxFiles: 10 });

    assert.match(many.message, /holds 5 entries or more; 4 are allowed/);
    assert.match(large.message, /more than the 4.9K/);
    assert.match(endless.message, /more than the 977K/);
  });

  it('refuses what is no tar.gz and what was cut off', async (scope) => {
    const whole = rawTar({ path: 'a', content: 'x'.repeat(10_000) });
    const cutInside = gzipSync(gunzipSync(whole).subarray(0, 5_000));
    const contents = [Buffer.alloc(0), Buffer.from('hello'), gzipSync('hello'), whole.subarray(0, -20), cutInside];

    for (const content of contents) assert.match((await refusalOf(scope, content)).message, 'The tar cannot be read');
  });

  it('survives any damage: it unpacks what is whole or refuses it', async (scope) => {
    const whole = gunzipSync(
      rawTar({ path: 'a/b', content: 'hello' }, { path: 'l', type: 'SymbolicLink', linkpath: 'a/b' }),
    );
    const directory = await scratchDirectory(scope);
    const failures = new Set<unknown>();

    for (let at = 0; at < 2048; at += 3) {
      const damaged = Buffer.from(whole);
      damaged[at] = (whole[at] ?? 0) ^ (1 << (at % 8));
      await extractTarGz(Readable.from([gzipSync(damaged)]), join(directory, `${at}`)).catch((error: unknown) => {
        failures.add((error as ActionableError).code);
      });
    }

    assert.equal([...failures], ['BAD_INPUT']);
  });

  it('gives up when it is told to, though no byte comes', async (scope) => {
    const target = join(await scratchDirectory(scope), 'unpacked');
    const reason = new Error('enough');
    const silent = new Readable({ read() {} });
    silent.push(rawTar({ path: 'a', content: 'x' }).subarray(0, 30));

    const stop = new AbortController();
    const extracted = extractTarGz(silent, target, { signal: stop.signal });
    setImmediate(() => stop.abort(reason));

    let failure: unknown;
    await extracted.catch((error: unknown) => {
      failure = error;
    });
    assert.is(failure, reason);
    assert.not(existsSync(target));
  });

  it('passes on what the source failed with', async (scope) => {
    const reason = new Error('connection lost');
    const source = new Readable({ read: () => source.destroy(reason) });
    const target = join(await scratchDirectory(scope), 'unpacked');

    let failure: unknown;
    await extractTarGz(source, target).catch((error: unknown) => {
      failure = error;
    });

    assert.is(failure, reason);
  });
});
