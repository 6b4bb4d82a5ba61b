/** Rendered files and units. */
import { dirname } from 'node:path';
import { done, type Operation } from '../context.ts';
import { eachAlone } from '../each.ts';
import { required } from '../errors.ts';

const isUnit = (path: string, units: string): boolean => path.startsWith(`${units}/`);

export const writeFile: Operation<'write-file'> = (actions, context) => {
  const { host, places, state } = context;
  // Written before the units are: should we not come to the reload, the next apply makes up for it.
  if (actions.some(({ path }) => isUnit(path, places.units))) {
    state.current.reloadPending = true;
    state.save();
  }
  const folders = new Set(actions.map(({ path }) => dirname(path)));
  for (const folder of folders) host.files.mkdir(folder, folder === places.units ? 0o755 : 0o700);
  return eachAlone(actions, (action) => {
    const { path, content, mode } = action;
    host.files.write(path, content, { mode, durable: isUnit(path, places.units) });
    return done(action);
  });
};

export const removeFile: Operation<'remove-file'> = (actions, context) => {
  const { host, places, state } = context;
  if (context.supervisor === 'systemd' && actions.some(({ path }) => isUnit(path, places.units))) {
    state.current.reloadPending = true;
    state.save();
  }
  return eachAlone(actions, (action) => {
    host.files.remove(action.path);
    return done(action);
  });
};

export const reloadUnits: Operation<'reload-units'> = async (actions, context) => {
  const { host, state } = context;
  required(await host.exec('systemctl', ['--user', 'daemon-reload'], { timeoutMs: 60_000 }), 'systemctl');
  state.current.reloadPending = false;
  state.save();
  return actions.map((action) => done(action));
};
