import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { inCronWorld } from '../cron/daemon.ts';
import { ailment, clinicOf, treat, type Ailment, type Clinic } from './clinic.ts';

const withTriggers = async (clinic: Clinic): Promise<void> => {
  clinic.fleet([{ name: 'coder' }]);
  await clinic.shell('mosaic fleet install-systemd');
};

const unit = ({ world }: Clinic, name: string): string => world.path('home/.config/systemd/user', name);

/** Changes what a unit runs, and has systemd read it. */
const rewrite =
  (change: (text: string, clinic: Clinic) => string) =>
  async (clinic: Clinic): Promise<void> => {
    const path = unit(clinic, 'mosaic-gates.service');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, change(text, clinic));
    assert.notEqual(readFileSync(path, 'utf8'), text);
    await clinic.world.systemctl('daemon-reload');
  };

const triggers = (name: string, what: Omit<Ailment, 'check' | 'well'>): void =>
  ailment(name, 'systemd', { check: 'triggers', well: withTriggers, ...what });

triggers('a unit whose node is gone', {
  health: 'broken',
  says: /^mosaic-gates\.service runs \/opt\/none\/bin\/node, which is not there/,
  breaks: rewrite((text) => text.replace(`"${process.execPath}"`, '"/opt/none/bin/node"')),
});

triggers('a unit whose mosaic is gone', {
  health: 'broken',
  says: /^mosaic-gates\.service runs .*none\.js, which is not there/,
  breaks: rewrite((text) => text.replace('mosaic.js"', 'none.js"')),
});

triggers('a unit that runs another mosaic', {
  health: 'warning',
  says: /^mosaic-gates\.service runs another mosaic than this/,
  breaks: rewrite((text, { world }) => {
    writeFileSync(world.path('mosaic.js'), '');
    return text.replace(/"[^"]*mosaic\.js"/, `"${world.path('mosaic.js')}"`);
  }),
});

triggers('a unit that runs a node that is too old', {
  health: 'broken',
  says: /^mosaic-gates\.service runs node v18\.1\.0 .*, which is too old/,
  breaks: rewrite((text, { world }) => {
    writeFileSync(world.path('node'), '#!/bin/sh\necho v18.1.0\n', { mode: 0o755 });
    return text.replace(`"${process.execPath}"`, `"${world.path('node')}"`);
  }),
});

triggers('a timer that is not enabled', {
  health: 'broken',
  says: /^mosaic-reconcile\.timer is not enabled/,
  breaks: ({ world }) => world.systemctl('disable', 'mosaic-reconcile.timer'),
});

triggers('a path unit that was stopped', {
  health: 'broken',
  says: /^mosaic-fleet\.path is not active/,
  breaks: ({ world }) => world.systemctl('stop', 'mosaic-fleet.path'),
});

triggers('a unit that systemd has not read', {
  health: 'warning',
  says: /^mosaic-reconcile\.timer was changed, and systemd has not read it/,
  breaks(clinic) {
    const path = unit(clinic, 'mosaic-reconcile.timer');
    writeFileSync(path, `${readFileSync(path, 'utf8')}# more\n`);
  },
});

triggers('a service that failed', {
  health: 'broken',
  says: /^mosaic-gates\.service failed the last time/,
  async breaks({ world }) {
    const good = readFileSync(world.fleetFile, 'utf8');
    writeFileSync(world.path('good.yaml'), good);
    await world.systemctl('stop', 'mosaic-fleet.path', 'mosaic-reconcile.timer');
    writeFileSync(world.fleetFile, 'nonsense: 1\n');
    await world.systemctl('start', 'mosaic-gates.service');
    writeFileSync(world.fleetFile, good);
    await world.systemctl('start', 'mosaic-fleet.path', 'mosaic-reconcile.timer');
    await world.systemctl('reset-failed', 'mosaic-reconcile.service');
  },
});

inCronWorld('a crontab whose node is gone', (cron, t) =>
  treat(
    clinicOf(cron.world, t, (...words) => cron.run(...words)),
    {
      check: 'triggers',
      health: 'broken',
      says: /^the line in the crontab runs \/opt\/none\/bin\/node, which is not there/,
      async well(clinic) {
        clinic.fleet([{ name: 'coder' }]);
        await clinic.shell('mosaic fleet install-cron');
        await clinic.apply();
      },
      breaks: async () =>
        cron.setCrontab((await cron.crontab()).replace(`{ ${process.execPath} `, '{ /opt/none/bin/node ')),
    },
  ),
);

inCronWorld('nothing that applies the fleet', (cron, t) =>
  treat(
    clinicOf(cron.world, t, (...words) => cron.run(...words)),
    {
      check: 'triggers',
      health: 'warning',
      says: /^nothing applies the fleet by itself/,
      async well(clinic) {
        clinic.fleet([{ name: 'coder' }]);
        await clinic.shell('mosaic fleet install-cron');
        await clinic.apply();
      },
      breaks: () => cron.setCrontab(''),
    },
  ),
);
