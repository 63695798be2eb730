import * as assert from 'uvu/assert';
import { cronJobsOf } from '#workload/cron/index.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

/** A field of a line, by its name. */
function fieldOf(line: string, name: 'minutes' | 'hours' | 'days' | 'months' | 'weekdays'): number[] {
  const [job] = cronJobsOf([line]);
  return [...(job?.[name] ?? [])];
}

describe('a line of a crontab', (it) => {
  it('says when, in five fields, and what', () => {
    assert.equal(fieldOf('*/15 * * * * x', 'minutes'), [0, 15, 30, 45]);
    assert.equal(fieldOf('5,10-12,50/4 * * * * x', 'minutes'), [5, 10, 11, 12, 50, 54, 58]);
    assert.equal(fieldOf('0 8-18/5 * * * x', 'hours'), [8, 13, 18]);
    assert.equal(fieldOf('0 0 1,31 * * x', 'days'), [1, 31]);
    assert.equal(fieldOf('0 0 * Jan,mar-APR * x', 'months'), [1, 3, 4]);
    assert.equal(fieldOf('0 0 * * mon-fri x', 'weekdays'), [1, 2, 3, 4, 5]);
    assert.equal(fieldOf('0 0 * * fri-sun x', 'weekdays'), [5, 6, 0]);
    assert.equal(fieldOf('0 0 * * 7 x', 'weekdays'), [0]);
    assert.is(cronJobsOf(['\t0  0\t*  * *   echo "a  b" % c '])[0]?.command, 'echo "a  b" % c');
  });

  it('may say it in a word', () => {
    const [hourly, weekly, start] = cronJobsOf(['@hourly ./a', '@weekly ./b -c', '@reboot ./d']);

    assert.equal([[...(hourly?.minutes ?? [])], hourly?.hours.size, hourly?.isFixed], [[0], 24, false]);
    assert.equal([[...(weekly?.weekdays ?? [])], weekly?.command, weekly?.isFixed], [[0], './b -c', true]);
    assert.equal([start?.atStart, start?.command], [true, './d']);
  });

  it('takes either day where it restricts both', () => {
    const either = (line: string) => cronJobsOf([line])[0]?.eitherDay;

    assert.equal(['0 0 1 * 1 x', '0 0 */2 * 1 x', '0 0 1 * * x'].map(either), [true, false, false]);
  });

  it('is none when it is empty, or a comment', () => {
    assert.equal(cronJobsOf(['', '  ', '# */5 * * * * x']), []);
  });

  it('is refused when it cannot be understood, with the reason', async () => {
    const cases: Record<string, RegExp> = {
      '60 * * * * x': /cron line '60 \* \* \* \* x' .*'60' is no minute from 0 to 59/,
      '* 24 * * * x': /'24' is no hour/,
      '* * 0 * * x': /'0' is no day of the month from 1 to 31/,
      '* * * 13 * x': /'13' is no month/,
      '* * * * 8 x': /'8' is no day of the week/,
      '30-10 * * * * x': /'30-10' is no minute/,
      '*/0 * * * * x': /'\*\/0' is no minute/,
      '1,,2 * * * * x': /'' is no minute/,
      '*-5 * * * * x': /'\*-5' is no minute/,
      'noon * * * * x': /'noon' is no minute/,
      '* * * L * x': /'L' is no month/,
      '* * * *': /has to begin with minute, hour/,
      '* * * * *': /names no command/,
      '@hourly': /names no command/,
      '@often x': /there is no @often, but @hourly/,
      'PATH=/bin': /it sets a variable: put that into env/,
    };
    for (const [line, reason] of Object.entries(cases)) {
      assert.match((await thrownBy(() => cronJobsOf(['@daily y', line]))).message, reason);
    }
  });
});
