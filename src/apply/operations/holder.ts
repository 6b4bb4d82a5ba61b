/** The session and unit that own the tmux server. */
import { tmuxArgs } from '../../observe/tmux.ts';
import { unitNames } from '../../render/unit-names.ts';
import { globLiteral } from '../../render/quote.ts';
import { done, type Operation } from '../context.ts';
import { required } from '../errors.ts';
import { guarded } from '../../render/guarded.ts';
import { wakeHook } from '../../render/hook.ts';
import { tmuxScript } from '../tmux-script.ts';

const UNIT_TIMEOUT_MS = 60_000;

export const startHolder: Operation<'start-holder'> = async (actions, { host, fleet, places }) => {
  const unit = unitNames(fleet.systemd.unitPrefix).holder;
  const systemctl = async (verb: string): Promise<string> =>
    required(
      await host.exec('systemctl', ['--user', verb, unit], { timeoutMs: UNIT_TIMEOUT_MS }),
      'systemctl',
    );
  for (const { how } of actions) {
    if (how === 'session') {
      const socket = tmuxArgs(fleet.tmux.socketName);
      const start = ['start-server', ';', 'source-file', globLiteral(places.holderFile)];
      required(await host.exec('tmux', [...socket, '-f', places.tmuxConf, ...start]), 'tmux');
    } else {
      if (how === 'restart-unit') await systemctl('stop');
      await systemctl('start');
    }
  }
  return actions.map((action) => done(action));
};

export const setHook: Operation<'set-hook'> = async (actions, { host, fleet, places }) => {
  await tmuxScript(host, fleet.tmux.socketName, [wakeHook(places.wake).set]);
  return actions.map((action) => done(action));
};

export const stopHolder: Operation<'stop-holder'> = async (actions, { host, fleet, places }) => {
  for (const { target, unit } of actions) {
    // Sessions of others keep the server alive; where none does, and it has ended already, there is nothing to take away.
    const unset = wakeHook(places.wake).unset;
    await host.exec('tmux', [...tmuxArgs(fleet.tmux.socketName), 'source-file', '-'], {
      input: `${unset}\n`,
    });
    if (unit) {
      const name = unitNames(fleet.systemd.unitPrefix).holder;
      required(
        await host.exec('systemctl', ['--user', 'stop', name], { timeoutMs: UNIT_TIMEOUT_MS }),
        'systemctl',
      );
    }
    if (target !== undefined) await endSession(target);
  }
  return actions.map((action) => done(action));

  async function endSession(target: Parameters<typeof guarded>[0]): Promise<void> {
    const kill = guarded(target, [`kill-session -t '${target.session}'`]);
    const result = await host.exec('tmux', [...tmuxArgs(fleet.tmux.socketName), 'source-file', '-'], {
      input: `${kill}\n`,
    });
    // With the holder's session the server may end before it has answered, or with its unit before we ask.
    if (
      result.code !== 0 &&
      !/server exited|no server running|lost server|error connecting/.test(result.stderr)
    ) {
      required(result, 'tmux');
    }
  }
};
