import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  cronIntervals,
  cronLine,
  cronSchedule,
  LONGEST_COMMAND,
  nearIntervals,
  ownLines,
  withLine,
  withoutLine,
  type CronJob,
} from '../../src/render/crontab.ts';

const job: CronJob = {
  fleet: 'factory',
  schedule: '* * * * *',
  env: [['PATH', '/usr/bin:/bin']],
  commands: [['/usr/bin/node', '/opt/mosaic.js', 'apply', '--file', '/home/me/fleet.yaml']],
  log: '/home/me/.local/state/mosaic/factory/cron.log',
};
const owner = { fleet: job.fleet, log: job.log };

/** Lines that people have, some of them much like ours. */
const theirs = fc.constantFrom(
  '',
  '# a comment',
  'MAILTO=me@example.org',
  'SHELL = "/bin/bash"',
  '0 5 * * 1 tar -zcf /var/backups/home.tgz /home/',
  '*/5 * * * * date +\\%F >>"$HOME/x" # 100\\%',
  '@reboot sleep 5%input%more',
  '5 0 * * * caf\u00e9 \u{1F600}',
  `# ${cronLine(job)}`,
  cronLine({ ...job, fleet: 'factory-2' }),
  cronLine({ ...job, log: '/home/you/.local/state/mosaic/factory/cron.log' }),
  '* * * * * echo "# mosaic fleet=factory"',
  '* * * * * true # mosaic fleet=factory',
  'X=1 # mosaic fleet=factory',
);
const crontabs = fc
  .tuple(
    fc.array(fc.tuple(theirs, fc.constantFrom('\n', '\r\n')), { maxLength: 8 }),
    fc.option(theirs, { nil: '' }),
  )
  .map(([lines, last]) => lines.map(([text, end]) => text + end).join('') + last);

describe('a line in a crontab', () => {
  it('comes and goes, and leaves all else byte for byte', () => {
    fc.assert(
      fc.property(crontabs, (text) => {
        const line = cronLine(job);
        const installed = withLine(text, owner, line);
        // crontab(1) takes no text whose last line has no newline.
        const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
        assert.equal(installed, `${whole}${line}\n`);
        assert.deepEqual(ownLines(installed, owner), [line]);
        assert.equal(withLine(installed, owner, line), installed, 'twice changes nothing');
        assert.equal(withoutLine(installed, owner), whole);
        assert.equal(withoutLine(whole, owner), whole);
      }),
      { numRuns: 500 },
    );
  });

  it('is replaced where it stands, once, whatever became of it', () => {
    fc.assert(
      fc.property(crontabs, crontabs, (before, after) => {
        const head = before === '' || before.endsWith('\n') ? before : `${before}\n`;
        const old = cronLine({ ...job, schedule: '*/5 * * * *' });
        const line = cronLine(job);
        assert.equal(withLine(`${head}${old}\n${after}`, owner, line), `${head}${line}\n${after}`);
        assert.equal(withLine(`${head}${old}\n${old}\r\n${after}`, owner, line), `${head}${line}\n${after}`);
      }),
    );
  });

  it('says each interval that divides an hour or a day, and no other', () => {
    assert.equal(cronSchedule(60_000), '* * * * *');
    assert.equal(cronSchedule(300_000), '*/5 * * * *');
    assert.equal(cronSchedule(3_600_000), '0 * * * *');
    assert.equal(cronSchedule(6 * 3_600_000), '0 */6 * * *');
    assert.equal(cronSchedule(86_400_000), '0 0 * * *');
    for (const none of [0, 1000, 30_000, 90_000, 420_000, 45 * 60_000, 5 * 3_600_000, 172_800_000])
      assert.equal(cronSchedule(none), undefined, String(none));
    assert.deepEqual(nearIntervals(420_000), [360_000, 600_000]);
    assert.deepEqual(nearIntervals(30_000), [60_000]);
    assert.deepEqual(nearIntervals(172_800_000), [86_400_000]);
    assert.equal(new Set(cronIntervals).size, cronIntervals.length);
  });

  it('carries no newline, no backslash, and no more than cron takes', () => {
    for (const bad of ['/a\nb', '/a\\b', '/a\rb'])
      assert.throws(() => cronLine({ ...job, commands: [[bad]] }), RangeError, bad);
    const at = (length: number): CronJob => ({ ...job, env: [['PATH', 'x'.repeat(length)]] });
    const room = LONGEST_COMMAND - (cronLine(at(1)).length - '* * * * * '.length) + 1;
    assert.equal(cronLine(at(room)).length, LONGEST_COMMAND + '* * * * * '.length);
    assert.throws(() => cronLine(at(room + 1)), /999 bytes, and cron takes 998/);
  });
});
