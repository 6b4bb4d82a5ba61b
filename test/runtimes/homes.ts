/** A home for each of the real programs, set up as one that has been used before, whose model is the stand-in. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const runtimeNames = ['claude', 'codex', 'pi'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

/** The package that each comes in, in the version that its patterns were made on. */
export const packages: Readonly<Record<RuntimeName, string>> = {
  claude: '@anthropic-ai/claude-code@2.1.329',
  codex: '@openai/codex@0.169.0',
  pi: '@mariozechner/pi-coding-agent@0.73.1',
};

export interface HomeWish {
  /** The folder to make; the program's HOME. */
  home: string;
  /** Where it works, and what it is to trust. */
  folder: string;
  /** Of the stand-in. */
  url: string;
  /** It asks before it runs a command. */
  asks?: boolean;
}

/** Writes the files of a home; gives the environment that belongs to it. */
export function makeHome(runtime: RuntimeName, wish: HomeWish): Record<string, string> {
  mkdirSync(wish.home, { recursive: true });
  mkdirSync(wish.folder, { recursive: true });
  return { HOME: wish.home, ...makers[runtime](wish) };
}

const KEY = 'stand-in-key-00000000000000000000';

const makers: Record<RuntimeName, (wish: HomeWish) => Record<string, string>> = {
  claude({ home, folder, url, asks }) {
    const file = {
      hasCompletedOnboarding: true,
      lastOnboardingVersion: '2.1.329',
      lastReleaseNotesSeen: '2.1.329',
      hasSeenAutoDefaultNotice: true,
      hasSeenAutoDefaultNudge: true,
      fullscreenUpsellSeenCount: 3,
      bypassPermissionsModeAccepted: true,
      numStartups: 5,
      theme: 'dark',
      autoUpdates: false,
      customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
      projects: {
        [folder]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true, allowedTools: [] },
      },
    };
    writeFileSync(join(home, '.claude.json'), JSON.stringify(file));
    mkdirSync(join(home, '.claude'), { recursive: true });
    const settings = {
      spinnerTipsEnabled: false,
      skipDangerousModePermissionPrompt: true,
      permissions: { defaultMode: asks === true ? 'default' : 'bypassPermissions' },
    };
    writeFileSync(join(home, '.claude/settings.json'), JSON.stringify(settings));
    return {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: KEY,
      IS_SANDBOX: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    };
  },
  codex({ home, folder, url, asks }) {
    mkdirSync(join(home, '.codex'), { recursive: true });
    const lines = [
      'model = "stand-in"',
      'model_provider = "standin"',
      'check_for_update_on_startup = false',
      `approval_policy = "${asks === true ? 'on-request' : 'never'}"`,
      `sandbox_mode = "${asks === true ? 'workspace-write' : 'danger-full-access'}"`,
      '[model_providers.standin]',
      'name = "standin"',
      `base_url = "${url}/v1"`,
      'wire_api = "responses"',
      'env_key = "STANDIN_KEY"',
      `[projects.${JSON.stringify(folder)}]`,
      'trust_level = "trusted"',
      '[analytics]',
      'enabled = false',
    ];
    writeFileSync(join(home, '.codex/config.toml'), `${lines.join('\n')}\n`);
    return { STANDIN_KEY: KEY };
  },
  pi({ home, url }) {
    const agent = join(home, '.pi/agent');
    mkdirSync(agent, { recursive: true });
    const model = {
      id: 'stand-in',
      name: 'stand-in',
      reasoning: false,
      input: ['text'],
      contextWindow: 2_000_000,
      maxTokens: 8192,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    };
    const provider = { baseUrl: `${url}/v1`, apiKey: KEY, api: 'openai-completions', models: [model] };
    writeFileSync(join(agent, 'models.json'), JSON.stringify({ providers: { standin: provider } }));
    writeFileSync(
      join(agent, 'settings.json'),
      JSON.stringify({ defaultProvider: 'standin', defaultModel: 'stand-in', quietStartup: false }),
    );
    return { PI_OFFLINE: '1', PI_TELEMETRY: '0' };
  },
};
