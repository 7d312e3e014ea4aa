import { build, type Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * Bundles the engine program with a book that asserts nothing: no switch for that exists in the book itself. Only the
 * cost of the asserts is measured with it.
 *
 * @param source the engine program's TypeScript
 * @param bundle where the bundle goes
 * @returns how many asserts were left out
 * @throws Error when there was none: then nothing would be measured
 */
export async function bundleWithoutAsserts(source: string, bundle: string): Promise<number> {
  let removed = 0;
  const plugin: Plugin = {
    name: 'without-asserts',
    setup(setup) {
      setup.onLoad({ filter: /libs[\\/]orderbook[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
        const stripped = stripAsserts(readFileSync(path, 'utf8'));
        removed += stripped.removed;
        return { contents: stripped.text, loader: 'ts' };
      });
    },
  };
  await build({
    entryPoints: [source],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@supernoba/source', 'module'],
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
    plugins: [plugin],
  });
  if (removed === 0) throw new Error('the order book has no assert that could be left out');
  return removed;
}

/** Leaves out every `if (…) check(…);` and every `check(…);` of a function that a module imports from `invariants.js`. */
export function stripAsserts(text: string): { text: string; removed: number } {
  const file = ts.createSourceFile('module.ts', text, ts.ScriptTarget.ES2022, true);
  const names = importedInvariants(file);
  const ranges: [number, number][] = [];
  const visit = (node: ts.Node): void => {
    if (names.size > 0 && ts.isStatement(node) && isAssert(node, names)) ranges.push([node.getStart(), node.getEnd()]);
    else ts.forEachChild(node, visit);
  };
  visit(file);
  let rest = text;
  // An empty statement stays, so that what stood around it stays a statement.
  for (const [start, end] of ranges.reverse()) rest = `${rest.slice(0, start)};${rest.slice(end)}`;
  return { text: rest, removed: ranges.length };
}

function importedInvariants(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    if (!statement.moduleSpecifier.text.endsWith('/invariants.js')) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings && ts.isNamedImports(bindings)) for (const { name } of bindings.elements) names.add(name.text);
  }
  return names;
}

function isAssert(statement: ts.Statement, names: ReadonlySet<string>): boolean {
  if (ts.isIfStatement(statement)) return !statement.elseStatement && isAssert(statement.thenStatement, names);
  if (ts.isBlock(statement))
    return statement.statements.length > 0 && statement.statements.every((of) => isAssert(of, names));
  if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return false;
  const { expression: callee } = statement.expression;
  return ts.isIdentifier(callee) && names.has(callee.text);
}
