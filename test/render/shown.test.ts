/** What is shown of a rendered file holds no value of a secret, whatever stands in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { placesOf } from '../../src/model/places.ts';
import { renderAgent } from '../../src/render/artefacts.ts';
import { document, good } from '../fleet/helpers.ts';

function rendered(secrets: Record<string, string>, env: Record<string, string> = {}) {
  const fleet = good(document({ agents: [{ name: 'a', runtime: 'shell', env_file: '/secrets', env }] }));
  const [agent] = fleet.agents;
  assert.ok(agent);
  return renderAgent(fleet, agent, {
    places: placesOf('test', { home: '/home/u', env: {} }),
    supervisor: 'none',
    templates: { holder: '', agent: '', wake: '' },
    programs: { tmux: 'tmux', systemctl: 'systemctl', touch: '/usr/bin/touch' },
    path: '',
    secrets: new Map([['/secrets', secrets]]),
    workplaces: new Map(),
    definitions: new Map(),
    conversations: new Map(),
  });
}

const value = fc
  .string({ unit: 'binary', minLength: 6, maxLength: 60 })
  .map((text) => text.replaceAll('\0', '').replaceAll('\n', '\\\n  -e X=') + 'hunter2');

test('a secret stands in the file and not in what is shown', () => {
  fc.assert(
    fc.property(value, (secret) => {
      const { text, shown } = rendered({ TOKEN: secret }, { EDITOR: 'vim' });
      assert.ok(text.includes('hunter2'));
      assert.ok(!shown.includes('hunter2'), shown);
      assert.ok(shown.includes('EDITOR=vim'), 'what is no secret is shown');
      assert.ok(shown.includes('TOKEN=(secret)'));
      assert.equal(shown.split('\n').length, text.split('\n').length, 'line by line');
    }),
  );
});

test('a secret goes before a variable of the same name, and is hidden', () => {
  const { text, shown } = rendered({ TOKEN: 'hunter2' }, { TOKEN: 'plain' });
  assert.ok(text.includes('TOKEN=hunter2') && !text.includes('plain'));
  assert.ok(!shown.includes('hunter2'));
});

test('without secrets, all is shown', () => {
  const { text, shown } = rendered({});
  assert.equal(shown, text);
});
