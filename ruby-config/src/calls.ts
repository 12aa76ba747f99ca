import type { CallNode } from '@ruby/prism/src/nodes.js';
import { assignmentValue } from './assignments.ts';
import { environmentName, isEnvironment, writeEnvironment } from './environment.ts';
import { runGlobLoop } from './globs.ts';
import { ENDING, KERNEL } from './kernel.ts';
import { runInclude } from './includes.ts';
import { runLoad, runLoadPath } from './loads.ts';
import { runLoop } from './loops.ts';
import { mutationValue } from './mutations.ts';
import { argumentsOf, constantPath, describe, isConfiguration, settingRead } from './nodes.ts';
import { cellsOf } from './objects.ts';
import { objectPlace } from './places.ts';
import { notStatic, raising, refuse, refuseFrozen } from './refuse.ts';
import { isRelevant, warn, type Scope } from './scope.ts';
import { argumentValue, setSetting } from './settings.ts';
import { isHash } from './values.ts';

/** Runs a call that stands as a statement. */
export function runCall(node: CallNode, scope: Scope): void {
  if (runEnding(node, scope) || runShowTime(node, scope) || runInclude(node, scope)) return;
  if (runLoad(node, scope) || runLoadPath(node, scope)) return;
  if (runGlobLoop(node, scope) || runLoop(node, scope)) return;
  refuseBlock(node, scope);
  if (assignmentValue(node, scope) !== undefined) return;
  if (runPush(node, scope) || runFreeze(node, scope) || runObjectMethod(node, scope)) return;
  if (node.receiver !== null && !isEnvironment(node.receiver)) {
    if (mutationValue(node, scope) !== undefined) return;
  }
  if (runEnvironmentChange(node, scope) || runSetting(node, scope)) return;
  throw notStatic(scope, node, `${describe(node)} cannot be evaluated without running Ruby`);
}

/** `raise 'set X first' unless ENV['X']`: reached, it ends the original program as well. */
function runEnding(node: CallNode, scope: Scope): boolean {
  if (node.receiver !== null || !ENDING.has(node.name)) return false;
  const [first, ...more] = argumentsOf(node);
  const message = first === undefined ? undefined : messageOf(() => scope.evaluate(first));
  const error = refuse(
    scope,
    node,
    'raised',
    `the file itself stops here (${node.name}${message === undefined ? '' : `: ${message}`})`,
    'Give it what it asks for.',
  );
  const isPlain = message !== undefined && more.length === 0 && /^(?:raise|fail)$/.test(node.name);
  throw isPlain ? raising(error, 'RuntimeError') : error;
}

function messageOf(evaluate: () => unknown): string | undefined {
  try {
    const value = evaluate();
    return typeof value === 'string' ? value : undefined;
  } catch {
    // The message is a help only: a computed one is left out.
    return undefined;
  }
}

function runShowTime(node: CallNode, scope: Scope): boolean {
  if (node.name !== 'show_time=') return false;
  if (constantPath(node.receiver) !== 'Mixlib::Log::Formatter') return false;
  const [argument] = argumentsOf(node);
  if (argument === undefined) return false;
  const value = scope.evaluate(argument);
  scope.reading.showTime = value !== null && value !== false;
  return true;
}

/** `whitelist { … }` is a block that Ruby never runs: the setting would stay as it was (ADDON F.1). */
function refuseBlock(node: CallNode, scope: Scope): void {
  if (node.block === null || !isConfiguration(node.receiver)) return;
  if (!isRelevant(scope.reading, node.name)) return;
  throw refuse(
    scope,
    node,
    'block_trap',
    `\`${node.name} { … }\` is a block to Ruby and sets nothing`,
    `Put the hash into parentheses: ${node.name}({ … }).`,
  );
}

/** `list << 'x'` on a list that was set above. */
function runPush(node: CallNode, scope: Scope): boolean {
  const [argument] = argumentsOf(node);
  if (node.name !== '<<' || node.receiver === null || argument === undefined) return false;
  const list = scope.evaluate(node.receiver);
  if (!Array.isArray(list)) return false;
  const item = scope.evaluate(argument);
  refuseFrozen(scope, node, list);
  list.push(item);
  return true;
}

/** `list.freeze` by itself: what changes the list later raises. */
function runFreeze(node: CallNode, scope: Scope): boolean {
  if (node.name !== 'freeze' || node.receiver === null || node.block !== null) return false;
  scope.evaluate(node);
  return true;
}

/** `ENV.delete('X')`, `ENV.store('X', 'y')`, `ENV.update('X' => 'y')`. */
function runEnvironmentChange(node: CallNode, scope: Scope): boolean {
  const [first, second, ...more] = argumentsOf(node);
  if (!isEnvironment(node.receiver) || first === undefined || more.length > 0) return false;
  const { name, block } = node;
  if (name === 'delete' && second === undefined) {
    writeEnvironment(node, environmentName(first, scope), null, scope);
    return true;
  }
  if (name === 'store' && second !== undefined) {
    writeEnvironment(node, environmentName(first, scope), scope.evaluate(second), scope);
    return true;
  }
  if (!['update', 'merge!'].includes(name) || second !== undefined || block !== null) return false;
  const changes = scope.evaluate(first);
  if (!isHash(changes)) return false;
  for (const [key, value] of changes.entries) {
    if (typeof key !== 'string') throw notStatic(scope, node, 'a name of a variable is no text');
    writeEnvironment(node, key, value, scope);
  }
  return true;
}

/** `knife.editor 'vi'`. */
function runObjectMethod(node: CallNode, scope: Scope): boolean {
  const cells = cellsOf(node.receiver, scope.reading);
  const args = argumentsOf(node);
  if (cells === undefined || node.block !== null || !isPlainName(node.name)) return false;
  if (args.length === 0) return false;
  objectPlace(node, node.name, cells, scope).write(argumentValue(node.name, args, scope));
  return true;
}

function runSetting(node: CallNode, scope: Scope): boolean {
  const { name } = node;
  if (!isConfiguration(node.receiver) || node.block !== null || !isPlainName(name)) return false;
  if (KERNEL.has(name) || scope.reading.methods.has(name)) return false;
  const args = argumentsOf(node);
  if (args.length > 0) setSetting(node, name, argumentValue(name, args, scope), scope);
  else if (settingRead(node) !== undefined) warn(scope, node, `\`${name}\` alone sets nothing`);
  return true;
}

function isPlainName(name: string): boolean {
  return /^[a-zA-Z_]\w*$/.test(name);
}
