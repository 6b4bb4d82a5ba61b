/** Fetches a commit and finds out what it is, as far as it goes without looking at the host; keeps its files when it is good. */
import { dirname, join } from 'node:path';
import { loadFleet, type FleetInput } from '../fleet/load.ts';
import type { Files } from '../host/host.ts';
import type { Revision } from '../model/gitops.ts';
import type { Asking } from './ask.ts';
import { judge, type CommitFacts, type Verdict } from './judge.ts';
import { withFetched } from './mirror.ts';
import { neededFiles } from './needed.ts';
import { contentsOf, descends, entriesOf, readTip } from './revision.ts';
import { signatureOf, type Signers } from './signature.ts';

export interface InspectWish {
  mirror: string;
  /** A folder of ours, for what is needed only meanwhile. */
  scratch: string;
  /** The commit that a new one must come after. */
  from?: string;
  /** The name of the fleet that is followed. */
  fleet?: string;
  acceptRewrite: boolean;
  signers?: Signers;
  /** How a fleet file is read on this host. */
  place: Pick<FleetInput, 'home' | 'hostnames'> & { file: string };
}

/** A commit; the text of each of its files by its path, the fleet file last; or why it is not taken. */
export interface Inspected {
  tip: Revision;
  facts: CommitFacts;
  verdict?: Verdict;
  files: Map<string, string>;
  signer?: string;
  /** Whom its signature was checked against. */
  signers?: Signers;
}

/** Throws FollowError where nothing could be found out. */
export function inspect(asking: Asking, wish: InspectWish): Promise<Inspected> {
  return withFetched(asking, wish.mirror, async (mirror, fresh) => {
    const { path } = asking.following;
    const tip = await readTip(asking, mirror);
    const facts: CommitFacts = {
      following: asking.following,
      acceptRewrite: wish.acceptRewrite,
      ...(wish.fleet === undefined ? {} : { fleet: wish.fleet }),
    };
    const files = new Map<string, string>();
    const end = (): Inspected => {
      const verdict = judge(facts);
      const { signature } = facts;
      return {
        tip,
        facts,
        files,
        ...(verdict === undefined ? {} : { verdict }),
        ...(signature?.good === true ? { signer: signature.signer } : {}),
        ...(wish.signers === undefined ? {} : { signers: wish.signers }),
      };
    };
    facts.descends =
      wish.from === undefined || (await descends(asking, mirror, { sha: tip.sha, from: wish.from, fresh }));
    if (judge(facts) !== undefined) return end();
    if (wish.signers !== undefined) {
      const { signers, scratch } = wish;
      facts.signature = await signatureOf(asking, mirror, { sha: tip.sha, signers, scratch });
      if (judge(facts) !== undefined) return end();
    }
    const own = await textsOf(asking, mirror, tip.sha, [path]);
    if ('wrong' in own) {
      facts.file = own.wrong;
      return end();
    }
    const text = own.texts.get(path) ?? '';
    facts.loaded = loadFleet({ text, ...wish.place });
    if (judge(facts) !== undefined) return end();
    const needed = neededFiles(text, path, wish.place.home);
    if (needed.wrong !== undefined) facts.needed = needed.wrong;
    const others = await textsOf(
      asking,
      mirror,
      tip.sha,
      needed.files.filter((name) => name !== path),
    );
    if ('wrong' in others) facts.file = others.wrong;
    else for (const [name, content] of others.texts) files.set(name, content);
    files.set(path, text);
    return end();
  });
}

/** The texts of files, or the first that cannot be taken. */
async function textsOf(
  asking: Asking,
  mirror: string,
  sha: string,
  paths: readonly string[],
): Promise<{ texts: Map<string, string> } | { wrong: { path: string; wrong: string } }> {
  const texts = new Map<string, string>();
  if (paths.length === 0) return { texts };
  const entries = await entriesOf(asking, mirror, sha, paths);
  for (const [path, entry] of entries) if ('wrong' in entry) return { wrong: { path, wrong: entry.wrong } };
  const blobs = [...entries.values()].flatMap((entry) => ('blob' in entry ? [entry.blob] : []));
  const contents = await contentsOf(asking, mirror, blobs);
  for (const [path, entry] of entries) {
    const content = 'blob' in entry ? contents.get(entry.blob) : undefined;
    if (content === undefined || 'wrong' in content)
      return { wrong: { path, wrong: content?.wrong ?? 'is not there' } };
    texts.set(path, content.text);
  }
  return { texts };
}

/**
 * Writes the files of a commit. They never change, and the fleet file comes last: where it is, the rest is, so that whoever is killed in
 * between goes on where it was. Throws HostError.
 */
export function keepFiles(files: Files, folder: string, contents: ReadonlyMap<string, string>): void {
  for (const [path, text] of contents) {
    const to = join(folder, path);
    if (files.stat(to) !== undefined) continue;
    files.mkdir(dirname(to));
    files.write(to, text, { durable: true });
  }
}
