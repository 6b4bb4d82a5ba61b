/** Where a copy lies whose fleet is not known yet. */
import { dirname, join } from 'node:path';
import { removeTree } from '../../gitops/store.ts';
import { absoluteOr, placesOf } from '../../model/places.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';

/** Beside the fleets, so that it can become one's; whatever an earlier one left is removed. Throws CommandError. */
export async function withStaging<T>(
  context: CommandContext,
  task: (staging: string) => Promise<T>,
): Promise<T> {
  const { files, facts } = context.host;
  const states = dirname(placesOf('any', facts).state);
  files.mkdir(states);
  const lock = await files.lock(join(states, '.bootstrap.lock'));
  if (lock === undefined)
    throw new CommandError('another bootstrap is at work', EXIT.locked, {
      fix: 'Try again when it has ended.',
    });
  const staging = join(states, '.bootstrap');
  try {
    removeTree(files, staging);
    files.mkdir(staging);
    return await task(staging);
  } finally {
    removeTree(files, staging);
    files.remove(join(states, '.bootstrap.lock'));
    lock.release();
  }
}

/** In the folder for what passes, for who only wants to look. Throws CommandError. */
export async function withPassingFolder<T>(
  { host }: CommandContext,
  task: (staging: string) => Promise<T>,
): Promise<T> {
  const folder = absoluteOr(host.facts.env['TMPDIR'], '/tmp');
  // Nobody else on this machine can have made it before, or looks into it.
  const made = await host.exec('mktemp', ['-d', join(folder, 'mosaic-print-XXXXXXXXXX')]);
  const staging = made.stdout.trim();
  if (made.code !== 0 || staging === '')
    throw new CommandError(
      `no folder can be made in ${folder}: ${made.stderr.trim() || (made.message ?? '')}`,
      EXIT.failed,
    );
  try {
    return await task(staging);
  } finally {
    removeTree(host.files, staging);
  }
}
