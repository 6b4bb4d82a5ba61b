/** Where agents work: their repositories and folders; and the record of what they did. */
import { listed } from '../base/text.ts';
import { shellLine } from '../base/shell.ts';
import type { Observation } from '../model/observation.ts';
import type { Fleet } from '../model/fleet.ts';
import { check, notApplicable, ok, type Check, type Finding, type Patient } from './check.ts';

interface PlaceFacts {
  fleet: Fleet;
  observation: Observation;
  file: string;
}

const placeFacts = async ({ fleet, observed, file }: Patient): Promise<PlaceFacts> => ({
  fleet,
  observation: await observed,
  file,
});

export const repositories: Check<Patient> = check(
  'repositories',
  placeFacts,
  ({ fleet, observation, file }) => {
    const named = [...new Set(fleet.agents.flatMap(({ worktree }) => worktree?.repository ?? []))];
    if (named.length === 0) return notApplicable('no agent has a worktree');
    const found = named.flatMap((repository): Finding[] => {
      const source = observation.repositories.get(repository);
      if (source?.known !== false) return [];
      const agents = fleet.agents.flatMap(({ name, worktree }) =>
        worktree?.repository === repository ? [name] : [],
      );
      return [
        {
          health: 'broken',
          message: `the repository of ${listed(agents)} cannot be used: ${source.why}`,
          advice: `${source.fix ?? `Put it back at ${repository}`}, or name another in ${file}.`.replace(
            '.,',
            ',',
          ),
        },
      ];
    });
    return found.length > 0 ? found : ok('the repositories of all worktrees are there');
  },
);

export const folders: Check<Patient> = check('folders', placeFacts, ({ fleet, observation }) => {
  const wanted = new Map<string, string[]>();
  for (const { name, worktree, workingDirectory, state } of fleet.agents) {
    if (worktree !== undefined || state === 'stopped') continue;
    wanted.set(workingDirectory, [...(wanted.get(workingDirectory) ?? []), name]);
  }
  if (wanted.size === 0) return notApplicable('no agent has a working_directory');
  const found = [...wanted].flatMap(([folder, agents]): Finding[] => {
    const seen = observation.folders.get(folder);
    if (seen === 'folder') return [];
    const whose = `${folder}, where ${listed(agents)} would work,`;
    if (seen === 'absent')
      return [
        { health: 'broken', message: `${whose} is not there`, command: shellLine(['mkdir', '-p', folder]) },
      ];
    return [
      {
        health: 'broken',
        message: `${whose} is ${seen === 'not-a-folder' ? 'no folder' : 'not to be looked at'}`,
        advice: 'Move it away, or mend its owner and mode.',
      },
    ];
  });
  return found.length > 0 ? found : ok('the folders that agents work in are there');
});

export const state: Check<Patient> = check(
  'state',
  async ({ observed, places }) => ({ state: (await observed).state, path: places.stateFile }),
  ({ state: seen, path }) => {
    if (seen.known) return ok('the record of the fleet can be read');
    return [
      {
        health: 'broken',
        message: seen.why,
        advice: 'Only restart counts and what is suspended are lost with it.',
        command: shellLine(['mv', path, `${path}.unreadable`]),
      },
    ];
  },
);
