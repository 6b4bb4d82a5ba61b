/** Two definitions side by side, secrets out of sight: only that one has another value may be seen. */

type Fields = Record<string, unknown>;

export function shownDefinitions(
  before: Fields | undefined,
  after: Fields,
): { before?: Fields; after: Fields } {
  if (before === undefined) return { after: hide(after, {}) };
  return { before: hide(before, {}), after: hide(after, secretsOf(before)) };
}

const secretsOf = (fields: Fields): Record<string, string> =>
  (fields['secrets'] as Record<string, string> | undefined) ?? {};

function hide(fields: Fields, before: Record<string, string>): Fields {
  if (fields['secrets'] === undefined) return fields;
  const shown = Object.entries(secretsOf(fields)).map(([name, digest]) => [
    name,
    before[name] === undefined || before[name] === digest ? '(secret)' : '(secret, another value)',
  ]);
  return { ...fields, secrets: Object.fromEntries(shown) as unknown };
}
