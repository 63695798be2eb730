import * as assert from 'uvu/assert';
import { stagingErrorOf } from '#components/cloud-controller/views/staging-error.ts';
import { describe } from '../../../support/spec.ts';

describe('the error of a build', (it) => {
  it('begins with the name and the text by which clients know it', () => {
    assert.is(
      stagingErrorOf('Staging task failed:\n NoAppDetectedError: None of the frameworks knows this app.'),
      'NoAppDetectedError - An app was not successfully detected by any available buildpack\n' +
        'None of the frameworks knows this app.',
    );
    assert.is(
      stagingErrorOf('Staging task failed:\n BuildpackCompileFailed: exit status 3. Mend it.\n   | no: such file'),
      'BuildpackCompileFailed - App staging failed in the buildpack compile phase\n' +
        'exit status 3. Mend it.\n   | no: such file',
    );
    assert.match(
      stagingErrorOf('Staging task failed:\n BuildpackReleaseFailed: no YAML'),
      /^BuildpackReleaseFailed - App staging failed in the buildpack release phase\nno YAML$/,
    );
  });

  it('is a staging error where clients know no other name', () => {
    const ofStaging = (told: string) => {
      const [name, rest] = stagingErrorOf(told).split(' - ');
      return [name, rest];
    };

    const byStager = 'Staging task failed:\n StagingError: git says: no';
    assert.equal(ofStaging(byStager), ['StagingError', 'Staging error: git says: no']);
    const byPlugin = 'Staging task failed:\n Staging plugin failed: no main file';
    assert.equal(ofStaging(byPlugin), ['StagingError', 'Staging error: Staging plugin failed: no main file']);
    const unknown = 'Staging task failed:\n constructor: no';
    assert.equal(ofStaging(unknown), ['StagingError', 'Staging error: constructor: no']);
  });

  it('is as it was told where no stager told it', () => {
    assert.is(stagingErrorOf('The package has no bits to stage.'), 'The package has no bits to stage.');
  });

  it('says when the time was over', () => {
    assert.is(
      stagingErrorOf('Staging task failed:\n Staging timed out after 900 seconds.'),
      'StagingTimeExpired - Staging time expired: Staging timed out after 900 seconds.',
    );
  });
});
