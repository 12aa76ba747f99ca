import type { Node } from '@ruby/prism/src/nodes.js';
import { knownSettings } from './entry-places.ts';
import { RubyConfigError } from './errors.ts';
import { evaluate } from './evaluate.ts';
import { refuseBareSettings } from './loads.ts';
import { makeParse, type Source } from './parse.ts';
import { newReading, type Reading, type Scope } from './scope.ts';
import { runStatement } from './statements.ts';
import type { ReadOptions, RubyConfig } from './types.ts';

/** Parses and evaluates one configuration file and what it includes. */
export async function readDocument(text: string, options: ReadOptions): Promise<RubyConfig> {
  const parse = await makeParse();
  const reading = newReading(options);
  runFile(text, options.file, 0, false);
  refuseTraps(reading);
  return resultOf(reading);

  function runFile(included: string, file: string, depth: number, isMain: boolean): void {
    reading.files.add(file);
    const source = parse(included, file);
    const scope = newScope(reading, source, depth, runFile);
    if (isMain) refuseBareSettings(scope);
    runWithinStack(scope);
  }
}

function newScope(
  reading: Reading,
  source: Source,
  depth: number,
  runFile: (text: string, file: string, depth: number, isMain: boolean) => void,
): Scope {
  const scope: Scope = {
    reading,
    source,
    depth,
    locals: new Map(),
    evaluate: (node: Node) => evaluate(node, scope),
    run: (nodes: readonly Node[]) => {
      for (const node of nodes) runStatement(node, scope);
    },
    include: (text, file, isMain = false) => {
      runFile(text, file, depth + 1, isMain);
    },
  };
  return scope;
}

/** Evaluation recurses as deep as the file nests. */
function runWithinStack(scope: Scope): void {
  try {
    scope.run(scope.source.program.statements.body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RubyConfigError({
      code: 'too_deep',
      file: scope.source.file,
      line: 1,
      problem: 'an expression in this file nests too deeply',
      advice: 'Break it into several lines with variables.',
      cause: error,
    });
  }
}

/** The variables that were meant as settings: Ruby says nothing about them. */
function refuseTraps(reading: Reading): void {
  for (const { name, file, line } of reading.traps.values())
    throw new RubyConfigError({
      code: 'assignment_trap',
      file,
      line,
      problem: `\`${name} = …\` gives a value to a variable of Ruby; the setting stays as it was`,
      advice: `Leave out the equals sign (${name} …), or write self.${name} = ….`,
    });
}

function resultOf(reading: Reading): RubyConfig {
  return {
    settings: knownSettings(reading.settings, reading),
    objects: new Map(
      [...reading.objects].map(([name, cells]) => [name, knownSettings(cells, reading)]),
    ),
    environment: new Map(
      [...reading.environment].flatMap(([name, cell]) =>
        'value' in cell ? [[name, cell.value] as const] : [],
      ),
    ),
    constants: knownSettings(reading.constants, reading),
    files: [...reading.files],
    warnings: reading.warnings,
    ...(reading.showTime === undefined ? {} : { showTime: reading.showTime }),
  };
}
