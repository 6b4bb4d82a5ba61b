// Compiles every JSON Schema of schemas/ into an ES module with its validator function, so that no command pays for
// loading and running a schema compiler.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

const root = new URL('../', import.meta.url);

/** 'plan-output.schema.json' becomes 'planOutput'. */
const exportName = (file) =>
  file.replace('.schema.json', '').replace(/-(\w)/g, (_, letter) => letter.toUpperCase());

export async function compileSchemas() {
  const files = (await readdir(new URL('schemas/', root))).filter((f) => f.endsWith('.schema.json')).sort();
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    verbose: false,
    code: { source: true, esm: true, lines: true },
  });
  const out = new URL('src/generated/', root);
  await mkdir(out, { recursive: true });
  const schemas = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(new URL(`schemas/${file}`, root), 'utf8'))),
  );
  for (const schema of schemas) ajv.addSchema(schema);
  // A module each, so that a command loads only the validators that it needs.
  await Promise.all(
    files.map(async (file, index) => {
      const name = exportName(file);
      const code = standaloneCode.default(ajv, { [name]: schemas[index].$id });
      await bundle(code, new URL(`${name}.js`, out));
      await writeFile(new URL(`${name}.d.ts`, out), declaration(name));
    }),
  );
  // All of them, for tests.
  const all = files.map((file) => `export * from './${exportName(file)}.js';\n`).join('');
  await writeFile(new URL('validators.js', out), all);
  await writeFile(new URL('validators.d.ts', out), all);
}

/** The generated code requires small helpers of ajv: bundled in, so that the module stands alone. */
const bundle = (code, outfile) =>
  build({
    stdin: { contents: code, resolveDir: fileURLToPath(root), loader: 'js' },
    outfile: fileURLToPath(outfile),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['main'],
    logLevel: 'warning',
  });

const declaration = (name) =>
  `import type { ErrorObject } from 'ajv';
export const ${name}: ((data: unknown) => boolean) & { errors?: ErrorObject[] | null };
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) await compileSchemas();
