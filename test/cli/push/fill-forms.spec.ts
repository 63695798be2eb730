import * as assert from 'uvu/assert';
import { filledForms } from '#cli/push/fill-forms.ts';
import type { VariableForm } from '#workload/manifest/index.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

const plain: VariableForm = {
  name: 'A',
  default: undefined,
  isHidden: false,
  isRequired: false,
  isInherited: false,
  prompt: undefined,
  choices: [],
};

const nobody = { env: undefined, around: {}, ask: undefined };

describe('forms for variables', (it) => {
  it('are filled in by what is given, the environment, an answer, the default, in this order', async () => {
    const form = { ...plain, default: 'habit', isInherited: true, prompt: 'Say A' };
    const questions: string[] = [];
    const ask = (question: string) => {
      questions.push(question);
      return Promise.resolve('answered');
    };

    assert.equal(await filledForms([form], { env: { A: 'given', B: '1' }, around: { A: 'around' }, ask }), {
      A: 'given',
      B: '1',
    });
    assert.equal(await filledForms([form], { ...nobody, around: { A: 'around' }, ask }), { A: 'around' });
    assert.equal(await filledForms([form], { ...nobody, ask }), { A: 'answered' });
    assert.equal(await filledForms([form], { ...nobody, ask: () => Promise.resolve('') }), { A: 'habit' });
    assert.equal(await filledForms([form], nobody), { A: 'habit' });
    assert.equal(questions, ['Say A [habit]']);
  });

  it('may stay empty, unless they are required', async () => {
    assert.is(await filledForms([plain], nobody), undefined);
    const error = await thrownBy(() => filledForms([{ ...plain, isRequired: true }], nobody));
    assert.match(error.message, /^The app needs the variable A, and nobody gave it a value\.$/);
  });

  it('show nothing of a hidden default, and take only what may be chosen', async () => {
    const asked: [string, boolean | undefined][] = [];
    const ask = (question: string, options?: { readonly isHidden?: boolean }) => {
      asked.push([question, options?.isHidden]);
      return Promise.resolve('');
    };
    await filledForms([{ ...plain, default: 'secret', isHidden: true, prompt: 'Key' }], { ...nobody, ask });
    assert.equal(asked, [['Key', true]]);

    const choosing = { ...plain, choices: ['x', 'y'] };
    for (const env of [{ A: 'z' }, { A: '' }]) {
      const error = await thrownBy(() => filledForms([choosing], { ...nobody, env }));
      assert.match(error.message, /^The variable A cannot be '(z|)'\.$/);
    }
  });
});
