import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { check, ok, type Machine } from '../../src/doctor/check.ts';
import { fleetChecks, machineChecks } from '../../src/doctor/checks.ts';
import { runChecks } from '../../src/doctor/run.ts';
import { versionIn } from '../../src/doctor/versions.ts';
import { HostError } from '../../src/host/host.ts';
import { doctorText, type DoctorReport } from '../../src/report/doctor.ts';
import { commandWords, pathOfUnit } from '../../src/render/unit-path.ts';
import { unitArgument, unitWord } from '../../src/render/quote.ts';

describe('checks', () => {
  it('are told apart by name', () => {
    const ids = [...machineChecks, ...fleetChecks].map(({ id }) => id);
    assert.deepEqual([...new Set(ids)], ids);
  });

  it('that fail, or never end, are told as unknown, and keep no other back', async () => {
    // A clock whose time is up at once.
    const machine = { host: { clock: { sleep: () => Promise.resolve() } } } as unknown as Omit<
      Machine,
      'signal'
    >;
    const never = check('never', () => new Promise<string>(() => {}), ok);
    const fails = check(
      'fails',
      () => {
        throw new HostError('cannot read it');
      },
      ok,
    );
    const late = await runChecks([never], machine, new AbortController().signal);
    assert.deepEqual(late, [
      { id: 'never', findings: [{ health: 'unknown', message: 'no answer within 20 s' }] },
    ]);
    const patient = { host: { clock: { sleep: () => new Promise(() => {}) } } } as unknown as typeof machine;
    const others = await runChecks(
      [fails, check('works', () => 'it works', ok)],
      patient,
      new AbortController().signal,
    );
    assert.deepEqual(others, [
      { id: 'fails', findings: [{ health: 'unknown', message: 'cannot read it' }] },
      { id: 'works', findings: [{ health: 'ok', message: 'it works' }] },
    ]);
  });

  it('read versions as programs print them', () => {
    assert.deepEqual(versionIn('tmux 3.3a'), [3, 3]);
    assert.deepEqual(versionIn('tmux next-3.5'), [3, 5]);
    assert.deepEqual(versionIn('git version 2.39.5 (Apple Git-154)'), [2, 39]);
    assert.equal(versionIn('tmux master'), undefined);
  });
});

describe('a unit', () => {
  const odd = 'a "b" \\ 100% $HOME\nc';
  it('gives back the PATH that was written into it', () => {
    assert.equal(pathOfUnit(`[Service]\nEnvironment=${unitWord(`PATH=/bin:${odd}`)}\n`), `/bin:${odd}`);
    assert.equal(pathOfUnit('[Service]\n'), undefined);
  });
  it('gives back the words of what it runs', () => {
    const line = `ExecStart=${unitWord('/opt/node')} ${unitArgument(odd)} apply --wait 5m\n`;
    assert.deepEqual(commandWords(`[Service]\n${line}`), ['/opt/node', odd, 'apply', '--wait', '5m']);
  });
});

describe('the report', () => {
  const report: DoctorReport = {
    checks: [
      { id: 'good', findings: [{ health: 'ok', message: 'it is well' }] },
      {
        id: 'bad',
        findings: [
          { health: 'warning', message: 'a \u001b[31mtrap', advice: 'Look at it.' },
          { health: 'broken', message: 'it is broken', command: `rm '${'x'.repeat(80)}'` },
        ],
      },
      { id: 'dark', findings: [{ health: 'unknown', message: 'it does not answer' }] },
      { id: 'none', findings: [{ health: 'not-applicable', message: 'there is none' }] },
    ],
  };
  it('begins with what is worst, and shows each command whole', () => {
    assert.equal(
      doctorText(report, { columns: 80, color: false }),
      `broken   bad   it is broken
               fix: rm '${'x'.repeat(80)}'
warning  bad   a \\x1b[31mtrap
               Look at it.
unknown  dark  it does not answer
ok       good  it is well
-        none  there is none

1 broken, 1 warning and 1 that could not be told; 1 ok.
`,
    );
  });
  it('fits a narrow terminal', () => {
    const text = doctorText(report, { columns: 30, color: false });
    assert.match(text, /^broken {3}bad\n {4}it is broken\n/);
    const long = text.split('\n').filter((line) => line.length > 30 && !line.includes('fix: '));
    assert.deepEqual(long, []);
  });
  it('says so when all is well', () => {
    const well = { checks: report.checks.slice(0, 1) };
    assert.match(doctorText(well, { columns: 80, color: false }), /\nAll is well: 1 check\.\n$/);
  });
});
