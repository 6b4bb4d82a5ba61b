// Puts a Markdown file on a pull request as one comment, and brings that comment up to date the next time.
//
//   node comment.mjs FILE
//
// The file's first line is a hidden marker (<!-- mosaic:diff:NAME -->), by which the comment is found again; only a comment of the
// token's own account is ever changed. Needs Node 20 and nothing else.
//
// What a runner of GitHub, Gitea or Forgejo Actions, or of Woodpecker, sets by itself is taken from there; FORGE_API, FORGE_REPO and
// FORGE_PULL go before it. FORGE_TOKEN or GITHUB_TOKEN is the token: it needs to write comments (GitHub: pull-requests: write; Gitea and
// Forgejo: write:issue). Without one, or where it may not, which is so for pull requests from forks, the text goes to the job's
// summary, else into its log, and the job goes on.
import { appendFileSync, readFileSync } from 'node:fs';

const perPage = 50;
const attempts = 4;
/** Accounts that the forges keep for their runners' own tokens, which may not always ask who they are. */
const runners = ['github-actions[bot]', 'gitea-actions', 'forgejo-actions'];

const { env } = process;
const set = (...names) => names.map((name) => env[name]).find((value) => value !== undefined && value !== '');

/** Ends the script with a sentence. */
class Failure extends Error {}

/** The forge said that this may not be done. */
class Refused extends Error {}

async function main() {
  const [file, ...others] = process.argv.slice(2);
  if (file === undefined || others.length > 0) throw new Failure('usage: node comment.mjs FILE');
  const body = textOf(file);
  const marker = body.split('\n', 1)[0] ?? '';
  if (!/^<!-- \S[^>]* -->$/.test(marker))
    throw new Failure(`${file} does not begin with a marker: make it with mosaic diff -o markdown`);
  const token = set('FORGE_TOKEN', 'GITHUB_TOKEN');
  if (token === undefined) return instead(body, 'there is no token');
  const place = whereTo();
  try {
    await publish(place, token, marker, body);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    instead(body, error.message);
  }
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${error.message}`);
  }
}

function whereTo() {
  const api = set('FORGE_API', 'GITHUB_API_URL') ?? woodpeckerApi();
  const repository = set('FORGE_REPO', 'GITHUB_REPOSITORY', 'CI_REPO');
  const pull = set('FORGE_PULL', 'CI_COMMIT_PULL_REQUEST') ?? pullOfEvent();
  if (api === undefined)
    throw new Failure('no forge is named: set FORGE_API, such as https://forge.example/api/v1');
  if (repository === undefined || !/^[^/\s]+\/[^/\s]+$/.test(repository))
    throw new Failure('no repository is named: set FORGE_REPO to OWNER/NAME');
  if (pull === undefined || !/^[1-9]\d*$/.test(String(pull)))
    throw new Failure('no pull request is named: set FORGE_PULL to its number');
  const [owner, name] = repository.split('/').map(encodeURIComponent);
  return {
    issues: `${api.replace(/\/+$/, '')}/repos/${owner}/${name}/issues`,
    user: `${api.replace(/\/+$/, '')}/user`,
    pull,
  };
}

function woodpeckerApi() {
  const url = env.CI_FORGE_URL?.replace(/\/+$/, '');
  if (url === undefined || url === '') return undefined;
  if (env.CI_FORGE_TYPE !== 'github') return `${url}/api/v1`;
  return url === 'https://github.com' ? 'https://api.github.com' : `${url}/api/v3`;
}

function pullOfEvent() {
  if (env.GITHUB_EVENT_PATH === undefined) return undefined;
  const event = JSON.parse(textOf(env.GITHUB_EVENT_PATH));
  return event.pull_request?.number ?? event.number;
}

async function publish(place, token, marker, body) {
  const { issues, pull } = place;
  const own = await ownComment(place, token, marker);
  if (own === undefined && /^No difference: /m.test(body)) {
    console.log('No difference, and no comment that says otherwise.');
    return;
  }
  if (own?.body === body) {
    console.log(`The comment is up to date: ${own.html_url}`);
    return;
  }
  const made =
    own === undefined
      ? await ask('POST', `${issues}/${pull}/comments`, token, { body })
      : await ask('PATCH', `${issues}/comments/${own.id}`, token, { body });
  console.log(`${own === undefined ? 'Made' : 'Updated'} the comment: ${made.html_url}`);
}

/** The first comment that begins with the marker and is of the token's own account. */
async function ownComment({ issues, user, pull }, token, marker) {
  const authors = await accounts(user, token);
  const seen = new Set();
  for (let page = 1; ; page++) {
    const query = `per_page=${perPage}&limit=${perPage}&page=${page}`;
    const comments = await ask('GET', `${issues}/${pull}/comments?${query}`, token);
    // Some forges know no pages here, and give all comments each time.
    const fresh = comments.filter(({ id }) => !seen.has(id));
    const own = fresh.find(
      (comment) => authors.includes(comment.user?.login) && comment.body?.split(/\r?\n/, 1)[0] === marker,
    );
    if (own !== undefined) return own;
    if (fresh.length === 0) return undefined;
    for (const { id } of fresh) seen.add(id);
  }
}

async function accounts(user, token) {
  try {
    const { login } = await ask('GET', user, token);
    return [login];
  } catch (error) {
    if (error instanceof Refused) return runners;
    throw error;
  }
}

async function ask(method, url, token, data) {
  for (let attempt = 1; ; attempt++) {
    const { answer, trouble } = await request(method, url, token, data);
    if (answer?.ok) return answer.json();
    if (answer !== undefined && [401, 403, 404].includes(answer.status) && !isLimit(answer))
      throw new Refused(`${method} ${url} was answered with ${answer.status} ${await reason(answer)}`);
    const passing = answer === undefined || answer.status >= 500 || answer.status === 429 || isLimit(answer);
    const why = answer === undefined ? trouble : `${answer.status} ${await reason(answer)}`;
    // One that was sent may have been done: another would be a second comment.
    if (!passing || attempt === attempts || (method === 'POST' && answer?.status !== 429))
      throw new Failure(`${method} ${url} failed: ${why}`);
    await new Promise((resolve) => setTimeout(resolve, Number(env.COMMENT_RETRY_MS ?? 1000) * 2 ** attempt));
  }
}

const isLimit = ({ status, headers }) => status === 403 && headers.get('retry-after') !== null;

async function request(method, url, token, data) {
  try {
    const answer = await fetch(url, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        'user-agent': 'mosaic-comment',
        ...(data !== undefined && { 'content-type': 'application/json' }),
      },
      ...(data !== undefined && { body: JSON.stringify(data) }),
    });
    return { answer };
  } catch (error) {
    return { trouble: error.cause?.message ?? error.message };
  }
}

/** What a forge says of its refusal, on one line. */
async function reason(answer) {
  const text = await answer.text().catch(() => '');
  try {
    return String(JSON.parse(text).message).replace(/\s+/g, ' ');
  } catch {
    return '';
  }
}

function instead(body, why) {
  const summary = set('GITHUB_STEP_SUMMARY');
  if (summary === undefined) {
    console.log(`No comment is made, since ${why}. It would be:\n`);
    // A runner would take lines that begin so for commands of its own.
    console.log(body.replace(/^[ \t]*::/gm, '| $&'));
    return;
  }
  appendFileSync(summary, body.endsWith('\n') ? body : `${body}\n`);
  console.log(`No comment is made, since ${why}. The summary of this job has it.`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Failure ? `comment.mjs: ${error.message}` : error);
  process.exitCode = 1;
}
