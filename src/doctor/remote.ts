/** Other hosts of the fleet: asked only where that is wanted, since it takes the network. */
import { counted } from '../base/text.ts';
import { check, notApplicable, ok, type Check, type Finding, type Patient } from './check.ts';

interface RemoteFacts {
  hosts: number;
  answers: Map<string, Finding | undefined> | undefined;
}

export const remoteHosts: Check<Patient> = check(
  'other-hosts',
  async ({ fleet, reach }): Promise<RemoteFacts> => {
    const hosts = new Set(fleet.elsewhere.map(({ host }) => host)).size;
    return { hosts, answers: hosts === 0 ? undefined : await reach?.() };
  },
  ({ hosts, answers }) => {
    if (hosts === 0) return notApplicable('no agent is on another host');
    if (answers === undefined) return notApplicable(`${counted(hosts, 'host')} not asked: --remote does`);
    const found = [...answers.values()].filter((finding) => finding !== undefined);
    return found.length > 0 ? found : ok(`${counted(hosts, 'other host')} answered`);
  },
);
