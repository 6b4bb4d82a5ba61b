/** Files that hold secrets, and who may read them. */
import { shellLine } from '../base/shell.ts';
import type { Files } from '../host/host.ts';
import { dirname } from 'node:path';
import type { Observation } from '../model/observation.ts';
import { asRoot, check, notApplicable, ok, type Check, type Finding, type Patient } from './check.ts';

interface Seen {
  path: string;
  kind: 'file' | 'folder';
  mode: number;
  uid: number;
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
const OTHERS = 0o077;

function see({ target }: Pick<Files, 'target'>, path: string): Seen | undefined {
  const stat = target(path);
  if (stat?.kind !== 'file' && stat?.kind !== 'folder') return undefined;
  return { path, kind: stat.kind, mode: stat.mode, uid: stat.uid };
}

/** Trouble with who owns it and who else gets at it; none where it is ours alone. */
function exposed(seen: Seen, us: { uid: number; user: string }): Finding[] {
  const found: Finding[] = [];
  if (seen.uid !== us.uid) {
    found.push({
      health: 'broken',
      message: `${seen.path} belongs to another user (uid ${seen.uid})`,
      command: asRoot(us.uid, shellLine(['chown', us.user, seen.path])),
    });
  }
  if ((seen.mode & OTHERS) !== 0) {
    found.push({
      health: 'broken',
      message: `${seen.path} is open to others (mode ${octal(seen.mode)})`,
      command: shellLine(['chmod', seen.kind === 'folder' ? '700' : '600', seen.path]),
    });
  }
  return found;
}

interface ModeFacts {
  us: { uid: number; user: string };
  seen: Seen[];
}

interface SecretFacts extends ModeFacts {
  /** Why the file of an agent cannot be used. */
  troubles: { path: string; agents: string[]; why: string; fix: string | undefined }[];
  named: number;
}

export const secretFiles: Check<Patient> = check(
  'secret-files',
  async ({ host, fleet, observed }): Promise<SecretFacts> => {
    const { secrets }: Observation = await observed;
    const paths = [...secrets.keys()];
    return {
      us: host.facts,
      seen: paths.flatMap((path) => see(host.files, path) ?? []),
      named: paths.length,
      troubles: paths.flatMap((path) => {
        const source = secrets.get(path);
        if (source?.known !== false) return [];
        const agents = fleet.agents.flatMap(({ name, envFile }) => (envFile === path ? [name] : []));
        return [{ path, agents, why: source.why, fix: source.fix }];
      }),
    };
  },
  ({ us, seen, troubles, named }) => {
    if (named === 0) return notApplicable('no agent has an env_file');
    const found: Finding[] = [
      ...troubles.map(({ why, agents, fix }): Finding => {
        const message = `${why}, and ${agents.join(', ')} cannot be started`;
        return { health: 'broken', message, ...(fix === undefined ? {} : { advice: fix }) };
      }),
      ...seen.flatMap((file) => exposed(file, us)),
    ];
    return found.length > 0 ? found : ok('env files are yours alone');
  },
);

export const ownFiles: Check<Patient> = check(
  'own-files',
  ({ host, places }): ModeFacts => {
    const { files } = host;
    const paths = [
      places.state,
      places.stateFile,
      dirname(places.agentFiles),
      ...files.list(places.agentFiles).map((name) => `${places.agentFiles}/${name}`),
    ];
    return { us: host.facts, seen: paths.flatMap((path) => see(files, path) ?? []) };
  },
  ({ us, seen }) => {
    if (seen.length === 0) return notApplicable('nothing has been applied yet');
    const found = seen.flatMap((file) => exposed(file, us));
    return found.length > 0 ? found : ok('state and rendered files are yours alone');
  },
);
