import * as assert from 'uvu/assert';
import type { AppFile } from '#cli/push/app-file.ts';
import { ContentHashes } from '#cli/push/content-hashes.ts';
import { type Version, Versions } from '#cli/watch/versions.ts';
import { describe } from '../../support/spec.ts';

const hashes = new ContentHashes();

/** A version of one file with this content; the file is never read. */
function version(content: string, at = 0, settings = ''): Version {
  const file: AppFile = { path: 'a.js', kind: 'file', mode: 0o644, sizeBytes: 1, modifiedAt: new Date(at) };
  hashes.note(file, Buffer.from(content));
  return { files: [file], settings: { '/x/manifest.yml': settings } };
}

const meaning = async (versions: Versions, state: Version) => {
  const { happening, touched } = await versions.meaningOf(state, '/nowhere');
  return `${happening ?? 'nothing'}${touched.length > 0 ? ', touched' : ''}`;
};

describe('a state of the folder', (it) => {
  it('is a change when nothing serves yet, or something else does', async () => {
    const versions = new Versions(hashes);
    assert.is(await meaning(versions, version('1')), 'changed');

    versions.serve(version('1'));

    assert.is(await meaning(versions, version('2')), 'changed');
    assert.is(await meaning(versions, version('1', 0, 'other settings')), 'changed');
    assert.is(await meaning(versions, version('1')), 'as before');
    assert.is(await meaning(versions, version('1', 5)), 'as before, touched');
  });

  it('is compared with what is under way, while there is something', async () => {
    const versions = new Versions(hashes);
    versions.serve(version('1'));
    versions.begin(version('2'));

    assert.is(await meaning(versions, version('2')), 'as before');
    assert.is(await meaning(versions, version('1')), 'changed');
    versions.end();
    assert.is(await meaning(versions, version('2')), 'changed');
  });

  it('is tried again when it was saved again after a failure, and only then', async () => {
    const versions = new Versions(hashes);
    versions.serve(version('1'));
    versions.fail(version('2'));

    assert.is(await meaning(versions, version('2')), 'nothing');
    assert.is(await meaning(versions, version('2', 5)), 'saved again');
    assert.is(await meaning(versions, version('3')), 'changed');
    assert.is(await meaning(versions, version('1')), 'as before');
    assert.not.ok(versions.hasFailed, 'what serves is there again');
  });

  it('is a change whatever it is after what served was withdrawn, but for that itself', async () => {
    const versions = new Versions(hashes);
    versions.serve(version('1'));
    versions.serve(version('2'));
    versions.withdraw();

    assert.is(await meaning(versions, version('2')), 'nothing');
    assert.is(await meaning(versions, version('1')), 'changed');
  });

  it('is told by what differs from the version that was tried last', async () => {
    const versions = new Versions(hashes);
    assert.is((await versions.occasionOf(version('1'), '/nowhere')).what, 'pushed');
    versions.serve(version('1'));
    versions.fail(version('1', 0, 'bad settings'));

    const { what, files } = await versions.occasionOf(version('2', 0, 'good settings'), '/nowhere');

    assert.is(what, 'manifest.yml and a.js changed');
    assert.equal(files, ['manifest.yml', 'a.js']);
  });
});
