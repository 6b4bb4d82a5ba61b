// Compiles every JSON Schema of schemas/ into one ES module of validator functions, so that no command pays
// for loading and running a schema compiler.
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
  const exported = {};
  for (const file of files) {
    const schema = JSON.parse(await readFile(new URL(`schemas/${file}`, root), 'utf8'));
    ajv.addSchema(schema);
    exported[exportName(file)] = schema.$id;
  }
  const code = standaloneCode.default(ajv, exported);
  const out = new URL('src/generated/', root);
  await mkdir(out, { recursive: true });
  // The generated code requires small helpers of ajv: bundled in, so that the module stands alone.
  await build({
    stdin: { contents: code, resolveDir: fileURLToPath(root), loader: 'js' },
    outfile: fileURLToPath(new URL('validators.js', out)),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['main'],
    logLevel: 'warning',
  });
  const declarations = Object.keys(exported).map(
    (name) => `export const ${name}: ((data: unknown) => boolean) & { errors?: ErrorObject[] | null };`,
  );
  await writeFile(
    new URL('validators.d.ts', out),
    `import type { ErrorObject } from 'ajv';\n${declarations.join('\n')}\n`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await compileSchemas();
